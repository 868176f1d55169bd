//! Functions inside expressions: which of the standard library's is meant, and the type of what it gives.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Builder, fault, fit, fit::Fit};
use crate::{
    library::{
        PipelineFunctionId,
        functions::{Letter, PipelineFunction, Shape, ShapeKind},
    },
    platform::{
        Base, DataType, Platform,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
    syntax::ast::{Arg, Expr, ExprKind, Ident, Path},
};

impl Builder<'_, '_> {
    /// The name of the function of expressions that a call is one of. What the program declares goes first.
    pub(super) fn function_name<'x>(&mut self, callee: &'x Expr) -> Option<(&'x SmolStr, Span)> {
        let ExprKind::Name(name) = &callee.kind else { return None };
        let ident = Ident { name: name.clone(), span: callee.span };
        let path = Path { parts: vec![ident], span: callee.span };
        let known = !self.library.pipeline_functions_named(name).is_empty();
        (known && self.context.peek(self.file, &path).is_none()).then_some((name, callee.span))
    }

    /// A function applied to its arguments: that one of its name whose types they fit.
    pub(super) fn apply(&mut self, name: &SmolStr, at: Span, args: &[Arg], span: Span) -> Option<Expression> {
        let given: Vec<Option<Expression>> = args.iter().map(|arg| self.argument_of(&arg.value)).collect();
        let given: Vec<Expression> = given.into_iter().collect::<Option<_>>()?;
        let library = Arc::clone(&self.library);
        let candidates = library.pipeline_functions_named(name);
        let mut nullable: Option<Span> = None;
        let mut fitting: Vec<Applied> = Vec::new();
        for id in &candidates {
            let Some(arguments) = placed(library.pipeline_function(*id), args, &given) else { continue };
            match self.fits(*id, arguments) {
                Ok(applied) => fitting.push(applied),
                Err(none) => nullable = nullable.or(none),
            }
        }
        if fitting.len() > 1 {
            fitting.retain(|applied| !applied.guessed);
            if fitting.is_empty() {
                let known: Vec<String> =
                    candidates.iter().map(|id| library.pipeline_function(*id).written()).collect();
                self.report(fault::which_function(at, name, &known));
                return None;
            }
        }
        let Some(applied) = fitting.into_iter().next() else {
            let diagnostic = match nullable {
                Some(span) => fault::maybe_none(span, &self.written(span)),
                None => {
                    let known: Vec<String> =
                        candidates.iter().map(|id| library.pipeline_function(*id).written()).collect();
                    let types = given.iter().map(|one| fit::described(self.context.platform, &one.ty));
                    fault::no_such_function(at, name, &types.collect::<Vec<_>>(), &known)
                }
            };
            self.report(diagnostic);
            return None;
        };
        self.applied(applied, span)
    }

    /// Whether a function takes these arguments. An error is the argument that it would take if it were there.
    fn fits(&self, id: PipelineFunctionId, arguments: Vec<Expression>) -> Result<Applied, Option<Span>> {
        let function = self.library.pipeline_function(id);
        let mut letters = Letters { platform: self.context.platform, known: Vec::new(), guessed: false };
        let mut none = None;
        for ((_, shape), argument) in function.params.iter().zip(&arguments) {
            match letters.fit(shape, &argument.ty) {
                Fit::Yes => {}
                Fit::ButForNone => none = none.or(Some(argument.span)),
                Fit::No => return Err(None),
            }
        }
        match none {
            Some(span) => Err(Some(span)),
            None => {
                let ty = letters.given(&function.result);
                Ok(Applied { id, arguments, ty, guessed: letters.guessed })
            }
        }
    }

    /// An argument; a duration is its seconds.
    fn argument_of(&mut self, expr: &Expr) -> Option<Expression> {
        match expr.kind {
            ExprKind::Duration(_) => {
                let seconds = self.seconds(expr, "a span of time")?;
                let kind = ExpressionKind::Number(seconds.to_string().into());
                Some(Expression::new(kind, Base::BigInt, expr.span))
            }
            _ => self.expression(expr),
        }
    }

    fn applied(&mut self, applied: Applied, span: Span) -> Option<Expression> {
        let Applied { id, arguments, mut ty, .. } = applied;
        let library = Arc::clone(&self.library);
        let function = library.pipeline_function(id);
        for ((_, shape), argument) in function.params.iter().zip(&arguments) {
            let wanted = DataType { refinement: shape.refinement.clone(), ..argument.ty.clone() };
            let matches = |pattern: &SmolStr, text: &str| self.context.whole_match(pattern, text);
            if let Some(broken) = fault::broken_condition(argument, &wanted, matches) {
                self.report(fault::constant_out_of_bounds(argument.span, &broken));
                return None;
            }
        }
        if let Some(bound) = function.as_long_as.and_then(|at| arguments.get(at)) {
            ty.refinement.max_length = bound.ty.refinement.max_length;
        }
        if !function.clears_labels {
            ty.labels = arguments.iter().flat_map(|argument| argument.ty.labels.clone()).collect();
            ty.labels.sort();
            ty.labels.dedup();
        }
        Some(Expression { kind: ExpressionKind::Function(id, arguments), ty, span })
    }
}

