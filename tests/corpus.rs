//! Scores the message parser on messages of others: posted in public, produced by real runtimes, and
//! messages that only look like pull failures. The messages are not part of this repository.
//!
//! `SHOW=posted cargo test --test corpus -- --nocapture` prints the messages of a set that are answered
//! wrongly.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use pullscope::domain::diagnostics::{
    Cause,
    classify::{Classification, Confidence, classify},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    id: String,
    message: String,
    cause: Cause,
    underlying: Option<Cause>,
    ambiguous_with: Vec<Cause>,
    /// The image of a message that a runtime was made to print.
    image: Option<String>,
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

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is not here", folder.display());
    None
}

/// The records of a file; of `cases.jsonl` those of one set.
fn records(folder: &Path, file: &str, set: Option<&str>) -> Vec<Record> {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let rows = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.filter(|row| set.is_none_or(|set| row["set"] == set))
        .map(|row| serde_json::from_value(row).unwrap())
        .collect()
}

/// How a set of messages is answered; the shares are of the messages that the question is about.
#[derive(Default)]
struct Score {
    all: usize,
    exact: usize,
    acceptable: usize,
    /// Messages that can mean several things, and of how many of them two meanings are named.
    ambiguous: usize,
    two_named: usize,
    /// Messages that mean one thing, and of how many of them others are named.
    clear: usize,
    hedged: usize,
    /// Messages that are about no pull, and how many of them are called pull failures.
    elsewhere: usize,
    false_alarms: usize,
    wrong_and_certain: usize,
}

impl Score {
    fn of(set: &str, records: &[Record]) -> Self {
        let show = env::var("SHOW").is_ok_and(|wanted| set.contains(&wanted));
        let mut score = Self::default();
        for record in records {
            let faults = score.add(record, &classify(&record.message));
            if show && !faults.is_empty() {
                let found = classify(&record.message);
                let candidates: Vec<Cause> = found.candidates().collect();
                println!(
                    "{} {}: {:?} {candidates:?} of {:?}\n    {}",
                    record.id,
                    faults.join(", "),
                    found.confidence,
                    record.accepted(),
                    record.message
                );
            }
        }
        score
    }

    fn add(&mut self, record: &Record, found: &Classification) -> Vec<&'static str> {
        let accepted = record.accepted();
        let is_acceptable = found.cause.is_some_and(|cause| accepted.contains(&cause));
        let mut faults = Vec::new();
        self.all += 1;
        self.exact += usize::from(found.cause == Some(record.cause));
        self.acceptable += usize::from(is_acceptable);
        if !is_acceptable {
            faults.push("wrong");
            if found.cause.is_some() && found.confidence == Confidence::Certain {
                self.wrong_and_certain += 1;
                faults.push("and certain");
            }
        } else if found.cause != Some(record.cause) {
            faults.push("not exact");
        }
        if record.ambiguous_with.is_empty() {
            self.clear += 1;
            if !found.alternatives.is_empty() {
                self.hedged += 1;
                faults.push("hedged");
            }
        } else {
            self.ambiguous += 1;
            let named = found.candidates().filter(|cause| accepted.contains(cause));
            if named.count() >= 2 {
                self.two_named += 1;
            } else {
                faults.push("too few named");
            }
        }
        if accepted.contains(&Cause::NotAPullFailure) && !accepted.iter().any(|c| is_alarm(*c)) {
            self.elsewhere += 1;
            if found.cause.is_some_and(is_alarm) && !is_acceptable {
                self.false_alarms += 1;
                faults.push("false alarm");
            }
        }
        faults
    }

    fn print(&self, set: &str) {
        println!(
            "{set:24}{:>6}{:>9.1}%{:>7.1}%{:>12.1}%{:>9.1}%{:>8} of {:<4}{:>5} ({:.1}%)",
            self.all,
            share(self.acceptable, self.all),
            share(self.exact, self.all),
            share(self.two_named, self.ambiguous),
            share(self.hedged, self.clear),
            self.false_alarms,
            self.elsewhere,
            self.wrong_and_certain,
            share(self.wrong_and_certain, self.all),
        );
    }
}

/// Whether this answer sends somebody to look at a registry.
fn is_alarm(cause: Cause) -> bool {
    !matches!(cause, Cause::NotAPullFailure | Cause::CauseNotStated)
}

fn share(part: usize, of: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap());
    100.0 * number(part) / number(of).max(1.0)
}

