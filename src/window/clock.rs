//! Event time: the watermark of each partition, and the least of them.

mod saved;

/// A watermark that comes behind so many of the rows that it comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub rows: usize,
    pub watermark: i64,
}

/// How far event time is.
#[derive(Debug)]
pub(super) struct Clock {
    delay: i64,
    partitions: Vec<Partition>,
    /// The watermark announced last; `None` before the first.
    watermark: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Partition {
    latest: Option<i64>,
    idle: bool,
}

impl Clock {
    pub fn new(delay: i64, partitions: u32) -> Clock {
        let partition = Partition { latest: None, idle: false };
        Clock { delay, partitions: vec![partition; partitions as usize], watermark: None }
    }

    /// One partition more, which holds the watermark back until it has rows or is silent for long.
    pub fn add(&mut self) {
        self.partitions.push(Partition { latest: None, idle: false });
    }

    /// The watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self) -> Option<i64> {
        self.watermark
    }

    /// A partition's latest event time.
    pub fn latest(&self, partition: usize) -> Option<i64> {
        self.partitions.get(partition)?.latest
    }

    /// The lowest watermark of the partitions other than `but` that are not idle; `None` if one has none yet.
    pub fn others(&self, but: usize) -> Option<i64> {
        let others = self.partitions.iter().enumerate().filter(|(i, p)| *i != but && !p.idle);
        others.map(|(_, p)| p.latest.map(|t| t - self.delay)).try_fold(i64::MAX, |low, w| Some(low.min(w?)))
    }

    /// A partition has rows again; its latest event time.
    pub fn wake(&mut self, partition: usize) -> Option<i64> {
        let partition = self.partitions.get_mut(partition)?;
        partition.idle = false;
        partition.latest
    }

    /// A partition has been silent for longer than its idle timeout.
    pub fn set_idle(&mut self, partition: usize) {
        if let Some(partition) = self.partitions.get_mut(partition) {
            partition.idle = true;
        }
    }

    /// Whether no partition is heard of.
    pub fn is_idle(&self) -> bool {
        self.partitions.iter().all(|partition| partition.idle)
    }

    /// Notes a partition's latest event time, where the others allow `others`; the watermark if it is higher now.
    #[inline]
    pub fn advance(&mut self, partition: usize, latest: i64, others: Option<i64>) -> Option<i64> {
        if let Some(partition) = self.partitions.get_mut(partition) {
            partition.latest = Some(latest);
        }
        self.announce(others?.min(latest - self.delay))
    }

    /// The event time at which a partition lets the watermark reach another, where the others allow `others`.
    pub fn reaches(&self, watermark: i64, others: Option<i64>) -> i64 {
        if others.is_some_and(|others| others >= watermark) {
            watermark.saturating_add(self.delay)
        } else {
            i64::MAX
        }
    }

    /// Announces a watermark, if it is higher than the last one. Values up to 0 are none, as in Flink, whose assigner counts from 0.
    pub fn announce(&mut self, watermark: i64) -> Option<i64> {
        if watermark <= self.watermark.unwrap_or(0) {
            return None;
        }
        self.watermark = Some(watermark);
        self.watermark
    }
}
