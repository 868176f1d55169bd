//! What is known of a part's rows: which may become a match, and which are one that waits for another.
//!
//! Each row is put to every match that has begun, and to one that begins with it. Which of several is told first, and which are dropped with it,
//! is what Flink's `NFA` does (2.3.0), the order in its heaps included.

use super::super::column::Column;
use super::super::column::Value;
use super::super::eval::{EvalError, Rows, eval};
use super::super::over::accumulate::Kind;
use super::automaton::{Automaton, FINAL};
use super::plan::{Pattern, Skip, Told};
use super::queue::Queue;
use super::rows::{Looked, Row, Taken};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Rows and nodes are not tidied up while they are fewer than this.
const FEW: usize = 64;

/// What parts are looked through with.
#[derive(Debug)]
pub(super) struct Searched {
    pub pattern: Pattern,
    pub automaton: Automaton,
    pub kinds: Vec<Kind>,
}

/// A match that has begun, and where it is in the pattern; or, without a first row, the one that is yet to begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub state: u32,
    /// The node of its last row.
    pub tip: Option<u32>,
    /// Its first row among all of the part, and that row's time.
    pub first: Option<(u64, i64)>,
    /// Its last row among all of the part.
    pub last: u64,
}

/// Those that began earlier come first, and the one that is yet to begin last.
impl Ord for Begun {
    fn cmp(&self, other: &Begun) -> Ordering {
        let first = |begun: &Begun| begun.first.map_or(u64::MAX, |(first, _)| first);
        first(self).cmp(&first(other))
    }
}

