//! The requests, as types that hold nothing that AWS refuses. Names of members are botocore's.

use serde::Serialize;

/// `glue.CreateRegistry`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRegistry<'a> {
    pub registry_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
}

/// `glue.CreateSchema`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSchema<'a> {
    pub registry_id: RegistryId<'a>,
    pub schema_name: &'a str,
    pub data_format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    pub schema_definition: String,
}

/// A registry, by name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegistryId<'a> {
    pub registry_name: &'a str,
}

/// `glue.CreateDataQualityRuleset`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDataQualityRuleset<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    pub ruleset: &'a str,
    pub target_table: TargetTable<'a>,
}

/// The table that rules are about.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetTable<'a> {
    pub table_name: &'a str,
    pub database_name: &'a str,
    pub catalog_id: &'a str,
}
