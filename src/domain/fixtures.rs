//! Objects for tests: small ones to vary, and a sample store.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{
            Container, ContainerRole, ContainerState, Event, EventKind, Labels, NamespaceObject,
            ObjectMeta, ObjectReference, OwnerReference, Phase, Pod, PodCondition,
            PodConditionType, PullPolicy, Revision, Secret, SecretContent, SecretType,
            ServiceAccount, Workload, WorkloadKind, WorkloadRef, WorkloadStatus,
        },
    },
    registry_auth::docker_config::{AuthSummary, DockerConfigSummary},
    store::{
        update::{Delta, StoreUpdate},
        watch::{Scope, SecretWatch},
    },
};

pub(crate) const IMAGE: &str = "registry.example/team/app:1";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn seconds_ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub(crate) fn key<K>(namespace: &str, name: &str) -> ObjectRef<K> {
    ObjectRef::new(Namespace::new(namespace), Name::new(name))
}

pub(crate) fn meta(uid: &str) -> ObjectMeta {
    ObjectMeta {
        uid: uid.into(),
        resource_version: "1".into(),
        created: Some(seconds_ago(3 * 86_400)),
        deleting: None,
        labels: Labels::from([]),
        manager_annotations: Box::default(),
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

/// A Pod with one container in this state.
pub(crate) fn pod(namespace: &str, name: &str, state: ContainerState) -> Pod {
    let runs = matches!(state, ContainerState::Running { .. });
    Pod {
        key: key(namespace, name),
        meta: meta(name),
        service_account: Name::new("runner"),
        pull_secrets: Arc::from([Name::new("regcred")]),
        has_unnamed_pull_secret: false,
        node: Some("node-1".into()),
        phase: if runs { Phase::Running } else { Phase::Pending },
        reason: None,
        message: None,
        containers: Box::new([container("app", state)]),
        image_volumes: Box::new([]),
        scheduling_gates: Box::new([]),
        conditions: Box::new([
            condition(PodConditionType::Scheduled, true),
            condition(PodConditionType::Initialized, true),
            condition(PodConditionType::Ready, runs),
        ]),
        started: Some(seconds_ago(600)),
    }
}

pub(crate) fn condition(condition: PodConditionType, holds: bool) -> PodCondition {
    PodCondition::new(condition, holds, Some(seconds_ago(600)), None, None)
}

pub(crate) fn waiting(reason: &str, message: &str) -> ContainerState {
    ContainerState::Waiting {
        reason: reason.into(),
        message: (!message.is_empty()).then(|| message.into()),
    }
}

pub(crate) fn running() -> ContainerState {
    ContainerState::Running {
        since: Some(seconds_ago(500)),
    }
}

/// Sets a ReplicaSet of this name as the owner.
pub(crate) fn owned(mut pod: Pod, replica_set: &str) -> Pod {
    pod.meta.owner = Some(owner("ReplicaSet", replica_set).into());
    pod
}

fn owner(kind: &str, name: &str) -> OwnerReference {
    OwnerReference {
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
        id: WorkloadRef {
            kind,
            key: key(namespace, name),
        },
        meta: ObjectMeta {
            owner: above.map(|above| owner("Deployment", above).into()),
            ..meta(&format!("uid-{kind}-{name}"))
        },
        selector: Labels::from([]),
        service_account: Name::new("runner"),
        pull_secrets: Arc::from([]),
        has_unnamed_pull_secret: false,
        images: Arc::from([("app".into(), IMAGE.into())]),
        status: WorkloadStatus::default(),
    }
}

/// A Deployment with one ready Pod of this image.
pub(crate) fn workload_that_runs(namespace: &str, name: &str, image: &str) -> Workload {
    let mut workload = workload(WorkloadKind::Deployment, namespace, name, None);
    workload.images = Arc::from([("app".into(), image.into())]);
    workload.status = WorkloadStatus {
        desired: 1,
        current: 1,
        updated: 1,
        ready: 1,
        available: 1,
        ..WorkloadStatus::default()
    };
    workload
}

/// Three Pods are wanted, and none of them is ready.
fn waiting_for_three(mut workload: Workload) -> Workload {
    workload.status = WorkloadStatus {
        desired: 3,
        current: 3,
        updated: 3,
        revision: Some(Revision {
            number: 4,
            since: None,
        }),
        ..WorkloadStatus::default()
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
        key: ObjectRef::new(namespace.clone(), Name::new(name)),
        meta: meta(name),
        kind: if reason == "Failed" {
            EventKind::Warning
        } else {
            EventKind::Normal
        },
        reason: reason.into(),
        message: message.into(),
        regarding: ObjectReference {
            kind: "Pod".into(),
            namespace: Some(namespace),
            name: about.into(),
            uid: None,
            field: Some("spec.containers{app}".into()),
        },
        count,
        first: Some(seconds_ago(900)),
        last: Some(last),
        reporting_component: Some("kubelet".into()),
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
        SecretType::DockerConfigJson | SecretType::DockerCfg => {
            SecretContent::Read(DockerConfigSummary {
                entries: entries
                    .iter()
                    .map(|(server, user)| entry(server, user))
                    .collect(),
                ..DockerConfigSummary::default()
            })
        }
    };
    Secret {
        key: key(namespace, name),
        meta: meta(name),
        secret_type,
        content,
        immutable: false,
        annotated_expiry: None,
        changed: None,
    }
}

/// Sets the passwords of a Secret's entries, in order.
///
/// Fingerprints made with one key can be compared.
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

fn entry(server: &str, user: &str) -> AuthSummary {
    AuthSummary {
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
        identities: Vec::new(),
    }
}

pub(crate) fn namespace(name: &str) -> NamespaceObject {
    NamespaceObject {
        name: Namespace::new(name),
        meta: meta(name),
        terminating: false,
    }
}

pub(crate) fn upserted<T, K>(objects: Vec<T>) -> Delta<T, K> {
    Delta {
        scope: Scope::Cluster,
        replace: false,
        changed: objects.into_iter().map(Arc::new).collect(),
        removed: Vec::new(),
    }
}

pub(crate) fn full_list<T, K>(scope: Scope, objects: Vec<T>) -> Delta<T, K> {
    Delta {
        scope,
        replace: true,
        ..upserted(objects)
    }
}

pub(crate) fn removed<T, K>(keys: Vec<K>) -> Delta<T, K> {
    Delta {
        removed: keys,
        ..upserted(Vec::new())
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one company, told from top to bottom"
)]
pub(crate) fn sample_updates() -> Vec<StoreUpdate> {
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
        StoreUpdate::Namespaces(full_list(
            Scope::Cluster,
            ["pay", "platform", "shop"].map(namespace).to_vec(),
        )),
        StoreUpdate::Secrets(
            SecretWatch::DockerConfigJson,
            full_list(
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
        StoreUpdate::Secrets(
            SecretWatch::DockerCfg,
            full_list(Scope::Cluster, Vec::new()),
        ),
        StoreUpdate::Secrets(
            SecretWatch::Other,
            full_list(
                Scope::Cluster,
                vec![secret("pay", "opaque", SecretType::Other(None), &[])],
            ),
        ),
        StoreUpdate::ServiceAccounts(full_list(
            Scope::Cluster,
            vec![
                account("shop", "default", &[]),
                account("shop", "runner", &["regcred"]),
                account("pay", "runner", &["opaque", "nowhere"]),
            ],
        )),
        StoreUpdate::Workloads(
            WorkloadKind::Deployment,
            full_list(
                Scope::Cluster,
                vec![waiting_for_three(workload(
                    WorkloadKind::Deployment,
                    "shop",
                    "checkout",
                    None,
                ))],
            ),
        ),
        StoreUpdate::Workloads(
            WorkloadKind::ReplicaSet,
            full_list(
                Scope::Cluster,
                vec![waiting_for_three(workload(
                    WorkloadKind::ReplicaSet,
                    "shop",
                    "checkout-5c9f",
                    Some("checkout"),
                ))],
            ),
        ),
        StoreUpdate::Pods(full_list(Scope::Cluster, pods)),
        StoreUpdate::Events(full_list(
            Scope::Cluster,
            vec![
                event(
                    "e1",
                    "checkout-5c9f-0",
                    "Failed",
                    &format!("Failed to pull image \"{IMAGE}\": {refused}"),
                    6,
                    seconds_ago(40),
                ),
                event(
                    "e2",
                    "checkout-5c9f-0",
                    "BackOff",
                    &back_off,
                    21,
                    seconds_ago(10),
                ),
                event(
                    "e3",
                    "search-0",
                    "Pulled",
                    "Successfully pulled image in 3.1s",
                    1,
                    seconds_ago(500),
                ),
            ],
        )),
    ]
}

/// The sample cluster as a store.
pub(crate) fn sample_store() -> super::store::Store {
    let mut store = super::store::Store::default();
    for batch in sample_updates() {
        store.apply(batch, now());
    }
    store
}
