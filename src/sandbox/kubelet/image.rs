//! Whether an image has to be pulled, and whether it may be now (`EnsureImageExists`).
//!
//! Since 1.35 a kubelet remembers who pulled an image that is there, and lets others use it only if
//! they could have pulled it themselves (KEP-2535).

use std::collections::{BTreeMap, BTreeSet};

use super::{credentials::Found, puller::Login};
use crate::{
    domain::image::ImageRef,
    sandbox::{profile::Profile, registry::Image},
};

/// Who may use an image that is on the node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Access {
    Everybody,
    /// Those who hold one of these logins, by their marks.
    Holders(BTreeSet<String>),
}

/// An image on the node.
struct Kept {
    /// What the runtime knows of it; nothing of one that was there from the start.
    digest: Option<String>,
    access: Access,
}

/// The images on a node, by their full name.
#[derive(Default)]
pub(super) struct Cache(BTreeMap<String, Kept>);

impl Cache {
    pub(super) fn preload(&mut self, image: &str) {
        let kept = Kept {
            digest: None,
            access: Access::Everybody,
        };
        self.0.insert(full_name(image), kept);
    }

    /// Notes a pull and who opened it.
    pub(super) fn note(&mut self, image: &str, pulled: &Image, by: Option<&Login>) {
        let kept = self.0.entry(full_name(image)).or_insert_with(|| Kept {
            digest: None,
            access: Access::Holders(BTreeSet::new()),
        });
        kept.digest = Some(pulled.digest.clone());
        match (by, &mut kept.access) {
            (None, access) => *access = Access::Everybody,
            (Some(login), Access::Holders(marks)) => drop(marks.insert(login.mark())),
            (Some(_), Access::Everybody) => {}
        }
    }

    fn is_usable(&self, profile: Profile, image: &ImageRef, found: &Found) -> bool {
        let Some(kept) = self.0.get(&image.to_string()) else {
            return false;
        };
        match &kept.access {
            Access::Everybody => true,
            Access::Holders(_) if profile.is_old() => true,
            Access::Holders(marks) => found
                .logins(image)
                .iter()
                .any(|login| marks.contains(&login.mark())),
        }
    }

    /// What the runtime knows of an image that it has.
    pub(super) fn digest(&self, image: &str) -> Option<&str> {
        self.0.get(&full_name(image))?.digest.as_deref()
    }
}

fn full_name(image: &str) -> String {
    ImageRef::parse(image).map_or_else(|_| image.to_owned(), |image| image.to_string())
}

/// What the kubelet does about a container's image at this sync.
pub(super) enum Decision {
    InvalidName,
    /// A listed Secret cannot be read; newer kubelets do not even try.
    Unreadable(String),
    Present,
    NeverPulled,
    BackOff,
    Pull(ImageRef, Vec<Login>),
}

/// `is_held_back` says whether the last failure was too short a while ago.
pub(super) fn decide(
    profile: Profile,
    cache: &Cache,
    image: &str,
    policy: &str,
    found: &Found,
    is_held_back: bool,
) -> Decision {
    let Ok(image) = ImageRef::parse(image) else {
        return Decision::InvalidName;
    };
    if let Some(text) = &found.unreadable
        && !profile.is_old()
    {
        return Decision::Unreadable(text.clone());
    }
    match policy {
        "Never" | "IfNotPresent" if cache.is_usable(profile, &image, found) => Decision::Present,
        "Never" => Decision::NeverPulled,
        _ if is_held_back => Decision::BackOff,
        _ => {
            let logins = found.logins(&image);
            Decision::Pull(image, logins)
        }
    }
}
