//! Go's `url.Parse`, as far as the kubelet's keyring depends on it.
//!
//! The keyring reads the key of every auth entry as a URL, and whatever `net/url` (Go 1.26) does to
//! it decides what the entry matches: `?` begins a query, `user@` disappears, `%2F` is decoded, two
//! colons are an error. A crate with better manners would give other answers, so the rules are
//! spelled out here. Bytes throughout: a decoded `%FF` need not be UTF-8.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The parts of a URL that the keyring uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// With its port and, for IPv6, its brackets.
    pub host: Vec<u8>,
    pub path: Vec<u8>,
}

/// Why `url.Parse` rejects a text; the kubelet then drops the entry with a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAUrl;

/// Parses the part after `https://` (or `http://`, which the keyring treats alike).
pub(super) fn parse(after_scheme: &[u8]) -> Result<Url, NotAUrl> {
    let (url, fragment) = cut(after_scheme, b'#');
    unescape(fragment, Part::Other)?;
    if url.iter().any(|b| *b < b' ' || *b == 0x7f) {
        return Err(NotAUrl);
    }
    let (rest, _query) = cut(url, b'?');
    let slash = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(slash).ok_or(NotAUrl)?;
    Ok(Url {
        host: authority_host(authority)?,
        path: unescape(path, Part::Other)?,
    })
}

fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    let mut parts = text.splitn(2, |b| *b == at);
    let before = parts.next().unwrap_or_default();
    (before, parts.next().unwrap_or_default())
}

fn authority_host(authority: &[u8]) -> Result<Vec<u8>, NotAUrl> {
    let Some(at) = authority.iter().rposition(|b| *b == b'@') else {
        return host(authority);
    };
    let (user, rest) = authority.split_at_checked(at).ok_or(NotAUrl)?;
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b);
    if !user.iter().all(allowed) {
        return Err(NotAUrl);
    }
    let found = host(rest.get(1..).unwrap_or_default())?;
    unescape(user, Part::Other)?;
    Ok(found)
}

fn host(text: &[u8]) -> Result<Vec<u8>, NotAUrl> {
    match text.iter().rposition(|b| *b == b'[') {
        Some(0) => bracketed(text),
        Some(_) => Err(NotAUrl),
        None => {
            // Since Go 1.26 a second colon is an error in http and https URLs.
            let colon = text.iter().position(|b| *b == b':').unwrap_or(text.len());
            let (_, port) = text.split_at_checked(colon).ok_or(NotAUrl)?;
            valid_optional_port(port)?;
            unescape(text, Part::Host)
        }
    }
}

fn bracketed(text: &[u8]) -> Result<Vec<u8>, NotAUrl> {
    let close = text.iter().rposition(|b| *b == b']').ok_or(NotAUrl)?;
    let address = text.get(1..close).ok_or(NotAUrl)?;
    let port = text.get(close + 1..).unwrap_or_default();
    valid_optional_port(port)?;
    let address = unescape(address, Part::Host)?;
    let words = std::str::from_utf8(&address).map_err(|_| NotAUrl)?;
    let (ip, zone) = match words.split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (words, None),
    };
    let is_v6 = ip.parse::<Ipv6Addr>().is_ok() && ip.parse::<Ipv4Addr>().is_err();
    if !is_v6 || zone == Some("") {
        return Err(NotAUrl);
    }
    Ok([b"[", address.as_slice(), b"]", port].concat())
}

fn valid_optional_port(text: &[u8]) -> Result<(), NotAUrl> {
    let valid = match text.split_first() {
        None => true,
        Some((first, digits)) => *first == b':' && digits.iter().all(u8::is_ascii_digit),
    };
    if valid { Ok(()) } else { Err(NotAUrl) }
}

/// Which rules of escaping hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Only bytes above ASCII (and `%25`) may be escaped, and few marks may stand.
    Host,
    /// Path, user and fragment: any well-formed escape.
    Other,
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, NotAUrl> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = rest.next().and_then(hex_digit).ok_or(NotAUrl)?;
            let low = rest.next().and_then(hex_digit).ok_or(NotAUrl)?;
            let value = high << 4 | low;
            if part == Part::Host && high < 8 && value != b'%' {
                return Err(NotAUrl);
            }
            out.push(value);
        } else if part == Part::Host && byte.is_ascii() && !may_stand_in_host(byte) {
            return Err(NotAUrl);
        } else {
            out.push(byte);
        }
    }
    Ok(out)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

fn may_stand_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
}

/// Splits host and port like `net.SplitHostPort`; all is host if that fails.
pub(super) fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    try_split_port(host).unwrap_or((host, b""))
}

fn try_split_port(host: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = host.iter().rposition(|b| *b == b':')?;
    let (name, port) = (host.get(..colon)?, host.get(colon + 1..)?);
    let name = match name.strip_prefix(b"[") {
        Some(inner) => inner.strip_suffix(b"]")?,
        None => name,
    };
    let bracketed = host.starts_with(b"[");
    let stray = |b: &u8| matches!(b, b'[' | b']') || (!bracketed && *b == b':');
    (!name.iter().any(stray) && !port.iter().any(stray)).then_some((name, port))
}
