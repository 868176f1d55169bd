//! The calls that make a pipeline start by itself, for each account that takes part.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{Call, Script, reference};
use crate::{
    access::{Duty, derived_role, derived_role_in, requirement::declared_arn},
    platform::{
        Account, AccountId, Pipeline, Platform, Resource, ResourceId,
        pipeline::{EventPattern, Expression, ExpressionKind, Match, Pipe, Trigger, TriggerKind},
    },
};

/// The scripts of a trigger, each with the account whose it is.
pub fn scripts(platform: &Platform, pipeline: &Pipeline, trigger: &Trigger) -> Vec<(AccountId, Script)> {
    let resource = platform.resource(pipeline.resource);
    let maker = Maker { platform, pipeline, trigger, resource };
    match &trigger.kind {
        TriggerKind::Schedule(expression, zone) => vec![(pipeline.account, maker.schedule(expression, zone))],
        // The rule for a sync's end names the sync's task, and so is made with it: see `after`.
        TriggerKind::Event(pattern) if pattern.after.is_some() => Vec::new(),
        TriggerKind::Event(pattern) => maker.event(pattern),
        TriggerKind::Records(pipe) => vec![(pipeline.account, maker.pipe(pipe))],
    }
}

/// A pipeline that starts at the end of a sync's runs.
pub struct Awaiting<'p>(Maker<'p>, &'p EventPattern);

/// The syncs at the end of whose runs pipelines start, each with those.
pub fn awaited(platform: &Platform) -> BTreeMap<ResourceId, Vec<Awaiting<'_>>> {
    let mut awaited: BTreeMap<ResourceId, Vec<Awaiting<'_>>> = BTreeMap::new();
    for pipeline in &platform.pipelines {
        let Some(trigger) = &pipeline.trigger else { continue };
        let TriggerKind::Event(pattern) = &trigger.kind else { continue };
        if let Some(sync) = pattern.after {
            let resource = platform.resource(pipeline.resource);
            let maker = Maker { platform, pipeline, trigger, resource };
            awaited.entry(sync).or_default().push(Awaiting(maker, pattern));
        }
    }
    awaited
}

/// The calls that make pipelines start at the end of a sync's runs, to be made behind the one that makes the sync's task.
pub fn after(awaiting: &[Awaiting<'_>], task: &str) -> Vec<Call> {
    awaiting.iter().flat_map(|Awaiting(maker, pattern)| maker.after(pattern, task)).collect()
}

struct Maker<'p> {
    platform: &'p Platform,
    pipeline: &'p Pipeline,
    trigger: &'p Trigger,
    resource: &'p Resource,
}

