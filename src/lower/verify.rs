//! Whether every template of the standard library can be evaluated: each name in it is a field, a word or an earlier call, each function
//! exists. Evaluation itself leaves out what it can't read, so that a fault here is found by a test and never by a user.

use super::{function::FUNCTIONS, scope::WORDS};
use crate::{
    library::{Call, FieldDecl, FieldType, Library},
    platform::Base,
    source::Span,
    syntax::ast::{Expr, ExprKind, StringPart},
};

/// The properties of constructors that are templates of this kind.
const PROPERTIES: &[&str] =
    &["value", "input_format", "output_format", "serde", "serde_parameters", "parameters"];

/// A template's fault: where, and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place in the standard library.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
}

/// Every fault of the library's templates.
pub fn faults(library: &Library) -> Vec<Fault> {
    let mut faults = Vec::new();
    for kind in &library.kinds {
        calls(library, &kind.fields, &kind.calls, &mut faults);
    }
    for constructor in &library.constructors {
        calls(library, &constructor.fields, &constructor.calls, &mut faults);
        for template in PROPERTIES.iter().filter_map(|name| constructor.properties.get(*name)) {
            Templates { library, fields: &constructor.fields, earlier: &[], faults: &mut faults }
                .expr(template);
        }
    }
    for kind in &library.kinds {
        let watching = library.kind_named(&kind.name).and_then(|id| library.watched.get(&id));
        watching.into_iter().for_each(|it| calls(library, &kind.fields, it, &mut faults));
    }
    let mapped = library.stacked.values().chain(library.rooted.values()).flatten();
    for mapping in mapped.chain(library.tagged.values()) {
        let mut templates = Templates { library, fields: &[], earlier: &[], faults: &mut faults };
        mapping.input.iter().for_each(|(_, expr)| templates.functions(expr));
    }
    faults.sort_by_key(|fault| fault.span.start);
    faults
}

fn calls(library: &Library, fields: &[FieldDecl], calls: &[Call], faults: &mut Vec<Fault>) {
    for (index, call) in calls.iter().enumerate() {
        let earlier = calls.get(..index).unwrap_or_default();
        let mut templates = Templates { library, fields, earlier, faults };
        if templates.name(&call.name).is_some() {
            let span = call.input.first().map_or_else(Span::default, |(_, value)| value.span);
            templates.fault(span, "the call has the name of a field, a word or an earlier call");
        }
        call.input.iter().for_each(|(_, expr)| templates.expr(expr));
        call.only_if.iter().for_each(|expr| templates.expr(expr));
    }
}

