//! The words of every cause and root cause: a label, a sentence and how to confirm it.
//!
//! Panes, reports, JSON, SARIF and the guide take them from here, so that one thing has one name everywhere. The
//! titles of the fixes stand in the table of `fix`. The snapshot `catalogue` shows all of it on one page.
//!
//! Labels tell causes apart at a glance in a column of [`LABEL_WIDTH`] characters. Sentences are clauses: lower case,
//! no full stop. Both keep the status code or reason that an operator would search for.

use super::{Cause, RootCause};
use crate::domain::context::SecretState;

/// Maximum length of a label, in characters.
pub const LABEL_WIDTH: u16 = 26;

/// Label of a missing tag where the image is referenced by digest.
pub(super) const DIGEST_NOT_FOUND: &str = "digest not found";

/// Label and sentence of a container that has started and exited.
pub(super) const CRASHING: &str = "crashing";
pub(super) const CRASHING_SUMMARY: &str = "the image was pulled; the container keeps exiting";

/// The texts of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseText {
    /// What it is called in panes and titles.
    pub label: &'static str,
    /// What the kubelet's message means.
    pub summary: &'static str,
    /// The observation that tells it from similar causes.
    pub how_to_confirm: &'static str,
}

/// The texts of a root cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RootText {
    /// What it is called in panes and titles.
    pub label: &'static str,
    /// Why it fails: follows *because*.
    pub explanation: &'static str,
}

/// Rows of cause, label, summary and how to confirm it.
macro_rules! cause_texts {
    ($($cause:ident: $label:literal, $summary:literal, $how_to_confirm:literal;)*) => {
        impl Cause {
            pub fn text(self) -> CauseText {
                match self {
                    $(Self::$cause => CauseText {
                        label: $label,
                        summary: $summary,
                        how_to_confirm: $how_to_confirm,
                    },)*
                }
            }
        }
    };
}

/// Rows of root cause, label and explanation.
macro_rules! root_texts {
    ($($root:ident: $label:literal, $explanation:literal;)*) => {
        impl RootCause {
            pub(super) fn text(self) -> RootText {
                match self {
                    $(Self::$root => RootText {
                        label: $label,
                        explanation: $explanation,
                    },)*
                }
            }

            /// All root causes, in the order of the catalogue.
            #[cfg(test)]
            pub(in crate::domain) const ALL: &[Self] = &[$(Self::$root,)*];
        }
    };
}

