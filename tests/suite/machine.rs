//! The interpreter of state machines: JSONata against its reference implementation, states by what AWS documents of them.

use std::collections::BTreeMap;

use dpl::machine::{
    Answer, Event, Execution, Failure, Happening, Machine, Outcome, Queries, Request, Tasks, Variables, run,
};
use serde_json::{Value as Json, json};

use super::oracle;

/// 2026-01-01T00:00:00Z
pub const START: i64 = 1_767_225_600_000;

/// Answers from a table, as `tests/oracles/run_states.py` has them: by state, by the name of what is called, or by resource.
pub struct Table {
    answers: BTreeMap<String, Json>,
    asked: BTreeMap<String, usize>,
    /// The names of what was called with its arguments, in order.
    pub calls: Vec<(Vec<String>, Json)>,
}

impl Table {
    pub fn new(tasks: &Json) -> Self {
        let answers = tasks.as_object().map(|tasks| tasks.clone().into_iter().collect()).unwrap_or_default();
        Self { answers, asked: BTreeMap::new(), calls: Vec::new() }
    }
}

/// The arguments that name what a task calls.
const NAMING: &[&str] =
    &["FunctionName", "JobName", "TopicArn", "QueueUrl", "StateMachineArn", "TaskDefinition"];

impl Tasks for Table {
    fn call(&mut self, request: &Request<'_>) -> Result<Answer, String> {
        let named = NAMING.iter().filter_map(|name| request.arguments.get(*name)?.as_str());
        let mut keys = vec![request.state.to_owned()];
        keys.extend(named.map(|name| name.rsplit([':', '/']).next().unwrap().to_owned()));
        keys.push(request.resource.to_owned());
        let key = keys.iter().find(|key| self.answers.contains_key(*key)).cloned();
        self.calls.push((keys, request.arguments.clone()));
        let Some(key) = key else { return Err(format!("no answer for `{}`", request.state)) };
        let answer = match &self.answers[&key] {
            Json::Array(list) => {
                let asked = self.asked.entry(key).or_default();
                *asked += 1;
                &list[(*asked - 1).min(list.len() - 1)]
            }
            one => one,
        };
        let result = match answer.get("fails") {
            Some(fails) => {
                Err(Failure::new(fails[0].as_str().unwrap(), fails[1].as_str().unwrap_or_default()))
            }
            None => Ok(answer["returns"].clone()),
        };
        let until = answer.get("at").and_then(Json::as_i64);
        let passed = until.map(|until| (until - request.at) as f64 / 1000.0);
        let seconds = passed.or_else(|| answer.get("seconds")?.as_f64()).unwrap_or_default();
        Ok(Answer { result, seconds, silence: answer.get("silence").and_then(Json::as_f64) })
    }
}

/// A run of a definition in the form of `run_states.py`'s outcomes.
pub fn outcome(definition: &str, input: &Json, tasks: &Json) -> Json {
    let machine = Machine::read(definition).unwrap();
    let mut table = Table::new(tasks);
    let execution = run(&machine, input.clone(), START, &mut table);
    let mut outcome = match &execution.outcome {
        Outcome::Succeeded(output) => json!({ "status": "SUCCEEDED", "output": output }),
        Outcome::Failed(failure) => {
            json!({ "status": "FAILED", "error": failure.error, "cause": failure.cause.clone().unwrap_or_default() })
        }
        Outcome::Halted(halt) => panic!("{halt}"),
    };
    outcome["path"] = execution.path().map(Json::from).collect();
    outcome["calls"] = json!(table.calls);
    outcome
}

fn execute(definition: &Json, input: Json, tasks: &Json) -> Execution {
    let machine = Machine::read(&definition.to_string()).unwrap();
    run(&machine, input, START, &mut Table::new(tasks))
}

fn succeeded(execution: &Execution) -> &Json {
    match &execution.outcome {
        Outcome::Succeeded(output) => output,
        other => panic!("{other:?}"),
    }
}

