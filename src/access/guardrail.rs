//! Service control policies, and resource control policies of the rules that bind whoever comes.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    condition,
    document::{Actions, Conditions, Document, Principals, Statement},
    minimize::camel,
};
use crate::{
    platform::{Account, AccountId, Guardrail, GuardrailRule, Node, Outside, Platform, grant::Effect},
    source::Span,
};

/// Whom a control policy binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The roles of the accounts below, wherever they go: a service control policy.
    Service,
    /// Whoever comes to resources of the accounts below: a resource control policy.
    Resource,
}

/// One of the two policies of a guardrail; without statements where no rule is for it. Rules that differ in their actions only become one
/// statement.
pub fn policy(platform: &Platform, guardrail: &Guardrail, control: Control) -> Document {
    let mut statements: Vec<Statement> = Vec::new();
    for rule in guardrail.rules.iter().filter(|rule| rule.everybody == (control == Control::Resource)) {
        let new = statement(platform, rule);
        match statements.iter_mut().find(|known| mergeable(known, &new)) {
            Some(known) => merge(known, new),
            None => statements.push(new),
        }
    }
    statements
        .sort_by(|a, b| (&a.sid, &a.resources, &a.conditions).cmp(&(&b.sid, &b.resources, &b.conditions)));
    number(&mut statements);
    Document::new(statements)
}

/// For each account, by its index, the guardrails of each node above it, from the root down to the account itself. The management account is bound
/// by none, nor are its resources, and an account outside has no nodes.
pub fn binding(platform: &Platform) -> Vec<Vec<Vec<usize>>> {
    let mut attached: BTreeMap<Node, Vec<usize>> = BTreeMap::new();
    for (at, guardrail) in platform.guardrails.iter().enumerate() {
        for node in &guardrail.on {
            attached.entry(*node).or_default().push(at);
        }
    }
    let above = |(id, account): (u32, &Account)| {
        if account.management {
            return Vec::new();
        }
        let Some(root) = account.organization.map(Node::Root) else { return Vec::new() };
        let mut units: Vec<Node> =
            std::iter::successors(account.unit, |at| platform.unit(*at).parent).map(Node::Unit).collect();
        units.reverse();
        let nodes = std::iter::once(root).chain(units).chain([Node::Account(AccountId(id))]);
        nodes.map(|node| attached.get(&node).cloned().unwrap_or_default()).collect()
    };
    (0_u32..).zip(&platform.accounts).map(above).collect()
}

fn statement(platform: &Platform, rule: &GuardrailRule) -> Statement {
    let actions = if rule.except.is_empty() {
        Actions::Only(rule.actions.iter().cloned().collect())
    } else {
        // A rule of the checks: exceptions are from `*` only.
        Actions::AllBut(rule.except.iter().cloned().collect())
    };
    Statement {
        sid: SmolStr::default(),
        effect: Effect::Deny,
        principal: rule.everybody.then(Principals::everybody),
        actions,
        resources: rule.resources.iter().cloned().collect(),
        conditions: conditions(platform, rule),
        origins: vec![rule.span],
    }
}

fn conditions(platform: &Platform, rule: &GuardrailRule) -> Conditions {
    let mut conditions = Conditions::default();
    match &rule.outside {
        Some(Outside::Regions(regions)) => {
            regions.iter().for_each(|region| {
                conditions.insert("StringNotEquals", "aws:RequestedRegion", region.clone())
            });
        }
        Some(Outside::Places { accounts, organizations }) => {
            // Anonymous requests have no account: they are outside, too.
            let (operator, account, organization) = if rule.everybody {
                ("StringNotEqualsIfExists", "aws:PrincipalAccount", "aws:PrincipalOrgID")
            } else {
                ("StringNotEquals", "aws:ResourceAccount", "aws:ResourceOrgID")
            };
            for id in accounts {
                conditions.insert(operator, account, id.clone());
            }
            let ids =
                organizations.iter().filter_map(|at| platform.organizations.get(*at as usize)?.id.clone());
            for id in ids {
                conditions.insert(operator, organization, id);
            }
        }
        None => {}
    }
    rule.when.iter().for_each(|asked| condition::add(platform, asked, Effect::Deny, &mut conditions));
    if rule.everybody {
        // AWS's own services act for somebody, and are no account's.
        conditions.insert("BoolIfExists", "aws:PrincipalIsAWSService", "false");
    }
    conditions
}

fn mergeable(known: &Statement, new: &Statement) -> bool {
    let both_plain = matches!((&known.actions, &new.actions), (Actions::Only(_), Actions::Only(_)));
    both_plain && known.resources == new.resources && known.conditions == new.conditions
}

fn merge(known: &mut Statement, new: Statement) {
    if let (Actions::Only(all), Actions::Only(more)) = (&mut known.actions, new.actions) {
        all.extend(more);
    }
    known.origins.extend(new.origins);
}

/// Names the statements after what they deny, and numbers equal names.
fn number(statements: &mut [Statement]) {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    for statement in statements {
        let name = name(statement);
        let count = used.entry(name.clone()).or_default();
        *count += 1;
        statement.sid = SmolStr::from(if *count == 1 { name } else { format!("{name}{count}") });
        statement.origins.sort_by_key(|span: &Span| (span.start, span.end));
    }
}

fn name(statement: &Statement) -> String {
    let negative = |operator: &str| operator.starts_with("StringNotEquals");
    let outside = || statement.conditions.0.iter().filter(move |(operator, _)| negative(operator));
    let keys = || outside().flat_map(|(_, keys)| keys.keys().map(SmolStr::as_str));
    let outside = if keys().any(|key| key == "aws:RequestedRegion") {
        "OutsideRegions"
    } else if keys().any(|key| key.ends_with("OrgID")) {
        "OutsideOrganization"
    } else if keys().any(|key| key.ends_with("Account")) {
        "OutsideAccounts"
    } else {
        ""
    };
    match &statement.actions {
        Actions::AllBut(_) => format!("DenyAllBut{outside}"),
        Actions::Only(actions) => {
            let mut services: Vec<String> =
                actions.iter().map(|action| camel(action.split(':').next().unwrap_or_default())).collect();
            services.dedup();
            match services.as_slice() {
                [one] if one.is_empty() => format!("DenyAll{outside}"),
                [one] => format!("Deny{one}{outside}"),
                _ => format!("DenyActions{outside}"),
            }
        }
    }
}
