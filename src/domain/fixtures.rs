//! Objects for tests: small ones to vary, and a sample store.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    k8s::{
        object_ref::{Key, Name, Namespace},
        objects::{
            Condition, Container, ContainerRole, ContainerState, Event, EventKind, EventSubject,
            Labels, Meta, NamespaceObject, Owner, Phase, Pod, PodCondition, PullPolicy, Revision,
            Rollout, Secret, SecretContent, SecretType, ServiceAccount, Workload, WorkloadKey,
            WorkloadKind,
        },
    },
    registry_auth::docker_config::{EntrySummary, Summary},
    store::{
        update::{Batch, Delta},
        watch::{Scope, SecretSlice},
    },
};

pub(crate) const IMAGE: &str = "registry.example/team/app:1";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub(crate) fn key<K>(namespace: &str, name: &str) -> Key<K> {
    Key::new(Namespace::new(namespace), Name::new(name))
}

pub(crate) fn meta(uid: &str) -> Meta {
    Meta {
        uid: uid.into(),
        resource_version: "1".into(),
        created: Some(ago(3 * 86_400)),
        deleting: None,
        labels: Labels::from([]),
        owner: None,
    }
}

pub(crate) fn container(name: &str, state: ContainerState) -> Container {
    Container {
        name: name.into(),
        role: ContainerRole::App,
        image: IMAGE.into(),
        image_id: None,
        policy: PullPolicy::Always,
        ready: matches!(state, ContainerState::Running { .. }),
        state,
        last_exit: None,
        started: None,
        restarts: 0,
    }
}

/// A Pod of one container in this state.
pub(crate) fn pod(namespace: &str, name: &str, state: ContainerState) -> Pod {
    let runs = matches!(state, ContainerState::Running { .. });
    Pod {
        key: key(namespace, name),
        meta: meta(name),
        service_account: Name::new("runner"),
        pull_secrets: Arc::from([Name::new("regcred")]),
        node: Some("node-1".into()),
        phase: if runs { Phase::Running } else { Phase::Pending },
        reason: None,
        message: None,
        containers: Box::new([container("app", state)]),
        image_volumes: Box::new([]),
        conditions: Box::new([
            condition(Condition::Scheduled, true),
            condition(Condition::Initialized, true),
            condition(Condition::Ready, runs),
        ]),
        started: Some(ago(600)),
    }
}

pub(crate) fn condition(condition: Condition, holds: bool) -> PodCondition {
    PodCondition::new(condition, holds, Some(ago(600)), None, None)
}

pub(crate) fn waiting(reason: &str, message: &str) -> ContainerState {
    ContainerState::Waiting {
        reason: reason.into(),
        message: (!message.is_empty()).then(|| message.into()),
    }
}

pub(crate) fn running() -> ContainerState {
    ContainerState::Running {
        since: Some(ago(500)),
    }
}

/// Made by a ReplicaSet of this name.
pub(crate) fn owned(mut pod: Pod, replica_set: &str) -> Pod {
    pod.meta.owner = Some(owner("ReplicaSet", replica_set).into());
    pod
}

fn owner(kind: &str, name: &str) -> Owner {
    Owner {
        kind: kind.into(),
        name: name.into(),
        uid: format!("uid-{kind}-{name}").into(),
    }
}

pub(crate) fn workload(
    kind: WorkloadKind,
    namespace: &str,
    name: &str,
    above: Option<&str>,
) -> Workload {
    Workload {
        id: WorkloadKey {
            kind,
            key: key(namespace, name),
        },
        meta: Meta {
            owner: above.map(|above| owner("Deployment", above).into()),
            ..meta(&format!("uid-{kind}-{name}"))
        },
        selector: Labels::from([]),
        service_account: Name::new("runner"),
        pull_secrets: Arc::from([]),
        images: Arc::from([("app".into(), IMAGE.into())]),
        rollout: Rollout::default(),
    }
}

/// Three Pods are wanted, and none of them is ready.
fn waiting_for_three(mut workload: Workload) -> Workload {
    workload.rollout = Rollout {
        desired: 3,
        current: 3,
        updated: 3,
        revision: Some(Revision {
            number: 4,
            since: None,
        }),
        ..Rollout::default()
    };
    workload
}

pub(crate) fn event(
    name: &str,
    about: &str,
    reason: &str,
    message: &str,
    count: u32,
    last: Timestamp,
) -> Event {
    let namespace = Namespace::new("shop");
    Event {
        key: Key::new(namespace.clone(), Name::new(name)),
        meta: meta(name),
        kind: if reason == "Failed" {
            EventKind::Warning
        } else {
            EventKind::Normal
        },
        reason: reason.into(),
        message: message.into(),
        subject: EventSubject {
            kind: "Pod".into(),
            namespace: Some(namespace),
            name: about.into(),
            uid: None,
            field: Some("spec.containers{app}".into()),
        },
        count,
        first: Some(ago(900)),
        last: Some(last),
        reporter: Some("kubelet".into()),
        host: None,
    }
}

pub(crate) fn secret(
    namespace: &str,
    name: &str,
    secret_type: SecretType,
    entries: &[(&str, &str)],
) -> Secret {
    let content = match secret_type {
        SecretType::Other(_) => SecretContent::NotTransferred,
        SecretType::DockerConfigJson | SecretType::DockerCfg => SecretContent::Read(Summary {
            entries: entries
                .iter()
                .map(|(server, user)| entry(server, user))
                .collect(),
            ..Summary::default()
        }),
    };
    Secret {
        key: key(namespace, name),
        meta: meta(name),
        secret_type,
        content,
        immutable: false,
        changed: None,
    }
}

