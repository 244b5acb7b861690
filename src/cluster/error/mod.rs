//! Errors of requests to the API server, by cause.
//!
//! kube hands over layers of boxed errors; a person needs to know whether the name did not resolve,
//! nobody listened, the certificate was not trusted or the login was refused. This is the one place
//! that walks those layers.

mod plugin;
mod write_fate;

use std::{error::Error as StdError, fmt, io, time::Duration};

use jiff::Timestamp;
use rustls::CertificateError;

pub use plugin::{PluginError, PluginErrorKind};
pub(super) use write_fate::WriteFate;

use crate::domain::sanitize::sanitize;

/// An error of a request to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// Nobody listens at the address.
    Refused,
    /// The host name has no address.
    NoSuchHost,
    /// No answer within this time.
    Timeout(Duration),
    /// The connection broke while it was used.
    ConnectionLost(String),
    /// The server's certificate is not to be trusted.
    Tls(TlsError),
    /// The proxy did not let us through.
    Proxy(String),
    /// The credential plugin gave no credential.
    Plugin(Box<PluginError>),
    /// 401: the server does not know who we are (any more).
    Unauthorized(String),
    /// 403, with the server's sentence.
    Forbidden(String),
    /// 404: no such object, or no such API on this server.
    NotFound(String),
    /// 409 with the reason `AlreadyExists`: an object of that name is there.
    AlreadyExists(String),
    /// Any other 409: the object, or a quota, was written in between, or a precondition does not hold.
    Conflict(String),
    /// 410: the server no longer has the changes since the version that we know.
    Expired,
    /// 429 or 503, and the server says how long to leave it alone.
    RetryAfter {
        code: u16,
        message: String,
        after: Duration,
    },
    /// Any other refusal, with its status code.
    Status(u16, String),
    /// The answer is not what the API documents.
    Decode(String),
    /// What the layers below say, when it is none of the above.
    Transport(String),
}

/// What is wrong with the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    UnknownIssuer,
    Expired {
        since: Option<Timestamp>,
    },
    NotYetValid,
    /// The certificate is for other names.
    WrongName(String),
    /// A certificate authority's own certificate was presented as the server's.
    AuthorityAsServer,
    /// The server did not accept our client certificate, or shares no protocol with us.
    Alert(String),
    Other(String),
}

impl ApiError {
    /// Nothing was heard from the server itself: the network, the address or TLS is at fault.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Refused
            | Self::NoSuchHost
            | Self::Timeout(_)
            | Self::ConnectionLost(_)
            | Self::Tls(_)
            | Self::Proxy(_) => true,
            Self::Plugin(_)
            | Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Expired
            | Self::RetryAfter { .. }
            | Self::Status(..)
            | Self::Decode(_)
            | Self::Transport(_) => false,
        }
    }

    /// Where an answer went wrong, without what stood there: serde quotes values in its messages.
    pub(super) fn from_decode(error: &serde_json::Error) -> Self {
        Self::Decode(format!("line {} column {}", error.line(), error.column()))
    }

    /// The error of an answer with this status and message.
    pub(super) fn from_status(code: u16, message: String) -> Self {
        Self::from_reason(code, None, message)
    }

    /// The same, with the `reason` of the `Status` that was answered: 409 has several meanings.
    pub(super) fn from_reason(code: u16, reason: Option<&str>, message: String) -> Self {
        match (code, reason) {
            (401, _) => Self::Unauthorized(message),
            (403, _) => Self::Forbidden(message),
            (404, _) => Self::NotFound(message),
            (409, Some("AlreadyExists")) => Self::AlreadyExists(message),
            (409, _) => Self::Conflict(message),
            (410, _) => Self::Expired,
            (code, _) => Self::Status(code, message),
        }
    }

    /// The innermost cause that has a name.
    pub(super) fn from_error(error: &(dyn StdError + 'static)) -> Self {
        let mut link = Some(error);
        let mut last = error.to_string();
        while let Some(error) = link {
            if let Some(known) = recognise(error) {
                return known;
            }
            last = error.to_string();
            link = error.source();
        }
        Self::Transport(last)
    }
}

impl From<kube::Error> for ApiError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => {
                let message = sanitize(&status.message);
                Self::from_reason(status.code, Some(&status.reason), message)
            }
            // Their own texts quote the proxy's address, with the password that may stand in it.
            kube::Error::ProxyProtocolUnsupported { .. }
            | kube::Error::ProxyProtocolDisabled { .. } => {
                Self::Proxy("unknown protocol".to_owned())
            }
            other => Self::from_error(&other),
        }
    }
}

/// A request that could not be made.
impl From<http::Error> for ApiError {
    fn from(error: http::Error) -> Self {
        Self::Transport(error.to_string())
    }
}

