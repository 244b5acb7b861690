//! A pull that was requested and has not ended, as far as the Pod's events tell.
//!
//! The kubelet writes `Pulling` when a pull is queued, not when it begins (kubelet v1.37 `pkg/kubelet/images`).

use std::sync::Arc;

use super::objects::{Container, ContainerState, Event, Pod};

/// The newest `Pulling` of a waiting container, if nothing was said since. `events`: those of the Pod, oldest first.
pub(in crate::domain) fn open_pull<'a>(
    pod: &'a Pod,
    events: &'a [Arc<Event>],
) -> Option<(&'a Container, &'a Event)> {
    const STEPS: [&str; 4] = ["Pulling", "Pulled", "Failed", "Created"];
    let mut newest_first = events.iter().rev();
    let event = newest_first.find(|event| STEPS.contains(&&*event.reason))?;
    if &*event.reason != "Pulling" {
        return None;
    }
    let name = event.regarding.container()?;
    let mut containers = pod.containers.iter();
    let container = containers.find(|container| &*container.name == name)?;
    matches!(container.state, ContainerState::Waiting { .. }).then_some((container, event))
}
