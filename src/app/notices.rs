//! Notices: a workload begins to fail, or has recovered.
//!
//! What already fails when a cluster is first seen is no news. A workload is said to work again only
//! when it has not failed for a while: a restart makes a failing Pod vanish for a moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::diagnosis_cache::DiagnosisCache;
use crate::domain::{
    diagnostics::grouping::{Fault, Subject},
    k8s::{
        age,
        objects::{Pod, WorkloadKind},
        pod_status::{PodHealth, pod_status},
    },
    pull_test::is_of_a_test,
    store::{
        Store,
        watch::{Scope, WatchCoverage, WatchKind},
    },
};

/// How long a notice is shown.
const SHOWN: SignedDuration = SignedDuration::from_secs(12);

/// Time without a failure after which a workload is reported as recovered.
const QUIET: SignedDuration = SignedDuration::from_secs(5);

/// The same for a crashing program: it runs between two crashes, and the kubelet resets its back-off after ten minutes.
const STEADY: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Default)]
pub struct Notices {
    /// Failing subjects that were announced. `None` before the cluster has been seen whole.
    failing: Option<BTreeMap<Subject, FailingSubject>>,
    shown: Option<Notice>,
    /// Failures that the user has not seen, the last one at the end.
    unseen: Vec<Notice>,
    /// Where all Pods were listed at the last comparison: what fails elsewhere has not begun to, it came into view.
    covered: BTreeSet<Scope>,
    /// Version of the diagnoses that were compared last.
    compared: Option<u64>,
    /// A workload has no failing Pod any more and is not ready yet, which the diagnoses do not count.
    is_unready: bool,
    /// All that there is was seen at the last look: else nothing is compared, however quiet it is.
    is_coverage_complete: bool,
    /// Text of the next notification outside the terminal.
    bell: Option<String>,
}

#[derive(Debug)]
struct FailingSubject {
    since: Timestamp,
    /// For how long it must not fail to be well.
    recovery_delay: SignedDuration,
    /// Since when it has not been seen failing.
    quiet: Option<Timestamp>,
}

/// A one-line notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub health: PodHealth,
    /// `None`: until the user has seen it.
    until: Option<Timestamp>,
}

impl Notice {
    /// True if it is shown until the user dismisses it.
    pub fn stays(&self) -> bool {
        self.until.is_none()
    }
}

impl Notices {
    /// The notice to show now.
    pub fn shown(&self) -> Option<&Notice> {
        self.unseen.last().or(self.shown.as_ref())
    }

    /// Shows a failure until the user dismisses it.
    pub fn show_until_dismissed(&mut self, text: &str) {
        self.bell = Some(text.to_owned());
        self.unseen.push(Notice {
            text: text.to_owned(),
            health: PodHealth::Failing,
            until: None,
        });
    }

    /// Dismisses the shown failure; returns `false` without one.
    pub fn dismiss(&mut self) -> bool {
        self.unseen.pop().is_some()
    }

    /// Takes the text of the next notification outside the terminal.
    pub fn take_bell(&mut self) -> Option<String> {
        self.bell.take()
    }

    /// Compares the failing workloads with the previous ones; `complete` means that everything was listed of what
    /// is watched, which `coverage` tells.
    pub fn refresh(
        &mut self,
        store: &Store,
        diagnoses: &DiagnosisCache,
        coverage: &WatchCoverage,
        complete: bool,
        now: Timestamp,
    ) {
        if self
            .shown
            .as_ref()
            .and_then(|notice| notice.until)
            .is_some_and(|until| until <= now)
        {
            self.shown = None;
        }
        self.is_coverage_complete = complete;
        let due = self.is_unready || self.quiet_until().is_some_and(|at| at <= now);
        if !complete {
            return;
        }
        let covered = coverage.complete_scopes(WatchKind::Pods).cloned().collect();
        let covered_before = std::mem::replace(&mut self.covered, covered);
        if self.compared == Some(diagnoses.members_version()) && !due {
            return;
        }
        self.compared = Some(diagnoses.members_version());
        let current: BTreeMap<Subject, &Fault> = diagnoses
            .faults()
            .iter()
            .flat_map(|fault| subjects(fault).map(move |subject| (subject, fault)))
            .collect();
        if self.failing.is_none() {
            self.set_baseline(store, &current, now);
            return;
        }
        let new = self.new_failures(&current, &covered_before, now);
        let well = self.recovered(store, &current, now);
        if let Some((subject, why)) = new.first() {
            let text = format!(
                "{} fails: {why}{}",
                subject_label(subject),
                more_suffix(new.len())
            );
            self.show(text, PodHealth::PullFailing, now);
        } else if let Some((subject, after)) = well.first() {
            let text = format!(
                "{} recovered after {after}{}",
                subject_label(subject),
                more_suffix(well.len())
            );
            self.show(text, PodHealth::Healthy, now);
        }
    }

