//! The table of served resources: for discovery, routes, tables and access reviews.

/// A kind of object in the store. The order is that in which an owner's dependents are dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    Namespace,
    Node,
    Secret,
    ConfigMap,
    ServiceAccount,
    Pod,
    Event,
    ResourceQuota,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    Role,
    RoleBinding,
    ClusterRole,
    ClusterRoleBinding,
}

impl ResourceKind {
    pub const ALL: [Self; 18] = [
        Self::Namespace,
        Self::Node,
        Self::Secret,
        Self::ConfigMap,
        Self::ServiceAccount,
        Self::Pod,
        Self::Event,
        Self::ResourceQuota,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
        Self::Role,
        Self::RoleBinding,
        Self::ClusterRole,
        Self::ClusterRoleBinding,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceScope {
    Cluster,
    Namespaced,
}

/// A resource below another: `pods/log`, `deployments/scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    Status,
    Scale,
    Log,
    Eviction,
    Token,
    Finalize,
    EphemeralContainers,
    /// Of a Node: its kubelet's own server.
    Proxy,
}

impl Subresource {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "status" => Self::Status,
            "scale" => Self::Scale,
            "log" => Self::Log,
            "eviction" => Self::Eviction,
            "token" => Self::Token,
            "finalize" => Self::Finalize,
            "ephemeralcontainers" => Self::EphemeralContainers,
            "proxy" => Self::Proxy,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Log => "log",
            Self::Eviction => "eviction",
            Self::Token => "token",
            Self::Finalize => "finalize",
            Self::EphemeralContainers => "ephemeralcontainers",
            Self::Proxy => "proxy",
        }
    }

    /// Group, version and kind of the objects that it takes and gives, where they are not those of
    /// the object above it.
    pub fn own_type(self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Self::Status | Self::Finalize | Self::Log | Self::EphemeralContainers => None,
            Self::Scale => Some(("autoscaling", "v1", "Scale")),
            Self::Eviction => Some(("policy", "v1", "Eviction")),
            Self::Token => Some(("authentication.k8s.io", "v1", "TokenRequest")),
            Self::Proxy => Some(("", "v1", "NodeProxyOptions")),
        }
    }

    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Scale | Self::EphemeralContainers => &["get", "patch", "update"],
            Self::Log => &["get"],
            Self::Eviction | Self::Token => &["create"],
            Self::Finalize => &["update"],
            Self::Proxy => &["create", "delete", "get", "patch", "update"],
        }
    }
}

/// One row: a kind as one group and version presents it.
#[derive(Debug)]
pub struct Resource {
    pub kind: ResourceKind,
    pub group: &'static str,
    pub version: &'static str,
    pub name: &'static str,
    pub plural: &'static str,
    pub singular: &'static str,
    pub scope: ResourceScope,
    pub short: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub subresources: &'static [Subresource],
}

impl Resource {
    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `secrets`, `deployments.apps`: how messages name it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    pub fn is_namespaced(&self) -> bool {
        self.scope == ResourceScope::Namespaced
    }

    /// What can be done with it: everything, except that Namespaces go one by one.
    pub fn verbs(&self) -> &'static [&'static str] {
        match self.kind {
            ResourceKind::Namespace => &[
                "create", "delete", "get", "list", "patch", "update", "watch",
            ],
            _ => &[
                "create",
                "delete",
                "deletecollection",
                "get",
                "list",
                "patch",
                "update",
                "watch",
            ],
        }
    }

    pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        RESOURCES
            .iter()
            .find(|row| row.group == group && row.version == version && row.plural == plural)
    }
}

impl ResourceKind {
    /// The row under which the object is stored; the first of its kind.
    pub fn resource(self) -> &'static Resource {
        RESOURCES
            .iter()
            .find(|row| row.kind == self)
            .expect("each kind has a row: a test walks them")
    }

    /// The kind that an owner reference or a manifest speaks of.
    pub fn parse(api_version: &str, name: &str) -> Option<Self> {
        RESOURCES
            .iter()
            .find(|row| row.name == name && row.api_version() == api_version)
            .map(|row| row.kind)
    }

    pub fn name(self) -> &'static str {
        self.resource().name
    }
}

/// A question about access: posted, answered and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// May I?
    Access,
    /// What may I?
    Rules,
    /// Who am I?
    Identity,
}

impl Review {
    pub const ALL: [Self; 3] = [Self::Access, Self::Rules, Self::Identity];
    pub const VERSION: &str = "v1";

