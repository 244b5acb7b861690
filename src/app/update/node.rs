//! The node of a Pod: opens its view, asks for what the view shows, and lets a Pod read its files.

use std::sync::Arc;

use jiff::Timestamp;

use super::{detail, plan_dialog, selection};
use crate::{
    app::{
        detail::Tab,
        effect::Effect,
        model::Model,
        node_view::{NodeFilesDialog, NodeFilesStage, NodeView},
        overlay::Overlay,
        request_id::RequestId,
        scroll::Scroll,
    },
    domain::node::{NodeFacts, NodeFilesOutcome},
};

/// Opens the view of the node that the Pod is on.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    let Some(key) = selection::current_pod(model) else {
        model.set_status("select a Pod first", now);
        return;
    };
    let pod = model.store.pod(&key);
    let Some(node) = pod.and_then(|pod| pod.node.clone()) else {
        model.set_status("the Pod is not scheduled: it has no node", now);
        return;
    };
    let inspected = model.inspection.as_ref();
    let image = inspected.filter(|inspection| inspection.pod == key);
    let image = image.and_then(|inspection| inspection.image().cloned());
    model.overlays.push(Overlay::Node(NodeView {
        node,
        namespace: key.namespace,
        image,
        scroll: Scroll::TOP,
    }));
}

/// Asks about the node that the top view is about, if nobody has, or long ago.
pub(super) fn sync_requests(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(node) = wanted_node(model) else {
        return Vec::new();
    };
    if model.connection.identity().is_none() || !model.nodes.is_due(&node, now) {
        return Vec::new();
    }
    let request_id = model.request_ids.next_id();
    model.nodes.begin(Arc::clone(&node), request_id);
    vec![Effect::ReadNode { request_id, node }]
}

fn wanted_node(model: &Model) -> Option<Arc<str>> {
    match model.overlays.last()? {
        Overlay::Node(view) => Some(Arc::clone(&view.node)),
        Overlay::Details(details) => {
            let pod = model.store.pod(details.object.pod()?)?;
            let is_diagnosed = detail::shown(model.inspection.as_ref(), details) == Tab::Diagnosis;
            pod.node.clone().filter(|_| is_diagnosed)
        }
        Overlay::NodeFiles(_)
        | Overlay::Help { .. }
        | Overlay::Contexts(_)
        | Overlay::Faults(_)
        | Overlay::Filter { .. }
        | Overlay::Palette(_)
        | Overlay::Hygiene { .. }
        | Overlay::PullTest(_)
        | Overlay::Reveal(_)
        | Overlay::Menu(_)
        | Overlay::Guide(_)
        | Overlay::PlanDialog(_)
        | Overlay::Form(_)
        | Overlay::ManualFix { .. }
        | Overlay::Error { .. } => None,
    }
}

pub(super) fn answered(model: &mut Model, request_id: RequestId, facts: NodeFacts) {
    model.nodes.finish(request_id, facts);
}

/// Asks about the node of the open view again.
pub(super) fn refetch(model: &mut Model) {
    if let Some(Overlay::Node(view)) = model.overlays.last() {
        model.nodes.expire(&view.node);
    }
}

/// Shows the Pod that would read the node's files.
pub(super) fn propose_reader(model: &mut Model, now: Timestamp) {
    if plan_dialog::reject_if_read_only(model, now) {
        return;
    }
    if let Some(Overlay::Node(view)) = model.overlays.last() {
        let record = model.nodes.get(&view.node);
        let facts = record.and_then(|record| record.facts.as_ref());
        let status = facts.and_then(|facts| facts.status.known());
        match NodeFilesDialog::new(view, status) {
            Some(dialog) => model.overlays.push(Overlay::NodeFiles(dialog)),
            None => model.set_status("files of a Windows node cannot be read", now),
        }
    }
}

