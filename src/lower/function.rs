//! The functions that templates call.

use serde_json::{Value as Json, json};

use super::{
    evaluate::{self, evaluate},
    scope::{Given, Scope, Term, text},
    script, spell,
};
use crate::{
    access::short_hash,
    check::{field, recurrence},
    library::Encoding,
    platform::{Value, ValueKind, item::attribute_type, resource::Noun},
    syntax::ast::{Arg, Expr},
};

/// Name, fewest and most arguments of each function.
pub const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("when", 2, 3),
    ("join", 2, 2),
    ("numbered", 2, 2),
    ("json", 1, 1),
    ("parsed", 1, 1),
    ("each", 2, 2),
    ("period", 1, 1),
    ("rooted", 1, 1),
    ("ends_with", 2, 2),
    ("seconds", 1, 1),
    ("minutes", 1, 1),
    ("hours", 1, 1),
    ("days", 1, 1),
    ("simple_pattern", 1, 1),
    ("tags", 1, 3),
    ("tag_map", 1, 1),
    ("mapped", 3, 3),
    ("snake", 1, 1),
    ("short", 2, 2),
    ("behind", 1, 1),
    ("interval", 1, 1),
    ("step", 1, 1),
    ("steps", 1, 1),
    ("milliseconds", 1, 1),
    ("called", 1, 1),
    ("key_columns", 0, 0),
];

/// A function applied.
pub fn apply<'a>(scope: &Scope<'a, '_>, name: &str, args: &'a [Arg]) -> Term<'a> {
    let argument = |index: usize| args.get(index).map_or(Term::None, |arg| evaluate(scope, &arg.value));
    let encoded = |encoding| spell::encode(scope, &argument(0), encoding).map_or(Term::None, Term::Json);
    match name {
        "when" if args.first().is_some_and(|arg| evaluate::holds(scope, &arg.value)) => argument(1),
        "when" => argument(2),
        "join" => join(scope, args).map_or(Term::None, text),
        "numbered" => numbered(scope, args).map_or(Term::None, Term::Json),
        "json" => args
            .first()
            .and_then(|arg| evaluate::json(scope, &arg.value))
            .map_or(Term::None, |of| Term::Json(script::text_of(&of))),
        "each" => each(scope, args).map_or(Term::None, Term::Json),
        "parsed" => spell::text(scope, &argument(0))
            .and_then(|of| serde_json::from_str(&of).ok())
            .map_or(Term::None, Term::Json),
        "period" => period(&argument(0)).map_or(Term::None, text),
        "rooted" => spell::text(scope, &argument(0)).map_or(Term::None, |path| text(rooted(&path))),
        "ends_with" => Term::Json(Json::Bool(ends_with(scope, &argument(0), &argument(1)))),
        "seconds" => encoded(Encoding::Seconds),
        "minutes" => encoded(Encoding::Minutes),
        "hours" => encoded(Encoding::Hours),
        "days" => encoded(Encoding::Days),
        "simple_pattern" => encoded(Encoding::SimplePattern),
        "tags" if args.len() == 3 => spelled_tags(scope, args).map_or(Term::None, Term::Json),
        "tags" => encoded(Encoding::Tags),
        "short" => short(scope, args).map_or(Term::None, text),
        "behind" => behind(&argument(0)),
        "interval" => Term::Json(Json::from(interval(scope, &argument(0)))),
        "step" => milliseconds(&argument(0)).map_or(Term::None, |of| Term::Json(Json::from(step(of)))),
        "steps" => {
            milliseconds(&argument(0)).and_then(steps).map_or(Term::None, |of| Term::Json(Json::from(of)))
        }
        "milliseconds" => milliseconds(&argument(0)).map_or(Term::None, |of| Term::Json(Json::from(of))),
        "tag_map" => tag_map(scope, &argument(0)).map_or(Term::None, Term::Json),
        "mapped" => mapped(scope, args).map_or(Term::None, Term::Json),
        "snake" => spell::json(scope, &argument(0)).map_or(Term::None, |of| Term::Json(snake(of))),
        "called" => encoded(Encoding::Name),
        "key_columns" => key_columns(scope).map_or(Term::None, Term::Json),
        _ => Term::None,
    }
}

