//! The shards of a stream that is read: a thread for each, and those that follow where one was split or merged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dpl::run::Position;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Client, Fault, PATIENCE, aggregated};
use crate::cli::run::query::live::{Bell, Chunk, Opened, Partition, Said, Start};

/// A shard may be read five times a second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const PACE: Duration = Duration::from_millis(200);
/// The most records that one answer has.
const RECORDS: u32 = 10_000;
/// The pause between two looks for the shards that follow one.
const LOOK: Duration = Duration::from_secs(1);

/// Where a shard is read from.
#[derive(Clone)]
enum Cursor {
    /// What comes from now on.
    Latest,
    Earliest,
    /// What came at that time or after it, in milliseconds since the epoch.
    At(i64),
    /// The record of that number, and what follows it.
    From(String),
    After(String),
}

impl Cursor {
    /// As a checkpoint has it.
    fn text(&self) -> String {
        match self {
            Self::Latest => "latest".to_owned(),
            Self::Earliest => "earliest".to_owned(),
            Self::At(millis) => format!("at {millis}"),
            Self::From(number) => format!("from {number}"),
            Self::After(number) => format!("after {number}"),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        Some(match text.split_once(' ') {
            None if text == "latest" => Self::Latest,
            None if text == "earliest" => Self::Earliest,
            Some(("at", millis)) => Self::At(millis.parse().ok()?),
            Some(("from", number)) => Self::From(number.to_owned()),
            Some(("after", number)) => Self::After(number.to_owned()),
            _ => return None,
        })
    }

    /// The members of a request that say it.
    fn place(&self, request: &mut Json) {
        let (kind, number) = match self {
            Self::Latest => ("LATEST", None),
            Self::Earliest => ("TRIM_HORIZON", None),
            Self::At(_) => ("AT_TIMESTAMP", None),
            Self::From(number) => ("AT_SEQUENCE_NUMBER", Some(number)),
            Self::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number)),
        };
        let Some(members) = request.as_object_mut() else { return };
        members.insert("ShardIteratorType".to_owned(), kind.into());
        members.extend(number.map(|number| ("StartingSequenceNumber".to_owned(), number.as_str().into())));
        if let Self::At(millis) = self {
            members.insert("Timestamp".to_owned(), (*millis as f64 / 1000.0).into());
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    shards: Vec<Listed>,
    next_token: Option<String>,
}

/// A shard as the stream lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    shard_id: String,
    parent_shard_id: Option<String>,
    adjacent_parent_shard_id: Option<String>,
    sequence_number_range: Range,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Range {
    ending_sequence_number: Option<String>,
}

impl Listed {
    fn parents(&self) -> impl Iterator<Item = &String> {
        self.parent_shard_id.iter().chain(&self.adjacent_parent_shard_id)
    }

