//! Statements.

use smol_str::SmolStr;

use super::{Builder, fault, fit, names};
use crate::{
    platform::{
        Base, DataType,
        pipeline::{Arm, Branch, Choice, Expression, ExpressionKind, LocalId, Origin, Pause, Step, StepKind},
    },
    source::Span,
    syntax::ast::{CallPolicy, Expr, ExprKind, Ident, Path, Statement, StatementKind},
};

/// A block as it was resolved.
pub(super) struct Block {
    /// What it does.
    pub(super) steps: Vec<Step>,
    /// Whether its end can be reached.
    pub(super) open: bool,
    /// What it binds.
    pub(super) bound: Vec<LocalId>,
}

/// The longest pause that Step Functions takes, in seconds.
const LONGEST_WAIT: u64 = 99_999_999;

impl Builder<'_, '_> {
    /// A block in braces.
    pub(super) fn block(&mut self, statements: &[Statement]) -> Block {
        self.names.open();
        let statements: Vec<&Statement> = statements.iter().collect();
        let (steps, open) = self.statements(&statements);
        Block { steps, open, bound: self.names.close() }
    }

    /// A block whose steps run on their own: nothing is returned from it, and nothing that follows is behind it.
    pub(super) fn apart(&mut self, word: &'static str, run: impl FnOnce(&mut Self) -> Block) -> Block {
        let (inside, last) = (self.inside.replace(word), std::mem::replace(&mut self.last, false));
        let block = run(self);
        self.inside = inside;
        self.last = last;
        block
    }

    /// Statements in order, and whether their end can be reached.
    pub(super) fn statements(&mut self, statements: &[&Statement]) -> (Vec<Step>, bool) {
        let last = self.last;
        let mut steps = Vec::with_capacity(statements.len());
        let mut ended: Option<Span> = None;
        for (at, statement) in statements.iter().enumerate() {
            if let Some(ended) = ended {
                self.report(fault::unreachable(statement.span, ended));
                break;
            }
            self.last = last && at + 1 == statements.len();
            if !self.statement(statement, &mut steps) {
                ended = Some(statement.span);
            }
        }
        self.last = last;
        (steps, ended.is_none())
    }

    /// One statement; whether what stands behind it can be reached.
    fn statement(&mut self, statement: &Statement, steps: &mut Vec<Step>) -> bool {
        let mut open = true;
        let kind = match &statement.kind {
            StatementKind::Let(name, value, policy) => self.let_in(name, value, policy),
            StatementKind::Call(call, policy) => self.plain_call(call, policy),
            StatementKind::If(arms, otherwise) => {
                let (choice, goes_on) = self.if_else(arms, otherwise.as_deref());
                open = goes_on;
                choice.map(StepKind::Choose)
            }
            StatementKind::Match(subject, arms) => {
                let (choice, goes_on) = self.match_on(subject, arms);
                open = goes_on;
                choice.map(StepKind::Choose)
            }
            StatementKind::Parallel(branches) => {
                open = self.parallel(branches, statement, steps);
                None
            }
            StatementKind::For(each) => self.for_in(each, steps),
            StatementKind::Try(body, catches) => {
                let (kind, goes_on) = self.try_catch(body, catches);
                open = goes_on;
                kind
            }
            StatementKind::Wait(expr) => self.wait(expr).map(StepKind::Wait),
            StatementKind::WaitUntil(expr) => self.wait_until(expr).map(StepKind::Wait),
            StatementKind::Fail(name, cause) => {
                open = false;
                self.fail(name, cause.as_ref())
            }
            StatementKind::Return(value) => {
                open = false;
                self.give_back(value.as_ref(), statement.span)
            }
        };
        steps.extend(kind.map(|kind| step(kind, statement)));
        open
    }

    fn let_in(&mut self, name: &Ident, value: &Expr, policy: &CallPolicy) -> Option<StepKind> {
        if self.is_call(value) {
            return self.let_call(name, value, policy);
        }
        if let Some(span) = policy_span(policy) {
            self.report(fault::policy_without_call(span));
        }
        let Some(value) = self.expression(value) else {
            self.bind_unknown(name, Origin::Value);
            return None;
        };
        let place = self.place_of(&value).cloned();
        let id = self.bind(name, value.ty.clone(), Origin::Value);
        self.places.extend(place.map(|place| (id, place)));
        Some(StepKind::Let(id, value))
    }

