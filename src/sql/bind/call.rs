//! Calls of functions.

use smol_str::SmolStr;
use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{
    Binder, Scope, aggregate, collection, derived, error, faults, nested, scalar, select::arguments_text,
    window::WINDOW_COLUMNS,
};
use crate::{
    diagnostic::Diagnostic,
    library::SqlFunction,
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{AggregateFunction, Expr, ExprKind},
        types,
    },
};

/// Functions whose types follow from their arguments by rule, and so can't be declared in the standard library.
const BY_RULE: &[&str] = &["ABS", "CEIL", "COALESCE", "CONCAT", "FLOOR", "NULLIF"];

/// Functions that give another value at each run.
const CLOCKS: &[&str] = &[
    "NOW",
    "CURRENT_DATE",
    "CURRENT_ROW_TIMESTAMP",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "PROCTIME",
    "RAND",
    "RAND_INTEGER",
    "UNIX_TIMESTAMP",
    "UUID",
    "CURRENT_WATERMARK",
];

/// Whether a word is a function that gives another value at each run.
pub(super) fn is_clock(name: &str) -> bool {
    CLOCKS.iter().any(|clock| clock.eq_ignore_ascii_case(name))
}

impl Binder<'_> {
    pub(super) fn function(&mut self, function: &ast::Function, scope: &mut Scope<'_>, span: Span) -> Expr {
        let name = function.name.to_string().to_ascii_uppercase();
        let place = self.places.span_or(aggregate::name_span(function), span);
        if let Some(window) = &function.over {
            return self.over(function, window, scope, span);
        }
        if let Some(told) = self.match_function(&name, function, scope, span) {
            return told;
        }
        if let Some(which) = aggregate::named(function) {
            return self.aggregate(which, function, scope, span);
        }
        if function.filter.is_some() || function.null_treatment.is_some() || !function.within_group.is_empty()
        {
            self.unsupported(span, &format!("this form of {name}"));
            return error(span);
        }
        if let "GROUPING" | "GROUPING_ID" = name.as_str() {
            return self.grouping(&name, function, scope, span);
        }
        if is_clock(&name) {
            self.report(faults::not_deterministic(&name, place));
            return error(span);
        }
        if let Some(column) = self.window_bound(&name, function, scope, span) {
            return column;
        }
        if name == nested::ROW {
            let args = self.arguments(function, scope, span);
            return args.map_or_else(|| error(span), |args| nested::row(args, span));
        }
        if !self.is_known(&name) {
            self.report(self.unknown(&name, place));
            return error(span);
        }
        if let ("TIMESTAMPADD" | "TIMESTAMPDIFF", FunctionArguments::List(list)) =
            (name.as_str(), &function.args)
        {
            return self.of_unit(&name, &list.args, scope, span);
        }
        let Some(args) = self.arguments(function, scope, span) else { return error(span) };
        self.call(&name, args, span)
    }

    fn is_known(&self, name: &str) -> bool {
        BY_RULE.contains(&name)
            || scalar::BY_RULE.contains(&name)
            || collection::is_one(name)
            || name == nested::MAP
            || self.library.sql_functions.iter().any(|known| known.name == name)
    }

    fn unknown(&self, name: &str, place: Span) -> Diagnostic {
        let declared = self.library.sql_functions.iter().map(|known| known.name.as_str());
        let aggregates = AggregateFunction::ALL.iter().map(|function| function.name());
        let by_rule = BY_RULE.iter().chain(scalar::BY_RULE).copied();
        let collections = collection::CALLS.iter().map(|(name, _)| *name);
        let mut known: Vec<&str> = declared.chain(aggregates).chain(by_rule).chain(collections).collect();
        known.sort_unstable();
        known.dedup();
        faults::unknown_function(name, place, known.into_iter())
    }

    fn arguments(
        &mut self,
        function: &ast::Function,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Option<Vec<Expr>> {
        let list = match &function.args {
            FunctionArguments::None => return Some(Vec::new()),
            FunctionArguments::List(list)
                if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                list
            }
            _ => {
                self.unsupported(span, "this form of call");
                return None;
            }
        };
        let mut args = Vec::new();
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => args.push(self.expr(expr, scope)),
                _ => {
                    self.unsupported(span, "this argument");
                    return None;
                }
            }
        }
        Some(args)
    }

    pub(super) fn call(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        if args.iter().any(|argument| matches!(argument.kind, ExprKind::Error)) {
            return error(span);
        }
        if name == nested::MAP {
            return self.map_of(args, span);
        }
        if collection::is_one(name) {
            return self.collection_call(name, args, span);
        }
        if let Some(built) = self.by_rule(name, &args, span) {
            return built;
        }
        match name {
            "CONCAT" if !args.is_empty() => return self.concat(args, span),
            "COALESCE" if !args.is_empty() => return self.coalesce(args, span),
            "NULLIF" if args.len() == 2 => return self.null_if(args, span),
            "ABS" | "CEIL" | "FLOOR" if args.len() == 1 => return self.rounding(name, args, span),
            _ => {}
        }
        let overloads: Vec<&SqlFunction> =
            self.library.sql_functions.iter().filter(|known| known.name == name).collect();
        let fits = |function: &&&SqlFunction| {
            function.params.len() == args.len()
                && function
                    .params
                    .iter()
                    .zip(&args)
                    .all(|(param, argument)| fits_parameter(&argument.ty.base, &param.base))
        };
        match overloads.iter().find(fits) {
            Some(function) => declared_call(function, args, span),
            None => {
                let given: Vec<String> =
                    args.iter().map(|argument| types::spelled(&argument.ty.base)).collect();
                let wanted: Vec<String> = overloads.iter().map(|function| signature(function)).collect();
                let wanted = if wanted.is_empty() { vec![format!("{name}(value)")] } else { wanted };
                self.report(faults::wrong_arguments(name, &given, &wanted, span));
                error(span)
            }
        }
    }

    /// `a || b`, `CONCAT(a, b)`: null where any part is.
    pub(super) fn concat(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        if let Some(other) =
            args.iter().find(|argument| !matches!(argument.ty.base, Base::String | Base::Unknown))
        {
            self.report(
                faults::undefined("||", &[types::spelled(&other.ty.base)], other.span)
                    .help("cast it first: CAST(… AS STRING)"),
            );
            return error(span);
        }
        let ty = derived(Base::String, &args);
        Expr { kind: ExprKind::Call(SmolStr::new_static("CONCAT"), args), ty, span }
    }

    pub(super) fn coalesce(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        let Some(base) = self.common_type(args.iter().collect()) else { return error(span) };
        let nullable = args.iter().all(|argument| argument.ty.nullable);
        let ty = DataType { nullable, ..derived(base, &args) };
        Expr { kind: ExprKind::Call(SmolStr::new_static("COALESCE"), args), ty, span }
    }

    fn null_if(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        if self.common_type(args.iter().collect()).is_none() {
            return error(span);
        }
        let base = args.first().map_or(Base::Unknown, |first| first.ty.base.clone());
        let ty = derived(base, &args).or_null();
        Expr { kind: ExprKind::Call(SmolStr::new_static("NULLIF"), args), ty, span }
    }

    /// Functions of a number whose result has its type; of a decimal, rounding leaves no digits behind the point.
    fn rounding(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        let base = args.first().map_or(Base::Unknown, |first| first.ty.base.clone());
        let result = match (name, base) {
            ("ABS", base) if types::numeric(&base) => base,
            (_, Base::Decimal(precision, scale)) => {
                // One more digit for what rounding carries, as Calcite derives it.
                Base::Decimal(
                    precision.saturating_sub(scale).saturating_add(u8::from(scale > 0)).clamp(1, 38),
                    0,
                )
            }
            (_, base) if types::numeric(&base) => base,
            (_, base) => {
                self.report(faults::undefined(name, &[types::spelled(&base)], span));
                return error(span);
            }
        };
        let ty = derived(result, &args);
        Expr { kind: ExprKind::Call(SmolStr::new(name), args), ty, span }
    }

    /// Calls that have a syntax of their own.
    pub(super) fn special_call(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>, span: Span) -> Expr {
        match expr {
            ast::Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let mut args = vec![self.expr(expr, scope), self.expr(from, scope)];
                args.extend(substring_for.as_ref().map(|length| self.expr(length, scope)));
                self.call("SUBSTRING", args, span)
            }
            ast::Expr::Trim { trim_where, trim_what, expr, trim_characters: None } => {
                let characters = trim_what.as_ref().map(|what| self.expr(what, scope));
                let text = self.expr(expr, scope);
                self.trim(*trim_where, characters, text, span)
            }
            ast::Expr::Ceil { expr, field } => {
                let value = self.expr(expr, scope);
                self.cut_to("CEIL", field, value, span)
            }
            ast::Expr::Floor { expr, field } => {
                let value = self.expr(expr, scope);
                self.cut_to("FLOOR", field, value, span)
            }
            ast::Expr::Extract { field, expr, .. } => {
                let value = self.expr(expr, scope);
                self.extract(field, value, span)
            }
            ast::Expr::Position { expr, r#in } => {
                let (what, text) = (self.expr(expr, scope), self.expr(r#in, scope));
                self.position(what, text, span)
            }
            ast::Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let parts = [Some(expr), Some(overlay_what), Some(overlay_from), overlay_for.as_ref()];
                let args = parts.into_iter().flatten().map(|part| self.expr(part, scope)).collect();
                self.overlay(args, span)
            }
            ast::Expr::IsTrue(x) => self.truth("IS TRUE", x, scope, span),
            ast::Expr::IsNotTrue(x) => self.truth("IS NOT TRUE", x, scope, span),
            ast::Expr::IsFalse(x) => self.truth("IS FALSE", x, scope, span),
            ast::Expr::IsNotFalse(x) => self.truth("IS NOT FALSE", x, scope, span),
            ast::Expr::IsUnknown(x) => self.truth("IS UNKNOWN", x, scope, span),
            ast::Expr::IsNotUnknown(x) => self.truth("IS NOT UNKNOWN", x, scope, span),
            ast::Expr::IsDistinctFrom(a, b) => {
                let (a, b) = (self.expr(a, scope), self.expr(b, scope));
                self.distinct(a, b, false, span)
            }
            ast::Expr::IsNotDistinctFrom(a, b) => {
                let (a, b) = (self.expr(a, scope), self.expr(b, scope));
                self.distinct(a, b, true, span)
            }
            other => {
                self.unsupported(span, &format!("`{other}`"));
                error(span)
            }
        }
    }

    /// `TUMBLE_START(column, INTERVAL …)` and the others, of the window in GROUP BY.
    fn window_bound(
        &mut self,
        name: &str,
        function: &ast::Function,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let (window, bound) = name.split_once('_')?;
        if !matches!(window, "TUMBLE" | "HOP" | "SESSION") {
            return None;
        }
        let column = match bound {
            "START" => 0,
            "END" => 1,
            "ROWTIME" => 2,
            _ => return None,
        };
        let base = scope.fields.len().checked_sub(WINDOW_COLUMNS.len());
        let wanted = arguments_text(function);
        let matches = scope
            .groups
            .as_ref()
            .and_then(|groups| groups.window.as_ref())
            .is_some_and(|window| *window == wanted);
        let (Some(base), true) = (base, matches) else {
            self.report(faults::other_window(name, span));
            return Some(error(span));
        };
        let ty = scope.fields.get(base + column).map(|field| field.ty.clone())?;
        Some(self.grouped_column(Expr { kind: ExprKind::Column(base + column), ty, span }, name, scope))
    }
}

/// Whether an argument may stand for a parameter: of its type, or of one that all numbers of the argument's are in.
fn fits_parameter(argument: &Base, parameter: &Base) -> bool {
    types::widens(argument, parameter)
        || matches!((argument, parameter), (Base::BigInt | Base::Decimal(..), Base::Double))
}

fn declared_call(function: &SqlFunction, args: Vec<Expr>, span: Span) -> Expr {
    let mut ty = derived(function.result.base.clone(), &args);
    ty.nullable |= function.result.nullable;
    if function.clears_labels {
        ty.labels.clear();
    }
    Expr { kind: ExprKind::Call(function.name.clone(), args), ty, span }
}

fn signature(function: &SqlFunction) -> String {
    let params: Vec<String> = function.params.iter().map(|param| types::spelled(&param.base)).collect();
    format!("{}({})", function.name, params.join(", "))
}
