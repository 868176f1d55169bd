//! Guardrails.

use smol_str::SmolStr;

use super::{Context, Declared, Meaning, fields::fill, index, scope::as_path, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::FieldType,
    platform::{Guardrail, GuardrailRule, Node, Outside, Principal, resource::Noun},
    source::{FileId, Span},
    syntax::ast::{self, Expr, ExprKind, Member, Path},
};

impl Context<'_> {
    pub(super) fn guardrails(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "guardrail" {
                self.guardrail(declared);
            }
        }
    }

    fn guardrail(&mut self, declared: &Declared<'_>) {
        let on: Vec<Node> =
            declared.decl.on.iter().filter_map(|path| self.node_of(declared.file, path)).collect();
        if declared.decl.on.is_empty() {
            self.diagnostics.push(without_place(self.platform.resource(declared.id).span));
        }
        let members = declared.decl.body.iter().flatten();
        let denials: Vec<&ast::Grant> = members
            .filter_map(|member| match member {
                Member::Deny(deny) => Some(deny.as_ref()),
                _ => None,
            })
            .collect();
        if denials.is_empty() {
            self.diagnostics.push(without_rule(self.platform.resource(declared.id).span));
        }
        let rules = denials.into_iter().map(|deny| self.rule(declared.file, deny)).collect();
        let noun = Noun::Guardrail(index(self.platform.guardrails.len()));
        self.platform.guardrails.push(Guardrail { resource: declared.id, on, rules });
        self.set_noun(declared, noun);
    }

    fn node_of(&mut self, file: FileId, path: &Path) -> Option<Node> {
        let meaning = self.lookup(file, path)?;
        if let Meaning::Resource(id) = meaning {
            match self.platform.resource(id).noun {
                Noun::Organization(at) => return Some(Node::Root(at)),
                Noun::Unit(unit) => return Some(Node::Unit(unit)),
                Noun::Account(account) => return Some(Node::Account(account)),
                _ => {}
            }
        }
        let (what, _) = self.described(meaning);
        self.diagnostics.push(no_node(path.span, &super::scope::dotted(path), &what));
        None
    }

    fn rule(&mut self, file: FileId, deny: &ast::Grant) -> GuardrailRule {
        for (span, what) in [
            (deny.to.as_ref().filter(|to| !is_everybody(to)).map(|to| to.span), "`to` but `to *`"),
            (deny.filter.map(|filter| filter.span), "`where`"),
            (deny.grant_option, "`with grant option`"),
        ] {
            if let Some(span) = span {
                self.diagnostics.push(not_in_guardrail(span, what));
            }
        }
        let denied: Vec<(SmolStr, Span)> =
            deny.caps.iter().filter_map(|cap| Some((self.pattern(&cap.path)?, cap.path.span))).collect();
        let excepted = deny.except.as_ref().map(|expr| self.patterns(expr)).unwrap_or_default();
        let (actions, except) = (each_once(&denied), each_once(&excepted));
        let resources = match &deny.on {
            Some(on) => self.resource_patterns(on, &deny.caps),
            None => vec![SmolStr::new_static("*")],
        };
        let outside = deny.outside.as_ref().and_then(|outside| self.outside(file, outside));
        let when = self.when(file, deny);
        let written = [denied, excepted].concat();
        let everybody = deny.to.as_ref().is_some_and(is_everybody);
        GuardrailRule { everybody, actions, resources, outside, when, except, written, span: deny.span }
    }

    /// `iam.*` as IAM spells it: `iam:*`.
    fn pattern(&mut self, path: &Path) -> Option<SmolStr> {
        match path.parts.as_slice() {
            [all] if all.name == "*" => Some(SmolStr::new_static("*")),
            [service, action] => {
                let prefix = match self.library.service_named(&service.name) {
                    Some(id) => self.library.service(id).prefix.clone(),
                    None => SmolStr::new(service.name.replace('_', "-")),
                };
                Some(SmolStr::new(format!("{prefix}:{}", action.name)))
            }
            _ => {
                self.diagnostics.push(no_action(path.span));
                None
            }
        }
    }

    fn patterns(&mut self, expr: &Expr) -> Vec<(SmolStr, Span)> {
        let items = match &expr.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(expr),
        };
        let mut patterns = Vec::with_capacity(items.len());
        for item in items {
            let path = match &item.kind {
                ExprKind::Pattern(path) => Some(path.clone()),
                _ => as_path(item),
            };
            match path {
                Some(path) => patterns.extend(self.pattern(&path).map(|pattern| (pattern, item.span))),
                None => self.diagnostics.push(no_action(item.span)),
            }
        }
        patterns
    }

    /// `on objects`: every resource of that type of the services whose actions are denied.
    fn resource_patterns(&mut self, on: &Expr, caps: &[ast::Cap]) -> Vec<SmolStr> {
        let ExprKind::Name(word) = &on.kind else {
            self.diagnostics.push(no_type_name(on.span));
            return Vec::new();
        };
        let singular = word.strip_suffix('s').unwrap_or(word);
        let mut patterns = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let library = self.library.clone();
        for cap in caps {
            let service = cap.path.parts.first().and_then(|part| library.service_named(&part.name));
            let before = known.len();
            let mut takes = false;
            for (name, format) in service.iter().flat_map(|id| &library.service(*id).types) {
                known.push(name);
                if name == singular || name == word {
                    takes = true;
                    let partition = SmolStr::new(self.platform.project.partition());
                    let filled = fill(format, |name| {
                        Some(if name == "partition" { partition.clone() } else { SmolStr::new_static("*") })
                    });
                    patterns.extend(filled.map(|pattern| SmolStr::new(pattern.replace("**", "*"))));
                }
            }
            if !takes {
                let here = known.get(before..).unwrap_or_default();
                self.diagnostics.push(no_resource_type(cap.path.span, on.span, word, here));
            }
        }
        patterns.sort();
        patterns.dedup();
        patterns
    }

    fn outside(&mut self, file: FileId, expr: &Expr) -> Option<Outside> {
        match &expr.kind {
            ExprKind::List(items) if items.is_empty() => {
                self.diagnostics.push(no_outside(expr.span));
                None
            }
            ExprKind::List(items) => {
                let place = |item: &&Expr| !is_text(item);
                match (items.iter().find(place), items.iter().all(|item| place(&item))) {
                    (None, _) => Some(Outside::Regions(self.regions(file, items))),
                    (Some(_), true) => Some(self.outside_of(file, items)),
                    (Some(mixed), false) => {
                        self.diagnostics.push(mixed_outside(mixed.span));
                        None
                    }
                }
            }
            ExprKind::Tagged(..) | ExprKind::Name(_) | ExprKind::Field(..) => {
                Some(self.outside_of(file, std::slice::from_ref(expr)))
            }
            ExprKind::Error => None,
            _ => {
                let text = self.sources.text(expr.span).trim_matches('"');
                let region = is_region(text).then(|| text.to_owned());
                self.diagnostics.push(match region {
                    Some(region) => bare_region(expr.span, &region),
                    None => no_outside(expr.span),
                });
                None
            }
        }
    }

    fn regions(&mut self, file: FileId, items: &[Expr]) -> Vec<SmolStr> {
        let mut regions: Vec<SmolStr> = Vec::with_capacity(items.len());
        for item in items {
            let field = region_field(item.span);
            if let Some(value) = self.value(file, item, &field)
                && let crate::platform::ValueKind::Text(region) = value.kind
            {
                regions.push(region);
            }
        }
        regions.sort();
        regions.dedup();
        regions
    }

    fn outside_of(&mut self, file: FileId, items: &[Expr]) -> Outside {
        let (mut accounts, mut organizations) = (Vec::new(), Vec::new());
        for item in items {
            match &item.kind {
                ExprKind::Tagged(tag, name) if tag.name == "organization" => {
                    organizations.extend(self.organization_behind(file, name));
                }
                _ => accounts.extend(self.account_behind(file, item)),
            }
        }
        accounts.sort();
        accounts.dedup();
        organizations.sort_unstable();
        organizations.dedup();
        Outside::Places { accounts, organizations }
    }

    /// An organization that is named behind `organization`, whose id policies can say.
    fn organization_behind(&mut self, file: FileId, name: &Expr) -> Option<u32> {
        let Some(path) = as_path(name) else {
            self.diagnostics.push(no_outside(name.span));
            return None;
        };
        let id = self.resource(file, &path, "organization")?;
        let Noun::Organization(at) = self.platform.resource(id).noun else { return None };
        if self.platform.organizations.get(at as usize).is_some_and(|it| it.id.is_none()) {
            let declared = self.platform.resource(id).span;
            self.diagnostics.push(organization_without_id(name.span, &super::scope::dotted(&path), declared));
        }
        Some(at)
    }

    fn account_behind(&mut self, file: FileId, expr: &Expr) -> Option<SmolStr> {
        match self.principal(file, expr)? {
            Principal::Account(account) => Some(self.platform.account(account).id.clone()),
            Principal::ForeignAccount(id) => Some(id),
            _ => {
                self.diagnostics.push(no_outside(expr.span));
                None
            }
        }
    }
}

