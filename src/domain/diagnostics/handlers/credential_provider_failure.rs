//! `credential-provider-failure`: the kubelet's credential provider plugin failed.
//!
//! `error execing credential provider plugin ecr-credential-provider for image …: exit status 1`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "credential-provider-failure",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Provider,
        is_measurable: false,
        fixes: &[FixId::CredentialProvider, FixId::CreateSecret],
    },
    refine: Refine::Refusal(&Unread::UNDECIDED),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, no_basic_auth},
    };
    use crate::domain::diagnostics::classify::Confidence;

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
            &[
                "kubectl get --raw /api/v1/nodes/node-1/proxy/configz",
                r#"kubectl get clusterroles -o json | jq -r '.items[] | select(any(.rules[]?; .verbs | index("request-serviceaccounts-token-audience"))) | .metadata.name'"#,
            ],
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

    const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/api:1.0";
    const ROLE: &str = "arn:aws:iam::123456789012:role/team/puller";

    /// What containerd says where nobody has a login, of this image.
    fn no_login(image: &str) -> String {
        no_basic_auth().replace("registry.example/team/app:1", image)
    }

    fn ecr() -> Scene {
        Scene::failed(&no_login(ECR)).image(ECR)
    }

    #[test]
    fn a_cloud_registry_without_a_secret_may_lack_either() {
        check(
            &ecr(),
            "no-credentials-sent, no root, likely: grant-pull-role, credential-provider, create-secret",
        );
        for image in [
            "europe-west3-docker.pkg.dev/acme/team/app:1",
            "acme.azurecr.io/app:1",
        ] {
            let anonymous = format!(
                "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://{image}: 401 Unauthorized"
            );
            let finding = Scene::failed(&anonymous).image(image).finding();
            let causes: Vec<Cause> = std::iter::once(finding.cause)
                .chain(finding.alternatives)
                .collect();
            assert!(
                causes.contains(&Cause::CredentialProviderFailure),
                "{image}: {causes:?}"
            );
            assert!(
                causes.contains(&Cause::NoCredentialsSent),
                "{image}: {causes:?}"
            );
            assert_eq!(finding.confidence, Confidence::Likely, "{image}");
            assert_eq!(finding.fixes[0], FixId::GrantPullRole, "{image}");
        }
    }

    #[test]
    fn what_speaks_for_a_provider_makes_it_the_first_suspect() {
        let expected = "credential-provider-failure, no root, likely: grant-pull-role, credential-provider, create-secret";
        check(
            &ecr().on_node("ip-10-0-1-2.eu-west-1.compute.internal"),
            expected,
        );
        let other = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/web:1.0";
        check(&ecr().runs_without_secret(other), expected);
        // A node of another cloud has no provider for it.
        check(
            &ecr().on_node("gke-prod-default-pool-1a2b3c4d-x9z8"),
            "no-credentials-sent, no root, likely: grant-pull-role, credential-provider, create-secret",
        );
    }

    #[test]
    fn an_identity_for_pulls_is_checked_before_the_nodes() {
        let scene = ecr().annotated("eks.amazonaws.com/ecr-role-arn", ROLE);
        check(
            &scene,
            "credential-provider-failure, no root, likely: fix-workload-identity, grant-pull-role, create-secret",
        );
        check_fix(
            &scene,
            FixId::FixWorkloadIdentity,
            &[
                "kubectl -n shop get serviceaccount runner -o jsonpath='{.metadata.annotations}'",
                "aws iam get-role --role-name puller",
                "aws eks list-pod-identity-associations --cluster-name CLUSTER --namespace shop --service-account runner",
                "kubectl -n shop annotate serviceaccount runner eks.amazonaws.com/ecr-role-arn=ROLE_ARN --overwrite",
            ],
        );
        check_fix(
            &scene,
            FixId::GrantPullRole,
            &[
                "aws iam attach-role-policy --role-name puller --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
                "aws ecr get-repository-policy --registry-id 123456789012 --region eu-west-1 --repository-name app/api",
            ],
        );
        // A role for containers (IRSA) leaves the pull to the node.
        let scene = ecr().annotated("eks.amazonaws.com/role-arn", ROLE);
        check(
            &scene,
            "credential-provider-failure, no root, likely: grant-pull-role, fix-workload-identity, create-secret",
        );
        let shown = FixId::GrantPullRole
            .render(&scene.finding().fix_context)
            .commands;
        assert!(shown[0].contains("--role-name NODE_ROLE"), "{shown:?}");
    }

    #[test]
    fn a_secret_that_is_there_goes_before_the_provider() {
        let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        check(
            &ecr().secret("hub", host),
            "no-credentials-sent, secret-not-attached, likely: attach-secret, grant-pull-role, credential-provider",
        );
        check(
            &ecr().secret("hub", host).runs_with("hub"),
            "no-credentials-sent, secret-not-attached, certain: attach-secret",
        );
        // One for another registry is in every namespace, and is not what is missing.
        check(
            &ecr()
                .lists(&["hub"])
                .secret("hub", "https://index.docker.io/v1/"),
            "no-credentials-sent, no root, likely: grant-pull-role, credential-provider, create-secret",
        );
    }

    #[test]
    fn an_identity_that_is_refused_is_not_a_missing_secret() {
        let denied = "failed to resolve reference: pulling from host 123456789012.dkr.ecr.eu-west-1.amazonaws.com failed with status code [manifests 1.0]: 403 Forbidden: User: arn:aws:sts::123456789012:assumed-role/node/i-1 is not authorized to perform: ecr:BatchGetImage";
        check(
            &Scene::failed(denied).image(ECR),
            "forbidden-by-policy, identity-lacks-access, certain: grant-pull-role, credential-provider",
        );
        let acr = Scene::failed("failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://acme.azurecr.io/oauth2/token: 401 Unauthorized").image("acme.azurecr.io/team/app:1");
        check(
            &acr,
            "unauthorized, identity-lacks-access, likely: grant-pull-role, credential-provider, create-secret",
        );
        check_fix(
            &acr,
            FixId::GrantPullRole,
            &[
                "az aks update --resource-group RESOURCE_GROUP --name CLUSTER --attach-acr acme",
                "az aks check-acr --resource-group RESOURCE_GROUP --name CLUSTER --acr acme.azurecr.io",
            ],
        );
        // A firewall's rule is nobody's permission.
        let blocked = "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
        check(
            &Scene::failed(blocked).image("acme.azurecr.io/shop:1"),
            "forbidden-by-policy, no root, certain: open-registry-firewall, grant-access",
        );
    }

    #[test]
    fn where_the_provider_works_a_refusal_is_about_its_permission() {
        let told = |status: &str| {
            no_login(ECR).replace(
                "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
                &format!("unexpected status from HEAD request to https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/app/api/manifests/1.0: {status}"),
            )
        };
        let other = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/web:1.0";
        check(
            &Scene::failed(&told("403 Forbidden"))
                .image(ECR)
                .runs_without_secret(other),
            "forbidden-by-policy, identity-lacks-access, likely: grant-pull-role, credential-provider, create-secret",
        );
        // ECR takes basic logins, so that a 401 for the manifest is an answer to one, whatever Secret there is.
        let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        check(
            &Scene::failed(&told("401 Unauthorized"))
                .image(ECR)
                .secret("hub", host),
            "unauthorized, identity-lacks-access, likely: grant-pull-role, credential-provider, attach-secret",
        );
        check(
            &Scene::failed(&told("401 Unauthorized")).image(ECR),
            "unauthorized, identity-lacks-access, likely: grant-pull-role, credential-provider, create-secret",
        );
    }

    #[test]
    fn a_role_of_artifact_registry_is_granted_on_the_repository() {
        let image = "europe-west3-docker.pkg.dev/acme/team/app:1";
        let denied = format!(
            "failed to authorize: failed to fetch oauth token: denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/acme/locations/europe-west3/repositories/team\" (or it may not exist): {image}: 403 Forbidden"
        );
        let scene = Scene::failed(&denied).image(image);
        let shown = FixId::GrantPullRole
            .render(&scene.finding().fix_context)
            .commands;
        assert_eq!(
            shown[0],
            "gcloud artifacts repositories add-iam-policy-binding team --project=acme --location=europe-west3 --member=serviceAccount:NODE_SERVICE_ACCOUNT --role=roles/artifactregistry.reader"
        );
    }

    #[test]
    fn a_plugin_that_fails_at_a_cloud_is_checked_first() {
        let message = format!(
            "Failed getting credential from external registry credential provider: error execing credential provider plugin ecr-credential-provider for image {ECR}: exit status 1"
        );
        check(
            &Scene::failed(&message).image(ECR),
            "credential-provider-failure, node-problem, certain: credential-provider, grant-pull-role, create-secret",
        );
    }
}
