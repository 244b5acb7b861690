//! The target of a pull attempt: the container's own image, or that of an image volume.
//!
//! The kubelet has no status for the image of a volume (KEP-4639): what it could not pull is said in the
//! status of the container that mounts the volume, and only the message tells whose image it is. The events
//! of such a pull have no `fieldPath` (kubelet `toKubeContainerImageVolumes`, seen with 1.37).

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::objects::{Container, ContainerRole, Event, ImageVolume, Pod};
use crate::domain::{message::ParsedMessage, registry_auth::image_ref::ImageRef};

/// The field of the Pod spec that names the pulled image.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullTarget {
    Container(Arc<str>),
    InitContainer(Arc<str>),
    Sidecar(Arc<str>),
    EphemeralContainer(Arc<str>),
    ImageVolume(Arc<str>),
}

impl fmt::Display for PullTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Container(name) => ("container", name),
            Self::InitContainer(name) => ("init-container", name),
            Self::Sidecar(name) => ("sidecar", name),
            Self::EphemeralContainer(name) => ("ephemeral-container", name),
            Self::ImageVolume(name) => ("volume", name),
        };
        write!(f, "{kind}:{name}")
    }
}

/// A container and the image pulled for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullAttempt<'a> {
    pub container: &'a Container,
    /// The image volume whose image it is; `None`: the container's own image.
    pub volume: Option<&'a ImageVolume>,
}

impl<'a> PullAttempt<'a> {
    /// The pull of the container's own image.
    pub fn own(container: &'a Container) -> Self {
        Self {
            container,
            volume: None,
        }
    }

    /// The attempt that a container's message is about.
    ///
    /// A message without an image, or with an image that is not the Pod's, is about the container's own; so is one with
    /// the image of both, as the kubelet pulls the container's first.
    pub fn from_message(pod: &'a Pod, container: &'a Container, text: &str) -> Self {
        let own = Self::own(container);
        if pod.image_volumes.is_empty() || mentions_image(text, &container.image) {
            return own;
        }
        let mut volumes = pod.image_volumes.iter();
        Self {
            volume: volumes.find(|volume| mentions_image(text, &volume.image)),
            ..own
        }
    }

    /// The image, as written in the spec.
    pub fn image(self) -> &'a Arc<str> {
        self.volume
            .map_or(&self.container.image, |volume| &volume.image)
    }

    pub fn target(self) -> PullTarget {
        if let Some(volume) = self.volume {
            return PullTarget::ImageVolume(Arc::clone(&volume.name));
        }
        let name = Arc::clone(&self.container.name);
        match self.container.role {
            ContainerRole::App => PullTarget::Container(name),
            ContainerRole::Init => PullTarget::InitContainer(name),
            ContainerRole::Sidecar => PullTarget::Sidecar(name),
            ContainerRole::Ephemeral => PullTarget::EphemeralContainer(name),
        }
    }

    /// Whether an event is about this pull: by its container, or for a volume by its image.
    pub fn matches_event(self, event: &Event) -> bool {
        let container = event.regarding.container();
        match self.volume {
            None => container == Some(&*self.container.name),
            Some(volume) => container.is_none() && mentions_image(&event.message, &volume.image),
        }
    }
}

/// Whether a text speaks of this image: in quotes as the spec writes it, or in another form of it.
fn mentions_image(text: &str, image: &str) -> bool {
    let is_quoted = |at: usize| {
        let (before, rest) = text.split_at(at);
        before.ends_with('"')
            && rest
                .strip_prefix(image)
                .is_some_and(|it| it.starts_with('"'))
    };
    text.match_indices(image).any(|(at, _)| is_quoted(at))
        || ParsedMessage::parse(text)
            .image()
            .zip(ImageRef::parse(image).ok())
            .is_some_and(|(named, image)| named.to_string() == image.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{event, now, pod, waiting},
        k8s::objects::PullPolicy,
    };

    const MODEL: &str = "r.example/team/model:9.9";

    fn mounting() -> Pod {
        let mut pod = pod("shop", "web-1", waiting("ErrImagePull", ""));
        pod.containers[0].image = "r.example/team/web:1".into();
        pod.image_volumes = Box::new([ImageVolume {
            name: "model".into(),
            image: MODEL.into(),
            policy: PullPolicy::IfNotPresent,
        }]);
        pod
    }

    fn target(pod: &Pod, text: &str) -> String {
        let attempt = PullAttempt::from_message(pod, &pod.containers[0], text);
        attempt.target().to_string()
    }

    #[test]
    fn the_image_that_the_message_names_tells_whose_pull_it_is() {
        let pod = mounting();
        for (text, expected) in [
            (
                r#"Back-off pulling image "r.example/team/model:9.9""#,
                "volume:model",
            ),
            (
                r#"Back-off pulling image "r.example/team/model:9.9": ErrImagePull: failed to resolve image: r.example/team/model:9.9: not found"#,
                "volume:model",
            ),
            (
                r#"failed to pull and unpack image "r.example/team/model:9.9": not found"#,
                "volume:model",
            ),
            (
                r#"Container image "r.example/team/model:9.9" is not present with pull policy of Never"#,
                "volume:model",
            ),
            (
                r#"Back-off pulling image "r.example/team/web:1""#,
                "container:app",
            ),
            // The start of the volume's image is another image.
            (
                r#"Back-off pulling image "r.example/team/model:9""#,
                "container:app",
            ),
            (
                r#"Back-off pulling image "r.example/team/other:9.9""#,
                "container:app",
            ),
            ("illegal base64 data at input byte 0", "container:app"),
            ("", "container:app"),
        ] {
            assert_eq!(target(&pod, text), expected, "{text}");
        }
    }

    #[test]
    fn an_image_of_both_is_pulled_for_the_container_first() {
        let mut pod = mounting();
        pod.containers[0].image = MODEL.into();
        pod.containers[0].role = ContainerRole::Init;
        let text = format!("Back-off pulling image \"{MODEL}\"");
        assert_eq!(target(&pod, &text), "init-container:app");
    }

    #[test]
    fn a_reference_without_its_defaults_is_the_same_image() {
        let mut pod = mounting();
        pod.image_volumes[0].image = "team/model".into();
        let text = r#"failed to pull and unpack image "docker.io/team/model:latest": not found"#;
        assert_eq!(target(&pod, text), "volume:model");
    }

    #[test]
    fn a_volumes_events_name_no_container() {
        let pod = mounting();
        let text = format!("Failed to pull image \"{MODEL}\": not found");
        let mut told = event("e1", "web-1", "Failed", &text, 1, now());
        told.regarding.field = None;
        let own = PullAttempt::own(&pod.containers[0]);
        let volume = PullAttempt::from_message(&pod, &pod.containers[0], &text);
        assert!(volume.matches_event(&told));
        assert!(!own.matches_event(&told));
        told.regarding.field = Some("spec.containers{app}".into());
        assert!(!volume.matches_event(&told));
        assert!(own.matches_event(&told));
    }
}
