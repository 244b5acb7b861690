//! The core of a message: what failed, and what that can mean where nothing was measured.
//!
//! `rules` decides which core a message has.

mod rules;

use super::{Message, RegistryKind};
use crate::domain::cause::Cause as C;

pub(super) use rules::{core, frame, is_cut, is_framed, is_of_sandbox};

macro_rules! cores {
    ($($(#[$doc:meta])* $core:ident $slug:literal [$($cause:ident),*],)*) => {
        /// What failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Core {
            $($(#[$doc])* $core,)*
        }

        impl Core {
            /// All cores, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$core),*];

            /// The name in the table of measurements.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$core => $slug,)*
                }
            }

            /// What it can mean at a registry of no special kind, the likeliest first.
            fn usual_causes(self) -> &'static [C] {
                match self {
                    $(Self::$core => &[$(C::$cause),*],)*
                }
            }
        }
    };
}

cores! {
    /// Scheduling, volumes, the Pod's network, crashes, probes, the API server.
    Elsewhere "elsewhere" [NotAPullFailure],
    /// A program for another processor: the same mistake as a wrong platform, found when it starts.
    ExecFormat "exec-format" [NotAPullFailure, PlatformMismatch],
    /// A Secret that is not found, without a word that says it is for pulling.
    SomeSecretMissing "some-secret-missing" [NotAPullFailure, PullSecretMissing],
    /// A certificate of the cluster's API.
    ApiCertificate "api-certificate" [NotAPullFailure, TlsHostnameOrExpired],
    /// Admission refuses the image.
    Admission "admission" [SignaturePolicy],
    /// Admission cannot verify the image for want of a login of its own.
    AdmissionLogin "admission-login" [SignaturePolicy, NoCredentialsSent],
    AdmissionSecret "admission-secret" [SignaturePolicy, PullSecretMalformed],
    /// The kubelet's `pull QPS exceeded`.
    PullQps "pull-qps" [KubeletPullThrottled, RateLimited],
    /// Policy `Never`: since 1.35 said, too, of an image that is there and was pulled with another login.
    NeverPull "never-pull" [NeverPullAbsent],
    PullSecretMissing "pull-secret-missing" [PullSecretMissing],
    CredentialProvider "credential-provider" [CredentialProviderFailure],

    RuntimeDown "runtime-down" [RuntimeUnavailable],
    RuntimeRefused "runtime-refused" [RuntimeUnavailable, RegistryUnreachableRefused],
    Reference "reference" [InvalidImageName],
    ShortName "short-name" [ShortNameUnresolved],
    Signature "signature" [SignaturePolicy],
    DiskFull "disk-full" [DiskFull],
    Platform "platform" [PlatformMismatch],
    /// containerd wraps it as `not found`, like a tag that is not there.
    PlatformNotFound "platform-not-found" [PlatformMismatch, ImageNotFound],
    ManifestFormat "manifest-format" [ManifestUnsupported],
    OldSchema "old-schema" [ManifestUnsupported],
    OldSchemaNotFound "old-schema-not-found" [ManifestUnsupported, ImageNotFound],
    /// A digest of the manifest that is none.
    ManifestDigest "manifest-digest" [ManifestUnsupported, RegistryBadResponse],
    StoreContent "store-content" [LocalStoreError, ContentCorrupt, ImageNotFound],
    LocalStore "local-store" [LocalStoreError],
    Unpack "unpack" [LayerUnpackFailed],
    TarHeader "tar-header" [LayerUnpackFailed, ManifestUnsupported, ContentCorrupt],
    DiffId "diff-id" [ContentCorrupt, LayerUnpackFailed],
    /// The configuration names other layers than the manifest: also of media types that were passed over.
    RootFs "root-fs" [LayerUnpackFailed, ContentCorrupt, ManifestUnsupported],

    ProxyScheme "proxy-scheme" [RegistryUnreachableProxy, RegistryUnreachableDns],
    Proxy "proxy" [RegistryUnreachableProxy],
    /// What is wrong with the connection to the proxy itself.
    ProxyRefused "proxy-refused" [RegistryUnreachableProxy, RegistryUnreachableRefused],
    ProxyDns "proxy-dns" [RegistryUnreachableProxy, RegistryUnreachableDns],
    ProxySpeaksHttp "proxy-speaks-http" [RegistryUnreachableProxy, TlsHttpMismatch],
    /// The connection to a proxy on this machine breaks.
    LocalProxyRefused "local-proxy-refused" [RegistryUnreachableProxy, RegistryUnreachableRefused],
    LocalProxyTimeout "local-proxy-timeout" [RegistryUnreachableProxy, RegistryUnreachableTimeout],
    LocalProxyReset "local-proxy-reset" [RegistryUnreachableProxy, RegistryUnreachableReset],
    /// A status text without a number is a proxy's answer to CONNECT.
    ProxyFault "proxy-fault" [RegistryUnreachableProxy, Registry5xx],
    ProxyForbids "proxy-forbids" [RegistryUnreachableProxy, ForbiddenByPolicy],
    PlainHttp "plain-http" [TlsHttpMismatch],
    UnknownAuthority "unknown-authority" [TlsUntrustedCa],
    CertificateName "certificate-name" [TlsHostnameOrExpired],
    CertificateValidFor "certificate-valid-for" [TlsHostnameOrExpired],
    CertificateTime "certificate-time" [TlsHostnameOrExpired],
    Handshake "handshake" [TlsHandshakeFailure],
    Dns "dns" [RegistryUnreachableDns],
    DnsTimeout "dns-timeout" [RegistryUnreachableDns, RegistryUnreachableTimeout],
    DnsRefused "dns-refused" [RegistryUnreachableDns, RegistryUnreachableRefused],
    DnsNoRoute "dns-no-route" [RegistryUnreachableDns, RegistryUnreachableNoRoute],
    Refused "refused" [RegistryUnreachableRefused],
    /// Port 443 of an address that the image names without a port: a plain-http registry may listen elsewhere.
    RefusedHttps "refused-https" [RegistryUnreachableRefused, TlsHttpMismatch],
    /// Only an address is told: it may be the registry's or the proxy's.
    RefusedAddress "refused-address" [RegistryUnreachableRefused, RegistryUnreachableProxy],
    NoRoute "no-route" [RegistryUnreachableNoRoute],
    Timeout "timeout" [RegistryUnreachableTimeout],
    HandshakeTimeout "handshake-timeout" [RegistryUnreachableTimeout, RegistryUnreachableProxy],

    RateLimit "rate-limit" [RateLimited],
    DigestMismatch "digest-mismatch" [ContentCorrupt],
    BlobUnknown "blob-unknown" [ContentCorrupt],
    ContentNotFound "content-not-found" [ContentCorrupt, ImageNotFound],
    /// The same, asked by tag.
    TagContentNotFound "tag-content-not-found" [ImageNotFound, ContentCorrupt],
    ShortBody "short-body" [ContentCorrupt, RegistryUnreachableReset],
    Reset "reset" [RegistryUnreachableReset, RegistryUnreachableProxy],
    /// The server closes the connection without an answer.
    Closed "closed" [RegistryUnreachableReset],
    TokenBodyCut "token-body-cut" [RegistryUnreachableReset, RegistryBadResponse],
    TokenMissing "token-missing" [RegistryBadResponse, Unauthorized, RepositoryMissingOrNoAccess],
    /// A 400: also what a TLS port answers to plain http, and ECR to a bad credential.
    BadRequest "bad-request" [RegistryBadResponse, TlsHttpMismatch],
    ResetWhileCopying "reset-while-copying" [RegistryUnreachableReset, ContentCorrupt, RegistryUnreachableProxy],
    ServerError "server-error" [Registry5xx],
    /// HTML or the like where a manifest is asked for.
    Page "page" [RegistryBadResponse, RegistryUnreachableProxy],
    /// A page that was stored as a manifest.
    PageStored "page-stored" [RegistryBadResponse, ContentCorrupt, RegistryUnreachableProxy],
    Expired "expired" [TokenExpired],
    ClientSecret "client-secret" [TokenExpired, Unauthorized],
    NoBasicAuth "no-basic-auth" [NoCredentialsSent],
    /// `unable to retrieve auth token: invalid username/password`: containers/image says so of any 401 of a
    /// token server, also without a login.
    TokenLogin "token-login" [Unauthorized, NoCredentialsSent, TokenExpired],
    NothingSent "nothing-sent" [NoCredentialsSent, Unauthorized],
    NothingSentUnclear "nothing-sent-unclear" [NoCredentialsSent, RepositoryMissingOrNoAccess],
    AnonymousToken "anonymous-token" [NoCredentialsSent, RepositoryMissingOrNoAccess],
    OauthToken "oauth-token" [Unauthorized, TokenExpired, ForbiddenByPolicy],
    BadCredential "bad-credential" [Unauthorized],
    BadToken "bad-token" [Unauthorized, TokenExpired, PullSecretMalformed],
    /// A token server that has not got what is asked: the wrong realm.
    TokenNotFound "token-not-found" [RegistryBadResponse],
    PolicyPage "policy-page" [ForbiddenByPolicy, RegistryBadResponse],
    Policy "policy" [ForbiddenByPolicy],
    DoesNotSayWhich "does-not-say-which" [ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    AccessUnclear "access-unclear" [RepositoryMissingOrNoAccess, NoCredentialsSent, Unauthorized],
    RepositoryMissing "repository-missing" [RepositoryMissingOrNoAccess],
    /// Harbor's `unknown: repository NAME not found`.
    RepositoryNamed "repository-named" [RepositoryMissingOrNoAccess, ImageNotFound, RegistryBadResponse],
    AuthenticationRequired "authentication-required" [NoCredentialsSent, Unauthorized],
    TokenRefused "token-refused" [Unauthorized, NoCredentialsSent, TokenExpired],
    Unauthorized401 "unauthorized-401" [NoCredentialsSent, Unauthorized, TokenExpired],
    Unauthorized "unauthorized" [Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// A store of blobs answers for itself, in HTML or XML.
    ForbiddenStore "forbidden-store" [ForbiddenByPolicy, RegistryBadResponse],
    SurePolicy "sure-policy" [ForbiddenByPolicy],
    /// A manifest of the list is refused after the list was given.
    ForbiddenChild "forbidden-child" [ForbiddenByPolicy, Unauthorized],
    ForbiddenBlob "forbidden-blob" [ForbiddenByPolicy],
    Denied "denied" [Unauthorized, RepositoryMissingOrNoAccess, TokenExpired, NoCredentialsSent],
    TokenForbidden "token-forbidden" [Unauthorized, NoCredentialsSent, ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    Forbidden "forbidden" [ForbiddenByPolicy, Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    SecretMalformed "secret-malformed" [PullSecretMalformed],
    OddAnswerUnknown "odd-answer-unknown" [RegistryBadResponse, ImageNotFound],
    OddAnswer "odd-answer" [RegistryBadResponse],
    ManifestUnknown "manifest-unknown" [ImageNotFound],
    NotFound "not-found" [ImageNotFound, RepositoryMissingOrNoAccess],
    Inspect "inspect" [LocalStoreError],
    Cancelled "cancelled" [PullTimeoutCancelled],
    DeadlineOfRequest "deadline-of-request" [RegistryUnreachableTimeout, PullTimeoutCancelled],
    Deadline "deadline" [PullTimeoutCancelled, RegistryUnreachableTimeout],
    NotStated "not-stated" [CauseNotStated],
    Unknown "unknown" [],
}

impl Core {
    /// Whether the answer does not say why: what it can mean is measured. Elsewhere the text says it, and which
    /// faults happened to be played would only narrow what is known.
    pub fn is_measured(self) -> bool {
        matches!(
            self,
            Self::TokenLogin
                | Self::NothingSent
                | Self::NothingSentUnclear
                | Self::AnonymousToken
                | Self::OauthToken
                | Self::BadCredential
                | Self::BadToken
                | Self::DoesNotSayWhich
                | Self::Policy
                | Self::AccessUnclear
                | Self::RepositoryMissing
                | Self::AuthenticationRequired
                | Self::TokenRefused
                | Self::Unauthorized401
                | Self::Unauthorized
                | Self::Denied
                | Self::TokenForbidden
                | Self::Forbidden
                | Self::NotFound
        )
    }

    /// Whether its words alone tell that an image is pulled. A connection can be anybody's.
    fn names_itself(self) -> bool {
        match self {
            Self::Elsewhere
            | Self::ExecFormat
            | Self::SomeSecretMissing
            | Self::ApiCertificate
            | Self::Admission
            | Self::AdmissionLogin
            | Self::AdmissionSecret
            | Self::PullQps
            | Self::NeverPull
            | Self::PullSecretMissing
            | Self::CredentialProvider
            | Self::RuntimeDown
            | Self::RuntimeRefused
            | Self::Reference
            | Self::ShortName
            | Self::Platform
            | Self::PlatformNotFound
            | Self::ManifestFormat
            | Self::OldSchema
            | Self::OldSchemaNotFound
            | Self::ManifestDigest
            | Self::StoreContent
            | Self::LocalStore
            | Self::Unpack
            | Self::TarHeader
            | Self::DiffId
            | Self::RootFs
            | Self::BlobUnknown
            | Self::ContentNotFound
            | Self::TagContentNotFound
            | Self::NoBasicAuth
            | Self::TokenLogin
            | Self::AnonymousToken
            | Self::OauthToken
            | Self::AccessUnclear
            | Self::RepositoryMissing
            | Self::RepositoryNamed
            | Self::SecretMalformed
            | Self::ManifestUnknown
            | Self::Inspect
            | Self::NotStated
            | Self::RateLimit
            | Self::Expired
            | Self::SurePolicy
            | Self::DigestMismatch => true,
            Self::Signature
            | Self::DiskFull
            | Self::ProxyScheme
            | Self::Proxy
            | Self::ProxyRefused
            | Self::ProxyDns
            | Self::ProxySpeaksHttp
            | Self::LocalProxyRefused
            | Self::LocalProxyTimeout
            | Self::LocalProxyReset
            | Self::ProxyFault
            | Self::ProxyForbids
            | Self::PlainHttp
            | Self::UnknownAuthority
            | Self::CertificateName
            | Self::CertificateValidFor
            | Self::CertificateTime
            | Self::Handshake
            | Self::Dns
            | Self::DnsTimeout
            | Self::DnsRefused
            | Self::DnsNoRoute
            | Self::Refused
            | Self::RefusedHttps
            | Self::RefusedAddress
            | Self::NoRoute
            | Self::Timeout
            | Self::HandshakeTimeout
            | Self::ShortBody
            | Self::Reset
            | Self::Closed
            | Self::TokenBodyCut
            | Self::TokenMissing
            | Self::BadRequest
            | Self::ResetWhileCopying
            | Self::ServerError
            | Self::Page
            | Self::PageStored
            | Self::ClientSecret
            | Self::NothingSent
            | Self::NothingSentUnclear
            | Self::BadCredential
            | Self::BadToken
            | Self::TokenNotFound
            | Self::PolicyPage
            | Self::Policy
            | Self::DoesNotSayWhich
            | Self::AuthenticationRequired
            | Self::TokenRefused
            | Self::Unauthorized401
            | Self::Unauthorized
            | Self::ForbiddenStore
            | Self::ForbiddenChild
            | Self::ForbiddenBlob
            | Self::Denied
            | Self::TokenForbidden
            | Self::Forbidden
            | Self::OddAnswerUnknown
            | Self::OddAnswer
            | Self::NotFound
            | Self::Cancelled
            | Self::DeadlineOfRequest
            | Self::Deadline
            | Self::Unknown => false,
        }
    }

    /// What it can mean, the likeliest first: by the kind of registry where that makes a difference.
    pub(super) fn causes(self, message: &Message<'_>) -> Vec<C> {
        let kind = message.registry_kind();
        let special = BY_REGISTRY
            .iter()
            .find(|(core, kinds, _)| *core == self && kinds.contains(&kind.as_str()));
        special
            .map_or(self.usual_causes(), |(_, _, causes)| causes)
            .to_vec()
    }
}

const OWN: &str = RegistryKind::OWN.as_str();

/// Cores that mean something else, or more, at some registries.
#[rustfmt::skip]
const BY_REGISTRY: &[(Core, &[&str], &[C])] = &[
    (Core::NoBasicAuth, &["ecr"], &[C::NoCredentialsSent, C::CredentialProviderFailure, C::TokenExpired]),
    (Core::OauthToken, &["google"], &[C::Unauthorized, C::TokenExpired, C::ForbiddenByPolicy, C::PullSecretMalformed]),
    (Core::AuthenticationRequired, &["acr"], &[C::NoCredentialsSent, C::Unauthorized, C::TokenExpired, C::CredentialProviderFailure]),
    (Core::AuthenticationRequired, &["google"], &[C::NoCredentialsSent, C::Unauthorized, C::ForbiddenByPolicy]),
    (Core::AuthenticationRequired, &["docker-hub"], &[C::NoCredentialsSent, C::Unauthorized, C::RepositoryMissingOrNoAccess]),
    (Core::Unauthorized401, &["ecr"], &[C::Unauthorized, C::TokenExpired, C::NoCredentialsSent, C::ForbiddenByPolicy]),
    (Core::AccessUnclear, &[OWN, "ghcr", "google", "acr", "gitlab", "jfrog", "harbor"], &[C::NoCredentialsSent, C::RepositoryMissingOrNoAccess, C::Unauthorized]),
    (Core::AccessUnclear, &["nexus"], &[C::RepositoryMissingOrNoAccess, C::NoCredentialsSent, C::ForbiddenByPolicy, C::Unauthorized]),
    (Core::AccessUnclear, &["ecr"], &[C::RepositoryMissingOrNoAccess, C::NoCredentialsSent, C::Unauthorized, C::TokenExpired]),
    (Core::NotFound, &["docker-hub", "ghcr", "google", "acr", "quay", "gitlab", "harbor", "nexus", "public", "redhat"], &[C::ImageNotFound]),
    (Core::Forbidden, &["public"], &[C::ForbiddenByPolicy]),
    (Core::BadRequest, &["ecr"], &[C::RegistryBadResponse, C::Unauthorized, C::TokenExpired]),
    (Core::Timeout, &["docker-hub"], &[C::RegistryUnreachableTimeout, C::RegistryUnreachableProxy]),
    (Core::Handshake, &["docker-hub", "ghcr", "google", "acr", "quay", "gitlab", "ecr", "public", "redhat"], &[C::TlsHandshakeFailure, C::RegistryUnreachableProxy]),
    (Core::CertificateValidFor, &["docker-hub", "ghcr", "google", "acr", "quay", "gitlab", "ecr", "public", "redhat"], &[C::TlsHostnameOrExpired, C::RegistryUnreachableDns]),
];
