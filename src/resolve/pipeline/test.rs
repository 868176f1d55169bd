//! The lines of tests: events, rows and results with their types, and calls as the pipeline makes them.

use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr};

use super::{Builder, fault, names::Names};
use crate::{
    platform::{
        AccountId, Base, DataType, ResourceId,
        pipeline::{Expression, ExpressionKind, Pipeline},
        resource::Noun,
        test::{
            ANY, CallPattern, Expectation, Expected, ExpectedRows, Mock, MockEnd, PipelineTest, QueryTest,
            Row,
        },
    },
    resolve::{Context, Meaning, scope::as_path, scope::dotted},
    source::{FileId, Span},
    syntax::ast::{
        Arg, CallPolicy, Decl, Expr, ExprKind, Field, Member, Path, StringPart, TestStep, TestStepKind,
    },
};

fn steps(decl: &Decl) -> impl Iterator<Item = &TestStep> {
    decl.body.iter().flatten().filter_map(|member| match member {
        Member::Step(step) => Some(step),
        _ => None,
    })
}

impl<'c> Context<'c> {
    /// A test of a pipeline.
    pub(in super::super) fn pipeline_test(
        &mut self,
        file: FileId,
        decl: &Decl,
        at: u32,
    ) -> Option<PipelineTest> {
        let pipeline = self.platform.pipelines.get(at as usize)?.clone();
        let mut builder = Builder::of_test(self, file, pipeline.resource, pipeline.account);
        let mut lines =
            Lines { at, decl, pipeline: &pipeline, mocks: Vec::new(), expected: Vec::new(), given: None };
        for step in steps(decl) {
            builder.line(step, &mut lines);
        }
        builder.finish_test(lines)
    }

    /// A test of a query.
    pub(in super::super) fn query_test(&mut self, file: FileId, decl: &Decl, at: u32) -> Option<QueryTest> {
        let query = self.platform.queries.get(at as usize)?;
        let (resource, account, sink, sources) = (query.resource, query.account, query.sink, query.sources());
        let mut builder = Builder::of_test(self, file, resource, account);
        let mut test = QueryTest { query: at, given: Vec::new(), expected: Vec::new() };
        let written = builder.written_streams(sink, &sources);
        let mut whole = true;
        for step in steps(decl) {
            whole &= builder.row_line(step, &sources, &written, &mut test).is_some();
        }
        if whole && test.expected.is_empty() {
            builder.report_no_expectation(decl);
        }
        whole.then_some(test)
    }
}

/// The lines of a pipeline's test so far.
struct Lines<'t> {
    at: u32,
    decl: &'t Decl,
    pipeline: &'t Pipeline,
    mocks: Vec<Mock>,
    expected: Vec<Expected>,
    given: Option<(Span, Option<Expression>)>,
}

impl<'b, 'c> Builder<'b, 'c> {
    fn of_test(context: &'b mut Context<'c>, file: FileId, subject: ResourceId, account: AccountId) -> Self {
        let library = Arc::clone(&context.library);
        let mut names = Names::default();
        names.open();
        Self {
            library,
            file,
            pipeline: subject,
            account,
            result: None,
            retry: None,
            timeout: None,
            names,
            places: rustc_hash::FxHashMap::default(),
            uses: Vec::new(),
            inside: None,
            last: true,
            awaiting: false,
            token_passed: false,
            testing: true,
            wildcards: false,
            context,
        }
    }

    fn report_no_expectation(&mut self, decl: &Decl) {
        let name = decl.name.clone();
        let span = name.as_ref().map_or(decl.kind.span, |name| name.span);
        self.report(fault::expects_nothing(span, &name.map(|name| name.name).unwrap_or_default()));
    }

