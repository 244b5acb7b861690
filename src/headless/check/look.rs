//! Listing once: the watches run until each has its list, or is refused it; and with `--wait` until what
//! is looked at has settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, sleep_until, timeout},
};

use super::{
    super::console::Progress,
    scope::Asked,
    target::Choice,
    wait::{STUCK, Standing},
};

use crate::{
    cluster::{Connection, WatchScope, WatchUpdate, Watches, watch::WATCHED},
    domain::{
        error::UserError,
        k8s::object_ref::Namespace,
        rbac::Permission,
        registry_auth::credential::FingerprintKey,
        store::{
            Store,
            watch::{Scope, WatchCoverage, WatchId, WatchKind, WatchState},
        },
    },
};

/// What was there.
pub(super) struct Seen {
    pub world: Store,
    pub sight: WatchCoverage,
    /// What could not be listed.
    pub forbidden: Vec<Permission>,
    /// The kinds of which something is not in the world: refused, or not decoded.
    pub partial: BTreeSet<WatchKind>,
    /// Lists that have grown old: their watch was cut off and has not come back.
    pub stale: Vec<String>,
    /// Whether it settled in the time given; `None` when nobody waited.
    pub settled: Option<bool>,
}

/// How long to wait for what.
pub(super) struct Patience<'a> {
    pub limit: Duration,
    pub asked: &'a Asked<'a>,
}

/// Lists everything in reach.
pub(super) async fn once(
    connection: &Connection,
    reach: WatchScope,
    patience: Option<Patience<'_>>,
    progress: &Progress,
) -> Result<Seen, UserError> {
    let wanted = wanted(&reach);
    let (_watches, mut feed) = Watches::start(connection, reach, &FingerprintKey::default());
    let mut looking = Looking::new(wanted);
    let settled = timeout(
        connection.request_limit,
        looking.until_settled(&mut feed, progress),
    )
    .await;
    // A feed that has ended before all lists are there has not shown all.
    if settled != Ok(true) {
        return Err(looking.unsettled());
    }
    let mut settled = None;
    if let Some(Patience { limit, asked }) = patience {
        looking.may_follow(asked.choice)?;
        let waited = timeout(limit, looking.until_rolled_out(&mut feed, asked, progress)).await;
        settled = Some(waited == Ok(true));
    }
    looking.finish(settled)
}

