//! Whether the server is still there, when nothing is heard.
//!
//! A quiet cluster and a dead connection look the same: no bytes. Whoever hears something says so
//! here; after some quiet the server is asked for its version, the cheapest question there is. No
//! answer means that the path is dead, and every watch is told at once instead of waiting for TCP to
//! notice. While changes arrive, no question is asked.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kube::Client;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};

use crate::cluster::{Trouble, request};

/// Quiet for this long is asked about.
const QUIET: Duration = Duration::from_secs(20);

/// When a silence is noticed at the latest.
pub(super) const NOTICED: Duration = QUIET.saturating_add(ANSWER);

/// An answer that takes longer counts as none.
const ANSWER: Duration = Duration::from_secs(8);

pub(super) struct Pulse {
    heard: Mutex<(Instant, Timestamp)>,
    lost: watch::Sender<u64>,
    reached: Notify,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            heard: Mutex::new((Instant::now(), Timestamp::now())),
            lost: watch::Sender::new(0),
            reached: Notify::new(),
        }
    }

    /// Something came from the server.
    pub(super) fn beat(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) =
            (Instant::now(), Timestamp::now());
    }

    /// When something was last heard.
    pub(super) fn last_heard(&self) -> Timestamp {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// A watch that had lost the server has it again: the others need not wait any longer.
    pub(super) fn found(&self) {
        self.beat();
        self.reached.notify_waiters();
    }

    /// Waits until another watch has found the server.
    pub(super) async fn until_found(&self) {
        self.reached.notified().await;
    }

    /// Changes each time the server is found to be silent.
    pub(super) fn losses(&self) -> watch::Receiver<u64> {
        self.lost.subscribe()
    }

    /// Asks when it is quiet, for ever.
    pub(super) async fn keep(&self, client: &Client) {
        loop {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).0;
            if heard.elapsed() < QUIET {
                sleep_until(heard + QUIET).await;
                continue;
            }
            match ask_for_version(client).await {
                Heard::Something => {
                    self.beat();
                    continue;
                }
                Heard::Nothing => self.lost.send_modify(|times| *times += 1),
                Heard::NotAsked => {}
            }
            sleep_until(Instant::now() + QUIET).await;
        }
    }
}

/// What asking taught of the path to the server.
enum Heard {
    Something,
    Nothing,
    /// Nothing was sent: the credential plugin gave no credential.
    NotAsked,
}

/// Any answer will do, a refusal too.
async fn ask_for_version(client: &Client) -> Heard {
    let Ok(request) = request::getting("/version") else {
        return Heard::NotAsked;
    };
    match timeout(ANSWER, request::open(client, request)).await {
        Err(_) => Heard::Nothing,
        Ok(Err(Trouble::Plugin(_))) => Heard::NotAsked,
        Ok(Err(trouble)) if trouble.is_out_of_reach() => Heard::Nothing,
        Ok(_) => Heard::Something,
    }
}
