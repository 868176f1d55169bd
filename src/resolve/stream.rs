//! Streams.

use smol_str::SmolStr;

use super::{Context, Declared, fields::fill, index};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    library::read::template,
    platform::{Base, Construct, ResourceId, Stream, ValueKind, resource::Noun, stream::Rows},
    source::Span,
};

impl Context<'_> {
    pub(super) fn streams(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "stream" {
                self.stream(declared);
            }
        }
    }

    fn stream(&mut self, declared: &Declared<'_>) {
        let Some(ty) = &declared.decl.ty else {
            self.diagnostics.push(without_rows(self.platform.resource(declared.id).span));
            return;
        };
        let row = self.data_type(declared.file, ty);
        let Base::Record(schema) = row.base else {
            if row.base != Base::Unknown {
                self.diagnostics.push(no_rows(ty.span));
            }
            return;
        };
        let (Some(connector), Some(format)) =
            (self.construct_of(declared.id, "connector"), self.construct_of(declared.id, "format"))
        else {
            return;
        };
        let watermark = match self.platform.field(declared.id, "watermark").map(|value| &value.kind) {
            Some(ValueKind::Watermark(column, delay)) => Some((column.clone(), *delay)),
            _ => None,
        };
        let idle = match self.platform.field(declared.id, "idle").map(|value| &value.kind) {
            Some(ValueKind::Duration(milliseconds)) => Some(*milliseconds),
            _ => None,
        };
        self.name_in_aws(declared.id, &connector);
        let stream = Stream {
            resource: declared.id,
            schema,
            connector,
            format,
            watermark,
            idle,
            late: self.rows(declared.id, "late"),
            on_invalid: self.rows(declared.id, "on_invalid").unwrap_or(Rows::Fail),
        };
        let noun = Noun::Stream(index(self.platform.streams.len()));
        self.platform.streams.push(stream);
        self.set_noun(declared, noun);
    }

    fn construct_of(&self, id: ResourceId, field: &str) -> Option<Construct> {
        match &self.platform.field(id, field)?.kind {
            ValueKind::Construct(construct) => Some((**construct).clone()),
            _ => None,
        }
    }

    /// `drop`, `fail` or `divert(stream)`: the constructors' names in the standard library are the meaning.
    fn rows(&self, id: ResourceId, field: &str) -> Option<Rows> {
        let ValueKind::Construct(construct) = &self.platform.field(id, field)?.kind else { return None };
        let name = self.library.constructor(construct.constructor).name.as_str();
        let target = construct.fields.iter().flatten().find_map(|value| match value.kind {
            ValueKind::Ref(stream) => Some(stream),
            _ => None,
        });
        match (name, target) {
            ("drop", _) => Some(Rows::Drop),
            (_, Some(stream)) => Some(Rows::Divert(stream)),
            _ => Some(Rows::Fail),
        }
    }

    /// A stream's name and ARN are those of what its connector connects to.
    fn name_in_aws(&mut self, id: ResourceId, connector: &Construct) {
        let library = self.library.clone();
        let constructor = library.constructor(connector.constructor);
        let text = |name: &str| -> Option<SmolStr> {
            let at = constructor.fields.iter().position(|field| field.name == name)?;
            match &connector.fields.get(at)?.as_ref()?.kind {
                ValueKind::Text(text) => Some(text.clone()),
                _ => None,
            }
        };
        let account = self.platform.account_of(id);
        let format = constructor.properties.get("arn").and_then(template);
        let arn = format.and_then(|format| {
            fill(&format, |name| match name {
                "partition" => Some(SmolStr::new(self.platform.project.partition())),
                "region" => account.map(|account| account.region.clone()),
                "account" => account.map(|account| account.id.clone()),
                _ => text(name),
            })
        });
        let name = text("name").or_else(|| text("topic"));
        if let Some(resource) = self.platform.resources.get_mut(id.0 as usize) {
            resource.arn = arn.or_else(|| resource.arn.take());
            if let Some(name) = name {
                resource.physical = name;
            }
        }
    }
}

fn without_rows(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::MISSING_FIELD, span, "a stream says what its rows are", "rows of what?")
        .help("add the schema behind its name: `stream name : Schema in account`")
}

fn no_rows(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::WRONG_TYPE, span, "a stream's rows are of a record type", "no record")
        .help("declare a `schema` and name it here")
}
