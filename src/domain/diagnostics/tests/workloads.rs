//! Workloads whose Pods tell nothing.

use super::*;
use crate::domain::k8s::objects::{OwnerReference, WorkloadRef};

const NOT_FOUND: &str = "Failed to pull image \"registry.example/team/app:1\": rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example/team/app:1\": failed to resolve image: registry.example/team/app:1: not found";

/// A Job that ran out of its deadline, maybe of a CronJob.
fn past_its_deadline(above: Option<&str>) -> Workload {
    let mut job = fixtures::workload(WorkloadKind::Job, "shop", "report-1", None);
    job.meta.owner = above.map(|name| {
        Arc::new(OwnerReference {
            kind: "CronJob".into(),
            name: name.into(),
            uid: format!("uid-CronJob-{name}").into(),
        })
    });
    job.status.desired = 1;
    job.status.failure_condition = Some((
        "DeadlineExceeded".into(),
        "Job was active longer than specified deadline".into(),
    ));
    job
}

fn about_job(name: &str, reason: &str, message: &str) -> Event {
    let mut event = event(name, "report-1", reason, message, 1, seconds_ago(90));
    event.regarding.kind = "Job".into();
    event.regarding.field = None;
    event
}

fn store(workloads: &[Workload], message: &str) -> Store {
    let mut store = Store::default();
    for it in workloads {
        let batch = StoreUpdate::Workloads(it.id.kind, upserted(vec![it.clone()]));
        store.apply(batch, now());
    }
    let events = vec![
        about_job("e1", "SuccessfulCreate", "Created pod: report-1-x7k2p"),
        event(
            "e2",
            "report-1-x7k2p",
            "Failed",
            message,
            2,
            seconds_ago(60),
        ),
        about_job("e3", "DeadlineExceeded", "Job was active longer"),
    ];
    store.apply(StoreUpdate::Events(upserted(events)), now());
    store
}

fn found(store: &Store, id: &WorkloadRef) -> Option<Finding> {
    let workload = store.workload(id).unwrap();
    let context = context::workload_context(store, &WatchCoverage::complete(), workload, now());
    super::workload(&context)
}

#[test]
fn a_job_that_gave_up_is_told_of_by_the_events_of_its_pod() {
    let job = past_its_deadline(None);
    let id = job.id.clone();
    let finding = found(&store(&[job], NOT_FOUND), &id).unwrap();
    assert_eq!(finding.cause, Cause::ImageNotFound);
    assert_eq!(finding.root, Some(RootCause::TagMissing));
    assert_eq!(&*finding.state, "DeadlineExceeded");
    assert_eq!(finding.fix_context.pod, None, "it is deleted");
    let mut told = finding.evidence.iter().map(|it| it.fact.to_string());
    assert!(told.next_back().unwrap().contains("longer than specified"));
    for fix in finding.filled_fixes() {
        for command in fix.commands {
            assert!(!command.contains("report-1-x7k2p"), "{command}");
        }
    }
}

#[test]
fn a_job_that_failed_otherwise_is_no_failed_pull() {
    let job = past_its_deadline(None);
    let id = job.id.clone();
    let crashed = "Back-off restarting failed container app in pod report-1-x7k2p";
    let finding = found(&store(&[job], crashed), &id).unwrap();
    assert_eq!(finding.cause, Cause::NotAPullFailure);
    assert_eq!(
        &*finding.state, "DeadlineExceeded",
        "it failed all the same"
    );
}

/// Its name is all that the Job has in common with one that was deleted and created again.
#[test]
fn what_was_said_of_an_earlier_job_of_the_name_is_not_said_of_this_one() {
    let job = past_its_deadline(None);
    let id = job.id.clone();
    for (uid, cause) in [
        (&job.meta.uid, Cause::ImageNotFound),
        (&"uid-earlier".into(), Cause::NotAPullFailure),
    ] {
        let mut store = store(std::slice::from_ref(&job), NOT_FOUND);
        let mut made = about_job("e1", "SuccessfulCreate", "Created pod: report-1-x7k2p");
        made.regarding.uid = Some(Arc::clone(uid));
        store.apply(StoreUpdate::Events(upserted(vec![made])), now());
        assert_eq!(found(&store, &id).unwrap().cause, cause, "{uid}");
    }
}

/// A Deployment that makes no progress has Pods that say why; where none says anything, it is no failed pull.
#[test]
fn a_deadline_of_a_rollout_is_no_cause_by_itself() {
    let mut web = fixtures::workload(WorkloadKind::Deployment, "shop", "web", None);
    web.status = WorkloadStatus {
        desired: 1,
        current: 1,
        failure_condition: Some((
            "ProgressDeadlineExceeded".into(),
            "ReplicaSet \"web-5c9f\" has timed out progressing.".into(),
        )),
        ..WorkloadStatus::default()
    };
    for current in [0, 1] {
        web.status.current = current;
        let mut store = Store::default();
        let batch = StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![web.clone()]));
        store.apply(batch, now());
        assert_eq!(found(&store, &web.id), None, "{current} Pods");
    }
}

#[test]
fn the_pods_of_a_job_speak_for_themselves_while_they_are_there() {
    let job = past_its_deadline(None);
    let id = job.id.clone();
    let mut store = store(std::slice::from_ref(&job), NOT_FOUND);
    let mut left = pod("shop", "report-1-x7k2p", waiting("ImagePullBackOff", ""));
    left.meta.owner = Some(Arc::new(OwnerReference {
        kind: "Job".into(),
        name: "report-1".into(),
        uid: Arc::clone(&job.meta.uid),
    }));
    store.apply(StoreUpdate::Pods(upserted(vec![left])), now());
    assert_eq!(found(&store, &id), None);
}

