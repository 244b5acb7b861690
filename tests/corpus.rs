//! Real messages that people posted, with the cause that was found: how often the classification
//! names it. The messages are not part of this repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{collections::BTreeSet, fs, path::Path};

use pullscope::domain::{cause::Cause, classify::classify};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    id: String,
    message: String,
    cause: Cause,
    underlying: Option<Cause>,
    ambiguous_with: Vec<Cause>,
}

impl Record {
    fn accepted(&self) -> BTreeSet<Cause> {
        let also = self
            .underlying
            .into_iter()
            .chain(self.ambiguous_with.iter().copied());
        also.chain([self.cause]).collect()
    }
}

#[derive(Default, Debug)]
struct Score {
    of: usize,
    exact: usize,
    acceptable: usize,
    ambiguous: usize,
    named_two: usize,
    settled: usize,
    hedged: usize,
    false_alarms: usize,
}

#[test]
fn real_messages_are_understood() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/pull-failures.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return;
    };
    let mut score = Score::default();
    for line in text.lines() {
        let record: Record = serde_json::from_str(line).expect("a record");
        let found = classify(&record.message);
        let candidates: Vec<Cause> = found.candidates().collect();
        let accepted = record.accepted();
        let acceptable = found.cause.is_some_and(|cause| accepted.contains(&cause));
        score.of += 1;
        score.exact += usize::from(found.cause == Some(record.cause));
        score.acceptable += usize::from(acceptable);
        let mut faults = Vec::new();
        if !acceptable {
            faults.push("wrong");
        } else if found.cause != Some(record.cause) {
            faults.push("not exact");
        }
        if record.ambiguous_with.is_empty() {
            score.settled += 1;
            if candidates.len() > 1 {
                score.hedged += 1;
                faults.push("hedged");
            }
        } else {
            score.ambiguous += 1;
            if candidates
                .iter()
                .filter(|cause| accepted.contains(cause))
                .count()
                >= 2
            {
                score.named_two += 1;
            } else {
                faults.push("sure of the unsure");
            }
        }
        if record.cause == Cause::NotAPullFailure && found.cause != Some(Cause::NotAPullFailure) {
            score.false_alarms += 1;
        }
        if !faults.is_empty() {
            eprintln!(
                "{} {}: {} {candidates:?}, accepted {accepted:?}",
                record.id,
                faults.join(", "),
                record.cause
            );
        }
    }
    eprintln!("{score:?}");
    assert!(score.acceptable * 100 >= score.of * 98, "{score:?}");
    assert!(score.exact * 100 >= score.of * 85, "{score:?}");
    assert!(score.named_two * 100 >= score.ambiguous * 95, "{score:?}");
    assert!(score.hedged * 100 < score.settled * 5, "{score:?}");
    assert_eq!(score.false_alarms, 0, "{score:?}");
}
