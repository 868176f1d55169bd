//! What can be wrong in a pipeline, each said where it is found.

mod call;
mod item;
mod looping;
mod name;
mod query;
mod statement;
mod test;
mod trigger;
mod value;

pub(super) use call::*;
pub(super) use item::*;
pub(super) use looping::*;
pub(super) use name::*;
pub(super) use query::*;
pub(super) use statement::*;
pub(super) use test::*;
pub(super) use trigger::*;
pub(super) use value::*;
