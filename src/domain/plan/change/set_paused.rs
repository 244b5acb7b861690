//! A Deployment's rollout is paused or resumed.

use super::{Affects, Change, PlanChange, Purpose, RepositoryManifest, Undoable, Written};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Workload, WorkloadKind, WorkloadRef},
    },
    plan::{
        DiffLine, ExportFormat, Observed,
        commands::kubectl,
        permissions::on_object,
        preview::{added, removed, same},
    },
    rbac::Permission,
};

/// Pauses a Deployment's rollout, or resumes it.
#[derive(Clone, Debug)]
pub struct SetPaused {
    pub deployment: ObjectRef<Workload>,
    pub paused: bool,
    /// What must be there for the change to be made, as it was read from the server by the dry run, or left
    /// by the change that this one takes back; `None` until then.
    pub before: Option<Observed<bool>>,
}

impl SetPaused {
    /// Pauses or resumes; whether it is paused now is known after the dry run.
    pub fn new(deployment: ObjectRef<Workload>, paused: bool) -> Self {
        Self {
            deployment,
            paused,
            before: None,
        }
    }
}

impl PlanChange for SetPaused {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: self.deployment.clone(),
        })
    }

    fn sentence(&self) -> String {
        let verb = if self.paused { "Pause" } else { "Resume" };
        format!("{verb} rollout of Deployment {}", self.deployment)
    }

    fn preview(&self) -> Vec<DiffLine> {
        vec![
            same("spec:"),
            removed(format!("  paused: {}", !self.paused)),
            added(format!("  paused: {}", self.paused)),
        ]
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.deployment;
        let verb = if self.paused { "pause" } else { "resume" };
        vec![kubectl(
            namespace,
            format!("rollout {verb} deployment/{name}"),
        )]
    }

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
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        Vec::new()
    }

    fn is_creation(&self) -> bool {
        false
    }
}

impl Undoable for SetPaused {
    /// Whether the rollout was paused.
    type Before = Observed<bool>;

    /// Resumes or pauses the same Deployment again.
    fn undo(&self, was: Observed<bool>) -> Change {
        Change::SetPaused(Self {
            deployment: self.deployment.clone(),
            paused: was.value,
            before: Some(Observed {
                uid: was.uid,
                value: self.paused,
            }),
        })
    }
}
