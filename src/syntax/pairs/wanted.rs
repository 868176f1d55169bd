//! What the grammar could have read where it stopped, in a user's words.

/// The terminals that were possible at one place.
#[derive(Default)]
pub(in crate::syntax) struct Wanted {
    /// Words and signs.
    signs: Vec<String>,
    /// A name that begins here.
    pub name: bool,
    /// The end of a line.
    pub line_end: bool,
}

/// What may stand between any two words, and what begins only a mistake.
const UNSAID: [&str; 17] =
    ["\n  ", "  ", " ", "\n", "\t", "\r", "//", "/*", "*/", "///", "'", "!", "&&", "||", "_", ";", "\\"];
/// Words and signs behind a value that go on with it.
const CONTINUES_VALUE: [&str; 21] = [
    "==",
    "!=",
    "<=",
    ">=",
    "<",
    ">",
    "??",
    "+",
    "-",
    "*",
    "/",
    "%",
    "and",
    "or",
    ".",
    "(",
    "[",
    "retry",
    "timeout",
    "heartbeat",
    "await",
];
/// Words and signs that begin a value.
const BEGINS_VALUE: [&str; 16] = [
    "\"",
    "@",
    "[",
    "{",
    "(",
    "-",
    "*",
    "not",
    "run",
    "account",
    "service",
    "organization",
    "unit",
    "saml",
    "oidc",
    "group",
];
/// Words and signs that go on with a type.
const CONTINUES_TYPE: [&str; 15] =
    ["<", "(", "?", ".", "*", ".*", "in", "length", "matching", "one", "key", ">", ">=", "<=", "["];
/// Words that begin a statement or a line of a test.
const BEGINS_STATEMENT: [&str; 14] = [
    "let", "if", "match", "parallel", "for", "try", "wait", "fail", "return", "given", "when", "expect",
    "deny", "run",
];
/// Words that begin a sentence.
const BEGINS_SENTENCE: [&str; 5] = ["use", "grant", "deny", "share", "assert"];

impl Wanted {
    /// From pest's tokens as it prints them: a literal as it is, a range of characters as `a..z`.
    pub(super) fn from_tokens(tokens: impl Iterator<Item = String>) -> Self {
        let mut wanted = Self::default();
        for token in tokens {
            match token.as_str() {
                "_.._" => wanted.name = true,
                "\n..\n" => wanted.line_end = true,
                range if range.len() > 3 && range.contains("..") => {}
                // By its first letter the grammar only decides whether to look for a word at all.
                letter if letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_alphabetic()) => {}
                // What is read in any case is another language's word, which pest prints in capitals.
                word if word.starts_with(|c: char| c.is_ascii_uppercase()) => {}
                _ => wanted.signs.push(token),
            }
        }
        wanted
    }

    /// Whether a word or sign was possible.
    pub(in crate::syntax) fn has(&self, sign: &str) -> bool {
        self.signs.iter().any(|known| known == sign)
    }

    /// Whether a value could have begun.
    pub(in crate::syntax) fn value(&self) -> bool {
        self.has("\"") && self.name
    }

    /// Whether a value was complete and could have gone on.
    pub(in crate::syntax) fn behind_value(&self) -> bool {
        self.has("??")
    }

    /// `a value or `]``: what was possible, the long rows of it under one word. Empty where nothing is known.
    pub(in crate::syntax) fn describe(&self) -> String {
        let mut left: Vec<&str> =
            self.signs.iter().map(String::as_str).filter(|sign| !UNSAID.contains(sign)).collect();
        let mut said: Vec<String> = Vec::new();
        let mut fold = |condition: bool, under: &[&str], phrase: &str| {
            if condition {
                left.retain(|sign| !under.contains(sign));
                if !phrase.is_empty() {
                    said.push(phrase.to_owned());
                }
            }
            condition
        };
        let sentences = self.has("grant") && self.has("share");
        let statements = self.has("let");
        let value = self.value();
        fold(self.behind_value(), &CONTINUES_VALUE, "");
        fold(self.has("matching"), &CONTINUES_TYPE, "");
        fold(self.has(".."), &["*", ".", ".*"], "");
        fold(sentences, &BEGINS_SENTENCE, "a declaration");
        fold(statements, &BEGINS_STATEMENT, if self.name { "a member" } else { "a statement" });
        fold(value, &BEGINS_VALUE, "a value");
        fold(self.has("into") && self.has("as"), &["(", "->", ":", "for", "on", "into", "as"], "");
        if self.name && !sentences && !statements && !value {
            said.push("a name".to_owned());
        }
        said.extend(left.iter().map(|sign| quoted(sign)));
        if self.line_end {
            said.push("the line's end".to_owned());
        }
        join(&said)
    }
}

fn quoted(sign: &str) -> String {
    if sign == "\"" { "a string".to_owned() } else { format!("`{sign}`") }
}

/// `a`, `a or b`, `a, b or c`.
fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
