//! Advice for self-hosted registries.

use super::{Advice, PolicySign, RegistryAdvice, always, for_sign};

/// JFrog Artifactory.
///
/// - tokens: <https://docs.jfrog.com/administration/docs/access-tokens>
/// - paths: <https://jfrog.com/help/r/how-to-troubleshoot-docker-problems/docker-login-docker.art.local>
/// - Xray's words: <https://github.com/sobolevn/git-secret/issues/801>
/// - the kubelet's plugin: <https://github.com/jfrog/jfrog-credentials-provider> (`AWS.md`, `AZURE.md`)
///
/// As of November 2026; of JFrog's own pages only parts could be read.
pub(super) const JFROG: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "Use an identity token or an access token; its subject is the user name. API keys are being removed.",
    )]),
    access: Advice::steps(&[always(
        "The user needs Read on repository {project}, by a permission target.",
    )]),
    not_found: Advice::steps(&[
        always("By path, names are {host}/REPOSITORY-KEY/IMAGE: check that {project} is the key."),
        always("By subdomain or port, the host chooses the repository: REPOSITORY-KEY.HOST/IMAGE."),
        always("A remote repository answers no permission for an image that its upstream lacks."),
    ]),
    policy: Advice::steps(&[for_sign(
        PolicySign::Xray,
        "Xray blocks the download: have its policy changed or the violation ignored; a login does not help.",
    )]),
    identity: Advice::steps(&[always(
        "JFrog's kubelet plugin pulls with the node's cloud identity, or for ServiceAccounts annotated JFrogExchange: \"true\".",
    )]),
    ..RegistryAdvice::NONE
};

/// Harbor.
///
/// - robots: <https://goharbor.io/docs/latest/administration/robot-accounts/>
/// - policies: <https://goharbor.io/docs/latest/working-with-projects/project-configuration/>, its words:
///   <https://github.com/goharbor/harbor/issues/19983>, `src/server/middleware/contenttrust` of goharbor/harbor
/// - proxy cache: <https://goharbor.io/docs/latest/administration/configure-proxy-cache/>
/// - ServiceAccount tokens: <https://github.com/container-registry/harbor-workload-identity-federation>
///
/// As of November 2026.
pub(super) const HARBOR: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always("A robot's user name has its prefix: 'robot$PROJECT+NAME'. Quote the $ in a shell."),
        always("Robots expire after 30 days by default: renew or refresh it under Robot Accounts."),
        always("People who log in by OIDC use the CLI secret of their profile."),
    ]),
    access: Advice::steps(&[always(
        "The robot needs Pull Repository in project {project}; users need to be members.",
    )]),
    not_found: Advice::steps(&[
        always("A proxy cache project also answers not found if its upstream registry fails."),
        always(
            "Names of a proxy cache are {host}/PROJECT/UPSTREAM-PATH; of Docker Hub's own images library/IMAGE.",
        ),
    ]),
    policy: Advice::steps(&[
        for_sign(
            PolicySign::HarborProject,
            "A policy of project {project} blocks the image: rebuild it, or add its CVEs to the allowlist.",
        ),
        for_sign(
            PolicySign::HarborSignature,
            "Project {project} admits signed images only: sign the image, or change the project's configuration.",
        ),
    ]),
    identity: Advice::steps(&[always(
        "A robot with federation takes ServiceAccount tokens, by a credential provider; the audience must be the same everywhere.",
    )]),
    ..RegistryAdvice::NONE
};

/// Sonatype Nexus Repository.
///
/// - routing by path (3.83 and later), subdomain, or port: <https://help.sonatype.com/en/docker-registry.html>,
///   <https://github.com/sonatype/nexus-public/issues/703>
/// - logins: <https://github.com/sonatype/nexus-public/issues/328>,
///   <https://help.sonatype.com/en/docker-authentication.html>
/// - privileges: <https://help.sonatype.com/en/privileges.html>
///
/// As of November 2026.
pub(super) const NEXUS: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[
        always("A login is for one host and port: each connector port needs its own entry."),
        always("Pulls without a login need the Docker Bearer Token Realm."),
    ]),
    access: Advice::steps(&[always(
        "The role needs nx-repository-view-docker-REPOSITORY-read.",
    )]),
    not_found: Advice::steps(&[
        always("With connectors, the port chooses the repository: check the port in the image."),
        always("With path-based routing (3.83 and later), names are {host}/REPOSITORY/IMAGE."),
    ]),
    network: Advice::steps(&[always(
        "The port of the web UI (8081) serves images by path-based routing only; else use the connector's port.",
    )]),
    ..RegistryAdvice::NONE
};

/// OpenShift's internal registry.
///
/// - accounts and roles: <https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/images/managing-images>
/// - operator: <https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/registry/configuring-registry-operator>
///
/// As of November 2026.
pub(super) const OPENSHIFT: RegistryAdvice = RegistryAdvice {
    login: Advice::steps(&[always(
        "OpenShift makes a Secret {account}-dockercfg-… for each ServiceAccount: check that it is in imagePullSecrets.",
    )]),
    access: Advice {
        steps: &[always(
            "Images of project {project} need the role system:image-puller there.",
        )],
        commands: &[
            "kubectl -n {project} create rolebinding image-puller-{namespace} --clusterrole=system:image-puller --serviceaccount={namespace}:{account}",
        ],
    },
    not_found: Advice::steps(&[always(
        "Names are PROJECT/IMAGESTREAM: kubectl -n {project} get imagestreams",
    )]),
    network: Advice {
        steps: &[always(
            "The registry is a Service of this cluster; its operator must be Managed.",
        )],
        commands: &[
            "kubectl get configs.imageregistry.operator.openshift.io cluster -o jsonpath='{.spec.managementState}'",
        ],
    },
    ..RegistryAdvice::NONE
};
