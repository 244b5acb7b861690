//! Details that a message adds to its cause.

use serde::{Deserialize, Serialize};

use super::{FixId, HostFault};
use crate::domain::diagnostics::{Cause, RootCause};

/// A detail by which the same cause needs other fixes, or others first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorDetail {
    /// The host whose name does not resolve is not the one that the image names: a token server, a store of blobs,
    /// a mirror.
    UnresolvedHost(String),
    /// A host that resolves fails, and the image does not name it: a token server or a store of blobs.
    FailedHost { host: String, fault: HostFault },
    /// The file system under the runtime's root is mounted read-only.
    ReadOnlyRoot,
    /// The runtime may not access a file on the node.
    FileAccess,
    /// The layers are encrypted.
    EncryptedLayers,
    /// The file system under the runtime's root lacks extended attributes.
    FileSystem,
    /// The user namespace has too few user and group IDs.
    IdMapping,
    /// The server speaks HTTPS, and the runtime plain HTTP.
    HttpsServer,
    /// The port is that of another service.
    OtherProtocol,
    /// The registry refuses the certificate of the client, or wants one.
    ClientCertificate,
    /// The server has no certificate for the host name that was asked.
    UnknownServerName,
    /// No setting of the node makes the registry's certificate valid.
    UnusableCertificate,
    /// The registry does not let this IP address in.
    AddressBlocked,
    /// A scan or a policy of the registry blocks this image.
    ContentBlocked,
    /// Quota, billing, suspension: the account or project gets nothing, whoever asks.
    AccountBlocked,
    /// Refused for legal reasons, by country.
    LegalBlock,
    /// The organization wants single sign-on.
    SingleSignOn,
    /// The registry is shut down.
    Retired,
    /// The limit of the account that is logged in.
    AccountLimit,
    /// A limit on requests that holds with a login, too.
    RequestLimit,
    /// A firewall or security policy of the node blocks the connection.
    LocalFilter,
    /// The `subPath` of the volume mount is not in the image of the volume.
    VolumeSubPath,
    /// The image of a volume was pulled, and its mount failed.
    VolumeMount,
}

impl ErrorDetail {
    /// The cause that it belongs to.
    pub fn cause(&self) -> Cause {
        match self {
            Self::UnresolvedHost(_) => Cause::RegistryUnreachableDns,
            Self::FailedHost { fault, .. } => fault.cause(),
            Self::ReadOnlyRoot | Self::FileAccess => Cause::LocalStoreError,
            Self::EncryptedLayers | Self::FileSystem | Self::IdMapping => Cause::LayerUnpackFailed,
            Self::LocalFilter => Cause::RegistryUnreachableNoRoute,
            Self::HttpsServer => Cause::TlsHttpMismatch,
            Self::OtherProtocol => Cause::RegistryBadResponse,
            Self::ClientCertificate | Self::UnknownServerName => Cause::TlsHandshakeFailure,
            Self::UnusableCertificate => Cause::TlsHostnameOrExpired,
            Self::AddressBlocked
            | Self::ContentBlocked
            | Self::AccountBlocked
            | Self::LegalBlock
            | Self::SingleSignOn
            | Self::Retired => Cause::ForbiddenByPolicy,
            Self::AccountLimit | Self::RequestLimit => Cause::RateLimited,
            Self::VolumeSubPath | Self::VolumeMount => Cause::NotAPullFailure,
        }
    }

    /// The root cause in place of the cause's.
    pub(in crate::domain) fn root(&self) -> Option<RootCause> {
        if matches!(self, Self::HttpsServer | Self::LocalFilter) {
            Some(RootCause::NodeProblem)
        } else {
            RootCause::from_cause(self.cause())
        }
    }

    /// Whether the registry states a reason that no Secret changes.
    pub(in crate::domain) fn is_stated_refusal(&self) -> bool {
        self.cause() == Cause::ForbiddenByPolicy
    }

    /// The host that failed, where the image does not name it.
    pub(in crate::domain) fn failed_host(&self) -> Option<&str> {
        if let Self::UnresolvedHost(host) | Self::FailedHost { host, .. } = self {
            Some(host)
        } else {
            None
        }
    }

