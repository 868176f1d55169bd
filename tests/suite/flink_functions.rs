//! Functions of one row's values on odd values, compiled, and run by Apache Flink and by the native operator. A query reads one stream; what a
//! function takes is drawn from what is usual and what is not.

use std::{collections::BTreeMap, ffi::OsString, fmt::Write as _, fs, path::Path};

use dpl::{Analysis, native::native, platform::Project};
use serde_json::value::RawValue;

use super::{
    flink::{multiset, run_native},
    oracle,
    window::rng::Rng,
};

/// Rows of each stream.
const ROWS: usize = 400;

/// A stream of texts `s` and `t`, numbers `n`, `b` and `x`, a time `at`, and what is computed of them: expressions with their types.
struct Domain {
    name: &'static str,
    /// Draws a text.
    text: fn(&mut Rng) -> String,
    calls: &'static [(&'static str, &'static [&'static str])],
}

const DOMAINS: &[Domain] = &[
    Domain {
        name: "letters",
        text: letters,
        calls: &[
            (
                "string?",
                &[
                    "INITCAP(s)",
                    "CHR(n)",
                    "HEX(s)",
                    "HEX(n)",
                    "HEX(b)",
                    "BIN(n)",
                    "BIN(b)",
                    "TO_BASE64(s)",
                    "INITCAP(t)",
                    "FROM_BASE64(TO_BASE64(s))",
                ],
            ),
            ("int?", &["ASCII(s)", "ASCII(t)"]),
            (
                "boolean?",
                &[
                    "IS_ALPHA(s)",
                    "IS_DIGIT(s)",
                    "IS_DECIMAL(s)",
                    "IS_DECIMAL(t)",
                    "(n IN (1, NULL))",
                    "(n NOT IN (1, NULL))",
                    "(s NOT IN ('a', NULL))",
                    "s LIKE '%!_%' ESCAPE '!'",
                    "(SQRT(x) < 1) IS TRUE",
                    "(SQRT(x) < 1) IS NOT TRUE",
                    "(SQRT(x) < 1) IS FALSE",
                    "(SQRT(x) < 1) IS NOT FALSE",
                    "(SQRT(x) < 1) IS UNKNOWN",
                    "(SQRT(x) < 1) IS NOT UNKNOWN",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS TRUE",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS NOT TRUE",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS FALSE",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS NOT FALSE",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS UNKNOWN",
                    "(SQRT(COALESCE(x, -1E0)) < 1) IS NOT UNKNOWN",
                    "(s LIKE '%a%') IS TRUE",
                    "(s LIKE '%a%') IS NOT TRUE",
                    "(s LIKE '%a%') IS FALSE",
                    "(s LIKE '%a%') IS NOT FALSE",
                    "(s LIKE '%a%') IS UNKNOWN",
                    "(s LIKE '%a%') IS NOT UNKNOWN",
                    "(NOT (x > 0 AND n = 1)) IS TRUE",
                    "(NOT (x > 0 AND n = 1)) IS NOT TRUE",
                    "(NOT (x > 0 AND n = 1)) IS FALSE",
                    "(NOT (x > 0 AND n = 1)) IS NOT FALSE",
                    "(NOT (x > 0 AND n = 1)) IS UNKNOWN",
                    "(NOT (x > 0 AND n = 1)) IS NOT UNKNOWN",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS TRUE",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS NOT TRUE",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS FALSE",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS NOT FALSE",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS UNKNOWN",
                    "(CASE WHEN n > 0 THEN x > 0 ELSE n < 0 END) IS NOT UNKNOWN",
                    "n BETWEEN SYMMETRIC 97 AND b",
                    "n NOT BETWEEN SYMMETRIC b AND 5",
                    "x BETWEEN ASYMMETRIC -1 AND 1",
                    "SQRT(x) BETWEEN SYMMETRIC 1 + 1 AND 0",
                    "SQRT(x) NOT BETWEEN SYMMETRIC 1 AND 0",
                    "(n IS DISTINCT FROM 1) IS NOT TRUE",
                ],
            ),
            (
                "double?",
                &[
                    "DEGREES(x)",
                    "RADIANS(x)",
                    "PI() * x",
                    "E() + x",
                    "ASIN(x)",
                    "ACOS(x)",
                    "ATAN(x)",
                    "ATAN2(x, n)",
                    "ATAN2(n, x)",
                    "SINH(x)",
                    "COSH(x)",
                    "TANH(x)",
                    "DEGREES(n)",
                    "ATAN2(x, x * x)",
                    "ASIN(SIGN(x))",
                    "ASIN(1 / x)",
                    "TANH(n)",
                ],
            ),
        ],
    },
    Domain {
        name: "times",
        text: times,
        calls: &[
            (
                "timestamp(3)?",
                &[
                    "TO_TIMESTAMP(s)",
                    "TO_TIMESTAMP(CONCAT(s, '456'))",
                    "TO_TIMESTAMP(CONCAT(s, '456789'))",
                    "TO_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss')",
                    "TO_TIMESTAMP(s, 'yyyy-MM-dd')",
                    "TO_TIMESTAMP(s, 'yyyy-M-d H:m:s')",
                    "TO_TIMESTAMP(s, 'uuuu-MM-dd''T''HH:mm:ss.SSS')",
                    "TO_TIMESTAMP(s, 'yyyyMMddHHmmss')",
                    "TO_TIMESTAMP(s, 'yyyyMMddHHmmssSSS')",
                    "TO_TIMESTAMP(s, 'yy-MM-dd HH:mm')",
                    "TO_TIMESTAMP(s, 'HH:mm:ss')",
                    "TO_TIMESTAMP(s, 'yyyy-MM')",
                    "TO_TIMESTAMP(s, 'yyyy/MM/dd')",
                    "TO_TIMESTAMP(s, 'yyyy')",
                    "CASE WHEN CHAR_LENGTH(s) < 10 THEN TO_TIMESTAMP(s, 'yMMdd') END",
                    "TO_TIMESTAMP(s, 'yyy-MM-dd HH')",
                ],
            ),
            (
                "timestamp_ltz(3)?",
                &["TO_TIMESTAMP_LTZ(b, 0)", "TO_TIMESTAMP_LTZ(b, 3)", "TO_TIMESTAMP_LTZ(n, 0)"],
            ),
            (
                "bigint?",
                &[
                    "EXTRACT(ISOYEAR FROM `at`)",
                    "EXTRACT(ISODOW FROM `at`)",
                    "EXTRACT(MILLISECOND FROM `at`)",
                    "EXTRACT(MICROSECOND FROM `at`)",
                    "EXTRACT(NANOSECOND FROM `at`)",
                    "EXTRACT(EPOCH FROM `at`)",
                    "EXTRACT(DECADE FROM `at`)",
                    "EXTRACT(CENTURY FROM `at`)",
                    "EXTRACT(MILLENNIUM FROM `at`)",
                    "EXTRACT(ISOYEAR FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(ISODOW FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(MILLISECOND FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(MICROSECOND FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(NANOSECOND FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(EPOCH FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(DECADE FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(CENTURY FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(MILLENNIUM FROM TO_TIMESTAMP_LTZ(b, 3))",
                    "EXTRACT(ISOYEAR FROM CAST(at AS DATE))",
                    "EXTRACT(ISODOW FROM CAST(at AS DATE))",
                    "EXTRACT(EPOCH FROM CAST(at AS DATE))",
                    "EXTRACT(DECADE FROM CAST(at AS DATE))",
                    "EXTRACT(CENTURY FROM CAST(at AS DATE))",
                    "EXTRACT(MILLENNIUM FROM CAST(at AS DATE))",
                    "EXTRACT(MILLISECOND FROM TIMESTAMPADD(SECOND, n, TIMESTAMP '1969-12-31 23:59:59.123456'))",
                    "EXTRACT(MICROSECOND FROM TIMESTAMPADD(SECOND, n, TIMESTAMP '1969-12-31 23:59:59.123456'))",
                    "EXTRACT(NANOSECOND FROM TIMESTAMPADD(SECOND, n, TIMESTAMP '1969-12-31 23:59:59.123456'))",
                    "EXTRACT(EPOCH FROM TIMESTAMPADD(SECOND, n, TIMESTAMP '1969-12-31 23:59:59.123456'))",
                    "EXTRACT(SECOND FROM TIMESTAMPADD(SECOND, n, TIMESTAMP '1969-12-31 23:59:59.123456'))",
                    "EXTRACT(DOY FROM at)",
                    "EXTRACT(DOW FROM at)",
                    "EXTRACT(WEEK FROM at)",
                ],
            ),
            (
                "date?",
                &[
                    "CASE WHEN NOT REGEXP(s, '[0-9]{10}') THEN TO_DATE(s) END",
                    "TO_DATE(s, 'yyyy-MM-dd')",
                    "TO_DATE(s, 'yyyyMMdd')",
                    "TO_DATE(s, 'yyyy-MM-dd HH:mm:ss')",
                    "TO_DATE(s, 'yyyy/MM/dd')",
                    "TO_DATE(s, 'yyyy-M')",
                    "TO_DATE(s, 'yyyy')",
                    "TO_DATE(s, 'yyyyMMddHHmmssSSS')",
                ],
            ),
            (
                "string?",
                &[
                    "DATE_FORMAT(at, 'yyyy-MM-dd HH:mm:ss')",
                    "DATE_FORMAT(at, 'y-M-d H:m:s.S')",
                    "DATE_FORMAT(at, 'yy yyy yyyyy uu u uuuuu')",
                    "DATE_FORMAT(at, 'D DD DDD h hh K KK k kk')",
                    "DATE_FORMAT(at, 'HH''h''mm ''''ss'''' SSSSSS SSSSSSSSS')",
                    "DATE_FORMAT(at, 'LL/L')",
                    "DATE_FORMAT(CAST(at AS TIMESTAMP_LTZ(3)), 'yyyyMMdd''T''HHmmssSSS')",
                    "DATE_FORMAT(TO_TIMESTAMP_LTZ(b, 3), 'uuuu-MM-dd HH:mm:ss.SSS')",
                    "FROM_UNIXTIME(b)",
                    "FROM_UNIXTIME(n)",
                    "FROM_UNIXTIME(b, 'yyyy-MM-dd')",
                    "FROM_UNIXTIME(n, 'yy/M/d H:m:s.S')",
                    "FROM_UNIXTIME(b, 'yyyyyyy yyy y h hh K KK k kk SSSS')",
                    "FROM_UNIXTIME(n, 'HH:mm'' o''''clock''')",
                ],
            ),
        ],
    },
    Domain {
        name: "patterns",
        text: lines,
        calls: &[
            (
                "boolean?",
                &[
                    "REGEXP(s, 'a')",
                    "REGEXP(s, '^a')",
                    "REGEXP(s, 'b$')",
                    "REGEXP(s, '^[a-c]+$')",
                    "REGEXP(s, 'a.b')",
                    r"REGEXP(s, '\d\s\w')",
                    r"REGEXP(s, '^\D+$')",
                    r"REGEXP(s, '\W')",
                    r"REGEXP(s, '\S$')",
                    r"REGEXP(s, '\s$')",
                    "REGEXP(s, '')",
                    "REGEXP(s, '$')",
                    "REGEXP(s, '^$')",
                    "REGEXP(s, '[^a]{2,3}$')",
                    r"REGEXP(s, '(a|b\.|é)+?c')",
                    r"REGEXP(s, '\x41|\u00e9|\t')",
                    "REGEXP(s, '.$')",
                    "REGEXP(s, '..')",
                    r"REGEXP(s, '\Aa\z')",
                    "REGEXP(s, 'a]|}')",
                    "s SIMILAR TO 'a%'",
                    "s SIMILAR TO '%b'",
                    "s NOT SIMILAR TO '_b%'",
                    "s SIMILAR TO '(a|b)+'",
                    "s SIMILAR TO '%[a-c]{2}%'",
                    "s SIMILAR TO '%[^ab]'",
                    "s SIMILAR TO ''",
                    "s SIMILAR TO '%!_%' ESCAPE '!'",
                    "s SIMILAR TO '%.%'",
                    "s SIMILAR TO '%[[:ALPHA:]]%'",
                    "s SIMILAR TO '[[:digit:][:SPACE:]-]+'",
                    "s SIMILAR TO '%[[:whitespace:]]'",
                    "s SIMILAR TO '^a%'",
                    "s SIMILAR TO '%$%'",
                    "s SIMILAR TO '__?'",
                    "s SIMILAR TO 'a|b|%c'",
                    "s SIMILAR TO '%!]%' ESCAPE '!'",
                    "s SIMILAR TO '_'",
                    "s SIMILAR TO '%!%%' ESCAPE '!'",
                    "s SIMILAR TO '[a!-]%' ESCAPE '!'",
                    r"s SIMILAR TO '%\n%'",
                ],
            ),
            (
                "string?",
                &[
                    "REGEXP_EXTRACT(s, 'a(b)?(.)', 0)",
                    "REGEXP_EXTRACT(s, 'a(b)?(.)', 1)",
                    "REGEXP_EXTRACT(s, 'a(b)?(.)', 2)",
                    "REGEXP_EXTRACT(s, 'a', n)",
                    r"REGEXP_EXTRACT(s, '(\w+)\s*$', 1)",
                    r"REGEXP_EXTRACT(s, '(\w+)\s*$', 0)",
                    "REGEXP_EXTRACT(s, '(.*)$', 0)",
                    "REGEXP_EXTRACT(s, '(?:a|(b))+', 1)",
                    "REGEXP_EXTRACT(s, '(?<first>[a-z])(?<second>[^a-z])', 2)",
                    "REGEXP_EXTRACT(s, 'a|ab', 0)",
                    "REGEXP_EXTRACT(s, '(a|ab)(c|bcd)?', 0)",
                    "REGEXP_REPLACE(s, 'a', '-')",
                    "REGEXP_REPLACE(s, 'a+b?', t)",
                    r"REGEXP_REPLACE(s, '\s', '$1')",
                    r"REGEXP_REPLACE(s, '\s$', '!')",
                    "REGEXP_REPLACE(s, '.$', '!')",
                    "REGEXP_REPLACE(s, '[^a-z0-9]+', '_')",
                    "REGEXP_REPLACE(s, '.', '.')",
                    "REGEXP_EXTRACT(s, '[^b]+$', 0)",
                    r"REGEXP_EXTRACT(s, '\s+$', 0)",
                    r"REGEXP_EXTRACT(s, 'a{2,}?', 0)",
                ],
            ),
        ],
    },
    Domain {
        name: "documents",
        text: documents,
        calls: &[
            (
                "string?",
                &[
                    "JSON_VALUE(s, '$')",
                    "JSON_VALUE(s, '$.a')",
                    "JSON_VALUE(s, 'lax $.a')",
                    "JSON_VALUE(s, 'strict $.a')",
                    "JSON_VALUE(s, '$.a.b')",
                    "JSON_VALUE(s, '$.a[0]')",
                    "JSON_VALUE(s, '$[1]')",
                    "JSON_VALUE(s, '$[''b c'']')",
                    "JSON_VALUE(s, 'LAX   $.a[1].b')",
                    "JSON_VALUE(t, '$.é')",
                    "JSON_QUERY(s, '$')",
                    "JSON_QUERY(s, '$.a')",
                    "JSON_QUERY(s, 'strict $.a')",
                    "JSON_QUERY(s, 'lax $.a.b')",
                    "JSON_QUERY(s, '$[0]')",
                    "JSON_QUERY(s, '$.a[0]')",
                    "JSON_VALUE(s, '$.b')",
                ],
            ),
            (
                "boolean?",
                &[
                    "JSON_EXISTS(s, '$')",
                    "JSON_EXISTS(s, '$.a')",
                    "JSON_EXISTS(s, 'lax $.a.b')",
                    "JSON_EXISTS(s, 'strict $[0]')",
                ],
            ),
        ],
    },
    Domain {
        name: "places",
        text: places,
        calls: &[(
            "string?",
            &[
                "PARSE_URL(s, 'HOST')",
                "PARSE_URL(s, 'PATH')",
                "PARSE_URL(s, 'QUERY')",
                "PARSE_URL(s, 'REF')",
                "PARSE_URL(s, 'PROTOCOL')",
                "PARSE_URL(s, 'FILE')",
                "PARSE_URL(s, 'AUTHORITY')",
                "PARSE_URL(s, 'USERINFO')",
                "PARSE_URL(s, 'host')",
                "PARSE_URL(s, 'QUERY', 'a')",
                "PARSE_URL(s, 'QUERY', t)",
                "PARSE_URL(s, 'HOST', 'a')",
                "OVERLAY(s PLACING t FROM n)",
                "OVERLAY(s PLACING t FROM n FOR 2)",
                "OVERLAY(s PLACING 'xy' FROM 2 FOR MOD(n, 5))",
                "OVERLAY(s PLACING t FROM 1 FOR 0)",
                "OVERLAY(s PLACING 'é' FROM 2)",
            ],
        )],
    },
];

