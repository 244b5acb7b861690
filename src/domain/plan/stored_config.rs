//! The configuration of a pull secret without its values: the old side of an edit's preview, and what must
//! still stand when the edit is made.

use std::fmt;

use super::{auth_edit::LOGIN_FIELDS, json_object::JsonObject};
use crate::domain::registry_auth::docker_config::{self, ConfigFormat};

/// The configuration in a Secret without its values: what an edit shows and compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConfig {
    pub content: StoredContent,
    pub hash: ContentHash,
    /// The form in which the Secret stores it; an edit sees both alike.
    pub format: ConfigFormat,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredContent {
    /// There is no content, or only an empty one.
    Empty,
    /// No JSON object, or `auths` is none.
    Unreadable,
    Read {
        entries: Vec<StoredEntry>,
        /// The names of what stands beside `auths`.
        others: Vec<String>,
    },
}

/// One entry under `auths`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub server: String,
    pub username: String,
    /// The names of the fields that are no part of the login.
    pub other_fields: Vec<String>,
}

/// A hash of a stored value, to see whether it still stands. It is kept in memory and not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(pub u64);

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentHash(…)")
    }
}

impl StoredConfig {
    /// `hash`: of the value as the Secret stores it.
    pub fn parse(content: Option<&str>, hash: u64) -> Self {
        Self {
            content: StoredContent::parse(content),
            hash: ContentHash(hash),
            format: ConfigFormat::default(),
        }
    }

    /// The entry of a server.
    pub fn entry(&self, server: &str) -> Option<&StoredEntry> {
        match &self.content {
            StoredContent::Read { entries, .. } => {
                entries.iter().find(|entry| entry.server == server)
            }
            StoredContent::Empty | StoredContent::Unreadable => None,
        }
    }
}

impl StoredContent {
    fn parse(content: Option<&str>) -> Self {
        let Some(text) = content.filter(|text| !matches!(text.trim(), "" | "null")) else {
            return Self::Empty;
        };
        let Some(document) = JsonObject::parse(text) else {
            return Self::Unreadable;
        };
        let read = docker_config::read(ConfigFormat::ConfigJson, text.as_bytes());
        let username = |server: &str| {
            let mut entries = read.entries.iter();
            let entry = entries.find(|entry| &*entry.server == server);
            entry.map_or_else(String::new, |entry| entry.username.to_string())
        };
        let (mut entries, mut others) = (Vec::new(), Vec::new());
        for (name, value) in document.members() {
            if !name.eq_ignore_ascii_case("auths") {
                others.push(name.to_owned());
                continue;
            }
            let Some(auths) = JsonObject::parse(value) else {
                if value == "null" {
                    continue;
                }
                return Self::Unreadable;
            };
            entries.extend(auths.members().map(|(server, entry)| StoredEntry {
                server: server.to_owned(),
                username: username(server),
                other_fields: other_fields(entry),
            }));
        }
        Self::Read { entries, others }
    }
}

fn other_fields(entry: &str) -> Vec<String> {
    let entry = JsonObject::parse(entry).unwrap_or_default();
    let names = entry.members().map(|(name, _)| name);
    let is_login = |name: &str| LOGIN_FIELDS.iter().any(|it| it.eq_ignore_ascii_case(name));
    names
        .filter(|name| !is_login(name))
        .map(str::to_owned)
        .collect()
}
