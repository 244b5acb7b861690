//! The dashboard as a user meets it: the real binary on a terminal, against a small cluster.
//!
//! Tests wait for what is to be seen, with a deadline; only the test that nothing is written waits for
//! a time.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{thread, time::Duration};

use api::{Cluster, FAILING, RUNNING};
use rustix::process::Signal;
use session::{Session, Setup};

#[path = "terminal/animation.rs"]
mod animation;
#[path = "terminal/api.rs"]
mod api;
#[path = "terminal/drive.rs"]
mod drive;
#[path = "terminal/film.rs"]
mod film;
#[path = "terminal/pictures.rs"]
mod pictures;
#[path = "terminal/session.rs"]
mod session;
#[path = "terminal/svg.rs"]
mod svg;

/// In the Pods pane; an event says `Pod/` in front of the name.
const RUNNING_ROW: &str = "  proxy-1";

const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";

fn on(cluster: &Cluster) -> Setup {
    let path = cluster.kubeconfig();
    Setup::new(&[]).with("KUBECONFIG", path.to_str().unwrap())
}

/// The dashboard with the Pods of the cluster on the screen.
fn watching(setup: Setup) -> Session {
    let session = setup.start();
    session.sees(FAILING);
    session.sees(RUNNING);
    session
}

#[test]
fn data_comes_and_the_terminal_is_given_back() {
    let cluster = Cluster::start();
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        for quit in [":q\r", CTRL_C] {
            let mut session = watching(on(&cluster).size(columns, rows));
            session.sees("ImagePullBackOff");
            session.press(quit);
            assert_eq!(session.exit(), 0, "{columns}×{rows} {quit:?}");
            session.is_restored();
            assert_eq!(session.text().trim(), "", "nothing is left on the screen");
        }
    }
}

#[test]
fn a_new_object_appears_by_itself() {
    let cluster = Cluster::start();
    let session = watching(on(&cluster));
    cluster.create_pod("late-comer");
    session.sees("late-comer");
}

#[test]
fn keys_count_from_the_first_frame_on() {
    let cluster = Cluster::start();
    let mut session = on(&cluster).start();
    session.screen.wait("the alternate screen", |output| {
        output.terminal.screen().alternate_screen()
    });
    session.press(":q\r");
    assert_eq!(session.exit(), 0);
    session.is_restored();
}

#[test]
fn signals_that_end_give_the_terminal_back() {
    let cluster = Cluster::start();
    for (signal, status) in [
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
        (Signal::USR1, 138),
        (Signal::XCPU, 152),
    ] {
        let mut session = watching(on(&cluster));
        session.signal(signal);
        assert_eq!(session.exit(), status, "{signal:?}");
        session.is_restored();
    }
}

/// GNU screen answers so, and every terminal at the end of a slow link: the colour of the background comes
/// after what should be the last answer, long after the first frame.
/// The screen between two frames: it has not changed for a moment.
fn settled(session: &Session) -> String {
    loop {
        let text = session.text();
        thread::sleep(Duration::from_millis(300));
        if session.text() == text {
            return text;
        }
    }
}

#[test]
fn an_answer_of_the_terminal_that_comes_late_is_no_key() {
    let cluster = Cluster::start();
    for pieces in [
        &["\x1b]11;rgb:ffff/ffff/ffff\x1b\\"][..],
        &["\x1b]11;rgb:ffff/ff", "ff/ffff\x1b\\"],
        &["\x1b]", "11;rgb:ffff/ffff/ffff\x07"],
    ] {
        let mut session = watching(on(&cluster).with("COLORTERM", "truecolor"));
        session.sees("● live");
        session.sees("✗ 1 problem");
        // The lists end one after the other, and the diagnosis waits for them.
        for whole in [
            "no pull secrets",
            "FailedScheduling",
            "Fix 1 Read the events",
        ] {
            session.sees(whole);
        }
        let asked = String::from_utf8_lossy(&session.screen.output().bytes).contains("\x1b]11;?");
        assert!(asked);
        session.press("\x1b[?1;2c");
        let before = settled(&session);
        let dark = session
            .screen
            .output()
            .terminal
            .screen()
            .contents_formatted();
        for piece in pieces {
            session.press(piece);
            // The pieces are read one by one.
            thread::sleep(Duration::from_millis(30));
        }
        // What it says is heeded: the colours of a light background are drawn.
        session.screen.wait("another theme", |output| {
            output.terminal.screen().contents_formatted() != dark
        });
        session.press("?");
        session.sees("Next problem");
        session.press(ESCAPE);
        session.screen.wait("the same screen", |output| {
            output.terminal.screen().contents() == before
        });
        session.press(":q\r");
        assert_eq!(session.exit(), 0);
        session.is_restored();
    }
}

