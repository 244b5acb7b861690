//! Worlds to start from: data in `assets/scenarios/`, compiled in.
//!
//! A scenario says what there is and since when, and what happens on the way. Starting one lives
//! through its past, so that ages, events and back-offs are what they would be.

mod build;
mod file;
pub mod founding;
mod happening;
mod manifest;

use std::time::Duration;

use jiff::Timestamp;

use super::{
    clock::{Pace, later},
    profile::Profile,
    world::{Due, World},
};
pub use happening::{Happening, happen};

/// A scenario is one file: its name, and the file with that name.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../assets/scenarios/", $name, ".toml")))),*]
    };
}

/// The first is the demo's.
const FILES: &[(&str, &str)] = files![
    "company",
    "first-setup",
    "missing-tag",
    "wrong-name",
    "secret-not-attached",
    "stale-pods",
    "wrong-password",
    "expired-token",
    "wrong-type",
    "malformed-secret",
    "wrong-server",
    "missing-secret",
    "rate-limit",
    "registry-outage",
    "unknown-host",
    "untrusted-tls",
    "wrong-platform",
    "not-scheduled",
    "crash-loop",
    "old-node",
    "cri-o-node",
];

/// One world to start from.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: String,
    pub title: String,
    /// What is wrong and what heals it, for people.
    pub story: String,
    file: file::File,
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("there is no scenario {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
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
    /// The demo's own world.
    pub const DEFAULT: &'static str = "company";

    /// All scenarios that the program brings along.
    pub fn list() -> Vec<Self> {
        FILES
            .iter()
            .map(|(name, text)| Self::parse(name, text).expect("a test reads all of them"))
            .collect()
    }

    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        let Some((name, text)) = FILES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
            return Err(ScenarioError::Unknown {
                name: name.to_owned(),
                known: known.join(", "),
            });
        };
        Self::parse(name, text)
    }

    /// Reads a scenario file.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file: file::File =
            toml::from_str(text).map_err(|source| ScenarioError::Unreadable {
                name: name.to_owned(),
                source: Box::new(source),
            })?;
        build::check(&file).map_err(|what| ScenarioError::Wrong {
            name: name.to_owned(),
            what,
        })?;
        Ok(Self {
            name: name.to_owned(),
            title: file.title.clone(),
            story: file.story.clone(),
            file,
        })
    }

    /// Does what heals it.
    pub fn repair(&self, world: &mut World) {
        for happening in build::repair(&self.file) {
            happen(world, happening);
            world.catch_up();
        }
    }

    /// Whether something is wrong that is healed by [`Scenario::repair`].
    pub fn has_fix(&self) -> bool {
        !self.file.fix.is_empty()
    }

    /// The world as it is at `now`, its past lived through.
    pub fn world(&self, now: Timestamp, pace: Pace) -> World {
        let plan = build::plan(&self.file);
        let start = plan.first_moment(now);
        let profile = self.file.kubelet.profile();
        let mut world = World::new(start, Pace::Manual, profile);
        founding::found(&mut world);
        plan.enter(&mut world, now);
        let past = Duration::try_from(now.duration_since(start)).unwrap_or_default();
        world.advance(past);
        world.set_pace(pace);
        world
    }
}

/// The profile of the nodes, as a file names it.
impl file::Kubelet {
    fn profile(self) -> Profile {
        match self {
            Self::Containerd21 => Profile::Containerd21,
            Self::Containerd17 => Profile::Containerd17,
            Self::Containerd16 => Profile::Containerd16,
            Self::CriO => Profile::CriO,
        }
    }
}

/// Enters a happening for its time; one that repeats enters itself again when it has happened.
fn enter(world: &mut World, at: Timestamp, happening: Happening) {
    world.agenda.enter(at, Due::Happening(Box::new(happening)));
}

fn again(world: &mut World, after: Duration, happening: Happening) {
    let at = later(world.now, after);
    enter(world, at, happening);
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
        assert!(error.contains("first-setup"), "{error}");
    }
}
