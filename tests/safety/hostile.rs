//! Objects, keys and files that mean harm, or nothing at all.

use std::fs;

use proptest::prelude::*;
use pullscope::{
    cluster::connect,
    config::{self, Flags, XdgPaths},
    domain::{
        diagnostics::classify::classify,
        registry_auth::{
            docker_config::{self, ConfigFormat},
            image_ref::ImageRef,
            keyring::key_matches,
        },
    },
};
use serde_json::{Value, json};

use crate::{CTRL_C, ESCAPE, api::Cluster, canary::answered, session::Setup};

/// Sequences that a terminal would obey: its title, a colour, the clipboard, a question about itself, a
/// move of the cursor in eight bits; and what reorders or hides text.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{1b}]52;c;b3duZWQ=\u{7}\u{9b}5n\u{1b}[2J\u{202e}txt\u{200b}\u{2066}\u{feff}\r\n\u{8}\u{0}";

/// What must not be among the bytes that the terminal gets.
const OBEYED: [&str; 8] = [
    "\u{1b}]0;owned",
    "\u{1b}]52;c",
    "\u{7}",
    "\u{9b}",
    "\u{202e}",
    "\u{200b}",
    "\u{2066}",
    "\u{feff}",
];

fn hostile() -> Cluster {
    let cluster = Cluster::start();
    let name = "n".repeat(253);
    let big = "x".repeat(200 << 10);
    let pods = "/api/v1/namespaces/shop/pods";
    cluster.create(
        pods,
        &json!({
            "metadata": {"name": name, "annotations": {"big": big, "evil": EVIL}},
            "spec": {"containers": [{"name": "c".repeat(63), "image": "nginx"}]},
        }),
    );
    let waiting =
        |reason: &str, message: &str| json!({"waiting": {"reason": reason, "message": message}});
    let status = |name: &str, state: Value| {
        json!({
            "name": name, "image": "nginx", "imageID": "", "ready": false, "restartCount": 0, "state": state,
        })
    };
    let evil = status(&"c".repeat(63), waiting(EVIL, &EVIL.repeat(100)));
    cluster.set_status(
        &name,
        &json!({"phase": "Pending", "message": EVIL, "containerStatuses": [evil]}),
    );
    cluster.create_pod("many");
    let many: Vec<Value> = (0..10_000)
        .map(|number| status(&format!("c{number}"), waiting("ImagePullBackOff", EVIL)))
        .collect();
    cluster.set_status(
        "many",
        &json!({"phase": "Pending", "containerStatuses": many}),
    );
    cluster.create(
        "/api/v1/namespaces/shop/events",
        &json!({
            "metadata": {"name": "evil"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "many"},
            "reason": EVIL, "message": EVIL, "type": "Warning", "count": 1,
            "lastTimestamp": "2026-01-01T00:00:00Z",
        }),
    );
    cluster
}

