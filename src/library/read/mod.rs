//! The standard library's modules, read into [`Library`]. Names first, then what refers to them. A fault in it is a diagnostic like any other,
//! for those who extend it.

mod conditions;
mod fields;
mod functions;
mod services;

use smol_str::SmolStr;

use super::{
    Constructor, Enum, Family, FamilyId, FieldDecl, Integration, Kind, KindId, Library, Naming, Part, Place,
    SqlFunction, Variant,
    types::{constant_text, scalar},
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::DataType,
    source::Span,
    syntax::ast::{self, Decl, Expr, ExprKind, Item, Member, Module, TypeExpr},
};

/// Reads the standard library.
pub fn read(modules: &[Module], diagnostics: &mut Diagnostics) -> Library {
    let decls: Vec<&Decl> = modules
        .iter()
        .flat_map(|module| &module.items)
        .filter_map(|item| match item {
            Item::Decl(decl) => Some(decl),
            _ => None,
        })
        .collect();
    let mut reader = Reader { library: Library::default(), diagnostics };
    for decl in &decls {
        reader.name(decl);
    }
    for decl in &decls {
        reader.actions(decl);
    }
    for decl in &decls {
        reader.contents(decl);
    }
    reader.library.sql_functions.sort_by(|a, b| a.name.cmp(&b.name));
    reader.library.pipeline_functions.sort_by(|a, b| a.name.cmp(&b.name));
    reader.library.labels.sort();
    reader.library
}