    fn line(&mut self, step: &TestStep, lines: &mut Lines<'_>) -> Option<()> {
        let rows = |builder: &mut Self, path: &Path, what: &str| {
            let help = "an event is `given { … }`, and what happens is `expect f(…)` or `expect result …`";
            builder.report(fault::line_of_other_test(path.span, what, "pipeline", help));
        };
        match &step.kind {
            TestStepKind::Given(None, event) => {
                if let Some((first, _)) = lines.given {
                    self.report(fault::line_twice(step.span, "the event", first));
                    return None;
                }
                lines.given = Some((step.span, self.event(event, lines.pipeline)));
            }
            TestStepKind::Given(Some(path), _) => rows(self, path, "rows of a stream"),
            TestStepKind::Rows(path, _) | TestStepKind::Contains(path, _) => {
                rows(self, path, "rows to expect")
            }
            TestStepKind::Returns(call, value) => {
                let (call, result) = self.pattern(call, lines.pipeline)?;
                let end = MockEnd::Returns(self.returned(value, &call.function, result.as_ref())?);
                lines.mocks.push(Mock { call, end });
            }
            TestStepKind::Fails(call, error, cause) => {
                let (call, _) = self.pattern(call, lines.pipeline)?;
                let end = MockEnd::Fails(dotted(error).to_smolstr(), self.cause(cause.as_ref())?);
                lines.mocks.push(Mock { call, end });
            }
            TestStepKind::Nothing(path) => {
                let function = self.called_name(path, lines.pipeline)?;
                lines.expected.push(Expected { what: Expectation::Never(function), span: step.span });
            }
            TestStepKind::Calls(calls, in_order) => {
                let patterns: Option<Vec<CallPattern>> =
                    calls.iter().map(|call| Some(self.pattern(call, lines.pipeline)?.0)).collect();
                lines
                    .expected
                    .push(Expected { what: Expectation::Calls(patterns?, *in_order), span: step.span });
            }
            TestStepKind::Result(value) => {
                let result = match &lines.pipeline.result {
                    Some(ty) => self.expected(value, ty, "the pipeline's result")?,
                    None => {
                        let name = self.context.platform.resource(self.pipeline).name.clone();
                        self.report(fault::nothing_to_return(value.span, &name));
                        return None;
                    }
                };
                self.end(step, Expectation::Result(result), lines);
            }
            TestStepKind::Error(name, cause) => {
                let cause = self.cause(cause.as_ref())?;
                self.end(step, Expectation::Error(dotted(name).to_smolstr(), cause), lines);
            }
        }
        Some(())
    }

    /// How the run must end: once.
    fn end(&mut self, step: &TestStep, what: Expectation, lines: &mut Lines<'_>) {
        let is_end = |one: &&Expected| matches!(one.what, Expectation::Result(_) | Expectation::Error(..));
        match lines.expected.iter().find(is_end).map(|first| first.span) {
            Some(first) => self.report(fault::two_ends(step.span, first)),
            None => lines.expected.push(Expected { what, span: step.span }),
        }
    }

    fn finish_test(&mut self, lines: Lines<'_>) -> Option<PipelineTest> {
        let Lines { at, decl, pipeline, mocks, expected, given } = lines;
        let span = decl.name.as_ref().map_or(decl.kind.span, |name| name.span);
        let event = match given {
            Some((_, event)) => event?,
            None => self.event(&Expr { kind: ExprKind::Record(Vec::new()), span }, pipeline)?,
        };
        if expected.is_empty() && !self.context.diagnostics.has_error_within(decl.span) {
            self.report_no_expectation(decl);
        }
        Some(PipelineTest { pipeline: at, event, mocks, expected })
    }

    fn cause(&mut self, cause: Option<&Expr>) -> Option<Option<Expression>> {
        match cause {
            None => Some(None),
            Some(cause) => {
                self.expected(cause, &DataType::plain(Base::String), "the cause of a failure").map(Some)
            }
        }
    }

