//! The one table of what this server serves: discovery, routes, printing and access reviews are
//! read from it.

/// A kind of object in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
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
        }
    }

    /// The kind of the objects that it takes and gives.
    pub fn kind(self, of: &Resource) -> &'static str {
        match self {
            Self::Status | Self::Finalize | Self::Log => of.name,
            Self::Scale => "Scale",
            Self::Eviction => "Eviction",
            Self::Token => "TokenRequest",
        }
    }

    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Scale => &["get", "patch", "update"],
            Self::Log => &["get"],
            Self::Eviction | Self::Token => &["create"],
            Self::Finalize => &["update"],
        }
    }
}

/// One row: a kind as one group and version presents it.
#[derive(Debug)]
pub struct Resource {
    pub kind: Kind,
    pub group: &'static str,
    pub version: &'static str,
    pub name: &'static str,
    pub plural: &'static str,
    pub singular: &'static str,
    pub scope: Scope,
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
        self.scope == Scope::Namespaced
    }

    pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        RESOURCES
            .iter()
            .find(|row| row.group == group && row.version == version && row.plural == plural)
    }
}

impl Kind {
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

/// The verbs of every resource here.
pub const VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

use Scope::{Cluster, Namespaced};
use Subresource::{Eviction, Finalize, Log, Scale, Status, Token};

/// Shorthand for a row of the table below, and for nothing else.
macro_rules! row {
    ($kind:ident $group:literal $version:literal $plural:literal $singular:literal $scope:ident
     $short:expr, $categories:expr, $subresources:expr) => {
        Resource {
            kind: Kind::$kind,
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
    row!(Node "" "v1" "nodes" "node" Cluster ["no"], [], [Status]),
    row!(Pod "" "v1" "pods" "pod" Namespaced ["po"], ["all"], [Eviction, Log, Status]),
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
        for row in RESOURCES {
            assert_eq!(
                row.kind.name(),
                row.name,
                "the row of a kind bears its name"
            );
            let found = Resource::find(row.group, row.version, row.plural).unwrap();
            assert_eq!(found.kind, row.kind);
        }
        assert_eq!(Kind::parse("apps/v1", "Deployment"), Some(Kind::Deployment));
        assert_eq!(Kind::parse("v1", "Deployment"), None);
        assert_eq!(Kind::Deployment.resource().qualified(), "deployments.apps");
    }
}
