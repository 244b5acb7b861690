//! What there is to say of an answer: before it is given, and while it is.

use super::{Answer, Entry, Form, Import, Source, follow::source_host};
use crate::domain::{
    key::{Key, Name, Namespace},
    objects::ServiceAccount,
    plan::{
        Ask,
        check::{self, Complaint},
        servers_in,
    },
    presets::{self, Login, Preset},
    watch::Scope,
    world::World,
};

impl Form {
    /// What there is to say of an answer.
    pub fn complaint(&self, answer: Answer, world: &World) -> Option<Complaint> {
        let text = self.text(answer);
        match answer {
            Answer::Namespace => check::label(text).or_else(|| self.namespace_goes(world)),
            Answer::Image => check::image(text),
            Answer::Server => check::server(text).or_else(|| no_login(text)),
            Answer::Username => self
                .not_read()
                .or_else(|| check::username(text, &self.registry())),
            Answer::Token => self
                .not_read()
                .or_else(|| check::token(text, &self.registry(), self.text(Answer::Username))),
            Answer::Source => match &self.import {
                Import::Failed(why) => Some(check::refuse(why)),
                Import::Idle | Import::Reading(_) | Import::Got(_) => None,
            },
            Answer::File if self.ask == Ask::Export => text
                .is_empty()
                .then(|| check::refuse("the name of a file is needed")),
            Answer::Variable => check::variable(text),
            Answer::FromSecret => text
                .is_empty()
                .then(|| check::refuse("no Secret has an entry for this registry")),
            // A Secret may be made without anybody who lists it.
            Answer::Account if text.is_empty() && matches!(self.ask, Ask::NewSecret { .. }) => None,
            Answer::Account => check::subdomain(text).or_else(|| self.account_is_elsewhere(world)),
            Answer::Secret => check::subdomain(text).or_else(|| self.secret_is_there(world)),
            Answer::Deployment => {
                check::subdomain(text).or_else(|| self.deployment_is_there(world))
            }
            Answer::Replicas => check::replicas(text),
            Answer::Port => check::port(text),
            Answer::Confirm => match &self.ask {
                Ask::DeleteSecret { secret, .. } => check::confirmed(text, secret.name.as_str()),
                Ask::DeleteAccount { account, .. } => check::confirmed(text, account.name.as_str()),
                _ => None,
            },
            Answer::Accounts | Answer::Secrets | Answer::Namespaces => self.default_is_in(answer),
            Answer::File
            | Answer::Which
            | Answer::Policy
            | Answer::Existing
            | Answer::Restart
            | Answer::Format
            | Answer::Destination => None,
        }
    }

    /// What to know about an answer before it is given.
    pub fn hint(&self, answer: Answer, world: &World) -> String {
        let server = self.registry();
        let preset = preset(&server);
        match (answer, preset) {
            (Answer::Source, _) => match &self.import {
                Import::Got(from) => format!("read {from}"),
                Import::Reading(_) => "reading".to_owned(),
                Import::Idle | Import::Failed(_) => String::new(),
            },
            (Answer::Username, Some(preset)) => preset.username.to_owned(),
            (Answer::Token, Some(preset)) if !preset.token.is_empty() => token_hint(preset),
            (Answer::Server, Some(preset)) => preset.name.to_owned(),
            (Answer::File, _) if self.ask != Ask::Export => {
                "empty: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG, ~/.docker/config.json; only this registry's entry is taken".to_owned()
            }
            (Answer::FromSecret, _) => match self.in_place() {
                Some(_) => "it is in the namespace already: it is used as it is".to_owned(),
                None => "only the entry for this registry is taken".to_owned(),
            },
            (Answer::Namespace, _) if !self.text(Answer::Namespace).is_empty() => {
                let namespace = Namespace::new(self.text(Answer::Namespace));
                match world.namespace(&namespace) {
                    Some(_) => String::new(),
                    None => "it is made".to_owned(),
                }
            }
            (Answer::Account, _) => self.account_hint(world),
            (Answer::Port, _) => "what the container listens on, if it does".to_owned(),
            (Answer::Restart, _) => {
                "Pods keep the list that they were made with; a restart makes new ones".to_owned()
            }
            (Answer::Confirm, _) => self.dependants(),
            (Answer::Accounts, _) => match &self.ask {
                Ask::DeleteSecret { .. } => "taken off the lists of these".to_owned(),
                _ => "checked: the Secret is in its list".to_owned(),
            },
            (Answer::Secrets, _) => match &self.ask {
                Ask::Rotate { .. } => "all that carry this credential".to_owned(),
                _ => "checked: in the list of the ServiceAccount".to_owned(),
            },
            _ => String::new(),
        }
    }

