//! Kinesis Data Streams, spoken to in its own JSON over HTTP: https://docs.aws.amazon.com/kinesis/latest/APIReference/

mod aggregated;
mod shards;
mod sink;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;
use ureq::Agent;

use super::aws::sign::{self, Request};
use super::aws::{Credentials, agent, suffix, variable};
use super::{Bell, Opened, PATIENCE, PAUSES, Start, lines::Lines};
use dpl::run::{Position, Target};

/// The version of the interface, before the name of an operation.
const TARGET: &str = "Kinesis_20131202.";
/// The most time that one answer takes.
const ANSWER: Duration = Duration::from_secs(30);
/// The most bytes of an answer: 10 MiB of records in base64, with what stands around them.
const LARGEST: u64 = 1 << 25;
/// As many characters of an answer that is none are told.
const SHOWN: usize = 300;

/// Starts to read a stream, of which its ARN and region are given.
pub(super) fn open(
    stream: [&str; 2],
    endpoint: Option<&str>,
    start: Start,
    before: &[(Position, bool)],
    bell: Bell,
) -> Result<Opened, String> {
    shards::open(Client::new(stream, endpoint)?, start, before, bell)
}

/// What takes a stream's rows.
pub(super) fn target(stream: [&str; 2], endpoint: Option<&str>) -> Result<Box<dyn Target + Send>, String> {
    Ok(Box::new(Lines::new(sink::KinesisSink::new(Client::new(stream, endpoint)?))))
}

/// A stream, and who asks for it.
struct Client {
    agent: Agent,
    url: String,
    host: String,
    region: String,
    credentials: Credentials,
    /// The stream's ARN.
    arn: String,
}

/// Why a request came to nothing.
#[derive(Debug)]
enum Fault {
    /// It may come to something if it is made again.
    Passing(String),
    /// The iterator is too old.
    Expired,
    /// It will never come to anything.
    Final(String),
}

/// What a server says when it refuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
}

impl Client {
    /// Speaks to the region's own server, or to another: the one that is named, or what the environment says.
    fn new([arn, region]: [&str; 2], endpoint: Option<&str>) -> Result<Arc<Self>, String> {
        let named = endpoint.map(str::to_owned);
        let asked =
            named.or_else(|| variable("AWS_ENDPOINT_URL_KINESIS")).or_else(|| variable("AWS_ENDPOINT_URL"));
        let url = asked.unwrap_or_else(|| format!("https://kinesis.{region}.{}", suffix(region)));
        let url = url.trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(['/', '?', '@'])) else {
            return Err(format!("`{url}` is no endpoint: `https://HOST` or `http://HOST:PORT`"));
        };
        let default = if url.starts_with("https") { ":443" } else { ":80" };
        let host = host.strip_suffix(default).unwrap_or(host).to_owned();
        let agent = agent(url, ANSWER)?;
        let credentials = Credentials::find(region)?;
        let (arn, region, url) = (arn.to_owned(), region.to_owned(), format!("{url}/"));
        Ok(Arc::new(Self { agent, url, host, region, credentials, arn }))
    }

    /// Asks until there is an answer, or why there will be none; with the server's own time.
    fn ask(&self, operation: &str, body: &str) -> Result<(Vec<u8>, Option<SystemTime>), Fault> {
        let began = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            match self.once(operation, body.as_bytes()) {
                Err(Fault::Passing(why)) if began.elapsed() >= PATIENCE => {
                    return Err(Fault::Final(format!("{operation}: {why}, for {} s", PATIENCE.as_secs())));
                }
                Err(Fault::Passing(_)) => thread::sleep(pause),
                done => return done,
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    fn once(&self, operation: &str, body: &[u8]) -> Result<(Vec<u8>, Option<SystemTime>), Fault> {
        let keys = self.credentials.keys().map_err(Fault::Passing)?;
        let stamp = sign::stamp(SystemTime::now());
        let target = format!("{TARGET}{operation}");
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1"),
            ("host", self.host.as_str()),
            ("x-amz-date", stamp.as_str()),
        ];
        headers.extend(keys.token.as_deref().map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", target.as_str()));
        let request = Request { region: &self.region, service: "kinesis", headers: &headers, body };
        let authorization = sign::authorization(&request, &keys, &stamp);
        let mut sent = self.agent.post(&self.url).header("authorization", &authorization);
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            sent = sent.header(*name, *value);
        }
        let failed = |error: ureq::Error| Fault::Passing(format!("`{}`: {error}", self.url));
        let mut answer = sent.send(body).map_err(failed)?;
        let status = answer.status().as_u16();
        let time = answer.headers().get("date").and_then(|date| date.to_str().ok()).and_then(http_date);
        let text = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed)?;
        if (200..300).contains(&status) {
            return Ok((text, time));
        }
        Err(self.refused(status, &text))
    }

    /// What a refusal means.
    fn refused(&self, status: u16, text: &[u8]) -> Fault {
        let refusal: Refusal = serde_json::from_slice(text).unwrap_or_default();
        let kind = refusal.kind.rsplit('#').next().unwrap_or_default();
        let why = match (kind, refusal.message.as_str()) {
            ("", _) => {
                let said = String::from_utf8_lossy(text);
                let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
                let said: String = said.chars().take(SHOWN).collect();
                format!("the server answers with status {status}: {said}")
            }
            (kind, "") => kind.to_owned(),
            (kind, message) => format!("{kind}: {message}"),
        };
        match kind {
            "ExpiredIteratorException" => Fault::Expired,
            "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "ThrottlingException"
            | "KMSThrottlingException"
            | "RequestTimeout"
            | "ResourceInUseException" => Fault::Passing(why),
            "ExpiredTokenException" | "ExpiredToken" => match self.credentials.renew() {
                Ok(_) if status < 500 => Fault::Passing(why),
                _ => Fault::Final(why),
            },
            _ if status >= 500 || status == 429 => Fault::Passing(why),
            _ => Fault::Final(why),
        }
    }
}

/// `Fri, 27 Nov 2026 06:41:46 GMT`.
fn http_date(text: &str) -> Option<SystemTime> {
    chrono::DateTime::parse_from_rfc2822(text).ok().map(SystemTime::from)
}
