//! `pipeline_function` declarations.

use smol_str::SmolStr;

use super::{Reader, doc, name_of, setting, word};
use crate::{
    library::{
        functions::{Letter, Piece, PipelineFunction, Shape, ShapeKind},
        types::{refinement, scalar},
    },
    syntax::ast::{Decl, Expr, ExprKind, StringPart, TypeArg, TypeExpr},
};

impl Reader<'_> {
    pub(super) fn pipeline_function(&mut self, decl: &Decl) {
        let params: Vec<(SmolStr, Shape)> = decl
            .params
            .iter()
            .flatten()
            .map(|column| (column.name.name.clone(), self.shape(&column.ty)))
            .collect();
        let (Some(result), Some(text)) = (decl.result.as_ref(), setting(decl, "jsonata")) else {
            self.fault(
                decl.span,
                "a function must say what it returns and how",
                "add `-> type` and `jsonata = \"…\"`",
            );
            return;
        };
        let result = self.shape(result);
        let names: Vec<&SmolStr> = params.iter().map(|(name, _)| name).collect();
        let jsonata = self.pieces(text, &names);
        let on = |name| matches!(setting(decl, name).map(|expr| &expr.kind), Some(ExprKind::Bool(true)));
        let as_long_as =
            word(setting(decl, "as_long_as")).and_then(|name| names.iter().position(|known| **known == name));
        self.library.pipeline_functions.push(PipelineFunction {
            name: name_of(decl),
            doc: doc(decl.doc.as_deref()),
            result,
            jsonata,
            clears_labels: on("clears_labels"),
            varies: on("varies"),
            as_long_as,
            span: decl.span,
            params,
        });
    }

    fn shape(&mut self, ty: &TypeExpr) -> Shape {
        let name = match ty.path.parts.as_slice() {
            [one] => one.name.as_str(),
            _ => "",
        };
        let kind = match (name, ty.args.as_slice()) {
            ("T", []) => ShapeKind::Letter(Letter::Any),
            ("S", []) => ShapeKind::Letter(Letter::Single),
            ("E", []) => ShapeKind::Letter(Letter::Scalar),
            ("N", []) => ShapeKind::Letter(Letter::Number),
            ("duration", []) => ShapeKind::Duration,
            ("list", [TypeArg::Type(element)]) => ShapeKind::List(Box::new(self.shape(element))),
            ("map", [TypeArg::Type(value)]) => ShapeKind::Map(Box::new(self.shape(value))),
            _ => ShapeKind::Data(scalar(ty, self.diagnostics).unwrap_or_else(|| {
                self.fault(
                    ty.span,
                    "no type of a function",
                    "use a scalar type, `T`, `S`, `E`, `N`, `list<…>`, `map<…>`",
                );
                crate::platform::Base::Unknown
            })),
        };
        Shape { kind, nullable: ty.nullable, refinement: refinement(&ty.refinements, self.diagnostics) }
    }

    fn pieces(&mut self, text: &Expr, params: &[&SmolStr]) -> Vec<Piece> {
        let ExprKind::String(parts) = &text.kind else {
            self.fault(text.span, "JSONata is text", "write it in quotes");
            return Vec::new();
        };
        let mut pieces: Vec<Piece> = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            match part {
                StringPart::Text(text) => pieces.push(Piece::Text(SmolStr::new(text))),
                StringPart::Expr(expr) => {
                    let name = word(Some(expr));
                    let Some(param) = params.iter().position(|known| Some(known.as_str()) == name.as_deref())
                    else {
                        self.fault(expr.span, "no parameter", "name one of its parameters");
                        continue;
                    };
                    let before = at.checked_sub(1).and_then(|at| parts.get(at));
                    let alone = stands_alone(before, parts.get(at + 1));
                    pieces.push(if alone { Piece::Argument(param) } else { Piece::Operand(param) });
                }
            }
        }
        pieces
    }
}

/// Whether what stands between two pieces is an argument or element by itself.
fn stands_alone(before: Option<&StringPart>, behind: Option<&StringPart>) -> bool {
    let opens = match before {
        Some(StringPart::Text(text)) => text.trim_end().ends_with(['(', ',', '[']),
        _ => false,
    };
    let closes = match behind {
        Some(StringPart::Text(text)) => text.trim_start().starts_with([')', ',', ']']),
        _ => false,
    };
    opens && closes
}