impl Maker<'_> {
    fn account(&self, id: AccountId) -> &Account {
        self.platform.account(id)
    }

    fn call(&self, account: AccountId, id: &str, service: &str, operation: &str, input: Json) -> Call {
        Call {
            id: id.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            input,
            account: self.account(account).id.to_string(),
        }
    }

    fn machine(&self) -> Json {
        Json::from(self.resource.arn.as_deref().unwrap_or_default())
    }

    fn starter(&self) -> Json {
        let role = derived_role(self.platform, self.pipeline.resource, Duty::Trigger);
        Json::from(role.map(|role| role.arn.to_string()).unwrap_or_default())
    }

    fn description(&self) -> Option<(String, Json)> {
        let first = self.resource.doc.as_deref()?.lines().next()?;
        Some(("Description".to_owned(), Json::from(first.chars().take(512).collect::<String>())))
    }

    fn schedule(&self, expression: &str, zone: &str) -> Script {
        let mut input = Map::from_iter([("Name".to_owned(), Json::from(self.resource.physical.as_str()))]);
        input.extend(self.description());
        input.extend([
            ("ScheduleExpression".to_owned(), Json::from(expression)),
            ("ScheduleExpressionTimezone".to_owned(), Json::from(zone)),
            ("FlexibleTimeWindow".to_owned(), json!({ "Mode": "OFF" })),
            ("Target".to_owned(), json!({ "Arn": self.machine(), "RoleArn": self.starter(), "Input": "{}" })),
        ]);
        let call =
            self.call(self.pipeline.account, "schedule", "scheduler", "CreateSchedule", Json::Object(input));
        Script { calls: vec![call] }
    }

    /// What carries a stream's rows here. A pipe takes its records as they are and lets each be made by a template, in which the data is decoded:
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html>
    fn pipe(&self, pipe: &Pipe) -> Script {
        let stream = declared_arn(self.platform, pipe.stream);
        let mut input = Map::from_iter([("Name".to_owned(), Json::from(self.resource.physical.as_str()))]);
        input.extend(self.description());
        input.extend([
            ("RoleArn".to_owned(), self.starter()),
            ("Source".to_owned(), Json::from(stream.as_deref().unwrap_or_default())),
            ("SourceParameters".to_owned(), constant(&pipe.parameters)),
            ("Target".to_owned(), self.machine()),
            (
                "TargetParameters".to_owned(),
                json!({
                    "InputTemplate": pipe.template.as_str(),
                    "StepFunctionStateMachineParameters": { "InvocationType": "FIRE_AND_FORGET" },
                }),
            ),
        ]);
        let call = self.call(self.pipeline.account, "pipe", "pipes", "CreatePipe", Json::Object(input));
        Script { calls: vec![call] }
    }

    /// The rule for a sync's end and its target. The task's ARN is known once it is made, and so the pattern is text in pieces.
    fn after(&self, pattern: &EventPattern, task: &str) -> Vec<Call> {
        let ours = self.pipeline.account;
        let name = &self.resource.name;
        let mut whole = self.pattern(pattern);
        if let Json::Object(members) = &mut whole {
            members.insert("resources".to_owned(), json!([{ "prefix": PLACE }]));
        }
        let mut pieces = Vec::new();
        for (at, piece) in whole.to_string().split(PLACE).enumerate() {
            if at > 0 {
                pieces.push(reference(task));
            }
            pieces.push(Json::from(piece));
        }
        let mut rule = self.rule(ours, pattern);
        rule.id = format!("rule-{name}");
        if let Json::Object(members) = &mut rule.input {
            members.insert("EventPattern".to_owned(), json!({ "$text": pieces }));
        }
        let mut targets = self.targets(ours, self.target());
        targets.id = format!("targets-{name}");
        vec![rule, targets]
    }

    /// The pipeline as the target of a rule.
    fn target(&self) -> Json {
        let mut target = Map::from_iter([
            ("Id".to_owned(), Json::from("pipeline")),
            ("Arn".to_owned(), self.machine()),
            ("RoleArn".to_owned(), self.starter()),
        ]);
        target.extend([self.input()]);
        Json::Object(target)
    }

    fn event(&self, pattern: &EventPattern) -> Vec<(AccountId, Script)> {
        let ours = self.pipeline.account;
        let mut here = Script::default();
        let mut there = Script::default();
        let notification = self.notification(pattern);
        if pattern.account == ours {
            here.calls.extend(notification);
        } else {
            there.calls.extend(notification);
            there.calls.extend(self.forward(pattern));
            here.calls.push(self.permission(pattern));
        }
        here.calls.push(self.rule(ours, pattern));
        here.calls.push(self.targets(ours, self.target()));
        let mut scripts = vec![(ours, here)];
        if !there.calls.is_empty() {
            scripts.push((pattern.account, there));
        }
        scripts
    }

    /// A bucket tells EventBridge of its objects only where it is told to. One that exists already is not touched.
    fn notification(&self, pattern: &EventPattern) -> Option<Call> {
        let bucket = self.platform.resource(pattern.bucket?);
        let input = json!({
            "Bucket": bucket.physical.as_str(),
            "NotificationConfiguration": { "EventBridgeConfiguration": {} },
        });
        let call =
            self.call(pattern.account, "notification", "s3", "PutBucketNotificationConfiguration", input);
        (!bucket.external).then_some(call)
    }

    /// The bucket's account hands the events over to the default bus of the pipeline's.
    fn forward(&self, pattern: &EventPattern) -> Vec<Call> {
        let role = derived_role_in(self.platform, self.pipeline.resource, Duty::Forward, pattern.account);
        let target = json!({
            "Id": "pipeline",
            "Arn": self.bus(self.pipeline.account),
            "RoleArn": role.map(|role| role.arn.to_string()).unwrap_or_default(),
        });
        vec![self.rule(pattern.account, pattern), self.targets(pattern.account, target)]
    }

    fn bus(&self, id: AccountId) -> String {
        let account = self.account(id);
        format!(
            "arn:{}:events:{}:{}:event-bus/default",
            self.platform.project.partition(),
            account.region,
            account.id
        )
    }

    /// The pipeline's account takes events of the bucket's account.
    fn permission(&self, pattern: &EventPattern) -> Call {
        let from = self.account(pattern.account);
        let statement: String =
            format!("{}-from-{}", self.resource.physical, from.name).chars().take(64).collect();
        let input = json!({
            "EventBusName": "default",
            "Action": "events:PutEvents",
            "Principal": from.id.as_str(),
            "StatementId": statement,
        });
        self.call(self.pipeline.account, "permission", "events", "PutPermission", input)
    }

    fn rule(&self, account: AccountId, pattern: &EventPattern) -> Call {
        let mut input = Map::from_iter([("Name".to_owned(), Json::from(self.resource.physical.as_str()))]);
        input.extend(self.description());
        input.insert("EventPattern".to_owned(), Json::from(self.pattern(pattern).to_string()));
        input.insert("State".to_owned(), Json::from("ENABLED"));
        self.call(account, "rule", "events", "PutRule", Json::Object(input))
    }

    fn pattern(&self, pattern: &EventPattern) -> Json {
        let mut json = Map::from_iter([
            ("source".to_owned(), json!([pattern.source.as_str()])),
            ("detail-type".to_owned(), json!([pattern.detail_type.as_str()])),
        ]);
        if pattern.account != self.pipeline.account {
            json.insert("account".to_owned(), json!([self.account(pattern.account).id.as_str()]));
        }
        let mut detail = Map::new();
        for (path, condition) in &pattern.detail {
            let condition = match condition {
                Match::OneOf(values) => json!(values.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
                Match::Prefix(text) => json!([{ "prefix": text.as_str() }]),
            };
            insert(&mut detail, path, condition);
        }
        if !detail.is_empty() {
            json.insert("detail".to_owned(), Json::Object(detail));
        }
        Json::Object(json)
    }

    fn targets(&self, account: AccountId, target: Json) -> Call {
        let input = json!({ "Rule": self.resource.physical.as_str(), "Targets": [target] });
        self.call(account, "targets", "events", "PutTargets", input)
    }

    /// The pipeline's event, made from AWS's.
    fn input(&self) -> (String, Json) {
        if self.trigger.input.is_empty() {
            return ("Input".to_owned(), Json::from("{}"));
        }
        let paths: Map<String, Json> = self
            .trigger
            .input
            .iter()
            .map(|(name, path)| (name.to_string(), Json::from(path.as_str())))
            .collect();
        let members: Vec<String> = self
            .trigger
            .input
            .iter()
            .map(|(name, _)| format!("{}: <{name}>", Json::from(name.as_str())))
            .collect();
        let template = format!("{{{}}}", members.join(", "));
        ("InputTransformer".to_owned(), json!({ "InputPathsMap": paths, "InputTemplate": template }))
    }
}

/// Where the ARN of a sync's task goes in a pattern. No name can hold it.
const PLACE: &str = "{task}";

/// A constant record of the library's as JSON.
fn constant(expression: &Expression) -> Json {
    match &expression.kind {
        ExpressionKind::Record(fields) => {
            let members = fields.iter().map(|(name, value)| (name.to_string(), constant(value)));
            Json::Object(members.collect())
        }
        ExpressionKind::List(items) => items.iter().map(constant).collect(),
        ExpressionKind::Text(text) => Json::from(text.as_str()),
        ExpressionKind::Number(text) => text.parse::<i64>().map_or(Json::Null, Json::from),
        ExpressionKind::Bool(value) => Json::Bool(*value),
        _ => Json::Null,
    }
}

fn insert(into: &mut Map<String, Json>, path: &[smol_str::SmolStr], value: Json) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        into.insert(first.to_string(), value);
        return;
    }
    let inner = into.entry(first.to_string()).or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(inner) = inner {
        insert(inner, rest, value);
    }
}
