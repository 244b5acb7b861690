//! Sends the requests of one pull: resolve, connect, TLS, challenge, token, manifest; each step is recorded.

mod connect;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use http::{HeaderValue, Method, StatusCode, Uri};
use tokio::time::timeout;

use super::{
    address_guard::RequestPurpose,
    authorization,
    challenge::{self, Challenge},
    http_client::{HttpClient, HttpRequest, HttpResponse},
    redaction::Redactor,
    response,
    settings::ProbeSettings,
    transport::Transport,
    trust::{Security, ServerOrigin},
};
use crate::domain::{
    probe::{
        AuthMethod, Platform, ProbeError, ProbeStage, ProbeStep, Repositories, StepResult, Tags,
    },
    registry_auth::{auth_attempts::RegistryAuth, image_ref::ImageRef, registries},
    sanitize::sanitize,
};

/// Media types of manifests that containerd 2 accepts.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1";

/// Tags, and repositories, of the first page: no more are asked for.
const PAGE: usize = 1000;

/// The scope of a token that opens the catalogue (distribution specification, token authentication).
const CATALOGUE: &str = "registry:catalog:*";

/// The requests of one pull, up to the manifest, and what they have led to so far.
pub(super) struct PullSequence<'a> {
    settings: &'a ProbeSettings,
    transport: Transport,
    image: &'a ImageRef,
    auth: &'a RegistryAuth,
    /// When the time for the image is used up.
    deadline: Instant,
    /// Learns the tokens, which are not to be repeated either.
    redactor: &'a mut Redactor,
    client: HttpClient,
    /// What stands before the registry, as `host:port`.
    pub(super) proxy: Option<String>,
    pub(super) steps: Vec<ProbeStep>,
    pub(super) tags: Option<Tags>,
    pub(super) repositories: Option<Repositories>,
}

/// Result of GET `/v2/`: open or auth challenge.
enum AuthState {
    Open,
    Challenge(Challenge),
}

impl<'a> PullSequence<'a> {
    pub(super) fn new(
        settings: &'a ProbeSettings,
        transport: Transport,
        image: &'a ImageRef,
        auth: &'a RegistryAuth,
        deadline: Instant,
        redactor: &'a mut Redactor,
    ) -> Self {
        redactor.add_login(auth);
        Self {
            settings,
            image,
            auth,
            deadline,
            redactor,
            client: HttpClient::new(settings, transport.clone()),
            transport,
            proxy: None,
            steps: Vec::new(),
            tags: None,
            repositories: None,
        }
    }

    /// Runs the steps until one fails; `None` at the failed step.
    pub(super) async fn run(&mut self) -> Option<()> {
        let registry = self.establish().await?;
        let door = self.ping_v2(&registry).await?;
        let login = match &door {
            AuthState::Open => None,
            AuthState::Challenge(challenge) => self.authenticate(&registry, challenge).await?,
        };
        self.resolve_manifest(&registry, door, login).await
    }

    /// `/v2/`: is this a registry, and how does it want to know who asks?
    async fn ping_v2(&mut self, registry: &ServerOrigin) -> Option<AuthState> {
        let began = Instant::now();
        let outcome = match self.get(registry, "/v2/", None).await {
            Ok(reply) => auth_state(registry, &reply),
            Err(failure) => Err(failure),
        };
        self.record_step(ProbeStage::Challenge, &registry.authority(), began, outcome)
    }

    /// Answers the challenge. `Some(None)`: there is nothing to answer it with, and the registry may
    /// still let a stranger in.
    async fn authenticate(
        &mut self,
        registry: &ServerOrigin,
        challenge: &Challenge,
    ) -> Option<Option<HeaderValue>> {
        match challenge {
            Challenge::Basic => self.authenticate_basic(registry).await,
            Challenge::Bearer { realm, service } => {
                self.fetch_token(registry, realm, service.as_deref()).await
            }
        }
    }

    async fn authenticate_basic(&mut self, registry: &ServerOrigin) -> Option<Option<HeaderValue>> {
        let Some(login) = authorization::basic(self.auth) else {
            return Some(None);
        };
        let began = Instant::now();
        let outcome = match self.get(registry, "/v2/", Some(login.clone())).await {
            Ok(reply) if reply.status.is_success() => Ok((StepResult::SignedIn, Some(login))),
            Ok(reply) => Err(refusal(&reply)),
            Err(failure) => Err(failure),
        };
        self.record_step(ProbeStage::Token, &registry.authority(), began, outcome)
    }

    async fn fetch_token(
        &mut self,
        registry: &ServerOrigin,
        realm: &str,
        service: Option<&str>,
    ) -> Option<Option<HeaderValue>> {
        let began = Instant::now();
        let scope = authorization::pull_scope(self.image.path());
        let (host, outcome) = match authorization::token_address(realm, service, &scope) {
            Ok((uri, host)) => {
                let outcome = self.ask_for_token(uri).await;
                (host.authority(), outcome)
            }
            Err(failure) => (registry.authority(), Err(failure)),
        };
        self.record_step(ProbeStage::Token, &host, began, outcome)
    }

