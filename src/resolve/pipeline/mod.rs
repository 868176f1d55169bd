//! Pipelines: from statements to the typed tree. Each name has one value and one type wherever it can be seen, so that a state never reads
//! what an earlier one did not write.
//!
//! | file | does |
//! | --- | --- |
//! | `names.rs` | what is bound where, and what is known not to be `none` |
//! | `expression.rs`, `operator.rs`, `apply.rs`, `fit.rs`, `foregone.rs` | expressions, functions in them, which type fits which, comparisons that are settled |
//! | `statement.rs`, `matching.rs`, `attempt.rs`, `looping.rs` | statements; `match`; `try`; `for` |
//! | `call.rs`, `request.rs`, `policy.rs`, `template.rs`, `words.rs`, `permission.rs` | calls, filled in from the standard library |
//! | `item.rs` | items of tables in calls |
//! | `trigger.rs` | what starts it |
//! | `test.rs` | the lines of a test |
//! | `fault.rs` | what can be wrong |

mod apply;
mod attempt;
mod call;
mod expression;
mod fault;
mod fit;
mod foregone;
mod item;
mod looping;
mod matching;
mod names;
mod operator;
mod pages;
mod permission;
mod policy;
mod query;
mod raised;
mod request;
mod statement;
mod template;
mod test;
mod time;
mod trigger;
mod words;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Context, Declared, index};
use crate::{
    diagnostic::{Diagnostic, Severity},
    library::Library,
    platform::{
        AccountId, Base, DataType, Pipeline, ResourceId, Value, ValueKind,
        pipeline::{Expression, LocalId, Origin, Retry, Use},
        resource::Noun,
    },
    source::{FileId, Span},
    syntax::ast::{Ident, Member, Statement},
};

use names::Names;

impl Context<'_> {
    /// Resolves all pipelines: first what each takes and returns, since one may run another, then what they do.
    pub(super) fn pipelines(&mut self, resources: &[Declared<'_>]) {
        self.function_arns();
        let declared: Vec<Declared<'_>> = resources
            .iter()
            .filter(|one| self.platform.kind_of(one.id).name == "pipeline")
            .copied()
            .collect();
        let known: Vec<Declared<'_>> = declared.iter().filter(|one| self.signature(one)).copied().collect();
        let before = self.diagnostics.error_starts();
        for (at, one) in known.iter().enumerate() {
            let Some(shell) = self.platform.pipelines.get(at).cloned() else { continue };
            let said = self.diagnostics.len();
            let pipeline = Builder::new(self, one, &shell).build(one, shell);
            let place = one.decl.span;
            let earlier = before.get(before.partition_point(|start| *start < place.start));
            let is_error = |said: &Diagnostic| said.severity == Severity::Error;
            if earlier.is_some_and(|start| *start < place.end)
                || self.diagnostics.iter().skip(said).any(is_error)
            {
                self.faulty.push(one.id);
            }
            if let Some(slot) = self.platform.pipelines.get_mut(at) {
                *slot = pipeline;
            }
        }
    }

    fn signature(&mut self, declared: &Declared<'_>) -> bool {
        let params = self.columns(declared.file, declared.decl.params.as_deref().unwrap_or_default());
        let result = declared.decl.result.as_ref().map(|ty| self.data_type(declared.file, ty));
        let Some(account) = self.platform.resource(declared.id).account else { return false };
        let timeout = match self.platform.field(declared.id, "timeout").map(|value| &value.kind) {
            Some(ValueKind::Duration(milliseconds)) => Some(milliseconds.div_ceil(1000)),
            _ => None,
        };
        let noun = Noun::Pipeline(index(self.platform.pipelines.len()));
        let rows = self.starts_with_rows(declared.id);
        let whole_event =
            matches!(params.as_slice(), [only] if rows || matches!(only.ty.base, Base::Record(_)));
        self.platform.pipelines.push(Pipeline {
            resource: declared.id,
            account,
            params,
            whole_event,
            result,
            trigger: None,
            timeout,
            locals: Vec::new(),
            body: Vec::new(),
            uses: Vec::new(),
        });
        self.set_noun(declared, noun);
        true
    }

    /// Whether a pipeline's event is a list: what a stream brings.
    fn starts_with_rows(&self, id: ResourceId) -> bool {
        match self.platform.field(id, "trigger").map(|value| &value.kind) {
            Some(ValueKind::Construct(construct)) => {
                self.library.constructor(construct.constructor).properties.contains_key("rows")
            }
            _ => false,
        }
    }

    /// The ARNs of functions, which their integrations know.
    fn function_arns(&mut self) {
        for at in 0..self.platform.functions.len() {
            let Some(function) = self.platform.functions.get(at) else { continue };
            let Some(account) = self.platform.resource(function.resource).account else { continue };
            let integration = self.library.integration(function.integration.integration);
            let template = template::Template {
                platform: self.platform,
                library: &self.library,
                account: self.platform.account(account),
                words: call::field_words(&integration.params, &function.integration.fields),
                arguments: &[],
                declared: None,
                result: None,
                span: integration.span,
            };
            let text = |name: &str| -> Option<SmolStr> {
                let word = template.words.iter().find(|(word, _)| word == name).map(|(_, item)| item.clone());
                let item = word.or_else(|| template.item(integration.properties.get(name)?).ok())?;
                template.data(item, integration.span).ok()??.as_text().map(SmolStr::new)
            };
            let (arn, name, id) = (text("arn"), text("name"), function.resource);
            if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
                resource.arn = arn;
                resource.physical = name.unwrap_or_else(|| resource.physical.clone());
            }
        }
    }
}

