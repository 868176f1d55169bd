//! What conditions over rows say of each other, against SQLite over every combination of values.
//!
//! `DPL_SEEDS=7,8,9 cargo test row_filters` searches further than the seed that is always tried.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use dpl::{
    Analysis,
    platform::{Column, Project, RowFilter},
    prove::rows::{Found, any, in_both, outside},
    sql::plan::Expr,
};
use serde_json::{Value as Json, json};

use crate::{command::Sandbox, oracle, window::rng::Rng};

const BEFORE: &str = "\
organization acme {
  region = \"eu-central-1\"
  account lake { id = \"222222222222\" }
}
bucket data in lake { name = \"acme-data\" }
role Owner in lake { trust = [lake] }
domain sales in lake {
  owner    = Owner
  location = data / \"sales\"

  table orders {
    n : int
    s : string
    m : decimal(4, 1)
    b : boolean
    x : double
    y : int
  }
}
";

/// The values that conditions are tried on: all that generated ones tell apart.
const VALUES: &[(&str, &[&str])] = &[
    ("n", &["-1", "0", "1", "2", "3", "4", "NULL"]),
    (
        "s",
        &[
            "''", "'A'", "'AA'", "'AB'", "'ABA'", "'AC'", "'AD'", "'B'", "'BA'", "'C'", "'~'", "'~B'",
            "'aA'", "'bA'", "NULL",
        ],
    ),
    ("m", &["-1.0", "0.5", "0.9", "1.0", "1.2", "1.3", "9.0", "NULL"]),
    ("b", &["FALSE", "TRUE", "NULL"]),
];

/// A program with a grant for each condition.
fn program(conditions: &[String]) -> Analysis {
    let mut text = BEFORE.to_owned();
    for condition in conditions {
        writeln!(text, "grant select on sales.orders to Owner where ({condition})").unwrap();
    }
    let mut sources = dpl::sources();
    sources.add("lake.dpl", "lake", text, false);
    dpl::analyze(sources, Project::default())
}

fn columns(analysis: &Analysis) -> &[Column] {
    &analysis.platform.schema(analysis.platform.tables[0].schema).columns
}

fn filters(analysis: &Analysis) -> Vec<&RowFilter> {
    analysis.platform.grants.iter().filter_map(|grant| grant.filter.as_ref()).collect()
}

fn condition(filter: &RowFilter) -> &Expr {
    filter.condition.as_deref().unwrap()
}

fn term(rng: &mut Rng) -> String {
    let op = rng.pick(&["=", "<>", "<", "<=", ">", ">="]);
    match rng.below(12) {
        0 | 1 => format!("n {op} {}", rng.below(4)),
        2 => format!("n IN ({}, {})", rng.below(4), rng.below(4)),
        3 => format!("n BETWEEN {} AND {}", rng.below(4), rng.below(4)),
        4 => format!("{} {op} n", rng.below(4)),
        5 => format!("s {op} {}", rng.pick(&["'A'", "'AB'", "'B'"])),
        6 => format!("s NOT IN ({}, 'B')", rng.pick(&["'A'", "'AB'"])),
        7 => format!("s LIKE {}", rng.pick(&["'A%'", "'AB%'", "'B'", "'%'", "'%B'", "'_A'"])),
        8 => format!("m {op} {}", rng.pick(&["0.5", "1", "1.25"])),
        9 => format!("{} IS {}NULL", rng.pick(&["n", "s", "m", "b"]), rng.pick(&["", "NOT "])),
        10 => rng.pick(&["b", "b = FALSE", "b <> TRUE", "NOT b"]).to_owned(),
        _ => rng.pick(&["TRUE", "1 < 2", "n = NULL", "n = n", "'A' > 'B'"]).to_owned(),
    }
}

fn generated(rng: &mut Rng, depth: usize) -> String {
    match rng.below(if depth == 0 { 1 } else { 6 }) {
        0 | 1 => term(rng),
        2 => format!("NOT ({})", generated(rng, depth - 1)),
        3 | 4 => format!("({}) AND ({})", generated(rng, depth - 1), generated(rng, depth - 1)),
        _ => format!("({}) OR ({})", generated(rng, depth - 1), generated(rng, depth - 1)),
    }
}

fn word(found: &Found) -> &'static str {
    match found {
        Found::Row(_) => "row",
        Found::Nothing => "nothing",
        Found::Undecided(_) => "undecided",
    }
}