#[rustfmt::skip]
cause_texts! {
    ImageNotFound:
        "tag not found",
        "the registry allows access but has no such tag or digest",
        "crane ls HOST/REPO lists other tags, but not this one";
    RepositoryMissingOrNoAccess:
        "not found or no access",
        "the registry does not say whether the repository is missing or private",
        "refused with and without a login: wrong name, or no permission";
    NoCredentialsSent:
        "login required",
        "the repository is private and no credential was sent",
        "imagePullSecrets is empty, or has no entry for the image's registry";
    Unauthorized:
        "login rejected (401)",
        "the registry rejected the credential that was sent",
        "a registry test with the Secret's credential fails at the token request";
    TokenExpired:
        "credential expired",
        "the credential has expired",
        "the Secret is older than its token's lifetime; a new token works";
    PullSecretMissing:
        "pull secret not found",
        "a Secret in imagePullSecrets does not exist in the Pod's namespace",
        "kubectl -n NS get secret SECRET says NotFound";
    PullSecretMalformed:
        "malformed pull secret",
        "the kubelet cannot parse a pull secret",
        ".dockerconfigjson does not decode to JSON with auths of base64(user:password)";
    ForbiddenByPolicy:
        "access denied (403)",
        "the registry denies access: missing permission, IP allow list or policy",
        "a registry test gets a token, but the manifest request gets 403";
    CredentialProviderFailure:
        "credential provider failed",
        "the kubelet's credential provider or helper returned no credential",
        "the kubelet log on the node names the plugin at the time of the pull";
    RateLimited:
        "pull rate limit (429)",
        "pull rate limit reached for this IP address or account",
        "the registry's ratelimit headers, or the same pull with a login";
    KubeletPullThrottled:
        "pull QPS exceeded",
        "the kubelet throttles pulls: more at once than registryPullQPS allows",
        "the kubelet's configz: registryPullQPS and registryBurst";
    RegistryUnreachableDns:
        "DNS lookup failed",
        "the node cannot resolve the registry's host name",
        "getent hosts HOST on the node; port 53 in the message is the DNS server's";
    RegistryUnreachableRefused:
        "connection refused",
        "nothing is listening on the registry's address and port",
        "curl -v https://HOST/v2/ on the node; check the port in the image name";
    RegistryUnreachableTimeout:
        "connection timed out",
        "the registry did not answer in time",
        "curl -v --max-time 15 https://HOST/v2/ on the node; the same for the blob host";
    RegistryUnreachableNoRoute:
        "no route to host",
        "the node has no route to the registry's address",
        "ip route get ADDRESS on the node; is it an IPv6 address on an IPv4-only node?";
    RegistryUnreachableReset:
        "connection reset",
        "the connection to the registry was cut",
        "the same URL from another network; is the address a proxy's?";
    RegistryUnreachableProxy:
        "proxy error",
        "the container runtime's proxy does not let the pull through",
        "systemctl show containerd -p Environment on the node, then curl -x PROXY";
    Registry5xx:
        "registry error (5xx)",
        "the registry, or a proxy in front of it, returns a server error",
        "the same error from elsewhere; the registry's status page or log";
    RegistryBadResponse:
        "not a registry response",
        "the server at this address does not answer like a registry",
        "curl -i https://HOST/v2/ returns a web page instead of a registry response";
    TlsUntrustedCa:
        "CA not trusted (x509)",
        "the node does not trust the CA of the registry's certificate",
        "openssl s_client -connect HOST:443 -servername HOST -showcerts on the node shows the issuer";
    TlsHostnameOrExpired:
        "bad certificate (x509)",
        "the registry's certificate is expired or for another name, or the node's clock is wrong",
        "date -u on the node; openssl x509 -noout -dates -ext subjectAltName of the certificate";
    TlsHandshakeFailure:
        "TLS handshake failed",
        "no common TLS version or cipher, or the handshake was cut off",
        "openssl s_client -tls1_2 and -tls1_3 -connect HOST:443 on the node";
    TlsHttpMismatch:
        "plain HTTP registry",
        "one side speaks HTTPS and the other plain HTTP",
        "curl http://HOST/v2/ on the node answers";
    ClockSkew:
        "clocks differ",
        "a token or signed URL is not valid at this time: a clock is wrong",
        "date -u on the node; the Date header of the registry and of its token server";
    InvalidImageName:
        "invalid image name",
        "the image reference is invalid, so nothing is pulled",
        "print the container's image with cat -A";
    ShortNameUnresolved:
        "unresolved short name",
        "the container runtime has no registry for image names without one",
        "unqualified-search-registries and short-name-mode in the node's registries.conf";
    NeverPullAbsent:
        "imagePullPolicy Never",
        "the image is not on the node, and imagePullPolicy is Never",
        "crictl images on the node does not list exactly this name";
    CredentialsNotVerified:
        "credential not verified",
        "the image is on the node, but not pulled with a credential of this Pod (Kubernetes 1.35+)",
        "another Pod on the node runs the image with a pull secret that this Pod does not list";
    PlatformMismatch:
        "no image for platform",
        "the image has no build for the node's platform",
        "crane manifest IMAGE: compare its platforms with kubectl get nodes -L kubernetes.io/arch,kubernetes.io/os";
    ManifestUnsupported:
        "unsupported image format",
        "the container runtime does not support the image's format",
        "crane manifest IMAGE: its media types and schema version";
    SignaturePolicy:
        "blocked by image policy",
        "an image policy rejects the image: no valid signature, or registry not allowed",
        "the policy is the node's policy.json, or an admission webhook (before any pull)";
    ContentCorrupt:
        "corrupt image data",
        "the image data does not match its manifest, or is missing at the registry",
        "crane validate --remote IMAGE from two networks";
    LayerUnpackFailed:
        "layer unpack failed",
        "the layers were downloaded but cannot be unpacked on the node",
        "the file system under the runtime's root, the snapshotter, user-namespace IDs";
    LocalStoreError:
        "node image store error",
        "the node's image store is inconsistent",
        "other nodes pull the image; on this one, crictl rmi IMAGE and a new pull help";
    DiskFull:
        "node disk full",
        "the node has no disk space for the image",
        "df -h and df -i on the runtime's root; DiskPressure in kubectl describe node";
    NodeOutOfResources:
        "node out of resources",
        "the node has no memory, processes or open files left for the pull",
        "MemoryPressure and PIDPressure in kubectl describe node; dmesg on the node";
    PullTimeoutCancelled:
        "pull cancelled",
        "the pull was cancelled on the node before it finished",
        "the time from Pulling to Failed is always the same; image size and bandwidth";
    RuntimeUnavailable:
        "container runtime down",
        "the kubelet cannot reach the container runtime on the node",
        "systemctl status containerd (or crio, docker) on the node; a unix socket in the message";
    RuntimeMisconfigured:
        "runtime misconfigured",
        "the container runtime cannot read or use its configuration on the node",
        "the file or setting that the message names: its syntax, its mode, what it refers to";
    SandboxImagePull:
        "pause image pull failed",
        "the node cannot pull the pause image; pull secrets do not apply to it",
        "all Pods on the node fail; crictl pull of the pause image fails on the node";
    NotAPullFailure:
        "not an image pull",
        "this is not an image pull failure",
        "the Pod's events: was the image Pulled?";
    CauseNotStated:
        "reason not reported",
        "the message says that the pull fails, but not why",
        "the Pod's first Failed event, or the waiting message while it says ErrImagePull";
}

