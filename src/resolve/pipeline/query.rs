//! What is asked of a table: an index instead of its key, and a range of the column by which the items are sorted.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use smol_str::{SmolStr, format_smolstr};

use super::{
    Builder, fault,
    item::encoded,
    template::{Fault, Item, Template},
};
use crate::{
    library::{FieldDecl, FieldType, Integration, RowPart},
    platform::{
        Base, DataType, ItemIndex, ItemTable, Platform, Value, ValueKind,
        item::attribute_type,
        pipeline::{Expression, ExpressionKind, Form},
        resource::Noun,
    },
    source::Span,
    syntax::ast::{Arg, Expr},
};

/// The bounds of a range, in the order in which templates are given them, and how DynamoDB says each.
const BOUNDS: &[(&str, &str)] = &[
    ("equals", "="),
    ("at_least", ">="),
    ("at_most", "<="),
    ("above", ">"),
    ("below", "<"),
    ("starts_with", ""),
];

/// What a call asks of a table: the table itself, or one of its indexes.
pub(super) struct Asked<'p> {
    table: &'p ItemTable,
    pub(super) index: Option<&'p ItemIndex>,
}

impl<'p> Asked<'p> {
    /// What the words of a call say that it asks.
    pub(super) fn of(platform: &'p Platform, words: &[(SmolStr, Item)]) -> Option<Self> {
        let table = words.iter().find_map(|(_, item)| match item {
            Item::Value(Value { kind: ValueKind::Ref(id), .. }) => {
                let Noun::ItemTable(at) = platform.resource(*id).noun else { return None };
                platform.item_tables.get(at as usize)
            }
            _ => None,
        })?;
        let named = words.iter().find(|(word, _)| word == "index").and_then(|(_, item)| match item {
            Item::Data(name) => name.as_text(),
            _ => None,
        });
        Some(Self { table, index: named.and_then(|name| table.index(name)) })
    }

    /// The column by which what is asked is sorted.
    fn sort(&self) -> Option<&'p SmolStr> {
        match self.index {
            Some(index) => index.sort.as_ref(),
            None => self.table.sort.as_ref(),
        }
    }
}

/// Whether a parameter says what is asked, so that it must be known before what is asked for.
pub(super) fn comes_first(param: &FieldDecl) -> bool {
    !matches!(param.ty, FieldType::Row(part) if part != RowPart::Index)
}

impl Builder<'_, '_> {
    /// The name of an index, which is a part of the request's form, and so constant.
    pub(super) fn index_argument(&mut self, expr: &Expr, table: &ItemTable) -> Option<Item> {
        let name = self.expected(expr, &DataType::plain(Base::String), "`index`")?;
        let known: Vec<&str> = table.indexes.iter().map(|index| index.name.as_str()).collect();
        let resource = self.context.platform.resource(table.resource);
        match name.as_text() {
            Some(text) if known.contains(&text) => Some(Item::Data(name)),
            text => {
                let diagnostic = fault::no_index(expr.span, text, &resource.name, &known, resource.span);
                self.report(diagnostic);
                None
            }
        }
    }

    /// A bound of the column by which what is asked is sorted.
    pub(super) fn sort_argument(
        &mut self,
        param: &FieldDecl,
        part: RowPart,
        expr: &Expr,
        words: &[(SmolStr, Item)],
    ) -> Option<Item> {
        let platform = &self.context.platform;
        let asked = Asked::of(platform, words)?;
        let table = platform.resource(asked.table.resource);
        let Some(sort) = asked.sort() else {
            let index = asked.index.map(|index| index.name.as_str());
            let diagnostic = fault::not_sorted(expr.span, &table.name, index, table.span);
            self.report(diagnostic);
            return None;
        };
        let column = platform.schema(asked.table.schema).column(sort)?;
        let wanted = match part {
            RowPart::SortStart if attribute_type(&column.ty) == Some("S") => DataType::plain(Base::String),
            RowPart::SortStart => {
                let (sort, span) = (sort.clone(), column.span);
                self.report(fault::no_start(expr.span, &sort, span));
                return None;
            }
            _ => DataType::plain(column.ty.base.clone()),
        };
        let given = self.expected(expr, &wanted, &format!("`{}`", param.name))?;
        Some(Item::Data(Expression { ty: wanted, ..given }))
    }

