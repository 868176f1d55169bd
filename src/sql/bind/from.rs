//! FROM: streams, queries, and windows over them.

use std::{ops::Range, rc::Rc};

use smol_str::SmolStr;
use sqlparser::ast::{self, TableFactor};

use super::{Binder, Named, Scope, exists, faults, unnest};
use crate::{
    source::Span,
    sql::{
        parse::{Parsed, ROWS},
        plan::{Relation, RelationKind},
    },
};

/// A name in FROM.
#[derive(Clone, Debug)]
pub struct TableName {
    /// Its parts, each with its place.
    pub parts: Vec<(SmolStr, Span)>,
    /// The whole as it is written, with dots.
    pub text: SmolStr,
    /// Its place.
    pub span: Span,
}

/// The names of streams in a query's FROM, and in those of the queries in it.
pub fn table_names(parsed: &Parsed) -> Vec<TableName> {
    let mut names = Vec::new();
    names_of(&parsed.query, &mut names);
    names.into_iter().map(|name| table_name(&name, parsed)).collect()
}

fn names_of(query: &ast::Query, names: &mut Vec<Vec<ast::Ident>>) {
    // What WITH names is no stream, from there on.
    let mut views: Vec<&str> = Vec::new();
    let mut add = |found: Vec<Vec<ast::Ident>>, views: &[&str]| {
        let is_view = |name: &Vec<ast::Ident>| match name.as_slice() {
            [only] => views.contains(&only.value.as_str()),
            _ => false,
        };
        names.extend(found.into_iter().filter(|name| !is_view(name)));
    };
    for view in query.with.iter().flat_map(|with| &with.cte_tables) {
        let mut found = Vec::new();
        names_of(&view.query, &mut found);
        add(found, &views);
        views.push(&view.alias.name.value);
    }
    let mut found = Vec::new();
    names_of_body(&query.body, &mut found);
    add(found, &views);
}

fn names_of_body(body: &ast::SetExpr, names: &mut Vec<Vec<ast::Ident>>) {
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        match body {
            ast::SetExpr::Select(select) => {
                let joined = select.from.iter().flat_map(|from| {
                    std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
                });
                for factor in joined {
                    match subquery(factor) {
                        Some(query) => names_of(query, names),
                        None => names.extend(stream_name(factor)),
                    }
                }
                let asked = select.selection.iter().flat_map(|condition| exists::parted(condition).0);
                asked.for_each(|asked| names_of(asked.query, names));
            }
            ast::SetExpr::SetOperation { left, right, .. } => open.extend([right.as_ref(), left.as_ref()]),
            ast::SetExpr::Query(query) => names_of(query, names),
            _ => {}
        }
    }
}

/// The query in a FROM item, or as the first argument of a window function.
fn subquery(factor: &TableFactor) -> Option<&ast::Query> {
    match factor {
        TableFactor::Derived { lateral: false, subquery, .. } => Some(subquery),
        TableFactor::MatchRecognize { table, .. } => subquery(table),
        TableFactor::Table { args: Some(arguments), .. } => match first_argument(arguments)? {
            ast::FunctionArgExpr::Expr(ast::Expr::Subquery(query)) => Some(query),
            _ => None,
        },
        _ => None,
    }
}

fn first_argument(arguments: &ast::TableFunctionArgs) -> Option<&ast::FunctionArgExpr> {
    arguments.args.first().map(|argument| match argument {
        ast::FunctionArg::Named { arg, .. }
        | ast::FunctionArg::ExprNamed { arg, .. }
        | ast::FunctionArg::Unnamed(arg) => arg,
    })
}

fn table_name(name: &[ast::Ident], parsed: &Parsed) -> TableName {
    let parts: Vec<(SmolStr, Span)> =
        name.iter().map(|part| (SmolStr::new(&part.value), parsed.places.span(part.span))).collect();
    let span = parts.iter().map(|(_, span)| *span).reduce(Span::to).unwrap_or_default();
    TableName { parts, text: dotted(name), span }
}

