//! What conditions of requests are compared with, in AWS's spelling.

use std::{collections::BTreeSet, net::IpAddr};

use smol_str::SmolStr;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::{Condition as Declared, KindId, condition::Measure},
    platform::{ResourceId, ValueKind},
    source::{FileId, Span},
    sql::time::{self, Style},
    syntax::ast::{Expr, ExprKind},
};

impl Context<'_> {
    /// The value, or the values of a list.
    pub(super) fn compared_with(
        &mut self,
        file: FileId,
        declared: &Declared,
        expr: &Expr,
    ) -> Option<BTreeSet<SmolStr>> {
        let items = match &expr.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(expr),
        };
        let ordered = matches!(declared.measure, Measure::Seconds | Measure::Instant);
        if items.is_empty() || (ordered && items.len() > 1) {
            self.diagnostics.push(not_one(expr.span, declared, ordered));
            return None;
        }
        let values: BTreeSet<SmolStr> =
            items.iter().filter_map(|item| self.request_value(file, declared, item)).collect();
        (!values.is_empty()).then_some(values)
    }

    fn request_value(&mut self, file: FileId, declared: &Declared, expr: &Expr) -> Option<SmolStr> {
        match (declared.measure, self.names_resource(file, expr)) {
            (Measure::Id(kind), resource) => return self.id_of(file, kind, resource, expr),
            (Measure::Arn, Some(resource)) => {
                if let Some(arn) = self.platform.resource(resource).arn.clone() {
                    return Some(arn);
                }
            }
            (Measure::Instant, _) => return self.instant(file, declared, expr),
            _ => {}
        }
        let value = match self.value(file, expr, &declared.value)?.kind {
            ValueKind::Text(text) => text,
            ValueKind::Duration(milliseconds) if milliseconds % 1000 == 0 => {
                SmolStr::new((milliseconds / 1000).to_string())
            }
            ValueKind::Duration(_) => {
                self.diagnostics.push(no_whole_seconds(expr.span));
                return None;
            }
            _ => return None,
        };
        let fault = match declared.measure {
            Measure::Address if !is_range(&value) => Some(no_range(expr.span, &value)),
            Measure::Text => ["*", "?", "${"]
                .into_iter()
                .find(|sign| value.contains(sign))
                .map(|sign| means_itself(expr.span, sign)),
            Measure::Arn if value.contains("${") => Some(means_itself(expr.span, "${")),
            _ => None,
        };
        if let Some(fault) = fault {
            self.diagnostics.push(fault);
            return None;
        }
        Some(value)
    }

    /// The id of a declaration, or an id as text.
    fn id_of(
        &mut self,
        file: FileId,
        kind: KindId,
        resource: Option<ResourceId>,
        expr: &Expr,
    ) -> Option<SmolStr> {
        let library = self.library.clone();
        let kind = library.kind(kind);
        if resource.is_some() || matches!(expr.kind, ExprKind::Field(..)) {
            let path = super::scope::as_path(expr)?;
            let id = self.resource(file, &path, &kind.name)?;
            let known = self.text_of(id, "id");
            if known.is_none() {
                let name = self.platform.resource(id).name.clone();
                self.diagnostics.push(without_id(expr.span, &kind.name, &name));
            }
            return known;
        }
        let field = kind.fields.get(kind.field_index("id")?)?;
        match self.value(file, expr, field)?.kind {
            ValueKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A day, which stands for its beginning, or a time with its zone; in UTC.
    fn instant(&mut self, file: FileId, declared: &Declared, expr: &Expr) -> Option<SmolStr> {
        let text = match &expr.kind {
            ExprKind::String(_) | ExprKind::Name(_) | ExprKind::Field(..) => {
                match self.value(file, expr, &declared.value)?.kind {
                    ValueKind::Text(text) => text,
                    _ => return None,
                }
            }
            ExprKind::Error => return None,
            // `2027-01-31` without quotes reads as a subtraction.
            _ => SmolStr::new(self.sources.text(expr.span)),
        };
        let read = in_utc(&text);
        if read.is_none() {
            self.diagnostics.push(no_instant(expr.span, &text));
        }
        read
    }
}

/// `2027-01-31T00:00:00Z`.
fn in_utc(text: &str) -> Option<SmolStr> {
    let micros = match time::parse_date(text.as_bytes()) {
        Some(days) => days * time::DAY,
        None => time::parse_timestamp(text.as_bytes(), Style::Iso).filter(|(_, zoned)| *zoned)?.0,
    };
    let mut written = Vec::new();
    time::write_timestamp(micros, Style::Iso, (0, 0), &mut written);
    let written = String::from_utf8(written).ok()?;
    (micros % 1_000_000 == 0 && written.len() == 19).then(|| SmolStr::from(format!("{written}Z")))
}

/// An address, or the first one of a range with the length of what all of it share.
fn is_range(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let Some(length) = length else { return true };
    let digits = !length.is_empty() && length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
    match length.parse::<u32>() {
        Ok(length) if digits && length <= width => {
            let rest = width - length;
            bits.trailing_zeros() >= rest || bits == 0
        }
        _ => false,
    }
}

fn not_one(span: Span, declared: &Declared, ordered: bool) -> Diagnostic {
    let name = &declared.name;
    let (label, help) = if ordered {
        ("more than one value, or none", "name one bound")
    } else {
        ("no value", "name what it may be")
    };
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        format!("`{name}` is compared with one value here"),
        label,
    )
    .help(help)
}

fn no_whole_seconds(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        "AWS counts whole seconds here",
        "a fraction of a second",
    )
    .help("write whole seconds: `30s`")
}

fn no_range(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        format!("`{text}` is neither an IP address nor a range of them"),
        "no address",
    )
    .help("write an address, or the first one of a range and its length: `\"203.0.113.0/24\"`")
}

fn means_itself(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        format!("`{sign}` stands for nothing else here: values are compared letter by letter"),
        "matches only itself",
    )
    .help("list the values that are meant: `[\"a\", \"b\"]`")
}

fn without_id(span: Span, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_CONDITION,
        span,
        format!("AWS's id of the {kind} `{name}` is not known"),
        "has no `id`",
    )
    .help(format!("give the {kind} its `id`, or write the id here as text"))
}

fn no_instant(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_INSTANT,
        span,
        format!("`{text}` is neither a day nor a time with its zone"),
        "not in the calendar",
    )
    .help("write a day, which begins in UTC: `2027-01-31`, or a time in whole seconds: `\"2027-01-31T12:00:00Z\"`")
}
