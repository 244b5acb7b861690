//! Builds form specifications from the store.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    CredentialUsage, Reach,
    form_spec::{AccountPullSecrets, CopyTarget, FormSpec},
};
use crate::domain::{
    context::has_matching_credential,
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Pod, Secret, ServiceAccount, Workload, WorkloadRef},
        pod_status::{PodHealth, pod_status},
    },
    registry_auth::image_ref::ImageRef,
    store::{Store, watch::Scope},
};

impl FormSpec {
    /// Form for rotating a Secret's credential; `None` without one.
    pub fn for_rotation(store: &Store, secret: &ObjectRef<Secret>) -> Option<Self> {
        let spreads = CredentialUsage::for_secret(store, secret);
        (!spreads.is_empty()).then(|| Self::Rotate {
            secret: secret.clone(),
            spreads,
            reach: Reach::All,
        })
    }

    /// Form for copying a Secret, to namespaces that are not terminating.
    pub fn for_copy(store: &Store, from: &ObjectRef<Secret>) -> Option<Self> {
        let source = store.secret(from)?;
        let others = store
            .namespaces()
            .filter(|namespace| !namespace.terminating && namespace.name != from.namespace);
        let target = |namespace: &Namespace| CopyTarget {
            existing_servers: servers_in(store, namespace, &from.name),
            namespace: namespace.clone(),
        };
        Some(Self::Copy {
            brings: servers(source),
            targets: others.map(|namespace| target(&namespace.name)).collect(),
            from: from.clone(),
        })
    }

    /// Form for the ServiceAccounts that list a Secret.
    pub fn for_secret(store: &Store, secret: &ObjectRef<Secret>) -> Self {
        Self::Bind {
            accounts: account_pull_secrets(store, &secret.namespace),
            secret: secret.clone(),
        }
    }

    /// Form for the pull secrets that a ServiceAccount lists.
    pub fn for_account(store: &Store, account: &ObjectRef<ServiceAccount>) -> Option<Self> {
        let listing = listing(store, store.account(account)?);
        let scope = Scope::Namespace(account.namespace.clone());
        let pull = store
            .secrets(&scope)
            .filter(|secret| secret.secret_type.is_pull_secret());
        let mut secrets: Vec<Name<Secret>> = pull.map(|secret| secret.key.name.clone()).collect();
        // What is listed and does not exist can be taken off too.
        secrets.extend(
            listing
                .list
                .iter()
                .filter(|name| !secrets.contains(name))
                .cloned()
                .collect::<Vec<_>>(),
        );
        Some(Self::List {
            account: account.clone(),
            listing,
            secrets,
        })
    }

    /// Form for the ServiceAccount of a workload.
    pub fn for_workload(store: &Store, workload: &Workload) -> Self {
        let scope = Scope::Namespace(workload.id.key.namespace.clone());
        let accounts = store.accounts(&scope);
        Self::RunAs {
            workload: workload.id.clone(),
            before: workload.service_account.clone(),
            accounts: accounts.map(|account| account.key.name.clone()).collect(),
        }
    }

    /// Form for deleting a Secret, with what depends on it.
    pub fn for_secret_deletion(store: &Store, secret: &ObjectRef<Secret>) -> Self {
        let listed = |listing: &AccountPullSecrets| listing.list.contains(&secret.name);
        Self::DeleteSecret {
            accounts: account_pull_secrets(store, &secret.namespace)
                .into_iter()
                .filter(listed)
                .collect(),
            pods: store.pods_of_secret(secret).len(),
            secret: secret.clone(),
        }
    }

    /// Form for deleting a ServiceAccount, with what depends on it.
    pub fn for_account_deletion(
        store: &Store,
        account: &ObjectRef<ServiceAccount>,
    ) -> Option<Self> {
        let found = store.account(account)?;
        Some(Self::DeleteAccount {
            pods: store.pods_of_account(account).len(),
            workloads: listing(store, found).workloads,
            account: account.clone(),
        })
    }
}

fn account_pull_secrets(store: &Store, namespace: &Namespace) -> Vec<AccountPullSecrets> {
    let scope = Scope::Namespace(namespace.clone());
    store
        .accounts(&scope)
        .map(|account| listing(store, account))
        .collect()
}

fn listing(store: &Store, account: &ServiceAccount) -> AccountPullSecrets {
    let names = store.pods_of_account(&account.key);
    let keys = names.map(|name| ObjectRef::new(account.key.namespace.clone(), name.clone()));
    let pods: Vec<Arc<Pod>> = keys
        .filter_map(|key: ObjectRef<Pod>| store.pod(&key).cloned())
        .collect();
    let of = |pods: &mut dyn Iterator<Item = &Arc<Pod>>| -> Vec<WorkloadRef> {
        let owners: BTreeSet<WorkloadRef> = pods
            .filter_map(|pod| Some(store.workload_of(pod)?.id.clone()))
            .collect();
        owners.into_iter().collect()
    };
    let waits = |pod: &&Arc<Pod>| pod_status(pod).health == PodHealth::PullFailing;
    AccountPullSecrets {
        account: account.key.name.clone(),
        list: account.pull_secrets.to_vec(),
        workloads: of(&mut pods.iter()),
        waiting: of(&mut pods.iter().filter(waits)),
    }
}

/// The pull secrets of a namespace with a credential for one of these images: per image, the one listed by most Pods.
pub fn secrets_matching(
    store: &Store,
    namespace: &Namespace,
    images: &[ImageRef],
) -> Vec<Name<Secret>> {
    let here = Scope::Namespace(namespace.clone());
    let mut found: Vec<Name<Secret>> = Vec::new();
    for image in images {
        let fitting = store
            .secrets(&here)
            .filter(|secret| has_matching_credential(secret, image));
        let most_used = fitting.max_by_key(|secret| store.pods_of_secret(&secret.key).len());
        let name = most_used.map(|secret| secret.key.name.clone());
        found.extend(name.filter(|name| !found.contains(name)));
    }
    found
}

/// Servers of a Secret's entries.
pub fn servers(secret: &Secret) -> Vec<Arc<str>> {
    let entries = secret.entries().iter();
    entries.map(|entry| Arc::clone(&entry.server)).collect()
}

/// Servers of the Secret with this name in a namespace, if it exists.
pub fn servers_in(
    store: &Store,
    namespace: &Namespace,
    name: &Name<Secret>,
) -> Option<Vec<Arc<str>>> {
    let key = ObjectRef::new(namespace.clone(), name.clone());
    store.secret(&key).map(|secret| servers(secret))
}