    fn not_read(&self) -> Option<Complaint> {
        let reads = self.wants().is_some() || matches!(self.import, Import::Reading(_));
        let by_hand = self.source() == Some(Source::Typed);
        // A variable holds the token only.
        (reads
            && !by_hand
            && self.source() != Some(Source::Variable)
            && self.text(Answer::Token).is_empty())
        .then(|| check::refuse("enter reads it"))
    }

    fn namespace_goes(&self, world: &World) -> Option<Complaint> {
        let namespace = Namespace::new(self.text(Answer::Namespace));
        let found = world.namespace(&namespace)?;
        found
            .terminating
            .then(|| check::refuse("it is being deleted: nothing new can be made in it"))
    }

    /// The namespace that the answers are about.
    fn place(&self) -> Option<Namespace> {
        match &self.ask {
            Ask::NewSecret { namespace, .. } => Some(namespace.clone()),
            Ask::Setup { .. } | Ask::Deploy { .. } => {
                Some(Namespace::new(self.text(Answer::Namespace)))
            }
            _ => None,
        }
    }

    fn account_key(&self) -> Option<Key<ServiceAccount>> {
        Some(Key::new(
            self.place()?,
            Name::new(self.text(Answer::Account)),
        ))
    }

    /// A Pod can use only the ServiceAccounts of its own namespace.
    fn account_is_elsewhere(&self, world: &World) -> Option<Complaint> {
        let key = self.account_key()?;
        if world.account(&key).is_some() || key.name.as_str() == "default" {
            return None;
        }
        let mut others = world.accounts(&Scope::Cluster);
        let other = others.find(|account| account.key.name == key.name)?;
        Some(check::warn(format!(
            "{} has one; a Pod uses those of its own namespace, so one is made here",
            other.key.namespace
        )))
    }

    fn account_hint(&self, world: &World) -> String {
        if self.text(Answer::Account) == "default" {
            return "everything in the namespace that names no other runs as default".to_owned();
        }
        let Some(key) = self
            .account_key()
            .filter(|key| !key.name.as_str().is_empty())
        else {
            return String::new();
        };
        match world.account(&key) {
            None => "it is made".to_owned(),
            Some(account) if account.pull_secrets.is_empty() => "it lists no Secret yet".to_owned(),
            Some(account) => {
                let names: Vec<&str> = account.pull_secrets.iter().map(Name::as_str).collect();
                format!("it lists {}; those stay", names.join(", "))
            }
        }
    }

    fn secret_is_there(&self, world: &World) -> Option<Complaint> {
        let name = Name::new(self.text(Answer::Secret));
        let servers = servers_in(world, &self.place()?, &name)?;
        let server = self.registry();
        let same = servers.iter().any(|known| **known == *server);
        Some(check::warn(if same {
            format!("it exists: its entry for {server} gets this login, the others stay")
        } else {
            format!("it exists, for {}: this entry is added", servers.join(", "))
        }))
    }

    fn deployment_is_there(&self, world: &World) -> Option<Complaint> {
        let id = self.deployment_id()?;
        world.workload(&id)?;
        Some(check::warn(
            "it exists: it gets the image and the ServiceAccount",
        ))
    }

