//! Alerts: topics that alarms and rules can reach.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, resource::Noun},
    source::Span,
};

/// What is told lives where the teller lives, and takes messages in any order: alarms and rules reach no other topic by themselves.
pub fn alerts_can_be_heard(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in (0..).map(ResourceId).zip(&platform.resources) {
        let Some(topic) = platform.reference(id, "alerts") else { continue };
        let span = platform.field(id, "alerts").map_or(resource.span, |value| value.span);
        let told = platform.resource(topic);
        let home = match resource.noun {
            Noun::Account(account) => Some(platform.account(account)),
            _ => platform.account_of(id),
        };
        let theirs = platform.account_of(topic);
        if let (Some(home), Some(theirs)) = (home, theirs)
            && (&home.id, &home.region) != (&theirs.id, &theirs.region)
        {
            diagnostics.push(elsewhere(span, &told.name, &home.name, &theirs.name));
        } else if told.physical.ends_with(".fifo") {
            diagnostics.push(ordered(span, &told.name));
        }
    }
}

fn elsewhere(span: Span, topic: &str, home: &str, theirs: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ALERTS,
        span,
        format!("alarms in `{home}` can't reach the topic `{topic}` in `{theirs}`"),
        "in another account or region",
    )
    .help(format!("declare a topic in `{home}`, and let it pass on what it hears"))
}

fn ordered(span: Span, topic: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ALERTS,
        span,
        format!("rules of EventBridge can't publish to `{topic}`, which keeps messages in order"),
        "a FIFO topic",
    )
    .help("name one that does not end in `.fifo`")
}