/// Parts of a text, one after another.
fn parts(rng: &mut Rng, from: &[&str], most: usize) -> String {
    (0..rng.below(most + 1)).map(|_| rng.pick(from)).collect()
}

fn letters(rng: &mut Rng) -> String {
    const NUMBERS: &[&str] = &[
        "1",
        "0",
        "9",
        "12",
        "٣",
        "９",
        ".",
        "-",
        "+",
        "e",
        "E5",
        "x",
        "0x",
        "p3",
        "d",
        "F",
        "L",
        "NaN",
        "Infinity",
        " ",
        "\t",
        "_",
        "9223372036854775807",
        "१",
    ];
    const LETTERS: &[&str] = &[
        "a",
        "B",
        "é",
        "É",
        "ß",
        "ǅ",
        "日",
        "😀",
        "1",
        " ",
        "-",
        "_",
        "x",
        "Ω",
        "\u{301}",
        "\u{0}",
        "\u{7f}",
        "Z",
        "\u{1D400}",
        "ª",
        "Ⅷ",
        "٣",
        "\n",
    ];
    let from = if rng.below(2) == 0 { NUMBERS } else { LETTERS };
    parts(rng, from, 5)
}

fn times(rng: &mut Rng) -> String {
    const SEPARATORS: &[&str] = &["-", "-", "-", "-", "/", "", ":", " "];
    let year = rng.pick(&[
        "2026", "2024", "1999", "1582", "1500", "0001", "0000", "9999", "26", "-0005", "12026", "970", "2100",
    ]);
    let two = |rng: &mut Rng, most: usize| {
        let value = rng.below(most);
        if rng.below(5) == 0 { value.to_string() } else { format!("{value:02}") }
    };
    let date = rng.pick(SEPARATORS);
    let (month, day) = (two(rng, 14), two(rng, 33));
    let mut text = format!("{year}{date}{month}{date}{day}");
    if rng.below(3) > 0 {
        text.push_str(rng.pick(&[" ", " ", " ", "T", ""]));
        let between = rng.pick(&[":", ":", ":", ""]);
        let (hour, minute, second) = (two(rng, 26), two(rng, 62), two(rng, 61));
        let _ = write!(text, "{hour}{between}{minute}");
        if rng.below(4) > 0 {
            let _ = write!(text, "{between}{second}");
            text.push_str(rng.pick(&["", "", ".", ".5", ".123", "123", ".1234567891", "Z"]));
        }
    }
    match rng.below(12) {
        0 => format!(" {text}"),
        1 => format!("{text} "),
        2 => rng
            .pick(&[
                "",
                "x",
                "2026",
                "2026-05",
                "26-01-02 03:04",
                "12:30:45",
                "24:00:00",
                "+12026-01-02 03:04:05",
                "+12026-01-02",
                "+2026-01-02",
                "2026-02-3 24:00:00",
                "2026-1-1 -5:3:+7",
                "1582-10-10",
                "1582-10-10 00:00:00",
            ])
            .to_owned(),
        3 => text.chars().skip(1).collect(),
        4 => format!("{text}{}", rng.pick(&["x", "1", "-", "é"])),
        _ => text,
    }
}

