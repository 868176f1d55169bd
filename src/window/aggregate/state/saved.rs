//! Accumulators as bytes.

use super::super::super::save::{Saved, load_bytes, save_bytes};
use super::{ELEMENT, Object, Objects, Set, State};

impl Saved for Object {
    fn save(&self, out: &mut Vec<u8>) {
        match self {
            Object::Free => 0_u8.save(out),
            Object::Text(text) => {
                1_u8.save(out);
                save_bytes(text, out);
            }
            Object::Set(set) => {
                2_u8.save(out);
                let mut values: Vec<&[u8]> = set.iter().map(|value| &**value).collect();
                values.sort_unstable();
                values.len().save(out);
                values.iter().for_each(|value| save_bytes(value, out));
            }
        }
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::load(from)? {
            0 => Object::Free,
            1 => Object::Text(load_bytes(from)?.into()),
            2 => {
                let mut set = Set::default();
                for _ in 0..usize::load(from)? {
                    set.insert(load_bytes(from)?.into());
                }
                Object::Set(set)
            }
            _ => return None,
        })
    }
}

impl Object {
    fn bytes(&self) -> usize {
        match self {
            Object::Free => 0,
            Object::Text(text) => text.len(),
            Object::Set(set) => set.iter().map(|value| value.len() + ELEMENT).sum(),
        }
    }
}

impl State {
    /// Appends every group.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.words.save(out);
        self.objects.all.save(out);
        self.objects.free.save(out);
    }

    /// What was saved.
    pub fn load(from: &mut &[u8]) -> Option<State> {
        let words = Saved::load(from)?;
        let all: Vec<Object> = Saved::load(from)?;
        let bytes = all.iter().map(Object::bytes).sum();
        Some(State { words, objects: Objects { all, free: Saved::load(from)?, bytes } })
    }
}
