//! Random tables: every type, with nulls, ties, extremes, late rows and times before 1970.

use super::expressions::{Scope, sql_type};
use super::rng::Rng;
use dpl::run::{Field, Schema};
use dpl::window::{Type, decimal, time};
use std::path::Path;

#[derive(Clone)]
pub struct Column {
    name: &'static str,
    ty: Type,
    pub nullable: bool,
}

#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub delay_seconds: i64,
    /// JSON lines.
    pub rows: String,
}

const WORDS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "Ab_c%",
    "é",
    "Straße",
    "日本語テキスト",
    "a\"b\\",
    "dev-00001",
    "a long text of more than sixteen bytes",
];

impl Table {
    pub fn generate(rng: &mut Rng, index: usize) -> Table {
        let small = 1 + rng.below(12) as u8;
        let types = [
            ("b", Type::Boolean),
            ("i", Type::Int),
            ("l", Type::BigInt),
            ("d", Type::Double),
            ("e", Type::Decimal { precision: small, scale: rng.below(usize::from(small) + 1) as u8 }),
            ("f", Type::Decimal { precision: 38, scale: rng.pick(&[0, 2, 6, 18]) }),
            ("s", Type::String),
            ("ni", Type::String),
            ("nd", Type::String),
            ("dt", Type::Date),
            ("tm", Type::Timestamp(rng.pick(&[0, 3, 6]))),
            ("ts", Type::Timestamp(3)),
        ];
        // A decimal that overflows is null, also where Flink's planner takes it for one that never is: it then fails, or counts it.
        // The SQL that the compiler prints declares no column NOT NULL.
        let column = |(name, ty): (&'static str, Type)| {
            let required = !ty.is_numeric() && name != "ts" && rng.below(4) == 0;
            Column { name, ty, nullable: !required }
        };
        let columns: Vec<Column> = types.into_iter().map(column).collect();
        let mut table = Table {
            name: format!("t{index}"),
            columns,
            delay_seconds: rng.pick(&[0, 1, 3, 10]),
            rows: String::new(),
        };
        let start = rng.pick(&[0, 1_767_225_600_000_i64, -40_000, -3_000_000_000]);
        let mut clock = start;
        let calm = rng.below(2) == 0;
        for _ in 0..20 + rng.below(150) {
            clock +=
                rng.pick(&[0, 1, 50, 400, 999, 1000, 3000]) + if rng.below(30) == 0 { 100_000 } else { 0 };
            let lag = if rng.below(6) == 0 { rng.below(20_000) as i64 } else { rng.below(1500) as i64 };
            let cells = table.columns.iter();
            let row: Vec<String> =
                cells.map(|c| format!("\"{}\":{}", c.name, value(rng, c, clock - lag, calm))).collect();
            table.rows.push_str(&format!("{{{}}}\n", row.join(",")));
        }
        table
    }

    pub fn event_time(&self) -> usize {
        self.columns.len() - 1
    }

    pub fn schema(&self) -> Schema {
        let field = |c: &Column| Field {
            name: c.name.to_string(),
            ty: c.ty,
            nullable: c.nullable && c.name != "ts",
            rules: Vec::new(),
        };
        Schema::new(self.columns.iter().map(field).collect()).expect("a valid schema")
    }

    pub fn scope(&self) -> Scope {
        Scope { columns: self.columns.iter().map(|c| (c.name.to_string(), c.ty)).collect() }
    }

    pub fn ddl(&self, file: &Path) -> String {
        let not_null = |c: &Column| if c.nullable { "" } else { " NOT NULL" };
        let column = |c: &Column| format!("{} {}{}", c.name, sql_type(c.ty), not_null(c));
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        format!(
            "CREATE TABLE {} ({}, WATERMARK FOR ts AS ts - INTERVAL '{}' SECOND) WITH ('connector'='filesystem','path'='file://{}','format'='json');\n",
            self.name,
            columns.join(", "),
            self.delay_seconds,
            file.display(),
        )
    }
}

