//! Supervises the watches of one kind: which scopes are watched, given the requested scope and the user's
//! permissions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use kube::Client;
use tokio::{
    sync::{
        mpsc,
        watch::{self, error::RecvError},
    },
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    WatchScope, WatchUpdate,
    backoff::{DENIED_RETRY_MAX, DeniedBackoff},
    coalescer::Coalescer,
    endpoint::{Endpoint, endpoints},
    health::ServerHealth,
    list_gate::ListGate,
    list_watch::ListWatch,
    pager::ListSource,
    status::{LastStatus, WatchDenied},
};
use crate::{
    cluster::{
        ApiError,
        decode::{Decode, ListPage},
        request,
    },
    domain::{
        k8s::object_ref::Namespace,
        store::{
            unreadable::UnreadableObjects,
            update::Delta,
            watch::{Scope, WatchId, WatchKind, WatchState},
        },
    },
};

/// How long the watch lasts that only checks the permission; it is closed as soon as it opens.
const CHECK_SECONDS: u32 = 10;

/// A watch that the server has refused, with what is kept of it.
struct DeniedWatch {
    denied: WatchDenied,
    status: LastStatus,
}

pub(super) struct Supervisor<D: Decode> {
    pub(super) kind: WatchKind,
    pub(super) decode: Arc<D>,
    pub(super) client: Client,
    pub(super) limit: Duration,
    pub(super) updates: mpsc::Sender<WatchUpdate>,
    pub(super) health: Arc<ServerHealth>,
    pub(super) lists: ListGate,
}

impl<D: Decode> Clone for Supervisor<D> {
    fn clone(&self) -> Self {
        Self {
            kind: self.kind,
            decode: Arc::clone(&self.decode),
            client: self.client.clone(),
            limit: self.limit,
            updates: self.updates.clone(),
            health: Arc::clone(&self.health),
            lists: self.lists.clone(),
        }
    }
}

impl<D: Decode> Supervisor<D> {
    /// Watches the scopes of `watch_scope` until its sender or the receiver of updates is gone.
    pub(super) async fn supervise(self, mut watch_scope: watch::Receiver<WatchScope>) {
        if self.kind == WatchKind::Namespaces {
            return self.follow_namespaces(&mut watch_scope).await;
        }
        let mut local = NamespaceWatches::default();
        let mut refused: Option<DeniedWatch> = None;
        // What is kept of the whole cluster.
        let mut status = LastStatus::New;
        let mut backoff = DeniedBackoff::new();
        loop {
            let now = watch_scope.borrow_and_update().clone();
            let ended = match (now, &refused) {
                (WatchScope::Cluster { .. }, None) => {
                    self.stop_watches(&mut local, Retention::Keep).await;
                    let (ending, ended) = self.everywhere(&mut watch_scope, status).await;
                    match &ending {
                        Some(refused) => self.report_denied(Scope::Cluster, refused).await,
                        None => self.stop_watch(Scope::Cluster, Retention::Clear).await,
                    }
                    refused = ending;
                    ended
                }
                (
                    WatchScope::Cluster {
                        fallback: otherwise,
                    },
                    Some(DeniedWatch { status: kept, .. }),
                ) => {
                    self.sync_namespaces(&mut local, &otherwise).await;
                    status = *kept;
                    tokio::select! {
                        () = self.wait_for_rights(&mut backoff, status) => {
                            refused = None;
                            Ok(())
                        }
                        ended = watch_scope.changed() => ended,
                    }
                }
                (WatchScope::Namespaces(namespaces), _) => {
                    if refused.take().is_some() {
                        self.stop_watches(&mut local, Retention::Keep).await;
                        self.stop_watch(Scope::Cluster, Retention::Clear).await;
                    }
                    status = LastStatus::New;
                    self.sync_namespaces(&mut local, &namespaces).await;
                    watch_scope.changed().await
                }
            };
            if ended.is_err() {
                return;
            }
        }
    }

    /// Watches the whole cluster until that is refused or no longer wanted.
    async fn everywhere(
        &self,
        watch_scope: &mut watch::Receiver<WatchScope>,
        status: LastStatus,
    ) -> (Option<DeniedWatch>, Result<(), RecvError>) {
        let first = watch_scope.borrow().namespaces().to_vec();
        tokio::select! {
            refused = self.watch_until_denied(Scope::Cluster, first, status) => (refused, Ok(())),
            left = watch_scope.wait_for(|watch_scope| matches!(watch_scope, WatchScope::Namespaces(_))) => {
                (None, left.map(|_| ()))
            }
        }
    }

