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

use crate::{
    domain::{
        plan::Credentials,
        registry_auth::{credential::Password, docker_config::IDENTITY_TOKEN_UNSUPPORTED},
    },
    process_group::ProcessGroup,
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
    let output = match run(&program, server, LIMIT).await {
        Ok(output) => output.ok_or_else(|| error(format!("has no login for {server}")))?,
        Err(why) => return Err(error(why)),
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

/// Runs a helper; `None` when it has no login. One that is given up ends with all that it started; one that has ended
/// may leave an agent behind, which holds an unlocked key ring.
async fn run(
    program: &str,
    server: &str,
    limit: Duration,
) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let mut command = Command::new(program);
    command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // Away from the terminal, which the dashboard has.
    ProcessGroup::lead(&mut command);
    let child = command.spawn().map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => "is not on the PATH".to_owned(),
        _ => format!("cannot be run: {cause}"),
    })?;
    let group = ProcessGroup::new(&child);
    let output = tokio::time::timeout(limit, exchange(child, server))
        .await
        .map_err(|_| format!("timed out after {} s", limit.as_secs()))?
        .map_err(|cause| format!("failed: {cause}"))?;
    group.disarm();
    Ok(output)
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

    /// The script waits for a child of its own, which holds the other end of a pipe that closes when it is gone.
    #[tokio::test]
    async fn a_helper_that_is_given_up_leaves_no_child_behind() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (program, fifo) = (folder.path().join("helper"), folder.path().join("fifo"));
        let script = format!(
            "#!/bin/sh\nmkfifo {0}\nsleep 600 > {0} &\nwait\n",
            fifo.display()
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = program.to_str().unwrap().to_owned();
        let asked =
            tokio::spawn(async move { run(&program, "ghcr.io", Duration::from_secs(3)).await });
        while !fifo.exists() {
            tokio::task::yield_now().await;
        }
        // Opened when the child opens the other end, read to its end when that child has ended.
        let end = tokio::task::spawn_blocking(move || std::fs::read(fifo));
        let end = tokio::time::timeout(Duration::from_secs(30), end).await;
        assert!(end.unwrap().unwrap().unwrap().is_empty());
        assert_eq!(asked.await.unwrap(), Err("timed out after 3 s".to_owned()));
    }
}
