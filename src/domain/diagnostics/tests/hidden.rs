//! Without the right to read Secrets: what the message and the kubelet's events say, and no more.

use super::*;
use crate::domain::{
    rbac::Permission,
    store::watch::{Scope, WatchId, WatchKind, WatchState},
};

const TOKEN_REFUSED: &str = "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.example/token: 401 Unauthorized";
const EXPIRED: &str = "denied: Your authorization token has expired. Reauthenticate and try again.";
const FORBIDDEN: &str = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 403 Forbidden";
const MISSED: &str = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.";

/// All but Secrets may be listed, as with the built-in role `view`.
fn viewer() -> WatchCoverage {
    let mut sight = WatchCoverage::complete();
    for slice in SecretWatch::ALL {
        let id = WatchId {
            kind: WatchKind::Secrets(slice),
            scope: Scope::Cluster,
        };
        let state = WatchState::Forbidden {
            missing: Permission::new("list", "", "secrets", None),
            why: "forbidden".into(),
            as_of: None,
        };
        sight.set_state(&id, &state);
    }
    sight
}

fn scene(message: &str, lists: &[&str]) -> Scene {
    let mut scene = Scene::new(message, lists);
    scene.sight = viewer();
    scene
}

fn missed() -> Event {
    event(
        "missed",
        "web-1",
        "FailedToRetrieveImagePullSecret",
        MISSED,
        9,
        seconds_ago(20),
    )
}

fn lines(finding: &Finding) -> Vec<String> {
    let evidence = finding.evidence.iter();
    evidence.map(|it| it.fact.to_string()).collect()
}

/// What a Secret holds decides none of these; nor is the node to blame because it could not be read.
#[test]
fn a_refusal_is_what_the_message_says() {
    for (message, cause, root, confidence) in [
        (
            TOKEN_REFUSED,
            Cause::Unauthorized,
            None,
            Confidence::Possible,
        ),
        (
            REJECTED,
            Cause::NoCredentialsSent,
            None,
            Confidence::Possible,
        ),
        (
            REFUSED,
            Cause::NoCredentialsSent,
            None,
            Confidence::Possible,
        ),
        (
            FORBIDDEN,
            Cause::ForbiddenByPolicy,
            None,
            Confidence::Possible,
        ),
        (
            EXPIRED,
            Cause::TokenExpired,
            Some(RootCause::CredentialExpired),
            Confidence::Likely,
        ),
        (
            "illegal base64 data at input byte 0",
            Cause::PullSecretMalformed,
            Some(RootCause::SecretMalformed),
            Confidence::Certain,
        ),
    ] {
        let finding = scene(message, &["regcred"]).finding();
        assert_eq!(judged(&finding), (cause, root, confidence), "{message}");
        let told = "the Pod lists Secret regcred; you may not read Secrets in shop".to_owned();
        assert!(lines(&finding).contains(&told), "{message}");
        assert!(finding.fixes.contains(&FixId::CheckSecret), "{message}");
        assert_eq!(finding.link(), super::super::ChainLink::Secret, "{message}");
    }
    let told = scene(TOKEN_REFUSED, &["regcred"]).finding();
    assert_eq!(
        told.summary(),
        "registry.example rejects the login; Secret regcred cannot be read to check it"
    );
    let [ask, test, _] = &told.fixes[..] else {
        panic!("{:?}", told.fixes)
    };
    assert_eq!((*ask, *test), (FixId::CheckSecret, FixId::TestPull));
}

/// Which of several it is cannot be told, so they fail together by what refused them.
#[test]
fn of_several_secrets_none_is_blamed() {
    let finding = scene(TOKEN_REFUSED, &["regcred", "other"]).finding();
    assert_eq!(finding.root, None);
    assert_eq!(finding.fix_context.secret, None);
    assert_eq!(finding.link(), super::super::ChainLink::Registry);
}

/// While the lists are still coming in nobody has been refused anything.
#[test]
fn what_has_not_been_read_yet_is_not_called_forbidden() {
    let mut scene = Scene::new(TOKEN_REFUSED, &["regcred"]);
    scene.sight = WatchCoverage::default();
    let told = lines(&scene.finding());
    let expected = "the Pod lists Secret regcred, which has not been read".to_owned();
    assert!(told.contains(&expected), "{told:?}");
}

