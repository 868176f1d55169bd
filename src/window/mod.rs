//! The native event-time window operator: a physical plan over typed columns, run with Apache Flink's meaning.
//!
//! A plain library: it knows nothing of the language, its compiler, files or clocks. A [`Query`] says what is
//! computed; an [`Operator`] takes [`Batch`]es of rows and hands back batches of results as windows fire.
//!
//! # Semantics
//! | topic | rule |
//! | --- | --- |
//! | watermark | after each row, `W = max(W, event time - delay)`; values up to 0 are never announced, so nothing fires or is late before the first positive one |
//! | firing | a window fires when `W >= end - 1 ms`; at the end of input every open window fires, earliest end first |
//! | lateness | a row is late when its window has fired already: `W >= end - 1 ms` as it arrives; where windows overlap it counts in those that have not |
//! | sessions | windows from each row's time to a gap later, merged where they touch; lateness is told after merging |
//! | alignment | windows align to the epoch plus offset, by floor; times before 1970 too |
//! | filter | a row that `WHERE` refuses still moves the watermark; it is never late |
//! | order of results | by window end, then by the first arrival of the key in that window |
//! | float sums | left to right in arrival order within a slice; hopping windows merge slices last to first, cumulating ones into the first, sessions as they meet |
//! | time zone | the session's zone is UTC |
//!
//! # Memory
//! State is one accumulator per open window and key, or per slice and key where windows overlap, or per open session. Keys are interned; those without an open window are
//! forgotten when they make up three quarters of the table, so that state never grows with the input's length; but that a key's first row of all
//! time was told is kept for ever.

mod aggregate;
mod aligned;
pub(crate) mod cast;
mod clock;
mod column;
mod compare;
pub mod decimal;
mod emit;
mod eval;
mod expr;
mod flow;
mod functions;
mod in_order;
mod keys;
mod operator;
mod order;
mod over;
mod pane;
mod parted;
mod pattern;
mod query;
mod reduce;
pub(crate) mod save;
mod session;
mod text;
pub mod time;
mod types;
mod typing;

pub use aggregate::{Aggregate, AggregateCall, Spread};
pub use column::{Batch, Column, Data, Text, Value};
pub use eval::{EvalError, EvalErrorKind};
pub use expr::{Arithmetic, Comparison, Expr, Function};
pub use flow::{
    Assign, Earliest, Engine, First, Join, Pairing, Part, Plan, RowQuery, Select, Stage, Stream, Top,
};
pub use functions::{Form, Path, Prepared, Regular, Scalar, Unit, Use, round_type, similar_to_java};
pub use operator::{Emit, Error, Held, Operator, Pushed, Stats};
pub use over::{Frame, Over, OverCall, OverFunction};
pub use pattern::{Call, Pattern, Read, Skip, Told, Variable};
pub use query::{Late, PlanError, Query, Window};
pub use reduce::may_be_null;
pub use types::{Class, Type};
pub use typing::{TypeError, arithmetic_type, common_type};

/// Whether a text is like a pattern; `None` where the escape character stands before nothing it can escape.
pub fn like(text: &str, pattern: &str, escape: Option<char>) -> Option<bool> {
    text::Pattern::new(pattern, escape).map(|pattern| pattern.matches(text.as_bytes()))
}
