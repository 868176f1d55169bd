//! Patterns of `SIMILAR TO` as regular expressions of Java, as Flink makes them (`SqlLikeUtils.sqlToRegexSimilar`): what is special in SQL alone is
//! spelled anew, and all else stays, so that `.` and `^` mean what they mean in Java.

/// What is special in a pattern.
const SPECIAL: &str = "[]()|^-+*_%?{}";
/// What of that, and of the rest, is special in Java.
const SPECIAL_IN_JAVA: &str = "[]()|^-+*?{}$\\.";
/// Any text: what Flink writes as `(?s:.*)`, without a flag.
const ANY_TEXT: &str = r"(?:(?:.|[\n\r\x85\u2028\u2029])*)";
/// Classes by name, in capital and in small letters.
const CLASSES: [(&str, &str); 7] = [
    ("ALPHA", "a-zA-Z"),
    ("UPPER", "A-Z"),
    ("LOWER", "a-z"),
    ("DIGIT", "0-9"),
    ("SPACE", " "),
    ("WHITESPACE", r"\s"),
    ("ALNUM", "a-zA-Z0-9"),
];

/// The regular expression for all of a text; `None` for a pattern on which Flink's job fails.
pub fn similar_to_java(pattern: &str, escape: Option<char>) -> Option<String> {
    let mut java = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        rest = behind(rest, letter);
        match letter {
            letter if Some(letter) == escape => rest = escaped(rest, letter, &mut java)?,
            '_' => java.push('.'),
            '%' => java.push_str(ANY_TEXT),
            '[' => rest = enumeration(rest, escape, &mut java)?,
            ']' => return None,
            '\\' => java.push_str(r"\\"),
            '$' => java.push_str(r"\$"),
            letter => java.push(letter),
        }
    }
    Some(java)
}

fn behind(text: &str, letter: char) -> &str {
    text.get(letter.len_utf8()..).unwrap_or_default()
}

/// Appends what stands behind the escape character; what follows it.
fn escaped<'a>(rest: &'a str, escape: char, java: &mut String) -> Option<&'a str> {
    let letter = rest.chars().next()?;
    if SPECIAL.contains(letter) {
        java.push_str(if SPECIAL_IN_JAVA.contains(letter) { "\\" } else { "" });
    } else if letter != escape {
        return None;
    }
    java.push(letter);
    Some(behind(rest, letter))
}

/// Appends characters in brackets; what follows them.
fn enumeration<'a>(mut rest: &'a str, escape: Option<char>, java: &mut String) -> Option<&'a str> {
    java.push('[');
    loop {
        let letter = rest.chars().next()?;
        if let Some((class, after)) = named_class(rest) {
            java.push_str(class);
            rest = after;
            continue;
        }
        rest = behind(rest, letter);
        match letter {
            ']' => {
                java.push(']');
                return Some(rest);
            }
            letter if Some(letter) == escape => rest = escaped(rest, letter, java)?,
            '-' | '^' => java.push(letter),
            letter if SPECIAL.contains(letter) => return None,
            letter => java.push(letter),
        }
    }
}

/// `[:ALPHA:]` and the like: its characters, and what follows.
fn named_class(text: &str) -> Option<(&'static str, &str)> {
    let (name, after) = text.strip_prefix("[:")?.split_once(":]")?;
    let is_named = |known: &&(&str, &str)| name == known.0 || name == known.0.to_ascii_lowercase();
    CLASSES.iter().find(is_named).map(|(_, members)| (*members, after))
}
