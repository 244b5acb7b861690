//! Finds all uses of a credential: the Secrets that contain it and the Pods that pull with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{AuthEdit, Change, Credentials, OnFailure, Plan, replace_pods::MAX_DELETED_PODS};
use crate::domain::{
    diagnostics::PodOwner,
    k8s::{
        object_ref::ObjectRef,
        objects::{Pod, Secret},
        pod_status::{PodHealth, pod_status},
    },
    plural::pluralize,
    registry_auth::{
        credential::Fingerprint, docker_config::AuthSummary, image_ref::ImageRef,
        keyring::key_matches, registries::registry_of,
    },
    store::Store,
};

/// A Secret with the credential for one registry, and the keys of `auths` that hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUsage {
    pub secret: ObjectRef<Secret>,
    pub servers: Vec<Arc<str>>,
    /// The registry of these keys.
    pub registry: Arc<str>,
    /// Whether that is the registry of the credential that is rotated. The same name and password at
    /// another registry are another account: that is changed only where it is asked for.
    pub is_same_registry: bool,
    pub pods: usize,
    /// The server refuses to change it.
    pub immutable: bool,
}

/// A credential at one registry and all its known uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialUsage {
    pub fingerprint: Fingerprint,
    pub username: String,
    /// The first key that it stands under.
    pub server: Arc<str>,
    pub holders: Vec<SecretUsage>,
    /// An image that is pulled with it: what a registry can be asked about.
    pub image: Option<ImageRef>,
    /// Pods that run: the kubelet reads a Secret when it pulls, so they need nothing.
    pub running: usize,
    /// Pods that wait for an image.
    pub waiting: Vec<WaitingPod>,
}

/// A Pod that waits for an image, with the Secrets that give it the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPod {
    pub pod: ObjectRef<Pod>,
    pub secrets: BTreeSet<ObjectRef<Secret>>,
    /// Whether its controller creates it again when it is deleted. Without one, or as a Pod of a Job, it is not
    /// deleted: the kubelet tries again.
    pub is_recreated: bool,
}

/// An entry of a Secret, as in a finding.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    pub secret: &'a ObjectRef<Secret>,
    /// Its key in `auths`, or the registry that it is for.
    pub server: &'a str,
    /// Empty where it is not known.
    pub username: &'a str,
}

impl EntryRef<'_> {
    /// The entry with this key; else the one of this user for the same registry, if there is no other.
    fn find<'s>(&self, secret: &'s Secret) -> Option<&'s AuthSummary> {
        let is_user = |entry: &&AuthSummary| {
            self.username.is_empty() || entry.username.as_deref() == Some(self.username)
        };
        let entries = secret.entries();
        let exact = entries.iter().find(|entry| *entry.server == *self.server);
        exact.filter(is_user).or_else(|| {
            let registry = registry_of(self.server);
            let of_registry = entries.iter().filter(is_user);
            let mut found = of_registry.filter(|entry| registry_of(&entry.server) == registry);
            let first = found.next()?;
            found
                .all(|other| other.fingerprint == first.fingerprint)
                .then_some(first)
        })
    }
}

impl SecretUsage {
    /// Label in a list of holders; a Secret may hold the credential for two registries.
    pub fn label(&self) -> String {
        if self.is_same_registry {
            self.secret.to_string()
        } else {
            format!("{} at {}", self.secret, self.registry)
        }
    }

    /// Whether an image of this Pod, which lists the Secret, is pulled with the credential.
    fn is_used_by(&self, pod: &Pod) -> bool {
        let of_containers = pod.containers.iter().map(|container| &container.image);
        let of_volumes = pod.image_volumes.iter().map(|volume| &volume.image);
        let images = of_containers.chain(of_volumes);
        let mut images = images.filter_map(|image| ImageRef::parse(image).ok());
        images.any(|image| {
            let mut servers = self.servers.iter();
            servers.any(|server| key_matches(server, &image))
        })
    }
}

/// Pods by name, with the Secrets that give them a credential.
type PodsWithSecrets<'s> = BTreeMap<ObjectRef<Pod>, (&'s Arc<Pod>, BTreeSet<ObjectRef<Secret>>)>;

