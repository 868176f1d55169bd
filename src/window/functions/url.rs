//! Parts of a URL, as `java.net.URL` of OpenJDK 17 reads it: leniently, and only of the protocols that it knows.

/// What is told of a URL.
#[derive(Default)]
struct Url {
    protocol: String,
    authority: Option<String>,
    user: Option<String>,
    host: String,
    path: String,
    query: Option<String>,
    reference: Option<String>,
}

/// `PARSE_URL(url, part)`; `None` where it is no URL, where the part is missing, or where there is no such part.
pub(super) fn part(url: &str, part: &str) -> Option<String> {
    let url = read(url)?;
    match part {
        "HOST" => Some(url.host),
        "PATH" => Some(url.path),
        "QUERY" => url.query,
        "REF" => url.reference,
        "PROTOCOL" => Some(url.protocol),
        "FILE" => Some(match url.query {
            Some(query) => format!("{}?{query}", url.path),
            None => url.path,
        }),
        "AUTHORITY" => url.authority,
        "USERINFO" => url.user,
        _ => None,
    }
}

/// `PARSE_URL(url, 'QUERY', name)`: the value of the first parameter of that name.
pub(super) fn parameter(url: &str, part: &str, name: &str) -> Option<String> {
    if part != "QUERY" {
        return None;
    }
    let query = read(url)?.query?;
    // A name may hold `&`: it is looked for from the beginning and behind each `&`.
    let starts = std::iter::once(0).chain(query.match_indices('&').map(|(at, _)| at + 1));
    let mut found = starts.filter_map(|at| query.get(at..)?.strip_prefix(name)?.strip_prefix('='));
    found.next().map(|value| value.split('&').next().unwrap_or_default().to_owned())
}

fn read(text: &str) -> Option<Url> {
    let whole = text.trim_end_matches(|letter| letter <= ' ');
    let spec = whole.trim_start_matches(|letter| letter <= ' ');
    let is_first = spec.len() == whole.len();
    let after = spec.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("url:"));
    let spec = if after { spec.get(4..)? } else { spec };
    let (protocol, rest) = spec.split_once(':')?;
    if protocol.contains(['/', '#']) {
        return None;
    }
    let protocol = protocol.to_lowercase();
    let (rest, reference) = match rest.split_once('#') {
        Some((rest, reference)) => (rest, Some(reference.to_owned())),
        None => (rest, None),
    };
    let url = match protocol.as_str() {
        "http" | "https" | "ftp" | "file" | "jrt" | "jmod" => hierarchical(rest)?,
        "mailto" if !rest.chars().all(is_java_blank) => opaque(rest),
        // Without `jar:` at the very beginning, Java takes the rest for a path of another archive, and there is none.
        "jar" if is_first && !after && is_archive(rest) => opaque(rest),
        _ => return None,
    };
    // An address of mail has no anchor.
    let reference = reference.filter(|_| protocol != "mailto");
    Some(Url { protocol, reference, ..url })
}

/// `Character.isWhitespace`: no blank that keeps words together.
fn is_java_blank(letter: char) -> bool {
    matches!(letter, '\u{1C}'..='\u{1F}')
        || letter.is_whitespace() && !matches!(letter, '\u{85}' | '\u{A0}' | '\u{2007}' | '\u{202F}')
}

/// `file:/a.jar!/entry`: the URL of an archive before the last `!/`, which is no archive's entry itself.
fn is_archive(rest: &str) -> bool {
    let nested = rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("jar:"));
    !nested && rest.rfind("!/").is_some_and(|at| rest.get(..at).is_some_and(|inner| read(inner).is_some()))
}

fn opaque(rest: &str) -> Url {
    let (path, query) = match rest.rsplit_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (rest, None),
    };
    Url { path: path.to_owned(), query, ..Url::default() }
}

/// What `URLStreamHandler.parseURL` reads behind the colon.
fn hierarchical(rest: &str) -> Option<Url> {
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query.to_owned())),
        None => (rest, None),
    };
    let is_shared_folder = rest.starts_with("////");
    let Some(rest) = rest.strip_prefix("//").filter(|_| !is_shared_folder) else {
        return Some(Url { path: rest.to_owned(), query, ..Url::default() });
    };
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
    let (user, host) = match authority.split_once('@') {
        // Of several nobody knows which ends the user's name.
        Some((_, host)) if host.contains('@') => (None, None),
        Some((user, host)) => (Some(user.to_owned()), Some(host)),
        None => (None, Some(authority)),
    };
    Some(Url {
        authority: Some(authority.to_owned()),
        user,
        host: host.map_or(Some(""), without_port)?.to_owned(),
        path: path.to_owned(),
        query,
        ..Url::default()
    })
}

fn without_port(host: &str) -> Option<&str> {
    if host.starts_with('[') {
        let end = host.find(']').filter(|end| *end > 2)?;
        let (address, rest) = host.split_at_checked(end + 1)?;
        is_address(host.get(1..end)?).then_some(())?;
        return match rest.strip_prefix(':') {
            Some(port) => is_port(port).then_some(address),
            None => rest.is_empty().then_some(address),
        };
    }
    match host.split_once(':') {
        Some((host, port)) => is_port(port).then_some(host),
        None => Some(host),
    }
}

/// Nothing, or what `Integer.parseInt` reads, of at least -1.
fn is_port(port: &str) -> bool {
    port.is_empty() || port.parse::<i32>().is_ok_and(|port| port >= -1)
}

/// An address of IPv6 as `IPAddressUtil` reads it, whose parts may have zeros before them, and a zone behind.
fn is_address(text: &str) -> bool {
    let address = match text.split_once('%') {
        Some((_, "")) => return false,
        Some((address, _)) => address,
        None => text,
    };
    let mut parts = Vec::new();
    for part in address.split(':') {
        let short = part.trim_start_matches('0');
        parts.push(if short.is_empty() && !part.is_empty() { "0" } else { short });
    }
    // The last part may be an address of IPv4, whose zeros mean something.
    if let (Some(last), Some((_, written))) = (parts.last_mut(), address.rsplit_once(':'))
        && written.contains('.')
    {
        *last = written;
    }
    parts.join(":").parse::<std::net::Ipv6Addr>().is_ok()
}