    /// An event: the pipeline's one record, or an object keyed by its parameters.
    fn event(&mut self, event: &Expr, pipeline: &Pipeline) -> Option<Expression> {
        if let ([only], true) = (pipeline.params.as_slice(), pipeline.whole_event) {
            return self.expected(event, &only.ty, "the event");
        }
        let ExprKind::Record(fields) = &event.kind else {
            self.report(fault::no_value(event.span, "an event that is no record"));
            return None;
        };
        let name = self.context.platform.resource(self.pipeline).name.clone();
        let names: Vec<&str> = pipeline.params.iter().map(|param| param.name.as_str()).collect();
        let mut members = Vec::with_capacity(fields.len());
        let mut whole = true;
        for field in fields {
            match pipeline.params.iter().find(|param| param.name == field.name.name) {
                None => {
                    self.report(fault::unknown_argument(&field.name, &name, &names));
                    whole = false;
                }
                Some(param) => match self.expected(&field.value, &param.ty, &format!("`{}`", param.name)) {
                    Some(value) => members.push((param.name.clone(), value)),
                    None => whole = false,
                },
            }
        }
        let given = |name: &SmolStr| fields.iter().any(|field| field.name.name == *name);
        for param in pipeline.params.iter().filter(|param| !param.ty.nullable && !given(&param.name)) {
            self.report(fault::event_without(event.span, &param.name, &name));
            whole = false;
        }
        whole.then(|| Expression::new(ExpressionKind::Record(members), Base::Json, event.span))
    }

    /// What a mock returns.
    fn returned(
        &mut self,
        value: &Expr,
        function: &str,
        result: Option<&DataType>,
    ) -> Option<Option<Expression>> {
        let nothing = matches!(&value.kind, ExprKind::None)
            || matches!(&value.kind, ExprKind::Record(fields) if fields.is_empty());
        match result {
            Some(ty) => self.expected(value, ty, &format!("what `{function}` returns")).map(Some),
            None if nothing => Some(None),
            None => {
                self.report(fault::no_value_to_return(value.span, function));
                None
            }
        }
    }

    /// A call as the pipeline makes it, with the type of what it returns.
    fn pattern(&mut self, call: &Expr, pipeline: &Pipeline) -> Option<(CallPattern, Option<DataType>)> {
        let (callee, args) = match &call.kind {
            ExprKind::Run(inner) => match &inner.kind {
                ExprKind::Call(callee, args) => (callee, args),
                _ => return None,
            },
            ExprKind::Call(callee, args) => (callee, args),
            _ => {
                let help = "name a call: `f(_)`, with any arguments, or `f(value, …)`";
                self.report(fault::line_of_other_test(call.span, "such line", "pipeline", help));
                return None;
            }
        };
        let known = as_path(callee).map(|path| self.called_name(&path, pipeline));
        if let Some(None) = known {
            return None;
        }
        let any = matches!(args.as_slice(), [Arg { name: None, value }] if is_any(value));
        if let (Some(Some(function)), true) = (&known, any) {
            let calls = self.context.platform.calls_within(pipeline);
            let result =
                calls.iter().find(|one| one.function == *function).and_then(|one| one.result.clone());
            return Some((
                CallPattern { function: function.clone(), request: None, span: call.span },
                result,
            ));
        }
        self.wildcards = true;
        let called = self.call(call, &CallPolicy::default());
        self.wildcards = false;
        let call_of = called?.call;
        let request = Some(call_of.start.arguments);
        Some((CallPattern { function: call_of.function, request, span: call.span }, call_of.result))
    }

