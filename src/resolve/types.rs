//! Types and columns as a program writes them.

use smol_str::SmolStr;

use super::{Context, index, scope::Meaning, scope::dotted, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{
        FieldType, Library, RowPart,
        types::{SCALARS, refinement, scalar},
    },
    platform::{Base, Column, DataType, Schema, SchemaId},
    source::FileId,
    syntax::ast::{self, Ident, TypeArg, TypeExpr},
};

impl Context<'_> {
    /// The data type that is written, with its refinements; a record type by its name.
    pub fn data_type(&mut self, file: FileId, ty: &TypeExpr) -> DataType {
        let base = self.base(file, ty);
        let refinement = refinement(&ty.refinements, self.diagnostics);
        self.check_refinement(&base, ty);
        DataType { base, nullable: ty.nullable, refinement, labels: Vec::new() }
    }

    fn base(&mut self, file: FileId, ty: &TypeExpr) -> Base {
        if let Some(base) = scalar(ty, self.diagnostics) {
            return base;
        }
        let name = match ty.path.parts.as_slice() {
            [one] => one.name.as_str(),
            _ => "",
        };
        match (name, ty.args.as_slice()) {
            ("list", [TypeArg::Type(element)]) => Base::List(Box::new(self.data_type(file, element))),
            ("map", [TypeArg::Type(key), TypeArg::Type(value)]) => {
                Base::Map(Box::new(self.data_type(file, key)), Box::new(self.data_type(file, value)))
            }
            ("list" | "map", _) => {
                self.diagnostics.push(bad_container(ty, name));
                Base::Unknown
            }
            _ => self.record(file, ty),
        }
    }

    fn record(&mut self, file: FileId, ty: &TypeExpr) -> Base {
        match self.peek(file, &ty.path) {
            Some(Meaning::Schema(id)) => self.applied(file, ty, id),
            Some(Meaning::Broken) => Base::Unknown,
            None if self.scopes.incomplete(file) => Base::Unknown,
            None => {
                let visible: Vec<&str> =
                    self.platform.schemas.iter().map(|schema| schema.name.as_str()).collect();
                let args: Vec<&str> = ty
                    .args
                    .iter()
                    .map(|arg| match arg {
                        TypeArg::Type(ty) => self.sources.text(ty.span),
                        TypeArg::Number(number) => self.sources.text(number.span),
                    })
                    .collect();
                self.diagnostics.push(unknown_type(ty, &visible, &args));
                Base::Unknown
            }
            Some(meaning) => {
                let (what, _) = self.described(meaning);
                let name = dotted(&ty.path);
                let visible = self.platform.schemas.iter().map(|schema| schema.name.as_str());
                let near = suggest::nearest(&name, visible);
                self.diagnostics.push(no_type(ty, &name, &what, near));
                Base::Unknown
            }
        }
    }

    /// A record type with what stands in its angle brackets. Only `Rejected` takes a type: that of the row it was.
    fn applied(&mut self, file: FileId, ty: &TypeExpr, id: SchemaId) -> Base {
        match ty.args.as_slice() {
            [] => Base::Record(id),
            [TypeArg::Type(of)] if self.platform.schema(id).name == "Rejected" => {
                self.data_type(file, of);
                Base::Record(id)
            }
            _ => {
                let name = dotted(&ty.path);
                self.diagnostics.push(
                    Diagnostic::error(
                        catalogue::BAD_TYPE_ARGUMENTS,
                        ty.span,
                        format!("`{name}` takes no type"),
                        "not taken",
                    )
                    .help(format!("write `{name}`")),
                );
                Base::Record(id)
            }
        }
    }

    fn check_refinement(&mut self, base: &Base, ty: &TypeExpr) {
        for part in &ty.refinements {
            let fits = matches!(
                (&part.kind, base),
                (_, Base::Unknown)
                    | (
                        ast::RefinementKind::In(..),
                        Base::Int | Base::BigInt | Base::Double | Base::Decimal(..)
                    )
                    | (
                        ast::RefinementKind::Length(..),
                        Base::String | Base::Bytes | Base::List(_) | Base::Map(..)
                    )
                    | (ast::RefinementKind::Matching(_), Base::String)
                    | (
                        ast::RefinementKind::OneOf(_),
                        Base::String | Base::Int | Base::BigInt | Base::Decimal(..)
                    )
            );
            if !fits {
                self.diagnostics.push(
                    Diagnostic::error(
                        catalogue::BAD_REFINEMENT,
                        part.span,
                        format!("a `{}` can't have this condition", dotted(&ty.path)),
                        "does not fit the type",
                    )
                    .help("`in` is for numbers, `length` for text and lists, `matching` for text, `one of` for text and whole numbers"),
                );
            }
        }
    }

    /// Columns, parameters, fields of a record.
    pub fn columns(&mut self, file: FileId, written: &[ast::Column]) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::with_capacity(written.len());
        for column in written {
            if let Some(first) = columns.iter().find(|known| known.name == column.name.name) {
                self.diagnostics.push(
                    Diagnostic::error(
                        catalogue::DUPLICATE_FIELD,
                        column.name.span,
                        format!("`{}` is declared twice", column.name.name),
                        "declared again here",
                    )
                    .related(first.span, "declared here first")
                    .help("give one of them another name"),
                );
            }
            let mut ty = self.data_type(file, &column.ty);
            ty.labels = self.labels(&column.labels);
            let doc = column.doc.as_deref().map(SmolStr::new);
            columns.push(Column {
                name: column.name.name.clone(),
                ty,
                key: column.key.is_some(),
                doc,
                span: column.name.span,
            });
        }
        columns
    }

    fn labels(&mut self, written: &[Ident]) -> Vec<SmolStr> {
        let mut labels = Vec::with_capacity(written.len());
        for label in written {
            match self.platform.labels.binary_search(&label.name) {
                Ok(_) => labels.push(label.name.clone()),
                Err(_) => {
                    let diagnostic = unknown_label(label, &self.platform.labels);
                    self.diagnostics.push(diagnostic);
                }
            }
        }
        labels.sort();
        labels.dedup();
        labels
    }

    /// Adds a record type that has no `schema` declaration of its own, such as a table's.
    pub fn add_schema(&mut self, schema: Schema) -> SchemaId {
        let id = SchemaId(index(self.platform.schemas.len()));
        self.platform.schemas.push(schema);
        id
    }
}

