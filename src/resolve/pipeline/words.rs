//! The functions that templates of integrations call.

use smol_str::SmolStr;

use super::template::{Fault, Item, Template};
use crate::{
    platform::{
        Base, DataType, Value, ValueKind,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{Arg, BinaryOp, Expr, ExprKind},
};

impl Template<'_> {
    /// A function of a template.
    pub(super) fn apply(&self, callee: &Expr, args: &[Arg], span: Span) -> Result<Item, Fault> {
        let ExprKind::Name(name) = &callee.kind else {
            return Err(Fault { span, why: "a template calls a word".into() });
        };
        let arg = |at: usize| {
            let missing = || Fault { span, why: format!("`{name}` takes more") };
            args.get(at).map(|arg| &arg.value).ok_or_else(missing)
        };
        let data = |at: usize| self.data(self.item(arg(at)?)?, span);
        let made = |kind, base| Item::Data(Expression::new(kind, base, self.span));
        match name.as_str() {
            "texts" => Ok(Item::Data(self.texts(&self.constant(arg(0)?)?))),
            "flags" => Ok(self.flags(&self.constant(arg(0)?)?)),
            "argument" => Ok(self.argument(&self.constant(arg(0)?)?)),
            "given" | "listed" if self.is_nothing(arg(0)?)? => Ok(Item::Missing),
            "given" => self.item(arg(1)?),
            "listed" => Ok(made(ExpressionKind::List(data(1)?.into_iter().collect()), Base::Json)),
            "item" => self.as_item(self.item(arg(0)?)?, span),
            "read_item" | "read_items" => {
                let answer = data(1)?.ok_or_else(|| Fault { span, why: "of what?".into() })?;
                self.read_items(&self.item(arg(0)?)?, answer, name == "read_items", span)
            }
            "names" => self.attribute_names(args),
            "values" => self.attribute_values(args),
            "changes" => self.changes(args),
            "url" => Ok(data(0)?.map_or(Item::Missing, |text| {
                made(ExpressionKind::UrlPart(Box::new(text)), Base::String)
            })),
            "sql_text" => Ok(data(0)?.map_or(Item::Missing, |text| {
                Item::Data(quoted(text, "'", &["\\", "'"], ExpressionKind::SqlText))
            })),
            "sql_name" => Ok(data(0)?.map_or(Item::Missing, |text| {
                Item::Data(quoted(text, "\"", &["\""], ExpressionKind::SqlName))
            })),
            "rate" => match self.item(arg(0)?)? {
                Item::Value(Value { kind: ValueKind::Duration(milliseconds), .. }) => {
                    Ok(Item::Data(Expression::text(rate(milliseconds), self.span)))
                }
                _ => Err(Fault { span, why: "`rate` takes a duration".into() }),
            },
            _ => Err(Fault { span, why: format!("a template has no function `{name}`") }),
        }
    }

    fn constant(&self, expr: &Expr) -> Result<SmolStr, Fault> {
        match self.expression(expr)? {
            Some(Expression { kind: ExpressionKind::Text(text), .. }) => Ok(text),
            _ => Err(Fault { span: expr.span, why: "this is constant text".into() }),
        }
    }

    /// Whether it comes out as nothing, or as `false`.
    fn is_nothing(&self, expr: &Expr) -> Result<bool, Fault> {
        Ok(matches!(
            self.item(expr)?,
            Item::Missing | Item::Value(Value { kind: ValueKind::Bool(false) | ValueKind::None, .. })
        ))
    }

    /// The argument of that name, where there is one.
    fn argument(&self, name: &str) -> Item {
        let found = self.arguments.iter().find(|(param, _)| param == name);
        found.map_or(Item::Missing, |(_, value)| Item::Data(value.clone()))
    }

    /// The arguments as a program's: the name behind a prefix, then the value.
    fn flags(&self, prefix: &str) -> Item {
        if self.arguments.is_empty() {
            return Item::Missing;
        }
        let flags = self.arguments.iter().flat_map(|(name, value)| {
            [Expression::text(format!("{prefix}{name}"), self.span), self.as_text(value)]
        });
        Item::Data(Expression::new(ExpressionKind::List(flags.collect()), Base::Json, self.span))
    }

    pub(super) fn texts(&self, prefix: &str) -> Expression {
        let texts = self
            .arguments
            .iter()
            .map(|(name, value)| (SmolStr::from(format!("{prefix}{name}")), self.as_text(value)));
        Expression::new(ExpressionKind::Record(texts.collect()), Base::Json, self.span)
    }

    pub(super) fn pairs(&self) -> Expression {
        let pairs = self.arguments.iter().map(|(name, value)| {
            let members = vec![
                ("Name".into(), Expression::text(name.clone(), self.span)),
                ("Value".into(), self.as_text(value)),
            ];
            Expression::new(ExpressionKind::Record(members), Base::Json, self.span)
        });
        Expression::new(ExpressionKind::List(pairs.collect()), Base::Json, self.span)
    }

    /// A value as text; what is not there is empty text.
    pub(super) fn as_text(&self, value: &Expression) -> Expression {
        let value = if value.ty.nullable {
            let empty = Box::new(Expression::text("", self.span));
            let kind = ExpressionKind::Binary(BinaryOp::Coalesce, Box::new(value.clone()), empty);
            Expression { kind, ty: DataType { nullable: false, ..value.ty.clone() }, span: value.span }
        } else {
            value.clone()
        };
        match value.ty.base {
            Base::String | Base::Location => value,
            _ => Expression::new(ExpressionKind::Join(vec![value]), Base::String, self.span),
        }
    }
}

/// Text in quotes, in which whatever could end it is doubled: now where it is constant, else when it runs.
fn quoted(
    text: Expression,
    quote: &str,
    doubled: &[&str],
    kind: fn(Box<Expression>) -> ExpressionKind,
) -> Expression {
    let span = text.span;
    match text.as_text() {
        Some(constant) => {
            let safe =
                doubled.iter().fold(constant.to_owned(), |text, one| text.replace(one, &one.repeat(2)));
            Expression::text(format!("{quote}{safe}{quote}"), span)
        }
        None => Expression::new(kind(Box::new(text)), Base::String, span),
    }
}

/// A duration as EventBridge Scheduler spells it: whole minutes, hours or days, with the unit in the singular for one.
fn rate(milliseconds: u64) -> String {
    let minutes = milliseconds.div_ceil(60_000);
    let (number, unit) = match minutes {
        minutes if minutes % 1440 == 0 => (minutes / 1440, "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}
