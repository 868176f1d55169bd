//! The typed relational plan: what a query computes, each part with its type and its place in the source.

use smol_str::SmolStr;

use crate::{
    platform::{DataType, ResourceId},
    source::Span,
};

use super::{matching::Match, over::Over};
pub use crate::window::{Arithmetic, Comparison};

/// Rows of named, typed fields.
#[derive(Clone, Debug)]
pub struct Relation {
    /// How they come about.
    pub kind: RelationKind,
    /// What each row holds.
    pub fields: Vec<Field>,
    /// The words that ask for it.
    pub span: Span,
}

/// A column of a relation.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type, with what is known about its values.
    pub ty: DataType,
}

/// The ways that rows come about.
#[derive(Clone, Debug)]
pub enum RelationKind {
    /// The rows of a stream.
    Scan(ResourceId),
    /// Rows assigned to windows by an event-time column of the input; adds `window_start`, `window_end` and `window_time`. A row that lies in
    /// several windows comes once for each.
    Window {
        /// The rows.
        input: Box<Relation>,
        /// The event-time column, and where it is named.
        time: (usize, Span),
        /// The windows.
        shape: WindowShape,
    },
    /// Each row beside what a list or map in it holds, an item or entry at a time: a record's columns, a key and its value, or the item.
    Unnest {
        /// The rows.
        input: Box<Relation>,
        /// The list or map, over the input.
        list: Expr,
        /// Whether a row stands alone whose list is empty or null.
        keeps_empty: bool,
        /// Whether the item's place, from 1, is the last column.
        ordinality: bool,
    },
    /// The rows for which a condition is true.
    Filter {
        /// The rows.
        input: Box<Relation>,
        /// The condition over the input.
        condition: Expr,
    },
    /// One row for each combination of keys: the keys, then the aggregates.
    Aggregate {
        /// The rows.
        input: Box<Relation>,
        /// The keys over the input.
        keys: Vec<Expr>,
        /// The aggregates over the input.
        calls: Vec<AggregateCall>,
        /// For each set of keys that rows are grouped by, which of the keys it has; none where they are grouped by all keys alone.
        sets: Vec<Vec<bool>>,
    },
    /// The rows of several queries, one after the other in no order: `UNION ALL`.
    Union(Vec<Relation>),
    /// The rows of two relations beside one another, for each pair that a condition holds for.
    Join {
        /// The rows whose columns come first.
        left: Box<Relation>,
        /// The others.
        right: Box<Relation>,
        /// What becomes of rows without a partner.
        kind: JoinKind,
        /// The condition over the columns of both.
        condition: Expr,
    },
    /// Rows beside the row of another stream that was the latest of its key at their time.
    AsOf {
        /// The rows.
        left: Box<Relation>,
        /// The other stream.
        right: Box<Relation>,
        /// What becomes of rows whose key has no row yet: `Inner` or `Left`.
        kind: JoinKind,
        /// The column of the left side that is their time, and where it is named.
        time: (usize, Span),
        /// What of the right side is the key: columns, or what is computed of them where no column is.
        keys: Vec<Expr>,
        /// The condition over the columns of both.
        condition: Expr,
    },
    /// The rows with their number in an order, within each part: `ROW_NUMBER()`, as a last column.
    Rank {
        /// The rows.
        input: Box<Relation>,
        /// What makes a part, over the input; the window's bounds are among it, unless rows are ranked for all time.
        partition: Vec<Expr>,
        /// The order, over the input.
        order: Vec<Order>,
    },
    /// The rows with what is computed over each and rows before it, as last columns: `OVER`.
    Over {
        /// The rows.
        input: Box<Relation>,
        /// What is computed.
        over: Box<Over>,
    },
    /// A row for each match of a pattern: the columns that make a part, then what is told of the match.
    Match {
        /// The rows.
        input: Box<Relation>,
        /// The pattern.
        matched: Box<Match>,
    },
    /// Computed columns.
    Project {
        /// The rows.
        input: Box<Relation>,
        /// One expression for each field, over the input.
        exprs: Vec<Expr>,
    },
}

/// What becomes of rows without a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// They are left out.
    Inner,
    /// Those of the left side stand alone.
    Left,
    /// Those of the right side stand alone.
    Right,
    /// Those of both sides stand alone.
    Full,
    /// Of the left side alone those with a partner: `EXISTS`.
    Semi,
    /// Of the left side alone those without one: `NOT EXISTS`.
    Anti,
}

