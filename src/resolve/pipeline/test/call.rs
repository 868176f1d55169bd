//! Calls as tests speak of them, and what they come to.

use smol_str::{SmolStr, ToSmolStr};

use super::super::{Builder, fault};
use super::{Lines, Subject, value::is_any};
use crate::{
    platform::{
        DataType,
        pipeline::Expression,
        resource::Noun,
        test::{CallPattern, Mock, MockEnd},
    },
    resolve::{Meaning, scope::as_path, scope::dotted},
    source::Span,
    syntax::ast::{Arg, CallPolicy, Expr, ExprKind, Path, TestEnd},
};

impl Builder<'_, '_> {
    /// `when f(_) -> { result } after 30s`.
    pub(super) fn mock(
        &mut self,
        call: &Expr,
        end: &TestEnd,
        after: Option<&Expr>,
        lines: &mut Lines<'_>,
    ) -> Option<()> {
        let (call, result) = self.pattern(call, lines.subject)?;
        self.check_reached(&call, lines);
        let end = match end {
            TestEnd::Returns(value) => {
                MockEnd::Returns(self.returned(value, &call.function, result.as_ref())?)
            }
            TestEnd::Fails(error, cause) => {
                MockEnd::Fails(dotted(error).to_smolstr(), self.cause(cause.as_ref())?)
            }
        };
        let seconds = match after {
            Some(after) => self.seconds(after, "how long a call takes")?,
            None => 0,
        };
        lines.mocks.push(Mock { call, end, seconds });
        Some(())
    }

    /// A line behind one that takes every call of the same name is never taken.
    fn check_reached(&mut self, call: &CallPattern, lines: &Lines<'_>) {
        let takes_all = |mock: &&Mock| mock.call.function == call.function && mock.call.request.is_none();
        let first: Option<Span> = lines.mocks.iter().find(takes_all).map(|mock| mock.call.span);
        if let (Some(first), true) = (first, call.request.is_some()) {
            self.report(fault::never_taken(call.span, &call.function, first));
        }
    }

    /// What a mock returns.
    fn returned(
        &mut self,
        value: &Expr,
        function: &str,
        result: Option<&DataType>,
    ) -> Option<Option<Expression>> {
        let nothing = matches!(&value.kind, ExprKind::None)
            || matches!(&value.kind, ExprKind::Record(fields) if fields.is_empty());
        match result {
            Some(ty) => self.expected(value, ty, &format!("what `{function}` returns")).map(Some),
            None if nothing => Some(None),
            None => {
                self.report(fault::no_value_to_return(value.span, function));
                None
            }
        }
    }

    /// A call as the pipeline makes it, with the type of what it returns.
    pub(super) fn pattern(
        &mut self,
        call: &Expr,
        subject: &Subject,
    ) -> Option<(CallPattern, Option<DataType>)> {
        let (bare, mut is_run) = match &call.kind {
            ExprKind::Run(inner) => (inner.as_ref(), true),
            _ => (call, false),
        };
        let ExprKind::Call(callee, args) = &bare.kind else {
            self.report(fault::no_call(call.span));
            return None;
        };
        let path = as_path(callee);
        let known = path.as_ref().map(|path| self.called_name(path, subject));
        if let Some(None) = known {
            return None;
        }
        let any = matches!(args.as_slice(), [Arg { name: None, value }] if is_any(value));
        if let (Some(Some(function)), true) = (&known, any) {
            let result = subject.calls.get(function).cloned().flatten();
            let pattern = CallPattern { function: function.clone(), request: None, span: call.span };
            return Some((pattern, result));
        }
        // A test may leave `run` out.
        if let Some(Meaning::Resource(id)) = path.and_then(|path| self.context.peek(self.file, &path)) {
            is_run |= matches!(self.context.platform.resource(id).noun, Noun::Pipeline(_));
        }
        let run = Expr { kind: ExprKind::Run(Box::new(bare.clone())), span: call.span };
        self.wildcards = true;
        let called = self.call(if is_run { &run } else { bare }, &CallPolicy::default());
        self.wildcards = false;
        let called = called?.call;
        let request = Some(called.start.arguments);
        // What a loop reads has the type that the loop says.
        let result = called.result.or_else(|| subject.calls.get(&called.function).cloned().flatten());
        Some((CallPattern { function: called.function, request, span: call.span }, result))
    }

    /// The name of what is called: something that the pipeline does call.
    pub(super) fn called_name(&mut self, path: &Path, subject: &Subject) -> Option<SmolStr> {
        let name = match self.context.peek(self.file, path) {
            Some(Meaning::Resource(id)) => {
                self.context.lookup(self.file, path);
                self.context.platform.resource(id).name.clone()
            }
            _ => path.parts.last()?.name.clone(),
        };
        if subject.calls.contains_key(&name) {
            return Some(name);
        }
        // Calls that are at fault themselves are not among the calls of their pipeline.
        if !subject.faulty {
            let mut known: Vec<&str> = subject.calls.keys().map(SmolStr::as_str).collect();
            known.sort_unstable();
            self.report(fault::not_called(path.span, &name, &subject.name, &known));
        }
        None
    }
}