    /// Namespaces are no part of a namespace: where they were never listed, the known ones stand in.
    async fn follow_namespaces(&self, watch_scope: &mut watch::Receiver<WatchScope>) {
        let coalescer = self.coalescer(&Scope::Cluster);
        let watching = async {
            coalescer.state(WatchState::Connecting);
            let (mut status, mut backoff) = (LastStatus::New, DeniedBackoff::new());
            loop {
                let refusal = self
                    .try_endpoints(&Scope::Cluster, &[], &coalescer, &mut status)
                    .await;
                coalescer.state(watch_state(&refusal, status));
                let again = sleep(backoff.after_refusal(status));
                tokio::pin!(again);
                loop {
                    let known = watch_scope.borrow_and_update().namespaces().to_vec();
                    if status.as_of().is_none() {
                        coalescer.replace(
                            self.decode.placeholders(&known),
                            UnreadableObjects::default(),
                        );
                    }
                    tokio::select! {
                        () = &mut again => break,
                        changed = watch_scope.changed() => if changed.is_err() { return },
                    }
                }
            }
        };
        tokio::select! {
            () = watching => {}
            () = coalescer.flush_loop(&self.updates) => {}
        }
    }

    /// Makes the running watches those of these namespaces.
    async fn sync_namespaces(&self, local: &mut NamespaceWatches, namespaces: &[Namespace]) {
        let wanted: BTreeSet<Scope> = namespaces.iter().cloned().map(Scope::Namespace).collect();
        let left: Vec<Scope> = local
            .keys()
            .filter(|scope| !wanted.contains(scope))
            .cloned()
            .collect();
        for scope in left {
            if let Some(task) = local.remove(&scope) {
                join_task(task).await;
            }
            self.stop_watch(scope, Retention::Clear).await;
        }
        for scope in wanted {
            local.entry(scope.clone()).or_insert_with(|| {
                let one = self.clone();
                let mut task = JoinSet::new();
                task.spawn(async move { one.watch_scope(scope).await });
                task
            });
        }
    }

    /// The refusal stands as long as the scope is wanted: what is seen of single namespaces is not all.
    async fn report_denied(&self, scope: Scope, refused: &DeniedWatch) {
        let state = watch_state(&refused.denied, refused.status);
        let _ = self
            .updates
            .send(WatchUpdate::State(self.id(scope), state))
            .await;
    }

