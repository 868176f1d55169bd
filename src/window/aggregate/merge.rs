//! Accumulators merged, as Flink's functions do: the values of the first come before those of the second, and a sum of doubles is
//! the sum of both sums.

use super::super::types::Class;
use super::kind::{Kind, wins};
use super::state::{Object, Objects};
use super::update::{add_decimal, average_decimal};
use super::{join, split};

impl Kind {
    /// Adds all accumulators to those of the given groups; false where it is no kind for which that is quicker than one by one.
    /// `place` is how many words a group has, and where in them the aggregate's are.
    pub(super) fn merge_all(
        self,
        into: &mut [u64],
        groups: &[u32],
        from: &[u64],
        place: (usize, usize),
    ) -> bool {
        match self {
            Kind::CountAll | Kind::Count => each(into, groups, from, place, |[n], [m]| *n += m),
            Kind::Sum { class: Class::F64, .. } | Kind::Avg { class: Class::F64, .. } => {
                each(into, groups, from, place, |[sum, n], [other, m]| {
                    if *m > 0 {
                        *sum = (f64::from_bits(*sum) + f64::from_bits(*other)).to_bits();
                        *n += m;
                    }
                });
            }
            Kind::Sum { .. } | Kind::Avg { .. } => each(into, groups, from, place, |[sum, n], [other, m]| {
                *sum = sum.wrapping_add(*other);
                *n += m;
            }),
            _ => return false,
        }
        true
    }

    /// Adds one accumulator to another. `object` is what the other's word refers to.
    pub(super) fn merge(
        self,
        into: &mut [u64],
        from: &[u64],
        objects: &mut Objects,
        object: Option<&Object>,
    ) {
        match (self, into, from) {
            (Kind::CountAll | Kind::Count, [n], [m]) => *n += m,
            (Kind::Sum { class, .. } | Kind::Avg { class, .. }, [sum, n], [other, m]) if *m > 0 => {
                *sum = match class {
                    Class::F64 => (f64::from_bits(*sum) + f64::from_bits(*other)).to_bits(),
                    _ => sum.wrapping_add(*other),
                };
                *n += m;
            }
            (Kind::SumDecimal, [low, high, n], [l, h, m]) if *m > 0 => {
                let mut words = [*low, *high, *n];
                add_decimal(&mut words, join(*l, *h));
                [*low, *high, *n] = words;
            }
            (
                Kind::SumDecimalReduced | Kind::AvgDecimal { .. },
                [low, high, n, overflowed],
                [l, h, m, other],
            ) => {
                let mut words = [*low, *high, *n, *overflowed | *other];
                average_decimal(&mut words, join(*l, *h), *m);
                [*low, *high, *n, *overflowed] = words;
            }
            (Kind::Variance { .. }, [n, mean, m2], [m, other_mean, other_m2]) if *m > 0 => {
                let merged = merge_welford((*n, *mean, *m2), (*m, *other_mean, *other_m2));
                (*n, *mean, *m2) = merged;
            }
            (Kind::Value(pick, class), [held, seen], [other, 1]) => {
                let beats = match class {
                    Class::F64 => wins(pick, f64::from_bits(*other), f64::from_bits(*held)),
                    Class::I64 => wins(pick, *other as i64, *held as i64),
                    _ => wins(pick, *other as i32, *held as i32),
                };
                if *seen == 0 || beats {
                    *held = *other;
                    *seen = 1;
                }
            }
            (Kind::Decimal(pick), [low, high, seen], [l, h, 1]) => {
                let other = join(*l, *h);
                if *seen == 0 || wins(pick, other, join(*low, *high)) {
                    (*low, *high) = split(other);
                    *seen = 1;
                }
            }
            (Kind::Text(pick), [place], _) => {
                if let Some(Object::Text(other)) = object
                    && objects.text(*place).is_none_or(|held| wins(pick, &**other, held))
                {
                    objects.set_text(place, other);
                }
            }
            // The other has no value.
            _ => {}
        }
    }
}

#[inline(always)]
fn each<const N: usize>(
    into: &mut [u64],
    groups: &[u32],
    from: &[u64],
    (stride, offset): (usize, usize),
    add: impl Fn(&mut [u64; N], &[u64; N]),
) {
    for (words, group) in from.chunks_exact(stride).zip(groups) {
        let start = *group as usize * stride + offset;
        let held = into.get_mut(start..start + N).and_then(|w| w.first_chunk_mut::<N>());
        if let (Some(held), Some(new)) = (held, words.get(offset..).and_then(|w| w.first_chunk::<N>())) {
            add(held, new);
        }
    }
}

type Welford = (u64, u64, u64);

/// `WelfordM2AggFunction.merge` of Flink 2.3, operation for operation.
fn merge_welford(acc: Welford, other: Welford) -> Welford {
    let (n, mean, m2) = (acc.0, f64::from_bits(acc.1), f64::from_bits(acc.2));
    let (m, other_mean, other_m2) = (other.0, f64::from_bits(other.1), f64::from_bits(other.2));
    if n == 0 {
        return other;
    }
    let count = (n + m) as f64;
    let delta = other_mean - mean;
    let new_mean = mean + m as f64 / count * delta;
    let new_m2 = m2 + other_m2 + n as f64 * m as f64 / count * delta * delta;
    (n + m, new_mean.to_bits(), new_m2.to_bits())
}
