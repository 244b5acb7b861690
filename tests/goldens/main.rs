//! Golden cases of Kubernetes 1.37 with containerd 2.4: what is said of each recorded scenario, held
//! against what is true of it.
//!
//! `tests/recorded/kubelet-1.37.jsonl` has the scenarios, `cases/NAME.json` the `PodContext` that the product
//! makes of each, and `truth.toml` what is true of it, whatever the product says. `UPDATE=1 cargo test
//! --test goldens the_cases` makes the cases anew, which is needed when `PodContext` changes its shape.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod agreement;
mod file;
mod lab;
mod recording;
mod truth;
#[path = "../contract/whole.rs"]
mod whole;

use std::{collections::BTreeSet, env};

use recording::RECORDS;
use truth::{said, truths};

/// What the diagnosis does not get right yet, and what it says instead. It can only shrink: a scenario
/// that is right fails the test until it is taken off.
const NOT_YET: &[(&str, &str)] = &[];

#[test]
fn each_scenario_has_a_truth() {
    let recorded: BTreeSet<String> = RECORDS.iter().map(|it| it.scenario.clone()).collect();
    let known: BTreeSet<String> = truths().into_keys().collect();
    assert_eq!(recorded, known);
    for (name, _) in NOT_YET {
        assert!(known.contains(*name), "{name} is not recorded");
    }
}

#[tokio::test]
async fn the_cases_are_those_of_the_recording() {
    for record in RECORDS.iter() {
        let name = &record.scenario;
        let made = lab::case(record).await;
        if env::var_os("UPDATE").is_some() {
            file::write(name, &made);
        }
        let kept = file::read(name);
        assert_eq!(
            said(&made),
            said(&kept),
            "{name}: the recording is no longer what its case was made of; UPDATE=1 makes it anew"
        );
    }
}

#[test]
fn what_is_said_is_true() {
    let mut wrong = Vec::new();
    let mut right = Vec::new();
    for (name, truth) in truths() {
        let said = said(&file::read(&name));
        let is_listed = NOT_YET.iter().any(|(listed, _)| *listed == name);
        match (truth.faults(&said), is_listed) {
            (faults, false) if !faults.is_empty() => {
                wrong.push(format!("{name}: {}", faults.join("; ")));
            }
            (faults, true) if faults.is_empty() => right.push(name),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "not true:\n{}", wrong.join("\n"));
    assert!(
        right.is_empty(),
        "true by now, to be taken off the list NOT_YET: {}",
        right.join(", ")
    );
}
