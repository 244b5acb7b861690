//! Known registries: what a correct pull secret looks like for each.
//!
//! The rows are read by the diagnosis (which host is whose, who hides private repositories), by the
//! wizards (server string, user name, where to get a token) and by the documentation.

/// One registry, or one family of registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryInfo {
    pub id: &'static str,
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

/// All registries known by name, the more special host patterns first.
pub const REGISTRIES: &[RegistryInfo] = &[
    RegistryInfo {
        id: "docker-hub",
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
        id: "ghcr",
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
        id: "github-packages",
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
        id: "ecr-public",
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
        id: "ecr",
        name: "Amazon ECR",
        hosts: &[
            "*.dkr.ecr.*.amazonaws.com",
            "*.dkr.ecr.*.amazonaws.com.cn",
            "*.dkr-ecr.*.on.aws",
            "*.dkr.ecr-fips.*.amazonaws.com",
        ],
        server: "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
        username: "AWS",
        token: "aws ecr get-login-password --region REGION",
        token_page: ECR,
        token_lifetime: "12 hours",
        login: LoginSupport::Required,
        missing_repository: MissingRepositoryBehavior::Reported,
        alternative: "use the node role or a kubelet credential provider (on EKS: node role or Pod Identity)",
    },
    RegistryInfo {
        id: "artifact-registry",
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
        id: "gcr",
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
        id: "acr",
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
        id: "mcr",
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
        id: "quay",
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
        id: "gitlab",
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
        id: "jfrog",
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
        id: "harbor",
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
        id: "nexus",
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
        id: "redhat",
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
        id: "kubernetes",
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
        id: "nvcr",
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

/// The host of a server string, which may have a scheme and a path.
pub fn host_of(server: &str) -> &str {
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    bare.split('/').next().unwrap_or_default()
}

/// The host by which a registry is told from others: Docker Hub has several, which count as one.
pub fn registry_of(server: &str) -> &str {
    match find_by_server(server) {
        Some(preset) if preset.id == "docker-hub" => "docker.io",
        _ => host_of(server),
    }
}

/// The row of a server string.
pub fn find_by_server(server: &str) -> Option<&'static RegistryInfo> {
    find_by_host(host_of(server))
}

/// The row of a registry host, with or without port.
///
/// `k8s.gcr.io` is the Kubernetes registry and not Google's, so exact hosts go before patterns.
pub fn find_by_host(host: &str) -> Option<&'static RegistryInfo> {
    let name = host.split(':').next().unwrap_or_default();
    let exact = REGISTRIES
        .iter()
        .find(|preset| preset.hosts.contains(&name));
    exact.or_else(|| {
        REGISTRIES
            .iter()
            .find(|preset| preset.hosts.iter().any(|pattern| covers(pattern, name)))
    })
}

/// Whether a pattern of [`RegistryInfo::hosts`] is of this host.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let (between, last) = others.rsplit_once('*').unwrap_or(("", others));
    let rest = name.strip_prefix(first);
    let Some(mut rest) = rest.and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for piece in between.split('*') {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_the_table() {
        for (host, id) in [
            ("docker.io", Some("docker-hub")),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", Some("ecr")),
            ("public.ecr.aws", Some("ecr-public")),
            ("europe-west3-docker.pkg.dev", Some("artifact-registry")),
            ("eu.gcr.io", Some("gcr")),
            ("k8s.gcr.io", Some("kubernetes")),
            ("acme.azurecr.io", Some("acr")),
            ("harbor.corp.example:8443", Some("harbor")),
            ("registry.corp.example", None),
            ("localhost:5000", None),
            ("1.dkr.ecr.cn-north-1.amazonaws.com.cn", Some("ecr")),
            ("artifactory.corp.example", Some("jfrog")),
            ("cache.jfrog.io.jfrog.io", Some("jfrog")),
            ("jfrog.io.example", None),
            // One dot does not stand for two.
            ("a.dkr.ecr.amazonaws.com", None),
        ] {
            assert_eq!(find_by_host(host).map(|preset| preset.id), id, "{host}");
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
    fn ids_are_told_apart() {
        let mut ids: Vec<_> = REGISTRIES.iter().map(|preset| preset.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), REGISTRIES.len());
    }
}
