//! Tests of listed and unlisted Secrets: which one is to blame, and which fix helps.

use super::*;
use crate::domain::{
    k8s::objects::SecretContent,
    plan::{FixProposal, FixScope, Reach, proposal_for},
    registry_auth::{
        credential::FingerprintKey,
        docker_config::{AuthProblem, AuthSummary, ConfigError, ConfigErrorKind, ConfigWarning},
    },
};

const FORBIDDEN: &str = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 403 Forbidden";

fn neighbour(namespace: &str, name: &str, image: &str, lists: &[&str]) -> Pod {
    let mut other = fixtures::pod(namespace, name, fixtures::running());
    other.containers[0].image = image.into();
    other.pull_secrets = lists.iter().map(|name| Name::new(*name)).collect();
    other
}

fn facts(finding: &Finding) -> Vec<String> {
    let facts = finding.evidence.iter().map(|it| it.fact.to_string());
    facts.collect()
}

/// The kubectl commands of a fix, as it is planned for the finding.
fn commands(finding: &Finding, fix: FixId) -> String {
    fix.render(&finding.fix_context).commands.join("\n")
}

fn edit_entry(scene: &mut Scene, edit: impl Fn(&mut AuthSummary)) {
    if let SecretContent::Read(summary) = &mut scene.secrets[0].content {
        let mut entries = summary.entries.to_vec();
        edit(&mut entries[0]);
        summary.entries = entries.into();
    }
}

/// Admission copies the ServiceAccount's list into an empty one only, and a list with an empty name is none.
#[test]
fn a_list_with_an_empty_name_hides_that_of_the_service_account() {
    let mut scene = Scene::new(REFUSED, &[]).with("regcred", JSON, "registry.example");
    scene.account = Some(account("shop", "runner", &["regcred"]));
    scene.pod.has_unnamed_pull_secret = true;
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
    assert_eq!(finding.fixes.first(), Some(&FixId::AttachSecret));
    assert!(!finding.fixes.contains(&FixId::Restart));
    let facts = facts(&finding).join("\n");
    assert!(facts.contains("has an entry without a name"), "{facts}");
    assert!(
        facts.contains("override those of ServiceAccount runner"),
        "{facts}"
    );
    assert!(!facts.contains("lists no pull secret"), "{facts}");
    assert_eq!(
        finding.summary(),
        "registry.example requires a login; the Pod does not list Secret regcred, which has one"
    );
    assert_eq!(
        commands(&finding, FixId::AttachSecret),
        r#"kubectl -n shop patch deployment/web --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"regcred"}]}}}}'"#
    );
}

#[test]
fn an_unreadable_entry_among_good_ones_is_removed() {
    for (server, first) in [
        ("ghcr.io", FixId::RemoveEntry),
        ("registry.example", FixId::RecreateSecret),
    ] {
        let mut scene = Scene::new("illegal base64 data", &["regcred"]).with(
            "regcred",
            JSON,
            "registry.example",
        );
        if let SecretContent::Read(summary) = &mut scene.secrets[0].content {
            summary.malformed = Some(ConfigError {
                kind: ConfigErrorKind::AuthNotBase64,
                server: Some(server.into()),
                text: "illegal base64 data at input byte 0".into(),
            });
        }
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::SecretMalformed));
        assert_eq!(finding.fixes.first(), Some(&first), "{server}");
        let shown = commands(&finding, first);
        assert!(shown.contains(&format!("--arg s {server}")), "{shown}");
    }
}

#[test]
fn a_secret_without_entries_is_read_and_has_none_for_the_registry() {
    let mut scene = Scene::new(REFUSED, &["regcred"]).with("regcred", JSON, "registry.example");
    if let SecretContent::Read(summary) = &mut scene.secrets[0].content {
        summary.entries = Arc::from([]);
        summary.warnings = Arc::from([ConfigWarning::NoEntries]);
    }
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::SecretEmpty));
    assert_eq!(finding.fixes.first(), Some(&FixId::RecreateSecret));
    assert_eq!(
        finding.summary(),
        "Secret regcred has no entry for any registry"
    );
}

#[test]
fn only_what_may_hold_a_configuration_is_converted() {
    for (kind, fixes) in [
        ("Opaque", &[FixId::ConvertType, FixId::CreateSecret][..]),
        ("kubernetes.io/tls", &[FixId::CreateSecret]),
    ] {
        let kind = SecretType::Other(Some(kind.into()));
        let scene = Scene::new(REFUSED, &["regcred"]).with("regcred", kind, "");
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::SecretWrongType));
        assert_eq!(finding.fixes, fixes);
        // Another type is not to be had under the name that is taken.
        let created = commands(&finding, FixId::CreateSecret);
        assert!(created.contains("docker-registry regcred-2"), "{created}");
    }
}

