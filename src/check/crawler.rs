//! Crawlers: the catalog that they write into.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId},
    source::Span,
};

/// A crawler writes into the catalog of its own account.
pub fn crawlers_write_into_their_own_catalog(platform: &Platform, diagnostics: &mut Diagnostics) {
    for crawler in platform.crawlers() {
        let (domain, span) = crawler.domain;
        if platform.resource(crawler.resource).account != platform.resource(domain).account {
            diagnostics.push(elsewhere(platform, domain, span));
        }
    }
}

fn elsewhere(platform: &Platform, domain: ResourceId, span: Span) -> Diagnostic {
    let account = platform.account_of(domain).map(|account| account.name.as_str()).unwrap_or_default();
    Diagnostic::error(
        catalogue::CRAWLER_ELSEWHERE,
        span,
        format!("`{}` is a domain of account `{account}`", platform.resource(domain).name),
        "not the crawler's own catalog",
    )
    .help(format!("declare the crawler in `{account}`: it may look through buckets of other accounts"))
}
