//! A definition, read from its document. <https://states-language.net>

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::fields::{Fields, Malformed};

/// A state machine.
#[derive(Debug)]
pub struct Machine {
    /// Its states.
    pub(super) flow: Flow,
    /// The longest run in seconds.
    pub(super) timeout: Option<f64>,
}

impl Machine {
    /// Reads a definition's text.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let json = serde_json::from_str(text).map_err(|error| Malformed(error.to_string()))?;
        let mut fields = Fields::new("the definition", json)?;
        jsonata(&mut fields, true)?;
        fields.take("Version");
        let machine = Self { timeout: fields.number("TimeoutSeconds")?, flow: Flow::read(&mut fields)? };
        fields.end()?;
        Ok(machine)
    }
}

/// States with the one that comes first.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) start: String,
    pub(super) states: BTreeMap<String, State>,
}

/// A state: what it does, what is made of it, and what comes then.
#[derive(Debug)]
pub(super) struct State {
    pub(super) kind: Kind,
    pub(super) settling: Settling,
    /// Nothing behind the last one.
    pub(super) next: Option<String>,
    pub(super) retriers: Vec<Retrier>,
    pub(super) catchers: Vec<Catcher>,
}

/// What becomes of a state, a rule or a catcher that is done.
#[derive(Debug, Default)]
pub(super) struct Settling {
    pub(super) assign: Map<String, Json>,
    pub(super) output: Option<Json>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Task(TaskState),
    Choice(Vec<Rule>, Option<String>),
    Parallel(Vec<Flow>, Option<Json>),
    Map(Box<MapState>),
    WaitFor(Json),
    WaitUntil(Json),
    Pass,
    Succeed,
    Fail(Option<Json>, Option<Json>),
}

#[derive(Debug)]
pub(super) struct TaskState {
    pub(super) resource: String,
    pub(super) arguments: Option<Json>,
    pub(super) timeout: Option<Json>,
    pub(super) heartbeat: Option<Json>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) condition: Json,
    pub(super) next: String,
    pub(super) settling: Settling,
}

#[derive(Debug)]
pub(super) struct Retrier {
    pub(super) errors: Vec<String>,
    pub(super) interval: f64,
    pub(super) attempts: u32,
    pub(super) backoff: f64,
    pub(super) max_delay: Option<f64>,
    pub(super) jitter: bool,
}

#[derive(Debug)]
pub(super) struct Catcher {
    pub(super) errors: Vec<String>,
    pub(super) next: String,
    pub(super) settling: Settling,
}

#[derive(Debug)]
pub(super) struct MapState {
    pub(super) items: Option<Json>,
    pub(super) reader: Option<Reader>,
    pub(super) selector: Option<Json>,
    pub(super) batcher: Option<Batcher>,
    pub(super) writer: Option<Json>,
    pub(super) concurrency: Option<Json>,
    pub(super) tolerated_count: Option<Json>,
    pub(super) tolerated_percentage: Option<Json>,
    pub(super) distributed: bool,
    pub(super) flow: Flow,
}

/// Where the items of a distributed loop come from.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) resource: String,
    pub(super) arguments: Option<Json>,
    pub(super) max_items: Option<Json>,
}

#[derive(Debug)]
pub(super) struct Batcher {
    pub(super) items: Option<Json>,
    pub(super) bytes: Option<Json>,
    pub(super) input: Option<Json>,
}

/// Refuses JSONPath. `whole` is the definition, which must say so; a state may repeat it.
fn jsonata(fields: &mut Fields, whole: bool) -> Result<(), Malformed> {
    match fields.text("QueryLanguage")?.as_deref() {
        Some("JSONata") => Ok(()),
        None if !whole => Ok(()),
        _ => Err(fields.wrong("QueryLanguage", "not `JSONata`")),
    }
}

impl Flow {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        let start = fields.needed_text("StartAt")?;
        let mut states = BTreeMap::new();
        for (name, json) in fields.object("States")? {
            let state = State::read(Fields::new(format!("state `{name}`"), json)?)?;
            states.insert(name, state);
        }
        let flow = Self { start, states };
        flow.check(&fields.of)?;
        Ok(flow)
    }

    /// Every state that is gone to must be there.
    fn check(&self, of: &str) -> Result<(), Malformed> {
        let targets = self.states.values().flat_map(State::targets);
        match std::iter::once(self.start.as_str())
            .chain(targets)
            .find(|name| !self.states.contains_key(*name))
        {
            Some(name) => Err(Malformed(format!("{of}: there is no state `{name}`"))),
            None => Ok(()),
        }
    }
}

impl State {
    fn targets(&self) -> impl Iterator<Item = &str> {
        let (rules, default): (&[Rule], Option<&String>) = match &self.kind {
            Kind::Choice(rules, default) => (rules, default.as_ref()),
            _ => (&[], None),
        };
        let rules = rules.iter().map(|rule| rule.next.as_str());
        let catchers = self.catchers.iter().map(|catcher| catcher.next.as_str());
        let next = self.next.iter().chain(default).map(String::as_str);
        rules.chain(catchers).chain(next)
    }

