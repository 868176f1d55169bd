//! Views that part the rows that keep their schema from those that break it. `NAME$valid` is what the query reads.

use crate::{
    native,
    platform::{Base, Column, DataType, Platform, Refinement, ResourceId, Stream, stream::Rows},
    sql::{plan, print},
};

use super::{
    decode,
    source::{self, LINE},
};

/// The column that says what is wrong with a row; null where nothing is.
const REASON: &str = "$reason";

/// The name of a stream's view.
pub fn view(platform: &Platform, stream: &Stream, what: &str) -> String {
    print::name(&format!("{}${what}", platform.resource(stream.resource).name))
}

/// The views of a stream that is read as lines: JSON members, then values, then what is wrong with them, then the rows in order.
pub fn line_views(platform: &Platform, stream: &Stream) -> String {
    let columns = &platform.schema(stream.schema).columns;
    let style = native::style(platform, stream);
    let time = source::event_time(platform, stream).map(|column| column.name.as_str());
    let is_time = |column: &Column| Some(column.name.as_str()) == time;
    let line = print::name(LINE);
    let mut members = vec![line.clone()];
    members.extend(time.map(print::name));
    members.extend(
        columns
            .iter()
            .map(|column| format!("{} AS {}", decode::member(LINE, &column.name), json_name(column))),
    );
    let json = create(
        &view(platform, stream, "json"),
        &members,
        &print::name(&platform.resource(stream.resource).name),
        None,
    );

    let mut values = vec![line.clone()];
    values.extend(columns.iter().map(json_name));
    values.extend(columns.iter().map(|column| {
        let name = print::name(&column.name);
        if is_time(column) {
            name
        } else {
            format!("{} AS {name}", decode::value(&column.ty, &json_name(column), style))
        }
    }));
    let typed = create(&view(platform, stream, "typed"), &values, &view(platform, stream, "json"), None);

    let mut complaints =
        vec![format!("WHEN ({line} IS JSON OBJECT) IS NOT TRUE THEN 'the row is not a JSON object'")];
    for column in columns {
        let value = if is_time(column) {
            decode::value(&column.ty, &json_name(column), style)
        } else {
            print::name(&column.name)
        };
        complaints.extend(member_complaints(column, &value, is_time(column)));
    }
    let checked = checked(platform, stream, vec![line], &complaints, "typed");
    format!("{json}\n{typed}\n{checked}\n{}", valid(platform, stream))
}

/// The views of a stream that Flink decodes.
pub fn format_views(platform: &Platform, stream: &Stream, time_name: &str) -> String {
    let columns = &platform.schema(stream.schema).columns;
    let time = source::event_time(platform, stream).map(|column| column.name.as_str());
    let mut complaints = Vec::new();
    for column in columns {
        let name = print::name(&column.name);
        let is_time = Some(column.name.as_str()) == time;
        if !column.ty.nullable || is_time {
            complaints.push(format!(
                "WHEN {name} IS NULL THEN {}",
                print::text(&format!("{} is missing", column.name))
            ));
        }
        complaints.extend(refinement_complaints(column, &name, &format!("CAST({name} AS STRING)")));
        complaints.extend(field_complaints(platform, &column.ty, &name, &column.name, "TRUE"));
    }
    let listed: Vec<String> = columns
        .iter()
        .map(|column| match Some(column.name.as_str()) == time {
            true => format!("{} AS {}", print::name(time_name), print::name(&column.name)),
            false => print::name(&column.name),
        })
        .collect();
    let reason = format!("{} AS {}", case(&complaints), print::name(REASON));
    let table = print::name(&platform.resource(stream.resource).name);
    let checked = create(&view(platform, stream, "checked"), &[listed, vec![reason]].concat(), &table, None);
    format!("{checked}\n{}", valid(platform, stream))
}

/// Fields that are missing in records that are there.
fn field_complaints(
    platform: &Platform,
    ty: &DataType,
    value: &str,
    shown: &str,
    there: &str,
) -> Vec<String> {
    let Base::Record(id) = ty.base else { return Vec::new() };
    let there = if ty.nullable { format!("{there} AND {value} IS NOT NULL") } else { there.to_owned() };
    let mut complaints = Vec::new();
    for field in &platform.schema(id).columns {
        let (value, shown) =
            (format!("{value}.{}", print::name(&field.name)), format!("{shown}.{}", field.name));
        if !field.ty.nullable {
            let what = print::text(&format!("{shown} is missing"));
            complaints.push(format!("WHEN {there} AND {value} IS NULL THEN {what}").replace("TRUE AND ", ""));
        }
        complaints.extend(field_complaints(platform, &field.ty, &value, &shown, &there));
    }
    complaints
}

/// `INSERT` of the rows that break their schema.
pub fn divert_invalid(platform: &Platform, stream: &Stream, to: ResourceId) -> String {
    format!(
        "INSERT INTO {} (`reason`, `raw`)\nSELECT {}, COALESCE({}, '')\nFROM {}\nWHERE {} IS NOT NULL",
        print::name(&platform.resource(to).name),
        print::name(REASON),
        print::name(LINE),
        view(platform, stream, "checked"),
        print::name(REASON),
    )
}

fn json_name(column: &Column) -> String {
    print::name(&format!("{}$json", column.name))
}

