//! The requests, as types that hold nothing that AWS refuses. Names of members are botocore's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

/// `lakeformation.GrantPermissions`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrantPermissions<'a> {
    pub catalog_id: &'a str,
    pub principal: Principal<'a>,
    pub resource: Resource<'a>,
    pub permissions: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions_with_grant_option: Vec<&'a str>,
}

/// Somebody, by ARN, account id or one of Lake Formation's own names.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Principal<'a> {
    pub data_lake_principal_identifier: &'a str,
}

/// What a permission is on: exactly one kind of thing.
#[derive(Serialize)]
pub enum Resource<'a> {
    #[serde(rename_all = "PascalCase")]
    Database { catalog_id: &'a str, name: &'a str },
    #[serde(rename_all = "PascalCase")]
    Table {
        catalog_id: &'a str,
        database_name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        table_wildcard: Option<Empty>,
    },
    #[serde(rename_all = "PascalCase")]
    TableWithColumns {
        catalog_id: &'a str,
        database_name: &'a str,
        name: &'a str,
        column_names: Vec<&'a str>,
    },
    #[serde(rename_all = "PascalCase")]
    DataCellsFilter { table_catalog_id: &'a str, database_name: &'a str, table_name: &'a str, name: &'a str },
    #[serde(rename_all = "PascalCase")]
    DataLocation { catalog_id: &'a str, resource_arn: &'a str },
    #[serde(rename = "LFTagPolicy", rename_all = "PascalCase")]
    LfTagPolicy { catalog_id: &'a str, resource_type: &'static str, expression: Vec<LfTag> },
}

/// A tag with any of some values.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LfTag {
    pub tag_key: String,
    pub tag_values: Vec<&'static str>,
}

/// `{}`.
#[derive(Serialize)]
pub struct Empty {}

/// `lakeformation.CreateDataCellsFilter`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDataCellsFilter<'a> {
    pub table_data: DataCellsFilter<'a>,
}

/// Some rows of a table, and some columns of them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataCellsFilter<'a> {
    pub table_catalog_id: &'a str,
    pub database_name: &'a str,
    pub table_name: &'a str,
    pub name: &'a str,
    pub row_filter: RowFilter<'a>,
    #[serde(flatten)]
    pub columns: FilteredColumns<'a>,
}

/// Which rows.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RowFilter<'a> {
    pub filter_expression: &'a str,
}

/// Which columns: exactly one of two members.
#[derive(Serialize)]
pub enum FilteredColumns<'a> {
    #[serde(rename = "ColumnNames")]
    These(Vec<&'a str>),
    #[serde(rename = "ColumnWildcard")]
    All(Empty),
}

/// `lakeformation.RegisterResource`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegisterResource<'a> {
    pub resource_arn: &'a str,
    pub role_arn: &'a str,
    pub hybrid_access_enabled: bool,
    /// Where the bucket is another account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_resource_owner_account: Option<&'a str>,
}

/// `lakeformation.BatchRevokePermissions`: what is not there is a failure in the response and none of the call.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchRevokePermissions<'a> {
    pub catalog_id: &'a str,
    pub entries: Vec<Entry<'a>>,
}

/// One permission of a batch.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry<'a> {
    pub id: &'a str,
    pub principal: Principal<'a>,
    pub resource: Resource<'a>,
    pub permissions: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions_with_grant_option: Vec<&'a str>,
}

/// `lakeformation.BatchGrantPermissions`: what is there already stays as it is, so that the call can be repeated.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchGrantPermissions<'a> {
    pub catalog_id: &'a str,
    pub entries: &'a [Json],
}

/// `lakeformation.CreateLFTag`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLfTag<'a> {
    pub catalog_id: &'a str,
    #[serde(flatten)]
    pub tag: LfTag,
}

/// `lakeformation.AddLFTagsToResource`: tags that are there already stay.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddLfTagsToResource<'a> {
    pub catalog_id: &'a str,
    pub resource: Resource<'a>,
    #[serde(rename = "LFTags")]
    pub lf_tags: Vec<CreateLfTag<'a>>,
}

/// `lakeformation.PutDataLakeSettings`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutDataLakeSettings<'a> {
    pub catalog_id: &'a str,
    pub data_lake_settings: DataLakeSettings<'a>,
}

