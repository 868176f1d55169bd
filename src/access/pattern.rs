//! Texts with wildcards, as IAM matches them, and ARN formats of the standard library.

use smol_str::SmolStr;

/// Whether a text matches a pattern in which `*` stands for any characters, `?` for one, and `${*}` for a star that is meant. It goes back to
/// the last `*` only.
pub fn matches(pattern: &str, text: &str) -> bool {
    wildcard(&pieces(pattern), text.as_bytes())
}

/// The same for the names of actions, whose case does not count.
pub fn matches_action(pattern: &str, action: &str) -> bool {
    wildcard(&pieces(&pattern.to_ascii_lowercase()), action.to_ascii_lowercase().as_bytes())
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
pub fn sample(pattern: &str, instead: &str) -> SmolStr {
    let mut text = Vec::with_capacity(pattern.len() + instead.len());
    for piece in pieces(pattern) {
        match piece {
            Piece::Any => text.extend_from_slice(instead.as_bytes()),
            Piece::One => text.push(b'x'),
            Piece::Byte(byte) => text.push(byte),
        }
    }
    SmolStr::from(String::from_utf8_lossy(&text))
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Any,
    One,
    Byte(u8),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut rest = pattern.as_bytes();
    loop {
        rest = match rest {
            [] => return pieces,
            [b'$', b'{', meant @ (b'*' | b'?' | b'$'), b'}', behind @ ..] => {
                pieces.push(Piece::Byte(*meant));
                behind
            }
            [byte, behind @ ..] => {
                pieces.push(match byte {
                    b'*' => Piece::Any,
                    b'?' => Piece::One,
                    other => Piece::Byte(*other),
                });
                behind
            }
        };
    }
}

fn wildcard(pattern: &[Piece], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(read) {
        match pattern.get(at) {
            Some(Piece::Any) => {
                star = Some((at, read));
                at += 1;
            }
            Some(&piece) if piece == Piece::One || piece == Piece::Byte(byte) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, swallowed)) = star else { return false };
                at = place + 1;
                read = swallowed + 1;
                star = Some((place, read));
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|&piece| piece == Piece::Any))
}

/// Fills the `{placeholders}` of an ARN format; `None` where one has no value.
pub fn fill(format: &str, mut value: impl FnMut(&str) -> Option<SmolStr>) -> Option<SmolStr> {
    let mut text = String::with_capacity(format.len() + 32);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&value(name)?);
        rest = behind;
    }
    text.push_str(rest);
    Some(SmolStr::from(text))
}

/// Whether an ARN has a format: a placeholder stands for anything up to the next `/` or `:`, the last one for anything.
pub fn arn_has_format(format: &str, arn: &str) -> bool {
    let (mut format, mut rest) = (format, arn);
    loop {
        let (literal, tail) = format.split_once('{').unwrap_or((format, ""));
        let Some(after) = rest.strip_prefix(literal) else { return false };
        let Some((_, behind)) = tail.split_once('}') else { return after.is_empty() };
        if behind.is_empty() {
            return !after.is_empty();
        }
        let end = after.find(['/', ':']).unwrap_or(after.len());
        rest = after.get(end..).unwrap_or_default();
        format = behind;
    }
}
