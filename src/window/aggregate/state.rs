//! What accumulators are kept in: fixed runs of 64-bit words, and beside them what has no fixed size.

mod saved;

use std::collections::HashSet;

/// Hashing of values in sets: their order is never looked at.
pub(super) type Set = HashSet<Box<[u8]>, rustc_hash::FxBuildHasher>;

/// Something that a word refers to.
#[derive(Debug)]
pub(super) enum Object {
    /// A place for another.
    Free,
    /// A string.
    Text(Box<[u8]>),
    /// The distinct values so far.
    Set(Set),
}

/// What words refer to. A word holds the place plus one, and 0 for none.
#[derive(Debug, Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    free: Vec<u32>,
    /// Bytes in them, about.
    bytes: usize,
}

/// Bytes that an element of a set takes beside its own.
const ELEMENT: usize = 24;

impl Objects {
    fn place(word: u64) -> Option<usize> {
        usize::try_from(word).ok()?.checked_sub(1)
    }

    /// Stores a new one; the word that refers to it.
    fn add(&mut self, object: Object) -> u64 {
        match self.free.pop() {
            Some(place) => {
                if let Some(slot) = self.all.get_mut(place as usize) {
                    *slot = object;
                }
                u64::from(place) + 1
            }
            None => {
                self.all.push(object);
                self.all.len() as u64
            }
        }
    }

    /// The object that a word refers to.
    pub fn get(&self, word: u64) -> Option<&Object> {
        self.all.get(Self::place(word)?)
    }

    /// The text that a word refers to.
    pub fn text(&self, word: u64) -> Option<&[u8]> {
        match self.get(word)? {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Makes the word refer to a text.
    pub fn set_text(&mut self, word: &mut u64, text: &[u8]) {
        let held = Self::place(*word).and_then(|place| self.all.get_mut(place));
        self.bytes += text.len();
        match held {
            Some(object) => {
                if let Object::Text(old) = object {
                    self.bytes -= old.len();
                }
                *object = Object::Text(text.into());
            }
            None => *word = self.add(Object::Text(text.into())),
        }
    }

    /// Adds a value to the set that a word refers to; false where it is in it.
    pub fn insert(&mut self, word: &mut u64, value: &[u8]) -> bool {
        if *word == 0 {
            *word = self.add(Object::Set(Set::default()));
        }
        let Some(Object::Set(set)) = Self::place(*word).and_then(|place| self.all.get_mut(place)) else {
            return false;
        };
        if set.contains(value) {
            return false;
        }
        self.bytes += value.len() + ELEMENT;
        set.insert(value.into())
    }

    /// Takes an object out; its place is free then.
    pub fn take(&mut self, word: u64) -> Option<Object> {
        let place = Self::place(word)?;
        let object = std::mem::replace(self.all.get_mut(place)?, Object::Free);
        self.bytes -= match &object {
            Object::Free => return None,
            Object::Text(text) => text.len(),
            Object::Set(set) => set.iter().map(|value| value.len() + ELEMENT).sum(),
        };
        self.free.push(place as u32);
        Some(object)
    }

    fn clear(&mut self) {
        self.all.clear();
        self.free.clear();
        self.bytes = 0;
    }

    fn memory(&self) -> usize {
        self.all.capacity() * size_of::<Object>() + self.free.capacity() * 4 + self.bytes
    }
}

/// The accumulators of some groups.
#[derive(Debug, Default)]
pub(in super::super) struct State {
    /// One run of [`Layout::initial`](super::Layout::initial)'s length per group.
    pub words: Vec<u64>,
    /// What the words refer to.
    pub(super) objects: Objects,
}

impl State {
    /// Forgets all groups, keeping the memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.objects.clear();
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.words.capacity() * 8 + self.objects.memory()
    }
}
