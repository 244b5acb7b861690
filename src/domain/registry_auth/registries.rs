//! Known registries: what a correct pull secret looks like for each.
//!
//! The rows are read by the diagnosis (which host is whose, who hides private repositories), by the
//! wizards (server string, user name, where to get a token) and by the documentation.

use super::{
    glob,
    host_port::{server_host, split_host_port},
    image_ref::DOCKER_HUB,
};

/// A known registry, or a family of registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryId {
    DockerHub,
    Ghcr,
    GitHubPackages,
    EcrPublic,
    Ecr,
    ArtifactRegistry,
    Gcr,
    Acr,
    Mcr,
    Ibm,
    IbmEntitled,
    Quay,
    GitLab,
    Cloudsmith,
    JFrog,
    Harbor,
    Nexus,
    RedHat,
    OpenShift,
    Kubernetes,
    Nvcr,
}

/// Properties of a registry, or of a family of registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryInfo {
    pub id: RegistryId,
    pub name: &'static str,
    /// Hosts as they stand in image references; `*` stands for any run of characters.
    pub hosts: &'static [&'static str],
    /// What `--docker-server` gets. Words in capitals are to be filled in; empty where the image's
    /// host itself is right.
    pub server: &'static str,
    /// The user name, or the convention for it.
    pub username: &'static str,
    /// The kind of token to make, and where.
    pub token: &'static str,
    pub token_page: &'static str,
    /// How long the token lives, in words; empty when that is the user's choice.
    pub token_lifetime: &'static str,
    pub login: LoginSupport,
    pub missing_repository: MissingRepositoryBehavior,
    /// What to do instead of storing a token, where the platform has better.
    pub alternative: &'static str,
}

impl RegistryInfo {
    pub fn is_docker_hub(&self) -> bool {
        self.id == RegistryId::DockerHub
    }

    /// Whether everybody runs it for themselves, so that its images are as private as those of a registry that nobody
    /// knows.
    pub fn is_self_hosted(&self) -> bool {
        matches!(
            self.id,
            RegistryId::JFrog | RegistryId::Harbor | RegistryId::Nexus
        )
    }
}

/// Whether the registry supports or requires a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginSupport {
    Possible,
    /// No anonymous pull, also not of public images.
    Required,
    /// No login exists: a Secret for it is useless.
    None,
}

/// How the registry answers for a repository that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingRepositoryBehavior {
    /// The same as for one that is private: a refusal proves nothing.
    LooksPrivate,
    /// That it does not exist.
    Reported,
}

const HUB: &str = "https://app.docker.com/settings/personal-access-tokens";
const GHCR: &str = "https://github.com/settings/tokens";
const ECR: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html";
const GOOGLE: &str = "https://cloud.google.com/artifact-registry/docs/docker/authentication";
const ACR: &str =
    "https://learn.microsoft.com/azure/container-registry/container-registry-auth-kubernetes";

