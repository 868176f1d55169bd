//! The statements of a pipeline.

use pest::iterators::{Pair, Pairs};
use smol_str::SmolStr;

use super::decl::take;
use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{
    CallPolicy, Catch, Expr, ExprKind, ForIn, Ident, MatchArm, Statement, StatementKind,
};
use crate::syntax::faults;

impl<'a> Builder<'a, '_> {
    /// The statements of a block.
    pub(super) fn statements(&mut self, pairs: Pairs<'a, Rule>) -> Vec<Statement> {
        let mut doc = None;
        let mut statements = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => self.hold_doc(&mut doc, &pair),
                Rule::semicolon => self.report(faults::semicolon(self.span(&pair))),
                Rule::missing_comma | Rule::missing_break => {
                    self.report(faults::missing_separator(self.span(&pair)));
                }
                _ => statements.extend(self.statement(pair, take(&mut doc))),
            }
        }
        self.dangling(doc);
        statements.shrink_to_fit();
        statements
    }

    /// One statement.
    pub(super) fn statement(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Option<Statement> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut pairs = pair.into_inner();
        let kind = match rule {
            Rule::let_in => {
                let name = self.new_name(&pairs.next()?);
                let value = self.expr(&mut pairs);
                StatementKind::Let(name, value, self.policy(pairs))
            }
            Rule::call => {
                let call = self.expr(&mut pairs);
                StatementKind::Call(call, self.policy(pairs))
            }
            Rule::if_else => self.if_else(pairs),
            Rule::match_on => {
                let subject = self.expr(&mut pairs);
                StatementKind::Match(subject, pairs.filter_map(|arm| self.arm(arm)).collect())
            }
            Rule::parallel => StatementKind::Parallel(self.statements(pairs.next()?.into_inner())),
            Rule::for_in => self.for_in(pairs)?,
            Rule::try_catch => {
                let body = self.statements(pairs.next()?.into_inner());
                StatementKind::Try(body, pairs.filter_map(|catch| self.catch(catch)).collect())
            }
            Rule::wait if pairs.peek()?.as_rule() == Rule::until_word => {
                pairs.next();
                StatementKind::WaitUntil(self.expr(&mut pairs))
            }
            Rule::wait => StatementKind::Wait(self.expr(&mut pairs)),
            Rule::fail => StatementKind::Fail(self.path(&pairs.next()?), self.rest(&mut pairs)),
            Rule::give_back => StatementKind::Return(self.rest(&mut pairs)),
            _ => return None,
        };
        Some(Statement { doc, kind, span })
    }

    /// The value that the pairs left make, if there are any.
    pub(super) fn rest(&mut self, pairs: &mut Pairs<'a, Rule>) -> Option<Expr> {
        pairs.peek().is_some().then(|| self.expr(pairs))
    }

    fn policy(&mut self, pairs: Pairs<'a, Rule>) -> CallPolicy {
        let mut policy = CallPolicy::default();
        for pair in pairs {
            let span = self.span(&pair);
            let (twice, word) = match pair.as_rule() {
                Rule::retry => {
                    (policy.retry.replace(Box::new(self.expr(&mut pair.into_inner()))).is_some(), "retry")
                }
                Rule::timeout => {
                    (policy.timeout.replace(Box::new(self.expr(&mut pair.into_inner()))).is_some(), "timeout")
                }
                Rule::heartbeat => (
                    policy.heartbeat.replace(Box::new(self.expr(&mut pair.into_inner()))).is_some(),
                    "heartbeat",
                ),
                _ => (policy.callback.replace(span).is_some(), "await"),
            };
            if twice {
                self.report(faults::out_of_order(span, word, true));
            }
        }
        policy
    }

    fn if_else(&mut self, mut pairs: Pairs<'a, Rule>) -> StatementKind {
        let mut arms = Vec::new();
        let mut otherwise = None;
        while let Some(pair) = pairs.peek() {
            if pair.as_rule() == Rule::otherwise {
                pairs.next();
                otherwise = pair.into_inner().next().map(|block| self.statements(block.into_inner()));
                continue;
            }
            let condition = self.expr(&mut pairs);
            let body = pairs.next().map(|block| self.statements(block.into_inner())).unwrap_or_default();
            arms.push((condition, body));
        }
        StatementKind::If(arms, otherwise)
    }

    fn arm(&mut self, pair: Pair<'a, Rule>) -> Option<MatchArm> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let pattern = if pairs.peek()?.as_rule() == Rule::else_word {
            pairs.next();
            None
        } else {
            Some(self.expr(&mut pairs))
        };
        Some(MatchArm { pattern, body: self.statements(pairs.next()?.into_inner()), span })
    }

    fn for_in(&mut self, mut pairs: Pairs<'a, Rule>) -> Option<StatementKind> {
        let item = self.new_name(&pairs.next()?);
        let typed = pairs.peek().is_some_and(|pair| pair.as_rule() == Rule::column_type);
        let ty = if typed { pairs.next().map(|pair| self.type_expr(pair)) } else { None };
        let over = self.expr(&mut pairs);
        let mut each = ForIn { item, ty, over, options: Vec::new(), body: Vec::new() };
        for pair in pairs {
            if pair.as_rule() == Rule::option {
                each.options.extend(self.option(pair.into_inner()));
            } else {
                each.body = self.statements(pair.into_inner());
            }
        }
        Some(StatementKind::For(Box::new(each)))
    }

    fn option(&mut self, mut pairs: Pairs<'a, Rule>) -> Option<(Ident, Option<Expr>)> {
        let first = pairs.next()?;
        let name = self.ident(&first);
        if first.as_rule() == Rule::flag {
            return Some((name, None));
        }
        if let Some(percent) = pairs.peek().filter(|pair| pair.as_rule() == Rule::percent) {
            let span = self.span(&percent);
            let number = SmolStr::new(percent.as_str().trim_end_matches('%'));
            let number = Expr { kind: ExprKind::Number(number), span };
            let tag = Ident { name: "percent".into(), span };
            let kind = ExprKind::Tagged(tag, Box::new(number));
            return Some((name, Some(Expr { kind, span })));
        }
        Some((name, Some(self.expr(&mut pairs))))
    }

    fn catch(&mut self, pair: Pair<'a, Rule>) -> Option<Catch> {
        let mut catch = Catch { binding: None, errors: Vec::new(), body: Vec::new(), span: self.span(&pair) };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => catch.binding = Some(self.new_name(&part)),
                Rule::path => catch.errors.push(self.path(&part)),
                _ => catch.body = self.statements(part.into_inner()),
            }
        }
        Some(catch)
    }

    /// Where nothing is left: the span just behind the piece's start.
    pub(super) fn nowhere(&self) -> Span {
        Span::new(self.base, self.base)
    }
}
