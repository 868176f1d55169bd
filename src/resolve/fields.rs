//! The fields of every declaration: each is taken by its kind, or reported.

use smol_str::SmolStr;

use super::{Context, Declared, suggest};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{Kind, KindId, Naming, Part, types::SCALARS},
    platform::{AccountId, Project, Resource, ResourceId, ValueKind},
    source::Span,
    syntax::ast::{Column, Expr, ExprKind, Field, Ident, Member},
};

impl Context<'_> {
    /// Evaluates the fields of all declarations whose fields are not evaluated yet.
    /// Those of buckets come first, whose names in AWS tell what an `s3://` means.
    pub(super) fn fields(&mut self, resources: &[Declared<'_>]) {
        let is_bucket =
            |context: &Self, declared: &Declared<'_>| context.platform.kind_of(declared.id).name == "bucket";
        let (buckets, others): (Vec<&Declared<'_>>, Vec<&Declared<'_>>) =
            resources.iter().partition(|declared| is_bucket(self, declared));
        for declared in buckets.into_iter().chain(others) {
            if self.platform.resource(declared.id).given.is_empty() {
                self.fields_of(*declared);
            }
        }
    }

    /// Evaluates the fields of one declaration and makes its name in AWS.
    pub(super) fn fields_of(&mut self, declared: Declared<'_>) {
        let library = self.library.clone();
        let kind = library.kind(self.platform.resource(declared.id).kind);
        let mut values = vec![None; kind.fields.len()];
        let mut given: Vec<Option<Span>> = vec![None; kind.fields.len().max(1)];
        let mut faulty = false;
        let takes_columns = kind.takes.contains(&Part::Columns);
        for member in declared.decl.body.iter().flatten() {
            let colon = match member {
                Member::Column(column) if !takes_columns => self.colon_field(column, kind),
                _ => None,
            };
            let written = match (member, &colon) {
                (Member::Field(written), _) | (_, Some(written)) => written,
                _ => continue,
            };
            let at = kind.field_index(&written.name.name);
            let (Some(at), Some(field)) = (at, at.and_then(|at| kind.fields.get(at))) else {
                let text = self.sources.text(written.value.span);
                self.diagnostics.push(unknown_field(written, kind, takes_columns.then_some(text)));
                faulty = true;
                continue;
            };
            if let Some(Some(first)) = given.get(at) {
                self.diagnostics.push(doubled_field(&written.name, *first));
                continue;
            }
            if let Some(sign) = written.at_most.filter(|_| !field.promise) {
                self.diagnostics.push(no_promise(sign, &written.name.name));
            }
            let value = self.value(declared.file, &written.value, field);
            if let (Some(value_slot), Some(given_slot)) = (values.get_mut(at), given.get_mut(at)) {
                *value_slot = value;
                *given_slot = Some(written.name.span);
            }
        }
        for (at, field) in kind.fields.iter().enumerate() {
            if !matches!(given.get(at), Some(None)) {
                continue;
            }
            if let Some(slot) = values.get_mut(at) {
                *slot = self.default_of(field);
            }
            let span = self.platform.resource(declared.id).span;
            if field.required() && !faulty && !self.platform.is_unread(span) {
                self.diagnostics.push(missing_field(kind, &field.name, span));
            }
        }
        self.finish(declared.id, kind, values, given);
    }

    /// A field that is written with `:`, as it was meant.
    fn colon_field(&self, column: &Column, kind: &Kind) -> Option<Field> {
        kind.field_index(&column.name.name)?;
        let mut parts = column.ty.path.parts.iter();
        let first = parts.next()?;
        let name = |name: &Ident| ExprKind::Name(name.name.clone());
        let value = parts.fold(Expr { kind: name(first), span: first.span }, |of, part| Expr {
            span: of.span.to(part.span),
            kind: ExprKind::Field(Box::new(of), part.clone()),
        });
        (column.ty.args.is_empty()).then(|| Field {
            doc: None,
            name: column.name.clone(),
            at_most: None,
            value,
        })
    }

    fn finish(
        &mut self,
        id: ResourceId,
        kind: &Kind,
        values: Vec<Option<crate::platform::Value>>,
        given: Vec<Option<Span>>,
    ) {
        if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
            resource.fields = values;
            resource.given = given;
            resource.external = matches!(
                resource.field(kind, "external").map(|value| &value.kind),
                Some(ValueKind::Bool(true))
            );
            resource.physical = match resource.field(kind, "name").map(|value| &value.kind) {
                Some(ValueKind::Text(name)) => name.clone(),
                _ => name_in_aws(&resource.name, kind.naming),
            };
        }
        let arn = self.arn_of(id, kind);
        if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
            resource.arn = arn;
        }
    }

    /// The ARN: the field `arn` where the declaration gives it, else the kind's format filled in; `None` where a part is not known.
    fn arn_of(&self, id: ResourceId, kind: &Kind) -> Option<SmolStr> {
        let resource = self.platform.resource(id);
        if let Some(ValueKind::Text(arn)) = resource.field(kind, "arn").map(|value| &value.kind) {
            return Some(arn.clone());
        }
        fill(kind.arn.as_ref()?, |name| self.placeholder(resource, kind, name))
    }

    fn placeholder(&self, resource: &Resource, kind: &Kind, name: &str) -> Option<SmolStr> {
        let account = resource.account.map(|account| self.platform.account(account));
        match name {
            "partition" => Some(SmolStr::new(Project::partition(&self.platform.project))),
            "region" => account.map(|account| account.region.clone()),
            "account" => account.map(|account| account.id.clone()),
            "name" => Some(resource.physical.clone()),
            _ => {
                let (resource, kind, name) = match name.strip_prefix("parent.") {
                    Some(rest) => {
                        let parent = resource.parent?;
                        (self.platform.resource(parent), self.platform.kind_of(parent), rest)
                    }
                    None => (resource, kind, name),
                };
                if name == "name" {
                    return Some(resource.physical.clone());
                }
                match &resource.field(kind, name)?.kind {
                    ValueKind::Text(text) => Some(text.clone()),
                    _ => None,
                }
            }
        }
    }

    /// Two declarations that AWS could not tell apart, or whose files would be the same.
    pub(super) fn names_in_aws(&mut self) {
        let mut names: Vec<(NameKey, Span)> = Vec::new();
        for resource in &self.platform.resources {
            let everywhere = self.library.kind(resource.kind).name == "bucket";
            let key = |name: &str, in_aws: bool| NameKey {
                kind: resource.kind,
                account: resource.account.filter(|_| !(everywhere && in_aws)),
                parent: resource.parent,
                in_aws,
                name: SmolStr::new(name.to_lowercase()),
            };
            names.push((key(&resource.physical, true), resource.span));
            names.push((key(&resource.name, false), resource.span));
        }
        names.sort_unstable();
        let mut reported: Vec<Span> = Vec::new();
        for pair in names.windows(2) {
            if let [(first, first_span), (second, second_span)] = pair
                && first == second
                && !reported.contains(second_span)
                && !self.doubled(*first_span, *second_span)
            {
                reported.push(*second_span);
                let kind = &self.library.kind(first.kind).name;
                self.diagnostics.push(same_name(kind, &first.name, *first_span, *second_span));
            }
        }
    }

    /// Whether two names are the same in the same module, which is reported as such.
    fn doubled(&self, first: Span, second: Span) -> bool {
        let file = |span: Span| self.sources.file_of(span).map(|(id, _)| id);
        file(first) == file(second) && self.sources.text(first) == self.sources.text(second)
    }
}

