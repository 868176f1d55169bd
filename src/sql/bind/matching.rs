//! `MATCH_RECOGNIZE`.

use smol_str::SmolStr;
use sqlparser::ast::{
    self, AfterMatchSkip, FunctionArg, FunctionArgExpr, FunctionArguments, MatchRecognizePattern as Pattern,
    MatchRecognizeSymbol as Symbol, RepetitionQuantifier as Quantifier, TableFactor,
};

use super::{Binder, Named, Scope, aggregate, derived, error, faults, from::From};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        matching::{Match, ROWTIME, Skip, Variable},
        parse::WITHIN,
        plan::{AggregateFunction, Expr, ExprKind, Field, Literal, Order, Relation, RelationKind},
    },
};

/// What conditions and measures are read with.
pub(super) struct Matching {
    /// The type of a match's time.
    time: Base,
    /// For each variable of the pattern, whether it may stand for no row.
    optional: Vec<bool>,
    width: usize,
}

impl Binder<'_> {
    pub(super) fn match_recognize(&mut self, factor: &TableFactor, span: Span) -> Option<From> {
        let TableFactor::MatchRecognize {
            table,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            after_match_skip,
            pattern,
            symbols,
            alias,
        } = factor
        else {
            return None;
        };
        let From { relation: input, names } = self.factor(table)?;
        let rows = Scope { fields: &input.fields, names, groups: None, clause: "MATCH_RECOGNIZE" };
        let partition = self.match_partition(partition_by, &rows)?;
        let (order, time) = self.match_order(order_by, &rows, span)?;
        if !matches!(rows_per_match, None | Some(ast::RowsPerMatch::OneRow)) {
            self.report(faults::pattern("Flink tells one row of each match", "ONE ROW PER MATCH", span));
            return None;
        }
        let pattern = self.pattern(pattern, span)?;
        let skip = self.skip(after_match_skip.as_ref(), &pattern)?;
        let (fields, names) = seen(&input.fields, &pattern);
        let base = match order.first().map(|order| &order.expr.ty.base) {
            Some(Base::TimestampLtz(_)) => Base::TimestampLtz(3),
            _ => Base::Timestamp(3),
        };
        let optional = pattern.iter().map(|variable| variable.least == 0).collect();
        let outer = self.matching.replace(Matching { time: base, optional, width: input.fields.len() });
        let mut scope = Scope { fields: &fields, names, groups: None, clause: "MEASURES" };
        let measures: Vec<(SmolStr, Expr)> = measures
            .iter()
            .map(|measure| (SmolStr::new(&measure.alias.value), self.expr(&measure.expr, &mut scope)))
            .collect();
        scope.clause = "DEFINE";
        let (mut within, mut conditions) = (None, Vec::new());
        for symbol in symbols {
            let name = symbol.symbol.value.as_str();
            if name == WITHIN {
                within = self.interval(&symbol.definition).and_then(|length| u64::try_from(length).ok());
                continue;
            }
            let place = self.places.span(symbol.symbol.span);
            let Some(at) = pattern.iter().position(|variable| variable.name == name) else {
                let known = pattern.iter().map(|variable| variable.name.as_str());
                self.report(faults::unknown_variable(name, place, known));
                continue;
            };
            conditions.push((at, self.condition(&symbol.definition, &mut scope)));
        }
        self.matching = outer;
        let keys = partition.iter().filter_map(|at| input.field(*at).cloned());
        let told = measures.iter().map(|(name, expr)| Field { name: name.clone(), ty: expr.ty.clone() });
        let fields: Vec<Field> = keys.chain(told).collect();
        let twice = fields
            .iter()
            .enumerate()
            .find(|(at, field)| fields.iter().take(*at).any(|other| other.name == field.name));
        if let Some((_, field)) = twice {
            self.report(faults::duplicate_output(&field.name, span));
            return None;
        }
        let matched = Match { partition, order, time, pattern, within, skip, measures, conditions };
        let kind = RelationKind::Match { input: Box::new(input), matched: Box::new(matched) };
        let names = match alias {
            Some(alias) => vec![Named::whole(self.alias(alias)?)],
            None => Vec::new(),
        };
        Some(From { relation: Relation { kind, fields, span }, names })
    }

    /// Parts are made by columns: Flink takes no expressions there.
    fn match_partition(&mut self, keys: &[ast::Expr], rows: &Scope<'_>) -> Option<Vec<usize>> {
        let mut columns = Vec::new();
        for key in keys {
            let name = match key {
                ast::Expr::Identifier(name) => name,
                ast::Expr::CompoundIdentifier(names) if self.is_qualified(names, rows) => names.last()?,
                other => {
                    let span = self.span(other);
                    self.report(faults::pattern(
                        "Flink parts rows by columns, and this key is computed",
                        "PARTITION BY column, and compute it in a query in FROM",
                        span,
                    ));
                    return None;
                }
            };
            columns.push(self.column(name, rows)?);
        }
        Some(columns)
    }

    fn match_order(
        &mut self,
        order_by: &[ast::OrderByExpr],
        rows: &Scope<'_>,
        span: Span,
    ) -> Option<(Vec<Order>, Span)> {
        let mut scope =
            Scope { fields: rows.fields, names: rows.names.clone(), groups: None, clause: "ORDER BY" };
        let mut order = Vec::new();
        for by in order_by {
            let expr = self.expr(&by.expr, &mut scope);
            let descending = by.options.sort == Some(ast::OrderBySort::Desc);
            match expr.kind {
                ExprKind::Column(_) => order.push(Order { expr, descending }),
                ExprKind::Error => return None,
                _ => {
                    self.report(faults::over_order(
                        "in the order of columns, and this is computed",
                        expr.span,
                    ));
                    return None;
                }
            }
        }
        let Some(first) = order.first().filter(|first| !first.descending) else {
            let place = order.first().map_or(span, |first| first.expr.span);
            self.report(faults::over_order("in the order of time, ascending, before anything else", place));
            return None;
        };
        let place = first.expr.span;
        Some((order, place))
    }

    /// The pattern's variables, one behind the other; what Flink has nothing for is refused.
    fn pattern(&mut self, pattern: &Pattern, span: Span) -> Option<Vec<Variable>> {
        let mut variables: Vec<Variable> = Vec::new();
        let fault = flattened(pattern, &mut variables).err().or_else(|| misplaced(&variables));
        match fault {
            Some((rule, mend)) => {
                self.report(faults::pattern(rule, mend, span));
                None
            }
            None => Some(variables),
        }
    }

    /// Without AFTER MATCH, Flink goes on at the next row, and not behind the last as SQL's standard has it.
    fn skip(&mut self, skip: Option<&AfterMatchSkip>, pattern: &[Variable]) -> Option<Skip> {
        let (name, skip) = match skip {
            None | Some(AfterMatchSkip::ToNextRow) => return Some(Skip::ToNextRow),
            Some(AfterMatchSkip::PastLastRow) => return Some(Skip::PastLastRow),
            Some(AfterMatchSkip::ToFirst(name)) => (name, Skip::ToFirst(SmolStr::new(&name.value))),
            Some(AfterMatchSkip::ToLast(name)) => (name, Skip::ToLast(SmolStr::new(&name.value))),
        };
        let span = self.places.span(name.span);
        if let Some(at) = pattern.iter().position(|variable| variable.name == name.value.as_str()) {
            if let Some((rule, mend)) = missed(pattern, at, &skip) {
                self.report(faults::pattern(rule, mend, span));
                return None;
            }
            return Some(skip);
        }
        let known = pattern.iter().map(|variable| variable.name.as_str());
        self.report(faults::unknown_variable(&name.value, span, known));
        None
    }

    /// A function of the rows of a match; `None` where it is one of a single row.
    pub(super) fn match_function(
        &mut self,
        name: &str,
        function: &ast::Function,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let time = self.matching.as_ref()?.time.clone();
        let call =
            |args: Vec<Expr>, ty: DataType| Expr { kind: ExprKind::Call(SmolStr::new(name), args), ty, span };
        let aggregate = aggregate::named(function).filter(|which| !is_end(*which));
        match (name, aggregate) {
            (ROWTIME, _) => Some(call(Vec::new(), DataType::plain(time))),
            ("PREV" | "NEXT" | "CLASSIFIER" | "MATCH_NUMBER" | "MATCH_PROCTIME", _) => {
                self.report(faults::pattern(
                    "Flink has no such function of a match's rows, or none that is the same at each run",
                    "FIRST(A.column), LAST(A.column, n), an aggregate, or MATCH_ROWTIME()",
                    span,
                ));
                Some(error(span))
            }
            ("FIRST" | "LAST", _) => {
                let args = self.match_arguments(function, scope)?;
                let offset = match args.get(1).map(|offset| &offset.kind) {
                    None => Some(0),
                    Some(ExprKind::Literal(Literal::Number(text))) => text.parse::<u32>().ok(),
                    Some(_) => None,
                };
                let (1 | 2, Some(offset)) = (args.len(), offset) else {
                    let form = format!("{name}(A.column) or {name}(A.column, 1)");
                    self.report(faults::wrong_arguments(name, &[], &[form], span));
                    return Some(error(span));
                };
                if self.several_variables(args.first(), span) {
                    return Some(error(span));
                }
                let mut ty = args.first().map(|value| derived(value.ty.base.clone(), [value]))?;
                ty.nullable |= offset > 0;
                Some(call(args, ty))
            }
            (_, Some(which)) => {
                let read = self.aggregate_call(which, function, scope, span)?;
                if read.distinct || read.filter.is_some() || read.argument.is_none() {
                    self.report(faults::pattern(
                        "Flink aggregates a match's rows without DISTINCT and FILTER, and counts a column of them",
                        &format!("{}(A.column)", which.name()),
                        span,
                    ));
                    return Some(error(span));
                }
                if self.several_variables(read.argument.as_ref(), span) {
                    return Some(error(span));
                }
                let ty = read.ty;
                Some(call(read.argument.into_iter().collect(), ty))
            }
            _ => None,
        }
    }

    /// Tells that a function is of rows of more than one variable.
    fn several_variables(&mut self, argument: Option<&Expr>, span: Span) -> bool {
        let width = self.columns_once().max(1);
        let columns = argument.map(Expr::columns).unwrap_or_default();
        let several =
            columns.iter().any(|at| columns.first().is_some_and(|first| first / width != at / width));
        if several {
            self.report(faults::pattern(
                "a function of a match's rows is of those of one variable",
                "a function of each, `LAST(A.column) + LAST(B.column)`",
                span,
            ));
        }
        several
    }

    fn match_arguments(&mut self, function: &ast::Function, scope: &mut Scope<'_>) -> Option<Vec<Expr>> {
        let FunctionArguments::List(list) = &function.args else { return Some(Vec::new()) };
        let exprs: Option<Vec<&ast::Expr>> = list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect();
        Some(exprs.unwrap_or_default().into_iter().map(|expr| self.expr(expr, scope)).collect())
    }

    /// How many columns there are, each counted once.
    pub(super) fn columns_once(&self) -> usize {
        self.matching.as_ref().map_or(usize::MAX, |matching| matching.width)
    }

    /// A column of a variable that may stand for no row may be null.
    pub(super) fn of_variable(&self, at: usize, ty: &mut DataType) {
        let Some(matching) = &self.matching else { return };
        let variable = at.checked_div(matching.width).and_then(|group| group.checked_sub(1));
        ty.nullable |= variable.is_some_and(|at| matching.optional.get(at) == Some(&true));
    }
}

