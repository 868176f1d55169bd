//! What is said of Kafka where the feature is not built in.

use dpl::run::{Position, Target};

use super::{Bell, Opened, Start, Topic};

const ABSENT: &str = "this `dpl` was built without Kafka; `cargo install dpl --features kafka` has it";

pub(super) fn open(
    _: &Topic,
    _: Option<&str>,
    _: Start,
    _: &[(Position, bool)],
    _: Bell,
) -> Result<Opened, String> {
    Err(ABSENT.to_owned())
}

pub(super) fn target(_: &Topic, _: Option<&str>) -> Result<Box<dyn Target + Send>, String> {
    Err(ABSENT.to_owned())
}
