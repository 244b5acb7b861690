//! The last pull error of each image that cannot be pulled.
//!
//! The waiting message where it names a cause; else what was remembered across the back-off; else
//! the newest event that speaks of it (events are dropped and expire, and the reason flips
//! between the error and the back-off).

use std::sync::Arc;

use jiff::Timestamp;

use super::{Evidence, EvidenceSource, Fact};
use crate::domain::{
    context::PodContext,
    k8s::{
        objects::Event,
        pull_attempt::PullAttempt,
        pull_failure::{self, PullFailure},
    },
};

/// A failed pull with the kubelet's error message.
pub(in crate::domain) struct PullError<'a> {
    pub attempt: PullAttempt<'a>,
    pub reason: &'a Arc<str>,
    pub text: &'a Arc<str>,
    pub source: EvidenceSource,
    pub observed_at: Option<Timestamp>,
}

impl PullError<'_> {
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            fact: Fact::KubeletMessage {
                text: Arc::clone(self.text),
            },
            source: self.source,
            observed_at: self.observed_at,
        }
    }
}

/// The pull errors of the Pod's containers.
pub(super) fn pull_errors(context: &PodContext) -> Vec<PullError<'_>> {
    pull_failure::pull_failures(&context.pod)
        .map(|failure| pull_error(context, &failure))
        .collect()
}

fn pull_error<'a>(context: &'a PodContext, failure: &PullFailure<'a>) -> PullError<'a> {
    let told = |text, source, seen| PullError {
        attempt: failure.attempt,
        reason: failure.reason,
        text,
        source,
        observed_at: seen,
    };
    if failure.reason.contains(' ') {
        return told(failure.reason, EvidenceSource::ContainerStatus, None);
    }
    if failure.names_cause()
        && let Some(message) = failure.message
    {
        return told(message, EvidenceSource::ContainerStatus, None);
    }
    let remembered = context.last_errors.iter().find(|error| {
        error.container == failure.attempt.container.name && error.image == *failure.attempt.image()
    });
    if let Some(error) = remembered {
        return told(
            &error.message,
            EvidenceSource::EarlierStatus,
            Some(error.observed_at),
        );
    }
    let event = context.events.iter().rev().find(|event| {
        failure.attempt.matches_event(event)
            && pull_failure::is_pull_failure_event(event)
            && pull_failure::names_cause(&event.message)
    });
    match (event, failure.message) {
        (Some(event), _) => told(&event.message, EvidenceSource::Event, event.last),
        (None, Some(message)) => told(message, EvidenceSource::ContainerStatus, None),
        (None, None) => told(failure.reason, EvidenceSource::ContainerStatus, None),
    }
}

/// The newest event with one of these reasons.
pub(super) fn newest_event<'a>(
    events: &'a [Arc<Event>],
    reasons: &[&str],
) -> Option<&'a Arc<Event>> {
    events
        .iter()
        .rev()
        .find(|event| reasons.contains(&&*event.reason))
}
