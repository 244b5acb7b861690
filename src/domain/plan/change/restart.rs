//! Restarts a workload.

use super::{Affects, Change, PlanChange, Purpose, RepositoryManifest, Restartable, Written};
use crate::domain::{
    k8s::objects::AnyObjectRef,
    plan::{
        DiffLine, ExportFormat,
        commands::kubectl,
        permissions::on_object,
        preview::{added, same},
    },
    rbac::Permission,
};

/// Restarts a workload, which replaces its Pods one after the other (`kubectl rollout restart`).
///
/// It is not taken back: new Pods are not made old again.
#[derive(Clone, Debug)]
pub struct Restart {
    pub workload: Restartable,
}

impl Change {
    /// Restarts a workload.
    pub fn restart(workload: Restartable) -> Self {
        Self::Restart(Restart { workload })
    }
}

impl PlanChange for Restart {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.workload.id().clone())
    }

    fn sentence(&self) -> String {
        format!("Rolling restart of {}", self.workload.id())
    }

    fn preview(&self) -> Vec<DiffLine> {
        vec![
            same("spec.template.metadata.annotations:"),
            added("  kubectl.kubernetes.io/restartedAt: now"),
        ]
    }

    fn commands(&self) -> Vec<String> {
        let id = self.workload.id();
        let rest = format!("rollout restart {}", id.kubectl());
        vec![kubectl(&id.key.namespace, rest)]
    }

    /// Read first: the patch carries the version that was read.
    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Restart
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Rollout {
            workload: self.workload.id().clone(),
            writes: 1,
        }]
    }

    fn is_creation(&self) -> bool {
        false
    }
}
