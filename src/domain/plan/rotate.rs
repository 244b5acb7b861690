//! Where a credential is: every Secret that carries it, who pulls with it, and who waits for it.

use std::{collections::BTreeSet, sync::Arc};

use super::{Change, Edit, Login, OnFailure, Plan};
use crate::domain::{
    credential::Fingerprint,
    image::ImageRef,
    key::Key,
    keyring::key_matches,
    objects::{Pod, Secret},
    status::{Health, pod_status},
    world::World,
};

/// Waiting Pods that one rotation makes new at most: more would be a restart by the back door.
const RETRIES: usize = 20;

/// A Secret that carries the credential, under these keys of `auths`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub secret: Key<Secret>,
    pub servers: Vec<Arc<str>>,
    pub pods: usize,
    /// The server refuses to change it.
    pub immutable: bool,
}

/// One credential and all that hangs on it, as far as it may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    pub fingerprint: Fingerprint,
    pub username: String,
    /// The first key that it stands under.
    pub server: Arc<str>,
    pub holders: Vec<Holder>,
    /// An image that is pulled with it: what a registry can be asked about.
    pub image: Option<ImageRef>,
    /// Pods that run: the kubelet reads a Secret when it pulls, so they need nothing.
    pub running: usize,
    /// Pods that wait for an image and are made again when they are deleted.
    pub waiting: Vec<Key<Pod>>,
    /// Pods that wait and have no owner: they try again by themselves.
    pub alone: usize,
}

/// All Secrets that carry a credential of this one, itself among them.
pub fn carriers(world: &World, key: &Key<Secret>) -> BTreeSet<Key<Secret>> {
    let entries = world.secret(key).map(|secret| secret.entries());
    let carried = entries.into_iter().flatten();
    carried
        .filter_map(|entry| entry.fingerprint)
        .flat_map(|fingerprint| world.secrets_with(fingerprint))
        .cloned()
        .collect()
}

impl Spread {
    /// The credentials of a Secret, each with where else it is.
    pub fn of_secret(world: &World, key: &Key<Secret>) -> Vec<Self> {
        let Some(secret) = world.secret(key) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        secret
            .entries()
            .iter()
            .filter_map(|entry| entry.fingerprint)
            .filter(|fingerprint| seen.insert(*fingerprint))
            .filter_map(|fingerprint| Self::of(world, fingerprint, key))
            .collect()
    }

    /// Where this credential is; the Secret that it was found in comes first.
    fn of(world: &World, fingerprint: Fingerprint, first: &Key<Secret>) -> Option<Self> {
        let mut holders = holders(world, fingerprint);
        holders.sort_by_key(|holder| (holder.secret != *first, holder.secret.clone()));
        let secret = world.secret(first)?;
        let entry = secret
            .entries()
            .iter()
            .find(|e| e.fingerprint == Some(fingerprint))?;
        let mut spread = Self {
            fingerprint,
            username: entry.username.as_deref().unwrap_or_default().to_owned(),
            server: Arc::clone(&entry.server),
            image: None,
            running: 0,
            waiting: Vec::new(),
            alone: 0,
            holders,
        };
        spread.take_in_pods(world);
        Some(spread)
    }

    fn take_in_pods(&mut self, world: &World) {
        let mut pods = BTreeSet::new();
        for holder in &self.holders {
            let names = world.pods_of_secret(&holder.secret);
            let here = names.map(|name| Key::new(holder.secret.namespace.clone(), name.clone()));
            pods.extend(here);
        }
        let pods: Vec<&Arc<Pod>> = pods.iter().filter_map(|key| world.pod(key)).collect();
        let waits = |pod: &Pod| pod_status(pod).health == Health::PullFailing;
        // The image of a Pod that waits is the better question.
        let by_need = pods.iter().filter(|pod| waits(pod)).chain(&pods);
        self.image = by_need
            .flat_map(|pod| pod.containers.iter())
            .filter_map(|container| ImageRef::parse(&container.image).ok())
            .find(|image| key_matches(&self.server, image));
        for pod in pods {
            match (waits(pod), &pod.meta.owner) {
                (false, _) => self.running += 1,
                (true, Some(_)) => self.waiting.push(pod.key.clone()),
                (true, None) => self.alone += 1,
            }
        }
    }

    /// The plan that gives these of its holders another login: all of them or none.
    pub fn rotated(&self, chosen: &[Key<Secret>], login: &Login) -> Plan {
        let holders: Vec<&Holder> = self
            .holders
            .iter()
            .filter(|holder| chosen.contains(&holder.secret))
            .collect();
        let renew = |holder: &&Holder| Change::EditSecret {
            key: holder.secret.clone(),
            edit: Edit::Renew {
                servers: holder.servers.iter().map(ToString::to_string).collect(),
                login: login.clone(),
            },
        };
        let namespaces: BTreeSet<_> = holders.iter().map(|h| &h.secret.namespace).collect();
        let mut retried: Vec<Change> = self
            .waiting
            .iter()
            .filter(|pod| namespaces.contains(&pod.namespace))
            .cloned()
            .map(Change::delete_pod)
            .collect();
        let late = retried.len().saturating_sub(RETRIES);
        retried.truncate(RETRIES);
        let notes = self.notes(holders.len(), retried.len(), late);
        let mut changes: Vec<Change> = holders.iter().map(renew).collect();
        changes.extend(retried);
        let title = format!(
            "Rotate the credential of {} at {} in {}",
            login.username,
            self.server,
            count(holders.len(), "Secret", "Secrets")
        );
        Plan {
            notes,
            on_failure: OnFailure::TakeBack,
            ..Plan::new(title, changes)
        }
    }

