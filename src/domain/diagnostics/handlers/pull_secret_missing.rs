//! `pull-secret-missing`: a listed pull secret does not exist.
//!
//! `Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "pull-secret-missing",
        root: Some(RootCause::SecretMissing),
        link: ChainLink::Secret,
        is_measurable: false,
        fixes: &[
            FixId::CreateSecret,
            FixId::CopySecret,
            FixId::CorrectSecretName,
        ],
    },
    refine: Refine::Refusal(&Unread::UNDECIDED),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, no_basic_auth},
    };

    #[test]
    fn a_listed_secret_that_is_not_there_is_created() {
        let scene = Scene::failed("Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.").lists(&["regcred"]);
        check(
            &scene,
            "pull-secret-missing, secret-missing, certain: create-secret, correct-secret-name",
        );
        check_fix(
            &scene,
            FixId::CreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                "jq -n --arg s registry.example --arg u USER '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred --from-file=.dockerconfigjson=/dev/stdin",
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_fix(
            &scene,
            FixId::CorrectSecretName,
            &[
                "kubectl -n shop get secrets --field-selector type=kubernetes.io/dockerconfigjson",
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"},{"name":"SECRET"}]}'"#,
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"SECRET"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    /// Others may wait for the missing Secret, and pull from another registry with it.
    #[test]
    fn a_name_that_is_no_misspelling_stays_in_the_list() {
        let scene = Scene::failed(&no_basic_auth())
            .lists(&["quay-pull"])
            .secret("regcred", "registry.example");
        check(
            &scene,
            "no-credentials-sent, secret-missing, certain: attach-secret, create-secret, correct-secret-name",
        );
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"quay-pull"},{"name":"regcred"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
    }

    #[test]
    fn a_misspelled_name_is_corrected() {
        let scene = Scene::failed(&no_basic_auth())
            .lists(&["regcerd"])
            .secret("regcred", "registry.example");
        check(
            &scene,
            "no-credentials-sent, secret-missing, certain: correct-secret-name, attach-secret, create-secret",
        );
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcerd"},{"name":"regcred"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_fix(
            &scene,
            FixId::CorrectSecretName,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcerd"},{"name":"regcred"}]}'"#,
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::CopySecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::PullSecretMissing,
            &[
                (
                    "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
                    &[],
                ),
                (
                    "Unable to retrieve pull secret shop/regcred for shop/web-0 due to secret \"regcred\" not found.  The image pull may not succeed.",
                    &[],
                ),
            ],
        );
    }
}
