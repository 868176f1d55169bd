//! The rows of a part that matches begin with or may become, and how they follow one another in each.

use super::super::column::Value;
use super::super::over::accumulate::{Accumulator, Kind};
use super::plan::{Call, Pattern, Read};

/// A row, with what is computed of it as it comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub values: Vec<Value>,
    /// The arguments of the aggregates.
    pub arguments: Vec<Value>,
    /// What it is ordered by beside its time.
    pub order: Vec<Value>,
    /// For each variable, whether the row is one of it, where that is known from the row alone.
    pub holds: Vec<Option<bool>>,
}

/// A row that a variable took, behind those that were taken before.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The node before.
    pub before: Option<u32>,
    pub variable: u32,
    pub row: u32,
    /// The variable's first node, and the first of all.
    pub head: u32,
    pub root: u32,
    /// How many nodes of the variable, and of all, stand before.
    pub place: u32,
    pub depth: u32,
    /// The aggregates over what was taken up to here.
    pub accumulators: Vec<Accumulator>,
}

/// The rows and nodes of a part.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub rows: Vec<Row>,
    pub nodes: Vec<Node>,
}

/// A row that is looked at, as one of a variable.
#[derive(Clone, Copy)]
pub(super) struct Looked<'a> {
    pub row: &'a Row,
    pub variable: usize,
}

impl Taken {
    pub fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    pub fn row(&self, node: u32) -> Option<&Row> {
        self.rows.get(self.node(node)?.row as usize)
    }

    /// Takes a row behind a node.
    pub fn take(&mut self, before: Option<u32>, looked: (usize, u32), calls: &[Call], kinds: &[Kind]) -> u32 {
        let (variable, row) = looked;
        let own = self.nodes.len() as u32;
        let previous = before.and_then(|at| self.node(at));
        let same = previous.filter(|node| node.variable as usize == variable);
        let arguments = self.rows.get(row as usize).map_or(&[][..], |row| &row.arguments);
        let accumulators = accumulated(previous, (variable, arguments), calls, kinds);
        let node = Node {
            before,
            variable: variable as u32,
            row,
            head: same.map_or(own, |node| node.head),
            root: previous.map_or(own, |node| node.root),
            place: same.map_or(0, |node| node.place + 1),
            depth: previous.map_or(0, |node| node.depth + 1),
            accumulators,
        };
        self.nodes.push(node);
        own
    }

    /// The last node of a variable among those up to a node.
    fn last(&self, tip: Option<u32>, variable: usize) -> Option<u32> {
        let mut at = tip?;
        loop {
            let node = self.node(at)?;
            match (node.variable as usize).cmp(&variable) {
                std::cmp::Ordering::Equal => return Some(at),
                std::cmp::Ordering::Less => return None,
                std::cmp::Ordering::Greater => at = self.node(node.head)?.before?,
            }
        }
    }

    /// The places of a variable's first and last row among all rows up to a node.
    pub fn places(&self, tip: Option<u32>, variable: usize) -> Option<(u32, u32)> {
        let last = self.node(self.last(tip, variable)?)?;
        Some((self.node(last.head)?.depth, last.depth))
    }

    fn back(&self, from: u32, steps: u32) -> Option<u32> {
        (0..steps).try_fold(from, |at, _| self.node(at)?.before)
    }

    /// What is read of the rows up to a node, and of a row that is looked at behind them.
    pub fn read(
        &self,
        pattern: &Pattern,
        kinds: &[Kind],
        tip: Option<u32>,
        looked: Option<Looked<'_>>,
        read: &Read,
    ) -> Value {
        match read {
            Read::Row { variable, column, first, offset } => {
                let row = self.found(tip, looked, *variable, *first, *offset);
                row.and_then(|row| row.values.get(*column)).cloned().unwrap_or(Value::Null)
            }
            Read::Call(at) => {
                let (Some(call), Some(kind)) = (pattern.calls.get(*at), kinds.get(*at)) else {
                    return Value::Null;
                };
                let held = tip.and_then(|tip| self.node(tip)?.accumulators.get(*at));
                let of = |looked: &Looked<'_>| call.variable.is_none_or(|of| of == looked.variable);
                match (looked.filter(of), held) {
                    (None, Some(held)) => held.result(*kind),
                    (looked, held) => {
                        let mut all = held.cloned().unwrap_or_else(|| Accumulator::new(*kind, false));
                        if let Some(argument) = looked.and_then(|looked| looked.row.arguments.get(*at)) {
                            all.add(*kind, argument);
                        }
                        all.result(*kind)
                    }
                }
            }
            Read::Time(_) => Value::Null,
        }
    }

