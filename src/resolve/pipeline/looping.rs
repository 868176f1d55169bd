//! `for`: what a loop runs over, what stands before its body, and whether its iterations are executions of their own.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{
    Builder, call::Target, fault, fit, fit::Fit, policy::Policy, request::requests, statement::Block,
    template::Item,
};
use crate::{
    library::{Integration, IntegrationId},
    platform::{
        Base, DataType, SchemaId, Value, ValueKind,
        pipeline::{
            Batch, Distributed, Expression, ExpressionKind, Loop, Origin, Reader, Request, Step, StepKind,
            Tolerated, User,
        },
    },
    resolve::index,
    source::Span,
    syntax::ast::{Arg, Expr, ExprKind, ForIn, Ident},
};

/// The most iterations of an inline loop at once: <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html>
const INLINE: u64 = 40;
/// The most executions of a distributed loop at once: <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>
const DISTRIBUTED: u64 = 10_000;
/// The most items of a batch that make sense: the most that a loop has.
const MOST_ITEMS: u64 = 100_000_000;
/// The most bytes that an execution takes as its input.
const MOST_BYTES: u64 = 262_144;
/// Bytes of each iteration in a loop's result: `{}` and a comma.
const BYTES_OF_A_RESULT: u64 = 3;

/// What stands before a loop's body.
#[derive(Default)]
struct Options {
    limit: Option<u64>,
    batch: Option<Batch>,
    tolerated: Option<Tolerated>,
    writer: Option<Request>,
    /// What makes it a distributed one, where something does.
    distributed: Option<Span>,
}

/// What a loop runs over.
struct Over {
    list: Expression,
    reader: Option<Reader>,
}

impl Builder<'_, '_> {
    /// `for`.
    pub(super) fn for_in(&mut self, each: &ForIn, steps: &mut Vec<Step>) -> Option<StepKind> {
        let mut further = None;
        let over = match self.reader_of(&each.over) {
            Some((id, args)) if self.gives_pages(id) => self.first_page(id, args, each).map(|pages| {
                further = Some(Box::new(pages.further));
                steps.push(pages.first);
                Over { list: pages.items, reader: None }
            }),
            Some((id, args)) => self.read(id, args, each),
            None => self.expression(&each.over).map(|list| Over { list, reader: None }),
        };
        let mut options = self.loop_options(&each.options);
        let reads = over.as_ref().is_some_and(|over| over.reader.is_some());
        if reads || options.limit.is_some_and(|limit| limit > INLINE) {
            options.distributed = options.distributed.or(Some(each.over.span));
        }
        let element = over.as_ref().and_then(|over| self.item_type(each, over));
        let block = self.iterations(each, element.map(|element| batched(element, options.batch)));
        let item = *block.bound.first()?;
        let over = over?;
        if let Some(span) = options.distributed {
            self.own_executions(span);
            self.check_results(&over, &options, each.over.span);
        }
        let distributed = options.distributed.map(|_| Distributed {
            reader: over.reader,
            batch: options.batch,
            tolerated: options.tolerated,
            writer: options.writer,
        });
        let (limit, over) = (options.limit, over.list);
        Some(StepKind::For(Box::new(Loop { item, over, limit, body: block.steps, distributed, further })))
    }

    /// The body, with the item bound in it: the first of what the block binds.
    fn iterations(&mut self, each: &ForIn, element: Option<DataType>) -> Block {
        self.apart("for", |this| {
            this.names.open();
            let known = element.is_some();
            let ty = element.unwrap_or_else(|| DataType::plain(Base::Unknown));
            let id = this.bind(&each.item, ty, Origin::Item);
            let mut block = this.block(&each.body);
            this.names.close();
            block.bound = if known { vec![id] } else { Vec::new() };
            block
        })
    }

