//! Tokens as items in brackets, with their comments, and the width that each takes on one line.

use super::hints::Entry;
use super::space;
use super::sql;
use super::token::{Token, What};

/// A comment on a line of its own.
pub(super) struct Comment {
    pub token: usize,
    /// Whether an empty line stands before it.
    pub blank: bool,
}

/// What stands on its own in a bracket or a file.
#[derive(Default)]
pub(super) struct Item {
    pub entry: Entry,
    /// The comments above it.
    pub lead: Vec<Comment>,
    /// Whether an empty line stands before the item itself.
    pub blank: bool,
    pub nodes: Vec<Node>,
    /// Comments behind it on its last line.
    pub trail: Vec<usize>,
    /// Whether it can't stand on one line.
    pub forced: bool,
    /// Its width on one line.
    pub width: usize,
}

/// A piece of an item.
pub(super) enum Node {
    /// A token; an index.
    Token(usize),
    /// A comment in the middle of the item, behind which the line ends.
    Comment(usize),
    /// A predicate, laid out on one line if it can stand so.
    Predicate(usize, Option<String>),
    /// A query's SQL.
    Query(usize),
    /// Brackets with what is between them.
    Group(Box<Group>),
}

/// Brackets with what is between them.
pub(super) struct Group {
    pub open: usize,
    pub close: usize,
    pub bracket: u8,
    /// Whether it holds items, and not one piece of an expression.
    pub listed: bool,
    pub items: Vec<Item>,
    /// Comments on the line of the opening bracket.
    pub head: Vec<usize>,
    /// Comments before the closing bracket.
    pub foot: Vec<Comment>,
    /// Whether the first item was written on a line of its own.
    pub opened: bool,
    /// Whether it can't stand on one line.
    pub forced: bool,
    /// Its width on one line.
    pub width: usize,
    /// Blanks inside the brackets on one line.
    pub pad: usize,
}

/// A file.
pub(super) struct Tree {
    pub items: Vec<Item>,
    /// Comments behind the last item.
    pub foot: Vec<Comment>,
}

/// Builds the tree of a file.
pub(super) fn build(text: &str, tokens: &[Token]) -> Tree {
    let mut builder = Builder { text, tokens, at: 0 };
    let content = builder.content(true);
    Tree { items: content.items, foot: content.foot }
}

#[derive(Default)]
struct Content {
    items: Vec<Item>,
    head: Vec<usize>,
    foot: Vec<Comment>,
    /// Whether a line ends between two items.
    spread: bool,
}

