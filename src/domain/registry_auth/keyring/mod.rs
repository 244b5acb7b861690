//! Which auth entries the kubelet tries for an image, in which order, and why the others do not
//! match.
//!
//! A port of `BasicDockerKeyring` and `MakeDockerKeyring` (`pkg/credentialprovider`, 1.36; pinned by
//! vectors recorded from that code). Generic over what hangs on an entry, so that it runs on
//! passwordless summaries as well as on full configurations. Entries of the node itself (kubelet
//! configuration, credential providers) come after these and are not known here.

mod mismatch;
mod url;
mod url_glob;

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};

pub use mismatch::{Mismatch, MismatchReason};

use self::url_glob::UrlGlob;
use crate::domain::registry_auth::{host_port::split_host_port, image_ref::ImageRef};

/// The auth entries of all pull secrets of a Pod.
#[derive(Clone, Debug)]
pub struct Keyring<T> {
    /// In the kubelet's order of trial: patterns in reverse alphabetical order, so that a longer
    /// path goes before its host; under one pattern in the order of adding.
    slots: BTreeMap<Reverse<UrlGlob>, Vec<Slot<T>>>,
    /// Keys that are no URL: the kubelet drops these entries with a line in its own log.
    dropped: Vec<Slot<T>>,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    key: String,
    entry: T,
}

/// Why an entry is a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    /// Its key matches the image.
    Match,
    /// Nothing matched, the image is on Docker Hub, and this is an entry for `index.docker.io`.
    HubDefault,
}

/// The lookup result for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup<'a, T> {
    /// The entries in the order in which they are tried; empty means an anonymous pull.
    pub candidates: Vec<Candidate<'a, T>>,
    /// Every other entry, with the reason.
    pub mismatches: Vec<(&'a T, Mismatch)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a, T> {
    pub key: &'a str,
    pub entry: &'a T,
    pub via: MatchKind,
}

impl<T> Default for Keyring<T> {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            dropped: Vec::new(),
        }
    }
}

impl<T> Keyring<T> {
    /// Adds an entry under its key of `auths` as written. Secrets are added in the order in which
    /// the Pod lists them.
    pub fn add(&mut self, key: &str, entry: T) {
        let slot = Slot {
            key: key.to_owned(),
            entry,
        };
        match UrlGlob::parse(key) {
            Some(pattern) => self.slots.entry(Reverse(pattern)).or_default().push(slot),
            None => self.dropped.push(slot),
        }
    }

    /// The entries that are tried for an image, without the reasons of the others.
    pub fn candidates(&self, image: &ImageRef) -> Vec<Candidate<'_, T>> {
        let (via, chosen) = self.chosen(image);
        self.slots
            .iter()
            .filter(|(Reverse(pattern), _)| chosen.contains(&pattern))
            .flat_map(|(_, slots)| slots)
            .map(|Slot { key, entry }| Candidate { key, entry, via })
            .collect()
    }

    /// What is tried for an image, and for all the rest why it is not.
    pub fn lookup(&self, image: &ImageRef) -> Lookup<'_, T> {
        let (_, chosen) = self.chosen(image);
        let misses = self
            .slots
            .iter()
            .filter(|(Reverse(pattern), _)| !chosen.contains(&pattern))
            .flat_map(|(_, slots)| slots)
            .chain(&self.dropped)
            .map(|slot| (&slot.entry, mismatch::explain(&slot.key, image)))
            .collect();
        Lookup {
            candidates: self.candidates(image),
            mismatches: misses,
        }
    }

    fn chosen(&self, image: &ImageRef) -> (MatchKind, Vec<&UrlGlob>) {
        let patterns = || self.slots.keys().map(|Reverse(pattern)| pattern);
        let Some(target) = url_glob::repository_url(&image.repository()) else {
            return (MatchKind::Match, Vec::new());
        };
        let matching: Vec<_> = patterns().filter(|p| p.matches(&target)).collect();
        if !matching.is_empty() || !has_hub_default(image) {
            return (MatchKind::Match, matching);
        }
        let default = patterns().filter(|p| p.is_hub_default()).collect();
        (MatchKind::HubDefault, default)
    }
}

/// Whether this key alone would be tried for the image.
pub fn key_matches(key: &str, image: &ImageRef) -> bool {
    let mut alone = Keyring::default();
    alone.add(key, ());
    !alone.candidates(image).is_empty()
}

/// The entries of one Secret whose keys are the same to the kubelet, in groups of two or more.
///
/// A scheme and a `/v1/` or `/v2/` are taken off a key before it is looked up, so `ghcr.io` and
/// `https://ghcr.io/v2/` are one. The entries of a Secret are a Go map, whose order is random, and entries
/// under one key are tried in the order in which they were added.
pub fn equal_keys<'a, T>(entries: impl IntoIterator<Item = (&'a str, T)>) -> Vec<Vec<T>> {
    let mut groups: BTreeMap<UrlGlob, Vec<T>> = BTreeMap::new();
    for (key, entry) in entries {
        if let Some(pattern) = UrlGlob::parse(key) {
            groups.entry(pattern).or_default().push(entry);
        }
    }
    let groups = groups.into_values();
    groups.filter(|group| group.len() > 1).collect()
}

/// Whether this key can be for the image at all. Cheap, for looking through many Secrets: a key without
/// wildcards and escapes holds the host's name, or is Docker Hub's.
pub fn may_match(key: &str, image: &ImageRef) -> bool {
    let host = image.host();
    let (name, _) = split_host_port(host);
    key.contains(['*', '%']) || key.contains(name) || key.contains("docker.io")
}

/// `isDefaultRegistryMatch`: images on Docker Hub, and those whose first part has neither dot nor
/// colon, such as `localhost/app`.
fn has_hub_default(image: &ImageRef) -> bool {
    image.is_on_docker_hub() || !image.host().contains(['.', ':'])
}

/// A key as it is shown: in quotes where white space would not be seen.
pub(in crate::domain) fn shown_key(key: &str) -> Cow<'_, str> {
    if key.contains(char::is_whitespace) {
        Cow::Owned(format!("{key:?}"))
    } else {
        Cow::Borrowed(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_and_a_version_make_no_other_key() {
        let keys = [
            "ghcr.io",
            "quay.io",
            "https://ghcr.io",
            "https://ghcr.io/v2/",
            "ghcr.io/team",
        ];
        let groups = equal_keys(keys.map(|key| (key, key)));
        assert_eq!(
            groups,
            [["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/"]]
        );
    }

    #[test]
    fn what_matches_may_match() {
        for (key, image) in [
            ("https://index.docker.io/v1/", "nginx"),
            ("https://index.docker.io/v1/", "localhost/app"),
            ("docker.io", "team/app"),
            ("*.example.com", "r.example.com/a"),
            ("http://bot@r.example:5000/v2/", "r.example:5000/a"),
            ("[::1]:5000", "[::1]:5000/a"),
        ] {
            let image = ImageRef::parse(image).unwrap();
            assert!(key_matches(key, &image), "{key}");
            assert!(may_match(key, &image), "{key}");
        }
        assert!(!may_match(
            "ghcr.io",
            &ImageRef::parse("quay.io/a").unwrap()
        ));
    }
}
