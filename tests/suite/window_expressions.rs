//! Expressions of the window operator: three-valued logic, NaN, decimals, casts, laziness, types.

use dpl::window::{
    Arithmetic, Batch, Column, Comparison, Error, EvalErrorKind, Expr, Form, Function, Late, Operator, Path,
    Query, Regular, Scalar, Type, TypeError, Use, Value, Window, arithmetic_type, common_type,
};

/// The value of an expression over one row of columns.
fn eval_over(expr: Expr, columns: &[(Type, Value)]) -> Result<Value, EvalErrorKind> {
    let mut input = vec![Type::Timestamp(3)];
    input.extend(columns.iter().map(|(ty, _)| *ty));
    let query = Query {
        nullable: vec![true; input.len()],
        event_time: 0,
        watermark_delay_ms: 0,
        late: Late::Drop,
        filter: None,
        window: Window::Tumble { size_ms: 1, offset_ms: 0 },
        output: vec![Expr::column(0, expr.ty())],
        keys: vec![expr],
        in_sets: false,
        aggregates: Vec::new(),
        having: None,
        input,
    };
    let mut row: Vec<Column> = query.input.iter().map(|t| Column::new(t.class())).collect();
    row[0].push(&Value::I64(0));
    columns.iter().zip(&mut row[1..]).for_each(|((_, value), column)| column.push(value));
    let batch = Batch { len: 1, columns: row, selection: None };
    let mut operator = Operator::new(query, 1).unwrap();
    let mut result = None;
    match operator.push(0, &batch, &mut |_| Ok(())) {
        Err(Error::Row(e)) => return Err(e.kind),
        other => other.unwrap(),
    };
    operator
        .finish(&mut |b: &Batch| {
            result = Some(b.columns[0].get(0));
            Ok(())
        })
        .unwrap();
    Ok(result.unwrap())
}

fn eval(expr: Expr) -> Value {
    eval_over(expr, &[]).unwrap()
}

fn int(x: i32) -> Expr {
    Expr::literal(Value::I32(x), Type::Int).unwrap()
}

fn double(x: f64) -> Expr {
    Expr::literal(Value::F64(x), Type::Double).unwrap()
}

fn text(x: &str) -> Expr {
    Expr::literal(Value::text(x), Type::String).unwrap()
}

fn decimal(unscaled: i128, precision: u8, scale: u8) -> Expr {
    Expr::literal(Value::I128(unscaled), Type::Decimal { precision, scale }).unwrap()
}

fn truth(x: Option<bool>) -> Expr {
    Expr::literal(x.map_or(Value::Null, Value::Bool), Type::Boolean).unwrap()
}

fn compare(op: Comparison, a: Expr, b: Expr) -> Expr {
    Expr::compare(op, a, b).unwrap()
}

#[test]
fn and_and_or_know_three_values() {
    let values = [Some(true), Some(false), None];
    for a in values {
        for b in values {
            let and = match (a, b) {
                (Some(false), _) | (_, Some(false)) => Value::Bool(false),
                (Some(true), Some(true)) => Value::Bool(true),
                _ => Value::Null,
            };
            let or = match (a, b) {
                (Some(true), _) | (_, Some(true)) => Value::Bool(true),
                (Some(false), Some(false)) => Value::Bool(false),
                _ => Value::Null,
            };
            assert_eq!(eval(Expr::and(vec![truth(a), truth(b)]).unwrap()), and, "{a:?} AND {b:?}");
            assert_eq!(eval(Expr::or(vec![truth(a), truth(b)]).unwrap()), or, "{a:?} OR {b:?}");
        }
    }
    assert_eq!(eval(truth(None).not().unwrap()), Value::Null);
    assert_eq!(eval(truth(None).is_null()), Value::Bool(true));
    assert_eq!(eval(truth(None).is_not_null().not().unwrap()), Value::Bool(true));
}

