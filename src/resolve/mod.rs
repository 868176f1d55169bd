//! Names to ids, expressions to typed values: from the modules' [`ast`](crate::syntax::ast) to one [`Platform`]. Never fails: what can't be
//! resolved is reported and left out.

pub mod account;
pub mod arguments;
mod aws;
mod boundary;
pub mod chosen;
mod collect;
pub mod conditions;
mod cycle;
pub mod fields;
pub mod function;
pub mod grant;
pub mod guardrail;
pub mod item;
mod mend;
pub mod mesh;
pub mod param;
mod pipeline;
pub mod query;
mod recursion;
mod request_value;
pub mod role;
pub mod row_filter;
pub mod schema;
pub mod scope;
pub mod stream;
pub mod tests;
pub mod types;
pub mod value;
mod when;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{
    diagnostic::Diagnostics,
    library::Library,
    platform::{Platform, Project, ResourceId, Value},
    source::{FileId, SourceMap, Span},
    syntax::ast::{self, Item, Module},
};

pub use crate::suggest;
pub use scope::{Meaning, References, Scopes};

/// What every part of the resolver works on.
pub struct Context<'a> {
    /// The texts, for SQL and for names in messages.
    pub sources: &'a SourceMap,
    /// AWS, as the standard library describes it: the platform's own, at hand while the platform changes.
    pub library: Arc<Library>,
    /// What is resolved so far.
    pub platform: &'a mut Platform,
    /// Where faults go.
    pub diagnostics: &'a mut Diagnostics,
    /// What each module's names mean.
    pub scopes: Scopes,
    /// The program's parameters with their values.
    pub params: Vec<param::Param>,
    /// Defaults of the standard library's fields, each evaluated once, by the field's place there.
    defaults: FxHashMap<Span, Option<Value>>,
    /// Patterns of conditions, compiled.
    patterns: FxHashMap<SmolStr, Option<regex::Regex>>,
    /// The pipelines that have an error.
    faulty: Vec<ResourceId>,
}

/// A declaration with the resource it became.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    /// The resource.
    pub id: ResourceId,
    /// Its file.
    pub file: FileId,
    /// Its declaration.
    pub decl: &'a ast::Decl,
}

/// Resolves a whole program. `library_modules` are the standard library's own, whose schemas are known everywhere.
pub fn resolve(
    sources: &SourceMap,
    library: Arc<Library>,
    library_modules: &[Module],
    modules: &[Module],
    project: Project,
    references: References,
    diagnostics: &mut Diagnostics,
) -> Platform {
    let mut platform = Platform { library: Arc::clone(&library), project, ..Platform::default() };
    let found = collect::collect(library_modules, modules, &mut platform, diagnostics);
    let mut scopes = scope::scopes(sources, modules, &found, &platform, diagnostics);
    if references == References::Kept {
        scopes.keep_references();
    }
    let mut context = Context {
        sources,
        library,
        platform: &mut platform,
        diagnostics,
        scopes,
        params: Vec::new(),
        defaults: FxHashMap::default(),
        patterns: FxHashMap::default(),
        faulty: Vec::new(),
    };
    context.unread(modules);
    context.params(&found.params);
    context.accounts(&found.resources);
    context.places(&found.resources);
    context.schemas(&found.schemas);
    context.break_circles();
    context.fields(&found.resources);
    context.names_in_aws();
    context.boundaries(&found.resources);
    context.roles(&found.resources);
    context.functions(&found.resources);
    context.domains(&found.resources);
    context.item_tables(&found.resources);
    context.streams(&found.resources);
    context.queries(&found.resources);
    context.guardrails(&found.resources);
    context.pipelines(&found.resources);
    for module in modules {
        context.sentences(module);
    }
    context.sort_sentences();
    context.tests(&found.tests);
    context.scopes.report_unused(sources, context.diagnostics);
    let references = context.scopes.references();
    platform.references = references;
    platform
}

impl Context<'_> {
    /// Notes what could not be read, so that nobody is blamed for what stands there.
    fn unread(&mut self, modules: &[Module]) {
        modules.iter().flat_map(|module| &module.lost).for_each(|lost| self.lose(*lost));
        if self.diagnostics.is_empty() {
            return;
        }
        for item in modules.iter().flat_map(|module| &module.items) {
            if let Item::Decl(decl) = item
                && self.diagnostics.has_syntax_error_within(decl.span)
            {
                self.platform.unread.push(decl.span);
            }
        }
    }

    /// Notes what a sentence speaks of that is not understood.
    fn lose(&mut self, sentence: Span) {
        let words =
            self.sources.text(sentence).split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let words = words.filter(|word| !word.is_empty()).map(SmolStr::new);
        self.platform.lost_words.extend(words);
        self.platform.lost_words.sort_unstable();
        self.platform.lost_words.dedup();
    }

    /// Notes what a grant was to be on, of which something is reported.
    fn half_granted(&mut self, file: FileId, grant: &ast::Grant) {
        let path = grant.on.as_ref().and_then(scope::as_path);
        match path.and_then(|path| self.quiet(file, &path)) {
            Some(Meaning::Resource(id)) => self.platform.half_granted.push(id),
            _ => self.lose(grant.span),
        }
    }

    fn sentences(&mut self, module: &Module) {
        for item in &module.items {
            let said = self.diagnostics.len();
            match item {
                Item::Decl(_) => {}
                Item::Grant(grant) => {
                    self.grant(module.file, grant);
                    if self.diagnostics.len() > said {
                        self.half_granted(module.file, grant);
                    }
                }
                Item::Share(share) => self.share(module.file, share),
                Item::Assert(assert) => self.assertion(module.file, assert),
            }
        }
    }
}

pub(crate) fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
