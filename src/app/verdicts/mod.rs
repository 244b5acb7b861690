//! What is wrong with each failing Pod, worked out once and kept until something that it rests on has
//! changed; and the few faults behind all of them.

mod basis;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use self::basis::Basis;
use super::settled::{Answers, Question};
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

/// Judgements that one refresh makes at most: a frame must not wait for ten thousand of them.
const BUDGET: usize = 200;

/// The pause after which failing Pods are judged again because other Pods of their namespace have pulled
/// images: in a rollout that is so many times a second.
const PEERS: SignedDuration = SignedDuration::from_secs(5);

/// The judgement of one failing subject.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub finding: Finding,
    pub fault: FaultId,
    /// The workload of the subject; the subject itself where it has none.
    pub owner: Subject,
}

/// A judgement, and what it was made from.
#[derive(Debug)]
struct Kept {
    basis: Basis,
    /// `None` where nothing is to be said.
    verdict: Option<Verdict>,
    /// When the clock alone may change it.
    until: Option<Timestamp>,
}

impl Kept {
    /// Whether what was judged is still so.
    fn holds(&self, basis: &Basis, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until) && self.basis.holds(basis)
    }

    fn fault(&self) -> Option<&FaultId> {
        self.verdict.as_ref().map(|verdict| &verdict.fault)
    }
}

/// What every judgement rests on, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ground {
    specs: u64,
    sight: u64,
    answers: u64,
}

#[derive(Debug, Default)]
pub struct Verdicts {
    /// Boxed, so that looking for one does not walk over those of others.
    kept: BTreeMap<Subject, Box<Kept>>,
    /// Who suffers from each fault.
    suffer: BTreeMap<FaultId, BTreeSet<Subject>>,
    faults: Vec<Fault>,
    /// Where in `faults` the worst is that this is to blame for.
    blamed: BTreeMap<BlamedObject, usize>,
    /// Still to be looked at.
    open: BTreeSet<Subject>,
    /// Those that rest on the Secrets of all namespaces.
    wide: BTreeSet<Subject>,
    /// Of those Secrets and ServiceAccounts.
    wide_ground: (u64, u64),
    /// What is judged (again) at a moment, although nothing happens to it.
    due: BTreeSet<(Timestamp, Subject)>,
    /// Changes of what Pods have pulled, counted, and when those were looked at last.
    peers: (u64, Option<Timestamp>),
    /// How far what was touched has been read.
    read: u64,
    ground: Option<Ground>,
    sight: WatchCoverage,
    /// Changes of what can be seen.
    sights: u64,
    version: u64,
    members: u64,
    blames: u64,
}

impl Verdicts {
    pub fn of(&self, subject: &Subject) -> Option<&Verdict> {
        self.kept.get(subject)?.verdict.as_ref()
    }

    pub fn of_pod(&self, pod: &ObjectRef<Pod>) -> Option<&Verdict> {
        self.of(&Subject::Pod(pod.clone()))
    }

