//! Events of OpenLineage 2-0-2, a line each: what each job reads and writes, and of which columns each column is made.
//! <https://openlineage.io/spec/2-0-2/OpenLineage.json>; how datasets are named: <https://openlineage.io/docs/spec/naming>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::{
    graph::{ColumnEdge, Edge, Graph, Node, Relation},
    platform::{Platform, resource::Noun},
};

/// Who tells.
const PRODUCER: &str = concat!("https://crates.io/crates/dpl/", env!("CARGO_PKG_VERSION"));
const JOB_EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent";
const SCHEMA_FACET: &str =
    "https://openlineage.io/spec/facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet";
const COLUMNS_FACET: &str = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet";
const DOC_FACET: &str =
    "https://openlineage.io/spec/facets/1-1-0/DocumentationJobFacet.json#/$defs/DocumentationJobFacet";

/// One event for each job, at a time in ISO 8601, since an event must have one.
pub fn render(graph: &Graph, platform: &Platform, time: &str) -> String {
    let mut out = String::new();
    let (data, columns) = by_job(graph);
    for (at, job) in graph.nodes.iter().enumerate().filter(|(_, node)| is_job(&node.kind)) {
        let of = data.get(&at).map_or(&[][..], Vec::as_slice);
        let made = columns.get(&at).map_or(&[][..], Vec::as_slice);
        let (inputs, outputs) = ends(graph, platform, at, of);
        if inputs.is_empty() && outputs.is_empty() {
            continue;
        }
        let mut facets = Map::new();
        if !job.doc.is_empty() {
            let facet = json!({ "_producer": PRODUCER, "_schemaURL": DOC_FACET, "description": job.doc });
            facets.insert("documentation".into(), facet);
        }
        let account = graph.lanes.get(job.lane).map_or("", |lane| lane.name.as_str());
        let event = json!({
            "eventTime": time,
            "producer": PRODUCER,
            "schemaURL": JOB_EVENT,
            "job": { "namespace": account, "name": job.name, "facets": facets },
            "inputs": inputs.iter().filter_map(|it| with_facets(graph, platform, it, None)).collect::<Vec<_>>(),
            "outputs": outputs.iter().filter_map(|it| {
                with_facets(graph, platform, it, made_of(graph, platform, made, it.0))
            }).collect::<Vec<_>>(),
        });
        out.push_str(&event.to_string());
        out.push('\n');
    }
    out
}

fn is_job(kind: &str) -> bool {
    matches!(kind, "pipeline" | "query" | "sync" | "function" | "crawler")
}

/// Edges by the node that they are looked up at.
type ByNode<'g, E> = BTreeMap<usize, Vec<&'g E>>;

/// The edges of data at each node, and the columns that each makes.
fn by_job(graph: &Graph) -> (ByNode<'_, Edge>, ByNode<'_, ColumnEdge>) {
    let (mut data, mut columns) = (BTreeMap::new(), BTreeMap::new());
    for edge in graph.edges.iter().filter(|edge| edge.relation == Relation::Data) {
        for end in [edge.from, edge.to] {
            let list: &mut Vec<&Edge> = data.entry(end).or_default();
            list.push(edge);
        }
    }
    for column in &graph.columns {
        let list: &mut Vec<&ColumnEdge> = columns.entry(column.by).or_default();
        list.push(column);
    }
    (data, columns)
}

/// A node, and where in it: a key in a bucket.
type End = (usize, String);

/// The datasets that a job reads, and those that it writes.
fn ends(graph: &Graph, platform: &Platform, job: usize, data: &[&Edge]) -> (BTreeSet<End>, BTreeSet<End>) {
    let (mut inputs, mut outputs) = (BTreeSet::new(), BTreeSet::new());
    for edge in data {
        let (end, all) = match (edge.to == job, edge.from == job) {
            (true, _) => (edge.from, &mut inputs),
            (_, true) => (edge.to, &mut outputs),
            _ => continue,
        };
        if graph.nodes.get(end).and_then(|node| dataset(platform, node, "")).is_none() {
            continue;
        }
        match edge.keys.is_empty() {
            true => _ = all.insert((end, String::new())),
            false => all.extend(edge.keys.iter().map(|key| (end, key.clone()))),
        }
    }
    (inputs, outputs)
}

/// The namespace and the name of a dataset; `None` for what keeps no data.
fn dataset(platform: &Platform, node: &Node, key: &str) -> Option<(String, String)> {
    let resource = platform.resource(node.resource);
    let account = platform.account_of(node.resource);
    let (region, id) = account.map_or(("", ""), |it| (it.region.as_str(), it.id.as_str()));
    let partition = platform.project.partition();
    let of = |service: &str| format!("arn:{partition}:{service}:{region}:{id}");
    Some(match (node.kind.as_str(), resource.noun) {
        ("bucket", _) => {
            (format!("s3://{}", resource.physical), if key.is_empty() { "/" } else { key }.into())
        }
        ("table", Noun::Table(at)) => {
            let table = platform.tables.get(at as usize)?;
            let domain = platform.domains.get(table.domain as usize)?;
            (of("glue"), format!("table/{}/{}", domain.database, table.name))
        }
        ("stream", _) => (of("kinesis"), format!("stream/{}", node.name)),
        ("item_table", _) => (of("dynamodb"), format!("table/{}", resource.physical)),
        ("queue", _) => (of("sqs"), resource.physical.to_string()),
        ("topic", _) => (of("sns"), resource.physical.to_string()),
        ("warehouse", _) => (format!("redshift://{}.{region}", node.name), node.name.clone()),
        _ => return None,
    })
}

fn with_facets(graph: &Graph, platform: &Platform, (at, key): &End, made_of: Option<Json>) -> Option<Json> {
    let node = graph.nodes.get(*at)?;
    let (namespace, name) = dataset(platform, node, key)?;
    let mut facets = Map::new();
    if !node.columns.is_empty() {
        let fields: Vec<Json> =
            node.columns.iter().map(|column| json!({ "name": column.name, "type": column.ty })).collect();
        let facet = json!({ "_producer": PRODUCER, "_schemaURL": SCHEMA_FACET, "fields": fields });
        facets.insert("schema".into(), facet);
    }
    if let Some(made_of) = made_of {
        facets.insert("columnLineage".into(), made_of);
    }
    Some(json!({ "namespace": namespace, "name": name, "facets": facets }))
}

/// The facet that says of which columns those of an output are made by a job.
fn made_of(graph: &Graph, platform: &Platform, made: &[&ColumnEdge], output: usize) -> Option<Json> {
    let mut fields: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for edge in made.iter().filter(|edge| edge.to.0 == output) {
        let (namespace, name) = dataset(platform, graph.nodes.get(edge.from.0)?, "")?;
        let input = json!({ "namespace": namespace, "name": name, "field": edge.from.1 });
        fields.entry(edge.to.1.as_str()).or_default().push(input);
    }
    if fields.is_empty() {
        return None;
    }
    let fields: BTreeMap<&str, Json> =
        fields.into_iter().map(|(name, inputs)| (name, json!({ "inputFields": inputs }))).collect();
    Some(json!({ "_producer": PRODUCER, "_schemaURL": COLUMNS_FACET, "fields": fields }))
}
