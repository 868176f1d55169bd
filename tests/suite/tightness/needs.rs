//! What the roles of a program need, from its declarations.

use dpl::{
    Analysis,
    access::{
        RoleKey,
        derived::{Duty, derived_role_in},
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    platform::{
        Capability, Location, Principal, ResourceId, Value, grant::Effect, pipeline::User, stream::Rows,
    },
};
use smol_str::SmolStr;

/// What a role needs; or with `denied` what it must not do whatever else it may.
pub struct Need {
    pub role: usize,
    pub requirement: Requirement,
    pub denied: bool,
}

/// Collects needs for the roles of a program.
pub struct Needs<'a> {
    analysis: &'a Analysis,
    all: Vec<Need>,
}

impl Needs<'_> {
    pub fn of(analysis: &Analysis) -> Vec<Need> {
        let mut needs = Needs { analysis, all: Vec::new() };
        needs.sentences();
        needs.pipelines();
        needs.queries();
        needs.syncs_functions_domains();
        needs.crawlers();
        needs.links();
        needs.all
    }

    fn add(&mut self, key: RoleKey, capability: Capability, place: &Place, denied: bool) {
        let Some(role) = self.analysis.access.index_of(key) else { return };
        let required = requirements(&self.analysis.platform, capability, place);
        assert!(!required.is_empty(), "{capability:?} takes nothing at {place:?}");
        for requirement in required {
            if !denied || requirement.primary {
                self.all.push(Need { role, requirement, denied });
            }
        }
    }

    fn named(&mut self, key: RoleKey, kind: &str, capabilities: &[&str], place: &Place) {
        let library = &self.analysis.platform.library;
        for name in capabilities {
            let id = library.capability_named(library.kind_named(kind).unwrap(), name).unwrap();
            self.add(key, Capability::Named(id), place, false);
        }
    }

    fn sentences(&mut self) {
        let platform = &self.analysis.platform;
        for grant in &platform.grants {
            for (principal, _) in &grant.to {
                let Principal::Resource(id) = principal else { continue };
                for wanted in &grant.capabilities {
                    let denied = grant.effect == Effect::Deny;
                    self.add(
                        acting(platform, *id).unwrap(),
                        wanted.capability,
                        &Place::from(&grant.on),
                        denied,
                    );
                }
                if grant.grant_option {
                    let kind = &platform.kind_of(grant.on.resource).name;
                    self.named(acting(platform, *id).unwrap(), kind, &["hand_on"], &Place::from(&grant.on));
                }
            }
        }
        for role in &platform.roles {
            for trust in &role.trust {
                let Principal::Resource(caller) = trust.principal else { continue };
                let (key, place) = (acting(platform, caller).unwrap(), Place::Resource(role.resource));
                self.named(key, "role", &["assume"], &place);
            }
        }
    }

    fn pipelines(&mut self) {
        for pipeline in &self.analysis.platform.pipelines {
            for used in &pipeline.uses {
                let key = match used.who {
                    User::Pipeline => RoleKey::Derived(pipeline.resource, Duty::Pipeline),
                    User::Trigger => RoleKey::Derived(pipeline.resource, Duty::Trigger),
                    User::Forwarder(_) => RoleKey::Derived(pipeline.resource, Duty::Forward),
                    User::Delegate(account) => {
                        // The pipeline's own role takes the other one on.
                        let own = RoleKey::Derived(pipeline.resource, Duty::Pipeline);
                        let platform = &self.analysis.platform;
                        let duty = Duty::Delegate(account);
                        let role = derived_role_in(platform, pipeline.resource, duty, account).unwrap();
                        self.named(own, "role", &["assume"], &Place::Arn(role.arn));
                        RoleKey::Derived(pipeline.resource, duty)
                    }
                    User::Role(role) => RoleKey::Declared(role),
                };
                self.add(key, used.capability, &Place::from(&used.on), false);
            }
        }
    }

    fn queries(&mut self) {
        let platform = &self.analysis.platform;
        for query in &platform.queries {
            let key = RoleKey::Derived(query.resource, Duty::Query);
            let mut written = vec![query.sink];
            for source in query.sources() {
                self.stream(key, source, false);
                let stream = platform.stream(source).unwrap();
                written.extend(stream.late.into_iter().chain([stream.on_invalid]).filter_map(
                    |rows| match rows {
                        Rows::Divert(to) => Some(to),
                        _ => None,
                    },
                ));
            }
            written.into_iter().for_each(|to| self.stream(key, to, true));
        }
    }

    fn stream(&mut self, key: RoleKey, id: ResourceId, write: bool) {
        let stream = self.analysis.platform.stream(id).unwrap();
        let files: Vec<&Location> =
            stream.connector.fields.iter().flatten().flat_map(Value::locations).map(|(it, _)| it).collect();
        if files.is_empty() {
            self.named(key, "stream", if write { &["put"] } else { &["consume"] }, &Place::Resource(id));
        }
        for file in files {
            // Flink puts parts that are not whole aside as objects, reads them again and deletes them.
            let what: &[&str] = if write { &["list", "read", "write", "delete"] } else { &["list", "read"] };
            self.named(key, "bucket", what, &Place::from(file));
        }
    }

    fn syncs_functions_domains(&mut self) {
        let platform = &self.analysis.platform;
        for (id, resource) in platform.of_kind("sync") {
            let key = RoleKey::Derived(id, Duty::Sync);
            for (field, capability) in [("from", "sync_from"), ("to", "sync_to")] {
                let value = resource.field(platform.kind_of(id), field).unwrap();
                for (location, _) in value.locations() {
                    let before = self.all.len();
                    self.named(key, "bucket", &[capability], &Place::from(location));
                    // DataSync looks at the bucket before it looks at a place in it: it lists without a prefix.
                    self.all.iter_mut().skip(before).for_each(|need| need.requirement.prefix = None);
                }
            }
        }
        for function in &platform.functions {
            let key = RoleKey::Derived(function.resource, Duty::Function);
            for (location, _) in &function.reads {
                self.named(key, "bucket", &["read", "list"], &Place::from(location));
            }
            for (location, _) in &function.writes {
                self.named(key, "bucket", &["write"], &Place::from(location));
            }
        }
        for domain in &platform.domains {
            let key = RoleKey::Derived(domain.resource, Duty::Registration);
            let tables = domain.tables.iter().map(|&at| &platform.tables[at as usize].location);
            for location in std::iter::once(&domain.location).chain(tables) {
                self.named(key, "bucket", &["read", "write", "list", "delete"], &Place::from(location));
            }
        }
    }

    /// The owner of a domain finds a link in his own catalog.
    fn links(&mut self) {
        let platform = &self.analysis.platform;
        let glue = platform.library.service_named("glue").unwrap();
        for share in &platform.shares {
            let domain = &platform.domains[share.with as usize];
            let Principal::Resource(owner) = domain.owner else { continue };
            let Some(account) = platform.account_of(domain.resource) else { continue };
            let (catalog, database) =
                (format!("arn:aws:glue:{}:{}", account.region, account.id), &domain.database);
            let above = ["catalog".to_owned(), format!("database/{database}")];
            let link = format!("table/{database}/{}", share.name);
            for (action, link) in
                [("GetDatabase", None), ("GetTable", Some(&link)), ("GetTables", Some(&link))]
            {
                let action = platform.library.action_named(glue, action).unwrap();
                for resource in above.iter().chain(link) {
                    let place = Place::Arn(SmolStr::from(format!("{catalog}:{resource}")));
                    self.add(acting(platform, owner).unwrap(), Capability::Action(action), &place, false);
                }
            }
        }
    }

    /// A crawler lists its buckets, reads its targets, makes tables, and writes into the log of all crawlers.
    fn crawlers(&mut self) {
        let platform = &self.analysis.platform;
        for (id, resource) in platform.of_kind("crawler") {
            let key = RoleKey::Derived(id, Duty::Crawler);
            let field = |name: &str| resource.field(platform.kind_of(id), name).unwrap();
            for (target, _) in field("targets").locations() {
                let before = self.all.len();
                self.named(key, "bucket", &["crawl_from"], &Place::from(target));
                self.all.iter_mut().skip(before).for_each(|need| need.requirement.prefix = None);
            }
            let domain = platform.reference(id, "domain").unwrap();
            self.named(key, "domain", &["crawl"], &Place::Resource(domain));
            let account = platform.account_of(id).unwrap();
            let group =
                format!("arn:aws:logs:{}:{}:log-group:/aws-glue/crawlers", account.region, account.id);
            let library = &platform.library;
            let logs = library.service_named("logs").unwrap();
            for (action, behind) in [
                ("CreateLogGroup", ""),
                ("CreateLogStream", ":log-stream:*"),
                ("PutLogEvents", ":log-stream:*"),
            ] {
                let action = library.action_named(logs, action).unwrap();
                let place = Place::Arn(SmolStr::from(format!("{group}{behind}")));
                self.add(key, Capability::Action(action), &place, false);
            }
        }
    }
}
