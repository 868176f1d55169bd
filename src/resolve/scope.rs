//! What each module's names mean: its own declarations, those of the modules it uses, and the library's record types.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    Context,
    collect::Found,
    cycle::{cyclic_use, report_cycles},
    index, suggest,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::Place,
    platform::{Platform, Reference, ResourceId, SchemaId},
    source::{FileId, SourceMap, Span},
    syntax::ast::{Decl, Expr, ExprKind, Ident, Module, Path, Use},
};

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// A declared resource.
    Resource(ResourceId),
    /// A record type.
    Schema(SchemaId),
    /// A parameter, by index into [`Context::params`].
    Param(u32),
    /// A label of the program's own.
    Label,
    /// A declaration that is reported already.
    Broken,
}

/// The names of all modules.
#[derive(Debug, Default)]
pub struct Scopes {
    modules: FxHashMap<FileId, Scope>,
    /// What stands inside a declaration, by that and its name.
    children: FxHashMap<(ResourceId, SmolStr), (Meaning, Span)>,
    library: FxHashMap<SmolStr, SchemaId>,
    /// Every name that was found, with the declaration that it means, where they are wanted.
    references: Option<RefCell<Vec<Reference>>>,
}

/// Whether it is kept where each name is written: an editor asks for it, and nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// It is in [`Platform::references`].
    Kept,
    /// That list stays empty.
    Dropped,
}

/// The names of one module.
#[derive(Debug, Default)]
struct Scope {
    own: FxHashMap<SmolStr, (Meaning, Span)>,
    /// Whether a `use` line leads nowhere, so that any name may be one that it was to bring in.
    incomplete: bool,
    uses: Vec<UseScope>,
    /// By each name that a `use` line without an alias lists, those lines by their places.
    listing: FxHashMap<SmolStr, Vec<usize>>,
    /// The `use` lines with neither an alias nor a list.
    open: Vec<usize>,
}

impl Scope {
    fn set_uses(&mut self, uses: Vec<UseScope>) {
        for (at, line) in uses.iter().enumerate().filter(|(_, line)| line.alias.is_none()) {
            match &line.names {
                None => self.open.push(at),
                Some(names) => names
                    .iter()
                    .for_each(|(name, _)| self.listing.entry(name.name.clone()).or_default().push(at)),
            }
        }
        self.uses = uses;
    }

    /// The `use` lines without an alias that could bring in a name, in their order.
    fn bringing(&self, name: &SmolStr) -> impl Iterator<Item = &UseScope> {
        let mut listing = self.listing.get(name).map_or(&[][..], Vec::as_slice).iter().peekable();
        let mut open = self.open.iter().peekable();
        let next = move || match (listing.peek(), open.peek()) {
            (Some(first), Some(second)) if second < first => open.next(),
            (Some(_), _) => listing.next(),
            (None, _) => open.next(),
        };
        std::iter::from_fn(next).filter_map(|at| self.uses.get(*at))
    }
}

/// A module used.
#[derive(Debug)]
pub(super) struct UseScope {
    pub(super) target: FileId,
    pub(super) module: SmolStr,
    alias: Option<SmolStr>,
    names: Option<Vec<(Ident, Cell<bool>)>>,
    pub(super) span: Span,
    pub(super) used: Cell<bool>,
}

/// Builds the scopes of all modules and reports what is wrong with their `use` lines and doubled names.
pub fn scopes(
    sources: &SourceMap,
    modules: &[Module],
    found: &Found<'_>,
    platform: &Platform,
    diagnostics: &mut Diagnostics,
) -> Scopes {
    let mut scopes = Scopes { library: found.library_schemas.clone(), ..Scopes::default() };
    for module in modules {
        scopes.modules.insert(module.file, Scope::default());
    }
    for (file, name, meaning) in declarations(found) {
        scopes.declare(file, name, meaning, platform, diagnostics);
    }
    let by_name: FxHashMap<&str, FileId> = sources
        .files()
        .filter(|(_, file)| !file.library)
        .map(|(id, file)| (file.module.as_str(), id))
        .collect();
    for module in modules {
        let uses = module
            .uses
            .iter()
            .filter_map(|line| scopes.use_line(module.file, line, &by_name, diagnostics))
            .collect();
        if let Some(scope) = scopes.modules.get_mut(&module.file) {
            scope.set_uses(uses);
        }
    }
    report_cycles(modules, &scopes, diagnostics);
    scopes
}