#[test]
fn comparisons_with_nan_are_false_and_so_are_negated_ones() {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    for op in [Equal, Less, LessOrEqual, Greater, GreaterOrEqual] {
        assert_eq!(eval(compare(op, double(f64::NAN), double(50.0))), Value::Bool(false), "{op:?}");
    }
    assert_eq!(eval(compare(NotEqual, double(f64::NAN), double(50.0))), Value::Bool(true));
    let not_greater = compare(Greater, double(f64::NAN), double(50.0)).not().unwrap();
    assert_eq!(eval(not_greater), Value::Bool(false));
    assert_eq!(eval(compare(Equal, double(0.0), double(-0.0))), Value::Bool(true));
}

#[test]
fn a_decimal_and_a_double_are_ordered_totally() {
    let zero = || decimal(0, 4, 2);
    assert_eq!(eval(compare(Comparison::Greater, zero(), double(-0.0))), Value::Bool(true));
    // Equality is that of doubles: Flink 2.3.0 finds -0.0 and 0.00 equal, and 0.00 the greater.
    assert_eq!(eval(compare(Comparison::Equal, double(-0.0), zero())), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::Less, zero(), double(f64::NAN))), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::Equal, decimal(150, 4, 2), double(1.5))), Value::Bool(true));
}

#[test]
fn what_is_compared_with_itself_is_not_looked_at() {
    let with_itself = |op, x: f64| {
        let column = || Expr::column(1, Type::Double);
        eval_over(compare(op, column(), column()), &[(Type::Double, Value::F64(x))])
    };
    assert_eq!(with_itself(Comparison::Equal, f64::NAN), Ok(Value::Bool(true)));
    assert_eq!(with_itself(Comparison::NotEqual, f64::NAN), Ok(Value::Bool(false)));
    let column = || Expr::column(1, Type::Double);
    let null = eval_over(compare(Comparison::Equal, column(), column()), &[(Type::Double, Value::Null)]);
    assert_eq!(null, Ok(Value::Null));
}

#[test]
fn decimals_of_any_scale_are_compared_by_value() {
    let small = || decimal(1, 38, 38);
    let large = || decimal(10_i128.pow(38) - 1, 38, 0);
    assert_eq!(eval(compare(Comparison::Less, small(), large())), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::Greater, large(), small())), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::Equal, decimal(150, 5, 2), decimal(15, 3, 1))), Value::Bool(true));
    assert_eq!(
        eval(compare(Comparison::Less, decimal(-(10_i128.pow(38) - 1), 38, 0), small())),
        Value::Bool(true)
    );
    assert_eq!(eval(compare(Comparison::Equal, decimal(200, 5, 2), int(2))), Value::Bool(true));
}

#[test]
fn integers_wrap_and_division_is_cut_toward_zero() {
    let of = |op, a, b| eval(Expr::arithmetic(op, int(a), int(b)).unwrap());
    assert_eq!(of(Arithmetic::Add, i32::MAX, 1), Value::I32(i32::MIN));
    assert_eq!(of(Arithmetic::Divide, -7, 2), Value::I32(-3));
    assert_eq!(of(Arithmetic::Remainder, -7, 2), Value::I32(-1));
    assert_eq!(of(Arithmetic::Divide, i32::MIN, -1), Value::I32(i32::MIN));
}

/// Seen on Flink 2.3.0: `=` and `<>` convert both sides to DECIMAL(38, 0), `<` and the others do not.
#[test]
fn equality_of_decimals_that_38_digits_can_not_hold_rounds() {
    let third = || decimal(3, 1, 1);
    let zero = || decimal(0, 38, 0);
    assert_eq!(common_type(third().ty(), zero().ty()), Some(Type::Decimal { precision: 38, scale: 0 }));
    assert_eq!(eval(compare(Comparison::Equal, third(), zero())), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::NotEqual, third(), zero())), Value::Bool(false));
    assert_eq!(eval(compare(Comparison::Greater, third(), zero())), Value::Bool(true));
    assert_eq!(eval(compare(Comparison::Equal, decimal(5, 1, 1), decimal(1, 38, 0))), Value::Bool(true));
}

