//! Detects the kind of a credential and its expiry, offline.
//!
//! By prefix, by user name and by registry; the sources are the vendors' pages listed in the
//! registries' preset table. A guess that may be wrong is not made: the rest is `Password`.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Password, kind::CredentialKind};
use crate::domain::registry_auth::host_port::server_host;

/// What a credential shows without asking the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    pub kind: CredentialKind,
    /// The expiry that the credential itself states.
    pub expires: Option<Timestamp>,
}

impl Credential {
    /// Detects the kind of a credential from the server, the user name and the password.
    pub fn detect(server: &str, username: &str, password: &Password) -> Self {
        let text = password.expose().trim();
        let claims = jwt_claims(text);
        let ecr = ecr_expiry(text);
        let kind = by_nothing(username, text)
            .or_else(|| by_prefix(text))
            .or_else(|| by_user(server, username))
            .or(ecr.map(|_| CredentialKind::EcrToken))
            .or(claims.as_ref().map(|_| CredentialKind::Jwt))
            .or_else(|| by_plus(server, username))
            .unwrap_or(CredentialKind::Password);
        Self {
            kind,
            expires: ecr.or(claims.and_then(|claims| claims.end())),
        }
    }
}

fn by_nothing(username: &str, text: &str) -> Option<CredentialKind> {
    (username.is_empty() && text.is_empty()).then_some(CredentialKind::None)
}

/// Known token prefixes (`ghp_`, `dckr_pat_`, …).
const PREFIXES: [(&str, CredentialKind); 18] = [
    ("dckr_pat_", CredentialKind::DockerHubPersonalToken),
    ("dckr_oat_", CredentialKind::DockerHubOrganisationToken),
    ("ghp_", CredentialKind::GitHubClassicToken),
    ("github_pat_", CredentialKind::GitHubFineGrainedToken),
    ("ghs_", CredentialKind::GitHubJobToken),
    ("gho_", CredentialKind::GitHubOAuthToken),
    ("ghu_", CredentialKind::GitHubOAuthToken),
    ("glpat-", CredentialKind::GitLabPersonalToken),
    ("gloas-", CredentialKind::GitLabPersonalToken),
    ("gldt-", CredentialKind::GitLabDeployToken),
    ("glcbt-", CredentialKind::GitLabJobToken),
    ("ya29.", CredentialKind::GoogleAccessToken),
    ("cmVmdGtuO", CredentialKind::JFrogReferenceToken),
    ("AKCp", CredentialKind::JFrogReferenceToken),
    ("sha256~", CredentialKind::OpenShiftToken),
    ("{\"type\": \"service_account\"", CredentialKind::GoogleKey),
    ("{\"type\":\"service_account\"", CredentialKind::GoogleKey),
    (
        "{\n  \"type\": \"service_account\"",
        CredentialKind::GoogleKey,
    ),
];

fn by_prefix(text: &str) -> Option<CredentialKind> {
    PREFIXES
        .into_iter()
        .find(|(prefix, _)| text.starts_with(prefix))
        .map(|(_, kind)| kind)
}

fn by_user(server: &str, username: &str) -> Option<CredentialKind> {
    let azure = server.contains(".azurecr.");
    match username {
        "_json_key" | ENCODED_KEY => Some(CredentialKind::GoogleKey),
        "oauth2accesstoken" | "_token" => Some(CredentialKind::GoogleAccessToken),
        "00000000-0000-0000-0000-000000000000" => Some(CredentialKind::AzureAccessToken),
        "AWS" => Some(CredentialKind::EcrToken),
        "gitlab-ci-token" => Some(CredentialKind::GitLabJobToken),
        user if user.starts_with("gitlab+deploy-token-") => Some(CredentialKind::GitLabDeployToken),
        user if user.starts_with("robot$") => Some(CredentialKind::HarborRobot),
        user if azure && is_guid(user) => Some(CredentialKind::AzureServicePrincipal),
        user if azure && first_label(server) == Some(user) => Some(CredentialKind::AzureAdmin),
        user if is_red_hat(server) && user.contains('|') => {
            Some(CredentialKind::RedHatServiceAccount)
        }
        _ => None,
    }
}

/// A Quay robot is `NAMESPACE+ROBOT`, on whatever host the Quay is.
fn by_plus(server: &str, username: &str) -> Option<CredentialKind> {
    (username.contains('+') && !username.contains('@') && !server.contains("gitlab"))
        .then_some(CredentialKind::QuayRobot)
}

fn is_red_hat(server: &str) -> bool {
    server.contains("redhat.")
}