    /// The reader that an expression calls, which nothing of the program is named like.
    fn reader_of<'x>(&mut self, over: &'x Expr) -> Option<(IntegrationId, &'x [Arg])> {
        let ExprKind::Call(callee, args) = &over.kind else { return None };
        let ExprKind::Name(name) = &callee.kind else { return None };
        let id = self.library.integration_named(name)?;
        let reads = self.is_reader(name);
        let path = crate::resolve::scope::as_path(callee)?;
        (reads && self.context.peek(self.file, &path).is_none()).then_some((id, args))
    }

    /// Whether the standard library has loops read from what has this name.
    pub(super) fn is_reader(&self, name: &str) -> bool {
        let id = self.library.integration_named(name);
        let word = id.and_then(|id| self.library.integration(id).properties.get("loops"));
        matches!(word.map(|expr| &expr.kind), Some(ExprKind::Name(word)) if word == "reader" || word == "pages")
    }

    fn read(&mut self, id: IntegrationId, args: &[Arg], each: &ForIn) -> Option<Over> {
        let library = Arc::clone(&self.library);
        let integration = library.integration(id);
        let mut target = self.integration_target(id, args, each.over.span)?;
        for (_, item) in &mut target.words {
            if let Item::Data(place) = item
                && let Some(known) = self.place_of(place)
            {
                *place = known.clone();
            }
        }
        if !self.is_near(integration, &target.words, each.over.span) {
            return None;
        }
        let most = target.words.iter().find(|(word, _)| word == "most").and_then(|(_, item)| match item {
            Item::Data(Expression { kind: ExpressionKind::Number(text), .. }) => text.parse().ok(),
            _ => None,
        });
        let (element, ty) = self.read_item(integration, each)?;
        let mut list = DataType::plain(Base::List(Box::new(ty)));
        list.refinement.max_length = most;
        target.result = Some(list.clone());
        let template = self.template(self.account, target.words.clone(), each.over.span);
        let config = integration.properties.get("config").map(|expr| template.expression(expr));
        let config = match config.transpose() {
            Ok(config) => config.flatten(),
            Err(fault) => {
                self.report(fault::library(fault.span, &fault.why));
                return None;
            }
        };
        let config = config.unwrap_or_else(|| {
            Expression::new(ExpressionKind::Record(Vec::new()), Base::Json, each.over.span)
        });
        let called = self.finish_call(target, Policy::default(), None, each.over.span)?;
        let list = Expression { kind: ExpressionKind::Result, ty: list, span: each.over.span };
        Some(Over { list, reader: Some(Reader { call: Box::new(called.call), config, most, element }) })
    }

    /// What one item is that a reader gives, and its type.
    fn read_item(
        &mut self,
        integration: &Integration,
        each: &ForIn,
    ) -> Option<(Option<Expression>, DataType)> {
        let property = |name: &str| integration.properties.get(name).map(|expr| &expr.kind);
        let declared = each.ty.as_ref().map(|ty| self.context.data_type(self.file, ty));
        if let Some(ExprKind::Name(name)) = property("item") {
            let at = self.context.platform.schemas.iter().position(|schema| schema.name == *name)?;
            let given = DataType::plain(Base::Record(SchemaId(index(at))));
            return Some((self.renamed(SchemaId(index(at)), property("fields"), each.over.span), given));
        }
        let cells = matches!(property("cells"), Some(ExprKind::Bool(true)));
        match declared {
            None if cells => {
                let text = Box::new(DataType::plain(Base::String));
                Some((None, DataType::plain(Base::Map(text.clone(), text))))
            }
            None => Some((None, DataType::plain(Base::Json))),
            Some(DataType { base: Base::Record(id), .. }) if cells => {
                Some((Some(self.read_from_cells(id, each)?), DataType::plain(Base::Record(id))))
            }
            Some(ty) => Some((None, ty)),
        }
    }

    /// A record with the names of the language, made of one with AWS's.
    fn renamed(&self, id: SchemaId, fields: Option<&ExprKind>, span: Span) -> Option<Expression> {
        let Some(ExprKind::Record(fields)) = fields else { return None };
        let schema = self.context.platform.schema(id);
        let members = fields.iter().filter_map(|field| {
            let theirs = crate::library::types::constant_text(&field.value)?;
            let column = schema.column(&field.name.name)?;
            let whole = Expression::new(ExpressionKind::Result, Base::Json, span);
            Some((column.name.clone(), whole.field(theirs, column.ty.clone())))
        });
        Some(Expression::new(ExpressionKind::Record(members.collect()), Base::Record(id), span))
    }

    /// A record made of cells, all of which are text: numbers and booleans are read, and an empty cell is `none` where that may be.
    fn read_from_cells(&mut self, id: SchemaId, each: &ForIn) -> Option<Expression> {
        let span = each.over.span;
        let schema = self.context.platform.schema(id).clone();
        let mut members: Vec<(SmolStr, Expression)> = Vec::with_capacity(schema.columns.len());
        let mut whole = true;
        for column in &schema.columns {
            let function = match (&column.ty.base, column.ty.nullable) {
                (Base::Int | Base::BigInt | Base::Double | Base::Decimal(..), false) => Some("number"),
                (Base::Int | Base::BigInt | Base::Double | Base::Decimal(..), true) => Some("number_or_none"),
                (Base::Boolean, false) => Some("is_true"),
                (Base::Boolean, true) => Some("is_true_or_none"),
                (Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Json, _) => {
                    let ty = fit::described(self.context.platform, &column.ty);
                    let at = each.ty.as_ref().map_or(span, |ty| ty.span);
                    self.report(fault::no_cell(at, &column.name, &ty, column.span));
                    whole = false;
                    continue;
                }
                (_, true) => Some("text_or_none"),
                (_, false) => None,
            };
            let raw = Expression::new(ExpressionKind::Result, Base::Json, span);
            let cell = raw.field(column.name.clone(), DataType::plain(Base::String));
            let function =
                function.and_then(|name| self.library.pipeline_functions_named(name).first().copied());
            let value = match function {
                Some(id) => {
                    Expression { kind: ExpressionKind::Function(id, vec![cell]), ty: column.ty.clone(), span }
                }
                None => Expression { ty: column.ty.clone(), ..cell },
            };
            members.push((column.name.clone(), value));
        }
        whole.then(|| Expression::new(ExpressionKind::Record(members), Base::Record(id), span))
    }

    /// The type of the item before it is batched, checked against the one that is written.
    fn item_type(&mut self, each: &ForIn, over: &Over) -> Option<DataType> {
        let given = self.element(&over.list)?;
        let Some(written) = &each.ty else { return Some(given) };
        let wanted = self.context.data_type(self.file, written);
        if fit::fit(self.context.platform, &given, &wanted) == Fit::Yes {
            return Some(wanted);
        }
        let (is, should) =
            (fit::described(self.context.platform, &given), fit::described(self.context.platform, &wanted));
        self.report(fault::other_item(written.span, &is, &should, each.over.span));
        None
    }

    /// The type of a list's elements.
    pub(super) fn element(&mut self, over: &Expression) -> Option<DataType> {
        if over.ty.nullable {
            let name = self.written(over.span);
            self.report(fault::maybe_none(over.span, &name));
            return None;
        }
        match &over.ty.base {
            Base::List(element) => Some(element.as_ref().clone()),
            Base::Json => Some(DataType::plain(Base::Json)),
            Base::Unknown => None,
            _ => {
                let ty = fit::described(self.context.platform, &over.ty);
                self.report(fault::no_list(over.span, &ty));
                None
            }
        }
    }

    fn loop_options(&mut self, written: &[(Ident, Option<Expr>)]) -> Options {
        let mut options = Options::default();
        let mut seen: Vec<&Ident> = Vec::new();
        for (name, value) in written {
            if let Some(first) = seen.iter().find(|known| known.name == name.name) {
                self.report(fault::option_twice(name, first.span));
                continue;
            }
            seen.push(name);
            let own = name.name.as_str() != "limit";
            match (name.name.as_str(), value) {
                ("limit", Some(value)) => options.limit = self.limit(value),
                ("batch", Some(value)) => options.batch = self.batch(value),
                ("tolerate", Some(value)) => options.tolerated = self.tolerated(value),
                ("into", Some(value)) => options.writer = self.writer(value),
                ("distributed", None) => {}
                _ => {
                    self.report(fault::unknown_option(name));
                    continue;
                }
            }
            if own {
                options.distributed = options.distributed.or(Some(name.span));
            }
        }
        options
    }

    fn limit(&mut self, value: &Expr) -> Option<u64> {
        let limit = whole(value).filter(|limit| (1..=DISTRIBUTED).contains(limit));
        if limit.is_none() {
            self.report(fault::bad_limit(value.span));
        }
        limit
    }

    fn batch(&mut self, value: &Expr) -> Option<Batch> {
        let batch = match value.kind {
            ExprKind::Size(bytes) if (1..=MOST_BYTES).contains(&bytes) => Some(Batch::Bytes(bytes)),
            _ => whole(value).filter(|items| (1..=MOST_ITEMS).contains(items)).map(Batch::Items),
        };
        if batch.is_none() {
            self.report(fault::bad_batch(value.span));
        }
        batch
    }

    fn tolerated(&mut self, value: &Expr) -> Option<Tolerated> {
        let tolerated = match &value.kind {
            ExprKind::Tagged(tag, number) if tag.name == "percent" => {
                whole(number).filter(|percent| (1..=100).contains(percent)).map(Tolerated::Percent)
            }
            _ => whole(value).filter(|items| (1..=MOST_ITEMS).contains(items)).map(Tolerated::Items),
        };
        if tolerated.is_none() {
            self.report(fault::bad_tolerance(value.span));
        }
        tolerated
    }

    /// The request that writes down what became of each iteration.
    fn writer(&mut self, value: &Expr) -> Option<Request> {
        let place = self.expected(value, &DataType::plain(Base::Location), "`into`")?;
        let place = self.place_of(&place).cloned().unwrap_or(place);
        let library = Arc::clone(&self.library);
        let integration = library.integration(library.integration_named("results")?);
        let words = vec![("place".into(), Item::Data(place))];
        if !self.is_near(integration, &words, value.span) {
            return None;
        }
        self.allowed(integration, words.clone(), value.span)?;
        let template = self.template(self.account, words, value.span);
        match requests(&template, integration, false, false) {
            Ok(made) => Some(made.start),
            Err(fault) => {
                self.report(fault::library(fault.span, &fault.why));
                None
            }
        }
    }

    /// What it takes that iterations are executions of their own.
    fn own_executions(&mut self, span: Span) {
        let library = Arc::clone(&self.library);
        let Some(id) = library.integration_named("distributed") else { return };
        let pipeline = Value { kind: ValueKind::Ref(self.pipeline), span };
        self.allowed(library.integration(id), vec![("pipeline".into(), Item::Value(pipeline))], span);
    }

    /// Takes the permissions of what is no call.
    fn allowed(&mut self, integration: &Integration, words: Vec<(SmolStr, Item)>, span: Span) -> Option<()> {
        let permissions =
            self.permissions(&self.template(self.account, words, span), integration, User::Pipeline, false);
        match permissions {
            Ok(permissions) => {
                self.take(permissions, span);
                Some(())
            }
            Err(fault) => {
                self.report(fault::library(fault.span, &fault.why));
                None
            }
        }
    }

    /// Whether the bucket of a place is where Step Functions can read or write it.
    fn is_near(&mut self, integration: &Integration, words: &[(SmolStr, Item)], span: Span) -> bool {
        let account_too = match integration.properties.get("home").map(|expr| &expr.kind) {
            Some(ExprKind::Name(word)) => word == "account",
            _ => return true,
        };
        let bucket = words.iter().find_map(|(_, item)| match item {
            Item::Data(Expression { kind: ExpressionKind::Location(bucket, _), .. }) => Some(*bucket),
            _ => None,
        });
        let platform = &self.context.platform;
        let home = bucket.and_then(|bucket| platform.resource(bucket).account);
        let (Some(bucket), Some(home)) = (bucket, home) else { return true };
        let elsewhere = platform.account(home).region != platform.account(self.account).region;
        if !(elsewhere || account_too && home != self.account) {
            return true;
        }
        let resource = platform.resource(bucket);
        let diagnostic = fault::far_bucket(
            span,
            &resource.name,
            if elsewhere { "region" } else { "account" },
            &integration.name,
            resource.span,
        );
        self.report(diagnostic);
        false
    }

    /// Warns where the results of all iterations together can be more than a state may hand on.
    fn check_results(&mut self, over: &Over, options: &Options, span: Span) {
        let Some(reader) = over.reader.as_ref().filter(|_| options.writer.is_none()) else { return };
        let iterations = match (reader.most, options.batch) {
            (Some(most), Some(Batch::Items(items))) => Some(most.div_ceil(items.max(1))),
            (most, _) => most,
        };
        let room = MOST_BYTES / BYTES_OF_A_RESULT;
        if iterations.is_none_or(|iterations| iterations > room) {
            self.report(fault::results_outgrow(span, room));
        }
    }
}

/// The type of what an iteration gets.
fn batched(element: DataType, batch: Option<Batch>) -> DataType {
    let Some(batch) = batch else { return element };
    let mut ty = DataType::plain(Base::List(Box::new(element)));
    ty.refinement.min_length = Some(1);
    if let Batch::Items(items) = batch {
        ty.refinement.max_length = Some(items);
    }
    ty
}

fn whole(value: &Expr) -> Option<u64> {
    match &value.kind {
        ExprKind::Number(text) => text.parse().ok(),
        _ => None,
    }
}

impl Target {
    /// Whether it is a statement: not a part of a loop, and not behind a function's `=`.
    pub(super) fn is_statement(integration: &Integration) -> bool {
        !integration.declared && integration.name != "run" && !integration.properties.contains_key("loops")
    }
}
