//! State machines run: Amazon States Language with JSONata, executed on this machine with the tasks' results given. Time is virtual: a run that
//! waits for a day takes none.
//!
//! A plain library: a definition and an input go in, what happened comes out. It opens no file, reads no clock, and calls nothing.
//!
//! | file | does |
//! | --- | --- |
//! | `definition.rs`, `fields.rs` | the document read: what is not understood is refused, and nothing is passed over |
//! | `execution.rs` | one state after another, with variables, input and output |
//! | `task.rs`, `map.rs`, `parallel.rs` | the states that call, loop and branch |
//! | `attempt.rs` | `Retry` and `Catch` |
//! | `query.rs`, `functions.rs` | JSONata, with the functions that Step Functions adds |
//! | `failure.rs`, `event.rs`, `clock.rs` | errors by name, what happened, the time |

mod attempt;
mod clock;
mod definition;
mod event;
mod execution;
mod failure;
mod fields;
mod functions;
mod map;
mod parallel;
mod query;
mod task;

pub use clock::{Time, instant, milliseconds, timestamp};
pub use definition::Machine;
pub use event::{Event, Happening};
pub use execution::{Execution, Outcome, run};
pub use failure::{Failure, Halt};
pub use fields::Malformed;
pub use query::{Queries, Variables};
pub use task::{Answer, Request, Tasks};