struct Builder<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Builder<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.token(at)
            .is_some_and(|token| token.what == What::Sign && self.text.get(token.range.clone()) == Some(sign))
    }

    /// The index of the first token at or behind `at` that is no comment.
    fn counting(&self, mut at: usize) -> usize {
        while self.token(at).is_some_and(Token::is_comment) {
            at += 1;
        }
        at
    }

    /// Whether an item ends before a token.
    fn ends(&self, at: usize, listed: bool) -> bool {
        self.token(at).is_none_or(|token| {
            matches!(token.what, What::Close(_)) || listed && (token.item.is_some() || self.separates(at))
        })
    }

    /// Whether a comma stands between items, and not inside one (`deny a, b`).
    fn separates(&self, at: usize) -> bool {
        self.is_sign(at, ",") && {
            let next = self.counting(at + 1);
            self.token(next).is_none_or(|next| next.item.is_some() || matches!(next.what, What::Close(_)))
        }
    }

    /// What stands up to the closing bracket or the end of the file.
    fn content(&mut self, listed: bool) -> Content {
        let mut content = Content::default();
        let mut lead: Vec<Comment> = Vec::new();
        let mut item = Item::default();
        let start = self.at;
        loop {
            self.comments(listed, start, &mut lead, &mut item, &mut content);
            let Some(token) = self.token(self.at) else { break };
            if matches!(token.what, What::Close(_)) {
                break;
            }
            if listed && self.separates(self.at) {
                self.at += 1;
                continue;
            }
            if listed && token.item.is_some() {
                let (entry, lines) = (token.item.unwrap_or_default(), self.lines_before(&item, token));
                self.finish_written(&mut item, &mut content.items);
                content.spread |= !content.items.is_empty() && lines > 0;
                item.entry = entry;
                item.blank = lines > 1;
                item.lead = std::mem::take(&mut lead);
            }
            let node = self.node();
            item.nodes.push(node);
        }
        self.finish(&mut item, &mut content.items);
        content.foot = lead;
        content
    }

    /// Line ends before an item, or before the comments that lead it on its line.
    fn lines_before(&self, item: &Item, token: &Token) -> u8 {
        match item.nodes.first() {
            Some(Node::Token(first)) if self.only_comments(item) => {
                self.token(*first).map_or(0, |first| first.lines)
            }
            _ => token.lines,
        }
    }

    fn only_comments(&self, item: &Item) -> bool {
        item.leading_comments(self.tokens) == item.nodes.len()
    }

    /// Finishes an item, unless it is only the comments that lead the next.
    fn finish_written(&self, item: &mut Item, items: &mut Vec<Item>) {
        if !self.only_comments(item) {
            self.finish(item, items);
        }
    }

    /// Gives the comments at the current place to what they belong to.
    fn comments(
        &mut self,
        listed: bool,
        start: usize,
        lead: &mut Vec<Comment>,
        item: &mut Item,
        content: &mut Content,
    ) {
        let next = self.counting(self.at);
        if next == self.at {
            return;
        }
        let between = self.ends(next, listed);
        while self.at < next {
            let at = self.at;
            self.at += 1;
            let Some(token) = self.token(at) else { return };
            let own_line = token.lines > 0 || token.doc || at == 0;
            let line = token.what == What::LineComment;
            let written = !item.nodes.is_empty() || !content.items.is_empty();
            if !between {
                item.nodes.push(if line { Node::Comment(at) } else { Node::Token(at) });
            } else if listed && self.leads_on_its_line(at, next) {
                self.finish_written(item, &mut content.items);
                item.nodes.push(Node::Token(at));
            } else if own_line {
                self.finish(item, &mut content.items);
                lead.push(Comment { token: at, blank: token.lines > 1 });
            } else if !item.nodes.is_empty() {
                item.trail.push(at);
            } else if written && lead.is_empty() {
                content.items.last_mut().into_iter().for_each(|last| last.trail.push(at));
            } else if lead.is_empty() && start > 0 {
                content.head.push(at);
            } else {
                lead.push(Comment { token: at, blank: false });
            }
        }
    }

    /// Whether a comment stands on the line of the item behind it.
    fn leads_on_its_line(&self, at: usize, next: usize) -> bool {
        let behind = self.tokens.get(at + 1..=next).unwrap_or_default();
        self.token(at).is_some_and(|token| token.what == What::BlockComment)
            && behind.iter().all(|token| token.lines == 0)
            && behind.last().is_some_and(|token| token.item.is_some())
    }

    fn node(&mut self) -> Node {
        let at = self.at;
        self.at += 1;
        let Some(token) = self.token(at) else { return Node::Token(at) };
        match token.what {
            What::Open(bracket) => self.group(at, bracket),
            What::Predicate => {
                let predicate = self.text.get(token.range.clone()).unwrap_or_default();
                Node::Predicate(at, sql::on_one_line(predicate))
            }
            What::Query => Node::Query(at),
            _ => Node::Token(at),
        }
    }

    fn group(&mut self, open: usize, bracket: u8) -> Node {
        let first = self.counting(self.at);
        let empty = self.token(first).is_some_and(|token| matches!(token.what, What::Close(_)));
        let listed = empty || self.token(first).is_some_and(|token| token.item.is_some());
        let opened = self.token(self.at).is_some_and(|token| token.lines > 0) && !(empty && first == self.at);
        let content = self.content(listed);
        let close = self.at;
        self.at += 1;
        let pad = usize::from(
            bracket == b'{' && !content.items.is_empty() && !self.is_sign(open.wrapping_sub(1), "."),
        );
        let mut group = Group {
            open,
            close,
            bracket,
            listed,
            items: content.items,
            head: content.head,
            foot: content.foot,
            opened,
            forced: false,
            width: 0,
            pad,
        };
        group.forced = forced(&group, content.spread);
        let separators = 2 * group.items.len().saturating_sub(1);
        let inner: usize = group.items.iter().map(|item| item.width).sum();
        group.width = 2 + 2 * pad + inner + if listed { separators } else { 0 };
        Node::Group(Box::new(group))
    }

    /// Measures an item that is whole and puts it to the others.
    fn finish(&self, item: &mut Item, items: &mut Vec<Item>) {
        if item.nodes.is_empty() {
            return;
        }
        let mut item = std::mem::take(item);
        let mut before: Option<&Token> = None;
        for node in &item.nodes {
            let (first, last) = ends(self.tokens, node);
            let (width, forced) = self.measure(node);
            item.forced |= forced;
            if let (Some(before), Some(first)) = (before, first) {
                item.width += space::between(self.text, before, first);
            }
            item.width += width;
            before = last;
        }
        if (0..item.nodes.len()).any(|at| item.colon(self.text, self.tokens, at)) {
            item.width = item.width.saturating_sub(1);
        }
        items.push(item);
    }

    /// The width of a node on one line, and whether it can't stand on one.
    fn measure(&self, node: &Node) -> (usize, bool) {
        match node {
            Node::Token(at) => (self.token(*at).map_or(0, |token| width(self.text, token)), false),
            Node::Comment(_) | Node::Query(_) => (0, true),
            Node::Predicate(_, line) => {
                (line.as_ref().map_or(0, |line| line.chars().count()), line.is_none())
            }
            Node::Group(group) => (group.width, group.forced),
        }
    }
}

