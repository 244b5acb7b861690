//! In a cloud: the identity with which its nodes pull. Commands of `aws`, `gcloud` and `az` are for people who may
//! administer the account; nothing here calls a cloud.
//!
//! Sources: *Amazon EKS node IAM role* and *Private repository policies* (AWS documentation, 2026: a node needs
//! `AmazonEC2ContainerRegistryPullOnly`, or the older `AmazonEC2ContainerRegistryReadOnly`); *Artifact Registry: access
//! control* (Google: `roles/artifactregistry.reader`, and the node's scopes, of which `devstorage.read_only` suffices
//! for pulls); *Authenticate with ACR from AKS* (Azure: `az aks update --attach-acr` assigns AcrPull to the kubelet's
//! identity). Annotations that the plugins read for pulls: `cloud-provider-aws` #1155 and #1264,
//! `cloud-provider-azure` #9907, `cloud-provider-gcp` #1202. RBAC for the token's audience: KEP-4412, beta since
//! Kubernetes 1.34.

use super::Steps;
use crate::domain::{
    diagnostics::FixContext,
    k8s::objects::IdentityScope,
    registry_auth::cloud::{CloudProvider, EcrHost},
    shell,
};

/// The cloud of the image's registry.
fn cloud(fix_context: &FixContext) -> Option<CloudProvider> {
    CloudProvider::from_registry_host(fix_context.host.as_deref()?)
}

pub(in crate::domain::diagnostics::fix) fn grant_pull_role(fix_context: &FixContext) -> Steps {
    match cloud(fix_context) {
        Some(CloudProvider::Aws) => grant_on_ecr(fix_context),
        Some(CloudProvider::Google) => grant_on_artifact_registry(fix_context),
        Some(CloudProvider::Azure) => grant_on_acr(fix_context),
        None => Steps::new([
            "Grant the identity that the nodes pull with read permission on the repository.",
        ]),
    }
}

/// The role needs the policy, and a registry of another account has to allow it in each repository.
fn grant_on_ecr(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref().and_then(EcrHost::parse);
    let (account, region, partition) = host.map_or(("ACCOUNT", "REGION", "aws"), |host| {
        (host.account, host.region, host.partition)
    });
    let steps = Steps::new([
        "The role needs AmazonEC2ContainerRegistryReadOnly, or AmazonEC2ContainerRegistryPullOnly.",
        &format!(
            "If the nodes belong to another account than {account}, the repository's policy must allow them."
        ),
        "With the AWS CLI:",
    ]);
    steps
        .run(format!(
            "aws iam attach-role-policy --role-name {} --policy-arn arn:{partition}:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
            role_word(fix_context)
        ))
        .run(format!(
            "aws ecr get-repository-policy --registry-id {} --region {} --repository-name {}",
            shell::quote(account),
            shell::quote(region),
            path_word(fix_context)
        ))
}

fn grant_on_artifact_registry(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref().unwrap_or_default();
    let location = host.strip_suffix("-docker.pkg.dev").unwrap_or("LOCATION");
    let mut path = path(fix_context).split('/');
    // Images of gcr.io are in repositories of that name, since March 2025 in Artifact Registry too.
    let project = path.next().filter(|it| !it.is_empty());
    let repository = if host.ends_with("gcr.io") {
        Some(host)
    } else {
        path.next()
    };
    Steps::new([
        "The node's service account, or the principal of the ServiceAccount, needs roles/artifactregistry.reader.",
        "The node pool's access scopes must include devstorage.read_only or cloud-platform.",
        "With the gcloud CLI:",
    ])
    .run(format!(
        "gcloud artifacts repositories add-iam-policy-binding {} --project={} --location={} --member=serviceAccount:NODE_SERVICE_ACCOUNT --role=roles/artifactregistry.reader",
        shell::quote(repository.unwrap_or("REPOSITORY")),
        shell::quote(project.unwrap_or("PROJECT")),
        shell::quote(location),
    ))
    .run("gcloud container node-pools describe POOL --cluster=CLUSTER --location=LOCATION --format='value(config.serviceAccount,config.oauthScopes)'")
}

