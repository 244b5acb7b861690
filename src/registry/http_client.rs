//! HTTP client of the probe: one request and response within limits, redirects followed.
//!
//! A connection is kept per server and used again. The login goes to the server that it is meant for
//! and to no other, and each request only where `address_guard` allows.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HOST, LOCATION, PROXY_AUTHORIZATION, USER_AGENT,
    },
};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
    time::timeout,
};
use zeroize::Zeroizing;

use super::{
    address_guard::{AddressGuard, AddressScope, RequestPurpose, Zone},
    connection_task::{CLIENT_NAME, ConnectionTask, failure},
    dial::{self, Socket},
    proxy::{Proxies, Proxy},
    settings::{ProbeLimits, ProbeSettings},
    transport::Transport,
    trust::{Security, ServerOrigin},
};
use crate::domain::{probe::ProbeError, sanitize::sanitize};

/// Maximum number of redirects: enough for a moved registry behind a load balancer.
const REDIRECTS: usize = 5;

/// Maximum number of headers; a registry sends some twenty.
const HEADERS: usize = 100;

/// Maximum number of informational answers (1xx) before an answer; a registry sends none.
const INFORMATIONAL: usize = 10;

/// Time for looking up a name that a proxy resolves anyway.
const LOOKUP_BEHIND_PROXY: Duration = Duration::from_secs(2);

/// Initial capacity for a response of unknown length: larger than any token, so that growth leaves no copy of one
/// behind.
const UNDECLARED: usize = 64 * 1024;

/// A request; a response body longer than `max_body` is an error.
#[derive(Clone)]
pub(super) struct HttpRequest {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) accept: Option<&'static str>,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) purpose: RequestPurpose,
    pub(super) max_body: usize,
}

pub(super) struct HttpResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// It may be a token.
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The connections of one pull.
pub(super) struct HttpClient {
    transport: Transport,
    limits: ProbeLimits,
    addresses: Vec<(String, IpAddr)>,
    proxies: Proxies,
    realms: Vec<String>,
    /// Set with the registry's connection, which is made first.
    guard: Option<AddressGuard>,
    connections: HashMap<ServerOrigin, PooledConnection>,
}

/// A connection that HTTP is spoken on.
struct PooledConnection {
    requests: SendRequest<Empty<Bytes>>,
    /// `None` behind a proxy, or in another network.
    address: Option<IpAddr>,
    /// Who hands the requests on, when it is not the server itself that hears them.
    forwarder: Option<Proxy>,
    _driver: ConnectionTask,
}

impl HttpClient {
    pub(super) fn new(settings: &ProbeSettings, transport: Transport) -> Self {
        Self {
            transport,
            limits: settings.limits,
            addresses: settings.addresses.clone(),
            proxies: settings.proxies.clone(),
            realms: settings.realms.clone(),
            guard: None,
            connections: HashMap::new(),
        }
    }

