//! Values out of a line of JSON, by Flink's own functions. A value of another type than the column's is none: text is no number, 60.7 no INT, and
//! the 30th of February no day.

use crate::{
    native::Style,
    platform::{Base, DataType},
    sql::print,
};

/// A member of a line as JSON text in brackets, which keeps apart `"5"` and `5`; null where it is missing or null.
pub fn member(line: &str, name: &str) -> String {
    // Names of columns are letters, digits and `_`, so the path needs no quotes.
    format!("JSON_QUERY({}, '$.{name}' WITH UNCONDITIONAL ARRAY WRAPPER)", print::name(line))
}

/// A member of a line as text, without quotes.
pub fn member_text(line: &str, name: &str) -> String {
    format!("JSON_VALUE({}, '$.{name}')", print::name(line))
}

/// The value in brackets as one of a type, null where it is none.
pub fn value(ty: &DataType, json: &str, style: Style) -> String {
    let text = format!("JSON_VALUE({json}, '$[0]')");
    let quoted = format!("{json} LIKE '[\"%'");
    match &ty.base {
        Base::Boolean => format!("CASE {json} WHEN '[true]' THEN TRUE WHEN '[false]' THEN FALSE END"),
        Base::Int | Base::BigInt => {
            let whole = format!(
                "REGEXP_EXTRACT(CAST(TRY_CAST({text} AS DECIMAL(38, 18)) AS STRING), '^(-?[0-9]+)[.]0*$', 1)"
            );
            unquoted(json, &format!("TRY_CAST({whole} AS {})", sql_type(ty)))
        }
        Base::Decimal(..) => unquoted(json, &format!("TRY_CAST({text} AS {})", sql_type(ty))),
        Base::Double => double(ty, json, &text),
        Base::Date => format!(
            "CASE WHEN CAST(TRY_CAST({text} AS DATE) AS STRING) = {text} THEN TRY_CAST({text} AS DATE) END"
        ),
        Base::Timestamp(_) | Base::TimestampLtz(_) => timestamp(ty, &text, style),
        _ => format!("CASE WHEN {quoted} THEN {text} END"),
    }
}

/// A timestamp, given its text. Only text can have its form.
pub fn timestamp(ty: &DataType, text: &str, style: Style) -> String {
    if matches!(ty.base, Base::TimestampLtz(_)) {
        return zoned(ty, text, style);
    }
    let local = local_timestamp(text, style);
    let form = form(style, "");
    format!(
        "CASE WHEN REGEXP({text}, {form}) AND {} THEN TRY_CAST({local} AS {}) END",
        same_day(&local, text),
        sql_type(ty)
    )
}

/// A value that is no text.
fn unquoted(json: &str, value: &str) -> String {
    format!("CASE WHEN {json} NOT LIKE '[\"%' THEN {value} END")
}

/// A number that a DOUBLE can hold, or one of the three that JSON can only write as text.
fn double(ty: &DataType, json: &str, text: &str) -> String {
    let number = format!("TRY_CAST({text} AS DOUBLE)");
    // Whatever is not finite is outside of any range.
    if ty.refinement.min.is_some() && ty.refinement.max.is_some() {
        return unquoted(json, &number);
    }
    format!(
        "CASE WHEN {json} IN ('[\"NaN\"]', '[\"Infinity\"]', '[\"-Infinity\"]') THEN {number} \
         WHEN {json} NOT LIKE '[\"%' AND ABS({number}) <= 1.7976931348623157E308 THEN {number} END"
    )
}

fn sql_type(ty: &DataType) -> String {
    print::data_type(&ty.base).unwrap_or_default()
}

/// A timestamp without its zone, as Flink casts it.
fn local_timestamp(text: &str, style: Style) -> String {
    match style {
        Style::Iso => format!("REPLACE({text}, 'T', ' ')"),
        Style::Sql => text.to_owned(),
    }
}

/// Whether the day is one: Flink makes the last day of the month of a day beyond it.
fn same_day(local: &str, text: &str) -> String {
    format!("SUBSTRING(CAST(TRY_CAST({local} AS TIMESTAMP(3)) AS STRING), 1, 10) = SUBSTRING({text}, 1, 10)")
}

/// The form of a timestamp, with what follows it.
fn form(style: Style, zone: &str) -> String {
    let between = if style == Style::Iso { "T" } else { " " };
    let two = "[0-9]{2}";
    print::text(&format!("^[0-9]{{4}}-{two}-{two}{between}{two}:{two}:{two}([.][0-9]{{1,9}})?{zone}$"))
}

/// An instant: the local time less its offset from UTC, which is the script's zone.
fn zoned(ty: &DataType, text: &str, style: Style) -> String {
    let zone = "(Z|[+-][0-9]{2}:[0-9]{2})";
    let bare = format!("REGEXP_EXTRACT({text}, '^(.*?){zone}$', 1)");
    let local = local_timestamp(&bare, style);
    let part =
        |group: u8| format!("CAST(REGEXP_EXTRACT({text}, '([+-][0-9]{{2}}):([0-9]{{2}})$', {group}) AS INT)");
    let sign = format!("CASE WHEN {text} LIKE '%-__:__' THEN -1 ELSE 1 END");
    let minutes =
        format!("CASE WHEN {text} LIKE '%Z' THEN 0 ELSE {} * 60 + {sign} * {} END", part(1), part(2));
    let instant = format!(
        "CAST(TIMESTAMPADD(MINUTE, -({minutes}), TRY_CAST({local} AS TIMESTAMP(6))) AS {})",
        sql_type(ty)
    );
    format!(
        "CASE WHEN REGEXP({text}, {}) AND {} THEN {instant} END",
        form(style, zone),
        same_day(&local, text)
    )
}
