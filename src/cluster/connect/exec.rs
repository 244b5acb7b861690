//! Credential plugins: the `exec` section of a kubeconfig user.
//!
//! kube runs them itself, but with the terminal as their input, without a time limit and with their
//! output in the error text, and it never asks again after a 401. A dashboard can afford none of
//! these, so the plugin is run here: no input, a process group of its own (a prompt on the terminal
//! stops the plugin, not the screen), time-boxed, its stderr quoted in the error.
//!
//! The protocol is `client.authentication.k8s.io` (v1 and v1beta1 read alike); versions and `interactiveMode` are
//! checked as client-go does (`plugin/pkg/client/auth/exec`, `tools/clientcmd/validation.go`).

use std::{io, process::Stdio, time::Duration};

use jiff::Timestamp;
use kube::config::{ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::{
    cluster::error::{PluginError, PluginErrorKind},
    domain::{registry_auth::credential::Password, sanitize::sanitize},
    process_group::ProcessGroup,
};

/// Time limit of a plugin: enough for one that asks a cloud's token service.
const TIME_LIMIT: Duration = Duration::from_secs(45);

/// Versions of the protocol.
const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// Kind of what a plugin prints.
const KIND: &str = "ExecCredential";

/// Lines of a failed plugin's stderr that an error quotes.
const QUOTED_LINES: usize = 6;

/// A credential plugin. Its environment may hold secrets, so it has no `Debug`.
pub(super) struct ExecPlugin {
    command: String,
    api_version: &'static str,
    config: ExecConfig,
    time_limit: Duration,
}

/// The credential that a plugin returned.
#[derive(Debug)]
pub(super) struct ExecCredential {
    pub(super) token: Option<Password>,
    pub(super) certificate: Option<ClientCertificate>,
    pub(super) expires: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct ClientCertificate {
    pub(super) certificate_pem: String,
    pub(super) key_pem: Password,
}

impl ClientCertificate {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.certificate_pem == other.certificate_pem
            && self.key_pem.expose() == other.key_pem.expose()
    }
}

impl ExecPlugin {
    pub(super) fn new(config: ExecConfig) -> Result<Self, PluginError> {
        let command = config.command.clone().unwrap_or_default();
        let error = |kind| PluginError {
            command: command.clone(),
            kind,
            install_hint: config.install_hint.clone(),
        };
        if command.is_empty() {
            return Err(error(PluginErrorKind::NoCommand));
        }
        let api_version = match config.api_version.as_deref() {
            Some(V1) => V1,
            Some(V1BETA1) => V1BETA1,
            other => {
                let version = sanitize(other.unwrap_or_default());
                return Err(error(PluginErrorKind::UnknownVersion(version)));
            }
        };
        match (&config.interactive_mode, api_version) {
            // In v1beta1 the default is `IfAvailable`, in v1 there is none.
            (None, V1) => return Err(error(PluginErrorKind::NoInteractiveMode)),
            (Some(ExecInteractiveMode::Always), _) => {
                return Err(error(PluginErrorKind::NeedsTerminal));
            }
            (None | Some(ExecInteractiveMode::Never | ExecInteractiveMode::IfAvailable), _) => {}
        }
        Ok(Self {
            command,
            api_version,
            config,
            time_limit: TIME_LIMIT,
        })
    }

    /// Runs the plugin once.
    pub(super) async fn run(&self) -> Result<ExecCredential, PluginError> {
        let mut command = self.command();
        let running = async {
            let child = command.spawn()?;
            let group = ProcessGroup::new(&child);
            let output = child.wait_with_output().await;
            group.disarm();
            output
        };
        let output = match tokio::time::timeout(self.time_limit, running).await {
            Err(_) => return Err(self.error(PluginErrorKind::TimedOut(self.time_limit))),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.error(PluginErrorKind::NotFound));
            }
            Ok(Err(error)) => {
                return Err(self.error(PluginErrorKind::NotStarted(error.to_string())));
            }
            Ok(Ok(output)) => output,
        };
        let stdout = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(self.error(PluginErrorKind::Failed {
                status: output.status.to_string(),
                stderr: last_lines(&output.stderr),
            }));
        }
        self.parse_output(&stdout)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.command);
        command
            .args(self.config.args.iter().flatten())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        ProcessGroup::lead(&mut command);
        for pair in self.config.env.iter().flatten() {
            if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                command.env(name, value);
            }
        }
        if let Ok(info) = serde_json::to_string(&ExecInfo::new(&self.config)) {
            command.env("KUBERNETES_EXEC_INFO", info);
        }
        command
    }

    fn parse_output(&self, stdout: &[u8]) -> Result<ExecCredential, PluginError> {
        let answer: ExecResponse =
            serde_json::from_slice(stdout).map_err(|_| self.error(PluginErrorKind::Unreadable))?;
        if answer.kind.as_deref() != Some(KIND) {
            return Err(self.error(PluginErrorKind::Unreadable));
        }
        let returned = answer.api_version.unwrap_or_default();
        if returned != self.api_version {
            return Err(self.error(PluginErrorKind::OtherVersion {
                configured: self.api_version,
                returned: sanitize(&returned),
            }));
        }
        let status = answer
            .status
            .ok_or_else(|| self.error(PluginErrorKind::Empty))?;
        let given = |text: &String| !text.is_empty();
        let certificate = status.client_certificate_data.filter(given);
        let key = status.client_key_data.filter(|key| !key.is_empty());
        let certificate = match (certificate, key) {
            (Some(certificate_pem), Some(key)) => Some(ClientCertificate {
                certificate_pem,
                key_pem: Password::new(key.as_str()),
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(self.error(PluginErrorKind::HalfCertificate));
            }
        };
        let token = status.token.filter(|token| !token.is_empty());
        let token = token.map(|token| Password::new(token.as_str()));
        if token.is_none() && certificate.is_none() {
            return Err(self.error(PluginErrorKind::Empty));
        }
        Ok(ExecCredential {
            token,
            certificate,
            expires: status
                .expiration_timestamp
                .and_then(|time| time.parse().ok()),
        })
    }

    pub(super) fn is_slow(&self, time: Duration) -> PluginError {
        self.error(PluginErrorKind::Slow(time))
    }

    /// The error of a credential that no client can be made with.
    pub(super) fn unusable(&self, why: &kube::Error) -> PluginError {
        self.error(PluginErrorKind::Unusable(why.to_string()))
    }

    fn error(&self, fault: PluginErrorKind) -> PluginError {
        PluginError {
            command: self.command.clone(),
            kind: fault,
            install_hint: self.config.install_hint.clone(),
        }
    }
}