    /// The name of what is called: something that the pipeline does call.
    fn called_name(&mut self, path: &Path, pipeline: &Pipeline) -> Option<SmolStr> {
        let name = match self.context.peek(self.file, path) {
            Some(Meaning::Resource(id)) => {
                self.context.lookup(self.file, path);
                self.context.platform.resource(id).name.clone()
            }
            _ => path.parts.last()?.name.clone(),
        };
        let calls = self.context.platform.calls_within(pipeline);
        if calls.iter().any(|call| call.function == name) {
            return Some(name);
        }
        let mut known: Vec<SmolStr> = calls.iter().map(|call| call.function.clone()).collect();
        known.sort_unstable();
        known.dedup();
        let known: Vec<&str> = known.iter().map(SmolStr::as_str).collect();
        // Calls that are at fault themselves are not among its calls.
        if !self.context.diagnostics.has_errors() {
            let tested = self.context.platform.resource(pipeline.resource).name.clone();
            self.report(fault::not_called(path.span, &name, &tested, &known));
        }
        None
    }

    /// The values that only tests have: `_`, times as text, maps, and JSON without a type.
    pub(super) fn test_value(&mut self, expr: &Expr, wanted: &DataType) -> Option<Option<Expression>> {
        if !self.testing {
            return None;
        }
        let value = |kind| {
            Some(Some(Expression {
                kind,
                ty: DataType { nullable: false, ..wanted.clone() },
                span: expr.span,
            }))
        };
        match (&expr.kind, &wanted.base) {
            (ExprKind::Name(_), _) if self.wildcards && is_any(expr) => {
                let ty = DataType { nullable: false, ..DataType::plain(wanted.base.clone()) };
                Some(Some(Expression { kind: ExpressionKind::Text(ANY.into()), ty, span: expr.span }))
            }
            (
                ExprKind::String(parts),
                Base::Date | Base::Timestamp(_) | Base::TimestampLtz(_) | Base::Bytes,
            ) => match parts.as_slice() {
                [StringPart::Text(text)] if is_written(text, &wanted.base) => {
                    value(ExpressionKind::Text(text.to_smolstr()))
                }
                _ => {
                    let to = super::fit::described(self.context.platform, wanted);
                    self.report(fault::does_not_fit(expr.span, "this value", "string", &to));
                    Some(None)
                }
            },
            (ExprKind::Number(text), Base::Decimal(..)) => value(ExpressionKind::Number(text.clone())),
            (ExprKind::Record(fields), Base::Json) => Some(self.members(fields, wanted, wanted, expr.span)),
            (ExprKind::Record(fields), Base::Map(_, inner)) => {
                let inner = inner.as_ref().clone();
                Some(self.members(fields, &inner, wanted, expr.span))
            }
            (ExprKind::List(items), Base::Json) => {
                let items: Option<Vec<_>> =
                    items.iter().map(|item| self.expected(item, wanted, "this value")).collect();
                match items {
                    Some(items) => value(ExpressionKind::List(items)),
                    None => Some(None),
                }
            }
            _ => None,
        }
    }

    fn members(
        &mut self,
        fields: &[Field],
        inner: &DataType,
        whole: &DataType,
        span: Span,
    ) -> Option<Expression> {
        let members: Option<Vec<_>> = fields
            .iter()
            .map(|field| {
                let what = format!("`{}`", field.name.name);
                Some((field.name.name.clone(), self.expected(&field.value, inner, &what)?))
            })
            .collect();
        Some(Expression { kind: ExpressionKind::Record(members?), ty: whole.clone(), span })
    }

    // ---- rows ----

    /// The streams that a query writes: its sink, and where its sources divert rows to.
    fn written_streams(&self, sink: ResourceId, sources: &[ResourceId]) -> Vec<ResourceId> {
        let platform = &self.context.platform;
        let diverted = sources.iter().filter_map(|source| platform.stream(*source)).flat_map(|stream| {
            let to = |rows| match rows {
                Some(crate::platform::stream::Rows::Divert(to)) => Some(to),
                _ => None,
            };
            to(stream.late).into_iter().chain(to(Some(stream.on_invalid)))
        });
        std::iter::once(sink).chain(diverted).collect()
    }

