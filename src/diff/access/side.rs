//! One version of a program, as requests are put to it.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::{
    Analysis,
    access::{
        Document, Limit, RoleAccess, Statement,
        document::{Actions, Conditions, Principals},
    },
    platform::{AccountId, ResourceId, grant::Effect},
    prove::{Boundary, Context, Control, Policies, Question},
};

/// The condition by which policies mean a key whose id is not known before it is made.
pub const ALIASES: &str = "kms:ResourceAliases";

/// One version.
pub struct Side<'a> {
    pub analysis: &'a Analysis,
    pub roles: BTreeMap<&'a str, &'a RoleAccess>,
    by_arn: BTreeMap<SmolStr, ResourceId>,
    /// By the account's id and the alias.
    keys: BTreeMap<(SmolStr, SmolStr), ResourceId>,
    control: Control<'a>,
    /// The policy of whoever is not ours to know: it leaves it to us.
    open: Document,
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// The action.
    pub action: SmolStr,
    /// The pattern of ARNs.
    pub resource: SmolStr,
    /// The alias of the key that is meant.
    pub alias: Option<SmolStr>,
}

impl<'a> Side<'a> {
    pub fn of(analysis: &'a Analysis) -> Self {
        let (platform, access) = (&analysis.platform, &analysis.access);
        let all = || (0..).map(ResourceId).zip(&platform.resources);
        let by_arn = all().filter_map(|(id, it)| Some((it.arn.clone()?, id))).collect();
        let keys = platform.of_kind("key").filter_map(|(id, key)| {
            let account = platform.account(key.account?);
            Some(((account.id.clone(), SmolStr::from(format!("alias/{}", key.physical))), id))
        });
        Self {
            analysis,
            roles: access.roles.iter().map(|role| (role.identity.arn.as_str(), role)).collect(),
            by_arn,
            keys: keys.collect(),
            control: Control::of(platform, access),
            open: Document::new(vec![Statement {
                sid: SmolStr::default(),
                effect: Effect::Grant,
                principal: Some(Principals::everybody()),
                actions: Actions::Only([SmolStr::from("*")].into()),
                resources: [SmolStr::from("*")].into(),
                conditions: Conditions::default(),
                origins: Vec::new(),
            }]),
        }
    }

    /// The declaration that a thing is in.
    pub fn owner(&self, thing: &Thing) -> Option<ResourceId> {
        if let Some(alias) = &thing.alias {
            let account = SmolStr::from(thing.resource.split(':').nth(4)?);
            return self.keys.get(&(account, alias.clone())).copied();
        }
        let mut rest = thing.resource.as_str();
        loop {
            if let Some(id) = self.by_arn.get(rest) {
                return Some(*id);
            }
            rest = rest.get(..rest.rfind(['/', ':'])?)?;
        }
    }

