//! Aggregates, and what stands behind GROUP BY.

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Binder, Scope, derived, error, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{AggregateCall, AggregateFunction, Expr, ExprKind},
        types,
    },
};

/// Whether an expression has an aggregate in it.
pub(super) fn contains(expr: &ast::Expr) -> bool {
    use ast::Expr as E;
    match expr {
        E::Function(function) => {
            (function.over.is_none() && named(function).is_some()) || arguments(function).any(contains)
        }
        E::Nested(a)
        | E::IsNull(a)
        | E::IsNotNull(a)
        | E::IsTrue(a)
        | E::IsNotTrue(a)
        | E::IsFalse(a)
        | E::IsNotFalse(a)
        | E::IsUnknown(a)
        | E::IsNotUnknown(a) => contains(a),
        E::IsDistinctFrom(a, b) | E::IsNotDistinctFrom(a, b) => contains(a) || contains(b),
        E::Position { expr, r#in } => contains(expr) || contains(r#in),
        E::Extract { expr, .. } => contains(expr),
        E::SimilarTo { expr, pattern, .. } => contains(expr) || contains(pattern),
        E::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            [expr, overlay_what, overlay_from].into_iter().chain(overlay_for).any(|part| contains(part))
        }
        E::Array(array) => array.elem.iter().any(contains),
        E::CompoundFieldAccess { root, access_chain } => {
            let index = |part: &ast::AccessExpr| match part {
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => contains(index),
                _ => false,
            };
            contains(root) || access_chain.iter().any(index)
        }
        E::UnaryOp { expr, .. }
        | E::Cast { expr, .. }
        | E::Trim { expr, .. }
        | E::Ceil { expr, .. }
        | E::Floor { expr, .. } => contains(expr),
        E::BinaryOp { left, right, .. } => contains(left) || contains(right),
        E::Between { expr, low, high, .. } => contains(expr) || contains(low) || contains(high),
        E::In { expr, target: ast::InTarget::List(list), .. } => contains(expr) || list.iter().any(contains),
        E::Like { expr, pattern, .. } => contains(expr) || contains(pattern),
        E::Substring { expr, substring_from, substring_for, .. } => {
            contains(expr) || substring_from.iter().chain(substring_for).any(|part| contains(part))
        }
        E::Case { operand, conditions, else_result, .. } => {
            operand.iter().chain(else_result).any(|part| contains(part))
                || conditions.iter().any(|when| contains(&when.condition) || contains(&when.result))
        }
        _ => false,
    }
}

fn arguments(function: &ast::Function) -> impl Iterator<Item = &ast::Expr> {
    let list = match &function.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    })
}

/// The aggregate that a call's name stands for.
pub(super) fn named(function: &ast::Function) -> Option<AggregateFunction> {
    AggregateFunction::named(&function.name.to_string())
}

