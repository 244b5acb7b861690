//! Root causes: why a pull fails, as proven by objects in the cluster.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Cause;

/// Why something fails. The names are those of the JSON shape `check` (`root`); they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootCause {
    SecretNotAttached,
    PodPredatesBinding,
    SecretMissing,
    SecretWrongType,
    SecretWrongKey,
    SecretMalformed,
    EntryForOtherRegistry,
    EntryEmpty,
    CredentialRejected,
    CredentialExpired,
    CredentialLacksAccess,
    TagMissing,
    RepositoryMissing,
    ImageNameInvalid,
    ServiceAccountMissing,
    PolicyNever,
    RegistryDown,
    RegistryUnknownHost,
    CaUntrusted,
    CertificateWrong,
    PlainHttp,
    RateLimit,
    WrongPlatform,
    ImageFormat,
    ImagePolicy,
    NodeProblem,
    NotScheduled,
    NotAPull,
}

impl RootCause {
    pub fn slug(self) -> &'static str {
        match self {
            Self::SecretNotAttached => "secret-not-attached",
            Self::PodPredatesBinding => "pod-predates-binding",
            Self::SecretMissing => "secret-missing",
            Self::SecretWrongType => "secret-wrong-type",
            Self::SecretWrongKey => "secret-wrong-key",
            Self::SecretMalformed => "secret-malformed",
            Self::EntryForOtherRegistry => "entry-for-other-registry",
            Self::EntryEmpty => "entry-empty",
            Self::CredentialRejected => "credential-rejected",
            Self::CredentialExpired => "credential-expired",
            Self::CredentialLacksAccess => "credential-lacks-access",
            Self::TagMissing => "tag-missing",
            Self::RepositoryMissing => "repository-missing",
            Self::ImageNameInvalid => "image-name-invalid",
            Self::ServiceAccountMissing => "service-account-missing",
            Self::PolicyNever => "policy-never",
            Self::RegistryDown => "registry-down",
            Self::RegistryUnknownHost => "registry-unknown-host",
            Self::CaUntrusted => "ca-untrusted",
            Self::CertificateWrong => "certificate-wrong",
            Self::PlainHttp => "plain-http",
            Self::RateLimit => "rate-limit",
            Self::WrongPlatform => "wrong-platform",
            Self::ImageFormat => "image-format",
            Self::ImagePolicy => "image-policy",
            Self::NodeProblem => "node-problem",
            Self::NotScheduled => "not-scheduled",
            Self::NotAPull => "not-a-pull",
        }
    }

    /// A two-word title, for narrow panes.
    pub fn title(self) -> &'static str {
        match self {
            Self::SecretNotAttached => "no Secret",
            Self::PodPredatesBinding => "stale Pod",
            Self::SecretMissing => "Secret missing",
            Self::SecretWrongType => "Secret type",
            Self::SecretWrongKey => "Secret key",
            Self::SecretMalformed => "Secret malformed",
            Self::EntryForOtherRegistry => "other registry",
            Self::EntryEmpty => "empty entry",
            Self::CredentialRejected => "bad credential",
            Self::CredentialExpired => "token expired",
            Self::CredentialLacksAccess => "no access",
            Self::TagMissing => "tag missing",
            Self::RepositoryMissing => "no repository",
            Self::ImageNameInvalid => "name invalid",
            Self::ServiceAccountMissing => "no account",
            Self::PolicyNever => "never pulled",
            Self::RegistryDown => "registry down",
            Self::RegistryUnknownHost => "unknown host",
            Self::CaUntrusted => "CA untrusted",
            Self::CertificateWrong => "certificate",
            Self::PlainHttp => "plain http",
            Self::RateLimit => "rate limit",
            Self::WrongPlatform => "wrong platform",
            Self::ImageFormat => "manifest format",
            Self::ImagePolicy => "image policy",
            Self::NodeProblem => "node problem",
            Self::NotScheduled => "not scheduled",
            Self::NotAPull => "not a pull",
        }
    }

    /// The explanation as a clause that follows *because*.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::SecretNotAttached => "no pull Secret is attached to the Pod",
            Self::PodPredatesBinding => {
                "the Pod was created before its ServiceAccount got the Secret"
            }
            Self::SecretMissing => "the Secret that the Pod lists does not exist here",
            Self::SecretWrongType => "the Secret has a type that the kubelet does not read",
            Self::SecretWrongKey => "the Secret lacks the key that its type asks for",
            Self::SecretMalformed => "the Secret's content cannot be used",
            Self::EntryForOtherRegistry => "the Secret's entries are for another registry",
            Self::EntryEmpty => "the Secret's matching entry carries no credential",
            Self::CredentialRejected => "the registry rejects the Secret's credential",
            Self::CredentialExpired => "the Secret's credential has expired",
            Self::CredentialLacksAccess => "the credential may not read this repository",
            Self::TagMissing => "the tag or digest is not in the repository",
            Self::RepositoryMissing => "there is no such repository",
            Self::ImageNameInvalid => "the image reference is malformed",
            Self::ServiceAccountMissing => "the ServiceAccount does not exist",
            Self::PolicyNever => "the pull policy is Never and the image is not on the node",
            Self::RegistryDown => "the registry does not answer",
            Self::RegistryUnknownHost => "the registry's name does not resolve",
            Self::CaUntrusted => "the node does not trust the registry's certificate",
            Self::CertificateWrong => "the registry's certificate is for another name or time",
            Self::PlainHttp => "the registry speaks plain http",
            Self::RateLimit => "the registry's rate limit is reached",
            Self::WrongPlatform => "the image is not made for the node's platform",
            Self::ImageFormat => "the runtime does not take the image's format",
            Self::ImagePolicy => "a policy refuses the image",
            Self::NodeProblem => "something is wrong on the node",
            Self::NotScheduled => "no node takes the Pod",
            Self::NotAPull => "something other than the image is missing",
        }
    }

    /// The link of the chain that has to be changed.
    pub fn chain_link(self) -> ChainLink {
        match self {
            Self::SecretNotAttached | Self::ServiceAccountMissing => ChainLink::Account,
            Self::SecretMissing
            | Self::SecretWrongType
            | Self::SecretWrongKey
            | Self::SecretMalformed
            | Self::EntryForOtherRegistry
            | Self::EntryEmpty
            | Self::CredentialRejected
            | Self::CredentialExpired
            | Self::CredentialLacksAccess => ChainLink::Secret,
            Self::TagMissing
            | Self::RepositoryMissing
            | Self::ImageNameInvalid
            | Self::PolicyNever
            | Self::WrongPlatform
            | Self::ImageFormat
            | Self::ImagePolicy => ChainLink::Image,
            Self::RegistryDown
            | Self::RegistryUnknownHost
            | Self::CaUntrusted
            | Self::CertificateWrong
            | Self::PlainHttp
            | Self::RateLimit => ChainLink::Registry,
            Self::NodeProblem => ChainLink::Node,
            Self::PodPredatesBinding | Self::NotScheduled | Self::NotAPull => ChainLink::Pod,
        }
    }

    /// The root cause that follows from a cause alone.
    pub(in crate::domain) fn from_cause(cause: Cause) -> Option<Self> {
        cause.info().root
    }
}

/// A link of the chain from the registry to the Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainLink {
    Registry,
    Image,
    Secret,
    Account,
    Pod,
    Node,
}

impl ChainLink {
    /// The link of the chain that a cause points to when no root cause is known.
    pub(in crate::domain) fn from_cause(cause: Cause) -> Self {
        cause.info().link
    }
}

impl fmt::Display for RootCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
