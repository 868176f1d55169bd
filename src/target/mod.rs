//! From the platform to artifacts, one folder per family. No target knows another.

pub mod bundle;
pub mod calls;
pub mod cloudformation;
pub mod contract;
pub mod flink;
pub mod handover;
pub mod iam;
pub mod lake_formation;
pub mod native;
pub mod states;
pub mod terraform;
pub mod watch;

use crate::{access::Access, artifact::Artifacts, platform::Platform, source::SourceMap};

/// A family of artifacts.
pub trait Target: Sync {
    /// Its name, as `--target` and the manifest spell it.
    fn name(&self) -> &'static str;

    /// Whether it is made where no target is named.
    fn is_usual(&self) -> bool {
        true
    }

    /// Makes its artifacts. Only called for programs without errors.
    fn lower(&self, program: &Program<'_>, out: &mut Artifacts);
}

/// A program without errors.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// What it means.
    pub platform: &'a Platform,
    /// The policies that it takes.
    pub access: &'a Access,
    /// What it says.
    pub sources: &'a SourceMap,
}

/// Every target, in the order in which they are lowered.
pub const TARGETS: &[&dyn Target] = &[
    &iam::Iam,
    &calls::Calls,
    &lake_formation::LakeFormation,
    &contract::Contract,
    &states::States,
    &flink::Flink,
    &watch::Watch,
    &handover::Handover,
    &native::Native,
];