#[test]
fn messages_of_others_are_understood() {
    let Some(folder) = folder() else { return };
    let mut posted = records(&folder, "pull-failures.jsonl", None);
    posted.extend(records(&folder, "pull-failures-2.jsonl", None));
    let threads = records(&folder, "cases.jsonl", Some("thread"));
    let lookalikes = records(&folder, "cases.jsonl", Some("lookalike"));
    let matrix = records(&folder, "matrix.jsonl", None);
    println!(
        "{:24}{:>6}{:>10}{:>8}{:>13}{:>10}{:>16}{:>14}",
        "set", "all", "accepted", "exact", "two named", "hedged", "false alarms", "wrong+certain"
    );
    for (name, records, floor) in [
        ("posted", &posted, Floor::of(98.0, 90.0, 92.0, 8.0)),
        ("threads", &threads, Floor::of(97.0, 85.0, 92.0, 8.0)),
        ("lookalikes", &lookalikes, Floor::of(90.0, 85.0, 0.0, 10.0)),
        // How often a fault was played says nothing of what is likely: no aim for exact answers.
        ("matrix", &matrix, Floor::of(97.0, 70.0, 78.0, 23.0)),
    ] {
        let score = Score::of(name, records);
        score.print(name);
        floor.check(name, &score);
    }
}

/// What a set has to reach, in percent.
struct Floor {
    acceptable: f64,
    exact: f64,
    two_named: f64,
    /// At most.
    hedged: f64,
}

impl Floor {
    fn of(acceptable: f64, exact: f64, two_named: f64, hedged: f64) -> Self {
        Self {
            acceptable,
            exact,
            two_named,
            hedged,
        }
    }

    fn check(&self, set: &str, score: &Score) {
        let acceptable = share(score.acceptable, score.all);
        assert!(acceptable >= self.acceptable, "{set}: acceptable");
        let exact = share(score.exact, score.all);
        assert!(exact >= self.exact, "{set}: exact");
        let two_named = share(score.two_named, score.ambiguous);
        assert!(two_named >= self.two_named, "{set}: two named");
        let hedged = share(score.hedged, score.clear);
        assert!(hedged <= self.hedged, "{set}: hedged");
        assert_eq!(score.false_alarms, 0, "{set}: look-alikes");
        let wrong = share(score.wrong_and_certain, score.all);
        assert!(wrong <= 0.5, "{set}: wrong and certain");
    }
}

/// A reference with the same registry and tag, and another path.
fn renamed(record: &Record, path: &str) -> Option<(String, String)> {
    let image = record.image.as_deref()?;
    let without_digest = image.split('@').next()?;
    let (host, rest) = without_digest.split_once('/')?;
    let old = rest.rsplit_once(':').map_or(rest, |(path, _)| path);
    let old = old.strip_prefix("library/").unwrap_or(old);
    (host.contains('.') && old.len() > 3).then(|| (old.to_owned(), path.to_owned()))
}

#[test]
fn the_name_of_an_image_changes_nothing() {
    let Some(folder) = folder() else { return };
    let names = [
        "acme/rate-limit",
        "acme/connection-refused-test",
        "team/pause-image",
        "acme/token-expired-notifier",
        "envoyproxy/ratelimit",
        "acme/short-name",
        "x/unauthorized",
        "acme/not-found",
        "kyverno/kyverno",
    ];
    let mut changed = Vec::new();
    let mut compared = 0;
    for record in records(&folder, "matrix.jsonl", None) {
        let plain = classify(&record.message);
        for name in names {
            let Some((old, new)) = renamed(&record, name) else {
                continue;
            };
            let escaped = |path: &str| path.replace('/', "%2F");
            let message = record.message.replace(&old, &new);
            let message = message.replace(&escaped(&old), &escaped(&new));
            let found = classify(&message);
            compared += 1;
            if (found.cause, &found.alternatives) != (plain.cause, &plain.alternatives) {
                changed.push(format!(
                    "{}: {:?} instead of {:?}: {message}",
                    record.id, found.cause, plain.cause
                ));
            }
        }
    }
    println!(
        "{} of {compared} answers change with the name",
        changed.len()
    );
    if env::var_os("SHOW").is_some() {
        println!("{}", changed.join("\n"));
    }
}

/// Events are cut at 1024 bytes, logs by whoever quotes them.
#[test]
fn parts_of_messages_are_not_certain_of_something_else() {
    let Some(folder) = folder() else { return };
    let mut all = records(&folder, "pull-failures.jsonl", None);
    all.extend(records(&folder, "pull-failures-2.jsonl", None));
    all.extend(records(&folder, "cases.jsonl", Some("thread")));
    all.extend(records(&folder, "matrix.jsonl", None));
    let (mut parts, mut wrong) = (0, Vec::new());
    for record in all {
        let whole = classify(&record.message);
        let mut accepted = record.accepted();
        accepted.extend(whole.candidates().chain(whole.underlying));
        accepted.insert(Cause::CauseNotStated);
        let places = record.message.char_indices();
        for (at, _) in places.step_by(1 + record.message.len() / 12) {
            let (front, back) = record.message.split_at(at);
            for part in [front, back] {
                parts += 1;
                let found = classify(part);
                let is_right = found.cause.is_none_or(|cause| accepted.contains(&cause));
                if !is_right && found.confidence == Confidence::Certain {
                    wrong.push(format!("{}: {:?} of {part}", record.id, found.cause));
                }
            }
        }
    }
    println!(
        "{} of {parts} parts are certain of something else",
        wrong.len()
    );
    assert!(share(wrong.len(), parts) <= 0.4, "{}", wrong.join("\n"));
}
