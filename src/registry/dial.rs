//! Dials a host: DNS, TCP and TLS as separate steps.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{tls, trust::ServerOrigin};
use crate::domain::probe::ProbeError;

/// A bidirectional byte stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection, direct or through a proxy.
pub(super) type Socket = Box<dyn Stream>;

/// Resolves a host to its addresses.
pub(super) async fn resolve(
    origin: &ServerOrigin,
    known: &[(String, IpAddr)],
) -> Result<Vec<SocketAddr>, ProbeError> {
    let given = known
        .iter()
        .find(|(host, _)| host.eq_ignore_ascii_case(&origin.host));
    let address = origin.address().or(given.map(|(_, address)| *address));
    if let Some(address) = address {
        return Ok(vec![SocketAddr::new(address, origin.port)]);
    }
    let found = lookup_host((origin.host.as_str(), origin.port)).await;
    let addresses: Vec<_> = found.map_err(|error| name_failure(&error))?.collect();
    if addresses.is_empty() {
        return Err(ProbeError::UnknownHost);
    }
    Ok(addresses)
}

/// The system's resolver tells only by its text whether it knows that there is no such name
/// (`EAI_NONAME`) or could not ask (`EAI_AGAIN`).
fn name_failure(error: &io::Error) -> ProbeError {
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("temporary failure") || text.contains("try again") {
        ProbeError::DnsTimeout
    } else {
        ProbeError::UnknownHost
    }
}

/// Connects to the first reachable address; returns the error of the last one.
///
/// The addresses share the time limit, so that one that drops packets does not hide the others.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<TcpStream, ProbeError> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = ProbeError::UnknownHost;
    for address in addresses {
        last = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => io_failure(&error),
            Err(_) => ProbeError::Timeout(share),
        };
    }
    Err(last)
}

/// The probe error for a socket error.
pub(super) fn io_failure(error: &io::Error) -> ProbeError {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => ProbeError::Refused,
        // `PermissionDenied`: a firewall that rejects with an administrative answer.
        Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown
        | Kind::PermissionDenied => ProbeError::NoRoute,
        Kind::ConnectionReset
        | Kind::TimedOut
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof
        | Kind::NotConnected => ProbeError::Reset,
        _ => tls::failure_within(error).unwrap_or_else(|| ProbeError::NotHttp(error.to_string())),
    }
}

/// Does the TLS handshake; if it fails and `address` is known, checks what else the port speaks.
pub(super) async fn secure(
    stream: Socket,
    origin: &ServerOrigin,
    address: Option<SocketAddr>,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<Socket>, ProbeError> {
    let Ok(name) = ServerName::try_from(origin.host.clone()) else {
        return Err(ProbeError::Handshake(format!(
            "{} is not valid in a certificate",
            origin.host
        )));
    };
    // The state of a handshake is large, and every step around it would hold it.
    match Box::pin(TlsConnector::from(config).connect(name, stream)).await {
        Ok(stream) => Ok(stream),
        Err(error) if tls::is_no_tls(&error) => Err(no_tls(origin, address, &error).await),
        Err(error) => Err(io_failure(&error)),
    }
}

/// The other side speaks something else: plain HTTP, if it answers to that.
async fn no_tls(
    origin: &ServerOrigin,
    address: Option<SocketAddr>,
    error: &io::Error,
) -> ProbeError {
    if let Some(address) = address
        && speaks_http(origin, address).await.unwrap_or(false)
    {
        return ProbeError::SpeaksPlainHttp;
    }
    ProbeError::Handshake(error.to_string())
}

/// Connects to a plain HTTP server.
pub(super) async fn connect_plain(origin: &ServerOrigin, address: SocketAddr) -> Option<TcpStream> {
    let speaks = speaks_http(origin, address).await.unwrap_or(false);
    if !speaks {
        return None;
    }
    TcpStream::connect(address).await.ok()
}

async fn speaks_http(origin: &ServerOrigin, address: SocketAddr) -> io::Result<bool> {
    const SIGN: &[u8; 5] = b"HTTP/";
    let mut stream = TcpStream::connect(address).await?;
    let host = origin.authority();
    let request = format!("GET /v2/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut begin = [0; SIGN.len()];
    stream.read_exact(&mut begin).await?;
    Ok(begin == *SIGN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::trust::Security;

    #[test]
    fn the_resolver_is_understood() {
        let says = |text: &str| name_failure(&io::Error::other(text));
        assert_eq!(
            says("failed to lookup address information: Name or service not known"),
            ProbeError::UnknownHost
        );
        assert_eq!(
            says("failed to lookup address information: Temporary failure in name resolution"),
            ProbeError::DnsTimeout
        );
    }

    #[tokio::test]
    async fn given_addresses_are_not_looked_up() {
        let origin = ServerOrigin::from_registry("r.example:5000", Security::Tls).unwrap();
        let known = [("R.example".to_owned(), "127.0.0.9".parse().unwrap())];
        let found = resolve(&origin, &known).await;
        assert_eq!(found, Ok(vec!["127.0.0.9:5000".parse().unwrap()]));
    }
}
