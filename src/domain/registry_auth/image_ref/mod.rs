//! Image references: what a Pod's `image:` means to the kubelet.
//!
//! The grammar is that of `distribution/reference` v0.6, which the kubelet (1.36) and containerd
//! use; [`ImageRef::parse`] accepts exactly what `ParseNormalizedNamed` accepts. `problem` says what
//! is wrong with the rest, and where. Knows nothing of registries beyond Docker Hub's short names.

mod grammar;
mod problem;

use std::{fmt, sync::Arc};

pub use grammar::image_host;
pub use problem::{ImageError, ImageProblem};

/// The registry of names without a host.
pub const DOCKER_HUB: &str = "docker.io";

/// A well-formed image reference, normalized as the kubelet does: `nginx` is `docker.io/library/nginx:latest`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    host: Arc<str>,
    path: Arc<str>,
    tag: Option<Arc<str>>,
    digest: Option<Arc<str>>,
    named: HostNamed,
}

/// Whether the text has a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostNamed {
    Yes,
    /// Docker Hub by default: the usual slip of those who forgot the registry.
    No,
}

impl ImageRef {
    /// Parses a reference like `distribution/reference`.
    pub fn parse(text: &str) -> Result<Self, ImageError> {
        grammar::parse(text).ok_or_else(|| problem::explain(text))
    }

    /// The registry, with its port if one is written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path within the registry, `library/nginx`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The repository that auth entries are matched against: host and path, without tag and digest.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    /// The tag as written, or the `latest` that the kubelet adds when there is neither tag nor
    /// digest.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some("latest"),
            (None, Some(_)) => None,
        }
    }

    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Whether the text has a registry, or Docker Hub is the default.
    pub fn host_named(&self) -> HostNamed {
        self.named
    }

    pub fn is_on_docker_hub(&self) -> bool {
        &*self.host == DOCKER_HUB
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)?;
        if let Some(tag) = self.tag() {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_names_are_spelled_out_as_the_kubelet_does() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("team/app", "docker.io/team/app:latest"),
            ("docker.io/nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/team/app", "docker.io/team/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app:2", "localhost:5000/app:2"),
            ("localhost:5000", "docker.io/library/localhost:5000"),
            ("[::1]:5000/app", "[::1]:5000/app:latest"),
            ("Registry/app", "Registry/app:latest"),
            ("my_host.example/app", "my_host.example/app:latest"),
            (
                "ghcr.io/a/b:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "ghcr.io/a/b:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ),
        ] {
            assert_eq!(ImageRef::parse(text).unwrap().to_string(), full, "{text}");
        }
    }

    #[test]
    fn a_digest_alone_gets_no_tag() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = ImageRef::parse(&format!("quay.io/a/b@{digest}")).unwrap();
        assert_eq!((image.tag(), image.digest()), (None, Some(digest.as_str())));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_as_the_same(
            text in "([a-z0-9.-]{1,12}(:[0-9]{1,4})?/)?[a-z0-9._/-]{1,20}(:[A-Za-z0-9_.-]{1,9})?"
        ) {
            if let Ok(image) = ImageRef::parse(&text) {
                let again = ImageRef::parse(&image.to_string()).unwrap();
                prop_assert_eq!(again.to_string(), image.to_string());
                prop_assert_eq!(again.repository(), image.repository());
            }
        }

        #[test]
        fn any_text_is_read_or_refused_with_a_place_inside_it(text in any::<String>()) {
            if let Err(error) = ImageRef::parse(&text) {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error.at, text);
            }
        }
    }
}
