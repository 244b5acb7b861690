//! When a plan has worked, and when it only looks so.

use super::*;
use crate::domain::{
    fixtures::{condition, key, now, owned, pod, removed, running, upserted, waiting, workload},
    k8s::{
        object_ref::{Name, Namespace},
        objects::{OwnerReference, Phase, PodConditionType, Subject, WorkloadStatus},
    },
    plan::{
        AttachSecret, Change, CreateAccount, CreateDeployment, CreateNamespace, Created,
        DeleteSecret, ObjectVersion, Outcome, Plan, Restartable, SetImage, Undoable,
    },
    store::update::StoreUpdate,
};

fn id(kind: WorkloadKind, name: &str) -> WorkloadRef {
    WorkloadRef {
        kind,
        key: key("media", name),
    }
}

fn deployment() -> WorkloadRef {
    id(WorkloadKind::Deployment, "encoder")
}

fn restart() -> Plan {
    let workload = Restartable::new(deployment()).unwrap();
    Plan::new("Restart", vec![Change::restart(workload)])
}

fn set_rollout(store: &mut Store, edit: impl FnOnce(&mut WorkloadStatus)) {
    let mut found = workload(WorkloadKind::Deployment, "media", "encoder", None);
    found.status = WorkloadStatus {
        desired: 2,
        current: 2,
        updated: 2,
        generation: 1,
        observed_generation: 1,
        ..WorkloadStatus::default()
    };
    edit(&mut found.status);
    let batch = StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![found]));
    store.apply(batch, now());
}

fn put(store: &mut Store, name: &str, uid: &str, is_ready: bool) {
    let state = if is_ready {
        running()
    } else {
        waiting("ErrImagePull", "not found")
    };
    let mut pod = owned(pod("media", name, state), "encoder-1");
    pod.meta.uid = uid.into();
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
}

fn remove(store: &mut Store, name: &str) {
    store.apply(StoreUpdate::Pods(removed(vec![key("media", name)])), now());
}

/// A Deployment of two Pods that cannot pull.
fn store() -> Store {
    let mut store = Store::default();
    set_rollout(&mut store, |_| {});
    let set = workload(
        WorkloadKind::ReplicaSet,
        "media",
        "encoder-1",
        Some("encoder"),
    );
    let batch = StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(vec![set]));
    store.apply(batch, now());
    put(&mut store, "encoder-1-a", "a", false);
    put(&mut store, "encoder-1-b", "b", false);
    store
}

fn suffering() -> Vec<ObjectRef<Pod>> {
    vec![key("media", "encoder-1-a"), key("media", "encoder-1-b")]
}

#[test]
fn a_status_from_before_the_change_is_no_recovery() {
    let mut store = store();
    // All was well before: a restart of a healthy Deployment.
    put(&mut store, "encoder-1-a", "a", true);
    put(&mut store, "encoder-1-b", "b", true);
    let ready = |rollout: &mut WorkloadStatus| (rollout.ready, rollout.available) = (2, 2);
    set_rollout(&mut store, ready);
    let affected = Affected::new(&store, &restart(), [], []);
    assert!(!recovery(&store, &affected).is_complete(), "not seen yet");
    let unseen = |rollout: &mut WorkloadStatus| {
        ready(rollout);
        rollout.generation = 2;
    };
    set_rollout(&mut store, unseen);
    assert!(!recovery(&store, &affected).is_complete(), "not observed");
    let begun = |rollout: &mut WorkloadStatus| {
        (rollout.generation, rollout.observed_generation) = (2, 2);
        (rollout.updated, rollout.current, rollout.ready) = (1, 3, 2);
    };
    set_rollout(&mut store, begun);
    assert!(!recovery(&store, &affected).is_complete(), "half way");
    for (old, new) in [("encoder-1-a", "c"), ("encoder-1-b", "d")] {
        remove(&mut store, old);
        put(&mut store, &format!("encoder-2-{new}"), new, true);
    }
    let ended = |rollout: &mut WorkloadStatus| {
        ready(rollout);
        (rollout.generation, rollout.observed_generation) = (2, 2);
    };
    set_rollout(&mut store, ended);
    let found = recovery(&store, &affected);
    assert!(found.is_complete(), "{found:?}");
    assert_eq!((found.ready, found.wanted), (2, 2));
}

