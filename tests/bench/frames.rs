//! What a frame costs on a large cluster, without one: `cargo bench --bench frames [-- PODS] [WORD]`,
//! where the word picks the lines that have it.
//!
//! The model is filled through the batches that the watches send, and drawn as the loop draws it. Each
//! line is one kind of news, and the time from it to a frame that shows it: what a key has to wait for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use pullscope::{
    app::{
        key::Key as Press,
        message::Message,
        model::{Model, StartScope},
        refresh,
        theme_name::ThemeName,
        update,
    },
    domain::{
        k8s::{
            connection::ConnectionInfo,
            object_ref::{Name, Namespace, ObjectRef},
            objects::{
                Container, ContainerRole, ContainerState, Event, EventKind, Labels,
                NamespaceObject, ObjectMeta, ObjectReference, OwnerReference, Phase, Pod,
                PodCondition, PodConditionType, PullPolicy, Secret, SecretContent, SecretType,
                ServiceAccount, Workload, WorkloadKind, WorkloadRef, WorkloadStatus,
            },
        },
        store::{
            update::{Delta, StoreUpdate},
            watch::{Scope, SecretWatch, WatchId, WatchKind, WatchState},
        },
    },
    ui::{
        frame,
        layout::Layout,
        theme::{Theme, ThemeOptions},
    },
};
use ratatui::{Terminal, backend::TestBackend, layout::Rect};

const NAMESPACES: usize = 50;
const COLUMNS: u16 = 160;
const ROWS: u16 = 50;
/// One in so many Pods fails.
const FAILING: usize = 20;
/// Pods of one workload.
const REPLICAS: usize = 20;

const KINDS: [WatchKind; 7] = [
    WatchKind::Namespaces,
    WatchKind::Pods,
    WatchKind::ServiceAccounts,
    WatchKind::Events,
    WatchKind::Secrets(SecretWatch::DockerConfigJson),
    WatchKind::Secrets(SecretWatch::DockerCfg),
    WatchKind::Secrets(SecretWatch::Other),
];

fn main() {
    let mut wanted = std::env::args().filter_map(|it| it.replace('_', "").parse().ok());
    let pods = wanted.next_back().unwrap_or(50_000);
    let mut bench = Bench::new(pods);
    println!("{pods} Pods in {NAMESPACES} namespaces, {COLUMNS}x{ROWS}; median and worst of many");
    bench.report("nothing has changed", |_, _| {});
    bench.report("a key moves the selection", |bench, turn| {
        bench.press(if turn % 40 < 20 { "j" } else { "k" });
    });
    bench.report("50 Pods report again", |bench, turn| {
        bench.change((0..50).map(|at| (turn * 50 + at) * 19 + 1), restarted);
    });
    bench.report("5 Pods change their waiting reason", |bench, turn| {
        bench.change((0..5).map(|at| (turn * 5 + at) * FAILING), |pod| {
            change_waiting_reason(pod, turn);
        });
    });
    bench.report("a Pod starts to fail, or is well again", |bench, turn| {
        bench.change([(turn / 2) * FAILING + 1], |pod| {
            failing(pod, turn % 2 == 0);
        });
    });
    bench.report("an event repeats itself", |bench, turn| {
        bench.repeat_event(turn);
    });
    bench.report("a Secret changes", Bench::change_secret);
    bench.report("a letter of a filter", |bench, turn| {
        bench.press(["/", "a", "p", "p", "-", "1", "7", "esc"][turn % 8]);
    });
}

fn is_word(argument: &str) -> bool {
    argument.starts_with(char::is_alphabetic)
}

struct Bench {
    model: Model,
    theme: Theme,
    terminal: Terminal<TestBackend>,
    pods: Vec<Arc<Pod>>,
    events: Vec<Arc<Event>>,
    secrets: Vec<Arc<Secret>>,
    now: Timestamp,
}