    /// Adds the registry's connection, which was made step by step; `address` is `None` behind a proxy.
    pub(super) async fn insert_registry<S>(
        &mut self,
        origin: &ServerOrigin,
        address: Option<IpAddr>,
        stream: S,
        forwarder: Option<Proxy>,
    ) -> Result<(), ProbeError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut line = PooledConnection::start_http(stream, self.limits.head, forwarder).await?;
        line.address = address;
        self.guard = Some(AddressGuard {
            registry: origin.clone(),
            zone: address.map(Zone::from_address),
            realms: self.realms.clone(),
        });
        self.connections.insert(origin.clone(), line);
        Ok(())
    }

    /// Sends a request and follows redirects.
    pub(super) async fn send(
        &mut self,
        mut question: HttpRequest,
    ) -> Result<HttpResponse, ProbeError> {
        for _ in 0..=REDIRECTS {
            let origin = origin(&question.uri)?;
            let scope = match &self.guard {
                Some(guard) => {
                    let has_login = question.authorization.is_some();
                    guard.scope(&origin, question.purpose, has_login)?
                }
                None => AddressScope::PublicOnly,
            };
            let reply = self.send_one(&origin, scope, &question).await?;
            if !is_redirect(&reply) {
                return Ok(reply);
            }
            let uri = location(&reply).and_then(|target| resolve(&question.uri, &target));
            let next = uri.as_ref().and_then(ServerOrigin::from_uri);
            let (Some(uri), Some(next)) = (uri, next) else {
                return Err(bad_redirect(&reply));
            };
            if origin.security == Security::Tls && next.security == Security::Plain {
                return Err(bad_redirect(&reply));
            }
            if next != origin {
                question.authorization = None;
            }
            question.uri = uri;
        }
        Err(ProbeError::TooManyRedirects)
    }

    async fn send_one(
        &mut self,
        origin: &ServerOrigin,
        scope: AddressScope,
        question: &HttpRequest,
    ) -> Result<HttpResponse, ProbeError> {
        let mut line = self.connection(origin, scope).await?;
        let mut request = request(origin, question, line.forwarder.as_ref())?;
        let flood = stop_after_informational(&mut request);
        let response = tokio::select! {
            response = line.requests.send_request(request) => response,
            () = flood.notified() => return Err(ProbeError::TooManyInformational),
        };
        let response = response.map_err(|error| failure(&error))?;
        let reply = read(response, question).await?;
        self.connections.insert(origin.clone(), line);
        Ok(reply)
    }

    async fn connection(
        &mut self,
        origin: &ServerOrigin,
        scope: AddressScope,
    ) -> Result<PooledConnection, ProbeError> {
        if let Some(mut line) = self.connections.remove(origin)
            && line.requests.ready().await.is_ok()
        {
            if let Some(address) = line.address {
                let known = vec![SocketAddr::new(address, origin.port)];
                self.filter(scope, origin, known).await?;
            }
            return Ok(line);
        }
        let tls = match &self.transport {
            Transport::System(tls) => Arc::clone(tls),
            Transport::Custom(network) => {
                let stream = network.open(&origin.authority(), origin.security)?;
                return PooledConnection::start_http(stream, self.limits.head, None).await;
            }
        };
        let proxy = self.proxies.for_origin(origin);
        let addresses = if let Some(proxy) = &proxy {
            self.filter_behind_proxy(scope, origin).await?;
            dial::resolve(&proxy.server, &self.addresses).await?
        } else {
            let found = dial::resolve(origin, &self.addresses).await?;
            self.filter(scope, origin, found).await?
        };
        let stream = dial::connect(&addresses, self.limits.step).await?;
        let mut address = stream.peer_addr().ok();
        let direct = proxy.is_none();
        let mut socket: Socket = Box::new(stream);
        let mut forwarder = None;
        if let Some(proxy) = proxy {
            address = None;
            socket = proxy.tls_to_proxy(socket, Arc::clone(&tls)).await?;
            if proxy.is_absolute_form(origin) {
                forwarder = Some(proxy);
            } else {
                socket = proxy.open_tunnel(socket, origin).await?;
            }
        }
        let peer = address.filter(|_| direct).map(|address| address.ip());
        let mut line = match origin.security {
            Security::Plain => {
                PooledConnection::start_http(socket, self.limits.head, forwarder).await?
            }
            Security::Tls => {
                let stream = dial::secure(socket, origin, address, tls).await?;
                PooledConnection::start_http(stream, self.limits.head, None).await?
            }
        };
        line.address = peer;
        Ok(line)
    }

    /// The addresses that a request may connect to; an error if none may.
    async fn filter(
        &self,
        scope: AddressScope,
        origin: &ServerOrigin,
        addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        let registry = match &self.guard {
            Some(guard) => match guard.zone {
                Some(zone) => zone,
                None => self.zone_behind_proxy(&guard.registry).await,
            },
            None => Zone::Public,
        };
        AddressGuard::filter(scope, registry, origin, addresses)
    }

    /// Where a proxy connects to is not seen here: a name that is internal for this machine is taken to be so there.
    async fn filter_behind_proxy(
        &self,
        scope: AddressScope,
        origin: &ServerOrigin,
    ) -> Result<(), ProbeError> {
        let is_registry = |guard: &AddressGuard| guard.registry.host == origin.host;
        if self.guard.as_ref().is_some_and(is_registry) {
            return Ok(());
        }
        let lookup = dial::resolve(origin, &self.addresses);
        if let Ok(Ok(addresses)) = timeout(LOOKUP_BEHIND_PROXY, lookup).await {
            self.filter(scope, origin, addresses).await?;
        }
        Ok(())
    }

    async fn zone_behind_proxy(&self, registry: &ServerOrigin) -> Zone {
        let lookup = dial::resolve(registry, &self.addresses);
        match timeout(LOOKUP_BEHIND_PROXY, lookup).await {
            Ok(Ok(addresses)) => addresses
                .first()
                .map_or(Zone::Public, |address| Zone::from_address(address.ip())),
            Ok(Err(_)) | Err(_) => Zone::Public,
        }
    }
}

