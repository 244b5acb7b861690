//! A Pod's conditions, kept small: five of them stand in each of fifty thousand Pods.

use std::{num::NonZeroI64, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The Pod conditions that mark the steps of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Condition {
    Scheduled,
    ReadyToStartContainers,
    Initialized,
    ContainersReady,
    Ready,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Plain", into = "Plain")]
pub struct PodCondition {
    pub condition: Condition,
    pub holds: bool,
    /// In microseconds, as exact as the API is.
    since: Option<NonZeroI64>,
    /// Of most conditions nothing is said.
    said: Option<Box<Said>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    reason: Option<Arc<str>>,
    message: Option<Arc<str>>,
}

impl PodCondition {
    pub fn new(
        condition: Condition,
        holds: bool,
        since: Option<Timestamp>,
        reason: Option<Arc<str>>,
        message: Option<Arc<str>>,
    ) -> Self {
        let is_said = reason.is_some() || message.is_some();
        Self {
            condition,
            holds,
            since: since.and_then(|since| NonZeroI64::new(since.as_microsecond())),
            said: is_said.then(|| Box::new(Said { reason, message })),
        }
    }

    /// When it last changed.
    pub fn since(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.since?.get()).ok()
    }

    pub fn reason(&self) -> Option<&str> {
        self.said.as_ref()?.reason.as_deref()
    }

    pub fn message(&self) -> Option<&Arc<str>> {
        self.said.as_ref()?.message.as_ref()
    }
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct Plain {
    condition: Condition,
    holds: bool,
    since: Option<Timestamp>,
    reason: Option<Arc<str>>,
    message: Option<Arc<str>>,
}

impl From<Plain> for PodCondition {
    fn from(plain: Plain) -> Self {
        let Plain {
            condition,
            holds,
            since,
            reason,
            message,
        } = plain;
        Self::new(condition, holds, since, reason, message)
    }
}

impl From<PodCondition> for Plain {
    fn from(condition: PodCondition) -> Self {
        let since = condition.since();
        let (reason, message) = condition
            .said
            .map_or((None, None), |said| (said.reason, said.message));
        Self {
            condition: condition.condition,
            holds: condition.holds,
            since,
            reason,
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_small_and_loses_nothing() {
        assert!(size_of::<PodCondition>() <= 24);
        let since: Timestamp = "2026-11-24T04:11:16.25Z".parse().unwrap();
        let said = PodCondition::new(
            Condition::Ready,
            false,
            Some(since),
            Some("ContainersNotReady".into()),
            None,
        );
        assert_eq!(said.since(), Some(since));
        assert_eq!(said.reason(), Some("ContainersNotReady"));
        assert_eq!(said.message(), None);
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(serde_json::from_str::<PodCondition>(&text).unwrap(), said);
    }
}
