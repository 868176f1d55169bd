//! Amazon States Language with JSONata, as far as pipelines use it. <https://states-language.net>

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value as Json};

/// A state machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Machine {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `JSONata`.
    pub query_language: &'static str,
    /// The longest run in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Its states.
    #[serde(flatten)]
    pub flow: Flow,
}

/// States with the one that comes first: a machine's, a branch's or a loop's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flow {
    /// The first state.
    pub start_at: String,
    /// All states.
    pub states: States,
}

/// States by name, in the order of the program.
#[derive(Debug, Default)]
pub struct States(pub Vec<(String, State)>);

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, state) in &self.0 {
            map.serialize_entry(name, state)?;
        }
        map.end()
    }
}

/// A state.
#[derive(Debug, Serialize)]
#[serde(tag = "Type")]
pub enum State {
    /// Calls a service.
    Task(Task),
    /// Decides.
    Choice(Choice),
    /// Runs branches at the same time.
    Parallel(Parallel),
    /// Runs the same for each element.
    Map(Box<Loop>),
    /// Waits.
    Wait(Wait),
    /// Binds values.
    Pass(Pass),
    /// Ends in success.
    Succeed(Succeed),
    /// Ends in failure.
    Fail(Fail),
}

/// What comes behind a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Next {
    /// Another state.
    Next(String),
    /// The end of the machine, the branch or the loop: always `true`.
    End(bool),
}

/// Values for variables, by their names.
pub type Assign = Map<String, Json>;

/// Calls a service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Task {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The integration's ARN.
    pub resource: String,
    /// As whom it is called, where that is not the machine's own role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// The request.
    pub arguments: Json,
    /// The longest time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// The longest silence in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_seconds: Option<u64>,
    /// How it is made again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retry: Vec<Retry>,
    /// Where its errors go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<Catch>,
    /// What it binds.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub assign: Assign,
    /// What it hands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// What comes then.
    #[serde(flatten)]
    pub next: Next,
}

/// The role that a task takes on. <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// Its ARN.
    pub role_arn: String,
}

/// How a task is made again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Retry {
    /// The errors it is for.
    pub error_equals: Vec<String>,
    /// Seconds before the first.
    pub interval_seconds: u64,
    /// How many more times.
    pub max_attempts: u32,
    /// What each wait is multiplied by.
    pub backoff_rate: f64,
    /// The longest wait in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_delay_seconds: Option<u64>,
    /// `FULL` where the waits are spread at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_strategy: Option<&'static str>,
}

/// Where errors go.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Catch {
    /// The errors it is for.
    pub error_equals: Vec<String>,
    /// What it binds.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub assign: Assign,
    /// The first state that handles them.
    pub next: String,
}

/// Decides what comes next.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Choice {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The conditions in order.
    pub choices: Vec<Rule>,
    /// What comes where none holds; without it that is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A condition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// A JSONata expression that is true or false.
    pub condition: String,
    /// What it binds.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub assign: Assign,
    /// What comes where it holds.
    pub next: String,
}

/// Runs branches at the same time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parallel {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The branches.
    pub branches: Vec<Flow>,
    /// Where their errors go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<Catch>,
    /// What it binds.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub assign: Assign,
    /// What it hands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// What comes then.
    #[serde(flatten)]
    pub next: Next,
}

/// Runs the same for each element.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Loop {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The elements, where nothing reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Json>,
    /// Where the elements come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_reader: Option<ItemReader>,
    /// What is made of each element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_selector: Option<Json>,
    /// How many elements go together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_batcher: Option<ItemBatcher>,
    /// How many at the same time; none is as many as Step Functions likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u64>,
    /// How many may fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_count: Option<u64>,
    /// How many of a hundred may fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_percentage: Option<u64>,
    /// What runs for each.
    pub item_processor: ItemProcessor,
    /// Where it is written what became of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_writer: Option<ResultWriter>,
    /// Where errors go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<Catch>,
    /// What it hands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// What comes then.
    #[serde(flatten)]
    pub next: Next,
}

impl Loop {
    /// A loop over its input, which hands nothing on.
    pub fn new(comment: Option<String>, item_processor: ItemProcessor, next: Next) -> Self {
        Self {
            comment,
            items: None,
            item_reader: None,
            item_selector: None,
            item_batcher: None,
            max_concurrency: None,
            tolerated_failure_count: None,
            tolerated_failure_percentage: None,
            item_processor,
            result_writer: None,
            catch: Vec::new(),
            output: Some(Json::Object(Map::new())),
            next,
        }
    }
}

/// Where a loop's elements come from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemReader {
    /// The integration's ARN.
    pub resource: String,
    /// How they are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader_config: Option<Json>,
    /// The request.
    pub arguments: Json,
}

/// How many elements go together.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemBatcher {
    /// So many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items_per_batch: Option<u64>,
    /// As many as so many bytes hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_input_bytes_per_batch: Option<u64>,
    /// What each batch gets beside them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_input: Option<Json>,
}

/// Where it is written what became of each.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultWriter {
    /// The integration's ARN.
    pub resource: String,
    /// The request.
    pub arguments: Json,
}

/// What runs for each element.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemProcessor {
    /// How.
    pub processor_config: ProcessorConfig,
    /// The states.
    #[serde(flatten)]
    pub flow: Flow,
}

/// How a loop runs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessorConfig {
    /// `INLINE`, `DISTRIBUTED`.
    pub mode: &'static str,
    /// `STANDARD`: what the executions of a distributed loop are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_type: Option<&'static str>,
}

/// Waits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Wait {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How long.
    #[serde(flatten)]
    pub until: Until,
    /// What it hands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// What comes then.
    #[serde(flatten)]
    pub next: Next,
}

/// How long to wait.
#[derive(Debug, Serialize)]
pub enum Until {
    /// So many seconds.
    Seconds(u64),
    /// Until an instant: a JSONata expression.
    Timestamp(String),
}

/// Binds values.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pass {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What it binds.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub assign: Assign,
    /// What it hands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// What comes then.
    #[serde(flatten)]
    pub next: Next,
}

/// Ends in success.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Succeed {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The result.
    pub output: Json,
}

/// Ends in failure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Fail {
    /// The doc comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The error's name.
    pub error: String,
    /// Its cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Json>,
}
