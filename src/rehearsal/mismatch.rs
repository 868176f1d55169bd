//! What did not happen as a test expects, and values in words.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::compare::Difference;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
};

/// Something that did not happen as a test expects.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// What expects it: a line, a call in it, or the test's name.
    pub span: Span,
    /// What happened instead, in one sentence.
    pub message: String,
    /// What was expected there, in few words.
    pub label: String,
    /// Where values differ.
    pub differences: Vec<Difference>,
    /// What else there is to know.
    pub note: Option<String>,
}

impl Mismatch {
    pub(super) fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: label.into(), differences: Vec::new(), note: None }
    }

    pub(super) fn differing(self, differences: Vec<Difference>) -> Self {
        Self { differences, ..self }
    }

    pub(super) fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// As it is shown beside its line.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic =
            Diagnostic::error(catalogue::TEST_FAILS, self.span, self.message.clone(), self.label.clone());
        let mut help = String::new();
        for Difference { at, expected, got } in &self.differences {
            let place = if at.is_empty() { String::new() } else { format!("{at} = ") };
            let _ = writeln!(help, "- expected  {place}{}", shown(expected));
            let _ = writeln!(help, "+ got       {place}{}", shown(got));
        }
        help.push_str(self.note.as_deref().unwrap_or_default());
        let help = help.trim_end();
        if help.is_empty() { diagnostic } else { diagnostic.help(help) }
    }
}

/// A value of a message, which others stand beside.
pub(super) fn shown(value: &Json) -> String {
    shortened(value, 300)
}

/// A value as text, cut where it has more than so many characters.
pub fn shortened(value: &Json, most: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}… ({} bytes)", text.get(..at).unwrap_or_default(), text.len()),
        None => text,
    }
}
