//! What was recorded on real nodes, reduced to what is compared: the distinct events of a scenario in
//! their order, and the states that its containers were seen in.
//!
//! `kubelet-1.20.jsonl` has one state for each scenario, that of its end; `kubelet-1.36.jsonl` has all
//! of them. `kubelet-1.37.jsonl` has what concerns pulling and what stands in its way: no events of
//! rollouts, of scheduling that went well or of containers that started, and only states with a reason
//! of their own. It also has the Pod, or what would have been one, which `tests/goldens` makes cases of.
//!
//! Left out is what the load of those machines caused (`FailedMount … timed out waiting for the
//! condition`; one time-out of five without its gRPC code), what Pods said that were made well by hand
//! afterwards, and `(combined from similar events)`, which says the same as the event before it.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Record {
    pub scenario: String,
    pub runtime: String,
    pub events: Vec<Event>,
    pub states: Vec<State>,
    /// Those that say why the Pod is held up, where that is all that says it.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// The kind that it is about.
    pub object: String,
    pub field: Option<String>,
    pub r#type: String,
    pub reason: String,
    pub message: String,
}

/// Why a container waits; it does not, without a reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct State {
    pub container: String,
    pub reason: Option<String>,
    pub message: Option<String>,
}

impl State {
    /// Whether it says more than that the Pod is young, or that the container does not wait.
    pub fn is_own(&self) -> bool {
        let reason = self.reason.as_deref();
        reason.is_some_and(|it| !matches!(it, "ContainerCreating" | "PodInitializing"))
    }
}

/// A condition of a Pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Condition {
    pub r#type: String,
    pub status: String,
    pub reason: Option<String>,
    pub message: Option<String>,
}

pub fn records(text: &str) -> Vec<Record> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
