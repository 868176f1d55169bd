//! What tables promise, where readers and machines look for it: the shape of their rows in Glue's schema registry, rules that Glue Data Quality
//! can run, and the contract in the Open Data Contract Standard.
//!
//! | file | does |
//! | --- | --- |
//! | `document.rs` | the requests |
//! | `avro.rs`, `json_schema.rs` | columns → a schema |
//! | `dqdl.rs` | columns and promises → rules |
//! | `odcs.rs`, `yaml.rs` | the whole contract as a document |

mod avro;
mod document;
mod dqdl;
mod json_schema;
mod odcs;
mod yaml;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use self::document::{CreateDataQualityRuleset, CreateRegistry, CreateSchema, RegistryId, TargetTable};
use crate::{
    access::{Duty, derived_role, short_hash},
    artifact::{Artifact, Artifacts},
    lower::{self, Call, Script},
    platform::{Account, Base, Domain, Platform, ResourceId, Table},
    target::{Program, Target},
};

/// `<account>/contracts/<domain>.calls.json`, which want the tables to be there, and `<domain>.<table>.odcs.yaml`.
pub struct Contract;

impl Target for Contract {
    fn name(&self) -> &'static str {
        "contracts"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let platform = program.platform;
        for domain in &platform.domains {
            let resource = platform.resource(domain.resource);
            let Some(account) = resource.account.map(|account| platform.account(account)) else { continue };
            if account.external || resource.external {
                continue;
            }
            let tables = domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
            let promised: Vec<Promised<'_>> =
                tables.filter_map(|table| Promised::of(platform, account, domain, table)).collect();
            if promised.is_empty() {
                continue;
            }
            let stem = platform.file_stem(domain.resource);
            out.files.push(artifact(
                platform,
                account,
                domain.resource,
                &format!("{stem}.calls.json"),
                calls(&promised).tagged(platform, Some(domain.resource)).text(),
            ));
            for one in &promised {
                let name = format!("{stem}.{}.odcs.yaml", one.table.name);
                out.files.push(artifact(platform, account, one.table.resource, &name, odcs::text(one)));
            }
        }
    }
}

/// A table with a contract, and where both are.
struct Promised<'a> {
    platform: &'a Platform,
    account: &'a Account,
    domain: &'a Domain,
    table: &'a Table,
    /// The contract's fields as the standard library spells them.
    promises: Map<String, Json>,
}

impl<'a> Promised<'a> {
    fn of(
        platform: &'a Platform,
        account: &'a Account,
        domain: &'a Domain,
        table: &'a Table,
    ) -> Option<Self> {
        let promises = lower::record(platform, table.contract?);
        Some(Self { platform, account, domain, table, promises })
    }

    fn text(&self, promise: &str) -> Option<&str> {
        self.promises.get(promise)?.as_str()
    }

    fn number(&self, promise: &str) -> Option<u64> {
        self.promises.get(promise)?.as_u64()
    }

    /// The column whose newest value says how old the newest row is, as Glue spells it.
    fn fresh_by(&self) -> Option<String> {
        Some(self.text("fresh_by")?.to_lowercase())
    }

    fn doc(&self) -> Option<&'a str> {
        self.platform.resource(self.table.resource).doc.as_deref()
    }
}

fn artifact(platform: &Platform, account: &Account, of: ResourceId, name: &str, text: String) -> Artifact {
    let resource = platform.resource(of);
    Artifact {
        path: format!("{}/contracts/{name}", account.name),
        account: account.name.to_string(),
        family: "contracts",
        declaration: resource.name.to_string(),
        source: resource.span,
        text,
        notes: Vec::new(),
        statements: Vec::new(),
    }
}