/// What must not be the same for two declarations in one account.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct NameKey {
    kind: KindId,
    account: Option<AccountId>,
    parent: Option<ResourceId>,
    in_aws: bool,
    name: SmolStr,
}

/// Fills `{…}` in a format; `None` where one is not known.
pub fn fill(format: &str, value: impl Fn(&str) -> Option<SmolStr>) -> Option<SmolStr> {
    let mut filled = String::with_capacity(format.len() + 32);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&value(name)?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(SmolStr::new(filled))
}

fn name_in_aws(name: &str, naming: Naming) -> SmolStr {
    match naming {
        Naming::AsWritten => SmolStr::new(name),
        Naming::Kebab => SmolStr::new(name.replace('_', "-").to_lowercase()),
        Naming::Lower => SmolStr::new(name.to_lowercase()),
    }
}

/// What Terraform, CloudFormation and SQL call fields.
const FOREIGN: &[(&str, &str)] = &[
    ("assume_role", "trust"),
    ("assume_role_policy", "trust"),
    ("trusted_by", "trust"),
    ("principals", "trust"),
    ("path", "location"),
    ("uri", "location"),
    ("s3_path", "location"),
    ("partitions", "partition"),
    ("partition_keys", "partition"),
    ("source", "connector"),
    ("topic", "connector"),
    ("kms_key", "encryption"),
    ("kms_key_id", "encryption"),
    ("schedule", "trigger"),
    ("retries", "retry"),
    ("account_id", "id"),
    ("bucket", "name"),
];

