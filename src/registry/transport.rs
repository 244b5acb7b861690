//! Transports of the prober: the system's sockets with TLS, or a custom network.
//!
//! The demo's registries live in its own process. The probe goes the same way to them, step by step,
//! and speaks the same HTTP; only the sockets are somebody else's.

use std::{net::IpAddr, sync::Arc};

use rustls::ClientConfig;
use tokio::io::DuplexStream;

use super::trust::Security;
use crate::domain::probe::ProbeError;

/// A network other than the machine's; servers are named as in a `Host` header.
pub trait Network: Send + Sync {
    fn resolve(&self, authority: &str) -> Result<IpAddr, ProbeError>;

    /// Whether somebody accepts a connection there.
    fn connect(&self, authority: &str) -> Result<(), ProbeError>;

    /// A connection on which HTTP is spoken, the handshake done that `security` asks for.
    fn open(&self, authority: &str, security: Security) -> Result<DuplexStream, ProbeError>;
}

/// The transport of a prober's connections.
#[derive(Clone)]
pub(super) enum Transport {
    System(Arc<ClientConfig>),
    Custom(Arc<dyn Network>),
}
