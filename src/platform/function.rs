//! What pipelines call.

use super::{
    grant::Capability,
    pipeline::UseTarget,
    resource::ResourceId,
    schema::Column,
    types::DataType,
    value::{IntegrationUse, Location},
};
use crate::source::Span;

/// A function: a service's unit of work with typed parameters.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its declaration.
    pub resource: ResourceId,
    /// Its parameters.
    pub params: Vec<Column>,
    /// What it returns; `None` where the service returns nothing.
    pub result: Option<DataType>,
    /// `lambda("…")`, `glue_job("…")`: the integration and its fields.
    pub integration: IntegrationUse,
    /// What a call takes where its declaration says so itself: `aws(…)`.
    pub allowed: Vec<(Capability, UseTarget)>,
    /// What its own code reads.
    pub reads: Vec<(Location, Span)>,
    /// What its own code writes.
    pub writes: Vec<(Location, Span)>,
}
