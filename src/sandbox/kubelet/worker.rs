//! What a kubelet keeps in mind about one Pod.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::{backoff::Backoff, credentials::Found, puller::Fetched};
use crate::sandbox::{
    object::{Object, text},
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

    fn of(spec: &Value, field: &str) -> Self {
        match (field, text(spec, "/restartPolicy")) {
            ("initContainers", "Always") => Self::Sidecar,
            ("initContainers", _) => Self::Init,
            _ => Self::App,
        }
    }

    /// What the containers behind may do once this one has started: an init container has to end
    /// first.
    pub fn once_started(self) -> Step {
        match self {
            Self::Init => Step::Blocked,
            Self::Sidecar | Self::App => Step::Next,
        }
    }

    /// What the containers behind may do while this one cannot start.
    pub fn while_waiting(self) -> Step {
        match self {
            Self::Init | Self::Sidecar => Step::Blocked,
            Self::App => Step::Next,
        }
    }
}

/// What became of one container at a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Next,
    /// The runtime works; the sync goes on when it answers.
    Pulling,
    /// The containers behind have to wait for this one.
    Blocked,
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

/// A pull that is under way, and how it is going to end.
#[derive(Clone, Debug)]
pub struct Pull {
    pub asked: Timestamp,
    /// After the pulls that were asked for before.
    pub ends: Timestamp,
    pub fetched: Fetched,
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
    /// It runs, and a readiness probe, if it has one, has answered well.
    pub ready: bool,
    /// What the last sync found.
    pub waiting: Option<Waiting>,
    /// The cause of the last failed pull, which the back-off repeats.
    pub pull_error: Option<String>,
    pub crash_backoff: Backoff,
    pub pull: Option<Pull>,
}

impl Container {
    fn new(spec: &Value, role: Role) -> Self {
        Self {
            name: text(spec, "/name").to_owned(),
            role,
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
        }
    }

    /// Its part of the Pod's spec.
    pub fn spec<'a>(&self, pod: &'a Value) -> Option<&'a Value> {
        specs(pod)
            .map(|(spec, _)| spec)
            .find(|spec| text(spec, "/name") == self.name)
    }
}

pub struct Worker {
    pub place: Place,
    pub node: String,
    containers: Vec<Container>,
    /// By image, as the kubelet keys it within a Pod.
    pub pull_backoff: BTreeMap<String, Backoff>,
    pub volume_backoff: Backoff,
    /// Given when the volumes are mounted and the sandbox is up.
    address: Option<String>,
    started: Option<Timestamp>,
    pub is_stopping: bool,
    /// A sync is due at this moment; until then those that the agenda has for others are void.
    pub next_sync: Option<Timestamp>,
    /// What the pull Secrets held when they were last read.
    pub credentials: Option<Arc<Found>>,
    /// The Pod that says all that is above, so that it need not be compared again.
    shown: Option<Object>,
}

impl Worker {
    pub fn new(place: Place, node: &str, pod: &Value) -> Self {
        Self {
            place,
            node: node.to_owned(),
            containers: specs(pod)
                .map(|(spec, role)| Container::new(spec, role))
                .collect(),
            pull_backoff: BTreeMap::new(),
            volume_backoff: Backoff::default(),
            address: None,
            started: None,
            is_stopping: false,
            next_sync: None,
            credentials: None,
            shown: None,
        }
    }

    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The containers, to be changed: the Pod's status will be compared with them again.
    pub fn containers_mut(&mut self) -> &mut [Container] {
        self.shown = None;
        &mut self.containers
    }

    /// Takes over images that were changed in the spec; whether there were any.
    pub fn adopt_images(&mut self, pod: &Value) -> bool {
        let mut changed = false;
        for (mine, (spec, role)) in self.containers.iter_mut().zip(specs(pod)) {
            if mine.image != text(spec, "/image") {
                changed = true;
                *mine = Container {
                    restarts: mine.restarts + u32::from(mine.process != Process::None),
                    ..Container::new(spec, role)
                };
            }
        }
        if changed {
            self.shown = None;
        }
        changed
    }

    /// Notes the first look, which is the start of the Pod.
    pub fn begin(&mut self, now: Timestamp) {
        if self.started.is_none() {
            self.shown = None;
            self.started = Some(now);
        }
    }

    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }

    /// Volumes are mounted, and the sandbox is up under this address.
    pub fn set_up(&mut self, address: String) {
        self.shown = None;
        self.address = Some(address);
    }

    pub fn is_set_up(&self) -> bool {
        self.address.is_some()
    }

    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// Whether the Pod's status is known to say what this worker knows.
    pub fn is_shown_by(&self, pod: &Object) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|shown| Arc::ptr_eq(shown, pod))
    }

    /// Notes that the Pod's status says what this worker knows.
    pub fn note_shown_by(&mut self, pod: Object) {
        self.shown = Some(pod);
    }
}

/// The containers of a Pod in the order of their start.
fn specs(pod: &Value) -> impl Iterator<Item = (&Value, Role)> {
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|field| {
            let specs = pod.get("spec").and_then(|spec| spec.get(field));
            let specs = specs.and_then(Value::as_array).into_iter().flatten();
            specs.map(move |spec| (spec, Role::of(spec, field)))
        })
}
