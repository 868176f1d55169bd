//! Record types.

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::SchemaId,
    source::{FileId, Span},
    syntax::ast::{self, Decl, Member},
};

impl Context<'_> {
    pub(super) fn schemas(&mut self, found: &[(SchemaId, FileId, &Decl)]) {
        for (id, file, decl) in found {
            let columns = columns_of(decl);
            for member in decl.body.iter().flatten() {
                if let Some(span) = no_column(member) {
                    self.diagnostics.push(only_columns(span));
                }
            }
            let columns = self.columns(*file, &columns);
            if let Some(schema) = self.platform.schemas.get_mut(id.0 as usize) {
                schema.columns = columns;
            }
        }
    }
}

/// The columns of a body, in order.
pub(super) fn columns_of(decl: &Decl) -> Vec<ast::Column> {
    let members = decl.body.iter().flatten();
    members
        .filter_map(|member| match member {
            Member::Column(column) => Some(column.as_ref().clone()),
            _ => None,
        })
        .collect()
}

fn no_column(member: &Member) -> Option<Span> {
    match member {
        Member::Column(_) => None,
        Member::Field(field) => Some(field.name.span),
        Member::Decl(decl) => Some(decl.kind.span),
        Member::Statement(statement) => Some(statement.span),
        Member::Deny(deny) => Some(deny.span),
        Member::Step(step) => Some(step.span),
    }
}

fn only_columns(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::UNEXPECTED_PART, span, "a schema has columns only", "no column")
        .help("write `name : type`")
}