#[test]
fn no_escape_out_of_an_object_reaches_the_terminal() {
    let cluster = hostile();
    let mut session = Setup::new(&["-n", "shop"])
        .with("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
        .start();
    session.sees("many");
    for pane in [":pods\r", ":ev\r"] {
        answered(&mut session, pane);
        for _ in 0..3 {
            answered(&mut session, "\x1b[B");
            for view in ["\r", "d", "y", "D", "T", "R", "W", "."] {
                answered(&mut session, view);
                answered(&mut session, ESCAPE);
                answered(&mut session, ESCAPE);
            }
        }
    }
    // Storms of sizes, the smallest among them.
    for (columns, rows) in [
        (1, 1),
        (500, 200),
        (2, 90),
        (300, 3),
        (120, 40),
        (0, 0),
        (120, 40),
    ] {
        if columns > 0 {
            session.resize(columns, rows);
        }
        session.press("\t");
    }
    session.sees("many");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let output = session.screen.output();
    let text = String::from_utf8_lossy(&output.bytes);
    for obeyed in OBEYED {
        assert!(!text.contains(obeyed), "{obeyed:?}");
    }
}

#[test]
fn keys_that_are_no_text_and_a_paste_of_ten_megabytes() {
    let mut session = Setup::new(&["demo"]).start();
    session.sees("● live");
    for bytes in [
        &b"\xff\xfe\xc3\x28"[..],
        b"\xe2\x82",
        b"\xf0\x9f\x92",
        b"\x1b[999999999999A",
        b"\x1b[<0;99999;99999M",
        b"\x1b]11;rgb:",
        b"\x00\x00",
    ] {
        let writer = session.writer.as_mut().unwrap();
        writer.write_all(bytes).unwrap();
        writer.flush().unwrap();
    }
    // Ends what the last of them began.
    session.press("\x1b\\");
    session.press(ESCAPE);
    answered(&mut session, "/");
    session.paste(&"ten megabytes \u{1b}[31m\n".repeat(500_000));
    answered(&mut session, ESCAPE);
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    session.is_restored();
}

/// Bytes that are nearly a file of this kind.
fn nearly(whole: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let length = whole.len();
    prop::collection::vec((0..length, any::<u8>()), 0..8).prop_map(move |changes| {
        let mut bytes = whole.as_bytes().to_vec();
        for (at, byte) in changes {
            if byte < 40 {
                bytes.truncate(at);
            } else if at < bytes.len() {
                bytes[at] = byte;
            }
        }
        bytes
    })
}

const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: u, namespace: n}\nclusters:\n- name: c\n  cluster: {server: 'https://h:6443', certificate-authority-data: AAAA}\nusers:\n- name: u\n  user: {token: t, exec: {command: x, args: [a], env: [{name: b, value: c}]}}\n";
const SETTINGS: &str =
    "theme = \"dark\"\nread-only = true\n[keys]\nquit = [\"q\"]\n[favourites]\n1 = \"shop\"\n";
const DOCKER: &str = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"Ym90OnB3","email":"a"},"*.io:5000/x":{"username":"b","password":"c"},"":{}},"credHelpers":{"a":"b"}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_message_is_classified(message in any::<String>(), known in prop::sample::select(vec![
        "rpc error: code = Unknown desc =", "failed to resolve reference \"", "dial tcp: lookup ", "x509: certificate",
        "401 Unauthorized", "toomanyrequests:", "Back-off pulling image \"", "no such host", "net/http: TLS", "https://",
    ]), at in 0usize..40) {
        for text in [message.clone(), format!("{known}{message}"), format!("{message}{known}"), known.repeat(at)] {
            let found = classify(&text);
            prop_assert!(found.candidates().count() < 50);
            let _ = found.confirming_checks();
        }
    }

    #[test]
    fn any_key_is_matched_or_not(key in any::<String>(), host in "[a-z*?\\[\\]:./@-]{0,40}", image in any::<String>()) {
        for text in [image.as_str(), "ghcr.io/a/b:1", "h:5000/a@sha256:x"] {
            if let Ok(image) = ImageRef::parse(text) {
                let _ = key_matches(&key, &image);
                let _ = key_matches(&host, &image);
            }
        }
    }

    #[test]
    fn any_docker_configuration_is_read(bytes in nearly(DOCKER), any in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in [ConfigFormat::ConfigJson, ConfigFormat::LegacyCfg] {
            let _ = docker_config::read(format, &bytes);
            let _ = docker_config::read(format, &any);
        }
    }

    #[test]
    fn any_settings_and_kubeconfig_are_read_or_refused(settings in nearly(SETTINGS), kubeconfig in nearly(KUBECONFIG), any in prop::collection::vec(any::<u8>(), 0..200)) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        for bytes in [&settings, &any] {
            fs::write(&file, bytes).unwrap();
            let flags = Flags { file: Some(file.clone()), ..Flags::default() };
            if let Err(problem) = config::load(&flags, &XdgPaths::default()) {
                prop_assert!(!problem.to_string().chars().any(|c| c.is_control() && c != '\n'), "{problem:?}");
            }
        }
        for bytes in [&kubeconfig, &any] {
            fs::write(&file, bytes).unwrap();
            if let Err(error) = connect::contexts(Some(&file)) {
                prop_assert!(!error.to_string().chars().any(|c| c.is_control() && c != '\n'), "{error:?}");
            }
        }
    }
}
