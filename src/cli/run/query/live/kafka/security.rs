//! How brokers are spoken to, in the words of Kafka's own clients: https://kafka.apache.org/documentation/#security
//!
//! A stream that is declared with `iam = true`, as it is by default, is spoken to over TLS, as whom AWS knows. Of other streams, and of servers that
//! `--endpoint` names, the environment may say more. Passwords are in the environment alone.

use std::sync::Arc;

use rskafka::client::{ClientBuilder, Credentials, SaslConfig};
use rustls::{ClientConfig, RootCertStore};

use super::msk;
use crate::cli::run::query::live::Topic;
use crate::cli::run::query::live::aws::{trusted, variable};

/// The variables that say how brokers are spoken to.
const PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
const MECHANISM: &str = "KAFKA_SASL_MECHANISM";
/// Those that say as whom.
const USER: &str = "KAFKA_SASL_USERNAME";
const PASSWORD: &str = "KAFKA_SASL_PASSWORD";
/// The protocols, and for each whether it has TLS and whether brokers are told who asks.
const PROTOCOLS: [(&str, bool, bool); 4] = [
    ("PLAINTEXT", false, false),
    ("SSL", true, false),
    ("SASL_PLAINTEXT", false, true),
    ("SASL_SSL", true, true),
];

/// How it is told who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// A user and a password.
    Plain,
    /// That somebody knows a password, which is not sent.
    Scram256,
    /// The same.
    Scram512,
    /// Whom AWS knows by a key.
    Iam,
}

