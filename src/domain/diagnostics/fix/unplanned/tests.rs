//! Tests of the commands of a fix, for each kind of owner.

use std::sync::Arc;

use super::*;
use crate::domain::{
    diagnostics::{FixContext, FixId},
    fixtures::{self, running, workload},
    k8s::objects::{ContainerRole, ImageVolume, OwnerReference, PullPolicy, WorkloadKind},
};

pub(in crate::domain::diagnostics::fix) fn target(
    kind: Option<WorkloadKind>,
    own_list: &[&str],
) -> FixTarget {
    let mut pod = fixtures::pod("shop", "web-1", running());
    let mut found = workload(kind.unwrap_or(WorkloadKind::Job), "shop", "web", None);
    found.pull_secrets = own_list.iter().map(|name| Name::new(*name)).collect();
    if kind == Some(WorkloadKind::CronJob) {
        pod.meta.owner = Some(Arc::new(OwnerReference {
            kind: "Job".into(),
            name: "web-29".into(),
            uid: "u".into(),
        }));
    }
    let account_lists = [Name::new("regcred")];
    let workload = kind.map(|_| &found);
    FixTarget::for_pod(&pod, "app", workload, Some(&account_lists))
}

/// Names of a finding with this target.
pub(in crate::domain::diagnostics::fix) fn fix_context(target: FixTarget) -> FixContext {
    FixContext {
        namespace: Some("shop".into()),
        pod: Some("web-1".into()),
        container: Some("app".into()),
        target: Some(Box::new(target)),
        service_account: Some("runner".into()),
        account_lists: Some(vec!["regcred".into()]),
        secret: Some("regcred".into()),
        matching_secret: Some("hub".into()),
        other_service_account: Some("puller".into()),
        ..FixContext::default()
    }
}

fn commands(fix: FixId, kind: Option<WorkloadKind>, own_list: &[&str]) -> Vec<String> {
    fix.render(&fix_context(target(kind, own_list))).commands
}

#[test]
fn only_what_rolls_is_restarted_and_only_what_comes_back_is_deleted() {
    for kind in WorkloadKind::ALL.into_iter().map(Some).chain([None]) {
        let lines = commands(FixId::Restart, kind, &[]).join("\n");
        let expected = match kind {
            Some(WorkloadKind::Deployment) => "rollout restart deployment/web",
            Some(WorkloadKind::StatefulSet) => "rollout restart statefulset/web",
            Some(WorkloadKind::DaemonSet) => "rollout restart daemonset/web",
            Some(WorkloadKind::ReplicaSet) => "delete pod web-1",
            // The Pod of a Job counts as a failure when it is deleted.
            Some(WorkloadKind::Job) => "get job web -o json",
            Some(WorkloadKind::CronJob) => "get job web-29 -o json",
            None => "replace --force",
        };
        assert!(lines.contains(expected), "{kind:?}: {lines}");
        let retry = commands(FixId::RetryNow, kind, &[]).join("\n");
        let is_job = matches!(kind, Some(WorkloadKind::Job | WorkloadKind::CronJob));
        assert!(!(is_job && retry.contains("delete pod")), "{retry}");
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
            "kubectl -n shop delete job web-29 --wait=false".to_owned()
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
        FixId::CorrectImage.render(&fix_context(target)).commands
    };
    let template = r#"{"spec":{"template":{"spec":{"volumes":[{"image":{"reference":"IMAGE"},"name":"model"}]}}}}"#;
    for kind in [
        WorkloadKind::Deployment,
        WorkloadKind::StatefulSet,
        WorkloadKind::DaemonSet,
    ] {
        let object = format!("{}/web", kind.as_str().to_lowercase());
        let patch = format!("kubectl -n shop patch {object} -p '{template}'");
        // A StatefulSet waits for a Pod that is stuck.
        let delete = "kubectl -n shop delete pod web-1".to_owned();
        let is_stuck = kind == WorkloadKind::StatefulSet;
        let expected = [Some(patch), is_stuck.then_some(delete)];
        let expected: Vec<String> = expected.into_iter().flatten().collect();
        assert_eq!(lines(Some(kind)), expected);
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
    let set = FixId::CorrectImage.render(&fix_context(target.clone()));
    assert_eq!(set.commands, Vec::<String>::new());
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

/// A Pod of a ReplicaSet that a controller of another kind owns.
fn of_rollout(own_list: &[&str]) -> FixTarget {
    let mut pod = fixtures::pod("shop", "web-1", running());
    pod.pull_secrets = own_list.iter().map(|name| Name::new(*name)).collect();
    let mut set = workload(WorkloadKind::ReplicaSet, "shop", "web-7d4", None);
    set.pull_secrets = Arc::clone(&pod.pull_secrets);
    set.meta.owner = Some(Arc::new(OwnerReference {
        kind: "Rollout".into(),
        name: "web".into(),
        uid: "u".into(),
    }));
    FixTarget::for_pod(&pod, "app", Some(&set), Some(&[Name::new("regcred")]))
}

/// The Rollout's template stays wrong, and its controller creates the next ReplicaSet from that.
#[test]
fn an_owner_of_another_kind_is_edited_and_not_the_replica_set_it_owns() {
    let edit = ["kubectl -n shop edit rollout/web"];
    let lines = |fix: FixId, own: &[&str]| fix.render(&fix_context(of_rollout(own))).commands;
    for fix in [FixId::CorrectImage, FixId::PullPolicy] {
        assert_eq!(lines(fix, &[]), edit, "{fix}");
    }
    assert_eq!(lines(FixId::AttachSecret, &["mirror"]), edit);
    // A new list of the ServiceAccount is copied into the Pod that the ReplicaSet creates.
    assert_eq!(
        lines(FixId::AttachSecret, &[]),
        [
            r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"},{"name":"hub"}]}'"#,
            "kubectl -n shop delete pod web-1 --wait=false",
        ]
    );
    for fix in FixId::ALL {
        let lines = lines(*fix, &["mirror"]).join("\n");
        assert!(!lines.contains("replicaset"), "{fix}: {lines}");
    }
}

#[test]
fn a_partition_is_lowered_after_the_template_is_right() {
    let pod = fixtures::pod("shop", "db-0", running());
    let mut db = workload(WorkloadKind::StatefulSet, "shop", "db", None);
    db.status.partition = 2;
    db.pull_secrets = [Name::new("mirror")].into();
    let target = FixTarget::for_pod(&pod, "app", Some(&db), None);
    let fix = |fix: FixId| fix.render(&fix_context(target.clone()));
    let lower = r#"kubectl -n shop patch statefulset/db -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'"#;
    let delete = "kubectl -n shop delete pod db-0";
    assert_eq!(
        fix(FixId::AttachSecret).commands,
        [
            r#"kubectl -n shop patch statefulset/db --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"mirror"},{"name":"hub"}]}}}}'"#,
            lower,
            delete
        ]
    );
    assert_eq!(
        fix(FixId::CorrectImage).commands,
        [
            "kubectl -n shop set image statefulset/db app=IMAGE",
            lower,
            delete
        ]
    );
    for id in [FixId::AttachSecret, FixId::CorrectImage] {
        let steps = fix(id).steps.join("\n");
        assert!(
            steps.contains("below ordinal 2 from the old revision"),
            "{steps}"
        );
    }
}
