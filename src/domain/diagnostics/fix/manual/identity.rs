//! The identity with which a credential provider pulls: its permission, its annotation, and the right of nodes to ask
//! for its token. `cloud` has the steps of the large clouds.
//!
//! Sources: KEP-4412, *Service account node audience restriction* (beta since Kubernetes 1.33; the attributes of the
//! review are those of `plugin/pkg/admission/noderestriction`); jfrog/jfrog-credentials-provider (`AWS.md`, `AZURE.md`,
//! `debug.md`); cloudsmith-io/cloudsmith-kubernetes-credential-provider and sabre1041/quay-credential-provider
//! (README). Read in November 2026.

use super::{Steps, cloud};
use crate::domain::{
    diagnostics::FixContext, k8s::objects::WorkloadIdentity,
    registry_auth::credential_provider::CredentialProvider, shell,
};

/// Whose plugin pulls: the annotation says so, or else the registry's cloud.
fn provider(fix_context: &FixContext) -> Option<CredentialProvider> {
    let annotated = fix_context.identity.as_ref().map(|it| it.provider);
    annotated.or_else(|| CredentialProvider::from_registry_host(fix_context.host.as_deref()?))
}

pub(in crate::domain::diagnostics::fix) fn grant_pull_role(fix_context: &FixContext) -> Steps {
    match provider(fix_context) {
        Some(CredentialProvider::Aws) => cloud::grant_on_ecr(fix_context),
        Some(CredentialProvider::Google) => cloud::grant_on_artifact_registry(fix_context),
        Some(CredentialProvider::Azure) => cloud::grant_on_acr(fix_context),
        Some(CredentialProvider::JFrog) => Steps::new([
            "An identity mapping of Artifactory must match the token's claims (iss, sub, aud).",
            "The user that the mapping fix_context needs Read on the repository.",
        ])
        .run(issuer()),
        Some(CredentialProvider::Cloudsmith) => Steps::new([
            "The OIDC provider in Cloudsmith must have this issuer, and map the token to the service account.",
            "The service account needs Read on the repository.",
        ])
        .run(issuer()),
        Some(CredentialProvider::Quay) => Steps::new([&format!(
            "The robot's federation must have this issuer and subject {}; the robot needs Read.",
            token_subject(fix_context)
        )])
        .run(issuer()),
        None => Steps::new([
            "Grant the identity that the nodes pull with read permission on the repository.",
        ]),
    }
}

pub(in crate::domain::diagnostics::fix) fn fix_workload_identity(
    fix_context: &FixContext,
) -> Steps {
    let steps = match provider(fix_context) {
        Some(CredentialProvider::Aws) => cloud::fix_role(fix_context),
        Some(CredentialProvider::Google) => cloud::fix_google_identity(fix_context),
        Some(CredentialProvider::Azure) => cloud::fix_client_id(fix_context),
        Some(CredentialProvider::JFrog) => Steps::new([
            "JFrog's plugin pulls as the ServiceAccount with JFrogExchange: \"true\"; on AWS it also needs eks.amazonaws.com/role-arn.",
            "It logs on the node: /var/log/jfrog-credential-provider.log",
        ]),
        Some(CredentialProvider::Cloudsmith) => Steps::new([
            "cloudsmith.io/service-slug fix_context the service account, cloudsmith.io/org-slug the organization.",
        ]),
        Some(CredentialProvider::Quay) => Steps::new([
            "quay.io/federated-robot-account fix_context the robot, as NAMESPACE+ROBOT; quay.io/host another registry.",
        ]),
        None => Steps::new([
            "Check the ServiceAccount's annotations, and that its identity may pull from the registry.",
        ]),
    };
    let first = Steps::default().run(show_account(fix_context));
    let steps = Steps {
        commands: [first.commands, steps.commands].concat(),
        ..steps
    };
    let audiences = provider(fix_context).map_or(&[][..], CredentialProvider::audiences);
    match audiences.first() {
        Some(audience) if is_for_pulls(fix_context) => {
            steps.run(audience_review(fix_context, audience))
        }
        Some(_) | None => steps,
    }
}

/// The node authorizer lets a kubelet ask for tokens of those audiences only that Pods on it mount, or that RBAC allows.
pub(in crate::domain::diagnostics::fix) fn grant_token_audience(fix_context: &FixContext) -> Steps {
    let audiences = provider(fix_context).map_or(&[][..], CredentialProvider::audiences);
    let audience = shell::quote(audiences.first().copied().unwrap_or("AUDIENCE"));
    Steps::new([
        "Use the audience of the kubelet's CredentialProviderConfig (serviceAccountTokenAudience), here and at the registry.",
    ])
    .run(format!(
        r#"jq -n --arg audience {audience} '{{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: {{name: "node-token-audience"}}, rules: [{{apiGroups: [""], resources: [$audience], verbs: ["request-serviceaccounts-token-audience"]}}]}}' | kubectl apply -f -"#
    ))
    .run(
        "kubectl create clusterrolebinding node-token-audience --clusterrole=node-token-audience --group=system:nodes",
    )
}

/// Asks whether the node may request a token of this audience for the ServiceAccount. `kubectl auth can-i` reads an
/// audience with a dot as a resource and its group.
fn audience_review(fix_context: &FixContext, audience: &str) -> String {
    format!(
        r#"jq -n --arg user system:node:{} --arg audience {} --arg ns {} --arg sa {} '{{apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: {{user: $user, groups: ["system:nodes"], resourceAttributes: {{verb: "request-serviceaccounts-token-audience", resource: $audience, namespace: $ns, name: $sa}}}}}}' | kubectl create -o jsonpath='{{.status.allowed}}' -f -"#,
        fix_context.node_word(),
        shell::quote(audience),
        fix_context.namespace_word(),
        account_word(fix_context),
    )
}

/// Which ClusterRoles let nodes ask for a token of an audience of their own.
pub(in crate::domain::diagnostics::fix) fn audience_rights() -> &'static str {
    r#"kubectl get clusterroles -o json | jq -r '.items[] | select(any(.rules[]?; .verbs | index("request-serviceaccounts-token-audience"))) | .metadata.name'"#
}

/// The issuer of the cluster's ServiceAccount tokens, which the registry has to know.
fn issuer() -> &'static str {
    "kubectl get --raw /.well-known/openid-configuration | jq -r .issuer"
}

/// `sub` of the ServiceAccount's token.
fn token_subject(fix_context: &FixContext) -> String {
    format!(
        "system:serviceaccount:{}:{}",
        fix_context.namespace_word(),
        account_word(fix_context)
    )
}

fn show_account(fix_context: &FixContext) -> String {
    format!(
        "kubectl -n {} get serviceaccount {} -o jsonpath='{{.metadata.annotations}}'",
        fix_context.namespace_word(),
        account_word(fix_context)
    )
}

pub(super) fn annotate(fix_context: &FixContext, annotation: &str) -> String {
    format!(
        "kubectl -n {} annotate serviceaccount {} {annotation} --overwrite",
        fix_context.namespace_word(),
        account_word(fix_context)
    )
}

pub(super) fn account_word(fix_context: &FixContext) -> String {
    let account = fix_context.service_account.as_deref();
    account.map_or_else(|| "SERVICEACCOUNT".to_owned(), shell::quote)
}

pub(super) fn is_for_pulls(fix_context: &FixContext) -> bool {
    let identity = fix_context.identity.as_ref();
    identity.is_some_and(WorkloadIdentity::is_for_pulls)
}

pub(super) fn subject(fix_context: &FixContext) -> Option<&str> {
    fix_context.identity.as_ref()?.subject.as_deref()
}