impl JoinKind {
    /// Whether the right side only decides which rows of the left one there are.
    pub const fn is_half(self) -> bool {
        matches!(self, Self::Semi | Self::Anti)
    }

    /// The words that ask for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Inner => "JOIN",
            Self::Left => "LEFT JOIN",
            Self::Right => "RIGHT JOIN",
            Self::Full => "FULL JOIN",
            Self::Semi => "EXISTS",
            Self::Anti => "NOT EXISTS",
        }
    }
}

/// `expression DESC`.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is ordered by.
    pub expr: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// How time is cut into windows. Durations are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowShape {
    /// One size, one behind the other, from multiples of the size plus an offset.
    Tumble {
        /// The size.
        size: u64,
        /// The offset.
        offset: i64,
    },
    /// One size, a new one at each slide.
    Hop {
        /// From one start to the next.
        slide: u64,
        /// The size, a multiple of the slide.
        size: u64,
        /// The offset.
        offset: i64,
    },
    /// From each multiple of the size, windows that grow by a step.
    Cumulate {
        /// By how much each is longer than the one before.
        step: u64,
        /// The size of the longest, a multiple of the step.
        size: u64,
        /// The offset.
        offset: i64,
    },
    /// As long as no gap is longer, for each value of the keys.
    Session {
        /// The gap.
        gap: u64,
        /// Columns of the input.
        keys: Vec<usize>,
    },
}

impl WindowShape {
    /// The function that makes such windows, in SQL.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tumble { .. } => "TUMBLE",
            Self::Hop { .. } => "HOP",
            Self::Cumulate { .. } => "CUMULATE",
            Self::Session { .. } => "SESSION",
        }
    }

    /// Whether both cut time alike. Sessions do where their gaps are the same: their keys are columns of either side.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Session { gap, .. }, Self::Session { gap: other, .. }) => gap == other,
            _ => self == other,
        }
    }

    /// How long after a row the first result that it takes part in can come, in milliseconds, at most; a session may never end.
    pub const fn longest_wait(&self) -> Option<u64> {
        match self {
            Self::Tumble { size, .. } => Some(*size),
            Self::Hop { slide, .. } => Some(*slide),
            Self::Cumulate { step, .. } => Some(*step),
            Self::Session { .. } => None,
        }
    }
}

/// `AVG(temperature)`.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// Which.
    pub function: AggregateFunction,
    /// What it is computed over; `None` for `COUNT(*)`.
    pub argument: Option<Expr>,
    /// Whether equal values count once.
    pub distinct: bool,
    /// Only the rows for which this is true.
    pub filter: Option<Expr>,
    /// The result's type.
    pub ty: DataType,
    /// The whole call.
    pub span: Span,
}

impl AggregateCall {
    /// Whether both compute the same.
    pub fn same(&self, other: &Self) -> bool {
        self.function == other.function
            && self.distinct == other.distinct
            && same_option(self.argument.as_ref(), other.argument.as_ref())
            && same_option(self.filter.as_ref(), other.filter.as_ref())
    }
}

/// The functions of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// `COUNT`
    Count,
    /// `SUM`
    Sum,
    /// `AVG`
    Avg,
    /// `MIN`
    Min,
    /// `MAX`
    Max,
    /// `FIRST_VALUE`
    FirstValue,
    /// `LAST_VALUE`
    LastValue,
    /// `STDDEV_POP`
    StddevPop,
    /// `STDDEV_SAMP`
    StddevSamp,
    /// `VAR_POP`
    VarPop,
    /// `VAR_SAMP`
    VarSamp,
}

