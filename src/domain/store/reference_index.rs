//! Reverse indexes: Secret → ServiceAccounts and Pods, ServiceAccount → Pods, credential → Secrets.
//!
//! A use is by name: a Secret that does not exist has users too, and their pulls may fail.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret, ServiceAccount},
    },
    registry_auth::credential::Fingerprint,
};

#[derive(Default)]
pub(super) struct ReferenceIndex {
    pods_of_account: HashMap<ObjectRef<ServiceAccount>, BTreeSet<Name<Pod>>>,
    pods_of_secret: HashMap<ObjectRef<Secret>, BTreeSet<Name<Pod>>>,
    accounts_of_secret: HashMap<ObjectRef<Secret>, BTreeSet<Name<ServiceAccount>>>,
    /// By the uid of the controlling owner.
    pods_of_owner: HashMap<Arc<str>, BTreeSet<ObjectRef<Pod>>>,
    secrets_with: HashMap<Fingerprint, BTreeSet<ObjectRef<Secret>>>,
}

impl ReferenceIndex {
    pub(super) fn pods_of_account(
        &self,
        key: &ObjectRef<ServiceAccount>,
    ) -> Option<&BTreeSet<Name<Pod>>> {
        self.pods_of_account.get(key)
    }

    pub(super) fn pods_of_secret(&self, key: &ObjectRef<Secret>) -> Option<&BTreeSet<Name<Pod>>> {
        self.pods_of_secret.get(key)
    }

    pub(super) fn accounts_of_secret(
        &self,
        key: &ObjectRef<Secret>,
    ) -> Option<&BTreeSet<Name<ServiceAccount>>> {
        self.accounts_of_secret.get(key)
    }

    pub(super) fn pods_of_owner(&self, uid: &str) -> Option<&BTreeSet<ObjectRef<Pod>>> {
        self.pods_of_owner.get(uid)
    }

    pub(super) fn secrets_with(
        &self,
        credential: Fingerprint,
    ) -> Option<&BTreeSet<ObjectRef<Secret>>> {
        self.secrets_with.get(&credential)
    }

    /// Replaces the uses of one Pod; whether there are others now.
    pub(super) fn pod(&mut self, before: Option<&Pod>, after: Option<&Pod>) -> bool {
        let same = before.zip(after).is_some_and(|(before, after)| {
            before.service_account == after.service_account
                && before.pull_secrets == after.pull_secrets
                && before.meta.owner == after.meta.owner
        });
        if same {
            return false;
        }
        if let Some(pod) = before {
            let name = &pod.key.name;
            remove(&mut self.pods_of_account, &account_of(pod), name);
            for secret in secrets_of(pod) {
                remove(&mut self.pods_of_secret, &secret, name);
            }
            if let Some(owner) = &pod.meta.owner {
                remove(&mut self.pods_of_owner, &owner.uid, &pod.key);
            }
        }
        if let Some(pod) = after {
            let name = &pod.key.name;
            self.pods_of_account
                .entry(account_of(pod))
                .or_default()
                .insert(name.clone());
            for secret in secrets_of(pod) {
                self.pods_of_secret
                    .entry(secret)
                    .or_default()
                    .insert(name.clone());
            }
            if let Some(owner) = &pod.meta.owner {
                self.pods_of_owner
                    .entry(Arc::clone(&owner.uid))
                    .or_default()
                    .insert(pod.key.clone());
            }
        }
        true
    }

    /// Replaces the credentials of one Secret.
    pub(super) fn secret(&mut self, before: Option<&Secret>, after: Option<&Secret>) {
        for (secret, credential) in before.into_iter().flat_map(credentials_of) {
            remove(&mut self.secrets_with, &credential, &secret.key);
        }
        for (secret, credential) in after.into_iter().flat_map(credentials_of) {
            self.secrets_with
                .entry(credential)
                .or_default()
                .insert(secret.key.clone());
        }
    }

    /// Replaces the uses of one ServiceAccount.
    pub(super) fn account(
        &mut self,
        before: Option<&ServiceAccount>,
        after: Option<&ServiceAccount>,
    ) {
        if let Some(account) = before {
            for secret in listed_by(account) {
                remove(&mut self.accounts_of_secret, &secret, &account.key.name);
            }
        }
        if let Some(account) = after {
            for secret in listed_by(account) {
                self.accounts_of_secret
                    .entry(secret)
                    .or_default()
                    .insert(account.key.name.clone());
            }
        }
    }
}

fn account_of(pod: &Pod) -> ObjectRef<ServiceAccount> {
    ObjectRef::new(pod.key.namespace.clone(), pod.service_account.clone())
}

fn secrets_of(pod: &Pod) -> impl Iterator<Item = ObjectRef<Secret>> {
    pod.pull_secrets
        .iter()
        .map(|name| ObjectRef::new(pod.key.namespace.clone(), name.clone()))
}

fn credentials_of(secret: &Secret) -> impl Iterator<Item = (&Secret, Fingerprint)> {
    secret
        .entries()
        .iter()
        .filter_map(move |entry| Some((secret, entry.fingerprint?)))
}

fn listed_by(account: &ServiceAccount) -> impl Iterator<Item = ObjectRef<Secret>> {
    account
        .pull_secrets
        .iter()
        .map(|name| ObjectRef::new(account.key.namespace.clone(), name.clone()))
}

fn remove<K: std::hash::Hash + Eq, V: Ord>(
    index: &mut HashMap<K, BTreeSet<V>>,
    key: &K,
    value: &V,
) {
    if let Some(values) = index.get_mut(key) {
        values.remove(value);
        if values.is_empty() {
            index.remove(key);
        }
    }
}
