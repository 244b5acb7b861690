//! Builds form specifications from the store.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    CredentialUsage,
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
    /// Where the credentials of a Secret are; `None` when it holds none.
    pub fn for_rotation(world: &Store, secret: &ObjectRef<Secret>) -> Option<Self> {
        let spreads = CredentialUsage::for_secret(world, secret);
        (!spreads.is_empty()).then(|| Self::Rotate {
            secret: secret.clone(),
            spreads,
        })
    }

    /// Where a Secret can be copied to: namespaces that are not about to go.
    pub fn for_copy(world: &Store, from: &ObjectRef<Secret>) -> Option<Self> {
        let source = world.secret(from)?;
        let others = world
            .namespaces()
            .filter(|namespace| !namespace.terminating && namespace.name != from.namespace);
        let target = |namespace: &Namespace| CopyTarget {
            existing_servers: servers_in(world, namespace, &from.name),
            namespace: namespace.clone(),
        };
        Some(Self::Copy {
            brings: servers(source),
            targets: others.map(|namespace| target(&namespace.name)).collect(),
            from: from.clone(),
        })
    }

    /// Which ServiceAccounts of its namespace list a Secret.
    pub fn for_secret(world: &Store, secret: &ObjectRef<Secret>) -> Self {
        Self::Bind {
            accounts: account_pull_secrets(world, &secret.namespace),
            secret: secret.clone(),
        }
    }

    /// Which pull Secrets of its namespace a ServiceAccount lists.
    pub fn for_account(world: &Store, account: &ObjectRef<ServiceAccount>) -> Option<Self> {
        let listing = listing(world, world.account(account)?);
        let scope = Scope::Namespace(account.namespace.clone());
        let pull = world
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

    /// Which ServiceAccount a workload runs as.
    pub fn for_workload(world: &Store, workload: &Workload) -> Self {
        let scope = Scope::Namespace(workload.id.key.namespace.clone());
        let accounts = world.accounts(&scope);
        Self::RunAs {
            workload: workload.id.clone(),
            before: workload.service_account.clone(),
            accounts: accounts.map(|account| account.key.name.clone()).collect(),
        }
    }

    /// What depends on a Secret.
    pub fn for_secret_deletion(world: &Store, secret: &ObjectRef<Secret>) -> Self {
        let listed = |listing: &AccountPullSecrets| listing.list.contains(&secret.name);
        Self::DeleteSecret {
            accounts: account_pull_secrets(world, &secret.namespace)
                .into_iter()
                .filter(listed)
                .collect(),
            pods: world.pods_of_secret(secret).len(),
            secret: secret.clone(),
        }
    }

    /// What depends on a ServiceAccount.
    pub fn for_account_deletion(
        world: &Store,
        account: &ObjectRef<ServiceAccount>,
    ) -> Option<Self> {
        let found = world.account(account)?;
        Some(Self::DeleteAccount {
            pods: world.pods_of_account(account).len(),
            workloads: listing(world, found).workloads,
            account: account.clone(),
        })
    }
}

fn account_pull_secrets(world: &Store, namespace: &Namespace) -> Vec<AccountPullSecrets> {
    let scope = Scope::Namespace(namespace.clone());
    world
        .accounts(&scope)
        .map(|account| listing(world, account))
        .collect()
}

fn listing(world: &Store, account: &ServiceAccount) -> AccountPullSecrets {
    let names = world.pods_of_account(&account.key);
    let keys = names.map(|name| ObjectRef::new(account.key.namespace.clone(), name.clone()));
    let pods: Vec<Arc<Pod>> = keys
        .filter_map(|key: ObjectRef<Pod>| world.pod(&key).cloned())
        .collect();
    let of = |pods: &mut dyn Iterator<Item = &Arc<Pod>>| -> Vec<WorkloadRef> {
        let owners: BTreeSet<WorkloadRef> = pods
            .filter_map(|pod| Some(world.workload_of(pod)?.id.clone()))
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

/// The pull Secrets of a namespace that hold a credential for one of these images: for each image the one
/// that most Pods list.
pub fn secrets_matching(
    world: &Store,
    namespace: &Namespace,
    images: &[ImageRef],
) -> Vec<Name<Secret>> {
    let here = Scope::Namespace(namespace.clone());
    let mut found: Vec<Name<Secret>> = Vec::new();
    for image in images {
        let fitting = world
            .secrets(&here)
            .filter(|secret| has_matching_credential(secret, image));
        let most_used = fitting.max_by_key(|secret| world.pods_of_secret(&secret.key).len());
        let name = most_used.map(|secret| secret.key.name.clone());
        found.extend(name.filter(|name| !found.contains(name)));
    }
    found
}

/// The servers of the entries of a Secret.
pub fn servers(secret: &Secret) -> Vec<Arc<str>> {
    let entries = secret.entries().iter();
    entries.map(|entry| Arc::clone(&entry.server)).collect()
}

/// The servers of the Secret of this name in a namespace, if there is one.
pub fn servers_in(
    world: &Store,
    namespace: &Namespace,
    name: &Name<Secret>,
) -> Option<Vec<Arc<str>>> {
    let key = ObjectRef::new(namespace.clone(), name.clone());
    world.secret(&key).map(|secret| servers(secret))
}
