//! Kinds of credential and their lifetimes.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The kinds of credential that registries hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CredentialKind {
    /// Nothing there.
    None,
    /// No sign of a token: a person's password, or a token without a prefix.
    Password,
    DockerHubPersonalToken,
    DockerHubOrganisationToken,
    GitHubClassicToken,
    /// Refused by ghcr.io, which takes classic tokens only.
    GitHubFineGrainedToken,
    /// `GITHUB_TOKEN` of a workflow: ends with the job.
    GitHubJobToken,
    GitHubOAuthToken,
    GitLabPersonalToken,
    GitLabDeployToken,
    /// `CI_JOB_TOKEN`: ends with the job.
    GitLabJobToken,
    EcrToken,
    GoogleKey,
    GoogleAccessToken,
    /// `az acr login --expose-token`.
    AzureAccessToken,
    AzureServicePrincipal,
    AzureAdmin,
    QuayRobot,
    HarborRobot,
    JFrogReferenceToken,
    RedHatServiceAccount,
    OpenShiftToken,
    Jwt,
}

impl CredentialKind {
    /// The kind in a few words.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Password => "password",
            Self::DockerHubPersonalToken => "Docker Hub access token",
            Self::DockerHubOrganisationToken => "Docker Hub organisation token",
            Self::GitHubClassicToken => "GitHub classic token",
            Self::GitHubFineGrainedToken => "GitHub fine-grained token",
            Self::GitHubJobToken => "GitHub Actions token",
            Self::GitHubOAuthToken => "GitHub OAuth token",
            Self::GitLabPersonalToken => "GitLab access token",
            Self::GitLabDeployToken => "GitLab deploy token",
            Self::GitLabJobToken => "GitLab job token",
            Self::EcrToken => "ECR token",
            Self::GoogleKey => "Google service-account key",
            Self::GoogleAccessToken => "Google access token",
            Self::AzureAccessToken => "Azure access token",
            Self::AzureServicePrincipal => "Azure service principal",
            Self::AzureAdmin => "Azure admin password",
            Self::QuayRobot => "Quay robot token",
            Self::HarborRobot => "Harbor robot secret",
            Self::JFrogReferenceToken => "JFrog reference token",
            Self::RedHatServiceAccount => "Red Hat service-account token",
            Self::OpenShiftToken => "OpenShift token",
            Self::Jwt => "token (JWT)",
        }
    }

    /// Maximum lifetime, where the registry fixes it.
    ///
    /// ECR: 12 h (registry_auth.html). Google: about 1 h. ACR's exposed token: about 3 h. Job tokens
    /// of GitHub and GitLab end with the job; a job lasts 6 h at most on GitHub's runners.
    pub fn max_lifetime(self) -> Option<SignedDuration> {
        match self {
            Self::EcrToken => Some(SignedDuration::from_hours(12)),
            Self::GoogleAccessToken | Self::GitLabJobToken => Some(SignedDuration::from_hours(1)),
            Self::AzureAccessToken => Some(SignedDuration::from_hours(3)),
            Self::GitHubJobToken => Some(SignedDuration::from_hours(6)),
            Self::None
            | Self::Password
            | Self::DockerHubPersonalToken
            | Self::DockerHubOrganisationToken
            | Self::GitHubClassicToken
            | Self::GitHubFineGrainedToken
            | Self::GitHubOAuthToken
            | Self::GitLabPersonalToken
            | Self::GitLabDeployToken
            | Self::GoogleKey
            | Self::AzureServicePrincipal
            | Self::AzureAdmin
            | Self::QuayRobot
            | Self::HarborRobot
            | Self::JFrogReferenceToken
            | Self::RedHatServiceAccount
            | Self::OpenShiftToken
            | Self::Jwt => None,
        }
    }

    /// Default lifetime of its issuer: an older one that is refused has likely expired.
    ///
    /// Harbor's robots: 30 days (`robot_token_duration`). Secrets of Azure's service principals: 1 year
    /// (`az ad sp create-for-rbac`). GitLab's access tokens: 365 days at most since 16.0. OpenShift's, of `oc whoami -t`:
    /// 24 hours (*Configuring the internal OAuth server*, `accessTokenMaxAgeSeconds`). GitLab's deploy tokens and those of
    /// GitHub and Docker Hub have no end unless one was chosen.
    pub fn default_lifetime(self) -> Option<SignedDuration> {
        const DAY: i64 = 24;
        match self {
            Self::HarborRobot => Some(SignedDuration::from_hours(30 * DAY)),
            Self::OpenShiftToken => Some(SignedDuration::from_hours(DAY)),
            Self::AzureServicePrincipal | Self::GitLabPersonalToken => {
                Some(SignedDuration::from_hours(365 * DAY))
            }
            Self::EcrToken
            | Self::GoogleAccessToken
            | Self::GitLabJobToken
            | Self::AzureAccessToken
            | Self::GitHubJobToken => self.max_lifetime(),
            Self::None
            | Self::Password
            | Self::DockerHubPersonalToken
            | Self::DockerHubOrganisationToken
            | Self::GitHubClassicToken
            | Self::GitHubFineGrainedToken
            | Self::GitHubOAuthToken
            | Self::GitLabDeployToken
            | Self::GoogleKey
            | Self::AzureAdmin
            | Self::QuayRobot
            | Self::JFrogReferenceToken
            | Self::RedHatServiceAccount
            | Self::Jwt => None,
        }
    }

    /// Whether it is an account password, against practice G9: tokens, not passwords.
    pub fn is_password(self) -> bool {
        matches!(self, Self::Password | Self::AzureAdmin)
    }
}