    fn row_line(
        &mut self,
        step: &TestStep,
        sources: &[ResourceId],
        written: &[ResourceId],
        test: &mut QueryTest,
    ) -> Option<()> {
        match &step.kind {
            TestStepKind::Given(Some(path), rows) => {
                let stream = self.stream_of_test(path, "read", sources)?;
                if test.given.iter().any(|(given, _)| *given == stream) {
                    self.report(fault::line_twice(step.span, "this stream", path.span));
                    return None;
                }
                let rows = self.rows(stream, rows, true)?;
                test.given.push((stream, rows));
            }
            TestStepKind::Rows(path, rows) => {
                let stream = self.stream_of_test(path, "write", written)?;
                let rows = ExpectedRows::Exactly(self.rows(stream, rows, true)?);
                test.expected.push((stream, rows, step.span));
            }
            TestStepKind::Contains(path, rows) => {
                let stream = self.stream_of_test(path, "write", written)?;
                let rows = ExpectedRows::Among(self.rows(stream, rows, false)?);
                test.expected.push((stream, rows, step.span));
            }
            TestStepKind::Nothing(path) => {
                let stream = self.stream_of_test(path, "write", written)?;
                test.expected.push((stream, ExpectedRows::Exactly(Vec::new()), step.span));
            }
            _ => {
                let help = "rows come in by `given STREAM […]`, and go out by `expect STREAM […]`";
                self.report(fault::line_of_other_test(step.span, "such line", "query", help));
                return None;
            }
        }
        Some(())
    }

    fn stream_of_test(&mut self, path: &Path, does: &str, streams: &[ResourceId]) -> Option<ResourceId> {
        let id = self.context.resource(self.file, path, "stream")?;
        if streams.contains(&id) {
            return Some(id);
        }
        let names: Vec<String> =
            streams.iter().map(|id| self.context.platform.resource(*id).name.to_string()).collect();
        self.report(fault::other_stream(path.span, &dotted(path), does, &names));
        None
    }

    /// The rows of a stream. A row may break the conditions of its columns: what becomes of such rows can be tested too.
    fn rows(&mut self, stream: ResourceId, rows: &Expr, whole: bool) -> Option<Vec<Row>> {
        let Noun::Stream(at) = self.context.platform.resource(stream).noun else { return None };
        let schema = self.context.platform.streams.get(at as usize)?.schema;
        let ExprKind::List(items) = &rows.kind else {
            self.report(fault::no_rows(rows.span));
            return None;
        };
        let schema = self.context.platform.schema(schema).clone();
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            let ExprKind::Record(fields) = &item.kind else {
                self.report(fault::no_rows(item.span));
                return None;
            };
            let mut row = Row::new();
            for field in fields {
                let Some(column) = schema.column(&field.name.name) else {
                    self.report(fault::unknown_member(&field.name, &schema));
                    return None;
                };
                let ty = DataType { nullable: column.ty.nullable, ..DataType::plain(column.ty.base.clone()) };
                row.push((
                    column.name.clone(),
                    self.expected(&field.value, &ty, &format!("`{}`", column.name))?,
                ));
            }
            let missing = schema.columns.iter().find(|column| {
                !column.ty.nullable && !fields.iter().any(|field| field.name.name == column.name)
            });
            if let Some(column) = missing.filter(|_| whole) {
                self.report(fault::missing_member(item.span, &column.name, &schema.name));
                return None;
            }
            made.push(row);
        }
        Some(made)
    }
}

fn is_any(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name == "_")
}

/// Whether a text is written as JSON has values of that type: ISO 8601, base64.
fn is_written(text: &str, base: &Base) -> bool {
    match base {
        Base::Date => text.parse::<chrono::NaiveDate>().is_ok(),
        Base::Timestamp(_) => text.parse::<chrono::NaiveDateTime>().is_ok(),
        Base::TimestampLtz(_) => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        Base::Bytes => {
            text.len().is_multiple_of(4)
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        }
        _ => false,
    }
}
