//! The commands for scripts, driven as a script does: the program itself, its output, its status. The
//! cluster is the demo, served on a port of its own.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    io::{Read, Write},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::{Value, json};

mod schema;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pullscope");

/// The demo; ended with the test.
struct Demo {
    child: Child,
    directory: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["demo", "--serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let config = kubeconfig(&mut child);
        std::fs::write(directory.path().join("config"), config.to_string()).unwrap();
        Self { child, directory }
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(line.split(' '))
            .env("KUBECONFIG", self.directory.path().join("config"))
            .env("HOME", self.directory.path())
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads the one JSON document that the program prints before it serves.
fn kubeconfig(child: &mut Child) -> Value {
    let mut stdout = child.stdout.take().unwrap();
    let mut text = Vec::new();
    let mut byte = [0];
    loop {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "the program has ended");
        text.push(byte[0]);
        if byte[0] == b'}'
            && let Ok(config) = serde_json::from_slice(&text)
        {
            return config;
        }
    }
}

fn with_input(line: &str, input: &str) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(line.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn check_finds_what_is_wrong_and_says_it_in_the_documented_shape() {
    let demo = Demo::start();
    let output = demo.run("check -A -o json");
    assert_eq!(status(&output), 1, "{}", text(&output.stderr));
    let found = json(&output);
    schema::obeys("check", &found);
    let findings = found["findings"].as_array().unwrap();
    assert!(findings.len() > 5, "{found}");
    let output = demo.run("check -A");
    let said = text(&output.stdout);
    for finding in findings {
        assert!(
            said.contains(finding["cause"].as_str().unwrap()),
            "{finding}"
        );
    }
    assert!(!said.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn check_is_about_what_was_named() {
    let demo = Demo::start();
    let all = json(&demo.run("check -A -o json"));
    let findings = all["findings"].as_array().unwrap();
    let broken = |finding: &&Value| {
        finding["workload"]
            .as_str()
            .is_some_and(|it| it.starts_with("Deployment/"))
            && finding["pod"].is_string()
    };
    let finding = findings.iter().find(broken).unwrap();
    let namespace = finding["namespace"].as_str().unwrap();
    let workload = finding["workload"].as_str().unwrap();
    let name = workload.strip_prefix("Deployment/").unwrap();
    for words in [workload.to_owned(), format!("deploy {name}")] {
        let output = demo.run(&format!("check -n {namespace} {words} -o json"));
        assert_eq!(status(&output), 1);
        for finding in json(&output)["findings"].as_array().unwrap() {
            assert_eq!(finding["workload"], workload);
        }
    }
    let output = demo.run("check -n shop,payments -o json");
    assert_eq!(json(&output)["namespaces"], json!(["shop", "payments"]));
    let output = demo.run("check -A -l nobody=has-this -o json");
    assert_eq!(
        (status(&output), &json(&output)["pods_checked"]),
        (0, &json!(0))
    );
}

#[test]
fn check_says_why_it_could_not_run() {
    let demo = Demo::start();
    for line in ["check deploy/nowhere", "check service/web", "check -l =web"] {
        let output = demo.run(line);
        assert_eq!(status(&output), 2, "{line}");
        assert!(output.stdout.is_empty(), "{line}");
        assert!(!output.stderr.is_empty(), "{line}");
    }
}

#[test]
fn check_waits_no_longer_than_it_takes() {
    let demo = Demo::start();
    let all = json(&demo.run("check -A -o json"));
    // A Job's old Pods are not looked into by a wait for what is well already.
    let output = demo.run("check --wait 1m -n shop deploy/frontend-that-is-not");
    assert_eq!(status(&output), 2);
    assert!(all.get("settled").is_none());
    let output = demo.run("check --wait 1s -A -o json");
    let waited = json(&output);
    schema::obeys("check", &waited);
    assert!(waited["settled"].is_boolean());
}

#[test]
fn a_closed_pipe_is_no_error() {
    let demo = Demo::start();
    let mut child = demo
        .command("check -A")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let code = child.wait().unwrap().code().unwrap();
    assert!(code < 2, "{code}");
}

/// The messages of the demo's own events, as `kubectl get events -o json` prints them.
static EVENTS: LazyLock<String> = LazyLock::new(|| {
    let event = |message: &str| json!({"kind": "Event", "type": "Warning", "message": message});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        event("Failed to pull image \"r.example/a:1\": 429 Too Many Requests"),
        event("Error: ErrImagePull"),
    ]});
    serde_json::to_string_pretty(&list).unwrap()
});

#[test]
fn explain_reads_what_kubectl_prints() {
    let output = with_input("explain -o json", &EVENTS);
    assert_eq!(status(&output), 0, "{}", text(&output.stdout));
    let lines = text(&output.stdout);
    let lines: Vec<Value> = lines
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["cause"], "rate-limited");
    for line in &lines {
        schema::obeys("explain", line);
    }
}

#[test]
fn match_and_verify_have_the_documented_shape() {
    let config = r#"{"auths":{"r.invalid":{"auth":"dTpw"},"ghcr.io":{"auth":"dTpw"}}}"#;
    let output = with_input("match r.invalid/a/b:1 --from - -o json", config);
    assert_eq!(status(&output), 0);
    schema::obeys("match", &json(&output));
    // The name of RFC 2606 that nobody can have: asked, and answered without leaving the machine.
    let line = "verify r.invalid/a/b:1 --resolve r.invalid=127.0.0.1 --from - -o json";
    let output = with_input(line, config);
    assert!(status(&output) > 0);
    schema::obeys("verify", &json(&output));
}

#[test]
fn rbac_prints_a_role_of_one_namespace() {
    let output = with_input("rbac -n shop --role operator", "");
    assert_eq!(status(&output), 0);
    assert!(text(&output.stdout).contains("kind: Role\nmetadata:\n  namespace: \"shop\"\n"));
}

#[cfg(unix)]
#[test]
fn kubectl_finds_it_as_a_plugin() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = directory.path().join("kubectl-pullscope");
    std::os::unix::fs::symlink(PROGRAM, &plugin).unwrap();
    let output = Command::new(plugin)
        .args(["check", "--help"])
        .output()
        .unwrap();
    let help = text(&output.stdout);
    assert!(help.contains("Usage: kubectl pullscope check"), "{help}");
}
