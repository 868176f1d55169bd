//! The tree of what was written: no names resolved, no types checked, every part with its span.

use smol_str::SmolStr;

use crate::source::{FileId, Span};

/// A name where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// Names joined by dots: `mesh.sales`, `s3.GetObject`, `s3.*`. A `*` is a part of its own or ends one (`s3.Get*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Never empty.
    pub parts: Vec<Ident>,
    /// The whole.
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Which file it is.
    pub file: FileId,
    /// Its `use` lines.
    pub uses: Vec<Use>,
    /// What it declares and says, in source order.
    pub items: Vec<Item>,
    /// The sentences of it that could not be read.
    pub lost: Vec<Span>,
}

/// `use accounts`, `use accounts.{prod, lake}`, `use accounts as acc`.
#[derive(Clone, Debug)]
pub struct Use {
    /// The module's name.
    pub path: Path,
    /// The names in braces, where given.
    pub names: Option<Vec<Ident>>,
    /// The name behind `as`.
    pub alias: Option<Ident>,
    /// The whole line.
    pub span: Span,
}

/// What stands at the top of a file.
#[derive(Clone, Debug)]
pub enum Item {
    /// A declaration.
    Decl(Decl),
    /// `grant …` or `deny …`.
    Grant(Grant),
    /// `share TABLE with DOMAIN as NAME`.
    Share(Share),
    /// `assert …`.
    Assert(Assert),
}

/// `kind name (params) -> Result : Type for target on place in account into sink = value { body }`: the one form of every declaration.
/// Which parts a kind takes is for the resolver to say.
#[derive(Clone, Debug, Default)]
pub struct Decl {
    /// The doc comment above, its lines joined by `\n`, without slashes.
    pub doc: Option<String>,
    /// `bucket`, `role`, `pipeline`, …
    pub kind: Ident,
    /// Missing only inside a body (`contract { … }`).
    pub name: Option<Ident>,
    /// Parameters in parentheses.
    pub params: Option<Vec<Column>>,
    /// The type behind `->`.
    pub result: Option<TypeExpr>,
    /// The type behind `:`.
    pub ty: Option<TypeExpr>,
    /// What a test is for.
    pub target: Option<Path>,
    /// The paths behind `on`.
    pub on: Vec<Path>,
    /// The account behind `in`.
    pub account: Option<Path>,
    /// The sink behind `into`.
    pub into: Option<Path>,
    /// The SQL between `as` and `;`.
    pub sql: Option<Sql>,
    /// The value behind `=`.
    pub value: Option<Expr>,
    /// What stands between the braces; `None` without braces.
    pub body: Option<Vec<Member>>,
    /// From the kind to the end of the body.
    pub span: Span,
}

/// A piece of SQL as it was written; the text is read from the source map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sql {
    /// The SQL without what surrounds it.
    pub span: Span,
}

/// What stands between the braces of a declaration.
#[derive(Clone, Debug)]
pub enum Member {
    /// `name = value`.
    Field(Field),
    /// `name : type`.
    Column(Box<Column>),
    /// A declaration inside another.
    Decl(Box<Decl>),
    /// A statement of a pipeline.
    Statement(Statement),
    /// `deny …` in a guardrail, and `grant …` in a boundary.
    Deny(Box<Grant>),
    /// `given`, `when` or `expect` in a test.
    Step(TestStep),
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Field {
    /// The doc comment above.
    pub doc: Option<String>,
    /// The name; a reserved word may be one.
    pub name: Ident,
    /// The `<` or `<=` of a promise, which stands where other fields have `=`.
    pub at_most: Option<Span>,
    /// The value.
    pub value: Expr,
}

/// `name : type`, with what may follow the type. Parameters and the fields of the standard library's kinds have the same form.
#[derive(Clone, Debug)]
pub struct Column {
    /// The doc comment above.
    pub doc: Option<String>,
    /// The name; a reserved word may be one.
    pub name: Ident,
    /// Its type with refinements.
    pub ty: TypeExpr,
    /// The word `key` behind the type.
    pub key: Option<Span>,
    /// `@pii` and other labels, the `@` left out of the name and inside the span.
    pub labels: Vec<Ident>,
    /// The value behind `=`.
    pub default: Option<Expr>,
    /// Standard library: the place in AWS's request behind `->`.
    pub lowers_to: Option<Lowering>,
    /// The whole.
    pub span: Span,
}

/// `-> Options.VerifyMode as seconds`: where in AWS's request a field goes, and how it is spelled there.
#[derive(Clone, Debug)]
pub struct Lowering {
    /// The request's member, from its root.
    pub path: Path,
    /// The spelling behind `as`.
    pub encoding: Option<Ident>,
}

/// A type where it was written.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// Its name, possibly qualified.
    pub path: Path,
    /// What stands in `( )` or `< >`.
    pub args: Vec<TypeArg>,
    /// Whether a `?` follows.
    pub nullable: bool,
    /// What follows the type.
    pub refinements: Vec<Refinement>,
    /// The type without its refinements.
    pub span: Span,
}

