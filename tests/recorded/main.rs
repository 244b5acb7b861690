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

const OLD: (&str, &str) = (
    include_str!("plays-1.20.toml"),
    include_str!("kubelet-1.20.jsonl"),
);
const NEW: (&str, &str) = (
    include_str!("plays-1.36.toml"),
    include_str!("kubelet-1.36.jsonl"),
);

/// The recording ends before the last events: a kubelet sends five a second for all its Pods, and these
/// two were repaired last.
const CUT_SHORT: &[&str] = &["cached-image", "patched-account"];

/// The profile whose words a recorded runtime has.
fn kubelet(runtime: &str) -> &'static str {
    match runtime {
        "containerd-1.6" => "containerd-1.6",
        "containerd-2.1-transfer" => "containerd-2.1",
        // Without the transfer service containerd 2.1 pulls, and speaks, as 1.7 does.
        "containerd-2.1-local-pull" | "containerd-1.7" => "containerd-1.7",
        other => panic!("no profile for {other}"),
    }
}

/// The sandbox's play of a record, held against it; what differs, in words.
async fn compare(
    plays: &Plays,
    record: &Record,
    states: impl Fn(&[State], &[State]) -> bool,
) -> Option<String> {
    let name = record.scenario.as_str();
    let seen = plays.play(name, kubelet(&record.runtime)).await;
    let recorded = shapes(record, plays.workload(name));
    let mut differences = Vec::new();
    for kind in ["Deployment", "ReplicaSet", "Pod"] {
        let (theirs, ours) = (of_kind(&recorded, kind), of_kind(&seen, kind));
        let cut = CUT_SHORT.contains(&name) && ours.starts_with(&theirs);
        if ours != theirs && !cut {
            differences.push(format!(
                "events of the {kind}\n  recorded {theirs:#?}\n  sandbox {ours:#?}"
            ));
        }
    }
    if !states(&recorded.states, &seen.states) {
        differences.push(format!(
            "states\n  recorded {:#?}\n  sandbox {:#?}",
            recorded.states, seen.states
        ));
    }
    (!differences.is_empty())
        .then(|| format!("## {name} ({})\n{}", record.runtime, differences.join("\n")))
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

fn of_kind<'a>(seen: &'a Seen, kind: &str) -> Vec<&'a Event> {
    seen.events
        .iter()
        .filter(|event| event.object == kind)
        .collect()
}

/// Plays all records; a record without a play, and a play without a record, fail too.
async fn hold(source: (&str, &str), states: impl Fn(&[State], &[State]) -> bool) {
    let plays: Plays = toml::from_str(source.0).unwrap();
    let records = record::records(source.1);
    let recorded: BTreeSet<&str> = records.iter().map(|it| it.scenario.as_str()).collect();
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
    for record in &records {
        match plays.unplayed.get(&record.scenario) {
            Some(why) => eprintln!(
                "not played: {} ({}): {why}",
                record.scenario, record.runtime
            ),
            None => differences.extend(compare(&plays, record, &states).await),
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        records.len(),
        differences.join("\n\n")
    );
}

/// Here only the last state of each scenario was recorded.
#[tokio::test]
async fn the_old_kubelet_speaks_as_recorded() {
    hold(OLD, |recorded, seen| {
        recorded.iter().all(|state| seen.contains(state))
    })
    .await;
}

#[tokio::test]
async fn the_new_kubelet_speaks_as_recorded() {
    hold(NEW, |recorded, seen| recorded == seen).await;
}
