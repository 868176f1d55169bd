//! Sources, sinks and the run around the operator.

use dpl::run::{
    CsvSource, Diverted, Field, Input, Job, JsonSource, JsonWriter, OnInvalid, Progress, RowBatch, Rule,
    RunError, Schema, SchemaError, Sinks, Source, Style, Summary, run,
};
use dpl::window::{Aggregate, Batch, Column, Data, Expr, Late, Query, Type, Value, Window};
use std::io::Read;

use crate::running::Chance;

fn field(name: &str, ty: Type, nullable: bool, rules: Vec<Rule>) -> Field {
    Field { name: name.to_string(), ty, nullable, rules }
}

fn schema() -> Schema {
    Schema::new(vec![
        field("id", Type::String, false, vec![Rule::Length(1, 20)]),
        field("t", Type::Double, false, vec![Rule::range(Type::Double, Some("-90"), Some("150")).unwrap()]),
        field("n", Type::Int, true, Vec::new()),
        field("timestamp", Type::Timestamp(3), false, Vec::new()),
    ])
    .unwrap()
}

fn source<R: Read>(input: R) -> JsonSource<R> {
    JsonSource::new(input, schema(), vec![true; 4], 3, Style::Iso)
}

/// Every row as text, and every reason with its line.
fn read(source: &mut dyn Source) -> (Vec<String>, Vec<(u64, String)>) {
    let (mut rows, mut reasons) = (Vec::new(), Vec::new());
    let mut batch = RowBatch::default();
    while source.read(&mut batch).unwrap() {
        let selected = batch.batch.selection.clone().unwrap_or_else(|| (0..batch.batch.len as u32).collect());
        for row in selected {
            let cells: Vec<Value> = batch.batch.columns.iter().map(|c| c.get(row as usize)).collect();
            rows.push(format!("{cells:?}"));
        }
        reasons.extend(batch.rejected.iter().map(|r| (r.line, r.reason.clone())));
    }
    (rows, reasons)
}

const GOOD: &str = r#"{"id":"a","t":1.5,"n":7,"timestamp":"2026-01-01T00:00:00.123"}"#;

fn reason(line: &str) -> String {
    let (rows, reasons) = read(&mut source(line.as_bytes()));
    assert!(rows.is_empty(), "{line} was taken: {rows:?}");
    reasons[0].1.clone()
}