    pub fn group(self) -> &'static str {
        match self {
            Self::Access | Self::Rules => "authorization.k8s.io",
            Self::Identity => "authentication.k8s.io",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "SelfSubjectAccessReview",
            Self::Rules => "SelfSubjectRulesReview",
            Self::Identity => "SelfSubjectReview",
        }
    }

    pub fn singular(self) -> String {
        self.name().to_lowercase()
    }

    pub fn plural(self) -> String {
        format!("{}s", self.singular())
    }

    pub fn find(group: &str, version: &str, plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|review| {
            review.group() == group && Self::VERSION == version && review.plural() == plural
        })
    }
}

use ResourceScope::{Cluster, Namespaced};
use Subresource::{EphemeralContainers, Eviction, Finalize, Log, Proxy, Scale, Status, Token};

/// Shorthand for a row of the table below, and for nothing else.
macro_rules! row {
    ($kind:ident $group:literal $version:literal $plural:literal $singular:literal $scope:ident
     $short:expr, $categories:expr, $subresources:expr) => {
        Resource {
            kind: ResourceKind::$kind,
            group: $group,
            version: $version,
            name: stringify!($kind),
            plural: $plural,
            singular: $singular,
            scope: $scope,
            short: &$short,
            categories: &$categories,
            subresources: &$subresources,
        }
    };
}

#[rustfmt::skip]
pub const RESOURCES: &[Resource] = &[
    row!(ConfigMap "" "v1" "configmaps" "configmap" Namespaced ["cm"], [], []),
    row!(Event "" "v1" "events" "event" Namespaced ["ev"], [], []),
    row!(Namespace "" "v1" "namespaces" "namespace" Cluster ["ns"], [], [Finalize, Status]),
    row!(Node "" "v1" "nodes" "node" Cluster ["no"], [], [Proxy, Status]),
    row!(Pod "" "v1" "pods" "pod" Namespaced ["po"], ["all"], [EphemeralContainers, Eviction, Log, Status]),
    row!(ResourceQuota "" "v1" "resourcequotas" "resourcequota" Namespaced ["quota"], [], [Status]),
    row!(Secret "" "v1" "secrets" "secret" Namespaced [], [], []),
    row!(ServiceAccount "" "v1" "serviceaccounts" "serviceaccount" Namespaced ["sa"], [], [Token]),
    row!(DaemonSet "apps" "v1" "daemonsets" "daemonset" Namespaced ["ds"], ["all"], [Status]),
    row!(Deployment "apps" "v1" "deployments" "deployment" Namespaced ["deploy"], ["all"], [Scale, Status]),
    row!(ReplicaSet "apps" "v1" "replicasets" "replicaset" Namespaced ["rs"], ["all"], [Scale, Status]),
    row!(StatefulSet "apps" "v1" "statefulsets" "statefulset" Namespaced ["sts"], ["all"], [Scale, Status]),
    row!(CronJob "batch" "v1" "cronjobs" "cronjob" Namespaced ["cj"], ["all"], [Status]),
    row!(Job "batch" "v1" "jobs" "job" Namespaced [], ["all"], [Status]),
    row!(Event "events.k8s.io" "v1" "events" "event" Namespaced ["ev"], [], []),
    row!(ClusterRoleBinding "rbac.authorization.k8s.io" "v1" "clusterrolebindings" "clusterrolebinding" Cluster [], [], []),
    row!(ClusterRole "rbac.authorization.k8s.io" "v1" "clusterroles" "clusterrole" Cluster [], [], []),
    row!(RoleBinding "rbac.authorization.k8s.io" "v1" "rolebindings" "rolebinding" Namespaced [], [], []),
    row!(Role "rbac.authorization.k8s.io" "v1" "roles" "role" Namespaced [], [], []),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_row_and_each_row_is_found_by_its_path() {
        for (index, kind) in ResourceKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "all of them, in their order");
            assert_eq!(kind.resource().kind, kind);
        }
        assert_eq!(
            ResourceKind::ALL.last(),
            Some(&ResourceKind::ClusterRoleBinding)
        );
        for row in RESOURCES {
            assert_eq!(
                row.kind.name(),
                row.name,
                "the row of a kind bears its name"
            );
            let found = Resource::find(row.group, row.version, row.plural).unwrap();
            assert_eq!(found.kind, row.kind);
        }
        assert_eq!(
            ResourceKind::parse("apps/v1", "Deployment"),
            Some(ResourceKind::Deployment)
        );
        assert_eq!(ResourceKind::parse("v1", "Deployment"), None);
        assert_eq!(
            ResourceKind::Deployment.resource().qualified(),
            "deployments.apps"
        );
    }
}
