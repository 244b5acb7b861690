//! The commands for scripts, driven as a script does: the program itself, its output, its status. The
//! cluster is the demo, served on a port of its own.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::{Value, json};

mod api;
mod schema;
mod scope;
mod unseen;
mod xml;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pullscope");

/// The demo; ended with the test.
struct Demo {
    child: Child,
    directory: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        Self::play("company")
    }

    /// Another scenario than the demo's own.
    fn play(scenario: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["demo", "--serve", "--scenario", scenario])
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
    let output = demo.run("check -A -l nobody=has-this --allow-empty -o json");
    assert_eq!(
        (status(&output), &json(&output)["pods_checked"]),
        (0, &json!(0))
    );
}

#[test]
fn check_on_the_demo_asks_its_registries_without_a_network() {
    let line = "check --demo -n shop --all --probe -o json";
    let output = Command::new(PROGRAM)
        .args(line.split(' '))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(status(&output), 1, "{}", text(&output.stderr));
    let found = json(&output);
    schema::obeys("check", &found);
    let images = found["images"].as_array().unwrap();
    assert!(images.iter().any(|it| it["verdict"] == "ok"), "{found:#}");
    assert!(images.iter().any(|it| it["verdict"] == "no"), "{found:#}");
    assert!(output.stderr.is_empty(), "no progress in a pipe");
}

#[test]
fn a_report_for_test_views_is_sound_xml_and_counts_right() {
    let demo = Demo::start();
    let report = json(&demo.run("check -n shop -o json"));
    let output = demo.run("check -n shop -o junit");
    assert_eq!(status(&output), 1);
    let xml = text(&output.stdout);
    let tags = xml::tags(&xml);
    let of = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    let (cases, failures) = (of("testcase"), of("failure"));
    assert_eq!(report["pods_checked"], cases, "each Pod is a test");
    assert_eq!(report["findings"].as_array().unwrap().len(), failures);
    let root = &tags[0];
    assert_eq!(root.name, "testsuites");
    assert_eq!(root.attributes["tests"], cases.to_string());
    let failed: usize = root.attributes["failures"].parse().unwrap();
    assert!(failed <= failures && failed > 0);
    for finding in report["findings"].as_array().unwrap() {
        let cause = finding["cause"].as_str().unwrap();
        let told = |tag: &xml::Tag| tag.name == "failure" && tag.attributes["type"] == cause;
        assert!(tags.iter().any(told), "{finding}");
    }
}

#[test]
fn a_report_for_code_scanning_names_rules_and_places() {
    let demo = Demo::start();
    let report = json(&demo.run("check -n shop,data -o json"));
    let output = demo.run("check -n shop,data -o sarif");
    assert_eq!(status(&output), 1);
    let sarif = json(&output);
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!(result["ruleId"], finding["cause"]);
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let place = place.as_str().unwrap();
        assert!(place.starts_with(finding["namespace"].as_str().unwrap()));
        assert!(!place.contains(' '), "{place}");
        let message = result["message"]["text"].as_str().unwrap();
        assert!(message.starts_with(finding["summary"].as_str().unwrap()));
    }
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
    let output = demo.run("check --wait 1s -n shop deploy/frontend-that-is-not");
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
    assert_eq!(code, 1, "what was found stays found");
    // Each command keeps its status; what `explain` has answered so far counts.
    for (line, input, expected) in [
        ("explain", "what is this", 1),
        ("explain", "toomanyrequests", 0),
        ("match nginx --from -", "{}", 1),
        ("match nginx --from -", "[", 2),
        ("verify a:b:c --anonymous", "", 2),
        ("rbac", "", 0),
    ] {
        assert_eq!(with_closed_pipe(line, input), expected, "{line}");
    }
}

