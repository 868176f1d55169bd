//! Names of states and variables: readable, unique in the whole machine, and the same as long as what they are made from is.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    platform::{
        Pipeline,
        pipeline::{Branch, Call, Choice, Expression, ExpressionKind, LocalId, Loop, Pause, Step, StepKind},
    },
    syntax::ast::BinaryOp,
};

/// The most characters that a state's name has.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const LONGEST: usize = 80;

/// The names that a machine's states have, each given once.
#[derive(Default)]
pub struct StateNames {
    given: FxHashSet<String>,
    next: FxHashMap<String, u32>,
}

impl StateNames {
    /// A name for a state: as wanted, or with a number behind it where that is taken.
    pub fn give(&mut self, wanted: &str) -> String {
        let mut name: String = wanted.chars().take(LONGEST).collect();
        while self.given.contains(&name) {
            let number = self.next.entry(wanted.to_owned()).or_insert(1);
            *number += 1;
            let suffix = number.to_string();
            name = wanted.chars().take(LONGEST - suffix.len()).collect();
            name.push_str(&suffix);
        }
        self.given.insert(name.clone());
        name
    }
}

/// The names that JSONata and Step Functions have given away: their functions and `$states`.
const TAKEN: &[&str] = &[
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "clone",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "eval",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "hash",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parse",
    "parseInteger",
    "partition",
    "power",
    "random",
    "range",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "states",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "uuid",
    "value",
    "zip",
];

/// The most characters of a variable's name that come from the program's, so that a number fits behind them: names have 80 at most.
const LONGEST_VARIABLE: usize = 72;

/// The variables of a machine. One in a branch or a loop must not have the name of one outside.
#[derive(Default)]
pub struct Variables {
    given: FxHashMap<String, (String, u32)>,
}

impl Variables {
    /// A variable for a name bound in a scope: the same one for the same name there.
    pub fn give(&mut self, name: &str, scope: u32) -> String {
        let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
        let mut wanted: String = letters.take(LONGEST_VARIABLE).collect();
        if TAKEN.contains(&name) {
            wanted.push('_');
        }
        let owner = (name.to_owned(), scope);
        let mut variable = wanted.clone();
        let mut number = 1;
        while *self.given.entry(variable.clone()).or_insert_with(|| owner.clone()) != owner {
            number += 1;
            variable = format!("{wanted}_{number}");
        }
        variable
    }
}

/// What a step's first state may be called where its short name is not enough, the shortest first. Each is made of the statement alone.
fn of_step_in_detail(pipeline: &Pipeline, step: &Step) -> Vec<String> {
    let short = of_step(pipeline, step);
    let mut details: Vec<String> =
        details(pipeline, step).into_iter().map(|detail| behind(&short, detail)).collect();
    details.retain(|detail| !detail.is_empty());
    let all: String = details.concat();
    details.truncate(LEVELS - 1);
    details.push(all);
    details.iter().map(|detail| format!("{short}{detail}")).collect()
}

/// What a longer name adds: not again the words that the short one ends with.
fn behind(short: &str, detail: String) -> String {
    let capitals = short.char_indices().filter(|(_, letter)| letter.is_ascii_uppercase());
    let whole = |rest: &str| !rest.starts_with(|letter: char| letter.is_ascii_lowercase());
    let mut ends = capitals.filter_map(|(at, _)| short.get(at..));
    let said = ends.find(|end| detail.strip_prefix(end).is_some_and(whole));
    match said {
        Some(said) => detail.get(said.len()..).unwrap_or_default().to_owned(),
        None => detail,
    }
}

/// As many longer names a step has at most.
const LEVELS: usize = 3;

/// What tells a statement from others of the same short name, each by itself.
fn details(pipeline: &Pipeline, step: &Step) -> Vec<String> {
    let phrase = |value: &Expression| phrase(pipeline, value);
    match &step.kind {
        StepKind::Call(call) => {
            let bound = call.binding.map(|id| local(pipeline, id));
            let (constant, other): (Vec<_>, Vec<_>) =
                call.given.iter().partition(|value| value.as_text().is_some());
            bound.into_iter().chain(constant.into_iter().chain(other).map(phrase)).collect()
        }
        StepKind::Let(_, value) | StepKind::Fail(_, Some(value)) | StepKind::Return(Some(value)) => {
            vec![phrase(value)]
        }
        StepKind::Choose(choice) => choice.arms.iter().map(|arm| phrase(&arm.condition)).collect(),
        StepKind::For(each) => match each.distributed.as_ref().and_then(|own| own.reader.as_ref()) {
            Some(reader) => reader.call.given.iter().map(phrase).collect(),
            None => vec![format!("In{}", words(pipeline, &each.over))],
        },
        _ => Vec::new(),
    }
}

