//! Regular expressions of Java: those that mean the same here once they are spelled anew. Java's `\d`, `\w` and `\s` are of ASCII, its `.` stands
//! for no end of a line, and its `$` also stands before the last one.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{
    Assertion, AssertionKind, Ast, ClassBracketed, ClassPerlKind, ClassSet, ClassSetItem, Group, GroupKind,
    HexLiteralKind, Literal, LiteralKind, Repetition, RepetitionKind, RepetitionRange, SpecialLiteralKind,
    parse::Parser,
};
use serde::{Deserialize, Serialize};

/// What ends a line in Java.
const ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// A regular expression of Java.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Regular {
    /// As Java reads it.
    written: String,
    plain: Regex,
    /// Where it ends in `$`: the one for texts that end in `\r\n`. In both the first group is what matches.
    before_two: Option<Regex>,
    fits_empty: bool,
}

impl PartialEq for Regular {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl From<Regular> for String {
    fn from(pattern: Regular) -> Self {
        pattern.written
    }
}

impl TryFrom<String> for Regular {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        Self::new(&written)
    }
}

impl Regular {
    /// The regular expression; an error names what has another meaning in Java, or none here.
    pub fn new(written: &str) -> Result<Self, String> {
        if written.contains("{,") {
            return Err("`{,` in a regular expression".to_owned());
        }
        let ast = Parser::new().parse(written).map_err(|error| format!("`{}`", error.kind()))?;
        let is_end = |ast: &Ast| matches!(ast, Ast::Assertion(a) if a.kind == AssertionKind::EndLine);
        let all = match &ast {
            Ast::Concat(concat) => concat.asts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let (parts, ends) = match all.split_last() {
            Some((last, before)) if is_end(last) => (before, true),
            _ => (all, false),
        };
        let mut body = String::new();
        parts.iter().try_for_each(|part| spell(part, &mut body))?;
        let compiled = |text: &str| {
            let built = RegexBuilder::new(text).build();
            built.map_err(|_| "a regular expression of this size".to_owned())
        };
        let ending = |end: &str| compiled(&format!(r"({body}){end}?\z"));
        let (plain, before_two) = match ends {
            true => (ending(&format!("[{ENDS}]"))?, Some(ending(r"(?:\r\n)")?)),
            false => (compiled(&body)?, None),
        };
        let fits_empty = parts.iter().all(fits_empty);
        Ok(Self { written: written.to_owned(), plain, before_two, fits_empty })
    }

    /// Whether it fits an empty text somewhere.
    pub fn fits_empty(&self) -> bool {
        self.fits_empty
    }

    fn of(&self, text: &str) -> &Regex {
        self.before_two.as_ref().filter(|_| text.ends_with("\r\n")).unwrap_or(&self.plain)
    }

    /// The group that is all that matches.
    fn whole(&self) -> usize {
        usize::from(self.before_two.is_some())
    }

    /// `REGEXP`: whether it is found. Flink finds no empty one.
    pub(super) fn is_found(&self, text: &str) -> bool {
        !self.written.is_empty() && self.of(text).is_match(text)
    }

    /// `REGEXP_EXTRACT`: a group of the first place where it is found.
    pub(super) fn extract<'a>(&self, text: &'a str, group: i32) -> Option<&'a str> {
        let group = usize::try_from(group).ok()?.checked_add(self.whole())?;
        let found = self.of(text).captures(text)?;
        found.get(group).map(|part| part.as_str())
    }

    /// `REGEXP_REPLACE`: each place where it is found replaced by the text as it is.
    pub(super) fn replace(&self, text: &str, by: &str) -> String {
        let pattern = self.of(text);
        let (mut made, mut at) = (String::with_capacity(text.len()), 0);
        while let Some(found) =
            pattern.captures_at(text, at).and_then(|found| found.get(self.whole()).map(|part| part.range()))
        {
            made.push_str(text.get(at..found.start).unwrap_or_default());
            made.push_str(by);
            // No expression that fits an empty text comes here.
            if found.end <= at {
                break;
            }
            at = found.end;
        }
        made.push_str(text.get(at..).unwrap_or_default());
        made
    }
}

