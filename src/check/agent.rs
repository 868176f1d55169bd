//! Agents: the right ARN, in the right account.

use super::field;
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, Value, ValueKind},
    source::Span,
};

/// The digits and letters behind `agent-` (DataSync's `AgentArn` pattern).
const ID_LENGTH: usize = 17;

/// An agent's ARN ends in `agent-` and 17 digits and letters, and is of the account and region that the agent is declared in.
pub fn agents_have_agent_arns(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("agent") {
        let (Some(value), Some(account)) = (platform.field(id, "arn"), resource.account) else { continue };
        let ValueKind::Text(arn) = &value.kind else { continue };
        let account = platform.account(account);
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, _, region, owner, name] = parts.as_slice() else { continue };
        if !name.strip_prefix("agent/agent-").is_some_and(is_id) {
            diagnostics.push(bad_id(value.span, name));
        } else if *owner != account.id {
            diagnostics.push(elsewhere(value.span, "account", owner, &account.id));
        } else if *region != account.region {
            diagnostics.push(elsewhere(value.span, "region", region, &account.region));
        }
    }
}

/// An agent exists already and has an ARN, or is made here by its key; only one that is made has a network.
pub fn agents_exist_or_are_made(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("agent") {
        let given = |name: &str| {
            platform.field(id, name).filter(|value| !matches!(value.kind, ValueKind::None)).map(|it| it.span)
        };
        let name = &resource.name;
        match (given("arn"), given("activation"), given("network")) {
            (None, None, _) => diagnostics.push(
                Diagnostic::error(
                    catalogue::AGENT_MADE,
                    resource.span,
                    format!("nothing says which agent `{name}` is"),
                    "neither an ARN nor a key",
                )
                .help("give it the `arn` of one that is activated, or `activation = parameter(\"name\")`, where its key is kept"),
            ),
            (Some(arn), Some(key), _) => diagnostics.push(
                Diagnostic::error(
                    catalogue::AGENT_MADE,
                    key,
                    format!("`{name}` has an ARN and is to be activated"),
                    "activated already",
                )
                .related(arn, "its ARN")
                .help("leave one of them out"),
            ),
            (Some(_), None, Some(network)) => diagnostics.push(
                Diagnostic::error(
                    catalogue::AGENT_MADE,
                    network,
                    format!("`{name}` is activated already, and its network chosen"),
                    "an agent keeps the endpoint that it was activated with",
                )
                .help("leave `network` out, or have the agent activated here"),
            ),
            _ => {}
        }
    }
}

/// An agent's subnet and security group are of the account and region that it is made in, and their ids are ids.
pub fn agents_networks_are_their_own(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("agent") {
        let (Some(network), Some(account)) = (field::made(platform, id, "network"), resource.account) else {
            continue;
        };
        let account = platform.account(account);
        for (part, prefix) in [("subnet", "subnet/subnet-"), ("security_group", "security-group/sg-")] {
            let Some(value) = network.field(part) else { continue };
            let ValueKind::Text(arn) = &value.kind else { continue };
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let [_, _, _, region, owner, name] = parts.as_slice() else { continue };
            let is_hex =
                |id: &str| !id.is_empty() && id.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
            if !name.strip_prefix(prefix).is_some_and(is_hex) {
                diagnostics.push(
                    Diagnostic::error(
                        catalogue::AGENT_NETWORK,
                        value.span,
                        format!("`{name}` is no id of a {}", part.replace('_', " ")),
                        "not what EC2 calls one",
                    )
                    .help(format!("it is `{prefix}` and digits and letters from a to f")),
                );
            } else if (*owner, *region) != (account.id.as_str(), account.region.as_str()) {
                diagnostics.push(
                    Diagnostic::error(
                        catalogue::AGENT_NETWORK,
                        value.span,
                        format!("the agent is made in `{}`, {}, and its network is elsewhere", account.id, account.region),
                        format!("in `{owner}`, {region}"),
                    )
                    .help("name a subnet and a security group of the account and region that the agent is declared in"),
                );
            }
        }
    }
}

fn is_id(id: &str) -> bool {
    id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn bad_id(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AGENT_ARN,
        span,
        format!("`{name}` is no agent's id"),
        "not the ARN of an agent",
    )
    .help("it ends in `agent/agent-` and 17 digits and small letters; `aws datasync list-agents` prints it")
}

fn elsewhere(span: Span, what: &str, found: &str, declared: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AGENT_ELSEWHERE,
        span,
        format!("the agent is declared in {what} `{declared}`, and its ARN says `{found}`"),
        format!("another {what}"),
    )
    .help(format!("declare the agent in the {what} that it was activated in"))
}

/// A sync uses agents of its own account.
pub fn syncs_use_their_own_agents(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, sync) in platform.of_kind("sync") {
        for end in ["from", "to"] {
            let Some(ValueKind::List(agents)) =
                field::made(platform, id, end).and_then(|end| end.field("agents")).map(|agents| &agents.kind)
            else {
                continue;
            };
            for (agent, used) in agents.iter().filter_map(referred) {
                let owner = platform.resource(agent);
                if owner.account != sync.account {
                    diagnostics.push(foreign_agent(platform, agent, used));
                }
            }
        }
    }
}

fn referred(value: &Value) -> Option<(ResourceId, Span)> {
    match value.kind {
        ValueKind::Ref(id) => Some((id, value.span)),
        _ => None,
    }
}

fn foreign_agent(platform: &Platform, agent: ResourceId, used: Span) -> Diagnostic {
    let agent = platform.resource(agent);
    Diagnostic::error(
        catalogue::AGENT_ELSEWHERE,
        used,
        format!("`{}` is another account's agent", agent.name),
        "not in the account of the sync",
    )
    .related(agent.span, "declared here")
    .help("declare the sync in the agent's account; its destination may be another account's bucket")
}
