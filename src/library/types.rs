//! Types and refinements as they are written, to what they mean; used for the library's own fields and for programs.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Base, Refinement},
    syntax::ast::{self, Expr, ExprKind, RefinementKind, StringPart, TypeArg, UnaryOp},
};

/// The names of the types that take no other type.
pub const SCALARS: &[&str] = &[
    "string",
    "boolean",
    "int",
    "bigint",
    "double",
    "decimal",
    "date",
    "timestamp",
    "timestamp_ltz",
    "bytes",
    "location",
    "json",
];

/// The scalar type of that name, with its numbers; `None` where the name is no scalar's. A fault in the numbers is reported.
pub fn scalar(ty: &ast::TypeExpr, diagnostics: &mut Diagnostics) -> Option<Base> {
    let [name] = ty.path.parts.as_slice() else { return None };
    let base = match name.name.as_str() {
        "string" => Base::String,
        "boolean" => Base::Boolean,
        "int" => Base::Int,
        "bigint" => Base::BigInt,
        "double" => Base::Double,
        "date" => Base::Date,
        "bytes" => Base::Bytes,
        "location" => Base::Location,
        "json" => Base::Json,
        "decimal" => return Some(decimal(ty, diagnostics)),
        "timestamp" => return Some(Base::Timestamp(fraction(ty, diagnostics))),
        "timestamp_ltz" => return Some(Base::TimestampLtz(fraction(ty, diagnostics))),
        _ => return None,
    };
    if !ty.args.is_empty() {
        diagnostics.push(bad_arguments(
            ty,
            format!("`{}` takes nothing in parentheses", name.name),
            format!("write `{}`", name.name),
        ));
    }
    Some(base)
}

fn decimal(ty: &ast::TypeExpr, diagnostics: &mut Diagnostics) -> Base {
    let numbers: Option<Vec<u8>> = ty.args.iter().map(small_number).collect();
    match numbers.as_deref() {
        Some([]) => Base::Decimal(10, 0),
        Some([precision @ 1..=38]) => Base::Decimal(*precision, 0),
        Some([precision @ 1..=38, scale]) if scale <= precision => Base::Decimal(*precision, *scale),
        _ => {
            diagnostics.push(bad_arguments(
                ty,
                "a decimal has 1 to 38 digits in all and no more of them behind the point".into(),
                "write the digits in all, then those behind the point: `decimal(12, 2)`".into(),
            ));
            Base::Unknown
        }
    }
}

fn fraction(ty: &ast::TypeExpr, diagnostics: &mut Diagnostics) -> u8 {
    let numbers: Option<Vec<u8>> = ty.args.iter().map(small_number).collect();
    match numbers.as_deref() {
        Some([]) => 6,
        Some([digits @ 0..=9]) => *digits,
        _ => {
            diagnostics.push(bad_arguments(
                ty,
                "a timestamp has 0 to 9 digits of a second".into(),
                "write `timestamp(3)` for milliseconds".into(),
            ));
            3
        }
    }
}

fn small_number(arg: &TypeArg) -> Option<u8> {
    match arg {
        TypeArg::Number(Expr { kind: ExprKind::Number(text), .. }) => text.parse().ok(),
        _ => None,
    }
}

fn bad_arguments(ty: &ast::TypeExpr, message: String, help: String) -> Diagnostic {
    Diagnostic::error(catalogue::BAD_TYPE_ARGUMENTS, ty.span, message, "these numbers fit no such type")
        .help(help)
}

/// The conditions behind a type.
pub fn refinement(written: &[ast::Refinement], diagnostics: &mut Diagnostics) -> Refinement {
    let mut refinement = Refinement::default();
    for part in written {
        match &part.kind {
            RefinementKind::In(low, high) => {
                refinement.min = bound(low.as_ref(), diagnostics);
                refinement.max = bound(high.as_ref(), diagnostics);
                if let (Some(min), Some(max)) = (number(&refinement.min), number(&refinement.max))
                    && min > max
                {
                    diagnostics.push(bad_refinement(
                        part,
                        "this range holds no number",
                        "write the smaller bound first",
                    ));
                }
            }
            RefinementKind::Length(low, high) => {
                refinement.min_length = length(low.as_ref(), part, diagnostics);
                refinement.max_length = length(high.as_ref(), part, diagnostics);
                if let (Some(min), Some(max)) = (refinement.min_length, refinement.max_length)
                    && min > max
                {
                    diagnostics.push(bad_refinement(
                        part,
                        "no length is in this range",
                        "write the smaller bound first",
                    ));
                }
            }
            RefinementKind::Matching(pattern) => refinement.matching = regex(pattern, part, diagnostics),
            RefinementKind::OneOf(values) => {
                refinement.one_of = values.iter().filter_map(constant_text).collect();
                if refinement.one_of.len() != values.len() || values.is_empty() {
                    diagnostics.push(bad_refinement(
                        part,
                        "these are no constant values",
                        "list text or numbers: `one of [\"a\", \"b\"]`",
                    ));
                }
            }
        }
    }
    refinement
}

fn bound(expr: Option<&Expr>, diagnostics: &mut Diagnostics) -> Option<SmolStr> {
    let expr = expr?;
    let text = signed_number(expr);
    if text.is_none() {
        diagnostics.push(
            Diagnostic::error(
                catalogue::BAD_REFINEMENT,
                expr.span,
                "a bound of a range is a number",
                "no number",
            )
            .help("write `in 0..100`"),
        );
    }
    text
}

/// A number with its sign, as written.
pub fn signed_number(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::Number(text) => Some(text.clone()),
        ExprKind::Unary(UnaryOp::Negate, inner) => match &inner.kind {
            ExprKind::Number(text) => Some(SmolStr::new(format!("-{text}"))),
            _ => None,
        },
        _ => None,
    }
}

/// A number's value, exact enough to compare bounds.
pub fn number(text: &Option<SmolStr>) -> Option<f64> {
    text.as_ref().and_then(|text| text.parse().ok())
}

fn length(expr: Option<&Expr>, part: &ast::Refinement, diagnostics: &mut Diagnostics) -> Option<u64> {
    let expr = expr?;
    let value = match &expr.kind {
        ExprKind::Number(text) => text.parse().ok(),
        ExprKind::Size(bytes) => Some(*bytes),
        _ => None,
    };
    if value.is_none() {
        diagnostics.push(bad_refinement(part, "a length is a whole number", "write `length 1..256`"));
    }
    value
}

fn regex(pattern: &Expr, part: &ast::Refinement, diagnostics: &mut Diagnostics) -> Option<SmolStr> {
    let Some(text) = constant_text(pattern) else {
        diagnostics.push(bad_refinement(
            part,
            "this is no constant text",
            "write the regular expression as text: `matching \"[a-z]+\"`",
        ));
        return None;
    };
    if let Err(error) = regex::Regex::new(&text) {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        diagnostics.push(bad_refinement(
            part,
            &format!("this is no regular expression: {reason}"),
            "mend the pattern",
        ));
        return None;
    }
    Some(text)
}

fn bad_refinement(part: &ast::Refinement, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::BAD_REFINEMENT,
        part.span,
        "this condition can't hold or can't be read",
        label,
    )
    .help(help)
}

/// Text or a number without interpolation, as text.
pub fn constant_text(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::String(parts) => match parts.as_slice() {
            [] => Some(SmolStr::default()),
            [StringPart::Text(text)] => Some(SmolStr::new(text)),
            _ => None,
        },
        _ => signed_number(expr),
    }
}
