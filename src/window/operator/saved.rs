//! An operator's state as bytes, and an operator that goes on from them.

use super::super::save::Saved;
use super::{Operator, Stats, Windows};

impl Saved for Stats {
    fn save(&self, out: &mut Vec<u8>) {
        [self.late, self.without_event_time, self.windows, self.groups, self.rows_out]
            .iter()
            .for_each(|count| count.save(out));
        [self.most_windows, self.most_groups, self.most_memory].iter().for_each(|most| most.save(out));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Stats {
            late: Saved::load(from)?,
            without_event_time: Saved::load(from)?,
            windows: Saved::load(from)?,
            groups: Saved::load(from)?,
            rows_out: Saved::load(from)?,
            most_windows: Saved::load(from)?,
            most_groups: Saved::load(from)?,
            most_memory: Saved::load(from)?,
        })
    }
}

impl Operator {
    /// Its whole state: what is open, its keys, how far time is, what was counted.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.stats.save(&mut out);
        self.clock.save(&mut out);
        self.keys.save(&mut out);
        match &self.windows {
            Windows::Aligned(windows) => windows.save(&mut out),
            Windows::Sessions(windows) => windows.save(&mut out),
        }
        out
    }

    /// Gives a new operator the state of one of the same query, over as many partitions; `None` where the bytes are no such
    /// state. Rows that come after that have the same results as if the other had taken them.
    pub fn load(&mut self, mut saved: &[u8]) -> Option<()> {
        let from = &mut saved;
        self.stats = Saved::load(from)?;
        self.clock.load(from)?;
        self.keys.load(from)?;
        match &mut self.windows {
            Windows::Aligned(windows) => windows.load(self.keys.len(), from)?,
            Windows::Sessions(windows) => windows.load(from)?,
        }
        from.is_empty().then_some(())
    }
}
