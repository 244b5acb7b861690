//! A password that was typed is nowhere in the memory as a whole of the process once its form is closed.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
};

use crate::{CTRL_C, ESCAPE, session::Session, session::Setup};

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
    session.sees("Rotate a credential");
    // As a hand does it, one key after the other.
    for key in password.chars() {
        session.press(&key.to_string());
    }
    session
        .screen
        .wait("all keys taken in", |_| found(&session, password) > 0);
    session.press(ESCAPE);
    session.sees("esc again drops what you typed");
    session.press(ESCAPE);
    session.misses("Rotate a credential");
    // Of the whole: a piece of it, whose beginning has been written over, is still to be found once.
    assert_eq!(found(&session, password), 0);
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}
