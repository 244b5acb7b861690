//! A connection: the client, and what is known of server and user.

use std::{sync::Arc, time::Duration};

use kube::Client;

use super::{
    error::ConnectError,
    identity::{self, ServerVersion},
    options::REQUEST_LIMIT,
};
use crate::domain::k8s::{connection::ConnectionInfo, object_ref::Namespace};

/// The API server of one cluster, as one user reaches it.
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
        connection.identify(REQUEST_LIMIT).await
    }

    /// Both ends, as the screen names them.
    pub fn identity(&self) -> ConnectionInfo {
        let context = self.context.as_ref().unwrap_or(&self.cluster);
        ConnectionInfo {
            context: context.to_string(),
            cluster: self.cluster.to_string(),
            user: self.user.as_deref().map(str::to_owned),
            server_version: self.version.as_ref().map(ToString::to_string),
            namespace: Some(self.namespace.clone()),
        }
    }

    /// Asks the server for its version and for our name.
    pub(super) async fn identify(mut self, limit: Duration) -> Result<Self, ConnectError> {
        match identity::version(&self.client, limit).await {
            Ok(version) => self.version = version,
            Err(error) => {
                return Err(ConnectError::Refused {
                    server: self.server.to_string(),
                    user: self.user.as_deref().map(str::to_owned),
                    error: Box::new(error),
                });
            }
        }
        if let Some(user) = identity::user(&self.client, limit).await {
            self.user = Some(user);
        }
        Ok(self)
    }
}