fn checked(
    platform: &Platform,
    stream: &Stream,
    mut listed: Vec<String>,
    complaints: &[String],
    from: &str,
) -> String {
    listed.extend(platform.schema(stream.schema).columns.iter().map(|column| print::name(&column.name)));
    listed.push(format!("{} AS {}", case(complaints), print::name(REASON)));
    create(&view(platform, stream, "checked"), &listed, &view(platform, stream, from), None)
}

fn valid(platform: &Platform, stream: &Stream) -> String {
    let listed: Vec<String> =
        platform.schema(stream.schema).columns.iter().map(|column| print::name(&column.name)).collect();
    let reason = print::name(REASON);
    let condition = match stream.on_invalid {
        Rows::Drop | Rows::Divert(_) => format!("{reason} IS NULL"),
        // The cast of a reason ends the job, with the reason in its message.
        Rows::Fail => format!(
            "CASE WHEN {reason} IS NULL THEN TRUE ELSE CAST(CONCAT('invalid row: ', {reason}) AS BOOLEAN) END"
        ),
    };
    create(&view(platform, stream, "valid"), &listed, &view(platform, stream, "checked"), Some(&condition))
}

fn create(name: &str, columns: &[String], from: &str, condition: Option<&str>) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("  {column}")).collect();
    let condition = condition.map(|condition| format!("\nWHERE {condition}")).unwrap_or_default();
    format!("CREATE TEMPORARY VIEW {name} AS\nSELECT\n{}\nFROM {from}{condition};\n", columns.join(",\n"))
}

fn case(complaints: &[String]) -> String {
    if complaints.is_empty() {
        return "CAST(NULL AS STRING)".to_owned();
    }
    format!("CASE\n    {}\n  END", complaints.join("\n    "))
}

/// What can be wrong with a member of a line: it is missing, of another type, or breaks a condition.
fn member_complaints(column: &Column, value: &str, required: bool) -> Vec<String> {
    let json = json_name(column);
    let shown = format!("SUBSTRING({json}, 2, LEAST(CHAR_LENGTH({json}) - 2, 60))");
    let mut complaints = Vec::new();
    if !column.ty.nullable || required {
        complaints.push(format!(
            "WHEN {json} IS NULL THEN {}",
            print::text(&format!("{} is missing", column.name))
        ));
    }
    let wrong = complaint(&column.name, &shown, &format!("is not a {}", source::type_name(column)));
    complaints.push(format!("WHEN {json} IS NOT NULL AND {value} IS NULL THEN {wrong}"));
    complaints.extend(refinement_complaints(column, value, &shown));
    complaints
}

fn complaint(name: &str, shown: &str, what: &str) -> String {
    format!("CONCAT({}, {shown}, {})", print::text(&format!("{name} ")), print::text(&format!(" {what}")))
}

/// The conditions of a column's type.
fn refinement_complaints(column: &Column, value: &str, shown: &str) -> Vec<String> {
    let Refinement { min, max, min_length, max_length, matching, one_of } = &column.ty.refinement;
    let mut complaints = Vec::new();
    let mut add = |holds: String, what: String| {
        // NaN is in no range: a comparison with it is never true, and neither is its negation.
        complaints.push(format!(
            "WHEN {value} IS NOT NULL AND ({holds}) IS NOT TRUE THEN {}",
            complaint(&column.name, shown, &what)
        ));
    };
    let bounds = [(min, ">="), (max, "<=")].into_iter();
    let range: Vec<String> = bounds
        .filter_map(|(bound, op)| Some(format!("{value} {op} {}", bound_text(&column.ty, bound.as_ref()?))))
        .collect();
    if !range.is_empty() {
        let text = |bound: &Option<smol_str::SmolStr>| bound.clone().unwrap_or_default();
        add(range.join(" AND "), format!("is outside {}..{}", text(min), text(max)));
    }
    let length = format!("CHAR_LENGTH({value})");
    let bounds = [(min_length, ">="), (max_length, "<=")].into_iter();
    let lengths: Vec<String> =
        bounds.filter_map(|(bound, op)| Some(format!("{length} {op} {}", (*bound)?))).collect();
    if !lengths.is_empty() {
        let text = |bound: &Option<u64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        add(lengths.join(" AND "), format!("is not {}..{} long", text(min_length), text(max_length)));
    }
    if let Some(pattern) = matching {
        add(
            format!("REGEXP({value}, {})", print::text(&format!("^(?:{pattern})$"))),
            format!("is not matching \"{pattern}\""),
        );
    }
    if !one_of.is_empty() {
        let allowed: Vec<String> = one_of.iter().map(|allowed| print::text(allowed)).collect();
        add(format!("{value} IN ({})", allowed.join(", ")), "is none of the values allowed".to_owned());
    }
    complaints
}

/// A bound as a constant of the column's type.
fn bound_text(ty: &DataType, bound: &str) -> String {
    let literal = plan::Literal::Number(bound.into());
    let kind = plan::ExprKind::Literal(literal);
    let constant = plan::Expr { kind, ty: DataType::plain(ty.base.clone()), span: Default::default() };
    format!("CAST({} AS {})", print::expr(&constant, &[]), print::data_type(&ty.base).unwrap_or_default())
}
