//! The core of a message: what failed, and its usual causes.
//!
//! `rules` decides which core a message has.

mod rule;
mod rules;

use super::{Message, RegistryKind};
use crate::domain::diagnostics::Cause as C;

pub(super) use rules::{core, frame, is_cut, is_framed, is_of_sandbox};

/// Whose words a core is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// Of the pull alone.
    Own,
    /// Of other programs, too: a connection can be anybody's.
    Shared,
}

/// Where it is known from what a core can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The text says it.
    Told,
    /// The answer does not say why: it was measured. For the others, which faults happened to be played would
    /// only narrow what is known.
    Measured,
}

/// Rows of core, name, [`Words`], [`Source`] and the usual causes.
macro_rules! cores {
    ($($(#[$doc:meta])* $core:ident $slug:literal $words:ident $source:ident [$($cause:ident),*],)*) => {
        /// What failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Core {
            $($(#[$doc])* $core,)*
        }

        impl Core {
            /// The name in the table of measurements.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$core => $slug,)*
                }
            }

            fn words(self) -> Words {
                match self {
                    $(Self::$core => Words::$words,)*
                }
            }

            fn source(self) -> Source {
                match self {
                    $(Self::$core => Source::$source,)*
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
    Elsewhere "elsewhere" Own Told [NotAPullFailure],
    /// The end of an error at a container's start.
    StartFragment "start-fragment" Shared Told [NotAPullFailure],
    /// A program for another processor: the same mistake as a wrong platform, found when it starts.
    ExecFormat "exec-format" Own Told [NotAPullFailure, PlatformMismatch],
    /// The image of a volume is on the node, and its mount fails.
    ImageVolume "image-volume" Own Told [NotAPullFailure, LayerUnpackFailed],
    /// A Secret that is not found, without a word that says it is for pulling.
    SomeSecretMissing "some-secret-missing" Own Told [NotAPullFailure, PullSecretMissing],
    /// A certificate of the cluster's API.
    ApiCertificate "api-certificate" Own Told [NotAPullFailure, TlsHostnameOrExpired],
    /// Admission refuses the image.
    Admission "admission" Own Told [SignaturePolicy],
    /// Admission cannot verify the image for want of a login of its own.
    AdmissionLogin "admission-login" Own Told [SignaturePolicy, NoCredentialsSent],
    AdmissionSecret "admission-secret" Own Told [SignaturePolicy, PullSecretMalformed],
    /// The kubelet's `pull QPS exceeded`.
    PullQps "pull-qps" Own Told [KubeletPullThrottled, RateLimited],
    /// Policy `Never`: since 1.35 said, too, of an image that is there and was pulled with another login.
    NeverPull "never-pull" Own Told [NeverPullAbsent, CredentialsNotVerified],
    PullSecretMissing "pull-secret-missing" Own Told [PullSecretMissing],
    CredentialProvider "credential-provider" Own Told [CredentialProviderFailure],

    RuntimeDown "runtime-down" Own Told [RuntimeUnavailable],
    RuntimeRefused "runtime-refused" Own Told [RuntimeUnavailable, RegistryUnreachableRefused],
    Reference "reference" Own Told [InvalidImageName],
    ShortName "short-name" Own Told [ShortNameUnresolved],
    Signature "signature" Shared Told [SignaturePolicy],
    DiskFull "disk-full" Shared Told [DiskFull],
    Platform "platform" Own Told [PlatformMismatch],
    /// containerd wraps it as `not found`, like a tag that is not there.
    PlatformNotFound "platform-not-found" Own Told [PlatformMismatch, ImageNotFound],
    ManifestFormat "manifest-format" Own Told [ManifestUnsupported],
    /// containerd's `no signatures` is of a schema 1 manifest; what is cut off behind it may be a policy's.
    NoSignatures "no-signatures" Own Told [ManifestUnsupported, SignaturePolicy],
    OldSchema "old-schema" Own Told [ManifestUnsupported],
    OldSchemaNotFound "old-schema-not-found" Own Told [ManifestUnsupported, ImageNotFound],
    /// A digest that is none, and nothing tells where it stands.
    DigestForm "digest-form" Shared Told [InvalidImageName],
    /// A digest of the manifest that is none.
    ManifestDigest "manifest-digest" Own Told [ManifestUnsupported, RegistryBadResponse],
    StoreContent "store-content" Own Told [LocalStoreError, ContentCorrupt, ImageNotFound],
    LocalStore "local-store" Own Told [LocalStoreError],
    Unpack "unpack" Own Told [LayerUnpackFailed],
    TarHeader "tar-header" Own Told [LayerUnpackFailed, ManifestUnsupported, ContentCorrupt],
    DiffId "diff-id" Own Told [ContentCorrupt, LayerUnpackFailed],
    /// The configuration names other layers than the manifest: also of media types that were passed over.
    RootFs "root-fs" Own Told [LayerUnpackFailed, ContentCorrupt, ManifestUnsupported],

    ProxyScheme "proxy-scheme" Shared Told [RegistryUnreachableProxy, RegistryUnreachableDns],
    Proxy "proxy" Shared Told [RegistryUnreachableProxy],
    /// What is wrong with the connection to the proxy itself.
    ProxyRefused "proxy-refused" Shared Told [RegistryUnreachableProxy, RegistryUnreachableRefused],
    ProxyDns "proxy-dns" Shared Told [RegistryUnreachableProxy, RegistryUnreachableDns],
    ProxySpeaksHttp "proxy-speaks-http" Shared Told [RegistryUnreachableProxy, TlsHttpMismatch],
    /// The connection to a proxy on this machine breaks.
    LocalProxyRefused "local-proxy-refused" Shared Told [RegistryUnreachableProxy, RegistryUnreachableRefused],
    LocalProxyTimeout "local-proxy-timeout" Shared Told [RegistryUnreachableProxy, RegistryUnreachableTimeout],
    LocalProxyReset "local-proxy-reset" Shared Told [RegistryUnreachableProxy, RegistryUnreachableReset],
    /// A status text without a number is a proxy's answer to CONNECT.
    ProxyFault "proxy-fault" Shared Told [RegistryUnreachableProxy, Registry5xx],
    ProxyForbids "proxy-forbids" Shared Told [RegistryUnreachableProxy, ForbiddenByPolicy],
    PlainHttp "plain-http" Shared Told [TlsHttpMismatch],
    UnknownAuthority "unknown-authority" Shared Told [TlsUntrustedCa],
    CertificateName "certificate-name" Shared Told [TlsHostnameOrExpired],
    CertificateValidFor "certificate-valid-for" Shared Told [TlsHostnameOrExpired],
    CertificateTime "certificate-time" Shared Told [TlsHostnameOrExpired],
    Handshake "handshake" Shared Told [TlsHandshakeFailure],
    Dns "dns" Shared Told [RegistryUnreachableDns],
    DnsTimeout "dns-timeout" Shared Told [RegistryUnreachableDns, RegistryUnreachableTimeout],
    DnsRefused "dns-refused" Shared Told [RegistryUnreachableDns, RegistryUnreachableRefused],
    DnsNoRoute "dns-no-route" Shared Told [RegistryUnreachableDns, RegistryUnreachableNoRoute],
    Refused "refused" Shared Told [RegistryUnreachableRefused],
    /// Port 443 of an address that the image names without a port: a plain-http registry may listen elsewhere.
    RefusedHttps "refused-https" Shared Told [RegistryUnreachableRefused, TlsHttpMismatch],
    /// Only an address is told: it may be the registry's or the proxy's.
    RefusedAddress "refused-address" Shared Told [RegistryUnreachableRefused, RegistryUnreachableProxy],
    NoRoute "no-route" Shared Told [RegistryUnreachableNoRoute],
    Timeout "timeout" Shared Told [RegistryUnreachableTimeout],
    HandshakeTimeout "handshake-timeout" Shared Told [RegistryUnreachableTimeout, RegistryUnreachableProxy],

    RateLimit "rate-limit" Own Told [RateLimited],
    DigestMismatch "digest-mismatch" Own Told [ContentCorrupt],
    BlobUnknown "blob-unknown" Own Told [ContentCorrupt],
    ContentNotFound "content-not-found" Own Told [ContentCorrupt, ImageNotFound],
    /// The same, asked by tag.
    TagContentNotFound "tag-content-not-found" Own Told [ImageNotFound, ContentCorrupt],
    /// Also cut by the time limit of a proxy or load balancer on the way.
    ShortBody "short-body" Shared Told [ContentCorrupt, RegistryUnreachableReset, RegistryUnreachableTimeout],
    Reset "reset" Shared Told [RegistryUnreachableReset, RegistryUnreachableProxy],
    /// The server closes the connection without an answer.
    Closed "closed" Shared Told [RegistryUnreachableReset],
    TokenBodyCut "token-body-cut" Shared Told [RegistryUnreachableReset, RegistryBadResponse],
    TokenMissing "token-missing" Shared Told [RegistryBadResponse, Unauthorized, RepositoryMissingOrNoAccess],
    /// A 400: also what a TLS port answers to plain http, and ECR to a bad credential.
    BadRequest "bad-request" Shared Told [RegistryBadResponse, TlsHttpMismatch],
    ResetWhileCopying "reset-while-copying" Shared Told [RegistryUnreachableReset, ContentCorrupt, RegistryUnreachableProxy],
    ServerError "server-error" Shared Told [Registry5xx],
    /// HTML or the like where a manifest is asked for.
    Page "page" Shared Told [RegistryBadResponse, RegistryUnreachableProxy],
    /// A page that was stored as a manifest.
    PageStored "page-stored" Shared Told [RegistryBadResponse, ContentCorrupt, RegistryUnreachableProxy],
    Expired "expired" Own Told [TokenExpired],
    ClientSecret "client-secret" Shared Told [TokenExpired, Unauthorized],
    NoBasicAuth "no-basic-auth" Own Told [NoCredentialsSent],
    /// `unable to retrieve auth token: invalid username/password`: containers/image says so of any 401 of a
    /// token server, also without a login.
    TokenLogin "token-login" Own Measured [Unauthorized, NoCredentialsSent, TokenExpired],
    NothingSent "nothing-sent" Shared Measured [NoCredentialsSent, Unauthorized],
    NothingSentUnclear "nothing-sent-unclear" Shared Measured [NoCredentialsSent, RepositoryMissingOrNoAccess],
    AnonymousToken "anonymous-token" Own Measured [NoCredentialsSent, RepositoryMissingOrNoAccess],
    OauthToken "oauth-token" Own Measured [Unauthorized, TokenExpired, ForbiddenByPolicy],
    /// Google's `You don't have the needed permissions …, and you may have invalid credentials`: an anonymous
    /// client is told the same.
    GrantOrCredential "grant-or-credential" Own Told [Unauthorized, NoCredentialsSent, ForbiddenByPolicy],
    BadCredential "bad-credential" Shared Measured [Unauthorized],
    BadToken "bad-token" Shared Measured [Unauthorized, TokenExpired, PullSecretMalformed],
    /// A token server that has not got what is asked: the wrong realm.
    TokenNotFound "token-not-found" Shared Told [RegistryBadResponse],
    PolicyPage "policy-page" Shared Told [ForbiddenByPolicy, RegistryBadResponse],
    Policy "policy" Shared Measured [ForbiddenByPolicy],
    DoesNotSayWhich "does-not-say-which" Shared Measured [ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    AccessUnclear "access-unclear" Own Measured [RepositoryMissingOrNoAccess, NoCredentialsSent, Unauthorized],
    RepositoryMissing "repository-missing" Own Measured [RepositoryMissingOrNoAccess],
    /// Harbor's `unknown: repository NAME not found`.
    RepositoryNamed "repository-named" Own Told [RepositoryMissingOrNoAccess, ImageNotFound, RegistryBadResponse],
    AuthenticationRequired "authentication-required" Shared Measured [NoCredentialsSent, Unauthorized],
    TokenRefused "token-refused" Shared Measured [Unauthorized, NoCredentialsSent, TokenExpired],
    Unauthorized401 "unauthorized-401" Shared Measured [NoCredentialsSent, Unauthorized, TokenExpired],
    Unauthorized "unauthorized" Shared Measured [Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// A store of blobs answers for itself, in HTML or XML.
    ForbiddenStore "forbidden-store" Shared Told [ForbiddenByPolicy, RegistryBadResponse],
    SurePolicy "sure-policy" Own Told [ForbiddenByPolicy],
    /// A manifest of the list is refused after the list was given.
    ForbiddenChild "forbidden-child" Shared Told [ForbiddenByPolicy, Unauthorized],
    ForbiddenBlob "forbidden-blob" Shared Told [ForbiddenByPolicy],
    Denied "denied" Shared Measured [Unauthorized, RepositoryMissingOrNoAccess, TokenExpired, NoCredentialsSent],
    TokenForbidden "token-forbidden" Shared Measured [Unauthorized, NoCredentialsSent, ForbiddenByPolicy, RepositoryMissingOrNoAccess],
    Forbidden "forbidden" Shared Measured [ForbiddenByPolicy, Unauthorized, NoCredentialsSent, RepositoryMissingOrNoAccess],
    /// JSON that is broken, and nothing tells whose it is.
    BrokenJson "broken-json" Shared Told [PullSecretMalformed],
    SecretMalformed "secret-malformed" Own Told [PullSecretMalformed],
    OddAnswerUnknown "odd-answer-unknown" Shared Told [RegistryBadResponse, ImageNotFound],
    OddAnswer "odd-answer" Shared Told [RegistryBadResponse],
    ManifestUnknown "manifest-unknown" Own Told [ImageNotFound],
    NotFound "not-found" Shared Measured [ImageNotFound, RepositoryMissingOrNoAccess],
    Inspect "inspect" Own Told [LocalStoreError],
    Cancelled "cancelled" Shared Told [PullTimeoutCancelled],
    DeadlineOfRequest "deadline-of-request" Shared Told [RegistryUnreachableTimeout, PullTimeoutCancelled],
    Deadline "deadline" Shared Told [PullTimeoutCancelled, RegistryUnreachableTimeout],
    NotStated "not-stated" Own Told [CauseNotStated],
    Unknown "unknown" Shared Told [],
}

impl Core {
    /// Whether what it can mean was measured.
    pub fn is_measured(self) -> bool {
        self.source() == Source::Measured
    }

    /// Whether a connection is what failed.
    fn is_of_network(self) -> bool {
        matches!(
            self,
            Self::Dns
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
