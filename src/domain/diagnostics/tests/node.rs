//! What the Pod's node does: it asks mirrors, pulls one image after the other, and verifies credentials.

use super::*;
use crate::domain::{
    diagnostics::grouping::{BlamedObject, FaultId},
    k8s::{
        distribution::NodeInfo,
        objects::{PullPolicy, SecretContent, Subject},
    },
};

fn resolving(url: &str, status: &str) -> String {
    format!(
        "failed to pull and unpack image \"{IMAGE}\": failed to resolve image: unexpected status from HEAD request to {url}?ns=registry.example: {status}"
    )
}

const AT_MIRROR: &str = "https://cache.example/v2/team/app/manifests/1";

/// The mirror's 503 hides what the registry said: a missing tag, or a missing login.
#[test]
fn the_error_of_a_mirror_is_the_mirrors_and_hides_the_registrys() {
    let message = resolving(AT_MIRROR, "503 Service Unavailable");
    let finding = Scene::new(&message, &[]).finding();
    assert_eq!(
        (finding.cause, finding.root, finding.confidence),
        (
            Cause::Registry5xx,
            Some(RootCause::RegistryDown),
            Confidence::Likely
        )
    );
    assert_eq!(
        finding.alternatives,
        [Cause::ImageNotFound, Cause::NoCredentialsSent]
    );
    assert_eq!(finding.fixes, [FixId::RepairMirror]);
    let summary = finding.summary();
    assert!(summary.starts_with("mirror cache.example: "), "{summary}");
    let facts: Vec<String> = finding
        .evidence
        .iter()
        .map(|it| it.fact.to_string())
        .collect();
    let asks =
        "the node asks mirror cache.example before registry.example; the error is the mirror's";
    assert!(facts.iter().any(|fact| fact == asks), "{facts:?}");
    let subject = Subject::Pod(fixtures::key("shop", "web-1"));
    let fault = FaultId::from_finding(&finding, &subject, None);
    assert_eq!(
        fault.blame,
        BlamedObject::Registry("cache.example".to_owned())
    );
    let steps = FixId::RepairMirror.render(&finding.fix_context);
    assert!(
        steps.steps[1].contains("certs.d/registry.example/hosts.toml"),
        "{steps:?}"
    );

    // With a login the registry asks for none.
    let scene = Scene::new(&message, &["regcred"]);
    let finding = scene.with("regcred", JSON, "registry.example").finding();
    assert_eq!(finding.alternatives, [Cause::ImageNotFound]);
}

/// containerd sends the login of the image's registry to the mirror, so a login that it takes is the nearer fix.
#[test]
fn a_login_that_a_mirror_rejects_is_renewed_or_the_mirror_repaired() {
    let message = resolving(AT_MIRROR, "401 Unauthorized");
    let scene = Scene::new(&message, &["regcred"]);
    let finding = scene.with("regcred", JSON, "registry.example").finding();
    assert_eq!(finding.root, Some(RootCause::CredentialRejected));
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(finding.fixes[..2], [FixId::NewToken, FixId::RepairMirror]);
    assert_eq!(
        finding.summary(),
        "mirror cache.example rejects the login in Secret regcred (user bot)"
    );
}

/// Whoever resolved the image is the only one that is asked for its content: the registry said nothing.
#[test]
fn a_limit_of_a_mirror_is_not_the_registrys() {
    let message = format!(
        "failed to pull and unpack image \"redis:7\": failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://cache.example/v2/library/redis/manifests/sha256:{}?ns=docker.io: 429 Too Many Requests",
        "0".repeat(64)
    );
    let mut scene = Scene::new(&message, &[]);
    scene.pod.containers[0].image = "redis:7".into();
    let finding = scene.finding();
    // Not Docker Hub's abuse limit, which a plain 429 of Docker Hub would be.
    assert_eq!(finding.root, Some(RootCause::RateLimit));
    assert_eq!(finding.alternatives, []);
    assert_eq!(finding.fixes, [FixId::RepairMirror]);
}

/// Two Pods of one node pull, and nothing was said since.
fn queued(since: i64) -> Scene {
    let mut scene = Scene::new("", &[]);
    scene.pod.containers[0].state = waiting("ContainerCreating", "");
    let mut other = pod("shop", "trainer", waiting("ContainerCreating", ""));
    other.node.clone_from(&scene.pod.node);
    other.containers[0].image = "registry.example/team/huge:1".into();
    scene.others.push(other);
    for (pod, seconds) in [("web-1", 150), ("trainer", since)] {
        let mut event = event(
            pod,
            pod,
            "Pulling",
            "Pulling image",
            1,
            seconds_ago(seconds),
        );
        event.regarding.field = Some("spec.containers{app}".into());
        scene.events.push(event);
    }
    scene
}

