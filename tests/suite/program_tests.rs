//! `dpl test`: what a program's tests say of it, for people and for machines.

use serde_json::Value as Json;

use crate::command::Sandbox;

const PROGRAM: &str = r#"
organization company {
  id     = "o-company1234"
  region = "eu-central-1"
  account prod { id = "222222222222" }
}

schema Line { item: string length 1..40, amount: int in 1..1000 }

function reserve(line: Line) -> int in prod = lambda("reserve")
function ask(text: string, token: string) -> boolean in prod = lambda("ask")
queue shipping in prod { }

pipeline reserve_one(line: Line) -> int in prod {
  retry = attempts(2, every = 10s, backoff = 1.0)
  let left = reserve(line)
  if left < 0 { fail SoldOut "{line.item}" }
  return left
}

pipeline take(lines: list<Line> length 0..10) in prod {
  for line in lines { run reserve_one(line) }
  let yes = ask("send?", token = task_token) await callback timeout 1d
  let first = lines[0]
  if yes and first != none { send(shipping, message = "{first.item} and more") }
}
"#;

const PASSING: &str = r#"
test sold_out for reserve_one {
  given { item = "pen", amount = 2 }
  when reserve(_) -> -1
  expect reserve({ item = "pen", amount = _ })
  expect error SoldOut "pen"
}

test used_up for reserve_one {
  given { item = "pen", amount = 2 }
  when reserve(_) fails Busy "try later"
  expect reserve(_), reserve(_), reserve(_) in order
  expect error Busy "{_} later"
}

test goes_on for reserve_one {
  given { item = "pen", amount = 2 }
  when reserve(_) fails Busy
  when reserve(_) -> 7
  expect result 7
}

test nobody_answers for take {
  given { lines = [] }
  when ask(_) -> true after 2d
  expect send nothing
  expect error States.Timeout
}

test sends for take {
  given { lines = [{ item = "pen", amount = 2 }, { item = "ink", amount = 1 }] }
  when reserve({ item = "pen", amount = 2 }) -> 7
  when reserve(_) -> 8
  when ask(_) -> true
  when send(_) -> none
  expect reserve_one(_), reserve({ item = "pen", amount = 2 }), reserve({ item = "ink", amount = 1 }),
         ask("send?", token = _), send(shipping, message = "pen and more") in order
}
"#;

const FAILING: &str = r#"
test wrong for take {
  given { lines = [{ item = "pen", amount = 2 }] }
  when reserve(_) -> 7
  when ask(_) -> true
  when send(_) -> none
  expect send(shipping, message = "ink {_}")
  expect ask(_), reserve(_) in order
  expect reserve nothing
  expect error NotSent
}

test stops for take {
  given { lines = [] }
  expect ask(_)
}

test fails for reserve_one {
  given { item = "pen", amount = 2 }
  when reserve(_) -> -1
  expect result 5
}
"#;

fn sandbox(tests: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.dpl", format!("{PROGRAM}{tests}"));
    sandbox
}

#[test]
fn what_happens_as_expected_passes() {
    let said = sandbox(PASSING).dpl(&["test", "p.dpl"]);
    insta::assert_snapshot!(said.fine().out);
    assert_eq!(said.err, "");
}

