//! Pipelines: typed programs over functions. Every name is a local, every call the requests that it takes, every expression has its type.

use smol_str::SmolStr;

use super::{
    account::AccountId,
    grant::Capability,
    resource::ResourceId,
    schema::Column,
    types::{Base, DataType},
    value::Location,
};
use crate::{
    library::{Library, PipelineFunctionId},
    source::Span,
    syntax::ast::BinaryOp,
};

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its declaration.
    pub resource: ResourceId,
    /// The account that it runs in.
    pub account: AccountId,
    /// Its parameters: the first locals, in order.
    pub params: Vec<Column>,
    /// Whether the event is the one parameter, a record; else an object keyed by the parameters' names.
    pub whole_event: bool,
    /// What it returns.
    pub result: Option<DataType>,
    /// What starts it.
    pub trigger: Option<Trigger>,
    /// Longest run in seconds.
    pub timeout: Option<u64>,
    /// Everything that a name is bound to in it.
    pub locals: Vec<Local>,
    /// What it does.
    pub body: Vec<Step>,
    /// Every permission that its steps and its trigger take, in source order.
    pub uses: Vec<Use>,
}

/// A permission that a pipeline takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Who needs it.
    pub who: User,
    /// A capability on a declared resource or place, or one action of AWS.
    pub capability: Capability,
    /// On what.
    pub on: UseTarget,
    /// The call or the trigger that takes it.
    pub span: Span,
}

/// Who acts when a pipeline runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// The pipeline's own role, which `states.amazonaws.com` assumes.
    Pipeline,
    /// The role in the pipeline's account that starts it: `events.amazonaws.com` assumes it, or `scheduler.amazonaws.com` for a schedule.
    Trigger,
    /// The role in another account that hands that account's events over to the pipeline's: `events.amazonaws.com` assumes it.
    Forwarder(AccountId),
    /// The role in another account that the pipeline's own role takes on for calls there.
    Delegate(AccountId),
    /// A declared role that a service takes on for the pipeline: that of a warehouse which copies.
    Role(ResourceId),
}

/// What a permission is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UseTarget {
    /// A declaration, by its ARN.
    Resource(ResourceId),
    /// A place in a bucket, as in a grant.
    Location(Location),
    /// Keys that begin with exactly this text, which need not end at a `/`: what is known of a key that is computed at run time.
    Prefix(Location),
    /// An ARN, or a pattern of ARNs where AWS makes up a part of it at run time.
    Arn(SmolStr),
    /// AWS has no resource-level permission for the action.
    Any,
}

/// What starts a pipeline.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Which.
    pub kind: TriggerKind,
    /// The pipeline's event: each field of the parameter with the JSON path that it has in AWS's event, in the parameter's order.
    pub input: Vec<(SmolStr, SmolStr)>,
    /// The value of the field `trigger`.
    pub span: Span,
}

/// The triggers there are.
#[derive(Clone, Debug)]
pub enum TriggerKind {
    /// In EventBridge Scheduler's spelling (`cron(…)`, `rate(…)`, `at(…)`) and a time zone.
    Schedule(SmolStr, SmolStr),
    /// An event on the default bus of an account.
    Event(EventPattern),
    /// Rows of a stream.
    Records(Pipe),
}

/// What carries the rows of a stream to a pipeline.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// The stream.
    pub stream: ResourceId,
    /// How it is read: a constant record.
    pub parameters: Expression,
    /// What is made of each record, in EventBridge's template.
    pub template: SmolStr,
}

/// Which events start a pipeline.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The account whose bus sees them first.
    pub account: AccountId,
    /// The bucket that must send its events to EventBridge.
    pub bucket: Option<ResourceId>,
    /// The sync whose runs they are about: the ARN of its task, which is known once the task is made, begins that of the run.
    pub after: Option<ResourceId>,
    /// `aws.s3`
    pub source: SmolStr,
    /// `Object Created`
    pub detail_type: SmolStr,
    /// Conditions on `detail`: path and the pattern that the value there must match.
    pub detail: Vec<(Vec<SmolStr>, Match)>,
}