/// Every named declaration that can be referred to with its meaning, in source order, so that of two the later one is the doubled one.
fn declarations<'a>(found: &Found<'a>) -> Vec<(FileId, &'a Ident, Meaning)> {
    let mut all: Vec<(FileId, &Ident, Meaning)> = Vec::new();
    let mut add = |file: FileId, decl: &'a Decl, meaning: Meaning| {
        all.extend(decl.name.as_ref().map(|name| (file, name, meaning)));
    };
    for declared in &found.resources {
        add(declared.file, declared.decl, Meaning::Resource(declared.id));
    }
    for (id, file, decl) in &found.schemas {
        add(*file, decl, Meaning::Schema(*id));
    }
    for (at, (file, decl)) in found.params.iter().enumerate() {
        add(*file, decl, Meaning::Param(index(at)));
    }
    for (file, decl) in &found.labels {
        add(*file, decl, Meaning::Label);
    }
    for (file, decl) in &found.broken {
        add(*file, decl, Meaning::Broken);
    }
    all.sort_by_key(|(_, name, _)| name.span);
    all
}

impl Scopes {
    fn declare(
        &mut self,
        file: FileId,
        name: &Ident,
        meaning: Meaning,
        platform: &Platform,
        diagnostics: &mut Diagnostics,
    ) {
        let parent = match meaning {
            Meaning::Resource(id) => scoping_parent(platform, id),
            _ => None,
        };
        let before = match parent {
            Some(parent) => self.children.insert((parent, name.name.clone()), (meaning, name.span)),
            None => match self.modules.get_mut(&file) {
                Some(scope) => scope.own.insert(name.name.clone(), (meaning, name.span)),
                None => None,
            },
        };
        if let Some((_, first)) = before {
            diagnostics.push(duplicate(name, first));
        }
    }

    fn use_line(
        &mut self,
        file: FileId,
        line: &Use,
        modules: &FxHashMap<&str, FileId>,
        diagnostics: &mut Diagnostics,
    ) -> Option<UseScope> {
        let module = dotted(&line.path);
        let Some(target) = modules.get(module.as_str()).copied() else {
            diagnostics.push(unknown_module(&line.path, &module, modules));
            self.break_names(file, line);
            return None;
        };
        if target == file {
            diagnostics.push(cyclic_use(line.span, &module, &[]));
            return None;
        }
        let own = self.modules.get(&target).map(|scope| &scope.own);
        for name in line.names.iter().flatten() {
            if let Some((_, span)) = own.and_then(|own| own.get(&name.name)) {
                self.refer(name, *span);
            } else if let Some(own) = own {
                let near = suggest::nearest(&name.name, own.keys().map(SmolStr::as_str));
                diagnostics.push(unresolved(&name.name, name.span, &module, near));
            }
        }
        let missing: Vec<&Ident> = line
            .names
            .iter()
            .flatten()
            .filter(|name| own.is_some_and(|own| !own.contains_key(&name.name)))
            .collect();
        let names = line.names.as_ref().map(|names| {
            names.iter().map(|name| (name.clone(), Cell::new(missing.contains(&name)))).collect()
        });
        if let Some(scope) = self.modules.get_mut(&file) {
            for name in missing {
                scope.own.entry(name.name.clone()).or_insert((Meaning::Broken, name.span));
            }
        }
        let alias = line.alias.as_ref().map(|alias| alias.name.clone());
        Some(UseScope {
            target,
            module: SmolStr::new(module),
            alias,
            names,
            span: line.span,
            used: Cell::new(false),
        })
    }

