//! What a program says of where a stream is.

use dpl::lower::property;
use dpl::platform::{Construct, Platform, ResourceId, ValueKind};
use serde_json::Value as Json;

/// A stream's connector, as far as a run needs it.
pub(in crate::cli::run::query) enum Declared {
    /// A Kinesis data stream.
    Kinesis {
        /// Its ARN.
        arn: String,
        /// Its region.
        region: String,
        /// Whether a query that has no checkpoint starts with the oldest record.
        earliest: bool,
    },
    /// A Kafka topic.
    Kafka {
        /// Where it is.
        topic: Topic,
        /// Whether a query that has no checkpoint starts with the oldest record.
        earliest: bool,
    },
    /// Something that is not live: the name of its constructor.
    Other(String),
}

/// A Kafka topic.
pub(super) struct Topic {
    /// Its name.
    pub(super) name: String,
    /// What the program calls it.
    pub(super) stream: String,
    /// `HOST:PORT` of brokers to ask first.
    pub(super) servers: Vec<String>,
    /// Whether they ask for AWS's own authentication.
    pub(super) iam: bool,
    /// The region of its account.
    pub(super) region: String,
}

/// What is declared of a stream.
pub(in crate::cli::run::query) fn declared(platform: &Platform, id: ResourceId) -> Declared {
    let Some(stream) = platform.stream(id) else { return Declared::Other("no stream".to_owned()) };
    let connector = &stream.connector;
    let constructor = platform.library.constructor(connector.constructor);
    let options = |name| property(platform, id, connector, name).unwrap_or(Json::Null);
    let (both, source) = (options("flink"), options("flink_source"));
    let text =
        |from: &Json, key: &str| from.get(key).and_then(Json::as_str).map(str::to_owned).unwrap_or_default();
    match constructor.name.as_str() {
        "kinesis" => Declared::Kinesis {
            arn: text(&both, "stream.arn"),
            region: text(&both, "aws.region"),
            earliest: text(&source, "source.init.position") == "TRIM_HORIZON",
        },
        "kafka" => {
            let servers = both.get("properties.bootstrap.servers").and_then(Json::as_array);
            let servers = servers.into_iter().flatten().filter_map(Json::as_str);
            let topic = Topic {
                name: text(&both, "topic"),
                stream: platform.resource(id).name.to_string(),
                servers: servers.map(str::to_owned).collect(),
                iam: matches!(field(platform, connector, "iam"), Some(ValueKind::Bool(true))),
                region: platform.account_of(id).map(|account| account.region.to_string()).unwrap_or_default(),
            };
            Declared::Kafka { topic, earliest: text(&source, "scan.startup.mode") == "earliest-offset" }
        }
        other => Declared::Other(other.to_owned()),
    }
}

/// Whether the rows of a stream are JSON, one object a record.
pub(in crate::cli::run::query) fn is_json(platform: &Platform, id: ResourceId) -> bool {
    let format = platform.stream(id).map(|stream| stream.format.constructor);
    format.is_some_and(|format| platform.library.constructor(format).name == "json")
}

/// The value of a field of a constructor.
fn field<'p>(platform: &Platform, construct: &'p Construct, name: &str) -> Option<&'p ValueKind> {
    let fields = &platform.library.constructor(construct.constructor).fields;
    let at = fields.iter().position(|field| field.name == name)?;
    construct.fields.get(at)?.as_ref().map(|value| &value.kind)
}
