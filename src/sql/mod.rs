//! SQL with Flink's meaning: text to a typed plan, once. Flink SQL is printed from that plan and the native operator runs it, so both mean the
//! same.
//!
//! | module | does |
//! | --- | --- |
//! | [`parse`] | reads the text; Flink's own spellings are rewritten at the level of tokens, places kept |
//! | [`parameters`] | where a statement that a pipeline runs has its parameters |
//! | [`plan`] | the typed relational plan, plain data |
//! | [`types`] | result types as Flink derives them, and how types are spelled |
//! | [`bind`] | syntax to plan: names to columns, types, one clear error for what is not supported |
//! | [`event_time`] | which columns are event time, and which joins end by it |
//! | [`sink`] | a plan's columns to those of the stream that it writes to |
//! | [`matching`] | what MATCH_RECOGNIZE looks for |
//! | [`over`] | what stands behind `OVER`: aggregates over rows and the rows before them |
//! | [`range`] | what values an expression can have where a condition holds |
//! | [`lineage`] | which columns a result is made of |
//! | [`print`] | expressions as Flink SQL |

pub mod bind;
pub mod event_time;
pub mod lineage;
pub mod matching;
pub mod over;
pub mod parameters;
pub mod parse;
pub mod plan;
pub mod print;
pub mod range;
pub mod sink;
pub mod types;

pub use crate::window::time;
