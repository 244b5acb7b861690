//! Whether an image has to be pulled, and whether it may be now (`EnsureImageExists`).
//!
//! Since 1.35 a kubelet remembers who pulled an image that is there, and lets others use it only if
//! they could have pulled it themselves (KEP-2535).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{credentials::Found, puller::Login, worker::Container};
use crate::{
    domain::image::ImageRef,
    sandbox::{profile::Profile, registry::Image},
};

/// Who may use an image that is on the node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Access {
    Everybody,
    /// Those who hold one of these logins.
    Holders(Vec<String>),
}

/// The images on a node, by their full name.
#[derive(Default)]
pub(super) struct Cache(BTreeMap<String, (Option<Image>, Access)>);

impl Cache {
    pub(super) fn preload(&mut self, image: &str) {
        let name = full_name(image);
        self.0.insert(name, (None, Access::Everybody));
    }

    /// Notes a pull and who opened it.
    pub(super) fn note(&mut self, image: &str, pulled: &Image, by: Option<&Login>) {
        let entry = self
            .0
            .entry(full_name(image))
            .or_insert_with(|| (None, Access::Holders(Vec::new())));
        entry.0 = Some(pulled.clone());
        match (by, &mut entry.1) {
            (None, access) => *access = Access::Everybody,
            (Some(login), Access::Holders(marks)) => marks.push(login.mark()),
            (Some(_), Access::Everybody) => {}
        }
    }

    fn is_usable(&self, profile: Profile, image: &str, logins: &[Login]) -> bool {
        match self.0.get(&full_name(image)) {
            None => false,
            Some((_, Access::Everybody)) => true,
            Some((_, Access::Holders(marks))) => {
                profile.is_old() || logins.iter().any(|login| marks.contains(&login.mark()))
            }
        }
    }

    /// What the runtime knows of an image that it has.
    pub(super) fn digest(&self, image: &str) -> Option<&str> {
        let (image, _) = self.0.get(&full_name(image))?;
        image.as_ref().map(|image| image.digest.as_str())
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

pub(super) fn decide(
    profile: Profile,
    cache: &Cache,
    container: &Container,
    policy: &str,
    found: &Found,
    is_held_back: impl Fn(Timestamp) -> bool,
    now: Timestamp,
) -> Decision {
    let Ok(image) = ImageRef::parse(&container.image) else {
        return Decision::InvalidName;
    };
    if let Some(text) = &found.unreadable
        && !profile.is_old()
    {
        return Decision::Unreadable(text.clone());
    }
    let logins = found.logins(&image);
    let is_usable = cache.is_usable(profile, &container.image, &logins);
    match policy {
        "Never" | "IfNotPresent" if is_usable => Decision::Present,
        "Never" => Decision::NeverPulled,
        _ if is_held_back(now) => Decision::BackOff,
        _ => Decision::Pull(image, logins),
    }
}
