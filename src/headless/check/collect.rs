//! Lists once: runs the watches until each has its list or is denied it, and with `--wait` until the rollout
//! is complete or stuck.

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
    scope::CheckScope,
    selection::Selection,
    wait::{RolloutProgress, STUCK_AFTER},
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

/// Objects at one time, and what could not be read.
pub(super) struct Snapshot {
    pub store: Store,
    pub coverage: WatchCoverage,
    /// Permissions that are missing to list something.
    pub forbidden: Vec<Permission>,
    /// Kinds of which objects are missing: denied, or not decoded.
    pub partial: BTreeSet<WatchKind>,
    /// Lists that are out of date: their watch was disconnected.
    pub stale: Vec<String>,
    /// Whether the rollout settled in time; `None` without `--wait`.
    pub settled: Option<bool>,
}

/// How long `--wait` waits, and for what.
pub(super) struct WaitOptions<'a> {
    pub limit: Duration,
    pub scope: &'a CheckScope<'a>,
}

/// Lists everything once, and waits if told to.
pub(super) async fn collect_once(
    connection: &Connection,
    reach: WatchScope,
    wait: Option<WaitOptions<'_>>,
    progress: &Progress,
) -> Result<Snapshot, UserError> {
    let ids = required_watches(&reach);
    let (_watches, mut feed) = Watches::start(connection, reach, &FingerprintKey::default());
    let mut collector = Collector::new(ids);
    let settled = timeout(
        connection.request_limit,
        collector.wait_synced(&mut feed, progress),
    )
    .await;
    // A feed that has ended before all lists are there has not shown all.
    if settled != Ok(true) {
        return Err(collector.timeout_error());
    }
    let mut settled = None;
    if let Some(WaitOptions { limit, scope }) = wait {
        collector.ensure_watchable(scope.selection)?;
        let waited = timeout(limit, collector.wait_rolled_out(&mut feed, scope, progress)).await;
        settled = Some(waited == Ok(true));
    }
    collector.finish(settled)
}

