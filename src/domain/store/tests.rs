//! The store after batches of each shape.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{
    fixtures::{
        IMAGE, event, full_list, key, now, owned, pod, removed, running, secret, upserted, waiting,
        workload,
    },
    k8s::objects::{SecretContent, SecretType},
    registry_auth::credential::{FingerprintKey, Password},
    store::{update::StoreUpdate, watch::SecretWatch},
};

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

#[test]
fn a_whole_list_replaces_its_scope_and_nothing_else() {
    let mut store = Store::default();
    let pods = vec![
        pod("shop", "a", running()),
        pod("shop", "b", running()),
        pod("pay", "c", running()),
    ];
    store.apply(StoreUpdate::Pods(full_list(Scope::Cluster, pods)), now());
    let only = Scope::Namespace(Namespace::new("shop"));
    store.apply(
        StoreUpdate::Pods(full_list(only, vec![pod("shop", "b", running())])),
        now(),
    );

    let left: Vec<String> = store
        .pods(&Scope::Cluster)
        .map(|pod| pod.key.to_string())
        .collect();
    assert_eq!(left, ["pay/c", "shop/b"]);
    assert_eq!(store.pod_count(), 2);
}

#[test]
fn a_change_that_moves_no_pod_leaves_the_places() {
    let mut store = Store::default();
    let mut places = |batch| {
        store.apply(StoreUpdate::Pods(batch), now());
        store.versions().places
    };
    let came = places(upserted(vec![pod("shop", "a", running())]));
    let mut restarted = pod("shop", "a", running());
    restarted.containers[0].restarts += 1;
    assert_eq!(places(upserted(vec![restarted])), came);
    let failing = pod("shop", "a", waiting("ErrImagePull", "no"));
    let failed = places(upserted(vec![failing]));
    assert!(failed > came);
    assert!(places(removed(vec![key("shop", "a")])) > failed);
}

#[test]
fn users_follow_the_objects() {
    let mut store = Store::default();
    store.apply(
        StoreUpdate::Pods(upserted(vec![pod("shop", "a", running())])),
        now(),
    );
    let secret = key("shop", "regcred");
    assert_eq!(store.pods_of_secret(&secret).len(), 1);
    assert_eq!(store.pods_of_account(&key("shop", "runner")).len(), 1);

    let mut moved = pod("shop", "a", running());
    moved.pull_secrets = Arc::from([]);
    store.apply(StoreUpdate::Pods(upserted(vec![moved])), now());
    assert_eq!(store.pods_of_secret(&secret).len(), 0);

    store.apply(StoreUpdate::Pods(removed(vec![key("shop", "a")])), now());
    assert_eq!(store.pods_of_account(&key("shop", "runner")).len(), 0);
    assert!(store.tallies().is_empty());
}

#[test]
fn the_last_error_is_kept_across_back_off_and_forgotten_when_it_runs() {
    let mut store = Store::default();
    let states = [
        waiting("ErrImagePull", "401 Unauthorized"),
        waiting(
            "ImagePullBackOff",
            &format!("Back-off pulling image \"{IMAGE}\""),
        ),
    ];
    for state in states {
        store.apply(
            StoreUpdate::Pods(upserted(vec![pod("shop", "a", state)])),
            now(),
        );
        let errors = store.last_errors(&key("shop", "a"));
        assert_eq!(errors.len(), 1);
        assert_eq!(&*errors[0].message, "401 Unauthorized");
        assert_eq!(store.tallies()[&Namespace::new("shop")].pull_failing, 1);
    }
    store.apply(
        StoreUpdate::Pods(upserted(vec![pod("shop", "a", running())])),
        later(9),
    );
    assert!(store.last_errors(&key("shop", "a")).is_empty());
    assert_eq!(store.tallies()[&Namespace::new("shop")].pull_failing, 0);
    assert_eq!(
        store
            .pods_in(PodHealth::PullFailing, &Scope::Cluster)
            .count(),
        0
    );
}

/// What other Pods are told counts for the diagnosis of a Pod, and is told in several wordings.
#[test]
fn another_error_is_news_and_another_wording_is_not() {
    let mut store = Store::default();
    let inner = format!(
        "failed to pull and unpack image \"{IMAGE}\": failed to resolve image: unexpected status: 401 Unauthorized"
    );
    let states = [
        (waiting("ContainerCreating", ""), false),
        (waiting("ErrImagePull", &inner), true),
        (
            waiting(
                "ImagePullBackOff",
                &format!("Back-off pulling image \"{IMAGE}\": ErrImagePull: {inner}"),
            ),
            false,
        ),
        (waiting("ErrImagePull", &inner), false),
        (waiting("ErrImagePull", "503 Service Unavailable"), true),
        (running(), true),
    ];
    for (at, (state, is_news)) in states.into_iter().enumerate() {
        let before = store.pulled_version(&Namespace::new("shop"));
        let batch = StoreUpdate::Pods(upserted(vec![pod("shop", "web", state)]));
        store.apply(batch, later(i64::try_from(at).unwrap()));
        let told = store.pulled_version(&Namespace::new("shop")) > before;
        assert_eq!(told, is_news, "step {at}");
        let text = format!("Failed to pull image \"{IMAGE}\": {inner}");
        if at == 1 {
            let event = event("e1", "web", "Failed", &text, 1, later(1));
            store.apply(StoreUpdate::Events(upserted(vec![event])), later(1));
            let after = store.pulled_version(&Namespace::new("shop"));
            assert_eq!(after, before + 1, "the event tells the same");
        }
    }
}

