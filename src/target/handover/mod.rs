//! What only somebody else can add, as files to hand over: for each role, resource or account that is not ours what must be added where, ready to
//! be applied, and which sentences of the program want it: `handover/<account>/<kind>-<name>.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use smol_str::SmolStr;

use super::Program;
use crate::{
    access::{Document, ForeignHalf, Statement, Theirs, document::Actions},
    artifact::{Artifact, Artifacts},
    lower::pretty,
    platform::{Platform, ResourceId},
    source::{SourceMap, Span},
    target::Target,
};

/// The family.
pub struct Handover;

impl Target for Handover {
    fn name(&self) -> &'static str {
        "handover"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let mut files: BTreeMap<&Theirs, Vec<&ForeignHalf>> = BTreeMap::new();
        for half in &program.access.foreign {
            files.entry(&half.theirs).or_default().push(half);
        }
        for (theirs, halves) in files {
            out.files.extend(file(program, theirs, &halves));
        }
    }
}

/// A file for somebody else.
#[derive(Serialize)]
struct Note<'a> {
    /// What is to be done, in a sentence.
    apply: String,
    /// The account in which it is done.
    account: &'a str,
    /// What it is done to, where that is one thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    /// What kind of policy it is.
    r#type: &'static str,
    /// The sentences that want it.
    because: BTreeSet<Reason>,
    /// What is to be added.
    policy: Document,
}

/// A place in the program.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Reason {
    module: String,
    line: u32,
    sentence: String,
}

fn file(program: &Program<'_>, theirs: &Theirs, halves: &[&ForeignHalf]) -> Option<Artifact> {
    let Program { platform, sources, .. } = *program;
    let (account, id) = account_of(platform, theirs)?;
    let origins: BTreeSet<Span> =
        halves.iter().flat_map(|half| &half.statements).flat_map(|it| it.origins.iter().copied()).collect();
    let resource = theirs.resource();
    let note = Note {
        apply: theirs.instruction(platform),
        account: &id,
        resource: resource.and_then(|id| platform.resource(id).arn.as_deref()),
        r#type: policy_type(platform, theirs),
        because: origins.iter().filter_map(|origin| reason(sources, *origin)).collect::<BTreeSet<_>>(),
        policy: Document::new(distinct(halves)),
    };
    Some(Artifact {
        path: format!("handover/{account}/{}.json", name(platform, theirs)),
        account: account.to_string(),
        family: "handover",
        declaration: resource.map_or(account.as_str(), |id| platform.resource(id).name.as_str()).to_owned(),
        source: resource.map(|id| platform.resource(id).span).or(origins.first().copied())?,
        text: pretty(&note, 4096),
        notes: Vec::new(),
        statements: Vec::new(),
    })
}

/// The statements of all halves, each once and with a name of its own, and none that another one contains.
fn distinct(halves: &[&ForeignHalf]) -> Vec<Statement> {
    let written: Vec<&Statement> = halves.iter().flat_map(|half| &half.statements).collect();
    let is_said = |at: usize, own: &Statement| {
        // Of two that say the same, the first one stays.
        written
            .iter()
            .enumerate()
            .any(|(other, it)| other != at && contains(it, own) && (other < at || !contains(own, it)))
    };
    let mut all: Vec<Statement> = Vec::new();
    let mut used: BTreeMap<SmolStr, u32> = BTreeMap::new();
    for (at, statement) in written.iter().enumerate() {
        if is_said(at, statement) {
            continue;
        }
        let number = used.entry(statement.sid.clone()).and_modify(|number| *number += 1).or_insert(1);
        let sid =
            if *number == 1 { statement.sid.clone() } else { format!("{}And{number}", statement.sid).into() };
        all.push(Statement { sid, ..(*statement).clone() });
    }
    all
}

/// Whether a statement says all of what another one says.
fn contains(wide: &Statement, narrow: &Statement) -> bool {
    let actions = match (&wide.actions, &narrow.actions) {
        (Actions::Only(wide), Actions::Only(narrow)) => wide.is_superset(narrow),
        (wide, narrow) => wide == narrow,
    };
    let people = match (&wide.principal, &narrow.principal) {
        (Some(wide), Some(narrow)) => {
            wide.everybody == narrow.everybody
                && wide.aws.is_superset(&narrow.aws)
                && wide.services.is_superset(&narrow.services)
                && wide.federated.is_superset(&narrow.federated)
        }
        (wide, narrow) => wide == narrow,
    };
    wide.effect == narrow.effect
        && actions
        && people
        && wide.resources.is_superset(&narrow.resources)
        && wide.conditions == narrow.conditions
}

/// The name of the account's folder, which is its number where the program does not declare it, and its number.
fn account_of(platform: &Platform, theirs: &Theirs) -> Option<(SmolStr, SmolStr)> {
    match theirs {
        Theirs::Members(id) => {
            let declared = platform.account_numbered(id).map(|at| platform.account(at));
            Some((declared.map_or_else(|| id.clone(), |account| account.name.clone()), id.clone()))
        }
        _ => {
            let account = platform.account_of(theirs.resource()?)?;
            Some((account.name.clone(), account.id.clone()))
        }
    }
}

fn name(platform: &Platform, theirs: &Theirs) -> String {
    let of = |id: ResourceId| format!("{}-{}", platform.kind_of(id).name, platform.file_stem(id));
    match theirs {
        Theirs::Members(_) => "members".to_owned(),
        Theirs::Trust(id) => format!("{}.trust", of(*id)),
        Theirs::Identity(id) | Theirs::Policy(id) | Theirs::Door(id) => of(*id),
    }
}

fn policy_type(platform: &Platform, theirs: &Theirs) -> &'static str {
    match theirs {
        Theirs::Identity(_) | Theirs::Members(_) => "identity",
        Theirs::Trust(_) => "trust",
        Theirs::Policy(id) | Theirs::Door(id) => match platform.kind_of(*id).name.as_str() {
            "bucket" => "bucket",
            "key" => "kms",
            "function" => "function",
            "secret" => "secret",
            _ => "resource",
        },
    }
}

/// A sentence as it was written: what stands on its line, or all of it where it goes over several.
fn reason(sources: &SourceMap, origin: Span) -> Option<Reason> {
    let (file, position) = sources.position(origin.start)?;
    let whole = sources.text(origin);
    let line = file.text.lines().nth(usize::try_from(position.line).ok()?.checked_sub(1)?)?;
    let text = if whole.contains('\n') { whole } else { line };
    let sentence = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Reason { module: file.module.to_string(), line: position.line, sentence })
}
