//! The columns that a capability is limited to: named ones, and those that are chosen by their labels. On a table labels become the columns that
//! have them; on a domain they stay rules, which hold for all of its tables.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{KindId, Library},
    platform::{Assertion, Capability, CapabilityUse, LabelRule, SchemaId, Table, Target, resource::Noun},
    source::Span,
    suggest,
    syntax::ast::{Cap, Chosen, Ident, LabelTerm},
};

impl Context<'_> {
    /// The columns that a capability is limited to: by their names, or on a domain by rules about their labels. `None` where nothing at all is
    /// left of it, which is reported: no columns would be all of them.
    pub(super) fn chosen(
        &mut self,
        cap: &Cap,
        found: Capability,
        on: &Target,
        library: &Library,
    ) -> Option<(Vec<SmolStr>, Vec<LabelRule>)> {
        let Some(chosen) = &cap.columns else { return Some((Vec::new(), Vec::new())) };
        let takes = matches!(found, Capability::Named(id) if library.capability(id).columns);
        // Of what is reported already the columns are not known: what is written stands for itself.
        if takes && !self.platform.is_whole(on.resource) {
            let names = chosen.iter().filter_map(|one| match one {
                Chosen::Named(name) => Some(name.name.clone()),
                Chosen::Labelled(..) => None,
            });
            return Some((names.collect(), Vec::new()));
        }
        if takes && chosen.is_empty() {
            self.diagnostics.push(nothing_between(cap.span));
            return None;
        }
        match self.platform.resource(on.resource).noun {
            Noun::Table(at) if takes => {
                let schema = self.platform.tables.get(at as usize)?.schema;
                self.columns_of_table(chosen, schema).map(|columns| (columns, Vec::new()))
            }
            Noun::Domain(at) if takes => self.labels_in_domain(chosen, at).map(|labels| (Vec::new(), labels)),
            _ => {
                let kind = self.platform.resource(on.resource).kind;
                self.diagnostics.push(columns_not_taken(cap, library, kind));
                Some((Vec::new(), Vec::new()))
            }
        }
    }

    fn columns_of_table(&mut self, chosen: &[Chosen], schema: SchemaId) -> Option<Vec<SmolStr>> {
        let mut known: Vec<SmolStr> = Vec::with_capacity(chosen.len());
        let mut faulty = false;
        for one in chosen {
            match one {
                Chosen::Named(name) => {
                    let schema = self.platform.schema(schema);
                    let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
                    match names.contains(&name.name.as_str()) {
                        true => known.push(name.name.clone()),
                        // A column whose line can't be read is not missing.
                        false if self.platform.is_unread(schema.span) => {}
                        false => {
                            let fault = unknown_column(&name.name, name.span, &schema.name, &names);
                            self.diagnostics.push(fault);
                        }
                    }
                }
                Chosen::Labelled(terms, span) => {
                    let Some(rule) = self.label_rule(terms) else {
                        faulty = true;
                        continue;
                    };
                    let rules = [rule];
                    let before = known.len();
                    let meant = self.platform.labelled_columns(schema, &rules);
                    known.extend(meant.map(|column| column.name.clone()));
                    if known.len() == before {
                        let of = self.platform.schema(schema).name.clone();
                        self.diagnostics.push(no_such_columns(*span, &of));
                        faulty = true;
                    }
                }
            }
        }
        // In the order of the table, each once; named ones stay as they are written.
        let by_label = chosen.iter().any(|one| matches!(one, Chosen::Labelled(..)));
        if by_label {
            let columns = self.platform.schema(schema).columns.iter();
            known = columns.map(|it| it.name.clone()).filter(|name| known.contains(name)).collect();
        }
        (!faulty || !known.is_empty()).then_some(known)
    }

    fn labels_in_domain(&mut self, chosen: &[Chosen], domain: u32) -> Option<Vec<LabelRule>> {
        let mut rules = Vec::with_capacity(chosen.len());
        for one in chosen {
            let (terms, span) = match one {
                Chosen::Named(name) => {
                    self.diagnostics.push(no_columns_of_its_own(name));
                    continue;
                }
                Chosen::Labelled(terms, span) => (terms, *span),
            };
            let Some(rule) = self.label_rule(terms) else { continue };
            let most = self.library.limits.get("tag_expression").map_or(0, |most| most - 1);
            if i64::try_from(rule.0.len()).is_ok_and(|terms| terms > most) {
                self.diagnostics.push(long_rule(span, most));
                continue;
            }
            let domain = self.platform.domains.get(domain as usize)?;
            let tables = domain.tables.iter().filter_map(|at| self.platform.tables.get(*at as usize));
            let one = std::slice::from_ref(&rule);
            let any = tables
                .map(|table| table.schema)
                .any(|schema| self.platform.labelled_columns(schema, one).next().is_some());
            if !any {
                let name = self.platform.resource(domain.resource).name.clone();
                self.diagnostics.push(no_such_columns(span, &name));
                continue;
            }
            rules.push(rule);
        }
        rules.sort();
        rules.dedup();
        (!rules.is_empty()).then_some(rules)
    }

    /// A rule about labels; `None` where one of them is not declared, which is reported.
    fn label_rule(&mut self, terms: &[LabelTerm]) -> Option<LabelRule> {
        let mut rule = BTreeMap::new();
        let mut known = true;
        for LabelTerm { there, label } in terms {
            if self.platform.labels.binary_search(&label.name).is_err() {
                let diagnostic = super::types::unknown_label(label, &self.platform.labels);
                self.diagnostics.push(diagnostic);
                known = false;
            } else if rule.insert(label.name.clone(), *there).is_some_and(|before| before != *there) {
                self.diagnostics.push(both_ways(label));
                known = false;
            }
        }
        known.then_some(LabelRule(rule))
    }

    /// What is said of labelled columns of a domain is said of those of each of its tables.
    pub(super) fn of_each_table(
        &self,
        labelled: &[CapabilityUse],
        on: &Target,
        one: &impl Fn(Vec<CapabilityUse>, Target) -> Assertion,
    ) -> Vec<Assertion> {
        let Noun::Domain(at) = self.platform.resource(on.resource).noun else { return Vec::new() };
        let tables = self.platform.domains.get(at as usize).into_iter().flat_map(|domain| &domain.tables);
        let tables = tables.filter_map(|at| self.platform.tables.get(*at as usize));
        let of_table = |table: &Table| {
            let mut wanted = Vec::new();
            let kind = self.platform.resource(table.resource).kind;
            for it in labelled {
                let meant = self.platform.labelled_columns(table.schema, &it.labels);
                let columns: Vec<SmolStr> = meant.map(|column| column.name.clone()).collect();
                let Capability::Named(id) = it.capability else { continue };
                let name = &self.library.capability(id).name;
                if let Some(id) = self.library.capability_named(kind, name).filter(|_| !columns.is_empty()) {
                    let capability = Capability::Named(id);
                    wanted.push(CapabilityUse { capability, columns, labels: Vec::new(), ..it.clone() });
                }
            }
            (wanted, Target { resource: table.resource, ..on.clone() })
        };
        tables.map(of_table).filter(|it| !it.0.is_empty()).map(|(wanted, on)| one(wanted, on)).collect()
    }
}

