//! Scenarios: data in `assets/scenarios/`, compiled in.
//!
//! A scenario says what there is and since when, and what happens on the way. Starting one lives
//! through its past, so that ages, events and back-offs are what they would be.

pub(super) mod bootstrap;
mod build;
mod file;
mod manifest;
mod perform;
pub(super) mod scheduled_event;

use std::{fmt, time::Duration};

use jiff::Timestamp;

use super::{clock::Pace, profile::Profile, world::World};
pub(super) use perform::fire;
use scheduled_event::ScheduledEvent;

/// A scenario is one file: its name, and the file with that name.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../assets/scenarios/", $name, ".toml")))),*]
    };
}

/// The built-in scenario files; the first is the demo's.
const FILES: &[(&str, &str)] = files![
    "company",
    "first-setup",
    "missing-tag",
    "wrong-name",
    "secret-not-attached",
    "stale-pods",
    "wrong-password",
    "expired-token",
    "cloud-identity",
    "wrong-type",
    "malformed-secret",
    "wrong-server",
    "missing-secret",
    "rate-limit",
    "abuse-limit",
    "registry-outage",
    "unknown-host",
    "moved",
    "typo",
    "untrusted-tls",
    "wrong-platform",
    "not-scheduled",
    "crash-loop",
    "old-node",
    "new-node",
    "cri-o-node",
    "verification",
    "mirror",
    "queue",
];

/// A scenario: initial objects and scheduled events.
#[derive(Clone)]
pub struct Scenario {
    pub name: String,
    pub title: String,
    /// What is wrong and what heals it, for people.
    pub story: String,
    profile: Profile,
    plan: build::ScenarioPlan,
    fix: Vec<ScheduledEvent>,
}

/// Without what happens: passwords are in it.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scenario({})", self.name)
    }
}

/// Why a scenario is invalid.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("unknown scenario {name:?}")]
    Unknown { name: String },
    #[error("scenario {name:?} cannot be read")]
    Unreadable {
        name: String,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("scenario {name:?}: {what}")]
    Wrong { name: String, what: String },
}

impl Scenario {
    /// Name of the demo's default scenario.
    pub const DEFAULT: &'static str = "company";

    /// All built-in scenarios.
    pub fn list() -> Vec<Self> {
        FILES
            .iter()
            .map(|(name, text)| Self::parse(name, text).expect("a test reads all of them"))
            .collect()
    }

    /// Names of these scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(name, _)| *name)
    }

    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        let Some((name, text)) = FILES.iter().find(|(known, _)| *known == name) else {
            return Err(ScenarioError::Unknown {
                name: name.to_owned(),
            });
        };
        Self::parse(name, text)
    }

    /// Parses a scenario file.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file: file::ScenarioFile =
            toml::from_str(text).map_err(|source| ScenarioError::Unreadable {
                name: name.to_owned(),
                source: Box::new(source),
            })?;
        let wrong = |what| ScenarioError::Wrong {
            name: name.to_owned(),
            what,
        };
        Ok(Self {
            name: name.to_owned(),
            profile: file.kubelet.profile(),
            plan: build::ScenarioPlan::from_file(&file).map_err(wrong)?,
            fix: build::repair(&file).map_err(wrong)?,
            title: file.title,
            story: file.story,
        })
    }

    /// Performs the repair of the scenario.
    pub fn repair(&self, world: &mut World) {
        for happening in &self.fix {
            fire(world, happening.clone());
            world.catch_up();
        }
    }

    /// Whether the scenario has a repair, see [`Scenario::repair`].
    pub fn has_fix(&self) -> bool {
        !self.fix.is_empty()
    }

    /// The simulated cluster at `now`, after the scenario's past events.
    pub fn world(&self, now: Timestamp, pace: Pace) -> World {
        let start = self.plan.first_moment(now);
        let mut world = World::new(start, Pace::Manual, self.profile);
        bootstrap::create_defaults(&mut world);
        self.plan.clone().schedule(&mut world, now);
        let past = Duration::try_from(now.duration_since(start)).unwrap_or_default();
        world.advance(past);
        world.set_pace(pace);
        world
    }
}

/// A small cluster for tests: one node, one registry without logins, the namespace `app`, and more.
#[cfg(test)]
pub(super) fn trial(more: &str) -> World {
    const BASE: &str = "
        title = 't'
        story = 's'
        [[node]]
        name = 'lab'
        cpu = '4'
        memory = '8Gi'
        [[namespace]]
        name = 'app'
        at = '-10m'
        [[registry]]
        name = 'reg.example'
        image = [
            { name = 'serve:1', megabytes = 500 },
            { name = 'serve:2' },
            { name = 'work:1', works = '5s' },
            { name = 'crash:1', crashes = '9s' },
        ]
    ";
    let scenario = Scenario::parse("trial", &format!("{BASE}{more}")).expect("it is a scenario");
    let now = "2026-11-23T12:00:00Z".parse().expect("it is a moment");
    scenario.world(now, Pace::Manual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_scenario_and_the_default_is_one_of_them() {
        for (name, text) in FILES {
            let scenario = Scenario::parse(name, text).unwrap_or_else(|error| {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                panic!("{error}: {}", why.unwrap_or_default())
            });
            assert!(
                !scenario.title.is_empty() && !scenario.story.is_empty(),
                "{name}"
            );
        }
        assert_eq!(FILES[0].0, Scenario::DEFAULT);
        let error = Scenario::named("nowhere").unwrap_err().to_string();
        assert_eq!(error, "unknown scenario \"nowhere\"");
        assert!(Scenario::names().any(|name| name == "first-setup"));
    }
}