/// One pipeline, as far as it is resolved.
struct Builder<'b, 'c> {
    context: &'b mut Context<'c>,
    library: Arc<Library>,
    file: FileId,
    pipeline: ResourceId,
    account: AccountId,
    result: Option<DataType>,
    /// How its calls are made again that say nothing of their own.
    retry: Option<Retry>,
    timeout: Option<u64>,
    names: Names,
    /// The locals that are places in a bucket that the program names.
    places: FxHashMap<LocalId, Expression>,
    uses: Vec<Use>,
    /// The statement around this one that can't be returned from.
    inside: Option<&'static str>,
    /// Whether nothing follows behind this statement.
    last: bool,
    /// Whether these are the arguments of a call that is awaited.
    awaiting: bool,
    token_passed: bool,
    /// Whether these are values of a test, which are written as they arrive: times as text, records without a type.
    testing: bool,
    /// Whether `_` stands for any value.
    wildcards: bool,
}

impl<'b, 'c> Builder<'b, 'c> {
    fn new(context: &'b mut Context<'c>, declared: &Declared<'_>, shell: &Pipeline) -> Self {
        let library = Arc::clone(&context.library);
        let retry = match context.platform.field(declared.id, "retry").map(|value| &value.kind) {
            Some(ValueKind::Construct(construct)) => policy::retry_of(&library, construct),
            _ => None,
        };
        Self {
            library,
            file: declared.file,
            pipeline: declared.id,
            account: shell.account,
            result: shell.result.clone(),
            retry,
            timeout: shell.timeout,
            names: Names::default(),
            places: FxHashMap::default(),
            uses: Vec::new(),
            inside: None,
            last: true,
            awaiting: false,
            token_passed: false,
            testing: false,
            wildcards: false,
            context,
        }
    }

    fn build(mut self, declared: &Declared<'_>, shell: Pipeline) -> Pipeline {
        let trigger = self.trigger(&shell);
        let policy = self.context.platform.field(self.pipeline, "retry").cloned();
        if let Some(Value { kind: ValueKind::Construct(construct), span }) = policy {
            self.retried_errors(&construct);
            self.check_own_retries(span);
        }
        self.names.open();
        for param in &shell.params {
            let name = Ident { name: param.name.clone(), span: param.span };
            self.bind(&name, param.ty.clone(), Origin::Param);
        }
        let members = declared.decl.body.iter().flatten();
        let statements: Vec<&Statement> = members
            .filter_map(|member| match member {
                Member::Statement(statement) => Some(statement),
                _ => None,
            })
            .collect();
        let (body, open) = self.statements(&statements);
        self.names.close();
        // A statement that could not be read may be the one that ends it.
        let unread = open && self.context.diagnostics.has_syntax_error_within(declared.decl.span);
        if let Some(ty) = shell.result.as_ref().filter(|_| open && !unread) {
            let resource = self.context.platform.resource(self.pipeline);
            let (name, span) =
                (resource.name.clone(), declared.decl.result.as_ref().map_or(resource.span, |ty| ty.span));
            let ty = fit::described(self.context.platform, ty);
            self.report(fault::no_end(span, &name, &ty));
        }
        self.names.settle_reads();
        self.report_unread();
        Pipeline { trigger, locals: self.names.locals, body, uses: self.uses, ..shell }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.context.diagnostics.push(diagnostic);
    }

    /// The text of the program at a span.
    fn written(&self, span: Span) -> String {
        self.context.sources.text(span).to_owned()
    }

    /// Binds a name, or reports that it is bound already.
    fn bind(&mut self, name: &Ident, ty: DataType, origin: Origin) -> LocalId {
        match self.names.bind(name, ty, origin) {
            Ok(id) => id,
            Err(first) => {
                self.report(fault::bound_twice(name, first));
                LocalId(index(self.names.locals.len().saturating_sub(1)))
            }
        }
    }

    fn report_unread(&mut self) {
        let unread: Vec<(SmolStr, Span)> = self
            .names
            .locals
            .iter()
            .filter(|local| matches!(local.origin, Origin::Call | Origin::Value))
            .filter(|local| !local.read && local.joins.is_none() && !local.name.starts_with('_'))
            .map(|local| (local.name.clone(), local.span))
            .collect();
        for (name, span) in unread {
            self.report(fault::never_read(span, &name));
        }
    }
}
