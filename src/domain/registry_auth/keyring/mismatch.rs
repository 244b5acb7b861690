//! Explains why a key of `auths` does not match an image, and suggests the smallest correction.
//!
//! A proposed key is always tried on the real keyring before it is given out.

use std::fmt;

use strsim::osa_distance;

use super::{UrlGlob, key_matches};
use crate::domain::registry_auth::{host_port::split_host_port, image_ref::ImageRef};

/// Why an entry does not match an image, and the correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub reason: MismatchReason,
    /// The key that would match, closest to the one written; `None` when the entry is simply for
    /// another registry.
    pub suggestion: Option<String>,
}

/// Why a key does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MismatchReason {
    /// The kubelet cannot read the key as a URL and drops the entry.
    NotAUrl,
    /// Another scheme than `http://` and `https://`: it is taken for the host.
    Scheme(String),
    /// `https://HOST/v2` without the closing slash stays a path.
    ApiPathOpen,
    /// `docker.io` has an entry of its own, so that for `index.docker.io` is not used.
    HubShadowed,
    /// A host of Docker Hub that is not the one in image references.
    HubOtherName,
    /// The tag or digest of an image in the key.
    TagInKey,
    /// Same host, other port; an absent port is not 443.
    Port {
        key: String,
        image: String,
    },
    /// The host differs in upper and lower case only.
    Case,
    /// `*` stands for characters within one label: the numbers of labels differ.
    WildcardLabels,
    /// `?` and `[…]` are not wildcards in a key.
    NotAWildcard,
    /// Same registry, but the key's path does not begin the image's path.
    Path {
        key: String,
        image: String,
    },
    /// White space around the key, so that it is no host name.
    SurroundingSpace,
    /// Another host by one slip: a letter too many, too few, or in another place.
    MisspelledHost {
        key: String,
        image: String,
    },
    OtherHost {
        key: String,
        image: String,
    },
}

impl MismatchReason {
    /// Whether the entry is probably meant for this registry, with a typo.
    pub fn is_probable_typo(&self) -> bool {
        match self {
            Self::ApiPathOpen
            | Self::HubShadowed
            | Self::HubOtherName
            | Self::TagInKey
            | Self::Port { .. }
            | Self::Case
            | Self::Scheme(_)
            | Self::WildcardLabels
            | Self::NotAWildcard
            | Self::SurroundingSpace
            | Self::MisspelledHost { .. }
            | Self::Path { .. } => true,
            Self::NotAUrl | Self::OtherHost { .. } => false,
        }
    }
}

impl fmt::Display for MismatchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUrl => {
                f.write_str("the key is not a registry address, so the kubelet drops the entry")
            }
            Self::Scheme(scheme) => write!(
                f,
                "{scheme} is read as a host; only https:// and http:// are removed"
            ),
            Self::ApiPathOpen => {
                f.write_str("without a trailing slash, /v1 or /v2 is an image path")
            }
            Self::HubShadowed => {
                f.write_str("the entry for docker.io takes precedence over index.docker.io")
            }
            Self::HubOtherName => f.write_str("in image references Docker Hub is always docker.io"),
            Self::TagInKey => f.write_str("the key has a tag; keys are compared without tags"),
            Self::Port { key, image } => write!(f, "the key has {key}, the image has {image}"),
            Self::Case => f.write_str("host names are case-sensitive"),
            Self::WildcardLabels => f.write_str("* matches exactly one part between dots"),
            Self::NotAWildcard => f.write_str("? and […] are not wildcards; only * is"),
            Self::Path { key, image } => {
                write!(f, "the image's path {image} does not start with {key}")
            }
            Self::SurroundingSpace => f.write_str("the key starts or ends with a space"),
            Self::OtherHost { key, image } | Self::MisspelledHost { key, image } => {
                write!(f, "the key is for {key}, the image is on {image}")
            }
        }
    }
}

