//! Cache of diagnoses, computed once per failing subject, and the faults that group them.

mod cache_key;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use self::cache_key::{CacheKey, SharedVersions};
use super::{
    node_cache::NodeCache,
    probe_cache::{ProbeCache, ProbeQuery},
};
use crate::domain::{
    context::{self, PodContext},
    diagnostics::{
        self, Finding, Need, changes_at, diagnose,
        grouping::{BlamedObject, Fault, FaultId, Subject},
    },
    k8s::{
        object_ref::ObjectRef,
        objects::{Pod, Secret, WorkloadRef},
    },
    store::{Store, watch::WatchCoverage},
};

/// Maximum number of diagnoses per refresh: a frame must not wait for ten thousand of them.
const BUDGET: usize = 200;

/// The pause before failing Pods are diagnosed again because other Pods of their namespace have pulled images.
///
/// During a rollout that happens many times a second.
const PEERS: SignedDuration = SignedDuration::from_secs(5);

/// The cached diagnosis of one failing subject.
#[derive(Clone, Debug)]
pub struct CachedDiagnosis {
    pub finding: Finding,
    pub fault: FaultId,
    /// The workload of the subject; the subject itself where it has none.
    pub owner: Subject,
}

/// A cache entry with the key that it was computed for.
#[derive(Debug)]
struct CacheEntry {
    key: CacheKey,
    /// `None` where nothing is to be said.
    diagnosis: Option<CachedDiagnosis>,
    /// When the clock alone may change it.
    expires_at: Option<Timestamp>,
}

impl CacheEntry {
    /// Returns true if the diagnosis is still current.
    fn is_current(&self, basis: &CacheKey, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|until| now < until) && self.key.is_current(basis)
    }

    fn fault(&self) -> Option<&FaultId> {
        self.diagnosis.as_ref().map(|diagnosis| &diagnosis.fault)
    }
}

/// Versions of inputs that all diagnoses share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct GlobalVersions {
    specs: u64,
    shared: SharedVersions,
}

#[derive(Debug, Default)]
pub struct DiagnosisCache {
    /// Boxed, so that looking for one does not walk over those of others.
    entries: BTreeMap<Subject, Box<CacheEntry>>,
    /// Subjects by fault.
    subjects_by_fault: BTreeMap<FaultId, BTreeSet<Subject>>,
    faults: Vec<Fault>,
    /// Index of the worst fault caused by this object.
    worst_fault_by_object: BTreeMap<BlamedObject, usize>,
    /// Subjects to be diagnosed.
    pending: BTreeSet<Subject>,
    /// Diagnoses that depend on all namespaces' Secrets.
    cluster_wide: BTreeSet<Subject>,
    /// Of those Secrets and ServiceAccounts.
    cluster_versions: (u64, u64),
    /// Subjects to diagnose again at a time.
    scheduled: BTreeSet<(Timestamp, Subject)>,
    /// Changes of what Pods have pulled, counted, and when those were looked at last.
    peers: (u64, Option<Timestamp>),
    /// Read position in the store's change log.
    log_position: u64,
    global_versions: Option<GlobalVersions>,
    coverage: WatchCoverage,
    /// Version of the watch coverage.
    coverage_version: u64,
    version: u64,
    members_version: u64,
    culprits_version: u64,
}

impl DiagnosisCache {
    pub fn get(&self, subject: &Subject) -> Option<&CachedDiagnosis> {
        self.entries.get(subject)?.diagnosis.as_ref()
    }

    pub fn for_pod(&self, pod: &ObjectRef<Pod>) -> Option<&CachedDiagnosis> {
        self.get(&Subject::Pod(pod.clone()))
    }