/// The library as far as it is read.
struct Reader<'a> {
    library: Library,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Makes a place for what a declaration declares, so that others may refer to it.
    fn name(&mut self, decl: &Decl) {
        let name = name_of(decl);
        match decl.kind.name.as_str() {
            "kind" => self.kind_shell(decl, name),
            "enum" => self.enumeration(decl, name),
            "constructor" => self.constructor_shell(decl, name),
            "service" => self.service(decl, name),
            "label" => self.library.labels.push(name),
            "limit" => self.limit(decl, name),
            "capability" | "cloudformation" | "condition" | "integration" | "sql_function"
            | "pipeline_function" | "schema" | "tagged" | "terraform" | "watch" => {}
            _ => self.fault(decl.kind.span, "no declaration of the standard library", "see docs/stdlib.md"),
        }
    }

    /// Reads what refers to kinds, enums, constructors, services and actions.
    fn contents(&mut self, decl: &Decl) {
        match decl.kind.name.as_str() {
            "kind" => self.kind(decl),
            "constructor" => self.constructor(decl),
            "capability" => self.capability(decl),
            "cloudformation" => self.stacked(decl),
            "terraform" => self.rooted(decl),
            "tagged" => self.tagged(decl),
            "watch" => self.watch(decl),
            "condition" => self.condition(decl),
            "integration" => self.integration(decl),
            "sql_function" => self.sql_function(decl),
            "pipeline_function" => self.pipeline_function(decl),
            _ => {}
        }
    }

    fn kind_shell(&mut self, decl: &Decl, name: SmolStr) {
        let id = KindId(index(self.library.kinds.len()));
        if self.library.names.kinds.insert(name.clone(), id).is_some() {
            self.fault(decl.span, "a kind of that name is declared already", "give it another name");
        }
        self.library.kinds.push(Kind {
            name,
            doc: doc(decl.doc.as_deref()),
            place: Place::Anywhere,
            naming: Naming::AsWritten,
            takes: Vec::new(),
            service: None,
            arn: None,
            source: false,
            keeps: false,
            made_up: false,
            fixed: Vec::new(),
            told: Vec::new(),
            fields: Vec::new(),
            calls: Vec::new(),
            span: decl.span,
        });
    }

    fn kind(&mut self, decl: &Decl) {
        let Some(id) = self.library.kind_named(&name_of(decl)) else { return };
        let fields = self.fields(decl);
        let calls = self.calls(decl);
        let place = self.place(decl);
        let naming = match word(setting(decl, "naming")).as_deref() {
            Some("kebab") => Naming::Kebab,
            Some("lower") => Naming::Lower,
            _ => Naming::AsWritten,
        };
        let takes = self.takes(decl);
        let service = word(setting(decl, "service"));
        let arn = setting(decl, "arn").and_then(template);
        let yes = |name| matches!(setting(decl, name).map(|expr| &expr.kind), Some(ExprKind::Bool(true)));
        let (source, keeps, made_up) = (yes("source"), yes("keeps"), yes("made_up"));
        let (fixed, told) = (self.named(decl, "fixed", &fields), self.named(decl, "told", &fields));
        if let Some(kind) = self.library.kinds.get_mut(id.0 as usize) {
            kind.fields = fields;
            kind.calls = calls;
            kind.place = place;
            kind.naming = naming;
            kind.takes = takes;
            kind.service = service;
            kind.arn = arn;
            kind.source = source;
            kind.keeps = keeps;
            kind.made_up = made_up;
            kind.fixed = fixed;
            kind.told = told;
        }
    }

    fn place(&mut self, decl: &Decl) -> Place {
        let expr = setting(decl, "place");
        match word(expr).as_deref() {
            Some("account") => Place::Account,
            Some("anywhere") => Place::Anywhere,
            Some(kind) => self.library.kind_named(kind).map_or(Place::Anywhere, Place::Inside),
            None => {
                self.fault(decl.span, "a kind must say where it may stand", "add `place = account`");
                Place::Anywhere
            }
        }
    }

    fn takes(&mut self, decl: &Decl) -> Vec<Part> {
        let words = list(setting(decl, "takes"));
        let mut parts = Vec::new();
        for expr in words {
            let word = word(Some(expr));
            match Part::ALL.iter().find(|(_, name)| word.as_deref() == Some(*name)) {
                Some((part, _)) => parts.push(*part),
                None => self.fault(expr.span, "no part of a declaration", "see docs/stdlib.md"),
            }
        }
        parts
    }

    /// `fixed = [key, sort]`
    fn named(&mut self, decl: &Decl, which: &str, fields: &[FieldDecl]) -> Vec<SmolStr> {
        let mut names = Vec::new();
        for expr in list(setting(decl, which)) {
            match word(Some(expr)).filter(|name| fields.iter().any(|field| field.name == *name)) {
                Some(name) => names.push(name),
                None => self.fault(expr.span, "no field of the kind", "name one of its fields"),
            }
        }
        names
    }

    fn enumeration(&mut self, decl: &Decl, name: SmolStr) {
        let mut variants = Vec::new();
        for member in decl.body.iter().flatten() {
            match member {
                Member::Field(field) => match constant_text(&field.value) {
                    Some(spelling) => variants.push(Variant {
                        name: field.name.name.clone(),
                        spelling,
                        doc: doc(field.doc.as_deref()),
                    }),
                    None => self.fault(field.value.span, "AWS's spelling is text", "write it in quotes"),
                },
                _ => self.fault(decl.span, "an enum has variants only", "write `name = \"SPELLING\"`"),
            }
        }
        let id = super::EnumId(index(self.library.enums.len()));
        if self.library.names.enums.insert(name.clone(), id).is_some() {
            self.fault(decl.span, "an enum of that name is declared already", "give it another name");
        }
        self.library.enums.push(Enum { name, doc: doc(decl.doc.as_deref()), variants });
    }

    fn constructor_shell(&mut self, decl: &Decl, name: SmolStr) {
        let Some(family) = decl.ty.as_ref().map(|ty| path_text(&ty.path)) else {
            self.fault(decl.span, "a constructor must say what it makes", "add `: family` behind its name");
            return;
        };
        let family = self.family(family);
        let id = super::ConstructorId(index(self.library.constructors.len()));
        self.library.names.constructors.entry(name.clone()).or_default().push(id);
        if let Some(family) = self.library.families.get_mut(family.0 as usize) {
            family.constructors.push(id);
        }
        self.library.constructors.push(Constructor {
            name,
            doc: doc(decl.doc.as_deref()),
            family,
            fields: Vec::new(),
            implicit: false,
            calls: Vec::new(),
            properties: Default::default(),
            span: decl.span,
        });
    }

    fn family(&mut self, name: SmolStr) -> FamilyId {
        if let Some(id) = self.library.names.families.get(&name) {
            return *id;
        }
        let id = FamilyId(index(self.library.families.len()));
        self.library.names.families.insert(name.clone(), id);
        self.library.families.push(Family { name, constructors: Vec::new() });
        id
    }

    fn constructor(&mut self, decl: &Decl) {
        let fields = self.fields(decl);
        let calls = self.calls(decl);
        let implicit = matches!(setting(decl, "implicit").map(|expr| &expr.kind), Some(ExprKind::Bool(true)));
        let properties = properties(decl);
        if let Some(constructor) = self.library.constructors.iter_mut().find(|known| known.span == decl.span)
        {
            constructor.fields = fields;
            constructor.calls = calls;
            constructor.implicit = implicit;
            constructor.properties = properties;
        }
    }

    fn limit(&mut self, decl: &Decl, name: SmolStr) {
        let value = decl.value.as_ref().and_then(|expr| match &expr.kind {
            ExprKind::Number(text) => text.parse().ok(),
            ExprKind::Size(bytes) => i64::try_from(*bytes).ok(),
            _ => None,
        });
        match value {
            Some(value) => {
                self.library.limits.insert(name, value);
            }
            None => self.fault(decl.span, "a limit is a number", "write `limit name = 6144`"),
        }
    }

    fn integration(&mut self, decl: &Decl) {
        let params = self.fields(decl);
        let result = decl.result.clone();
        let declared = matches!(setting(decl, "declared").map(|expr| &expr.kind), Some(ExprKind::Bool(true)));
        let name = name_of(decl);
        let id = super::IntegrationId(index(self.library.integrations.len()));
        if self.library.names.integrations.insert(name.clone(), id).is_some() {
            self.fault(decl.span, "an integration of that name is declared already", "give it another name");
        }
        self.library.integrations.push(Integration {
            name,
            doc: doc(decl.doc.as_deref()),
            declared,
            params,
            result,
            properties: properties(decl),
            span: decl.span,
        });
    }

    fn stacked(&mut self, decl: &Decl) {
        for call in self.calls(decl) {
            let request = (call.service.clone(), call.operation.clone());
            self.library.stacked.entry(request).or_default().push(call);
        }
    }

    fn rooted(&mut self, decl: &Decl) {
        for call in self.calls(decl) {
            let request = (call.service.clone(), call.operation.clone());
            self.library.rooted.entry(request).or_default().push(call);
        }
    }

    fn tagged(&mut self, decl: &Decl) {
        for call in self.calls(decl) {
            let request = (call.service.clone(), call.operation.clone());
            if self.library.tagged.insert(request, call).is_some() {
                self.fault(decl.span, "a request of that name is tagged already", "say it once");
            }
        }
    }

    fn watch(&mut self, decl: &Decl) {
        let calls = self.calls(decl);
        match self.library.kind_named(&name_of(decl)) {
            Some(kind) => self.library.watched.entry(kind).or_default().extend(calls),
            None => self.fault(decl.span, "no kind of that name", "name the kind that is watched"),
        }
    }

    fn sql_function(&mut self, decl: &Decl) {
        let params = decl.params.iter().flatten().map(|column| self.data_type(&column.ty)).collect();
        let Some(result) = decl.result.as_ref() else {
            self.fault(decl.span, "a function must say what it returns", "add `-> type`");
            return;
        };
        let result = self.data_type(result);
        let clears_labels =
            matches!(setting(decl, "clears_labels").map(|expr| &expr.kind), Some(ExprKind::Bool(true)));
        self.library.sql_functions.push(SqlFunction {
            name: SmolStr::new(name_of(decl).to_ascii_uppercase()),
            doc: doc(decl.doc.as_deref()),
            params,
            result,
            clears_labels,
        });
    }

    /// A data type inside the library, where no record is known.
    fn data_type(&mut self, ty: &TypeExpr) -> DataType {
        let base = scalar(ty, self.diagnostics).unwrap_or_else(|| {
            self.fault(ty.span, "no scalar type", "use one of the scalar types");
            crate::platform::Base::Unknown
        });
        DataType { nullable: ty.nullable, ..DataType::plain(base) }
    }

    fn fault(&mut self, span: Span, label: &str, help: &str) {
        self.diagnostics.push(
            Diagnostic::error(catalogue::LIBRARY, span, "the standard library can't be read here", label)
                .help(help),
        );
    }
}

