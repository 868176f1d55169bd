//! Permissions boundaries.

use super::{Context, Declared, index};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Boundary, Grant, grant::Effect, resource::Noun},
    source::{FileId, Span},
    syntax::ast::{self, Member},
};

impl Context<'_> {
    pub(super) fn boundaries(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "boundary" {
                self.boundary(declared);
            }
        }
    }

    fn boundary(&mut self, declared: &Declared<'_>) {
        let resource = self.platform.resource(declared.id);
        let (external, span) = (resource.external, resource.span);
        let written: Vec<&ast::Grant> = declared
            .decl
            .body
            .iter()
            .flatten()
            .filter_map(|member| match member {
                Member::Deny(sentence) => Some(sentence.as_ref()),
                _ => None,
            })
            .collect();
        match (external, written.first()) {
            (true, Some(first)) => self.diagnostics.push(not_ours(first.span)),
            (false, None) => self.diagnostics.push(without_sentence(span)),
            _ => {}
        }
        let mut sentences: Vec<Grant> =
            written.into_iter().filter_map(|sentence| self.limit(declared.file, sentence)).collect();
        sentences.sort_by(|a, b| (a.effect, &a.on, a.span.start).cmp(&(b.effect, &b.on, b.span.start)));
        let noun = Noun::Boundary(index(self.platform.boundaries.len()));
        self.platform.boundaries.push(Boundary { resource: declared.id, sentences });
        self.set_noun(declared, noun);
    }

    /// A sentence of a boundary: a grant to nobody in particular.
    fn limit(&mut self, file: FileId, sentence: &ast::Grant) -> Option<Grant> {
        for (span, what) in [
            (sentence.to.as_ref().map(|to| to.span), "`to`"),
            (sentence.filter.map(|filter| filter.span), "`where`"),
            (sentence.grant_option, "`with grant option`"),
            (sentence.outside.as_ref().map(|outside| outside.span), "`outside`"),
            (sentence.except.as_ref().map(|except| except.span), "`except`"),
        ] {
            if let Some(span) = span {
                self.diagnostics.push(not_in_boundary(span, what));
            }
        }
        let Some(on) = &sentence.on else {
            self.diagnostics.push(without_resource(sentence.span));
            return None;
        };
        let on = self.target(file, on)?;
        let capabilities = self.capabilities(&sentence.caps, &on);
        Some(Grant {
            effect: match sentence.effect {
                ast::Effect::Grant => Effect::Grant,
                ast::Effect::Deny => Effect::Deny,
            },
            capabilities,
            on,
            to: Vec::new(),
            filter: None,
            conditions: self.when(file, sentence),
            grant_option: false,
            doc: None,
            span: sentence.span,
        })
    }
}

fn without_sentence(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        "a boundary says what its roles may do at most, and this leaves nothing",
        "leaves nothing",
    )
    .help("add a line `grant CAPABILITY on RESOURCE`, or say `external = true` of one that exists already")
}

fn not_ours(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        "a boundary that exists already says itself what it leaves",
        "not taken here",
    )
    .help("take the sentence away, or `external`")
}

fn not_in_boundary(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        format!("a sentence of a boundary takes no {what}"),
        "not taken here",
    )
    .help("a boundary binds every role that names it: `grant CAPABILITY on RESOURCE` is all there is to say")
}

fn without_resource(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        "a sentence of a boundary says what, and on what",
        "on what?",
    )
    .help("add `on RESOURCE`")
}
