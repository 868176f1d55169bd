//! The functions of pipelines' expressions as the standard library declares them: their types, and their text in JSONata.

use smol_str::SmolStr;

use crate::{
    platform::{Base, Refinement},
    source::Span,
};

/// `pipeline_function upper(text: string) -> string { jsonata = "$uppercase({text})" }`. One name may have several, for other types.
#[derive(Clone, Debug)]
pub struct PipelineFunction {
    /// Its name.
    pub name: SmolStr,
    /// What it gives.
    pub doc: Option<SmolStr>,
    /// Its parameters, by name.
    pub params: Vec<(SmolStr, Shape)>,
    /// What it gives.
    pub result: Shape,
    /// Its text in JSONata: a value by itself wherever it stands.
    pub jsonata: Vec<Piece>,
    /// Whether its result carries no label of its arguments.
    pub clears_labels: bool,
    /// Whether two evaluations differ, so that a value must be kept and not computed again.
    pub varies: bool,
    /// The parameter whose greatest length is its result's.
    pub as_long_as: Option<usize>,
    /// Its place in the standard library.
    pub span: Span,
}

/// A type of a function's parameter or result.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Which.
    pub kind: ShapeKind,
    /// Whether it may be `none`.
    pub nullable: bool,
    /// Conditions on its values.
    pub refinement: Refinement,
}

/// The types that a function's parameter or result may have.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeKind {
    /// Exactly that.
    Data(Base),
    /// `30s`, which is a number of seconds then.
    Duration,
    /// A letter: the same type wherever the function has that letter.
    Letter(Letter),
    /// A list of such.
    List(Box<Shape>),
    /// Text to such.
    Map(Box<Shape>),
}

/// The letters that stand for types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// `T`: any.
    Any,
    /// `S`: any but a list, which JSONata would take apart.
    Single,
    /// `E`: what has no parts, so that two can be compared.
    Scalar,
    /// `N`: a number.
    Number,
}

/// A piece of a function's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Text(SmolStr),
    /// An argument that stands alone between a bracket and a comma.
    Argument(usize),
    /// An argument beside which something else stands.
    Operand(usize),
}

impl Shape {
    /// As it is written.
    pub fn written(&self) -> String {
        let name = match &self.kind {
            ShapeKind::Data(Base::TimestampLtz(digits)) => format!("timestamp_ltz({digits})"),
            ShapeKind::Data(base) => format!("{base:?}").to_lowercase(),
            ShapeKind::Duration => "duration".to_owned(),
            ShapeKind::Letter(Letter::Any) => "T".to_owned(),
            ShapeKind::Letter(Letter::Single) => "S".to_owned(),
            ShapeKind::Letter(Letter::Scalar) => "E".to_owned(),
            ShapeKind::Letter(Letter::Number) => "N".to_owned(),
            ShapeKind::List(element) => format!("list<{}>", element.written()),
            ShapeKind::Map(value) => format!("map<string, {}>", value.written()),
        };
        if self.nullable { format!("{name}?") } else { name }
    }
}

impl PipelineFunction {
    /// Its head as it is written: `upper(text: string) -> string`.
    pub fn written(&self) -> String {
        let params: Vec<String> =
            self.params.iter().map(|(name, shape)| format!("{name}: {}", shape.written())).collect();
        format!("{}({}) -> {}", self.name, params.join(", "), self.result.written())
    }
}
