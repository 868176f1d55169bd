//! The rows of patterns as bytes, and back.

use super::super::column::Value;
use super::super::over::accumulate::{Accumulator, Kind};
use super::super::save::Saved;
use super::PatternRows;
use super::part::{Begun, Part};
use super::queue::Queue;
use super::rows::{Node, Row, Taken};

impl PatternRows {
    pub(in super::super) fn save(&self, out: &mut Vec<u8>) {
        self.parts.save(out, Part::save);
    }

    pub(in super::super) fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let searched = &self.searched;
        self.parts.load(from, |from| Part::load(from, searched))
    }
}

impl Part {
    fn save(&self, out: &mut Vec<u8>) {
        self.waiting.len().save(out);
        for (time, rows) in &self.waiting {
            time.save(out);
            rows.save(out);
        }
        self.taken.rows.save(out);
        self.taken.nodes.len().save(out);
        self.taken.nodes.iter().for_each(|node| node.save(out));
        for queue in [&self.begun, &self.complete] {
            queue.items().to_vec().save(out);
        }
        self.count.save(out);
        self.next.save(out);
    }

    fn load(from: &mut &[u8], searched: &super::Searched) -> Option<Part> {
        let mut part = Part::new(searched);
        for _ in 0..usize::load(from)? {
            part.waiting.insert(i64::load(from)?, Vec::load(from)?);
        }
        let rows = Vec::load(from)?;
        let nodes = usize::load(from)?;
        let nodes = (0..nodes).map(|_| Node::load(from, &searched.kinds)).collect::<Option<_>>()?;
        part.taken = Taken { rows, nodes };
        for queue in [&mut part.begun, &mut part.complete] {
            *queue = Queue::new();
            // Things that lie as in a heap are added without a move.
            Vec::<Begun>::load(from)?.into_iter().for_each(|begun| queue.add(begun));
        }
        part.count = Saved::load(from)?;
        part.next = Saved::load(from)?;
        Some(part)
    }
}

impl Node {
    fn save(&self, out: &mut Vec<u8>) {
        self.before.save(out);
        [self.variable, self.row, self.head, self.root, self.place, self.depth]
            .iter()
            .for_each(|number| number.save(out));
        self.accumulators.iter().for_each(|accumulator| accumulator.save(out));
    }

    fn load(from: &mut &[u8], kinds: &[Kind]) -> Option<Node> {
        Some(Node {
            before: Saved::load(from)?,
            variable: Saved::load(from)?,
            row: Saved::load(from)?,
            head: Saved::load(from)?,
            root: Saved::load(from)?,
            place: Saved::load(from)?,
            depth: Saved::load(from)?,
            accumulators: kinds.iter().map(|kind| Accumulator::load(from, *kind)).collect::<Option<_>>()?,
        })
    }
}

impl Saved for Row {
    fn save(&self, out: &mut Vec<u8>) {
        [&self.values, &self.arguments, &self.order].iter().for_each(|values| values.save(out));
        self.holds.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Row {
            values: Vec::<Value>::load(from)?,
            arguments: Vec::load(from)?,
            order: Vec::load(from)?,
            holds: Vec::load(from)?,
        })
    }
}

impl Saved for Begun {
    fn save(&self, out: &mut Vec<u8>) {
        self.state.save(out);
        self.tip.save(out);
        self.first.save(out);
        self.last.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Begun {
            state: Saved::load(from)?,
            tip: Saved::load(from)?,
            first: Saved::load(from)?,
            last: Saved::load(from)?,
        })
    }
}
