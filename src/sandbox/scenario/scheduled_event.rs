//! Scheduled events of a scenario.
//!
//! They have no `Debug`: Secrets may be in them.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::sandbox::{
    admission::ImagePolicy,
    kubelet::{provider::CredentialProvider, state::NodeSettings},
    registry::{Image, RateLimit, Registry, RegistryHealth, TlsMode},
    resources::ResourceKind,
    store::ObjectKey,
};

/// A scheduled event; with `every` it repeats and takes the next of its values.
#[derive(Clone)]
pub struct ScheduledEvent {
    pub action: ScenarioAction,
    pub every: Option<Duration>,
    pub round: usize,
}

#[derive(Clone)]
pub enum ScenarioAction {
    Create {
        kind: ResourceKind,
        namespace: String,
        object: Value,
    },
    Connect(Box<Registry>),
    Preload {
        node: String,
        image: String,
    },
    Configure {
        node: String,
        settings: NodeSettings,
    },
    Mirror {
        registry: String,
        hosts: Vec<String>,
    },
    Provide(CredentialProvider),
    Forbid(ImagePolicy),
    /// Adds a container to a running Pod of the workload.
    Debug {
        workload: ObjectKey,
        container: Value,
    },
    Roll {
        workload: ObjectKey,
        images: Vec<String>,
    },
    Scale {
        workload: ObjectKey,
        replicas: Vec<i64>,
    },
    Restart {
        workload: ObjectKey,
    },
    Attach {
        account: ObjectKey,
        secrets: Value,
    },
    Annotate {
        account: ObjectKey,
        annotations: BTreeMap<String, String>,
    },
    Push {
        registry: String,
        path: String,
        tag: String,
        image: Image,
    },
    Health {
        registry: String,
        becomes: Vec<RegistryHealth>,
    },
    Limit {
        registry: String,
        becomes: Vec<Option<RateLimit>>,
    },
    Wire {
        registry: String,
        becomes: Vec<TlsMode>,
    },
    Resize {
        workload: ObjectKey,
        cpu: String,
    },
    Renew {
        place: ObjectKey,
        secret: Value,
    },
    Delete {
        kind: ResourceKind,
        place: ObjectKey,
    },
}