    /// The faults, most important first.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub fn fault(&self, id: &FaultId) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.id == *id)
    }

    /// Returns the worst fault that this Secret causes.
    pub fn for_secret(&self, key: &ObjectRef<Secret>) -> Option<&Fault> {
        let blame = BlamedObject::Secret(key.namespace.clone(), key.name.to_string());
        self.faults.get(*self.worst_fault_by_object.get(&blame)?)
    }

    /// Version that grows when a subject gets another fault or new evidence.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Version that grows when a subject gets another fault.
    pub fn members_version(&self) -> u64 {
        self.members_version
    }

    /// Version that grows when a fault gets another object or reason to blame.
    pub fn culprits_version(&self) -> u64 {
        self.culprits_version
    }

    /// Version that grows when more, or less, of the cluster can be read.
    pub fn coverage_version(&self) -> u64 {
        self.coverage_version
    }

    /// The next time at which a diagnosis is due although no object changes.
    pub fn next_wakeup(&self, store: &Store) -> Option<Timestamp> {
        let due = self.scheduled.first().map(|(at, _)| *at);
        let peers = (self.peers.0 != store.versions().pulled && !self.entries.is_empty())
            .then(|| self.peers.1.map(|at| at + PEERS));
        due.into_iter().chain(peers.flatten()).min()
    }

    /// True if more is pending than one refresh may diagnose.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Number of diagnosed and of failing Pods while diagnosis is in progress.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let is_pod = |subject: &&Subject| matches!(subject, Subject::Pod(_));
        let open = self.pending.iter().filter(is_pod).count();
        let new = self.pending.iter().filter(is_pod);
        let new = new.filter(|subject| !self.entries.contains_key(*subject));
        let all = self.entries.keys().filter(is_pod).count() + new.count();
        self.has_pending().then(|| (all - open, all))
    }

    /// Diagnoses what has changed.
    pub fn refresh(
        &mut self,
        store: &Store,
        coverage: &WatchCoverage,
        probes: &ProbeCache,
        nodes: &NodeCache,
        now: Timestamp,
    ) {
        if self.coverage != *coverage {
            self.coverage = coverage.clone();
            self.coverage_version += 1;
        }
        self.queue_changed(store, probes, nodes, now);
        self.queue_scheduled(now);
        self.queue_peers(store, now);
        let mut stirred = BTreeSet::new();
        let (mut budget, mut news) = (BUDGET, false);
        while let Some(subject) = self.pending.pop_first() {
            match cache_key::need(store, &subject, now) {
                Need::Now => {}
                need @ (Need::Never | Need::From(_)) => {
                    news |= self.remove(&subject, &mut stirred);
                    if let Need::From(at) = need {
                        self.scheduled.insert((at, subject));
                    }
                    continue;
                }
            }
            let shared = self.shared_versions(probes, nodes);
            let basis = CacheKey::new(store, &subject, shared);
            let before = self.entries.get(&subject);
            if before.is_some_and(|kept| kept.is_current(&basis, now)) {
                continue;
            }
            if budget == 0 {
                self.pending.insert(subject);
                break;
            }
            budget -= 1;
            let (mut cached, until) =
                diagnose_subject(store, coverage, (probes, nodes), &subject, now);
            if let Some(cached) = &mut cached
                && let Some((known, _)) = self.subjects_by_fault.get_key_value(&cached.fault)
            {
                cached.fault = known.clone();
            }
            let kept = CacheEntry {
                key: basis,
                diagnosis: cached,
                expires_at: until,
            };
            news |= self.insert(subject, Box::new(kept), &mut stirred);
        }
        self.version += u64::from(news);
        if !stirred.is_empty() {
            self.recount(store, &stirred);
        }
    }

    /// Forgets what need not be judged any more; whether something had been said of it.
    fn remove(&mut self, subject: &Subject, stirred: &mut BTreeSet<FaultId>) -> bool {
        self.cluster_wide.remove(subject);
        let Some(gone) = self.entries.remove(subject) else {
            return false;
        };
        self.leave_fault(subject, gone.fault(), stirred);
        let was_said = gone.diagnosis.is_some();
        self.members_version += u64::from(was_said);
        was_said
    }

    fn queue_scheduled(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.scheduled.first()
            && *at <= now
            && let Some((_, subject)) = self.scheduled.pop_first()
        {
            self.pending.insert(subject);
        }
    }

    /// Queues Pods whose peers have pulled: a successful pull is evidence for the same image and registry.
    fn queue_peers(&mut self, store: &Store, now: Timestamp) {
        let pulled = store.versions().pulled;
        if self.entries.is_empty() {
            // What is diagnosed from now on is diagnosed from that.
            self.peers.0 = pulled;
            return;
        }
        let (read, at) = self.peers;
        if pulled == read || at.is_some_and(|at| at <= now && now < at + PEERS) {
            return;
        }
        self.peers = (pulled, Some(now));
        let changed = self.entries.iter().filter(|(subject, kept)| {
            kept.key.peers() != store.pulled_version(subject.namespace())
        });
        self.pending
            .extend(changed.map(|(subject, _)| subject.clone()));
    }

    fn shared_versions(&self, probes: &ProbeCache, nodes: &NodeCache) -> SharedVersions {
        SharedVersions {
            coverage: self.coverage_version,
            probes: probes.version(),
            nodes: nodes.version(),
        }
    }

    fn queue_changed(
        &mut self,
        store: &Store,
        probes: &ProbeCache,
        nodes: &NodeCache,
        now: Timestamp,
    ) {
        let versions = store.versions();
        let shared = self.shared_versions(probes, nodes);
        let ground = GlobalVersions {
            specs: versions.specs,
            shared,
        };
        let touched = store
            .touched_since(self.log_position)
            .filter(|_| self.global_versions == Some(ground));
        if let Some(touched) = touched {
            self.pending.extend(touched.cloned());
            let wide_ground = (versions.secrets, versions.accounts);
            if self.cluster_versions != wide_ground {
                self.pending.extend(self.cluster_wide.iter().cloned());
                self.cluster_versions = wide_ground;
            }
        } else {
            let gone = self.entries.keys();
            let gone = gone.filter(|it| cache_key::need(store, it, now) != Need::Now);
            self.pending.extend(gone.cloned());
            let changed = cache_key::subjects(store).filter(|subject| {
                let kept = self.entries.get(subject);
                kept.is_none_or(|kept| {
                    let basis = CacheKey::new(store, subject, shared);
                    !kept.is_current(&basis, now)
                })
            });
            self.pending.extend(changed);
        }
        self.log_position = store.touched_until();
        self.global_versions = Some(ground);
    }

    /// Puts a judgement in the place of the one before; whether it says something else.
    fn insert(
        &mut self,
        subject: Subject,
        kept: Box<CacheEntry>,
        stirred: &mut BTreeSet<FaultId>,
    ) -> bool {
        if kept.key.depends_on_all_namespaces() {
            self.cluster_wide.insert(subject.clone());
        } else {
            self.cluster_wide.remove(&subject);
        }
        let is = kept.fault().cloned();
        let (since, owner, told) = (
            kept.key.failing_since(),
            kept.key.owner.clone(),
            kept.key.last_error_at,
        );
        if let Some(until) = kept.expires_at {
            self.scheduled.insert((until, subject.clone()));
        }
        let before = self.entries.insert(subject.clone(), kept);
        let was = before.as_ref().and_then(|before| before.fault().cloned());
        if was != is {
            self.leave_fault(&subject, was.as_ref(), stirred);
            if let Some(id) = is {
                self.subjects_by_fault
                    .entry(id.clone())
                    .or_default()
                    .insert(subject);
                stirred.insert(id);
            }
            self.members_version += 1;
            return true;
        }
        let Some((before, id)) = before.zip(is) else {
            return false;
        };
        let same_owner = before.key.owner == owner;
        let of_others = before.key.failing_since() == since && same_owner;
        let example = self.subjects_by_fault.get(&id).and_then(BTreeSet::first);
        if !of_others || example == Some(&subject) {
            stirred.insert(id);
        }
        !same_owner || before.key.last_error_at != told
    }

    fn leave_fault(
        &mut self,
        subject: &Subject,
        fault: Option<&FaultId>,
        stirred: &mut BTreeSet<FaultId>,
    ) {
        let Some(id) = fault else { return };
        if let Some(subjects) = self.subjects_by_fault.get_mut(id) {
            subjects.remove(subject);
            if subjects.is_empty() {
                self.subjects_by_fault.remove(id);
            }
        }
        stirred.insert(id.clone());
    }

    /// Recomputes the faults whose subjects have changed.
    fn recount(&mut self, store: &Store, stirred: &BTreeSet<FaultId>) {
        let said = self.blame_summaries();
        self.faults.retain(|fault| !stirred.contains(&fault.id));
        for id in stirred {
            let fault = self.build_fault(store, id);
            self.faults.extend(fault);
        }
        self.faults.sort_by_cached_key(Fault::rank);
        let places = self.faults.iter().enumerate().rev();
        self.worst_fault_by_object = places
            .map(|(place, fault)| (fault.id.blame.clone(), place))
            .collect();
        self.culprits_version += u64::from(self.blame_summaries() != said);
    }

    fn build_fault(&self, store: &Store, id: &FaultId) -> Option<Fault> {
        let subjects = self.subjects_by_fault.get(id)?;
        let example = subjects.first()?;
        let finding = self.get(example)?.finding.clone();
        let mut fault = Fault::new(id.clone(), finding, example.clone());
        for subject in subjects {
            let since = self
                .entries
                .get(subject)
                .and_then(|kept| kept.key.failing_since());
            fault.add(subject, owner(store, subject), since);
        }
        Some(fault)
    }

    fn blame_summaries(&self) -> Vec<(BlamedObject, &'static str)> {
        let faults = self.worst_fault_by_object.iter();
        faults
            .filter_map(|(blame, place)| {
                let fault = self.faults.get(*place)?;
                Some((blame.clone(), fault.finding.title()))
            })
            .collect()
    }
}

