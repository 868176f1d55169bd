//! Mermaid's flowchart: <https://mermaid.js.org/syntax/flowchart.html>.

use std::fmt::Write as _;

use super::escape::mermaid as escape;
use crate::graph::{Graph, Relation};

/// The picture as text that Mermaid draws: accounts as subgraphs, data in bold, access dotted where it is asked for.
pub fn render(graph: &Graph, access: bool) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, lane) in graph.lanes.iter().enumerate() {
        let title = [lane.name.as_str(), &lane.detail].join(" ");
        let _ = writeln!(out, "  subgraph a{at}[\"{}\"]", escape(title.trim()));
        for (node, it) in graph.nodes.iter().enumerate().filter(|(_, it)| it.lane == at) {
            let (open, close) = shape(&it.kind);
            let _ = writeln!(out, "    n{node}{open}\"{} {}\"{close}", escape(&it.kind), escape(&it.name));
        }
        out.push_str("  end\n");
    }
    for edge in graph.edges.iter().filter(|edge| access || edge.relation != Relation::Access) {
        let labels: Vec<String> = edge.said().into_iter().map(escape).collect();
        let arrow = match edge.relation {
            Relation::Data => "==>",
            Relation::Calls => "-->",
            Relation::Holds => "---",
            Relation::Access => "-.->",
        };
        let said = if labels.is_empty() { String::new() } else { format!("|\"{}\"|", labels.join(", ")) };
        let _ = writeln!(out, "  n{} {arrow}{said} n{}", edge.from, edge.to);
    }
    out
}

/// What keeps data is a cylinder, what moves it has round ends, what acts is a circle's half.
fn shape(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "bucket" | "table" | "item_table" | "warehouse" | "domain" => ("[(", ")]"),
        "stream" | "topic" | "queue" | "bus" => ("[[", "]]"),
        "role" | "group" | "saml_provider" | "oidc_provider" => ("{{", "}}"),
        "pipeline" | "query" | "sync" | "function" | "crawler" => ("([", "])"),
        _ => ("[", "]"),
    }
}
