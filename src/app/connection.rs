//! Connection status as shown to the user: target, state of the watches and age of the data.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    coverage_gap::{CoverageGap, GapReason},
    request_id::RequestId,
};
use crate::domain::{
    error::UserError,
    k8s::connection::ConnectionInfo,
    rbac::Permission,
    store::{
        unreadable::UnreadableObjects,
        watch::{Scope, WatchCoverage, WatchId, WatchKind, WatchState},
    },
};

#[derive(Debug)]
pub struct ConnectionStatus {
    /// Answers and batches with another request ID belong to a connection that was left.
    pub request_id: RequestId,
    pub phase: ConnectionPhase,
    watches: BTreeMap<WatchId, WatchState>,
    coverage: WatchCoverage,
}

#[derive(Debug)]
pub enum ConnectionPhase {
    Connecting {
        context: Option<String>,
        since: Timestamp,
    },
    Connected(ConnectionInfo),
    Failed {
        context: Option<String>,
        problem: UserError,
    },
}

/// Combined state of all watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchHealth {
    Connecting,
    Listing,
    /// Everything in scope is read and kept up to date.
    Live,
    /// What is read is kept up to date, and not everything in scope is read.
    Partial,
    /// Some watch has lost its server; the oldest of them counts.
    Stale {
        since: Timestamp,
        why: Arc<str>,
    },
    Failed,
}

/// Combined state of the watches of some kinds in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindState<'a> {
    Loading {
        received: usize,
    },
    Live,
    /// The whole cluster may not be listed; so many of its namespaces are.
    Partial {
        missing: &'a Permission,
        listed: usize,
    },
    Stale {
        since: Timestamp,
        why: &'a str,
    },
    /// What was listed while that was permitted is shown as of then.
    Forbidden {
        missing: &'a Permission,
        as_of: Option<Timestamp>,
    },
}

impl ConnectionStatus {
    pub fn connecting(request_id: RequestId, context: Option<String>, since: Timestamp) -> Self {
        Self {
            request_id,
            phase: ConnectionPhase::Connecting { context, since },
            watches: BTreeMap::new(),
            coverage: WatchCoverage::default(),
        }
    }

    /// Sets the state of a watch.
    pub fn set_watch_state(&mut self, id: WatchId, state: WatchState) {
        self.coverage.set_state(&id, &state);
        self.watches.insert(id, state);
    }

    /// Sets the objects of a watch that could not be decoded.
    pub fn set_unreadable(&mut self, id: WatchId, unreadable: Arc<UnreadableObjects>) {
        self.coverage.set_unreadable(id, unreadable);
    }

    /// Removes a watch that has ended.
    pub fn remove_watch(&mut self, id: &WatchId) {
        self.coverage.remove(id);
        self.watches.remove(id);
    }

    /// Tells which objects do not exist if they are not in the store.
    pub fn coverage(&self) -> &WatchCoverage {
        &self.coverage
    }

    /// Number of objects received by initial lists so far.
    pub fn received(&self) -> usize {
        let received = self.watches.values().map(|state| match state {
            WatchState::Listing { received } => *received,
            _ => 0,
        });
        received.sum()
    }

    pub fn identity(&self) -> Option<&ConnectionInfo> {
        match &self.phase {
            ConnectionPhase::Connected(identity) => Some(identity),
            ConnectionPhase::Connecting { .. } | ConnectionPhase::Failed { .. } => None,
        }
    }

    /// Combined state of all watches, for this scope.
    pub fn health(&self, scope: &Scope) -> WatchHealth {
        match &self.phase {
            ConnectionPhase::Connecting { .. } => return WatchHealth::Connecting,
            ConnectionPhase::Failed { .. } => return WatchHealth::Failed,
            ConnectionPhase::Connected(_) => {}
        }
        let oldest = self
            .watches
            .values()
            .filter_map(|state| match state {
                WatchState::Stale { since, why } => Some((*since, why)),
                _ => None,
            })
            .min_by_key(|(since, _)| *since);
        if let Some((since, why)) = oldest {
            return WatchHealth::Stale {
                since,
                why: Arc::clone(why),
            };
        }
        let waiting = |state: &WatchState| {
            matches!(state, WatchState::Connecting | WatchState::Listing { .. })
        };
        if !self.covers(scope) || self.watches.values().any(waiting) {
            WatchHealth::Listing
        } else if self.coverage_gaps(scope).is_empty() {
            WatchHealth::Live
        } else {
            WatchHealth::Partial
        }
    }