/// `NAME` of `NAME.azurecr.io`, which is the admin user's name too.
fn first_label(server: &str) -> Option<&str> {
    server_host(server).split('.').next()
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// User name of a base64-encoded service account key.
const ENCODED_KEY: &str = "_json_key_base64";

/// Whether a token was base64-encoded once too often.
pub(crate) fn is_encoded_token(username: &str, password: &str) -> bool {
    let inner = BASE64_STANDARD.decode(password.trim()).map(Zeroizing::new);
    username != ENCODED_KEY
        && inner
            .is_ok_and(|inner| std::str::from_utf8(&inner).is_ok_and(|it| by_prefix(it).is_some()))
}

/// A Harbor robot account name truncated by the shell at `$` (`robot$ci` in double quotes becomes `robot`),
/// or a Quay robot without its namespace.
pub(crate) fn is_truncated_robot_name(server: &str, username: &str) -> bool {
    username == "robot"
        || username == "robot+"
        || (server.contains("quay.io") && username.starts_with('+'))
}

/// The claims of a JWT that matter here.
#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
}

impl Claims {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an out-of-range time saturates and is refused"
    )]
    fn end(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.exp? as i64).ok()
    }
}

fn jwt_claims(text: &str) -> Option<Claims> {
    let mut parts = text.split('.');
    let (header, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if !header.starts_with("eyJ") || parts.next().is_some() {
        return None;
    }
    let claims = Zeroizing::new(
        BASE64_URL_SAFE_NO_PAD
            .decode(claims.trim_end_matches('='))
            .ok()?,
    );
    serde_json::from_slice(&claims).ok()
}

/// The end of an ECR token, which is base64 of a small JSON with the time in it.
fn ecr_expiry(text: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Token {
        #[serde(rename = "type")]
        kind: String,
        expiration: i64,
    }
    let inner = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
    let token: Token = serde_json::from_slice(&inner).ok()?;
    (token.kind == "DATA_KEY").then(|| Timestamp::from_second(token.expiration).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_prefix_user_and_registry() {
        let guid = "11111111-2222-3333-4444-555555555555";
        for (server, user, password, kind) in [
            (
                "https://index.docker.io/v1/",
                "me",
                "dckr_pat_x",
                CredentialKind::DockerHubPersonalToken,
            ),
            (
                "https://index.docker.io/v1/",
                "me",
                "hunter2",
                CredentialKind::Password,
            ),
            ("ghcr.io", "me", "ghp_x", CredentialKind::GitHubClassicToken),
            (
                "ghcr.io",
                "me",
                "github_pat_x",
                CredentialKind::GitHubFineGrainedToken,
            ),
            (
                "1.dkr.ecr.eu-west-1.amazonaws.com",
                "AWS",
                "x",
                CredentialKind::EcrToken,
            ),
            (
                "europe-docker.pkg.dev",
                "_json_key",
                "{}",
                CredentialKind::GoogleKey,
            ),
            (
                "gcr.io",
                "oauth2accesstoken",
                "ya29.x",
                CredentialKind::GoogleAccessToken,
            ),
            (
                "acme.azurecr.io",
                guid,
                "x",
                CredentialKind::AzureServicePrincipal,
            ),
            (
                "https://acme.azurecr.io",
                "acme",
                "x",
                CredentialKind::AzureAdmin,
            ),
            ("quay.io", "team+ci", "x", CredentialKind::QuayRobot),
            (
                "harbor.example",
                "robot$ci",
                "x",
                CredentialKind::HarborRobot,
            ),
            (
                "registry.redhat.io",
                "123|ci",
                "eyJhbGciOiJIUzI1NiJ9.e30.x",
                CredentialKind::RedHatServiceAccount,
            ),
            (
                "registry.gitlab.com",
                "gitlab+deploy-token-1",
                "x",
                CredentialKind::GitLabDeployToken,
            ),
            ("quay.io", "", "", CredentialKind::None),
        ] {
            let found = Credential::detect(server, user, &Password::new(password));
            assert_eq!(found.kind, kind, "{server} {user}");
        }
    }

    #[test]
    fn a_key_that_is_to_be_encoded_is_not_encoded_too_often() {
        let key = BASE64_STANDARD.encode("{\n  \"type\": \"service_account\"}");
        assert!(is_encoded_token("_json_key", &key));
        assert!(!is_encoded_token("_json_key_base64", &key));
        assert!(is_encoded_token("me", &BASE64_STANDARD.encode("ghp_x")));
        assert!(!is_encoded_token("me", "cmVmdGtuOjAxOg=="), "it is so");
    }

    #[test]
    fn tokens_that_tell_their_end_are_asked_for_it() {
        let end = Timestamp::from_second(1_800_000_000).unwrap();
        let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":1800000000}"#);
        let jwt = Password::new(format!("eyJhbGciOiJub25lIn0.{claims}.sig"));
        let found = Credential::detect("r.example", "u", &jwt);
        assert_eq!(
            (found.kind, found.expires),
            (CredentialKind::Jwt, Some(end))
        );

        let ecr = BASE64_STANDARD.encode(
            r#"{"payload":"x","datakey":"y","version":"2","type":"DATA_KEY","expiration":1800000000}"#,
        );
        let found = Credential::detect("r.example", "u", &Password::new(ecr));
        assert_eq!(
            (found.kind, found.expires),
            (CredentialKind::EcrToken, Some(end))
        );
    }
}