impl PartialOrd for Begun {
    fn partial_cmp(&self, other: &Begun) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Begun {
    fn eq(&self, other: &Begun) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Begun {}

/// The rows of a part.
#[derive(Debug)]
pub(super) struct Part {
    /// Rows whose turn has not come, by their time.
    pub waiting: BTreeMap<i64, Vec<Row>>,
    pub taken: Taken,
    /// What has begun.
    pub begun: Queue<Begun>,
    /// Matches that wait for an earlier one to end.
    pub complete: Queue<Begun>,
    /// How many rows were looked at.
    pub count: u64,
    /// With so many rows or nodes it is looked at which are still needed.
    pub next: usize,
}

/// Takes what is told of a match: the node of its last row, and the match's time.
pub(super) type Tell<'a> = &'a mut dyn FnMut(&Taken, u32, i64);

impl Part {
    pub fn new(searched: &Searched) -> Part {
        let mut begun = Queue::new();
        begun.add(Begun { state: searched.automaton.start, tip: None, first: None, last: 0 });
        Part {
            waiting: BTreeMap::new(),
            taken: Taken::default(),
            begun,
            complete: Queue::new(),
            count: 0,
            next: FEW,
        }
    }

    /// Whether nothing is known of it that a new one would not know.
    pub fn is_new(&self) -> bool {
        self.waiting.is_empty() && self.complete.peek().is_none() && self.begun.items().len() == 1
    }

    /// Looks at a row; whether a match began with it that may last too long.
    pub fn look(
        &mut self,
        searched: &Searched,
        row: Row,
        time: i64,
        tell: Tell<'_>,
    ) -> Result<bool, EvalError> {
        let number = self.count;
        self.count += 1;
        let row_at = self.taken.rows.len() as u32;
        self.taken.rows.push(row);
        let (mut begun, mut complete) = (Queue::new(), Queue::new());
        let mut began = false;
        for at in self.begun.items().to_vec() {
            for next in self.next(searched, at, (row_at, number, time))? {
                began |= at.first.is_none() && next.first.is_some_and(|(_, time)| time > 0);
                if next.state == FINAL { complete.add(next) } else { begun.add(next) }
            }
        }
        complete.items().iter().for_each(|complete| self.complete.add(*complete));
        self.begun = begun;
        self.tell(searched.pattern.skip, time, tell);
        self.tidy_up();
        Ok(began)
    }

    /// Lets time pass: what began too long ago is no match any more.
    pub fn pass(&mut self, searched: &Searched, time: i64, tell: Tell<'_>) {
        let Some(within) = searched.pattern.within_ms else { return };
        let mut begun = Queue::new();
        for at in self.begun.items() {
            if at.first.is_none_or(|(_, first)| time.saturating_sub(first) < within) {
                begun.add(*at);
            }
        }
        self.begun = begun;
        self.tell(searched.pattern.skip, time, tell);
    }

    /// What becomes of something that has begun, or begins, with a row.
    fn next(
        &mut self,
        searched: &Searched,
        at: Begun,
        (row, number, time): (u32, u64, i64),
    ) -> Result<Vec<Begun>, EvalError> {
        let Searched { pattern, automaton, kinds } = searched;
        let mut takes = Vec::new();
        let mut open = vec![at.state];
        while let Some(state) = open.pop() {
            for edge in automaton.edges(state) {
                if !self.is_open(searched, at.tip, row, edge.takes, edge.unless)? {
                    continue;
                }
                match edge.takes {
                    Some(variable) => takes.push((variable, edge.to)),
                    None => open.push(edge.to),
                }
            }
        }
        let mut all = Vec::new();
        for (variable, to) in takes {
            let tip = Some(self.taken.take(at.tip, (variable, row), &pattern.calls, kinds));
            let first = at.first.or(Some((number, time)));
            all.push(Begun { state: to, tip, first, last: number });
            if self.may_end(searched, at.tip, row, to)? {
                all.push(Begun { state: FINAL, tip, first, last: number });
            }
        }
        if at.first.is_none() {
            all.push(at);
        }
        Ok(all)
    }

    /// Whether a match is complete in a state that takes no more rows: with what had been taken before the row.
    fn may_end(
        &self,
        searched: &Searched,
        tip: Option<u32>,
        row: u32,
        state: u32,
    ) -> Result<bool, EvalError> {
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            for edge in searched.automaton.edges(state).iter().filter(|edge| edge.takes.is_none()) {
                if !self.is_open(searched, tip, row, None, edge.unless)? {
                    continue;
                }
                if edge.to == FINAL {
                    return Ok(true);
                }
                open.push(edge.to);
            }
        }
        Ok(false)
    }

    /// Whether a way is open for a row.
    fn is_open(
        &self,
        searched: &Searched,
        tip: Option<u32>,
        row: u32,
        takes: Option<usize>,
        unless: Option<usize>,
    ) -> Result<bool, EvalError> {
        if let Some(variable) = takes
            && !self.is_of(searched, tip, row, variable)?
        {
            return Ok(false);
        }
        match unless {
            Some(variable) => Ok(!self.is_of(searched, tip, row, variable)?),
            None => Ok(true),
        }
    }

    /// Whether a row is one of a variable, behind what was taken.
    fn is_of(
        &self,
        searched: &Searched,
        tip: Option<u32>,
        row: u32,
        variable: usize,
    ) -> Result<bool, EvalError> {
        let condition =
            searched.pattern.variables.get(variable).and_then(|variable| variable.condition.as_ref());
        let (Some(condition), Some(row)) = (condition, self.taken.rows.get(row as usize)) else {
            return Ok(true);
        };
        if let Some(Some(known)) = row.holds.get(variable) {
            return Ok(*known);
        }
        let looked = Some(Looked { row, variable });
        Ok(told(searched, &self.taken, condition, tip, looked)? == Value::Bool(true))
    }

    /// Tells the matches that no earlier one that has begun can come before, and drops what they are skipped with.
    fn tell(&mut self, skip: Skip, time: i64, tell: Tell<'_>) {
        while let Some(first) = self.complete.peek().copied() {
            if self.begun.peek().is_some_and(|begun| first > *begun) {
                return;
            }
            self.complete.poll();
            let skipped = self.skipped(skip, first);
            let gone =
                |begun: &Begun| begun.first.is_some_and(|(first, _)| skipped.is_some_and(|to| first < to));
            self.begun.remove_if(gone);
            self.complete.remove_if(gone);
            if let Some(tip) = first.tip {
                tell(&self.taken, tip, time);
            }
        }
    }

    /// The row before which nothing may have begun, once a match is told.
    fn skipped(&self, skip: Skip, told: Begun) -> Option<u64> {
        match skip {
            Skip::PastLastRow => Some(told.last + 1),
            Skip::ToNextRow => told.first.map(|(first, _)| first + 1),
            // The rows of a match follow one another.
            Skip::ToFirst(variable) => {
                let (depth, _) = self.taken.places(told.tip, variable)?;
                told.first.map(|(first, _)| first + u64::from(depth))
            }
            Skip::ToLast(variable) => {
                let (_, depth) = self.taken.places(told.tip, variable)?;
                told.first.map(|(first, _)| first + u64::from(depth))
            }
        }
    }

    fn tidy_up(&mut self) {
        if self.begun.items().len() == 1 && self.complete.peek().is_none() {
            (self.taken, self.next) = (Taken::default(), FEW);
            return;
        }
        if self.taken.rows.len().max(self.taken.nodes.len()) < self.next {
            return;
        }
        let begun = self.begun.items_mut().iter_mut().chain(self.complete.items_mut());
        let mut tips: Vec<&mut Option<u32>> = begun.map(|begun| &mut begun.tip).collect();
        self.taken.keep(&mut tips);
        self.next = FEW.max(self.taken.rows.len().max(self.taken.nodes.len()) * 2);
    }
}

/// What an expression is, of the rows up to a node and one that is looked at.
pub(super) fn told(
    searched: &Searched,
    taken: &Taken,
    told: &Told,
    tip: Option<u32>,
    looked: Option<Looked<'_>>,
) -> Result<Value, EvalError> {
    let column = |read| {
        let ty = searched.pattern.type_of(read)?;
        let mut column = Column::new(ty.class());
        column.push(&taken.read(&searched.pattern, &searched.kinds, tip, looked, read));
        Some(column)
    };
    let columns: Vec<Column> = told.reads.iter().filter_map(column).collect();
    Ok(eval(&told.expr, &columns, Rows::All(1))?.get(0))
}
