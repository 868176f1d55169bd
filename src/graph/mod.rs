//! The picture of a program: accounts and what lives in them, where data goes, column by column, and who can read what.
//!
//! | file | does |
//! | --- | --- |
//! | `gather.rs` | the program → what there is, and what has to do with what |
//! | `data.rs` | where data goes |
//! | `columns.rs` | of which columns each column is made |
//! | `readers.rs` | who can read what, proved |
//! | `layout.rs` | where everything stands in a picture |
//! | `render/` | the same as a page, a picture, Mermaid's text, events of OpenLineage |

mod columns;
mod data;
mod gather;
mod layout;
mod readers;
pub mod render;

use std::collections::BTreeSet;

use crate::{platform::ResourceId, source::Span};

pub use gather::graph;

/// Everything that a picture shows, in an order that follows from the program's names.
#[derive(Debug, Default)]
pub struct Graph {
    /// The accounts in which something lives, and last what lives in none.
    pub lanes: Vec<Lane>,
    /// What lives there.
    pub nodes: Vec<Node>,
    /// What has to do with what, each once.
    pub edges: Vec<Edge>,
    /// Columns that are made of others.
    pub columns: Vec<ColumnEdge>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its name in the program.
    pub name: String,
    /// Its twelve digits and its region.
    pub detail: String,
}

/// A declaration.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which.
    pub resource: ResourceId,
    /// Its name in the program; a table's behind its domain's.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Where it lives, by index into [`Graph::lanes`].
    pub lane: usize,
    /// Whether it exists already.
    pub external: bool,
    /// Its doc comment.
    pub doc: String,
    /// Its ARN, where it is known.
    pub arn: String,
    /// Where it is declared.
    pub span: Span,
    /// Its columns, where it has rows.
    pub columns: Vec<Column>,
    /// Who can read it; `None` where that is no question.
    pub readers: Option<Vec<Reader>>,
}

/// A column of what has rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as a program writes it.
    pub ty: String,
}

/// Somebody who can read something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// Who, as a program names it.
    pub name: String,
    /// What that is, and of which account.
    pub what: String,
    /// How much of it, and by which way.
    pub how: String,
}

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Data goes from the one to the other.
    Data,
    /// The one starts or calls the other.
    Calls,
    /// The one stands in the other, or lies there.
    Holds,
    /// The one may do something with the other.
    Access,
}

impl Relation {
    /// Its name, in pictures and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Calls => "calls",
            Self::Holds => "holds",
            Self::Access => "access",
        }
    }
}

/// An edge between two nodes, by their places in [`Graph::nodes`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// From which.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// What it means.
    pub relation: Relation,
    /// What is said of it: capabilities, places.
    pub labels: BTreeSet<String>,
    /// The keys in a bucket that it is about.
    pub keys: BTreeSet<String>,
}

impl Edge {
    /// All that is said of it.
    pub fn said(&self) -> Vec<&str> {
        self.labels.iter().chain(&self.keys).map(String::as_str).collect()
    }
}

/// A column that is made of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnEdge {
    /// The node and the column that it is made of.
    pub from: (usize, String),
    /// The node and the column.
    pub to: (usize, String),
    /// The node that makes it.
    pub by: usize,
}