    /// Whether `default` is among the accounts that get a Secret.
    fn default_is_in(&self, answer: Answer) -> Option<Complaint> {
        let picks = self.picks(answer)?;
        if answer != Answer::Accounts || matches!(self.ask, Ask::DeleteSecret { .. }) {
            return None;
        }
        picks.is_taken("default").then(|| {
            check::warn("default: everything in the namespace that names no other gets it too")
        })
    }

    /// What depends on what is to be deleted.
    fn dependants(&self) -> String {
        let pods = |pods: &usize| match pods {
            0 => "no Pod uses it".to_owned(),
            1 => "1 Pod uses it".to_owned(),
            pods => format!("{pods} Pods use it"),
        };
        match &self.ask {
            Ask::DeleteSecret {
                secret, pods: used, ..
            } => format!("{}; type {} to delete it", pods(used), secret.name),
            Ask::DeleteAccount {
                account,
                pods: used,
                workloads,
            } => {
                let names: Vec<String> =
                    workloads.iter().take(3).map(ToString::to_string).collect();
                let of = if names.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", names.join(", "))
                };
                format!("{}{of}; type {} to delete it", pods(used), account.name)
            }
            _ => String::new(),
        }
    }

    /// Whether a Secret of the copy's name is in one of the chosen namespaces.
    pub(super) fn meets_another(&self) -> bool {
        let Ask::Copy { targets, .. } = &self.ask else {
            return false;
        };
        let Some(picks) = self.picks(Answer::Namespaces) else {
            return false;
        };
        let meets = |target: &crate::domain::plan::Target| {
            target.there.is_some() && picks.is_taken(target.namespace.as_str())
        };
        targets.iter().any(meets)
    }

    /// Whether a list gets a Secret that it has not.
    pub(super) fn adds(&self) -> bool {
        match &self.ask {
            Ask::Bind { secret, accounts } => accounts.iter().any(|listing| {
                let taken = self
                    .picks(Answer::Accounts)
                    .is_some_and(|picks| picks.is_taken(listing.account.as_str()));
                taken && !listing.list.contains(&secret.name) && !listing.workloads.is_empty()
            }),
            Ask::List { listing, .. } => {
                let taken = self
                    .picks(Answer::Secrets)
                    .map(Self::names)
                    .unwrap_or_default();
                !listing.workloads.is_empty()
                    && taken
                        .iter()
                        .any(|name| !listing.list.iter().any(|n| n.as_str() == name))
            }
            _ => false,
        }
    }

    fn names(picks: &super::Picks) -> Vec<String> {
        picks.taken().map(|row| row.name.clone()).collect()
    }

    /// A list in a few words.
    pub fn summary(entry: &Entry) -> String {
        let Entry::Many(picks) = entry else {
            return String::new();
        };
        let names = Self::names(picks);
        match names.len() {
            0 => format!("none of {}", picks.rows.len()),
            number => format!("{number} of {}: {}", picks.rows.len(), names.join(", ")),
        }
    }
}

/// Where a token is to be had, and how long it lives.
fn token_hint(preset: &Preset) -> String {
    let life = if preset.life.is_empty() {
        String::new()
    } else {
        format!(" (lives {})", preset.life)
    };
    format!("{}{life} · {}", preset.token, preset.token_page)
}

/// A registry that has no accounts wants no Secret; one that dies soon has better ways.
fn no_login(server: &str) -> Option<Complaint> {
    let preset = preset(server)?;
    if preset.login == Login::None {
        return Some(check::warn(format!(
            "{} has no accounts: a Secret for it is useless",
            preset.name
        )));
    }
    (!preset.better.is_empty() && !preset.life.is_empty()).then(|| {
        check::warn(format!(
            "its token lives {}; better: {}",
            preset.life, preset.better
        ))
    })
}

fn preset(server: &str) -> Option<&'static Preset> {
    presets::of_host(source_host(server))
}
