//! Active changes: the program does not exit before they have finished.
//!
//! A change is more than one request: a Secret is deleted and created again, a pull test creates a Pod and
//! deletes it. A program that ends in between leaves the cluster without the Secret, or with the Pod. So
//! whoever changes something takes a guard before the first request and drops it after the last, and the
//! event loop ends when no guard is left. What was not finished, because the time was over or the user would
//! not wait, is reported with the kubectl commands that finish it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    app::{lost_secrets::LostSecrets, plan_dialog::SharedPlan},
    cluster::apply::{CONVERSION_LIMIT, ROLLBACK_LIMIT},
    domain::{
        k8s::{object_ref::ObjectRef, objects::Pod},
        plan::{ChangeResult, Outcome},
        pull_test,
    },
};

/// Maximum time that shutdown waits: longer than any change that may leave a Secret missing. A second request ends it
/// at once.
pub(super) const LIMIT: Duration = Duration::from_secs(180);

const _: () = assert!(CONVERSION_LIMIT.as_secs() < LIMIT.as_secs());
const _: () = assert!(ROLLBACK_LIMIT.as_secs() < LIMIT.as_secs());

/// The changes of all connections of this process.
#[derive(Clone)]
pub(super) struct ActiveChanges(Arc<ActiveChangesInner>);

struct ActiveChangesInner {
    state: Mutex<ActiveChangesState>,
    count: watch::Sender<usize>,
    is_ending: watch::Sender<bool>,
}

#[derive(Default)]
struct ActiveChangesState {
    next: u64,
    active: BTreeMap<u64, ActiveChange>,
    /// Ended without having been finished.
    unfinished: Vec<ActiveChange>,
    /// Plans that have failed, until the screen shows it.
    not_shown: Vec<ActiveChange>,
    /// Secrets that were deleted and not created again, by the kubeconfig context.
    lost_secrets: BTreeMap<String, LostSecrets>,
}

/// A change as it is reported if it is not finished.
#[derive(Clone, Debug)]
struct ActiveChange {
    /// The kubeconfig context, for the commands are meant there.
    context: String,
    kind: ActiveChangeKind,
}

#[derive(Clone, Debug)]
enum ActiveChangeKind {
    Plan {
        plan: SharedPlan,
        /// Of the changes that have been tried, in the order of the plan.
        outcomes: Vec<Outcome>,
    },
    /// A Pod that was created for one question, and is to be deleted.
    Pod(ObjectRef<Pod>),
}

impl Default for ActiveChanges {
    fn default() -> Self {
        Self(Arc::new(ActiveChangesInner {
            state: Mutex::default(),
            count: watch::Sender::new(0),
            is_ending: watch::Sender::new(false),
        }))
    }
}

impl ActiveChanges {
    /// Registers a plan; `None` during shutdown, when no new change is started.
    pub(super) fn begin_plan(&self, context: String, plan: SharedPlan) -> Option<ActivePlan> {
        let outcomes = Vec::new();
        self.begin(context, ActiveChangeKind::Plan { plan, outcomes })
            .map(ActivePlan)
    }

    /// Registers a short-lived Pod; `None` during shutdown.
    pub(super) fn begin_pod(&self, context: String, pod: ObjectRef<Pod>) -> Option<ActivePod> {
        self.begin(context, ActiveChangeKind::Pod(pod))
            .map(ActivePod)
    }