    /// Watches one scope, and says so while that is refused. What was listed before is kept.
    async fn watch_scope(&self, scope: Scope) {
        let coalescer = self.coalescer(&scope);
        let watching = async {
            coalescer.state(WatchState::Connecting);
            let (mut status, mut backoff) = (LastStatus::New, DeniedBackoff::new());
            loop {
                let refusal = self
                    .try_endpoints(&scope, &[], &coalescer, &mut status)
                    .await;
                if refusal == WatchDenied::NotServed {
                    Self::not_served(&coalescer, &mut status);
                }
                coalescer.state(watch_state(&refusal, status));
                sleep(backoff.after_refusal(status)).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = coalescer.flush_loop(&self.updates) => {}
        }
    }

    /// Watches the scope, `first` before the rest of it, until that is forbidden; `None` when nobody
    /// receives any more. `status` is how what was listed before stands.
    async fn watch_until_denied(
        &self,
        scope: Scope,
        first: Vec<Namespace>,
        mut status: LastStatus,
    ) -> Option<DeniedWatch> {
        let coalescer = self.coalescer(&scope);
        let watching = async {
            coalescer.state(WatchState::Connecting);
            loop {
                let refusal = self
                    .try_endpoints(&scope, &first, &coalescer, &mut status)
                    .await;
                if refusal != WatchDenied::NotServed {
                    return DeniedWatch {
                        denied: refusal,
                        status,
                    };
                }
                Self::not_served(&coalescer, &mut status);
                coalescer.state(watch_state(&refusal, status));
                sleep(DENIED_RETRY_MAX).await;
            }
        };
        let mut handing = std::pin::pin!(coalescer.flush_loop(&self.updates));
        tokio::select! {
            refused = watching => {
                // What was listed is kept: all of it goes out before the refusal does.
                coalescer.close();
                handing.await;
                Some(refused)
            }
            () = &mut handing => None,
        }
    }

    /// Reports an empty list: 404 on the list means that the API group is not served.
    fn not_served(coalescer: &Coalescer<D>, status: &mut LastStatus) {
        coalescer.replace(Vec::new(), UnreadableObjects::default());
        *status = LastStatus::New;
    }

    /// Tries the kind's APIs in turn; the refusal is that of the first, which is the usual one.
    async fn try_endpoints(
        &self,
        scope: &Scope,
        looked_at: &[Namespace],
        coalescer: &Arc<Coalescer<D>>,
        status: &mut LastStatus,
    ) -> WatchDenied {
        let mut first = None;
        for endpoint in endpoints(self.kind) {
            let source = ListSource {
                client: self.client.clone(),
                endpoint: *endpoint,
                limit: self.limit,
                decode: Arc::clone(&self.decode),
                kind: self.kind,
                lists: self.lists.clone(),
            };
            let mut watch = ListWatch::new(
                source,
                scope.clone(),
                looked_at.to_vec(),
                Arc::clone(coalescer),
                Arc::clone(&self.health),
                *status,
            );
            let refusal = watch.run().await;
            *status = watch.status();
            match first {
                Some(WatchDenied::Forbidden { .. }) => {}
                Some(WatchDenied::NotServed) | None => first = Some(refusal),
            }
        }
        first.unwrap_or(WatchDenied::NotServed)
    }

    /// Asks now and then whether this kind may be listed and watched everywhere by now.
    async fn wait_for_rights(&self, backoff: &mut DeniedBackoff, status: LastStatus) {
        loop {
            sleep(backoff.after_refusal(status)).await;
            for endpoint in endpoints(self.kind) {
                if self.check_list_and_watch(endpoint).await.is_ok() {
                    return;
                }
            }
        }
    }

    /// Lists one object and opens a watch. With only one of the two rights, all that is seen would be
    /// taken back and listed anew each time.
    async fn check_list_and_watch(&self, endpoint: &Endpoint) -> Result<(), ApiError> {
        let scope = Scope::Cluster;
        let page = request::read_body(&self.client, endpoint.list_one(&scope)?, self.limit).await?;
        let version = ListPage::<D>::parse(&page)?.version();
        let watch = request::send(
            &self.client,
            endpoint.watch(&scope, &version, CHECK_SECONDS)?,
        );
        let opened = timeout(self.limit, watch).await;
        opened
            .unwrap_or(Err(ApiError::Timeout(self.limit)))
            .map(drop)
    }

    async fn stop_watches(&self, local: &mut NamespaceWatches, objects: Retention) {
        for (scope, task) in std::mem::take(local) {
            join_task(task).await;
            self.stop_watch(scope, objects).await;
        }
    }

    async fn stop_watch(&self, scope: Scope, objects: Retention) {
        if objects == Retention::Clear {
            let nothing = Delta {
                scope: scope.clone(),
                replace: true,
                changed: Vec::new(),
                removed: Vec::new(),
            };
            // Whoever no longer receives has taken them all back already.
            let _ = self
                .updates
                .send(WatchUpdate::Batch(self.decode.batch(nothing)))
                .await;
        }
        let _ = self.updates.send(WatchUpdate::Ended(self.id(scope))).await;
    }

    fn coalescer(&self, scope: &Scope) -> Arc<Coalescer<D>> {
        Arc::new(Coalescer::new(
            self.id(scope.clone()),
            Arc::clone(&self.decode),
        ))
    }

    fn id(&self, scope: Scope) -> WatchId {
        WatchId {
            kind: self.kind,
            scope,
        }
    }
}

/// Awaits an aborted task: it could still send after `Ended`.
async fn join_task(mut task: JoinSet<()>) {
    task.shutdown().await;
}

fn watch_state(refusal: &WatchDenied, status: LastStatus) -> WatchState {
    match refusal {
        WatchDenied::Forbidden { missing, why } => WatchState::Forbidden {
            missing: missing.clone(),
            why: Arc::clone(why),
            as_of: status.as_of(),
        },
        WatchDenied::NotServed => WatchState::Live,
    }
}

/// The running watches of single namespaces; one that is dropped ends.
type NamespaceWatches = BTreeMap<Scope, JoinSet<()>>;

/// Whether the objects of a stopped watch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retention {
    Clear,
    /// A watch that follows brings them anew.
    Keep,
}