/// Watches whose lists are waited for.
fn required_watches(reach: &WatchScope) -> Vec<WatchId> {
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

struct Collector {
    store: Store,
    coverage: WatchCoverage,
    states: BTreeMap<WatchId, Option<WatchState>>,
    /// Kinds that may be listed and not watched.
    unwatched: BTreeMap<WatchKind, Permission>,
}

impl Collector {
    fn new(ids: Vec<WatchId>) -> Self {
        Self {
            store: Store::default(),
            coverage: WatchCoverage::default(),
            states: ids.into_iter().map(|id| (id, None)).collect(),
            unwatched: BTreeMap::new(),
        }
    }

    /// Applies updates until each list is complete or denied; `false` if the watches end before.
    async fn wait_synced(&mut self, feed: &mut Receiver<WatchUpdate>, progress: &Progress) -> bool {
        let all = self.states.len();
        loop {
            let states = self.states.values();
            let settled = states.filter(|state| is_synced(state.as_ref())).count();
            if settled == all {
                return true;
            }
            progress.update(&format!("listing: {settled} of {all} kinds"));
            let Some(feed) = feed.recv().await else {
                return false;
            };
            self.apply_update(feed);
        }
    }

    fn apply_update(&mut self, feed: WatchUpdate) {
        match feed {
            WatchUpdate::Batch(batch) => self.store.apply(batch, Timestamp::now()),
            WatchUpdate::Unreadable(id, unreadable) => self.coverage.set_unreadable(id, unreadable),
            WatchUpdate::State(id, mut state) => {
                if let Some(missing) = missing_watch_permission(&state) {
                    self.unwatched.insert(id.kind, missing.clone());
                    state = WatchState::Live;
                }
                self.coverage.set_state(&id, &state);
                if let Some(known) = self.states.get_mut(&id) {
                    *known = Some(state);
                }
            }
            WatchUpdate::Ended(id) => self.coverage.remove(&id),
        }
    }

    /// Fails if a selected kind may not be watched: its changes would not be seen.
    fn ensure_watchable(&self, selection: &Selection) -> Result<(), UserError> {
        let is_chosen = |kind: WatchKind| match kind {
            WatchKind::Pods => true,
            WatchKind::Workloads(kind) => {
                let mut workloads = self.store.workloads();
                workloads.any(|it| it.id.kind == kind && selection.matches_workload(it))
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

    /// First list that shows failures and whose watch is disconnected.
    fn disconnected_list(&self) -> Option<&WatchId> {
        let states = self.states.iter();
        let mut needed = states.filter(|(id, _)| id.kind.shows_failures());
        let cut = needed.find(|(_, state)| !is_synced(state.as_ref()));
        cut.map(|(id, _)| id)
    }

    /// Applies updates until the scope exists and its rollout is complete or stuck; `false` if the watches end
    /// before.
    async fn wait_rolled_out(
        &mut self,
        feed: &mut Receiver<WatchUpdate>,
        scope: &CheckScope<'_>,
        progress: &Progress,
    ) -> bool {
        let selection = scope.selection;
        let mut rollout = RolloutProgress::measure(&self.store, selection);
        let mut since = Instant::now();
        loop {
            let pending = scope.pending(&self.store, &self.coverage).or_else(|| {
                let cut = self.disconnected_list()?;
                Some(format!("waiting for the watch on {}", cut.kind.plural()))
            });
            match &pending {
                None if rollout.is_complete() => return true,
                None => progress.update(&rollout.to_string()),
                Some(pending) => progress.update(pending),
            }
            let may_be_stuck = pending.is_none() && rollout.has_failures();
            tokio::select! {
                update = feed.recv() => {
                    let Some(update) = update else {
                        return false;
                    };
                    self.apply_update(update);
                    let next = RolloutProgress::measure(&self.store, selection);
                    if next != rollout {
                        rollout = next;
                        since = Instant::now();
                    }
                }
                () = sleep_until(since + STUCK_AFTER), if may_be_stuck => return true,
            }
        }
    }

    fn timeout_error(&self) -> UserError {
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

    fn finish(self, settled: Option<bool>) -> Result<Snapshot, UserError> {
        let mut forbidden = Vec::new();
        let unreadable = self.coverage.unreadable().map(|(id, _)| id.kind);
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
        Ok(Snapshot {
            store: self.store,
            coverage: self.coverage,
            forbidden,
            partial,
            stale,
            settled,
        })
    }
}

/// Missing permission to watch a kind that was listed: without `--wait` the list is enough.
fn missing_watch_permission(state: &WatchState) -> Option<&Permission> {
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

fn is_synced(state: Option<&WatchState>) -> bool {
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

    fn synced() -> Collector {
        let reach = WatchScope::Cluster {
            fallback: Vec::new(),
        };
        let mut collector = Collector::new(required_watches(&reach));
        for id in required_watches(&reach) {
            collector.apply_update(WatchUpdate::State(id, WatchState::Live));
        }
        collector
    }

    #[test]
    fn a_watch_that_is_cut_off_makes_its_list_stale() {
        let mut collector = synced();
        assert_eq!(collector.disconnected_list(), None);
        let stale = WatchState::Stale {
            since: now(),
            why: Arc::from("500"),
        };
        collector.apply_update(WatchUpdate::State(pods(), stale));
        assert_eq!(collector.disconnected_list(), Some(&pods()));
        let snapshot = collector.finish(Some(true)).unwrap();
        assert!(snapshot.partial.contains(&WatchKind::Pods));
        assert!(
            snapshot.stale[0].starts_with("Pods since "),
            "{:?}",
            snapshot.stale
        );
    }

    #[test]
    fn what_may_not_be_watched_cannot_be_waited_for() {
        let mut collector = synced();
        let choice = Selection::default();
        assert!(collector.ensure_watchable(&choice).is_ok());
        let listed = WatchState::Forbidden {
            missing: Permission::new("watch", "", "pods", None),
            why: Arc::from("403"),
            as_of: Some(now()),
        };
        collector.apply_update(WatchUpdate::State(pods(), listed));
        let problem = collector.ensure_watchable(&choice).unwrap_err().to_string();
        assert!(problem.contains("you may not watch pods"), "{problem}");
        // Who does not wait needs no watch.
        assert!(collector.finish(None).unwrap().partial.is_empty());
    }
}
