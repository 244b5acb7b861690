//! Connects to a cluster: from kubeconfig files, a Pod's ServiceAccount or a given client.
//!
//! The environment and the files are read here and nowhere else in this layer.

mod certificate;
mod connection;
mod error;
mod exec;
mod exec_auth;
mod http_client;
mod identity;
mod kubeconfig;
mod options;
mod proxy;
mod target;

pub use connection::Connection;
pub use error::ConnectError;
pub use identity::ServerVersion;
pub use kubeconfig::contexts;
pub use options::ConnectOptions;
use target::ConnectTarget;

impl Connection {
    /// Connects with these options, the kubeconfig files and the environment.
    pub async fn open(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let target = ConnectTarget::resolve(options).await?;
        target.connect(options).await
    }
}
