//! The parameters of what is called at a place.

use lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp,
    SignatureInformation,
};

use super::context::Context;
use super::document::Document;
use super::show;
use super::workspace::Snapshot;
use crate::library::{FieldDecl, Library, standard};

/// What is called at an offset, and which of its parameters is being written.
pub fn help(document: &Document, snapshot: Option<&Snapshot>, at: usize) -> Option<SignatureHelp> {
    let context = Context::new(document.text(), at);
    let level = context.frames.iter().rposition(|frame| frame.open == b'(')?;
    let frame = context.frames.get(level)?;
    let callee = frame.head.last()?;
    let inner = context.frames.get(level + 1);
    let (words, commas) = match inner {
        Some(inner) => (&inner.head, inner.commas),
        None => (&context.words, context.commas),
    };
    let named = match words.as_slice() {
        [name, "=", ..] => Some(*name),
        _ => None,
    };
    let signatures: Vec<SignatureInformation> = signatures(&standard().library, snapshot, callee)
        .into_iter()
        .map(|signature| signature.shown(named, commas))
        .collect();
    // Of several that which has so many parameters.
    let room = |one: &SignatureInformation| one.parameters.as_ref().is_some_and(|list| commas < list.len());
    let active = signatures.iter().position(room).unwrap_or(0);
    (!signatures.is_empty()).then(|| SignatureHelp {
        active_parameter: signatures.get(active).and_then(|one| one.active_parameter),
        active_signature: u32::try_from(active).ok(),
        signatures,
    })
}

/// A call as it may be written.
struct Signature {
    name: String,
    params: Vec<(String, String, Option<String>)>,
    result: String,
    doc: Option<String>,
}

impl Signature {
    fn shown(self, named: Option<&str>, commas: usize) -> SignatureInformation {
        let active = match named {
            Some(name) => self.params.iter().position(|(own, ..)| own == name),
            None => Some(commas).filter(|at| *at < self.params.len()),
        };
        let label: Vec<&str> = self.params.iter().map(|(_, label, _)| label.as_str()).collect();
        let label = format!("{}({}){}", self.name, label.join(", "), self.result);
        let parameters = self.params.into_iter().map(|(_, label, doc)| ParameterInformation {
            label: ParameterLabel::Simple(label),
            documentation: doc.map(markdown),
        });
        SignatureInformation {
            label,
            documentation: self.doc.map(markdown),
            parameters: Some(parameters.collect()),
            active_parameter: active.and_then(|at| u32::try_from(at).ok()),
        }
    }
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

fn signatures(library: &Library, snapshot: Option<&Snapshot>, callee: &str) -> Vec<Signature> {
    let doc = |doc: Option<&str>| doc.map(str::to_owned);
    let mut found = Vec::new();
    for id in library.constructors_named(callee) {
        let one = library.constructor(*id);
        let result = format!(" : {}", library.family(one.family).name);
        found.push(Signature {
            name: callee.to_owned(),
            params: fields(library, &one.fields),
            result,
            doc: doc(one.doc.as_deref()),
        });
    }
    for one in library.pipeline_functions_named(callee).into_iter().map(|id| library.pipeline_function(id)) {
        let params = one.params.iter();
        let params =
            params.map(|(name, ty)| (name.to_string(), format!("{name}: {}", show::shape(ty)), None));
        found.push(Signature {
            name: callee.to_owned(),
            params: params.collect(),
            result: format!(" -> {}", show::shape(&one.result)),
            doc: doc(one.doc.as_deref()),
        });
    }
    if let Some(one) = library.integration_named(callee).map(|id| library.integration(id)) {
        let params = fields(library, &one.params);
        found.push(Signature {
            name: callee.to_owned(),
            params,
            result: String::new(),
            doc: doc(one.doc.as_deref()),
        });
    }
    found.extend(snapshot.map(|snapshot| declared(snapshot, callee)).unwrap_or_default());
    found
}

fn fields(library: &Library, fields: &[FieldDecl]) -> Vec<(String, String, Option<String>)> {
    let one = |field: &FieldDecl| {
        let label = show::parameters(library, std::slice::from_ref(field));
        (field.name.to_string(), label, field.doc.as_ref().map(ToString::to_string))
    };
    fields.iter().map(one).collect()
}

/// A function of the program.
fn declared(snapshot: &Snapshot, callee: &str) -> Vec<Signature> {
    let platform = &snapshot.analysis.platform;
    let those = platform.functions.iter().filter(|one| platform.resource(one.resource).name == callee);
    let one = |function: &crate::platform::Function| Signature {
        name: callee.to_owned(),
        params: function
            .params
            .iter()
            .map(|param| {
                let label = format!("{}: {}", param.name, platform.spelled(&param.ty));
                (param.name.to_string(), label, param.doc.as_ref().map(ToString::to_string))
            })
            .collect(),
        result: function
            .result
            .as_ref()
            .map(|ty| format!(" -> {}", platform.spelled(ty)))
            .unwrap_or_default(),
        doc: platform.resource(function.resource).doc.as_ref().map(ToString::to_string),
    };
    those.map(one).collect()
}
