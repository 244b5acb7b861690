//! Proxies between this machine and a registry, and tunnels through them.
//!
//! Which one it is stands in the environment (`domain::proxy`); where that names none, curl's `ALL_PROXY`
//! counts too. A login for the proxy goes to the proxy and nowhere else.

use std::{
    env, fmt,
    future::{Ready, ready},
    io,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Uri,
    header::{HOST, PROXY_AUTHORIZATION, USER_AGENT},
};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::{
    client::{legacy::connect::proxy::SocksV5, proxy::matcher::Matcher},
    rt::TokioIo,
};
use rustls::ClientConfig;
use tower::Service;

use super::{
    connection_task::{self, CLIENT_NAME, ConnectionTask},
    dial::{self, Socket},
    trust::{Security, ServerOrigin},
};
use crate::domain::{probe::ProbeError, proxy::ProxyVariables, sanitize::sanitize};

/// The proxies of a machine and their exceptions.
#[derive(Clone, Default)]
pub struct Proxies(Option<Arc<Environment>>);

struct Environment {
    variables: ProxyVariables,
    /// Parses addresses and logins of proxies. It has no exceptions: hyper-util reads those as curl does.
    proxies: Matcher,
}

impl Proxies {
    /// The proxies of the environment.
    pub fn from_environment() -> Self {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let all = || variable("ALL_PROXY").or_else(|| variable("all_proxy"));
        let variables = ProxyVariables::read(variable);
        Self::new(ProxyVariables {
            https: variables.https.or_else(all),
            http: variables.http.or_else(all),
            ..variables
        })
    }

    fn new(variables: ProxyVariables) -> Self {
        let proxies = Matcher::builder()
            .https(variables.https.as_deref().unwrap_or_default())
            .http(variables.http.as_deref().unwrap_or_default())
            .build();
        Self(Some(Arc::new(Environment { variables, proxies })))
    }

    /// One proxy for all hosts except these, written as in `NO_PROXY`.
    pub fn all(proxy: &str, except: &str) -> Self {
        Self::new(ProxyVariables {
            https: Some(proxy.to_owned()),
            http: Some(proxy.to_owned()),
            no_proxy: except.to_owned(),
        })
    }

    /// The proxy for a server; `None` for a direct connection.
    pub(super) fn for_origin(&self, origin: &ServerOrigin) -> Option<Proxy> {
        let environment = self.0.as_ref()?;
        if environment.variables.bypasses(&origin.host, origin.port) {
            return None;
        }
        let intercept = environment.proxies.intercept(&origin.uri()?)?;
        let (protocol, default) = match intercept.uri().scheme_str()? {
            "http" => (Protocol::Http, 80),
            "https" => (Protocol::Https, 443),
            _ => (Protocol::Socks, 1080),
        };
        let login = match intercept.raw_auth() {
            Some((user, password)) => ProxyLogin::Raw(user.to_owned(), password.to_owned()),
            None => ProxyLogin::Header(intercept.basic_auth().cloned()),
        };
        let host = intercept.uri().host()?.trim_matches(['[', ']']);
        Some(Proxy {
            server: ServerOrigin {
                security: match protocol {
                    Protocol::Https => Security::Tls,
                    Protocol::Http | Protocol::Socks => Security::Plain,
                },
                host: host.to_ascii_lowercase(),
                port: intercept.uri().port_u16().unwrap_or(default),
            },
            uri: intercept.uri().clone(),
            protocol,
            login,
        })
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    /// HTTP over TLS to the proxy itself.
    Https,
    Socks,
}

#[derive(Clone)]
enum ProxyLogin {
    Header(Option<HeaderValue>),
    Raw(String, String),
}

/// One proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    /// The other end of the socket.
    pub(super) server: ServerOrigin,
    uri: Uri,
    protocol: Protocol,
    login: ProxyLogin,
}

impl Proxy {
    /// Host and port without the login: `proxy.example:3128`.
    pub(super) fn authority(&self) -> String {
        self.server.with_port()
    }

    /// Whether a plain HTTP request is sent to the proxy with its absolute URL and not through a tunnel, which proxies
    /// allow to few ports only.
    pub(super) fn is_absolute_form(&self, origin: &ServerOrigin) -> bool {
        origin.security == Security::Plain && self.protocol != Protocol::Socks
    }

    /// `Proxy-Authorization` header of forwarded requests.
    pub(super) fn login(&self) -> Option<&HeaderValue> {
        match &self.login {
            ProxyLogin::Header(header) => header.as_ref(),
            ProxyLogin::Raw(..) => None,
        }
    }

    /// Starts TLS with the proxy if its URL says `https`.
    pub(super) async fn tls_to_proxy(
        &self,
        socket: Socket,
        tls: Arc<ClientConfig>,
    ) -> Result<Socket, ProbeError> {
        if self.protocol != Protocol::Https {
            return Ok(socket);
        }
        let stream = dial::secure(socket, &self.server, None, tls).await?;
        Ok(Box::new(stream))
    }

