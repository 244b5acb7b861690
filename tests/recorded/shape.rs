//! The shape of a message: what two clusters must have in common when they say the same.
//!
//! Names of Pods, addresses, durations, digests, sizes and uids become placeholders. Hosts, images and
//! names of Secrets stay: they are the same in both worlds.

use crate::record::{Event, State};

pub fn event(event: &Event, workload: &str) -> Event {
    Event {
        field: event
            .field
            .as_deref()
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
        message: message(&event.message, workload),
        ..event.clone()
    }
}

pub fn state(state: &State, workload: &str) -> State {
    State {
        message: state.message.as_deref().map(|it| message(it, workload)),
        ..state.clone()
    }
}

fn message(text: &str, workload: &str) -> String {
    // What a registry says of itself is the registry's.
    let own = text
        .split_once("toomanyrequests: ")
        .map_or(text, |(own, _)| own);
    let words: Vec<&str> = own.split(' ').collect();
    let shapes: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, text)| match words.get(at + 1) {
            Some(next) if next.starts_with("bytes") => "<size>".to_owned(),
            _ => word(text, workload),
        })
        .collect();
    shapes.join(" ")
}

fn word(text: &str, workload: &str) -> String {
    let bare = text.trim_matches(['"', '(', ')', ',', '.', ':']);
    let shape = if let Some(pod) = bare.strip_prefix("pod=") {
        format!("pod={}", word(pod.split('_').next().unwrap(), workload))
    } else if let Some((_, pod)) = bare.split_once('/').filter(|it| is_made(it.1, workload)) {
        format!("<namespace>/{}", word(pod, workload))
    } else if let Some((_, account)) = bare.split_once('/').filter(|it| it.1 == "runner") {
        format!("<namespace>/{account}")
    } else if is_made(bare, workload) {
        "<name>".to_owned()
    } else if is_duration(bare) {
        "<duration>".to_owned()
    } else if let Some((before, digest)) = bare.split_once("sha256:") {
        format!(
            "{before}sha256:{}",
            digest.trim_start_matches(|c: char| c.is_ascii_hexdigit())
        )
    } else if let Some(port) = port_of_address(bare) {
        format!("<address>:{port}")
    } else {
        bare.to_owned()
    };
    text.replace(bare, &shape)
}

/// The workload's name with what controllers put behind it.
fn is_made(text: &str, workload: &str) -> bool {
    text.strip_prefix(workload)
        .is_some_and(|rest| rest.starts_with('-') && rest.len() > 6)
}

fn is_duration(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with('s')
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "hmsµn.".contains(c))
}

fn port_of_address(text: &str) -> Option<&str> {
    let (address, port) = text.rsplit_once(':')?;
    address.parse::<std::net::Ipv4Addr>().ok()?;
    Some(port)
}

#[test]
fn what_differs_by_chance_is_made_equal() {
    for (text, shape) in [
        (
            "Successfully assigned s-one/web-7fd4478d4-pclxf to lab",
            "Successfully assigned <namespace>/<name> to lab",
        ),
        (
            "Pulled image \"localhost:5000/a/b:1.0\" in 1m2.5s (150ms including waiting). Image size: 12 bytes.",
            "Pulled image \"localhost:5000/a/b:1.0\" in <duration> (<duration> including waiting). Image size: <size> bytes.",
        ),
        (
            "lookup x on 127.0.1.53:53: no such host",
            "lookup x on <address>:53: no such host",
        ),
        (
            "back-off 1m20s restarting failed container=app pod=web-67459c567b-44wbl_app(4c6d)",
            "back-off <duration> restarting failed container=app pod=<name>)",
        ),
    ] {
        assert_eq!(message(text, "web"), shape);
    }
}