fn failed(execution: &Execution) -> &str {
    match &execution.outcome {
        Outcome::Failed(failure) => &failure.error,
        other => panic!("{other:?}"),
    }
}

/// A machine of these states, of which the first begins.
fn machine(states: Json) -> Json {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    json!({ "QueryLanguage": "JSONata", "StartAt": start, "States": states })
}

fn waits(execution: &Execution) -> Vec<i64> {
    let pause = |event: &Event| match event.what {
        Happening::Retried(_, pause) => Some(pause),
        _ => None,
    };
    execution.events.iter().filter_map(pause).collect()
}

const LAMBDA: &str = "arn:aws:states:::lambda:invoke";

/// What the reference says of each expression, and what we say; `None` where it can't be asked.
fn both_say(expressions: &[String], bindings: &Json) -> Option<Vec<(Json, Result<Json, Failure>)>> {
    let cases: Vec<Json> = expressions
        .iter()
        .map(|expression| json!({ "expression": expression, "bindings": bindings }))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, json!(cases).to_string()).unwrap();
    let done = oracle::run("evaluate.mjs", &["node"], &[file])?;
    let said = String::from_utf8(done.stdout).unwrap();
    assert_eq!(said.lines().count(), cases.len(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut variables = Variables::default();
    for (name, value) in bindings.as_object().unwrap() {
        variables.assign(name, value);
    }
    let queries = Queries::default();
    let ours = expressions.iter().map(|code| queries.evaluate(code, &variables, &Json::Null, START));
    Some(said.lines().map(|line| serde_json::from_str(line).unwrap()).zip(ours).collect())
}

fn agree((theirs, ours): &(Json, Result<Json, Failure>)) -> bool {
    match (theirs.get("value"), ours) {
        (Some(value), Ok(ours)) => value == ours,
        (None, Err(failure)) => failure.error == "States.QueryEvaluationError",
        _ => false,
    }
}

/// `known` are those on which the two differ, with the reason.
#[test]
fn expressions_mean_what_the_reference_says() {
    let text: Json = serde_json::from_str(include_str!("../cases/jsonata.json")).unwrap();
    let expressions: Vec<String> = serde_json::from_value(text["expressions"].clone()).unwrap();
    let Some(said) = both_say(&expressions, &text["bindings"]) else { return };
    let different: Vec<String> = expressions
        .iter()
        .zip(&said)
        .filter(|(_, said)| !agree(said))
        .map(|(code, (theirs, ours))| format!("{code}: {theirs}, here {ours:?}"))
        .collect();
    println!("{} expressions", expressions.len());
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    let known: Vec<String> = text["known"].as_object().unwrap().keys().cloned().collect();
    for (code, said) in known.iter().zip(both_say(&known, &text["bindings"]).unwrap()) {
        assert!(!agree(&said), "{code} is the same now");
    }
}

#[test]
fn step_functions_own_functions() {
    let queries = Queries::default();
    let value = |code: &str| queries.evaluate(code, &Variables::default(), &Json::Null, START).ok();
    for (code, wanted) in [
        ("$partition([1, 2, 3, 4, 5], 2)", Some(json!([[1, 2], [3, 4], [5]]))),
        ("$partition([1, 2, 3], 2.9)", Some(json!([[1, 2], [3]]))),
        ("$partition([1, 2, 3])", Some(json!([[1, 2, 3]]))),
        ("$partition([], 2)", None),
        ("$partition([1], 0)", None),
        ("$partition([1], -1)", None),
        ("$partition(1, 1)", None),
        ("$range(0, 10, 5)", Some(json!([0, 5, 10]))),
        ("$range(10, 1, -4)", Some(json!([10, 6, 2]))),
        ("$range(1, 1, 1)", Some(json!(1))),
        ("$range(1, 0, 1)", None),
        ("$range(1, 9, 0)", None),
        ("$range(1, 9)", None),
        ("$range(\"1\", 9, 1)", None),
        ("$hash(\"a\", \"MD5\")", Some(json!("0cc175b9c0f1b6a831c399e269772661"))),
        ("$hash(\"a\", \"SHA-1\")", Some(json!("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"))),
        (
            "$hash(\"a\", \"SHA-256\")",
            Some(json!("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")),
        ),
        ("$hash(\"a\", \"sha256\")", None),
        ("$parse(\"{\\\"a\\\": [1, null]}\").a[0]", Some(json!(1))),
        ("$parse(\"nothing\")", None),
        ("$random(7) = $random(7)", Some(json!(true))),
        ("$random() != $random()", Some(json!(true))),
        ("$uuid() != $uuid()", Some(json!(true))),
        (
            "$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)",
            Some(json!(true)),
        ),
        ("$now()", Some(json!("2026-01-01T00:00:00.000Z"))),
        ("$millis()", Some(json!(START))),
        ("$sum($shuffle([1, 2, 3]))", Some(json!(6))),
        ("$eval(\"1\")", None),
        ("function($x) { $x }", None),
        ("$", None),
    ] {
        assert_eq!(value(code), wanted, "{code}");
    }
}

#[test]
fn retries_wait_as_their_policy_says() {
    let retry = json!([
        { "ErrorEquals": ["Busy"], "IntervalSeconds": 10, "MaxAttempts": 4, "BackoffRate": 2.0, "MaxDelaySeconds": 35 },
        { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 },
    ]);
    let definition = machine(
        json!({ "Ask": { "Type": "Task", "Resource": LAMBDA, "Arguments": {}, "Retry": retry, "End": true } }),
    );
    let busy = json!({ "fails": ["Busy", ""] });
    let odd = json!({ "fails": ["Odd", "it is odd"] });
    let done = execute(&definition, json!({}), &json!({ "Ask": [busy, busy, odd, busy, { "returns": 7 }] }));
    assert_eq!(succeeded(&done), &json!(7));
    assert_eq!(waits(&done), [10_000, 20_000, 1_000, 35_000]);
    assert_eq!(done.end - START, 66_000);
    let done = execute(&definition, json!({}), &json!({ "Ask": [busy, odd, odd] }));
    assert_eq!((failed(&done), waits(&done)), ("Odd", vec![10_000, 1_000]));
}

#[test]
fn jitter_waits_a_part_of_the_interval() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 3, "BackoffRate": 1.0, "JitterStrategy": "FULL" }]);
    let definition = machine(
        json!({ "Ask": { "Type": "Task", "Resource": LAMBDA, "Arguments": {}, "Retry": retry, "End": true } }),
    );
    let done = execute(&definition, json!({}), &json!({ "Ask": { "fails": ["Busy", ""] } }));
    let waits = waits(&done);
    assert_eq!(waits.len(), 3);
    assert!(waits.iter().all(|wait| (0..100_000).contains(wait)), "{waits:?}");
    assert_ne!(waits[0], waits[1]);
}

