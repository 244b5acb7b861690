//! API paths of objects.
//!
//! A name is percent-encoded as one segment, so that none becomes a query or another path. The API
//! server splits a path after it has decoded it: a segment that would still be several, or `.` or `..`, is
//! never sent (`request::get_request`), for no object has such a name.

use std::borrow::Cow;

use http::uri::PathAndQuery;

use crate::domain::k8s::{
    object_ref::{Name, Namespace, ObjectRef},
    objects::{AnyObjectRef, Pod, Secret, ServiceAccount, WorkloadKind, WorkloadRef},
};

pub(super) const NAMESPACES: &str = "/api/v1/namespaces";

pub(super) fn namespace(namespace: &Namespace) -> String {
    format!("{NAMESPACES}/{}", segment(namespace.as_str()))
}

/// Encodes one segment of a path: all but the unreserved characters of RFC 3986.
pub(super) fn segment(text: &str) -> Cow<'_, str> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if !text.bytes().all(is_unreserved) {
        let encoded = text.bytes().map(|byte| match byte {
            byte if is_unreserved(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        return Cow::Owned(encoded.collect());
    }
    Cow::Borrowed(text)
}

/// Whether the path is safe for a server that decodes it before splitting.
pub(super) fn is_plain(path: &PathAndQuery) -> bool {
    let mut segments = path.path().split('/').skip(1);
    path.path() == "/"
        || segments.all(|segment| {
            !matches!(segment, "" | "." | "..") && !segment.to_ascii_uppercase().contains("%2F")
        })
}

pub(super) fn secrets(within: &Namespace) -> String {
    format!("{}/secrets", namespace(within))
}

pub(super) fn secret(key: &ObjectRef<Secret>) -> String {
    named(secrets(&key.namespace), &key.name)
}

pub(super) fn accounts(within: &Namespace) -> String {
    format!("{}/serviceaccounts", namespace(within))
}

pub(super) fn account(key: &ObjectRef<ServiceAccount>) -> String {
    named(accounts(&key.namespace), &key.name)
}

pub(super) fn pods(within: &Namespace) -> String {
    format!("{}/pods", namespace(within))
}

pub(super) fn pod(key: &ObjectRef<Pod>) -> String {
    named(pods(&key.namespace), &key.name)
}

pub(super) fn events(within: &Namespace) -> String {
    format!("{}/events", namespace(within))
}

pub(super) fn workloads(kind: WorkloadKind, within: &Namespace) -> String {
    let (group, plural) = (kind.group(), kind.resource());
    let within = segment(within.as_str());
    format!("/apis/{group}/v1/namespaces/{within}/{plural}")
}

pub(super) fn workload(id: &WorkloadRef) -> String {
    named(workloads(id.kind, &id.key.namespace), &id.key.name)
}

/// A node, which is in no namespace.
pub(super) fn node(name: &str) -> String {
    format!("/api/v1/nodes/{}", segment(name))
}

fn named<K>(collection: String, name: &Name<K>) -> String {
    collection + "/" + &segment(name.as_str())
}

/// Path of any object.
pub(super) fn object(object: &AnyObjectRef) -> String {
    match object {
        AnyObjectRef::Namespace(name) => namespace(name),
        AnyObjectRef::Secret(key) => secret(key),
        AnyObjectRef::ServiceAccount(key) => account(key),
        AnyObjectRef::Pod(key) => pod(key),
        AnyObjectRef::Workload(id) => workload(id),
    }
}

/// Path of an object on older servers: CronJobs are in `batch/v1` since 1.21.
pub(super) fn legacy_path(object: &AnyObjectRef) -> Option<String> {
    match object {
        AnyObjectRef::Workload(id) if id.kind == WorkloadKind::CronJob => {
            let namespace = segment(id.key.namespace.as_str());
            let name = segment(id.key.name.as_str());
            Some(format!(
                "/apis/batch/v1beta1/namespaces/{namespace}/cronjobs/{name}"
            ))
        }
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::Secret(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_group_and_namespace() {
        let workload = |kind| {
            AnyObjectRef::Workload(WorkloadRef {
                kind,
                key: ObjectRef::new(Namespace::new("shop"), Name::new("import")),
            })
        };
        let job = workload(WorkloadKind::Job);
        assert_eq!(object(&job), "/apis/batch/v1/namespaces/shop/jobs/import");
        assert_eq!(legacy_path(&job), None);
        assert_eq!(
            legacy_path(&workload(WorkloadKind::CronJob)).unwrap(),
            "/apis/batch/v1beta1/namespaces/shop/cronjobs/import"
        );
        let namespace = AnyObjectRef::Namespace(Namespace::new("shop"));
        assert_eq!(object(&namespace), "/api/v1/namespaces/shop");
    }

    #[test]
    fn a_name_stays_one_segment() {
        let secret = |name: &str| secret(&ObjectRef::new(Namespace::new("a b"), Name::new(name)));
        assert_eq!(
            secret("x?fieldManager=a&dryRun=%41#é"),
            "/api/v1/namespaces/a%20b/secrets/x%3FfieldManager%3Da%26dryRun%3D%2541%23%C3%A9"
        );
        assert_eq!(
            secret("web-1.v2_~"),
            "/api/v1/namespaces/a%20b/secrets/web-1.v2_~"
        );
        let is_plain = |name: &str| is_plain(&secret(name).parse().unwrap());
        assert!(is_plain("web-1.v2") && is_plain("x?y") && is_plain("...") && is_plain("%2e"));
        for name in ["", ".", "..", "a/b", "../../kube-system/secrets/admin"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
