//! Faults below HTTP: the line is cut, closed, silent or slow, or the server goes away.

use std::{fs, net::SocketAddr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use pullscope::{
    cluster::{ConnectOptions, Connection, WatchScope},
    domain::{k8s::object_ref::Namespace, store::watch::WatchState},
};
use serde_json::json;

use crate::{
    front::{Fault, lists},
    line::{Line, Mood},
    observer::Observer,
    scene::{Place, Scene, all_live, all_stale, one_stale},
    server::Server,
    view::{truth, view},
};

/// A word on the wire and its mark in the store may lie so far apart.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

pub async fn cut_while_listing(place: Place) {
    let scene = Scene::at(place).await;
    // Each list of the first round loses its connection within the first kilobyte.
    scene.front.next(13, lists, Fault::Broken(300));
    let mut seen = scene.look().await;
    one_stale(&mut seen).await;
    let half = view(&seen.store, &scene.namespace);
    assert!(
        half.is_empty() || half == scene.truth().await,
        "half a list: {half:?}"
    );
    scene.is_whole(&mut seen).await;
}

pub async fn cut_while_watching(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    for _ in 0..3 {
        let before = Timestamp::now();
        scene.line.cut();
        let (since, _) = one_stale(&mut seen).await;
        assert!(since >= before - TOLERANCE, "{since} {before}");
        scene
            .touch_pod("web-0", &before.as_millisecond().to_string())
            .await;
        scene.is_whole(&mut seen).await;
    }
    scene.change().await;
    scene.is_whole(&mut seen).await;
}

pub async fn closed_for_a_while(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let before = Timestamp::now();
    scene.line.set(Mood::Closed);
    let (since, why) = all_stale(&mut seen).await;
    assert!(since >= before - TOLERANCE && since <= Timestamp::now());
    assert!(why.contains("connection lost"), "{why}");
    scene.change().await;
    assert_ne!(view(&seen.store, &scene.namespace), scene.truth().await);
    scene.heal();
    scene.is_whole(&mut seen).await;
}

pub async fn a_peer_gone_silent(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let silent = Timestamp::now();
    scene.line.set(Mood::Silent);
    scene.change().await;
    let (since, why) = all_stale(&mut seen).await;
    assert!(
        since <= silent + TOLERANCE,
        "as old as the last word: {since} {silent}"
    );
    assert!(why.contains("no answer"), "{why}");
    scene.heal();
    scene.is_whole(&mut seen).await;
}

/// Here the way is good again at once, for new connections only.
pub async fn connections_that_a_router_forgot(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    scene.line.forget();
    scene.change().await;
    // Within half a minute and without having been told: the change is simply there.
    scene.is_whole(&mut seen).await;
}

pub async fn a_slow_drip(place: Place) {
    let scene = Scene::at(place).await;
    scene.line.set(Mood::Dripping(40, Duration::from_millis(3)));
    let mut seen = scene.watched().await;
    scene
        .line
        .set(Mood::Dripping(1, Duration::from_millis(400)));
    scene.change().await;
    let (_, why) = one_stale(&mut seen).await;
    assert!(why.contains("no answer"), "{why}");
    scene.heal();
    scene.is_whole(&mut seen).await;
}

/// Past the front: the line carries TLS to the API server itself.
pub async fn cut_under_tls(place: Place) {
    let Place::Server(server) = place else {
        panic!("the sandbox speaks no TLS")
    };
    let cluster = server.cluster();
    let namespace = cluster.namespace("tls").await;
    let (line, mut seen) = over_tls(server, &namespace).await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    for (number, mood) in [
        Mood::Open,
        Mood::Closed,
        Mood::Dripping(100, Duration::from_millis(2)),
    ]
    .into_iter()
    .enumerate()
    {
        line.cut();
        line.set(mood);
        let account = json!({"metadata": {"name": format!("robot-{number}")}});
        let accounts = path.replace("configmaps", "serviceaccounts");
        cluster.create(&accounts, account).await;
        one_stale(&mut seen).await;
        line.set(Mood::Open);
        is_equal(server, &namespace, &mut seen).await;
    }
}

/// HTTP/2: with HTTP/1.1, each of the 61 watches would hold a connection.
pub async fn one_connection_carries_all_watches(place: Place) {
    let Place::Server(server) = place else {
        panic!("the sandbox speaks no TLS")
    };
    let cluster = server.cluster();
    let mut namespaces = Vec::new();
    for _ in 0..5 {
        namespaces.push(cluster.namespace("wide").await);
    }
    let (line, connection) = tls_line(server).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(namespaces.clone()));
    let wanted = 1 + 12 * namespaces.len();
    seen.until("all watches are live", crate::scene::HEALED, |seen| {
        seen.states.len() == wanted && seen.states.values().all(|state| *state == WatchState::Live)
    })
    .await;
    assert_eq!(line.opened(), 1);
}

/// A ping finds the dead connection, over which each further request would be sent.
pub async fn a_tls_connection_that_a_router_forgot(place: Place) {
    let Place::Server(server) = place else {
        panic!("the sandbox speaks no TLS")
    };
    let cluster = server.cluster();
    let namespace = cluster.namespace("ping").await;
    let (line, mut seen) = over_tls(server, &namespace).await;
    line.forget();
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    cluster
        .create(&accounts, json!({"metadata": {"name": "robot"}}))
        .await;
    is_equal(server, &namespace, &mut seen).await;
}

async fn over_tls(server: &'static Server, namespace: &Namespace) -> (Line, Observer) {
    let (line, connection) = tls_line(server).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
    seen.until("all watches are live", crate::scene::HEALED, all_live)
        .await;
    (line, seen)
}

/// A line to the API server itself, and a connection over it.
async fn tls_line(server: &'static Server) -> (Line, Connection) {
    let real: SocketAddr = server
        .address()
        .trim_start_matches("https://")
        .parse()
        .unwrap();
    let line = Line::to(real).await;
    let mut config = server.kubeconfig();
    config["clusters"][0]["cluster"]["server"] = json!(format!("https://{}", line.address));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), config.to_string()).unwrap();
    let options = ConnectOptions {
        kubeconfig: Some(file.path().into()),
        ..ConnectOptions::default()
    };
    (line, Connection::open(&options).await.unwrap())
}

async fn is_equal(server: &'static Server, namespace: &Namespace, seen: &mut Observer) {
    let truth = truth(&server.client("admin").unwrap(), namespace).await;
    seen.until(
        "the view equals the server's state",
        crate::scene::HEALED,
        |seen| all_live(seen) && view(&seen.store, namespace) == truth,
    )
    .await;
}

pub async fn the_server_is_restarted(server: &'static Server) {
    let cluster = server.cluster();
    let namespace = cluster.namespace("restart").await;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    cluster
        .create(&path, json!({"metadata": {"name": "before"}}))
        .await;
    let (_line, mut seen) = over_tls(server, &namespace).await;
    let before = Timestamp::now();
    server.stop_apiserver();
    let (since, _) = all_stale(&mut seen).await;
    assert!(since >= before - TOLERANCE && since <= Timestamp::now());
    tokio::task::block_in_place(|| server.start_apiserver()).unwrap();
    cluster.delete(&format!("{path}/before")).await;
    cluster
        .create(&path, json!({"metadata": {"name": "after"}}))
        .await;
    is_equal(server, &namespace, &mut seen).await;
}
