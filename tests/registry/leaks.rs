//! A credential goes to its registry and to nobody else: a second server listens for it.

use pullscope::domain::{
    diagnostics::RootCause,
    probe::{AnonymousAccess, ProbeError, ProbeStage, StepResult, TargetPlatforms, conclude},
};

use crate::peer::{LOGIN, Peer, failed, limits, probe, reply};

const TOKEN: &str = "canary-token";

fn manifest() -> String {
    let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json";
    reply("200 OK", &[kind], r#"{"schemaVersion":2}"#)
}

/// Whether the request carries jane's login.
fn is_signed_in(request: &str) -> bool {
    request.contains(LOGIN)
}

#[tokio::test]
async fn a_login_at_another_server_is_not_answered() {
    let stranger = Peer::saying(|_| reply("200 OK", &[], r#"{"token":"x"}"#));
    let realm = stranger.address;
    let header = format!(r#"WWW-Authenticate: Bearer realm="http://{realm}/token",service="s""#);
    let registry = Peer::saying(move |_| reply("401 Unauthorized", &[&header], ""));
    let found = failed(&probe(&registry, limits()).await);
    let realm = realm.to_string();
    assert_eq!(
        found,
        (ProbeStage::Token, ProbeError::ForeignRealm { realm })
    );
    assert!(stranger.asked().is_empty(), "{:?}", stranger.asked());
    registry.knows_nothing();
}

/// The registry serves everybody and refuses a bad credential: the difference is told.
#[tokio::test]
async fn a_stranger_is_asked_for_too_where_the_credential_is_refused() {
    let registry = Peer::saying(|request| {
        let host = request.lines().find_map(|line| line.strip_prefix("host: "));
        let realm = format!(
            r#"WWW-Authenticate: Bearer realm="http://{}/token""#,
            host.unwrap_or_default()
        );
        if request.starts_with("GET /token") && is_signed_in(request) {
            reply("403 Forbidden", &[], "")
        } else if request.starts_with("GET /token") {
            reply("200 OK", &[], r#"{"token":"anybody"}"#)
        } else if request.contains("anybody") {
            manifest()
        } else {
            reply("401 Unauthorized", &[&realm], "")
        }
    });
    let transcript = probe(&registry, limits()).await;
    assert_eq!(transcript.anonymous_access, Some(AnonymousAccess::MayPull));
    let conclusion = conclude(&transcript, &TargetPlatforms::Anything);
    assert_eq!(conclusion.root, Some(RootCause::CredentialRejected));
    assert_eq!(conclusion.alternatives, []);
}

#[tokio::test]
async fn a_redirect_to_another_server_is_followed_without_the_login() {
    let stranger = Peer::saying(|_| manifest());
    let location = format!("Location: http://{}/elsewhere", stranger.address);
    let registry = Peer::saying(move |request| {
        if !is_signed_in(request) {
            reply("401 Unauthorized", &["WWW-Authenticate: Basic realm=r"], "")
        } else if request.starts_with("GET /v2/ ") {
            reply("200 OK", &[], "")
        } else {
            reply("307 Temporary Redirect", &[&location], "")
        }
    });
    let transcript = probe(&registry, limits()).await;
    assert!(transcript.manifest().is_some(), "{transcript:#?}");
    assert!(!stranger.asked().is_empty());
    stranger.knows_nothing();
}

#[tokio::test]
async fn a_token_server_that_redirects_gets_no_further() {
    let stranger = Peer::saying(|_| reply("200 OK", &[], r#"{"token":"x"}"#));
    let location = format!("Location: http://{}/token", stranger.address);
    let registry = Peer::saying(move |request| {
        let host = request.lines().find_map(|line| line.strip_prefix("host: "));
        let realm = format!(
            r#"WWW-Authenticate: Bearer realm="http://{}/token""#,
            host.unwrap_or_default()
        );
        if request.starts_with("GET /token") {
            reply("302 Found", &[&location], "")
        } else if request.contains("Bearer x") {
            manifest()
        } else {
            reply("401 Unauthorized", &[&realm], "")
        }
    });
    probe(&registry, limits()).await;
    assert!(!stranger.asked().is_empty());
    stranger.knows_nothing();
}

#[tokio::test]
async fn a_token_is_asked_for_with_the_login_and_used_without_it() {
    let registry = Peer::saying(|request| {
        let host = request.lines().find_map(|line| line.strip_prefix("host: "));
        let realm = format!(
            r#"WWW-Authenticate: Bearer realm="http://{}/token",service="s""#,
            host.unwrap_or_default()
        );
        if request.starts_with("GET /token") {
            let body = format!(r#"{{"token":"{TOKEN}","expires_in":300}}"#);
            reply("200 OK", &[], &body)
        } else if request.contains(TOKEN) {
            manifest()
        } else {
            reply("401 Unauthorized", &[&realm], "")
        }
    });
    let transcript = probe(&registry, limits()).await;
    let token = &transcript.steps[4];
    assert_eq!(token.stage, ProbeStage::Token);
    assert!(matches!(
        token.outcome,
        Ok(StepResult::Token { lives: Some(_) })
    ));
    assert!(transcript.manifest().is_some());
    assert!(!format!("{transcript:?}").contains(TOKEN));
    let signed: Vec<String> = registry
        .asked()
        .into_iter()
        .filter(|request| is_signed_in(request))
        .collect();
    assert_eq!(signed.len(), 1, "{signed:?}");
    assert!(
        signed[0].starts_with("GET /token?service=s&scope=repository:team/app:pull "),
        "{signed:?}"
    );
}
