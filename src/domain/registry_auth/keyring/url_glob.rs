//! One key of `auths` as the kubelet reads it: a pattern of host and path.
//!
//! Source: `BasicDockerKeyring.Add`, `URLsMatch` in `pkg/credentialprovider/keyring.go` (unchanged in
//! substance from 1.13 to 1.36).

use super::url::{self, Url, split_port};
use crate::domain::registry_auth::glob;

/// A key with its scheme and its `/v1/` or `/v2/` taken off. Entries with equal patterns are one
/// slot of the kubelet's index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UrlGlob(Vec<u8>);

impl UrlGlob {
    /// Reduces a key as written; `None` when the kubelet drops the entry because it is no URL.
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

    /// Whether the pattern stands for this repository.
    pub(super) fn matches(&self, repository: &Url) -> bool {
        // The kubelet reads the reduced key as a URL once more, and drops what that does not survive.
        url::parse(&self.0).is_ok_and(|pattern| url_matches(&pattern, repository))
    }

    /// The entry that Docker Hub's images get when nothing else matched.
    pub(super) fn is_hub_default(&self) -> bool {
        self.0 == b"index.docker.io"
    }

    /// The pattern as a text for people.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// A repository as the keyring sees it.
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

/// `filepath.Match` on one label. Of its signs only `*` can get here: `?` has become a query, `\` is
/// refused in a host, and `[` is left only around an IPv6 address without a port, which as a set of
/// characters matches one character and so never the address.
fn label_matches(pattern: &[u8], label: &[u8]) -> bool {
    !pattern.starts_with(b"[") && glob::matches(pattern, label)
}
