//! What is said about the program as a whole.

use std::collections::BTreeMap;

/// `dpl.toml`, plain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The project's name.
    pub name: Option<String>,
    /// The region of accounts that name none.
    pub region: Option<String>,
    /// `aws`, `aws-cn` or `aws-us-gov`; empty means `aws`.
    pub partition: String,
    /// Tags that everything that can bear them must have.
    pub required_tags: Vec<String>,
    /// Values of the program's `param` declarations, as they would be written in a program without quotes around text.
    pub params: BTreeMap<String, String>,
    /// The Flink version that SQL is generated for, such as `1.20`.
    pub flink: Option<String>,
}

/// The version of Flink that programs are for that name none.
const FLINK: &str = "1.20";

impl Project {
    /// The Flink version that SQL and applications are made for.
    pub fn flink(&self) -> &str {
        self.flink.as_deref().unwrap_or(FLINK)
    }

    /// The partition's name in ARNs.
    pub fn partition(&self) -> &str {
        if self.partition.is_empty() { "aws" } else { &self.partition }
    }
}