/// An account's settings in one region.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataLakeSettings<'a> {
    pub data_lake_admins: Vec<Principal<'a>>,
    /// Empty: Lake Formation decides, and not IAM alone.
    pub create_database_default_permissions: [Empty; 0],
    /// Empty, as above.
    pub create_table_default_permissions: [Empty; 0],
    pub parameters: BTreeMap<&'static str, &'static str>,
}

/// `glue.CreateDatabase`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDatabase<'a> {
    pub catalog_id: &'a str,
    pub database_input: DatabaseInput<'a>,
}

/// A database.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatabaseInput<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    pub location_uri: &'a str,
    /// Empty: IAMAllowedPrincipals gets nothing on new tables, so that column grants mean something. Not so in hybrid access mode.
    pub create_table_default_permissions: Vec<DefaultPermission<'a>>,
}

/// What somebody has on all that is made.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DefaultPermission<'a> {
    pub principal: Principal<'a>,
    pub permissions: Vec<&'a str>,
}

/// `lakeformation.CreateLakeFormationOptIn`: from then on a principal is governed by Lake Formation there, too.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLakeFormationOptIn<'a> {
    pub principal: Principal<'a>,
    pub resource: Resource<'a>,
}

/// `glue.CreateTable`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateTable<'a> {
    pub catalog_id: &'a str,
    pub database_name: &'a str,
    #[serde(flatten)]
    pub table: Table<'a>,
}

/// The two ways to describe a table.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Table<'a> {
    #[serde(rename_all = "PascalCase")]
    Hive { table_input: Box<TableInput<'a>> },
    #[serde(rename_all = "PascalCase")]
    Iceberg { name: &'a str, open_table_format_input: Box<OpenTableFormatInput<'a>> },
}

/// A table of files, or a link to another table.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct TableInput<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_descriptor: Option<StorageDescriptor<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_keys: Option<Vec<Column>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_table: Option<TargetTable<'a>>,
}

/// How the files of a table are read and written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StorageDescriptor<'a> {
    pub columns: Vec<Column>,
    pub location: &'a str,
    pub input_format: Json,
    pub output_format: Json,
    pub serde_info: SerdeInfo,
}

/// What turns bytes into rows.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SerdeInfo {
    pub serialization_library: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Json>,
}

/// A column in Hive's types.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Column {
    pub name: String,
    #[serde(rename = "Type")]
    pub ty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<&'static str, String>,
}

/// The table that a link leads to.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetTable<'a> {
    pub catalog_id: &'a str,
    pub database_name: &'a str,
    pub name: &'a str,
    pub region: &'a str,
}

/// An Iceberg table to make.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenTableFormatInput<'a> {
    pub iceberg_input: IcebergInput<'a>,
}

/// Its metadata.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IcebergInput<'a> {
    pub metadata_operation: &'static str,
    pub version: String,
    pub create_iceberg_table_input: IcebergTable<'a>,
}

/// Its schema and its place.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IcebergTable<'a> {
    pub location: &'a str,
    pub schema: IcebergSchema,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_spec: Option<PartitionSpec>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// Its columns.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IcebergSchema {
    #[serde(rename = "Type")]
    pub ty: &'static str,
    pub fields: Vec<IcebergField>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identifier_field_ids: Vec<i32>,
}

/// A column of an Iceberg table.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IcebergField {
    pub id: i32,
    pub name: String,
    #[serde(rename = "Type")]
    pub ty: Json,
    pub required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// How its files are divided.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PartitionSpec {
    pub fields: Vec<PartitionField>,
}

/// A column that divides.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PartitionField {
    pub source_id: i32,
    pub transform: &'static str,
    pub name: String,
}

/// `ram.CreateResourceShare`, whose members begin with small letters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateResourceShare<'a> {
    pub name: &'a str,
    pub resource_arns: Vec<String>,
    pub principals: Vec<&'a str>,
    pub allow_external_principals: bool,
}

/// `ram.GetResourceShareInvitations`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetResourceShareInvitations {
    pub resource_share_arns: Vec<Json>,
}

/// `ram.AcceptResourceShareInvitation`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptResourceShareInvitation {
    pub resource_share_invitation_arn: Json,
}
