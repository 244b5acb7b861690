//! Decides whether an image must, and may, be pulled (`EnsureImageExists`).
//!
//! Since 1.35 a kubelet remembers who pulled an image that is there, and lets others use it only if
//! they could have pulled it themselves (KEP-2535; `pkg/kubelet/images/pullmanager`).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    login::{LoginSource, RegistryLogin},
    node_config::NodeSettings,
};
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{profile::Profile, registry::Image},
};

/// Which images on a node have to be earned with a credential
/// (`imagePullCredentialsVerificationPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerificationPolicy {
    NeverVerify,
    /// Those that a kubelet has pulled.
    #[default]
    NeverVerifyPreloadedImages,
    /// All but those of the allowlist.
    NeverVerifyAllowlistedImages,
    AlwaysVerify,
}

impl VerificationPolicy {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NeverVerify => "NeverVerify",
            Self::NeverVerifyPreloadedImages => "NeverVerifyPreloadedImages",
            Self::NeverVerifyAllowlistedImages => "NeverVerifyAllowlistedImages",
            Self::AlwaysVerify => "AlwaysVerify",
        }
    }
}

/// Who may use an image that is on the node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Access {
    /// No kubelet has pulled it.
    Preloaded,
    /// It was pulled by nobody in particular, or with a credential of the node.
    Everybody,
    /// Those who hold one of these: a login, by its mark, or the Secret or ServiceAccount that it came
    /// from, whatever that holds by now.
    Holders(BTreeSet<String>),
}

/// An image on the node.
struct CachedImage {
    /// What the runtime knows of it; nothing of one that was there from the start.
    digest: Option<String>,
    bytes: u64,
    access: Access,
}

/// Whether a Pod may use the node's copy of an image, as `kubelet_imagemanager_image_mustpull_checks_total`
/// counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalImage {
    Absent,
    PolicyAllowed,
    RecordFound,
    MustAuthenticate,
}

impl LocalImage {
    fn is_usable(self) -> bool {
        matches!(self, Self::PolicyAllowed | Self::RecordFound)
    }
}

/// The size of an image that no registry of the sandbox was asked for.
const PRELOADED_BYTES: u64 = 4_000_000;

/// The images on a node, by their full name.
#[derive(Default)]
pub(super) struct ImageCache(BTreeMap<String, CachedImage>);

impl ImageCache {
    pub(super) fn preload(&mut self, image: &str) {
        let kept = CachedImage {
            digest: None,
            bytes: PRELOADED_BYTES,
            access: Access::Preloaded,
        };
        self.0.insert(full_name(image), kept);
    }

    /// Notes a pull and who opened it.
    pub(super) fn record_pull(&mut self, image: &str, pulled: &Image, by: Option<&RegistryLogin>) {
        let kept = self
            .0
            .entry(full_name(image))
            .or_insert_with(|| CachedImage {
                digest: None,
                bytes: pulled.bytes,
                access: Access::Holders(BTreeSet::new()),
            });
        kept.digest = Some(pulled.digest.clone());
        kept.bytes = pulled.bytes;
        let holder = by.filter(|login| login.source != LoginSource::Node);
        match (holder, &mut kept.access) {
            (None, access) => *access = Access::Everybody,
            (Some(_), Access::Everybody) => {}
            (Some(login), Access::Holders(marks)) => marks.extend(login.marks()),
            // From now on it counts as pulled (kubernetes/kubernetes#138175).
            (Some(login), Access::Preloaded) => {
                kept.access = Access::Holders(login.marks().into_iter().collect());
            }
        }
    }

    fn check(
        &self,
        node: NodeConfig<'_>,
        image: &ImageRef,
        logins: &[RegistryLogin],
    ) -> LocalImage {
        let Some(kept) = self.0.get(&image.to_string()) else {
            return LocalImage::Absent;
        };
        let is_pulled = kept.access != Access::Preloaded;
        let is_exempt = match node.settings.verification {
            VerificationPolicy::NeverVerify => true,
            VerificationPolicy::NeverVerifyPreloadedImages => !is_pulled,
            VerificationPolicy::NeverVerifyAllowlistedImages => {
                node.settings.is_allowlisted(&image.repository())
            }
            VerificationPolicy::AlwaysVerify => false,
        };
        if node.profile.is_old() || is_exempt {
            return LocalImage::PolicyAllowed;
        }
        let is_recorded = match &kept.access {
            Access::Preloaded => false,
            Access::Everybody => true,
            Access::Holders(marks) => logins
                .iter()
                .flat_map(RegistryLogin::marks)
                .any(|mark| marks.contains(&mark)),
        };
        if is_recorded {
            LocalImage::RecordFound
        } else {
            LocalImage::MustAuthenticate
        }
    }

    /// `status.images` of the node: names and sizes.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0
            .iter()
            .map(|(name, kept)| (name.as_str(), kept.bytes))
    }

    /// How many images the kubelet has pulled itself (`ImagePulledRecord`).
    pub(super) fn records(&self) -> usize {
        let kept = self.0.values();
        kept.filter(|image| image.access != Access::Preloaded)
            .count()
    }

    /// What the runtime knows of an image that it has.
    pub(super) fn digest(&self, image: &str) -> Option<&str> {
        self.0.get(&full_name(image))?.digest.as_deref()
    }
}

