//! Starting pull tests and receiving their results.

use std::sync::Arc;

use jiff::Timestamp;

use super::{key_context, plan_dialog};
use crate::{
    app::{
        action::Action,
        effect::Effect,
        model::Model,
        overlay::Overlay,
        probe_cache::{ProbeQuery, ProbeRecord},
        pull_test::{PullTestDialog, PullTestSetup},
        request_id::RequestId,
    },
    domain::{
        context::{PodContext, Presence},
        diagnostics::EvidenceSource,
        plan::{Change, Plan},
        pull_test::{PullTest, PullTestOutcome, is_of_a_test},
        store::watch::Scope,
    },
};

/// Opens the choice of nodes for a pull test of the Pod's image.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    if plan_dialog::reject_if_read_only(model, now) {
        return;
    }
    let Some(setup) = new_setup(model) else {
        model.set_status("no image to pull", now);
        return;
    };
    if setup.nodes.rows().is_empty() {
        model.set_status("no nodes known: no Pod is scheduled yet", now);
    } else {
        let dialog = PullTestDialog::Choosing(Box::new(setup));
        model.overlays.push(Overlay::PullTest(dialog));
    }
}

fn new_setup(model: &Model) -> Option<PullTestSetup> {
    let inspection = model.inspection.as_ref()?;
    let context = &inspection.context;
    let pod = &context.pod;
    // Nothing makes a bare Pod again: what it lists is all that there is.
    let template = context.workload.as_ref();
    let secrets = template.map_or(&pod.pull_secrets, |workload| &workload.pull_secrets);
    let test = PullTest {
        namespace: inspection.pod.namespace.clone(),
        image: Arc::clone(inspection.image()?),
        account: pod.service_account.clone(),
        secrets: secrets.to_vec(),
    };
    let mut nodes: Vec<Arc<str>> = pod.node.iter().cloned().collect();
    let mut others: Vec<Arc<str>> = model
        .store
        .pods(&Scope::Cluster)
        .filter_map(|pod| pod.node.clone())
        .collect();
    others.sort();
    others.dedup();
    nodes.extend(
        others
            .into_iter()
            .filter(|node| Some(node) != pod.node.as_ref()),
    );
    let query = ProbeQuery::for_pod(context, &test.image).filter(|_| pulls_like(context, &test));
    Some(PullTestSetup::new(test, query, nodes))
}

/// True if the test's Pod lists the same pull secrets as this Pod, so that its result holds for this Pod.
///
/// A Pod that was admitted before its ServiceAccount listed a Secret goes on without it; the test's does not.
fn pulls_like(context: &PodContext, test: &PullTest) -> bool {
    let admitted = match &context.account {
        _ if !test.secrets.is_empty() => &test.secrets[..],
        Presence::Present(account) => &account.pull_secrets[..],
        Presence::Missing => &[],
        Presence::Unknown => return false,
    };
    context.pod.pull_secrets[..] == *admitted
}

