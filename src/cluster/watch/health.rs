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

/// Silence after which the server is probed.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// Maximum time until an outage is detected.
pub(super) const DETECTION_LIMIT: Duration = IDLE_LIMIT.saturating_add(REPLY_LIMIT);

/// Timeout of a probe.
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

    /// Records that the server has responded.
    pub(super) fn touch(&self) {
        *self
            .last_traffic
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = (Instant::now(), Timestamp::now());
    }

    /// Time of the last response.
    pub(super) fn last_heard(&self) -> Timestamp {
        self.last_traffic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
    }

    /// Records that a watch has reached the server again; the others stop waiting.
    pub(super) fn mark_recovered(&self) {
        self.touch();
        self.recovered.notify_waiters();
    }

    /// Waits until another watch has found the server.
    pub(super) async fn wait_recovered(&self) {
        self.recovered.notified().await;
    }

    /// Notifies of each detected outage.
    pub(super) fn subscribe_outages(&self) -> watch::Receiver<u64> {
        self.outages.subscribe()
    }

    /// Probes the server whenever it is quiet; runs forever.
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