/// Explains why a key does not match the image.
pub(super) fn explain(key: &str, image: &ImageRef) -> Mismatch {
    let parts = Parts::parse(key);
    let reason = reason(key, &parts, image);
    let instead = reason
        .is_probable_typo()
        .then(|| propose(&parts, image))
        .flatten();
    Mismatch {
        reason,
        suggestion: instead,
    }
}

/// The parts of a key, parsed more tolerantly than the kubelet does.
struct Parts<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn parse(key: &'a str) -> Self {
        let key = key.trim();
        let (scheme, rest) = match key.find("://") {
            Some(at) => key
                .split_at_checked(at + 3)
                .map_or((None, key), |(s, r)| (Some(s), r)),
            None => (None, key),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
            None => (rest, ""),
        };
        let (host, port) = split_host_port(authority);
        Self {
            scheme,
            host,
            port,
            path,
        }
    }
}

fn reason(key: &str, parts: &Parts<'_>, image: &ImageRef) -> MismatchReason {
    if key != key.trim() && key_matches(key.trim(), image) {
        return MismatchReason::SurroundingSpace;
    }
    if let Some(scheme) = parts.scheme
        && !matches!(scheme, "https://" | "http://")
    {
        return MismatchReason::Scheme(scheme.to_owned());
    }
    if parts.host.contains(['?', '[']) && !parts.host.starts_with('[') || key.contains('?') {
        return MismatchReason::NotAWildcard;
    }
    if UrlGlob::parse(key).is_none() {
        return MismatchReason::NotAUrl;
    }
    if image.is_on_docker_hub() && is_hub(parts.host) {
        return hub_reason(parts);
    }
    let (image_host, image_port) = split_host_port(image.host());
    let other_host = || MismatchReason::OtherHost {
        key: UrlGlob::parse(key).map_or_else(
            || key.to_owned(),
            |pattern| {
                let text = pattern.text();
                text.split('/').next().unwrap_or_default().to_owned()
            },
        ),
        image: image.host().to_owned(),
    };
    if !parts.host.eq_ignore_ascii_case(image_host) && !glob_covers(parts.host, image_host) {
        return match parts.host.strip_prefix("*.") {
            Some(domain) if is_within(image_host, domain) => MismatchReason::WildcardLabels,
            _ if is_slip(parts.host, image_host) => MismatchReason::MisspelledHost {
                key: parts.host.to_owned(),
                image: image_host.to_owned(),
            },
            _ => other_host(),
        };
    }
    if parts.port != image_port {
        return MismatchReason::Port {
            key: port_words(parts.port),
            image: port_words(image_port),
        };
    }
    if !parts.host.contains('*') && parts.host != image_host {
        return MismatchReason::Case;
    }
    path_reason(parts.path, image)
}

fn path_reason(path: &str, image: &ImageRef) -> MismatchReason {
    if matches!(path, "/v1" | "/v2") {
        return MismatchReason::ApiPathOpen;
    }
    let name = path.trim_start_matches('/');
    if name.contains([':', '@']) && name.split([':', '@']).next() == Some(image.path()) {
        return MismatchReason::TagInKey;
    }
    MismatchReason::Path {
        key: path.to_owned(),
        image: format!("/{}", image.path()),
    }
}

fn is_hub(host: &str) -> bool {
    matches!(
        host.to_ascii_lowercase().as_str(),
        "docker.io"
            | "index.docker.io"
            | "registry-1.docker.io"
            | "registry.docker.io"
            | "hub.docker.com"
            | "registry.hub.docker.com"
            | "docker.com"
            | "www.docker.com"
            | "cloud.docker.com"
            | "auth.docker.io"
            | "*.docker.io"
    )
}

fn hub_reason(parts: &Parts<'_>) -> MismatchReason {
    match (parts.host, parts.path) {
        ("docker.io" | "index.docker.io", "/v1" | "/v2") => MismatchReason::ApiPathOpen,
        ("index.docker.io", "" | "/" | "/v1/" | "/v2/") if parts.port.is_none() => {
            MismatchReason::HubShadowed
        }
        ("docker.io", path) if parts.port.is_none() => MismatchReason::Path {
            key: path.to_owned(),
            image: "its path on Docker Hub".to_owned(),
        },
        _ => MismatchReason::HubOtherName,
    }
}