#[test]
fn job_control_gives_the_terminal_back_for_a_while() {
    let cluster = Cluster::start();
    let mut session = watching(on(&cluster));
    for _ in 0..2 {
        session.signal(Signal::TSTP);
        session.is_stopped();
        session.screen.wait("the terminal back", |output| {
            !output.terminal.screen().alternate_screen()
        });
        session.is_restored();
        session.signal(Signal::CONT);
        session.sees(FAILING);
    }
    session.press(":q\r");
    assert_eq!(session.exit(), 0);
    session.is_restored();
}

#[test]
fn sizes_come_and_go_without_harm() {
    let cluster = Cluster::start();
    let mut session = watching(on(&cluster).size(80, 24));
    let sizes = [
        (200, 60),
        (10, 3),
        (120, 40),
        (1, 1),
        (500, 10),
        (39, 9),
        (3, 60),
        (100, 30),
        (99, 29),
        (80, 24),
    ];
    for _ in 0..5 {
        for (columns, rows) in sizes {
            session.resize(columns, rows);
            session.press("\t?\x1b[B");
        }
    }
    for (columns, rows) in [(40, 10), (80, 24), (120, 40)] {
        session.resize(columns, rows);
        session
            .screen
            .wait("a frame that fills the screen", |output| {
                let text = output.terminal.screen().contents();
                text.lines().count() == usize::from(rows)
            });
    }
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    session.is_restored();
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let cluster = Cluster::start();
    let session = watching(on(&cluster));
    session.misses("listing");
    // The last watches may still come to life; then the screen must rest.
    let quiet = (0..4).any(|_| {
        let before = session.written();
        thread::sleep(Duration::from_millis(2500));
        session.written() == before
    });
    assert!(quiet, "the screen does not rest\n{}", session.text());
}

#[test]
fn without_colour_nothing_is_coloured() {
    let cluster = Cluster::start();
    let mut session = watching(on(&cluster).with("NO_COLOR", "1"));
    session.press("?");
    session.sees("Next problem");
    session.press(ESCAPE);
    session.misses("Next problem");
    session.press("/web");
    session.misses(RUNNING_ROW);
    let output = session.screen.output();
    let coloured = colours(&output.bytes);
    assert!(coloured.is_empty(), "{coloured:?}");
    drop(output);

    let session = watching(on(&cluster));
    let output = session.screen.output();
    assert!(
        !colours(&output.bytes).is_empty(),
        "colours are found where they are"
    );
}