/// The status of a run whose output nobody reads.
fn with_closed_pipe(line: &str, input: &str) -> i32 {
    let mut child = Command::new(PROGRAM)
        .args(line.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait().unwrap().code().unwrap()
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

/// Behind `kubectl get events --watch` the next message may be hours away: an answer does not wait for it.
#[test]
fn explain_answers_while_its_input_is_still_open() {
    let mut child = Command::new(PROGRAM)
        .args(["explain", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for cause in ["rate-limited", "unauthorized"] {
        let message = match cause {
            "unauthorized" => "incorrect username or password",
            _ => "toomanyrequests",
        };
        writeln!(stdin, "{message}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let found: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(found["cause"], cause, "{line}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Far more goes through than is held: a line or an object at a time.
#[cfg(target_os = "linux")]
#[test]
fn explain_holds_no_more_than_it_needs() {
    let long = "x".repeat(1 << 20);
    let event = json!({"type": "Warning", "message": "toomanyrequests", "note": long});
    let list = format!("{{\"apiVersion\":\"v1\",\"items\":[{event}");
    let more = format!(",{event}");
    // A line that never ends, and a list in one line.
    for (begin, more, end, expected) in [
        ("toomanyrequests\n", &*long, "\ntoomanyrequests\n", 3),
        (&*list, &*more, "]}", 64),
    ] {
        let mut child = Command::new(PROGRAM)
            .args(["explain", "-o", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text)
        });
        stdin.write_all(begin.as_bytes()).unwrap();
        for _ in 1..64 {
            stdin.write_all(more.as_bytes()).unwrap();
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM:"));
        let peak: u64 = peak
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap()
            .parse()
            .unwrap();
        assert!(peak < 45_000, "{peak} kB");
        stdin.write_all(end.as_bytes()).unwrap();
        drop(stdin);
        child.wait().unwrap();
        let answers = reader.join().unwrap().unwrap();
        assert_eq!(answers.lines().count(), expected);
    }
}

/// The link of the chain that needs no Secret: the cloud's credential provider, and the identity that it takes.
#[test]
fn check_and_match_name_the_credential_provider() {
    let demo = Demo::play("cloud-identity");
    let role = "arn:aws:iam::123456789012:role/payment-puller";
    let annotation = "eks.amazonaws.com/ecr-role-arn";
    let found = json(&demo.run("check -A -o json"));
    schema::obeys("check", &found);
    let of = |namespace: &str| {
        let findings = found["findings"].as_array().unwrap();
        let mut findings = findings.iter().filter(|it| it["namespace"] == namespace);
        findings.next().unwrap_or_else(|| panic!("{found:#}"))
    };
    let provider = &of("payments")["chain"]["provider"];
    let expected =
        json!({"name": "aws", "cloud": "aws", "identity": role, "annotation": annotation});
    assert_eq!(*provider, expected);
    let provider = &of("partner")["chain"]["provider"];
    let expected = json!({"name": "aws", "cloud": "aws", "identity": null, "annotation": null});
    assert_eq!(*provider, expected, "the node's identity");
    let said = text(&demo.run("check -n payments").stdout);
    assert!(said.contains(role), "{said}");

    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/payments/api:4.1";
    let line = format!("match {image} -n payments --sa payments");
    let output = demo.run(&format!("{line} -o json"));
    assert_eq!(status(&output), 1, "no entry of a Secret matches");
    let found = json(&output);
    schema::obeys("match", &found);
    let expected =
        json!({"name": "aws", "cloud": "aws", "identity": role, "annotation": annotation});
    assert_eq!(found["provider"], expected);
    let said = text(&demo.run(&line).stdout);
    let then = "no entry matches; then the node's credential provider, if it has one (AWS identity payment-puller)";
    assert!(said.contains(then), "{said}");
    let elsewhere = "match registry.example/app:1 -n payments --sa payments -o json";
    assert!(json(&demo.run(elsewhere))["provider"].is_null());
}

/// The Secrets are the cluster's own, and so is what the kubelet passes over.
#[test]
fn match_asks_the_cluster_for_secrets_and_accounts() {
    let demo = Demo::start();
    let kubectl = json(&demo.run("check -n web -o json"));
    let wrong_type = kubectl["findings"].as_array().unwrap().iter();
    let wrong_type = wrong_type
        .clone()
        .find(|it| it["root"] == "secret-wrong-type")
        .unwrap();
    let chain = &wrong_type["chain"];
    let (image, name) = (&wrong_type["image"], &chain["secrets"][0]["name"]);
    let (image, name) = (image.as_str().unwrap(), name.as_str().unwrap());
    let output = demo.run(&format!("match {image} -n web --secret {name} -o json"));
    assert_eq!(status(&output), 1, "{}", text(&output.stdout));
    let found = json(&output);
    schema::obeys("match", &found);
    assert_eq!(found["skipped"][0]["source"], name);

    let output = demo.run("match registry.nordwind.example/shop/cart:1 -n shop --sa shop -o json");
    let found = json(&output);
    schema::obeys("match", &found);
    assert_eq!(status(&output), 0, "{found:#}");
    assert_eq!(found["entries"][0]["source"], "nordwind-registry");

    for (line, part) in [
        (
            "match nginx -n shop --sa nobody",
            "cannot read ServiceAccount",
        ),
        (
            "match nginx -n shop --secret ../x",
            "is not a valid object name",
        ),
    ] {
        let output = demo.run(line);
        assert_eq!(status(&output), 2, "{line}");
        let error = text(&output.stderr);
        assert!(error.contains(part), "{line}: {error}");
        assert!(output.stdout.is_empty(), "{line}");
    }
    let output = demo.run("match nginx -n shop --secret nowhere -o json");
    assert_eq!(status(&output), 1);
    let reason = &json(&output)["skipped"][0]["reason"];
    assert_eq!(*reason, "does not exist in shop");
    let both = demo.run("match nginx --secret a --from b");
    assert_eq!(
        status(&both),
        2,
        "the Pod's own list hides that of its account"
    );
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
    let said = json(&output);
    assert_eq!(
        status(&output),
        2,
        "nothing listens there: not told, and not a no"
    );
    schema::obeys("verify", &said);
    assert_eq!(said["verdict"], "unknown");
    assert_eq!(said["cause"], "registry-unreachable-refused");
    assert_eq!(said["root"], Value::Null);
    let summary = said["summary"].as_str().unwrap();
    assert!(
        summary.contains("this machine cannot reach r.invalid"),
        "{summary}"
    );
    assert!(!summary.contains("the node"), "{summary}");
}

/// The demo's registries are nowhere on this machine's network. That is no fault of the Pods that run, nor
/// of their nodes.
#[test]
fn what_this_machine_cannot_reach_is_no_finding_about_a_running_pod() {
    let demo = Demo::start();
    let line = "check -n media -l app=player --all --probe";
    let output = demo.run(&format!("{line} -o json"));
    let found = json(&output);
    schema::obeys("check", &found);
    assert_eq!(found["findings"], json!([]), "{found:#}");
    assert_eq!(status(&output), 0);
    assert!(found["pods_checked"].as_u64().unwrap() > 0);
    let images = found["images"].as_array().unwrap();
    assert!(!images.is_empty());
    for image in images {
        assert_eq!(image["verdict"], "unknown", "{image}");
        let summary = image["summary"].as_str().unwrap();
        assert!(summary.contains("this machine"), "{summary}");
    }
    let text = text(&demo.run(line).stdout);
    assert!(text.contains("this machine"), "why it is not known: {text}");
    assert!(!text.contains("fix"), "{text}");
}

/// Nor does it change what is wrong with one that fails.
#[test]
fn what_this_machine_cannot_reach_changes_no_diagnosis() {
    let demo = Demo::start();
    let line = "check -n data deployment/ingest -o json";
    let without = json(&demo.run(line));
    let with = json(&demo.run(&format!("{line} --probe --request-timeout 5s")));
    let (without, with) = (&without["findings"][0], &with["findings"][0]);
    for field in ["cause", "root", "confidence", "alternatives", "summary"] {
        assert_eq!(without[field], with[field], "{field}");
    }
}

#[test]
fn a_viewer_is_told_what_may_not_be_seen() {
    let output = Command::new(PROGRAM)
        .args("check --demo --as viewer -n data".split(' '))
        .env_clear()
        .output()
        .unwrap();
    let said = text(&output.stdout);
    assert_eq!(status(&output), 1, "{said}");
    assert!(said.contains("cause   unauthorized (possible)"), "{said}");
    let words = "the Pod lists Secret dockerhub; you may not read Secrets in data";
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("node problem"), "{said}");
    assert!(!said.contains("credential provider"), "{said}");
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

/// kubectl runs this file with the words so far, and reads cobra's answer.
#[cfg(unix)]
#[test]
fn kubectl_completes_what_is_typed() {
    let directory = tempfile::tempdir().unwrap();
    let completer = directory.path().join("kubectl_complete-pullscope");
    std::os::unix::fs::symlink(PROGRAM, &completer).unwrap();
    for (words, expected) in [
        (&["-n", "shop", "che"][..], "check\t"),
        (&["check", "--wa"], "--wait\t"),
        (&["check", "-o", "sar"], "sarif\t"),
    ] {
        let output = Command::new(&completer).args(words).output().unwrap();
        let answer = text(&output.stdout);
        assert!(answer.starts_with(expected), "{words:?}: {answer}");
        assert!(answer.ends_with("\n:4\n"), "{words:?}: {answer}");
        assert_eq!(status(&output), 0);
    }
}
