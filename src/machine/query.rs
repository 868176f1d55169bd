//! JSONata, and the values of members that hold it.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use jsonata_core::{
    ast::AstNode,
    evaluator::{Context, Evaluator},
    parser,
    value::JValue,
};
use rustc_hash::FxHashMap;
use serde_json::{Map, Number, Value as Json};

use super::{
    clock::Time,
    failure::Failure,
    functions::{self, Chance},
};

/// The variables that can be read, by name.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, JValue>);

impl Variables {
    /// Gives a variable its value.
    pub fn assign(&mut self, name: &str, value: &Json) {
        self.0.insert(name.to_owned(), JValue::from(value.clone()));
    }

    /// All of a list at once.
    pub(super) fn extend(&mut self, assigned: &Map<String, Json>) {
        assigned.iter().for_each(|(name, value)| self.assign(name, value));
    }
}

/// Evaluates expressions; each is parsed once.
#[derive(Default)]
pub struct Queries {
    parsed: RefCell<FxHashMap<String, Rc<AstNode>>>,
    pub(super) chance: Chance,
}

/// What an expression can read.
#[derive(Clone)]
pub(super) struct Reading<'v> {
    pub(super) variables: &'v Variables,
    /// `$states`
    pub(super) states: JValue,
    /// The time that it is.
    pub(super) now: Time,
}

impl Queries {
    /// The value of an expression where `$states` is this.
    pub fn evaluate(
        &self,
        code: &str,
        variables: &Variables,
        states: &Json,
        now: Time,
    ) -> Result<Json, Failure> {
        self.query(code, &Reading { variables, states: JValue::from(states.clone()), now })
    }

    /// A member's value where there is nothing to read.
    pub fn constant(&self, member: &Json) -> Result<Json, Failure> {
        let variables = Variables::default();
        self.value(member, &Reading { variables: &variables, states: JValue::Undefined, now: 0 })
    }

    fn query(&self, code: &str, reading: &Reading<'_>) -> Result<Json, Failure> {
        let ast = self.parsed(code)?;
        let mut context = Context::new();
        for (name, value) in &reading.variables.0 {
            context.bind(name.clone(), value.clone());
        }
        context.bind("states".to_owned(), reading.states.clone());
        let mut evaluator = Evaluator::with_context(context);
        let result = functions::register(&mut evaluator, &self.chance, reading.now)
            .and_then(|()| evaluator.evaluate(&ast, &JValue::Undefined));
        match result {
            Ok(JValue::Undefined) => Err(Failure::query(format!("{} has no value", code.trim()))),
            Ok(value) => json(&value)
                .ok_or_else(|| Failure::query(format!("{} has a value that is no JSON", code.trim()))),
            Err(error) => Err(Failure::query(format!("{}: {}", code.trim(), error.message()))),
        }
    }

    fn parsed(&self, code: &str) -> Result<Rc<AstNode>, Failure> {
        if let Some(ast) = self.parsed.borrow().get(code) {
            return Ok(Rc::clone(ast));
        }
        let ast = parser::parse(code).map_err(|error| Failure::query(format!("{}: {error}", code.trim())))?;
        let ast = Rc::new(ast);
        self.parsed.borrow_mut().insert(code.to_owned(), Rc::clone(&ast));
        Ok(ast)
    }

    /// A member's value: what stands between `{%` and `%}` is evaluated, everything else is itself.
    pub(super) fn value(&self, template: &Json, reading: &Reading<'_>) -> Result<Json, Failure> {
        match template {
            Json::String(text) => match expression(text) {
                Some(code) => self.query(code, reading),
                None => Ok(template.clone()),
            },
            Json::Array(items) => items.iter().map(|item| self.value(item, reading)).collect(),
            Json::Object(members) => Ok(Json::Object(self.members(members, reading)?)),
            _ => Ok(template.clone()),
        }
    }

    /// The same for each of an object's members.
    pub(super) fn members(
        &self,
        members: &Map<String, Json>,
        reading: &Reading<'_>,
    ) -> Result<Map<String, Json>, Failure> {
        let members = members.iter().map(|(name, value)| Ok((name.clone(), self.value(value, reading)?)));
        members.collect()
    }

    /// A member that is a number, or an expression with such a value.
    pub(super) fn number(&self, name: &str, template: &Json, reading: &Reading<'_>) -> Result<f64, Failure> {
        let value = self.value(template, reading)?;
        match value.as_f64().filter(|number| *number >= 0.0) {
            Some(number) => Ok(number),
            None => Err(Failure::query(format!("{name} is {value}, and no number from 0 up"))),
        }
    }
}

/// The JSONata of a text written as `{% … %}`.
pub(super) fn expression(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}")
}

/// A value as JSON; nothing where a function or a pattern is in it.
fn json(value: &JValue) -> Option<Json> {
    Some(match value {
        JValue::Null => Json::Null,
        JValue::Bool(value) => Json::Bool(*value),
        JValue::Number(number) => Json::Number(number_of(*number)?),
        JValue::String(text) => Json::String(text.to_string()),
        JValue::Array(items) => {
            let there = items.iter().filter(|item| !item.is_undefined());
            Json::Array(there.map(json).collect::<Option<_>>()?)
        }
        JValue::Object(members) => {
            let there = members.iter().filter(|(_, value)| !value.is_undefined());
            Json::Object(
                there.map(|(name, value)| Some((name.clone(), json(value)?))).collect::<Option<_>>()?,
            )
        }
        _ => return None,
    })
}

/// Numbers without a fraction are written without one.
fn number_of(number: f64) -> Option<Number> {
    /// The integers up to here are exact: 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 53 bits")]
        let whole = number as i64;
        return Some(Number::from(whole));
    }
    Number::from_f64(number)
}

/// The most bytes of a payload: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const PAYLOAD: usize = 262_144;

/// Refuses what is larger than Step Functions takes.
pub(super) fn within_limit(what: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) if counter.0 <= PAYLOAD => Ok(()),
        _ => Err(Failure::new(
            "States.DataLimitExceeded",
            format!("{what} has {} bytes, more than the {PAYLOAD} that there may be", counter.0),
        )),
    }
}
