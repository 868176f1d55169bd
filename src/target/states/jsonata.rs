//! Expressions as JSONata. Everything is written so that no value of the run can become a part of an expression: text stands in double quotes
//! with JSON's escapes (JSONata has no `\'`), and values are only ever named.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::codec;
use crate::{
    library::{PipelineFunctionId, functions::Piece},
    platform::{
        Base, DataType, Platform,
        pipeline::{Each, Expression, ExpressionKind, LocalId},
    },
    syntax::ast::BinaryOp,
};

/// What names stand for in the state that an expression is written into.
pub struct Scope<'s> {
    /// The program.
    pub platform: &'s Platform,
    /// How each local is read.
    pub locals: &'s [String],
    /// What the request returned: `$states.result` in its own state, `$states.input` in the one behind it.
    pub result: &'s str,
    /// The variable that keeps a part of it.
    pub kept: &'s str,
}

/// What a state's request returned, in that state.
pub const RESULT: &str = "$states.result";
/// What the state before handed on.
pub const INPUT: &str = "$states.input";

/// Words that are no names in a path.
const WORDS: &[&str] = &["and", "or", "in", "true", "false", "null", "function"];

impl Scope<'_> {
    /// An expression as a member of a state: JSON where it is constant or built of parts, else text between `{%` and `%}`. Text of several lines
    /// or of nothing is an expression as well: asl-validator takes one line only, and no empty one.
    pub fn json(&self, expression: &Expression) -> Json {
        match &expression.kind {
            ExpressionKind::None => Json::Null,
            ExpressionKind::Bool(value) => Json::Bool(*value),
            ExpressionKind::Number(text) => {
                number(text).unwrap_or_else(|| Json::String(self.query(expression)))
            }
            ExpressionKind::Text(text)
                if !text.is_empty()
                    && !text.contains("{%")
                    && !text.contains("%}")
                    && !text.contains('\n') =>
            {
                Json::String(text.to_string())
            }
            ExpressionKind::List(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            ExpressionKind::Record(fields) => {
                let members = fields.iter().map(|(name, value)| (name.to_string(), self.json(value)));
                Json::Object(members.collect::<Map<String, Json>>())
            }
            ExpressionKind::Encoded(form, inner) => codec::encoded_json(self, *form, inner, &expression.ty)
                .unwrap_or_else(|| Json::String(self.query(expression))),
            ExpressionKind::Location(_, key) if key.iter().all(|piece| piece.as_text().is_some()) => {
                Json::String(self.constant_uri(expression))
            }
            _ => Json::String(self.query(expression)),
        }
    }

    /// An expression as the output of a state: an object, or text between `{%` and `%}`, which is all that asl-validator knows.
    pub fn output(&self, expression: &Expression) -> Json {
        match self.json(expression) {
            object @ Json::Object(_) => object,
            Json::String(text) if text.starts_with("{%") => Json::String(text),
            _ => Json::String(self.query(expression)),
        }
    }

    /// An expression between `{%` and `%}`. What may be missing is `null` then, since nothing at all is an error of Step Functions'.
    pub fn query(&self, expression: &Expression) -> String {
        let text = self.text(expression);
        if !expression.ty.nullable {
            format!("{{% {text} %}}")
        } else if is_path(&text) {
            format!("{{% {text} != null ? {text} : null %}}")
        } else {
            format!("{{% ($value := {text}; $value != null ? $value : null) %}}")
        }
    }

    /// An expression in JSONata.
    pub fn text(&self, expression: &Expression) -> String {
        let mut out = String::new();
        self.write(expression, &mut out);
        out
    }

    fn constant_uri(&self, place: &Expression) -> String {
        let ExpressionKind::Location(bucket, key) = &place.kind else { return String::new() };
        let key: String = key.iter().filter_map(Expression::as_text).collect();
        format!("s3://{}/{key}", self.platform.resource(*bucket).physical)
    }

    /// The same in parentheses where it is more than a name or a literal.
    fn operand(&self, expression: &Expression, out: &mut String) {
        let start = out.len();
        self.write(expression, out);
        let plain = match &expression.kind {
            ExpressionKind::Local(id) => is_path(self.local(*id)),
            ExpressionKind::Binary(..)
            | ExpressionKind::Join(_)
            | ExpressionKind::Location(..)
            | ExpressionKind::Negate(_)
            | ExpressionKind::Decoded(..) => false,
            _ => true,
        };
        if !plain {
            out.insert(start, '(');
            out.push(')');
        }
    }

    fn local(&self, id: LocalId) -> &str {
        self.locals.get(id.0 as usize).map_or("null", String::as_str)
    }

    fn write(&self, expression: &Expression, out: &mut String) {
        match &expression.kind {
            ExpressionKind::None => out.push_str("null"),
            ExpressionKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            ExpressionKind::Number(text) => out.push_str(text),
            ExpressionKind::Text(text) => literal(text, out),
            ExpressionKind::Local(id) => out.push_str(self.local(*id)),
            ExpressionKind::Result => out.push_str(self.result),
            ExpressionKind::Kept => out.push_str(self.kept),
            ExpressionKind::Context(path) => {
                let _ = write!(out, "$states.context.{path}");
            }
            ExpressionKind::Field(of, name) => {
                self.operand(of, out);
                out.push('.');
                member(name, out);
            }
            ExpressionKind::Index(of, at) => self.index(of, at, out),
            ExpressionKind::List(items) => self.list(items, out),
            ExpressionKind::Record(fields) => self.record(fields, out),
            ExpressionKind::Location(bucket, key) => {
                let head = format!("s3://{}/", self.platform.resource(*bucket).physical);
                self.joined(&head, key, out);
            }
            ExpressionKind::Join(pieces) => self.joined("", pieces, out),
            ExpressionKind::Not(inner) => {
                out.push_str("$not(");
                self.write(inner, out);
                out.push(')');
            }
            ExpressionKind::Negate(inner) => {
                out.push('-');
                self.operand(inner, out);
            }
            ExpressionKind::Binary(operator, a, b) => self.binary(*operator, a, b, out),
            ExpressionKind::Each(each) => self.each(each, out),
            ExpressionKind::Encoded(form, inner) => codec::encode(self, *form, inner, &expression.ty, out),
            ExpressionKind::Decoded(form, inner) => codec::decode(self, *form, inner, &expression.ty, out),
            ExpressionKind::Unique => out.push_str("$uuid()"),
            ExpressionKind::UrlPart(inner) => {
                out.push_str("$encodeUrlComponent(");
                self.write(inner, out);
                out.push(')');
            }
            ExpressionKind::Function(id, arguments) => self.function(*id, arguments, out),
            ExpressionKind::SqlText(inner) => self.quoted(inner, "'", &["\\", "'"], out),
            ExpressionKind::SqlName(inner) => self.quoted(inner, "\"", &["\""], out),
            ExpressionKind::SqlValue(inner) => self.sql_value(inner, out),
        }
    }

    /// A list made of another. JSONata takes lists apart where it puts others together, so that a list of lists is built element by element.
    fn each(&self, each: &Each, out: &mut String) {
        let item = self.local(each.item);
        let lists = matches!(each.value.ty.base, Base::List(_) | Base::Json | Base::Unknown);
        let value = self.text(&each.value);
        let value = match (each.value.ty.nullable, is_path(&value)) {
            (false, _) => value,
            (true, true) => format!("({value} != null ? {value} : null)"),
            (true, false) => format!("($value := {value}; $value != null ? $value : null)"),
        };
        // Put into one more list, a list stays what it is.
        let value = match each.value.ty.base {
            Base::List(_) => format!("[[({value})]]"),
            Base::Json | Base::Unknown => format!("$type({value}) = \"array\" ? [[({value})]] : [{value}]"),
            _ => value,
        };
        let condition = each.condition.as_ref().map(|condition| self.text(condition));
        out.push_str(if lists { "$reduce(" } else { "[$map(" });
        self.write(&each.over, out);
        let _ = match (lists, condition) {
            (false, None) => write!(out, ", function({item}) {{ {value} }})]"),
            (false, Some(condition)) => write!(out, ", function({item}) {{ ({condition}) ? {value} }})]"),
            (true, None) => {
                write!(out, ", function($value, {item}) {{ $append($value, {value}) }}, [])")
            }
            (true, Some(condition)) => write!(
                out,
                ", function($value, {item}) {{ ({condition}) ? $append($value, {value}) : $value }}, [])"
            ),
        };
    }

    fn function(&self, id: PipelineFunctionId, arguments: &[Expression], out: &mut String) {
        for piece in &self.platform.library.pipeline_function(id).jsonata {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Argument(at) => {
                    arguments.get(*at).into_iter().for_each(|argument| self.write(argument, out))
                }
                Piece::Operand(at) => {
                    arguments.get(*at).into_iter().for_each(|argument| self.operand(argument, out))
                }
            }
        }
    }

    /// `list[0]`; `$lookup(map, key)`, since a key in brackets would be a filter.
    fn index(&self, of: &Expression, at: &Expression, out: &mut String) {
        if matches!(of.ty.base, Base::List(_)) {
            self.operand(of, out);
            out.push('[');
            self.write(at, out);
            out.push(']');
        } else {
            out.push_str("$lookup(");
            self.write(of, out);
            out.push_str(", ");
            self.write(at, out);
            out.push(')');
        }
    }

    fn list(&self, items: &[Expression], out: &mut String) {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            // A list in a list is one only where it is written as one: any other is taken apart.
            let apart =
                matches!(item.ty.base, Base::List(_)) && !matches!(item.kind, ExpressionKind::List(_));
            out.push_str(if apart { "[(" } else { "" });
            self.write(item, out);
            out.push_str(if apart { ")]" } else { "" });
        }
        out.push(']');
    }

    fn record(&self, fields: &[(smol_str::SmolStr, Expression)], out: &mut String) {
        out.push('{');
        for (at, (name, value)) in fields.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            literal(name, out);
            out.push_str(": ");
            self.write(value, out);
        }
        out.push('}');
    }

    /// Texts one behind the other; constants that meet are one.
    fn joined(&self, head: &str, pieces: &[Expression], out: &mut String) {
        let mut pending = head.to_owned();
        let mut parts: Vec<String> = Vec::new();
        for piece in pieces {
            match piece.as_text() {
                Some(text) => pending.push_str(text),
                None => {
                    push_literal(&mut pending, &mut parts);
                    let mut part = String::new();
                    self.operand(piece, &mut part);
                    parts.push(part);
                }
            }
        }
        push_literal(&mut pending, &mut parts);
        match parts.as_slice() {
            [] => out.push_str("\"\""),
            [only] if !pieces.iter().any(is_text) => {
                let _ = write!(out, "$string({only})");
            }
            _ => out.push_str(&parts.join(" & ")),
        }
    }

    fn binary(&self, operator: BinaryOp, a: &Expression, b: &Expression, out: &mut String) {
        let none = |side: &Expression| side.kind == ExpressionKind::None;
        match operator {
            BinaryOp::Coalesce => {
                let left = self.text(a);
                if is_path(&left) {
                    let _ = write!(out, "{left} != null ? {left} : ");
                    self.operand(b, out);
                } else {
                    let _ = write!(out, "($value := {left}; $value != null ? $value : ");
                    self.operand(b, out);
                    out.push(')');
                }
            }
            // A field that is missing equals nothing and differs from nothing in JSONata: only `!= null` tells that it is there.
            BinaryOp::Equal if none(a) || none(b) => {
                out.push_str("$not(");
                self.operand(if none(a) { b } else { a }, out);
                out.push_str(" != null)");
            }
            BinaryOp::Equal if may_be_missing(a) && may_be_missing(b) => {
                let _ = write!(out, "{} = {}", self.or_null(a), self.or_null(b));
            }
            BinaryOp::NotEqual if !none(a) && !none(b) && (may_be_missing(a) || may_be_missing(b)) => {
                out.push_str("$not(");
                self.binary(BinaryOp::Equal, a, b, out);
                out.push(')');
            }
            BinaryOp::NotEqual if none(a) || none(b) => {
                self.operand(if none(a) { b } else { a }, out);
                out.push_str(" != null");
            }
            _ => {
                self.side(operator, a, out);
                let _ = write!(out, " {} ", symbol(operator));
                self.side(operator, b, out);
            }
        }
    }

    /// A side of an operator. One instant has many spellings, which stand in no order: they are compared as numbers.
    fn side(&self, operator: BinaryOp, side: &Expression, out: &mut String) {
        if !(compares(operator) && is_instant(side)) {
            self.operand(side, out);
        } else if side.ty.nullable {
            out.push_str(&self.or_null(side));
        } else {
            let _ = write!(out, "$toMillis({})", self.text(side));
        }
    }

    /// A value to compare, in parentheses, which is `null` where it is missing.
    fn or_null(&self, value: &Expression) -> String {
        let text = self.text(value);
        let (name, bound) = if is_path(&text) {
            (text.as_str(), String::new())
        } else {
            ("$value", format!("$value := {text}; "))
        };
        let compared = if is_instant(value) { format!("$toMillis({name})") } else { name.to_owned() };
        format!("({bound}{name} != null ? {compared} : null)")
    }

    /// A value as a literal of standard SQL.
    fn sql_value(&self, inner: &Expression, out: &mut String) {
        let quotes = !matches!(
            inner.ty.base,
            Base::Boolean | Base::Int | Base::BigInt | Base::Double | Base::Decimal(..)
        );
        let present = Expression { ty: DataType { nullable: false, ..inner.ty.clone() }, ..inner.clone() };
        let mut value = String::new();
        if quotes {
            self.quoted(&present, "'", &["'"], &mut value);
        } else {
            let _ = write!(value, "$string({})", self.text(&present));
        }
        if inner.ty.nullable {
            let mut text = String::new();
            self.operand(inner, &mut text);
            let _ = write!(out, "({text} != null ? {value} : \"NULL\")");
        } else {
            out.push_str(&value);
        }
    }

    /// Text in quotes, in which whatever could end it is doubled.
    fn quoted(&self, inner: &Expression, quote: &str, doubled: &[&str], out: &mut String) {
        let mut text = self.text(inner);
        for one in doubled {
            let (mut once, mut twice) = (String::new(), String::new());
            literal(one, &mut once);
            literal(&one.repeat(2), &mut twice);
            text = format!("$replace({text}, {once}, {twice})");
        }
        let mut mark = String::new();
        literal(quote, &mut mark);
        let _ = write!(out, "({mark} & {text} & {mark})");
    }
}