impl From<kube::core::request::Error> for ApiError {
    fn from(error: kube::core::request::Error) -> Self {
        Self::Transport(error.to_string())
    }
}

fn recognise(error: &(dyn StdError + 'static)) -> Option<ApiError> {
    if let Some(plugin) = error.downcast_ref::<PluginError>() {
        return Some(ApiError::Plugin(Box::new(plugin.clone())));
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(ApiError::Tls(TlsError::from(tls)));
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return from_io(io);
    }
    if let Some(hyper) = error.downcast_ref::<hyper::Error>()
        && hyper.is_incomplete_message()
    {
        // Hung up on, as by a load balancer with nobody behind it.
        return Some(ApiError::ConnectionLost(hyper.to_string()));
    }
    // hyper-util's connect errors have no public type, but a stable text.
    let text = error.to_string();
    if text == "dns error" {
        return Some(ApiError::NoSuchHost);
    }
    if text.starts_with("tunnel error") || text.starts_with("proxy") || text.starts_with("SOCKS") {
        return Some(ApiError::Proxy(text));
    }
    None
}

fn from_io(error: &io::Error) -> Option<ApiError> {
    // `io::Error::source` skips the error that it wraps, so it is looked at here.
    if let Some(inner) = error.get_ref() {
        let inner: &(dyn StdError + 'static) = inner;
        match ApiError::from_error(inner) {
            ApiError::Transport(_) => {}
            known => return Some(known),
        }
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(ApiError::Refused),
        io::ErrorKind::TimedOut => Some(ApiError::Timeout(Duration::ZERO)),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(ApiError::ConnectionLost(error.to_string())),
        _ => None,
    }
}

impl From<&rustls::Error> for TlsError {
    fn from(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(certificate) => Self::from(certificate),
            rustls::Error::AlertReceived(alert) => Self::Alert(format!("{alert:?}")),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&CertificateError> for TlsError {
    fn from(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired => Self::Expired { since: None },
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired {
                since: i64::try_from(not_after.as_secs())
                    .ok()
                    .and_then(|seconds| Timestamp::from_second(seconds).ok()),
            },
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName(error.to_string())
            }
            other => {
                let text = other.to_string();
                // webpki's name for it; it reaches us only as text.
                if text.contains("CaUsedAsEndEntity") {
                    Self::AuthorityAsServer
                } else {
                    Self::Other(text)
                }
            }
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => {
                f.write_str("connection refused: nothing is listening on that address")
            }
            Self::NoSuchHost => f.write_str("no such host"),
            Self::Timeout(time) if time.is_zero() => f.write_str("timed out"),
            Self::Timeout(time) => write!(f, "no answer within {} s", time.as_secs()),
            Self::ConnectionLost(text) => write!(f, "connection lost: {text}"),
            Self::Tls(tls) => tls.fmt(f),
            Self::Proxy(text) => write!(f, "proxy error: {text}"),
            Self::Plugin(error) => error.fmt(f),
            Self::Unauthorized(text) => write!(f, "401 Unauthorized: {text}"),
            Self::Forbidden(text) => write!(f, "403 Forbidden: {text}"),
            Self::NotFound(text) => write!(f, "404 Not Found: {text}"),
            Self::AlreadyExists(text) | Self::Conflict(text) => write!(f, "409: {text}"),
            Self::Expired => f.write_str("410 Gone: the resource version is too old"),
            Self::RetryAfter { code, message, .. } => write!(f, "{code}: {message}"),
            Self::Status(code, text) => write!(f, "{code}: {text}"),
            Self::Decode(text) => write!(f, "cannot read the response: {text}"),
            Self::Transport(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer => {
                f.write_str("x509: the server's certificate is signed by an unknown authority")
            }
            Self::Expired { since: Some(since) } => {
                write!(f, "x509: the server's certificate expired at {since}")
            }
            Self::Expired { since: None } => {
                f.write_str("x509: the server's certificate has expired")
            }
            Self::NotYetValid => f.write_str("x509: the server's certificate is not valid yet"),
            Self::WrongName(text) => {
                write!(
                    f,
                    "x509: the server's certificate is for other names: {text}"
                )
            }
            Self::AuthorityAsServer => f.write_str(
                "x509: the server presents a CA certificate instead of a server certificate",
            ),
            Self::Alert(alert) => write!(f, "TLS handshake failed, alert from the server: {alert}"),
            Self::Other(text) => write!(f, "TLS error: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_proxy_is_not_told() {
        let address = "ftp://jane:canary@proxy.example/".parse().unwrap();
        let error = ApiError::from(kube::Error::ProxyProtocolUnsupported {
            proxy_url: Box::new(address),
        });
        assert!(matches!(error, ApiError::Proxy(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
