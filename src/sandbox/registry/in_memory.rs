//! The sandbox's registries as the probe's network.

use std::net::IpAddr;

use http::{StatusCode, header};
use http_body_util::Full;

use super::{Method, Request, Response, Scheme, Unreachable};
use crate::sandbox::world::SharedWorld;

/// Network of the sandbox's registries; clones share it.
#[derive(Clone)]
pub struct InMemoryNetwork(SharedWorld);

impl InMemoryNetwork {
    pub fn new(shared: SharedWorld) -> Self {
        Self(shared)
    }

    /// Address of a host (`host[:port]`); `None` for an unknown host.
    pub fn address(&self, host: &str) -> Option<IpAddr> {
        self.0.world().network.at(host).ok()?.address.parse().ok()
    }

    /// Checks a connection to a host up to the end of the TLS handshake.
    pub fn check_connection(&self, host: &str, scheme: Scheme) -> Result<(), Unreachable> {
        self.0.world().network.at(host)?.connect(scheme)
    }

    /// Response of the registry; `None` if the sandbox is gone.
    pub(super) fn answer<B>(
        &self,
        request: &http::Request<B>,
    ) -> Result<http::Response<Full<bytes::Bytes>>, Unreachable> {
        let mut world = self.0.world();
        let now = world.now;
        world
            .network
            .exchange(&translate(request), now)
            .map(respond)
    }
}

fn translate<B>(request: &http::Request<B>) -> Request {
    let uri = request.uri();
    let header = |name: header::HeaderName| {
        let value = request.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let host = match uri.authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => header(header::HOST).unwrap_or_default(),
    };
    Request {
        method: match *request.method() {
            http::Method::HEAD => Method::Head,
            _ => Method::Get,
        },
        scheme: match uri.scheme_str() {
            Some("http") => Scheme::Http,
            _ => Scheme::Https,
        },
        host,
        path: uri.path().to_owned(),
        authorization: header(header::AUTHORIZATION),
    }
}

fn respond(response: Response) -> http::Response<Full<bytes::Bytes>> {
    let mut answer = http::Response::new(Full::from(response.body));
    *answer.status_mut() =
        StatusCode::from_u16(response.status).expect("registries answer with HTTP's codes");
    for (name, value) in response.headers {
        let name = header::HeaderName::try_from(name).expect("the names are header names");
        if let Ok(value) = header::HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
