//! Functions and pipelines.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Base, DataType, Platform, ValueKind,
        pipeline::{Local, Origin},
    },
    source::Span,
};

/// A function returns a value only where its service does.
pub fn functions_return_what_their_service_returns(platform: &Platform, diagnostics: &mut Diagnostics) {
    for function in &platform.functions {
        let integration = platform.library.integration(function.integration.integration);
        if function.result.is_some() && !integration.properties.contains_key("output") {
            let resource = platform.resource(function.resource);
            diagnostics.push(loses_result(resource.span, &resource.name, &integration.name));
        }
    }
}

/// A warehouse is a cluster, or a serverless workgroup.
pub fn warehouses_can_be_reached(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("warehouse") {
        let given = |name: &str| platform.field(id, name).is_some_and(|value| value.kind != ValueKind::None);
        match (given("cluster"), given("workgroup")) {
            (false, false) => diagnostics.push(unreachable_warehouse(resource.span, &resource.name)),
            (true, true) => diagnostics.push(doubled_warehouse(resource.span, &resource.name)),
            _ => {}
        }
    }
}

/// What a state hands on fits between two states.
pub fn values_fit_between_states(platform: &Platform, diagnostics: &mut Diagnostics) {
    let Some(limit) =
        platform.library.limits.get("state_payload").and_then(|limit| u64::try_from(*limit).ok())
    else {
        return;
    };
    for pipeline in &platform.pipelines {
        let bound =
            |local: &&Local| matches!(local.origin, Origin::Param | Origin::Call) && local.joins.is_none();
        for local in pipeline.locals.iter().filter(bound) {
            match longest(platform, &local.ty, 0) {
                Bound::Bytes(bytes) if bytes > limit => {
                    diagnostics.push(too_long(local.span, &local.name, bytes, limit))
                }
                Bound::Bytes(_) => {}
                Bound::None => diagnostics.push(without_bound(local.span, &local.name, limit)),
            }
        }
    }
}

/// How many bytes of JSON the values of a type take at most.
enum Bound {
    Bytes(u64),
    /// Its lists have no largest length. Text that has none, and JSON, are not counted: every value of a run has some.
    None,
}

/// A character takes at most four bytes of UTF-8.
const BYTES_OF_A_CHARACTER: u64 = 4;
/// Numbers, booleans, timestamps and punctuation are counted as this many bytes.
const BYTES_OF_A_SCALAR: u64 = 32;
/// The longest `s3://` URI: a bucket's name of 63 characters and a key of 1,024 bytes.
const BYTES_OF_A_PLACE: u64 = 1_100;
/// Deeper than this a record holds itself.
const DEEPEST: u32 = 32;

fn longest(platform: &Platform, ty: &DataType, depth: u32) -> Bound {
    let bytes = match &ty.base {
        Base::String | Base::Bytes => ty
            .refinement
            .max_length
            .map_or(0, |length| length.saturating_mul(BYTES_OF_A_CHARACTER).saturating_add(2)),
        Base::Location => BYTES_OF_A_PLACE,
        Base::List(element) => return repeated(platform, ty, &[element], depth),
        Base::Map(key, value) => return repeated(platform, ty, &[key, value], depth),
        Base::Record(_) if depth >= DEEPEST => return Bound::None,
        Base::Record(id) => {
            let mut sum = 2_u64;
            for column in &platform.schema(*id).columns {
                let name = u64::try_from(column.name.len()).unwrap_or(u64::MAX).saturating_add(4);
                match longest(platform, &column.ty, depth + 1) {
                    Bound::Bytes(bytes) => sum = sum.saturating_add(bytes).saturating_add(name),
                    Bound::None => return Bound::None,
                }
            }
            sum
        }
        _ => BYTES_OF_A_SCALAR,
    };
    Bound::Bytes(bytes)
}

fn repeated(platform: &Platform, ty: &DataType, parts: &[&DataType], depth: u32) -> Bound {
    let Some(length) = ty.refinement.max_length else { return Bound::None };
    let mut element = 1_u64;
    for part in parts {
        if matches!(part.base, Base::String | Base::Bytes)
            && part.refinement.max_length.is_none()
            && part.refinement.one_of.is_empty()
        {
            return Bound::None;
        }
        match longest(platform, part, depth + 1) {
            Bound::Bytes(bytes) => element = element.saturating_add(bytes),
            Bound::None => return Bound::None,
        }
    }
    Bound::Bytes(element.saturating_mul(length))
}

fn unreachable_warehouse(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        format!("the warehouse `{name}` is neither a cluster nor a workgroup"),
        "where is it?",
    )
    .help("add `cluster = \"its-identifier\"`, or `workgroup` with the workgroup's ARN")
}

fn doubled_warehouse(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_FIELD,
        span,
        format!("the warehouse `{name}` is a cluster and a workgroup at once"),
        "which of them?",
    )
    .help("leave `cluster` or `workgroup` out")
}

fn loses_result(span: Span, name: &str, integration: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::LOSES_RESULT,
        span,
        format!("`{name}` is declared with a result, and `{integration}` returns none"),
        "nobody would get its result",
    )
    .help("leave the result out, and let it write where it is told: give it a `location`")
}

fn too_long(span: Span, name: &str, bytes: u64, limit: u64) -> Diagnostic {
    Diagnostic::error(
        catalogue::PAYLOAD,
        span,
        format!("`{name}` can take {bytes} bytes, and no more than {limit} go between two states"),
        "can be too large",
    )
    .help("write it to a bucket and hand on its place, a `location`; or give its text and lists a smaller `length`")
}

fn without_bound(span: Span, name: &str, limit: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::PAYLOAD,
        span,
        format!("nothing says how large `{name}` can get, and no more than {limit} bytes go between two states"),
        "a list without a largest length",
    )
    .help("give its lists, and the text in them, a `length`; or write it to a bucket and hand on its place, a `location`")
}
