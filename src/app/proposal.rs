//! A plan on its way: rehearsed, looked at, carried out, and watched until it has worked.

use std::sync::Arc;

use jiff::Timestamp;

use super::ticket::Ticket;
use crate::domain::{
    faults::FaultId,
    objects::WorkloadKey,
    plan::{Outcome, Plan},
    probe::Verdict,
};

/// A plan as effects carry it; the same plan is the same object.
#[derive(Clone, Debug)]
pub struct Planned(pub Arc<Plan>);

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Planned {}

#[derive(Debug)]
pub struct Proposal {
    pub plan: Planned,
    /// What the plan is to remove.
    pub fault: Option<FaultId>,
    /// Whose recovery shows that it worked.
    pub workloads: Vec<WorkloadKey>,
    pub stage: Stage,
    /// The registry is being asked whether it takes the login.
    pub asked: Option<Ticket>,
    /// What it said.
    pub verdict: Option<Verdict>,
    /// The user has been told that the registry refuses the login, and wants it all the same.
    pub insists: bool,
    pub scroll: usize,
}

#[derive(Debug)]
pub enum Stage {
    /// The server tries the changes without storing them.
    Rehearsing(Ticket),
    /// What the server said of each change.
    Ready(Vec<Outcome>),
    CarryingOut(Ticket),
    Done {
        outcomes: Vec<Outcome>,
        at: Timestamp,
        /// When the fault was gone and the workloads were ready.
        healed: Option<Timestamp>,
    },
}

impl Stage {
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            Self::Rehearsing(_) | Self::CarryingOut(_) => &[],
            Self::Ready(outcomes) | Self::Done { outcomes, .. } => outcomes,
        }
    }

    /// Whether every change is, or would be, made.
    pub fn is_good(&self) -> bool {
        self.outcomes().iter().all(Outcome::is_good)
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        match self {
            Self::Rehearsing(waiting) | Self::CarryingOut(waiting) => *waiting == ticket,
            Self::Ready(_) | Self::Done { .. } => false,
        }
    }
}