/// Diagnoses a subject; also returns when time alone may change the result.
fn diagnose_subject(
    store: &Store,
    coverage: &WatchCoverage,
    (probes, nodes): (&ProbeCache, &NodeCache),
    subject: &Subject,
    now: Timestamp,
) -> (Option<CachedDiagnosis>, Option<Timestamp>) {
    let (finding, until) = match subject {
        Subject::Pod(key) => {
            let Some(context) = context::pod_context(store, coverage, key, now) else {
                return (None, None);
            };
            let mut finding = diagnose(&context).findings.into_iter().next();
            if let Some(finding) = &mut finding {
                add_probe_evidence(finding, &context, probes, now);
                nodes.knowledge(&context).apply(finding, &context);
            }
            (finding, changes_at(&context))
        }
        Subject::Workload(id) => {
            let Some(workload) = store.workload(id) else {
                return (None, None);
            };
            let context = context::workload_context(store, coverage, workload, now);
            let until = context.lost.as_deref().and_then(changes_at);
            (diagnostics::workload(&context), until)
        }
    };
    let owner = owner(store, subject);
    let cached = finding.map(|finding| CachedDiagnosis {
        fault: FaultId::from_finding(&finding, subject, owner),
        owner: owner.map_or_else(|| subject.clone(), |id| Subject::Workload(id.clone())),
        finding,
    });
    (cached, until)
}

