//! What pipelines call.

use super::{Context, Declared, index, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::Library,
    platform::{Function, Location, ValueKind, resource::Noun, value::IntegrationUse},
    source::Span,
    syntax::ast::{Expr, ExprKind},
};

impl Context<'_> {
    pub(super) fn functions(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name != "function" {
                continue;
            }
            let params = self.columns(declared.file, declared.decl.params.as_deref().unwrap_or_default());
            let result = declared.decl.result.as_ref().map(|ty| self.data_type(declared.file, ty));
            let Some(integration) = self.integration(declared) else { continue };
            let written = declared.decl.value.as_ref().map_or(declared.decl.span, |value| value.span);
            let allowed = self.allowed(&integration, written);
            let function = Function {
                resource: declared.id,
                params,
                result,
                integration,
                allowed,
                reads: self.locations(declared, "reads"),
                writes: self.locations(declared, "writes"),
            };
            let noun = Noun::Function(index(self.platform.functions.len()));
            self.platform.functions.push(function);
            self.set_noun(declared, noun);
        }
    }

    fn integration(&mut self, declared: &Declared<'_>) -> Option<IntegrationUse> {
        let Some(value) = &declared.decl.value else {
            let span = self.platform.resource(declared.id).span;
            self.diagnostics.push(without_integration(span));
            return None;
        };
        let library = self.library.clone();
        let (name, args) = match &value.kind {
            ExprKind::Call(callee, args) => (callee.as_ref(), args.as_slice()),
            ExprKind::Error => return None,
            _ => (value, [].as_slice()),
        };
        let known = match &name.kind {
            ExprKind::Name(word) => {
                library.integration_named(word).filter(|id| library.integration(*id).declared)
            }
            _ => None,
        };
        let Some(id) = known else {
            self.diagnostics.push(unknown_integration(name, &library));
            return None;
        };
        let integration = library.integration(id);
        let fields =
            self.arguments(declared.file, args, &integration.params, value.span, &integration.name)?;
        Some(IntegrationUse { integration: id, fields })
    }

    fn locations(&self, declared: &Declared<'_>, field: &str) -> Vec<(Location, Span)> {
        let Some(ValueKind::List(items)) = self.platform.field(declared.id, field).map(|value| &value.kind)
        else {
            return Vec::new();
        };
        let places = items.iter().filter_map(|item| match &item.kind {
            ValueKind::Location(location) => Some((location.clone(), item.span)),
            _ => None,
        });
        places.collect()
    }
}

fn without_integration(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "a function says what runs it", "run by what?")
        .help("add it behind its signature: `= lambda(\"function-name\")`")
}

fn unknown_integration(name: &Expr, library: &Library) -> Diagnostic {
    let word = match &name.kind {
        ExprKind::Name(word) => word.as_str(),
        _ => "",
    };
    let names: Vec<&str> =
        library.integrations.iter().filter(|one| one.declared).map(|one| one.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::UNRESOLVED,
        name.span,
        format!("nothing called `{word}` can run a function"),
        "not known",
    );
    match (suggest::nearest(word, names.iter().copied()), suggest::did_you_mean(word, names)) {
        (Some(near), Some(help)) => diagnostic.fix(name.span, near).help(help),
        (_, Some(help)) => diagnostic.help(help),
        _ => diagnostic.help("write `lambda(\"function-name\")`"),
    }
}
