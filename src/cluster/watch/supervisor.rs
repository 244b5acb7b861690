//! One kind: in which scopes it is watched, given the reach and what the server permits.

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
    time::{Instant, sleep, timeout},
};

use super::{
    coalescer::Outbox,
    endpoint::{Endpoint, endpoints},
    health::Pulse,
    list_watch::{ListWatch, Refusal, Standing},
    pager::Source,
    scope::Reach,
    update::Feed,
};
use crate::{
    cluster::{
        Trouble,
        decode::{Decode, Opened},
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

/// Rights change seldom; a refused watch asks again after this time.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// One that was permitted before asks again after this time, and each further time after twice as much:
/// what was taken away by mistake is soon given back.
const ASK_SOON: Duration = Duration::from_secs(5);

/// The time until a refused watch asks again.
struct Patience {
    next: Duration,
    /// When it was last asked for.
    at: Instant,
}

impl Patience {
    fn new() -> Self {
        Self {
            next: ASK_SOON,
            at: Instant::now(),
        }
    }

    fn pause(&mut self, standing: Standing) -> Duration {
        if standing.as_of().is_none() {
            return ASK_AGAIN;
        }
        // It was permitted for a good while in between.
        if self.at.elapsed() > 2 * ASK_AGAIN {
            self.next = ASK_SOON;
        }
        self.at = Instant::now();
        let pause = self.next;
        self.next = (pause * 2).min(ASK_AGAIN);
        pause
    }
}

/// A watch that the server has refused, with what is kept of it.
struct Refused {
    refusal: Refusal,
    standing: Standing,
}

pub(super) struct Supervisor<D: Decode> {
    pub(super) kind: WatchKind,
    pub(super) decode: Arc<D>,
    pub(super) client: Client,
    pub(super) limit: Duration,
    pub(super) lane: mpsc::Sender<Feed>,
    pub(super) pulse: Arc<Pulse>,
}

impl<D: Decode> Clone for Supervisor<D> {
    fn clone(&self) -> Self {
        Self {
            kind: self.kind,
            decode: Arc::clone(&self.decode),
            client: self.client.clone(),
            limit: self.limit,
            lane: self.lane.clone(),
            pulse: Arc::clone(&self.pulse),
        }
    }
}

impl<D: Decode> Supervisor<D> {
    /// Watches as the reach says, until there is nobody to set it or to receive.
    pub(super) async fn follow(self, mut reach: watch::Receiver<Reach>) {
        if self.kind == WatchKind::Namespaces {
            return self.follow_namespaces(&mut reach).await;
        }
        let mut local = Local::default();
        let mut refused: Option<Refused> = None;
        // What is kept of the whole cluster.
        let mut standing = Standing::New;
        let mut patience = Patience::new();
        loop {
            let now = reach.borrow_and_update().clone();
            let ended = match (now, &refused) {
                (Reach::Cluster { .. }, None) => {
                    self.retire_all(&mut local, Objects::Kept).await;
                    let (ending, ended) = self.everywhere(&mut reach, standing).await;
                    match &ending {
                        Some(refused) => self.say_refused(Scope::Cluster, refused).await,
                        None => self.retire(Scope::Cluster, Objects::TakenBack).await,
                    }
                    refused = ending;
                    ended
                }
                (Reach::Cluster { otherwise }, Some(Refused { standing: kept, .. })) => {
                    self.only_in(&mut local, &otherwise).await;
                    standing = *kept;
                    tokio::select! {
                        () = self.until_permitted(&mut patience, standing) => {
                            refused = None;
                            Ok(())
                        }
                        ended = reach.changed() => ended,
                    }
                }
                (Reach::Namespaces(namespaces), _) => {
                    if refused.take().is_some() {
                        self.retire_all(&mut local, Objects::Kept).await;
                        self.retire(Scope::Cluster, Objects::TakenBack).await;
                    }
                    standing = Standing::New;
                    self.only_in(&mut local, &namespaces).await;
                    reach.changed().await
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
        reach: &mut watch::Receiver<Reach>,
        standing: Standing,
    ) -> (Option<Refused>, Result<(), RecvError>) {
        let first = reach.borrow().namespaces().to_vec();
        tokio::select! {
            refused = self.attempt(Scope::Cluster, first, standing) => (refused, Ok(())),
            left = reach.wait_for(|reach| matches!(reach, Reach::Namespaces(_))) => {
                (None, left.map(|_| ()))
            }
        }
    }

    /// Namespaces are no part of a namespace: where they were never listed, the known ones stand in.
    async fn follow_namespaces(&self, reach: &mut watch::Receiver<Reach>) {
        let outbox = self.outbox(&Scope::Cluster);
        let watching = async {
            outbox.state(WatchState::Connecting);
            let (mut standing, mut patience) = (Standing::New, Patience::new());
            loop {
                let refusal = self.run(&Scope::Cluster, &[], &outbox, &mut standing).await;
                outbox.state(state_of(&refusal, standing));
                let again = sleep(patience.pause(standing));
                tokio::pin!(again);
                loop {
                    let known = reach.borrow_and_update().namespaces().to_vec();
                    if standing.as_of().is_none() {
                        outbox.replace(self.decode.known(&known), UnreadableObjects::default());
                    }
                    tokio::select! {
                        () = &mut again => break,
                        changed = reach.changed() => if changed.is_err() { return },
                    }
                }
            }
        };
        tokio::select! {
            () = watching => {}
            () = outbox.hand_over(&self.lane) => {}
        }
    }

    /// Makes the running watches those of these namespaces.
    async fn only_in(&self, local: &mut Local, namespaces: &[Namespace]) {
        let wanted: BTreeSet<Scope> = namespaces.iter().cloned().map(Scope::Namespace).collect();
        let left: Vec<Scope> = local
            .keys()
            .filter(|scope| !wanted.contains(scope))
            .cloned()
            .collect();
        for scope in left {
            if let Some(task) = local.remove(&scope) {
                end(task).await;
            }
            self.retire(scope, Objects::TakenBack).await;
        }
        for scope in wanted {
            local.entry(scope.clone()).or_insert_with(|| {
                let one = self.clone();
                let mut task = JoinSet::new();
                task.spawn(async move { one.stay(scope).await });
                task
            });
        }
    }

    /// The refusal stands as long as the scope is wanted: what is seen of single namespaces is not all.
    async fn say_refused(&self, scope: Scope, refused: &Refused) {
        let state = state_of(&refused.refusal, refused.standing);
        let _ = self.lane.send(Feed::State(self.id(scope), state)).await;
    }

    /// Watches one scope, and says so while that is refused. What was listed before is kept.
    async fn stay(&self, scope: Scope) {
        let outbox = self.outbox(&scope);
        let watching = async {
            outbox.state(WatchState::Connecting);
            let (mut standing, mut patience) = (Standing::New, Patience::new());
            loop {
                let refusal = self.run(&scope, &[], &outbox, &mut standing).await;
                if refusal == Refusal::NotServed {
                    Self::not_served(&outbox, &mut standing);
                }
                outbox.state(state_of(&refusal, standing));
                sleep(patience.pause(standing)).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = outbox.hand_over(&self.lane) => {}
        }
    }

    /// Watches the scope, `first` before the rest of it, until that is forbidden; `None` when nobody
    /// receives any more. `standing` is how what was listed before stands.
    async fn attempt(
        &self,
        scope: Scope,
        first: Vec<Namespace>,
        mut standing: Standing,
    ) -> Option<Refused> {
        let outbox = self.outbox(&scope);
        let watching = async {
            outbox.state(WatchState::Connecting);
            loop {
                let refusal = self.run(&scope, &first, &outbox, &mut standing).await;
                if refusal != Refusal::NotServed {
                    return Refused { refusal, standing };
                }
                Self::not_served(&outbox, &mut standing);
                outbox.state(state_of(&refusal, standing));
                sleep(ASK_AGAIN).await;
            }
        };
        let mut handing = std::pin::pin!(outbox.hand_over(&self.lane));
        tokio::select! {
            refused = watching => {
                // What was listed is kept: all of it goes out before the refusal does.
                outbox.close();
                handing.await;
                Some(refused)
            }
            () = &mut handing => None,
        }
    }

    /// A server without an API has no objects of that kind: that is as good as an empty list.
    fn not_served(outbox: &Outbox<D>, standing: &mut Standing) {
        outbox.replace(Vec::new(), UnreadableObjects::default());
        *standing = Standing::New;
    }

    /// Tries the kind's APIs in turn; the refusal is that of the first, which is the usual one.
    async fn run(
        &self,
        scope: &Scope,
        looked_at: &[Namespace],
        outbox: &Arc<Outbox<D>>,
        standing: &mut Standing,
    ) -> Refusal {
        let mut first = None;
        for endpoint in endpoints(self.kind) {
            let source = Source {
                client: self.client.clone(),
                endpoint: *endpoint,
                limit: self.limit,
                decode: Arc::clone(&self.decode),
            };
            let mut watch = ListWatch::new(
                source,
                scope.clone(),
                looked_at.to_vec(),
                Arc::clone(outbox),
                Arc::clone(&self.pulse),
                *standing,
            );
            let refusal = watch.run().await;
            *standing = watch.standing();
            match first {
                Some(Refusal::Forbidden { .. }) => {}
                Some(Refusal::NotServed) | None => first = Some(refusal),
            }
        }
        first.unwrap_or(Refusal::NotServed)
    }

    /// Asks now and then whether this kind may be listed and watched everywhere by now.
    async fn until_permitted(&self, patience: &mut Patience, standing: Standing) {
        loop {
            sleep(patience.pause(standing)).await;
            for endpoint in endpoints(self.kind) {
                if self.try_out(endpoint).await.is_ok() {
                    return;
                }
            }
        }
    }

    /// Lists one object and opens a watch. With only one of the two rights, all that is seen would be
    /// taken back and listed anew each time.
    async fn try_out(&self, endpoint: &Endpoint) -> Result<(), Trouble> {
        let scope = Scope::Cluster;
        let page = request::bytes(&self.client, endpoint.list_one(&scope)?, self.limit).await?;
        let version = Opened::<D>::of(&page)?.version();
        let watch = request::open(&self.client, endpoint.watch(&scope, &version)?);
        let opened = timeout(self.limit, watch).await;
        opened.unwrap_or(Err(Trouble::Silent(self.limit))).map(drop)
    }

    async fn retire_all(&self, local: &mut Local, objects: Objects) {
        for (scope, task) in std::mem::take(local) {
            end(task).await;
            self.retire(scope, objects).await;
        }
    }

    async fn retire(&self, scope: Scope, objects: Objects) {
        if objects == Objects::TakenBack {
            let nothing = Delta {
                scope: scope.clone(),
                replace: true,
                changed: Vec::new(),
                removed: Vec::new(),
            };
            // Whoever no longer receives has taken them all back already.
            let _ = self
                .lane
                .send(Feed::Batch(self.decode.batch(nothing)))
                .await;
        }
        let _ = self.lane.send(Feed::Ended(self.id(scope))).await;
    }

    fn outbox(&self, scope: &Scope) -> Arc<Outbox<D>> {
        Arc::new(Outbox::new(
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

/// Waits until the task is no more: what one that is only told to end may still say would come after
/// the word that it has ended.
async fn end(mut task: JoinSet<()>) {
    task.shutdown().await;
}

fn state_of(refusal: &Refusal, standing: Standing) -> WatchState {
    match refusal {
        Refusal::Forbidden { missing, why } => WatchState::Forbidden {
            missing: missing.clone(),
            why: Arc::clone(why),
            as_of: standing.as_of(),
        },
        Refusal::NotServed => WatchState::Live,
    }
}

/// The running watches of single namespaces; one that is dropped ends.
type Local = BTreeMap<Scope, JoinSet<()>>;

/// What becomes of the objects of a watch that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objects {
    TakenBack,
    /// A watch that follows brings them anew.
    Kept,
}
