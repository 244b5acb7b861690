//! The provider link of the chain: a credential provider of the kubelet, which pulls without a pull Secret (KEP-2133,
//! GA in Kubernetes 1.26), with the node's identity or that of the ServiceAccount (KEP-4412, beta since 1.34).
//!
//! No object of the API says whether a node has the plugin. The registry's host says that the nodes of its cloud have
//! one, and annotations which identity a plugin takes; that of a registry of no cloud is known from these alone.

use std::fmt;

use super::PodContext;
use crate::domain::{
    k8s::objects::{ServiceAccount, WorkloadIdentity},
    registry_auth::{credential_provider::CredentialProvider, image_ref::ImageRef},
};

/// The credential provider that nodes have for an image's registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLink {
    pub provider: CredentialProvider,
    /// The identity that the Pod's ServiceAccount has at it; one for pulls goes before one for containers.
    pub identity: Option<WorkloadIdentity>,
}

impl ProviderLink {
    /// The link of an image; `None` if its registry belongs to no cloud and no annotation names an identity for it.
    pub fn new(account: Option<&ServiceAccount>, image: &ImageRef) -> Option<Self> {
        let host = image.host();
        let identities = account.map_or(&[][..], |account| &account.identities);
        let Some(provider) = CredentialProvider::from_registry_host(host) else {
            let mut for_pulls = identities.iter().filter(|it| it.is_for_pulls());
            let identity = for_pulls.find(|it| it.provider.may_serve(host))?;
            return Some(Self {
                provider: identity.provider,
                identity: Some(identity.clone()),
            });
        };
        let of_cloud = identities.iter().filter(|it| it.provider == provider);
        let identity = of_cloud.max_by_key(|it| it.is_for_pulls()).cloned();
        Some(Self { provider, identity })
    }

    /// The identity that the ServiceAccount's annotation sets for pulls.
    pub fn pull_identity(&self) -> Option<&WorkloadIdentity> {
        let identity = self.identity.as_ref();
        identity.filter(|it| it.is_for_pulls())
    }
}

impl fmt::Display for ProviderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider;
        let Some(identity) = self.pull_identity() else {
            return write!(f, "{provider} node identity");
        };
        match &identity.subject {
            Some(subject) => {
                let short = subject.rsplit('/').next().unwrap_or(subject);
                write!(f, "{provider} identity {short}")
            }
            None => write!(f, "{provider} identity of the ServiceAccount"),
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
            (
                "europe-west3-docker.pkg.dev/acme/images/app:1",
                &[("iam.gke.io/enable-wi-image-pull", "true")],
                Some("Google Cloud identity of the ServiceAccount"),
            ),
            ("acme.jfrog.io/docker/app:1", &[], None),
            (
                "acme.jfrog.io/docker/app:1",
                &[for_containers, ("JFrogExchange", "true")],
                Some("JFrog identity of the ServiceAccount"),
            ),
            // A name that nobody knows may be a registry of that kind.
            (
                "images.corp.example/app:1",
                &[("quay.io/federated-robot-account", "acme+puller")],
                Some("Quay identity acme+puller"),
            ),
            (
                "docker.cloudsmith.io/acme/team/app:1",
                &[("cloudsmith.io/service-slug", "puller")],
                Some("Cloudsmith identity puller"),
            ),
            ("ghcr.io/acme/app:1", &[("JFrogExchange", "true")], None),
            ("docker.io/acme/app:1", &[role], None),
        ] {
            assert_eq!(link(image, annotations).as_deref(), expected, "{image}");
        }
    }
}