/// The letters of a phrase at most.
const LONGEST_PHRASE: usize = 28;
/// The words of a constant text that stand in a phrase.
const WORDS_OF_TEXT: usize = 3;

/// Words of a text that say nothing about it.
const SMALL_WORDS: &[&str] =
    &["a", "an", "and", "at", "for", "from", "in", "is", "of", "on", "the", "to", "was", "with"];

/// What an expression names, in words.
fn phrase(pipeline: &Pipeline, expression: &Expression) -> String {
    let mut spoken = Vec::new();
    speak(pipeline, expression, &mut spoken);
    let mut out = String::new();
    for word in spoken {
        if !out.is_empty() && out.len() + word.len() > LONGEST_PHRASE {
            break;
        }
        let more = behind(&out, word);
        out.push_str(&more);
    }
    out
}

fn speak(pipeline: &Pipeline, expression: &Expression, out: &mut Vec<String>) {
    match &expression.kind {
        ExpressionKind::Text(text) => {
            let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            let telling = words.filter(|word| !word.is_empty() && !SMALL_WORDS.contains(word));
            out.extend(telling.take(WORDS_OF_TEXT).map(pascal));
        }
        ExpressionKind::Number(text) => out.push(pascal(text)),
        ExpressionKind::None => out.push("None".to_owned()),
        ExpressionKind::Binary(operator, a, b) => {
            speak(pipeline, a, out);
            out.push(spoken(*operator).to_owned());
            speak(pipeline, b, out);
        }
        ExpressionKind::Index(a, b) => [a, b].into_iter().for_each(|part| speak(pipeline, part, out)),
        ExpressionKind::Not(of) => {
            out.push("Not".to_owned());
            speak(pipeline, of, out);
        }
        ExpressionKind::List(items)
        | ExpressionKind::Join(items)
        | ExpressionKind::Location(_, items)
        | ExpressionKind::Function(_, items) => {
            items.iter().for_each(|item| speak(pipeline, item, out));
        }
        ExpressionKind::Record(fields) => fields.iter().for_each(|(_, value)| speak(pipeline, value, out)),
        _ => out.push(words(pipeline, expression)),
    }
}

fn spoken(operator: BinaryOp) -> &'static str {
    match operator {
        BinaryOp::Equal => "Is",
        BinaryOp::NotEqual => "IsNot",
        BinaryOp::Less | BinaryOp::LessOrEqual => "Below",
        BinaryOp::Greater | BinaryOp::GreaterOrEqual => "Above",
        BinaryOp::And => "And",
        BinaryOp::Or | BinaryOp::Coalesce => "Or",
        BinaryOp::Add => "Plus",
        BinaryOp::Subtract => "Minus",
        BinaryOp::Multiply => "Times",
        BinaryOp::Divide | BinaryOp::Remainder => "By",
    }
}

/// A name for each step: the shortest of those made of it that no other has, and the longest where others have all. An order among them does not
/// matter, so that one more changes no name but those that were the same as its own.
pub fn told_apart(pipeline: &Pipeline, steps: &[&Step]) -> Vec<String> {
    let mut names: Vec<String> = steps.iter().map(|step| of_step(pipeline, step)).collect();
    let mut longer: Vec<Vec<String>> = vec![Vec::new(); steps.len()];
    for level in 1..=LEVELS {
        let mut taken: FxHashMap<&str, u32> = FxHashMap::default();
        for name in &names {
            *taken.entry(name).or_default() += 1;
        }
        let again: Vec<bool> =
            names.iter().map(|name| taken.get(name.as_str()).is_some_and(|count| *count > 1)).collect();
        let parts = steps.iter().zip(&mut names).zip(&mut longer).zip(again);
        for (((step, name), longer), _) in parts.filter(|(_, again)| *again) {
            if level == 1 {
                *longer = of_step_in_detail(pipeline, step);
                longer.reverse();
            }
            *name = longer.pop().unwrap_or_else(|| name.clone());
        }
    }
    names
}

