//! Known phrases of errors of the kubelet, the runtimes, Go and the registries; each maps to one `Phrase`.
//!
//! Phrases are the smallest part of a message that its source always prints (the sources are named
//! beside the groups). They are searched in the words that `mask` leaves, so that names, quoting and
//! wrapping do not matter; a word in capitals is what stands for a name (`manifest for IMAGE`). What a
//! phrase means together with others is said by `error_kind`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{
    credentials, mask::is_placeholder, neighbours, network, node_errors, refusals, sentences,
};

/// A kind of phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::domain) enum Phrase {
    // Frames: who speaks, and of what.
    Pull,
    BackOffPull,
    Sandbox,
    SandboxImage,
    PodContainer,
    Webhook,
    ImageWord,
    // Not the pull.
    Scheduling,
    Volume,
    ImageVolume,
    VolumeSubPath,
    Network,
    Crash,
    Start,
    ShimError,
    Pulled,
    ExecFormat,
    ContainerConfig,
    Probe,
    Admission,
    Eviction,
    ClusterApi,
    /// Programs that fetch other things than images.
    OtherProgram,
    /// What is done is no pull of the kubelet: a push, a chart, a repository of git.
    OtherOperation,
    /// The words of kubectl and client-go about the API server.
    ApiServer,
    NormalEvent,
    ObjectMissing,
    SecretWord,
    ObjectWord,
    // The reference.
    InvalidName,
    NeverPull,
    ShortName,
    Platform,
    PlatformInManifest,
    Unsupported,
    OldSchema,
    // Pull Secrets and credentials.
    PullSecretMissing,
    PullSecretWord,
    ConfigWord,
    AuthField,
    Base64,
    JsonBroken,
    JsonCharacter,
    RequiredValue,
    Provider,
    /// The Go type of a Docker config, as JSON errors print it.
    ProviderType,
    ProviderCloud,
    NoBasicAuth,
    AnonymousToken,
    OauthToken,
    Bearer,
    NothingSent,
    BadCredential,
    BadToken,
    InvalidLogin,
    TokenLogin,
    Expired,
    ClientSecret,
    // Access.
    AccessUnclear,
    Scope,
    DoesNotSayWhich,
    RepositoryMissing,
    RepositoryNamed,
    Unauthorized,
    AuthenticationRequired,
    Denied,
    Forbidden,
    Policy,
    GrantMissing,
    SurePolicy,
    // Refusals that state a reason for which no login helps.
    AddressBlocked,
    ContentBlocked,
    AccountBlocked,
    LegalBlock,
    SingleSignOn,
    Retired,
    // Limits.
    RateLimit,
    /// Codes and sentences that only registries have.
    RegistryCode,
    /// The limit of an account: a login was sent.
    AccountLimit,
    /// A limit on requests, with or without a login.
    RequestLimit,
    LoginRaisesLimit,
    /// The long text of Docker Hub's pull limit.
    PullLimit,
    PullQps,
    // The wire.
    Lookup,
    NoSuchHost,
    NameResolution,
    Udp,
    LookupScheme,
    ProxyConnect,
    Refused,
    NoRoute,
    LocalFilter,
    Timeout,
    HandshakeTimeout,
    WaitingForConnection,
    Reset,
    Eof,
    UnexpectedEof,
    UnixSocket,
    Daemon,
    RuntimeApi,
    DialTcp,
    GoNetwork,
    // TLS.
    /// A TLS alert of the other side about the certificate that this side sent.
    ClientCertificate,
    /// A TLS alert of the other side about the host name.
    ServerName,
    UnknownAuthority,
    /// A certificate of the registry, or of an issuer, that no setting of the node makes valid.
    CertificateUnusable,
    CertificateName,
    CertificateValidFor,
    CertificateTime,
    Handshake,
    PlainHttp,
    /// The server speaks HTTPS, and was asked without it.
    HttpsServer,
    MalformedResponse,
    FirstRecord,
    X509,
    // Answers.
    UnexpectedStatus,
    /// A URL, and that it was asked.
    Requested,
    /// The same, behind the answer.
    RequestedBefore,
    HttpBody,
    Html,
    /// Words of proxies, portals and filters in a page that they answer with.
    ProxyPage,
    TokenBody,
    NoToken,
    WrongAnswer,
    ServerError,
    NotFound,
    ManifestUnknown,
    // The image's bytes.
    Digest,
    DiffId,
    RootFs,
    InvalidDigest,
    Descriptor,
    LayerDescriptor,
    ContentAt,
    BlobUnknown,
    Copy,
    Unpack,
    TarHeader,
    ContentDigest,
    Snapshot,
    StoreBroken,
    ReadOnly,
    Inspect,
    NoSpace,
    // Local files and limits of the node.
    /// A configuration file, and the operating system's error about it.
    ConfigFile,
    /// A setting of the runtime that is wrong or names what is not there.
    ConfigBroken,
    /// Any other local file that may not be accessed.
    FileDenied,
    NoResources,
    Encrypted,
    FileSystem,
    IdMapping,
    Clock,
    // The pull's own end.
    Canceled,
    Deadline,
    RequestCanceled,
    NoProgress,
    RefLocked,
    // Frames: which program, which step, which registry.
    ByContainerd,
    ByDocker,
    ByContainersImage,
    AtToken,
    AtPing,
    AtManifest,
    SaysAcr,
    SaysGoogle,
    SaysEcr,
    SaysJfrog,
    JsonMarkup,
    Xml,
    ByRequest,
    Rpc,
    BareFault,
    BareForbidden,
    // Policy on images.
    Signature,
    Trust,
    NoSignatures,
}