#[test]
fn an_event_that_came_before_its_pod_is_remembered_too() {
    let message = format!("Failed to pull image \"{IMAGE}\": not found");
    let backing_off = waiting(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
    );
    let mut store = Store::default();
    store.apply(
        StoreUpdate::Events(upserted(vec![event(
            "e",
            "a",
            "Failed",
            &message,
            1,
            now(),
        )])),
        now(),
    );
    store.apply(
        StoreUpdate::Pods(upserted(vec![pod("shop", "a", backing_off)])),
        later(5),
    );
    assert_eq!(&*store.last_errors(&key("shop", "a"))[0].message, message);
}

#[test]
fn events_of_one_topic_are_one_line_and_the_newest_comes_first() {
    let mut store = Store::default();
    let failed = |name, count, last| {
        event(
            name,
            "a",
            "Failed",
            "Error: ErrImagePull",
            count,
            later(last),
        )
    };
    store.apply(
        StoreUpdate::Events(upserted(vec![
            failed("e1", 2, 10),
            failed("e2", 3, 40),
            event("e3", "a", "Pulling", "Pulling image", 1, later(20)),
        ])),
        now(),
    );
    let seen: Vec<(String, u32)> = store
        .event_lines()
        .map(|line| (line.event.reason.to_string(), line.count))
        .collect();
    assert_eq!(seen, [("Failed".to_owned(), 5), ("Pulling".to_owned(), 1)]);

    store.apply(
        StoreUpdate::Events(upserted(vec![event(
            "e3",
            "a",
            "Pulling",
            "Pulling image",
            2,
            later(60),
        )])),
        now(),
    );
    let first = store.event_lines().next().unwrap();
    assert_eq!((&*first.event.reason, first.count), ("Pulling", 2));

    store.apply(
        StoreUpdate::Events(removed(vec![key("shop", "e2"), key("shop", "e3")])),
        now(),
    );
    let left: Vec<u32> = store.event_lines().map(|line| line.count).collect();
    assert_eq!(left, [2]);
    assert_eq!(
        store
            .events_about("Pod", &Namespace::new("shop"), "a")
            .count(),
        1
    );
}

#[test]
fn a_secret_made_again_with_another_type_survives_the_old_watch() {
    let mut store = Store::default();
    let json = SecretWatch::DockerConfigJson;
    store.apply(
        StoreUpdate::Secrets(
            json,
            upserted(vec![secret("shop", "s", SecretType::DockerConfigJson, &[])]),
        ),
        now(),
    );
    store.apply(
        StoreUpdate::Secrets(
            SecretWatch::Other,
            upserted(vec![secret("shop", "s", SecretType::Other(None), &[])]),
        ),
        now(),
    );
    store.apply(
        StoreUpdate::Secrets(json, removed(vec![key("shop", "s")])),
        now(),
    );
    assert_eq!(
        store.secret(&key("shop", "s")).unwrap().secret_type,
        SecretType::Other(None)
    );
    store.apply(
        StoreUpdate::Secrets(json, full_list(Scope::Cluster, vec![])),
        now(),
    );
    assert!(store.secret(&key("shop", "s")).is_some());
}

/// Lists of two watches cross: the older one tells of the Secret that is no more.
#[test]
fn an_older_secret_of_the_name_does_not_take_the_place_of_the_newer() {
    let mut store = Store::default();
    let newer = secret("shop", "s", SecretType::DockerConfigJson, &[]);
    let mut older = secret("shop", "s", SecretType::Other(None), &[]);
    older.meta.created = Some(later(-9 * 86_400));
    let json = SecretWatch::DockerConfigJson;
    store.apply(
        StoreUpdate::Secrets(json, upserted(vec![newer.clone()])),
        now(),
    );
    let list = full_list(Scope::Cluster, vec![older]);
    store.apply(StoreUpdate::Secrets(SecretWatch::Other, list), now());
    let old = removed(vec![key("shop", "s")]);
    store.apply(StoreUpdate::Secrets(SecretWatch::Other, old), now());
    assert_eq!(**store.secret(&key("shop", "s")).unwrap(), newer);
}

