//! A running plan's state as bytes, and one that goes on from them.

use super::super::column::Value;
use super::super::save::{Saved, load_bytes, save_bytes};
use super::Engine;
use super::links::Link;
use super::rows::RowOperator;
use super::running::{Running, Source};
use super::top::{Entry, Ranking, Ranks};

impl Engine {
    /// The whole state of all parts.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.rows_out.save(&mut out);
        self.ended.save(&mut out);
        self.parts.iter().for_each(|part| part.save(&mut out));
        out
    }

    /// Gives a new engine the state of one of the same plan, over as many partitions; `None` where the bytes are no such state.
    pub fn load(&mut self, mut saved: &[u8]) -> Option<()> {
        let from = &mut saved;
        let (rows_out, ended) = (Vec::<u64>::load(from)?, Vec::<bool>::load(from)?);
        (rows_out.len() == self.rows_out.len() && ended.len() == self.ended.len()).then_some(())?;
        (self.rows_out, self.ended) = (rows_out, ended);
        self.parts.iter_mut().try_for_each(|part| part.load(from))?;
        from.is_empty().then_some(())
    }
}

impl Running {
    fn save(&self, out: &mut Vec<u8>) {
        match &self.first {
            Source::Groups(_, operator) => save_bytes(&operator.save(), out),
            Source::Rows(_, operator) => operator.save(out),
            Source::Union(inputs, meeting) => {
                inputs.iter().for_each(|input| input.save(out));
                meeting.save(out);
            }
            Source::Join(inputs, joining) => {
                inputs.iter().for_each(|input| input.save(out));
                joining.save(out);
            }
        }
        self.links.iter().for_each(|link| match link {
            Link::Select(_) => {}
            Link::Assign(_, without_event_time) => without_event_time.save(out),
            Link::Top(ranking) => ranking.save(out),
            Link::Earliest(first) => first.save(out),
            Link::Over(over) => over.save(out),
            Link::Match(rows) => rows.save(out),
            Link::Groups(operator) => save_bytes(&operator.save(), out),
        });
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        match &mut self.first {
            Source::Groups(_, operator) => operator.load(load_bytes(from)?)?,
            Source::Rows(_, operator) => operator.load(from)?,
            Source::Union(inputs, meeting) => {
                inputs.iter_mut().try_for_each(|input| input.load(from))?;
                meeting.load(from)?;
            }
            Source::Join(inputs, joining) => {
                inputs.iter_mut().try_for_each(|input| input.load(from))?;
                joining.load(from)?;
            }
        }
        self.links.iter_mut().try_for_each(|link| match link {
            Link::Select(_) => Some(()),
            Link::Assign(_, without_event_time) => {
                *without_event_time = Saved::load(from)?;
                Some(())
            }
            Link::Top(ranking) => ranking.load(from),
            Link::Earliest(first) => first.load(from),
            Link::Over(over) => over.load(from),
            Link::Match(rows) => rows.load(from),
            Link::Groups(operator) => operator.load(load_bytes(from)?),
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
        self.watermark.save(out);
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
        self.watermark = Saved::load(from)?;
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
