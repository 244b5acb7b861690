//! Listing once: the watches run until each has its list, or is refused it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::{sync::mpsc::Receiver, time::timeout};

use crate::{
    cluster::{Connection, Feed, Reach, Watches, watch::WATCHED},
    domain::{
        credential::FingerprintKey,
        key::Namespace,
        problem::Problem,
        rights::Permission,
        watch::{Scope, Sight, WatchId, WatchKind, WatchState},
        world::World,
    },
};

/// What was there.
pub(super) struct Seen {
    pub world: World,
    pub sight: Sight,
    /// What could not be listed.
    pub forbidden: Vec<Permission>,
}

/// Lists everything in reach.
pub(super) async fn once(connection: &Connection, reach: Reach) -> Result<Seen, Problem> {
    let wanted = wanted(&reach);
    let (_watches, mut feed) = Watches::start(connection, reach, &FingerprintKey::default());
    let mut looking = Looking::new(wanted);
    let settled = timeout(connection.request_limit, looking.until_settled(&mut feed)).await;
    if settled.is_err() {
        return Err(looking.unsettled());
    }
    looking.finish()
}

/// The watches whose lists are waited for.
fn wanted(reach: &Reach) -> Vec<WatchId> {
    let scopes: Vec<Scope> = match reach {
        Reach::Cluster { .. } => vec![Scope::Cluster],
        Reach::Namespaces(namespaces) => {
            let local = |namespace: &Namespace| Scope::Namespace(namespace.clone());
            namespaces.iter().map(local).collect()
        }
    };
    let of = |kind: WatchKind| {
        let scopes = match kind {
            WatchKind::Namespaces => vec![Scope::Cluster],
            _ => scopes.clone(),
        };
        scopes.into_iter().map(move |scope| WatchId { kind, scope })
    };
    WATCHED.into_iter().flat_map(of).collect()
}

struct Looking {
    world: World,
    sight: Sight,
    states: BTreeMap<WatchId, Option<WatchState>>,
}

impl Looking {
    fn new(wanted: Vec<WatchId>) -> Self {
        Self {
            world: World::default(),
            sight: Sight::default(),
            states: wanted.into_iter().map(|id| (id, None)).collect(),
        }
    }

    async fn until_settled(&mut self, feed: &mut Receiver<Feed>) {
        while !self.states.values().all(|state| is_settled(state.as_ref())) {
            let Some(feed) = feed.recv().await else {
                return;
            };
            match feed {
                Feed::Batch(batch) => self.world.fold(batch, Timestamp::now()),
                Feed::State(id, state) => {
                    self.sight.note(&id, &state);
                    if let Some(known) = self.states.get_mut(&id) {
                        *known = Some(state);
                    }
                }
                Feed::Ended(id) => self.sight.lose(&id),
            }
        }
    }

    fn unsettled(&self) -> Problem {
        let problem = Problem::new("the cluster's lists did not arrive in time");
        let why = self.states.values().find_map(|state| match state {
            Some(WatchState::Stale { why, .. }) => Some(why.to_string()),
            _ => None,
        });
        match why {
            Some(why) => problem.because(why),
            None => problem.next("allow more time with --request-timeout"),
        }
    }

    fn finish(self) -> Result<Seen, Problem> {
        let mut forbidden = Vec::new();
        for (id, state) in self.states {
            let Some(WatchState::Forbidden { missing, why }) = state else {
                continue;
            };
            if id.kind == WatchKind::Pods {
                return Err(Problem::new("cannot list Pods")
                    .because(why.to_string())
                    .next(missing.role_command()));
            }
            if id.kind != WatchKind::Namespaces && !forbidden.contains(&missing) {
                forbidden.push(missing);
            }
        }
        Ok(Seen {
            world: self.world,
            sight: self.sight,
            forbidden,
        })
    }
}

fn is_settled(state: Option<&WatchState>) -> bool {
    matches!(state, Some(WatchState::Live | WatchState::Forbidden { .. }))
}