/// A condition of an event pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Exactly one of these.
    OneOf(Vec<SmolStr>),
    /// Text that begins so.
    Prefix(SmolStr),
}

/// Index into [`Pipeline::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u32);

/// A name that is bound to a value, once.
#[derive(Clone, Debug)]
pub struct Local {
    /// The name.
    pub name: SmolStr,
    /// Its type.
    pub ty: DataType,
    /// Where it is bound.
    pub span: Span,
    /// How it gets its value.
    pub origin: Origin,
    /// Whether anything reads it.
    pub read: bool,
    /// The local that it is one with: the same name bound in every branch of an `if`, which is read behind it.
    pub joins: Option<LocalId>,
}

/// How a local gets its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is a parameter.
    Param,
    /// `let x = expression`.
    Value,
    /// `let x = f(…)`.
    Call,
    /// `for x in …`.
    Item,
    /// `[for x in …]`.
    Element,
    /// `catch x`.
    Error,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// From its first word to its end.
    pub span: Span,
}

/// The statements there are.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// A value that takes no call.
    Let(LocalId, Expression),
    /// A call, waited for until it is done.
    Call(Box<Call>),
    /// `if` and `match`.
    Choose(Choice),
    /// Branches that run at the same time.
    Parallel(Vec<Branch>),
    /// The same steps for each element.
    For(Box<Loop>),
    /// Steps, and what happens to their errors.
    Try(Vec<Step>, Vec<Catch>),
    /// A pause.
    Wait(Pause),
    /// The end, in failure: the error's name and its cause.
    Fail(SmolStr, Option<Expression>),
    /// The end, in success.
    Return(Option<Expression>),
}

impl Step {
    /// The blocks inside it.
    pub fn blocks(&self) -> Vec<&[Self]> {
        match &self.kind {
            StepKind::Choose(choice) => {
                let arms = choice.arms.iter().map(|arm| arm.body.as_slice());
                arms.chain(choice.otherwise.as_deref()).collect()
            }
            StepKind::Parallel(branches) => branches.iter().map(|branch| branch.body.as_slice()).collect(),
            StepKind::For(each) => vec![each.body.as_slice()],
            StepKind::Try(body, catches) => {
                let handlers = catches.iter().map(|catch| catch.body.as_slice());
                std::iter::once(body.as_slice()).chain(handlers).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The expressions that it evaluates itself, not those of its blocks.
    pub fn reads(&self) -> Vec<&Expression> {
        match &self.kind {
            StepKind::Let(_, value) => vec![value],
            StepKind::Call(call) => call.reads(),
            StepKind::Choose(choice) => choice.arms.iter().map(|arm| &arm.condition).collect(),
            StepKind::For(each) => {
                let own = each.distributed.as_ref();
                let reader = own.and_then(|own| own.reader.as_ref());
                let read = reader.map(|reader| reader.call.reads()).unwrap_or_default();
                let writer = own.and_then(|own| own.writer.as_ref()).map(|writer| &writer.arguments);
                let further = each.further.as_ref().map(|call| call.reads()).unwrap_or_default();
                std::iter::once(&each.over).chain(read).chain(writer).chain(further).collect()
            }
            StepKind::Wait(Pause::Until(instant)) => vec![instant],
            StepKind::Fail(_, cause) => cause.iter().collect(),
            StepKind::Return(value) => value.iter().collect(),
            StepKind::Parallel(_) | StepKind::Try(..) | StepKind::Wait(Pause::Seconds(_)) => Vec::new(),
        }
    }

    /// What it binds itself.
    pub fn binds(&self) -> Vec<LocalId> {
        match &self.kind {
            StepKind::Let(id, _) => vec![*id],
            StepKind::Call(call) => call.binding.into_iter().collect(),
            StepKind::Parallel(branches) => branches.iter().filter_map(|branch| branch.binding).collect(),
            StepKind::For(each) => vec![each.item],
            StepKind::Try(_, catches) => catches.iter().filter_map(|catch| catch.binding).collect(),
            _ => Vec::new(),
        }
    }
}

impl Call {
    /// The expressions that it evaluates.
    pub fn reads(&self) -> Vec<&Expression> {
        let poll = self
            .poll
            .iter()
            .flat_map(|poll| [&poll.request.arguments, &poll.status].into_iter().chain(&poll.cause));
        let fetch = self.fetch.iter().map(|request| &request.arguments);
        let own =
            std::iter::once(&self.start.arguments).chain(&self.output).chain(&self.keep).chain(&self.more);
        own.chain(poll).chain(fetch).collect()
    }
}

/// `if` and `match`: the first arm whose condition holds.
#[derive(Clone, Debug)]
pub struct Choice {
    /// `match`, and not `if`.
    pub by_value: bool,
    /// The arms in order.
    pub arms: Vec<Arm>,
    /// What is done when no condition holds; `None` where the arms leave no other value, so that another one is an error of its own.
    pub otherwise: Option<Vec<Step>>,
}

/// An arm of `if` or `match`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// When it runs.
    pub condition: Expression,
    /// What it does.
    pub body: Vec<Step>,
}

/// A branch of `parallel`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The name that its value has behind the `parallel`.
    pub binding: Option<LocalId>,
    /// The steps; for a branch with a binding one call or one value, whose own binding is the same local.
    pub body: Vec<Step>,
}

/// A loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The element's name.
    pub item: LocalId,
    /// What it runs over; of a loop with a reader, what that gives.
    pub over: Expression,
    /// How many run at the same time.
    pub limit: Option<u64>,
    /// What each does.
    pub body: Vec<Step>,
    /// Where each iteration is an execution of its own: what only such loops have.
    pub distributed: Option<Distributed>,
    /// The request for a further page, where the call before it gave the first one: the loop is gone through once for each.
    pub further: Option<Box<Call>>,
}

