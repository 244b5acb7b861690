//! The recorded scenarios: the Pod, its workload's kind, its ServiceAccount, and what the cluster said.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub struct Record {
    pub scenario: String,
    pub pod: RecordedPod,
    pub events: Vec<RecordedEvent>,
    /// All that its containers were seen in, the last one last.
    pub states: Vec<RecordedState>,
}

#[derive(Deserialize)]
pub struct RecordedPod {
    /// Whether there was one: some are refused.
    #[serde(default = "yes")]
    pub made: bool,
    pub kind: String,
    /// What its ServiceAccount lists.
    pub secrets: Vec<String>,
    /// Of its ServiceAccount.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    pub spec: Value,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
pub struct RecordedEvent {
    pub object: String,
    pub field: Option<String>,
    pub r#type: String,
    pub reason: String,
    pub message: String,
    pub count: Option<u32>,
}

#[derive(Deserialize)]
pub struct RecordedState {
    pub container: String,
    pub reason: Option<String>,
    pub message: Option<String>,
    pub exit: Option<i32>,
}

impl Record {
    /// The lists of containers in the Pod's spec.
    pub fn containers(&self, list: &str) -> &[Value] {
        let list = self.pod.spec[list].as_array();
        list.map_or(&[], Vec::as_slice)
    }
}

pub static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    include_str!("../recorded/kubelet-1.37.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
});
