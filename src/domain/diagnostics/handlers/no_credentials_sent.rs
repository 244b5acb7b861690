//! `no-credentials-sent`: the request was anonymous.
//!
//! `failed to authorize: failed to fetch anonymous token: … 401 Unauthorized`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "no-credentials-sent",
        root: None,
        link: ChainLink::Secret,
        is_measurable: true,
        fixes: &[
            FixId::AttachSecret,
            FixId::CreateSecret,
            FixId::CorrectServer,
            FixId::CopySecret,
            FixId::CredentialProvider,
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
    use crate::domain::k8s::objects::SecretType;

    #[test]
    fn without_a_secret_one_is_created_and_attached() {
        let scene = Scene::failed(&no_basic_auth());
        check(
            &scene,
            "no-credentials-sent, secret-not-attached, likely: create-secret, attach-secret, credential-provider",
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
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"SECRET"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::CopySecret);
    }

    #[test]
    fn a_secret_that_is_there_is_attached() {
        let scene = Scene::failed(&no_basic_auth()).secret("hub", "registry.example");
        check(
            &scene,
            "no-credentials-sent, secret-not-attached, likely: attach-secret, credential-provider",
        );
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"hub"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn what_others_pull_with_is_certain() {
        let scene = Scene::failed(&no_basic_auth())
            .secret("hub", "registry.example")
            .runs_with("hub");
        check(
            &scene,
            "no-credentials-sent, secret-not-attached, certain: attach-secret",
        );
    }

    #[test]
    fn a_secret_that_the_registry_refuses_is_renewed() {
        let scene = Scene::failed(&no_basic_auth())
            .secret("hub", "registry.example")
            .refused_with("hub");
        check(
            &scene,
            "no-credentials-sent, secret-not-attached, likely: recreate-secret, create-secret, credential-provider",
        );
        check_fix(
            &scene,
            FixId::RecreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u bot '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"hub"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn a_new_secret_takes_no_name_that_is_taken() {
        let scene = Scene::failed(&no_basic_auth())
            .lists(&["regcred"])
            .secret("regcred", "other.example");
        check(
            &scene,
            "no-credentials-sent, entry-for-other-registry, certain: create-secret",
        );
        check_fix(
            &scene,
            FixId::CreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                "jq -n --arg s registry.example --arg u USER '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred-2 --from-file=.dockerconfigjson=/dev/stdin",
                "unset TOKEN",
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"},{"name":"regcred-2"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
    }

    #[test]
    fn a_pod_without_a_controller_is_created_again_with_the_list() {
        let scene = Scene::failed(&no_basic_auth())
            .secret("hub", "registry.example")
            .bare();
        check(
            &scene,
            "no-credentials-sent, secret-not-attached, likely: attach-secret, credential-provider",
        );
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"hub"}]}'"#,
                "kubectl -n shop get pod web-1 -o json | jq 'del(.status, .spec.nodeName) | del(.spec.imagePullSecrets)' | kubectl -n shop replace --force -f -",
            ],
        );
        check_no_fix(&scene, FixId::Restart);
    }

    #[test]
    fn an_entry_with_another_port_is_corrected() {
        let scene = Scene::failed(&no_basic_auth())
            .lists(&["hub"])
            .secret("hub", "registry.example:5000");
        check(
            &scene,
            "no-credentials-sent, entry-for-other-registry, certain: correct-server, create-secret",
        );
        check_fix(
            &scene,
            FixId::CorrectServer,
            &[
                r#"kubectl -n shop get secret hub -o json | jq --arg from registry.example:5000 --arg to registry.example '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | @base64d | fromjson | if .auths | has($to) then error("\($to) is there already") else . end | .auths |= with_entries(if .key == $from then .key = $to else . end) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn a_secret_of_another_type_is_converted() {
        let scene = Scene::failed(&no_basic_auth())
            .lists(&["hub"])
            .secret_of_type(
                "hub",
                "registry.example",
                SecretType::Other(Some("Opaque".into())),
            );
        check(
            &scene,
            "no-credentials-sent, secret-wrong-type, certain: convert-type, create-secret",
        );
        check_fix(
            &scene,
            FixId::ConvertType,
            &[
                r#"kubectl -n shop get secret hub -o json | jq '.type = "kubernetes.io/dockerconfigjson" | .data[".dockerconfigjson"] = ([((.data[".dockerconfigjson"] // empty), .data[] | @base64d | ltrimstr("\ufeff") | ., (try @base64d catch empty) | select(fromjson? | .auths? | type == "object")), (.data[".dockercfg"] // empty | @base64d | ltrimstr("\ufeff") | fromjson? | objects | {auths: .} | tojson)] | .[0] // empty | @base64)' | kubectl -n shop replace --force -f -"#,
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::NoCredentialsSent,
            &[
                (
                    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fshop%3Apull&service=ghcr.io: 401 Unauthorized",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "Get https://nexus.example:8443/v2/shop/manifests/1: no basic auth credentials",
                    &[],
                ),
                (
                    "failed to resolve reference \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
                    &[Cause::CredentialProviderFailure, Cause::TokenExpired],
                ),
                (
                    "denied: Unauthenticated request. Unauthenticated requests do not have permission \"artifactregistry.repositories.downloadArtifacts\" on resource \"projects/p/locations/eu/repositories/r\" (or it may not exist)",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
            ],
        );
    }
}
