//! Clocks as bytes.

use super::super::save::Saved;
use super::{Clock, Partition};

impl Saved for Partition {
    fn save(&self, out: &mut Vec<u8>) {
        self.latest.save(out);
        self.idle.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Partition { latest: Saved::load(from)?, idle: Saved::load(from)? })
    }
}

impl Clock {
    /// Appends how far every partition is.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.partitions.save(out);
        self.watermark.save(out);
    }

    /// Sets it to what was saved of a clock of as many partitions.
    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let partitions = Vec::<Partition>::load(from)?;
        (partitions.len() == self.partitions.len()).then_some(())?;
        self.partitions = partitions;
        self.watermark = Saved::load(from)?;
        Some(())
    }
}
