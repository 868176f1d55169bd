//! How somebody is named in the policy of a resource or in a trust: the principal, and the conditions without which it would mean more.

use smol_str::SmolStr;

use super::{
    derive::account_root,
    document::{Conditions, Principals},
    roles::RoleIdentity,
};
use crate::{
    library::ServiceId,
    platform::{AccountId, Platform, Principal, ResourceId},
};

/// Somebody, as a statement names them.
#[derive(Clone, Debug)]
pub struct Named {
    /// Whom the statement is about.
    pub principals: Principals,
    /// What limits that to whom it means.
    pub conditions: Conditions,
    /// What names the statement.
    pub label: SmolStr,
}

impl Named {
    /// A role by its ARN. One whose name AWS completes is its account under the condition that it is that role: a principal takes no wildcard.
    pub fn role(platform: &Platform, role: &RoleIdentity) -> Self {
        let label = role.name.clone();
        if role.patterns.is_empty() {
            return Self::arn(role.arn.clone(), label);
        }
        let root = account_root(platform, &platform.account(role.account).id);
        let mut named = Self::arn(root, label);
        for pattern in &role.patterns {
            named.conditions.insert("ArnLike", "aws:PrincipalArn", pattern.clone());
        }
        named
    }

    /// A role that is not ours to make.
    pub fn arn(arn: SmolStr, label: SmolStr) -> Self {
        Self { principals: Principals::aws(arn), conditions: Conditions::default(), label }
    }

    /// An account by its twelve digits, whose administrators choose who acts.
    pub fn account(platform: &Platform, id: &str, label: SmolStr) -> Self {
        Self::arn(account_root(platform, id), label)
    }

    /// A service, on behalf of one account where it says for whom it acts; `None` for one that never acts by itself.
    pub fn service(platform: &Platform, service: ServiceId, account: Option<AccountId>) -> Option<Self> {
        let service = platform.library.service(service);
        let conditions = source_account(platform, service.source_in_calls, account);
        let principals = Principals::service(service.principal.clone()?);
        Some(Self { principals, conditions, label: service.name.clone() })
    }

    /// A declaration for which its service acts: that service, on behalf of this declaration alone. A bucket's ARN tells no account, and after
    /// its deletion anybody may take the name, so the account is demanded beside it.
    pub fn source(platform: &Platform, id: ResourceId) -> Option<Self> {
        let resource = platform.resource(id);
        let principal = platform.library.service(source_service(platform, id)?).principal.clone()?;
        let conditions = source_account(platform, true, resource.account);
        let conditions = conditions.with("ArnLike", "aws:SourceArn", resource.arn.clone()?);
        Some(Self { principals: Principals::service(principal), conditions, label: resource.name.clone() })
    }
}

/// Whether somebody is a service that acts for itself or for a declaration, and not as a role.
pub fn acts_by_itself(platform: &Platform, principal: &Principal) -> bool {
    match principal {
        Principal::Service(_) => true,
        Principal::Resource(id) => source_service(platform, *id).is_some(),
        Principal::Account(_) | Principal::ForeignAccount(_) => false,
    }
}

/// The service that acts for a declaration and says in `aws:SourceArn` for which; `None` where none does.
pub fn source_service(platform: &Platform, id: ResourceId) -> Option<ServiceId> {
    let kind = platform.kind_of(id);
    platform.library.service_named(kind.service.as_ref().filter(|_| kind.source)?)
}

/// The condition that a service acts for one account only, where it says for whom it acts.
pub fn source_account(platform: &Platform, says: bool, account: Option<AccountId>) -> Conditions {
    match account {
        Some(account) if says => Conditions::default().with(
            "StringEquals",
            "aws:SourceAccount",
            platform.account(account).id.clone(),
        ),
        _ => Conditions::default(),
    }
}
