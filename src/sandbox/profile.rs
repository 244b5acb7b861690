//! Which kubelet and runtime the nodes run: they word and do some things differently.
//!
//! What differs was recorded on real nodes (Kubernetes 1.20.2 with containerd 1.6, 1.36.3 with
//! containerd 2.1 and 1.7); CRI-O's words are those of its sources (`containers/image` 5).

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
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

impl Profile {
    pub fn kubelet_version(self) -> &'static str {
        match self {
            Self::Containerd21 | Self::Containerd17 | Self::CriO => "v1.36.3",
            Self::Containerd16 => "v1.20.2",
        }
    }

    pub fn runtime_version(self) -> &'static str {
        match self {
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

    /// `reportingComponent` in Events of the older kind (1.27 and later).
    pub fn fills_reporting_component(self) -> bool {
        !self.is_old()
    }
}
