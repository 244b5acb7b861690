//! Judging what changed, against judging all.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    diagnostics::classify::Confidence,
    fixtures::{self, now, owned, pod, upserted, waiting},
    k8s::objects::{SecretType, WorkloadKind},
    store::{update::StoreUpdate, watch::SecretWatch},
};

#[test]
fn a_workload_that_comes_after_its_pods_still_counts_as_theirs() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let failing = owned(
        pod("shop", "web-1", waiting("ErrImagePull", "401 Unauthorized")),
        "web-5c9f",
    );
    store.apply(StoreUpdate::Pods(upserted(vec![failing])), now());
    diagnoses.refresh(
        &store,
        &WatchCoverage::complete(),
        &ProbeCache::default(),
        &NodeCache::default(),
        now(),
    );
    assert!(diagnoses.faults()[0].workloads.is_empty());
    let version = diagnoses.version();
    for (kind, name, above) in [
        (WorkloadKind::Deployment, "web", None),
        (WorkloadKind::ReplicaSet, "web-5c9f", Some("web")),
    ] {
        let workload = fixtures::workload(kind, "shop", name, above);
        store.apply(
            StoreUpdate::Workloads(kind, upserted(vec![workload])),
            now(),
        );
    }
    diagnoses.refresh(
        &store,
        &WatchCoverage::complete(),
        &ProbeCache::default(),
        &NodeCache::default(),
        now(),
    );
    let workloads = &diagnoses.faults()[0].workloads;
    assert_eq!(workloads.first().unwrap().to_string(), "Deployment/web");
    assert!(diagnoses.version() > version, "the panes hear of it");
}

#[test]
fn two_registries_of_one_service_account_are_two_faults() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let pods = [
        ("ghcr", "ghcr.io"),
        ("own", "r.example"),
        ("two", "r.example"),
    ];
    let pods = pods.map(|(name, host)| {
        let image = format!("{host}/team/app:1");
        let message = format!("failed to pull image \"{image}\": no basic auth credentials");
        let mut pod = pod("shop", name, waiting("ErrImagePull", &message));
        pod.pull_secrets = [].into();
        pod.containers[0].image = image.as_str().into();
        pod
    });
    store.apply(StoreUpdate::Pods(upserted(pods.to_vec())), now());
    let account = fixtures::account("shop", "runner", &[]);
    store.apply(StoreUpdate::ServiceAccounts(upserted(vec![account])), now());
    diagnoses.refresh(
        &store,
        &WatchCoverage::complete(),
        &ProbeCache::default(),
        &NodeCache::default(),
        now(),
    );
    let mut places: Vec<(String, usize)> = diagnoses
        .faults()
        .iter()
        .map(|fault| (fault.id.object_label(), fault.pods.len()))
        .collect();
    places.sort();
    let place = |host: &str| format!("ServiceAccount shop/runner for {host}");
    assert_eq!(places, [(place("ghcr.io"), 1), (place("r.example"), 2)]);
}

#[test]
fn time_alone_makes_a_fault_of_a_silent_pull() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let pulls = pod("shop", "web-1", waiting("ContainerCreating", ""));
    let told = fixtures::event("e1", "web-1", "Pulling", "Pulling image \"a\"", 1, now());
    store.apply(StoreUpdate::Pods(upserted(vec![pulls])), now());
    store.apply(StoreUpdate::Events(upserted(vec![told])), now());
    let at = |seconds| now() + jiff::SignedDuration::from_secs(seconds);
    let mut refresh = |seconds| {
        diagnoses.refresh(
            &store,
            &WatchCoverage::complete(),
            &ProbeCache::default(),
            &NodeCache::default(),
            at(seconds),
        );
        (diagnoses.faults().len(), diagnoses.next_wakeup(&store))
    };
    assert_eq!(refresh(1), (0, Some(at(120))));
    assert_eq!(refresh(119), (0, Some(at(120))));
    assert_eq!(refresh(120).0, 1);
}