fn value(rng: &mut Rng, column: &Column, clock: i64, calm: bool) -> String {
    let Column { name, ty, nullable } = *column;
    if nullable && name != "ts" && rng.below(7) == 0 {
        return "null".to_string();
    }
    match (name, ty) {
        ("ni", _) => rng.pick(&["\"12\"", "\"-7\"", "\" 5 \"", "\"3.99\"", "\"-0.5\"", "\"+8\""]).to_string(),
        ("nd", _) => rng.pick(&["\"1.5\"", "\"-2.25e3\"", "\" 7 \"", "\"1E-7\"", "\"0.1\""]).to_string(),
        ("ts", _) => quoted_timestamp(clock * 1000, 3),
        (_, Type::Boolean) => rng.pick(&["true", "false"]).to_string(),
        (_, Type::Int) => int(rng, calm).to_string(),
        (_, Type::BigInt) => bigint(rng, calm).to_string(),
        (_, Type::Double) => double(rng, calm),
        (_, Type::Decimal { precision, scale }) => decimal_text(rng, precision, scale, calm),
        (_, Type::Date) => {
            let mut text = Vec::new();
            time::write_date(rng.below(40_000) as i64 - 10_000, &mut text);
            format!("\"{}\"", String::from_utf8(text).expect("digits"))
        }
        (_, Type::Timestamp(p)) => quoted_timestamp(rng.next() as i64 % 3_000_000_000_000_000, p),
        _ => serde_json::to_string(rng.pick(WORDS)).expect("a string"),
    }
}

fn quoted_timestamp(micros: i64, precision: u8) -> String {
    let mut text = Vec::new();
    time::write_timestamp(
        time::truncate_micros(micros, precision),
        time::Style::Sql,
        (0, precision),
        &mut text,
    );
    format!("\"{}\"", String::from_utf8(text).expect("digits"))
}

fn int(rng: &mut Rng, calm: bool) -> i32 {
    match rng.below(if calm { 3 } else { 5 }) {
        3 => rng.pick(&[i32::MAX, i32::MIN, i32::MAX - 1]),
        4 => rng.next() as i32,
        _ => rng.below(7) as i32 - 3,
    }
}

fn bigint(rng: &mut Rng, calm: bool) -> i64 {
    match rng.below(if calm { 3 } else { 5 }) {
        3 => rng.pick(&[i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1]),
        4 => rng.next() as i64,
        _ => rng.below(7) as i64 - 3,
    }
}

fn double(rng: &mut Rng, calm: bool) -> String {
    let text = match rng.below(if calm { 5 } else { 8 }) {
        0 => format!("{}", rng.below(7) as f64 - 3.0),
        1..=4 => format!("{:?}", (rng.next() as i64 % 100_000) as f64 / 1000.0),
        5 => rng.pick(&["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "-0.0", "0.0"]).to_string(),
        6 => rng.pick(&["1e308", "-1e308", "5e-324", "1e16", "1e23", "0.1", "1e-10"]).to_string(),
        _ => format!("{:?}", f64::from_bits(rng.next() & !(1 << 62) | 1 << 61)),
    };
    if text.contains("inf") || text.contains("NaN") && !text.starts_with('"') {
        "0.5".to_string()
    } else {
        text
    }
}

fn decimal_text(rng: &mut Rng, precision: u8, scale: u8, calm: bool) -> String {
    let limit = decimal::power(precision).expect("38 digits at most") - 1;
    let digits = if calm { precision.min(6) } else { precision };
    let unscaled = match rng.below(6) {
        0 if !calm => limit,
        1 if !calm => -limit,
        2 => 0,
        _ => {
            let wide = (i128::from(rng.next()) << 63) ^ i128::from(rng.next());
            wide % decimal::power(digits).expect("38 digits at most")
        }
    };
    let mut text = Vec::new();
    decimal::write(unscaled, scale, &mut text);
    String::from_utf8(text).expect("digits")
}
