//! What starts a pipeline, as the standard library's trigger says, and whether its event is what the pipeline takes.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{
    Builder, fault, fit,
    fit::Fit,
    template::{Fault, Item, Template, present},
};
use crate::{
    library::Constructor,
    platform::{
        AccountId, Base, Capability, Column, Construct, DataType, Pipeline, ResourceId, Schema, Value,
        ValueKind,
        pipeline::{EventPattern, Match, Pipe, Trigger, TriggerKind, Use, UseTarget, User},
    },
    source::Span,
    syntax::ast::{Expr, ExprKind},
};

impl Builder<'_, '_> {
    /// The trigger of a pipeline, its event checked against the parameters.
    pub(super) fn trigger(&mut self, pipeline: &Pipeline) -> Option<Trigger> {
        let value = self.context.platform.field(self.pipeline, "trigger")?.clone();
        let ValueKind::Construct(construct) = &value.kind else { return None };
        let library = Arc::clone(&self.library);
        let constructor = library.constructor(construct.constructor);
        let kind = match self.trigger_kind(constructor, construct, value.span) {
            Ok(kind) => kind?,
            Err(fault) => {
                self.report(fault::library(fault.span, &fault.why));
                return None;
            }
        };
        let input = match &kind {
            TriggerKind::Records(pipe) => {
                self.check_rows(constructor, construct, pipe.stream, pipeline, value.span)?;
                Vec::new()
            }
            _ => self.trigger_input(constructor, pipeline, value.span),
        };
        self.trigger_permissions(&kind, value.span);
        if let Err(fault) = self.pipe_permissions(constructor, construct, value.span) {
            self.report(fault::library(fault.span, &fault.why));
        }
        Some(Trigger { kind, input, span: value.span })
    }

    fn trigger_kind(
        &mut self,
        constructor: &Constructor,
        construct: &Construct,
        span: Span,
    ) -> Result<Option<TriggerKind>, Fault> {
        let template = self.trigger_template(constructor, construct, span);
        let text = |name: &str| -> Result<Option<SmolStr>, Fault> {
            let own = template.words.iter().find(|(word, _)| word == name).map(|(_, item)| item.clone());
            let item = match (own, constructor.properties.get(name)) {
                (Some(item), _) => item,
                (None, Some(expr)) => template.item(expr)?,
                (None, None) => return Ok(None),
            };
            Ok(template.data(item, constructor.span)?.and_then(|text| text.as_text().map(SmolStr::new)))
        };
        if let Some(schedule) = text("schedule")? {
            let zone = text("timezone")?.unwrap_or_else(|| "UTC".into());
            return Ok(Some(TriggerKind::Schedule(schedule, zone)));
        }
        let resource = |name: &str| -> Result<Option<ResourceId>, Fault> {
            let item = constructor.properties.get(name).map(|expr| template.item(expr)).transpose()?;
            Ok(match item {
                Some(Item::Value(Value { kind: ValueKind::Ref(id), .. })) => Some(id),
                _ => None,
            })
        };
        if let Some(stream) = resource("rows")? {
            let parameters = constructor.properties.get("pipe").map(|expr| template.expression(expr));
            let parameters = parameters.transpose()?.flatten();
            let parameters = parameters.ok_or_else(|| missing_in(constructor, "pipe"))?;
            let row = text("template")?.ok_or_else(|| missing_in(constructor, "template"))?;
            return Ok(Some(TriggerKind::Records(Pipe { stream, parameters, template: row })));
        }
        let after = resource("after")?;
        if let Some(sync) = after.map(|id| self.context.platform.resource(id))
            && (sync.account != Some(self.account) || sync.external)
        {
            let diagnostic = fault::sync_elsewhere(span, &sync.name, sync.external, sync.span);
            self.report(diagnostic);
            return Ok(None);
        }
        let bucket = resource("bucket")?;
        let account = match bucket.map(|id| self.context.platform.resource(id)) {
            Some(resource) => match resource.account {
                Some(account) => account,
                None => {
                    let diagnostic = fault::trigger_without_account(span, &resource.name);
                    self.report(diagnostic);
                    return Ok(None);
                }
            },
            None => self.account,
        };
        let source = text("source")?.ok_or_else(|| missing_in(constructor, "source"))?;
        let detail_type = text("detail_type")?.ok_or_else(|| missing_in(constructor, "detail_type"))?;
        let mut detail = match constructor.properties.get("detail") {
            Some(expr) => conditions(&template, expr)?,
            None => Vec::new(),
        };
        detail.extend(only(&template));
        let pattern = EventPattern { account, bucket, after, source, detail_type, detail };
        Ok(Some(TriggerKind::Event(pattern)))
    }

