//! Ending while the cluster is being changed: nothing is lost and nothing is left behind, whatever ends the
//! program and whichever request is under way.

use std::{env, fs, thread, time::Duration};

use rustix::{
    fs::{Mode, OFlags, open},
    process::Signal,
    termios::{Action, tcflow},
};
use serde_json::Value;

use crate::{
    CTRL_C, endings,
    gate::{Gate, Stop},
    session::{LIMIT, Session, Setup},
};

/// What ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Key,
    Signal(Signal),
    /// The terminal's window is closed.
    Closed,
    Panic,
}

const ENDS: [End; 6] = [
    End::Key,
    End::Signal(Signal::TERM),
    End::Signal(Signal::HUP),
    End::Signal(Signal::QUIT),
    End::Closed,
    End::Panic,
];

/// The new password of a rotation.
const TOKEN: &str = "nw-new-example";

const FINISHING: &str = "before quitting";

/// A change, from the first key on; and the cluster after it.
struct Case {
    scenario: &'static str,
    namespace: &'static str,
    begin: fn(&mut Session),
    /// Fails unless all is done, or nothing.
    check: fn(&Gate),
}

const CONVERSION: Case = Case {
    scenario: "wrong-type",
    namespace: "app",
    begin: |session| {
        session.press("\x18");
        session.sees("Nothing changed yet");
        session.sees("Dry run passed");
        session.press("\r");
    },
    check: |gate| {
        let (status, secret) = gate.get("/api/v1/namespaces/app/secrets/regcred");
        assert!(status.is_success(), "the Secret is gone: {status}");
        let content = secret["data"].as_object().unwrap().values().next();
        assert!(
            content
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        );
        assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    },
};

const ROTATION: Case = Case {
    scenario: "wrong-password",
    namespace: "app",
    begin: |session| {
        session.press("\t\t/regcred\r");
        session.press("R");
        session.sees("Rotate credential");
        session.press(&format!("{TOKEN}\r\r"));
        session.sees("Nothing changed yet");
        session.sees("Dry run passed");
        // Where the registry, which is not there, has been found not to answer, it is confirmed twice.
        session.press("\r\r");
    },
    check: |gate| {
        let (status, secret) = gate.get("/api/v1/namespaces/app/secrets/regcred");
        assert!(status.is_success());
        let content = secret["data"][".dockerconfigjson"].as_str().unwrap();
        let content = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, content).unwrap();
        let content = String::from_utf8(content).unwrap();
        assert!(content.contains(TOKEN), "half a rotation");
    },
};

const PULL_TEST: Case = Case {
    scenario: "wrong-type",
    namespace: "app",
    begin: |session| {
        session.press("\x14");
        session.sees("never runs it");
        session.press("\r");
    },
    check: |gate| {
        let path = "/api/v1/namespaces/app/pods?labelSelector=pullscope.dev%2Fpull-test";
        let (_, pods) = gate.get(path);
        assert_eq!(
            pods["items"].as_array().map(Vec::len),
            Some(0),
            "a Pod is left"
        );
    },
};

impl Case {
    fn start(&self, gate: &Gate, end: End) -> Session {
        let setup = match end {
            // A panic is made by what the dashboard is handed, in a child of this test.
            End::Panic => {
                let child = ["--exact", "endings::as_a_child", "--nocapture"];
                let mut setup = Setup::new(&child)
                    .with(endings::WHERE, "thread")
                    .with(endings::SERVER, &format!("http://{}", gate.address))
                    .with(endings::NAMESPACE, self.namespace);
                let program = env::current_exe().unwrap();
                setup.program = program.display().to_string();
                setup
            }
            _ => Setup::new(&["-n", self.namespace]).with("KUBECONFIG", &gate.kubeconfig()),
        };
        let mut session = setup.start();
        session.sees("● live");
        session.sees("Fix 1");
        (self.begin)(&mut session);
        session
    }

    /// How many times the gate stops the change, when nothing ends it.
    fn stops(&self) -> Vec<String> {
        let gate = Gate::of(self.scenario);
        let mut session = self.start(&gate, End::Key);
        let mut stops = Vec::new();
        loop {
            let stop = gate.next(|| session.text());
            stops.push(stop.what.clone());
            let is_last = stop.what.ends_with("after") && is_last(&stop.what);
            stop.go_on();
            if is_last {
                break;
            }
        }
        session.press(CTRL_C);
        let done = || session.screen.output().ended;
        gate.open(done);
        (self.check)(&gate);
        stops
    }