/// Whether a part fits an empty text.
fn fits_empty(ast: &Ast) -> bool {
    match ast {
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => true,
        Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => {
            false
        }
        Ast::Repetition(repeated) => {
            let least = match &repeated.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => 0,
                RepetitionKind::OneOrMore => 1,
                RepetitionKind::Range(
                    RepetitionRange::Exactly(least)
                    | RepetitionRange::AtLeast(least)
                    | RepetitionRange::Bounded(least, _),
                ) => *least,
            };
            least == 0 || fits_empty(&repeated.ast)
        }
        Ast::Group(group) => fits_empty(&group.ast),
        Ast::Alternation(all) => all.asts.iter().any(fits_empty),
        Ast::Concat(all) => all.asts.iter().all(fits_empty),
    }
}

type Spelled = Result<(), String>;

/// Appends what means here what the part means in Java.
fn spell(ast: &Ast, to: &mut String) -> Spelled {
    match ast {
        Ast::Empty(_) => {}
        Ast::Flags(_) => return Err("flags in a regular expression".to_owned()),
        Ast::Literal(literal) => to.push_str(&character(letter(literal, false)?)),
        Ast::Dot(_) => to.push_str(&format!("[^{ENDS}]")),
        Ast::Assertion(assertion) => to.push_str(place(assertion)?),
        Ast::ClassUnicode(_) => return Err(UNICODE.to_owned()),
        Ast::ClassPerl(class) => {
            to.push_str(if class.negated { "[^" } else { "[" });
            to.push_str(members(&class.kind));
            to.push(']');
        }
        Ast::ClassBracketed(class) => bracketed(class, to)?,
        Ast::Repetition(repeated) => repetition(repeated, to)?,
        Ast::Group(group) => grouped(group, to)?,
        Ast::Alternation(all) => {
            for (at, one) in all.asts.iter().enumerate() {
                to.push_str(if at > 0 { "|" } else { "" });
                spell(one, to)?;
            }
        }
        Ast::Concat(all) => all.asts.iter().try_for_each(|one| spell(one, to))?,
    }
    Ok(())
}

const UNICODE: &str = "a class of Unicode in a regular expression, whose letters are others in each Java";

fn members(class: &ClassPerlKind) -> &'static str {
    match class {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Space => r"\t\n\x0B\f\r\x20",
        ClassPerlKind::Word => "0-9A-Z_a-z",
    }
}

fn character(letter: char) -> String {
    format!(r"\x{{{:X}}}", u32::from(letter))
}

fn letter(literal: &Literal, inside: bool) -> Result<char, String> {
    let same = match &literal.kind {
        // Java takes these for something else, or for a mistake.
        LiteralKind::Verbatim => !matches!((literal.c, inside), ('{', _) | ('[' | ']' | '&', true)),
        LiteralKind::Meta | LiteralKind::Superfluous => {
            !literal.c.is_ascii_alphanumeric() && literal.c != '_'
        }
        LiteralKind::Octal => false,
        LiteralKind::HexFixed(kind) => *kind != HexLiteralKind::UnicodeLong,
        LiteralKind::HexBrace(kind) => *kind == HexLiteralKind::X,
        // Java's `\v` is any vertical blank.
        LiteralKind::Special(kind) => {
            !matches!(kind, SpecialLiteralKind::VerticalTab | SpecialLiteralKind::Space)
        }
    };
    if same { Ok(literal.c) } else { Err(format!("`{}` in a regular expression", shown(literal))) }
}

fn shown(literal: &Literal) -> String {
    match &literal.kind {
        LiteralKind::Verbatim => literal.c.to_string(),
        LiteralKind::Special(SpecialLiteralKind::VerticalTab) => r"\v".to_owned(),
        LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) | LiteralKind::Octal => "\\u".to_owned(),
        _ => format!("\\{}", literal.c),
    }
}

