//! The kubelets of all nodes: they pull, start, restart and stop what is assigned to them, and
//! report in the words of real ones.
//!
//! A Pod is synced as in `pkg/kubelet`: its status is written at the start of a sync from what the
//! sync before has found, so that the status lags behind the events; a Pod with trouble is synced
//! again after ten to fifteen seconds.

mod backoff;
mod credentials;
mod image;
mod probe;
mod pull;
mod puller;
mod run;
mod setup;
mod status;
mod sync;
mod tell;
mod terminate;
mod wording;
mod worker;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    clock::later,
    object::{is_terminating, text, uid},
    store::{ChangeKind, Place},
    world::{Due, World},
};
use image::Cache;
use worker::Worker;

/// All kubelets: their Pods by uid, their nodes by name.
#[derive(Default)]
pub struct Kubelets {
    workers: BTreeMap<String, Worker>,
    nodes: BTreeMap<String, NodeState>,
    addresses: u32,
}

/// What a node remembers.
#[derive(Default)]
struct NodeState {
    images: Cache,
    /// Images are pulled one after the other (`serializeImagePulls`).
    pulls_free_at: Option<Timestamp>,
}

impl Kubelets {
    /// Puts an image on a node before anything runs there; everybody may use it.
    pub fn preload(&mut self, node: &str, image: &str) {
        let node = self.nodes.entry(node.to_owned()).or_default();
        node.images.preload(image);
    }
}

/// Something that a kubelet does at its time.
#[derive(Clone, Debug)]
pub enum Task {
    Sync(String),
    /// The runtime has answered for a container's image.
    Pulled {
        uid: String,
        container: usize,
    },
    /// A container's process ends by itself.
    Exit {
        uid: String,
        container: usize,
        run: u32,
    },
    Ready {
        uid: String,
    },
    /// The grace period or the wish to stop is over.
    Terminated(String),
}

/// How soon a kubelet looks at a Pod that was assigned to it.
const FIRST_LOOK: Duration = Duration::from_millis(400);

/// Looks at a Pod that was changed by somebody.
pub fn notice(world: &mut World, pod: &Value, event: ChangeKind) {
    let node = text(pod, "/spec/nodeName");
    if node.is_empty() {
        return;
    }
    let uid = uid(pod).to_owned();
    if event == ChangeKind::Deleted {
        world.kubelets.workers.remove(&uid);
        world.recorder.forget(&uid);
        return;
    }
    let worker = world.kubelets.workers.get_mut(&uid);
    let is_finished = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    match worker {
        None if !is_finished => {
            let worker = Worker::new(Place::of(pod), node, pod);
            world.kubelets.workers.insert(uid.clone(), worker);
            enter(world, FIRST_LOOK, Task::Sync(uid));
        }
        Some(worker) if is_terminating(pod) && !worker.is_stopping => {
            worker.is_stopping = true;
            terminate::begin(world, &uid, pod);
        }
        Some(worker) => {
            let made_anew = worker.adopt_images(pod);
            if made_anew {
                // `kubectl set image` on a Pod.
                enter(world, FIRST_LOOK, Task::Sync(uid));
            }
        }
        None => {}
    }
}

pub fn perform(world: &mut World, task: Task) {
    match task {
        Task::Sync(uid) => sync::sync(world, &uid),
        Task::Pulled { uid, container } => pull::pulled(world, &uid, container),
        Task::Exit {
            uid,
            container,
            run,
        } => run::exited(world, &uid, container, run),
        Task::Ready { uid } => probe::ready(world, &uid),
        Task::Terminated(uid) => terminate::end(world, &uid),
    }
}

fn enter(world: &mut World, after: Duration, task: Task) {
    let at = later(world.now, after);
    world.agenda.enter(at, Due::Kubelet(task));
}
