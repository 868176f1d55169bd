//! The one mend of a value or a name that is not what is wanted, where there is one: looked for where a fault is found, and never guessed.

use smol_str::SmolStr;

use super::{Context, Meaning, scope::as_path, scope::dotted, value::acts};
use crate::{
    diagnostic::Diagnostic,
    library::FieldType,
    platform::{Base, ResourceId, Value, ValueKind, resource::Noun},
    source::{FileId, Span},
    syntax::ast::{BinaryOp, Expr, ExprKind, Path, StringPart},
};

impl Context<'_> {
    /// Adds the mend of a value of another type.
    pub(super) fn mended(&self, diagnostic: Diagnostic, expr: &Expr, ty: &FieldType) -> Diagnostic {
        let written = self.sources.text(expr.span);
        let word = plain(expr).filter(|text| is_name(text));
        let ours = match (ty, &expr.kind) {
            (FieldType::Column | FieldType::Label | FieldType::Resource(_) | FieldType::Watermark, _) => {
                word.map(str::to_owned)
            }
            (FieldType::Construct(_), _) => return self.constructed(diagnostic, expr, ty, word),
            (FieldType::Data(Base::Location), _) => self.place(expr),
            (FieldType::List(_), ExprKind::Record(_) | ExprKind::Error) => None,
            (FieldType::List(_), _) => {
                Some(format!("[{}]", written.trim_start_matches('(').trim_end_matches(')')))
            }
            (FieldType::Data(Base::String), ExprKind::Name(_) | ExprKind::Number(_)) => {
                Some(format!("\"{written}\""))
            }
            (FieldType::Duration, ExprKind::String(_)) => plain(expr).and_then(duration),
            (FieldType::AccountId, ExprKind::Number(number)) if number.len() == 12 => {
                Some(format!("\"{number}\""))
            }
            _ => None,
        };
        let ours = ours.or_else(|| match (&expr.kind, ty) {
            (ExprKind::Binary(BinaryOp::Subtract, _, column, delay), FieldType::Watermark) => {
                let ExprKind::Number(number) = &delay.kind else { return None };
                Some(format!("{} - {number}s", self.sources.text(column.span)))
            }
            _ => None,
        });
        match ours {
            Some(ours) => diagnostic.help(format!("write `{ours}`")).fix(expr.span, ours),
            None => diagnostic,
        }
    }

    /// `"parquet"` for `parquet`, `"kinesis"` for `kinesis(name = …)`.
    fn constructed(
        &self,
        diagnostic: Diagnostic,
        expr: &Expr,
        ty: &FieldType,
        word: Option<&str>,
    ) -> Diagnostic {
        let (FieldType::Construct(family), Some(word)) = (ty, word) else { return diagnostic };
        let constructors = &self.library.family(*family).constructors;
        let mut known = constructors.iter().map(|id| self.library.constructor(*id));
        let Some(known) = known.find(|known| known.name.eq_ignore_ascii_case(word)) else {
            return diagnostic;
        };
        let wanted: Vec<String> = known
            .fields
            .iter()
            .filter(|field| field.required())
            .map(|field| format!("{} = …", field.name))
            .collect();
        if wanted.is_empty() {
            return diagnostic.help(format!("write `{}`", known.name)).fix(expr.span, known.name.as_str());
        }
        diagnostic.help(format!("write `{}({})`", known.name, wanted.join(", ")))
    }

    /// A place in a bucket that is spelled otherwise: `"s3://bucket/prefix"`, `bucket + "prefix"`.
    fn place(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Binary(BinaryOp::Add, _, of, key) => {
                as_path(of)?;
                plain(key)?;
                Some(format!("{} / {}", self.sources.text(of.span), self.sources.text(key.span)))
            }
            ExprKind::String(_) => {
                let rest = plain(expr)?.strip_prefix("s3://")?;
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let bucket = self.platform.resources.iter().find(|one| {
                    self.library.kind(one.kind).name == "bucket"
                        && self.physical(one).is_some_and(|name| name == bucket)
                })?;
                let prefix = prefix.trim_matches('/');
                if prefix.contains(['*', '?', '$', '"', '\\', '{']) {
                    return None;
                }
                Some(match prefix {
                    "" => bucket.name.to_string(),
                    _ => format!("{} / \"{prefix}\"", bucket.name),
                })
            }
            _ => None,
        }
    }

    /// A resource's name in AWS, as far as it is worked out already.
    fn physical<'b>(&'b self, resource: &'b crate::platform::Resource) -> Option<&'b str> {
        let field = resource.field(self.library.kind(resource.kind), "name");
        match field.map(|value: &Value| &value.kind) {
            Some(ValueKind::Text(name)) => Some(name),
            _ => Some(resource.physical.as_str()).filter(|name| !name.is_empty()),
        }
    }

    /// Who acts, where text stands for them: a role's name or ARN, a service's principal, an account's id.
    pub(super) fn named_principal(&self, file: FileId, expr: &Expr) -> Option<String> {
        let text = plain(expr)?;
        if let Some(service) = self.service_of(text) {
            return Some(format!("service {service}"));
        }
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(format!("account \"{text}\""));
        }
        let named = |one: &&crate::platform::Resource| {
            one.name == text || one.physical == text || one.arn.as_deref() == Some(text)
        };
        let mut acting =
            self.platform.resources.iter().filter(named).filter(|one| acts(self.library.kind(one.kind)));
        let found = acting.next().filter(|_| acting.next().is_none())?;
        self.means(file, &found.name).is_some().then(|| found.name.to_string())
    }

    /// The service that a word or the name of its principal in AWS means.
    pub(super) fn service_of(&self, text: &str) -> Option<SmolStr> {
        let word = text.split_once(".amazonaws.com").map_or(text, |(word, _)| word);
        let mut services = self.library.services.iter().filter(|service| service.principal.is_some());
        services
            .find(|service| service.name == word || service.principal.as_deref() == Some(text))
            .map(|service| service.name.clone())
    }

    /// The declaration of a kind that goes with one of another kind: the domain of an owner, the owner of a domain, the only table in it.
    pub(super) fn counterpart(&self, file: FileId, meaning: Meaning, wanted: &str) -> Option<String> {
        let Meaning::Resource(id) = meaning else { return None };
        let owner = |domain: ResourceId| match self.platform.field(domain, "owner").map(|value| &value.kind) {
            Some(ValueKind::Principal(crate::platform::Principal::Resource(owner))) => Some(*owner),
            _ => None,
        };
        let kind = self.platform.kind_of(id).name.as_str();
        let candidates: Vec<ResourceId> = match (kind, wanted) {
            ("domain", "role") => owner(id).into_iter().collect(),
            (_, "domain") => self
                .all("domain")
                .filter(|domain| match self.platform.resource(id).noun {
                    Noun::Account(account) => self.platform.resource(*domain).account == Some(account),
                    _ => owner(*domain) == Some(id),
                })
                .collect(),
            (_, wanted) => {
                self.all(wanted).filter(|one| self.platform.resource(*one).parent == Some(id)).collect()
            }
        };
        match candidates.as_slice() {
            [one] => self.written(file, *one),
            _ => None,
        }
    }

    /// What stands inside another declaration, by its name alone: `orders` for `sales.orders`.
    pub(super) fn inner(&self, file: FileId, name: &str) -> Option<String> {
        let mut found = (0..self.platform.resources.len())
            .map(|at| ResourceId(super::index(at)))
            .filter(|id| {
                let resource = self.platform.resource(*id);
                resource.name == name && resource.parent.is_some()
            })
            .filter_map(|id| self.written(file, id).filter(|written| written != name));
        found.next().filter(|_| found.next().is_none())
    }

    fn all(&self, kind: &str) -> impl Iterator<Item = ResourceId> {
        (0..self.platform.resources.len())
            .map(|at| ResourceId(super::index(at)))
            .filter(move |id| self.platform.kind_of(*id).name == kind)
    }

    /// How a declaration is written in a module that knows its name.
    fn written(&self, file: FileId, id: ResourceId) -> Option<String> {
        let resource = self.platform.resource(id);
        let mut names = vec![resource.name.as_str()];
        if let (crate::library::Place::Inside(_), Some(parent)) =
            (self.platform.kind_of(id).place, resource.parent)
        {
            names.insert(0, self.platform.resource(parent).name.as_str());
        }
        let parts = names
            .iter()
            .map(|name| crate::syntax::ast::Ident { name: SmolStr::new(name), span: Span::new(0, 0) });
        let path = Path { parts: parts.collect(), span: Span::new(0, 0) };
        (self.quiet(file, &path) == Some(Meaning::Resource(id))).then(|| dotted(&path))
    }
}

/// Text without anything interpolated.
pub(super) fn plain(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::String(parts) => match parts.as_slice() {
            [StringPart::Text(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// `1 hour` as a duration is written.
fn duration(text: &str) -> Option<String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.strip_prefix(digits)?.trim().to_ascii_lowercase();
    let ours = match unit.as_str() {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "second" | "seconds" => "s",
        "m" | "min" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        _ => return None,
    };
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("{digits}{ours}"))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !crate::syntax::is_reserved(text)
}
