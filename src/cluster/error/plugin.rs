//! Errors of credential plugins.

use std::{fmt, time::Duration};

/// Why a plugin returned no credential. It never holds standard output, which may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginError {
    pub command: String,
    pub kind: PluginErrorKind,
    /// `installHint` of the kubeconfig.
    pub install_hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginErrorKind {
    NoCommand,
    NotFound,
    NotStarted(String),
    Failed {
        status: String,
        stderr: String,
    },
    TimedOut(Duration),
    /// It is still being waited for.
    Slow(Duration),
    Unreadable,
    Empty,
    /// Its certificate, key or token cannot be used, and why.
    Unusable(String),
}

impl std::error::Error for PluginError {}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = &self.command;
        match &self.kind {
            PluginErrorKind::NoCommand => {
                f.write_str("the kubeconfig has no command for its credential plugin")
            }
            PluginErrorKind::NotFound => write!(f, "credential plugin {command} is not installed"),
            PluginErrorKind::NotStarted(why) => {
                write!(f, "credential plugin {command} could not be started: {why}")
            }
            PluginErrorKind::Failed { status, stderr } if stderr.is_empty() => {
                write!(
                    f,
                    "credential plugin {command} failed ({status}) without a message"
                )
            }
            PluginErrorKind::Failed { status, stderr } => {
                write!(f, "credential plugin {command} failed ({status}): {stderr}")
            }
            PluginErrorKind::TimedOut(limit) => write!(
                f,
                "credential plugin {command} returned no credential within {} s",
                limit.as_secs()
            ),
            PluginErrorKind::Slow(time) => write!(
                f,
                "credential plugin {command} has not answered for {} s",
                time.as_secs()
            ),
            PluginErrorKind::Unreadable => write!(
                f,
                "credential plugin {command} did not print an ExecCredential"
            ),
            PluginErrorKind::Empty => write!(
                f,
                "credential plugin {command} printed an ExecCredential without a token or certificate"
            ),
            PluginErrorKind::Unusable(why) => write!(
                f,
                "credential plugin {command} returned a credential that cannot be used: {why}"
            ),
        }
    }
}
