//! SQL text to its syntax tree, with places in the program.

mod guard;
mod mend;
mod places;
mod rewrite;

use sqlparser::{
    ast::{Expr, Query, SetExpr, Statement},
    dialect::Dialect,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Tokenizer},
};

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    source::{SourceMap, Span},
};

pub use mend::unit_of_time;
pub use places::Places;
pub use rewrite::{MAP, ROWS, SYMMETRIC, WITHIN};

/// A query as it was written.
#[derive(Debug)]
pub struct Parsed {
    /// The tree.
    pub query: Box<Query>,
    /// Where its words stand.
    pub places: Places,
}

/// Reads a query; reports where it can't be read.
pub fn query(sources: &SourceMap, sql: Span, diagnostics: &mut Diagnostics) -> Option<Parsed> {
    if diagnostics.has_error_within(sql) {
        return None;
    }
    let places = Places::new(sources.text(sql), sql.start);
    let tokens = tokens(sources.text(sql), &places, diagnostics)?;
    match one_statement(tokens) {
        Ok(Statement::Query(query))
            if !matches!(*query.body, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_)) =>
        {
            Some(Parsed { query, places })
        }
        Ok(Statement::Insert(_)) => {
            diagnostics.push(insert(places.first_word(), sources.text(sql)));
            None
        }
        Ok(_) => {
            diagnostics.push(no_query(places.first_word()));
            None
        }
        Err(error) => {
            let readable = |text: &str| read(text).is_some_and(|tokens| one_statement(tokens).is_ok());
            diagnostics.push(mended(syntax(&error, &places), sources.text(sql), sql.start, &readable));
            None
        }
    }
}

/// Adds the mend, if a small change where reading stopped makes all of it readable.
fn mended(diagnostic: Diagnostic, text: &str, base: u32, readable: &dyn Fn(&str) -> bool) -> Diagnostic {
    let stop = diagnostic.span.start.saturating_sub(base) as usize;
    match mend::find(text, stop, base, readable) {
        Some(mend) => diagnostic.help(mend.help).fix(mend.span, mend.replacement),
        None => diagnostic,
    }
}

/// The tokens of a text that nobody is told of.
fn read(text: &str) -> Option<Vec<TokenWithSpan>> {
    let tokens = rewrite::rewrite(Tokenizer::new(&Flink, text).tokenize_with_location().ok()?);
    guard::too_deep(&tokens).is_none().then_some(tokens)
}

fn one_condition(tokens: Vec<TokenWithSpan>) -> Result<Expr, ParserError> {
    let mut parser = Parser::new(&Flink).with_tokens_with_locations(tokens);
    let expr = parser.parse_expr()?;
    parser.expect_token(&Token::EOF).map(|_| expr)
}

/// Reads a condition, such as a row filter; reports where it can't be read.
pub fn condition(sources: &SourceMap, sql: Span, diagnostics: &mut Diagnostics) -> Option<(Expr, Places)> {
    let places = Places::new(sources.text(sql), sql.start);
    let tokens = tokens(sources.text(sql), &places, diagnostics)?;
    match one_condition(tokens) {
        Ok(expr) => Some((expr, places)),
        Err(error) => {
            let readable = |text: &str| read(text).is_some_and(|tokens| one_condition(tokens).is_ok());
            diagnostics.push(mended(syntax(&error, &places), sources.text(sql), sql.start, &readable));
            None
        }
    }
}

fn tokens(text: &str, places: &Places, diagnostics: &mut Diagnostics) -> Option<Vec<TokenWithSpan>> {
    match Tokenizer::new(&Flink, text).tokenize_with_location() {
        Ok(tokens) => {
            let tokens = rewrite::rewrite(tokens);
            if let Some(token) = guard::too_deep(&tokens) {
                diagnostics.push(too_deep(places.span(token.span)));
                return None;
            }
            Some(tokens)
        }
        Err(error) => {
            diagnostics.push(syntax(&error.into(), places));
            None
        }
    }
}

fn one_statement(tokens: Vec<TokenWithSpan>) -> Result<Statement, ParserError> {
    let mut parser = Parser::new(&Flink).with_tokens_with_locations(tokens);
    let statement = parser.parse_statement()?;
    match parser.peek_token() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(statement),
        other => parser.expected("the query's end", other),
    }
}

/// Flink's words: names in backticks, text in single quotes.
#[derive(Debug)]
struct Flink;

impl Dialect for Flink {
    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_' || letter == '$'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        self.is_identifier_start(letter) || letter.is_ascii_digit()
    }

    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '`'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_match_recognize(&self) -> bool {
        true
    }

    fn supports_table_versioning(&self) -> bool {
        true
    }
}

fn syntax(error: &ParserError, places: &Places) -> Diagnostic {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => "nested too deeply",
    };
    let (text, span) = places.split_message(text);
    let text = text.strip_prefix("Expected: ").map_or_else(
        || lower_first(text),
        |rest| format!("expected {}", rest.replace(", found:", ", found")),
    );
    Diagnostic::error(catalogue::SQL_SYNTAX, span, format!("the SQL can't be read: {text}"), "not expected here")
        .help("a query is one SELECT in Flink's SQL, ended by `;`: names in backticks where they need quotes, text in single quotes")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_SYNTAX,
        span,
        "this expression is too long to be read",
        "one operator too many",
    )
    .help("write `x IN (a, b, …)` for a chain of comparisons, or compute a part in a query of its own")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn insert(span: Span, text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::SQL_SYNTAX,
        span,
        "a query says behind `into` where its rows go",
        "no `INSERT INTO` here",
    )
    .help("keep the SELECT alone");
    let select = text.to_ascii_uppercase().find("SELECT").and_then(|at| u32::try_from(at).ok());
    let skipped = text.len() - text.trim_start().len();
    let start = u32::try_from(skipped).map_or(span.start, |skipped| span.start.saturating_sub(skipped));
    match select {
        Some(select) if !text.contains('"') && !text.contains('`') => {
            diagnostic.fix(Span::new(span.start, start.saturating_add(select)), "")
        }
        _ => diagnostic,
    }
}

fn no_query(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_SYNTAX, span, "this is no query", "a SELECT is needed")
        .help("begin with SELECT")
}
