//! Keys to sign with, from where AWS's own tools look for them:
//! https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use serde::Deserialize;

use super::web_identity::WebIdentity;
use super::{agent, variable};

/// Keys that end are asked for anew so long before they do.
const AHEAD: Duration = Duration::from_secs(300);
/// The most time that a container's or an instance's answer takes.
const ANSWER: Duration = Duration::from_secs(2);
/// Where a container's keys are, before what `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` says.
const CONTAINER: &str = "http://169.254.170.2";
/// Where an instance's metadata are.
const INSTANCE: &str = "http://169.254.169.254";

/// An access key.
#[derive(Clone)]
pub(in crate::cli::run::query::live) struct Keys {
    pub(in crate::cli::run::query::live) id: String,
    pub(in crate::cli::run::query::live) secret: String,
    pub(in crate::cli::run::query::live) token: Option<String>,
    ends: Option<SystemTime>,
}

/// Where keys come from.
enum Origin {
    /// They are what they are.
    Fixed,
    /// A command prints them.
    Command(String),
    /// A container's address.
    Container(String),
    /// The metadata of an instance, at an address.
    Instance(String),
    /// A role, for a token of somebody else.
    WebIdentity(WebIdentity),
}

/// Keys, and how others are had when they end.
pub(in crate::cli::run::query::live) struct Credentials {
    origin: Origin,
    keys: Mutex<Keys>,
}

/// Keys as commands, containers and instances hand them out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Handed {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    #[serde(alias = "Token")]
    pub(super) session_token: Option<String>,
    pub(super) expiration: Option<String>,
}

impl From<Handed> for Keys {
    fn from(handed: Handed) -> Self {
        let ends = handed.expiration.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        Self {
            id: handed.access_key_id,
            secret: handed.secret_access_key,
            token: handed.session_token,
            ends: ends.map(SystemTime::from),
        }
    }
}

impl Credentials {
    /// Looks for keys: in the environment, with a token of somebody else, in the files of a profile, in the container, in the instance's metadata.
    pub(in crate::cli::run::query::live) fn find(region: &str) -> Result<Self, String> {
        let of = |origin, keys| Self { origin, keys: Mutex::new(keys) };
        if let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
            let token = variable("AWS_SESSION_TOKEN");
            return Ok(of(Origin::Fixed, Keys { id, secret, token, ends: None }));
        }
        if let Some(identity) = WebIdentity::of_environment(region)? {
            return of(Origin::WebIdentity(identity), Keys::EMPTY).filled();
        }
        if let Some(profile) = profile()? {
            let text = |key: &str| profile.get(key).cloned();
            if let (Some(id), Some(secret)) = (text("aws_access_key_id"), text("aws_secret_access_key")) {
                let token = text("aws_session_token");
                return Ok(of(Origin::Fixed, Keys { id, secret, token, ends: None }));
            }
            if let (Some(file), Some(role)) = (text("web_identity_token_file"), text("role_arn")) {
                let identity = WebIdentity::new(file, role, text("role_session_name"), region);
                return of(Origin::WebIdentity(identity), Keys::EMPTY).filled();
            }
            if let Some(command) = text("credential_process") {
                return of(Origin::Command(command), Keys::EMPTY).filled();
            }
        }
        let origin = surroundings()?;
        let is_instance = matches!(origin, Origin::Instance(_));
        of(origin, Keys::EMPTY).filled().map_err(|why| if is_instance { missing() } else { why })
    }

    fn filled(self) -> Result<Self, String> {
        self.renew()?;
        Ok(self)
    }

    /// Keys that hold for a while.
    pub(in crate::cli::run::query::live) fn keys(&self) -> Result<Keys, String> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match keys.ends {
            Some(ends) if ends <= SystemTime::now() + AHEAD => self.renew(),
            _ => Ok(keys),
        }
    }

    /// Asks for keys anew.
    pub(in crate::cli::run::query::live) fn renew(&self) -> Result<Keys, String> {
        let handed: Handed = match &self.origin {
            Origin::Fixed => return Ok(self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            Origin::Command(command) => printed(command)?,
            Origin::Container(place) => {
                // Another one each time: the file is written anew before the token ends.
                let token = container_token()?;
                let headers: Vec<_> = token.iter().map(|token| ("authorization", token.as_str())).collect();
                parsed(&fetched(place, &headers)?, place)?
            }
            Origin::Instance(place) => of_instance(place)?,
            Origin::WebIdentity(identity) => identity.ask()?,
        };
        let keys = Keys::from(handed);
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&keys);
        Ok(keys)
    }
}