/// Adds recent registry probes of the image and of the suggested image as evidence.
pub fn add_probe_evidence(
    finding: &mut Finding,
    context: &PodContext,
    probes: &ProbeCache,
    now: Timestamp,
) {
    let query = finding
        .image
        .as_deref()
        .and_then(|image| ProbeQuery::for_pod(context, image));
    if let Some(said) = query.as_ref().and_then(|query| probes.recent(query, now)) {
        diagnostics::apply_probe(finding, &said.conclusion, said.source, said.at);
    }
    let query = ProbeQuery::for_attachable(context, finding);
    if let Some(said) = query.as_ref().and_then(|query| probes.recent(query, now)) {
        diagnostics::apply_attach_probe(finding, &said.conclusion, said.at);
    }
    let suggested = finding.fix_context.suggested_image.as_deref();
    let query = suggested.and_then(|image| ProbeQuery::for_pod(context, image));
    if let Some(said) = query.as_ref().and_then(|query| probes.recent(query, now)) {
        diagnostics::apply_suggestion_probe(finding, &said.conclusion, said.at);
    }
}

/// The workload that a subject belongs to.
fn owner<'a>(store: &'a Store, subject: &Subject) -> Option<&'a WorkloadRef> {
    match subject {
        Subject::Pod(key) => store.workload_of(store.pod(key)?).map(|owner| &owner.id),
        Subject::Workload(_) => None,
    }
}