/// Notifies when more informational answers (1xx) have come than a server has reason to send.
fn stop_after_informational(request: &mut Request<Empty<Bytes>>) -> Arc<Notify> {
    let flood = Arc::new(Notify::new());
    let (notify, count) = (Arc::clone(&flood), AtomicUsize::new(0));
    hyper::ext::on_informational(request, move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == INFORMATIONAL {
            notify.notify_one();
        }
    });
    flood
}

impl PooledConnection {
    async fn start_http<S>(
        stream: S,
        head: usize,
        forwarder: Option<Proxy>,
    ) -> Result<Self, ProbeError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (requests, connection) = http1::Builder::new()
            .max_headers(HEADERS)
            .max_buf_size(head)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure(&error))?;
        Ok(Self {
            requests,
            address: None,
            forwarder,
            _driver: ConnectionTask::spawn(connection),
        })
    }
}

fn origin(uri: &Uri) -> Result<ServerOrigin, ProbeError> {
    ServerOrigin::from_uri(uri).ok_or_else(|| ProbeError::BadRedirect {
        to: redacted(&uri.to_string()),
    })
}

fn request(
    origin: &ServerOrigin,
    question: &HttpRequest,
    forwarder: Option<&Proxy>,
) -> Result<Request<Empty<Bytes>>, ProbeError> {
    let path = question
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .method(&question.method)
        .header(HOST, origin.authority())
        .header(USER_AGENT, CLIENT_NAME);
    request = match forwarder {
        None => request.uri(path),
        Some(_) => request.uri(&question.uri),
    };
    if let Some(login) = forwarder.and_then(Proxy::login) {
        request = request.header(PROXY_AUTHORIZATION, login);
    }
    if let Some(accept) = question.accept {
        request = request.header(ACCEPT, accept);
    }
    if let Some(login) = &question.authorization {
        request = request.header(AUTHORIZATION, login);
    }
    request
        .body(Empty::new())
        .map_err(|error| ProbeError::Unreadable(error.to_string()))
}

async fn read(
    response: Response<Incoming>,
    question: &HttpRequest,
) -> Result<HttpResponse, ProbeError> {
    let (head, mut incoming) = response.into_parts();
    let limit = question.max_body;
    let too_large = Err(ProbeError::BodyTooLarge { limit });
    // The head of an answer to HEAD has the length of a body that does not come.
    let length = match question.method {
        Method::HEAD => Some(0),
        _ => declared(&head.headers),
    };
    if length.is_some_and(|length| length > limit) {
        return too_large;
    }
    let room = length.unwrap_or(UNDECLARED).min(limit);
    let mut body = Zeroizing::new(Vec::with_capacity(room));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| failure(&error))?;
        if let Some(data) = frame.data_ref() {
            if body.len() + data.len() > limit {
                return too_large;
            }
            body.extend_from_slice(data);
        }
    }
    Ok(HttpResponse {
        status: head.status,
        headers: head.headers,
        body,
    })
}

fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_redirect(reply: &HttpResponse) -> bool {
    matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn location(reply: &HttpResponse) -> Option<String> {
    reply
        .headers
        .get(LOCATION)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

fn bad_redirect(reply: &HttpResponse) -> ProbeError {
    ProbeError::BadRedirect {
        to: location(reply).map_or_else(|| "nowhere".to_owned(), |to| redacted(&to)),
    }
}

/// An address as far as it may be told: behind the path may stand a signature that opens a store.
fn redacted(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    sanitize(address.get(..end).unwrap_or_default())
}

/// The target of a redirect: an address, or a path on the same server.
fn resolve(base: &Uri, target: &str) -> Option<Uri> {
    let uri: Uri = target.parse().ok()?;
    if uri.scheme().is_some() {
        return Some(uri);
    }
    let (scheme, authority) = (base.scheme()?, base.authority()?);
    if let Some(rest) = target.strip_prefix("//") {
        return format!("{scheme}://{rest}").parse().ok();
    }
    target
        .starts_with('/')
        .then(|| format!("{scheme}://{authority}{target}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_not_told() {
        let signed = "http://store.example/blob?X-Amz-Signature=canary#x";
        assert_eq!(redacted(signed), "http://store.example/blob");
        assert_eq!(redacted("nowhere"), "nowhere");
    }

    #[test]
    fn targets_of_redirects_are_resolved() {
        let base: Uri = "https://r.example:5000/v2/".parse().unwrap();
        for (target, expected) in [
            ("/v3/x?y", Some("https://r.example:5000/v3/x?y")),
            ("http://other.example/z", Some("http://other.example/z")),
            ("//other.example/z", Some("https://other.example/z")),
            ("relative", None),
            ("", None),
        ] {
            let found = resolve(&base, target).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{target}");
        }
    }
}
