//! Rules of parameters.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ValueKind},
    source::Span,
};

/// What is encrypted is secret, and does not stand where everybody reads it.
pub fn secret_values_are_not_in_the_program(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, _) in platform.of_kind("parameter") {
        let key = platform.reference(id, "encryption");
        if let (Some(_), Some(value)) = (key, platform.field(id, "value"))
            && value.kind != ValueKind::None
        {
            diagnostics.push(in_text(value.span));
        }
    }
}

fn in_text(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SECRET_IN_TEXT,
        span,
        "an encrypted parameter's value stands in the program",
        "for everybody to read",
    )
    .help(
        "leave it out, and put the value there by other means; or leave out `encryption`, if it is no secret",
    )
}