#[test]
fn a_change_that_was_made_already_is_not_waited_for() {
    let mut store = store();
    put(&mut store, "encoder-1-a", "a", true);
    put(&mut store, "encoder-1-b", "b", true);
    set_rollout(&mut store, |rollout| {
        (rollout.ready, rollout.available) = (2, 2);
    });
    let mut affected = Affected::new(&store, &restart(), [], []);
    affected.applied(&restart(), &[Outcome::Unchanged]);
    assert!(recovery(&store, &affected).is_complete());
}

#[test]
fn new_pods_that_fail_are_told_and_old_ones_on_their_way_out_are_not() {
    let mut store = store();
    let affected = Affected::new(&store, &restart(), suffering(), [deployment()]);
    assert_eq!(recovery(&store, &affected).failing, []);
    put(&mut store, "encoder-2-c", "c", false);
    let found = recovery(&store, &affected);
    assert_eq!(found.failing, [key("media", "encoder-2-c")]);
    assert!(found.new_ones_fail && !found.is_complete());
}

#[test]
fn every_pod_that_suffered_has_to_be_ready_or_replaced() {
    let secret = Change::DeleteSecret(DeleteSecret::new(key("media", "unused")));
    let mut store = store();
    // What no Pod lists reaches none of them.
    let other = Plan::new(
        "Mend another Secret",
        vec![Change::convert_secret(key("media", "hub"))],
    );
    assert!(Affected::new(&store, &other, suffering(), []).is_empty());
    let converted = Change::convert_secret(key("media", "regcred"));
    let plan = Plan::new("Mend the Secret", vec![converted, secret]);
    let affected = Affected::new(&store, &plan, suffering(), [deployment()]);
    assert_eq!(recovery(&store, &affected).failing.len(), 2);
    put(&mut store, "encoder-1-a", "a", true);
    let found = recovery(&store, &affected);
    assert!(!found.is_complete());
    assert_eq!((found.ready, found.wanted), (1, 2));
    // The other one is deleted by somebody, and replaced by one that is not ready yet.
    remove(&mut store, "encoder-1-b");
    assert!(!recovery(&store, &affected).is_complete());
    put(&mut store, "encoder-1-e", "e", false);
    let found = recovery(&store, &affected);
    assert_eq!(found.failing, [key("media", "encoder-1-e")]);
    put(&mut store, "encoder-1-e", "e", true);
    assert!(recovery(&store, &affected).is_complete());
}

#[test]
fn a_pod_that_the_plan_deletes_is_no_success_while_it_is_there() {
    let mut store = store();
    let plan = Plan::new(
        "Retry",
        vec![Change::delete_pod(key("media", "encoder-1-a"))],
    );
    let affected = Affected::new(&store, &plan, suffering(), [deployment()]);
    // Its image was pulled just before it goes.
    put(&mut store, "encoder-1-a", "a", true);
    assert!(!recovery(&store, &affected).is_complete());
    remove(&mut store, "encoder-1-a");
    put(&mut store, "encoder-1-c", "c", true);
    let found = recovery(&store, &affected);
    assert!(
        found.is_complete(),
        "the other Pod was not meant: {found:?}"
    );
}