/// The codes of a colour among the *select graphic rendition* sequences.
fn colours(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let parameters = text.split("\x1b[").skip(1).filter_map(|sequence| {
        let (parameters, _) = sequence.split_once('m')?;
        let all = |c: char| c.is_ascii_digit() || c == ';' || c == ':';
        parameters.chars().all(all).then_some(parameters)
    });
    parameters
        .flat_map(|parameters| parameters.split(';'))
        .filter(|code| {
            let number: u16 = code.split(':').next().unwrap().parse().unwrap_or(0);
            matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107)
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_megabyte_pasted_into_the_filter_is_survived() {
    let cluster = Cluster::start();
    let mut session = watching(on(&cluster));
    session.press("/");
    session.paste(&"paste \u{1b}[31m\n".repeat(100_000));
    session.misses(RUNNING_ROW);
    session.press(ESCAPE);
    session.sees(RUNNING_ROW);
    session.press(":q\r");
    assert_eq!(session.exit(), 0);
    session.is_restored();
}

#[test]
fn a_terminal_that_cannot_be_used_is_refused() {
    let cluster = Cluster::start();
    for (setup, why) in [
        (on(&cluster).size(39, 10), "39 columns and 10 rows"),
        (on(&cluster).size(80, 5), "80 columns and 5 rows"),
        (on(&cluster).with("TERM", "dumb"), "TERM=dumb"),
    ] {
        let mut session = setup.start();
        assert_eq!(session.exit(), 2, "{why}");
        session.is_restored();
        let text = session
            .text()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for part in ["cannot show the dashboard", why, "next:"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let bytes = &session.screen.output().bytes;
        assert!(
            !bytes.contains(&0x1b),
            "no escapes are written to such a terminal"
        );
    }
}

#[test]
fn the_demo_needs_no_cluster_and_is_three_keys_from_the_cause() {
    let mut session = Setup::new(&["demo"])
        .with("KUBECONFIG", "/nonexistent")
        .start();
    session.sees(" problems, ");
    session.press("!");
    session.sees("1 of ");
    session.press("D");
    session.sees("Evidence");
    session.sees("Fix 1");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_a_failing_workload_is_healed_by_keys() {
    let mut session = Setup::new(&["demo", "-n", "payments"]).start();
    session.sees("● live");
    // In the chain strip, as soon as the workload is known.
    session.sees("ud-score 0/2");
    session.press("\x18");
    session.sees("Nothing changed yet");
    session.press("\r");
    session.sees("Applied.");
    session.sees("Recovered in");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_the_registry_is_asked_and_settles_the_cause() {
    let mut session = Setup::new(&["demo", "-n", "data"]).start();
    session.sees("login rejected (401)");
    session.press("!");
    session.sees("1 of ");
    session.press("D");
    session.sees("Evidence");
    // The Secret is listed after the Pods; the test asks with what it holds.
    session.sees("sends the password of nordwind");
    session.press("t");
    session.sees("tested from this machine");
    session.sees("HTTP 401");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_a_secret_is_tested_with_the_images_that_are_pulled_with_it() {
    let mut session = Setup::new(&["demo", "-n", "shop"]).start();
    session.sees("tag not found");
    // What its entry holds stands in the Secrets pane alone, once that has its list.
    session.sees("password");
    session.press(":sec\r");
    session.press("/nordwind-registry\r");
    session.press("t");
    session.sees("tested from this machine");
    session.sees("manifest found as ci-puller");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_the_kubelet_is_let_pull_and_its_pod_is_gone() {
    let mut session = Setup::new(&["demo", "-n", "data"]).start();
    session.sees("login rejected (401)");
    session.press("!");
    session.sees("1 of ");
    session.press("\x14");
    session.sees("never runs it");
    session.press("\r");
    session.sees("Done. No test Pod is left");
    session.sees("failed: login rejected (401)");
    session.press("\r");
    session.press(":cleanup\r");
    session.sees("no Pods left behind");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_every_view_of_the_details_opens() {
    let mut session = Setup::new(&["demo", "-n", "data"]).start();
    session.sees("login rejected (401)");
    // The workloads are listed after the Pods.
    session.sees("Deployment/ingest");
    session.press("!");
    session.sees("1 of ");
    session.press("y");
    session.sees("apiVersion: v1");
    session.press("R");
    session.sees("Stuck at Pod");
    session.press("L");
    session.sees("G5 Create a Deployment");
    // One at a time: an escape that is read together with the next key is that key with alt.
    session.press(ESCAPE);
    session.misses("G5 Create a Deployment");
    session.press(ESCAPE);
    session.misses("Stuck at Pod");
    session.press(":sec\r");
    session.press("y");
    session.sees("bytes of base64");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let output = session.screen.output();
    let bytes = String::from_utf8_lossy(&output.bytes);
    assert!(!bytes.contains("eyJhdXRo"), "no value of a Secret is drawn");
}

/// The form of the first-time setup, filled in up to its plan.
fn first_setup(token: &str) -> Session {
    let mut session = Setup::new(&["demo"]).start();
    session.sees(" problems, ");
    session.press(":setup\r");
    session.sees("First-time setup");
    for answer in [
        "fresh",
        "registry.nordwind.example/web/landing:7",
        "",
        "",
        "ci-puller",
        token,
    ] {
        session.press(&format!("{answer}\r"));
    }
    session.press("\r\r\r");
    session.sees("Nothing changed yet");
    session
}

#[test]
fn in_the_demo_a_wrong_token_is_told_before_it_is_saved() {
    let mut session = first_setup("guess");
    session.sees("cannot be pulled as ci-puller");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

#[test]
fn in_the_demo_a_first_private_image_runs_after_a_form() {
    let token = "nw-3f1c-example";
    let mut session = first_setup(token);
    session.sees("manifest found as ci-puller");
    session.press("\r");
    session.sees("Ready in");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let output = session.screen.output();
    let bytes = String::from_utf8_lossy(&output.bytes);
    assert!(!bytes.contains(token), "a token is never drawn");
}

#[test]
fn in_the_demo_a_credential_is_rotated_and_taken_back() {
    let token = "dckr_pat_example-1";
    let mut session = Setup::new(&["demo", "-n", "data"]).start();
    session.sees("Deployment/ingest 0/3");
    session.press("\t\t/dockerhub\r");
    session.press("R");
    session.sees("Rotate credential");
    session.press(&format!("{token}\r\r"));
    session.sees("Nothing changed yet");
    session.sees("deleted to retry now");
    session.press("\r");
    session.sees("Ready in");
    session.press("u");
    session.sees("Undo: Rotate");
    session.sees("Nothing changed yet");
    session.press("\r");
    session.sees("Applied.");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let output = session.screen.output();
    let bytes = String::from_utf8_lossy(&output.bytes);
    assert!(!bytes.contains(token) && !bytes.contains("summer2024"));
}

#[test]
fn in_the_demo_a_private_image_is_deployed_with_the_secret_that_is_there() {
    let mut session = Setup::new(&["demo", "-n", "web"]).start();
    session.sees("● live");
    session.sees("Deployment/");
    session.press(":create-deployment\r");
    session.sees("Create a Deployment from a private image");
    session.press("registry.nordwind.example/web/landing:7\r");
    session.sees("from an existing Secret");
    // Credential, Secret, ServiceAccount, Deployment, replicas, port, policy.
    session.press("\r\r\x15fresh\r\x15fresh\r\x152\r8080\r\r");
    session.sees("Nothing changed yet");
    session.press("\r");
    session.sees("Ready in");
    session.press("\r");
    session.misses("Applied.");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}

/// Out of a configuration with two logins, by way of a helper, only the one that is needed is taken;
/// the helper is asked over a pipe.
#[test]
fn in_the_demo_a_login_is_read_out_of_a_docker_configuration() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let home = tempfile::tempdir().unwrap();
    let helper = home.path().join("docker-credential-fake");
    let said = home.path().join("said");
    let script = format!(
        "#!/bin/sh\nread server\necho \"$@ $server\" > {}\necho '{{\"Username\":\"nordwind\",\"Secret\":\"dckr_pat_example-1\"}}'\n",
        said.display()
    );
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    let config = r#"{"auths":{"ghcr.io":{"auth":"Z2g6Y2FuYXJ5LW90aGVy"}},"credsStore":"fake"}"#;
    fs::write(home.path().join("config.json"), config).unwrap();
    let path = format!(
        "{}:{}",
        home.path().display(),
        std::env::var("PATH").unwrap()
    );
    let mut session = Setup::new(&["demo", "-n", "data"])
        .with("DOCKER_CONFIG", home.path().to_str().unwrap())
        .with("PATH", &path)
        .start();
    session.sees("Deployment/ingest 0/3");
    session.press("\t\t/dockerhub\rR");
    session.sees("Rotate credential");
    // Up to where the credential comes from, the next option, and on.
    session.press("\x1b[Z\x1b[Z\x1b[C");
    session.sees("from Docker or Podman config");
    session.press("\r\r");
    session.sees("read from docker-credential-fake");
    session.press("\r\r\r");
    session.sees("Nothing changed yet");
    session.press("\r");
    session.sees("Ready in");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
    let asked = fs::read_to_string(&said).unwrap();
    assert_eq!(asked.trim(), "get https://index.docker.io/v1/");
    let output = session.screen.output();
    let bytes = String::from_utf8_lossy(&output.bytes);
    assert!(!bytes.contains("dckr_pat") && !bytes.contains("canary-other"));
}

/// What goes wrong is diagnosed where it was made, and esc leads back to the answer that is to blame.
#[test]
fn in_the_demo_a_wrong_token_leads_back_to_the_question() {
    let mut session = Setup::new(&["demo"]).start();
    session.sees(" problems, ");
    session.press(":setup\r");
    session.sees("First-time setup");
    let image = "registry.nordwind.example/web/landing:7";
    session.press(&format!("fresh\r{image}\r\r\rci-puller\rwrong\r\r\r\r"));
    session.sees("Nothing changed yet");
    session.sees("✗ Tested from this machine");
    // Told that the registry refuses it, and meant all the same.
    session.press("\r");
    session.sees("The registry denies the pull");
    session.press("\r");
    session.sees("Applied.");
    session.sees("still cannot pull: registry.nordwind.example rejects the login");
    session.press(ESCAPE);
    session.misses("Applied.");
    session.press("\x15nw-3f1c-example\r\r\r\r");
    session.sees("Rolling restart of Deployment/landing");
    session.sees("Nothing changed yet");
    session.sees("✓ Tested from this machine");
    session.press("\r");
    session.sees("Ready in");
    session.press(CTRL_C);
    assert_eq!(session.exit(), 0);
}