#[test]
fn tasks_and_machines_time_out() {
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Arguments": { "t": "{% $states.context.Task.Token %}" },
        "TimeoutSeconds": 60, "HeartbeatSeconds": 20, "End": true,
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Assign": { "e": "{% $states.errorOutput.Error %}" }, "Next": "Say" }],
    });
    let mut definition = machine(json!({ "Ask": task, "Say": { "Type": "Succeed", "Output": "{% $e %}" } }));
    for (answer, wanted, after) in [
        (json!({ "returns": 1, "seconds": 19 }), json!(1), 19_000),
        (json!({ "returns": 1, "seconds": 61, "silence": 20 }), json!("States.Timeout"), 60_000),
        (json!({ "returns": 1, "seconds": 59, "silence": 20 }), json!(1), 59_000),
        (json!({ "returns": 1, "seconds": 30 }), json!("States.HeartbeatTimeout"), 20_000),
    ] {
        let done = execute(&definition, json!({}), &json!({ "Ask": answer }));
        assert_eq!((succeeded(&done), done.end - START), (&wanted, after), "{answer}");
    }
    definition["TimeoutSeconds"] = json!(10);
    let done = execute(&definition, json!({}), &json!({ "Ask": { "returns": 1, "seconds": 19 } }));
    assert_eq!((failed(&done), done.end - START), ("States.Timeout", 10_000));
}