/// The end of what the plugin complained of, in one line and without what a terminal would obey.
fn last_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<String> = text
        .lines()
        .map(sanitize)
        .filter(|line| !line.is_empty())
        .collect();
    let skipped = lines.len().saturating_sub(QUOTED_LINES);
    lines.get(skipped..).unwrap_or_default().join(" / ")
}

/// What the plugin is told in `KUBERNETES_EXEC_INFO`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecInfo<'a> {
    api_version: Option<&'a str>,
    kind: &'static str,
    spec: ExecSpec<'a>,
}

#[derive(Serialize)]
struct ExecSpec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
}

impl<'a> ExecInfo<'a> {
    fn new(config: &'a ExecConfig) -> Self {
        Self {
            api_version: config.api_version.as_deref(),
            kind: KIND,
            spec: ExecSpec {
                interactive: false,
                cluster: config
                    .cluster
                    .as_ref()
                    .filter(|_| config.provide_cluster_info),
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecResponse {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    expiration_timestamp: Option<String>,
    token: Option<Zeroizing<String>>,
    client_certificate_data: Option<String>,
    client_key_data: Option<Zeroizing<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(script: &str) -> ExecPlugin {
        ExecPlugin::new(ExecConfig {
            command: Some("sh".into()),
            args: Some(vec!["-c".into(), script.into()]),
            api_version: Some(V1.into()),
            interactive_mode: Some(ExecInteractiveMode::Never),
            install_hint: Some("install the lab plugin".into()),
            ..ExecConfig::default()
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_token_with_its_expiry_is_read() {
        let credential = plugin(
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"abc","expirationTimestamp":"2030-01-02T03:04:05Z"}}'"#,
        )
        .run()
        .await
        .unwrap();
        assert_eq!(credential.token.unwrap().expose(), "abc");
        assert_eq!(
            credential.expires,
            Some("2030-01-02T03:04:05Z".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn the_plugin_reads_no_terminal_and_is_told_so() {
        let credential = plugin(
            r#"if read line; then exit 9; fi
               case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 8;; esac
               echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}'"#,
        )
        .run()
        .await;
        assert!(credential.is_ok(), "{credential:?}");
    }

    #[tokio::test]
    async fn a_failing_plugin_is_quoted_by_stderr_and_never_by_stdout() {
        let error = plugin("echo SECRET-TOKEN; printf 'token \\033[31mhas expired\\n' >&2; exit 3")
            .run()
            .await
            .unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            "credential plugin sh failed (exit status: 3): token [31mhas expired"
        );
        assert!(!format!("{error:?}").contains("SECRET"));
        assert_eq!(
            error.install_hint.as_deref(),
            Some("install the lab plugin")
        );
    }

    #[tokio::test]
    async fn a_missing_plugin_is_called_missing() {
        let plugin = ExecPlugin::new(ExecConfig {
            command: Some("/nonexistent/plugin".into()),
            api_version: Some(V1BETA1.into()),
            ..ExecConfig::default()
        })
        .unwrap();
        assert_eq!(
            plugin.run().await.unwrap_err().kind,
            PluginErrorKind::NotFound
        );
    }

    #[tokio::test]
    async fn a_hanging_plugin_is_given_up() {
        let mut plugin = plugin("exec sleep 600");
        plugin.time_limit = Duration::from_millis(50);
        let fault = plugin.run().await.unwrap_err().kind;
        assert_eq!(fault, PluginErrorKind::TimedOut(Duration::from_millis(50)));
    }

    #[tokio::test]
    async fn an_answer_without_a_credential_is_no_credential() {
        let of = |status: &str| {
            format!(r#"{{"apiVersion":"{V1}","kind":"ExecCredential","status":{status}}}"#)
        };
        for (answer, fault) in [
            ("not json".to_owned(), PluginErrorKind::Unreadable),
            ("{}".to_owned(), PluginErrorKind::Unreadable),
            (of("null"), PluginErrorKind::Empty),
            (of(r#"{"token":""}"#), PluginErrorKind::Empty),
            (
                of(r#"{"token":"t","clientKeyData":"k"}"#),
                PluginErrorKind::HalfCertificate,
            ),
            (
                of(r#"{"token":"t"}"#).replace("ExecCredential", "Pod"),
                PluginErrorKind::Unreadable,
            ),
            (
                of(r#"{"token":"t"}"#).replace(V1, V1BETA1),
                PluginErrorKind::OtherVersion {
                    configured: V1,
                    returned: V1BETA1.to_owned(),
                },
            ),
        ] {
            let got = plugin(&format!("echo '{answer}'"))
                .run()
                .await
                .unwrap_err()
                .kind;
            assert_eq!(got, fault, "{answer}");
        }
    }

    /// As client-go: an unknown version, v1 without `interactiveMode`, and a mode that needs the terminal.
    #[test]
    fn a_plugin_that_cannot_work_is_refused_before_it_runs() {
        use ExecInteractiveMode::{Always, IfAvailable, Never};
        let new = |version: Option<&str>, mode| {
            let plugin = ExecPlugin::new(ExecConfig {
                command: Some("sh".into()),
                api_version: version.map(str::to_owned),
                interactive_mode: mode,
                ..ExecConfig::default()
            });
            plugin.map(|_| ()).map_err(|error| error.kind)
        };
        let alpha = "client.authentication.k8s.io/v1alpha1";
        let unknown = |text: &str| Err(PluginErrorKind::UnknownVersion(text.to_owned()));
        for (version, mode, expected) in [
            (Some(V1), Some(Never), Ok(())),
            (Some(V1), Some(IfAvailable), Ok(())),
            (Some(V1), None, Err(PluginErrorKind::NoInteractiveMode)),
            (Some(V1), Some(Always), Err(PluginErrorKind::NeedsTerminal)),
            (Some(V1BETA1), None, Ok(())),
            (
                Some(V1BETA1),
                Some(Always),
                Err(PluginErrorKind::NeedsTerminal),
            ),
            (Some(alpha), Some(Never), unknown(alpha)),
            (None, Some(Never), unknown("")),
        ] {
            assert_eq!(new(version, mode.clone()), expected, "{version:?} {mode:?}");
        }
    }
}
