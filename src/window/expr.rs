//! Typed expressions. Only expressions that the operator can evaluate can be built.

use super::column::Value;
use super::functions::{Prepared, Scalar};
use super::text::Pattern;
use super::types::{Class, Type};
use super::typing::{TypeError, arithmetic_type, as_decimal, common_type};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`; integers are truncated toward zero.
    Divide,
    /// `%`, exact types only; the result has the sign of the left side.
    Remainder,
}

impl Arithmetic {
    fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        }
    }
}

/// A comparison operator. Any comparison of doubles with NaN is false, but for `<>`, which is true. A decimal and a double
/// are equal as doubles are; in their order NaN is the greatest value, and -0.0 is less than 0.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it is true of two values in that order.
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The one that says the same of the sides exchanged.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// What Flink's planner turns `NOT (a op b)` into.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }
}

/// A function of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// `-x`
    Negate,
    /// `ABS(x)`
    Abs,
    /// `UPPER(s)`
    Upper,
    /// `LOWER(s)`
    Lower,
    /// `CHAR_LENGTH(s)`, in code points.
    CharLength,
    /// `SUBSTRING(s, from)` and `SUBSTRING(s, from, length)`: from 1, in code points, negative from the end.
    Substring,
    /// `CONCAT(s, …)` and `||`: null where any part is.
    Concat,
    /// Any other.
    Scalar(Scalar),
}

/// A typed expression over the columns of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub(super) ty: Type,
    pub(super) node: Node,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    Literal(Value),
    Column(usize),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// A decimal and a double, both cast to DOUBLE: ordered as Java's `Double.compare` does.
    CompareTotal(Comparison, Box<Expr>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// `IS NULL`, or `IS NOT NULL` where the flag is false.
    IsNull(Box<Expr>, bool),
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    Cast(Box<Expr>),
    TryCast(Box<Expr>),
    Coalesce(Vec<Expr>),
    Call(Function, Vec<Expr>),
    Like(Box<Expr>, Pattern),
    Prepared(Prepared, Vec<Expr>),
}

fn undefined<T>(operator: &'static str, operands: &[&Expr]) -> Result<T, TypeError> {
    Err(TypeError::Operator { operator, operands: operands.iter().map(|e| e.ty).collect() })
}

impl Expr {
    fn new(ty: Type, node: Node) -> Expr {
        Expr { ty, node }
    }

    /// The type of its values.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// A constant.
    pub fn literal(value: Value, ty: Type) -> Result<Expr, TypeError> {
        if !ty.is_valid() || !value.fits(ty) {
            return Err(TypeError::Literal(ty));
        }
        Ok(Expr::new(ty, Node::Literal(value)))
    }

    /// Column `index`, of type `ty`. [`Query::new`](super::Query::new) checks that it is there and of that type.
    pub fn column(index: usize, ty: Type) -> Expr {
        Expr::new(ty, Node::Column(index))
    }

    /// `left op right`, with Flink's result type.
    pub fn arithmetic(op: Arithmetic, left: Expr, right: Expr) -> Result<Expr, TypeError> {
        let Some(ty) = arithmetic_type(op, left.ty, right.ty) else {
            return undefined(op.symbol(), &[&left, &right]);
        };
        let (left, right) = match ty {
            Type::Decimal { .. } => (left.exact()?, right.exact()?),
            // The remainder of a BIGINT by an INT is an INT, but is computed in 64 bits.
            Type::Int if left.ty == Type::BigInt => (left, right.cast(Type::BigInt)?),
            _ => (left.cast(ty)?, right.cast(ty)?),
        };
        let computed = if left.ty == Type::BigInt && ty == Type::Int { Type::BigInt } else { ty };
        Expr::new(computed, Node::Arithmetic(op, Box::new(left), Box::new(right))).cast(ty)
    }

    /// An exact number as a decimal.
    fn exact(self) -> Result<Expr, TypeError> {
        match as_decimal(self.ty) {
            Some((precision, scale)) => self.cast(Type::Decimal { precision, scale }),
            None => undefined("decimal arithmetic", &[&self]),
        }
    }

    /// `left op right`.
    pub fn compare(op: Comparison, left: Expr, right: Expr) -> Result<Expr, TypeError> {
        let Some(common) = common_type(left.ty, right.ty) else {
            return undefined(op.symbol(), &[&left, &right]);
        };
        let is_decimal = |ty| matches!(ty, Type::Decimal { .. });
        let mixed = common == Type::Double && (is_decimal(left.ty) || is_decimal(right.ty));
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        let (left, right) = match common {
            // Flink 2.3.0 converts what it tests for equality to the common type, which may round, and orders the values as they are.
            Type::Decimal { .. } if !equality => (left.exact()?, right.exact()?),
            Type::Decimal { scale, .. }
                if [left.ty, right.ty].iter().all(|ty| as_decimal(*ty).is_some_and(|(_, s)| s <= scale)) =>
            {
                (left.exact()?, right.exact()?)
            }
            _ => (left.cast(common)?, right.cast(common)?),
        };
        // Flink 2.3.0: 0.00 = -0.0 of a decimal and a double is true, and 0.00 <= -0.0 is false.
        if mixed && !equality {
            let node = Node::CompareTotal(op, Box::new(left), Box::new(right));
            return Ok(Expr::new(Type::Boolean, node));
        }
        if left == right {
            return Expr::compare_with_itself(op, left);
        }
        Ok(Expr::new(Type::Boolean, Node::Compare(op, Box::new(left), Box::new(right))))
    }

    /// `x op x`, which Flink's planner decides without looking at x, but for null: `x = x` is true of NaN too.
    fn compare_with_itself(op: Comparison, x: Expr) -> Result<Expr, TypeError> {
        use Comparison::{Equal, GreaterOrEqual, LessOrEqual};
        let answer =
            Expr::literal(Value::Bool(matches!(op, Equal | LessOrEqual | GreaterOrEqual)), Type::Boolean)?;
        let unknown = Expr::literal(Value::Null, Type::Boolean)?;
        Expr::case(vec![(x.is_null(), unknown)], Some(answer))
    }

    /// `a AND b AND …`; the first false one ends the evaluation.
    pub fn and(operands: Vec<Expr>) -> Result<Expr, TypeError> {
        Expr::connect("AND", operands, Node::And)
    }

    /// `a OR b OR …`; the first true one ends the evaluation.
    pub fn or(operands: Vec<Expr>) -> Result<Expr, TypeError> {
        Expr::connect("OR", operands, Node::Or)
    }

    fn connect(
        name: &'static str,
        operands: Vec<Expr>,
        node: fn(Vec<Expr>) -> Node,
    ) -> Result<Expr, TypeError> {
        if operands.is_empty() {
            return Err(TypeError::Empty(name));
        }
        match operands.iter().find(|e| e.ty != Type::Boolean) {
            Some(other) => undefined(name, &[other]),
            None => Ok(Expr::new(Type::Boolean, node(operands))),
        }
    }

    /// `NOT x`, pushed into comparisons and connectives as Flink's planner does (it matters for NaN).
    #[expect(clippy::should_implement_trait, reason = "named as the SQL operator, and it can fail")]
    pub fn not(self) -> Result<Expr, TypeError> {
        if self.ty != Type::Boolean {
            return undefined("NOT", &[&self]);
        }
        Ok(self.negate())
    }

    fn negate(self) -> Expr {
        let all = |list: Vec<Expr>| list.into_iter().map(Expr::negate).collect();
        let node = match self.node {
            Node::Compare(op, a, b) => Node::Compare(op.negated(), a, b),
            Node::CompareTotal(op, a, b) => Node::CompareTotal(op.negated(), a, b),
            Node::And(list) => Node::Or(all(list)),
            Node::Or(list) => Node::And(all(list)),
            Node::Not(inner) => return *inner,
            Node::IsNull(inner, wanted) => Node::IsNull(inner, !wanted),
            node => Node::Not(Box::new(Expr::new(Type::Boolean, node))),
        };
        Expr::new(Type::Boolean, node)
    }

    /// `x IS NULL`.
    pub fn is_null(self) -> Expr {
        Expr::new(Type::Boolean, Node::IsNull(Box::new(self), true))
    }

    /// `x IS NOT NULL`.
    pub fn is_not_null(self) -> Expr {
        Expr::new(Type::Boolean, Node::IsNull(Box::new(self), false))
    }

    /// `CASE WHEN c THEN v … ELSE otherwise END`; only the branch that is taken is evaluated.
    pub fn case(arms: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Result<Expr, TypeError> {
        let first = arms.first().ok_or(TypeError::Empty("CASE"))?;
        let mut ty = first.1.ty;
        for value in arms.iter().map(|(_, value)| value).chain(&otherwise) {
            match common_type(ty, value.ty) {
                Some(common) => ty = common,
                None => return Err(TypeError::Operator { operator: "CASE", operands: vec![ty, value.ty] }),
            }
        }
        let otherwise = match otherwise {
            Some(value) => value.cast(ty)?,
            None => Expr::literal(Value::Null, ty)?,
        };
        let cast_arm = |(condition, value): (Expr, Expr)| match condition.ty {
            Type::Boolean => Ok((condition, value.cast(ty)?)),
            _ => undefined("WHEN", &[&condition]),
        };
        let arms = arms.into_iter().map(cast_arm).collect::<Result<_, _>>()?;
        Ok(Expr::new(ty, Node::Case(arms, Box::new(otherwise))))
    }

    /// `CAST(x AS ty)`.
    pub fn cast(self, ty: Type) -> Result<Expr, TypeError> {
        if self.ty == ty {
            return Ok(self);
        }
        if !ty.is_valid() || !super::cast::exists(self.ty, ty) {
            return Err(TypeError::Cast { from: self.ty, to: ty });
        }
        Ok(Expr::new(ty, Node::Cast(Box::new(self))))
    }

    /// `TRY_CAST(x AS ty)`: null where there is no such value.
    pub fn try_cast(self, ty: Type) -> Result<Expr, TypeError> {
        let cast = self.cast(ty)?;
        Ok(match cast.node {
            Node::Cast(inner) => Expr::new(ty, Node::TryCast(inner)),
            node => Expr::new(ty, node),
        })
    }

    /// `COALESCE(a, b, …)`.
    pub fn coalesce(operands: Vec<Expr>) -> Result<Expr, TypeError> {
        let mut ty = operands.first().ok_or(TypeError::Empty("COALESCE"))?.ty;
        for operand in &operands {
            match common_type(ty, operand.ty) {
                Some(common) => ty = common,
                None => {
                    return Err(TypeError::Operator { operator: "COALESCE", operands: vec![ty, operand.ty] });
                }
            }
        }
        let operands = operands.into_iter().map(|e| e.cast(ty)).collect::<Result<_, _>>()?;
        Ok(Expr::new(ty, Node::Coalesce(operands)))
    }

    /// A function call.
    pub fn call(function: Function, args: Vec<Expr>) -> Result<Expr, TypeError> {
        let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
        let (name, ty) = match (function, types.as_slice()) {
            (Function::Negate, [ty]) => ("-", ty.is_numeric().then_some(*ty)),
            (Function::Abs, [ty]) => ("ABS", ty.is_numeric().then_some(*ty)),
            (Function::Upper, [Type::String]) => ("UPPER", Some(Type::String)),
            (Function::Lower, [Type::String]) => ("LOWER", Some(Type::String)),
            (Function::CharLength, [Type::String]) => ("CHAR_LENGTH", Some(Type::Int)),
            (Function::Substring, [Type::String, Type::Int] | [Type::String, Type::Int, Type::Int]) => {
                ("SUBSTRING", Some(Type::String))
            }
            (Function::Concat, [_, ..]) => {
                ("CONCAT", types.iter().all(|t| *t == Type::String).then_some(Type::String))
            }
            (Function::Scalar(scalar), types) => (scalar.name(), scalar.result(types)),
            _ => ("function", None),
        };
        let Some(ty) = ty else { return Err(TypeError::Operator { operator: name, operands: types }) };
        let args = match function {
            Function::Scalar(Scalar::Greatest | Scalar::Least) => {
                args.into_iter().map(|value| value.cast(ty)).collect::<Result<_, _>>()?
            }
            _ => args,
        };
        Ok(Expr::new(ty, Node::Call(function, args)))
    }

    /// A call of a function that is made for a constant, with its other arguments.
    pub fn prepared(function: Prepared, args: Vec<Expr>) -> Result<Expr, TypeError> {
        let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
        match function.result(&types) {
            Some(ty) => Ok(Expr::new(ty, Node::Prepared(function, args))),
            None => Err(TypeError::Operator { operator: function.name(), operands: types }),
        }
    }

    /// `x LIKE 'pattern' [ESCAPE 'c']`.
    pub fn like(self, pattern: &str, escape: Option<char>) -> Result<Expr, TypeError> {
        if self.ty != Type::String {
            return undefined("LIKE", &[&self]);
        }
        let pattern = Pattern::new(pattern, escape).ok_or(TypeError::Pattern)?;
        Ok(Expr::new(Type::Boolean, Node::Like(Box::new(self), pattern)))
    }

    /// `x IN (a, b, …)`.
    pub fn in_list(self, list: Vec<Expr>) -> Result<Expr, TypeError> {
        let equals = |item| Expr::compare(Comparison::Equal, self.clone(), item);
        Expr::or(list.into_iter().map(equals).collect::<Result<_, _>>()?)
    }

    /// `x BETWEEN low AND high`.
    pub fn between(self, low: Expr, high: Expr) -> Result<Expr, TypeError> {
        let least = Expr::compare(Comparison::GreaterOrEqual, self.clone(), low)?;
        let most = Expr::compare(Comparison::LessOrEqual, self, high)?;
        Expr::and(vec![least, most])
    }

    /// The conditions that must all be true where it is.
    pub(super) fn conjuncts(&self) -> Vec<&Expr> {
        match &self.node {
            Node::And(list) => list.iter().flat_map(Expr::conjuncts).collect(),
            _ => vec![self],
        }
    }

    /// Calls `visit` for every column that is read.
    pub(super) fn columns(&self, visit: &mut dyn FnMut(usize, Type)) {
        match &self.node {
            Node::Literal(_) => {}
            Node::Column(index) => visit(*index, self.ty),
            Node::Arithmetic(_, a, b) | Node::Compare(_, a, b) | Node::CompareTotal(_, a, b) => {
                [a, b].iter().for_each(|e| e.columns(visit))
            }
            Node::Not(e) | Node::IsNull(e, _) | Node::Cast(e) | Node::TryCast(e) | Node::Like(e, _) => {
                e.columns(visit)
            }
            Node::And(list)
            | Node::Or(list)
            | Node::Coalesce(list)
            | Node::Call(_, list)
            | Node::Prepared(_, list) => {
                list.iter().for_each(|e| e.columns(visit));
            }
            Node::Case(arms, otherwise) => {
                for (condition, value) in arms {
                    condition.columns(visit);
                    value.columns(visit);
                }
                otherwise.columns(visit);
            }
        }
    }

    /// The layout of its values.
    pub(super) fn class(&self) -> Class {
        self.ty.class()
    }
}
