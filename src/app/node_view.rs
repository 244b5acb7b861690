//! The node view, and the Pod that reads a node's files before it is created.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{request_id::RequestId, scroll::Scroll};
use crate::domain::{
    k8s::{distribution::NodeInfo, object_ref::Namespace, objects::Pod},
    node::{NodeFileReader, NodeStatus},
};

/// A node, as it matters to the image of one Pod.
#[derive(Debug)]
pub struct NodeView {
    pub node: Arc<str>,
    /// Where the Pod is that the user came from.
    pub namespace: Namespace,
    pub image: Option<Arc<str>>,
    pub scroll: Scroll,
}

/// Where privileged Pods of the cluster are, as a rule: the namespace of a Pod may forbid `hostPath`.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// A Pod that reads a node's files: shown in full, then created.
#[derive(Debug)]
pub struct NodeFilesDialog {
    node: Arc<str>,
    info: NodeInfo,
    images: Vec<Arc<str>>,
    image: usize,
    namespaces: Vec<Namespace>,
    namespace: usize,
    pub stage: NodeFilesStage,
    pub scroll: Scroll,
}

#[derive(Debug, PartialEq, Eq)]
pub enum NodeFilesStage {
    /// Nothing has been made yet.
    Preview,
    Running {
        request_id: RequestId,
        since: Timestamp,
    },
    /// The Pod has read nothing, for this reason. Where it is not deleted, a notice says so.
    Failed(String),
}

impl NodeFilesDialog {
    /// `None` for a node whose files no Pod can read.
    pub fn new(view: &NodeView, status: Option<&NodeStatus>) -> Option<Self> {
        let info = status.map(|status| status.info.clone()).unwrap_or_default();
        if !NodeFileReader::can_read(&info) {
            return None;
        }
        let mut namespaces = vec![view.namespace.clone(), Namespace::new(SYSTEM_NAMESPACE)];
        namespaces.dedup();
        Some(Self {
            node: Arc::clone(&view.node),
            info,
            images: NodeFileReader::images(status),
            image: 0,
            namespaces,
            namespace: 0,
            stage: NodeFilesStage::Preview,
            scroll: Scroll::TOP,
        })
    }

    /// What is read, with the chosen image in the chosen namespace.
    pub fn reader(&self) -> Option<NodeFileReader> {
        let image = Arc::clone(self.images.get(self.image)?);
        let namespace = self.namespaces.get(self.namespace)?.clone();
        let node = Arc::clone(&self.node);
        NodeFileReader::new(node, namespace, image, &self.info)
    }

    pub fn is_running(&self) -> bool {
        matches!(self.stage, NodeFilesStage::Running { .. })
    }

    /// Takes the next image, or the one before.
    pub fn choose_image(&mut self, forward: bool) {
        self.image = self.step(self.image, self.images.len(), forward);
    }

    pub fn choose_namespace(&mut self) {
        self.namespace = self.step(self.namespace, self.namespaces.len(), true);
    }

    /// Another choice is another Pod, which has not failed yet.
    fn step(&mut self, place: usize, count: usize, forward: bool) -> usize {
        if self.is_running() {
            return place;
        }
        self.stage = NodeFilesStage::Preview;
        let by = if forward { 1 } else { count.saturating_sub(1) };
        (place + by) % count.max(1)
    }
}

/// The Pods that read a node's files and have not ended yet, by request.
#[derive(Debug, Default)]
pub struct FileReaders(BTreeMap<RequestId, (Namespace, Arc<str>)>);

impl FileReaders {
    pub fn insert(&mut self, request_id: RequestId, namespace: &Namespace, node: Arc<str>) {
        self.0.insert(request_id, (namespace.clone(), node));
    }

    /// Removes a reader that has ended; returns its node. `None`: it ran in a cluster that is not shown any more.
    pub fn remove(&mut self, request_id: RequestId) -> Option<Arc<str>> {
        self.0.remove(&request_id).map(|(_, node)| node)
    }

    /// Whether this Pod may be one of them; only the reader itself knows its name.
    pub fn may_own(&self, pod: &Pod) -> bool {
        self.0.values().any(|(namespace, node)| {
            *namespace == pod.key.namespace && pod.node.as_ref() == Some(node)
        })
    }
}
