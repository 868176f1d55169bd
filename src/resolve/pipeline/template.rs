//! The standard library's templates of integrations, filled in for one call. The words that a template may use:
//!
//! | word | is |
//! | --- | --- |
//! | a parameter's name | what it is given; `resource.name .arn .account .region .FIELD` of a declaration, `.FIELD` of a constructor's value |
//! | `partition`, `region`, `account`, `dns_suffix` | where the pipeline, or the function that is called, lives |
//! | `arn` | the function's ARN |
//! | `event` | the function's arguments: its one record, or an object keyed by parameter |
//! | `texts(prefix)` | the arguments as text, their names behind a prefix |
//! | `pairs` | the arguments as a list of `{ Name, Value }`, both text |
//! | `place.bucket`, `.key`, `.prefix` | of a place: its bucket, its key, its key as a folder's |
//! | `flags(prefix)` | the arguments as a program's: the name behind a prefix, then the value |
//! | `argument(name)` | the argument of that name, where there is one |
//! | `members` | the arguments as members of a request by botocore's names, spelled as the SDK does |
//! | `when(a, b)`, `unless(a, b)` | `b` where `a` is there, not `false` and not empty; where it is not |
//! | `listed(a, b)`, `some(list)` | `when` with a list of `b`; a list that is not empty |
//! | `item(x)`, `names(…)`, `values(…)`, `changes(…)` | an item in DynamoDB's spelling, and what its expressions take |
//! | `key_condition(key, …)`, `key_names(…)`, `key_values(…)` | the condition on a key and on what the items are sorted by |
//! | `read_item(table, x)`, `read_items(table, x)`, `athena_rows(x)`, `redshift_rows(x)`, `answered(path)` | what a service answers, as typed values |
//! | `positional(sql)`, `literals(sql)` | a statement with `?` for its parameters, and their values as literals |
//! | `sdk_service(x)`, `sdk_operation(x)` | botocore's names as Step Functions spells them |
//! | `unique`, `url(x)`, `most_rows` | text that no other attempt has; text in a URL; the most rows of an answer |
//! | `result`, `result.Member` | what the request returned |
//! | `kept` | what `keep` kept of the result of the call whose end is asked for |
//! | `sql_text(x)`, `sql_name(x)` | text inside an SQL literal or a quoted SQL name, which it can't leave |
//!
//! What is `none` is left out, and so is text with such a part.

use smol_str::SmolStr;

use crate::{
    library::Library,
    platform::{
        Account, Base, Construct, DataType, Function, Location, Platform, ResourceId, Value, ValueKind,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{BinaryOp, Expr, ExprKind, StringPart},
};

/// A value inside a template.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// Nothing: what it stands in is left out.
    Missing,
    /// A value of the run.
    Data(Expression),
    /// A value of the program.
    Value(Value),
}

/// A template that means nothing: where, and why. A fault of the library.
#[derive(Debug)]
pub(super) struct Fault {
    /// The part that means nothing.
    pub(super) span: Span,
    /// Why.
    pub(super) why: String,
}

/// What the words of a template mean for one call.
pub(super) struct Template<'e> {
    /// The program.
    pub(super) platform: &'e Platform,
    /// Its library.
    pub(super) library: &'e Library,
    /// Where what is called lives.
    pub(super) account: &'e Account,
    /// Parameters and other words.
    pub(super) words: Vec<(SmolStr, Item)>,
    /// The arguments of a declared function, by parameter.
    pub(super) arguments: &'e [(SmolStr, Expression)],
    /// The function that is called, where it is one.
    pub(super) declared: Option<&'e Function>,
    /// What the call returns, where it returns something.
    pub(super) result: Option<DataType>,
    /// The call in the program: the place of everything made for it.
    pub(super) span: Span,
}

