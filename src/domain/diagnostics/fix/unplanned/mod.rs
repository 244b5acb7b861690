//! kubectl commands for what a plan does not change.
//!
//! The API server refuses another template for a Job, and other `imagePullSecrets` for a Pod; of other owners
//! the product changes the template only where that replaces the Pods. There the object is changed by hand, or
//! deleted and created again: `kubectl replace --force`.

mod image;

use serde_json::{Value, json};

use self::image::image;
pub(super) use self::image::pull_policy;

use super::{
    FixAction,
    target::{FixTarget, ListOrigin, PodOwner, TemplateRollout},
};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret, ServiceAccount, Workload, WorkloadKind, WorkloadRef},
    },
    plan::{manifest, replace_pull_secret},
    shell,
};

/// The commands that the action's plan lacks for this target.
pub(in crate::domain) fn unplanned(action: &FixAction, target: &FixTarget) -> Vec<String> {
    // What is in no template is not to be changed at all.
    if target.is_ephemeral() {
        return Vec::new();
    }
    match action {
        FixAction::AttachSecret { secret } => listed(target, secret, None),
        FixAction::CorrectSecretName { wrong, right } => listed(target, right, Some(wrong)),
        FixAction::CreateSecret(new) | FixAction::Authenticate(new) => {
            listed(target, &new.key.name, None)
        }
        FixAction::RecreateSecret(current) | FixAction::NewToken(current) => {
            listed(target, &current.secret.name, None)
        }
        FixAction::CorrectServer { secret, .. }
        | FixAction::RemoveEntry { secret, .. }
        | FixAction::ConvertType { secret }
        | FixAction::CopySecret { to: secret, .. } => listed(target, &secret.name, None),
        FixAction::UseServiceAccount { account } => run_as(target, account),
        FixAction::Restart | FixAction::RetryNow => recreate(target),
        FixAction::CorrectImage => image(target, "IMAGE"),
        FixAction::UseSuggestedImage { image: name } | FixAction::WriteFullName { image: name } => {
            image(target, name)
        }
        FixAction::CreateServiceAccount => Vec::new(),
    }
}

/// Adds to the list of a ServiceAccount that was not read and may have no list. The list is atomic
/// (`core/v1`, `+listType=atomic`): a merge patch would replace what is in it, and a JSON patch that appends fails
/// if there is no list.
pub(in crate::domain) fn append_to_list(
    account: &ObjectRef<ServiceAccount>,
    secret: &Name<Secret>,
) -> String {
    let entry = json!({ "name": secret.as_str() });
    let filter = format!(".imagePullSecrets |= ((. // []) - [{entry}] + [{entry}])");
    format!(
        "kubectl -n {namespace} get serviceaccount {} -o json | jq {} | kubectl -n {namespace} replace -f -",
        shell::quote(account.name.as_str()),
        shell::quote(&filter),
        namespace = account.namespace,
    )
}

/// Opens a ServiceAccount whose list was not read.
pub(in crate::domain) fn edit_account(account: &ObjectRef<ServiceAccount>) -> String {
    format!(
        "kubectl -n {} edit serviceaccount {}",
        account.namespace,
        shell::quote(account.name.as_str())
    )
}

impl FixTarget {
    fn kubectl(&self, rest: &str) -> String {
        format!("kubectl -n {} {rest}", self.namespace)
    }

    fn delete_pod(&self) -> Option<String> {
        let pod = self.pod.as_ref()?;
        Some(self.kubectl(&format!("delete pod {}", pod.name)))
    }

    /// Brings a changed template to the Pod where its controller does not. The template is changed before: a
    /// lower partition rolls out the one that is there.
    fn roll_out(&self) -> Vec<String> {
        match (&self.owner, self.template_rollout) {
            (PodOwner::Rolling(id), TemplateRollout::BelowPartition(_)) => {
                let none = json!({ "spec": { "updateStrategy": { "rollingUpdate": { "partition": 0 } } } });
                let patch = shell::quote(&none.to_string());
                let lower = self.kubectl(&format!("patch {} -p {patch}", id.kubectl()));
                [lower].into_iter().chain(self.delete_pod()).collect()
            }
            (PodOwner::Rolling(id), TemplateRollout::Paused) => {
                vec![self.kubectl(&format!("rollout resume {}", id.kubectl()))]
            }
            (PodOwner::Rolling(id), TemplateRollout::Automatic)
                if id.kind != WorkloadKind::StatefulSet =>
            {
                Vec::new()
            }
            (PodOwner::Rolling(_) | PodOwner::ReplicaSet(_), _) => {
                self.delete_pod().into_iter().collect()
            }
            (
                PodOwner::None
                | PodOwner::StaticPod { .. }
                | PodOwner::Job(_)
                | PodOwner::CronJob { .. }
                | PodOwner::Other { .. },
                _,
            ) => Vec::new(),
        }
    }

