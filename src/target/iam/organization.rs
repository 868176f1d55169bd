//! Service and resource control policies, and the calls that make an organization's units, move its accounts into them and attach the policies.

use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

use super::{artifact, calls_file, declaration_of};
use crate::{
    access::{Access, Document, split},
    artifact::Artifacts,
    lower::{Call, Script},
    platform::{Account, Guardrail, Node, Platform, UnitId},
};

pub(super) fn lower(platform: &Platform, access: &Access, out: &mut Artifacts) {
    let mut trees = Trees::of(platform);
    for (at, organization) in (0_u32..).zip(&platform.organizations) {
        let Some(management) = trees.management.get(&at).copied() else { continue };
        let own = trees.take(at);
        let policies = control_policies(platform, access, &own.guardrails);
        for policy in &policies {
            let (name, span) = declaration_of(platform, policy.guardrail.resource);
            let stem = platform.file_stem(policy.guardrail.resource);
            let file = format!("{}/{stem}{}.json", policy.kind.folder, policy.part());
            out.files.push(artifact(management, file, name, span, &policy.document, Vec::new()));
        }
        let script = Tree { platform, management, script: Script::default() }.calls(own, &policies);
        if script.calls.is_empty() {
            continue;
        }
        let (name, span) = declaration_of(platform, organization.resource);
        let file = format!("organizations/{}.calls.json", platform.file_stem(organization.resource));
        out.files.push(calls_file(platform, management, file, name, span, script.calls));
    }
}

/// A policy of a guardrail, which may have some of either type.
struct ControlPolicy<'a> {
    kind: &'static ControlKind,
    guardrail: &'a Guardrail,
    document: Document,
    /// Which of the guardrail's policies of its type, from 1.
    nth: usize,
}

impl ControlPolicy<'_> {
    /// What follows the guardrail's name where the policy has to be told from its others.
    fn part(&self) -> String {
        if self.nth == 1 { String::new() } else { format!("-{}", self.nth) }
    }

    /// The policy's name in AWS, which no other guardrail of a legal name has.
    fn name(&self, physical: &str) -> String {
        let part = if self.nth == 1 { String::new() } else { format!(" (part {})", self.nth) };
        let behind = format!("{}{part}", self.kind.suffix);
        let kept = physical.chars().take(LONGEST_NAME - behind.len());
        kept.chain(behind.chars()).collect()
    }
}

/// A type of policy of AWS Organizations.
struct ControlKind {
    /// In AWS's spelling.
    name: &'static str,
    /// The folder of its files, and what its calls are called after.
    folder: &'static str,
    /// What calls for one are called.
    call: &'static str,
    /// What the call is called that switches the type on.
    enable: &'static str,
    /// The limit of its documents in the standard library.
    limit: &'static str,
    /// What stands behind a guardrail's name in the policy's: no two policies of an organization have one name.
    suffix: &'static str,
}

/// The longest name of a policy, in characters (Organizations' `PolicyName`).
const LONGEST_NAME: usize = 128;

const SERVICE: ControlKind = ControlKind {
    name: "SERVICE_CONTROL_POLICY",
    folder: "scp",
    call: "guardrail",
    enable: "policies",
    limit: "service_control_policy",
    suffix: "",
};
const RESOURCE: ControlKind = ControlKind {
    name: "RESOURCE_CONTROL_POLICY",
    folder: "rcp",
    call: "resource_guardrail",
    enable: "resource_policies",
    limit: "resource_control_policy",
    suffix: "-resources",
};

/// The policies that are attached somewhere in an organization, those for its roles first.
fn control_policies<'a>(platform: &'a Platform, access: &'a Access, own: &[usize]) -> Vec<ControlPolicy<'a>> {
    let kinds = [(&SERVICE, &access.guardrails), (&RESOURCE, &access.resource_guardrails)];
    let mut all = Vec::new();
    for (kind, documents) in kinds {
        let own = own.iter().filter_map(|at| Some((platform.guardrails.get(*at)?, documents.get(*at)?)));
        for (guardrail, document) in own {
            let parts = (1..).zip(split::of_guardrail(platform, document, kind.limit));
            all.extend(parts.map(|(nth, document)| ControlPolicy { kind, guardrail, document, nth }));
        }
    }
    all
}

/// The account from which each organization is managed, by its index.
pub(super) fn management(platform: &Platform) -> FxHashMap<u32, &Account> {
    let all = platform.accounts.iter().filter(|account| account.management);
    // The first one counts, and so goes in last.
    all.rev().filter_map(|account| Some((account.organization?, account))).collect()
}

/// What is in each organization.
struct Trees<'a> {
    management: FxHashMap<u32, &'a Account>,
    parts: FxHashMap<u32, Parts<'a>>,
}

/// What is in one organization.
#[derive(Default)]
struct Parts<'a> {
    units: Vec<UnitId>,
    accounts: Vec<&'a Account>,
    /// Those that are attached somewhere in it, by their place in the platform's list.
    guardrails: Vec<usize>,
}

