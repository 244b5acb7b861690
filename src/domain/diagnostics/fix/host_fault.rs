//! Faults of a host that the pull needs beside the registry.
//!
//! Only causes and sentences: which host it was is read from the message.

use serde::{Deserialize, Serialize};

use crate::domain::diagnostics::Cause;

/// What is wrong with a token server or a store of blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostFault {
    ConnectionRefused,
    TimedOut,
    NoRoute,
    Reset,
    UntrustedCa,
    Certificate,
    Handshake,
    ServerError,
}

impl HostFault {
    const ALL: [Self; 8] = [
        Self::ConnectionRefused,
        Self::TimedOut,
        Self::NoRoute,
        Self::Reset,
        Self::UntrustedCa,
        Self::Certificate,
        Self::Handshake,
        Self::ServerError,
    ];

    /// The fault that this cause is; `None` if it is none of a host.
    pub(in crate::domain) fn from_cause(cause: Cause) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.cause() == cause)
    }

    pub(super) fn cause(self) -> Cause {
        match self {
            Self::ConnectionRefused => Cause::RegistryUnreachableRefused,
            Self::TimedOut => Cause::RegistryUnreachableTimeout,
            Self::NoRoute => Cause::RegistryUnreachableNoRoute,
            Self::Reset => Cause::RegistryUnreachableReset,
            Self::UntrustedCa => Cause::TlsUntrustedCa,
            Self::Certificate => Cause::TlsHostnameOrExpired,
            Self::Handshake => Cause::TlsHandshakeFailure,
            Self::ServerError => Cause::Registry5xx,
        }
    }

    /// The sentence with the host's name.
    pub(super) fn summary(self, host: &str) -> String {
        let needed = "which the pull needs too";
        match self {
            Self::ConnectionRefused => format!("{host}, {needed}, refuses the connection"),
            Self::TimedOut => format!("{host}, {needed}, did not answer in time"),
            Self::NoRoute => format!("the node has no route to {host}, {needed}"),
            Self::Reset => format!("the connection to {host}, {needed}, was cut"),
            Self::UntrustedCa => {
                format!("the node does not trust the CA of {host}, {needed}")
            }
            Self::Certificate => {
                format!("the certificate of {host}, {needed}, is expired or for another name")
            }
            Self::Handshake => format!("the TLS handshake with {host}, {needed}, failed"),
            Self::ServerError => format!("{host}, {needed}, returns a server error (5xx)"),
        }
    }
}
