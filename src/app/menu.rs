//! The action menu: every action for the selection with its key, and the reason where it is not available.
//!
//! It offers what the table of keys offers and adds nothing of its own, so that it teaches the keys.

use super::{
    action::Action,
    key::{Code, Key},
    list::List,
    rbac_cache::RbacCache,
};
use crate::domain::{k8s::object_ref::Namespace, rbac::Permission};

#[derive(Debug)]
pub struct Menu {
    /// What it is about, for the title.
    pub title: String,
    /// The namespace of the rules that decide what is permitted.
    pub namespace: Option<Namespace>,
    pub items: Vec<MenuItem>,
    /// The chosen one, by its place.
    pub list: List<usize>,
}

#[derive(Debug)]
pub struct MenuItem {
    pub keys: Vec<Key>,
    pub action: Action,
    pub help: String,
    pub requirement: ActionRequirement,
}

/// What an action requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionRequirement {
    /// It only shows something, or copies it.
    Nothing,
    /// It changes something in the cluster, with these permissions.
    ToChange(Vec<Permission>),
    /// It asks the cluster for more than is watched.
    ToRead(Vec<Permission>),
    /// It cannot be done with what is selected.
    NotApplicable(String),
}

/// Availability of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    Available,
    /// The server has not said yet what is permitted.
    Loading,
    NotApplicable(String),
    ReadOnly,
    Forbidden(Permission),
}

/// Inputs that decide whether an action is available.
#[derive(Clone, Copy)]
pub struct PermissionContext<'a> {
    /// Whether the program may change the cluster at all.
    pub can_write: bool,
    pub rbac: &'a RbacCache,
    /// The namespace of the rules.
    pub namespace: Option<&'a Namespace>,
}

impl Menu {
    pub fn new(title: String, namespace: Option<Namespace>, items: Vec<MenuItem>) -> Self {
        Self {
            title,
            namespace,
            list: List::unscrolled((0..items.len()).collect()),
            items,
        }
    }

    pub fn chosen(&self) -> Option<&MenuItem> {
        self.items.get(*self.list.selected()?)
    }

    /// The item that this key selects directly.
    pub fn by_key(&self, key: Key) -> Option<&MenuItem> {
        if key.code == Code::Enter {
            return None;
        }
        self.items.iter().find(|item| item.keys.contains(&key))
    }
}

impl MenuItem {
    pub fn availability(&self, may: PermissionContext<'_>) -> Availability {
        let permissions = match &self.requirement {
            ActionRequirement::Nothing => return Availability::Available,
            ActionRequirement::NotApplicable(why) => {
                return Availability::NotApplicable(why.clone());
            }
            ActionRequirement::ToChange(_) if !may.can_write => return Availability::ReadOnly,
            ActionRequirement::ToChange(permissions) | ActionRequirement::ToRead(permissions) => {
                permissions
            }
        };
        let mut asking = false;
        for permission in permissions {
            // Rules are those of one namespace; of others nothing is known before it is tried.
            if permission.namespace.as_ref() != may.namespace {
                continue;
            }
            match may.rbac.is_allowed(permission) {
                Some(true) => {}
                Some(false) => return Availability::Forbidden(permission.clone()),
                None => asking |= may.namespace.is_some_and(|here| may.rbac.is_pending(here)),
            }
        }
        if asking {
            Availability::Loading
        } else {
            Availability::Available
        }
    }
}