#[test]
fn the_pod_of_a_job_may_have_ended_as_it_should() {
    let mut store = Store::default();
    let cron_job = workload(WorkloadKind::CronJob, "media", "nightly", None);
    let mut job = workload(WorkloadKind::Job, "media", "nightly-7", None);
    job.meta.owner = Some(
        OwnerReference {
            kind: "CronJob".into(),
            name: "nightly".into(),
            uid: "uid-CronJob-nightly".into(),
        }
        .into(),
    );
    for workload in [cron_job, job] {
        let batch = StoreUpdate::Workloads(workload.id.kind, upserted(vec![workload]));
        store.apply(batch, now());
    }
    let run = |name: &str, state| {
        let mut pod = pod("media", name, state);
        pod.meta.owner = Some(
            OwnerReference {
                kind: "Job".into(),
                name: "nightly-7".into(),
                uid: "uid-Job-nightly-7".into(),
            }
            .into(),
        );
        pod
    };
    let stuck = run("nightly-7-a", waiting("ErrImagePull", "no login"));
    store.apply(StoreUpdate::Pods(upserted(vec![stuck])), now());
    let attach = Change::AttachSecret(AttachSecret {
        account: key("media", "runner"),
        secret: Name::new("hub"),
        current: Vec::new(),
    });
    let retry = Change::delete_pod(key("media", "nightly-7-a"));
    let plan = Plan::new("Attach", vec![attach, retry]);
    let affected = Affected::new(&store, &plan, [key("media", "nightly-7-a")], []);
    assert!(!recovery(&store, &affected).is_complete());
    remove(&mut store, "nightly-7-a");
    assert!(!recovery(&store, &affected).is_complete(), "none came yet");
    let mut ended = run("nightly-7-b", running());
    ended.phase = Phase::Succeeded;
    ended.conditions = Box::new([condition(PodConditionType::Ready, false)]);
    store.apply(StoreUpdate::Pods(upserted(vec![ended])), now());
    assert!(recovery(&store, &affected).is_complete());
}

#[test]
fn a_pod_without_a_controller_has_to_be_ready_itself() {
    let mut store = Store::default();
    let bare = pod("media", "tool", waiting("ErrImagePull", "not found"));
    store.apply(StoreUpdate::Pods(upserted(vec![bare.clone()])), now());
    let owner = super::super::ImageOwner::new(Subject::Pod(bare.key.clone())).unwrap();
    let set = Change::SetImage(SetImage {
        workload: owner,
        container: "app".into(),
        before: None,
        image: "a:2".into(),
        stored: None,
    });
    let plan = Plan::new("Image", vec![set]);
    let affected = Affected::new(&store, &plan, [bare.key.clone()], []);
    assert_eq!(
        recovery(&store, &affected).failing,
        std::slice::from_ref(&bare.key)
    );
    let well = pod("media", "tool", running());
    store.apply(StoreUpdate::Pods(upserted(vec![well])), now());
    assert!(recovery(&store, &affected).is_complete());
    remove(&mut store, "tool");
    assert!(!recovery(&store, &affected).is_complete(), "it is gone");
}

#[test]
fn a_workload_that_made_no_pods_has_to_have_them_all() {
    let mut store = Store::default();
    set_rollout(&mut store, |rollout| {
        (rollout.current, rollout.updated) = (0, 0);
    });
    let set = workload(
        WorkloadKind::ReplicaSet,
        "media",
        "encoder-1",
        Some("encoder"),
    );
    store.apply(
        StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(vec![set])),
        now(),
    );
    let create = Change::CreateAccount(CreateAccount {
        key: key("media", "runner"),
        pull_secrets: Vec::new(),
    });
    let plan = Plan::new("Create", vec![create]);
    let affected = Affected::new(&store, &plan, [], [deployment()]);
    assert!(!affected.is_empty());
    assert!(!recovery(&store, &affected).is_complete());
    // They are made, and cannot pull: another fault, and no recovery.
    set_rollout(&mut store, |_| {});
    put(&mut store, "encoder-1-a", "a", false);
    put(&mut store, "encoder-1-b", "b", true);
    let found = recovery(&store, &affected);
    assert_eq!(found.failing, [key("media", "encoder-1-a")]);
    assert!(found.new_ones_fail && !found.is_complete());
    put(&mut store, "encoder-1-a", "a", true);
    set_rollout(&mut store, |rollout| {
        (rollout.ready, rollout.available) = (2, 2);
    });
    assert!(recovery(&store, &affected).is_complete());
}

