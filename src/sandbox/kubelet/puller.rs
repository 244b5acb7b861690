//! The runtime's part: resolving an image at its registry, with a login or without
//! (containerd's `remotes/docker`).
//!
//! It makes the requests that containerd makes and gives the reason of a failure as a value; how
//! that reads is said by `wording`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    domain::{credential::Password, image::ImageRef},
    sandbox::{
        profile::Profile,
        registry::{
            Image, Method, Network, Request, Response, Scheme, Unreachable, basic_header, digest_of,
        },
    },
};

/// A user and a password for a registry.
#[derive(Clone, Debug)]
pub struct Login {
    user: String,
    password: Password,
}

impl Login {
    pub fn new(user: String, password: Password) -> Self {
        Self { user, password }
    }

    fn header(&self) -> String {
        basic_header(&self.user, self.password.expose())
    }

    /// What tells logins apart in the kubelet's record of who pulled what.
    pub fn mark(&self) -> String {
        digest_of(&self.header())
    }
}

/// Why the runtime could not get the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullError {
    NotFound,
    /// The registry wants a user and a password, and there are none.
    NoCredentials,
    /// The token does not open this repository.
    InsufficientScope,
    /// The token service said this status, to a user or to nobody.
    Token {
        url: String,
        status: u16,
        anonymous: bool,
    },
    /// The registry said this status.
    Status {
        url: String,
        status: u16,
    },
    /// A GET after resolving was refused, with the registry's words.
    Fetch {
        url: String,
        status: u16,
        message: String,
    },
    Unreachable {
        url: String,
        why: Unreachable,
    },
    NoPlatform {
        digest: String,
    },
}

/// How a pull ended and how long it took.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub result: Result<Image, PullError>,
    pub took: Duration,
    /// Which login opened it; none for an anonymous pull.
    pub opened_by: Option<Login>,
}

/// Tries the logins in their order; without any it asks as nobody.
pub fn pull(
    network: &mut Network,
    habit: LocalHabit,
    image: &ImageRef,
    logins: &[Login],
    now: Timestamp,
) -> Fetched {
    let mut last = None;
    let tries: Vec<Option<&Login>> = match logins {
        [] => vec![None],
        logins => logins.iter().map(Some).collect(),
    };
    let mut took = Duration::ZERO;
    for login in tries {
        let result = resolve(network, habit, image, login, now);
        took += duration(&result);
        match result {
            Ok(found) => {
                return Fetched {
                    result: Ok(found),
                    took,
                    opened_by: login.cloned(),
                };
            }
            Err(error) => last = Some(error),
        }
    }
    Fetched {
        result: Err(last.expect("there was at least one try")),
        took,
        opened_by: None,
    }
}

/// Some 150 ms for the questions and 50 MB/s for the layers; what hangs, hangs as long as the
/// runtime lets it.
fn duration(result: &Result<Image, PullError>) -> Duration {
    match result {
        Ok(image) => Duration::from_millis(150 + image.bytes / 50_000),
        Err(PullError::Unreachable { why, .. }) => match why {
            Unreachable::TimedOut { .. } => Duration::from_secs(30),
            Unreachable::HandshakeTimeout => Duration::from_secs(10),
            Unreachable::NoSuchHost
            | Unreachable::Refused { .. }
            | Unreachable::UntrustedCertificate
            | Unreachable::PlainHttp => Duration::from_millis(20),
        },
        Err(_) => Duration::from_millis(40),
    }
}

struct Resolver<'a> {
    network: &'a mut Network,
    host: String,
    scheme: Scheme,
    may_fall_back: bool,
    path: String,
    now: Timestamp,
}

fn resolve(
    network: &mut Network,
    habit: LocalHabit,
    image: &ImageRef,
    login: Option<&Login>,
    now: Timestamp,
) -> Result<Image, PullError> {
    let reference = image
        .digest()
        .or(image.tag())
        .unwrap_or_default()
        .to_owned();
    let host = network
        .named(image.host())
        .map_or(image.host(), |registry| &registry.endpoint)
        .to_owned();
    let mut resolver = Resolver {
        network,
        scheme: habit.scheme(&host),
        may_fall_back: habit == LocalHabit::TlsFirst && is_local(&host),
        host,
        path: format!("/v2/{}/manifests/{reference}", image.path()),
        now,
    };
    let authorization = resolver.head(login)?;
    let found = resolver
        .network
        .image(image.host(), image.path(), &reference)
        .cloned()
        .ok_or(PullError::NotFound)?;
    resolver.path = format!("/v2/{}/manifests/{}", image.path(), found.digest);
    resolver.get(authorization)?;
    if found.architectures.iter().any(|it| it == NODE_ARCHITECTURE) {
        Ok(found)
    } else {
        Err(PullError::NoPlatform {
            digest: found.digest,
        })
    }
}

