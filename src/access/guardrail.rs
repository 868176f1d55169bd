//! Service control policies.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    document::{Actions, Conditions, Document, Statement},
    minimize::camel,
};
use crate::{
    platform::{Account, AccountId, Guardrail, GuardrailRule, Node, Outside, Platform, grant::Effect},
    source::Span,
};

/// The policy of a guardrail. Rules that differ in their actions only become one statement.
pub fn policy(platform: &Platform, guardrail: &Guardrail) -> Document {
    let mut statements: Vec<Statement> = Vec::new();
    for rule in &guardrail.rules {
        let new = statement(platform, rule);
        match statements.iter_mut().find(|known| mergeable(known, &new)) {
            Some(known) => merge(known, new),
            None => statements.push(new),
        }
    }
    statements
        .sort_by(|a, b| (&a.sid, &a.resources, &a.conditions).cmp(&(&b.sid, &b.resources, &b.conditions)));
    number(&mut statements);
    Document::new(statements)
}

/// For each account, by its index, the guardrails above it in their order. The management account is bound by none.
pub fn binding(platform: &Platform) -> Vec<Vec<usize>> {
    let mut attached: BTreeMap<Node, Vec<usize>> = BTreeMap::new();
    for (at, guardrail) in platform.guardrails.iter().enumerate() {
        for node in &guardrail.on {
            attached.entry(*node).or_default().push(at);
        }
    }
    let above = |(id, account): (u32, &Account)| {
        if account.management {
            return Vec::new();
        }
        let units = std::iter::successors(account.unit, |at| platform.unit(*at).parent).map(Node::Unit);
        let nodes = units.chain(account.organization.map(Node::Root)).chain([Node::Account(AccountId(id))]);
        let all: BTreeSet<usize> = nodes.filter_map(|node| attached.get(&node)).flatten().copied().collect();
        all.into_iter().collect()
    };
    (0_u32..).zip(&platform.accounts).map(above).collect()
}

fn statement(platform: &Platform, rule: &GuardrailRule) -> Statement {
    let actions = if rule.except.is_empty() {
        Actions::Only(rule.actions.iter().cloned().collect())
    } else {
        // A rule of the checks: exceptions are from `*` only.
        Actions::AllBut(rule.except.iter().cloned().collect())
    };
    Statement {
        sid: SmolStr::default(),
        effect: Effect::Deny,
        principal: None,
        actions,
        resources: rule.resources.iter().cloned().collect(),
        conditions: conditions(platform, rule.outside.as_ref()),
        origins: vec![rule.span],
    }
}

fn conditions(platform: &Platform, outside: Option<&Outside>) -> Conditions {
    let mut conditions = Conditions::default();
    match outside {
        Some(Outside::Regions(regions)) => {
            regions.iter().for_each(|region| {
                conditions.insert("StringNotEquals", "aws:RequestedRegion", region.clone())
            });
        }
        Some(Outside::Accounts(accounts)) => {
            for account in accounts {
                conditions.insert(
                    "StringNotEquals",
                    "aws:ResourceAccount",
                    platform.account(*account).id.clone(),
                );
            }
        }
        None => {}
    }
    conditions
}

fn mergeable(known: &Statement, new: &Statement) -> bool {
    let both_plain = matches!((&known.actions, &new.actions), (Actions::Only(_), Actions::Only(_)));
    both_plain && known.resources == new.resources && known.conditions == new.conditions
}

fn merge(known: &mut Statement, new: Statement) {
    if let (Actions::Only(all), Actions::Only(more)) = (&mut known.actions, new.actions) {
        all.extend(more);
    }
    known.origins.extend(new.origins);
}

/// Names the statements after what they deny, and numbers equal names.
fn number(statements: &mut [Statement]) {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    for statement in statements {
        let name = name(statement);
        let count = used.entry(name.clone()).or_default();
        *count += 1;
        statement.sid = SmolStr::from(if *count == 1 { name } else { format!("{name}{count}") });
        statement.origins.sort_by_key(|span: &Span| (span.start, span.end));
    }
}

fn name(statement: &Statement) -> String {
    let outside = match statement.conditions.0.first_key_value().and_then(|(_, keys)| keys.first_key_value())
    {
        Some((key, _)) if key == "aws:RequestedRegion" => "OutsideRegions",
        Some(_) => "OutsideAccounts",
        None => "",
    };
    match &statement.actions {
        Actions::AllBut(_) => format!("DenyAllBut{outside}"),
        Actions::Only(actions) => {
            let mut services: Vec<String> =
                actions.iter().map(|action| camel(action.split(':').next().unwrap_or_default())).collect();
            services.dedup();
            match services.as_slice() {
                [one] if one.is_empty() => format!("DenyAll{outside}"),
                [one] => format!("Deny{one}{outside}"),
                _ => format!("DenyActions{outside}"),
            }
        }
    }
}
