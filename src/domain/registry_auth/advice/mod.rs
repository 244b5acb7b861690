//! Advice that fits one registry only: its tokens, roles, names, hosts and firewall.
//!
//! A constant per registry says where its facts come from; `clouds` has the registries of the large clouds,
//! `hosted` the other public ones, and `own` the programs that people run themselves. Knows neither Pods nor
//! fixes: `diagnostics::fix` chooses the steps that stand beside a fix.
//!
//! Not verified, here and in `diagnostics::fix`: the command lines of `aws`, `az` and `oc`, and the steps for SAML SSO,
//! encrypted layers and client certificates. They are from memory; no source was opened for them.

mod clouds;
mod hosted;
mod own;

pub(in crate::domain) use clouds::ABAC_ROLE;

use super::registries::RegistryId;

/// The topic of an advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdviceTopic {
    /// The login: which kind of token, and for which user name.
    Login,
    /// Permission on the repository, for a login that is accepted.
    Access,
    /// How the registry writes names, and what it answers for one that does not exist.
    NotFound,
    /// Hosts and endpoints that a node must reach.
    Network,
    /// Rules of the registry about addresses and networks.
    Firewall,
    /// Rules of the registry about the image itself: scans and signatures.
    Policy,
    /// How to pull without a stored token.
    Identity,
}

impl AdviceTopic {
    pub const ALL: &[Self] = &[
        Self::Login,
        Self::Access,
        Self::NotFound,
        Self::Network,
        Self::Firewall,
        Self::Policy,
        Self::Identity,
    ];
}

/// A policy named in a message, in the words of one program. No login changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicySign {
    /// JFrog Xray blocks the download.
    Xray,
    /// The vulnerability policy of a Harbor project blocks the image.
    HarborProject,
    /// A Harbor project admits signed images only.
    HarborSignature,
    /// The registry refuses the network or the address that the request comes from.
    Network,
}

/// The condition for showing a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// The registry's host has this part.
    Host(&'static str),
    /// The repository, behind the host, has this part.
    Path(&'static str),
    /// The message says so.
    Sign(PolicySign),
}

/// One step of an advice.
///
/// `{host}`, `{ca_key}`, `{name}`, `{region}`, `{location}`, `{path}`, `{project}`, `{repository}`, `{namespace}` and
/// `{account}` stand for names of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdviceStep {
    pub when: When,
    pub text: &'static str,
}

/// Steps with their commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    pub steps: &'static [AdviceStep],
    pub commands: &'static [&'static str],
}

impl Advice {
    pub const NONE: Self = Self::steps(&[]);

    pub const fn steps(steps: &'static [AdviceStep]) -> Self {
        Self {
            steps,
            commands: &[],
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.commands.is_empty()
    }
}

/// A step without a condition.
pub const fn always(text: &'static str) -> AdviceStep {
    AdviceStep {
        when: When::Always,
        text,
    }
}

/// A step for hosts with this part.
const fn for_host(part: &'static str, text: &'static str) -> AdviceStep {
    AdviceStep {
        when: When::Host(part),
        text,
    }
}

/// A step for repositories with this part.
const fn for_path(part: &'static str, text: &'static str) -> AdviceStep {
    AdviceStep {
        when: When::Path(part),
        text,
    }
}

/// A step for messages that say so.
const fn for_sign(sign: PolicySign, text: &'static str) -> AdviceStep {
    AdviceStep {
        when: When::Sign(sign),
        text,
    }
}

/// The advice of one registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryAdvice {
    login: Advice,
    access: Advice,
    not_found: Advice,
    network: Advice,
    firewall: Advice,
    policy: Advice,
    identity: Advice,
}

impl RegistryAdvice {
    const NONE: Self = Self {
        login: Advice::NONE,
        access: Advice::NONE,
        not_found: Advice::NONE,
        network: Advice::NONE,
        firewall: Advice::NONE,
        policy: Advice::NONE,
        identity: Advice::NONE,
    };

    pub fn topic(&self, topic: AdviceTopic) -> &Advice {
        match topic {
            AdviceTopic::Login => &self.login,
            AdviceTopic::Access => &self.access,
            AdviceTopic::NotFound => &self.not_found,
            AdviceTopic::Network => &self.network,
            AdviceTopic::Firewall => &self.firewall,
            AdviceTopic::Policy => &self.policy,
            AdviceTopic::Identity => &self.identity,
        }
    }
}

/// The advice of a registry.
pub fn advice(registry: RegistryId) -> &'static RegistryAdvice {
    match registry {
        RegistryId::DockerHub => &hosted::DOCKER_HUB,
        RegistryId::Ghcr => &hosted::GHCR,
        RegistryId::GitHubPackages => &hosted::GITHUB_PACKAGES,
        RegistryId::EcrPublic => &clouds::ECR_PUBLIC,
        RegistryId::Ecr => &clouds::ECR,
        RegistryId::ArtifactRegistry => &clouds::ARTIFACT_REGISTRY,
        RegistryId::Gcr => &clouds::GCR,
        RegistryId::Acr => &clouds::ACR,
        RegistryId::Mcr => &clouds::MCR,
        RegistryId::Ibm => &clouds::IBM,
        RegistryId::IbmEntitled => &clouds::IBM_ENTITLED,
        RegistryId::Quay => &hosted::QUAY,
        RegistryId::GitLab => &hosted::GITLAB,
        RegistryId::Cloudsmith => &hosted::CLOUDSMITH,
        RegistryId::RedHat => &hosted::RED_HAT,
        RegistryId::Kubernetes => &hosted::KUBERNETES,
        RegistryId::Nvcr => &hosted::NVCR,
        RegistryId::JFrog => &own::JFROG,
        RegistryId::Harbor => &own::HARBOR,
        RegistryId::Nexus => &own::NEXUS,
        RegistryId::OpenShift => &own::OPENSHIFT,
    }
}