    /// The sentence in place of the cause's.
    pub fn summary(&self) -> String {
        let text = match self {
            Self::UnresolvedHost(host) => {
                return format!("the node cannot resolve {host}, which the pull needs too");
            }
            Self::FailedHost { host, fault } => return fault.summary(host),
            Self::ReadOnlyRoot => "the container runtime's root on the node is mounted read-only",
            Self::FileAccess => "the container runtime may not access a file on the node",
            Self::EncryptedLayers => "the image is encrypted, and the node has no key for it",
            Self::FileSystem => {
                "the file system under the runtime's root has no extended attributes"
            }
            Self::IdMapping => "the user namespace has too few UIDs or GIDs for the image's files",
            Self::LocalFilter => "a firewall or security policy of the node blocks the connection",
            Self::HttpsServer => "the registry speaks HTTPS, and the runtime uses plain HTTP",
            Self::OtherProtocol => "the port is that of another service, not of a registry",
            Self::ClientCertificate => {
                "the registry rejects the node's client certificate, or requires one"
            }
            Self::UnknownServerName => "the server has no certificate for this host name (SNI)",
            Self::UnusableCertificate => {
                "the registry's certificate, or its issuer's, is not valid for TLS servers"
            }
            Self::AddressBlocked => "the registry does not allow the node's IP address",
            Self::ContentBlocked => "the registry's own policy blocks the image",
            Self::AccountBlocked => {
                "the registry account or project is suspended, disabled or over its quota"
            }
            Self::LegalBlock => "the registry refuses for legal reasons (451)",
            Self::SingleSignOn => {
                "the organization requires a token that is authorized for SAML SSO"
            }
            Self::Retired => "the registry is shut down; the image has moved",
            Self::AccountLimit => "the pull rate limit of the logged-in account is reached (429)",
            Self::RequestLimit => {
                "too many requests to the registry, with or without a login (429)"
            }
            Self::VolumeSubPath => "the volume mount's subPath is not in the image of the volume",
            Self::VolumeMount => "the image was pulled; mounting it as a volume failed",
        };
        text.to_owned()
    }

