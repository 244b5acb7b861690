//! The kubectl commands of the fixes that change a workload, a ServiceAccount's list or a Pod, for the
//! target of the finding.
//!
//! Where the API server refuses the change (the template of a Job, the `imagePullSecrets` of a Pod), the
//! object is deleted and created again: `kubectl replace --force`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    FixId, Names,
    target::{FixTarget, ListOrigin, PodOwner},
};
use crate::domain::{
    key::{Key, Name},
    objects::{ImageVolume, Pod, Secret, Workload, WorkloadKey},
    shell,
};

/// The commands of a fix whose commands depend on its target; `None` for the other fixes.
pub(super) fn of(fix: FixId, target: &FixTarget, names: &Names) -> Option<Vec<String>> {
    let right = names.matching.as_deref().or(names.secret.as_deref());
    Some(match fix {
        FixId::AttachSecret => {
            let add = Name::new(right.unwrap_or("SECRET"));
            attach(target, names, &add)
        }
        FixId::CorrectSecretName => correct_name(target, names),
        FixId::UseServiceAccount => {
            let holder = names.holder.as_deref().unwrap_or("SERVICEACCOUNT");
            set_account(target, holder)
        }
        FixId::CreateServiceAccount => {
            let mut lines = vec![target.kubectl(&format!(
                "create serviceaccount {}",
                shell::word(target.service_account.as_str())
            ))];
            if let PodOwner::Rolling(id) = &target.owner {
                lines.push(target.restart(id));
            }
            lines
        }
        FixId::RetryNow if target.owner.recreates_pods() => {
            target.delete_pod().into_iter().collect()
        }
        FixId::Restart | FixId::RetryNow | FixId::RecreatePod => renew(target, None),
        FixId::UndoRollout => {
            let id = target.owner.workload()?;
            vec![target.kubectl(&format!("rollout undo {}", id.kubectl()))]
        }
        FixId::CorrectImage => correct_image(target, "IMAGE"),
        FixId::WriteFullName => correct_image(target, names.image.as_deref().unwrap_or("IMAGE")),
        FixId::PullPolicy => edit(target),
        FixId::DebugAgain => debug(target),
        _ => return None,
    })
}

impl FixTarget {
    fn kubectl(&self, rest: &str) -> String {
        format!("kubectl -n {} {rest}", self.namespace)
    }

    fn restart(&self, id: &WorkloadKey) -> String {
        self.kubectl(&format!("rollout restart {}", id.kubectl()))
    }

    fn delete_pod(&self) -> Option<String> {
        let pod = self.pod.as_ref()?;
        Some(self.kubectl(&format!("delete pod {}", pod.name)))
    }

    fn delete_job(&self, job: Option<&Key<Workload>>) -> Option<String> {
        Some(self.kubectl(&format!("delete job {}", job?.name)))
    }

    /// Deletes an object and creates it again, changed by a jq filter.
    fn replaced(&self, object: &str, filter: &str) -> String {
        format!(
            "{} -o json | jq {} | {}",
            self.kubectl(&format!("get {object}")),
            shell::word(filter),
            self.kubectl("replace --force -f -")
        )
    }

    /// Deletes a Pod without a controller and creates it again; the scheduler chooses its node anew.
    fn replaced_pod(&self, pod: &Key<Pod>, filter: &str) -> String {
        let filter = format!("del(.status, .spec.nodeName){filter}");
        self.replaced(&format!("pod {}", pod.name), &filter)
    }

    /// Deletes a Job and creates it again; the server gives it a new selector with new labels.
    fn replaced_job(&self, id: &WorkloadKey, filter: &str) -> String {
        let filter = format!("del(.status, .spec.selector, {CONTROLLER_LABELS}){filter}");
        self.replaced(&format!("job {}", id.key.name), &filter)
    }
}

/// The labels that the API server writes into a Job for its selector, by their old and their new names.
const CONTROLLER_LABELS: &str = r#".metadata.labels["controller-uid"], .metadata.labels["batch.kubernetes.io/controller-uid"], .spec.template.metadata.labels["controller-uid"], .spec.template.metadata.labels["batch.kubernetes.io/controller-uid"]"#;

