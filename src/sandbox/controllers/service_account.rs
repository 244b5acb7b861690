//! Every namespace has a ServiceAccount `default`, again and again.

use serde_json::json;

use crate::sandbox::{
    object::is_terminating,
    resources::Kind,
    world::World,
    write::{self, Intent},
};

pub(super) fn reconcile(world: &mut World, namespace: &str) {
    let is_alive = world
        .store
        .get(Kind::Namespace, "", namespace)
        .is_some_and(|namespace| !is_terminating(namespace));
    let exists = world
        .store
        .get(Kind::ServiceAccount, namespace, "default")
        .is_some();
    if !is_alive || exists {
        return;
    }
    let account = json!({"metadata": {"name": "default"}});
    write::create(
        world,
        Kind::ServiceAccount,
        namespace,
        account,
        &Intent::controller(),
    )
    .expect("the namespace is alive and the name is valid and free");
}