/// Version 2 of the instance metadata service: a token first.
fn of_instance(place: &str) -> Result<Handed, String> {
    let place = place.trim_end_matches('/');
    let token = agent(place, ANSWER)?
        .put(format!("{place}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        .send_empty()
        .and_then(|mut response| response.body_mut().read_to_string())
        .map_err(|error| error.to_string())?;
    let headers = [("x-aws-ec2-metadata-token", token.as_str())];
    let roles = format!("{place}/latest/meta-data/iam/security-credentials/");
    let role = fetched(&roles, &headers)?;
    let role = role.lines().next().unwrap_or_default();
    let place = format!("{roles}{role}");
    parsed(&fetched(&place, &headers)?, &place)
}

fn fetched(place: &str, headers: &[(&str, &str)]) -> Result<String, String> {
    let mut asked = agent(place, ANSWER)?.get(place);
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    let failed = |error: ureq::Error| format!("no credentials at `{place}`: {error}");
    let mut response = asked.call().map_err(failed)?;
    if !response.status().is_success() {
        return Err(format!("no credentials at `{place}`: {}", response.status()));
    }
    response.body_mut().read_to_string().map_err(failed)
}

impl Keys {
    const EMPTY: Self = Self { id: String::new(), secret: String::new(), token: None, ends: None };
}

fn missing() -> String {
    "no AWS credentials: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or a profile that has them or a `credential_process`; `aws configure export-credentials --format env` prints those of any other profile".to_owned()
}

/// Whom to ask that is around the process: the container, or the instance.
fn surroundings() -> Result<Origin, String> {
    let (relative, full) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    match (variable(relative), variable(full)) {
        (Some(path), _) => Ok(Origin::Container(format!("{CONTAINER}{path}"))),
        (None, Some(whole)) => Ok(Origin::Container(whole)),
        (None, None) if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value == "true") => {
            Err(missing())
        }
        (None, None) => {
            let place = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
            Ok(Origin::Instance(place.unwrap_or_else(|| INSTANCE.to_owned())))
        }
    }
}

fn container_token() -> Result<Option<String>, String> {
    let Some(file) = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
        return Ok(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    };
    let text = std::fs::read_to_string(&file).map_err(|error| format!("can't read `{file}`: {error}"))?;
    Ok(Some(text.trim().to_owned()))
}

fn parsed(text: &str, place: &str) -> Result<Handed, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("what `{place}` hands out are no credentials: {error}"))
}

/// What a command prints: the path of a program and its arguments, as `credential_process` has it.
fn printed(command: &str) -> Result<Handed, String> {
    let done = Command::new("sh").args(["-c", command]).output();
    let done = done.map_err(|error| format!("`{command}` can't be run: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("`{command}` fails: {}", said.trim()));
    }
    parsed(&String::from_utf8_lossy(&done.stdout), command)
}

/// The settings of the profile that is asked for, from both of its files; nothing where none is asked for and there is no default.
fn profile() -> Result<Option<BTreeMap<String, String>>, String> {
    let asked = variable("AWS_PROFILE");
    let name = asked.as_deref().unwrap_or("default");
    let place = |chosen: &str, file: &str| {
        let of_home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".aws").join(file));
        variable(chosen).map(PathBuf::from).or_else(of_home)
    };
    let mut settings = BTreeMap::new();
    let files = [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
    for text in
        files.into_iter().filter_map(|(chosen, file)| std::fs::read_to_string(place(chosen, file)?).ok())
    {
        settings.extend(section(&text, name));
    }
    match asked {
        Some(name) if settings.is_empty() => Err(format!("there is no profile `{name}` in AWS's files")),
        _ => Ok(Some(settings).filter(|settings| !settings.is_empty())),
    }
}

/// The settings of `[name]`, or `[profile name]`.
fn section(text: &str, name: &str) -> Vec<(String, String)> {
    let mut within = false;
    let mut settings = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.trim().strip_prefix('[').and_then(|head| head.strip_suffix(']')) {
            within = head.trim().strip_prefix("profile ").unwrap_or(head).trim() == name;
        } else if within
            && !line.starts_with(['#', ';', ' ', '\t'])
            && let Some((key, value)) = line.split_once('=')
        {
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    settings
}
