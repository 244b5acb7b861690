//! What is reported of one watch: that it is listing, live, stale, or denied.
//!
//! It knows how old the objects are, and nothing of requests and pauses.

use std::sync::Arc;

use jiff::Timestamp;

use super::{coalescer::Coalescer, health::ServerHealth};
use crate::{
    cluster::{ApiError, decode::Decode},
    domain::{rbac::Permission, store::watch::WatchState},
};

/// Reason why a watch is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WatchDenied {
    Forbidden {
        missing: Permission,
        why: Arc<str>,
    },
    /// The server does not serve this API, as it need not.
    NotServed,
}

/// The last reported status of a watch.
///
/// It outlives a `ListWatch`: what was listed is kept when the server refuses to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastStatus {
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

impl LastStatus {
    /// Time of the objects that are kept of a stopped watch.
    pub(super) fn as_of(self) -> Option<Timestamp> {
        match self {
            Self::New | Self::Failed { .. } => None,
            Self::Live => Some(Timestamp::now()),
            Self::Stale { since } | Self::Refused { since } => Some(since),
        }
    }
}

/// Reports the status of one watch.
pub(super) struct StatusReporter<D: Decode> {
    last: LastStatus,
    coalescer: Arc<Coalescer<D>>,
    health: Arc<ServerHealth>,
}

impl<D: Decode> StatusReporter<D> {
    /// Creates a reporter; `last` is what was reported of the same objects before.
    pub(super) fn new(
        last: LastStatus,
        coalescer: Arc<Coalescer<D>>,
        health: Arc<ServerHealth>,
    ) -> Self {
        Self {
            last,
            coalescer,
            health,
        }
    }

    pub(super) fn last(&self) -> LastStatus {
        self.last
    }

    /// Whether a list was complete before.
    pub(super) fn was_listed(&self) -> bool {
        self.last.as_of().is_some()
    }

    /// Reports how much of the first list has arrived.
    pub(super) fn listing(&self, received: usize) {
        if !self.was_listed() {
            self.coalescer.state(WatchState::Listing { received });
        }
    }

    /// Reports that the objects are those of the server.
    pub(super) fn live(&mut self) {
        if self.last == LastStatus::Live {
            return;
        }
        self.last = LastStatus::Live;
        self.coalescer.state(WatchState::Live);
        self.health.mark_recovered();
    }

    /// Reports what is wrong, and since when the objects are old.
    pub(super) fn stale(&mut self, error: &ApiError) {
        let since = match (self.last, error) {
            (
                LastStatus::Stale { since }
                | LastStatus::Failed { since }
                | LastStatus::Refused { since },
                _,
            ) => since,
            (_, ApiError::Timeout(_)) => self.health.last_heard(),
            (LastStatus::New | LastStatus::Live, _) => Timestamp::now(),
        };
        self.last = match self.last {
            LastStatus::New | LastStatus::Failed { .. } => LastStatus::Failed { since },
            LastStatus::Live | LastStatus::Stale { .. } => LastStatus::Stale { since },
            LastStatus::Refused { .. } => LastStatus::Refused { since },
        };
        self.coalescer.state(WatchState::Stale {
            since,
            why: error.to_string().into(),
        });
    }

    /// Remembers that the server has refused to go on.
    pub(super) fn refused(&mut self) {
        if let Some(since) = self.last.as_of() {
            self.last = LastStatus::Refused { since };
        }
    }
}
