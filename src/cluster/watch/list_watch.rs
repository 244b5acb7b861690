//! List and watch of one kind in one scope, by the rules of client-go's `Reflector`.
//!
//! kube's `watcher` (5.0) is not used: it reads no protobuf, copies each page before it is decoded, lists from the start
//! when one page fails, and keeps bookmarks and the number of received pages to itself. It also takes up a broken watch
//! without a word, so that a quiet kind would be called stale for ever.
//!
//! What ends a version is in [`super::phase`], and the pauses between two attempts are those of [`super::backoff`].

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    backoff::{MIN_WATCH_TIME, PageBackoff, SILENCE_LIMIT, WatchBackoff, watch_seconds},
    coalescer::Coalescer,
    discovery,
    health::{DETECTION_LIMIT, ServerHealth},
    ndjson::LineReader,
    pager::{CompleteList, ListError, ListPager, ListSource, ListStart},
    phase::{ReflectorPhase, WatchPosition, loses_version},
    status::{LastStatus, StatusReporter, WatchDenied},
};
use crate::{
    cluster::{
        ApiError,
        decode::{self, Decode, Interner, WatchEvent},
        request,
    },
    domain::{
        k8s::object_ref::Namespace,
        store::{
            unreadable::{ObjectName, UnreadableObjects},
            watch::Scope,
        },
    },
};

/// A watch counts as synced if no 410 arrives within this time of the response.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// Timeout until the response header.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// How much longer than requested a watch may last; the server ends it by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Minimum time between log lines per kind: a server may send thousands of undecodable changes a second.
const LOG_AGAIN: Duration = Duration::from_secs(60);

