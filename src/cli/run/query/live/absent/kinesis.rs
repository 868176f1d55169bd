//! What is said of Kinesis where the feature is not built in.

use dpl::run::{Position, Target};

use super::{Bell, Opened, Start};

const ABSENT: &str = "this `dpl` was built without Kinesis; `cargo install dpl --features kinesis` has it";

pub(super) fn open(
    _: [&str; 2],
    _: Option<&str>,
    _: Start,
    _: &[(Position, bool)],
    _: Bell,
) -> Result<Opened, String> {
    Err(ABSENT.to_owned())
}

pub(super) fn target(_: [&str; 2], _: Option<&str>) -> Result<Box<dyn Target + Send>, String> {
    Err(ABSENT.to_owned())
}
