//! Constructors applied, and arguments to the fields that they fill.

use smol_str::SmolStr;

use super::{Context, suggest, types};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{ConstructorId, FamilyId, FieldDecl, FieldType},
    platform::{Construct, Value},
    source::{FileId, Span},
    syntax::ast::{Arg, Expr, ExprKind},
};

impl Context<'_> {
    /// A value of a family: a constructor applied, or what may stand for one.
    pub fn construct(&mut self, file: FileId, expr: &Expr, family: FamilyId) -> Option<Construct> {
        let (name, args): (Option<&SmolStr>, &[Arg]) = match &expr.kind {
            ExprKind::Name(name) => (Some(name), &[]),
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Name(name) => (Some(name), args),
                _ => (None, &[]),
            },
            _ => (None, &[]),
        };
        let library = self.library.clone();
        let known = name.and_then(|name| {
            library.constructors_named(name).iter().find(|id| library.constructor(**id).family == family)
        });
        if let Some(id) = known {
            let constructor = library.constructor(*id);
            let fields = self.arguments(file, args, &constructor.fields, expr.span, &constructor.name)?;
            return Some(Construct { constructor: *id, fields });
        }
        let implicit =
            library.family(family).constructors.iter().find(|id| library.constructor(**id).implicit);
        if let Some(id) = implicit
            && !matches!(expr.kind, ExprKind::Call(..))
        {
            return self.implied(file, expr, *id, &library.constructor(*id).fields);
        }
        self.report_constructor(expr, name, family);
        None
    }

    fn implied(
        &mut self,
        file: FileId,
        expr: &Expr,
        id: ConstructorId,
        fields: &[FieldDecl],
    ) -> Option<Construct> {
        let first = fields.iter().position(FieldDecl::required).unwrap_or_default();
        let mut values = Vec::with_capacity(fields.len());
        for (at, field) in fields.iter().enumerate() {
            values.push(if at == first {
                Some(self.value(file, expr, field)?)
            } else {
                self.default_of(field)
            });
        }
        Some(Construct { constructor: id, fields: values })
    }

    fn report_constructor(&mut self, expr: &Expr, name: Option<&SmolStr>, family: FamilyId) {
        let Some(name) = name else {
            self.wrong_type(expr, &FieldType::Construct(family));
            return;
        };
        let names: Vec<SmolStr> = self
            .library
            .family(family)
            .constructors
            .iter()
            .map(|id| self.library.constructor(*id).name.clone())
            .collect();
        let span = match &expr.kind {
            ExprKind::Call(callee, _) => callee.span,
            _ => expr.span,
        };
        let wanted = types::described(&FieldType::Construct(family), &self.library);
        self.diagnostics.push(unknown_constructor(span, name, &wanted, &names));
    }

    /// Positional and named arguments to the fields that they fill, defaults filled in.
    pub fn arguments(
        &mut self,
        file: FileId,
        args: &[Arg],
        fields: &[FieldDecl],
        span: Span,
        what: &str,
    ) -> Option<Vec<Option<Value>>> {
        let mut values: Vec<Option<Value>> = vec![None; fields.len()];
        let mut given: Vec<Option<Span>> = vec![None; fields.len()];
        let mut whole = true;
        for (position, arg) in args.iter().enumerate() {
            let at = match &arg.name {
                Some(name) => fields.iter().position(|field| field.name == name.name),
                None => Some(position).filter(|at| *at < fields.len()),
            };
            let (Some(field), Some(at)) = (at.and_then(|at| fields.get(at)), at) else {
                let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                self.diagnostics.push(unknown_argument(arg, what, &names));
                whole = false;
                continue;
            };
            if let Some(Some(first)) = given.get(at) {
                self.diagnostics.push(doubled_argument(arg, &field.name, *first));
                whole = false;
                continue;
            }
            let value = self.value(file, &arg.value, field);
            whole &= value.is_some();
            if let (Some(value_slot), Some(given_slot)) = (values.get_mut(at), given.get_mut(at)) {
                *value_slot = value;
                *given_slot = Some(arg.value.span);
            }
        }
        let mut missing: Vec<&str> = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            if matches!(given.get(at), Some(None)) {
                if field.required() {
                    missing.push(field.name.as_str());
                } else if let Some(slot) = values.get_mut(at) {
                    *slot = self.default_of(field);
                }
            }
        }
        if !missing.is_empty() {
            self.diagnostics.push(missing_arguments(span, what, &missing));
            whole = false;
        }
        whole.then_some(values)
    }

    /// The value that a field has when it is not given.
    pub fn default_of(&mut self, field: &FieldDecl) -> Option<Value> {
        let default = field.default.as_ref()?;
        if let Some(known) = self.defaults.get(&field.span) {
            return known.clone();
        }
        let value = self.value(FileId(u32::MAX), default, field);
        self.defaults.insert(field.span, value.clone());
        value
    }
}

/// What other tools call values of the library.
const FOREIGN: &[(&str, &str)] = &[
    ("every", "rate"),
    ("schedule", "cron"),
    ("s3", "file"),
    ("s3_event", "object_created"),
    ("kinesis_stream", "kinesis"),
    ("msk", "kafka"),
    ("topic", "kafka"),
    ("discard", "drop"),
    ("ignore", "drop"),
    ("error", "fail"),
];

fn unknown_constructor(span: Span, name: &str, wanted: &str, names: &[SmolStr]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{wanted} is needed here"),
        format!("`{name}` is none of them"),
    );
    let same =
        FOREIGN.iter().find(|(theirs, ours)| name == *theirs && names.iter().any(|known| known == ours));
    let near = suggest::nearest(name, names.iter().map(SmolStr::as_str));
    match same.map(|(_, ours)| *ours).or(near) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!("write {wanted}")),
    }
}

fn unknown_argument(arg: &Arg, what: &str, names: &[&str]) -> Diagnostic {
    let (span, message) = match &arg.name {
        Some(name) => (name.span, format!("`{what}` has no argument `{}`", name.name)),
        None => (
            arg.value.span,
            format!("`{what}` takes {} argument{}", names.len(), if names.len() == 1 { "" } else { "s" }),
        ),
    };
    let diagnostic = Diagnostic::error(catalogue::BAD_ARGUMENT, span, message, "not taken");
    let word = arg.name.as_ref().map(|name| name.name.as_str()).unwrap_or_default();
    let near = suggest::nearest(word, names.iter().copied());
    let diagnostic = match near {
        Some(near) => diagnostic.fix(span, near),
        None => diagnostic,
    };
    match suggest::did_you_mean(word, names.iter().copied()) {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help("leave it out"),
    }
}

fn doubled_argument(arg: &Arg, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_ARGUMENT,
        arg.value.span,
        format!("`{name}` is given twice"),
        "given again here",
    )
    .related(first, "given here first")
    .help("leave one of them out")
}

fn missing_arguments(span: Span, what: &str, missing: &[&str]) -> Diagnostic {
    let example: Vec<String> = missing.iter().map(|name| format!("{name} = …")).collect();
    Diagnostic::error(
        catalogue::BAD_ARGUMENT,
        span,
        format!("`{what}` needs {}", suggest::listed(missing)),
        "not given",
    )
    .help(format!("write `{what}({})`", example.join(", ")))
}
