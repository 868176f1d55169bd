//! `dpl run` on a pipeline: events, mocks, traces, ends.

use crate::command::Sandbox;

const PROGRAM: &str = r#"
organization company {
  id     = "o-company1234"
  region = "eu-central-1"
  account prod { id = "222222222222" }
}

schema Order { id: string length 1..40, lines: list<Line> length 0..100, note: string? length 0..100 }
schema Line  { item: string length 1..40, amount: int in 1..1000 }

function reserve(line: Line) -> int in prod = lambda("reserve")
function tags(order: Order) -> list<string length 1..20> length 0..10 in prod = lambda("tags")
queue shipping in prod { }

/// Reserves one line.
pipeline reserve_one(line: Line) -> int in prod {
  retry = attempts(2, every = 10s, backoff = 1.0)
  let left = reserve(line)
  if left < 0 { fail SoldOut "{line.item}" }
  return left
}

/// Takes an order.
pipeline take(order: Order) -> string in prod {
  let tagged = tags(order)
  for line in order.lines { run reserve_one(line) }
  wait 1h
  try {
    send(shipping, message = "{order.id}")
  } catch error as Queue.Full {
    fail NotSent "{error.name}: {error.cause}"
  }
  return tagged[0] ?? "none"
}
"#;

const EVENT: &str = r#"{"id": "o-1", "lines": [{"item": "pen", "amount": 2}, {"item": "ink", "amount": 1}]}"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.dpl", PROGRAM).write("event.json", EVENT).write("none.json", "{}");
    sandbox.write("tags.json", r#"[["new", "small"]]"#).write("left.json", "[5, 6]");
    sandbox
}

const TAKE: &[&str] = &["run", "take", "p.dpl", "--input", "event.json", "--mock", "tags=tags.json"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    TAKE.iter().chain(more).copied().collect()
}

#[test]
fn a_pipeline_runs_with_the_pipelines_that_it_runs() {
    let said = sandbox().dpl(&with(&["--mock", "reserve=left.json", "--mock", "send=none.json", "--trace"]));
    assert_eq!((said.code, said.out.as_str()), (Some(0), "\"new\"\n"), "{}", said.err);
    for part in [
        "00:00:00  Tags",
        "ForEachLine",
        "01:00:00  SendShipping",
        "returns   {\"Output\":6,\"Status\":\"SUCCEEDED\"}",
    ] {
        assert!(said.err.contains(part), "{part}:\n{}", said.err);
    }
}

#[test]
fn a_command_sees_the_request_and_answers_it() {
    let command =
        r#"reserve=python3 -c "import json,sys; print(json.load(sys.stdin)['Payload']['amount'] - 2)""#;
    let said = sandbox().dpl(&with(&["--mock", command, "--mock", "send=none.json"]));
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("`take` fails with States.TaskFailed"), "{}", said.err);
    assert!(said.err.contains("SoldOut") && said.err.contains("ink"), "{}", said.err);
}

#[test]
fn a_mock_fails_a_call_and_retries_find_the_next_answer() {
    let sandbox = sandbox();
    sandbox.write("full.json", r#"{"error": {"name": "Queue.Full", "cause": "no room"}}"#);
    sandbox.write("busy.json", r#"[{"error": {"name": "Busy"}}, {"result": 3, "seconds": 5}]"#);
    let said =
        sandbox.dpl(&with(&["--mock", "reserve=busy.json", "--mock", "send_shipping=full.json", "--trace"]));
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("`take` fails with NotSent: Queue.Full: no room"), "{}", said.err);
    // One retry after ten seconds, and five seconds for each of two answers, side by side.
    assert!(said.err.contains("01:00:15  end"), "{}", said.err);
}

#[test]
fn what_is_missing_or_does_not_fit_is_said() {
    let sandbox = sandbox();
    sandbox
        .write("text.json", "\"many\"")
        .write("odd.json", r#"{"id": "", "lines": []}"#)
        .write("empty.json", "[]");
    for (arguments, words) in [
        (
            with(&[]),
            vec!["nothing says what `reserve` returns", "\"item\":\"pen\"", "--mock reserve=FILE.json"],
        ),
        (with(&["--mock", "reserv=left.json"]), vec!["did you mean `reserve`?"]),
        (
            with(&["--mock", "reserve=text.json"]),
            vec!["`text.json` is nothing that `reserve` returns: it is \"many\""],
        ),
        (with(&["--mock", "reserve=empty.json"]), vec!["a list of no results"]),
        (with(&["--mock", "reserve=false"]), vec!["ends with exit status: 1"]),
        (with(&["--mock", "reserve=nowhere.json"]), vec!["can't read `nowhere.json`"]),
        (with(&["--from", "a=b"]), vec!["`take` is a pipeline, which has no `--from`"]),
        (
            vec!["run", "take", "p.dpl", "--input", "odd.json"],
            vec!["no event of `take`: `id` has 0 characters"],
        ),
        (vec!["run", "take", "p.dpl"], vec!["`{}` is no event of `take`: it has no `id`"]),
        (vec!["run", "takes", "p.dpl"], vec!["no query or pipeline `takes`; did you mean `take`?"]),
    ] {
        let said = sandbox.dpl(&arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}\n{}", said.err);
        for word in words {
            assert!(said.err.contains(word), "{word}:\n{}", said.err);
        }
    }
}