fn full_name(image: &str) -> String {
    ImageRef::parse(image).map_or_else(|_| image.to_owned(), |image| image.to_string())
}

/// What kind of node it is.
#[derive(Clone, Copy)]
pub(super) struct NodeConfig<'a> {
    pub profile: Profile,
    pub settings: &'a NodeSettings,
}

/// What the kubelet does about a container's image at this sync.
pub(super) enum Decision {
    InvalidName,
    /// A listed Secret cannot be read; newer kubelets do not even try.
    Unreadable(String),
    Present,
    NeverPulled,
    BackOff,
    Pull(ImageRef, Vec<RegistryLogin>),
}

/// What is wanted, and with what.
pub(super) struct PullRequest<'a> {
    pub image: &'a ImageRef,
    pub policy: &'a str,
    /// In the order of trial.
    pub logins: Vec<RegistryLogin>,
    /// What is said of the first Secret that cannot be read.
    pub unreadable: Option<&'a str>,
    /// The last failure was too short a while ago.
    pub is_held_back: bool,
}

/// Looks up the node's copy of the image.
pub(super) fn check(
    node: NodeConfig<'_>,
    cache: &ImageCache,
    wish: &PullRequest<'_>,
) -> LocalImage {
    cache.check(node, wish.image, &wish.logins)
}

pub(super) fn decide(node: NodeConfig<'_>, local: LocalImage, wish: PullRequest<'_>) -> Decision {
    if let Some(text) = wish.unreadable
        && !node.profile.is_old()
    {
        return Decision::Unreadable(text.to_owned());
    }
    match wish.policy {
        "Never" | "IfNotPresent" if local.is_usable() => Decision::Present,
        "Never" => Decision::NeverPulled,
        _ if wish.is_held_back => Decision::BackOff,
        _ => Decision::Pull(wish.image.clone(), wish.logins),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::registry_auth::credential::Password, sandbox::registry::Program};

    const IMAGE: &str = "reg.example/app:1";

    fn login(password: &str, source: LoginSource) -> RegistryLogin {
        RegistryLogin::new("ci".to_owned(), Password::new(password), source)
    }

    fn of(secret: &str, password: &str) -> RegistryLogin {
        login(password, LoginSource::Object(secret.to_owned()))
    }

    /// The node's images after these pulls.
    fn cache(is_preloaded: bool, pulls: &[Option<RegistryLogin>]) -> ImageCache {
        let mut cache = ImageCache::default();
        if is_preloaded {
            cache.preload(IMAGE);
        }
        let image = Image {
            digest: "sha256:0".to_owned(),
            architectures: Vec::new(),
            bytes: 0,
            program: Program::Serve,
        };
        for by in pulls {
            cache.record_pull(IMAGE, &image, by.as_ref());
        }
        cache
    }

    fn may_use(
        cache: &ImageCache,
        verification: VerificationPolicy,
        logins: &[RegistryLogin],
    ) -> bool {
        let settings = NodeSettings {
            verification,
            allowlist: vec!["reg.example/*".to_owned()],
            ..NodeSettings::default()
        };
        let node = NodeConfig {
            profile: Profile::Containerd24,
            settings: &settings,
        };
        let image = ImageRef::parse(IMAGE).unwrap();
        cache.check(node, &image, logins).is_usable()
    }

    /// KEP-2535, `MustAttemptImagePull`; `../shared/cluster/FACTS.md` 19.
    #[test]
    fn an_image_is_for_those_who_could_have_pulled_it() {
        let usual = VerificationPolicy::default();
        let pulled = cache(false, &[Some(of("a", "right"))]);
        for (logins, usable) in [
            (vec![], false),
            (vec![of("b", "wrong")], false),
            (vec![of("b", "wrong"), of("b", "right")], true),
            // Who holds the Secret, whatever is in it by now.
            (vec![of("a", "changed")], true),
            (vec![login("right", LoginSource::Node)], true),
        ] {
            assert_eq!(may_use(&pulled, usual, &logins), usable);
        }
        for policy in [
            VerificationPolicy::NeverVerify,
            VerificationPolicy::NeverVerifyAllowlistedImages,
        ] {
            assert!(may_use(&pulled, policy, &[]), "{policy:?}");
        }
        for by in [None, Some(login("right", LoginSource::Node))] {
            assert!(may_use(&cache(false, &[by]), usual, &[]));
        }
    }

    #[test]
    fn an_image_that_was_there_is_for_all_until_somebody_pulls_it() {
        let usual = VerificationPolicy::default();
        let there = cache(true, &[]);
        assert!(may_use(&there, usual, &[]));
        assert!(!may_use(&there, VerificationPolicy::AlwaysVerify, &[]));
        // kubernetes/kubernetes#138175
        assert!(!may_use(
            &cache(true, &[Some(of("a", "right"))]),
            usual,
            &[]
        ));
        assert!(may_use(
            &cache(true, &[None, Some(of("a", "right"))]),
            usual,
            &[]
        ));
    }
}
