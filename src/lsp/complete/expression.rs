//! What stands in a pipeline's expressions: what is bound before, functions of the program, of AWS and of the language.

use lsp_types::{CompletionItem, CompletionItemKind};

use super::offer::{Scope, item, with_snippet};
use crate::lsp::{context::Context, show};
use crate::syntax::lex::{self, Kind};

impl Scope<'_> {
    /// Everything that an expression may name.
    pub(super) fn expression(&self, context: &Context<'_>) -> Vec<CompletionItem> {
        let mut items: Vec<CompletionItem> = bound(context)
            .into_iter()
            .map(|name| CompletionItem {
                sort_text: Some(format!("0{name}")),
                ..item(name, CompletionItemKind::VARIABLE, "bound here", None)
            })
            .collect();
        items.extend(self.functions());
        for function in &self.library.pipeline_functions {
            let detail = show::function(function);
            let new = item(&function.name, CompletionItemKind::FUNCTION, &detail, function.doc.as_deref());
            items.push(with_snippet(new, &format!("{}($1)", function.name)));
        }
        items.extend(self.integrations(false));
        items.extend(self.resources(|kind| kind != "function"));
        items
    }

    /// The functions that the program declares, with their types.
    fn functions(&self) -> Vec<CompletionItem> {
        let Some(snapshot) = self.snapshot else { return Vec::new() };
        let platform = &snapshot.analysis.platform;
        let one = |function: &crate::platform::Function| {
            let resource = platform.resource(function.resource);
            let detail = show::declared_function(platform, function);
            let new = item(&resource.name, CompletionItemKind::FUNCTION, &detail, resource.doc.as_deref());
            with_snippet(new, &format!("{}($1)", resource.name))
        };
        platform.functions.iter().map(one).collect()
    }

    /// Integrations: values behind a function's `=`, or statements of their own.
    pub(super) fn integrations(&self, declared: bool) -> Vec<CompletionItem> {
        let those = self.library.integrations.iter().filter(|one| one.declared == declared);
        let one = |integration: &crate::library::Integration| {
            let detail = show::parameters(self.library, &integration.params);
            let doc = integration.doc.as_deref();
            let new = item(&integration.name, CompletionItemKind::FUNCTION, &detail, doc);
            with_snippet(new, &format!("{}($1)", integration.name))
        };
        those.map(one).collect()
    }
}

/// Parameters, and what `let`, `for` and `catch` bind before the place.
fn bound<'t>(context: &Context<'t>) -> Vec<&'t str> {
    let start = context.frames.first().map_or(context.at, |frame| frame.start);
    let inside = context.frames.first().map_or(start, |frame| frame.inside);
    let (mut before, mut last) = ("", "");
    let mut names: Vec<&str> = Vec::new();
    for token in lex::tokens(context.text, start..context.at) {
        let text = token.text(context.text);
        let own = token.range.start >= context.start;
        let binds = !own && token.kind == Kind::Word && matches!(last, "let" | "for" | "catch");
        let param = text == ":" && token.range.start < inside && matches!(before, "(" | ",");
        if binds && !names.contains(&text) {
            names.push(text);
        }
        if param && !names.contains(&last) {
            names.push(last);
        }
        if token.counts() {
            (before, last) = (last, text);
        }
    }
    names
}
