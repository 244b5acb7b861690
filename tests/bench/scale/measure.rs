//! The measurements, each of them of a whole run of the binary.

use std::{
    thread,
    time::{Duration, Instant},
};

use kube::Client;
use tokio::runtime::Runtime;

use crate::{
    churn::{Churn, What},
    figures::{line, median, megabytes, milliseconds, percentile, seconds},
    fill::{Filled, Size, namespace},
    floor::{self, Encoding, Floor, Source, Wire},
    relay::Relay,
    server::Server,
    session::Session,
};

pub const RUNS: usize = 3;

/// Long enough for hundredths of a second to count.
const REST: Duration = Duration::from_secs(10);

/// The namespace that is looked at.
const CHOSEN: u32 = 7;

pub struct Bench<'a> {
    pub runtime: &'a Runtime,
    pub server: &'a Server,
    pub size: Size,
    pub filled: &'a Filled,
    /// The stages to run; all when it is empty.
    pub only: &'a [String],
    /// Minutes of the soak, if one is wanted.
    pub soak: Option<u32>,
    /// Resident on an empty cluster, in KiB.
    pub base: u64,
}

/// From the start to the first frame that shows the sandbox.
pub fn sandbox_start() {
    let times = (0..7).map(|_| {
        let session = Session::start(&["demo"], None);
        let shown = |screen: &str| screen.contains("Pods ·");
        session.until("the demo", shown) - session.began
    });
    println!("\nsandbox");
    line(
        "start to first frame",
        milliseconds(median(times.collect())),
    );
    let times = (0..7).map(|_| {
        let session = Session::start(&["demo"], None);
        session.until("the demo's data", is_live) - session.began
    });
    line(
        "start to complete view",
        milliseconds(median(times.collect())),
    );
}

/// Resident memory on a cluster of no size.
pub fn at_rest(server: &Server, namespace: &str) -> u64 {
    let session = Session::start(&["-n", namespace], Some(&server.kubeconfig(server.port)));
    session.until("the empty cluster", is_live);
    thread::sleep(Duration::from_secs(2));
    println!("\nan empty cluster");
    line(
        "resident memory",
        megabytes(session.resident() as f64 * 1024.0),
    );
    session.resident()
}

pub fn is_live(screen: &str) -> bool {
    screen
        .lines()
        .next()
        .is_some_and(|header| header.contains("● live"))
}

/// The selected row's number and the number of rows, as the pane of Pods shows them.
pub fn position(screen: &str) -> Option<(u64, u64)> {
    let title = screen.lines().find(|line| line.contains(" Pods · "))?;
    let title = &title[title.find(" Pods · ")?..];
    let numbers = title
        .split_whitespace()
        .find_map(|word| word.split_once('/'))?;
    Some((numbers.0.parse().ok()?, numbers.1.parse().ok()?))
}

