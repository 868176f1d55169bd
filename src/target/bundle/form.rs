//! What differs between CloudFormation and Terraform before a document is written.

use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::map::{Resource, capital};
use crate::{
    diagnostic::{Code, catalogue},
    library::{Call, Library},
};

/// Whose resources are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// CloudFormation's.
    CloudFormation,
    /// Those of Terraform's AWS provider.
    Terraform,
}

impl Form {
    /// The word behind `--target`.
    pub fn word(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Terraform => "terraform",
        }
    }

    /// The warning about calls that nothing stands for, and how its sentence begins.
    pub fn left(self) -> (Code, &'static str) {
        match self {
            Self::CloudFormation => (catalogue::NOT_IN_A_TEMPLATE, "no template"),
            Self::Terraform => (catalogue::NOT_IN_A_ROOT, "no resource of Terraform"),
        }
    }

    /// What the standard library says of each request.
    pub fn mappings(self, library: &Library) -> &FxHashMap<(SmolStr, SmolStr), Vec<Call>> {
        match self {
            Self::CloudFormation => &library.stacked,
            Self::Terraform => &library.rooted,
        }
    }

    /// A name made of words: `S3DataLakeBucket`, `s3_data_lake_bucket`.
    pub fn name(self, words: &str) -> String {
        let words = words.split(|it: char| !it.is_ascii_alphanumeric());
        match self {
            Self::CloudFormation => words.map(capital).collect(),
            Self::Terraform => {
                let words: Vec<String> =
                    words.filter(|it| !it.is_empty()).map(str::to_ascii_lowercase).collect();
                words.join("_")
            }
        }
    }

    /// What stands for an attribute of a resource, or for what it is known by; of an ARN only what stands behind its `/` where `behind` is asked.
    pub fn refer(self, resource: &Resource<'_>, attribute: Option<&str>, behind: bool) -> Json {
        match (self, attribute) {
            (Self::CloudFormation, None) => json!({ "Ref": resource.logical }),
            (Self::CloudFormation, Some(attribute)) => {
                let whole = json!({ "Fn::GetAtt": [resource.logical, attribute] });
                if behind { json!({ "Fn::Select": [1, { "Fn::Split": ["/", whole] }] }) } else { whole }
            }
            (Self::Terraform, attribute) => {
                let data = if resource.looked_up { "data." } else { "" };
                let whole =
                    format!("{data}{}.{}.{}", resource.ty, resource.logical, attribute.unwrap_or("id"));
                let whole = if behind { format!("split(\"/\", {whole})[1]") } else { whole };
                Json::from(format!("${{{whole}}}"))
            }
        }
    }

    /// A text that pieces make one behind the other.
    pub fn joined(self, pieces: Vec<Json>) -> Json {
        match self {
            Self::CloudFormation => json!({ "Fn::Join": ["", pieces] }),
            Self::Terraform => pieces.iter().filter_map(Json::as_str).collect::<String>().into(),
        }
    }

    /// A value whose texts say what they say. Terraform reads `${` and `%{` in each as the begin of an expression:
    /// <https://developer.hashicorp.com/terraform/language/syntax/json#string-templates>
    pub fn literal(self, value: Json) -> Json {
        match value {
            Json::String(text) if self == Self::Terraform => {
                text.replace("${", "$${").replace("%{", "%%{").into()
            }
            Json::Array(items) => items.into_iter().map(|item| self.literal(item)).collect(),
            Json::Object(members) => {
                Json::Object(members.into_iter().map(|(name, of)| (name, self.literal(of))).collect())
            }
            other => other,
        }
    }
}
