//! The kubelets of all nodes: they pull images, run containers and report as real ones do.
//!
//! A Pod is synced as in `pkg/kubelet`: its status is written at the start of a sync from what the
//! sync before has found, so that the status lags behind the events; a Pod with trouble is synced
//! again after ten to fifteen seconds.

mod backoff;
mod credentials;
mod events;
mod image;
mod login;
pub(super) mod node_config;
mod probe;
pub(super) mod provider;
mod pull;
mod puller;
mod resolver;
mod run;
mod setup;
pub(super) mod state;
mod status;
mod sync;
mod terminate;
mod timers;
mod wording;
mod worker;

use std::time::Duration;

use serde_json::Value;

use super::{
    object::{is_terminating, text, uid},
    store::{ChangeKind, ObjectKey},
    world::World,
};
use state::Task;
use timers::{enter, sync_after};
use worker::Worker;

/// How soon a kubelet looks at a Pod that was assigned to it.
const FIRST_LOOK: Duration = Duration::from_millis(400);

/// Looks at a Pod that was changed by somebody.
pub fn notice(world: &mut World, pod: &Value, event: ChangeKind) {
    let node = text(pod, "/spec/nodeName");
    if node.is_empty() {
        return;
    }
    let uid = uid(pod).to_owned();
    if event == ChangeKind::Deleted {
        world.kubelets.workers.remove(&uid);
        return;
    }
    let worker = world.kubelets.workers.get_mut(&uid);
    let is_finished = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    match worker {
        None if !is_finished => {
            let worker = Worker::new(ObjectKey::from_object(pod), node, pod);
            world.kubelets.workers.insert(uid.clone(), worker);
            enter(world, FIRST_LOOK, Task::Sync(uid));
        }
        Some(worker) if is_terminating(pod) && !worker.is_stopping => {
            worker.is_stopping = true;
            terminate::begin(world, &uid, pod);
        }
        Some(worker) => {
            // `kubectl set image` on a Pod, `kubectl debug`.
            let changed = worker.update_spec(pod);
            if changed {
                sync_after(world, &uid, FIRST_LOOK);
            }
        }
        None => {}
    }
}

