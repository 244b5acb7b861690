//! State of the kubelets: Pods, nodes and pending tasks.
//!
//! It is part of the world and knows nothing of how it moves.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    image::ImageCache,
    node_config::ImageCounts,
    worker::{ImageUse, Worker, WorkerContainer},
};
pub use super::{image::VerificationPolicy, node_config::NodeSettings};
use crate::sandbox::{
    object::{StoredObject, uid},
    resources::ResourceKind,
    store::ObjectStore,
};

/// State of all kubelets: Pods by uid, nodes by name.
#[derive(Default)]
pub struct Kubelets {
    pub(super) workers: BTreeMap<String, Worker>,
    pub(super) nodes: BTreeMap<String, NodeState>,
    /// How many addresses were given to Pods.
    pub(super) addresses: u32,
}

/// What a node remembers.
#[derive(Default)]
pub(super) struct NodeState {
    pub(super) images: ImageCache,
    pub(super) settings: NodeSettings,
    pub(super) counts: ImageCounts,
    /// When the pull that was queued last ends.
    pub(super) pulls_free_at: Option<Timestamp>,
}

/// A timed task of a kubelet.
#[derive(Clone, Debug)]
pub enum Task {
    Sync(String),
    /// The runtime has answered for an image.
    Pulled {
        uid: String,
        target: ImageUse,
    },
    /// A container's process ends by itself.
    Exit {
        uid: String,
        container: usize,
        run: u32,
    },
    /// A readiness probe may have its first good answer.
    Ready(String),
    /// The grace period or the wish to stop is over.
    Terminated(String),
}

impl Kubelets {
    /// Puts an image on a node before anything runs there; everybody may use it.
    pub fn preload(&mut self, node: &str, image: &str) {
        self.node(node).images.preload(image);
    }

    pub fn configure(&mut self, node: &str, settings: NodeSettings) {
        self.node(node).settings = settings;
    }

    pub(super) fn node(&mut self, name: &str) -> &mut NodeState {
        self.nodes.entry(name.to_owned()).or_default()
    }

    /// The Pod in the store, if it still is the one that this worker is for.
    pub(super) fn pod(&self, store: &ObjectStore, wanted: &str) -> Option<StoredObject> {
        let worker = self.workers.get(wanted)?;
        let pod = store.at(ResourceKind::Pod, &worker.place)?;
        (uid(pod) == wanted).then(|| StoredObject::clone(pod))
    }

    pub(super) fn container(&self, uid: &str, index: usize) -> Option<&WorkerContainer> {
        self.workers.get(uid)?.containers().get(index)
    }

    pub(super) fn container_mut(
        &mut self,
        uid: &str,
        index: usize,
    ) -> Option<&mut WorkerContainer> {
        self.workers.get_mut(uid)?.containers_mut().get_mut(index)
    }
}
