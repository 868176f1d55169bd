//! Parameters: constants whose value the configuration may give.

use smol_str::SmolStr;

use super::{Context, suggest};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::FieldType,
    platform::Base,
    source::{FileId, SourceMap, Span},
    syntax::{
        self,
        ast::{Decl, Expr, ExprKind, Item, StringPart, TypeArg, TypeExpr},
    },
};

/// `param NAME : type = default`.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: SmolStr,
    /// What it stands for.
    pub value: Expr,
    /// Its file, where its default's names mean something.
    pub file: FileId,
}

impl Context<'_> {
    pub(super) fn params(&mut self, found: &[(FileId, &Decl)]) {
        for (file, decl) in found {
            let name = super::collect::name_of(decl);
            let span = decl.name.as_ref().map_or(decl.span, |name| name.span);
            let ty = decl.ty.as_ref().map(|ty| self.param_type(*file, ty));
            let given = self.platform.project.params.get(name.as_str()).cloned();
            let value = match given {
                Some(text) => self.given_value(&text, ty.as_ref(), decl.value.as_ref(), &name, span),
                None => decl.value.clone(),
            };
            let value = value.unwrap_or_else(|| {
                self.diagnostics.push(without_value(&name, span));
                Expr { kind: ExprKind::Error, span }
            });
            self.params.push(Param { name, value: value.clone(), file: *file });
            if let Some(ty) = ty
                && !self.diagnostics.has_error_within(value.span)
            {
                self.typed(*file, &value, &ty);
            }
        }
        self.unknown_params(found);
    }

    /// A parameter's type: one of data, or one that a field may have.
    fn param_type(&mut self, file: FileId, ty: &TypeExpr) -> FieldType {
        let name = match ty.path.parts.as_slice() {
            [one] => one.name.as_str(),
            _ => "",
        };
        match (name, ty.args.as_slice()) {
            ("duration", []) => FieldType::Duration,
            ("size", []) => FieldType::Size,
            ("account_id", []) => FieldType::AccountId,
            ("region", []) => FieldType::Region,
            ("arn", []) => FieldType::Arn(None),
            ("list", [TypeArg::Type(element)]) => FieldType::List(Box::new(self.param_type(file, element))),
            _ => FieldType::Data(self.data_type(file, ty).base),
        }
    }

    /// A value that the configuration gives, as text. Where the parameter is text, it is that; else it is read as a program would.
    fn given_value(
        &mut self,
        text: &str,
        ty: Option<&FieldType>,
        default: Option<&Expr>,
        name: &str,
        span: Span,
    ) -> Option<Expr> {
        let is_text = match ty {
            Some(
                FieldType::Data(Base::String | Base::Unknown)
                | FieldType::AccountId
                | FieldType::Region
                | FieldType::Arn(_),
            ) => true,
            Some(_) => false,
            None => default.is_none_or(|default| matches!(default.kind, ExprKind::String(_))),
        };
        if is_text {
            return Some(Expr { kind: ExprKind::String(vec![StringPart::Text(text.to_owned())]), span });
        }
        let read = constant(text, span);
        if read.is_none() {
            self.diagnostics.push(unreadable(text, name, span));
        }
        Some(read.unwrap_or(Expr { kind: ExprKind::Error, span }))
    }

    /// A value given for a parameter that the program does not declare would be lost without a word.
    fn unknown_params(&mut self, found: &[(FileId, &Decl)]) {
        let declared: Vec<SmolStr> = found.iter().map(|(_, decl)| super::collect::name_of(decl)).collect();
        let place = self
            .sources
            .files()
            .find(|(_, file)| !file.library)
            .map(|(_, file)| file.base)
            .unwrap_or_default();
        let given: Vec<String> = self.platform.project.params.keys().cloned().collect();
        for name in given.iter().filter(|name| !declared.iter().any(|known| known == name.as_str())) {
            self.diagnostics.push(unknown_param(name, &declared, Span::new(place, place)));
        }
    }
}

/// A constant as a program writes it, all of it at one place.
fn constant(text: &str, span: Span) -> Option<Expr> {
    let mut sources = SourceMap::default();
    let file = sources.add("", "", format!("param value = {text}\n"), false);
    let mut diagnostics = Diagnostics::default();
    let module = syntax::parse(file, sources.file(file)?, &mut diagnostics);
    match (diagnostics.is_empty(), module.items.as_slice()) {
        (true, [Item::Decl(decl)]) => moved(decl.value.clone()?, span),
        _ => None,
    }
}

/// The same constant with another span throughout; `None` where it is no constant.
fn moved(expr: Expr, span: Span) -> Option<Expr> {
    let kind = match expr.kind {
        ExprKind::List(items) => {
            ExprKind::List(items.into_iter().map(|item| moved(item, span)).collect::<Option<_>>()?)
        }
        ExprKind::Unary(op, inner) => ExprKind::Unary(op, Box::new(moved(*inner, span)?)),
        ExprKind::String(parts) => {
            let text = |part: &StringPart| matches!(part, StringPart::Text(_));
            parts.iter().all(text).then_some(ExprKind::String(parts))?
        }
        kind @ (ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Duration(_)
        | ExprKind::Size(_)
        | ExprKind::None) => kind,
        _ => return None,
    };
    Some(Expr { kind, span })
}

fn unreadable(text: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("the configuration gives `{name}` the value `{text}`"),
        "no value of this type",
    )
    .help("write it as in a program: `30d`, `4`, `true`, `[\"a\", \"b\"]`")
}

fn without_value(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::PARAM_WITHOUT_VALUE,
        span,
        format!("the parameter `{name}` has no value"),
        "no default, and none given",
    )
    .help(format!("add a default, set it in `dpl.toml` under `[params]`, or give `--set {name}=VALUE`"))
}

fn unknown_param(name: &str, declared: &[SmolStr], place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_PARAM,
        place,
        format!("a value is given for `{name}`, and the program declares no such parameter"),
        "in this program",
    );
    match suggest::nearest(name, declared.iter().map(SmolStr::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`? It comes from `dpl.toml` or `--set`")),
        None => diagnostic
            .help(format!("declare it (`param {name} : string`), or take it out of `dpl.toml` or `--set`")),
    }
}