/// `*` behind `to`: everybody.
fn is_everybody(to: &Expr) -> bool {
    matches!(&to.kind, ExprKind::Pattern(path) if matches!(path.parts.as_slice(), [all] if all.name == "*"))
}

fn is_text(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Tagged(..) | ExprKind::Name(_) | ExprKind::Field(..))
}

/// The patterns, sorted, each once.
fn each_once(written: &[(SmolStr, Span)]) -> Vec<SmolStr> {
    let mut patterns: Vec<SmolStr> = written.iter().map(|(pattern, _)| pattern.clone()).collect();
    patterns.sort();
    patterns.dedup();
    patterns
}

/// Whether a text has the form of a region: `eu-north-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2 && words.iter().all(word) && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    }
}

fn region_field(span: Span) -> crate::library::FieldDecl {
    crate::library::FieldDecl {
        name: SmolStr::new_static("outside"),
        doc: None,
        ty: FieldType::Region,
        nullable: false,
        refinement: crate::platform::Refinement::default(),
        default: None,
        promise: false,
        lowers_to: None,
        span,
    }
}

fn without_place(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        "a guardrail is on an organization, a unit or an account",
        "on what?",
    )
    .help("say where behind its name: `guardrail name on unit { … }`")
}

fn without_rule(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "a guardrail denies something", "denies nothing")
        .help("add a line `deny …` to its body")
}

