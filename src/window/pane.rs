//! Open windows, or slices of windows, and the groups in them.

mod saved;

use super::aggregate::{Assigned, Layout, State};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One open window: its groups in the order of their first rows.
#[derive(Debug, Default)]
pub(super) struct Pane {
    /// The key of each group.
    pub keys: Vec<u32>,
    /// Their accumulators.
    pub state: State,
    /// Rows that were assigned and are not yet added to the accumulators.
    pub pending: Assigned,
    groups: Groups,
}

/// From a key's number to its group.
#[derive(Debug)]
enum Groups {
    /// By the key's number; the group plus one, 0 for none.
    Dense(Vec<u32>),
    /// For a window that holds few of many keys.
    Sparse(FxHashMap<u32, u32>),
}

impl Default for Groups {
    fn default() -> Self {
        Groups::Dense(Vec::new())
    }
}

/// Below this many keys a dense index costs nothing worth saving.
const FEW: usize = 4096;

/// Whether a window with `groups` of `keys` keys is better indexed by number.
fn dense(groups: usize, keys: usize) -> bool {
    keys <= FEW || groups * 16 >= keys
}

impl Pane {
    /// The group of a key, made where there is none. `keys` is how many keys there are.
    #[inline(always)]
    pub fn group(&mut self, key: u32, keys: usize, layout: &Layout) -> u32 {
        if let Groups::Dense(index) = &self.groups
            && let Some(group) = index.get(key as usize)
            && *group != 0
        {
            return group - 1;
        }
        self.group_slow(key, keys, layout)
    }

    /// Notes rows of some keys, which follow one another from `first` on.
    pub fn note_all(&mut self, ids: &[u32], first: u32, keys: usize, layout: &Layout) {
        let mut groups = std::mem::take(&mut self.pending.groups);
        groups.extend(ids.iter().map(|key| self.group(*key, keys, layout)));
        self.pending.groups = groups;
        self.pending.rows.extend(first..first + ids.len() as u32);
    }

    /// Reads the groups of some keys.
    pub fn warm(&self, ids: &[u32], layout: &Layout) {
        let Groups::Dense(index) = &self.groups else { return };
        let places = ids.iter().filter_map(|id| index.get(*id as usize));
        std::hint::black_box(places.clone().fold(0, |sum, place| sum ^ place));
        layout.warm(&self.state, places.map(|place| place.wrapping_sub(1)));
    }

    #[cold]
    fn group_slow(&mut self, key: u32, keys: usize, layout: &Layout) -> u32 {
        let next = self.keys.len() as u32;
        let group = match &mut self.groups {
            Groups::Dense(index) => {
                if index.len() <= key as usize && !dense(self.keys.len(), keys) {
                    self.rebuild(keys);
                    return self.group_slow(key, keys, layout);
                }
                if index.len() <= key as usize {
                    index.resize(keys.max(key as usize + 1), 0);
                }
                if let Some(slot) = index.get_mut(key as usize) {
                    *slot = next + 1;
                }
                next
            }
            Groups::Sparse(index) => *index.entry(key).or_insert(next),
        };
        if group == next {
            self.keys.push(key);
            layout.push(&mut self.state);
            if matches!(self.groups, Groups::Sparse(_)) && dense(self.keys.len(), keys) {
                self.rebuild(keys);
            }
        }
        group
    }

    /// Makes the index anew, of the kind that suits.
    fn rebuild(&mut self, keys: usize) {
        let groups = self.keys.iter().zip(0_u32..);
        if dense(self.keys.len(), keys) {
            let mut index = vec![0; keys];
            for (key, group) in groups {
                if let Some(slot) = index.get_mut(*key as usize) {
                    *slot = group + 1;
                }
            }
            self.groups = Groups::Dense(index);
        } else {
            self.groups = Groups::Sparse(groups.map(|(key, group)| (*key, group)).collect());
        }
    }

    /// Renumbers the keys; every one of this window's is still there.
    pub fn renumber(&mut self, numbers: &[u32], keys: usize) {
        for key in &mut self.keys {
            *key = numbers.get(*key as usize).copied().unwrap_or(*key);
        }
        self.rebuild(keys);
    }

    /// Adds the groups of another to its own.
    pub fn merge(&mut self, other: &Pane, keys: usize, layout: &Layout) {
        let mut groups = std::mem::take(&mut self.pending.groups);
        groups.extend(other.keys.iter().map(|key| self.group(*key, keys, layout)));
        layout.merge(&mut self.state, &groups, &other.state);
        groups.clear();
        self.pending.groups = groups;
    }