    /// True if each kind is watched in this scope, whatever came of it. A scope that was just chosen is not, until its
    /// watches have started.
    pub fn covers(&self, scope: &Scope) -> bool {
        let kinds = self.kinds();
        let of_namespaces = |kind: &WatchKind| *kind != WatchKind::Namespaces;
        kinds.iter().any(of_namespaces) && kinds.iter().all(|kind| self.is_watched(*kind, scope))
    }

    /// True if this kind is watched in this scope.
    pub fn is_watched(&self, kind: WatchKind, scope: &Scope) -> bool {
        self.state_of_kind(kind, scope).is_some()
    }

    /// Combined state of the watches of these kinds in a scope, the worst first: forbidden, stale, loading, partial,
    /// live.
    pub fn state_of_kinds(
        &self,
        kinds: impl Fn(WatchKind) -> bool,
        scope: &Scope,
    ) -> KindState<'_> {
        let mut states = self
            .kinds()
            .into_iter()
            .filter(|kind| kinds(*kind))
            .map(|kind| {
                let state = self.state_of_kind(kind, scope);
                state.unwrap_or(KindState::Loading { received: 0 })
            })
            .peekable();
        if states.peek().is_none() {
            return KindState::Loading { received: 0 };
        }
        states.fold(KindState::Live, KindState::worse)
    }

    /// Objects of these kinds in a scope that could not be decoded.
    pub fn unreadable(
        &self,
        kinds: impl Fn(WatchKind) -> bool,
        scope: &Scope,
    ) -> UnreadableObjects {
        let all = self.coverage.unreadable();
        let all = all.filter(|(id, _)| kinds(id.kind));
        all.fold(
            UnreadableObjects::default(),
            |sum, (id, unreadable)| match (scope, &id.scope) {
                (Scope::Cluster, _) => sum.merged_with(unreadable),
                (Scope::Namespace(wanted), Scope::Cluster) => {
                    sum.merged_with(&unreadable.within(wanted))
                }
                (Scope::Namespace(wanted), Scope::Namespace(is)) if wanted == is => {
                    sum.merged_with(unreadable)
                }
                (Scope::Namespace(_), Scope::Namespace(_)) => sum,
            },
        )
    }

    /// Returns the gaps of a scope, in the order of the kinds that matter most.
    pub fn coverage_gaps(&self, scope: &Scope) -> Vec<CoverageGap<'_>> {
        let mut kinds: Vec<WatchKind> = self.kinds().into_iter().collect();
        kinds.sort_by_key(|kind| (*kind != WatchKind::Pods, !kind.shows_failures(), *kind));
        let mut gaps: Vec<CoverageGap<'_>> = Vec::new();
        for kind in kinds {
            // A namespace's objects are seen without the list of all namespaces.
            if kind == WatchKind::Namespaces && *scope != Scope::Cluster {
                continue;
            }
            let refused = match self.state_of_kind(kind, scope) {
                Some(KindState::Forbidden { missing, as_of }) => {
                    Some(GapReason::Forbidden { missing, as_of })
                }
                Some(KindState::Partial { listed, .. }) => Some(GapReason::Namespaces { listed }),
                Some(KindState::Loading { .. } | KindState::Live | KindState::Stale { .. })
                | None => None,
            };
            let unreadable = self.unreadable(|it| it == kind, scope);
            let unreadable = (!unreadable.is_empty()).then_some(GapReason::Unreadable(unreadable));
            let lacks = refused.into_iter().chain(unreadable);
            for gap in lacks.map(|lack| CoverageGap { kind, reason: lack }) {
                // Secrets come by three watches, which are refused alike.
                let same = |it: &CoverageGap<'_>| {
                    it.kind.plural() == gap.kind.plural() && it.reason.is_refusal_as(&gap.reason)
                };
                if !gaps.iter().any(same) {
                    gaps.push(gap);
                }
            }
        }
        gaps
    }

    /// True if these kinds were listed completely once in this scope.
    pub fn was_listed(&self, kinds: impl Fn(WatchKind) -> bool, scope: &Scope) -> bool {
        let watched = self.kinds().into_iter();
        watched
            .filter(|kind| kinds(*kind))
            .all(|kind| self.coverage.is_complete_in(kind, scope))
    }

    /// The watched kinds.
    pub fn kinds(&self) -> BTreeSet<WatchKind> {
        self.watches.keys().map(|id| id.kind).collect()
    }

    fn state_of_kind(&self, kind: WatchKind, scope: &Scope) -> Option<KindState<'_>> {
        let cluster = self.watches.get(&WatchId {
            kind,
            scope: Scope::Cluster,
        });
        if let Scope::Namespace(_) = scope {
            let id = WatchId {
                kind,
                scope: scope.clone(),
            };
            let state = self.watches.get(&id).or(cluster);
            return state.map(KindState::from_watch_state);
        }
        // What single namespaces show is not the cluster, unless they are all that may be listed of it.
        match cluster? {
            WatchState::Forbidden { missing, as_of, .. } => {
                let local = self.watches.iter();
                let local = local.filter(|(id, _)| id.kind == kind && id.scope != Scope::Cluster);
                let local = local.map(|(_, state)| KindState::from_watch_state(state));
                Some(in_some_namespaces(missing, *as_of, local))
            }
            state => Some(KindState::from_watch_state(state)),
        }
    }
}

