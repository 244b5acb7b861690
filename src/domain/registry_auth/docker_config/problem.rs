//! Errors and warnings of Docker configurations.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// An error for which the kubelet cannot parse the configuration.
///
/// It aborts every pull of every Pod that lists the Secret, even if another Secret matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigError {
    #[serde(rename = "problem")]
    pub kind: ConfigErrorKind,
    /// The key of `auths` that is to blame, when one is.
    pub server: Option<Arc<str>>,
    /// The kubelet's own words, as they stand in the waiting reason.
    pub text: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConfigErrorKind {
    /// A byte-order mark in front, as Windows editors leave it.
    ByteOrderMark,
    /// Base64 within base64: encoded by hand before it was put under `data`.
    EncodedTwice,
    /// The JSON ends too early.
    Truncated,
    NotJson,
    /// JSON, but a number or list where an object or text belongs.
    WrongShape,
    /// `auth` is `user:password` as plain text.
    AuthNotEncoded,
    AuthNotBase64,
    /// `auth` decodes to something that has no colon.
    AuthWithoutColon,
    /// `auth` was encoded twice.
    AuthEncodedTwice,
}

impl fmt::Display for ConfigErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "a byte-order mark precedes the JSON",
            Self::EncodedTwice => "the content was base64-encoded twice",
            Self::Truncated => "the JSON is truncated",
            Self::NotJson => "the content is not valid JSON",
            Self::WrongShape => "a value has the wrong JSON type",
            Self::AuthNotEncoded => "auth is plain text instead of base64(username:password)",
            Self::AuthNotBase64 => "auth is not valid base64",
            Self::AuthWithoutColon => "auth does not decode to username:password",
            Self::AuthEncodedTwice => "auth was base64-encoded twice",
        })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.server {
            Some(server) => write!(f, "entry {server}: {}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// A defect of the configuration that the kubelet silently ignores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigWarning {
    /// The Secret has not the key that its type asks for.
    KeyMissing {
        wanted: Arc<str>,
        found: Arc<[Arc<str>]>,
    },
    /// The key is there and has no bytes.
    NoContent,
    /// No `auths`; the entries stand at the top, where only `.dockercfg` has them.
    AuthsMissing { servers: Arc<[Arc<str>]> },
    /// `auths` is there and holds nothing.
    NoEntries,
    /// A `.dockercfg` with an `auths` level, which is taken for a registry of that name.
    AuthsNotWanted,
    /// Copied from a laptop: the passwords are in a credential store that no node has.
    CredentialStore(Arc<str>),
    /// Registries whose credential comes from a helper program, which the kubelet does not run.
    CredentialHelpers(Arc<[Arc<str>]>),
    /// Keys that are one registry to the kubelet, with different credentials. It reads a Secret as a Go map,
    /// so which of them it tries first changes from pull to pull.
    EqualKeys(Arc<[Arc<str>]>),
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyMissing { wanted, .. } => write!(f, "the data key {wanted} is missing"),
            Self::NoContent => f.write_str("the content is empty"),
            Self::AuthsMissing { servers } if servers.is_empty() => {
                f.write_str("auths is missing, so it has no credential")
            }
            Self::AuthsMissing { .. } => {
                f.write_str("auths is missing, so the entries are not read")
            }
            Self::NoEntries => f.write_str("auths is empty"),
            Self::AuthsNotWanted => {
                f.write_str(".dockercfg must not have auths: its entries are not read")
            }
            Self::CredentialStore(name) => {
                write!(
                    f,
                    "the passwords are in the credential store {name}, which the kubelet cannot read"
                )
            }
            Self::CredentialHelpers(_) => f.write_str(
                "the credentials are in credential helpers, which the kubelet does not run",
            ),
            Self::EqualKeys(keys) => write!(
                f,
                "the keys {} are the same registry; the kubelet tries them in random order",
                keys.join(", ")
            ),
        }
    }
}

/// A defect of an entry that the kubelet accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuthProblem {
    /// Matches and carries nothing: the pull is anonymous although there is a Secret.
    Empty,
    EmptyUsername,
    EmptyPassword,
    /// The password ends with a line end, as `echo` without `-n` leaves it.
    TrailingNewline,
    /// White space around the user name or the password.
    SurroundingSpace,
    /// The password looks like base64 of a known token.
    PasswordEncoded,
    /// `auth` and `username`/`password` say different things; the kubelet uses `auth`.
    AuthDisagrees,
    /// An identity or registry token, which the kubelet does not read.
    TokenIgnored,
    /// An e-mail address where Docker Hub wants the Docker ID.
    EmailAsUsername,
    /// A Harbor robot without its `robot$…`, or a Quay robot without its namespace.
    #[serde(rename = "RobotNameCut")]
    RobotNameTruncated,
}

impl AuthProblem {
    /// Whether the container runtime sends no login for an entry with this problem.
    ///
    /// The kubelet hands user name and password to the runtime as they are. containerd and Docker answer a
    /// challenge only with both: containerd v2.1 `core/remotes/docker/authorizer.go` fetches an anonymous token
    /// without a password and fails with *no basic auth credentials* without either, and its CRI plugin
    /// (`ParseAuth`) drops a password without a user name. CRI-O (`containers/image`, `docker_client.go`) does
    /// the same for tokens; only to a registry with basic authentication it sends what there is.
    fn prevents_login(self) -> bool {
        match self {
            Self::Empty | Self::EmptyUsername | Self::EmptyPassword => true,
            Self::TrailingNewline
            | Self::SurroundingSpace
            | Self::PasswordEncoded
            | Self::AuthDisagrees
            | Self::TokenIgnored
            | Self::EmailAsUsername
            | Self::RobotNameTruncated => false,
        }
    }
}

/// The problem for which an entry has no login, if it has none.
pub(super) fn missing_login(problems: &[AuthProblem]) -> Option<AuthProblem> {
    let mut problems = problems.iter().copied();
    problems.find(|problem| problem.prevents_login())
}

impl fmt::Display for AuthProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the matching entry is empty, so the pull is anonymous",
            Self::EmptyUsername => "the user name is empty",
            Self::EmptyPassword => "the password is empty",
            Self::TrailingNewline => "the password ends with a line break",
            Self::SurroundingSpace => "user name or password starts or ends with a space",
            Self::PasswordEncoded => "the password is base64-encoded",
            Self::AuthDisagrees => "auth differs from username/password; the kubelet uses auth",
            Self::TokenIgnored => "the kubelet does not read identity tokens",
            Self::EmailAsUsername => "the user name is an e-mail address, not the Docker ID",
            Self::RobotNameTruncated => "the robot account's name is incomplete",
        })
    }
}
