//! Items as lines. What fits on one line stands on one, unless it was written over several: a bracket with a line's end behind it stays open.

use super::WIDTH;
use super::hints::Entry;
use super::line::{self, Block, Line, Stop};
use super::space;
use super::sql;
use super::token::Token;
use super::tree::{self, Comment, Group, Item, Node, Tree};

/// Columns of one step to the right.
const STEP: usize = 2;

/// The text of a file.
pub(super) fn print(text: &str, tokens: &[Token], tree: &Tree) -> String {
    let line = Line::default();
    let mut printer = Printer { text, tokens, lines: Vec::new(), line, blocks: Vec::new(), width: 0 };
    printer.items(&tree.items, 0, Separator::None);
    printer.foot(&tree.foot, 0, tree.items.is_empty());
    line::join(printer.lines, &printer.blocks)
}

/// What stands behind an item that has a line of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// The line's end.
    None,
    /// A comma.
    Comma,
}

struct Printer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    lines: Vec<Line>,
    line: Line,
    blocks: Vec<Block>,
    /// The columns of the current line's text.
    width: usize,
}

impl Printer<'_> {
    fn token(&self, at: usize) -> &str {
        let range = self.tokens.get(at).map_or(0..0, |token| token.range.clone());
        self.text.get(range).unwrap_or_default().trim_end()
    }

    fn push(&mut self, text: &str) {
        match text.rfind('\n') {
            Some(end) => self.width = line::columns(text.get(end + 1..).unwrap_or_default()),
            None => self.width += line::columns(text),
        }
        self.line.text.push_str(text);
    }

    fn push_token(&mut self, at: usize) {
        let range = self.tokens.get(at).map_or(0..0, |token| token.range.clone());
        let text = self.text.get(range).unwrap_or_default().trim_end();
        self.push(text);
    }

    fn blanks(&mut self, count: usize) {
        if count > 0 {
            self.push(" ");
        }
    }

    fn stop(&mut self, stop: Stop) {
        self.line.stops.push((stop, self.line.text.len()));
        self.push(" ");
    }

    fn column(&self) -> usize {
        self.line.indent + self.width
    }

    fn end_line(&mut self, indent: usize) {
        self.lines.push(std::mem::take(&mut self.line));
        self.line.indent = indent;
        self.width = 0;
    }

    fn empty_line(&mut self) {
        self.lines.push(Line::default());
    }

    /// Comments on lines of their own.
    fn comments(&mut self, comments: &[Comment], indent: usize, mut first: bool) {
        for comment in comments {
            if comment.blank && !first {
                self.empty_line();
            }
            first = false;
            self.line.indent = indent;
            self.push_token(comment.token);
            self.end_line(indent);
        }
    }

    fn foot(&mut self, comments: &[Comment], indent: usize, first: bool) {
        self.comments(comments, indent, first);
    }

    /// Items on lines of their own, those under each other aligned.
    fn items(&mut self, items: &[Item], indent: usize, separator: Separator) {
        let mut above: Option<&Item> = None;
        let mut block = Block::new();
        for item in items {
            let spaced =
                item.blank && !item.lead.is_empty() || item.lead.first().map_or(item.blank, |it| it.blank);
            self.comments(&item.lead, indent, above.is_none());
            if item.blank && (above.is_some() || !item.lead.is_empty()) {
                self.empty_line();
            }
            let apart = spaced || above.is_none_or(|above| !self.together(above, item));
            above = Some(item);
            self.line.indent = indent;
            let begin = self.lines.len();
            let tail = usize::from(separator == Separator::Comma);
            self.item(item, tail, true);
            if separator == Separator::Comma {
                self.push(",");
            }
            let single = self.lines.len() == begin;
            self.trail(&item.trail, single);
            self.end_line(indent);
            if apart {
                self.blocks.push(std::mem::take(&mut block));
            }
            block.push(begin);
        }
        self.blocks.push(block);
    }

    /// Comments behind an item.
    fn trail(&mut self, comments: &[usize], single: bool) {
        let texts: Vec<_> = comments.iter().map(|at| self.token(*at).to_owned()).collect();
        if !texts.is_empty() {
            if !self.line.comment.is_empty() {
                let indent = self.line.indent;
                self.end_line(indent);
            }
            self.line.comment = texts.join(" ");
            self.line.aligned = single;
        }
    }

    /// Whether two neighbours are aligned with each other.
    fn together(&self, above: &Item, below: &Item) -> bool {
        match (above.entry, below.entry) {
            (Entry::Field | Entry::Column, Entry::Field | Entry::Column)
            | (Entry::Let, Entry::Let)
            | (Entry::Named, Entry::Named) => true,
            (Entry::Decl, Entry::Decl) => self.word(above, 0) == self.word(below, 0),
            _ => false,
        }
    }

    fn word(&self, item: &Item, at: usize) -> Option<&str> {
        match item.nodes.get(at) {
            Some(Node::Token(token)) => Some(self.token(*token)),
            _ => None,
        }
    }

    /// An item on one line, or broken where it can be. `tail` columns follow it.
    fn item(&mut self, item: &Item, tail: usize, aligned: bool) {
        let flat = !item.forced && self.column() + item.width + tail <= WIDTH;
        let breaks = if flat { Breaks::None } else { self.breaks(item) };
        let mut rests = if flat { Vec::new() } else { self.rests(item, tail, breaks) };
        let indent = self.line.indent;
        let mut before: Option<&Token> = None;
        let mut fresh = false;
        for (index, node) in item.nodes.iter().enumerate() {
            let (first, last) = tree::ends(self.tokens, node);
            let rest = if flat { 0 } else { rests.pop().unwrap_or(tail) };
            if index > 0 && self.breaks_before(node, breaks) && !fresh {
                self.end_line(indent + STEP);
            } else if !fresh && !matches!(node, Node::Comment(_) | Node::Query(_)) {
                self.space(item, index, before.zip(first), aligned, rest);
            }
            fresh = self.node(node, rest, indent, index + 1 == item.nodes.len());
            if !fresh && self.breaks_behind(node, breaks) {
                self.end_line(indent + "expect ".len());
                fresh = true;
            }
            before = last;
        }
    }

    /// One node. Whether a new line begins behind it.
    fn node(&mut self, node: &Node, rest: usize, indent: usize, last: bool) -> bool {
        match node {
            Node::Token(at) => self.push_token(*at),
            Node::Comment(at) => {
                self.comment_inside(*at, indent);
                if !last {
                    self.end_line(indent + STEP);
                }
                return true;
            }
            Node::Predicate(at, line) => self.predicate(*at, line.as_deref(), rest),
            Node::Query(at) => {
                let lines = sql::query(self.token(*at), WIDTH.saturating_sub(indent + STEP));
                self.sql_lines(&lines, indent + STEP);
            }
            Node::Group(group) => self.group(group, rest),
        }
        false
    }

    /// A comment in the middle of an item: behind what stands on the line, or on its own.
    fn comment_inside(&mut self, at: usize, indent: usize) {
        let own = self.tokens.get(at).is_some_and(|token| token.lines > 0);
        if !self.line.comment.is_empty() || own && !self.line.text.is_empty() {
            self.end_line(indent + STEP);
        }
        self.line.comment = self.token(at).to_owned();
    }

    /// What stands between a node and the one before: nothing, a blank, or the start of a column.
    fn space(
        &mut self,
        item: &Item,
        index: usize,
        around: Option<(&Token, &Token)>,
        aligned: bool,
        rest: usize,
    ) {
        let Some((before, first)) = around else { return };
        let stop = if aligned { self.stop_before(item, index, first, rest) } else { None };
        match stop {
            Some(stop) => self.stop(stop),
            None if item.colon(self.text, self.tokens, index) => {}
            None => self.blanks(space::between(self.text, before, first)),
        }
    }

    /// The column that begins with a node.
    fn stop_before(&self, item: &Item, index: usize, first: &Token, rest: usize) -> Option<Stop> {
        let index = index.checked_sub(item.leading_comments(self.tokens))?;
        let sign = match item.entry {
            Entry::Field | Entry::Column | Entry::Named => index == 1,
            Entry::Let => index == 2,
            Entry::Decl => match item.nodes.last() {
                Some(Node::Group(group)) => {
                    let short = index == 2 && item.nodes.len() == 3 && group.bracket == b'{';
                    short && !group.forced && self.column() + 1 + group.width + rest <= WIDTH
                }
                _ => false,
            },
            Entry::Line | Entry::Element => false,
        };
        if sign {
            Some(Stop::Sign)
        } else if first.tail {
            Some(Stop::Tail)
        } else {
            first.lowering.then_some(Stop::Arrow)
        }
    }

    /// Where an item that does not fit is broken: before its clauses, or else before its weakest operators if that makes it fit.
    fn breaks(&self, item: &Item) -> Breaks {
        let tokens = || item.nodes.iter().skip(1).filter_map(|node| self.plain(node));
        let forced = |node: &Node| matches!(node, Node::Group(group) if group.forced);
        if tokens().any(|token| token.clause) {
            let wide = self.column() + item.width > WIDTH;
            let broken = wide || item.nodes.iter().any(forced);
            return if broken { Breaks::Clauses } else { Breaks::None };
        }
        if self.word(item, 0) == Some("expect") && tokens().any(|token| self.is_comma(token)) {
            let broken = self.column() + item.width > WIDTH || item.nodes.iter().any(forced);
            return if broken { Breaks::Calls } else { Breaks::None };
        }
        let Some(weakest) = tokens().filter_map(|token| token.infix).min() else { return Breaks::None };
        let breaks = Breaks::Infix(weakest);
        let open = |node: &Node| matches!(node, Node::Group(group) if group.forced && group.bracket != b'{');
        let narrow = |breaks| self.widest(item, breaks) <= WIDTH;
        if !item.nodes.iter().any(open) && !narrow(Breaks::None) && narrow(breaks) {
            breaks
        } else {
            Breaks::None
        }
    }

    /// The columns of an item's widest line, if braces are the only brackets that are broken.
    fn widest(&self, item: &Item, breaks: Breaks) -> usize {
        let mut widest = 0;
        let mut at = self.column();
        let mut before: Option<&Token> = None;
        for node in &item.nodes {
            let (first, last) = tree::ends(self.tokens, node);
            let gap = before.zip(first).map_or(0, |(before, first)| space::between(self.text, before, first));
            if self.breaks_before(node, breaks) {
                at = self.line.indent + STEP;
            } else {
                at += gap;
            }
            let brace = matches!(node, Node::Group(group) if group.bracket == b'{');
            at += if brace { 1 } else { self.span(node) };
            widest = widest.max(at);
            if brace {
                at = self.line.indent + 1;
            }
            before = last;
        }
        widest
    }

    /// The columns of a node on one line.
    fn span(&self, node: &Node) -> usize {
        match node {
            Node::Token(at) => self.tokens.get(*at).map_or(0, |token| tree::width(self.text, token)),
            Node::Predicate(_, line) => line.as_ref().map_or(0, |line| line::columns(line)),
            Node::Group(group) => group.width,
            Node::Comment(_) | Node::Query(_) => 0,
        }
    }

    fn breaks_behind(&self, node: &Node, breaks: Breaks) -> bool {
        breaks == Breaks::Calls && self.plain(node).is_some_and(|token| self.is_comma(token))
    }

    fn is_comma(&self, token: &Token) -> bool {
        self.text.get(token.range.clone()) == Some(",")
    }

    fn plain(&self, node: &Node) -> Option<&Token> {
        match node {
            Node::Token(at) => self.tokens.get(*at),
            _ => None,
        }
    }

    fn breaks_before(&self, node: &Node, breaks: Breaks) -> bool {
        let Node::Token(at) = node else { return false };
        self.tokens.get(*at).is_some_and(|token| match breaks {
            Breaks::None => false,
            Breaks::Clauses => token.clause,
            Breaks::Calls => false,
            Breaks::Infix(power) => token.infix == Some(power),
        })
    }

    /// For each node from the last to the first, the columns that follow it up to where the line can end.
    fn rests(&self, item: &Item, tail: usize, breaks: Breaks) -> Vec<usize> {
        let mut rests = Vec::with_capacity(item.nodes.len());
        let mut rest = tail;
        for (index, node) in item.nodes.iter().enumerate().rev() {
            rests.push(rest);
            let before = index.checked_sub(1).and_then(|index| item.nodes.get(index));
            let before = before.and_then(|node| tree::ends(self.tokens, node).1);
            let first = tree::ends(self.tokens, node).0;
            let gap = before.zip(first).map_or(0, |(before, first)| space::between(self.text, before, first));
            rest = match node {
                Node::Group(group) if group.listed => gap + 1,
                Node::Comment(_) | Node::Query(_) => 0,
                _ if self.breaks_before(node, breaks) => 0,
                _ if self.breaks_behind(node, breaks) => 1,
                _ => rest + gap + self.span(node),
            };
        }
        rests
    }

    fn group(&mut self, group: &Group, rest: usize) {
        let flat = !group.forced && self.column() + group.width + rest <= WIDTH;
        self.push_token(group.open);
        if !group.listed {
            for item in &group.items {
                self.item(item, rest + 1, false);
            }
        } else if flat {
            self.flat(group);
        } else if group.items.is_empty() && group.head.is_empty() && group.foot.is_empty() {
            // Nothing to put on lines of their own.
        } else if group.bracket == b'{' || !self.hugs(group) {
            self.broken(group);
        } else {
            self.hugged(group, rest);
        }
        self.push_token(group.close);
    }

    /// Items side by side.
    fn flat(&mut self, group: &Group) {
        self.blanks(group.pad);
        for (index, item) in group.items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.item(item, 0, false);
        }
        self.blanks(group.pad);
    }

    /// Each item on a line of its own.
    fn broken(&mut self, group: &Group) {
        let indent = self.line.indent;
        self.trail(&group.head, false);
        self.end_line(indent + STEP);
        let names = group.bracket == b'{' && group.pad == 0;
        let comma = group.bracket != b'{' || names && !group.items.is_empty();
        let separator = if comma { Separator::Comma } else { Separator::None };
        self.items(&group.items, indent + STEP, separator);
        self.foot(&group.foot, indent + STEP, group.items.is_empty());
        self.line.indent = indent;
    }

    /// Whether all stands on the line of the opening bracket but the inside of the last item's own brackets: `json({`.
    fn hugs(&self, group: &Group) -> bool {
        let Some((last, others)) = group.items.split_last() else { return false };
        let Some(Node::Group(inner)) = last.nodes.last() else { return false };
        let commented = |item: &Item| !item.lead.is_empty() || !item.trail.is_empty();
        let before: usize = others.iter().map(|item| item.width + 2).sum();
        let open = last.width.saturating_sub(inner.width) + 1;
        inner.listed
            && (inner.forced || inner.bracket == b'{')
            && !inner.items.is_empty()
            && !group.opened
            && group.head.is_empty()
            && group.foot.is_empty()
            && !others.iter().any(|item| item.forced)
            && !group.items.iter().any(commented)
            && last.nodes.iter().rev().skip(1).all(|node| matches!(node, Node::Token(_)))
            && self.column() + before + open <= WIDTH
    }

    fn hugged(&mut self, group: &Group, rest: usize) {
        for (index, item) in group.items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.item(item, rest + 1, false);
        }
    }

    /// The predicate behind `where (`: on the line, or on lines of its own.
    fn predicate(&mut self, at: usize, line: Option<&str>, rest: usize) {
        if let Some(line) = line.filter(|line| self.column() + line::columns(line) + rest <= WIDTH) {
            self.push(line);
            return;
        }
        let indent = self.line.indent;
        let lines = sql::predicate(self.token(at), WIDTH.saturating_sub(indent + STEP));
        self.sql_lines(&lines, indent + STEP);
        self.end_line(indent);
    }

    fn sql_lines(&mut self, lines: &[String], indent: usize) {
        for text in lines {
            let inside = self.line.indent;
            self.end_line(inside);
            self.line.indent = indent;
            self.push(text);
        }
    }
}

/// Where an item is broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Only in its brackets.
    None,
    /// Before each clause.
    Clauses,
    /// Behind each comma between the calls that a test expects.
    Calls,
    /// Before each operator of one strength.
    Infix(u8),
}
