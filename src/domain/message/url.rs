//! URLs in a message: the requested host and the step of the pull.

use super::mask::MAX_NAME_BYTES;
use crate::domain::registry_auth::{
    image_ref::{DOCKER_HUB, ImageRef},
    registries,
};

/// A requested URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestUrl<'a> {
    /// With its port; without user and password, should the URL carry them. Empty where only a path is told.
    pub host: &'a str,
    pub step: PullStep,
    path: &'a str,
}

/// The requested resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PullStep {
    /// `/v2/`: is there a registry?
    Ping,
    Token,
    Manifest,
    Blob,
    Other,
}

impl PullStep {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Token => "token",
            Self::Manifest => "manifest",
            Self::Blob => "blob",
            Self::Other => "other",
        }
    }
}

impl<'a> RequestUrl<'a> {
    /// Parses the part after the scheme and its colon.
    pub(super) fn parse(after_scheme: &'a str) -> Option<Self> {
        let rest = head(after_scheme).trim_start_matches('/');
        let url = rest.trim_end_matches(['.', ':', ';', ',']);
        let slash = url.find(['/', '?']).unwrap_or(url.len());
        let (authority, path) = url.split_at_checked(slash)?;
        let host = authority.rsplit('@').next().unwrap_or_default();
        (!host.is_empty()).then(|| Self {
            host,
            step: step(host, path),
            path,
        })
    }

    /// A registry API path without a host: `v2/library/nginx/manifests/1`.
    pub(super) fn from_path(path: &'a str) -> Option<Self> {
        let api = path.contains("/manifests/") || path.contains("/blobs/sha256:");
        let at = path.find("v2/").filter(|at| *at <= 1)?;
        api.then(|| Self {
            host: "",
            step: step("", path),
            path: path.get(at..).unwrap_or_default(),
        })
    }

    /// Path and query.
    pub(super) fn path(&self) -> &'a str {
        self.path
    }

    /// `HOST/PATH:TAG` of a manifest URL.
    pub(super) fn image(&self) -> Option<ImageRef> {
        let path = self.path.strip_prefix("/v2/")?;
        let (path, reference) = path.split_once("/manifests/")?;
        let reference = reference.split('?').next()?;
        let separator = if reference.contains(':') { '@' } else { ':' };
        let host = self.registry();
        ImageRef::parse(&format!("{host}/{path}{separator}{reference}")).ok()
    }

    /// The registry that a mirror was requested for: containerd adds `?ns=HOST`.
    pub(super) fn mirrored(&self) -> Option<&'a str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix("ns="))
    }

    /// Whether the URL is of a registry API.
    pub(super) fn is_of_registry(&self) -> bool {
        self.path.starts_with("/v2")
            || self.path.contains("/v2/")
            || self.path.starts_with("/v1/")
            || self.step == PullStep::Token
    }

    /// Whether the URL is of a blob upload, which is a push.
    pub(super) fn is_of_upload(&self) -> bool {
        self.path.contains("/blobs/uploads")
    }

    /// Whether the URL is of a Kubernetes API server or a kubelet.
    pub(super) fn is_of_cluster(&self) -> bool {
        let paths = [
            "/api/",
            "/apis/",
            "/healthz",
            "/livez",
            "/readyz",
            "/containerLogs/",
        ];
        paths.iter().any(|path| self.path.starts_with(path))
    }

    /// Whether the URL is of a blob store that the registry redirects to: its URLs are signed and expire.
    pub(super) fn is_of_store(&self) -> bool {
        is_store(self.host) || is_signed(self.path)
    }

    /// Whether the URL has a digest and not a tag.
    pub(super) fn by_digest(&self) -> bool {
        self.path.contains("sha256:") || self.path.contains("sha256%3A")
    }

    /// The host, as in image references.
    pub(super) fn registry(&self) -> &'a str {
        match registries::find_by_host(self.host) {
            Some(registry) if registry.is_docker_hub() => DOCKER_HUB,
            Some(_) | None => self.host,
        }
    }
}

