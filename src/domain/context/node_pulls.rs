//! Pulls of other Pods that the node of a Pod was asked for before and has not ended: its pull queue.
//!
//! A kubelet pulls one image after the other unless `serializeImagePulls` is false. No object of the API shows the
//! queue; the `Pulling` events of the Pods on the node do. Both the walk and what is kept of it are bounded.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    k8s::{object_ref::ObjectRef, objects::Pod, open_pull::open_pull, pod_status::PodHealth},
    store::{Store, watch::Scope},
};

/// A pull of another Pod on the same node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePull {
    pub pod: ObjectRef<Pod>,
    pub image: Arc<str>,
    /// When the kubelet queued it.
    pub since: Timestamp,
}

/// Maximum number of starting Pods that are looked at.
const MAX_PODS: usize = 5000;

/// Maximum number of pulls that are kept.
pub const MAX_PULLS: usize = 16;

/// The pulls that were queued on the node before that of this Pod, the oldest first; none for a Pod that pulls
/// nothing.
pub(super) fn pulls_ahead(store: &Store, pod: &Pod) -> Vec<NodePull> {
    let Some(own) = queued_at(store, pod).filter(|_| pod.node.is_some()) else {
        return Vec::new();
    };
    let starting = store.pods_in(PodHealth::Progressing, &Scope::Cluster);
    let beside = starting
        .take(MAX_PODS)
        .filter(|other| other.node == pod.node && other.key != pod.key);
    let mut ahead: Vec<NodePull> = beside
        .filter_map(|other| {
            let events = store.events_of_pod(&other.key);
            let (container, event) = open_pull(other, &events)?;
            Some(NodePull {
                pod: other.key.clone(),
                image: Arc::clone(&container.image),
                since: event.last?,
            })
        })
        .filter(|pull| pull.since < own)
        .collect();
    ahead.sort_by(|a, b| (a.since, &a.pod).cmp(&(b.since, &b.pod)));
    ahead.truncate(MAX_PULLS);
    ahead
}

fn queued_at(store: &Store, pod: &Pod) -> Option<Timestamp> {
    let events = store.events_of_pod(&pod.key);
    let (_, event) = open_pull(pod, &events)?;
    event.last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{event, key, now, pod, seconds_ago, upserted, waiting},
        store::update::StoreUpdate,
    };

    /// A Pod: its name, its node, and what was said of it: reason and seconds ago.
    type Row = (&'static str, &'static str, &'static [(&'static str, i64)]);

    fn ahead_of_web(pods: &[Row]) -> Vec<String> {
        let mut store = Store::default();
        let mut all = Vec::new();
        let mut told = Vec::new();
        for (name, node, said) in pods {
            let mut pod = pod("shop", name, waiting("ContainerCreating", ""));
            pod.node = Some((*node).into());
            all.push(pod);
            for (at, (reason, seconds)) in said.iter().enumerate() {
                let id = format!("{name}-{at}");
                let mut event = event(&id, name, reason, "x", 1, seconds_ago(*seconds));
                event.regarding.field = Some("spec.containers{app}".into());
                told.push(event);
            }
        }
        store.apply(StoreUpdate::Pods(upserted(all)), now());
        store.apply(StoreUpdate::Events(upserted(told)), now());
        let web = store.pod(&key("shop", "web")).unwrap();
        let ahead = pulls_ahead(&store, web).into_iter();
        ahead.map(|pull| pull.pod.name.to_string()).collect()
    }

    #[test]
    fn what_was_queued_before_on_the_node_and_has_not_ended_is_ahead() {
        let web: Row = ("web", "n1", &[("Pulling", 100)]);
        let pods: &[Row] = &[
            web,
            ("second", "n1", &[("Pulling", 200)]),
            ("first", "n1", &[("Pulling", 300)]),
            ("later", "n1", &[("Pulling", 50)]),
            ("elsewhere", "n2", &[("Pulling", 300)]),
            ("done", "n1", &[("Pulling", 300), ("Pulled", 200)]),
            ("failed", "n1", &[("Pulling", 300), ("Failed", 200)]),
        ];
        assert_eq!(ahead_of_web(pods), ["first", "second"]);
    }

    #[test]
    fn a_pod_that_pulls_nothing_waits_for_no_pull() {
        let other: Row = ("first", "n1", &[("Pulling", 300)]);
        assert_eq!(ahead_of_web(&[("web", "n1", &[]), other]).len(), 0);
        let pulled: Row = ("web", "n1", &[("Pulling", 100), ("Pulled", 90)]);
        assert_eq!(ahead_of_web(&[pulled, other]).len(), 0);
    }
}
