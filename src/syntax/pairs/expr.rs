//! Expressions: the flat row of operands, postfixes and operators gets its precedence here.

use pest::iterators::{Pair, Pairs};
use smol_str::SmolStr;

use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Field, Ident, UnaryOp};
use crate::syntax::{faults, foreign};

/// How deep an expression may be, brackets and chained operators together. Every later stage walks the tree by recursion.
const MAX_HEIGHT: u32 = 1_000;

/// How strongly comparison binds; `not` takes everything that binds as strongly.
const COMPARISON: u8 = 4;

impl<'a> Builder<'a, '_> {
    /// The expression that begins with the next pair. Pairs that do not belong to it stay.
    pub(super) fn expr(&mut self, pairs: &mut Pairs<'a, Rule>) -> Expr {
        self.binary(pairs, 0, 0)
    }

    /// An expression inside another.
    pub(super) fn nested(&mut self, pairs: &mut Pairs<'a, Rule>, height: u32) -> Expr {
        self.binary(pairs, 0, height)
    }

    /// An expression in which `=` compares.
    pub(super) fn condition(&mut self, pairs: &mut Pairs<'a, Rule>) -> Expr {
        let outside = std::mem::replace(&mut self.compares, true);
        let condition = self.binary(pairs, 0, 0);
        self.compares = outside;
        condition
    }

    fn binary(&mut self, pairs: &mut Pairs<'a, Rule>, weakest: u8, height: u32) -> Expr {
        let mut left = self.negated(pairs, height);
        let mut chained = height;
        let mut compared = None;
        while let Some(infix) =
            pairs.peek().filter(|pair| matches!(pair.as_rule(), Rule::infix | Rule::among))
        {
            let span = self.span(&infix);
            let (op, power) = operator(infix.as_str());
            if power < weakest {
                break;
            }
            pairs.next();
            self.check_operator(infix.as_str(), span);
            if power == COMPARISON
                && let Some(first) = compared.replace(span)
            {
                self.report(faults::chained_comparison(span, first));
            }
            let right = self.binary(pairs, power + 1, height + 1);
            chained += 1;
            let whole = left.span.to(right.span);
            let kind = if chained == MAX_HEIGHT {
                self.report(faults::too_long(whole, MAX_HEIGHT));
                ExprKind::Error
            } else if chained > MAX_HEIGHT {
                ExprKind::Error
            } else {
                ExprKind::Binary(op, span, Box::new(left), Box::new(right))
            };
            left = Expr { kind, span: whole };
        }
        left
    }

    fn check_operator(&mut self, text: &str, span: Span) {
        match text {
            "&&" => self.report(faults::foreign_operator(span, "&&", "and")),
            "||" => self.report(faults::foreign_operator(span, "||", "or")),
            "=" if !self.compares => self.report(faults::equals_for_comparison(span)),
            _ => {}
        }
    }

    /// `not` and what it negates: a comparison, or anything that binds more strongly.
    fn negated(&mut self, pairs: &mut Pairs<'a, Rule>, height: u32) -> Expr {
        let mut nots = Vec::new();
        while let Some(pair) =
            pairs.peek().filter(|pair| matches!(pair.as_rule(), Rule::not | Rule::foreign_not))
        {
            let span = self.span(&pair);
            if pair.as_rule() == Rule::foreign_not {
                self.report(faults::foreign_operator(span, "!", "not"));
            }
            nots.push(span);
            pairs.next();
        }
        if nots.is_empty() {
            return self.unary(pairs, height);
        }
        let operand = self.binary(pairs, COMPARISON, height + 1);
        self.wrap(nots, operand, |_, operand| ExprKind::Unary(UnaryOp::Not, Box::new(operand)))
    }

    /// Puts an operand into its prefixes, the last one innermost.
    fn wrap<T: Into<Prefix>>(
        &mut self,
        prefixes: Vec<T>,
        operand: Expr,
        kind: fn(Prefix, Expr) -> ExprKind,
    ) -> Expr {
        let count = prefixes.len();
        let mut prefixes = prefixes.into_iter().map(Into::into);
        if count > MAX_HEIGHT as usize {
            let whole = prefixes.next().map_or(operand.span, |prefix: Prefix| prefix.span.to(operand.span));
            self.report(faults::too_long(whole, MAX_HEIGHT));
            return self.no_value(whole);
        }
        prefixes.rev().fold(operand, |operand, prefix| {
            let span = prefix.span.to(operand.span);
            Expr { kind: kind(prefix, operand), span }
        })
    }

    /// An operand with its prefixes and postfixes.
    pub(super) fn unary(&mut self, pairs: &mut Pairs<'a, Rule>, height: u32) -> Expr {
        let mut prefixes = Vec::new();
        let operand = loop {
            let Some(pair) = pairs.next() else {
                return self.no_value(Span::new(self.base, self.base));
            };
            match pair.as_rule() {
                Rule::minus => prefixes.push(Prefix { word: None, span: self.span(&pair), negates: true }),
                Rule::not | Rule::foreign_not => {
                    prefixes.push(Prefix { word: None, span: self.span(&pair), negates: false });
                }
                Rule::tag | Rule::run => {
                    let word = self.ident(&pair);
                    prefixes.push(Prefix { span: word.span, word: Some(word), negates: false });
                }
                _ => break self.operand(pair, height),
            }
        };
        let operand = self.postfixes(operand, pairs, height);
        if prefixes.is_empty() {
            return operand;
        }
        self.wrap(prefixes, operand, |prefix, operand| match prefix.word {
            Some(word) if word.name == "run" => ExprKind::Run(Box::new(operand)),
            Some(word) => ExprKind::Tagged(word, Box::new(operand)),
            None if prefix.negates => ExprKind::Unary(UnaryOp::Negate, Box::new(operand)),
            None => ExprKind::Unary(UnaryOp::Not, Box::new(operand)),
        })
    }

    fn postfixes(&mut self, operand: Expr, pairs: &mut Pairs<'a, Rule>, height: u32) -> Expr {
        let mut left = operand;
        let mut chained = height;
        while let Some(pair) =
            pairs.peek().filter(|pair| matches!(pair.as_rule(), Rule::args | Rule::index | Rule::dot_name))
        {
            pairs.next();
            let span = left.span.to(self.span(&pair));
            chained += 1;
            let kind = if chained >= MAX_HEIGHT {
                if chained == MAX_HEIGHT {
                    self.report(faults::too_long(span, MAX_HEIGHT));
                }
                ExprKind::Error
            } else {
                self.postfix(left, pair, height)
            };
            left = Expr { kind, span };
        }
        left
    }

    fn postfix(&mut self, left: Expr, pair: Pair<'a, Rule>, height: u32) -> ExprKind {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        match rule {
            Rule::args => ExprKind::Call(Box::new(left), self.args(inner, height)),
            Rule::index => {
                let index = self.nested(&mut inner, height + 1);
                ExprKind::Index(Box::new(left), Box::new(index))
            }
            _ => inner.next().map_or(ExprKind::Error, |name| {
                let mut name = self.ident(&name);
                name.span.end = span.end;
                ExprKind::Field(Box::new(left), name)
            }),
        }
    }

    fn args(&mut self, mut pairs: Pairs<'a, Rule>, height: u32) -> Vec<Arg> {
        let mut args = Vec::new();
        while let Some(pair) = pairs.peek() {
            let name = (pair.as_rule() == Rule::arg_name).then(|| self.ident(&pair));
            if name.is_some() {
                pairs.next();
            }
            args.push(Arg { name, value: self.nested(&mut pairs, height + 1) });
        }
        args
    }

    fn operand(&mut self, pair: Pair<'a, Rule>, height: u32) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::path => return self.path_value(&pair, span),
            Rule::plain => ExprKind::String(plain_text(pair.as_str())),
            Rule::number => self.number(pair.as_str(), span),
            Rule::list => self.listed(pair.into_inner(), height + 1),
            Rule::record => ExprKind::Record(self.fields(pair.into_inner(), height + 1)),
            Rule::paren => {
                let inner = self.nested(&mut pair.into_inner(), height + 1);
                return Expr { kind: inner.kind, span };
            }
            Rule::regex => ExprKind::String(self.regex(pair.as_str(), span)),
            Rule::template => self.template(pair, height + 1),
            Rule::star => ExprKind::Pattern(self.path(&pair)),
            Rule::foreign_quote => {
                self.report(faults::single_quotes(span, pair.as_str()));
                ExprKind::String(plain_text(pair.as_str()))
            }
            Rule::foreign_label => {
                let name = pair.as_str().trim_start_matches('@');
                self.report(foreign::label_sign(span, name));
                ExprKind::Name(SmolStr::new(name))
            }
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    /// The elements of a list.
    pub(super) fn list(&mut self, pair: Pair<'a, Rule>) -> Vec<Expr> {
        self.exprs(pair.into_inner(), 0)
    }

    /// A list: its elements, or what they are made of.
    fn listed(&mut self, pairs: Pairs<'a, Rule>, height: u32) -> ExprKind {
        let Some(made_of) = pairs.peek().filter(|pair| pair.as_rule() == Rule::made_of) else {
            return ExprKind::List(self.exprs(pairs, height));
        };
        let mut inner = made_of.into_inner();
        let Some(name) = inner.next() else { return ExprKind::Error };
        let item = self.new_name(&name);
        let mut parts = self.exprs(inner, height).into_iter().map(Box::new);
        match (parts.next(), parts.next()) {
            (Some(over), Some(element)) => ExprKind::ListOf(item, over, element, parts.next()),
            _ => ExprKind::Error,
        }
    }

    fn exprs(&mut self, mut pairs: Pairs<'a, Rule>, height: u32) -> Vec<Expr> {
        let mut list = Vec::new();
        while pairs.peek().is_some() {
            list.push(self.nested(&mut pairs, height));
        }
        list
    }

    fn fields(&mut self, pairs: Pairs<'a, Rule>, height: u32) -> Vec<Field> {
        let mut fields = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let mut inner = pair.into_inner();
            let Some(first) = inner.next() else { continue };
            let mut name = self.ident(&first);
            if first.as_rule() == Rule::plain {
                name.name = name.name.trim_matches('"').into();
            }
            if inner.peek().is_some_and(|pair| pair.as_rule() == Rule::foreign_colon) {
                inner.next();
                let value = inner.peek().map_or(name.span.end, |value| self.span(&value).start);
                self.report(faults::colon_for_equals(name.span, &name.name, value));
            }
            fields.push(Field { doc: None, name, at_most: None, value: self.nested(&mut inner, height) });
        }
        fields
    }

    /// `a.b.c`, `none`, `true`, `iam.*`.
    fn path_value(&mut self, pair: &Pair<'a, Rule>, span: Span) -> Expr {
        let text = pair.as_str();
        if text.ends_with('*') {
            return Expr { kind: ExprKind::Pattern(self.path(pair)), span };
        }
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or_default();
        let mut end = span.start + super::offset(first.len());
        let kind = match first {
            "none" => ExprKind::None,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            word @ ("and" | "catch" | "else" | "if" | "let" | "match" | "not" | "or" | "return" | "try") => {
                self.report(faults::reserved_value(Span::new(span.start, end), word));
                ExprKind::Error
            }
            name => ExprKind::Name(SmolStr::new(name)),
        };
        let mut value = Expr { kind, span: Span::new(span.start, end) };
        for (count, part) in (1..).zip(parts) {
            if count == MAX_HEIGHT {
                self.report(faults::too_long(span, MAX_HEIGHT));
                return self.no_value(span);
            }
            let name = Ident {
                name: SmolStr::new(part),
                span: Span::new(end + 1, end + 1 + super::offset(part.len())),
            };
            end = name.span.end;
            value = Expr { kind: ExprKind::Field(Box::new(value), name), span: Span::new(span.start, end) };
        }
        value
    }
}

