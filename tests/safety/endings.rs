//! Every way to end gives the terminal back.
//!
//! A panic is made by what the dashboard is handed: a source of connections that panics where it is
//! asked, in a child of this test that has the real loop, hook and terminal. So the binary needs no back
//! door.

use std::{
    env,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use kube::Client;
use pullscope::{
    app::{model::StartScope, preferences::Preferences},
    cluster::{Connection, apply::WritePermit},
    domain::{
        error::UserError,
        k8s::{connection::KubeContext, object_ref::Namespace},
    },
    registry::{ProbeSettings, Prober},
    runtime::{
        self, DashboardOptions, NotifyMethod, Signals, cluster_source::ClusterSource, terminal,
    },
    sandbox::{Pace, Sandbox, User},
    ui::theme::ThemeOptions,
};
use rustix::process::Signal;

use crate::{
    CTRL_C,
    session::{LIMIT, Session, Setup},
};

/// From before the process has begun to be ours until long after the first frame.
const MOMENTS: [u64; 12] = [0, 1, 3, 6, 10, 15, 25, 40, 60, 90, 140, 250];

#[test]
fn a_signal_at_any_moment_of_the_start() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::USR1] {
        for moment in MOMENTS {
            let mut session = Setup::new(&["demo"]).start();
            thread::sleep(Duration::from_millis(moment));
            session.signal(signal);
            let ended = ended(&mut session);
            let expected = [Some(128 + u32::try_from(signal.as_raw()).unwrap()), None];
            assert!(
                expected.contains(&ended),
                "{signal:?} after {moment} ms: {ended:?}"
            );
            session.is_restored();
        }
    }
}

/// The exit status, or `None` where a signal did what it does by itself.
fn ended(session: &mut Session) -> Option<u32> {
    session.screen.wait("the end", |output| output.ended);
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = session.child.try_wait().unwrap() {
            return status.signal().is_none().then(|| status.exit_code());
        }
        assert!(Instant::now() < deadline, "the process does not end");
        thread::sleep(Duration::from_millis(5));
    }
}