    /// Sets the baseline: what fails at the start is not announced; Pods that a pull test has left behind
    /// are.
    fn set_baseline(&mut self, store: &Store, current: &BTreeMap<Subject, &Fault>, now: Timestamp) {
        let failing = current.iter().map(|(subject, fault)| {
            let failing = FailingSubject {
                since: fault.since.unwrap_or(now),
                recovery_delay: recovery_delay(fault),
                quiet: None,
            };
            (subject.clone(), failing)
        });
        self.failing = Some(failing.collect());
        let left = store
            .pods(&Scope::Cluster)
            .filter(|pod| is_of_a_test(pod))
            .count();
        if left > 0 {
            let text = format!("Pull test Pods left behind: {left}; :cleanup deletes them");
            self.show(text, PodHealth::Failing, now);
        }
    }

    /// Newly failing subjects with their causes, where they would have been seen before.
    fn new_failures(
        &mut self,
        current: &BTreeMap<Subject, &Fault>,
        covered_before: &BTreeSet<Scope>,
        now: Timestamp,
    ) -> Vec<(Subject, &'static str)> {
        let failing = self.failing.get_or_insert_default();
        let mut new = Vec::new();
        for (subject, fault) in current {
            if let Some(known) = failing.get_mut(subject) {
                known.quiet = None;
                known.recovery_delay = recovery_delay(fault);
                continue;
            }
            let begun = FailingSubject {
                since: now,
                recovery_delay: recovery_delay(fault),
                quiet: None,
            };
            failing.insert(subject.clone(), begun);
            let its_scope = Scope::Namespace(subject.namespace().clone());
            if !covered_before.contains(&Scope::Cluster) && !covered_before.contains(&its_scope) {
                continue;
            }
            new.push((subject.clone(), fault.finding.title()));
        }
        new
    }

    /// Subjects that have recovered, with the duration of the failure.
    fn recovered(
        &mut self,
        store: &Store,
        current: &BTreeMap<Subject, &Fault>,
        now: Timestamp,
    ) -> Vec<(Subject, String)> {
        let mut well = Vec::new();
        let mut unready = false;
        self.failing
            .get_or_insert_default()
            .retain(|subject, known| {
                if current.contains_key(subject) {
                    return true;
                }
                match readiness(store, subject) {
                    Readiness::Ready => {}
                    Readiness::NotReady => {
                        known.quiet = None;
                        unready = true;
                        return true;
                    }
                    Readiness::Gone => return false,
                }
                let quiet = *known.quiet.get_or_insert(now);
                if now.duration_since(quiet) < known.recovery_delay {
                    return true;
                }
                well.push((subject.clone(), age::age(known.since, quiet)));
                false
            });
        self.is_unready = unready;
        well
    }

    fn show(&mut self, text: String, health: PodHealth, now: Timestamp) {
        self.bell = Some(text.clone());
        self.shown = Some(Notice {
            text,
            health,
            until: Some(now + SHOWN),
        });
    }

    /// The next time at which a notice changes.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let shown = self.shown.as_ref().and_then(|notice| notice.until);
        let quiet = self.quiet_until().filter(|_| self.is_coverage_complete);
        shown.into_iter().chain(quiet).min()
    }

    /// When the next workload has not failed for long enough to be said to work again.
    fn quiet_until(&self) -> Option<Timestamp> {
        let failing = self.failing.iter().flat_map(BTreeMap::values);
        failing
            .filter_map(|known| Some(known.quiet? + known.recovery_delay))
            .min()
    }
}

fn recovery_delay(fault: &Fault) -> SignedDuration {
    if fault.finding.crashed { STEADY } else { QUIET }
}

/// The workloads that suffer; of Pods without one, the Pods.
fn subjects(fault: &Fault) -> impl Iterator<Item = Subject> {
    let bare = fault.workloads.is_empty();
    let pods = fault.pods.iter().filter(move |_| bare);
    let workloads = fault.workloads.iter().cloned().map(Subject::Workload);
    workloads.chain(pods.cloned().map(Subject::Pod))
}

/// Readiness of a subject that no longer fails.
enum Readiness {
    Ready,
    NotReady,
    /// It was deleted, or no Pods of it are wanted.
    Gone,
}

