//! Credential helpers: `docker-credential-NAME get`, asked over a pipe.
//!
//! The server goes in by its input and the login comes out by its output, as JSON; nothing secret is an
//! argument. It has a time limit and no terminal: a helper that would ask for a passphrase there fails.

use std::{fmt, io, process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};
use zeroize::Zeroizing;

use crate::domain::{
    plan::Credentials,
    registry_auth::{credential::Password, docker_config::IDENTITY_TOKEN_UNSUPPORTED},
};

/// Time limit: enough for a person to unlock a key ring.
const LIMIT: Duration = Duration::from_secs(20);

/// Maximum size of the output; a login is some kilobytes at most.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Why a helper returned no login. Its output is not quoted, as it may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HelperError {
    program: String,
    why: String,
}

impl fmt::Display for HelperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.why)
    }
}

#[derive(Deserialize)]
struct HelperResponse {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Zeroizing<String>,
}

/// Asks a helper for the login of a server.
pub(super) async fn get(name: &str, server: &str) -> Result<Credentials, HelperError> {
    let program = format!("docker-credential-{name}");
    let error = |why: String| HelperError {
        program: program.clone(),
        why,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(error("is not a valid credential helper name".to_owned()));
    }
    let mut command = Command::new(&program);
    command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // Away from the terminal, which the dashboard has.
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn().map_err(|cause| {
        error(match cause.kind() {
            io::ErrorKind::NotFound => "is not on the PATH".to_owned(),
            _ => format!("cannot be run: {cause}"),
        })
    })?;
    let answer = tokio::time::timeout(LIMIT, exchange(child, server)).await;
    let output = match answer {
        Err(_) => {
            return Err(error(format!("timed out after {} s", LIMIT.as_secs())));
        }
        Ok(Err(cause)) => return Err(error(format!("failed: {cause}"))),
        Ok(Ok(None)) => return Err(error(format!("has no login for {server}"))),
        Ok(Ok(Some(output))) => output,
    };
    let answer: HelperResponse =
        serde_json::from_slice(&output).map_err(|_| error("returned no valid login".to_owned()))?;
    // docker-credential-helpers: an identity token has this for a user name.
    if answer.username == "<token>" {
        return Err(error(format!(
            "has the login for {server}, but {IDENTITY_TOKEN_UNSUPPORTED}"
        )));
    }
    Ok(Credentials {
        username: answer.username,
        password: Password::new(answer.secret.as_str()),
    })
}

/// What a helper writes; `None` when it says by its status that it has nothing.
async fn exchange(mut child: Child, server: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read its input says so by its status.
        let _ = input.write_all(format!("{server}\n").as_bytes()).await;
    }
    let mut output = Zeroizing::new(Vec::new());
    if let Some(pipe) = child.stdout.take() {
        pipe.take(MAX_OUTPUT).read_to_end(&mut output).await?;
    }
    let status = child.wait().await?;
    Ok(status.success().then_some(output))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_no_path_and_what_is_not_there_is_told() {
        for (name, expected) in [
            ("../../bin/sh", "is not a valid credential helper name"),
            ("", "is not a valid credential helper name"),
            ("of-nobody-on-earth", "is not on the PATH"),
        ] {
            let why = get(name, "ghcr.io").await.unwrap_err().to_string();
            assert!(why.ends_with(expected), "{why}");
        }
    }
}
