//! Explains why a text is no image reference: the problem, its place and a correction.
//!
//! The checks run from the outside in, so that the first thing to mend is the first thing said:
//! `https://Host/App:` is a scheme before it is anything else.

use std::{fmt, ops::Range};

use super::grammar::{
    PATH_MAX, TAG_MAX, digest_length, is_component, is_host, is_identifier, is_lower_hex,
    looks_like_host,
};

/// Why a reference is malformed, and the position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageError {
    pub problem: ImageProblem,
    pub at: Range<usize>,
}

/// Why a reference is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageProblem {
    Empty,
    /// `https://`, `docker://` or `oci://` in front.
    Scheme(String),
    /// `${TAG}`, `$(TAG)`, `{{ .tag }}` or `<tag>` that nobody filled in.
    Unexpanded(String),
    Space,
    /// A character that may not stand anywhere in a reference.
    Character(char),
    /// An image id (64 hexadecimal digits) instead of a name.
    Identifier,
    LeadingSlash,
    TrailingSlash,
    DoubleSlash,
    Uppercase,
    Host(String),
    Port(String),
    /// Dots, underscores and dashes that do not stand singly between letters.
    Separator(String),
    /// A colon with nothing behind it.
    TagMissing,
    TwoTags,
    TagTooLong(usize),
    Tag(String),
    /// An `@` with nothing behind it.
    DigestMissing,
    TwoDigests,
    DigestAlgorithm(String),
    DigestLength {
        wanted: usize,
        found: usize,
    },
    DigestCharacter(char),
    TooLong(usize),
}

impl ImageProblem {
    /// The correction.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "write a name such as registry.example/team/app:1.0".into(),
            Self::Scheme(scheme) => format!("remove {scheme}"),
            Self::Unexpanded(text) => format!("replace {text} in the manifest or template"),
            Self::Space => "remove the space".into(),
            Self::Character(c) => format!("remove {c:?}"),
            Self::Identifier => "use the image's name; an ID cannot be pulled".into(),
            Self::LeadingSlash => "add the registry before the slash, or remove the slash".into(),
            Self::TrailingSlash => "remove the slash, or add the missing name".into(),
            Self::DoubleSlash => "use one slash, or add the missing name".into(),
            Self::Uppercase => "use a lowercase repository name".into(),
            Self::Host(_) => "write the registry as host or host:port".into(),
            Self::Port(_) => "a port is a number".into(),
            Self::Separator(_) => {
                "use one dot, one or two underscores, or dashes between letters and digits".into()
            }
            Self::TagMissing => "add the tag, or remove the colon".into(),
            Self::TwoTags => "keep one tag".into(),
            Self::TagTooLong(_) => format!("a tag has at most {TAG_MAX} characters"),
            Self::Tag(_) => {
                "a tag starts with a letter, digit or _, and may also contain dots and dashes"
                    .into()
            }
            Self::DigestMissing => "add the digest, or remove the @".into(),
            Self::TwoDigests => "keep one digest".into(),
            Self::DigestAlgorithm(_) => "use sha256: and 64 hex digits".into(),
            Self::DigestLength { wanted, .. } => {
                format!("copy the whole digest: {wanted} hex digits")
            }
            Self::DigestCharacter(_) => "use only 0-9 and a-f".into(),
            Self::TooLong(_) => format!("a repository has at most {PATH_MAX} characters"),
        }
    }
}

impl fmt::Display for ImageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the image reference is empty"),
            Self::Scheme(scheme) => write!(f, "{scheme} is not part of an image reference"),
            Self::Unexpanded(text) => write!(f, "{text} was not filled in"),
            Self::Space => f.write_str("a space is not allowed"),
            Self::Character(c) => write!(f, "the character {c:?} is not allowed"),
            Self::Identifier => f.write_str("an image ID instead of a name"),
            Self::LeadingSlash => f.write_str("a slash at the beginning"),
            Self::TrailingSlash => f.write_str("nothing after the last slash"),
            Self::DoubleSlash => f.write_str("two slashes in a row"),
            Self::Uppercase => f.write_str("the repository must be lowercase"),
            Self::Host(host) => write!(f, "{host:?} is not a registry host"),
            Self::Port(port) => write!(f, "{port:?} is not a port"),
            Self::Separator(part) => write!(f, "misplaced separator in {part:?}"),
            Self::TagMissing => f.write_str("no tag after the colon"),
            Self::TwoTags => f.write_str("two tags"),
            Self::TagTooLong(length) => write!(f, "the tag has {length} characters"),
            Self::Tag(tag) => write!(f, "{tag:?} is not a valid tag"),
            Self::DigestMissing => f.write_str("no digest after the @"),
            Self::TwoDigests => f.write_str("two digests"),
            Self::DigestAlgorithm(text) => write!(f, "{text:?} is not a digest algorithm"),
            Self::DigestLength { wanted, found } => {
                write!(f, "the digest must have {wanted} hex digits, not {found}")
            }
            Self::DigestCharacter(c) => write!(f, "{c:?} is not allowed in a digest"),
            Self::TooLong(length) => write!(f, "the repository has {length} characters"),
        }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.problem, self.at.start)
    }
}