    /// The fixes in the order that the wording shows.
    pub(in crate::domain) fn fixes(&self) -> &'static [FixId] {
        match self {
            Self::UnresolvedHost(_)
            | Self::FailedHost { .. }
            | Self::ReadOnlyRoot
            | Self::FileAccess
            | Self::VolumeMount => self.cause().info().fixes,
            Self::EncryptedLayers => &[FixId::InstallDecryptionKey],
            Self::FileSystem => &[FixId::FixFileSystem, FixId::Rebuild],
            Self::IdMapping => &[FixId::WidenIdMapping, FixId::Rebuild],
            Self::LocalFilter => &[FixId::OpenFirewall],
            Self::HttpsServer => &[FixId::UseHttps],
            Self::OtherProtocol => &[FixId::CheckPort],
            Self::ClientCertificate => &[FixId::InstallClientCertificate, FixId::FixProxy],
            Self::UnknownServerName => &[FixId::CheckPort, FixId::FixCertificate],
            Self::UnusableCertificate => &[FixId::FixCertificate],
            Self::AddressBlocked => &[FixId::OpenRegistryFirewall],
            Self::ContentBlocked => &[FixId::FixImagePolicy, FixId::CorrectImage],
            Self::AccountBlocked => &[FixId::RestoreAccount, FixId::UseMirror],
            Self::LegalBlock => &[FixId::UseMirror],
            Self::SingleSignOn => &[FixId::AuthorizeSso, FixId::NewToken],
            Self::Retired => &[FixId::CorrectImage],
            Self::AccountLimit => &[FixId::UseMirror, FixId::WaitForRegistry],
            Self::RequestLimit => &[FixId::ReduceRequests, FixId::UseMirror],
            Self::VolumeSubPath => &[FixId::CorrectSubPath, FixId::ReadEvents],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::{FixContext, FixId, classify::classify};

    #[test]
    fn the_first_fix_follows_from_the_detail() {
        for (detail, title) in [
            (
                ErrorDetail::UnresolvedHost("auth.example".to_owned()),
                "Correct DNS on the node",
            ),
            (
                ErrorDetail::ReadOnlyRoot,
                "Mount the runtime's root read-write on the node",
            ),
            (
                ErrorDetail::FileAccess,
                "Give the runtime access to its files on the node",
            ),
        ] {
            let first = detail.cause().info().fixes.first().copied();
            let plain = first.map(FixId::title);
            let fix_context = FixContext {
                fault: Some(detail),
                ..FixContext::default()
            };
            let found = first.map(|fix| fix.title_for(&fix_context));
            assert_eq!(found, Some(title));
            assert_ne!(found, plain);
        }
    }

    /// The words of registries, runtimes and Go, and the fix that they ask for.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of one case a row")]
    fn the_wording_decides_which_fix_comes_first() {
        use FixId as F;
        for (text, first) in [
            (
                "ImageVolumeMountFailed: failed to get image volume path: image volume subpath does not exist",
                F::CorrectSubPath,
            ),
            (
                "ImageVolumeMountFailed: failed to mount image volume component: no such file",
                F::ReadEvents,
            ),
            (
                "unexpected status from HEAD request to https://gcr.io/v2/a/b/manifests/1: 412 Precondition Failed",
                F::CorrectImage,
            ),
            // Wrong protocol.
            (
                "Get \"http://r.example:5000/v2/\": Client sent an HTTP request to an HTTPS server",
                F::UseHttps,
            ),
            (
                "Head \"https://r.example/v2/a/manifests/1\": dial tcp 10.0.0.7:443: connect: operation not permitted",
                F::OpenFirewall,
            ),
            (
                "403 Forbidden: API rate limit exceeded for 10.0.0.7. Authenticated requests get a higher rate limit.",
                F::Authenticate,
            ),
            (
                "Get \"http://r.example/v2/\": net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\\x15\\x03\\x01\"",
                F::UseHttps,
            ),
            (
                "Head \"https://r.example/v2/a/manifests/1\": http: server gave HTTP response to HTTPS client",
                F::AllowPlainHttp,
            ),
            (
                "Get \"https://r.example:22/v2/\": malformed HTTP response \"SSH-2.0-OpenSSH_9.6\"",
                F::CheckPort,
            ),
            (
                "Get \"http://r.example:25/v2/\": malformed HTTP response \"220 mail.example ESMTP\"",
                F::CheckPort,
            ),
            // Certificates.
            (
                "remote error: tls: bad certificate",
                F::InstallClientCertificate,
            ),
            (
                "remote error: tls: expired certificate",
                F::InstallClientCertificate,
            ),
            (
                "remote error: tls: unknown certificate authority",
                F::InstallClientCertificate,
            ),
            ("tls: certificate required", F::InstallClientCertificate),
            (
                "unexpected status: 400 Bad Request: No required SSL certificate was sent",
                F::InstallClientCertificate,
            ),
            ("remote error: tls: handshake failure", F::AlignTls),
            ("remote error: tls: unrecognized name", F::CheckPort),
            (
                "tls: failed to parse certificate from server: x509: negative serial number",
                F::FixCertificate,
            ),
            (
                "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage",
                F::FixCertificate,
            ),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                F::TrustCa,
            ),
            // Refusals.
            (
                "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                F::OpenRegistryFirewall,
            ),
            (
                "denied: Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
                F::OpenRegistryFirewall,
            ),
            (
                "unexpected status code [manifests 1]: 412 Precondition Failed: current image with 3 vulnerabilities cannot be pulled due to configured policy in 'Prevent images'",
                F::FixImagePolicy,
            ),
            ("unexpected status: 402 Payment Required", F::RestoreAccount),
            ("denied: quota exceeded", F::RestoreAccount),
            (
                "insufficient_scope: authorization failed, account disabled",
                F::RestoreAccount,
            ),
            (
                "denied: This API method requires billing to be enabled. Please enable billing on project #p",
                F::RestoreAccount,
            ),
            (
                "denied: The instance has been suspended due to overdue payment",
                F::RestoreAccount,
            ),
            (
                "unauthorized: You have exceeded your pull traffic quota for the current month.",
                F::RestoreAccount,
            ),
            (
                "unexpected status from HEAD request to https://r.example/v2/: 451 Unavailable For Legal Reasons",
                F::UseMirror,
            ),
            (
                "denied: Resource protected by organization SAML enforcement. You must grant your personal access token access to this organization.",
                F::AuthorizeSso,
            ),
            (
                "failed to authorize: failed to fetch oauth token: denied: Container Registry is deprecated and shutting down, please use the auto migration tool to migrate to Artifact Registry",
                F::CorrectImage,
            ),
            (
                "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 403 Forbidden",
                F::GrantAccess,
            ),
            // Limits.
            (
                "toomanyrequests: You have reached your unauthenticated pull rate limit.",
                F::Authenticate,
            ),
            (
                "toomanyrequests: You have reached your pull rate limit as 'acmebot': dckr_jti_abc=.",
                F::UseMirror,
            ),
            (
                "429 Too Many Requests: Too Many Requests (HAP429)",
                F::ReduceRequests,
            ),
            (
                "503 Service Unavailable: SlowDown: Please reduce your request rate",
                F::ReduceRequests,
            ),
            // Layers.
            (
                "failed to extract layer sha256:00: call to getting key unwrapped failed: missing private key needed for decryption",
                F::InstallDecryptionKey,
            ),
            (
                "Error decrypting layer sha256:00: missing private key needed for decryption",
                F::InstallDecryptionKey,
            ),
            (
                "failed to extract layer sha256:00: failed to setxattr \"security.capability\": operation not supported: unknown",
                F::FixFileSystem,
            ),
            (
                "potentially insufficient UIDs or GIDs available in user namespace (requested 1000:1000 for /x): Check /etc/subuid and /etc/subgid",
                F::WidenIdMapping,
            ),
        ] {
            let found = classify(&format!("Failed to pull image \"r.example/a:1\": {text}"));
            assert_eq!(found.fixes().first(), Some(&first), "{text}: {found:?}");
        }
    }
}
