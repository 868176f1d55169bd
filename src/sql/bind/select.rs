//! SELECT: clause by clause, in the order in which they are computed.

use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{self, GroupByExpr, SelectItem, SetExpr};

use super::{
    Binder, Groups, Named, Scope, aggregate, exists, faults,
    from::From,
    grouping::{self, Grouped},
    rank,
    window::WINDOW_COLUMNS,
};
use crate::{
    platform::DataType,
    source::Span,
    sql::plan::{AggregateCall, Expr, ExprKind, Field, Relation, RelationKind, WindowShape},
};

/// What the SELECT list asks for: an expression with its name, or all columns.
enum Item<'a> {
    Expr(&'a ast::Expr, Option<&'a ast::Ident>),
    All,
}

impl Binder<'_> {
    /// The plan of a whole query.
    pub(super) fn query(&mut self, query: &ast::Query) -> Option<Relation> {
        let clauses: [(bool, &str); 6] = [
            (query.with.as_ref().is_some_and(|with| with.recursive), "WITH RECURSIVE"),
            (query.order_by.is_some(), "ORDER BY"),
            (query.limit_clause.is_some() || query.fetch.is_some(), "LIMIT"),
            (!query.locks.is_empty() || query.for_clause.is_some(), "FOR"),
            (query.settings.is_some() || query.format_clause.is_some(), "SETTINGS"),
            (!query.pipe_operators.is_empty(), "|>"),
        ];
        if let Some((_, clause)) = clauses.iter().find(|(given, _)| *given) {
            let span = self.clause_span(query, clause);
            self.unsupported(span, clause);
            return None;
        }
        // A name counts in what follows it, and in the query's own parts alone.
        let before = self.views.clone();
        for view in query.with.iter().flat_map(|with| &with.cte_tables) {
            if !view.alias.columns.is_empty() {
                let span = self.places.span(view.alias.name.span);
                self.unsupported(span, "WITH with names of columns");
                return None;
            }
            self.views.push((SmolStr::new(&view.alias.name.value), Rc::new((*view.query).clone())));
        }
        let relation = match query.body.as_ref() {
            SetExpr::Select(select) => self.select(select),
            body => self.body(body),
        };
        self.views = before;
        relation
    }

    fn body(&mut self, body: &SetExpr) -> Option<Relation> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::SetOperation { op: ast::SetOperator::Union, set_quantifier, left, right }
                if *set_quantifier == ast::SetQuantifier::All =>
            {
                let (left, right) = (self.body(left), self.body(right));
                let span = self.span(body);
                self.union(left?, right?, span)
            }
            SetExpr::SetOperation { op, .. } => {
                let span = self.span(body);
                self.unsupported(span, &format!("{op} without ALL"));
                None
            }
            SetExpr::Query(inner) => self.query(inner),
            _ => {
                let span = self.span(body);
                self.unsupported(span, "this form of query");
                None
            }
        }
    }

    fn clause_span(&self, query: &ast::Query, clause: &str) -> Span {
        match clause {
            "ORDER BY" => query.order_by.as_ref().map(|order| self.span(order)).unwrap_or_default(),
            "LIMIT" => {
                query.limit_clause.as_ref().map_or_else(|| self.places.whole(), |limit| self.span(limit))
            }
            "WITH RECURSIVE" => query.with.as_ref().map(|with| self.span(with)).unwrap_or_default(),
            _ => self.places.whole(),
        }
    }

    fn select(&mut self, select: &ast::Select) -> Option<Relation> {
        self.refuse_clauses(select)?;
        let From { mut relation, names } = self.from(select)?;
        let numbered = rank::number_of(&relation);
        if let Some(condition) = &select.selection {
            let (asked, others) = exists::parted(condition);
            // A condition without other queries is read as it stands.
            let others = if asked.is_empty() { vec![condition] } else { others };
            for condition in others {
                let mut scope =
                    Scope { fields: &relation.fields, names: names.clone(), groups: None, clause: "WHERE" };
                let condition = self.condition(condition, &mut scope);
                relation = filtered(relation, condition);
            }
            for asked in asked {
                relation = self.asked(relation, &names, &asked)?;
            }
        }
        self.check_limited(&relation, numbered);
        let items = self.items(select)?;
        let GroupByExpr::Expressions(keys, modifiers) = &select.group_by else {
            self.unsupported(self.places.whole(), "GROUP BY ALL");
            return None;
        };
        if !modifiers.is_empty() {
            self.unsupported(self.places.whole(), "GROUP BY with a modifier");
            return None;
        }
        let in_items =
            items.iter().any(|item| matches!(item, Item::Expr(expr, _) if aggregate::contains(expr)));
        let grouped = !keys.is_empty() || select.having.is_some() || in_items;
        if grouped {
            self.grouped(select, relation, names, keys, &items)
        } else {
            Some(self.projected(relation, names, &items, select))
        }
    }

    fn refuse_clauses(&mut self, select: &ast::Select) -> Option<()> {
        let clauses = [
            (select.distinct.is_some(), "SELECT DISTINCT"),
            (select.top.is_some(), "TOP"),
            (select.into.is_some(), "SELECT INTO"),
            (!select.lateral_views.is_empty(), "LATERAL VIEW"),
            (select.prewhere.is_some(), "PREWHERE"),
            (!select.connect_by.is_empty(), "CONNECT BY"),
            (!select.cluster_by.is_empty(), "CLUSTER BY"),
            (!select.distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!select.sort_by.is_empty(), "SORT BY"),
            (select.qualify.is_some(), "QUALIFY"),
            (select.value_table_mode.is_some() || select.exclude.is_some(), "this form of SELECT"),
        ];
        let refused = clauses.iter().find(|(given, _)| *given);
        if let Some((_, clause)) = refused {
            let span = self.places.span(select.select_token.0.span);
            self.unsupported(span, clause);
            return None;
        }
        Some(())
    }

    fn items<'a>(&mut self, select: &'a ast::Select) -> Option<Vec<Item<'a>>> {
        let mut items = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => items.push(Item::Expr(expr, None)),
                SelectItem::ExprWithAlias { expr, alias } => items.push(Item::Expr(expr, Some(alias))),
                SelectItem::Wildcard(_) => items.push(Item::All),
                other => {
                    let span = self.span(other);
                    self.unsupported(span, "this item of the SELECT list");
                    return None;
                }
            }
        }
        Some(items)
    }

    /// A query without GROUP BY and aggregates.
    fn projected(
        &mut self,
        input: Relation,
        names: Vec<Named>,
        items: &[Item<'_>],
        select: &ast::Select,
    ) -> Relation {
        let ranks = items.iter().position(|item| matches!(item, Item::Expr(expr, _) if rank::is_rank(expr)));
        let others: Vec<&Item<'_>> =
            items.iter().enumerate().filter(|(at, _)| Some(*at) != ranks).map(|(_, item)| item).collect();
        let before = ranks.map_or(0, |at| {
            let all = |item: &Item<'_>| if matches!(item, Item::All) { input.fields.len() } else { 1 };
            items.iter().take(at).map(all).sum()
        });
        let mut scope =
            Scope { fields: &input.fields, names: names.clone(), groups: None, clause: "the SELECT list" };
        self.begin_overs(select, input.fields.len());
        let mut output = self.outputs(others, &mut scope);
        let span = self.places.span(select.select_token.0.span);
        let width = input.fields.len();
        let input = self.end_overs(input, span);
        if ranks.is_some() && input.fields.len() > width {
            self.report(faults::several_overs(span));
        }
        let Some(Item::Expr(expr, alias)) = ranks.and_then(|at| items.get(at)) else {
            return project(input, output, span);
        };
        let place = self.span(*expr);
        let (ranked, number) = self.rank(expr, input, names, place);
        let name = alias.map(|alias| SmolStr::new(&alias.value)).unwrap_or_default();
        output.insert(before.min(output.len()), (name, number));
        project(ranked, output, span)
    }

    fn grouped(
        &mut self,
        select: &ast::Select,
        mut input: Relation,
        names: Vec<Named>,
        key_exprs: &[ast::Expr],
        items: &[Item<'_>],
    ) -> Option<Relation> {
        let mut window = None;
        for expr in key_exprs {
            if let Some(function) = group_window(expr) {
                input = self.group_window(function, input, &names)?;
                window = Some(arguments_text(function));
            }
        }
        let own = key_exprs.iter().filter(|expr| group_window(expr).is_none());
        let grouped = self.group_keys(own, &input, &names)?;
        if window.is_some() && !grouped.sets.is_empty() {
            let span = key_exprs.iter().map(|expr| self.span(expr)).reduce(Span::to);
            self.report(faults::sets_of_old(span.unwrap_or_default()));
            return None;
        }
        let Grouped { mut keys, sets } = grouped;
        if window.is_some() {
            let uses_time = select.to_string().to_ascii_uppercase().contains("_ROWTIME(");
            keys.extend(window_keys(&input, if uses_time { 3 } else { 2 }));
        }
        self.check_window(&input, &keys, select, key_exprs)?;
        if let Some(place) = key_exprs.iter().find(|expr| grouping::is_sets(expr)) {
            let place = self.span(place);
            self.check_sets(&input, &keys, &sets, place)?;
        }
        self.part_sessions(&mut input, &keys, window.is_some())?;
        let aliases = items.iter().filter_map(|item| match item {
            Item::Expr(_, Some(alias)) => Some(SmolStr::new(&alias.value)),
            _ => None,
        });
        let aliases: Vec<SmolStr> = aliases.collect();
        let mut calls: Vec<AggregateCall> = Vec::new();
        let in_sets = !sets.is_empty();
        let groups = Groups { keys: &keys, in_sets, calls: &mut calls, aliases, window };
        let mut scope =
            Scope { fields: &input.fields, names, groups: Some(groups), clause: "the SELECT list" };
        let output = self.outputs(items, &mut scope);
        scope.clause = "HAVING";
        let having = select.having.as_ref().map(|having| self.condition(having, &mut scope));
        let span = key_exprs
            .iter()
            .map(|expr| self.span(expr))
            .reduce(Span::to)
            .unwrap_or_else(|| self.places.span(select.select_token.0.span));
        self.check_merging(&input, &calls);
        let mut relation = aggregated(input, keys, calls, sets, span);
        if let Some(having) = having {
            relation = filtered(relation, having);
        }
        let span = self.places.span(select.select_token.0.span);
        Some(project(relation, output, span))
    }

    /// A group must have the whole window among its keys.
    fn check_window(
        &mut self,
        input: &Relation,
        keys: &[Expr],
        select: &ast::Select,
        key_exprs: &[ast::Expr],
    ) -> Option<()> {
        let windowed = input.chain().any(|relation| matches!(relation.kind, RelationKind::Window { .. }));
        let place_of = |bound: usize| {
            keys.iter()
                .find(|key| matches!(key.kind, ExprKind::Column(index) if input.bound(index) == Some(bound)))
        };
        let fault = match (windowed, place_of(0), place_of(1)) {
            (true, Some(_), Some(_)) => return Some(()),
            (true, Some(start), None) => faults::half_grouped("window_start", "window_end", start.span),
            (true, None, Some(end)) => faults::half_grouped("window_end", "window_start", end.span),
            _ => {
                let span = key_exprs.iter().map(|expr| self.span(expr)).reduce(Span::to);
                faults::updating(
                    span.unwrap_or_else(|| self.places.span(select.select_token.0.span)),
                    !key_exprs.is_empty(),
                )
            }
        };
        self.report(fault);
        None
    }

    /// Sessions are those of the keys. The older form says them in GROUP BY alone; the function must say the same ones.
    fn part_sessions(&mut self, input: &mut Relation, keys: &[Expr], of_old: bool) -> Option<()> {
        let RelationKind::Window { input: rows, shape: WindowShape::Session { keys: parts, .. }, .. } =
            &mut input.kind
        else {
            return Some(());
        };
        let is_bound =
            |key: &&Expr| !matches!(key.kind, ExprKind::Column(index) if index >= rows.fields.len());
        let own: Vec<&Expr> = keys.iter().filter(is_bound).collect();
        let columns: Option<Vec<usize>> = own
            .iter()
            .map(|key| match key.kind {
                ExprKind::Column(index) => Some(index),
                _ => None,
            })
            .collect();
        let mut columns = columns.unwrap_or_default();
        let computed = own.iter().find(|key| !matches!(key.kind, ExprKind::Column(_) | ExprKind::Error));
        let mut named = parts.clone();
        for list in [&mut columns, &mut named] {
            list.sort_unstable();
            list.dedup();
        }
        if let Some(key) = computed {
            let span = key.span;
            self.report(faults::session_of_expression(span));
            return None;
        }
        if of_old {
            *parts = columns;
            return Some(());
        }
        if columns != named {
            let name = |index: &usize| rows.field(*index).map_or("", |field| field.name.as_str());
            let wanted: Vec<&str> = columns.iter().map(name).collect();
            let fault = faults::session_keys(&wanted, input.span);
            self.report(fault);
            return None;
        }
        Some(())
    }

    /// Aggregates that Flink can't merge must stand over windows that it does not merge.
    fn check_merging(&mut self, input: &Relation, calls: &[AggregateCall]) {
        let windowed = input.chain().find_map(|relation| match &relation.kind {
            RelationKind::Window { shape, .. } => Some(shape),
            _ => None,
        });
        let Some(shape) = windowed.filter(|shape| !matches!(shape, WindowShape::Tumble { .. })) else {
            return;
        };
        for call in calls.iter().filter(|call| !call.function.merges(call.distinct)) {
            let distinct = if call.distinct { "(DISTINCT …)" } else { "" };
            let called = format!("{}{distinct}", call.function.name());
            self.report(faults::does_not_merge(&called, shape.name(), call.span));
        }
    }

    /// The SELECT list: each expression with its name, empty where it has none.
    fn outputs<'i, 'a: 'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i Item<'a>>,
        scope: &mut Scope<'_>,
    ) -> Vec<(SmolStr, Expr)> {
        let mut outputs = Vec::new();
        for item in items {
            match item {
                Item::All => outputs.extend(self.all_columns(scope)),
                Item::Expr(expr, alias) => {
                    let value = self.expr(expr, scope);
                    let name = alias.map_or_else(|| own_name(expr), |alias| SmolStr::new(&alias.value));
                    if !name.is_empty() && outputs.iter().any(|(known, _)| *known == name) {
                        let span = alias.map_or(value.span, |alias| self.places.span(alias.span));
                        self.report(faults::duplicate_output(&name, span));
                    }
                    outputs.push((name, value));
                }
            }
        }
        outputs
    }

    fn all_columns(&mut self, scope: &mut Scope<'_>) -> Vec<(SmolStr, Expr)> {
        let names: Vec<SmolStr> = scope.fields.iter().map(|field| field.name.clone()).collect();
        let span = self.places.whole();
        let exprs = names.into_iter().map(|name| {
            let expr = ast::Expr::Identifier(ast::Ident::new(name.as_str()));
            let mut value = self.expr(&expr, scope);
            value.span = span;
            (name, value)
        });
        exprs.collect()
    }
}

