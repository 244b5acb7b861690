//! The content of a pull secret: `.dockerconfigjson` and the older `.dockercfg`.
//!
//! Read as tolerantly and as strictly as the kubelet reads them (`pkg/credentialprovider/config.go`,
//! 1.36), written as `kubectl create secret docker-registry` writes them. What the kubelet chokes on
//! is a [`ConfigError`]; what it swallows but cannot use is an [`ConfigWarning`] or an [`AuthProblem`].
//! Knows nothing of images: which entry fits is said by `keyring`.

mod auth_config;
mod base64;
mod health;
mod json;
mod lookup;
mod problem;
mod read;
mod summary;
mod write;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use health::{EXPIRY_WARNING_SECONDS, SecretHealth};
pub use lookup::{CredentialLocation, IDENTITY_TOKEN_UNSUPPORTED, find_auth, locate};
pub use problem::{AuthProblem, ConfigError, ConfigErrorKind, ConfigWarning};
pub use read::read;
pub use summary::{AuthSummary, DockerConfigSummary};
pub use write::write;

use super::credential::Password;

/// The two forms of a Docker configuration in a Secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConfigFormat {
    /// `.dockerconfigjson`, also `~/.docker/config.json`: entries under `auths`.
    #[default]
    ConfigJson,
    /// `.dockercfg`: entries at the top.
    LegacyCfg,
}

impl ConfigFormat {
    /// The data key in a Secret.
    pub fn data_key(self) -> &'static str {
        match self {
            Self::ConfigJson => ".dockerconfigjson",
            Self::LegacyCfg => ".dockercfg",
        }
    }
}

/// A Docker configuration with passwords; it is kept only while it is used.
#[derive(Clone, Debug, Default)]
pub struct DockerConfig {
    /// In the order of the text. With `malformed` set these are the ones that could be read, for the
    /// diagnosis only: the kubelet uses none of them.
    pub entries: Vec<AuthConfig>,
    pub malformed: Option<ConfigError>,
    pub warnings: Vec<ConfigWarning>,
}

/// One entry of `auths`. The kubelet sends missing texts as empty ones.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// The key as written: a registry pattern.
    pub server: Arc<str>,
    pub username: Arc<str>,
    pub password: Password,
    pub problems: Arc<[AuthProblem]>,
}

impl AuthConfig {
    /// Whether it has no credential: what the kubelet sends with it is an anonymous request.
    pub fn is_anonymous(&self) -> bool {
        self.username.is_empty() && self.password.expose().is_empty()
    }
}

impl DockerConfig {
    /// The entries as the kubelet uses them.
    ///
    /// # Errors
    ///
    /// The error that aborts the pull.
    pub fn usable_entries(&self) -> Result<&[AuthConfig], &ConfigError> {
        match &self.malformed {
            Some(malformation) => Err(malformation),
            None => Ok(&self.entries),
        }
    }
}
