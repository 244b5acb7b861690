//! Messages of our own, in the words of the kubelet, the runtimes, Go and the registries.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::str::FromStr;

use pullscope::domain::{cause::Cause, classify::classify};

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
