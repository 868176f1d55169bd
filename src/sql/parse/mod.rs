//! SQL text to its syntax tree, with places in the program.

mod guard;
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

pub use places::Places;
pub use rewrite::WITHIN;

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
            diagnostics.push(insert(places.first_word()));
            None
        }
        Ok(_) => {
            diagnostics.push(no_query(places.first_word()));
            None
        }
        Err(error) => {
            diagnostics.push(syntax(&error, &places));
            None
        }
    }
}

/// Reads a condition, such as a row filter; reports where it can't be read.
pub fn condition(sources: &SourceMap, sql: Span, diagnostics: &mut Diagnostics) -> Option<(Expr, Places)> {
    let places = Places::new(sources.text(sql), sql.start);
    let tokens = tokens(sources.text(sql), &places, diagnostics)?;
    let mut parser = Parser::new(&Flink).with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr().and_then(|expr| parser.expect_token(&Token::EOF).map(|_| expr));
    match parsed {
        Ok(expr) => Some((expr, places)),
        Err(error) => {
            diagnostics.push(syntax(&error, &places));
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

fn insert(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_SYNTAX,
        span,
        "a query says behind `into` where its rows go",
        "no `INSERT INTO` here",
    )
    .help("keep the SELECT alone")
}

fn no_query(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_SYNTAX, span, "this is no query", "a SELECT is needed")
        .help("begin with SELECT")
}
