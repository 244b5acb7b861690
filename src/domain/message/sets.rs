//! Sets of causes: what a kind of error can mean, by runtime and kind of registry.
//!
//! The members are measured: `sets/measured.tsv` counts what was wrong when real runtimes printed each kind
//! while they pulled from registries with a known fault. `tests/cause_sets.rs` derives the file and checks
//! that it is current. What cannot be measured that way (a credential plugin that fails, a Secret that is
//! missing: they end in the same text as no credential) is added by [`ErrorKind::causes`], which also says which
//! cause is the likeliest: how often a fault was played says nothing of how often it happens.

use std::{collections::HashMap, sync::LazyLock};

use super::{ErrorKind, ParsedMessage, error_kind};
use crate::domain::{
    diagnostics::Cause,
    registry_auth::registries::{RegistryId, RegistryInfo},
};

const MEASURED: &str = include_str!("sets/measured.tsv");

/// What a text can mean, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseSet {
    pub error_kind: ErrorKind,
    /// Empty where nothing in the text is known.
    pub causes: Vec<Cause>,
    /// The deeper cause when the first of `causes` is the frame that it is told in.
    pub underlying: Option<Cause>,
    /// Whether the text is whole, about the pull of an image, and of the registry itself: without that, one cause
    /// is no certainty.
    pub is_whole: bool,
}

/// Registries that answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryKind {
    DockerHub,
    Ghcr,
    GitHubPackages,
    EcrPublic,
    Ecr,
    /// Artifact Registry and Container Registry.
    Google,
    Acr,
    Quay,
    GitLab,
    JFrog,
    Harbor,
    Nexus,
    RedHat,
    Nvcr,
    /// A registry that has no logins: what it refuses, it refuses to everybody.
    Public,
    /// A registry that is not known by its host.
    Own,
}

impl RegistryKind {
    pub(super) fn from_registry(registry: Option<&'static RegistryInfo>) -> Self {
        let Some(registry) = registry else {
            return Self::Own;
        };
        match registry.id {
            RegistryId::DockerHub => Self::DockerHub,
            RegistryId::Ghcr => Self::Ghcr,
            RegistryId::GitHubPackages => Self::GitHubPackages,
            RegistryId::EcrPublic => Self::EcrPublic,
            RegistryId::Ecr => Self::Ecr,
            RegistryId::ArtifactRegistry | RegistryId::Gcr => Self::Google,
            RegistryId::Acr => Self::Acr,
            RegistryId::Quay => Self::Quay,
            RegistryId::GitLab => Self::GitLab,
            RegistryId::JFrog => Self::JFrog,
            RegistryId::Harbor => Self::Harbor,
            RegistryId::Nexus => Self::Nexus,
            RegistryId::RedHat => Self::RedHat,
            RegistryId::Nvcr => Self::Nvcr,
            RegistryId::Mcr | RegistryId::Kubernetes => Self::Public,
            // No messages of them were measured.
            RegistryId::Ibm | RegistryId::IbmEntitled | RegistryId::OpenShift => Self::Own,
        }
    }

    /// Name in the keys of `sets/measured.tsv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DockerHub => "docker-hub",
            Self::Ghcr => "ghcr",
            Self::GitHubPackages => "github-packages",
            Self::EcrPublic => "ecr-public",
            Self::Ecr => "ecr",
            Self::Google => "google",
            Self::Acr => "acr",
            Self::Quay => "quay",
            Self::GitLab => "gitlab",
            Self::JFrog => "jfrog",
            Self::Harbor => "harbor",
            Self::Nexus => "nexus",
            Self::RedHat => "redhat",
            Self::Nvcr => "nvcr",
            Self::Public => "public",
            Self::Own => "own",
        }
    }
}

/// How often each cause was behind a kind of error, and behind one of a runtime and a kind of registry.
#[derive(Debug, Default)]
pub struct MeasuredSets {
    rows: HashMap<String, Vec<Cause>>,
}

