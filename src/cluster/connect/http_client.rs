//! HTTP client of one API server: TLS, proxy, HTTP/2, headers and compression.
//!
//! kube's own stack (5.0) speaks only HTTP/1.1, where each running watch holds a connection; this one is built of
//! kube's layers and asks for HTTP/2, as client-go does: one connection for all requests. A server that does not
//! offer it, or speaks no TLS, gets HTTP/1.1.

use std::{env::consts, io, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, Uri, header};
use hyper::rt::{Read, Write};
use hyper_rustls::{FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Builder,
        connect::{
            Connection, HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
    },
    rt::{TokioExecutor, TokioTimer},
};
use kube::{
    Client, Config, Error,
    client::{Body, ConfigExt},
};
use rustls::pki_types::ServerName;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_http::decompression::DecompressionLayer;

use super::proxy;

/// Interval of keep-alive packets on an idle connection; Go's default is the same.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// Silence after which an HTTP/2 connection is pinged.
///
/// client-go waits 30 s and then 15 s for the answer. Both are shorter here, so that a dead connection is closed
/// before the probe of [`crate::cluster::watch`] restarts the watches: they would be sent over it again.
const PING_AFTER: Duration = Duration::from_secs(15);

/// Timeout of a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(8);

/// Receive window of one HTTP/2 stream, as in Go.
const STREAM_WINDOW: u32 = 4 << 20;

/// Receive window of an HTTP/2 connection: several long lists at once.
const CONNECTION_WINDOW: u32 = 32 << 20;

/// Idle HTTP/1.1 connections that are kept for further requests.
const MAX_IDLE: usize = 4;

/// Builds the client of a configuration, through its proxy if it has one.
pub(super) fn build(mut config: Config) -> Result<Client, Error> {
    config.headers.push((header::USER_AGENT, user_agent()));
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEPALIVE));
    let Some(address) = config.proxy_url.clone() else {
        return with_connector(&config, tcp);
    };
    match address.scheme_str() {
        Some("socks5") => with_connector(&config, SocksV5::new(address, tcp)),
        Some("http") => with_connector(&config, tunnel(address, tcp)),
        Some("https") => {
            let tls = config.rustls_https_connector_with_connector(tcp)?;
            with_connector(&config, tunnel(address, tls))
        }
        _ => Err(Error::ProxyProtocolUnsupported {
            proxy_url: Box::new(address),
        }),
    }
}

fn tunnel<C>(address: Uri, connector: C) -> Tunnel<C> {
    let login = proxy::basic_auth(&address);
    let tunnel = Tunnel::new(address, connector);
    match login {
        Some(login) => tunnel.with_auth(login),
        None => tunnel,
    }
}

/// `pullscope/VERSION (OS/ARCH)`, as Kubernetes clients name themselves in audit logs.
fn user_agent() -> HeaderValue {
    let text = concat!("pullscope/", env!("CARGO_PKG_VERSION"));
    let text = format!("{text} ({}/{})", consts::OS, consts::ARCH);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("pullscope"))
}

fn with_connector<C>(config: &Config, connector: C) -> Result<Client, Error>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError> + Send + Sync + 'static,
{
    let mut https = HttpsConnectorBuilder::new()
        .with_tls_config(config.rustls_client_config()?)
        .https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name =
            ServerName::try_from(name.clone()).map_err(|error| Error::Service(Box::new(error)))?;
        https = https.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    let connector = with_timeout(
        https.enable_all_versions().wrap_connector(connector),
        config.connect_timeout,
    );
    let client = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(MAX_IDLE)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// Limits TCP, proxy and TLS handshake together.
fn with_timeout<C>(
    connector: C,
    limit: Option<Duration>,
) -> impl Service<
    Uri,
    Response = C::Response,
    Error = BoxError,
    Future = BoxFuture<'static, Result<C::Response, BoxError>>,
> + Clone
+ Send
+ Sync
+ 'static
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Send,
    C::Future: Send + 'static,
    C::Error: Into<BoxError> + Send,
{
    tower::service_fn(move |address| {
        let connecting = connector.clone().oneshot(address);
        async move {
            let Some(limit) = limit else {
                return connecting.await.map_err(Into::into);
            };
            tokio::time::timeout(limit, connecting)
                .await
                .map_err(|_| BoxError::from(io::Error::from(io::ErrorKind::TimedOut)))?
                .map_err(Into::into)
        }
        .boxed()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_the_program_and_its_version() {
        let named = user_agent();
        let named = named.to_str().unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert!(
            named.starts_with(&format!("pullscope/{version} (")),
            "{named}"
        );
    }
}
