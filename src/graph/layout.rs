//! Where everything stands: accounts are bands one under the other, and data goes from left to right. In a band, what data comes from stands
//! left of what it goes to; what has no part in data stands in rows below.

use std::collections::BTreeMap;

use super::{Graph, Relation};

/// The width of a node, in pixels as all lengths here.
pub const NODE_WIDTH: i32 = 190;
/// The height of a node.
pub const NODE_HEIGHT: i32 = 44;
/// The room between columns, where edges bend.
const COLUMN_GAP: i32 = 90;
/// The room between nodes of a column.
const ROW_GAP: i32 = 14;
/// The room that a band has around its nodes, with its title above.
const PADDING: i32 = 20;
const TITLE: i32 = 34;
/// The room between bands.
const LANE_GAP: i32 = 24;
/// How often nodes are put in the order of their neighbours.
const SWEEPS: usize = 4;
/// The most nodes in a row of those without a part in data, where the rest of the picture is narrower.
const LEAST_COLUMNS: usize = 4;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// To the right.
    pub width: i32,
    /// Down.
    pub height: i32,
}

/// The picture.
#[derive(Debug, Default)]
pub struct Layout {
    /// Of each node.
    pub nodes: Vec<Frame>,
    /// Of each account's band.
    pub lanes: Vec<Frame>,
    /// All of it.
    pub width: i32,
    /// All of it.
    pub height: i32,
}

/// Places everything.
pub fn layout(graph: &Graph) -> Layout {
    let layers = layers(graph);
    let columns = layers.iter().flatten().max().map_or(LEAST_COLUMNS, |last| (last + 1).max(LEAST_COLUMNS));
    let mut layout = Layout { nodes: vec![Frame::default(); graph.nodes.len()], ..Layout::default() };
    let width = 2 * PADDING + column_x(columns) - COLUMN_GAP;
    let mut top = 0;
    let mut order: BTreeMap<usize, i32> = BTreeMap::new();
    let beside = beside(graph);
    for lane in 0..graph.lanes.len() {
        let height = place_lane(graph, (&layers, &beside), columns, lane, top, &mut order, &mut layout);
        layout.lanes.push(Frame { x: 0, y: top, width, height });
        top += height + LANE_GAP;
    }
    layout.width = width;
    layout.height = (top - LANE_GAP).max(0);
    layout
}

const fn column_x(column: usize) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "as many as a picture has"
    )]
    let column = column as i32;
    column * (NODE_WIDTH + COLUMN_GAP)
}

/// Places the nodes of an account, and says how high its band is.
fn place_lane(
    graph: &Graph,
    (layers, beside): (&[Option<usize>], &[Vec<usize>]),
    columns: usize,
    lane: usize,
    top: i32,
    order: &mut BTreeMap<usize, i32>,
    layout: &mut Layout,
) -> i32 {
    let own = || graph.nodes.iter().enumerate().filter(|(_, node)| node.lane == lane).map(|(at, _)| at);
    let mut by_column: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in own() {
        if let Some(layer) = layers.get(at).copied().flatten() {
            by_column.entry(layer).or_default().push(at);
        }
    }
    sort(beside, &mut by_column, order);
    let mut rows = 0;
    for (column, nodes) in &by_column {
        for (row, at) in (0_i32..).zip(nodes) {
            set(layout, *at, *column, row, top);
            order.insert(*at, row);
        }
        rows = rows.max(nodes.len());
    }
    let alone: Vec<usize> = own().filter(|at| layers.get(*at).copied().flatten().is_none()).collect();
    for (row, nodes) in alone.chunks(columns).enumerate() {
        for (column, at) in nodes.iter().enumerate() {
            set(layout, *at, column, i32::try_from(rows + row).unwrap_or(i32::MAX), top);
        }
    }
    let rows = i32::try_from(rows + alone.len().div_ceil(columns)).unwrap_or(i32::MAX);
    TITLE + PADDING + rows * (NODE_HEIGHT + ROW_GAP) - ROW_GAP
}

fn set(layout: &mut Layout, at: usize, column: usize, row: i32, top: i32) {
    if let Some(frame) = layout.nodes.get_mut(at) {
        *frame = Frame {
            x: PADDING + column_x(column),
            y: top + TITLE + row * (NODE_HEIGHT + ROW_GAP),
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
        };
    }
}

/// What each node has to do with, once for each edge.
fn beside(graph: &Graph) -> Vec<Vec<usize>> {
    let mut beside = vec![Vec::new(); graph.nodes.len()];
    let mut add = |at: usize, other: usize| {
        let list: Option<&mut Vec<usize>> = beside.get_mut(at);
        list.into_iter().for_each(|list| list.push(other));
    };
    for edge in &graph.edges {
        add(edge.to, edge.from);
        add(edge.from, edge.to);
    }
    beside
}

/// Puts each column in the order of what its nodes have to do with, in their own band or those above.
fn sort(beside: &[Vec<usize>], by_column: &mut BTreeMap<usize, Vec<usize>>, order: &BTreeMap<usize, i32>) {
    let mut known = order.clone();
    for _ in 0..SWEEPS {
        for nodes in by_column.values_mut() {
            nodes.sort_by_cached_key(|at| {
                let rows = beside.get(*at).into_iter().flatten().filter_map(|other| known.get(other));
                let (sum, count) = rows.fold((0, 0), |(sum, count), row| (sum + row * 100, count + 1));
                (if count == 0 { 0 } else { sum / count }, *at)
            });
            known.extend(nodes.iter().copied().zip(0..));
        }
    }
}

/// How many steps data takes at most to each node from where it comes from; `None` for what has no part in data. A circle is cut where it comes
/// back to a node that is still being looked at.
fn layers(graph: &Graph) -> Vec<Option<usize>> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut takes_part = vec![false; graph.nodes.len()];
    for edge in graph.edges.iter().filter(|edge| edge.relation != Relation::Access) {
        before.get_mut(edge.to).into_iter().for_each(|list| list.push(edge.from));
        for at in [edge.from, edge.to] {
            takes_part.get_mut(at).into_iter().for_each(|it| *it = true);
        }
    }
    let mut found: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    let mut open = vec![false; graph.nodes.len()];
    for start in 0..graph.nodes.len() {
        deepen(start, &before, &mut found, &mut open);
    }
    found.iter().zip(takes_part).map(|(layer, part)| layer.filter(|_| part)).collect()
}

/// Looks at what comes before a node first, without recursion: a chain may be as long as the program.
fn deepen(start: usize, before: &[Vec<usize>], found: &mut [Option<usize>], open: &mut [bool]) {
    let mut stack = vec![(start, 0_usize)];
    while let Some((at, next)) = stack.pop() {
        if found.get(at).is_none_or(Option::is_some) {
            continue;
        }
        open.get_mut(at).into_iter().for_each(|it| *it = true);
        match before.get(at).and_then(|list| list.get(next)) {
            Some(&earlier) => {
                stack.push((at, next + 1));
                let known = found.get(earlier).is_none_or(Option::is_some);
                if !known && !open.get(earlier).copied().unwrap_or(true) {
                    stack.push((earlier, 0));
                }
            }
            None => {
                let earlier = before.get(at).into_iter().flatten();
                let deepest = earlier.filter_map(|it| found.get(*it).copied().flatten()).max();
                found.get_mut(at).into_iter().for_each(|it| *it = Some(deepest.map_or(0, |it| it + 1)));
            }
        }
    }
}