impl CredentialUsage {
    /// The credentials of a Secret, each with all its uses.
    pub fn for_secret(store: &Store, key: &ObjectRef<Secret>) -> Vec<Self> {
        let Some(secret) = store.secret(key) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let entries = secret.entries().iter();
        entries
            .filter_map(|entry| Some((entry, entry.fingerprint?)))
            .filter(|(entry, fingerprint)| seen.insert((*fingerprint, registry_of(&entry.server))))
            .map(|(entry, fingerprint)| Self::new(store, entry, fingerprint, key))
            .collect()
    }

    /// The credential of one entry with all its uses; `None` without such an entry.
    pub fn of_entry(store: &Store, entry: EntryRef<'_>) -> Option<Self> {
        let found = entry.find(store.secret(entry.secret)?)?;
        Some(Self::new(store, found, found.fingerprint?, entry.secret))
    }

    /// The Secrets that hold it for the same registry.
    pub fn carriers(&self) -> BTreeSet<&ObjectRef<Secret>> {
        let holders = self.holders.iter();
        holders
            .filter(|holder| holder.is_same_registry)
            .map(|holder| &holder.secret)
            .collect()
    }

    /// Where this credential is; the Secret that it was found in comes first, and other registries last.
    fn new(
        store: &Store,
        entry: &AuthSummary,
        fingerprint: Fingerprint,
        first: &ObjectRef<Secret>,
    ) -> Self {
        let mut holders = secrets_with_credential(store, fingerprint, registry_of(&entry.server));
        holders.sort_by_key(|holder| {
            let is_first = holder.secret == *first;
            (!holder.is_same_registry, !is_first, holder.label())
        });
        let mut spread = Self {
            fingerprint,
            username: entry.username.as_deref().unwrap_or_default().to_owned(),
            server: Arc::clone(&entry.server),
            image: None,
            running: 0,
            waiting: Vec::new(),
            holders,
        };
        spread.add_pods(store);
        spread
    }

    fn add_pods(&mut self, store: &Store) {
        let pods = self.pods(store);
        let all = || pods.values().map(|(pod, _)| *pod);
        let waits = |pod: &Pod| pod_status(pod).health == PodHealth::PullFailing;
        // The image of a Pod that waits is the better question.
        let by_need = all().filter(|pod| waits(pod)).chain(all());
        self.image = by_need
            .flat_map(|pod| pod.containers.iter())
            .filter_map(|container| ImageRef::parse(&container.image).ok())
            .find(|image| key_matches(&self.server, image));
        for (pod, secrets) in pods.into_values() {
            if !waits(pod) {
                self.running += 1;
                continue;
            }
            let top = store.workload_of(pod).map(AsRef::as_ref);
            let owner = PodOwner::from_owner(&pod.key.namespace, pod.meta.owner.as_deref(), top);
            self.waiting.push(WaitingPod {
                pod: pod.key.clone(),
                secrets,
                is_recreated: owner.recreates_pods(),
            });
        }
    }

