//! The connection as the user should see it: to what, in which state, and how old the data is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::ticket::Ticket;
use crate::domain::{
    identity::Identity,
    problem::Problem,
    rights::Permission,
    watch::{Sight, WatchId, WatchKind, WatchState},
};

#[derive(Debug)]
pub struct Connection {
    /// Answers and batches with another ticket belong to a connection that was left.
    pub ticket: Ticket,
    pub phase: Phase,
    watches: BTreeMap<WatchId, WatchState>,
    sight: Sight,
}

#[derive(Debug)]
pub enum Phase {
    Connecting {
        context: Option<String>,
        since: Timestamp,
    },
    Connected(Identity),
    Failed {
        context: Option<String>,
        problem: Problem,
    },
}

/// The states of all watches in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Connecting,
    Listing,
    Live,
    /// Some watch has lost its server; the oldest of them counts.
    Stale {
        since: Timestamp,
        why: Arc<str>,
    },
    Failed,
}

/// What one kind's watches have come to, over all scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindState<'a> {
    Loading { received: usize },
    Live,
    Stale { since: Timestamp },
    Forbidden { missing: &'a Permission },
}

impl Connection {
    pub fn connecting(ticket: Ticket, context: Option<String>, since: Timestamp) -> Self {
        Self {
            ticket,
            phase: Phase::Connecting { context, since },
            watches: BTreeMap::new(),
            sight: Sight::default(),
        }
    }

    /// Takes in what a watch says of itself.
    pub fn note(&mut self, id: WatchId, state: WatchState) {
        self.sight.note(&id, &state);
        self.watches.insert(id, state);
    }

    /// This watch is no more.
    pub fn forget(&mut self, id: &WatchId) {
        self.sight.lose(id);
        self.watches.remove(id);
    }

    /// Where an object that is not in the store does not exist.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Objects that initial lists have brought so far.
    pub fn received(&self) -> usize {
        let received = self.watches.values().map(|state| match state {
            WatchState::Listing { received } => *received,
            _ => 0,
        });
        received.sum()
    }

    pub fn identity(&self) -> Option<&Identity> {
        match &self.phase {
            Phase::Connected(identity) => Some(identity),
            Phase::Connecting { .. } | Phase::Failed { .. } => None,
        }
    }

    pub fn health(&self) -> Health {
        match &self.phase {
            Phase::Connecting { .. } => return Health::Connecting,
            Phase::Failed { .. } => return Health::Failed,
            Phase::Connected(_) => {}
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
            return Health::Stale {
                since,
                why: Arc::clone(why),
            };
        }
        let waiting = |state: &WatchState| {
            matches!(state, WatchState::Connecting | WatchState::Listing { .. })
        };
        if self.watches.is_empty() || self.watches.values().any(waiting) {
            Health::Listing
        } else {
            Health::Live
        }
    }

    /// The state of the watches of these kinds together, the worst first: forbidden, stale, loading, live.
    pub fn of(&self, kinds: impl Fn(WatchKind) -> bool) -> KindState<'_> {
        let mut states = self
            .watches
            .iter()
            .filter(|(id, _)| kinds(id.kind))
            .map(|(_, state)| state)
            .peekable();
        if states.peek().is_none() {
            return KindState::Loading { received: 0 };
        }
        let mut sum = KindState::Live;
        for state in states {
            sum = worse(sum, state);
        }
        sum
    }

    /// Permissions that watches were refused for lack of, each once.
    pub fn missing(&self) -> BTreeSet<&Permission> {
        self.watches
            .values()
            .filter_map(|state| match state {
                WatchState::Forbidden { missing, .. } => Some(missing),
                _ => None,
            })
            .collect()
    }
}

fn worse<'a>(sum: KindState<'a>, state: &'a WatchState) -> KindState<'a> {
    match (sum, state) {
        (KindState::Forbidden { missing }, _) | (_, WatchState::Forbidden { missing, .. }) => {
            KindState::Forbidden { missing }
        }
        (KindState::Stale { since: a }, WatchState::Stale { since: b, .. }) => {
            KindState::Stale { since: a.min(*b) }
        }
        (_, WatchState::Stale { since, .. }) => KindState::Stale { since: *since },
        (KindState::Stale { since }, _) => KindState::Stale { since },
        (KindState::Loading { received: a }, WatchState::Listing { received: b }) => {
            KindState::Loading { received: a + b }
        }
        (_, WatchState::Listing { received }) => KindState::Loading {
            received: *received,
        },
        (_, WatchState::Connecting) => KindState::Loading { received: 0 },
        (sum, WatchState::Live) => sum,
    }
}