fn columns_not_taken(cap: &Cap, library: &Library, kind: KindId) -> Diagnostic {
    let name = super::scope::dotted(&cap.path);
    let taking: Vec<&str> = library
        .capabilities
        .iter()
        .filter(|one| one.kind == kind && one.columns)
        .map(|one| one.name.as_str())
        .collect();
    let diagnostic = Diagnostic::error(
        catalogue::COLUMNS_NOT_TAKEN,
        cap.span,
        format!("`{name}` can't be limited to columns"),
        "takes no columns",
    );
    match taking.as_slice() {
        [] => diagnostic.help("leave the columns out"),
        names => diagnostic.help(format!("leave the columns out; {} takes columns", suggest::listed(names))),
    }
}

fn no_columns_of_its_own(name: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::COLUMNS_NOT_TAKEN,
        name.span,
        "a domain has no columns of its own",
        "a name that is no label",
    )
    .help("choose columns of its tables by their labels, `select(not @pii)`, or grant on a table")
}

/// Without this `select()` would be `select`.
fn nothing_between(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_LABELLED_COLUMN,
        span,
        "no column stands between the parentheses",
        "chooses nothing",
    )
    .help("leave the parentheses out for all columns, or name some")
}

fn no_such_columns(span: Span, of: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_LABELLED_COLUMN,
        span,
        format!("`{of}` has no column with such labels"),
        "chooses nothing",
    )
    .help("label its columns, or choose other ones")
}

fn both_ways(label: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_LABELLED_COLUMN,
        label.span,
        format!("no column has the label `{}` and has it not", label.name),
        "chooses nothing",
    )
    .help("of alternatives write both, with a comma between them")
}

fn long_rule(span: Span, most: i64) -> Diagnostic {
    Diagnostic::error(
        catalogue::LONG_LABEL_RULE,
        span,
        format!("on a domain at most {most} labels are combined"),
        "too many for one expression of Lake Formation",
    )
    .help("grant on the tables, where labels are columns before Lake Formation is told of them")
}

fn unknown_column(name: &str, span: Span, table: &str, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        format!("`{table}` has no column `{name}`"),
        "no such column",
    );
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!("its columns are {}", suggest::listed(names))),
    }
}