/// What a step's first state is called by itself.
pub fn of_step(pipeline: &Pipeline, step: &Step) -> String {
    match &step.kind {
        StepKind::Let(id, _) => format!("Set{}", local(pipeline, *id)),
        StepKind::Call(call) => of_call(call),
        StepKind::Choose(choice) => of_choice(pipeline, choice),
        StepKind::Parallel(branches) => of_parallel(pipeline, branches),
        StepKind::For(each) => of_loop(pipeline, each),
        StepKind::Try(..) => "Try".to_owned(),
        StepKind::Wait(Pause::Seconds(seconds)) => format!("Wait{}", span_of_time(*seconds)),
        StepKind::Wait(Pause::Until(instant)) => format!("WaitUntil{}", words(pipeline, instant)),
        StepKind::Fail(error, _) => format!("Fail{}", pascal(error)),
        StepKind::Return(Some(value)) => format!("Return{}", words(pipeline, value)),
        StepKind::Return(None) => "Return".to_owned(),
    }
}

/// What a call's first state is called.
pub fn of_call(call: &Call) -> String {
    pascal(&call.name)
}

/// What a loop is called.
pub fn of_loop(pipeline: &Pipeline, each: &Loop) -> String {
    format!("ForEach{}", local(pipeline, each.item))
}

fn of_choice(pipeline: &Pipeline, choice: &Choice) -> String {
    let condition = choice.arms.first().map(|arm| &arm.condition);
    let word = if choice.by_value { "Match" } else { "If" };
    match condition.map(|condition| (&condition.kind, condition)) {
        Some((ExpressionKind::Binary(_, subject, _), _)) if choice.by_value => {
            format!("{word}{}", words(pipeline, subject))
        }
        Some((_, condition)) => format!("{word}{}", words(pipeline, condition)),
        None => word.to_owned(),
    }
}

/// The letters of a `parallel`'s name at most, where its first branch leaves it that: it is named after as many branches as find room.
const LONGEST_PARALLEL: usize = 40;

fn of_parallel(pipeline: &Pipeline, branches: &[Branch]) -> String {
    let names = branches.iter().map(|branch| match branch.body.first() {
        Some(step) => of_step(pipeline, step),
        None => String::new(),
    });
    let mut out = "Parallel".to_owned();
    for (at, name) in names.enumerate() {
        if at > 0 && out.len() + name.len() > LONGEST_PARALLEL {
            break;
        }
        out.push_str(&name);
    }
    out
}

fn local(pipeline: &Pipeline, id: LocalId) -> String {
    pipeline.locals.get(id.0 as usize).map_or_else(String::new, |local| pascal(&local.name))
}

/// The words of an expression: the first value in it, and whether it is turned round.
fn words(pipeline: &Pipeline, expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Local(id) => local(pipeline, *id),
        ExpressionKind::Field(of, name) => {
            let (of, name) = (words(pipeline, of), pascal(name));
            // `table.table_name` is `TableName`.
            let said = name.strip_prefix(of.as_str());
            let is_said = said.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()));
            if is_said { name } else { of + &name }
        }
        ExpressionKind::Not(inner) => format!("Not{}", words(pipeline, inner)),
        ExpressionKind::Binary(_, a, b) => {
            let left = words(pipeline, a);
            if left.is_empty() { words(pipeline, b) } else { left }
        }
        ExpressionKind::Index(of, _) | ExpressionKind::Negate(of) => words(pipeline, of),
        ExpressionKind::Join(pieces)
        | ExpressionKind::Location(_, pieces)
        | ExpressionKind::Function(_, pieces) => pieces
            .iter()
            .map(|piece| words(pipeline, piece))
            .find(|words| !words.is_empty())
            .unwrap_or_default(),
        ExpressionKind::Each(each) => words(pipeline, &each.over),
        ExpressionKind::Bool(value) => pascal(if *value { "true" } else { "false" }),
        _ => String::new(),
    }
}

fn span_of_time(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// `validate_input` as `ValidateInput`.
pub fn pascal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split(|character: char| !character.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}
