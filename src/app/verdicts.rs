//! What is wrong with each failing Pod, worked out once and kept until something that it rests on has
//! changed; and the few faults behind all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::settled::{Answers, Question};
use crate::domain::{
    chain::{self, Case},
    diagnose::{self, Finding, diagnose},
    faults::{Blame, Fault, FaultId, Subject},
    key::Key,
    objects::{Condition, Pod, Secret, Workload, WorkloadKey},
    pull_test,
    status::Health,
    watch::{Scope, Sight},
    world::{Versions, World},
};

/// Judgements that one refresh makes at most: a frame must not wait for ten thousand of them.
const BUDGET: usize = 400;

/// The judgement of one failing subject.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub finding: Finding,
    pub fault: FaultId,
}

/// A judgement, and what it was made from.
#[derive(Debug)]
struct Kept {
    basis: Basis,
    /// `None` where nothing is to be said.
    verdict: Option<Verdict>,
}

/// All that a judgement rests on, as far as it changes.
#[derive(Clone, Debug)]
struct Basis {
    pod: Option<Arc<Pod>>,
    workload: Option<Arc<Workload>>,
    /// The Pod's workload, and the generation of its spec: it may come to be known after the Pod.
    owner: Option<(WorkloadKey, i64)>,
    secrets: u64,
    accounts: u64,
    /// Registries have said so often something.
    answers: u64,
    /// Of the Pod's last error: events and statuses that named a cause.
    told: Option<Timestamp>,
}

impl Basis {
    fn holds(&self, other: &Self) -> bool {
        let same_pod = match (&self.pod, &other.pod) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let same_workload = match (&self.workload, &other.workload) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_pod
            && same_workload
            && self.owner == other.owner
            && self.secrets == other.secrets
            && self.accounts == other.accounts
            && self.answers == other.answers
            && self.told == other.told
    }
}

#[derive(Debug, Default)]
pub struct Verdicts {
    kept: BTreeMap<Subject, Kept>,
    faults: Vec<Fault>,
    /// Where in `faults` the worst is that this is to blame for.
    blamed: BTreeMap<Blame, usize>,
    made_from: Option<(Versions, Sight, u64)>,
    sight: Sight,
    /// Grows whenever a judgement changes, as the counts of the store do.
    version: u64,
    unfinished: bool,
}

impl Verdicts {
    pub fn of(&self, subject: &Subject) -> Option<&Verdict> {
        self.kept.get(subject)?.verdict.as_ref()
    }

