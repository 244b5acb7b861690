//! What is true of a scenario, and what of a diagnosis is not.
//!
//! A diagnosis is read as it is written in JSON, whose names do not change.

use std::collections::BTreeMap;

use pullscope::domain::diagnostics::{diagnose, workload};
use serde::Deserialize;
use serde_json::json;

use crate::file::Golden;

/// A row of `truth.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// All is well: nothing may be found.
    #[serde(default)]
    runs: bool,
    /// Where what the cluster shows leaves several open, each of them is right.
    #[serde(default)]
    cause: Vec<String>,
    /// `none` stands for none said; an empty list for any.
    #[serde(default)]
    root: Vec<String>,
    /// The image that cannot be pulled; empty where it is not an image's fault.
    #[serde(default)]
    image: String,
    /// The container that waits; `app` where nothing is said.
    container: Option<String>,
    /// Nothing that can be seen proves it, so that it must not be called certain.
    #[serde(default)]
    open: bool,
}

/// What a finding says, as far as there is a truth for it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Said {
    container: Option<String>,
    image: Option<String>,
    cause: String,
    root: Option<String>,
    confidence: String,
}

pub fn truths() -> BTreeMap<String, Truth> {
    toml::from_str(include_str!("truth.toml")).unwrap()
}

/// What the product says of a case.
pub fn said(case: &Golden) -> Vec<Said> {
    let findings = match case {
        Golden::Pod(context) => json!(diagnose(context).findings),
        Golden::Workload(context) => json!(Vec::from_iter(workload(context))),
    };
    serde_json::from_value(findings).unwrap()
}

impl Truth {
    /// What of a diagnosis is not true, in words.
    pub fn faults(&self, said: &[Said]) -> Vec<String> {
        match (self.runs, said.first()) {
            (true, None) => Vec::new(),
            (true, Some(found)) => vec![format!("it runs, found is {}", found.cause)],
            (false, None) => vec!["nothing is found".to_owned()],
            (false, Some(found)) => self.faults_of(found),
        }
    }

    fn faults_of(&self, found: &Said) -> Vec<String> {
        let mut faults = Vec::new();
        let root = found.root.as_deref().unwrap_or("none");
        let image = found.image.as_deref().unwrap_or_default();
        let container = found.container.as_deref();
        let is_about = self.container.as_deref().unwrap_or("app");
        if !self.cause.contains(&found.cause) {
            faults.push(format!("cause {} is {:?}", found.cause, self.cause));
        }
        if !self.root.is_empty() && !self.root.iter().any(|it| it == root) {
            faults.push(format!("root {root} is {:?}", self.root));
        }
        if !self.image.is_empty() && image != self.image {
            faults.push(format!("image {image} is {}", self.image));
        }
        if container.is_some_and(|container| container != is_about) {
            faults.push(format!("container {container:?} is {is_about}"));
        }
        if self.open && found.confidence == "certain" {
            faults.push("certain without proof".to_owned());
        }
        faults
    }
}
