//! What the engine costs: `cargo bench --bench engine`. What a large cluster costs is in `scale`.
//!
//! Reading a message is to be linear in its length, whatever stands in it, and a diagnosis a matter of
//! microseconds: both are printed, to be read by a person, and nothing is asserted of times.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use cluster::Cluster;
use pullscope::domain::{
    context::{self, PodContext},
    diagnostics::{classify::classify, diagnose},
    registry_auth::{image_ref::ImageRef, keyring::Keyring},
    store::watch::WatchCoverage,
};

#[path = "engine/cluster.rs"]
mod cluster;

/// The mean time of one call, over at least half a second.
fn mean(mut call: impl FnMut()) -> Duration {
    call();
    let begin = Instant::now();
    let mut calls = 0_u32;
    while begin.elapsed() < Duration::from_millis(500) {
        call();
        calls += 1;
    }
    begin.elapsed() / calls
}

fn report(what: &str, time: Duration, bytes: usize) {
    let rate = if bytes == 0 {
        String::new()
    } else {
        let megabytes = f64::from(u32::try_from(bytes).unwrap()) / 1e6;
        format!("{:10.1} MB/s", megabytes / time.as_secs_f64())
    };
    println!("{what:52}{time:>14.1?}{rate}");
}

fn messages(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("tests/messages.txt")).unwrap();
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// What other Pods and workloads cost: peers here and elsewhere, similar names, the node's queue.
fn large_cluster(pods: usize, namespaces: usize) {
    let Cluster {
        store,
        now,
        failing,
        queued,
    } = Cluster::new(pods, namespaces);
    let sight = WatchCoverage::complete();
    for (what, pod) in [("refused", &failing), ("queued", &queued)] {
        let case = || context::pod_context(&store, &sight, pod, now).unwrap();
        let about = format!("a {what} Pod among {pods} in {namespaces} namespaces");
        report(&format!("context: {about}"), mean(|| drop(case())), 0);
        let case = case();
        let time = mean(|| drop(black_box(diagnose(&case))));
        report(&format!("diagnose: {about}"), time, 0);
    }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let messages = messages(root);
    let many: Vec<&String> = messages.iter().cycle().take(100_000).collect();
    let bytes: usize = many.iter().map(|text| text.len()).sum();
    let begin = Instant::now();
    for text in &many {
        black_box(classify(text));
    }
    report("classify: 100 000 messages", begin.elapsed(), bytes);

    let one = messages.join(" ");
    for megabytes in [1, 2, 4, 8] {
        let size = megabytes * 1_000_000;
        let long: String = one.chars().cycle().take(size).collect();
        let time = mean(|| drop(black_box(classify(&long))));
        report(
            &format!("classify: one message of {megabytes} MB"),
            time,
            size,
        );
    }
    let nested = "failed to pull and unpack image \"a\": ".repeat(50_000);
    let time = mean(|| drop(black_box(classify(&nested))));
    report("classify: one message of 50 000 layers", time, nested.len());

    // What could begin a name at every place.
    for piece in [
        "image \"",
        "https://a",
        "${",
        "<a",
        ":",
        "\\",
        "(Mirrors also failed: [x ",
    ] {
        let long = piece.repeat(4_000_000 / piece.len());
        let time = mean(|| drop(black_box(classify(&long))));
        report(&format!("classify: 4 MB of {piece:?}"), time, long.len());
    }

    let mut files: Vec<_> = fs::read_dir(root.join("tests/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with(".diagnosis.json"))
        .collect();
    files.sort();
    let cases: Vec<PodContext> = files
        .iter()
        .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        .collect();
    let time = mean(|| {
        for context in &cases {
            black_box(diagnose(context));
        }
    });
    let each = time / u32::try_from(cases.len()).unwrap();
    report(
        &format!("diagnose: each of {} real cases", cases.len()),
        each,
        0,
    );

    for namespaces in [50, 1] {
        large_cluster(50_000, namespaces);
    }

    let mut keyring = Keyring::default();
    for number in 0..200 {
        keyring.add(&format!("registry-{number}.example:5000/team"), number);
        keyring.add(&format!("*.registry-{number}.example"), number);
    }
    let image = ImageRef::parse("registry-150.example:5000/team/app:1").unwrap();
    let time = mean(|| drop(black_box(keyring.lookup(&image))));
    report("keyring: one image against 400 entries", time, 0);
}
