//! What the command line answers when the dashboard cannot begin: one message with what, why and what
//! next on standard error, exit status 2, and a terminal as it was.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use session::Setup;

#[path = "terminal/session.rs"]
mod session;

/// The binary without a terminal, as in a script.
fn piped(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pullscope"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Fails unless the message has three parts, on lines of their own, and says this.
fn is_message(message: &str, parts: &[&str]) {
    let lines: Vec<&str> = message.trim_end().lines().collect();
    assert!(lines[0].starts_with("pullscope: "), "{message}");
    assert!(lines.len() >= 3, "what, why and what next: {message}");
    assert!(lines[lines.len() - 1].starts_with("  next: "), "{message}");
    for part in parts {
        assert!(message.contains(part), "no {part:?} in:\n{message}");
    }
    for noise in ["Error:", "Backtrace", "panicked", "\x1b"] {
        assert!(!message.contains(noise), "{noise:?} in:\n{message}");
    }
}

/// A terminal wide enough that no line of a message is wrapped.
fn on_terminal(arguments: &[&str]) -> Setup {
    Setup::new(arguments).size(400, 40)
}

/// Fails unless the dashboard is refused on a terminal with a message that says this.
fn is_refused(setup: Setup, parts: &[&str]) {
    let mut session = setup.start();
    let status = session.exit();
    let message = session.text();
    assert_eq!(status, 2, "{message}");
    is_message(&message, parts);
    assert_eq!(
        format!("{:?}", session.master.as_ref().unwrap().get_termios()),
        session.modes,
        "the terminal is as before"
    );
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A kubeconfig with contexts `prod-eu` (the current one) and `prod-us`.
    fn kubeconfig(&self, server: &str, user: &Value) -> String {
        let context = json!({"cluster": "lab", "user": "jane"});
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "prod-eu",
            "clusters": [{"name": "lab", "cluster": {"server": server}}],
            "users": [{"name": "jane", "user": user}],
            "contexts": [
                {"name": "prod-eu", "context": context},
                {"name": "prod-us", "context": context},
            ],
        });
        self.write("config", &config.to_string())
    }
}

/// A port at which nobody listens: it was free a moment ago.
fn deaf_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("https://{}", listener.local_addr().unwrap())
}

fn exec(script: &str) -> Value {
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": "/bin/sh", "args": ["-c", script],
    }})
}

