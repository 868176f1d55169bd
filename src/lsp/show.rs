//! Types and declarations in words.

use std::fmt::Write as _;

use crate::access::document::Actions;
use crate::access::{RoleAccess, Statement, roles::acting};
use crate::library::functions::{Letter, PipelineFunction, Shape, ShapeKind};
use crate::library::{FieldDecl, FieldType, Library, RowPart};
use crate::platform::grant::Effect;
use crate::platform::{Function, Platform, ResourceId, Schema};
use crate::sql::types::spelled;

use super::workspace::Snapshot;

/// Statements of a role that are shown.
const STATEMENTS: usize = 8;

/// A field's type as one would write it.
pub(super) fn field_type(library: &Library, ty: &FieldType) -> String {
    match ty {
        FieldType::Data(base) => spelled(base).to_lowercase(),
        FieldType::Duration => "duration".to_owned(),
        FieldType::Size => "size".to_owned(),
        FieldType::Arn(_) => "arn".to_owned(),
        FieldType::AccountId => "account_id".to_owned(),
        FieldType::Region => "region".to_owned(),
        FieldType::Enum(id) => library.enumeration(*id).name.to_string(),
        FieldType::Resource(id) => library.kind(*id).name.to_string(),
        FieldType::Construct(id) => library.family(*id).name.to_string(),
        FieldType::Principal => "principal".to_owned(),
        FieldType::List(inner) => format!("list<{}>", field_type(library, inner)),
        FieldType::Map(inner) => format!("map<{}>", field_type(library, inner)),
        FieldType::Watermark => "column - duration".to_owned(),
        FieldType::Column => "column".to_owned(),
        FieldType::Label => "label".to_owned(),
        FieldType::Condition => "condition".to_owned(),
        FieldType::Row(RowPart::Index) => "index".to_owned(),
        FieldType::Row(RowPart::Sort | RowPart::SortStart) => "value".to_owned(),
        FieldType::Row(_) => "record".to_owned(),
        FieldType::Target => "target".to_owned(),
        FieldType::Unknown => "?".to_owned(),
    }
}

/// A function of pipelines' expressions with its types: `upper(text: string) -> string`.
pub(super) fn function(function: &PipelineFunction) -> String {
    let params: Vec<String> =
        function.params.iter().map(|(name, shape)| format!("{name}: {}", self::shape(shape))).collect();
    format!("{}({}) -> {}", function.name, params.join(", "), shape(&function.result))
}

pub(super) fn shape(shape: &Shape) -> String {
    let base = match &shape.kind {
        ShapeKind::Data(base) => spelled(base).to_lowercase(),
        ShapeKind::Duration => "duration".to_owned(),
        ShapeKind::Letter(Letter::Any) => "T".to_owned(),
        ShapeKind::Letter(Letter::Single) => "S".to_owned(),
        ShapeKind::Letter(Letter::Scalar) => "E".to_owned(),
        ShapeKind::Letter(Letter::Number) => "N".to_owned(),
        ShapeKind::List(inner) => format!("list<{}>", self::shape(inner)),
        ShapeKind::Map(inner) => format!("map<{}>", self::shape(inner)),
    };
    format!("{base}{}", if shape.nullable { "?" } else { "" })
}

/// The parameters and the result of a function of the program.
pub(super) fn declared_function(platform: &Platform, function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| format!("{}: {}", param.name, platform.spelled(&param.ty)))
        .collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", platform.spelled(ty)));
    format!(
        "{}({}){}",
        platform.resource(function.resource).name,
        params.join(", "),
        result.unwrap_or_default()
    )
}