/// The columns of a table's keys and of its indexes', each once, with the types that DynamoDB has for them.
fn key_columns(scope: &Scope<'_, '_>) -> Option<Json> {
    let Noun::ItemTable(at) = scope.resource.noun else { return None };
    let table = scope.platform.item_tables.get(at as usize)?;
    let schema = scope.platform.schema(table.schema);
    let typed = table.key_columns().into_iter().filter_map(|name| {
        let ty = attribute_type(&schema.column(name)?.ty)?;
        Some(json!({ "name": name.as_str(), "type": ty }))
    });
    Some(typed.collect())
}

/// `join(list, separator)`.
fn join<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<String> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let Json::Array(items) = evaluate::json(scope, of(0)?)? else { return None };
    let separator = evaluate::json(scope, of(1)?)?;
    let pieces: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
    Some(pieces.join(separator.as_str()?))
}

/// `each(list, template)`: the template for each record of the list, whose members are the names in it.
fn each<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<Json> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let (list, template) = (of(0)?, of(1)?);
    let computed;
    let items = match evaluate::given(scope, list) {
        Some(there) => there?,
        None => {
            computed = evaluate::json(scope, list)?;
            &computed
        }
    };
    let made = items.as_array()?.iter().filter_map(Json::as_object);
    let of_item = |item| Scope { given: Some(Given { part: None, whole: item }), ..*scope };
    Some(made.filter_map(|item| evaluate::json(&of_item(item), template)).collect())
}

/// `numbered(list, "Member")`: the records of a list, each with its place in it, from one on, as a member.
fn numbered<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<Json> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let Json::Array(mut items) = evaluate::json(scope, of(0)?)? else { return None };
    let member = evaluate::json(scope, of(1)?)?;
    for (place, item) in (1_u32..).zip(&mut items) {
        item.as_object_mut()?.insert(member.as_str()?.to_owned(), Json::from(place));
    }
    Some(Json::Array(items))
}

/// A duration as AWS's rate expressions spell it: `5 minutes`, `1 hour`.
fn period(of: &Term<'_>) -> Option<String> {
    let Term::Value(value) = of else { return None };
    let ValueKind::Duration(milliseconds) = value.kind else { return None };
    let minutes = milliseconds / 60_000;
    let (count, unit) = match minutes {
        _ if minutes % 1440 == 0 => (minutes / 1440, "day"),
        _ if minutes % 60 == 0 => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    Some(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
}

/// `tags(map, "key", "value")`: the pairs of a map under these names.
fn spelled_tags<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<Json> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let name = |index: usize| evaluate::json(scope, of(index)?)?.as_str().map(str::to_owned);
    let Json::Object(members) = evaluate::json(scope, of(0)?)? else { return None };
    let (key, value) = (name(1)?, name(2)?);
    let pair = |(its, text): (String, Json)| [(key.clone(), Json::from(its)), (value.clone(), text)];
    Some(members.into_iter().map(|it| Json::Object(pair(it).into_iter().collect())).collect())
}

/// `tag_map(list)`: the record that such pairs stand for, however they are spelled.
fn tag_map(scope: &Scope<'_, '_>, list: &Term<'_>) -> Option<Json> {
    let Json::Array(pairs) = spell::json(scope, list)? else { return None };
    let part = |pair: &Json, ending: &str| {
        let named = pair.as_object()?.iter().find(|(name, _)| name.to_lowercase().ends_with(ending));
        named.map(|(_, value)| value.clone())
    };
    let members =
        pairs.iter().filter_map(|pair| Some((part(pair, "key")?.as_str()?.to_owned(), part(pair, "value")?)));
    Some(Json::Object(members.collect()))
}

/// `mapped(list, "Name", "Value")`: the record of such pairs.
fn mapped<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<Json> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let Json::Array(pairs) = evaluate::json(scope, of(0)?)? else { return None };
    let (name, value) = (evaluate::json(scope, of(1)?)?, evaluate::json(scope, of(2)?)?);
    let pair =
        |it: &Json| Some((it.get(name.as_str()?)?.as_str()?.to_owned(), it.get(value.as_str()?)?.clone()));
    Some(Json::Object(pairs.iter().filter_map(pair).collect()))
}

