//! Resolving an image at its registry, or at the hosts that are asked in its place
//! (`core/remotes/docker` of containerd).

use jiff::Timestamp;
use serde_json::Value;

use super::{login::RegistryLogin, puller::RuntimePullError};
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{
        object::text,
        profile::Profile,
        registry::{Image, Method, RegistryNetwork, Request, Response, Scheme, Unreachable},
    },
};

struct Resolver<'a> {
    network: &'a mut RegistryNetwork,
    host: String,
    scheme: Scheme,
    may_fall_back: bool,
    retries_forbidden_with_get: bool,
    /// The registry that is meant, where another host is asked in its place.
    registry: Option<String>,
    path: String,
    now: Timestamp,
}

pub(super) fn resolve(
    network: &mut RegistryNetwork,
    profile: Profile,
    image: &ImageRef,
    login: Option<&RegistryLogin>,
    now: Timestamp,
) -> Result<Image, RuntimePullError> {
    let habit = LocalScheme::for_profile(profile);
    let reference = image
        .digest()
        .or(image.tag())
        .unwrap_or_default()
        .to_owned();
    let mut worst: Option<RuntimePullError> = None;
    for host in network.hosts(image.host()) {
        let own = network.named(image.host());
        let is_own = host == image.host() || own.is_some_and(|own| own.endpoint == host);
        let mut resolver = Resolver {
            scheme: habit.scheme(&host),
            may_fall_back: habit == LocalScheme::TlsFirst && is_local(&host),
            retries_forbidden_with_get: profile.retries_forbidden_with_get(),
            registry: (!is_own).then(|| image.host().to_owned()),
            network: &mut *network,
            host,
            path: format!("/v2/{}/manifests/{reference}", image.path()),
            now,
        };
        match resolver.head(login) {
            Ok(authorization) => return resolver.fetch(image, &reference, authorization),
            // What is told is not what the last one said, but what says most.
            Err(error) => {
                let mut before = worst.iter();
                if before.all(|before| before.weight() < error.weight()) {
                    worst = Some(error);
                }
            }
        }
    }
    Err(worst.unwrap_or(RuntimePullError::NotFound))
}

impl Resolver<'_> {
    fn fetch(
        &mut self,
        image: &ImageRef,
        reference: &str,
        authorization: Option<String>,
    ) -> Result<Image, RuntimePullError> {
        let registry = self.network.at(&self.host).ok();
        let found = registry
            .and_then(|registry| registry.repositories.get(image.path())?.find(reference))
            .cloned()
            .ok_or(RuntimePullError::NotFound)?;
        self.path = format!("/v2/{}/manifests/{}", image.path(), found.digest);
        self.get(authorization)?;
        if found.architectures.iter().any(|it| it == NODE_ARCHITECTURE) {
            Ok(found)
        } else {
            Err(RuntimePullError::NoPlatform {
                digest: found.digest,
            })
        }
    }
}

const NODE_ARCHITECTURE: &str = "amd64";

/// How the runtime speaks to a registry on the own machine. Without configuration that is the only
/// one that it speaks plain HTTP to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalScheme {
    Plain,
    /// containerd 1.7 and later try TLS and fall back (`docker.NewHTTPFallback`).
    TlsFirst,
}

impl LocalScheme {
    fn for_profile(profile: Profile) -> Self {
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
        let url = format!("{}://{}{}", self.scheme.as_str(), self.host, self.path);
        match &self.registry {
            Some(meant) => format!("{url}?ns={}", escape(meant)),
            None => url,
        }
    }

    fn send(
        &mut self,
        method: Method,
        authorization: Option<String>,
    ) -> Result<Response, RuntimePullError> {
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
                self.send(method, request.authorization)
            }
            answer => answer.map_err(|why| RuntimePullError::Unreachable {
                url: self.url(),
                why,
            }),
        }
    }

    /// Resolves the reference; gives the authorization that opened it.
    fn head(&mut self, login: Option<&RegistryLogin>) -> Result<Option<String>, RuntimePullError> {
        let response = self.send(Method::Head, None)?;
        if response.status != 401 {
            return self.check_response(&response, None).map(|()| None);
        }
        let challenge = response
            .header("WWW-Authenticate")
            .unwrap_or_default()
            .to_owned();
        let authorization = if let Some(challenge) = challenge.strip_prefix("Bearer ") {
            self.token(challenge, login)?
        } else {
            login.ok_or(RuntimePullError::NoCredentials)?.header()
        };
        let response = self.send(Method::Head, Some(authorization.clone()))?;
        let scope = response.header("WWW-Authenticate").unwrap_or_default();
        if response.status == 401 && scope.contains("insufficient_scope") {
            return Err(RuntimePullError::InsufficientScope);
        }
        self.check_response(&response, Some(&authorization))?;
        Ok(Some(authorization))
    }

    fn check_response(
        &mut self,
        response: &Response,
        sent: Option<&String>,
    ) -> Result<(), RuntimePullError> {
        match response.status {
            200 => Ok(()),
            404 => Err(RuntimePullError::NotFound),
            status => Err(RuntimePullError::Status {
                message: match status {
                    403 if self.retries_forbidden_with_get => self.reason(sent.cloned()),
                    _ => None,
                },
                url: self.url(),
                status,
            }),
        }
    }

    /// What the registry says of a `403`: an answer to a `HEAD` has no body.
    fn reason(&mut self, authorization: Option<String>) -> Option<String> {
        let response = self.send(Method::Get, authorization).ok()?;
        (response.status == 403).then(|| first_error(&response))
    }

    fn token(
        &mut self,
        challenge: &str,
        login: Option<&RegistryLogin>,
    ) -> Result<String, RuntimePullError> {
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
            authorization: login.map(RegistryLogin::header),
        };
        let url = format!("{realm}?{query}");
        let response = self.network.exchange(&request, self.now).map_err(|why| {
            RuntimePullError::Unreachable {
                url: url.clone(),
                why,
            }
        })?;
        if response.status != 200 {
            // A login is posted first; some refusals have it asked again with GET.
            let is_posted = login.is_some() && !matches!(response.status, 400 | 401 | 404 | 405);
            return Err(RuntimePullError::Token {
                method: if is_posted { "POST" } else { "GET" },
                url: if is_posted { realm.to_owned() } else { url },
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
    fn get(&mut self, authorization: Option<String>) -> Result<(), RuntimePullError> {
        let response = self.send(Method::Get, authorization)?;
        if response.status == 200 {
            return Ok(());
        }
        Err(RuntimePullError::Fetch {
            url: self.url(),
            status: response.status,
            message: first_error(&response),
        })
    }
}

/// The first error of a registry's answer, as containerd prints it (`docker.Errors`).
fn first_error(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = text(&body, "/errors/0/code").to_lowercase();
    match text(&body, "/errors/0/message") {
        "" => code,
        message => format!("{code}: {message}"),
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