    /// Ends the program at the stop with this number.
    fn ended_at(&self, number: usize, end: End) {
        let gate = Gate::of(self.scenario);
        let mut session = self.start(&gate, end);
        for _ in 0..number {
            gate.next(|| session.text()).go_on();
        }
        let stop = gate.next(|| session.text());
        let what = format!("{end:?} at {}", stop.what);
        let status = bring_about(end, &mut session);
        finish(&gate, stop, &mut session);
        assert_eq!(exit_code(&mut session), status, "{what}");
        (self.check)(&gate);
        if end != End::Closed {
            session.is_restored();
            let text = session.text();
            assert!(!text.contains("were not finished"), "{what}\n{text}");
        }
    }
}

/// The change is whole when this has been answered.
fn is_last(what: &str) -> bool {
    what.starts_with("POST /api/v1/namespaces/app/secrets")
        || what.starts_with("PATCH /api/v1/namespaces/app/secrets")
        || what.starts_with("DELETE /api/v1/namespaces/app/pods/pullscope-pull-test")
}

/// Ends the program, and waits until it waits for the change; returns the exit status that is due.
fn bring_about(end: End, session: &mut Session) -> u32 {
    match end {
        End::Key => {
            session.press(CTRL_C);
            session.sees(FINISHING);
            0
        }
        End::Signal(signal) => {
            session.signal(signal);
            session.sees(FINISHING);
            128 + u32::try_from(signal.as_raw()).unwrap()
        }
        End::Closed => {
            let pid = session.child.process_id().unwrap();
            session.close();
            // Its standard input is replaced when it has noticed.
            let input = format!("/proc/{pid}/fd/0");
            let has_noticed =
                || fs::read_link(&input).is_ok_and(|to| to.to_string_lossy().starts_with("pipe:"));
            until("the program notices that its terminal is gone", has_noticed);
            129
        }
        End::Panic => {
            session.press(":ctx\r");
            session.sees("made to panic");
            session.sees(FINISHING);
            101
        }
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + LIMIT;
    while !is_so() {
        assert!(
            std::time::Instant::now() < deadline,
            "waited in vain: {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Lets the change go on to its end.
fn finish(gate: &Gate, stop: Stop, session: &mut Session) {
    stop.go_on();
    let pid = session.child.process_id().unwrap();
    gate.open(|| !endings::is_running(&pid.to_string()));
}

fn exit_code(session: &mut Session) -> u32 {
    let status = session.child.wait().unwrap();
    assert_eq!(status.signal(), None, "killed by a signal");
    status.exit_code()
}

fn whatever_ends_it(case: &Case) {
    let stops = case.stops();
    for (number, stop) in stops.iter().enumerate() {
        // What was carried out and is not answered is the same for all ends.
        let ends = if stop.ends_with("before") {
            &ENDS[..]
        } else {
            &ENDS[..2]
        };
        for end in ends {
            case.ended_at(number, *end);
        }
    }
}

#[test]
fn a_secret_under_conversion_is_not_lost() {
    whatever_ends_it(&CONVERSION);
}

#[test]
fn a_rotation_is_carried_out_to_its_end() {
    whatever_ends_it(&ROTATION);
}

#[test]
fn the_pod_of_a_pull_test_is_deleted() {
    whatever_ends_it(&PULL_TEST);
}

/// While the test waits for the kubelet, which says nothing, the end does not wait for it too.
#[test]
fn a_pull_test_is_cut_short() {
    let gate = Gate::of(PULL_TEST.scenario);
    let mut session = PULL_TEST.start(&gate, End::Key);
    for _ in 0..2 {
        let stop = gate.next(|| session.text());
        assert!(stop.what.starts_with("POST "), "{}", stop.what);
        stop.go_on();
    }
    session.press(CTRL_C);
    let stop = gate.next(|| session.text());
    assert!(stop.what.starts_with("DELETE "), "{}", stop.what);
    session.sees(FINISHING);
    finish(&gate, stop, &mut session);
    assert_eq!(exit_code(&mut session), 0);
    (PULL_TEST.check)(&gate);
}

#[test]
fn esc_cancels_a_pull_test_and_says_when_its_pod_is_deleted() {
    let gate = Gate::of(PULL_TEST.scenario);
    let mut session = PULL_TEST.start(&gate, End::Key);
    for _ in 0..2 {
        let stop = gate.next(|| session.text());
        assert!(stop.what.starts_with("POST "), "{}", stop.what);
        stop.go_on();
    }
    session.press("\x1b");
    let stop = gate.next(|| session.text());
    assert!(stop.what.starts_with("DELETE "), "{}", stop.what);
    session.sees("Cancelled: deleting the test Pods.");
    stop.go_on();
    gate.next(|| session.text()).go_on();
    session.sees("Cancelled. No test Pod is left.");
    (PULL_TEST.check)(&gate);
    session.press(CTRL_C);
    assert_eq!(exit_code(&mut session), 0);
}

/// Whoever will not wait is obeyed, and told what to do.
#[test]
fn a_second_end_is_obeyed_and_the_commands_are_printed() {
    for end in [End::Key, End::Signal(Signal::TERM)] {
        let gate = Gate::of(CONVERSION.scenario);
        let mut session = CONVERSION.start(&gate, end);
        let _stop = gate.next(|| session.text());
        let status = bring_about(end, &mut session);
        // The first second is over: it is not the same end twice.
        session.sees("178 s left");
        match end {
            End::Key => session.press(CTRL_C),
            _ => session.signal(Signal::TERM),
        }
        // A key alone would be a success; a signal is none already.
        assert_eq!(session.exit(), status.max(1));
        session.is_restored();
        let text = session.text();
        for part in [
            "changes were not finished",
            "result unknown",
            "kubectl -n app get secret regcred",
            "If it is missing",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("eyJhdXRo"), "no value is printed\n{text}");
    }
}

/// The repeats of a key that is held down, the first of them after 400 ms, end nothing.
#[test]
fn a_key_that_is_held_down_does_not_interrupt_a_conversion() {
    let gate = Gate::of(CONVERSION.scenario);
    let mut session = CONVERSION.start(&gate, End::Key);
    let stop = gate.next(|| session.text());
    bring_about(End::Key, &mut session);
    // What a terminal sends of a key that is held; a pause of it is what is tested.
    thread::sleep(Duration::from_millis(400));
    for _ in 0..10 {
        session.press(CTRL_C);
        thread::sleep(Duration::from_millis(33));
    }
    finish(&gate, stop, &mut session);
    assert_eq!(exit_code(&mut session), 0);
    (CONVERSION.check)(&gate);
    let text = session.text();
    assert!(!text.contains("were not finished"), "{text}");
}

/// Stops the terminal's output, as ctrl-s does and a dead connection, or lets it go on.
fn output(session: &Session, action: Action) {
    let name = session.master.as_ref().unwrap().tty_name().unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let terminal = open(name, flags, Mode::empty()).unwrap();
    tcflow(&terminal, action).unwrap();
}

#[test]
fn a_signal_is_obeyed_while_the_terminal_takes_no_output() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut session = Setup::new(&["demo"]).start();
        session.sees("● live");
        output(&session, Action::OOff);
        // More frames are wanted than the terminal takes.
        session.press("?");
        session.signal(signal);
        let status = 128 + u32::try_from(signal.as_raw()).unwrap();
        assert_eq!(exit_code(&mut session), status);
    }
}

/// Nobody reads it any more: what it has room for is full.
#[test]
fn a_signal_is_obeyed_while_nobody_reads_the_terminal() {
    let setup = Setup::new(&["demo"])
        .size(500, 160)
        .with("COLORTERM", "truecolor");
    let mut session = setup.with("COLORFGBG", "15;0").start_unread();
    let pid = session.child.process_id().unwrap();
    // A thread waits in the middle of the first frame.
    until("the terminal is full", || {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten();
        tasks.flatten().any(|task| {
            let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            read("comm").starts_with("terminal output") && read("syscall").starts_with("1 0x1 ")
        })
    });
    session.signal(Signal::TERM);
    assert_eq!(exit_code(&mut session), 143);
}

#[test]
fn a_change_is_finished_while_the_terminal_takes_no_output() {
    let gate = Gate::of(CONVERSION.scenario);
    let mut session = CONVERSION.start(&gate, End::Key);
    gate.next(|| session.text()).go_on();
    let stop = gate.next(|| session.text());
    output(&session, Action::OOff);
    session.signal(Signal::TERM);
    // What it has to say is there when the terminal takes output again.
    output(&session, Action::OOn);
    session.sees(FINISHING);
    output(&session, Action::OOff);
    finish(&gate, stop, &mut session);
    assert_eq!(exit_code(&mut session), 143);
    (CONVERSION.check)(&gate);
}
