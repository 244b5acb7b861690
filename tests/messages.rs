//! Messages of our own, in the words of the kubelet, the runtimes, Go and the registries.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{
    fs,
    hint::black_box,
    str::FromStr,
    sync::LazyLock,
    time::{Duration, Instant},
};

use pullscope::domain::diagnostics::{
    Cause,
    classify::{Confidence, classify},
};

const MESSAGES: &str = include_str!("messages.txt");

struct Slug(Cause);

impl FromStr for Slug {
    type Err = String;

    fn from_str(slug: &str) -> Result<Self, String> {
        Cause::parse(slug)
            .map(Self)
            .ok_or_else(|| format!("no cause {slug:?}"))
    }
}

fn rows() -> impl Iterator<Item = (Vec<Cause>, String)> {
    MESSAGES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (causes, message) = line.split_once('\t').expect("causes, a tab, a message");
            let causes = causes
                .split('|')
                .map(|slug| slug.parse::<Slug>().expect("a cause").0);
            (causes.collect(), message.replace("\\n", "\n"))
        })
}

#[test]
fn messages_are_understood() {
    let mut wrong = Vec::new();
    for (accepted, message) in rows() {
        let found: Vec<Cause> = classify(&message).candidates().collect();
        let first = found.first().is_some_and(|first| accepted.contains(first));
        let named = found
            .iter()
            .filter(|cause| accepted.contains(cause))
            .count();
        let sure = if accepted.len() == 1 {
            found.len() == 1
        } else {
            named >= 2
        };
        if !(first && sure) {
            wrong.push(format!("{found:?} instead of {accepted:?}\n    {message}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn wrapping_changes_nothing() {
    for (_, message) in rows() {
        let plain = classify(&message);
        let quoted = format!(
            "err=\"{}\"",
            message.replace('\\', "\\\\").replace('"', "\\\"")
        );
        let event = format!("  Warning  Failed  5s (x3 over 42s)  kubelet, node-1  {message}");
        for wrapped in [quoted, event] {
            let found = classify(&wrapped);
            assert_eq!(
                (found.cause, &found.alternatives),
                (plain.cause, &plain.alternatives),
                "{wrapped}"
            );
        }
    }
}

/// What stands in logs without end: quotes in quotes, brackets, hosts, names.
const PIECES: &[&str] = &[
    "\"",
    "\\\"",
    "[",
    ": [",
    "https://r.example/v2/",
    "r.example/a:1 ",
    "x-",
    "rpc error: code = Unknown desc = ",
    "Failed to pull image \"r.example/a:1\": ",
    "not found, ",
    "401 Unauthorized\n",
    "\u{fffd}",
    "sha256:0123456789abcdef",
];

/// The time that this thread has had a processor, as the kernel tells; elsewhere, the time on the wall.
fn processor_time() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// A line may be as long as a log is: it takes no longer than its parts, one after the other.
#[test]
fn a_line_without_end_is_read_in_linear_time() {
    const PARTS: usize = 40;
    let time = |text: &str, times: usize| {
        let began = processor_time();
        for _ in 0..times {
            black_box(classify(text));
        }
        processor_time().saturating_sub(began)
    };
    for piece in PIECES {
        let part = piece.repeat(10_000 / piece.len());
        let parts = time(&part, PARTS);
        let whole = time(&part.repeat(PARTS), 1);
        // A quadratic reading takes 40 times as long. The kernel counts in ticks of some milliseconds.
        let most = parts * 6 + Duration::from_millis(50);
        assert!(whole < most, "{piece:?}: {whole:?}, its parts {parts:?}");
    }
}

const NOT_PULLS: &str = include_str!("not_pulls.txt");

/// Neighbours of a pull: nobody who asks about them is sent to a Secret or an image.
#[test]
fn what_is_no_pull_is_not_taken_for_one() {
    let rows = NOT_PULLS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    for row in rows {
        let (kind, message) = row.split_once('\t').expect("a kind, a tab, a message");
        let found = classify(message);
        let is_pull = found.cause.is_some_and(Cause::is_pull_failure);
        let is_right = match kind {
            "elsewhere" => found.cause == Some(Cause::NotAPullFailure),
            "open" => !is_pull || found.confidence < Confidence::Certain,
            other => panic!("no kind {other:?}"),
        };
        if !is_right {
            wrong.push(format!(
                "{:?} {:?}: {message}",
                found.cause, found.confidence
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