#[rustfmt::skip]
root_texts! {
    SecretNotAttached: "pull secret not attached",
        "no matching pull secret is attached to the Pod";
    PodPredatesBinding: "Pod older than secret",
        "the Pod was created before its ServiceAccount got the pull secret";
    SecretMissing: "pull secret not found",
        "the Pod lists a Secret that does not exist in its namespace";
    SecretWrongType: "wrong Secret type",
        "the Secret has a type that the kubelet does not read";
    SecretWrongKey: "pull secret key missing",
        "the Secret lacks the data key that its type requires";
    SecretMalformed: "malformed pull secret",
        "the kubelet cannot use the Secret's content";
    SecretEmpty: "no entries in pull secret",
        "the Secret has no entry for any registry";
    EntryForOtherRegistry: "no entry for registry",
        "the Secret has no entry for this registry";
    EntryEmpty: "empty auth entry",
        "the Secret's entry for this registry has no credential";
    CredentialRejected: "login rejected (401)",
        "the registry rejects the Secret's credential";
    CredentialExpired: "credential expired",
        "the Secret's credential has expired";
    CredentialLacksAccess: "access denied (403)",
        "the credential has no pull permission for this repository";
    IdentityLacksAccess: "identity lacks pull access",
        "the identity of the node or ServiceAccount has no pull permission";
    TagMissing: "tag not found",
        "the repository has no such tag or digest";
    RepositoryMissing: "repository not found",
        "the repository does not exist";
    ImageNameInvalid: "invalid image name",
        "the image reference is invalid";
    Moved: "image moved",
        "the image has moved to another registry or repository";
    ServiceAccountMissing: "ServiceAccount not found",
        "the ServiceAccount does not exist";
    PolicyNever: "imagePullPolicy Never",
        "the image is not on the node, and imagePullPolicy is Never";
    RegistryDown: "registry unavailable",
        "the registry does not answer";
    RegistryUnknownHost: "DNS lookup failed",
        "the registry's host name does not resolve";
    CaUntrusted: "CA not trusted (x509)",
        "the node does not trust the registry's CA";
    CertificateWrong: "bad certificate (x509)",
        "the registry's certificate is expired or for another name";
    PlainHttp: "plain HTTP registry",
        "the registry speaks plain HTTP";
    RateLimit: "pull rate limit (429)",
        "the registry's pull rate limit is reached";
    AbuseLimit: "abuse limit (429)",
        "too many requests from this IP address, with or without a login";
    WrongPlatform: "no image for platform",
        "the image has no build for the node's platform";
    ImageFormat: "unsupported image format",
        "the container runtime does not support the image's format";
    ImagePolicy: "blocked by image policy",
        "an image policy rejects the image";
    NodeProblem: "node problem",
        "the problem is on the node";
    PullQueued: "waiting in pull queue",
        "the node pulls other images first";
    PullUnfinished: "still pulling",
        "the pull has not ended: the image is large, or the registry does not answer";
    NotScheduled: "not scheduled",
        "the Pod has no node yet";
    NotAPull: "not an image pull",
        "something other than the image is missing";
}

impl SecretState {
    /// Short label of the state of a Secret in the chain, taken from the root cause.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Matches { .. } | Self::Unknown => "",
            Self::MatchesEmpty { .. } => "empty entry",
            Self::Missing => "not found",
            Self::WrongType(_) => "wrong type",
            Self::WrongKey { .. } => "key missing",
            Self::Malformed(_) => "malformed",
            Self::HoldsNothing(_) => "no entries",
            Self::NoMatch(_) => "no entry",
        }
    }
}

#[cfg(test)]
mod tests;
