//! `token-expired`: the credential has expired.
//!
//! `denied: Your authorization token has expired. Reauthenticate and try again.`

use super::{CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, RootCause, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "token-expired",
        root: Some(RootCause::CredentialExpired),
        link: ChainLink::Secret,
        is_measurable: true,
        fixes: &[
            FixId::NewToken,
            FixId::RecreateSecret,
            FixId::StopStoringTokens,
        ],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// For a listed Secret that may not be read.
const UNREAD: Unread = Unread {
    root: Some(RootCause::CredentialExpired),
    at_most: Confidence::Likely,
    also: &[],
    fixes: &[FixId::NewToken, FixId::CheckSecret],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };

    #[test]
    fn a_token_that_has_ended_is_replaced() {
        let scene = Scene::failed(&resolving(
            "denied: Your authorization token has expired. Reauthenticate and try again.",
        ))
        .lists(&["hub"])
        .secret("hub", "registry.example");
        check(
            &scene,
            "token-expired, credential-expired, certain: new-token, recreate-secret, stop-storing-tokens",
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
            FixId::RecreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u bot '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::TokenExpired,
            &[
                (
                    "pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again.",
                    &[],
                ),
                (
                    "The provided client secret keys for app 'e0f2a1c4-7b1d-4b6e-9a53-0d7d6c1f2a90' are expired.",
                    &[],
                ),
                (
                    "oauth2: \"invalid_client\" \"The client secret is wrong\"",
                    &[Cause::Unauthorized],
                ),
            ],
        );
    }
}