fn readiness(store: &Store, subject: &Subject) -> Readiness {
    let pods_are_ready = |pods: &[&Pod]| {
        let is_ready = |pod: &&Pod| {
            matches!(
                pod_status(pod).health,
                PodHealth::Healthy | PodHealth::Finished
            )
        };
        if pods.iter().all(is_ready) {
            Readiness::Ready
        } else {
            Readiness::NotReady
        }
    };
    match subject {
        Subject::Pod(key) => store
            .pod(key)
            .map_or(Readiness::Gone, |pod| pods_are_ready(&[&**pod])),
        Subject::Workload(id) => {
            let Some(workload) = store.workload(id) else {
                return Readiness::Gone;
            };
            let rollout = &workload.status;
            match id.kind {
                // A run has no number of Pods that have to be ready.
                WorkloadKind::Job | WorkloadKind::CronJob => {
                    let here = Scope::Namespace(id.key.namespace.clone());
                    let of_it = |pod: &&Arc<Pod>| {
                        store.workload_of(pod).is_some_and(|found| found.id == *id)
                    };
                    let pods: Vec<&Pod> =
                        store.pods(&here).filter(of_it).map(|pod| &**pod).collect();
                    pods_are_ready(&pods)
                }
                WorkloadKind::Deployment
                | WorkloadKind::ReplicaSet
                | WorkloadKind::StatefulSet
                | WorkloadKind::DaemonSet => match (rollout.desired, rollout.ready) {
                    (0, _) => Readiness::Gone,
                    (desired, ready)
                        if ready >= desired
                            && rollout.observed_generation >= rollout.generation =>
                    {
                        Readiness::Ready
                    }
                    _ => Readiness::NotReady,
                },
            }
        }
    }
}

fn subject_label(subject: &Subject) -> String {
    format!("{subject} in {}", subject.namespace())
}

