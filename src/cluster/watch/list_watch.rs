//! One kind in one scope: the list, then the changes, then again where that broke.
//!
//! This is done here and not by kube's `watcher` for what a dashboard must say about its data.
//! `watcher` (5.0) takes up a broken watch without a word, so that a quiet kind would be called
//! stale for ever; it keeps bookmarks and the number of received pages to itself; and it copies each
//! page before it is decoded. The protocol and the back-off are the same.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::runtime::{utils::Backoff, watcher::DefaultBackoff};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    discovery,
    endpoint::WATCH_SECONDS,
    lines::Lines,
    outbox::Outbox,
    pages::{Pages, Source},
    pulse::{NOTICED, Pulse},
};
use crate::{
    cluster::{
        Trouble, ask,
        slim::{self, Change, Decode, Interner},
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

/// Within this time after it accepted a version, the server says whether it still has it (410).
const SETTLE: Duration = Duration::from_secs(1);

/// Until the first byte of an answer.
const OPEN: Duration = Duration::from_secs(15);

/// The server ends a watch itself; later than this it is not there any more.
const OVERDUE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);

/// A watch that ends sooner was not worth opening: the next one waits.
const SHORT: Duration = Duration::from_secs(1);

/// After so many refusals of one version it is given up, whatever the reason: a server whose etcd
/// was restored from a backup calls it too large (504), for ever.
const PATIENCE: u32 = 3;

/// What was permitted and is refused is asked for again after these pauses, and only then given up: an
/// authorizer that has a hiccup answers 403 too.
const DOUBTS: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// One line in the log per kind and time: a server may send thousands of unreadable changes a second.
const LOG_AGAIN: Duration = Duration::from_secs(60);

/// Why a watch cannot be held at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Forbidden {
        missing: Permission,
        why: Arc<str>,
    },
    /// The server does not serve this API, as it need not.
    NotServed,
}

pub(super) struct ListWatch<D: Decode> {
    source: Source<D>,
    scope: Scope,
    first: Vec<Namespace>,
    outbox: Arc<Outbox<D>>,
    pulse: Arc<Pulse>,
    texts: Interner,
    /// From here the changes are known.
    version: Option<Arc<str>>,
    /// A watch has gone on from the last list: the server still had what came after it.
    held: bool,
    standing: Standing,
    backoff: DefaultBackoff,
    failures: u32,
    /// Refusals since it was last permitted.
    refusals: usize,
    /// When the log was last told of an unreadable object.
    logged: Option<Instant>,
}

/// What was last said of a watch. It outlives a `ListWatch`: what was listed is kept when the server
/// refuses to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
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

impl Standing {
    /// How old the objects are that are kept of a watch that is no longer held.
    pub(super) fn as_of(self) -> Option<Timestamp> {
        match self {
            Self::New | Self::Failed { .. } => None,
            Self::Live => Some(Timestamp::now()),
            Self::Stale { since } | Self::Refused { since } => Some(since),
        }
    }
}

/// How a turn ended that was not refused.
enum Ended {
    /// The list is complete.
    Listed(Arc<str>),
    /// The server closed the watch in order.
    Closed,
}