impl Mechanism {
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::Scram256, Self::Scram512, Self::Iam];

    /// What Kafka calls it, and MSK's own library for Java.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram256 => "SCRAM-SHA-256",
            Self::Scram512 => "SCRAM-SHA-512",
            Self::Iam => "AWS_MSK_IAM",
        }
    }

    /// What it is between clients and brokers.
    pub(super) const fn wire(self) -> &'static str {
        match self {
            Self::Iam => "OAUTHBEARER",
            named => named.name(),
        }
    }

    fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == name).ok_or_else(|| {
            format!("`{MECHANISM}={name}`: there are {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// How to speak to brokers.
pub(super) struct Security {
    /// Whom to trust, where there is TLS.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// As whom.
    pub(super) mechanism: Option<Mechanism>,
    sasl: Option<SaslConfig>,
    /// What says otherwise.
    otherwise: String,
}

/// TLS or not, and as whom.
type Way = (bool, Option<Mechanism>);

impl Security {
    /// The servers of a topic, or those that are named in its place, and how they are spoken to.
    pub(super) fn of(topic: &Topic, endpoint: Option<&str>) -> Result<(Vec<String>, Self), String> {
        let (scheme, servers) = match endpoint.map(|text| text.split_once("://").ok_or(text)) {
            Some(Ok((scheme, servers))) => (Some(scheme.to_owned()), listed(servers)),
            Some(Err(servers)) => (None, listed(servers)),
            None => (None, topic.servers.clone()),
        };
        let is_address = |server: &&String| {
            server
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if let Some(server) = servers.iter().find(|server| !is_address(server)) {
            return Err(format!("`{server}` is no server: `HOST:PORT`"));
        }
        let is_fixed = topic.iam && endpoint.is_none();
        let (is_secure, mechanism) = match is_fixed {
            true => (true, Some(Mechanism::Iam)),
            false => way(scheme, by_default(topic.iam, &servers))?,
        };
        let tls = is_secure.then(tls).transpose()?;
        let sasl = mechanism.map(|mechanism| sasl(mechanism, &servers, &topic.region)).transpose()?;
        let stream = &topic.stream;
        let otherwise = match is_fixed {
            true => format!("`--endpoint {stream}=PROTOCOL://HOST:PORT` or `iam = false` in the program"),
            false => format!("`{PROTOCOL}`, or `--endpoint {stream}=PROTOCOL://HOST:PORT`,"),
        };
        Ok((servers, Self { tls, mechanism, sasl, otherwise }))
    }

    /// A client that speaks so.
    pub(super) fn applied(&self, builder: ClientBuilder) -> ClientBuilder {
        let builder = match &self.tls {
            Some(tls) => builder.tls_config(Arc::clone(tls)),
            None => builder,
        };
        match &self.sasl {
            Some(sasl) => builder.sasl_config(sasl.clone()),
            None => builder,
        }
    }

    /// What makes it another protocol, with TLS or without.
    pub(super) fn other(&self, is_secure: bool) -> String {
        let fits = |(_, secure, sasl): &&(&str, bool, bool)| {
            *secure == is_secure
                && (self.mechanism.is_none() || *sasl || self.mechanism == Some(Mechanism::Iam))
        };
        let names: Vec<_> = PROTOCOLS.iter().filter(fits).map(|(name, ..)| format!("`{name}`")).collect();
        format!("{} says {}", self.otherwise, names.join(" or "))
    }

    /// What says who asks.
    pub(super) fn other_mechanism(&self) -> String {
        let protocol = if self.tls.is_some() { "SASL_SSL" } else { "SASL_PLAINTEXT" };
        format!("{} says `{protocol}`, and `{MECHANISM}` how", self.otherwise)
    }

    /// As whom the brokers were asked, and what says so.
    pub(super) fn asker(&self) -> String {
        match (&self.mechanism, &self.sasl) {
            (
                Some(mechanism),
                Some(SaslConfig::Plain(user) | SaslConfig::ScramSha256(user) | SaslConfig::ScramSha512(user)),
            ) => {
                format!("user `{}` by {}; look at `{USER}` and `{PASSWORD}`", user.username, mechanism.name())
            }
            _ => "this AWS key; its policies must allow `kafka-cluster:Connect` to the cluster".to_owned(),
        }
    }
}

fn listed(servers: &str) -> Vec<String> {
    servers.split(',').map(|server| server.trim().to_owned()).collect()
}

/// What nobody says otherwise: what the program says, and MSK's ports:
/// https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html
fn by_default(iam: bool, servers: &[String]) -> Way {
    let port = servers.iter().find(|server| msk::region_of(server).is_some());
    let port = port.and_then(|server| server.rsplit_once(':')).map(|(_, port)| port);
    match port {
        _ if iam => (true, Some(Mechanism::Iam)),
        Some("9094" | "9194") => (true, None),
        Some("9096" | "9196") => (true, Some(Mechanism::Scram512)),
        _ => (false, None),
    }
}

/// What is said of servers, beside what is so by default.
fn way(scheme: Option<String>, by_default: Way) -> Result<Way, String> {
    let named = variable(MECHANISM).map(|name| Mechanism::named(&name)).transpose()?;
    let Some(protocol) = scheme.or_else(|| variable(PROTOCOL)) else {
        return Ok(named.map_or(by_default, |mechanism| (true, Some(mechanism))));
    };
    let Some((_, is_secure, has_sasl)) = PROTOCOLS.into_iter().find(|(name, ..)| *name == protocol) else {
        return Err(format!("`{protocol}` is no protocol: {}", PROTOCOLS.map(|(name, ..)| name).join(", ")));
    };
    if !has_sasl {
        return Ok((is_secure, None));
    }
    let Some(mechanism) = named.or(by_default.1) else {
        let names = Mechanism::ALL.map(Mechanism::name).join(", ");
        return Err(format!("`{protocol}` says who asks; `{MECHANISM}` how: {names}"));
    };
    if mechanism == Mechanism::Iam && !is_secure {
        return Err(format!("{} is spoken over TLS alone: `SASL_SSL`, not `{protocol}`", mechanism.name()));
    }
    Ok((is_secure, Some(mechanism)))
}

/// TLS with those whom the system trusts.
pub(super) fn tls() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted()?.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("TLS can't be spoken: {error}"))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn sasl(mechanism: Mechanism, servers: &[String], region: &str) -> Result<SaslConfig, String> {
    let user = || match (variable(USER), variable(PASSWORD)) {
        (Some(user), Some(password)) => Ok(Credentials::new(user, password)),
        (user, _) => {
            let missing = if user.is_none() { USER } else { PASSWORD };
            Err(format!("{} takes a user and a password: `{missing}` is not set", mechanism.name()))
        }
    };
    Ok(match mechanism {
        Mechanism::Plain => SaslConfig::Plain(user()?),
        Mechanism::Scram256 => SaslConfig::ScramSha256(user()?),
        Mechanism::Scram512 => SaslConfig::ScramSha512(user()?),
        Mechanism::Iam => msk::authentication(servers, region)?,
    })
}
