//! Schema of a scenario file. It has no `Debug`: passwords are in it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de};

use crate::sandbox::profile::Profile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    pub title: String,
    /// What is wrong, and what the fix is.
    pub story: String,
    #[serde(default)]
    pub kubelet: KubeletSpec,
    /// Namespaces in which the user `operator` may work.
    #[serde(default)]
    pub operators: Vec<String>,
    /// What heals it, as somebody would do it.
    #[serde(default)]
    pub fix: Vec<EventAction>,
    #[serde(default, rename = "node")]
    pub nodes: Vec<NodeSpec>,
    #[serde(default, rename = "registry")]
    pub registries: Vec<RegistrySpec>,
    #[serde(default, rename = "mirror")]
    pub mirrors: Vec<MirrorSpec>,
    #[serde(default, rename = "provider")]
    pub providers: Vec<ProviderSpec>,
    #[serde(default, rename = "policy")]
    pub policies: Vec<ImagePolicySpec>,
    #[serde(default, rename = "namespace")]
    pub namespaces: Vec<NamespaceSpec>,
    #[serde(default, rename = "secret")]
    pub secrets: Vec<SecretSpec>,
    #[serde(default, rename = "account")]
    pub accounts: Vec<ServiceAccountSpec>,
    #[serde(default, rename = "workload")]
    pub workloads: Vec<WorkloadSpec>,
    #[serde(default, rename = "manifest")]
    pub manifests: Vec<ManifestSpec>,
    #[serde(default, rename = "happening")]
    pub happenings: Vec<EventSpec>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum KubeletSpec {
    #[serde(rename = "containerd-2.4")]
    Containerd24,
    #[default]
    #[serde(rename = "containerd-2.1")]
    Containerd21,
    #[serde(rename = "containerd-1.7")]
    Containerd17,
    #[serde(rename = "containerd-1.6")]
    Containerd16,
    #[serde(rename = "cri-o")]
    CriO,
}

impl KubeletSpec {
    /// The profile of the nodes.
    pub(super) fn profile(self) -> Profile {
        match self {
            Self::Containerd24 => Profile::Containerd24,
            Self::Containerd21 => Profile::Containerd21,
            Self::Containerd17 => Profile::Containerd17,
            Self::Containerd16 => Profile::Containerd16,
            Self::CriO => Profile::CriO,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeSpec {
    pub name: String,
    pub cpu: String,
    pub memory: String,
    /// Images that are on it before anything runs.
    #[serde(default)]
    pub preloaded: Vec<String>,
    #[serde(default)]
    pub verification: VerificationSpec,
    /// `preloadedImagesVerificationAllowlist`.
    #[serde(default)]
    pub verification_allowlist: Vec<String>,
    /// `serializeImagePulls: false`.
    #[serde(default)]
    pub parallel_pulls: bool,
}

/// `imagePullCredentialsVerificationPolicy` of the kubelet.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum VerificationSpec {
    NeverVerify,
    #[default]
    NeverVerifyPreloadedImages,
    NeverVerifyAllowlistedImages,
    AlwaysVerify,
}

/// The hosts that all nodes ask in the place of a registry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MirrorSpec {
    pub registry: String,
    /// The last one is usually the registry itself.
    pub hosts: Vec<String>,
}

/// A `ValidatingAdmissionPolicy` that refuses Pods by their images.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImagePolicySpec {
    pub name: String,
    /// What no image may start with.
    pub images: String,
    pub message: String,
}

