//! Aligned windows as bytes.

use super::super::save::Saved;
use super::{Aligned, Current};

impl Aligned {
    /// Appends the open windows, and which have fired.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.next.save(out);
        self.first_open.save(out);
        self.panes.save(out);
    }

    /// Sets windows that hold nothing to what was saved. `keys` is how many keys there are.
    pub fn load(&mut self, keys: usize, from: &mut &[u8]) -> Option<()> {
        self.next = Saved::load(from)?;
        self.first_open = Saved::load(from)?;
        self.current = Current::NONE;
        self.panes.load(keys, from)
    }
}