    async fn ask_for_token(
        &mut self,
        uri: Uri,
    ) -> Result<(StepResult, Option<HeaderValue>), ProbeError> {
        let reply = self.send(HttpRequest {
            method: Method::GET,
            uri,
            accept: None,
            authorization: authorization::basic(self.auth),
            purpose: RequestPurpose::Token,
            max_body: self.settings.limits.answer,
        });
        let reply = reply.await?;
        if !reply.status.is_success() {
            return Err(refusal(&reply));
        }
        let token = authorization::token(&reply.body)?;
        self.redactor.add_token(&token.text);
        Ok((
            StepResult::Token {
                lives: token.lifetime,
            },
            Some(token.header),
        ))
    }

    /// The manifest; where it is not found, the tags.
    async fn resolve_manifest(
        &mut self,
        registry: &ServerOrigin,
        door: AuthState,
        mut login: Option<HeaderValue>,
    ) -> Option<()> {
        let began = Instant::now();
        let mut head = self.manifest(registry, Method::HEAD, login.clone()).await;
        // Some registries answer the ping to everybody and ask for a login at the repository.
        if let (AuthState::Open, Ok(reply)) = (&door, &head)
            && reply.status == StatusCode::UNAUTHORIZED
            && let Some(challenge) = challenge::from_headers(&reply.headers)
        {
            login = self.authenticate(registry, &challenge).await?;
            head = self.manifest(registry, Method::HEAD, login.clone()).await;
        }
        let outcome = match head {
            Ok(head) => self.read_manifest(registry, &head, login.clone()).await,
            Err(failure) => Err(failure),
        };
        if matches!(&outcome, Err(ProbeError::Refusal(refusal)) if refusal.status == 404) {
            let tags = self.list_tags(registry, login.clone()).await;
            if tags == Tags::NoRepository {
                self.repositories = Some(self.list_repositories(registry, &door, login).await);
            }
            self.tags = Some(tags);
        }
        self.record_step(ProbeStage::Manifest, &registry.authority(), began, outcome)
    }

    async fn read_manifest(
        &mut self,
        registry: &ServerOrigin,
        head: &HttpResponse,
        login: Option<HeaderValue>,
    ) -> Result<(StepResult, ()), ProbeError> {
        // An answer to HEAD has no body: neither the platforms nor the reason of a refusal.
        let whole = self.manifest(registry, Method::GET, login.clone()).await?;
        if !whole.status.is_success() {
            return Err(refusal(&whole));
        }
        let mut manifest = if head.status.is_success() {
            response::manifest(head)
        } else {
            response::manifest(&whole)
        };
        manifest.platforms = response::platforms(&whole.body)?;
        if let Some(digest) = response::configuration(&whole.body).filter(|_| !manifest.is_index())
        {
            manifest.platforms = self
                .platform(registry, &digest, login)
                .await
                .into_iter()
                .collect();
        }
        Ok((StepResult::Manifest(manifest), ()))
    }

    /// What a single image is made for; nothing where that cannot be read, for it can be pulled all the same.
    async fn platform(
        &mut self,
        registry: &ServerOrigin,
        digest: &str,
        login: Option<HeaderValue>,
    ) -> Option<Platform> {
        let path = format!("/v2/{}/blobs/{digest}", self.image.path());
        let reply = self.send(HttpRequest {
            method: Method::GET,
            uri: address(registry, &path).ok()?,
            accept: None,
            authorization: login,
            purpose: RequestPurpose::Registry,
            max_body: self.settings.limits.manifest,
        });
        let reply = reply.await.ok()?;
        reply
            .status
            .is_success()
            .then(|| response::platform(&reply.body))?
    }

    async fn list_tags(&mut self, registry: &ServerOrigin, login: Option<HeaderValue>) -> Tags {
        let path = format!("/v2/{}/tags/list?n={PAGE}", self.image.path());
        match self.get(registry, &path, login).await {
            Ok(reply) => response::tags(&reply),
            Err(_) => Tags::Unknown,
        }
    }

    /// The repositories of a registry of one's own. Those of public registries and clouds are never asked for.
    async fn list_repositories(
        &mut self,
        registry: &ServerOrigin,
        door: &AuthState,
        login: Option<HeaderValue>,
    ) -> Repositories {
        if registries::find_by_host(self.image.host()).is_some() {
            return Repositories::Unknown;
        }
        let login = match door {
            AuthState::Challenge(Challenge::Bearer { realm, service }) => {
                let (realm, service) = (realm.clone(), service.clone());
                let token = self.catalogue_token(&realm, service.as_deref());
                token.await
            }
            AuthState::Challenge(Challenge::Basic) | AuthState::Open => login,
        };
        let path = format!("/v2/_catalog?n={PAGE}");
        match self.get(registry, &path, login).await {
            Ok(reply) => response::repositories(&reply),
            Err(_) => Repositories::Unknown,
        }
    }