#[test]
fn a_first_refusal_is_judged_again_by_the_clock() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let refused = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 401 Unauthorized";
    let mut failing = pod("shop", "web-1", waiting("ErrImagePull", refused));
    failing.started = Some(now());
    let key = failing.key.clone();
    let text = format!("Failed to pull image \"{}\": {refused}", fixtures::IMAGE);
    let told = fixtures::event("e1", "web-1", "Failed", &text, 1, now());
    let entries = [("registry.example", "bot")];
    let secret = fixtures::secret("shop", "regcred", SecretType::DockerConfigJson, &entries);
    let slice = SecretWatch::DockerConfigJson;
    store.apply(StoreUpdate::Secrets(slice, upserted(vec![secret])), now());
    store.apply(StoreUpdate::Pods(upserted(vec![failing])), now());
    store.apply(StoreUpdate::Events(upserted(vec![told])), now());
    let mut confidence = |seconds| {
        let at = now() + jiff::SignedDuration::from_secs(seconds);
        diagnoses.refresh(
            &store,
            &WatchCoverage::complete(),
            &ProbeCache::default(),
            &NodeCache::default(),
            at,
        );
        diagnoses.for_pod(&key).unwrap().finding.confidence
    };
    assert_eq!(confidence(5), Confidence::Likely, "it was one attempt");
    assert_eq!(confidence(40), Confidence::Certain);
}

#[test]
fn what_another_pod_pulls_is_taken_in() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let failing = pod("shop", "web-1", waiting("ErrImagePull", "no such host"));
    let key = failing.key.clone();
    let mut other = pod("shop", "web-2", waiting("ContainerCreating", ""));
    other.node = Some("node-2".into());
    store.apply(
        StoreUpdate::Pods(upserted(vec![failing, other.clone()])),
        now(),
    );
    let at = |seconds| now() + jiff::SignedDuration::from_secs(seconds);
    let mut told = |store: &Store, seconds| {
        diagnoses.refresh(
            store,
            &WatchCoverage::complete(),
            &ProbeCache::default(),
            &NodeCache::default(),
            at(seconds),
        );
        let finding = &diagnoses.for_pod(&key).unwrap().finding;
        let facts = finding.evidence.iter().map(|it| it.fact.to_string());
        let is_told = facts
            .into_iter()
            .any(|fact| fact.contains("Pod web-2 pulled the same image"));
        (is_told, diagnoses.next_wakeup(store))
    };
    assert!(!told(&store, 1).0);
    other.containers[0].state = fixtures::running();
    store.apply(StoreUpdate::Pods(upserted(vec![other.clone()])), at(2));
    assert!(told(&store, 2).0);
    other.containers[0].state = waiting("ContainerCreating", "");
    store.apply(StoreUpdate::Pods(upserted(vec![other])), at(3));
    assert_eq!(told(&store, 3), (true, Some(at(7))), "not again at once");
    assert!(!told(&store, 7).0);
}

#[test]
fn what_a_job_says_is_told_of_its_cron_job() {
    let (mut store, mut diagnoses) = (Store::default(), DiagnosisCache::default());
    let cron = fixtures::workload(WorkloadKind::CronJob, "shop", "report", None);
    let mut job = fixtures::workload(WorkloadKind::Job, "shop", "report-1", None);
    job.status.desired = 1;
    job.meta.owner = Some(std::sync::Arc::new(
        crate::domain::k8s::objects::OwnerReference {
            kind: "CronJob".into(),
            name: "report".into(),
            uid: std::sync::Arc::clone(&cron.meta.uid),
        },
    ));
    let text = "Error creating: pods \"report-1-\" is forbidden: error looking up service account shop/runner: serviceaccount \"runner\" not found";
    let mut refused = fixtures::event("e1", "report-1", "FailedCreate", text, 3, now());
    refused.regarding.kind = "Job".into();
    store.apply(
        StoreUpdate::Workloads(WorkloadKind::CronJob, upserted(vec![cron])),
        now(),
    );
    let mut faults = |store: &Store| {
        diagnoses.refresh(
            store,
            &WatchCoverage::complete(),
            &ProbeCache::default(),
            &NodeCache::default(),
            now(),
        );
        diagnoses.faults().len()
    };
    assert_eq!(faults(&store), 0);
    store.apply(
        StoreUpdate::Workloads(WorkloadKind::Job, upserted(vec![job])),
        now(),
    );
    assert_eq!(faults(&store), 0);
    store.apply(StoreUpdate::Events(upserted(vec![refused])), now());
    assert_eq!(faults(&store), 1);
    let account = fixtures::account("shop", "runner", &[]);
    store.apply(StoreUpdate::ServiceAccounts(upserted(vec![account])), now());
    assert_eq!(faults(&store), 0, "the ServiceAccount is there now");
}

