//! One key of `auths` as the kubelet reads it: a pattern of host and path.
//!
//! Source: `BasicDockerKeyring.Add`, `URLsMatch` in `pkg/credentialprovider/keyring.go` (unchanged in
//! substance from 1.13 to 1.36).

use super::url::{self, Url, split_port};
use crate::domain::registry_auth::glob;

/// A key without scheme and `/v1/` or `/v2/`.
///
/// Entries with equal patterns share one slot of the kubelet's index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UrlGlob(Vec<u8>);

impl UrlGlob {
    /// Parses a key; `None` if the kubelet drops the entry because it is no URL.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let after = key
            .strip_prefix("https://")
            .or_else(|| key.strip_prefix("http://"))
            .unwrap_or(key);
        let Url { mut host, path } = url::parse(after.as_bytes()).ok()?;
        let path = match path.get(..4) {
            Some(b"/v1/" | b"/v2/") => path.get(3..).unwrap_or_default(),
            _ => path.as_slice(),
        };
        if path != b"/" {
            host.extend_from_slice(path);
        }
        Some(Self(host))
    }

    /// Whether the pattern matches this repository.
    pub(super) fn matches(&self, repository: &Url) -> bool {
        // The kubelet reads the reduced key as a URL once more, and drops what that does not survive.
        url::parse(&self.0).is_ok_and(|pattern| url_matches(&pattern, repository))
    }

    /// Whether this is the entry that Docker Hub's images get when nothing else matches.
    pub(super) fn is_hub_default(&self) -> bool {
        self.0 == b"index.docker.io"
    }

    /// The pattern as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// A repository as a URL of the keyring.
pub(super) fn repository_url(repository: &str) -> Option<Url> {
    url::parse(repository.as_bytes()).ok()
}

fn url_matches(pattern: &Url, target: &Url) -> bool {
    let (pattern_name, pattern_port) = split_port(&pattern.host);
    let (target_name, target_port) = split_port(&target.host);
    pattern_port == target_port
        && labels(pattern_name).count() == labels(target_name).count()
        && target.path.starts_with(&pattern.path)
        && labels(pattern_name)
            .zip(labels(target_name))
            .all(|(pattern, label)| label_matches(pattern, label))
}

fn labels(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|b| *b == b'.')
}

/// Matches one label like `filepath.Match`.
///
/// Of its special characters only `*` can occur: `?` starts a query, `\` is rejected in a host, and `[` remains only
/// around an IPv6 address without a port, which as a character set never matches the address.
fn label_matches(pattern: &[u8], label: &[u8]) -> bool {
    !pattern.starts_with(b"[") && glob::matches(pattern, label)
}