#[test]
fn the_kubelet_knows_which_secret_is_missing() {
    let hidden = |message: &str, lists: &[&str]| {
        let mut scene = scene(message, lists);
        scene.events = vec![missed()];
        scene.finding()
    };
    let finding = hidden(REFUSED, &["regcred"]);
    let proven = (
        Cause::NoCredentialsSent,
        Some(RootCause::SecretMissing),
        Confidence::Certain,
    );
    assert_eq!(judged(&finding), proven);
    assert_eq!(finding.fix_context.secret.as_deref(), Some("regcred"));
    assert!(lines(&finding).contains(&MISSED.to_owned()));

    // Another that may matter more cannot be read.
    let finding = hidden(REFUSED, &["other", "regcred"]);
    assert_eq!(finding.root, Some(RootCause::SecretMissing));
    assert_eq!(finding.confidence, Confidence::Likely);

    // It has been made since: something was sent.
    let finding = hidden(TOKEN_REFUSED, &["regcred"]);
    assert_eq!(finding.root, None);

    // It is somebody else's.
    let finding = hidden(REFUSED, &["other"]);
    assert_eq!(finding.root, None);

    let mut nameless = scene(REFUSED, &["regcred"]);
    let mut event = missed();
    event.message = "Unable to retrieve some image pull secrets".into();
    nameless.events = vec![event];
    assert_eq!(nameless.finding().root, None);
}

#[test]
fn what_the_kubelet_misses_is_evidence_beside_the_missing_secret() {
    let mut scene = Scene::new(REFUSED, &["regcred"]);
    scene.events = vec![missed()];
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::SecretMissing));
    let told = lines(&finding).iter().filter(|it| *it == MISSED).count();
    assert_eq!(told, 1);
}

/// A restart is worth trying; whether it helps stands in the Secret.
#[test]
fn an_account_that_lists_what_cannot_be_read_proves_nothing() {
    let mut stale = scene(REFUSED, &[]);
    stale.account = Some(account("shop", "runner", &["regcred"]));
    let finding = stale.finding();
    assert_eq!(
        judged(&finding),
        (Cause::NoCredentialsSent, None, Confidence::Possible)
    );
    assert_eq!(finding.fixes.first(), Some(&FixId::Restart));
}

/// Everything is seen, and the account's Secret is not there: a restart would change nothing.
#[test]
fn a_deleted_secret_is_not_one_that_cannot_be_seen() {
    let mut gone = Scene::new(REFUSED, &[]);
    gone.account = Some(account("shop", "runner", &["regcred"]));
    let finding = gone.finding();
    assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
    assert!(!finding.fixes.contains(&FixId::Restart));
}

#[test]
fn what_lists_a_secret_is_not_stated_without_the_right_to_list_service_accounts() {
    let mut scene = Scene::new(REFUSED, &[]);
    scene = scene.with("regcred", SecretType::DockerConfigJson, "registry.example");
    scene.account = None;
    let seen = |facts: &Finding| -> Vec<String> {
        let facts = facts.evidence.iter();
        facts.map(|evidence| evidence.fact.to_string()).collect()
    };
    let id = WatchId {
        kind: WatchKind::ServiceAccounts,
        scope: Scope::Cluster,
    };
    let denied = WatchState::Forbidden {
        missing: Permission::new("list", "", "serviceaccounts", None),
        why: "forbidden".into(),
        as_of: None,
    };
    scene.sight.set_state(&id, &denied);
    let found = scene.finding();
    assert_eq!(found.root, Some(RootCause::SecretNotAttached));
    assert_eq!(found.confidence, Confidence::Likely);
    let facts = seen(&found).join("; ");
    assert!(!facts.contains("no ServiceAccount lists it"), "{facts}");
    assert!(
        facts.contains("ServiceAccount runner has not been read"),
        "{facts}"
    );
    assert!(facts.contains("Secret regcred would match"), "{facts}");
    let summary = found.summary();
    assert!(
        !summary.contains("not attached to ServiceAccount"),
        "{summary}"
    );
}