fn grant_on_acr(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref().unwrap_or_default();
    let registry = host.split('.').next().filter(|it| !it.is_empty());
    let registry = shell::quote(registry.unwrap_or("REGISTRY"));
    Steps::new([
        "The kubelet's identity needs the role AcrPull; --attach-acr assigns it.",
        "With the Azure CLI; the second command tests it from the cluster:",
    ])
    .run(format!(
        "az aks update --resource-group RESOURCE_GROUP --name CLUSTER --attach-acr {registry}"
    ))
    .run(format!(
        "az aks check-acr --resource-group RESOURCE_GROUP --name CLUSTER --acr {}",
        fix_context.host_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn fix_workload_identity(
    fix_context: &FixContext,
) -> Steps {
    match cloud(fix_context) {
        Some(CloudProvider::Aws) => fix_role(fix_context),
        Some(CloudProvider::Google) => fix_google_identity(fix_context),
        Some(CloudProvider::Azure) => fix_client_id(fix_context),
        None => Steps::new([
            "Check the ServiceAccount's annotations, and that its identity may pull from the registry.",
        ])
        .run(show_account(fix_context)),
    }
}

/// IRSA and Pod Identity give a role to containers; the plugin takes one for pulls from an annotation of its own.
fn fix_role(fix_context: &FixContext) -> Steps {
    let mut steps = Steps::new([
        "The role must exist, trust this ServiceAccount for sts:AssumeRoleWithWebIdentity, and may pull.",
        "The plugin reads eks.amazonaws.com/ecr-role-arn; role-arn (IRSA) and Pod Identity are for containers.",
        "Without that annotation the node's role pulls. With the AWS CLI:",
    ])
    .run(show_account(fix_context))
    .run(format!("aws iam get-role --role-name {}", role_word(fix_context)))
    .run(format!(
        "aws eks list-pod-identity-associations --cluster-name CLUSTER --namespace {} --service-account {}",
        fix_context.namespace_word(),
        account_word(fix_context)
    ));
    if is_for_pulls(fix_context) {
        steps = steps.run(annotate(
            fix_context,
            "eks.amazonaws.com/ecr-role-arn=ROLE_ARN",
        ));
    }
    steps
}

fn fix_google_identity(fix_context: &FixContext) -> Steps {
    Steps::new([
        "iam.gke.io/gcp-service-account is for containers; the node's service account pulls.",
        "The plugin pulls as the ServiceAccount only with iam.gke.io/enable-wi-image-pull: \"true\" (GKE, 2026).",
    ])
    .run(show_account(fix_context))
}

fn fix_client_id(fix_context: &FixContext) -> Steps {
    let mut steps = Steps::new([
        "azure.workload.identity/client-id is for containers; the kubelet's identity pulls.",
        "The plugin reads kubernetes.azure.com/acr-client-id and acr-tenant-id; that identity needs AcrPull.",
        "With the Azure CLI:",
    ])
    .run(show_account(fix_context))
    .run(format!(
        "az role assignment list --assignee {} --all --output table",
        shell::quote(subject(fix_context).unwrap_or("CLIENT_ID"))
    ));
    if is_for_pulls(fix_context) {
        steps = steps.run(annotate(
            fix_context,
            "kubernetes.azure.com/acr-client-id=CLIENT_ID",
        ));
    }
    steps
}

/// Who may let a kubelet ask for a token of another audience: a node authorizer rule since Kubernetes 1.33.
pub(in crate::domain::diagnostics::fix) fn audience_rights() -> &'static str {
    r#"kubectl get clusterroles -o json | jq -r '.items[] | select(any(.rules[]?; .verbs | index("request-serviceaccounts-token-audience"))) | .metadata.name'"#
}

fn show_account(fix_context: &FixContext) -> String {
    format!(
        "kubectl -n {} get serviceaccount {} -o jsonpath='{{.metadata.annotations}}'",
        fix_context.namespace_word(),
        account_word(fix_context)
    )
}

fn annotate(fix_context: &FixContext, annotation: &str) -> String {
    format!(
        "kubectl -n {} annotate serviceaccount {} {annotation} --overwrite",
        fix_context.namespace_word(),
        account_word(fix_context)
    )
}

fn account_word(fix_context: &FixContext) -> String {
    let account = fix_context.service_account.as_deref();
    account.map_or_else(|| "SERVICEACCOUNT".to_owned(), shell::quote)
}

fn is_for_pulls(fix_context: &FixContext) -> bool {
    let identity = fix_context.identity.as_ref();
    identity.is_some_and(|it| it.scope == IdentityScope::Pulls)
}

fn subject(fix_context: &FixContext) -> Option<&str> {
    fix_context.identity.as_ref().map(|it| &*it.subject)
}

/// The name of the role that pulls: that of the annotation, or the node's.
fn role_word(fix_context: &FixContext) -> String {
    let role = subject(fix_context).filter(|_| is_for_pulls(fix_context));
    let role = role.and_then(|arn| arn.rsplit('/').next());
    role.map_or_else(|| "NODE_ROLE".to_owned(), shell::quote)
}

/// The repository without its host.
fn path(fix_context: &FixContext) -> &str {
    let repository = fix_context.repository.as_deref().unwrap_or_default();
    let path = repository.split_once('/').map(|(_, path)| path);
    path.unwrap_or_default()
}

fn path_word(fix_context: &FixContext) -> String {
    match path(fix_context) {
        "" => "REPOSITORY".to_owned(),
        path => shell::quote(path),
    }
}