impl std::error::Error for ImageError {}

/// Explains why the grammar rejects a text.
pub(super) fn explain(text: &str) -> ImageError {
    let (problem, at) = whole(text)
        .or_else(|| slashes(text))
        .or_else(|| digest(text))
        .or_else(|| tag(text))
        .or_else(|| host(text))
        .or_else(|| path(text))
        .unwrap_or_else(|| too_long(text));
    ImageError { problem, at }
}

type LocatedProblem = Option<(ImageProblem, Range<usize>)>;

/// What concerns the text as a whole: nothing there, a scheme, a placeholder, foreign characters.
fn whole(text: &str) -> LocatedProblem {
    if text.is_empty() {
        return Some((ImageProblem::Empty, 0..0));
    }
    if is_identifier(text) {
        return Some((ImageProblem::Identifier, 0..text.len()));
    }
    if let Some(at) = text.find("://") {
        let scheme = text.get(..at + 3).unwrap_or_default();
        return Some((ImageProblem::Scheme(scheme.to_owned()), 0..at + 3));
    }
    if let Some(range) = placeholder(text) {
        let words = text.get(range.clone()).unwrap_or_default().to_owned();
        return Some((ImageProblem::Unexpanded(words), range));
    }
    let (at, c) = text
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_alphanumeric() || "._-/:@[]+".contains(*c)))?;
    let problem = if c.is_whitespace() {
        ImageProblem::Space
    } else if c.is_uppercase() {
        ImageProblem::Uppercase
    } else {
        ImageProblem::Character(c)
    };
    Some((problem, at..at + c.len_utf8()))
}

fn placeholder(text: &str) -> Option<Range<usize>> {
    [
        ("${", "}"),
        ("$(", ")"),
        ("{{", "}}"),
        ("<", ">"),
        ("$", ""),
    ]
    .into_iter()
    .find_map(|(open, close)| {
        let start = text.find(open)?;
        let after = start + open.len();
        let rest = text.get(after..)?;
        let end = if close.is_empty() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            after + rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            after + rest.find(close).map_or(rest.len(), |at| at + close.len())
        };
        Some(start..end)
    })
}

fn slashes(text: &str) -> LocatedProblem {
    if text.starts_with('/') {
        return Some((ImageProblem::LeadingSlash, 0..1));
    }
    if let Some(at) = text.find("//") {
        return Some((ImageProblem::DoubleSlash, at..at + 2));
    }
    let name = text.split('@').next().unwrap_or_default();
    let end = name.len();
    name.ends_with('/')
        .then(|| (ImageProblem::TrailingSlash, end.saturating_sub(1)..end))
}

fn digest(text: &str) -> LocatedProblem {
    let (left, digest) = text.split_once('@')?;
    let start = left.len() + 1;
    let range = start..text.len();
    if digest.is_empty() {
        return Some((ImageProblem::DigestMissing, left.len()..start));
    }
    if let Some(second) = digest.find('@') {
        return Some((ImageProblem::TwoDigests, start + second..text.len()));
    }
    let (algorithm, hex) = digest.split_once(':').unwrap_or((digest, ""));
    let Some(wanted) = digest_length(algorithm) else {
        let range = start..start + algorithm.len();
        return Some((ImageProblem::DigestAlgorithm(algorithm.to_owned()), range));
    };
    let digits = start + algorithm.len() + 1;
    if let Some((at, c)) = hex.char_indices().find(|(_, c)| !is_hex(*c)) {
        let at = digits + at;
        return Some((ImageProblem::DigestCharacter(c), at..at + c.len_utf8()));
    }
    (hex.len() != wanted).then(|| {
        let found = hex.len();
        (ImageProblem::DigestLength { wanted, found }, range)
    })
}

fn is_hex(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_lower_hex)
}

fn tag(text: &str) -> LocatedProblem {
    let left = text.split('@').next().unwrap_or_default();
    let last = left.rfind('/').map_or(0, |at| at + 1);
    let colon = last + left.get(last..)?.find(':')?;
    let tag = left.get(colon + 1..)?;
    let range = colon + 1..left.len();
    if tag.is_empty() {
        return Some((ImageProblem::TagMissing, colon..colon + 1));
    }
    if let Some(second) = tag.find(':') {
        return Some((ImageProblem::TwoTags, colon + 1 + second..left.len()));
    }
    if tag.starts_with(['.', '-']) || tag.contains(['[', ']', '+']) {
        return Some((ImageProblem::Tag(tag.to_owned()), range));
    }
    (tag.len() > TAG_MAX).then_some((ImageProblem::TagTooLong(tag.len()), range))
}

