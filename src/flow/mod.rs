//! Where data goes: what a program copies from where to where. Reading a copy is reading the data, whoever may read the first.
//!
//! | by | from | to | holds the data |
//! | --- | --- | --- | --- |
//! | a `sync` | its `from` | its `to`, under the same keys, but for what `include` and `exclude` leave out | yes |
//! | `replication` of a bucket | the objects of the rule's prefix | the other bucket, under the same keys | yes |
//! | a `query` | its streams | its sink, of the columns that are made of the stream's; the streams that take late and invalid rows | yes |
//! | a `function` | its `reads` | its `writes` | as its code says, which nobody sees |
//! | `copy` in a `pipeline` | a place | a warehouse | yes; its own permissions decide who sees it |

mod copies;
mod pattern;

pub use copies::spots;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use smol_str::SmolStr;

use crate::{
    platform::{Location, Platform, ResourceId},
    source::Span,
};

/// Where data lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// In objects.
    Objects(Location),
    /// In a stream that is no objects.
    Stream(ResourceId),
    /// In a warehouse.
    Warehouse(ResourceId),
    /// In what reads it, on its way to where that writes.
    Within(ResourceId),
}

/// A way from one spot to another.
#[derive(Clone, Debug)]
pub struct Copy {
    /// From where.
    pub from: Spot,
    /// Whereto.
    pub to: Spot,
    /// The declaration that does it.
    pub by: ResourceId,
    /// What of it can be there.
    pub what: What,
    /// Where the program says so.
    pub span: Span,
}

/// What of the data a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// All of it, under the same keys.
    Keys {
        /// Only what matches one of these; all, without.
        include: Vec<SmolStr>,
        /// Not what matches one of these.
        exclude: Vec<SmolStr>,
    },
    /// Columns that are made of these.
    Columns(BTreeSet<SmolStr>),
    /// All of it.
    All,
    /// What code that nobody sees makes of it.
    Code,
    /// All of it, for those whom the warehouse itself lets in.
    Guarded,
}

/// Every copy that a program makes.
#[derive(Debug, Default)]
pub struct Flow {
    copies: Vec<Copy>,
    /// The copies out of a bucket, stream, warehouse or function.
    out: BTreeMap<ResourceId, Vec<usize>>,
}

/// A spot with the data of another, and how it came there.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Where.
    pub spot: Spot,
    /// The copies by their places in [`Flow::copies`], the first first.
    pub by: Vec<usize>,
}

/// From how many places a copy is followed: one into a place that it copies from would never end.
const MOST_PLACES: usize = 8;

impl Flow {
    /// All copies of a program.
    pub fn of(platform: &Platform) -> Self {
        let copies = copies::all(platform);
        let mut out: BTreeMap<ResourceId, Vec<usize>> = BTreeMap::new();
        for (at, copy) in copies.iter().enumerate() {
            out.entry(copy.from.resource()).or_default().push(at);
        }
        Self { copies, out }
    }

    /// Every copy.
    pub fn copies(&self) -> &[Copy] {
        &self.copies
    }

    /// Where else the data of a spot lies, the nearest first: of some columns where only these are asked for.
    pub fn reached(&self, from: &Spot, columns: &[SmolStr]) -> Vec<Reached> {
        let mut found: Vec<Reached> = Vec::new();
        let mut visits: BTreeMap<usize, usize> = BTreeMap::new();
        let mut known: BTreeSet<Spot> = BTreeSet::from([from.clone()]);
        let mut open: VecDeque<Reached> = VecDeque::from([Reached { spot: from.clone(), by: Vec::new() }]);
        while let Some(here) = open.pop_front() {
            for &at in self.out.get(&here.spot.resource()).into_iter().flatten() {
                let Some(copy) = self.copies.get(at) else { continue };
                // Behind the first query or load the columns have other names.
                let same = here.by.iter().all(|at| self.copies.get(*at).is_some_and(Copy::keeps_columns));
                let asked = if same { columns } else { &[] };
                let Some(spot) = copy.carries(&here.spot, asked) else { continue };
                let visits = visits.entry(at).or_default();
                *visits += 1;
                if *visits <= MOST_PLACES && known.insert(spot.clone()) {
                    open.push_back(Reached { spot, by: here.by.iter().copied().chain([at]).collect() });
                }
            }
            if !here.by.is_empty() && !matches!(here.spot, Spot::Within(_)) {
                found.push(here);
            }
        }
        found
    }

    /// Whether what arrives by some copies are the same objects.
    pub fn keeps_objects(&self, by: &[usize]) -> bool {
        by.iter().filter_map(|at| self.copies.get(*at)).all(|copy| matches!(copy.what, What::Keys { .. }))
    }

    /// Whether what arrives by some copies is the data for sure.
    pub fn is_certain(&self, by: &[usize]) -> bool {
        by.iter().filter_map(|at| self.copies.get(*at)).all(Copy::is_certain)
    }
}

impl Spot {
    /// The declaration that it is in.
    pub fn resource(&self) -> ResourceId {
        match self {
            Self::Objects(location) => location.bucket,
            Self::Stream(id) | Self::Warehouse(id) | Self::Within(id) => *id,
        }
    }
}

impl Copy {
    /// Whether what arrives is the data for sure, for everybody who can read it there.
    pub fn is_certain(&self) -> bool {
        !matches!(self.what, What::Code | What::Guarded)
    }

    /// Whether the columns of what arrives are those of what is copied.
    fn keeps_columns(&self) -> bool {
        matches!(self.what, What::Keys { .. } | What::All)
    }

    /// Where a copy puts the data of a spot; `None` where it takes none of it.
    fn carries(&self, data: &Spot, columns: &[SmolStr]) -> Option<Spot> {
        let (Spot::Objects(from), Spot::Objects(data)) = (&self.from, data) else {
            return (self.from == *data && self.holds(columns)).then(|| self.to.clone());
        };
        // The whole of a place that lies in the data goes with it; of data that lies in the place, that part.
        let below = match (from.holds(data), data.holds(from)) {
            (true, _) => data.key.strip_prefix(from.key.as_str()).unwrap_or_default().trim_start_matches('/'),
            (false, true) => "",
            (false, false) => return None,
        };
        match (&self.what, &self.to) {
            (What::Keys { include, exclude }, Spot::Objects(to)) => {
                pattern::passes(below, include, exclude).then(|| Spot::Objects(to.inside(below)))
            }
            (What::Keys { include, exclude }, to) => {
                pattern::passes(below, include, exclude).then(|| to.clone())
            }
            (_, to) => self.holds(columns).then(|| to.clone()),
        }
    }

    fn holds(&self, columns: &[SmolStr]) -> bool {
        match &self.what {
            What::Columns(made_of) => {
                columns.is_empty() || columns.iter().any(|column| made_of.contains(column))
            }
            What::Keys { .. } | What::All | What::Code | What::Guarded => true,
        }
    }
}
