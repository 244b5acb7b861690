//! Registries and repositories that have moved: the old name, the new one, the date and the source.
//!
//! Data only. When a failed pull means a move is decided by `diagnostics::moved`; whether the new name can be
//! pulled is asked of its registry by a probe.

use super::image_ref::ImageRef;

/// A move of all images with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Registry and path that the old names begin with, up to and with a slash.
    pub from: &'static str,
    to: NewName,
    pub symptom: MoveSymptom,
    /// The day of the move, as year, month and day.
    pub since: &'static str,
    /// Where it was announced or found.
    pub source: &'static str,
}

/// How the new name follows from the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NewName {
    /// The rest of the path follows this prefix.
    Prefix(&'static str),
    /// `OWNER/REPOSITORY/IMAGE` of the old GitHub registry is `OWNER/IMAGE` of ghcr.io.
    GitHub,
    /// `HOST/PROJECT/REST` is `LOCATION-docker.pkg.dev/PROJECT/HOST/REST`.
    ArtifactRegistry { location: &'static str },
}

/// How pulls of the old name fail because of the move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveSymptom {
    /// The old registry is shut down, or redirects: every failure to get an answer, or the image, counts.
    Unavailable,
    /// The old registry works; of public images it says that they do not exist, or asks for a login.
    Hidden,
    /// The old registry works, and reports the image as not found.
    NotFound,
    /// The old registry works for most images; it says itself that this one has moved.
    Stated,
}

/// The moves, most specific prefix first.
const MOVES: &[Move] = &[
    Move {
        from: "docker.io/bitnami/",
        to: NewName::Prefix("docker.io/bitnamilegacy/"),
        symptom: MoveSymptom::Hidden,
        since: "2025-08-28",
        source: "https://github.com/bitnami/containers/issues/83267",
    },
    Move {
        from: "k8s.gcr.io/",
        to: NewName::Prefix("registry.k8s.io/"),
        symptom: MoveSymptom::Unavailable,
        since: "2023-03-20",
        source: "https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",
    },
    Move {
        from: "docker.pkg.github.com/",
        to: NewName::GitHub,
        symptom: MoveSymptom::NotFound,
        since: "2021-06-21",
        source: "https://docs.github.com/en/packages/working-with-a-github-packages-registry/migrating-to-the-container-registry-from-the-docker-registry",
    },
    Move {
        from: "registry.centos.org/centos/",
        to: NewName::Prefix("quay.io/centos/"),
        symptom: MoveSymptom::Unavailable,
        since: "2023-05-26",
        source: "https://github.com/CentOS/container-index/issues/424",
    },
    Move {
        from: "registry.opensource.zalan.do/acid/",
        to: NewName::Prefix("ghcr.io/zalando/"),
        symptom: MoveSymptom::Unavailable,
        since: "2026-05-08",
        source: "https://github.com/zalando/postgres-operator/pull/3092",
    },
    Move {
        from: "docker.bintray.io/jfrog/",
        to: NewName::Prefix("releases-docker.jfrog.io/jfrog/"),
        symptom: MoveSymptom::Unavailable,
        since: "2021-05-01",
        source: "https://github.com/jfrog/jfrog-cli/issues/1006",
    },
    container_registry("gcr.io/", "us"),
    container_registry("us.gcr.io/", "us"),
    container_registry("eu.gcr.io/", "europe"),
    container_registry("asia.gcr.io/", "asia"),
];

/// A host of Google's Container Registry, and the location of its repositories in Artifact Registry.
///
/// Images that were migrated are still served under the old name; the others are gone.
const fn container_registry(from: &'static str, location: &'static str) -> Move {
    Move {
        from,
        to: NewName::ArtifactRegistry { location },
        symptom: MoveSymptom::Stated,
        since: "2025-03-18",
        source: "https://docs.cloud.google.com/artifact-registry/docs/transition/gcr-repositories",
    }
}

