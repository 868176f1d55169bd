//! Who leads to whom: for each place the places that are one step away.

use std::collections::BTreeSet;

/// The places that a graph leads to from some, those themselves first.
pub fn closure(from: impl IntoIterator<Item = usize>, graph: &[Vec<usize>]) -> Vec<usize> {
    let mut open: Vec<usize> = from.into_iter().collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().collect();
    let mut reached = Vec::new();
    while let Some(here) = open.pop() {
        reached.push(here);
        let next = graph.get(here).into_iter().flatten().copied();
        open.extend(next.filter(|place| seen.insert(*place)));
    }
    reached
}

/// The same graph against its direction.
pub fn reversed(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); graph.len()];
    for (from, to) in graph.iter().enumerate() {
        for &place in to {
            reversed.get_mut(place).into_iter().for_each(|it: &mut Vec<usize>| it.push(from));
        }
    }
    reversed
}
