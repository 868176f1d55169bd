//! Keys interned as dense numbers, in the order of their first arrival.
//!
//! A key's columns are written as bytes; up to 15 of them stand in the table itself, so that the usual key costs
//! one probe and no comparison elsewhere. The hash is seeded per operator: no input can make it collide at will,
//! and no result depends on it.

mod saved;

use super::column::{Column, Data, Text, Value};
use super::types::{Class, Type};
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Marks a slot that holds no key.
const EMPTY: u32 = u32::MAX;
/// The last byte of a slot's key that is no length of an inline key: a single null.
const NULL_TAG: u64 = 0xFF << 56;
/// The same: a key that stands elsewhere, of which the slot holds a hash.
const LONG_TAG: u64 = 0xFE << 56;

#[derive(Clone, Copy, Debug)]
struct Slot {
    low: u64,
    high: u64,
    id: u32,
}

/// A table of more slots than this is larger than the nearer caches.
const LARGE: usize = 1 << 15;
/// As many rows are looked up together in a large table.
const AHEAD: usize = 32;

/// Holds no key, and no key's words.
const FREE: Slot = Slot { low: 0, high: 0xFD << 56, id: EMPTY };

/// The table of keys.
#[derive(Debug)]
pub(super) struct Keys {
    types: Vec<Type>,
    slots: Vec<Slot>,
    /// The bytes of each key by its number; unused for a single null.
    bytes: Text,
    null: Option<u32>,
    seed: u64,
    scratch: Vec<u8>,
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl Keys {
    pub fn new(types: Vec<Type>) -> Keys {
        let seed = RandomState::new().hash_one(0_u8);
        Keys { types, slots: vec![FREE; 1024], bytes: Text::default(), null: None, seed, scratch: Vec::new() }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>() + self.bytes.bytes().len() + self.len() * size_of::<usize>()
    }

    /// Appends the number of each row's key.
    pub fn intern(&mut self, columns: &[Cow<'_, Column>], len: usize, ids: &mut Vec<u32>) {
        match columns {
            [] => {
                let id = self.find(0, 0, &[]);
                ids.resize(ids.len() + len, id);
            }
            [column] => match &column.data {
                Data::Text(texts) => self.intern_texts(texts, column, ids),
                _ => self.intern_rows(columns, len, ids),
            },
            _ => self.intern_rows(columns, len, ids),
        }
    }

    fn intern_texts(&mut self, texts: &Text, column: &Column, ids: &mut Vec<u32>) {
        let large = self.slots.len() > LARGE;
        let (mut first, mut start) = (0, 0);
        for ends in texts.ends().chunks(AHEAD) {
            if large {
                self.warm(texts.bytes(), start, ends);
            }
            ids.extend(ends.iter().enumerate().map(|(at, end)| {
                let text = std::mem::replace(&mut start, *end)..*end;
                let null = column.nulls.as_ref().is_some_and(|nulls| nulls.get(first + at) != Some(&false));
                if null { self.intern_null() } else { self.intern_text(texts.bytes(), text) }
            }));
            first += ends.len();
        }
    }

    #[inline(always)]
    fn intern_text(&mut self, texts: &[u8], text: Range<usize>) -> u32 {
        let Some((low, high)) = inline_text(texts, &text) else {
            return self.intern_bytes(texts.get(text).unwrap_or_default());
        };
        match self.slots.get(self.start(low, high)) {
            // The usual case: the first slot has it.
            Some(slot) if slot.low == low && slot.high == high => slot.id,
            _ => self.find(low, high, texts.get(text).unwrap_or_default()),
        }
    }

    /// Reads the slots that some rows will look at, one after the other without waiting for each, so that the
    /// cache misses of a large table overlap.
    fn warm(&self, texts: &[u8], mut start: usize, ends: &[usize]) {
        let slot = |end: &usize| {
            let (low, high) = inline_text(texts, &(std::mem::replace(&mut start, *end)..*end))?;
            self.slots.get(self.start(low, high))
        };
        std::hint::black_box(ends.iter().filter_map(slot).fold(0, |sum, slot| sum ^ slot.id));
    }

    fn intern_null(&mut self) -> u32 {
        let id = self.find(0, NULL_TAG, &[]);
        self.null = Some(id);
        id
    }

    fn intern_rows(&mut self, columns: &[Cow<'_, Column>], len: usize, ids: &mut Vec<u32>) {
        let mut key = std::mem::take(&mut self.scratch);
        for row in 0..len {
            key.clear();
            columns.iter().for_each(|column| encode(column, row, &mut key));
            ids.push(self.intern_bytes(&key));
        }
        self.scratch = key;
    }

    fn intern_bytes(&mut self, key: &[u8]) -> u32 {
        if key.len() < 16 {
            let mut padded = [0; 16];
            padded.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
            let (low, high) = inline(u128::from_le_bytes(padded), key.len());
            return self.find(low, high, key);
        }
        let mut hash = (self.seed, !self.seed ^ key.len() as u64);
        for chunk in key.chunks(16) {
            let mut padded = [0; 16];
            padded.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            let wide = u128::from_le_bytes(padded);
            let (low, high) = (wide as u64, (wide >> 64) as u64);
            hash = (
                mix(hash.0 ^ low, high ^ 0xA076_1D64_78BD_642F),
                mix(hash.1 ^ high, low ^ 0xE703_7ED1_A0B4_28DB),
            );
        }
        self.find(hash.0, hash.1 & !NULL_TAG | LONG_TAG, key)
    }

    #[inline(always)]
    fn start(&self, low: u64, high: u64) -> usize {
        let hash = mix(low ^ self.seed, high ^ 0x9E37_79B9_7F4A_7C15);
        (hash ^ hash >> 32) as usize & (self.slots.len() - 1)
    }

    /// The number of a key; `key` are its bytes, looked at where the slot doesn't hold them.
    #[inline]
    fn find(&mut self, low: u64, high: u64, key: &[u8]) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = self.start(low, high);
        loop {
            match self.slots.get(at) {
                Some(slot) if slot.id == EMPTY => return self.insert(at, low, high, key),
                Some(slot) if slot.low == low && slot.high == high && self.is_key(slot.id, high, key) => {
                    return slot.id;
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
    }

    /// Whether a slot that agrees in both words is this key's.
    #[inline]
    fn is_key(&self, id: u32, high: u64, key: &[u8]) -> bool {
        high < LONG_TAG || high == NULL_TAG || self.bytes.get(id as usize) == key
    }

    #[cold]
    fn insert(&mut self, at: usize, low: u64, high: u64, key: &[u8]) -> u32 {
        let id = self.bytes.len() as u32;
        self.bytes.push(key);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Slot { low, high, id };
        }
        // A small table has more room, so that the first slot looked at is mostly the right one.
        let room = if self.slots.len() < LARGE { 8 } else { 2 };
        if self.bytes.len() * room > self.slots.len() {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![FREE; old.len() * 2];
            old.into_iter().filter(|s| s.id != EMPTY).for_each(|s| self.place(s));
        }
        id
    }

    /// Puts a key known not to be there into the table.
    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = self.start(slot.low, slot.high);
        while self.slots.get(at).is_some_and(|s| s.id != EMPTY) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = slot;
        }
    }

    /// Forgets the keys whose flag is false. The others are renumbered, in the same order; the result is each
    /// key's new number.
    pub fn retain(&mut self, live: &[bool]) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(live.len());
        let mut kept = Text::default();
        for (id, live) in live.iter().enumerate() {
            numbers.push(if *live { kept.len() as u32 } else { EMPTY });
            if *live {
                kept.push(self.bytes.get(id));
            }
        }
        let renumber = |id: u32| numbers.get(id as usize).copied().filter(|n| *n != EMPTY);
        self.null = self.null.and_then(renumber);
        self.bytes = kept;
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![FREE; (self.bytes.len() * 4).next_power_of_two().max(1024)];
        for slot in old.into_iter().filter(|s| s.id != EMPTY) {
            if let Some(id) = renumber(slot.id) {
                self.place(Slot { id, ..slot });
            }
        }
        numbers
    }

    /// The keys of the given numbers, as columns.
    pub fn columns(&self, ids: &[u32]) -> Vec<Column> {
        let mut columns: Vec<Column> = self.types.iter().map(|t| Column::new(t.class())).collect();
        if let ([Type::String | Type::Bytes], [column]) = (self.types.as_slice(), columns.as_mut_slice()) {
            for id in ids {
                match &mut column.data {
                    Data::Text(texts) if self.null != Some(*id) => {
                        texts.push(self.bytes.get(*id as usize));
                        column.pushed();
                    }
                    _ => column.push_null(),
                }
            }
            return columns;
        }
        for id in ids {
            let mut key = self.bytes.get(*id as usize);
            for (column, ty) in columns.iter_mut().zip(&self.types) {
                column.push(&decode(&mut key, ty.class()).unwrap_or(Value::Null));
            }
        }
        columns
    }
}

/// The inline form of a short text; `None` for a long one, and for one whose bytes can't be loaded at once.
#[inline(always)]
fn inline_text(texts: &[u8], text: &Range<usize>) -> Option<(u64, u64)> {
    let bytes = texts.get(text.start..)?.first_chunk::<16>()?;
    (text.len() < 16).then(|| inline(u128::from_le_bytes(*bytes), text.len()))
}

/// A key of fewer than 16 bytes: the bytes, then zeros, then the length.
#[inline]
fn inline(wide: u128, len: usize) -> (u64, u64) {
    // Two words by themselves take fewer instructions than one of 128 bits.
    let first = |bytes: usize| !u64::MAX.checked_shl(8 * bytes as u32).unwrap_or(0);
    let (low, high) = (first(len), first(len.saturating_sub(8)));
    (wide as u64 & low, (wide >> 64) as u64 & high | (len as u64) << 56)
}

/// Appends a value: whether there is one, then its bytes, with the length where it varies.
pub(super) fn encode(column: &Column, row: usize, key: &mut Vec<u8>) {
    if column.is_null(row) {
        return key.push(0);
    }
    key.push(1);
    match column.get(row) {
        Value::Null => {}
        Value::Bool(x) => key.push(x.into()),
        Value::I32(x) => key.extend_from_slice(&x.to_le_bytes()),
        Value::I64(x) => key.extend_from_slice(&x.to_le_bytes()),
        Value::F64(x) => key.extend_from_slice(&canonical(x).to_bits().to_le_bytes()),
        Value::I128(x) => key.extend_from_slice(&x.to_le_bytes()),
        Value::Text(x) => {
            key.extend_from_slice(&(x.len() as u64).to_le_bytes());
            key.extend_from_slice(&x);
        }
    }
}

/// Every NaN is one key; 0.0 and -0.0 are two.
fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

pub(super) fn decode(key: &mut &[u8], class: Class) -> Option<Value> {
    fn take<const N: usize>(key: &mut &[u8]) -> Option<[u8; N]> {
        let (head, rest) = key.split_first_chunk::<N>()?;
        *key = rest;
        Some(*head)
    }
    let [present] = take(key)?;
    if present == 0 {
        return Some(Value::Null);
    }
    Some(match class {
        Class::Bool => Value::Bool(take::<1>(key)? != [0]),
        Class::I32 => Value::I32(i32::from_le_bytes(take(key)?)),
        Class::I64 => Value::I64(i64::from_le_bytes(take(key)?)),
        Class::F64 => Value::F64(f64::from_le_bytes(take(key)?)),
        Class::I128 => Value::I128(i128::from_le_bytes(take(key)?)),
        Class::Text => {
            let len = usize::try_from(u64::from_le_bytes(take(key)?)).ok()?;
            let (text, rest) = key.split_at_checked(len)?;
            *key = rest;
            Value::Text(text.into())
        }
    })
}
