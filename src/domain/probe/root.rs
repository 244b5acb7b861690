//! The roots that a probe can prove.

/// Why, as far as the registry's answers prove it; the names are those of the JSON shapes (`root`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    EntryForOtherRegistry,
    EntryEmpty,
    CredentialRejected,
    CredentialExpired,
    CredentialLacksAccess,
    TagMissing,
    RepositoryMissing,
    RegistryDown,
    RegistryUnknownHost,
    CaUntrusted,
    CertificateWrong,
    PlainHttp,
    RateLimit,
    WrongPlatform,
}

impl Root {
    pub fn slug(self) -> &'static str {
        match self {
            Self::EntryForOtherRegistry => "entry-for-other-registry",
            Self::EntryEmpty => "entry-empty",
            Self::CredentialRejected => "credential-rejected",
            Self::CredentialExpired => "credential-expired",
            Self::CredentialLacksAccess => "credential-lacks-access",
            Self::TagMissing => "tag-missing",
            Self::RepositoryMissing => "repository-missing",
            Self::RegistryDown => "registry-down",
            Self::RegistryUnknownHost => "registry-unknown-host",
            Self::CaUntrusted => "ca-untrusted",
            Self::CertificateWrong => "certificate-wrong",
            Self::PlainHttp => "plain-http",
            Self::RateLimit => "rate-limit",
            Self::WrongPlatform => "wrong-platform",
        }
    }
}
