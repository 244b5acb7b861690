//! The cloud identity that an annotation gives a ServiceAccount.
//!
//! The annotations that clouds document for containers are not those that the kubelet's plugins read for a pull
//! (KEP-4412): a role of the first kind lets the program call the cloud, and leaves the pull to the node's identity
//! unless the plugin was configured to take it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::registry_auth::credential_provider::CredentialProvider;

/// A cloud identity of a ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkloadIdentity {
    pub provider: CredentialProvider,
    /// The IAM role, the Google service account, or the client id.
    pub subject: Arc<str>,
    pub scope: IdentityScope,
}

/// Who acts with an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityScope {
    /// The Pod's containers.
    Containers,
    /// The kubelet's credential provider, for the Pod's images.
    Pulls,
}

impl WorkloadIdentity {
    /// The annotations that name an identity.
    ///
    /// For containers: `eks.amazonaws.com/role-arn` (amazon-eks-pod-identity-webhook), `iam.gke.io/gcp-service-account`
    /// (GKE Workload Identity), `azure.workload.identity/client-id` (azure-workload-identity). For pulls:
    /// `eks.amazonaws.com/ecr-role-arn` (cloud-provider-aws#1155, #1264), `kubernetes.azure.com/acr-client-id`
    /// (cloud-provider-azure#9907, February 2026).
    pub const ANNOTATIONS: [(&'static str, CredentialProvider, IdentityScope); 5] = [
        (
            "eks.amazonaws.com/role-arn",
            CredentialProvider::Aws,
            IdentityScope::Containers,
        ),
        (
            "iam.gke.io/gcp-service-account",
            CredentialProvider::Google,
            IdentityScope::Containers,
        ),
        (
            "azure.workload.identity/client-id",
            CredentialProvider::Azure,
            IdentityScope::Containers,
        ),
        (
            "eks.amazonaws.com/ecr-role-arn",
            CredentialProvider::Aws,
            IdentityScope::Pulls,
        ),
        (
            "kubernetes.azure.com/acr-client-id",
            CredentialProvider::Azure,
            IdentityScope::Pulls,
        ),
    ];

    /// The identity that an annotation names, if it is one that does.
    pub fn from_annotation(key: &str, value: impl Into<Arc<str>>) -> Option<Self> {
        let mut known = Self::ANNOTATIONS.iter();
        let (_, provider, scope) = known.find(|(name, ..)| *name == key)?;
        let subject = value.into();
        (!subject.is_empty()).then_some(Self {
            provider: *provider,
            subject,
            scope: *scope,
        })
    }

    /// The annotation that names it.
    pub fn annotation(&self) -> Option<&'static str> {
        let mut known = Self::ANNOTATIONS.iter();
        let (key, ..) = known
            .find(|(_, provider, scope)| (*provider, *scope) == (self.provider, self.scope))?;
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_names_an_identity_and_is_named_by_it() {
        for (key, provider, scope) in WorkloadIdentity::ANNOTATIONS {
            let identity = WorkloadIdentity::from_annotation(key, "app").unwrap();
            assert_eq!((identity.provider, identity.scope), (provider, scope));
            assert_eq!(identity.annotation(), Some(key));
        }
        for (key, value) in [("eks.amazonaws.com/role-arn", ""), ("team", "shop")] {
            assert_eq!(WorkloadIdentity::from_annotation(key, value), None, "{key}");
        }
    }
}
