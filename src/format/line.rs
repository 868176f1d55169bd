//! Lines whose columns are aligned with those of their neighbours.

/// What is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The `=` or `:` behind a name, the `{` behind a short declaration's.
    Sign,
    /// What follows a column's type.
    Tail,
    /// The arrow behind that.
    Arrow,
}

/// One line.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub indent: usize,
    pub text: String,
    /// Where columns can begin: offsets in the text. A blank stands there.
    pub stops: Vec<(Stop, usize)>,
    /// A comment behind the text.
    pub comment: String,
    /// Whether the comment is aligned with its neighbours'.
    pub aligned: bool,
}

/// Lines that stand under each other, and are aligned.
pub(super) type Block = Vec<usize>;

/// Columns of a tab stop, at which what follows a type stands.
const TAB: usize = 4;

/// A type wider than this moves nobody's tail but its own.
const WIDE: usize = 24;

/// Behind a line's indentation, the column of a comment.
const COMMENT: usize = 40;

/// Aligns the lines of each block and joins all to a text.
pub(super) fn join(mut lines: Vec<Line>, blocks: &[Block]) -> String {
    for block in blocks {
        align(&mut lines, block, Stop::Sign, |widest| widest);
        align(&mut lines, block, Stop::Tail, |widest| widest.next_multiple_of(TAB));
        align(&mut lines, block, Stop::Arrow, |widest| widest.next_multiple_of(TAB));
        align_comments(&mut lines, block);
    }
    let mut text = String::with_capacity(lines.iter().map(|line| line.text.len() + line.indent + 1).sum());
    for line in &lines {
        if !line.text.is_empty() || !line.comment.is_empty() {
            pad(&mut text, line.indent);
            text.push_str(&line.text);
            if !line.text.is_empty() && !line.comment.is_empty() && !line.aligned {
                text.push_str("  ");
            }
            text.push_str(&line.comment);
        }
        text.push('\n');
    }
    text
}

/// Moves one kind of column of a block's lines under each other. What reaches the column itself keeps a blank.
fn align(lines: &mut [Line], block: &Block, stop: Stop, column: fn(usize) -> usize) {
    let place = |line: &Line| line.stops.iter().find(|(kind, _)| *kind == stop).map(|(_, at)| *at);
    let width =
        |line: &Line| place(line).map(|at| line.indent + columns(line.text.get(..at).unwrap_or_default()));
    let begin = |line: &Line| line.stops.first().map_or(0, |(_, at)| *at);
    let widths = || block.iter().filter_map(|at| lines.get(*at)).filter_map(width);
    // One alone is no column.
    if widths().nth(1).is_none() {
        return;
    }
    let narrow = |line: &&Line| stop == Stop::Sign || place(line).is_some_and(|at| at <= begin(line) + WIDE);
    let narrow = block.iter().filter_map(|at| lines.get(*at)).filter(narrow);
    let target = column(narrow.filter_map(width).max().unwrap_or_default());
    for at in block {
        let Some(line) = lines.get_mut(*at) else { continue };
        let (Some(place), Some(width)) = (place(line), width(line)) else { continue };
        let blanks = target.saturating_sub(width);
        // The blank that stands there counts, but where the column is the widest line's own end.
        let blanks = if stop == Stop::Sign { blanks } else { blanks.saturating_sub(1) };
        line.text.insert_str(place, &" ".repeat(blanks));
        for (_, other) in line.stops.iter_mut().filter(|(_, other)| *other > place) {
            *other += blanks;
        }
    }
}

/// Puts comments behind short lines under each other.
fn align_comments(lines: &mut [Line], block: &Block) {
    let commented = |line: &&Line| line.aligned && !line.comment.is_empty();
    let widths = block.iter().filter_map(|at| lines.get(*at)).filter(commented);
    let Some(widest) = widths.map(|line| columns(&line.text) + 2).max() else { return };
    let column = widest.max(COMMENT);
    for at in block {
        if let Some(line) = lines.get_mut(*at).filter(|line| line.aligned && !line.comment.is_empty()) {
            let blanks = column.saturating_sub(columns(&line.text));
            line.text.push_str(&" ".repeat(blanks));
        }
    }
}

/// The columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

fn pad(text: &mut String, blanks: usize) {
    text.extend(std::iter::repeat_n(' ', blanks));
}
