//! The answer to a request of a role: the documents that have a say in it, what they decide, and under which circumstances.

use smol_str::SmolStr;

use super::{
    decide::{Boundary, Decision, Policies, Question},
    prover::Prover,
    request::Request,
    witness::{Witness, witness},
};
use crate::access::{Document, Limit};

impl<'a> Prover<'a> {
    /// Decides a request. What the program does not know counts as allowing and does not count as denying.
    pub fn decide(&self, request: &Request<'a>) -> Decision<'a> {
        self.with_policies(request, |policies, question| policies.decide(question))
    }

    /// Whether there are circumstances in which a request is allowed.
    pub(super) fn allowed_somehow(&self, request: &Request<'a>) -> Witness {
        self.with_policies(request, |policies, question| witness(policies, question))
    }

    /// Hands over what a request is decided by.
    pub fn with_policies<T>(
        &self,
        request: &Request<'a>,
        asked: impl FnOnce(&Policies<'_, 'a>, &Question<'_>) -> T,
    ) -> T {
        let (platform, access) = (self.platform, self.access);
        let role = &request.role.identity;
        let question = Question {
            caller: &role.arn,
            session: None,
            caller_account: &platform.account(role.account).id,
            action: &request.action,
            resource: &request.resource,
            resource_account: &platform.account(request.account).id,
            context: &request.context,
        };
        let boundary = match request.role.boundary {
            None => Boundary::None,
            Some(Limit::Theirs(_)) => Boundary::Unknown,
            Some(Limit::Ours(at)) => {
                access.boundaries.get(at).map_or(Boundary::None, |it| Boundary::Known(&it.policy))
            }
        };
        let identity: [&'a Document; 1] = [&request.role.policy];
        let policies = Policies {
            identity: &identity,
            boundary,
            session: request.session,
            service_control: self.control.service(role.account),
            resource_control: self.control.resource_of_action(request.account, &request.action),
            resource: request.owner.and_then(|owner| access.policy_of(owner)),
            elsewhere: request.owner.is_some_and(|owner| self.is_elsewhere(owner)),
        };
        asked(&policies, &question)
    }
}

/// A key of a request with the values that it could have.
pub(super) type Candidate = (SmolStr, Vec<Vec<SmolStr>>);
