//! Kubernetes distribution and operating system of a node, from its node info.
//!
//! They decide where a registry's CA, mirror or proxy is configured. What they do not show is not guessed.

/// The fields of `status.nodeInfo` that are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// `Ubuntu 24.04.3 LTS`.
    pub os_image: String,
    /// `v1.33.4+k3s1`.
    pub kubelet_version: String,
    /// `containerd://2.1.4`.
    pub container_runtime: String,
}

impl NodeInfo {
    /// Whether its kubelet gives an image that it has only to Pods with a credential for it: from 1.35 on (KEP-2535),
    /// unless it is configured otherwise. `None` for a version that cannot be read.
    pub fn verifies_credentials(&self) -> Option<bool> {
        let version = self.kubelet_version.strip_prefix('v')?;
        let mut numbers = version.split(['.', '+', '-']).map(str::parse);
        let (major, minor): (u32, u32) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some((major, minor) >= (1, 35))
    }
}

/// A distribution or operating system with its own way to configure registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distribution {
    K3s,
    Rke2,
    OpenShift,
    Talos,
    Bottlerocket,
    Gke,
    Aks,
    /// Windows Server.
    Windows,
}

impl Distribution {
    pub const ALL: &[Self] = &[
        Self::K3s,
        Self::Rke2,
        Self::OpenShift,
        Self::Talos,
        Self::Bottlerocket,
        Self::Gke,
        Self::Aks,
        Self::Windows,
    ];

    /// Detects the distribution from the node info.
    ///
    /// The operating system goes first: EKS runs on Bottlerocket, too. k3s and RKE2 mark the version (`v1.33.4+k3s1`),
    /// as GKE does (`v1.33.4-gke.1134000`).
    pub fn from_node_info(info: &NodeInfo) -> Option<Self> {
        const SYSTEMS: &[(&str, Distribution)] = &[
            ("Talos", Distribution::Talos),
            ("Bottlerocket", Distribution::Bottlerocket),
            ("Red Hat Enterprise Linux CoreOS", Distribution::OpenShift),
            ("CentOS Stream CoreOS", Distribution::OpenShift),
            ("Container-Optimized OS", Distribution::Gke),
            // `Windows Server 2022 Datacenter`, also of AKS, EKS and GKE.
            ("Windows", Distribution::Windows),
        ];
        const VERSIONS: &[(&str, Distribution)] = &[
            ("+k3s", Distribution::K3s),
            ("+rke2", Distribution::Rke2),
            ("-gke.", Distribution::Gke),
        ];
        let system = SYSTEMS
            .iter()
            .find(|(name, _)| info.os_image.starts_with(name));
        let version = || {
            VERSIONS
                .iter()
                .find(|(mark, _)| info.kubelet_version.contains(mark))
        };
        system.or_else(version).map(|(_, found)| *found)
    }

    /// Detects the distribution from the node's name, which GKE and AKS generate: `gke-CLUSTER-POOL-HASH-ID`,
    /// `aks-POOL-NUMBER-vmss000000`.
    ///
    /// Sources: <https://cloud.google.com/kubernetes-engine/docs/concepts/node-pools> and
    /// <https://learn.microsoft.com/azure/aks/use-system-pools>.
    pub fn from_node_name(name: &str) -> Option<Self> {
        let parts = name.split('-').count();
        if name.starts_with("gke-") && parts >= 5 {
            Some(Self::Gke)
        } else if name.starts_with("aks-") && name.contains("-vmss") {
            Some(Self::Aks)
        } else {
            None
        }
    }

    /// Detects the distribution from a message.
    ///
    /// k3s and RKE2 run containerd in their own directory, and a runtime names the platform that it looked for in vain.
    /// An image for Windows says nothing about the node.
    pub fn from_message(text: &str) -> Option<Self> {
        const PATHS: &[(&str, Distribution)] = &[
            ("no matching manifest for windows/", Distribution::Windows),
            ("a Windows version ", Distribution::Windows),
            ("OS windows", Distribution::Windows),
            ("/run/k3s/containerd", Distribution::K3s),
            ("/var/lib/rancher/k3s/agent", Distribution::K3s),
            ("/var/lib/rancher/rke2/agent", Distribution::Rke2),
        ];
        // RKE2's containerd listens below /run/k3s, too, so its own path is looked for first.
        let found = PATHS.iter().rev().find(|(path, _)| text.contains(path));
        found.map(|(_, distribution)| *distribution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_shows_what_it_runs() {
        for (os_image, version, expected) in [
            (
                "Ubuntu 24.04.3 LTS",
                "v1.33.4+k3s1",
                Some(Distribution::K3s),
            ),
            (
                "SUSE Linux Micro 6.1",
                "v1.33.4+rke2r1",
                Some(Distribution::Rke2),
            ),
            ("Talos (v1.12.0)", "v1.35.0", Some(Distribution::Talos)),
            (
                "Bottlerocket OS 1.50.0 (aws-k8s-1.33)",
                "v1.33.4-eks-113cf36",
                Some(Distribution::Bottlerocket),
            ),
            (
                "Red Hat Enterprise Linux CoreOS 9.6.20251013-0",
                "v1.32.9",
                Some(Distribution::OpenShift),
            ),
            (
                "Container-Optimized OS from Google",
                "v1.33.4-gke.1134000",
                Some(Distribution::Gke),
            ),
            (
                "Ubuntu 22.04.5 LTS",
                "v1.33.4-gke.1134000",
                Some(Distribution::Gke),
            ),
            (
                "Windows Server 2022 Datacenter",
                "v1.33.4",
                Some(Distribution::Windows),
            ),
            ("Red Hat Enterprise Linux 9.6 (Plow)", "v1.32.9", None),
            ("Amazon Linux 2023.9", "v1.33.4-eks-113cf36", None),
            ("", "", None),
        ] {
            let found = Distribution::from_node_info(&NodeInfo {
                os_image: os_image.into(),
                kubelet_version: version.into(),
                container_runtime: "containerd://2.1.4".into(),
            });
            assert_eq!(found, expected, "{os_image} {version}");
        }
    }

    #[test]
    fn a_name_that_a_cloud_makes_shows_the_cloud() {
        for (name, expected) in [
            (
                "gke-prod-default-pool-1a2b3c4d-x9zq",
                Some(Distribution::Gke),
            ),
            ("aks-nodepool1-12345678-vmss000002", Some(Distribution::Aks)),
            ("gke-1", None),
            ("aks-of-spades", None),
            ("worker-3", None),
        ] {
            assert_eq!(Distribution::from_node_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_path_shows_whose_containerd_it_is() {
        for (text, expected) in [
            (
                "rpc error: dial unix /run/k3s/containerd/containerd.sock: connect: no such file",
                Some(Distribution::K3s),
            ),
            (
                "open /var/lib/rancher/rke2/agent/etc/containerd/certs.d/r.example/ca.crt: no such file",
                Some(Distribution::Rke2),
            ),
            ("failed to pull rancher/k3s:v1.33.4-k3s1", None),
        ] {
            assert_eq!(Distribution::from_message(text), expected, "{text}");
        }
    }
}
