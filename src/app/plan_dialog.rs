//! The plan dialog: dry run, review, apply, and recovery of the affected workloads.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    diagnosis_cache::{CachedDiagnosis, DiagnosisCache},
    pod_inspection::PodInspection,
    request_id::RequestId,
    scroll::Scroll,
};
use crate::domain::{
    diagnostics::grouping::{FaultId, Subject},
    plan::{Affected, Outcome, Plan, Recovery, manager::ObjectManager, recovery},
    probe,
    store::Store,
};

/// A shared plan, compared by identity.
#[derive(Clone, Debug)]
pub struct SharedPlan(pub Arc<Plan>);

impl PartialEq for SharedPlan {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SharedPlan {}

#[derive(Debug)]
pub struct PlanDialog {
    pub plan: SharedPlan,
    /// What the plan is to remove.
    pub fault: Option<FaultId>,
    /// The Pods and workloads whose recovery shows that it worked.
    pub affected: Affected,
    pub stage: PlanStage,
    /// Whether the registry takes the login, or has the image.
    pub registry_check: RegistryCheck,
    /// Controllers that manage the object of each change, as the server's dry run showed.
    pub managers: Vec<Option<ObjectManager>>,
    /// The carried-out plan that this one takes back.
    pub undoes: Option<RequestId>,
    /// The youngest Pod of what was changed, once it is: whether it gets up.
    pub watched: Option<Box<PodInspection>>,
    pub scroll: Scroll,
}

/// What the registry says of the login that a plan saves, or of the image that it sets.
#[derive(Debug)]
pub enum RegistryCheck {
    /// It was not asked, or could not be.
    None,
    Waiting(RequestId),
    Done {
        conclusion: probe::ProbeConclusion,
        /// The user has confirmed to apply what the registry denies.
        is_override_confirmed: bool,
    },
}

impl RegistryCheck {
    pub fn is_waiting_for(&self, request_id: RequestId) -> bool {
        matches!(self, Self::Waiting(id) if *id == request_id)
    }

    /// The registry's *no*, if it has said it.
    pub fn denial(&self) -> Option<&probe::ProbeConclusion> {
        match self {
            Self::Done { conclusion, .. } if conclusion.answer == probe::PullAnswer::No => {
                Some(conclusion)
            }
            Self::None | Self::Waiting(_) | Self::Done { .. } => None,
        }
    }

    /// True if the user has confirmed to apply what the registry denies.
    pub fn is_override_confirmed(&self) -> bool {
        match self {
            Self::None | Self::Waiting(_) => false,
            Self::Done {
                is_override_confirmed,
                ..
            } => *is_override_confirmed,
        }
    }

    /// Confirms what the registry denies; `false` if nothing was to be confirmed, or was before.
    pub fn confirm_override(&mut self) -> bool {
        let is_denied = self.denial().is_some();
        match self {
            Self::Done {
                is_override_confirmed,
                ..
            } if is_denied => !std::mem::replace(is_override_confirmed, true),
            Self::None | Self::Waiting(_) | Self::Done { .. } => false,
        }
    }
}

/// An applied plan, kept as the plan that undoes it.
#[derive(Debug)]
pub struct AppliedPlan {
    pub request_id: RequestId,
    pub undo: SharedPlan,
}

impl PlanDialog {
    /// Recovery of the affected objects; `None` before the plan is applied.
    pub fn recovery(&self, store: &Store) -> Option<Recovery> {
        let is_watched = self.stage.is_done()
            && self.stage.is_successful()
            && !self.stage.changes_nothing()
            && !self.affected.is_empty();
        is_watched.then(|| recovery(store, &self.affected))
    }

    /// Failures of the affected Pods after the plan was applied: new Pods fail, or old ones for another reason than
    /// before.
    ///
    /// A Pod that fails for the same reason may not have retried yet, unless all Pods have been ready since.
    pub fn remaining_failure<'a>(
        &self,
        store: &Store,
        diagnoses: &'a DiagnosisCache,
    ) -> Option<RemainingFailure<'a>> {
        let PlanStage::Done { recovered, .. } = &self.stage else {
            return None;
        };
        let again = recovered.is_some();
        let found = self.recovery(store)?;
        let subjects = found.failing.iter().cloned().map(Subject::Pod);
        // Of a workload that cannot create Pods nothing but itself can fail.
        let none = found.failing.is_empty();
        let workloads = self.affected.workloads().into_iter().filter(|_| none);
        let (subject, diagnosis) = subjects
            .chain(workloads.map(Subject::Workload))
            .filter_map(|subject| {
                let diagnosis = diagnoses.get(&subject)?;
                Some((subject, diagnosis))
            })
            .find(|(_, diagnosis)| {
                again
                    || found.new_ones_fail
                    || self.fault.as_ref().is_none_or(|id| diagnosis.fault != *id)
            })?;
        Some(RemainingFailure {
            failing: found.failing.len(),
            pods: found.wanted.max(found.failing.len()),
            subject,
            diagnosis,
        })
    }
}

/// Failures that remain after a plan was applied.
#[derive(Clone, Debug)]
pub struct RemainingFailure<'a> {
    /// So many Pods fail; 0 where none can be created.
    pub failing: usize,
    /// Of so many that the plan was for.
    pub pods: usize,
    /// One of them, or the workload that cannot create any, and its diagnosis.
    pub subject: Subject,
    pub diagnosis: &'a CachedDiagnosis,
}

#[derive(Debug)]
pub enum PlanStage {
    /// The server tries the changes without storing them.
    DryRunning(RequestId),
    /// What the server said of each change.
    Ready(Vec<Outcome>),
    /// With what became of each change so far.
    Applying(RequestId, Vec<Outcome>),
    Done {
        /// Of the change in the list of what can be undone.
        request_id: RequestId,
        outcomes: Vec<Outcome>,
        at: Timestamp,
        /// When every Pod that the plan was for was ready.
        recovered: Option<Timestamp>,
    },
}

impl PlanStage {
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            Self::DryRunning(_) => &[],
            Self::Applying(_, outcomes) | Self::Ready(outcomes) | Self::Done { outcomes, .. } => {
                outcomes
            }
        }
    }

    /// True if every change succeeded, in the dry run or when applied.
    pub fn is_successful(&self) -> bool {
        self.outcomes().iter().all(Outcome::is_good)
    }

    /// True if the plan changes nothing.
    pub fn changes_nothing(&self) -> bool {
        let outcomes = self.outcomes();
        matches!(self, Self::Ready(_) | Self::Done { .. })
            && !outcomes.is_empty()
            && outcomes.iter().all(Outcome::is_no_change)
    }

    /// True if the enter key applies the plan.
    pub fn can_be_applied(&self) -> bool {
        matches!(self, Self::Ready(_)) && self.is_successful() && !self.changes_nothing()
    }

    /// Whether all affected objects have been ready since.
    pub fn has_recovered(&self) -> bool {
        match self {
            Self::Done { recovered, .. } => recovered.is_some(),
            Self::DryRunning(_) | Self::Ready(_) | Self::Applying(..) => false,
        }
    }

    /// True after the plan was applied, successfully or not.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    pub fn is_awaiting(&self, request_id: RequestId) -> bool {
        match self {
            Self::DryRunning(waiting) | Self::Applying(waiting, _) => *waiting == request_id,
            Self::Ready(_) | Self::Done { .. } => false,
        }
    }
}
