//! Judging what changed, against judging all.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    batch::Batch,
    objects::{SecretType, WorkloadKind},
    sample::{self, changed, now, owned, pod, waiting},
    watch::SecretSlice,
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

#[test]
fn two_registries_of_one_service_account_are_two_faults() {
    let (mut world, mut verdicts) = (World::default(), Verdicts::default());
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
    world.fold(Batch::Pods(changed(pods.to_vec())), now());
    let account = sample::account("shop", "runner", &[]);
    world.fold(Batch::ServiceAccounts(changed(vec![account])), now());
    verdicts.refresh(&world, &Sight::full(), &Answers::default(), now());
    let mut places: Vec<(String, usize)> = verdicts
        .faults()
        .iter()
        .map(|fault| (fault.id.place(), fault.pods.len()))
        .collect();
    places.sort();
    let place = |host: &str| format!("ServiceAccount shop/runner for {host}");
    assert_eq!(places, [(place("ghcr.io"), 1), (place("r.example"), 2)]);
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

fn happen(world: &mut World, what: &Happening, at: Timestamp) {
    let place = |pod: u8| (["shop", "pay"][usize::from(pod % 2)], format!("web-{pod}"));
    let batch = match what {
        Happening::Look => return,
        Happening::Pod(number, state) => {
            let (namespace, name) = place(*number);
            let state = match state {
                0 | 1 => sample::running(),
                2 => waiting("ErrImagePull", "401 Unauthorized"),
                3 => waiting("ImagePullBackOff", ""),
                _ => waiting("CrashLoopBackOff", ""),
            };
            let set = ["a", "b"][usize::from(number % 4 / 2)];
            Batch::Pods(changed(vec![owned(pod(namespace, &name, state), set)]))
        }
        Happening::PodGone(number) => {
            let (namespace, name) = place(*number);
            Batch::Pods(sample::gone(vec![sample::key(namespace, &name)]))
        }
        Happening::Secret(number, there) => {
            let (namespace, name) =
                [("shop", "regcred"), ("pay", "regcred"), ("web", "regcred")][usize::from(*number)];
            let key = sample::key(namespace, name);
            let slice = SecretSlice::DockerConfigJson;
            let secret = sample::secret(
                namespace,
                name,
                SecretType::DockerConfigJson,
                &[("registry.example", "jane")],
            );
            Batch::Secrets(
                slice,
                if *there {
                    changed(vec![secret])
                } else {
                    sample::gone(vec![key])
                },
            )
        }
        Happening::Workload(number, generation) => {
            let name = ["a", "b"][usize::from(*number)];
            let kind = WorkloadKind::ReplicaSet;
            let mut set = sample::workload(kind, "shop", name, None);
            set.rollout.generation = *generation;
            set.rollout.desired = 2;
            Batch::Workloads(kind, changed(vec![set]))
        }
        Happening::Event(number, cause) => {
            let (_, name) = place(*number);
            let message = if *cause { "x: not found" } else { "Back-off" };
            let event = sample::event(&format!("{name}.{cause}"), &name, "Failed", message, 1, at);
            Batch::Events(changed(vec![event]))
        }
    };
    world.fold(batch, at);
}

proptest! {
    /// However it came about, what is known of a cluster is what one look at it tells.
    #[test]
    fn judging_what_changed_is_judging_all(
        happenings in proptest::collection::vec(happening(), 1..60),
    ) {
        let (mut world, mut kept) = (World::default(), Verdicts::default());
        let (sight, answers) = (Sight::full(), Answers::default());
        for (second, what) in (0_i64..).zip(&happenings) {
            let at = now() + jiff::SignedDuration::from_secs(second);
            happen(&mut world, what, at);
            if !matches!(what, Happening::Look) {
                continue;
            }
            kept.refresh(&world, &sight, &answers, at);
            let mut fresh = Verdicts::default();
            fresh.refresh(&world, &sight, &answers, at);
            let told = |verdicts: &Verdicts| -> Vec<String> {
                let faults = verdicts.faults().iter();
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
            prop_assert!(!kept.unfinished());
        }
    }
}
