//! Advice for the registries of Amazon, Google, Microsoft and IBM.

use super::{Advice, RegistryAdvice, always, for_host};

/// Amazon ECR.
///
/// - token, user name and life: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html>
/// - repository policies: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html>
/// - endpoints and the bucket of the layers: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>
/// - FIPS and dual-stack hosts, and that PrivateLink has no dual-stack:
///   <https://docs.aws.amazon.com/general/latest/gr/ecr.html>,
///   <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html>
/// - pull-through cache, its permissions and the name of the upstream's Secret:
///   <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html>,
///   <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html>
/// - identities that the kubelet's plugin takes: `cmd/ecr-credential-provider/main.go` of cloud-provider-aws,
///   pull requests #1155 and #1281
///
/// Read in November 2026; the command `describe-pull-through-cache-rules` is known from the AWS CLI's reference.
pub(super) const ECR: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always(
            "User AWS; the password is aws ecr get-login-password --region {region}, valid for 12 hours.",
        ),
        for_host(
            "-fips.",
            "A FIPS host is a host of its own: the Secret needs an entry for {host}.",
        ),
        for_host(
            ".on.aws",
            "A dual-stack host is a host of its own: the Secret needs an entry for {host}.",
        ),
    ]),
    access: Advice {
        steps: &[
            always(
                "The identity needs ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository.",
            ),
            always("An identity of another account also needs the repository policy to allow it."),
            always(
                "A pull-through cache also needs ecr:BatchImportUpstreamImage, and ecr:CreateRepository for the first pull.",
            ),
        ],
        commands: &[
            "aws ecr get-repository-policy --region {region} --registry-id {name} --repository-name {path}",
        ],
    },
    not_found: Advice {
        steps: &[
            always(
                "Account and region are part of the host. Tags: aws ecr describe-images --region {region} --registry-id {name} --repository-name {path}",
            ),
            always(
                "A pull-through cache reads the upstream with the Secret ecr-pullthroughcache/NAME, of the same account and region.",
            ),
        ],
        commands: &[
            "aws ecr describe-pull-through-cache-rules --region {region} --registry-id {name}",
        ],
    },
    network: Advice::steps(&[
        always(
            "Private subnets need the VPC endpoints ecr.api and ecr.dkr, and an S3 gateway endpoint for the layers.",
        ),
        always(
            "The S3 endpoint's policy must allow s3:GetObject on prod-{region}-starport-layer-bucket.",
        ),
        always("The endpoints' security group must allow port 443 from the nodes."),
        for_host(
            ".on.aws",
            "VPC endpoints have no dual-stack host: use {name}.dkr.ecr.{region}.amazonaws.com there.",
        ),
    ]),
    firewall: Advice::steps(&[always(
        "Check aws:SourceIp and aws:SourceVpce conditions in the repository and VPC endpoint policies.",
    )]),
    policy: Advice::NONE,
    identity: Advice::steps(&[
        always("Let the node role pull: the kubelet's ecr-credential-provider needs no Secret."),
        always(
            "A role per ServiceAccount is its annotation eks.amazonaws.com/ecr-role-arn (kubelet 1.34).",
        ),
        always(
            "IRSA and EKS Pod Identity give roles to containers: a controller that refreshes the Secret can use them.",
        ),
    ]),
};

/// Amazon ECR Public.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/public/public-troubleshooting.html>, as of November 2026.
pub(super) const ECR_PUBLIC: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "An expired login breaks public pulls. The token comes from us-east-1 only: aws ecr-public get-login-password --region us-east-1",
    )]),
    ..RegistryAdvice::NONE
};

/// Google Artifact Registry.
///
/// - user names and token life: <https://docs.cloud.google.com/artifact-registry/docs/docker/authentication>
/// - roles: <https://docs.cloud.google.com/artifact-registry/docs/access-control>
/// - GKE: <https://docs.cloud.google.com/artifact-registry/docs/integrate-gke>
/// - networks: <https://docs.cloud.google.com/artifact-registry/docs/securing-with-vpc-sc>
///
/// As of November 2026.
pub(super) const ARTIFACT_REGISTRY: RegistryAdvice = RegistryAdvice {
    login: GOOGLE_LOGIN,
    access: Advice {
        steps: &[
            always(
                "Grant roles/artifactregistry.reader on the repository to the identity that pulls.",
            ),
            always(
                "On GKE it is the node's service account; its access scopes must include devstorage.read_only.",
            ),
        ],
        commands: &[
            "gcloud artifacts repositories add-iam-policy-binding {repository} --project={project} --location={location} --member=serviceAccount:ACCOUNT --role=roles/artifactregistry.reader",
        ],
    },
    not_found: Advice::steps(&[always(
        "Names are LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE; a missing one is answered as denied.",
    )]),
    network: GOOGLE_NETWORK,
    firewall: GOOGLE_FIREWALL,
    policy: Advice::NONE,
    identity: GOOGLE_IDENTITY,
};

/// Google's gcr.io, which Artifact Registry serves since Container Registry was shut down.
///
/// <https://docs.cloud.google.com/artifact-registry/docs/transition/gcr-repositories>, as of November 2026.
pub(super) const GCR: RegistryAdvice = RegistryAdvice {
    login: GOOGLE_LOGIN,
    access: Advice::steps(&[always(
        "Artifact Registry serves gcr.io: grant roles/artifactregistry.reader; storage roles have no effect.",
    )]),
    not_found: Advice::steps(&[always(
        "Container Registry is shut down: only images moved to Artifact Registry in {project} exist.",
    )]),
    network: GOOGLE_NETWORK,
    firewall: GOOGLE_FIREWALL,
    policy: Advice::NONE,
    identity: GOOGLE_IDENTITY,
};