    /// What a `use` line of no module would bring in means nothing, silently: the line is reported.
    fn break_names(&mut self, file: FileId, line: &Use) {
        let Some(scope) = self.modules.get_mut(&file) else { return };
        let first = line.path.parts.first().filter(|_| line.alias.is_none() && line.names.is_none());
        scope.incomplete |= first.is_some();
        for name in line.names.iter().flatten().chain(&line.alias).chain(first) {
            scope.own.entry(name.name.clone()).or_insert((Meaning::Broken, name.span));
        }
    }

    /// What the path's first names mean, and how many of them were taken. Reports nothing.
    fn find(&self, file: FileId, path: &Path) -> Result<(Meaning, usize), Miss> {
        let (Some(scope), Some(first)) = (self.modules.get(&file), path.parts.first()) else {
            return Err(Miss::Unknown);
        };
        let (meaning, mut taken) = match scope.own.get(&first.name) {
            Some((meaning, span)) => {
                self.refer(first, *span);
                (*meaning, 1)
            }
            None => self.find_used(scope, path)?,
        };
        let mut meaning = meaning;
        while let (Meaning::Resource(id), Some(part)) = (meaning, path.parts.get(taken)) {
            match self.children.get(&(id, part.name.clone())) {
                Some((child, span)) => {
                    self.refer(part, *span);
                    meaning = *child;
                }
                None => break,
            }
            taken += 1;
        }
        Ok((meaning, taken))
    }

    fn find_used(&self, scope: &Scope, path: &Path) -> Result<(Meaning, usize), Miss> {
        let Some(first) = path.parts.first() else { return Err(Miss::Unknown) };
        let mut hits: Vec<(Meaning, &SmolStr, Span)> = Vec::new();
        for line in scope.bringing(&first.name) {
            if let Some((meaning, span)) = self.offered(line, &first.name)
                && !hits.iter().any(|(known, ..)| *known == meaning)
            {
                hits.push((meaning, &line.module, span));
            }
        }
        match hits.as_slice() {
            [(meaning, _, span)] => {
                self.refer(first, *span);
                return Ok((*meaning, 1));
            }
            [] => {}
            several => {
                return Err(Miss::Ambiguous(
                    several.iter().map(|(_, module, _)| (*module).clone()).collect(),
                ));
            }
        }
        if let Some(hit) = self.qualified(scope, path) {
            return Ok(hit);
        }
        match self.library.get(&first.name) {
            Some(schema) => Ok((Meaning::Schema(*schema), 1)),
            None => Err(Miss::Unknown),
        }
    }

    /// What a `use` line offers under a name without qualification.
    fn offered(&self, line: &UseScope, name: &SmolStr) -> Option<(Meaning, Span)> {
        if let Some(names) = &line.names {
            let (_, used) = names.iter().find(|(known, _)| known.name == *name)?;
            used.set(true);
        }
        let found = self.modules.get(&line.target)?.own.get(name)?;
        line.used.set(true);
        Some(*found)
    }

    /// `acc.prod` through an alias, `mesh.sales.customers` through a module's own name.
    fn qualified(&self, scope: &Scope, path: &Path) -> Option<(Meaning, usize)> {
        for line in &scope.uses {
            let name = line.alias.as_ref().unwrap_or(&line.module);
            let depth = name.split('.').count();
            let matches = path.parts.len() > depth
                && path.parts.iter().zip(name.split('.')).all(|(part, word)| part.name == word);
            if matches && let Some(part) = path.parts.get(depth) {
                let (meaning, span) = self.modules.get(&line.target)?.own.get(&part.name)?;
                self.refer(part, *span);
                line.used.set(true);
                return Some((*meaning, depth + 1));
            }
        }
        None
    }

