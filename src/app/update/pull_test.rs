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
        chain::{Case, Known},
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
    let case = &inquiry.case;
    let pod = &case.pod;
    // Nothing makes a bare Pod again: what it lists is all that there is.
    let template = case.workload.as_ref();
    let secrets = template.map_or(&pod.pull_secrets, |workload| &workload.pull_secrets);
    let test = PullTest {
        namespace: inquiry.pod.namespace.clone(),
        image: Arc::clone(inquiry.image()?),
        account: pod.service_account.clone(),
        secrets: secrets.to_vec(),
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
    let question = Question::of(case, &test.image).filter(|_| pulls_alike(case, &test));
    Some(Trial::new(test, question, nodes))
}

/// Whether the test's Pod lists what this Pod lists, so that what becomes of it is true of this Pod, too.
/// A Pod that was admitted before its ServiceAccount listed a Secret goes on without it; the test's does
/// not.
fn pulls_alike(case: &Case, test: &PullTest) -> bool {
    let admitted = match &case.account {
        _ if !test.secrets.is_empty() => &test.secrets[..],
        Known::Present(account) => &account.pull_secrets[..],
        Known::Missing => &[],
        Known::Unknown => return false,
    };
    case.pod.pull_secrets[..] == *admitted
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
        .map(|pod| Change::delete_pod(pod.key.clone()))
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
            batch::Batch,
            key::Name,
            sample::{account, changed, now, owned, pod, waiting},
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
        (secrets.collect(), trial.question.is_some())
    }

    fn fold(model: &mut Model, batch: Batch) {
        let ticket = model.connection.ticket;
        update(
            model,
            crate::app::message::Message::Batch(ticket, batch),
            now(),
        );
    }

    #[test]
    fn a_test_speaks_for_a_pod_that_lists_the_same_secrets() {
        let mut model = model();
        let failing = || waiting("ErrImagePull", "denied");
        let mut early = owned(pod("shop", "checkout-early", failing()), "checkout-5c9f");
        early.pull_secrets = Arc::from([]);
        let mut bare = pod("shop", "bare", failing());
        bare.pull_secrets = Arc::from([Name::new("mine")]);
        fold(&mut model, Batch::Pods(changed(vec![early, bare])));

        let admission = (Vec::new(), true);
        assert_eq!(trial_of(&mut model, "5c9f-0"), admission, "as its account");
        let bare = (vec!["mine".to_owned()], true);
        assert_eq!(trial_of(&mut model, "bare"), bare, "nothing makes it again");
        let stale = (Vec::new(), false);
        assert_eq!(trial_of(&mut model, "early"), stale, "the test has more");

        let other = account("shop", "runner", &["another"]);
        fold(&mut model, Batch::ServiceAccounts(changed(vec![other])));
        assert_eq!(trial_of(&mut model, "5c9f-0"), (Vec::new(), false));
    }
}
