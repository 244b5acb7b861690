//! A plan on its way: rehearsed, looked at, carried out, and watched until it has worked.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    diagnosis_cache::{Verdict, Verdicts},
    pod_inspection::Inquiry,
    request_id::Ticket,
    scroll::Scroll,
};
use crate::domain::{
    diagnostics::grouping::{FaultId, Subject},
    plan::{Affected, Outcome, Plan, Recovery, manager::ObjectManager, recovery},
    probe,
    store::Store,
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
    /// The Pods and workloads whose recovery shows that it worked.
    pub affected: Affected,
    pub stage: Stage,
    /// The registry is being asked whether it takes the login.
    pub asked: Option<Ticket>,
    /// What it said.
    pub verdict: Option<probe::ProbeConclusion>,
    /// The user has been told that the registry refuses the login, and wants it all the same.
    pub insists: bool,
    /// Who else keeps the object of each change, as the server's rehearsal showed.
    pub keepers: Vec<Option<ObjectManager>>,
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
    /// How far what the plan was for has recovered; `None` before it is carried out.
    pub fn recovery(&self, world: &Store) -> Option<Recovery> {
        let is_watched = self.stage.is_done()
            && self.stage.is_good()
            && !self.stage.changes_nothing()
            && !self.affected.is_empty();
        is_watched.then(|| recovery(world, &self.affected))
    }

    /// What goes wrong with the Pods that it was for, once it is carried out: new Pods fail, or the old ones
    /// for another reason than before. What fails as before may have had no other attempt yet, unless all of
    /// them have been ready since.
    pub fn trouble<'a>(&self, world: &Store, verdicts: &'a Verdicts) -> Option<Trouble<'a>> {
        let Stage::Done { recovered, .. } = &self.stage else {
            return None;
        };
        let again = recovered.is_some();
        let found = self.recovery(world)?;
        let subjects = found.failing.iter().cloned().map(Subject::Pod);
        // Of a workload that cannot create Pods nothing but itself can fail.
        let none = found.failing.is_empty();
        let workloads = self.affected.workloads().into_iter().filter(|_| none);
        let (subject, verdict) = subjects
            .chain(workloads.map(Subject::Workload))
            .filter_map(|subject| {
                let verdict = verdicts.of(&subject)?;
                Some((subject, verdict))
            })
            .find(|(_, verdict)| {
                again
                    || found.new_ones_fail
                    || self.fault.as_ref().is_none_or(|id| verdict.fault != *id)
            })?;
        Some(Trouble {
            failing: found.failing.len(),
            pods: found.wanted.max(found.failing.len()),
            subject,
            verdict,
        })
    }
}

/// What fails after a plan was carried out.
#[derive(Clone, Debug)]
pub struct Trouble<'a> {
    /// So many Pods fail; 0 where none can be created.
    pub failing: usize,
    /// Of so many that the plan was for.
    pub pods: usize,
    /// One of them, or the workload that cannot create any, and its diagnosis.
    pub subject: Subject,
    pub verdict: &'a Verdict,
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
        /// Of the change in the list of what can be undone.
        ticket: Ticket,
        outcomes: Vec<Outcome>,
        at: Timestamp,
        /// When every Pod that the plan was for was ready.
        recovered: Option<Timestamp>,
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

    /// Whether everything is as the plan wants it already.
    pub fn changes_nothing(&self) -> bool {
        let outcomes = self.outcomes();
        matches!(self, Self::Ready(_) | Self::Done { .. })
            && !outcomes.is_empty()
            && outcomes.iter().all(Outcome::is_no_change)
    }

    /// Whether enter makes the changes.
    pub fn can_be_applied(&self) -> bool {
        matches!(self, Self::Ready(_)) && self.is_good() && !self.changes_nothing()
    }

    /// Whether all that the plan was for has been ready since.
    pub fn has_recovered(&self) -> bool {
        match self {
            Self::Done { recovered, .. } => recovered.is_some(),
            Self::Rehearsing(_) | Self::Ready(_) | Self::CarryingOut(..) => false,
        }
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
