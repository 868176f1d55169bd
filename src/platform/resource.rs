//! What every declared thing has in common.

use smol_str::SmolStr;

use super::{
    account::{AccountId, UnitId},
    value::Value,
};
use crate::{
    library::{Kind, KindId},
    source::{FileId, Span},
};

/// Index into [`super::Platform::resources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// A declared thing of a kind of the standard library.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its kind.
    pub kind: KindId,
    /// What it is beside a resource: where the list of its noun has it.
    pub noun: Noun,
    /// The name in the program.
    pub name: SmolStr,
    /// The name in AWS: the field `name` where given, else made from the program's name as the kind says.
    pub physical: SmolStr,
    /// Its ARN, where the kind has one and all its parts are known.
    pub arn: Option<SmolStr>,
    /// The account that it lives in.
    pub account: Option<AccountId>,
    /// The declaration that it stands in: a table's domain.
    pub parent: Option<ResourceId>,
    /// Whether it exists already, so that it is referred to and never generated.
    pub external: bool,
    /// One value per field of the kind, defaults filled in.
    pub fields: Vec<Option<Value>>,
    /// Where each field's name was written, where it was.
    pub given: Vec<Option<Span>>,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// The name's place in the source.
    pub span: Span,
    /// The file.
    pub file: FileId,
}

/// The typed part of a declaration, by index into the platform's list of that noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Noun {
    /// Nothing beyond its fields.
    #[default]
    Plain,
    /// [`super::Platform::organizations`]
    Organization(u32),
    /// [`super::Platform::units`]
    Unit(UnitId),
    /// [`super::Platform::accounts`]
    Account(AccountId),
    /// [`super::Platform::guardrails`]
    Guardrail(u32),
    /// [`super::Platform::boundaries`]
    Boundary(u32),
    /// [`super::Platform::roles`]
    Role(u32),
    /// [`super::Platform::functions`]
    Function(u32),
    /// [`super::Platform::pipelines`]
    Pipeline(u32),
    /// [`super::Platform::domains`]
    Domain(u32),
    /// [`super::Platform::tables`]
    Table(u32),
    /// [`super::Platform::item_tables`]
    ItemTable(u32),
    /// [`super::Platform::streams`]
    Stream(u32),
    /// [`super::Platform::queries`]
    Query(u32),
}

impl Resource {
    /// The value of a field by its name in the kind.
    pub fn field(&self, kind: &Kind, name: &str) -> Option<&Value> {
        self.fields.get(kind.field_index(name)?)?.as_ref()
    }
}
