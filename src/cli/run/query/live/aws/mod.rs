//! What AWS's services ask for, whichever of them is spoken to: keys, signatures, and connections to those whom the system trusts.

mod credentials;
pub(super) mod sign;
mod web_identity;

use std::env;
use std::sync::Arc;
use std::time::Duration;

use rustls_native_certs::CertificateResult;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

pub(super) use self::credentials::{Credentials, Keys};

/// Connections that are kept for the next request.
const CONNECTIONS: usize = 256;

/// A variable of the environment; one that is empty is none.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The name that a region's servers end with.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The certificates of those whom the system trusts, or the file in `SSL_CERT_FILE`.
pub(super) fn trusted() -> Result<CertificateResult, String> {
    let found = rustls_native_certs::load_native_certs();
    if let (Some(_), Some(error)) = (variable("SSL_CERT_FILE"), found.errors.first()) {
        return Err(format!("what `SSL_CERT_FILE` names can't be read: {error}"));
    }
    if found.certs.is_empty() {
        return Err("the system has no certificates to trust; install its package of them, or name the file in `SSL_CERT_FILE`".to_owned());
    }
    Ok(found)
}

/// Speaks HTTP/1.1, over TLS to those whom the system trusts where the URL says so.
pub(super) fn agent(url: &str, answer: Duration) -> Result<Agent, String> {
    let mut roots = Vec::new();
    if url.starts_with("https") {
        // Another that was named before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        roots.extend(trusted()?.certs.iter().map(|der| Certificate::from_der(der).to_owned()));
    }
    let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(answer))
        .max_idle_connections(CONNECTIONS)
        .max_idle_connections_per_host(CONNECTIONS)
        .user_agent(concat!("dpl/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().into())
}
