//! Clues in a message about the registry software and the node.
//!
//! They choose the advice that stands beside a fix, never the cause.

use super::{ParsedMessage, Runtime};
use crate::domain::{
    k8s::distribution::{Distribution, NodeInfo},
    registry_auth::{advice::PolicySign, registries::RegistryId},
};

/// Clues about registry and node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// The registry's program, by paths and words that only it has.
    pub program: Option<RegistryId>,
    /// The policy of that program that refused.
    pub sign: Option<PolicySign>,
    /// A mirror was asked in the registry's place.
    pub is_mirror: bool,
    pub runtime: Runtime,
    pub distribution: Option<Distribution>,
}

impl Clues {
    /// Adds the node info; clues of the message take precedence, as they are from the time of the pull.
    pub fn add_node_info(&mut self, node: &NodeInfo) {
        let found = || Distribution::from_node_info(node);
        self.distribution = self.distribution.or_else(found);
        if self.runtime == Runtime::Unknown {
            self.runtime = match node.container_runtime.split_once("://") {
                Some(("containerd", _)) => Runtime::Containerd,
                Some(("cri-o", _)) => Runtime::ContainersImage,
                Some(("docker", _)) => Runtime::Docker,
                Some(_) | None => Runtime::Unknown,
            };
        }
    }
}

/// Paths of token services and APIs that identify a registry software.
///
/// - GitLab: `lib/gitlab/url_builder`, `/jwt/auth`
/// - Harbor: `src/core/service/token`, `service=harbor-registry`
/// - Artifactory: `/artifactory/api/docker/`
/// - OpenShift: `pkg/dockerregistry/server/tokenhandler.go`, `/openshift/token`
const PATHS: &[(&str, RegistryId)] = &[
    ("/jwt/auth", RegistryId::GitLab),
    ("service=harbor-registry", RegistryId::Harbor),
    ("/artifactory/", RegistryId::JFrog),
    ("/openshift/token", RegistryId::OpenShift),
];

/// Words of policies that deny a pull whatever the login.
///
/// - Xray: <https://github.com/sobolevn/git-secret/issues/801>
/// - Harbor: `src/server/middleware/vulnerable/vulnerable.go`, `src/server/middleware/contenttrust`: *The image is
///   not signed by cosign.* (2.7 and later), *… in Cosign.* (2.5), *… in Notary.* (before)
/// - Azure Container Registry: *client with IP '…' is not allowed access* (<https://aka.ms/acr/firewall>)
/// - Google: *Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: …*
///   (<https://docs.cloud.google.com/vpc-service-controls/docs/troubleshooting>)
const POLICIES: &[(&str, PolicySign, RegistryId)] = &[
    (
        " blocking policy configured in xray ",
        PolicySign::Xray,
        RegistryId::JFrog,
    ),
    (" blocked by xray ", PolicySign::Xray, RegistryId::JFrog),
    (
        " is not signed by cosign ",
        PolicySign::HarborSignature,
        RegistryId::Harbor,
    ),
    (
        " is not signed by notation ",
        PolicySign::HarborSignature,
        RegistryId::Harbor,
    ),
    (
        " is not signed in cosign ",
        PolicySign::HarborSignature,
        RegistryId::Harbor,
    ),
    (
        " is not signed in notary ",
        PolicySign::HarborSignature,
        RegistryId::Harbor,
    ),
    (
        " is not allowed access ",
        PolicySign::Network,
        RegistryId::Acr,
    ),
    (
        " vpcservicecontrolsuniqueidentifier ",
        PolicySign::Network,
        RegistryId::ArtifactRegistry,
    ),
    (
        " cannot be pulled due to configured policy ",
        PolicySign::HarborProject,
        RegistryId::Harbor,
    ),
    (
        " projectpolicyviolation ",
        PolicySign::HarborProject,
        RegistryId::Harbor,
    ),
];

impl ParsedMessage<'_> {
    pub(in crate::domain) fn clues(&self) -> Clues {
        let policy = POLICIES
            .iter()
            .find(|(words, _, _)| self.words.contains(words));
        let asked = PATHS
            .iter()
            .find(|(path, _)| self.urls.iter().any(|url| url.path().contains(path)));
        Clues {
            program: policy
                .map(|(_, _, program)| *program)
                .or(asked.map(|(_, program)| *program)),
            sign: policy.map(|(_, sign, _)| *sign),
            is_mirror: self.mirror().is_some(),
            runtime: self.runtime(),
            distribution: Distribution::from_message(self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clues(text: &str) -> Clues {
        ParsedMessage::parse(text).clues()
    }

    #[test]
    fn a_token_service_shows_the_registrys_program() {
        for (url, program) in [
            (
                "https://git.corp.example/jwt/auth?scope=repository%3Aa%2Fb%3Apull&service=container_registry",
                Some(RegistryId::GitLab),
            ),
            (
                "https://images.corp.example/service/token?scope=repository%3Aa%2Fb%3Apull&service=harbor-registry",
                Some(RegistryId::Harbor),
            ),
            (
                "https://bin.corp.example/artifactory/api/docker/docker-local/v2/token?service=bin",
                Some(RegistryId::JFrog),
            ),
            ("https://auth.corp.example/token?service=registry", None),
        ] {
            let text = format!(
                "failed to authorize: failed to fetch oauth token: unexpected status from GET request to {url}: 401 Unauthorized"
            );
            assert_eq!(clues(&text).program, program, "{url}");
        }
    }

    #[test]
    fn a_node_adds_what_the_message_does_not_show() {
        let node = NodeInfo {
            os_image: "Ubuntu 24.04.3 LTS".into(),
            kubelet_version: "v1.33.4+k3s1".into(),
            container_runtime: "cri-o://1.33.4".into(),
        };
        let mut silent = Clues::default();
        silent.add_node_info(&node);
        assert_eq!(silent.distribution, Some(Distribution::K3s));
        assert_eq!(silent.runtime, Runtime::ContainersImage);
        let mut told = Clues {
            runtime: Runtime::Containerd,
            distribution: Some(Distribution::Rke2),
            ..Clues::default()
        };
        let before = told;
        told.add_node_info(&node);
        assert_eq!(told, before);
    }

    #[test]
    fn a_policy_is_told_from_a_missing_permission() {
        for (text, sign) in [
            (
                "unexpected status from GET request to https://bin.corp.example/v2/a/b/manifests/1: 403 Forbidden: Artifact download request rejected: docker-local/a/b/1/manifest.json was not downloaded due to the download blocking policy configured in Xray for docker-local.",
                Some(PolicySign::Xray),
            ),
            (
                "unknown: current image with 4 vulnerabilities cannot be pulled due to configured policy in 'Prevent images with vulnerability severity of \"Critical\" or higher from running.' To continue with pull, please contact your project administrator",
                Some(PolicySign::HarborProject),
            ),
            (
                "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                Some(PolicySign::Network),
            ),
            (
                "403 Forbidden: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc",
                Some(PolicySign::Network),
            ),
            (
                "412 Precondition Failed: projectpolicyviolation: The image is not signed by cosign.",
                Some(PolicySign::HarborSignature),
            ),
            (
                "failed to pull bin.corp.example/xray/policy:1: 403 Forbidden",
                None,
            ),
        ] {
            assert_eq!(clues(text).sign, sign, "{text}");
        }
    }
}