/// How many phrases there are: the last of them is named here.
const COUNT: usize = Phrase::NoSignatures as usize + 1;

/// Phrases that count in a web page, too.
pub(super) const OF_PAGES: &[Phrase] =
    &[Phrase::ProxyPage, Phrase::HttpsServer, Phrase::LegalBlock];

/// The phrases found in a text, each with its last position.
#[derive(Clone, Debug)]
pub(super) struct PhraseSet {
    /// Where each phrase ends the last time; nothing where there is none.
    last: [Option<usize>; COUNT],
}

impl PhraseSet {
    /// Finds all phrases in masked words. In those of a web page, only what servers and proxies say of themselves
    /// counts.
    pub(super) fn find(words: &str, page: &str) -> Self {
        let mut found = Self::find_all(words);
        found.set(Phrase::ProxyPage, None);
        if page.len() > 1 {
            let of_page = Self::find_all(page);
            for phrase in OF_PAGES {
                let at = found
                    .last(*phrase)
                    .or(of_page.has(*phrase).then_some(words.len()));
                found.set(*phrase, at);
            }
        }
        found
    }

    fn set(&mut self, phrase: Phrase, at: Option<usize>) {
        if let Some(place) = self.last.get_mut(phrase as usize) {
            *place = at;
        }
    }

    fn find_all(words: &str) -> Self {
        let mut last = [None; COUNT];
        for found in MATCHER.automaton.find_overlapping_iter(words) {
            let phrase = MATCHER.phrases.get(found.pattern().as_usize());
            if let Some(place) = phrase.and_then(|phrase| last.get_mut(*phrase as usize)) {
                *place = Some(found.end());
            }
        }
        Self { last }
    }

    pub(super) fn has(&self, phrase: Phrase) -> bool {
        self.last(phrase).is_some()
    }

    pub(super) fn last(&self, phrase: Phrase) -> Option<usize> {
        self.last.get(phrase as usize).copied().flatten()
    }
}

struct PhraseMatcher {
    automaton: AhoCorasick,
    /// Of each pattern of the automaton.
    phrases: Vec<Phrase>,
}

static MATCHER: LazyLock<PhraseMatcher> = LazyLock::new(|| {
    let rows = rows().flat_map(|(phrase, texts)| texts.iter().map(|text| (*phrase, normal(text))));
    let (phrases, patterns): (Vec<Phrase>, Vec<String>) = rows.unzip();
    PhraseMatcher {
        automaton: AhoCorasick::new(patterns).expect("the phrases are few: tested below"),
        phrases,
    }
});

/// A text as `mask` would leave it; words in capitals stand for names.
fn normal(text: &str) -> String {
    let mut words = String::from(" ");
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if !word.is_empty() {
            words.push_str(&if is_placeholder(word) {
                word.to_owned()
            } else {
                word.to_ascii_lowercase()
            });
            words.push(' ');
        }
    }
    words
}

/// All rows of phrases.
pub(super) fn rows() -> impl Iterator<Item = &'static (Phrase, &'static [&'static str])> {
    TABLE.iter().chain(network::TABLE)
}

