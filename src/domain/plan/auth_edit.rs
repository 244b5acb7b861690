//! Edits one entry of a Docker configuration and leaves the others unchanged.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::json_object::JsonObject;
use crate::domain::registry_auth::{
    credential::Password,
    docker_config::{self, ConfigFormat},
};

/// User name and password.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub username: String,
    pub password: Password,
}

/// A change to the entries under `auths`.
#[derive(Clone, Debug)]
pub enum AuthEdit {
    /// The entry of this server gets this login; it is made if there is none.
    Upsert {
        server: String,
        login: Credentials,
    },
    /// The entries of these servers get another login; what is there no more is not made again.
    ReplaceCredentials {
        servers: Vec<String>,
        login: Credentials,
    },
    /// The entry is moved to another server.
    RenameKey {
        from: String,
        to: String,
    },
    /// Another server gets an entry with the same login; the entry itself stays.
    CopyEntry {
        from: String,
        to: String,
    },
    Remove {
        server: String,
    },
}

/// Applies the edit to the content of `.dockerconfigjson`.
///
/// Only `username`, `password` and `auth` of the entry change; everything else keeps its text and place.
///
/// Text that is no JSON object, and an `auths` that is none, are replaced by a `Upsert`: the kubelet cannot read
/// them either, and the preview says so.
///
/// # Errors
/// Says why the edit cannot be made; in no words of the content.
pub fn apply_edit(content: Option<&str>, edit: &AuthEdit) -> Result<Zeroizing<String>, String> {
    let mut config = EditedConfig::open(content)?;
    let is_changed = match edit {
        AuthEdit::Upsert { server, login } => config.set_login(server, login)?,
        AuthEdit::ReplaceCredentials { servers, login } => config.renew(servers, login)?,
        AuthEdit::RenameKey { from, to } => config.rekey(from, to)?,
        AuthEdit::CopyEntry { from, to } => config.copy_entry(from, to)?,
        AuthEdit::Remove { server } => {
            if !config.is_read {
                return Err("the Secret has no readable entries".to_owned());
            }
            config.auths.remove(server)
        }
    };
    Ok(match content {
        Some(content) if !is_changed => Zeroizing::new(content.to_owned()),
        _ => config.rendered(),
    })
}

/// Merges the entries of another configuration into `.dockerconfigjson`; they replace entries of the same name.
///
/// Everything else stays; unreadable entries are not copied.
///
/// # Errors
/// Says that the other one cannot be read; in no words of the content.
pub fn merge_auths(content: Option<&str>, other: &str) -> Result<Zeroizing<String>, String> {
    let brought = EditedConfig::open(Some(other))?;
    if !brought.is_read {
        return Err("the source Secret cannot be read".to_owned());
    }
    let mut config = EditedConfig::open(content)?;
    let mut is_changed = false;
    for (server, entry) in brought.auths.members() {
        is_changed |= config.auths.set(server, entry);
    }
    Ok(match content {
        Some(content) if !is_changed => Zeroizing::new(content.to_owned()),
        _ => config.rendered(),
    })
}

/// A Docker configuration that is being edited.
struct EditedConfig {
    document: JsonObject,
    /// The level of the entries, by the name that it has in the document.
    level: String,
    auths: JsonObject,
    /// Whether the document has entries that can be read.
    is_read: bool,
}

impl EditedConfig {
    /// Reads a configuration; what cannot be read counts as empty. The name of the level is blind to case,
    /// as it is to the kubelet.
    fn open(content: Option<&str>) -> Result<Self, String> {
        let document = content.and_then(JsonObject::parse).unwrap_or_default();
        let names = document.members().map(|(name, _)| name);
        let levels: Vec<&str> = names
            .filter(|name| name.eq_ignore_ascii_case("auths"))
            .collect();
        let level = match levels[..] {
            [] => "auths".to_owned(),
            [level] => level.to_owned(),
            // The kubelet joins them; an edit of one would leave the other to count.
            [..] => {
                return Err(format!(
                    "the configuration has \"auths\" {} times: join them with kubectl edit, then try again",
                    levels.len()
                ));
            }
        };
        let read = document.get(&level).and_then(|auths| match auths {
            "null" => Some(JsonObject::default()),
            auths => JsonObject::parse(auths),
        });
        Ok(Self {
            is_read: read.is_some(),
            auths: read.unwrap_or_default(),
            document,
            level,
        })
    }

