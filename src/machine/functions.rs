//! The functions that Step Functions adds to JSONata, and those that must not depend on the machine that a run is tried on.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>

use std::{cell::Cell, rc::Rc};

use jsonata_core::{
    evaluator::{Evaluator, EvaluatorError, HostFnResult},
    value::JValue,
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::clock::{Time, timestamp};

/// Numbers that look random and are the same in every run.
#[derive(Clone, Debug, Default)]
pub(super) struct Chance(Rc<Cell<u64>>);

impl Chance {
    /// SplitMix64: <https://doi.org/10.1145/2714064.2660195>
    fn bits(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From 0 up to 1.
    pub(super) fn part(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let part = (self.bits() >> 11) as f64;
        part / 9_007_199_254_740_992.0
    }

    /// A UUID of version 4.
    fn uuid(&self) -> String {
        let (high, low) = (self.bits(), self.bits());
        let (version, variant) = ((high & 0x0fff) | 0x4000, ((low >> 48) & 0x3fff) | 0x8000);
        format!(
            "{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// Makes them known to an evaluator.
pub(super) fn register(evaluator: &mut Evaluator, chance: &Chance, now: Time) -> Result<(), EvaluatorError> {
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hash)?;
    evaluator.register_fn("parse", parse)?;
    evaluator
        .register_fn("clone", |args: &[JValue]| Ok(given(args, 0).cloned().unwrap_or(JValue::Undefined)))?;
    evaluator.register_fn_override("encodeUrl", |args: &[JValue]| encoded("encodeUrl", URI, args))?;
    evaluator.register_fn_override("encodeUrlComponent", |args: &[JValue]| {
        encoded("encodeUrlComponent", COMPONENT, args)
    })?;
    let ours = chance.clone();
    evaluator.register_fn("uuid", move |args: &[JValue]| {
        at_most("uuid", args, 0)?;
        Ok(JValue::string(ours.uuid()))
    })?;
    let ours = chance.clone();
    evaluator.register_fn_override("random", move |args: &[JValue]| random(args, &ours))?;
    let ours = chance.clone();
    evaluator.register_fn_override("shuffle", move |args: &[JValue]| shuffle(args, &ours))?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time are exact")]
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::Number(now as f64)))?;
    evaluator.register_fn_override("now", move |args: &[JValue]| moment(args, now))?;
    evaluator.register_fn_override("eval", |_: &[JValue]| {
        Err(fault("Step Functions has no function `$eval`; `$parse` reads JSON"))
    })
}

fn fault(message: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.into())
}

fn mismatch(name: &str, position: usize) -> EvaluatorError {
    fault(format!("T0410: argument {position} of function \"{name}\" does not match function signature"))
}

fn at_most(name: &str, args: &[JValue], most: usize) -> Result<(), EvaluatorError> {
    if args.len() > most { Err(mismatch(name, most + 1)) } else { Ok(()) }
}

/// The argument at a place; nothing where it is left out or has no value.
fn given(args: &[JValue], at: usize) -> Option<&JValue> {
    args.get(at).filter(|value| !value.is_undefined())
}

fn whole(name: &str, value: &JValue, position: usize) -> Result<i64, EvaluatorError> {
    let number = value.as_f64().ok_or_else(|| mismatch(name, position))?;
    #[expect(clippy::cast_possible_truncation, reason = "a fraction is cut off")]
    let whole = number.trunc() as i64;
    Ok(whole)
}

/// `$partition(list, size)`: the list in pieces.
fn partition(args: &[JValue]) -> HostFnResult {
    at_most("partition", args, 2)?;
    let Some(list) = given(args, 0) else { return Ok(JValue::Undefined) };
    let items = list
        .as_array()
        .ok_or_else(|| fault("T0412: argument 1 of function \"partition\" must be an array"))?;
    let Some(size) = given(args, 1) else { return Ok(JValue::array(vec![list.clone()])) };
    match usize::try_from(whole("partition", size, 2)?) {
        Err(_) => Err(fault("D3137: the second argument of $partition must be zero or greater")),
        Ok(0) => Ok(JValue::Undefined),
        Ok(_) if items.is_empty() => Ok(JValue::Undefined),
        Ok(size) => Ok(JValue::array(items.chunks(size).map(|part| JValue::array(part.to_vec())).collect())),
    }
}

/// `$range(first, last, step)`: numbers, the last one included where a step reaches it.
fn range(args: &[JValue]) -> HostFnResult {
    /// As many numbers as 256 KiB can hold.
    const MOST: usize = 131_072;
    at_most("range", args, 3)?;
    let (Some(first), Some(last), Some(step)) = (given(args, 0), given(args, 1), given(args, 2)) else {
        return Ok(JValue::Undefined);
    };
    let (first, last, step) = (whole("range", first, 1)?, whole("range", last, 2)?, whole("range", step, 3)?);
    if step == 0 {
        return Ok(JValue::Undefined);
    }
    let mut numbers = Vec::new();
    let mut next = first;
    while if step > 0 { next <= last } else { next >= last } {
        if numbers.len() == MOST {
            return Err(fault("$range makes more numbers than a payload can hold"));
        }
        numbers.push(JValue::from_i64(next));
        next = next.saturating_add(step);
    }
    Ok(match numbers.len() {
        0 => JValue::Undefined,
        1 => numbers.pop().unwrap_or(JValue::Undefined),
        _ => JValue::sequence(numbers),
    })
}

/// `$hash(text, algorithm)`: the digest in hexadecimal.
fn hash(args: &[JValue]) -> HostFnResult {
    at_most("hash", args, 2)?;
    if args.is_empty() {
        return Err(mismatch("hash", 1));
    }
    let Some(text) = given(args, 0) else { return Ok(JValue::Undefined) };
    let text = text.as_str().ok_or_else(|| mismatch("hash", 1))?;
    if args.len() == 1 {
        return Ok(JValue::Undefined);
    }
    let digest = match given(args, 1).and_then(JValue::as_str) {
        Some("MD5") => hexadecimal(&Md5::digest(text)),
        Some("SHA-1") => hexadecimal(&Sha1::digest(text)),
        Some("SHA-256") => hexadecimal(&Sha256::digest(text)),
        Some("SHA-384") => hexadecimal(&Sha384::digest(text)),
        Some("SHA-512") => hexadecimal(&Sha512::digest(text)),
        _ => {
            return Err(fault(
                "D3137: the algorithm of $hash must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
            ));
        }
    };
    Ok(JValue::string(digest))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `$parse(text)`: JSON text as a value.
fn parse(args: &[JValue]) -> HostFnResult {
    at_most("parse", args, 1)?;
    let Some(text) = given(args, 0) else { return Ok(JValue::Undefined) };
    let text = text.as_str().ok_or_else(|| mismatch("parse", 1))?;
    JValue::from_json_str(text).map_err(|error| fault(format!("$parse: {error}")))
}

/// The signs that ECMAScript's `encodeURI` keeps.
const URI: &str = ";,/?:@&=+$-_.!~*'()#";
/// The signs that ECMAScript's `encodeURIComponent` keeps.
const COMPONENT: &str = "-_.!~*'()";

/// `$encodeUrl(text)` and `$encodeUrlComponent(text)`: percent-encoded but for letters, digits and some signs.
fn encoded(name: &str, kept: &str, args: &[JValue]) -> HostFnResult {
    at_most(name, args, 1)?;
    let Some(text) = given(args, 0) else { return Ok(JValue::Undefined) };
    let text = text.as_str().ok_or_else(|| mismatch(name, 1))?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || kept.contains(letter) {
            encoded.push(letter);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(JValue::string(encoded))
}

/// `$random(seed)`: from 0 up to 1, and the same for the same seed.
fn random(args: &[JValue], chance: &Chance) -> HostFnResult {
    at_most("random", args, 1)?;
    Ok(JValue::Number(match given(args, 0) {
        None => chance.part(),
        Some(seed) => {
            let seed = seed.as_f64().ok_or_else(|| mismatch("random", 1))?;
            Chance(Rc::new(Cell::new(seed.to_bits()))).part()
        }
    }))
}

fn shuffle(args: &[JValue], chance: &Chance) -> HostFnResult {
    let Some(list) = given(args, 0) else { return Ok(JValue::Undefined) };
    let mut items = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
    for last in (1..items.len()).rev() {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list that fits in memory"
        )]
        let other = (chance.part() * (last + 1) as f64) as usize;
        items.swap(last, other.min(last));
    }
    Ok(JValue::array(items))
}

/// `$now()` of the run's own time. Pictures are not written here: `$fromMillis($millis(), picture)` is.
fn moment(args: &[JValue], now: Time) -> HostFnResult {
    match given(args, 0) {
        None => Ok(JValue::string(timestamp(now))),
        Some(_) => Err(fault("$now with a picture is not known here; write $fromMillis($millis(), picture)")),
    }
}
