//! Calls: of functions, of what the standard library can do itself (`publish`, `copy`), and of other pipelines.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::{
    Builder, fault, item,
    policy::Policy,
    query,
    request::{Requests, label, missing_needs, requests},
    template::{Item, Template, present},
};
use crate::{
    library::{FieldDecl, FieldType, Integration, IntegrationId, KindId},
    platform::{
        AccountId, Base, Column, DataType, Function, Platform, ResourceId, Value, ValueKind,
        pipeline::{Call, Expression, ExpressionKind, Poll, User},
        resource::Noun,
        test::ANY,
    },
    resolve::{Meaning, scope::as_path, scope::dotted},
    source::Span,
    suggest,
    syntax::ast::{Arg, CallPolicy, Expr, ExprKind, Path},
};

/// A call as it was resolved.
pub(super) struct Called {
    /// The call.
    pub(super) call: Call,
    /// Where what is called is declared, in the program.
    pub(super) declared: Option<Span>,
}

/// What is called, with its arguments.
pub(super) struct Target {
    integration: IntegrationId,
    /// The name of what is called.
    function: SmolStr,
    /// The declaration that is called, where it is one.
    resource: Option<ResourceId>,
    /// The words of its templates.
    pub(super) words: Vec<(SmolStr, Item)>,
    /// The arguments of a declared function.
    arguments: Vec<(SmolStr, Expression)>,
    /// What it returns.
    pub(super) result: Option<DataType>,
}

