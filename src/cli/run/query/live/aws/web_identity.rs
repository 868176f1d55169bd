//! Keys for a token of somebody else whom a role trusts, as pods of EKS get one:
//! https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

use std::fs;
use std::time::Duration;

use super::credentials::Handed;
use super::{agent, suffix, variable};

/// The most time that an answer takes.
const ANSWER: Duration = Duration::from_secs(10);
/// The version of the interface.
const VERSION: &str = "2011-06-15";

/// A role, and the file with the token that is its due.
pub(super) struct WebIdentity {
    file: String,
    role: String,
    session: String,
    /// Who hands out the keys.
    url: String,
}

impl WebIdentity {
    /// What the environment says; nothing where it says nothing.
    pub(super) fn of_environment(region: &str) -> Result<Option<Self>, String> {
        let Some(file) = variable("AWS_WEB_IDENTITY_TOKEN_FILE") else { return Ok(None) };
        let role = variable("AWS_ROLE_ARN").ok_or(
            "`AWS_WEB_IDENTITY_TOKEN_FILE` is set, but `AWS_ROLE_ARN` is not: the role whose keys the token is given for",
        )?;
        Ok(Some(Self::new(file, role, variable("AWS_ROLE_SESSION_NAME"), region)))
    }

    /// A role of a name of its own for the session, or `dpl`.
    pub(super) fn new(file: String, role: String, session: Option<String>, region: &str) -> Self {
        let region =
            variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or(region.to_owned());
        let named = variable("AWS_ENDPOINT_URL_STS").or_else(|| variable("AWS_ENDPOINT_URL"));
        let url = named.unwrap_or_else(|| format!("https://sts.{region}.{}", suffix(&region)));
        Self { file, role, session: session.unwrap_or_else(|| "dpl".to_owned()), url }
    }

    /// Gives the token, which may be another one by now, for keys.
    pub(super) fn ask(&self) -> Result<Handed, String> {
        let Self { file, role, session, url } = self;
        let token = fs::read_to_string(file).map_err(|error| format!("can't read `{file}`: {error}"))?;
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", VERSION),
            ("RoleArn", role),
            ("RoleSessionName", session),
            ("WebIdentityToken", token.trim()),
        ];
        let failed = |error: ureq::Error| format!("no keys of `{role}` at `{url}`: {error}");
        let asked = agent(url, ANSWER)?.post(format!("{}/", url.trim_end_matches('/'))).send_form(form);
        let mut answer = asked.map_err(failed)?;
        let status = answer.status();
        let text = answer.body_mut().read_to_string().map_err(failed)?;
        let part = |name| element(&text, name).map(str::to_owned);
        if !status.is_success() {
            let why = part("Code").zip(part("Message")).map(|(code, message)| format!("{code}: {message}"));
            return Err(format!(
                "no keys of `{role}` at `{url}`: {}",
                why.unwrap_or_else(|| status.to_string())
            ));
        }
        let handed = (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"));
        let (Some(access_key_id), Some(secret_access_key), session_token @ Some(_)) = handed else {
            return Err(format!("what `{url}` hands out for `{role}` are no credentials"));
        };
        Ok(Handed { access_key_id, secret_access_key, session_token, expiration: part("Expiration") })
    }
}

/// The text of the first element of that name, which has no others within it. Keys and times have no character that XML writes in another way.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}
