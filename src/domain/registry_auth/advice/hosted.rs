//! Advice for the other public registries.

use super::{Advice, RegistryAdvice, always, for_host, for_path};

/// Docker Hub.
///
/// - tokens: <https://docs.docker.com/security/access-tokens/>,
///   <https://docs.docker.com/enterprise/security/access-tokens/>
/// - hosts: <https://docs.docker.com/desktop/setup/allow-list/>, as of <https://github.com/docker/docs/pull/25122>
///
/// As of November 2026.
pub(super) const DOCKER_HUB: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "Use a personal access token with the Docker ID, or an organization access token with the organization's name.",
    )]),
    access: Advice::steps(&[always(
        "Add the account to a team with read access to {path}; an organization token lists its repositories.",
    )]),
    not_found: Advice::steps(&[always(
        "Docker Hub answers the same for missing and for private repositories.",
    )]),
    network: Advice::steps(&[always(
        "Allow registry-1.docker.io, auth.docker.io and the layers' hosts (production.cloudflare.docker.com, production.cloudfront.docker.com, *.r2.cloudflarestorage.com).",
    )]),
    ..RegistryAdvice::NONE
};

/// GitHub Container Registry.
///
/// - tokens: <https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry>
/// - access: <https://docs.github.com/en/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility>
///
/// As of November 2026.
pub(super) const GHCR: RegistryAdvice = RegistryAdvice {
    login: GITHUB_LOGIN,
    access: Advice::steps(&[
        always("Package settings, Manage access: give the user or team the role Read."),
        always("A new package is private, even if its repository is public."),
    ]),
    not_found: Advice::steps(&[always("Names are ghcr.io/OWNER/IMAGE, in lower case.")]),
    network: Advice::steps(&[always(
        "Allow ghcr.io and pkg-containers.githubusercontent.com.",
    )]),
    ..RegistryAdvice::NONE
};

/// The registry before ghcr.io, with the same tokens.
///
/// <https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-docker-registry>,
/// as of November 2026.
pub(super) const GITHUB_PACKAGES: RegistryAdvice = RegistryAdvice {
    login: GITHUB_LOGIN,
    ..RegistryAdvice::NONE
};

const GITHUB_LOGIN: Advice = Advice::steps(&[
    always("Use a classic token with read:packages; fine-grained tokens are refused."),
    always("Where the organization enforces SAML single sign-on, authorize the token for it."),
]);

/// Quay.
///
/// - robots, and federation for ServiceAccounts:
///   <https://docs.redhat.com/en/documentation/red_hat_quay/3.15/html/managing_access_and_permissions/>,
///   <https://github.com/sabre1041/quay-credential-provider>
/// - hosts: <https://access.redhat.com/solutions/3334851>
///
/// As of November 2026.
pub(super) const QUAY: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "A robot account's user name is NAMESPACE+ROBOT; its token is under Robot Accounts.",
    )]),
    access: Advice::steps(&[always(
        "Repository settings, User and Robot Permissions: give the robot Read.",
    )]),
    not_found: Advice::steps(&[always(
        "Quay answers unauthorized for a missing repository, too.",
    )]),
    network: Advice::steps(&[always(
        "Layers come from a CDN: allow *.quay.io as well as quay.io.",
    )]),
    identity: Advice::steps(&[always(
        "A robot account with federation takes ServiceAccount tokens, by a credential provider (quay.io/federated-robot-account).",
    )]),
    ..RegistryAdvice::NONE
};