/// The move of an image, with its new name, tag and digest.
pub fn moved(image: &ImageRef) -> Option<(&'static Move, String)> {
    let repository = image.repository();
    let (found, rest) = MOVES
        .iter()
        .find_map(|it| Some((it, repository.strip_prefix(it.from)?)))?;
    let mut name = found.to.name(image.host(), rest)?;
    if let Some(tag) = image.tag() {
        name.push(':');
        name.push_str(tag);
    }
    if let Some(digest) = image.digest() {
        name.push('@');
        name.push_str(digest);
    }
    Some((found, name))
}

impl Move {
    /// What has moved: a registry, or a namespace of one.
    pub fn subject(&self) -> &'static str {
        self.from.trim_end_matches('/')
    }
}

impl NewName {
    /// The new name of a repository; `None` where the old one is not as its registry has them.
    fn name(self, host: &str, rest: &str) -> Option<String> {
        match self {
            Self::Prefix(prefix) => Some(format!("{prefix}{rest}")),
            Self::GitHub => {
                let (owner, below) = rest.split_once('/')?;
                let (_, image) = below.split_once('/')?;
                Some(format!("ghcr.io/{owner}/{image}"))
            }
            Self::ArtifactRegistry { location } => {
                let (project, image) = rest.split_once('/')?;
                Some(format!(
                    "{location}-docker.pkg.dev/{project}/{host}/{image}"
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_image_keeps_what_follows_its_prefix() {
        let digest = format!("@sha256:{}", "a".repeat(64));
        for (old, new) in [
            (
                "bitnami/redis:7.2",
                Some("docker.io/bitnamilegacy/redis:7.2"),
            ),
            ("docker.io/bitnamilegacy/redis:7.2", None),
            ("docker.io/library/redis:7.2", None),
            ("quay.io/bitnami/redis:7.2", None),
            ("k8s.gcr.io/pause:3.9", Some("registry.k8s.io/pause:3.9")),
            (
                "k8s.gcr.io/ingress-nginx/controller:v1.1.1",
                Some("registry.k8s.io/ingress-nginx/controller:v1.1.1"),
            ),
            (
                "docker.pkg.github.com/acme/shop/web:1",
                Some("ghcr.io/acme/web:1"),
            ),
            ("docker.pkg.github.com/acme/web:1", None),
            (
                "registry.centos.org/centos/centos:7",
                Some("quay.io/centos/centos:7"),
            ),
            (
                "registry.opensource.zalan.do/acid/spilo-14:2.1-p3",
                Some("ghcr.io/zalando/spilo-14:2.1-p3"),
            ),
            (
                "gcr.io/kuar-demo/kuard-amd64:blue",
                Some("us-docker.pkg.dev/kuar-demo/gcr.io/kuard-amd64:blue"),
            ),
            (
                "eu.gcr.io/acme/a/b:1",
                Some("europe-docker.pkg.dev/acme/eu.gcr.io/a/b:1"),
            ),
            ("gcr.io/alone:1", None),
        ] {
            let image = ImageRef::parse(old).unwrap();
            assert_eq!(moved(&image).map(|(_, name)| name).as_deref(), new, "{old}");
            let pinned = format!("{}{digest}", image.repository());
            let found = moved(&ImageRef::parse(&pinned).unwrap());
            assert_eq!(found.is_some(), new.is_some());
            if let Some((_, name)) = found {
                assert!(name.ends_with(&digest), "{name}");
            }
        }
    }

    #[test]
    fn each_move_has_a_source_and_a_day_and_leads_to_a_name_that_has_not_moved() {
        for row in MOVES {
            assert!(row.since.parse::<jiff::civil::Date>().is_ok(), "{row:?}");
            assert!(row.source.starts_with("https://"), "{row:?}");
            assert!(row.from.ends_with('/'), "{row:?}");
            let old = ImageRef::parse(&format!("{}a/b/c:1", row.from)).unwrap();
            let (found, new) = moved(&old).unwrap();
            assert_eq!(found, row, "an earlier row hides it");
            let new = ImageRef::parse(&new).unwrap();
            assert_ne!(new, old);
            assert_eq!(moved(&new), None, "{row:?}");
        }
    }
}