impl Bench<'_> {
    pub fn run(&self) {
        let wants = |stage: &str| self.only.is_empty() || self.only.iter().any(|it| it == stage);
        if wants("start") {
            let floors = self.floors();
            self.complete_view(floors);
            self.traffic();
        }
        if wants("steady") {
            let session = self.steady();
            filter(&session);
        }
        for (what, rate) in [(What::Pods, 100), (What::Pods, 1000), (What::Events, 500)] {
            if wants("churn") {
                self.under_churn(what, rate);
            }
        }
        if let Some(minutes) = self.soak {
            self.soak(minutes);
        }
        if self.only.iter().any(|it| it == "serve") {
            self.serve();
        }
    }

    /// Keeps the filled server up for those who want to look for themselves.
    fn serve(&self) {
        let file = std::env::temp_dir().join("pullscope-scale-kubeconfig");
        let kubeconfig = self.server.kubeconfig(self.server.port);
        std::fs::write(&file, kubeconfig.to_string()).unwrap();
        println!("  KUBECONFIG={} until enter", file.display());
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }

    pub fn start(&self, arguments: &[&str], port: u16) -> Session {
        Session::start(arguments, Some(&self.server.kubeconfig(port)))
    }

    /// Prints the floors, and returns the ones that the complete view is held against.
    fn floors(&self) -> [(&'static str, Floor); 2] {
        let measured = |name, encoding, gzip, source| {
            let wire = Wire {
                encoding,
                gzip,
                source,
            };
            let mut runs: Vec<Floor> = (0..RUNS)
                .map(|_| self.runtime.block_on(floor::measure(self.server, wire)))
                .collect();
            runs.sort_by_key(|floor| floor.time);
            let floor = runs[RUNS / 2];
            let (time, bytes) = (seconds(floor.time), megabytes(floor.bytes as f64));
            line(
                name,
                format!("{time}, {bytes}, {} requests", floor.requests),
            );
            floor
        };
        let (json, protobuf) = (Encoding::Json, Encoding::Protobuf);
        let raw = measured(
            "floor: raw lists, JSON, pages of 500",
            json,
            false,
            Source::Pages,
        );
        measured("floor: the same, gzip", json, true, Source::Pages);
        measured("floor: raw lists, protobuf", protobuf, false, Source::Pages);
        measured("floor: the same, gzip", protobuf, true, Source::Pages);
        let cache = Source::WatchCache;
        measured(
            "floor: whole lists from the watch cache, protobuf",
            protobuf,
            false,
            cache,
        );
        let whole = measured("floor: the same, gzip", protobuf, true, cache);
        [
            ("paged JSON lists", raw),
            ("whole lists from the watch cache, gzip", whole),
        ]
    }

    fn complete_view(&self, floors: [(&str, Floor); 2]) {
        let each = u64::from(self.size.each());
        let chosen = namespace(CHOSEN);
        let (mut useful, mut complete) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let session = self.start(&["-n", &chosen], self.server.port);
            let at = session.until("the chosen namespace", |screen| {
                position(screen).is_some_and(|(_, rows)| rows == each)
            });
            useful.push(at - session.began);
            complete.push(session.until("the whole", is_live) - session.began);
        }
        let complete = median(complete);
        line(
            "start to first useful frame (one namespace)",
            seconds(median(useful)),
        );
        line("start to complete view", seconds(complete));
        for (name, floor) in floors {
            let ratio = complete.as_secs_f64() / floor.time.as_secs_f64();
            line("  against the floor", format!("{ratio:.2} x {name}"));
        }
    }

    fn traffic(&self) {
        // Clients are made within a runtime.
        let _inside = self.runtime.enter();
        let before = self
            .runtime
            .block_on(lists(&self.server.client(true).unwrap()));
        let relay = self.runtime.block_on(Relay::start(self.server.port));
        let session = self.start(&["-n", &namespace(CHOSEN)], relay.port);
        session.until("the whole", is_live);
        let bytes = megabytes(relay.received() as f64);
        let after = self
            .runtime
            .block_on(lists(&self.server.client(true).unwrap()));
        line(
            "received until then",
            format!("{bytes}, {} lists", after - before),
        );
    }

    /// Everything in view, and nothing happens.
    fn steady(&self) -> Session {
        let session = self.start(&["-A"], self.server.port);
        session.until("the whole", is_live);
        let all = u64::from(self.size.pods);
        session.until("all Pods", |screen| {
            position(screen).is_some_and(|(_, rows)| rows == all)
        });
        let spent = session.processor();
        line("processor time until complete", seconds(spent));
        thread::sleep(Duration::from_secs(5));
        let per_pod =
            |kib: u64| (kib.saturating_sub(self.base)) as f64 * 1024.0 / f64::from(self.size.pods);
        for (name, kib) in [
            ("resident, steady", session.resident()),
            ("resident, peak", session.peak()),
        ] {
            line(
                name,
                format!(
                    "{}, {:.0} bytes a Pod",
                    megabytes(kib as f64 * 1024.0),
                    per_pod(kib)
                ),
            );
        }
        let (spent, frames) = (session.processor(), session.frames());
        thread::sleep(REST);
        let share = (session.processor() - spent).as_secs_f64() / REST.as_secs_f64() * 100.0;
        let drawn = session.frames() - frames;
        line(
            "processor at rest",
            format!("{share:.1} % of a core, {drawn} frames in {REST:?}"),
        );
        session
    }

    fn under_churn(&self, what: What, rate: u32) {
        let session = self.start(&["-A"], self.server.port);
        session.until("the whole", is_live);
        let all = u64::from(self.size.pods);
        session.until("all Pods", |screen| {
            position(screen).is_some_and(|(_, rows)| rows == all)
        });
        // Among the Pods that run: nothing but a key moves the selection there.
        session.press(b"G");
        session.until("the last Pod", |screen| {
            position(screen) == Some((all, all))
        });
        let churn = Churn::start(self.runtime, self.server, self.filled, what, rate);
        thread::sleep(Duration::from_secs(3));
        let (began, spent, bytes, frames) = (
            Instant::now(),
            session.processor(),
            session.bytes(),
            session.frames(),
        );
        let mut times = Vec::new();
        while began.elapsed() < Duration::from_secs(20) {
            let Some((before, _)) = position(&session.screen()) else {
                panic!("no position\n{}", session.screen());
            };
            let key = if times.len() % 40 < 20 { b'k' } else { b'j' };
            let at = session.press(&[key]);
            let moved = session.until("the selection to move", |screen| {
                position(screen).is_some_and(|(now, _)| now != before)
            });
            times.push(moved.saturating_duration_since(at));
            thread::sleep(Duration::from_millis(37));
        }
        let time = began.elapsed().as_secs_f64();
        let share = (session.processor() - spent).as_secs_f64() / time * 100.0;
        let written = (session.bytes() - bytes) as f64 / time / 1e3;
        let drawn = (session.frames() - frames) as f64 / time;
        let changes = match what {
            What::Pods => "changes of Pods",
            What::Events => "events",
        };
        println!("  under {:.0} {changes} a second:", churn.rate());
        line(
            "  key to frame",
            format!(
                "{} median, {} p99, {} keys",
                milliseconds(median(times.clone())),
                milliseconds(percentile(times.clone(), 99)),
                times.len()
            ),
        );
        line("  processor", format!("{share:.0} % of a core"));
        line(
            "  to the terminal",
            format!("{written:.0} kB/s, {drawn:.1} frames/s"),
        );
        line(
            "  resident, steady and peak",
            format!(
                "{}, {}",
                megabytes(session.resident() as f64 * 1024.0),
                megabytes(session.peak() as f64 * 1024.0)
            ),
        );
        churn.end(self.runtime);
    }
}

fn filter(session: &Session) {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        for key in *b"/app-001-7d9f" {
            let frames = session.frames();
            let at = session.press(&[key]);
            let drawn = session.frame_after(frames) - at;
            if key != b'/' {
                times.push(drawn);
            }
            thread::sleep(Duration::from_millis(30));
        }
        for key in [b'\r', 0x1b] {
            let frames = session.frames();
            session.press(&[key]);
            session.frame_after(frames);
            thread::sleep(Duration::from_millis(200));
        }
    }
    line(
        "filter keystroke to frame, all Pods",
        format!(
            "{} median, {} worst",
            milliseconds(median(times.clone())),
            milliseconds(percentile(times, 100))
        ),
    );
}

/// Lists that the server has answered so far.
pub async fn lists(client: &Client) -> u64 {
    let request = http::Request::get("/metrics").body(Vec::new()).unwrap();
    let text = client.request_text(request).await.unwrap();
    text.lines()
        .filter(|line| {
            line.starts_with("apiserver_request_total{") && line.contains("verb=\"LIST\"")
        })
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum::<f64>() as u64
}