impl AggregateFunction {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Count,
        Self::Sum,
        Self::Avg,
        Self::Min,
        Self::Max,
        Self::FirstValue,
        Self::LastValue,
        Self::StddevPop,
        Self::StddevSamp,
        Self::VarPop,
        Self::VarSamp,
    ];

    /// Its name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::FirstValue => "FIRST_VALUE",
            Self::LastValue => "LAST_VALUE",
            Self::StddevPop => "STDDEV_POP",
            Self::StddevSamp => "STDDEV_SAMP",
            Self::VarPop => "VAR_POP",
            Self::VarSamp => "VAR_SAMP",
        }
    }

    /// Whether Flink takes the values for ones that are never null, and makes -1 of the variance of one: the planner believes `COALESCE` with a
    /// constant.
    pub fn is_wrong_of_one(self, argument: Option<&Expr>) -> bool {
        let Some(Expr { kind: ExprKind::Call(name, args), .. }) = argument else { return false };
        let has_constant = args.iter().any(|part| matches!(part.kind, ExprKind::Literal(_)));
        self.needs_two() && name == "COALESCE" && has_constant
    }

    /// Whether it is a variance, or the root of one.
    pub const fn is_variance(self) -> bool {
        matches!(self, Self::StddevPop | Self::StddevSamp | Self::VarPop | Self::VarSamp)
    }

    /// Whether it is null where there is but one value.
    pub const fn needs_two(self) -> bool {
        matches!(self, Self::StddevSamp | Self::VarSamp)
    }

    /// Whether Flink can compute it over windows whose parts it merges: HOP, CUMULATE and SESSION. `FirstValueAggFunction` and
    /// `LastValueAggFunction` have no `merge`, and where distinct values are merged its sums want to take some back, which they can't (Flink 2.3:
    /// "This function does not support retraction"); so do averages and variances in the forms that the planner makes of them.
    pub const fn merges(self, distinct: bool) -> bool {
        match self {
            Self::FirstValue | Self::LastValue => false,
            Self::Count | Self::Min | Self::Max => true,
            _ => !distinct,
        }
    }

    /// The function of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name().eq_ignore_ascii_case(name))
    }
}

/// An expression over the fields of a relation.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Its type.
    pub ty: DataType,
    /// The whole.
    pub span: Span,
}

/// The expressions there are.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A field of the input.
    Column(usize),
    /// A constant.
    Literal(Literal),
    /// `a + b` and the others.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a = b` and the others.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a AND b AND …`
    And(Vec<Expr>),
    /// `a OR b OR …`
    Or(Vec<Expr>),
    /// `NOT a`
    Not(Box<Expr>),
    /// `a IS NULL`
    IsNull(Box<Expr>),
    /// `CASE WHEN … THEN … ELSE … END`
    Case(Vec<CaseArm>, Option<Box<Expr>>),
    /// `CAST(a AS type)`; the type is the expression's own.
    Cast(Box<Expr>),
    /// `TRY_CAST(a AS type)`: null where there is no such value.
    TryCast(Box<Expr>),
    /// `a LIKE 'pattern'`, with the escape character.
    Like(Box<Expr>, SmolStr, Option<char>),
    /// A function, by its name in capitals.
    Call(SmolStr, Vec<Expr>),
    /// What could not be read; the fault is reported already.
    Error,
}

/// `WHEN condition THEN value`.
#[derive(Clone, Debug)]
pub struct CaseArm {
    /// Behind `WHEN`.
    pub condition: Expr,
    /// Behind `THEN`.
    pub value: Expr,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `NULL`
    Null,
    /// `TRUE`, `FALSE`
    Boolean(bool),
    /// A number as written.
    Number(SmolStr),
    /// Text.
    Text(SmolStr),
    /// `DATE '2026-01-31'`, checked.
    Date(SmolStr),
    /// `TIMESTAMP '2026-01-31 12:00:00'`, checked.
    Timestamp(SmolStr),
}

impl Expr {
    /// Whether both compute the same, wherever they stand.
    pub fn same(&self, other: &Self) -> bool {
        use ExprKind as Kind;
        match (&self.kind, &other.kind) {
            (Kind::Column(a), Kind::Column(b)) => a == b,
            (Kind::Literal(a), Kind::Literal(b)) => a == b,
            (Kind::Arithmetic(f, a, b), Kind::Arithmetic(g, c, d)) => f == g && a.same(c) && b.same(d),
            (Kind::Compare(f, a, b), Kind::Compare(g, c, d)) => f == g && a.same(c) && b.same(d),
            (Kind::Negate(a), Kind::Negate(b))
            | (Kind::Not(a), Kind::Not(b))
            | (Kind::IsNull(a), Kind::IsNull(b)) => a.same(b),
            (Kind::And(a), Kind::And(b)) | (Kind::Or(a), Kind::Or(b)) => same_all(a, b),
            (Kind::Case(a, x), Kind::Case(b, y)) => {
                let arms =
                    |(a, b): (&CaseArm, &CaseArm)| a.condition.same(&b.condition) && a.value.same(&b.value);
                a.len() == b.len() && a.iter().zip(b).all(arms) && same_option(x.as_deref(), y.as_deref())
            }
            (Kind::Cast(a), Kind::Cast(b)) | (Kind::TryCast(a), Kind::TryCast(b)) => {
                self.ty.base == other.ty.base && a.same(b)
            }
            (Kind::Like(a, p, e), Kind::Like(b, q, f)) => p == q && e == f && a.same(b),
            (Kind::Call(f, a), Kind::Call(g, b)) => f == g && same_all(a, b),
            _ => false,
        }
    }

