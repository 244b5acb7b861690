//! Namespace controller: deletes the content of a terminating namespace, then the namespace.

use serde_json::{Value, json};

use crate::sandbox::{
    object::{is_terminating, list, put},
    resources::{RESOURCES, ResourceKind},
    store::ObjectKey,
    world::World,
    write::{self, DeleteOptions},
};

pub(super) fn reconcile(world: &mut World, name: &str) {
    let Some(namespace) = world.store.get(ResourceKind::Namespace, "", name).cloned() else {
        return;
    };
    if !is_terminating(&namespace) || list(&namespace, "/spec/finalizers").is_empty() {
        return;
    }
    let mut is_empty = true;
    for kind in RESOURCES
        .iter()
        .filter(|row| row.is_namespaced())
        .map(|row| row.kind)
    {
        let places: Vec<ObjectKey> = world
            .store
            .list(kind, Some(name))
            .map(|object| ObjectKey::from_object(object))
            .collect();
        for place in places {
            let going = world
                .store
                .at(kind, &place)
                .is_some_and(|it| is_terminating(it));
            if !going {
                drop(write::delete(
                    world,
                    kind,
                    &place,
                    &DeleteOptions::default(),
                ));
            }
            is_empty &= world.store.at(kind, &place).is_none();
        }
    }
    if is_empty {
        let mut namespace: Value = (*namespace).clone();
        put(&mut namespace, "/spec/finalizers", json!([]));
        let place = ObjectKey::new("", name);
        world.store.put(ResourceKind::Namespace, namespace);
        write::finish(world, ResourceKind::Namespace, &place);
    }
}