    /// A row of a variable, or of all, counted from the first or back from the last.
    fn found<'a>(
        &'a self,
        tip: Option<u32>,
        looked: Option<Looked<'a>>,
        variable: Option<usize>,
        first: bool,
        offset: u32,
    ) -> Option<&'a Row> {
        let looked = looked.filter(|looked| variable.is_none_or(|of| of == looked.variable));
        let last = match variable {
            Some(variable) => self.last(tip, variable),
            None => tip,
        };
        let count = last
            .and_then(|at| self.node(at))
            .map_or(0, |node| 1 + if variable.is_some() { node.place } else { node.depth });
        // How many steps back from the last node.
        let steps = if first {
            match offset.cmp(&count) {
                std::cmp::Ordering::Less => count - 1 - offset,
                std::cmp::Ordering::Equal => return looked.map(|looked| looked.row),
                std::cmp::Ordering::Greater => return None,
            }
        } else {
            match (looked, offset) {
                (Some(looked), 0) => return Some(looked.row),
                (Some(_), offset) => offset - 1,
                (None, offset) => offset,
            }
        };
        if steps >= count {
            return None;
        }
        let last = last?;
        if first && offset == 0 {
            let node = self.node(last)?;
            return self.row(if variable.is_some() { node.head } else { node.root });
        }
        self.row(self.back(last, steps)?)
    }

    /// Forgets what no tip leads to; where each tip is then.
    pub fn keep(&mut self, tips: &mut [&mut Option<u32>]) {
        const GONE: u32 = u32::MAX;
        let mut nodes = vec![GONE; self.nodes.len()];
        for tip in tips.iter() {
            let mut at = **tip;
            while let Some(node) = at
                && let Some(kept) = nodes.get_mut(node as usize)
                && *kept == GONE
            {
                *kept = 0;
                at = self.nodes.get(node as usize).and_then(|node| node.before);
            }
        }
        (0_u32..).zip(nodes.iter_mut().filter(|kept| **kept != GONE)).for_each(|(to, kept)| *kept = to);
        let place = |at: u32| nodes.get(at as usize).copied().unwrap_or_default();
        let mut rows = vec![GONE; self.rows.len()];
        let mut kept = Vec::new();
        for (node, at) in std::mem::take(&mut self.nodes).into_iter().zip(&nodes) {
            if *at == GONE {
                continue;
            }
            if let Some(row) = rows.get_mut(node.row as usize) {
                *row = 0;
            }
            let (head, root, before) = (place(node.head), place(node.root), node.before.map(place));
            kept.push(Node { head, root, before, ..node });
        }
        (0_u32..).zip(rows.iter_mut().filter(|kept| **kept != GONE)).for_each(|(to, kept)| *kept = to);
        let stays = std::mem::take(&mut self.rows).into_iter().zip(&rows).filter(|(_, at)| **at != GONE);
        self.rows = stays.map(|(row, _)| row).collect();
        for node in &mut kept {
            node.row = rows.get(node.row as usize).copied().unwrap_or_default();
        }
        self.nodes = kept;
        for tip in tips.iter_mut() {
            **tip = tip.map(place);
        }
    }
}

/// The aggregates once a variable takes a row more.
fn accumulated(
    before: Option<&Node>,
    (variable, arguments): (usize, &[Value]),
    calls: &[Call],
    kinds: &[Kind],
) -> Vec<Accumulator> {
    let accumulated = |(at, (call, kind)): (usize, (&Call, &Kind))| {
        let held = before.and_then(|node| node.accumulators.get(at)).cloned();
        let mut all = held.unwrap_or_else(|| Accumulator::new(*kind, false));
        if call.variable.is_none_or(|of| of == variable)
            && let Some(argument) = arguments.get(at)
        {
            all.add(*kind, argument);
        }
        all
    };
    calls.iter().zip(kinds).enumerate().map(accumulated).collect()
}
