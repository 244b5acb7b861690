//! Things that happen in a scenario, beside what its users and controllers do.

use std::time::Duration;

use serde_json::{Value, json};

use super::again;
use crate::sandbox::{
    api::merge_patch,
    object::{self, list, seconds, text},
    registry::{Health, Image, Limit, Program, Registry, Wire, digest_of},
    resources::{Kind, RESOURCES},
    store::Place,
    world::World,
    write::{self, Deletion, Intent},
};

/// One happening; with `every` it comes again and takes the next of its values.
#[derive(Clone, Debug)]
pub struct Happening {
    pub action: Action,
    pub every: Option<Duration>,
    pub round: usize,
}

#[derive(Clone, Debug)]
pub enum Action {
    Create {
        kind: Kind,
        namespace: String,
        object: Value,
    },
    Connect(Box<Registry>),
    Preload {
        node: String,
        image: String,
    },
    Roll {
        workload: Place,
        images: Vec<String>,
    },
    Scale {
        workload: Place,
        replicas: Vec<i64>,
    },
    Restart {
        workload: Place,
    },
    Attach {
        account: Place,
        secrets: Value,
    },
    Push {
        registry: String,
        path: String,
        tag: String,
        image: Image,
    },
    Health {
        registry: String,
        becomes: Vec<Health>,
    },
    Limit {
        registry: String,
        becomes: Vec<Option<Limit>>,
    },
    Wire {
        registry: String,
        becomes: Vec<Wire>,
    },
    Resize {
        workload: Place,
        cpu: String,
    },
    Renew {
        place: Place,
        secret: Value,
    },
    Delete {
        kind: Kind,
        place: Place,
    },
}

pub fn happen(world: &mut World, happening: Happening) {
    act(world, &happening.action, happening.round);
    if let Some(every) = happening.every {
        let next = Happening {
            round: happening.round + 1,
            ..happening
        };
        again(world, every, next);
    }
}

/// The value whose turn it is.
fn turn<T>(values: &[T], round: usize) -> Option<&T> {
    values.get(round % values.len().max(1))
}

fn act(world: &mut World, action: &Action, round: usize) {
    match action {
        Action::Create {
            kind,
            namespace,
            object,
        } => {
            super::founding::plant(world, *kind, namespace, object.clone());
        }
        Action::Connect(registry) => world.network.add(Registry::clone(registry)),
        Action::Preload { node, image } => world.kubelets.preload(node, image),
        Action::Roll { workload, images } => {
            if let Some(image) = turn(images, round) {
                change_container(world, workload, "/image", image);
            }
        }
        Action::Scale { workload, replicas } => {
            if let Some(replicas) = turn(replicas, round) {
                patch(world, workload, &json!({"spec": {"replicas": replicas}}));
            }
        }
        Action::Restart { workload } => {
            let stamp = json!({"kubectl.kubernetes.io/restartedAt": seconds(world.now)});
            let template = json!({"metadata": {"annotations": stamp}});
            patch(world, workload, &json!({"spec": {"template": template}}));
        }
        Action::Attach { account, secrets } => {
            change(world, Kind::ServiceAccount, account, |object| {
                merge_patch(object, &json!({"imagePullSecrets": secrets}));
            });
        }
        Action::Push {
            registry,
            path,
            tag,
            image,
        } => {
            if let Some(registry) = world.network.named_mut(registry) {
                let repository = registry.repositories.entry(path.clone()).or_default();
                repository.tags.insert(tag.clone(), image.clone());
            }
        }
        Action::Health { registry, becomes } => {
            if let (Some(registry), Some(health)) =
                (world.network.named_mut(registry), turn(becomes, round))
            {
                registry.health = *health;
            }
        }
        Action::Limit { registry, becomes } => {
            if let (Some(registry), Some(limit)) =
                (world.network.named_mut(registry), turn(becomes, round))
            {
                registry.limit = *limit;
            }
        }
        Action::Wire { registry, becomes } => {
            if let (Some(registry), Some(wire)) =
                (world.network.named_mut(registry), turn(becomes, round))
            {
                registry.wire = *wire;
            }
        }
        Action::Resize { workload, cpu } => {
            change_container(world, workload, "/resources/requests/cpu", cpu);
        }
        Action::Renew { place, secret } => {
            // There may be none yet.
            drop(write::delete(
                world,
                Kind::Secret,
                place,
                &Deletion::default(),
            ));
            super::founding::plant(world, Kind::Secret, &place.namespace, secret.clone());
        }
        Action::Delete { kind, place } => {
            // What is gone already needs no deleting.
            drop(write::delete(world, *kind, place, &Deletion::default()));
        }
    }
}

fn change(world: &mut World, kind: Kind, place: &Place, edit: impl FnOnce(&mut Value)) {
    let Some(object) = world.store.at(kind, place) else {
        return;
    };
    let mut object = Value::clone(object);
    edit(&mut object);
    // A user may have changed the object so that this no longer fits; the story goes on without it.
    drop(write::update(
        world,
        kind,
        place,
        object,
        &Intent::controller(),
    ));
}

/// Changes the workload of this name, of whatever kind it is.
fn patch(world: &mut World, place: &Place, patch: &Value) {
    let kind = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet]
        .into_iter()
        .find(|kind| world.store.at(*kind, place).is_some());
    if let Some(kind) = kind {
        change(world, kind, place, |object| merge_patch(object, patch));
    }
}

/// Changes a field of a Deployment's first container.
fn change_container(world: &mut World, place: &Place, field: &str, value: &str) {
    let Some(deployment) = world.store.at(Kind::Deployment, place) else {
        return;
    };
    let mut containers = list(deployment, "/spec/template/spec/containers").to_vec();
    if let Some(first) = containers.first_mut() {
        object::put(first, field, value);
    }
    let spec = json!({"template": {"spec": {"containers": containers}}});
    patch(world, place, &json!({"spec": spec}));
}

/// A repository with these tags, or one more tag in it.
pub(super) fn stock(registry: &mut Registry, path: &str, tag: &str, public: bool, image: Image) {
    let repository = registry.repositories.entry(path.to_owned()).or_default();
    repository.public |= public;
    repository.tags.insert(tag.to_owned(), image);
}

pub(super) fn image(
    path: &str,
    tag: &str,
    architectures: &[String],
    megabytes: u64,
    program: Program,
) -> Image {
    Image {
        digest: digest_of(&format!("{path}:{tag}")),
        architectures: architectures.to_vec(),
        bytes: megabytes * 1_000_000,
        program,
    }
}

/// The kind whose name or plural this is.
pub(super) fn kind_named(text: &str) -> Option<Kind> {
    RESOURCES
        .iter()
        .find(|row| row.name == text || row.plural == text)
        .map(|row| row.kind)
}

/// The kind of an object by what it says itself.
pub(super) fn kind_of(object: &Value) -> Option<Kind> {
    Kind::parse(text(object, "/apiVersion"), text(object, "/kind"))
}