/// A credential plugin of all kubelets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderSpec {
    /// The host, or the start of the repository, of the images that it is asked for.
    pub images: String,
    pub user: Option<String>,
    /// The annotation of the ServiceAccount that names the user.
    pub annotation: Option<String>,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegistrySpec {
    pub name: String,
    #[serde(default)]
    pub auth: AuthSpec,
    #[serde(default)]
    pub realm: String,
    #[serde(default)]
    pub service: String,
    #[serde(default)]
    pub anonymous: bool,
    #[serde(default)]
    pub wire: TlsSpec,
    #[serde(default)]
    pub health: HealthSpec,
    #[serde(default)]
    pub limit: RateLimitSpec,
    /// The status with which the token service refuses a wrong login; 401 where nothing is said.
    pub token_refusal: Option<u16>,
    /// The status of every answer of the token service.
    pub token_failure: Option<u16>,
    #[serde(default, rename = "login")]
    pub logins: Vec<LoginSpec>,
    #[serde(default, rename = "image")]
    pub images: Vec<ImageSpec>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AuthSpec {
    #[default]
    None,
    Basic,
    Token,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TlsSpec {
    #[default]
    Tls,
    UntrustedTls,
    PlainHttp,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HealthSpec {
    #[default]
    Up,
    Refusing,
    TimingOut,
    Silent,
    /// Every answer is 503.
    Failing,
    /// Every answer is 500.
    Broken,
    /// Every answer is 502.
    BadGateway,
    /// Every answer is 403.
    Denying,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RateLimitSpec {
    #[default]
    None,
    EveryRequest,
    /// Every request, without a word: Docker Hub's abuse limit.
    Abuse,
    /// Manifests that nobody in particular asks for, as Docker Hub counts.
    Anonymous,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginSpec {
    pub user: String,
    pub password: String,
    pub pulls: Vec<String>,
    pub expires: Option<ScenarioTime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageSpec {
    /// `path:tag`, or several tags: `path:1.0,1.1`.
    pub name: String,
    #[serde(default)]
    pub public: bool,
    #[serde(default = "amd64")]
    pub architectures: Vec<String>,
    #[serde(default = "eighty")]
    pub megabytes: u64,
    /// Ends well after this long.
    pub works: Option<ScenarioSpan>,
    /// Ends badly after this long.
    pub crashes: Option<ScenarioSpan>,
}

fn amd64() -> Vec<String> {
    vec!["amd64".to_owned()]
}

fn eighty() -> u64 {
    80
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamespaceSpec {
    pub name: String,
    pub at: ScenarioTime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretSpec {
    pub name: String,
    pub namespace: String,
    pub at: ScenarioTime,
    #[serde(default = "docker_type")]
    pub r#type: String,
    #[serde(default)]
    pub server: String,
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub password: String,
    /// The content itself, where it is not what kubectl would make.
    pub content: Option<String>,
    /// The key of the content, where the type does not say it.
    pub key: Option<String>,
}

fn docker_type() -> String {
    "kubernetes.io/dockerconfigjson".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceAccountSpec {
    pub name: String,
    pub namespace: String,
    pub at: ScenarioTime,
    #[serde(default)]
    pub secrets: Vec<String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadSpec {
    pub name: String,
    pub namespace: String,
    pub at: ScenarioTime,
    #[serde(default)]
    pub kind: WorkloadKindSpec,
    pub image: String,
    /// The container's name, where it is not the workload's.
    pub container: Option<String>,
    #[serde(default = "one")]
    pub replicas: i64,
    pub account: Option<String>,
    pub policy: Option<String>,
    /// Seconds until a replica answers its readiness probe.
    pub ready_after: Option<i64>,
    #[serde(default = "small")]
    pub cpu: String,
    pub schedule: Option<String>,
    /// YAML that is merged into the Pod's spec.
    pub spec: Option<String>,
}

fn one() -> i64 {
    1
}

fn small() -> String {
    "50m".to_owned()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum WorkloadKindSpec {
    #[default]
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
}

/// Objects as YAML, for what the other sections cannot say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestSpec {
    pub at: ScenarioTime,
    pub yaml: String,
}

/// Something that happens, once or again and again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventSpec {
    pub at: ScenarioTime,
    pub every: Option<ScenarioSpan>,
    #[serde(flatten)]
    pub what: EventAction,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EventAction {
    /// Rolls a Deployment through these images, one at each time.
    Roll {
        workload: String,
        images: Vec<String>,
    },
    Scale {
        workload: String,
        replicas: Vec<i64>,
    },
    Restart {
        workload: String,
    },
    /// Attaches Secrets to a ServiceAccount.
    Attach {
        account: String,
        secrets: Vec<String>,
    },
    /// Gives a ServiceAccount annotations, in the place of those of the same names.
    Annotate {
        account: String,
        annotations: BTreeMap<String, String>,
    },
    /// A tag appears in a registry.
    Push {
        registry: String,
        image: String,
    },
    Health {
        registry: String,
        becomes: Vec<HealthSpec>,
    },
    Limit {
        registry: String,
        becomes: Vec<RateLimitSpec>,
    },
    /// What stands between clients and a registry.
    Wire {
        registry: String,
        becomes: Vec<TlsSpec>,
    },
    /// Gives a workload's first container another request for processors.
    Resize {
        workload: String,
        cpu: String,
    },
    /// Makes a pull Secret, in the place of one of that name that is there.
    Renew {
        namespace: String,
        name: String,
        server: String,
        user: String,
        password: String,
    },
    Delete {
        kind: String,
        object: String,
    },
    /// Adds a container to a running Pod of a workload, as `kubectl debug` does.
    Debug {
        workload: String,
        container: String,
        image: String,
    },
}

/// Seconds from the start of the scenario; negative is before it. Written `-9d`, `-40m`, `+30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ScenarioTime(pub i64);

/// A length of time: `30s`, `5m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScenarioSpan(pub Duration);

fn seconds(text: &str) -> Option<i64> {
    let (number, factor) = match text.char_indices().next_back()? {
        (at, 's') => (text.get(..at)?, 1),
        (at, 'm') => (text.get(..at)?, 60),
        (at, 'h') => (text.get(..at)?, 3600),
        (at, 'd') => (text.get(..at)?, 86400),
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

impl<'de> Deserialize<'de> for ScenarioTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.starts_with(['-', '+'])
            .then(|| seconds(&text))
            .flatten()
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no moment such as -9d or +30s")))
    }
}

impl<'de> Deserialize<'de> for ScenarioSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        seconds(&text)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no time such as 30s or 5m")))
    }
}
