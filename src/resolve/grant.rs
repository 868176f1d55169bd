//! Grants, denials and assertions.

use smol_str::SmolStr;

use super::{Context, index, scope::as_path, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{KindId, Library},
    platform::{
        Assertion, AssertionSubject, Capability, CapabilityUse, Condition, Grant, LabelRule, Principal,
        Target, grant::Effect, resource::Noun,
    },
    source::{FileId, Span},
    syntax::ast::{self, AssertSubject, BinaryOp, Cap, Expr, ExprKind, Ident},
};

impl Context<'_> {
    pub(super) fn grant(&mut self, file: FileId, grant: &ast::Grant) {
        for (span, what) in [
            (grant.outside.as_ref().map(|outside| outside.span), "`outside`"),
            (grant.except.as_ref().map(|except| except.span), "`except`"),
        ] {
            if let Some(span) = span {
                self.diagnostics.push(only_in_guardrail(span, what));
            }
        }
        let conditions = self.when(file, grant);
        let to = match &grant.to {
            Some(to) => self.receivers(file, to),
            None => {
                self.diagnostics.push(without_part(grant.span, "to whom?", "add `to PRINCIPAL`"));
                Vec::new()
            }
        };
        let Some(on) = &grant.on else {
            self.diagnostics.push(without_part(grant.span, "on what?", "add `on RESOURCE`"));
            return;
        };
        let Some(on) = self.target(file, on) else { return };
        let capabilities = self.capabilities(&grant.caps, &on);
        if capabilities.is_empty() || to.is_empty() {
            return;
        }
        let filter = grant.filter.map(|sql| self.granted_rows(sql, &on));
        let effect = match grant.effect {
            ast::Effect::Grant => Effect::Grant,
            ast::Effect::Deny => Effect::Deny,
        };
        self.platform.grants.push(Grant {
            effect,
            capabilities,
            on,
            to,
            filter,
            conditions,
            grant_option: grant.grant_option.is_some(),
            doc: grant.doc.as_deref().map(SmolStr::new),
            span: grant.span,
        });
    }

    fn receivers(&mut self, file: FileId, to: &Expr) -> Vec<(Principal, Span)> {
        let items = match &to.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(to),
        };
        let mut receivers = Vec::with_capacity(items.len());
        for item in items {
            receivers.extend(self.principal(file, item).map(|principal| (principal, item.span)));
        }
        receivers
    }

    /// A resource, or a place in a bucket.
    pub(super) fn target(&mut self, file: FileId, expr: &Expr) -> Option<Target> {
        if let ExprKind::Binary(BinaryOp::Divide, ..) = &expr.kind {
            let location = self.location(file, expr)?;
            let prefix = Some(location.key).filter(|key| !key.is_empty());
            return Some(Target { resource: location.bucket, prefix, span: expr.span });
        }
        let Some(path) = as_path(expr) else {
            if !matches!(expr.kind, ExprKind::Error) {
                self.diagnostics.push(no_target(expr.span));
            }
            return None;
        };
        match self.lookup(file, &path)? {
            super::Meaning::Resource(resource) => Some(Target { resource, prefix: None, span: expr.span }),
            meaning => {
                let (what, _) = self.described(meaning);
                self.diagnostics.push(no_resource(expr.span, &super::scope::dotted(&path), &what));
                None
            }
        }
    }

    /// What may be done, as capabilities of the target's kind or as actions.
    pub(super) fn capabilities(&mut self, caps: &[Cap], on: &Target) -> Vec<CapabilityUse> {
        let library = self.library.clone();
        let kind = self.platform.resource(on.resource).kind;
        let mut uses = Vec::with_capacity(caps.len());
        for cap in caps {
            match capability(&library, kind, cap) {
                Ok(found) => {
                    let Some((columns, labels)) = self.chosen(cap, found, on, &library) else { continue };
                    let span = cap.path.span;
                    uses.push(CapabilityUse { capability: found, columns, labels, rows: None, span });
                }
                Err(diagnostic) => self.diagnostics.push(*diagnostic),
            }
        }
        uses
    }

    pub(super) fn assertion(&mut self, file: FileId, assert: &ast::Assert) {
        if let AssertSubject::None(word, _) = &assert.subject
            && !QUANTIFIED.contains(&word.name.as_str())
        {
            self.diagnostics.push(not_quantified(word));
        }
        if !assert.can && !matches!(assert.subject, AssertSubject::One(_)) {
            let cannot = self.word_before(assert, "cannot");
            self.diagnostics.push(denied_twice(cannot));
            return;
        }
        let subject = match &assert.subject {
            AssertSubject::One(expr) => {
                self.principal(file, expr).map(|principal| AssertionSubject::One(principal, expr.span))
            }
            AssertSubject::None(_, None) => Some(AssertionSubject::None(None)),
            AssertSubject::None(_, Some(path)) => {
                let id = self.resource(file, path, "account");
                match id.map(|id| self.platform.resource(id).noun) {
                    Some(Noun::Account(account)) => Some(AssertionSubject::None(Some(account))),
                    _ => None,
                }
            }
            AssertSubject::Only(exprs) => {
                let list: Vec<(Principal, Span)> = exprs
                    .iter()
                    .filter_map(|expr| self.principal(file, expr).map(|principal| (principal, expr.span)))
                    .collect();
                (list.len() == exprs.len()).then_some(AssertionSubject::Only(list))
            }
        };
        let Some(on) = self.target(file, &assert.on) else { return };
        let mut capabilities = self.capabilities(&assert.caps, &on);
        let rows = assert.filter.map(|sql| self.row_filter(sql, &on));
        // Without the rows it speaks of it would say something else.
        if matches!(rows, Some(None)) {
            return;
        }
        capabilities.iter_mut().for_each(|wanted| wanted.rows = rows.clone().flatten());
        let Some(subject) = subject.filter(|_| capabilities.len() == assert.caps.len()) else { return };
        let (can, span) = (assert.can, assert.span);
        let one = |capabilities, on| Assertion { subject: subject.clone(), can, capabilities, on, span };
        // Rows are of a table: a rule refuses them on a domain.
        let (labelled, plain): (Vec<_>, Vec<_>) =
            capabilities.into_iter().partition(|wanted| !wanted.labels.is_empty() && wanted.rows.is_none());
        let mut all = self.of_each_table(&labelled, &on, &one);
        if !plain.is_empty() {
            all.push(one(plain, on));
        }
        self.platform.assertions.extend(all);
    }

    /// A word of an assertion that stands before what it is about.
    fn word_before(&self, assert: &ast::Assert, word: &str) -> Span {
        let end = assert.caps.first().map_or(assert.span.end, |cap| cap.span.start);
        let before = Span::new(assert.span.start, end);
        match self.sources.text(before).rfind(word) {
            Some(at) => {
                let start = assert.span.start.saturating_add(index(at));
                Span::new(start, start.saturating_add(index(word.len())))
            }
            None => assert.span,
        }
    }

    /// Puts sentences into an order that does not depend on where they stand.
    pub(super) fn sort_sentences(&mut self) {
        for grant in &mut self.platform.grants {
            grant.to.sort_by(|a, b| a.0.cmp(&b.0));
            grant.capabilities.sort_by(|a, b| {
                (a.capability, &a.columns, &a.labels).cmp(&(b.capability, &b.columns, &b.labels))
            });
        }
        self.platform.grants.sort_by(|a, b| grant_key(a).cmp(&grant_key(b)));
        self.platform.shares.sort_by(|a, b| (a.with, &a.name, a.table).cmp(&(b.with, &b.name, b.table)));
        for pair in self.platform.shares.windows(2) {
            if let [first, second] = pair
                && (first.with, &first.name) == (second.with, &second.name)
            {
                self.diagnostics.push(super::mesh::doubled_share(first, second));
            }
        }
    }
}

