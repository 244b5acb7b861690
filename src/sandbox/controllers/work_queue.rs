//! Work queue of the controllers.
//!
//! It is part of the world and knows nothing of how it moves.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::{resources::ResourceKind, store::ObjectKey};

/// One object to reconcile, in order of priority.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    Namespace(String),
    CronJob(ObjectKey),
    Deployment(ObjectKey),
    ReplicaSet(ObjectKey),
    StatefulSet(ObjectKey),
    DaemonSet(ObjectKey),
    Job(ObjectKey),
    /// A Pod without a node.
    Schedule(ObjectKey),
}

impl Work {
    /// The work that follows from a change of an object.
    pub(super) fn on(kind: ResourceKind, place: ObjectKey) -> Option<Self> {
        match kind {
            ResourceKind::CronJob => Some(Self::CronJob(place)),
            ResourceKind::Deployment => Some(Self::Deployment(place)),
            ResourceKind::ReplicaSet => Some(Self::ReplicaSet(place)),
            ResourceKind::StatefulSet => Some(Self::StatefulSet(place)),
            ResourceKind::DaemonSet => Some(Self::DaemonSet(place)),
            ResourceKind::Job => Some(Self::Job(place)),
            _ => None,
        }
    }
}

/// State of the controllers: observed revision and pending work.
#[derive(Default)]
pub struct Controllers {
    /// The revision up to which changes were turned into work.
    pub(super) last_revision: u64,
    pub(super) queue: BTreeSet<Work>,
    /// What will be looked at again, and when at the latest.
    alarms: BTreeMap<Work, Timestamp>,
    /// How often in a row something has failed.
    failures: BTreeMap<Work, u32>,
    /// The templates of StatefulSets, by uid and revision: what a ControllerRevision holds.
    templates: BTreeMap<(String, String), Value>,
}

impl Controllers {
    pub(super) fn enqueue(&mut self, work: Work) {
        self.alarms.remove(&work);
        self.queue.insert(work);
    }

    /// Sets an alarm; returns whether it is earlier than the present one.
    pub(super) fn set_alarm(&mut self, work: &Work, at: Timestamp) -> bool {
        if self.alarms.get(work).is_some_and(|earlier| *earlier <= at) {
            return false;
        }
        self.alarms.insert(work.clone(), at);
        true
    }

    /// Records a failure; returns the pause (`DefaultControllerRateLimiter`: from 5 ms, doubling, to 1000 s).
    pub(super) fn fail(&mut self, work: &Work) -> Duration {
        let failures = self.failures.entry(work.clone()).or_default();
        *failures += 1;
        let wait = Duration::from_millis(5) * 2_u32.saturating_pow((*failures).min(18) - 1);
        wait.min(Duration::from_secs(1000))
    }

    /// Keeps the template of a revision.
    pub(super) fn keep_template(&mut self, uid: &str, revision: &str, template: &Value) {
        let key = (uid.to_owned(), revision.to_owned());
        let kept = self.templates.entry(key);
        kept.or_insert_with(|| template.clone());
    }

    /// The template of a revision, as far as it was seen.
    pub(super) fn template(&self, uid: &str, revision: &str) -> Option<&Value> {
        self.templates.get(&(uid.to_owned(), revision.to_owned()))
    }

    /// Resets the failures of work that has succeeded or is gone.
    pub(super) fn reset_failures(&mut self, work: &Work) {
        self.failures.remove(work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let mut controllers = Controllers::default();
        let work = Work::Job(ObjectKey::new("app", "web"));
        let waits: Vec<u128> = (0..20)
            .map(|_| controllers.fail(&work).as_millis())
            .collect();
        assert_eq!(waits.first_chunk(), Some(&[5, 10, 20]));
        assert_eq!(waits.last_chunk(), Some(&[655_360, 655_360]));
        controllers.reset_failures(&work);
        assert_eq!(controllers.fail(&work), Duration::from_millis(5));
    }

    #[test]
    fn only_an_earlier_alarm_is_a_new_one() {
        let mut controllers = Controllers::default();
        let work = Work::Namespace("app".to_owned());
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(controllers.set_alarm(&work, at(20)));
        assert!(!controllers.set_alarm(&work, at(30)));
        assert!(controllers.set_alarm(&work, at(10)));
        controllers.enqueue(work.clone());
        assert!(controllers.set_alarm(&work, at(30)));
    }
}