#[test]
fn a_secret_is_attached_before_the_identity_is_changed() {
    let mut scene = Scene::new(REFUSED, &[]).with("regcred", JSON, "registry.example");
    scene.pod.service_account = Name::new("default");
    let mut world_account = account("shop", "other", &["regcred"]);
    world_account.key.name = Name::new("other");
    scene.account = Some(world_account);
    let finding = scene.finding();
    assert_eq!(
        finding.fixes[..2],
        [FixId::AttachSecret, FixId::UseServiceAccount]
    );
    let scope = FixScope {
        own: &finding,
        others: &[],
        reach: Reach::Selected,
    };
    let FixProposal::Plan(plan) = proposal_for(FixId::UseServiceAccount, scope) else {
        panic!("it is planned");
    };
    let preview = plan.changes[0].preview();
    assert!(
        preview.iter().any(|line| line
            .text
            .contains("RBAC permissions of ServiceAccount other")),
        "{preview:?}"
    );
}

/// The copy comes from where the credential is not known to be refused, also by the Pods there.
#[test]
fn what_is_refused_where_it_is_is_not_copied() {
    let source = |refused_in: &str| {
        let keys = FingerprintKey::default();
        let mut scene = Scene::new(REFUSED, &["regcred"]);
        for namespace in ["one", "two"] {
            let made = secret(namespace, "regcred", JSON, &[("registry.example", "bot")]);
            scene
                .secrets
                .push(fixtures::with_passwords(&keys, made, &[namespace]));
        }
        let mut refused = neighbour(refused_in, "api-1", IMAGE, &["regcred"]);
        refused.containers[0].state = waiting("ErrImagePull", REJECTED);
        scene.others.push(refused);
        scene.finding()
    };
    for (refused_in, from) in [("one", "two"), ("two", "one")] {
        let finding = source(refused_in);
        assert_eq!(finding.root, Some(RootCause::SecretMissing));
        assert_eq!(finding.fixes.first(), Some(&FixId::CopySecret));
        assert_eq!(finding.fix_context.source_namespace.as_deref(), Some(from));
    }
}

#[test]
fn a_registry_that_was_left_out_is_told_by_the_pods_that_name_it() {
    let denied = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";
    let mut scene = Scene::new(denied, &[]);
    scene.pod.containers[0].image = "shop/cart:3.0.7".into();
    scene.others.push(neighbour(
        "shop",
        "cart-1",
        "registry.example/shop/cart:3.0.7",
        &[],
    ));
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::RepositoryMissing));
    assert_eq!(finding.fixes.first(), Some(&FixId::UseSuggestedImage));
    let suggested = finding.fix_context.suggested_image.as_deref();
    assert_eq!(suggested, Some("registry.example/shop/cart:3.0.7"));
    assert_eq!(finding.confidence, Confidence::Likely);
    let facts = facts(&finding).join("\n");
    for part in [
        "the image names no registry, so docker.io is used",
        "Pod cart-1 runs registry.example/shop/cart:3.0.7",
    ] {
        assert!(facts.contains(part), "{facts}");
    }
}

/// The same error of several credentials is told once.
#[test]
fn of_several_credentials_none_is_blamed_alone() {
    let scene = Scene::new(FORBIDDEN, &["first", "second"])
        .with("first", JSON, "registry.example")
        .with("second", JSON, "registry.example");
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::CredentialLacksAccess));
    assert_ne!(finding.confidence, Confidence::Certain);
    assert_eq!(
        finding.summary(),
        "registry.example denies access to one of the logins in first, second"
    );
}

#[test]
fn every_listed_secret_is_in_the_evidence_in_the_order_of_the_kubelet() {
    let scene = Scene::new(REJECTED, &["first", "gone", "second", "other"])
        .with("first", JSON, "registry.example")
        .with("second", JSON, "registry.example")
        .with("other", JSON, "ghcr.io");
    let facts = facts(&scene.finding());
    let at = |start: &str| facts.iter().position(|fact| fact.starts_with(start));
    let order = [
        at("Secret first sends"),
        at("Secret second sends"),
        at("Secret gone does not exist"),
        at("Secret other has entry ghcr.io"),
    ];
    assert!(order.iter().all(Option::is_some), "{facts:?}");
    assert!(order.is_sorted(), "{facts:?}");
}

