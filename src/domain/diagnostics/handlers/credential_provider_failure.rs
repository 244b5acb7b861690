//! `credential-provider-failure`: the kubelet's credential provider plugin failed.
//!
//! `error execing credential provider plugin ecr-credential-provider for image …: exit status 1`

use super::{CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, RootCause, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "credential-provider-failure",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: false,
        fixes: &[FixId::CredentialProvider, FixId::CreateSecret],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// Where a Secret that the Pod lists may not be read.
const UNREAD: Unread = Unread {
    root: None,
    at_most: Confidence::Possible,
    also: &[],
    fixes: &[FixId::CheckSecret, FixId::TestPull, FixId::RecreateSecret],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn the_provider_comes_before_a_secret_in_its_place() {
        let scene = Scene::failed(
            "Failed getting credential from external registry credential provider: error execing credential provider plugin acr-credential-provider for image registry.example/team/app:1: exit status 2",
        );
        check(
            &scene,
            "credential-provider-failure, node-problem, certain: credential-provider, create-secret",
        );
        check_fix(
            &scene,
            FixId::CredentialProvider,
            &["kubectl get --raw /api/v1/nodes/node-1/proxy/configz"],
        );
        check_fix(
            &scene,
            FixId::CreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                "jq -n --arg s registry.example --arg u USER '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred --from-file=.dockerconfigjson=/dev/stdin",
                "unset TOKEN",
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::CredentialProviderFailure,
            &[
                (
                    "Failed getting credential from external registry credential provider: error execing credential provider plugin acr-credential-provider for image acme.azurecr.io/shop: exit status 2",
                    &[],
                ),
                (
                    "error getting credentials - err: exec: \"docker-credential-desktop\": executable file not found in $PATH, out: ``",
                    &[],
                ),
            ],
        );
    }
}