impl Builder<'_, '_> {
    /// Whether an expression is a call, and so a step.
    pub(super) fn is_call(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(callee, _) => self.function_name(callee).is_none(),
            ExprKind::Run(_) => true,
            _ => false,
        }
    }

    /// A call with its policy.
    pub(super) fn call(&mut self, expr: &Expr, written: &CallPolicy) -> Option<Called> {
        let policy = self.policy(written);
        self.awaiting = written.callback.is_some();
        self.token_passed = false;
        let target = match &expr.kind {
            ExprKind::Run(inner) => self.run_target(inner),
            ExprKind::Call(callee, args) => self.target(callee, args, expr.span),
            _ => None,
        };
        self.awaiting = false;
        let polled = target.as_ref().is_some_and(|target| {
            self.library.integration(target.integration).properties.contains_key("poll")
        });
        let own = written.retry.as_ref().map(|retry| retry.span);
        self.check_retries(&policy, polled, own, expr.span);
        let target = target?;
        if let Some(span) = written.callback
            && !self.token_passed
        {
            self.report(fault::token_not_passed(span));
        }
        let called = self.finish_call(target, policy, written.callback, expr.span)?;
        if let Some(heartbeat) = &written.heartbeat
            && sends_no_heartbeats(&called.call.start.resource)
        {
            self.report(fault::heartbeat_of_nobody(heartbeat.span, &called.call.function));
        }
        Some(called)
    }

    /// A template for something that lives in an account.
    pub(super) fn template(
        &self,
        account: AccountId,
        words: Vec<(SmolStr, Item)>,
        span: Span,
    ) -> Template<'_> {
        Template {
            platform: self.context.platform,
            library: &self.library,
            account: self.context.platform.account(account),
            words,
            arguments: &[],
            declared: None,
            result: None,
            span,
        }
    }

    fn target(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Option<Target> {
        let Some(path) = as_path(callee) else {
            self.report(fault::not_callable(
                callee.span,
                self.context.sources.text(callee.span),
                "an expression",
                "name a function",
            ));
            return None;
        };
        match self.context.peek(self.file, &path) {
            Some(Meaning::Resource(id)) => self.declared_target(id, &path, args, span),
            Some(meaning) => {
                let (what, _) = self.context.described(meaning);
                self.report(fault::not_callable(
                    path.span,
                    &dotted(&path),
                    &format!("a {what}"),
                    "name a function",
                ));
                None
            }
            None => match path.parts.as_slice() {
                [name] => {
                    match self.library.integration_named(&name.name).filter(|id| self.is_statement(*id)) {
                        Some(id) => self.integration_target(id, args, span),
                        None => self.unknown_target(&path),
                    }
                }
                _ => self.unknown_target(&path),
            },
        }
    }

    /// Whether a call may stand alone. A test speaks of what a loop reads as of any other call.
    fn is_statement(&self, id: IntegrationId) -> bool {
        let integration = self.library.integration(id);
        Target::is_statement(integration) || self.testing && self.is_reader(&integration.name)
    }

    fn unknown_target(&mut self, path: &Path) -> Option<Target> {
        let name = path.parts.last()?;
        if path.parts.len() == 1 && self.is_reader(&name.name) {
            self.report(fault::reader_alone(name));
            return None;
        }
        let platform = &self.context.platform;
        let functions =
            platform.functions.iter().map(|function| platform.resource(function.resource).name.as_str());
        let integrations = self
            .library
            .integrations
            .iter()
            .filter(|one| Target::is_statement(one))
            .map(|one| one.name.as_str());
        let mut known: Vec<&str> = functions.chain(integrations).collect();
        known.sort_unstable();
        if path.parts.len() > 1 || known.contains(&name.name.as_str()) {
            self.context.lookup(self.file, path);
            return None;
        }
        let near = suggest::nearest(&name.name, known);
        let diagnostic = fault::unknown_function(name, near);
        self.report(diagnostic);
        None
    }

    fn declared_target(&mut self, id: ResourceId, path: &Path, args: &[Arg], span: Span) -> Option<Target> {
        let resource = self.context.platform.resource(id);
        let kind = &self.context.platform.kind_of(id).name;
        match resource.noun {
            Noun::Function(at) => {
                let function = self.context.platform.functions.get(at as usize)?.clone();
                self.function_target(&function, args, span)
            }
            _ if kind == "function" => None,
            _ => {
                let name = dotted(path);
                let (what, help) = match kind.as_str() {
                    "pipeline" => ("a pipeline".to_owned(), format!("run it: `run {name}(…)`")),
                    _ => (format!("a `{kind}`"), self.statement_on(resource.kind, &name)),
                };
                self.report(fault::not_callable(path.span, &name, &what, &help));
                None
            }
        }
    }

    /// What can be done with a declaration of that kind instead of calling it.
    fn statement_on(&self, kind: KindId, name: &str) -> String {
        let takes = |one: &&Integration| {
            !one.declared && one.params.iter().any(|param| param.ty == FieldType::Resource(kind))
        };
        match self.library.integrations.iter().find(takes) {
            Some(one) => format!("write `{}({name}, …)`", one.name),
            None => "name a function".to_owned(),
        }
    }

    fn function_target(&mut self, function: &Function, args: &[Arg], span: Span) -> Option<Target> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(function.integration.integration);
        let resource = self.context.platform.resource(function.resource);
        let (name, arn) = (resource.name.clone(), resource.arn.clone());
        let arguments = self.typed_arguments(&name, &function.params, args, span)?;
        let mut words = field_words(&integration.params, &function.integration.fields);
        let arn = arn.map_or(Item::Missing, |arn| Item::Data(Expression::text(arn, span)));
        words.push(("arn".into(), arn));
        Some(Target {
            integration: function.integration.integration,
            function: name,
            resource: Some(function.resource),
            words,
            arguments,
            result: function.result.clone(),
        })
    }

    fn run_target(&mut self, inner: &Expr) -> Option<Target> {
        let ExprKind::Call(callee, args) = &inner.kind else { return None };
        let path = as_path(callee)?;
        let id = self.context.resource(self.file, &path, "pipeline")?;
        let Noun::Pipeline(at) = self.context.platform.resource(id).noun else { return None };
        let other = self.context.platform.pipelines.get(at as usize)?;
        let (params, result) = (other.params.clone(), other.result.clone());
        let whole = other.whole_event;
        let integration = self.library.integration_named("run")?;
        let function = self.context.platform.resource(id).name.clone();
        let arguments = self.typed_arguments(&function, &params, args, inner.span)?;
        let value = Value { kind: ValueKind::Ref(id), span: path.span };
        let mut words = vec![("pipeline".into(), Item::Value(value))];
        if let ([(_, only)], true) = (arguments.as_slice(), whole) {
            words.push(("event".into(), Item::Data(only.clone())));
        }
        Some(Target { integration, function, resource: Some(id), words, arguments, result })
    }

    pub(super) fn integration_target(
        &mut self,
        id: IntegrationId,
        args: &[Arg],
        span: Span,
    ) -> Option<Target> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(id);
        let names: Vec<&str> = integration.params.iter().map(|param| param.name.as_str()).collect();
        let required: Vec<bool> = integration.params.iter().map(FieldDecl::required).collect();
        let slots = self.slots(&integration.name, &names, &required, args, span)?;
        let mut words = Vec::with_capacity(slots.len());
        let mut whole = true;
        for first in [true, false] {
            if !whole {
                break;
            }
            let (params, slots) = (integration.params.iter(), slots.iter());
            for (param, slot) in params.zip(slots).filter(|(param, _)| query::comes_first(param) == first) {
                match self.integration_argument(param, *slot, &words) {
                    Some(item) => words.push((param.name.clone(), item)),
                    None => whole = false,
                }
            }
        }
        let order = |word: &SmolStr| names.iter().position(|name| *name == word.as_str());
        words.sort_by_key(|(word, _)| order(word));
        let whole = whole
            && self.check_query(integration, &words, span)
            && self.check_update(integration, &words, span)
            && self.check_objects(integration, &words, span);
        let result = integration.result.as_ref().map(|ty| {
            let mut ty = self.context.data_type(self.file, ty);
            ty.refinement.max_length = item::most(&words).or(ty.refinement.max_length);
            ty
        });
        let result = result.or_else(|| self.row_result(integration, &words));
        whole.then(|| Target {
            integration: id,
            function: integration.name.clone(),
            resource: None,
            words,
            arguments: Vec::new(),
            result,
        })
    }

    /// What must be an object of a bucket is one: not a folder, and not the bucket.
    fn check_objects(&mut self, integration: &Integration, words: &[(SmolStr, Item)], span: Span) -> bool {
        let named = |expr: &Expr| match &expr.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        };
        let objects: Vec<SmolStr> = match integration.properties.get("objects").map(|expr| &expr.kind) {
            Some(ExprKind::List(items)) => items.iter().filter_map(named).collect(),
            _ => integration.properties.get("object").and_then(named).into_iter().collect(),
        };
        for (_, item) in words.iter().filter(|(word, _)| objects.contains(word)) {
            let Item::Data(place) = item else { continue };
            let Some((_, key, whole)) = self.known_place(place) else { continue };
            if whole && (key.is_empty() || key.ends_with('/')) {
                let at = if place.span.is_empty() { span } else { place.span };
                self.report(fault::no_object(at));
                return false;
            }
        }
        true
    }

    fn integration_argument(
        &mut self,
        param: &FieldDecl,
        given: Option<&Expr>,
        words: &[(SmolStr, Item)],
    ) -> Option<Item> {
        let Some(expr) = given else {
            return Some(self.context.default_of(param).as_ref().map_or(Item::Missing, present));
        };
        if let FieldType::Row(part) = param.ty {
            return self.row_argument(param, part, expr, words);
        }
        // A switch and a bound that has a default are parts of the request's form, and so constant.
        if let FieldType::Data(base) = &param.ty
            && !(*base == Base::Boolean || *base == Base::Int && param.default.is_some())
        {
            let wanted = DataType {
                base: base.clone(),
                nullable: false,
                refinement: param.refinement.clone(),
                labels: Vec::new(),
            };
            if param.nullable && matches!(expr.kind, ExprKind::None) {
                return Some(Item::Missing);
            }
            let given = self.expected(expr, &wanted, &format!("`{}`", param.name))?;
            let place = Some(&given).filter(|given| given.ty.base == Base::Location);
            let known = place.and_then(|place| self.place_of(place)).cloned();
            return Some(Item::Data(known.unwrap_or(given)));
        }
        let value = match (&param.ty, &expr.kind) {
            (FieldType::Construct(_), ExprKind::Call(callee, args)) => match &callee.kind {
                ExprKind::Field(of, method) => {
                    let name = Expr { kind: ExprKind::Name(method.name.clone()), span: method.span };
                    let first = Arg { name: None, value: of.as_ref().clone() };
                    let args = std::iter::once(first).chain(args.iter().cloned()).collect();
                    let call = Expr { kind: ExprKind::Call(Box::new(name), args), span: expr.span };
                    self.context.value(self.file, &call, param)
                }
                _ => self.context.value(self.file, expr, param),
            },
            _ => self.context.value(self.file, expr, param),
        };
        value.map(Item::Value)
    }

    /// The arguments of a declared function, each checked against its parameter's type.
    fn typed_arguments(
        &mut self,
        function: &str,
        params: &[Column],
        args: &[Arg],
        span: Span,
    ) -> Option<Vec<(SmolStr, Expression)>> {
        let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
        let required: Vec<bool> = params.iter().map(|param| !param.ty.nullable).collect();
        let slots = self.slots(function, &names, &required, args, span)?;
        let mut arguments = Vec::with_capacity(slots.len());
        let mut whole = true;
        for (param, slot) in params.iter().zip(slots) {
            let Some(expr) = slot else { continue };
            match self.expected(expr, &param.ty, &format!("`{}` of `{function}`", param.name)) {
                Some(value) => arguments.push((param.name.clone(), value)),
                None => whole = false,
            }
        }
        whole.then_some(arguments)
    }

    /// Which argument each parameter gets.
    fn slots<'x>(
        &mut self,
        function: &str,
        names: &[&str],
        required: &[bool],
        args: &'x [Arg],
        span: Span,
    ) -> Option<Vec<Option<&'x Expr>>> {
        let mut slots: Vec<Option<&Expr>> = vec![None; names.len()];
        let mut whole = true;
        for (position, arg) in args.iter().enumerate() {
            let at = match &arg.name {
                Some(name) => names.iter().position(|known| *known == name.name),
                None => Some(position).filter(|at| *at < names.len()),
            };
            let fault = match (at.and_then(|at| slots.get_mut(at)), &arg.name) {
                (Some(slot @ None), _) => {
                    *slot = Some(&arg.value);
                    continue;
                }
                (Some(Some(first)), _) => {
                    let name = at.and_then(|at| names.get(at)).copied().unwrap_or_default();
                    fault::argument_twice(arg.value.span, name, first.span)
                }
                (None, Some(name)) => fault::unknown_argument(name, function, names),
                (None, None) => fault::too_many_arguments(arg.value.span, function, names),
            };
            self.report(fault);
            whole = false;
        }
        let missing: Vec<&str> = names
            .iter()
            .zip(required)
            .zip(&slots)
            .filter(|((_, required), slot)| **required && slot.is_none())
            .map(|((name, _), _)| *name)
            .collect();
        if !missing.is_empty() && whole {
            self.report(fault::missing_arguments(span, function, &missing));
            whole = false;
        }
        whole.then_some(slots)
    }

    /// The account in which a call is made as a role of that account; `None` inside for one that is made at home.
    #[expect(clippy::option_option, reason = "refused, at home, and elsewhere are three answers")]
    fn elsewhere(
        &mut self,
        target: &Target,
        integration: &Integration,
        account: AccountId,
        span: Span,
    ) -> Option<Option<AccountId>> {
        // What a loop reads from must be where it is, as the loop itself says.
        if integration.properties.contains_key("loops") {
            return Some(None);
        }
        let platform = &self.context.platform;
        let (there, at_home) = (platform.account(account), platform.account(self.account));
        let accounts = target.words.iter().filter_map(|(_, item)| home(platform, item)).chain([account]);
        let mut regions = accounts.map(|account| &platform.account(account).region);
        if let Some(region) = regions.find(|region| **region != at_home.region) {
            let diagnostic = fault::other_region(span, &target.function, region, &at_home.region);
            self.report(diagnostic);
            return None;
        }
        if account == self.account {
            return Some(None);
        }
        if matches!(integration.properties.get("across").map(|expr| &expr.kind), Some(ExprKind::Bool(true))) {
            return Some(None);
        }
        if there.external {
            let diagnostic = fault::outside(span, &target.function, &there.name);
            self.report(diagnostic);
            return None;
        }
        Some(Some(account))
    }

    pub(super) fn finish_call(
        &mut self,
        target: Target,
        policy: Policy,
        callback: Option<Span>,
        span: Span,
    ) -> Option<Called> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(target.integration);
        let declared = target.resource.map(|id| self.context.platform.resource(id).span);
        if let Some(at) = callback
            && !integration.properties.contains_key("callback")
        {
            self.report(fault::no_callback(at, &target.function));
            return None;
        }
        let where_it_lives = target
            .resource
            .and_then(|id| self.context.platform.resource(id).account)
            .or_else(|| target.words.iter().find_map(|(_, item)| home(self.context.platform, item)))
            .unwrap_or(self.account);
        let elsewhere = self.elsewhere(&target, integration, where_it_lives, span)?;
        let given = given(&target);
        let mut words = target.words;
        // What no other attempt has is not said by whoever tells of a call.
        if self.wildcards {
            words.push(("unique".into(), Item::Data(Expression::text(ANY, span))));
        }
        let template = Template {
            platform: self.context.platform,
            library: &library,
            account: self.context.platform.account(where_it_lives),
            words,
            arguments: &target.arguments,
            declared: target.resource.and_then(|id| {
                let Noun::Function(at) = self.context.platform.resource(id).noun else { return None };
                self.context.platform.functions.get(at as usize)
            }),
            result: target.result.clone(),
            span,
        };
        let made = requests(&template, integration, callback.is_some(), target.result.is_some());
        let name = target.resource.map_or_else(
            || format_smolstr!("{}_{}", integration.name, label(&template, integration)),
            |_| target.function.clone(),
        );
        let who = elsewhere.map_or(User::Pipeline, User::Delegate);
        let permissions = self.permissions(&template, integration, who, callback.is_some());
        let missing = missing_needs(&template, integration);
        for (id, field) in missing {
            let resource = self.context.platform.resource(id);
            let diagnostic = fault::missing_need(span, &resource.name, &field, resource.span);
            self.report(diagnostic);
        }
        let Requests { start, output, keep, poll, fetch } =
            match made.and_then(|made| permissions.map(|permissions| (made, permissions))) {
                Ok((made, permissions)) => {
                    self.take(permissions, span);
                    made
                }
                Err(fault) => {
                    self.report(fault::library(fault.span, &fault.why));
                    return None;
                }
            };
        let Policy { retry, timeout, heartbeat } = policy;
        // It is asked no later than its time is up.
        let poll = poll.map(|poll| Poll { every: poll.every.min(timeout.unwrap_or(u64::MAX)), ..poll });
        let runs = target.resource.filter(|_| integration.name == "run");
        let Target { function, result, .. } = target;
        let call = Call {
            name,
            function,
            given,
            callee: target.resource,
            runs,
            elsewhere,
            result,
            binding: None,
            start,
            output,
            keep,
            more: None,
            poll,
            fetch,
            retry,
            timeout,
            heartbeat,
        };
        Some(Called { call, declared })
    }
}

