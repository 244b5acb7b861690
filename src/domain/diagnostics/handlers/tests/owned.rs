//! Lists that are the Pod's own, owners that are no workload, and objects that something else keeps.

use std::sync::Arc;

use super::{Scene, check, check_fix, check_no_fix, no_basic_auth, resolving};
use crate::domain::{
    diagnostics::{Cause, FixId, RootCause},
    fixtures::{pod, running, workload_that_runs},
    k8s::{
        object_ref::Name,
        objects::{OwnerReference, SecretContent},
    },
};

const REFUSED: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized";

impl Scene {
    /// The Pod lists these, whatever its ServiceAccount lists.
    fn pod_lists(mut self, secrets: &[&str]) -> Self {
        self.pod.pull_secrets = secrets.iter().map(|name| Name::new(*name)).collect();
        self
    }

    /// A controller of another kind created the Pod.
    fn of_owner(mut self, kind: &str, name: &str) -> Self {
        self.pod.meta.owner = Some(owner(kind, name));
        self.owner = None;
        self
    }

    /// Another Pod lists this Secret and runs this image.
    fn other_runs(mut self, image: &str, secret: &str) -> Self {
        let mut other = pod("shop", "other-1", running());
        other.pull_secrets = Arc::from([Name::new(secret)]);
        other.containers[0].image = image.into();
        other.containers[0].image_id = Some("sha256:00".into());
        self.others.push(other);
        self
    }

    /// The user of the last Secret's entries.
    fn user(mut self, user: &str) -> Self {
        if let SecretContent::Read(summary) = &mut self.secrets.last_mut().unwrap().content {
            let mut entries = summary.entries.to_vec();
            for entry in &mut entries {
                entry.username = Some(user.into());
            }
            summary.entries = entries.into();
        }
        self
    }

    /// The last Secret has no entries.
    fn emptied(mut self) -> Self {
        if let SecretContent::Read(summary) = &mut self.secrets.last_mut().unwrap().content {
            summary.entries = Arc::from([]);
        }
        self
    }

    /// An ExternalSecret writes the last Secret.
    fn external(mut self) -> Self {
        self.secrets.last_mut().unwrap().meta.owner = Some(owner("ExternalSecret", "reg"));
        self
    }
}

fn owner(kind: &str, name: &str) -> Arc<OwnerReference> {
    Arc::new(OwnerReference {
        kind: kind.into(),
        name: name.into(),
        uid: "u".into(),
    })
}

/// Admission fills an empty list and no other: the Pod is not older than its ServiceAccount's list.
#[test]
fn a_list_of_the_pods_own_is_corrected_and_not_waited_for() {
    let scene = || {
        let scene = Scene::failed(&no_basic_auth()).lists(&["nw"]);
        scene.secret("nw", "registry.example")
    };
    let misspelled = scene().pod_lists(&["nv"]).bare();
    check(
        &misspelled,
        "no-credentials-sent, secret-missing, certain: correct-secret-name, attach-secret, create-secret",
    );
    check_fix(
        &misspelled,
        FixId::CorrectSecretName,
        &[
            r#"kubectl -n shop get pod web-1 -o json | jq 'del(.status, .spec.nodeName) | .spec.imagePullSecrets = [{"name":"nw"}]' | kubectl -n shop replace --force -f -"#,
        ],
    );
    let of_task = scene().pod_lists(&["nv"]).of_owner("TaskRun", "build");
    check_fix(
        &of_task,
        FixId::CorrectSecretName,
        &["# TaskRun build is immutable: correct what creates it, then create it again"],
    );
    let elsewhere = scene().secret("hub", "other.example");
    check(
        &elsewhere.pod_lists(&["hub"]).bare(),
        "no-credentials-sent, entry-for-other-registry, certain: attach-secret, create-secret",
    );
    // What lists nothing gets the list of its ServiceAccount when it is created again.
    check(
        &scene().pod_lists(&[]).bare(),
        "no-credentials-sent, pod-predates-binding, certain: recreate-pod",
    );
}

#[test]
fn a_static_pod_gets_a_login_of_its_node() {
    let scene = Scene::failed(&no_basic_auth()).secret("hub", "registry.example");
    let scene = scene.of_owner("Node", "node-1");
    check(
        &scene,
        "no-credentials-sent, no root, likely: node-login, credential-provider, load-image",
    );
    check_no_fix(&scene, FixId::AttachSecret);
    let facts = scene.facts().join("\n");
    assert!(
        facts.contains("the Pod is static (a file on node node-1)"),
        "{facts}"
    );
    assert!(!facts.contains("ServiceAccount runner"), "{facts}");
    check(
        &scene.waits("ErrImagePull", &resolving(REFUSED)),
        "unauthorized, no root, likely: node-login, credential-provider, load-image",
    );
}

/// No login of the node changes a rule that the registry states.
#[test]
fn a_static_pod_is_refused_by_the_same_rule() {
    let refused = [
        "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
        "denied: Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.",
    ];
    for message in refused {
        let scene = Scene::failed(&resolving(message));
        let of_deployment = scene.finding();
        let scene = scene.of_owner("Node", "node-1");
        let finding = scene.finding();
        assert_eq!(finding.cause, Cause::ForbiddenByPolicy, "{message}");
        assert_eq!(finding.root, of_deployment.root, "{message}");
        assert_eq!(finding.confidence, of_deployment.confidence, "{message}");
        assert_eq!(finding.fixes[0], of_deployment.fixes[0], "{message}");
        let facts = scene.facts().join("\n");
        assert!(facts.contains("the Pod is static"), "{facts}");
    }
}