/// An argument of a type.
#[derive(Clone, Debug)]
pub enum TypeArg {
    /// `decimal(12, 2)`.
    Number(Expr),
    /// `list<string>`.
    Type(TypeExpr),
}

/// A condition on a type's values.
#[derive(Clone, Debug)]
pub struct Refinement {
    /// Which condition.
    pub kind: RefinementKind,
    /// The whole.
    pub span: Span,
}

/// The conditions there are. A bound left out is open.
#[derive(Clone, Debug)]
pub enum RefinementKind {
    /// `in a..b`.
    In(Option<Expr>, Option<Expr>),
    /// `length a..b`.
    Length(Option<Expr>, Option<Expr>),
    /// `matching "regex"`.
    Matching(Expr),
    /// `one of [ … ]`.
    OneOf(Vec<Expr>),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// The whole.
    pub span: Span,
}

/// The expressions there are.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// A number without unit, underscores removed, as written: `1_000` is `1000`, `0.95` is `0.95`.
    Number(SmolStr),
    /// `5s`, `30m`, `1h`, `7d`, in milliseconds. `ms` and `w` are units too.
    Duration(u64),
    /// `256KiB`, `10GiB`, `5MB`, in bytes.
    Size(u64),
    /// A number with a unit that there is not: number, unit.
    BadUnit(SmolStr, SmolStr),
    /// `"…"`: text and interpolated expressions, escapes resolved.
    String(Vec<StringPart>),
    /// A name.
    Name(SmolStr),
    /// `a.b`.
    Field(Box<Expr>, Ident),
    /// `a[b]`.
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, name = b)`.
    Call(Box<Expr>, Vec<Arg>),
    /// `run other(args)`: the call inside.
    Run(Box<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `[for x in xs: x.a if x.b]`: the name, what it runs over, the element, the condition.
    ListOf(Ident, Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `{ a = b }`.
    Record(Vec<Field>),
    /// `not a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b` and the others; the operator's span beside it.
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `service redshift`, `account "123456789012"`: a word that says what kind of thing the next is.
    Tagged(Ident, Box<Expr>),
    /// `*`, `iam.*`: a pattern of actions.
    Pattern(Path),
    /// A place where an expression could not be read; the fault is reported already.
    Error,
}

/// A piece of a string.
#[derive(Clone, Debug)]
pub enum StringPart {
    /// Text, escapes resolved.
    Text(String),
    /// `{expr}`.
    Expr(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `name =`.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`.
    Not,
    /// `-`.
    Negate,
}

/// Operators with two operands, weakest first: `??`, `or`, `and`, comparison, `+ -`, `* / %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, on places in a bucket too
    Divide,
    /// `%`
    Remainder,
}

/// A statement of a pipeline.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Which.
    pub kind: StatementKind,
    /// From its first word to its end.
    pub span: Span,
}

/// The statements there are.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `let x = value` with the policy of a call.
    Let(Ident, Expr, CallPolicy),
    /// `f(a)` with its policy.
    Call(Expr, CallPolicy),
    /// `if c { } else if d { } else { }`: the arms in order, then `else`.
    If(Vec<(Expr, Vec<Statement>)>, Option<Vec<Statement>>),
    /// `match x { "a" -> { } else -> { } }`.
    Match(Expr, Vec<MatchArm>),
    /// `parallel { … }`.
    Parallel(Vec<Statement>),
    /// `for x in xs [limit n] … { }`.
    For(Box<ForIn>),
    /// `try { } catch … { }`.
    Try(Vec<Statement>, Vec<Catch>),
    /// `wait 30s`.
    Wait(Expr),
    /// `wait until t`.
    WaitUntil(Expr),
    /// `fail Name "cause"`.
    Fail(Path, Option<Expr>),
    /// `return x`.
    Return(Option<Expr>),
}

/// What follows a call: `retry attempts(…)`, `timeout 5m`, `heartbeat 1m`, `await callback`.
#[derive(Clone, Debug, Default)]
pub struct CallPolicy {
    /// Behind `retry`.
    pub retry: Option<Box<Expr>>,
    /// Behind `timeout`.
    pub timeout: Option<Box<Expr>>,
    /// Behind `heartbeat`.
    pub heartbeat: Option<Box<Expr>>,
    /// The words `await callback`.
    pub callback: Option<Span>,
}

/// `for x : T in xs [limit n] [batch n] [tolerate n] [into place] [distributed] { }`.
#[derive(Clone, Debug)]
pub struct ForIn {
    /// The name of the item.
    pub item: Ident,
    /// Its type, where one is written.
    pub ty: Option<TypeExpr>,
    /// What it runs over.
    pub over: Expr,
    /// What stands before the body. A word without a value has none; `5%` is the number, tagged `percent`.
    pub options: Vec<(Ident, Option<Expr>)>,
    /// What each iteration does.
    pub body: Vec<Statement>,
}

