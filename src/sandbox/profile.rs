//! Profiles: kubelet and runtime of the nodes, which differ in wording and behaviour.
//!
//! What differs was recorded on real nodes (Kubernetes 1.20.2 with containerd 1.6, 1.36.3 with
//! containerd 2.1 and 1.7, 1.37.2 with containerd 2.4); CRI-O's words are those of its sources
//! (`containers/image` 5).

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Kubelet 1.37 with containerd 2.4.
    Containerd24,
    /// Kubelet 1.36 with containerd 2.1 and its transfer service.
    #[default]
    Containerd21,
    /// Kubelet 1.36 with containerd 1.7, or with 2.1 without the transfer service.
    Containerd17,
    /// Kubelet 1.20 with containerd 1.6.
    Containerd16,
    /// Kubelet 1.36 with CRI-O.
    CriO,
}

/// When a kubelet reports pull secrets that do not exist (`FailedToRetrieveImagePullSecret`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSecrets {
    Unreported,
    /// At each sync, before any pull.
    BeforePulls,
    /// After a sync in which a pull has failed (kubernetes/kubernetes#138432).
    AfterFailedPulls,
}

impl Profile {
    pub fn kubelet_version(self) -> &'static str {
        match self {
            Self::Containerd24 => "v1.37.2",
            Self::Containerd21 | Self::Containerd17 | Self::CriO => "v1.36.3",
            Self::Containerd16 => "v1.20.2",
        }
    }

    pub fn runtime_version(self) -> &'static str {
        match self {
            Self::Containerd24 => "containerd://2.4.2",
            Self::Containerd21 => "containerd://2.1.9",
            Self::Containerd17 => "containerd://1.7.24",
            Self::Containerd16 => "containerd://1.6.20",
            Self::CriO => "cri-o://1.36.0",
        }
    }

    /// Whether it is 1.20, which said little; 1.36 names missing Secrets, repeats the cause in the
    /// back-off, and checks who pulled an image that is there already.
    pub fn is_old(self) -> bool {
        self == Self::Containerd16
    }

    /// Whether it is 1.37 or later.
    pub fn is_newest(self) -> bool {
        self == Self::Containerd24
    }

    pub fn missing_secrets(self) -> MissingSecrets {
        match self {
            Self::Containerd24 => MissingSecrets::AfterFailedPulls,
            Self::Containerd21 | Self::Containerd17 | Self::CriO => MissingSecrets::BeforePulls,
            Self::Containerd16 => MissingSecrets::Unreported,
        }
    }

    /// Whether the kubelet mounts images as volumes (KEP-4639).
    pub fn has_image_volumes(self) -> bool {
        !self.is_old()
    }

    /// Whether a `403` to a `HEAD` is asked again with `GET`, for the registry's error
    /// (containerd 2.4, `core/remotes/docker/resolver.go`).
    pub fn retries_forbidden_with_get(self) -> bool {
        self == Self::Containerd24
    }

    /// `reportingComponent` in Events of the older kind (1.27 and later).
    pub fn fills_reporting_component(self) -> bool {
        !self.is_old()
    }
}
