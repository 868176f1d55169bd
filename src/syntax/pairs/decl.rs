//! Items, declarations and their bodies.

use pest::iterators::{Pair, Pairs};

use super::foreign::plain_column;
use super::sentence::next_if;
use super::{Builder, Rule, Top};
use crate::source::Span;
use crate::syntax::ast::{Column, Decl, Expr, ExprKind, Field, Ident, Item, Member, Path, Sql, Use};
use crate::syntax::{faults, foreign, sql};

impl<'a> Builder<'a, '_> {
    /// What an `item` holds.
    pub(super) fn top(&mut self, pairs: Pairs<'a, Rule>) -> Top {
        let mut doc = None;
        let mut top = Top::Nothing;
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => self.hold_doc(&mut doc, &pair),
                Rule::semicolon => self.report(faults::semicolon(self.span(&pair))),
                Rule::stray_comma => self.report(faults::stray_comma(self.span(&pair))),
                Rule::use_line => {
                    self.dangling(doc.take());
                    top = Top::Use(self.use_line(pair));
                }
                Rule::decl => top = Top::Item(Item::Decl(self.top_decl(pair, take(&mut doc)))),
                Rule::grant => top = Top::Item(Item::Grant(self.grant(pair, take(&mut doc)))),
                Rule::share => top = Top::Item(Item::Share(self.share(pair, take(&mut doc)))),
                Rule::assert => top = Top::Item(Item::Assert(self.assert(pair, take(&mut doc)))),
                _ => {}
            }
        }
        self.dangling(doc);
        top
    }

    fn use_line(&mut self, pair: Pair<'a, Rule>) -> Use {
        let span = self.span(&pair);
        let mut line = Use { path: self.no_path(span), names: None, alias: None, span };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => line.path = self.path(&part),
                Rule::foreign_module => line.path = self.module(&part),
                Rule::foreign_gap => self.report(foreign::no_dot(self.span(&part))),
                Rule::use_names => {
                    line.names = Some(part.into_inner().map(|name| self.ident(&name)).collect())
                }
                _ => line.alias = Some(self.new_name(&part)),
            }
        }
        line
    }

    /// A module that is named by its file: `"lake"`, `mesh/sales`, `lake.dpl`.
    fn module(&mut self, pair: &Pair<'a, Rule>) -> Path {
        let span = self.span(pair);
        let written = pair.as_str().trim_matches('"');
        let written = written.strip_suffix(".dpl").unwrap_or(written);
        let ours = written.trim_start_matches("./").trim_matches('/').replace('/', ".");
        self.report(foreign::module(span, &ours));
        let parts = ours.split('.').map(|name| Ident { name: name.into(), span });
        Path { parts: parts.collect(), span }
    }

    fn top_decl(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Decl {
        let decl = self.decl(pair, doc);
        if decl.name.is_none() {
            self.report(faults::nameless(decl.kind.span, &decl.kind.name));
        }
        decl
    }

    /// A declaration, at the top or in a body.
    pub(super) fn decl(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Decl {
        let span = self.span(&pair);
        let decl = self.decl_parts(pair.into_inner());
        let span = self.resume.map_or(span, |end| Span::new(span.start, end));
        Decl { doc, span, ..decl }
    }

    /// The parts of a declaration in the order that the language has for them.
    pub(super) fn decl_parts(&mut self, mut pairs: Pairs<'a, Rule>) -> Decl {
        let mut decl = Decl::default();
        if let Some(create) = next_if(&mut pairs, Rule::foreign_create) {
            self.report(foreign::create(self.span(&create), create.as_str().trim_end()));
        }
        if let Some(kind) = pairs.next() {
            decl.kind = self.ident(&kind);
            decl.span = decl.kind.span;
        }
        let mut reached = 0;
        for part in pairs {
            let (rank, name) = rank(part.as_rule());
            if rank > 0 && rank <= reached {
                self.report(faults::out_of_order(self.span(&part), name, rank == reached));
            }
            reached = reached.max(rank);
            self.decl_part(&mut decl, part);
        }
        decl
    }

    fn decl_part(&mut self, decl: &mut Decl, part: Pair<'a, Rule>) {
        match part.as_rule() {
            // `versioning true`: a field, whose name was taken for a kind.
            Rule::name if matches!(part.as_str(), "true" | "false" | "none") => {
                let word = self.ident(&part);
                self.report(foreign::no_equals(decl.kind.span, word.span, &decl.kind.name, &word.name));
                decl.name = Some(word);
            }
            Rule::name => decl.name = Some(self.new_name(&part)),
            Rule::params => decl.params = Some(self.params(part)),
            Rule::result => decl.result = part.into_inner().next().map(|ty| self.type_expr(ty)),
            Rule::typed => decl.ty = part.into_inner().next().map(|ty| self.type_expr(ty)),
            Rule::target => decl.target = part.into_inner().next().map(|path| self.path(&path)),
            Rule::on_paths => decl.on = part.into_inner().map(|path| self.path(&path)).collect(),
            // An account's id is looked up as a name, which it is none.
            Rule::in_path => decl.account = part.into_inner().next().map(|path| self.unquoted(&path)),
            Rule::into_path => {
                let mut pairs = part.into_inner();
                if let Some(word) = next_if(&mut pairs, Rule::foreign_into) {
                    self.report(foreign::word(
                        self.span(&word),
                        word.as_str(),
                        "into",
                        "rows go `into` a stream",
                    ));
                }
                decl.into = pairs.next().map(|path| self.path(&path));
            }
            Rule::foreign_from => self.report(foreign::from(self.span(&part))),
            Rule::foreign_angle => {
                let (span, text) = (self.span(&part), part.as_str());
                decl.ty = part.into_inner().next().map(|ty| self.type_expr(ty));
                self.report(foreign::angle(span, text));
            }
            Rule::foreign_set => self.report(foreign::set(self.span(&part))),
            Rule::foreign_braces => decl.sql = self.braced_sql(part),
            Rule::as_sql => decl.sql = self.as_sql(part),
            Rule::value => decl.value = Some(self.expr(&mut part.into_inner())),
            Rule::body => {
                let columns = matches!(decl.kind.name.as_str(), "schema" | "table");
                let outside = std::mem::replace(&mut self.columns, columns);
                decl.body = Some(self.members(part.into_inner()));
                self.columns = outside;
            }
            _ => {}
        }
    }

    fn unquoted(&self, pair: &Pair<'a, Rule>) -> Path {
        let mut path = self.path(pair);
        if pair.as_rule() == Rule::foreign_id {
            let name = pair.as_str().trim_matches('"').into();
            path.parts = vec![Ident { name, span: path.span }];
        }
        path
    }

    fn params(&mut self, pair: Pair<'a, Rule>) -> Vec<Column> {
        let mut doc = None;
        let mut columns = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::doc => self.hold_doc(&mut doc, &part),
                _ => {
                    let span = self.span(&part);
                    columns.extend(self.column(part.into_inner(), span, take(&mut doc)));
                }
            }
        }
        columns
    }

    /// The SQL behind `as`, up to its `;`. Without one it would swallow what follows: it ends where the next item begins.
    fn as_sql(&mut self, pair: Pair<'a, Rule>) -> Option<Sql> {
        let closed = pair.as_str().ends_with(';');
        let mut pairs = pair.into_inner();
        if let Some(sign) = next_if(&mut pairs, Rule::foreign_as) {
            self.report(foreign::no_as(self.span(&sign)));
        }
        let text = pairs.next()?;
        let base = self.span(&text).start;
        let found = sql::body(text.as_str());
        for fault in &found.faults {
            self.report(fault.at(base));
        }
        let span = Span::new(base + super::offset(found.range.start), base + super::offset(found.range.end));
        if !found.open && (found.cut.is_some() || !closed) {
            self.report(faults::missing_semicolon(span));
        }
        if let Some(cut) = found.cut {
            self.resume = Some(base + super::offset(cut));
        }
        Some(Sql { span })
    }

    /// SQL in braces, where it stands behind `as`.
    fn braced_sql(&mut self, pair: Pair<'a, Rule>) -> Option<Sql> {
        let whole = self.span(&pair);
        let text = pair.into_inner().next()?;
        let span = self.span(&text);
        let sql = text.as_str().trim_end().trim_end_matches(';').trim_end();
        self.report(foreign::braces(whole, sql));
        Some(Sql { span: Span::new(span.start, span.start + super::offset(sql.len())) })
    }

    /// What stands between the braces of a declaration.
    pub(super) fn members(&mut self, pairs: Pairs<'a, Rule>) -> Vec<Member> {
        let mut doc = None;
        let mut members = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => self.hold_doc(&mut doc, &pair),
                Rule::semicolon => self.report(faults::semicolon(self.span(&pair))),
                Rule::missing_comma | Rule::missing_break => {
                    self.report(faults::missing_separator(self.span(&pair)));
                }
                Rule::bare_column | Rule::type_first => {
                    let bare = pair.as_rule() == Rule::bare_column;
                    members.extend(self.foreign_column(pair, bare, take(&mut doc)));
                }
                Rule::entry => members.extend(self.entry(pair, take(&mut doc))),
                Rule::decl => members.push(Member::Decl(Box::new(self.decl(pair, take(&mut doc))))),
                Rule::grant => members.push(Member::Deny(Box::new(self.grant(pair, take(&mut doc))))),
                Rule::given | Rule::returns | Rule::expect => {
                    self.dangling(doc.take());
                    members.extend(self.step(pair).map(Member::Step));
                }
                _ => members.extend(self.statement(pair, take(&mut doc)).map(Member::Statement)),
            }
        }
        self.dangling(doc);
        members.shrink_to_fit();
        members
    }

    /// `name = value` or `name : type`.
    fn entry(&mut self, pair: Pair<'a, Rule>, doc: Option<String>) -> Option<Member> {
        let span = self.span(&pair);
        let mut pairs = pair.into_inner();
        match pairs.clone().nth(1)?.as_rule() {
            Rule::column_type | Rule::foreign_before => {
                self.column(pairs, span, doc).map(|column| Member::Column(Box::new(column)))
            }
            rule => {
                let name = self.ident(&pairs.next()?);
                if rule == Rule::foreign_value {
                    let value = pairs.next().map_or(name.span.end, |sign| self.span(&sign).start);
                    self.report(faults::colon_for_equals(name.span, &name.name, value));
                }
                let at_most = (rule == Rule::at_most).then(|| pairs.next()).flatten();
                let at_most = at_most.map(|pair| self.span(&pair));
                let value = match name.name.as_str() {
                    // A role's `when` is read as a grant's is.
                    "when" => self.condition(&mut pairs),
                    _ => self.expr(&mut pairs),
                };
                if let Some(tails) = next_if(&mut pairs, Rule::foreign_column) {
                    let column = self.set_column(doc, name, value, tails, span);
                    return Some(Member::Column(Box::new(column)));
                }
                Some(Member::Field(Field { doc, name, at_most, value }))
            }
        }
    }

    /// `name : type` with what follows.
    fn column(&mut self, mut pairs: Pairs<'a, Rule>, span: Span, doc: Option<String>) -> Option<Column> {
        let name = self.ident(&pairs.next()?);
        let before = next_if(&mut pairs, Rule::foreign_before);
        let ty = self.type_expr(pairs.next()?);
        let mut column = plain_column(doc, name, ty, span);
        if let Some(word) = before {
            self.foreign_before(&mut column, &word);
        }
        self.column_parts(&mut column, pairs);
        Some(column)
    }

    pub(super) fn column_parts(&mut self, column: &mut Column, pairs: Pairs<'a, Rule>) {
        for part in pairs {
            self.column_part(column, part);
        }
    }

    fn column_part(&mut self, column: &mut Column, part: Pair<'a, Rule>) {
        let span = self.span(&part);
        let twice = match part.as_rule() {
            Rule::foreign_word => {
                self.foreign_word(column, &part);
                false
            }
            Rule::key_word => column.key.replace(span).is_some(),
            Rule::label => {
                column.labels.push(self.label(&part));
                false
            }
            Rule::default => column.default.replace(self.expr(&mut part.clone().into_inner())).is_some(),
            Rule::lowering => {
                let lowering = self.lowering(part.clone().into_inner());
                std::mem::replace(&mut column.lowers_to, lowering).is_some()
            }
            _ => {
                let refinement = self.refinement(part.clone());
                column.ty.refinements.extend(refinement);
                false
            }
        };
        if twice {
            self.report(faults::out_of_order(span, part.as_str(), true));
        }
    }

    /// A doc comment waits for what follows it; several join.
    pub(super) fn hold_doc(&self, doc: &mut Option<(String, Span)>, pair: &Pair<'a, Rule>) {
        let lines = pair.as_str().lines().map(|line| {
            let text = line.trim_start().trim_start_matches("///");
            text.strip_prefix(' ').unwrap_or(text).trim_end()
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let (before, span) = doc.take().map_or((None, self.span(pair)), |(text, span)| (Some(text), span));
        *doc = Some((
            before.map_or(text.clone(), |before| format!("{before}\n{text}")),
            span.to(self.span(pair)),
        ));
    }

    /// A doc comment with nothing to document behind it.
    pub(super) fn dangling(&mut self, doc: Option<(String, Span)>) {
        if let Some((_, span)) = doc {
            self.report(faults::dangling_doc(span));
        }
    }

    /// Stands in where the grammar promises a value that is not there.
    pub(super) fn no_value(&self, span: Span) -> Expr {
        Expr { kind: ExprKind::Error, span }
    }
}

/// The text of a doc comment that has found what it documents.
pub(super) fn take(doc: &mut Option<(String, Span)>) -> Option<String> {
    doc.take().map(|(text, _)| text)
}

/// Where a part of a declaration's head belongs, and what it is called.
fn rank(rule: Rule) -> (u8, &'static str) {
    match rule {
        Rule::params => (1, "("),
        Rule::result => (2, "->"),
        Rule::typed => (3, ":"),
        Rule::target => (4, "for"),
        Rule::on_paths => (5, "on"),
        Rule::in_path => (6, "in"),
        Rule::into_path => (7, "into"),
        Rule::as_sql => (8, "as"),
        Rule::value => (9, "="),
        _ => (0, ""),
    }
}
