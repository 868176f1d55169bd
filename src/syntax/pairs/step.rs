//! The lines of a test.

use pest::iterators::{Pair, Pairs};

use super::{Builder, Rule};
use crate::syntax::ast::{TestEnd, TestStep, TestStepKind};

impl<'a> Builder<'a, '_> {
    /// `given`, `when` or `expect`.
    pub(super) fn step(&mut self, pair: Pair<'a, Rule>) -> Option<TestStep> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut pairs = pair.into_inner();
        let kind = match rule {
            Rule::given => {
                let subject = pairs.peek().filter(|pair| pair.as_rule() == Rule::subject);
                let subject = subject.and_then(|subject| {
                    pairs.next();
                    Some(self.path(&subject.into_inner().next()?))
                });
                TestStepKind::Given(subject, self.expr(&mut pairs))
            }
            Rule::returns => {
                let call = self.expr(&mut pairs);
                let end = if pairs.peek()?.as_rule() == Rule::fails {
                    pairs.next();
                    let error = self.path(&pairs.next()?);
                    let is_cause = pairs.peek().is_some_and(|pair| pair.as_rule() != Rule::taking);
                    TestEnd::Fails(error, is_cause.then(|| self.expr(&mut pairs)))
                } else {
                    TestEnd::Returns(self.expr(&mut pairs))
                };
                let after = pairs.next().map(|after| self.expr(&mut after.into_inner()));
                TestStepKind::When(call, end, after)
            }
            _ => self.expect(pairs)?,
        };
        Some(TestStep { kind, span })
    }

    fn expect(&mut self, mut pairs: Pairs<'a, Rule>) -> Option<TestStepKind> {
        let first = pairs.peek()?;
        let rule = first.as_rule();
        if matches!(
            rule,
            Rule::result_word | Rule::error_word | Rule::contains | Rule::nothing | Rule::subject
        ) {
            pairs.next();
        }
        let mut subject = first.into_inner();
        Some(match rule {
            Rule::result_word => TestStepKind::Result(self.expr(&mut pairs)),
            Rule::error_word => TestStepKind::Error(self.path(&pairs.next()?), self.rest(&mut pairs)),
            Rule::contains => TestStepKind::Contains(self.path(&subject.next()?), self.expr(&mut pairs)),
            Rule::nothing => TestStepKind::Nothing(self.path(&subject.next()?)),
            Rule::subject => TestStepKind::Rows(self.path(&subject.next()?), self.expr(&mut pairs)),
            _ => {
                let mut calls = Vec::new();
                while pairs.peek().is_some_and(|pair| pair.as_rule() != Rule::in_order) {
                    calls.push(self.expr(&mut pairs));
                }
                TestStepKind::Calls(calls, pairs.next().is_some())
            }
        })
    }
}
