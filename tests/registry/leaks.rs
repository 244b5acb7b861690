//! A credential goes to its registry and to nobody else: a second server listens for it.

use pullscope::domain::{
    diagnostics::RootCause,
    probe::{AnonymousAccess, ProbeError, ProbeStage, StepResult, Tags, TargetPlatforms, conclude},
};

use crate::peer::{LOGIN, PASSWORD, Peer, failed, limits, probe, probe_anonymously, reply};

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
async fn a_token_server_that_redirects_to_a_stranger_gets_no_further() {
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
    let realm = stranger.address.to_string();
    let found = failed(&probe(&registry, limits()).await);
    let untrusted = ProbeError::UntrustedRealm { realm };
    assert_eq!(found, (ProbeStage::Token, untrusted));
    assert!(stranger.asked().is_empty(), "{:?}", stranger.asked());
}

/// Otherwise the registry would be handed a token of a service that only this machine reaches.
#[tokio::test]
async fn a_token_of_another_server_is_not_fetched_for_strangers_unless_the_user_allows_it() {
    let service = Peer::saying(|_| reply("200 OK", &[], r#"{"token":"internal-service-token"}"#));
    let realm = service.address.to_string();
    let header = format!(r#"WWW-Authenticate: Bearer realm="http://{realm}/token""#);
    let registry = Peer::saying(move |request| {
        if request.contains("internal-service-token") {
            manifest()
        } else {
            reply("401 Unauthorized", &[&header], "")
        }
    });
    let found = failed(&probe_anonymously(&registry, &[]).await);
    let untrusted = ProbeError::UntrustedRealm {
        realm: realm.clone(),
    };
    assert_eq!(found, (ProbeStage::Token, untrusted));
    assert!(service.asked().is_empty(), "{:?}", service.asked());
    let allowed = probe_anonymously(&registry, &[realm]).await;
    assert!(allowed.manifest().is_some(), "{allowed:#?}");
}

#[tokio::test]
async fn a_redirect_to_a_link_local_address_is_not_followed() {
    let registry = Peer::saying(|request| {
        if request.starts_with("GET /v2/ ") {
            reply("200 OK", &[], "")
        } else {
            let to = "Location: http://169.254.169.254/latest/meta-data/";
            reply("307 Temporary Redirect", &[to], "")
        }
    });
    let (stage, failure) = failed(&probe_anonymously(&registry, &[]).await);
    assert_eq!(stage, ProbeStage::Manifest);
    let address = "169.254.169.254".parse().unwrap();
    let host = "169.254.169.254".to_owned();
    assert_eq!(failure, ProbeError::InternalAddress { host, address });
}

/// The helper fails when the transcript has the password in it.
#[tokio::test]
async fn a_registry_that_repeats_the_credential_in_a_good_answer_is_not_quoted() {
    let registry = Peer::saying(|request| {
        let echo = format!("Docker-Content-Digest: sha256:{PASSWORD}");
        let left = format!("RateLimit-Remaining: {LOGIN}");
        let kind = "Content-Type: application/vnd.oci.image.index.v1+json";
        let warning = format!("Warning: 299 - \"{PASSWORD}\"");
        if !is_signed_in(request) {
            reply("401 Unauthorized", &["WWW-Authenticate: Basic realm=r"], "")
        } else if request.starts_with("GET /v2/ ") {
            reply("200 OK", &[], "")
        } else {
            let body = format!(
                r#"{{"schemaVersion":2,"manifests":[{{"platform":{{"os":"linux","architecture":"{PASSWORD}"}}}}]}}"#
            );
            reply("200 OK", &[&echo, &left, kind, &warning], &body)
        }
    });
    let transcript = probe(&registry, limits()).await;
    let conclusion = conclude(&transcript, &TargetPlatforms::Anything);
    assert!(!format!("{conclusion:?}").contains(PASSWORD));
    assert!(transcript.manifest().is_some(), "{transcript:#?}");
}

#[tokio::test]
async fn tags_that_repeat_the_credential_are_not_suggested() {
    let registry = Peer::saying(|request| {
        if !is_signed_in(request) {
            reply("401 Unauthorized", &["WWW-Authenticate: Basic realm=r"], "")
        } else if request.starts_with("GET /v2/ ") {
            reply("200 OK", &[], "")
        } else if request.contains("/tags/list") {
            let tags = format!(r#"{{"tags":["1-{PASSWORD}","1-{LOGIN}","1.1"]}}"#);
            reply("200 OK", &[], &tags)
        } else {
            reply("404 Not Found", &[], "")
        }
    });
    let transcript = probe(&registry, limits()).await;
    assert_eq!(transcript.tags, Some(Tags::Listed(vec!["1.1".to_owned()])));
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
