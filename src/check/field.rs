//! Reading a declaration's fields, for rules.

use crate::{
    library::Constructor,
    platform::{Construct, Location, Platform, ResourceId, Value, ValueKind},
    source::Span,
};

/// A field's word, where it is a variant of an enum: its name in the language, and its place.
pub fn word<'a>(platform: &'a Platform, id: ResourceId, field: &str) -> Option<(&'a str, Span)> {
    let value = platform.field(id, field)?;
    Some((variant(platform, value)?, value.span))
}

/// The name of a variant.
pub fn variant<'a>(platform: &'a Platform, value: &Value) -> Option<&'a str> {
    let ValueKind::Variant(id, at) = value.kind else { return None };
    platform.library.enumeration(id).variants.get(at as usize).map(|variant| variant.name.as_str())
}

/// A constructor's value, with what the standard library says of it.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// Its declaration in the standard library.
    pub constructor: &'a Constructor,
    /// The value.
    pub construct: &'a Construct,
    /// Where it stands.
    pub span: Span,
}

/// A field's value, where it is made by a constructor.
pub fn made<'a>(platform: &'a Platform, id: ResourceId, field: &str) -> Option<Made<'a>> {
    of_value(platform, platform.field(id, field)?)
}

/// A value, where it is made by a constructor.
pub fn of_value<'a>(platform: &'a Platform, value: &'a Value) -> Option<Made<'a>> {
    let ValueKind::Construct(construct) = &value.kind else { return None };
    Some(Made {
        constructor: platform.library.constructor(construct.constructor),
        construct,
        span: value.span,
    })
}

impl<'a> Made<'a> {
    /// One of its own fields.
    pub fn field(&self, name: &str) -> Option<&'a Value> {
        let at = self.constructor.fields.iter().position(|field| field.name == name)?;
        self.construct.fields.get(at)?.as_ref()
    }

    /// Whether the standard library says that of it.
    pub fn is(&self, property: &str) -> bool {
        self.constructor.properties.contains_key(property)
    }

    /// The place in a bucket that it is, where it is one.
    pub fn location(&self) -> Option<&'a Location> {
        self.construct.fields.iter().flatten().find_map(|value| match &value.kind {
            ValueKind::Location(location) => Some(location),
            _ => None,
        })
    }
}
