//! What declarations do, and take without a grant: pipelines, queries, syncs, crawlers, functions, domains, and what is told when they fail.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    derive::Needs,
    derived::{Duty, derived_role, derived_role_in},
    foreign::Ours,
    requirement::{Place, Requirement, functions_by_arn, requirements},
    roles::{RoleKey, acting, delegates},
};
use crate::{
    lower,
    platform::{
        Capability, Location, Pipeline, Platform, Principal, ResourceId, Stream, Value, ValueKind,
        grant::Effect, pipeline::User,
    },
    source::Span,
};

/// What a declaration takes by what it does, without a grant.
#[derive(Debug)]
pub struct Use {
    /// The role that it acts as.
    pub role: RoleKey,
    /// What it takes.
    pub requirement: Requirement,
    /// The place in the program that takes it.
    pub origin: Span,
}

/// The log group that every crawler writes into. <https://docs.aws.amazon.com/glue/latest/dg/console-crawlers.html>
const CRAWLER_LOGS: &str = "/aws-glue/crawlers";

/// The log groups that Glue writes into; which one, its documentation leaves open.
const QUALITY_LOGS: &str = "/aws-glue/*";

/// What a run reads of its rules and writes of its results.
const OF_A_RUN: &[&str] = &[
    "GetDataQualityResult",
    "GetDataQualityRuleset",
    "GetDataQualityRulesetEvaluationRun",
    "PublishDataQuality",
];

/// What an application takes to reach brokers in a network.
const NETWORK: &[&str] = &[
    "CreateNetworkInterface",
    "CreateNetworkInterfacePermission",
    "DeleteNetworkInterface",
    "DescribeDhcpOptions",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
];

