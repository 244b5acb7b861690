//! The object that a change is made to.

use crate::{
    cluster::paths,
    domain::{
        objects::{Subject, WorkloadKey, WorkloadKind},
        plan::Change,
    },
};

/// The path of the object.
pub(super) fn subject(change: &Change) -> String {
    match change {
        Change::CreateNamespace(name) => paths::namespace(name),
        Change::CreateSecret { key, .. }
        | Change::EditSecret { key, .. }
        | Change::ConvertSecret { key, .. }
        | Change::DeleteSecret { key } => paths::secret(key),
        Change::CopySecret(copy) => paths::secret(&copy.to),
        Change::CreateAccount { key, .. } | Change::DeleteAccount { key } => paths::account(key),
        Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. } => {
            paths::account(account)
        }
        Change::SetAccount { workload, .. }
        | Change::SetTemplatePullSecrets { workload, .. }
        | Change::Restart(workload) => paths::workload(workload.id()),
        Change::SetImage { workload, .. } => match workload.subject() {
            Subject::Pod(key) => paths::pod(key),
            Subject::Workload(id) => paths::workload(id),
        },
        Change::CreateDeployment(deployment) => paths::workload(&deployment.id()),
        Change::SetPaused { deployment, .. } | Change::RollBack { deployment, .. } => {
            let kind = WorkloadKind::Deployment;
            let key = deployment.clone();
            paths::workload(&WorkloadKey { kind, key })
        }
        Change::DeletePod { pod, .. } => paths::pod(pod),
        Change::DeleteJob { job, .. } => paths::workload(&WorkloadKey {
            kind: WorkloadKind::Job,
            key: job.clone(),
        }),
        Change::TakeBack { change, .. } => subject(change),
    }
}

/// Whether an object is there afterwards that the server does not see in a rehearsal.
pub(super) fn makes(change: &Change) -> bool {
    match change {
        Change::CreateNamespace(_)
        | Change::CreateAccount { .. }
        | Change::CreateSecret { .. }
        | Change::CopySecret(_)
        | Change::CreateDeployment(_) => true,
        Change::TakeBack { change, .. } => matches!(
            **change,
            Change::DeleteAccount { .. } | Change::DeleteSecret { .. }
        ),
        Change::EditSecret { .. }
        | Change::ConvertSecret { .. }
        | Change::DeleteSecret { .. }
        | Change::DeleteAccount { .. }
        | Change::AttachSecret { .. }
        | Change::DetachSecret { .. }
        | Change::SetAccount { .. }
        | Change::SetImage { .. }
        | Change::SetTemplatePullSecrets { .. }
        | Change::Restart(_)
        | Change::SetPaused { .. }
        | Change::RollBack { .. }
        | Change::DeletePod { .. }
        | Change::DeleteJob { .. } => false,
    }
}
