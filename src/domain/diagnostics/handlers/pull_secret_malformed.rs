//! `pull-secret-malformed`: a pull secret cannot be parsed.
//!
//! `unable to parse auth field, must be formatted as base64(username:password)`

use super::{CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, RootCause, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "pull-secret-malformed",
        root: Some(RootCause::SecretMalformed),
        link: ChainLink::Secret,
        is_measurable: false,
        fixes: &[FixId::RecreateSecret],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// For a listed Secret that may not be read.
const UNREAD: Unread = Unread {
    root: Some(RootCause::SecretMalformed),
    at_most: Confidence::Certain,
    also: &[],
    fixes: &[FixId::RecreateSecret, FixId::CheckSecret],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn what_cannot_be_read_is_written_again() {
        let scene = Scene::failed("illegal base64 data at input byte 0")
            .lists(&["hub"])
            .secret("hub", "registry.example");
        check(
            &scene,
            "pull-secret-malformed, no root, likely: retry-now, recreate-secret",
        );
        check_fix(
            &scene,
            FixId::RetryNow,
            &["kubectl -n shop delete pod web-1 --wait=false"],
        );
        check_fix(
            &scene,
            FixId::RecreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u USER '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn who_may_not_read_it_asks_somebody() {
        let scene = Scene::failed("illegal base64 data at input byte 0")
            .lists(&["hub"])
            .secrets_forbidden();
        check(
            &scene,
            "pull-secret-malformed, secret-malformed, certain: recreate-secret, check-secret",
        );
        check_fix(
            &scene,
            FixId::CheckSecret,
            &[
                "pullscope verify registry.example/team/app:1 -n shop --secret hub",
                r"kubectl -n shop get secret hub -o jsonpath='{.data.\.dockerconfigjson}' | base64 -d | jq '.auths | keys'",
            ],
        );
        check_no_fix(&scene, FixId::RetryNow);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::PullSecretMalformed,
            &[
                ("illegal base64 data at input byte 0", &[]),
                (
                    "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.username of type string",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/a:1\": unable to parse auth field, must be formatted as base64(username:password)",
                    &[],
                ),
                (
                    "The Secret \"regcred\" is invalid: data[.dockerconfigjson]: Required value",
                    &[],
                ),
            ],
        );
    }
}
