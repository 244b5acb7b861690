//! A secret with a name: put in wherever secrets are, and looked for wherever anything comes out.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::{
    CTRL_C, ESCAPE,
    api::Cluster,
    session::{Session, Setup},
};

const PASSWORD: &str = "canary-s3cret-5310";
const TOKEN: &str = "canary-bearer-7702";
const OPAQUE: &str = "canary-opaque-1180";

/// What must not be found: the values, and what they become on their way.
fn forms() -> Vec<String> {
    let pair = format!("bot:{PASSWORD}");
    let auth = BASE64_STANDARD.encode(&pair);
    let plain = [PASSWORD, TOKEN, OPAQUE].map(str::to_owned);
    let encoded = [PASSWORD, TOKEN, OPAQUE].map(|text| BASE64_STANDARD.encode(text));
    let stored = BASE64_STANDARD.encode(config());
    let mut forms: Vec<String> = plain.into_iter().chain(encoded).collect();
    forms.push(auth);
    // Any longer piece of the whole content gives it away.
    forms.push(stored[8..40].to_owned());
    forms
}

fn config() -> String {
    let auth = BASE64_STANDARD.encode(format!("bot:{PASSWORD}"));
    json!({"auths": {"127.0.0.1:1": {"username": "bot", "password": PASSWORD, "auth": auth}}})
        .to_string()
}

fn is_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for form in forms() {
        assert!(!text.contains(&form), "{what}: {form:?} got out in\n{text}");
    }
}

/// Every file below it.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn guarded() -> Cluster {
    let cluster = Cluster::start();
    let secrets = "/api/v1/namespaces/shop/secrets";
    cluster.create(
        secrets,
        &json!({
            "metadata": {"name": "regcred"}, "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": config()},
        }),
    );
    cluster.create(
        secrets,
        &json!({
            "metadata": {"name": "opaque"}, "type": "Opaque", "stringData": {"key": OPAQUE},
        }),
    );
    cluster.create(
        "/api/v1/namespaces/shop/serviceaccounts",
        &json!({
            "metadata": {"name": "robot"}, "imagePullSecrets": [{"name": "regcred"}],
        }),
    );
    cluster.create(
        "/api/v1/namespaces/shop/pods",
        &json!({
            "metadata": {"name": "guarded"},
            "spec": {"serviceAccountName": "robot", "imagePullSecrets": [{"name": "regcred"}],
                "containers": [{"name": "app", "image": "127.0.0.1:1/team/web:1"}]},
        }),
    );
    cluster.set_status("guarded", &json!({"phase": "Pending", "containerStatuses": [{
        "name": "app", "image": "127.0.0.1:1/team/web:1", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}},
    }]}));
    cluster
}

/// Presses a key and lets it be answered by a frame, where it has an answer.
pub fn answered(session: &mut Session, keys: &str) {
    let before = session.written();
    session.press(keys);
    let deadline = Instant::now() + Duration::from_millis(400);
    while session.written() == before && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
}

const PANES: [&str; 5] = [":pods\r", ":sec\r", ":sa\r", ":ev\r", ":ns\r"];
const VIEWS: [&str; 12] = ["\r", "d", "y", "D", "T", "R", "L", "H", "W", "?", ".", "t"];

