//! Calls answered with values of the types that they return, made from a seed, and events; a call can be made to fail.

use dpl::machine::Failure;
use dpl::platform::{Base, DataType, Pipeline, Platform};
use dpl::rehearsal::{Asked, End, Mocks, Reply};
use serde_json::{Map, Value as Json, json};

use crate::window::rng::Rng;

/// A call that fails.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The how many-eth call of the run, from 0.
    pub at: usize,
    /// The error's name.
    pub error: String,
    /// Whether the same call goes on failing, so that its retries are used up.
    pub stays: bool,
}

/// Answers whatever is called.
pub struct Sampler<'p> {
    platform: &'p Platform,
    rng: Rng,
    fault: Option<Fault>,
    /// The call that goes on failing.
    broken: Option<String>,
    /// How many calls were made.
    pub made: usize,
}

impl<'p> Sampler<'p> {
    pub fn new(platform: &'p Platform, seed: u64, fault: Option<Fault>) -> Self {
        Self { platform, rng: Rng::new(seed), fault, broken: None, made: 0 }
    }

    /// An event of a pipeline.
    pub fn event(&mut self, pipeline: &Pipeline) -> Json {
        match pipeline.params.as_slice() {
            [only] if pipeline.whole_event => self.value(&only.ty),
            params => Json::Object(
                params.iter().map(|param| (param.name.to_string(), self.value(&param.ty))).collect(),
            ),
        }
    }

    fn value(&mut self, ty: &DataType) -> Json {
        if ty.nullable && self.rng.below(4) == 0 {
            return Json::Null;
        }
        match &ty.base {
            Base::Boolean => json!(self.rng.below(2) == 0),
            Base::Int | Base::BigInt => json!(self.number(ty).floor() as i64),
            // Halves are exact in binary: how the digits of others are written is no matter of pipelines.
            Base::Double | Base::Decimal(..) => json!(self.number(ty)),
            Base::Date => json!(format!("2026-01-0{}", 1 + self.rng.below(9))),
            Base::Timestamp(_) => json!(format!("2026-01-01T00:00:0{}", self.rng.below(9))),
            Base::TimestampLtz(_) => json!(format!("2026-01-01T00:00:0{}Z", self.rng.below(9))),
            Base::Bytes => json!("AAEC"),
            Base::Location => json!(format!("s3://lake/{}", self.rng.below(9))),
            Base::List(element) => (0..self.length(ty, 3)).map(|_| self.value(element)).collect(),
            Base::Map(_, inner) => {
                let names = ["a", "b", "c"];
                let count = self.length(ty, 3);
                Json::Object(
                    names[..count].iter().map(|name| ((*name).to_owned(), self.value(inner))).collect(),
                )
            }
            Base::Record(id) => {
                let schema = self.platform.schema(*id).clone();
                let mut members = Map::new();
                for column in &schema.columns {
                    let value = self.value(&column.ty);
                    // What may be null may be left out as well.
                    if !value.is_null() || self.rng.below(2) == 0 {
                        members.insert(column.name.to_string(), value);
                    }
                }
                Json::Object(members)
            }
            Base::Json => json!({ "kind": "sample", "n": self.rng.below(9) }),
            _ => self.text(ty),
        }
    }

    fn text(&mut self, ty: &DataType) -> Json {
        const LETTERS: &[char] =
            &['a', 'b', 'c', 'x', 'Z', '0', '7', '-', ' ', '"', '\'', '\\', '{', '%', '}', '/', 'é', '漢'];
        if !ty.refinement.one_of.is_empty() {
            return json!(ty.refinement.one_of[self.rng.below(ty.refinement.one_of.len())].as_str());
        }
        let length = self.length(ty, 8);
        json!((0..length).map(|_| self.rng.pick(LETTERS)).collect::<String>())
    }

    fn number(&mut self, ty: &DataType) -> f64 {
        let bound = |text: &Option<_>, otherwise: f64| {
            text.as_ref().map_or(otherwise, |text: &smol_str::SmolStr| text.parse().unwrap())
        };
        let (min, max) = (bound(&ty.refinement.min, -20.0), bound(&ty.refinement.max, 40.0));
        min + ((max - min) * 2.0 * self.rng.below(1000) as f64 / 1000.0).floor() / 2.0
    }

    fn length(&mut self, ty: &DataType, most: u64) -> usize {
        let least = ty.refinement.min_length.unwrap_or(0);
        let most = ty.refinement.max_length.unwrap_or(most).min(most.max(least));
        least as usize + self.rng.below((most - least) as usize + 1)
    }
}

impl Mocks for Sampler<'_> {
    fn reply(&mut self, asked: Asked<'_>) -> Result<Option<Reply>, String> {
        let (at, name) = (self.made, asked.call.name.to_string());
        self.made += 1;
        let fault = self.fault.as_ref().filter(|fault| fault.at == at || self.broken.as_ref() == Some(&name));
        let end = match fault {
            Some(fault) => {
                if fault.stays {
                    self.broken = Some(name);
                }
                End::Failure(Failure::new(fault.error.as_str(), "it is made to fail"))
            }
            None if asked.call.runs.is_some() => return Ok(None),
            None => End::Value(match &asked.call.result {
                Some(ty) => self.value(ty),
                None => Json::Null,
            }),
        };
        Ok(Some(Reply { end, seconds: 0.0, silence: None }))
    }
}