    fn let_call(&mut self, name: &Ident, value: &Expr, policy: &CallPolicy) -> Option<StepKind> {
        let Some(mut called) = self.call(value, policy) else {
            self.bind_unknown(name, Origin::Call);
            return None;
        };
        let Some(ty) = called.call.result.clone() else {
            self.report(fault::no_result(value.span, &called.call.function, called.declared));
            self.bind_unknown(name, Origin::Call);
            return None;
        };
        called.call.binding = Some(self.bind(name, ty, Origin::Call));
        Some(StepKind::Call(Box::new(called.call)))
    }

    /// Binds a name to something that is at fault, so that its uses are not reported as well.
    pub(super) fn bind_unknown(&mut self, name: &Ident, origin: Origin) -> LocalId {
        let id = self.bind(name, DataType::plain(Base::Unknown), origin);
        self.names.read(&name.name);
        id
    }

    fn plain_call(&mut self, call: &Expr, policy: &CallPolicy) -> Option<StepKind> {
        if !self.is_call(call) {
            if self.expression(call).is_some() {
                let name = match &call.kind {
                    ExprKind::Call(callee, _) => self.written(callee.span),
                    _ => self.written(call.span),
                };
                self.report(fault::result_dropped(call.span, &name));
            }
            return None;
        }
        let called = self.call(call, policy)?;
        if called.call.result.is_some() {
            self.report(fault::result_dropped(call.span, &called.call.function));
        }
        Some(StepKind::Call(Box::new(called.call)))
    }

    fn if_else(
        &mut self,
        arms: &[(Expr, Vec<Statement>)],
        otherwise: Option<&[Statement]>,
    ) -> (Option<Choice>, bool) {
        let boolean = DataType::plain(Base::Boolean);
        let (mut made, mut branches, mut whole) = (Vec::new(), Vec::new(), true);
        let mut refused: Vec<SmolStr> = Vec::new();
        let mut all_end = true;
        self.names.open();
        for (condition, body) in arms {
            let condition = self.expected(condition, &boolean, "`if`");
            if let Some(Expression { kind: ExpressionKind::Bool(holds), span, .. }) = condition {
                self.report(fault::constant_condition(span, holds));
            }
            self.names.open();
            if let Some(condition) = &condition {
                self.names.assume(names::present_when(condition, true));
            }
            let block = self.block(body);
            self.names.close();
            all_end &= !block.open;
            branches.push((block.open, block.bound));
            match condition {
                Some(condition) => {
                    let not = names::present_when(&condition, false);
                    refused.extend(not.iter().cloned());
                    self.names.assume(not);
                    made.push(Arm { condition, body: block.steps });
                }
                None => whole = false,
            }
        }
        let rest = otherwise.map(|body| self.block(body));
        self.names.close();
        let (steps, open, bound) =
            rest.map_or((Vec::new(), true, Vec::new()), |block| (block.steps, block.open, block.bound));
        branches.push((open, bound));
        let goes_on = branches.iter().any(|(open, _)| *open);
        self.join(branches);
        if all_end {
            self.names.assume(refused);
        }
        let choice = Choice { by_value: false, arms: made, otherwise: Some(steps) };
        (whole.then_some(choice), goes_on)
    }

    /// Binds what all branches bind that go on.
    pub(super) fn join(&mut self, branches: Vec<(bool, Vec<LocalId>)>) {
        let open: Vec<Vec<LocalId>> =
            branches.into_iter().filter(|(open, _)| *open).map(|(_, bound)| bound).collect();
        let platform = &self.context.platform;
        self.names.join(&open, |a, b| fit::common(platform, a, b));
    }

