//! Event correlator: counts and rate limits per object (client-go: `EventCorrelator`).
//!
//! It is part of the world and knows nothing of how it moves.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::EventType;
use crate::sandbox::store::ObjectKey;

const BURST: f64 = 25.0;
const REFILL_SECONDS: f64 = 300.0;

/// Source of Events about an object.
///
/// With client-go 0.37, normal Events and warnings have separate budgets (`getSpamKey`); for older recorders the level
/// is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Channel {
    pub component: &'static str,
    pub level: Option<EventType>,
}

/// Event correlator by object uid and channel.
#[derive(Default)]
pub struct EventCorrelator(BTreeMap<String, BTreeMap<Channel, ObjectRecord>>);

struct ObjectRecord {
    tokens: f64,
    filled: Timestamp,
    /// By what they say.
    observed: BTreeMap<String, ObservedEvent>,
}

/// An Event as its recorder knows it, written or not.
#[derive(Clone, Debug)]
pub(super) struct ObservedEvent {
    /// How often it was reported, those times included that were dropped (`eventObserve` comes before
    /// the filter).
    pub count: i64,
    pub first: Timestamp,
    /// Where it was written.
    pub place: Option<ObjectKey>,
}

impl EventCorrelator {
    fn record_for(&mut self, uid: &str, channel: Channel, now: Timestamp) -> &mut ObjectRecord {
        let of_object = self.0.entry(uid.to_owned()).or_default();
        of_object.entry(channel).or_insert_with(|| ObjectRecord {
            tokens: BURST,
            filled: now,
            observed: BTreeMap::new(),
        })
    }

    /// Counts a report; returns the known Event with the same content.
    pub(super) fn observe(
        &mut self,
        uid: &str,
        channel: Channel,
        same: &str,
        now: Timestamp,
    ) -> ObservedEvent {
        let reported = self.record_for(uid, channel, now);
        let observed = reported
            .observed
            .entry(same.to_owned())
            .or_insert_with(|| ObservedEvent {
                count: 0,
                first: now,
                place: None,
            });
        observed.count += 1;
        observed.clone()
    }

    /// Whether another Event about an object is within the rate limit.
    pub(super) fn spend(&mut self, uid: &str, channel: Channel, now: Timestamp) -> bool {
        let reported = self.record_for(uid, channel, now);
        let passed = now.duration_since(reported.filled).as_secs_f64();
        reported.tokens = (reported.tokens + passed / REFILL_SECONDS).min(BURST);
        reported.filled = now;
        let allowed = reported.tokens >= 1.0;
        if allowed {
            reported.tokens -= 1.0;
        }
        allowed
    }

    /// Records where an Event was written.
    pub(super) fn set_location(
        &mut self,
        uid: &str,
        channel: Channel,
        same: &str,
        place: ObjectKey,
    ) {
        let of_object = self.0.get_mut(uid);
        let reported = of_object.and_then(|it| it.get_mut(&channel));
        if let Some(observed) = reported.and_then(|it| it.observed.get_mut(same)) {
            observed.place = Some(place);
        }
    }

    /// Forgets a deleted object.
    pub fn forget(&mut self, uid: &str) {
        self.0.remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sandbox::clock::later;

    #[test]
    fn an_object_is_reported_on_twenty_five_times_and_then_once_in_five_minutes() {
        let mut memory = EventCorrelator::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let of = |component| Channel {
            component,
            level: None,
        };
        let said = |memory: &mut EventCorrelator, now| memory.spend("a", of("kubelet"), now);
        assert_eq!((0..40).filter(|_| said(&mut memory, now)).count(), 25);
        assert!(memory.spend("b", of("kubelet"), now), "another object");
        assert!(memory.spend("a", of("scheduler"), now), "another component");
        now = later(now, Duration::from_secs(300));
        assert!(said(&mut memory, now));
        assert!(!said(&mut memory, now));
        memory.forget("a");
        assert!(said(&mut memory, now));
    }

    #[test]
    fn warnings_leave_room_for_what_is_normal() {
        let mut memory = EventCorrelator::default();
        let now = Timestamp::UNIX_EPOCH;
        let of = |level| Channel {
            component: "kubelet",
            level: Some(level),
        };
        let warned = (0..40).filter(|_| memory.spend("a", of(EventType::Warning), now));
        assert_eq!(warned.count(), 25);
        assert!(memory.spend("a", of(EventType::Normal), now));
    }
}
