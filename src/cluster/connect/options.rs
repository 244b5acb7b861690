//! Connection options of the command line, and timeouts.

use std::{path::PathBuf, time::Duration};

/// Timeout of a request without `--request-timeout`.
pub(super) const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// The timeout for `--request-timeout 0`, which means no limit in kubectl.
const UNLIMITED: Duration = Duration::from_secs(24 * 60 * 60);

/// Connection options, named like kubectl's flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    pub kubeconfig: Option<PathBuf>,
    pub context: Option<String>,
    pub namespace: Option<String>,
    pub impersonate: Option<String>,
    pub impersonate_groups: Vec<String>,
    /// The limit of a single request; watches are not single requests. `Some(0)`: none, as kubectl
    /// has it.
    pub request_timeout: Option<Duration>,
}

/// Timeouts of connecting.
pub(super) struct ConnectLimits {
    /// A TCP and TLS handshake.
    pub(super) connect: Duration,
    /// The first questions, while a person waits.
    pub(super) identify: Duration,
    /// Any other request.
    pub(super) request: Duration,
}

impl ConnectLimits {
    pub(super) fn from_options(options: &ConnectOptions) -> Self {
        match options.request_timeout {
            None => Self {
                // kube's 30 s is long for a person who waits.
                connect: Duration::from_secs(10),
                identify: Duration::from_secs(20),
                request: REQUEST_LIMIT,
            },
            Some(Duration::ZERO) => Self::uniform(UNLIMITED),
            Some(limit) => Self::uniform(limit),
        }
    }

    fn uniform(limit: Duration) -> Self {
        Self {
            connect: limit,
            identify: limit,
            request: limit,
        }
    }
}