/// What is known of a term before it is computed.
enum Shape<'a> {
    /// A declaration of that kind; `None` is the one that is lowered.
    Resource(Option<&'a [FieldDecl]>),
    Location,
    Construct(Vec<&'a FieldDecl>),
    /// Anything: the result of a call, a map, something computed.
    Open,
    /// Something without members.
    Scalar,
}

struct Templates<'a, 'f> {
    library: &'a Library,
    fields: &'a [FieldDecl],
    earlier: &'a [Call],
    faults: &'f mut Vec<Fault>,
}

impl<'a> Templates<'a, '_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::String(parts) => parts.iter().for_each(|part| {
                if let StringPart::Expr(inner) = part {
                    self.expr(inner);
                }
            }),
            ExprKind::Name(_) | ExprKind::Field(..) => {
                self.shape(expr);
            }
            ExprKind::Call(callee, args) => {
                self.function(callee, args.len());
                match (&callee.kind, args.as_slice()) {
                    // The names in what is made of each are members of the list's records.
                    (ExprKind::Name(name), [list, made]) if name == "each" => {
                        self.expr(&list.value);
                        self.functions(&made.value);
                    }
                    _ => args.iter().for_each(|arg| self.expr(&arg.value)),
                }
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Record(fields) => fields.iter().for_each(|field| self.expr(&field.value)),
            ExprKind::Unary(_, of) => self.expr(of),
            ExprKind::Binary(_, _, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_) => {}
            _ => self.fault(expr.span, "templates have no such expression"),
        }
    }

    /// The functions of a template over a request, whose names are for AWS's models to judge.
    fn functions(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call(callee, args) => {
                self.function(callee, args.len());
                args.iter().for_each(|arg| self.functions(&arg.value));
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.functions(item)),
            ExprKind::Record(fields) => fields.iter().for_each(|field| self.functions(&field.value)),
            ExprKind::Unary(_, of) => self.functions(of),
            ExprKind::Binary(_, _, left, right) => {
                self.functions(left);
                self.functions(right);
            }
            _ => {}
        }
    }

    fn function(&mut self, callee: &Expr, count: usize) {
        let known = match &callee.kind {
            ExprKind::Name(name) => FUNCTIONS.iter().find(|(known, ..)| known == name),
            _ => None,
        };
        if !known.is_some_and(|(_, fewest, most)| (*fewest..=*most).contains(&count)) {
            self.fault(callee.span, "no function of that name takes so many arguments");
        }
    }

    fn shape(&mut self, expr: &Expr) -> Shape<'a> {
        match &expr.kind {
            ExprKind::Name(name) => match self.name(name) {
                Some(shape) => shape,
                None => {
                    self.fault(expr.span, "no field, word or earlier call of that name");
                    Shape::Open
                }
            },
            ExprKind::Field(of, member) => {
                let of = self.shape(of);
                match self.member(&of, &member.name) {
                    Some(shape) => shape,
                    None => {
                        self.fault(member.span, "no member of that name");
                        Shape::Open
                    }
                }
            }
            _ => {
                self.expr(expr);
                Shape::Open
            }
        }
    }

    fn name(&self, name: &str) -> Option<Shape<'a>> {
        if let Some(field) = self.fields.iter().find(|field| field.name == name) {
            return Some(self.of_type(&field.ty));
        }
        match name {
            "parent" | "declaration" | "alerts" => Some(Shape::Resource(None)),
            // Of what watches over a declaration: what AWS calls it.
            "made" => Some(Shape::Open),
            _ if WORDS.contains(&name) => Some(Shape::Scalar),
            _ => self.earlier.iter().any(|call| call.name == name).then_some(Shape::Open),
        }
    }

    fn member(&self, of: &Shape<'a>, name: &str) -> Option<Shape<'a>> {
        match of {
            Shape::Open | Shape::Resource(None) => Some(Shape::Open),
            Shape::Scalar => None,
            Shape::Location => match name {
                "bucket" => Some(Shape::Resource(
                    self.library.kind_named("bucket").map(|id| &*self.library.kind(id).fields),
                )),
                "key" => Some(Shape::Scalar),
                _ => None,
            },
            Shape::Construct(fields) => {
                fields.iter().find(|field| field.name == name).map(|field| self.of_type(&field.ty))
            }
            Shape::Resource(Some(fields)) => match fields.iter().find(|field| field.name == name) {
                Some(field) => Some(self.of_type(&field.ty)),
                None => WORDS.contains(&name).then_some(Shape::Scalar),
            },
        }
    }

    fn of_type(&self, ty: &FieldType) -> Shape<'a> {
        match ty {
            FieldType::Resource(kind) => Shape::Resource(Some(&self.library.kind(*kind).fields)),
            FieldType::Data(Base::Location) => Shape::Location,
            FieldType::Construct(family) => {
                let constructors = self.library.family(*family).constructors.iter();
                Shape::Construct(constructors.flat_map(|id| &self.library.constructor(*id).fields).collect())
            }
            FieldType::Map(_) => Shape::Open,
            _ => Shape::Scalar,
        }
    }

    fn fault(&mut self, span: Span, message: &str) {
        self.faults.push(Fault { span, message: message.to_owned() });
    }
}