/// Starts the test on the chosen nodes. Closes the dialog of one that was started: it goes on, and its result
/// is shown in the status line.
pub(super) fn start(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let setup = match model.overlays.last_mut() {
        Some(Overlay::PullTest(PullTestDialog::Choosing(setup))) => setup,
        Some(Overlay::PullTest(PullTestDialog::Started(_))) => {
            close(model);
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    if setup.chosen.is_empty() {
        let toggle = key_context::key_name(model, Action::Toggle);
        model.set_status(format!("select a node first ({toggle})"), now);
        return Vec::new();
    }
    let request_id = model.request_ids.next_id();
    let nodes = model.pull_tests.start(request_id, setup, now);
    let test = setup.test.clone();
    model.overlays.pop();
    let dialog = PullTestDialog::Started(request_id);
    model.overlays.push(Overlay::PullTest(dialog));
    vec![Effect::PullTest {
        request_id,
        test,
        nodes,
    }]
}

/// Cancels a running test, whose dialog stays until its Pods are deleted; else closes the dialog.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::PullTest(PullTestDialog::Started(request_id))) = model.overlays.last()
        && let Some(test) = model.pull_tests.get_mut(*request_id)
        && test.is_waiting()
        && !test.is_cancelled
    {
        test.is_cancelled = true;
        return vec![Effect::CancelPullTest(*request_id)];
    }
    close(model);
    Vec::new()
}

/// Closes the dialog. A test that has ended is forgotten.
fn close(model: &mut Model) {
    if let Some(Overlay::PullTest(PullTestDialog::Started(request_id))) = model.overlays.pop()
        && !model.pull_tests.is_waiting(request_id)
    {
        model.pull_tests.remove(request_id);
    }
}

/// Stores what a kubelet has answered: it settles what is wrong with the Pod, whether anybody still looks at the
/// test or not. The result of a test that nobody looks at is shown in the status line.
pub(super) fn answered(
    model: &mut Model,
    request_id: RequestId,
    node: &str,
    outcome: PullTestOutcome,
    now: Timestamp,
) {
    let Some(test) = model.pull_tests.get_mut(request_id) else {
        return;
    };
    if let (Some(query), Some(conclusion)) = (&test.query, outcome.pulled.conclusion(node)) {
        let record = ProbeRecord {
            conclusion,
            source: EvidenceSource::PullTest,
            at: now,
        };
        model.probes.insert(query.clone(), record);
    }
    if let Some((_, answer)) = test.nodes.iter_mut().find(|(known, _)| **known == *node) {
        *answer = Some(outcome);
    }
    let is_shown = model.overlays.iter().any(|overlay| {
        matches!(overlay, Overlay::PullTest(PullTestDialog::Started(id)) if *id == request_id)
    });
    if !test.is_waiting() && !is_shown {
        let (summary, left) = (test.summary(), test.pods_left());
        model.pull_tests.remove(request_id);
        // A Pod that is left behind is not to be missed.
        if left > 0 {
            model.notices.show_until_dismissed(&summary);
        }
        model.set_status(summary, now);
    }
}

/// Proposes to delete Pods left behind by earlier tests. A running test deletes its own Pods.
pub(super) fn clean_up(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let of_tests = model.store.pods(&Scope::Cluster);
    let (running, left): (Vec<_>, Vec<_>) = of_tests
        .filter(|pod| is_of_a_test(pod))
        .partition(|pod| model.pull_tests.may_own(pod) || model.file_readers.may_own(pod));
    let left: Vec<Change> = left
        .into_iter()
        .map(|pod| Change::delete_pod(pod.key.clone()))
        .collect();
    let running = running.len();
    if left.is_empty() {
        model.set_status(
            match running {
                0 => "no Pods left behind by pull tests",
                _ => "a pull test is running; it deletes its own Pods",
            },
            now,
        );
        return Vec::new();
    }
    let note = match running {
        0 => None,
        1 => Some("1 Pod of a running pull test is not included: the test deletes it.".to_owned()),
        many => Some(format!(
            "{many} Pods of running pull tests are not included: the tests delete them."
        )),
    };
    let plan = Plan {
        notes: note.into_iter().collect(),
        ..Plan::new("Delete Pods left behind by pull tests", left)
    };
    plan_dialog::open(model, plan, None, now)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        app::update::{
            tests::{model, press},
            update,
        },
        domain::{
            fixtures::{account, now, owned, pod, upserted, waiting},
            k8s::object_ref::Name,
            pull_test::PullTestResult,
            store::update::StoreUpdate,
        },
    };

    /// The test of the first Pod whose name has these letters.
    fn trial_of(model: &mut Model, name: &str) -> (Vec<String>, bool) {
        press(model, &["/"]);
        for letter in name.chars() {
            press(model, &[&letter.to_string()]);
        }
        press(model, &["enter", "g", "ctrl-t"]);
        let Some(Overlay::PullTest(PullTestDialog::Choosing(setup))) = model.overlays.pop() else {
            panic!("no test of {name}")
        };
        press(model, &["esc"]);
        let secrets = setup.test.secrets.iter().map(ToString::to_string);
        (secrets.collect(), setup.query.is_some())
    }

    fn fold(model: &mut Model, batch: StoreUpdate) {
        let request_id = model.connection.request_id;
        update(
            model,
            crate::app::message::Message::Batch(request_id, batch),
            now(),
        );
    }

    /// A Pod of a pull test on this node.
    fn test_pod(name: &str, node: &str) -> crate::domain::k8s::objects::Pod {
        let mut pod = pod("shop", name, waiting("ContainerCreating", ""));
        pod.meta.labels = [(crate::domain::pull_test::LABEL.into(), "true".into())].into();
        pod.node = Some(node.into());
        pod
    }

    /// A test of a failing Pod that was started on its node.
    fn started(model: &mut Model) -> (RequestId, Arc<str>) {
        let mut here = owned(
            pod("shop", "checkout-5c9f-0", waiting("ErrImagePull", "denied")),
            "checkout-5c9f",
        );
        here.node = Some("node-1".into());
        fold(model, StoreUpdate::Pods(upserted(vec![here])));
        press(model, &["/"]);
        crate::app::update::tests::typed(model, "5c9f-0");
        press(model, &["enter", "g", "ctrl-t"]);
        let effects = press(model, &["enter"]);
        let [
            Effect::PullTest {
                request_id, nodes, ..
            },
        ] = &effects[..]
        else {
            panic!("{effects:?}")
        };
        (*request_id, Arc::clone(&nodes[0]))
    }

    fn failed(is_deleted: bool) -> PullTestOutcome {
        PullTestOutcome {
            pulled: PullTestResult::Failed {
                message: "401 Unauthorized".to_owned(),
                cause: Some(crate::domain::diagnostics::Cause::Unauthorized),
            },
            is_deleted,
        }
    }

    fn status(model: &Model) -> &str {
        model.status.as_ref().map_or("", |status| &status.text)
    }

    #[test]
    fn esc_cancels_a_running_test_and_waits_until_its_pods_are_deleted() {
        let mut model = model();
        let (request_id, node) = started(&mut model);
        let effects = press(&mut model, &["esc"]);
        assert_eq!(effects, [Effect::CancelPullTest(request_id)]);
        assert!(matches!(model.overlays[..], [Overlay::PullTest(_)]));
        let outcome = PullTestOutcome {
            pulled: PullTestResult::Unknown("test cancelled".to_owned()),
            is_deleted: true,
        };
        answered(&mut model, request_id, &node, outcome, now());
        let test = model.pull_tests.get(request_id).unwrap();
        assert_eq!(test.pods_line(), "No test Pod is left.");
        assert_eq!(
            press(&mut model, &["esc"]),
            [],
            "there is nothing to cancel"
        );
        assert!(model.overlays.is_empty(), "{:?}", model.overlays);
        assert!(model.pull_tests.get(request_id).is_none());
    }

    #[test]
    fn who_closes_a_cancelled_test_is_told_in_the_status_line() {
        let mut model = model();
        let (request_id, node) = started(&mut model);
        press(&mut model, &["esc"]);
        assert_eq!(press(&mut model, &["esc"]), [], "it is cancelled once");
        assert!(model.overlays.is_empty(), "{:?}", model.overlays);
        answered(&mut model, request_id, &node, failed(true), now());
        let told = status(&model);
        assert!(told.ends_with("cancelled. No test Pod is left."), "{told}");
    }

    #[test]
    fn a_test_in_the_background_settles_what_is_wrong_and_says_so() {
        let mut model = model();
        let (request_id, node) = started(&mut model);
        let query = model.pull_tests.get(request_id).unwrap().query.clone();
        assert_eq!(press(&mut model, &["enter"]), [], "it goes on");
        assert!(model.overlays.is_empty(), "{:?}", model.overlays);
        answered(&mut model, request_id, &node, failed(true), now());
        let told = status(&model);
        assert!(told.contains("failed (login rejected"), "{told}");
        assert!(told.ends_with("on node-1"), "{told}");
        assert!(
            model.probes.get(&query.unwrap()).is_some(),
            "it is evidence"
        );
    }

    /// A user may be permitted to create Pods and not to delete them.
    #[test]
    fn a_pod_that_could_not_be_deleted_is_not_called_deleted() {
        let mut model = model();
        let (request_id, node) = started(&mut model);
        answered(&mut model, request_id, &node, failed(false), now());
        let line = model.pull_tests.get(request_id).unwrap().pods_line();
        assert_eq!(line, "1 test Pod not deleted: :cleanup deletes it.");
        let (request_id, node) = {
            press(&mut model, &["esc", "esc"]);
            started(&mut model)
        };
        press(&mut model, &["enter"]);
        answered(&mut model, request_id, &node, failed(false), now());
        assert!(status(&model).contains("not deleted"), "{}", status(&model));
        let notice = model.notices.shown().map(|notice| notice.text.clone());
        assert!(notice.is_some_and(|text| text.contains("not deleted")));
    }

    #[test]
    fn the_pods_of_a_running_test_are_not_cleaned_up() {
        let mut model = model();
        let (request_id, node) = started(&mut model);
        // Also when nobody looks at the test any more.
        press(&mut model, &["enter", "esc"]);
        assert!(model.overlays.is_empty(), "{:?}", model.overlays);
        let running = test_pod("pullscope-pull-test-1", &node);
        fold(&mut model, StoreUpdate::Pods(upserted(vec![running])));
        assert_eq!(clean_up(&mut model, now()), []);
        let told = model.status.as_ref().map(|flash| flash.text.as_str());
        assert!(told.unwrap().contains("is running"), "{told:?}");

        let left = test_pod("pullscope-pull-test-2", "node-9");
        fold(&mut model, StoreUpdate::Pods(upserted(vec![left])));
        let deleted = |effects: &[Effect]| -> (Vec<String>, Vec<String>) {
            let [Effect::DryRun { plan, .. }] = effects else {
                panic!("{effects:?}")
            };
            let said = plan.0.changes.iter().map(ToString::to_string);
            (said.collect(), plan.0.notes.clone())
        };
        let (said, notes) = deleted(&clean_up(&mut model, now()));
        assert_eq!(said, ["Delete Pod shop/pullscope-pull-test-2"]);
        assert!(notes[0].contains("not included"), "{notes:?}");
        press(&mut model, &["esc"]);

        let ended = PullTestOutcome {
            pulled: PullTestResult::Unknown("stopped".to_owned()),
            is_deleted: false,
        };
        answered(&mut model, request_id, &node, ended, now());
        press(&mut model, &["esc"]);
        let (said, notes) = deleted(&clean_up(&mut model, now()));
        assert_eq!((said.len(), notes.len()), (2, 0), "it could not delete it");
    }

    #[test]
    fn a_test_speaks_for_a_pod_that_lists_the_same_secrets() {
        let mut model = model();
        let failing = || waiting("ErrImagePull", "denied");
        let mut early = owned(pod("shop", "checkout-early", failing()), "checkout-5c9f");
        early.pull_secrets = Arc::from([]);
        let mut bare = pod("shop", "bare", failing());
        bare.pull_secrets = Arc::from([Name::new("mine")]);
        fold(&mut model, StoreUpdate::Pods(upserted(vec![early, bare])));

        let admission = (Vec::new(), true);
        assert_eq!(trial_of(&mut model, "5c9f-0"), admission, "as its account");
        let bare = (vec!["mine".to_owned()], true);
        assert_eq!(trial_of(&mut model, "bare"), bare, "nothing makes it again");
        let stale = (Vec::new(), false);
        assert_eq!(trial_of(&mut model, "early"), stale, "the test has more");

        let other = account("shop", "runner", &["another"]);
        fold(
            &mut model,
            StoreUpdate::ServiceAccounts(upserted(vec![other])),
        );
        assert_eq!(trial_of(&mut model, "5c9f-0"), (Vec::new(), false));
    }
}
