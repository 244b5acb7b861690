//! The form of a scenario file. It has no `Debug`: passwords are in it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de};

use crate::sandbox::profile::Profile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub title: String,
    /// What is wrong, and what the fix is.
    pub story: String,
    #[serde(default)]
    pub kubelet: Kubelet,
    /// Namespaces in which the user `operator` may work.
    #[serde(default)]
    pub operators: Vec<String>,
    /// What heals it, as somebody would do it.
    #[serde(default)]
    pub fix: Vec<What>,
    #[serde(default, rename = "node")]
    pub nodes: Vec<Node>,
    #[serde(default, rename = "registry")]
    pub registries: Vec<Registry>,
    #[serde(default, rename = "mirror")]
    pub mirrors: Vec<Mirror>,
    #[serde(default, rename = "provider")]
    pub providers: Vec<Provider>,
    #[serde(default, rename = "policy")]
    pub policies: Vec<Policy>,
    #[serde(default, rename = "namespace")]
    pub namespaces: Vec<Namespace>,
    #[serde(default, rename = "secret")]
    pub secrets: Vec<Secret>,
    #[serde(default, rename = "account")]
    pub accounts: Vec<ServiceAccount>,
    #[serde(default, rename = "workload")]
    pub workloads: Vec<Workload>,
    #[serde(default, rename = "manifest")]
    pub manifests: Vec<Manifest>,
    #[serde(default, rename = "happening")]
    pub happenings: Vec<Event>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Kubelet {
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

impl Kubelet {
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
pub(super) struct Node {
    pub name: String,
    pub cpu: String,
    pub memory: String,
    /// Images that are on it before anything runs.
    #[serde(default)]
    pub preloaded: Vec<String>,
    #[serde(default)]
    pub verification: Verification,
}

/// `imagePullCredentialsVerificationPolicy` of the kubelet.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Verification {
    NeverVerify,
    #[default]
    NeverVerifyPreloadedImages,
    AlwaysVerify,
}

/// The hosts that all nodes ask in the place of a registry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mirror {
    pub registry: String,
    /// The last one is usually the registry itself.
    pub hosts: Vec<String>,
}

/// A `ValidatingAdmissionPolicy` that refuses Pods by their images.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub name: String,
    /// What no image may start with.
    pub images: String,
    pub message: String,
}

/// A credential plugin of all kubelets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    /// The host, or the start of the repository, of the images that it is asked for.
    pub images: String,
    pub user: Option<String>,
    /// The annotation of the ServiceAccount that names the user.
    pub annotation: Option<String>,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registry {
    pub name: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default)]
    pub realm: String,
    #[serde(default)]
    pub service: String,
    #[serde(default)]
    pub anonymous: bool,
    #[serde(default)]
    pub wire: Wire,
    #[serde(default)]
    pub health: Health,
    #[serde(default)]
    pub limit: Limit,
    /// The status with which the token service refuses a wrong login; 401 where nothing is said.
    pub token_refusal: Option<u16>,
    /// The status of every answer of the token service.
    pub token_failure: Option<u16>,
    #[serde(default, rename = "login")]
    pub logins: Vec<Login>,
    #[serde(default, rename = "image")]
    pub images: Vec<Image>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Auth {
    #[default]
    None,
    Basic,
    Token,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wire {
    #[default]
    Tls,
    UntrustedTls,
    PlainHttp,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Health {
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
pub(super) enum Limit {
    #[default]
    None,
    EveryRequest,
    /// Manifests that nobody in particular asks for, as Docker Hub counts.
    Anonymous,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
    pub pulls: Vec<String>,
    pub expires: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Image {
    /// `path:tag`, or several tags: `path:1.0,1.1`.
    pub name: String,
    #[serde(default)]
    pub public: bool,
    #[serde(default = "amd64")]
    pub architectures: Vec<String>,
    #[serde(default = "eighty")]
    pub megabytes: u64,
    /// Ends well after this long.
    pub works: Option<Span>,
    /// Ends badly after this long.
    pub crashes: Option<Span>,
}

fn amd64() -> Vec<String> {
    vec!["amd64".to_owned()]
}

fn eighty() -> u64 {
    80
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Namespace {
    pub name: String,
    pub at: Moment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    pub name: String,
    pub namespace: String,
    pub at: Moment,
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
pub(super) struct ServiceAccount {
    pub name: String,
    pub namespace: String,
    pub at: Moment,
    #[serde(default)]
    pub secrets: Vec<String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workload {
    pub name: String,
    pub namespace: String,
    pub at: Moment,
    #[serde(default)]
    pub kind: WorkloadKind,
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
pub(super) enum WorkloadKind {
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
pub(super) struct Manifest {
    pub at: Moment,
    pub yaml: String,
}

/// Something that happens, once or again and again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub at: Moment,
    pub every: Option<Span>,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
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
    /// A tag appears in a registry.
    Push {
        registry: String,
        image: String,
    },
    Health {
        registry: String,
        becomes: Vec<Health>,
    },
    Limit {
        registry: String,
        becomes: Vec<Limit>,
    },
    /// What stands between clients and a registry.
    Wire {
        registry: String,
        becomes: Vec<Wire>,
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
pub(super) struct Moment(pub i64);

/// A length of time: `30s`, `5m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub Duration);

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

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.starts_with(['-', '+'])
            .then(|| seconds(&text))
            .flatten()
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no moment such as -9d or +30s")))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        seconds(&text)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no time such as 30s or 5m")))
    }
}