impl Template<'_> {
    /// An expression of the run; `None` is left out.
    pub(super) fn expression(&self, expr: &Expr) -> Result<Option<Expression>, Fault> {
        let item = self.item(expr)?;
        self.data(item, expr.span)
    }

    /// What a part of a template means.
    pub(super) fn item(&self, expr: &Expr) -> Result<Item, Fault> {
        let simple = |kind, base| Ok(Item::Data(Expression::new(kind, base, self.span)));
        match &expr.kind {
            ExprKind::None => Ok(Item::Missing),
            ExprKind::Bool(value) => simple(ExpressionKind::Bool(*value), Base::Boolean),
            ExprKind::Number(text) => simple(ExpressionKind::Number(text.clone()), Base::Double),
            ExprKind::Duration(milliseconds) => {
                Ok(Item::Value(self.value(ValueKind::Duration(*milliseconds))))
            }
            ExprKind::String(parts) => self.string(parts),
            ExprKind::Name(name) => self.word(name, expr.span),
            ExprKind::Field(of, name) => self.member(self.item(of)?, &name.name, name.span),
            ExprKind::Binary(BinaryOp::Coalesce, _, a, b) => self.coalesce(a, b),
            ExprKind::List(items) => {
                let items: Result<Vec<_>, Fault> = items.iter().map(|item| self.expression(item)).collect();
                simple(ExpressionKind::List(items?.into_iter().flatten().collect()), Base::Json)
            }
            ExprKind::Record(fields) => {
                let mut members = Vec::with_capacity(fields.len());
                for field in fields {
                    members
                        .extend(self.expression(&field.value)?.map(|value| (field.name.name.clone(), value)));
                }
                simple(ExpressionKind::Record(members), Base::Json)
            }
            ExprKind::Call(callee, args) => self.apply(callee, args, expr.span),
            _ => Err(Fault { span: expr.span, why: "a template has no such expression".into() }),
        }
    }

    fn value(&self, kind: ValueKind) -> Value {
        Value { kind, span: self.span }
    }

    fn word(&self, name: &SmolStr, span: Span) -> Result<Item, Fault> {
        if let Some((_, item)) = self.words.iter().find(|(word, _)| word == name) {
            return Ok(item.clone());
        }
        let text = |text: &str| Ok(Item::Data(Expression::text(text, self.span)));
        let partition = self.platform.project.partition();
        match name.as_str() {
            "partition" => text(partition),
            "region" => text(&self.account.region),
            "account" => text(&self.account.id),
            "dns_suffix" => text(if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }),
            "result" => Ok(Item::Data(Expression::new(ExpressionKind::Result, Base::Json, self.span))),
            "kept" => Ok(Item::Data(Expression::new(ExpressionKind::Kept, Base::Json, self.span))),
            "event" => Ok(Item::Data(self.event())),
            "pairs" => Ok(Item::Data(self.pairs())),
            "members" => Ok(Item::Data(self.members())),
            "most_rows" => Ok(self.most_rows().map_or(Item::Missing, |most| {
                let kind = ExpressionKind::Number(most.to_string().into());
                Item::Data(Expression::new(kind, Base::BigInt, self.span))
            })),
            "unique" => Ok(Item::Data(Expression::new(ExpressionKind::Unique, Base::String, self.span))),
            _ => Err(Fault { span, why: format!("a template has no word `{name}`") }),
        }
    }

    /// The most rows that a statement's answer needs to have, with the one that names the columns.
    fn most_rows(&self) -> Option<u64> {
        let ty = self.result.as_ref()?;
        let rows = if matches!(ty.base, Base::List(_)) { ty.refinement.max_length? } else { 1 };
        Some(rows.saturating_add(1))
    }

    fn event(&self) -> Expression {
        match self.arguments {
            [(_, only)] if matches!(only.ty.base, Base::Record(_)) => only.clone(),
            _ => Expression::new(ExpressionKind::Record(self.arguments.to_vec()), Base::Json, self.span),
        }
    }

    fn string(&self, parts: &[StringPart]) -> Result<Item, Fault> {
        let mut pieces: Vec<Expression> = Vec::with_capacity(parts.len());
        for part in parts {
            let piece = match part {
                StringPart::Text(text) => Some(Expression::text(text, self.span)),
                StringPart::Expr(inner) => self.expression(inner)?,
            };
            match piece {
                Some(piece) => push_text(&mut pieces, piece),
                None => return Ok(Item::Missing),
            }
        }
        Ok(Item::Data(match pieces.pop() {
            None => Expression::text("", self.span),
            Some(only) if pieces.is_empty() && only.as_text().is_some() => only,
            Some(last) => {
                pieces.push(last);
                Expression::new(ExpressionKind::Join(pieces), Base::String, self.span)
            }
        }))
    }

    fn coalesce(&self, a: &Expr, b: &Expr) -> Result<Item, Fault> {
        match self.item(a)? {
            Item::Missing => self.item(b),
            Item::Data(left) if left.as_text().is_some() => Ok(Item::Data(left)),
            Item::Data(left) => match self.expression(b)? {
                Some(right) => {
                    let kind = ExpressionKind::Binary(BinaryOp::Coalesce, Box::new(left), Box::new(right));
                    Ok(Item::Data(Expression::new(kind, Base::Json, self.span)))
                }
                None => Ok(Item::Data(left)),
            },
            value => Ok(value),
        }
    }

    /// `of.name`.
    fn member(&self, of: Item, name: &SmolStr, span: Span) -> Result<Item, Fault> {
        match of {
            Item::Missing => Ok(Item::Missing),
            Item::Data(Expression { kind: ExpressionKind::Location(bucket, key), .. }) => {
                self.place_member(bucket, key, name, span)
            }
            Item::Data(of) => Ok(Item::Data(of.field(name.clone(), DataType::plain(Base::Json)))),
            Item::Value(value) => match &value.kind {
                ValueKind::Ref(id) => self.resource_member(*id, name, span),
                ValueKind::Construct(construct) => self.construct_member(construct, name, span),
                ValueKind::Location(location) => self.location_member(location, name, span),
                _ => Err(Fault { span, why: format!("nothing here has a `{name}`") }),
            },
        }
    }

    /// A part of a place whose key is made at run time: `bucket`, `key`, and `prefix`, the key of a folder.
    fn place_member(
        &self,
        bucket: ResourceId,
        mut key: Vec<Expression>,
        name: &SmolStr,
        span: Span,
    ) -> Result<Item, Fault> {
        if name == "bucket" {
            return Ok(Item::Value(self.value(ValueKind::Ref(bucket))));
        }
        let open = key.last().is_some_and(|last| last.as_text().is_none_or(|text| !text.ends_with('/')));
        match name.as_str() {
            "prefix" | "key" if key.is_empty() => return Ok(Item::Missing),
            "prefix" if open => push_text(&mut key, Expression::text("/", self.span)),
            "prefix" | "key" => {}
            _ => return Err(Fault { span, why: format!("a place has no `{name}`") }),
        }
        Ok(Item::Data(match key.as_slice() {
            [only] if only.as_text().is_some() => only.clone(),
            _ => Expression::new(ExpressionKind::Join(key), Base::String, self.span),
        }))
    }

    fn resource_member(&self, id: ResourceId, name: &SmolStr, span: Span) -> Result<Item, Fault> {
        let resource = self.platform.resource(id);
        let account = resource.account.map(|account| self.platform.account(account));
        let word = match name.as_str() {
            "arn" => Some(resource.arn.clone()),
            "name" => Some(Some(resource.physical.clone())),
            "account" => Some(account.map(|account| account.id.clone())),
            "region" => Some(account.map(|account| account.region.clone())),
            _ => None,
        };
        if let Some(text) = word {
            return Ok(text.map_or(Item::Missing, |text| Item::Data(Expression::text(text, self.span))));
        }
        let kind = self.platform.kind_of(id);
        match kind.field_index(name) {
            Some(_) => Ok(resource.field(kind, name).map_or(Item::Missing, present)),
            None => Err(Fault { span, why: format!("a `{}` has no `{name}`", kind.name) }),
        }
    }

    fn construct_member(&self, construct: &Construct, name: &SmolStr, span: Span) -> Result<Item, Fault> {
        let constructor = self.library.constructor(construct.constructor);
        match constructor.fields.iter().position(|field| field.name == *name) {
            Some(at) => Ok(construct.fields.get(at).and_then(Option::as_ref).map_or(Item::Missing, present)),
            None => Err(Fault { span, why: format!("`{}` has no `{name}`", constructor.name) }),
        }
    }

    fn location_member(&self, location: &Location, name: &SmolStr, span: Span) -> Result<Item, Fault> {
        match name.as_str() {
            "bucket" => Ok(Item::Value(self.value(ValueKind::Ref(location.bucket)))),
            "prefix" if location.key.is_empty() => Ok(Item::Missing),
            "prefix" => {
                let folder = location.key.trim_end_matches('/');
                Ok(Item::Data(Expression::text(format!("{folder}/"), self.span)))
            }
            _ => Err(Fault { span, why: format!("a place has no `{name}`") }),
        }
    }

    /// An item as a value of the run.
    pub(super) fn data(&self, item: Item, span: Span) -> Result<Option<Expression>, Fault> {
        let value = match item {
            Item::Missing => return Ok(None),
            Item::Data(expression) => return Ok(Some(expression)),
            Item::Value(value) => value,
        };
        let kind = match value.kind {
            ValueKind::None => return Ok(None),
            ValueKind::Bool(value) => ExpressionKind::Bool(value),
            ValueKind::Int(number) => ExpressionKind::Number(number.to_string().into()),
            ValueKind::Decimal(text) => ExpressionKind::Number(text),
            ValueKind::Text(text) | ValueKind::Column(text) => ExpressionKind::Text(text),
            ValueKind::Duration(milliseconds) => {
                ExpressionKind::Number((milliseconds / 1000).to_string().into())
            }
            ValueKind::Size(bytes) => ExpressionKind::Number(bytes.to_string().into()),
            ValueKind::Variant(id, at) => {
                let variant = self.library.enumeration(id).variants.get(at as usize);
                ExpressionKind::Text(variant.map(|variant| variant.spelling.clone()).unwrap_or_default())
            }
            ValueKind::Ref(id) => match &self.platform.resource(id).arn {
                Some(arn) => ExpressionKind::Text(arn.clone()),
                None => return Ok(None),
            },
            ValueKind::Location(location) => {
                ExpressionKind::Location(location.bucket, vec![Expression::text(location.key, self.span)])
            }
            ValueKind::List(items) => {
                let items: Result<Vec<_>, Fault> =
                    items.into_iter().map(|item| self.data(Item::Value(item), span)).collect();
                ExpressionKind::List(items?.into_iter().flatten().collect())
            }
            _ => return Err(Fault { span, why: "this can't be a value of a request".into() }),
        };
        let base = match &kind {
            ExpressionKind::Text(_) => Base::String,
            ExpressionKind::Location(..) => Base::Location,
            _ => Base::Json,
        };
        Ok(Some(Expression::new(kind, base, self.span)))
    }
}

/// A field's value, where it is set.
pub(super) fn present(value: &Value) -> Item {
    match value.kind {
        ValueKind::None => Item::Missing,
        _ => Item::Value(value.clone()),
    }
}

/// Adds a piece of text, joined with the one before where both are constant.
fn push_text(pieces: &mut Vec<Expression>, piece: Expression) {
    let before = pieces.last().and_then(Expression::as_text);
    if let (Some(before), Some(text)) = (before, piece.as_text()) {
        let joined = Expression::text(format!("{before}{text}"), piece.span);
        pieces.pop();
        pieces.push(joined);
    } else {
        pieces.push(piece);
    }
}
