//! Event series: events with the same object, reason and message are one line with a count.
//!
//! Kept in order while writing, newest first, so that a screen takes the first forty and stops.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use crate::domain::k8s::{
    object_ref::{Namespace, ObjectRef},
    objects::{Event, EventKind},
    pull_failure,
};

/// The key of an event series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventSeriesKey(Arc<Topic>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Topic {
    namespace: Option<Namespace>,
    kind: Arc<str>,
    name: Arc<str>,
    reason: Arc<str>,
    message: Arc<str>,
}

/// One line of the events panel.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSeries {
    pub key: EventSeriesKey,
    pub count: u32,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub pull_failure: bool,
    /// The newest of its events; all of them share object, reason and message.
    pub event: Arc<Event>,
    members: BTreeMap<ObjectRef<Event>, Arc<Event>>,
}

impl EventSeries {
    pub fn warning(&self) -> bool {
        self.event.kind == EventKind::Warning
    }
}

/// Events about one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RegardingKey {
    namespace: Option<Namespace>,
    kind: Arc<str>,
    name: Arc<str>,
}

#[derive(Default)]
pub(super) struct EventIndex {
    by_key: HashMap<EventSeriesKey, Arc<EventSeries>>,
    newest_first: BTreeMap<(Reverse<Timestamp>, EventSeriesKey), Arc<EventSeries>>,
    about: HashMap<RegardingKey, BTreeSet<EventSeriesKey>>,
}

impl EventIndex {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) fn get(&self, key: &EventSeriesKey) -> Option<&EventSeries> {
        self.by_key.get(key).map(Arc::as_ref)
    }

    /// All lines, newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &EventSeries> {
        self.newest_first.values().map(Arc::as_ref)
    }

    /// The lines about one object, unordered.
    pub(super) fn about(
        &self,
        kind: &str,
        namespace: &Namespace,
        name: &str,
    ) -> impl Iterator<Item = &EventSeries> {
        let about = RegardingKey {
            namespace: Some(namespace.clone()),
            kind: kind.into(),
            name: name.into(),
        };
        self.about
            .get(&about)
            .into_iter()
            .flatten()
            .filter_map(|key| self.get(key))
    }

    pub(super) fn put(&mut self, event: &Arc<Event>) {
        let key = topic(event);
        let line = if let Some(mut line) = self.detach(&key) {
            line.members.insert(event.key.clone(), Arc::clone(event));
            line
        } else {
            self.about
                .entry(about(event))
                .or_default()
                .insert(key.clone());
            EventSeries {
                key,
                count: 0,
                first: None,
                last: None,
                pull_failure: pull_failure::is_pull_failure_event(event),
                event: Arc::clone(event),
                members: BTreeMap::from([(event.key.clone(), Arc::clone(event))]),
            }
        };
        self.recount(line);
    }

    pub(super) fn remove(&mut self, event: &Event) {
        let Some(mut line) = self.detach(&topic(event)) else {
            return;
        };
        line.members.remove(&event.key);
        if line.members.is_empty() {
            let about = about(event);
            if let Some(keys) = self.about.get_mut(&about) {
                keys.remove(&line.key);
                if keys.is_empty() {
                    self.about.remove(&about);
                }
            }
            return;
        }
        self.recount(line);
    }

    /// Takes a line out of its places.
    fn detach(&mut self, key: &EventSeriesKey) -> Option<EventSeries> {
        let line = self.by_key.remove(key)?;
        self.newest_first.remove(&position(&line));
        Some(Arc::unwrap_or_clone(line))
    }

    /// Counts the line's events again and puts it in its place.
    fn recount(&mut self, mut line: EventSeries) {
        let counts = line.members.values().map(|event| event.count);
        line.count = counts.fold(0, u32::saturating_add);
        line.first = line.members.values().filter_map(|event| event.first).min();
        line.last = line.members.values().filter_map(|event| event.last).max();
        if let Some(newest) = line.members.values().max_by_key(|event| event.last) {
            line.event = Arc::clone(newest);
        }
        let line = Arc::new(line);
        self.newest_first.insert(position(&line), Arc::clone(&line));
        self.by_key.insert(line.key.clone(), line);
    }
}

fn topic(event: &Event) -> EventSeriesKey {
    EventSeriesKey(Arc::new(Topic {
        namespace: event.regarding.namespace.clone(),
        kind: Arc::clone(&event.regarding.kind),
        name: Arc::clone(&event.regarding.name),
        reason: Arc::clone(&event.reason),
        message: Arc::clone(&event.message),
    }))
}

fn about(event: &Event) -> RegardingKey {
    RegardingKey {
        namespace: event.regarding.namespace.clone(),
        kind: Arc::clone(&event.regarding.kind),
        name: Arc::clone(&event.regarding.name),
    }
}

fn position(line: &EventSeries) -> (Reverse<Timestamp>, EventSeriesKey) {
    (
        Reverse(line.last.unwrap_or(Timestamp::MIN)),
        line.key.clone(),
    )
}
