//! Permissions on an object, and the minimum that a form needs.

use std::collections::BTreeSet;

use super::{FormSpec, Reach};
use crate::domain::{
    k8s::{
        object_ref::Namespace,
        objects::{AnyObjectRef, Subject, WorkloadRef},
    },
    rbac::Permission,
};

/// Permissions for these verbs on an object.
pub(super) fn on_object(object: &AnyObjectRef, verbs: &[&str]) -> Vec<Permission> {
    let (group, resource) = match object {
        AnyObjectRef::Namespace(_) => ("", "namespaces"),
        AnyObjectRef::Secret(_) => ("", "secrets"),
        AnyObjectRef::ServiceAccount(_) => ("", "serviceaccounts"),
        AnyObjectRef::Pod(_) => ("", "pods"),
        AnyObjectRef::Workload(id) => (id.kind.group(), id.kind.resource()),
    };
    let namespace = match object {
        AnyObjectRef::Namespace(_) => None,
        AnyObjectRef::Secret(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => Some(object.namespace()),
    };
    let verbs = verbs.iter();
    verbs
        .map(|verb| Permission::new(verb, group, resource, namespace))
        .collect()
}

impl FormSpec {
    /// The minimum permissions of a form, whatever its values.
    pub fn permissions(&self) -> Vec<Permission> {
        let one = |verb: &str, group: &str, resource: &str, namespace: &Namespace| {
            Permission::new(verb, group, resource, Some(namespace))
        };
        match self {
            Self::Login { secret, .. }
            | Self::Rotate {
                secret,
                reach: Reach::Selected,
                ..
            } => vec![one("patch", "", "secrets", &secret.namespace)],
            Self::NewSecret { namespace, .. } => vec![one("create", "", "secrets", namespace)],
            Self::Rotate {
                spreads,
                reach: Reach::All,
                ..
            } => {
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

fn of_workload(verb: &str, id: &WorkloadRef) -> Permission {
    let (group, resource) = (id.kind.group(), id.kind.resource());
    Permission::new(verb, group, resource, Some(&id.key.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::key,
        k8s::{object_ref::Name, objects::WorkloadKind},
    };

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
            let ask = FormSpec::RunAs {
                workload: WorkloadRef {
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
