//! An Iceberg table. Glue writes its first metadata file itself; the older form of the request can't divide it by columns.

use super::{
    document::{
        IcebergField, IcebergInput, IcebergSchema, IcebergTable, OpenTableFormatInput, PartitionField,
        PartitionSpec, Table as Described,
    },
    table::{comment, promises},
    types::{FieldIds, iceberg},
};
use crate::platform::{Construct, Platform, Table, ValueKind};

pub fn describe<'a>(
    platform: &'a Platform,
    table: &'a Table,
    format: &Construct,
    location: &'a str,
) -> Described<'a> {
    let columns = &platform.schema(table.schema).columns;
    // Columns are numbered first, in their order, as Iceberg itself does for a new schema; what is nested comes behind them.
    let mut ids = FieldIds(i32::try_from(columns.len()).unwrap_or(i32::MAX));
    let numbered = || (1..).zip(columns);
    let fields = numbered().map(|(id, column)| IcebergField {
        id,
        name: column.name.to_lowercase(),
        ty: iceberg(platform, &column.ty, &mut ids),
        required: !column.ty.nullable,
        doc: comment(column),
    });
    let partition = table.partition.iter().filter_map(|name| {
        let (source_id, column) = numbered().find(|(_, column)| column.name == *name)?;
        Some(PartitionField { source_id, transform: "identity", name: column.name.to_lowercase() })
    });
    let partition: Vec<PartitionField> = partition.collect();
    let mut properties = promises(platform, table);
    properties.extend(
        platform.resource(table.resource).doc.as_ref().map(|doc| ("comment".to_owned(), doc.to_string())),
    );
    let labelled = columns.iter().filter(|column| !column.ty.labels.is_empty());
    properties.extend(
        labelled.map(|column| (format!("labels.{}", column.name.to_lowercase()), column.ty.labels.join(","))),
    );
    Described::Iceberg {
        name: &table.name,
        open_table_format_input: Box::new(OpenTableFormatInput {
            iceberg_input: IcebergInput {
                metadata_operation: "CREATE",
                version: version(format).to_string(),
                create_iceberg_table_input: IcebergTable {
                    location: location.trim_end_matches('/'),
                    schema: IcebergSchema {
                        ty: "struct",
                        fields: fields.collect(),
                        identifier_field_ids: numbered()
                            .filter(|(_, column)| column.key)
                            .map(|(id, _)| id)
                            .collect(),
                    },
                    partition_spec: (!partition.is_empty()).then_some(PartitionSpec { fields: partition }),
                    properties,
                },
            },
        }),
    }
}

/// The version of Iceberg's format: the constructor's only field.
pub fn version(format: &Construct) -> i64 {
    match format.fields.first().and_then(Option::as_ref).map(|value| &value.kind) {
        Some(ValueKind::Int(version)) => *version,
        _ => 2,
    }
}
