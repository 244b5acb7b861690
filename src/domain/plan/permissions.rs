//! Which permissions a change takes, and what is asked for at least.

use super::{Ask, Before, Change, Existing};
use std::collections::BTreeSet;

use crate::domain::{key::Namespace, objects::WorkloadKind, rights::Permission};

impl Change {
    /// What the user must be allowed to do.
    pub fn permissions(&self) -> Vec<Permission> {
        let one =
            |verb: &str, group: &str, resource: &str, namespace: Option<&Namespace>| Permission {
                verb: verb.into(),
                group: group.into(),
                resource: resource.into(),
                namespace: namespace.cloned(),
            };
        let here = Some(self.namespace());
        let all = |resource: &str, verbs: &[&str]| {
            let verbs = verbs.iter();
            verbs.map(|verb| one(verb, "", resource, here)).collect()
        };
        match self {
            Self::CreateNamespace(_) => vec![one("create", "", "namespaces", None)],
            Self::CreateSecret { .. } => all("secrets", &["create"]),
            Self::EditSecret { .. } => all("secrets", &["get", "patch"]),
            Self::ConvertSecret { .. } => all("secrets", &["get", "delete", "create"]),
            Self::DeleteSecret { .. } => all("secrets", &["get", "delete"]),
            Self::CopySecret(copy) => {
                let mut needed = vec![one("get", "", "secrets", Some(&copy.from.namespace))];
                needed.extend(match (copy.existing, &copy.there) {
                    (Existing::Merge | Existing::Replace, Some(_)) => {
                        all("secrets", &["create", "get", "patch"])
                    }
                    _ => all("secrets", &["create"]),
                });
                needed
            }
            Self::CreateAccount { .. } => all("serviceaccounts", &["create"]),
            Self::DeleteAccount { .. } => all("serviceaccounts", &["get", "delete"]),
            Self::AttachSecret { .. } | Self::DetachSecret { .. } => {
                all("serviceaccounts", &["get", "patch"])
            }
            Self::SetAccount { workload, .. } | Self::SetImage { workload, .. } => {
                let resource = plural(workload.id().kind);
                ["get", "patch"]
                    .map(|verb| one(verb, "apps", resource, here))
                    .into()
            }
            Self::Restart(workload) => {
                vec![one("patch", "apps", plural(workload.id().kind), here)]
            }
            Self::CreateDeployment(_) => vec![one("create", "apps", "deployments", here)],
            Self::SetPaused { .. } => ["get", "patch"]
                .map(|verb| one(verb, "apps", "deployments", here))
                .into(),
            Self::RollBack { .. } => vec![
                one("get", "apps", "replicasets", here),
                one("get", "apps", "deployments", here),
                one("patch", "apps", "deployments", here),
            ],
            Self::DeletePod(_) => all("pods", &["delete"]),
            Self::TakeBack { change, before } => match (&**change, &**before) {
                (Self::CreateDeployment(_), _) => vec![one("delete", "apps", "deployments", here)],
                (Self::CreateAccount { .. }, _) => all("serviceaccounts", &["delete"]),
                (Self::DeleteAccount { .. }, _) => all("serviceaccounts", &["create"]),
                (Self::DeleteSecret { .. }, _) => all("secrets", &["create"]),
                (Self::CreateSecret { .. } | Self::CopySecret(_), Before::Made { .. }) => {
                    all("secrets", &["delete"])
                }
                (Self::CopySecret(_), _) => all("secrets", &["get", "patch"]),
                (change, _) => change.permissions(),
            },
        }
    }
}

impl Ask {
    /// What the user must be allowed to do at least, whatever he answers.
    pub fn permissions(&self) -> Vec<Permission> {
        let one = |verb: &str, group: &str, resource: &str, namespace: &Namespace| Permission {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            namespace: Some(namespace.clone()),
        };
        match self {
            Self::Login { secret, .. } => vec![one("patch", "", "secrets", &secret.namespace)],
            Self::NewSecret { namespace, .. } => vec![one("create", "", "secrets", namespace)],
            Self::Rotate { spreads } => {
                let namespaces: BTreeSet<&Namespace> = spreads
                    .iter()
                    .flat_map(|spread| &spread.holders)
                    .map(|holder| &holder.secret.namespace)
                    .collect();
                let each = namespaces.into_iter();
                each.map(|here| one("patch", "", "secrets", here)).collect()
            }
            Self::Copy { from, .. } => vec![one("get", "", "secrets", &from.namespace)],
            Self::Image { workload, .. } | Self::RunAs { workload, .. } => {
                vec![one(
                    "patch",
                    "apps",
                    plural(workload.kind),
                    &workload.key.namespace,
                )]
            }
            Self::Bind { secret, .. } => {
                vec![one("patch", "", "serviceaccounts", &secret.namespace)]
            }
            Self::List { account, .. } => {
                vec![one("patch", "", "serviceaccounts", &account.namespace)]
            }
            Self::Setup { namespace } => {
                let here = namespace.iter();
                here.map(|here| one("create", "", "secrets", here))
                    .collect()
            }
            Self::Deploy { namespace } => {
                let here = namespace.iter();
                here.map(|here| one("create", "apps", "deployments", here))
                    .collect()
            }
            Self::DeleteSecret { secret, .. } => {
                vec![one("delete", "", "secrets", &secret.namespace)]
            }
            Self::DeleteAccount { account, .. } => {
                vec![one("delete", "", "serviceaccounts", &account.namespace)]
            }
            Self::Export => Vec::new(),
        }
    }
}

/// The resource of a restartable kind.
fn plural(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployments",
        WorkloadKind::StatefulSet => "statefulsets",
        WorkloadKind::DaemonSet => "daemonsets",
        WorkloadKind::ReplicaSet => "replicasets",
        WorkloadKind::Job => "jobs",
        WorkloadKind::CronJob => "cronjobs",
    }
}
