//! Principals, capabilities and places in words, as the program names them.

use super::prover::Prover;
use crate::{
    access::{RoleAccess, RoleKey},
    flow::{Copy, Spot},
    platform::{Capability, CapabilityUse, Location, Principal, ResourceId, Target, resource::Noun},
};

impl Prover<'_> {
    /// A role as a sentence names it: `Loader`, `pipeline ingest`.
    pub fn role_name(&self, role: &RoleAccess) -> String {
        match role.identity.key {
            RoleKey::Declared(id) => self.platform.resource(id).name.to_string(),
            RoleKey::Derived(id, _) => self.declared(id),
        }
    }

    /// What a role is, and where: `role in lake`, `role ingest-pipeline in prod`.
    pub(super) fn kind_name(&self, role: &RoleAccess) -> String {
        let account = &self.platform.account(role.identity.account).name;
        match role.identity.key {
            RoleKey::Declared(id) => format!("{} in {account}", self.platform.kind_of(id).name),
            RoleKey::Derived(..) => format!("role {} in {account}", role.identity.name),
        }
    }

    /// What an identity provider is.
    pub(super) fn kind_of_provider(&self, id: ResourceId) -> String {
        let account = self.platform.account_of(id).map_or("", |account| account.name.as_str());
        format!("those for whom the {} in {account} vouches", self.platform.kind_of(id).name)
    }

    /// What whoever becomes a role must bring.
    pub(super) fn brings(&self, role: &RoleAccess) -> Option<String> {
        let Noun::Role(at) = self.platform.resource(role.identity.key.declaration()).noun else {
            return None;
        };
        let declared = self.platform.roles.get(at as usize)?;
        let tags = declared.tags.iter().map(|(key, value)| format!("the session tag {key} = {value}"));
        let id = declared.external_id.as_ref().map(|_| "the external id".to_owned());
        let all: Vec<String> = tags.chain(id).collect();
        (!all.is_empty())
            .then(|| format!("whoever becomes `{}` brings {}", self.role_name(role), all.join(" and ")))
    }

    /// The same, by its place in the list of roles.
    pub(super) fn name_at(&self, at: usize) -> String {
        self.access.roles.get(at).map_or_else(String::new, |role| self.role_name(role))
    }

    /// A principal as a sentence names it.
    pub fn principal_name(&self, principal: &Principal) -> String {
        match principal {
            Principal::Resource(id) => self.platform.resource(*id).name.to_string(),
            Principal::Account(id) => self.platform.account(*id).name.to_string(),
            Principal::ForeignAccount(id) => format!("account \"{id}\""),
            Principal::Service(id) => format!("service {}", self.platform.library.service(*id).name),
        }
    }

    /// A declaration with its kind: `sync mirror`.
    pub(super) fn declared(&self, id: ResourceId) -> String {
        format!("{} {}", self.platform.kind_of(id).name, self.platform.resource(id).name)
    }

    /// A capability: `select(email)`.
    pub fn capability_name(&self, wanted: &CapabilityUse) -> String {
        let library = &self.platform.library;
        let name = match wanted.capability {
            Capability::Named(id) => library.capability(id).name.to_string(),
            Capability::Action(id) => library.action_spelling(id).to_string(),
        };
        let labels = wanted.labels.iter().map(ToString::to_string);
        let chosen: Vec<String> = wanted.columns.iter().map(ToString::to_string).chain(labels).collect();
        if chosen.is_empty() { name } else { format!("{name}({})", chosen.join(", ")) }
    }

    /// A place: `data_lake / "raw"`.
    pub fn place_name(&self, on: &Target) -> String {
        let name = &self.platform.resource(on.resource).name;
        match &on.prefix {
            Some(prefix) => format!("{name} / \"{prefix}\""),
            None => name.to_string(),
        }
    }

    /// `read` on `data_lake / "raw"`, with the rows that are meant behind it.
    pub(super) fn what(&self, wanted: &CapabilityUse, on: &Target) -> String {
        let rows = wanted.rows.as_ref().map(|rows| format!(" where {}", rows.text)).unwrap_or_default();
        format!("`{}` on `{}`{rows}", self.capability_name(wanted), self.place_name(on))
    }

    /// What a copy does, and whereto.
    pub(super) fn copies(&self, copy: &Copy) -> String {
        let by = self.declared(copy.by);
        match (&copy.to, &copy.from) {
            (Spot::Within(_), from) => format!("`{by}` reads it in `{}`", self.spot_name(from)),
            (to, Spot::Within(_)) => format!("`{by}` writes to `{}`", self.spot_name(to)),
            (to, from) => {
                format!("`{by}` copies it from `{}` to `{}`", self.spot_name(from), self.spot_name(to))
            }
        }
    }

    /// The same where its place is seen beside it.
    pub(super) fn copied_by(&self, copy: &Copy) -> String {
        let does = match (&copy.to, &copy.from) {
            (Spot::Within(_), _) => "read",
            (_, Spot::Within(_)) => "written",
            _ => "copied",
        };
        format!("{does} by `{}`", self.declared(copy.by))
    }

    fn spot_name(&self, spot: &Spot) -> String {
        match spot {
            Spot::Objects(Location { bucket, key }) => {
                let prefix = Some(key.clone()).filter(|key| !key.is_empty());
                self.place_name(&Target {
                    resource: *bucket,
                    prefix,
                    span: self.platform.resource(*bucket).span,
                })
            }
            Spot::Stream(id) | Spot::Warehouse(id) | Spot::Within(id) => {
                self.platform.resource(*id).name.to_string()
            }
        }
    }
}
