//! `unauthorized`: a credential was sent and rejected.
//!
//! `failed to fetch oauth token: … 401 Unauthorized` (containerd: with a credential; anonymous: without)

use super::{Cause, CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "unauthorized",
        root: None,
        link: ChainLink::Secret,
        is_measurable: true,
        fixes: &[FixId::NewToken, FixId::RecreateSecret, FixId::RemoveEntry],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// For a listed Secret that may not be read.
///
/// Registries answer so to a token that has ended, too, and its age stands in the Secret.
const UNREAD: Unread = Unread {
    root: None,
    at_most: Confidence::Possible,
    also: &[Cause::TokenExpired],
    fixes: &[FixId::CheckSecret, FixId::TestPull, FixId::NewToken],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };
    use crate::domain::registry_auth::credential::kind::CredentialKind;

    #[test]
    fn a_refused_login_is_replaced() {
        let scene = Scene::failed(&resolving("failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized")).lists(&["hub"]).secret("hub", "registry.example");
        check(
            &scene,
            "unauthorized, credential-rejected, certain: new-token, recreate-secret, remove-entry",
        );
        check_fix(
            &scene,
            FixId::NewToken,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u bot '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_fix(
            &scene,
            FixId::RemoveEntry,
            &[
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | @base64d | fromjson | del(.auths[$s]) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn a_refused_login_that_is_old_enough_has_likely_expired() {
        let refused = resolving(
            "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized",
        );
        let scene = || {
            let scene = Scene::failed(&refused).lists(&["hub"]);
            scene.secret("hub", "registry.example")
        };
        let expired = "token-expired, credential-expired, likely: new-token, recreate-secret, stop-storing-tokens";
        let rejected =
            "unauthorized, credential-rejected, certain: new-token, recreate-secret, remove-entry";
        for (kind, days, expected) in [
            (CredentialKind::HarborRobot, 31, expired),
            (CredentialKind::HarborRobot, 29, rejected),
            (CredentialKind::AzureServicePrincipal, 366, expired),
            (CredentialKind::OpenShiftToken, 2, expired),
            (CredentialKind::EcrToken, 1, expired),
            (CredentialKind::GoogleAccessToken, 1, expired),
            (CredentialKind::AzureAccessToken, 1, expired),
            (CredentialKind::GitLabPersonalToken, 366, expired),
            (CredentialKind::GitLabPersonalToken, 364, rejected),
            // They have no end of their own.
            (CredentialKind::GitLabDeployToken, 3000, rejected),
            (CredentialKind::GitHubClassicToken, 3000, rejected),
            (CredentialKind::DockerHubPersonalToken, 3000, rejected),
            (CredentialKind::GoogleKey, 3000, rejected),
            (CredentialKind::QuayRobot, 3000, rejected),
        ] {
            check(&scene().aged(kind, days), expected);
        }
        let annotated = scene().aged(CredentialKind::QuayRobot, 1);
        check(&annotated.annotated_as_expired(), expired);
    }

    #[test]
    fn who_may_not_read_the_secret_asks_somebody() {
        let scene = Scene::failed(&resolving("failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized")).lists(&["hub"]).secrets_forbidden();
        check(
            &scene,
            "unauthorized, no root, possible: check-secret, test-pull, new-token",
        );
        check_fix(
            &scene,
            FixId::CheckSecret,
            &[
                "pullscope verify registry.example/team/app:1 -n shop --secret hub",
                r"kubectl -n shop get secret hub -o jsonpath='{.data.\.dockerconfigjson}' | base64 -d | jq '.auths | keys'",
            ],
        );
        check_fix(
            &scene,
            FixId::NewToken,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u USER '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::Unauthorized,
            &[
                (
                    "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized",
                    &[Cause::TokenExpired],
                ),
                (
                    "unauthorized: incorrect username or password",
                    &[Cause::TokenExpired],
                ),
                (
                    "failed to resolve reference \"gcr.io/acme/shop:1\": unauthorized: You don't have the needed permissions to perform this operation, and you may have invalid credentials.",
                    &[Cause::NoCredentialsSent, Cause::ForbiddenByPolicy],
                ),
                (
                    "Error response from daemon: Get https://r.example/v2/a/manifests/1: unauthorized: invalid username/password",
                    &[Cause::TokenExpired],
                ),
                (
                    "denied: Invalid Token",
                    &[Cause::TokenExpired, Cause::PullSecretMalformed],
                ),
                (
                    "Requesting bearer token: invalid status code from registry 401 (Unauthorized)",
                    &[Cause::NoCredentialsSent, Cause::TokenExpired],
                ),
            ],
        );
    }
}
