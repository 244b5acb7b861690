//! State that earlier changes of a plan leave for later ones.
//!
//! The lines, the command and the manifest of a change of a list have the whole list: without this the second
//! change of a list would undo the first.

use std::collections::{BTreeMap, BTreeSet};

use super::Restartable;
use crate::domain::k8s::{
    object_ref::{Name, ObjectRef},
    objects::{AnyObjectRef, Secret, ServiceAccount},
};

type Names = Vec<Name<Secret>>;

/// What the changes of a plan have made so far.
#[derive(Default)]
pub(in crate::domain::plan) struct Earlier {
    accounts: BTreeMap<ObjectRef<ServiceAccount>, Names>,
    templates: BTreeMap<Restartable, Names>,
    secrets: BTreeSet<ObjectRef<Secret>>,
    /// Objects that were deleted, and are created again.
    recreated: BTreeSet<AnyObjectRef>,
}

impl Earlier {
    /// Changes the list of a ServiceAccount; sets `current` to the list left by earlier changes.
    pub(super) fn change_account(
        &mut self,
        account: &ObjectRef<ServiceAccount>,
        current: &mut Names,
        change: impl FnOnce(&Names) -> Names,
    ) {
        let list = self.accounts.entry(account.clone());
        current.clone_from(list.or_insert_with(|| current.clone()));
        self.accounts.insert(account.clone(), change(current));
    }

    /// Whether an earlier change changes the list of this ServiceAccount, or creates it.
    pub(super) fn has_listed(&self, account: &ObjectRef<ServiceAccount>) -> bool {
        self.accounts.contains_key(account)
    }

    /// Records a ServiceAccount created with this list.
    pub(super) fn create_account(&mut self, account: &ObjectRef<ServiceAccount>, list: &Names) {
        self.accounts.insert(account.clone(), list.clone());
    }

    /// Changes the list of a Pod template; sets `current` to the list left by earlier changes.
    pub(super) fn change_template(
        &mut self,
        workload: &Restartable,
        current: &mut Names,
        change: impl FnOnce(&Names) -> Names,
    ) {
        let list = self.templates.entry(workload.clone());
        current.clone_from(list.or_insert_with(|| current.clone()));
        self.templates.insert(workload.clone(), change(current));
    }

    /// Records an object created again with another uid.
    pub(super) fn recreate(&mut self, object: AnyObjectRef) {
        self.recreated.insert(object);
    }

    /// Whether an earlier change creates the object again.
    pub(super) fn is_recreated(&self, object: &AnyObjectRef) -> bool {
        self.recreated.contains(object)
    }

    /// Whether an earlier change writes this Secret.
    pub(super) fn has_written(&self, key: &ObjectRef<Secret>) -> bool {
        self.secrets.contains(key)
    }

    /// Records a write of a Secret; returns whether it is the first.
    pub(super) fn write_secret(&mut self, key: &ObjectRef<Secret>) -> bool {
        self.secrets.insert(key.clone())
    }
}
