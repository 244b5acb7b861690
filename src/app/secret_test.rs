//! Test of a pull secret: the registry probes that check each of its entries.
//!
//! Pure: it names the questions; asking them, and keeping the answers, is the same as for a Pod.

use std::{collections::BTreeSet, sync::Arc};

use super::probe_cache::ProbeQuery;
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Secret, SecretContent},
    },
    registry_auth::{docker_config::DockerConfigSummary, image_ref::ImageRef, keyring::Keyring},
    store::Store,
};

/// One entry of the Secret and the questions that try it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryCheck {
    pub server: Arc<str>,
    /// None where nothing that lists the Secret pulls an image that the entry is for.
    pub queries: Vec<ProbeQuery>,
}

/// The trials of a Secret's entries, in their order; none where the kubelet cannot read it.
pub fn entry_checks(store: &Store, secret: &Secret) -> Vec<EntryCheck> {
    let SecretContent::Read(summary) = &secret.content else {
        return Vec::new();
    };
    let mut trials: Vec<EntryCheck> = summary
        .usable_entries()
        .unwrap_or_default()
        .iter()
        .map(|entry| EntryCheck {
            server: Arc::clone(&entry.server),
            queries: Vec::new(),
        })
        .collect();
    let keyring = keyring(summary);
    for image in images(store, secret) {
        // The kubelet goes on to the next entry only when this one is refused, and so does the question.
        let first = keyring.candidates(&image).first().map(|tried| *tried.entry);
        if let Some(trial) = first.and_then(|at| trials.get_mut(at)) {
            trial.queries.push(ProbeQuery::for_secret(secret, image));
        }
    }
    trials
}

fn keyring(summary: &DockerConfigSummary) -> Keyring<usize> {
    let mut keyring = Keyring::default();
    for (at, entry) in summary.entries.iter().enumerate() {
        keyring.add(&entry.server, at);
    }
    keyring
}

/// The images of the Pods that list the Secret, and of the workloads whose next Pods will.
fn images(store: &Store, secret: &Secret) -> BTreeSet<ImageRef> {
    let key = &secret.key;
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    for name in store.pods_of_secret(key) {
        let pod = ObjectRef::new(key.namespace.clone(), name.clone());
        if let Some(pod) = store.pod(&pod) {
            texts.extend(pod.containers.iter().map(|it| &*it.image));
        }
    }
    let accounts: BTreeSet<_> = store.accounts_of_secret(key).collect();
    let tops = store.workloads().filter(|it| it.meta.owner.is_none());
    for workload in tops.filter(|it| it.id.key.namespace == key.namespace) {
        let lists = if workload.pull_secrets.is_empty() {
            accounts.contains(&workload.service_account)
        } else {
            workload.pull_secrets.contains(&key.name)
        };
        if lists {
            texts.extend(workload.images.iter().map(|(_, image)| &**image));
        }
    }
    texts
        .into_iter()
        .filter_map(|text| ImageRef::parse(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{account, key, now, pod, secret, upserted, waiting, workload},
        k8s::objects::{SecretType, WorkloadKind},
        store::{update::StoreUpdate, watch::SecretWatch},
    };

    #[test]
    fn each_entry_is_tried_with_the_images_that_are_pulled_with_it() {
        let entries = [
            ("registry.example", "bot"),
            ("registry.example/team", "ci"),
            ("ghcr.io", "me"),
        ];
        let regcred = secret("shop", "regcred", SecretType::DockerConfigJson, &entries);
        let mut store = Store::default();
        let mut one = pod("shop", "one", waiting("ErrImagePull", "no"));
        one.pull_secrets = Arc::from([regcred.key.name.clone()]);
        one.containers[0].image = "registry.example/team/app:1".into();
        let mut stranger = one.clone();
        stranger.key = key("pay", "two");
        stranger.containers[0].image = "registry.example/pay:1".into();
        store.apply(StoreUpdate::Pods(upserted(vec![one, stranger])), now());
        let mut web = workload(WorkloadKind::Deployment, "shop", "web", None);
        web.images = Arc::from([
            ("app".into(), "registry.example/web:2".into()),
            ("proxy".into(), "elsewhere.example/proxy:2".into()),
        ]);
        web.service_account = crate::domain::k8s::object_ref::Name::new("runner");
        let kind = WorkloadKind::Deployment;
        store.apply(StoreUpdate::Workloads(kind, upserted(vec![web])), now());
        let runner = account("shop", "runner", &["regcred"]);
        store.apply(StoreUpdate::ServiceAccounts(upserted(vec![runner])), now());
        let slice = SecretWatch::DockerConfigJson;
        store.apply(
            StoreUpdate::Secrets(slice, upserted(vec![regcred.clone()])),
            now(),
        );

        let found: Vec<(String, Vec<String>)> = entry_checks(&store, &regcred)
            .into_iter()
            .map(|trial| {
                let questions = trial.queries.iter();
                let images = questions.map(|it| it.image.to_string()).collect();
                (trial.server.to_string(), images)
            })
            .collect();
        let tried = |server: &str, images: &[&str]| {
            let images = images.iter().map(ToString::to_string).collect();
            (server.to_owned(), images)
        };
        assert_eq!(
            found,
            [
                tried("registry.example", &["registry.example/web:2"]),
                tried("registry.example/team", &["registry.example/team/app:1"]),
                tried("ghcr.io", &[]),
            ]
        );
    }

    #[test]
    fn what_the_kubelet_does_not_read_is_not_tried() {
        let opaque = secret("shop", "s", SecretType::Other(None), &[]);
        assert_eq!(entry_checks(&Store::default(), &opaque), []);
    }
}