#[test]
fn sqlite_finds_the_same_rows() {
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let seeds = std::iter::once(1).chain(more.split(',').filter_map(|seed| seed.trim().parse().ok()));
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let conditions: Vec<String> = (0..160).map(|_| generated(&mut rng, 3)).collect();
        let analysis = program(&conditions);
        let (columns, filters) = (columns(&analysis), filters(&analysis));
        assert_eq!(filters.len(), conditions.len(), "{:?}", analysis.diagnostics);
        let mut mix: BTreeMap<&str, usize> = BTreeMap::new();
        let cases: Vec<Json> = (0..1_500)
            .map(|_| {
                let [wanted, one, other] = [(); 3].map(|()| filters[rng.below(filters.len())]);
                let shown: Vec<&RowFilter> = if rng.below(2) == 0 { vec![one] } else { vec![one, other] };
                let conditions: Vec<&Expr> = shown.iter().map(|it| condition(it)).collect();
                let hidden = outside(columns, condition(wanted), &conditions);
                let seen = conditions.iter().map(|it| in_both(columns, condition(wanted), it));
                let seen = seen.fold(Found::Nothing, Found::or);
                [&hidden, &seen].into_iter().for_each(|it| *mix.entry(word(it)).or_default() += 1);
                let shown: Vec<&str> = shown.iter().map(|it| it.text.as_str()).collect();
                json!({ "wanted": wanted.text, "shown": shown, "hidden": word(&hidden), "seen": word(&seen) })
            })
            .collect();
        // Every answer is among them, and few are none.
        assert!(
            mix["row"] > 300 && mix["nothing"] > 300 && mix.get("undecided").is_none_or(|it| *it < 300),
            "{mix:?}"
        );
        let sandbox = Sandbox::new();
        let values: serde_json::Map<String, Json> =
            VALUES.iter().map(|(name, values)| ((*name).to_owned(), json!(values))).collect();
        let path = sandbox.root().join("cases.json");
        fs::write(&path, json!({ "columns": values, "cases": cases }).to_string()).unwrap();
        oracle::judge("check_rows.py", &[], &[path]);
    }
}

/// What two conditions are to each other: whether the first is among the second, and whether they have a row in common.
fn said(one: &str, other: &str) -> (Found, Found) {
    let analysis = program(&[one.to_owned(), other.to_owned()]);
    let all = filters(&analysis);
    assert_eq!(all.len(), 2, "{:?}", analysis.diagnostics);
    // Sentences are sorted; these are found again by their places.
    let (first, second) =
        if all[0].span.start < all[1].span.start { (all[0], all[1]) } else { (all[1], all[0]) };
    let columns = columns(&analysis);
    (
        outside(columns, condition(first), &[condition(second)]),
        in_both(columns, condition(first), condition(second)),
    )
}

#[test]
fn what_is_not_decided_is_said_to_be() {
    let undecided = |found: &Found| matches!(found, Found::Undecided(_));
    // A pattern in the middle, beside another.
    let (hidden, seen) = said("s LIKE '%a%b'", "s LIKE '%b%'");
    assert!(undecided(&hidden) || matches!(hidden, Found::Nothing), "{hidden:?}");
    assert!(!matches!(seen, Found::Nothing), "{seen:?}");
    let (_, seen) =
        said("s LIKE '%p%' AND s <> 'p' AND s <> '~p~'", "s LIKE '_q' AND s <> 'aq' AND s <> 'bq'");
    assert!(undecided(&seen), "{seen:?}");
    // A term says what it says, whatever that is.
    assert_eq!(said("s LIKE '%a_b' AND n = 1", "s LIKE '%a_b'").0, Found::Nothing);
    assert_eq!(said("n < y", "n < y OR y = 3").0, Found::Nothing);
    assert!(undecided(&said("n < y", "y > n").0));
    // NaN is greater than every number, or not: engines differ.
    assert_eq!(said("x > 5", "x > 1").0, Found::Nothing);
    assert_eq!(said("TRUE", "x > 1 OR x <= 1").0, Found::Row("`x` is null".to_owned()));
    assert_eq!(said("x IS NOT NULL", "x > 1 OR x <= 1").0, Found::Row("`x` is NaN".to_owned()));
    // Between two whole numbers there is none.
    assert_eq!(said("n > 1 AND n < 3", "n = 2").0, Found::Nothing);
    assert_eq!(said("x > 1 AND x < 3", "x = 2").0, Found::Row("`x` is between 1 and 2".to_owned()));
    assert_eq!(said("n > 2147483646", "n = 2147483647").0, Found::Nothing);
}

#[test]
fn a_condition_without_rows_is_found() {
    let analysis =
        program(&["n = 1 AND n = 2".to_owned(), "n = NULL".to_owned(), "n > 2147483647".to_owned()]);
    for filter in filters(&analysis) {
        assert_eq!(any(columns(&analysis), condition(filter)), Found::Nothing, "{}", filter.text);
    }
}

#[test]
fn too_many_cases_are_said_to_be_too_many() {
    // Each of four columns against sixty values, and nothing to be had from any before the last.
    let list = |from: usize| (from..from + 60).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
    let texts = (0..60).map(|at| format!("'{at}'")).collect::<Vec<_>>().join(", ");
    let far = format!(
        "(n IN ({a}) OR n > y) AND (s IN ({texts}) OR s LIKE '%q%') AND (m IN ({a}) OR m IS NULL) AND (x IN ({a}) OR n < y)",
        a = list(0)
    );
    let begun = std::time::Instant::now();
    let (hidden, _) = said(&far, "n = 1 AND y = 2 AND s LIKE '%r%q'");
    assert!(!matches!(hidden, Found::Nothing), "{hidden:?}");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
