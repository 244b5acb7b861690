//! Decodes Pods: joins spec and status of each container.

use serde::Deserialize;

use super::{
    de::{LenientStr, NullableVec, OptTime},
    interner::Interner,
    kind::{Decode, namespaced},
    meta::WireMeta,
    protobuf::{FieldValue, MessageReader, ProtobufMessage},
    template::{WireContainer, WirePodSpec, WireVolume, policy},
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{
            Container, ContainerRole, ContainerState, ContainerStateTerminated, ImageVolume, Phase,
            Pod, PodCondition, PodConditionType,
        },
    },
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

pub(in crate::cluster) struct PodDecoder;

#[derive(Default, Deserialize)]
pub(in crate::cluster) struct WirePod<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    spec: Option<WirePodSpec<'a>>,
    status: Option<WirePodStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WirePodStatus<'a> {
    #[serde(borrow)]
    phase: LenientStr<'a>,
    reason: LenientStr<'a>,
    message: LenientStr<'a>,
    start_time: OptTime,
    conditions: NullableVec<WirePodCondition<'a>>,
    init_container_statuses: NullableVec<WireContainerStatus<'a>>,
    container_statuses: NullableVec<WireContainerStatus<'a>>,
    ephemeral_container_statuses: NullableVec<WireContainerStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WirePodCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: LenientStr<'a>,
    status: LenientStr<'a>,
    last_transition_time: OptTime,
    reason: LenientStr<'a>,
    message: LenientStr<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireContainerStatus<'a> {
    #[serde(borrow)]
    name: LenientStr<'a>,
    #[serde(rename = "imageID")]
    image_id: LenientStr<'a>,
    ready: Option<bool>,
    started: Option<bool>,
    restart_count: Option<i64>,
    state: Option<WireState<'a>>,
    last_state: Option<WireState<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireState<'a> {
    #[serde(borrow)]
    waiting: Option<WireWaiting<'a>>,
    running: Option<WireRunning>,
    terminated: Option<WireExit<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireWaiting<'a> {
    #[serde(borrow)]
    reason: LenientStr<'a>,
    message: LenientStr<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireRunning {
    started_at: OptTime,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireExit<'a> {
    exit_code: Option<i32>,
    #[serde(borrow)]
    reason: LenientStr<'a>,
    message: LenientStr<'a>,
    started_at: OptTime,
    finished_at: OptTime,
}

impl<'a> ProtobufMessage<'a> for WirePod<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.metadata = value.message()?,
            2 => self.spec = Some(value.message()?),
            3 => self.status = Some(value.message()?),
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WirePodStatus<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.phase = value.text()?,
            2 => value.push(&mut self.conditions)?,
            3 => self.message = value.text()?,
            4 => self.reason = value.text()?,
            7 => self.start_time = value.message()?,
            8 => value.push(&mut self.container_statuses)?,
            10 => value.push(&mut self.init_container_statuses)?,
            13 => value.push(&mut self.ephemeral_container_statuses)?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WirePodCondition<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.kind = value.text()?,
            2 => self.status = value.text()?,
            4 => self.last_transition_time = value.message()?,
            5 => self.reason = value.text()?,
            6 => self.message = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireContainerStatus<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.name = value.text()?,
            2 => self.state = Some(value.message()?),
            3 => self.last_state = Some(value.message()?),
            4 => self.ready = Some(value.flag()?),
            5 => self.restart_count = Some(value.signed()?),
            7 => self.image_id = value.text()?,
            9 => self.started = Some(value.flag()?),
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireState<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.waiting = Some(value.message()?),
            2 => self.running = Some(value.message()?),
            3 => self.terminated = Some(value.message()?),
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireWaiting<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.reason = value.text()?,
            2 => self.message = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireRunning {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        if number == 1 {
            self.started_at = value.message()?;
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireExit<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.exit_code = Some(i32::try_from(value.signed()?).ok()?),
            3 => self.reason = value.text()?,
            4 => self.message = value.text()?,
            5 => self.started_at = value.message()?,
            6 => self.finished_at = value.message()?,
            _ => {}
        }
        Some(())
    }
}

impl Decode for PodDecoder {
    type Wire<'a> = WirePod<'a>;
    type Object = Pod;
    type Key = ObjectRef<Pod>;

    const LIST: &'static str = "PodList";

