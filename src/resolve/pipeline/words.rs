//! The functions that templates of integrations call.

use smol_str::SmolStr;

use super::template::{Fault, Item, Template};
use crate::{
    platform::{
        Base, DataType, Value, ValueKind,
        pipeline::{Expression, ExpressionKind, Form},
        wire,
    },
    source::Span,
    sql::parameters::{Piece, pieces},
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
            "when" | "listed" if self.is_nothing(arg(0)?)? => Ok(Item::Missing),
            "unless" if !self.is_nothing(arg(0)?)? => Ok(Item::Missing),
            "when" | "unless" => self.item(arg(1)?),
            "listed" => Ok(made(ExpressionKind::List(data(1)?.into_iter().collect()), Base::Json)),
            "positional" => Ok(self.positional(&self.constant(arg(0)?)?)),
            "literals" => Ok(self.literals(&self.constant(arg(0)?)?)),
            "some" => Ok(match self.item(arg(0)?)? {
                Item::Data(Expression { kind: ExpressionKind::List(items), .. }) if items.is_empty() => {
                    Item::Missing
                }
                other => other,
            }),
            "athena_rows" | "redshift_rows" => {
                let form = if name == "athena_rows" { Form::AthenaRows } else { Form::RedshiftRows };
                let answer = data(0)?.ok_or_else(|| Fault { span, why: "of what?".into() })?;
                Ok(Item::Data(self.returned(form, answer)))
            }
            "sdk_service" => {
                Ok(Item::Data(Expression::text(self.sdk_service(&self.constant(arg(0)?)?), self.span)))
            }
            "sdk_operation" => {
                let operation = self.constant(arg(0)?)?;
                let mut letters = operation.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                let spelled: String = first.into_iter().chain(letters).collect();
                Ok(Item::Data(Expression::text(spelled, self.span)))
            }
            "answered" => {
                let result = Expression::new(ExpressionKind::Result, Base::Json, self.span);
                let path = match self.item(arg(0)?)? {
                    Item::Missing => SmolStr::default(),
                    _ => self.constant(arg(0)?)?,
                };
                let members = path.split('.').filter(|member| !member.is_empty());
                let answer = members
                    .fold(result, |of, name| of.field(wire::sdk_member(name), DataType::plain(Base::Json)));
                Ok(Item::Data(self.returned(Form::Members, answer)))
            }
            "item" => self.as_item(self.item(arg(0)?)?, span),
            "read_item" | "read_items" => {
                let answer = data(1)?.ok_or_else(|| Fault { span, why: "of what?".into() })?;
                self.read_items(&self.item(arg(0)?)?, answer, name == "read_items", span)
            }
            "names" => self.attribute_names(args),
            "values" => self.attribute_values(args),
            "changes" => self.changes(args),
            "key_condition" => self.key_condition(args),
            "key_names" => self.key_names(args),
            "key_values" => self.key_values(args),
            "url" => Ok(data(0)?
                .map_or(Item::Missing, |text| made(ExpressionKind::UrlPart(Box::new(text)), Base::String))),
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

    /// What a service answers, as the result that the function declares.
    fn returned(&self, form: Form, answer: Expression) -> Expression {
        let (ty, span) = (self.result.clone().unwrap_or_else(|| DataType::plain(Base::Json)), answer.span);
        Expression { kind: ExpressionKind::Decoded(form, Box::new(answer)), ty, span }
    }

    /// The request of a call by botocore's names.
    pub(super) fn members(&self) -> Expression {
        let members = self.arguments.iter().map(|(name, value)| {
            let (ty, span) = (value.ty.clone(), value.span);
            let kind = ExpressionKind::Encoded(Form::Members, Box::new(value.clone()));
            (SmolStr::from(wire::sdk_member(name)), Expression { kind, ty, span })
        });
        Expression::new(ExpressionKind::Record(members.collect()), Base::Json, self.span)
    }

    /// A service as Step Functions spells it.
    fn sdk_service(&self, name: &str) -> String {
        let wanted = name.replace('-', "_");
        let known = self.library.enums.iter().find(|one| one.name == "sdk_service");
        let variant = known.and_then(|one| one.variants.iter().find(|variant| variant.name == wanted));
        variant.map_or_else(|| name.replace('-', ""), |variant| variant.spelling.to_string())
    }

    /// A statement with `?` where it has parameters.
    fn positional(&self, sql: &str) -> Item {
        let text = pieces(sql).into_iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Parameter(_) => "?".to_owned(),
        });
        Item::Data(Expression::text(text.collect::<String>(), self.span))
    }

    /// The values of a statement's parameters in their order, as literals.
    fn literals(&self, sql: &str) -> Item {
        let values = pieces(sql).into_iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Parameter(name) => {
                let value =
                    self.arguments.iter().find(|(param, _)| *param == name).map(|(_, value)| value.clone());
                let value = value.unwrap_or_else(|| Expression {
                    kind: ExpressionKind::None,
                    ty: DataType::plain(Base::String).or_null(),
                    span: self.span,
                });
                Some(Expression::new(ExpressionKind::SqlValue(Box::new(value)), Base::String, self.span))
            }
        });
        let values: Vec<Expression> = values.collect();
        if values.is_empty() {
            return Item::Missing;
        }
        Item::Data(Expression::new(ExpressionKind::List(values), Base::Json, self.span))
    }

    fn constant(&self, expr: &Expr) -> Result<SmolStr, Fault> {
        match self.expression(expr)? {
            Some(Expression { kind: ExpressionKind::Text(text), .. }) => Ok(text),
            _ => Err(Fault { span: expr.span, why: "this is constant text".into() }),
        }
    }

    /// Whether it comes out as nothing, as `false`, or as an empty list.
    fn is_nothing(&self, expr: &Expr) -> Result<bool, Fault> {
        Ok(match self.item(expr)? {
            Item::Missing => true,
            Item::Value(value) => match value.kind {
                ValueKind::Bool(truth) => !truth,
                ValueKind::List(items) => items.is_empty(),
                kind => kind == ValueKind::None,
            },
            Item::Data(_) => false,
        })
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