/// `type_text` is what stands behind `=`, where the kind takes columns.
fn unknown_field(written: &Field, kind: &Kind, type_text: Option<&str>) -> Diagnostic {
    let name = &written.name;
    if let Some(text) = type_text
        && SCALARS.contains(&text.split(['(', '?']).next().unwrap_or(text))
    {
        let between = Span::new(name.span.end, written.value.span.start);
        return Diagnostic::error(
            catalogue::UNKNOWN_FIELD,
            name.span,
            format!("{} `{}` has no field `{}`", suggest::article(&kind.name), kind.name, name.name),
            "a column, by its type",
        )
        .help(format!("write `{} : {text}`: a column is declared with `:`", name.name))
        .fix(between, " : ");
    }
    let names: Vec<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_FIELD,
        name.span,
        format!("{} `{}` has no field `{}`", suggest::article(&kind.name), kind.name, name.name),
        "not a field of it",
    );
    if kind.takes.contains(&Part::Statements)
        && !names.iter().any(|known| suggest::nearest(&name.name, [*known]).is_some())
    {
        let start = Span::new(name.span.start, name.span.start);
        return diagnostic.help(format!("a value is named by `let {} = …`", name.name)).fix(start, "let ");
    }
    let foreign = FOREIGN.iter().find(|(theirs, ours)| name.name == *theirs && names.contains(ours));
    let near = suggest::nearest(&name.name, names.iter().copied());
    match foreign.map(|(_, ours)| *ours).or(near) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None if names.is_empty() => diagnostic.help("leave it out"),
        None => diagnostic.help(format!("its fields are {}", suggest::listed(&names))),
    }
}

fn no_promise(sign: Span, name: &str) -> Diagnostic {
    let message = format!("the field `{name}` is set, and promises no bound");
    Diagnostic::error(catalogue::FOREIGN_SPELLING, sign, message, "compares nothing")
        .help(format!("write `{name} = …`"))
        .fix(sign, "=")
}

fn doubled_field(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::DUPLICATE_FIELD,
        name.span,
        format!("`{}` is given twice", name.name),
        "given again here",
    )
    .related(first, "given here first")
    .help("leave one of them out")
}

fn missing_field(kind: &Kind, field: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        format!("{} `{}` needs `{field}`", suggest::article(&kind.name), kind.name),
        format!("`{field}` is not given"),
    )
    .help(format!("add `{field} = …` to its body"))
}

fn same_name(kind: &str, name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SAME_NAME_IN_AWS,
        second,
        format!("two declarations of kind `{kind}` are called `{name}` in the same account"),
        "the same name again",
    )
    .related(first, "and here")
    .help("give one of them another `name`")
}