/// What has to be edited by hand in an object of a kind that is not known here.
fn edit_other(target: &FixTarget, kind: &str, name: &str) -> String {
    // Above a ReplicaSet that has not been seen there may be a Deployment.
    let object = if kind == "ReplicaSet" {
        "deployment/NAME".to_owned()
    } else {
        shell::word(&format!("{}/{name}", kind.to_lowercase()))
    };
    target.kubectl(&format!("edit {object}"))
}

fn correct_image(target: &FixTarget, image: &str) -> Vec<String> {
    match &target.volume {
        Some(volume) => set_volume_image(target, volume, image),
        None => set_image(target, image),
    }
}

/// Sets the image of a volume: `kubectl set image` knows only containers, and the volumes of a Pod are
/// immutable. The volumes of a list are merged by name (`patchMergeKey`), so the others stay.
fn set_volume_image(target: &FixTarget, volume: &ImageVolume, image: &str) -> Vec<String> {
    let name = &*volume.name;
    let volumes = json!([{ "name": name, "image": { "reference": image } }]);
    let template = json!({ "spec": { "template": { "spec": { "volumes": volumes } } } });
    let patch = |object: &str, patch: &Value| {
        let patch = shell::word(&patch.to_string());
        target.kubectl(&format!("patch {object} -p {patch}"))
    };
    let path = format!(
        "(.volumes[]? | select(.name == {}) | .image.reference) = {}",
        json!(name),
        json!(image)
    );
    match (&target.owner, &target.pod) {
        (PodOwner::None, Some(pod)) => {
            vec![target.replaced_pod(pod, &format!(" | .spec |= ({path})"))]
        }
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Rolling(id), _) => vec![patch(&id.kubectl(), &template)],
        (PodOwner::ReplicaSet(id), _) => [patch(&id.kubectl(), &template)]
            .into_iter()
            .chain(target.delete_pod())
            .collect(),
        (PodOwner::CronJob { id, job }, _) => {
            let template = json!({ "spec": { "jobTemplate": template } });
            [patch(&id.kubectl(), &template)]
                .into_iter()
                .chain(target.delete_job(job.as_ref()))
                .collect()
        }
        (PodOwner::Job(id), _) => {
            vec![target.replaced_job(id, &format!(" | .spec.template.spec |= ({path})"))]
        }
        (PodOwner::Other { kind, name }, _) => vec![edit_other(target, kind, name)],
    }
}

fn set_image(target: &FixTarget, image: &str) -> Vec<String> {
    let Some(container) = &target.container else {
        return Vec::new();
    };
    let assignment = shell::word(&format!("{}={image}", container.name));
    let set = |object: &str| target.kubectl(&format!("set image {object} {assignment}"));
    if container.template_image.is_none() && target.owner.workload().is_some() {
        return Vec::new();
    }
    match (&target.owner, &target.pod) {
        (PodOwner::None, Some(pod)) => vec![set(&format!("pod/{}", pod.name))],
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Rolling(id), _) => vec![set(&id.kubectl())],
        (PodOwner::ReplicaSet(id), _) => [set(&id.kubectl())]
            .into_iter()
            .chain(target.delete_pod())
            .collect(),
        (PodOwner::CronJob { id, job }, _) => [set(&id.kubectl())]
            .into_iter()
            .chain(target.delete_job(job.as_ref()))
            .collect(),
        (PodOwner::Job(id), _) => {
            let filter = format!(
                " | (.spec.template.spec | (.containers, .initContainers) | .[]? | select(.name == {}) | .image) = {}",
                json!(&*container.name),
                json!(image)
            );
            vec![target.replaced_job(id, &filter)]
        }
        (PodOwner::Other { kind, name }, _) => match &**kind {
            "ReplicaSet" => vec![set("deployment/NAME")],
            _ => vec![edit_other(target, kind, name)],
        },
    }
}

fn set_account(target: &FixTarget, account: &str) -> Vec<String> {
    let set = |id: &WorkloadKey| {
        let account = shell::word(account);
        target.kubectl(&format!("set serviceaccount {} {account}", id.kubectl()))
    };
    let name = json!(account);
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(id), _) => vec![set(id)],
        (PodOwner::ReplicaSet(id), _) => [set(id)].into_iter().chain(target.delete_pod()).collect(),
        (PodOwner::CronJob { id, job }, _) => [set(id)]
            .into_iter()
            .chain(target.delete_job(job.as_ref()))
            .collect(),
        (PodOwner::Job(id), _) => {
            let filter = format!(
                " | .spec.template.spec.serviceAccountName = {name} | .spec.template.spec.serviceAccount = {name}"
            );
            vec![target.replaced_job(id, &filter)]
        }
        (PodOwner::None, Some(pod)) => {
            let filter = format!(
                " | del(.spec.imagePullSecrets) | .spec.serviceAccountName = {name} | .spec.serviceAccount = {name}"
            );
            vec![target.replaced_pod(pod, &filter)]
        }
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Other { kind, name }, _) => vec![edit_other(target, kind, name)],
    }
}