/// The name of an expression that is given none.
fn own_name(expr: &ast::Expr) -> SmolStr {
    match expr {
        ast::Expr::Identifier(name) => SmolStr::new(&name.value),
        ast::Expr::CompoundIdentifier(names) => {
            names.last().map(|name| SmolStr::new(&name.value)).unwrap_or_default()
        }
        ast::Expr::Nested(inner) => own_name(inner),
        _ => SmolStr::default(),
    }
}

/// A window of old in GROUP BY.
fn group_window(expr: &ast::Expr) -> Option<&ast::Function> {
    match expr {
        ast::Expr::Function(function) => {
            let name = function.name.to_string().to_ascii_uppercase();
            matches!(name.as_str(), "TUMBLE" | "HOP" | "SESSION").then_some(function)
        }
        _ => None,
    }
}

/// A call's arguments, to see whether two name the same window.
pub(super) fn arguments_text(function: &ast::Function) -> String {
    function.args.to_string().to_ascii_uppercase()
}

fn window_keys(input: &Relation, count: usize) -> Vec<Expr> {
    let base = input.fields.len().saturating_sub(WINDOW_COLUMNS.len());
    let fields = input.fields.iter().enumerate().skip(base).take(count);
    fields
        .map(|(index, field)| Expr { kind: ExprKind::Column(index), ty: field.ty.clone(), span: input.span })
        .collect()
}

