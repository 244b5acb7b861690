//! Reads logins from Docker and Podman configurations and their credential helpers.
//!
//! Of a configuration only the login for one registry is taken.

mod helper;

use std::{
    env, io,
    path::{Path, PathBuf},
};

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use crate::domain::{
    plan::Credentials,
    registry_auth::docker_config::{CredentialLocation, locate},
    shell,
};

/// Maximum size of a configuration file; usual ones have some kilobytes.
const MAX_CONFIG_SIZE: u64 = 4 * 1024 * 1024;

/// A login, and a description of its source.
#[derive(Clone, Debug)]
pub struct LocalLogin {
    pub login: Credentials,
    pub from: String,
}

/// Finds the login for a server, in this file or in the files of Docker and Podman.
///
/// # Errors
///
/// Why there is none, as a sentence.
pub async fn login(path: Option<&str>, server: &str) -> Result<LocalLogin, String> {
    if let Some(path) = path {
        let path = shell::expand_home(path, home().as_deref());
        return match in_file(&path, server).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(others)) => Err(missing_entry_message(&path, server, &others)),
            Err(why) => Err(why),
        };
    }
    let mut last = None;
    for path in config_paths() {
        match in_file(&path, server).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(others)) => last = Some(missing_entry_message(&path, server, &others)),
            Err(why) if path.exists() => last = Some(why),
            Err(_) => {}
        }
    }
    Err(last.unwrap_or_else(|| "no Docker or Podman configuration found".to_owned()))
}

/// Where Docker and Podman keep logins, in the order in which they are looked at here.
fn config_paths() -> Vec<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let under = |name: &str, rest: &str| variable(name).map(|path| PathBuf::from(path).join(rest));
    let home = home();
    let at_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
    [
        variable("REGISTRY_AUTH_FILE").map(PathBuf::from),
        under("DOCKER_CONFIG", "config.json").or_else(|| at_home(".docker/config.json")),
        under("XDG_RUNTIME_DIR", "containers/auth.json"),
        under("XDG_CONFIG_HOME", "containers/auth.json")
            .or_else(|| at_home(".config/containers/auth.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn home() -> Option<PathBuf> {
    env::home_dir()
}

fn missing_entry_message(path: &Path, server: &str, others: &[String]) -> String {
    let path = path.display();
    if others.is_empty() {
        format!("{path} has no login")
    } else {
        format!(
            "{path} has no login for {server}, only for {}",
            others.join(", ")
        )
    }
}

/// The login, or the registries that the file has others for; an error where it cannot be read.
async fn in_file(path: &Path, server: &str) -> Result<Result<LocalLogin, Vec<String>>, String> {
    let shown = path.display();
    let text = read(path)
        .await
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    let place = locate(&text, server).map_err(|why| format!("{shown}: {why}"))?;
    match place {
        CredentialLocation::Inline(entry) => Ok(Ok(LocalLogin {
            login: Credentials {
                username: entry.username.to_string(),
                password: entry.password,
            },
            from: format!("from {shown}"),
        })),
        CredentialLocation::Helper { name, server } => {
            let login = helper::get(&name, &server)
                .await
                .map_err(|why| why.to_string())?;
            Ok(Ok(LocalLogin {
                login,
                from: format!("from docker-credential-{name}"),
            }))
        }
        CredentialLocation::NotFound { others } => {
            Ok(Err(others.iter().map(ToString::to_string).collect()))
        }
        CredentialLocation::Unusable(why) => Err(format!("{shown}: {why}")),
    }
}

async fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = tokio::fs::File::open(path).await?;
    let mut text = Zeroizing::new(Vec::new());
    file.take(MAX_CONFIG_SIZE + 1)
        .read_to_end(&mut text)
        .await?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_CONFIG_SIZE {
        return Err(io::Error::other("too large for a configuration"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn only_the_login_for_the_registry_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let text = r#"{"auths":{"ghcr.io":{"auth":"Z2g6Y2FuYXJ5LWE="},"quay.io":{"auth":"cXU6Y2FuYXJ5LWI="}}}"#;
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let found = login(Some(path), "ghcr.io").await.unwrap();
        assert_eq!(found.login.username, "gh");
        assert_eq!(found.login.password.expose(), "canary-a");
        assert!(!format!("{found:?}").contains("canary"));
        let why = login(Some(path), "r.example").await.unwrap_err();
        assert!(
            why.contains("only for ghcr.io, quay.io") && !why.contains("canary"),
            "{why}"
        );
        let why = login(Some("/nonexistent/config.json"), "r.example")
            .await
            .unwrap_err();
        assert!(
            why.starts_with("cannot read /nonexistent/config.json"),
            "{why}"
        );
    }
}