    fn refer(&self, name: &Ident, to: Span) {
        if let Some(references) = &self.references {
            references.borrow_mut().push(Reference { at: name.span, to });
        }
    }

    /// Keeps from here on where each name is written.
    pub(super) fn keep_references(&mut self) {
        self.references = Some(RefCell::default());
    }

    /// Every name that was found, in the order of the places, each once; none where they are not kept.
    pub(super) fn references(&self) -> Vec<Reference> {
        let mut references = self.references.as_ref().map(RefCell::take).unwrap_or_default();
        references.sort_unstable();
        references.dedup();
        references
    }

    /// All names that can be written in a module without qualification.
    fn visible(&self, file: FileId) -> Vec<&str> {
        let Some(scope) = self.modules.get(&file) else { return Vec::new() };
        let mut names: Vec<&str> = scope.own.keys().map(SmolStr::as_str).collect();
        for line in scope.uses.iter().filter(|line| line.alias.is_none()) {
            match &line.names {
                Some(listed) => names.extend(listed.iter().map(|(name, _)| name.name.as_str())),
                None => names.extend(
                    self.modules
                        .get(&line.target)
                        .into_iter()
                        .flat_map(|used| used.own.keys().map(SmolStr::as_str)),
                ),
            }
        }
        names.extend(self.library.keys().map(SmolStr::as_str));
        names.sort_unstable();
        names
    }

    /// Whether some module declares a name, or this one's names are not all known.
    pub(super) fn knows(&self, file: FileId, name: &SmolStr) -> bool {
        self.incomplete(file) || self.modules.values().any(|scope| scope.own.contains_key(name))
    }

    /// Whether a module's names are not all known, since a `use` line of it leads nowhere.
    pub(super) fn incomplete(&self, file: FileId) -> bool {
        self.modules.get(&file).is_some_and(|scope| scope.incomplete)
    }

    /// The modules that a module uses.
    pub(super) fn uses_of(&self, file: FileId) -> &[UseScope] {
        self.modules.get(&file).map_or(&[], |scope| scope.uses.as_slice())
    }

    /// The names of what stands inside a declaration.
    fn children_of(&self, parent: ResourceId) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.children.keys().filter(|(of, _)| *of == parent).map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The module other than this one that declares a name, for the help of an unresolved one.
    fn elsewhere(&self, file: FileId, name: &SmolStr, sources: &SourceMap) -> Option<String> {
        let mut modules: Vec<&str> = self
            .modules
            .iter()
            .filter(|(id, scope)| **id != file && scope.own.contains_key(name))
            .filter_map(|(id, _)| sources.file(*id).map(|file| file.module.as_str()))
            .collect();
        modules.sort_unstable();
        modules.first().map(|module| (*module).to_owned())
    }

    /// Warns of every `use` line, and every name in one, that nothing needed. In a module with an error, what is wrong may be what needed it.
    pub fn report_unused(&self, sources: &SourceMap, diagnostics: &mut Diagnostics) {
        let whole = |file: &FileId| {
            sources.file(*file).is_some_and(|file| !diagnostics.has_error_within(file.span()))
        };
        let mut files: Vec<(&FileId, &Scope)> = self.modules.iter().filter(|(file, _)| whole(file)).collect();
        files.sort_by_key(|(file, _)| **file);
        for line in files.iter().flat_map(|(_, scope)| &scope.uses) {
            let unused_names = line.names.iter().flatten().filter(|(_, used)| !used.get());
            if !line.used.get() {
                diagnostics.push(unused_use(line.span, &line.module).fix(line.span, ""));
            } else {
                for (name, _) in unused_names {
                    let listed = line.names.iter().flatten().map(|(name, _)| name.span);
                    let with_comma = in_list(name.span, listed);
                    diagnostics.push(unused_use(name.span, &name.name).fix(with_comma, ""));
                }
            }
        }
    }
}

