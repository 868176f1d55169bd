//! What conditions over a table's columns say of each other: whether there is a row that one holds for and another does not.
//!
//! Rows fall into cells that no condition tells apart: of each column its named values, what lies between two of them, null, and NaN. All cells are
//! looked at, so that "there is no such row" is a proof. A row that is found is one that there can be. What is neither is said to be undecided.
//!
//! What is compared: a column with constants (`=`, `<`, `IN`, `BETWEEN`, …), `IS NULL`, `LIKE`, by `AND`, `OR` and `NOT` with SQL's three values.
//! Of patterns with a wildcard before their end, and of two columns compared, only that the same term says the same is known.
//!
//! A column may be null whatever its type says: nothing in a table's format keeps nulls out. Text is compared by its code points.
//!
//! | file | does |
//! | --- | --- |
//! | `line.rs` | the values of a type in their order |
//! | `axis.rs` | the cells of a column |
//! | `truth.rs` | what a condition can be in some cells |
//! | `search.rs` | the cells that meet demands |

mod axis;
mod line;
mod search;
mod truth;

use crate::{platform::Column, sql::plan::Expr};

use search::{Demand, search};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There can be such a row: what it is like, empty where it may be any.
    Row(String),
    /// There is none.
    Nothing,
    /// It is not known, with the reason.
    Undecided(&'static str),
}

impl Found {
    /// Of two searches for the same: a row before doubt, one that is known before any.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let rank = |found: &Self| match found {
            Self::Row(like) => 2 + u8::from(!like.is_empty()),
            Self::Undecided(_) => 1,
            Self::Nothing => 0,
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// Why it is not known.
    pub fn undecided(&self) -> Option<&'static str> {
        match self {
            Self::Undecided(why) => Some(why),
            Self::Row(_) | Self::Nothing => None,
        }
    }
}

/// A row that a condition holds for.
pub fn any(columns: &[Column], condition: &Expr) -> Found {
    search(columns, &[Demand::holds(condition)])
}

/// A row that both hold for.
pub fn in_both(columns: &[Column], one: &Expr, other: &Expr) -> Found {
    search(columns, &[Demand::holds(one), Demand::holds(other)])
}

/// A row that the first holds for and none of the others.
pub fn outside(columns: &[Column], one: &Expr, others: &[&Expr]) -> Found {
    let demands: Vec<Demand<'_>> =
        std::iter::once(Demand::holds(one)).chain(others.iter().map(|it| Demand::does_not(it))).collect();
    search(columns, &demands)
}