impl MeasuredSets {
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<MeasuredSets> = LazyLock::new(|| {
            MeasuredSets::parse(MEASURED).expect("the table is whole: tested below")
        });
        &BUILT_IN
    }

    /// Reads rows of key, tab, causes between commas, the most frequent first.
    pub fn parse(table: &str) -> Option<Self> {
        let mut rows = HashMap::new();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (key, causes) = line.split_once('\t')?;
            let causes: Option<Vec<Cause>> = causes.split(',').map(Cause::parse).collect();
            rows.insert(key.to_owned(), causes?);
        }
        Some(Self { rows })
    }

    /// The row of the nearest circumstances that were measured.
    fn causes(&self, keys: &[String]) -> Option<&[Cause]> {
        keys.iter()
            .find_map(|key| self.rows.get(key))
            .map(Vec::as_slice)
    }
}

/// The keys under which a message is counted, the most special first.
pub fn set_keys(message: &ParsedMessage<'_>) -> Vec<String> {
    let error_kind = message.error_kind().slug();
    let asked = measured_key(message);
    let runtime = message.runtime().as_str();
    let registry = message.registry_kind().as_str();
    vec![
        format!("{error_kind} {asked} {runtime} {registry}"),
        format!("{error_kind} {asked} * {registry}"),
    ]
}

/// The step of the pull, and the HTTP status.
fn measured_key(message: &ParsedMessage<'_>) -> String {
    let step = message.step().map_or("-", super::PullStep::as_str);
    match message.statuses().last() {
        Some(status) => format!("{step}/{status}"),
        None => step.to_owned(),
    }
}

pub(super) fn cause_set(message: &ParsedMessage<'_>, measured: &MeasuredSets) -> CauseSet {
    let error_kind = message.error_kind();
    let authored = error_kind.causes(message);
    let mut causes = authored.clone();
    // Without logins, what a registry refuses it refuses to everybody: nothing is left to measure.
    let has_logins = message.registry_kind() != RegistryKind::Public;
    if error_kind.is_measured()
        && has_logins
        && let Some(rows) = measured.causes(&set_keys(message))
    {
        causes.retain(|cause| rows.contains(cause) || !cause.info().is_measurable);
        let others = rows.iter().filter(|cause| !authored.contains(cause));
        causes.extend(others);
        if causes.len() < 2 {
            // What was seen with a few faults makes nothing certain.
            causes = authored;
        }
    }
    if error_kind::frame(message).is_none() && error_kind::is_of_sandbox(message) {
        return around_sandbox(error_kind, &causes);
    }
    CauseSet {
        error_kind,
        causes,
        underlying: None,
        is_whole: error_kind::is_framed(message, error_kind)
            && !error_kind::is_cut(message, error_kind)
            // A mirror's error is told where the registry's own is what counts: a missing Secret, a missing tag.
            && message.mirror().is_none(),
    }
}

/// The pause image cannot be pulled: what is possible of it in the place of a Pod's image.
fn around_sandbox(error_kind: ErrorKind, inner: &[Cause]) -> CauseSet {
    let underlying = inner.first().copied();
    // What only this image meets: the proxy of the node, the name in the runtime's settings.
    let is_of_node = matches!(
        underlying,
        Some(Cause::RegistryUnreachableProxy | Cause::InvalidImageName)
    );
    let others = if is_of_node { inner } else { &[] };
    CauseSet {
        error_kind,
        causes: [&[Cause::SandboxImagePull], others].concat(),
        underlying,
        is_whole: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry_auth::registries::{LoginSupport, REGISTRIES};

    #[test]
    fn registries_without_logins_are_public() {
        for registry in REGISTRIES {
            let is_public = RegistryKind::from_registry(Some(registry)) == RegistryKind::Public;
            assert_eq!(
                is_public,
                registry.login == LoginSupport::None,
                "{}",
                registry.name
            );
        }
    }

    #[test]
    fn the_measured_table_is_whole() {
        let measured = MeasuredSets::parse(MEASURED).unwrap();
        assert!(measured.rows.len() > 100);
    }
}
