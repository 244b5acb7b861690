//! The last pull error of each container, kept during back-off.
//!
//! `ErrImagePull` with the cause and `ImagePullBackOff` without it alternate (kubelets before 1.31 say
//! nothing behind the image while they wait), and events are dropped or expire. So what was once said
//! is remembered until the container runs, is given another image, or its Pod is gone.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::k8s::{
    object_ref::ObjectRef,
    objects::{ContainerState, Event, Pod},
    pull_failure,
};

/// An error that names a cause, with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPullError {
    pub container: Arc<str>,
    pub image: Arc<str>,
    pub message: Arc<str>,
    /// The event's own time, or when the status was received.
    #[serde(rename = "seen")]
    pub observed_at: Timestamp,
}

#[derive(Default)]
pub(super) struct LastPullErrors {
    pods: HashMap<ObjectRef<Pod>, Vec<LastPullError>>,
}

impl LastPullErrors {
    pub(super) fn get(&self, pod: &ObjectRef<Pod>) -> &[LastPullError] {
        self.pods.get(pod).map_or(&[], Vec::as_slice)
    }

    pub(super) fn remove(&mut self, pod: &ObjectRef<Pod>) {
        self.pods.remove(pod);
    }

    /// Records the errors of a Pod's status, and removes outdated ones; returns whether one is new.
    pub(super) fn observe_pod(&mut self, before: Option<&Pod>, pod: &Pod, now: Timestamp) -> bool {
        let mut is_news = false;
        if before.is_some_and(|before| before.meta.uid != pod.meta.uid) {
            self.remove(&pod.key);
        }
        if let Some(errors) = self.pods.get_mut(&pod.key) {
            errors.retain(|error| still_holds(pod, error));
            if errors.is_empty() {
                self.remove(&pod.key);
            }
        }
        for failure in
            pull_failure::pull_failures(pod).filter(pull_failure::PullFailure::names_cause)
        {
            if let Some(message) = failure.message {
                is_news |= self.insert(
                    &pod.key,
                    LastPullError {
                        container: Arc::clone(&failure.attempt.container.name),
                        image: Arc::clone(failure.attempt.image()),
                        message: Arc::clone(message),
                        observed_at: now,
                    },
                );
            }
        }
        is_news
    }

    /// Records the error of an event about a waiting Pod; returns whether it is new.
    pub(super) fn observe_event(&mut self, pod: &Pod, event: &Event) -> bool {
        if &*event.reason != "Failed"
            || !event.message.starts_with("Failed to pull image")
            || !event.regarding.refers_to(pod)
        {
            return false;
        }
        let mut failures = pull_failure::pull_failures(pod);
        let waiting = failures.find(|failure| failure.attempt.matches_event(event));
        let Some((seen, failure)) = event.last.zip(waiting) else {
            return false;
        };
        if !event.message.contains(&**failure.attempt.image()) {
            return false;
        }
        self.insert(
            &pod.key,
            LastPullError {
                container: Arc::clone(&failure.attempt.container.name),
                image: Arc::clone(failure.attempt.image()),
                message: Arc::clone(&event.message),
                observed_at: seen,
            },
        )
    }

    /// Whether it says something else than what was known. The same error reads differently in a status, in a
    /// back-off and in an event.
    fn insert(&mut self, pod: &ObjectRef<Pod>, error: LastPullError) -> bool {
        let errors = self.pods.entry(pod.clone()).or_default();
        match errors
            .iter_mut()
            .find(|known| known.container == error.container)
        {
            Some(known) if known.observed_at <= error.observed_at => {
                let inner = |error: &LastPullError| {
                    pull_failure::innermost_message(&error.message).to_owned()
                };
                let is_news = inner(known) != inner(&error);
                *known = error;
                is_news
            }
            Some(_) => false,
            None => {
                errors.push(error);
                true
            }
        }
    }
}

fn still_holds(pod: &Pod, error: &LastPullError) -> bool {
    let mut volumes = pod.image_volumes.iter();
    let of_volume = volumes.any(|volume| volume.image == error.image);
    pod.containers.iter().any(|container| {
        container.name == error.container
            && (of_volume || container.image == error.image)
            && matches!(
                container.state,
                ContainerState::Waiting { .. } | ContainerState::Unreported
            )
    })
}