/// What only a loop has whose iterations are executions of their own.
#[derive(Clone, Debug)]
pub struct Distributed {
    /// Where the items come from that no earlier step returned.
    pub reader: Option<Reader>,
    /// How many items an iteration gets: a list then.
    pub batch: Option<Batch>,
    /// How many items may fail.
    pub tolerated: Option<Tolerated>,
    /// What writes down what became of each.
    pub writer: Option<Request>,
}

/// Where the items of a loop come from.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The request that reads them, whose result is the list of all.
    pub call: Box<Call>,
    /// How they are read: a record.
    pub config: Expression,
    /// How many it reads at most.
    pub most: Option<u64>,
    /// What is made of one that was read, an expression over [`ExpressionKind::Result`]; nothing where it is as it should be.
    pub element: Option<Expression>,
}

/// How many items an iteration gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// So many.
    Items(u64),
    /// As many as so many bytes of JSON hold.
    Bytes(u64),
}

/// How many items may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    /// So many.
    Items(u64),
    /// So many of a hundred.
    Percent(u64),
}

/// What happens to errors.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The name that the error gets.
    pub binding: Option<LocalId>,
    /// The errors caught, in AWS's spelling; empty is all.
    pub errors: Vec<SmolStr>,
    /// What is done.
    pub body: Vec<Step>,
    /// From `catch` to the end.
    pub span: Span,
}