/// What stands before an operand.
struct Prefix {
    /// `run`, `service` and the like.
    word: Option<Ident>,
    span: Span,
    negates: bool,
}

impl From<Span> for Prefix {
    fn from(span: Span) -> Self {
        Self { word: None, span, negates: false }
    }
}

/// A quoted text without escapes or braces.
fn plain_text(quoted: &str) -> Vec<crate::syntax::ast::StringPart> {
    let text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if text.is_empty() { Vec::new() } else { vec![crate::syntax::ast::StringPart::Text(text.to_owned())] }
}

/// An operator and how strongly it binds. All group from the left.
fn operator(text: &str) -> (BinaryOp, u8) {
    match text {
        "??" => (BinaryOp::Coalesce, 1),
        "or" | "||" => (BinaryOp::Or, 2),
        "and" | "&&" => (BinaryOp::And, 3),
        "!=" => (BinaryOp::NotEqual, COMPARISON),
        "<" => (BinaryOp::Less, COMPARISON),
        "<=" => (BinaryOp::LessOrEqual, COMPARISON),
        ">" => (BinaryOp::Greater, COMPARISON),
        ">=" => (BinaryOp::GreaterOrEqual, COMPARISON),
        "+" => (BinaryOp::Add, 5),
        "-" => (BinaryOp::Subtract, 5),
        "*" => (BinaryOp::Multiply, 6),
        "/" => (BinaryOp::Divide, 6),
        "%" => (BinaryOp::Remainder, 6),
        _ => (BinaryOp::Equal, COMPARISON),
    }
}
