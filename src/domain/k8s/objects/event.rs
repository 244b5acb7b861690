//! An Event of either API (`v1` or `events.k8s.io/v1`), with common time fields.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ObjectMeta, Pod};
use crate::domain::k8s::object_ref::{Namespace, ObjectRef};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub key: ObjectRef<Event>,
    pub meta: ObjectMeta,
    pub kind: EventKind,
    pub reason: Arc<str>,
    pub message: Arc<str>,
    #[serde(rename = "subject")]
    pub regarding: ObjectReference,
    /// Occurrences folded into this object by the reporter (`count` or `series.count`); at least 1.
    pub count: u32,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// `kubelet`, `default-scheduler`, … from `source` or `reportingComponent`.
    #[serde(rename = "reporter")]
    pub reporting_component: Option<Arc<str>>,
    /// The node the reporter ran on.
    pub host: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    Normal,
    Warning,
}

/// The object that the event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectReference {
    pub kind: Arc<str>,
    /// `None` for cluster-wide objects such as Nodes.
    pub namespace: Option<Namespace>,
    pub name: Arc<str>,
    pub uid: Option<Arc<str>>,
    /// `spec.containers{app}`: the container that the event is about.
    pub field: Option<Arc<str>>,
}

impl ObjectReference {
    /// The container named by a field path such as `spec.initContainers{setup}`.
    pub fn container(&self) -> Option<&str> {
        let (_, rest) = self.field.as_deref()?.split_once('{')?;
        rest.strip_suffix('}')
    }

    /// Whether this Pod is meant, and not an earlier one of the same name, as in a StatefulSet.
    pub fn refers_to(&self, pod: &Pod) -> bool {
        // Of a static Pod the kubelet speaks by another uid than the API server has for its mirror.
        let is_mirror = || {
            let owner = pod.meta.owner.as_ref();
            owner.is_some_and(|owner| &*owner.kind == "Node")
        };
        let uid = self.uid.as_ref();
        uid.is_none_or(|uid| *uid == pod.meta.uid || is_mirror())
    }
}