#[test]
fn reasons_say_what_is_wrong() {
    let with = |t: &str, n: &str, ts: &str| format!(r#"{{"id":"a","t":{t},"n":{n},"timestamp":{ts}}}"#);
    let time = r#""2026-01-01T00:00:00""#;
    for (line, expected) in [
        (with("4000", "1", time), "t 4000 is outside -90..150"),
        (with("\"NaN\"", "1", time), "t \"NaN\" is outside -90..150"),
        (with("\"1.5\"", "1", time), "t \"1.5\" is not a double"),
        (with("1e999", "1", time), "t 1e999 is not a double"),
        (with("null", "1", time), "t is missing"),
        (with("1", "60.7", time), "n 60.7 is not a int"),
        (with("1", "3000000000", time), "n 3000000000 is not a int"),
        (with("1", "{\"a\":1}", time), "n {\"a\":1} is not a int"),
        (
            with("1", "1", "\"2026-02-30T00:00:00\""),
            "timestamp \"2026-02-30T00:00:00\" is not a timestamp(3) like 2026-01-31T12:30:00.000",
        ),
        (
            with("1", "1", "\"2026-01-01T00:00:00Z\""),
            "timestamp \"2026-01-01T00:00:00Z\" is not a timestamp(3): it has a zone, and timestamp has none",
        ),
        (with("1", "1", "5"), "timestamp 5 is not a timestamp(3) like 2026-01-31T12:30:00.000"),
        (r#"{"t":1,"timestamp":"2026-01-01T00:00:00"}"#.to_string(), "id is missing"),
        (r#"{"id":"","t":1,"timestamp":"2026-01-01T00:00:00"}"#.to_string(), "id \"\" is not 1..20 long"),
        ("[1]".to_string(), "the row is not a JSON object"),
        ("5".to_string(), "the row is not a JSON object"),
    ] {
        assert_eq!(reason(&line), expected, "{line}");
    }
    for broken in ["{", "nonsense", r#"{"id":"a""#, &format!("{GOOD} x"), "{\"id\":\"\u{1}\"}"] {
        assert!(reason(broken).starts_with("the row is not JSON: "), "{broken}: {}", reason(broken));
    }
    let (rows, reasons) = read(&mut source(&b"{\"id\":\"\xFF\"}\n"[..]));
    assert_eq!((rows.len(), reasons.len()), (0, 1));
}

#[test]
fn any_legal_json_means_the_same() {
    let (expected, _) = read(&mut source(GOOD.as_bytes()));
    for line in [
        r#" { "id" : "a" , "t" : 1.5 , "n" : 7 , "timestamp" : "2026-01-01T00:00:00.123" } "#,
        r#"{"timestamp":"2026-01-01T00:00:00.123","n":7,"t":1.5,"id":"a"}"#,
        r#"{"i\u0064":"\u0061","t":15e-1,"n":7.0,"timestamp":"2026-01-01T00:00:00.123000"}"#,
        r#"{"x":{"id":"no","y":[1,"}"]},"id":"a","id":"b","t":1.50,"n":0.7e1,"timestamp":"2026-01-01T00:00:00.1234"}"#,
        r#"{"id":"a","t":1.5,"n":7,"timestamp":"2026-01-01T00:00:00.123","more":"text","other":-12.5}"#,
    ] {
        assert_eq!(read(&mut source(line.as_bytes())).0, expected, "{line}");
        let taught = format!("{GOOD}\n{line}\n{GOOD}\r\n\n{line}\n{line}");
        let (rows, reasons) = read(&mut source(taught.as_bytes()));
        assert_eq!((rows, reasons.len()), (vec![expected[0].clone(); 5], 0), "{line}");
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1",
    "01",
    "-01",
    "1.",
    ".5",
    "-",
    "+1",
    "1e5",
    "1E-3",
    "1.5e2",
    "0.1",
    "0.10",
    "99.999",
    "123456",
    "1234567",
    "12345678",
    "123456.7",
    "1.2345678",
    "0.000001",
    "123456789.123456789",
    "12345678901234567890",
    "0.30000000000000004",
    "149.99999999999999999",
    "1.5x",
    "1.5.5",
    "--1",
    "1_0",
    "0x10",
    "NaN",
    "5e-324",
    "2147483647",
    "2147483648",
    "-2147483648",
    "true",
    "\"1\"",
    "1 ",
    "",
    "null",
    "100.00",
    "00.5",
    "7.0000001",
];

const TEXTS: &[&str] = &[
    "\"a\"",
    "\"\"",
    "\"é\"",
    "\"a\\n\"",
    "\"a\\\"b\"",
    "\"12345678\"",
    "\"1234567\"",
    "\"123456789\"",
    "\"日本語日本語\"",
    "\"a\tb\"",
    "a",
    "\"a",
    "7",
    "\"abcdefghijklmnopqrstuvwxyz\"",
];

const TIMES: &[&str] = &[
    "2026-01-01T00:00:00.123",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00",
    "2026-01-01 00:00:00",
    "2026-13-01T00:00:00",
    "2026-01-01T24:00:00",
    "2026-01-01T23:59:60",
    "2026-01-01T23:59:59.9",
    "2026-01-01T00:00:00.1234",
    "2026-01-01T00:00:00.123456789",
    "2026-01-01T00:00:00.",
    "2026-1-1T00:00:00",
    "1969-12-31T23:59:59.999",
    "0000-01-01T00:00:00",
    "9999-12-31T23:59:59.999",
    "2026-01-01T00:00:00.123Z",
    "2026-01-01T0a:00:00",
    "2026-01-01T00-00-00",
    "",
    "1970-01-01T00:00:00",
    "\0\0\0\0\0\0\0\0\0\0T00:00:00",
];

/// Values read after a layout was learned, by the scanner, and before, by the parser, agree.
#[test]
fn the_scanner_agrees_with_the_parser() {
    let mut lines: Vec<String> = Vec::new();
    for number in NUMBERS {
        lines.push(format!(r#"{{"id":"a","t":{number},"n":7,"timestamp":"2026-01-01T00:00:00.123"}}"#));
        lines.push(format!(r#"{{"id":"a","t":1.5,"n":{number},"timestamp":"2026-01-01T00:00:00.123"}}"#));
    }
    lines.extend(
        TEXTS.iter().map(|t| format!(r#"{{"id":{t},"t":1.5,"n":7,"timestamp":"2026-01-01T00:00:00.123"}}"#)),
    );
    lines.extend(TIMES.iter().map(|t| format!(r#"{{"id":"a","t":1.5,"n":7,"timestamp":"{t}"}}"#)));
    for cut in 0..GOOD.len() {
        lines.push(GOOD.get(..cut).unwrap().to_string());
    }
    for line in lines {
        let (parsed, mut reasons) = read(&mut source(line.as_bytes()));
        let taught = format!("{GOOD}\n{line}\n{GOOD}\n");
        let (rows, mut reasons_taught) = read(&mut source(taught.as_bytes()));
        assert_eq!(rows.len(), parsed.len() + 2, "{line}");
        assert_eq!(rows.get(1..=parsed.len()).unwrap(), parsed, "{line}");
        reasons.iter_mut().chain(&mut reasons_taught).for_each(|r| r.0 = 0);
        assert_eq!(reasons_taught, reasons, "{line}");
    }
}

/// Gives a few bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(self.0.len()).min(buffer.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

#[test]
fn blocks_may_end_anywhere() {
    let text = format!("{GOOD}\n\n{{bad\n{}\r\n{GOOD}", GOOD.replace("\"a\"", "\"long text here\""));
    let expected = read(&mut source(text.as_bytes()));
    assert_eq!((expected.0.len(), expected.1[0].0), (3, 3));
    for step in [1, 7, 61, 64] {
        assert_eq!(read(&mut source(Drip(text.as_bytes(), step))), expected, "{step} bytes at a time");
    }
    let long = format!("{{\"x\":\"{}\",{}", "y".repeat(1 << 20), GOOD.get(1..).unwrap());
    assert_eq!(read(&mut source(long.as_bytes())).0.len(), 1);
}

#[test]
fn many_layouts_are_all_read() {
    let line = |i: usize| format!("{{\"x{i}\":{i},{}\n", GOOD.get(1..).unwrap());
    let text: String = (0..2000).map(|i| line(i % 40)).collect();
    let (rows, reasons) = read(&mut source(text.as_bytes()));
    assert_eq!((rows.len(), reasons.len()), (2000, 0));
}

#[test]
fn rows_with_and_without_nulls_share_a_stream() {
    let missing = GOOD.replace("\"n\":7,", "");
    let null = GOOD.replace("\"n\":7", "\"n\":null");
    let text = format!("{GOOD}\n{missing}\n{null}\n{GOOD}\n{null}\n{missing}\n");
    let (rows, _) = read(&mut source(text.as_bytes()));
    let nulls: Vec<bool> = rows.iter().map(|r| r.contains("Null")).collect();
    assert_eq!(nulls, [false, true, true, false, true, true]);
}

#[test]
fn csv_is_read_by_its_header() {
    let text = "timestamp,extra,id,t,n\n2026-01-01T00:00:00,x,\"a,\"\"b\",1.5,\n2026-01-01T00:00:01,x,,1,2\n2026-01-01T00:00:02,x,c,1e3,2\n";
    let mut source = CsvSource::new(text.as_bytes(), schema(), vec![true; 4], 3, Style::Iso).unwrap();
    let (rows, reasons) = read(&mut source);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains("Null"), "an empty number is null: {rows:?}");
    let expected = [(2, "id  is not 1..20 long".to_string()), (3, "t 1e3 is outside -90..150".to_string())];
    assert_eq!(reasons, expected);
}

fn job(on_invalid: OnInvalid, late: Late) -> Job {
    let output = ["id", "avg", "start"].map(String::from).to_vec();
    job_of(query(late), output, on_invalid)
}

fn query(late: Late) -> Query {
    let schema = schema();
    Query {
        input: schema.types(),
        nullable: vec![true; 4],
        event_time: 3,
        watermark_delay_ms: 0,
        late,
        filter: None,
        window: Window::Tumble { size_ms: 60_000, offset_ms: 0 },
        keys: vec![Expr::column(0, Type::String)],
        in_sets: false,
        aggregates: vec![Aggregate::Avg(Expr::column(1, Type::Double)).into()],
        having: None,
        output: vec![
            Expr::column(0, Type::String),
            Expr::column(1, Type::Double),
            Expr::column(2, Type::Timestamp(3)),
        ],
    }
}

fn job_of(query: Query, output: Vec<String>, on_invalid: OnInvalid) -> Job {
    let diverted = vec![Diverted::Late { input: 0, style: Style::Iso }, Diverted::Rejected];
    let inputs = vec![Input { schema: schema(), on_invalid, late: Some(0), rejected: Some(1) }];
    Job { inputs, diverted, query: query.into(), output, required: Vec::new(), output_style: Style::Iso }
}

struct Written {
    summary: Summary,
    results: String,
    late: String,
    rejected: String,
    progress: Vec<Progress>,
}

fn run_job(job: &Job, text: &str) -> Result<Written, RunError> {
    let mut source =
        JsonSource::new(text.as_bytes(), job.inputs[0].schema.clone(), job.stored(0), 3, Style::Iso);
    let (mut results, mut late, mut rejected, mut progress) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let sinks = Sinks { results: &mut results, diverted: vec![&mut late, &mut rejected] };
    let summary = run(job, &mut [&mut source], sinks, &mut |p| progress.push(p))?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ok(Written { summary, results: text(results), late: text(late), rejected: text(rejected), progress })
}

fn line(id: &str, t: f64, time: &str) -> String {
    format!("{{\"id\":\"{id}\",\"t\":{t:?},\"timestamp\":\"2026-01-01T{time}\"}}\n")
}

#[test]
fn a_run_counts_diverts_and_writes() {
    let text = [
        line("a", 1.0, "00:00:10"),
        line("b", 2.0, "00:00:20"),
        line("a", 2.5, "00:00:30"),
        line("c", 1000.0, "00:01:00"),
        line("d", 3.0, "00:00:59"),
        "oops\"\n".to_string(),
    ]
    .concat();
    let written = run_job(&job(OnInvalid::Divert, Late::Divert), &text).unwrap();
    assert_eq!(
        written.results,
        "{\"id\":\"a\",\"avg\":1.75,\"start\":\"2026-01-01T00:00:00\"}\n{\"id\":\"b\",\"avg\":2.0,\"start\":\"2026-01-01T00:00:00\"}\n"
    );
    assert_eq!(written.late, "{\"id\":\"d\",\"t\":3.0,\"n\":null,\"timestamp\":\"2026-01-01T00:00:59\"}\n");
    let rejected: Vec<&str> = written.rejected.lines().collect();
    assert_eq!(rejected.len(), 2);
    assert!(
        rejected[0]
            .starts_with("{\"reason\":\"t 1000.0 is outside -90..150\",\"raw\":\"{\\\"id\\\":\\\"c\\\""),
        "{rejected:?}"
    );
    assert!(rejected[1].ends_with("\"raw\":\"oops\\\"\"}"), "{rejected:?}");
    let summary = written.summary;
    assert_eq!(
        (summary.rows_in, summary.late, summary.rejected, summary.windows, summary.rows_out),
        (6, 1, 2, 1, 2)
    );
    assert_eq!(summary.first_rejected[1].line, 6);
    assert_eq!(written.progress.last(), Some(&Progress { rows: 6, bytes: text.len() as u64 }));
}

#[test]
fn late_and_invalid_rows_may_be_dropped_or_end_the_run() {
    let text = [line("a", 1.0, "00:00:10"), line("b", 999.0, "00:00:20")].concat();
    let dropped = run_job(&job(OnInvalid::Drop, Late::Drop), &text).unwrap();
    assert_eq!((dropped.rejected.as_str(), dropped.summary.rejected, dropped.summary.rows_out), ("", 1, 1));
    let Err(failed) = run_job(&job(OnInvalid::Fail, Late::Drop), &text) else {
        panic!("an invalid row was taken")
    };
    assert_eq!(failed.to_string(), "line 2: t 999.0 is outside -90..150");
}

#[test]
fn a_value_that_fails_names_its_line() {
    let query = Query {
        keys: vec![Expr::column(0, Type::String).cast(Type::Int).unwrap()],
        in_sets: false,
        output: vec![Expr::column(0, Type::Int)],
        ..query(Late::Drop)
    };
    let job = job_of(query, vec!["id".to_string()], OnInvalid::Drop);
    let text = format!("\nbroken\n{}{}", line("1", 1.0, "00:00:10"), line("x", 1.0, "00:00:10"));
    let Err(failed) = run_job(&job, &text) else { panic!("x is no number") };
    assert_eq!(failed.to_string(), "line 4: a value can't be cast to int");
}

#[test]
fn no_rows_are_no_results() {
    for text in ["", "\n\n", "bad\n"] {
        let written = run_job(&job(OnInvalid::Drop, Late::Drop), text).unwrap();
        assert_eq!((written.results.as_str(), written.summary.rows_out), ("", 0));
    }
}

#[test]
fn values_are_written_so_that_they_read_back() {
    let columns = [
        (Type::Boolean, Data::Bool(vec![true]), "true"),
        (Type::BigInt, Data::I64(vec![i64::MIN]), "-9223372036854775808"),
        (Type::Double, Data::F64(vec![0.1 + 0.2]), "0.30000000000000004"),
        (Type::Double, Data::F64(vec![1e300]), "1e300"),
        (Type::Double, Data::F64(vec![f64::NAN]), "\"NaN\""),
        (Type::Double, Data::F64(vec![f64::NEG_INFINITY]), "\"-Infinity\""),
        (Type::Decimal { precision: 5, scale: 2 }, Data::I128(vec![-5]), "-0.05"),
        (Type::Date, Data::I32(vec![-1]), "\"1969-12-31\""),
        (Type::Timestamp(0), Data::I64(vec![0]), "\"1970-01-01 00:00:00\""),
        (Type::TimestampLtz(6), Data::I64(vec![1]), "\"1970-01-01 00:00:00.000001Z\""),
    ];
    for (ty, data, expected) in columns {
        let mut out = Vec::new();
        let mut writer = JsonWriter::new(&mut out, [("a\"b", ty)], Style::Sql);
        writer.write(&Batch { len: 1, columns: vec![Column::of(data)], selection: None }).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"a\\\"b\":{expected}}}\n"));
    }
    let mut text = Column::new(Type::String.class());
    text.push(&Value::text("a\"\\\n\u{1}é"));
    let mut bytes = Column::new(Type::Bytes.class());
    bytes.push(&Value::Text(vec![0, 255, 16, 32].into()));
    let mut out = Vec::new();
    let mut writer = JsonWriter::new(&mut out, [("t", Type::String), ("b", Type::Bytes)], Style::Iso);
    writer.write(&Batch { len: 1, columns: vec![text, bytes], selection: None }).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let line = String::from_utf8(out).unwrap();
    assert_eq!(line, "{\"t\":\"a\\\"\\\\\\n\\u0001é\",\"b\":\"AP8QIA==\"}\n");
    let fields = vec![
        field("t", Type::String, false, Vec::new()),
        field("b", Type::Bytes, false, Vec::new()),
        field("ts", Type::TimestampLtz(3), false, Vec::new()),
    ];
    let line = line.replace("}\n", ",\"ts\":\"2026-01-01T02:00:00+02:00\"}\n");
    let mut source =
        JsonSource::new(line.as_bytes(), Schema::new(fields).unwrap(), vec![true; 3], 2, Style::Iso);
    let (rows, reasons) = read(&mut source);
    assert_eq!(reasons, []);
    assert!(
        rows[0].contains("Text([0, 255, 16, 32])") && rows[0].contains("I64(1767225600000000)"),
        "{rows:?}"
    );
}

#[test]
fn schemas_that_make_no_sense_are_refused() {
    let twice = vec![field("a", Type::Int, true, Vec::new()), field("a", Type::Int, true, Vec::new())];
    assert_eq!(Schema::new(twice).err(), Some(SchemaError::Duplicate("a".to_string())));
    let length = vec![field("a", Type::Int, true, vec![Rule::Length(0, 1)])];
    assert_eq!(Schema::new(length).err(), Some(SchemaError::Rule("a".to_string(), Type::Int)));
    assert!(Rule::range(Type::Int, Some("x"), None).is_none());
    let mut wrong = job(OnInvalid::Drop, Late::Drop);
    wrong.inputs[0].schema = Schema::new(vec![field("a", Type::Int, true, Vec::new())]).unwrap();
    assert!(matches!(run_job(&wrong, ""), Err(RunError::Plan(_))));
}

/// Fails after some bytes.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(std::io::Error::other("the disk is gone")),
            read => read,
        }
    }
}

/// What a source hands over until it ends or fails, with its place behind each batch.
fn batches(source: &mut dyn Source) -> (Vec<String>, String) {
    let (mut batches, mut batch) = (Vec::new(), RowBatch::default());
    loop {
        match source.read(&mut batch) {
            Ok(true) => batches.push(format!("{batch:?} {:?}", source.place())),
            Ok(false) => return (batches, "the end".to_owned()),
            Err(error) => return (batches, error.to_string()),
        }
    }
}

#[test]
fn rows_are_the_same_on_any_number_of_threads() {
    let mut text = String::new();
    for row in 0..40_000 {
        match row % 97 {
            3 => text += "\n",
            5 => text += "no row\n",
            7 => text += &GOOD.replace("1.5", "999").replace(',', ", "),
            _ => {
                text +=
                    &GOOD.replace("1.5", &format!("{}.25", row % 80)).replace("\"a\"", &format!("\"{row}\""))
            }
        }
        text += "\n";
    }
    let (whole, end) = batches(&mut source(text.as_bytes()));
    assert!(whole.len() > 8 && end == "the end", "{} batches, {end}", whole.len());
    let (broken, gone) = batches(&mut source(Broken(text.as_bytes())));
    assert!(
        broken.len() >= whole.len() - 1 && gone == "the disk is gone",
        "{} batches, {gone}",
        broken.len()
    );
    for threads in [1, 2, 3, 9] {
        let parallel = &mut source(text.as_bytes()).parallel(threads).unwrap();
        assert!(batches(parallel) == (whole.clone(), end.clone()), "{threads} threads");
        let parallel = &mut source(Broken(text.as_bytes())).parallel(threads).unwrap();
        assert!(batches(parallel) == (broken.clone(), gone.clone()), "{threads} threads");
    }
}

/// Fields of CSV as they stand in a file: usual ones, empty ones, broken ones, quoted ones.
const FIELDS: [&[&str]; 5] = [
    &[
        "a",
        "device-0017",
        "",
        "a b",
        "é",
        "日本語の名前です",
        "\"q,\"\"x\"\"\"",
        "\"two\nlines\"",
        "far too long to be an identifier",
        "x\u{1}y",
    ],
    &["1.5", "-0.25", "12", "1e1", "007.5", "", " 2.5", "999.0", "\"3.5\"", "x", "0.1234567890123"],
    &["7", "-12", "", "2147483648", "+3", "1.0", "0"],
    &[
        "2026-01-01T00:00:01.5",
        "2026-01-01T00:00:01.123",
        "2026-01-01 00:00:01",
        "",
        "1970-01-01T00:00:00",
        "soon",
    ],
    &["ignored", "", "\"also\r\nignored\"", "5\" pipe"],
];

#[test]
fn csv_in_usual_forms_is_what_it_is_with_quotes() {
    let mut chance = Chance(11);
    let header = "extra,id,t,n,timestamp";
    let (mut plain, mut records) = (header.to_owned() + "\n", Vec::new());
    for row in 0..30_000 {
        // Most rows are usual ones.
        let usual = chance.below(3) > 0;
        let mut field = |of: usize| {
            let choices = FIELDS[of];
            choices[if usual { 0 } else { chance.below(choices.len() as u64) as usize }]
        };
        let fields = [4, 0, 1, 2, 3].map(&mut field);
        plain += &fields.join(",");
        plain += if row % 3 == 0 { "\r\n" } else { "\n" };
        if row % 50 == 0 {
            plain += "\n";
        }
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(plain.as_bytes());
    records.extend(reader.byte_records().map(Result::unwrap));
    let mut quoted =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).flexible(true).from_writer(Vec::new());
    quoted.write_record(header.split(',')).unwrap();
    records.iter().for_each(|record| quoted.write_byte_record(record).unwrap());
    let quoted = quoted.into_inner().unwrap();
    let read = |input: &mut dyn Read| {
        read(&mut CsvSource::new(input, schema(), vec![true; 4], 3, Style::Iso).unwrap())
    };
    let expected = read(&mut quoted.as_slice());
    assert!(
        expected.0.len() > 20_000 && expected.1.len() > 4_000,
        "{} {}",
        expected.0.len(),
        expected.1.len()
    );
    assert_eq!(expected.0.len() + expected.1.len(), records.len());
    assert!(read(&mut plain.as_bytes()) == expected);
    assert!(read(&mut Drip(plain.as_bytes(), 61)) == expected, "61 bytes at a time");
}
