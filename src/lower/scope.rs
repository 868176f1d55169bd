//! What a template can name: the fields of its declaration, a few words about it, and the results of earlier calls.

use crate::platform::{
    Account, Construct, Location, Platform, Principal, Resource, ResourceId, Value, ValueKind,
};
use serde_json::{Map, Value as Json};

use super::tag;

/// What templates can name of other stages' results.
pub trait Surroundings {
    /// The ARN of the role that the compiler derives for a declaration: what the service assumes to do its work.
    fn role(&self, resource: ResourceId) -> Option<String>;
    /// The text of the resource policy that grants make for a declaration.
    fn policy(&self, resource: ResourceId) -> Option<String>;
}

/// For what takes neither roles nor policies.
#[derive(Debug)]
pub struct Nothing;

impl Surroundings for Nothing {
    fn role(&self, _: ResourceId) -> Option<String> {
        None
    }

    fn policy(&self, _: ResourceId) -> Option<String> {
        None
    }
}

/// A value on its way into a request.
#[derive(Clone, Debug)]
pub enum Term<'a> {
    /// Nothing: its member is left out.
    None,
    /// A field's value.
    Value(&'a Value),
    /// A declaration.
    Resource(ResourceId),
    /// A place in a bucket.
    Location(&'a Location),
    /// A part of an earlier call's result: `id`, then members.
    Result(String),
    /// Anything computed.
    Json(Json),
}

impl Term<'_> {
    /// Whether a condition made of it holds.
    pub fn holds(&self) -> bool {
        match self {
            Term::None | Term::Json(Json::Bool(false) | Json::Null) => false,
            Term::Value(value) => !matches!(value.kind, ValueKind::None | ValueKind::Bool(false)),
            _ => true,
        }
    }
}

/// A constructor's value that was made by calls of its own, and what stands for it: the reference to their result.
pub struct Made<'a> {
    pub construct: &'a Construct,
    pub reference: String,
}

/// Where a template is evaluated.
#[derive(Clone, Copy)]
pub struct Scope<'a, 's> {
    pub platform: &'a Platform,
    pub surroundings: &'a dyn Surroundings,
    /// The declaration that is lowered.
    pub id: ResourceId,
    pub resource: &'a Resource,
    /// The constructor's value whose own template it is.
    pub construct: Option<&'a Construct>,
    /// Values made by calls of their own.
    pub made: &'s [Made<'a>],
    /// Names of the declaration's calls so far, with their ids.
    pub earlier: &'s [(&'a str, String)],
    /// Of a template over a request, and not over a declaration: the only names there are.
    pub given: Option<Given<'s>>,
}

/// The names of a template over a request.
#[derive(Clone, Copy)]
pub struct Given<'s> {
    /// Those of the part of it that is looked at, which go before the others.
    pub part: Option<&'s Map<String, Json>>,
    /// Those of all of it.
    pub whole: &'s Map<String, Json>,
}

impl<'s> Given<'s> {
    /// What a name means.
    pub fn get(self, name: &str) -> Option<&'s Json> {
        self.part.and_then(|part| part.get(name)).or_else(|| self.whole.get(name))
    }
}

/// Words that a template can use in every declaration, beside its fields.
pub const WORDS: &[&str] = &[
    "name",
    "arn",
    "account",
    "region",
    "partition",
    "role",
    "policy",
    "doc",
    "parent",
    "declaration",
    "all_tags",
    "alerts",
    "flink",
];

impl<'a> Scope<'a, '_> {
    /// What a name means. A constructor's own fields come before the words, the words before a kind's fields.
    pub fn name(&self, name: &str) -> Term<'a> {
        if let Some(given) = self.given {
            return given.get(name).cloned().map_or(Term::None, Term::Json);
        }
        if let Some(construct) = self.construct
            && let Some(found) = self.construct_field(construct, name)
        {
            return found;
        }
        if name == "declaration" {
            return Term::Resource(self.id);
        }
        match self.earlier.iter().find(|(call, _)| *call == name) {
            Some((_, id)) => Term::Result(id.clone()),
            None => self.member(self.id, name),
        }
    }

    /// A word or a field of a declaration.
    pub fn member(&self, id: ResourceId, name: &str) -> Term<'a> {
        let resource = self.platform.resource(id);
        match name {
            "name" => text(resource.physical.as_str()),
            "arn" => resource.arn.as_deref().map_or(Term::None, text),
            "account" => self.account(resource).map_or(Term::None, |account| text(account.id.as_str())),
            "region" => self.account(resource).map_or(Term::None, |account| text(account.region.as_str())),
            "partition" => text(self.platform.project.partition()),
            "doc" => resource.doc.as_deref().map_or(Term::None, text),
            "parent" => resource.parent.map_or(Term::None, Term::Resource),
            "role" => self.surroundings.role(id).map_or(Term::None, text),
            "alerts" => self.platform.alerts(id).map_or(Term::None, Term::Resource),
            "flink" => text(self.platform.project.flink().replace('.', "_")),
            "all_tags" => self.tags(id).map_or(Term::None, Term::Json),
            "policy" => self.surroundings.policy(id).map_or(Term::None, text),
            _ => resource.field(self.platform.kind_of(id), name).map_or(Term::None, term),
        }
    }

    /// What a declaration is tagged with; nothing where that is nothing.
    fn tags(&self, id: ResourceId) -> Option<Json> {
        let tags = self.platform.tags_of(id, self.platform.resource(id).account?);
        (!tags.is_empty()).then(|| tag::of_tags(&tags))
    }

    /// A field of a constructor's value; nothing where it has no such field.
    pub fn construct_field(&self, construct: &'a Construct, name: &str) -> Option<Term<'a>> {
        let constructor = self.platform.library.constructor(construct.constructor);
        let index = constructor.fields.iter().position(|field| field.name == name)?;
        Some(construct.fields.get(index)?.as_ref().map_or(Term::None, term))
    }

    /// The account of a declaration.
    pub fn account(&self, resource: &Resource) -> Option<&'a Account> {
        resource.account.map(|account| self.platform.account(account))
    }
}

/// A field's value as a term.
pub fn term(value: &Value) -> Term<'_> {
    match &value.kind {
        ValueKind::None => Term::None,
        ValueKind::Ref(id) | ValueKind::Principal(Principal::Resource(id)) => Term::Resource(*id),
        ValueKind::Location(location) => Term::Location(location),
        _ => Term::Value(value),
    }
}

/// Text as a term.
pub fn text<'a>(text: impl Into<String>) -> Term<'a> {
    Term::Json(Json::String(text.into()))
}