#[test]
fn waiting_takes_virtual_time_only() {
    let definition = machine(json!({
        "A": { "Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "B" },
        "B": { "Type": "Wait", "Timestamp": "2026-01-02T00:00:00+01:00", "Next": "C" },
        "C": { "Type": "Succeed", "Output": "{% $now() %}" },
    }));
    let done = execute(&definition, json!({ "seconds": 90 }), &json!({}));
    assert_eq!(succeeded(&done), &json!("2026-01-01T23:00:00.000Z"));
    for seconds in [json!(-1), json!(1.5), json!("1")] {
        let done = execute(&definition, json!({ "seconds": seconds }), &json!({}));
        assert_eq!(failed(&done), "States.QueryEvaluationError", "{seconds}");
    }
}

#[test]
fn branches_and_iterations_take_as_long_as_the_longest() {
    let wait = |name: &str, seconds: u32| json!({ "StartAt": name, "States": { name: { "Type": "Wait", "Seconds": seconds, "End": true } } });
    let parallel = machine(
        json!({ "Both": { "Type": "Parallel", "Branches": [wait("X", 30), wait("Y", 70)], "End": true } }),
    );
    assert_eq!(execute(&parallel, json!({}), &json!({})).end - START, 70_000);
    let each = machine(json!({ "Each": {
        "Type": "Map", "Items": [50, 10, 10, 30], "MaxConcurrency": 2, "End": true,
        "ItemProcessor": { "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true } } },
    } }));
    let done = execute(&each, json!({}), &json!({}));
    assert_eq!((succeeded(&done), done.end - START), (&json!([50, 10, 10, 30]), 50_000));
}

#[test]
fn what_is_assigned_inside_stays_inside() {
    let inner = json!({ "StartAt": "Set", "States": { "Set": { "Type": "Pass", "Assign": { "b": "{% $a + 1 %}" }, "Next": "Give" }, "Give": { "Type": "Succeed", "Output": "{% $b %}" } } });
    let definition = machine(json!({
        "First": { "Type": "Pass", "Assign": { "a": 1, "c": "{% $exists($a) ? \"old\" : \"none\" %}" }, "Next": "Both" },
        "Both": { "Type": "Parallel", "Branches": [inner], "Assign": { "d": "{% $states.result[0] %}" }, "Next": "Last" },
        "Last": { "Type": "Succeed", "Output": "{% [$a, $c, $d, $exists($b)] %}" },
    }));
    assert_eq!(succeeded(&execute(&definition, json!({}), &json!({}))), &json!([1, "none", 2, false]));
}

#[test]
fn distributed_loops_read_batch_and_tolerate() {
    let mut each = json!({
        "Type": "Map", "End": true,
        "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "Arguments": { "Bucket": "b", "Key": "k" }, "ReaderConfig": { "InputType": "JSON", "MaxItems": 5 } },
        "ItemSelector": { "n": "{% $states.context.Map.Item.Value %}", "at": "{% $states.context.Map.Item.Index %}" },
        "ItemBatcher": { "MaxItemsPerBatch": 2, "BatchInput": { "who": "{% $states.input.who %}" } },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "Do",
            "States": { "Do": { "Type": "Task", "Resource": LAMBDA, "Arguments": "{% $states.context.Execution.Input %}", "End": true } },
        },
        "ToleratedFailurePercentage": 40,
    });
    let items = json!({ "returns": [1, 2, 3, 4, 5, 6, 7] });
    let bad = json!({ "fails": ["Bad", "cause"] });
    let good = json!({ "returns": "good" });
    let done = execute(
        &machine(json!({ "Each": each })),
        json!({ "who": "me" }),
        &json!({ "Each": items, "Do": [good, bad, good] }),
    );
    assert_eq!(
        succeeded(&done),
        &json!(["good", { "Status": "FAILED", "Error": "Bad", "Cause": "cause" }, "good"])
    );
    let mut called = done.events.iter().filter_map(|event| match &event.what {
        Happening::Called(resource, arguments) if resource == LAMBDA => Some(arguments),
        _ => None,
    });
    assert_eq!(
        called.next_back().unwrap(),
        &json!({ "Items": [{ "n": 5, "at": 4 }], "BatchInput": { "who": "me" } })
    );
    each["ToleratedFailurePercentage"] = json!(39);
    let done = execute(
        &machine(json!({ "Each": each })),
        json!({ "who": "me" }),
        &json!({ "Each": items, "Do": [good, bad, good] }),
    );
    assert_eq!(failed(&done), "States.ExceedToleratedFailureThreshold");
}

/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>: `States.ALL` catches neither of the last two.
#[test]
fn errors_are_caught_by_their_names() {
    for (error, by, caught) in [
        ("Mine", "Mine", true),
        ("Mine", "States.ALL", true),
        ("Mine", "States.TaskFailed", true),
        ("States.Timeout", "States.TaskFailed", false),
        ("States.Timeout", "States.Timeout", true),
        ("States.Runtime", "States.ALL", false),
        ("States.DataLimitExceeded", "States.ALL", false),
        ("States.DataLimitExceeded", "States.DataLimitExceeded", true),
    ] {
        let definition = machine(json!({
            "Ask": { "Type": "Task", "Resource": LAMBDA, "Arguments": {}, "End": true, "Catch": [{ "ErrorEquals": [by], "Next": "Caught" }] },
            "Caught": { "Type": "Succeed", "Output": "caught" },
        }));
        let done = execute(&definition, json!({}), &json!({ "Ask": { "fails": [error, "why"] } }));
        match caught {
            true => assert_eq!(succeeded(&done), &json!("caught"), "{error} by {by}"),
            false => assert_eq!(failed(&done), error, "{error} by {by}"),
        }
    }
}

#[test]
fn too_much_data_ends_a_run() {
    let definition = machine(json!({
        "Ask": { "Type": "Task", "Resource": LAMBDA, "Arguments": {}, "Output": "{% $length($states.result) %}", "End": true },
    }));
    let answer = |length: usize| json!({ "Ask": { "returns": "x".repeat(length) } });
    assert_eq!(succeeded(&execute(&definition, json!({}), &answer(262_142))), &json!(262_142));
    assert_eq!(failed(&execute(&definition, json!({}), &answer(262_143))), "States.DataLimitExceeded");
}

#[test]
fn a_run_without_an_end_is_ended() {
    let definition =
        machine(json!({ "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "Next": "A" } }));
    let done = execute(&definition, json!({}), &json!({}));
    assert!(matches!(done.outcome, Outcome::Halted(_)), "{:?}", done.outcome);
}

#[test]
fn what_is_not_understood_is_refused() {
    for (states, why) in [
        (
            json!({ "A": { "Type": "Pass", "InputPath": "$.a", "End": true } }),
            "`InputPath` is not known here",
        ),
        (json!({ "A": { "Type": "Pass", "Next": "B" } }), "there is no state `B`"),
        (json!({ "A": { "Type": "Pass" } }), "or neither is"),
        (json!({ "A": { "Type": "Hop", "End": true } }), "`Hop`"),
        (json!({ "A": { "Type": "Pass", "QueryLanguage": "JSONPath", "End": true } }), "not `JSONata`"),
    ] {
        let refused = Machine::read(&machine(states).to_string()).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
    }
}
