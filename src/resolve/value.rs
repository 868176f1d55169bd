//! Expressions to values of the type that a field has.

use smol_str::SmolStr;

use super::{Context, Meaning, mend::plain, scope::as_path, suggest, types};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{EnumId, FieldDecl, FieldType, Kind},
    platform::{Base, Location, Principal, Value, ValueKind, resource::Noun},
    source::{FileId, Span},
    syntax::ast::{BinaryOp, Expr, ExprKind, Ident, StringPart, UnaryOp},
};

/// The kinds of declarations that act, or vouch for those who do. Others act through their service.
const ACTING: &[&str] =
    &["role", "pipeline", "query", "sync", "function", "crawler", "group", "saml_provider", "oidc_provider"];

/// Whether declarations of a kind act, or vouch for those who do.
pub(super) fn acts(kind: &Kind) -> bool {
    ACTING.contains(&kind.name.as_str()) || kind.source
}

impl Context<'_> {
    /// The value of an expression as a field's type wants it, its conditions checked.
    pub fn value(&mut self, file: FileId, expr: &Expr, field: &FieldDecl) -> Option<Value> {
        if field.nullable && matches!(expr.kind, ExprKind::None) && !self.is_variant(&field.ty, "none") {
            return Some(Value { kind: ValueKind::None, span: expr.span });
        }
        let kind = self.typed(file, expr, &field.ty)?;
        let value = Value { kind, span: expr.span };
        self.check_value(&value, field);
        Some(value)
    }

    fn is_variant(&self, ty: &FieldType, name: &str) -> bool {
        match ty {
            FieldType::Enum(id) => {
                self.library.enumeration(*id).variants.iter().any(|variant| variant.name == name)
            }
            _ => false,
        }
    }

    pub(super) fn typed(&mut self, file: FileId, expr: &Expr, ty: &FieldType) -> Option<ValueKind> {
        if let Some(kind) = self.by_name(file, expr, ty) {
            return kind;
        }
        let kind = match (ty, &expr.kind) {
            (_, ExprKind::Error) | (FieldType::Unknown, _) => return None,
            (FieldType::Data(base), _) => return self.data(file, expr, base, ty),
            (FieldType::Duration, ExprKind::Duration(milliseconds)) => ValueKind::Duration(*milliseconds),
            (FieldType::Size, ExprKind::Size(bytes)) => ValueKind::Size(*bytes),
            (FieldType::Duration | FieldType::Size, ExprKind::BadUnit(number, unit)) => {
                self.diagnostics.push(unknown_unit(expr.span, number, unit, ty));
                return None;
            }
            (FieldType::Duration | FieldType::Size, ExprKind::Number(number)) => {
                self.diagnostics.push(missing_unit(expr.span, number, ty));
                return None;
            }
            (FieldType::Arn(prefix), ExprKind::String(_)) => {
                return self.text(file, expr).and_then(|text| self.arn(&text, prefix.as_deref(), expr.span));
            }
            (FieldType::AccountId, ExprKind::String(_)) => {
                return self.text(file, expr).and_then(|text| self.account_id(text, expr.span));
            }
            (FieldType::Region, ExprKind::String(_)) => {
                return self.text(file, expr).map(|text| self.region(text, expr.span));
            }
            (FieldType::Enum(id), _) => return self.variant(expr, *id),
            (FieldType::Construct(family), _) => {
                return self
                    .construct(file, expr, *family)
                    .map(|construct| ValueKind::Construct(Box::new(construct)));
            }
            (FieldType::Condition, _) => {
                ValueKind::Conditions(self.demanded(file, std::slice::from_ref(expr)))
            }
            (FieldType::Principal, _) => return self.principal(file, expr).map(ValueKind::Principal),
            (FieldType::List(element), ExprKind::List(items)) => {
                ValueKind::List(self.elements(file, items, element))
            }
            (FieldType::Map(element), ExprKind::Record(fields)) => {
                let entries = fields.iter().filter_map(|field| {
                    let kind = self.typed(file, &field.value, element)?;
                    Some((field.name.name.clone(), Value { kind, span: field.value.span }))
                });
                ValueKind::Map(entries.collect())
            }
            (FieldType::Watermark, ExprKind::Binary(BinaryOp::Subtract, _, column, delay)) => {
                match (&column.kind, &delay.kind) {
                    (ExprKind::Name(name), ExprKind::Duration(delay)) => {
                        ValueKind::Watermark(name.clone(), *delay)
                    }
                    (ExprKind::Name(_), ExprKind::BadUnit(number, unit)) => {
                        self.diagnostics.push(unknown_unit(delay.span, number, unit, &FieldType::Duration));
                        return None;
                    }
                    _ => return self.wrong_type(expr, ty),
                }
            }
            (FieldType::Watermark, ExprKind::Name(name)) => ValueKind::Watermark(name.clone(), 0),
            (FieldType::Column, ExprKind::Name(name)) => ValueKind::Column(name.clone()),
            (FieldType::Label, ExprKind::Name(name)) => return self.label(name, expr.span),
            (FieldType::Target, _) => return self.on(file, expr, ty),
            _ => return self.wrong_type(expr, ty),
        };
        Some(kind)
    }

    /// A parameter stands for its value; a declaration for itself, where the field wants one. `None`: the expression is neither.
    fn by_name(&mut self, file: FileId, expr: &Expr, ty: &FieldType) -> Option<Option<ValueKind>> {
        if matches!(
            ty,
            FieldType::Enum(_)
                | FieldType::Watermark
                | FieldType::Column
                | FieldType::Label
                | FieldType::Principal
                | FieldType::Condition
        ) {
            return None;
        }
        let path = as_path(expr)?;
        if let FieldType::Resource(kind) = ty {
            let kind = self.library.kind(*kind).name.clone();
            return Some(self.resource(file, &path, &kind).map(ValueKind::Ref));
        }
        match self.peek(file, &path)? {
            Meaning::Param(at) => {
                let param = self.params.get(at as usize)?.clone();
                Some(self.typed(param.file, &param.value, ty))
            }
            Meaning::Broken => Some(None),
            _ => None,
        }
    }

    fn elements(&mut self, file: FileId, items: &[Expr], element: &FieldType) -> Vec<Value> {
        items
            .iter()
            .filter_map(|item| self.typed(file, item, element).map(|kind| Value { kind, span: item.span }))
            .collect()
    }

    fn data(&mut self, file: FileId, expr: &Expr, base: &Base, ty: &FieldType) -> Option<ValueKind> {
        match (base, &expr.kind) {
            (Base::Location, _) => self.location(file, expr).map(ValueKind::Location),
            (Base::Boolean, ExprKind::Bool(value)) => Some(ValueKind::Bool(*value)),
            (Base::Int | Base::BigInt, ExprKind::Number(_) | ExprKind::Unary(UnaryOp::Negate, _)) => {
                let number = crate::library::types::signed_number(expr).and_then(|text| text.parse().ok());
                number.map(ValueKind::Int).or_else(|| self.wrong_type(expr, ty))
            }
            (Base::Double | Base::Decimal(..), ExprKind::Number(_) | ExprKind::Unary(UnaryOp::Negate, _)) => {
                crate::library::types::signed_number(expr)
                    .map(ValueKind::Decimal)
                    .or_else(|| self.wrong_type(expr, ty))
            }
            (
                Base::String
                | Base::Date
                | Base::Timestamp(_)
                | Base::TimestampLtz(_)
                | Base::Json
                | Base::Bytes,
                ExprKind::String(_),
            ) => self.text(file, expr).map(ValueKind::Text),
            (Base::Unknown, _) => None,
            _ => self.wrong_type(expr, ty),
        }
    }

    /// Constant text: what is interpolated must be a parameter, or the `name`, `arn` or `id` of a declaration.
    pub fn text(&mut self, file: FileId, expr: &Expr) -> Option<SmolStr> {
        let ExprKind::String(parts) = &expr.kind else {
            self.diagnostics.push(not_constant(expr.span));
            return None;
        };
        let mut text = String::new();
        for part in parts {
            match part {
                StringPart::Text(piece) => text.push_str(piece),
                StringPart::Expr(inner) => text.push_str(&self.constant(file, inner)?),
            }
        }
        Some(SmolStr::new(text))
    }

    fn constant(&mut self, file: FileId, expr: &Expr) -> Option<SmolStr> {
        let path = as_path(expr);
        if let Some(path) = &path
            && let Some(Meaning::Param(at)) = self.peek(file, path)
        {
            let param = self.params.get(at as usize)?.clone();
            return match &param.value.kind {
                ExprKind::String(_) => self.text(param.file, &param.value),
                ExprKind::Bool(value) => Some(SmolStr::new(value.to_string())),
                ExprKind::Error => None,
                _ => crate::library::types::signed_number(&param.value),
            };
        }
        if let Some(text) = self.property(file, expr) {
            return Some(text);
        }
        let unknown = path.is_some_and(|path| self.lookup(file, &path).is_none());
        if !unknown {
            self.diagnostics.push(not_constant(expr.span));
        }
        None
    }

    /// `prod.id`, `data_lake.name`, `data_lake.arn`.
    fn property(&mut self, file: FileId, expr: &Expr) -> Option<SmolStr> {
        let ExprKind::Field(of, name) = &expr.kind else { return None };
        let Some(Meaning::Resource(id)) = self.peek(file, &as_path(of)?) else { return None };
        let resource = self.platform.resource(id);
        match (name.name.as_str(), resource.noun) {
            ("id", Noun::Account(account)) => Some(self.platform.account(account).id.clone()),
            ("region", Noun::Account(account)) => Some(self.platform.account(account).region.clone()),
            ("name", _) if !resource.physical.is_empty() => Some(resource.physical.clone()),
            ("arn", _) => resource.arn.clone(),
            _ => None,
        }
    }

    fn variant(&mut self, expr: &Expr, id: EnumId) -> Option<ValueKind> {
        let written = match &expr.kind {
            ExprKind::Name(name) => name.clone(),
            ExprKind::Bool(value) => SmolStr::new(value.to_string()),
            ExprKind::None => SmolStr::new("none"),
            ExprKind::String(_) => crate::library::types::constant_text(expr).unwrap_or_default(),
            _ => return self.wrong_type(expr, &FieldType::Enum(id)),
        };
        let variants = &self.library.enumeration(id).variants;
        let quoted = matches!(expr.kind, ExprKind::String(_));
        let found = variants.iter().position(|variant| variant.name == written);
        match found {
            Some(at) if !quoted => Some(ValueKind::Variant(id, super::index(at))),
            _ => {
                let near = variants.iter().find(|variant| {
                    variant.name.eq_ignore_ascii_case(&written)
                        || variant.spelling.eq_ignore_ascii_case(&written)
                });
                let near = near.map(|variant| variant.name.as_str());
                let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
                let near = near.or_else(|| suggest::nearest(&written, names.iter().copied()));
                self.diagnostics.push(unknown_variant(expr.span, &written, near, &names));
                None
            }
        }
    }

    fn label(&mut self, name: &SmolStr, span: Span) -> Option<ValueKind> {
        if self.platform.labels.binary_search(name).is_ok() {
            return Some(ValueKind::Text(name.clone()));
        }
        let diagnostic = types::unknown_label(&Ident { name: name.clone(), span }, &self.platform.labels);
        self.diagnostics.push(diagnostic);
        None
    }

    /// A role or a declaration with a role of its own, an account, or `service NAME`.
    pub fn principal(&mut self, file: FileId, expr: &Expr) -> Option<Principal> {
        if let ExprKind::Tagged(tag, inner) = &expr.kind {
            return self.tagged_principal(file, tag, inner);
        }
        let Some(path) = as_path(expr) else {
            let wanted = types::described(&FieldType::Principal, &self.library);
            let diagnostic = wrong_type(expr, &wanted, false);
            self.diagnostics.push(match self.named_principal(file, expr) {
                Some(meant) => diagnostic.help(format!("write `{meant}`")).fix(expr.span, meant),
                None if plain(expr).is_some_and(|text| text.starts_with("arn:")) => {
                    diagnostic.help("declare whoever has this ARN, and name it here: `role NAME in ACCOUNT { external = true, arn = \"…\" }`")
                }
                None => diagnostic,
            });
            return None;
        };
        if let [word] = path.parts.as_slice()
            && self.quiet(file, &path).is_none()
            && !self.scopes.knows(file, &word.name)
            && let Some(service) = self.service_of(&word.name)
        {
            let diagnostic = no_principal_yet(path.span, &word.name, &service);
            self.diagnostics.push(diagnostic);
            return None;
        }
        let meaning = self.lookup_as(file, &path, &|platform, meaning| match meaning {
            Meaning::Resource(id) => {
                let kind = platform.kind_of(id);
                kind.name == "account" || acts(kind)
            }
            _ => false,
        })?;
        if let Meaning::Resource(id) = meaning {
            match self.platform.resource(id).noun {
                Noun::Account(account) => return Some(Principal::Account(account)),
                _ if acts(self.platform.kind_of(id)) => return Some(Principal::Resource(id)),
                _ => {}
            }
        }
        let (what, _) = self.described(meaning);
        let diagnostic = no_principal(expr.span, &super::scope::dotted(&path), &what);
        self.diagnostics.push(match self.counterpart(file, meaning, "role") {
            Some(owner) => {
                diagnostic.help(format!("did you mean `{owner}`, its owner?")).fix(expr.span, owner)
            }
            None => diagnostic,
        });
        None
    }

    fn tagged_principal(&mut self, file: FileId, tag: &Ident, inner: &Expr) -> Option<Principal> {
        match (tag.name.as_str(), &inner.kind) {
            ("service", ExprKind::Name(name)) => self.service(name, inner.span),
            ("account", ExprKind::String(_)) => {
                let text = self.text(file, inner)?;
                let Some(ValueKind::Text(id)) = self.account_id(text, inner.span) else { return None };
                let known = self.platform.accounts.iter().position(|account| account.id == id);
                Some(match known {
                    Some(at) => Principal::Account(crate::platform::AccountId(super::index(at))),
                    None => Principal::ForeignAccount(id),
                })
            }
            ("account", _) => {
                let path = as_path(inner)?;
                let id = self.resource(file, &path, "account")?;
                match self.platform.resource(id).noun {
                    Noun::Account(account) => Some(Principal::Account(account)),
                    _ => None,
                }
            }
            ("saml", _) => self.declared_principal(file, inner, "saml_provider"),
            ("oidc", _) => self.declared_principal(file, inner, "oidc_provider"),
            ("group", _) => self.declared_principal(file, inner, "group"),
            _ => {
                self.diagnostics.push(no_principal(tag.span.to(inner.span), &tag.name, "word"));
                None
            }
        }
    }

    fn declared_principal(&mut self, file: FileId, inner: &Expr, kind: &str) -> Option<Principal> {
        let Some(path) = as_path(inner) else {
            self.wrong_type(inner, &FieldType::Principal);
            return None;
        };
        self.resource(file, &path, kind).map(Principal::Resource)
    }

    fn service(&mut self, name: &SmolStr, span: Span) -> Option<Principal> {
        let with_principal: Vec<&str> = self
            .library
            .services
            .iter()
            .filter(|service| service.principal.is_some())
            .map(|service| service.name.as_str())
            .collect();
        match self.library.service_named(name).filter(|id| self.library.service(*id).principal.is_some()) {
            Some(id) => Some(Principal::Service(id)),
            None => {
                let diagnostic = unknown_service(span, name, &with_principal);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// What a permission is on: an ARN as text, a place in a bucket, any declaration.
    fn on(&mut self, file: FileId, expr: &Expr, ty: &FieldType) -> Option<ValueKind> {
        if let ExprKind::String(_) = &expr.kind {
            return self.text(file, expr).and_then(|text| self.arn(&text, None, expr.span));
        }
        if let ExprKind::Binary(BinaryOp::Divide, ..) = &expr.kind {
            return self.location(file, expr).map(ValueKind::Location);
        }
        let Some(path) = as_path(expr) else { return self.wrong_type(expr, ty) };
        match self.lookup(file, &path)? {
            Meaning::Resource(id) => Some(ValueKind::Ref(id)),
            _ => self.wrong_type(expr, ty),
        }
    }

    /// A place in a bucket: `bucket`, or `bucket / "prefix"`.
    pub fn location(&mut self, file: FileId, expr: &Expr) -> Option<Location> {
        match &expr.kind {
            ExprKind::Binary(BinaryOp::Divide, _, of, key) => {
                let above = self.location(file, of)?;
                let text = self.text(file, key)?;
                let text = text.trim_matches('/');
                if let Some(bad) = text.find(['*', '?', '$']).and_then(|at| text.get(at..=at)) {
                    self.diagnostics.push(bad_location(key.span, bad));
                    return None;
                }
                let key = if above.key.is_empty() {
                    SmolStr::new(text)
                } else {
                    SmolStr::new(format!("{}/{text}", above.key))
                };
                Some(Location { bucket: above.bucket, key })
            }
            _ => match as_path(expr) {
                Some(path) => {
                    let bucket = self.resource(file, &path, "bucket")?;
                    Some(Location { bucket, key: SmolStr::default() })
                }
                None => {
                    self.wrong_type(expr, &FieldType::Data(Base::Location));
                    None
                }
            },
        }
    }

    pub(super) fn wrong_type(&mut self, expr: &Expr, ty: &FieldType) -> Option<ValueKind> {
        let wanted = types::described(ty, &self.library);
        let diagnostic = wrong_type(expr, &wanted, matches!(ty, FieldType::List(_)));
        let diagnostic = self.mended(diagnostic, expr, ty);
        self.diagnostics.push(diagnostic);
        None
    }
}

/// What an expression is, in words.
pub fn described(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::None => "`none`",
        ExprKind::Bool(_) => "true or false",
        ExprKind::Number(_) | ExprKind::Unary(UnaryOp::Negate, _) => "a number",
        ExprKind::Duration(_) => "a duration",
        ExprKind::Size(_) => "a size",
        ExprKind::BadUnit(..) => "a number with an unknown unit",
        ExprKind::String(_) => "text",
        ExprKind::Name(_) | ExprKind::Field(..) => "a name",
        ExprKind::Index(..) => "an element",
        ExprKind::Call(..) | ExprKind::Run(_) => "a call",
        ExprKind::List(_) | ExprKind::ListOf(..) => "a list",
        ExprKind::Record(_) => "a record",
        ExprKind::Unary(..) | ExprKind::Binary(..) => "an expression",
        ExprKind::Tagged(..) => "a principal",
        ExprKind::Pattern(_) => "a pattern of actions",
        ExprKind::Error => "unreadable",
    }
}

fn wrong_type(expr: &Expr, wanted: &str, list: bool) -> Diagnostic {
    let actual = described(expr);
    let diagnostic = Diagnostic::error(
        catalogue::WRONG_TYPE,
        expr.span,
        format!("{wanted} is needed here"),
        format!("this is {actual}"),
    );
    match list && !matches!(expr.kind, ExprKind::List(_)) {
        true => diagnostic.help("put it in brackets: `[ … ]`"),
        false => diagnostic.help(format!("write {wanted}")),
    }
}

fn unknown_unit(span: Span, number: &str, unit: &str, ty: &FieldType) -> Diagnostic {
    let units: &[&str] = if *ty == FieldType::Size {
        &["B", "KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB", "Mbit", "Gbit"]
    } else {
        &["ms", "s", "m", "h", "d", "w"]
    };
    let words = [
        ("sec", "s"),
        ("secs", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("min", "m"),
        ("mins", "m"),
        ("minute", "m"),
        ("minutes", "m"),
        ("hour", "h"),
        ("hours", "h"),
        ("hr", "h"),
        ("day", "d"),
        ("days", "d"),
        ("week", "w"),
        ("weeks", "w"),
        ("k", "KiB"),
        ("g", "GiB"),
        ("mi", "MiB"),
    ];
    let near = words
        .iter()
        .find(|(word, _)| *word == unit.to_lowercase())
        .map(|(_, ours)| *ours)
        .filter(|ours| units.contains(ours));
    let near = near.or_else(|| units.iter().find(|known| known.eq_ignore_ascii_case(unit)).copied());
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_UNIT,
        span,
        format!("there is no unit `{unit}`"),
        "unknown unit",
    );
    match near {
        Some(near) => diagnostic.help(format!("write `{number}{near}`")).fix(span, format!("{number}{near}")),
        None => diagnostic.help(format!("the units are {}", suggest::listed(units))),
    }
}

fn missing_unit(span: Span, number: &str, ty: &FieldType) -> Diagnostic {
    let example = if *ty == FieldType::Size { format!("{number}MiB") } else { format!("{number}s") };
    let what = if *ty == FieldType::Size { "size" } else { "duration" };
    Diagnostic::error(catalogue::WRONG_TYPE, span, format!("a {what} has a unit"), "a number without one")
        .help(format!("say of what: `{example}`"))
}

fn unknown_variant(span: Span, written: &str, near: Option<&str>, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_VARIANT,
        span,
        format!("`{written}` is none of the values that this can have"),
        "unknown value",
    );
    match near {
        Some(near) => diagnostic
            .help(format!("did you mean `{near}`? It can be {}", suggest::listed(names)))
            .fix(span, near),
        None => diagnostic.help(format!("it can be {}", suggest::listed(names))),
    }
}

fn not_constant(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_CONSTANT,
        span,
        "the value here must be known when the program is compiled",
        "not a constant",
    )
    .help("use text, a `param`, or the `name`, `arn` or `id` of a declaration")
}

fn bad_location(span: Span, bad: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_LOCATION,
        span,
        format!("a place in a bucket can't have `{bad}` in it"),
        "means more than itself in a policy",
    )
    .help("name the prefix: what lies below it is meant already")
}

fn no_principal(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_KIND_OF_NAME,
        span,
        format!("`{name}` is {} {what}, and somebody who acts is needed", suggest::article(what)),
        "nobody",
    )
    .help("name a role, a group, an account, or `service NAME`")
}

/// A service of AWS without the word that says so.
fn no_principal_yet(span: Span, name: &str, service: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        format!("there is no `{name}` in this module"),
        "not declared",
    )
    .help(format!("did you mean AWS's service? Write `service {service}`"))
    .fix(span, format!("service {service}"))
}

fn unknown_service(span: Span, name: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNRESOLVED,
        span,
        format!("no service `{name}` can be a principal"),
        "not known",
    );
    match suggest::nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help("declare it in the standard library with its `principal`"),
    }
}