pub(super) fn unknown_label(label: &Ident, known: &[SmolStr]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_LABEL,
        label.span,
        format!("there is no label `{}`", label.name),
        "not declared",
    );
    match suggest::nearest(&label.name, known.iter().map(SmolStr::as_str)) {
        Some(near) => {
            let sign = if label.span.len() as usize > label.name.len() { "@" } else { "" };
            diagnostic.help(format!("did you mean `{near}`?")).fix(label.span, format!("{sign}{near}"))
        }
        None => diagnostic.help(format!("declare it: `label {}`", label.name)),
    }
}

fn bad_container(ty: &TypeExpr, name: &str) -> Diagnostic {
    let form = if name == "list" { "list<string>" } else { "map<string, bigint>" };
    Diagnostic::error(
        catalogue::BAD_TYPE_ARGUMENTS,
        ty.span,
        format!("a `{name}` says of what"),
        "the types are missing",
    )
    .help(format!("write `{form}`"))
}

/// What another language's type with its arguments is here: `varchar(20)`, `numeric(12, 2)`, `array<int>`.
fn with_arguments(ty: &TypeExpr, ours: &str, args: &[&str]) -> String {
    let question = if ty.nullable { "?" } else { "" };
    match (ours, args) {
        (_, []) => format!("{ours}{question}"),
        ("string", [length]) => format!("string{question} length ..{length}"),
        ("double" | "decimal(12, 2)", [digits]) => format!("decimal({digits}, 0){question}"),
        ("double" | "decimal(12, 2)", [digits, behind]) => format!("decimal({digits}, {behind}){question}"),
        ("list<string>", [element]) => format!("list<{element}>{question}"),
        ("timestamp(3)", [precision]) => format!("timestamp({precision}){question}"),
        _ => format!("{ours}{question}"),
    }
}

