//! `OVER`: aggregates over a row and the rows before it.

use smol_str::SmolStr;
use sqlparser::ast::{
    self, FunctionArg, FunctionArgExpr, FunctionArguments, NamedWindowExpr, WindowFrameBound as Bound,
    WindowFrameUnits, WindowSpec, WindowType,
};

use super::{Binder, Scope, aggregate, derived, error, faults};
use crate::{
    source::Span,
    sql::{
        over::{Frame, Over, OverCall, OverFunction},
        plan::{AggregateFunction, Expr, ExprKind, Field, Literal, Relation, RelationKind},
        types,
    },
};

/// A thousand days: of an interval before PRECEDING, Flink takes three digits of days.
const LONGEST: u64 = 1_000 * 86_400_000;

/// What the OVERs of a SELECT list are read with, and what they came to.
pub(super) struct Overs {
    /// The columns before those of the OVERs.
    width: usize,
    /// The windows that the WINDOW clause names.
    named: Vec<(SmolStr, WindowSpec)>,
    found: Option<Over>,
}

impl Binder<'_> {
    /// Reads the WINDOW clause, for the SELECT list that is read next.
    pub(super) fn begin_overs(&mut self, select: &ast::Select, width: usize) {
        let mut named: Vec<(SmolStr, WindowSpec)> = Vec::new();
        for ast::NamedWindowDefinition(name, window) in &select.named_window {
            let spec = match window {
                NamedWindowExpr::WindowSpec(spec) => self.refined(spec, &named),
                NamedWindowExpr::NamedWindow(other) => self.named_window(other, &named),
            };
            named.extend(spec.map(|spec| (SmolStr::new(&name.value), spec)));
        }
        self.overs = Some(Overs { width, named, found: None });
    }

    /// The rows with what the OVERs of the SELECT list compute as last columns.
    pub(super) fn end_overs(&mut self, input: Relation, span: Span) -> Relation {
        let Some(over) = self.overs.take().and_then(|overs| overs.found) else { return input };
        let added = over.calls.iter().map(|call| Field { name: SmolStr::default(), ty: call.ty.clone() });
        let fields = input.fields.iter().cloned().chain(added).collect();
        let kind = RelationKind::Over { input: Box::new(input), over: Box::new(over) };
        Relation { kind, fields, span }
    }

    fn named_window(&mut self, name: &ast::Ident, named: &[(SmolStr, WindowSpec)]) -> Option<WindowSpec> {
        let found = named.iter().find(|(known, _)| *known == name.value.as_str());
        let spec = found.map(|(_, spec)| spec.clone());
        if spec.is_none() {
            let span = self.places.span(name.span);
            let names = named.iter().map(|(known, _)| known.as_str());
            self.report(faults::unknown_window(&name.value, span, names));
        }
        spec
    }

    /// A window with what the window that it names says before it.
    fn refined(&mut self, spec: &WindowSpec, named: &[(SmolStr, WindowSpec)]) -> Option<WindowSpec> {
        let Some(name) = &spec.window_name else { return Some(spec.clone()) };
        let mut whole = self.named_window(name, named)?;
        if !spec.order_by.is_empty() {
            whole.order_by.clone_from(&spec.order_by);
        }
        if spec.window_frame.is_some() {
            whole.window_frame.clone_from(&spec.window_frame);
        }
        Some(whole)
    }

    /// A call before OVER: one of the columns that OVER adds.
    pub(super) fn over(
        &mut self,
        function: &ast::Function,
        window: &WindowType,
        scope: &mut Scope<'_>,
        span: Span,
    ) -> Expr {
        // What stands inside is read without it: no OVER stands in another.
        let Some(mut overs) = self.overs.take() else {
            let clause = match (&scope.groups, scope.clause) {
                (Some(_), _) => "a query with GROUP BY",
                (None, "OVER") => "another OVER",
                (None, clause) => clause,
            };
            self.report(faults::over_here(clause, span));
            return error(span);
        };
        let read = self.over_call(function, window, scope, span, &overs.named);
        let column = read.and_then(|over| match &mut overs.found {
            None => {
                let ty = over.calls.first().map(|call| call.ty.clone());
                overs.found = Some(over);
                ty.map(|ty| (0, ty))
            }
            Some(found) if !found.same_window(&over) => {
                self.report(faults::several_overs(span));
                None
            }
            Some(found) => {
                let call = over.calls.into_iter().next()?;
                let known = found.calls.iter().position(|known| known.same(&call));
                let (at, ty) = (known.unwrap_or(found.calls.len()), call.ty.clone());
                if known.is_none() {
                    found.calls.push(call);
                }
                Some((at, ty))
            }
        });
        let width = overs.width;
        self.overs = Some(overs);
        match column {
            Some((at, ty)) => Expr { kind: ExprKind::Column(width + at), ty, span },
            None => error(span),
        }
    }

    fn over_call(
        &mut self,
        function: &ast::Function,
        window: &WindowType,
        scope: &mut Scope<'_>,
        span: Span,
        named: &[(SmolStr, WindowSpec)],
    ) -> Option<Over> {
        let spec = match window {
            WindowType::WindowSpec(spec) => self.refined(spec, named)?,
            WindowType::NamedWindow(name) => self.named_window(name, named)?,
        };
        let mut rows =
            Scope { fields: scope.fields, names: scope.names.clone(), groups: None, clause: "OVER" };
        let partition: Vec<Expr> = spec.partition_by.iter().map(|key| self.expr(key, &mut rows)).collect();
        let time = self.over_order(&spec, &mut rows, span)?;
        let frame = self.frame(spec.window_frame.as_ref(), span)?;
        let call = self.before_over(function, &mut rows, span)?;
        if matches!(call.function, OverFunction::Lag(_)) && frame != Frame::Range(None) {
            self.report(faults::lag_frame(span));
            return None;
        }
        Some(Over { partition, time, frame, calls: vec![call] })
    }

    /// Rows are ordered by one column, ascending; that it is the event time is looked at later.
    fn over_order(&mut self, spec: &WindowSpec, rows: &mut Scope<'_>, span: Span) -> Option<(usize, Span)> {
        let [order] = spec.order_by.as_slice() else {
            self.report(faults::over_order("in the order of one column, the event time", span));
            return None;
        };
        let place = self.span(&order.expr);
        if order.options.sort == Some(ast::OrderBySort::Desc) {
            self.report(faults::over_order("in the order of time, ascending", place));
            return None;
        }
        if order.options.nulls_first.is_some() || order.with_fill.is_some() {
            self.unsupported(place, "NULLS FIRST and NULLS LAST");
            return None;
        }
        let expr = self.expr(&order.expr, rows);
        match expr.kind {
            ExprKind::Column(index) => Some((index, place)),
            ExprKind::Error => None,
            _ => {
                self.report(faults::over_order("in the order of a column, and this is computed", place));
                None
            }
        }
    }

    /// Which rows count. Without a frame it is all before, and those of the same time.
    fn frame(&mut self, frame: Option<&ast::WindowFrame>, span: Span) -> Option<Frame> {
        let Some(frame) = frame else { return Some(Frame::Range(None)) };
        let ends_here = matches!(frame.end_bound, None | Some(Bound::CurrentRow));
        let (Bound::Preceding(bound), true) = (&frame.start_bound, ends_here) else {
            self.report(faults::over_frame(span));
            return None;
        };
        match (frame.units, bound.as_deref()) {
            (WindowFrameUnits::Rows, None) => Some(Frame::Rows(None)),
            (WindowFrameUnits::Range, None) => Some(Frame::Range(None)),
            (WindowFrameUnits::Range, Some(length @ ast::Expr::Interval(_))) => {
                let milliseconds = u64::try_from(self.interval(length)?).ok();
                let fitting = milliseconds.filter(|length| *length < LONGEST);
                if fitting.is_none() {
                    self.report(faults::over_frame(span));
                }
                Some(Frame::Range(Some(fitting?)))
            }
            (WindowFrameUnits::Rows, Some(ast::Expr::Value(count))) => {
                let count = match &count.value {
                    ast::Value::Number(text, _) => text.parse::<u32>().ok(),
                    _ => None,
                };
                if count.is_none() {
                    self.report(faults::over_frame(span));
                }
                count.map(|count| Frame::Rows(Some(count.into())))
            }
            _ => {
                self.report(faults::over_frame(span));
                None
            }
        }
    }

    fn before_over(
        &mut self,
        function: &ast::Function,
        rows: &mut Scope<'_>,
        span: Span,
    ) -> Option<OverCall> {
        let name = function.name.to_string().to_ascii_uppercase();
        if function.filter.is_some() {
            self.report(faults::over_filter(&name, span));
            return None;
        }
        if let Some(which) = aggregate::named(function) {
            let call = self.aggregate_call(which, function, rows, span)?;
            if matches!(call.argument, Some(Expr { kind: ExprKind::Error, .. })) {
                return None;
            }
            let (argument, distinct, ty) = (call.argument, call.distinct, call.ty);
            return Some(OverCall { function: OverFunction::Aggregate(which), argument, distinct, ty, span });
        }
        if name != "LAG" {
            let known = AggregateFunction::ALL.iter().map(|known| known.name()).chain(["LAG"]);
            let place = self.places.span_or(aggregate::name_span(function), span);
            self.report(faults::not_over(&name, place, known));
            return None;
        }
        self.lag(function, rows, span)
    }

    /// `LAG(x)`, `LAG(x, 2)`. Of a third argument Flink 2.3 takes hardly any.
    fn lag(&mut self, function: &ast::Function, rows: &mut Scope<'_>, span: Span) -> Option<OverCall> {
        let args = match &function.args {
            FunctionArguments::List(list)
                if list.duplicate_treatment.is_none()
                    && list.clauses.is_empty()
                    && function.null_treatment.is_none() =>
            {
                list.args.as_slice()
            }
            _ => &[],
        };
        let exprs: Option<Vec<&ast::Expr>> = args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect();
        let read: Vec<Expr> = exprs.unwrap_or_default().iter().map(|expr| self.expr(expr, rows)).collect();
        if read.iter().any(|expr| matches!(expr.kind, ExprKind::Error)) {
            return None;
        }
        let offset = match read.get(1).map(|offset| &offset.kind) {
            None => Some(1),
            Some(ExprKind::Literal(Literal::Number(text))) => text.parse::<u32>().ok().filter(|n| *n > 0),
            Some(_) => None,
        };
        let (1 | 2, Some(offset)) = (read.len(), offset) else {
            let forms =
                ["LAG(column)".to_owned(), "LAG(column, 2), with a constant number of rows".to_owned()];
            let given: Vec<String> = read.iter().map(|expr| types::spelled(&expr.ty.base)).collect();
            self.report(
                faults::wrong_arguments("LAG", &given, &forms, span)
                    .help("for what stands before the first row, write COALESCE(LAG(column) OVER (…), 0)"),
            );
            return None;
        };
        let argument = read.into_iter().next()?;
        let ty = derived(argument.ty.base.clone(), [&argument]).or_null();
        let function = OverFunction::Lag(offset);
        Some(OverCall { function, argument: Some(argument), distinct: false, ty, span })
    }
}
