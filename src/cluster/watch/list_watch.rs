//! List and watch of one kind in one scope, restarted on errors (client-go: `Reflector`).
//!
//! This is done here and not by kube's `watcher` for what a dashboard must say about its data.
//! `watcher` (5.0) takes up a broken watch without a word, so that a quiet kind would be called
//! stale for ever; it keeps bookmarks and the number of received pages to itself; and it copies each
//! page before it is decoded. The protocol and the back-off are the same.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    backoff::{MAX_VERSION_FAILURES, MIN_WATCH_TIME, WatchBackoff},
    coalescer::Coalescer,
    discovery,
    endpoint::WATCH_SECONDS,
    health::{DETECTION_LIMIT, ServerHealth},
    ndjson::LineReader,
    pager::{ListPager, ListSource},
};
use crate::{
    cluster::{
        ApiError,
        decode::{self, Decode, Interner, WatchEvent},
        request,
    },
    domain::{
        k8s::object_ref::Namespace,
        rbac::Permission,
        store::{
            unreadable::{ObjectName, UnreadableObjects},
            watch::{Scope, WatchState},
        },
    },
};

/// A watch counts as synced if no 410 arrives within this time of the response.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// Timeout until the response header.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// Timeout of a watch; the server ends it earlier by itself.
const WATCH_TIMEOUT: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);

/// Minimum time between log lines per kind: a server may send thousands of undecodable changes a second.
const LOG_AGAIN: Duration = Duration::from_secs(60);

/// Reason why a watch is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WatchDenied {
    Forbidden {
        missing: Permission,
        why: Arc<str>,
    },
    /// The server does not serve this API, as it need not.
    NotServed,
}

pub(super) struct ListWatch<D: Decode> {
    source: ListSource<D>,
    scope: Scope,
    priority_namespaces: Vec<Namespace>,
    coalescer: Arc<Coalescer<D>>,
    health: Arc<ServerHealth>,
    texts: Interner,
    /// From here the changes are known.
    version: Option<Arc<str>>,
    /// A watch has gone on from the last list: the server still had what came after it.
    is_synced: bool,
    status: LastStatus,
    backoff: WatchBackoff,
    failures: u32,
    /// When the log was last told of an unreadable object.
    logged: Option<Instant>,
}

/// The last reported status of a watch.
///
/// It outlives a `ListWatch`: what was listed is kept when the server refuses to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastStatus {
    New,
    /// Nothing was ever listed, and not for want of trying.
    Failed {
        since: Timestamp,
    },
    Live,
    /// What was listed is from then.
    Stale {
        since: Timestamp,
    },
    /// The same, and the server has refused to go on, doubts and all: the next refusal is believed.
    Refused {
        since: Timestamp,
    },
}

impl LastStatus {
    /// Time of the objects that are kept of a stopped watch.
    pub(super) fn as_of(self) -> Option<Timestamp> {
        match self {
            Self::New | Self::Failed { .. } => None,
            Self::Live => Some(Timestamp::now()),
            Self::Stale { since } | Self::Refused { since } => Some(since),
        }
    }
}

/// Outcome of a list or watch that was not refused.
enum TurnOutcome {
    /// The list is complete.
    Listed(Arc<str>),
    /// The server closed the watch in order.
    Closed,
}

impl<D: Decode> ListWatch<D> {
    /// Creates a list and watch; the namespaces `first` are listed before a long list is complete.
    pub(super) fn new(
        source: ListSource<D>,
        scope: Scope,
        first: Vec<Namespace>,
        coalescer: Arc<Coalescer<D>>,
        health: Arc<ServerHealth>,
        status: LastStatus,
    ) -> Self {
        Self {
            source,
            scope,
            priority_namespaces: first,
            coalescer,
            health,
            texts: Interner::default(),
            version: None,
            is_synced: false,
            status,
            backoff: WatchBackoff::default(),
            failures: 0,
            logged: None,
        }
    }

    pub(super) fn status(&self) -> LastStatus {
        self.status
    }