#[test]
fn decimal_arithmetic_rounds_half_up_and_overflows_to_null() {
    let of = |op, a, b| eval(Expr::arithmetic(op, a, b).unwrap());
    assert_eq!(of(Arithmetic::Divide, decimal(100, 5, 2), decimal(3, 1, 0)), Value::I128(333_333));
    assert_eq!(of(Arithmetic::Divide, decimal(-200, 5, 2), decimal(3, 1, 0)), Value::I128(-666_667));
    assert_eq!(of(Arithmetic::Multiply, decimal(150, 3, 2), decimal(150, 3, 2)), Value::I128(22_500));
    let most = || decimal(10_i128.pow(38) - 1, 38, 0);
    assert_eq!(of(Arithmetic::Add, most(), most()), Value::Null);
    assert_eq!(of(Arithmetic::Multiply, most(), most()), Value::Null);
    assert_eq!(of(Arithmetic::Remainder, decimal(-750, 4, 2), decimal(2, 1, 0)), Value::I128(-150));
}

#[test]
fn result_types_are_flinks() {
    let d = |precision, scale| Type::Decimal { precision, scale };
    assert_eq!(arithmetic_type(Arithmetic::Add, d(10, 2), d(5, 4)), Some(d(13, 4)));
    assert_eq!(arithmetic_type(Arithmetic::Multiply, d(30, 10), d(30, 10)), Some(d(38, 6)));
    assert_eq!(arithmetic_type(Arithmetic::Divide, d(10, 2), d(5, 0)), Some(d(16, 8)));
    assert_eq!(arithmetic_type(Arithmetic::Remainder, Type::BigInt, Type::Int), Some(Type::Int));
    assert_eq!(arithmetic_type(Arithmetic::Add, Type::Int, d(4, 2)), Some(d(13, 2)));
    assert_eq!(arithmetic_type(Arithmetic::Add, Type::Int, Type::String), None);
    assert_eq!(common_type(Type::BigInt, d(4, 2)), Some(d(21, 2)));
    assert_eq!(common_type(Type::Date, Type::Timestamp(3)), Some(Type::Timestamp(3)));
    assert_eq!(common_type(Type::Boolean, Type::Int), None);
}

#[test]
fn only_the_branch_taken_is_evaluated() {
    let zero = || Expr::column(1, Type::Int);
    let divided = || Expr::arithmetic(Arithmetic::Divide, int(1), zero()).unwrap();
    let over = |expr| eval_over(expr, &[(Type::Int, Value::I32(0))]);
    assert_eq!(over(divided()), Err(EvalErrorKind::DivisionByZero));
    let not_zero = || compare(Comparison::NotEqual, zero(), int(0));
    assert_eq!(over(Expr::case(vec![(not_zero(), divided())], Some(int(7))).unwrap()), Ok(Value::I32(7)));
    let positive = || compare(Comparison::Greater, divided(), int(0));
    assert_eq!(over(Expr::and(vec![not_zero(), positive()]).unwrap()), Ok(Value::Bool(false)));
    let or = Expr::or(vec![not_zero().not().unwrap(), positive()]).unwrap();
    assert_eq!(over(or), Ok(Value::Bool(true)));
    assert_eq!(over(Expr::coalesce(vec![int(3), divided()]).unwrap()), Ok(Value::I32(3)));
    let null = eval_over(divided(), &[(Type::Int, Value::Null)]);
    assert_eq!(null, Ok(Value::Null));
}

