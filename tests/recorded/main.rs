//! The sandbox's kubelet against what real ones were recorded to do: per scenario the same events with
//! the same reasons in the same order, the same waiting states, and messages of the same shape.
//!
//! Where they differ, the sandbox is wrong. How often something is repeated is not compared: it
//! depends on how long was recorded.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod play;
mod record;
mod shape;

use std::collections::BTreeSet;

use play::{Plays, Seen, note};
use record::{Event, Record, State};

/// The recording ends before the last events: a kubelet sends five a second for all its Pods, and these
/// two were repaired last.
const CUT_SHORT: &[&str] = &["cached-image", "patched-account"];

const KINDS: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "StatefulSet",
];

/// What was recorded of each scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// All events, and the last state of each container.
    LastState,
    /// All events and all states.
    Everything,
    /// The events with these reasons, and the states with a reason of their own.
    Pulling,
}

/// The profile whose words a recorded runtime has.
fn kubelet(runtime: &str) -> &'static str {
    match runtime {
        "containerd-1.6" => "containerd-1.6",
        "containerd-2.1-transfer" => "containerd-2.1",
        // Without the transfer service containerd 2.1 pulls, and speaks, as 1.7 does.
        "containerd-2.1-local-pull" | "containerd-1.7" => "containerd-1.7",
        "containerd-2.4" => "containerd-2.4",
        other => panic!("no profile for {other}"),
    }
}

/// Records of one kind of node, and how the sandbox plays them.
struct Recording {
    plays: Plays,
    records: Vec<Record>,
    extent: Extent,
    /// Of all its events.
    reasons: BTreeSet<String>,
}

impl Recording {
    fn read(plays: &str, records: &str, extent: Extent) -> Self {
        let records = record::records(records);
        let events = records.iter().flat_map(|record| &record.events);
        Self {
            plays: toml::from_str(plays).unwrap(),
            reasons: events.map(|event| event.reason.clone()).collect(),
            records,
            extent,
        }
    }

    /// The sandbox's play of a record, held against it; what differs, in words.
    async fn compare(&self, record: &Record) -> Option<String> {
        let name = record.scenario.as_str();
        let seen = self.plays.play(name, kubelet(&record.runtime)).await;
        let recorded = shapes(record, self.plays.workload(name));
        let mut differences = Vec::new();
        for kind in KINDS {
            let (theirs, ours) = (self.of_kind(&recorded, kind), self.of_kind(&seen, kind));
            let cut = CUT_SHORT.contains(&name) && ours.starts_with(&theirs);
            if ours != theirs && !cut {
                differences.push(format!(
                    "events of the {kind}\n  recorded {theirs:#?}\n  sandbox {ours:#?}"
                ));
            }
        }
        if !self.agree(&recorded.states, &seen.states) {
            differences.push(format!(
                "states\n  recorded {:#?}\n  sandbox {:#?}",
                recorded.states, seen.states
            ));
        }
        for condition in &record.conditions {
            if !seen.conditions.contains(condition) {
                differences.push(format!(
                    "never {condition:#?}\n  sandbox {:#?}",
                    seen.conditions
                ));
            }
        }
        (!differences.is_empty())
            .then(|| format!("## {name} ({})\n{}", record.runtime, differences.join("\n")))
    }

    fn of_kind<'a>(&self, seen: &'a Seen, kind: &str) -> Vec<&'a Event> {
        let events = seen.events.iter().filter(|event| event.object == kind);
        events
            .filter(|event| match self.extent {
                Extent::LastState | Extent::Everything => true,
                Extent::Pulling => self.reasons.contains(&event.reason),
            })
            .collect()
    }

    fn agree(&self, recorded: &[State], seen: &[State]) -> bool {
        match self.extent {
            Extent::LastState => recorded.iter().all(|state| seen.contains(state)),
            Extent::Everything => recorded == seen,
            Extent::Pulling => {
                let own = |states: &[State]| -> Vec<State> {
                    states.iter().filter(|it| it.is_own()).cloned().collect()
                };
                own(recorded) == own(seen)
            }
        }
    }

    /// Plays all records; a record without a play, and a play without a record, fail too.
    async fn hold(&self) {
        let plays = &self.plays;
        let recorded: BTreeSet<&str> = self.records.iter().map(|it| it.scenario.as_str()).collect();
        let known: BTreeSet<&str> = plays
            .play
            .keys()
            .chain(plays.unplayed.keys())
            .map(String::as_str)
            .collect();
        assert_eq!(
            recorded, known,
            "each scenario is played or listed with a reason"
        );
        let mut differences = Vec::new();
        for record in &self.records {
            match plays.unplayed.get(&record.scenario) {
                Some(why) => eprintln!(
                    "not played: {} ({}): {why}",
                    record.scenario, record.runtime
                ),
                None => differences.extend(self.compare(record).await),
            }
        }
        assert!(
            differences.is_empty(),
            "{} of {} differ\n{}",
            differences.len(),
            self.records.len(),
            differences.join("\n\n")
        );
    }
}

fn shapes(record: &Record, workload: &str) -> Seen {
    let mut shapes = Seen::default();
    for event in &record.events {
        note(&mut shapes.events, shape::event(event, workload));
    }
    for state in &record.states {
        note(&mut shapes.states, shape::state(state, workload));
    }
    shapes
}

#[tokio::test]
async fn the_kubelet_of_1_20_speaks_as_recorded() {
    let (plays, records) = (
        include_str!("plays-1.20.toml"),
        include_str!("kubelet-1.20.jsonl"),
    );
    Recording::read(plays, records, Extent::LastState)
        .hold()
        .await;
}

#[tokio::test]
async fn the_kubelet_of_1_36_speaks_as_recorded() {
    let (plays, records) = (
        include_str!("plays-1.36.toml"),
        include_str!("kubelet-1.36.jsonl"),
    );
    Recording::read(plays, records, Extent::Everything)
        .hold()
        .await;
}

#[tokio::test]
async fn the_kubelet_of_1_37_speaks_as_recorded() {
    let (plays, records) = (
        include_str!("plays-1.37.toml"),
        include_str!("kubelet-1.37.jsonl"),
    );
    Recording::read(plays, records, Extent::Pulling)
        .hold()
        .await;
}