    /// The policy that a thing has of its own, a role's trust among them.
    pub fn policy_of(&self, thing: &Thing) -> Option<&'a Document> {
        if let Some(role) = self.roles.get(thing.resource.as_str()) {
            return Some(&role.trust);
        }
        self.analysis.access.policy_of(self.owner(thing)?)
    }

    /// The account that a thing is in; where its ARN does not say and nobody declares it, the one of whoever asks.
    pub fn account_of(&self, thing: &Thing, asking: AccountId) -> Option<AccountId> {
        let platform = &self.analysis.platform;
        if let Some(role) = self.roles.get(thing.resource.as_str()) {
            return Some(role.identity.account);
        }
        if let Some(account) = self.owner(thing).and_then(|owner| platform.resource(owner).account) {
            return Some(account);
        }
        match thing.resource.split(':').nth(4).filter(|id| !id.is_empty() && *id != "*") {
            Some(id) => platform.account_numbered(id),
            None => Some(asking),
        }
    }

    /// What limits whoever comes to an account's resources.
    pub fn control(&self) -> &Control<'a> {
        &self.control
    }

    /// The circumstances that the program decides.
    pub fn context(&self, role: &RoleAccess, thing: &Thing) -> Context {
        let platform = &self.analysis.platform;
        let own = platform.account(role.identity.account);
        let theirs = self.account_of(thing, role.identity.account).map_or(own, |id| platform.account(id));
        let mut context = Context::default();
        let mut one = |key: &'static str, value: &SmolStr| context.set(key, vec![value.clone()]);
        one("aws:principalarn", &role.identity.arn);
        one("aws:principalaccount", &own.id);
        one("aws:resourceaccount", &theirs.id);
        one("aws:principalisawsservice", &"false".into());
        one("aws:principaltype", &"AssumedRole".into());
        for (key, account) in [("aws:principalorgid", own), ("aws:resourceorgid", theirs)] {
            let organization = account.organization.and_then(|at| platform.organizations.get(at as usize));
            context.set(key, organization.and_then(|it| it.id.clone()).into_iter().collect());
        }
        ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid"]
            .iter()
            .for_each(|key| context.set(*key, Vec::new()));
        let of_users = platform.library.conditions.iter().filter(|condition| !condition.sessions);
        of_users.for_each(|condition| context.set(condition.key.to_ascii_lowercase(), Vec::new()));
        context.set("kms:resourcealiases", thing.alias.iter().cloned().collect());
        context
    }

    /// The region that a request usually goes to.
    pub fn region(&self, role: &RoleAccess, thing: &Thing) -> SmolStr {
        let platform = &self.analysis.platform;
        let own = platform.account(role.identity.account);
        let theirs = self.account_of(thing, role.identity.account).map_or(own, |id| platform.account(id));
        if theirs.region.is_empty() { own.region.clone() } else { theirs.region.clone() }
    }

    /// Hands over what a request of a role is decided by.
    pub fn asked<T>(
        &self,
        role: &'a RoleAccess,
        thing: &Thing,
        resource: &str,
        context: &Context,
        decide: impl FnOnce(&Policies<'_, '_>, &Question<'_>) -> T,
    ) -> T {
        let (platform, access) = (&self.analysis.platform, &self.analysis.access);
        let account = self.account_of(thing, role.identity.account);
        let elsewhere = match self.owner(thing).filter(|_| !self.roles.contains_key(thing.resource.as_str()))
        {
            Some(owner) => platform.resource(owner).external,
            None => false,
        } || account.is_none_or(|account| platform.account(account).external);
        let boundary = match role.boundary {
            None => Boundary::None,
            Some(Limit::Theirs(_)) => Boundary::Unknown,
            Some(Limit::Ours(at)) => {
                access.boundaries.get(at).map_or(Boundary::None, |it| Boundary::Known(&it.policy))
            }
        };
        let identity = [&role.policy];
        let question = Question {
            caller: &role.identity.arn,
            session: None,
            caller_account: &platform.account(role.identity.account).id,
            action: &thing.action,
            resource,
            // What is not ours to know is taken to ask for no more than the role's own policy.
            resource_account: match account {
                Some(account) if !elsewhere => &platform.account(account).id,
                _ => "elsewhere",
            },
            context,
        };
        let policies = Policies {
            identity: &identity,
            boundary,
            service_control: self.control.service(role.identity.account),
            resource_control: account
                .map_or(&[], |account| self.control.resource_of_action(account, &thing.action)),
            resource: if elsewhere { Some(&self.open) } else { self.policy_of(thing) },
            ..Policies::default()
        };
        decide(&policies, &question)
    }
}

impl<'a> Side<'a> {
    /// The policies of resources and the trusts of roles, each with what it is of.
    pub fn documents(&self) -> Vec<(Thing, &'a Document)> {
        let (platform, access) = (&self.analysis.platform, &self.analysis.access);
        let thing = |resource: SmolStr, alias| Thing { action: SmolStr::default(), resource, alias };
        let mut all: Vec<(Thing, &'a Document)> = Vec::new();
        for (&id, document) in &access.resources {
            let resource = platform.resource(id);
            let of = match (&resource.arn, platform.account_of(id)) {
                (Some(arn), _) => thing(arn.clone(), None),
                (None, Some(account)) if platform.kind_of(id).name == "key" => {
                    let arn = format!(
                        "arn:{}:kms:{}:{}:key/*",
                        platform.project.partition(),
                        account.region,
                        account.id
                    );
                    thing(arn.into(), Some(format!("alias/{}", resource.physical).into()))
                }
                _ => continue,
            };
            all.push((of, document));
        }
        all.extend(access.roles.iter().map(|role| (thing(role.identity.arn.clone(), None), &role.trust)));
        all
    }
}

impl<'a> Side<'a> {
    /// What an account's roles may do at most.
    pub fn service_control(&self, account: AccountId) -> &[crate::prove::Level<'a>] {
        self.control.service(account)
    }
}
