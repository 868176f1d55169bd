//! A part that runs: where its rows come from, and the links that they go through.

use super::super::column::Batch;
use super::super::operator::{Error, Held, Operator, Pushed, Stats};
use super::super::query::PlanError;
use super::join::Joining;
use super::links::{Link, behind, take};
use super::meeting::Meeting;
use super::piece::{Down, Piece, tell_time};
use super::plan::{First, Part, Stream};
use super::rows::RowOperator;

/// A running part.
#[derive(Debug)]
pub(super) struct Running {
    pub first: Source,
    pub links: Vec<Link>,
    /// Whether anything behind needs to know how far time is.
    timed: bool,
}

/// Where its rows come from.
#[derive(Debug)]
pub(super) enum Source {
    Groups(usize, Box<Operator>),
    Rows(usize, Box<RowOperator>),
    Union(Vec<Running>, Meeting),
    Join(Box<[Running; 2]>, Box<Joining>),
}

/// A partition, by its stream and its place among those of the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub stream: usize,
    pub partition: u32,
}

impl Running {
    /// A part over streams, of each of which there are so many partitions. What is behind it needs the time if `timed`.
    pub fn new(
        part: Part,
        streams: &[Stream],
        partitions: &[u32],
        timed: bool,
    ) -> Result<Running, PlanError> {
        let links = part.then.into_iter().map(Link::new).collect::<Result<Vec<_>, _>>()?;
        let count = |stream: usize| partitions.get(stream).copied().unwrap_or_default();
        let side = |part: Part| Running::new(part, streams, partitions, true);
        let first = match part.first {
            First::Groups(at, query) => Source::Groups(at, Box::new(Operator::new(*query, count(at))?)),
            First::Rows(at, query) => {
                let stream = streams.get(at).ok_or(PlanError::Stream(at))?;
                Source::Rows(at, Box::new(RowOperator::new(query, stream, count(at))))
            }
            First::Union(parts) => {
                let meeting = Meeting::new(parts.len());
                Source::Union(parts.into_iter().map(side).collect::<Result<_, _>>()?, meeting)
            }
            First::Join(join) => {
                let joining = Box::new(Joining::new(&join));
                Source::Join(Box::new([side(join.left)?, side(join.right)?]), joining)
            }
        };
        let timed = timed || links.iter().any(Link::waits);
        Ok(Running { first, links, timed })
    }

    /// A stream has one partition more.
    pub fn add(&mut self, stream: usize) {
        match &mut self.first {
            Source::Groups(at, operator) if *at == stream => operator.add(),
            Source::Rows(at, operator) if *at == stream => operator.add(),
            Source::Groups(..) | Source::Rows(..) => {}
            Source::Union(inputs, _) => inputs.iter_mut().for_each(|input| input.add(stream)),
            Source::Join(inputs, _) => inputs.iter_mut().for_each(|input| input.add(stream)),
        }
    }

    /// Whether rows can be late: whether something waits for the end of their windows.
    fn has_windows(&self) -> bool {
        matches!(self.first, Source::Groups(..)) || !self.links.is_empty()
    }

    /// Takes rows of a partition; what came late of them where the part reads its stream and waits for windows.
    pub fn push(&mut self, at: Place, batch: &Batch, down: Down<'_>) -> Result<Option<Pushed>, Error> {
        let has_windows = self.has_windows();
        let Running { first, links, timed } = self;
        match first {
            Source::Groups(stream, operator) if *stream == at.stream => {
                let mut next = |piece: Piece<'_>| take(links, piece, &mut *down);
                let pushed = behind(&mut next, |results| operator.push(at.partition, batch, results))?;
                if *timed {
                    tell_time(operator.watermark(), false, &mut next)?;
                }
                Ok(Some(pushed))
            }
            Source::Rows(stream, operator) if *stream == at.stream => {
                let pushed = operator.push(at.partition as usize, batch, links, *timed, down)?;
                // What is behind a union or a join waits for the windows of a side too.
                let waits = has_windows || *timed && operator.has_windows();
                Ok(waits.then_some(pushed))
            }
            Source::Groups(..) | Source::Rows(..) => Ok(None),
            Source::Union(..) | Source::Join(..) => {
                let mut first = None;
                self.each_input(down, &mut |input, down| {
                    let pushed = input.push(at, batch, down)?;
                    first = first.take().or(pushed);
                    Ok(())
                })?;
                Ok(first)
            }
        }
    }

    /// Tells that a partition has been silent for longer than its idle timeout.
    pub fn set_idle(&mut self, at: Place, down: Down<'_>) -> Result<(), Error> {
        let Running { first, links, .. } = self;
        match first {
            Source::Groups(stream, operator) if *stream == at.stream => {
                let mut next = |piece: Piece<'_>| take(links, piece, &mut *down);
                behind(&mut next, |results| operator.set_idle(at.partition, results))?;
                tell_time(operator.watermark(), operator.is_idle(), &mut next)
            }
            Source::Rows(stream, operator) if *stream == at.stream => {
                operator.set_idle(at.partition as usize, links, down)
            }
            Source::Groups(..) | Source::Rows(..) => Ok(()),
            Source::Union(..) | Source::Join(..) => {
                self.each_input(down, &mut |input, down| input.set_idle(at, down))
            }
        }
    }