    /// Gives an entry this login; `false` where it has it.
    fn set_login(&mut self, server: &str, login: &Credentials) -> Result<bool, String> {
        self.refuse_twice(server)?;
        let new = new_entry(server, login)?;
        let Some(mut entry) = self.auths.get(server).and_then(JsonObject::parse) else {
            return Ok(self.auths.set(server, &new.rendered()));
        };
        let mut is_changed = false;
        for field in LOGIN_FIELDS {
            is_changed |= match new.get(field) {
                Some(value) => entry.set_blind_to_case(field, value),
                None => entry.remove_blind_to_case(field),
            };
        }
        if is_changed {
            self.auths.set(server, &entry.rendered());
        }
        Ok(is_changed)
    }

    fn renew(&mut self, servers: &[String], login: &Credentials) -> Result<bool, String> {
        let mut is_changed = false;
        for server in servers {
            if self.auths.get(server).is_none() {
                return Err(format!("the Secret no longer has the entry {server}"));
            }
            is_changed |= self.set_login(server, login)?;
        }
        Ok(is_changed)
    }

    fn rekey(&mut self, from: &str, to: &str) -> Result<bool, String> {
        self.refuse_twice(from)?;
        let (from_is_there, to_is_there) =
            (self.auths.get(from).is_some(), self.auths.get(to).is_some());
        match (from_is_there, to_is_there) {
            (true, true) => Err(format!(
                "the Secret already has an entry {to}; remove one of the two first"
            )),
            (true, false) => {
                self.auths.rename(from, to);
                Ok(true)
            }
            // It was moved already: there is nothing left to do.
            (false, true) => Ok(false),
            (false, false) => Err(format!("the Secret no longer has the entry {from}")),
        }
    }

    fn copy_entry(&mut self, from: &str, to: &str) -> Result<bool, String> {
        self.refuse_twice(from)?;
        let entry = self.auths.get(from);
        let entry = entry.map(|entry| Zeroizing::new(entry.to_owned()));
        let entry = entry.ok_or_else(|| format!("the Secret no longer has the entry {from}"))?;
        if self.auths.get(to).is_some_and(|there| there != &**entry) {
            return Err(format!(
                "the Secret already has an entry {to}, with another login"
            ));
        }
        Ok(self.auths.set(to, &entry))
    }

    /// Of two entries of one name the kubelet takes the last; which one is meant is not guessed.
    fn refuse_twice(&self, server: &str) -> Result<(), String> {
        let members = self.auths.members();
        if members.filter(|(name, _)| *name == server).count() > 1 {
            return Err(format!(
                "the Secret has more than one entry {server}: remove one with kubectl edit, then try again"
            ));
        }
        Ok(())
    }

    fn rendered(mut self) -> Zeroizing<String> {
        self.document.set(&self.level, &self.auths.rendered());
        self.document.rendered()
    }
}

/// Fields of an entry that hold a login, matched ignoring case.
pub(super) const LOGIN_FIELDS: [&str; 3] = ["username", "password", "auth"];

/// An entry as `kubectl create secret docker-registry` writes it.
fn new_entry(server: &str, login: &Credentials) -> Result<JsonObject, String> {
    let text = docker_config::write(server, &login.username, &login.password, None);
    let config = EditedConfig::open(Some(&text))?;
    let entry = config.auths.get(server).and_then(JsonObject::parse);
    entry.ok_or_else(|| "the entry cannot be written".to_owned())
}

/// Servers of the entries of a configuration.
pub fn servers_of(content: &str) -> Vec<Arc<str>> {
    let config = docker_config::read(ConfigFormat::ConfigJson, content.as_bytes());
    let entries = config.entries.iter();
    entries.map(|entry| Arc::clone(&entry.server)).collect()
}

#[cfg(test)]
#[path = "auth_edit_tests.rs"]
mod tests;
