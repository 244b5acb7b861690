//! The menu of what can be done with what is selected: every verb with its key, and for those that
//! cannot be done now the reason.
//!
//! It offers what the table of keys offers and adds nothing of its own, so that it teaches the keys.

use super::{
    action::Action,
    key::{Code, Key},
    list::List,
    rbac_cache::Rights,
};
use crate::domain::{k8s::object_ref::Namespace, rbac::Permission};

#[derive(Debug)]
pub struct Menu {
    /// What it is about, for the title.
    pub title: String,
    /// Whose rules decide what is permitted.
    pub namespace: Option<Namespace>,
    pub items: Vec<Item>,
    /// The chosen one, by its place.
    pub list: List<usize>,
}

#[derive(Debug)]
pub struct Item {
    pub keys: Vec<Key>,
    pub action: Action,
    pub help: String,
    pub needs: Needs,
}

/// What an action takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// It only shows something, or copies it.
    Nothing,
    /// It changes something in the cluster, with these permissions.
    ToChange(Vec<Permission>),
    /// It asks the cluster for more than is watched.
    ToRead(Vec<Permission>),
    /// It cannot be done with what is selected.
    SomethingElse(String),
}

/// Whether an action can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Possible,
    /// The server has not said yet what is permitted.
    Asking,
    NotHere(String),
    ReadOnly,
    Forbidden(Permission),
}

/// By what it is decided whether an action can be taken.
#[derive(Clone, Copy)]
pub struct May<'a> {
    /// Else nothing is changed at all.
    pub writes: bool,
    pub rights: &'a Rights,
    /// Whose rules the rights are.
    pub namespace: Option<&'a Namespace>,
}

impl Menu {
    pub fn new(title: String, namespace: Option<Namespace>, items: Vec<Item>) -> Self {
        Self {
            title,
            namespace,
            list: List::whole((0..items.len()).collect()),
            items,
        }
    }

    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(*self.list.selected()?)
    }

    /// The item that this key would take without the menu; enter takes the chosen one.
    pub fn by_key(&self, key: Key) -> Option<&Item> {
        if key.code == Code::Enter {
            return None;
        }
        self.items.iter().find(|item| item.keys.contains(&key))
    }
}

impl Item {
    pub fn standing(&self, may: May<'_>) -> Standing {
        let permissions = match &self.needs {
            Needs::Nothing => return Standing::Possible,
            Needs::SomethingElse(why) => return Standing::NotHere(why.clone()),
            Needs::ToChange(_) if !may.writes => return Standing::ReadOnly,
            Needs::ToChange(permissions) | Needs::ToRead(permissions) => permissions,
        };
        let mut asking = false;
        for permission in permissions {
            // Rules are those of one namespace; of others nothing is known before it is tried.
            if permission.namespace.as_ref() != may.namespace {
                continue;
            }
            match may.rights.allow(permission) {
                Some(true) => {}
                Some(false) => return Standing::Forbidden(permission.clone()),
                None => asking |= may.namespace.is_some_and(|here| may.rights.awaits(here)),
            }
        }
        if asking {
            Standing::Asking
        } else {
            Standing::Possible
        }
    }
}
