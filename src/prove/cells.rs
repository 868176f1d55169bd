//! The values of a condition key that conditions tell apart, one of each: what no condition tells from another needs no trial of its own.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use smol_str::SmolStr;

use super::{
    condition::Single,
    operator::{Ask, Compare, Operator, range, seconds},
};
use crate::access::pattern::sample;

/// What no condition names.
const ANOTHER: &str = "~another~";

/// The most values whose sets are told apart, for keys that have several at once.
const MOST_MEMBERS: usize = 5;

/// Values to try.
#[derive(Debug)]
pub struct Cells {
    /// What the request may have under the key; nothing where it does not have the key.
    pub values: Vec<Vec<SmolStr>>,
    /// Whether the conditions tell no other values from all of these.
    pub complete: bool,
}

/// What operators compare.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Points,
    Addresses,
    Letters,
    Texts,
    Names,
}

impl Family {
    fn of(operator: &str) -> Self {
        let name = operator.rsplit(':').next().unwrap_or_default();
        if name.starts_with("Numeric") || name.starts_with("Date") {
            Self::Points
        } else if name.contains("IpAddress") {
            Self::Addresses
        } else if name.starts_with("Bool") || name.contains("IgnoreCase") {
            Self::Letters
        } else if name.starts_with("Arn") {
            Self::Names
        } else {
            Self::Texts
        }
    }
}

/// A value of a condition, with how it is compared.
#[derive(Clone, Copy)]
struct Pattern<'a> {
    compare: Compare,
    text: &'a SmolStr,
    /// Whether `*` and `?` mean something in it.
    open: bool,
}

impl Pattern<'_> {
    /// What stands before all that it leaves open.
    fn stem(&self) -> &str {
        if self.open { super::candidates::stem(self.text) } else { self.text.as_str() }
    }

    fn sample(&self) -> SmolStr {
        if self.open { sample(self.text, ANOTHER) } else { self.text.clone() }
    }
}

/// The values that conditions on one key tell apart.
pub fn cells(singles: &[Single<'_>]) -> Cells {
    let operators: Option<Vec<Operator>> = singles.iter().map(|it| Operator::read(it.operator)).collect();
    let Some(operators) = operators else {
        return Cells { values: vec![Vec::new(), vec![ANOTHER.into()]], complete: false };
    };
    let compared: Vec<(&Single<'_>, Operator, Compare)> = singles
        .iter()
        .zip(operators)
        .filter_map(|(single, operator)| match operator.ask {
            Ask::Null => None,
            Ask::Like(compare) | Ask::Unlike(compare) => Some((single, operator, compare)),
        })
        .collect();
    let families: Vec<Family> = compared.iter().map(|(single, ..)| Family::of(single.operator)).collect();
    let family = families.first().copied().unwrap_or(Family::Texts);
    let wanted = || compared.iter().flat_map(|(single, ..)| single.wanted.iter());
    let (members, whole) = match family {
        Family::Points => points(wanted()),
        Family::Addresses => addresses(wanted()),
        Family::Letters | Family::Texts | Family::Names => texts(&compared),
    };
    let several = compared.iter().any(|(_, operator, _)| operator.each.is_some());
    let mut values = vec![Vec::new()];
    values.extend(members.iter().map(|it| vec![it.clone()]));
    let mut complete = whole && families.iter().all(|it| *it == family);
    if several {
        complete &= members.len() <= MOST_MEMBERS;
        values.extend(sets(&members));
    }
    Cells { values, complete }
}

/// Every value that is named, those around it, and one between each two.
fn points<'a>(wanted: impl Iterator<Item = &'a SmolStr>) -> (Vec<SmolStr>, bool) {
    let read: Vec<Option<f64>> = wanted.map(|it| it.parse().ok().or_else(|| seconds(it))).collect();
    let mut named: Vec<f64> = read.iter().copied().flatten().collect();
    named.sort_by(f64::total_cmp);
    let between = named.windows(2).filter_map(|pair| Some((pair.first()? + pair.last()?) / 2.0));
    let around = named.iter().flat_map(|at| [at - 1.0, *at, at + 1.0]);
    let mut all: Vec<f64> = around.chain(between).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    (all.iter().map(|at| SmolStr::from(at.to_string())).collect(), read.iter().all(Option::is_some))
}

/// The ends of every range, and what is beside them: ranges on a line are told apart there and nowhere else.
fn addresses<'a>(wanted: impl Iterator<Item = &'a SmolStr>) -> (Vec<SmolStr>, bool) {
    let mut found: BTreeSet<IpAddr> = BTreeSet::from([IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))]);
    let mut whole = true;
    for text in wanted {
        let Some((first, last)) = range(text) else {
            whole = false;
            continue;
        };
        let (below, above) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (
                first.to_bits().checked_sub(1).map(|it| Ipv4Addr::from_bits(it).into()),
                last.to_bits().checked_add(1).map(|it| Ipv4Addr::from_bits(it).into()),
            ),
            (IpAddr::V6(first), IpAddr::V6(last)) => (
                first.to_bits().checked_sub(1).map(|it| Ipv6Addr::from_bits(it).into()),
                last.to_bits().checked_add(1).map(|it| Ipv6Addr::from_bits(it).into()),
            ),
            _ => (None, None),
        };
        found.extend([Some(first), Some(last), below, above].into_iter().flatten());
    }
    (found.iter().map(|it| SmolStr::from(it.to_string())).collect(), whole)
}

