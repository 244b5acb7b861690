//! Starting pull tests and receiving their results.

use std::sync::Arc;

use jiff::Timestamp;

use super::plan_dialog;
use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::Overlay,
        probe_cache::{ProbeQuery, ProbeRecord},
        pull_test::{PullTestRun, PullTestStage},
        request_id::RequestId,
    },
    domain::{
        context::{PodContext, Presence},
        diagnostics::EvidenceSource,
        plan::{Change, Plan},
        pull_test::{PullTest, PullTestResult, is_of_a_test},
        store::watch::Scope,
    },
};

/// Asks on which nodes the image of the Pod shall be pulled.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    if plan_dialog::reject_if_read_only(model, now) {
        return;
    }
    let Some(trial) = new_run(model) else {
        model.set_status("no image to pull", now);
        return;
    };
    if trial.nodes.rows().is_empty() {
        model.set_status("no nodes known: no Pod is scheduled yet", now);
    } else {
        model.overlays.push(Overlay::PullTest(trial));
    }
}

fn new_run(model: &Model) -> Option<PullTestRun> {
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
    Some(PullTestRun::new(test, query, nodes))
}

/// True if the test's Pod lists the same pull secrets as this Pod, so that what becomes of it is true of this
/// Pod, too. A Pod that was admitted before its ServiceAccount listed a Secret goes on without it; the test's
/// does not.
fn pulls_like(context: &PodContext, test: &PullTest) -> bool {
    let admitted = match &context.account {
        _ if !test.secrets.is_empty() => &test.secrets[..],
        Presence::Present(account) => &account.pull_secrets[..],
        Presence::Missing => &[],
        Presence::Unknown => return false,
    };
    context.pod.pull_secrets[..] == *admitted
}

/// Starts the test on the chosen nodes.
pub(super) fn start(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    let Some(Overlay::PullTest(trial)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !matches!(trial.stage, PullTestStage::Choosing) {
        if !trial.is_waiting() {
            model.overlays.pop();
        }
        return Vec::new();
    }
    if trial.chosen.is_empty() {
        model.set_status("select a node first (space)", now);
        return Vec::new();
    }
    trial.stage = PullTestStage::Running {
        request_id,
        since: now,
        results: Vec::new(),
    };
    let (test, nodes) = (trial.test.clone(), trial.chosen.iter().cloned());
    let nodes: Vec<Arc<str>> = nodes.collect();
    for node in &nodes {
        model
            .running_tests
            .insert(request_id, &test.namespace, Arc::clone(node));
    }
    vec![Effect::PullTest {
        request_id,
        test,
        nodes,
    }]
}

/// A kubelet has answered; what it says settles what is wrong with the Pod.
pub(super) fn answered(
    model: &mut Model,
    request_id: RequestId,
    node: Arc<str>,
    pulled: PullTestResult,
    now: Timestamp,
) {
    model.running_tests.remove(request_id, &node);
    for overlay in &mut model.overlays {
        if let Overlay::PullTest(trial) = overlay
            && let PullTestStage::Running {
                request_id: waiting,
                results: said,
                ..
            } = &mut trial.stage
            && *waiting == request_id
        {
            if let (Some(query), Some(conclusion)) = (&trial.query, pulled.conclusion(&node)) {
                let said = ProbeRecord {
                    conclusion,
                    source: EvidenceSource::PullTest,
                    at: now,
                };
                model.probes.insert(query.clone(), said);
            }
            said.push((node, pulled));
            return;
        }
    }
}

/// Proposes to delete Pods that earlier tests have left behind. A test that runs deletes its own Pods.
pub(super) fn clean_up(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let of_tests = model.store.pods(&Scope::Cluster);
    let (running, left): (Vec<_>, Vec<_>) = of_tests
        .filter(|pod| is_of_a_test(pod))
        .partition(|pod| model.running_tests.may_own(pod));
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
        let Some(Overlay::PullTest(trial)) = model.overlays.pop() else {
            panic!("no test of {name}")
        };
        press(model, &["esc"]);
        let secrets = trial.test.secrets.iter().map(ToString::to_string);
        (secrets.collect(), trial.query.is_some())
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

    #[test]
    fn the_pods_of_a_running_test_are_not_cleaned_up() {
        let mut model = model();
        let mut here = owned(
            pod("shop", "checkout-5c9f-0", waiting("ErrImagePull", "denied")),
            "checkout-5c9f",
        );
        here.node = Some("node-1".into());
        fold(&mut model, StoreUpdate::Pods(upserted(vec![here])));
        press(&mut model, &["/"]);
        crate::app::update::tests::typed(&mut model, "5c9f-0");
        press(&mut model, &["enter", "g", "ctrl-t"]);
        let effects = press(&mut model, &["enter"]);
        let [
            Effect::PullTest {
                request_id, nodes, ..
            },
        ] = &effects[..]
        else {
            panic!("{effects:?}")
        };
        let (request_id, node) = (*request_id, Arc::clone(&nodes[0]));
        // Also when nobody looks at the test any more.
        press(&mut model, &["esc", "esc"]);
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

        let ended = PullTestResult::Unknown("stopped".to_owned());
        answered(&mut model, request_id, node, ended, now());
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