    /// The Pods that pull with the credential, each with the Secrets that it has it from.
    fn pods<'s>(&self, store: &'s Store) -> PodsWithSecrets<'s> {
        let mut pods = PodsWithSecrets::new();
        let here = self.holders.iter().filter(|holder| holder.is_same_registry);
        for holder in here {
            for name in store.pods_of_secret(&holder.secret) {
                let key = ObjectRef::new(holder.secret.namespace.clone(), name.clone());
                // A Pod that lists the Secret may pull from other registries only.
                if let Some(pod) = store.pod(&key).filter(|pod| holder.is_used_by(pod)) {
                    let (_, secrets) = pods.entry(key).or_insert((pod, BTreeSet::new()));
                    secrets.insert(holder.secret.clone());
                }
            }
        }
        pods
    }

    /// The plan that sets another login in the chosen holders, in all of them or in none.
    pub fn rotation_plan(&self, chosen: &[String], login: &Credentials) -> Plan {
        let holders: Vec<&SecretUsage> = self
            .holders
            .iter()
            .filter(|holder| chosen.contains(&holder.label()))
            .collect();
        let edits = renewals(&holders, login);
        let (recreated, kept): (Vec<&WaitingPod>, Vec<_>) = self
            .pods_waiting_for(&holders)
            .partition(|waiting| waiting.is_recreated);
        let recreated = recreated.into_iter();
        let mut retried: Vec<Change> = recreated
            .map(|waiting| Change::delete_pod(waiting.pod.clone()))
            .collect();
        let late = retried.len().saturating_sub(MAX_DELETED_PODS);
        retried.truncate(MAX_DELETED_PODS);
        let mut notes = self.other_registries(&holders);
        notes.extend(self.notes(&holders, retried.len(), late, kept.len()));
        let title = format!(
            "Rotate credential of {} at {} in {}",
            login.username,
            self.registries(&holders),
            pluralize(edits.len(), "Secret", "Secrets")
        );
        let mut changes = edits;
        changes.extend(retried);
        Plan {
            notes,
            on_failure: OnFailure::TakeBack,
            ..Plan::new(title, changes)
        }
    }

    /// The Pods that wait for the new credential in one of the chosen Secrets. Those that have the old one from
    /// other Secrets would fail again.
    fn pods_waiting_for(&self, chosen: &[&SecretUsage]) -> impl Iterator<Item = &WaitingPod> {
        let here = chosen.iter().filter(|holder| holder.is_same_registry);
        let secrets: BTreeSet<ObjectRef<Secret>> =
            here.map(|holder| holder.secret.clone()).collect();
        let waiting = self.waiting.iter();
        waiting.filter(move |waiting| !waiting.secrets.is_disjoint(&secrets))
    }

    /// The registries whose credential is changed.
    fn registries(&self, chosen: &[&SecretUsage]) -> String {
        let mut names: Vec<&str> = vec![&self.server];
        for holder in chosen.iter().filter(|holder| !holder.is_same_registry) {
            if !names.contains(&&*holder.registry) {
                names.push(&holder.registry);
            }
        }
        names.join(", ")
    }

    /// What becomes of the same name and password at other registries.
    fn other_registries(&self, chosen: &[&SecretUsage]) -> Vec<String> {
        let others = self
            .holders
            .iter()
            .filter(|holder| !holder.is_same_registry);
        others
            .map(|holder| {
                let SecretUsage {
                    secret, registry, ..
                } = holder;
                if chosen.contains(&holder) {
                    format!("The new credential is not tested at {registry} (Secret {secret}).")
                } else {
                    format!("Secret {secret} keeps the same password for {registry}.")
                }
            })
            .collect()
    }

    /// Who needs what. Of the waiting Pods whose Secret is chosen so many are `retried`; others are `late`, and
    /// those that nothing creates again are `kept`.
    fn notes(
        &self,
        chosen: &[&SecretUsage],
        retried: usize,
        late: usize,
        kept: usize,
    ) -> Vec<String> {
        let here = self.holders.iter().filter(|holder| holder.is_same_registry);
        let left = here.filter(|holder| !chosen.contains(holder)).count();
        let mut notes = Vec::new();
        let mut note = |holds: bool, text: String| {
            if holds {
                notes.push(text);
            }
        };
        note(
            left > 0,
            format!(
                "{} the old credential.",
                pluralize(left, "Secret keeps", "Secrets keep")
            ),
        );
        note(
            self.running > 0,
            format!(
                "{} no restart: the kubelet reads the Secret at each pull.",
                pluralize(self.running, "running Pod needs", "running Pods need")
            ),
        );
        note(
            retried > 0,
            format!(
                "{} deleted to retry now.",
                pluralize(retried, "waiting Pod is", "waiting Pods are")
            ),
        );
        note(
            late > 0,
            format!(
                "{} within 5 minutes.",
                pluralize(late, "more waiting Pod retries", "more waiting Pods retry")
            ),
        );
        note(
            kept > 0,
            format!(
                "{} within 5 minutes.",
                pluralize(
                    kept,
                    "waiting Pod is not deleted; the kubelet retries",
                    "waiting Pods are not deleted; the kubelet retries"
                )
            ),
        );
        notes
    }
}

/// One change for each Secret, with all its chosen entries.
fn renewals(holders: &[&SecretUsage], login: &Credentials) -> Vec<Change> {
    let mut edits: Vec<(&ObjectRef<Secret>, Vec<String>)> = Vec::new();
    for holder in holders {
        let servers = holder.servers.iter().map(ToString::to_string);
        match edits
            .iter_mut()
            .find(|(secret, _)| **secret == holder.secret)
        {
            Some((_, all)) => all.extend(servers),
            None => edits.push((&holder.secret, servers.collect())),
        }
    }
    let renew = |(secret, servers): (&ObjectRef<Secret>, Vec<String>)| {
        let login = login.clone();
        Change::edit_secret(
            secret.clone(),
            AuthEdit::ReplaceCredentials { servers, login },
        )
    };
    edits.into_iter().map(renew).collect()
}

