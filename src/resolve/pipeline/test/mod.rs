//! The lines of tests: events, rows and results with their types, and calls as the pipeline makes them.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `mod.rs` | the lines of a pipeline's test |
//! | `call.rs` | calls, and what they come to |
//! | `value.rs` | events, and the values that only tests have |
//! | `rows.rs` | the lines of a query's test |

mod call;
mod rows;
mod value;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, ToSmolStr};

use super::{Builder, fault, names::Names};
use crate::{
    platform::{
        AccountId, Base, Column, DataType, Pipeline, Platform, ResourceId,
        pipeline::Expression,
        test::{CallPattern, Expectation, Expected, Mock, PipelineTest, QueryTest},
    },
    resolve::{Context, scope::dotted},
    source::{FileId, Span},
    syntax::ast::{Decl, Expr, ExprKind, Member, TestStep, TestStepKind},
};

fn steps(decl: &Decl) -> impl Iterator<Item = &TestStep> {
    decl.body.iter().flatten().filter_map(|member| match member {
        Member::Step(step) => Some(step),
        _ => None,
    })
}

/// Whether a line says what must happen.
fn expects(step: &TestStep) -> bool {
    !matches!(step.kind, TestStepKind::Given(..) | TestStepKind::When(..))
}

impl Context<'_> {
    /// A test of a pipeline.
    pub(in crate::resolve) fn pipeline_test(
        &mut self,
        file: FileId,
        decl: &Decl,
        at: u32,
    ) -> Option<PipelineTest> {
        let pipeline = self.platform.pipelines.get(at as usize)?;
        let (resource, account) = (pipeline.resource, pipeline.account);
        let subject = Subject::of(self.platform, pipeline, &self.faulty);
        let mut builder = Builder::of_test(self, file, resource, account);
        let mut lines = Lines { subject: &subject, mocks: Vec::new(), expected: Vec::new(), given: None };
        for step in steps(decl) {
            builder.line(step, &mut lines);
        }
        builder.finish_test(at, decl, lines)
    }

    /// A test of a query.
    pub(in crate::resolve) fn query_test(&mut self, file: FileId, decl: &Decl, at: u32) -> Option<QueryTest> {
        let query = self.platform.queries.get(at as usize)?;
        let (resource, account, sink, sources) = (query.resource, query.account, query.sink, query.sources());
        let mut builder = Builder::of_test(self, file, resource, account);
        let mut test = QueryTest { query: at, given: Vec::new(), expected: Vec::new() };
        let written = builder.written_streams(sink, &sources);
        let mut whole = true;
        for step in steps(decl) {
            whole &= builder.row_line(step, &sources, &written, &mut test).is_some();
        }
        if !steps(decl).any(expects) && !builder.context.diagnostics.has_syntax_error_within(decl.span) {
            builder.report_no_expectation(decl);
        }
        whole.then_some(test)
    }
}

/// The pipeline that is tested.
struct Subject {
    name: SmolStr,
    params: Vec<Column>,
    whole_event: bool,
    result: Option<DataType>,
    /// What it calls, and what the pipelines call that it runs, with what each returns.
    calls: FxHashMap<SmolStr, Option<DataType>>,
    /// Whether one of them has an error, so that calls may be missing.
    faulty: bool,
}

impl Subject {
    fn of(platform: &Platform, pipeline: &Pipeline, faulty: &[ResourceId]) -> Self {
        let (mut calls, mut is_faulty) = (FxHashMap::default(), faulty.contains(&pipeline.resource));
        for call in platform.calls_within(pipeline) {
            is_faulty |= call.runs.is_some_and(|id| faulty.contains(&id));
            calls.entry(call.function.clone()).or_insert_with(|| call.result.clone());
        }
        Self {
            name: platform.resource(pipeline.resource).name.clone(),
            params: pipeline.params.clone(),
            whole_event: pipeline.whole_event,
            result: pipeline.result.clone(),
            calls,
            faulty: is_faulty,
        }
    }
}

/// The lines of a pipeline's test so far.
struct Lines<'t> {
    subject: &'t Subject,
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
            places: FxHashMap::default(),
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
        let what = match &step.kind {
            TestStepKind::Given(None, event) => {
                if let Some((first, _)) = lines.given {
                    self.report(fault::line_twice(step.span, "the event", first));
                    return None;
                }
                lines.given = Some((step.span, self.event(event, lines.subject)));
                return Some(());
            }
            TestStepKind::Given(Some(path), _)
            | TestStepKind::Rows(path, _)
            | TestStepKind::Contains(path, _) => {
                self.report(fault::rows_of_pipeline(path.span));
                return None;
            }
            TestStepKind::When(call, end, after) => return self.mock(call, end, after.as_ref(), lines),
            TestStepKind::Nothing(path) => Expectation::Never(self.called_name(path, lines.subject)?),
            TestStepKind::Calls(calls, in_order) => {
                let patterns: Option<Vec<CallPattern>> =
                    calls.iter().map(|call| Some(self.pattern(call, lines.subject)?.0)).collect();
                Expectation::Calls(patterns?, *in_order)
            }
            TestStepKind::Result(value) => self.end_result(value, lines)?,
            TestStepKind::Error(name, cause) => {
                Expectation::Error(dotted(name).to_smolstr(), self.cause(cause.as_ref())?)
            }
        };
        self.expect(step, what, lines);
        Some(())
    }

    fn end_result(&mut self, value: &Expr, lines: &Lines<'_>) -> Option<Expectation> {
        match &lines.subject.result {
            Some(ty) => {
                self.wildcards = true;
                let value = self.expected(value, ty, "the pipeline's result");
                self.wildcards = false;
                Some(Expectation::Result(value?))
            }
            None => {
                self.report(fault::nothing_to_return(value.span, &lines.subject.name));
                None
            }
        }
    }

    /// What must happen; a run has one end.
    fn expect(&mut self, step: &TestStep, what: Expectation, lines: &mut Lines<'_>) {
        let is_end = |what: &Expectation| matches!(what, Expectation::Result(_) | Expectation::Error(..));
        let first = lines.expected.iter().find(|one| is_end(&one.what)).map(|first| first.span);
        match first.filter(|_| is_end(&what)) {
            Some(first) => self.report(fault::two_ends(step.span, first)),
            None => lines.expected.push(Expected { what, span: step.span }),
        }
    }

    fn finish_test(&mut self, at: u32, decl: &Decl, lines: Lines<'_>) -> Option<PipelineTest> {
        let Lines { subject, mocks, expected, given } = lines;
        let span = decl.name.as_ref().map_or(decl.kind.span, |name| name.span);
        let event = match given {
            Some((_, event)) => event?,
            None => self.event(&Expr { kind: ExprKind::Record(Vec::new()), span }, subject)?,
        };
        if !steps(decl).any(expects) && !self.context.diagnostics.has_syntax_error_within(decl.span) {
            self.report_no_expectation(decl);
        }
        Some(PipelineTest { pipeline: at, event, mocks, expected })
    }

    fn cause(&mut self, cause: Option<&Expr>) -> Option<Option<Expression>> {
        match cause {
            None => Some(None),
            Some(cause) => {
                self.wildcards = true;
                let cause = self.expected(cause, &DataType::plain(Base::String), "the cause of a failure");
                self.wildcards = false;
                cause.map(Some)
            }
        }
    }
}
