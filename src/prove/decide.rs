//! AWS's decision on a request, over the documents that have a say in it: an explicit denial first, then everything that must allow it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::{
    condition::{Truth, hold},
    context::Context,
};
use crate::{
    access::{
        Statement,
        document::{Actions, Document, Principals},
        pattern::{has_variable, matches, matches_action},
    },
    platform::grant::Effect,
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The ARN of the role that asks.
    pub caller: &'a str,
    /// The ARN of its session, where policies could name that.
    pub session: Option<&'a str>,
    /// The id of the account that the role is in.
    pub caller_account: &'a str,
    /// The action in AWS's spelling.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// The id of the account that the resource is in.
    pub resource_account: &'a str,
    /// What conditions are decided over.
    pub context: &'a Context,
}

/// Every document that has a say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'p, 'a> {
    /// What the role may do.
    pub identity: &'p [&'a Document],
    /// What it may do at most.
    pub boundary: Boundary<'a>,
    /// What its session may do at most.
    pub session: Option<&'a Document>,
    /// What its account may do at most, from the root down.
    pub service_control: &'p [Level<'a>],
    /// What may be done in the resource's account at most, from the root down.
    pub resource_control: &'p [Level<'a>],
    /// The resource's own policy: a role's trust, a key's policy.
    pub resource: Option<&'a Document>,
    /// Whether the resource's policy is somebody else's, whom nobody here can ask: it is taken to leave it to the role's own.
    pub elsewhere: bool,
}

/// A role's permissions boundary.
#[derive(Clone, Copy, Debug, Default)]
pub enum Boundary<'a> {
    /// It has none.
    #[default]
    None,
    /// It has this one.
    Known(&'a Document),
    /// It has one that the program does not know.
    Unknown,
}

/// The policies of one node of the organization's tree.
#[derive(Clone, Debug, Default)]
pub struct Level<'a> {
    /// Whether AWS's own policy is attached that allows everything, as it is unless somebody detaches it.
    pub full_access: bool,
    /// The others.
    pub documents: Vec<&'a Document>,
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// Of the role.
    Identity,
    /// The role's permissions boundary.
    Boundary,
    /// The session's.
    Session,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// Of the resource.
    Resource,
}

/// A statement that has a part in a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deciding<'a> {
    /// Of which policy.
    pub policy: Policy,
    /// Which.
    pub statement: &'a Statement,
    /// Whether it holds, or only may.
    pub certain: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision<'a> {
    /// It is allowed by the first, unless one of the second, which the program does not decide, denies it.
    Allowed(Vec<Deciding<'a>>, Vec<Deciding<'a>>),
    /// It is denied, whatever allows it.
    ExplicitlyDenied(Deciding<'a>),
    /// Nothing denies it, and a policy of this kind does not allow it as it must.
    ImplicitlyDenied(Policy),
}