/// The watches whose lists are waited for.
fn wanted(reach: &WatchScope) -> Vec<WatchId> {
    let scopes: Vec<Scope> = match reach {
        WatchScope::Cluster { .. } => vec![Scope::Cluster],
        WatchScope::Namespaces(namespaces) => {
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
    world: Store,
    sight: WatchCoverage,
    states: BTreeMap<WatchId, Option<WatchState>>,
    /// What may be listed and not watched.
    unwatched: BTreeMap<WatchKind, Permission>,
}

impl Looking {
    fn new(wanted: Vec<WatchId>) -> Self {
        Self {
            world: Store::default(),
            sight: WatchCoverage::default(),
            states: wanted.into_iter().map(|id| (id, None)).collect(),
            unwatched: BTreeMap::new(),
        }
    }

    /// Takes in what comes until each list is there, or is refused; whether it came to that.
    async fn until_settled(
        &mut self,
        feed: &mut Receiver<WatchUpdate>,
        progress: &Progress,
    ) -> bool {
        let all = self.states.len();
        loop {
            let states = self.states.values();
            let settled = states.filter(|state| is_settled(state.as_ref())).count();
            if settled == all {
                return true;
            }
            progress.say(&format!("listing: {settled} of {all} kinds"));
            let Some(feed) = feed.recv().await else {
                return false;
            };
            self.learn(feed);
        }
    }

    fn learn(&mut self, feed: WatchUpdate) {
        match feed {
            WatchUpdate::Batch(batch) => self.world.apply(batch, Timestamp::now()),
            WatchUpdate::Unreadable(id, unreadable) => self.sight.set_unreadable(id, unreadable),
            WatchUpdate::State(id, mut state) => {
                if let Some(missing) = only_listed(&state) {
                    self.unwatched.insert(id.kind, missing.clone());
                    state = WatchState::Live;
                }
                self.sight.set_state(&id, &state);
                if let Some(known) = self.states.get_mut(&id) {
                    *known = Some(state);
                }
            }
            WatchUpdate::Ended(id) => self.sight.remove(&id),
        }
    }

    /// Fails where a change would not be seen: what was listed once tells nothing of what comes of it.
    fn may_follow(&self, choice: &Choice) -> Result<(), UserError> {
        let is_chosen = |kind: WatchKind| match kind {
            WatchKind::Pods => true,
            WatchKind::Workloads(kind) => {
                let mut workloads = self.world.workloads();
                workloads.any(|it| it.id.kind == kind && choice.has_workload(it))
            }
            WatchKind::Namespaces
            | WatchKind::Secrets(_)
            | WatchKind::ServiceAccounts
            | WatchKind::Events => false,
        };
        let mut unwatched = self.unwatched.iter();
        match unwatched.find(|(kind, _)| is_chosen(**kind)) {
            None => Ok(()),
            Some((_, missing)) => Err(UserError::new("cannot wait")
                .with_cause(format!("you may not {missing}"))
                .with_help(missing.role_command())),
        }
    }

    /// The first list on which *all is well* rests and which is not followed at present.
    fn cut_off(&self) -> Option<&WatchId> {
        let states = self.states.iter();
        let mut needed = states.filter(|(id, _)| id.kind.shows_failures());
        let cut = needed.find(|(_, state)| !is_settled(state.as_ref()));
        cut.map(|(id, _)| id)
    }

    /// Follows the changes until what was asked for is there and all is well, or something fails and
    /// nothing gets on any more; `false` where the watches have ended before.
    async fn until_rolled_out(
        &mut self,
        feed: &mut Receiver<WatchUpdate>,
        asked: &Asked<'_>,
        progress: &Progress,
    ) -> bool {
        let choice = asked.choice;
        let mut standing = Standing::of(&self.world, choice);
        let mut since = Instant::now();
        loop {
            let awaited = asked.awaited(&self.world, &self.sight).or_else(|| {
                let cut = self.cut_off()?;
                Some(format!("waiting for the watch on {}", cut.kind.plural()))
            });
            match &awaited {
                None if standing.is_well() => return true,
                None => progress.say(&standing.to_string()),
                Some(awaited) => progress.say(awaited),
            }
            let may_be_stuck = awaited.is_none() && standing.fails();
            tokio::select! {
                fed = feed.recv() => {
                    let Some(fed) = fed else {
                        return false;
                    };
                    self.learn(fed);
                    let next = Standing::of(&self.world, choice);
                    if next != standing {
                        standing = next;
                        since = Instant::now();
                    }
                }
                () = sleep_until(since + STUCK), if may_be_stuck => return true,
            }
        }
    }

    fn unsettled(&self) -> UserError {
        let problem = UserError::new("the API server did not return all lists in time");
        let why = self.states.values().find_map(|state| match state {
            Some(WatchState::Stale { why, .. }) => Some(why.to_string()),
            _ => None,
        });
        match why {
            Some(why) => problem.with_cause(why),
            None => problem.with_help("raise --request-timeout"),
        }
    }

    fn finish(self, settled: Option<bool>) -> Result<Seen, UserError> {
        let mut forbidden = Vec::new();
        let unreadable = self.sight.unreadable().map(|(id, _)| id.kind);
        let mut partial: BTreeSet<WatchKind> = unreadable.collect();
        let mut stale = Vec::new();
        for (id, state) in self.states {
            let (missing, why) = match state {
                Some(WatchState::Forbidden { missing, why, .. }) => (missing, why),
                Some(WatchState::Stale { since, why }) => {
                    partial.insert(id.kind);
                    let kind = id.kind.plural();
                    stale.push(format!("{kind} since {since:.0}: {why}"));
                    continue;
                }
                // A list that is made again holds what was there before.
                Some(WatchState::Connecting | WatchState::Listing { .. }) | None => {
                    partial.insert(id.kind);
                    stale.push(format!("{}: relisted", id.kind.plural()));
                    continue;
                }
                Some(WatchState::Live) => continue,
            };
            partial.insert(id.kind);
            if id.kind == WatchKind::Pods {
                return Err(UserError::new("cannot list Pods")
                    .with_cause(why.to_string())
                    .with_help(missing.role_command()));
            }
            if id.kind != WatchKind::Namespaces && !forbidden.contains(&missing) {
                forbidden.push(missing);
            }
        }
        Ok(Seen {
            world: self.world,
            sight: self.sight,
            forbidden,
            partial,
            stale,
            settled,
        })
    }
}

/// What is missing to watch what could be listed: a list is all that a check needs that does not wait.
fn only_listed(state: &WatchState) -> Option<&Permission> {
    match state {
        WatchState::Forbidden { missing, as_of, .. } => {
            (as_of.is_some() && *missing.verb == *"watch").then_some(missing)
        }
        WatchState::Connecting
        | WatchState::Listing { .. }
        | WatchState::Live
        | WatchState::Stale { .. } => None,
    }
}

fn is_settled(state: Option<&WatchState>) -> bool {
    matches!(state, Some(WatchState::Live | WatchState::Forbidden { .. }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::fixtures::now;

    fn pods() -> WatchId {
        WatchId {
            kind: WatchKind::Pods,
            scope: Scope::Cluster,
        }
    }

    fn looking() -> Looking {
        let reach = WatchScope::Cluster {
            fallback: Vec::new(),
        };
        let mut looking = Looking::new(wanted(&reach));
        for id in wanted(&reach) {
            looking.learn(WatchUpdate::State(id, WatchState::Live));
        }
        looking
    }

    #[test]
    fn a_watch_that_is_cut_off_makes_its_list_stale() {
        let mut looking = looking();
        assert_eq!(looking.cut_off(), None);
        let stale = WatchState::Stale {
            since: now(),
            why: Arc::from("500"),
        };
        looking.learn(WatchUpdate::State(pods(), stale));
        assert_eq!(looking.cut_off(), Some(&pods()));
        let seen = looking.finish(Some(true)).unwrap();
        assert!(seen.partial.contains(&WatchKind::Pods));
        assert!(seen.stale[0].starts_with("Pods since "), "{:?}", seen.stale);
    }

    #[test]
    fn what_may_not_be_watched_cannot_be_waited_for() {
        let mut looking = looking();
        let choice = Choice::default();
        assert!(looking.may_follow(&choice).is_ok());
        let listed = WatchState::Forbidden {
            missing: Permission::new("watch", "", "pods", None),
            why: Arc::from("403"),
            as_of: Some(now()),
        };
        looking.learn(WatchUpdate::State(pods(), listed));
        let problem = looking.may_follow(&choice).unwrap_err().to_string();
        assert!(problem.contains("you may not watch pods"), "{problem}");
        // Who does not wait needs no watch.
        assert!(looking.finish(None).unwrap().partial.is_empty());
    }
}
