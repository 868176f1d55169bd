//! A running plan's state as bytes, and one that goes on from them.

use super::super::column::Value;
use super::super::operator::Held;
use super::super::save::{Saved, load_bytes, save_bytes};
use super::links::Link;
use super::rows::RowOperator;
use super::top::{Entry, Ranking, Ranks};
use super::{Engine, Running, Source};

impl Engine {
    /// The whole state of all parts.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.parts {
            part.rows_out.save(&mut out);
            match &part.first {
                Source::Groups(operator) => save_bytes(&operator.save(), &mut out),
                Source::Rows(operator) => operator.save(&mut out),
            }
            for link in &part.links {
                match link {
                    Link::Top(ranking) => ranking.save(&mut out),
                    Link::Over(over) => over.save(&mut out),
                    Link::Select(_) => {}
                }
            }
        }
        out
    }

    /// Gives a new engine the state of one of the same plan, over as many partitions; `None` where the bytes are no such state.
    pub fn load(&mut self, mut saved: &[u8]) -> Option<()> {
        let from = &mut saved;
        self.parts.iter_mut().try_for_each(|part| part.load(from))?;
        from.is_empty().then_some(())
    }

    /// How much is held now, in all parts.
    pub fn held(&self) -> Held {
        let mut all = Held::default();
        for part in &self.parts {
            if let Source::Groups(operator) = &part.first {
                let held = operator.held();
                all.windows += held.windows;
                all.groups += held.groups;
                all.keys += held.keys;
                all.memory += held.memory;
            }
            for (rows, keys, memory) in part.links.iter().map(Link::held) {
                all.groups += rows;
                all.keys += keys;
                all.memory += memory;
            }
        }
        all
    }

    /// A partition's latest event time in milliseconds since the epoch; `None` before its first row.
    pub fn latest(&self, partition: u32) -> Option<i64> {
        match &self.parts.first()?.first {
            Source::Groups(operator) => operator.latest(partition),
            Source::Rows(operator) => operator.latest(partition),
        }
    }
}

impl Running {
    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.rows_out = Saved::load(from)?;
        match &mut self.first {
            Source::Groups(operator) => operator.load(load_bytes(from)?)?,
            Source::Rows(operator) => operator.load(from)?,
        }
        self.links.iter_mut().try_for_each(|link| match link {
            Link::Top(ranking) => ranking.load(from),
            Link::Over(over) => over.load(from),
            Link::Select(_) => Some(()),
        })
    }
}

impl RowOperator {
    fn save(&self, out: &mut Vec<u8>) {
        self.stats.save(out);
        self.clock.save(out);
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.stats = Saved::load(from)?;
        self.clock.load(from)
    }
}

impl Ranking {
    /// Between batches no window has fired whose rows were not handed over.
    fn save(&self, out: &mut Vec<u8>) {
        self.windows.len().save(out);
        for (end, ranks) in &self.windows {
            end.save(out);
            // In the order in which the keys came, with the bytes by which each is found.
            let mut keys: Vec<(&[u8], usize)> =
                ranks.places.iter().map(|(key, at)| (key.as_slice(), *at)).collect();
            keys.sort_unstable_by_key(|(_, at)| *at);
            keys.len().save(out);
            for (key, at) in keys {
                save_bytes(key, out);
                ranks.keys.get(at).map_or(&[][..], Vec::as_slice).len().save(out);
                ranks.keys.get(at).into_iter().flatten().for_each(|entry| entry.save(out));
            }
        }
        [self.rows, self.most_rows].iter().for_each(|count| count.save(out));
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        for _ in 0..usize::load(from)? {
            let end = i64::load(from)?;
            let mut ranks = Ranks::default();
            for at in 0..usize::load(from)? {
                ranks.places.insert(load_bytes(from)?.to_vec(), at);
                ranks.keys.push(Vec::load(from)?);
            }
            self.windows.insert(end, ranks);
        }
        self.rows = Saved::load(from)?;
        self.most_rows = Saved::load(from)?;
        Some(())
    }
}

impl Saved for Entry {
    fn save(&self, out: &mut Vec<u8>) {
        self.order.save(out);
        self.row.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Entry { order: Vec::<Value>::load(from)?, row: Vec::load(from)? })
    }
}

impl Saved for Value {
    fn save(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => 0_u8.save(out),
            Value::Bool(x) => {
                1_u8.save(out);
                x.save(out);
            }
            Value::I32(x) => {
                2_u8.save(out);
                x.save(out);
            }
            Value::I64(x) => {
                3_u8.save(out);
                x.save(out);
            }
            Value::F64(x) => {
                4_u8.save(out);
                x.to_bits().save(out);
            }
            Value::I128(x) => {
                5_u8.save(out);
                x.save(out);
            }
            Value::Text(x) => {
                6_u8.save(out);
                save_bytes(x, out);
            }
        }
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::load(from)? {
            0 => Value::Null,
            1 => Value::Bool(Saved::load(from)?),
            2 => Value::I32(Saved::load(from)?),
            3 => Value::I64(Saved::load(from)?),
            4 => Value::F64(f64::from_bits(Saved::load(from)?)),
            5 => Value::I128(Saved::load(from)?),
            6 => Value::Text(load_bytes(from)?.into()),
            _ => return None,
        })
    }
}