    fn is_open(&self) -> bool {
        self.sequence_number_range.ending_sequence_number.is_none()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Begun {
    shard_iterator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    records: Vec<Record>,
    next_shard_iterator: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    sequence_number: String,
    data: String,
}

/// What is known of a shard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Its parents are read first.
    Waits,
    Read,
    /// It was read to its end, or it had ended when the first run started with the latest records.
    Done,
}

/// The shards of a stream.
struct Shards {
    client: Arc<Client>,
    known: Mutex<BTreeMap<String, Known>>,
    /// Where a shard starts that is read from its beginning on.
    beginning: Cursor,
    births: Sender<Partition>,
    bell: Bell,
}

/// Starts to read a stream: all its shards, or those that a run before knew, from where it left them.
pub(super) fn open(
    client: Arc<Client>,
    start: Start,
    before: &[(Position, bool)],
    bell: Bell,
) -> Result<Opened, String> {
    let (births, born): (_, Receiver<Partition>) = unbounded();
    let (listing, now) = list(&client).map_err(told)?;
    let beginning = match start {
        Start::At(millis) => Cursor::At(millis),
        Start::Earliest | Start::Latest => Cursor::Earliest,
    };
    let shards = Arc::new(Shards { client, known: Mutex::new(BTreeMap::new()), beginning, births, bell });
    let mut partitions = Vec::new();
    for (position, has_ended) in before {
        let known = if *has_ended { Known::Done } else { Known::Read };
        shards.known().insert(position.partition.clone(), known);
        partitions.push(match has_ended {
            true => Partition::new(position.clone()).0,
            false => {
                let cursor = Cursor::of_text(&position.cursor);
                let cursor = cursor.ok_or_else(|| format!("`{}` is no place in a shard", position.cursor))?;
                shards.read(position.clone(), cursor)?
            }
        });
    }
    if before.is_empty() {
        partitions.extend(shards.first(&listing, start, now)?);
    } else {
        for partition in shards.take_up(&listing)? {
            // Nobody hears of it before the run does.
            let _ = shards.births.send(partition);
        }
    }
    Ok(Opened { partitions, born })
}

fn told(fault: Fault) -> String {
    match fault {
        Fault::Passing(why) | Fault::Final(why) => why,
        Fault::Expired => "the iterator is too old".to_owned(),
    }
}

/// All shards, and the server's time, which is that of no shard's record that comes later.
fn list(client: &Client) -> Result<(Vec<Listed>, SystemTime), Fault> {
    let (mut shards, mut token, mut now) = (Vec::new(), None::<String>, None);
    loop {
        let request = match &token {
            Some(token) => json!({ "NextToken": token }),
            None => json!({ "StreamARN": client.arn }),
        };
        let (answer, time) = client.ask("ListShards", &request.to_string())?;
        now = now.or(time);
        let listing: Listing = read(&answer, "ListShards")?;
        shards.extend(listing.shards);
        token = listing.next_token;
        if token.is_none() {
            return Ok((shards, now.unwrap_or_else(SystemTime::now)));
        }
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a [u8], operation: &str) -> Result<T, Fault> {
    serde_json::from_slice(answer)
        .map_err(|error| Fault::Final(format!("the answer to {operation} is none: {error}")))
}

impl Shards {
    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shards of a first run.
    fn first(
        self: &Arc<Self>,
        listing: &[Listed],
        start: Start,
        now: SystemTime,
    ) -> Result<Vec<Partition>, String> {
        if !matches!(start, Start::Latest) {
            self.known().extend(listing.iter().map(|shard| (shard.shard_id.clone(), Known::Waits)));
            return self.take_up(listing);
        }
        let mut partitions = Vec::new();
        // A run that goes on before it had a record of a shard starts at this moment again.
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = Cursor::At(i64::try_from(millis).unwrap_or(i64::MAX));
        for shard in listing {
            let known = if shard.is_open() { Known::Read } else { Known::Done };
            self.known().insert(shard.shard_id.clone(), known);
            if shard.is_open() {
                let (partition, cursor) = (shard.shard_id.clone(), now.text());
                partitions.push(self.read(Position { partition, cursor, skip: 0 }, Cursor::Latest)?);
            }
        }
        Ok(partitions)
    }

    /// Notes the shards that are new, and starts to read those whose parents were read to their ends. New is what is open or follows a shard that
    /// is known; others had ended before the first run.
    fn take_up(self: &Arc<Self>, listing: &[Listed]) -> Result<Vec<Partition>, String> {
        let mut ready = Vec::new();
        {
            let mut known = self.known();
            loop {
                let is_new = |shard: &&Listed| {
                    !known.contains_key(&shard.shard_id)
                        && (shard.is_open() || shard.parents().any(|parent| known.contains_key(parent)))
                };
                let Some(shard) = listing.iter().find(is_new) else { break };
                known.insert(shard.shard_id.clone(), Known::Waits);
            }
            for shard in listing {
                let waits = |parent| matches!(known.get(parent), Some(Known::Waits | Known::Read));
                if known.get(&shard.shard_id) == Some(&Known::Waits) && !shard.parents().any(waits) {
                    known.insert(shard.shard_id.clone(), Known::Read);
                    ready.push(shard.shard_id.clone());
                }
            }
        }
        let start = |partition| {
            let position = Position { partition, cursor: self.beginning.text(), skip: 0 };
            self.read(position, self.beginning.clone())
        };
        ready.into_iter().map(start).collect()
    }

    /// Starts to read a shard.
    fn read(self: &Arc<Self>, position: Position, cursor: Cursor) -> Result<Partition, String> {
        let (shards, shard) = (Arc::clone(self), position.partition.clone());
        let (partition, said) = Partition::new(position);
        let reader = thread::Builder::new().name(shard.clone());
        let started = reader.spawn(move || {
            let last = match shards.read_all(&shard, cursor, &said) {
                Ok(true) => shards.followed(&shard).map_or_else(Said::Failed, |()| Said::Ended),
                // The run is over.
                Ok(false) => return,
                Err(fault) => Said::Failed(told(fault)),
            };
            // Where the run is over nobody hears it.
            let _ = said.send(last);
            shards.bell.ring();
        });
        started.map_err(|error| format!("no thread can be started: {error}"))?;
        Ok(partition)
    }

    /// Reads a shard; whether to its end, and not to that of the run.
    fn read_all(&self, shard: &str, mut cursor: Cursor, said: &Sender<Said>) -> Result<bool, Fault> {
        let mut iterator = self.iterator(shard, &cursor)?;
        loop {
            let began = Instant::now();
            let request =
                json!({ "StreamARN": self.client.arn, "ShardIterator": iterator, "Limit": RECORDS });
            let answer = match self.client.ask("GetRecords", &request.to_string()) {
                Ok((answer, _)) => answer,
                Err(Fault::Expired) => {
                    iterator = self.iterator(shard, &cursor)?;
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let answer: Answer = read(&answer, "GetRecords")?;
            if let Some(last) = answer.records.last() {
                let next = Cursor::After(last.sequence_number.clone());
                if said.send(Said::Records(chunk(&cursor, &answer.records)?)).is_err() {
                    return Ok(false);
                }
                self.bell.ring();
                cursor = next;
            }
            let Some(next) = answer.next_shard_iterator else { return Ok(true) };
            iterator = next;
            thread::sleep(PACE.saturating_sub(began.elapsed()));
        }
    }

    fn iterator(&self, shard: &str, cursor: &Cursor) -> Result<String, Fault> {
        let mut request = json!({ "StreamARN": self.client.arn, "ShardId": shard });
        cursor.place(&mut request);
        let (answer, _) = self.client.ask("GetShardIterator", &request.to_string())?;
        Ok(read::<Begun>(&answer, "GetShardIterator")?.shard_iterator)
    }

    /// A shard was read to its end: what follows it is read.
    fn followed(self: &Arc<Self>, shard: &str) -> Result<(), String> {
        self.known().insert(shard.to_owned(), Known::Done);
        let began = Instant::now();
        loop {
            let (listing, _) = list(&self.client).map_err(told)?;
            for partition in self.take_up(&listing)? {
                let _ = self.births.send(partition);
            }
            if listing.iter().any(|listed| listed.parents().any(|parent| parent == shard)) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{shard} has ended, and no shard follows it"));
            }
            thread::sleep(LOOK);
        }
    }
}

/// The rows of records.
fn chunk(cursor: &Cursor, records: &[Record]) -> Result<Chunk, Fault> {
    let from = match (cursor, records.first()) {
        (Cursor::Latest | Cursor::Earliest | Cursor::At(_), Some(first)) => {
            Cursor::From(first.sequence_number.clone())
        }
        _ => cursor.clone(),
    };
    let mut chunk = Chunk { from: from.text(), ..Chunk::default() };
    for Record { sequence_number, data } in records {
        let data = STANDARD.decode(data).map_err(|error| {
            Fault::Final(format!("the data of record {sequence_number} are none: {error}"))
        })?;
        match aggregated::parts(&data) {
            Some(parts) => parts.into_iter().for_each(|part| chunk.push(part)),
            None => chunk.push(&data),
        }
        chunk.mark(Cursor::After(sequence_number.clone()).text());
    }
    Ok(chunk)
}