/// All Secrets that carry a credential, in all namespaces that may be seen; once for each registry.
fn secrets_with_credential(
    store: &Store,
    fingerprint: Fingerprint,
    registry: &str,
) -> Vec<SecretUsage> {
    let mut holders = Vec::new();
    for key in store.secrets_with(fingerprint) {
        let Some(secret) = store.secret(key) else {
            continue;
        };
        let mut servers: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
        let entries = secret.entries().iter();
        for entry in entries.filter(|entry| entry.fingerprint == Some(fingerprint)) {
            let of_registry = servers.entry(registry_of(&entry.server)).or_default();
            of_registry.push(Arc::clone(&entry.server));
        }
        holders.extend(servers.into_iter().map(|(name, servers)| SecretUsage {
            secret: key.clone(),
            servers,
            registry: name.into(),
            is_same_registry: name == registry,
            pods: store.pods_of_secret(key).len(),
            immutable: secret.immutable,
        }));
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{key, now, pod, sample_store, secret, upserted, waiting, with_passwords},
        k8s::{
            object_ref::Name,
            objects::{OwnerReference, SecretContent, SecretType},
        },
        plan::EditSecret,
        registry_auth::credential::{FingerprintKey, Password},
        store::{update::StoreUpdate, watch::SecretWatch},
    };

    fn login(password: &str) -> Credentials {
        Credentials {
            username: "shop-bot".to_owned(),
            password: Password::new(password),
        }
    }

    /// The company, with its refused credential in three Secrets of two namespaces.
    fn store() -> Store {
        let fingerprint = FingerprintKey::default().fingerprint("shop-bot", &Password::new("old"));
        let holder = |namespace: &str, name: &str, servers: &[&str]| {
            let entries: Vec<_> = servers.iter().map(|server| (*server, "shop-bot")).collect();
            let mut secret = secret(namespace, name, SecretType::DockerConfigJson, &entries);
            if let SecretContent::Read(summary) = &mut secret.content {
                let mut entries = summary.entries.to_vec();
                for entry in &mut entries {
                    entry.fingerprint = Some(fingerprint);
                }
                summary.entries = entries.into();
            }
            secret
        };
        let mut fixed = holder("pay", "fixed", &["registry.example"]);
        fixed.immutable = true;
        let mut store = sample_store();
        let secrets = vec![
            holder("shop", "regcred", &["registry.example"]),
            holder(
                "pay",
                "mirror",
                &["registry.example", "registry.example:5000"],
            ),
            fixed,
        ];
        store.apply(
            StoreUpdate::Secrets(SecretWatch::DockerConfigJson, upserted(secrets)),
            now(),
        );
        store
    }

    fn renewed(plan: &Plan, change: usize) -> Vec<String> {
        let Change::EditSecret(EditSecret {
            edit: AuthEdit::ReplaceCredentials { servers, .. },
            ..
        }) = &plan.changes[change]
        else {
            panic!("{:?}", plan.changes)
        };
        servers.clone()
    }

    #[test]
    fn a_credential_is_found_in_every_namespace_with_who_needs_what() {
        let store = store();
        let spreads = CredentialUsage::for_secret(&store, &key("shop", "regcred"));
        let [spread] = &spreads[..] else {
            panic!("{spreads:?}")
        };
        let names: Vec<String> = spread
            .holders
            .iter()
            .map(|h| h.secret.to_string())
            .collect();
        // The same password at another registry is another account: it is listed last, and told apart.
        assert_eq!(
            names,
            ["shop/regcred", "pay/fixed", "pay/mirror", "pay/mirror"]
        );
        let labels: Vec<String> = spread.holders.iter().map(SecretUsage::label).collect();
        assert_eq!(
            labels[2..],
            ["pay/mirror", "pay/mirror at registry.example:5000"]
        );
        let same: Vec<bool> = spread.holders.iter().map(|h| h.is_same_registry).collect();
        assert_eq!(same, [true, true, true, false]);
        assert_eq!(spread.carriers().len(), 3);
        assert!(spread.holders[1].immutable);
        let image = spread.image.as_ref().unwrap();
        assert_eq!(image.host(), "registry.example");
        let recreated = spread.waiting.iter().filter(|it| it.is_recreated);
        let waiting = recreated.count();
        assert!(waiting > 0 && spread.running > 0, "{spread:?}");

        let mut chosen = vec!["shop/regcred".to_owned(), "pay/mirror".to_owned()];
        let plan = spread.rotation_plan(&chosen, &login("new"));
        assert_eq!(renewed(&plan, 1), ["registry.example"], "not unasked");
        assert!(!plan.title.contains("5000"), "{}", plan.title);
        let kept = "Secret pay/mirror keeps the same password for registry.example:5000.";
        assert!(
            plan.notes.iter().any(|note| note == kept),
            "{:?}",
            plan.notes
        );

        chosen.push(labels[3].clone());
        let plan = spread.rotation_plan(&chosen, &login("canary-new"));
        assert_eq!(plan.on_failure, OnFailure::TakeBack);
        assert_eq!(plan.changes.len(), 2 + waiting);
        let both = ["registry.example", "registry.example:5000"];
        assert_eq!(renewed(&plan, 1), both, "one change for both entries");
        let title = "at registry.example, registry.example:5000 in 2 Secrets";
        assert!(plan.title.contains(title), "{}", plan.title);
        let said = plan.notes.join(" ");
        for part in [
            "1 Secret keeps the old credential",
            "no restart: the kubelet",
            "deleted to retry now",
            "not tested at registry.example:5000",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!format!("{plan:?} {:?}", plan.commands()).contains("canary"));
    }

    #[test]
    fn no_more_pods_are_said_to_be_made_again_than_are() {
        let store = store();
        let mut spread = CredentialUsage::for_secret(&store, &key("shop", "regcred")).remove(0);
        let of = |namespace: &str, number| WaitingPod {
            pod: key(namespace, &format!("web-{number}")),
            secrets: [key(namespace, "regcred")].into(),
            is_recreated: true,
        };
        spread.waiting = (0..25).map(|number| of("shop", number)).collect();
        spread.waiting.push(of("pay", 1));
        let plan = spread.rotation_plan(&["shop/regcred".to_owned()], &login("new"));
        assert_eq!(plan.changes.len(), 1 + MAX_DELETED_PODS);
        let said = plan.notes.join(" ");
        assert!(said.contains("20 waiting Pods are deleted"), "{said}");
        assert!(said.contains("5 more waiting Pods retry"), "{said}");
    }

    /// Two Secrets, each with a credential for another registry in front of the shared one.
    fn world_with_others_in_front() -> Store {
        let keys = FingerprintKey::default();
        let holder = |namespace: &str, first: &str| {
            let entries = [("other.example", "bob"), ("registry.example", "alice")];
            let secret = secret(namespace, "reg", SecretType::DockerConfigJson, &entries);
            with_passwords(&keys, secret, &[first, "wrong"])
        };
        let mut store = sample_store();
        let secrets = vec![holder("shop", "one"), holder("pay", "another")];
        let slice = SecretWatch::DockerConfigJson;
        store.apply(StoreUpdate::Secrets(slice, upserted(secrets)), now());
        store
    }

    #[test]
    fn the_credential_of_an_entry_is_that_entrys_wherever_it_stands_in_the_secret() {
        let store = world_with_others_in_front();
        let secret = key("shop", "reg");
        let of = |server, username| {
            let entry = EntryRef {
                secret: &secret,
                server,
                username,
            };
            CredentialUsage::of_entry(&store, entry)
        };
        // By the key of the entry, by its registry alone, and by its registry and user.
        for (server, username) in [
            ("registry.example", "alice"),
            ("https://registry.example/v2/", ""),
            ("https://registry.example", "alice"),
        ] {
            let spread = of(server, username).unwrap();
            assert_eq!(spread.username, "alice");
            assert_eq!(&*spread.server, "registry.example");
            assert_eq!(spread.carriers().len(), 2, "{spread:?}");
            let plan = spread.rotation_plan(
                &["shop/reg".to_owned(), "pay/reg".to_owned()],
                &login("new"),
            );
            for change in 0..2 {
                assert_eq!(renewed(&plan, change), ["registry.example"]);
            }
        }
        let bob = of("other.example", "bob").unwrap();
        assert_eq!(bob.carriers().len(), 1, "his passwords differ");
        assert!(of("registry.example", "bob").is_none());
        assert!(of("third.example", "").is_none());
    }

    #[test]
    fn a_waiting_pod_is_deleted_only_where_it_is_created_again() {
        let mut store = store();
        let owned = |name: &str, kind: Option<&str>| {
            let mut pod = pod("shop", name, waiting("ErrImagePull", "401 Unauthorized"));
            pod.meta.owner = kind.map(|kind| {
                Arc::new(OwnerReference {
                    kind: kind.into(),
                    name: "owner".into(),
                    uid: "u".into(),
                })
            });
            pod
        };
        let mut elsewhere = owned("elsewhere", Some("ReplicaSet"));
        elsewhere.containers[0].image = "other.example/a:1".into();
        let before = CredentialUsage::for_secret(&store, &key("shop", "regcred")).remove(0);
        let pods = vec![
            owned("of-a-set", Some("ReplicaSet")),
            owned("of-a-job", Some("Job")),
            owned("of-a-run", Some("TaskRun")),
            owned("bare", None),
            elsewhere,
        ];
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        let spread = CredentialUsage::for_secret(&store, &key("shop", "regcred")).remove(0);
        let new = spread.waiting.iter();
        let new = new.filter(|waiting| !before.waiting.contains(waiting));
        let (recreated, kept): (Vec<_>, Vec<_>) = new.partition(|waiting| waiting.is_recreated);
        let names: Vec<String> = recreated.iter().map(|it| it.pod.to_string()).collect();
        assert_eq!(names, ["shop/of-a-set"]);
        assert_eq!(kept.len(), 3);
    }

    /// Two Secrets of one namespace with the same login: a Pod that has it from the other one would fail again.
    #[test]
    fn a_waiting_pod_is_deleted_only_where_its_own_secret_is_chosen() {
        let keys = FingerprintKey::default();
        let holder = |name: &str| {
            let entries = [("registry.example", "shop-bot")];
            let secret = secret("team", name, SecretType::DockerConfigJson, &entries);
            with_passwords(&keys, secret, &["old"])
        };
        let failing = |name: &str, kind: &str, secrets: &[&str]| {
            let mut pod = pod("team", name, waiting("ErrImagePull", "401 Unauthorized"));
            pod.containers[0].image = "registry.example/app:1".into();
            pod.pull_secrets = secrets.iter().copied().map(Name::new).collect();
            pod.meta.owner = Some(Arc::new(OwnerReference {
                kind: kind.into(),
                name: "owner".into(),
                uid: "u".into(),
            }));
            pod
        };
        let mut store = Store::default();
        let secrets = upserted(vec![holder("mine"), holder("theirs")]);
        let slice = SecretWatch::DockerConfigJson;
        store.apply(StoreUpdate::Secrets(slice, secrets), now());
        let pods = vec![
            failing("of-both", "ReplicaSet", &["theirs", "mine"]),
            failing("of-mine", "ReplicaSet", &["mine"]),
            failing("of-theirs", "ReplicaSet", &["theirs"]),
            failing("job-of-theirs", "Job", &["theirs"]),
        ];
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        let spread = CredentialUsage::for_secret(&store, &key("team", "mine")).remove(0);
        assert_eq!(spread.waiting.len(), 4, "{spread:?}");
        let deleted = |chosen: &[&str]| {
            let chosen: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            let plan = spread.rotation_plan(&chosen, &login("new"));
            let changes = plan.changes.iter().skip(chosen.len());
            let changes: Vec<String> = changes.map(ToString::to_string).collect();
            (changes, plan.notes.join(" "))
        };
        let (changes, notes) = deleted(&["team/mine"]);
        let both = "Delete Pod team/of-both";
        assert_eq!(changes, [both, "Delete Pod team/of-mine"]);
        assert!(notes.contains("2 waiting Pods are deleted"), "{notes}");
        assert!(!notes.contains("is not deleted"), "{notes}");
        let (changes, notes) = deleted(&["team/theirs"]);
        assert_eq!(changes, [both, "Delete Pod team/of-theirs"]);
        assert!(notes.contains("1 waiting Pod is not deleted"), "{notes}");
    }

    #[test]
    fn a_secret_without_a_credential_is_not_rotated() {
        assert_eq!(
            CredentialUsage::for_secret(&sample_store(), &key("pay", "opaque")),
            []
        );
        assert_eq!(
            CredentialUsage::for_secret(&sample_store(), &key("pay", "nowhere")),
            []
        );
    }
}
