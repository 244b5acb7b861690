//! Pod worker: the kubelet's state of one Pod.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::{backoff::Backoff, credentials::PodCredentials, puller::Fetched};
use crate::sandbox::{
    object::{StoredObject, list, text},
    store::ObjectKey,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerContainerRole {
    Init,
    /// An init container that goes on running.
    Sidecar,
    App,
    /// Added to a running Pod (`kubectl debug`); it is never restarted and decides nothing about the
    /// Pod.
    Ephemeral,
}

impl WorkerContainerRole {
    /// The list in the spec that it stands in.
    pub fn field(self) -> &'static str {
        match self {
            Self::Init | Self::Sidecar => "initContainers",
            Self::App => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }

    /// The list in the status that it stands in.
    pub fn status_field(self) -> &'static str {
        match self {
            Self::Init | Self::Sidecar => "initContainerStatuses",
            Self::App => "containerStatuses",
            Self::Ephemeral => "ephemeralContainerStatuses",
        }
    }

    fn from_spec(spec: &Value, field: &str) -> Self {
        match (field, text(spec, "/restartPolicy")) {
            ("initContainers", "Always") => Self::Sidecar,
            ("initContainers", _) => Self::Init,
            ("ephemeralContainers", _) => Self::Ephemeral,
            _ => Self::App,
        }
    }

    /// What the containers behind may do once this one has started: an init container has to end
    /// first.
    pub fn once_started(self) -> SyncStep {
        match self {
            Self::Init => SyncStep::Blocked,
            Self::Sidecar | Self::App | Self::Ephemeral => SyncStep::Next,
        }
    }

    /// What the containers behind may do while this one cannot start.
    pub fn while_waiting(self) -> SyncStep {
        match self {
            Self::Init | Self::Sidecar => SyncStep::Blocked,
            Self::App | Self::Ephemeral => SyncStep::Next,
        }
    }
}

/// The container or volume that an image is pulled for, by its place in the worker's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageUse {
    Container(usize),
    Volume(usize),
}

/// Result of one container at a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStep {
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
    Ended(ContainerExit),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerExit {
    pub code: i32,
    pub started: Timestamp,
    pub finished: Timestamp,
}

/// Why a container waits: the kubelet's reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingReason {
    pub reason: String,
    pub message: String,
}

/// A pull that is under way, and how it is going to end.
#[derive(Clone, Debug)]
pub struct Pull {
    pub target: ImageUse,
    pub requested_at: Timestamp,
    /// After the pulls that were asked for before.
    pub ends_at: Timestamp,
    pub fetched: Fetched,
}

#[derive(Clone, Debug)]
pub struct WorkerContainer {
    pub name: String,
    pub role: WorkerContainerRole,
    pub image: String,
    pub image_id: Option<String>,
    pub process: Process,
    pub last_end: Option<ContainerExit>,
    pub restarts: u32,
    /// It runs, and a readiness probe, if it has one, has answered well.
    pub ready: bool,
    /// What the last sync found.
    pub waiting: Option<WaitingReason>,
    pub crash_backoff: Backoff,
}

impl WorkerContainer {
    fn new(spec: &Value, role: WorkerContainerRole) -> Self {
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
            crash_backoff: Backoff::default(),
        }
    }

    /// Its part of the Pod's spec.
    pub fn spec<'a>(&self, pod: &'a Value) -> Option<&'a Value> {
        specs(pod)
            .map(|(spec, _)| spec)
            .find(|spec| text(spec, "/name") == self.name)
    }
}

/// A volume whose content is an image (KEP-4639).
#[derive(Clone, Debug)]
pub struct WorkerImageVolume {
    pub name: String,
    pub image: String,
    /// Why it is not there, as the last sync found; the containers that mount it cannot start.
    pub failure: Option<WaitingReason>,
}

/// What a kubelet remembers of an image's pulls for a Pod.
#[derive(Clone, Debug, Default)]
pub struct PullHistory {
    pub backoff: Backoff,
    /// The cause of the last failed pull, which the back-off repeats.
    pub error: Option<String>,
}

pub struct Worker {
    pub place: ObjectKey,
    pub node: String,
    containers: Vec<WorkerContainer>,
    image_volumes: Vec<WorkerImageVolume>,
    /// By image, as the kubelet keys it within a Pod.
    pub pulls: BTreeMap<String, PullHistory>,
    /// One at most: a sync pulls one image after the other.
    pub pull: Option<Pull>,
    /// Whether a pull has failed in this sync.
    pub has_failed_pull: bool,
    pub volume_backoff: Backoff,
    /// Given when the volumes are mounted and the sandbox is up.
    address: Option<String>,
    started: Option<Timestamp>,
    pub is_stopping: bool,
    /// A sync is due at this moment; until then those that the agenda has for others are void.
    pub next_sync: Option<Timestamp>,
    /// What the pull secrets held when they were last read.
    pub credentials: Option<Arc<PodCredentials>>,
    /// The Pod that says all that is above, so that it need not be compared again.
    shown: Option<StoredObject>,
}

