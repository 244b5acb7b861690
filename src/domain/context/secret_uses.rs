//! What other Pods pull with the Secrets that have no login for this Pod's images.
//!
//! An entry that looks like a misspelled address may be right for them, and a fix must not take it away.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{PullSecretRef, credential_chain::has_matching_credential};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret},
    },
    registry_auth::image_ref::ImageRef,
    store::Store,
};

/// Maximum number of uses in a context: keeps it small.
const MAX_USES: usize = 64;

/// An image that another Pod pulls with a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretUse {
    pub secret: Name<Secret>,
    pub image: Arc<str>,
    pub pod: Name<Pod>,
}

/// The uses of the Secrets that the Pod lists, or of those of its namespace where it lists none, each image of a
/// Secret once.
pub(super) fn secret_uses(
    store: &Store,
    pod: &Pod,
    listed: &[PullSecretRef],
    unlisted: &[Arc<Secret>],
    images: &[ImageRef],
) -> Vec<SecretUse> {
    let of_list = listed.iter().filter_map(|listed| listed.secret.present());
    let others = unlisted.iter().filter(|_| listed.is_empty());
    let is_broken = |secret: &&Arc<Secret>| {
        !images
            .iter()
            .any(|image| has_matching_credential(secret, image))
    };
    let broken = of_list.chain(others).filter(is_broken);
    broken
        .flat_map(|secret| uses_of(store, secret, &pod.key))
        .take(MAX_USES)
        .collect()
}

fn uses_of(store: &Store, secret: &Secret, but: &ObjectRef<Pod>) -> Vec<SecretUse> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut uses = Vec::new();
    if secret.entries().is_empty() {
        return uses;
    }
    let pods = store.pods_of_secret(&secret.key);
    let keys = pods.map(|name| ObjectRef::new(secret.key.namespace.clone(), name.clone()));
    let keys: Vec<ObjectRef<Pod>> = keys.filter(|key| key != but).collect();
    for pod in keys.iter().filter_map(|key| store.pod(key)) {
        let of_containers = pod.containers.iter().map(|container| &container.image);
        let of_volumes = pod.image_volumes.iter().map(|volume| &volume.image);
        for image in of_containers.chain(of_volumes) {
            let is_used = seen.insert(image)
                && ImageRef::parse(image).is_ok_and(|it| has_matching_credential(secret, &it));
            if is_used {
                uses.push(SecretUse {
                    secret: secret.key.name.clone(),
                    image: Arc::clone(image),
                    pod: pod.key.name.clone(),
                });
            }
        }
    }
    uses
}
