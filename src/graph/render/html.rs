//! One page with everything in it: the picture, a list of all there is, and what is known of each. It loads nothing.

use serde_json::{Value as Json, json};

use super::{
    Places,
    escape::{script, xml},
    svg::picture,
};
use crate::graph::{Graph, Node, layout::layout};

const PICTURE_STYLE: &str = include_str!("picture.css");
const PAGE_STYLE: &str = include_str!("page.css");
const PAGE_SCRIPT: &str = include_str!("page.js");

/// The page, under a title.
pub fn render(graph: &Graph, title: &str, places: &Places<'_>) -> String {
    let data = script(&data(graph, places).to_string());
    let picture = picture(graph, &layout(graph), true, None);
    let title = xml(title);
    let outline = outline(graph);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{PICTURE_STYLE}{PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<div class="search"><label for="search">Find</label> <input id="search" type="search" autocomplete="off" aria-describedby="found"> <span id="found" role="status"></span></div>
<fieldset><legend>Show</legend>
<label><input type="checkbox" data-shows="data" checked> data</label>
<label><input type="checkbox" data-shows="calls" checked> calls</label>
<label><input type="checkbox" data-shows="holds" checked> holds</label>
<label><input type="checkbox" data-shows="access"> access</label>
</fieldset>
<div class="zoom" role="group" aria-label="Zoom"><button type="button" data-zoom="in" aria-label="Closer">+</button><button type="button" data-zoom="out" aria-label="Farther">−</button><button type="button" data-zoom="all">All</button></div>
</header>
<div class="columns">
<nav aria-label="Everything">{outline}</nav>
<main id="canvas" aria-label="Picture">{picture}</main>
<section id="details" aria-label="Details" aria-live="polite" tabindex="-1"><p>Choose something: here is where data comes from and goes to, and who can read it.</p></section>
</div>
<script type="application/json" id="graph">{data}</script>
<script>{PAGE_SCRIPT}</script>
</body>
</html>
"#
    )
}

/// Accounts and what lives in them, as a list that reads without a picture.
fn outline(graph: &Graph) -> String {
    let mut out = String::new();
    for (lane, it) in graph.lanes.iter().enumerate() {
        out += &format!("<h2>{} <small>{}</small></h2><ul>", xml(&it.name), xml(&it.detail));
        for (at, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.lane == lane) {
            out += &format!(
                "<li><button type=\"button\" data-node=\"{at}\">{} <small>{}</small></button></li>",
                xml(&node.name),
                xml(&node.kind)
            );
        }
        out += "</ul>";
    }
    out
}

/// What the page's program reads.
fn data(graph: &Graph, places: &Places<'_>) -> Json {
    let node = |node: &Node| {
        let lane = graph.lanes.get(node.lane).map(|lane| lane.name.as_str());
        json!({
            "name": node.name,
            "kind": node.kind,
            "account": lane,
            "doc": node.doc,
            "arn": node.arn,
            "external": node.external,
            "at": places(node.span).map(|(file, line)| format!("{file}:{line}")),
            "columns": node.columns.iter().map(|it| json!([it.name, it.ty])).collect::<Vec<_>>(),
            "readers": node.readers.as_ref().map(|readers| {
                readers.iter().map(|it| json!([it.name, it.what, it.how])).collect::<Vec<_>>()
            }),
        })
    };
    let edges = graph.edges.iter().map(|it| json!([it.from, it.to, it.relation.name(), it.said()]));
    let columns = graph.columns.iter().map(|it| json!([it.from.0, it.from.1, it.to.0, it.to.1, it.by]));
    json!({
        "nodes": graph.nodes.iter().map(node).collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
        "columns": columns.collect::<Vec<_>>(),
    })
}