/// Where the whole cluster may not be listed: what single namespaces show of it.
fn in_some_namespaces<'a>(
    missing: &'a Permission,
    as_of: Option<Timestamp>,
    local: impl Iterator<Item = KindState<'a>>,
) -> KindState<'a> {
    let (mut listed, mut sum, mut kept) = (0, None, as_of);
    for state in local {
        match state {
            KindState::Live | KindState::Partial { .. } => listed += 1,
            KindState::Stale { .. } => {
                listed += 1;
                sum = Some(sum.map_or(state, |sum: KindState<'a>| sum.worse(state)));
            }
            KindState::Loading { .. } => {
                sum = Some(sum.map_or(state, |sum: KindState<'a>| sum.worse(state)));
            }
            // What is oldest of all that is kept tells how old it is.
            KindState::Forbidden { as_of, .. } => kept = kept.into_iter().chain(as_of).min(),
        }
    }
    match (sum, listed) {
        (Some(sum), _) => sum,
        (None, 0) => KindState::Forbidden {
            missing,
            as_of: kept,
        },
        (None, listed) => KindState::Partial { missing, listed },
    }
}

impl<'a> KindState<'a> {
    fn from_watch_state(state: &'a WatchState) -> Self {
        match state {
            WatchState::Connecting => Self::Loading { received: 0 },
            WatchState::Listing { received } => Self::Loading {
                received: *received,
            },
            WatchState::Live => Self::Live,
            WatchState::Stale { since, why } => Self::Stale { since: *since, why },
            WatchState::Forbidden { missing, as_of, .. } => Self::Forbidden {
                missing,
                as_of: *as_of,
            },
        }
    }

    #[must_use]
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Stale { since: a, .. }, Self::Stale { since: b, .. }) => {
                if b < a {
                    other
                } else {
                    self
                }
            }
            (Self::Loading { received: a }, Self::Loading { received: b }) => {
                Self::Loading { received: a + b }
            }
            (a, b) if b.rank() > a.rank() => b,
            (a, _) => a,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Partial { .. } => 1,
            Self::Loading { .. } => 2,
            Self::Stale { .. } => 3,
            Self::Forbidden { .. } => 4,
        }
    }
}
