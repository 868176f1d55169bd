//! Kafka, spoken to without TLS and without passwords: what `rskafka` is asked for here.

mod reader;
mod sink;

use std::sync::Arc;

use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use tokio::runtime::{Builder, Runtime};

use super::{Bell, Opened, PATIENCE, PAUSES, Start, lines::Lines};
use dpl::run::{Position, Target};

/// Starts to read a topic at servers, `HOST:PORT` each.
pub(super) fn open(
    topic: &str,
    servers: Vec<String>,
    start: Start,
    before: &[(Position, bool)],
    bell: Bell,
) -> Result<Opened, String> {
    reader::open(Topic::connect(topic, servers)?, start, before, bell)
}

/// What takes a topic's rows.
pub(super) fn target(topic: &str, servers: Vec<String>) -> Result<Box<dyn Target + Send>, String> {
    Ok(Box::new(Lines::new(sink::KafkaSink::new(Topic::connect(topic, servers)?)?)))
}

/// A topic, and who asks for it.
struct Topic {
    runtime: Runtime,
    client: Client,
    name: String,
}

impl Topic {
    /// Asks servers, `HOST:PORT` each, for a topic.
    fn connect(name: &str, servers: Vec<String>) -> Result<Self, String> {
        let is_address = |server: &&String| {
            server
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if let Some(server) = servers.iter().find(|server| !is_address(server)) {
            return Err(format!("`{server}` is no server: `HOST:PORT`"));
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime can be started: {error}"))?;
        let backoff = BackoffConfig {
            init_backoff: PAUSES.0,
            max_backoff: PAUSES.1,
            deadline: Some(PATIENCE),
            ..BackoffConfig::default()
        };
        let asked = ClientBuilder::new(servers).client_id("dpl").backoff_config(backoff).build();
        let client = runtime.block_on(asked).map_err(|error| error.to_string())?;
        Ok(Self { runtime, client, name: name.to_owned() })
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

/// What a broker says no to.
fn said(error: &Error) -> Option<ProtocolError> {
    match error {
        Error::ServerError { protocol_error, .. } => Some(*protocol_error),
        _ => None,
    }
}