    fn trigger_template(&self, constructor: &Constructor, construct: &Construct, span: Span) -> Template<'_> {
        let words = constructor
            .fields
            .iter()
            .zip(&construct.fields)
            .map(|(field, value)| (field.name.clone(), value.as_ref().map_or(Item::Missing, present)));
        self.template(self.account, words.collect(), span)
    }

    /// Whether a pipeline takes what a pipe brings: a list of the stream's rows, and nothing else.
    fn check_rows(
        &mut self,
        constructor: &Constructor,
        construct: &Construct,
        id: ResourceId,
        pipeline: &Pipeline,
        span: Span,
    ) -> Option<()> {
        let platform = &self.context.platform;
        let (resource, stream) = (platform.resource(id), platform.stream(id)?);
        let connector = self.library.constructor(stream.connector.constructor);
        let format = self.library.constructor(stream.format.constructor);
        let why = if !connector.properties.contains_key("piped") {
            Some(format!("a pipe reads no `{}`", connector.name))
        } else if format.name != "json" {
            Some(format!("a pipe reads JSON, and its rows are `{}`", format.name))
        } else if resource.account != Some(self.account) {
            Some("a pipe reads streams of its own account".to_owned())
        } else {
            None
        };
        if let Some(why) = why {
            let diagnostic = fault::no_pipe(span, &resource.name, &why, resource.span);
            self.report(diagnostic);
            return None;
        }
        let most = constructor.fields.iter().position(|field| field.name == "batch");
        let most = match most.and_then(|at| construct.fields.get(at)?.as_ref()).map(|value| &value.kind) {
            Some(ValueKind::Int(number)) => u64::try_from(*number).ok(),
            _ => None,
        };
        let mut rows = DataType::plain(Base::List(Box::new(DataType::plain(Base::Record(stream.schema)))));
        (rows.refinement.min_length, rows.refinement.max_length) = (Some(1), most);
        let given = fit::described(platform, &rows);
        let [only] = pipeline.params.as_slice() else {
            let at = pipeline.params.first().map_or(resource.span, |param| param.span);
            self.report(fault::takes_no_rows(span, &given, at));
            return None;
        };
        let room = only.ty.refinement.max_length;
        if fit::fit(platform, &rows, &only.ty) != Fit::Yes {
            self.report(fault::takes_no_rows(span, &given, only.span));
            return None;
        }
        if let (Some(most), Some(room)) = (most, room)
            && most > room
        {
            self.report(fault::more_rows(span, most, room, only.span));
            return None;
        }
        Some(())
    }

    /// What a pipe must be allowed beside starting the pipeline.
    fn pipe_permissions(
        &mut self,
        constructor: &Constructor,
        construct: &Construct,
        span: Span,
    ) -> Result<(), Fault> {
        let template = self.trigger_template(constructor, construct, span);
        let mut permissions =
            self.allowed_by(&template, constructor.properties.get("permissions"), User::Pipeline)?;
        permissions.iter_mut().for_each(|permission| permission.taken_by(User::Trigger));
        self.take(permissions, span);
        Ok(())
    }

    /// Where each field of the pipeline's event is found in the trigger's.
    fn trigger_input(
        &mut self,
        constructor: &Constructor,
        pipeline: &Pipeline,
        span: Span,
    ) -> Vec<(SmolStr, SmolStr)> {
        let event = constructor.properties.get("event").and_then(|expr| match &expr.kind {
            ExprKind::Name(name) => {
                self.context.platform.schemas.iter().find(|schema| schema.name == *name).cloned()
            }
            _ => None,
        });
        let paths: Vec<(&SmolStr, SmolStr)> = match constructor.properties.get("input").map(|expr| &expr.kind)
        {
            Some(ExprKind::Record(fields)) => {
                fields.iter().filter_map(|field| Some((&field.name.name, constant(&field.value)?))).collect()
            }
            _ => Vec::new(),
        };
        let wanted: Vec<Column> =
            match (pipeline.whole_event, pipeline.params.first().map(|param| &param.ty.base)) {
                (true, Some(Base::Record(id))) => self.context.platform.schema(*id).columns.clone(),
                _ => pipeline.params.clone(),
            };
        let mut input = Vec::with_capacity(wanted.len());
        for column in &wanted {
            let path = paths.iter().find(|(name, _)| **name == column.name);
            match (path, event.as_ref().and_then(|event| event.column(&column.name))) {
                (Some((_, path)), Some(given)) => {
                    self.check_event_field(column, given, span);
                    input.push((column.name.clone(), path.clone()));
                }
                _ if column.ty.nullable => {}
                _ => {
                    let offered = event.as_ref().map(names_of).unwrap_or_default();
                    self.report(fault::trigger_lacks(span, &column.name, column.span, &offered));
                }
            }
        }
        input
    }

    fn check_event_field(&mut self, wanted: &Column, given: &Column, span: Span) {
        let platform = &self.context.platform;
        if fit::fit(platform, &given.ty, &wanted.ty) != Fit::Yes {
            let (is, should) = (fit::described(platform, &given.ty), fit::described(platform, &wanted.ty));
            let diagnostic = fault::trigger_type(span, &wanted.name, &is, &should, wanted.span);
            self.report(diagnostic);
        }
    }

    /// What the services that start the pipeline must be allowed.
    fn trigger_permissions(&mut self, kind: &TriggerKind, span: Span) {
        let action = |service: &str, action: &str| {
            let service = self.library.service_named(service)?;
            self.library.action_named(service, action).map(Capability::Action)
        };
        let start = action("states", "StartExecution");
        let put = action("events", "PutEvents");
        let on = UseTarget::Resource(self.pipeline);
        let start = start.map(|capability| Use { who: User::Trigger, capability, on, span });
        let forward = match kind {
            TriggerKind::Event(pattern) if pattern.account != self.account => {
                let on = UseTarget::Arn(bus_arn(self.context.platform, self.account));
                put.map(|capability| Use { who: User::Forwarder(pattern.account), capability, on, span })
            }
            _ => None,
        };
        self.uses.extend(start.into_iter().chain(forward));
    }
}

