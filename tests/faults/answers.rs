//! Faults of HTTP and JSON: a server, or something in front of it, answers wrongly.

use std::time::Duration;

use crate::{
    front::{Fault, everything, lists, watches},
    scene::{Place, Scene, one_stale, told},
};

const BUSY: &str =
    r#"{"kind":"Status","code":429,"message":"too many requests, please try again later"}"#;

/// Nobody comes back before the time that the server asked for.
pub async fn too_many_requests_are_answered_with_patience(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let busy = Fault::Instead(429, Some(("retry-after", "7")), BUSY.to_owned());
    scene.front.always(|uri| uri.contains("/pods"), busy);
    scene.line.cut();
    scene.change().await;
    told(&mut seen, "429: too many requests, please try again later").await;
    let refused = scene.front.asked().len();
    seen.until("it is asked once more", crate::scene::TOLD, |_| {
        scene
            .front
            .asked()
            .iter()
            .skip(refused)
            .any(|asked| asked.uri.contains("/pods"))
    })
    .await;
    let asked = scene.front.asked();
    let times: Vec<_> = asked
        .iter()
        .filter(|asked| asked.uri.contains("/pods"))
        .map(|asked| asked.at)
        .collect();
    let [.., first, second] = times[..] else {
        panic!("{asked:?}")
    };
    assert!(
        second - first >= Duration::from_millis(6900),
        "{:?}",
        second - first
    );
    scene.heal();
    scene.is_whole(&mut seen).await;
}

pub async fn internal_errors(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let body =
        r#"{"kind":"Status","code":500,"message":"etcdserver: \u001b[31mrequest timed out"}"#;
    scene
        .front
        .always(everything, Fault::Instead(500, None, body.to_owned()));
    scene.line.cut();
    told(&mut seen, "500: etcdserver: [31mrequest timed out").await;
    scene.change().await;
    scene.heal();
    scene.is_whole(&mut seen).await;
}

/// They say nothing of the version, so the watches go on from it: a server that has just come back is not asked for
/// everything by everybody.
pub async fn errors_of_watches_list_nothing(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let before = count_lists(&scene);
    for (status, message) in [(500, "leader changed"), (401, "Unauthorized")] {
        let body = format!(r#"{{"kind":"Status","code":{status},"message":"{message}"}}"#);
        let refused = scene.front.asked().len();
        scene
            .front
            .always(everything, Fault::Instead(status, None, body));
        scene.line.cut();
        // Some nine seconds, with the pauses between.
        seen.until("Pods are refused four times", crate::scene::TOLD, |_| {
            let asked = scene.front.asked();
            let refused = asked.iter().skip(refused);
            refused.filter(|asked| asked.uri.contains("/pods")).count() >= 4
        })
        .await;
        scene
            .touch_pod("web-3", message.split(' ').next().unwrap())
            .await;
        scene.heal();
        scene.is_whole(&mut seen).await;
    }
    let asked = scene.front.asked();
    let again = asked.iter().filter(|asked| lists(&asked.uri)).skip(before);
    // Other cases let the same server's etcd forget. The API server has no watch cache of Events, so that their version
    // has expired then (410).
    let again: Vec<_> = again
        .filter(|asked| !asked.uri.contains("/events?"))
        .collect();
    assert!(again.is_empty(), "{again:?}");
}

pub async fn truncated_lists(place: Place) {
    let scene = Scene::at(place).await;
    // Twice for each of the watches, each time as if it were the whole answer.
    scene.front.next(26, lists, Fault::Short(150));
    let mut seen = scene.look().await;
    let (_, why) = one_stale(&mut seen).await;
    assert!(
        why.contains("cannot read") && !why.contains("canary"),
        "{why}"
    );
    scene.is_whole(&mut seen).await;
}

pub async fn truncated_changes(place: Place) {
    let scene = Scene::at(place).await;
    scene.front.next(13, watches, Fault::Short(200));
    let mut seen = scene.watched().await;
    scene.change().await;
    scene.is_whole(&mut seen).await;
}

pub async fn a_list_cut_off_by_a_broken_connection(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    // The lists are asked for again because the server has forgotten, and each breaks once.
    let gone = r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;
    scene
        .front
        .next(13, watches, Fault::Instead(200, None, format!("{gone}\n")));
    scene.front.next(13, lists, Fault::Broken(500));
    scene.change().await;
    scene.line.cut();
    one_stale(&mut seen).await;
    scene.is_whole(&mut seen).await;
}

/// Some proxies write lines their own way, and blank ones to keep a connection alive.
pub async fn carriage_returns_and_blank_lines(place: Place) {
    fn with_carriage_returns(bytes: &[u8]) -> Vec<u8> {
        let mut out = b"\r\n".to_vec();
        for byte in bytes {
            match byte {
                b'\n' => out.extend_from_slice(b"\r\n"),
                byte => out.push(*byte),
            }
        }
        out
    }
    let scene = Scene::at(place).await;
    scene
        .front
        .always(lists, Fault::Rewritten(with_carriage_returns));
    scene
        .front
        .always(watches, Fault::Behind(b"\r\n\n \r\n".to_vec()));
    let mut seen = scene.watched().await;
    scene.front.heal();
    scene.front.always(
        watches,
        Fault::Rewritten(|bytes| {
            let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n\r\n");
            text.into_bytes()
        }),
    );
    scene.line.cut();
    scene.change().await;
    scene.is_whole(&mut seen).await;
    let lists_before = count_lists(&scene);
    scene.touch_pod("web-3", "again").await;
    scene.is_whole(&mut seen).await;
    assert_eq!(
        count_lists(&scene),
        lists_before,
        "nothing had to be listed anew"
    );
}

fn count_lists(scene: &Scene) -> usize {
    scene
        .front
        .asked()
        .iter()
        .filter(|asked| lists(&asked.uri))
        .count()
}

pub async fn a_page_of_a_captive_portal(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let page = "<html><body>Please accept the terms of this \u{1b}]0;hotel\u{7} network";
    scene.front.always(
        everything,
        Fault::Instead(200, Some(("content-type", "text/html")), page.to_owned()),
    );
    scene.line.cut();
    scene.change().await;
    scene.front.heal();
    scene.is_whole(&mut seen).await;
    let page = Fault::Instead(200, None, format!("{page}\n"));
    scene.front.always(everything, page);
    scene.line.cut();
    told(&mut seen, "cannot read").await;
    scene.heal();
    scene.is_whole(&mut seen).await;
}

/// A change that never ends is no change: the memory is bounded, and the watch is begun anew.
pub async fn a_line_without_end(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    // Every time: a list counts as live before its first watch is asked for, and the cut may befall that one.
    scene.front.always(
        |uri| watches(uri) && uri.contains("/pods"),
        Fault::Behind(vec![b'x'; 70 << 20]),
    );
    scene.line.cut();
    told(&mut seen, "longer than").await;
    scene.front.heal();
    scene.change().await;
    scene.is_whole(&mut seen).await;
}

/// Of an error that never ends, a sentence is read.
pub async fn a_body_without_end(place: Place) {
    let scene = Scene::at(place).await;
    let mut seen = scene.watched().await;
    let endless = "x".repeat(20 << 20);
    scene
        .front
        .next(13, watches, Fault::Instead(500, None, endless));
    scene.line.cut();
    let why = told(&mut seen, "500: xxx").await;
    assert!(why.len() < 2000, "{} bytes", why.len());
    scene.change().await;
    scene.is_whole(&mut seen).await;
}