    /// Whether DynamoDB can be asked that: one condition, or both ends of a range; and an index only what it has seen so far.
    pub(super) fn check_query(
        &mut self,
        integration: &Integration,
        words: &[(SmolStr, Item)],
        span: Span,
    ) -> bool {
        if !integration.params.iter().any(|param| param.ty == FieldType::Row(RowPart::Sort)) {
            return true;
        }
        let given = |name: &str| {
            words
                .iter()
                .find(|(word, item)| word == name && !matches!(item, Item::Missing))
                .map(|(_, item)| item)
        };
        let bounds: Vec<&str> =
            BOUNDS.iter().map(|(name, _)| *name).filter(|name| given(name).is_some()).collect();
        if bounds.len() > 1 && bounds != ["at_least", "at_most"] {
            let at = bounds.last().and_then(|name| given(name)).map_or(span, |item| match item {
                Item::Data(value) => value.span,
                _ => span,
            });
            self.report(fault::bounds_apart(at, &bounds));
            return false;
        }
        if let Some(Item::Value(Value { kind: ValueKind::Bool(true), span })) = given("consistent")
            && given("index").is_some()
        {
            self.report(fault::index_lags(*span));
            return false;
        }
        true
    }
}

impl Template<'_> {
    /// `#id = :id AND #at BETWEEN :1 AND :2`.
    pub(super) fn key_condition(&self, args: &[Arg]) -> Result<Item, Fault> {
        let Some((key, _)) = self.partition(args)? else { return Ok(Item::Missing) };
        let mut text = format!("#{key} = :{key}");
        if let Some(sort) = self.sort_column() {
            let bounds = self.bounds(args)?;
            let condition = match bounds.as_slice() {
                [] => None,
                [("", _)] => Some(format!("begins_with(#{sort}, :1)")),
                [(operator, _)] => Some(format!("#{sort} {operator} :1")),
                _ => Some(format!("#{sort} BETWEEN :1 AND :2")),
            };
            text.extend(condition.map(|condition| format!(" AND {condition}")));
        }
        Ok(Item::Data(Expression::text(text, self.span)))
    }

    /// `{"#id": "id", "#at": "at"}`, as far as the condition names them.
    pub(super) fn key_names(&self, args: &[Arg]) -> Result<Item, Fault> {
        let Some((key, _)) = self.partition(args)? else { return Ok(Item::Missing) };
        let ranged = !self.bounds(args)?.is_empty();
        let sort = self.sort_column().filter(|_| ranged).cloned();
        let named = std::iter::once(key).chain(sort);
        let members = named.map(|name| (format_smolstr!("#{name}"), Expression::text(name, self.span)));
        Ok(Item::Data(Expression::new(ExpressionKind::Record(members.collect()), Base::Json, self.span)))
    }

    /// `{":id": …, ":1": …}`.
    pub(super) fn key_values(&self, args: &[Arg]) -> Result<Item, Fault> {
        let Some((key, value)) = self.partition(args)? else { return Ok(Item::Missing) };
        let mut members = vec![(format_smolstr!(":{key}"), encoded(Form::Attribute, value))];
        for (at, (_, bound)) in self.bounds(args)?.into_iter().enumerate() {
            members.push((format_smolstr!(":{}", at + 1), encoded(Form::Attribute, bound)));
        }
        Ok(Item::Data(Expression::new(ExpressionKind::Record(members), Base::Json, self.span)))
    }

    /// The column by which the items are spread, and its value: the first argument.
    fn partition(&self, args: &[Arg]) -> Result<Option<(SmolStr, Expression)>, Fault> {
        let Some(arg) = args.first() else { return Ok(None) };
        let Some(Expression { kind, ty, .. }) = self.expression(&arg.value)? else { return Ok(None) };
        Ok(self.parts(kind, &ty).into_iter().next())
    }

    /// The bounds that are given, with their operators.
    fn bounds(&self, args: &[Arg]) -> Result<Vec<(&'static str, Expression)>, Fault> {
        let mut given = Vec::new();
        for ((_, operator), arg) in BOUNDS.iter().zip(args.iter().skip(1)) {
            given.extend(self.expression(&arg.value)?.map(|bound| (*operator, bound)));
        }
        Ok(given)
    }

    fn sort_column(&self) -> Option<&SmolStr> {
        Asked::of(self.platform, &self.words)?.sort()
    }
}
