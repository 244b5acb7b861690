//! Finds the credential for a registry in a Docker configuration.
//!
//! Docker asks a helper where the configuration names one (`credHelpers` for a registry, `credsStore`
//! for all), and else reads `auths` (docker/cli `cli/config/configfile`). Podman knows no `credsStore`
//! and writes its passwords into `auths` beside it (containers-auth.json(5)): so a password that stands
//! there is taken before the store is asked.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{AuthConfig, AuthProblem, ConfigFormat, read};
use crate::domain::registry_auth::registries::registry_of;

/// Location of the credential for a registry.
#[derive(Clone, Debug)]
pub enum CredentialLocation {
    Inline(AuthConfig),
    /// A program that is asked for it: `docker-credential-NAME`, with this server on its input.
    Helper {
        name: String,
        server: String,
    },
    /// Not found; the configuration has these servers.
    NotFound {
        others: Vec<Arc<str>>,
    },
    /// Found, but not usable by the kubelet.
    Unusable(&'static str),
}

#[derive(Default, Deserialize)]
struct Helpers {
    #[serde(default, rename = "credHelpers")]
    by_server: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

/// Locates the credential for a server.
pub fn locate(text: &[u8], server: &str) -> Result<CredentialLocation, String> {
    let config = read(ConfigFormat::ConfigJson, text);
    if let Some(malformation) = &config.malformed {
        return Err(malformation.to_string());
    }
    // What has another shape than helpers have names none.
    let helpers: Helpers = serde_json::from_slice(text).unwrap_or_default();
    let own = helpers
        .by_server
        .iter()
        .find(|(key, _)| same_registry(key, server));
    if let Some((key, name)) = own {
        return Ok(CredentialLocation::Helper {
            name: name.clone(),
            server: key.clone(),
        });
    }
    let entry = find_auth(&config.entries, server);
    if let Some(entry) = entry.filter(|entry| !entry.password.expose().is_empty()) {
        return Ok(CredentialLocation::Inline(entry.clone()));
    }
    if entry.is_some_and(|entry| entry.problems.contains(&AuthProblem::TokenIgnored)) {
        return Ok(CredentialLocation::Unusable(IDENTITY_TOKEN_UNSUPPORTED));
    }
    Ok(match helpers.store {
        Some(name) => CredentialLocation::Helper {
            name,
            server: entry.map_or_else(|| server.to_owned(), |entry| entry.server.to_string()),
        },
        None => CredentialLocation::NotFound {
            others: config
                .entries
                .iter()
                .map(|entry| Arc::clone(&entry.server))
                .collect(),
        },
    })
}

/// Finds the entry for a server: with the same key, else for the same registry.
pub fn find_auth<'a>(entries: &'a [AuthConfig], server: &str) -> Option<&'a AuthConfig> {
    let exact = entries.iter().find(|entry| *entry.server == *server);
    exact.or_else(|| {
        entries
            .iter()
            .find(|entry| same_registry(&entry.server, server))
    })
}

/// Why an identity token is useless: the kubelet reads neither `identitytoken` nor `registrytoken`.
pub const IDENTITY_TOKEN_UNSUPPORTED: &str =
    "the kubelet does not read identity tokens: create an access token";

fn same_registry(one: &str, other: &str) -> bool {
    registry_of(one) == registry_of(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, server: &str) -> String {
        match locate(text.as_bytes(), server) {
            Ok(CredentialLocation::Inline(entry)) => {
                format!("{} as {}", entry.server, entry.username)
            }
            Ok(CredentialLocation::Helper { name, server }) => format!("{name} for {server}"),
            Ok(CredentialLocation::NotFound { others }) => {
                format!("not among {}", others.join(" "))
            }
            Ok(CredentialLocation::Unusable(_)) => "useless".to_owned(),
            Err(_) => "malformed".to_owned(),
        }
    }

    #[test]
    fn the_login_of_a_registry_is_found_where_docker_finds_it() {
        let two = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"aHViOnA="},"ghcr.io":{"auth":"Z2g6cA=="}}}"#;
        let helpers = r#"{"auths":{"ghcr.io":{}},"credsStore":"secretservice","credHelpers":{"quay.io":"pass"}}"#;
        let podman = r#"{"auths":{"quay.io":{"auth":"cG9kOnA="}},"credsStore":"desktop"}"#;
        let token = r#"{"auths":{"r.example":{"identitytoken":"x"}}}"#;
        for (text, server, expected) in [
            (two, "ghcr.io", "ghcr.io as gh"),
            (two, "https://ghcr.io", "ghcr.io as gh"),
            (two, "docker.io", "https://index.docker.io/v1/ as hub"),
            (
                two,
                "quay.io",
                "not among https://index.docker.io/v1/ ghcr.io",
            ),
            (helpers, "ghcr.io", "secretservice for ghcr.io"),
            (helpers, "quay.io", "pass for quay.io"),
            (helpers, "r.example", "secretservice for r.example"),
            (podman, "quay.io", "quay.io as pod"),
            (token, "r.example", "useless"),
            ("no json", "ghcr.io", "malformed"),
            ("{}", "ghcr.io", "not among "),
        ] {
            assert_eq!(found(text, server), expected, "{server}");
        }
    }
}