/// A function with the arguments that it takes.
struct Applied {
    id: PipelineFunctionId,
    arguments: Vec<Expression>,
    ty: DataType,
    guessed: bool,
}

/// The arguments in the order of the parameters; nothing where they are not those of this function.
fn placed(function: &PipelineFunction, args: &[Arg], given: &[Expression]) -> Option<Vec<Expression>> {
    if args.len() != function.params.len() {
        return None;
    }
    let mut slots: Vec<Option<Expression>> = vec![None; args.len()];
    for (position, (arg, value)) in args.iter().zip(given).enumerate() {
        let at = match &arg.name {
            Some(name) => function.params.iter().position(|(known, _)| *known == name.name)?,
            None => position,
        };
        let slot = slots.get_mut(at).filter(|slot| slot.is_none())?;
        *slot = Some(value.clone());
    }
    slots.into_iter().collect()
}

/// What the letters of a function's types stand for in one call.
struct Letters<'p> {
    platform: &'p Platform,
    known: Vec<(Letter, DataType)>,
    /// Whether an argument of any type was taken for what the function wants.
    guessed: bool,
}

impl Letters<'_> {
    /// Whether a value of a type can be given for a shape.
    fn fit(&mut self, shape: &Shape, given: &DataType) -> Fit {
        let fits = match (&shape.kind, &given.base) {
            (_, Base::Unknown) => true,
            (ShapeKind::Letter(letter), _) => self.letter(*letter, given),
            (ShapeKind::Data(Base::Json), _) => true,
            (_, Base::Json) => {
                self.guessed = true;
                true
            }
            (ShapeKind::List(element), Base::List(of)) => self.fit(element, of) == Fit::Yes,
            (ShapeKind::Map(value), Base::Map(_, of)) => self.fit(value, of) == Fit::Yes,
            (ShapeKind::Duration, Base::Int | Base::BigInt) => true,
            (ShapeKind::Data(Base::TimestampLtz(_)), Base::TimestampLtz(_)) => true,
            (ShapeKind::Data(Base::Int), Base::BigInt) => true,
            (ShapeKind::Data(base), _) => {
                let wanted = DataType::plain(base.clone());
                fit::fit(self.platform, &DataType { nullable: false, ..given.clone() }, &wanted) == Fit::Yes
            }
            _ => false,
        };
        match (fits, given.nullable && !shape.nullable) {
            (false, _) => Fit::No,
            (true, true) => Fit::ButForNone,
            (true, false) => Fit::Yes,
        }
    }

    fn letter(&mut self, letter: Letter, given: &DataType) -> bool {
        let allowed = match letter {
            Letter::Any => true,
            Letter::Single => !matches!(given.base, Base::List(_)),
            Letter::Scalar => fit::is_scalar(&given.base),
            Letter::Number => fit::is_number(&given.base),
        };
        if !allowed {
            return false;
        }
        let mut ty = DataType { nullable: false, labels: Vec::new(), ..given.clone() };
        if letter == Letter::Number {
            ty.refinement = Default::default();
        }
        match self.known.iter_mut().find(|(known, _)| *known == letter) {
            Some((_, first)) => match fit::common(self.platform, first, &ty) {
                Some(common) => *first = common,
                None => return false,
            },
            None => self.known.push((letter, ty)),
        }
        true
    }

    /// The type that a shape is, the letters filled in.
    fn given(&self, shape: &Shape) -> DataType {
        let ty = match &shape.kind {
            ShapeKind::Data(base) => DataType::plain(base.clone()),
            ShapeKind::Duration => DataType::plain(Base::BigInt),
            ShapeKind::Letter(letter) => self
                .known
                .iter()
                .find(|(known, _)| known == letter)
                .map_or_else(|| DataType::plain(Base::Json), |(_, ty)| ty.clone()),
            ShapeKind::List(element) => DataType::plain(Base::List(Box::new(self.given(element)))),
            ShapeKind::Map(value) => {
                let text = Box::new(DataType::plain(Base::String));
                DataType::plain(Base::Map(text, Box::new(self.given(value))))
            }
        };
        DataType { nullable: shape.nullable, refinement: ty.refinement.clone(), ..ty }
    }
}
