//! ServiceAccount controller: keeps a ServiceAccount `default` in every namespace.

use serde_json::json;

use crate::sandbox::{
    object::is_terminating,
    resources::ResourceKind,
    world::World,
    write::{self, WriteOptions},
};

pub(super) fn reconcile(world: &mut World, namespace: &str) {
    let is_alive = world
        .store
        .get(ResourceKind::Namespace, "", namespace)
        .is_some_and(|namespace| !is_terminating(namespace));
    let exists = world
        .store
        .get(ResourceKind::ServiceAccount, namespace, "default")
        .is_some();
    if !is_alive || exists {
        return;
    }
    let account = json!({"metadata": {"name": "default"}});
    write::create(
        world,
        ResourceKind::ServiceAccount,
        namespace,
        account,
        &WriteOptions::controller(),
    )
    .expect("the namespace is alive and the name is valid and free");
}