/// `"a" -> { }`, `else -> { }`.
#[derive(Clone, Debug)]
pub struct MatchArm {
    /// `None` is `else`.
    pub pattern: Option<Expr>,
    /// What runs.
    pub body: Vec<Statement>,
    /// Pattern and body.
    pub span: Span,
}

/// `catch error as Name.Of.Error { }`.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The name that the error gets.
    pub binding: Option<Ident>,
    /// The errors caught; empty is all.
    pub errors: Vec<Path>,
    /// What runs.
    pub body: Vec<Statement>,
    /// From `catch` to the end.
    pub span: Span,
}

/// Whether a sentence gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `grant`
    Grant,
    /// `deny`
    Deny,
}

/// `grant CAPS on RESOURCE to PRINCIPAL …`, `deny …`, and a guardrail's `deny CAPS [on …] [outside …] [except …]`.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Grant or deny.
    pub effect: Effect,
    /// What may or may not be done.
    pub caps: Vec<Cap>,
    /// On what.
    pub on: Option<Expr>,
    /// To whom.
    pub to: Option<Expr>,
    /// The row filter in the parentheses behind `where`.
    pub filter: Option<Sql>,
    /// `with grant option`.
    pub grant_option: Option<Span>,
    /// Conditions behind `when`, joined by `and`: `mfa`, `source_vpce = x`, `tag("k") = "v"`; a comparison's `=` reads as `==`.
    pub conditions: Vec<Expr>,
    /// Behind `until`.
    pub until: Option<Expr>,
    /// Behind `outside`: a list of regions, or `account x`.
    pub outside: Option<Expr>,
    /// The list behind `except`.
    pub except: Option<Expr>,
    /// The whole.
    pub span: Span,
}

/// A capability with its columns, or a raw action, or a pattern of actions: `select(a, b)`, `s3.GetObject`, `s3.*`, `*`.
#[derive(Clone, Debug)]
pub struct Cap {
    /// Its name.
    pub path: Path,
    /// The columns in parentheses.
    pub columns: Option<Vec<Chosen>>,
    /// The whole.
    pub span: Span,
}

/// Columns that a capability is limited to.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// One by its name.
    Named(Ident),
    /// Those whose labels meet all of some demands: `@pii and not @confidential`.
    Labelled(Vec<LabelTerm>, Span),
}

impl Chosen {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Named(name) => name.span,
            Self::Labelled(_, span) => *span,
        }
    }
}

/// `@pii`, or `not @pii`.
#[derive(Clone, Debug)]
pub struct LabelTerm {
    /// Whether the label is to be there.
    pub there: bool,
    /// The label; its span holds the `@`.
    pub label: Ident,
}

/// `share TABLE with DOMAIN as NAME`.
#[derive(Clone, Debug)]
pub struct Share {
    /// The doc comment above.
    pub doc: Option<String>,
    /// What is shared.
    pub table: Path,
    /// With which domain.
    pub with: Path,
    /// Its name there.
    pub name: Ident,
    /// The whole.
    pub span: Span,
}

/// `assert …`.
#[derive(Clone, Debug)]
pub struct Assert {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Whom it is about.
    pub subject: AssertSubject,
    /// `can`, or `cannot`.
    pub can: bool,
    /// What.
    pub caps: Vec<Cap>,
    /// On what.
    pub on: Expr,
    /// Which rows, in the parentheses behind `where`.
    pub filter: Option<Sql>,
    /// The whole.
    pub span: Span,
}

/// Whom an assertion is about.
#[derive(Clone, Debug)]
pub enum AssertSubject {
    /// One principal.
    One(Expr),
    /// `no role in ACCOUNT`; `no role` without one, `no principal` too. First the kind's word.
    None(Ident, Option<Path>),
    /// `only [ … ]`.
    Only(Vec<Expr>),
}

/// A line of a test.
#[derive(Clone, Debug)]
pub struct TestStep {
    /// Which.
    pub kind: TestStepKind,
    /// The whole.
    pub span: Span,
}

/// The ends that a test gives a call.
#[derive(Clone, Debug)]
pub enum TestEnd {
    /// `-> { result }`.
    Returns(Expr),
    /// `fails Some.Error "cause"`.
    Fails(Path, Option<Expr>),
}

/// The lines of a test.
#[derive(Clone, Debug)]
pub enum TestStepKind {
    /// `given STREAM [ROWS]`, `given { event }`.
    Given(Option<Path>, Expr),
    /// `when f(_) … after 30s`: the call, its end, and how long it takes.
    When(Expr, TestEnd, Option<Expr>),
    /// `expect SINK [ROWS]`.
    Rows(Path, Expr),
    /// `expect SINK contains [ROWS]`.
    Contains(Path, Expr),
    /// `expect SINK nothing`.
    Nothing(Path),
    /// `expect f(x), g(y) in order`: the calls, and whether their order counts.
    Calls(Vec<Expr>, bool),
    /// `expect result { … }`.
    Result(Expr),
    /// `expect error Name "cause"`.
    Error(Path, Option<Expr>),
}
