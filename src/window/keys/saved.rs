//! Keys as bytes, in the order of their numbers.

use super::super::save::{Saved, load_bytes, save_bytes};
use super::Keys;

impl Keys {
    /// Appends every key.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.null.save(out);
        self.len().save(out);
        (0..self.len()).for_each(|id| save_bytes(self.bytes.get(id), out));
    }

    /// Gives a table without keys those that were saved; each has its number again.
    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let null = Option::<u32>::load(from)?;
        let len = usize::load(from)?;
        for id in 0..len {
            let key = load_bytes(from)?;
            let given = if null == Some(id as u32) { self.intern_null() } else { self.intern_bytes(key) };
            (given as usize == id).then_some(())?;
        }
        Some(())
    }
}
