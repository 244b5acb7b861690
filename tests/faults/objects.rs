//! Faults in the cluster itself: history is forgotten, rights and namespaces go, and all changes at once.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use pullscope::{
    domain::store::watch::{WatchKind, WatchState},
    sandbox::{Pace, Sandbox, User},
};

use crate::{
    cluster::{Behind, Cluster},
    front::{Fault, lists, watches},
    line::Mood,
    observer::Observer,
    scene::{HEALED, Place, Scene, TOLD, told},
    view::view,
};

/// While the line was closed, all that it would have to catch up with has been compacted.
pub async fn history_is_forgotten(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    scene.line.set(Mood::Closed);
    crate::scene::all_stale(&mut seen).await;
    scene.change().await;
    scene.cluster.forget().await;
    scene.touch_pod("web-4", "after").await;
    scene.heal();
    scene.is_whole(&mut seen).await;
}

const READ: &[&str] = &["get", "list", "watch"];

/// What may no longer be read stays as it was, with the missing right and the time that it is from; when
/// it is granted again, all is up to date again by itself.
pub async fn rights_are_revoked(place: Place) {
    let scene = Scene::of(place.cluster(), "viewer").await;
    let rules: &[(&str, &[&str])] = &[
        ("/pods", READ),
        ("/secrets", READ),
        ("/serviceaccounts", READ),
    ];
    scene.cluster.grant("viewer", &scene.namespace, rules).await;
    let mut seen = scene.look().await;
    let pods = |seen: &Observer| state(seen, WatchKind::Pods);
    seen.until("Pods are live", HEALED, |seen| {
        pods(seen) == Some(WatchState::Live)
    })
    .await;
    seen.until("they are there", HEALED, |seen| pods_in(seen, &scene) == 5)
        .await;

    let binding = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings/viewer",
        scene.namespace
    );
    scene.cluster.delete(&binding).await;
    // A server asks for rights when a watch is opened, and not while it runs.
    scene.line.cut();
    seen.until("Pods are forbidden", TOLD, |seen| {
        matches!(pods(seen), Some(WatchState::Forbidden { .. }))
    })
    .await;
    let Some(WatchState::Forbidden {
        missing,
        as_of: Some(_),
        ..
    }) = pods(&seen)
    else {
        panic!("{:?}", pods(&seen))
    };
    let namespace = &scene.namespace;
    assert!(
        missing
            .to_string()
            .ends_with(&format!("pods in namespace {namespace}")),
        "{missing}"
    );
    assert_eq!(pods_in(&seen, &scene), 5, "unknown is not gone");

    let body = serde_json::json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "viewer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
    });
    scene
        .cluster
        .create(binding.trim_end_matches("/viewer"), body)
        .await;
    seen.until("Pods are live again", HEALED, |seen| {
        pods(seen) == Some(WatchState::Live) && pods_in(seen, &scene) == 5
    })
    .await;
}

/// An authorizer that has a hiccup answers 403, once.
pub async fn one_refusal_takes_nothing_back(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    // A change that has come shows that the watch was permitted.
    scene.touch_pod("web-0", "before").await;
    scene.is_whole(&mut seen).await;
    let body = r#"{"kind":"Status","code":403,"message":"pods is forbidden: webhook timed out"}"#;
    let pods = |uri: &str| watches(uri) && uri.contains("/pods");
    scene
        .front
        .next(1, pods, Fault::Instead(403, None, body.to_owned()));
    scene.line.cut();
    told(&mut seen, "403 Forbidden: pods is forbidden").await;
    scene.change().await;
    let batches = seen.batches.len();
    scene.is_whole(&mut seen).await;
    let since = &seen.batches[batches..];
    let listed = since.iter().filter(|batch| batch.starts_with("Pods all:"));
    assert_eq!(listed.count(), 0, "the watch went on: {since:?}");
    assert!(
        !seen
            .batches
            .iter()
            .any(|batch| batch.starts_with("Pods all: 0 changed")),
        "{:?}",
        seen.batches
    );
}

/// The API server's own 404 comes with a Status; what an ingress without a backend answers does not.
pub async fn a_404_of_an_ingress_is_no_empty_list(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let gone = r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;
    let page = "<html><head><title>404 Not Found</title></head></html>";
    let html = Some(("content-type", "text/html"));
    // Every watch, however often it asks: the cut may befall one that has been answered so.
    scene
        .front
        .always(watches, Fault::Instead(200, None, format!("{gone}\n")));
    scene.front.always(
        |uri| !watches(uri),
        Fault::Instead(404, html, page.to_owned()),
    );
    scene.line.cut();
    told(&mut seen, "404 Not Found").await;
    seen.until("every list has met the ingress", TOLD, |seen| {
        let stale = |state: &&WatchState| matches!(state, WatchState::Stale { .. });
        seen.states.values().filter(stale).count() == seen.states.len()
    })
    .await;
    assert_eq!(pods_in(&seen, &scene), 5);
    scene.heal();
    scene.change().await;
    scene.is_whole(&mut seen).await;
    assert!(
        !seen
            .batches
            .iter()
            .any(|batch| batch.starts_with("Pods all: 0 changed")),
        "{:?}",
        seen.batches
    );
}

