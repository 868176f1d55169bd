//! One picture in SVG, in light or dark as whoever looks at it prefers.

use std::fmt::Write as _;

use super::escape::xml;
use crate::graph::{
    Edge, Graph, Relation,
    layout::{Frame, Layout, layout},
};

/// The colours, by CSS: what a viewer prefers decides.
const STYLE: &str = include_str!("picture.css");

/// The most letters of a name that fit into a node.
const MOST_LETTERS: usize = 24;

/// A file that any viewer shows. Who may do what is drawn where it is asked for.
pub fn render(graph: &Graph, access: bool) -> String {
    let layout = layout(graph);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&picture(graph, &layout, access, Some(STYLE)));
    out
}

/// The `svg` element, with a style of its own where it stands alone. Nodes and edges say which they are in `data-node`, `data-from` and `data-to`.
pub fn picture(graph: &Graph, layout: &Layout, access: bool, style: Option<&str>) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 {} {}\" role=\"group\" aria-label=\"accounts and what lives in them\">\n",
        layout.width.max(1),
        layout.height.max(1)
    );
    if let Some(style) = style {
        let _ = writeln!(out, "<style>{style}</style>");
    }
    out.push_str(
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
    );
    for (lane, frame) in graph.lanes.iter().zip(&layout.lanes) {
        let Frame { x, y, width, height } = frame;
        let _ = writeln!(
            out,
            "<g class=\"lane\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/><text x=\"{}\" y=\"{}\"><tspan class=\"title\">{}</tspan> {}</text></g>",
            x + 14,
            y + 22,
            xml(&lane.name),
            xml(&lane.detail)
        );
    }
    for edge in graph.edges.iter().filter(|edge| access || edge.relation != Relation::Access) {
        line(&mut out, edge, layout);
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        let Some(Frame { x, y, width, height }) = layout.nodes.get(at) else { continue };
        let _ = writeln!(
            out,
            "<g class=\"node {} {}\" data-node=\"{at}\"><title>{} {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/><text class=\"kind\" x=\"{}\" y=\"{}\">{}</text><text class=\"name\" x=\"{}\" y=\"{}\">{}</text></g>",
            group(&node.kind),
            if node.external { "external" } else { "" },
            xml(&node.kind),
            xml(&node.name),
            x + 10,
            y + 16,
            xml(&node.kind),
            x + 10,
            y + 34,
            xml(&short(&node.name))
        );
    }
    out.push_str("</svg>\n");
    out
}

/// From the right side of the one to the left side of the other; back, where that is the shorter way.
fn line(out: &mut String, edge: &Edge, layout: &Layout) {
    let (Some(from), Some(to)) = (layout.nodes.get(edge.from), layout.nodes.get(edge.to)) else { return };
    let (start, end) = (from.x + from.width, to.x);
    let (top, bottom) = (from.y + from.height / 2, to.y + to.height / 2);
    let bend = if end >= start { ((end - start) / 2).clamp(30, 140) } else { 70 };
    let _ = writeln!(
        out,
        "<path class=\"edge {}\" data-from=\"{}\" data-to=\"{}\" d=\"M{start} {top}C{} {top} {} {bottom} {end} {bottom}\" marker-end=\"url(#arrow)\"><title>{}</title></path>",
        edge.relation.name(),
        edge.from,
        edge.to,
        start + bend,
        end - bend,
        xml(&format!("{} {}", edge.relation.name(), edge.said().join(", "))).trim()
    );
}

/// What kinds look alike.
fn group(kind: &str) -> &'static str {
    match kind {
        "bucket" | "table" | "item_table" | "warehouse" | "domain" => "store",
        "stream" | "topic" | "queue" | "bus" => "way",
        "role" | "group" | "saml_provider" | "oidc_provider" => "actor",
        "pipeline" | "query" | "sync" | "function" | "crawler" => "work",
        _ => "other",
    }
}

fn short(name: &str) -> String {
    if name.chars().count() <= MOST_LETTERS {
        return name.to_owned();
    }
    name.chars().take(MOST_LETTERS - 1).chain(['…']).collect()
}
