//! What happens in a run, in order.

use serde_json::{Map, Value as Json};

use super::{clock::Time, failure::Failure};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Time,
    /// In which state.
    pub state: String,
    /// How many `Parallel` and `Map` states it is inside of.
    pub depth: usize,
    /// What.
    pub what: Happening,
}

/// The things that happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A state was entered with this input.
    Entered(Json),
    /// A task was called: its resource and its arguments.
    Called(String, Json),
    /// A task returned this.
    Returned(Json),
    /// An attempt failed.
    Failed(Failure),
    /// It is made again: the how many-eth retry, and after how many milliseconds.
    Retried(u32, Time),
    /// The error was caught, and this state comes next.
    Caught(String),
    /// Variables were assigned.
    Assigned(Map<String, Json>),
    /// The run waited for so many milliseconds.
    Waited(Time),
    /// The state ended with this output.
    Left(Json),
}
