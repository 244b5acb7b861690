//! Root causes: why a pull fails, as proven by objects in the cluster.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Cause;

/// The root cause of a failure, with the names of the JSON of `check` (`root`), which never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootCause {
    SecretNotAttached,
    PodPredatesBinding,
    SecretMissing,
    SecretWrongType,
    SecretWrongKey,
    SecretMalformed,
    SecretEmpty,
    EntryForOtherRegistry,
    EntryEmpty,
    CredentialRejected,
    CredentialExpired,
    CredentialLacksAccess,
    /// Of the node or the ServiceAccount, at the registry's cloud.
    IdentityLacksAccess,
    TagMissing,
    RepositoryMissing,
    ImageNameInvalid,
    Moved,
    ServiceAccountMissing,
    PolicyNever,
    RegistryDown,
    RegistryUnknownHost,
    CaUntrusted,
    CertificateWrong,
    PlainHttp,
    RateLimit,
    AbuseLimit,
    WrongPlatform,
    ImageFormat,
    ImagePolicy,
    NodeProblem,
    /// The node pulls other images first.
    PullQueued,
    /// The pull has not ended, and no error is known.
    PullUnfinished,
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
            Self::SecretEmpty => "secret-empty",
            Self::EntryForOtherRegistry => "entry-for-other-registry",
            Self::EntryEmpty => "entry-empty",
            Self::CredentialRejected => "credential-rejected",
            Self::CredentialExpired => "credential-expired",
            Self::CredentialLacksAccess => "credential-lacks-access",
            Self::IdentityLacksAccess => "identity-lacks-access",
            Self::TagMissing => "tag-missing",
            Self::RepositoryMissing => "repository-missing",
            Self::ImageNameInvalid => "image-name-invalid",
            Self::Moved => "moved",
            Self::ServiceAccountMissing => "service-account-missing",
            Self::PolicyNever => "policy-never",
            Self::RegistryDown => "registry-down",
            Self::RegistryUnknownHost => "registry-unknown-host",
            Self::CaUntrusted => "ca-untrusted",
            Self::CertificateWrong => "certificate-wrong",
            Self::PlainHttp => "plain-http",
            Self::RateLimit => "rate-limit",
            Self::AbuseLimit => "abuse-limit",
            Self::WrongPlatform => "wrong-platform",
            Self::ImageFormat => "image-format",
            Self::ImagePolicy => "image-policy",
            Self::NodeProblem => "node-problem",
            Self::PullQueued => "pull-queued",
            Self::PullUnfinished => "pull-unfinished",
            Self::NotScheduled => "not-scheduled",
            Self::NotAPull => "not-a-pull",
        }
    }

    /// The label in panes and titles.
    pub fn title(self) -> &'static str {
        self.text().label
    }

    /// The explanation, to follow *because*.
    pub fn explanation(self) -> &'static str {
        self.text().explanation
    }

    /// The link of the chain that has to be changed.
    pub fn chain_link(self) -> ChainLink {
        match self {
            Self::SecretNotAttached | Self::ServiceAccountMissing => ChainLink::Account,
            Self::SecretMissing
            | Self::SecretWrongType
            | Self::SecretWrongKey
            | Self::SecretMalformed
            | Self::SecretEmpty
            | Self::EntryForOtherRegistry
            | Self::EntryEmpty
            | Self::CredentialRejected
            | Self::CredentialExpired
            | Self::CredentialLacksAccess => ChainLink::Secret,
            Self::IdentityLacksAccess => ChainLink::Provider,
            Self::TagMissing
            | Self::RepositoryMissing
            | Self::ImageNameInvalid
            | Self::Moved
            | Self::PolicyNever
            | Self::WrongPlatform
            | Self::ImageFormat
            | Self::ImagePolicy => ChainLink::Image,
            Self::RegistryDown
            | Self::RegistryUnknownHost
            | Self::CaUntrusted
            | Self::CertificateWrong
            | Self::PlainHttp
            | Self::RateLimit
            | Self::AbuseLimit
            | Self::PullUnfinished => ChainLink::Registry,
            Self::NodeProblem | Self::PullQueued => ChainLink::Node,
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
    /// The credential provider of the node, which needs no Secret.
    Provider,
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