/// Whether two hosts differ by one typo inside one label.
///
/// Hosts that differ in a number or at the ends of a label (`registry-a`, `eu-west-1`) are different ones.
fn is_slip(key: &str, image: &str) -> bool {
    let differing: Vec<(&str, &str)> = key
        .split('.')
        .zip(image.split('.'))
        .filter(|(ours, theirs)| ours != theirs)
        .collect();
    let is_same_depth = key.split('.').count() == image.split('.').count();
    let [(ours, theirs)] = differing[..] else {
        return false;
    };
    let digits = |label: &str| -> String { label.chars().filter(char::is_ascii_digit).collect() };
    is_same_depth
        && ours.chars().next() == theirs.chars().next()
        && ours.chars().next_back() == theirs.chars().next_back()
        && digits(ours) == digits(theirs)
        && osa_distance(ours, theirs) == 1
}

/// Whether the host is this domain or one below it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether the host would match if ports and paths did.
fn glob_covers(glob: &str, host: &str) -> bool {
    let Ok(image) = ImageRef::parse(&format!("{host}/a")) else {
        return false;
    };
    glob.contains('*') && key_matches(glob, &image)
}

fn port_words(port: Option<&str>) -> String {
    port.map_or_else(|| "no port".to_owned(), |port| format!("port {port}"))
}

/// The closest key that matches: the smallest correction first.
fn propose(parts: &Parts<'_>, image: &ImageRef) -> Option<String> {
    if image.is_on_docker_hub() {
        return Some("https://index.docker.io/v1/".to_owned());
    }
    let host = parts.host.to_ascii_lowercase();
    let (_, image_port) = split_host_port(image.host());
    let with_port = |host: &str| match image_port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let untagged = parts.path.split([':', '@']).next().unwrap_or_default();
    [
        format!("{}{}", with_port(parts.host), untagged),
        format!("{}{}", with_port(&host), untagged),
        format!("{}{}/", with_port(&host), untagged),
        with_port(&host),
        image.host().to_owned(),
    ]
    .into_iter()
    .find(|key| key_matches(key, image))
}

#[cfg(test)]
mod tests {
    use super::{super::Keyring, *};

    fn miss(key: &str, image: &str) -> Mismatch {
        let mut keyring = Keyring::default();
        keyring.add(key, ());
        let image = ImageRef::parse(image).unwrap();
        let mut lookup = keyring.lookup(&image);
        assert!(lookup.candidates.is_empty(), "{key} matches {image}");
        lookup.mismatches.remove(0).1
    }

    #[test]
    fn names_that_are_told_apart_by_a_number_or_a_letter_at_the_end_are_two() {
        for (key, image) in [
            ("registry-a.example", "registry-b.example/a"),
            ("prod1-registry.example", "prod2-registry.example/a"),
            (
                "1.dkr.ecr.ap-southeast-1.amazonaws.com",
                "1.dkr.ecr.ap-northeast-1.amazonaws.com/a",
            ),
        ] {
            let found = miss(key, image);
            assert!(!found.reason.is_probable_typo(), "{key}: {found:?}");
        }
    }

    #[test]
    fn a_space_or_a_misspelled_host_is_a_slip() {
        for (key, image, reason, instead) in [
            (
                " ghcr.io",
                "ghcr.io/a/b",
                MismatchReason::SurroundingSpace,
                Some("ghcr.io"),
            ),
            (
                "ghcr.io ",
                "ghcr.io/a/b",
                MismatchReason::SurroundingSpace,
                Some("ghcr.io"),
            ),
            (
                "registry.nordwind.exmaple",
                "registry.nordwind.example/a",
                MismatchReason::MisspelledHost {
                    key: "registry.nordwind.exmaple".into(),
                    image: "registry.nordwind.example".into(),
                },
                Some("registry.nordwind.example"),
            ),
        ] {
            let found = miss(key, image);
            assert_eq!(found.reason, reason, "{key:?}");
            assert_eq!(found.suggestion.as_deref(), instead, "{key:?}");
        }
    }