/// All known registries, most specific host pattern first.
pub const REGISTRIES: &[RegistryInfo] = &[
    RegistryInfo {
        id: RegistryId::DockerHub,
        name: "Docker Hub",
        hosts: &[
            "docker.io",
            "index.docker.io",
            "registry-1.docker.io",
            "auth.docker.io",
            "production.cloudflare.docker.com",
        ],
        server: "https://index.docker.io/v1/",
        username: "Docker ID (not the e-mail address)",
        token: "personal access token with scope Read-only",
        token_page: HUB,
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Ghcr,
        name: "GitHub Container Registry",
        hosts: &["ghcr.io", "pkg-containers.githubusercontent.com"],
        server: "ghcr.io",
        username: "GitHub user name",
        token: "classic personal access token with read:packages",
        token_page: GHCR,
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::GitHubPackages,
        name: "GitHub Packages (old)",
        hosts: &["docker.pkg.github.com"],
        server: "docker.pkg.github.com",
        username: "GitHub user name",
        token: "classic personal access token with read:packages",
        token_page: GHCR,
        token_lifetime: "",
        login: LoginSupport::Required,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "push to ghcr.io instead",
    },
    RegistryInfo {
        id: RegistryId::EcrPublic,
        name: "Amazon ECR Public",
        hosts: &["public.ecr.aws"],
        server: "public.ecr.aws",
        username: "AWS",
        token: "aws ecr-public get-login-password --region us-east-1",
        token_page: ECR,
        token_lifetime: "12 hours",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "pull without a Secret",
    },
    RegistryInfo {
        id: RegistryId::Ecr,
        name: "Amazon ECR",
        hosts: &[
            "*.dkr.ecr.*.amazonaws.com",
            "*.dkr.ecr.*.amazonaws.com.cn",
            "*.dkr-ecr.*.on.aws",
            "*.dkr-ecr-fips.*.on.aws",
            "*.dkr.ecr-fips.*.amazonaws.com",
        ],
        server: "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
        username: "AWS",
        token: "aws ecr get-login-password --region REGION",
        token_page: ECR,
        token_lifetime: "12 hours",
        login: LoginSupport::Required,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "let the node role pull, or the role of annotation eks.amazonaws.com/ecr-role-arn",
    },
    RegistryInfo {
        id: RegistryId::ArtifactRegistry,
        name: "Google Artifact Registry",
        hosts: &["*-docker.pkg.dev", "docker.pkg.dev"],
        server: "LOCATION-docker.pkg.dev",
        username: "_json_key",
        token: "service-account key with role Artifact Registry Reader",
        token_page: GOOGLE,
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "grant the node's service account Artifact Registry Reader",
    },
    RegistryInfo {
        id: RegistryId::Gcr,
        name: "Google gcr.io",
        hosts: &["gcr.io", "*.gcr.io"],
        server: "gcr.io",
        username: "_json_key",
        token: "service-account key with role Artifact Registry Reader",
        token_page: GOOGLE,
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "grant the node's service account Artifact Registry Reader",
    },
    RegistryInfo {
        id: RegistryId::Acr,
        name: "Azure Container Registry",
        hosts: &["*.azurecr.io", "*.azurecr.cn", "*.azurecr.us"],
        server: "NAME.azurecr.io",
        username: "application id of a service principal, or the name of a repository token",
        token: "secret of a service principal with role AcrPull, or a repository-scoped token",
        token_page: ACR,
        token_lifetime: "service principal: 1 year by default; exposed token: 3 hours",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "attach the registry to the cluster's kubelet identity (az aks update --attach-acr)",
    },
    RegistryInfo {
        id: RegistryId::Mcr,
        name: "Microsoft Artifact Registry",
        hosts: &["mcr.microsoft.com", "*.data.mcr.microsoft.com"],
        server: "",
        username: "",
        token: "",
        token_page: "",
        token_lifetime: "",
        login: LoginSupport::None,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "pull without a Secret",
    },
    RegistryInfo {
        id: RegistryId::IbmEntitled,
        name: "IBM Entitled Registry",
        hosts: &["cp.icr.io"],
        server: "cp.icr.io",
        username: "cp",
        token: "entitlement key",
        token_page: "https://myibm.ibm.com/products-services/containerlibrary",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Ibm,
        name: "IBM Cloud Container Registry",
        hosts: &["icr.io", "*.icr.io"],
        server: "REGION.icr.io",
        username: "iamapikey",
        token: "IAM API key of a service ID with role Reader",
        token_page: "https://cloud.ibm.com/docs/Registry?topic=Registry-registry_access",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Quay,
        name: "Quay",
        hosts: &[
            "quay.io",
            "cdn.quay.io",
            "cdn01.quay.io",
            "cdn02.quay.io",
            "cdn03.quay.io",
        ],
        server: "quay.io",
        username: "NAMESPACE+ROBOT",
        token: "robot account with read permission on the repository",
        token_page: "https://docs.quay.io/glossary/robot-accounts.html",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::GitLab,
        name: "GitLab",
        hosts: &["registry.gitlab.com", "gitlab.com"],
        server: "registry.gitlab.com",
        username: "gitlab+deploy-token-N, or the user name",
        token: "deploy token with read_registry",
        token_page: "https://docs.gitlab.com/user/project/deploy_tokens/",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Cloudsmith,
        name: "Cloudsmith",
        hosts: &["docker.cloudsmith.io"],
        server: "docker.cloudsmith.io",
        username: "user or service account",
        token: "API key, or an entitlement token of the repository",
        token_page: "https://docs.cloudsmith.com/formats/docker-registry",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::JFrog,
        name: "JFrog Artifactory",
        hosts: &["*.jfrog.io", "artifactory.*", "*.artifactory.*"],
        server: "ACCOUNT.jfrog.io",
        username: "user name of the token's subject",
        token: "identity or access token",
        token_page: "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Harbor,
        name: "Harbor",
        hosts: &["harbor.*", "*.harbor.*"],
        server: "HOST[:PORT] as in the image",
        username: "robot$NAME or robot$PROJECT+NAME, in single quotes",
        token: "robot account (its secret is shown once)",
        token_page: "https://goharbor.io/docs/latest/administration/robot-accounts/",
        token_lifetime: "30 days by default",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::Nexus,
        name: "Nexus Repository",
        hosts: &["nexus.*", "nexus3.*", "*.nexus.*"],
        server: "HOST:CONNECTORPORT",
        username: "Nexus user, or user-token name code",
        token: "password, or user token",
        token_page: "https://help.sonatype.com/en/docker-authentication.html",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::RedHat,
        name: "Red Hat registry",
        hosts: &["registry.redhat.io", "registry.connect.redhat.com"],
        server: "registry.redhat.io",
        username: "NUMBER|NAME of a registry service account",
        token: "token of that service account",
        token_page: "https://access.redhat.com/terms-based-registry/",
        token_lifetime: "",
        login: LoginSupport::Required,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
    RegistryInfo {
        id: RegistryId::OpenShift,
        name: "OpenShift internal registry",
        hosts: &[
            "image-registry.openshift-image-registry.svc",
            "image-registry.openshift-image-registry.svc.cluster.local",
            "default-route-openshift-image-registry.*",
        ],
        server: "image-registry.openshift-image-registry.svc:5000",
        username: "any name",
        token: "token of a ServiceAccount with role system:image-puller",
        token_page: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/registry/accessing-the-registry",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "use the ServiceAccount's own dockercfg Secret",
    },
    RegistryInfo {
        id: RegistryId::Kubernetes,
        name: "registry.k8s.io",
        hosts: &["registry.k8s.io", "k8s.gcr.io"],
        server: "",
        username: "",
        token: "",
        token_page: "",
        token_lifetime: "",
        login: LoginSupport::None,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "pull without a Secret",
    },
    RegistryInfo {
        id: RegistryId::Nvcr,
        name: "NVIDIA NGC",
        hosts: &["nvcr.io"],
        server: "nvcr.io",
        username: "$oauthtoken",
        token: "NGC API key",
        token_page: "https://org.ngc.nvidia.com/setup/api-keys",
        token_lifetime: "",
        login: LoginSupport::Possible,
        missing_repository: MissingRepositoryBehavior::LooksPrivate,
        alternative: "",
    },
];

/// Value of `--docker-server` for images of this host; Docker Hub's entry has its own name.
pub fn docker_server(host: &str) -> &str {
    match find_by_host(host) {
        Some(registry) if registry.is_docker_hub() => registry.server,
        Some(_) | None => host,
    }
}

/// The canonical host of a registry: those of Docker Hub count as one.
pub fn registry_of(server: &str) -> &str {
    match find_by_server(server) {
        Some(registry) if registry.is_docker_hub() => DOCKER_HUB,
        Some(_) | None => server_host(server),
    }
}

/// Finds a registry by server string.
pub fn find_by_server(server: &str) -> Option<&'static RegistryInfo> {
    find_by_host(server_host(server))
}

