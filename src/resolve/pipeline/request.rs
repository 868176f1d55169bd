//! What a call sends and how its end is found, as the standard library's templates say.

use smol_str::SmolStr;

use super::template::{Fault, Item, Template};
use crate::{
    library::Integration,
    platform::{
        Base, ResourceId, Value, ValueKind,
        pipeline::{Expression, ExpressionKind, Poll, Request},
    },
    source::Span,
    syntax::ast::{Expr, ExprKind},
};

/// What a call sends, and what of the answers it returns.
pub(super) struct Requests {
    /// What starts it.
    pub(super) start: Request,
    /// What it returns.
    pub(super) output: Option<Expression>,
    /// What is kept of the first answer.
    pub(super) keep: Option<Expression>,
    /// How its end is found.
    pub(super) poll: Option<Poll>,
    /// What gets its result.
    pub(super) fetch: Option<Request>,
}

/// What a call sends, what of the answer it returns, and how its end is found.
pub(super) fn requests(
    template: &Template<'_>,
    integration: &Integration,
    awaited: bool,
    returns: bool,
) -> Result<Requests, Fault> {
    let property = |name: &str| integration.properties.get(name);
    let missing =
        |name: &str| Fault { span: integration.span, why: format!("`{}` has no `{name}`", integration.name) };
    let word = if awaited { "callback" } else { "request" };
    let resource = property(word).ok_or_else(|| missing(word))?;
    let arguments = property("arguments").ok_or_else(|| missing("arguments"))?;
    let start = request(template, resource, arguments)?;
    let output = match property("output") {
        _ if awaited => Some(Expression::new(ExpressionKind::Result, Base::Json, template.span)),
        Some(output) if returns => template.expression(output)?,
        _ => None,
    };
    let poll = match property("poll") {
        Some(Expr { kind: ExprKind::Record(fields), span }) => {
            let field =
                |name: &str| fields.iter().find(|field| field.name.name == name).map(|field| &field.value);
            Some(poll(template, field, *span)?)
        }
        _ => None,
    };
    let fetch = match property("fetch") {
        Some(Expr { kind: ExprKind::Record(fields), span }) if returns && !awaited => {
            let field = |name: &str| {
                let found = fields.iter().find(|field| field.name.name == name).map(|field| &field.value);
                found.ok_or_else(|| Fault { span: *span, why: format!("`fetch` has no `{name}`") })
            };
            Some(request(template, field("request")?, field("arguments")?)?)
        }
        _ => None,
    };
    // Where nobody asks for what was kept, it need not be kept.
    let keep = property("keep").filter(|_| poll.is_some() || fetch.is_some());
    let keep = keep.map(|keep| required(template, keep)).transpose()?;
    Ok(Requests { start, output, keep, poll, fetch })
}

fn request(template: &Template<'_>, resource: &Expr, arguments: &Expr) -> Result<Request, Fault> {
    Ok(Request {
        resource: required(template, resource)?.as_text().map(SmolStr::new).unwrap_or_default(),
        arguments: required(template, arguments)?,
    })
}

fn required(template: &Template<'_>, expr: &Expr) -> Result<Expression, Fault> {
    let none = || Fault { span: expr.span, why: "this comes out as nothing".into() };
    template.expression(expr)?.ok_or_else(none)
}

fn poll<'x>(
    template: &Template<'_>,
    field: impl Fn(&str) -> Option<&'x Expr>,
    span: Span,
) -> Result<Poll, Fault> {
    let needed =
        |name: &str| field(name).ok_or_else(|| Fault { span, why: format!("`poll` has no `{name}`") });
    let texts = |name: &str| -> Result<Vec<SmolStr>, Fault> {
        match &needed(name)?.kind {
            ExprKind::List(items) => items
                .iter()
                .map(|item| Ok(required(template, item)?.as_text().map(SmolStr::new).unwrap_or_default()))
                .collect(),
            _ => Err(Fault { span, why: format!("`{name}` is a list of texts") }),
        }
    };
    let every = match needed("every")?.kind {
        ExprKind::Duration(milliseconds) => milliseconds.div_ceil(1000).max(1),
        _ => return Err(Fault { span, why: "`every` is a duration".into() }),
    };
    Ok(Poll {
        every,
        request: request(template, needed("request")?, needed("arguments")?)?,
        status: required(template, needed("status")?)?,
        done: texts("done")?,
        failed: texts("failed")?,
        error: required(template, needed("error")?)?.as_text().map(SmolStr::new).unwrap_or_default(),
        cause: field("cause").map(|cause| required(template, cause)).transpose()?,
    })
}

/// What a statement of the library acts on, for the names of its states.
pub(super) fn label(template: &Template<'_>, integration: &Integration) -> SmolStr {
    let named = integration.properties.get("label").and_then(|expr| template.item(expr).ok());
    let first = template
        .words
        .iter()
        .map(|(_, item)| item)
        .find(|item| matches!(item, Item::Value(Value { kind: ValueKind::Ref(_), .. })));
    match named.as_ref().or(first) {
        Some(Item::Value(Value { kind: ValueKind::Ref(id), .. })) => {
            template.platform.resource(*id).name.clone()
        }
        Some(Item::Value(Value { kind: ValueKind::Text(text), .. })) => text.clone(),
        Some(Item::Data(expression)) => expression.as_text().map(SmolStr::new).unwrap_or_default(),
        _ => SmolStr::default(),
    }
}

/// The fields of declarations that a call takes and that are not set.
pub(super) fn missing_needs(
    template: &Template<'_>,
    integration: &Integration,
) -> Vec<(ResourceId, SmolStr)> {
    let Some(Expr { kind: ExprKind::List(needs), .. }) = integration.properties.get("needs") else {
        return Vec::new();
    };
    let mut missing = Vec::new();
    for need in needs {
        let ExprKind::Field(of, name) = &need.kind else { continue };
        if let (Ok(Item::Missing), Ok(Item::Value(Value { kind: ValueKind::Ref(id), .. }))) =
            (template.item(need), template.item(of))
        {
            missing.push((id, name.name.clone()));
        }
    }
    missing
}
