//! A program's texts and trees. After a change only the changed file is read again; resolving, checking and proving run over all trees.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::Analysis;
use crate::diagnostic::Diagnostics;
use crate::platform::{Project, Reference, ResourceId, SchemaId};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::{self, ast::Module};

/// Bytes that a file may grow before the program is read anew.
const ROOM: usize = 16 * 1024;

/// A program in an editor.
#[derive(Debug)]
pub struct Workspace {
    sources: SourceMap,
    /// By path.
    files: FxHashMap<String, FileId>,
    modules: Vec<Module>,
    said: Vec<Diagnostics>,
    project: Project,
}

/// One text of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its path.
    pub path: String,
    /// Its module's name.
    pub module: String,
    /// What it says.
    pub text: String,
}

impl Workspace {
    /// Reads a program.
    pub fn new(texts: Vec<Text>, project: Project) -> Self {
        let mut workspace = Self {
            sources: crate::sources(),
            files: FxHashMap::default(),
            modules: Vec::new(),
            said: Vec::new(),
            project,
        };
        for text in texts {
            workspace.add(text);
        }
        workspace
    }

    fn add(&mut self, text: Text) {
        let room = text.text.len() + ROOM;
        let id = self.sources.add(text.path.as_str(), text.module, text.text, false);
        self.sources.reserve(room);
        self.files.insert(text.path, id);
        let (module, said) = read(&self.sources, id);
        self.modules.push(module);
        self.said.push(said);
    }

    /// Puts a text in the place of the one at its path, or adds it.
    pub fn put(&mut self, text: Text) {
        match self.files.get(&text.path).copied() {
            Some(id) if self.sources.file(id).is_some_and(|file| file.text == text.text) => {}
            Some(id) if self.sources.replace(id, text.text.as_str()) => {
                let (module, said) = read(&self.sources, id);
                let place = self.modules.iter().position(|module| module.file == id);
                for (at, slot) in self.modules.iter_mut().zip(&mut self.said).enumerate() {
                    if Some(at) == place {
                        *slot.0 = module;
                        *slot.1 = said;
                        break;
                    }
                }
            }
            Some(_) => {
                let path = text.path.clone();
                let mut texts = self.texts();
                texts
                    .iter_mut()
                    .filter(|one| one.path == path)
                    .for_each(|one| one.text.clone_from(&text.text));
                *self = Self::new(texts, self.project.clone());
            }
            None => self.add(text),
        }
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        if self.files.contains_key(path) {
            let texts = self.texts().into_iter().filter(|text| text.path != path).collect();
            *self = Self::new(texts, self.project.clone());
        }
    }

    fn texts(&self) -> Vec<Text> {
        let own = self.sources.files().filter(|(_, file)| !file.library);
        let text = |file: &SourceFile| Text {
            path: file.path.clone(),
            module: file.module.clone(),
            text: file.text.clone(),
        };
        own.map(|(_, file)| text(file)).collect()
    }

    /// Analyses the program as it is now.
    pub fn analyze(&self) -> Snapshot {
        self.analyze_unless(|| false)
    }

    /// The same; but once names and types are known, what is to be proved is left where something has overtaken it, which is asked then.
    pub fn analyze_unless(&self, overtaken: impl FnOnce() -> bool) -> Snapshot {
        let mut said = Diagnostics::default();
        self.said.iter().for_each(|one| said.append(one.clone()));
        let understood =
            crate::understand_modules(self.sources.clone(), &self.modules, said, self.project.clone());
        let proved = !understood.can_be_proved() || !overtaken();
        let analysis = if proved { understood.proved() } else { understood.unproved() };
        Snapshot::new(analysis, self.files.clone(), proved)
    }
}

fn read(sources: &SourceMap, id: FileId) -> (Module, Diagnostics) {
    let mut said = Diagnostics::default();
    let empty = Module { file: id, uses: Vec::new(), items: Vec::new(), lost: Vec::new() };
    let module = sources.file(id).map_or(empty, |file| syntax::parse(id, file, &mut said));
    (module, said)
}

/// A program as it was understood at some time.
#[derive(Debug)]
pub struct Snapshot {
    /// All of it.
    pub analysis: Analysis,
    /// Its files by path.
    files: FxHashMap<String, FileId>,
    /// What is declared, by the place of its name.
    declared: FxHashMap<Span, Declared>,
    /// Whether everything is said of it: policies derived and assertions proved, where there is no error.
    pub proved: bool,
}

/// A declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// A resource.
    Resource(ResourceId),
    /// A record type.
    Schema(SchemaId),
}

impl Snapshot {
    fn new(analysis: Analysis, files: FxHashMap<String, FileId>, proved: bool) -> Self {
        let platform = &analysis.platform;
        let schemas =
            (0..).map(SchemaId).zip(&platform.schemas).map(|(id, it)| (it.span, Declared::Schema(id)));
        let resources = (0..).map(ResourceId).zip(&platform.resources);
        let resources = resources.map(|(id, it)| (it.span, Declared::Resource(id)));
        let declared = schemas.chain(resources).collect();
        Self { analysis, files, declared, proved }
    }

    /// A file by its path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.analysis.sources.file(*self.files.get(path)?)
    }

    /// What is declared with a name at a place.
    pub fn declared(&self, name: Span) -> Option<Declared> {
        self.declared.get(&name).copied()
    }

    /// The place of the name in the declaration that a word means, or is.
    pub fn meaning(&self, at: u32) -> Option<Span> {
        let references = &self.analysis.platform.references;
        let behind = references.partition_point(|reference| reference.at.start <= at);
        let found = references.get(..behind)?.iter().rev().take(8).find(|one| at <= one.at.end);
        found.map(|one| one.to).or_else(|| self.declaration_at(at))
    }

    fn declaration_at(&self, at: u32) -> Option<Span> {
        let is_here = |span: Span| span.start <= at && at <= span.end;
        let platform = &self.analysis.platform;
        let resources = platform.resources.iter().map(|one| one.span);
        let named = resources.chain(platform.schemas.iter().map(|one| one.span));
        let other = platform.references.iter().map(|one| one.to);
        named.chain(other).find(|span| is_here(*span))
    }

    /// Where a declaration's name is written, its own place first.
    pub fn uses(&self, declared: Span) -> Vec<Span> {
        let references = &self.analysis.platform.references;
        let mut places = vec![declared];
        places.extend(references.iter().filter(|one: &&Reference| one.to == declared).map(|one| one.at));
        places
    }

    /// Modules that can be used, sorted.
    pub fn module_names(&self) -> Vec<SmolStr> {
        let own = self.analysis.sources.files().filter(|(_, file)| !file.library);
        let mut names: Vec<SmolStr> = own.map(|(_, file)| SmolStr::new(&file.module)).collect();
        names.sort();
        names
    }
}
