//! An Event, from either API (`v1` or `events.k8s.io/v1`), with its times made one.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Meta;
use crate::domain::key::{Key, Namespace};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub key: Key<Event>,
    pub meta: Meta,
    pub kind: EventKind,
    pub reason: Arc<str>,
    pub message: Arc<str>,
    pub subject: EventSubject,
    /// Occurrences folded into this object by the reporter (`count` or `series.count`); at least 1.
    pub count: u32,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// `kubelet`, `default-scheduler`, … from `source` or `reportingComponent`.
    pub reporter: Option<Arc<str>>,
    /// The node the reporter ran on.
    pub host: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    Normal,
    Warning,
}

/// What the event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventSubject {
    pub kind: Arc<str>,
    /// `None` for cluster-wide objects such as Nodes.
    pub namespace: Option<Namespace>,
    pub name: Arc<str>,
    pub uid: Option<Arc<str>>,
    /// `spec.containers{app}`: the container that the event is about.
    pub field: Option<Arc<str>>,
}

impl EventSubject {
    /// The container named by a field path such as `spec.initContainers{setup}`.
    pub fn container(&self) -> Option<&str> {
        let (_, rest) = self.field.as_deref()?.split_once('{')?;
        rest.strip_suffix('}')
    }
}
