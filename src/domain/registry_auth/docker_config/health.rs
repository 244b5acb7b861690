//! The health of a pull secret: the first problem found.

use jiff::Timestamp;

use super::{EntrySummary, Summary};
use crate::domain::k8s::age;

/// The health of a Secret, judged offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No problem found.
    Sound,
    /// It may work, with this warning.
    Odd(String),
    /// It cannot work.
    Broken(String),
}

/// Warns of a credential that expires sooner than this, in seconds: two weeks, so that whoever makes the new
/// token may be away for one of them.
pub const SOON: i64 = 14 * 86_400;

impl Summary {
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let Some(malformation) = &self.malformed {
            return Standing::Broken(malformation.to_string());
        }
        if self.entries.is_empty() {
            let why = self
                .oddities
                .first()
                .map_or_else(|| "it has no entries".to_owned(), ToString::to_string);
            return Standing::Broken(why);
        }
        let expired = |entry: &&EntrySummary| entry.expires.is_some_and(|end| end <= now);
        let ends = self.entries.iter().filter_map(|entry| entry.expires).min();
        if let Some(end) = ends.filter(|_| self.entries.iter().all(|it| expired(&it))) {
            return Standing::Broken(format!("expired {} ago", age::age(end, now)));
        }
        // The others still work.
        if let Some(entry) = self.entries.iter().find(expired)
            && let Some(end) = entry.expires
        {
            let age = age::age(end, now);
            return Standing::Odd(format!("the entry {} expired {age} ago", entry.server));
        }
        if let Some(problem) = self
            .entries
            .iter()
            .flat_map(|entry| entry.problems.iter())
            .next()
        {
            return Standing::Odd(problem.to_string());
        }
        if let Some(oddity) = self.oddities.first() {
            return Standing::Odd(oddity.to_string());
        }
        match ends.map(|end| age::seconds(now, end)) {
            Some(seconds) if seconds < SOON => {
                Standing::Odd(format!("expires in {}", age::span(seconds)))
            }
            _ => Standing::Sound,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        fixtures::{ago, now, secret},
        k8s::objects::{SecretContent, SecretType},
        registry_auth::docker_config::{EntryProblem, Malformation, Malformed, Oddity},
    };

    fn with(change: impl FnOnce(&mut Summary)) -> Standing {
        let secret = secret(
            "shop",
            "s",
            SecretType::DockerConfigJson,
            &[("ghcr.io", "bot")],
        );
        let SecretContent::Read(mut summary) = secret.content else {
            unreachable!()
        };
        change(&mut summary);
        summary.standing(now())
    }

    fn entry(
        change: impl FnOnce(&mut crate::domain::registry_auth::docker_config::EntrySummary),
    ) -> Standing {
        with(|summary| {
            let mut entry = summary.entries[0].clone();
            change(&mut entry);
            summary.entries = Arc::from([entry]);
        })
    }

    #[test]
    fn the_worst_is_said_first() {
        assert_eq!(with(|_| {}), Standing::Sound);
        let malformed = Malformation {
            problem: Malformed::NotJson,
            server: None,
            text: "x".into(),
        };
        assert!(matches!(
            with(|s| s.malformed = Some(malformed)),
            Standing::Broken(_)
        ));
        let empty = with(|s| {
            s.entries = Arc::from([]);
            s.oddities = Arc::from([Oddity::NoEntries]);
        });
        assert_eq!(empty, Standing::Broken("auths is empty".into()));
        assert_eq!(
            entry(|e| e.expires = Some(ago(540))),
            Standing::Broken("expired 9m ago".into())
        );
        let one_of_two = with(|summary| {
            let entry = &summary.entries[0];
            let other = EntrySummary {
                server: "quay.io".into(),
                expires: Some(ago(540)),
                ..entry.clone()
            };
            summary.entries = Arc::from([entry.clone(), other]);
        });
        let expected = "the entry quay.io expired 9m ago";
        assert_eq!(one_of_two, Standing::Odd(expected.into()));
        assert_eq!(
            entry(|e| e.expires = Some(ago(-7200))),
            Standing::Odd("expires in 120m".into())
        );
        assert_eq!(
            entry(|e| e.expires = Some(ago(-3 * 86_400 - 60))),
            Standing::Odd("expires in 3d".into())
        );
        assert_eq!(
            entry(|e| e.expires = Some(ago(-30 * 86_400))),
            Standing::Sound
        );
        assert!(matches!(
            entry(|e| e.problems = Arc::from([EntryProblem::TrailingNewline])),
            Standing::Odd(_)
        ));
    }
}
