//! The last pull error of each image that cannot be pulled.
//!
//! The waiting message where it names a cause; else what was remembered across the back-off; else
//! the newest event that speaks of it (events are dropped and expire, and the reason flips
//! between the error and the back-off).

use std::sync::Arc;

use jiff::Timestamp;

use super::{Evidence, Fact, Source};
use crate::domain::{
    context::Case,
    k8s::{
        objects::Event,
        pull_attempt::PullAttempt,
        pull_failure::{self, Failure},
    },
};

/// A failed pull with the kubelet's error message.
pub(in crate::domain) struct Told<'a> {
    pub attempt: PullAttempt<'a>,
    pub reason: &'a Arc<str>,
    pub text: &'a Arc<str>,
    pub source: Source,
    pub seen: Option<Timestamp>,
}

impl Told<'_> {
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            fact: Fact::Said {
                text: Arc::clone(self.text),
            },
            source: self.source,
            seen: self.seen,
        }
    }
}

/// The pull errors of the Pod's containers.
pub(super) fn told(case: &Case) -> Vec<Told<'_>> {
    pull_failure::failures(&case.pod)
        .map(|failure| tell(case, &failure))
        .collect()
}

fn tell<'a>(case: &'a Case, failure: &Failure<'a>) -> Told<'a> {
    let told = |text, source, seen| Told {
        attempt: failure.attempt,
        reason: failure.reason,
        text,
        source,
        seen,
    };
    if failure.reason.contains(' ') {
        return told(failure.reason, Source::ContainerStatus, None);
    }
    if failure.names_cause()
        && let Some(message) = failure.message
    {
        return told(message, Source::ContainerStatus, None);
    }
    let remembered = case.errors.iter().find(|error| {
        error.container == failure.attempt.container.name && error.image == *failure.attempt.image()
    });
    if let Some(error) = remembered {
        return told(&error.message, Source::Remembered, Some(error.seen));
    }
    let event = case.events.iter().rev().find(|event| {
        failure.attempt.is_told_by(event)
            && pull_failure::is_pull_failure_event(event)
            && pull_failure::names_cause(&event.message)
    });
    match (event, failure.message) {
        (Some(event), _) => told(&event.message, Source::Event, event.last),
        (None, Some(message)) => told(message, Source::ContainerStatus, None),
        (None, None) => told(failure.reason, Source::ContainerStatus, None),
    }
}

/// The newest event with one of these reasons.
pub(super) fn newest<'a>(events: &'a [Arc<Event>], reasons: &[&str]) -> Option<&'a Arc<Event>> {
    events
        .iter()
        .rev()
        .find(|event| reasons.contains(&&*event.reason))
}