    /// The faults, those that matter most first.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub fn fault(&self, id: &FaultId) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.id == *id)
    }

    /// The worst fault that this Secret is to blame for.
    pub fn of_secret(&self, key: &ObjectRef<Secret>) -> Option<&Fault> {
        let blame = BlamedObject::Secret(key.namespace.clone(), key.name.to_string());
        self.faults.get(*self.blamed.get(&blame)?)
    }

    /// Grows whenever a subject suffers from another fault than before, or something new was said of it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Grows whenever a subject suffers from another fault than before.
    pub fn members(&self) -> u64 {
        self.members
    }

    /// Grows whenever another object is to blame, or for something else.
    pub fn blames(&self) -> u64 {
        self.blames
    }

    /// Grows whenever more, or less, can be seen of the cluster.
    pub fn sights(&self) -> u64 {
        self.sights
    }

    /// When something is to be judged although nothing happens to it.
    pub fn wake(&self, world: &Store) -> Option<Timestamp> {
        let due = self.due.first().map(|(at, _)| *at);
        let peers = (self.peers.0 != world.versions().pulled && !self.kept.is_empty())
            .then(|| self.peers.1.map(|at| at + PEERS));
        due.into_iter().chain(peers.flatten()).min()
    }

    /// Whether more is to be judged than one refresh may.
    pub fn unfinished(&self) -> bool {
        !self.open.is_empty()
    }

    /// How many of the failing Pods are diagnosed while that goes on, and of how many.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let is_pod = |subject: &&Subject| matches!(subject, Subject::Pod(_));
        let open = self.open.iter().filter(is_pod).count();
        let new = self.open.iter().filter(is_pod);
        let new = new.filter(|subject| !self.kept.contains_key(*subject));
        let all = self.kept.keys().filter(is_pod).count() + new.count();
        self.unfinished().then(|| (all - open, all))
    }

    /// Judges what has changed.
    pub fn refresh(
        &mut self,
        world: &Store,
        sight: &WatchCoverage,
        answers: &Answers,
        now: Timestamp,
    ) {
        if self.sight != *sight {
            self.sight = sight.clone();
            self.sights += 1;
        }
        self.open_what_changed(world, answers, now);
        self.open_what_is_due(now);
        self.open_peers(world, now);
        let mut stirred = BTreeSet::new();
        let (mut budget, mut news) = (BUDGET, false);
        while let Some(subject) = self.open.pop_first() {
            match basis::need(world, &subject, now) {
                Need::Now => {}
                need @ (Need::Never | Need::From(_)) => {
                    news |= self.forget(&subject, &mut stirred);
                    if let Need::From(at) = need {
                        self.due.insert((at, subject));
                    }
                    continue;
                }
            }
            let basis = Basis::of(world, &subject, self.sights, answers.version());
            let before = self.kept.get(&subject);
            if before.is_some_and(|kept| kept.holds(&basis, now)) {
                continue;
            }
            if budget == 0 {
                self.open.insert(subject);
                break;
            }
            budget -= 1;
            let (mut verdict, until) = judge(world, sight, answers, &subject, now);
            if let Some(verdict) = &mut verdict
                && let Some((known, _)) = self.suffer.get_key_value(&verdict.fault)
            {
                verdict.fault = known.clone();
            }
            let kept = Kept {
                basis,
                verdict,
                until,
            };
            news |= self.keep(subject, Box::new(kept), &mut stirred);
        }
        self.version += u64::from(news);
        if !stirred.is_empty() {
            self.count(world, &stirred);
        }
    }

    /// Forgets what need not be judged any more; whether something had been said of it.
    fn forget(&mut self, subject: &Subject, stirred: &mut BTreeSet<FaultId>) -> bool {
        self.wide.remove(subject);
        let Some(gone) = self.kept.remove(subject) else {
            return false;
        };
        self.leave(subject, gone.fault(), stirred);
        let was_said = gone.verdict.is_some();
        self.members += u64::from(was_said);
        was_said
    }

    fn open_what_is_due(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.due.first()
            && *at <= now
            && let Some((_, subject)) = self.due.pop_first()
        {
            self.open.insert(subject);
        }
    }

    /// What other Pods have pulled tells of the same image, and of the same registry.
    fn open_peers(&mut self, world: &Store, now: Timestamp) {
        let pulled = world.versions().pulled;
        if self.kept.is_empty() {
            // What is judged from now on is judged from that.
            self.peers.0 = pulled;
            return;
        }
        let (read, at) = self.peers;
        if pulled == read || at.is_some_and(|at| at <= now && now < at + PEERS) {
            return;
        }
        self.peers = (pulled, Some(now));
        let changed = self.kept.iter().filter(|(subject, kept)| {
            kept.basis.peers() != world.pulled_version(subject.namespace())
        });
        self.open
            .extend(changed.map(|(subject, _)| subject.clone()));
    }

    fn open_what_changed(&mut self, world: &Store, answers: &Answers, now: Timestamp) {
        let versions = world.versions();
        let ground = Ground {
            specs: versions.specs,
            sight: self.sights,
            answers: answers.version(),
        };
        let touched = world
            .touched_since(self.read)
            .filter(|_| self.ground == Some(ground));
        if let Some(touched) = touched {
            self.open.extend(touched.cloned());
            let wide_ground = (versions.secrets, versions.accounts);
            if self.wide_ground != wide_ground {
                self.open.extend(self.wide.iter().cloned());
                self.wide_ground = wide_ground;
            }
        } else {
            let gone = self.kept.keys();
            let gone = gone.filter(|it| basis::need(world, it, now) != Need::Now);
            self.open.extend(gone.cloned());
            let changed = basis::subjects(world).filter(|subject| {
                let kept = self.kept.get(subject);
                kept.is_none_or(|kept| {
                    let basis = Basis::of(world, subject, self.sights, answers.version());
                    !kept.holds(&basis, now)
                })
            });
            self.open.extend(changed);
        }
        self.read = world.touched_until();
        self.ground = Some(ground);
    }

    /// Puts a judgement in the place of the one before; whether it says something else.
    fn keep(&mut self, subject: Subject, kept: Box<Kept>, stirred: &mut BTreeSet<FaultId>) -> bool {
        if kept.basis.is_wide() {
            self.wide.insert(subject.clone());
        } else {
            self.wide.remove(&subject);
        }
        let is = kept.fault().cloned();
        let (since, owner, told) = (
            kept.basis.since(),
            kept.basis.owner.clone(),
            kept.basis.told,
        );
        if let Some(until) = kept.until {
            self.due.insert((until, subject.clone()));
        }
        let before = self.kept.insert(subject.clone(), kept);
        let was = before.as_ref().and_then(|before| before.fault().cloned());
        if was != is {
            self.leave(&subject, was.as_ref(), stirred);
            if let Some(id) = is {
                self.suffer.entry(id.clone()).or_default().insert(subject);
                stirred.insert(id);
            }
            self.members += 1;
            return true;
        }
        let Some((before, id)) = before.zip(is) else {
            return false;
        };
        let same_owner = before.basis.owner == owner;
        let of_others = before.basis.since() == since && same_owner;
        let example = self.suffer.get(&id).and_then(BTreeSet::first);
        if !of_others || example == Some(&subject) {
            stirred.insert(id);
        }
        !same_owner || before.basis.told != told
    }

    fn leave(
        &mut self,
        subject: &Subject,
        fault: Option<&FaultId>,
        stirred: &mut BTreeSet<FaultId>,
    ) {
        let Some(id) = fault else { return };
        if let Some(subjects) = self.suffer.get_mut(id) {
            subjects.remove(subject);
            if subjects.is_empty() {
                self.suffer.remove(id);
            }
        }
        stirred.insert(id.clone());
    }

    /// Counts those faults again that somebody has joined or left.
    fn count(&mut self, world: &Store, stirred: &BTreeSet<FaultId>) {
        let said = self.said_of_blamed();
        self.faults.retain(|fault| !stirred.contains(&fault.id));
        for id in stirred {
            let fault = self.fault_of(world, id);
            self.faults.extend(fault);
        }
        self.faults.sort_by_cached_key(Fault::rank);
        let places = self.faults.iter().enumerate().rev();
        self.blamed = places
            .map(|(place, fault)| (fault.id.blame.clone(), place))
            .collect();
        self.blames += u64::from(self.said_of_blamed() != said);
    }

    fn fault_of(&self, world: &Store, id: &FaultId) -> Option<Fault> {
        let subjects = self.suffer.get(id)?;
        let example = subjects.first()?;
        let finding = self.of(example)?.finding.clone();
        let mut fault = Fault::new(id.clone(), finding, example.clone());
        for subject in subjects {
            let since = self.kept.get(subject).and_then(|kept| kept.basis.since());
            fault.add(subject, owner(world, subject), since);
        }
        Some(fault)
    }

    fn said_of_blamed(&self) -> Vec<(BlamedObject, &'static str)> {
        let faults = self.blamed.iter();
        faults
            .filter_map(|(blame, place)| {
                let fault = self.faults.get(*place)?;
                Some((blame.clone(), fault.finding.title()))
            })
            .collect()
    }
}

