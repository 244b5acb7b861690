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
    use crate::domain::diagnostics::{
        classify::Confidence,
        node_answers::{NodeAnswers, NodeQuestion, TokenAudience, questions},
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
                r#"jq -n --arg user system:node:node-1 --arg audience sts.amazonaws.com --arg ns shop --arg sa runner '{apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: {user: $user, groups: ["system:nodes"], resourceAttributes: {verb: "request-serviceaccounts-token-audience", resource: $audience, namespace: $ns, name: $sa}}}' | kubectl create -o jsonpath='{.status.allowed}' -f -"#,
            ],
        );
        check_fix(
            &scene,
            FixId::GrantPullRole,
            &[
                "aws iam attach-role-policy --role-name puller --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
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
            "forbidden-by-policy, no root, certain: open-registry-firewall",
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

    /// Whose annotation, at which registry, and what its steps say.
    #[test]
    fn each_provider_has_its_own_identity_and_steps() {
        for (image, annotation, value, role, identity) in [
            (
                "europe-west3-docker.pkg.dev/acme/team/app:1",
                "iam.gke.io/enable-wi-image-pull",
                "true",
                "gcloud artifacts repositories add-iam-policy-binding team",
                "workloadIdentityConfig.workloadPool",
            ),
            (
                "acme.azurecr.io/app:1",
                "kubernetes.azure.com/acr-client-id",
                "11111111-2222-3333-4444-555555555555",
                "Container Registry Repository Reader",
                "az aks identity-binding list",
            ),
            (
                "acme.azurecr.io/app:1",
                "kubernetes.azure.com/acr-client-id",
                "11111111-2222-3333-4444-555555555555",
                "--attach-acr acme",
                "--arg audience api://AKSIdentityBinding",
            ),
            (
                "acme.jfrog.io/docker/app:1",
                "JFrogExchange",
                "true",
                "An identity mapping of Artifactory",
                "/var/log/jfrog-credential-provider.log",
            ),
            (
                "images.corp.example/docker/app:1",
                "JFrogExchange",
                "true",
                "/.well-known/openid-configuration",
                "eks.amazonaws.com/role-arn",
            ),
            (
                "docker.cloudsmith.io/acme/team/app:1",
                "cloudsmith.io/service-slug",
                "puller",
                "OIDC provider in Cloudsmith",
                "--arg audience cloudsmith",
            ),
            (
                "quay.io/acme/app:1",
                "quay.io/federated-robot-account",
                "acme+puller",
                "system:serviceaccount:shop:runner",
                "NAMESPACE+ROBOT",
            ),
        ] {
            let scene = Scene::failed(&no_login(image))
                .image(image)
                .annotated(annotation, value);
            check(
                &scene,
                "credential-provider-failure, no root, likely: fix-workload-identity, grant-pull-role, create-secret",
            );
            let fix_context = scene.finding().fix_context;
            for (fix, expected) in [
                (FixId::GrantPullRole, role),
                (FixId::FixWorkloadIdentity, identity),
            ] {
                let shown = fix.render(&fix_context);
                let text = [shown.steps, shown.commands].concat().join("\n");
                assert!(text.contains(expected), "{image} {fix}: {text}");
            }
        }
    }

    #[test]
    fn a_registry_that_everybody_runs_may_have_a_provider() {
        let other = "harbor.corp.example/web/other:1";
        let image = "harbor.corp.example/web/app:1";
        let finding = Scene::failed(&no_login(image))
            .image(image)
            .runs_without_secret(other)
            .finding();
        assert!(
            finding
                .alternatives
                .contains(&Cause::CredentialProviderFailure)
                || finding.cause == Cause::CredentialProviderFailure,
            "{finding:?}"
        );
        let shown = FixId::CredentialProvider.render(&finding.fix_context);
        assert!(
            shown
                .steps
                .iter()
                .any(|step| step.contains("A robot with federation")),
            "{shown:?}"
        );
    }

    /// An annotation is of no use where the kubelet may not request the token.
    #[test]
    fn a_node_that_may_not_request_the_token_is_told() {
        let mut finding = ecr()
            .annotated("eks.amazonaws.com/ecr-role-arn", ROLE)
            .finding();
        let asked = questions(&finding, false);
        let token = TokenAudience {
            node: "node-1".into(),
            namespace: "shop".into(),
            account: "runner".into(),
            audience: "sts.amazonaws.com",
        };
        assert!(
            asked.contains(&NodeQuestion::Token(token.clone())),
            "{asked:?}"
        );
        let before = finding.clone();
        NodeAnswers::default().apply(&mut finding);
        assert_eq!(finding, before);
        let answered = |is_allowed| {
            let (mut answers, mut finding) = (NodeAnswers::default(), before.clone());
            answers.add_token(token.clone(), is_allowed);
            answers.apply(&mut finding);
            let fact = finding.evidence.last().unwrap().fact.to_string();
            (finding.fixes[0], fact)
        };
        assert_eq!(
            answered(false),
            (
                FixId::GrantTokenAudience,
                "node node-1 may not request a token for audience sts.amazonaws.com".to_owned()
            )
        );
        assert_eq!(
            answered(true),
            (
                FixId::FixWorkloadIdentity,
                "node node-1 may request a token for audience sts.amazonaws.com".to_owned()
            )
        );
        let shown = FixId::GrantTokenAudience
            .render(&before.fix_context)
            .commands;
        assert_eq!(
            shown,
            [
                r#"jq -n --arg audience sts.amazonaws.com '{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: {name: "node-token-audience"}, rules: [{apiGroups: [""], resources: [$audience], verbs: ["request-serviceaccounts-token-audience"]}]}' | kubectl apply -f -"#,
                "kubectl create clusterrolebinding node-token-audience --clusterrole=node-token-audience --group=system:nodes",
            ]
        );
    }

    /// Where one of several audiences is allowed, or one is not known, nothing is denied.
    #[test]
    fn one_audience_of_several_is_enough() {
        let image = "acme.azurecr.io/app:1";
        let finding = Scene::failed(&no_login(image))
            .image(image)
            .annotated("kubernetes.azure.com/acr-client-id", "1")
            .finding();
        let tokens: Vec<TokenAudience> = questions(&finding, false)
            .into_iter()
            .filter_map(|question| match question {
                NodeQuestion::Token(token) => Some(token),
                NodeQuestion::Info { .. } => None,
            })
            .collect();
        let [first, second] = &tokens[..] else {
            panic!("{tokens:?}");
        };
        for (answers, first_fix) in [
            (
                vec![(first, false), (second, false)],
                FixId::GrantTokenAudience,
            ),
            (
                vec![(first, false), (second, true)],
                FixId::FixWorkloadIdentity,
            ),
            (vec![(first, false)], FixId::FixWorkloadIdentity),
        ] {
            let (mut known, mut finding) = (NodeAnswers::default(), finding.clone());
            for (token, is_allowed) in answers {
                known.add_token(token.clone(), is_allowed);
            }
            known.apply(&mut finding);
            assert_eq!(finding.fixes[0], first_fix, "{known:?}");
        }
    }

    #[test]
    fn a_token_that_was_sent_was_allowed() {
        let refused = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://acme.azurecr.io/oauth2/token: 401 Unauthorized";
        let finding = Scene::failed(refused)
            .image("acme.azurecr.io/team/app:1")
            .annotated("kubernetes.azure.com/acr-client-id", "1")
            .finding();
        let asked = questions(&finding, false);
        let asks_token = asked
            .iter()
            .any(|question| matches!(question, NodeQuestion::Token(_)));
        assert!(!asks_token, "{:?} {asked:?}", finding.cause);
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