#[test]
fn a_pull_behind_another_of_the_node_waits_and_does_not_fail() {
    let finding = queued(400).finding();
    assert_eq!(
        (finding.cause, finding.root, finding.confidence),
        (
            Cause::NotAPullFailure,
            Some(RootCause::PullQueued),
            Confidence::Likely
        )
    );
    assert_eq!(finding.alternatives, [Cause::RegistryUnreachableTimeout]);
    assert_eq!(
        finding.summary(),
        "waiting for another pull on node node-1: Pod shop/trainer has been pulling registry.example/team/huge:1 for 6m"
    );
    assert_eq!(finding.fixes, [FixId::ParallelPulls, FixId::FasterPull]);
    assert!(!finding.is_pull());
    // The other one was asked for later: it waits for this one.
    let first = queued(100).finding();
    assert_eq!(first.cause, Cause::RegistryUnreachableTimeout);
    assert_eq!(first.confidence, Confidence::Possible);
    assert_eq!(
        first.root,
        Some(RootCause::PullUnfinished),
        "no error is known"
    );
    assert_eq!(first.fixes[0], FixId::FasterPull);
}

fn of_version(version: &str) -> NodeInfo {
    NodeInfo {
        kubelet_version: version.to_owned(),
        ..NodeInfo::default()
    }
}

#[test]
fn an_older_kubelet_verifies_no_credentials() {
    let absent = || {
        let message =
            format!("Container image \"{IMAGE}\" is not present with pull policy of Never");
        let mut scene = Scene::new("", &[]);
        scene.pod.containers[0].state = waiting("ErrImageNeverPull", &message);
        scene
    };
    let with_peer = || {
        let mut scene = absent().with("regcred", JSON, "registry.example");
        let mut other = pod("shop", "api-1", fixtures::running());
        other.containers[0].image = IMAGE.into();
        other.node.clone_from(&scene.pod.node);
        other.pull_secrets = Arc::from([Name::new("regcred")]);
        scene.others.push(other);
        scene
    };
    for (version, verifies) in [
        ("v1.34.9", false),
        ("v1.33.4+k3s1", false),
        ("v1.35.0", true),
        ("v1.37.2-gke.100", true),
        ("", true),
    ] {
        let node = of_version(version);
        let mut alone = absent().finding();
        assert!(alone.depends_on_node());
        alone.add_node_info(&node);
        assert_eq!(
            alone.alternatives.contains(&Cause::CredentialsNotVerified),
            verifies,
            "{version}"
        );
        assert_eq!(
            alone.confidence == Confidence::Certain,
            !verifies,
            "{version}"
        );
        let mut shared = with_peer().finding();
        assert_eq!(shared.cause, Cause::CredentialsNotVerified);
        shared.add_node_info(&node);
        let root = if verifies {
            RootCause::SecretNotAttached
        } else {
            RootCause::PolicyNever
        };
        assert_eq!(shared.root, Some(root), "{version}");
        assert_eq!(
            shared.fixes.contains(&FixId::AttachSecret),
            verifies,
            "{version}"
        );
    }
}

/// The policy IfNotPresent, and the image on the node: an older kubelet would not have pulled.
#[test]
fn that_the_node_has_the_image_tells_nothing_of_an_older_kubelet() {
    let mut scene = Scene::new(REFUSED, &[]);
    scene.pod.containers[0].policy = PullPolicy::IfNotPresent;
    let mut other = pod("shop", "api-1", fixtures::running());
    other.containers[0].image = IMAGE.into();
    other.node.clone_from(&scene.pod.node);
    other.pull_secrets = Arc::from([Name::new("regcred")]);
    scene.others.push(other);
    let mut finding = scene.finding();
    let tells = |finding: &Finding| {
        let mut facts = finding.evidence.iter().map(|it| &it.fact);
        facts.any(|fact| matches!(fact, Fact::NodeHasImage { .. }))
    };
    assert!(tells(&finding));
    finding.add_node_info(&of_version("v1.35.0"));
    assert!(tells(&finding));
    finding.add_node_info(&of_version("v1.34.0"));
    assert!(!tells(&finding));
}

/// Nothing comes of a conversion where no key can hold a Docker configuration.
#[test]
fn a_secret_without_a_configuration_is_not_converted_first() {
    for (content, first) in [
        (SecretContent::NotTransferred, FixId::ConvertType),
        (SecretContent::NoConfigKey, FixId::CreateSecret),
    ] {
        let opaque = SecretType::Other(Some("Opaque".into()));
        let mut scene = Scene::new(REFUSED, &["regcred"]).with("regcred", opaque, "");
        scene.secrets[0].content = content.clone();
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::SecretWrongType));
        assert_eq!(finding.fixes.first(), Some(&first), "{content:?}");
    }
}