/// The stream that a FROM item reads: its name, or the first argument of a window function.
fn stream_name(factor: &TableFactor) -> Option<Vec<ast::Ident>> {
    match factor {
        factor if unnest::unnest(factor).is_some() => None,
        TableFactor::Table { name, args: None, .. } => idents(name),
        TableFactor::MatchRecognize { table, .. } => stream_name(table),
        TableFactor::Table { args: Some(arguments), .. } => match first_argument(arguments)? {
            ast::FunctionArgExpr::Expr(ast::Expr::Identifier(name)) => Some(vec![name.clone()]),
            ast::FunctionArgExpr::Expr(ast::Expr::CompoundIdentifier(names)) => Some(names.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn idents(name: &ast::ObjectName) -> Option<Vec<ast::Ident>> {
    name.0.iter().map(|part| part.as_ident().cloned()).collect()
}

fn dotted(name: &[ast::Ident]) -> SmolStr {
    SmolStr::new(name.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("."))
}

/// A relation of FROM with the names that may stand before its columns.
pub(super) struct From {
    pub(super) relation: Relation,
    pub(super) names: Vec<Named>,
}

impl Binder<'_> {
    /// The one relation that a query reads.
    pub(super) fn from(&mut self, select: &ast::Select) -> Option<From> {
        let (first, others) = select.from.split_first().map_or((None, [].as_slice()), |(a, b)| (Some(a), b));
        let beside: Option<Vec<unnest::Unnest<'_>>> = others
            .iter()
            .map(|other| unnest::unnest(&other.relation).filter(|_| other.joins.is_empty()))
            .collect();
        let (Some(first), Some(beside)) = (first, beside) else {
            let construct = if select.from.is_empty() {
                "a query without FROM"
            } else {
                "several tables without JOIN … ON"
            };
            let span = select.from.get(1).map_or_else(|| self.places.whole(), |second| self.span(second));
            self.unsupported(span, construct);
            return None;
        };
        // Behind a comma UNNEST is joined to each row too.
        let mut from = self.joined(first)?;
        for (written, table) in beside.iter().zip(others) {
            let span = self.places.call(self.span(&table.relation));
            from = self.unnested(from, written, false, span)?;
        }
        Some(from)
    }

    pub(super) fn factor(&mut self, factor: &TableFactor) -> Option<From> {
        let span = match factor {
            TableFactor::Table { args: Some(_), .. } => self.places.call(self.span(factor)),
            _ => self.span(factor),
        };
        if matches!(factor, TableFactor::MatchRecognize { .. }) {
            return self.match_recognize(factor, self.span(factor));
        }
        let (name, alias, args) = match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                ..
            } if with_hints.is_empty() && partitions.is_empty() => (name, alias, args),
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                return self.derived_table(subquery, alias.as_ref());
            }
            _ => {
                self.unsupported(span, "this form of FROM");
                return None;
            }
        };
        let stream = stream_name(factor);
        let relation = match args {
            None => self.scan(&stream?, span)?,
            Some(arguments) => {
                let input = match (subquery(factor), &stream) {
                    (Some(query), _) => Some(self.subquery(query)?),
                    (None, Some(stream)) => Some(self.scan(stream, span)?),
                    (None, None) => None,
                };
                match input {
                    Some(input) if name.to_string() == ROWS => input,
                    input => self.window_function(name, &arguments.args, input, span)?,
                }
            }
        };
        let last = stream_name(factor).and_then(|name| name.last().map(|part| SmolStr::new(&part.value)));
        let names = match alias {
            Some(alias) => vec![Named::whole(self.alias(alias)?)],
            None => last.into_iter().map(Named::whole).collect(),
        };
        Some(From { relation, names })
    }

    pub(super) fn alias(&mut self, alias: &ast::TableAlias) -> Option<SmolStr> {
        if alias.columns.is_empty() {
            return Some(SmolStr::new(&alias.name.value));
        }
        let span = self.places.span(alias.name.span);
        self.unsupported(span, "an alias with columns");
        None
    }

    /// `(SELECT …) AS name`.
    fn derived_table(&mut self, query: &ast::Query, alias: Option<&ast::TableAlias>) -> Option<From> {
        let relation = self.subquery(query)?;
        let names = alias.map(|alias| Some(Named::whole(self.alias(alias)?)));
        let names = names.into_iter().collect::<Option<Vec<_>>>()?;
        Some(From { relation, names })
    }

    /// A query in a query. Columns without a name have the one that Flink gives them.
    fn subquery(&mut self, query: &ast::Query) -> Option<Relation> {
        let mut relation = self.query(query)?;
        for (index, field) in
            relation.fields.iter_mut().enumerate().filter(|(_, field)| field.name.is_empty())
        {
            field.name = SmolStr::new(format!("EXPR${index}"));
        }
        Some(relation)
    }

    /// The rows of a stream; one that does not resolve is reported already.
    pub(super) fn scan(&mut self, name: &[ast::Ident], span: Span) -> Option<Relation> {
        if let [only] = name
            && let Some(at) = self.views.iter().rposition(|(view, _)| *view == only.value.as_str())
        {
            // The query sees the names before its own alone.
            let later = self.views.split_off(at);
            let query = later.first().map(|(_, query)| Rc::clone(query))?;
            let relation = self.subquery(&query);
            self.views.extend(later);
            return relation;
        }
        let table = self.tables.get(&dotted(name))?;
        Some(Relation { kind: RelationKind::Scan(table.stream), fields: table.fields.clone(), span })
    }

    /// A column by its name, in a scope; reports where there is none.
    pub(super) fn column(&mut self, name: &ast::Ident, scope: &Scope<'_>) -> Option<usize> {
        self.column_among(name, scope, 0..usize::MAX)
    }

    /// A column by its name among some of a scope's; reports where there is none, or more than one.
    pub(super) fn column_among(
        &mut self,
        name: &ast::Ident,
        scope: &Scope<'_>,
        among: Range<usize>,
    ) -> Option<usize> {
        let columns = scope.fields.iter().enumerate().filter(|(index, _)| among.contains(index));
        let mut named =
            columns.filter(|(_, field)| field.name == name.value.as_str()).map(|(index, _)| index);
        let found = named.next();
        // In a pattern, a column without a variable is that of any row.
        if found.is_some() && self.matching.is_none() && scope.names.len() > 1 && named.next().is_some() {
            let span = self.places.span_or(name.span, self.places.whole());
            self.report(faults::ambiguous(
                &name.value,
                scope.names.iter().map(|known| known.name.as_str()),
                span,
            ));
            return None;
        }
        // Flink's names differ by case; one that fits but for the case is a misspelling.
        if found.is_none() {
            let span = self.places.span_or(name.span, self.places.whole());
            self.report(self.missing_column(name, scope, span));
        }
        found
    }

    fn missing_column(
        &self,
        name: &ast::Ident,
        scope: &Scope<'_>,
        span: Span,
    ) -> crate::diagnostic::Diagnostic {
        let aliased = scope
            .groups
            .as_ref()
            .is_some_and(|groups| groups.aliases.iter().any(|alias| *alias == name.value.as_str()));
        if aliased && scope.clause != "the SELECT list" {
            return faults::alias_out_of_reach(&name.value, scope.clause, span);
        }
        let relation =
            scope.names.first().map_or_else(|| "the table".to_owned(), |named| format!("`{}`", named.name));
        faults::unknown_column(
            &name.value,
            span,
            &relation,
            // In a pattern, each variable has the same columns again.
            scope.fields.iter().take(self.columns_once()).map(|field| field.name.as_str()),
        )
    }

    /// The columns that the name before a column's means.
    pub(super) fn qualifier(&mut self, name: &ast::Ident, scope: &Scope<'_>) -> Option<Range<usize>> {
        let known = scope.names.iter().find(|known| known.name == name.value.as_str());
        let known = known.map(|known| known.fields.clone());
        if known.is_none() {
            let span = self.places.span(name.span);
            let names = scope.names.iter().map(|known| known.name.as_str());
            self.report(match self.matching {
                Some(_) => faults::unknown_variable(&name.value, span, names),
                None => faults::unknown_qualifier(&name.value, span, names),
            });
        }
        known
    }
}
