//! What a kubelet keeps in mind about one Pod.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{backoff::Backoff, puller::Fetched};
use crate::sandbox::{
    object::{list, text},
    store::Place,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Init,
    /// An init container that goes on running.
    Sidecar,
    App,
}

impl Role {
    /// The list in the spec that it stands in.
    pub fn field(self) -> &'static str {
        match self {
            Self::Init | Self::Sidecar => "initContainers",
            Self::App => "containers",
        }
    }
}

/// A container's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Process {
    None,
    Running { since: Timestamp },
    Ended(Ended),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: i32,
    pub started: Timestamp,
    pub finished: Timestamp,
}

/// Why a container waits: the kubelet's reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub reason: String,
    pub message: String,
}

#[derive(Clone, Debug)]
pub struct Container {
    pub name: String,
    pub role: Role,
    pub image: String,
    pub image_id: Option<String>,
    pub process: Process,
    pub last_end: Option<Ended>,
    pub restarts: u32,
    pub ready: bool,
    /// What the last sync found.
    pub waiting: Option<Waiting>,
    /// The cause of the last failed pull, which the back-off repeats.
    pub pull_error: Option<String>,
    pub crash_backoff: Backoff,
    /// The pull that is under way.
    pub pull: Option<Fetched>,
}

pub struct Worker {
    pub place: Place,
    pub node: String,
    pub containers: Vec<Container>,
    /// By image, as the kubelet keys it within a Pod.
    pub pull_backoff: BTreeMap<String, Backoff>,
    pub volume_backoff: Backoff,
    /// Volumes are mounted and the sandbox is up.
    pub is_set_up: bool,
    pub address: Option<String>,
    pub started: Option<Timestamp>,
    pub is_stopping: bool,
    /// A sync is due at this moment; older entries in the agenda are void.
    pub next_sync: Option<Timestamp>,
}

impl Worker {
    pub fn new(place: Place, node: &str, pod: &Value) -> Self {
        Self {
            place,
            node: node.to_owned(),
            containers: containers(pod),
            pull_backoff: BTreeMap::new(),
            volume_backoff: Backoff::default(),
            is_set_up: false,
            address: None,
            started: None,
            is_stopping: false,
            next_sync: None,
        }
    }

    /// Takes over images that were changed in the spec; whether there were any.
    pub fn adopt_images(&mut self, pod: &Value) -> bool {
        let mut changed = false;
        for (mine, spec) in self.containers.iter_mut().zip(containers(pod)) {
            if mine.image != spec.image {
                changed = true;
                *mine = Container {
                    restarts: mine.restarts + u32::from(mine.process != Process::None),
                    ..spec
                };
            }
        }
        changed
    }
}

fn containers(pod: &Value) -> Vec<Container> {
    let role_of = |spec: &Value, field: &str| match (field, text(spec, "/restartPolicy")) {
        ("initContainers", "Always") => Role::Sidecar,
        ("initContainers", _) => Role::Init,
        _ => Role::App,
    };
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|field| {
            list(pod, &format!("/spec/{field}"))
                .iter()
                .map(move |spec| Container {
                    name: text(spec, "/name").to_owned(),
                    role: role_of(spec, field),
                    image: text(spec, "/image").to_owned(),
                    image_id: None,
                    process: Process::None,
                    last_end: None,
                    restarts: 0,
                    ready: false,
                    waiting: None,
                    pull_error: None,
                    crash_backoff: Backoff::default(),
                    pull: None,
                })
        })
        .collect()
}
