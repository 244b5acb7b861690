//! Replaces Pods so that they get new pull secrets or retry without back-off, by what created them.

use super::{AttachSecret, Change, DetachSecret, Restartable, SetTemplatePullSecrets};
use crate::domain::{
    diagnostics::{FixTarget, ListOrigin, PodOwner},
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret, ServiceAccount, WorkloadKind},
    },
};

/// Maximum number of Pods that a plan deletes: more would amount to a restart.
pub(super) const MAX_DELETED_PODS: usize = 20;

/// Changes that replace the Pods of these targets.
///
/// Workloads that roll out are restarted; Pods of other controllers that create them again are deleted. A StatefulSet
/// waits for a Pod that never becomes ready, so that Pod is deleted too; with the update strategy `OnDelete` nothing
/// else replaces one. Nothing is done for the Pod of a Job, which would count as a failure, for one without a
/// controller, nor for a debug container.
pub fn replace_pods(targets: &[&FixTarget]) -> Vec<Change> {
    let mut restarts: Vec<Restartable> = Vec::new();
    let restarted = targets.iter().filter(|target| !target.is_on_delete);
    for workload in restarted.filter_map(|target| rolling(target)) {
        if !restarts.contains(&workload) {
            restarts.push(workload);
        }
    }
    let deleted = deleted(targets, |target| !rolls_over_failing_pods(target));
    restarts
        .into_iter()
        .map(Change::restart)
        .chain(deleted)
        .collect()
}

/// Changes that retry at once: waiting Pods are deleted if a controller creates them again.
pub fn retry_pods(targets: &[&FixTarget]) -> Vec<Change> {
    deleted(targets, |_| true).collect()
}

/// The stuck Pods of workloads with a changed template that are not replaced by themselves.
pub(super) fn stuck(targets: &[&FixTarget]) -> Vec<Change> {
    let is_kept =
        |target: &FixTarget| rolling(target).is_some() && !rolls_over_failing_pods(target);
    deleted(targets, is_kept).collect()
}

fn deleted<'a>(
    targets: &'a [&FixTarget],
    of: impl Fn(&FixTarget) -> bool + 'a,
) -> impl Iterator<Item = Change> + 'a {
    let pods = targets
        .iter()
        .filter(move |target| target.is_retried_by_delete() && of(target));
    let mut seen: Vec<&ObjectRef<Pod>> = Vec::new();
    pods.filter_map(move |target| {
        let pod = target.pod.as_ref()?;
        (!seen.contains(&pod)).then(|| {
            seen.push(pod);
            Change::retry_pod(pod.clone())
        })
    })
    .take(MAX_DELETED_PODS)
}

/// The workload that replaces its Pods when its template changes.
pub(super) fn rolling(target: &FixTarget) -> Option<Restartable> {
    match &target.owner {
        PodOwner::Rolling(id) if !target.is_ephemeral() => Restartable::new(id.clone()),
        PodOwner::Rolling(_)
        | PodOwner::None
        | PodOwner::ReplicaSet(_)
        | PodOwner::Job(_)
        | PodOwner::CronJob { .. }
        | PodOwner::Other { .. } => None,
    }
}

fn rolls_over_failing_pods(target: &FixTarget) -> bool {
    match &target.owner {
        PodOwner::Rolling(id) => id.kind != WorkloadKind::StatefulSet && !target.is_on_delete,
        PodOwner::None
        | PodOwner::ReplicaSet(_)
        | PodOwner::Job(_)
        | PodOwner::CronJob { .. }
        | PodOwner::Other { .. } => false,
    }
}

/// Changes that attach a Secret to these targets, in the list that counts for each, and replace Pods where needed.
///
/// Targets that list it already only retry. `current` is the list of the ServiceAccount.
pub fn attach_secret(
    account: &ObjectRef<ServiceAccount>,
    secret: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
    current: &[Name<Secret>],
    targets: &[&FixTarget],
) -> Vec<Change> {
    let (listing, lacking): (Vec<&FixTarget>, Vec<&FixTarget>) = targets
        .iter()
        .copied()
        .partition(|target| target.listed.contains(secret));
    let (by_account, own): (Vec<&FixTarget>, Vec<&FixTarget>) = lacking
        .into_iter()
        .partition(|target| target.list_origin == ListOrigin::ServiceAccount);
    let mut changes = Vec::new();
    if targets.is_empty() || !by_account.is_empty() {
        changes.extend(of_account(account, secret, instead_of, current));
    }
    changes.extend(in_templates(&own, secret, instead_of));
    changes.extend(replace_pods(&by_account));
    changes.extend(stuck(&own));
    changes.extend(retry_pods(&listing));
    changes
}