    /// A stream has ended: it holds nothing back any more. Where all have, all windows fire, and no row has a partner any more.
    pub fn end(&mut self, stream: usize, down: Down<'_>) -> Result<(), Error> {
        let Running { first, links, .. } = self;
        let mut next = |piece: Piece<'_>| take(links, piece, &mut *down);
        match first {
            Source::Groups(at, operator) if *at == stream => {
                behind(&mut next, |results| operator.finish(results))?;
                tell_time(Some(i64::MAX), false, &mut next)
            }
            Source::Rows(at, _) if *at == stream => tell_time(Some(i64::MAX), false, &mut next),
            Source::Groups(..) | Source::Rows(..) => Ok(()),
            Source::Union(..) | Source::Join(..) => {
                self.each_input(down, &mut |input, down| input.end(stream, down))
            }
        }
    }

    /// All inputs will tell their ends: those that were silent are waited for.
    pub fn wake(&mut self) {
        match &mut self.first {
            Source::Groups(..) | Source::Rows(..) => {}
            Source::Union(inputs, meeting) => {
                meeting.wake();
                inputs.iter_mut().for_each(Running::wake);
            }
            Source::Join(inputs, joining) => {
                joining.wake();
                inputs.iter_mut().for_each(Running::wake);
            }
        }
    }

    /// Does something with each part that this one is made of. What comes out of it goes on from here.
    fn each_input(
        &mut self,
        down: Down<'_>,
        each: &mut dyn FnMut(&mut Running, Down<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Running { first, links, .. } = self;
        let mut next = |piece: Piece<'_>| take(links, piece, &mut *down);
        match first {
            Source::Groups(..) | Source::Rows(..) => Ok(()),
            Source::Union(inputs, meeting) => inputs.iter_mut().enumerate().try_for_each(|(at, input)| {
                each(input, &mut |piece| {
                    let (marks, idle) = meeting.meet(at, &piece);
                    next(Piece { batch: piece.batch, marks: &marks, idle })
                })
            }),
            Source::Join(inputs, joining) => inputs
                .iter_mut()
                .enumerate()
                .try_for_each(|(side, input)| each(input, &mut |piece| joining.take(side, piece, &mut next))),
        }
    }

    /// What happened so far, but for the rows that came out.
    pub fn stats(&self) -> Stats {
        let mut all = match &self.first {
            Source::Groups(_, operator) => operator.stats(),
            Source::Rows(_, operator) => operator.stats(),
            Source::Union(inputs, _) => sum(inputs.iter().map(Running::stats)),
            Source::Join(inputs, joining) => sum(inputs.iter().map(Running::stats).chain([joining.stats()])),
        };
        self.links.iter().for_each(|link| add(&mut all, &link.stats()));
        all
    }

    /// How much is held now.
    pub fn held(&self) -> Held {
        let mut all = Held::default();
        let mut add = |held: Held| {
            all.windows += held.windows;
            all.groups += held.groups;
            all.keys += held.keys;
            all.memory += held.memory;
        };
        match &self.first {
            Source::Groups(_, operator) => add(operator.held()),
            Source::Rows(..) => {}
            Source::Union(inputs, _) => inputs.iter().for_each(|input| add(input.held())),
            Source::Join(inputs, joining) => {
                inputs.iter().for_each(|input| add(input.held()));
                add(joining.held());
            }
        }
        for link in &self.links {
            match link {
                Link::Top(top) => {
                    add(Held { groups: top.held_rows(), memory: top.memory(), ..Held::default() });
                }
                Link::Earliest(first) => {
                    let (groups, _) = first.rows();
                    add(Held { groups, keys: first.keys(), memory: first.memory(groups), ..Held::default() });
                }
                Link::Over(over) => add(over.held()),
                Link::Match(rows) => add(rows.held()),
                Link::Groups(operator) => add(operator.held()),
                Link::Select(_) | Link::Assign(..) => {}
            }
        }
        all
    }

    /// The watermark of a stream, where the part reads it; `None` before the first.
    pub fn watermark(&self, stream: usize) -> Option<i64> {
        match &self.first {
            Source::Groups(at, operator) if *at == stream => operator.watermark(),
            Source::Rows(at, operator) if *at == stream => operator.watermark(),
            Source::Groups(..) | Source::Rows(..) => None,
            Source::Union(inputs, _) => inputs.iter().find_map(|input| input.watermark(stream)),
            Source::Join(inputs, _) => inputs.iter().find_map(|input| input.watermark(stream)),
        }
    }

    /// A partition's latest event time, where the part reads its stream.
    pub fn latest(&self, at: Place) -> Option<i64> {
        match &self.first {
            Source::Groups(stream, operator) if *stream == at.stream => operator.latest(at.partition),
            Source::Rows(stream, operator) if *stream == at.stream => operator.latest(at.partition),
            Source::Groups(..) | Source::Rows(..) => None,
            Source::Union(inputs, _) => inputs.iter().find_map(|input| input.latest(at)),
            Source::Join(inputs, _) => inputs.iter().find_map(|input| input.latest(at)),
        }
    }
}

/// What happened in all of them.
pub(super) fn sum(all: impl Iterator<Item = Stats>) -> Stats {
    let mut sum = Stats::default();
    all.for_each(|stats| add(&mut sum, &stats));
    sum
}

fn add(sum: &mut Stats, stats: &Stats) {
    sum.late += stats.late;
    sum.without_event_time = sum.without_event_time.max(stats.without_event_time);
    sum.windows += stats.windows;
    sum.groups += stats.groups;
    sum.rows_out += stats.rows_out;
    sum.most_windows += stats.most_windows;
    sum.most_groups += stats.most_groups;
    sum.most_memory += stats.most_memory;
}