impl Needs<'_> {
    /// All of it.
    pub(super) fn uses(&mut self) {
        self.pipelines();
        self.delegates();
        self.queries();
        self.syncs();
        self.alerts();
        self.replications();
        self.crawlers();
        self.functions();
        self.domains();
        self.links();
        self.contracts();
        self.lake_admins();
    }

    /// Lake Formation asks IAM, too, whether an administrator may administer.
    fn lake_admins(&mut self) {
        for account in &self.platform.accounts {
            for (id, span) in self.platform.lake_admins(account).filter(|_| !account.external) {
                let place = Place::Resource(account.resource);
                self.on(RoleKey::Declared(id), "account", "administer_lake", &place, span);
            }
        }
    }

    fn pipelines(&mut self) {
        let functions = functions_by_arn(self.platform);
        for pipeline in &self.platform.pipelines {
            for used in &pipeline.uses {
                let key = match used.who {
                    User::Pipeline => Some(RoleKey::Derived(pipeline.resource, Duty::Pipeline)),
                    User::Trigger => Some(RoleKey::Derived(pipeline.resource, Duty::Trigger)),
                    User::Forwarder(_) => Some(RoleKey::Derived(pipeline.resource, Duty::Forward)),
                    User::Delegate(account) => {
                        Some(RoleKey::Derived(pipeline.resource, Duty::Delegate(account)))
                    }
                    User::Role(role) => Some(RoleKey::Declared(role)),
                };
                let place = Place::from(&used.on);
                for mut requirement in requirements(self.platform, used.capability, &place) {
                    if self.platform.library.action(requirement.action).passes_role {
                        requirement.passed_to = self.takers(pipeline, used.span);
                    }
                    requirement.owner =
                        requirement.owner.or_else(|| functions.get(&requirement.resource).copied());
                    if let Some(key) = key {
                        self.need(key, requirement, used.span);
                    }
                }
            }
        }
    }

    /// A pipeline takes on its roles in other accounts.
    fn delegates(&mut self) {
        for pipeline in &self.platform.pipelines {
            for account in delegates(pipeline) {
                let duty = Duty::Delegate(account);
                let Some(role) = derived_role_in(self.platform, pipeline.resource, duty, account) else {
                    continue;
                };
                let Some(capability) = self.capability("role", "assume") else { continue };
                let origin = self.platform.resource(pipeline.resource).span;
                for requirement in requirements(self.platform, capability, &Place::Arn(role.arn)) {
                    let own = RoleKey::Derived(pipeline.resource, Duty::Pipeline);
                    self.role(own, &requirement, Effect::Grant, origin);
                }
            }
        }
    }

    /// The services that a call has act as a role that it hands over, as principals.
    fn takers(&self, pipeline: &Pipeline, call: Span) -> BTreeSet<SmolStr> {
        let library = &self.platform.library;
        let actions =
            pipeline.uses.iter().filter(|used| used.span == call).filter_map(|used| match used.capability {
                Capability::Action(action) => Some(library.action(action)),
                Capability::Named(_) => None,
            });
        let takers = actions.filter(|action| action.takes_role);
        takers.filter_map(|action| library.service(action.service).principal.clone()).collect()
    }

    fn queries(&mut self) {
        for query in &self.platform.queries {
            let role = RoleKey::Derived(query.resource, Duty::Query);
            self.stream(role, query.sink, true, query.span);
            self.application(role, query.resource);
            for source in query.sources() {
                self.stream(role, source, false, query.span);
                for diverted in self.platform.stream(source).map(Stream::diverts).unwrap_or_default() {
                    self.stream(role, diverted, true, query.span);
                }
            }
        }
    }

    /// What reading or writing a stream takes: of the stream where it is AWS's, of the bucket where it is files.
    fn stream(&mut self, role: RoleKey, id: ResourceId, write: bool, origin: Span) {
        let Some(stream) = self.platform.stream(id) else { return };
        let files: Vec<Place> =
            stream.connector.locations().into_iter().map(|(location, _)| Place::from(location)).collect();
        if files.is_empty() {
            self.on(role, "stream", if write { "put" } else { "consume" }, &Place::Resource(id), origin);
        }
        for place in &files {
            // Flink's sink puts the beginning of a part aside as an object of its own beside it, reads that after a failure, and deletes it:
            // <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/datastream/filesystem/>, `S3RecoverableWriter`.
            let all: &[&str] = if write { &["list", "read", "write", "delete"] } else { &["list", "read"] };
            for capability in all {
                self.on(role, "bucket", capability, place, origin);
            }
        }
    }

    /// What an application of Managed Flink takes beside the streams: its program, the SQL, its log, and the network that it reaches brokers in.
    /// <https://docs.aws.amazon.com/managed-flink/latest/java/vpc-permissions.html>
    fn application(&mut self, role: RoleKey, id: ResourceId) {
        let Some(value) = self.platform.field(id, "application") else { return };
        let ValueKind::Construct(construct) = &value.kind else { return };
        for (file, span) in construct.locations() {
            self.object(role, file, span);
        }
        let name = format!("/aws/kinesis-analytics/{}", self.platform.resource(id).physical);
        let Some(group) = self.log_group(id, &name) else { return };
        let stream = SmolStr::from(format!("{group}:log-stream:application"));
        self.actions(role, "logs", &["PutLogEvents"], &Place::Arn(stream), value.span);
        self.actions(role, "logs", &["DescribeLogStreams"], &Place::Arn(group), value.span);
        self.actions(role, "logs", &["DescribeLogGroups"], &Place::Anywhere, value.span);
        let kind = self.platform.library.constructor(construct.constructor);
        let subnets = kind.fields.iter().position(|field| field.name == "subnets");
        let subnets = subnets.and_then(|at| construct.fields.get(at)).and_then(Option::as_ref);
        if subnets.is_some_and(|it| matches!(&it.kind, ValueKind::List(items) if !items.is_empty())) {
            self.actions(role, "ec2", NETWORK, &Place::Anywhere, value.span);
        }
    }

    /// Reading one object, and none whose name goes on behind its.
    fn object(&mut self, role: RoleKey, file: &Location, origin: Span) {
        let Some(read) = self.capability("bucket", "read") else { return };
        for mut requirement in requirements(self.platform, read, &Place::Keys(file.bucket, file.key.clone()))
        {
            if requirement.kind == "object"
                && let Some(exactly) = requirement.resource.strip_suffix('*')
            {
                requirement.resource = exactly.into();
            }
            self.need(role, requirement, origin);
        }
    }

    fn actions(&mut self, role: RoleKey, service: &str, names: &[&str], place: &Place, origin: Span) {
        for requirement in
            names.iter().flat_map(|name| self.required(service, name, place)).collect::<Vec<_>>()
        {
            self.need(role, requirement, origin);
        }
    }

    /// Whoever watches over something publishes to the topic that is told: alarms do, and the rules that tell of a sync's end.
    fn alerts(&mut self) {
        for id in (0..).map(ResourceId).take(self.platform.resources.len()) {
            let Some(topic) = self.platform.watched_by(id) else { continue };
            let rules = self.platform.kind_of(id).name == "sync";
            let services = [Some("cloudwatch"), rules.then_some("events")];
            let Some(publish) = self.capability("topic", "publish") else { return };
            let origin = self.platform.resource(id).span;
            for service in services.into_iter().flatten() {
                let Some(service) = self.platform.library.service_named(service) else { continue };
                for requirement in requirements(self.platform, publish, &Place::Resource(topic)) {
                    self.service(Some(Ours::Resource(id)), service, &requirement, Effect::Grant, origin);
                }
            }
        }
    }

    fn syncs(&mut self) {
        for (id, resource) in self.platform.of_kind("sync") {
            let role = RoleKey::Derived(id, Duty::Sync);
            let kind = self.platform.kind_of(id);
            for (field, capability) in [("from", "sync_from"), ("to", "sync_to")] {
                if let Some(value) = resource.field(kind, field) {
                    for (location, span) in value.locations() {
                        self.transfer(role, capability, &Place::from(location), span);
                    }
                    self.secrets(role, id, value);
                }
            }
            if let Some(value) = resource.field(kind, "manifest") {
                for (file, span) in value.locations() {
                    self.object(role, file, span);
                }
            }
            if let Some(value) = resource.field(kind, "report") {
                for (folder, span) in value.locations() {
                    self.on(role, "bucket", "write", &Place::from(folder), span);
                }
            }
        }
    }

    fn replications(&mut self) {
        for (id, _) in self.platform.of_kind("bucket") {
            let role = RoleKey::Derived(id, Duty::Replication);
            for replica in self.platform.replicas(id) {
                let from = Place::Keys(id, replica.prefix.clone());
                let to = Place::Keys(replica.to, replica.prefix);
                self.transfer(role, "replicate_from", &from, replica.span);
                self.on(role, "bucket", "replicate_to", &to, replica.span);
            }
        }
    }

    /// A crawler lists what is under its targets and reads it, and writes tables into the catalog and lines into the log that all crawlers of the
    /// account write into.
    fn crawlers(&mut self) {
        for crawler in self.platform.crawlers() {
            let role = RoleKey::Derived(crawler.resource, Duty::Crawler);
            for (target, span) in &crawler.targets {
                self.transfer(role, "crawl_from", &Place::from(*target), *span);
            }
            self.on(role, "domain", "crawl", &Place::Resource(crawler.domain.0), crawler.domain.1);
            self.logs(role, crawler.resource, CRAWLER_LOGS);
        }
    }

    /// Writing into a log group of the declaration's account, which goes with what it does and is none of it.
    fn logs(&mut self, role: RoleKey, id: ResourceId, group: &str) {
        let Some(group) = self.log_group(id, group) else { return };
        let streams = Place::Arn(SmolStr::from(format!("{group}:log-stream:*")));
        let span = self.platform.resource(id).span;
        let all = [
            ("CreateLogGroup", &Place::Arn(group)),
            ("CreateLogStream", &streams),
            ("PutLogEvents", &streams),
        ];
        for (action, place) in all {
            for requirement in self.required("logs", action, place) {
                self.need(role, Requirement { primary: false, ..requirement }, span);
            }
        }
    }

    /// The ARN of a log group of a declaration's account.
    fn log_group(&self, id: ResourceId, group: &str) -> Option<SmolStr> {
        let account = self.platform.account_of(id)?;
        let partition = self.platform.project.partition();
        let arn = format!("arn:{partition}:logs:{}:{}:log-group:{group}", account.region, account.id);
        Some(SmolStr::from(arn))
    }

    /// What an action takes at a place.
    fn required(&self, service: &str, action: &str, place: &Place) -> Vec<Requirement> {
        let library = &self.platform.library;
        let action = library.service_named(service).and_then(|service| library.action_named(service, action));
        let action = action.map(Capability::Action);
        action.map(|action| requirements(self.platform, action, place)).unwrap_or_default()
    }

    /// DataSync, crawlers and replication look at the bucket itself before they look at a place in it, so they list without a prefix. Objects they take at the place only.
    fn transfer(&mut self, role: RoleKey, capability: &str, place: &Place, origin: Span) {
        let Some(capability) = self.capability("bucket", capability) else { return };
        for requirement in requirements(self.platform, capability, place) {
            self.need(role, Requirement { prefix: None, ..requirement }, origin);
        }
    }

    /// Reading the secrets that a value refers to.
    fn secrets(&mut self, role: RoleKey, id: ResourceId, value: &Value) {
        for (arn, span) in secret_arns(self.platform, id, value) {
            for requirement in self.required("secretsmanager", "GetSecretValue", &Place::Arn(arn)) {
                self.need(role, requirement, span);
            }
        }
    }

    fn functions(&mut self) {
        for function in &self.platform.functions {
            let role = RoleKey::Derived(function.resource, Duty::Function);
            for (location, span) in &function.reads {
                self.on(role, "bucket", "read", &Place::from(location), *span);
                self.on(role, "bucket", "list", &Place::from(location), *span);
            }
            for (location, span) in &function.writes {
                self.on(role, "bucket", "write", &Place::from(location), *span);
            }
        }
    }

    /// Lake Formation reads and writes for those who have its grants, as a role of its own.
    fn domains(&mut self) {
        for domain in &self.platform.domains {
            let role = RoleKey::Derived(domain.resource, Duty::Registration);
            let span = self.platform.resource(domain.resource).span;
            let own = domain.tables.iter().filter_map(|&at| self.platform.tables.get(at as usize));
            let places: Vec<Place> = std::iter::once(&domain.location)
                .chain(own.map(|table| &table.location))
                .map(Place::from)
                .collect();
            for place in &places {
                for capability in ["read", "write", "list", "delete"] {
                    self.on(role, "bucket", capability, place, span);
                }
            }
        }
    }

    /// A domain's owner follows a link from his own catalog: Glue asks IAM there as well as where it leads.
    /// <https://docs.aws.amazon.com/lake-formation/latest/dg/resource-links-about.html>
    fn links(&mut self) {
        for share in &self.platform.shares {
            let Some(domain) = self.platform.domains.get(share.with as usize) else { continue };
            let Some(account) = self.platform.account_of(domain.resource) else { continue };
            let Principal::Resource(owner) = domain.owner else { continue };
            let Some(role) = acting(self.platform, owner) else { continue };
            let partition = self.platform.project.partition();
            let catalog = format!("arn:{partition}:glue:{}:{}", account.region, account.id);
            let database = &domain.database;
            let place = |rest: String| Place::Arn(SmolStr::from(format!("{catalog}:{rest}")));
            let (all, own) = (place("catalog".into()), place(format!("database/{database}")));
            let link = place(format!("table/{database}/{}", share.name));
            for action in ["GetTable", "GetTables"] {
                for on in [&all, &own, &link] {
                    self.actions(role, "glue", &[action], on, share.span);
                }
            }
            for on in [&all, &own] {
                self.actions(role, "glue", &["GetDatabase"], on, share.span);
            }
        }
    }

    /// Glue reads the tables, and writes results, metrics and its log; what has it begin is handed the role for that.
    /// <https://docs.aws.amazon.com/glue/latest/dg/data-quality-authorization.html>
    fn contracts(&mut self) {
        for domain in &self.platform.domains {
            let Some(account) = self.platform.account_of(domain.resource) else { continue };
            let (partition, region) = (self.platform.project.partition(), &account.region);
            let runs = RoleKey::Derived(domain.resource, Duty::Quality);
            let starts = RoleKey::Derived(domain.resource, Duty::QualityTrigger);
            let place = |text: String| Place::Arn(SmolStr::from(text));
            for checked in self.platform.checked(domain) {
                let ruleset = place(format!(
                    "arn:{partition}:glue:{region}:{}:dataQualityRuleset/{}",
                    account.id,
                    checked.ruleset(domain)
                ));
                let table = Place::Resource(checked.table.resource);
                self.on(runs, "table", "select", &table, checked.span);
                self.actions(runs, "glue", OF_A_RUN, &ruleset, checked.span);
                // Where Glue keeps the program that it runs, in a bucket of AWS's own.
                let program =
                    place(format!("arn:{partition}:s3:::aws-glue-ml-data-quality-assets-{region}/*"));
                self.actions(runs, "s3", &["GetObject"], &program, checked.span);
                for mut requirement in self.required("cloudwatch", "PutMetricData", &Place::Anywhere) {
                    requirement.given.insert("StringEquals", "cloudwatch:namespace", "Glue Data Quality");
                    self.need(runs, requirement, checked.span);
                }
                let begin = ["StartDataQualityRulesetEvaluationRun"];
                self.actions(starts, "glue", &begin, &ruleset, checked.span);
                self.hand_over(starts, domain.resource, checked.span);
            }
            if self.platform.checked(domain).next().is_some() {
                self.logs(runs, domain.resource, QUALITY_LOGS);
            }
        }
    }

    /// Handing the role that reads a domain's tables over to Glue.
    fn hand_over(&mut self, role: RoleKey, domain: ResourceId, origin: Span) {
        let Some(handed) = derived_role(self.platform, domain, Duty::Quality) else { return };
        let glue = self.platform.library.service_named("glue");
        let glue = glue.and_then(|glue| self.platform.library.service(glue).principal.clone());
        for mut requirement in self.required("iam", "PassRole", &Place::Arn(handed.arn)) {
            requirement.passed_to.extend(glue.clone());
            self.need(role, requirement, origin);
        }
    }

    fn on(&mut self, role: RoleKey, kind: &str, capability: &str, place: &Place, origin: Span) {
        let Some(capability) = self.capability(kind, capability) else { return };
        for requirement in requirements(self.platform, capability, place) {
            self.need(role, requirement, origin);
        }
    }

    /// What a declaration takes by what it does.
    fn need(&mut self, role: RoleKey, requirement: Requirement, origin: Span) {
        self.role(role, &requirement, Effect::Grant, origin);
        self.uses.push(Use { role, requirement, origin });
    }
}

/// The ARNs of the secrets that a value refers to. Secrets Manager puts six characters of its own behind a name.
fn secret_arns(platform: &Platform, id: ResourceId, value: &Value) -> Vec<(SmolStr, Span)> {
    let ValueKind::Construct(construct) = &value.kind else { return Vec::new() };
    let library = &platform.library;
    let constructor = library.constructor(construct.constructor);
    if library.family(constructor.family).name != "secret_reference" {
        return construct
            .fields
            .iter()
            .flatten()
            .flat_map(|field| secret_arns(platform, id, field))
            .collect();
    }
    let whole = constructor
        .fields
        .iter()
        .zip(&construct.fields)
        .filter(|(field, _)| field.name == "arn")
        .any(|(_, value)| value.as_ref().is_some_and(|value| value.kind != ValueKind::None));
    let arn = lower::property(platform, id, construct, "value");
    let arn = arn
        .as_ref()
        .and_then(|arn| arn.as_str())
        .map(|arn| if whole { arn.into() } else { SmolStr::from(format!("{arn}-??????")) });
    arn.map(|arn| (arn, value.span)).into_iter().collect()
}
