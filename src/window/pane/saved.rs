//! Open windows as bytes. Rows are saved between batches only, when none is pending.

use super::super::aggregate::State;
use super::super::save::Saved;
use super::{Pane, Panes};

impl Panes {
    /// Appends every open window with its number.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.open.len().save(out);
        for (number, pane) in self.open.iter().filter_map(|(n, place)| Some((n, self.all.get(*place)?))) {
            number.save(out);
            pane.keys.save(out);
            pane.state.save(out);
        }
    }

    /// Opens the windows that were saved. `keys` is how many keys there are.
    pub fn load(&mut self, keys: usize, from: &mut &[u8]) -> Option<()> {
        for _ in 0..usize::load(from)? {
            let number = i64::load(from)?;
            let mut pane = Pane { keys: Saved::load(from)?, state: State::load(from)?, ..Pane::default() };
            pane.rebuild(keys);
            let place = self.place(number);
            *self.at(place)? = pane;
        }
        Some(())
    }
}