/// Parameters with their types; `?` behind those that need not be given.
pub(super) fn parameters(library: &Library, fields: &[FieldDecl]) -> String {
    let one = |field: &FieldDecl| {
        format!(
            "{}: {}{}",
            field.name,
            field_type(library, &field.ty),
            if field.required() { "" } else { "?" }
        )
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A field with its type, and what it becomes.
pub(super) fn field(library: &Library, field: &FieldDecl, default: &str) -> String {
    let null = if field.nullable { "?" } else { "" };
    let default = if default.is_empty() { String::new() } else { format!(" = {default}") };
    let mut text = code(&format!("{} : {}{null}{default}", field.name, field_type(library, &field.ty)));
    paragraph(&mut text, field.doc.as_deref());
    if let FieldType::Enum(id) = field.ty {
        for variant in &library.enumeration(id).variants {
            let doc = variant.doc.as_deref().map(|doc| format!(": {doc}")).unwrap_or_default();
            let _ = write!(text, "\n- `{}` (`{}`){doc}", variant.name, variant.spelling);
        }
        text.push('\n');
    }
    if let Some(lowering) = &field.lowers_to {
        let path: Vec<&str> = lowering.path.iter().map(AsRef::as_ref).collect();
        let _ = write!(text, "\nIn AWS's request: `{}`", path.join("."));
    }
    if field.required() {
        text.push_str("\n\nMust be given.");
    }
    text
}

/// A record type with its columns.
pub(super) fn schema(platform: &Platform, schema: &Schema) -> String {
    let columns = schema.columns.iter().map(|column| {
        format!(
            "  {} : {}{}\n",
            column.name,
            platform.spelled(&column.ty),
            if column.key { " key" } else { "" }
        )
    });
    let mut text = code(&format!("schema {} {{\n{}}}", schema.name, columns.collect::<String>()));
    paragraph(&mut text, schema.doc.as_deref());
    text
}

/// A declaration: what it is, where it lives, what it is called there, and what its role may do.
pub(super) fn resource(snapshot: &Snapshot, id: ResourceId) -> String {
    let platform = &snapshot.analysis.platform;
    let resource = platform.resource(id);
    let kind = platform.kind_of(id);
    let account = platform.account_of(id).map(|account| format!(" in {}", account.name)).unwrap_or_default();
    let mut text = code(&format!("{} {}{account}", kind.name, resource.name));
    paragraph(&mut text, resource.doc.as_deref());
    if let Some(stream) = platform.stream(id) {
        text.push_str(&schema(platform, platform.schema(stream.schema)));
    }
    if let Some(arn) = &resource.arn {
        let _ = write!(text, "\n`{arn}`\n");
    }
    let role = acting(platform, id).and_then(|key| snapshot.analysis.access.role(key));
    if let Some(role) = role {
        permissions(&mut text, role);
    }
    text
}

fn permissions(text: &mut String, role: &RoleAccess) {
    let statements = &role.policy.statements;
    if statements.is_empty() {
        text.push_str("\nIts role may do nothing.\n");
        return;
    }
    let _ = write!(text, "\nWhat its role `{}` may do:\n", role.identity.name);
    for statement in statements.iter().take(STATEMENTS) {
        let _ = writeln!(text, "- {}", sentence(statement));
    }
    if let Some(more) = statements.len().checked_sub(STATEMENTS).filter(|more| *more > 0) {
        let _ = writeln!(text, "- … {more} more: `dpl explain access {}`", role.identity.name);
    }
}

fn sentence(statement: &Statement) -> String {
    let (but, actions) = match &statement.actions {
        Actions::Only(actions) => ("", actions),
        Actions::AllBut(actions) => ("all but ", actions),
    };
    let verb = if statement.effect == Effect::Deny { "never " } else { "" };
    let list = |items: &std::collections::BTreeSet<smol_str::SmolStr>| {
        items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
    };
    let when = if statement.conditions.is_empty() { "" } else { ", under conditions" };
    format!("{verb}{but}{} on {}{when}", list(actions), list(&statement.resources))
}

/// A piece of a program, as Markdown shows it.
pub(super) fn code(text: &str) -> String {
    format!("```dpl\n{text}\n```\n")
}

/// Adds a doc comment.
pub(super) fn paragraph(text: &mut String, doc: Option<&str>) {
    if let Some(doc) = doc {
        let _ = write!(text, "\n{doc}\n");
    }
}
