//! Kafka: what `rskafka` is asked for here.

mod diagnosis;
mod msk;
mod reader;
mod security;
mod sink;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use self::security::Security;
use super::Topic as Declared;
use super::{Bell, Opened, PATIENCE, PAUSES, Start, lines::Lines};
use dpl::run::{Position, Target};

/// The most time that brokers take to take somebody in.
const ANSWER: Duration = Duration::from_secs(5);

/// Starts to read a topic at its servers, or at others.
pub(super) fn open(
    topic: &Declared,
    endpoint: Option<&str>,
    start: Start,
    before: &[(Position, bool)],
    bell: Bell,
) -> Result<Opened, String> {
    reader::open(Topic::connect(topic, endpoint)?, start, before, bell)
}

/// What takes a topic's rows.
pub(super) fn target(topic: &Declared, endpoint: Option<&str>) -> Result<Box<dyn Target + Send>, String> {
    Ok(Box::new(Lines::new(sink::KafkaSink::new(Topic::connect(topic, endpoint)?)?)))
}

/// A topic, and who asks for it.
struct Topic {
    runtime: Runtime,
    client: Client,
    name: String,
}

impl Topic {
    /// Asks servers for a topic.
    fn connect(topic: &Declared, endpoint: Option<&str>) -> Result<Self, String> {
        let (servers, security) = Security::of(topic, endpoint)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime can be started: {error}"))?;
        let client = runtime.block_on(connected(&servers, &security))?;
        Ok(Self { runtime, client, name: topic.name.clone() })
    }

    /// Its partitions.
    async fn partitions(client: &Client, name: &str) -> Result<Vec<i32>, String> {
        let topics = client.list_topics().await.map_err(|error| error.to_string())?;
        match topics.into_iter().find(|topic| topic.name == name) {
            Some(topic) if !topic.partitions.is_empty() => Ok(topic.partitions.into_iter().collect()),
            _ => Err(format!("there is no topic `{name}`")),
        }
    }

    /// The one that leads a partition.
    async fn leader(client: &Client, name: &str, partition: i32) -> Result<Arc<PartitionClient>, String> {
        let leader = client.partition_client(name, partition, UnknownTopicHandling::Retry).await;
        leader.map(Arc::new).map_err(|error| error.to_string())
    }
}

/// Asks servers until one of them takes us in, or one says what will never change.
async fn connected(servers: &[String], security: &Security) -> Result<Client, String> {
    let (began, mut pause) = (Instant::now(), PAUSES.0);
    let asked = |patience| {
        let backoff = BackoffConfig {
            init_backoff: PAUSES.0,
            max_backoff: PAUSES.1,
            deadline: Some(patience),
            ..BackoffConfig::default()
        };
        security
            .applied(ClientBuilder::new(servers.to_owned()).client_id("dpl").backoff_config(backoff))
            .build()
    };
    loop {
        // One try, since the client itself would go on trying whatever the brokers say.
        let why = match timeout(ANSWER, asked(Duration::ZERO)).await {
            Ok(Ok(_)) => return asked(PATIENCE).await.map_err(|error| error.to_string()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer of {} for {} s", servers.join(", "), ANSWER.as_secs()),
        };
        if let Some(fault) = servers.iter().find_map(|server| diagnosis::lasting(server, security, &why)) {
            return Err(fault);
        }
        if began.elapsed() >= PATIENCE {
            return Err(format!("{why}, for {} s", PATIENCE.as_secs()));
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// What a broker says no to.
fn said(error: &Error) -> Option<ProtocolError> {
    match error {
        Error::ServerError { protocol_error, .. } => Some(*protocol_error),
        _ => None,
    }
}