impl Worker {
    pub fn new(place: ObjectKey, node: &str, pod: &Value) -> Self {
        Self {
            place,
            node: node.to_owned(),
            containers: specs(pod)
                .map(|(spec, role)| WorkerContainer::new(spec, role))
                .collect(),
            image_volumes: image_volumes(pod).collect(),
            pulls: BTreeMap::new(),
            pull: None,
            has_failed_pull: false,
            volume_backoff: Backoff::default(),
            address: None,
            started: None,
            is_stopping: false,
            next_sync: None,
            credentials: None,
            shown: None,
        }
    }

    pub fn containers(&self) -> &[WorkerContainer] {
        &self.containers
    }

    /// The containers, to be changed: the Pod's status will be compared with them again.
    pub fn containers_mut(&mut self) -> &mut [WorkerContainer] {
        self.shown = None;
        &mut self.containers
    }

    pub fn image_volumes(&self) -> &[WorkerImageVolume] {
        &self.image_volumes
    }

    pub fn image_volumes_mut(&mut self) -> &mut [WorkerImageVolume] {
        &mut self.image_volumes
    }

    /// In which order a sync looks at them (`SyncPod`): the volumes, since containers mount them, then
    /// the ephemeral containers, which do not wait for the init containers.
    pub fn sync_order(&self) -> Vec<ImageUse> {
        let of = |wanted: fn(WorkerContainerRole) -> bool| {
            let all = self.containers.iter().enumerate();
            all.filter(move |(_, it)| wanted(it.role))
                .map(|(index, _)| ImageUse::Container(index))
        };
        (0..self.image_volumes.len())
            .map(ImageUse::Volume)
            .chain(of(|role| role == WorkerContainerRole::Ephemeral))
            .chain(of(|role| role != WorkerContainerRole::Ephemeral))
            .collect()
    }

    pub fn image(&self, target: ImageUse) -> Option<&str> {
        match target {
            ImageUse::Container(index) => Some(&self.containers.get(index)?.image),
            ImageUse::Volume(index) => Some(&self.image_volumes.get(index)?.image),
        }
    }

    /// Takes over what can change in the spec of a Pod: images, and ephemeral containers, which are
    /// added behind the others wherever they stand in the spec. Whether anything did.
    pub fn update_spec(&mut self, pod: &Value) -> bool {
        let mut changed = false;
        for (spec, role) in specs(pod) {
            let mut known = self.containers.iter_mut().enumerate();
            let Some((index, mine)) = known.find(|(_, it)| it.name == text(spec, "/name")) else {
                changed = true;
                self.containers.push(WorkerContainer::new(spec, role));
                continue;
            };
            if mine.image != text(spec, "/image") {
                changed = true;
                *mine = WorkerContainer {
                    restarts: mine.restarts + u32::from(mine.process != Process::None),
                    ..WorkerContainer::new(spec, role)
                };
                self.pull
                    .take_if(|pull| pull.target == ImageUse::Container(index));
            }
        }
        if changed {
            self.shown = None;
        }
        changed
    }

    /// Notes the first look, which is the start of the Pod.
    pub fn mark_started(&mut self, now: Timestamp) {
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
    pub fn is_shown_by(&self, pod: &StoredObject) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|shown| Arc::ptr_eq(shown, pod))
    }

    /// Notes that the Pod's status says what this worker knows.
    pub fn note_shown_by(&mut self, pod: StoredObject) {
        self.shown = Some(pod);
    }
}

fn image_volumes(pod: &Value) -> impl Iterator<Item = WorkerImageVolume> {
    list(pod, "/spec/volumes")
        .iter()
        .filter(|volume| volume.get("image").is_some())
        .map(|volume| WorkerImageVolume {
            name: text(volume, "/name").to_owned(),
            image: text(volume, "/image/reference").to_owned(),
            failure: None,
        })
}

/// The containers of a Pod.
fn specs(pod: &Value) -> impl Iterator<Item = (&Value, WorkerContainerRole)> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|field| {
            let specs = pod.get("spec").and_then(|spec| spec.get(field));
            let specs = specs.and_then(Value::as_array).into_iter().flatten();
            specs.map(move |spec| (spec, WorkerContainerRole::from_spec(spec, field)))
        })
}
