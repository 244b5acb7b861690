//! A large cluster in a store: what the context and the diagnosis of one Pod cost where many others are looked at.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pullscope::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{
            Container, ContainerRole, ContainerState, Event, EventKind, Labels, ObjectMeta,
            ObjectReference, Phase, Pod, PullPolicy, Secret, SecretContent, SecretType, Workload,
            WorkloadKind, WorkloadRef, WorkloadStatus,
        },
    },
    registry_auth::{
        credential::FingerprintKey,
        docker_config::{self, ConfigFormat},
    },
    store::{
        Store,
        update::{Delta, StoreUpdate},
        watch::{Scope, SecretWatch},
    },
};

/// Pods of one workload.
const REPLICAS: usize = 20;
const HOST: &str = "registry.example";

pub struct Cluster {
    pub store: Store,
    pub now: Timestamp,
    /// A Pod whose pull is refused, with an image whose name is a slip.
    pub failing: ObjectRef<Pod>,
    /// A Pod that waits in the queue of its node.
    pub queued: ObjectRef<Pod>,
}

impl Cluster {
    /// So many Pods, all with images of one registry, in so many namespaces; each namespace has a pull Secret.
    pub fn new(pods: usize, namespaces: usize) -> Self {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut cluster = Self {
            store: Store::default(),
            now,
            failing: ObjectRef::new(namespace(0), Name::new("app-00000-failing")),
            queued: ObjectRef::new(namespace(0), Name::new("app-00000-queued")),
        };
        let all = (0..pods).map(|at| running(at, namespaces));
        let apps = pods / REPLICAS;
        let workloads = (0..apps).map(|app| workload(app, namespaces));
        let secrets = (0..namespaces).map(secret);
        let made = all.chain([cluster.refused(), cluster.waiting()]).collect();
        let events = vec![pulling(&cluster.queued, now)];
        for update in [
            StoreUpdate::Secrets(SecretWatch::DockerConfigJson, listed(secrets.collect())),
            StoreUpdate::Workloads(WorkloadKind::Deployment, listed(workloads.collect())),
            StoreUpdate::Pods(listed(made)),
            StoreUpdate::Events(listed(events)),
        ] {
            cluster.store.apply(update, now);
        }
        cluster
    }

    fn refused(&self) -> Pod {
        let image = format!("{HOST}/team/service-0000b:1.0");
        let message = format!(
            "failed to pull and unpack image \"{image}\": failed to resolve image: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"
        );
        let state = ContainerState::Waiting {
            reason: "ErrImagePull".into(),
            message: Some(message.into()),
        };
        pod(&self.failing, &image, state, &[])
    }

    fn waiting(&self) -> Pod {
        let state = ContainerState::Waiting {
            reason: "ContainerCreating".into(),
            message: None,
        };
        let image = format!("{HOST}/team/service-0000a:1.0");
        pod(&self.queued, &image, state, &["regcred"])
    }
}

fn namespace(at: usize) -> Namespace {
    Namespace::new(format!("ns-{at:03}").as_str())
}

fn meta(uid: &str) -> ObjectMeta {
    ObjectMeta {
        uid: uid.into(),
        resource_version: "1".into(),
        created: None,
        deleting: None,
        labels: Labels::from([]),
        manager_annotations: Box::default(),
        owner: None,
    }
}

fn pod(key: &ObjectRef<Pod>, image: &str, state: ContainerState, secrets: &[&str]) -> Pod {
    let is_running = matches!(state, ContainerState::Running { .. });
    Pod {
        key: key.clone(),
        meta: meta(&key.to_string()),
        phase: if is_running {
            Phase::Running
        } else {
            Phase::Pending
        },
        reason: None,
        message: None,
        node: Some("node-1".into()),
        service_account: Name::new("default"),
        pull_secrets: secrets.iter().map(|name| Name::new(*name)).collect(),
        has_unnamed_pull_secret: false,
        containers: Box::new([Container {
            name: "app".into(),
            role: ContainerRole::App,
            image: image.into(),
            image_id: is_running.then(|| "sha256:00".into()),
            policy: PullPolicy::IfNotPresent,
            state,
            last_exit: None,
            ready: is_running,
            started: Some(is_running),
            restarts: 0,
        }]),
        image_volumes: Box::new([]),
        scheduling_gates: Box::new([]),
        conditions: Box::new([]),
        started: None,
    }
}

/// Numbers are versions, so the names of services end in letters.
fn image(app: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(app % 26).unwrap());
    format!("{HOST}/team/service-{:04}{letter}:1.0", app / 26)
}

fn running(at: usize, namespaces: usize) -> Pod {
    let app = at / REPLICAS;
    let name = format!("app-{app:05}-{at}");
    let key = ObjectRef::new(namespace(app % namespaces), Name::new(name.as_str()));
    let mut pod = pod(
        &key,
        &image(app),
        ContainerState::Running { since: None },
        &["regcred"],
    );
    pod.node = Some(format!("node-{}", at % 500).into());
    pod
}

fn secret(at: usize) -> Secret {
    let config =
        format!(r#"{{"auths":{{"{HOST}":{{"username":"bot","password":"right-{at}"}}}}}}"#);
    let read = docker_config::read(ConfigFormat::ConfigJson, config.as_bytes());
    Secret {
        key: ObjectRef::new(namespace(at), Name::new("regcred")),
        meta: meta(&format!("secret-{at}")),
        secret_type: SecretType::DockerConfigJson,
        content: SecretContent::Read(read.summary(&FingerprintKey::default())),
        immutable: false,
        changed: None,
        annotated_expiry: None,
    }
}

fn workload(app: usize, namespaces: usize) -> Workload {
    let name = format!("app-{app:05}");
    Workload {
        id: WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: ObjectRef::new(namespace(app % namespaces), Name::new(name.as_str())),
        },
        meta: meta(&name),
        selector: Labels::from([]),
        service_account: Name::new("default"),
        pull_secrets: Arc::from([]),
        has_unnamed_pull_secret: false,
        images: Arc::from([("app".into(), image(app).into())]),
        status: WorkloadStatus {
            desired: 20,
            current: 20,
            updated: 20,
            ready: 20,
            available: 20,
            ..WorkloadStatus::default()
        },
    }
}

fn pulling(pod: &ObjectRef<Pod>, now: Timestamp) -> Event {
    Event {
        key: ObjectRef::new(pod.namespace.clone(), Name::new("pulling")),
        meta: meta("pulling"),
        kind: EventKind::Normal,
        reason: "Pulling".into(),
        message: "Pulling image".into(),
        regarding: ObjectReference {
            kind: "Pod".into(),
            namespace: Some(pod.namespace.clone()),
            name: pod.name.as_str().into(),
            uid: None,
            field: Some("spec.containers{app}".into()),
        },
        count: 1,
        first: None,
        last: Some(now - SignedDuration::from_mins(5)),
        reporting_component: Some("kubelet".into()),
        host: None,
    }
}

fn listed<T, K>(changed: Vec<T>) -> Delta<T, K> {
    Delta {
        scope: Scope::Cluster,
        replace: true,
        changed: changed.into_iter().map(Arc::new).collect(),
        removed: Vec::new(),
    }
}
