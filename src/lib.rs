//! `dpl`: the language for data platforms on AWS. Texts go in, diagnostics and artifacts come out; nothing here reads a file, a clock or the
//! environment.

pub mod access;
pub mod artifact;
pub mod check;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod flow;
pub mod format;
pub mod graph;
pub mod library;
pub mod lower;
pub mod lsp;
pub mod machine;
pub mod native;
pub mod platform;
pub mod prove;
pub mod question;
pub mod rehearsal;
pub mod resolve;
pub mod run;
pub mod source;
pub mod sql;
pub mod suggest;
pub mod syntax;
pub mod target;
pub mod window;

use access::Access;
use artifact::Artifacts;
use diagnostic::{Diagnostic, Diagnostics, Severity};
use platform::{Assertion, Platform, Project};
use resolve::References;
use source::{FileId, SourceMap};
use target::{
    Program,
    bundle::{Bundle, Form},
};

/// A program that was read, resolved and checked.
#[derive(Debug)]
pub struct Analysis {
    /// Its texts, the standard library's first.
    pub sources: SourceMap,
    /// What it means, as far as it could be understood.
    pub platform: Platform,
    /// Every policy that it takes; nothing where the program has an error.
    pub access: Access,
    /// Everything there is to say about it, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    /// Whether it has an error, so that nothing may be generated from it.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// A source map that holds the standard library. A program's own texts are added behind it.
pub fn sources() -> SourceMap {
    library::standard().sources.clone()
}

/// Parses, resolves and checks a whole program; where that finds no error, derives its policies, proves its assertions over them, and measures its
/// state machines. `sources` comes from [`sources`].
pub fn analyze(sources: SourceMap, project: Project) -> Analysis {
    let (platform, diagnostics) = read(&sources, project, None);
    prove(sources, platform, diagnostics)
}

/// The same for modules that were read already from these texts, as an editor wants it; `diagnostics` is what was said about them then.
pub fn analyze_modules(
    sources: SourceMap,
    modules: &[syntax::ast::Module],
    mut diagnostics: Diagnostics,
    project: Project,
) -> Analysis {
    diagnostics.append(library::standard().diagnostics.clone());
    let platform = understand(&sources, modules, project, References::Kept, &mut diagnostics);
    prove(sources, platform, diagnostics)
}

/// Resolves and checks.
fn understand(
    sources: &SourceMap,
    modules: &[syntax::ast::Module],
    project: Project,
    references: References,
    diagnostics: &mut Diagnostics,
) -> Platform {
    let standard = library::standard();
    let (library, own) = (standard.library.clone(), &standard.modules);
    let platform = resolve::resolve(sources, library, own, modules, project, references, diagnostics);
    check::check(&platform, modules, diagnostics);
    platform
}

/// Derives the policies of a program without errors, proves its assertions over them, and measures its state machines.
fn prove(sources: SourceMap, platform: Platform, mut diagnostics: Diagnostics) -> Analysis {
    let mut access = Access::default();
    if !diagnostics.has_errors() {
        access = Access::of(&platform);
        prove::prove(&platform, &access, &mut diagnostics);
        target::states::machines_fit(&platform, &mut diagnostics);
    }
    Analysis { sources, platform, access, diagnostics: diagnostics.into_sorted() }
}

/// Reads a program with a question that [`question::add`] has put beside it, and derives its policies. What it asserts is not proved: a question
/// is asked where something does not hold. `None` where there is an error.
pub fn ask(
    sources: SourceMap,
    project: Project,
    question: FileId,
    about: question::About,
) -> (Analysis, Option<Assertion>) {
    let (mut platform, mut diagnostics) = read(&sources, project, Some((question, about)));
    let asked = question::take(&mut platform, question, &sources, &mut diagnostics);
    let whole = !diagnostics.has_errors();
    let access = if whole { Access::of(&platform) } else { Access::default() };
    let analysis = Analysis { sources, platform, access, diagnostics: diagnostics.into_sorted() };
    (analysis, asked.filter(|_| whole))
}

/// Parses, resolves and checks.
fn read(
    sources: &SourceMap,
    project: Project,
    question: Option<(FileId, question::About)>,
) -> (Platform, Diagnostics) {
    let standard = library::standard();
    let mut diagnostics = Diagnostics::default();
    diagnostics.append(standard.diagnostics.clone());
    let (mut modules, faults) = syntax::parse_all(sources);
    diagnostics.append(faults);
    if let Some((question, about)) = question {
        question::prepare(&mut modules, question, about, sources, &mut diagnostics);
    }
    let platform = understand(sources, &modules, project, References::Dropped, &mut diagnostics);
    // What was written is not looked at again: it is as large as what follows, and its room is free from here.
    (platform, diagnostics)
}

/// Lowers a program without errors to the artifacts of every target, or of those named. Empty for a program with errors.
pub fn compile(analysis: &Analysis, only: &[String]) -> Artifacts {
    let mut artifacts = Artifacts::default();
    if analysis.has_errors() {
        return artifacts;
    }
    let Analysis { sources, platform, access, .. } = analysis;
    let program = Program { platform, access, sources };
    for target in target::TARGETS.iter().filter(|target| match only {
        [] => target.is_usual(),
        _ => only.iter().any(|name| name == target.name()),
    }) {
        let before = artifacts.files.len();
        target.lower(&program, &mut artifacts);
        // All texts are held until they are written, without the room that they were given to grow into.
        artifacts.files.iter_mut().skip(before).for_each(|file| file.text.shrink_to_fit());
    }
    artifacts
}

/// The bundle of CloudFormation or Terraform that makes what the calls of `raw` make, which [`compile`] made of the same analysis.
pub fn bundle(analysis: &Analysis, form: Form, raw: &Artifacts) -> Bundle {
    if analysis.has_errors() {
        return Bundle::default();
    }
    let Analysis { sources, platform, access, .. } = analysis;
    let program = Program { platform, access, sources };
    match form {
        Form::CloudFormation => target::cloudformation::bundle(&program, raw),
        Form::Terraform => target::terraform::bundle(&program, raw),
    }
}
