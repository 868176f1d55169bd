//! From the SQL's syntax tree to the typed plan. Never fails: what can't be read is reported, and has a type that fits everything.

mod aggregate;
mod as_of;
mod call;
mod collection;
mod exists;
mod expr;
mod faults;
mod from;
mod grouping;
mod join;
mod literal;
mod matching;
mod nested;
mod nested_faults;
mod over;
mod rank;
mod scalar;
mod select;
mod union;
mod unnest;
mod window;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use sqlparser::ast;

use super::{
    parse::{Parsed, Places},
    plan::{AggregateCall, Expr, ExprKind, Field, Relation},
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    library::Library,
    platform::{Base, DataType, Platform, ResourceId},
    source::Span,
};

use join::Named;

pub use from::{TableName, table_names};

/// A stream that a query may read.
#[derive(Clone, Debug)]
pub struct Table {
    /// The stream.
    pub stream: ResourceId,
    /// Its columns.
    pub fields: Vec<Field>,
}

/// What stands behind the names in a query's FROM, by the name as it is written. One that is missing is reported already.
pub type Tables = FxHashMap<SmolStr, Table>;

/// The plan of a query; `None` where its FROM can't be read.
pub fn query(
    parsed: &Parsed,
    tables: &Tables,
    platform: &Platform,
    library: &Library,
    diagnostics: &mut Diagnostics,
) -> Option<Relation> {
    let mut binder = Binder {
        platform,
        library,
        tables,
        places: &parsed.places,
        diagnostics,
        views: Vec::new(),
        overs: None,
        matching: None,
        row_filter: false,
    };
    let plan = binder.query(&parsed.query)?;
    binder.check_limited(&plan, rank::number_of(&plan));
    binder.check_rows(&plan);
    Some(plan)
}

/// A condition over columns, such as a row filter.
pub fn condition(
    expr: &ast::Expr,
    places: &Places,
    fields: &[Field],
    platform: &Platform,
    library: &Library,
    diagnostics: &mut Diagnostics,
) -> Expr {
    let tables = Tables::default();
    let mut binder = Binder {
        platform,
        library,
        tables: &tables,
        places,
        diagnostics,
        views: Vec::new(),
        overs: None,
        matching: None,
        row_filter: true,
    };
    let mut scope = Scope { fields, names: Vec::new(), groups: None, clause: "a condition" };
    binder.condition(expr, &mut scope)
}

/// What reading a query takes.
struct Binder<'a> {
    /// Where the fields of records are.
    platform: &'a Platform,
    library: &'a Library,
    tables: &'a Tables,
    places: &'a Places,
    diagnostics: &'a mut Diagnostics,
    /// The queries that WITH names, so far.
    views: Vec<(SmolStr, Rc<ast::Query>)>,
    /// The OVERs of the SELECT list that is being read, where they may stand.
    overs: Option<over::Overs>,
    /// The pattern whose conditions or measures are being read.
    matching: Option<matching::Matching>,
    /// Whether this is a condition over a table's rows, which has no casts.
    row_filter: bool,
}

/// What names mean in an expression.
struct Scope<'a> {
    /// The columns.
    fields: &'a [Field],
    /// What may stand before a column's name.
    names: Vec<Named>,
    /// Behind GROUP BY: only keys and aggregates.
    groups: Option<Groups<'a>>,
    /// Where the expression stands, for messages.
    clause: &'static str,
}

/// What an expression behind GROUP BY may use.
struct Groups<'a> {
    /// The keys, over the columns.
    keys: &'a [Expr],
    /// Whether rows are grouped by several sets of them.
    in_sets: bool,
    /// The aggregates so far; new ones are added.
    calls: &'a mut Vec<AggregateCall>,
    /// Names that the SELECT list gives, for messages.
    aliases: Vec<SmolStr>,
    /// The arguments of the window in GROUP BY, as written.
    window: Option<String>,
}

impl Binder<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(
            match self.row_filter && diagnostic.code == crate::diagnostic::catalogue::SQL_TYPE {
                true => diagnostic.help("compare a column with constants of its own type"),
                false => diagnostic,
            },
        );
    }

    fn unsupported(&mut self, span: Span, construct: &str) {
        self.report(faults::unsupported(span, construct));
    }

    /// The place of a part of the tree.
    fn span(&self, node: &impl ast::Spanned) -> Span {
        self.places.span(node.span())
    }
}

/// An expression that could not be read.
fn error(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, ty: DataType::plain(Base::Unknown), span }
}

/// A type without conditions, as expressions have it: null where an operand may be, with all the operands' labels.
fn derived<'a>(base: Base, operands: impl IntoIterator<Item = &'a Expr>) -> DataType {
    let mut ty = DataType::plain(base);
    for operand in operands {
        ty.nullable |= operand.ty.nullable;
        ty.labels.extend(operand.ty.labels.iter().cloned());
    }
    ty.labels.sort();
    ty.labels.dedup();
    ty
}