/// The words that may follow `assert no`.
const QUANTIFIED: &[&str] = &["role", "principal"];

type GrantKey<'a> = (
    Effect,
    u32,
    Option<&'a str>,
    Vec<&'a Principal>,
    Vec<(Capability, &'a [SmolStr], &'a [LabelRule])>,
    Option<&'a str>,
    &'a [Condition],
    bool,
);

fn grant_key(grant: &Grant) -> GrantKey<'_> {
    (
        grant.effect,
        grant.on.resource.0,
        grant.on.prefix.as_deref(),
        grant.to.iter().map(|(principal, _)| principal).collect(),
        grant
            .capabilities
            .iter()
            .map(|one| (one.capability, one.columns.as_slice(), one.labels.as_slice()))
            .collect(),
        grant.filter.as_ref().map(|it| it.text.as_str()),
        &grant.conditions,
        grant.grant_option,
    )
}

fn capability(library: &Library, kind: KindId, cap: &Cap) -> Result<Capability, Box<Diagnostic>> {
    match cap.path.parts.as_slice() {
        [name] => library
            .capability_named(kind, &name.name)
            .map(Capability::Named)
            .ok_or_else(|| Box::new(unknown_capability(library, kind, cap))),
        [service, action] => {
            let Some(id) = library.service_named(&service.name) else {
                return Err(Box::new(unknown_action(
                    cap,
                    &format!("there is no service `{}`", service.name),
                    library.services.iter().map(|one| one.name.as_str()),
                    &service.name,
                )));
            };
            library.action_named(id, &action.name).map(Capability::Action).ok_or_else(|| {
                let actions =
                    library.actions.iter().filter(|one| one.service == id).map(|one| one.name.as_str());
                Box::new(unknown_action(
                    cap,
                    &format!("`{}` has no action `{}`", service.name, action.name),
                    actions,
                    &action.name,
                ))
            })
        }
        _ => Err(Box::new(unknown_action(cap, "an action is `service.Action`", std::iter::empty(), ""))),
    }
}