/// The registry of a domain, and of each table its schemas and its rules.
fn calls(promised: &[Promised<'_>]) -> Script {
    let mut script = Script::default();
    if let Some(first) = promised.first() {
        let description = first.platform.resource(first.domain.resource).doc.as_deref();
        let request = CreateRegistry { registry_name: &first.domain.database, description };
        push(&mut script, first.account, "registry", "CreateRegistry", &request);
    }
    for one in promised {
        schemas(one, &mut script);
        rules(one, &mut script);
    }
    if let Some(first) = promised.first() {
        schedules(first.platform, first.account, first.domain, &mut script);
    }
    script
}

fn schemas(one: &Promised<'_>, script: &mut Script) {
    let documents = [("avro", "AVRO", avro::schema(one)), ("json", "JSON", json_schema::schema(one))];
    for (ending, data_format, document) in documents {
        let name = format!("{}.{ending}", one.table.name);
        let request = CreateSchema {
            registry_id: RegistryId { registry_name: &one.domain.database },
            schema_name: &name,
            data_format,
            compatibility: one.text("compatible"),
            description: one.doc(),
            schema_definition: document.to_string(),
        };
        push(script, one.account, &format!("schema.{name}"), "CreateSchema", &request);
    }
}

fn rules(one: &Promised<'_>, script: &mut Script) {
    let Some(ruleset) = dqdl::ruleset(one) else { return };
    let request = CreateDataQualityRuleset {
        name: &format!("{}.{}", one.domain.database, one.table.name),
        description: one.doc(),
        ruleset: &ruleset,
        target_table: TargetTable {
            table_name: &one.table.name,
            database_name: &one.domain.database,
            catalog_id: &one.account.id,
        },
    };
    push(script, one.account, &format!("rules.{}", one.table.name), "CreateDataQualityRuleset", &request);
}

/// What has the rules of contracts run: a schedule of EventBridge Scheduler each, which calls Glue itself.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>
fn schedules(platform: &Platform, account: &Account, domain: &Domain, script: &mut Script) {
    let role = |duty| derived_role(platform, domain.resource, duty).map(|role| role.arn.to_string());
    let Some((runs, starts)) = role(Duty::Quality).zip(role(Duty::QualityTrigger)) else { return };
    for checked in platform.checked(domain) {
        let Some(contract) = checked.table.contract else { continue };
        let Some(expression) = lower::property(platform, contract, checked.schedule, "value") else {
            continue;
        };
        let ruleset = checked.ruleset(domain);
        let run = json!({
            "DataSource": { "GlueTable": {
                "DatabaseName": domain.database.as_str(),
                "TableName": checked.table.name.as_str(),
                "CatalogId": account.id.as_str(),
            } },
            "Role": runs,
            "RulesetNames": [ruleset],
            "AdditionalRunOptions": { "CloudWatchMetricsEnabled": true },
        });
        let partition = platform.project.partition();
        let request = json!({
            "Name": schedule_name(&ruleset),
            "Description": format!("Runs the rules of the contract of {ruleset}"),
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": {
                "Arn": format!("arn:{partition}:scheduler:::aws-sdk:glue:startDataQualityRulesetEvaluationRun"),
                "RoleArn": starts,
                "Input": run.to_string(),
            },
        });
        let id = format!("schedule.{}", checked.table.name);
        push_to(script, account, "scheduler", &id, "CreateSchedule", &request);
    }
}

/// A schedule's name has at most 64 characters; a digest tells those apart that are longer.
fn schedule_name(ruleset: &str) -> String {
    let name = format!("quality-{ruleset}");
    match name.get(..55) {
        Some(kept) if name.len() > 64 => format!("{kept}-{}", short_hash(ruleset)),
        _ => name,
    }
}

fn push(script: &mut Script, account: &Account, id: &str, operation: &str, input: &impl Serialize) {
    push_to(script, account, "glue", id, operation, input);
}

fn push_to(
    script: &mut Script,
    account: &Account,
    service: &str,
    id: &str,
    operation: &str,
    input: &impl Serialize,
) {
    script.calls.push(Call {
        id: id.to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: serde_json::to_value(input).unwrap_or_default(),
        account: account.id.to_string(),
    });
}

/// A value of a refinement as its column has it: text, or a number where the column has numbers.
fn constant(base: &Base, text: &str) -> Json {
    match base {
        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    }
}

/// A regular expression that matches whole texts, for those who look for it anywhere in them.
fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}