fn more_suffix(count: usize) -> String {
    match count.saturating_sub(1) {
        0 => String::new(),
        others => format!(", and {others} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{node_cache::NodeCache, probe_cache::ProbeCache},
        domain::{
            fixtures::{key, now, pod, removed, running, upserted, waiting},
            k8s::{object_ref::Namespace, objects::ContainerStateTerminated},
            store::{
                update::StoreUpdate,
                watch::{WatchId, WatchState},
            },
        },
    };

    struct Stage {
        coverage: WatchCoverage,
        store: Store,
        diagnoses: DiagnosisCache,
        notices: Notices,
        now: Timestamp,
    }

    impl Stage {
        fn new() -> Self {
            let mut stage = Self {
                coverage: WatchCoverage::complete(),
                store: Store::default(),
                diagnoses: DiagnosisCache::default(),
                notices: Notices::default(),
                now: now(),
            };
            stage.pod("old", false);
            stage.look();
            stage
        }

        fn pod(&mut self, name: &str, runs: bool) {
            self.pod_in("shop", name, runs);
        }

        fn pod_in(&mut self, namespace: &str, name: &str, runs: bool) {
            let state = if runs {
                running()
            } else {
                waiting("ErrImagePull", "x:9: not found")
            };
            let batch = StoreUpdate::Pods(upserted(vec![pod(namespace, name, state)]));
            self.store.apply(batch, self.now);
        }

        fn look(&mut self) -> Option<String> {
            self.see(true)
        }

        fn see(&mut self, complete: bool) -> Option<String> {
            self.diagnoses.refresh(
                &self.store,
                &WatchCoverage::default(),
                &ProbeCache::default(),
                &NodeCache::default(),
                self.now,
            );
            self.notices.refresh(
                &self.store,
                &self.diagnoses,
                &self.coverage,
                complete,
                self.now,
            );
            self.notices.take_bell()
        }

        fn wait(&mut self, seconds: i64) {
            self.now += SignedDuration::from_secs(seconds);
        }
    }

    #[test]
    fn what_failed_before_is_no_news_and_what_begins_is() {
        let mut stage = Stage::new();
        assert_eq!(stage.look(), None);
        stage.pod("new", false);
        let told = stage.look().unwrap();
        assert!(told.starts_with("Pod/new in shop fails: "), "{told}");
        assert_eq!(stage.look(), None, "once");
        assert!(stage.notices.shown().is_some());
        stage.wait(12);
        stage.look();
        assert_eq!(stage.notices.shown(), None);
    }

    /// With `-n shop`, another namespace is watched only when it is looked at.
    #[test]
    fn what_comes_into_view_with_another_namespace_is_no_news() {
        let list = |namespace: &str| WatchId {
            kind: WatchKind::Pods,
            scope: Scope::Namespace(Namespace::new(namespace)),
        };
        let mut stage = Stage {
            coverage: WatchCoverage::default(),
            ..Stage::new()
        };
        stage.coverage.set_state(&list("shop"), &WatchState::Live);
        stage.look();
        stage.pod_in("pay", "old", false);
        stage.coverage.set_state(&list("pay"), &WatchState::Live);
        assert_eq!(stage.look(), None);
        stage.pod_in("pay", "new", false);
        let told = stage.look().unwrap();
        assert!(told.starts_with("Pod/new in pay fails: "), "{told}");
        // One in which nothing fails is seen, too.
        stage.coverage.set_state(&list("web"), &WatchState::Live);
        assert_eq!(stage.look(), None);
        stage.pod_in("web", "new", false);
        assert!(stage.look().is_some());
    }

    #[test]
    fn a_program_that_crashes_does_not_work_again_between_two_crashes() {
        let mut stage = Stage::new();
        let crash = || {
            let mut crashed = pod("shop", "job", waiting("CrashLoopBackOff", ""));
            crashed.containers[0].last_exit = Some(Box::new(ContainerStateTerminated {
                code: 1,
                reason: None,
                message: None,
                started: None,
                finished: None,
            }));
            StoreUpdate::Pods(upserted(vec![crashed]))
        };
        stage.store.apply(crash(), stage.now);
        assert!(stage.look().unwrap().starts_with("Pod/job in shop fails"));
        stage.pod("job", true);
        stage.look();
        stage.wait(300);
        assert_eq!(stage.look(), None);
        stage.store.apply(crash(), stage.now);
        assert_eq!(stage.look(), None, "it has been told");
        stage.pod("job", true);
        stage.look();
        stage.wait(600);
        assert!(stage.look().unwrap().contains("recovered after"));
    }

    #[test]
    fn recovery_is_told_when_it_lasts() {
        let mut stage = Stage::new();
        stage.pod("old", true);
        assert_eq!(stage.look(), None);
        assert_eq!(stage.notices.next_wakeup(), Some(stage.now + QUIET));
        stage.wait(3);
        stage.pod("old", false);
        assert_eq!(stage.look(), None, "it only looked well");
        stage.pod("old", true);
        stage.look();
        stage.wait(5);
        let told = stage.look().unwrap();
        assert!(told.contains("recovered after"), "{told}");
    }

    #[test]
    fn a_workload_works_again_when_all_its_pods_are_ready() {
        use crate::domain::fixtures::{owned, workload};
        let mut stage = Stage::new();
        let deployment = |ready| {
            let mut web = workload(WorkloadKind::Deployment, "shop", "web", None);
            (web.status.desired, web.status.ready) = (3, ready);
            StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![web]))
        };
        let set = workload(WorkloadKind::ReplicaSet, "shop", "web-1", Some("web"));
        let set = StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(vec![set]));
        let new = |state| {
            StoreUpdate::Pods(upserted(vec![owned(
                pod("shop", "web-1-x", state),
                "web-1",
            )]))
        };
        for batch in [
            deployment(0),
            set,
            new(waiting("ErrImagePull", "x:9: not found")),
        ] {
            stage.store.apply(batch, stage.now);
        }
        let told = stage.look().unwrap();
        assert!(told.starts_with("Deployment/web in shop fails"), "{told}");
        stage.store.apply(new(running()), stage.now);
        stage.store.apply(deployment(1), stage.now);
        stage.look();
        stage.wait(60);
        assert_eq!(stage.look(), None, "1 of 3 is ready");
        stage.store.apply(deployment(3), stage.now);
        assert_eq!(stage.look(), None);
        stage.wait(5);
        let told = stage.look().unwrap();
        assert!(
            told.starts_with("Deployment/web in shop recovered after"),
            "{told}"
        );
    }

    #[test]
    fn without_sight_nothing_is_waited_for() {
        let mut stage = Stage::new();
        stage.pod("old", true);
        stage.look();
        stage.wait(60);
        assert_eq!(stage.see(false), None);
        assert_eq!(
            stage.notices.next_wakeup(),
            None,
            "no frame would tell more"
        );
        assert!(stage.look().is_some());
    }

    #[test]
    fn what_is_deleted_has_not_recovered() {
        let mut stage = Stage::new();
        let batch = StoreUpdate::Pods(removed(vec![key("shop", "old")]));
        stage.store.apply(batch, stage.now);
        stage.look();
        stage.wait(5);
        assert_eq!(stage.look(), None);
    }
}