    fn begin(&self, context: String, what: ActiveChangeKind) -> Option<ChangeGuard> {
        let mut state = self.lock();
        // Looked at under the lock, so that the end sees every change that was let through.
        if *self.0.is_ending.borrow() {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.active.insert(
            number,
            ActiveChange {
                context,
                kind: what,
            },
        );
        self.0.count.send_replace(state.active.len());
        Some(ChangeGuard {
            changes: self.clone(),
            number,
            is_finished: false,
        })
    }

    /// Rejects new changes, and asks the running ones to finish early if possible.
    pub(super) fn end(&self) {
        let _state = self.lock();
        self.0.is_ending.send_replace(true);
    }

    pub(super) fn count(&self) -> usize {
        *self.0.count.borrow()
    }

    /// Subscribes to the number of active changes.
    pub(super) fn counts(&self) -> watch::Receiver<usize> {
        self.0.count.subscribe()
    }

    /// Waits until no change is active.
    pub(super) async fn finished(&self) {
        // The sender is kept by `self`, so that the channel is not closed.
        let _ = self.counts().wait_for(|count| *count == 0).await;
    }

    /// Waits until the shutdown begins.
    pub(super) fn ending(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut is_ending = self.0.is_ending.subscribe();
        async move {
            if is_ending.wait_for(|ending| *ending).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reports unfinished changes, with commands; `None` if all have finished.
    pub(super) fn report(&self) -> Option<String> {
        let state = self.lock();
        let left: Vec<String> = state
            .unfinished
            .iter()
            .chain(&state.not_shown)
            .chain(state.active.values())
            .map(ActiveChange::report)
            .chain(state.lost_secrets.values().flat_map(LostSecrets::report))
            .collect();
        (!left.is_empty()).then(|| left.join("\n\n"))
    }

    /// Records that the screen has shown the outcome of a plan.
    pub(super) fn mark_shown(&self, shown: &SharedPlan) {
        let is_shown = |change: &ActiveChange| match &change.kind {
            ActiveChangeKind::Plan { plan, .. } => plan == shown,
            ActiveChangeKind::Pod(_) => false,
        };
        self.lock().not_shown.retain(|change| !is_shown(change));
    }

    /// Notes which Secrets a plan has lost, or restored.
    fn note_lost(&self, number: u64, done: &[ChangeResult]) {
        let mut state = self.lock();
        let ActiveChangesState {
            active,
            lost_secrets: lost,
            ..
        } = &mut *state;
        if let Some(ActiveChange {
            context,
            kind: what,
        }) = active.get(&number)
            && let ActiveChangeKind::Plan { plan, .. } = what
        {
            lost.entry(context.clone())
                .or_default()
                .update(&plan.0, done);
        }
    }

    fn lock(&self) -> MutexGuard<'_, ActiveChangesState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveChange {
    fn report(&self) -> String {
        let context = match self.context.as_str() {
            "" => String::new(),
            context => format!(" (context {context})"),
        };
        match &self.kind {
            ActiveChangeKind::Plan { plan, outcomes } => {
                let steps = plan.0.remaining_steps(outcomes).join("\n");
                format!("Plan not finished{context}: {}\n{steps}", plan.0.title)
            }
            ActiveChangeKind::Pod(pod) => format!(
                "temporary Pod may be left behind{context}: {pod}\n    {}",
                pull_test::deletion(pod)
            ),
        }
    }
}

/// Keeps the program from ending. Dropped without `finish`, as by a panic, it leaves an unfinished change.
struct ChangeGuard {
    changes: ActiveChanges,
    number: u64,
    is_finished: bool,
}

impl ChangeGuard {
    fn finish(mut self) {
        self.is_finished = true;
    }

    /// Ends a change that has failed, which nobody has seen yet.
    fn fail(mut self) {
        self.is_finished = true;
        let mut state = self.changes.lock();
        let change = state.active.get(&self.number).cloned();
        state.not_shown.extend(change);
    }

    fn update(&self, note: impl FnOnce(&mut ActiveChangeKind)) {
        if let Some(change) = self.changes.lock().active.get_mut(&self.number) {
            note(&mut change.kind);
        }
    }
}

impl Drop for ChangeGuard {
    fn drop(&mut self) {
        let mut state = self.changes.lock();
        let change = state.active.remove(&self.number);
        if !self.is_finished {
            state.unfinished.extend(change);
        }
        self.changes.0.count.send_replace(state.active.len());
    }
}

/// A plan that is being applied.
pub(super) struct ActivePlan(ChangeGuard);

impl ActivePlan {
    /// Records the outcome of one change of the plan.
    pub(super) fn set_outcome(&self, change: usize, outcome: Outcome) {
        self.0.update(|what| {
            if let ActiveChangeKind::Plan { outcomes, .. } = what {
                // A plan is carried out in its order, and taken back from its end.
                match outcomes.get_mut(change) {
                    Some(place) => *place = outcome,
                    None => outcomes.push(outcome),
                }
            }
        });
    }

    /// Finishes the plan after its last request.
    ///
    /// A failed plan is reported at exit, unless the screen has shown it by then.
    pub(super) fn finish(self, done: &[ChangeResult]) {
        for (change, done) in done.iter().enumerate() {
            self.set_outcome(change, done.outcome.clone());
        }
        self.0.changes.note_lost(self.0.number, done);
        if done.iter().all(|done| done.outcome.is_good()) {
            self.0.finish();
        } else {
            self.0.fail();
        }
    }
}

/// The Pod of a pull test, from before its creation until its deletion.
pub(super) struct ActivePod(ChangeGuard);

impl ActivePod {
    /// Finishes the pull test after its last request.
    pub(super) fn finish(self, is_deleted: bool) {
        if is_deleted {
            self.0.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::domain::{
        k8s::object_ref::{Name, Namespace},
        plan::{self, Plan},
    };

    fn key<T>(name: &str) -> ObjectRef<T> {
        ObjectRef::new(Namespace::new("app"), Name::new(name))
    }

    fn plan() -> SharedPlan {
        let secret = |name| plan::Change::convert_secret(key(name));
        let changes = vec![secret("one"), secret("two")];
        SharedPlan(Arc::new(Plan::new("Convert Secrets", changes)))
    }

    fn outcome(outcome: Outcome) -> ChangeResult {
        ChangeResult::new(outcome)
    }

    #[test]
    fn a_secret_that_was_lost_is_reported_until_it_is_restored() {
        let changes = ActiveChanges::default();
        let lost = ChangeResult {
            is_lost: true,
            ..outcome(Outcome::Failed("507".into()))
        };
        let first = plan();
        let begun = changes.begin_plan("prod".into(), first.clone()).unwrap();
        begun.finish(&[lost, outcome(Outcome::NotTried)]);
        changes.mark_shown(&first);
        let report = changes.report().unwrap();
        assert!(report.contains("Secret app/one was deleted"), "{report}");
        let elsewhere = changes.begin_plan("test".into(), plan()).unwrap();
        elsewhere.finish(&[outcome(Outcome::Applied)]);
        assert!(changes.report().is_some(), "another cluster has another");
        let again = changes.begin_plan("prod".into(), plan()).unwrap();
        again.finish(&[outcome(Outcome::Applied)]);
        assert_eq!(changes.report(), None);
    }

    #[test]
    fn the_end_waits_for_what_was_begun_and_lets_nothing_new_begin() {
        let changes = ActiveChanges::default();
        assert!(changes.finished().now_or_never().is_some());
        let first = changes.begin_plan("prod".into(), plan()).unwrap();
        let pod = changes.begin_pod("prod".into(), key("test")).unwrap();
        assert!(changes.ending().now_or_never().is_none());
        changes.end();
        assert!(changes.ending().now_or_never().is_some());
        assert!(changes.begin_plan("prod".into(), plan()).is_none());
        assert!(changes.begin_pod("prod".into(), key("other")).is_none());
        assert_eq!(changes.count(), 2);
        first.finish(&[outcome(Outcome::Applied), outcome(Outcome::Unchanged)]);
        assert!(changes.finished().now_or_never().is_none());
        pod.finish(true);
        assert!(changes.finished().now_or_never().is_some());
        assert_eq!(changes.report(), None);
    }

    #[test]
    fn what_is_not_finished_is_reported_with_its_commands() {
        let changes = ActiveChanges::default();
        let active = changes.begin_plan("prod".into(), plan()).unwrap();
        active.set_outcome(0, Outcome::Applied);
        let pod = changes.begin_pod(String::new(), key("test-1")).unwrap();
        pod.finish(false);
        let report = changes.report().unwrap();
        for part in [
            "Plan not finished (context prod): Convert Secrets",
            "kubectl -n app get secret two",
            "temporary Pod may be left behind: app/test-1",
            "kubectl -n app delete pod test-1",
        ] {
            assert!(report.contains(part), "{part}\n{report}");
        }
        assert!(!report.contains("get secret one"), "{report}");
        drop(active);
        assert!(changes.report().is_some(), "it has panicked");
    }

    #[test]
    fn a_failure_that_no_screen_shows_any_more_is_reported() {
        let failed = || [outcome(Outcome::Failed("507".into()))];
        let changes = ActiveChanges::default();
        let (first, second) = (plan(), plan());
        let seen = changes.begin_plan("prod".into(), first.clone()).unwrap();
        seen.finish(&failed());
        let before = changes.begin_plan("prod".into(), second.clone()).unwrap();
        before.finish(&failed());
        assert_eq!(changes.count(), 0);
        assert!(
            changes.report().unwrap().contains("507"),
            "no screen showed it"
        );
        changes.mark_shown(&first);
        assert!(changes.report().is_some(), "the other was not shown");
        changes.mark_shown(&second);
        assert_eq!(changes.report(), None);
        let unseen = changes.begin_plan("prod".into(), plan()).unwrap();
        changes.end();
        unseen.finish(&failed());
        assert!(changes.report().unwrap().contains("507"));
    }
}
