//! The addresses in a text: which host was asked, for what, and who was at the other end.

use crate::domain::{
    image::{DOCKER_HUB, ImageRef},
    presets,
};

/// Longer names and addresses are not read: looking for their end at every place where one could
/// begin would make the cost grow with the square of the text.
pub(super) const LONGEST: usize = 1024;

/// An address that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// With its port; without user and password, should the address carry them.
    pub host: &'a str,
    pub step: Step,
    path: &'a str,
    /// What follows the address.
    pub(super) rest: &'a str,
}

/// What was asked for there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `/v2/`: is there a registry?
    Ping,
    Token,
    Manifest,
    Blob,
    Other,
}

impl<'a> Target<'a> {
    /// Reads what follows `http` or `https`.
    pub(super) fn parse(after_scheme: &'a str) -> Option<Self> {
        let rest = head(after_scheme).trim_start_matches([':', '/']);
        let url = rest.get(..end(rest))?.trim_end_matches(['.', ':', ';']);
        let slash = url.find(['/', '?']).unwrap_or(url.len());
        let (authority, path) = url.split_at_checked(slash)?;
        let host = authority.rsplit('@').next().unwrap_or_default();
        (!host.is_empty()).then(|| Self {
            host,
            step: step(host, path),
            path,
            rest: rest.get(url.len()..).unwrap_or_default(),
        })
    }

    /// `HOST/PATH:TAG` of the URL of a manifest.
    pub(super) fn image(&self) -> Option<ImageRef> {
        let (path, reference) = self.path.strip_prefix("/v2/")?.split_once("/manifests/")?;
        let reference = reference.split('?').next()?;
        let separator = if reference.contains(':') { '@' } else { ':' };
        let host = self.registry();
        ImageRef::parse(&format!("{host}/{path}{separator}{reference}")).ok()
    }

    /// The host as image references write it.
    pub(super) fn registry(&self) -> &'a str {
        match presets::of_host(self.host) {
            Some(preset) if preset.id == "docker-hub" => DOCKER_HUB,
            _ => self.host,
        }
    }
}

/// Where a URL without its scheme ends; the brackets of an IPv6 address belong to it.
fn end(url: &str) -> usize {
    let stop = |c: char| c.is_whitespace() || "\"'`\\<>)]},\u{201c}\u{201d}".contains(c);
    let host = if url.starts_with('[') {
        url.find(']').map_or(0, |close| close + 1)
    } else {
        0
    };
    let behind = url.get(host..).unwrap_or_default();
    host + behind.find(stop).unwrap_or(behind.len())
}

fn step(host: &str, path: &str) -> Step {
    if path.contains("/manifests/") {
        Step::Manifest
    } else if path.contains("/blobs/") || path.contains("/sha256") {
        Step::Blob
    } else if path.contains("scope=") || path.contains("/token") || path.contains("/jwt/auth") {
        Step::Token
    } else if matches!(
        path,
        "/v2/" | "/v2" | "/v1/_ping" | "/v0/" | "/v1/" | "/" | ""
    ) {
        Step::Ping
    } else if host.contains("amazonaws.com") || host.contains("storage.googleapis") {
        Step::Blob
    } else {
        Step::Other
    }
}

/// `10.0.0.1:443` at the beginning of a text.
pub(super) fn address(text: &str) -> Option<&str> {
    let part = |c: char| c.is_ascii_hexdigit() || "[].:".contains(c);
    let text = head(text);
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let address = text.get(..end)?.trim_end_matches([':', '.']);
    address.contains([':', '.']).then_some(address)
}

/// This machine.
pub(super) fn is_local(address: &str) -> bool {
    address.starts_with("127.") || address.starts_with("localhost") || address.starts_with("[::1]")
}

/// The beginning of a text, as far as a name or an address may reach.
pub(super) fn head(text: &str) -> &str {
    (0..4)
        .find_map(|back| text.get(..LONGEST - back))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_to_its_end_and_no_further() {
        for (text, host, step) in [
            ("://r.example/v2/: EOF", "r.example", Step::Ping),
            (
                r#"://r.example:5000/v2/a/manifests/1": x"#,
                "r.example:5000",
                Step::Manifest,
            ),
            (r#"://[::1]:5000/v2/": x"#, "[::1]:5000", Step::Ping),
            ("://bot:secret@r.example/v2/ x", "r.example", Step::Ping),
            (
                "://auth.example/token?scope=a).",
                "auth.example",
                Step::Token,
            ),
        ] {
            let found = Target::parse(text).unwrap();
            assert_eq!((found.host, found.step), (host, step), "{text}");
        }
        assert_eq!(Target::parse(":// "), None);
    }

    #[test]
    fn a_dialled_address_may_be_the_last_word() {
        assert_eq!(address("10.0.0.7:443: connect"), Some("10.0.0.7:443"));
        assert_eq!(address("[::1]:443"), Some("[::1]:443"));
        assert_eq!(address("lookup r.example"), None);
    }
}