fn lines(rng: &mut Rng) -> String {
    const PARTS: &[&str] = &[
        "a", "a", "b", "b", "ab", "c", "d", "1", " ", "\n", "\r", "\r\n", "\t", "é", "😀", "A", ".", "_",
        "\u{85}", "\u{2028}", "]", "}", "٣", "\u{b}", "-",
    ];
    parts(rng, PARTS, 7)
}

/// A value of JSON text, or nearly one.
fn value(rng: &mut Rng, depth: usize) -> String {
    let blank = rng.pick(&["", "", "", " ", "\n\t"]);
    let made = match rng.below(if depth == 0 { 7 } else { 10 }) {
        0 | 1 => rng
            .pick(&[
                "0",
                "-0",
                "1",
                "-12",
                "1.0",
                "1.50",
                "-0.0",
                "1e5",
                "1E-7",
                "1.5e3",
                "0.000001",
                "0.0000001",
                "123456789012345678901234567890",
                "1e400",
                "0e10",
                "12e-1",
                "01",
                "1.",
                ".5",
                "+1",
                "-",
                "1x",
                "NaN",
                "1e99999999999",
                "1.10E+2",
            ])
            .to_owned(),
        2 | 3 => format!(
            "\"{}\"",
            parts(
                rng,
                &[
                    "a",
                    "é",
                    "😀",
                    "\\n",
                    "\\\"",
                    "\\u00e9",
                    "\\ud83d\\ude00",
                    "\\/",
                    "\\u0001",
                    "\\b\\f\\t\\r",
                    "\u{7f}",
                    "\\\\"
                ],
                4
            )
        ),
        4 => rng.pick(&["true", "false", "null", "nul", "True", "nullx", "true1"]).to_owned(),
        5 => rng
            .pick(&[
                "",
                "'a'",
                "\"open",
                "\"\\x\"",
                "\"a\nb\"",
                "/* */1",
                "{]",
                "[1,]",
                "{\"a\":1,}",
                "[,1]",
                "\u{feff}1",
            ])
            .to_owned(),
        6 => "{}".to_owned(),
        7 => {
            let items: Vec<String> = (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let names = [
                "\"a\"",
                "\"a\"",
                "\"b\"",
                "\"b c\"",
                "\"\\u0061\"",
                "\"é\"",
                "\"B\"",
                "a",
                "\"😀\"",
                "\"\u{FFFF}\"",
            ];
            let members: Vec<String> = (0..1 + rng.below(3))
                .map(|_| format!("{blank}{}{blank}:{}", rng.pick(&names), value(rng, depth - 1)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    };
    format!("{blank}{made}{blank}")
}

fn documents(rng: &mut Rng) -> String {
    // Most are objects, so that paths find something.
    match rng.below(8) {
        0 => format!("{}{}", value(rng, 3), rng.pick(&["", " ", "x", "1", "}", ","])),
        1 => format!("[{},{}]", value(rng, 2), value(rng, 2)),
        2 => format!("{{\"a\":[{},{{\"b\":{}}}]}}", value(rng, 2), value(rng, 1)),
        3 => format!("{{\"a\":{{\"b\":{}}},\"b c\":{}}}", value(rng, 2), value(rng, 1)),
        _ => format!("{{\"b\":{},\"a\":{}}}", value(rng, 1), value(rng, 3)),
    }
}

fn places(rng: &mut Rng) -> String {
    let protocol = rng.pick(&[
        "http:",
        "http:",
        "http:",
        "https:",
        "HTTP:",
        "ftp:",
        "file:",
        "mailto:",
        "jar:",
        "jar:file:",
        "foo:",
        "",
        "url:http:",
        "jrt:",
        "jmod:",
        "1a:",
        "h ttp:",
        "jar:jar:file:",
    ]);
    let slashes = rng.pick(&["//", "//", "//", "//", "/", "", "///", "////"]);
    let authority = rng.pick(&[
        "h",
        "a.b",
        "u@h",
        "u:p@h:80",
        "h:",
        "h:x",
        "h:-1",
        "h:-2",
        "h:+5",
        "h:99999999999",
        "[::1]",
        "[::1]:80",
        "[::1",
        "[::1]x",
        "[1:2:3]",
        "[::ffff:1.2.3.4]",
        "[::00001]",
        "[fe80::1%eth0]",
        "[::1%]",
        "a@b@c",
        "@h",
        "u@",
        "",
        "é",
        "h\\x",
    ]);
    let path = parts(rng, &["/", "a", "b", "..", ".", "!", "!/", "é", " ", "@", ":", "/p", "%20"], 5);
    let query = rng.pick(&[
        "",
        "",
        "?",
        "?a=1",
        "?b=2&a=3&a=4",
        "?aa=1&a",
        "?a=",
        "?a=1=2",
        "?&a=1",
        "?a=1?a=2",
        "?a b=c",
        "?x/y=/&a=z",
    ]);
    let reference = rng.pick(&["", "", "", "#", "#r", "#r?a=1", "#a#b"]);
    let blank = rng.pick(&["", "", "", " ", "\t"]);
    format!("{blank}{protocol}{slashes}{authority}{path}{query}{reference}{blank}")
}

impl Domain {
    fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.calls.iter().flat_map(|(ty, calls)| calls.iter().map(move |call| (*ty, *call)))
    }

    /// A schema, a sink and a query for the calls.
    fn program(&self, program: &mut String) {
        let Domain { name, .. } = self;
        let columns: Vec<String> =
            self.all().enumerate().map(|(at, (ty, _))| format!("c{at} : {ty}")).collect();
        let values: Vec<String> =
            self.all().enumerate().map(|(at, (_, call))| format!("{call} AS c{at}")).collect();
        let _ = write!(
            program,
            "schema Of_{name} {{ {} }}\n\
             stream {name} : Values in prod {{ connector = kinesis(\"{name}\"), watermark = at - 1s, late = drop }}\n\
             stream {name}_out : Of_{name} in prod {{ connector = kinesis(\"{name}_out\") }}\n\
             query of_{name} into {name}_out as\nSELECT {}\nFROM {name};\n",
            columns.join("\n"),
            values.join(",\n")
        );
    }

    fn rows(&self, rng: &mut Rng) -> String {
        let mut all = String::new();
        for _ in 0..ROWS {
            let mut row = serde_json::Map::new();
            let mut put = |name: &str, value: serde_json::Value, rng: &mut Rng| {
                let value = if rng.below(12) == 0 { serde_json::Value::Null } else { value };
                row.insert(name.to_owned(), value);
            };
            let text = (self.text)(rng);
            put("s", text.into(), rng);
            let other = match self.name {
                "places" => rng.pick(&["a", "b", "", "a&b", "x/y"]).to_owned(),
                _ => (self.text)(rng),
            };
            put("t", other.into(), rng);
            let small = rng.below(9) as i64 - 2;
            let int = rng.pick(&[
                small,
                small,
                97,
                233,
                256,
                321,
                i64::from(i32::MAX),
                i64::from(i32::MIN),
                1_767_225_600,
            ]);
            put("n", int.into(), rng);
            let bits = rng.next() as i64;
            let long = rng.pick(&[
                small,
                bits,
                bits >> 12,
                bits >> 24,
                bits >> 16,
                i64::MAX,
                i64::MIN,
                1_767_225_600_123,
            ]);
            put("b", long.into(), rng);
            let double = (bits >> 11) as f64 / (1_u64 << 52) as f64;
            let double = rng.pick(&[
                double,
                double * 30.0,
                double * 800.0,
                double * 1e-9,
                small as f64,
                double * 1e-20,
                double * 1e300,
            ]);
            put("x", double.into(), rng);
            let at = (bits >> 13).rem_euclid(253_402_300_800_000) * 1000;
            let mut time = Vec::new();
            dpl::window::time::write_timestamp(at, dpl::run::Style::Iso, (3, 3), &mut time);
            row.insert("at".to_owned(), String::from_utf8(time).unwrap().into());
            all.push_str(&serde_json::Value::Object(row).to_string());
            all.push('\n');
        }
        all
    }
}

fn analysis() -> Analysis {
    let mut program = String::from(
        "account prod { id = \"666666666666\", region = \"us-east-1\" }\n\
         schema Values { s : string?, t : string?, n : int?, b : bigint?, x : double?, at : timestamp(3) }\n",
    );
    DOMAINS.iter().for_each(|domain| domain.program(&mut program));
    let mut sources = dpl::sources();
    sources.add("functions.dpl", "functions", program, false);
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    analysis
}

/// What differs: the call, and of how many rows.
fn differences(analysis: &Analysis, folder: &Path) -> Vec<String> {
    let platform = &analysis.platform;
    let mut all = Vec::new();
    for domain in DOMAINS {
        let query = platform
            .queries
            .iter()
            .find(|query| platform.resource(query.resource).name == format!("of_{}", domain.name));
        let query = query.unwrap();
        let job = native(platform, query).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let (ours, _) = run_native(&job, &|_| folder.join(format!("{}.jsonl", domain.name)));
        let theirs = fs::read_to_string(folder.join(format!("{}.out", domain.name))).unwrap();
        let ours = String::from_utf8(ours).unwrap();
        assert_eq!(ours.lines().count(), ROWS);
        for (at, (ty, call)) in domain.all().enumerate() {
            let column = format!("c{at}");
            let doubles = if ty == "double?" { vec![column.as_str()] } else { Vec::new() };
            let only = |text: &str| {
                // Numbers stay as they are written: serde_json's own are not always the nearest doubles.
                let cells = text.lines().map(|line| {
                    let mut row: BTreeMap<&str, &RawValue> = serde_json::from_str(line).unwrap();
                    let cell = row.remove(column.as_str()).map_or("null", RawValue::get);
                    format!("{{\"{column}\":{cell}}}\n")
                });
                multiset(&cells.collect::<String>(), &doubles)
            };
            let (ours, theirs) = (only(&ours), only(&theirs));
            let apart = |a: &BTreeMap<String, usize>, b: &BTreeMap<String, usize>| {
                let rows = a.iter().filter(|(row, count)| b.get(*row) != Some(count));
                rows.map(|(row, count)| format!("{count} x {row:?}")).take(6).collect::<Vec<_>>().join(", ")
            };
            if ours != theirs {
                all.push(format!(
                    "{call}\n  ours: {}\n  Flink's: {}",
                    apart(&ours, &theirs),
                    apart(&theirs, &ours)
                ));
            }
        }
    }
    all
}

#[test]
fn flink_computes_functions_as_dpl_run_does() {
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let more = more.split(',').filter(|seed| !seed.is_empty()).map(|seed| seed.parse().expect("a number"));
    let analysis = analysis();
    for seed in std::iter::once(1).chain(more) {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = Rng::new(seed);
        let mut arguments: Vec<OsString> = Vec::new();
        for domain in DOMAINS {
            let file = |end: &str| folder.path().join(format!("{}.{end}", domain.name));
            fs::write(file("jsonl"), domain.rows(&mut rng)).unwrap();
            let platform = &analysis.platform;
            let query = platform
                .queries
                .iter()
                .find(|query| platform.resource(query.resource).name == format!("of_{}", domain.name));
            fs::write(file("sql"), dpl::target::flink::script(platform, query.unwrap())).unwrap();
            arguments.push(file("sql").into());
            arguments
                .extend(["--table".into(), format!("{}={}", domain.name, file("jsonl").display()).into()]);
            arguments
                .extend(["--sink".into(), format!("{}_out={}", domain.name, file("out").display()).into()]);
        }
        let Some(done) = oracle::run("flink/run", &["flink", "runner"], &arguments) else { return };
        let printed = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success(),
            "Flink refuses a script:\n{printed}\n{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let found = differences(&analysis, folder.path());
        if !found.is_empty() {
            let kept = folder.keep();
            panic!("seed {seed}, files in {}:\n{}", kept.display(), found.join("\n"));
        }
    }
}