/// The same Secret, its entries with these passwords, in their order. Fingerprints of one key can be
/// compared.
pub(crate) fn with_passwords(
    keys: &super::registry_auth::credential::FingerprintKey,
    mut secret: Secret,
    passwords: &[&str],
) -> Secret {
    if let SecretContent::Read(summary) = &mut secret.content {
        let mut entries = summary.entries.to_vec();
        for (entry, password) in entries.iter_mut().zip(passwords) {
            let user = entry.username.as_deref().unwrap_or_default();
            let password = super::registry_auth::credential::Password::new(*password);
            entry.fingerprint = Some(keys.fingerprint(user, &password));
        }
        summary.entries = entries.into();
    }
    secret
}

fn entry(server: &str, user: &str) -> EntrySummary {
    EntrySummary {
        server: server.into(),
        username: Some(user.into()),
        fingerprint: None,
        kind: super::registry_auth::credential::kind::CredentialKind::Password,
        expires: None,
        problems: Arc::from([]),
    }
}

pub(crate) fn account(namespace: &str, name: &str, secrets: &[&str]) -> ServiceAccount {
    ServiceAccount {
        key: key(namespace, name),
        meta: meta(name),
        pull_secrets: secrets.iter().map(|secret| Name::new(*secret)).collect(),
    }
}

pub(crate) fn namespace(name: &str) -> NamespaceObject {
    NamespaceObject {
        name: Namespace::new(name),
        meta: meta(name),
        terminating: false,
    }
}

pub(crate) fn changed<T, K>(objects: Vec<T>) -> Delta<T, K> {
    Delta {
        scope: Scope::Cluster,
        replace: false,
        changed: objects.into_iter().map(Arc::new).collect(),
        gone: Vec::new(),
    }
}

pub(crate) fn whole<T, K>(scope: Scope, objects: Vec<T>) -> Delta<T, K> {
    Delta {
        scope,
        replace: true,
        ..changed(objects)
    }
}

pub(crate) fn gone<T, K>(keys: Vec<K>) -> Delta<T, K> {
    Delta {
        gone: keys,
        ..changed(Vec::new())
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one company, told from top to bottom"
)]
pub(crate) fn company_batches() -> Vec<Batch> {
    let refused = format!("failed to pull and unpack image \"{IMAGE}\": 401 Unauthorized");
    let back_off = format!("Back-off pulling image \"{IMAGE}\"");
    let failing = waiting("ErrImagePull", &refused);
    let mut pods: Vec<Pod> = (0..3)
        .map(|n| {
            owned(
                pod("shop", &format!("checkout-5c9f-{n}"), failing.clone()),
                "checkout-5c9f",
            )
        })
        .collect();
    pods.push(pod("shop", "search-0", running()));
    pods.push(pod(
        "pay",
        "ledger-7d4b9-x2x5q",
        waiting(
            "CrashLoopBackOff",
            "back-off 5m0s restarting failed container",
        ),
    ));
    pods.push(pod(
        "platform",
        "proxy-abcde",
        waiting("ContainerCreating", ""),
    ));
    let json = SecretType::DockerConfigJson;
    vec![
        Batch::Namespaces(whole(
            Scope::Cluster,
            ["pay", "platform", "shop"].map(namespace).to_vec(),
        )),
        Batch::Secrets(
            SecretSlice::DockerConfigJson,
            whole(
                Scope::Cluster,
                vec![
                    secret(
                        "shop",
                        "regcred",
                        json.clone(),
                        &[("registry.example", "shop-bot")],
                    ),
                    secret(
                        "pay",
                        "hub",
                        json,
                        &[("https://index.docker.io/v1/", "acme")],
                    ),
                ],
            ),
        ),
        Batch::Secrets(SecretSlice::DockerCfg, whole(Scope::Cluster, Vec::new())),
        Batch::Secrets(
            SecretSlice::Other,
            whole(
                Scope::Cluster,
                vec![secret("pay", "opaque", SecretType::Other(None), &[])],
            ),
        ),
        Batch::ServiceAccounts(whole(
            Scope::Cluster,
            vec![
                account("shop", "default", &[]),
                account("shop", "runner", &["regcred"]),
                account("pay", "runner", &["opaque", "nowhere"]),
            ],
        )),
        Batch::Workloads(
            WorkloadKind::Deployment,
            whole(
                Scope::Cluster,
                vec![waiting_for_three(workload(
                    WorkloadKind::Deployment,
                    "shop",
                    "checkout",
                    None,
                ))],
            ),
        ),
        Batch::Workloads(
            WorkloadKind::ReplicaSet,
            whole(
                Scope::Cluster,
                vec![waiting_for_three(workload(
                    WorkloadKind::ReplicaSet,
                    "shop",
                    "checkout-5c9f",
                    Some("checkout"),
                ))],
            ),
        ),
        Batch::Pods(whole(Scope::Cluster, pods)),
        Batch::Events(whole(
            Scope::Cluster,
            vec![
                event(
                    "e1",
                    "checkout-5c9f-0",
                    "Failed",
                    &format!("Failed to pull image \"{IMAGE}\": {refused}"),
                    6,
                    ago(40),
                ),
                event("e2", "checkout-5c9f-0", "BackOff", &back_off, 21, ago(10)),
                event(
                    "e3",
                    "search-0",
                    "Pulled",
                    "Successfully pulled image in 3.1s",
                    1,
                    ago(500),
                ),
            ],
        )),
    ]
}

/// The company as a store.
pub(crate) fn company() -> super::store::World {
    let mut world = super::store::World::default();
    for batch in company_batches() {
        world.fold(batch, now());
    }
    world
}