fn no_node(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_KIND_OF_NAME,
        span,
        format!("`{name}` is a {what}, and no place in the tree of accounts"),
        "no organization, unit or account",
    )
    .help("name an organization, a unit or an account")
}

fn not_in_guardrail(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        format!("a guardrail's rule takes no {what}"),
        "not taken here",
    )
    .help("a guardrail binds everybody in the accounts below; `outside`, `except` and `when` say where it does not")
}

fn no_action(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_ACTION,
        span,
        "an action is `service.Action`, `service.*` or `*`",
        "no action",
    )
    .help("write it as `cloudtrail.StopLogging`")
}

fn no_type_name(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        "a rule of a guardrail is on resources of one type",
        "no name of a type",
    )
    .help("name a resource type of the service, such as `objects` of `s3`")
}

fn no_resource_type(action: Span, on: Span, word: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNRESOLVED,
        action,
        format!("the service of this action has no resources called `{word}`"),
        "would deny nothing",
    )
    .related(on, "on these");
    match suggest::did_you_mean(word, known.iter().copied()) {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help("name a resource type of the service, such as `objects` of `s3`"),
    }
}

fn no_outside(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        "regions, accounts or organizations are needed here",
        "none of them",
    )
    .help("write `outside [\"us-east-1\"]`, `outside account NAME` or `outside organization NAME`")
}

fn organization_without_id(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ORGANIZATION_WITHOUT_ID,
        span,
        format!("a policy names an organization by its id, and `{name}` has none here"),
        "without an id",
    )
    .related(declared, "declared here")
    .help("give the organization its id: `id = \"o-…\"`")
}

fn bare_region(span: Span, region: &str) -> Diagnostic {
    Diagnostic::error(catalogue::WRONG_TYPE, span, "regions are a list of texts", "no list of texts")
        .help(format!("write `outside [\"{region}\"]`"))
        .fix(span, format!("[\"{region}\"]"))
}

fn mixed_outside(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        "`outside` takes regions or accounts, and not both",
        "an account among regions",
    )
    .help("write two rules: one `outside` the regions, one `outside` the accounts")
}
