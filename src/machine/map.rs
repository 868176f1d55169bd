//! Loops, inline and distributed. Iterations run in order here; how long they take together is as if as many ran at once as may.

use jsonata_core::value::JValue;
use serde_json::{Map, Value as Json, json};

use super::{
    clock::Time,
    definition::{Batcher, MapState, Reader},
    event::Happening,
    execution::{Level, Run, Visit, put},
    failure::{Failure, Stop},
    query::Reading,
};

/// The most iterations of an inline loop at once: <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html>
const INLINE: usize = 40;
/// The most executions of a distributed loop at once: <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>
const DISTRIBUTED: usize = 10_000;

/// An iteration's input, and how many items it takes.
type Share = (Json, usize);

impl Run<'_> {
    pub(super) fn map(&mut self, visit: Visit<'_>, map: &MapState, level: &Level) -> Result<Json, Stop> {
        let (name, reading) = (visit.name, &self.reading(visit, level, None));
        let items = self.items(name, map, reading, level)?;
        let total = items.len();
        let mut inputs = Vec::with_capacity(total);
        for (index, item) in items.into_iter().enumerate() {
            inputs.push(match &map.selector {
                Some(selector) => self.selected(selector, index, item, reading, level)?,
                None => item.passed(),
            });
        }
        let shares = match &map.batcher {
            Some(batcher) => self.batches(batcher, inputs, reading)?,
            None => inputs.into_iter().map(|input| (input, 1)).collect(),
        };
        let most = if map.distributed { DISTRIBUTED } else { INLINE };
        let limit = self.optional("MaxConcurrency", map.concurrency.as_ref(), reading)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never below 0; too many are too many"
        )]
        let limit = limit.filter(|limit| *limit >= 1.0).map_or(most, |limit| most.min(limit as usize));
        let (results, failed) = self.iterations(map, shares, limit, level)?;
        if failed > 0 {
            self.tolerated(map, failed, total, reading)?;
        }
        match &map.writer {
            Some(writer) => self.written(name, writer, reading, level, results),
            None => Ok(Json::Array(results)),
        }
    }

    fn optional(
        &self,
        name: &str,
        member: Option<&Json>,
        reading: &Reading<'_>,
    ) -> Result<Option<f64>, Stop> {
        Ok(member.map(|member| self.queries.number(name, member, reading)).transpose()?)
    }

    fn items(
        &mut self,
        name: &str,
        map: &MapState,
        reading: &Reading<'_>,
        level: &Level,
    ) -> Result<Vec<Item>, Stop> {
        let items = match (&map.reader, &map.items) {
            (Some(reader), _) => self.read_items(name, reader, reading, level)?,
            (None, Some(items)) => self.queries.value(items, reading)?,
            (None, None) => level.input.clone(),
        };
        match items {
            Json::Array(items) => Ok(items.into_iter().map(|value| Item { key: None, value }).collect()),
            Json::Object(members) if map.distributed && map.batcher.is_none() => {
                Ok(members.into_iter().map(|(key, value)| Item { key: Some(key), value }).collect())
            }
            other => Err(Failure::query(format!("the items are {other}, and no list")).into()),
        }
    }

    fn read_items(
        &mut self,
        name: &str,
        reader: &Reader,
        reading: &Reading<'_>,
        level: &Level,
    ) -> Result<Json, Stop> {
        let arguments = match &reader.arguments {
            Some(arguments) => self.queries.value(arguments, reading)?,
            None => Json::Null,
        };
        let most = self.optional("MaxItems", reader.max_items.as_ref(), reading)?;
        let mut items = self.ask(name, &reader.resource, arguments, (None, None), level)?;
        if let (Json::Array(items), Some(most)) = (&mut items, most.filter(|most| *most >= 1.0)) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1")]
            items.truncate(most as usize);
        }
        Ok(items)
    }

    /// What is selected of one item: `$states.context.Map.Item` is it.
    fn selected(
        &self,
        selector: &Json,
        index: usize,
        item: Item,
        reading: &Reading<'_>,
        level: &Level,
    ) -> Result<Json, Stop> {
        let mut about = Map::from_iter([("Index".to_owned(), Json::from(index))]);
        about.extend(item.key.map(|key| ("Key".to_owned(), Json::String(key))));
        about.insert("Value".to_owned(), item.value);
        let mut context = reading.states.get("context").cloned().unwrap_or(JValue::Null);
        put(&mut context, "Map", JValue::from(json!({ "Item": about })));
        let reading = Reading { states: level.states(context, None), ..reading.clone() };
        Ok(self.queries.value(selector, &reading)?)
    }

    fn batches(
        &self,
        batcher: &Batcher,
        inputs: Vec<Json>,
        reading: &Reading<'_>,
    ) -> Result<Vec<Share>, Stop> {
        let most =
            self.optional("MaxItemsPerBatch", batcher.items.as_ref(), reading)?.unwrap_or(f64::INFINITY);
        let bytes =
            self.optional("MaxInputBytesPerBatch", batcher.bytes.as_ref(), reading)?.unwrap_or(f64::INFINITY);
        let common = batcher.input.as_ref().map(|input| self.queries.value(input, reading)).transpose()?;
        let mut batches: Vec<(Vec<Json>, usize)> = Vec::new();
        for input in inputs {
            let size = input.to_string().len();
            #[expect(clippy::cast_precision_loss, reason = "lengths of lists and texts")]
            let fits = |items: &Vec<Json>, held: usize| {
                ((items.len() + 1) as f64) <= most && ((held + size) as f64) <= bytes
            };
            match batches.last_mut() {
                Some((items, held)) if fits(items, *held) => {
                    items.push(input);
                    *held += size;
                }
                _ => batches.push((vec![input], size)),
            }
        }
        let shares = batches.into_iter().map(|(items, _)| {
            let taken = items.len();
            let mut batch = Map::from_iter([("Items".to_owned(), Json::Array(items))]);
            batch.extend(common.clone().map(|input| ("BatchInput".to_owned(), input)));
            (Json::Object(batch), taken)
        });
        Ok(shares.collect())
    }

    /// Runs all iterations: their results, and how many items were in those that failed.
    fn iterations(
        &mut self,
        map: &MapState,
        shares: Vec<Share>,
        limit: usize,
        level: &Level,
    ) -> Result<(Vec<Json>, usize), Stop> {
        let mut free: Vec<Time> = vec![self.now; limit.min(shares.len()).max(1)];
        let (mut results, mut failed) = (Vec::with_capacity(shares.len()), 0);
        for (input, taken) in shares {
            let worker = (0..free.len()).min_by_key(|at| free.get(*at).copied()).unwrap_or_default();
            self.now = free.get(worker).copied().unwrap_or(self.now);
            let inner = if map.distributed { level.child(input) } else { level.inner(input) };
            let ran =
                if map.distributed { self.apart(&map.flow, inner) } else { self.flow(&map.flow, inner) };
            match ran {
                Ok(result) => results.push(result),
                Err(Stop::Failed(failure)) if map.distributed => {
                    failed += taken;
                    results.push(json!({
                        "Status": "FAILED", "Error": failure.error, "Cause": failure.cause.unwrap_or_default(),
                    }));
                }
                Err(stop) => return Err(stop),
            }
            if let Some(slot) = free.get_mut(worker) {
                *slot = self.now;
            }
        }
        self.now = free.into_iter().max().unwrap_or(self.now);
        Ok((results, failed))
    }

    /// Whether as many failures may be. A threshold of 0 is none.
    fn tolerated(
        &self,
        map: &MapState,
        failed: usize,
        total: usize,
        reading: &Reading<'_>,
    ) -> Result<(), Stop> {
        let of = |name, member: &Option<Json>| {
            Ok::<_, Stop>(self.optional(name, member.as_ref(), reading)?.filter(|threshold| *threshold > 0.0))
        };
        let count = of("ToleratedFailureCount", &map.tolerated_count)?;
        let percentage = of("ToleratedFailurePercentage", &map.tolerated_percentage)?;
        #[expect(clippy::cast_precision_loss, reason = "numbers of items")]
        let (failed, total) = (failed as f64, total as f64);
        let exceeded = match (count, percentage) {
            (None, None) => true,
            _ => {
                count.is_some_and(|most| failed > most)
                    || percentage.is_some_and(|most| failed * 100.0 > most * total)
            }
        };
        if !exceeded {
            return Ok(());
        }
        let cause = "The specified tolerated failure threshold was exceeded";
        Err(Failure::new("States.ExceedToleratedFailureThreshold", cause).into())
    }

    /// Where the results were written, instead of the results.
    fn written(
        &mut self,
        name: &str,
        writer: &Json,
        reading: &Reading<'_>,
        level: &Level,
        results: Vec<Json>,
    ) -> Result<Json, Stop> {
        let writer = self.queries.value(writer, reading)?;
        let place = writer.get("Arguments").unwrap_or(&Json::Null);
        let text = |member: &str| place.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
        self.tell(name, level, Happening::Returned(Json::Array(results)));
        let prefix = text("Prefix");
        let folder = if prefix.is_empty() {
            "run".to_owned()
        } else {
            format!("{}/run", prefix.trim_end_matches('/'))
        };
        Ok(json!({
            "MapRunArn": format!("arn:aws:states:us-east-1:123456789012:mapRun:machine/{name}:run"),
            "ResultWriterDetails": { "Bucket": text("Bucket"), "Key": format!("{folder}/manifest.json") },
        }))
    }
}

/// An item, with its key where the items are an object's members.
struct Item {
    key: Option<String>,
    value: Json,
}

impl Item {
    fn passed(self) -> Json {
        match self.key {
            Some(key) => json!({ "Key": key, "Value": self.value }),
            None => self.value,
        }
    }
}
