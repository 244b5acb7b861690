//! A password that was typed is nowhere in the memory as a whole of the process once its form is closed; and
//! memory is for what there is, not for what there was.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use serde_json::json;

use crate::{CTRL_C, ESCAPE, api::Cluster, session::Session, session::Setup};

/// How often the text stands in the memory of the process.
fn found(session: &Session, text: &str) -> usize {
    let pid = session.child.process_id().unwrap();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut count = 0;
    for map in maps.lines().filter(|map| map.contains(" rw-p ")) {
        let (from, to) = map.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        if memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        count += bytes
            .windows(text.len())
            .filter(|window| *window == text.as_bytes())
            .count();
    }
    count
}

#[test]
#[cfg(target_os = "linux")]
fn a_typed_password_is_wiped_when_its_form_is_closed() {
    let password = "wiped-canary-8231-long-enough-to-be-moved-about-while-it-grows";
    let mut session = Setup::new(&["demo", "-n", "data"]).start();
    session.sees("Deployment/ingest 0/3");
    session.press("\t\t/dockerhub\r");
    session.press("R");
    session.sees("Rotate credential");
    // As a hand does it, one key after the other.
    for key in password.chars() {
        session.press(&key.to_string());
    }
    session
        .screen
        .wait("all keys taken in", |_| found(&session, password) > 0);
    session.press(ESCAPE);
    session.sees("esc again to discard");
    session.press(ESCAPE);
    session.misses("Rotate credential");
    // Of the whole: a piece of it, whose beginning has been written over, is still to be found once.
    assert_eq!(found(&session, password), 0);
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

/// What ten failing Pods say, ever new and 8 KB each time; returns the last word.
fn churn(cluster: &Cluster, rounds: Range<u32>) -> String {
    let mut word = String::new();
    for round in rounds {
        word = format!("word-{round}");
        let message = format!("x:1: not found: {word} {}", "y".repeat(8_000));
        cluster.set_status(
            &format!("churn-{}", round % 10),
            &json!({"phase": "Pending", "containerStatuses": [{
                "name": "app", "image": "nginx", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "ErrImagePull", "message": message}},
            }]}),
        );
    }
    word
}

fn resident(session: &Session) -> u64 {
    let pid = session.child.process_id().unwrap();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.unwrap().split_whitespace().next().unwrap();
    words.parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_what_is_over() {
    let cluster = Cluster::start();
    for number in 0..10 {
        cluster.create_pod(&format!("churn-{number}"));
    }
    let mut session = Setup::new(&["-n", "shop"])
        .size(200, 60)
        .with("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
        .start();
    session.sees("churn-9");
    session.press("/churn-9\r");
    // As much as is held once: buffers, and what glibc keeps.
    let word = churn(&cluster, 0..500);
    session.press("d");
    session.sees(&word);
    let before = resident(&session);
    // 24 MB of words, of which the last ten still count.
    let word = churn(&cluster, 500..3_500);
    session.sees(&word);
    let after = resident(&session);
    assert!(after < before + 8 * 1024, "{before} KiB, then {after} KiB");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}
