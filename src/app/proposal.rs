//! A plan on its way: rehearsed, looked at, carried out, and watched until it has worked.

use std::sync::Arc;

use jiff::Timestamp;

use super::{inquiry::Inquiry, scroll::Scroll, ticket::Ticket, verdicts::Verdicts};
use crate::domain::{
    faults::{Fault, FaultId},
    key::Key,
    objects::{Pod, WorkloadKey, WorkloadKind},
    plan::{Change, Outcome, Plan, keeper::Keeper},
    probe::Verdict,
    world::World,
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
    /// Who else keeps the object of each change, as the server's rehearsal showed.
    pub keepers: Vec<Option<Keeper>>,
    /// The carried-out plan that this one takes back.
    pub undoes: Option<Ticket>,
    /// The youngest Pod of what was changed, once it is: whether it gets up.
    pub watched: Option<Box<Inquiry>>,
    pub scroll: Scroll,
}

/// A plan that was carried out, as what takes it back.
#[derive(Debug)]
pub struct Applied {
    pub ticket: Ticket,
    pub undo: Planned,
}

impl Proposal {
    /// What goes wrong with the workloads that it was for, once it is carried out. Pods that the plan
    /// has replaced fail until they are gone, and that is no news.
    pub fn trouble<'a>(&self, world: &World, verdicts: &'a Verdicts) -> Option<&'a Fault> {
        let Stage::Done {
            healed: None, at, ..
        } = &self.stage
        else {
            return None;
        };
        // Objects have the second that they were made in.
        let made = |key: &Key<Pod>| {
            let created = world.pod(key).and_then(|pod| pod.meta.created);
            created.is_none_or(|created| created.as_second() >= at.as_second())
        };
        let still = |fault: &Fault, id: &WorkloadKey| {
            let of_it = |key: &&Key<Pod>| {
                let owner = world.pod(key).and_then(|pod| world.workload_of(pod));
                owner.is_some_and(|owner| owner.id == *id)
            };
            let mut pods = fault.pods.iter().filter(of_it).peekable();
            pods.peek().is_none() || !self.replaces(id) || pods.any(made)
        };
        let suffers = |fault: &&Fault| {
            let mut ours = self
                .workloads
                .iter()
                .filter(|id| fault.workloads.contains(id));
            ours.any(|id| still(fault, id))
        };
        verdicts.faults().iter().find(suffers)
    }

    /// Whether the workload gets new Pods by a change of its template.
    fn replaces(&self, id: &WorkloadKey) -> bool {
        self.plan.0.changes.iter().any(|change| match change {
            Change::Restart(workload)
            | Change::SetImage { workload, .. }
            | Change::SetAccount { workload, .. } => workload.id() == id,
            Change::RollBack { deployment, .. } => {
                id.kind == WorkloadKind::Deployment && id.key == *deployment
            }
            _ => false,
        })
    }
}

#[derive(Debug)]
pub enum Stage {
    /// The server tries the changes without storing them.
    Rehearsing(Ticket),
    /// What the server said of each change.
    Ready(Vec<Outcome>),
    /// With what became of each change so far.
    CarryingOut(Ticket, Vec<Outcome>),
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
            Self::Rehearsing(_) => &[],
            Self::CarryingOut(_, outcomes)
            | Self::Ready(outcomes)
            | Self::Done { outcomes, .. } => outcomes,
        }
    }

    /// Whether every change is, or would be, made.
    pub fn is_good(&self) -> bool {
        self.outcomes().iter().all(Outcome::is_good)
    }

    /// Whether it has been carried out, well or not.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    pub fn awaits(&self, ticket: Ticket) -> bool {
        match self {
            Self::Rehearsing(waiting) | Self::CarryingOut(waiting, _) => *waiting == ticket,
            Self::Ready(_) | Self::Done { .. } => false,
        }
    }
}
