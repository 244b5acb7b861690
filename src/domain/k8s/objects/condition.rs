//! Pod conditions in a compact form: a cluster may have fifty thousand Pods with five each.

use std::{num::NonZeroI64, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The Pod conditions that mark the steps of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PodConditionType {
    Scheduled,
    ReadyToStartContainers,
    Initialized,
    ContainersReady,
    Ready,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SerializedCondition", into = "SerializedCondition")]
pub struct PodCondition {
    pub condition: PodConditionType,
    pub is_true: bool,
    /// In microseconds, as exact as the API is.
    last_transition_time: Option<NonZeroI64>,
    /// Of most conditions nothing is said.
    detail: Option<Box<ConditionDetail>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ConditionDetail {
    reason: Option<Arc<str>>,
    message: Option<Arc<str>>,
}

impl PodCondition {
    pub fn new(
        condition: PodConditionType,
        holds: bool,
        since: Option<Timestamp>,
        reason: Option<Arc<str>>,
        message: Option<Arc<str>>,
    ) -> Self {
        let is_said = reason.is_some() || message.is_some();
        Self {
            condition,
            is_true: holds,
            last_transition_time: since.and_then(|since| NonZeroI64::new(since.as_microsecond())),
            detail: is_said.then(|| Box::new(ConditionDetail { reason, message })),
        }
    }

    /// Time of the last transition.
    pub fn last_transition_time(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.last_transition_time?.get()).ok()
    }

    pub fn reason(&self) -> Option<&str> {
        self.detail.as_ref()?.reason.as_deref()
    }

    pub fn message(&self) -> Option<&Arc<str>> {
        self.detail.as_ref()?.message.as_ref()
    }
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct SerializedCondition {
    condition: PodConditionType,
    holds: bool,
    since: Option<Timestamp>,
    reason: Option<Arc<str>>,
    message: Option<Arc<str>>,
}

impl From<SerializedCondition> for PodCondition {
    fn from(plain: SerializedCondition) -> Self {
        let SerializedCondition {
            condition,
            holds,
            since,
            reason,
            message,
        } = plain;
        Self::new(condition, holds, since, reason, message)
    }
}

impl From<PodCondition> for SerializedCondition {
    fn from(condition: PodCondition) -> Self {
        let since = condition.last_transition_time();
        let (reason, message) = condition
            .detail
            .map_or((None, None), |said| (said.reason, said.message));
        Self {
            condition: condition.condition,
            holds: condition.is_true,
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
            PodConditionType::Ready,
            false,
            Some(since),
            Some("ContainersNotReady".into()),
            None,
        );
        assert_eq!(said.last_transition_time(), Some(since));
        assert_eq!(said.reason(), Some("ContainersNotReady"));
        assert_eq!(said.message(), None);
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(serde_json::from_str::<PodCondition>(&text).unwrap(), said);
    }
}