const NODE_ARCHITECTURE: &str = "amd64";

/// How the runtime speaks to a registry on the own machine. Without configuration that is the only
/// one that it speaks plain HTTP to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalHabit {
    Plain,
    /// containerd 1.7 and later try TLS and fall back (`docker.NewHTTPFallback`).
    TlsFirst,
}

impl LocalHabit {
    pub fn of(profile: Profile) -> Self {
        if profile.is_old() {
            Self::Plain
        } else {
            Self::TlsFirst
        }
    }

    fn scheme(self, host: &str) -> Scheme {
        match self {
            Self::Plain if is_local(host) => Scheme::Http,
            Self::Plain | Self::TlsFirst => Scheme::Https,
        }
    }
}

fn is_local(host: &str) -> bool {
    matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"))
}

impl Resolver<'_> {
    fn url(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.host, self.path)
    }

    fn ask(
        &mut self,
        method: Method,
        authorization: Option<String>,
    ) -> Result<Response, PullError> {
        let request = Request {
            method,
            scheme: self.scheme,
            host: self.host.clone(),
            path: self.path.clone(),
            authorization,
        };
        match self.network.exchange(&request, self.now) {
            Err(Unreachable::PlainHttp) if self.may_fall_back => {
                self.scheme = Scheme::Http;
                self.may_fall_back = false;
                self.ask(method, request.authorization)
            }
            answer => answer.map_err(|why| PullError::Unreachable {
                url: self.url(),
                why,
            }),
        }
    }

    /// Resolves the reference; gives the authorization that opened it.
    fn head(&mut self, login: Option<&Login>) -> Result<Option<String>, PullError> {
        let response = self.ask(Method::Head, None)?;
        if response.status != 401 {
            return self.judge(&response).map(|()| None);
        }
        let challenge = response
            .header("WWW-Authenticate")
            .unwrap_or_default()
            .to_owned();
        let authorization = if let Some(challenge) = challenge.strip_prefix("Bearer ") {
            self.token(challenge, login)?
        } else {
            login.ok_or(PullError::NoCredentials)?.header()
        };
        let response = self.ask(Method::Head, Some(authorization.clone()))?;
        let scope = response.header("WWW-Authenticate").unwrap_or_default();
        if response.status == 401 && scope.contains("insufficient_scope") {
            return Err(PullError::InsufficientScope);
        }
        self.judge(&response).map(|()| Some(authorization))
    }

    fn judge(&self, response: &Response) -> Result<(), PullError> {
        match response.status {
            200 => Ok(()),
            404 => Err(PullError::NotFound),
            status => Err(PullError::Status {
                url: self.url(),
                status,
            }),
        }
    }

    fn token(&mut self, challenge: &str, login: Option<&Login>) -> Result<String, PullError> {
        let parameter = |name: &str| {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let realm = parameter("realm").unwrap_or_default();
        let query = format!(
            "scope={}&service={}",
            escape(parameter("scope").unwrap_or_default()),
            escape(parameter("service").unwrap_or_default())
        );
        let (scheme, rest) = match realm.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some((_, rest)) => (Scheme::Https, rest),
            None => (Scheme::Https, realm),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let request = Request {
            method: Method::Get,
            scheme,
            host: host.to_owned(),
            path: format!("/{path}"),
            authorization: login.map(Login::header),
        };
        let url = format!("{realm}?{query}");
        let response =
            self.network
                .exchange(&request, self.now)
                .map_err(|why| PullError::Unreachable {
                    url: url.clone(),
                    why,
                })?;
        if response.status != 200 {
            return Err(PullError::Token {
                url,
                status: response.status,
                anonymous: login.is_none(),
            });
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let token = body
            .get("token")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(format!("Bearer {token}"))
    }

    /// Fetches the manifest itself, which is where Docker Hub counts.
    fn get(&mut self, authorization: Option<String>) -> Result<(), PullError> {
        let response = self.ask(Method::Get, authorization)?;
        if response.status == 200 {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let say = |field: &str| {
            let pointer = format!("/errors/0/{field}");
            body.pointer(&pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Err(PullError::Fetch {
            url: self.url(),
            status: response.status,
            message: format!("{}: {}", say("code").to_lowercase(), say("message")),
        })
    }
}

/// Percent-encoding of a query value, as Go's `url.QueryEscape`.
fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