/// FIRST_VALUE and LAST_VALUE are no functions of a match.
fn is_end(which: AggregateFunction) -> bool {
    matches!(which, AggregateFunction::FirstValue | AggregateFunction::LastValue)
}

/// The columns that conditions and measures read: those of any row, then those of each variable's.
fn seen(columns: &[Field], pattern: &[Variable]) -> (Vec<Field>, Vec<Named>) {
    let width = columns.len();
    let fields = std::iter::repeat_n(columns, pattern.len() + 1).flatten().cloned().collect();
    let named = |(at, variable): (usize, &Variable)| Named {
        name: variable.name.clone(),
        fields: (at + 1) * width..(at + 2) * width,
    };
    (fields, pattern.iter().enumerate().map(named).collect())
}

type Fault = (&'static str, &'static str);

/// What Flink refuses of variables beside one another.
fn misplaced(variables: &[Variable]) -> Option<Fault> {
    let twice = variables
        .iter()
        .enumerate()
        .any(|(at, variable)| variables.iter().take(at).any(|other| other.name == variable.name));
    if twice {
        return Some(("a variable stands once in Flink's patterns", "each with a name of its own"));
    }
    let greedy = |variable: &Variable| {
        variable.most != Some(1) && variable.most != Some(variable.least) && !variable.reluctant
    };
    if variables.last().is_some_and(greedy) {
        return Some((
            "Flink knows no end of a pattern whose last variable takes as many rows as it can",
            "one more variable behind it, or a reluctant quantifier, `B+?`",
        ));
    }
    if variables.iter().all(|variable| variable.least == 0) {
        return Some((
            "a pattern whose variables may all stand for no row matches nothing at all, everywhere",
            "a variable that stands for a row at least",
        ));
    }
    // `Pattern.optional` looks at the variable before, `Pattern.times` does not (Flink 2.3).
    let optional = |variable: &Variable| variable.least == 0 && matches!(variable.most, None | Some(1));
    let pairs = variables.iter().zip(variables.iter().skip(1));
    let behind = pairs.into_iter().any(|(before, variable)| greedy(before) && optional(variable));
    behind.then_some((
        "Flink has no variable that may stand for no row behind one that takes as many as it can",
        "a reluctant quantifier before it, `A+? B?`, or `B{0,2}`",
    ))
}

