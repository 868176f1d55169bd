//! SQL as lines.

use std::ops::Range;

use super::clause::{self, Clause, Parts};
use super::token::{Text, What};

/// Columns of one step to the right.
const STEP: usize = 2;

/// Writes lines. Columns count from where the SQL begins.
pub(super) struct Printer<'a> {
    text: &'a Text<'a>,
    width: usize,
    lines: Vec<String>,
    line: String,
    /// Whether the line ends with a comment, so that nothing may follow on it.
    commented: bool,
}

impl<'a> Printer<'a> {
    pub(super) fn new(text: &'a Text<'a>, width: usize) -> Self {
        Self { text, width, lines: Vec::new(), line: String::new(), commented: false }
    }

    /// The lines. Where the last ends with a comment, an empty one follows.
    pub(super) fn finish(mut self) -> Vec<String> {
        let commented = self.commented;
        self.lines.push(std::mem::take(&mut self.line));
        if commented {
            self.lines.push(String::new());
        }
        self.lines
    }

    fn column(&self) -> usize {
        let line = self.line.rsplit('\n').next().unwrap_or_default();
        line.chars().count()
    }

    fn end_line(&mut self, indent: usize) {
        let line = std::mem::replace(&mut self.line, " ".repeat(indent));
        self.lines.push(line.trim_end().to_owned());
        self.commented = false;
    }

    /// Begins a line, if one is not begun already.
    fn fresh(&mut self, indent: usize) {
        if self.line.trim().is_empty() {
            self.line = " ".repeat(indent);
        } else {
            self.end_line(indent);
        }
    }

    /// The clauses of a query, each on a line of its own.
    pub(super) fn query(&mut self, range: Range<usize>, indent: usize) {
        for (count, clause) in clause::clauses(self.text, range).iter().enumerate() {
            if count > 0 {
                self.fresh(indent);
            }
            self.clause(clause, indent);
        }
    }

    fn clause(&mut self, clause: &Clause, indent: usize) {
        let body = clause.range.start + clause.head..clause.range.end;
        let parts = clause::parts(self.text, body.clone(), clause.parts);
        let written = parts.iter().any(|at| clause::is_fresh(self.text, *at));
        if parts.is_empty() || !written && self.fits(clause.range.clone()) {
            self.run(clause.range.clone(), indent + STEP);
            return;
        }
        self.run(clause.range.start..body.start, indent);
        match clause.parts {
            Parts::List => {
                let hang = self.column() + 1;
                self.parts(body, &parts, hang, hang);
            }
            _ => self.parts(body, &parts, indent + STEP, indent + STEP),
        }
    }

    /// The conditions that `AND` and `OR` join, each on a line of its own.
    pub(super) fn condition(&mut self, range: Range<usize>) {
        let parts = clause::parts(self.text, range.clone(), Parts::Condition);
        self.parts(range, &parts, 0, 0);
    }

    fn parts(&mut self, body: Range<usize>, starts: &[usize], indent: usize, hang: usize) {
        let mut start = body.start;
        for (count, end) in starts.iter().copied().chain([body.end]).enumerate() {
            if count > 0 {
                self.comments_behind(&mut start, end);
                self.fresh(indent);
            }
            self.run(start..end, hang);
            start = end;
        }
    }

    /// A comment behind a comma belongs to the part before it.
    fn comments_behind(&mut self, start: &mut usize, end: usize) {
        while *start < end
            && let Some(token) =
                self.text.tokens.get(*start).filter(|token| token.is_comment() && !token.fresh)
        {
            self.line.push(' ');
            self.line.push_str(token.text);
            self.commented = token.what == What::LineComment;
            *start += 1;
        }
    }

    /// Whether a range fits on the rest of the line and was not written over several.
    fn fits(&self, range: Range<usize>) -> bool {
        !clause::broken_inside(self.text, range.clone())
            && self.text.flat(range).is_some_and(|flat| self.column() + flat.chars().count() < self.width)
    }

