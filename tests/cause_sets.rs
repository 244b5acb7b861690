//! Derives the sets of causes from messages of real runtimes whose fault is known, and checks that the table
//! in the repository is the derived one: `BLESS=1 cargo test --test cause_sets` writes it anew.
//!
//! `sets_hold_for_faults_they_were_not_derived_from` leaves out every third fault in turn, and scores the
//! messages of those faults alone. The messages are not part of this repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::Path,
};

use pullscope::domain::{
    diagnostics::Cause,
    message::{MeasuredSets, ParsedMessage, set_keys},
};
use serde::Deserialize;

const TABLE: &str = "src/domain/message/sets/measured.tsv";

/// A cause belongs to a set when at least this share of the messages can have it, in percent.
const SHARE: usize = 34;

#[derive(Deserialize)]
struct Record {
    message: String,
    fault: String,
    kind: String,
    cause: Cause,
    underlying: Option<Cause>,
    ambiguous_with: Vec<Cause>,
}

impl Record {
    fn possible(&self) -> BTreeSet<Cause> {
        let others = self.ambiguous_with.iter().copied();
        others.chain([self.cause]).collect()
    }
}

fn records() -> Option<Vec<Record>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/matrix.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    Some(rows.collect())
}

/// Rows of fewer faults are left to the more general ones.
const FAULTS: usize = 2;

/// How many messages of a row there are, and how many of them can have each cause.
#[derive(Default)]
struct Row<'a> {
    faults: BTreeSet<&'a str>,
    messages: usize,
    counts: BTreeMap<Cause, usize>,
}

/// The table: each message counts in the row of its runtime and registry and in those of either and of none.
fn derive<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let mut rows: BTreeMap<String, Row<'_>> = BTreeMap::new();
    for record in records {
        // The pause image is a frame, and with a mirror there are two registries with a fault each: what they
        // hide is measured by the other records.
        if record.cause == Cause::SandboxImagePull || record.kind.starts_with("mirror") {
            continue;
        }
        let message = ParsedMessage::parse(&record.message);
        if !message.error_kind().is_measured() {
            continue;
        }
        for key in set_keys(&message) {
            let row = rows.entry(key).or_default();
            row.messages += 1;
            row.faults.insert(&record.fault);
            for cause in record.possible() {
                *row.counts.entry(cause).or_default() += 1;
            }
        }
    }
    let sets: BTreeMap<&String, Vec<&str>> =
        rows.iter().map(|(key, row)| (key, row.causes())).collect();
    let mut table = String::from(
        "# Derived by tests/cause_sets.rs. Kind of error, step/status, runtime, registry; the causes, most frequent first.\n",
    );
    for (key, causes) in sets
        .iter()
        .filter(|(key, causes)| !causes.is_empty() && rows[**key].faults.len() >= FAULTS)
    {
        writeln!(table, "{key}\t{}", causes.join(",")).unwrap();
    }
    table
}

impl Row<'_> {
    fn causes(&self) -> Vec<&'static str> {
        let mut causes: Vec<(Cause, usize)> =
            self.counts.iter().map(|(cause, n)| (*cause, *n)).collect();
        // A registry that answers wrongly can print any refusal: that is possible always, and seldom.
        causes.retain(|(cause, count)| {
            *cause != Cause::RegistryBadResponse && count * 100 >= self.messages * SHARE
        });
        causes.sort_by_key(|(cause, count)| (std::cmp::Reverse(*count), *cause));
        causes.into_iter().map(|(cause, _)| cause.slug()).collect()
    }
}

#[test]
fn the_table_is_the_derived_one() {
    let Some(records) = records() else { return };
    let derived = derive(records.iter());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &derived).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(kept == derived, "{TABLE} is out of date: BLESS=1 writes it");
}

#[derive(Default)]
struct Score {
    all: usize,
    acceptable: usize,
    ambiguous: usize,
    two_named: usize,
    clear: usize,
    hedged: usize,
    wrong_and_certain: usize,
}

fn score(score: &mut Score, records: &[&Record], measured: &MeasuredSets) {
    for record in records {
        let mut accepted = record.possible();
        accepted.extend(record.underlying);
        let found = ParsedMessage::parse(&record.message)
            .possible_by(measured)
            .causes;
        let is_acceptable = found.first().is_some_and(|cause| accepted.contains(cause));
        score.all += 1;
        score.acceptable += usize::from(is_acceptable);
        score.wrong_and_certain += usize::from(!is_acceptable && found.len() == 1);
        if record.ambiguous_with.is_empty() {
            score.clear += 1;
            score.hedged += usize::from(found.len() > 1);
        } else {
            score.ambiguous += 1;
            let named = found
                .iter()
                .filter(|cause| accepted.contains(cause))
                .count();
            score.two_named += usize::from(named >= 2);
        }
    }
}

#[test]
fn sets_hold_for_faults_they_were_not_derived_from() {
    let Some(records) = records() else { return };
    let faults: BTreeSet<&str> = records.iter().map(|record| &*record.fault).collect();
    let fold_of: BTreeMap<&str, usize> = faults
        .iter()
        .enumerate()
        .map(|(at, fault)| (*fault, at % 3))
        .collect();
    let mut total = Score::default();
    for fold in 0..3 {
        let (held_out, rest): (Vec<&Record>, Vec<&Record>) = records
            .iter()
            .partition(|record| fold_of[&*record.fault] == fold);
        let measured = MeasuredSets::parse(&derive(rest.into_iter())).unwrap();
        score(&mut total, &held_out, &measured);
    }
    let share = |part: usize, of: usize| 100 * part / of.max(1);
    println!(
        "held out: {} messages, acceptable {} %, two named {} %, hedged {} %, wrong and certain {}",
        total.all,
        share(total.acceptable, total.all),
        share(total.two_named, total.ambiguous),
        share(total.hedged, total.clear),
        total.wrong_and_certain,
    );
    assert!(share(total.acceptable, total.all) >= 96);
    assert!(share(total.two_named, total.ambiguous) >= 66);
    assert!(total.wrong_and_certain * 200 <= total.all);
}