/// What different kinds of resources call the same.
const SAME: &[&[&str]] = &[
    &["read", "select", "receive", "query", "get", "view", "consume"],
    &["write", "insert", "publish", "send", "put", "update"],
    &["delete", "remove"],
    &["list", "describe"],
    &["call", "invoke", "execute", "run", "start"],
];

fn not_quantified(word: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        word.span,
        format!("`no {}` stands for nobody", word.name),
        "not a kind of principal",
    )
    .help("write `no role in ACCOUNT`, or `no principal`")
}

fn unknown_capability(library: &Library, kind: KindId, cap: &Cap) -> Diagnostic {
    let name = super::scope::dotted(&cap.path);
    let here: Vec<&str> =
        library.capabilities.iter().filter(|one| one.kind == kind).map(|one| one.name.as_str()).collect();
    let kind_name = &library.kind(kind).name;
    let mut elsewhere: Vec<&str> = library
        .capabilities
        .iter()
        .filter(|one| one.name == name)
        .map(|one| library.kind(one.kind).name.as_str())
        .collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let label = match elsewhere.as_slice() {
        [] => "no such capability".to_owned(),
        kinds => format!("that is for {}", suggest::listed(kinds)),
    };
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_CAPABILITY,
        cap.path.span,
        format!("nobody can `{name}` on a `{kind_name}`"),
        label,
    );
    let same = SAME.iter().find(|words| words.contains(&name.as_str()));
    let same = same.and_then(|words| words.iter().find(|word| here.contains(word))).copied();
    let near = suggest::nearest(&name, here.iter().copied()).filter(|_| elsewhere.is_empty());
    match same.or(near) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(cap.path.span, near),
        None if here.is_empty() => {
            diagnostic.help(format!("a `{kind_name}` can't be granted; name an action: `service.Action`"))
        }
        None => diagnostic.help(format!("on a `{kind_name}` {}", suggest::there_are(&here))),
    }
}

fn unknown_action<'a>(
    cap: &Cap,
    message: &str,
    candidates: impl Iterator<Item = &'a str>,
    word: &str,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(catalogue::UNKNOWN_ACTION, cap.path.span, message, "not known");
    match suggest::nearest(word, candidates) {
        Some(near) => {
            let part = cap.path.parts.iter().find(|part| part.name == word);
            let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            match part {
                Some(part) => diagnostic.fix(part.span, near),
                None => diagnostic,
            }
        }
        None => diagnostic.help("name an action that the standard library has, as `service.Action`"),
    }
}

fn without_part(span: Span, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "a grant says what, on what and to whom", label)
        .help(help)
}

fn only_in_guardrail(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        format!("{what} stands in a guardrail only"),
        "not taken here",
    )
    .help("move the rule into a `guardrail`")
}

fn denied_twice(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        "`cannot` goes with one principal: `only` and `no` already say who can't",
        "denied twice",
    )
    .help("write `can`")
    .fix(span, "can")
}

fn no_target(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        "a resource or a place in a bucket is needed here",
        "neither",
    )
    .help("write a name, or `bucket / \"prefix\"`")
}

fn no_resource(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_KIND_OF_NAME,
        span,
        format!("`{name}` is a {what}, and no resource"),
        "nothing that can be granted",
    )
    .help("name a resource, such as a bucket or a table")
}
