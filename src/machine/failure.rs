//! Errors, by the names that `Retry` and `Catch` know them by.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>

use std::fmt;

/// An error of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub error: String,
    /// Its cause; `None` where a `Fail` state gives none.
    pub cause: Option<String>,
}

impl Failure {
    /// An error with its cause.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: Some(cause.into()) }
    }

    /// An expression that has no value, or one that does not fit where it stands.
    pub(super) fn query(cause: impl Into<String>) -> Self {
        Self::new("States.QueryEvaluationError", cause)
    }

    /// Whether a `Retry` or `Catch` for these errors is for this one. `States.ALL` leaves out the errors that end a run at once;
    /// `States.TaskFailed` leaves out timeouts and, as the service has been seen to do, expressions that fail.
    pub(super) fn is_one_of(&self, errors: &[String]) -> bool {
        let terminal = matches!(self.error.as_str(), "States.Runtime" | "States.DataLimitExceeded");
        let task =
            !matches!(self.error.as_str(), "States.Timeout" | "States.QueryEvaluationError") && !terminal;
        errors.iter().any(|wanted| match wanted.as_str() {
            "States.ALL" => !terminal,
            "States.TaskFailed" => task,
            "States.Runtime" => false,
            wanted => wanted == self.error,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause.as_deref() {
            None | Some("") => write!(f, "{}", self.error),
            Some(cause) => write!(f, "{}: {cause}", self.error),
        }
    }
}

/// Why a run can't go on here, though it might in Step Functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A task was called that nothing answers.
    Unanswered(String),
    /// More states were entered than Step Functions has events for: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
    Endless(usize),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered(why) => f.write_str(why),
            Self::Endless(states) => {
                write!(
                    f,
                    "the run has entered {states} states, more than Step Functions keeps events of a run"
                )
            }
        }
    }
}

/// What ends a state before its time.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error, which may be retried or caught.
    Failed(Failure),
    /// The machine's own time is up: nothing catches that.
    TimedOut,
    /// The run can't go on here.
    Halted(Halt),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
