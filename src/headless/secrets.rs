//! Reads pull secrets from files: Docker configurations, and manifests in YAML or JSON.
//!
//! A manifest is read as the API server would store it (`stringData` over `data`, which is base64);
//! what is in it is read by `domain::registry_auth::docker_config`, as the kubelet would.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::{
    k8s::objects::SecretType,
    registry_auth::docker_config::{self, ConfigFormat, DockerConfig},
};

/// A pull secret of a manifest, or a Docker configuration file.
#[derive(Debug)]
pub(super) struct SecretSource {
    pub name: String,
    /// `None`: the kubelet skips it for its type, or for want of the key of that type.
    pub config: Option<DockerConfig>,
}

#[derive(Deserialize)]
struct SecretManifest {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default, rename = "type")]
    secret_type: Option<String>,
    #[serde(default)]
    data: Option<SecretData>,
    #[serde(default, rename = "stringData")]
    string_data: Option<SecretData>,
    #[serde(default)]
    items: Vec<SecretManifest>,
}

/// Values of `data`, zeroized on drop: among them are passwords.
type SecretData = BTreeMap<String, Option<Zeroizing<String>>>;

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: Option<String>,
}

/// Reads the Secrets of a file, or of standard input for `-`, in their order.
pub(super) fn load(path: &Path, stdin: &mut impl Read) -> Result<Vec<SecretSource>, String> {
    let bytes = read_bytes(path, stdin).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(path, &bytes)
}

fn read_bytes(path: &Path, stdin: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    if path.as_os_str() != "-" {
        return fs::read(path).map(Zeroizing::new);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    stdin.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<SecretSource>, String> {
    let Some(documents) = parse_manifests(bytes) else {
        return Ok(vec![from_docker_config(path, bytes)]);
    };
    let mut sources = Vec::new();
    for document in documents {
        collect_secrets(document, path, &mut sources)?;
    }
    Ok(sources)
}

/// Documents of a manifest; `None` when the file is a Docker configuration, or is broken as one.
fn parse_manifests(bytes: &[u8]) -> Option<Vec<SecretManifest>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let documents: Vec<Option<SecretManifest>> = serde_saphyr::from_multiple(text).ok()?;
    let documents: Vec<_> = documents.into_iter().flatten().collect();
    documents
        .iter()
        .any(|document| document.kind.is_some())
        .then_some(documents)
}

fn from_docker_config(path: &Path, bytes: &[u8]) -> SecretSource {
    let name = file_name(path);
    let format = if name.ends_with("dockercfg") {
        ConfigFormat::LegacyCfg
    } else {
        ConfigFormat::ConfigJson
    };
    SecretSource {
        config: Some(docker_config::read(format, bytes)),
        name,
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn collect_secrets(
    document: SecretManifest,
    path: &Path,
    sources: &mut Vec<SecretSource>,
) -> Result<(), String> {
    match document.kind.as_deref() {
        Some("Secret") => sources.push(from_manifest(&document, path)?),
        // Items of a SecretList may leave out their kind.
        Some("SecretList") => {
            for item in document.items {
                sources.push(from_manifest(&item, path)?);
            }
        }
        Some("List") => {
            for item in document.items {
                collect_secrets(item, path, sources)?;
            }
        }
        Some(_) | None => {}
    }
    Ok(())
}

fn from_manifest(document: &SecretManifest, path: &Path) -> Result<SecretSource, String> {
    let name = document
        .metadata
        .name
        .clone()
        .unwrap_or_else(|| file_name(path));
    let kind = SecretType::parse(document.secret_type.as_deref().unwrap_or("Opaque"));
    let mut config = None;
    if let Some(format) = kind.config_format()
        && let Some(bytes) =
            content(document, format.data_key()).map_err(|why| format!("secret {name}: {why}"))?
    {
        config = Some(docker_config::read(format, &bytes));
    }
    Ok(SecretSource { name, config })
}

fn content(document: &SecretManifest, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let plain = document.string_data.as_ref().and_then(|data| data.get(key));
    if let Some(Some(text)) = plain {
        return Ok(Some(Zeroizing::new(text.as_bytes().to_vec())));
    }
    let Some(Some(encoded)) = document.data.as_ref().and_then(|data| data.get(key)) else {
        return Ok(None);
    };
    let encoded: Zeroizing<String> = Zeroizing::new(encoded.split_whitespace().collect());
    match BASE64_STANDARD.decode(encoded.as_bytes()) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) => Err(format!("data[{key}] is not base64: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(name: &str, text: &str) -> Vec<(String, Option<Vec<String>>)> {
        parse(Path::new(name), text.as_bytes())
            .unwrap()
            .into_iter()
            .map(|source| {
                let servers = |config: DockerConfig| {
                    config
                        .entries
                        .iter()
                        .map(|entry| entry.server.to_string())
                        .collect()
                };
                (source.name, source.config.map(servers))
            })
            .collect()
    }

    #[test]
    fn docker_configurations_are_told_from_manifests() {
        let ghcr = || Some(vec!["ghcr.io".to_owned()]);
        let config = r#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#;
        let encoded = BASE64_STANDARD.encode(config);
        for (name, text, expected) in [
            (
                "/x/config.json",
                config.to_owned(),
                vec![("config.json".to_owned(), ghcr())],
            ),
            (
                ".dockercfg",
                r#"{"ghcr.io":{"auth":"dTpw"}}"#.to_owned(),
                vec![(".dockercfg".to_owned(), ghcr())],
            ),
            (
                "s.yaml",
                format!(
                    "kind: Secret\nmetadata: {{name: a}}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {encoded}\n---\nkind: Secret\nmetadata: {{name: b}}\ntype: Opaque\n"
                ),
                vec![("a".to_owned(), ghcr()), ("b".to_owned(), None)],
            ),
            (
                "l.json",
                format!(
                    r#"{{"kind":"List","items":[{{"kind":"Secret","metadata":{{"name":"c"}},"type":"kubernetes.io/dockerconfigjson","stringData":{{".dockerconfigjson":{}}}}}]}}"#,
                    serde_json::to_string(config).unwrap()
                ),
                vec![("c".to_owned(), ghcr())],
            ),
        ] {
            assert_eq!(servers(name, &text), expected, "{name}");
        }
    }

    #[test]
    fn data_that_is_no_base64_is_refused_as_the_api_server_does() {
        let text = "kind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: '%'}\n";
        assert!(
            parse(Path::new("s.yaml"), text.as_bytes())
                .unwrap_err()
                .contains("secret a")
        );
    }
}
