//! Streams: event time, what becomes of rows that can't be used, and what their formats carry.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Base, Column, Platform, ResourceId, Schema, Stream, stream::Rows},
    source::Span,
    sql::types,
};

/// A stream with event time says what becomes of late rows.
pub fn late_rows_are_accounted_for(platform: &Platform, diagnostics: &mut Diagnostics) {
    for stream in &platform.streams {
        if let (Some((column, _)), None) = (&stream.watermark, stream.late) {
            let resource = platform.resource(stream.resource);
            diagnostics.push(without_late(&resource.name, column, resource.span));
        }
    }
}

/// An event time is a timestamp of at most milliseconds that is never null.
pub fn event_times_are_timestamps(platform: &Platform, diagnostics: &mut Diagnostics) {
    for stream in &platform.streams {
        let Some((name, _)) = &stream.watermark else { continue };
        let Some(column) = platform.schema(stream.schema).column(name) else { continue };
        let fits =
            matches!(column.ty.base, Base::Timestamp(0..=3) | Base::TimestampLtz(0..=3) | Base::Unknown);
        let span = platform.field(stream.resource, "watermark").map_or(column.span, |value| value.span);
        if !fits {
            diagnostics.push(no_event_time(column, &types::spelled(&column.ty.base), span));
        } else if column.ty.nullable {
            diagnostics.push(no_event_time(column, "one that may be null", span));
        }
    }
}

/// What rows are diverted to can take them.
pub fn diverted_rows_fit(platform: &Platform, diagnostics: &mut Diagnostics) {
    for stream in &platform.streams {
        let schema = platform.schema(stream.schema);
        if let (Some(Rows::Divert(to)), Some(target)) = (stream.late, late_target(platform, stream))
            && !same_columns(schema, target)
        {
            let wanted = format!(
                "late rows of `{}` are of `{}`",
                platform.resource(stream.resource).name,
                schema.name
            );
            diagnostics.push(wrong_shape(platform, stream, "late", to, &wanted, &schema.name));
        }
        if let Rows::Divert(to) = stream.on_invalid {
            if let Some(target) = platform.stream(to).map(|target| platform.schema(target.schema))
                && !takes_rejected(target)
            {
                let wanted = "rows that break their schema have the columns `reason` and `raw`, both text";
                diagnostics.push(wrong_shape(
                    platform,
                    stream,
                    "on_invalid",
                    to,
                    wanted,
                    &format!("Rejected<{}>", schema.name),
                ));
            }
            if !stream.is_lines(platform) {
                let span =
                    platform.field(stream.resource, "on_invalid").map(|value| value.span).unwrap_or_default();
                diagnostics
                    .push(no_lines(&platform.library.constructor(stream.format.constructor).name, span));
            }
        }
    }
}

fn late_target<'a>(platform: &'a Platform, stream: &Stream) -> Option<&'a Schema> {
    match stream.late {
        Some(Rows::Divert(to)) => Some(platform.schema(platform.stream(to)?.schema)),
        _ => None,
    }
}

fn same_columns(a: &Schema, b: &Schema) -> bool {
    let same = |(a, b): (&Column, &Column)| {
        a.name == b.name && a.ty.base == b.ty.base && a.ty.nullable <= b.ty.nullable
    };
    a.columns.len() == b.columns.len() && a.columns.iter().zip(&b.columns).all(same)
}

fn takes_rejected(schema: &Schema) -> bool {
    let names: Vec<&SmolStr> = schema.columns.iter().map(|column| &column.name).collect();
    names == ["reason", "raw"] && schema.columns.iter().all(|column| column.ty.base == Base::String)
}

/// A stream's format can write each of its columns.
pub fn formats_carry_their_columns(platform: &Platform, diagnostics: &mut Diagnostics) {
    for stream in &platform.streams {
        let format = platform.library.constructor(stream.format.constructor);
        let nested = format.properties.contains_key("nested");
        for column in &platform.schema(stream.schema).columns {
            let carried = match column.ty.base {
                Base::Map(..) | Base::List(_) | Base::Record(_) => nested,
                _ => true,
            };
            if !carried {
                let resource = platform.resource(stream.resource);
                diagnostics.push(not_carried(&format.name, column, &resource.name, resource.span));
            }
        }
    }
}

fn without_late(stream: &str, column: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::STREAM_WITHOUT_LATE,
        span,
        format!("`{stream}` has event time, and does not say what becomes of rows that come too late"),
        "late rows?",
    )
    .help(format!("add `late = drop` or `late = divert(stream)`: a row is late when the watermark on `{column}` has passed its window"))
}

fn no_event_time(column: &Column, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::EVENT_TIME,
        span,
        format!("`{}` can't be the event time: it is {what}", column.name),
        "no event time",
    )
    .related(column.span, "declared here")
    .help(format!("declare it as `{} : timestamp(3)`, or as a `timestamp_ltz(3)`, without `?`", column.name))
}

fn wrong_shape(
    platform: &Platform,
    stream: &Stream,
    field: &str,
    to: ResourceId,
    wanted: &str,
    schema: &str,
) -> Diagnostic {
    let target = platform.resource(to);
    let span = platform.field(stream.resource, field).map(|value| value.span).unwrap_or_default();
    Diagnostic::error(
        catalogue::DIVERTED_SHAPE,
        span,
        format!("`{}` can't take these rows: {wanted}", target.name),
        "of another schema",
    )
    .related(target.span, "declared here")
    .help(format!("declare it as `stream {} : {schema}`", target.name))
}

fn no_lines(format: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::FORMAT_CANNOT_DIVERT,
        span,
        format!("rows of `{format}` that can't be read leave no text to divert"),
        "nothing to divert",
    )
    .help("use `format = json` with columns that are no lists, maps or records, or `on_invalid = drop`")
}

fn not_carried(format: &str, column: &Column, stream: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::FORMAT_TYPE,
        column.span,
        format!("`{format}` can't carry `{}`, which is {}", column.name, types::spelled(&column.ty.base)),
        "not carried",
    )
    .related(declared, format!("`{stream}` is written so"))
    .help("use `json`, or a column of a plain type")
}
