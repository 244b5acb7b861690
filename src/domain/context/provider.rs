//! The provider link of the chain: the kubelet's credential provider of a cloud, which pulls without a pull secret
//! (KEP-633, GA in Kubernetes 1.26), with the node's identity or that of the ServiceAccount (KEP-4412, beta since
//! 1.34).
//!
//! No object of the API says whether a node has the plugin. The registry's host says that the nodes of that cloud
//! have one, and annotations which identity it may take.

use std::fmt;

use super::PodContext;
use crate::domain::{
    k8s::objects::{IdentityScope, ServiceAccount, WorkloadIdentity},
    registry_auth::{cloud::CloudProvider, image_ref::ImageRef},
};

/// The credential provider that nodes have for an image's registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLink {
    pub cloud: CloudProvider,
    /// The identity that the Pod's ServiceAccount has at this cloud; one for pulls goes before one for containers.
    pub identity: Option<WorkloadIdentity>,
}

impl ProviderLink {
    /// The link of an image; `None` for a registry of no cloud.
    pub fn new(account: Option<&ServiceAccount>, image: &ImageRef) -> Option<Self> {
        let cloud = CloudProvider::from_registry_host(image.host())?;
        let identities = account.map_or(&[][..], |account| &account.identities);
        let of_cloud = identities.iter().filter(|it| it.provider == cloud);
        let identity = of_cloud
            .max_by_key(|it| it.scope == IdentityScope::Pulls)
            .cloned();
        Some(Self { cloud, identity })
    }

    /// The identity that the ServiceAccount's annotation names for pulls.
    pub fn pull_identity(&self) -> Option<&WorkloadIdentity> {
        let identity = self.identity.as_ref();
        identity.filter(|it| it.scope == IdentityScope::Pulls)
    }
}

impl fmt::Display for ProviderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pull_identity() {
            Some(identity) => {
                let subject = &identity.subject;
                let short = subject.rsplit('/').next().unwrap_or(subject);
                write!(f, "{} identity {short}", self.cloud)
            }
            None => write!(f, "{} node identity", self.cloud),
        }
    }
}

impl PodContext {
    /// The credential provider that the node may have for this image.
    pub fn provider_link(&self, image: &ImageRef) -> Option<ProviderLink> {
        ProviderLink::new(self.account.present().map(|account| &**account), image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::account;

    fn link(image: &str, annotations: &[(&str, &str)]) -> Option<String> {
        let mut account = account("shop", "runner", &[]);
        account.identities = annotations
            .iter()
            .filter_map(|(key, value)| WorkloadIdentity::from_annotation(key, *value))
            .collect();
        let image = ImageRef::parse(image).unwrap();
        ProviderLink::new(Some(&account), &image).map(|link| link.to_string())
    }

    #[test]
    fn the_identity_is_that_of_the_registrys_cloud() {
        let role = (
            "eks.amazonaws.com/ecr-role-arn",
            "arn:aws:iam::1:role/team/puller",
        );
        let for_containers = ("eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/app");
        let ecr = "1.dkr.ecr.eu-west-1.amazonaws.com/app:1";
        for (image, annotations, expected) in [
            (
                ecr,
                &[role, for_containers][..],
                Some("AWS identity puller"),
            ),
            (ecr, &[for_containers, role], Some("AWS identity puller")),
            // The plugin reads another annotation than containers do.
            (ecr, &[for_containers], Some("AWS node identity")),
            (ecr, &[], Some("AWS node identity")),
            (
                "acme.azurecr.io/app:1",
                &[role],
                Some("Azure node identity"),
            ),
            ("registry.example/app:1", &[role], None),
            ("docker.io/acme/app:1", &[role], None),
        ] {
            assert_eq!(link(image, annotations).as_deref(), expected, "{image}");
        }
    }
}
