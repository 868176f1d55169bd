//! The context of a request: what policies may ask about it.

use std::collections::BTreeMap;

use smol_str::SmolStr;

/// The condition keys of a request with their values.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// By the key in lower case. No values at all: the request does not have the key.
    keys: BTreeMap<SmolStr, Vec<SmolStr>>,
    /// Whether what a key that is not among them has is unknown. Else the request does not have it.
    open: bool,
}

/// What is known of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// The request has these values.
    Values(&'a [SmolStr]),
    /// The request does not have it.
    Absent,
    /// It depends on who asks, from where, when: the program does not say.
    Unknown,
}

impl Context {
    /// A context of which everything is known.
    pub fn exact(keys: BTreeMap<SmolStr, Vec<SmolStr>>) -> Self {
        Self { keys, open: false }
    }

    /// A context of which only what is set is known.
    pub fn open() -> Self {
        Self { keys: BTreeMap::new(), open: true }
    }

    /// Sets a key, given in lower case. Without values the request is known not to have it.
    pub fn set(&mut self, key: impl Into<SmolStr>, values: Vec<SmolStr>) {
        self.keys.insert(key.into(), values);
    }

    /// What is known of a key, in any case.
    pub fn get(&self, key: &str) -> Known<'_> {
        // A handful of keys: comparing them one by one makes no text.
        match self.keys.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, values)) if values.is_empty() => Known::Absent,
            Some((_, values)) => Known::Values(values),
            None if self.open => Known::Unknown,
            None => Known::Absent,
        }
    }

    /// The same, in which nothing is unknown any more: these keys have these values, and no others are there.
    #[must_use]
    pub fn closed(&self, more: &[(SmolStr, Vec<SmolStr>)]) -> Self {
        let mut keys = self.keys.clone();
        keys.extend(more.iter().cloned());
        Self { keys, open: false }
    }

    /// The keys that the request has, in lower case, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &Vec<SmolStr>)> {
        self.keys.iter().filter(|(_, values)| !values.is_empty())
    }
}
