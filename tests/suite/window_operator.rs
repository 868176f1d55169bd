//! The window operator: time, lateness, keys, aggregates, memory.

use dpl::window::{
    Aggregate, AggregateCall, Batch, Column, Data, Expr, Late, Operator, PlanError, Query, Stats, Text, Type,
    Value, Window,
};

/// `SELECT key, aggregates…, window_start, window_end … GROUP BY key` over columns `(ts, key, x)`.
fn query(key: Type, x: Type, aggregates: &[fn(Expr) -> Aggregate]) -> Query {
    let aggregates = aggregates.iter().map(|make| make(Expr::column(2, x)).into()).collect();
    let mut query = Query {
        input: vec![Type::Timestamp(3), key, x],
        nullable: vec![true; 3],
        event_time: 0,
        watermark_delay_ms: 0,
        late: Late::Divert,
        filter: None,
        window: Window::Tumble { size_ms: 10_000, offset_ms: 0 },
        keys: vec![Expr::column(1, key)],
        in_sets: false,
        aggregates,
        having: None,
        output: Vec::new(),
    };
    let types = query.result_types();
    query.output =
        types.iter().enumerate().map(|(i, ty)| Expr::column(i, *ty)).take(types.len() - 1).collect();
    query
}

fn counts() -> Query {
    query(Type::String, Type::Int, &[Aggregate::Count])
}

/// Rows of `(milliseconds, key, x)`.
fn batch(query: &Query, rows: &[(i64, Value, Value)]) -> Batch {
    let mut columns: Vec<Column> = query.input.iter().map(|t| Column::new(t.class())).collect();
    for (millis, key, x) in rows {
        columns[0].push(&Value::I64(millis * 1000));
        columns[1].push(key);
        columns[2].push(x);
    }
    Batch { len: rows.len(), columns, selection: None }
}

fn at(millis: i64, key: &str) -> (i64, Value, Value) {
    (millis, Value::text(key), Value::I32(1))
}

struct Run {
    operator: Operator,
    query: Query,
    results: Vec<Vec<Value>>,
}

impl Run {
    fn new(query: Query, partitions: u32) -> Run {
        Run { operator: Operator::new(query.clone(), partitions).unwrap(), query, results: Vec::new() }
    }

    fn push(&mut self, partition: u32, rows: &[(i64, Value, Value)]) -> Vec<u32> {
        let batch = batch(&self.query, rows);
        self.push_batch(partition, &batch)
    }

    fn push_batch(&mut self, partition: u32, batch: &Batch) -> Vec<u32> {
        let results = &mut self.results;
        self.operator.push(partition, batch, &mut |b: &Batch| collect(results, b)).unwrap().late
    }

    fn idle(&mut self, partition: u32) {
        let results = &mut self.results;
        self.operator.set_idle(partition, &mut |b: &Batch| collect(results, b)).unwrap();
    }

    fn finish(mut self) -> (Vec<Vec<Value>>, Stats) {
        let results = &mut self.results;
        self.operator.finish(&mut |b: &Batch| collect(results, b)).unwrap();
        (self.results, self.operator.stats())
    }

    /// Key and window start in seconds of each result so far.
    fn seen(&self) -> Vec<(String, i64)> {
        self.results.iter().map(|row| (text(&row[0]), start(row) / 1_000_000)).collect()
    }
}

fn collect(results: &mut Vec<Vec<Value>>, batch: &Batch) -> std::io::Result<()> {
    results.extend((0..batch.len).map(|i| batch.columns.iter().map(|c| c.get(i)).collect()));
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(t) => String::from_utf8(t.to_vec()).unwrap(),
        other => format!("{other:?}"),
    }
}

fn start(row: &[Value]) -> i64 {
    match row[row.len() - 2] {
        Value::I64(micros) => micros,
        _ => panic!("window_start is a timestamp"),
    }
}

fn pairs(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(k, s)| ((*k).to_string(), *s)).collect()
}

