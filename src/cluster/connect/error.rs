//! Connection errors: what failed, the cause and the next step.

use std::{fmt, path::PathBuf};

use jiff::Timestamp;

use crate::{
    cluster::{
        ApiError,
        error::{PluginErrorKind, TlsError},
    },
    domain::{error::UserError, suggest::did_you_mean},
};

/// An error of connecting. `Display` prints message, cause and next step on separate lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    NoKubeconfig {
        looked_at: Vec<PathBuf>,
    },
    KubeconfigUnreadable {
        path: PathBuf,
        why: String,
    },
    KubeconfigInvalid {
        path: PathBuf,
        line: Option<u64>,
    },
    KubeconfigContradicts {
        path: PathBuf,
        why: String,
    },
    NoCurrentContext {
        known: Vec<String>,
    },
    UnknownContext {
        name: String,
        known: Vec<String>,
    },
    /// The context names a cluster that no file defines.
    UnknownCluster {
        context: String,
        cluster: String,
    },
    /// The context names a user that no file defines.
    UnknownUser {
        context: String,
        user: String,
    },
    /// The entry of the cluster or the user cannot be used: an address, a file, a key.
    BadEntry {
        context: String,
        why: String,
    },
    /// Inside a Pod without the files of its ServiceAccount.
    InCluster {
        why: String,
    },
    ClientCertificateExpired {
        user: Option<String>,
        since: Timestamp,
    },
    Refused {
        server: String,
        user: Option<String>,
        error: Box<ApiError>,
    },
}

impl ConnectError {
    /// The first line: what could not be done.
    fn summary(&self) -> String {
        match self {
            Self::NoKubeconfig { .. } => "no kubeconfig found".into(),
            Self::KubeconfigUnreadable { path, .. } => {
                format!("cannot read the kubeconfig {}", path.display())
            }
            Self::KubeconfigInvalid {
                path,
                line: Some(line),
            } => {
                format!("invalid kubeconfig {} at line {line}", path.display())
            }
            Self::KubeconfigInvalid { path, line: None } => {
                format!("invalid kubeconfig {}", path.display())
            }
            Self::KubeconfigContradicts { path, .. } => {
                format!("kubeconfig {} conflicts with the others", path.display())
            }
            Self::NoCurrentContext { .. } => "the kubeconfig has no current context".into(),
            Self::UnknownContext { name, .. } => format!("context {name} does not exist"),
            Self::UnknownCluster { context, cluster } => {
                format!("context {context} uses the undefined cluster {cluster}")
            }
            Self::UnknownUser { context, user } => {
                format!("context {context} uses the undefined user {user}")
            }
            Self::BadEntry { context, .. } => format!("context {context} cannot be used"),
            Self::InCluster { .. } => "cannot use the ServiceAccount of this Pod".into(),
            Self::ClientCertificateExpired { user, .. } => {
                format!(
                    "the client certificate{} has expired",
                    for_user(user.as_deref())
                )
            }
            Self::Refused {
                server,
                error,
                user,
            } => match &**error {
                ApiError::Unauthorized(_) => {
                    format!("{server} rejects the login{}", for_user(user.as_deref()))
                }
                ApiError::Plugin(_) => {
                    format!(
                        "cannot get a credential{} for {server}",
                        for_user(user.as_deref())
                    )
                }
                _ => format!("cannot reach {server}"),
            },
        }
    }

    /// The second line: why, as far as it is known.
    fn cause(&self) -> String {
        match self {
            Self::NoKubeconfig { looked_at } if looked_at.is_empty() => {
                "KUBECONFIG is not set, and there is no home directory".into()
            }
            Self::NoKubeconfig { looked_at } => {
                let paths: Vec<String> = looked_at
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect();
                format!("nothing found at {}", paths.join(", "))
            }
            Self::KubeconfigInvalid { .. } => "it is not valid YAML, or not a kubeconfig".into(),
            Self::KubeconfigUnreadable { why, .. }
            | Self::KubeconfigContradicts { why, .. }
            | Self::BadEntry { why, .. }
            | Self::InCluster { why } => why.clone(),
            Self::NoCurrentContext { known } | Self::UnknownContext { known, .. } => {
                match known.as_slice() {
                    [] => "the kubeconfig has no contexts".into(),
                    known => format!("known contexts: {}", known.join(", ")),
                }
            }
            Self::UnknownCluster { .. } => "no kubeconfig file defines that cluster".into(),
            Self::UnknownUser { .. } => "no kubeconfig file defines that user".into(),
            Self::ClientCertificateExpired { since, .. } => format!("it expired at {since}"),
            Self::Refused { error, .. } => error.to_string(),
        }
    }

