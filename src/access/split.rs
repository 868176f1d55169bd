//! Policies that are larger than AWS takes, as several that together say the same. What the program means stays in one document, which proofs
//! read; this is how it is kept at AWS.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    document::{Actions, Document, Statement},
    size::{characters, characters_of, is_longer, limit},
};
use crate::platform::Platform;

/// How IAM keeps what a role may do.
pub enum Kept<'a> {
    /// It may do nothing.
    Nowhere,
    /// In the role itself.
    Inline(&'a Document),
    /// In customer-managed policies that are attached to it, in their order.
    Attached(Vec<Document>),
}

/// A role's permissions as IAM keeps them: one inline policy while that is large enough.
pub fn of_role<'a>(platform: &Platform, policy: &'a Document) -> Kept<'a> {
    if policy.statements.is_empty() {
        return Kept::Nowhere;
    }
    match (limit(platform, "inline_policy"), limit(platform, "managed_policy")) {
        (Some(inline), Some(managed)) if is_longer(policy, inline) => Kept::Attached(pack(policy, managed)),
        _ => Kept::Inline(policy),
    }
}

/// A guardrail as the control policies that it takes, of the type whose limit is given: none, where it says nothing, and one, as long as every
/// organization takes it.
pub fn of_guardrail(platform: &Platform, policy: &Document, most: &str) -> Vec<Document> {
    if policy.statements.is_empty() {
        return Vec::new();
    }
    match limit(platform, most) {
        Some(limit) if is_longer(policy, limit) => pack(policy, limit),
        _ => vec![policy.clone()],
    }
}

/// Each statement goes into the first policy that has room for it. One that is too large for any is divided; what can't be divided has a policy of
/// its own that is larger than the limit.
fn pack(policy: &Document, limit: usize) -> Vec<Document> {
    let envelope = characters(&Document::new(Vec::new()));
    let mut taken: BTreeSet<SmolStr> = policy.statements.iter().map(|it| it.sid.clone()).collect();
    let mut policies: Vec<(usize, Vec<Statement>)> = Vec::new();
    for statement in &policy.statements {
        let mut pieces = pieces(statement, limit.saturating_sub(envelope));
        if pieces.len() > 1 {
            number(&mut pieces, &mut taken);
        }
        for piece in pieces {
            let size = characters_of(&piece);
            // A comma before it, unless it is the first.
            match policies.iter_mut().find(|(full, _)| full + 1 + size <= limit) {
                Some((full, statements)) => {
                    *full += 1 + size;
                    statements.push(piece);
                }
                None => policies.push((envelope + size, vec![piece])),
            }
        }
    }
    policies.into_iter().map(|(_, statements)| Document::new(statements)).collect()
}

/// Names of pieces that no other statement has.
fn number(pieces: &mut [Statement], taken: &mut BTreeSet<SmolStr>) {
    let mut count = 0_u32;
    for piece in pieces {
        let names = std::iter::repeat_with(|| {
            count += 1;
            SmolStr::from(format!("{}Part{count}", piece.sid))
        });
        if let Some(name) = names.into_iter().find(|name| taken.insert(name.clone())) {
            piece.sid = name;
        }
    }
}

/// Characters that a piece's name may have more than the statement's: `Part` and four digits.
const NUMBERED: usize = 8;

/// A statement as statements that fit and together say the same.
fn pieces(statement: &Statement, room: usize) -> Vec<Statement> {
    if characters_of(statement) <= room {
        return vec![statement.clone()];
    }
    divided(statement, room.saturating_sub(NUMBERED))
}

fn divided(statement: &Statement, room: usize) -> Vec<Statement> {
    let Some(list) = list_of(statement).filter(|_| characters_of(statement) > room) else {
        return vec![statement.clone()];
    };
    let chunks = chunks(statement, &list, room);
    chunks.into_iter().flat_map(|chunk| divided(&list.put(statement, chunk), room)).collect()
}

/// A list of alternatives in a statement: the statement says the same as one statement for each part of the list.
enum List {
    Resources(BTreeSet<SmolStr>),
    Actions(BTreeSet<SmolStr>),
    /// The values of a condition: its operator, its key.
    Values(SmolStr, SmolStr, BTreeSet<SmolStr>),
}

impl List {
    fn items(&self) -> &BTreeSet<SmolStr> {
        match self {
            Self::Resources(items) | Self::Actions(items) | Self::Values(_, _, items) => items,
        }
    }

    /// The statement with another list in its place.
    fn put(&self, statement: &Statement, items: BTreeSet<SmolStr>) -> Statement {
        let mut statement = statement.clone();
        match self {
            Self::Resources(_) => statement.resources = items,
            Self::Actions(_) => statement.actions = Actions::Only(items),
            Self::Values(operator, key, _) => {
                if let Some(values) =
                    statement.conditions.0.get_mut(operator).and_then(|keys| keys.get_mut(key))
                {
                    *values = items;
                }
            }
        }
        statement
    }
}

/// The first list that can be divided: resources, then actions, then values of which one must match. All but some actions, and values none of
/// which may match, can't be: each part of them would say more.
fn list_of(statement: &Statement) -> Option<List> {
    if statement.resources.len() > 1 {
        return Some(List::Resources(statement.resources.clone()));
    }
    if let Actions::Only(actions) = &statement.actions
        && actions.len() > 1
    {
        return Some(List::Actions(actions.clone()));
    }
    let conditions = statement.conditions.0.iter().filter(|(operator, _)| one_must_match(operator));
    conditions
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)))
        .find(|(_, _, values)| values.len() > 1)
        .map(|(operator, key, values)| List::Values(operator.clone(), key.clone(), values.clone()))
}

fn one_must_match(operator: &str) -> bool {
    let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    matches!(operator, "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike" | "IpAddress")
}

/// The list in parts, each as long as there is room for, and at least one item long.
fn chunks(statement: &Statement, list: &List, room: usize) -> Vec<BTreeSet<SmolStr>> {
    let cost = |item: &SmolStr| serde_json::to_string(item).unwrap_or_default().chars().count() + 1;
    let Some(first) = list.items().first() else { return Vec::new() };
    let alone = characters_of(&list.put(statement, BTreeSet::from([first.clone()])));
    // Around the items of a list stand brackets, and between them commas.
    let around = alone + 2 - cost(first);
    let mut chunks: Vec<(usize, BTreeSet<SmolStr>)> = Vec::new();
    for item in list.items() {
        match chunks.last_mut() {
            Some((full, chunk)) if *full + cost(item) <= room => {
                *full += cost(item);
                chunk.insert(item.clone());
            }
            _ => chunks.push((around + cost(item), BTreeSet::from([item.clone()]))),
        }
    }
    chunks.into_iter().map(|(_, chunk)| chunk).collect()
}