impl Item {
    /// Whether the node at an index is a column's colon, which stands close to the name where columns are not aligned.
    pub(super) fn colon(&self, text: &str, tokens: &[Token], at: usize) -> bool {
        self.entry == Entry::Column
            && at == 1 + self.leading_comments(tokens)
            && matches!(self.nodes.get(at), Some(Node::Token(colon)) if
                tokens.get(*colon).is_some_and(|token| text.get(token.range.clone()) == Some(":")))
    }

    /// How many comments lead the item on its own line.
    pub(super) fn leading_comments(&self, tokens: &[Token]) -> usize {
        let comment =
            |node: &&Node| matches!(node, Node::Token(at) if tokens.get(*at).is_some_and(Token::is_comment));
        self.nodes.iter().take_while(comment).count()
    }
}

/// The first and the last token of a node.
pub(super) fn ends<'a>(tokens: &'a [Token], node: &Node) -> (Option<&'a Token>, Option<&'a Token>) {
    match node {
        Node::Token(at) | Node::Comment(at) | Node::Predicate(at, _) | Node::Query(at) => {
            (tokens.get(*at), tokens.get(*at))
        }
        Node::Group(group) => (tokens.get(group.open), tokens.get(group.close)),
    }
}

/// The characters of a token.
pub(super) fn width(text: &str, token: &Token) -> usize {
    let text = text.get(token.range.clone()).unwrap_or_default();
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Whether brackets can't stand on one line: because of comments or of what is inside, because it was written so, or because several
/// statements or sentences would stand on it.
fn forced(group: &Group, spread: bool) -> bool {
    let lines = |item: &Item| matches!(item.entry, Entry::Line | Entry::Let | Entry::Decl);
    let several = group.items.len() > 1 && group.items.iter().any(lines);
    let commented = group.items.iter().any(|item| !item.lead.is_empty() || !item.trail.is_empty());
    let broken = group.bracket == b'{' && spread || group.listed && group.opened;
    broken
        || several
        || commented
        || !group.head.is_empty()
        || !group.foot.is_empty()
        || group.items.iter().any(|item| item.forced)
}