/// A sample of each pattern, and what none of them means. These are all that there are where any two patterns either have nothing in common or
/// one means all that the other does, and where each sample is in no pattern that does not contain its own.
fn texts(compared: &[(&Single<'_>, Operator, Compare)]) -> (Vec<SmolStr>, bool) {
    let patterns: Vec<Pattern<'_>> = compared
        .iter()
        .flat_map(|(single, _, compare)| {
            let open = single.operator.contains("Like") || single.operator.contains("Arn");
            single.wanted.iter().map(move |text| Pattern { compare: *compare, text, open })
        })
        .collect();
    let mut values: Vec<SmolStr> = patterns.iter().map(Pattern::sample).collect();
    values.push(ANOTHER.into());
    for flag in ["true", "false"] {
        if compared.iter().any(|(single, ..)| single.operator.contains("Bool")) {
            values.push(flag.into());
        }
    }
    values.sort();
    values.dedup();
    let whole = patterns.iter().enumerate().all(|(at, one)| {
        patterns.iter().skip(at + 1).all(|other| {
            let inside = contains(one, other) || contains(other, one);
            inside || apart(one.stem(), other.stem())
        }) && patterns.iter().all(|other| (other.compare)(other.text, &one.sample()) == contains(other, one))
    });
    (values, whole)
}

/// Whether a pattern means all that another does. `?` may stand for less than the other leaves open.
fn contains(wide: &Pattern<'_>, narrow: &Pattern<'_>) -> bool {
    let same = wide.text == narrow.text && wide.open == narrow.open;
    same || (!wide.text.contains('?') && (wide.compare)(wide.text, narrow.text))
}

/// Whether nothing begins with both.
fn apart(one: &str, other: &str) -> bool {
    !one.starts_with(other) && !other.starts_with(one)
}

/// The sets of at least two values, as long as these are few; then all of them at once.
fn sets(members: &[SmolStr]) -> Vec<Vec<SmolStr>> {
    if members.len() > MOST_MEMBERS {
        return vec![members.to_vec()];
    }
    let choices = 0_u32..1 << members.len();
    let chosen = choices.filter(|choice| choice.count_ones() > 1).map(|choice| {
        let taken = members.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        taken.map(|(_, member)| member.clone()).collect()
    });
    chosen.collect()
}
