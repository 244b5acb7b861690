//! The pull test: asked for, started, answered.

use std::sync::Arc;

use jiff::Timestamp;

use super::propose;
use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::Overlay,
        pull_test::{Stage, Trial},
        settled::{Question, Said},
        ticket::Ticket,
    },
    domain::{
        diagnose::Source,
        plan::{Change, Plan},
        pull_test::{PullTest, Pulled, is_of_a_test},
        watch::Scope,
    },
};

/// Asks on which nodes the image of the Pod shall be pulled.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    if propose::refused(model, now) {
        return;
    }
    let Some(trial) = trial(model) else {
        model.flash("there is no image to pull", now);
        return;
    };
    if trial.nodes.rows().is_empty() {
        model.flash("no node is known: no Pod has one yet", now);
    } else {
        model.overlays.push(Overlay::PullTest(trial));
    }
}

fn trial(model: &Model) -> Option<Trial> {
    let inquiry = model.inquiry.as_ref()?;
    let pod = &inquiry.case.pod;
    let template = inquiry.case.workload.as_ref();
    let test = PullTest {
        namespace: inquiry.pod.namespace.clone(),
        image: Arc::clone(&inquiry.container()?.image),
        account: pod.service_account.clone(),
        secrets: template
            .map(|workload| workload.pull_secrets.to_vec())
            .unwrap_or_default(),
    };
    let mut nodes: Vec<Arc<str>> = pod.node.iter().cloned().collect();
    let mut others: Vec<Arc<str>> = model
        .world
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
    let question = Question::of(&inquiry.case, &test.image);
    Some(Trial::new(test, question, nodes))
}

/// Starts the test on the chosen nodes.
pub(super) fn start(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let ticket = model.tickets.issue();
    let Some(Overlay::PullTest(trial)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !matches!(trial.stage, Stage::Choosing) {
        if !trial.waits() {
            model.overlays.pop();
        }
        return Vec::new();
    }
    if trial.chosen.is_empty() {
        model.flash("no node is chosen: space takes one", now);
        return Vec::new();
    }
    trial.stage = Stage::Running {
        ticket,
        since: now,
        said: Vec::new(),
    };
    vec![Effect::PullTest {
        ticket,
        test: trial.test.clone(),
        nodes: trial.chosen.iter().cloned().collect(),
    }]
}

/// A kubelet has answered; what it says settles what is wrong with the Pod.
pub(super) fn answered(
    model: &mut Model,
    ticket: Ticket,
    node: Arc<str>,
    pulled: Pulled,
    now: Timestamp,
) {
    for overlay in &mut model.overlays {
        if let Overlay::PullTest(trial) = overlay
            && let Stage::Running {
                ticket: waiting,
                said,
                ..
            } = &mut trial.stage
            && *waiting == ticket
        {
            if let (Some(question), Some(verdict)) = (&trial.question, pulled.verdict(&node)) {
                let said = Said {
                    verdict,
                    by: Source::PullTest,
                    at: now,
                };
                model.answers.told(question.clone(), said);
            }
            said.push((node, pulled));
            return;
        }
    }
}

/// Proposes to delete Pods that earlier tests have left behind.
pub(super) fn clean_up(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let left: Vec<Change> = model
        .world
        .pods(&Scope::Cluster)
        .filter(|pod| is_of_a_test(pod))
        .map(|pod| Change::DeletePod(pod.key.clone()))
        .collect();
    if left.is_empty() {
        model.flash("no pull test has left anything behind", now);
        return Vec::new();
    }
    propose::propose(
        model,
        Plan::new("Delete what pull tests have left", left),
        None,
        now,
    )
}
