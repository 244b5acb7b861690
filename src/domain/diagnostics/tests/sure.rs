//! How sure a judgement may be: what else the same signs could mean is said beside it.

use super::*;
use crate::domain::{
    k8s::objects::{PullPolicy, SecretContent},
    registry_auth::docker_config::ConfigWarning,
};

const FORBIDDEN: &str = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 403 Forbidden";
const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";

fn neighbour(name: &str, image: &str, lists: &[&str]) -> Pod {
    let mut other = fixtures::pod("shop", name, fixtures::running());
    other.containers[0].image = image.into();
    other.pull_secrets = lists.iter().map(|name| Name::new(*name)).collect();
    other
}

/// On containerd 2 a bare 401 is what a refused credential reads like, and a 403 may be a rule that no login
/// changes: with no Secret listed, a missing login is likely and no more.
#[test]
fn a_bare_refusal_without_a_secret_has_other_explanations() {
    for (message, also) in [
        (REJECTED, Cause::Unauthorized),
        (FORBIDDEN, Cause::ForbiddenByPolicy),
    ] {
        let finding = Scene::new(message, &[])
            .with("regcred", JSON, "registry.example")
            .finding();
        assert_eq!(
            finding.root,
            Some(RootCause::SecretNotAttached),
            "{message}"
        );
        assert_eq!(finding.confidence, Confidence::Likely, "{message}");
        assert!(finding.alternatives.contains(&also), "{message}");
        assert_eq!(finding.fixes.first(), Some(&FixId::AttachSecret));
        assert!(!finding.confirming_checks.is_empty());
    }
}

/// Where the node has a credential of its own, a 401 on the manifest is what its refusal reads like.
#[test]
fn a_credential_of_the_node_can_be_what_is_refused() {
    let mut scene = Scene::new(REJECTED, &[]);
    scene
        .others
        .push(neighbour("db-1", "registry.example/other/app:2", &[]));
    let finding = scene.finding();
    assert_eq!(
        judged(&finding),
        (Cause::Unauthorized, None, Confidence::Likely)
    );
    for other in [Cause::CredentialProviderFailure, Cause::NoCredentialsSent] {
        assert!(finding.alternatives.contains(&other), "{other}");
    }
    assert_eq!(finding.fixes.first(), Some(&FixId::CredentialProvider));
}

/// The kubelet tries all credentials, and what each was told stands in brackets.
#[test]
fn of_several_credentials_the_one_is_blamed_that_got_furthest() {
    let text = |first: &str, second: &str| {
        let errors = [first, second].map(|why| format!("failed to resolve image: {why}"));
        format!("[{}]", errors.join(", "))
    };
    let not_found = "registry.example/team/app:1: not found";
    let lacks_access = (
        Cause::ForbiddenByPolicy,
        Some(RootCause::CredentialLacksAccess),
    );
    for (first, second, blamed, found) in [
        (REJECTED, FORBIDDEN, "second", lacks_access),
        (FORBIDDEN, REJECTED, "first", lacks_access),
        (
            REJECTED,
            not_found,
            "second",
            (Cause::ImageNotFound, Some(RootCause::TagMissing)),
        ),
    ] {
        let scene = Scene::new(&text(first, second), &["first", "second"])
            .with("first", JSON, "registry.example")
            .with("second", JSON, "registry.example");
        let finding = scene.finding();
        assert_eq!((finding.cause, finding.root), found);
        assert_eq!(finding.fix_context.secret.as_deref(), Some(blamed));
        assert_eq!(finding.confidence, Confidence::Likely, "{blamed}");
    }
}

#[test]
fn a_secret_that_was_written_after_the_attempt_is_not_accused() {
    let mut scene = Scene::new(REJECTED, &["regcred"]).with("regcred", JSON, "registry.example");
    let text = format!("Failed to pull image \"{IMAGE}\": {REJECTED}");
    scene.events = vec![event("e1", "web-1", "Failed", &text, 3, seconds_ago(60))];
    scene.secrets[0].changed = Some(seconds_ago(20));
    let finding = scene.finding();
    assert_eq!(finding.root, None);
    assert_eq!(finding.fixes, [FixId::RetryNow]);
    let late = |it: &super::super::Evidence| matches!(it.fact, Fact::SecretNewerThanAttempt { .. });
    assert!(finding.evidence.iter().any(late));
}

#[test]
fn why_an_image_on_the_node_is_pulled_is_said() {
    for (policy, told) in [
        (PullPolicy::IfNotPresent, true),
        (PullPolicy::Always, false),
    ] {
        let mut scene = Scene::new(REFUSED, &[]);
        scene.pod.containers[0].policy = policy;
        scene.others.push(neighbour("web-2", IMAGE, &["regcred"]));
        let finding = scene.finding();
        let facts = finding.evidence.iter().map(|it| it.fact.to_string());
        let said = facts
            .into_iter()
            .any(|it| it.contains("since Kubernetes 1.35"));
        assert_eq!(said, told, "{policy:?}");
    }
}

