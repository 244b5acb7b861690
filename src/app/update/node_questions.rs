//! Questions about the node of the Pod that is looked at.

use crate::{
    app::{effect::Effect, model::Model},
    domain::diagnostics::node_answers::NodeQuestion,
};

/// Asks what has not been asked of the inspected Pod's node.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let questions = wanted_answers(model);
    if questions.is_empty() {
        return Vec::new();
    }
    let request_id = model.request_ids.next_id();
    model.nodes.begin_questions(&questions, request_id);
    vec![Effect::AskAboutNodes {
        request_id,
        questions,
    }]
}

/// The questions of the inspected Pod that are to be asked now.
pub fn wanted_answers(model: &Model) -> Vec<NodeQuestion> {
    let Some(inspection) = &model.inspection else {
        return Vec::new();
    };
    let knowledge = model.nodes.knowledge(&inspection.context);
    let findings = inspection.diagnosis.findings.iter();
    let questions = findings.flat_map(|finding| knowledge.questions(finding));
    let mut questions: Vec<_> = questions.collect();
    questions.sort_unstable();
    questions.dedup();
    model.nodes.unasked(questions)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        app::{
            message::Message,
            node_cache::NodeCache,
            refresh,
            update::{tests, update},
        },
        domain::{
            context,
            diagnostics::{Finding, FixId, NodeKnowledge, diagnose, node_answers::NodeAnswers},
            fixtures::{key, now, pod, upserted, waiting},
            k8s::distribution::NodeInfo,
            store::update::StoreUpdate,
        },
    };

    const UNTRUSTED: &str = "failed to pull and unpack image \"registry.example:5000/team/app:1\": failed to do request: Head \"https://registry.example:5000/v2/team/app/manifests/1\": tls: failed to verify certificate: x509: certificate signed by unknown authority";

    /// A model that looks at a Pod whose node does not trust the registry.
    fn model() -> Model {
        let mut model = tests::model();
        let mut untrusted = pod("aaa", "untrusted-1", waiting("ErrImagePull", UNTRUSTED));
        untrusted.node = Some("worker-1".into());
        untrusted.containers[0].image = "registry.example:5000/team/app:1".into();
        let batch = StoreUpdate::Pods(upserted(vec![untrusted]));
        let request_id = model.connection.request_id;
        update(&mut model, Message::Batch(request_id, batch), now());
        redraw(&mut model);
        model
    }

    fn redraw(model: &mut Model) {
        refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
    }

    fn answers() -> NodeAnswers {
        let info = NodeInfo {
            os_image: "Ubuntu 24.04.3 LTS".into(),
            kubelet_version: "v1.33.4+k3s1".into(),
            container_runtime: "containerd://2.1.4-k3s1".into(),
        };
        let mut answers = NodeAnswers::default();
        answers.add_info(BTreeMap::from([("worker-1".to_owned(), info)]));
        answers
    }

    fn steps(finding: &Finding) -> String {
        FixId::TrustCa.render(&finding.fix_context).steps.join("\n")
    }

    #[test]
    fn the_node_of_the_pod_is_asked_about_once_and_its_files_are_named() {
        let mut model = model();
        let shown = |model: &Model| {
            let inspection = model.inspection.as_ref().unwrap();
            assert_eq!(inspection.pod, key("aaa", "untrusted-1"));
            inspection.diagnosis.findings[0].clone()
        };
        assert!(steps(&shown(&model)).contains("certs.d"));
        assert_eq!(
            refresh::next_wakeup(&model, now()),
            Some(now()),
            "it is asked without a key"
        );
        let effects = update(&mut model, Message::Tick, now());
        let [
            Effect::AskAboutNodes {
                request_id,
                questions,
            },
        ] = &effects[..]
        else {
            panic!("{effects:?}")
        };
        let info = NodeQuestion::Info {
            node: "worker-1".into(),
        };
        assert_eq!(*questions, [info]);
        assert_eq!(update(&mut model, Message::Tick, now()), []);
        let answer = Message::NodesAnswered(*request_id, Box::new(answers()));
        assert_eq!(update(&mut model, answer, now()), []);
        redraw(&mut model);
        assert_eq!(update(&mut model, Message::Tick, now()), []);
        let finding = shown(&model);
        assert!(
            steps(&finding).contains("/etc/rancher/k3s/registries.yaml"),
            "{finding:?}"
        );
        // `check` diagnoses and adds the same answers.
        let pod = &model.inspection.as_ref().unwrap().pod;
        let coverage = model.connection.coverage();
        let case = context::pod_context(&model.store, coverage, pod, now()).unwrap();
        let mut checked = diagnose(&case).findings.remove(0);
        let knowledge = NodeKnowledge {
            facts: None,
            registries: None,
            answers: &answers(),
        };
        knowledge.apply(&mut checked, &case);
        assert_eq!(finding, checked);
        let kept = model.diagnoses.for_pod(pod).unwrap();
        assert_eq!(kept.finding, checked);
    }

    #[test]
    fn what_is_not_answered_is_not_asked_again_until_the_cluster_is_another() {
        let mut model = model();
        let effects = update(&mut model, Message::Tick, now());
        let [Effect::AskAboutNodes { request_id, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        let nothing = Message::NodesAnswered(*request_id, Box::default());
        assert_eq!(update(&mut model, nothing, now()), []);
        redraw(&mut model);
        assert_eq!(update(&mut model, Message::Tick, now()), []);
        assert!(wanted_answers(&model).is_empty());
        model.nodes = NodeCache::default();
        assert!(!wanted_answers(&model).is_empty());
    }
}