/// Finds a registry by host, with or without port.
///
/// `k8s.gcr.io` is the Kubernetes registry and not Google's, so exact hosts go before patterns.
pub fn find_by_host(host: &str) -> Option<&'static RegistryInfo> {
    let (name, _) = split_host_port(host);
    let exact = REGISTRIES
        .iter()
        .find(|registry| registry.hosts.contains(&name));
    exact.or_else(|| {
        REGISTRIES.iter().find(|registry| {
            registry
                .hosts
                .iter()
                .any(|pattern| glob::matches(pattern.as_bytes(), name.as_bytes()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry_auth::credential::kind::CredentialKind;

    #[test]
    fn hosts_are_found_in_the_table() {
        for (host, id) in [
            ("docker.io", Some(RegistryId::DockerHub)),
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
                Some(RegistryId::Ecr),
            ),
            ("public.ecr.aws", Some(RegistryId::EcrPublic)),
            (
                "europe-west3-docker.pkg.dev",
                Some(RegistryId::ArtifactRegistry),
            ),
            ("eu.gcr.io", Some(RegistryId::Gcr)),
            ("k8s.gcr.io", Some(RegistryId::Kubernetes)),
            ("acme.azurecr.io", Some(RegistryId::Acr)),
            ("harbor.corp.example:8443", Some(RegistryId::Harbor)),
            ("registry.corp.example", None),
            ("localhost:5000", None),
            (
                "1.dkr.ecr.cn-north-1.amazonaws.com.cn",
                Some(RegistryId::Ecr),
            ),
            ("artifactory.corp.example", Some(RegistryId::JFrog)),
            ("cache.jfrog.io.jfrog.io", Some(RegistryId::JFrog)),
            ("jfrog.io.example", None),
            // One dot does not stand for two.
            ("a.dkr.ecr.amazonaws.com", None),
        ] {
            assert_eq!(find_by_host(host).map(|registry| registry.id), id, "{host}");
        }
    }

    #[test]
    fn a_registry_is_one_under_all_its_server_strings() {
        for (server, registry) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("registry-1.docker.io", "docker.io"),
            ("https://ghcr.io/acme", "ghcr.io"),
            ("registry.example:5000", "registry.example:5000"),
            ("", ""),
        ] {
            assert_eq!(registry_of(server), registry, "{server}");
        }
    }

    #[test]
    fn images_of_docker_hub_have_another_server_than_their_host() {
        assert_eq!(docker_server("docker.io"), "https://index.docker.io/v1/");
        assert_eq!(docker_server("ghcr.io"), "ghcr.io");
        assert_eq!(
            docker_server("registry.example:5000"),
            "registry.example:5000"
        );
    }

    #[test]
    fn the_lifetime_of_an_ecr_token_is_the_one_that_is_judged_by() {
        let hours = CredentialKind::EcrToken.max_lifetime().unwrap().as_hours();
        for id in [RegistryId::Ecr, RegistryId::EcrPublic] {
            let registry = REGISTRIES
                .iter()
                .find(|registry| registry.id == id)
                .unwrap();
            assert_eq!(registry.token_lifetime, format!("{hours} hours"));
        }
    }

    #[test]
    fn ids_are_told_apart() {
        let mut ids: Vec<_> = REGISTRIES.iter().map(|registry| registry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), REGISTRIES.len());
    }
}