#[test]
fn casts_of_numbers() {
    let to = |e: Expr, ty| eval(e.cast(ty).unwrap());
    assert_eq!(to(double(1e300), Type::Int), Value::I32(i32::MAX));
    assert_eq!(to(double(f64::NAN), Type::BigInt), Value::I64(0));
    assert_eq!(to(double(-2.9), Type::Int), Value::I32(-2));
    assert_eq!(to(int(1234), Type::Decimal { precision: 5, scale: 2 }), Value::Null);
    assert_eq!(to(double(1.005), Type::Decimal { precision: 5, scale: 2 }), Value::I128(101));
    assert_eq!(to(decimal(-1999, 6, 3), Type::Int), Value::I32(-1));
    assert_eq!(to(decimal(1, 20, 1), Type::Double), Value::F64(0.1));
    let infinite = double(f64::INFINITY).cast(Type::Decimal { precision: 5, scale: 2 }).unwrap();
    assert!(matches!(eval_over(infinite, &[]), Err(EvalErrorKind::Cast(_))));
}

#[test]
fn casts_of_texts() {
    let read = |t: &str, ty| eval_over(text(t).cast(ty).unwrap(), &[]);
    assert_eq!(read(" 12.7 ", Type::Int), Ok(Value::I32(12)));
    assert_eq!(read("yes", Type::Boolean), Ok(Value::Bool(true)));
    assert_eq!(read("-Infinity", Type::Double), Ok(Value::F64(f64::NEG_INFINITY)));
    assert_eq!(read("1e-2", Type::Decimal { precision: 5, scale: 2 }), Ok(Value::I128(1)));
    assert_eq!(read("2024-02-29", Type::Date), Ok(Value::I32(19_782)));
    assert_eq!(read("1970-01-01 00:00:01.5", Type::Timestamp(3)), Ok(Value::I64(1_500_000)));
    for (bad, ty) in [
        ("x", Type::Int),
        ("", Type::Double),
        ("2023-02-29", Type::Date),
        ("3000000000", Type::Int),
        ("inf", Type::Double),
    ] {
        assert_eq!(read(bad, ty), Err(EvalErrorKind::Cast(ty)), "{bad}");
    }
    let shown = |e: Expr| eval(e.cast(Type::String).unwrap());
    for (x, expected) in [
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (9.5e-4, "9.5E-4"),
        (-0.0, "-0.0"),
        (123456.789, "123456.789"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(shown(double(x)), Value::text(expected));
    }
    assert_eq!(shown(decimal(-5, 4, 3)), Value::text("-0.005"));
    let time = Expr::literal(Value::I64(-1_000), Type::Timestamp(3)).unwrap();
    assert_eq!(shown(time.clone()), Value::text("1969-12-31 23:59:59.999"));
    assert_eq!(eval(time.cast(Type::Date).unwrap()), Value::I32(0), "Flink cuts toward zero");
}

#[test]
fn strings_by_code_points() {
    let substring = |from, length: Option<i32>| {
        let mut args = vec![text("日本語abc"), int(from)];
        args.extend(length.map(int));
        eval(Expr::call(Function::Substring, args).unwrap())
    };
    assert_eq!(substring(2, Some(2)), Value::text("本語"));
    assert_eq!(substring(-2, None), Value::text("bc"));
    assert_eq!(substring(0, Some(1)), Value::text("日"));
    assert_eq!(substring(-9, None), Value::text(""));
    assert_eq!(substring(9, None), Value::text(""));
    assert_eq!(substring(1, Some(-1)), Value::Null);
    assert_eq!(eval(Expr::call(Function::CharLength, vec![text("é日")]).unwrap()), Value::I32(2));
    assert_eq!(eval(Expr::call(Function::Upper, vec![text("straße")]).unwrap()), Value::text("STRASSE"));
}

#[test]
fn like_matches_the_whole_text() {
    let like =
        |t: &str, pattern: &str, escape| eval(text(t).like(pattern, escape).unwrap()) == Value::Bool(true);
    for (t, pattern, expected) in [
        ("abc", "a%", true),
        ("abc", "%b%", true),
        ("abc", "b", false),
        ("aXbXbc", "a%bc", true),
        ("é", "_", true),
        ("", "%", true),
        ("", "", true),
        ("a\nb", "a%b", true),
        ("aaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%c", false),
    ] {
        assert_eq!(like(t, pattern, None), expected, "{t} LIKE {pattern}");
    }
    assert!(like("5%", "5!%", Some('!')));
    assert!(!like("55", "5!%", Some('!')));
    assert_eq!(text("x").like("a!b", Some('!')), Err(TypeError::Pattern));
}

#[test]
fn what_has_no_meaning_can_not_be_built() {
    assert!(Expr::arithmetic(Arithmetic::Remainder, double(1.0), double(2.0)).is_err());
    assert!(Expr::arithmetic(Arithmetic::Add, text("a"), int(1)).is_err());
    assert!(Expr::and(vec![int(1)]).is_err());
    assert!(Expr::and(Vec::new()).is_err());
    assert!(Expr::case(Vec::new(), None).is_err());
    assert!(Expr::literal(Value::I128(10_000), Type::Decimal { precision: 4, scale: 0 }).is_err());
    assert!(Expr::literal(Value::text("x"), Type::Int).is_err());
    assert!(int(1).cast(Type::Date).is_err());
    assert!(int(1).cast(Type::Decimal { precision: 3, scale: 5 }).is_err());
    assert!(Expr::call(Function::Upper, vec![int(1)]).is_err());
    let error = Expr::compare(Comparison::Less, text("a"), int(1)).unwrap_err();
    assert_eq!(error.to_string(), "`<` is not defined on string and int");
}

/// The value of a function of a text.
fn of_text(function: Scalar, words: &str) -> Result<Value, EvalErrorKind> {
    let call = Expr::call(Function::Scalar(function), vec![text(words)]).unwrap();
    eval_over(call, &[])
}

#[test]
fn a_text_that_flink_fails_on_is_a_fault() {
    for words in ["e", "eHg=eHg=", "e*g=", "eHg==", "=", "eH=="] {
        let expected =
            if words == "eH==" { Ok(Value::text("x")) } else { Err(EvalErrorKind::Function("FROM_BASE64")) };
        assert_eq!(of_text(Scalar::FromBase64, words), expected, "{words}");
    }
    let fault = Err(EvalErrorKind::Function("TO_DATE"));
    assert_eq!(of_text(Scalar::ToDate, "99999999999"), fault);
    assert_eq!(of_text(Scalar::ToDate, "x"), Ok(Value::Null));
}

#[test]
fn what_java_reads_otherwise_is_no_pattern_form_or_path() {
    let patterns = [
        r"\bword\b",
        r"\p{L}",
        "(?i)a",
        "(?i:a)",
        "(?=a)",
        r"(a)\1",
        "a++",
        "a{,3}",
        "[[:alpha:]]",
        "[a[b]]",
        "[a&&b]",
        "[a--b]",
        "a$b",
        "(a*)*",
        r"\v",
        "{",
        "(?P<n>a)",
        r"\u{61}",
        "[]a]",
        "(",
        r"[\x00-\x{FFFF}]",
        r"\Z",
        r"\R",
        r"\<a",
    ];
    for pattern in patterns {
        assert!(Regular::new(pattern).is_err(), "{pattern}");
    }
    for form in ["MMM", "EEE", "a", "XXX", "[HH]", "yyyy}", "'open", "ddd", "SSSSSSSSSS", "G", "w", "b"] {
        assert!(Form::new(form, Use::Format).is_err(), "{form}");
    }
    for form in ["DDD", "hh", "MM-dd", "HH:ss", "yyyy yyyy", "mm", "yyyy u", "kk"] {
        assert!(Form::new(form, Use::Parse).is_err(), "{form}");
    }
    for path in [
        "a",
        "$..a",
        "$.*",
        "$[*]",
        "$[-1]",
        "$.a[0,1]",
        "$[?(@.a)]",
        "$.a.length()",
        "$.a b",
        " $.a",
        "lax$.a",
        "$['a",
        "$.",
        "$[]",
    ] {
        assert!(Path::new(path).is_none(), "{path}");
    }
}
