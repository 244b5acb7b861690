//! The grammar of image references, exactly as `distribution/reference` v0.6.
//!
//! `problem` explains a no; nothing here tries to.

use std::borrow::Cow;

use super::{DOCKER_HUB, HostNamed, ImageRef};

/// `RepositoryNameTotalLengthMax` of distribution/reference.
pub(super) const PATH_MAX: usize = 255;
/// A tag is one word character and up to 127 more characters.
pub(super) const TAG_MAX: usize = 128;

pub(super) fn parse(text: &str) -> Option<ImageRef> {
    if is_identifier(text) {
        return None;
    }
    let (host, rest, named) = split_host(text);
    let rest = if host == DOCKER_HUB && !rest.contains('/') {
        Cow::Owned(format!("library/{rest}"))
    } else {
        Cow::Borrowed(rest)
    };
    let (left, digest) = match rest.split_once('@') {
        Some((left, digest)) => (left, Some(digest)),
        None => (&*rest, None),
    };
    let last = left.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match left.get(last..)?.find(':') {
        Some(colon) => {
            let (path, tag) = left.split_at_checked(last + colon)?;
            (path, tag.strip_prefix(':'))
        }
        None => (left, None),
    };
    let valid = if is_host(host) {
        is_path(path) && path.len() <= PATH_MAX
    } else {
        // A first part that is no host, such as `my_host.example`, is taken as a path component.
        is_path(host) && is_path(path) && host.len() + 1 + path.len() <= PATH_MAX
    };
    (valid && tag.is_none_or(is_tag) && digest.is_none_or(is_digest)).then(|| ImageRef {
        host: host.into(),
        path: path.into(),
        tag: tag.map(Into::into),
        digest: digest.map(Into::into),
        named,
    })
}

/// The registry of a reference, even if the rest is malformed.
pub fn image_host(text: &str) -> &str {
    split_host(text).0
}

/// The registry and the rest, with the rules of `splitDockerDomain`.
fn split_host(text: &str) -> (&str, &str, HostNamed) {
    match text.split_once('/') {
        Some(("docker.io" | "index.docker.io", rest)) => (DOCKER_HUB, rest, HostNamed::Yes),
        Some((host, rest)) if looks_like_host(host) => (host, rest, HostNamed::Yes),
        Some(_) | None => (DOCKER_HUB, text, HostNamed::No),
    }
}

/// Whether the first part is a host: it has a dot, a port or a capital letter, or is `localhost`. Otherwise the image
/// is on Docker Hub.
pub(super) fn looks_like_host(part: &str) -> bool {
    part == "localhost" || part.contains(['.', ':']) || part.chars().any(char::is_uppercase)
}

/// Whether a text is an image id: 64 hexadecimal digits, which are never a name.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(is_lower_hex)
}

pub(super) fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) => {
            let whole =
                !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
            return whole && (after.is_empty() || after.strip_prefix(':').is_some_and(is_port));
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    name.split('.').all(is_host_label) && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_host_label(label: &str) -> bool {
    let inside = label
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    inside && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_component)
}

/// Whether a text is a path component: lower-case letters and digits, separated by one `.`, one or two `_`, or any
/// number of `-`.
pub(super) fn is_component(text: &str) -> bool {
    let letter = |c: char| matches!(c, 'a'..='z' | '0'..='9');
    text.starts_with(letter)
        && text.ends_with(letter)
        && text
            .split(letter)
            .filter(|separator| !separator.is_empty())
            .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= TAG_MAX
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// The digests that go-digest accepts: the algorithm known, the length right, the letters small.
fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        digest_length(algorithm).is_some_and(|length| hex.len() == length)
            && hex.bytes().all(is_lower_hex)
    })
}

/// Number of hexadecimal digits of a digest algorithm.
pub(super) fn digest_length(algorithm: &str) -> Option<usize> {
    match algorithm {
        "sha256" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    }
}
