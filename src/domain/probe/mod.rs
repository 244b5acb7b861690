//! Registry probes: the transcript of steps and the conclusion.
//!
//! The layer `registry` sends the requests of a pull (OCI distribution specification) and writes the
//! transcript; `conclusion` reads it. A step holds facts; its sentence is made in `display`. Nothing here
//! knows how a registry is asked, nor what is in the cluster.

mod conclusion;
mod display;
mod platform;
mod probe_error;
mod tags;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use conclusion::{ProbeConclusion, PullAnswer, conclude, decisive};
pub use platform::{Platform, TargetPlatforms};
pub use probe_error::{ProbeError, Refusal};
pub use tags::similar_tags;

use super::registry_auth::{auth_attempts::AnonymousReason, image_ref::ImageRef};

/// The transcript of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    pub image: ImageRef,
    pub requester: Requester,
    /// The proxy of the asking machine that the question went through, as `host:port`.
    pub proxy: Option<String>,
    /// In the order in which they were taken. Only the last one can have failed.
    pub steps: Vec<ProbeStep>,
    /// Asked only when the manifest was not found.
    pub tags: Option<Tags>,
    /// Asked only when the registry has no such repository.
    pub repositories: Option<Repositories>,
    /// What a stranger gets where this credential was refused; asked only then.
    pub anonymous_access: Option<AnonymousAccess>,
}

/// The identity that the registry was probed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requester {
    User(String),
    Anonymous(AnonymousReason),
}

/// One step of a pull, as far as the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeStep {
    pub stage: ProbeStage,
    /// The host that was asked: the registry's, or the one that gives its tokens.
    pub host: String,
    pub outcome: Result<StepResult, ProbeError>,
    pub took: Duration,
}

/// Stages of a probe, with the names of the JSON of `verify` (`step`), which never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeStage {
    Resolve,
    Connect,
    /// Only where a proxy stands between; the steps before it are then about the proxy.
    Proxy,
    Tls,
    Challenge,
    Token,
    Manifest,
}

/// The result of a successful step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    Addresses(Vec<IpAddr>),
    Connected(SocketAddr),
    /// The proxy leads on.
    ProxyConnected {
        to: String,
    },
    /// The certificate is trusted and names the host.
    Encrypted {
        protocol: String,
    },
    Unencrypted(Unencrypted),
    Login(AuthMethod),
    /// The registry took the user name and the password.
    SignedIn,
    Token {
        lives: Option<Duration>,
    },
    Manifest(ImageManifest),
}

/// Why a connection without TLS is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unencrypted {
    /// The host is this machine: runtimes too speak plain HTTP to it (containerd `MatchLocalhost`).
    Loopback,
    Chosen,
}

/// The authentication method of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// It does not ask.
    Open,
    Basic,
    /// A token from this host.
    Bearer {
        realm: String,
    },
}

/// Properties of an image from its manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageManifest {
    pub media_type: String,
    pub digest: Option<String>,
    /// Bytes of the manifest itself.
    pub size: Option<u64>,
    /// Of an index, or of the one image, whose own stands in its configuration; empty where it was not told.
    pub platforms: Vec<Platform>,
    /// Pulls that are left, as Docker Hub counts them: `76;w=21600`.
    pub pulls_left: Option<String>,
}

/// The list of tags, requested if the manifest is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// The repository exists, with these tags (the first page of them).
    Listed(Vec<String>),
    /// The registry says that there is no such repository.
    NoRepository,
    /// The registry did not say.
    Unknown,
}

/// The repositories of a registry (its catalogue), asked for where the image's is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repositories {
    /// The first page of them.
    Listed(Vec<String>),
    /// The registry did not say, or is one that is not asked: public registries have millions.
    Unknown,
}

/// Whether the image can be pulled anonymously.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousAccess {
    /// The image is public.
    MayPull,
    MayNotPull,
}

impl ProbeStage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Challenge => "challenge",
            Self::Token => "token",
            Self::Manifest => "manifest",
        }
    }
}

impl ImageManifest {
    /// Whether it has Docker's schema 1, which runtimes no longer support (containerd 2.1 and later).
    pub fn is_schema_1(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/vnd.docker.distribution.manifest.v1+json"
                | "application/vnd.docker.distribution.manifest.v1+prettyjws"
        )
    }

    /// Whether it is an index with one manifest per platform.
    pub fn is_index(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/vnd.oci.image.index.v1+json"
                | "application/vnd.docker.distribution.manifest.list.v2+json"
        )
    }
}

impl Transcript {
    /// The failed step, if the manifest was not reached.
    pub fn failed(&self) -> Option<(&ProbeStep, &ProbeError)> {
        let last = self.steps.last()?;
        last.outcome.as_ref().err().map(|failure| (last, failure))
    }

    pub fn manifest(&self) -> Option<&ImageManifest> {
        self.steps.iter().find_map(|step| match &step.outcome {
            Ok(StepResult::Manifest(manifest)) => Some(manifest),
            Ok(_) | Err(_) => None,
        })
    }

    /// Whether the registry has accepted the credential, or issued a token for it.
    pub fn is_signed_in(&self) -> bool {
        let granted = |step: &ProbeStep| {
            matches!(
                step.outcome,
                Ok(StepResult::SignedIn | StepResult::Token { .. })
            )
        };
        matches!(self.requester, Requester::User(_)) && self.steps.iter().any(granted)
    }
}