pub fn perform(world: &mut World, task: Task) {
    match task {
        Task::Sync(uid) => sync::sync(world, &uid),
        Task::Pulled { uid, target } => sync::pulled(world, &uid, target),
        Task::Exit {
            uid,
            container,
            run,
        } => run::exited(world, &uid, container, run),
        Task::Ready(uid) => probe::ready(world, &uid),
        Task::Terminated(uid) => terminate::end(world, &uid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{
        Profile,
        object::{list, put},
        resources::ResourceKind,
        scenario::trial,
        write::{self, WriteOptions},
    };

    /// A world with one Pod, `web`, whose spec this is.
    fn of_pod(spec: &str) -> World {
        of_pod_since("-1s", spec)
    }

    fn of_pod_since(at: &str, spec: &str) -> World {
        let spec = spec.replace('\n', " ");
        trial(&format!(
            "[[manifest]]
            at = '{at}'
            yaml = '{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: app}}, spec: {spec}}}'"
        ))
    }

    fn of_image(image: &str) -> World {
        of_pod(&format!(
            "{{containers: [{{name: app, image: reg.example/{image}}}]}}"
        ))
    }

    fn pod(world: &World) -> &Value {
        world.store.get(ResourceKind::Pod, "app", "web").unwrap()
    }

    fn set_image(world: &mut World, image: &str) {
        let mut changed = pod(world).clone();
        put(
            &mut changed,
            "/spec/containers",
            serde_json::json!([
                {"name": "app", "image": format!("reg.example/{image}")},
            ]),
        );
        let place = ObjectKey::new("app", "web");
        write::update(
            world,
            ResourceKind::Pod,
            &place,
            changed,
            &WriteOptions::controller(),
        )
        .unwrap();
    }

    /// How many seconds pass until the Pod says so.
    fn wait_for(world: &mut World, pointer: &str, wanted: &str) -> usize {
        (0..600)
            .find(|_| {
                let is_there = text(pod(world), pointer) == wanted;
                if !is_there {
                    world.advance(Duration::from_secs(1));
                }
                is_there
            })
            .unwrap_or_else(|| panic!("never {wanted}: {:#}", pod(world)))
    }

    const WAITING: &str = "/status/containerStatuses/0/state/waiting/reason";

    #[test]
    fn an_image_that_is_set_is_pulled_at_once() {
        let mut world = of_image("serve:9");
        // It was looked at just now, and would be again in twelve seconds.
        wait_for(&mut world, WAITING, "ImagePullBackOff");
        set_image(&mut world, "serve:2");
        assert!(wait_for(&mut world, "/status/phase", "Running") < 5);
    }

    #[test]
    fn an_answer_about_an_image_that_is_no_longer_wanted_starts_nothing() {
        let mut world = of_image("serve:1");
        // Ten seconds for that, and two for the other behind it.
        world.advance(Duration::from_secs(3));
        set_image(&mut world, "serve:2");
        assert!(wait_for(&mut world, "/status/phase", "Running") >= 8);
    }

    /// `../shared/cluster/FACTS.md` 17; `toKubeContainerImageVolumes` of the kubelet.
    #[test]
    fn only_who_mounts_a_missing_image_waits_for_it() {
        let mut world = of_pod(
            "{volumes: [{name: model, image: {reference: reg.example/model:1}}],
              containers: [{name: app, image: reg.example/serve:2, volumeMounts: [{name: model, mountPath: /model}]},
                           {name: side, image: reg.example/serve:2}]}",
        );
        wait_for(&mut world, WAITING, "ImagePullBackOff");
        assert_eq!(
            text(
                pod(&world),
                "/status/containerStatuses/0/state/waiting/message"
            ),
            "Back-off pulling image \"reg.example/model:1\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"reg.example/model:1\": failed to resolve image: reg.example/model:1: not found"
        );
        let side = "/status/containerStatuses/1/state/running/startedAt";
        assert!(!text(pod(&world), side).is_empty());
        let registry = world.network.named_mut("reg.example").unwrap();
        let image = registry.repositories["serve"].tags["2"].clone();
        let model = registry.repositories.entry("model".to_owned());
        model.or_default().tags.insert("1".to_owned(), image);
        wait_for(&mut world, "/status/phase", "Running");
    }

    /// kubernetes/kubernetes#138432.
    #[test]
    fn the_newest_reports_a_missing_secret_only_when_a_pull_fails() {
        const SPEC: &str = "{imagePullSecrets: [{name: nowhere}], containers: [{name: app, image: reg.example/IMAGE}]}";
        let is_told = |profile: Profile, image: &str| {
            let mut world = of_pod_since("+1s", &SPEC.replace("IMAGE", image));
            world.profile = profile;
            world.advance(Duration::from_secs(60));
            let mut events = world.store.list(ResourceKind::Event, Some("app"));
            events.any(|event| text(event, "/reason") == "FailedToRetrieveImagePullSecret")
        };
        for (profile, served, missing) in [
            (Profile::Containerd24, false, true),
            (Profile::Containerd21, true, true),
            (Profile::Containerd16, false, false),
        ] {
            assert_eq!(is_told(profile, "serve:2"), served, "{profile:?}");
            assert_eq!(is_told(profile, "serve:9"), missing, "{profile:?}");
        }
    }

    /// After a quarter of an hour `wrong-tag` had `BackOff` ×66 and `Pulling` ×5 on a node of 1.37: what is
    /// dropped is counted, and at each sync the first event takes the room that has grown.
    #[test]
    fn what_is_not_written_is_counted() {
        let mut world = of_image("serve:9");
        world.profile = Profile::Containerd24;
        world.advance(Duration::from_secs(16 * 60));
        let count = |message: &str| {
            let mut events = world.store.list(ResourceKind::Event, Some("app"));
            let event = events.find(|event| text(event, "/message") == message);
            crate::sandbox::object::number(event.unwrap(), "/count")
        };
        let (pulls, waits) = (
            count("Pulling image \"reg.example/serve:9\""),
            count("Back-off pulling image \"reg.example/serve:9\""),
        );
        assert!((4..=6).contains(&pulls), "{pulls}");
        assert!((50..=75).contains(&waits), "{waits}");
    }

    /// `../shared/cluster/FACTS.md` 18.
    #[test]
    fn a_container_for_debugging_decides_nothing_about_the_pod() {
        let mut world = of_image("serve:2");
        wait_for(&mut world, "/status/phase", "Running");
        let mut wanted = pod(&world).clone();
        put(
            &mut wanted,
            "/spec/ephemeralContainers",
            serde_json::json!([
                {"name": "late", "image": "reg.example/serve:9"},
                {"name": "short", "image": "reg.example/work:1"},
            ]),
        );
        let (place, part) = (
            ObjectKey::new("app", "web"),
            write::UpdatePart::EphemeralContainers,
        );
        let intent = WriteOptions::controller();
        write::update_part(
            &mut world,
            ResourceKind::Pod,
            &place,
            part,
            &wanted,
            &intent,
        )
        .unwrap();
        let status = "/status/ephemeralContainerStatuses";
        let late = format!("{status}/0/state/waiting/reason");
        wait_for(&mut world, &late, "ImagePullBackOff");
        let short = format!("{status}/1/state/terminated/reason");
        wait_for(&mut world, &short, "Completed");
        world.advance(Duration::from_secs(60));
        assert_eq!(text(pod(&world), &short), "Completed", "it ran once");
        let ready = list(pod(&world), "/status/conditions").iter();
        let mut ready = ready.filter(|it| text(it, "/type") == "Ready");
        assert_eq!(text(ready.next().unwrap(), "/status"), "True");
    }

    #[test]
    fn an_init_container_is_ready_when_it_has_succeeded() {
        let mut world = of_pod(
            "{initContainers: [{name: first, image: reg.example/work:1}], containers: [{name: app, image: reg.example/serve:2}]}",
        );
        let is_ready = |world: &World| {
            let first = list(pod(world), "/status/initContainerStatuses").first();
            first.and_then(|it| it.get("ready")).cloned()
        };
        wait_for(&mut world, WAITING, "PodInitializing");
        world.advance(Duration::from_secs(4));
        assert_eq!(is_ready(&world), Some(false.into()), "it runs");
        wait_for(&mut world, "/status/phase", "Running");
        assert_eq!(is_ready(&world), Some(true.into()));
    }

    #[test]
    fn a_pod_that_has_failed_says_so_in_its_conditions() {
        let mut world =
            of_pod("{restartPolicy: Never, containers: [{name: app, image: reg.example/crash:1}]}");
        wait_for(&mut world, "/status/phase", "Failed");
        let ready = list(pod(&world), "/status/conditions")
            .iter()
            .find(|it| text(it, "/type") == "Ready");
        assert_eq!(text(ready.unwrap(), "/reason"), "PodFailed");
    }
}