impl<'p, 'a> Policies<'p, 'a> {
    /// Decides a request. What depends on unknown conditions counts as allowing, and does not count as denying.
    pub fn decide(&self, question: &Question<'_>) -> Decision<'a> {
        let mut doubtful = Vec::new();
        for (policy, statement) in self.statements(question) {
            match denies(policy, statement, question) {
                Truth::Yes => {
                    return Decision::ExplicitlyDenied(Deciding { policy, statement, certain: true });
                }
                Truth::Unknown => doubtful.push(Deciding { policy, statement, certain: false }),
                Truth::No => {}
            }
        }
        let found = self.above(question).and_then(|mut grounds| {
            grounds.extend(self.core(question)?);
            Ok(grounds)
        });
        match found {
            Ok(grounds) => Decision::Allowed(grounds, doubtful),
            Err(policy) => Decision::ImplicitlyDenied(policy),
        }
    }

    /// The statement of a control policy that denies a request for certain, whatever the others say.
    pub fn denied_by_control(&self, question: &Question<'_>) -> Option<Deciding<'a>> {
        // Those of the organization come first.
        self.statements(question)
            .take_while(|(policy, _)| matches!(policy, Policy::ServiceControl | Policy::ResourceControl))
            .find(|(policy, statement)| denies(*policy, statement, question) == Truth::Yes)
            .map(|(policy, statement)| Deciding { policy, statement, certain: true })
    }

    /// Every statement that has a say, those of the organization first.
    pub fn statements(
        &self,
        question: &Question<'_>,
    ) -> impl Iterator<Item = (Policy, &'a Statement)> + use<'p, 'a> {
        // Neither binds a role that is a service's own.
        let bound = !is_service_linked(question.caller);
        let level = move |policy: Policy, levels: &'p [Level<'a>]| {
            let levels = levels.iter().filter(move |_| bound);
            levels.flat_map(|level| &level.documents).map(move |document| (policy, *document))
        };
        let boundary = match self.boundary {
            Boundary::Known(document) => Some(document),
            Boundary::None | Boundary::Unknown => None,
        };
        level(Policy::ServiceControl, self.service_control)
            .chain(level(Policy::ResourceControl, self.resource_control))
            .chain(self.identity.iter().map(|document| (Policy::Identity, *document)))
            .chain(self.resource.map(|document| (Policy::Resource, document)))
            .chain(boundary.map(|document| (Policy::Boundary, document)))
            .chain(self.session.map(|document| (Policy::Session, document)))
            .flat_map(|(policy, document)| {
                document.statements.iter().map(move |statement| (policy, statement))
            })
    }

    /// What the organization must allow: each level of both kinds.
    fn above(&self, question: &Question<'_>) -> Result<Vec<Deciding<'a>>, Policy> {
        let mut grounds = Vec::new();
        if is_service_linked(question.caller) {
            return Ok(grounds);
        }
        for (policy, levels) in
            [(Policy::ResourceControl, self.resource_control), (Policy::ServiceControl, self.service_control)]
        {
            for level in levels.iter().filter(|level| !level.full_access) {
                grounds
                    .push(best(policy, level.documents.iter().copied(), question, Who::Any).ok_or(policy)?);
            }
        }
        Ok(grounds)
    }

    /// What the role and the resource must allow. A policy that names the session gives to the session itself: within the account nothing of the
    /// role's and the session's limits that. One that names everybody is limited by the session's policy only.
    fn core(&self, question: &Question<'_>) -> Result<Vec<Deciding<'a>>, Policy> {
        let same_account = question.caller_account == question.resource_account;
        let direct = || {
            let session = self.of_resource(question, Who::Session).map(|it| vec![it]);
            session.or_else(|| {
                let mut grounds = vec![self.of_resource(question, Who::Everybody)?];
                grounds.extend(self.limit(question, Policy::Session, self.session).ok()?);
                Some(grounds)
            })
        };
        let as_role = || {
            let mut grounds = if same_account { self.within(question)? } else { self.across(question)? };
            grounds.extend(self.limits(question)?);
            Ok(grounds)
        };
        match if same_account { direct() } else { None } {
            None => as_role(),
            Some(direct) if certain(&direct) => Ok(direct),
            Some(direct) => Ok(as_role().ok().filter(|it| certain(it)).unwrap_or(direct)),
        }
    }

    fn of_resource(&self, question: &Question<'_>, who: Who) -> Option<Deciding<'a>> {
        best(Policy::Resource, self.resource.into_iter(), question, who)
    }

    fn of_identity(&self, question: &Question<'_>) -> Option<Deciding<'a>> {
        best(Policy::Identity, self.identity.iter().copied(), question, Who::Any)
    }

    /// Within an account the resource's policy is enough where it names the role; else the role's own, where the resource leaves it to IAM.
    fn within(&self, question: &Question<'_>) -> Result<Vec<Deciding<'a>>, Policy> {
        let identity = self.of_identity(question);
        let named = self.of_resource(question, Who::Role).map(|named| vec![named]);
        let owned = match (identity, self.asks_resource(question)) {
            (Some(identity), _) if self.elsewhere => Some(vec![identity]),
            (Some(identity), false) => Some(vec![identity]),
            (Some(identity), true) => {
                self.of_resource(question, Who::Account).map(|delegated| vec![identity, delegated])
            }
            (None, _) => None,
        };
        let lacking = if identity.is_some() { Policy::Resource } else { Policy::Identity };
        match (named, owned) {
            (Some(named), Some(owned)) => Ok(if certain(&owned) && !certain(&named) { owned } else { named }),
            (named, owned) => named.or(owned).ok_or(lacking),
        }
    }

    /// Across accounts both sides must allow it.
    fn across(&self, question: &Question<'_>) -> Result<Vec<Deciding<'a>>, Policy> {
        let identity = self.of_identity(question).ok_or(Policy::Identity)?;
        if self.elsewhere {
            return Ok(vec![identity]);
        }
        let by = |who| self.of_resource(question, who);
        let theirs: Vec<Deciding<'a>> =
            [Who::Role, Who::Session, Who::Everybody, Who::Account].into_iter().filter_map(by).collect();
        let theirs = theirs.iter().find(|it| it.certain).or(theirs.first());
        Ok(vec![identity, *theirs.ok_or(Policy::Resource)?])
    }

    /// What limits the role and its session.
    fn limits(&self, question: &Question<'_>) -> Result<Vec<Deciding<'a>>, Policy> {
        let boundary = match self.boundary {
            Boundary::Known(document) => Some(document),
            Boundary::None | Boundary::Unknown => None,
        };
        let boundary = self.limit(question, Policy::Boundary, boundary)?;
        let session = self.limit(question, Policy::Session, self.session)?;
        Ok(boundary.into_iter().chain(session).collect())
    }

    /// The statement of one policy that must allow it, where there is that policy.
    fn limit(
        &self,
        question: &Question<'_>,
        policy: Policy,
        document: Option<&'a Document>,
    ) -> Result<Option<Deciding<'a>>, Policy> {
        let Some(document) = document else { return Ok(None) };
        best(policy, std::iter::once(document), question, Who::Any).ok_or(policy).map(Some)
    }

    /// KMS and STS ask the resource in any case: IAM's policies count only where the key or the role says so.
    fn asks_resource(&self, question: &Question<'_>) -> bool {
        let key = question.action.starts_with("kms:") && question.resource != "*";
        key || (question.action.starts_with("sts:") && self.resource.is_some())
    }
}

fn certain(grounds: &[Deciding<'_>]) -> bool {
    grounds.iter().all(|it| it.certain)
}

/// Which principal of a statement counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The statement has none, and is about whoever it is attached to.
    Any,
    /// It names the role.
    Role,
    /// It names the session.
    Session,
    /// It names everybody.
    Everybody,
    /// It names the role's account, which leaves it to the account's own policies.
    Account,
}

/// The statement that allows it: one that does for certain before one that may.
fn best<'a>(
    policy: Policy,
    documents: impl Iterator<Item = &'a Document>,
    question: &Question<'_>,
    who: Who,
) -> Option<Deciding<'a>> {
    let mut perhaps = None;
    for statement in documents.flat_map(|document| &document.statements) {
        if statement.effect != Effect::Grant || !is_about(statement.principal.as_ref(), question, who) {
            continue;
        }
        match applies(statement, question) {
            Truth::Yes => return Some(Deciding { policy, statement, certain: true }),
            Truth::Unknown => perhaps = perhaps.or(Some(Deciding { policy, statement, certain: false })),
            Truth::No => {}
        }
    }
    perhaps
}

fn denies(policy: Policy, statement: &Statement, question: &Question<'_>) -> Truth {
    if statement.effect != Effect::Deny {
        return Truth::No;
    }
    let principal = statement.principal.as_ref();
    let about = match policy {
        // Its principal is everybody, always.
        Policy::ResourceControl => true,
        Policy::Resource => [Who::Role, Who::Session, Who::Everybody, Who::Account]
            .into_iter()
            .any(|who| is_about(principal, question, who)),
        _ => principal.is_none(),
    };
    if about { applies(statement, question) } else { Truth::No }
}

/// Whether a statement is about what is asked, whoever asks.
pub fn applies(statement: &Statement, question: &Question<'_>) -> Truth {
    if !acts(&statement.actions, question.action) {
        return Truth::No;
    }
    let resource = |pattern: &smol_str::SmolStr| match has_variable(pattern) {
        true => Truth::Unknown,
        false => matches(pattern, question.resource).into(),
    };
    let resource = statement.resources.iter().map(resource).max().unwrap_or(Truth::Yes);
    if resource == Truth::No { resource } else { resource.min(hold(&statement.conditions, question.context)) }
}

fn is_about(principal: Option<&Principals>, question: &Question<'_>, who: Who) -> bool {
    let Some(principals) = principal else { return who == Who::Any };
    let names = |arn: &str| principals.aws.contains(arn);
    match who {
        Who::Any => false,
        Who::Role => names(question.caller),
        Who::Session => question.session.is_some_and(names),
        Who::Everybody => principals.everybody || names("*"),
        Who::Account => principals.aws.iter().any(|arn| is_account(arn, question.caller_account)),
    }
}

/// Whether a principal stands for an account: its twelve digits, or the ARN of its root.
fn is_account(principal: &str, account: &str) -> bool {
    principal == account
        || (principal.ends_with(":root") && principal.split(':').nth(4).is_some_and(|named| named == account))
}

/// Whether a role is one that a service has made for itself.
fn is_service_linked(arn: &str) -> bool {
    arn.contains(":role/aws-service-role/")
}

/// Whether an action is among those of a statement.
pub fn acts(actions: &Actions, action: &str) -> bool {
    match actions {
        Actions::Only(patterns) => patterns.iter().any(|pattern| matches_action(pattern, action)),
        Actions::AllBut(patterns) => !patterns.iter().any(|pattern| matches_action(pattern, action)),
    }
}
