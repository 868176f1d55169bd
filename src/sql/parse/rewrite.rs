//! Flink's spellings that the SQL parser does not know, rewritten as tokens, each at its own place:
//!
//! | written | read |
//! | --- | --- |
//! | `TABLE(TUMBLE(TABLE s, DESCRIPTOR(c), …))` | `TUMBLE(s, c, …)` |
//! | `SESSION(TABLE s PARTITION BY (a, b), DESCRIPTOR(c), …)` | `SESSION(s, PARTITION_BY(a, b), c, …)` |
//! | `PATTERN (…) WITHIN INTERVAL … DEFINE …` | `PATTERN (…) DEFINE $WITHIN AS INTERVAL …, …` |
//! | `(SELECT …) MATCH_RECOGNIZE (…)` | `$ROWS((SELECT …)) MATCH_RECOGNIZE (…)` |
//! | `MAP[k, v, …]` | `$MAP(k, v, …)` |
//! | `BETWEEN SYMMETRIC a AND b` | `BETWEEN $SYMMETRIC \| a AND b`: `\|` binds looser than all that a bound is made of |
//! | `BETWEEN ASYMMETRIC` | `BETWEEN` |
//! | `timestamp`, `date`, … where no literal or type follows | the same in backticks |

use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// The tokens without blanks and comments, rewritten.
pub fn rewrite(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let tokens = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    bounded(partitions(unwrapped(matched(symmetric(maps(quoted(tokens)))))))
}

/// Drops `TABLE (` and `DESCRIPTOR (` with their closing parentheses, and `TABLE` before a name.
fn unwrapped(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut kept = Vec::with_capacity(tokens.len());
    // For each open parenthesis, whether it is dropped.
    let mut open = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map(|next| &next.token);
        let wraps = is_word(&token.token, "TABLE") || is_word(&token.token, "DESCRIPTOR");
        match &token.token {
            _ if wraps && next == Some(&Token::LParen) => {
                tokens.next();
                open.push(true);
            }
            _ if is_word(&token.token, "TABLE") && matches!(next, Some(Token::Word(_))) => {}
            Token::LParen => {
                open.push(false);
                kept.push(token);
            }
            Token::RParen => {
                if open.pop() != Some(true) {
                    kept.push(token);
                }
            }
            _ => kept.push(token),
        }
    }
    kept
}

/// Makes `PARTITION BY a, b,` inside a table function an argument of its own. What follows the keys is the event-time column, so the last name
/// before the window's duration is not one of them.
fn partitions(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_partition = is_word(&token.token, "PARTITION")
            && tokens.get(at + 1).is_some_and(|by| is_word(&by.token, "BY"));
        let inside_function =
            matches!(kept.iter().rev().nth(1).map(|before| &before.token), Some(Token::LParen));
        if !(is_partition && inside_function) {
            kept.push(token.clone());
            at += 1;
            continue;
        }
        let parenthesised = tokens.get(at + 2).is_some_and(|next| next.token == Token::LParen);
        let first = if parenthesised { at + 3 } else { at + 2 };
        let names: Vec<&TokenWithSpan> = tokens
            .iter()
            .skip(first)
            .take_while(|next| !is_word(&next.token, "INTERVAL") && next.token != Token::RParen)
            .collect();
        let commas: Vec<usize> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| name.token == Token::Comma)
            .map(|(index, _)| index)
            .collect();
        let all = if parenthesised { None } else { commas.iter().rev().nth(1).copied() };
        let keys = all.unwrap_or(names.len());
        let with = |token: Token| TokenWithSpan {
            token,
            span: tokens.get(at).map_or_else(sqlparser::tokenizer::Span::empty, |t| t.span),
        };
        kept.push(with(Token::Comma));
        kept.push(with(Token::make_word("PARTITION_BY", None)));
        kept.push(with(Token::LParen));
        kept.extend(names.iter().take(keys).map(|name| (*name).clone()));
        kept.push(with(Token::RParen));
        at = first + keys + usize::from(parenthesised);
    }
    kept
}

/// What stands before the first bound of a BETWEEN whose bounds may come in any order.
pub const SYMMETRIC: &str = "$SYMMETRIC";

/// The function whose argument is the query that a pattern is looked for in.
pub const ROWS: &str = "$ROWS";

/// Makes a query in parentheses before MATCH_RECOGNIZE the argument of a function: the parser takes it behind a table alone.
fn matched(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let begins_query = |at: usize| {
        tokens.get(at + 1).is_some_and(|next| is_word(&next.token, "SELECT") || is_word(&next.token, "WITH"))
    };
    let (mut open, mut opened, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => open.push(at),
            Token::RParen => {
                let before_pattern =
                    tokens.get(at + 1).is_some_and(|next| is_word(&next.token, "MATCH_RECOGNIZE"));
                let start = open.pop().filter(|start| before_pattern && begins_query(*start));
                opened.extend(start);
                closed.extend(start.map(|_| at));
            }
            _ => {}
        }
    }
    let mut kept = Vec::with_capacity(tokens.len() + 3 * opened.len());
    for (at, token) in tokens.into_iter().enumerate() {
        let with = |made: Token| TokenWithSpan { token: made, span: token.span };
        if opened.contains(&at) {
            kept.extend([with(Token::make_word(ROWS, None)), with(Token::LParen)]);
        }
        let end = closed.contains(&at).then(|| with(Token::RParen));
        kept.push(token);
        kept.extend(end);
    }
    kept
}

