//! Session state kept between runs: last location per context, saved views and command history. No secrets: a
//! line that is no command is not kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{panes::Pane, views::SavedView};
use crate::domain::{k8s::object_ref::Namespace, store::watch::Scope};

/// Maximum number of commands in the history.
const COMMANDS: usize = 100;

/// Maximum number of contexts: some users create a cluster per test.
const CONTEXTS: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    #[serde(rename = "places")]
    locations: BTreeMap<String, SavedLocation>,
    /// The contexts of the places, the one that was left last at the end.
    #[serde(rename = "left")]
    recent: Vec<String>,
    /// The oldest first.
    commands: Vec<String>,
    views: BTreeMap<String, SavedView>,
}

/// The last location of the user in a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLocation {
    /// `None`: all namespaces.
    pub namespace: Option<Namespace>,
    pub view: String,
}

impl SessionState {
    pub fn location(&self, context: &str) -> Option<&SavedLocation> {
        self.locations.get(context)
    }

    /// Saves the location in a context; of too many contexts, the one left longest ago is removed.
    pub fn save_location(&mut self, context: &str, scope: &Scope, focus: Pane) {
        let namespace = match scope {
            Scope::Cluster => None,
            Scope::Namespace(namespace) => Some(namespace.clone()),
        };
        let view = focus.name().to_owned();
        self.set_location(context, SavedLocation { namespace, view });
    }

    fn set_location(&mut self, context: &str, location: SavedLocation) {
        self.locations.insert(context.to_owned(), location);
        self.recent.retain(|known| known != context);
        self.recent.push(context.to_owned());
        if self.locations.len() > CONTEXTS {
            // An older version did not write down the order.
            let unknown = self
                .locations
                .keys()
                .find(|known| !self.recent.contains(known));
            let oldest = match unknown.cloned() {
                Some(unknown) => unknown,
                None => self.recent.remove(0),
            };
            self.locations.remove(&oldest);
        }
    }

    /// The saved views, by name.
    pub fn views(&self) -> impl Iterator<Item = (&str, &SavedView)> {
        self.views.iter().map(|(name, view)| (name.as_str(), view))
    }

    pub fn view(&self, name: &str) -> Option<&SavedView> {
        self.views.get(name)
    }

    /// Saves a view; returns whether it replaced one of the same name.
    pub fn save_view(&mut self, name: &str, view: SavedView) -> bool {
        self.views.insert(name.to_owned(), view).is_some()
    }

    /// Removes a view; returns whether there was one.
    pub fn forget_view(&mut self, name: &str) -> bool {
        self.views.remove(name).is_some()
    }

    /// What this session has changed since `before`, done to what is kept `now`.
    #[must_use]
    pub fn rebased(&self, before: &Self, now: Self) -> Self {
        let mut merged = now;
        rebase(&mut merged.views, &self.views, &before.views);
        for context in appended(&self.recent, &before.recent) {
            if let Some(location) = self.locations.get(context) {
                merged.set_location(context, location.clone());
            }
        }
        for line in appended(&self.commands, &before.commands) {
            merged.push_command(line);
        }
        merged
    }

    /// Adds a valid command to the history.
    pub fn push_command(&mut self, line: &str) {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        self.commands.retain(|known| *known != line);
        self.commands.push(line);
        let surplus = self.commands.len().saturating_sub(COMMANDS);
        self.commands.drain(..surplus);
    }

    /// The nth newest command, from 1.
    pub fn command(&self, ago: usize) -> Option<&str> {
        let index = self.commands.len().checked_sub(ago)?;
        self.commands.get(index).map(String::as_str)
    }
}

/// The end of a list that was `before` once: what was added since, or moved to the end. From the front, entries
/// may be missing.
fn appended<'a>(list: &'a [String], before: &[String]) -> &'a [String] {
    let mut before = before.iter();
    let kept = list
        .iter()
        .take_while(|entry| before.any(|old| old == *entry));
    list.get(kept.count()..).unwrap_or_default()
}

/// Inserts and removes in `merged` what differs between `ours` and `before`.
fn rebase<V: Clone + PartialEq>(
    merged: &mut BTreeMap<String, V>,
    ours: &BTreeMap<String, V>,
    before: &BTreeMap<String, V>,
) {
    merged.retain(|name, _| ours.contains_key(name) || !before.contains_key(name));
    for (name, value) in ours {
        if before.get(name) != Some(value) {
            merged.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_kept_once_the_last_in_front() {
        let mut memory = SessionState::default();
        for line in ["po", "ns  shop", "po"] {
            memory.push_command(line);
        }
        assert_eq!(memory.command(1), Some("po"));
        assert_eq!(memory.command(2), Some("ns shop"));
        assert_eq!(memory.command(3), None);
        assert_eq!(memory.command(0), None);
        for number in 0..200 {
            memory.push_command(&format!("ns n{number}"));
        }
        assert_eq!(memory.commands.len(), COMMANDS);
    }

    #[test]
    fn the_context_that_was_left_longest_ago_is_forgotten() {
        let mut memory = SessionState::default();
        let mut leave = |context: &str| memory.save_location(context, &Scope::Cluster, Pane::Pods);
        leave("a-old");
        leave("prod");
        for number in 0..CONTEXTS - 1 {
            leave("prod");
            leave(&format!("test-{number}"));
        }
        assert_eq!(memory.location("a-old"), None);
        assert!(memory.location("prod").is_some(), "it is used every day");
        assert_eq!(memory.locations.len(), CONTEXTS);
        assert_eq!(memory.recent.len(), CONTEXTS);
    }

    #[test]
    fn what_is_written_reads_back_and_what_is_new_does_not_disturb() {
        let mut memory = SessionState::default();
        let shop = Scope::Namespace(Namespace::new("shop"));
        memory.save_location("prod", &shop, Pane::Secrets);
        memory.save_location("lab", &Scope::Cluster, Pane::Pods);
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<SessionState>(&text).unwrap(), memory);
        let later = text.replacen('{', "{\"more\": 1, ", 1);
        assert_eq!(
            serde_json::from_str::<SessionState>(&later).unwrap(),
            memory
        );
        assert_eq!(
            serde_json::from_str::<SessionState>("{}").unwrap(),
            SessionState::default()
        );
    }
}
