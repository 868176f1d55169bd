//! One value type for everything that is said about a program, and one sink that collects it.

pub mod catalogue;
pub mod render;

pub use catalogue::Code;

use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program can't be built.
    Error,
    /// The program can be built, and something in it is probably not meant.
    Warning,
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What that place has to do with it.
    pub label: String,
}

/// A replacement that mends the fault when it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The text to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// Something said about a program: a stable code, a place, what is wrong there and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one sentence: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// The offending word.
    pub span: Span,
    /// What is wrong at the span, in few words.
    pub label: String,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// The mend.
    pub help: Option<String>,
    /// The mend as a replacement, where there is exactly one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error. The message says what is wrong, the label what is wrong at the span.
    pub fn error(code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: label.into(),
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message, label) }
    }

    /// Adds the mend.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that explains the fault.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: label.into() });
        self
    }

    /// Adds the one replacement that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}

/// Collects diagnostics. Every stage takes one and returns what it could make all the same.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds each.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(diagnostics);
    }

    /// Adds all of another sink, which worker threads fill on their own.
    pub fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
    }

    /// Whether there is an error among them, so that nothing may be generated.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is an error inside a place.
    pub fn has_error_within(&self, place: Span) -> bool {
        let inside = |span: Span| place.start <= span.start && span.end <= place.end;
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error && inside(diagnostic.span))
    }

    /// Whether a piece of text inside a place could not be read.
    pub fn has_syntax_error_within(&self, place: Span) -> bool {
        let inside = |span: Span| place.start <= span.start && span.end <= place.end;
        self.list.iter().any(|diagnostic| diagnostic.code.is_of_syntax() && inside(diagnostic.span))
    }

    /// Where the errors begin, in order.
    pub fn error_starts(&self) -> Vec<u32> {
        let errors = self.list.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let mut starts: Vec<u32> = errors.map(|diagnostic| diagnostic.span.start).collect();
        starts.sort_unstable();
        starts
    }

    /// Keeps of those behind the first `count` the ones that are wanted.
    pub fn retain_behind(&mut self, count: usize, wanted: impl Fn(&Diagnostic) -> bool) {
        let mut at = 0;
        self.list.retain(|diagnostic| {
            at += 1;
            at <= count || wanted(diagnostic)
        });
    }

    /// All of them, in the order they were said.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them in the order of their places, the same mistake at the same place once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| {
            (a.span.start, a.span.end, a.code, &a.message).cmp(&(
                b.span.start,
                b.span.end,
                b.code,
                &b.message,
            ))
        });
        self.list.dedup_by(|later, first| later.span == first.span && later.code == first.code);
        self.list
    }
}
