//! Live streams: what a program declares as Kinesis or Kafka, read and written while it runs.
//!
//! Each partition has a reader of its own, which hands records over as lines and waits where nobody takes them. Nothing is acknowledged to a server:
//! how far a partition was read is in the run's own checkpoint.

#[cfg(any(feature = "kinesis", feature = "kafka"))]
mod aws;
mod declared;
mod feed;
#[cfg_attr(not(feature = "kafka"), path = "absent/kafka.rs")]
mod kafka;
#[cfg_attr(not(feature = "kinesis"), path = "absent/kinesis.rs")]
mod kinesis;
#[cfg(any(feature = "kinesis", feature = "kafka"))]
mod lines;

#[cfg(any(feature = "kinesis", feature = "kafka"))]
use std::time::Duration;

use crossbeam_channel::Receiver;
use dpl::platform::{Platform, ResourceId};
use dpl::run::{Position, Target};

use self::declared::{Declared, Topic, declared, is_json};
use crate::cli::Failure;
use crate::cli::run::limits::Start;

pub(super) use self::feed::{Bell, Feed, Partition, Reached};
#[cfg(any(feature = "kinesis", feature = "kafka"))]
use self::feed::{Chunk, Said};

/// As long is a server tried again that can't be reached, has no time, or does not lead a partition any more.
#[cfg(any(feature = "kinesis", feature = "kafka"))]
const PATIENCE: Duration = Duration::from_secs(60);
/// The pauses between two tries: the first, and the longest.
#[cfg(any(feature = "kinesis", feature = "kafka"))]
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// A stream that is read.
pub(super) struct Opened {
    /// Its partitions: those that a run before knew come first, in its order.
    pub(super) partitions: Vec<Partition>,
    /// Those that come to be. They are told before the end of what they follow.
    pub(super) born: Receiver<Partition>,
}

/// A stream that is live.
pub(super) struct Live<'a> {
    pub(super) platform: &'a Platform,
    /// The stream.
    pub(super) id: ResourceId,
    /// Another server than the program names.
    pub(super) endpoint: Option<&'a str>,
}

impl Live<'_> {
    fn name(&self) -> &str {
        self.platform.resource(self.id).name.as_str()
    }

    fn failed(&self, why: &str) -> Failure {
        Failure(format!("`{}`: {why}", self.name()))
    }

    /// Its connector, if its rows are of a format that is read and written live.
    fn declared(&self) -> Result<Declared, Failure> {
        if !is_json(self.platform, self.id) {
            return Err(
                self.failed("live streams are read and written as JSON alone; `format = json`, or a file")
            );
        }
        Ok(declared(self.platform, self.id))
    }

    /// Starts to read it; `before` is how far a run before read its partitions, and which of them had ended.
    pub(super) fn open(
        &self,
        since: Option<Start>,
        before: &[(Position, bool)],
        bell: &Bell,
    ) -> Result<Opened, Failure> {
        let opened = match self.declared()? {
            Declared::Kinesis { arn, region, earliest } => {
                let start = since.unwrap_or(by_default(earliest));
                kinesis::open([&arn, &region], self.endpoint, start, before, bell.clone())
            }
            Declared::Kafka { topic, earliest } => {
                let start = since.unwrap_or(by_default(earliest));
                kafka::open(&topic, self.endpoint, start, before, bell.clone())
            }
            Declared::Other(connector) => Err(not_live(&connector)),
        };
        opened.map_err(|why| self.failed(&why))
    }

    /// What takes its rows, a line each.
    pub(super) fn target(&self) -> Result<Box<dyn Target + Send>, Failure> {
        let target = match self.declared()? {
            Declared::Kinesis { arn, region, .. } => kinesis::target([&arn, &region], self.endpoint),
            Declared::Kafka { topic, .. } => kafka::target(&topic, self.endpoint),
            Declared::Other(connector) => Err(not_live(&connector)),
        };
        target.map_err(|why| self.failed(&why))
    }
}

fn not_live(connector: &str) -> String {
    format!("a stream of `{connector}` is not live; name a file")
}

/// Where a query without a checkpoint starts if only the program says it.
fn by_default(earliest: bool) -> Start {
    if earliest { Start::Earliest } else { Start::Latest }
}
