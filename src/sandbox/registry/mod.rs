//! The registries that the sandbox's nodes and the probe can reach.
//!
//! It speaks the OCI distribution protocol as values: a request in, a response out, or the reason
//! why no connection came about. The kubelet's puller and the product's probe ask the same
//! registries over it, so they cannot be told different things.

mod auth;
mod content;
mod in_memory;
mod pipe;
mod response;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use auth::{Account, Auth, IssuedToken, basic_header};
pub use content::{Image, Program, Repository, digest};
pub use in_memory::InMemoryNetwork;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Head,
    Get,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A request. It has no `Debug`, as the authorization is a credential.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub scheme: Scheme,
    /// With the port, if it is not the scheme's own.
    pub host: String,
    pub path: String,
    pub authorization: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![
                ("Content-Type", "application/json".to_owned()),
                ("Docker-Distribution-API-Version", "registry/2.0".to_owned()),
            ],
            body: value.to_string().into_bytes(),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"code": code, "message": message});
        Self::json(status, &json!({ "errors": [error] }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(there, _)| there.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Why there was no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no response: {self:?}")]
pub enum Unreachable {
    NoSuchHost,
    Refused {
        address: String,
    },
    TimedOut {
        address: String,
    },
    /// It accepts and keeps silent.
    HandshakeTimeout,
    UntrustedCertificate,
    /// It speaks plain HTTP where TLS was expected.
    PlainHttp,
}

/// TLS mode of a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    #[default]
    Tls,
    /// TLS with a certificate that no node knows.
    UntrustedTls,
    PlainHttp,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistryHealth {
    #[default]
    Up,
    Refusing,
    TimingOut,
    Silent,
    /// Every answer is this status.
    Failing(u16),
}

/// Which requests a rate limit applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    EveryRequest,
    /// Every request, without a word: Docker Hub's abuse limit.
    Abuse,
    /// The GET of a manifest by nobody in particular, as Docker Hub counts.
    Anonymous,
}

/// One registry.
#[derive(Clone, Debug)]
pub struct Registry {
    /// As image references name it.
    pub name: String,
    /// The host that clients really connect to; Docker Hub's differs from its name.
    pub endpoint: String,
    pub address: String,
    pub wire: TlsMode,
    pub health: RegistryHealth,
    pub auth: Auth,
    pub accounts: Vec<Account>,
    pub repositories: BTreeMap<String, Repository>,
    pub limit: Option<RateLimit>,
    /// The status with which the token service refuses a wrong login: 401, or 403 as GitHub and GitLab
    /// do.
    pub token_refusal: u16,
    /// The status of every answer of a token service that is out of order.
    pub token_failure: Option<u16>,
    tokens: BTreeMap<String, IssuedToken>,
}

impl Registry {
    pub fn new(name: &str) -> Self {
        let endpoint = match name {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        Self {
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
            address: "10.0.7.12".to_owned(),
            wire: TlsMode::default(),
            health: RegistryHealth::default(),
            auth: Auth::None,
            accounts: Vec::new(),
            repositories: BTreeMap::new(),
            limit: None,
            token_refusal: 401,
            token_failure: None,
            tokens: BTreeMap::new(),
        }
    }

    fn listens_at(&self, host: &str) -> bool {
        self.endpoint == host || self.name == host || self.auth.realm_host() == Some(host)
    }

    fn dialled(&self) -> String {
        let port = match (self.endpoint.rsplit_once(':'), self.wire) {
            (Some((_, port)), _) => port,
            (None, TlsMode::PlainHttp) => "80",
            (None, TlsMode::Tls | TlsMode::UntrustedTls) => "443",
        };
        format!("{}:{port}", self.address)
    }

    /// Checks a connection up to the end of the TLS handshake.
    pub fn connect(&self, scheme: Scheme) -> Result<(), Unreachable> {
        let address = self.dialled();
        match self.health {
            RegistryHealth::Refusing => return Err(Unreachable::Refused { address }),
            RegistryHealth::TimingOut => return Err(Unreachable::TimedOut { address }),
            RegistryHealth::Silent => return Err(Unreachable::HandshakeTimeout),
            RegistryHealth::Up | RegistryHealth::Failing(_) => {}
        }
        match (self.wire, scheme) {
            (TlsMode::PlainHttp, Scheme::Https) => Err(Unreachable::PlainHttp),
            (TlsMode::UntrustedTls, Scheme::Https) => Err(Unreachable::UntrustedCertificate),
            _ => Ok(()),
        }
    }
}

/// All registries.
#[derive(Clone, Debug, Default)]
pub struct RegistryNetwork {
    registries: BTreeMap<String, Registry>,
    /// Which hosts the nodes ask in the place of a registry, in this order: mirrors first
    /// (`hosts.toml` of containerd).
    mirrors: BTreeMap<String, Vec<String>>,
    issued: u64,
}

impl RegistryNetwork {
    pub fn add(&mut self, registry: Registry) {
        self.registries.insert(registry.name.clone(), registry);
    }

    /// The registry with this name in image references.
    pub fn named(&self, name: &str) -> Option<&Registry> {
        self.registries.get(name)
    }

    pub fn named_mut(&mut self, name: &str) -> Option<&mut Registry> {
        self.registries.get_mut(name)
    }

    pub fn mirror(&mut self, registry: &str, hosts: Vec<String>) {
        self.mirrors.insert(registry.to_owned(), hosts);
    }

    /// The hosts that a node asks for images of a registry, in order.
    pub fn hosts(&self, registry: &str) -> Vec<String> {
        match (self.mirrors.get(registry), self.named(registry)) {
            (Some(hosts), _) => hosts.clone(),
            (None, Some(known)) => vec![known.endpoint.clone()],
            (None, None) => vec![registry.to_owned()],
        }
    }

    /// The registry or token service at a host.
    pub fn at(&self, host: &str) -> Result<&Registry, Unreachable> {
        self.registries
            .values()
            .find(|registry| registry.listens_at(host))
            .ok_or(Unreachable::NoSuchHost)
    }

    /// Sends a request to the registry or token service at its host.
    pub fn exchange(&mut self, request: &Request, now: Timestamp) -> Result<Response, Unreachable> {
        let serial = self.issued;
        let registry = self
            .registries
            .values_mut()
            .find(|registry| registry.listens_at(&request.host))
            .ok_or(Unreachable::NoSuchHost)?;
        registry.connect(request.scheme)?;
        self.issued += 1;
        Ok(registry.answer(request, serial, now))
    }
}
