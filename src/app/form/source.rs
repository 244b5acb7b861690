//! Sources of a credential in a form, and the state of its import.

use crate::{
    app::request_id::RequestId,
    domain::{
        k8s::{object_ref::ObjectRef, objects::Secret},
        plan::{Credentials, servers},
        store::{Store, watch::Scope},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    Typed,
    /// A Docker or Podman configuration, and the helper that it names.
    File,
    Variable,
    /// A Secret of the cluster.
    Secret,
    /// None is needed.
    NotNeeded,
}

impl CredentialSource {
    pub const ALL: [Self; 5] = [
        Self::Typed,
        Self::File,
        Self::Variable,
        Self::Secret,
        Self::NotNeeded,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::Typed => "type or paste",
            Self::File => "from Docker or Podman config",
            Self::Variable => "from an environment variable",
            Self::Secret => "from an existing Secret",
            Self::NotNeeded => "none (public image, or node credential)",
        }
    }
}

/// A source that the runtime reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// Of this path; `None`: where Docker and Podman look.
    File(Option<String>),
    /// Its token; the user name is typed.
    Variable(String),
    Secret(ObjectRef<Secret>),
}

/// A credential that was imported.
#[derive(Clone, Debug)]
pub struct ImportedLogin {
    /// Without a user name where there is none to be read.
    pub login: Credentials,
    /// In words.
    pub from: String,
}

/// State of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImportState {
    #[default]
    Idle,
    Reading(RequestId),
    /// In words, where it came from.
    Loaded(String),
    Failed(String),
}

/// Pull secrets with an entry for one of these registries, as `namespace/name`.
pub(super) fn holders(store: &Store, fits: impl Fn(&str) -> bool) -> Vec<ObjectRef<Secret>> {
    let secrets = store.secrets(&Scope::Cluster);
    secrets
        .filter(|secret| servers(secret).iter().any(|server| fits(server)))
        .map(|secret| secret.key.clone())
        .collect()
}