/// Why a name means nothing.
enum Miss {
    Unknown,
    Ambiguous(Vec<SmolStr>),
}

impl Context<'_> {
    /// What a path means; reports where it means nothing, or more than one thing, or goes on behind what it means.
    pub fn lookup(&mut self, file: FileId, path: &Path) -> Option<Meaning> {
        self.lookup_as(file, path, &|_, _| true)
    }

    /// As [`Self::lookup`], where only some names can be meant: none but those are proposed for a name that means nothing.
    pub(super) fn lookup_as(
        &mut self,
        file: FileId,
        path: &Path,
        wanted: &dyn Fn(&Platform, Meaning) -> bool,
    ) -> Option<Meaning> {
        match self.scopes.find(file, path) {
            Ok((Meaning::Broken, _)) => None,
            Ok((meaning, taken)) if taken == path.parts.len() => Some(meaning),
            Ok((meaning, taken)) => {
                self.report_rest(file, path, meaning, taken);
                None
            }
            Err(Miss::Ambiguous(modules)) => {
                self.diagnostics.push(ambiguous(path, &modules));
                None
            }
            Err(Miss::Unknown) => {
                self.report_unknown(file, path, wanted);
                None
            }
        }
    }

    /// What a path means if it means anything; reports nothing.
    pub fn peek(&self, file: FileId, path: &Path) -> Option<Meaning> {
        self.scopes
            .find(file, path)
            .ok()
            .filter(|(_, taken)| *taken == path.parts.len())
            .map(|(meaning, _)| meaning)
    }

    /// As [`Self::peek`], of a name that nobody wrote: it is no reference.
    pub(super) fn quiet(&self, file: FileId, path: &Path) -> Option<Meaning> {
        let kept = self.scopes.references.as_ref().map(|references| references.borrow().len());
        let found = self.peek(file, path);
        if let (Some(references), Some(kept)) = (&self.scopes.references, kept) {
            references.borrow_mut().truncate(kept);
        }
        found
    }

    /// What a name means in a module, whether anybody wrote it or not.
    pub(super) fn means(&self, file: FileId, name: &str) -> Option<Meaning> {
        let span = Span::new(0, 0);
        let parts = vec![Ident { name: SmolStr::new(name), span }];
        self.quiet(file, &Path { parts, span })
    }

    /// The resource of that kind which a path names; reports where it names anything else.
    pub fn resource(&mut self, file: FileId, path: &Path, kind: &str) -> Option<ResourceId> {
        let meaning = self.lookup_as(file, path, &|platform, meaning| match meaning {
            Meaning::Resource(id) => platform.kind_of(id).name == kind,
            _ => false,
        })?;
        if let Meaning::Resource(id) = meaning
            && self.platform.kind_of(id).name == kind
        {
            return Some(id);
        }
        let (actual, span) = self.described(meaning);
        let diagnostic = wrong_kind(path, kind, &actual, span);
        let diagnostic = match self.counterpart(file, meaning, kind) {
            Some(meant) => {
                diagnostic.help(format!("did you mean the `{kind}` `{meant}`?")).fix(path.span, meant)
            }
            None => diagnostic,
        };
        self.diagnostics.push(diagnostic);
        None
    }

    /// What a meaning is in words, and where it is declared.
    pub(super) fn described(&self, meaning: Meaning) -> (String, Option<Span>) {
        match meaning {
            Meaning::Resource(id) => {
                (format!("`{}`", self.platform.kind_of(id).name), Some(self.platform.resource(id).span))
            }
            Meaning::Schema(id) => ("`schema`".to_owned(), Some(self.platform.schema(id).span)),
            Meaning::Param(_) => ("`param`".to_owned(), None),
            Meaning::Label => ("`label`".to_owned(), None),
            Meaning::Broken => ("declaration".to_owned(), None),
        }
    }

    fn report_unknown(&mut self, file: FileId, path: &Path, wanted: &dyn Fn(&Platform, Meaning) -> bool) {
        let Some(first) = path.parts.first().filter(|_| !self.scopes.incomplete(file)) else { return };
        let named = |name: &&str| {
            path.parts.len() > 1
                || self.means(file, name).is_some_and(|meaning| wanted(self.platform, meaning))
        };
        let visible = self.scopes.visible(file);
        let near = suggest::all_near(&first.name, visible).into_iter().find(named);
        let mut diagnostic = unresolved(&first.name, first.span, "this module", near);
        if let Some(module) = self.scopes.elsewhere(file, &first.name, self.sources) {
            let (at, line) = self.new_use(file, &module);
            diagnostic = diagnostic.help(format!("`{module}` declares it: add `use {module}`")).fix(at, line);
        } else if let Some(account) = self.platform.accounts.iter().find(|account| account.id == first.name) {
            let name = account.name.to_string();
            diagnostic =
                diagnostic.help(format!("`{name}` has this id: write `{name}`")).fix(path.span, name);
        } else if path.parts.len() == 1
            && let Some(inner) = self.inner(file, &first.name)
        {
            diagnostic = diagnostic.help(format!("did you mean `{inner}`?")).fix(first.span, inner);
        }
        self.diagnostics.push(diagnostic);
    }

    /// Where a `use` line of a module goes, and how it reads there: behind those that there are, else at the top.
    fn new_use(&self, file: FileId, module: &str) -> (Span, String) {
        let last = self.scopes.uses_of(file).iter().map(|line| line.span.end).max();
        match last {
            Some(end) => (Span::new(end, end), format!("\nuse {module}")),
            None => {
                let start = self.sources.file(file).map_or(0, |file| file.span().start);
                (Span::new(start, start), format!("use {module}\n\n"))
            }
        }
    }

    /// What was meant by a path whose beginning has nothing of that name in it: the rest alone, or a folder of a bucket.
    fn meant_by_rest(&self, file: FileId, path: &Path, meaning: Meaning, taken: usize) -> Option<String> {
        let rest = path.parts.get(taken..)?;
        let span = rest.first()?.span;
        let alone = Path { parts: rest.to_vec(), span };
        if let (Meaning::Resource(id), [folder]) = (meaning, rest)
            && self.platform.kind_of(id).name == "bucket"
        {
            let bucket = path.parts.get(..taken)?.to_vec();
            return Some(format!("{} / \"{}\"", dotted(&Path { parts: bucket, span }), folder.name));
        }
        self.quiet(file, &alone).map(|_| dotted(&alone))
    }

    fn report_rest(&mut self, file: FileId, path: &Path, meaning: Meaning, taken: usize) {
        let Some(part) = path.parts.get(taken) else { return };
        let (what, span) = self.described(meaning);
        let children = match meaning {
            Meaning::Resource(id) => self.scopes.children_of(id),
            _ => Vec::new(),
        };
        let name = path.parts.get(taken.saturating_sub(1)).map(|part| part.name.as_str()).unwrap_or_default();
        let mut diagnostic = Diagnostic::error(
            catalogue::UNRESOLVED,
            part.span,
            format!("the {what} `{name}` has no `{}`", part.name),
            "not declared in it",
        );
        if let Some(near) = suggest::nearest(&part.name, children.iter().copied()) {
            diagnostic = diagnostic.fix(part.span, near);
        }
        if let Some(help) = suggest::did_you_mean(&part.name, children) {
            diagnostic = diagnostic.help(help);
        }
        if diagnostic.fix.is_none()
            && let Some(meant) = self.meant_by_rest(file, path, meaning, taken)
        {
            diagnostic = diagnostic.help(format!("write `{meant}`")).fix(path.span, meant);
        }
        if let Some(span) = span {
            diagnostic = diagnostic.related(span, format!("`{name}` is declared here"));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// The declaration under whose name this one is found, where it is not found under the module's.
fn scoping_parent(platform: &Platform, id: ResourceId) -> Option<ResourceId> {
    let resource = platform.resource(id);
    match platform.kind_of(id).place {
        Place::Inside(_) => resource.parent,
        _ => None,
    }
}

/// An expression that is a path: `a.b.c`.
pub fn as_path(expr: &Expr) -> Option<Path> {
    match &expr.kind {
        ExprKind::Name(name) => {
            Some(Path { parts: vec![Ident { name: name.clone(), span: expr.span }], span: expr.span })
        }
        ExprKind::Field(of, name) => {
            let mut path = as_path(of)?;
            path.parts.push(name.clone());
            path.span = expr.span;
            Some(path)
        }
        _ => None,
    }
}

/// A path as it was written.
pub fn dotted(path: &Path) -> String {
    let parts: Vec<&str> = path.parts.iter().map(|part| part.name.as_str()).collect();
    parts.join(".")
}

pub(super) fn duplicate(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::DUPLICATE,
        name.span,
        format!("`{}` is declared twice", name.name),
        "declared again here",
    )
    .related(first, "declared here first")
    .help("give one of them another name")
}

fn unknown_module(path: &Path, module: &str, modules: &FxHashMap<&str, FileId>) -> Diagnostic {
    let mut names: Vec<&str> = modules.keys().copied().collect();
    names.sort_unstable();
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_MODULE,
        path.span,
        format!("there is no module `{module}`"),
        "no such file",
    );
    match (
        suggest::nearest(module, names.iter().copied()),
        suggest::did_you_mean(module, names.iter().copied()),
    ) {
        (Some(near), Some(help)) => diagnostic.fix(path.span, near).help(help),
        (_, Some(help)) => diagnostic.help(help),
        _ => {
            diagnostic.help("a module is a file below the program's folder: `mesh/sales.dpl` is `mesh.sales`")
        }
    }
}

