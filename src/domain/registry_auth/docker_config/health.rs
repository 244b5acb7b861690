//! The health of a pull secret: the first problem found.

use jiff::Timestamp;

use super::{AuthSummary, DockerConfigSummary};
use crate::domain::k8s::age;

/// The health of a Secret, judged offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretHealth {
    /// No problem found.
    Healthy,
    /// It may work, with this warning.
    Warning(String),
    /// It cannot work.
    Unusable(String),
}

/// Warns of a credential that expires sooner than this, in seconds: two weeks, so that whoever makes the new
/// token may be away for one of them.
pub const EXPIRY_WARNING_SECONDS: i64 = 14 * 86_400;

impl DockerConfigSummary {
    pub fn health(&self, now: Timestamp) -> SecretHealth {
        if let Some(malformation) = &self.malformed {
            return SecretHealth::Unusable(format!("malformed: {malformation}"));
        }
        if self.entries.is_empty() {
            let why = self
                .warnings
                .first()
                .map_or_else(|| "no entries".to_owned(), ToString::to_string);
            return SecretHealth::Unusable(why);
        }
        let expired = |entry: &&AuthSummary| entry.expires.is_some_and(|end| end <= now);
        let ends = self.entries.iter().filter_map(|entry| entry.expires).min();
        if let Some(end) = ends.filter(|_| self.entries.iter().all(|it| expired(&it))) {
            return SecretHealth::Unusable(format!("expired {} ago", age::age(end, now)));
        }
        // The others still work.
        if let Some(entry) = self.entries.iter().find(expired)
            && let Some(end) = entry.expires
        {
            let age = age::age(end, now);
            return SecretHealth::Warning(format!("entry {} expired {age} ago", entry.server));
        }
        if let Some(problem) = self
            .entries
            .iter()
            .flat_map(|entry| entry.problems.iter())
            .next()
        {
            return SecretHealth::Warning(problem.to_string());
        }
        if let Some(oddity) = self.warnings.first() {
            return SecretHealth::Warning(oddity.to_string());
        }
        match ends.map(|end| age::seconds_between(now, end)) {
            Some(seconds) if seconds < EXPIRY_WARNING_SECONDS => {
                SecretHealth::Warning(format!("expires in {}", age::duration(seconds)))
            }
            _ => SecretHealth::Healthy,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        fixtures::{now, seconds_ago, secret},
        k8s::objects::{SecretContent, SecretType},
        registry_auth::docker_config::{AuthProblem, ConfigError, ConfigErrorKind, ConfigWarning},
    };

    fn with(change: impl FnOnce(&mut DockerConfigSummary)) -> SecretHealth {
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
        summary.health(now())
    }

    fn entry(
        change: impl FnOnce(&mut crate::domain::registry_auth::docker_config::AuthSummary),
    ) -> SecretHealth {
        with(|summary| {
            let mut entry = summary.entries[0].clone();
            change(&mut entry);
            summary.entries = Arc::from([entry]);
        })
    }

    #[test]
    fn the_worst_is_said_first() {
        assert_eq!(with(|_| {}), SecretHealth::Healthy);
        let malformed = ConfigError {
            kind: ConfigErrorKind::NotJson,
            server: None,
            text: "x".into(),
        };
        assert!(matches!(
            with(|s| s.malformed = Some(malformed)),
            SecretHealth::Unusable(_)
        ));
        let empty = with(|s| {
            s.entries = Arc::from([]);
            s.warnings = Arc::from([ConfigWarning::NoEntries]);
        });
        assert_eq!(empty, SecretHealth::Unusable("auths is empty".into()));
        assert_eq!(
            entry(|e| e.expires = Some(seconds_ago(540))),
            SecretHealth::Unusable("expired 9m ago".into())
        );
        let one_of_two = with(|summary| {
            let entry = &summary.entries[0];
            let other = AuthSummary {
                server: "quay.io".into(),
                expires: Some(seconds_ago(540)),
                ..entry.clone()
            };
            summary.entries = Arc::from([entry.clone(), other]);
        });
        let expected = "entry quay.io expired 9m ago";
        assert_eq!(one_of_two, SecretHealth::Warning(expected.into()));
        assert_eq!(
            entry(|e| e.expires = Some(seconds_ago(-7200))),
            SecretHealth::Warning("expires in 120m".into())
        );
        assert_eq!(
            entry(|e| e.expires = Some(seconds_ago(-3 * 86_400 - 60))),
            SecretHealth::Warning("expires in 3d".into())
        );
        assert_eq!(
            entry(|e| e.expires = Some(seconds_ago(-30 * 86_400))),
            SecretHealth::Healthy
        );
        assert!(matches!(
            entry(|e| e.problems = Arc::from([AuthProblem::TrailingNewline])),
            SecretHealth::Warning(_)
        ));
    }
}
