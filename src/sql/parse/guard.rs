//! How deep an expression may be. `a + b + c` is a tree as deep as it has operators, and everything behind the parser walks it by recursion.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The most operators in one another. The parser itself refuses more than 50 parentheses in one another.
const DEEPEST: usize = 400;

/// Words behind which another expression begins.
const BREAKS: &[&str] =
    &["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "CASE", "WHEN", "THEN", "ELSE", "END", "AS"];

/// The first operator that is too deep.
pub fn too_deep(tokens: &[TokenWithSpan]) -> Option<&TokenWithSpan> {
    // For each open parenthesis, the operators of the expression so far.
    let mut open = vec![0_usize];
    let mut depth = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen => open.push(0),
            Token::RParen => {
                depth = depth.saturating_sub(open.pop().unwrap_or_default());
                if open.is_empty() {
                    open.push(0);
                }
            }
            Token::Comma | Token::SemiColon => close(&mut open, &mut depth),
            Token::Word(word) if BREAKS.iter().any(|known| word.value.eq_ignore_ascii_case(known)) => {
                close(&mut open, &mut depth)
            }
            other if is_operator(other) => {
                depth += 1;
                if let Some(level) = open.last_mut() {
                    *level += 1;
                }
                if depth > DEEPEST {
                    return Some(token);
                }
            }
            _ => {}
        }
    }
    None
}

/// Ends the expression of the innermost parenthesis.
fn close(open: &mut [usize], depth: &mut usize) {
    if let Some(level) = open.last_mut() {
        *depth = depth.saturating_sub(*level);
        *level = 0;
    }
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => ["AND", "OR", "NOT", "IS", "LIKE", "IN", "BETWEEN"]
            .iter()
            .any(|known| word.value.eq_ignore_ascii_case(known)),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Period => {
            false
        }
        _ => true,
    }
}
