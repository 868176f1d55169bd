//! Random expressions, in Flink SQL and as the operator's.

use super::cast;
use super::rng::Rng;
use dpl::window::{Aggregate, Arithmetic, Comparison, Expr, Function, Type, Value};

/// An expression in both languages.
#[derive(Clone)]
pub struct Typed {
    pub sql: String,
    pub expr: Expr,
}

/// The columns that an expression may read.
pub struct Scope {
    pub columns: Vec<(String, Type)>,
}

pub fn sql_type(ty: Type) -> String {
    match ty {
        Type::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        other => other.to_string().to_uppercase(),
    }
}

const OPERATORS: [(&str, Arithmetic); 3] =
    [("+", Arithmetic::Add), ("-", Arithmetic::Subtract), ("*", Arithmetic::Multiply)];
const COMPARISONS: [(&str, Comparison); 6] = [
    ("=", Comparison::Equal),
    ("<>", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];
const TYPES: [Type; 8] = [
    Type::Boolean,
    Type::Int,
    Type::BigInt,
    Type::Double,
    Type::Decimal { precision: 12, scale: 3 },
    Type::String,
    Type::Date,
    Type::Timestamp(3),
];

fn made(sql: String, expr: Result<Expr, dpl::window::TypeError>) -> Typed {
    let expr = expr.unwrap_or_else(|e| panic!("{sql}: {e}"));
    Typed { sql, expr }
}

impl Scope {
    /// Each column as it is.
    pub fn all(&self) -> Vec<Typed> {
        let column = |(i, (name, ty)): (usize, &(String, Type))| Typed {
            sql: name.clone(),
            expr: Expr::column(i, *ty),
        };
        self.columns.iter().enumerate().map(column).collect()
    }

    fn column(&self, rng: &mut Rng, wanted: impl Fn(Type) -> bool) -> Option<Typed> {
        let fitting: Vec<Typed> = self.all().into_iter().filter(|c| wanted(c.expr.ty())).collect();
        (!fitting.is_empty()).then(|| fitting[rng.below(fitting.len())].clone())
    }

    /// A key: mostly a column.
    pub fn key(&self, rng: &mut Rng) -> Typed {
        let column = self.column(rng, |ty| ty != Type::Timestamp(3)).expect("tables have columns");
        if rng.below(3) == 0 { self.any(rng, 1) } else { column }
    }

    /// The aggregates that Flink's planner computes from one another.
    pub fn sum_average_count(&self, rng: &mut Rng) -> Vec<(String, Aggregate)> {
        let Typed { sql, expr } = self.column(rng, Type::is_numeric).expect("tables have numbers");
        let count = match rng.below(2) {
            0 => ("COUNT(*)".to_string(), Aggregate::CountAll),
            _ => (format!("COUNT({sql})"), Aggregate::Count(expr.clone())),
        };
        vec![
            (format!("SUM({sql})"), Aggregate::Sum(expr.clone())),
            (format!("AVG({sql})"), Aggregate::Avg(expr)),
            count,
        ]
    }

    /// An expression of any type.
    pub fn any(&self, rng: &mut Rng, depth: usize) -> Typed {
        if depth > 0 && rng.below(4) == 0 {
            return self.arithmetic(rng, depth);
        }
        if depth == 0 {
            return self.column(rng, |_| true).expect("tables have columns");
        }
        let ty = rng.pick(&TYPES);
        self.of(rng, ty, depth)
    }

    fn numeric(&self, rng: &mut Rng, depth: usize) -> Typed {
        match self.column(rng, Type::is_numeric) {
            Some(column) if depth == 0 || rng.below(2) == 0 => column,
            _ => {
                let ty = rng.pick(&[
                    Type::Int,
                    Type::BigInt,
                    Type::Double,
                    Type::Decimal { precision: 8, scale: 2 },
                ]);
                self.of(rng, ty, depth)
            }
        }
    }

    fn arithmetic(&self, rng: &mut Rng, depth: usize) -> Typed {
        let left = self.numeric(rng, depth - 1);
        match rng.below(6) {
            0 => {
                let ty = rng.pick(&[
                    Type::Int,
                    Type::BigInt,
                    Type::Double,
                    Type::Decimal { precision: 6, scale: 2 },
                ]);
                let right = literal(rng, ty, true);
                made(
                    format!("({} / {})", left.sql, right.sql),
                    Expr::arithmetic(Arithmetic::Divide, left.expr, right.expr),
                )
            }
            1 if left.expr.ty() != Type::Double => {
                let ty = rng.pick(&[Type::Int, Type::BigInt, Type::Decimal { precision: 6, scale: 2 }]);
                let right = literal(rng, ty, true);
                made(
                    format!("MOD({}, {})", left.sql, right.sql),
                    Expr::arithmetic(Arithmetic::Remainder, left.expr, right.expr),
                )
            }
            2 => {
                let right = self.numeric(rng, depth - 1);
                let zero = made("0".to_string(), Expr::literal(Value::I32(0), Type::Int));
                let guard = Expr::compare(Comparison::NotEqual, right.expr.clone(), zero.expr);
                let divided = made(
                    format!("({} / {})", left.sql, right.sql),
                    Expr::arithmetic(Arithmetic::Divide, left.expr, right.expr),
                );
                let guard = made(format!("{} <> 0", right.sql), guard);
                made(
                    format!("CASE WHEN {} THEN {} END", guard.sql, divided.sql),
                    Expr::case(vec![(guard.expr, divided.expr)], None),
                )
            }
            _ => {
                let (symbol, op) = rng.pick(&OPERATORS);
                let right = self.numeric(rng, depth - 1);
                made(
                    format!("({} {symbol} {})", left.sql, right.sql),
                    Expr::arithmetic(op, left.expr, right.expr),
                )
            }
        }
    }

    /// An expression of a type.
    pub fn of(&self, rng: &mut Rng, ty: Type, depth: usize) -> Typed {
        if depth == 0 || rng.below(5) == 0 {
            return match self.column(rng, |t| t == ty) {
                Some(column) if rng.below(4) > 0 => column,
                _ => literal(rng, ty, false),
            };
        }
        match rng.below(8) {
            0 => self.case(rng, ty, depth),
            1 => {
                let (a, b) = (self.of(rng, ty, depth - 1), self.of(rng, ty, depth - 1));
                made(format!("COALESCE({}, {})", a.sql, b.sql), Expr::coalesce(vec![a.expr, b.expr]))
            }
            _ => self.specific(rng, ty, depth),
        }
    }

    fn case(&self, rng: &mut Rng, ty: Type, depth: usize) -> Typed {
        let (when, then) = (self.boolean(rng, depth - 1), self.of(rng, ty, depth - 1));
        let otherwise = (rng.below(2) == 0).then(|| self.of(rng, ty, depth - 1));
        let tail = otherwise.as_ref().map_or(String::new(), |o| format!(" ELSE {}", o.sql));
        let sql = format!("CASE WHEN {} THEN {}{tail} END", when.sql, then.sql);
        made(sql, Expr::case(vec![(when.expr, then.expr)], otherwise.map(|o| o.expr)))
    }

    fn specific(&self, rng: &mut Rng, ty: Type, depth: usize) -> Typed {
        match ty {
            Type::Boolean => self.boolean(rng, depth),
            Type::String => self.string(rng, depth),
            Type::Date | Type::Timestamp(_) => {
                match self.column(rng, |t| t == Type::Date || matches!(t, Type::Timestamp(_))) {
                    Some(column) => cast(column, ty),
                    None => literal(rng, ty, false),
                }
            }
            _ => match rng.below(5) {
                0 => {
                    let x = self.of(rng, ty, depth - 1);
                    made(format!("ABS({})", x.sql), Expr::call(Function::Abs, vec![x.expr]))
                }
                1 => {
                    let x = self.of(rng, ty, depth - 1);
                    made(format!("(- {})", x.sql), Expr::call(Function::Negate, vec![x.expr]))
                }
                2 => self.number_in_text(rng, ty).unwrap_or_else(|| cast(self.boolean(rng, depth - 1), ty)),
                _ => {
                    let x = self.arithmetic(rng, depth);
                    // A double that is no number fails the job when it becomes a decimal.
                    let fails = x.expr.ty() == Type::Double && matches!(ty, Type::Decimal { .. });
                    if fails { literal(rng, ty, false) } else { cast(x, ty) }
                }
            },
        }
    }

    /// A number from a string column that holds numbers.
    fn number_in_text(&self, rng: &mut Rng, ty: Type) -> Option<Typed> {
        let name = if matches!(ty, Type::Int | Type::BigInt) { "ni" } else { rng.pick(&["ni", "nd"]) };
        let place = self.columns.iter().position(|(n, _)| n == name)?;
        Some(cast(Typed { sql: name.to_string(), expr: Expr::column(place, Type::String) }, ty))
    }

    fn string(&self, rng: &mut Rng, depth: usize) -> Typed {
        let x = match rng.below(2) {
            0 => self.of(rng, Type::String, depth - 1),
            _ => cast(
                self.column(rng, |t| t != Type::Double).expect("there is a column that is no double"),
                Type::String,
            ),
        };
        match rng.below(6) {
            0 => made(format!("UPPER({})", x.sql), Expr::call(Function::Upper, vec![x.expr])),
            1 => made(format!("LOWER({})", x.sql), Expr::call(Function::Lower, vec![x.expr])),
            2 => {
                let y = self.of(rng, Type::String, depth - 1);
                made(format!("({} || {})", x.sql, y.sql), Expr::call(Function::Concat, vec![x.expr, y.expr]))
            }
            3 | 4 => {
                let from = rng.below(9) as i32 - 4;
                let length = rng.below(5) as i32;
                let int = |x: i32| Expr::literal(Value::I32(x), Type::Int).expect("an int");
                let (tail, args) = match rng.below(2) {
                    0 => (String::new(), vec![x.expr, int(from)]),
                    _ => (format!(", {length}"), vec![x.expr, int(from), int(length)]),
                };
                made(format!("SUBSTRING({}, {from}{tail})", x.sql), Expr::call(Function::Substring, args))
            }
            _ => x,
        }
    }

    /// A condition.
    pub fn boolean(&self, rng: &mut Rng, depth: usize) -> Typed {
        if depth == 0 {
            return self.comparison(rng, 0);
        }
        match rng.below(9) {
            0 | 1 => {
                let (word, make): (_, fn(Vec<Expr>) -> _) =
                    if rng.below(2) == 0 { ("AND", Expr::and) } else { ("OR", Expr::or) };
                let (a, b) = (self.boolean(rng, depth - 1), self.boolean(rng, depth - 1));
                made(format!("({} {word} {})", a.sql, b.sql), make(vec![a.expr, b.expr]))
            }
            2 => {
                let x = self.boolean(rng, depth - 1);
                made(format!("NOT ({})", x.sql), x.expr.not())
            }
            3 => {
                let x = self.any(rng, depth - 1);
                if rng.below(2) == 0 {
                    Typed { sql: format!("({} IS NULL)", x.sql), expr: x.expr.is_null() }
                } else {
                    Typed { sql: format!("({} IS NOT NULL)", x.sql), expr: x.expr.is_not_null() }
                }
            }
            4 => {
                let x = self.of(rng, Type::String, depth - 1);
                let pattern = rng.pick(&["a%", "%b", "%a%b%", "_", "a_", "%", "", "%é%", "A__c%"]);
                made(format!("({} LIKE '{pattern}')", x.sql), x.expr.like(pattern, None))
            }
            5 => {
                let ty = rng.pick(&[Type::Int, Type::String, Type::Double]);
                let x = self.of(rng, ty, depth - 1);
                let list: Vec<Typed> = (0..1 + rng.below(5)).map(|_| literal(rng, ty, true)).collect();
                let items: Vec<&str> = list.iter().map(|l| l.sql.as_str()).collect();
                let sql = format!("({} IN ({}))", x.sql, items.join(", "));
                made(sql, x.expr.in_list(list.into_iter().map(|l| l.expr).collect()))
            }
            6 => {
                let ty = rng.pick(&[Type::Int, Type::Double, Type::BigInt, Type::Date]);
                let [x, low, high] = [(); 3].map(|()| self.of(rng, ty, depth - 1));
                made(
                    format!("({} BETWEEN {} AND {})", x.sql, low.sql, high.sql),
                    x.expr.between(low.expr, high.expr),
                )
            }
            _ => self.comparison(rng, depth - 1),
        }
    }

    fn comparison(&self, rng: &mut Rng, depth: usize) -> Typed {
        let (symbol, op) = rng.pick(&COMPARISONS);
        let (a, b) = if rng.below(2) == 0 {
            (self.numeric(rng, depth), self.numeric(rng, depth))
        } else {
            let ty = rng.pick(&TYPES);
            let a = self.column(rng, |t| t == ty).unwrap_or_else(|| self.of(rng, ty, depth));
            (a, self.of(rng, ty, depth))
        };
        made(format!("({} {symbol} {})", a.sql, b.sql), Expr::compare(op, a.expr, b.expr))
    }
}

/// A constant; never zero nor null where it may divide.
fn literal(rng: &mut Rng, ty: Type, plain: bool) -> Typed {
    if !plain && rng.below(12) == 0 {
        return made(format!("CAST(NULL AS {})", sql_type(ty)), Expr::literal(Value::Null, ty));
    }
    let (text, value) = match ty {
        Type::Boolean => {
            rng.pick(&[("TRUE", true), ("FALSE", false)]).pipe(|(t, v)| (t.to_string(), Value::Bool(v)))
        }
        Type::Int => rng.pick(&[1, 2, 3, -1, -2, 7, 1000]).pipe(|v: i32| (v.to_string(), Value::I32(v))),
        Type::BigInt => rng.pick(&[1_i64, 2, -3, 5_000_000_000]).pipe(|v| (v.to_string(), Value::I64(v))),
        Type::Double => {
            rng.pick(&[0.5, 1.0, -2.5, 50.0, 1e10]).pipe(|v: f64| (format!("{v:e}"), Value::F64(v)))
        }
        Type::Decimal { precision, scale } => {
            let limit = dpl::window::decimal::power(precision.min(4)).expect("a small power");
            let unscaled = 1 + i128::from(rng.next()) % (limit - 1);
            let mut text = Vec::new();
            dpl::window::decimal::write(unscaled, scale, &mut text);
            (String::from_utf8(text).expect("digits"), Value::I128(unscaled))
        }
        Type::Date => ("DATE '2001-02-03'".to_string(), Value::I32(11_356)),
        Type::Timestamp(_) => {
            ("TIMESTAMP '2026-01-01 00:00:01.500'".to_string(), Value::I64(1_767_225_601_500_000))
        }
        _ => rng.pick(&["a", "b", "ab", "é", "X y"]).pipe(|t| (format!("'{t}'"), Value::text(t))),
    };
    let sql = match ty {
        Type::Boolean | Type::Int | Type::Date => text,
        _ => format!("CAST({text} AS {})", sql_type(ty)),
    };
    made(sql, Expr::literal(value, ty))
}

trait Pipe: Sized {
    fn pipe<R>(self, f: impl FnOnce(Self) -> R) -> R {
        f(self)
    }
}

impl<T> Pipe for T {}
