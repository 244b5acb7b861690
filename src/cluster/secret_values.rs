//! Reads the values of one Secret on demand: for probes, reveal and rotation. Watches keep fingerprints only.
//!
//! Also reads the pull secrets of a ServiceAccount, for commands without watches.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    ApiError, Connection,
    decode::{self, Interner},
    paths, request,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Secret, SecretType, ServiceAccount},
    },
    registry_auth::docker_config::{self, ConfigFormat, DockerConfig},
};

/// A Secret as the kubelet reads it, with its passwords.
///
/// It is not kept longer than it takes to use it.
#[derive(Debug)]
pub struct PullSecret {
    pub secret_type: SecretType,
    /// `None`: of a type, or without the key, that the kubelet passes over in silence.
    pub config: Option<DockerConfig>,
}

#[derive(Deserialize)]
struct WireSecretValues {
    #[serde(default, rename = "type")]
    secret_type: String,
    data: Option<Data>,
}

/// The two keys that are read, in base64; others are not decoded.
#[derive(Default, Deserialize)]
struct Data {
    #[serde(rename = ".dockerconfigjson")]
    config_json: Option<Zeroizing<String>>,
    #[serde(rename = ".dockercfg")]
    legacy: Option<Zeroizing<String>>,
}

/// Fetches a Secret and parses it as the kubelet does.
pub async fn pull_secret(
    connection: &Connection,
    key: &ObjectRef<Secret>,
) -> Result<PullSecret, ApiError> {
    let path = paths::secret(key);
    read(request::get(&connection.client, &path, connection.request_limit).await?)
}

/// Fetches a ServiceAccount: its pull secrets, which admission copies into Pods without their own, and its cloud
/// identities.
pub async fn service_account(
    connection: &Connection,
    key: &ObjectRef<ServiceAccount>,
) -> Result<ServiceAccount, ApiError> {
    let request = request::get_request(&paths::account(key))?;
    let bytes = request::read_body(&connection.client, request, connection.request_limit).await?;
    let mut texts = Interner::default();
    decode::object(&decode::ServiceAccountDecoder, &bytes, &mut texts)
}

fn read(wire: WireSecretValues) -> Result<PullSecret, ApiError> {
    let secret_type = SecretType::parse(&wire.secret_type);
    let data = wire.data.unwrap_or_default();
    let content = secret_type.config_format().and_then(|format| {
        let text = match format {
            ConfigFormat::ConfigJson => data.config_json,
            ConfigFormat::LegacyCfg => data.legacy,
        };
        text.map(|text| config(format, &text))
    });
    let config = content.transpose()?;
    Ok(PullSecret {
        secret_type,
        config,
    })
}

fn config(format: ConfigFormat, encoded: &str) -> Result<DockerConfig, ApiError> {
    let bytes = BASE64_STANDARD.decode(encoded).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| ApiError::Decode(error.to_string()))?;
    Ok(docker_config::read(format, &bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fetched(secret: serde_json::Value) -> PullSecret {
        read(serde_json::from_value(secret).unwrap()).unwrap()
    }

    #[test]
    fn what_the_kubelet_reads_is_read_and_nothing_else() {
        let encoded = BASE64_STANDARD.encode(r#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#);
        let secret = |kind: &str| json!({"type": kind, "data": {".dockerconfigjson": encoded}});
        let found = fetched(secret("kubernetes.io/dockerconfigjson"));
        assert_eq!(&*found.config.unwrap().entries[0].server, "ghcr.io");
        assert!(fetched(secret("Opaque")).config.is_none());
        assert!(fetched(secret("kubernetes.io/dockercfg")).config.is_none());
        assert!(fetched(json!({})).config.is_none());
    }
}
