//! The store after batches of each shape.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{
    batch::Batch,
    objects::SecretType,
    sample::{IMAGE, changed, event, gone, key, now, pod, running, secret, waiting, whole},
    watch::SecretSlice,
};

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

#[test]
fn a_whole_list_replaces_its_scope_and_nothing_else() {
    let mut world = World::default();
    let pods = vec![
        pod("shop", "a", running()),
        pod("shop", "b", running()),
        pod("pay", "c", running()),
    ];
    world.fold(Batch::Pods(whole(Scope::Cluster, pods)), now());
    let only = Scope::Namespace(Namespace::new("shop"));
    world.fold(
        Batch::Pods(whole(only, vec![pod("shop", "b", running())])),
        now(),
    );

    let left: Vec<String> = world
        .pods(&Scope::Cluster)
        .map(|pod| pod.key.to_string())
        .collect();
    assert_eq!(left, ["pay/c", "shop/b"]);
    assert_eq!(world.pod_count(), 2);
}

#[test]
fn a_change_that_moves_no_pod_leaves_the_places() {
    let mut world = World::default();
    let mut places = |batch| {
        world.fold(Batch::Pods(batch), now());
        world.versions().places
    };
    let came = places(changed(vec![pod("shop", "a", running())]));
    let mut restarted = pod("shop", "a", running());
    restarted.containers[0].restarts += 1;
    assert_eq!(places(changed(vec![restarted])), came);
    let failing = pod("shop", "a", waiting("ErrImagePull", "no"));
    let failed = places(changed(vec![failing]));
    assert!(failed > came);
    assert!(places(gone(vec![key("shop", "a")])) > failed);
}

#[test]
fn users_follow_the_objects() {
    let mut world = World::default();
    world.fold(
        Batch::Pods(changed(vec![pod("shop", "a", running())])),
        now(),
    );
    let secret = key("shop", "regcred");
    assert_eq!(world.pods_of_secret(&secret).len(), 1);
    assert_eq!(world.pods_of_account(&key("shop", "runner")).len(), 1);

    let mut moved = pod("shop", "a", running());
    moved.pull_secrets = Arc::from([]);
    world.fold(Batch::Pods(changed(vec![moved])), now());
    assert_eq!(world.pods_of_secret(&secret).len(), 0);

    world.fold(Batch::Pods(gone(vec![key("shop", "a")])), now());
    assert_eq!(world.pods_of_account(&key("shop", "runner")).len(), 0);
    assert!(world.tallies().is_empty());
}

#[test]
fn the_last_error_is_kept_across_back_off_and_forgotten_when_it_runs() {
    let mut world = World::default();
    let states = [
        waiting("ErrImagePull", "401 Unauthorized"),
        waiting(
            "ImagePullBackOff",
            &format!("Back-off pulling image \"{IMAGE}\""),
        ),
    ];
    for state in states {
        world.fold(Batch::Pods(changed(vec![pod("shop", "a", state)])), now());
        let errors = world.last_errors(&key("shop", "a"));
        assert_eq!(errors.len(), 1);
        assert_eq!(&*errors[0].message, "401 Unauthorized");
        assert_eq!(world.tallies()[&Namespace::new("shop")].pull_failing, 1);
    }
    world.fold(
        Batch::Pods(changed(vec![pod("shop", "a", running())])),
        later(9),
    );
    assert!(world.last_errors(&key("shop", "a")).is_empty());
    assert_eq!(world.tallies()[&Namespace::new("shop")].pull_failing, 0);
    assert_eq!(
        world.pods_in(Health::PullFailing, &Scope::Cluster).count(),
        0
    );
}

#[test]
fn an_event_that_came_before_its_pod_is_remembered_too() {
    let message = format!("Failed to pull image \"{IMAGE}\": not found");
    let backing_off = waiting(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
    );
    let mut world = World::default();
    world.fold(
        Batch::Events(changed(vec![event("e", "a", "Failed", &message, 1, now())])),
        now(),
    );
    world.fold(
        Batch::Pods(changed(vec![pod("shop", "a", backing_off)])),
        later(5),
    );
    assert_eq!(&*world.last_errors(&key("shop", "a"))[0].message, message);
}

#[test]
fn events_of_one_topic_are_one_line_and_the_newest_comes_first() {
    let mut world = World::default();
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
    world.fold(
        Batch::Events(changed(vec![
            failed("e1", 2, 10),
            failed("e2", 3, 40),
            event("e3", "a", "Pulling", "Pulling image", 1, later(20)),
        ])),
        now(),
    );
    let seen: Vec<(String, u32)> = world
        .event_lines()
        .map(|line| (line.event.reason.to_string(), line.count))
        .collect();
    assert_eq!(seen, [("Failed".to_owned(), 5), ("Pulling".to_owned(), 1)]);

    world.fold(
        Batch::Events(changed(vec![event(
            "e3",
            "a",
            "Pulling",
            "Pulling image",
            2,
            later(60),
        )])),
        now(),
    );
    let first = world.event_lines().next().unwrap();
    assert_eq!((&*first.event.reason, first.count), ("Pulling", 2));

    world.fold(
        Batch::Events(gone(vec![key("shop", "e2"), key("shop", "e3")])),
        now(),
    );
    let left: Vec<u32> = world.event_lines().map(|line| line.count).collect();
    assert_eq!(left, [2]);
    assert_eq!(
        world
            .events_about("Pod", &Namespace::new("shop"), "a")
            .count(),
        1
    );
}

#[test]
fn a_secret_made_again_with_another_type_survives_the_old_watch() {
    let mut world = World::default();
    let json = SecretSlice::DockerConfigJson;
    world.fold(
        Batch::Secrets(
            json,
            changed(vec![secret("shop", "s", SecretType::DockerConfigJson, &[])]),
        ),
        now(),
    );
    world.fold(
        Batch::Secrets(
            SecretSlice::Other,
            changed(vec![secret("shop", "s", SecretType::Other(None), &[])]),
        ),
        now(),
    );
    world.fold(Batch::Secrets(json, gone(vec![key("shop", "s")])), now());
    assert_eq!(
        world.secret(&key("shop", "s")).unwrap().secret_type,
        SecretType::Other(None)
    );
    world.fold(Batch::Secrets(json, whole(Scope::Cluster, vec![])), now());
    assert!(world.secret(&key("shop", "s")).is_some());
}