/// The list and watch of one kind in one scope.
pub(super) struct ListWatch<D: Decode> {
    source: ListSource<D>,
    scope: Scope,
    priority_namespaces: Vec<Namespace>,
    coalescer: Arc<Coalescer<D>>,
    health: Arc<ServerHealth>,
    texts: Interner,
    phase: ReflectorPhase,
    status: StatusReporter<D>,
    backoff: WatchBackoff,
    /// When the log was last told of an unreadable object.
    logged: Option<Instant>,
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
            status: StatusReporter::new(status, Arc::clone(&coalescer), Arc::clone(&health)),
            coalescer,
            health,
            texts: Interner::default(),
            phase: ReflectorPhase::List(ListStart::Pages),
            backoff: WatchBackoff::default(),
            logged: None,
        }
    }

    pub(super) fn status(&self) -> LastStatus {
        self.status.last()
    }

    /// Lists and watches until the server refuses.
    pub(super) async fn run(&mut self) -> WatchDenied {
        loop {
            let outcome = match self.phase.clone() {
                ReflectorPhase::List(start) => self.list(start).await,
                ReflectorPhase::Watch(position) => self.watch(&position.version).await,
            };
            let Err(error) = outcome else { continue };
            match error {
                ApiError::Forbidden(why) => {
                    let Some(pause) = self.refusal_retry_pause() else {
                        return self.refused(why);
                    };
                    self.status.stale(&ApiError::Forbidden(why));
                    sleep(pause).await;
                }
                ApiError::NotFound(_) if self.is_not_served().await => {
                    return WatchDenied::NotServed;
                }
                error => self.failed(&error).await,
            }
        }
    }

    /// How long to wait before a refusal is believed; `None` when it is.
    ///
    /// At once where nothing was listed before, or where the watch was never permitted.
    fn refusal_retry_pause(&mut self) -> Option<Duration> {
        let was_permitted = match self.status.last() {
            LastStatus::New | LastStatus::Failed { .. } | LastStatus::Refused { .. } => false,
            LastStatus::Live | LastStatus::Stale { .. } => match &self.phase {
                ReflectorPhase::List(_) => true,
                ReflectorPhase::Watch(position) => position.is_synced,
            },
        };
        if was_permitted {
            self.backoff.after_refusal()
        } else {
            None
        }
    }

    fn refused(&mut self, why: String) -> WatchDenied {
        self.status.refused();
        let verb = match &self.phase {
            ReflectorPhase::List(_) => "list",
            ReflectorPhase::Watch(_) => "watch",
        };
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

    async fn list(&mut self, start: ListStart) -> Result<(), ApiError> {
        let mut pages = ListPager::new(self.source.clone(), self.scope.clone(), start);
        let mut page = PageBackoff::default();
        let mut permit = Some(self.source.lists.enter(self.source.kind).await);
        loop {
            match pages.next(&mut self.texts).await {
                Ok(false) => break,
                Ok(true) => {
                    page = PageBackoff::default();
                    self.page_read(&pages).await;
                }
                // A first page is no more than the list.
                Err(ListError::Page(error)) if pages.pages() > 0 => {
                    // Others may list while this one waits.
                    permit.take();
                    self.page_failed(&mut page, error).await?;
                    permit = Some(self.source.lists.enter(self.source.kind).await);
                }
                Err(error) => return Err(error.into_inner()),
            }
        }
        self.listed(pages.finish());
        Ok(())
    }

    /// Reports a page, and lists what is looked at when more than one follows.
    async fn page_read(&mut self, pages: &ListPager<D>) {
        self.health.touch();
        self.backoff.permitted();
        self.status.listing(pages.received());
        if self.status.was_listed() || pages.pages() > 1 || !pages.has_more() {
            return;
        }
        for namespace in std::mem::take(&mut self.priority_namespaces) {
            let source = self.source.clone();
            let touch = || self.health.touch();
            // Whether it can be had so is of no account: the long list brings it too.
            if let Some((scope, objects)) =
                ListPager::namespace(source, namespace, &mut self.texts, touch).await
            {
                self.coalescer.push_partial(scope, objects);
            }
        }
    }

    /// Says why a page is missing, and waits before it is requested again; an error when the list is given up.
    async fn page_failed(
        &mut self,
        page: &mut PageBackoff,
        error: ApiError,
    ) -> Result<(), ApiError> {
        let pause = match &error {
            ApiError::Forbidden(_) => self.backoff.after_refusal(),
            error => page.after(error),
        };
        let Some(pause) = pause else {
            return Err(error);
        };
        self.status.stale(&error);
        self.pause(pause, error.is_unreachable()).await;
        Ok(())
    }

    fn listed(&mut self, list: CompleteList<D::Object>) {
        let CompleteList {
            objects,
            unreadable,
            version,
            is_consistent,
        } = list;
        if !unreadable.is_empty() {
            self.log_unreadable(&unreadable);
        }
        self.coalescer.replace(objects, unreadable);
        self.texts.sweep();
        self.phase = ReflectorPhase::Watch(WatchPosition {
            version,
            is_synced: false,
            is_consistent,
        });
        self.live();
    }

    /// Watches until the server closes the watch in order, or it brings nothing for too long.
    async fn watch(&mut self, version: &str) -> Result<(), ApiError> {
        let mut losses = self.health.subscribe_outages();
        let began = Instant::now();
        let seconds = watch_seconds();
        let request = self.source.endpoint.watch(&self.scope, version, seconds)?;
        let body = timeout(OPEN_TIMEOUT, request::send(&self.source.client, request))
            .await
            .unwrap_or(Err(ApiError::Timeout(OPEN_TIMEOUT)))?;
        let mut lines = LineReader::new(body);
        let opened = Instant::now();
        let deadline = opened + Duration::from_secs(seconds.into()) + CLOSE_TIMEOUT;
        let mut heard = opened;
        let mut settled = false;
        loop {
            tokio::select! {
                line = lines.next() => {
                    let Some(line) = line? else { break };
                    heard = Instant::now();
                    // Some proxies write blank ones to keep a connection alive.
                    if line.trim_ascii().is_empty() {
                        self.health.touch();
                        continue;
                    }
                    let change = decode::parse_watch_line(&*self.source.decode, line, &mut self.texts);
                    self.handle_event(change)?;
                    self.mark_synced();
                    settled = true;
                }
                () = sleep_until(opened + SYNC_AFTER), if !settled => {
                    self.mark_synced();
                    settled = true;
                }
                _ = losses.changed() => return Err(ApiError::Timeout(DETECTION_LIMIT)),
                () = sleep_until(deadline.min(heard + SILENCE_LIMIT)) => break,
            }
        }
        if began.elapsed() < MIN_WATCH_TIME {
            let pause = self.backoff.after_failure();
            self.pause(pause, true).await;
        }
        Ok(())
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

    /// Goes on from this version; an object that lacks its version leaves it where it was.
    fn set_resource_version(&mut self, version: Option<Arc<str>>) {
        let ReflectorPhase::Watch(position) = &mut self.phase else {
            return;
        };
        if let Some(version) = version.filter(|version| !version.is_empty())
            && position.version != version
        {
            position.version = version;
            self.backoff.progressed();
        }
    }

    /// Records that the server has what comes after the version.
    fn mark_synced(&mut self) {
        if let ReflectorPhase::Watch(position) = &mut self.phase {
            position.is_synced = true;
        }
        self.live();
    }

    fn live(&mut self) {
        self.backoff.permitted();
        self.status.live();
    }

    /// Says what is wrong and waits before the next attempt.
    async fn failed(&mut self, error: &ApiError) {
        self.status.stale(error);
        let relist = match &self.phase {
            // A whole list may be more than the server can give.
            ReflectorPhase::List(_) => {
                self.phase = ReflectorPhase::List(ListStart::Pages);
                None
            }
            ReflectorPhase::Watch(position) => loses_version(error).then(|| position.relist()),
        };
        if let Some(start) = relist {
            self.phase = ReflectorPhase::List(start);
            sleep(self.backoff.before_relist()).await;
            return;
        }
        if let ApiError::RetryAfter { after, .. } = error {
            sleep(*after).await;
        }
        let pause = self.backoff.after_failure();
        self.pause(pause, error.is_unreachable()).await;
    }

    /// Waits; when the server was out of reach, not longer than until another watch has found it.
    async fn pause(&self, pause: Duration, out_of_reach: bool) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.health.wait_recovered(), if out_of_reach => {}
        }
    }
}
