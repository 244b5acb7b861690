//! One kind: in which scopes it is watched, given the reach and what the server permits.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use kube::Client;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};

use super::{
    Feed, Reach,
    endpoint::endpoints,
    list_watch::{ListWatch, Parts, Refusal},
    pulse::Pulse,
};
use crate::{
    cluster::{ask, batch::Outbox, slim::Decode},
    domain::{
        batch::Delta,
        key::Namespace,
        watch::{Scope, WatchId, WatchKind, WatchState},
    },
};

/// Rights change seldom; a refused watch asks again after this time.
const ASK_AGAIN: Duration = Duration::from_secs(60);

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
    /// Watches as the reach says, until there is nobody to set it.
    pub(super) async fn follow(self, mut reach: watch::Receiver<Reach>) {
        let mut present = BTreeSet::new();
        loop {
            let now = reach.borrow_and_update().clone();
            self.leave(&mut present, &now).await;
            let changed = tokio::select! {
                () = self.hold(&now, &mut present) => return,
                changed = reach.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Watches in this reach; ends only when nobody receives any more.
    async fn hold(&self, reach: &Reach, present: &mut BTreeSet<Scope>) {
        if self.kind == WatchKind::Namespaces {
            return self.stay(Scope::Cluster, reach.namespaces()).await;
        }
        match reach {
            Reach::Namespaces(namespaces) => self.in_each(namespaces, present).await,
            Reach::Cluster { otherwise } if otherwise.is_empty() => {
                present.insert(Scope::Cluster);
                self.stay(Scope::Cluster, &[]).await;
            }
            Reach::Cluster { otherwise } => loop {
                present.insert(Scope::Cluster);
                if self.try_scope(Scope::Cluster).await.is_none() {
                    return;
                }
                present.remove(&Scope::Cluster);
                self.retire(Scope::Cluster, Objects::TakenBack).await;
                tokio::select! {
                    () = self.in_each(otherwise, present) => return,
                    () = self.until_permitted() => {}
                }
                for scope in std::mem::take(present) {
                    self.retire(scope, Objects::Kept).await;
                }
            },
        }
    }

    async fn in_each(&self, namespaces: &[Namespace], present: &mut BTreeSet<Scope>) {
        let mut tasks = JoinSet::new();
        for namespace in namespaces {
            let scope = Scope::Namespace(namespace.clone());
            present.insert(scope.clone());
            let one = self.clone();
            tasks.spawn(async move { one.stay(scope, &[]).await });
        }
        tasks.join_all().await;
        if namespaces.is_empty() {
            std::future::pending::<()>().await;
        }
    }

    /// Watches the scope, and says so when that is refused. `known` stands in for a list of
    /// namespaces that may not be had.
    async fn stay(&self, scope: Scope, known: &[Namespace]) {
        let outbox = self.outbox(&scope);
        let watching = async {
            outbox.state(WatchState::Connecting);
            loop {
                let refusal = self.run(&scope, &outbox).await;
                let known = self.decode.known(known);
                if !known.is_empty() {
                    outbox.replace(known);
                }
                if let Refusal::Forbidden { missing, why } = refusal {
                    outbox.state(WatchState::Forbidden { missing, why });
                } else {
                    // A server without this API has no such objects.
                    outbox.replace(Vec::new());
                    outbox.state(WatchState::Live);
                }
                sleep(ASK_AGAIN).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = outbox.hand_over(&self.lane) => {}
        }
    }

    /// Watches the scope until that is forbidden; `None` when nobody receives any more.
    async fn try_scope(&self, scope: Scope) -> Option<()> {
        let outbox = self.outbox(&scope);
        let watching = async {
            outbox.state(WatchState::Connecting);
            loop {
                if let Refusal::Forbidden { .. } = self.run(&scope, &outbox).await {
                    return;
                }
                outbox.replace(Vec::new());
                outbox.state(WatchState::Live);
                sleep(ASK_AGAIN).await;
            }
        };
        tokio::select! {
            () = watching => Some(()),
            () = outbox.hand_over(&self.lane) => None,
        }
    }

    /// Tries the kind's APIs in turn; the refusal is that of the first, which is the usual one.
    async fn run(&self, scope: &Scope, outbox: &Arc<Outbox<D>>) -> Refusal {
        let mut first = None;
        for endpoint in endpoints(self.kind) {
            let mut watch = ListWatch::new(Parts {
                client: self.client.clone(),
                endpoint: *endpoint,
                scope: scope.clone(),
                limit: self.limit,
                decode: Arc::clone(&self.decode),
                outbox: Arc::clone(outbox),
                pulse: Arc::clone(&self.pulse),
            });
            let refusal = watch.run().await;
            match first {
                Some(Refusal::Forbidden { .. }) => {}
                Some(Refusal::NoSuchApi) | None => first = Some(refusal),
            }
        }
        first.unwrap_or(Refusal::NoSuchApi)
    }

    /// Asks now and then whether this kind may be listed everywhere by now.
    async fn until_permitted(&self) {
        loop {
            sleep(ASK_AGAIN).await;
            for endpoint in endpoints(self.kind) {
                let Ok(request) = endpoint.list_one(&Scope::Cluster) else {
                    continue;
                };
                if ask::bytes(&self.client, request, self.limit).await.is_ok() {
                    return;
                }
            }
        }
    }

    /// Ends what the new reach does not look at.
    async fn leave(&self, present: &mut BTreeSet<Scope>, next: &Reach) {
        for scope in std::mem::take(present) {
            let objects = match (next, &scope) {
                (Reach::Cluster { .. }, _) => Objects::Kept,
                (Reach::Namespaces(next), Scope::Namespace(this)) if next.contains(this) => {
                    Objects::Kept
                }
                (Reach::Namespaces(_), _) => Objects::TakenBack,
            };
            self.retire(scope, objects).await;
        }
    }

    async fn retire(&self, scope: Scope, objects: Objects) {
        if objects == Objects::TakenBack {
            let nothing = Delta {
                scope: scope.clone(),
                replace: true,
                changed: Vec::new(),
                gone: Vec::new(),
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

/// What becomes of the objects of a watch that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objects {
    TakenBack,
    /// A watch that follows brings them anew.
    Kept,
}