    /// Opens a tunnel through the proxy.
    pub(super) async fn open_tunnel(
        &self,
        socket: Socket,
        to: &ServerOrigin,
    ) -> Result<Socket, ProbeError> {
        match self.protocol {
            Protocol::Socks => self.tunnel_by_socks(socket, to).await,
            Protocol::Http | Protocol::Https => self.tunnel_by_connect(socket, to).await,
        }
    }

    async fn tunnel_by_connect(
        &self,
        socket: Socket,
        to: &ServerOrigin,
    ) -> Result<Socket, ProbeError> {
        let (mut requests, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|error| connection_task::failure(&error))?;
        // Lives until the connection is handed over, or is given up.
        let _driver = ConnectionTask::spawn(connection.with_upgrades());
        let target = to.with_port();
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(&target)
            .header(HOST, &target)
            .header(USER_AGENT, CLIENT_NAME);
        if let Some(login) = self.login() {
            request = request.header(PROXY_AUTHORIZATION, login);
        }
        let request = request
            .body(Empty::<Bytes>::new())
            .map_err(|error| ProbeError::Unreadable(error.to_string()))?;
        let response = requests
            .send_request(request)
            .await
            .map_err(|error| connection_task::failure(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(ProbeError::ProxyRefuses(status.to_string()));
        }
        let upgraded = hyper::upgrade::on(response)
            .await
            .map_err(|error| connection_task::failure(&error))?;
        Ok(Box::new(TokioIo::new(upgraded)))
    }

    async fn tunnel_by_socks(
        &self,
        socket: Socket,
        to: &ServerOrigin,
    ) -> Result<Socket, ProbeError> {
        let mut tunnel = SocksV5::new(self.uri.clone(), Connected(Some(TokioIo::new(socket))));
        if let ProxyLogin::Raw(user, password) = &self.login {
            tunnel = tunnel.with_auth(user.clone(), password.clone());
        }
        let target = to.uri().ok_or(ProbeError::UnknownHost)?;
        let led = tunnel.call(target).await;
        let led = led.map_err(|error| {
            let why = format!("{error:?}");
            ProbeError::ProxyRefuses(format!("SOCKS: {}", sanitize(&why)))
        })?;
        Ok(Box::new(led.into_inner()))
    }
}

/// The connector of a tunnel: a connection that is there already.
struct Connected(Option<TokioIo<Socket>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = Ready<Result<TokioIo<Socket>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let socket = self.0.take();
        ready(socket.ok_or_else(|| io::Error::other("one connection is one tunnel")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(proxies: &Proxies, registry: &str) -> Option<String> {
        let origin = ServerOrigin::from_registry(registry, Security::Tls).unwrap();
        proxies.for_origin(&origin).map(|proxy| proxy.authority())
    }

    #[test]
    fn registries_are_behind_the_proxy_but_for_those_that_are_not() {
        let proxies = Proxies::all("http://proxy.example:3128", "quay.io,10.0.0.0/8");
        let proxy = Some("proxy.example:3128".to_owned());
        for (registry, expected) in [
            ("ghcr.io", proxy.clone()),
            ("ghcr.io:5000", proxy.clone()),
            ("quay.io", None),
            ("cdn.quay.io", None),
            ("notquay.io", proxy),
            ("10.1.2.3:5000", None),
            ("localhost:5000", None),
            ("127.0.0.1:5000", None),
            ("[::1]:5000", None),
        ] {
            assert_eq!(before(&proxies, registry), expected, "{registry}");
        }
        assert_eq!(before(&Proxies::default(), "ghcr.io"), None);
    }

    #[test]
    fn exceptions_are_those_of_the_cluster_and_not_those_of_curl() {
        let proxy = Some("proxy.example:3128".to_owned());
        for (except, registry, expected) in [
            ("*.quay.io", "cdn.quay.io", None),
            (".quay.io", "quay.io", proxy.clone()),
            ("quay.io:5000", "quay.io:5000", None),
            ("quay.io:5000", "quay.io", proxy),
        ] {
            let proxies = Proxies::all("http://proxy.example:3128", except);
            assert_eq!(before(&proxies, registry), expected, "{except} {registry}");
        }
    }

    #[test]
    fn a_proxy_has_a_port_and_keeps_its_login_to_itself() {
        for (text, authority) in [
            ("http://user:s3cret@proxy.example", "proxy.example:80"),
            ("https://user:s3cret@proxy.example", "proxy.example:443"),
            ("socks5://user:s3cret@proxy.example", "proxy.example:1080"),
            ("proxy.example:8080", "proxy.example:8080"),
        ] {
            let proxies = Proxies::all(text, "");
            assert_eq!(before(&proxies, "ghcr.io").as_deref(), Some(authority));
            assert!(!format!("{proxies:?}").contains("s3cret"));
        }
    }
}
