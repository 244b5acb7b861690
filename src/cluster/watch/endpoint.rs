//! Endpoints: path, selector and page size of the list and watch of each kind.

use std::sync::Arc;

use http::{HeaderValue, Request, header};
use kube::core::{
    Request as Build,
    params::{ListParams, VersionMatch, WatchParams},
};

use crate::{
    cluster::{ApiError, buffer::ZeroizingBuffer, paths, request},
    domain::{
        k8s::objects::WorkloadKind,
        rbac::Permission,
        store::watch::{Scope, SecretWatch, WatchKind},
    },
};

/// What of a list is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PageRequest {
    First,
    /// The page that a continue token stands for.
    Continue(String),
    /// All objects at once, from the server's watch cache (`resourceVersionMatch=NotOlderThan`).
    Whole {
        not_older_than: Arc<str>,
    },
}

/// An API that serves a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    base: &'static str,
    group: &'static str,
    resource: &'static str,
    fields: Option<&'static str>,
    content: ListEncoding,
    page: u32,
    /// Servers there are that do not serve it, so that a 404 may mean just that.
    optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListEncoding {
    Whole,
    Metadata,
    /// Whole, and lists of it in protobuf if the server speaks it.
    Protobuf,
}

/// Media type of protobuf, with JSON as fallback: API servers support it since 1.3, aggregated ones and proxies may
/// not.
const PROTOBUF: HeaderValue =
    HeaderValue::from_static("application/vnd.kubernetes.protobuf, application/json");

/// The page size of client-go, kubectl and kube: small enough for a server under load to answer, and
/// for the first rows to be decoded while the next page is on its way.
const PAGE: u32 = 500;

/// Page size for Secrets, which may hold a megabyte each.
const PAGE_OF_SECRETS: u32 = 100;

const CORE: Endpoint = Endpoint {
    base: "/api/v1",
    group: "",
    resource: "",
    fields: None,
    content: ListEncoding::Whole,
    page: PAGE,
    optional: false,
};

const APPS: Endpoint = Endpoint {
    base: "/apis/apps/v1",
    group: "apps",
    ..CORE
};

const BATCH: Endpoint = Endpoint {
    base: "/apis/batch/v1",
    group: "batch",
    ..CORE
};

const SECRETS: Endpoint = Endpoint {
    resource: "secrets",
    page: PAGE_OF_SECRETS,
    ..CORE
};

/// The APIs to try for a kind, in this order: servers differ in what they serve, and Roles in what
/// they grant.
pub(super) fn endpoints(kind: WatchKind) -> &'static [Endpoint] {
    match kind {
        WatchKind::Namespaces => &[Endpoint {
            resource: "namespaces",
            ..CORE
        }],
        WatchKind::ServiceAccounts => &[Endpoint {
            resource: "serviceaccounts",
            content: ListEncoding::Protobuf,
            ..CORE
        }],
        WatchKind::Pods => &[Endpoint {
            resource: "pods",
            content: ListEncoding::Protobuf,
            ..CORE
        }],
        WatchKind::Secrets(SecretWatch::DockerConfigJson) => &[Endpoint {
            fields: Some("type=kubernetes.io/dockerconfigjson"),
            ..SECRETS
        }],
        WatchKind::Secrets(SecretWatch::DockerCfg) => &[Endpoint {
            fields: Some("type=kubernetes.io/dockercfg"),
            ..SECRETS
        }],
        WatchKind::Secrets(SecretWatch::Other) => &[Endpoint {
            fields: Some("type!=kubernetes.io/dockerconfigjson,type!=kubernetes.io/dockercfg"),
            content: ListEncoding::Metadata,
            page: PAGE,
            ..SECRETS
        }],
        // The core API has all that the new one has (both serve the same stored objects) and is what
        // most Roles grant; a Role or server may know only the other.
        WatchKind::Events => &[
            Endpoint {
                resource: "events",
                content: ListEncoding::Protobuf,
                ..CORE
            },
            Endpoint {
                base: "/apis/events.k8s.io/v1",
                group: "events.k8s.io",
                resource: "events",
                optional: true,
                ..CORE
            },
        ],
        WatchKind::Workloads(kind) => workload_endpoints(kind),
    }
}

fn workload_endpoints(kind: WorkloadKind) -> &'static [Endpoint] {
    match kind {
        WorkloadKind::Deployment => &[Endpoint {
            resource: "deployments",
            ..APPS
        }],
        WorkloadKind::ReplicaSet => &[Endpoint {
            resource: "replicasets",
            ..APPS
        }],
        WorkloadKind::StatefulSet => &[Endpoint {
            resource: "statefulsets",
            ..APPS
        }],
        WorkloadKind::DaemonSet => &[Endpoint {
            resource: "daemonsets",
            ..APPS
        }],
        WorkloadKind::Job => &[Endpoint {
            resource: "jobs",
            ..BATCH
        }],
        // `batch/v1` has CronJobs from 1.21 on, `v1beta1` up to 1.24.
        WorkloadKind::CronJob => &[
            Endpoint {
                resource: "cronjobs",
                optional: true,
                ..BATCH
            },
            Endpoint {
                base: "/apis/batch/v1beta1",
                resource: "cronjobs",
                optional: true,
                ..BATCH
            },
        ],
    }
}

impl Endpoint {
    pub(super) fn is_optional(&self) -> bool {
        self.optional
    }

