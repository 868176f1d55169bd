//! `grant`, `deny`, `share` and `assert`.

use pest::iterators::{Pair, Pairs};

use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{
    Assert, AssertSubject, BinaryOp, Cap, Chosen, Effect, Expr, ExprKind, Grant, LabelTerm, Share, Sql,
};
use crate::syntax::{faults, foreign, sql};

impl<'a> Builder<'a, '_> {
    /// `grant …` or `deny …`.
    pub(super) fn grant(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Grant {
        let mut grant = Grant {
            doc,
            effect: Effect::Grant,
            caps: Vec::new(),
            on: None,
            to: None,
            filter: None,
            grant_option: None,
            conditions: Vec::new(),
            until: None,
            outside: None,
            except: None,
            span: self.span(&pair),
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::effect if part.as_str() == "deny" => grant.effect = Effect::Deny,
                Rule::cap => grant.caps.extend(self.cap(part)),
                Rule::effect => {}
                _ => self.clause(&mut grant, part),
            }
        }
        if let Some(end) = self.resume {
            grant.span.end = end;
        }
        grant
    }

    fn clause(&mut self, grant: &mut Grant, part: Pair<'a, Rule>) {
        let span = self.span(&part);
        let rule = part.as_rule();
        let mut pairs = part.into_inner();
        let (twice, word) = match rule {
            Rule::on_expr => (grant.on.replace(self.expr(&mut pairs)).is_some(), "on"),
            Rule::to_expr => {
                if let Some(word) = next_if(&mut pairs, Rule::foreign_to) {
                    self.report(foreign::word(
                        self.span(&word),
                        word.as_str(),
                        "to",
                        "receivers stand behind `to`",
                    ));
                }
                (grant.to.replace(self.receivers(&mut pairs)).is_some(), "to")
            }
            Rule::no_to => {
                let receiver = self.expr(&mut pairs);
                self.report(foreign::no_to(receiver.span));
                (grant.to.replace(receiver).is_some(), "to")
            }
            Rule::until_expr => (grant.until.replace(self.expr(&mut pairs)).is_some(), "until"),
            Rule::outside => (grant.outside.replace(self.expr(&mut pairs)).is_some(), "outside"),
            Rule::except => (grant.except.replace(self.expr(&mut pairs)).is_some(), "except"),
            Rule::grant_option => (grant.grant_option.replace(span).is_some(), "with grant option"),
            Rule::when_expr => {
                let twice = !grant.conditions.is_empty();
                let condition = self.condition(&mut pairs);
                split_and(condition, &mut grant.conditions);
                (twice, "when")
            }
            _ => {
                let filter = pairs.next().map(|text| self.where_sql(&text));
                (std::mem::replace(&mut grant.filter, filter).is_some(), "where")
            }
        };
        if twice {
            self.report(faults::out_of_order(span, word, true));
        }
    }

    /// Whoever gets something: one, a list, or several behind one another as SQL has them.
    fn receivers(&mut self, pairs: &mut Pairs<'a, Rule>) -> Expr {
        let first = self.expr(pairs);
        if pairs.peek().is_none() {
            return first;
        }
        let (mut span, mut all) = (first.span, Vec::new());
        let mut next = Some(first);
        while let Some(receiver) = next {
            span = span.to(receiver.span);
            match receiver.kind {
                ExprKind::List(items) => all.extend(items),
                _ => all.push(receiver),
            }
            next = pairs.peek().is_some().then(|| self.expr(pairs));
        }
        Expr { kind: ExprKind::List(all), span }
    }

    /// The predicate in the parentheses. Where they are never closed, it ends before the next item.
    fn where_sql(&mut self, pair: &Pair<'a, Rule>) -> Sql {
        if pair.as_rule() == Rule::bare_where {
            let span = self.span(pair);
            self.report(foreign::bare_where(span, pair.as_str()));
            return Sql { span };
        }
        let base = self.span(pair).start + 1;
        let text = pair.as_str().get(1..).unwrap_or_default();
        let found = sql::predicate(text);
        for fault in &found.faults {
            self.report(fault.at(base));
        }
        if let Some(cut) = found.cut {
            self.resume = Some(base + super::offset(cut));
        }
        Sql {
            span: Span::new(base + super::offset(found.range.start), base + super::offset(found.range.end)),
        }
    }

    fn cap(&mut self, pair: Pair<'a, Rule>) -> Option<Cap> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let path = self.path(&pairs.next()?);
        let Some(columns) = pairs.next() else { return Some(Cap { path, columns: None, span }) };
        let within = self.span(&columns);
        let mut names = columns.into_inner();
        if next_if(&mut names, Rule::foreign_star).is_some() {
            self.report(foreign::all_columns(within));
            return Some(Cap { path, columns: None, span });
        }
        Some(Cap { path, columns: Some(names.map(|part| self.chosen(part)).collect()), span })
    }

    fn chosen(&self, pair: Pair<'a, Rule>) -> Chosen {
        if pair.as_rule() != Rule::labelled {
            return Chosen::Named(self.ident(&pair));
        }
        let span = self.span(&pair);
        let terms = pair.into_inner().filter_map(|term| {
            let mut there = true;
            let mut label = None;
            for part in term.into_inner() {
                match part.as_rule() {
                    Rule::label => label = Some(self.label(&part)),
                    _ => there = false,
                }
            }
            label.map(|label| LabelTerm { there, label })
        });
        Chosen::Labelled(terms.collect(), span)
    }

    /// `share TABLE with DOMAIN as NAME`.
    pub(super) fn share(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Share {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let table = pairs.next().map_or(self.no_path(span), |pair| self.path(&pair));
        if let Some(word) = next_if(&mut pairs, Rule::foreign_with) {
            self.report(foreign::word(
                self.span(&word),
                word.as_str(),
                "with",
                "a table is shared `with` a domain",
            ));
        }
        let with = pairs.next().map_or(self.no_path(span), |pair| self.path(&pair));
        let name = match (pairs.next(), table.parts.last()) {
            (Some(name), _) => self.ident(&name),
            (None, Some(last)) => {
                self.report(foreign::no_link_name(Span::new(with.span.end, with.span.end), &last.name));
                crate::syntax::ast::Ident { name: last.name.clone(), span: with.span }
            }
            (None, None) => crate::syntax::ast::Ident { name: smol_str::SmolStr::default(), span },
        };
        Share { doc, table, with, name, span }
    }

    /// `assert …`.
    pub(super) fn assert(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Assert {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        let subject = match pairs.peek() {
            Some(pair) if pair.as_rule() == Rule::nobody => {
                pairs.next();
                self.nobody(pair)
            }
            Some(pair) if pair.as_rule() == Rule::only => {
                pairs.next();
                AssertSubject::Only(pair.into_inner().next().map(|list| self.list(list)).unwrap_or_default())
            }
            _ => AssertSubject::One(self.expr(&mut pairs)),
        };
        let on = self.no_value(span);
        let mut assert = Assert { doc, subject, can: true, caps: Vec::new(), on, filter: None, span };
        for part in pairs {
            match part.as_rule() {
                Rule::foreign_cannot => {
                    assert.can = false;
                    self.report(foreign::word(
                        self.span(&part),
                        part.as_str(),
                        "cannot",
                        "it is one word, `cannot`",
                    ));
                }
                Rule::can => assert.can = part.as_str() == "can",
                Rule::cap => assert.caps.extend(self.cap(part)),
                Rule::where_sql => assert.filter = part.into_inner().next().map(|text| self.where_sql(&text)),
                _ => assert.on = self.expr(&mut part.into_inner()),
            }
        }
        if let Some(end) = self.resume {
            assert.span.end = end;
        }
        assert
    }

    fn nobody(&mut self, pair: Pair<'a, Rule>) -> AssertSubject {
        let mut pairs = pair.into_inner();
        match pairs.next().map(|word| self.ident(&word)) {
            Some(word) => AssertSubject::None(word, pairs.next().map(|path| self.path(&path))),
            None => AssertSubject::One(self.no_value(self.nowhere())),
        }
    }
}

/// The conditions that `and` joins, one by one.
fn split_and(condition: Expr, out: &mut Vec<Expr>) {
    let mut last_first = vec![condition];
    while let Some(next) = last_first.pop() {
        match next.kind {
            ExprKind::Binary(BinaryOp::And, _, left, right) => {
                last_first.push(*right);
                last_first.push(*left);
            }
            _ => out.push(next),
        }
    }
}

/// The next pair, if it is of a rule.
pub(super) fn next_if<'a>(pairs: &mut Pairs<'a, Rule>, rule: Rule) -> Option<Pair<'a, Rule>> {
    let found = pairs.peek().filter(|pair| pair.as_rule() == rule);
    if found.is_some() {
        pairs.next();
    }
    found
}
