//! What kind of error a message is, and its usual causes.
//!
//! `rules` decides the kind.

mod rule;
mod rules;

use super::{ParsedMessage, RegistryKind as K};
use crate::domain::diagnostics::Cause as C;

pub(super) use rules::{error_kind, frame, is_cut, is_framed, is_of_sandbox};

/// Whose words an error of this kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// Of the pull alone.
    Own,
    /// Of other programs, too: a connection can be anybody's.
    Shared,
}

/// How it is known what a kind of error can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CauseSetSource {
    /// The text says it.
    Stated,
    /// The answer does not say why: it was measured. For the others, which faults happened to be played would
    /// only narrow what is known.
    Measured,
}

/// Rows of kind, name, [`Words`], [`CauseSetSource`] and the usual causes.
macro_rules! error_kinds {
    ($($(#[$doc:meta])* $error_kind:ident $slug:literal $words:ident $source:ident [$($cause:ident),*],)*) => {
        /// What failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorKind {
            $($(#[$doc])* $error_kind,)*
        }

        impl ErrorKind {
            /// The name in the table of measurements.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$error_kind => $slug,)*
                }
            }

            fn words(self) -> Words {
                match self {
                    $(Self::$error_kind => Words::$words,)*
                }
            }

            fn source(self) -> CauseSetSource {
                match self {
                    $(Self::$error_kind => CauseSetSource::$source,)*
                }
            }

            /// What it can mean at a registry of no special kind, the likeliest first.
            fn usual_causes(self) -> &'static [C] {
                match self {
                    $(Self::$error_kind => &[$(C::$cause),*],)*
                }
            }
        }
    };
}

