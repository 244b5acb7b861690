//! Recognises tokens by their form: image, URL, digest, address, object name.

use super::url::RequestUrl;

/// The form of a token.
pub(super) enum TokenKind<'a> {
    Url(RequestUrl<'a>),
    /// `docker://NAME` of containers/image.
    SchemedImage(&'a str),
    Image,
    Digest,
    /// A digest whose digits are none.
    BadDigest,
    Hex,
    Address,
    Host,
    /// A name that Kubernetes made: `web-7c5d4b5f9-x2x4z`, a UID.
    ObjectName,
    Words,
}

/// Words with a slash that are no images: Go packages, operating systems, MIME types.
const WITH_SLASH: &[&str] = &[
    "i/o",
    "input/output",
    "net/http",
    "archive/tar",
    "containers/storage",
    "and/or",
    "username/password",
    "user/password",
    "tcp/ip",
    "text/html",
    "text/plain",
    "application/json",
    "application/octet-stream",
    "manifest/list",
    "compress/gzip",
];
/// First parts of words with a slash that are no images.
const BEFORE_SLASH: &[&str] = &[
    "linux/",
    "windows/",
    "darwin/",
    "application/vnd.",
    "application/x-",
];
/// Extensions of file names, which are no hosts.
const FILES: &[&str] = &[
    "json", "sock", "go", "db", "env", "yaml", "yml", "conf", "toml", "service", "crt", "pem",
    "cert", "key", "log", "txt", "md", "tar", "gz", "html", "xml", "exe", "sh", "py", "rs", "c",
    "h",
];

/// Types of files that configure a program.
const CONFIGURATION: &[&str] = &[
    "json", "yaml", "yml", "conf", "toml", "crt", "pem", "cert", "key",
];
/// Where runtimes keep images: no file there is configuration.
const STORES: &[&str] = &[
    "/var/lib/containerd/",
    "/var/lib/docker/",
    "/var/lib/containers/",
    "/var/lib/rancher/k3s/agent/containerd/",
];
/// A quotation mark in HTML.
pub(super) const QUOTE_ENTITY: &str = "&quot;";
/// Tags with which a web page, or the part of it that is quoted, begins.
const PAGE_TAGS: &[&str] = &[
    "html", "!doctype", "head>", "title>", "body", "center>", "h1>", "h2>", "a href", "p>",
    "meta ", "script", "div", "style",
];

/// What follows the character that opens a tag, plain or as JSON and HTML escape it.
fn tag(text: &str) -> Option<&str> {
    ["<", "\\u003c", "\\x3c", "&lt;"]
        .iter()
        .find_map(|open| text.strip_prefix(open))
}

pub(super) fn begins_page(text: &str) -> bool {
    tag(text).is_some_and(|tag| {
        PAGE_TAGS.iter().any(|known| {
            tag.get(..known.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(known))
        })
    })
}

/// Whether a page ends here; `</...` is where containers/image cuts it.
pub(super) fn ends_page(text: &str) -> bool {
    tag(text).is_some_and(|tag| {
        tag.starts_with("/...")
            || tag
                .get(.."/html".len())
                .is_some_and(|head| head.eq_ignore_ascii_case("/html"))
    })
}

/// Whether a chunk is the path of a local file.
pub(super) fn is_path(chunk: &str) -> bool {
    chunk.starts_with(['/', '~']) || chunk.starts_with("./")
}

/// Whether a chunk is the name of a file, by its ending.
pub(super) fn is_file_name(chunk: &str) -> bool {
    file_type(chunk).is_some()
}

/// Whether a file configures the runtime or the kubelet.
pub(super) fn is_configuration(path: &str) -> bool {
    let is_kept = STORES.iter().any(|store| path.starts_with(store));
    !is_kept
        && (path.starts_with("/etc/")
            || file_type(path).is_some_and(|found| CONFIGURATION.contains(&found)))
}

/// Detects the form of a token.
pub(super) fn token_kind(chunk: &str) -> TokenKind<'_> {
    if let Some((scheme, rest)) = chunk.split_once(":/") {
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => {
                return RequestUrl::parse(rest).map_or(TokenKind::Words, TokenKind::Url);
            }
            "docker" | "oci" => return TokenKind::SchemedImage(rest.trim_start_matches('/')),
            _ => {}
        }
    }
    if let Some(digits) = digits(chunk) {
        let is_whole = digits.len() == 64 || digits.len() == 128;
        let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        return if is_whole && !is_hex {
            TokenKind::BadDigest
        } else {
            TokenKind::Digest
        };
    }
    if chunk.contains('/') {
        return with_slash(chunk);
    }
    if chunk.contains("@sha256:") {
        return TokenKind::Image;
    }
    without_slash(chunk)
}

fn with_slash(chunk: &str) -> TokenKind<'_> {
    if let Some(path) = RequestUrl::from_path(chunk) {
        return TokenKind::Url(path);
    }
    let is = |known: &&str| chunk.eq_ignore_ascii_case(known);
    let begins = |known: &&str| {
        chunk
            .get(..known.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(known))
    };
    let is_file =
        chunk.starts_with(['/', '~']) || chunk.starts_with("./") || chunk.starts_with("unix:");
    if is_file || WITH_SLASH.iter().any(is) || BEFORE_SLASH.iter().any(begins) {
        return TokenKind::Words;
    }
    TokenKind::Image
}

