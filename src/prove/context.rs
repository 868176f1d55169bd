//! The context of a request: what policies may ask about it.

use std::{collections::BTreeMap, sync::Arc};

use smol_str::SmolStr;

/// The condition keys of a request with their values.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Each key once, in lower case. A dozen: to go through them costs less than to keep them sorted.
    keys: Vec<(SmolStr, Values)>,
    /// Keys that the request does not have unless it is given them, in lower case. Many requests share the list.
    lacks: Arc<[SmolStr]>,
    /// Whether what a key that is not among them has is unknown. Else the request does not have it.
    open: bool,
}

/// The values of a key. Most have one.
#[derive(Clone, Debug)]
enum Values {
    /// This one.
    One(SmolStr),
    /// These. None at all: the request does not have the key.
    Several(Vec<SmolStr>),
}

impl Values {
    fn as_slice(&self) -> &[SmolStr] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
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
        let keys = keys.into_iter().map(|(key, values)| (key, Values::Several(values))).collect();
        Self { keys, ..Self::default() }
    }

    /// A context of which only what is set is known.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The same, where a request is known not to have some keys, given in lower case, unless they are set. `known` are keys in lower case, each
    /// once, that it has one value of, where there is one.
    pub fn lacking<const N: usize>(
        keys: &Arc<[SmolStr]>,
        known: [(&'static str, Option<SmolStr>); N],
    ) -> Self {
        let mut context = Self { keys: Vec::with_capacity(N + 1), lacks: Arc::clone(keys), open: true };
        let had = known.into_iter().filter_map(|(key, value)| Some((key, value?)));
        context.keys.extend(had.map(|(key, value)| (SmolStr::new_static(key), Values::One(value))));
        context
    }

    /// Sets a key, given in lower case. Without values the request is known not to have it.
    pub fn set(&mut self, key: impl Into<SmolStr>, values: Vec<SmolStr>) {
        self.put(key.into(), Values::Several(values));
    }

    /// Sets a key, given in lower case, that has one value.
    pub fn set_one(&mut self, key: impl Into<SmolStr>, value: SmolStr) {
        self.put(key.into(), Values::One(value));
    }

    fn put(&mut self, key: SmolStr, values: Values) {
        match self.keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = values,
            None => self.keys.push((key, values)),
        }
    }

    /// What is known of a key, in any case.
    pub fn get(&self, key: &str) -> Known<'_> {
        let named = |known: &SmolStr| known.eq_ignore_ascii_case(key);
        match self.keys.iter().find(|(known, _)| named(known)).map(|(_, values)| values.as_slice()) {
            Some([]) => Known::Absent,
            Some(values) => Known::Values(values),
            None if self.open && !self.lacks.iter().any(named) => Known::Unknown,
            None => Known::Absent,
        }
    }

    /// The same, in which nothing is unknown any more: these keys have these values, and no others are there.
    #[must_use]
    pub fn closed(&self, more: &[(SmolStr, Vec<SmolStr>)]) -> Self {
        let mut closed = Self { open: false, ..self.clone() };
        more.iter().for_each(|(key, values)| closed.set(key.clone(), values.clone()));
        closed
    }

    /// The keys that the request has, in lower case, with their values; sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &[SmolStr])> {
        let had = self.keys.iter().map(|(key, values)| (key, values.as_slice()));
        let mut had: Vec<_> = had.filter(|(_, values)| !values.is_empty()).collect();
        had.sort_unstable();
        had.into_iter()
    }
}