    /// The expressions that it is made of, one level down.
    pub fn parts(&self) -> Vec<&Self> {
        use ExprKind as Kind;
        match &self.kind {
            Kind::Column(_) | Kind::Literal(_) | Kind::Error => Vec::new(),
            Kind::Arithmetic(_, a, b) | Kind::Compare(_, a, b) => vec![a, b],
            Kind::Negate(a)
            | Kind::Not(a)
            | Kind::IsNull(a)
            | Kind::Cast(a)
            | Kind::TryCast(a)
            | Kind::Like(a, _, _) => vec![a],
            Kind::And(list) | Kind::Or(list) | Kind::Call(_, list) => list.iter().collect(),
            Kind::Case(arms, otherwise) => {
                arms.iter().flat_map(|arm| [&arm.condition, &arm.value]).chain(otherwise.as_deref()).collect()
            }
        }
    }

    /// The expression with each of its parts changed, one level down.
    pub fn with_parts(&self, change: &impl Fn(&Self) -> Self) -> Self {
        use ExprKind as Kind;
        let one = |part: &Self| Box::new(change(part));
        let list = |parts: &[Self]| parts.iter().map(change).collect();
        let kind = match &self.kind {
            Kind::Column(_) | Kind::Literal(_) | Kind::Error => self.kind.clone(),
            Kind::Arithmetic(op, a, b) => Kind::Arithmetic(*op, one(a), one(b)),
            Kind::Negate(a) => Kind::Negate(one(a)),
            Kind::Compare(op, a, b) => Kind::Compare(*op, one(a), one(b)),
            Kind::And(parts) => Kind::And(list(parts)),
            Kind::Or(parts) => Kind::Or(list(parts)),
            Kind::Not(a) => Kind::Not(one(a)),
            Kind::IsNull(a) => Kind::IsNull(one(a)),
            Kind::Case(arms, otherwise) => {
                let arm =
                    |arm: &CaseArm| CaseArm { condition: change(&arm.condition), value: change(&arm.value) };
                Kind::Case(arms.iter().map(arm).collect(), otherwise.as_deref().map(one))
            }
            Kind::Cast(a) => Kind::Cast(one(a)),
            Kind::TryCast(a) => Kind::TryCast(one(a)),
            Kind::Like(a, pattern, escape) => Kind::Like(one(a), pattern.clone(), *escape),
            Kind::Call(name, args) => Kind::Call(name.clone(), list(args)),
        };
        Self { kind, ty: self.ty.clone(), span: self.span }
    }

    /// Calls `visit` with the expression and every one in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        for part in self.parts() {
            part.walk(visit);
        }
    }

    /// The columns of the input that it reads.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.walk(&mut |expr| {
            if let ExprKind::Column(index) = expr.kind {
                columns.push(index);
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

fn same_all(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
}

fn same_option(a: Option<&Expr>, b: Option<&Expr>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (None, None) => true,
        _ => false,
    }
}

impl Relation {
    /// The relation that this one is made from, where it is one.
    pub fn input(&self) -> Option<&Self> {
        match &self.kind {
            RelationKind::Scan(_)
            | RelationKind::Union(_)
            | RelationKind::Join { .. }
            | RelationKind::AsOf { .. } => None,
            RelationKind::Window { input, .. }
            | RelationKind::Filter { input, .. }
            | RelationKind::Aggregate { input, .. }
            | RelationKind::Rank { input, .. }
            | RelationKind::Over { input, .. }
            | RelationKind::Match { input, .. }
            | RelationKind::Unnest { input, .. }
            | RelationKind::Project { input, .. } => Some(input),
        }
    }

