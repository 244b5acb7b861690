//! Changes at a steady rate, put into etcd as the API server would.
//!
//! Of Pods nine in ten are a restart of a container that runs, one in ten a Pod that goes from one waiting reason to
//! another and back, so that rows change their places and judgements are made again. Of events, one that
//! the kubelet repeats.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    etcd::Etcd,
    fill::{Filled, find, replace},
    server::Server,
};

/// Connections to etcd: one waits for each answer.
const LANES: usize = 8;

/// `ready: true` (4) and behind it `restartCount` (5) of a container's status in protobuf.
const RESTARTS: &[u8] = &[0x20, 0x01, 0x28];

/// Of one length, so that the stored bytes stay whole.
const WAITING_REASONS: [&[u8]; 2] = [b"ImagePullBackOff", b"CrashLoopBackOff"];

/// What changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Pods,
    Events,
}

/// `count` (8) of an event is the byte before its `type` (9) in protobuf.
const TYPE: &[u8] = b"\x4a\x07Warning";

pub struct Churn {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    began: Instant,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Churn {
    /// Starts so many changes in a second.
    pub fn start(
        runtime: &tokio::runtime::Runtime,
        server: &Server,
        filled: &Filled,
        what: What,
        rate: u32,
    ) -> Self {
        let (stop, made) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (failing, running): (Vec<_>, Vec<_>) = match what {
            What::Pods => filled.pods.iter().partition(|pod| pod.fails),
            What::Events => (Vec::new(), filled.events.iter().collect()),
        };
        let began = Instant::now();
        let pause = Duration::from_secs(1) * u32::try_from(LANES).unwrap() / rate;
        let tasks = (0..LANES).map(|lane| {
            // Spread over all namespaces, and no Pod in two lanes.
            let mine = |pods: &[&crate::fill::Stored]| -> Vec<(String, Vec<u8>)> {
                let step = (pods.len() / 2000).max(1) * LANES + 1;
                let pods = pods
                    .iter()
                    .skip(lane * pods.len() / LANES)
                    .step_by(step / LANES + 1);
                pods.take(1000)
                    .map(|pod| (pod.key.clone(), pod.value.clone()))
                    .collect()
            };
            let (mut failing, mut running) = (mine(&failing), mine(&running));
            let (stop, made, port) = (Arc::clone(&stop), Arc::clone(&made), server.etcd_port);
            runtime.spawn(async move {
                let mut etcd = Etcd::connect(port).await;
                let mut next = tokio::time::interval(pause);
                for turn in 0_usize.. {
                    next.tick().await;
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (key, value) = if what == What::Events {
                        let (at, round) = (turn % running.len(), turn / running.len());
                        repeat(&mut running[at].1, round);
                        &running[at]
                    } else if turn % 10 == 9 {
                        let at = turn / 10 % failing.len();
                        let round = turn / 10 / failing.len();
                        change_waiting_reason(&mut failing[at].1, round);
                        &failing[at]
                    } else {
                        let at = (turn - turn / 10) % running.len();
                        restart(&mut running[at].1, turn);
                        &running[at]
                    };
                    etcd.put(key, value).await;
                    made.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            stop,
            made,
            began,
        }
    }

    /// Changes per second that were really made.
    pub fn rate(&self) -> f64 {
        self.made.load(Ordering::Relaxed) as f64 / self.began.elapsed().as_secs_f64()
    }

    pub fn end(self, runtime: &tokio::runtime::Runtime) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            runtime.block_on(task).unwrap();
        }
    }
}

fn repeat(event: &mut [u8], round: usize) {
    for at in find(event, TYPE) {
        event[at - 1] = u8::try_from(round % 100 + 1).unwrap();
    }
}

fn restart(pod: &mut [u8], turn: usize) {
    for at in find(pod, RESTARTS) {
        pod[at + RESTARTS.len()] = u8::try_from(turn % 100 + 1).unwrap();
    }
}

fn change_waiting_reason(pod: &mut [u8], round: usize) {
    let (from, to) = (WAITING_REASONS[round % 2], WAITING_REASONS[(round + 1) % 2]);
    let places = find(pod, from);
    replace(pod, &places, to);
}