/// Whether a value is text without being made so.
fn is_text(piece: &Expression) -> bool {
    matches!(piece.ty.base, Base::String | Base::Location)
}

fn push_literal(pending: &mut String, parts: &mut Vec<String>) {
    if !pending.is_empty() {
        let mut text = String::new();
        literal(pending, &mut text);
        parts.push(text);
        pending.clear();
    }
}

/// Whether a text is a path of names, which needs no parentheses anywhere.
pub fn is_path(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '$' | '.' | '`'))
}

/// A name in a path, in backquotes where it would be read as a word.
pub fn member(name: &str, out: &mut String) {
    let plain = !WORDS.contains(&name)
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if plain {
        out.push_str(name);
    } else {
        let _ = write!(out, "`{name}`");
    }
}

/// Text as a JSONata literal: JSON's, with `%` spelled out where it would end the expression around it.
pub fn literal(text: &str, out: &mut String) {
    let json = Json::String(text.to_owned()).to_string();
    out.push_str(&json.replace("%}", "\\u0025}").replace("{%", "{\\u0025"));
}

fn number(text: &str) -> Option<Json> {
    match text.parse::<i64>() {
        Ok(whole) => Some(Json::from(whole)),
        Err(_) => text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number),
    }
}

fn compares(operator: BinaryOp) -> bool {
    matches!(
        operator,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
    )
}

fn is_instant(value: &Expression) -> bool {
    matches!(value.ty.base, Base::TimestampLtz(_))
}

/// Whether there may be nothing at all where a value is read.
fn may_be_missing(value: &Expression) -> bool {
    value.ty.nullable || matches!(value.ty.base, Base::Json | Base::Unknown)
}

fn symbol(operator: BinaryOp) -> &'static str {
    match operator {
        BinaryOp::Coalesce => "?:",
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "=",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}
