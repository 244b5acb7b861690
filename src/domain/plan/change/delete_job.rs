//! A run of a CronJob is deleted, with its Pods.

use std::sync::Arc;

use super::{Affects, Change, PlanChange, Purpose, RepositoryManifest, Written};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Workload, WorkloadKind, WorkloadRef},
    },
    plan::{DiffLine, ExportFormat, commands::kubectl, permissions::on_object, preview::removed},
    rbac::Permission,
    store::Store,
};

/// Deletes a run of a CronJob, with its Pods: the next run has the changed template.
///
/// It is not taken back: a run that is gone does not come again.
#[derive(Clone, Debug)]
pub struct DeleteJob {
    pub job: ObjectRef<Workload>,
    /// The Job that is meant; another one of its name is left alone. `None`: whichever bears the name.
    pub uid: Option<Arc<str>>,
}

impl DeleteJob {
    pub fn id(&self) -> WorkloadRef {
        WorkloadRef {
            kind: WorkloadKind::Job,
            key: self.job.clone(),
        }
    }
}

impl Change {
    /// Deletes whatever Job bears the name, until the plan is pinned to the one that was seen.
    pub fn delete_job(job: ObjectRef<Workload>) -> Self {
        Self::DeleteJob(DeleteJob { job, uid: None })
    }
}

impl PlanChange for DeleteJob {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.id())
    }

    fn sentence(&self) -> String {
        format!("Delete Job {} with its Pods", self.job)
    }

    fn preview(&self) -> Vec<DiffLine> {
        vec![removed(format!("Job {}", self.job.name))]
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.job;
        vec![kubectl(
            namespace,
            format!("delete job {name} --wait=false"),
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["delete"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Recreation
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Job(self.job.clone())]
    }

    fn is_creation(&self) -> bool {
        false
    }

    fn pin(&mut self, store: &Store) {
        let known = store.workload(&self.id());
        self.uid = known.map(|job| Arc::clone(&job.meta.uid));
    }
}
