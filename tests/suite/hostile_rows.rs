//! Rows that nobody writes on purpose: odd and legal JSON means what Flink takes it for, and no bytes whatever make the reader panic or take memory
//! without end.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read},
};

use dpl::{
    native::native,
    platform::Project,
    run::{Field, JsonSource, RowBatch, Schema, Source, Style},
    window::Type,
};

use super::{
    flink::{multiset, run_native},
    oracle,
    window::rng::Rng,
};

const PROGRAM: &str = r#"
account prod { id = "666666666666", region = "us-east-1" }
schema Value { s : string?, d : double?, e : decimal(10, 2)?, n : int?, b : bigint?, at : timestamp(3) }
stream values : Value in prod { connector = kinesis("values"), watermark = at - 1s, late = drop, on_invalid = divert(bad) }
stream bad : Rejected<Value> in prod { connector = kinesis("bad") }
stream good : Value in prod { connector = kinesis("good") }
query kept into good as SELECT s, d, e, n, b, at FROM values;
"#;

const NUMBERS: &[&str] = &[
    "0",
    "1e2",
    "1E+2",
    "0e0",
    "1.0",
    "1e-400",
    "123456789012345678901234567890",
    "0.1e1",
    "60.7",
    "2147483648",
    "-2147483648",
    "12345678.905",
    "9223372036854775807",
    "9223372036854775808",
    "1e18",
    "1.5e-3",
    "4.9e-324",
    "1e308",
    "99999999.99",
    "1e7",
    "12e-1",
    "true",
    "false",
    "\"1\"",
    "\"x\"",
    "[]",
    "{}",
    "\"NaN\"",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1",
    "NaN",
    "-",
    "1e",
    "Infinity",
    "--1",
];
const TEXTS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""\u0061\n\t\"\\\/""#,
    r#""\ud83d\ude00""#,
    r#""\u0000""#,
    "\"\u{7f}\u{FFFF}\u{FEFF}\"",
    r#""é日😀""#,
    "\"a\tb\"",
    "\"a\u{1}\"",
    "'a'",
    "\"open",
    r#""\x""#,
    r#""\u12""#,
    "1",
    "true",
    "[\"a\"]",
    "{\"a\":1}",
    "nul",
    "tru",
];

fn value(rng: &mut Rng, usual: &str, odd: &[&str]) -> String {
    match rng.below(8) {
        0 => rng.pick(odd).to_owned(),
        1 => "null".to_owned(),
        _ => usual.to_owned(),
    }
}

/// A line that may be a row. Of members of one name, of text behind an object and of `-0.0` the book says that both differ.
fn line(rng: &mut Rng) -> String {
    let number = |rng: &mut Rng| {
        let usual = rng.pick(&["1", "12", "-3", "7e0"]);
        value(rng, usual, NUMBERS)
    };
    // Flink takes no decimal of so great an exponent, which the book says, too.
    let decimal = |rng: &mut Rng| number(rng).replace("1e-400", "1e-4").replace("4.9e-324", "4.9e-3");
    let deep = |rng: &mut Rng| {
        let depth = rng.pick(&[1, 50, 130, 999, 1000]);
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    };
    let mut members = vec![
        ("\"s\"", value(rng, "\"a\"", TEXTS)),
        ("\"d\"", number(rng)),
        ("\"e\"", decimal(rng)),
        ("\"n\"", number(rng)),
        ("\"b\"", number(rng)),
        (
            "\"at\"",
            value(
                rng,
                "\"2026-01-01T00:00:00.000\"",
                &[
                    "\"2026-02-30T00:00:00.000\"",
                    "1",
                    "\"\"",
                    "\"2026-01-01T00:00:00.123456\"",
                    "\"2026-01-01T24:00:00\"",
                ],
            ),
        ),
    ];
    if rng.below(4) == 0 {
        let other = match rng.below(3) {
            0 => deep(rng),
            1 => rng.pick(NUMBERS).to_owned(),
            _ => rng.pick(TEXTS).to_owned(),
        };
        members.push((
            rng.pick(&["\"\"", "\"other\"", "\"S\"", "\"s \"", "\"\\u0074\"", "other", "\"$.s\"", "\"😀\""]),
            other,
        ));
    }
    if rng.below(10) == 0 {
        members[0].0 = r#""\u0073""#;
    }
    for at in (1..members.len()).rev() {
        members.swap(at, rng.below(at + 1));
    }
    if rng.below(6) == 0 {
        members.remove(rng.below(members.len()));
    }
    let blank = rng.pick(&["", "", "", " ", "\t", "  "]);
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{blank}{name}{blank}:{blank}{value}")).collect();
    let row = format!("{blank}{{{}{blank}}}{blank}", members.join(","));
    match rng.below(40) {
        0 => rng
            .pick(&[
                "[]",
                "null",
                "1",
                "\"a\"",
                "{}",
                "{\"s\"}",
                "{,}",
                "x",
                "{\"s\":1,}",
                "[{}]",
                "\u{FEFF}{}",
            ])
            .to_owned(),
        1 => row.replacen(',', ",,", 1),
        2 => row.replacen(':', "", 1),
        3 => row.trim_end().trim_end_matches('}').to_owned(),
        _ => row,
    }
}

