//! Garbage collector: deletes dependents after their owner, and an owner that waits for them after its dependents.

use serde_json::Value;

use crate::sandbox::{
    object::{self, StoredObject, list, text, uid},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
    write::collect_garbage,
};

pub(super) fn notice(world: &mut World, kind: ResourceKind, object: &Value, is_gone: bool) {
    if may_own(kind) {
        collect_garbage(world, kind, object, is_gone);
    }
    if is_gone {
        for owner in waiting_owners(world, object) {
            collect_garbage(world, owner.0, &owner.1, false);
        }
    }
}

fn may_own(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::Event | ResourceKind::Namespace | ResourceKind::ResourceQuota
    )
}

/// Owners of a deleted object that are still there and may have waited for it.
fn waiting_owners(world: &World, object: &Value) -> Vec<(ResourceKind, StoredObject)> {
    list(object, "/metadata/ownerReferences")
        .iter()
        .filter_map(|reference| {
            let kind =
                ResourceKind::parse(text(reference, "/apiVersion"), text(reference, "/kind"))?;
            let namespace = if kind.resource().is_namespaced() {
                object::namespace(object)
            } else {
                ""
            };
            let place = ObjectKey::new(namespace, text(reference, "/name"));
            let owner = world.store.at(kind, &place)?;
            (uid(owner) == text(reference, "/uid")).then(|| (kind, owner.clone()))
        })
        .collect()
}
