//! The identity for registries that an annotation of a ServiceAccount sets.
//!
//! The annotations that clouds document for containers are not those that the kubelet's plugins read for a pull
//! (KEP-4412): a role of the first kind lets the program call the cloud, and leaves the pull to the node's identity
//! unless the plugin was configured to take it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::registry_auth::credential_provider::CredentialProvider;

/// An identity of a ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkloadIdentity {
    pub provider: CredentialProvider,
    /// The IAM role, the Google service account, the client id, the robot. `None`: the ServiceAccount itself, by its
    /// token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Arc<str>>,
    pub scope: IdentityScope,
}

/// The scope of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityScope {
    /// The Pod's containers.
    Containers,
    /// The kubelet's credential provider, for the Pod's images.
    Pulls,
}

/// What an annotation's value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnnotationValue {
    /// It names the identity.
    Subject,
    /// `true` lets the ServiceAccount pull as itself.
    Switch,
}

/// An annotation of ServiceAccounts that gives an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityAnnotation {
    pub key: &'static str,
    provider: CredentialProvider,
    scope: IdentityScope,
    value: AnnotationValue,
}

/// All that are known.
///
/// For containers: `eks.amazonaws.com/role-arn` (amazon-eks-pod-identity-webhook), `iam.gke.io/gcp-service-account`
/// (GKE Workload Identity), `azure.workload.identity/client-id` (azure-workload-identity). EKS Pod Identity has none: its
/// associations are objects of the EKS API, and are for containers, too.
///
/// For pulls:
///
/// - `eks.amazonaws.com/ecr-role-arn`: cloud-provider-aws#1155, #1264 (open: to take `role-arn`), #1281
/// - `iam.gke.io/enable-wi-image-pull`: `pkg/gcpcredential/gcpcredential.go` of cloud-provider-gcp, #1202 (June 2026);
///   only `"true"` counts, and only where the plugin has an `--identity-provider`
/// - `kubernetes.azure.com/acr-client-id`: cloud-provider-azure#9907 (February 2026); outside AKS the plugin also wants
///   `kubernetes.azure.com/acr-tenant-id`
/// - `JFrogExchange`: `internal/provider` of jfrog/jfrog-credentials-provider; on AWS it also wants `role-arn`
/// - `cloudsmith.io/service-slug`: README of cloudsmith-io/cloudsmith-kubernetes-credential-provider
/// - `quay.io/federated-robot-account`: README of sabre1041/quay-credential-provider
///
/// Harbor's provider (container-registry/harbor-workload-identity-federation) reads none: its robots match the token's
/// claims. Read in November 2026.
pub const IDENTITY_ANNOTATIONS: [IdentityAnnotation; 9] = {
    use AnnotationValue::{Subject, Switch};
    use CredentialProvider::{Aws, Azure, Cloudsmith, Google, JFrog, Quay};
    use IdentityScope::{Containers, Pulls};
    const fn row(
        key: &'static str,
        provider: CredentialProvider,
        scope: IdentityScope,
        value: AnnotationValue,
    ) -> IdentityAnnotation {
        IdentityAnnotation {
            key,
            provider,
            scope,
            value,
        }
    }
    [
        row("eks.amazonaws.com/role-arn", Aws, Containers, Subject),
        row(
            "iam.gke.io/gcp-service-account",
            Google,
            Containers,
            Subject,
        ),
        row(
            "azure.workload.identity/client-id",
            Azure,
            Containers,
            Subject,
        ),
        row("eks.amazonaws.com/ecr-role-arn", Aws, Pulls, Subject),
        row("iam.gke.io/enable-wi-image-pull", Google, Pulls, Switch),
        row("kubernetes.azure.com/acr-client-id", Azure, Pulls, Subject),
        row("JFrogExchange", JFrog, Pulls, Switch),
        row("cloudsmith.io/service-slug", Cloudsmith, Pulls, Subject),
        row("quay.io/federated-robot-account", Quay, Pulls, Subject),
    ]
};

impl IdentityAnnotation {
    /// The annotation of this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        IDENTITY_ANNOTATIONS.iter().find(|it| it.key == key)
    }

    /// The identity that it gives with this value, if any.
    pub fn identity(&self, value: impl Into<Arc<str>>) -> Option<WorkloadIdentity> {
        let value = value.into();
        let subject = match self.value {
            AnnotationValue::Subject if value.is_empty() => return None,
            AnnotationValue::Subject => Some(value),
            AnnotationValue::Switch if &*value == "true" => None,
            AnnotationValue::Switch => return None,
        };
        Some(WorkloadIdentity {
            provider: self.provider,
            subject,
            scope: self.scope,
        })
    }
}

impl WorkloadIdentity {
    pub fn is_for_pulls(&self) -> bool {
        self.scope == IdentityScope::Pulls
    }

    /// The identity that an annotation names, if it is one that does.
    pub fn from_annotation(key: &str, value: impl Into<Arc<str>>) -> Option<Self> {
        IdentityAnnotation::find(key)?.identity(value)
    }

    /// The annotation that sets it.
    pub fn annotation(&self) -> Option<&'static str> {
        let mut known = IDENTITY_ANNOTATIONS.iter();
        let found = known.find(|it| (it.provider, it.scope) == (self.provider, self.scope));
        found.map(|it| it.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_names_an_identity_and_is_named_by_it() {
        for annotation in IDENTITY_ANNOTATIONS {
            let key = annotation.key;
            let identity = WorkloadIdentity::from_annotation(key, "true").unwrap();
            assert_eq!(
                (identity.provider, identity.scope),
                (annotation.provider, annotation.scope)
            );
            assert_eq!(identity.annotation(), Some(key));
        }
    }

    #[test]
    fn a_switch_is_on_with_true_only_and_a_name_is_not_empty() {
        for (key, value, expected) in [
            ("eks.amazonaws.com/role-arn", "", None),
            ("team", "shop", None),
            ("iam.gke.io/enable-wi-image-pull", "true", Some(None)),
            ("iam.gke.io/enable-wi-image-pull", "false", None),
            ("JFrogExchange", "True", None),
            (
                "quay.io/federated-robot-account",
                "acme+puller",
                Some(Some("acme+puller")),
            ),
        ] {
            let found = WorkloadIdentity::from_annotation(key, value);
            let subject = found.as_ref().map(|it| it.subject.as_deref());
            assert_eq!(subject, expected, "{key}: {value}");
        }
    }
}
