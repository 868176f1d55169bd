//! Domains: databases that can be named, places that do not overlap.

use super::place::{Nested, Place, nested};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, ValueKind},
    source::Span,
};

/// A name that needs no quotes in Athena: small letters, digits and `_`.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Databases have names that queries can spell.
pub fn databases_can_be_named(platform: &Platform, diagnostics: &mut Diagnostics) {
    for domain in &platform.domains {
        let resource = platform.resource(domain.resource);
        let written = platform.field(domain.resource, "database");
        let span = written.map_or(resource.span, |value| value.span);
        if !is_plain(&domain.database) {
            diagnostics.push(unquotable(span, "database", &domain.database));
        } else if let Some(ValueKind::Text(text)) = written.map(|value| &value.kind)
            && *text != domain.database
        {
            diagnostics.push(folded(span, "database", text, &domain.database));
        }
    }
}

/// Hybrid access mode is chosen with open eyes: it is the way from IAM's policies to Lake Formation, and not its end.
pub fn hybrid_domains_are_open_to_iam(platform: &Platform, diagnostics: &mut Diagnostics) {
    for domain in platform.domains.iter().filter(|domain| platform.is_hybrid(domain)) {
        let resource = platform.resource(domain.resource);
        let span = platform.field(domain.resource, "hybrid").map_or(resource.span, |value| value.span);
        diagnostics.push(
            Diagnostic::warning(
                catalogue::HYBRID_ACCESS,
                span,
                format!("whoever is granted nothing in `{}` is governed by IAM's policies alone there", resource.name),
                "hybrid access mode",
            )
            .help("take it out once everybody who reads is granted what they read; `assert only [...] can describe` says who that is not"),
        );
    }
}

/// A name that is legal in Glue, and trouble in every query.
pub fn unquotable(span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::GLUE_NAME,
        span,
        format!("the {what} `{name}` must be quoted in every query"),
        "not only small letters, digits and `_`",
    )
    .help("use small letters, digits and `_`")
}

/// A name that Glue keeps in another way than it is written.
pub fn folded(span: Span, what: &str, written: &str, kept: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::GLUE_NAME,
        span,
        format!("Glue keeps the {what} `{written}` as `{kept}`"),
        "folded to small letters",
    )
    .help(format!("write `{kept}`"))
    .fix(span, format!("\"{kept}\""))
}

/// No domain lies in another: whoever reads the outer one would read the inner one too.
pub fn domains_do_not_overlap(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut places: Vec<(Place, (usize, ResourceId, Span))> = Vec::new();
    for (at, domain) in platform.domains.iter().enumerate() {
        let span = |id: ResourceId| {
            platform.field(id, "location").map_or(platform.resource(id).span, |value| value.span)
        };
        places.push((Place::in_bucket(&domain.location), (at, domain.resource, span(domain.resource))));
        let tables = domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
        let elsewhere = tables.filter(|table| !domain.location.holds(&table.location));
        places
            .extend(elsewhere.map(|table| {
                (Place::in_bucket(&table.location), (at, table.resource, span(table.resource)))
            }));
    }
    for Nested { outer, inner, .. } in nested(places).into_iter().filter(|pair| pair.closest) {
        if outer.0 != inner.0 {
            diagnostics.push(overlap(platform, (outer.1, outer.2), (inner.1, inner.2)));
        }
    }
}

fn overlap(platform: &Platform, outer: (ResourceId, Span), inner: (ResourceId, Span)) -> Diagnostic {
    let (outer_name, inner_name) = (&platform.resource(outer.0).name, &platform.resource(inner.0).name);
    Diagnostic::error(
        catalogue::DOMAIN_OVERLAP,
        inner.1,
        format!("`{inner_name}` lies where `{outer_name}` lies"),
        "the same place, or inside of it",
    )
    .related(outer.1, format!("`{outer_name}` lies here"))
    .help("give each domain a prefix of its own: Lake Formation's permissions follow places")
}