#[test]
fn without_a_terminal_the_dashboard_is_refused() {
    for arguments in [&[][..], &["demo"], &["--demo"]] {
        let output = piped(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        is_message(
            &text(&output.stderr),
            &["cannot show the dashboard", "not a terminal"],
        );
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for arguments in [&["--help"][..], &["-h"], &["help"], &["demo", "--help"]] {
        let output = piped(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        let help = text(&output.stdout);
        for part in [
            "Usage: pullscope",
            "--kubeconfig",
            "--context",
            "--namespace",
            "--as",
        ] {
            assert!(
                help.contains(part) || arguments == ["help"],
                "{part}: {help}"
            );
        }
        let longest = help.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{longest:?} columns");
    }
    for arguments in [&["--version"][..], &["-V"]] {
        let output = piped(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let version = concat!("pullscope ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(text(&output.stdout), version);
    }
}

#[test]
fn wrong_arguments_are_told_on_standard_error() {
    for (arguments, part) in [
        (&["--contxt", "a"][..], "--context"),
        (&["demoo"], "demo"),
        (&["-n", "shop", "-A"], "--all-namespaces"),
        (&["--request-timeout", "soon"], "expected a duration"),
        (&["--as-group", "ops"], "--as"),
    ] {
        let output = piped(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
}

#[test]
fn what_a_terminal_obeys_is_taken_out_of_a_wrong_argument() {
    for arguments in [
        &["--\u{202e}txet\u{1b}[2J"][..],
        &["de\u{9b}mo"],
        &["check", "-o", "js\u{200b}on"],
        &["--request-timeout", "so\u{1b}]0;on"],
    ] {
        let output = piped(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = text(&output.stderr);
        let obeyed = |c: char| c != '\n' && c.is_control() || "\u{202e}\u{200b}".contains(c);
        assert!(!message.chars().any(obeyed), "{message:?}");
        assert!(message.contains("--help"), "{message:?}");
    }
}

#[test]
fn no_kubeconfig_is_told_with_the_places_that_were_looked_at() {
    is_refused(
        on_terminal(&[]),
        &["no kubeconfig found", ".kube/config", "pullscope demo"],
    );
    let files = Files::new();
    let (one, other) = (files.path("one"), files.path("other"));
    let both = format!("{}:{}", one.display(), other.display());
    is_refused(
        on_terminal(&[]).with("KUBECONFIG", &both),
        &[
            "no kubeconfig found",
            one.to_str().unwrap(),
            other.to_str().unwrap(),
        ],
    );
    is_refused(
        on_terminal(&["--kubeconfig", one.to_str().unwrap()]),
        &[one.to_str().unwrap()],
    );
}

#[test]
fn an_unknown_context_is_told_with_the_one_that_was_meant() {
    let files = Files::new();
    let config = files.kubeconfig(&deaf_server(), &json!({}));
    is_refused(
        on_terminal(&["--kubeconfig", &config, "--context", "prod-uss"]),
        &[
            "context prod-uss does not exist",
            "known contexts: prod-eu, prod-us",
            "did you mean --context prod-us?",
        ],
    );
}

#[test]
fn a_broken_kubeconfig_is_told_with_its_line() {
    let files = Files::new();
    let token = "canary-7f3a";
    for (content, parts) in [
        (
            format!("apiVersion: v1\nusers:\n- name: a\n  user: {{token: {token}\ncontexts: ]\n"),
            &["invalid kubeconfig"][..],
        ),
        (format!("users: {token}\n"), &["invalid kubeconfig"]),
        (String::new(), &["no kubeconfig found"]),
    ] {
        let path = files.write("config", &content);
        let mut session = on_terminal(&["--kubeconfig", &path]).start();
        assert_eq!(session.exit(), 2, "{content}");
        let message = session.text();
        is_message(&message, parts);
        assert!(!message.contains(token), "a secret is shown: {message}");
    }
}

#[test]
fn an_unreadable_kubeconfig_is_told() {
    let files = Files::new();
    let directory = files.0.path().to_str().unwrap();
    is_refused(
        on_terminal(&["--kubeconfig", directory]),
        &["cannot read the kubeconfig", directory],
    );
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let files = Files::new();
    let server = deaf_server();
    let config = files.kubeconfig(&server, &json!({}));
    is_refused(
        on_terminal(&["--kubeconfig", &config]),
        &[
            "cannot reach",
            &server,
            "refused",
            "check that the cluster is running",
        ],
    );
}

#[test]
fn the_demo_is_refused_where_it_would_mean_the_real_cluster() {
    for command in [
        &["doctor", "--demo"][..],
        &["match", "--demo", "--secret", "hub", "ghcr.io/acme/web:1"],
        &["verify", "--demo", "ghcr.io/acme/web:1"],
    ] {
        let output = piped(command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let message = text(&output.stderr);
        let said = "--demo works with the dashboard and check only";
        assert!(message.contains(said), "{command:?}: {message}");
        assert!(output.stdout.is_empty(), "{command:?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    // It accepts connections (the kernel does) and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let files = Files::new();
    let server = format!("https://{}", listener.local_addr().unwrap());
    let config = files.kubeconfig(&server, &json!({}));
    is_refused(
        on_terminal(&["--kubeconfig", &config, "--request-timeout", "1s"]),
        &["cannot reach", &server, "check your network"],
    );
}

#[test]
fn a_plugin_that_fails_is_told_in_its_own_words() {
    let files = Files::new();
    let plugin = exec("echo 'please log in first' >&2; exit 7");
    let config = files.kubeconfig(&deaf_server(), &plugin);
    is_refused(
        on_terminal(&["--kubeconfig", &config]),
        &[
            "cannot get a credential",
            "please log in first",
            "log in again",
        ],
    );

    let missing = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "no-such-plugin", "installHint": "install it from example.test",
    }});
    let config = files.kubeconfig(&deaf_server(), &missing);
    is_refused(
        on_terminal(&["--kubeconfig", &config]),
        &["no-such-plugin", "install it from example.test"],
    );
}

#[test]
fn a_plugin_that_hangs_can_be_interrupted() {
    let files = Files::new();
    let mark = files.path("asked");
    let plugin = exec(&format!("echo yes > {}; exec sleep 600", mark.display()));
    let config = files.kubeconfig(&deaf_server(), &plugin);
    let mut session = on_terminal(&["--kubeconfig", &config]).start();
    wait_for(&mark);
    let writer = session.writer.as_mut().unwrap();
    writer.write_all(b"\x03").unwrap();
    writer.flush().unwrap();
    session.screen.wait("the end", |output| output.ended);
    session.child.wait().unwrap();
    assert_eq!(
        format!("{:?}", session.master.as_ref().unwrap().get_termios()),
        session.modes
    );
}

fn wait_for(path: &Path) {
    let deadline = std::time::Instant::now() + session::LIMIT;
    while !path.exists() {
        assert!(
            std::time::Instant::now() < deadline,
            "{} never came",
            path.display()
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn an_expired_client_certificate_is_told_with_its_end() {
    // Made for the tests of `cluster::connect`; its key is not needed to read its end.
    let certificate =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cluster/connect/testdata/expired.pem");
    let files = Files::new();
    let user = json!({"client-certificate": certificate, "client-key": certificate});
    let config = files.kubeconfig(&deaf_server(), &user);
    is_refused(
        on_terminal(&["--kubeconfig", &config]),
        &[
            "the client certificate of jane has expired",
            "2021-02-03",
            "kubeconfig",
        ],
    );
}

/// Whether anything on the screen is red.
fn is_coloured(session: &session::Session) -> bool {
    let output = session.screen.output();
    let screen = output.terminal.screen();
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mut cells = places.filter_map(|(row, column)| screen.cell(row, column));
    cells.any(|cell| cell.fgcolor() == vt100::Color::Idx(1))
}

#[test]
fn results_are_coloured_for_people_and_progress_is_wiped_off() {
    let check = ["check", "--demo", "-n", "media"];
    for (name, value, coloured) in [
        ("LANG", "C.UTF-8", true),
        ("NO_COLOR", "1", false),
        ("TERM", "dumb", false),
    ] {
        let mut session = on_terminal(&check).size(400, 200).with(name, value).start();
        assert_eq!(session.exit(), 1);
        assert_eq!(is_coloured(&session), coloured, "{name}={value}");
        let text = session.text();
        assert!(text.contains("rate limit"), "{text}");
        assert!(!text.contains("listing: "), "{text}");
    }
    let mut session = on_terminal(&["explain", "toomanyrequests"]).start();
    assert_eq!(session.exit(), 0);
    assert!(is_coloured(&session));
}
