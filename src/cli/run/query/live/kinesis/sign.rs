//! AWS Signature Version 4 of a request: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

use std::fmt::Write as _;
use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::credentials::Keys;

/// A request with a body to the root of a host.
pub(super) struct Request<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// The headers that are signed and sent, in the order of their names in lower case, `host` among them.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// A time as `20260131T120000Z`.
pub(super) fn stamp(time: SystemTime) -> String {
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
pub(super) fn authorization(request: &Request<'_>, keys: &Keys, stamp: &str) -> String {
    let Request { region, service, headers, body } = request;
    let mut canonical = "POST\n/\n\n".to_owned();
    for (name, value) in *headers {
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let _ = write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body)));
    let day = stamp.get(..8).unwrap_or_default();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = format!("AWS4{}", keys.secret).into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = authenticated(&key, part.as_bytes());
    }
    let signature = hex(&authenticated(&key, text.as_bytes()));
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.id)
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