impl Bench {
    fn new(pods: usize) -> Self {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut bench = Self {
            model: Model::new(&StartScope::All, now),
            theme: ThemeOptions::default().theme_for(ThemeName::Dark),
            terminal: Terminal::new(TestBackend::new(COLUMNS, ROWS)).unwrap(),
            pods: (0..pods).map(|at| Arc::new(pod(at, now))).collect(),
            events: Vec::new(),
            secrets: (0..pods / 10).map(|at| Arc::new(secret(at, now))).collect(),
            now,
        };
        bench.connect();
        bench.fill();
        let begun = Instant::now();
        bench.draw();
        println!("{:44}{:>9.1?}", "the first frame of all", begun.elapsed());
        while bench.model.diagnoses.has_pending() {
            bench.draw();
        }
        bench.press("G");
        bench.draw();
        bench
    }

    fn connect(&mut self) {
        let identity = ConnectionInfo {
            context: "prod".into(),
            cluster: "prod".into(),
            user: Some("jane".into()),
            server_version: Some("v1.36.3".into()),
            namespace: None,
        };
        let request_id = self.model.connection.request_id;
        self.take(Message::Connected(request_id, Ok(identity)));
        for kind in KINDS
            .into_iter()
            .chain(WorkloadKind::ALL.map(WatchKind::Workloads))
        {
            let scope = Scope::Cluster;
            self.take(Message::Watch(
                request_id,
                WatchId { kind, scope },
                WatchState::Live,
            ));
        }
    }

    fn fill(&mut self) {
        let now = self.now;
        let apps = self.pods.len() / REPLICAS;
        let namespaces = (0..NAMESPACES).map(|at| {
            Arc::new(NamespaceObject {
                name: namespace(at),
                meta: meta(&format!("ns-{at}"), now),
                terminating: false,
            })
        });
        let namespaces = namespaces.collect();
        let accounts = (0..self.secrets.len()).map(|at| Arc::new(account(at, now)));
        let accounts = accounts.collect();
        let deployments = (0..apps).map(|at| Arc::new(workload(at, WorkloadKind::Deployment, now)));
        let deployments = deployments.collect();
        let sets = (0..apps).map(|at| Arc::new(workload(at, WorkloadKind::ReplicaSet, now)));
        let sets = sets.collect();
        let failing = self.pods.iter().step_by(FAILING);
        let events: Vec<_> = failing
            .flat_map(|pod| ["Failed", "BackOff"].map(|reason| Arc::new(event(pod, reason, now))))
            .collect();
        self.events.clone_from(&events);
        let (pods, secrets) = (self.pods.clone(), self.secrets.clone());
        for batch in [
            StoreUpdate::Namespaces(whole(namespaces)),
            StoreUpdate::Secrets(SecretWatch::DockerConfigJson, whole(secrets)),
            StoreUpdate::ServiceAccounts(whole(accounts)),
            StoreUpdate::Workloads(WorkloadKind::Deployment, whole(deployments)),
            StoreUpdate::Workloads(WorkloadKind::ReplicaSet, whole(sets)),
            StoreUpdate::Pods(whole(pods)),
            StoreUpdate::Events(whole(events)),
        ] {
            self.batch(batch);
        }
    }

    fn take(&mut self, message: Message) {
        update(&mut self.model, message, self.now);
    }

    fn batch(&mut self, batch: StoreUpdate) {
        let request_id = self.model.connection.request_id;
        self.take(Message::Batch(request_id, batch));
    }

    fn press(&mut self, key: &str) {
        self.take(Message::Key(Press::parse(key).unwrap()));
    }

    fn change(&mut self, which: impl IntoIterator<Item = usize>, how: impl Fn(&mut Pod)) {
        let mut changed = Vec::new();
        for at in which {
            let at = at % self.pods.len();
            let mut pod = (*self.pods[at]).clone();
            how(&mut pod);
            self.pods[at] = Arc::new(pod);
            changed.push(Arc::clone(&self.pods[at]));
        }
        self.batch(StoreUpdate::Pods(some(changed)));
    }

    fn repeat_event(&mut self, turn: usize) {
        let at = turn % self.events.len();
        let mut event = (*self.events[at]).clone();
        event.count += 1;
        event.last = Some(self.now);
        self.events[at] = Arc::new(event);
        self.batch(StoreUpdate::Events(some(vec![Arc::clone(
            &self.events[at],
        )])));
    }