error_kinds! {
    /// Scheduling, volumes, the Pod's network, crashes, probes, the API server.
    Elsewhere "elsewhere" Own Stated [NotAPullFailure],
    /// The end of an error at a container's start.
    StartFragment "start-fragment" Shared Stated [NotAPullFailure],
    /// A program for another processor: the same mistake as a wrong platform, found when it starts.
    ExecFormat "exec-format" Own Stated [NotAPullFailure, PlatformMismatch],
    /// The image of a volume is on the node, and its mount fails.
    ImageVolume "image-volume" Own Stated [NotAPullFailure, LayerUnpackFailed],
    /// A Secret that is not found, without a word that says it is for pulling.
    SomeSecretMissing "some-secret-missing" Own Stated [NotAPullFailure, PullSecretMissing],
    /// A certificate of the cluster's API.
    ApiCertificate "api-certificate" Own Stated [NotAPullFailure, TlsHostnameOrExpired],
    /// Admission refuses the image.
    Admission "admission" Own Stated [SignaturePolicy],
    /// Admission cannot verify the image for want of a login of its own.
    AdmissionLogin "admission-login" Own Stated [SignaturePolicy, NoCredentialsSent],
    AdmissionSecret "admission-secret" Own Stated [SignaturePolicy, PullSecretMalformed],
    /// The kubelet's `pull QPS exceeded`.
    PullQps "pull-qps" Own Stated [KubeletPullThrottled, RateLimited],
    /// Policy `Never`: since 1.35 said, too, of an image that is there and was pulled with another login.
    NeverPull "never-pull" Own Stated [NeverPullAbsent, CredentialsNotVerified],
    PullSecretMissing "pull-secret-missing" Own Stated [PullSecretMissing],
    CredentialProvider "credential-provider" Shared Stated [CredentialProviderFailure],

    RuntimeDown "runtime-down" Own Stated [RuntimeUnavailable],
    RuntimeRefused "runtime-refused" Own Stated [RuntimeUnavailable, RegistryUnreachableRefused],
    Reference "reference" Own Stated [InvalidImageName],
    ShortName "short-name" Own Stated [ShortNameUnresolved],
    Signature "signature" Shared Stated [SignaturePolicy],
    DiskFull "disk-full" Shared Stated [DiskFull],
    Platform "platform" Shared Stated [PlatformMismatch],
    /// containerd wraps it as `not found`, like a tag that is not there.
    PlatformNotFound "platform-not-found" Own Stated [PlatformMismatch, ImageNotFound],
    ManifestFormat "manifest-format" Shared Stated [ManifestUnsupported],
    /// containerd's `no signatures` is of a schema 1 manifest; what is cut off behind it may be a policy's.
    NoSignatures "no-signatures" Own Stated [ManifestUnsupported, SignaturePolicy],
    OldSchema "old-schema" Own Stated [ManifestUnsupported],
    OldSchemaNotFound "old-schema-not-found" Own Stated [ManifestUnsupported, ImageNotFound],
    /// A digest that is none, and nothing tells where it stands.
    DigestForm "digest-form" Shared Stated [InvalidImageName],
    /// A digest of the manifest that is none.
    ManifestDigest "manifest-digest" Own Stated [ManifestUnsupported, RegistryBadResponse],
    StoreContent "store-content" Own Stated [LocalStoreError, ContentCorrupt, ImageNotFound],
    LocalStore "local-store" Shared Stated [LocalStoreError],
    /// A configuration file of the node, or a setting in it, that cannot be read or is wrong.
    NodeConfig "node-config" Shared Stated [RuntimeMisconfigured],
    /// Another file of the node that may not be accessed.
    NodeFile "node-file" Shared Stated [LocalStoreError],
    NodeResources "node-resources" Shared Stated [NodeOutOfResources],
    Clock "clock" Shared Stated [ClockSkew],
    Encrypted "encrypted" Own Stated [LayerUnpackFailed],
    Unpack "unpack" Shared Stated [LayerUnpackFailed],
    TarHeader "tar-header" Shared Stated [LayerUnpackFailed, ManifestUnsupported, ContentCorrupt],
    DiffId "diff-id" Own Stated [ContentCorrupt, LayerUnpackFailed],
    /// The configuration names other layers than the manifest: also of media types that were passed over.
    RootFs "root-fs" Own Stated [LayerUnpackFailed, ContentCorrupt, ManifestUnsupported],

    ProxyScheme "proxy-scheme" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableDns],
    Proxy "proxy" Shared Stated [RegistryUnreachableProxy],
    /// What is wrong with the connection to the proxy itself.
    ProxyRefused "proxy-refused" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableRefused],
    ProxyDns "proxy-dns" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableDns],
    ProxySpeaksHttp "proxy-speaks-http" Shared Stated [RegistryUnreachableProxy, TlsHttpMismatch],
    /// The connection to a proxy on this machine breaks.
    LocalProxyRefused "local-proxy-refused" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableRefused],
    LocalProxyTimeout "local-proxy-timeout" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableTimeout],
    LocalProxyReset "local-proxy-reset" Shared Stated [RegistryUnreachableProxy, RegistryUnreachableReset],
    /// A status text without a number is a proxy's answer to CONNECT.
    ProxyFault "proxy-fault" Shared Stated [RegistryUnreachableProxy, Registry5xx],
    ProxyForbids "proxy-forbids" Shared Stated [RegistryUnreachableProxy, ForbiddenByPolicy],
    PlainHttp "plain-http" Shared Stated [TlsHttpMismatch],
    HttpsServer "https-server" Shared Stated [TlsHttpMismatch],
    /// Neither HTTP nor TLS.
    OtherProtocol "other-protocol" Shared Stated [RegistryBadResponse],
    /// An answer of which nothing is told: of TLS or of another service.
    MalformedResponse "malformed-response" Shared Stated [TlsHttpMismatch, RegistryBadResponse],
    ClientCertificate "client-certificate" Shared Stated [TlsHandshakeFailure],
    CertificateUnusable "certificate-unusable" Shared Stated [TlsHostnameOrExpired],
    /// An error of crypto/x509 that is not known.
    CertificateOther "certificate-other" Shared Stated [TlsHostnameOrExpired, TlsUntrustedCa],
    UnknownAuthority "unknown-authority" Shared Stated [TlsUntrustedCa],
    CertificateName "certificate-name" Shared Stated [TlsHostnameOrExpired],
    CertificateValidFor "certificate-valid-for" Shared Stated [TlsHostnameOrExpired],
    CertificateTime "certificate-time" Shared Stated [TlsHostnameOrExpired],
    Handshake "handshake" Shared Stated [TlsHandshakeFailure],
    /// An error of crypto/tls that is not known, or is cut.
    TlsOther "tls-other" Shared Stated [TlsHandshakeFailure, TlsUntrustedCa, TlsHostnameOrExpired],
    Dns "dns" Shared Stated [RegistryUnreachableDns],
    DnsTimeout "dns-timeout" Shared Stated [RegistryUnreachableDns, RegistryUnreachableTimeout],
    DnsRefused "dns-refused" Shared Stated [RegistryUnreachableDns, RegistryUnreachableRefused],
    DnsNoRoute "dns-no-route" Shared Stated [RegistryUnreachableDns, RegistryUnreachableNoRoute],
    Refused "refused" Shared Stated [RegistryUnreachableRefused],
    /// Port 443 of an address that the image names without a port: a plain-http registry may listen elsewhere.
    RefusedHttps "refused-https" Shared Stated [RegistryUnreachableRefused, TlsHttpMismatch],
    /// Only an address is told: it may be the registry's or the proxy's.
    RefusedAddress "refused-address" Shared Stated [RegistryUnreachableRefused, RegistryUnreachableProxy],
    NoRoute "no-route" Shared Stated [RegistryUnreachableNoRoute],
    Timeout "timeout" Shared Stated [RegistryUnreachableTimeout],
    HandshakeTimeout "handshake-timeout" Shared Stated [RegistryUnreachableTimeout, RegistryUnreachableProxy],

    RateLimit "rate-limit" Shared Stated [RateLimited],
    DigestMismatch "digest-mismatch" Shared Stated [ContentCorrupt],
    BlobUnknown "blob-unknown" Own Stated [ContentCorrupt],
    ContentNotFound "content-not-found" Own Stated [ContentCorrupt, ImageNotFound],
    /// The same, asked by tag.
    TagContentNotFound "tag-content-not-found" Own Stated [ImageNotFound, ContentCorrupt],
    /// Also cut by the time limit of a proxy or load balancer on the way.
    ShortBody "short-body" Shared Stated [ContentCorrupt, RegistryUnreachableReset, RegistryUnreachableTimeout],
    Reset "reset" Shared Stated [RegistryUnreachableReset, RegistryUnreachableProxy],
    /// The server closes the connection without an answer.
    Closed "closed" Shared Stated [RegistryUnreachableReset],
    TokenBodyCut "token-body-cut" Shared Stated [RegistryUnreachableReset, RegistryBadResponse],
    TokenMissing "token-missing" Shared Stated [RegistryBadResponse, Unauthorized, RepositoryMissingOrNoAccess],
    /// A 400: also what a TLS port answers to plain http, and ECR to a bad credential.
    BadRequest "bad-request" Shared Stated [RegistryBadResponse, TlsHttpMismatch],
    ResetWhileCopying "reset-while-copying" Shared Stated [RegistryUnreachableReset, ContentCorrupt, RegistryUnreachableProxy],
    ServerError "server-error" Shared Stated [Registry5xx],
    /// HTML or the like where a manifest is asked for.
    Page "page" Shared Stated [RegistryBadResponse, RegistryUnreachableProxy],
    /// A page that was stored as a manifest.
    PageStored "page-stored" Shared Stated [RegistryBadResponse, ContentCorrupt, RegistryUnreachableProxy],
    Expired "expired" Shared Stated [TokenExpired],
    ClientSecret "client-secret" Shared Stated [TokenExpired, Unauthorized],
    NoBasicAuth "no-basic-auth" Own Stated [NoCredentialsSent],
    /// `unable to retrieve auth token: invalid username/password`: containers/image says so of any 401 of a
    /// token server, also without a login.
    TokenLogin "token-login" Own Measured [Unauthorized, NoCredentialsSent, TokenExpired],
    NothingSent "nothing-sent" Shared Measured [NoCredentialsSent, Unauthorized],
    NothingSentUnclear "nothing-sent-unclear" Shared Measured [NoCredentialsSent, RepositoryMissingOrNoAccess],
    AnonymousToken "anonymous-token" Own Measured [NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// Each of several attempts was refused: the kubelet makes one with each credential.
    SeveralRefused "several-refused" Shared Stated [Unauthorized, TokenExpired, ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    OauthToken "oauth-token" Own Measured [Unauthorized, TokenExpired, ForbiddenByPolicy],
    /// Google's `You don't have the needed permissions …, and you may have invalid credentials`: an anonymous
    /// client is told the same.
    GrantOrCredential "grant-or-credential" Own Stated [Unauthorized, NoCredentialsSent, ForbiddenByPolicy],
    BadCredential "bad-credential" Shared Measured [Unauthorized],
    BadToken "bad-token" Shared Measured [Unauthorized, TokenExpired, PullSecretMalformed],
    /// A token server that has not got what is asked: the wrong realm.
    TokenNotFound "token-not-found" Shared Stated [RegistryBadResponse],
    PolicyPage "policy-page" Shared Stated [ForbiddenByPolicy, RegistryUnreachableProxy, RegistryBadResponse],
    /// A page in the words of a proxy, a portal or a filter.
    ProxyPage "proxy-page" Shared Stated [RegistryUnreachableProxy, ForbiddenByPolicy, RegistryBadResponse],
    Policy "policy" Shared Measured [ForbiddenByPolicy],
    DoesNotSayWhich "does-not-say-which" Shared Measured [ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    AccessUnclear "access-unclear" Own Measured [RepositoryMissingOrNoAccess, NoCredentialsSent, Unauthorized],
    RepositoryMissing "repository-missing" Shared Measured [RepositoryMissingOrNoAccess],
    /// Harbor's `unknown: repository NAME not found`.
    RepositoryNamed "repository-named" Own Stated [RepositoryMissingOrNoAccess, ImageNotFound, RegistryBadResponse],
    AuthenticationRequired "authentication-required" Shared Measured [NoCredentialsSent, Unauthorized],
    TokenRefused "token-refused" Shared Measured [Unauthorized, NoCredentialsSent, TokenExpired],
    Unauthorized401 "unauthorized-401" Shared Measured [NoCredentialsSent, Unauthorized, TokenExpired],
    Unauthorized "unauthorized" Shared Measured [Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// A store of blobs answers for itself, in HTML or XML.
    ForbiddenStore "forbidden-store" Shared Stated [ForbiddenByPolicy, RegistryBadResponse],
    SurePolicy "sure-policy" Own Stated [ForbiddenByPolicy],
    /// A manifest of the list is refused after the list was given.
    ForbiddenChild "forbidden-child" Shared Stated [ForbiddenByPolicy, Unauthorized],
    ForbiddenBlob "forbidden-blob" Shared Stated [ForbiddenByPolicy],
    Denied "denied" Shared Measured [Unauthorized, RepositoryMissingOrNoAccess, TokenExpired, NoCredentialsSent],
    TokenForbidden "token-forbidden" Shared Measured [Unauthorized, NoCredentialsSent, ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    Forbidden "forbidden" Shared Measured [ForbiddenByPolicy, Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// JSON that is broken, and nothing tells whose it is.
    BrokenJson "broken-json" Shared Stated [PullSecretMalformed],
    SecretMalformed "secret-malformed" Own Stated [PullSecretMalformed],
    OddAnswerUnknown "odd-answer-unknown" Shared Stated [RegistryBadResponse, ImageNotFound],
    OddAnswer "odd-answer" Shared Stated [RegistryBadResponse],
    /// The distribution registry says it of a repository that does not exist, too (until 2.8).
    ManifestUnknown "manifest-unknown" Shared Stated [ImageNotFound, RepositoryMissingOrNoAccess],
    NotFound "not-found" Shared Measured [ImageNotFound, RepositoryMissingOrNoAccess],
    Inspect "inspect" Own Stated [LocalStoreError],
    Cancelled "cancelled" Shared Stated [PullTimeoutCancelled],
    DeadlineOfRequest "deadline-of-request" Shared Stated [RegistryUnreachableTimeout, PullTimeoutCancelled],
    Deadline "deadline" Shared Stated [PullTimeoutCancelled, RegistryUnreachableTimeout],
    NotStated "not-stated" Own Stated [CauseNotStated],
    Unknown "unknown" Shared Stated [],
}

impl ErrorKind {
    /// Whether what it can mean was measured.
    pub fn is_measured(self) -> bool {
        self.source() == CauseSetSource::Measured
    }

    /// Whether a connection is what failed.
    fn is_of_network(self) -> bool {
        matches!(
            self,
            Self::Dns
                | Self::DnsTimeout
                | Self::DnsRefused
                | Self::DnsNoRoute
                | Self::Refused
                | Self::RefusedAddress
                | Self::NoRoute
                | Self::Timeout
                | Self::HandshakeTimeout
                | Self::Reset
                | Self::Closed
        )
    }

    /// Whether its words alone tell that an image is pulled.
    fn names_itself(self) -> bool {
        self.words() == Words::Own
    }

    /// What it can mean, the likeliest first: by the kind of registry where that makes a difference.
    pub(super) fn causes(self, message: &ParsedMessage<'_>) -> Vec<C> {
        let kind = message.registry_kind();
        let special = BY_REGISTRY
            .iter()
            .find(|(error_kind, kinds, _)| *error_kind == self && kinds.contains(&kind));
        special
            .map_or(self.usual_causes(), |(_, _, causes)| causes)
            .to_vec()
    }
}

/// Kinds of error that mean something else, or more, at some registries.
#[rustfmt::skip]
const BY_REGISTRY: &[(ErrorKind, &[K], &[C])] = &[
(ErrorKind::NoBasicAuth, &[K::Ecr], &[C::NoCredentialsSent, C::CredentialProviderFailure, C::TokenExpired]),
(ErrorKind::OauthToken, &[K::Google], &[C::Unauthorized, C::TokenExpired, C::ForbiddenByPolicy, C::PullSecretMalformed]),
(ErrorKind::AuthenticationRequired, &[K::Acr], &[C::NoCredentialsSent, C::Unauthorized, C::TokenExpired, C::CredentialProviderFailure]),
(ErrorKind::AuthenticationRequired, &[K::Google], &[C::NoCredentialsSent, C::Unauthorized, C::ForbiddenByPolicy]),
(ErrorKind::AuthenticationRequired, &[K::DockerHub], &[C::NoCredentialsSent, C::Unauthorized, C::RepositoryMissingOrNoAccess]),
(ErrorKind::Unauthorized401, &[K::Ecr], &[C::Unauthorized, C::TokenExpired, C::NoCredentialsSent, C::ForbiddenByPolicy]),
(ErrorKind::AccessUnclear, &[K::Own, K::Ghcr, K::Google, K::Acr, K::GitLab, K::JFrog, K::Harbor], &[C::NoCredentialsSent, C::RepositoryMissingOrNoAccess, C::Unauthorized]),
(ErrorKind::AccessUnclear, &[K::Nexus], &[C::RepositoryMissingOrNoAccess, C::NoCredentialsSent, C::ForbiddenByPolicy, C::Unauthorized]),
(ErrorKind::AccessUnclear, &[K::Ecr], &[C::RepositoryMissingOrNoAccess, C::NoCredentialsSent, C::Unauthorized, C::TokenExpired]),
// A repository that is missing at ghcr.io is denied (403), with and without a login: measured.
(ErrorKind::ManifestUnknown, &[K::DockerHub, K::Ghcr, K::Google, K::Acr, K::Quay, K::GitLab, K::Harbor, K::Nexus, K::Public, K::RedHat, K::Ecr], &[C::ImageNotFound]),
(ErrorKind::NotFound, &[K::DockerHub, K::Ghcr, K::Google, K::Acr, K::Quay, K::GitLab, K::Harbor, K::Nexus, K::Public, K::RedHat], &[C::ImageNotFound]),
(ErrorKind::Forbidden, &[K::Public], &[C::ForbiddenByPolicy]),
(ErrorKind::BadRequest, &[K::Ecr], &[C::RegistryBadResponse, C::Unauthorized, C::TokenExpired]),
(ErrorKind::Timeout, &[K::DockerHub], &[C::RegistryUnreachableTimeout, C::RegistryUnreachableProxy]),
(ErrorKind::Handshake, &[K::DockerHub, K::Ghcr, K::Google, K::Acr, K::Quay, K::GitLab, K::Ecr, K::Public, K::RedHat], &[C::TlsHandshakeFailure, C::RegistryUnreachableProxy]),
(ErrorKind::ClientCertificate, &[K::DockerHub, K::Ghcr, K::Google, K::Acr, K::Quay, K::GitLab, K::Ecr, K::Public, K::RedHat], &[C::TlsHandshakeFailure, C::RegistryUnreachableProxy]),
(ErrorKind::CertificateValidFor, &[K::DockerHub, K::Ghcr, K::Google, K::Acr, K::Quay, K::GitLab, K::Ecr, K::Public, K::RedHat], &[C::TlsHostnameOrExpired, C::RegistryUnreachableDns]),
];