/// New Pods: with the ServiceAccount's list as it is now, or with this list of their own.
fn renew(target: &FixTarget, own: Option<&Value>) -> Vec<String> {
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(id), _) => vec![target.restart(id)],
        (PodOwner::None, Some(pod)) => {
            let list = match (own, &target.list_origin) {
                (Some(list), _) => format!(" | .spec.imagePullSecrets = {list}"),
                (None, ListOrigin::ServiceAccount) => " | del(.spec.imagePullSecrets)".to_owned(),
                (None, ListOrigin::Template(_)) => String::new(),
            };
            vec![target.replaced_pod(pod, &list)]
        }
        (PodOwner::Other { kind, name }, _) if !target.owner.recreates_pods() => {
            vec![format!(
                "# a static Pod: edit its manifest on {} {name}",
                kind.to_lowercase()
            )]
        }
        _ => target.delete_pod().into_iter().collect(),
    }
}

/// Puts a list into the Pod template that has a list of its own.
fn set_template_list(target: &FixTarget, list: &[Arc<str>]) -> Vec<String> {
    let references: Value = list.iter().map(|name| json!({ "name": &**name })).collect();
    let patch = |id: &WorkloadKey, patch: &Value| {
        let patch = shell::word(&patch.to_string());
        target.kubectl(&format!("patch {} --type=merge -p {patch}", id.kubectl()))
    };
    let template =
        json!({ "spec": { "template": { "spec": { "imagePullSecrets": references } } } });
    match &target.owner {
        PodOwner::Rolling(id) => vec![patch(id, &template)],
        PodOwner::ReplicaSet(id) => [patch(id, &template)]
            .into_iter()
            .chain(target.delete_pod())
            .collect(),
        PodOwner::CronJob { id, job } => {
            [patch(id, &json!({ "spec": { "jobTemplate": template } }))]
                .into_iter()
                .chain(target.delete_job(job.as_ref()))
                .collect()
        }
        PodOwner::Job(id) => {
            let filter = format!(" | .spec.template.spec.imagePullSecrets = {references}");
            vec![target.replaced_job(id, &filter)]
        }
        PodOwner::None => renew(target, Some(&references)),
        PodOwner::Other { kind, name } => vec![edit_other(target, kind, name)],
    }
}

fn attach(target: &FixTarget, names: &Names, add: &Name<Secret>) -> Vec<String> {
    match &target.list_origin {
        ListOrigin::Template(list) => {
            let kept = list.iter().filter(|name| *name != add).map(Name::shared);
            let list: Vec<Arc<str>> = kept.chain([add.shared()]).collect();
            set_template_list(target, &list)
        }
        ListOrigin::ServiceAccount => {
            let mut lines = vec![target.kubectl(&format!(
                "patch serviceaccount {} {}",
                shell::word(target.service_account.as_str()),
                names.attach()
            ))];
            lines.extend(renew(target, None));
            lines
        }
    }
}