    /// Tokens one behind the other. What must have lines of its own gets them, further ones begin at `hang`.
    fn run(&mut self, range: Range<usize>, hang: usize) {
        let mut at = range.start;
        while at < range.end {
            let Some(token) = self.text.tokens.get(at) else { return };
            if self.commented || token.is_comment() && token.fresh {
                self.fresh(hang);
            } else if !self.line.trim().is_empty()
                && (self.text.gap(at) || at == range.start && self.begins(at))
            {
                self.line.push(' ');
            }
            let column = self.column();
            if let Some(close) = token.close.filter(|close| *close < range.end) {
                self.parentheses(at, close, hang);
                at = close + 1;
                continue;
            }
            if token.is_word(&["case"])
                && let Some(end) = self.end_of_case(at, range.end)
                && !self.fits(at..end)
            {
                self.case(at..end, column);
                at = end;
                continue;
            }
            self.line.push_str(token.text);
            self.commented = token.what == What::LineComment;
            at += 1;
        }
    }

    /// Whether a blank stands before the first token of a part; `gap` knows it of all others.
    fn begins(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.text.tokens.get(before));
        before.is_some_and(|before| before.text == ",") && !self.line.ends_with(' ')
    }

    fn parentheses(&mut self, open: usize, close: usize, hang: usize) {
        let inside = open + 1..close;
        let query = clause::is_query(self.text, open) || clause::is_pattern(self.text, open);
        let fits = self.fits(open..close + 1);
        self.line.push('(');
        if fits {
            self.run(inside, hang);
        } else if query {
            let indent = self.line.len() - self.line.trim_start().len();
            self.end_line(indent + STEP);
            self.query(inside, indent + STEP);
            self.fresh(indent);
        } else {
            let column = self.column();
            let parts = clause::parts(self.text, inside.clone(), Parts::List);
            self.parts(inside, &parts, column, column);
            if self.commented {
                self.fresh(column);
            }
        }
        self.line.push(')');
    }

    /// Just behind the `END` of a `CASE`.
    fn end_of_case(&self, at: usize, limit: usize) -> Option<usize> {
        let depth = self.text.tokens.get(at)?.depth;
        let mut open = 0_usize;
        for index in at..limit {
            let token = self.text.tokens.get(index).filter(|token| token.depth == depth);
            if token.is_some_and(|token| token.is_word(&["case"])) {
                open += 1;
            } else if token.is_some_and(|token| token.is_word(&["end"])) {
                open -= 1;
                if open == 0 {
                    return Some(index + 1);
                }
            }
        }
        None
    }

    /// The arms of a `CASE` under each other, its `END` under itself.
    fn case(&mut self, range: Range<usize>, column: usize) {
        let depth = self.text.tokens.get(range.start).map_or(0, |token| token.depth);
        let arm = column + "CASE ".len();
        let mut open = 0_usize;
        let mut start = range.start;
        let mut first = true;
        for at in range.clone() {
            let Some(token) = self.text.tokens.get(at).filter(|token| token.depth == depth) else { continue };
            open += usize::from(token.is_word(&["case"]));
            let ends = token.is_word(&["end"]);
            if open == 1 && (token.is_word(&["when", "else"]) || ends) && at > start {
                self.part_of_case(start..at, arm);
                let near = first && at == range.start + 1;
                if !near {
                    self.fresh(if ends { column } else { arm });
                }
                first = false;
                start = at;
            }
            open -= usize::from(ends && open > 0);
        }
        self.part_of_case(start..range.end, arm);
    }

    /// `CASE` itself, an arm, or `END`.
    fn part_of_case(&mut self, range: Range<usize>, hang: usize) {
        let case = self.text.tokens.get(range.start).is_some_and(|token| token.is_word(&["case"]));
        if !case {
            self.run(range, hang + STEP);
            return;
        }
        self.line.push_str(self.text.tokens.get(range.start).map_or("", |token| token.text));
        self.run(range.start + 1..range.end, hang + STEP);
    }
}
