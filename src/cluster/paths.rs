//! Where the API has each object.

use crate::domain::{
    key::{Key, Namespace},
    objects::{ObjectKey, Pod, Secret, ServiceAccount, WorkloadKey, WorkloadKind},
};

pub(super) const NAMESPACES: &str = "/api/v1/namespaces";

pub(super) fn namespace(namespace: &Namespace) -> String {
    format!("{NAMESPACES}/{namespace}")
}

pub(super) fn secrets(within: &Namespace) -> String {
    format!("{}/secrets", namespace(within))
}

pub(super) fn secret(key: &Key<Secret>) -> String {
    format!("{}/{}", secrets(&key.namespace), key.name)
}

pub(super) fn accounts(within: &Namespace) -> String {
    format!("{}/serviceaccounts", namespace(within))
}

pub(super) fn account(key: &Key<ServiceAccount>) -> String {
    format!("{}/{}", accounts(&key.namespace), key.name)
}

pub(super) fn pods(within: &Namespace) -> String {
    format!("{}/pods", namespace(within))
}

pub(super) fn pod(key: &Key<Pod>) -> String {
    format!("{}/{}", pods(&key.namespace), key.name)
}

pub(super) fn events(within: &Namespace) -> String {
    format!("{}/events", namespace(within))
}

pub(super) fn workloads(kind: WorkloadKind, within: &Namespace) -> String {
    let (group, plural) = (kind.group(), kind.resource());
    format!("/apis/{group}/v1/namespaces/{within}/{plural}")
}

pub(super) fn workload(id: &WorkloadKey) -> String {
    format!("{}/{}", workloads(id.kind, &id.key.namespace), id.key.name)
}

/// Any object that is shown.
pub(super) fn object(object: &ObjectKey) -> String {
    match object {
        ObjectKey::Namespace(name) => namespace(name),
        ObjectKey::Secret(key) => secret(key),
        ObjectKey::ServiceAccount(key) => account(key),
        ObjectKey::Pod(key) => pod(key),
        ObjectKey::Workload(id) => workload(id),
    }
}

/// Where older servers have an object that newer ones have elsewhere: CronJobs, which came to `batch/v1`
/// with 1.21.
pub(super) fn before(object: &ObjectKey) -> Option<String> {
    match object {
        ObjectKey::Workload(id) if id.kind == WorkloadKind::CronJob => {
            let (namespace, name) = (&id.key.namespace, &id.key.name);
            Some(format!(
                "/apis/batch/v1beta1/namespaces/{namespace}/cronjobs/{name}"
            ))
        }
        ObjectKey::Namespace(_)
        | ObjectKey::Secret(_)
        | ObjectKey::ServiceAccount(_)
        | ObjectKey::Pod(_)
        | ObjectKey::Workload(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::Name;

    #[test]
    fn a_path_names_group_and_namespace() {
        let workload = |kind| {
            ObjectKey::Workload(WorkloadKey {
                kind,
                key: Key::new(Namespace::new("shop"), Name::new("import")),
            })
        };
        let job = workload(WorkloadKind::Job);
        assert_eq!(object(&job), "/apis/batch/v1/namespaces/shop/jobs/import");
        assert_eq!(before(&job), None);
        assert_eq!(
            before(&workload(WorkloadKind::CronJob)).unwrap(),
            "/apis/batch/v1beta1/namespaces/shop/cronjobs/import"
        );
        let namespace = ObjectKey::Namespace(Namespace::new("shop"));
        assert_eq!(object(&namespace), "/api/v1/namespaces/shop");
    }
}