    fn protobuf<'a>() -> Option<MessageReader<'a, WirePod<'a>>> {
        Some(ProtobufMessage::read)
    }

    fn object(&self, wire: WirePod<'_>, texts: &mut Interner) -> Option<Pod> {
        let key = wire.metadata.key(texts)?;
        let spec = wire.spec.unwrap_or_default();
        let status = wire.status.unwrap_or_default();
        Some(Pod {
            key,
            meta: wire.metadata.meta(texts),
            service_account: spec.service_account(texts),
            node: texts.some(&spec.node_name),
            phase: phase(&status.phase),
            reason: texts.some(&status.reason),
            message: texts.some(&status.message),
            containers: containers(&spec, &status, texts),
            image_volumes: image_volumes(&spec.volumes.0, texts),
            scheduling_gates: spec
                .scheduling_gates
                .0
                .iter()
                .map(|gate| texts.text(&gate.name))
                .collect(),
            conditions: status
                .conditions
                .0
                .iter()
                .filter_map(|c| condition(c, texts))
                .collect(),
            started: status.start_time.0,
            has_unnamed_pull_secret: spec.has_unnamed_pull_secret(),
            pull_secrets: texts.pull_secrets(spec.image_pull_secrets),
        })
    }

    fn key(object: &Pod) -> ObjectRef<Pod> {
        object.key.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<ObjectRef<Pod>> {
        namespaced(object)
    }

    fn version<'w>(wire: &'w WirePod<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<Pod>) -> StoreUpdate {
        StoreUpdate::Pods(delta)
    }
}

fn phase(text: &LenientStr<'_>) -> Phase {
    match text.as_str() {
        "Pending" => Phase::Pending,
        "Running" => Phase::Running,
        "Succeeded" => Phase::Succeeded,
        "Failed" => Phase::Failed,
        _ => Phase::Unknown,
    }
}

fn containers(
    spec: &WirePodSpec<'_>,
    status: &WirePodStatus<'_>,
    texts: &mut Interner,
) -> Box<[Container]> {
    let init = spec.init_containers.0.iter().map(|container| {
        let role = match container.restart_policy.as_str() {
            "Always" => ContainerRole::Sidecar,
            _ => ContainerRole::Init,
        };
        (role, container, &status.init_container_statuses)
    });
    let app = spec
        .containers
        .0
        .iter()
        .map(|container| (ContainerRole::App, container, &status.container_statuses));
    let ephemeral = spec.ephemeral_containers.0.iter().map(|container| {
        (
            ContainerRole::Ephemeral,
            container,
            &status.ephemeral_container_statuses,
        )
    });
    init.chain(app)
        .chain(ephemeral)
        .map(|(role, container, statuses)| {
            let status = statuses
                .0
                .iter()
                .find(|status| status.name.as_str() == container.name.as_str());
            join(role, container, status, texts)
        })
        .collect()
}

fn join(
    role: ContainerRole,
    container: &WireContainer<'_>,
    status: Option<&WireContainerStatus<'_>>,
    texts: &mut Interner,
) -> Container {
    let last = status.and_then(|status| status.last_state.as_ref());
    Container {
        name: texts.text(&container.name),
        role,
        image: texts.text(&container.image),
        image_id: status.and_then(|status| texts.some(&status.image_id)),
        policy: policy(&container.image_pull_policy),
        state: state(status.and_then(|status| status.state.as_ref()), texts),
        last_exit: last
            .and_then(|last| last.terminated.as_ref())
            .map(|terminated| Box::new(exit(terminated, texts))),
        ready: status.and_then(|status| status.ready) == Some(true),
        started: status.and_then(|status| status.started),
        restarts: status
            .and_then(|status| status.restart_count)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0),
    }
}

fn state(state: Option<&WireState<'_>>, texts: &mut Interner) -> ContainerState {
    let Some(state) = state else {
        return ContainerState::Unreported;
    };
    if let Some(waiting) = &state.waiting {
        return ContainerState::Waiting {
            reason: texts.text(&waiting.reason),
            message: texts.some(&waiting.message),
        };
    }
    if let Some(running) = &state.running {
        return ContainerState::Running {
            since: running.started_at.0,
        };
    }
    if let Some(terminated) = &state.terminated {
        return ContainerState::Terminated(Box::new(exit(terminated, texts)));
    }
    ContainerState::Unreported
}

fn exit(exit: &WireExit<'_>, texts: &mut Interner) -> ContainerStateTerminated {
    ContainerStateTerminated {
        code: exit.exit_code.unwrap_or_default(),
        reason: texts.some(&exit.reason),
        message: texts.some(&exit.message),
        started: exit.started_at.0,
        finished: exit.finished_at.0,
    }
}

fn image_volumes(volumes: &[WireVolume<'_>], texts: &mut Interner) -> Box<[ImageVolume]> {
    volumes
        .iter()
        .filter_map(|volume| {
            let source = volume.image.as_ref()?;
            Some(ImageVolume {
                name: texts.text(&volume.name),
                image: texts.text(&source.reference),
                policy: policy(&source.pull_policy),
            })
        })
        .collect()
}

fn condition(wire: &WirePodCondition<'_>, texts: &mut Interner) -> Option<PodCondition> {
    let condition = match wire.kind.as_str() {
        "PodScheduled" => PodConditionType::Scheduled,
        "PodReadyToStartContainers" => PodConditionType::ReadyToStartContainers,
        "Initialized" => PodConditionType::Initialized,
        "ContainersReady" => PodConditionType::ContainersReady,
        "Ready" => PodConditionType::Ready,
        _ => return None,
    };
    Some(PodCondition::new(
        condition,
        wire.status.as_str() == "True",
        wire.last_transition_time.0,
        texts.some(&wire.reason),
        texts.some(&wire.message),
    ))
}