    fn change_secret(&mut self, turn: usize) {
        let at = turn % self.secrets.len();
        let mut secret = (*self.secrets[at]).clone();
        secret.meta.resource_version = format!("{}", 1000 + turn).as_str().into();
        self.secrets[at] = Arc::new(secret);
        let changed = vec![Arc::clone(&self.secrets[at])];
        self.batch(StoreUpdate::Secrets(
            SecretWatch::DockerConfigJson,
            some(changed),
        ));
    }

    /// As the loop of the runtime does it.
    fn draw(&mut self) {
        let layout = Layout::new(Rect::new(0, 0, COLUMNS, ROWS), self.model.focus);
        refresh::refresh(&mut self.model, layout.heights(), self.now);
        let (model, theme, now) = (&self.model, &self.theme, self.now);
        self.terminal
            .draw(|frame| {
                frame::draw(model, theme, now, frame);
            })
            .unwrap();
    }

    fn report(&mut self, what: &str, mut news: impl FnMut(&mut Self, usize)) {
        let only: Option<String> = std::env::args().skip(1).find(|word| is_word(word));
        if only.is_some_and(|only| !what.contains(&only)) {
            return;
        }
        let begun = Instant::now();
        let mut times = Vec::new();
        while times.len() < 400 && begun.elapsed() < Duration::from_secs(4) {
            self.now += SignedDuration::from_millis(20);
            let at = Instant::now();
            news(self, times.len());
            self.draw();
            times.push(at.elapsed());
        }
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{what:44}{median:>9.1?}{worst:>9.1?}");
    }
}

fn whole<T, K>(changed: Vec<Arc<T>>) -> Delta<T, K> {
    Delta {
        scope: Scope::Cluster,
        replace: true,
        changed,
        removed: Vec::new(),
    }
}

fn some<T, K>(changed: Vec<Arc<T>>) -> Delta<T, K> {
    Delta {
        replace: false,
        ..whole(changed)
    }
}

fn namespace(at: usize) -> Namespace {
    Namespace::new(format!("scale-{:03}", at % NAMESPACES).as_str())
}

fn meta(uid: &str, now: Timestamp) -> ObjectMeta {
    ObjectMeta {
        uid: uid.into(),
        resource_version: "1".into(),
        created: Some(now - SignedDuration::from_hours(70)),
        deleting: None,
        labels: Labels::from([]),
        manager_annotations: Box::default(),
        owner: None,
    }
}

fn owner(kind: &str, app: usize) -> Arc<OwnerReference> {
    Arc::new(OwnerReference {
        kind: kind.into(),
        name: format!("app-{app:04}").into(),
        uid: format!("{kind}-{app}").into(),
    })
}

fn image(app: usize) -> String {
    format!(
        "registry.example.com/{}/app-{app:04}:1.42.0",
        namespace(app)
    )
}

fn pod(at: usize, now: Timestamp) -> Pod {
    let app = at / REPLICAS;
    let name = format!("app-{app:04}-7d9f4c5b6d-x{at:07}");
    let mut pod = Pod {
        meta: ObjectMeta {
            owner: Some(owner("ReplicaSet", app)),
            ..meta(&name, now)
        },
        key: ObjectRef::new(namespace(app), Name::new(name.as_str())),
        service_account: Name::new(format!("runner-{:04}", app % 5000).as_str()),
        pull_secrets: Arc::from([Name::new(format!("regcred-{app:04}").as_str())]),
        has_unnamed_pull_secret: false,
        node: Some(format!("node-{}", at % 200).into()),
        phase: Phase::Running,
        reason: None,
        message: None,
        containers: Box::new([Container {
            name: "app".into(),
            role: ContainerRole::App,
            image: image(app).into(),
            image_id: None,
            policy: PullPolicy::Always,
            ready: true,
            state: ContainerState::Running {
                since: Some(now - SignedDuration::from_hours(70)),
            },
            last_exit: None,
            started: None,
            restarts: 0,
        }]),
        image_volumes: Box::new([]),
        scheduling_gates: Box::new([]),
        conditions: [
            PodConditionType::Scheduled,
            PodConditionType::Initialized,
            PodConditionType::Ready,
        ]
        .map(|condition| {
            let since = Some(now - SignedDuration::from_hours(70));
            PodCondition::new(condition, true, since, None, None)
        })
        .into(),
        started: Some(now - SignedDuration::from_hours(70)),
    };
    failing(&mut pod, at.is_multiple_of(FAILING));
    pod
}