/// `snake(request)`: a record with its members, and theirs, named as Terraform names them: `RoleARN` is `role_arn`.
fn snake(of: Json) -> Json {
    match of {
        Json::Array(items) => items.into_iter().map(snake).collect(),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(name, of)| (snake_name(&name), snake(of))).collect())
        }
        other => other,
    }
}

fn snake_name(name: &str) -> String {
    let mut made = String::with_capacity(name.len() + 4);
    let mut letters = name.chars().peekable();
    let mut before = None::<char>;
    while let Some(letter) = letters.next() {
        // A word begins behind a small letter, and before the last large one of a run.
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|it| {
                !it.is_ascii_uppercase() || letters.peek().is_some_and(char::is_ascii_lowercase)
            });
        if begins {
            made.push('_');
        }
        made.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    made
}

/// A text of at most so many characters: what is longer is cut, and a hash of the whole keeps it apart from others.
fn short<'a>(scope: &Scope<'a, '_>, args: &'a [Arg]) -> Option<String> {
    let of = |index: usize| args.get(index).map(|arg: &'a Arg| -> &'a Expr { &arg.value });
    let whole = evaluate::json(scope, of(0)?)?.as_str()?.to_owned();
    let most = usize::try_from(evaluate::json(scope, of(1)?)?.as_u64()?).ok()?;
    if whole.chars().count() <= most {
        return Some(whole);
    }
    let hash = short_hash(&whole);
    let kept: String = whole.chars().take(most.saturating_sub(hash.len() + 1)).collect();
    Some(format!("{kept}-{hash}"))
}

/// What stands behind the one `/` of an ARN that a call returns.
fn behind<'a>(of: &Term<'a>) -> Term<'a> {
    match of {
        Term::Result(path) => Term::Json(script::behind(path)),
        _ => Term::None,
    }
}

/// A day, the longest period that CloudWatch sums up over, and the longest time that it looks back in periods of less than an hour; in seconds. In
/// periods of an hour it looks back for a week:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

/// The time between two runs of a schedule in seconds, as a period of CloudWatch: whole minutes, a day at most.
fn interval<'a>(scope: &Scope<'a, '_>, schedule: &Term<'a>) -> u64 {
    let Term::Value(value) = schedule else { return DAY };
    let shortest = field::of_value(scope.platform, value).and_then(recurrence::shortest);
    shortest.map_or(DAY, |it| (it / 60_000 * 60).clamp(60, DAY))
}

/// The period in seconds in which a time is counted: five minutes, or an hour where CloudWatch can't look back so far otherwise.
fn step(milliseconds: u64) -> u64 {
    if milliseconds.div_ceil(300_000) * 300 + 300 <= DAY { 300 } else { 3600 }
}

/// How many such periods a time takes, and the one that it began in; nothing where CloudWatch does not look back so far.
fn steps(milliseconds: u64) -> Option<u64> {
    let step = step(milliseconds);
    let count = milliseconds.div_ceil(step * 1000) + 1;
    (count * step <= WEEK).then_some(count)
}

fn milliseconds(of: &Term<'_>) -> Option<u64> {
    match of {
        Term::Value(Value { kind: ValueKind::Duration(milliseconds), .. }) => Some(*milliseconds),
        // What the library says itself is seconds.
        Term::Json(seconds) => seconds.as_u64().map(|seconds| seconds * 1000),
        _ => None,
    }
}

/// A path that begins at the root.
fn rooted(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

fn ends_with<'a>(scope: &Scope<'a, '_>, text: &Term<'a>, end: &Term<'a>) -> bool {
    spell::text(scope, text).zip(spell::text(scope, end)).is_some_and(|(text, end)| text.ends_with(&end))
}
