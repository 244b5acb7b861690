//! The clouds whose registries nodes pull from with an identity of their own, and what a registry host tells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::registries::{self, RegistryId};

/// A cloud that has a credential provider for its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudProvider {
    Aws,
    Google,
    Azure,
}

impl CloudProvider {
    /// The cloud whose nodes pull from this host without a pull secret.
    ///
    /// The kubelet's plugins answer for these hosts: `ecr-credential-provider` (cloud-provider-aws),
    /// `auth-provider-gcp` (cloud-provider-gcp), `acr-credential-provider` (cloud-provider-azure).
    pub fn from_registry_host(host: &str) -> Option<Self> {
        match registries::find_by_host(host)?.id {
            RegistryId::Ecr => Some(Self::Aws),
            RegistryId::ArtifactRegistry | RegistryId::Gcr => Some(Self::Google),
            RegistryId::Acr => Some(Self::Azure),
            _ => None,
        }
    }

    /// The cloud that names its nodes so.
    ///
    /// EKS: `ip-10-0-1-2.eu-west-1.compute.internal`, or `i-0abc…` with resource names; GKE: `gke-CLUSTER-POOL-…`;
    /// AKS: `aks-POOL-NUMBER-vmss…`. A name is a hint and no proof: who runs the node may choose it.
    pub fn from_node_name(name: &str) -> Option<Self> {
        if name.starts_with("gke-") {
            Some(Self::Google)
        } else if name.starts_with("aks-") && name.contains("-vmss") {
            Some(Self::Azure)
        } else if name.ends_with(".compute.internal") || name.ends_with(".ec2.internal") {
            Some(Self::Aws)
        } else {
            None
        }
    }

    /// The word of JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Google => "google",
            Self::Azure => "azure",
        }
    }
}

impl fmt::Display for CloudProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aws => "AWS",
            Self::Google => "Google Cloud",
            Self::Azure => "Azure",
        })
    }
}

/// Account, region and partition of an Amazon ECR host: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcrHost<'a> {
    pub account: &'a str,
    pub region: &'a str,
    /// `aws`, `aws-cn` or `aws-us-gov`, as in an ARN.
    pub partition: &'static str,
}

impl<'a> EcrHost<'a> {
    pub fn parse(host: &'a str) -> Option<Self> {
        if CloudProvider::from_registry_host(host) != Some(CloudProvider::Aws) {
            return None;
        }
        let mut labels = host.split('.');
        let account = labels.next()?;
        let region = labels.find(|label| label.contains('-') && !label.contains("ecr"))?;
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        Some(Self {
            account,
            region,
            partition,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_tells_its_cloud() {
        for (host, cloud) in [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
                Some(CloudProvider::Aws),
            ),
            ("europe-west3-docker.pkg.dev", Some(CloudProvider::Google)),
            ("eu.gcr.io", Some(CloudProvider::Google)),
            ("acme.azurecr.io", Some(CloudProvider::Azure)),
            // Public, or no cloud's own.
            ("public.ecr.aws", None),
            ("mcr.microsoft.com", None),
            ("k8s.gcr.io", None),
            ("docker.io", None),
            ("registry.example:5000", None),
        ] {
            assert_eq!(CloudProvider::from_registry_host(host), cloud, "{host}");
        }
    }

    #[test]
    fn a_node_tells_its_cloud_by_its_name() {
        for (name, cloud) in [
            (
                "ip-10-0-1-2.eu-west-1.compute.internal",
                Some(CloudProvider::Aws),
            ),
            ("ip-10-0-1-2.ec2.internal", Some(CloudProvider::Aws)),
            (
                "gke-prod-default-pool-1a2b3c4d-x9z8",
                Some(CloudProvider::Google),
            ),
            (
                "aks-nodepool1-12345678-vmss000000",
                Some(CloudProvider::Azure),
            ),
            ("node-1", None),
            ("aks-like", None),
        ] {
            assert_eq!(CloudProvider::from_node_name(name), cloud, "{name}");
        }
    }

    #[test]
    fn an_ecr_host_tells_account_and_region() {
        for (host, parts) in [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
                Some(("123456789012", "eu-west-1", "aws")),
            ),
            (
                "1.dkr.ecr.cn-north-1.amazonaws.com.cn",
                Some(("1", "cn-north-1", "aws-cn")),
            ),
            (
                "1.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                Some(("1", "us-gov-west-1", "aws-us-gov")),
            ),
            (
                "1.dkr-ecr.eu-west-1.on.aws",
                Some(("1", "eu-west-1", "aws")),
            ),
            ("acme.azurecr.io", None),
        ] {
            let found = EcrHost::parse(host).map(|it| (it.account, it.region, it.partition));
            assert_eq!(found, parts, "{host}");
        }
    }
}
