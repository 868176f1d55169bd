//! Signals that ask a run to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::cli::Failure;

/// Which signal came, if any.
pub(super) struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Takes SIGINT and SIGTERM: the first one is noted, a second one ends the process at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        let (came, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))
                .and_then(|_| flag::register(signal, Arc::clone(&again)))
                .and_then(|_| {
                    flag::register_usize(
                        signal,
                        Arc::clone(&came),
                        usize::try_from(signal).unwrap_or_default(),
                    )
                })
                .map_err(|error| Failure(format!("signals can't be taken: {error}")))?;
        }
        Ok(Self(came))
    }

    /// The number of the signal that came.
    pub(super) fn asked(&self) -> Option<u8> {
        u8::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|signal| *signal != 0)
    }
}
