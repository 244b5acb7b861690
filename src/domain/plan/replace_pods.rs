//! Replaces Pods so that they get new pull secrets or retry without back-off, by what created them.

use super::{AttachSecret, Change, DetachSecret, Restartable, SetPaused, SetTemplatePullSecrets};
use crate::domain::{
    diagnostics::{FixTarget, ListOrigin, PodOwner, TemplateRollout},
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret, ServiceAccount, WorkloadKind, WorkloadRef},
    },
};

/// Maximum number of Pods that a plan deletes: more would amount to a restart.
pub(super) const MAX_DELETED_PODS: usize = 20;

/// Changes that replace the Pods of these targets.
///
/// Workloads that roll out are restarted; Pods of other controllers that create them again are deleted. A StatefulSet
/// waits for a Pod that never becomes ready, so that Pod is deleted too. Where a changed template does not reach the Pod
/// (`OnDelete`, a paused Deployment, a partition), it is only deleted: admission gives the new one the ServiceAccount's
/// list. Nothing is done for the Pod of a Job, which would count as a failure, for one without a controller, nor for a
/// debug container.
pub fn replace_pods(targets: &[&FixTarget]) -> Vec<Change> {
    let mut restarts: Vec<Restartable> = Vec::new();
    let is_restarted = |target: &&&FixTarget| target.template_rollout == TemplateRollout::Automatic;
    let restarted = targets.iter().filter(is_restarted);
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

/// What a changed template needs beside: a paused Deployment is resumed, and the stuck Pods of workloads that do
/// not replace them by themselves are deleted.
pub(super) fn roll_out(targets: &[&FixTarget]) -> Vec<Change> {
    let mut resumed: Vec<&WorkloadRef> = Vec::new();
    for target in targets {
        if let Some(id) = paused(target)
            && !resumed.contains(&id)
        {
            resumed.push(id);
        }
    }
    let is_kept = |target: &FixTarget| {
        rolling_template(target).is_some()
            && paused(target).is_none()
            && !rolls_over_failing_pods(target)
    };
    let resumes = resumed
        .into_iter()
        .map(|id| SetPaused::new(id.key.clone(), false).into());
    resumes.chain(deleted(targets, is_kept)).collect()
}

/// The paused Deployment of a target.
fn paused(target: &FixTarget) -> Option<&WorkloadRef> {
    let is_paused = target.template_rollout == TemplateRollout::Paused;
    target.owner.workload().filter(|_| is_paused)
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
        | PodOwner::StaticPod { .. }
        | PodOwner::ReplicaSet(_)
        | PodOwner::Job(_)
        | PodOwner::CronJob { .. }
        | PodOwner::Other { .. } => None,
    }
}

/// The same where the changed template reaches the Pod.
pub(super) fn rolling_template(target: &FixTarget) -> Option<Restartable> {
    match target.template_rollout {
        TemplateRollout::Automatic | TemplateRollout::OnDelete | TemplateRollout::Paused => {
            rolling(target)
        }
        TemplateRollout::BelowPartition(_) => None,
    }
}

fn rolls_over_failing_pods(target: &FixTarget) -> bool {
    match &target.owner {
        PodOwner::Rolling(id) => {
            id.kind != WorkloadKind::StatefulSet
                && target.template_rollout == TemplateRollout::Automatic
        }
        PodOwner::None
        | PodOwner::StaticPod { .. }
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
    changes.extend(roll_out(&own));
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
        let (Some(workload), ListOrigin::Template(list)) =
            (rolling_template(target), &target.list_origin)
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
        if let Some(held) = target.held_template() {
            let is_reached = rolling_template(target).is_some();
            if target.list_origin != ListOrigin::ServiceAccount && !is_reached {
                notes.extend(Some(held).filter(|note| !notes.contains(note)));
                continue;
            }
        }
        let Some(pod) = &target.pod else { continue };
        let note = match (&target.owner, &target.list_origin) {
            _ if target.is_ephemeral() => format!(
                "The debug container in Pod {pod} cannot be changed: add a new one with kubectl debug."
            ),
            (PodOwner::None, _) => {
                format!("Pod {pod} has no controller: delete and recreate it.")
            }
            (PodOwner::StaticPod { node }, _) => {
                format!("Pod {pod} is static: edit its manifest on node {node}.")
            }
            (PodOwner::Rolling(_), _) | (_, ListOrigin::ServiceAccount) => continue,
            (PodOwner::Job(id), ListOrigin::Template(_)) => {
                format!("{id} is not changed: a Job's Pod template is immutable.")
            }
            (PodOwner::ReplicaSet(id) | PodOwner::CronJob { id, .. }, ListOrigin::Template(_)) => {
                format!("{id} is not changed: its Pod template sets its own imagePullSecrets.")
            }
            (PodOwner::Other { kind, name, .. }, ListOrigin::Template(_)) => {
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
            assert_eq!(commands_of(&replace_pods(&[&target])), commands);
            assert_eq!(roll_out(&[&target]).len(), usize::from(is_on_delete));
        }
    }

    fn commands_of(changes: &[Change]) -> Vec<String> {
        changes.iter().flat_map(Change::commands).collect()
    }

    /// `kubectl rollout restart` refuses a paused Deployment, and its ReplicaSet creates deleted Pods again.
    #[test]
    fn a_paused_deployment_is_resumed_for_a_template_and_not_restarted_for_a_list() {
        let pod = fixtures::pod("shop", "web-1", running());
        let mut web = workload(WorkloadKind::Deployment, "shop", "web", None);
        web.status.paused = true;
        let delete = "kubectl -n shop delete pod web-1 --wait=false";
        let target = FixTarget::for_pod(&pod, "app", Some(&web), None);
        assert_eq!(commands_of(&replace_pods(&[&target])), [delete]);
        web.pull_secrets = [Name::new("own")].into();
        let target = FixTarget::for_pod(&pod, "app", Some(&web), None);
        let account = ObjectRef::new(target.namespace.clone(), target.service_account.clone());
        let changes = attach_secret(&account, &Name::new("hub"), None, &[], &[&target]);
        assert_eq!(
            commands_of(&changes),
            [
                r#"kubectl -n shop patch deployment/web --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"own"},{"name":"hub"}]}}}}'"#,
                "kubectl -n shop rollout resume deployment/web",
            ]
        );
    }

    /// Below the partition the controller creates Pods from the old revision, whose list stays as it was.
    #[test]
    fn a_template_change_does_not_reach_pods_below_the_partition() {
        let mut db = workload(WorkloadKind::StatefulSet, "shop", "db", None);
        db.status.partition = 2;
        db.pull_secrets = [Name::new("own")].into();
        let account = ObjectRef::new(db.id.key.namespace.clone(), Name::new("default"));
        let attach =
            |target: &FixTarget| attach_secret(&account, &Name::new("hub"), None, &[], &[target]);
        for (name, changes) in [("db-1", 0), ("db-2", 2)] {
            let pod = fixtures::pod("shop", name, running());
            let target = FixTarget::for_pod(&pod, "app", Some(&db), None);
            assert_eq!(attach(&target).len(), changes, "{name}");
            let notes = not_reached(&[&target]);
            assert_eq!(notes.is_empty(), changes > 0, "{notes:?}");
        }
        // The list of the ServiceAccount is copied into each new Pod, of whatever revision.
        db.pull_secrets = [].into();
        let pod = fixtures::pod("shop", "db-0", running());
        let target = FixTarget::for_pod(&pod, "app", Some(&db), None);
        assert_eq!(
            commands_of(&replace_pods(&[&target])),
            ["kubectl -n shop delete pod db-0 --wait=false"]
        );
    }
}