/// The entry that is one port off for this image is right for another Pod.
#[test]
fn an_entry_that_other_pods_need_is_not_renamed() {
    let scene = Scene::failed(&no_basic_auth())
        .lists(&["hub"])
        .secret("hub", "registry.example:5000");
    assert!(scene.finding().fix_context.entry_uses.is_empty());
    let scene = scene.other_runs("registry.example:5000/team/db:1", "hub");
    check(
        &scene,
        "no-credentials-sent, entry-for-other-registry, certain: correct-server, create-secret",
    );
    check_fix(
        &scene,
        FixId::CorrectServer,
        &[
            r#"kubectl -n shop get secret hub -o json | jq --arg from registry.example:5000 --arg to registry.example '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | @base64d | fromjson | if .auths | has($to) then error("\($to) is there already") else . end | .auths[$to] = .auths[$from] | tojson | @base64)' | kubectl -n shop replace -f -"#,
            "kubectl -n shop delete pod web-1 --wait=false",
        ],
    );
    let fix = FixId::CorrectServer.render(&scene.finding().fix_context);
    assert_eq!(fix.title, "Add an entry for this registry to the Secret");
    assert_eq!(
        fix.steps[0],
        "Entry registry.example:5000 stays: Pod other-1 pulls registry.example:5000/team/db:1 with it."
    );
    let removed = FixId::RemoveEntry.render(&scene.finding().fix_context);
    assert!(
        removed.steps[0].starts_with("Others lose entry registry.example:5000, too: Pod other-1"),
        "{removed:?}"
    );
}

#[test]
fn docker_hubs_other_names_are_no_other_registry() {
    let scene = || Scene::failed(&no_basic_auth()).image("nordwind/ingest:0.14");
    let root = |scene: &Scene| scene.finding().root.map(RootCause::slug);
    let other = "registry-1.docker.io/nordwind/ingest:0.14";
    assert_eq!(
        root(&scene().other_runs(other, "hub")),
        root(&scene()),
        "the same registry"
    );
    let other = "registry.example/nordwind/ingest:0.14";
    assert_eq!(
        root(&scene().other_runs(other, "hub")),
        Some("repository-missing")
    );
}

#[test]
fn a_registry_that_was_left_out_is_known_from_other_namespaces() {
    let meant = workload_that_runs("pay", "cart", "registry.example/shop/cart:3.0.6");
    let scene = Scene::failed(&no_basic_auth()).image("shop/cart:3.0.7");
    let scene = scene.beside(meant);
    check(
        &scene,
        "repository-missing-or-no-access, repository-missing, likely: use-suggested-image, correct-image, load-image",
    );
    let suggested = scene.finding().fix_context.suggested_image;
    assert_eq!(
        suggested.as_deref(),
        Some("registry.example/shop/cart:3.0.7")
    );
}

#[test]
fn a_user_is_written_without_the_space_around_it() {
    let scene = Scene::failed(&resolving(REFUSED)).lists(&["hub", "hub"]);
    let scene = scene.secret("hub", "registry.example").user(" bot");
    let commands = FixId::NewToken
        .render(&scene.finding().fix_context)
        .commands;
    assert!(commands[1].contains("--arg u bot "), "{commands:?}");
}

#[test]
fn a_secret_that_is_listed_twice_sends_one_login() {
    let scene = Scene::failed(&resolving(REFUSED)).lists(&["hub", "hub"]);
    let scene = scene.secret("hub", "registry.example");
    let summary = scene.finding().summary();
    assert!(
        summary.contains("rejects the login in Secret hub"),
        "{summary}"
    );
    let facts = scene.facts().join("\n");
    assert!(!facts.contains("several"), "{facts}");
}

#[test]
fn a_secret_without_entries_is_empty_and_not_for_another_registry() {
    let scene = Scene::failed(&no_basic_auth()).lists(&["hub"]);
    check(
        &scene.secret("hub", "registry.example").emptied(),
        "no-credentials-sent, secret-empty, certain: recreate-secret",
    );
}

#[test]
fn what_an_operator_writes_is_said_to_be_its_own() {
    let scene = Scene::failed(&resolving(REFUSED)).lists(&["hub"]);
    let scene = scene.secret("hub", "registry.example").external();
    let managed =
        "Secret hub is managed by External Secrets (reg): the next refresh overwrites this";
    let facts = scene.facts();
    assert!(facts.iter().any(|fact| fact == managed), "{facts:?}");
    let fix = FixId::NewToken.render(&scene.finding().fix_context);
    assert_eq!(fix.steps[0], format!("{managed}."));
    // A fix that does not write it says nothing of it.
    let retry = FixId::RetryNow.render(&scene.finding().fix_context);
    assert!(!retry.steps.join("\n").contains("managed"), "{retry:?}");
}

/// The list of a Pod is set when it is created: no later attempt sees another one.
#[test]
fn the_pod_of_a_job_does_not_wait_for_a_list_that_it_never_gets() {
    let scene = Scene::failed(&no_basic_auth()).lists(&["nw"]).of_job();
    let scene = scene.secret("nw", "registry.example").pod_lists(&[]);
    check(
        &scene,
        "no-credentials-sent, pod-predates-binding, certain: recreate-pod",
    );
    let steps = FixId::RecreatePod
        .render(&scene.finding().fix_context)
        .steps;
    let steps = steps.join("\n");
    assert!(
        steps.contains("keep failing until the Job is recreated"),
        "{steps}"
    );
    assert!(!steps.contains("retries within 5 minutes"), "{steps}");
}