#[test]
fn flink_takes_odd_rows_for_what_dpl_run_does() {
    let mut sources = dpl::sources();
    sources.add("odd.dpl", "odd", PROGRAM, false);
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    let platform = &analysis.platform;
    let query = &platform.queries[0];
    let folder = tempfile::tempdir().unwrap();
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let more = more.split(',').filter(|seed| !seed.is_empty()).map(|seed| seed.parse().expect("a number"));
    for seed in std::iter::once(1).chain(more) {
        let mut rng = Rng::new(seed);
        let lines: Vec<String> = (0..1500).map(|_| line(&mut rng)).collect();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("rows.jsonl"), lines.join("\n") + "\n").unwrap();
        fs::write(file("odd.sql"), dpl::target::flink::script(platform, query)).unwrap();
        let at = |option: &str, table: &str, name: &str| -> [OsString; 2] {
            [option.into(), format!("{table}={}", file(name).display()).into()]
        };
        let mut arguments: Vec<OsString> = vec![file("odd.sql").into()];
        arguments.extend(at("--table", "values", "rows.jsonl"));
        arguments.extend(at("--sink", "good", "good.jsonl"));
        arguments.extend(at("--sink", "bad", "bad.jsonl"));
        let Some(done) = oracle::run("flink/run", &["flink", "runner"], &arguments) else { return };
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        let job = native(platform, query).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let (good, bad) = run_native(&job, &|_| file("rows.jsonl"));
        let mut apart = Vec::new();
        for (name, ours, doubles) in [("good.jsonl", &good, &["d"][..]), ("bad.jsonl", &bad[0], &[])] {
            let ours = multiset(std::str::from_utf8(ours).unwrap(), doubles);
            let theirs = multiset(&fs::read_to_string(file(name)).unwrap(), doubles);
            assert!(theirs.len() > 50, "{name}: {} rows of Flink's", theirs.len());
            for (told, a, b) in [("ours", &ours, &theirs), ("Flink's", &theirs, &ours)] {
                let rows = a.iter().filter(|(row, count)| b.get(*row) != Some(count));
                apart.extend(rows.map(|(row, _)| format!("{name}, {told} alone: {row:.300}")).take(12));
            }
        }
        assert!(apart.is_empty(), "seed {seed}\n{}", apart.join("\n"));
    }
}

/// A source of rows of two fields.
fn source<R: Read>(input: R) -> JsonSource<R> {
    let field = |name: &str, ty| Field { name: name.to_owned(), ty, nullable: true, rules: Vec::new() };
    let time = Field { nullable: false, ..field("t", Type::Timestamp(3)) };
    let schema = Schema::new(vec![field("s", Type::String), field("d", Type::Double), time]).unwrap();
    JsonSource::new(input, schema, vec![true; 3], 2, Style::Iso)
}

/// How many lines are rows, and how many are none.
fn counts(bytes: &[u8]) -> (usize, usize) {
    let (mut source, mut rows) = (source(bytes), RowBatch::default());
    let (mut good, mut bad) = (0, 0);
    while Source::read(&mut source, &mut rows).unwrap() {
        good += rows.rows as usize - rows.rejected.len();
        bad += rows.rejected.len();
    }
    (good, bad)
}

#[test]
fn no_bytes_are_too_much() {
    let row = br#"{"s":"a","d":1.5,"t":"2026-01-01T00:00:00.000"}"#;
    let mut rng = Rng::new(9);
    let mut text = Vec::new();
    let mut lines = 0;
    for _ in 0..20_000 {
        let mut line = row.to_vec();
        for _ in 0..rng.below(4) {
            if line.is_empty() {
                break;
            }
            let at = rng.below(line.len());
            match rng.below(4) {
                0 => line[at] = rng.next() as u8,
                1 => drop(line.remove(at)),
                2 => line.insert(at, rng.pick(b"\"\\{}[],:0e-\x00\xff\xc3\xed\xa0\x80u")),
                _ => line.truncate(at.max(1)),
            }
        }
        line.retain(|byte| *byte != b'\n');
        lines += usize::from(!line.trim_ascii().is_empty());
        text.extend(line);
        text.push(b'\n');
    }
    let (good, bad) = counts(&text);
    assert_eq!(good + bad, lines);
    assert!(good > 4_000 && bad > 4_000, "{good} rows, {bad} are none");
}

#[test]
fn depth_and_length_take_no_stack_and_no_end_of_memory() {
    let wrapped =
        |member: &str| format!("{{\"s\":\"a\",\"x\":{member},\"t\":\"2026-01-01T00:00:00.000\"}}\n");
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let open = "{\"a\":".repeat(300_000);
    let digits = "9".repeat(1_000_000);
    for (member, expected) in
        [(deep.as_str(), (0, 1)), (open.as_str(), (0, 1)), (digits.as_str(), (1, 0)), ("[[[]]]", (1, 0))]
    {
        assert_eq!(counts(wrapped(member).as_bytes()), expected, "{:.40}", member);
    }
    let number = format!("{{\"d\":{digits},\"t\":\"2026-01-01T00:00:00.000\"}}\n");
    assert_eq!(counts(number.as_bytes()), (0, 1));
}

/// Bytes without end, and without an end of a line.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'[');
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

#[test]
fn a_line_without_end_is_a_fault() {
    let mut endless = Endless(0);
    let mut rows = RowBatch::default();
    let fault = Source::read(&mut source(&mut endless), &mut rows).unwrap_err();
    assert_eq!(fault.to_string(), "line 1 is longer than 64 MiB");
    assert!(endless.0 <= 1 << 26, "{} bytes were read", endless.0);
}