impl<'a> Trees<'a> {
    fn of(platform: &'a Platform) -> Self {
        let mut parts: FxHashMap<u32, Parts<'a>> = FxHashMap::default();
        for (id, unit) in (0..).map(UnitId).zip(&platform.units) {
            parts.entry(unit.organization).or_default().units.push(id);
        }
        for account in &platform.accounts {
            if let Some(organization) = account.organization {
                parts.entry(organization).or_default().accounts.push(account);
            }
        }
        for (at, guardrail) in platform.guardrails.iter().enumerate() {
            for organization in guardrail.on.iter().filter_map(|node| platform.organization_of(node)) {
                let attached = &mut parts.entry(organization).or_default().guardrails;
                if attached.last() != Some(&at) {
                    attached.push(at);
                }
            }
        }
        Self { management: management(platform), parts }
    }

    fn take(&mut self, organization: u32) -> Parts<'a> {
        self.parts.remove(&organization).unwrap_or_default()
    }
}

/// The calls for one organization.
struct Tree<'a> {
    platform: &'a Platform,
    management: &'a Account,
    script: Script,
}

impl Tree<'_> {
    fn calls(mut self, own: Parts<'_>, policies: &[ControlPolicy<'_>]) -> Script {
        let Parts { units, accounts, .. } = own;
        if units.is_empty() && policies.is_empty() {
            return self.script;
        }
        self.add("roots".to_owned(), "ListRoots", json!({}));
        for unit in parents_first(self.platform, units) {
            self.unit(unit);
        }
        for account in accounts {
            self.member(account);
        }
        for kind in [&SERVICE, &RESOURCE] {
            let mut of_kind = policies.iter().filter(|policy| policy.kind.name == kind.name).peekable();
            if of_kind.peek().is_some() {
                let input = json!({ "RootId": root(), "PolicyType": kind.name });
                self.add(kind.enable.to_owned(), "EnablePolicyType", input);
            }
            of_kind.for_each(|policy| self.control_policy(policy));
        }
        self.script
    }

    fn unit(&mut self, id: UnitId) {
        let unit = self.platform.unit(id);
        let parent = unit.parent.map_or_else(root, |parent| self.unit_id(parent));
        let name = self.platform.resource(unit.resource).name.clone();
        self.add(self.unit_call(id), "CreateOrganizationalUnit", json!({ "ParentId": parent, "Name": name }));
    }

    /// An account exists already, somewhere in the tree: where is asked before it is moved.
    fn member(&mut self, account: &Account) {
        let Some(unit) = account.unit else { return };
        let parents = format!("account.{}.parents", account.name);
        let source = from(&format!("{parents}.Parents.0.Id"));
        self.add(parents, "ListParents", json!({ "ChildId": account.id }));
        let input = json!({ "AccountId": account.id, "SourceParentId": source, "DestinationParentId": self.unit_id(unit) });
        self.add(format!("account.{}.move", account.name), "MoveAccount", input);
    }

    fn control_policy(&mut self, policy: &ControlPolicy<'_>) {
        let ControlPolicy { kind, guardrail, document, .. } = policy;
        let resource = self.platform.resource(guardrail.resource);
        let stem = self.platform.file_stem(guardrail.resource);
        let name = policy.name(&resource.physical);
        let policy = format!("{}.{stem}{}", kind.call, policy.part());
        let input = json!({
            "Name": name,
            "Description": resource.doc.as_deref().unwrap_or_default().chars().take(512).collect::<String>(),
            "Type": kind.name,
            "Content": document.compact(),
        });
        self.add(policy.clone(), "CreatePolicy", input);
        for node in &guardrail.on {
            let (name, target) = match node {
                Node::Root(_) => ("root".to_owned(), root()),
                Node::Unit(unit) => (self.unit_call(*unit), self.unit_id(*unit)),
                Node::Account(account) => {
                    let account = self.platform.account(*account);
                    (format!("account.{}", account.name), json!(account.id))
                }
            };
            let id = from(&format!("{policy}.Policy.PolicySummary.Id"));
            self.add(
                format!("{policy}.{name}"),
                "AttachPolicy",
                json!({ "PolicyId": id, "TargetId": target }),
            );
        }
    }

    /// The id of the call that makes a unit: its names from the root down, which are unique.
    fn unit_call(&self, id: UnitId) -> String {
        let unit = self.platform.unit(id);
        let above = unit.parent.map_or_else(|| "unit".to_owned(), |parent| self.unit_call(parent));
        format!("{above}.{}", self.platform.resource(unit.resource).name)
    }

    fn unit_id(&self, id: UnitId) -> Json {
        from(&format!("{}.OrganizationalUnit.Id", self.unit_call(id)))
    }

    fn add(&mut self, id: String, operation: &str, input: Json) {
        self.script.calls.push(Call {
            id,
            service: "organizations".to_owned(),
            operation: operation.to_owned(),
            input,
            account: self.management.id.to_string(),
        });
    }
}

fn root() -> Json {
    from("roots.Roots.0.Id")
}

fn from(path: &str) -> Json {
    json!({ "$from": path })
}

/// Units so that each comes behind the one it is in.
fn parents_first(platform: &Platform, mut units: Vec<UnitId>) -> Vec<UnitId> {
    let depth =
        |unit: &UnitId| std::iter::successors(Some(*unit), |unit| platform.unit(*unit).parent).count();
    units.sort_by_cached_key(|unit| (depth(unit), *unit));
    units
}
