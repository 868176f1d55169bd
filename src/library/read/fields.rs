//! Fields and calls of kinds and constructors.

use smol_str::SmolStr;

use super::{Reader, doc, name_of, path_text, setting, word};
use crate::{
    library::{
        Call, Encoding, FieldDecl, FieldType, Lowering, RowPart,
        types::{constant_text, refinement, scalar},
    },
    syntax::ast::{self, Column, Decl, Expr, ExprKind, Member, TypeArg, TypeExpr},
};

impl Reader<'_> {
    /// The columns of a declaration's body: its fields.
    pub(super) fn fields(&mut self, decl: &Decl) -> Vec<FieldDecl> {
        let calls: Vec<SmolStr> = call_decls(decl).map(name_of).collect();
        let mut fields: Vec<FieldDecl> = Vec::new();
        for member in decl.body.iter().flatten() {
            let Member::Column(column) = member else { continue };
            if fields.iter().any(|field| field.name == column.name.name) {
                self.fault(
                    column.name.span,
                    "a field of that name is declared already",
                    "give it another name",
                );
            }
            let field = self.field(column, &calls);
            fields.push(field);
        }
        fields
    }

    pub(super) fn field(&mut self, column: &Column, calls: &[SmolStr]) -> FieldDecl {
        FieldDecl {
            name: column.name.name.clone(),
            doc: doc(column.doc.as_deref()),
            ty: self.field_type(&column.ty),
            nullable: column.ty.nullable,
            refinement: refinement(&column.ty.refinements, self.diagnostics),
            default: column.default.clone(),
            promise: column.labels.iter().any(|label| label.name == "promise"),
            lowers_to: column.lowers_to.as_ref().and_then(|lowering| self.lowering(lowering, calls)),
            span: column.name.span,
        }
    }

    fn lowering(&mut self, lowering: &ast::Lowering, calls: &[SmolStr]) -> Option<Lowering> {
        let mut path: Vec<SmolStr> = lowering.path.parts.iter().map(|part| part.name.clone()).collect();
        let call = path.first().filter(|first| calls.contains(first)).cloned();
        if call.is_some() {
            path.remove(0);
        }
        let encoding = match lowering.encoding.as_ref().map(|word| word.name.as_str()) {
            None => Encoding::Plain,
            Some("seconds") => Encoding::Seconds,
            Some("minutes") => Encoding::Minutes,
            Some("hours") => Encoding::Hours,
            Some("days") => Encoding::Days,
            Some("simple_pattern") => Encoding::SimplePattern,
            Some("tags") => Encoding::Tags,
            Some("name") => Encoding::Name,
            Some("listed") => Encoding::Listed,
            Some(_) => {
                self.fault(lowering.path.span, "no encoding of that name", "see docs/stdlib.md");
                return None;
            }
        };
        Some(Lowering { call, path, encoding })
    }

    pub(super) fn field_type(&mut self, ty: &TypeExpr) -> FieldType {
        if let Some(base) = scalar(ty, self.diagnostics) {
            return FieldType::Data(base);
        }
        let name = path_text(&ty.path);
        match name.as_str() {
            "duration" => FieldType::Duration,
            "size" => FieldType::Size,
            "account_id" => FieldType::AccountId,
            "region" => FieldType::Region,
            "principal" => FieldType::Principal,
            "watermark" => FieldType::Watermark,
            "column" => FieldType::Column,
            "label" => FieldType::Label,
            "condition" => FieldType::Condition,
            "row" => FieldType::Row(RowPart::Whole),
            "row_key" => FieldType::Row(RowPart::Key),
            "row_partition" => FieldType::Row(RowPart::Partition),
            "row_sort" => FieldType::Row(RowPart::Sort),
            "row_sort_start" => FieldType::Row(RowPart::SortStart),
            "row_index" => FieldType::Row(RowPart::Index),
            "row_rest" => FieldType::Row(RowPart::Rest),
            "target" => FieldType::Target,
            "arn" => FieldType::Arn(ty.args.first().and_then(|arg| match arg {
                TypeArg::Number(expr) => constant_text(expr),
                TypeArg::Type(_) => None,
            })),
            "list" => FieldType::List(Box::new(self.element(ty))),
            "map" => FieldType::Map(Box::new(self.element(ty))),
            _ => self.named_type(ty, &name),
        }
    }

    fn named_type(&mut self, ty: &TypeExpr, name: &str) -> FieldType {
        let names = &self.library.names;
        if let Some(id) = names.enums.get(name) {
            FieldType::Enum(*id)
        } else if let Some(id) = names.families.get(name) {
            FieldType::Construct(*id)
        } else if let Some(id) = names.kinds.get(name) {
            FieldType::Resource(*id)
        } else {
            self.fault(ty.span, "no type of that name", "declare an enum, a kind or a constructor for it");
            FieldType::Unknown
        }
    }

    /// The type of a list's elements, or of a map's values.
    fn element(&mut self, ty: &TypeExpr) -> FieldType {
        match ty.args.last() {
            Some(TypeArg::Type(inner)) => self.field_type(inner),
            _ => {
                self.fault(ty.span, "of what?", "write `list<string>`");
                FieldType::Unknown
            }
        }
    }

    /// The calls of a declaration's body.
    pub(super) fn calls(&mut self, decl: &Decl) -> Vec<Call> {
        call_decls(decl).filter_map(|call| self.call(call)).collect()
    }

    fn call(&mut self, decl: &Decl) -> Option<Call> {
        let Some((service, operation)) = decl.value.as_ref().and_then(operation) else {
            self.fault(
                decl.span,
                "a call must say what it calls",
                "write `call create = datasync.CreateTask { … }`",
            );
            return None;
        };
        let members = decl.body.iter().flatten();
        let input = members.filter_map(|member| match member {
            Member::Field(field) if !matches!(field.name.name.as_str(), "only_if" | "result") => {
                Some((field.name.name.clone(), field.value.clone()))
            }
            _ => None,
        });
        Some(Call {
            name: name_of(decl),
            service,
            operation,
            input: input.collect(),
            only_if: setting(decl, "only_if").cloned(),
            result: word(setting(decl, "result")),
        })
    }
}

fn call_decls(decl: &Decl) -> impl Iterator<Item = &Decl> {
    decl.body.iter().flatten().filter_map(|member| match member {
        Member::Decl(inner) if inner.kind.name == "call" => Some(inner.as_ref()),
        _ => None,
    })
}

/// `datasync.CreateTask`, or `"redshift-data".ExecuteStatement`.
fn operation(expr: &Expr) -> Option<(SmolStr, SmolStr)> {
    let ExprKind::Field(service, operation) = &expr.kind else { return None };
    Some((word(Some(service))?, operation.name.clone()))
}