fn project(input: Relation, output: Vec<(SmolStr, Expr)>, span: Span) -> Relation {
    let fields =
        output.iter().map(|(name, expr)| Field { name: name.clone(), ty: expr.ty.clone() }).collect();
    let exprs = output.into_iter().map(|(_, expr)| expr).collect();
    Relation { kind: RelationKind::Project { input: Box::new(input), exprs }, fields, span }
}

fn aggregated(
    input: Relation,
    keys: Vec<Expr>,
    calls: Vec<AggregateCall>,
    sets: Vec<Vec<bool>>,
    span: Span,
) -> Relation {
    let name_of = |key: &Expr| match key.kind {
        ExprKind::Column(index) => input.field(index).map(|field| field.name.clone()).unwrap_or_default(),
        _ => SmolStr::default(),
    };
    let keys_fields = keys.iter().map(|key| Field { name: name_of(key), ty: key.ty.clone() });
    let calls_fields = calls.iter().map(|call| Field { name: SmolStr::default(), ty: call.ty.clone() });
    let fields = keys_fields.chain(calls_fields).collect();
    Relation { kind: RelationKind::Aggregate { input: Box::new(input), keys, calls, sets }, fields, span }
}

/// The rows for which a condition holds; columns that are null in none of them are known not to be.
fn filtered(input: Relation, condition: Expr) -> Relation {
    let mut fields = input.fields.clone();
    for (index, field) in fields.iter_mut().enumerate() {
        if field.ty.nullable && never_null(&condition, index) {
            field.ty = DataType { nullable: false, ..field.ty.clone() };
        }
    }
    let span = condition.span;
    Relation { kind: RelationKind::Filter { input: Box::new(input), condition }, fields, span }
}

/// Whether a condition is true only where a column is not null.
fn never_null(condition: &Expr, column: usize) -> bool {
    let is_column = |expr: &Expr| matches!(expr.kind, ExprKind::Column(index) if index == column);
    match &condition.kind {
        ExprKind::And(list) => list.iter().any(|part| never_null(part, column)),
        ExprKind::Or(list) => list.iter().all(|part| never_null(part, column)),
        ExprKind::Compare(_, a, b) => is_column(a) || is_column(b),
        ExprKind::Like(a, _, _) => is_column(a),
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::IsNull(a) => is_column(a),
            ExprKind::Compare(_, a, b) => is_column(a) || is_column(b),
            _ => false,
        },
        ExprKind::Column(_) => is_column(condition),
        _ => false,
    }
}