#[test]
fn a_plan_that_takes_back_waits_for_nothing() {
    let create = CreateAccount {
        key: key("media", "runner"),
        pull_secrets: Vec::new(),
    };
    let created = Created {
        revision: Some(ObjectVersion {
            uid: String::new(),
            version: String::new(),
        }),
        content: 0,
        may_come_again: false,
    };
    let change = create.undo(created);
    let plan = Plan::new("Undo", vec![change]);
    assert!(Affected::new(&store(), &plan, [], []).is_empty());
    let made = Plan::new(
        "Ns",
        vec![Change::CreateNamespace(CreateNamespace {
            name: Namespace::new("media"),
        })],
    );
    assert!(Affected::new(&store(), &made, [], []).is_empty());
}

#[test]
fn a_pod_without_a_controller_that_is_deleted_is_not_waited_for() {
    let mut store = Store::default();
    let bare = pod("media", "tool", running());
    store.apply(StoreUpdate::Pods(upserted(vec![bare.clone()])), now());
    let plan = Plan::new("Delete", vec![Change::delete_pod(bare.key)]);
    assert!(Affected::new(&store, &plan, [], []).is_empty());
}

#[test]
fn a_deployment_that_is_there_already_takes_no_write_off_what_is_waited_for() {
    let mut store = store();
    let deployment = key("media", "encoder");
    let create = CreateDeployment::new(deployment, "a:1", Name::new("runner"));
    let restart = Change::restart(Restartable::new(create.id()).unwrap());
    let plan = Plan::new("Deploy", vec![create.into(), restart]);
    let mut affected = Affected::new(&store, &plan, [], []);
    affected.applied(&plan, &[Outcome::Unchanged, Outcome::Applied]);
    set_rollout(&mut store, |rollout| {
        (rollout.ready, rollout.available) = (rollout.desired, rollout.desired);
        rollout.updated = rollout.desired;
        rollout.current = rollout.desired;
    });
    let found = recovery(&store, &affected);
    assert!(
        found.pending,
        "the restart has not been observed: {found:?}"
    );
}

#[test]
fn a_workload_that_wants_no_pods_has_not_recovered() {
    let mut store = store();
    let plan = restart();
    let affected = Affected::new(&store, &plan, [], []);
    set_rollout(&mut store, |rollout| {
        *rollout = WorkloadStatus {
            generation: rollout.generation + 2,
            observed_generation: rollout.generation + 2,
            ..WorkloadStatus::default()
        };
    });
    let found = recovery(&store, &affected);
    assert_eq!((found.wanted, found.is_scaled_to_zero), (0, true));
    assert!(!found.is_complete(), "{found:?}");
}

#[test]
fn a_workload_that_wants_no_pod_has_not_recovered_beside_one_that_has() {
    let mut found = Recovery {
        wanted: 1,
        ready: 1,
        ..Recovery::default()
    };
    assert!(found.is_complete());
    found.is_scaled_to_zero = true;
    assert!(!found.is_complete());
}

/// `minReadySeconds`: ready is not available, and the rollout goes on for so long.
#[test]
fn a_rollout_is_over_when_its_pods_are_available() {
    let mut store = store();
    let affected = Affected::new(&store, &restart(), [], []);
    let observed = |rollout: &mut WorkloadStatus| {
        (rollout.generation, rollout.observed_generation) = (2, 2);
        rollout.ready = 2;
    };
    for name in ["encoder-1-a", "encoder-1-b"] {
        put(&mut store, name, name, true);
    }
    set_rollout(&mut store, observed);
    assert!(!recovery(&store, &affected).is_complete());
    set_rollout(&mut store, |rollout| {
        observed(rollout);
        rollout.available = 2;
    });
    assert!(recovery(&store, &affected).is_complete());
}
