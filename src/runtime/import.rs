//! Imports a credential for a form: from this machine or from a Secret of the cluster.

use std::env;

use crate::{
    app::form::{ImportSource, ImportedLogin},
    cluster::{Connection, secret_values},
    domain::{
        plan::Credentials,
        registry_auth::{credential::Password, docker_config},
    },
    registry::local,
};

/// The login for a server, or in words why there is none.
pub(super) async fn read(
    connection: Option<Connection>,
    origin: ImportSource,
    server: &str,
) -> Result<ImportedLogin, String> {
    match origin {
        ImportSource::File(path) => {
            let found = local::login(path.as_deref(), server).await?;
            Ok(ImportedLogin {
                login: found.login,
                from: found.from,
            })
        }
        ImportSource::Variable(name) => {
            let value = env::var(&name).map_err(|error| match error {
                env::VarError::NotPresent => format!("${name} is not set"),
                env::VarError::NotUnicode(_) => format!("${name} is not valid text"),
            })?;
            Ok(ImportedLogin {
                login: Credentials {
                    username: String::new(),
                    password: Password::new(value.trim_end_matches(['\r', '\n'])),
                },
                from: format!("from ${name}"),
            })
        }
        ImportSource::Secret(key) => {
            let connection = connection.ok_or("not connected")?;
            let secret = secret_values::pull_secret(&connection, &key)
                .await
                .map_err(|error| format!("cannot read Secret {key}: {error}"))?;
            let config = secret
                .config
                .ok_or_else(|| format!("Secret {key} is not a pull secret"))?;
            let entry = docker_config::find_auth(&config.entries, server)
                .ok_or_else(|| format!("Secret {key} has no entry for {server}"))?;
            Ok(ImportedLogin {
                login: Credentials {
                    username: entry.username.to_string(),
                    password: entry.password.clone(),
                },
                from: format!("from Secret {key}"),
            })
        }
    }
}