    /// Who needs what. Of the waiting Pods whose Secret is chosen so many are `retried`; the others are
    /// `late`.
    fn notes(&self, chosen: usize, retried: usize, late: usize) -> Vec<String> {
        let left = self.holders.len() - chosen;
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
                count(left, "Secret keeps", "Secrets keep")
            ),
        );
        note(
            self.running > 0,
            format!(
                "{} nothing, no restart either: the kubelet reads a Secret when it pulls.",
                count(self.running, "running Pod needs", "running Pods need")
            ),
        );
        note(
            retried > 0,
            format!(
                "{} made again, not to sit out the back-off.",
                count(
                    retried,
                    "Pod waits for an image and is",
                    "Pods wait for an image and are"
                )
            ),
        );
        note(
            late > 0,
            format!(
                "{} again without help within 5 minutes.",
                count(late, "more Pod waits; it tries", "more Pods wait; they try")
            ),
        );
        note(
            self.alone > 0,
            format!(
                "{} again without help within 5 minutes.",
                count(
                    self.alone,
                    "waiting Pod has no owner; it tries",
                    "waiting Pods have no owner; they try"
                )
            ),
        );
        notes
    }
}

/// All Secrets that carry a credential, in all namespaces that may be seen.
fn holders(world: &World, fingerprint: Fingerprint) -> Vec<Holder> {
    let holder = |key: &Key<Secret>| {
        let secret = world.secret(key)?;
        let carrying = secret
            .entries()
            .iter()
            .filter(|entry| entry.fingerprint == Some(fingerprint));
        Some(Holder {
            pods: world.pods_of_secret(key).len(),
            secret: key.clone(),
            servers: carrying.map(|entry| Arc::clone(&entry.server)).collect(),
            immutable: secret.immutable,
        })
    };
    let keys = world.secrets_with(fingerprint);
    keys.filter_map(holder).collect()
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        batch::Batch,
        credential::{FingerprintKey, Password},
        objects::{SecretContent, SecretType},
        sample::{changed, company, key, now, secret},
        watch::SecretSlice,
    };

    fn login(password: &str) -> Login {
        Login {
            username: "shop-bot".to_owned(),
            password: Password::new(password),
        }
    }

    /// The company, with its refused credential in three Secrets of two namespaces.
    fn world() -> World {
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
        let mut world = company();
        let secrets = vec![
            holder("shop", "regcred", &["registry.example"]),
            holder(
                "pay",
                "mirror",
                &["registry.example", "registry.example:5000"],
            ),
            fixed,
        ];
        world.fold(
            Batch::Secrets(SecretSlice::DockerConfigJson, changed(secrets)),
            now(),
        );
        world
    }

    #[test]
    fn a_credential_is_found_in_every_namespace_with_who_needs_what() {
        let world = world();
        let spreads = Spread::of_secret(&world, &key("shop", "regcred"));
        let [spread] = &spreads[..] else {
            panic!("{spreads:?}")
        };
        let names: Vec<String> = spread
            .holders
            .iter()
            .map(|h| h.secret.to_string())
            .collect();
        assert_eq!(names, ["shop/regcred", "pay/fixed", "pay/mirror"]);
        assert!(spread.holders[1].immutable);
        let image = spread.image.as_ref().unwrap();
        assert_eq!(image.host(), "registry.example");
        let waiting = spread.waiting.len();
        assert!(waiting > 0 && spread.running > 0, "{spread:?}");

        let chosen = [key("shop", "regcred"), key("pay", "mirror")];
        let plan = spread.rotated(&chosen, &login("canary-new"));
        assert_eq!(plan.on_failure, OnFailure::TakeBack);
        assert_eq!(plan.changes.len(), 2 + waiting);
        let Change::EditSecret {
            edit: Edit::Renew { servers, .. },
            ..
        } = &plan.changes[1]
        else {
            panic!("{:?}", plan.changes)
        };
        assert_eq!(servers.len(), 2, "one change for both entries of a Secret");
        let said = plan.notes.join(" ");
        for part in [
            "1 Secret keeps the old credential",
            "nothing, no restart",
            "made again",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!format!("{plan:?} {:?}", plan.commands()).contains("canary"));
    }

    #[test]
    fn no_more_pods_are_said_to_be_made_again_than_are() {
        let world = world();
        let mut spread = Spread::of_secret(&world, &key("shop", "regcred")).remove(0);
        let of = |namespace: &str, number| key(namespace, &format!("web-{number}"));
        spread.waiting = (0..25).map(|number| of("shop", number)).collect();
        spread.waiting.push(of("pay", 1));
        let plan = spread.rotated(&[key("shop", "regcred")], &login("new"));
        assert_eq!(plan.changes.len(), 1 + RETRIES);
        let said = plan.notes.join(" ");
        assert!(said.contains("20 Pods wait"), "{said}");
        assert!(said.contains("5 more Pods wait"), "{said}");
    }

    #[test]
    fn a_secret_without_a_credential_is_not_rotated() {
        assert_eq!(Spread::of_secret(&company(), &key("pay", "opaque")), []);
        assert_eq!(Spread::of_secret(&company(), &key("pay", "nowhere")), []);
    }
}