#[test]
fn a_window_fires_one_millisecond_before_its_end() {
    let mut run = Run::new(counts(), 1);
    run.push(0, &[at(9_998, "a")]);
    assert_eq!(run.seen(), []);
    assert_eq!(run.push(0, &[at(9_999, "b")]), [0_u32; 0]);
    assert_eq!(run.seen(), pairs(&[("a", 0), ("b", 0)]));
    assert_eq!(run.push(0, &[at(9_999, "c"), at(10_000, "d")]), [0]);
    let (results, stats) = run.finish();
    assert_eq!((results.len(), stats.late, stats.windows), (3, 1, 2));
}

#[test]
fn a_row_is_counted_before_it_moves_the_watermark() {
    let mut run = Run::new(counts(), 1);
    assert_eq!(run.push(0, &[at(5_000, "a"), at(25_000, "b"), at(5_001, "c"), at(19_999, "d")]), [2, 3]);
    assert_eq!(run.finish().1.late, 2);
}

#[test]
fn windows_before_1970_align_by_floor_and_wait_for_a_positive_watermark() {
    let mut run = Run::new(counts(), 1);
    run.push(0, &[at(-1, "a"), at(-10_000, "b"), at(-10_001, "c"), at(0, "d"), at(-90_000, "e")]);
    assert_eq!(run.seen(), []);
    run.push(0, &[at(1, "f")]);
    assert_eq!(run.seen(), pairs(&[("e", -90), ("c", -20), ("a", -10), ("b", -10)]));
    assert_eq!(run.push(0, &[at(-5, "g")]), [0]);
}

#[test]
fn offsets_of_any_sign_move_the_windows() {
    for (offset_ms, expected) in [(3_000, [-7, 3]), (-3_000, [-3, -3]), (13_000, [-7, 3])] {
        let mut run =
            Run::new(Query { window: Window::Tumble { size_ms: 10_000, offset_ms }, ..counts() }, 1);
        run.push(0, &[at(2_999, "a"), at(3_000, "b")]);
        let starts: Vec<i64> = run.finish().0.iter().map(|row| start(row) / 1_000_000).collect();
        assert_eq!(starts, expected, "offset {offset_ms}");
    }
}

#[test]
fn results_come_by_window_and_then_by_first_arrival() {
    let mut run = Run::new(Query { watermark_delay_ms: 60_000, ..counts() }, 1);
    run.push(0, &[at(11_000, "x"), at(1_000, "z"), at(12_000, "a"), at(2_000, "a"), at(3_000, "z")]);
    run.push(0, &[at(100_000, "q")]);
    assert_eq!(run.seen(), pairs(&[("z", 0), ("a", 0), ("x", 10), ("a", 10)]));
}

#[test]
fn the_watermark_is_the_least_of_the_partitions_that_are_not_idle() {
    let mut run = Run::new(counts(), 2);
    run.push(0, &[at(30_000, "a")]);
    assert_eq!(run.operator.watermark(), None);
    run.push(1, &[at(5_000, "b")]);
    assert_eq!(run.operator.watermark(), Some(5_000));
    assert_eq!(run.push(0, &[at(31_000, "c"), at(6_000, "d")]), [0_u32; 0]);
    run.idle(1);
    assert_eq!(run.operator.watermark(), Some(31_000));
    assert_eq!(run.seen(), pairs(&[("b", 0), ("d", 0)]));
    run.push(1, &[at(33_000, "e")]);
    run.idle(0);
    run.idle(1);
    assert_eq!(run.operator.watermark(), Some(33_000));
}

#[test]
fn rows_without_event_time_are_reported_and_skipped() {
    let mut run = Run::new(counts(), 1);
    let mut rows = batch(&run.query, &[at(1, "a"), at(2, "b")]);
    rows.columns[0] = Column::new(Type::Timestamp(3).class());
    rows.columns[0].push_null();
    rows.columns[0].push(&Value::I64(2_000));
    let pushed = run.operator.push(0, &rows, &mut |_| Ok(())).unwrap();
    assert_eq!(pushed.without_event_time, [0]);
    let (results, stats) = run.finish();
    assert_eq!((results.len(), stats.without_event_time), (1, 1));
}

