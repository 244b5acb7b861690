//! Liveness probe: after 20 s without traffic, GET /version; on timeout all watches are restarted.
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

use crate::cluster::{ApiError, request};

/// Quiet for this long is asked about.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// When a silence is noticed at the latest.
pub(super) const DETECTION_LIMIT: Duration = IDLE_LIMIT.saturating_add(REPLY_LIMIT);

/// An answer that takes longer counts as none.
const REPLY_LIMIT: Duration = Duration::from_secs(8);

pub(super) struct ServerHealth {
    last_traffic: Mutex<(Instant, Timestamp)>,
    outages: watch::Sender<u64>,
    recovered: Notify,
}

impl ServerHealth {
    pub(super) fn new() -> Self {
        Self {
            last_traffic: Mutex::new((Instant::now(), Timestamp::now())),
            outages: watch::Sender::new(0),
            recovered: Notify::new(),
        }
    }

    /// Something came from the server.
    pub(super) fn touch(&self) {
        *self
            .last_traffic
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = (Instant::now(), Timestamp::now());
    }

    /// When something was last heard.
    pub(super) fn last_heard(&self) -> Timestamp {
        self.last_traffic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
    }

    /// A watch that had lost the server has it again: the others need not wait any longer.
    pub(super) fn mark_recovered(&self) {
        self.touch();
        self.recovered.notify_waiters();
    }

    /// Waits until another watch has found the server.
    pub(super) async fn wait_recovered(&self) {
        self.recovered.notified().await;
    }

    /// Changes each time the server is found to be silent.
    pub(super) fn subscribe_outages(&self) -> watch::Receiver<u64> {
        self.outages.subscribe()
    }

    /// Asks when it is quiet, for ever.
    pub(super) async fn probe_loop(&self, client: &Client) {
        loop {
            let heard = self
                .last_traffic
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if heard.elapsed() < IDLE_LIMIT {
                sleep_until(heard + IDLE_LIMIT).await;
                continue;
            }
            match ask_for_version(client).await {
                ProbeReply::Something => {
                    self.touch();
                    continue;
                }
                ProbeReply::Nothing => self.outages.send_modify(|times| *times += 1),
                ProbeReply::NotAsked => {}
            }
            sleep_until(Instant::now() + IDLE_LIMIT).await;
        }
    }
}

/// What asking taught of the path to the server.
enum ProbeReply {
    Something,
    Nothing,
    /// Nothing was sent: the credential plugin gave no credential.
    NotAsked,
}

/// Any answer will do, a refusal too.
async fn ask_for_version(client: &Client) -> ProbeReply {
    let Ok(request) = request::get_request("/version") else {
        return ProbeReply::NotAsked;
    };
    match timeout(REPLY_LIMIT, request::send(client, request)).await {
        Err(_) => ProbeReply::Nothing,
        Ok(Err(ApiError::Plugin(_))) => ProbeReply::NotAsked,
        Ok(Err(error)) if error.is_unreachable() => ProbeReply::Nothing,
        Ok(_) => ProbeReply::Something,
    }
}
