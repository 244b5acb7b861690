//! Credential providers of the kubelet, by registry: recognised by registry host or node name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::registries::{self, RegistryId};

/// A credential provider plugin of the kubelet (KEP-2133), by whose registry it gets credentials for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialProvider {
    Aws,
    Google,
    Azure,
    JFrog,
    Cloudsmith,
    Quay,
}

impl CredentialProvider {
    /// Default provider of a cloud's nodes for this host.
    ///
    /// The plugins are `ecr-credential-provider` (cloud-provider-aws), `auth-provider-gcp` (cloud-provider-gcp) and
    /// `acr-credential-provider` (cloud-provider-azure). Others are installed by whoever runs the nodes.
    pub fn from_registry_host(host: &str) -> Option<Self> {
        match registries::find_by_host(host)?.id {
            RegistryId::Ecr => Some(Self::Aws),
            RegistryId::ArtifactRegistry | RegistryId::Gcr => Some(Self::Google),
            RegistryId::Acr => Some(Self::Azure),
            _ => None,
        }
    }

    /// Whether it can be configured for this host. A registry under a name of one's own may be any of them: only the
    /// plugin's `matchImages`, on the node, says so.
    pub fn may_serve(self, host: &str) -> bool {
        let registry = registries::find_by_host(host).map(|it| it.id);
        let (own, is_hosted_elsewhere) = match self {
            Self::Aws | Self::Google | Self::Azure => {
                return Self::from_registry_host(host) == Some(self);
            }
            Self::JFrog => (RegistryId::JFrog, true),
            Self::Cloudsmith => (RegistryId::Cloudsmith, true),
            Self::Quay => (RegistryId::Quay, true),
        };
        registry.map_or(is_hosted_elsewhere, |it| it == own)
    }

    /// Whether every node of its cloud has it.
    pub fn is_of_cloud(self) -> bool {
        match self {
            Self::Aws | Self::Google | Self::Azure => true,
            Self::JFrog | Self::Cloudsmith | Self::Quay => false,
        }
    }

    /// The audiences of the ServiceAccount tokens that it takes (`tokenAttributes.serviceAccountTokenAudience` of
    /// KEP-4412), as its documentation has them; one of them is enough. Empty where each installation chooses its own.
    ///
    /// - AWS: cloud-provider-aws#1280
    /// - Azure: `api://AKSIdentityBinding` on AKS (`cse_config.sh` of Azure/AgentBaker), `api://AzureADTokenExchange`
    ///   elsewhere (`aad`-federation; openshift/enhancements#1987, openshift/hypershift)
    /// - Cloudsmith: README of cloudsmith-io/cloudsmith-kubernetes-credential-provider (alpha)
    /// - JFrog takes those of the cloud that it runs in (`_helpers.tpl` of its chart); Quay's README has `quay` as an
    ///   example; what GKE configures could not be read
    ///
    /// Read in November 2026.
    pub fn audiences(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["sts.amazonaws.com"],
            Self::Azure => &["api://AKSIdentityBinding", "api://AzureADTokenExchange"],
            Self::Cloudsmith => &["cloudsmith"],
            Self::Google | Self::JFrog | Self::Quay => &[],
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
            Self::JFrog => "jfrog",
            Self::Cloudsmith => "cloudsmith",
            Self::Quay => "quay",
        }
    }
}

impl fmt::Display for CredentialProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aws => "AWS",
            Self::Google => "Google Cloud",
            Self::Azure => "Azure",
            Self::JFrog => "JFrog",
            Self::Cloudsmith => "Cloudsmith",
            Self::Quay => "Quay",
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
        if CredentialProvider::from_registry_host(host) != Some(CredentialProvider::Aws) {
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
                Some(CredentialProvider::Aws),
            ),
            (
                "europe-west3-docker.pkg.dev",
                Some(CredentialProvider::Google),
            ),
            ("eu.gcr.io", Some(CredentialProvider::Google)),
            ("acme.azurecr.io", Some(CredentialProvider::Azure)),
            // Public, or no cloud's own.
            ("public.ecr.aws", None),
            ("mcr.microsoft.com", None),
            ("k8s.gcr.io", None),
            ("docker.io", None),
            ("registry.example:5000", None),
        ] {
            assert_eq!(
                CredentialProvider::from_registry_host(host),
                cloud,
                "{host}"
            );
        }
    }

    #[test]
    fn a_plugin_serves_its_own_registry_and_names_that_nobody_knows() {
        use CredentialProvider::{Aws, Cloudsmith, JFrog, Quay};
        for (provider, host, serves) in [
            (JFrog, "acme.jfrog.io", true),
            (JFrog, "images.corp.example", true),
            (JFrog, "ghcr.io", false),
            (JFrog, "quay.io", false),
            (Quay, "quay.io", true),
            (Cloudsmith, "docker.cloudsmith.io", true),
            (Cloudsmith, "acme.azurecr.io", false),
            (Aws, "1.dkr.ecr.eu-west-1.amazonaws.com", true),
            (Aws, "images.corp.example", false),
        ] {
            assert_eq!(provider.may_serve(host), serves, "{provider} {host}");
        }
    }

    #[test]
    fn a_node_tells_its_cloud_by_its_name() {
        for (name, cloud) in [
            (
                "ip-10-0-1-2.eu-west-1.compute.internal",
                Some(CredentialProvider::Aws),
            ),
            ("ip-10-0-1-2.ec2.internal", Some(CredentialProvider::Aws)),
            (
                "gke-prod-default-pool-1a2b3c4d-x9z8",
                Some(CredentialProvider::Google),
            ),
            (
                "aks-nodepool1-12345678-vmss000000",
                Some(CredentialProvider::Azure),
            ),
            ("node-1", None),
            ("aks-like", None),
        ] {
            assert_eq!(CredentialProvider::from_node_name(name), cloud, "{name}");
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
