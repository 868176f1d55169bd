//! Values in the spelling that a service has for them, both ways: JSONata made from the types of the values, so that what a service takes is built
//! whole, and what it answers is read whole.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::jsonata::{Scope, is_path, literal, member};
use crate::platform::{
    Base, DataType, Platform,
    pipeline::{Expression, ExpressionKind, Form},
    wire,
};

/// A value as JSON whose names are constant: an item that is written out. `None` where it is one expression.
pub fn encoded_json(scope: &Scope<'_>, form: Form, value: &Expression, ty: &DataType) -> Option<Json> {
    if form == Form::Members && !wire::is_respelled(scope.platform, ty) {
        return Some(scope.json(value));
    }
    if form == Form::Attribute
        && !value.ty.nullable
        && let Some(kind) = scalar_attribute(ty)
    {
        let json = match (kind, &value.kind) {
            ("N", ExpressionKind::Number(digits)) => Json::from(digits.as_str()),
            ("N", _) => Json::String(format!("{{% $string({}) %}}", scope.text(value))),
            _ => scope.json(value),
        };
        return Some(Json::Object(Map::from_iter([(kind.to_owned(), json)])));
    }
    let ExpressionKind::Record(fields) = &value.kind else { return None };
    let Base::Record(schema) = ty.base else { return None };
    if fields.iter().any(|(_, value)| value.ty.nullable) {
        return None;
    }
    let inner = if form == Form::Item { Form::Attribute } else { form };
    let mut members = Map::new();
    for (name, value) in fields {
        let ty = scope.platform.schema(schema).column(name)?.ty.clone();
        let ty = DataType { nullable: false, ..ty };
        let part = Expression {
            kind: ExpressionKind::Encoded(inner, Box::new(value.clone())),
            ty,
            span: value.span,
        };
        members.insert(spelled(form, name), scope.json(&part));
    }
    let members = Json::Object(members);
    Some(match form {
        Form::Attribute => Json::Object(Map::from_iter([("M".to_owned(), members)])),
        _ => members,
    })
}

/// The type of an attribute that has no parts.
fn scalar_attribute(ty: &DataType) -> Option<&'static str> {
    match ty.base {
        Base::Record(_) | Base::List(_) | Base::Map(..) => None,
        Base::Boolean => Some("BOOL"),
        Base::Bytes => Some("B"),
        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => Some("N"),
        _ => Some("S"),
    }
}

fn spelled(form: Form, name: &str) -> String {
    if form == Form::Members { wire::sdk_member(name) } else { name.to_owned() }
}

/// A value in a service's spelling.
pub fn encode(scope: &Scope<'_>, form: Form, value: &Expression, ty: &DataType, out: &mut String) {
    let writer = Writer { platform: scope.platform, form };
    if let (ExpressionKind::Record(fields), Base::Record(schema)) = (&value.kind, &ty.base) {
        let inner = if form == Form::Item { Form::Attribute } else { form };
        let parts = fields.iter().filter_map(|(name, value)| {
            let column = scope.platform.schema(*schema).column(name)?;
            let mut part = String::new();
            if value.ty.nullable {
                let _ = write!(part, "{} != null ? ", in_parentheses(&scope.text(value)));
            }
            let ty = DataType { nullable: false, ..column.ty.clone() };
            encode(scope, inner, value, &ty, &mut part);
            Some((spelled(form, name), part))
        });
        let members = record(parts);
        out.push_str(&if form == Form::Attribute { format!("{{\"M\": {members}}}") } else { members });
        return;
    }
    let text = scope.text(value);
    let ty = DataType { nullable: false, ..ty.clone() };
    if is_path(&text) {
        out.push_str(&writer.encode(&text, &ty));
    } else {
        let _ = write!(out, "($given := {text}; {})", writer.encode("$given", &ty));
    }
}

/// A value out of a service's spelling.
pub fn decode(scope: &Scope<'_>, form: Form, answer: &Expression, ty: &DataType, out: &mut String) {
    let writer = Writer { platform: scope.platform, form };
    let answer = scope.text(answer);
    match (form, &ty.base) {
        (Form::AthenaRows | Form::RedshiftRows, _) => out.push_str(&writer.rows(&answer, ty)),
        (Form::SdkItems, Base::List(row)) => {
            let _ = write!(out, "[$map({answer}, function($row) {{ {} }})]", writer.item("$row", row));
        }
        (Form::Item, _) => {
            let item = writer.item(&answer, ty);
            if ty.nullable {
                let _ = write!(out, "$exists({answer}) ? {item} : null");
            } else {
                out.push_str(&item);
            }
        }
        _ => out.push_str(&writer.decode(&answer, ty)),
    }
}

