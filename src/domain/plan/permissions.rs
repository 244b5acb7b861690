//! Which permissions a change takes, and what is asked for at least.

use std::collections::BTreeSet;

use super::{Ask, Before, Change, Existing};
use crate::domain::{
    key::Namespace,
    objects::{Subject, WorkloadKey},
    rights::Permission,
};

impl Change {
    /// What the user must be allowed to do.
    pub fn permissions(&self) -> Vec<Permission> {
        let one = Permission::new;
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
            Self::SetAccount { workload, .. } | Self::SetTemplatePullSecrets { workload, .. } => {
                ["get", "patch"]
                    .map(|verb| of_workload(verb, workload.id()))
                    .into()
            }
            Self::SetImage { workload, .. } => ["get", "patch"]
                .map(|verb| match workload.subject() {
                    Subject::Pod(_) => one(verb, "", "pods", here),
                    Subject::Workload(id) => of_workload(verb, id),
                })
                .into(),
            // Read first: the patch carries the version that was read.
            Self::Restart(workload) => ["get", "patch"]
                .map(|verb| of_workload(verb, workload.id()))
                .into(),
            Self::CreateDeployment(_) => vec![one("create", "apps", "deployments", here)],
            Self::SetPaused { .. } => ["get", "patch"]
                .map(|verb| one(verb, "apps", "deployments", here))
                .into(),
            Self::RollBack { .. } => vec![
                one("get", "apps", "replicasets", here),
                one("get", "apps", "deployments", here),
                one("patch", "apps", "deployments", here),
            ],
            Self::DeletePod { .. } => all("pods", &["delete"]),
            Self::DeleteJob { .. } => vec![one("delete", "batch", "jobs", here)],
            Self::TakeBack { change, before, .. } => match (&**change, &**before) {
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
    /// What the user must be allowed to do at least, whatever the answers are.
    pub fn permissions(&self) -> Vec<Permission> {
        let one = |verb: &str, group: &str, resource: &str, namespace: &Namespace| {
            Permission::new(verb, group, resource, Some(namespace))
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
            Self::Image { targets, .. } => {
                let each = targets.iter().map(|target| match target.owner.subject() {
                    Subject::Pod(key) => one("patch", "", "pods", &key.namespace),
                    Subject::Workload(id) => of_workload("patch", id),
                });
                each.collect::<BTreeSet<_>>().into_iter().collect()
            }
            Self::RunAs { workload, .. } => vec![of_workload("patch", workload)],
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

fn of_workload(verb: &str, id: &WorkloadKey) -> Permission {
    let (group, resource) = (id.kind.group(), id.kind.resource());
    Permission::new(verb, group, resource, Some(&id.key.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{key::Name, objects::WorkloadKind, sample::key};

    #[test]
    fn a_workload_is_of_its_group() {
        for (kind, expected) in [
            (
                WorkloadKind::StatefulSet,
                "patch statefulsets.apps in namespace shop",
            ),
            (
                WorkloadKind::CronJob,
                "patch cronjobs.batch in namespace shop",
            ),
        ] {
            let ask = Ask::RunAs {
                workload: WorkloadKey {
                    kind,
                    key: key("shop", "web"),
                },
                before: Name::new("default"),
                accounts: Vec::new(),
            };
            let asked: Vec<String> = ask.permissions().iter().map(ToString::to_string).collect();
            assert_eq!(asked, [expected]);
        }
    }
}