impl<D: Decode> ListWatch<D> {
    /// `first` are namespaces to look into before a long list is complete.
    pub(super) fn new(
        source: Source<D>,
        scope: Scope,
        first: Vec<Namespace>,
        outbox: Arc<Outbox<D>>,
        pulse: Arc<Pulse>,
        standing: Standing,
    ) -> Self {
        Self {
            source,
            scope,
            first,
            outbox,
            pulse,
            texts: Interner::default(),
            version: None,
            held: false,
            standing,
            backoff: DefaultBackoff::default(),
            failures: 0,
            refusals: 0,
            logged: None,
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing
    }

    /// Lists and watches until the server refuses.
    pub(super) async fn run(&mut self) -> Refusal {
        loop {
            let began = Instant::now();
            let (verb, outcome) = match self.version.clone() {
                None => ("list", self.list().await),
                Some(version) => ("watch", self.watch(version).await),
            };
            match outcome {
                Ok(Ended::Listed(version)) => {
                    self.version = Some(version);
                    self.held = false;
                    self.live();
                }
                Ok(Ended::Closed) if began.elapsed() >= SHORT => {}
                Ok(Ended::Closed) => self.pause(true).await,
                Err(Trouble::Forbidden(why)) => {
                    let Some(pause) = self.doubts() else {
                        return self.refused(verb, why);
                    };
                    self.stale(&Trouble::Forbidden(why));
                    sleep(pause).await;
                }
                Err(trouble @ Trouble::NotFound(_)) => {
                    if self.version.is_none() && self.is_not_served().await {
                        return Refusal::NotServed;
                    }
                    self.failed(&trouble).await;
                }
                Err(trouble) => self.failed(&trouble).await,
            }
        }
    }

    /// How long to wait before a refusal is believed; `None` when it is.
    ///
    /// At once where nothing was listed before, or where the watch was never permitted.
    fn doubts(&mut self) -> Option<Duration> {
        let was_permitted = match self.standing {
            Standing::New | Standing::Failed { .. } | Standing::Refused { .. } => false,
            Standing::Live | Standing::Stale { .. } => self.version.is_none() || self.held,
        };
        let pause = DOUBTS.get(self.refusals).filter(|_| was_permitted)?;
        self.refusals += 1;
        Some(*pause)
    }

    fn refused(&mut self, verb: &str, why: String) -> Refusal {
        if let Some(since) = self.standing.as_of() {
            self.standing = Standing::Refused { since };
        }
        Refusal::Forbidden {
            missing: self.source.endpoint.permission(verb, &self.scope),
            why: why.into(),
        }
    }

    /// Only an API that some servers lack, and that discovery does not list: a 404 may come from anything
    /// on the way.
    async fn is_not_served(&self) -> bool {
        let Source {
            client,
            endpoint,
            limit,
            ..
        } = &self.source;
        endpoint.is_optional() && discovery::is_served(client, *endpoint, *limit).await == Ok(false)
    }

    async fn list(&mut self) -> Result<Ended, Trouble> {
        let mut pages = Pages::ask(self.source.clone(), self.scope.clone())?;
        let mut objects = Vec::new();
        while pages.next(&mut self.texts, &mut objects).await? {
            self.pulse.beat();
            if self.standing != Standing::New {
                continue;
            }
            self.outbox.state(WatchState::Listing {
                received: objects.len(),
            });
            if pages.read == 1 && pages.more() {
                self.look_first().await;
            }
        }
        if !pages.unreadable.is_empty() {
            self.log_unreadable(&pages.unreadable);
        }
        self.outbox.replace(objects, pages.unreadable);
        self.texts.sweep();
        Ok(Ended::Listed(pages.version))
    }

    /// A list of more than one page is long: what is looked at comes first. Whether it can be had so is
    /// of no account, as the long list brings it too.
    async fn look_first(&mut self) {
        for namespace in std::mem::take(&mut self.first) {
            let scope = Scope::Namespace(namespace);
            let Ok(pages) = Pages::ask(self.source.clone(), scope.clone()) else {
                continue;
            };
            let beat = || self.pulse.beat();
            if let Ok(objects) = pages.all(&mut self.texts, beat).await {
                self.outbox.ahead(scope, objects);
            }
        }
    }

    async fn watch(&mut self, version: Arc<str>) -> Result<Ended, Trouble> {
        let mut losses = self.pulse.losses();
        let request = self.source.endpoint.watch(&self.scope, &version)?;
        let body = timeout(OPEN, ask::open(&self.source.client, request))
            .await
            .unwrap_or(Err(Trouble::Silent(OPEN)))?;
        let mut lines = Lines::new(body);
        let opened = Instant::now();
        let mut settled = false;
        loop {
            tokio::select! {
                line = lines.next() => match line? {
                    None => return Ok(Ended::Closed),
                    // Some proxies write blank ones to keep a connection alive.
                    Some(line) if line.trim_ascii().is_empty() => self.pulse.beat(),
                    Some(line) => {
                        let change = slim::change(&*self.source.decode, line, &mut self.texts);
                        self.take(change)?;
                        self.settled();
                        settled = true;
                    }
                },
                () = sleep_until(opened + SETTLE), if !settled => {
                    self.settled();
                    settled = true;
                }
                _ = losses.changed() => return Err(Trouble::Silent(NOTICED)),
                () = sleep_until(opened + OVERDUE) => return Ok(Ended::Closed),
            }
        }
    }

    fn take(&mut self, change: Change<D::Object>) -> Result<(), Trouble> {
        self.pulse.beat();
        match change {
            Change::Put(object, version) => {
                self.outbox.put(object);
                self.go_on_from(Some(version));
            }
            Change::Gone(object, version) => {
                self.outbox.gone(&object);
                self.go_on_from(Some(version));
            }
            Change::Bookmark(version) => self.go_on_from(version),
            Change::Unreadable {
                object,
                deleted,
                version,
            } => {
                self.unreadable(object, deleted);
                self.go_on_from(version);
            }
            Change::End(trouble) => return Err(trouble),
        }
        self.texts.sweep();
        Ok(())
    }

    fn unreadable(&mut self, object: Option<ObjectName>, deleted: bool) {
        match (object, deleted) {
            (Some(object), true) => self.outbox.gone_unreadable(&object),
            // Which one is gone is not known; the next list tells.
            (None, true) => {}
            (object, false) => {
                let unreadable = UnreadableObjects {
                    unnamed: usize::from(object.is_none()),
                    named: object.iter().cloned().collect(),
                };
                self.log_unreadable(&unreadable);
                self.outbox.unreadable(object);
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
    fn go_on_from(&mut self, version: Option<Arc<str>>) {
        if let Some(version) = version.filter(|version| !version.is_empty()) {
            self.version = Some(version);
        }
    }

    /// The server has what comes after the version: only that ends the waiting, for a server that lists
    /// but lets nobody watch would be asked for list after list.
    fn settled(&mut self) {
        self.held = true;
        self.backoff.reset();
        self.live();
    }

    fn live(&mut self) {
        self.failures = 0;
        self.refusals = 0;
        if self.standing == Standing::Live {
            return;
        }
        self.standing = Standing::Live;
        self.outbox.state(WatchState::Live);
        self.pulse.found();
    }

    /// Says what is wrong, and since when the data is old.
    fn stale(&mut self, trouble: &Trouble) {
        let since = match (self.standing, trouble) {
            (
                Standing::Stale { since }
                | Standing::Failed { since }
                | Standing::Refused { since },
                _,
            ) => since,
            (_, Trouble::Silent(_)) => self.pulse.last_heard(),
            (Standing::New | Standing::Live, _) => Timestamp::now(),
        };
        self.standing = match self.standing {
            Standing::New | Standing::Failed { .. } => Standing::Failed { since },
            Standing::Live | Standing::Stale { .. } => Standing::Stale { since },
            Standing::Refused { .. } => Standing::Refused { since },
        };
        self.outbox.state(WatchState::Stale {
            since,
            why: trouble.to_string().into(),
        });
    }

    /// Says what is wrong and waits before the next try.
    async fn failed(&mut self, trouble: &Trouble) {
        self.stale(trouble);
        if *trouble == Trouble::Expired {
            self.version = None;
            // What was held has merely grown old. A version that was never held is one that the server
            // took back at once, or that of a list which took longer than it keeps them: the next
            // list may fare no better.
            if !std::mem::take(&mut self.held) {
                self.pause(false).await;
            }
            return;
        }
        self.failures += 1;
        if let Trouble::Busy { after, .. } = trouble {
            // Not given up: a list would be more work for a server that has too much of it.
            sleep(*after).await;
        } else if self.failures >= PATIENCE && !trouble.is_out_of_reach() {
            self.version = None;
        }
        self.pause(trouble.is_out_of_reach()).await;
    }

    /// Waits as the back-off says; when the server was out of reach, not longer than until another
    /// watch has found it.
    async fn pause(&mut self, out_of_reach: bool) {
        let pause = self.backoff.next().unwrap_or(OPEN);
        tokio::select! {
            () = sleep(pause) => {}
            () = self.pulse.until_found(), if out_of_reach => {}
        }
    }
}