fn unresolved(name: &str, span: Span, place: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        format!("there is no `{name}` in {place}"),
        "not declared",
    );
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help("declare it, or add the `use` line of the module that does"),
    }
}

fn ambiguous(path: &Path, modules: &[SmolStr]) -> Diagnostic {
    let name = path.parts.first().map(|part| part.name.clone()).unwrap_or_default();
    let mut modules: Vec<&SmolStr> = modules.iter().collect();
    modules.sort_unstable();
    let first = modules.first().map(|module| module.as_str()).unwrap_or_default();
    Diagnostic::error(
        catalogue::AMBIGUOUS,
        path.span,
        format!("`{name}` is declared in {}", suggest::listed(&modules)),
        "which one?",
    )
    .help(format!(
        "write `{first}.{name}`, or name what is wanted in the `use` line: `use {first}.{{{name}}}`"
    ))
}

fn wrong_kind(path: &Path, wanted: &str, actual: &str, declared: Option<Span>) -> Diagnostic {
    let name = dotted(path);
    let diagnostic = Diagnostic::error(
        catalogue::WRONG_KIND_OF_NAME,
        path.span,
        format!(
            "`{name}` is {} {actual}, and {} `{wanted}` is needed",
            suggest::article(actual),
            suggest::article(wanted)
        ),
        format!("no `{wanted}`"),
    )
    .help(format!("name {} `{wanted}`", suggest::article(wanted)));
    match declared {
        Some(span) => diagnostic.related(span, format!("`{name}` is declared here")),
        None => diagnostic,
    }
}

/// A name in a list with the comma that goes with it.
fn in_list(name: Span, list: impl Iterator<Item = Span>) -> Span {
    let mut before = None;
    for one in list {
        if one.start > name.start {
            return Span::new(name.start, one.start);
        }
        if one.start < name.start {
            before = Some(one);
        }
    }
    Span::new(before.map_or(name.start, |before| before.end), name.end)
}

fn unused_use(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::UNUSED_USE, span, format!("nothing here needs `{name}`"), "not needed")
        .help("leave it out")
}
