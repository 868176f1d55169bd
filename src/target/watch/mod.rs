//! Alarms, and the dashboards that show them: one of each account, and one of each domain. Which alarms there are is the standard library's to say
//! (`stdlib/alarms.dpl`).
//!
//! | file | does |
//! | --- | --- |
//! | `dashboard.rs` | alarms → the body of a dashboard |

mod dashboard;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{
    access::Ours,
    artifact::{Artifact, Artifacts},
    lower::{self, Call, Nothing, Script},
    platform::{Account, AccountId, Platform, ResourceId, resource::Noun},
    target::{Program, Target},
};

/// `<account>/cloudwatch/<kind>.<name>.calls.json`, and `dashboard.calls.json` behind them.
pub struct Watch;

impl Target for Watch {
    fn name(&self) -> &'static str {
        "cloudwatch"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let platform = program.platform;
        let mut shown: BTreeMap<AccountId, Shown> = BTreeMap::new();
        for id in (0..)
            .map(ResourceId)
            .take(platform.resources.len())
            .filter(|id| platform.watched_by(*id).is_some())
        {
            let resource = platform.resource(id);
            let Some(account) = resource.account else { continue };
            let made = lower::made_by(platform, id);
            let apart = made.is_none();
            let calls = lower::watching(platform, &Nothing, id, made);
            let alarms =
                calls.iter().filter_map(|call| Some(call.input.get("AlarmName")?.as_str()?.to_owned()));
            let board = shown.entry(account).or_default();
            match domain_of(platform, id) {
                Some(domain) => board.domains.entry(domain).or_default().extend(alarms),
                None => board.whole.extend(alarms),
            }
            // What is named by an id that AWS makes up is watched where it is made.
            if apart && !calls.is_empty() {
                let kind = &platform.kind_of(id).name;
                let stem = match resource.parent {
                    Some(table) => {
                        format!("{kind}.{}.{}", parent_name(platform, table), platform.resource(table).name)
                    }
                    None => format!("{kind}.{}", platform.file_stem(id)),
                };
                let script = Script { calls }.tagged(platform, Some(id));
                let mut file = file(platform, platform.account(account), id, &stem, &script);
                file.notes = program.access.notes(platform, Ours::Resource(id));
                out.files.push(file);
            }
        }
        for (at, board) in shown {
            let account = platform.account(at);
            let script = Script { calls: board.calls(platform, account) }.tagged(platform, None);
            if !script.calls.is_empty() {
                out.files.push(file(platform, account, account.resource, "dashboard", &script));
            }
        }
    }
}

/// The alarms of an account by what shows them.
#[derive(Default)]
struct Shown {
    whole: Vec<String>,
    domains: BTreeMap<ResourceId, Vec<String>>,
}

impl Shown {
    fn calls(&self, platform: &Platform, account: &Account) -> Vec<Call> {
        let mut boards = vec![(account.name.to_string(), &self.whole)];
        for (domain, alarms) in &self.domains {
            boards.push((format!("{}-{}", account.name, platform.file_stem(*domain)), alarms));
        }
        let mut calls = Vec::new();
        for (name, alarms) in boards {
            for (part, body) in (1..).zip(dashboard::bodies(platform, account, alarms)) {
                let name = if part == 1 { name.clone() } else { format!("{name}-{part}") };
                calls.push(Call {
                    id: format!("dashboard.{name}"),
                    service: "cloudwatch".to_owned(),
                    operation: "PutDashboard".to_owned(),
                    input: serde_json::json!({ "DashboardName": name, "DashboardBody": body.to_string() }),
                    account: account.id.to_string(),
                });
            }
        }
        calls
    }
}

/// The domain that a declaration stands in.
fn domain_of(platform: &Platform, id: ResourceId) -> Option<ResourceId> {
    let mut at = platform.resource(id).parent;
    while let Some(here) = at {
        if matches!(platform.resource(here).noun, Noun::Domain(_)) {
            return Some(here);
        }
        at = platform.resource(here).parent;
    }
    None
}

fn parent_name(platform: &Platform, table: ResourceId) -> &str {
    platform.resource(table).parent.map_or("", |domain| platform.file_stem(domain))
}

fn file(platform: &Platform, account: &Account, of: ResourceId, stem: &str, script: &Script) -> Artifact {
    let resource = platform.resource(of);
    Artifact {
        path: format!("{}/cloudwatch/{stem}.calls.json", account.name),
        account: account.name.to_string(),
        family: "cloudwatch",
        declaration: resource.name.to_string(),
        source: resource.span,
        text: script.text(),
        notes: Vec::new(),
        statements: Vec::new(),
    }
}

/// The ARN of an alarm.
fn alarm_arn(platform: &Platform, account: &Account, name: &str) -> Json {
    let partition = platform.project.partition();
    Json::from(format!("arn:{partition}:cloudwatch:{}:{}:alarm:{name}", account.region, account.id))
}