fn host(text: &str) -> LocatedProblem {
    let (host, _) = text.split_once('/')?;
    // A host with capitals is allowed; a Docker Hub name with capitals reads like one.
    if !looks_like_host(host) || is_host(host) {
        return None;
    }
    if let Some((name, port)) = host.rsplit_once(':')
        && !port.bytes().all(|b| b.is_ascii_digit())
    {
        let range = name.len() + 1..host.len();
        return Some((ImageProblem::Port(port.to_owned()), range));
    }
    Some((ImageProblem::Host(host.to_owned()), 0..host.len()))
}

fn path(text: &str) -> LocatedProblem {
    let name = text.split('@').next().unwrap_or_default();
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let end = name
        .get(last..)?
        .find(':')
        .map_or(name.len(), |at| last + at);
    let mut start = match name.split_once('/') {
        Some((host, _)) if looks_like_host(host) => host.len() + 1,
        _ => 0,
    };
    for part in name.get(start..end)?.split('/') {
        let range = start..start + part.len();
        if let Some(upper) = part.find(|c: char| c.is_ascii_uppercase()) {
            let at = start + upper;
            return Some((ImageProblem::Uppercase, at..at + 1));
        }
        if let Some(at) = part.find(['[', ']', '+', ':']) {
            let c = part.get(at..)?.chars().next()?;
            let at = start + at;
            return Some((ImageProblem::Character(c), at..at + 1));
        }
        if !is_component(part) {
            return Some((ImageProblem::Separator(part.to_owned()), range));
        }
        start = range.end + 1;
    }
    None
}

fn too_long(text: &str) -> (ImageProblem, Range<usize>) {
    (ImageProblem::TooLong(text.len()), 0..text.len())
}

#[cfg(test)]
mod tests {
    use super::{super::ImageRef, *};

    #[test]
    fn says_what_is_wrong_and_where() {
        let digest = "0".repeat(64);
        for (text, problem, blamed) in [
            ("", ImageProblem::Empty, ""),
            (
                "https://ghcr.io/a/b:1",
                ImageProblem::Scheme("https://".into()),
                "https://",
            ),
            (
                "ghcr.io/a/b:${TAG}",
                ImageProblem::Unexpanded("${TAG}".into()),
                "${TAG}",
            ),
            (
                "ghcr.io/a/$NAME:1",
                ImageProblem::Unexpanded("$NAME".into()),
                "$NAME",
            ),
            (
                "ghcr.io/a/b:{{ .tag }}",
                ImageProblem::Unexpanded("{{ .tag }}".into()),
                "{{ .tag }}",
            ),
            ("team/app :1", ImageProblem::Space, " "),
            (
                "team/app:1\u{200b}",
                ImageProblem::Character('\u{200b}'),
                "\u{200b}",
            ),
            ("/team/app", ImageProblem::LeadingSlash, "/"),
            ("team//app", ImageProblem::DoubleSlash, "//"),
            ("team/", ImageProblem::TrailingSlash, "/"),
            ("ghcr.io/Team/app", ImageProblem::Uppercase, "T"),
            ("None:None", ImageProblem::Uppercase, "N"),
            ("team/app:", ImageProblem::TagMissing, ":"),
            ("team/app:1:2", ImageProblem::TwoTags, ":2"),
            ("team/app:-1", ImageProblem::Tag("-1".into()), "-1"),
            ("team/app@", ImageProblem::DigestMissing, "@"),
            (
                "team/app@sha256:123",
                ImageProblem::DigestLength {
                    wanted: 64,
                    found: 3,
                },
                "sha256:123",
            ),
            (
                "team/app@md5:123",
                ImageProblem::DigestAlgorithm("md5".into()),
                "md5",
            ),
            (
                "registry.example:port/app",
                ImageProblem::Port("port".into()),
                "port",
            ),
            ("-x.y/app", ImageProblem::Host("-x.y".into()), "-x.y"),
            ("a___b", ImageProblem::Separator("a___b".into()), "a___b"),
            (digest.as_str(), ImageProblem::Identifier, digest.as_str()),
        ] {
            let error = ImageRef::parse(text).unwrap_err();
            assert_eq!(error.problem, problem, "{text}");
            assert_eq!(&text[error.at], blamed, "{text}");
        }
    }
}
