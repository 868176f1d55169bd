//! Roles.

use smol_str::SmolStr;

use super::{Context, Declared, index};
use crate::platform::{Role, Trust, ValueKind, resource::Noun};

impl Context<'_> {
    pub(super) fn roles(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name != "role" {
                continue;
            }
            let Some(account) = self.platform.resource(declared.id).account else { continue };
            let role = Role {
                resource: declared.id,
                account,
                trust: self.trust(declared),
                session: match self.platform.field(declared.id, "session").map(|value| &value.kind) {
                    Some(ValueKind::Duration(milliseconds)) => milliseconds / 1000,
                    _ => 3600,
                },
                tags: self.tags(declared),
                when: match self.platform.field(declared.id, "when").map(|value| &value.kind) {
                    Some(ValueKind::Conditions(conditions)) => conditions.clone(),
                    _ => Vec::new(),
                },
                external_id: self.text_of(declared.id, "external_id"),
                boundary: self.platform.reference(declared.id, "boundary"),
                subjects: self.texts(declared, "subjects"),
                audience: self.text_of(declared.id, "audience"),
                clearance: self.texts(declared, "clearance"),
            };
            let noun = Noun::Role(index(self.platform.roles.len()));
            self.platform.roles.push(role);
            self.set_noun(declared, noun);
        }
    }

    fn trust(&self, declared: &Declared<'_>) -> Vec<Trust> {
        let Some(ValueKind::List(items)) = self.platform.field(declared.id, "trust").map(|value| &value.kind)
        else {
            return Vec::new();
        };
        let trusted = items.iter().filter_map(|item| match &item.kind {
            ValueKind::Principal(principal) => Some(Trust { principal: principal.clone(), span: item.span }),
            _ => None,
        });
        let mut trust: Vec<Trust> = trusted.collect();
        trust.sort_by(|a, b| a.principal.cmp(&b.principal));
        trust
    }

    fn tags(&self, declared: &Declared<'_>) -> Vec<(SmolStr, SmolStr)> {
        let Some(ValueKind::Map(entries)) = self.platform.field(declared.id, "tags").map(|value| &value.kind)
        else {
            return Vec::new();
        };
        let texts = entries.iter().filter_map(|(key, value)| match &value.kind {
            ValueKind::Text(text) => Some((key.clone(), text.clone())),
            _ => None,
        });
        let mut tags: Vec<(SmolStr, SmolStr)> = texts.collect();
        tags.sort();
        tags
    }

    /// A list of texts, sorted.
    pub(super) fn texts(&self, declared: &Declared<'_>, field: &str) -> Vec<SmolStr> {
        let mut texts = self.platform.texts(declared.id, field);
        texts.sort();
        texts
    }

    pub(super) fn set_noun(&mut self, declared: &Declared<'_>, noun: Noun) {
        if let Some(resource) = self.platform.resources.get_mut(declared.id.0 as usize) {
            resource.noun = noun;
        }
    }
}