fn of_account(
    account: &ObjectRef<ServiceAccount>,
    secret: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
    current: &[Name<Secret>],
) -> Vec<Change> {
    let mut changes = Vec::new();
    if !current.contains(secret) {
        changes.push(Change::from(AttachSecret {
            account: account.clone(),
            secret: secret.clone(),
            current: current.to_vec(),
        }));
    }
    if let Some(wrong) = instead_of.filter(|wrong| current.contains(wrong)) {
        changes.push(Change::from(DetachSecret {
            account: account.clone(),
            secret: wrong.clone(),
            current: current.to_vec(),
        }));
    }
    changes
}

/// Each workload once, whose template has a list of its own.
fn in_templates(
    targets: &[&FixTarget],
    secret: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
) -> Vec<Change> {
    let mut done: Vec<Restartable> = Vec::new();
    let mut changes = Vec::new();
    for target in targets {
        let (Some(workload), ListOrigin::Template(list)) = (rolling(target), &target.list_origin)
        else {
            continue;
        };
        if done.contains(&workload) {
            continue;
        }
        done.push(workload.clone());
        changes.push(Change::from(SetTemplatePullSecrets {
            workload,
            add: secret.clone(),
            instead_of: instead_of.cloned(),
            current: list.to_vec(),
        }));
    }
    changes
}

/// Existing Pods that a new list of a ServiceAccount does not reach, as they are not created again.
pub fn pods_with_the_old_list(targets: &[&FixTarget], secret: &Name<Secret>) -> Vec<String> {
    let keeps = |target: &&&FixTarget| {
        let of_account = target.list_origin == ListOrigin::ServiceAccount;
        of_account && target.owner.is_job() && !target.listed.contains(secret)
    };
    let pods = targets.iter().filter(keeps);
    pods.filter_map(|target| target.pod.as_ref())
        .map(|pod| format!("Pod {pod} keeps its imagePullSecrets: delete and recreate its Job."))
        .collect()
}

/// What these changes do not reach, in one sentence each.
pub(super) fn not_reached(targets: &[&FixTarget]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for target in targets {
        let Some(pod) = &target.pod else { continue };
        let note = match (&target.owner, &target.list_origin) {
            _ if target.is_ephemeral() => format!(
                "The debug container in Pod {pod} cannot be changed: add a new one with kubectl debug."
            ),
            (PodOwner::None, _) => {
                format!("Pod {pod} has no controller: delete and recreate it.")
            }
            (PodOwner::Rolling(_), _) | (_, ListOrigin::ServiceAccount) => continue,
            (PodOwner::Job(id), ListOrigin::Template(_)) => {
                format!("{id} is not changed: a Job's Pod template is immutable.")
            }
            (PodOwner::ReplicaSet(id) | PodOwner::CronJob { id, .. }, ListOrigin::Template(_)) => {
                format!("{id} is not changed: its Pod template sets its own imagePullSecrets.")
            }
            (PodOwner::Other { kind, name }, ListOrigin::Template(_)) => {
                format!("pullscope cannot change {kind}/{name}.")
            }
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{self, running, workload};

    /// The server replaces none of these Pods for a changed annotation.
    #[test]
    fn pods_of_an_on_delete_workload_are_deleted_and_not_restarted() {
        let pod = fixtures::pod("shop", "agent-1", running());
        for (is_on_delete, commands) in [
            (false, ["kubectl -n shop rollout restart daemonset/agent"]),
            (true, ["kubectl -n shop delete pod agent-1 --wait=false"]),
        ] {
            let mut agent = workload(WorkloadKind::DaemonSet, "shop", "agent", None);
            agent.status.on_delete = is_on_delete;
            let target = FixTarget::for_pod(&pod, "app", Some(&agent), None);
            let changes = replace_pods(&[&target]).into_iter();
            let made: Vec<String> = changes.flat_map(|change| change.commands()).collect();
            assert_eq!(made, commands);
            assert_eq!(stuck(&[&target]).len(), usize::from(is_on_delete));
        }
    }
}