    /// Empties it for another window, keeping the memory.
    pub fn reset(&mut self) {
        match &mut self.groups {
            Groups::Dense(index) => {
                for key in &self.keys {
                    if let Some(slot) = index.get_mut(*key as usize) {
                        *slot = 0;
                    }
                }
            }
            Groups::Sparse(_) => self.groups = Groups::default(),
        }
        self.keys.clear();
        self.state.clear();
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        let index = match &self.groups {
            Groups::Dense(index) => index.capacity() * 4,
            Groups::Sparse(index) => index.capacity() * 9,
        };
        index + self.keys.capacity() * 4 + self.state.memory()
    }
}

/// The open windows, by number: the number of a tumbling window is its start divided by its size, that of a slice likewise.
#[derive(Debug, Default)]
pub(super) struct Panes {
    open: BTreeMap<i64, usize>,
    all: Vec<Pane>,
    free: Vec<usize>,
    touched: Vec<usize>,
}

/// As many emptied windows are kept for reuse.
const SPARE: usize = 2;

impl Panes {
    /// Where the window of this number is; opened if it is not.
    pub fn place(&mut self, number: i64) -> usize {
        let Panes { open, all, free, .. } = self;
        *open.entry(number).or_insert_with(|| {
            free.pop().unwrap_or_else(|| {
                all.push(Pane::default());
                all.len() - 1
            })
        })
    }

    /// The window at a place.
    #[inline]
    pub fn at(&mut self, place: usize) -> Option<&mut Pane> {
        self.all.get_mut(place)
    }

    /// The same, to be looked at.
    pub fn peek(&self, place: usize) -> Option<&Pane> {
        self.all.get(place)
    }

    /// Notes that the window at a place has pending rows.
    #[inline]
    pub fn touch(&mut self, place: usize) {
        self.touched.push(place);
    }

    /// The windows with pending rows, for the last time.
    pub fn drain_touched(&mut self, mut visit: impl FnMut(&mut Pane)) {
        for place in self.touched.drain(..) {
            if let Some(pane) = self.all.get_mut(place) {
                visit(pane);
                pane.pending.clear();
            }
        }
    }

    /// The number of the earliest open window.
    pub fn first(&self) -> Option<i64> {
        self.open.keys().next().copied()
    }

    /// The one of a number.
    pub fn get(&self, number: i64) -> Option<&Pane> {
        self.all.get(*self.open.get(&number)?)
    }

    /// Those of some numbers, ascending.
    pub fn range(&self, numbers: RangeInclusive<i64>) -> impl DoubleEndedIterator<Item = &Pane> {
        self.open.range(numbers).filter_map(|(_, place)| self.all.get(*place))
    }

    /// Takes the one of a number out.
    pub fn take(&mut self, number: i64) -> Option<(usize, Pane)> {
        let place = self.open.remove(&number)?;
        Some((place, std::mem::take(self.all.get_mut(place)?)))
    }

    /// Gives the memory of a window that was taken out back.
    pub fn give_back(&mut self, place: usize, mut pane: Pane) {
        pane.reset();
        if let Some(slot) = self.all.get_mut(place).filter(|_| self.free.len() < SPARE) {
            *slot = pane;
        }
        self.free.push(place);
    }

    /// How many windows are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// How many groups are open.
    pub fn groups(&self) -> usize {
        self.iter().map(|p| p.keys.len()).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &Pane> {
        self.open.values().filter_map(|place| self.all.get(*place))
    }

    /// Which of `keys` keys are in an open window.
    pub fn live(&self, keys: usize) -> Vec<bool> {
        let mut live = vec![false; keys];
        for key in self.iter().flat_map(|p| &p.keys) {
            if let Some(flag) = live.get_mut(*key as usize) {
                *flag = true;
            }
        }
        live
    }

    /// Renumbers the keys in every window.
    pub fn renumber(&mut self, numbers: &[u32], keys: usize) {
        for place in self.open.values() {
            if let Some(pane) = self.all.get_mut(*place) {
                pane.renumber(numbers, keys);
            }
        }
        // Emptied windows are indexed by the old numbers.
        self.free.iter().for_each(|place| {
            if let Some(pane) = self.all.get_mut(*place) {
                *pane = Pane::default();
            }
        });
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.all.iter().map(Pane::memory).sum()
    }
}