    /// Path of its group and version, where discovery lists its resources.
    pub(super) fn base(&self) -> &'static str {
        self.base
    }

    pub(super) fn resource(&self) -> &'static str {
        self.resource
    }

    /// The permission that this endpoint requires.
    pub(super) fn permission(&self, verb: &str, scope: &Scope) -> Permission {
        Permission {
            verb: verb.into(),
            group: self.group.into(),
            resource: self.resource.into(),
            namespace: match scope {
                Scope::Cluster => None,
                Scope::Namespace(namespace) => Some(namespace.clone()),
            },
        }
    }

    /// The number of objects in a page.
    pub(super) fn page_size(&self) -> u32 {
        self.page
    }

    /// Request for a page of the list with up to `page_size` objects.
    pub(super) fn list(
        &self,
        scope: &Scope,
        page: &PageRequest,
        page_size: u32,
    ) -> Result<Request<ZeroizingBuffer>, ApiError> {
        let mut parameters = ListParams {
            field_selector: self.fields.map(str::to_owned),
            ..ListParams::default()
        };
        match page {
            PageRequest::First => parameters.limit = Some(page_size),
            PageRequest::Continue(token) => {
                parameters.limit = Some(page_size);
                parameters.continue_token = Some(token.clone());
            }
            PageRequest::Whole { not_older_than } => {
                parameters.resource_version = Some(not_older_than.to_string());
                parameters.version_match = Some(VersionMatch::NotOlderThan);
            }
        }
        let build = self.build(scope);
        let request = match self.content {
            ListEncoding::Whole | ListEncoding::Protobuf => build.list(&parameters),
            ListEncoding::Metadata => build.list_metadata(&parameters),
        };
        let mut request = request?.map(|_| ZeroizingBuffer::default());
        if self.content == ListEncoding::Protobuf {
            request.headers_mut().insert(header::ACCEPT, PROTOBUF);
        }
        request::checked_path(request)
    }

    /// Request for a list of one object, to check the permission.
    pub(super) fn list_one(&self, scope: &Scope) -> Result<Request<ZeroizingBuffer>, ApiError> {
        self.list(scope, &PageRequest::First, 1)
    }

    /// Request for all changes after this version, for so many seconds.
    pub(super) fn watch(
        &self,
        scope: &Scope,
        version: &str,
        seconds: u32,
    ) -> Result<Request<ZeroizingBuffer>, ApiError> {
        let parameters = WatchParams {
            field_selector: self.fields.map(str::to_owned),
            timeout: Some(seconds),
            bookmarks: true,
            ..WatchParams::default()
        };
        let build = self.build(scope);
        let request = match self.content {
            ListEncoding::Whole | ListEncoding::Protobuf => build.watch(&parameters, version),
            ListEncoding::Metadata => build.watch_metadata(&parameters, version),
        };
        let mut request = request?.map(|_| ZeroizingBuffer::default());
        // Servers from 1.37 on compress each change for itself, which our decompression cannot read
        // (kube 5.0 asks for the same in `Client::request_events`).
        request.headers_mut().insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        request::checked_path(request)
    }

    fn build(&self, scope: &Scope) -> Build {
        let Self { base, resource, .. } = self;
        Build::new(match scope {
            Scope::Cluster => format!("{base}/{resource}"),
            Scope::Namespace(namespace) => {
                let namespace = paths::segment(namespace.as_str());
                format!("{base}/namespaces/{namespace}/{resource}")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::k8s::object_ref::Namespace;

    #[test]
    fn other_secrets_are_asked_for_by_metadata_only() {
        let [other] = endpoints(WatchKind::Secrets(SecretWatch::Other)) else {
            panic!("one endpoint");
        };
        let scope = Scope::Namespace(Namespace::new("app"));
        for request in [
            other.list(&scope, &PageRequest::First, 500).unwrap(),
            other.watch(&scope, "7", 300).unwrap(),
        ] {
            let accept = request.headers()[header::ACCEPT].to_str().unwrap();
            assert!(accept.contains("as=PartialObjectMetadata"), "{accept}");
            let uri = request.uri().to_string();
            assert!(uri.starts_with("/api/v1/namespaces/app/secrets?"), "{uri}");
            assert!(uri.contains("type%21%3Dkubernetes.io%2Fdockercfg"), "{uri}");
        }
    }

    #[test]
    fn a_whole_list_has_no_limit_and_comes_from_the_cache() {
        let [pods] = endpoints(WatchKind::Pods) else {
            panic!("one endpoint");
        };
        let whole = PageRequest::Whole {
            not_older_than: "7".into(),
        };
        let request = pods.list(&Scope::Cluster, &whole, 500).unwrap();
        let query = request.uri().query().unwrap();
        assert!(query.contains("resourceVersion=7"), "{query}");
        assert!(
            query.contains("resourceVersionMatch=NotOlderThan"),
            "{query}"
        );
        assert!(!query.contains("limit"), "{query}");
    }

    #[test]
    fn a_permission_says_what_the_role_must_grant() {
        let [endpoint] = endpoints(WatchKind::Workloads(WorkloadKind::Deployment)) else {
            panic!("one endpoint");
        };
        let permission = endpoint.permission("list", &Scope::Cluster);
        assert_eq!(
            permission.to_string(),
            "list deployments.apps in all namespaces"
        );
    }
}