    #[test]
    fn every_slip_has_its_reason_and_a_key_that_works() {
        let hub = Some("https://index.docker.io/v1/");
        for (key, image, reason, instead) in [
            (
                "registry-1.docker.io",
                "team/app",
                MismatchReason::HubOtherName,
                hub,
            ),
            (
                "https://hub.docker.com",
                "team/app",
                MismatchReason::HubOtherName,
                hub,
            ),
            (
                "https://index.docker.io/v1",
                "team/app",
                MismatchReason::ApiPathOpen,
                hub,
            ),
            ("*.docker.io", "team/app", MismatchReason::HubOtherName, hub),
            (
                "ghcr.io/v2",
                "ghcr.io/a/b",
                MismatchReason::ApiPathOpen,
                Some("ghcr.io/v2/"),
            ),
            (
                "GHCR.io",
                "ghcr.io/a/b",
                MismatchReason::Case,
                Some("ghcr.io"),
            ),
            (
                "oci://ghcr.io",
                "ghcr.io/a/b",
                MismatchReason::Scheme("oci://".into()),
                Some("ghcr.io"),
            ),
            (
                "ghcr.io/a/b:1",
                "ghcr.io/a/b:1",
                MismatchReason::TagInKey,
                Some("ghcr.io/a/b"),
            ),
            (
                "localhost",
                "localhost:5000/a",
                MismatchReason::Port {
                    key: "no port".into(),
                    image: "port 5000".into(),
                },
                Some("localhost:5000"),
            ),
            (
                "h.example:443",
                "h.example/a",
                MismatchReason::Port {
                    key: "port 443".into(),
                    image: "no port".into(),
                },
                Some("h.example"),
            ),
            (
                "*.example.com",
                "a.b.example.com/x",
                MismatchReason::WildcardLabels,
                Some("a.b.example.com"),
            ),
            (
                "qua?.io",
                "quay.io/a",
                MismatchReason::NotAWildcard,
                Some("quay.io"),
            ),
            (
                "h.example:5000/other",
                "h.example:5000/team/app",
                MismatchReason::Path {
                    key: "/other".into(),
                    image: "/team/app".into(),
                },
                Some("h.example:5000"),
            ),
            ("h.exa mple", "quay.io/a", MismatchReason::NotAUrl, None),
            (
                "ghcr.io",
                "quay.io/a",
                MismatchReason::OtherHost {
                    key: "ghcr.io".into(),
                    image: "quay.io".into(),
                },
                None,
            ),
        ] {
            let found = miss(key, image);
            assert_eq!(found.reason, reason, "{key} for {image}");
            assert_eq!(found.suggestion.as_deref(), instead, "{key} for {image}");
        }
    }

    #[test]
    fn a_host_that_only_ends_alike_is_another_one() {
        let found = miss("*.example.com", "badexample.com/x");
        assert!(!found.reason.is_probable_typo(), "{}", found.reason);
        assert_eq!(found.suggestion, None);
    }

    #[test]
    fn a_docker_io_entry_shadows_index_docker_io() {
        let mut keyring = Keyring::default();
        keyring.add("https://index.docker.io/v1/", "index");
        keyring.add("docker.io", "plain");
        let image = ImageRef::parse("nginx").unwrap();
        let lookup = keyring.lookup(&image);
        assert_eq!(
            lookup
                .candidates
                .iter()
                .map(|t| *t.entry)
                .collect::<Vec<_>>(),
            ["plain"]
        );
        assert_eq!(lookup.mismatches[0].1.reason, MismatchReason::HubShadowed);
    }
}