    async fn catalogue_token(&mut self, realm: &str, service: Option<&str>) -> Option<HeaderValue> {
        let (uri, _) = authorization::token_address(realm, service, CATALOGUE).ok()?;
        let (_, token) = self.ask_for_token(uri).await.ok()?;
        token
    }

    async fn manifest(
        &mut self,
        registry: &ServerOrigin,
        method: Method,
        login: Option<HeaderValue>,
    ) -> Result<HttpResponse, ProbeError> {
        let image = self.image;
        let reference = image.digest().or(image.tag()).unwrap_or_default();
        let path = format!("/v2/{}/manifests/{reference}", image.path());
        let uri = address(registry, &path)?;
        self.send(HttpRequest {
            method,
            uri,
            accept: Some(MANIFESTS),
            authorization: login,
            purpose: RequestPurpose::Registry,
            max_body: self.settings.limits.manifest,
        })
        .await
    }

    async fn get(
        &mut self,
        registry: &ServerOrigin,
        path: &str,
        login: Option<HeaderValue>,
    ) -> Result<HttpResponse, ProbeError> {
        let uri = address(registry, path)?;
        self.send(HttpRequest {
            method: Method::GET,
            uri,
            accept: None,
            authorization: login,
            purpose: RequestPurpose::Registry,
            max_body: self.settings.limits.answer,
        })
        .await
    }

    async fn send(&mut self, request: HttpRequest) -> Result<HttpResponse, ProbeError> {
        let time = self.time_limit();
        time.run(self.client.send(request)).await
    }

    /// The time that a step may take from now on.
    fn time_limit(&self) -> TimeLimit {
        TimeLimit {
            step: self.settings.limits.step,
            image: self.settings.limits.image,
            left: self.deadline.saturating_duration_since(Instant::now()),
        }
    }

    async fn with_timeout<T>(
        &self,
        doing: impl Future<Output = Result<T, ProbeError>>,
    ) -> Result<T, ProbeError> {
        self.time_limit().run(doing).await
    }

    /// Writes a step down and hands on what it gave.
    fn record_step<T>(
        &mut self,
        stage: ProbeStage,
        host: &str,
        began: Instant,
        outcome: Result<(StepResult, T), ProbeError>,
    ) -> Option<T> {
        let (outcome, given) = match outcome {
            Ok((found, given)) => (Ok(found), Some(given)),
            Err(failure) => (Err(failure), None),
        };
        self.steps.push(ProbeStep {
            stage,
            host: host.to_owned(),
            outcome,
            took: began.elapsed(),
        });
        given
    }
}

/// Reads the answer to `/v2/`.
fn auth_state(
    registry: &ServerOrigin,
    reply: &HttpResponse,
) -> Result<(StepResult, AuthState), ProbeError> {
    if reply.status.is_success() {
        return Ok((StepResult::Login(AuthMethod::Open), AuthState::Open));
    }
    if reply.status != StatusCode::UNAUTHORIZED {
        if registry.security == Security::Plain && response::is_tls_required(reply) {
            return Err(ProbeError::SpeaksTls);
        }
        return Err(refusal(reply));
    }
    let challenge = challenge::from_headers(&reply.headers).ok_or(ProbeError::NoChallenge)?;
    let login = match &challenge {
        Challenge::Basic => AuthMethod::Basic,
        Challenge::Bearer { realm, .. } => AuthMethod::Bearer {
            realm: sanitize(realm),
        },
    };
    Ok((StepResult::Login(login), AuthState::Challenge(challenge)))
}

fn refusal(reply: &HttpResponse) -> ProbeError {
    response::not_a_registry(reply).unwrap_or_else(|| ProbeError::Refusal(response::refusal(reply)))
}

/// The time of one step: its own limit, or what is left for the image.
#[derive(Clone, Copy)]
struct TimeLimit {
    step: Duration,
    image: Duration,
    left: Duration,
}

impl TimeLimit {
    async fn run<T>(
        self,
        doing: impl Future<Output = Result<T, ProbeError>>,
    ) -> Result<T, ProbeError> {
        let (limit, error) = if self.step <= self.left {
            (self.step, ProbeError::Timeout(self.step))
        } else {
            (self.left, ProbeError::DeadlineExceeded(self.image))
        };
        timeout(limit, doing).await.unwrap_or(Err(error))
    }
}

fn address(registry: &ServerOrigin, path: &str) -> Result<Uri, ProbeError> {
    let scheme = match registry.security {
        Security::Tls => "https",
        Security::Plain => "http",
    };
    let address = format!("{scheme}://{}{path}", registry.authority());
    address
        .parse()
        .map_err(|_| ProbeError::BadRedirect { to: address })
}