    /// The third line: what to do.
    fn help(&self) -> String {
        match self {
            Self::NoKubeconfig { .. } => {
                "choose a file with --kubeconfig, or try it without a cluster: pullscope demo"
                    .into()
            }
            Self::KubeconfigUnreadable { .. } => "check the path and its permissions".into(),
            Self::KubeconfigInvalid { path, .. } => format!(
                "correct it, and check with: kubectl config view --kubeconfig {}",
                path.display()
            ),
            Self::KubeconfigContradicts { .. } => "remove it from KUBECONFIG, or correct it".into(),
            Self::NoCurrentContext { .. } => {
                "choose one with --context, or kubectl config use-context NAME".into()
            }
            Self::UnknownContext { name, known } => match closest(name, known) {
                Some(similar) => format!("did you mean --context {similar}?"),
                None => "choose one of them with --context".into(),
            },
            Self::UnknownCluster { .. } | Self::UnknownUser { .. } | Self::BadEntry { .. } => {
                "correct the kubeconfig, or choose another context with --context".into()
            }
            Self::InCluster { .. } => {
                "mount the ServiceAccount's token, or choose a kubeconfig with --kubeconfig".into()
            }
            Self::ClientCertificateExpired { .. } => {
                "get a new kubeconfig from your cluster provider or admin".into()
            }
            Self::Refused { error, .. } => advice_for(error),
        }
    }
}

impl From<&ConnectError> for UserError {
    fn from(error: &ConnectError) -> Self {
        Self::new(error.summary())
            .with_cause(error.cause())
            .with_help(error.help())
    }
}

impl From<ConnectError> for UserError {
    fn from(error: ConnectError) -> Self {
        Self::from(&error)
    }
}

fn advice_for(error: &ApiError) -> String {
    match error {
        ApiError::Refused => "check that the cluster is running, and the context's server address",
        ApiError::NoSuchHost => "check the context's server address, your DNS and your VPN",
        ApiError::Timeout(_) | ApiError::ConnectionLost(_) => {
            "check your network, VPN and proxy, or raise --request-timeout"
        }
        ApiError::Proxy(_) => "check HTTPS_PROXY, NO_PROXY and proxy-url of the cluster",
        ApiError::Tls(TlsError::UnknownIssuer | TlsError::AuthorityAsServer) => {
            "check the cluster's certificate-authority-data: it must be the CA of this server"
        }
        ApiError::Tls(TlsError::WrongName(_)) => {
            "use a name in the certificate as the server address, or set the cluster's tls-server-name"
        }
        ApiError::Tls(TlsError::Expired { .. }) => {
            "the cluster admin must renew it (kubeadm certs renew)"
        }
        ApiError::Tls(TlsError::NotYetValid) => "check the clocks of this machine and the server",
        ApiError::Tls(TlsError::Alert(_) | TlsError::Other(_)) => {
            "check the server address and the user's client certificate"
        }
        ApiError::Plugin(error) => {
            return match (&error.kind, &error.install_hint) {
                (PluginErrorKind::NotFound, Some(hint)) => hint.trim().to_owned(),
                (PluginErrorKind::NotFound, None) => {
                    format!("install {}, or add it to the PATH", error.command)
                }
                (PluginErrorKind::NeedsTerminal, _) => {
                    "set interactiveMode to IfAvailable for the user in the kubeconfig, or log in with a token"
                        .to_owned()
                }
                (
                    PluginErrorKind::NoCommand
                    | PluginErrorKind::UnknownVersion(_)
                    | PluginErrorKind::NoInteractiveMode
                    | PluginErrorKind::OtherVersion { .. }
                    | PluginErrorKind::NotStarted(_),
                    _,
                ) => {
                    "correct the exec section of the user in the kubeconfig".to_owned()
                }
                (
                    PluginErrorKind::Failed { .. }
                    | PluginErrorKind::TimedOut(_)
                    | PluginErrorKind::Slow(_)
                    | PluginErrorKind::Unreadable
                    | PluginErrorKind::Empty
                    | PluginErrorKind::HalfCertificate
                    | PluginErrorKind::Unusable(_),
                    _,
                ) => "log in again outside the dashboard, where the plugin can prompt: kubectl version"
                    .to_owned(),
            };
        }
        ApiError::Unauthorized(_) => {
            "the token may be expired or revoked: log in again, or get a new kubeconfig"
        }
        ApiError::Forbidden(_) => "omit --as, or request permission to impersonate",
        ApiError::NotFound(_)
        | ApiError::AlreadyExists(_)
        | ApiError::Conflict(_)
        | ApiError::Expired
        | ApiError::RetryAfter { .. }
        | ApiError::Status(..)
        | ApiError::Decode(_)
        | ApiError::Transport(_) => "check that the address is a Kubernetes API server",
    }
    .to_owned()
}

impl std::error::Error for ConnectError {}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        UserError::from(self).fmt(f)
    }
}

fn for_user(user: Option<&str>) -> String {
    user.map(|user| format!(" of {user}")).unwrap_or_default()
}

/// The known name that was meant, perhaps by a part of it: those of clouds are long.
fn closest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let mut names = known.iter().map(String::as_str);
    let near = did_you_mean(name, names.clone());
    near.or_else(|| names.find(|known| !name.is_empty() && known.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_context_is_guessed() {
        let known: Vec<String> = ["prod-eu", "prod-us", "kind-dev"].map(String::from).into();
        for (typed, meant) in [
            ("prod-eo", Some("prod-eu")),
            ("kind", Some("kind-dev")),
            ("dev", Some("kind-dev")),
            ("staging", None),
        ] {
            assert_eq!(closest(typed, &known), meant, "{typed}");
        }
        let error = ConnectError::UnknownContext {
            name: "prod-u".into(),
            known,
        };
        assert_eq!(
            error.to_string(),
            "context prod-u does not exist\n  known contexts: prod-eu, prod-us, kind-dev\n  next: did you mean --context prod-eu?"
        );
    }
}
