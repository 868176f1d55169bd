//! What is said of Kafka where the feature is not built in.

use dpl::run::{Position, Target};

use super::{Bell, Opened, Start};

const ABSENT: &str = "this `dpl` was built without Kafka; `cargo install dpl --features kafka` has it";

pub(super) fn open(
    _: &str,
    _: Vec<String>,
    _: Start,
    _: &[(Position, bool)],
    _: Bell,
) -> Result<Opened, String> {
    Err(ABSENT.to_owned())
}

pub(super) fn target(_: &str, _: Vec<String>) -> Result<Box<dyn Target + Send>, String> {
    Err(ABSENT.to_owned())
}