fn name_of(decl: &Decl) -> SmolStr {
    decl.name.as_ref().map(|name| name.name.clone()).unwrap_or_default()
}

fn setting<'a>(decl: &'a Decl, name: &str) -> Option<&'a Expr> {
    decl.body.iter().flatten().find_map(|member| match member {
        Member::Field(field) if field.name.name == name => Some(&field.value),
        _ => None,
    })
}

fn properties(decl: &Decl) -> rustc_hash::FxHashMap<SmolStr, Expr> {
    let members = decl.body.iter().flatten();
    members
        .filter_map(|member| match member {
            Member::Field(field) => Some((field.name.name.clone(), field.value.clone())),
            _ => None,
        })
        .collect()
}

fn word(expr: Option<&Expr>) -> Option<SmolStr> {
    match &expr?.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::String(_) => constant_text(expr?),
        _ => None,
    }
}

fn list(expr: Option<&Expr>) -> &[Expr] {
    match expr.map(|expr| &expr.kind) {
        Some(ExprKind::List(items)) => items,
        _ => &[],
    }
}

/// A string whose `{…}` are kept as they were written: the placeholders of an ARN.
pub fn template(expr: &Expr) -> Option<SmolStr> {
    let ExprKind::String(parts) = &expr.kind else { return None };
    let mut text = String::new();
    for part in parts {
        match part {
            ast::StringPart::Text(piece) => text.push_str(piece),
            ast::StringPart::Expr(expr) => {
                text.push('{');
                text.push_str(&placeholder(expr)?);
                text.push('}');
            }
        }
    }
    Some(SmolStr::new(text))
}

fn placeholder(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Field(of, name) => Some(format!("{}.{}", placeholder(of)?, name.name)),
        _ => None,
    }
}

fn path_text(path: &ast::Path) -> SmolStr {
    match path.parts.as_slice() {
        [one] => one.name.clone(),
        parts => SmolStr::new(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(".")),
    }
}

fn doc(text: Option<&str>) -> Option<SmolStr> {
    text.map(SmolStr::new)
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