fn failing(pod: &mut Pod, fails: bool) {
    let container = &mut pod.containers[0];
    container.ready = !fails;
    container.state = if fails {
        ContainerState::Waiting {
            reason: "ImagePullBackOff".into(),
            message: Some(format!("Back-off pulling image \"{}\"", container.image).into()),
        }
    } else {
        ContainerState::Running { since: None }
    };
    pod.phase = if fails {
        Phase::Pending
    } else {
        Phase::Running
    };
    if let Some(ready) = pod.conditions.last_mut() {
        ready.is_true = !fails;
    }
}

fn restarted(pod: &mut Pod) {
    pod.containers[0].restarts += 1;
}

fn change_waiting_reason(pod: &mut Pod, turn: usize) {
    if let ContainerState::Waiting { reason, .. } = &mut pod.containers[0].state {
        *reason = ["ErrImagePull", "ImagePullBackOff"][turn % 2].into();
    }
}

fn event(pod: &Pod, reason: &str, now: Timestamp) -> Event {
    let image = &pod.containers[0].image;
    let message = if reason == "Failed" {
        format!(
            "Failed to pull image \"{image}\": failed to authorize: failed to fetch oauth token: 401 Unauthorized"
        )
    } else {
        format!("Back-off pulling image \"{image}\"")
    };
    let name = format!("{}.{reason}", pod.key.name);
    Event {
        key: ObjectRef::new(pod.key.namespace.clone(), Name::new(name.as_str())),
        meta: meta(&name, now),
        kind: EventKind::Warning,
        reason: reason.into(),
        message: message.into(),
        regarding: ObjectReference {
            kind: "Pod".into(),
            namespace: Some(pod.key.namespace.clone()),
            name: pod.key.name.as_str().into(),
            uid: Some(Arc::clone(&pod.meta.uid)),
            field: Some("spec.containers{app}".into()),
        },
        count: 3,
        first: Some(now - SignedDuration::from_mins(20)),
        last: Some(now - SignedDuration::from_mins(2)),
        reporting_component: Some("kubelet".into()),
        host: None,
    }
}

fn account(at: usize, now: Timestamp) -> ServiceAccount {
    ServiceAccount {
        key: ObjectRef::new(namespace(at), Name::new(format!("runner-{at:04}").as_str())),
        meta: meta(&format!("account-{at}"), now),
        pull_secrets: Arc::from([Name::new(format!("regcred-{at:04}").as_str())]),
        identities: Vec::new(),
    }
}

fn secret(at: usize, now: Timestamp) -> Secret {
    Secret {
        key: ObjectRef::new(
            namespace(at),
            Name::new(format!("regcred-{at:04}").as_str()),
        ),
        meta: meta(&format!("secret-{at}"), now),
        secret_type: SecretType::DockerConfigJson,
        content: SecretContent::NotTransferred,
        immutable: false,
        changed: None,
        annotated_expiry: None,
    }
}

fn workload(app: usize, kind: WorkloadKind, now: Timestamp) -> Workload {
    let above = (kind == WorkloadKind::ReplicaSet).then(|| owner("Deployment", app));
    Workload {
        id: WorkloadRef {
            kind,
            key: ObjectRef::new(namespace(app), Name::new(format!("app-{app:04}").as_str())),
        },
        meta: ObjectMeta {
            owner: above,
            ..meta(&format!("{kind}-{app}"), now)
        },
        selector: Labels::from([]),
        service_account: Name::new("default"),
        pull_secrets: Arc::from([]),
        has_unnamed_pull_secret: false,
        images: Arc::from([("app".into(), image(app).into())]),
        status: WorkloadStatus {
            desired: 20,
            current: 20,
            updated: 20,
            ready: 19,
            available: 19,
            generation: 1,
            observed_generation: 1,
            ..WorkloadStatus::default()
        },
    }
}