fn unknown_type(ty: &TypeExpr, schemas: &[&str], args: &[&str]) -> Diagnostic {
    let name = dotted(&ty.path);
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_TYPE,
        ty.path.span,
        format!("there is no type `{name}`"),
        "not known",
    );
    let others = [
        ("varchar", "string"),
        ("text", "string"),
        ("str", "string"),
        ("char", "string"),
        ("bool", "boolean"),
        ("integer", "int"),
        ("long", "bigint"),
        ("float", "double"),
        ("number", "double"),
        ("datetime", "timestamp(3)"),
        ("binary", "bytes"),
        ("numeric", "decimal(12, 2)"),
        ("array", "list<string>"),
    ];
    if let Some((_, ours)) = others.iter().find(|(theirs, _)| name.eq_ignore_ascii_case(theirs)) {
        let ours = with_arguments(ty, ours, args);
        return diagnostic.help(format!("write `{ours}`")).fix(ty.span.to(ty.path.span), ours);
    }
    let candidates = SCALARS.iter().copied().chain(["list", "map"]).chain(schemas.iter().copied());
    match suggest::nearest(&name, candidates) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(ty.path.span, near),
        None => diagnostic.help(format!("declare it: `schema {name} {{ … }}`")),
    }
}

fn no_type(ty: &TypeExpr, name: &str, what: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_TYPE,
        ty.path.span,
        format!("`{name}` is {} {what}, and no type", suggest::article(what)),
        "no type",
    );
    match near {
        Some(near) => diagnostic.help(format!("did you mean the `schema` `{near}`?")).fix(ty.path.span, near),
        None => diagnostic.help("name a `schema` or a type such as `string`"),
    }
}

/// A field's type in words, with an example where that helps.
pub(super) fn described(ty: &FieldType, library: &Library) -> String {
    match ty {
        FieldType::Data(Base::String) => "text in double quotes".into(),
        FieldType::Data(Base::Boolean) => "`true` or `false`".into(),
        FieldType::Data(Base::Int | Base::BigInt) => "a whole number".into(),
        FieldType::Data(Base::Double | Base::Decimal(..)) => "a number".into(),
        FieldType::Data(Base::Location) => "a place in a bucket such as `data_lake / \"raw\"`".into(),
        FieldType::Data(_) => "a value".into(),
        FieldType::Duration => "a duration such as `30s`".into(),
        FieldType::Size => "a size such as `256KiB`".into(),
        FieldType::Arn(_) => "an ARN in double quotes".into(),
        FieldType::AccountId => "an account's twelve digits in double quotes".into(),
        FieldType::Region => "a region such as `\"us-east-1\"`".into(),
        FieldType::Enum(id) => {
            let names: Vec<&str> =
                library.enumeration(*id).variants.iter().map(|variant| variant.name.as_str()).collect();
            match names.as_slice() {
                [one] => format!("`{one}`"),
                [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
                [] => "nothing".into(),
            }
        }
        FieldType::Resource(id) => format!("the name of a `{}`", library.kind(*id).name),
        FieldType::Construct(id) => {
            let family = library.family(*id);
            let names: Vec<&str> =
                family.constructors.iter().map(|one| library.constructor(*one).name.as_str()).collect();
            match names.as_slice() {
                [one] => format!("`{one}(…)`"),
                [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
                [] => "nothing".into(),
            }
        }
        FieldType::Condition => "a condition such as `source_ip = \"203.0.113.0/24\"`".into(),
        FieldType::Principal => "a role, an account or `service NAME`".into(),
        FieldType::List(inner) => format!("a list in `[ ]`, of each {}", described(inner, library)),
        FieldType::Map(inner) => {
            format!("a record in `{{ }}`, with each value {}", described(inner, library))
        }
        FieldType::Watermark => "a column less a delay, such as `timestamp - 5s`".into(),
        FieldType::Column => "a column's name".into(),
        FieldType::Row(RowPart::Index) => "the name of one of the table's indexes".into(),
        FieldType::Row(RowPart::Sort | RowPart::SortStart) => {
            "a value of the column by which the items are sorted".into()
        }
        FieldType::Row(_) => "an item of the table, as a record: `{ id = \"x\" }`".into(),
        FieldType::Target => "a declaration, a place in a bucket, or an ARN as text".into(),
        FieldType::Label => "a label's name".into(),
        FieldType::Unknown => "anything".into(),
    }
}
