//! From what a kubectl user has to a connection: kubeconfig files, the ServiceAccount of a Pod, or a
//! client that is handed in.
//!
//! The environment and the files are read here and nowhere else in this room.

mod certificate;
mod error;
pub(crate) mod exec;
mod identity;
mod kubeconfig;
mod login;
mod proxy;
mod target;

use std::{path::PathBuf, sync::Arc, time::Duration};

use kube::Client;

pub use error::ConnectError;
pub use exec::{PluginError, PluginFault};
pub use identity::ServerVersion;
pub use kubeconfig::contexts;

use crate::domain::{identity::Identity, key::Namespace};
use target::Target;

/// How long a single answer may take when `--request-timeout` says nothing.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// `--request-timeout 0`, which is kubectl's word for no limit.
const UNLIMITED: Duration = Duration::from_secs(24 * 60 * 60);

/// What the command line says about the connection, named as kubectl's flags are.
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

/// A client and what is known of both its ends.
#[derive(Clone)]
pub struct Connection {
    pub client: Client,
    /// `None` inside a Pod.
    pub context: Option<Arc<str>>,
    pub cluster: Arc<str>,
    /// The server's address.
    pub server: Arc<str>,
    /// As the server knows us, or else the name in the kubeconfig.
    pub user: Option<Arc<str>>,
    /// Where to look when no other namespace is chosen.
    pub namespace: Namespace,
    /// `None` when this user may not know it.
    pub version: Option<ServerVersion>,
    /// The limit of a single request.
    pub request_limit: Duration,
}

impl Connection {
    /// Connects as the options, the files and the environment say.
    pub async fn open(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let target = Target::find(options).await?;
        target.connect(options).await
    }

    /// Takes a client that somebody else made, such as the sandbox's.
    pub async fn from_client(
        client: Client,
        cluster: &str,
        namespace: Namespace,
    ) -> Result<Self, ConnectError> {
        let connection = Self {
            client,
            context: Some(cluster.into()),
            cluster: cluster.into(),
            server: cluster.into(),
            user: None,
            namespace,
            version: None,
            request_limit: REQUEST_LIMIT,
        };
        connection.introduce(REQUEST_LIMIT).await
    }

    /// Both ends, as the screen names them.
    pub fn identity(&self) -> Identity {
        let context = self.context.as_ref().unwrap_or(&self.cluster);
        Identity {
            context: context.to_string(),
            cluster: self.cluster.to_string(),
            user: self.user.as_deref().map(str::to_owned),
            server_version: self.version.as_ref().map(ToString::to_string),
            namespace: Some(self.namespace.clone()),
        }
    }

    /// Asks the server for its version and for our name.
    async fn introduce(mut self, limit: Duration) -> Result<Self, ConnectError> {
        match identity::version(&self.client, limit).await {
            Ok(version) => self.version = version,
            Err(trouble) => {
                return Err(ConnectError::Refused {
                    server: self.server.to_string(),
                    user: self.user.as_deref().map(str::to_owned),
                    trouble: Box::new(trouble),
                });
            }
        }
        if let Some(user) = identity::user(&self.client, limit).await {
            self.user = Some(user);
        }
        Ok(self)
    }
}

/// How long to wait for what.
struct Limits {
    /// A TCP and TLS handshake.
    connect: Duration,
    /// The first questions, while a person waits.
    introduce: Duration,
    /// Any other request.
    request: Duration,
}

impl Limits {
    fn of(options: &ConnectOptions) -> Self {
        match options.request_timeout {
            None => Self {
                // kube's 30 s is long for a person who waits.
                connect: Duration::from_secs(10),
                introduce: Duration::from_secs(20),
                request: REQUEST_LIMIT,
            },
            Some(Duration::ZERO) => Self::all(UNLIMITED),
            Some(limit) => Self::all(limit),
        }
    }

    fn all(limit: Duration) -> Self {
        Self {
            connect: limit,
            introduce: limit,
            request: limit,
        }
    }
}