#[rustfmt::skip]
const TABLE: &[(Phrase, &[&str])] = &[
    // kubelet (pkg/kubelet/images), CRI clients, containerd (cri/server/images, core/remotes),
    // containers/image (copy, docker), moby (distribution).
    (Phrase::Pull, &[
        "failed to pull", "failed pulling image", "pulling image failed", "PullImage", "error pulling",
        "unable to pull", "failed to resolve reference", "failed to resolve image", "cannot resolve image",
        "ErrImagePull", "initializing source", "Pull image", "failed to copy", "httpReadSeeker", "httpReaderSeeker",
        "reading manifest", "copying system image", "image pull failed", "failed to do request",
        "no available registry endpoint", "pinging container registry", "error pinging docker registry",
        "fetch anonymous token", "fetch oauth token", "failed to authorize", "pull access denied", "could not pull",
        "error getting v2 registry", "unable to ping registry", "download failed", "failed to solve",
        "error downloading", "RegistryUnavailable", "writing blob", "reading blob", "copying blob",
        "failed to register layer", "Not continuing with pull", "pull and unpack", "while pulling", "extract layer",
        "mount callback failed", "unpacking image", "initializing image from source", "parsing image configuration",
        "determining manifest MIME type", "error from registry", "fetching manifest", "validate layer digest",
    ]),
    (Phrase::BackOffPull, &[
        "ImagePullBackOff", "trying and failing to pull image", "image can't be pulled", "ErrImagePull",
        "back-off pulling", "image could not be pulled", "failed to pull image",
    ]),
    (Phrase::Sandbox, &[
        "FailedCreatePodSandBox", "create pod sandbox", "created pod sandbox", "creating pod sandbox", "sandbox for pod", "RunPodSandbox", "CreatePodSandbox", "start sandbox",
        "create sandbox", "PodSandboxMetadata", "sandbox container", "PodSandbox",
    ]),
    (Phrase::SandboxImage, &["sandbox image", "infra container image", "infra image", "pause image"]),
    (Phrase::PodContainer, &["StartContainer for POD with", "container POD with"]),
    (Phrase::Webhook, &["admission webhook", "denied the request", "validating admission policy", "ValidatingAdmissionPolicy"]),
    (Phrase::ImageWord, &[
        "image", "images", "imagePullSecret", "imagePullSecrets", "imagePullPolicy", "imageTag", "imageRegistry",
    ]),

    // scheduler, volume manager, CNI, runtimes' start of containers, kubelet's config of containers.
    (Phrase::Scheduling, &[
        "Pod was rejected", "Predicate NodeAffinity failed", "nodes are available", "FailedScheduling", "untolerated taint", "didn't match Pod's node affinity",
        "didn't trigger scale-up", "no nodes available to schedule", "pod has unbound immediate",
        "Insufficient cpu", "Insufficient memory", "Insufficient nvidia",
        "NotTriggerScaleUp", "0 of nodes",
    ]),
    (Phrase::Volume, &[
        "FailedMount", "FailedAttachVolume", "MountVolume", "AttachVolume", "MapVolume",
        "unable to attach or mount volumes", "unable to mount volumes", "waiting for volumes", "FailedMapVolume",
        "UnmountVolume", "failed to mount volume", "volume is already exclusively attached", "Multi-Attach error",
        "csi driver", "NodePublishVolume", "NodeStageVolume",
    ]),
    // kubelet and runtimes, image volumes: the image is there, and its mount fails (cri-api pkg/errors).
    (Phrase::ImageVolume, &[
        "ImageVolumeMountFailed", "image volume subpath", "exist in OCI artifact volume", "mount image volume",
    ]),
    (Phrase::VolumeSubPath, &["image volume subpath", "exist in OCI artifact volume"]),
    (Phrase::Network, &[
        "KillPodSandbox", "StopPodSandbox", "networkPlugin", "network plugin", "setup network for sandbox", "set up sandbox container",
        "network for pod", "pod network sandbox", "cni config", "CNI plugin", "plugin type",
        "NetworkPluginNotReady", "network is not ready", "IP addresses available", "failed to set up pod",
        "failed to setup pod", "add network", "clusterinformation", "failed to destroy network", "cni version",
        "no networks found", "subnet.env", "netplugin failed", "cni add", "pod sandbox network",
        "network namespace", "failed to assign an IP address",
    ]),
    (Phrase::Crash, &["Back-off restarting", "restarting failed container", "CrashLoopBackOff"]),
    (Phrase::Start, &[
        "OOMKilled", "OCI runtime", "containerd task", "create shim",
        "container process caused", "runc create failed", "failed to start container",
        "error during container init", "RunContainerError", "PostStartHookError", "ContainerCannotRun",
        "StartError", "container_linux", "init_linux", "runc run failed",
        "shim task",
        "cannot start container", "could not start container", "shim exited", "failed to reserve container name",
        "FailedPostStartHook", "FailedPreStopHook", "failed to create container", "failed to create existing container",
        "task HEX not found",
    ]),
    (Phrase::ShimError, &["executable file not found in PATH unknown", "no such file or directory unknown"]),
    (Phrase::ExecFormat, &["exec format error"]),
    (Phrase::Pulled, &["successfully pulled image", "already present on machine"]),
    (Phrase::ContainerConfig, &[
        "CreateContainerConfigError", "couldn't find key", "runAsNonRoot", "non-existent config key",
        "cannot find volume", "failed to sync secret cache", "failed to sync configmap cache",
        "failed to prepare subPath", "non-numeric user", "configmap references", "envFrom", "InvalidVariableNames",
        "InvalidEnvironmentVariableNames",
    ]),
    (Phrase::Probe, &["probe failed", "probe errored", "Unhealthy"]),
    (Phrase::Admission, &[
        "exceeded quota", "looking up service account", "violates PodSecurity", "unable to validate against any",
        "forbidden error looking up", "is forbidden User", "must specify limits", "cannot create resource",
        "FailedCreate",
    ]),
    (Phrase::Eviction, &[
        "low on resource", "Evicted", "NodeNotReady", "node is not ready", "OutOfcpu", "OutOfmemory", "OutOfpods",
        "UnexpectedAdmissionError", "TaintManagerEviction", "node was terminated", "imminent node shutdown",
        "active on the node longer",
    ]),
    (Phrase::ClusterApi, &[
        "unable to connect to the server", "connection to the server", "containerLogs", "failed calling webhook",
        "failed to call webhook", "leader election", "couldn't get current server API", "error validating data",
        "the server could not find the requested resource", "the server doesn't have a resource type",
        "metrics-server", "no matches for kind", "kubelet TLS bootstrap", "failed to get node info",
        "error getting node", "node not found",
    ]),
    (Phrase::OtherProgram, neighbours::OTHER_PROGRAM),
    (Phrase::OtherOperation, neighbours::OTHER_OPERATION),
    (Phrase::ApiServer, neighbours::API_SERVER),
    (Phrase::NormalEvent, sentences::NORMAL),
    (Phrase::ObjectMissing, &["not found"]),
    (Phrase::SecretWord, &["secret", "secrets"]),
    (Phrase::ObjectWord, &["configmap", "configmaps", "persistentvolumeclaim", "serviceaccount"]),

    // distribution/reference, kubelet parsers, containers/image names.
    (Phrase::InvalidName, &[
        "invalid reference format", "InvalidImageName", "must be lowercase", "apply default image tag",
        "parse reference", "invalid image name", "invalid image reference", "64-byte hexadecimal strings",
        "invalid repository name", "at least one component", "invalid tag format", "parsing image name",
        "normalizing image", "references with both a tag and digest", "parsing reference", "invalid image spec",
        "repository can only contain", "invalid docker reference", "parse image", "invalid namespace name",
        "image name is empty", "no image specified", "invalid hostPort",
    ]),
    (Phrase::NeverPull, &[
        "ErrImageNeverPull", "pull policy of Never", "imagePullPolicy Never", "pull policy is never",
    ]),
    (Phrase::ShortName, &[
        "short-name", "unqualified-search", "unqualified image", "no registries configured", "resolve to an alias",
        "ambiguous list", "no registries are defined", "image name not fully qualified",
    ]),
    (Phrase::Platform, &[
        "based image is incompatible", "no match for platform", "no matching manifest", "image found in manifest list",
        "image found in image index", "no child with platform", "cannot be used on this platform",
        "choosing image instance", "choosing an image from manifest list", "unsupported platform",
        "platform mismatch", "match the specified platform", "no supported platform", "supported on this platform",
        "windows version", "does not match the expected platform", "wrong architecture", "image platform",
        "does not provide the specified platform", "no compatible manifest", "not compatible with the host",
        "operating system cannot be used", "instance with platform", "no manifest for architecture", "in the manifest list entries",
        "is not available for architecture", "host operating system", "does not support architecture",
    ]),
    (Phrase::PlatformInManifest, &["match for platform in manifest"]),
    (Phrase::Unsupported, &[
        "accept header does not support", "mediaType in manifest should be", "unsupported manifest", "unsupported media type",
        "unsupported mediatype", "target is unknown", "unknown media type", "missing signature key",
        "manifest invalid", "unsupported schema version", "unsupported docker v1", "unsupported image config",
        "unsupported compression", "type for compression", "unexpected media type", "encountered unknown type",
        "unsupported MIME type", "manifest schema unsupported", "invalid MIME type", "config media type",
        "media type is not supported", "mediatype not supported", "no longer supported since containerd",
        "unsupported layer", "unknown layer", "unsupported config", "unknown image config", "artifactType",
        "not a container image", "manifest version", "media type not implemented", "manifest format",
        "manifest type", "invalid manifest", "json not supported", "unsupported image type", "helm.config",
        "unhandled media type", "unsupported image-specific operation", "expected index but found manifest",
        "expected manifest but found index", "reports content size of zero",
    ]),
    (Phrase::OldSchema, &[
        "prettyjws", "schema 1", "schema1", "schemaVersion 1", "docker schema", "image format and schema",
        "manifest v1",
    ]),

    // kubelet (getPullSecretsForPod), pkg/credentialprovider, API validation of Secrets.
    (Phrase::PullSecretMissing, &[
        "image pull secrets", "FailedToRetrieveImagePullSecret", "retrieve pull secret",
        "image pull may not succeed", "pull the image may not succeed", "find image pull secret",
        "get image pull secret",
    ]),
    (Phrase::PullSecretWord, &["imagePullSecret", "imagePullSecrets", "pull secret", "pullsecret"]),
    (Phrase::ConfigWord, &[
        "dockerconfigjson", "dockercfg", "DockerConfigEntry", "DockerConfig", "dockerConfigEntryWithAuth",
        "docker config", "config.json", "auth.json", "imagePullSecret",
    ]),
    (Phrase::AuthField, &[
        "parse auth field", "base64 username password", "decode auth", "invalid auth configuration",
    ]),
    (Phrase::Base64, &["illegal base64 data", "invalid base64", "error decoding base64"]),
    (Phrase::JsonBroken, &[
        "unexpected end of JSON input", "cannot unmarshal", "after top-level value", "after object key",
        "after array element", "in literal", "in string literal", "in string escape", "object key string",
        "invalid character", "error parsing json", "json syntax", "invalid json", "json parse error",
    ]),
    (Phrase::JsonCharacter, &["invalid character"]),
    (Phrase::RequiredValue, &["Required value"]),
    (Phrase::Provider, &[
        "credential provider", "CredentialProvider", "CredentialProviderRequest", "docker-credential", "error getting credentials",
        "credentials helper", "credential helper", "external registry credential", "credential plugin",
        "retrieve credentials from", "ecr_credentials", "aws_credentials", "azure_credentials", "gcp_credentials",
        "credentialproviders",
    ]),
    (Phrase::ProviderType, &["credentialprovider DockerConfig", "type credentialprovider", "Go struct field"]),
    (Phrase::ProviderCloud, &[
        "NoCredentialProviders", "no valid providers in chain", "get ECR authorization token", "google-dockercfg",
        "failed to refresh cached credentials", "no EC2 IMDS role", "get credentials from ECR",
        "getting ECR credentials", "while reading metadata", "failed to get acr", "managed identity",
        "ManagedIdentityCredential", "AssumeRoleWithWebIdentity", "unable to get credentials",
        "failed to retrieve credentials", "EC2RoleRequestError", "metadata server", "ec2 metadata",
    ]),
    (Phrase::NoBasicAuth, &["no basic auth credentials", "no user/password was provided"]),
    (Phrase::AnonymousToken, &["anonymous token"]),
    (Phrase::OauthToken, &["fetch oauth token", "fetch oauth2 token", "get oauth token"]),
    (Phrase::Bearer, &[
        "bearer token", "requesting bearer", "registry token", "jwt auth", "token scope", "retrieving auth token",
    ]),
    (Phrase::NothingSent, &[
        "no valid credential", "please login", "please log in", "not logged in",
        "anonymous access", "anonymous user", "anonymous users", "user anonymous", "anonymous pull", "credentials not found", "requires authentication",
        "authentication is required", "must be logged in", "login required",
        "missing credentials", "unauthenticated", "anonymous caller", "provide credentials", "without credentials",
        "need to log in", "need to login", "username/password was provided", "no auth credentials",
        "no authentication", "auth required",
        "no authorization header",
    ]),
    (Phrase::BadCredential, credentials::BAD_CREDENTIAL),
    (Phrase::InvalidLogin, &["invalid username/password"]),
    (Phrase::TokenLogin, &["unable to retrieve auth token"]),
    (Phrase::BadToken, &[
        "invalid bearer token", "invalid oauth token", "token failed verification", "invalid token", "invalid access token", "malformed token", "unable to parse token", "token is invalid",
        "User cannot be authenticated with the token provided",
    ]),
    (Phrase::Expired, &[
        "token has expired", "security token included in the request", "token is expired", "expired token",
        "ExpiredToken", "credentials have expired", "credential has expired", "token expired",
        "expired credentials", "session has expired", "password has expired", "keys are expired", "key has expired",
        "expired password", "authorization has expired", "AADSTS700082", "AADSTS7000222", "has been expired",
        "token used after expiry", "jwt is expired", "secret keys for app", "is expired or invalid",
        "token past its expiry", "token failed verification expired", "robot expired", "ExpiredTokenException",
    ]),
    (Phrase::ClientSecret, &["invalid_client", "client secret", "AADSTS7000215"]),

    // Registries: OCI error codes (UNAUTHORIZED, DENIED, NAME_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN,
    // TOOMANYREQUESTS, MANIFEST_INVALID) and the vendors' own sentences.
    (Phrase::AccessUnclear, &[
        "unauthorized to access repository", "pull access denied", "may require docker login", "may require authorization", "insufficient_scope",
        "no pull access", "requested resource is not authorized", "resource is denied",
    ]),
    (Phrase::Scope, &["insufficient scope"]),
    (Phrase::DoesNotSayWhich, &[
        "match expected scopes", "access the repository", "or it may not exist", "verify that it exists", "have permission for manifest",
        "don't have permission to access", "not exist or you do not have", "doesn't exist or you don't have",
        "not found or access denied", "not found or unauthorized", "not have permission",
        "exists and you have permission",
    ]),
    (Phrase::RepositoryMissing, &[
        "name unknown", "RepositoryNotFound", "RepositoryNotFoundException", "repository not found",
        "name not known to registry", "project NAME not found", "exist in the registry", "project not found", "no such repository",
        "repo not found", "repository name not known", "repository unknown", "unknown repository",
        "repository not exist", "project does not exist", "could not find repository", "no such project",
        "repo name not found", "name_invalid", "repository is empty",
    ]),
    (Phrase::RepositoryNamed, &["unknown repository IMAGE not found"]),
    (Phrase::Unauthorized, &["unauthorized", "unauthorised", "not authorized", "not authorised"]),
    (Phrase::AuthenticationRequired, &[
        "authentication required", "authorization required", "authentication is needed",
    ]),
    (Phrase::Denied, &["denied", "AccessDenied"]),
    (Phrase::Forbidden, &["forbidden"]),
    (Phrase::Policy, &[
        "not allowed access", "request rejected", "Precondition Failed", "vulnerabilities",
        "vulnerability", "prevent images", "configured policy", "firewall", "suspended", "billing", "license",
        "not allowed by policy", "embargo", "sanction", "quarantined",
        "quarantine", "storage quota", "VPC Service Controls", "organization's policy", "SAML", "SSO",
        "IP allow list", "public network access", "disabled by", "not permitted by policy", "restricted", "country",
        "terms of service", "policy prohibits", "Xray", "download is blocked", "curation", "account is locked",
        "payment", "subscription", "location is not supported", "has been disabled", "is disabled",
        "access from your",
    ]),
    (Phrase::SurePolicy, &[
        "operation is disallowed", "image is not signed", "GetDownloadUrlForLayer",
    ]),
    (Phrase::AddressBlocked, refusals::ADDRESS_BLOCKED),
    (Phrase::ContentBlocked, refusals::CONTENT_BLOCKED),
    (Phrase::AccountBlocked, refusals::ACCOUNT_BLOCKED),
    (Phrase::LegalBlock, refusals::LEGAL_BLOCK),
    (Phrase::SingleSignOn, refusals::SINGLE_SIGN_ON),
    (Phrase::Retired, refusals::RETIRED),
    (Phrase::GrantMissing, &[
        "downloadArtifacts", "not authorized to perform", "permission artifactregistry", "storage.objects.get",
        "does not have storage", "permission denied on resource", "AcrPull", "not have permission to get",
        "is not authorized to access", "BatchGetImage", "does not have permission",
        "permission to perform", "lacks permission", "insufficient permissions", "missing permission",
        "caller does not have", "forbidden access", "not have access", "permission denied for", "have the needed permissions",
    ]),
    (Phrase::RateLimit, &[
        "toomanyrequests", "too many requests", "rate exceeded", "rate limit", "rate limited", "request rate",
        "ThrottlingException", "throttled", "throttling", "quota exceeded for quota metric", "limit exceeded",
        "retry after", "ratelimit", "download limit", "pull limit", "rate quota",
    ]),
    (Phrase::AccountLimit, &["pull rate limit as"]),
    // Docker Hub, S3, Azure, Google, GitHub.
    (Phrase::RequestLimit, &[
        "HAP429", "SlowDown", "reduce your request rate", "request rate exceeded", "ThrottlingException", "quota metric",
        "secondary rate limit", "API rate limit", "project quota",
    ]),
    // GitHub.
    (Phrase::LoginRaisesLimit, &["authenticated requests get a higher rate limit"]),
    (Phrase::PullLimit, &["pull rate limit"]),
    (Phrase::RegistryCode, &["toomanyrequests", "pull rate limit", "pull limit", "download limit", "manifest unknown", "name unknown"]),
    (Phrase::PullQps, &["RegistryPullQPS", "pull QPS"]),

    // containerd remotes/docker, containers/image docker client, moby registry and distribution.
    (Phrase::UnexpectedStatus, &[
        "unexpected status", "status code", "HTTP status", "http code", "invalid status", "non-successful response",
        "response status", "unexpected http", "server response", "server message", "status from",
    ]),
    (Phrase::Requested, &[
        "get URL", "head URL", "post URL", "put URL", "patch URL", "access URL", "fetch URL",
        "fetching URL", "from URL", "reading URL", "calling URL", "for URL", "reach URL",
    ]),
    (Phrase::RequestedBefore, &["for url URL"]),
    (Phrase::HttpBody, &[
        "error parsing HTTP", "response body", "unmarshalling content", "decode response", "decoding response",
        "parsing response", "unmarshal response", "error decoding", "unmarshal manifest", "failed to decode",
    ]),
    (Phrase::Html, &["html", "DOCTYPE"]),
    // Squid, Zscaler, Fortinet, Forcepoint, Blue Coat, Netskope; Cloudflare's challenge; portals.
    (Phrase::ProxyPage, &[
        "proxy", "squid", "err_access_denied", "zscaler", "fortiguard", "fortigate", "forcepoint", "websense", "bluecoat",
        "netskope", "captive", "wifi", "just a moment",
    ]),
    (Phrase::TokenBody, &["decode token response", "unmarshalling token", "reading token response"]),
    (Phrase::NoToken, &["no token in response", "did not include a token", "empty token"]),
    (Phrase::WrongAnswer, &[
        "Method Not Allowed", "bearer token resource", "not return the expected response", "invalid content type",
        "unexpected content type", "missing location", "406 Not Acceptable", "415 Unsupported", "bad request",
        "redirects", "valid docker endpoint",
        "not a valid registry", "invalid response", "unexpected response", "unsupported protocol scheme",
        "not a registry", "malformed response", "unexpected http code", "content-digest", "header is missing",
        "invalid url escape", "unable to decode token", "not valid JSON", "could not parse token", "content-length",
        "unsupported registry", "IMAGE unsupported", "registry unsupported", "daemon unsupported", "v1 registry", "v1 search", "not a docker registry",
    ]),
    (Phrase::ServerError, &[
        "504 Gateway", "Gateway Timeout", "Gateway Time-out", "Service Unavailable", "Bad Gateway", "server error",
        "temporarily unavailable", "registry unavailable", "registry is in read-only mode", "from registry unknown", "backend fetch failed", "filesystem error", "s3aws",
        "upstream connect error", "database is locked", "storage backend",
    ]),
    (Phrase::NotFound, &[
        "not found", "does not exist", "no such image", "NoSuchKey", "BlobNotFound", "no such manifest",
        "could not find",
    ]),
    (Phrase::ManifestUnknown, &[
        "manifest unknown", "manifest not found", "manifest for IMAGE", "tag does not exist", "tag not found",
        "not found in repository", "NOT_FOUND artifact", "artifact IMAGE not found", "manifest tagged", "unknown tag", "failed to fetch tag",
        "tag was not found", "no such tag", "image with imageId", "requested manifest", "artifact not found",
        "no such image", "tag unknown", "could not find image", "failed to find image", "image does not exist",
        "unknown image", "does not contain a tag", "image not found",
    ]),
    (Phrase::Digest, &[
        "unexpected commit digest", "size validation", "digest did not match", "does not match digest",
        "layer verification failed", "verification failed for digest", "invalid checksum", "checksum mismatch",
        "digest mismatch", "unexpected size", "corrupt input", "digest invalid", "digests do not match",
        "size mismatch", "short read", "hash mismatch", "does not match the expected digest", "verify digest", "digest of source image",
        "blob size", "digest doesn't match", "failed precondition", "commit failed",
        "does not match provided manifest digest", "did not match digest",
        "invalid content digest", "different digest", "mismatched digest", "unexpected number of bytes",
    ]),
    (Phrase::DiffId, &["wrong diff id", "invalid diffID", "config s DiffID", "don t match image configuration"]),
    (Phrase::RootFs, &["mismatched image rootfs"]),
    (Phrase::InvalidDigest, &[
        "BADDIGEST", "invalid checksum digest length", "invalid checksum digest format", "invalid digest format",
        "unsupported digest algorithm",
    ]),
    (Phrase::Descriptor, &["fetch content descriptor", "fetch descriptor"]),
    (Phrase::LayerDescriptor, &[
        "image config v1 json", "image layer v1", "image rootfs diff", "container image v1 json",
    ]),
    (Phrase::ContentAt, &["content at URL"]),
    (Phrase::BlobUnknown, &[
        "unknown blob", "blob unknown", "unknown to registry", "blob not found", "missing blob",
    ]),
    (Phrase::Copy, &[
        "failed to copy", "httpReadSeeker", "httpReaderSeeker", "reading blob", "copying blob",
        "pulling image configuration", "writing blob", "blobs sha256", "read blob", "download failed",
        "failed open", "downloading layer", "fetching blob", "registry-v2 docker", "storing blob", "copying config",
        "fetching layer",
    ]),
    (Phrase::Unpack, &[
        "initialize unpacker", "extract layer", "register layer", "mount callback failed", "whiteout file", "ApplyLayer", "lchown",
        "unpack image on snapshotter", "processing tar file", "apply layer", "adding layer with blob", "unpigz",
        "failed to unpack", "apply failure", "error applying layer", "untar", "snapshotter not supported",
        "unpacking failed", "operation not permitted unknown",
        "failed to mount", "failed to diff", "archive tar", "hcsshim",
        "ImportLayer", "re-exec error", "stream processor", "creating read-write layer", "creating layer",
        "unlinkat", "convert whiteout",
    ]),
    (Phrase::TarHeader, &[
        "invalid tar header", "magic number mismatch", "invalid header", "unexpected magic", "flate",
    ]),
    (Phrase::ContentDigest, &["content digest", "content store"]),
    (Phrase::Snapshot, &[
        "parent snapshot", "snapshot does not exist", "target snapshot", "failed to rename", "stat snapshot",
        "snapshot not found", "layer does not exist", "layer not known", "image not known",
        "failed to create snapshot", "missing parent", "failed to get chainID", "extraction snapshot",
        "bucket does not exist",
    ]),
    (Phrase::StoreBroken, &[
        "readlink var lib docker", "file exists unknown", "input/output error", "structure needs cleaning",
        "metadata.db", "get image from containerd", "database not open", "stale file handle", "storage driver",
        "layerdb", "failed to read config content", "lease does not exist", "invalid argument readlink",
        "error creating overlay mount", "too many links", "inconsistent", "layers are missing", "missing layer",
        "locating item", "transport endpoint is not connected", "bad message",
        "file name too long", "error locating", "blob DIGEST expected at",
    ]),
    (Phrase::ReadOnly, &["read-only file system"]),
    (Phrase::Inspect, &["ImageInspectError", "failed to inspect image", "InspectFailed"]),
    (Phrase::NoSpace, &[
        "free data blocks", "disk quota exceeded", "not enough space", "out of disk", "ENOSPC", "insufficient disk space",
        "disk is full", "not enough free space", "insufficient storage", "no space left", "disk full",
        "filesystem is full", "free inodes", "failed to garbage collect",
    ]),
    (Phrase::ConfigFile, node_errors::CONFIG_FILE),
    (Phrase::ConfigBroken, node_errors::CONFIG_BROKEN),
    (Phrase::FileDenied, node_errors::FILE_DENIED),
    (Phrase::NoResources, node_errors::NO_RESOURCES),
    (Phrase::Encrypted, node_errors::ENCRYPTED),
    (Phrase::FileSystem, node_errors::FILE_SYSTEM),
    (Phrase::IdMapping, node_errors::ID_MAPPING),
    (Phrase::Clock, node_errors::CLOCK),
    (Phrase::Canceled, &[
        "context canceled", "operation was canceled", "code = Canceled", "context cancelled", "pull canceled",
        "pull was cancelled", "operation canceled",
    ]),
    (Phrase::Deadline, &["deadline exceeded", "DeadlineExceeded", "pull timed out", "pull timeout"]),
    (Phrase::RequestCanceled, &["request canceled", "request cancelled"]),
    (Phrase::NoProgress, &["no progress", "pull progress deadline", "progress timeout", "cancel pulling"]),
    (Phrase::RefLocked, &["locked unavailable", "locked for", "locking ref", "ref locked"]),
    (Phrase::Signature, &[
        "signature was required", "rejected by policy", "policy.json", "source image rejected", "cosign",
        "no signatures found", "no matching signatures", "signature verification", "verify signature",
        "signature validation", "invalid signature", "image verification", "no valid signature", "verify image",
        "signature for image", "not signed", "sigstore", "image policy", "ImagePolicyWebhook", "kyverno", "ratify",
        "connaisseur", "binary authorization", "binaryauthorization", "attestation", "attestor",
        "signatures are required", "policy-controller", "verifyImages", "portieris", "allowed registries",
        "image registry is not allowed", "unknown image registry", "signature exists", "keyPath", "untrusted image",
        "signature not found", "image verifier", "no attestations", "must be signed", "not allowed repo",
    ]),
    (Phrase::Trust, &["trust data", "notary", "content trust", "no valid trust"]),
    (Phrase::NoSignatures, &["no signatures"]),

    // containerd core/remotes and internal/cri; moby daemon and distribution; containers/image docker and copy.
    (Phrase::ByContainerd, &[
        "pull and unpack image", "failed to resolve reference", "failed to resolve image", "httpReadSeeker",
        "httpReaderSeeker", "failed to do request", "failed to fetch anonymous token", "failed to fetch oauth token",
        "could not fetch content descriptor", "unexpected status from HEAD request",
        "unexpected status from GET request", "cannot resolve image",
    ]),
    (Phrase::ByDocker, &[
        "Error response from daemon", "API error", "error pulling image configuration", "download failed after",
        "error from registry", "Not continuing with pull", "error parsing HTTP",
    ]),
    (Phrase::ByContainersImage, &[
        "initializing source", "reading manifest", "pull image err", "writing blob", "copying system image",
        "pinging container registry", "pinging docker registry", "parsing image configuration", "storing blob",
        "determining manifest MIME type", "Requesting bearer token", "initializing image from source",
        "fetching manifest TAG", "fetching manifest DIGEST", "unable to retrieve auth token",
    ]),
    (Phrase::AtToken, &[
        "anonymous token", "oauth token", "Requesting bearer token", "retrieve auth token", "authorization server",
        "retrieving auth token",
    ]),
    (Phrase::AtPing, &[
        "pinging container registry", "pinging docker registry", "ping attempt", "ping registry",
        "pinging HOST", "error pinging",
    ]),
    (Phrase::AtManifest, &[
        "reading manifest", "fetching manifest", "initializing source", "manifests TAG", "resolve reference", "resolve image",
        "determining manifest MIME type", "manifest for IMAGE",
    ]),
    (Phrase::SaysAcr, &["azurecr"]),
    (Phrase::SaysGoogle, &["artifactregistry"]),
    (Phrase::SaysEcr, &["ecr BatchGetImage"]),
    (Phrase::SaysJfrog, &["client does not have permission for manifest"]),
    (Phrase::JsonMarkup, &["invalid character MARKUP"]),
    (Phrase::Xml, &["xml version"]),
    // net/http's answer to a CONNECT that the proxy refuses: the status text without its number.
    (Phrase::BareFault, &["URL Bad Gateway", "URL Service Unavailable", "URL Gateway Timeout", "URL Gateway Time-out"]),
    (Phrase::Rpc, &["rpc error"]),
    (Phrase::ByRequest, &["failed to do request", "response from daemon get", "response from daemon head"]),
    (Phrase::BareForbidden, &["URL Forbidden"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_has_room_for_every_phrase() {
        let last = rows().map(|(phrase, _)| *phrase as usize).max().unwrap();
        assert_eq!(last + 1, COUNT);
        assert!(PhraseSet::find(" failed to pull image IMAGE ", " ").has(Phrase::Pull));
    }

    #[test]
    fn no_row_comes_twice() {
        let mut phrases: Vec<_> = rows().map(|(phrase, _)| *phrase).collect();
        phrases.sort();
        phrases.dedup();
        assert_eq!(phrases.len(), rows().count());
    }

    #[test]
    fn no_text_stands_in_another_of_its_row() {
        for (phrase, texts) in rows() {
            for text in *texts {
                let shorter = texts
                    .iter()
                    .find(|other| *other != text && normal(text).contains(&normal(other)));
                assert_eq!(
                    shorter, None,
                    "{phrase:?}: {text} is found by a shorter one"
                );
            }
        }
    }
}