#[test]
fn rows_that_do_not_count_still_move_the_watermark() {
    let mut run = Run::new(counts(), 1);
    let mut rows = batch(&run.query, &[at(1_000, "a"), at(20_000, "b"), at(2_000, "c")]);
    rows.selection = Some(vec![0, 2]);
    assert_eq!(run.push_batch(0, &rows), [2]);
    let ones = Expr::literal(Value::I32(1), Type::Int).unwrap();
    let filter = Expr::compare(dpl::window::Comparison::Equal, Expr::column(2, Type::Int), ones).unwrap();
    let mut run = Run::new(Query { filter: Some(filter), ..counts() }, 1);
    let refused = (20_000, Value::text("b"), Value::I32(2));
    assert_eq!(
        run.push(0, &[at(1_000, "a"), refused, (500, Value::text("c"), Value::I32(3)), at(2_000, "d")]),
        [3]
    );
    assert_eq!(run.finish().1.late, 1);
}

fn aggregate(x: Type, make: fn(Expr) -> Aggregate, values: &[Value]) -> Value {
    let mut run = Run::new(query(Type::String, x, &[make]), 1);
    let rows: Vec<_> = values.iter().map(|v| (1, Value::text("k"), v.clone())).collect();
    run.push(0, &rows);
    run.finish().0[0][1].clone()
}

#[test]
fn integers_wrap_and_averages_are_cut() {
    let ints = |list: &[i32]| list.iter().map(|x| Value::I32(*x)).collect::<Vec<_>>();
    assert_eq!(aggregate(Type::Int, Aggregate::Sum, &ints(&[i32::MAX, 1])), Value::I32(i32::MIN));
    assert_eq!(aggregate(Type::Int, Aggregate::Avg, &ints(&[i32::MAX, i32::MAX])), Value::I32(i32::MAX));
    assert_eq!(aggregate(Type::Int, Aggregate::Avg, &ints(&[-1, -2])), Value::I32(-1));
    let longs = [Value::I64(i64::MAX), Value::I64(2)];
    assert_eq!(aggregate(Type::BigInt, Aggregate::Sum, &longs), Value::I64(i64::MIN + 1));
    assert_eq!(aggregate(Type::BigInt, Aggregate::Avg, &longs), Value::I64((i64::MIN + 1) / 2));
}

#[test]
fn nulls_count_for_nothing() {
    let some = [Value::Null, Value::I32(4), Value::Null];
    let none = [Value::Null, Value::Null];
    for (make, of_some) in
        [(Aggregate::Sum as fn(_) -> _, 4), (Aggregate::Avg, 4), (Aggregate::Min, 4), (Aggregate::Max, 4)]
    {
        assert_eq!(aggregate(Type::Int, make, &some), Value::I32(of_some));
        assert_eq!(aggregate(Type::Int, make, &none), Value::Null);
    }
    assert_eq!(aggregate(Type::Int, Aggregate::Count, &some), Value::I64(1));
    assert_eq!(aggregate(Type::Int, Aggregate::Count, &none), Value::I64(0));
}