#[test]
fn keys_that_are_one_registry_are_told_of() {
    let mut scene = Scene::new(REJECTED, &["regcred"]).with("regcred", JSON, "registry.example");
    let SecretContent::Read(summary) = &mut scene.secrets[0].content else {
        unreachable!()
    };
    let keys = ["registry.example".into(), "https://registry.example".into()];
    summary.warnings = Arc::from([ConfigWarning::EqualKeys(Arc::from(keys))]);
    let finding = scene.finding();
    let facts = finding.evidence.iter().map(|it| it.fact.to_string());
    assert!(facts.into_iter().any(|it| it.contains("in random order")));
}

/// Nodes that pull from there for Pods without a Secret have a credential of their own. Where nobody is seen to
/// pull, a node may have one for any registry that is not known; where others use Secrets, it has none.
#[test]
fn pods_without_a_secret_that_run_speak_for_a_credential_provider() {
    let provider = Cause::CredentialProviderFailure;
    let peer = "registry.example/other/app:2";
    for (own, peer, lists, speaks, may_be) in [
        (IMAGE, peer, &[][..], true, true),
        (IMAGE, peer, &["regcred"], false, false),
        (IMAGE, "ghcr.io/other/app:2", &[], false, true),
        (
            "ghcr.io/team/app:1",
            "ghcr.io/other/app:2",
            &[],
            false,
            false,
        ),
    ] {
        let mut scene = Scene::new(REFUSED, &[]);
        scene.pod.containers[0].image = own.into();
        scene.others.push(neighbour("db-1", peer, lists));
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
        assert_eq!(finding.alternatives.contains(&provider), may_be, "{peer}");
        let at = finding
            .fixes
            .iter()
            .position(|fix| *fix == FixId::CredentialProvider);
        let expected = may_be.then_some(if speaks { 0 } else { 2 });
        assert_eq!(at, expected, "{peer}");
        let told = finding.evidence.iter();
        let told = told.filter(|it| matches!(it.fact, Fact::PulledWithoutSecret { .. }));
        assert_eq!(told.count(), usize::from(speaks), "{peer}");
        let sure = finding.confidence == Confidence::Certain;
        assert_eq!(sure, !may_be, "{peer}");
    }
}

/// What another Pod pulled onto the node with a Secret any Pod of the node can use, before Kubernetes 1.35; unless
/// its policy asks the registry every time.
#[test]
fn an_image_that_was_there_already_speaks_for_nothing() {
    let image = "registry.example/other/app:2";
    for (policy, confidence) in [
        (PullPolicy::IfNotPresent, Confidence::Certain),
        (PullPolicy::Always, Confidence::Likely),
    ] {
        let mut scene = Scene::new(REFUSED, &[]);
        let mut without = neighbour("db-1", image, &[]);
        without.containers[0].policy = policy;
        scene.others.push(without);
        scene.others.push(neighbour("db-2", image, &["regcred"]));
        assert_eq!(scene.finding().confidence, confidence, "{policy:?}");
    }
}

/// Public images of a public registry run everywhere without a login.
#[test]
fn a_public_image_speaks_for_nothing() {
    let image = "docker.io/acme/app:1";
    let mut scene = Scene::new(REFUSED, &[]);
    scene.pod.containers[0].image = image.into();
    scene
        .others
        .push(neighbour("db-1", "docker.io/library/redis:7", &[]));
    let finding = scene.finding();
    assert!(
        !finding
            .alternatives
            .contains(&Cause::CredentialProviderFailure)
    );
}

/// ECR's credential comes from a provider on the node as often as from a Secret.
#[test]
fn at_ecr_the_nodes_provider_is_an_explanation() {
    let message = format!(
        "failed to resolve reference \"{ECR}\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"
    );
    let mut scene = Scene::new(&message, &[]);
    scene.pod.containers[0].image = ECR.into();
    let finding = scene.finding();
    assert_eq!(finding.cause, Cause::NoCredentialsSent);
    assert_eq!(finding.root, None);
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(finding.alternatives, [Cause::CredentialProviderFailure]);
    assert_eq!(finding.fixes.first(), Some(&FixId::GrantPullRole));
}

/// The doubt of a first attempt outlives what another Pod shows.
#[test]
fn one_attempt_is_not_certain_whatever_runs_beside_it() {
    let mut scene = Scene::new(REJECTED, &["regcred"]).with("regcred", JSON, "registry.example");
    scene.pod.started = Some(seconds_ago(5));
    let text = format!("Failed to pull image \"{IMAGE}\": {REJECTED}");
    scene.events = vec![event("e1", "web-1", "Failed", &text, 1, seconds_ago(4))];
    scene.others.push(neighbour("web-0", IMAGE, &["regcred"]));
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::CredentialRejected));
    assert_eq!(finding.confidence, Confidence::Likely);
}