/// The function that a map in brackets is read as.
pub const MAP: &str = "$MAP";

/// Makes a map in brackets a call.
fn maps(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    // For each open bracket, whether it is a map's.
    let mut open = Vec::new();
    let mut behind_map = false;
    for at in 0..tokens.len() {
        let opens_map = behind_map;
        let next = tokens.get(at + 1).map(|next| next.token.clone());
        let Some(token) = tokens.get_mut(at) else { break };
        behind_map = is_word(&token.token, "MAP") && next == Some(Token::LBracket);
        match &token.token {
            Token::Word(_) if behind_map => token.token = Token::make_word(MAP, None),
            Token::LBracket => {
                open.push(opens_map);
                if opens_map {
                    token.token = Token::LParen;
                }
            }
            Token::RBracket if open.pop() == Some(true) => token.token = Token::RParen,
            _ => {}
        }
    }
    tokens
}

/// Reads what says behind BETWEEN whether the bounds may come in any order.
fn symmetric(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let behind_between = kept.last().is_some_and(|before| is_word(&before.token, "BETWEEN"));
        let with = |made: Token| TokenWithSpan { token: made, span: token.span };
        match behind_between {
            true if is_word(&token.token, "ASYMMETRIC") => {}
            true if is_word(&token.token, "SYMMETRIC") => {
                kept.extend([with(Token::make_word(SYMMETRIC, None)), with(Token::Pipe)]);
            }
            _ => kept.push(token),
        }
    }
    kept
}

/// The variable as whose condition the length of a match is read.
pub const WITHIN: &str = "$WITHIN";

/// Makes `WITHIN INTERVAL …` behind a pattern the first of its conditions.
fn bounded(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let begins = |at: usize| {
        let is = |at: Option<usize>, word: &str| {
            at.and_then(|at| tokens.get(at)).is_some_and(|token| is_word(&token.token, word))
        };
        let behind = at.checked_sub(1).and_then(|at| tokens.get(at));
        is(Some(at), "WITHIN")
            && is(Some(at + 1), "INTERVAL")
            && behind.is_some_and(|before| before.token == Token::RParen)
    };
    let Some(start) = (0..tokens.len()).find(|at| begins(*at)) else { return tokens };
    let length: Vec<TokenWithSpan> =
        tokens.iter().skip(start + 1).take_while(|token| !is_word(&token.token, "DEFINE")).cloned().collect();
    let (Some(place), Some(define)) = (tokens.get(start), tokens.get(start + 1 + length.len())) else {
        return tokens;
    };
    let with = |token: Token| TokenWithSpan { token, span: place.span };
    let condition = [with(Token::make_word(WITHIN, None)), with(Token::make_word("AS", None))];
    let rest = tokens.iter().skip(start + length.len() + 2).cloned().collect();
    let head = tokens.iter().take(start).cloned().chain([define.clone()]);
    head.chain(condition).chain(length).chain([with(Token::Comma)]).chain(bounded(rest)).collect()
}

/// Words that begin a typed literal or name a type.
const TYPES: &[&str] = &["TIMESTAMP", "DATE", "TIME", "DATETIME", "TIMESTAMP_LTZ", "TIMESTAMPTZ"];

/// Puts a type's word that stands for a column in backticks: one behind which neither a literal nor `(` nor a name follows, and that does not
/// follow `AS` inside a cast.
fn quoted(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is_type = |token: &Token| matches!(token, Token::Word(word) if word.quote_style.is_none() && TYPES.iter().any(|ty| word.value.eq_ignore_ascii_case(ty)));
    let casts = cast_types(&tokens);
    let names: Vec<bool> = tokens
        .iter()
        .enumerate()
        .map(|(at, token)| {
            let next = tokens.get(at + 1).map(|next| &next.token);
            is_type(&token.token)
                && !casts.contains(&at)
                && !matches!(next, Some(Token::SingleQuotedString(_) | Token::LParen))
        })
        .collect();
    tokens
        .into_iter()
        .zip(names)
        .map(|(token, name)| match token {
            TokenWithSpan { token: Token::Word(word), span } if name => TokenWithSpan {
                token: Token::Word(Word {
                    quote_style: Some('`'),
                    keyword: sqlparser::keywords::Keyword::NoKeyword,
                    ..word
                }),
                span,
            },
            token => token,
        })
        .collect()
}

/// The tokens behind the `AS` of a `CAST(… AS …)`: a type stands there and no name.
fn cast_types(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => {
                let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                open.push(before.is_some_and(|before| {
                    is_word(&before.token, "CAST") || is_word(&before.token, "TRY_CAST")
                }));
            }
            Token::RParen => {
                open.pop();
            }
            word if is_word(word, "AS") && open.last() == Some(&true) => found.push(at + 1),
            _ => {}
        }
    }
    found
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
}