fn missing_in(constructor: &Constructor, name: &str) -> Fault {
    Fault { span: constructor.span, why: format!("a trigger has no `{name}`") }
}

/// What a program itself wants of an event's `detail`.
fn only(template: &Template<'_>) -> Vec<(Vec<SmolStr>, Match)> {
    let given = template.words.iter().find(|(word, _)| word == "only").map(|(_, item)| item);
    let Some(Item::Value(Value { kind: ValueKind::Map(entries), .. })) = given else { return Vec::new() };
    let conditions = entries.iter().map(|(path, values)| {
        let values = match &values.kind {
            ValueKind::List(values) => values.iter().filter_map(text_of).collect(),
            _ => Vec::new(),
        };
        (path.split('.').map(SmolStr::new).collect(), Match::OneOf(values))
    });
    conditions.collect()
}

fn text_of(value: &Value) -> Option<SmolStr> {
    match &value.kind {
        ValueKind::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// The default event bus of an account.
fn bus_arn(platform: &crate::platform::Platform, account: AccountId) -> SmolStr {
    let account = platform.account(account);
    format!("arn:{}:events:{}:{}:event-bus/default", platform.project.partition(), account.region, account.id)
        .into()
}

/// The conditions on an event's `detail`: `{ "object.key" = prefix(…) }`.
fn conditions(template: &Template<'_>, expr: &Expr) -> Result<Vec<(Vec<SmolStr>, Match)>, Fault> {
    let ExprKind::Record(fields) = &expr.kind else {
        return Err(Fault { span: expr.span, why: "`detail` is a record of conditions".into() });
    };
    let mut all = Vec::new();
    for field in fields {
        let (prefix, value) = match &field.value.kind {
            ExprKind::Call(callee, args) => match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(word), [arg]) if word == "prefix" => (true, &arg.value),
                _ => (false, &field.value),
            },
            _ => (false, &field.value),
        };
        let Some(text) = template.expression(value)?.and_then(|text| text.as_text().map(SmolStr::new)) else {
            continue;
        };
        let path = field.name.name.split('.').map(SmolStr::new).collect();
        all.push((path, if prefix { Match::Prefix(text) } else { Match::OneOf(vec![text]) }));
    }
    Ok(all)
}

fn names_of(schema: &Schema) -> Vec<&str> {
    schema.columns.iter().map(|column| column.name.as_str()).collect()
}

fn constant(expr: &Expr) -> Option<SmolStr> {
    crate::library::types::constant_text(expr)
}
