//! A pull Secret without its passwords.
//!
//! The bytes are read once, while the watch decodes them; what stays is what a screen or a judgement
//! needs. A password is a fingerprint from there on.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ObjectMeta;
use crate::domain::{
    k8s::object_ref::ObjectRef,
    registry_auth::docker_config::{AuthSummary, ConfigFormat, DockerConfigSummary},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub key: ObjectRef<Secret>,
    pub meta: ObjectMeta,
    pub secret_type: SecretType,
    pub content: SecretContent,
    /// Immutable Secrets can only be replaced by a new one.
    pub immutable: bool,
    /// When its data was last written, as `managedFields` tell; `None` where they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
}

impl Secret {
    /// When its data was last written, or else when it was created.
    pub fn written(&self) -> Option<Timestamp> {
        self.changed.max(self.meta.created)
    }

    /// The entries of its configuration, as far as they can be read: also those of one that stops the
    /// pull, and none of one that was not transferred.
    pub fn entries(&self) -> &[AuthSummary] {
        match &self.content {
            SecretContent::Read(summary) => &summary.entries,
            SecretContent::NotTransferred => &[],
        }
    }
}

/// The two types that the kubelet reads credentials from, and all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SecretType {
    DockerConfigJson,
    DockerCfg,
    /// Not read by the kubelet. The name is not known when only metadata was transferred.
    Other(Option<Arc<str>>),
}

impl SecretType {
    pub fn parse(text: &str) -> Self {
        match text {
            "kubernetes.io/dockerconfigjson" => Self::DockerConfigJson,
            "kubernetes.io/dockercfg" => Self::DockerCfg,
            other => Self::Other(Some(other.into())),
        }
    }

    /// Format of the credentials in a Secret of this type; `None`: the kubelet reads none from it.
    pub fn config_format(&self) -> Option<ConfigFormat> {
        match self {
            Self::DockerConfigJson => Some(ConfigFormat::ConfigJson),
            Self::DockerCfg => Some(ConfigFormat::LegacyCfg),
            Self::Other(_) => None,
        }
    }

    pub fn is_pull_secret(&self) -> bool {
        self.config_format().is_some()
    }
}

impl fmt::Display for SecretType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DockerConfigJson => "kubernetes.io/dockerconfigjson",
            Self::DockerCfg => "kubernetes.io/dockercfg",
            Self::Other(Some(text)) => text,
            Self::Other(None) => "another type",
        })
    }
}

/// What became of the Secret's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretContent {
    /// The data was not asked for: the watch of other Secrets transfers metadata only.
    NotTransferred,
    Read(DockerConfigSummary),
}
