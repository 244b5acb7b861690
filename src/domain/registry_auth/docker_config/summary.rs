//! A pull secret without its passwords, as the store keeps it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AuthConfig, AuthProblem, ConfigError, ConfigWarning, DockerConfig, problem::missing_login,
};
use crate::domain::registry_auth::credential::{
    Credential, Fingerprint, FingerprintKey, kind::CredentialKind,
};

/// A Docker configuration without passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerConfigSummary {
    /// As in [`DockerConfig::entries`]: with `malformed` set, the kubelet uses none of them.
    pub entries: Arc<[AuthSummary]>,
    pub malformed: Option<ConfigError>,
    #[serde(rename = "oddities")]
    pub warnings: Arc<[ConfigWarning]>,
}

/// One entry of `auths`, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthSummary {
    /// The key as written: a registry pattern.
    pub server: Arc<str>,
    /// `None` when it is empty.
    pub username: Option<Arc<str>>,
    /// `None` when the entry carries no password.
    pub fingerprint: Option<Fingerprint>,
    pub kind: CredentialKind,
    /// The expiry that the credential itself states (JWT, ECR token).
    pub expires: Option<Timestamp>,
    pub problems: Arc<[AuthProblem]>,
}

impl DockerConfig {
    /// The configuration without its passwords.
    pub fn summary(&self, key: &FingerprintKey) -> DockerConfigSummary {
        DockerConfigSummary {
            entries: self
                .entries
                .iter()
                .map(|entry| entry.summary(key))
                .collect(),
            malformed: self.malformed.clone(),
            warnings: self.warnings.as_slice().into(),
        }
    }
}

impl AuthSummary {
    /// Why no login is sent for this entry; `None` when one is.
    pub fn missing_login(&self) -> Option<AuthProblem> {
        missing_login(&self.problems)
    }

    /// Whether a login is sent for this entry.
    pub fn has_login(&self) -> bool {
        self.missing_login().is_none()
    }

    /// Common name of the registry: without scheme and API version, and one name for Docker Hub.
    pub fn registry(&self) -> &str {
        let key = &*self.server;
        let bare = ["https://", "http://"]
            .iter()
            .find_map(|scheme| key.strip_prefix(scheme))
            .unwrap_or(key);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let bare = ["/v1", "/v2"]
            .iter()
            .find_map(|version| bare.strip_suffix(version))
            .unwrap_or(bare);
        if bare == "index.docker.io" {
            "docker.io"
        } else {
            bare
        }
    }
}

impl AuthConfig {
    fn summary(&self, key: &FingerprintKey) -> AuthSummary {
        let credential = Credential::detect(&self.server, &self.username, &self.password);
        let empty = self.password.expose().is_empty();
        AuthSummary {
            server: Arc::clone(&self.server),
            username: (!self.username.is_empty()).then(|| Arc::clone(&self.username)),
            fingerprint: (!empty).then(|| key.fingerprint(&self.username, &self.password)),
            kind: credential.kind,
            expires: credential.expires,
            problems: Arc::clone(&self.problems),
        }
    }
}

impl DockerConfigSummary {
    /// The summary of a Secret without the data key of its type.
    pub fn without_key<'a>(wanted: &str, found: impl Iterator<Item = &'a str>) -> Self {
        let oddity = ConfigWarning::KeyMissing {
            wanted: wanted.into(),
            found: found.map(Into::into).collect(),
        };
        Self {
            warnings: [oddity].into(),
            ..Self::default()
        }
    }

    /// The entries as the kubelet uses them.
    ///
    /// # Errors
    ///
    /// The error that aborts the pull.
    pub fn usable_entries(&self) -> Result<&[AuthSummary], &ConfigError> {
        match &self.malformed {
            Some(malformation) => Err(malformation),
            None => Ok(&self.entries),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_has_one_name_however_its_key_is_written() {
        for (key, name) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("docker.io", "docker.io"),
            ("https://ghcr.io", "ghcr.io"),
            ("http://localhost:5000/v2/", "localhost:5000"),
            ("registry.example/team/app", "registry.example/team/app"),
            ("*.example", "*.example"),
        ] {
            let entry = AuthSummary {
                server: key.into(),
                username: None,
                fingerprint: None,
                kind: CredentialKind::Password,
                expires: None,
                problems: [].into(),
            };
            assert_eq!(entry.registry(), name);
        }
    }
}