/// What the Secret held at the attempt was sent and rejected.
#[test]
fn a_secret_that_was_corrected_since_was_rejected_before() {
    for message in [
        REJECTED,
        "failed to authorize: failed to fetch anonymous token: 401 Unauthorized",
    ] {
        let mut scene = Scene::new(message, &["regcred"]).with("regcred", JSON, "registry.example");
        let text = format!("Failed to pull image \"{IMAGE}\": {message}");
        scene.events = vec![event("e1", "web-1", "Failed", &text, 3, seconds_ago(60))];
        scene.secrets[0].changed = Some(seconds_ago(20));
        let finding = scene.finding();
        let facts = facts(&finding).join("\n");
        assert!(
            facts.contains("the next retry uses it"),
            "{message}: {facts}"
        );
        if message == REJECTED {
            assert_eq!(finding.cause, Cause::Unauthorized, "{message}");
            assert_eq!(finding.fixes, [FixId::RetryNow]);
        }
    }
}

#[test]
fn a_login_that_is_written_wrong_is_written_anew() {
    for problem in [AuthProblem::AuthDisagrees, AuthProblem::TrailingNewline] {
        let mut scene =
            Scene::new(REJECTED, &["regcred"]).with("regcred", JSON, "registry.example");
        edit_entry(&mut scene, |entry| entry.problems = Arc::from([problem]));
        let finding = scene.finding();
        assert_eq!(finding.fixes.first(), Some(&FixId::RecreateSecret));
        assert_eq!(
            finding.summary(),
            format!("registry.example rejects the login in Secret regcred: {problem}")
        );
    }
}

/// The server refuses every edit of it, so the login goes into a new Secret.
#[test]
fn an_immutable_secret_is_not_edited() {
    let mut scene = Scene::new(REJECTED, &["regcred"]).with("regcred", JSON, "registry.example");
    scene.secrets[0].immutable = true;
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::CredentialRejected));
    assert_eq!(finding.fixes, [FixId::CreateSecret]);
    let facts = facts(&finding).join("\n");
    assert!(facts.contains("regcred is immutable"), "{facts}");
    let shown = commands(&finding, FixId::CreateSecret);
    assert!(
        shown.contains("create secret docker-registry regcred-2"),
        "{shown}"
    );
    assert!(
        shown.contains(r#"{"name":"regcred"},{"name":"regcred-2"}"#),
        "{shown}"
    );
}

/// `.dockercfg` has its entries at the top; they are written where the kubelet reads them.
#[test]
fn an_edit_is_made_in_the_key_of_the_secrets_type() {
    let mut scene = Scene::new(REJECTED, &["regcred"]).with(
        "regcred",
        SecretType::DockerCfg,
        "registry.example",
    );
    edit_entry(&mut scene, |entry| {
        entry.problems = Arc::from([AuthProblem::TrailingNewline]);
    });
    let finding = scene.finding();
    let shown = commands(&finding, FixId::RecreateSecret);
    assert!(shown.contains(r#".data[".dockercfg"] = "#), "{shown}");
    assert!(shown.contains("| .[$s] |= "), "{shown}");
    assert!(!shown.contains("dockerconfigjson"), "{shown}");
}

#[test]
fn a_slip_in_the_registry_address_is_corrected_first() {
    for (key, shown) in [
        ("registry.exmaple", "registry.exmaple"),
        (" registry.example", "\" registry.example\""),
        ("registry.example ", "\"registry.example \""),
    ] {
        let scene = Scene::new(REFUSED, &["regcred"]).with("regcred", JSON, key);
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::EntryForOtherRegistry));
        assert_eq!(finding.fixes.first(), Some(&FixId::CorrectServer), "{key}");
        assert_eq!(
            finding.summary(),
            format!("Secret regcred is for {shown}, not for registry.example")
        );
    }
}

/// containerd asks anonymously with such an entry; CRI-O may send what there is.
#[test]
fn an_entry_without_a_password_is_no_login() {
    const REJECTED: &str =
        "unable to retrieve auth token: invalid username/password: unauthorized: bad login";
    for message in [REFUSED, REJECTED] {
        for (problem, words) in [
            (AuthProblem::EmptyPassword, "the password is empty"),
            (AuthProblem::EmptyUsername, "the user name is empty"),
        ] {
            let mut scene =
                Scene::new(message, &["regcred"]).with("regcred", JSON, "registry.example");
            edit_entry(&mut scene, |entry| entry.problems = [problem].into());
            let finding = scene.finding();
            assert_eq!(finding.root, Some(RootCause::EntryEmpty), "{message}");
            assert_eq!(finding.fixes.first(), Some(&FixId::RecreateSecret));
            let facts = facts(&finding);
            let stated = facts.contains(&format!("Secret regcred: {words}"));
            assert!(stated, "{facts:?}");
        }
    }
}