/// The values of the run that a call is given.
fn given(target: &Target) -> Vec<Expression> {
    let words = target.words.iter().filter(|_| target.resource.is_none());
    let of_words = words.filter_map(|(_, item)| match item {
        Item::Data(value) => Some(value.clone()),
        _ => None,
    });
    target.arguments.iter().map(|(_, value)| value.clone()).chain(of_words).collect()
}

/// Whether nobody can send heartbeats for a call: it is answered at once. Awaited calls and jobs have a task token to send them with.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html>
fn sends_no_heartbeats(resource: &str) -> bool {
    !resource.ends_with(".waitForTaskToken") && !resource.contains(".sync")
}

/// The account that what a word names lives in.
fn home(platform: &Platform, item: &Item) -> Option<AccountId> {
    let value = match item {
        Item::Value(value) => value,
        Item::Data(Expression { kind: ExpressionKind::Location(bucket, _), .. }) => {
            return platform.resource(*bucket).account;
        }
        _ => return None,
    };
    match &value.kind {
        ValueKind::Location(location) => platform.resource(location.bucket).account,
        ValueKind::Ref(id) => platform.resource(*id).account,
        ValueKind::Construct(construct) => {
            construct.fields.iter().flatten().find_map(|value| home(platform, &Item::Value(value.clone())))
        }
        _ => None,
    }
}

/// The fields of an integration that stands behind a function's `=`, as words.
pub(super) fn field_words(params: &[FieldDecl], values: &[Option<Value>]) -> Vec<(SmolStr, Item)> {
    let values = values.iter().map(|value| value.as_ref().map_or(Item::Missing, present));
    params.iter().map(|param| param.name.clone()).zip(values).collect()
}
