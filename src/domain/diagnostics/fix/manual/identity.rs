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
fn provider(names: &FixContext) -> Option<CredentialProvider> {
    let annotated = names.identity.as_ref().map(|it| it.provider);
    annotated.or_else(|| CredentialProvider::from_registry_host(names.host.as_deref()?))
}

pub(in crate::domain::diagnostics::fix) fn grant_pull_role(names: &FixContext) -> Steps {
    match provider(names) {
        Some(CredentialProvider::Aws) => cloud::grant_on_ecr(names),
        Some(CredentialProvider::Google) => cloud::grant_on_artifact_registry(names),
        Some(CredentialProvider::Azure) => cloud::grant_on_acr(names),
        Some(CredentialProvider::JFrog) => Steps::new([
            "An identity mapping of Artifactory must match the token's claims (iss, sub, aud).",
            "The user that the mapping names needs Read on the repository.",
        ])
        .run(issuer()),
        Some(CredentialProvider::Cloudsmith) => Steps::new([
            "The OIDC provider in Cloudsmith must have this issuer, and map the token to the service account.",
            "The service account needs Read on the repository.",
        ])
        .run(issuer()),
        Some(CredentialProvider::Quay) => Steps::new([&format!(
            "The robot's federation must have this issuer and subject {}; the robot needs Read.",
            token_subject(names)
        )])
        .run(issuer()),
        None => Steps::new([
            "Grant the identity that the nodes pull with read permission on the repository.",
        ]),
    }
}

pub(in crate::domain::diagnostics::fix) fn fix_workload_identity(names: &FixContext) -> Steps {
    let steps = match provider(names) {
        Some(CredentialProvider::Aws) => cloud::fix_role(names),
        Some(CredentialProvider::Google) => cloud::fix_google_identity(names),
        Some(CredentialProvider::Azure) => cloud::fix_client_id(names),
        Some(CredentialProvider::JFrog) => Steps::new([
            "JFrog's plugin pulls as the ServiceAccount with JFrogExchange: \"true\"; on AWS it also needs eks.amazonaws.com/role-arn.",
            "It logs on the node: /var/log/jfrog-credential-provider.log",
        ]),
        Some(CredentialProvider::Cloudsmith) => Steps::new([
            "cloudsmith.io/service-slug names the service account, cloudsmith.io/org-slug the organization.",
        ]),
        Some(CredentialProvider::Quay) => Steps::new([
            "quay.io/federated-robot-account names the robot, as NAMESPACE+ROBOT; quay.io/host another registry.",
        ]),
        None => Steps::new([
            "Check the ServiceAccount's annotations, and that its identity may pull from the registry.",
        ]),
    };
    let first = Steps::default().run(show_account(names));
    let steps = Steps {
        commands: [first.commands, steps.commands].concat(),
        ..steps
    };
    let audiences = provider(names).map_or(&[][..], CredentialProvider::audiences);
    match audiences.first() {
        Some(audience) if is_for_pulls(names) => steps.run(audience_review(names, audience)),
        Some(_) | None => steps,
    }
}

/// The node authorizer lets a kubelet ask for tokens of those audiences only that Pods on it mount, or that RBAC allows.
pub(in crate::domain::diagnostics::fix) fn grant_token_audience(names: &FixContext) -> Steps {
    let audiences = provider(names).map_or(&[][..], CredentialProvider::audiences);
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
fn audience_review(names: &FixContext, audience: &str) -> String {
    format!(
        r#"jq -n --arg user system:node:{} --arg audience {} --arg ns {} --arg sa {} '{{apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: {{user: $user, groups: ["system:nodes"], resourceAttributes: {{verb: "request-serviceaccounts-token-audience", resource: $audience, namespace: $ns, name: $sa}}}}}}' | kubectl create -o jsonpath='{{.status.allowed}}' -f -"#,
        names.node_word(),
        shell::quote(audience),
        names.namespace_word(),
        account_word(names),
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
fn token_subject(names: &FixContext) -> String {
    format!(
        "system:serviceaccount:{}:{}",
        names.namespace_word(),
        account_word(names)
    )
}

fn show_account(names: &FixContext) -> String {
    format!(
        "kubectl -n {} get serviceaccount {} -o jsonpath='{{.metadata.annotations}}'",
        names.namespace_word(),
        account_word(names)
    )
}

pub(super) fn annotate(names: &FixContext, annotation: &str) -> String {
    format!(
        "kubectl -n {} annotate serviceaccount {} {annotation} --overwrite",
        names.namespace_word(),
        account_word(names)
    )
}

pub(super) fn account_word(names: &FixContext) -> String {
    let account = names.service_account.as_deref();
    account.map_or_else(|| "SERVICEACCOUNT".to_owned(), shell::quote)
}

pub(super) fn is_for_pulls(names: &FixContext) -> bool {
    let identity = names.identity.as_ref();
    identity.is_some_and(WorkloadIdentity::is_for_pulls)
}

pub(super) fn subject(names: &FixContext) -> Option<&str> {
    names.identity.as_ref()?.subject.as_deref()
}