    /// Branches that are calls bind their names behind it; values that take no call are bound there as they are. The answer is whether what
    /// stands behind it can be reached: a branch that always fails ends the others.
    fn parallel(&mut self, statements: &[Statement], whole: &Statement, steps: &mut Vec<Step>) -> bool {
        let (mut branches, mut bound, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut open = true;
        for statement in statements {
            if let StatementKind::Let(_, value, _) = &statement.kind
                && !self.is_call(value)
            {
                values.push(statement);
                continue;
            }
            let block = self.apart("parallel", |this| this.block(std::slice::from_ref(statement)));
            open &= block.open || block.steps.is_empty();
            let binding = match &statement.kind {
                StatementKind::Let(..) => block.bound.first().copied(),
                _ => None,
            };
            bound.extend(binding);
            if !block.steps.is_empty() {
                branches.push(Branch { binding, body: block.steps });
            }
        }
        if !branches.is_empty() || statements.is_empty() {
            steps.push(step(StepKind::Parallel(branches), whole));
        }
        for id in bound {
            if let Err(first) = self.names.adopt(id) {
                let local =
                    self.names.local(id).map(|local| Ident { name: local.name.clone(), span: local.span });
                if let Some(name) = local {
                    self.report(fault::bound_twice(&name, first));
                }
            }
        }
        for statement in values {
            self.statement(statement, steps);
        }
        open
    }

    fn wait(&mut self, expr: &Expr) -> Option<Pause> {
        let seconds = self.seconds(expr, "a pause")?;
        if seconds > LONGEST_WAIT {
            self.report(fault::pause_too_long(expr.span));
            return None;
        }
        Some(Pause::Seconds(seconds))
    }

    fn wait_until(&mut self, expr: &Expr) -> Option<Pause> {
        let wanted = DataType::plain(Base::TimestampLtz(3));
        if let Some(instant) = self.time(expr, &wanted, "`wait until`") {
            return instant.map(|instant| Pause::Until(Box::new(instant)));
        }
        let value = self.expression(expr)?;
        if matches!(value.ty.base, Base::String | Base::Timestamp(_)) && !value.ty.nullable {
            let ty = fit::described(self.context.platform, &value.ty);
            self.report(fault::no_instant(value.span, &ty));
            return None;
        }
        let wanted = match value.ty.base {
            Base::TimestampLtz(digits) => DataType::plain(Base::TimestampLtz(digits)),
            _ => wanted,
        };
        self.must_fit(value, &wanted, "`wait until`").map(|instant| Pause::Until(Box::new(instant)))
    }

    fn fail(&mut self, name: &Path, cause: Option<&Expr>) -> Option<StepKind> {
        let error = crate::resolve::scope::dotted(name);
        if error.starts_with("States.") {
            self.report(fault::reserved_error(name.span, &error));
        }
        let cause = match cause {
            Some(cause) => {
                Some(self.expected(cause, &DataType::plain(Base::String), "the cause of a failure")?)
            }
            None => None,
        };
        Some(StepKind::Fail(error.into(), cause))
    }

    fn give_back(&mut self, value: Option<&Expr>, span: Span) -> Option<StepKind> {
        if let Some(word) = self.inside {
            self.report(fault::return_inside(span, word));
            return None;
        }
        let value = match (value, self.result.clone()) {
            (Some(value), Some(ty)) => Some(self.expected(value, &ty, "the pipeline's result")?),
            (None, None) => None,
            (Some(value), None) => {
                let name = self.context.platform.resource(self.pipeline).name.clone();
                self.report(fault::nothing_to_return(value.span, &name));
                return None;
            }
            (None, Some(ty)) if ty.nullable => None,
            (None, Some(ty)) => {
                let ty = fit::described(self.context.platform, &ty);
                self.report(fault::return_without_value(span, &ty));
                return None;
            }
        };
        Some(StepKind::Return(value))
    }
}

fn step(kind: StepKind, statement: &Statement) -> Step {
    Step { kind, doc: statement.doc.as_deref().map(SmolStr::new), span: statement.span }
}

fn policy_span(policy: &CallPolicy) -> Option<Span> {
    let written = [&policy.retry, &policy.timeout, &policy.heartbeat];
    written.into_iter().flatten().map(|expr| expr.span).next().or(policy.callback)
}

/// Whether an expression is the program's own constant.
pub(super) fn is_constant(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::None
        | ExpressionKind::Bool(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::Text(_) => true,
        ExpressionKind::Negate(inner) => is_constant(inner),
        _ => false,
    }
}