    /// Lists and watches until the server refuses.
    pub(super) async fn run(&mut self) -> WatchDenied {
        loop {
            let began = Instant::now();
            let (verb, outcome) = match self.version.clone() {
                None => ("list", self.list().await),
                Some(version) => ("watch", self.watch(version).await),
            };
            match outcome {
                Ok(TurnOutcome::Listed(version)) => {
                    self.version = Some(version);
                    self.is_synced = false;
                    self.live();
                }
                Ok(TurnOutcome::Closed) if began.elapsed() >= MIN_WATCH_TIME => {}
                Ok(TurnOutcome::Closed) => self.pause(true).await,
                Err(ApiError::Forbidden(why)) => {
                    let Some(pause) = self.refusal_retry_pause() else {
                        return self.refused(verb, why);
                    };
                    self.report_stale(&ApiError::Forbidden(why));
                    sleep(pause).await;
                }
                Err(error @ ApiError::NotFound(_)) => {
                    if self.version.is_none() && self.is_not_served().await {
                        return WatchDenied::NotServed;
                    }
                    self.failed(&error).await;
                }
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// How long to wait before a refusal is believed; `None` when it is.
    ///
    /// At once where nothing was listed before, or where the watch was never permitted.
    fn refusal_retry_pause(&mut self) -> Option<Duration> {
        let was_permitted = match self.status {
            LastStatus::New | LastStatus::Failed { .. } | LastStatus::Refused { .. } => false,
            LastStatus::Live | LastStatus::Stale { .. } => self.version.is_none() || self.is_synced,
        };
        if was_permitted {
            self.backoff.after_refusal()
        } else {
            None
        }
    }

    fn refused(&mut self, verb: &str, why: String) -> WatchDenied {
        if let Some(since) = self.status.as_of() {
            self.status = LastStatus::Refused { since };
        }
        WatchDenied::Forbidden {
            missing: self.source.endpoint.permission(verb, &self.scope),
            why: why.into(),
        }
    }

    /// Only an API that some servers lack, and that discovery does not list: a 404 may come from anything
    /// on the way.
    async fn is_not_served(&self) -> bool {
        let ListSource {
            client,
            endpoint,
            limit,
            ..
        } = &self.source;
        endpoint.is_optional() && discovery::is_served(client, *endpoint, *limit).await == Ok(false)
    }

    async fn list(&mut self) -> Result<TurnOutcome, ApiError> {
        let mut pages = ListPager::start(self.source.clone(), self.scope.clone())?;
        let mut objects = Vec::new();
        while pages.next(&mut self.texts, &mut objects).await? {
            self.health.touch();
            if self.status != LastStatus::New {
                continue;
            }
            self.coalescer.state(WatchState::Listing {
                received: objects.len(),
            });
            if pages.read == 1 && pages.has_more() {
                self.list_priority_namespaces().await;
            }
        }
        if !pages.unreadable.is_empty() {
            self.log_unreadable(&pages.unreadable);
        }
        self.coalescer.replace(objects, pages.unreadable);
        self.texts.sweep();
        Ok(TurnOutcome::Listed(pages.version))
    }

    /// A list of more than one page is long: what is looked at comes first. Whether it can be had so is
    /// of no account, as the long list brings it too.
    async fn list_priority_namespaces(&mut self) {
        for namespace in std::mem::take(&mut self.priority_namespaces) {
            let scope = Scope::Namespace(namespace);
            let Ok(pages) = ListPager::start(self.source.clone(), scope.clone()) else {
                continue;
            };
            let beat = || self.health.touch();
            if let Ok(objects) = pages.all(&mut self.texts, beat).await {
                self.coalescer.push_partial(scope, objects);
            }
        }
    }

    async fn watch(&mut self, version: Arc<str>) -> Result<TurnOutcome, ApiError> {
        let mut losses = self.health.subscribe_outages();
        let request = self.source.endpoint.watch(&self.scope, &version)?;
        let body = timeout(OPEN_TIMEOUT, request::send(&self.source.client, request))
            .await
            .unwrap_or(Err(ApiError::Timeout(OPEN_TIMEOUT)))?;
        let mut lines = LineReader::new(body);
        let opened = Instant::now();
        let mut settled = false;
        loop {
            tokio::select! {
                line = lines.next() => match line? {
                    None => return Ok(TurnOutcome::Closed),
                    // Some proxies write blank ones to keep a connection alive.
                    Some(line) if line.trim_ascii().is_empty() => self.health.touch(),
                    Some(line) => {
                        let change = decode::parse_watch_line(&*self.source.decode, line, &mut self.texts);
                        self.handle_event(change)?;
                        self.mark_synced();
                        settled = true;
                    }
                },
                () = sleep_until(opened + SYNC_AFTER), if !settled => {
                    self.mark_synced();
                    settled = true;
                }
                _ = losses.changed() => return Err(ApiError::Timeout(DETECTION_LIMIT)),
                () = sleep_until(opened + WATCH_TIMEOUT) => return Ok(TurnOutcome::Closed),
            }
        }
    }

    fn handle_event(&mut self, change: WatchEvent<D::Object>) -> Result<(), ApiError> {
        self.health.touch();
        match change {
            WatchEvent::Upsert(object, version) => {
                self.coalescer.push_upsert(object);
                self.set_resource_version(Some(version));
            }
            WatchEvent::Delete(object, version) => {
                self.coalescer.push_delete(&object);
                self.set_resource_version(Some(version));
            }
            WatchEvent::Bookmark(version) => self.set_resource_version(version),
            WatchEvent::Unreadable {
                object,
                deleted,
                version,
            } => {
                self.unreadable(object, deleted);
                self.set_resource_version(version);
            }
            WatchEvent::Error(error) => return Err(error),
        }
        self.texts.sweep();
        Ok(())
    }

    fn unreadable(&mut self, object: Option<ObjectName>, deleted: bool) {
        match (object, deleted) {
            (Some(object), true) => self.coalescer.push_unreadable_delete(&object),
            // Which one is gone is not known; the next list tells.
            (None, true) => {}
            (object, false) => {
                let unreadable = UnreadableObjects {
                    unnamed: usize::from(object.is_none()),
                    named: object.iter().cloned().collect(),
                };
                self.log_unreadable(&unreadable);
                self.coalescer.push_unreadable(object);
            }
        }
    }

    fn log_unreadable(&mut self, unreadable: &UnreadableObjects) {
        if self.logged.is_some_and(|at| at.elapsed() < LOG_AGAIN) {
            return;
        }
        self.logged = Some(Instant::now());
        let resource = self.source.endpoint.resource();
        tracing::warn!(resource, %unreadable, "objects skipped: they cannot be decoded");
    }

    /// An object that lacks its version leaves it where it was.
    fn set_resource_version(&mut self, version: Option<Arc<str>>) {
        if let Some(version) = version.filter(|version| !version.is_empty()) {
            self.version = Some(version);
        }
    }

    /// Resets the back-off: only when the watch is synced, else a list-only server would be relisted in a
    /// loop.
    fn mark_synced(&mut self) {
        self.is_synced = true;
        self.backoff.synced();
        self.live();
    }

    fn live(&mut self) {
        self.failures = 0;
        self.backoff.permitted();
        if self.status == LastStatus::Live {
            return;
        }
        self.status = LastStatus::Live;
        self.coalescer.state(WatchState::Live);
        self.health.mark_recovered();
    }

    /// Says what is wrong, and since when the data is old.
    fn report_stale(&mut self, error: &ApiError) {
        let since = match (self.status, error) {
            (
                LastStatus::Stale { since }
                | LastStatus::Failed { since }
                | LastStatus::Refused { since },
                _,
            ) => since,
            (_, ApiError::Timeout(_)) => self.health.last_heard(),
            (LastStatus::New | LastStatus::Live, _) => Timestamp::now(),
        };
        self.status = match self.status {
            LastStatus::New | LastStatus::Failed { .. } => LastStatus::Failed { since },
            LastStatus::Live | LastStatus::Stale { .. } => LastStatus::Stale { since },
            LastStatus::Refused { .. } => LastStatus::Refused { since },
        };
        self.coalescer.state(WatchState::Stale {
            since,
            why: error.to_string().into(),
        });
    }

    /// Says what is wrong and waits before the next try.
    async fn failed(&mut self, error: &ApiError) {
        self.report_stale(error);
        if *error == ApiError::Expired {
            self.version = None;
            // What was held has merely grown old. A version that was never held is one that the server
            // took back at once, or that of a list which took longer than it keeps them: the next
            // list may fare no better.
            if !std::mem::take(&mut self.is_synced) {
                self.pause(false).await;
            }
            return;
        }
        self.failures += 1;
        if let ApiError::RetryAfter { after, .. } = error {
            // Not given up: a list would be more work for a server that has too much of it.
            sleep(*after).await;
        } else if self.failures >= MAX_VERSION_FAILURES && !error.is_unreachable() {
            self.version = None;
        }
        self.pause(error.is_unreachable()).await;
    }

    /// Waits as the back-off says; when the server was out of reach, not longer than until another
    /// watch has found it.
    async fn pause(&mut self, out_of_reach: bool) {
        let pause = self.backoff.after_failure();
        tokio::select! {
            () = sleep(pause) => {}
            () = self.health.wait_recovered(), if out_of_reach => {}
        }
    }
}
