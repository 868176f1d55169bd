//! Texts with wildcards, as IAM matches them, and ARN formats of the standard library.

use smol_str::SmolStr;

/// Whether a text matches a pattern in which `*` stands for any characters, `?` for one, and `${*}` for a star that is meant. It goes back to
/// the last `*` only.
pub fn matches(pattern: &str, text: &str) -> bool {
    // What stands before the first sign is most of it, and is compared at once.
    let plain = memchr::memchr3(b'*', b'?', b'$', pattern.as_bytes()).unwrap_or(pattern.len());
    let (known, open) = pattern.as_bytes().split_at(plain);
    let read = text.as_bytes().strip_prefix(known);
    read.is_some_and(|read| wildcard(open, read, |a, b| a == b))
}

/// The same for the names of actions, whose case does not count.
pub fn matches_action(pattern: &str, action: &str) -> bool {
    let plain = memchr::memchr3(b'*', b'?', b'$', pattern.as_bytes()).unwrap_or(pattern.len());
    let (known, open) = pattern.as_bytes().split_at(plain);
    let read = action.as_bytes().split_at_checked(plain);
    read.is_some_and(|(begins, rest)| {
        begins.eq_ignore_ascii_case(known) && wildcard(open, rest, |a, b| a.eq_ignore_ascii_case(&b))
    })
}

/// Whether a text has a policy variable in it, `${aws:PrincipalTag/team}`, and not only characters that are meant.
pub fn has_variable(text: &str) -> bool {
    if memchr::memchr(b'$', text.as_bytes()).is_none() {
        return false;
    }
    let mut parts = text.split("${");
    parts.next();
    parts.any(|rest| !rest.starts_with("*}") && !rest.starts_with("?}") && !rest.starts_with("$}"))
}

/// A text as a pattern that matches it and nothing else: IAM's spelling of the characters that mean something in a pattern.
pub fn literal(text: &str) -> SmolStr {
    if !text.contains(['*', '?', '$']) {
        return SmolStr::from(text);
    }
    let mut pattern = String::with_capacity(text.len() + 3);
    for character in text.chars() {
        match character {
            '*' | '?' | '$' => pattern.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]),
            _ => pattern.push(character),
        }
    }
    SmolStr::from(pattern)
}

/// A text that the pattern matches and that no narrower pattern beside it is likely to: each star replaced by something of its own.
pub fn sample(pattern: &SmolStr, instead: &str) -> SmolStr {
    let Some(plain) = memchr::memchr3(b'*', b'?', b'$', pattern.as_bytes()) else { return pattern.clone() };
    let (known, mut rest) = pattern.as_bytes().split_at(plain);
    let mut text = Vec::with_capacity(pattern.len() + instead.len());
    text.extend_from_slice(known);
    while let Some((piece, behind)) = first(rest) {
        match piece {
            Piece::Any => text.extend_from_slice(instead.as_bytes()),
            Piece::One => text.push(b'x'),
            Piece::Byte(byte) => text.push(byte),
        }
        rest = behind;
    }
    SmolStr::from(String::from_utf8_lossy(&text))
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Any,
    One,
    Byte(u8),
}

/// The first piece of a pattern, and what is behind it.
fn first(pattern: &[u8]) -> Option<(Piece, &[u8])> {
    Some(match pattern {
        [] => return None,
        [b'$', b'{', meant @ (b'*' | b'?' | b'$'), b'}', behind @ ..] => (Piece::Byte(*meant), behind),
        [b'*', behind @ ..] => (Piece::Any, behind),
        [b'?', behind @ ..] => (Piece::One, behind),
        [other, behind @ ..] => (Piece::Byte(*other), behind),
    })
}

fn wildcard(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    let mut star: Option<(&[u8], &[u8])> = None;
    while let [byte, after @ ..] = text {
        match first(pattern) {
            Some((Piece::Any, behind)) => {
                star = Some((behind, text));
                pattern = behind;
            }
            Some((piece, behind))
                if piece == Piece::One || matches!(piece, Piece::Byte(meant) if same(meant, *byte)) =>
            {
                (pattern, text) = (behind, after);
            }
            _ => {
                let Some((behind, [_, swallowed @ ..])) = star else { return false };
                (pattern, text) = (behind, swallowed);
                star = Some((behind, swallowed));
            }
        }
    }
    while let Some((piece, behind)) = first(pattern) {
        if piece != Piece::Any {
            return false;
        }
        pattern = behind;
    }
    true
}

/// Fills the `{placeholders}` of an ARN format; `None` where one has no value.
pub fn fill(format: &str, mut value: impl FnMut(&str) -> Option<SmolStr>) -> Option<SmolStr> {
    let mut text = String::with_capacity(format.len() + 32);
    let mut rest = format;
    while let Some(open) = memchr::memchr(b'{', rest.as_bytes()) {
        let close = open + memchr::memchr(b'}', rest.as_bytes().get(open..)?)?;
        text.push_str(rest.get(..open)?);
        text.push_str(&value(rest.get(open + 1..close)?)?);
        rest = rest.get(close + 1..)?;
    }
    text.push_str(rest);
    Some(SmolStr::from(text))
}

/// Whether an ARN has a format: a placeholder stands for anything up to the next `/` or `:`, one before a `:` for anything up to that, the last one for anything.
pub fn arn_has_format(format: &str, arn: &str) -> bool {
    let (mut format, mut rest) = (format.as_bytes(), arn.as_bytes());
    loop {
        let open = memchr::memchr(b'{', format).unwrap_or(format.len());
        let (literal, tail) = format.split_at(open);
        let Some(after) = rest.strip_prefix(literal) else { return false };
        let Some(close) = memchr::memchr(b'}', tail) else { return after.is_empty() };
        let behind = tail.get(close + 1..).unwrap_or_default();
        if behind.is_empty() {
            return !after.is_empty();
        }
        // `{prefix}*`: the objects of a bucket.
        if behind == b"*" {
            return true;
        }
        // Names before a `:` may have slashes: those of log groups do.
        let end = match behind {
            [b':', ..] => memchr::memchr(b':', after),
            _ => memchr::memchr2(b'/', b':', after),
        };
        rest = after.get(end.unwrap_or(after.len())..).unwrap_or_default();
        format = behind;
    }
}
