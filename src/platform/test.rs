//! Tests: rows or an event in, rows or calls expected.

use smol_str::SmolStr;

use super::{pipeline::Expression, resource::ResourceId};
use crate::source::Span;

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: SmolStr,
    /// Where that stands.
    pub span: Span,
    /// What it tests, and how.
    pub of: Tested,
}

/// What can be tested.
#[derive(Clone, Debug)]
pub enum Tested {
    /// A pipeline.
    Pipeline(Box<PipelineTest>),
    /// A query.
    Query(QueryTest),
}

/// Text that stands for any value in the arguments of a call that is expected: `_`. No text of a program has this character of Unicode's
/// private use.
pub const ANY: &str = "\u{F8FF}";

/// A test of a pipeline.
#[derive(Clone, Debug)]
pub struct PipelineTest {
    /// The pipeline: an index into [`super::Platform::pipelines`].
    pub pipeline: u32,
    /// The event: a record.
    pub event: Expression,
    /// What calls come to.
    pub mocks: Vec<Mock>,
    /// What must happen.
    pub expected: Vec<Expected>,
}

/// Calls of a pipeline.
#[derive(Clone, Debug)]
pub struct CallPattern {
    /// What is called: [`super::pipeline::Call::function`].
    pub function: SmolStr,
    /// The arguments of the request, in which [`ANY`] stands for any text; nothing where any request will do.
    pub request: Option<Expression>,
    /// The call as it is written.
    pub span: Span,
}

/// What a call comes to.
#[derive(Clone, Debug)]
pub struct Mock {
    /// Which.
    pub call: CallPattern,
    /// Its end.
    pub end: MockEnd,
    /// How many seconds it takes.
    pub seconds: u64,
}

/// The ends that a call can be given.
#[derive(Clone, Debug)]
pub enum MockEnd {
    /// It returns; nothing where there is nothing to return.
    Returns(Option<Expression>),
    /// It fails: the error's name and its cause.
    Fails(SmolStr, Option<Expression>),
}

/// What must happen in a run.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What.
    pub what: Expectation,
    /// From `expect` to its end.
    pub span: Span,
}

/// The things that can be expected of a run.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// These calls; in this order, if that counts.
    Calls(Vec<CallPattern>, bool),
    /// No call of this.
    Never(SmolStr),
    /// This result.
    Result(Expression),
    /// This error, with this cause.
    Error(SmolStr, Option<Expression>),
}

/// A row: values of columns.
pub type Row = Vec<(SmolStr, Expression)>;

/// A test of a query.
#[derive(Clone, Debug)]
pub struct QueryTest {
    /// The query: an index into [`super::Platform::queries`].
    pub query: u32,
    /// The rows of the streams that it reads.
    pub given: Vec<(ResourceId, Vec<Row>)>,
    /// What must be in the streams that it writes, each with its line of the test.
    pub expected: Vec<(ResourceId, ExpectedRows, Span)>,
}

/// What must be in a stream.
#[derive(Clone, Debug)]
pub enum ExpectedRows {
    /// These rows and no others, in any order.
    Exactly(Vec<Row>),
    /// These among others; columns that are left out do not count.
    Among(Vec<Row>),
}