/// ctrl-c while a credential plugin is asked: both end, and the plugin's own children too.
#[test]
fn a_start_that_waits_for_a_plugin_is_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let (config, pids) = (
        directory.path().join("config"),
        directory.path().join("pids"),
    );
    let script = format!(
        "sleep 300 & echo $! > {0}.new; mv {0}.new {0}; wait",
        pids.display()
    );
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
            "command": "sh", "args": ["-c", script],
        }}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(&config, kubeconfig.to_string()).unwrap();
    let mut session = Setup::new(&[])
        .with("KUBECONFIG", config.to_str().unwrap())
        .start();
    let deadline = Instant::now() + LIMIT;
    while !pids.exists() {
        assert!(Instant::now() < deadline, "the plugin is not asked");
        thread::sleep(Duration::from_millis(5));
    }
    session.press(CTRL_C);
    assert_eq!(session.exit(), 130);
    session.is_restored();
    let pid = std::fs::read_to_string(&pids).unwrap();
    while is_running(pid.trim()) {
        assert!(
            Instant::now() < deadline,
            "the plugin's child {pid} runs on"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

#[test]
fn stopped_and_then_killed() {
    let mut session = Setup::new(&["demo"]).start();
    session.sees("● live");
    session.signal(Signal::TSTP);
    session.is_stopped();
    session.signal(Signal::KILL);
    assert_eq!(ended(&mut session), None);
    session.is_restored();
}

/// A reader that has seen enough is no error, and no panic.
#[test]
fn a_pipe_that_is_closed() {
    for arguments in [
        &["demo", "--list"][..],
        &["completions", "bash"],
        &["man"],
        &["config", "sample"],
        &["config", "keys"],
        &["--help"],
        &["--version"],
        &["explain", "no basic auth credentials"],
        &["rbac"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pullscope"))
            .args(arguments)
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(closed())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let status = child.wait().unwrap();
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert_ne!(status.code(), Some(101), "{arguments:?}: {said}");
    }
}

/// The end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// Tells the child where to panic.
pub const WHERE: &str = "PULLSCOPE_TEST_PANICS_IN";

/// Tells the child which API server to look at, and in which namespace; without it there is a small one in
/// the child.
pub const SERVER: &str = "PULLSCOPE_TEST_SERVER";
pub const NAMESPACE: &str = "PULLSCOPE_TEST_NAMESPACE";

/// In the loop (as in `update` and `draw`), in a task, and in a thread of its own, while much is drawn.
#[test]
fn a_panic_wherever_it_happens() {
    for (place, keys) in [("loop", ""), ("thread", ":ctx\r"), ("task", ":ctx\r")] {
        for _ in 0..3 {
            let mut setup =
                Setup::new(&["--exact", "endings::as_a_child", "--nocapture"]).with(WHERE, place);
            setup.program = env::current_exe().unwrap().to_str().unwrap().to_owned();
            let mut session = setup.start();
            if !keys.is_empty() {
                session.sees("● live");
                session.press(keys);
            }
            if place == "task" {
                session.sees("other");
                session.press("\r");
            }
            assert_eq!(session.exit(), 101, "{place}");
            session.is_restored();
            let text = session.text();
            assert!(
                text.contains("made to panic"),
                "{place}: the report is there to be read\n{text}"
            );
        }
    }
}

/// Not a test by itself: what the test above runs on a terminal.
#[test]
fn as_a_child() {
    let Ok(place) = env::var(WHERE) else {
        return;
    };
    terminal::install_panic_hook();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let ending = runtime.block_on(dashboard(place)).unwrap();
    runtime.shutdown_timeout(Duration::from_millis(200));
    if ending == runtime::Ending::Panic {
        std::process::exit(101);
    }
}

async fn dashboard(place: String) -> std::io::Result<runtime::Ending> {
    let sandbox = Sandbox::empty(Timestamp::now(), Pace::Manual);
    let client = match env::var(SERVER) {
        Ok(server) => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            Client::try_from(kube::Config::new(server.parse().unwrap())).unwrap()
        }
        Err(_) => Client::new(sandbox.service(User::admin()), "default"),
    };
    let connection = Connection::from_client(client, "child", Namespace::new("default"))
        .await
        .unwrap();
    // Something to draw all the time.
    tokio::spawn(async move {
        loop {
            sandbox.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let start = DashboardOptions {
        source: Arc::new(Panicking {
            place,
            connection: connection.clone(),
        }),
        connection,
        scope: match env::var(NAMESPACE) {
            Ok(namespace) => StartScope::Namespace(Namespace::new(namespace)),
            Err(_) => StartScope::All,
        },
        theme_options: ThemeOptions::default(),
        preferences: Preferences::default(),
        state: None,
        permit: WritePermit::unless(false),
        notify: NotifyMethod::Off,
    };
    runtime::run(start, Signals::new().unwrap()).await
}

struct Panicking {
    place: String,
    connection: Connection,
}

impl Panicking {
    fn at(&self, place: &str) {
        assert_ne!(self.place, place, "made to panic");
    }
}

impl ClusterSource for Panicking {
    fn connect(&self, _: Option<String>) -> BoxFuture<'static, Result<Connection, UserError>> {
        let (place, connection) = (self.place.clone(), self.connection.clone());
        async move {
            assert_ne!(place, "task", "made to panic");
            Ok(connection)
        }
        .boxed()
    }

    fn contexts(&self) -> Result<Vec<KubeContext>, UserError> {
        self.at("thread");
        let entry = |name: &str, current| KubeContext {
            name: name.into(),
            cluster: name.into(),
            user: None,
            namespace: None,
            current,
        };
        Ok(vec![entry("other", false), entry("child", true)])
    }

    fn prober(&self) -> Option<Prober> {
        self.at("loop");
        Prober::new(ProbeSettings::default()).ok()
    }
}
