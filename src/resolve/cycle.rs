//! Modules that use each other in a circle.

use rustc_hash::FxHashMap;

use super::scope::{Scopes, UseScope};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    source::{FileId, Span},
    syntax::ast::Module,
};

/// Reports each cycle of `use` lines once, at the line of its first module that closes it.
pub(super) fn report_cycles(modules: &[Module], scopes: &Scopes, diagnostics: &mut Diagnostics) {
    let mut state: FxHashMap<FileId, bool> = FxHashMap::default();
    for module in modules {
        let mut stack: Vec<(FileId, usize)> = vec![(module.file, 0)];
        if state.contains_key(&module.file) {
            continue;
        }
        state.insert(module.file, false);
        while let Some((file, at)) = stack.last().copied() {
            let line = scopes.uses_of(file).get(at);
            let Some(line) = line else {
                state.insert(file, true);
                stack.pop();
                continue;
            };
            if let Some(top) = stack.last_mut() {
                top.1 += 1;
            }
            match state.get(&line.target) {
                None => {
                    state.insert(line.target, false);
                    stack.push((line.target, 0));
                }
                Some(false) => diagnostics.push(cycle_of(line, &stack, scopes)),
                Some(true) => {}
            }
        }
    }
}

fn cycle_of(line: &UseScope, stack: &[(FileId, usize)], scopes: &Scopes) -> Diagnostic {
    let start = stack.iter().position(|(file, _)| *file == line.target).unwrap_or_default();
    let others: Vec<Span> = stack
        .iter()
        .skip(start)
        .filter_map(|(file, at)| scopes.uses_of(*file).get(at.checked_sub(1)?))
        // A line that has to go anyway is not called needless as well.
        .inspect(|other| other.used.set(true))
        .map(|other| other.span)
        .filter(|span| *span != line.span)
        .collect();
    cyclic_use(line.span, &line.module, &others)
}

pub(super) fn cyclic_use(span: Span, module: &str, others: &[Span]) -> Diagnostic {
    let label = if others.is_empty() { "a module can't use itself" } else { "closes the circle" };
    let mut diagnostic = Diagnostic::error(
        catalogue::CYCLIC_USE,
        span,
        format!("`use {module}` leads back to this module"),
        label,
    )
    .help("move what both need into a module of its own");
    for other in others {
        diagnostic = diagnostic.related(*other, "on the way round");
    }
    diagnostic
}
