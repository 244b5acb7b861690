//! The registries as a tower service over HTTP's types: the probe's transport in the demo.

use std::{
    fmt,
    future::{Ready, ready},
    net::IpAddr,
    task::{Context, Poll},
};

use http::{StatusCode, header};
use http_body_util::Full;

use super::{Method, Request, Response, Scheme, Unreachable};
use crate::sandbox::world::Shared;

/// Asks the sandbox's registries; clones share one network.
#[derive(Clone)]
pub struct Transport(Shared);

impl Transport {
    pub fn new(shared: Shared) -> Self {
        Self(shared)
    }

    /// The address of a host (`host[:port]`); none, if there is no such host.
    pub fn address(&self, host: &str) -> Option<IpAddr> {
        self.0.world().network.at(host).ok()?.address.parse().ok()
    }

    /// What becomes of a connection to a host, up to the end of the handshake.
    pub fn reach(&self, host: &str, scheme: Scheme) -> Result<(), Unreachable> {
        self.0.world().network.at(host)?.connect(scheme)
    }
}

/// No response: the reason, in the words of the resolver, the connection or the TLS library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    pub host: String,
    pub why: Unreachable,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.why {
            Unreachable::NoSuchHost => write!(f, "lookup {host}: no such host"),
            Unreachable::Refused { address } => write!(f, "connect {address}: connection refused"),
            Unreachable::TimedOut { address } => write!(f, "connect {address}: timed out"),
            Unreachable::HandshakeTimeout => write!(f, "TLS handshake with {host} timed out"),
            Unreachable::UntrustedCertificate => {
                write!(f, "invalid peer certificate: UnknownIssuer")
            }
            Unreachable::PlainHttp => {
                write!(f, "received corrupt message of type InvalidContentType")
            }
        }
    }
}

impl std::error::Error for Unreached {}

impl<B> tower::Service<http::Request<B>> for Transport {
    type Response = http::Response<Full<bytes::Bytes>>;
    type Error = Unreached;
    type Future = Ready<Result<Self::Response, Unreached>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreached>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let request = translate(&request);
        let mut world = self.0.world();
        let now = world.now;
        let answer = world.network.exchange(&request, now);
        ready(answer.map(respond).map_err(|why| Unreached {
            host: request.host,
            why,
        }))
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
        query: uri.query().unwrap_or_default().to_owned(),
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
