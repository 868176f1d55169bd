//! The tree of accounts, and which account everything lives in.

use smol_str::SmolStr;

use super::{Context, Declared, index, scope::Meaning, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::Place,
    platform::{Account, AccountId, Organization, ResourceId, Unit, UnitId, ValueKind, resource::Noun},
    source::Span,
};

impl Context<'_> {
    /// Builds organizations, units and accounts from their declarations.
    pub(super) fn accounts(&mut self, resources: &[Declared<'_>]) {
        for kind in ["organization", "unit", "account"] {
            for declared in resources {
                if self.platform.kind_of(declared.id).name == kind {
                    self.fields_of(*declared);
                    self.node(kind, declared.id);
                }
            }
        }
        for at in 0..self.platform.units.len() {
            self.link_unit(at);
        }
        for at in 0..self.platform.accounts.len() {
            self.link_account(at);
        }
        self.report_same_ids();
    }

    fn node(&mut self, kind: &str, id: ResourceId) {
        let noun = match kind {
            "organization" => {
                let organization_id = self.text_of(id, "id");
                self.platform.organizations.push(Organization { resource: id, id: organization_id });
                Noun::Organization(index(self.platform.organizations.len() - 1))
            }
            "unit" => {
                self.platform.units.push(Unit { resource: id, organization: 0, parent: None });
                Noun::Unit(UnitId(index(self.platform.units.len() - 1)))
            }
            _ => {
                let account = self.new_account(id);
                self.platform.accounts.push(account);
                Noun::Account(AccountId(index(self.platform.accounts.len() - 1)))
            }
        };
        if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
            resource.noun = noun;
        }
    }

    fn new_account(&self, id: ResourceId) -> Account {
        let resource = self.platform.resource(id);
        // Where there is an organization, an account outside it is somebody else's; without one, the accounts declared are all there is.
        let outside = resource.parent.is_none() && !self.platform.organizations.is_empty();
        let external = resource.external || outside;
        Account {
            resource: id,
            name: resource.name.clone(),
            id: self.text_of(id, "id").unwrap_or_default(),
            region: SmolStr::default(),
            organization: None,
            unit: None,
            management: false,
            external,
        }
    }

    fn link_unit(&mut self, at: usize) {
        let Some(id) = self.platform.units.get(at).map(|unit| unit.resource) else { return };
        let (organization, _) = self.above(id);
        let parent = match self.platform.resource(id).parent.map(|parent| self.platform.resource(parent).noun)
        {
            Some(Noun::Unit(unit)) => Some(unit),
            _ => None,
        };
        match organization {
            Some(organization) => {
                if let Some(unit) = self.platform.units.get_mut(at) {
                    unit.organization = organization;
                    unit.parent = parent;
                }
            }
            None => self.diagnostics.push(loose_unit(self.platform.resource(id).span)),
        }
    }

    fn link_account(&mut self, at: usize) {
        let Some(id) = self.platform.accounts.get(at).map(|account| account.resource) else { return };
        let (organization, unit) = self.above(id);
        let region = self.region_of(id);
        let resource = self.platform.resource(id);
        let said = matches!(
            self.platform.field(id, "management").map(|value| &value.kind),
            Some(ValueKind::Bool(true))
        );
        let management = said || (organization.is_some() && unit.is_none() && resource.name == "management");
        let (span, external) =
            (resource.span, self.platform.accounts.get(at).is_some_and(|account| account.external));
        if region.is_none() && !external {
            self.diagnostics.push(without_region(span));
        }
        if let Some(account) = self.platform.accounts.get_mut(at) {
            account.organization = organization;
            account.unit = unit;
            account.region = region.unwrap_or_default();
            account.management = management;
        }
        if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
            resource.account = Some(AccountId(index(at)));
        }
    }

    /// The organization and the nearest unit that a declaration stands in.
    fn above(&self, id: ResourceId) -> (Option<u32>, Option<UnitId>) {
        let mut unit = None;
        let mut at = self.platform.resource(id).parent;
        while let Some(parent) = at {
            match self.platform.resource(parent).noun {
                Noun::Organization(organization) => return (Some(organization), unit),
                Noun::Unit(found) => unit = unit.or(Some(found)),
                _ => {}
            }
            at = self.platform.resource(parent).parent;
        }
        (None, unit)
    }

    /// The region of the account itself, of the nearest unit or organization above, or of the configuration.
    fn region_of(&self, id: ResourceId) -> Option<SmolStr> {
        let mut at = Some(id);
        while let Some(here) = at {
            if let Some(region) = self.text_of(here, "region") {
                return Some(region);
            }
            at = self.platform.resource(here).parent;
        }
        self.platform.project.region.as_deref().map(SmolStr::new)
    }

    /// Puts everything else into its account.
    pub(super) fn places(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            let library = self.library.clone();
            let resource = self.platform.resource(declared.id);
            let kind = library.kind(resource.kind);
            if let (Place::Account, Some(path), true) =
                (kind.place, &declared.decl.account, self.platform.accounts.is_empty())
                && let [name] = path.parts.as_slice()
                && !self.scopes.knows(declared.file, &name.name)
            {
                self.diagnostics.push(no_accounts(path.span, &name.name));
                continue;
            }
            let account = match (kind.place, &declared.decl.account) {
                (Place::Account, Some(path)) => match self.lookup_as(declared.file, path, &|platform, meaning| {
                    matches!(meaning, Meaning::Resource(id) if platform.kind_of(id).name == "account")
                }) {
                    Some(Meaning::Resource(id)) => match self.platform.resource(id).noun {
                        Noun::Account(account) => Some(account),
                        _ => {
                            self.resource(declared.file, path, "account");
                            None
                        }
                    },
                    Some(_) => {
                        self.resource(declared.file, path, "account");
                        None
                    }
                    None => None,
                },
                (Place::Account, None) if self.diagnostics.has_error_within(declared.decl.span) => None,
                (Place::Account, None) => {
                    self.diagnostics.push(without_account(&kind.name, resource.span));
                    None
                }
                (_, Some(path)) => {
                    let before = Span::new(declared.decl.span.start, path.span.start);
                    let word = self.sources.text(before).rfind("in").map(|at| before.start.saturating_add(index(at)));
                    let whole = Span::new(word.unwrap_or(path.span.start), path.span.end);
                    self.diagnostics.push(account_not_taken(&kind.name, path.span).fix(whole, ""));
                    continue;
                }
                (Place::Inside(_), None) => {
                    resource.parent.and_then(|parent| self.platform.resource(parent).account)
                }
                (Place::Anywhere, None) => continue,
            };
            if let Some(resource) = self.platform.resources.get_mut(declared.id.0 as usize) {
                resource.account = account;
            }
        }
    }

    fn report_same_ids(&mut self) {
        let mut ids: Vec<(SmolStr, Span)> = self
            .platform
            .accounts
            .iter()
            .filter(|account| !account.id.is_empty())
            .map(|account| (account.id.clone(), self.platform.resource(account.resource).span))
            .collect();
        ids.sort();
        for pair in ids.windows(2) {
            if let [(first_id, first), (second_id, second)] = pair
                && first_id == second_id
            {
                self.diagnostics.push(
                    Diagnostic::error(
                        catalogue::SAME_NAME_IN_AWS,
                        *second,
                        format!("two accounts have the id `{first_id}`"),
                        "the same id again",
                    )
                    .related(*first, "and here")
                    .help("give each account its own twelve digits"),
                );
            }
        }
    }

    /// A field's text.
    pub(super) fn text_of(&self, id: ResourceId, field: &str) -> Option<SmolStr> {
        match &self.platform.field(id, field)?.kind {
            ValueKind::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

fn loose_unit(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISPLACED, span, "a unit belongs to an organization", "stands alone")
        .help("declare it inside an `organization`")
}

fn without_region(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "an account needs a region", "no region here or above")
        .help("add `region = \"us-east-1\"` to it, to its organization, or to `dpl.toml`")
}

fn without_account(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISPLACED,
        span,
        format!("{} `{kind}` lives in an account", suggest::article(kind)),
        "in which account?",
    )
    .help("say which behind its name: `in ACCOUNT`")
}

fn no_accounts(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        format!("there is no account `{name}`, nor any other"),
        "not declared",
    )
    .help(format!("declare it: `account {name} {{ id = \"123456789012\", region = \"us-east-1\" }}`"))
}

fn account_not_taken(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        format!("{} `{kind}` is in no account of its own", suggest::article(kind)),
        "not taken here",
    )
    .help("leave out `in …`")
}