/// Why Flink's job would end where it skips to a variable's row: it has none, or it is the match's first, with which it would go on for ever.
fn missed(pattern: &[Variable], at: usize, skip: &Skip) -> Option<Fault> {
    let variable = pattern.get(at)?;
    if variable.least == 0 {
        return Some((
            "Flink's job ends where it skips to a variable that stands for no row",
            "a variable that always has a row, or PAST LAST ROW",
        ));
    }
    let first = pattern.iter().take(at).all(|before| before.least == 0);
    let moves = matches!(skip, Skip::ToLast(_)) && variable.least > 1;
    (first && !moves).then_some((
        "Flink's job ends where it skips to the first row of the match that it has just told",
        "a variable behind another one, TO NEXT ROW, or PAST LAST ROW",
    ))
}

fn flattened(pattern: &Pattern, variables: &mut Vec<Variable>) -> Result<(), Fault> {
    let plain = |name: &ast::Ident| Variable {
        name: SmolStr::new(&name.value),
        least: 1,
        most: Some(1),
        reluctant: false,
    };
    match pattern {
        Pattern::Symbol(Symbol::Named(name)) => variables.push(plain(name)),
        Pattern::Concat(parts) => parts.iter().try_for_each(|part| flattened(part, variables))?,
        Pattern::Group(inner) => flattened(inner, variables)?,
        Pattern::Repetition(inner, quantifier) => {
            let Pattern::Symbol(Symbol::Named(name)) = inner.as_ref() else {
                return Err((
                    "Flink repeats variables, and no groups of them",
                    "a quantifier behind a variable",
                ));
            };
            let (quantifier, reluctant) = match quantifier {
                Quantifier::Reluctant(inner) => (inner.as_ref(), true),
                other => (other, false),
            };
            let (least, most) = match quantifier {
                Quantifier::ZeroOrMore => (0, None),
                Quantifier::OneOrMore => (1, None),
                Quantifier::AtMostOne => (0, Some(1)),
                Quantifier::Exactly(count) => (*count, Some(*count)),
                Quantifier::AtLeast(least) => (*least, None),
                Quantifier::AtMost(most) => (0, Some(*most)),
                Quantifier::Range(least, most) => (*least, Some(*most)),
                Quantifier::Reluctant(_) => return Err(("a quantifier is reluctant once", "one `?`")),
            };
            if most == Some(0) || most.is_some_and(|most| most < least) {
                return Err((
                    "a variable that stands for no row",
                    "at least one, and no fewer than the first number",
                ));
            }
            if (least, most, reluctant) == (0, Some(1), true) {
                return Err(("Flink has no reluctant `?`", "`A?`, or `A*?`"));
            }
            variables.push(Variable { least, most, reluctant, ..plain(name) });
        }
        _ => {
            return Err((
                "Flink's patterns are variables one behind the other, without alternatives, PERMUTE, exclusions and anchors",
                "PATTERN (A B+ C)",
            ));
        }
    }
    Ok(())
}
