//! Manual fixes in a cloud: the identity that its nodes pull with.
//!
//! Commands of `aws`, `gcloud` and `az` are for people who may administer the account; nothing here calls a cloud.
//!
//! Sources: *Amazon EKS node IAM role* and *Private repository policies* (AWS documentation, 2026: a node needs
//! `AmazonEC2ContainerRegistryPullOnly`, or the older `AmazonEC2ContainerRegistryReadOnly`, which lacks
//! `ecr:BatchImportUpstreamImage` of a pull-through cache); *Artifact Registry: access control* (Google:
//! `roles/artifactregistry.reader`, and the node's scopes, of which `devstorage.read_only` suffices for pulls);
//! *Authenticate with ACR from AKS* (MicrosoftDocs/azure-aks-docs, `cluster-container-registry-integration.md`: `az aks
//! update --attach-acr` assigns AcrPull to the kubelet's identity) and `identity-bindings.md` (preview, November 2025:
//! the verb `use-managed-identity` of `cid.wi.aks.azure.com`). Annotations that the plugins read for pulls are in
//! `k8s::objects::workload_identity`. Where AKS pulls with service accounts and neither an annotation nor a default
//! identity fix_context one, pulls are anonymous (`ServiceAccountImagePullProfile`, Azure SDK reference).

use super::{
    Steps,
    identity::{account_word, annotate, is_for_pulls, subject},
};
use crate::domain::{
    diagnostics::FixContext,
    registry_auth::{advice::ABAC_ROLE, credential_provider::EcrHost},
    shell,
};

/// The role needs the policy, and a registry of another account has to allow it in each repository.
pub(super) fn grant_on_ecr(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref().and_then(EcrHost::parse);
    let (account, region, partition) = host.map_or(("ACCOUNT", "REGION", "aws"), |host| {
        (host.account, host.region, host.partition)
    });
    let steps = Steps::new([
        "The role needs AmazonEC2ContainerRegistryPullOnly, or the older AmazonEC2ContainerRegistryReadOnly.",
        &format!(
            "If the nodes belong to another account than {account}, the repository's policy must allow them."
        ),
        "With the AWS CLI:",
    ]);
    steps
        .run(format!(
            "aws iam attach-role-policy --role-name {} --policy-arn arn:{partition}:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
            role_word(fix_context)
        ))
        .run(format!(
            "aws ecr get-repository-policy --registry-id {} --region {} --repository-name {}",
            shell::quote(account),
            shell::quote(region),
            path_word(fix_context)
        ))
}

pub(super) fn grant_on_artifact_registry(fix_context: &FixContext) -> Steps {
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

pub(super) fn grant_on_acr(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref().unwrap_or_default();
    let registry = host.split('.').next().filter(|it| !it.is_empty());
    let registry = shell::quote(registry.unwrap_or("REGISTRY"));
    Steps::new([
        "The kubelet's identity needs the role AcrPull; --attach-acr assigns it.",
        ABAC_ROLE,
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

/// IRSA and Pod Identity give a role to containers; the plugin takes one for pulls from an annotation of its own. Without
/// it, and without `AWS_ECR_ROLE_ARN` in its configuration, the node's role pulls.
pub(super) fn fix_role(fix_context: &FixContext) -> Steps {
    let mut steps = Steps::new([
        "The role must exist, trust this ServiceAccount for sts:AssumeRoleWithWebIdentity, and may pull.",
        "The plugin reads eks.amazonaws.com/ecr-role-arn; role-arn (IRSA) and Pod Identity are for containers.",
        "Without that annotation the node's role pulls. With the AWS CLI:",
    ])
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

pub(super) fn fix_google_identity(fix_context: &FixContext) -> Steps {
    let steps = Steps::new([
        "iam.gke.io/gcp-service-account is for containers; the node's service account pulls.",
        "The plugin pulls as the ServiceAccount only with iam.gke.io/enable-wi-image-pull: \"true\" (2026, if GKE has set it up).",
        "Then roles/artifactregistry.reader is granted to the ServiceAccount's principal of the workload identity pool.",
    ]);
    if is_for_pulls(fix_context) {
        steps.run("gcloud container clusters describe CLUSTER --location=LOCATION --format='value(workloadIdentityConfig.workloadPool)'")
    } else {
        steps
    }
}

pub(super) fn fix_client_id(fix_context: &FixContext) -> Steps {
    let mut steps = Steps::new([
        "azure.workload.identity/client-id is for containers; the kubelet's identity pulls.",
        "The plugin reads kubernetes.azure.com/acr-client-id (outside AKS acr-tenant-id, too); that identity needs AcrPull.",
        "On AKS it also needs an identity binding; without identity or default identity the pull is anonymous.",
        "With the Azure CLI:",
    ])
    .run(format!(
        "az role assignment list --assignee {} --all --output table",
        shell::quote(subject(fix_context).unwrap_or("CLIENT_ID"))
    ));
    if is_for_pulls(fix_context) {
        steps = steps.run(annotate(
            fix_context,
            "kubernetes.azure.com/acr-client-id=CLIENT_ID",
        ));
        steps = steps.run(
            "az aks identity-binding list --resource-group RESOURCE_GROUP --cluster-name CLUSTER",
        );
    }
    steps
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