struct Writer<'p> {
    platform: &'p Platform,
    form: Form,
}

impl Writer<'_> {
    /// The value at `at`, which is there, in the service's spelling.
    fn encode(&self, at: &str, ty: &DataType) -> String {
        match self.form {
            Form::Members => self.to_members(at, ty),
            Form::Item => match &ty.base {
                Base::Record(_) => Writer { form: Form::Attribute, ..*self }.attributes(at, ty),
                _ => self.attribute(at, ty),
            },
            _ => self.attribute(at, ty),
        }
    }

    fn attributes(&self, at: &str, ty: &DataType) -> String {
        self.fields(at, ty, |name| name.to_owned(), |at, ty| self.attribute(at, ty))
    }

    fn attribute(&self, at: &str, ty: &DataType) -> String {
        match &ty.base {
            Base::Record(_) => format!("{{\"M\": {}}}", self.attributes(at, ty)),
            Base::List(element) => {
                let one = nullable(element, "$v", &self.attribute("$v", element), "{\"NULL\": true}");
                format!("{{\"L\": [$map({at}, function($v) {{ {one} }})]}}")
            }
            Base::Map(_, element) => {
                let one = nullable(element, "$v", &self.attribute("$v", element), "{\"NULL\": true}");
                format!("{{\"M\": {}}}", each(at, &one))
            }
            _ => match scalar_attribute(ty) {
                Some("N") => format!("{{\"N\": $string({at})}}"),
                kind => format!("{{\"{}\": {at}}}", kind.unwrap_or("S")),
            },
        }
    }

    /// A record's fields, each made over; those that are `none` are left out.
    fn fields(
        &self,
        at: &str,
        ty: &DataType,
        name: impl Fn(&str) -> String,
        make: impl Fn(&str, &DataType) -> String,
    ) -> String {
        let Base::Record(schema) = ty.base else { return at.to_owned() };
        record(self.platform.schema(schema).columns.iter().map(|column| {
            let place = below(at, &column.name);
            let made = make(&place, &column.ty);
            let made = if column.ty.nullable { format!("{place} != null ? {made}") } else { made };
            (name(&column.name), made)
        }))
    }

    /// An item of DynamoDB as a record.
    fn item(&self, at: &str, ty: &DataType) -> String {
        let Base::Record(schema) = ty.base else { return at.to_owned() };
        let columns = self.platform.schema(schema).columns.iter();
        record(columns.map(|column| {
            (column.name.to_string(), self.read_attribute(&below(at, &column.name), &column.ty))
        }))
    }

    /// The value of an attribute; nothing where it is not there or null.
    fn read_attribute(&self, at: &str, ty: &DataType) -> String {
        let there = |kind: &str, made: String| {
            if ty.nullable { format!("$exists({at}.{kind}) ? {made}") } else { made }
        };
        let boolean = if self.form == Form::SdkItems { "Bool" } else { "BOOL" };
        match &ty.base {
            Base::Boolean => format!("{at}.{boolean}"),
            Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => format!("$number({at}.N)"),
            Base::Bytes => format!("{at}.B"),
            Base::Record(_) => there("M", self.item(&format!("{at}.M"), ty)),
            Base::List(element) => {
                let one = self.read_attribute("$v", element);
                let one =
                    if element.nullable { format!("($v := {one}; $exists($v) ? $v : null)") } else { one };
                there("L", listed(&format!("{at}.L"), &one, element))
            }
            Base::Map(_, element) => {
                there("M", each(&format!("{at}.M"), &self.read_attribute("$v", element)))
            }
            _ => format!("{at}.S"),
        }
    }

    /// A value with the names of members that the SDK has.
    fn to_members(&self, at: &str, ty: &DataType) -> String {
        if !wire::is_respelled(self.platform, ty) {
            return at.to_owned();
        }
        match &ty.base {
            Base::Record(_) => self.fields(at, ty, wire::sdk_member, |at, ty| self.to_members(at, ty)),
            Base::List(element) => listed(at, &self.to_members("$v", element), element),
            Base::Map(_, element) => each(at, &self.to_members("$v", element)),
            _ => at.to_owned(),
        }
    }

    /// A value with botocore's names of members.
    fn decode(&self, at: &str, ty: &DataType) -> String {
        if !wire::is_respelled(self.platform, ty) {
            return at.to_owned();
        }
        let made = match &ty.base {
            Base::Record(schema) => {
                let columns = self.platform.schema(*schema).columns.iter();
                record(columns.map(|column| {
                    let place = below(at, &wire::sdk_member(&column.name));
                    (column.name.to_string(), self.decode(&place, &column.ty))
                }))
            }
            Base::List(element) => listed(at, &self.decode("$v", element), element),
            Base::Map(_, element) => each(at, &self.decode("$v", element)),
            _ => at.to_owned(),
        };
        if ty.nullable { format!("($exists({at}) ? {made})") } else { made }
    }

    /// Rows by the names of their columns, in small letters as both services spell them; the first alone where no list is wanted.
    fn rows(&self, at: &str, ty: &DataType) -> String {
        let (row, many) = match &ty.base {
            Base::List(row) => (row.as_ref(), true),
            _ => (ty, false),
        };
        let (names, rows, cells, value) = if self.form == Form::AthenaRows {
            // The first row of a `SELECT` is the names of the columns.
            let rows = "$filter($answer.Rows, function($row, $at) { $at > 0 })";
            ("$answer.ResultSetMetadata.ColumnInfo.Name", rows, "$row.Data", "VarCharValue")
        } else {
            ("$answer.ColumnMetadata.Name", "$answer.Records", "$row", "")
        };
        let cell = if value.is_empty() { "$cells[$at]".to_owned() } else { format!("$cells[$at].{value}") };
        let fields = self.row(row);
        let made = format!(
            "($answer := {at}; $names := [{names}]; [$map({rows}, function($row) {{ ($cells := {cells}; \
             $of := $merge([{{}}, $map($names, function($name, $at) {{ {{ $lowercase($name): {cell} }} }})]); {fields}) }})]"
        );
        if many { format!("{made})") } else { format!("{made}[0])") }
    }

    fn row(&self, ty: &DataType) -> String {
        let Base::Record(schema) = ty.base else { return "$of".to_owned() };
        record(self.platform.schema(schema).columns.iter().map(|column| {
            let at = below("$of", &column.name.to_lowercase());
            let made = if self.form == Form::AthenaRows {
                from_text(&at, &column.ty)
            } else {
                from_field(&at, &column.ty)
            };
            (column.name.to_string(), made)
        }))
    }
}