    fn read(mut fields: Fields) -> Result<Self, Malformed> {
        jsonata(&mut fields, false)?;
        let kind = Kind::read(&mut fields)?;
        let ends = matches!(kind, Kind::Choice(..) | Kind::Succeed | Kind::Fail(..));
        let mut state = Self {
            settling: match kind {
                Kind::Fail(..) => Settling::default(),
                _ => Settling::read(&mut fields)?,
            },
            kind,
            next: None,
            retriers: Vec::new(),
            catchers: Vec::new(),
        };
        if matches!(state.kind, Kind::Task(_) | Kind::Parallel(..) | Kind::Map(_)) {
            state.retriers = each(&mut fields, "Retry", Retrier::read)?;
            state.catchers = each(&mut fields, "Catch", Catcher::read)?;
        }
        if !ends {
            state.next = fields.text("Next")?;
            if state.next.is_some() == (fields.take("End") == Some(Json::Bool(true))) {
                return Err(fields.wrong("Next", "given beside End, or neither is"));
            }
        }
        fields.end()?;
        Ok(state)
    }
}

fn each<T>(
    fields: &mut Fields,
    name: &str,
    read: impl Fn(&mut Fields) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let of = format!("{}: {name}", fields.of);
    let items = fields.list(name)?.into_iter().map(|json| {
        let mut fields = Fields::new(of.as_str(), json)?;
        let item = read(&mut fields)?;
        fields.end()?;
        Ok(item)
    });
    items.collect()
}

/// One member that is an object of its own.
fn part<T>(
    fields: &mut Fields,
    name: &str,
    read: impl Fn(&mut Fields) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    let Some(json) = fields.take(name) else { return Ok(None) };
    let mut inner = Fields::new(format!("{}: {name}", fields.of), json)?;
    let item = read(&mut inner)?;
    inner.end()?;
    Ok(Some(item))
}

impl Kind {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(match fields.needed_text("Type")?.as_str() {
            "Task" => {
                fields.take("Credentials");
                Self::Task(TaskState {
                    resource: fields.needed_text("Resource")?,
                    arguments: fields.take("Arguments"),
                    timeout: fields.take("TimeoutSeconds"),
                    heartbeat: fields.take("HeartbeatSeconds"),
                })
            }
            "Choice" => Self::Choice(each(fields, "Choices", Rule::read)?, fields.text("Default")?),
            "Parallel" => Self::Parallel(each(fields, "Branches", Flow::read)?, fields.take("Arguments")),
            "Map" => Self::Map(Box::new(MapState::read(fields)?)),
            "Wait" => match (fields.take("Seconds"), fields.take("Timestamp")) {
                (Some(seconds), None) => Self::WaitFor(seconds),
                (None, Some(timestamp)) => Self::WaitUntil(timestamp),
                _ => return Err(fields.wrong("Seconds", "given beside Timestamp, or neither is")),
            },
            "Pass" => Self::Pass,
            "Succeed" => Self::Succeed,
            "Fail" => Self::Fail(fields.take("Error"), fields.take("Cause")),
            other => return Err(fields.wrong("Type", &format!("`{other}`, which there is not"))),
        })
    }
}

impl Settling {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(Self { assign: fields.object("Assign")?, output: fields.take("Output") })
    }
}

impl Rule {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(Self {
            condition: fields.needed("Condition")?,
            next: fields.needed_text("Next")?,
            settling: Settling::read(fields)?,
        })
    }
}

impl Catcher {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(Self {
            errors: fields.texts("ErrorEquals")?,
            next: fields.needed_text("Next")?,
            settling: Settling::read(fields)?,
        })
    }
}

impl Retrier {
    /// Defaults: <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        let attempts = fields.number("MaxAttempts")?.unwrap_or(3.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 99,999,999, and never below 0"
        )]
        let attempts = attempts as u32;
        Ok(Self {
            errors: fields.texts("ErrorEquals")?,
            interval: fields.number("IntervalSeconds")?.unwrap_or(1.0),
            attempts,
            backoff: fields.number("BackoffRate")?.unwrap_or(2.0),
            max_delay: fields.number("MaxDelaySeconds")?,
            jitter: fields.text("JitterStrategy")?.as_deref() == Some("FULL"),
        })
    }
}

impl MapState {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        let mut distributed = false;
        let flow = part(fields, "ItemProcessor", |inner| {
            let config = part(inner, "ProcessorConfig", |config| {
                config.take("ExecutionType");
                config.text("Mode")
            })?;
            let flow = Flow::read(inner)?;
            Ok((config.flatten().as_deref() == Some("DISTRIBUTED"), flow))
        })?
        .map(|(mode, flow)| {
            distributed = mode;
            flow
        });
        fields.take("Label");
        Ok(Self {
            items: fields.take("Items"),
            reader: part(fields, "ItemReader", Reader::read)?,
            selector: fields.take("ItemSelector"),
            batcher: part(fields, "ItemBatcher", Batcher::read)?,
            writer: fields.take("ResultWriter"),
            concurrency: fields.take("MaxConcurrency"),
            tolerated_count: fields.take("ToleratedFailureCount"),
            tolerated_percentage: fields.take("ToleratedFailurePercentage"),
            distributed,
            flow: flow.ok_or_else(|| fields.wrong("ItemProcessor", "missing"))?,
        })
    }
}

impl Reader {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        let max_items = fields.object("ReaderConfig")?.get("MaxItems").cloned();
        Ok(Self { resource: fields.needed_text("Resource")?, arguments: fields.take("Arguments"), max_items })
    }
}

impl Batcher {
    fn read(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(Self {
            items: fields.take("MaxItemsPerBatch"),
            bytes: fields.take("MaxInputBytesPerBatch"),
            input: fields.take("BatchInput"),
        })
    }
}
