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
    /// The kubeconfig's `apiVersion` is not one of the protocol.
    UnknownVersion(String),
    /// `interactiveMode` is required with v1.
    NoInteractiveMode,
    /// `interactiveMode: Always`.
    NeedsTerminal,
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
    /// An ExecCredential of another version than the kubeconfig's.
    OtherVersion {
        configured: &'static str,
        returned: String,
    },
    Empty,
    /// A certificate without its key, or the other way round.
    HalfCertificate,
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
            PluginErrorKind::UnknownVersion(version) => write!(
                f,
                "credential plugin {command}: invalid apiVersion {version:?} in the kubeconfig"
            ),
            PluginErrorKind::NoInteractiveMode => write!(
                f,
                "credential plugin {command}: interactiveMode must be specified in the kubeconfig"
            ),
            PluginErrorKind::NeedsTerminal => write!(
                f,
                "credential plugin {command} needs a terminal (interactiveMode: Always)"
            ),
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
            PluginErrorKind::OtherVersion {
                configured,
                returned,
            } => write!(
                f,
                "credential plugin {command} returned apiVersion {returned:?}, configured is {configured}"
            ),
            PluginErrorKind::HalfCertificate => write!(
                f,
                "credential plugin {command} returned only a certificate or only a key"
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