    pub fn of_pod(&self, pod: &Key<Pod>) -> Option<&Verdict> {
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
    pub fn of_secret(&self, key: &Key<Secret>) -> Option<&Fault> {
        let blame = Blame::Secret(key.namespace.clone(), key.name.to_string());
        self.faults.get(*self.blamed.get(&blame)?)
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether more is to be judged than one refresh may.
    pub fn unfinished(&self) -> bool {
        self.unfinished
    }

    /// Judges what has changed.
    pub fn refresh(&mut self, world: &World, sight: &Sight, answers: &Answers, now: Timestamp) {
        let versions = Versions {
            namespaces: 0,
            ..world.versions()
        };
        let unchanged = self.made_from.as_ref().is_some_and(|(seen, saw, heard)| {
            *seen == versions && saw == sight && *heard == answers.version()
        });
        if unchanged && !self.unfinished {
            return;
        }
        if self.sight != *sight {
            self.kept.clear();
            self.sight = sight.clone();
        }
        let subjects = subjects(world);
        let before = self.kept.len();
        self.kept.retain(|subject, _| subjects.contains(subject));
        let mut changed = before != self.kept.len();
        let mut budget = BUDGET;
        for subject in subjects {
            let basis = Basis {
                answers: answers.version(),
                ..basis(world, &subject)
            };
            let fresh = self
                .kept
                .get(&subject)
                .is_some_and(|kept| kept.basis.holds(&basis));
            if fresh {
                continue;
            }
            if budget == 0 {
                break;
            }
            budget -= 1;
            changed = true;
            let verdict = judge(world, sight, answers, &subject, now);
            self.kept.insert(subject, Kept { basis, verdict });
        }
        self.unfinished = budget == 0;
        self.made_from = Some((versions, sight.clone(), answers.version()));
        if changed {
            self.version += 1;
            self.faults = faults(world, &self.kept);
            let places = self.faults.iter().enumerate().rev();
            self.blamed = places
                .map(|(place, fault)| (fault.id.blame.clone(), place))
                .collect();
        }
    }
}

fn subjects(world: &World) -> BTreeSet<Subject> {
    let pods = [Health::PullFailing, Health::Failing]
        .into_iter()
        .flat_map(|health| world.pods_in(health, &Scope::Cluster))
        // A pull test that fails is an answer and not a fault.
        .filter(|key| {
            !world
                .pod(key)
                .is_some_and(|pod| pull_test::is_of_a_test(pod))
        })
        .map(|key| Subject::Pod(key.clone()));
    let workloads = world
        .workloads()
        .filter(|workload| makes_no_pods(workload))
        .map(|workload| Subject::Workload(workload.id.clone()));
    pods.chain(workloads).collect()
}

/// What `diagnose::workload` has to say is about these; a ReplicaSet speaks for its Deployment.
fn makes_no_pods(workload: &Workload) -> bool {
    let rollout = &workload.rollout;
    rollout.desired > 0 && rollout.current == 0 && workload.meta.owner.is_none()
}

fn basis(world: &World, subject: &Subject) -> Basis {
    let versions = world.versions();
    let basis = Basis {
        pod: None,
        workload: None,
        owner: None,
        secrets: versions.secrets,
        accounts: versions.accounts,
        answers: 0,
        told: None,
    };
    match subject {
        Subject::Pod(key) => Basis {
            pod: world.pod(key).cloned(),
            owner: world
                .pod(key)
                .and_then(|pod| world.workload_of(pod))
                .map(|owner| (owner.id.clone(), owner.rollout.generation)),
            told: world.last_errors(key).iter().map(|error| error.seen).max(),
            ..basis
        },
        Subject::Workload(id) => Basis {
            workload: world.workload(id).cloned(),
            told: world
                .events_about(id.kind.as_str(), &id.key.namespace, id.key.name.as_str())
                .filter_map(|line| line.last)
                .max(),
            ..basis
        },
    }
}

fn judge(
    world: &World,
    sight: &Sight,
    answers: &Answers,
    subject: &Subject,
    now: Timestamp,
) -> Option<Verdict> {
    let finding = match subject {
        Subject::Pod(key) => {
            let case = chain::case(world, sight, key, now)?;
            let mut finding = diagnose(&case).findings.into_iter().next()?;
            settled(&mut finding, &case, answers, now);
            finding
        }
        Subject::Workload(id) => {
            let case = chain::workload_case(world, sight, world.workload(id)?, now);
            diagnose::workload(&case)?
        }
    };
    let fault = FaultId::of(&finding, subject, owner(world, subject));
    Some(Verdict { finding, fault })
}

/// Adds what the registry has said about the image, if it was asked not long ago.
pub fn settled(finding: &mut Finding, case: &Case, answers: &Answers, now: Timestamp) {
    let question = finding
        .image
        .as_deref()
        .and_then(|image| Question::of(case, image));
    if let Some(said) = question
        .as_ref()
        .and_then(|question| answers.said(question, now))
    {
        diagnose::settle(finding, &said.verdict, said.by, said.at);
    }
}

/// The workload that a subject belongs to.
fn owner<'a>(world: &'a World, subject: &Subject) -> Option<&'a WorkloadKey> {
    match subject {
        Subject::Pod(key) => world.workload_of(world.pod(key)?).map(|owner| &owner.id),
        Subject::Workload(_) => None,
    }
}

fn faults(world: &World, kept: &BTreeMap<Subject, Kept>) -> Vec<Fault> {
    let mut faults: BTreeMap<&FaultId, Fault> = BTreeMap::new();
    for (subject, kept) in kept {
        let Some(verdict) = &kept.verdict else {
            continue;
        };
        let fault = faults.entry(&verdict.fault).or_insert_with(|| {
            Fault::new(
                verdict.fault.clone(),
                verdict.finding.clone(),
                subject.clone(),
            )
        });
        fault.add(subject, owner(world, subject), since(kept));
    }
    let mut faults: Vec<Fault> = faults.into_values().collect();
    faults.sort_by_cached_key(Fault::rank);
    faults
}

/// Since when the subject has not been what it should be.
fn since(kept: &Kept) -> Option<Timestamp> {
    if let Some(pod) = &kept.basis.pod {
        let ready = pod.condition(Condition::Ready);
        let fell = ready
            .filter(|ready| !ready.holds)
            .and_then(|ready| ready.since);
        return fell.or(pod.meta.created);
    }
    kept.basis.workload.as_ref()?.meta.created
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        batch::Batch,
        objects::WorkloadKind,
        sample::{self, changed, now, owned, pod, waiting},
    };

    #[test]
    fn a_workload_that_comes_after_its_pods_still_counts_as_theirs() {
        let (mut world, mut verdicts) = (World::default(), Verdicts::default());
        let failing = owned(
            pod("shop", "web-1", waiting("ErrImagePull", "401 Unauthorized")),
            "web-5c9f",
        );
        world.fold(Batch::Pods(changed(vec![failing])), now());
        verdicts.refresh(&world, &Sight::full(), &Answers::default(), now());
        assert!(verdicts.faults()[0].workloads.is_empty());
        let version = verdicts.version();
        for (kind, name, above) in [
            (WorkloadKind::Deployment, "web", None),
            (WorkloadKind::ReplicaSet, "web-5c9f", Some("web")),
        ] {
            let workload = sample::workload(kind, "shop", name, above);
            world.fold(Batch::Workloads(kind, changed(vec![workload])), now());
        }
        verdicts.refresh(&world, &Sight::full(), &Answers::default(), now());
        let workloads = &verdicts.faults()[0].workloads;
        assert_eq!(workloads.first().unwrap().to_string(), "Deployment/web");
        assert!(verdicts.version() > version, "the panes hear of it");
    }
}
