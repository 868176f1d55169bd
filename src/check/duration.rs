//! Lengths of time in words.

/// The units of the language, in milliseconds, the longest first, with their names.
const UNITS: [(u64, &str, &str); 4] =
    [(86_400_000, "d", "day"), (3_600_000, "h", "hour"), (60_000, "m", "minute"), (1_000, "s", "second")];

/// A length of time as the language writes it.
pub fn literal(milliseconds: u64) -> String {
    let unit = UNITS.iter().find(|(length, ..)| milliseconds > 0 && milliseconds.is_multiple_of(*length));
    match unit {
        Some((length, unit, _)) => format!("{}{unit}", milliseconds / length),
        None if milliseconds == 0 => "0s".to_owned(),
        None => format!("{milliseconds}ms"),
    }
}

/// A length of time in its two largest units: `4 days 15 hours`.
pub fn about(milliseconds: u64) -> String {
    let first = UNITS.iter().position(|(length, ..)| milliseconds >= *length);
    let mut rest = milliseconds;
    let mut parts = Vec::new();
    for (length, _, name) in UNITS.iter().skip(first.unwrap_or(UNITS.len())).take(2) {
        let count = rest / length;
        rest %= length;
        match count {
            0 => {}
            1 => parts.push(format!("1 {name}")),
            _ => parts.push(format!("{count} {name}s")),
        }
    }
    if parts.is_empty() { format!("{milliseconds} milliseconds") } else { parts.join(" ") }
}

/// The shortest length of time in whole units of its largest one that is not shorter, as the language writes it.
pub fn at_least(milliseconds: u64) -> String {
    let (length, unit, _) =
        UNITS.iter().find(|(length, ..)| milliseconds >= *length).unwrap_or(&(1_000, "s", "second"));
    format!("{}{unit}", milliseconds.div_ceil(*length))
}