#[test]
fn no_view_at_any_size_and_no_file_shows_a_password() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let cluster = guarded();
        let home = tempfile::tempdir().unwrap();
        let mut session = Setup::new(&["--log-level", "trace", "-n", "shop"])
            .size(columns, rows)
            .with("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
            .with("XDG_STATE_HOME", home.path().to_str().unwrap())
            .start();
        session.sees("guarded");
        for pane in PANES {
            answered(&mut session, pane);
            for view in VIEWS {
                answered(&mut session, view);
                answered(&mut session, "\t");
                for _ in 0..3 {
                    answered(&mut session, ESCAPE);
                }
            }
        }
        session.press(CTRL_C);
        assert_eq!(session.exit(), 0);
        is_clean("the screen", &session.screen.output().bytes);
        let kept = files(home.path());
        assert!(
            kept.iter().any(|path| path.ends_with("pullscope.log")),
            "{kept:?}"
        );
        for path in kept {
            is_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// What a program puts on the clipboard goes to the terminal as OSC 52, in base64.
fn clipboard(output: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(output);
    let copies = text.split("\x1b]52;c;").skip(1);
    copies
        .map(|rest| {
            let end = rest.find(['\x07', '\x1b']).unwrap();
            BASE64_STANDARD.decode(&rest[..end]).unwrap()
        })
        .collect()
}

/// Only `x` and `c` reveal; all else that leaves the program by the hand of its user is clean.
#[test]
fn nothing_that_is_copied_reported_or_exported_gives_a_password_away() {
    let cluster = guarded();
    let mut session = Setup::new(&["-n", "shop"])
        .with("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
        .start();
    session.sees("guarded");
    for pane in PANES {
        answered(&mut session, pane);
        for copy in ["c", ":copy-image\r", ":copy-message\r", ":copy-commands\r"] {
            answered(&mut session, copy);
        }
    }
    answered(&mut session, ":pods\r");
    session.press(":report\r");
    session.sees("saved to");
    let pid = session.child.process_id().unwrap();
    let reports = files(&fs::read_link(format!("/proc/{pid}/cwd")).unwrap());
    assert!(
        reports
            .iter()
            .any(|file| file.extension().is_some_and(|it| it == "json"))
    );

    // The copy of a Secret, as it would be committed.
    answered(&mut session, ":sec\r");
    for key in ["C", " ", "\r", "\r"] {
        answered(&mut session, key);
    }
    session.sees("y export");
    for key in ["y", "\r", "\r"] {
        answered(&mut session, key);
    }
    session.sees("copied");

    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let output = session.screen.output().bytes.clone();
    let copies = clipboard(&output);
    assert!(copies.len() > 5, "{} copies", copies.len());
    let is_export = |copy: &Vec<u8>| String::from_utf8_lossy(copy).contains("kind: Secret");
    assert!(copies.iter().any(is_export), "{} copies", copies.len());
    for copy in copies {
        is_clean("clipboard", &copy);
    }
    for file in reports {
        is_clean(&file.display().to_string(), &fs::read(&file).unwrap());
    }
}

#[test]
fn no_command_prints_or_writes_a_password() {
    let cluster = guarded();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("config.json"), config()).unwrap();
    let broken = config().replace("\"auths\"", "\"auths\": [],");
    fs::write(path("broken.json"), broken).unwrap();
    let (config, broken, cases) = (path("config.json"), path("broken.json"), path("cases"));
    let image = "127.0.0.1:1/team/web:1";
    let all: Vec<Vec<&str>> = vec![
        vec!["check", "-n", "shop"],
        vec!["check", "-n", "shop", "-o", "json", "--probe"],
        vec!["check", "-A", "-o", "json", "--save-cases", &cases],
        vec!["match", image, "--from", &config],
        vec!["match", image, "--from", &config, "-o", "json"],
        vec!["match", image, "--from", &broken, "-o", "json"],
        vec!["match", image, "--from", &broken],
        vec!["verify", image, "--from", &config],
        vec!["verify", image, "--from", &config, "-o", "json"],
        vec!["verify", image, "--from", &broken],
        vec![
            "verify", image, "-n", "shop", "--secret", "regcred", "-o", "json",
        ],
        vec!["doctor"],
        vec!["doctor", "-n", "shop", "--probe"],
        vec!["config", "show"],
        // As if somebody had given a password where something else belongs.
        vec!["explain", "no basic auth credentials"],
    ];
    for arguments in all {
        let output = Command::new(env!("CARGO_BIN_EXE_pullscope"))
            .args(&arguments)
            .env("KUBECONFIG", cluster.kubeconfig())
            .env("HOME", directory.path())
            .env("DOCKER_CONFIG", directory.path())
            .env("RUST_BACKTRACE", "full")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let what = arguments.join(" ");
        is_clean(&what, &output.stdout);
        is_clean(&what, &output.stderr);
    }
    for path in files(directory.path()) {
        if !path.ends_with("config.json") && !path.ends_with("broken.json") {
            is_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// The credential helper and the plugin are asked over their pipes; nothing that we know stands in what
/// other users of the machine can read of a process.
#[test]
fn no_helper_is_started_with_a_secret() {
    let cluster = guarded();
    let directory = tempfile::tempdir().unwrap();
    let said = directory.path().join("said");
    let helper = directory.path().join("docker-credential-fake");
    let tell = format!(
        "{{ echo \"$0 $@\"; env; tr '\\0' ' ' </proc/$$/cmdline; }} >> {}",
        said.display()
    );
    let script = format!(
        "#!/bin/sh\n{tell}\ncat >/dev/null\necho '{{\"Username\":\"bot\",\"Secret\":\"{PASSWORD}\"}}'\n"
    );
    fs::write(&helper, script).unwrap();
    let plugin = directory.path().join("plugin");
    let answer = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": TOKEN, "expirationTimestamp": "2020-01-01T00:00:00Z"},
    });
    fs::write(&plugin, format!("#!/bin/sh\n{tell}\necho '{answer}'\n")).unwrap();
    for program in [&helper, &plugin] {
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(
        directory.path().join("config.json"),
        r#"{"credsStore":"fake"}"#,
    )
    .unwrap();
    let mut config: serde_json::Value =
        serde_json::from_slice(&fs::read(cluster.kubeconfig()).unwrap()).unwrap();
    config["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": plugin, "provideClusterInfo": true,
    }});
    let kubeconfig = directory.path().join("kubeconfig");
    fs::write(&kubeconfig, config.to_string()).unwrap();
    let path = format!(
        "{}:{}",
        directory.path().display(),
        std::env::var("PATH").unwrap()
    );
    for arguments in [
        &["check", "-n", "shop", "--probe"][..],
        &[
            "verify",
            "127.0.0.1:1/team/web:1",
            "-n",
            "shop",
            "--secret",
            "regcred",
        ],
        &[
            "verify",
            "127.0.0.1:1/team/web:1",
            "--from",
            directory.path().join("config.json").to_str().unwrap(),
        ],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_pullscope"))
            .args(arguments)
            .env("KUBECONFIG", &kubeconfig)
            .env("HOME", directory.path())
            .env("DOCKER_CONFIG", directory.path())
            .env("PATH", &path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        is_clean(&arguments.join(" "), &output.stdout);
        is_clean(&arguments.join(" "), &output.stderr);
    }
    let said = fs::read(&said).unwrap();
    let told = String::from_utf8_lossy(&said);
    assert!(
        told.contains("KUBERNETES_EXEC_INFO"),
        "the plugin was asked: {told}"
    );
    is_clean("what helpers are started with", &said);
}