/// A value of Athena, which is text.
fn from_text(at: &str, ty: &DataType) -> String {
    match ty.base {
        Base::Boolean => format!("$exists({at}) ? {at} = \"true\""),
        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => format!("$number({at})"),
        _ => at.to_owned(),
    }
}

/// A value of Redshift: numbers that are exact come as text.
fn from_field(at: &str, ty: &DataType) -> String {
    match ty.base {
        Base::Boolean => format!("{at}.BooleanValue"),
        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) => format!(
            "$exists({at}.LongValue) ? {at}.LongValue : $exists({at}.DoubleValue) ? {at}.DoubleValue : \
             $number({at}.StringValue)"
        ),
        _ => format!("{at}.StringValue"),
    }
}

fn nullable(ty: &DataType, at: &str, made: &str, none: &str) -> String {
    if ty.nullable { format!("{at} != null ? {made} : {none}") } else { made.to_owned() }
}

/// A list made over. One of lists is put together step by step, since JSONata makes one list of the lists that `$map` returns.
fn listed(at: &str, one: &str, element: &DataType) -> String {
    if matches!(element.base, Base::List(_)) {
        // An array that is written out stays one element; any other is put into one that is.
        let one = if one.starts_with('[') { one.to_owned() } else { format!("[{one}]") };
        format!("$reduce({at}, function($all, $v) {{ $append($all, [{one}]) }}, [])")
    } else {
        format!("[$map({at}, function($v) {{ {one} }})]")
    }
}

/// A map made over.
fn each(at: &str, one: &str) -> String {
    format!("$merge([{{}}, $each({at}, function($v, $k) {{ {{ $k: {one} }} }})])")
}

fn record(fields: impl Iterator<Item = (String, String)>) -> String {
    let mut out = String::from("{");
    for (at, (name, value)) in fields.enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        literal(&name, &mut out);
        let _ = write!(out, ": {value}");
    }
    out.push('}');
    out
}

fn below(at: &str, name: &str) -> String {
    let mut path = format!("{at}.");
    member(name, &mut path);
    path
}

fn in_parentheses(text: &str) -> String {
    if is_path(text) { text.to_owned() } else { format!("({text})") }
}