fn without_slash(chunk: &str) -> TokenKind<'_> {
    if is_address(chunk) {
        return TokenKind::Address;
    }
    if is_hex(chunk) {
        return TokenKind::Hex;
    }
    let lower = !chunk.bytes().any(|b| b.is_ascii_uppercase());
    if let Some((name, tag)) = chunk.split_once(':') {
        let is_port = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_digit());
        if is_port && (name == "localhost" || is_host(name)) {
            return TokenKind::Host;
        }
        let is_tag = tag == "latest" || tag.bytes().any(|b| b.is_ascii_digit());
        let is_repository = is_lower_name(name) && file_type(name).is_none();
        return if is_tag && is_repository && tag.bytes().all(is_tag_byte) {
            TokenKind::Image
        } else {
            TokenKind::Words
        };
    }
    if lower && is_host(chunk) {
        return TokenKind::Host;
    }
    if lower && is_object_name(chunk) {
        return TokenKind::ObjectName;
    }
    TokenKind::Words
}

/// What follows the algorithm of a digest.
fn digits(chunk: &str) -> Option<&str> {
    let digits = ["sha256:", "sha512:"]
        .iter()
        .find_map(|algorithm| chunk.strip_prefix(algorithm))?;
    (!digits.is_empty()).then_some(digits)
}

/// Twelve or more hexadecimal digits, at least one of them a digit.
fn is_hex(chunk: &str) -> bool {
    chunk.len() >= 12
        && chunk.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        && chunk.bytes().any(|b| b.is_ascii_digit())
}

/// An IP address, with a port or without.
fn is_address(chunk: &str) -> bool {
    if chunk.starts_with("::") {
        return true;
    }
    let host = chunk.split(':').next().unwrap_or_default();
    host.split('.').count() == 4
        && host
            .split('.')
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_lower_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
}

fn is_tag_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._@:".contains(&b)
}

fn file_type(name: &str) -> Option<&str> {
    let (_, last) = name.rsplit_once('.')?;
    FILES.contains(&last).then_some(last)
}

/// A dotted name of a machine: at least two labels, the last of letters.
fn is_host(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && file_type(name).is_none()
        && name.split('.').all(label)
}

/// A name with a suffix that a controller adds.
fn is_object_name(name: &str) -> bool {
    let Some((front, last)) = name.rsplit_once('-') else {
        return false;
    };
    let mixed = |text: &str| {
        text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    front.contains('-') && mixed(last) && last.len() >= 4
        || front
            .rsplit('-')
            .next()
            .is_some_and(|hash| hash.len() >= 8 && mixed(hash))
}

/// Whether a token may be an object name, or `NAMESPACE/NAME`.
pub(super) fn is_object_path(chunk: &str) -> bool {
    chunk.split('/').count() <= 2 && chunk.split('/').all(is_lower_name)
}

/// Whether a quoted token is a name: by its form, or by the word before it.
pub(super) fn is_name(chunk: &str, led_to: bool) -> bool {
    let lower = !chunk.bytes().any(|b| b.is_ascii_uppercase());
    let marks = chunk.bytes().any(|b| b"-._:@".contains(&b)) && file_type(chunk).is_none();
    lower && (marks || led_to)
}

/// Whether a character separates tokens.
pub(super) fn separates(char: char) -> bool {
    match char {
        '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '='
        | '|' | '*' | '\\' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{2502}' => true,
        '!'..='~' => false,
        other => other.is_whitespace() || other.is_control(),
    }
}

/// The closing quotation mark for an opening one.
pub(super) fn quote(char: char) -> Option<char> {
    match char {
        '"' | '\'' | '`' => Some(char),
        '\u{201c}' => Some('\u{201d}'),
        '\u{2018}' => Some('\u{2019}'),
        _ => None,
    }
}

/// Length of an escape sequence such as `\n` or `\u003c` at the start of a text.
pub(super) fn escape_len(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\\')?.as_bytes();
    let hex = |length: usize| {
        rest.get(1..length)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .then_some(length + 1)
    };
    match rest.first()? {
        b'n' | b't' | b'r' => Some(2),
        b'u' => hex(5),
        b'x' => hex(3),
        _ => None,
    }
}

/// Length of a placeholder such as `<registry>` or `${VERSION}` within a name; `<html>` is none.
pub(super) fn placeholder_len(text: &str) -> Option<usize> {
    const LONGEST: usize = 40;
    let (open, close) = if text.starts_with("${") {
        ("${", '}')
    } else {
        ("<", '>')
    };
    let inner = text.strip_prefix(open)?;
    let end = inner
        .char_indices()
        .take(LONGEST)
        .find(|(_, c)| *c == close || !(c.is_ascii_alphanumeric() || "_- ".contains(*c)))?;
    let (at, found) = end;
    let after = inner.get(at + 1..)?;
    let continues = after.starts_with(['.', '/', ':', '@', '-', '%']) || open == "${";
    (found == close && at > 0 && continues && !after.starts_with("./"))
        .then_some(open.len() + at + 1)
}

/// Whether the character quoted by a JSON parser opens a tag, or is a byte-order mark.
pub(super) fn opens_markup(text: &str) -> bool {
    let quotes = |c: char| c.is_whitespace() || "\\\"'`\u{2018}\u{201c}".contains(c);
    let quoted = super::url::head(text).trim_start_matches(quotes);
    ["<", "u003c", "x3c", "\u{ef}", "\u{feff}"]
        .iter()
        .any(|mark| quoted.starts_with(mark))
}