const GOOGLE_LOGIN: Advice = Advice::steps(&[always(
    "User _json_key with a key file, or oauth2accesstoken with gcloud auth print-access-token (1 hour).",
)]);

const GOOGLE_NETWORK: Advice = Advice::steps(&[always(
    "Nodes without external IP addresses need Private Google Access or Cloud NAT.",
)]);

const GOOGLE_FIREWALL: Advice = Advice::steps(&[always(
    "The VPC Service Controls perimeter must allow artifactregistry.googleapis.com for the nodes.",
)]);

/// The annotation: `pkg/gcpcredential/gcpcredential.go` of cloud-provider-gcp, pull request #1202 (June 2026).
const GOOGLE_IDENTITY: Advice = Advice::steps(&[
    always("On GKE, grant the node's service account roles/artifactregistry.reader."),
    always(
        "To pull as the ServiceAccount, annotate it with iam.gke.io/enable-wi-image-pull: \"true\" (if the node's plugin has it).",
    ),
]);

/// Azure Container Registry.
///
/// - ways to log in: <https://learn.microsoft.com/azure/container-registry/container-registry-authentication>
/// - roles, also of registries with ABAC:
///   <https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions>
/// - repository-scoped tokens: <https://learn.microsoft.com/cli/azure/acr/token>
/// - AKS: <https://learn.microsoft.com/azure/aks/cluster-container-registry-integration>
/// - firewall and private endpoints: <https://aka.ms/acr/firewall>,
///   <https://learn.microsoft.com/azure/container-registry/container-registry-private-link>
///
/// Read in November 2026 in MicrosoftDocs/azure-aks-docs and the documentation's pages; the query of
/// `az aks show` is known from the Azure CLI's reference.
pub(super) const ACR: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always(
            "Use a service principal with AcrPull, or a repository-scoped token; the admin user is off by default.",
        ),
        always("A token of az acr login --expose-token ends after 3 hours."),
    ]),
    access: Advice {
        steps: &[
            always("On AKS, attach the registry: it grants the kubelet identity AcrPull."),
            always(ABAC_ROLE),
            always("A repository-scoped token needs content/read for {path} in its scope map."),
        ],
        commands: &["az aks update --name CLUSTER --resource-group GROUP --attach-acr {name}"],
    },
    not_found: Advice::steps(&[always(
        "Tags: az acr repository show-tags --name {name} --repository {path}",
    )]),
    network: Advice {
        steps: &[
            always(
                "Layers come from *.blob.core.windows.net, or from {name}.REGION.data.azurecr.io with dedicated data endpoints.",
            ),
            always(
                "A private endpoint needs the private DNS zone privatelink.azurecr.io linked to the nodes' network.",
            ),
        ],
        commands: &["az aks check-acr --name CLUSTER --resource-group GROUP --acr {host}"],
    },
    firewall: Advice {
        steps: &[
            always(
                "Add the address in the message to the registry's network rules, or use a private endpoint (aka.ms/acr/firewall).",
            ),
            always(
                "If there is a private endpoint, the nodes resolve {host} to the public one: link privatelink.azurecr.io to their network.",
            ),
        ],
        commands: &["az acr network-rule add --name {name} --ip-address ADDRESS"],
    },
    policy: Advice::NONE,
    identity: Advice::steps(&[
        always(
            "On AKS, attach the registry: az aks update --name CLUSTER --resource-group GROUP --attach-acr {name}",
        ),
        always(
            "An identity per ServiceAccount is its annotation kubernetes.azure.com/acr-client-id, with an identity binding (AKS preview).",
        ),
    ]),
};

/// The role in registries that use attribute-based access control.
pub(in crate::domain) const ABAC_ROLE: &str = "With ABAC repository permissions the role is Container Registry Repository Reader; AcrPull has no effect.";

/// Microsoft's own public registry.
///
/// <https://github.com/microsoft/containerregistry/blob/main/docs/client-firewall-rules.md>, as of November 2026.
pub(super) const MCR: RegistryAdvice = RegistryAdvice {
    network: Advice::steps(&[always(
        "Allow mcr.microsoft.com and *.data.mcr.microsoft.com.",
    )]),
    ..RegistryAdvice::NONE
};

/// IBM Cloud Container Registry.
///
/// - login: <https://cloud.ibm.com/docs/Registry?topic=Registry-registry_access>
/// - roles: <https://cloud.ibm.com/docs/Registry?topic=Registry-iam>
/// - clusters: <https://cloud.ibm.com/docs/containers?topic=containers-registry>
///
/// As of November 2026.
pub(super) const IBM: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always(
            "User iamapikey; the password is an IAM API key. Each region's host needs its own entry.",
        ),
        always(
            "IBM Cloud clusters have Secret all-icr-io in namespace default: copy it to {namespace}.",
        ),
    ]),
    access: Advice::steps(&[always(
        "The key's IAM policy needs the service role Reader on Container Registry.",
    )]),
    not_found: Advice::steps(&[always(
        "List the images: ibmcloud cr image-list --restrict {project}",
    )]),
    ..RegistryAdvice::NONE
};

/// IBM's registry for bought software.
///
/// <https://www.ibm.com/docs/en/cloud-paks/1.0?topic=clusters-obtaining-entitlement-key>, as of November 2026.
pub(super) const IBM_ENTITLED: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "User cp; the password is the entitlement key of myibm.ibm.com/products-services/containerlibrary.",
    )]),
    access: Advice::steps(&[always(
        "The entitlement key's IBMid must own the product that the image belongs to.",
    )]),
    ..RegistryAdvice::NONE
};
