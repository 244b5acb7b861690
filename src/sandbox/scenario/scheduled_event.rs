//! Things that happen in a scenario, beside what its users and controllers do.
//!
//! They have no `Debug`: Secrets may be in them.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{
    admission::ImagePolicy,
    kubelet::{provider::Provider, state::Verification},
    registry::{Health, Image, Limit, Registry, Wire},
    resources::Kind,
    store::Place,
};

/// One happening; with `every` it comes again and takes the next of its values.
#[derive(Clone)]
pub struct Happening {
    pub action: Action,
    pub every: Option<Duration>,
    pub round: usize,
}

#[derive(Clone)]
pub enum Action {
    Create {
        kind: Kind,
        namespace: String,
        object: Value,
    },
    Connect(Box<Registry>),
    Preload {
        node: String,
        image: String,
    },
    Verify {
        node: String,
        verification: Verification,
    },
    Mirror {
        registry: String,
        hosts: Vec<String>,
    },
    Provide(Provider),
    Forbid(ImagePolicy),
    /// Adds a container to a running Pod of the workload.
    Debug {
        workload: Place,
        container: Value,
    },
    Roll {
        workload: Place,
        images: Vec<String>,
    },
    Scale {
        workload: Place,
        replicas: Vec<i64>,
    },
    Restart {
        workload: Place,
    },
    Attach {
        account: Place,
        secrets: Value,
    },
    Push {
        registry: String,
        path: String,
        tag: String,
        image: Image,
    },
    Health {
        registry: String,
        becomes: Vec<Health>,
    },
    Limit {
        registry: String,
        becomes: Vec<Option<Limit>>,
    },
    Wire {
        registry: String,
        becomes: Vec<Wire>,
    },
    Resize {
        workload: Place,
        cpu: String,
    },
    Renew {
        place: Place,
        secret: Value,
    },
    Delete {
        kind: Kind,
        place: Place,
    },
}
