//! Where the other interpreter is not Step Functions, by AWS's own documentation, and ours is. Once it is, a case here is out of date.

use serde_json::{Value as Json, json};

use crate::states;

const ERRORS: &str = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html";
const QUOTAS: &str = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html";
const WAITS: &str = "https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html";

/// A machine on which the two differ: the page that says what is right, what it says, and the end that is right.
struct Case {
    name: &'static str,
    page: &'static str,
    says: &'static str,
    states: Json,
    timeout: Option<u64>,
    tasks: Json,
    ends: Json,
}

fn cases() -> Vec<Case> {
    let task = |catch: Json| json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "f" }, "Catch": catch, "End": true });
    let caught = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }]);
    vec![
        Case {
            name: "what is too large is caught by States.ALL",
            page: ERRORS,
            says: "States.DataLimitExceeded is terminal: States.ALL does not catch it",
            states: json!({ "Ask": task(caught.clone()), "Caught": { "Type": "Succeed" } }),
            timeout: None,
            tasks: json!({ "Ask": { "fails": ["States.DataLimitExceeded", "too large"] } }),
            ends: json!({ "status": "FAILED", "error": "States.DataLimitExceeded" }),
        },
        Case {
            name: "a result of any size is taken",
            page: QUOTAS,
            says: "input and output of a state have at most 256 KiB",
            states: json!({ "Ask": task(caught), "Caught": { "Type": "Succeed" } }),
            timeout: None,
            tasks: json!({ "Ask": { "returns": "x".repeat(300_000) } }),
            ends: json!({ "status": "FAILED", "error": "States.DataLimitExceeded" }),
        },
        Case {
            name: "time stands still",
            page: WAITS,
            says: "a Wait delays the machine, whose TimeoutSeconds go on",
            states: json!({ "Pause": { "Type": "Wait", "Seconds": 100, "End": true } }),
            timeout: Some(10),
            tasks: json!({}),
            ends: json!({ "status": "FAILED", "error": "States.Timeout" }),
        },
    ]
}

#[test]
fn the_other_interpreter_is_wrong_where_it_is_known_to_be() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let start = case.states.as_object().unwrap().keys().next().unwrap().clone();
        let mut definition = json!({ "QueryLanguage": "JSONata", "StartAt": start, "States": case.states });
        if let Some(seconds) = case.timeout {
            definition["TimeoutSeconds"] = json!(seconds);
        }
        std::fs::write(folder.path().join("m.asl.json"), definition.to_string()).unwrap();
        let run = json!({ "name": case.name, "input": {}, "tasks": case.tasks });
        let file = folder.path().join("m.json");
        std::fs::write(&file, json!({ "definition": "m.asl.json", "runs": [run] }).to_string()).unwrap();
        let Some(outcomes) = states::both(&[file]) else { return };
        let (ours, theirs) = &outcomes[0];
        for (part, right) in case.ends.as_object().unwrap() {
            assert_eq!(&ours[part], right, "{}: {} ({})", case.name, case.says, case.page);
        }
        assert!(states::difference(ours, theirs).is_some(), "{}: it is right now", case.name);
    }
}