fn state(seen: &Observer, kind: WatchKind) -> Option<WatchState> {
    let mut states = seen.states.iter().filter(|(id, _)| id.kind == kind);
    states.next().map(|(_, state)| state.clone())
}

fn pods_in(seen: &Observer, scene: &Scene) -> usize {
    let view = view(&seen.store, &scene.namespace);
    view.keys().filter(|key| key.starts_with("pods/")).count()
}

pub async fn the_namespace_is_deleted(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let path = format!("/api/v1/namespaces/{}", scene.namespace);
    scene.cluster.delete(&path).await;
    for _ in 0..40 {
        scene.cluster.wind(5);
    }
    seen.until("nothing of it is left", TOLD, |seen| {
        view(&seen.store, &scene.namespace).is_empty()
            && seen.store.namespace(&scene.namespace).is_none()
    })
    .await;
    assert!(crate::scene::all_live(&seen), "{:#?}", seen.states);
    // One of the same name is another one.
    let body = serde_json::json!({"metadata": {"name": scene.namespace.as_str()}});
    scene.cluster.create("/api/v1/namespaces", body).await;
    scene.cluster.wind(5);
    scene.account("robot").await;
    scene.pod("new").await;
    scene.is_whole(&mut seen).await;
}

/// What the server says of times is its own; how old our data is, is ours.
pub async fn clocks_differ(_: Place) {
    for skew in [
        SignedDuration::from_hours(30),
        SignedDuration::from_hours(-30),
    ] {
        let sandbox = Sandbox::empty(Timestamp::now() + skew, Pace::Manual);
        let behind = Behind::Sandbox(sandbox.clone());
        let clients =
            Arc::new(move |_: &str| Client::new(sandbox.service(User::admin()), "default"));
        let scene = Scene::of(Cluster::new(clients, behind), "admin").await;
        let mut seen = scene.watched().await;
        let before = Timestamp::now();
        scene.line.set(Mood::Closed);
        let (since, _) = crate::scene::all_stale(&mut seen).await;
        let tolerance = SignedDuration::from_secs(2);
        assert!(
            since >= before - tolerance && since <= Timestamp::now(),
            "{since} {before}"
        );
        scene.change().await;
        scene.heal();
        scene.is_whole(&mut seen).await;
    }
}

/// Two hours of an unquiet cluster in a few seconds: objects come, change and go while the line is cut,
/// silent and dripping and history is forgotten.
pub async fn churn_under_cuts(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    for round in 0..12_u32 {
        for number in 0..8_u32 {
            let name = format!("churn-{number}");
            let Some(turn) = round.checked_sub(number % 3) else {
                continue;
            };
            match turn % 3 {
                0 => scene.pod(&name).await,
                1 => scene.touch_pod(&name, &round.to_string()).await,
                _ => scene.delete_pod(&name).await,
            }
        }
        match round % 4 {
            0 => scene.line.cut(),
            1 => scene.line.set(Mood::Closed),
            2 => scene
                .line
                .set(Mood::Dripping(100, Duration::from_millis(1))),
            _ => {
                scene.line.set(Mood::Open);
                if matches!(place, Place::Sandbox) {
                    scene.cluster.forget().await;
                }
            }
        }
        seen.until("something comes", TOLD, |seen| !seen.batches.is_empty())
            .await;
    }
    scene.heal();
    scene.is_whole(&mut seen).await;
}

/// Nobody takes in what comes: what waits is bounded by the number of objects, and in the end the
/// newest state is there, without a new list.
pub async fn a_reader_that_does_not_keep_up(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let listed = scene
        .front
        .asked()
        .iter()
        .filter(|asked| lists(&asked.uri))
        .count();
    for round in 0..120 {
        scene.touch_pod("web-0", &round.to_string()).await;
        scene.touch_pod("web-1", &round.to_string()).await;
    }
    let batches = seen.batches.len();
    scene.is_whole(&mut seen).await;
    assert!(
        seen.batches.len() - batches <= 40,
        "a lane of 32, and what was merged behind it: {} batches",
        seen.batches.len() - batches
    );
    let now = scene
        .front
        .asked()
        .iter()
        .filter(|asked| lists(&asked.uri))
        .count();
    assert_eq!(now, listed);
}
