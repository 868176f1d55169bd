//! Records that hold themselves. No table, stream or request could describe them, so that the column which closes the circle loses its type.

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Base, DataType, Schema},
    source::Span,
};

/// How deep records may lie in each other. AWS's own formats end long before.
const DEEPEST: usize = 64;

/// A schema that is being followed: its index, and which of its columns comes next.
type Step = (usize, usize);

impl Context<'_> {
    /// Reports each column that leads back to the record it is in, and takes its type away.
    pub(super) fn break_circles(&mut self) {
        let mut done = vec![false; self.platform.schemas.len()];
        for root in 0..done.len() {
            for (schema, column) in closing_columns(&self.platform.schemas, root, &mut done) {
                self.break_at(schema, column);
            }
        }
    }

    fn break_at(&mut self, schema: usize, column: usize) {
        let Some(schema) = self.platform.schemas.get_mut(schema) else { return };
        let name = schema.name.clone();
        let Some(column) = schema.columns.get_mut(column) else { return };
        column.ty = DataType::plain(Base::Unknown);
        let diagnostic = recursive(&name, &column.name, column.span);
        self.diagnostics.push(diagnostic);
    }
}

/// The columns that close a circle below one schema, or lie too deep. What is done already is not followed again.
fn closing_columns(schemas: &[Schema], root: usize, done: &mut [bool]) -> Vec<Step> {
    let mut closing = Vec::new();
    let mut path: Vec<Step> = vec![(root, 0)];
    while let Some((at, next)) = path.last() {
        let Some(column) = schemas.get(*at).and_then(|schema| schema.columns.get(*next)) else {
            done.get_mut(*at).into_iter().for_each(|done| *done = true);
            path.pop();
            continue;
        };
        let step = (*at, *next);
        let inner = records(&column.ty);
        let closes =
            path.len() >= DEEPEST || inner.iter().any(|inner| path.iter().any(|(open, _)| open == inner));
        let unseen = inner.iter().find(|inner| !done.get(**inner).copied().unwrap_or(true));
        match unseen {
            _ if inner.is_empty() => advance(&mut path),
            _ if closes => {
                closing.push(step);
                advance(&mut path);
            }
            // Seen again when what is in it is done.
            Some(inner) => path.push((*inner, 0)),
            None => advance(&mut path),
        }
    }
    closing
}

fn advance(path: &mut [Step]) {
    path.last_mut().into_iter().for_each(|(_, next)| *next += 1);
}

/// The schemas that a type names, by index.
fn records(ty: &DataType) -> Vec<usize> {
    match &ty.base {
        Base::Record(schema) => vec![schema.0 as usize],
        Base::List(item) => records(item),
        Base::Map(key, value) => records(key).into_iter().chain(records(value)).collect(),
        _ => Vec::new(),
    }
}

fn recursive(schema: &SmolStr, column: &SmolStr, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::RECURSIVE_SCHEMA,
        span,
        format!("`{schema}` lies in itself by `{column}`, or more than {DEEPEST} records deep"),
        "leads back to where it began",
    )
    .help("refer to the other record by its key instead of holding it")
}