/// How long to wait.
#[derive(Clone, Debug)]
pub enum Pause {
    /// So many seconds.
    Seconds(u64),
    /// Until an instant.
    Until(Box<Expression>),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What names its states: the function's name, or the integration's with what it acts on.
    pub name: SmolStr,
    /// What is called: the function's name, the pipeline's that is run, or the integration's.
    pub function: SmolStr,
    /// The values that it is given, in the order of its parameters.
    pub given: Vec<Expression>,
    /// The declaration that is called: the function's, or the pipeline's that is run.
    pub callee: Option<ResourceId>,
    /// The pipeline that is run.
    pub runs: Option<ResourceId>,
    /// The account in which its requests are made, where that is not the pipeline's.
    pub elsewhere: Option<AccountId>,
    /// The type of what it returns.
    pub result: Option<DataType>,
    /// What its value is bound to.
    pub binding: Option<LocalId>,
    /// What starts it and, without `poll`, waits for its end.
    pub start: Request,
    /// The value that it returns, an expression over [`ExpressionKind::Result`]: of `fetch` where there is one, else of `start`.
    pub output: Option<Expression>,
    /// What is kept of what `start` returns, where a later request needs it, as [`ExpressionKind::Kept`].
    pub keep: Option<Expression>,
    /// What of the answer says that there is more, as an expression over [`ExpressionKind::Result`]: the next request needs it, as
    /// [`ExpressionKind::Kept`].
    pub more: Option<Expression>,
    /// How its end is found where the service has no way to wait.
    pub poll: Option<Poll>,
    /// What gets its result behind its end, where the service keeps it.
    pub fetch: Option<Request>,
    /// What happens when it fails.
    pub retry: Vec<Retry>,
    /// Longest time in seconds.
    pub timeout: Option<u64>,
    /// Longest time between two heartbeats in seconds.
    pub heartbeat: Option<u64>,
}

/// A request of Step Functions to a service.
#[derive(Clone, Debug)]
pub struct Request {
    /// The integration behind `arn:aws:states:::`: `lambda:invoke`, `glue:startJobRun.sync`.
    pub resource: SmolStr,
    /// A record.
    pub arguments: Expression,
}

/// How a service spells values, so that nobody has to build them by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An attribute of DynamoDB with its type: `{"S": "x"}`.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>
    Attribute,
    /// An item of DynamoDB, its attributes by name: `{"id": {"S": "x"}}`.
    Item,
    /// A list of items as the AWS SDK spells them, with `Bool` for `BOOL`.
    SdkItems,
    /// Records with botocore's names of members, as the AWS SDK spells them in Step Functions.
    Members,
    /// The rows of `athena:getQueryResults`, by the names of their columns.
    AthenaRows,
    /// The rows of `redshiftdata:getStatementResult`, by the names of their columns.
    RedshiftRows,
}

/// A loop that asks a service whether a call is done.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Seconds between two questions.
    pub every: u64,
    /// The question.
    pub request: Request,
    /// Text of the answer that says how it stands.
    pub status: Expression,
    /// The statuses that mean success.
    pub done: Vec<SmolStr>,
    /// The statuses that mean failure.
    pub failed: Vec<SmolStr>,
    /// The failure's name.
    pub error: SmolStr,
    /// The failure's cause, an expression over the answer.
    pub cause: Option<Expression>,
}

/// How often and when a failed call is made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Which errors, in AWS's spelling.
    pub errors: Vec<SmolStr>,
    /// How many more times.
    pub attempts: u32,
    /// Seconds before the first.
    pub every: u64,
    /// What each wait is multiplied by, as written.
    pub backoff: SmolStr,
    /// Longest wait in seconds.
    pub max_delay: Option<u64>,
    /// Whether the waits are spread at random.
    pub jitter: bool,
}

/// An expression with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Which.
    pub kind: ExpressionKind,
    /// Its type.
    pub ty: DataType,
    /// Where it was written.
    pub span: Span,
}