/// A name in a list that no Secret has, and the one that is meant where it is known.
fn correct_name(target: &FixTarget, names: &Names) -> Vec<String> {
    let wrong = names.secret.as_deref();
    let right = names.matching.as_deref();
    let look = target.kubectl("get secrets --field-selector type=kubernetes.io/dockerconfigjson");
    let corrected = |list: &mut dyn Iterator<Item = &str>| -> Vec<Arc<str>> {
        let right = right.unwrap_or("SECRET");
        let names = list.map(|name| if Some(name) == wrong { right } else { name });
        let mut list: Vec<Arc<str>> = Vec::new();
        for name in names {
            if !list.iter().any(|other| **other == *name) {
                list.push(name.into());
            }
        }
        list
    };
    let mut lines = if right.is_some() {
        Vec::new()
    } else {
        vec![look]
    };
    match (&target.list_origin, &names.account_lists) {
        (ListOrigin::Template(list), _) => {
            let list = corrected(&mut list.iter().map(Name::as_str));
            lines.extend(set_template_list(target, &list));
        }
        (ListOrigin::ServiceAccount, Some(list)) => {
            let list = corrected(&mut list.iter().map(String::as_str));
            let references: Value = list.iter().map(|name| json!({ "name": &**name })).collect();
            let patch = json!({ "imagePullSecrets": references });
            let account = shell::word(target.service_account.as_str());
            lines.push(target.kubectl(&format!(
                "patch serviceaccount {account} -p {}",
                shell::word(&patch.to_string())
            )));
            lines.extend(renew(target, None));
        }
        (ListOrigin::ServiceAccount, None) => {
            let account = shell::word(target.service_account.as_str());
            lines.push(target.kubectl(&format!("edit serviceaccount {account}")));
            lines.extend(renew(target, None));
        }
    }
    lines
}

fn edit(target: &FixTarget) -> Vec<String> {
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(id) | PodOwner::ReplicaSet(id) | PodOwner::CronJob { id, .. }, _) => {
            vec![target.kubectl(&format!("edit {}", id.kubectl()))]
        }
        (PodOwner::Job(id), _) => {
            let policy = policy_of(target);
            vec![target.replaced_job(id, &format!(" | (.spec.template.spec{policy}"))]
        }
        (PodOwner::None, Some(pod)) => {
            let policy = policy_of(target);
            vec![target.replaced_pod(pod, &format!(" | (.spec{policy}"))]
        }
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Other { kind, name }, _) => vec![edit_other(target, kind, name)],
    }
}

/// The rest of a jq path to the pull policy of a container or an image volume, with its new value.
fn policy_of(target: &FixTarget) -> String {
    if let Some(volume) = &target.volume {
        return format!(
            " | .volumes[]? | select(.name == {}) | .image.pullPolicy) = \"IfNotPresent\"",
            json!(&*volume.name)
        );
    }
    let container = target.container.as_ref();
    let name = container.map_or("CONTAINER", |container| &*container.name);
    format!(
        " | (.containers, .initContainers) | .[]? | select(.name == {}) | .imagePullPolicy) = \"IfNotPresent\"",
        json!(name)
    )
}

