//! Semantic tokens: what a word is, where its spelling alone does not say.

use lsp_types::{SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokensLegend};

use super::document::{Document, position};
use crate::source::Span;
use crate::syntax::ast::{
    Cap, Chosen, Column, Decl, Expr, ExprKind, Grant, Item, Member, Statement, StatementKind,
};

/// The types that are told, in the order of the legend.
const TYPES: [SemanticTokenType; 9] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::CLASS,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::TYPE,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::DECORATOR,
    SemanticTokenType::METHOD,
    SemanticTokenType::NAMESPACE,
];

const KEYWORD: u32 = 0;
const CLASS: u32 = 1;
const PROPERTY: u32 = 2;
const TYPE: u32 = 3;
const VARIABLE: u32 = 4;
const FUNCTION: u32 = 5;
const DECORATOR: u32 = 6;
const METHOD: u32 = 7;
const NAMESPACE: u32 = 8;

/// What the numbers of tokens mean.
pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: TYPES.to_vec(),
        token_modifiers: vec![SemanticTokenModifier::DECLARATION],
    }
}

/// The tokens of a document, each told relative to the one before.
pub fn tokens(document: &Document) -> Vec<SemanticToken> {
    let mut painter = Painter { found: Vec::new() };
    for line in &document.module.uses {
        painter.put(line.path.span, NAMESPACE);
    }
    for item in &document.module.items {
        match item {
            Item::Decl(decl) => painter.decl(decl),
            Item::Grant(grant) => painter.grant(grant),
            Item::Share(share) => {
                painter.put(share.table.span, VARIABLE);
                painter.put(share.with.span, VARIABLE);
                painter.declare(share.name.span, VARIABLE);
            }
            Item::Assert(assert) => {
                assert.caps.iter().for_each(|cap| painter.cap(cap));
                painter.expr(&assert.on);
            }
        }
    }
    painter.found.sort_by_key(|(span, ..)| span.start);
    relative(document, &painter.found)
}

fn relative(document: &Document, found: &[(Span, u32, u32)]) -> Vec<SemanticToken> {
    let Some(file) = document.file() else { return Vec::new() };
    let (mut line, mut column, mut behind) = (0, 0, 0);
    let mut tokens = Vec::with_capacity(found.len());
    for (span, token_type, token_modifiers_bitset) in found {
        let text = document.under(*span);
        if span.start < behind || text.is_empty() || text.contains('\n') {
            continue;
        }
        behind = span.end;
        let at = position(file, span.start as usize);
        let delta_start = if at.line == line { at.character.saturating_sub(column) } else { at.character };
        tokens.push(SemanticToken {
            delta_line: at.line.saturating_sub(line),
            delta_start,
            length: u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX),
            token_type: *token_type,
            token_modifiers_bitset: *token_modifiers_bitset,
        });
        (line, column) = (at.line, at.character);
    }
    tokens
}

struct Painter {
    found: Vec<(Span, u32, u32)>,
}

impl Painter {
    fn put(&mut self, span: Span, kind: u32) {
        self.found.push((span, kind, 0));
    }

    fn declare(&mut self, span: Span, kind: u32) {
        self.found.push((span, kind, 1));
    }

    fn decl(&mut self, decl: &Decl) {
        self.put(decl.kind.span, KEYWORD);
        decl.name.iter().for_each(|name| self.declare(name.span, CLASS));
        decl.params.iter().flatten().for_each(|column| self.column(column));
        decl.result.iter().chain(&decl.ty).for_each(|ty| self.put(ty.path.span, TYPE));
        let places = decl.target.iter().chain(&decl.on).chain(&decl.account).chain(&decl.into);
        places.for_each(|path| self.put(path.span, VARIABLE));
        decl.value.iter().for_each(|value| self.expr(value));
        for member in decl.body.iter().flatten() {
            match member {
                Member::Field(field) => {
                    self.put(field.name.span, PROPERTY);
                    self.expr(&field.value);
                }
                Member::Column(column) => self.column(column),
                Member::Decl(inner) => self.decl(inner),
                Member::Statement(statement) => self.statement(statement),
                Member::Deny(grant) => self.grant(grant),
                Member::Step(_) => {}
            }
        }
    }

    fn column(&mut self, column: &Column) {
        self.declare(column.name.span, PROPERTY);
        self.put(column.ty.path.span, TYPE);
        column.labels.iter().for_each(|label| self.put(label.span, DECORATOR));
        column.default.iter().for_each(|value| self.expr(value));
    }

    fn grant(&mut self, grant: &Grant) {
        grant.caps.iter().for_each(|cap| self.cap(cap));
        grant.on.iter().chain(&grant.to).for_each(|value| self.expr(value));
    }

    fn cap(&mut self, cap: &Cap) {
        self.put(cap.path.span, METHOD);
        for chosen in cap.columns.iter().flatten() {
            match chosen {
                Chosen::Named(name) => self.put(name.span, PROPERTY),
                Chosen::Labelled(terms, _) => {
                    terms.iter().for_each(|term| self.put(term.label.span, DECORATOR));
                }
            }
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let(name, value, _) => {
                self.declare(name.span, VARIABLE);
                self.expr(value);
            }
            StatementKind::Call(value, _) | StatementKind::Wait(value) | StatementKind::WaitUntil(value) => {
                self.expr(value);
            }
            StatementKind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.expr(condition);
                    self.statements(body);
                }
                self.statements(otherwise.as_deref().unwrap_or_default());
            }
            StatementKind::Match(subject, arms) => {
                self.expr(subject);
                arms.iter().for_each(|arm| self.statements(&arm.body));
            }
            StatementKind::Parallel(body) => self.statements(body),
            StatementKind::For(each) => {
                self.declare(each.item.span, VARIABLE);
                each.ty.iter().for_each(|ty| self.put(ty.path.span, TYPE));
                self.expr(&each.over);
                self.statements(&each.body);
            }
            StatementKind::Try(body, catches) => {
                self.statements(body);
                catches.iter().for_each(|catch| self.statements(&catch.body));
            }
            StatementKind::Fail(name, cause) => {
                self.put(name.span, TYPE);
                cause.iter().for_each(|value| self.expr(value));
            }
            StatementKind::Return(value) => value.iter().for_each(|value| self.expr(value)),
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(_) => self.put(expr.span, VARIABLE),
            ExprKind::Field(of, name) => {
                self.expr(of);
                self.put(
                    Span::new(
                        name.span.end.saturating_sub(u32::try_from(name.name.len()).unwrap_or(0)),
                        name.span.end,
                    ),
                    PROPERTY,
                );
            }
            ExprKind::Call(callee, args) => {
                match &callee.kind {
                    ExprKind::Name(_) => self.put(callee.span, FUNCTION),
                    _ => self.expr(callee),
                }
                for arg in args {
                    arg.name.iter().for_each(|name| self.put(name.span, PROPERTY));
                    self.expr(&arg.value);
                }
            }
            ExprKind::Index(of, index) => {
                self.expr(of);
                self.expr(index);
            }
            ExprKind::Run(inner) | ExprKind::Tagged(_, inner) | ExprKind::Unary(_, inner) => self.expr(inner),
            ExprKind::ListOf(name, over, element, condition) => {
                self.declare(name.span, VARIABLE);
                self.expr(over);
                self.expr(element);
                condition.iter().for_each(|condition| self.expr(condition));
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Record(fields) => {
                for field in fields {
                    self.put(field.name.span, PROPERTY);
                    self.expr(&field.value);
                }
            }
            ExprKind::Binary(_, _, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            _ => {}
        }
    }
}