fn place(assertion: &Assertion) -> Result<&'static str, String> {
    match assertion.kind {
        AssertionKind::StartLine | AssertionKind::StartText => Ok(r"\A"),
        AssertionKind::EndText => Ok(r"\z"),
        AssertionKind::EndLine => Err("`$` before the end of a regular expression".to_owned()),
        // What a word is changed with Java 19.
        _ => Err(r"a boundary of words in a regular expression, such as `\b`".to_owned()),
    }
}

fn bracketed(class: &ClassBracketed, to: &mut String) -> Spelled {
    let ClassSet::Item(item) = &class.kind else {
        return Err("an operator within brackets of a regular expression".to_owned());
    };
    to.push_str(if class.negated { "[^" } else { "[" });
    within(item, to)?;
    to.push(']');
    Ok(())
}

fn within(item: &ClassSetItem, to: &mut String) -> Spelled {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(literal) => to.push_str(&character(letter(literal, true)?)),
        ClassSetItem::Range(range) => {
            let (first, last) = (letter(&range.start, true)?, letter(&range.end, true)?);
            // Java would find half of a character in it.
            if first < '\u{D7FF}' && last > '\u{E000}' {
                return Err("so wide a range within brackets of a regular expression".to_owned());
            }
            to.push_str(&format!("{}-{}", character(first), character(last)));
        }
        ClassSetItem::Perl(class) if class.negated => {
            return Err("a negated class within brackets of a regular expression".to_owned());
        }
        ClassSetItem::Perl(class) => to.push_str(members(&class.kind)),
        ClassSetItem::Unicode(_) => return Err(UNICODE.to_owned()),
        ClassSetItem::Ascii(_) => {
            return Err("`[:…:]` in a regular expression, which Java does not know".to_owned());
        }
        ClassSetItem::Bracketed(_) => {
            return Err("brackets within brackets of a regular expression".to_owned());
        }
        ClassSetItem::Union(union) => union.items.iter().try_for_each(|one| within(one, to))?,
    }
    Ok(())
}

fn repetition(repeated: &Repetition, to: &mut String) -> Spelled {
    if matches!(&*repeated.ast, Ast::Repetition(_)) {
        return Err("a possessive `++`, `*+` or `?+` in a regular expression".to_owned());
    }
    let many = match &repeated.op.kind {
        RepetitionKind::ZeroOrOne => "?".to_owned(),
        RepetitionKind::ZeroOrMore => "*".to_owned(),
        RepetitionKind::OneOrMore => "+".to_owned(),
        RepetitionKind::Range(RepetitionRange::Exactly(count)) => format!("{{{count}}}"),
        RepetitionKind::Range(RepetitionRange::AtLeast(least)) => format!("{{{least},}}"),
        RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => format!("{{{least},{most}}}"),
    };
    // What the groups of such a loop hold at its end is Java's own.
    if fits_empty(&repeated.ast) {
        return Err("a repeated part of a regular expression that fits an empty text".to_owned());
    }
    spell(&repeated.ast, to)?;
    to.push_str(&many);
    to.push_str(if repeated.greedy { "" } else { "?" });
    Ok(())
}

fn grouped(group: &Group, to: &mut String) -> Spelled {
    match &group.kind {
        GroupKind::CaptureIndex(_) => to.push('('),
        GroupKind::CaptureName { starts_with_p: false, name }
            if name.name.chars().all(|letter| letter.is_ascii_alphanumeric()) =>
        {
            to.push('(');
        }
        GroupKind::CaptureName { .. } => {
            return Err("this name of a group in a regular expression".to_owned());
        }
        GroupKind::NonCapturing(flags) if flags.items.is_empty() => to.push_str("(?:"),
        GroupKind::NonCapturing(_) => return Err("flags in a regular expression".to_owned()),
    }
    spell(&group.ast, to)?;
    to.push(')');
    Ok(())
}