#[test]
fn a_cron_job_is_told_of_by_its_newest_job() {
    let cron = fixtures::workload(WorkloadKind::CronJob, "shop", "report", None);
    let id = cron.id.clone();
    let job = past_its_deadline(Some("report"));
    let mut newer = job.clone();
    newer.id.key = fixtures::key("shop", "report-2");
    newer.meta.uid = "uid-newer".into();
    newer.meta.created = Some(seconds_ago(10));
    newer.status = WorkloadStatus {
        desired: 1,
        current: 1,
        ..WorkloadStatus::default()
    };
    let finding = found(&store(&[cron.clone(), job.clone()], NOT_FOUND), &id);
    assert_eq!(finding.unwrap().cause, Cause::ImageNotFound);
    let healed = store(&[cron, job.clone(), newer], NOT_FOUND);
    assert_eq!(found(&healed, &id), None, "the next run goes on");
    assert_eq!(found(&healed, &job.id), None, "its CronJob speaks for it");
}

#[test]
fn a_cron_job_whose_service_account_is_missing_makes_no_pods() {
    let mut cron = fixtures::workload(WorkloadKind::CronJob, "shop", "report", None);
    // Its Job is under way for it.
    cron.status.current = 1;
    let id = cron.id.clone();
    let mut job = past_its_deadline(Some("report"));
    job.status.failure_condition = None;
    let mut store = store(&[cron, job], "x");
    let refused = "Error creating: pods \"report-1-\" is forbidden: error looking up service account shop/runner: serviceaccount \"runner\" not found";
    let mut refused = about_job("e4", "FailedCreate", refused);
    refused.last = Some(seconds_ago(5));
    store.apply(StoreUpdate::Events(upserted(vec![refused])), now());
    let finding = found(&store, &id).unwrap();
    assert_eq!(finding.root, Some(RootCause::ServiceAccountMissing));
    assert_eq!(
        finding.fix_context.workload.as_deref(),
        Some("cronjob/report")
    );
}

#[test]
fn a_policy_that_refuses_the_registry_is_an_image_policy() {
    let mut web = fixtures::workload(WorkloadKind::Deployment, "shop", "web", None);
    web.status.desired = 1;
    let id = web.id.clone();
    for (text, cause) in [
        (
            "Error creating: pods \"web-1\" is forbidden: ValidatingAdmissionPolicy 'allowed-registries' with binding 'allowed-registries' denied request: images of refused.example are not allowed here",
            Cause::SignaturePolicy,
        ),
        (
            "Error creating: pods \"web-1\" is forbidden: exceeded quota: compute, requested: cpu=1, used: cpu=8, limited: cpu=8",
            Cause::NotAPullFailure,
        ),
        (
            "Error creating: pods \"web-1\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"image\" must set securityContext)",
            Cause::NotAPullFailure,
        ),
    ] {
        let mut refused = event("e1", "web", "FailedCreate", text, 3, seconds_ago(5));
        refused.regarding.kind = "Deployment".into();
        let mut store = Store::default();
        let batch = StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![web.clone()]));
        store.apply(batch, now());
        store.apply(StoreUpdate::Events(upserted(vec![refused])), now());
        let finding = found(&store, &id).unwrap();
        assert_eq!(finding.cause, cause, "{text}");
        assert!(
            !finding.fixes.contains(&FixId::SignImage),
            "nothing is said of signatures"
        );
    }
}

/// The Pods of the revision before run on; those of the new one cannot be created.
#[test]
fn a_rollout_that_cannot_create_pods_is_told_of_while_the_old_ones_run() {
    let mut web = fixtures::workload(WorkloadKind::Deployment, "shop", "web", None);
    web.status = WorkloadStatus {
        desired: 2,
        current: 2,
        ..WorkloadStatus::default()
    };
    let id = web.id.clone();
    let set = |name: &str, number, current, desired| {
        let mut set = super::revision(name, number, IMAGE, current);
        set.status.current = current;
        set.status.desired = desired;
        set
    };
    let told = |reason: &str, message: &str, before: i64| {
        let mut event = event(reason, "web-new", reason, message, 1, seconds_ago(before));
        event.regarding.kind = "ReplicaSet".into();
        event
    };
    let quota = "Error creating: pods \"web-new-1\" is forbidden: exceeded quota: compute";
    let found = |sets: Vec<Workload>, events: Vec<Event>| {
        let mut store = Store::default();
        let batch = StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![web.clone()]));
        store.apply(batch, now());
        store.apply(
            StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(sets)),
            now(),
        );
        store.apply(StoreUpdate::Events(upserted(events)), now());
        found(&store, &id)
    };
    let sets = |current| vec![set("web-old", 1, 2, 2), set("web-new", 2, current, 1)];
    let refused = || told("FailedCreate", quota, 5);
    let finding = found(sets(0), vec![refused()]).unwrap();
    assert_eq!(finding.cause, Cause::NotAPullFailure);
    assert_eq!(&*finding.state, "FailedCreate");
    assert_eq!(
        found(sets(1), vec![refused()]),
        None,
        "it was created in the end"
    );
    let created = told("SuccessfulCreate", "Created pod: web-new-1", 1);
    assert_eq!(found(sets(0), vec![refused(), created]), None);
    assert_eq!(found(sets(0), vec![]), None);
}
