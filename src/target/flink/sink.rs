//! Tables that are written.

use crate::{
    platform::{Column, Platform, Stream},
    sql::print,
};

use super::options;

/// `CREATE TABLE` of a sink. Columns that are never null are declared so: Flink stops the job rather than write a null there.
pub fn declare(platform: &Platform, stream: &Stream) -> String {
    let resource = platform.resource(stream.resource);
    let schema = platform.schema(stream.schema);
    let columns: Vec<String> =
        schema.columns.iter().map(|column| format!("  {}", sink_column(platform, column))).collect();
    format!(
        "CREATE TABLE {} (\n{}\n){} {};\n",
        print::name(&resource.name),
        columns.join(",\n"),
        comment(resource.doc.as_deref().or(schema.doc.as_deref())),
        options::of_sink(platform, stream),
    )
}

fn sink_column(platform: &Platform, column: &Column) -> String {
    let null = if column.ty.nullable { "" } else { " NOT NULL" };
    format!("{}{null}{}", typed(platform, column), comment(column.doc.as_deref()))
}

/// A column with its type.
pub fn typed(platform: &Platform, column: &Column) -> String {
    format!("{} {}", print::name(&column.name), print::column_type(platform, &column.ty.base))
}

/// A doc comment as `COMMENT '…'`.
pub fn comment(doc: Option<&str>) -> String {
    doc.map(|doc| {
        format!(" COMMENT {}", print::text(&doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")))
    })
    .unwrap_or_default()
}
