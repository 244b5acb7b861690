//! What was recorded on real nodes, reduced to what is compared: the distinct events of a scenario in
//! their order, and the states that its containers were seen in.
//!
//! `kubelet-1.20.jsonl` has one state for each scenario, that of its end; `kubelet-1.36.jsonl` has all
//! of them. Left out is what the load of those machines caused: `FailedMount … timed out waiting for
//! the condition`.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Record {
    pub scenario: String,
    pub runtime: String,
    pub events: Vec<Event>,
    pub states: Vec<State>,
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

pub fn records(text: &str) -> Vec<Record> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