    /// This relation and all that it is made from, the last one first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(relation) = open.pop() {
            found.push(relation);
            match &relation.kind {
                RelationKind::Union(parts) => open.extend(parts.iter().rev()),
                RelationKind::Join { left, right, .. } | RelationKind::AsOf { left, right, .. } => {
                    open.extend([right.as_ref(), left.as_ref()]);
                }
                _ => open.extend(relation.input()),
            }
        }
        found.into_iter()
    }

    /// Where a field comes from unchanged: the relation that makes it, and its place there.
    pub fn traced(&self, index: usize) -> Option<(&Self, usize)> {
        match &self.kind {
            RelationKind::Filter { input, .. } => input.traced(index),
            RelationKind::Join { left, right, .. } => match index.checked_sub(left.fields.len()) {
                Some(index) => right.traced(index),
                None => left.traced(index),
            },
            // What is looked up is a value: its time is no event time here.
            RelationKind::AsOf { left, .. } if index < left.fields.len() => left.traced(index),
            RelationKind::Window { input, .. }
            | RelationKind::Rank { input, .. }
            | RelationKind::Unnest { input, .. }
            | RelationKind::Over { input, .. }
                if index < input.fields.len() =>
            {
                input.traced(index)
            }
            RelationKind::Match { input, matched } if index < matched.partition.len() => {
                input.traced(*matched.partition.get(index)?)
            }
            RelationKind::Project { input, exprs } => input.traced_column(exprs.get(index)?),
            RelationKind::Union(parts) => Some(Self::same_bound(parts, index).unwrap_or((self, index))),
            RelationKind::Aggregate { input, keys, .. } if index < keys.len() => {
                input.traced_column(keys.get(index)?)
            }
            _ => Some((self, index)),
        }
    }

    /// The window's bound that a column is in all parts of a union, where their windows are the same.
    fn same_bound(parts: &[Self], index: usize) -> Option<(&Self, usize)> {
        let bound = |part: &'_ Self| {
            let (window, at) = part.traced(index)?;
            let RelationKind::Window { input, shape, .. } = &window.kind else { return None };
            // The sessions of a union are not those of its parts.
            let bound = at.checked_sub(input.fields.len())?;
            (!matches!(shape, WindowShape::Session { .. })).then(|| (bound, shape.clone()))
        };
        let (first, rest) = parts.split_first()?;
        let of_first = bound(first)?;
        rest.iter().all(|part| bound(part).as_ref() == Some(&of_first)).then(|| first.traced(index))?
    }

    fn traced_column(&self, expr: &Expr) -> Option<(&Self, usize)> {
        match expr.kind {
            ExprKind::Column(column) => self.traced(column),
            _ => None,
        }
    }

    /// Which bound of a window a field is: 0 its start, 1 its end, 2 its time.
    pub fn bound(&self, index: usize) -> Option<usize> {
        let (relation, index) = self.traced(index)?;
        match &relation.kind {
            RelationKind::Window { input, .. } => index.checked_sub(input.fields.len()),
            _ => None,
        }
    }

    /// The expressions of this relation alone.
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            RelationKind::Scan(_) | RelationKind::Window { .. } | RelationKind::Union(_) => Vec::new(),
            RelationKind::Rank { partition, order, .. } => {
                partition.iter().chain(order.iter().map(|order| &order.expr)).collect()
            }
            RelationKind::Filter { condition, .. }
            | RelationKind::Join { condition, .. }
            | RelationKind::AsOf { condition, .. } => vec![condition],
            RelationKind::Unnest { list, .. } => vec![list],
            RelationKind::Over { over, .. } => over.exprs().collect(),
            RelationKind::Match { matched, .. } => matched.exprs().collect(),
            RelationKind::Aggregate { keys, calls, .. } => keys
                .iter()
                .chain(calls.iter().flat_map(|call| call.argument.iter().chain(&call.filter)))
                .collect(),
            RelationKind::Project { exprs, .. } => exprs.iter().collect(),
        }
    }

    /// The streams that it reads, each once, in the order of their ids.
    pub fn sources(&self) -> Vec<ResourceId> {
        let mut sources: Vec<ResourceId> = self
            .chain()
            .filter_map(|relation| match relation.kind {
                RelationKind::Scan(stream) => Some(stream),
                _ => None,
            })
            .collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// The fields' types.
    pub fn field(&self, index: usize) -> Option<&Field> {
        self.fields.get(index)
    }
}