    fn delete_job(&self, job: Option<&ObjectRef<Workload>>) -> Option<String> {
        Some(self.kubectl(&format!("delete job {}", job?.name)))
    }

    /// Deletes an object and creates it again, changed by a jq filter.
    fn replaced(&self, object: &str, filter: &str) -> String {
        format!(
            "{} -o json | jq {} | {}",
            self.kubectl(&format!("get {object}")),
            shell::quote(filter),
            self.kubectl("replace --force -f -")
        )
    }

    /// Deletes a Pod without a controller and creates it again; the scheduler chooses its node anew.
    fn replaced_pod(&self, pod: &ObjectRef<Pod>, filter: &str) -> String {
        let filter = format!("del(.status, .spec.nodeName){filter}");
        self.replaced(&format!("pod {}", pod.name), &filter)
    }

    /// Deletes a Job and creates it again; the server gives it a new selector with new labels.
    fn replaced_job(&self, job: &ObjectRef<Workload>, filter: &str) -> String {
        let filter = format!("del(.status, .spec.selector, {CONTROLLER_LABELS}){filter}");
        self.replaced(&format!("job {}", job.name), &filter)
    }
}

/// Labels that the API server sets on a Job for its selector, old and new names.
const CONTROLLER_LABELS: &str = r#".metadata.labels["controller-uid"], .metadata.labels["batch.kubernetes.io/controller-uid"], .spec.template.metadata.labels["controller-uid"], .spec.template.metadata.labels["batch.kubernetes.io/controller-uid"]"#;

/// The file of a static Pod is changed on its node; the kubelet looks at it every 20 s.
fn edit_manifest(node: &str) -> String {
    format!(
        "# a static Pod: edit its manifest on node {node}, in /etc/kubernetes/manifests as a rule"
    )
}

/// Kinds whose spec cannot be changed after creation: Tekton's runs (tektoncd/pipeline `pkg/apis/pipeline/v1`,
/// validation of updates; from memory, not opened).
const IMMUTABLE_KINDS: [&str; 3] = ["TaskRun", "PipelineRun", "CustomRun"];

/// What has to be edited by hand in an object of a kind that is not known here.
fn edit_other(target: &FixTarget, kind: &str, name: &str) -> String {
    if IMMUTABLE_KINDS.contains(&kind) {
        return format!(
            "# {kind} {name} is immutable: correct what creates it, then create it again"
        );
    }
    // Above a ReplicaSet that has not been seen there may be a Deployment.
    let object = if kind == "ReplicaSet" {
        "deployment/NAME".to_owned()
    } else {
        shell::quote(&format!("{}/{name}", kind.to_lowercase()))
    };
    target.kubectl(&format!("edit {object}"))
}

/// Another ServiceAccount where the plan sets none.
fn run_as(target: &FixTarget, account: &Name<ServiceAccount>) -> Vec<String> {
    let set = |id: &WorkloadRef| {
        let account = shell::quote(account.as_str());
        target.kubectl(&format!("set serviceaccount {} {account}", id.kubectl()))
    };
    let name = json!(account.as_str());
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(_), _) if !is_held_by_partition(target) => Vec::new(),
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Rolling(id) | PodOwner::ReplicaSet(id), _) => {
            [set(id)].into_iter().chain(target.roll_out()).collect()
        }
        (PodOwner::CronJob { id, job }, _) => [set(id)]
            .into_iter()
            .chain(target.delete_job(job.as_ref()))
            .collect(),
        (PodOwner::Job(id), _) => {
            let filter = format!(
                " | .spec.template.spec.serviceAccountName = {name} | .spec.template.spec.serviceAccount = {name}"
            );
            vec![target.replaced_job(&id.key, &filter)]
        }
        (PodOwner::None, Some(pod)) => {
            let filter = format!(
                " | del(.spec.imagePullSecrets) | .spec.serviceAccountName = {name} | .spec.serviceAccount = {name}"
            );
            vec![target.replaced_pod(pod, &filter)]
        }
        (PodOwner::StaticPod { node }, _) => vec![edit_manifest(node)],
        (PodOwner::Other { kind, name, .. }, _) => vec![edit_other(target, kind, name)],
    }
}