/// A status has no time of its own: the newest event of an attempt has.
#[test]
fn a_secret_made_after_the_attempt_is_not_accused() {
    let attempted = |seconds: i64| {
        let mut scene = Scene::new(REJECTED, &["regcred"]);
        let mut late = secret("shop", "regcred", JSON, &[("registry.example", "bot")]);
        late.meta.created = Some(seconds_ago(60));
        scene.secrets.push(late);
        scene.events = vec![event(
            "e1",
            "web-1",
            "Pulling",
            "Pulling image",
            3,
            seconds_ago(seconds),
        )];
        scene.finding()
    };
    let finding = attempted(90);
    assert_eq!(finding.root, None);
    assert_eq!(finding.fixes, [FixId::RetryNow]);
    assert_eq!(attempted(30).root, Some(RootCause::CredentialRejected));
}

/// A 403 without a reason: a credential that works for others lacks the right, another may have ended.
#[test]
fn a_bare_403_accuses_no_credential_that_works() {
    let mut scene = Scene::new(FORBIDDEN, &["regcred"]).with("regcred", JSON, "registry.example");
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::CredentialLacksAccess));
    assert!(finding.alternatives.contains(&Cause::TokenExpired));
    assert_eq!(finding.fixes.first(), Some(&FixId::RecreateSecret));

    scene = Scene::new(FORBIDDEN, &["regcred"]).with("regcred", JSON, "registry.example");
    let image = "registry.example/team/db:1";
    scene.others.push(neighbour("db-1", image, &["regcred"]));
    let finding = scene.finding();
    assert!(!finding.alternatives.contains(&Cause::TokenExpired));
    assert_eq!(finding.fixes.first(), Some(&FixId::GrantAccess));
}

/// The kubelet tries all credentials and tells all errors; which is whose it does not tell.
#[test]
fn of_several_credentials_none_is_certainly_to_blame() {
    let several = |message: &str| {
        Scene::new(message, &["a", "b"])
            .with("a", JSON, "registry.example")
            .with("b", JSON, "registry.example")
            .finding()
    };
    let finding = several(&format!("[{REJECTED}, {FORBIDDEN}]"));
    assert_ne!(finding.confidence, Confidence::Certain);
    // The same answer to all of them is told once.
    let finding = several(REJECTED);
    assert_eq!(finding.confidence, Confidence::Certain);
    let sent = finding.evidence.iter();
    let sent = sent.filter(|it| matches!(it.fact, Fact::CredentialSent { .. }));
    assert_eq!(sent.count(), 2, "both are named");
}

/// With the policy Never the kubelet says the same of an image that this Pod may not use (KEP-2535).
#[test]
fn never_is_not_absent() {
    let message = format!("Container image \"{IMAGE}\" is not present with pull policy of Never");
    let never = |others: Vec<Pod>| {
        let mut scene = Scene::new("", &["mine"]).with("regcred", JSON, "registry.example");
        scene.pod.containers[0].state = waiting("ErrImageNeverPull", &message);
        scene.others = others;
        scene.finding()
    };
    let finding = never(Vec::new());
    let absent = (
        Cause::NeverPullAbsent,
        Some(RootCause::PolicyNever),
        Confidence::Likely,
    );
    assert_eq!(judged(&finding), absent);
    assert_eq!(finding.alternatives, [Cause::CredentialsNotVerified]);

    let finding = never(vec![neighbour("db-1", IMAGE, &["regcred"])]);
    let unverified = (
        Cause::CredentialsNotVerified,
        Some(RootCause::SecretNotAttached),
        Confidence::Likely,
    );
    assert_eq!(judged(&finding), unverified);
    assert_eq!(
        finding.fix_context.matching_secret.as_deref(),
        Some("regcred")
    );
    assert_eq!(finding.fixes.first(), Some(&FixId::AttachSecret));

    // What it holds has not been read: that it is for this image is a guess.
    let finding = never(vec![neighbour("db-1", IMAGE, &["unread"])]);
    let guessed = (Cause::CredentialsNotVerified, None, Confidence::Possible);
    assert_eq!(judged(&finding), guessed);
    assert_eq!(finding.fix_context.matching_secret, None);
    assert_eq!(finding.fixes.first(), Some(&FixId::CheckSecret));

    let mut elsewhere = neighbour("db-1", IMAGE, &["regcred"]);
    elsewhere.node = Some("node-2".into());
    assert_eq!(never(vec![elsewhere]).cause, Cause::NeverPullAbsent);
}

/// The kubelet could not read the Secret, and now it can be read: it was mended after the attempt.
#[test]
fn a_secret_that_was_mended_is_tried_again() {
    let finding = Scene::new("illegal base64 data at input byte 0", &["regcred"])
        .with("regcred", JSON, "other.example")
        .finding();
    assert_eq!(finding.cause, Cause::PullSecretMalformed);
    assert_eq!(finding.root, None);
    assert_eq!(finding.fixes.first(), Some(&FixId::RetryNow));
}