#[test]
fn secrets_are_found_by_their_credential() {
    let keys = FingerprintKey::default();
    let credential = |password| keys.fingerprint("bot", &Password::new(password));
    let with = |password| {
        let entries = [("registry.example", "bot")];
        let mut secret = secret("shop", "s", SecretType::DockerConfigJson, &entries);
        if let SecretContent::Read(summary) = &mut secret.content {
            let mut entry = summary.entries[0].clone();
            entry.fingerprint = Some(credential(password));
            summary.entries = [entry].into();
        }
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, upserted(vec![secret]))
    };
    let mut store = Store::default();
    store.apply(with("old"), now());
    assert_eq!(store.secrets_with(credential("old")).len(), 1);
    store.apply(with("new"), now());
    assert_eq!(store.secrets_with(credential("old")).len(), 0);
    let found: Vec<_> = store.secrets_with(credential("new")).collect();
    assert_eq!(found, [&key("shop", "s")]);
    let slice = SecretWatch::DockerConfigJson;
    store.apply(
        StoreUpdate::Secrets(slice, removed(vec![key("shop", "s")])),
        now(),
    );
    assert_eq!(store.secrets_with(credential("new")).len(), 0);
}

#[test]
fn owners_in_a_circle_are_followed_to_an_end() {
    let mut store = Store::default();
    let mut deployment = workload(WorkloadKind::Deployment, "shop", "web", None);
    let set = workload(WorkloadKind::ReplicaSet, "shop", "web-1", Some("web"));
    let of = |it: &Workload| {
        Arc::new(OwnerReference {
            kind: it.id.kind.as_str().into(),
            name: it.id.key.name.shared(),
            uid: Arc::clone(&it.meta.uid),
        })
    };
    deployment.meta.owner = Some(of(&set));
    let kind = WorkloadKind::Deployment;
    store.apply(
        StoreUpdate::Workloads(kind, upserted(vec![deployment])),
        now(),
    );
    let kind = WorkloadKind::ReplicaSet;
    store.apply(StoreUpdate::Workloads(kind, upserted(vec![set])), now());
    let pod = owned(pod("shop", "a", running()), "web-1");
    assert!(store.workload_of(&pod).is_some());
}

#[test]
fn an_owner_is_of_the_same_namespace() {
    let mut store = Store::default();
    let kind = WorkloadKind::ReplicaSet;
    let set = workload(kind, "pay", "web-1", None);
    store.apply(StoreUpdate::Workloads(kind, upserted(vec![set])), now());
    let pod = |namespace| owned(pod(namespace, "a", running()), "web-1");
    assert!(store.workload_of(&pod("pay")).is_some());
    assert!(store.workload_of(&pod("shop")).is_none());
}

#[test]
fn a_workload_made_again_is_known_by_its_new_uid_only() {
    let mut store = Store::default();
    let kind = WorkloadKind::ReplicaSet;
    let first = workload(kind, "shop", "web-1", None);
    let mut again = first.clone();
    again.meta.uid = "another".into();
    store.apply(StoreUpdate::Workloads(kind, upserted(vec![first])), now());
    store.apply(StoreUpdate::Workloads(kind, upserted(vec![again])), now());
    let old = owned(pod("shop", "a", running()), "web-1");
    assert!(store.workload_of(&old).is_none());
}

/// A StatefulSet makes its Pods under the same names again.
#[test]
fn what_was_said_of_an_earlier_pod_of_the_name_is_not_said_of_this_one() {
    let message = format!("Failed to pull image \"{IMAGE}\": not found");
    let about = |uid: &str| {
        let mut event = event("e", "a", "Failed", &message, 1, now());
        event.regarding.uid = Some(uid.into());
        let mut store = Store::default();
        store.apply(StoreUpdate::Events(upserted(vec![event])), now());
        let waits = waiting("ImagePullBackOff", "");
        let pod = pod("shop", "a", waits);
        store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
        let key = key("shop", "a");
        (
            store.last_errors(&key).len(),
            store.events_of_pod(&key).len(),
        )
    };
    assert_eq!(about("a"), (1, 1), "its own uid");
    assert_eq!(about("earlier"), (0, 0));
}

#[test]
fn no_count_is_too_large_to_be_added() {
    let mut store = Store::default();
    let event = |name| event(name, "a", "Failed", "no", u32::MAX, now());
    store.apply(
        StoreUpdate::Events(upserted(vec![event("e1"), event("e2")])),
        now(),
    );
    assert_eq!(store.event_lines().next().unwrap().count, u32::MAX);
}

#[test]
fn workloads_of_a_namespace_are_those_of_all_kinds() {
    let mut store = Store::default();
    for kind in [WorkloadKind::Job, WorkloadKind::Deployment] {
        let here = ["pay", "shop"].map(|namespace| workload(kind, namespace, "web", None));
        store.apply(StoreUpdate::Workloads(kind, upserted(here.to_vec())), now());
    }
    let shop = Scope::Namespace(Namespace::new("shop"));
    let kinds: Vec<_> = store.workloads_of(&shop).map(|it| it.id.kind).collect();
    assert_eq!(kinds, [WorkloadKind::Deployment, WorkloadKind::Job]);
    assert_eq!(store.workloads_of(&Scope::Cluster).count(), 4);
}