impl Binder<'_> {
    /// An aggregate behind GROUP BY: one of the group's computed columns.
    pub(super) fn aggregate(
        &mut self,
        which: AggregateFunction,
        function: &ast::Function,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        let place = self.places.span_or(name_span(function), span);
        let Some(groups) = &mut scope.groups else {
            self.report(faults::aggregate_here(which.name(), scope.clause, place));
            return error(span);
        };
        let mut rows =
            Scope { fields: scope.fields, names: scope.names.clone(), groups: None, clause: "an aggregate" };
        let Some(call) = self.aggregate_call(which, function, &mut rows, span) else { return error(span) };
        let known = groups.calls.iter().position(|known| known.same(&call));
        let at = known.unwrap_or(groups.calls.len());
        let ty = call.ty.clone();
        if known.is_none() {
            groups.calls.push(call);
        }
        Expr { kind: ExprKind::Column(groups.keys.len() + at), ty, span }
    }

    pub(super) fn aggregate_call(
        &mut self,
        which: AggregateFunction,
        function: &ast::Function,
        rows: &mut Scope<'_>,
        span: Span,
    ) -> Option<AggregateCall> {
        let FunctionArguments::List(list) = &function.args else {
            self.report(faults::wrong_arguments(which.name(), &[], &[form(which)], span));
            return None;
        };
        if !list.clauses.is_empty() || !function.within_group.is_empty() || function.null_treatment.is_some()
        {
            self.unsupported(span, &format!("this form of {}", which.name()));
            return None;
        }
        let argument = match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if which == AggregateFunction::Count => None,
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => Some(self.aggregate_argument(expr, rows)),
            _ => {
                self.report(faults::wrong_arguments(which.name(), &[], &[form(which)], span));
                return None;
            }
        };
        let filter = function.filter.as_ref().map(|filter| self.condition(filter, rows));
        // The least of distinct values is the least.
        let picks = matches!(which, AggregateFunction::Min | AggregateFunction::Max);
        let distinct = !picks && matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
        let ty = self.aggregate_type(which, argument.as_ref(), filter.is_some())?;
        // What a schema says is never null may be for Flink: no column of a source is declared so.
        if which.is_wrong_of_one(argument.as_ref()) {
            self.report(faults::never_null(which.name(), span));
        }
        Some(AggregateCall { function: which, argument, distinct, filter, ty, span })
    }

    fn aggregate_argument(&mut self, expr: &ast::Expr, rows: &mut Scope<'_>) -> Expr {
        if contains(expr) {
            let span = self.span(expr);
            self.report(faults::nested_aggregate(&expr.to_string(), span));
            return error(span);
        }
        self.expr(expr, rows)
    }

    fn aggregate_type(
        &mut self,
        which: AggregateFunction,
        argument: Option<&Expr>,
        filtered: bool,
    ) -> Option<DataType> {
        let base = match argument {
            None => Base::BigInt,
            Some(argument) => match types::aggregate(which, &argument.ty.base) {
                Some(base) => base,
                None => {
                    let given = types::spelled(&argument.ty.base);
                    self.report(
                        faults::undefined(which.name(), &[given], argument.span)
                            .help("aggregate numbers, or use MIN, MAX, COUNT"),
                    );
                    return None;
                }
            },
        };
        let mut ty = derived(base, argument);
        if which == AggregateFunction::Count {
            ty.nullable = false;
        } else {
            ty.nullable |= filtered || which.needs_two();
        }
        let clears =
            self.library.sql_functions.iter().any(|known| known.name == which.name() && known.clears_labels);
        if clears {
            ty.labels.clear();
        }
        Some(ty)
    }

    /// A column behind GROUP BY: one of the keys.
    pub(super) fn grouped_column(&mut self, column: Expr, name: &str, scope: &Scope<'_>) -> Expr {
        let Some(groups) = &scope.groups else { return column };
        match groups.keys.iter().position(|key| key.same(&column)) {
            Some(at) => {
                // A set without the key makes it null.
                let ty = groups.keys.get(at).map_or_else(|| column.ty.clone(), |key| key.ty.clone());
                Expr { kind: ExprKind::Column(at), ty, ..column }
            }
            None => {
                self.report(faults::not_grouped(name, scope.clause, column.span));
                error(column.span)
            }
        }
    }

    /// A whole expression that is one of the keys, such as `UPPER(name)`.
    pub(super) fn whole_key(&mut self, expr: &ast::Expr, scope: &Scope<'_>) -> Option<Expr> {
        let groups = scope.groups.as_ref()?;
        let computed =
            groups.keys.iter().any(|key| !matches!(key.kind, ExprKind::Column(_) | ExprKind::Error));
        if !computed || contains(expr) || matches!(expr, ast::Expr::Identifier(_) | ast::Expr::Value(_)) {
            return None;
        }
        let mut quiet = crate::diagnostic::Diagnostics::default();
        let mut binder = Binder {
            platform: self.platform,
            library: self.library,
            tables: self.tables,
            places: self.places,
            diagnostics: &mut quiet,
            views: self.views.clone(),
            overs: None,
            matching: None,
            row_filter: self.row_filter,
        };
        let mut rows =
            Scope { fields: scope.fields, names: scope.names.clone(), groups: None, clause: scope.clause };
        let value = binder.expr(expr, &mut rows);
        let at = groups.keys.iter().position(|key| key.same(&value))?;
        let ty = groups.keys.get(at).map_or_else(|| value.ty.clone(), |key| key.ty.clone());
        Some(Expr { kind: ExprKind::Column(at), ty, ..value })
    }
}

/// The place of a call's name.
pub(super) fn name_span(function: &ast::Function) -> sqlparser::tokenizer::Span {
    ast::Spanned::span(&function.name)
}

fn form(which: AggregateFunction) -> String {
    match which {
        AggregateFunction::Count => "COUNT(*), COUNT(column) or COUNT(DISTINCT column)".into(),
        _ => format!("{}(column)", which.name()),
    }
}
