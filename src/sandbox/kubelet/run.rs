//! Container processes: start, exit, restart.

use serde_json::Value;

use super::{
    events::{ContainerSubject, fail, report_container, wait},
    probe,
    state::Task,
    status, terminate,
    timers::{enter, sync_after},
    wording,
    worker::{ContainerExit, Process, WorkerContainerRole},
};
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{
        event_recorder::EventType,
        object::{self, flag, list, text},
        registry::Program,
        resources::ResourceKind,
        store::ObjectStore,
        world::World,
    },
};

/// Delay before the kubelet notices a change of the runtime (PLEG relist).
const NOTICED: std::time::Duration = std::time::Duration::from_millis(300);

pub(super) fn restarts(pod: &Value, role: WorkerContainerRole, code: i32) -> bool {
    match (text(pod, "/spec/restartPolicy"), role) {
        (_, WorkerContainerRole::Ephemeral) => false,
        (_, WorkerContainerRole::Sidecar) | ("Always", WorkerContainerRole::App) => true,
        ("OnFailure", _) | ("Always", WorkerContainerRole::Init) => code != 0,
        _ => false,
    }
}

/// Starts the container from its image, unless something that it needs is missing.
pub(super) fn start(world: &mut World, it: ContainerSubject<'_>, digest: Option<String>) {
    let uid = it.uid();
    let Some(mine) = world.kubelets.container(uid, it.index) else {
        return;
    };
    let spec = mine.spec(it.pod);
    if let Some(missing) = spec.and_then(|spec| missing_config(&world.store, it.pod, spec)) {
        fail(world, it, "CreateContainerConfigError", missing);
        return;
    }
    let (now, profile) = (world.now, world.profile);
    let Some(mine) = world.kubelets.container_mut(uid, it.index) else {
        return;
    };
    if let Process::Ended(end) = &mine.process {
        mine.crash_backoff.fail(end.finished, now);
        mine.last_end = Some(end.clone());
        mine.restarts += 1;
    }
    mine.waiting = None;
    mine.image_id = digest.map(|digest| image_id(&mine.image, &digest));
    mine.process = Process::Running { since: now };
    mine.ready = false;
    let (name, image, run) = (mine.name.clone(), mine.image.clone(), mine.restarts);
    let created = wording::created(profile, &name);
    report_container(world, it, EventType::Normal, "Created", created);
    let started = wording::started(profile, &name);
    report_container(world, it, EventType::Normal, "Started", started);
    probe::begin(world, it);
    let exit = Task::Exit {
        uid: uid.to_owned(),
        container: it.index,
        run,
    };
    match program(world, &image) {
        Program::Serve => {}
        Program::Work(length) | Program::Crash(length) => enter(world, length, exit),
    }
    sync_after(world, uid, NOTICED);
}

fn image_id(image: &str, digest: &str) -> String {
    let repository = ImageRef::parse(image).map_or_else(|_| image.to_owned(), |it| it.repository());
    format!("{repository}@{digest}")
}

fn program(world: &World, image: &str) -> Program {
    ImageRef::parse(image)
        .ok()
        .and_then(|image| {
            let reference = image.digest().or(image.tag())?;
            let hosts = world.network.hosts(image.host());
            hosts.iter().find_map(|host| {
                let registry = world.network.at(host).ok()?;
                registry.repositories.get(image.path())?.find(reference)
            })
        })
        .map(|image| image.program)
        .unwrap_or_default()
}

/// Handles a process that has exited.
pub(super) fn exited(world: &mut World, uid: &str, index: usize, run: u32) {
    let now = world.now;
    let Some(mine) = world.kubelets.container(uid, index) else {
        return;
    };
    let Process::Running { since } = mine.process else {
        return;
    };
    if mine.restarts != run {
        return;
    }
    let code = match program(world, &mine.image) {
        Program::Crash(_) => 1,
        Program::Serve | Program::Work(_) => 0,
    };
    if let Some(mine) = world.kubelets.container_mut(uid, index) {
        mine.ready = false;
        mine.process = Process::Ended(ContainerExit {
            code,
            started: since,
            finished: now,
        });
    }
    status::write(world, uid);
    if status::is_finished(world, uid) {
        terminate::leave(world, uid);
    } else {
        sync_after(world, uid, NOTICED);
    }
}

/// Delays a crashed container by its back-off.
pub(super) fn hold_back(world: &mut World, it: ContainerSubject<'_>) {
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return;
    };
    let (name, length) = (mine.name.clone(), mine.crash_backoff.wait());
    let (namespace, uid) = (object::namespace(it.pod), it.uid());
    let full = format!("{}_{namespace}({uid})", object::name(it.pod));
    let event = wording::restart_event(world.profile, &name, &full);
    report_container(world, it, EventType::Warning, "BackOff", event);
    let message = wording::restart_waiting(length, &name, &full);
    wait(world, it, "CrashLoopBackOff", message);
}

/// The first ConfigMap or Secret that the environment asks for and that is not there.
fn missing_config(store: &ObjectStore, pod: &Value, spec: &Value) -> Option<String> {
    let from = list(spec, "/envFrom").iter().flat_map(|source| {
        [
            (ResourceKind::ConfigMap, source.pointer("/configMapRef")),
            (ResourceKind::Secret, source.pointer("/secretRef")),
        ]
    });
    let values = list(spec, "/env").iter().flat_map(|variable| {
        [
            (
                ResourceKind::ConfigMap,
                variable.pointer("/valueFrom/configMapKeyRef"),
            ),
            (
                ResourceKind::Secret,
                variable.pointer("/valueFrom/secretKeyRef"),
            ),
        ]
    });
    from.chain(values).find_map(|(kind, reference)| {
        let reference = reference?;
        let wanted = text(reference, "/name");
        let is_there = store.get(kind, object::namespace(pod), wanted).is_some();
        (!is_there && !flag(reference, "/optional"))
            .then(|| format!("{} \"{wanted}\" not found", kind.resource().singular))
    })
}