/// One thing that happens in a cluster.
#[derive(Clone, Debug)]
enum Happening {
    Pod(u8, u8),
    PodGone(u8),
    Secret(u8, bool),
    Workload(u8, i64),
    Event(u8, bool),
    Look,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (0_u8..8, 0_u8..5).prop_map(|(pod, state)| Happening::Pod(pod, state)),
        (0_u8..8).prop_map(Happening::PodGone),
        (0_u8..3, any::<bool>()).prop_map(|(secret, there)| Happening::Secret(secret, there)),
        (0_u8..2, 0_i64..3).prop_map(|(set, generation)| Happening::Workload(set, generation)),
        (0_u8..8, any::<bool>()).prop_map(|(pod, cause)| Happening::Event(pod, cause)),
        Just(Happening::Look),
    ]
}

fn happen(store: &mut Store, what: &Happening, at: Timestamp) {
    let place = |pod: u8| (["shop", "pay"][usize::from(pod % 2)], format!("web-{pod}"));
    let batch = match what {
        Happening::Look => return,
        Happening::Pod(number, state) => {
            let (namespace, name) = place(*number);
            let state = match state {
                0 | 1 => fixtures::running(),
                2 => waiting("ErrImagePull", "401 Unauthorized"),
                3 => waiting("ImagePullBackOff", ""),
                _ => waiting("CrashLoopBackOff", ""),
            };
            let set = ["a", "b"][usize::from(number % 4 / 2)];
            StoreUpdate::Pods(upserted(vec![owned(pod(namespace, &name, state), set)]))
        }
        Happening::PodGone(number) => {
            let (namespace, name) = place(*number);
            StoreUpdate::Pods(fixtures::removed(vec![fixtures::key(namespace, &name)]))
        }
        Happening::Secret(number, there) => {
            let (namespace, name) =
                [("shop", "regcred"), ("pay", "regcred"), ("web", "regcred")][usize::from(*number)];
            let key = fixtures::key(namespace, name);
            let slice = SecretWatch::DockerConfigJson;
            let secret = fixtures::secret(
                namespace,
                name,
                SecretType::DockerConfigJson,
                &[("registry.example", "jane")],
            );
            StoreUpdate::Secrets(
                slice,
                if *there {
                    upserted(vec![secret])
                } else {
                    fixtures::removed(vec![key])
                },
            )
        }
        Happening::Workload(number, generation) => {
            let name = ["a", "b"][usize::from(*number)];
            let kind = WorkloadKind::ReplicaSet;
            let mut set = fixtures::workload(kind, "shop", name, None);
            set.status.generation = *generation;
            set.status.desired = 2;
            StoreUpdate::Workloads(kind, upserted(vec![set]))
        }
        Happening::Event(number, cause) => {
            let (_, name) = place(*number);
            let message = if *cause { "x: not found" } else { "Back-off" };
            let event =
                fixtures::event(&format!("{name}.{cause}"), &name, "Failed", message, 1, at);
            StoreUpdate::Events(upserted(vec![event]))
        }
    };
    store.apply(batch, at);
}

proptest! {
    /// However it came about, what is known of a cluster is what one look at it tells.
    #[test]
    fn judging_what_changed_is_judging_all(
        happenings in proptest::collection::vec(happening(), 1..60),
    ) {
        let (mut store, mut kept) = (Store::default(), DiagnosisCache::default());
        let (sight, answers) = (WatchCoverage::complete(), ProbeCache::default());
        for (second, what) in (0_i64..).zip(&happenings) {
            // Longer than what other Pods have pulled is left alone.
            let at = now() + PEERS * i32::try_from(second).unwrap();
            happen(&mut store, what, at);
            if !matches!(what, Happening::Look) {
                continue;
            }
            kept.refresh(&store, &sight, &answers, &NodeCache::default(), at);
            let mut fresh = DiagnosisCache::default();
            fresh.refresh(&store, &sight, &answers, &NodeCache::default(), at);
            let told = |diagnoses: &DiagnosisCache| -> Vec<String> {
                let faults = diagnoses.faults().iter();
                faults
                    .map(|fault| {
                        format!(
                            "{:?} {:?} {:?} {:?} {}",
                            fault.id, fault.pods, fault.workloads, fault.since,
                            fault.finding.title()
                        )
                    })
                    .collect()
            };
            prop_assert_eq!(told(&kept), told(&fresh));
            prop_assert!(!kept.has_pending());
        }
    }
}