/// Length of an `http` URL at the start of a text, including the brackets of an IPv6 address.
pub(super) fn len(text: &str) -> Option<usize> {
    let text = head(text);
    let scheme = ["https:/", "http:/"].iter().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })?;
    let mut at = scheme.len();
    at += text.get(at..)?.len() - text.get(at..)?.trim_start_matches('/').len();
    if text.get(at..)?.starts_with('[') {
        at += text.get(at..)?.find(']').map_or(0, |close| close + 1);
    }
    let stops = |c: char| c.is_whitespace() || "\"'`\\<>)]},\u{201c}\u{201d}".contains(c);
    while let Some(stop) = text.get(at..)?.find(stops) {
        at += stop;
        match super::token_kind::placeholder_len(text.get(at..)?) {
            Some(length) => at += length,
            None => return Some(at),
        }
    }
    Some(text.len())
}

fn step(host: &str, path: &str) -> PullStep {
    let has = |part: &str| path.contains(part);
    if has("/manifests/") {
        PullStep::Manifest
    } else if has("/blobs/") || has("/sha256") {
        PullStep::Blob
    } else if ["scope=", "/token", "/jwt/auth", "/oauth2/", "service="]
        .iter()
        .any(|part| has(part))
    {
        PullStep::Token
    } else if matches!(
        path,
        "/v2/" | "/v2" | "/v1/_ping" | "/v0/" | "/v1/" | "/" | ""
    ) {
        PullStep::Ping
    } else if is_store(host) || is_signed(path) {
        PullStep::Blob
    } else {
        PullStep::Other
    }
}

fn is_signed(path: &str) -> bool {
    ["X-Amz-", "Expires=", "Signature="]
        .iter()
        .any(|part| path.contains(part))
}

/// Whether the host is a known blob store.
pub(super) fn is_store(host: &str) -> bool {
    [
        ".amazonaws.com",
        "storage.googleapis.com",
        ".blob.core.windows.net",
        ".cloudfront.net",
        ".r2.cloudflarestorage.com",
        "production.cloudflare.docker.com",
        "pkg-containers.githubusercontent.com",
        "cdn.quay.io",
        ".aliyuncs.com",
        ".data.mcr.microsoft.com",
    ]
    .iter()
    .any(|store| host.ends_with(store.trim_start_matches('.')) && !host.contains(".dkr.ecr."))
}

/// Whether the host is this machine.
pub(super) fn is_local(address: &str) -> bool {
    address.starts_with("127.")
        || address.starts_with("localhost")
        || address.starts_with("::1")
        || address.starts_with("[::1]")
}

/// The start of a text, limited to the longest name or URL.
pub(super) fn head(text: &str) -> &str {
    (0..4)
        .find_map(|back| text.get(..MAX_NAME_BYTES - back))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_to_its_end_and_no_further() {
        for (text, host, step) in [
            ("https://r.example/v2/: EOF", "r.example", PullStep::Ping),
            (
                r#"https://r.example:5000/v2/a/manifests/1": x"#,
                "r.example:5000",
                PullStep::Manifest,
            ),
            (r#"http://[::1]:5000/v2/": x"#, "[::1]:5000", PullStep::Ping),
            (
                "https://bot:secret@r.example/v2/ x",
                "r.example",
                PullStep::Ping,
            ),
            (
                "https://auth.example/token?scope=a).",
                "auth.example",
                PullStep::Token,
            ),
            (
                "https://<name>.azurecr.io/oauth2/token?scope=repository%3A<repo>%3Apull x",
                "<name>.azurecr.io",
                PullStep::Token,
            ),
            ("https:/r.example/v2/", "r.example", PullStep::Ping),
        ] {
            let url = text.get(..len(text).unwrap()).unwrap();
            let (_, rest) = url.split_once(':').unwrap();
            let found = RequestUrl::parse(rest).unwrap();
            assert_eq!((found.host, found.step), (host, step), "{text}");
        }
        assert_eq!(RequestUrl::parse("//"), None);
    }

    #[test]
    fn a_mirror_names_the_registry_that_was_meant() {
        let url =
            RequestUrl::parse("//localhost:5005/v2/a/manifests/1?ns=r.example%3A5000").unwrap();
        assert_eq!(url.mirrored(), Some("r.example%3A5000"));
    }
}