/// The expressions there are.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written.
    Number(SmolStr),
    /// Text.
    Text(SmolStr),
    /// A local.
    Local(LocalId),
    /// What the request of this state returned.
    Result,
    /// What was kept of the result of the call whose end is asked for.
    Kept,
    /// What Step Functions knows of this run, by its path there: `Task.Token`.
    Context(SmolStr),
    /// A record's field.
    Field(Box<Expression>, SmolStr),
    /// A list's element, or the value at a map's key.
    Index(Box<Expression>, Box<Expression>),
    /// A list.
    List(Vec<Expression>),
    /// A list made of the elements of another.
    Each(Box<Each>),
    /// A record.
    Record(Vec<(SmolStr, Expression)>),
    /// A place in a bucket, its key in pieces. As text it is the place's `s3://` URI.
    Location(ResourceId, Vec<Expression>),
    /// The texts of all of them, one behind the other.
    Join(Vec<Expression>),
    /// `not a`.
    Not(Box<Expression>),
    /// `-a`.
    Negate(Box<Expression>),
    /// An operator; `??` and comparisons with `none` too.
    Binary(BinaryOp, Box<Expression>, Box<Expression>),
    /// A value as a service wants it, built from the value's type, which is the type of the whole.
    Encoded(Form, Box<Expression>),
    /// A value of the type of the whole, taken out of what a service answers.
    Decoded(Form, Box<Expression>),
    /// Text that no other state and no other attempt has.
    Unique,
    /// Text as a part of a URL.
    UrlPart(Box<Expression>),
    /// A function of the standard library, over its arguments in the order of its parameters.
    Function(PipelineFunctionId, Vec<Expression>),
    /// Text as an SQL literal: in single quotes, which are doubled inside, as are backslashes, since Redshift reads those as escapes.
    SqlText(Box<Expression>),
    /// A value as a literal of standard SQL: text in single quotes, which are doubled inside, and `NULL` for `none`.
    SqlValue(Box<Expression>),
    /// Text as an SQL identifier: in double quotes, which are doubled inside.
    SqlName(Box<Expression>),
}

/// A list made of the elements of another, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The element's name.
    pub item: LocalId,
    /// The list.
    pub over: Expression,
    /// The elements that count: all without.
    pub condition: Option<Expression>,
    /// What is made of one.
    pub value: Expression,
}

impl Expression {
    /// An expression of a type that is never null and of which no more is known.
    pub fn new(kind: ExpressionKind, base: Base, span: Span) -> Self {
        Self { kind, ty: DataType::plain(base), span }
    }

    /// Text.
    pub fn text(text: impl Into<SmolStr>, span: Span) -> Self {
        Self::new(ExpressionKind::Text(text.into()), Base::String, span)
    }

    /// A record's field, of that type.
    pub fn field(self, name: impl Into<SmolStr>, ty: DataType) -> Self {
        let span = self.span;
        Self { kind: ExpressionKind::Field(Box::new(self), name.into()), ty, span }
    }

    /// The expressions that it is made of.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExpressionKind::Field(of, _)
            | ExpressionKind::Not(of)
            | ExpressionKind::Negate(of)
            | ExpressionKind::SqlText(of)
            | ExpressionKind::SqlName(of)
            | ExpressionKind::SqlValue(of)
            | ExpressionKind::UrlPart(of)
            | ExpressionKind::Encoded(_, of)
            | ExpressionKind::Decoded(_, of) => vec![of],
            ExpressionKind::Index(a, b) | ExpressionKind::Binary(_, a, b) => vec![a, b],
            ExpressionKind::List(items)
            | ExpressionKind::Join(items)
            | ExpressionKind::Location(_, items)
            | ExpressionKind::Function(_, items) => items.iter().collect(),
            ExpressionKind::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
            ExpressionKind::Each(each) => {
                std::iter::once(&each.over).chain(&each.condition).chain([&each.value]).collect()
            }
            ExpressionKind::None
            | ExpressionKind::Bool(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Text(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::Result
            | ExpressionKind::Kept
            | ExpressionKind::Context(_)
            | ExpressionKind::Unique => Vec::new(),
        }
    }

    /// Whether two evaluations of it may differ, the time and what is made up at random.
    pub fn varies(&self, library: &Library) -> bool {
        let here = match self.kind {
            ExpressionKind::Function(id, _) => library.pipeline_function(id).varies,
            ExpressionKind::Unique => true,
            _ => false,
        };
        here || self.parts().into_iter().any(|part| part.varies(library))
    }

    /// The constant text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            ExpressionKind::Text(text) => Some(text),
            _ => None,
        }
    }
}