/// GitLab, also one's own.
///
/// - tokens: <https://docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry/>,
///   <https://docs.gitlab.com/user/project/deploy_tokens/>
/// - token service: <https://docs.gitlab.com/administration/packages/container_registry/>
/// - dependency proxy: <https://docs.gitlab.com/user/packages/dependency_proxy/>
///
/// Read in November 2026, the second in gitlabhq/gitlabhq `doc/user/project/deploy_tokens/_index.md`.
pub(super) const GITLAB: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always("Use a deploy token or an access token with scope read_registry, not a password."),
        always(
            "A CI_JOB_TOKEN ends with its job; a deploy token at 00:00 UTC of the day that was set, if any.",
        ),
        always(
            "The entry's key is the registry's host with its port: {host}, not GitLab's web address.",
        ),
        for_path(
            "/dependency_proxy/",
            "The dependency proxy needs a group's token with read_virtual_registry, or read_registry and write_registry.",
        ),
    ]),
    access: Advice::steps(&[always(
        "The token must belong to the project or a group above {path}; users need the role Reporter.",
    )]),
    not_found: Advice::steps(&[always(
        "Names are GROUP/PROJECT[/IMAGE]; a missing project is answered as denied.",
    )]),
    network: Advice::steps(&[always(
        "Nodes must also reach the token service on GitLab's web host (/jwt/auth).",
    )]),
    ..RegistryAdvice::NONE
};

/// Cloudsmith.
///
/// - names and the kubelet's plugin: README of cloudsmith-io/cloudsmith-kubernetes-credential-provider (alpha), read in
///   November 2026
/// - logins: <https://docs.cloudsmith.com/formats/docker-registry>; the page could not be read
pub(super) const CLOUDSMITH: RegistryAdvice = RegistryAdvice {
    not_found: Advice::steps(&[always("Names are {host}/ORGANIZATION/REPOSITORY/IMAGE.")]),
    identity: Advice::steps(&[always(
        "Cloudsmith's kubelet plugin takes ServiceAccount tokens; cloudsmith.io/service-slug names the service account.",
    )]),
    ..RegistryAdvice::NONE
};

/// Red Hat's registry.
///
/// - service accounts, and the registry of partners: <https://access.redhat.com/RegistryAuthentication>
/// - terms: <https://access.redhat.com/articles/registry_token_scope>, <https://catalog.redhat.com>
/// - hosts: `modules/configuring-firewall.adoc` of openshift/openshift-docs
///
/// As of November 2026.
pub(super) const RED_HAT: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always(
            "Use a registry service account: NUMBER|NAME and its token. Quote the | in a shell.",
        ),
        for_host(
            "registry.connect.",
            "Partner images need an entry of {host}: one of registry.redhat.io does not match.",
        ),
    ]),
    access: Advice::steps(&[always(
        "Some images need accepted terms or a subscription: open the image at catalog.redhat.com.",
    )]),
    not_found: Advice::steps(&[always(
        "Images without a login are on registry.access.redhat.com, under the same path.",
    )]),
    network: Advice::steps(&[always(
        "Allow registry.redhat.io, sso.redhat.com and the layers' hosts (quay.io, *.quay.io).",
    )]),
    ..RegistryAdvice::NONE
};

/// The registry of the Kubernetes project.
///
/// <https://github.com/kubernetes/registry.k8s.io#stability>, as of November 2026.
pub(super) const KUBERNETES: RegistryAdvice = RegistryAdvice {
    network: Advice::steps(&[always(
        "It redirects to hosts that change without notice: mirror the images instead of allowing hosts.",
    )]),
    firewall: Advice::steps(&[always(
        "It has no logins and refuses by address or region: pull through a mirror.",
    )]),
    ..RegistryAdvice::NONE
};

/// NVIDIA NGC.
///
/// - the login: <https://docs.nvidia.com/nim-operator/latest/image-pull-secrets.html>
/// - organizations and terms: <https://docs.nvidia.com/ngc/latest/ngc-catalog-user-guide.html>
///
/// As of November 2026.
pub(super) const NVCR: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "The user name is $oauthtoken, literally: quote the $. The password is an NGC API key.",
    )]),
    access: Advice::steps(&[always(
        "The key's NGC organization must have the product, and its terms must be accepted.",
    )]),
    ..RegistryAdvice::NONE
};