#[test]
fn what_does_not_is_shown_beside_what_was_expected() {
    let said = sandbox(FAILING).dpl(&["test", "p.dpl"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    insta::assert_snapshot!(said.out);
}

#[test]
fn a_machine_reads_json_lines() {
    let said = sandbox(&[PASSING, FAILING].concat()).dpl(&["test", "p.dpl", "--format", "json"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let lines: Vec<Json> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap(), &serde_json::json!({ "passed": 5, "failed": 3 }));
    let named = |name: &str| lines.iter().find(|line| line["test"] == name).unwrap();
    assert_eq!(named("sold_out")["failures"], serde_json::json!([]));
    let failures = named("fails")["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!((&failures[0]["code"], &failures[0]["start"]["column"]), (&"DPL0914".into(), &3.into()));
    let differences = &named("wrong")["failures"][0]["differences"];
    let wanted = serde_json::json!([{ "at": "MessageBody", "expected": "ink {_}", "got": "pen and more" }]);
    assert_eq!(differences, &wanted);
}

#[test]
fn ci_reads_junit() {
    let said = sandbox(&[PASSING, FAILING].concat()).dpl(&["test", "p.dpl", "--format", "junit"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    insta::assert_snapshot!(said.out);
}

#[test]
fn github_marks_the_lines() {
    let said = sandbox(FAILING).dpl(&["test", "p.dpl", "--format", "github", "--filter", "reserve_one"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.starts_with("::error file=p.dpl,line="), "{}", said.err);
    assert!(said.out.ends_with("0 passed, 1 failed\n"), "{}", said.out);
}

#[test]
fn some_of_them_by_name() {
    let said = sandbox(PASSING).dpl(&["test", "p.dpl", "--filter", "s_out"]);
    said.refused(2, &["no test has `s_out` in its name", "sold_out, used_up"]);
    let said = sandbox(PASSING).dpl(&["test", "p.dpl", "--filter", "sold"]);
    assert!(said.fine().out.ends_with("sold_out\n1 passed\n"), "{}", said.out);
    let said = sandbox(PASSING).dpl(&["test", "p.dpl", "--filter", "take"]);
    assert!(said.fine().out.ends_with("2 passed\n"), "{}", said.out);
}

#[test]
fn a_program_with_errors_is_not_tested() {
    let said = sandbox("test wrong for take { expect send(shipping) }").dpl(&["test", "p.dpl"]);
    said.refused(1, &["DPL0507", "DPL0502"]);
    assert_eq!(said.out, "");
    let said = sandbox("").dpl(&["test", "p.dpl"]);
    assert_eq!(said.fine().out, "the program has no tests\n");
}

/// Query tests: every way in which rows may be told of.
/// The book's query over two streams, with its test.
#[test]
fn rows_of_several_streams_go_in() {
    let book = include_str!("../../docs/streaming.md");
    let blocks = book.split("```").filter(|block| block.contains("query settle into"));
    let program: String = blocks.take(1).map(|block| block.trim_start_matches("dpl")).collect();
    assert!(program.contains("given orders") && program.contains("given payments"), "{program}");
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", &program);
    let said = sandbox.dpl(&["test", "p"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    // A second later the order is paid in time, and the test says so.
    sandbox.write("p/a.dpl", program.replace("11:05:01", "11:05:00"));
    assert_eq!(sandbox.dpl(&["test", "p"]).code, Some(1));
}

/// The book's lookup, and a pattern, with their tests.
#[test]
fn rows_are_looked_up_and_follow_one_another() {
    let book = include_str!("../../docs/streaming.md");
    let blocks = book.split("```").filter(|block| block.contains("query price into"));
    let program: String = blocks.take(1).map(|block| block.trim_start_matches("dpl")).collect();
    assert!(program.contains("given rates"), "{program}");
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", &program);
    sandbox.write("q/a.dpl", RISES);
    for folder in ["p", "q"] {
        let said = sandbox.dpl(&["test", folder]);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    }
    sandbox.write("p/a.dpl", program.replace("10:59:59.999", "11:00:00"));
    sandbox.write("q/a.dpl", RISES.replace("celsius = 31", "celsius = 29"));
    for folder in ["p", "q"] {
        assert_eq!(sandbox.dpl(&["test", folder]).code, Some(1));
    }
}

const RISES: &str = r#"
account prod { id = "222222222222", region = "eu-central-1" }

schema Reading { device: string, celsius: double, at: timestamp(3) }
schema Rise    { device: string, low: double, high: double, steps: bigint }

stream readings : Reading in prod {
  connector = kinesis("readings")
  watermark = at - 5s
  late      = divert(late_readings)
}
stream late_readings : Reading in prod { connector = kinesis("late") }
stream rises : Rise in prod { connector = kinesis("rises") }

query risen into rises as
  SELECT device, low, high, steps
  FROM readings MATCH_RECOGNIZE (
    PARTITION BY device
    ORDER BY at
    MEASURES cold.celsius AS low, hot.celsius AS high, COUNT(warmer.celsius) AS steps
    AFTER MATCH SKIP PAST LAST ROW
    PATTERN (cold warmer+ hot) WITHIN INTERVAL '1' HOUR
    DEFINE cold AS cold.celsius < 10, warmer AS warmer.celsius BETWEEN 10 AND 30, hot AS hot.celsius > 30
  );

test a_rise for risen {
  given readings [
    { device = "a", celsius = 5, at = "2026-01-01T00:00:10" },
    { device = "a", celsius = 15, at = "2026-01-01T00:00:20" },
    { device = "a", celsius = 20, at = "2026-01-01T00:00:25" },
    { device = "b", celsius = 40, at = "2026-01-01T00:00:26" },
    { device = "a", celsius = 31, at = "2026-01-01T00:00:40" },
  ]
  expect rises [{ device = "a", low = 5, high = 31, steps = 2 }]
  expect late_readings nothing
}

test a_row_is_late for risen {
  given readings [
    { device = "a", celsius = 5, at = "2026-01-01T00:00:10" },
    { device = "a", celsius = 15, at = "2026-01-01T00:00:20" },
    { device = "a", celsius = 40, at = "2026-01-01T00:01:00" },
    { device = "a", celsius = 7, at = "2026-01-01T00:00:15" },
  ]
  expect rises [{ device = "a", low = 5, high = 40, steps = 1 }]
  expect late_readings [{ device = "a", celsius = 7, at = _ }]
}
"#;

#[test]
fn rows_go_in_and_come_out() {
    let said = Sandbox::new().write("q.dpl", ROWS).dpl(&["test", "q.dpl"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    insta::assert_snapshot!(said.out);
}

const ROWS: &str = r#"
account prod { id = "222222222222", region = "eu-central-1" }

schema Reading { device: string, heat: double in -90..150, at: timestamp(3) }
schema Heat    { device: string, most: double?, window_end: timestamp(3) }

stream readings : Reading in prod {
  connector  = kinesis("readings")
  format     = json
  watermark  = at - 5s
  late       = divert(late_readings)
  on_invalid = divert(rejected)
}
stream late_readings : Reading in prod { connector = kinesis("late"), format = json }
stream rejected : Rejected<Reading> in prod { connector = kinesis("rejected"), format = json }
stream heat : Heat in prod { connector = kinesis("heat"), format = json }

query hottest into heat as
  SELECT device, MAX(heat) AS most, window_end
  FROM TUMBLE(readings, at, INTERVAL '1' MINUTE)
  GROUP BY device, window_start, window_end;

test a_minute for hottest {
  given readings [
    { device = "a", heat = 20.5, at = "2026-01-01T00:00:10" },
    { device = "a", heat = 30, at = "2026-01-01T00:00:50" },
    { device = "b", heat = 1.5, at = "2026-01-01T00:00:59.999" },
  ]
  expect heat [
    { device = "b", most = 1.5, window_end = "2026-01-01T00:01:00" },
    { device = "a", most = 30, window_end = "2026-01-01T00:01:00.000" },
  ]
  expect late_readings nothing
}

test too_late_and_too_hot for hottest {
  given readings [
    { device = "a", heat = 20.5, at = "2026-01-01T00:00:10" },
    { device = "a", heat = 21.5, at = "2026-01-01T00:02:10" },
    { device = "a", heat = 22.5, at = "2026-01-01T00:00:20" },
    { device = "a", heat = 500, at = "2026-01-01T00:02:20" },
  ]
  expect heat contains [{ most = 20.5 }, { device = "a", window_end = "2026-01-01T00:03:00" }]
  expect late_readings [{ device = "a", heat = 22.5, at = _ }]
  expect rejected [{ reason = _, raw = _ }]
}

test nothing_comes for hottest { expect heat nothing }

test wrong for hottest {
  given readings [{ device = "a", heat = 20.5, at = "2026-01-01T00:00:10" }]
  expect heat nothing
  expect heat [{ device = "a", most = 20, window_end = _ }]
  expect rejected contains [{ reason = "{_}" }]
}
"#;
