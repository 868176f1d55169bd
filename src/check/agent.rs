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