/// Judges a subject; and when the clock alone may change that.
fn judge(
    world: &Store,
    sight: &WatchCoverage,
    answers: &Answers,
    subject: &Subject,
    now: Timestamp,
) -> (Option<Verdict>, Option<Timestamp>) {
    let (finding, until) = match subject {
        Subject::Pod(key) => {
            let Some(case) = context::pod_context(world, sight, key, now) else {
                return (None, None);
            };
            let mut finding = diagnose(&case).findings.into_iter().next();
            if let Some(finding) = &mut finding {
                settled(finding, &case, answers, now);
            }
            (finding, changes_at(&case))
        }
        Subject::Workload(id) => {
            let Some(workload) = world.workload(id) else {
                return (None, None);
            };
            let case = context::workload_context(world, sight, workload, now);
            let until = case.lost.as_deref().and_then(changes_at);
            (diagnostics::workload(&case), until)
        }
    };
    let owner = owner(world, subject);
    let verdict = finding.map(|finding| Verdict {
        fault: FaultId::from_finding(&finding, subject, owner),
        owner: owner.map_or_else(|| subject.clone(), |id| Subject::Workload(id.clone())),
        finding,
    });
    (verdict, until)
}

/// Adds what the registry has said about the image, if it was asked not long ago.
pub fn settled(finding: &mut Finding, case: &PodContext, answers: &Answers, now: Timestamp) {
    let question = finding
        .image
        .as_deref()
        .and_then(|image| Question::of(case, image));
    if let Some(said) = question
        .as_ref()
        .and_then(|question| answers.said(question, now))
    {
        diagnostics::apply_probe(finding, &said.verdict, said.by, said.at);
    }
}

/// The workload that a subject belongs to.
fn owner<'a>(world: &'a Store, subject: &Subject) -> Option<&'a WorkloadRef> {
    match subject {
        Subject::Pod(key) => world.workload_of(world.pod(key)?).map(|owner| &owner.id),
        Subject::Workload(_) => None,
    }
}
