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
    object_ref::{Key, Namespace},
    objects::{Event, EventKind},
    pull_failure,
};

/// The key of an event series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey(Arc<Topic>);

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
pub struct Line {
    pub key: LineKey,
    pub count: u32,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub pull_failure: bool,
    /// The newest of its events; all of them share object, reason and message.
    pub event: Arc<Event>,
    members: BTreeMap<Key<Event>, Arc<Event>>,
}

impl Line {
    pub fn warning(&self) -> bool {
        self.event.kind == EventKind::Warning
    }
}

/// Events about one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct About {
    namespace: Option<Namespace>,
    kind: Arc<str>,
    name: Arc<str>,
}

#[derive(Default)]
pub(super) struct Lines {
    by_key: HashMap<LineKey, Arc<Line>>,
    newest_first: BTreeMap<(Reverse<Timestamp>, LineKey), Arc<Line>>,
    about: HashMap<About, BTreeSet<LineKey>>,
}

impl Lines {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) fn get(&self, key: &LineKey) -> Option<&Line> {
        self.by_key.get(key).map(Arc::as_ref)
    }

    /// All lines, newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.newest_first.values().map(Arc::as_ref)
    }

    /// The lines about one object, in no particular order.
    pub(super) fn about(
        &self,
        kind: &str,
        namespace: &Namespace,
        name: &str,
    ) -> impl Iterator<Item = &Line> {
        let about = About {
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
        let line = if let Some(mut line) = self.take(&key) {
            line.members.insert(event.key.clone(), Arc::clone(event));
            line
        } else {
            self.about
                .entry(about(event))
                .or_default()
                .insert(key.clone());
            Line {
                key,
                count: 0,
                first: None,
                last: None,
                pull_failure: pull_failure::is_pull_failure_event(event),
                event: Arc::clone(event),
                members: BTreeMap::from([(event.key.clone(), Arc::clone(event))]),
            }
        };
        self.settle(line);
    }

    pub(super) fn remove(&mut self, event: &Event) {
        let Some(mut line) = self.take(&topic(event)) else {
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
        self.settle(line);
    }

    /// Takes a line out of its places.
    fn take(&mut self, key: &LineKey) -> Option<Line> {
        let line = self.by_key.remove(key)?;
        self.newest_first.remove(&position(&line));
        Some(Arc::unwrap_or_clone(line))
    }

    /// Counts the line's events again and puts it in its place.
    fn settle(&mut self, mut line: Line) {
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

fn topic(event: &Event) -> LineKey {
    LineKey(Arc::new(Topic {
        namespace: event.subject.namespace.clone(),
        kind: Arc::clone(&event.subject.kind),
        name: Arc::clone(&event.subject.name),
        reason: Arc::clone(&event.reason),
        message: Arc::clone(&event.message),
    }))
}

fn about(event: &Event) -> About {
    About {
        namespace: event.subject.namespace.clone(),
        kind: Arc::clone(&event.subject.kind),
        name: Arc::clone(&event.subject.name),
    }
}

fn position(line: &Line) -> (Reverse<Timestamp>, LineKey) {
    (
        Reverse(line.last.unwrap_or(Timestamp::MIN)),
        line.key.clone(),
    )
}