/// Creates the Pod that is shown.
pub(super) fn start_reader(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    let Some(Overlay::NodeFiles(dialog)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let Some(reader) = dialog.reader().filter(|_| !dialog.is_running()) else {
        return Vec::new();
    };
    let since = now;
    dialog.stage = NodeFilesStage::Running { request_id, since };
    let (namespace, node) = (&reader.namespace, Arc::clone(&reader.node));
    model.file_readers.insert(request_id, namespace, node);
    vec![Effect::ReadNodeFiles { request_id, reader }]
}

/// Keeps what the Pod has read, whether its dialog is still open or not. A Pod that is left behind is not to be
/// missed: it mounts directories of the node.
pub(super) fn files_read(
    model: &mut Model,
    request_id: RequestId,
    outcome: NodeFilesOutcome,
    now: Timestamp,
) {
    // A node of the same name in another cluster has other mirrors.
    let Some(node) = model.file_readers.remove(request_id) else {
        return;
    };
    if !outcome.is_deleted {
        let left = format!("Pod that reads files of {node} not deleted: :cleanup deletes it.");
        model.notices.show_until_dismissed(&left);
    }
    let waiting = model.overlays.iter_mut().position(|overlay| {
        matches!(overlay, Overlay::NodeFiles(NodeFilesDialog {
            stage: NodeFilesStage::Running { request_id: waiting, .. }, ..
        }) if *waiting == request_id)
    });
    match outcome.read {
        Ok(config) => {
            model.nodes.insert_registries(node, config, now);
            if let Some(place) = waiting {
                model.overlays.remove(place);
            }
        }
        Err(why) => {
            let dialog = waiting.and_then(|place| model.overlays.get_mut(place));
            if let Some(Overlay::NodeFiles(dialog)) = dialog {
                dialog.stage = NodeFilesStage::Failed(why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{
            message::Message,
            update::{
                tests::{model, press},
                update,
            },
        },
        domain::{
            fixtures::{now, owned, pod, upserted, waiting},
            k8s::distribution::NodeInfo,
            node::{NodeStatus, Reading, RegistryConfig},
            store::update::StoreUpdate,
        },
    };

    /// A model in which the Pod `web` on node `node-1` is selected.
    fn model_with_pod() -> Model {
        let mut model = model();
        let mut here = owned(
            pod("shop", "checkout-5c9f-0", waiting("ErrImagePull", "denied")),
            "checkout-5c9f",
        );
        here.node = Some("node-1".into());
        let request_id = model.connection.request_id;
        let batch = StoreUpdate::Pods(upserted(vec![here]));
        update(&mut model, Message::Batch(request_id, batch), now());
        press(&mut model, &["/"]);
        crate::app::update::tests::typed(&mut model, "5c9f-0");
        press(&mut model, &["enter", "g"]);
        model
    }

    fn facts() -> NodeFacts {
        NodeFacts {
            name: "node-1".into(),
            status: Reading::Known(NodeStatus {
                info: NodeInfo::default(),
                ..NodeStatus::default()
            }),
            config: Reading::Unavailable("no".to_owned()),
            metrics: Reading::Unavailable("no".to_owned()),
            read_at: now(),
        }
    }

    /// Opens the node's view and creates the Pod that reads its files.
    fn started_reader(model: &mut Model) -> RequestId {
        let effects = press(model, &["o", "f", "enter"]);
        let Some(Effect::ReadNodeFiles { request_id, reader }) = effects.last() else {
            panic!("{effects:?}")
        };
        assert_eq!(&*reader.node, "node-1");
        *request_id
    }

    /// The answer of a reader.
    fn read_files(
        read: Result<RegistryConfig, String>,
        is_deleted: bool,
    ) -> impl FnOnce(RequestId) -> Message {
        move |request_id| {
            let outcome = NodeFilesOutcome { read, is_deleted };
            Message::NodeFilesRead(request_id, Box::new(outcome))
        }
    }

    fn node_request(effects: &[Effect]) -> Option<RequestId> {
        match effects {
            [Effect::ReadNode { request_id, node }] => {
                assert_eq!(&**node, "node-1");
                Some(*request_id)
            }
            [] => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_node_is_asked_about_once_while_its_view_is_open() {
        let mut model = model_with_pod();
        assert_eq!(press(&mut model, &["j"]), [], "nobody looks at the node");
        press(&mut model, &["k"]);
        let request_id = node_request(&press(&mut model, &["o"])).unwrap();
        assert_eq!(
            node_request(&press(&mut model, &["j"])),
            None,
            "the answer is on its way"
        );
        let answer = Message::NodeRead(request_id, Box::new(facts()));
        assert_eq!(node_request(&update(&mut model, answer, now())), None);
        assert_eq!(
            node_request(&press(&mut model, &["j"])),
            None,
            "it is known"
        );
        assert!(
            node_request(&press(&mut model, &["ctrl-r"])).is_some(),
            "asked for again"
        );
    }

    #[test]
    fn a_pod_is_shown_before_it_reads_files() {
        let mut model = model_with_pod();
        press(&mut model, &["o"]);
        press(&mut model, &["f"]);
        let Some(Overlay::NodeFiles(dialog)) = model.overlays.last() else {
            panic!("{:?}", model.overlays)
        };
        assert_eq!(dialog.stage, NodeFilesStage::Preview);
        press(&mut model, &["space"]);
        let effects = press(&mut model, &["enter"]);
        let [Effect::ReadNodeFiles { request_id, reader }] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(reader.namespace.as_str(), "kube-system");
        assert_eq!(press(&mut model, &["enter"]), [], "one is on its way");

        let refused = read_files(Err("forbidden".to_owned()), true);
        update(&mut model, refused(*request_id), now());
        let Some(Overlay::NodeFiles(dialog)) = model.overlays.last() else {
            panic!("{:?}", model.overlays)
        };
        assert_eq!(dialog.stage, NodeFilesStage::Failed("forbidden".to_owned()));
    }

    #[test]
    fn what_was_read_is_kept_and_the_dialog_closed() {
        let mut model = model_with_pod();
        let request_id = started_reader(&mut model);
        let read = read_files(Ok(RegistryConfig::default()), true);
        update(&mut model, read(request_id), now());
        assert!(matches!(model.overlays.last(), Some(Overlay::Node(_))));
        assert!(model.nodes.get("node-1").unwrap().registries.is_some());
        assert!(model.notices.shown().is_none());
    }

    /// A user may be permitted to create Pods and not to delete them.
    #[test]
    fn a_pod_that_is_left_on_the_node_is_told_of() {
        for read in [Ok(RegistryConfig::default()), Err("forbidden".to_owned())] {
            let mut model = model_with_pod();
            let request_id = started_reader(&mut model);
            update(&mut model, read_files(read, false)(request_id), now());
            let notice = model.notices.shown().unwrap();
            let expected = "Pod that reads files of node-1 not deleted: :cleanup deletes it.";
            assert_eq!(notice.text, expected);
            assert!(notice.stays());
        }
    }

    #[test]
    fn what_was_read_in_another_cluster_is_not_kept() {
        let mut model = model_with_pod();
        let request_id = started_reader(&mut model);
        crate::app::update::connect::connect(&mut model, Some("other".to_owned()), now());
        let read = read_files(Ok(RegistryConfig::default()), true);
        update(&mut model, read(request_id), now());
        assert!(model.nodes.get("node-1").is_none());
    }

    #[test]
    fn no_pod_is_proposed_on_a_windows_node() {
        let mut model = model_with_pod();
        let request_id = node_request(&press(&mut model, &["o"])).unwrap();
        let windows = NodeInfo {
            os_image: "Windows Server 2022 Datacenter".to_owned(),
            ..NodeInfo::default()
        };
        let facts = NodeFacts {
            status: Reading::Known(NodeStatus {
                info: windows,
                ..NodeStatus::default()
            }),
            ..facts()
        };
        let answer = Message::NodeRead(request_id, Box::new(facts));
        update(&mut model, answer, now());
        press(&mut model, &["f"]);
        assert!(matches!(model.overlays.last(), Some(Overlay::Node(_))));
        let status = model.status.as_ref().unwrap();
        assert_eq!(status.text, "files of a Windows node cannot be read");
    }
}
