//! AWS Signature Version 4 of a request, in its headers or in its URL: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

use std::fmt::Write as _;
use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::Keys;

/// A request with a body to the root of a host.
pub(in crate::cli::run::query::live) struct Request<'a> {
    pub(in crate::cli::run::query::live) region: &'a str,
    pub(in crate::cli::run::query::live) service: &'a str,
    /// The headers that are signed and sent, in the order of their names in lower case, `host` among them.
    pub(in crate::cli::run::query::live) headers: &'a [(&'a str, &'a str)],
    pub(in crate::cli::run::query::live) body: &'a [u8],
}

/// A time as `20260131T120000Z`.
pub(in crate::cli::run::query::live) fn stamp(time: SystemTime) -> String {
    let time: DateTime<Utc> = DateTime::from(time);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The header `authorization` of a request that has `x-amz-date` with that stamp among its headers.
pub(in crate::cli::run::query::live) fn authorization(
    request: &Request<'_>,
    keys: &Keys,
    stamp: &str,
) -> String {
    let Request { region, service, headers, body } = request;
    let mut canonical = "POST\n/\n\n".to_owned();
    for (name, value) in *headers {
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let _ = write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body)));
    let scope = Scope { stamp, region, service };
    let signature = scope.signature(&canonical, keys);
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
        keys.id,
        scope.text()
    )
}

/// The URL of the root of a host with a query, which bears the signature of a GET of it that holds for so many seconds from the stamp on:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
pub(in crate::cli::run::query::live) fn presigned(
    host: &str,
    scope: &Scope<'_>,
    query: (&str, &str),
    seconds: u32,
    keys: &Keys,
) -> String {
    let (credential, seconds) = (format!("{}/{}", keys.id, scope.text()), seconds.to_string());
    let mut parts = vec![
        query,
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", scope.stamp),
        ("X-Amz-Expires", &seconds),
        ("X-Amz-SignedHeaders", "host"),
    ];
    parts.extend(keys.token.as_deref().map(|token| ("X-Amz-Security-Token", token)));
    parts.sort_unstable();
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let query = parts.join("&");
    let canonical = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{}", hex(&Sha256::digest([])));
    format!("https://{host}/?{query}&X-Amz-Signature={}", scope.signature(&canonical, keys))
}

/// What a signature is good for.
pub(in crate::cli::run::query::live) struct Scope<'a> {
    pub(in crate::cli::run::query::live) stamp: &'a str,
    pub(in crate::cli::run::query::live) region: &'a str,
    pub(in crate::cli::run::query::live) service: &'a str,
}

impl Scope<'_> {
    fn day(&self) -> &str {
        self.stamp.get(..8).unwrap_or_default()
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day(), self.region, self.service)
    }

    fn signature(&self, canonical: &str, keys: &Keys) -> String {
        let digest = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", self.stamp, self.text());
        let mut key = format!("AWS4{}", keys.secret).into_bytes();
        for part in [self.day(), self.region, self.service, "aws4_request"] {
            key = authenticated(&key, part.as_bytes());
        }
        hex(&authenticated(&key, text.as_bytes()))
    }
}

/// Text as a query has it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn authenticated(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