/// Whether the plan leaves the template as it is, for a changed one does not reach the Pod.
fn is_held_by_partition(target: &FixTarget) -> bool {
    matches!(target.template_rollout, TemplateRollout::BelowPartition(_))
}

/// Creates the Pod again if no controller does: with the ServiceAccount's current list, unless the Pod has its own.
pub(super) fn recreate(target: &FixTarget) -> Vec<String> {
    match (&target.owner, &target.pod) {
        (PodOwner::None, Some(pod)) => {
            let list = match &target.list_origin {
                ListOrigin::ServiceAccount => " | del(.spec.imagePullSecrets)",
                ListOrigin::Template(_) => "",
            };
            vec![target.replaced_pod(pod, list)]
        }
        // A Job counts a deleted Pod as a failure.
        (PodOwner::Job(id), _) => vec![target.replaced_job(&id.key, "")],
        (PodOwner::CronJob { job, .. }, _) => {
            let job = job.iter();
            job.map(|job| target.replaced_job(job, "")).collect()
        }
        (PodOwner::StaticPod { node }, _) => vec![edit_manifest(node)],
        (PodOwner::Other { kind, name, .. }, _) if !target.owner.recreates_pods() => {
            vec![format!(
                "# create {kind}/{name} again, or wait for its controller"
            )]
        }
        (
            PodOwner::None
            | PodOwner::Rolling(_)
            | PodOwner::ReplicaSet(_)
            | PodOwner::Other { .. },
            _,
        ) => Vec::new(),
    }
}

/// A Secret in the list that counts, and new Pods, where the plan does neither.
fn listed(
    target: &FixTarget,
    secret: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
) -> Vec<String> {
    if target.listed.contains(secret) {
        // The kubelet's next attempt reads it.
        return Vec::new();
    }
    match &target.list_origin {
        ListOrigin::Template(list) => {
            set_template_list(target, &replace_pull_secret(list, secret, instead_of))
        }
        ListOrigin::ServiceAccount => recreate(target),
    }
}

/// Writes the list of a Pod template that has one of its own.
fn set_template_list(target: &FixTarget, list: &[Name<Secret>]) -> Vec<String> {
    let references = manifest::references(list);
    let patch = |id: &WorkloadRef, patch: &Value| {
        let patch = shell::quote(&patch.to_string());
        target.kubectl(&format!("patch {} --type=merge -p {patch}", id.kubectl()))
    };
    let template =
        json!({ "spec": { "template": { "spec": { "imagePullSecrets": references } } } });
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(_), _) if !is_held_by_partition(target) => Vec::new(),
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Rolling(id) | PodOwner::ReplicaSet(id), _) => [patch(id, &template)]
            .into_iter()
            .chain(target.roll_out())
            .collect(),
        (PodOwner::CronJob { id, job }, _) => {
            [patch(id, &json!({ "spec": { "jobTemplate": template } }))]
                .into_iter()
                .chain(target.delete_job(job.as_ref()))
                .collect()
        }
        (PodOwner::Job(id), _) => {
            let filter = format!(" | .spec.template.spec.imagePullSecrets = {references}");
            vec![target.replaced_job(&id.key, &filter)]
        }
        (PodOwner::None, Some(pod)) => {
            let filter = format!(" | .spec.imagePullSecrets = {references}");
            vec![target.replaced_pod(pod, &filter)]
        }
        (PodOwner::StaticPod { node }, _) => vec![edit_manifest(node)],
        (PodOwner::Other { kind, name, .. }, _) => vec![edit_other(target, kind, name)],
    }
}

/// Rolls back to the previous revision.
pub(super) fn undo_rollout(target: &FixTarget) -> Vec<String> {
    let id = target.owner.workload();
    id.map(|id| target.kubectl(&format!("rollout undo {}", id.kubectl())))
        .into_iter()
        .collect()
}

/// Adds another debug container: one that was added to a Pod cannot be removed.
pub(super) fn debug(target: &FixTarget) -> Vec<String> {
    let Some(pod) = &target.pod else {
        return Vec::new();
    };
    vec![target.kubectl(&format!("debug -it {} --image=IMAGE", pod.name))]
}

#[cfg(test)]
pub(super) mod tests;