#[test]
fn doubles_keep_order_sign_and_nan() {
    let bits = |make, list: &[f64]| {
        let values: Vec<Value> = list.iter().map(|x| Value::F64(*x)).collect();
        match aggregate(Type::Double, make, &values) {
            Value::F64(x) => x.to_bits(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bits(Aggregate::Sum, &[1e16, 1.0, -1e16]), 0.0_f64.to_bits());
    assert_eq!(bits(Aggregate::Sum, &[-1e16, 1e16, 1.0]), 1.0_f64.to_bits());
    assert_eq!(bits(Aggregate::Sum, &[-0.0]), (-0.0_f64).to_bits());
    assert_eq!(bits(Aggregate::Avg, &[-0.0]), 0.0_f64.to_bits());
    assert_eq!(bits(Aggregate::Min, &[0.0, -0.0]), 0.0_f64.to_bits());
    assert_eq!(bits(Aggregate::Max, &[-0.0, 0.0]), (-0.0_f64).to_bits());
    assert!(f64::from_bits(bits(Aggregate::Min, &[f64::NAN, 1.0])).is_nan());
    assert_eq!(bits(Aggregate::Min, &[2.0, f64::NAN, 1.0]), 1.0_f64.to_bits());
    assert_eq!(bits(Aggregate::Max, &[1.0, f64::NAN, 2.0]), 2.0_f64.to_bits());
}

#[test]
fn decimals_are_exact_and_forget_after_an_overflow() {
    let ty = Type::Decimal { precision: 38, scale: 0 };
    let most = 10_i128.pow(38) - 1;
    let sum = |list: &[i128]| {
        aggregate(ty, Aggregate::Sum, &list.iter().map(|x| Value::I128(*x)).collect::<Vec<_>>())
    };
    assert_eq!(sum(&[most, 1]), Value::Null);
    assert_eq!(sum(&[most, 1, 7, 8]), Value::I128(15));
    let cents = Type::Decimal { precision: 10, scale: 2 };
    let thirds = [Value::I128(1), Value::I128(0), Value::I128(1)];
    assert_eq!(aggregate(cents, Aggregate::Avg, &thirds), Value::I128(6_667));
    assert_eq!(
        query(Type::String, cents, &[Aggregate::Avg]).result_types()[1],
        Type::Decimal { precision: 38, scale: 6 }
    );
}

#[test]
fn sum_average_and_count_of_one_column_are_computed_from_one_another() {
    let of = |nullable: bool, aggregates: &[fn(Expr) -> Aggregate]| {
        let query =
            Query { nullable: vec![false, true, nullable], ..query(Type::String, Type::Int, aggregates) };
        let mut run = Run::new(query, 1);
        run.push(
            0,
            &[(1, Value::text("k"), Value::I32(i32::MAX)), (1, Value::text("k"), Value::I32(i32::MAX))],
        );
        run.finish().0[0][1].clone()
    };
    let count_all = |_| Aggregate::CountAll;
    assert_eq!(of(true, &[Aggregate::Avg, Aggregate::Sum]), Value::I32(i32::MAX));
    assert_eq!(of(true, &[Aggregate::Avg, Aggregate::Sum, Aggregate::Count]), Value::I32(-1));
    assert_eq!(of(true, &[Aggregate::Avg, Aggregate::Sum, count_all]), Value::I32(i32::MAX));
    assert_eq!(of(false, &[Aggregate::Avg, Aggregate::Sum, count_all]), Value::I32(-1));
}

#[test]
fn the_average_of_a_key_is_the_key() {
    let mut query = query(Type::Double, Type::Double, &[Aggregate::Avg]);
    query.aggregates = vec![Aggregate::Avg(Expr::column(1, Type::Double)).into()];
    let mut run = Run::new(query, 1);
    let row = (1, Value::F64(0.1), Value::Null);
    run.push(0, &[row.clone(), row.clone(), row]);
    assert_eq!(run.finish().0[0][1], Value::F64(0.1), "0.1 + 0.1 + 0.1 is not 0.3");
}

#[test]
fn strings_are_ordered_by_their_bytes() {
    let words = ["b", "a", "é", "", "aa"].map(Value::text);
    assert_eq!(aggregate(Type::String, Aggregate::Min, &words), Value::text(""));
    assert_eq!(aggregate(Type::String, Aggregate::Max, &words), Value::text("é"));
}

fn groups(ty: Type, keys: &[Value]) -> Vec<Value> {
    let mut run = Run::new(query(ty, Type::Int, &[Aggregate::Count]), 1);
    let rows: Vec<_> = keys.iter().map(|k| (1, k.clone(), Value::I32(1))).collect();
    run.push(0, &rows);
    run.finish().0.into_iter().map(|row| row[0].clone()).collect()
}

#[test]
fn keys_null_nan_and_zero() {
    assert_eq!(
        groups(Type::String, &[Value::Null, Value::text(""), Value::Null]),
        [Value::Null, Value::text("")]
    );
    let doubles = [0.0, f64::NAN, -0.0, -f64::NAN, 0.0].map(Value::F64);
    let found = groups(Type::Double, &doubles);
    assert_eq!(found.len(), 3);
    assert_eq!(format!("{found:?}"), "[F64(0.0), F64(NaN), F64(-0.0)]");
}

#[test]
fn keys_of_every_length_are_told_apart() {
    let mut keys: Vec<Value> = (0..40).map(|n| Value::text(&"k".repeat(n))).collect();
    keys.extend((0..2000).map(|n| Value::text(&format!("a key that does not fit a slot, number {n}"))));
    keys.push(Value::text("\0"));
    keys.push(Value::text("\0\0"));
    let twice: Vec<Value> = keys.iter().chain(&keys).cloned().collect();
    assert_eq!(groups(Type::String, &twice), keys);
}

#[test]
fn several_keys_do_not_run_together() {
    let mut query = counts();
    query.input = vec![Type::Timestamp(3), Type::String, Type::String];
    query.keys = vec![Expr::column(1, Type::String), Expr::column(2, Type::String)];
    query.aggregates = vec![Aggregate::CountAll.into()];
    query.output = [0, 1].map(|i| Expr::column(i, Type::String)).to_vec();
    let keys = [("a", "bc"), ("ab", "c"), ("", "abc"), ("a", "bc")];
    let mut rows: Vec<_> = keys.map(|(a, b)| (1, Value::text(a), Value::text(b))).to_vec();
    rows.push((1, Value::Null, Value::text("abc")));
    let mut run = Run::new(query, 1);
    run.push(0, &rows);
    assert_eq!(run.finish().0.len(), 4);
}

#[test]
fn no_keys_are_one_group() {
    let mut run =
        Run::new(Query { keys: Vec::new(), output: vec![Expr::column(0, Type::BigInt)], ..counts() }, 1);
    run.push(0, &[at(1, "a"), at(2, "b")]);
    assert_eq!(run.finish().0, [[Value::I64(2)]]);
}

/// Memory after `rows` rows, each of a key never seen again, 100 rows a second.
fn memory_after(rows: i64) -> usize {
    let mut run = Run::new(
        Query { having: Some(Expr::literal(Value::Bool(false), Type::Boolean).unwrap()), ..counts() },
        1,
    );
    let mut row = 0;
    while row < rows {
        let mut keys = Text::default();
        let times: Vec<i64> = (row..row + 4096).map(|n| n * 10_000).collect();
        (row..row + 4096).for_each(|n| keys.push(format!("session {n}").as_bytes()));
        let columns = vec![
            Column::of(Data::I64(times)),
            Column::of(Data::Text(keys)),
            Column::of(Data::I32(vec![1; 4096])),
        ];
        run.push_batch(0, &Batch { len: 4096, columns, selection: None });
        row += 4096;
    }
    run.finish().1.most_memory
}

#[test]
fn memory_follows_the_open_windows_and_not_the_input() {
    let short = memory_after(100_000);
    let long = memory_after(1_000_000);
    assert!(long <= short + short / 10, "{short} bytes after 100,000 rows, {long} after 1,000,000");
}

#[test]
fn a_time_far_away_costs_one_window() {
    let mut run = Run::new(Query { watermark_delay_ms: 300_000_000_000_000, ..counts() }, 1);
    run.push(0, &[at(1, "a"), at(253_402_300_799_000, "b"), at(-62_135_596_800_000, "c")]);
    let (results, stats) = run.finish();
    assert_eq!((results.len(), stats.most_windows), (3, 3));
    assert!(stats.most_memory < 1 << 20);
}

#[test]
fn many_windows_with_few_of_many_keys_stay_small() {
    let mut run = Run::new(Query { watermark_delay_ms: 1_000_000_000, ..counts() }, 1);
    let rows: Vec<_> = (0..20_000).map(|n| at(n * 5_000, &format!("key {n}"))).collect();
    run.push(0, &rows);
    let (results, stats) = run.finish();
    assert_eq!((results.len(), stats.most_windows), (20_000, 10_000));
    assert!(stats.most_memory < 20 << 20, "{} bytes", stats.most_memory);
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let refused = |query: Query| Operator::new(query, 1).err().unwrap();
    assert_eq!(refused(Query { event_time: 1, ..counts() }), PlanError::EventTime);
    assert_eq!(
        refused(Query { input: vec![Type::Timestamp(6), Type::String, Type::Int], ..counts() }),
        PlanError::EventTime
    );
    let window = |size_ms, offset_ms| Query { window: Window::Tumble { size_ms, offset_ms }, ..counts() };
    assert_eq!(refused(window(0, 0)), PlanError::Duration);
    assert_eq!(refused(window(1000, i64::MIN)), PlanError::Duration);
    let key = Expr::column(7, Type::String);
    assert_eq!(refused(Query { keys: vec![key], ..counts() }), PlanError::Column(7, Type::String));
    let sum = vec![Aggregate::Sum(Expr::column(1, Type::String)).into()];
    assert_eq!(refused(Query { aggregates: sum, ..counts() }), PlanError::Aggregate("SUM", Type::String));
    let filter = Some(Expr::column(1, Type::String));
    assert_eq!(refused(Query { filter, ..counts() }), PlanError::Condition("WHERE"));
}

/// Start and end in seconds and the count of each result.
fn windows(results: &[Vec<Value>]) -> Vec<(i64, i64, i64)> {
    let number = |value: &Value| if let Value::I64(x) = value { *x } else { panic!("no number") };
    results
        .iter()
        .map(|row| (start(row) / 1_000_000, number(&row[row.len() - 1]) / 1_000_000, number(&row[1])))
        .collect()
}

fn counts_over(window: Window) -> Query {
    Query { window, ..counts() }
}

#[test]
fn a_hopping_window_counts_late_rows_while_one_of_its_windows_is_open() {
    let window = Window::Hop { slide_ms: 5_000, size_ms: 10_000, offset_ms: 0 };
    let mut run = Run::new(counts_over(window), 1);
    assert_eq!(run.push(0, &[at(1_000, "a"), at(6_000, "a")]), [0_u32; 0]);
    // The window up to 5 s has fired; the one up to 10 s has not.
    assert_eq!(run.push(0, &[at(2_000, "a"), at(11_000, "a"), at(3_000, "a"), at(7_000, "a")]), [2]);
    let (results, stats) = run.finish();
    assert_eq!(windows(&results), [(-5, 5, 1), (0, 10, 3), (5, 15, 3), (10, 20, 1)]);
    assert_eq!(stats.late, 1);
}

#[test]
fn a_cumulating_window_grows_and_fires_without_new_rows() {
    let window = Window::Cumulate { step_ms: 5_000, size_ms: 15_000, offset_ms: 0 };
    let mut run = Run::new(counts_over(window), 1);
    assert_eq!(run.push(0, &[at(6_000, "a"), at(11_000, "a"), at(1_000, "a")]), [0_u32; 0]);
    assert_eq!(run.push(0, &[at(16_000, "a"), at(14_000, "a")]), [1]);
    let results = run.finish().0;
    assert_eq!(windows(&results), [(0, 10, 1), (0, 15, 3), (15, 20, 1), (15, 25, 1), (15, 30, 1)]);
}

#[test]
fn a_row_within_the_gap_of_two_sessions_makes_them_one() {
    let mut run = Run::new(counts_over(Window::Session { gap_ms: 10_000 }), 1);
    // Exactly the gap is within it.
    run.push(0, &[at(1_000, "b"), at(11_000, "b"), at(2_000, "a"), at(23_000, "a")]);
    assert_eq!(windows(&run.results), [(2, 12, 1), (1, 21, 2)]);
    // The first bridges into an open session, so it is not late; the other one is.
    assert_eq!(run.push(0, &[at(13_000, "a"), at(2_000, "a")]), [1]);
    let results = run.finish().0;
    assert_eq!(windows(&results), [(2, 12, 1), (1, 21, 2), (13, 33, 2)]);
}

#[test]
fn sessions_and_their_keys_are_forgotten() {
    let mut query = counts_over(Window::Session { gap_ms: 1_000 });
    query.aggregates = vec![AggregateCall {
        aggregate: Aggregate::Count(Expr::column(1, Type::String)),
        distinct: true,
        filter: None,
    }];
    let mut run = Run::new(query, 1);
    for round in 0..20_i64 {
        let rows: Vec<_> = (0..10_000).map(|i| at(round * 10_000 + i, &format!("key {round} {i}"))).collect();
        run.push(0, &rows);
    }
    let (results, stats) = run.finish();
    assert_eq!(results.len(), 200_000);
    assert!(stats.most_groups <= 10_001, "{} groups", stats.most_groups);
    assert!(stats.most_memory < 24 << 20, "{} bytes", stats.most_memory);
}