/// A container that was added to a Pod stays in it; another one can be added.
fn debug(target: &FixTarget) -> Vec<String> {
    let Some(pod) = &target.pod else {
        return Vec::new();
    };
    vec![target.kubectl(&format!("debug -it {} --image=IMAGE", pod.name))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        objects::{ContainerRole, Owner, PullPolicy, WorkloadKind},
        sample::{self, running, workload},
    };

    fn target(kind: Option<WorkloadKind>, own_list: &[&str]) -> FixTarget {
        let mut pod = sample::pod("shop", "web-1", running());
        let mut found = workload(kind.unwrap_or(WorkloadKind::Job), "shop", "web", None);
        found.pull_secrets = own_list.iter().map(|name| Name::new(*name)).collect();
        if kind == Some(WorkloadKind::CronJob) {
            pod.meta.owner = Some(Arc::new(Owner {
                kind: "Job".into(),
                name: "web-29".into(),
                uid: "u".into(),
            }));
        }
        let account_lists = [Name::new("regcred")];
        let workload = kind.map(|_| &found);
        FixTarget::of_pod(&pod, "app", workload, Some(&account_lists))
    }

    fn names() -> Names {
        Names {
            namespace: Some("shop".into()),
            service_account: Some("runner".into()),
            account_lists: Some(vec!["regcred".into()]),
            secret: Some("regcred".into()),
            matching: Some("hub".into()),
            holder: Some("puller".into()),
            ..Names::default()
        }
    }

    fn commands(fix: FixId, kind: Option<WorkloadKind>, own_list: &[&str]) -> Vec<String> {
        of(fix, &target(kind, own_list), &names()).unwrap()
    }

    #[test]
    fn only_what_rolls_is_restarted_and_only_what_comes_back_is_deleted() {
        for kind in WorkloadKind::ALL.into_iter().map(Some).chain([None]) {
            let lines = commands(FixId::Restart, kind, &[]).join("\n");
            let expected = match kind {
                Some(WorkloadKind::Deployment) => "rollout restart deployment/web",
                Some(WorkloadKind::StatefulSet) => "rollout restart statefulset/web",
                Some(WorkloadKind::DaemonSet) => "rollout restart daemonset/web",
                Some(WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::CronJob) => {
                    "delete pod web-1"
                }
                None => "replace --force",
            };
            assert!(lines.contains(expected), "{kind:?}: {lines}");
        }
    }

    #[test]
    fn an_image_is_set_where_the_server_takes_it() {
        let lines = |kind| commands(FixId::CorrectImage, kind, &[]);
        let set = |object: &str| format!("kubectl -n shop set image {object} app=IMAGE");
        assert_eq!(lines(None), [set("pod/web-1")]);
        assert_eq!(
            lines(Some(WorkloadKind::Deployment)),
            [set("deployment/web")]
        );
        assert_eq!(
            lines(Some(WorkloadKind::CronJob)),
            [
                set("cronjob/web"),
                "kubectl -n shop delete job web-29".to_owned()
            ]
        );
        let job = lines(Some(WorkloadKind::Job)).join("\n");
        assert!(job.contains("replace --force"), "{job}");
        assert!(!job.contains("set image"), "{job}");
    }

    #[test]
    fn the_image_of_a_volume_is_set_in_the_volume() {
        let lines = |kind| {
            let mut target = target(kind, &[]);
            target.volume = Some(ImageVolume {
                name: "model".into(),
                image: "r.example/model:9.9".into(),
                policy: PullPolicy::IfNotPresent,
            });
            of(FixId::CorrectImage, &target, &names()).unwrap()
        };
        let template = r#"{"spec":{"template":{"spec":{"volumes":[{"image":{"reference":"IMAGE"},"name":"model"}]}}}}"#;
        for kind in [
            WorkloadKind::Deployment,
            WorkloadKind::StatefulSet,
            WorkloadKind::DaemonSet,
        ] {
            let object = format!("{}/web", kind.as_str().to_lowercase());
            assert_eq!(
                lines(Some(kind)),
                [format!("kubectl -n shop patch {object} -p '{template}'")]
            );
        }
        assert_eq!(
            lines(Some(WorkloadKind::CronJob)),
            [
                format!(
                    r#"kubectl -n shop patch cronjob/web -p '{{"spec":{{"jobTemplate":{template}}}}}'"#
                ),
                "kubectl -n shop delete job web-29".to_owned()
            ]
        );
        for kind in [None, Some(WorkloadKind::Job)] {
            let line = lines(kind).join("\n");
            assert!(line.contains("replace --force"), "{line}");
            assert!(line.contains("image.reference"), "{line}");
        }
        for kind in WorkloadKind::ALL.into_iter().map(Some).chain([None]) {
            assert!(!lines(kind).join("\n").contains("set image"), "{kind:?}");
        }
    }

    #[test]
    fn the_list_that_counts_is_edited() {
        let attach = |kind, own: &[&str]| commands(FixId::AttachSecret, kind, own);
        let own = attach(Some(WorkloadKind::Deployment), &["mirror"]);
        assert_eq!(
            own,
            [
                r#"kubectl -n shop patch deployment/web --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"mirror"},{"name":"hub"}]}}}}'"#
            ]
        );
        let of_account = attach(Some(WorkloadKind::Deployment), &[]);
        assert_eq!(
            of_account,
            [
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"},{"name":"hub"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ]
        );
        let wrong = commands(
            FixId::CorrectSecretName,
            Some(WorkloadKind::Deployment),
            &["regcred", "mirror"],
        );
        assert_eq!(
            wrong,
            [
                r#"kubectl -n shop patch deployment/web --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"hub"},{"name":"mirror"}]}}}}'"#
            ]
        );
    }

    #[test]
    fn a_container_that_a_webhook_injected_is_in_no_template() {
        let mut target = target(Some(WorkloadKind::Deployment), &[]);
        let container = target.container.as_mut().unwrap();
        container.template_image = None;
        assert_eq!(set_image(&target, "IMAGE"), Vec::<String>::new());
        container_is_ephemeral(target);
    }

    fn container_is_ephemeral(mut target: FixTarget) {
        target.container.as_mut().unwrap().role = ContainerRole::Ephemeral;
        assert!(!target.is_retried_by_delete());
        assert_eq!(
            debug(&target),
            ["kubectl -n shop debug -it web-1 --image=IMAGE"]
        );
    }
}
