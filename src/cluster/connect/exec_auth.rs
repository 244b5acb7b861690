//! Authenticates requests with a credential plugin and refreshes the credential before it expires.
//!
//! The plugin is asked before the first request, a minute before the credential expires, and after a
//! 401 (client-go does the same). A new client certificate needs a new TLS client; a new token only a
//! new header. Requests that come meanwhile wait for the one answer, but not for ever: a plugin that
//! takes its time goes on when the request that needed it is given up.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use zeroize::Zeroizing;

use super::exec::{ExecCredential, ExecPlugin};
use crate::{cluster::error::PluginError, domain::registry_auth::credential::Password};

/// Time before its expiry at which a credential is renewed, as clocks differ.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// Pause before the plugin is called again after a failure, or after a 401 for a new credential: many watches ask, and
/// some plugins open a browser.
const PAUSE: Duration = Duration::from_secs(15);

/// Timeout of a request that waits for a plugin: shorter than any request timeout, so that the error names
/// the plugin.
const WAIT: Duration = Duration::from_secs(12);

/// Creates a client whose requests carry the plugin's current credential.
///
/// The first credential is requested here: a person may have to log in, which takes longer than a request.
pub(super) async fn client(config: Config, plugin: ExecPlugin) -> Result<Client, kube::Error> {
    let namespace = config.default_namespace.clone();
    let login = Arc::new(ExecAuth {
        config,
        plugin,
        state: Mutex::new(ExecAuthState::default()),
    });
    login.refresh().await?;
    let service = tower::service_fn(move |request| {
        let login = Arc::clone(&login);
        async move { login.send(request).await }
    });
    Ok(Client::new(service, namespace))
}

struct ExecAuth {
    /// All but the credential.
    config: Config,
    plugin: ExecPlugin,
    state: Mutex<ExecAuthState>,
}

#[derive(Default)]
struct ExecAuthState {
    session: Option<AuthSession>,
    failed: Option<(Instant, PluginError)>,
}

#[derive(Clone)]
struct AuthSession {
    client: Client,
    header: Option<HeaderValue>,
    expires: Option<Timestamp>,
    started_at: Instant,
}

impl AuthSession {
    fn is_valid(&self) -> bool {
        self.expires
            .is_none_or(|end| Timestamp::now() + EARLY < end)
    }
}

impl ExecAuth {
    async fn send(
        self: &Arc<Self>,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, kube::Error> {
        let session = self.session().await?;
        if let Some(header) = &session.header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        let response = session.client.send(request).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.invalidate(&session).await;
        }
        Ok(response)
    }

    /// The present session, or a new one. That one is made in a task of its own, which a request that is
    /// given up does not end.
    async fn session(self: &Arc<Self>) -> Result<AuthSession, kube::Error> {
        if let Ok(state) = self.state.try_lock()
            && let Some(session) = state.session.as_ref().filter(|session| session.is_valid())
        {
            return Ok(session.clone());
        }
        let login = Arc::clone(self);
        let renewing = tokio::spawn(async move { login.refresh().await });
        match timeout(WAIT, renewing).await {
            Ok(Ok(renewed)) => renewed,
            Ok(Err(ended)) => Err(kube::Error::Service(ended.into())),
            Err(_) => Err(service_error(self.plugin.is_slow(WAIT))),
        }
    }

    async fn refresh(&self) -> Result<AuthSession, kube::Error> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| session.is_valid()) {
            return Ok(session.clone());
        }
        if let Some((when, error)) = &state.failed
            && when.elapsed() < PAUSE
        {
            return Err(service_error(error.clone()));
        }
        let started = match self.plugin.run().await {
            Ok(credential) => self
                .start_session(credential)
                .map_err(|why| self.plugin.unusable(&why)),
            Err(error) => Err(error),
        };
        match started {
            Ok(session) => {
                *state = ExecAuthState {
                    session: Some(session.clone()),
                    failed: None,
                };
                Ok(session)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(service_error(error))
            }
        }
    }

    fn start_session(&self, credential: ExecCredential) -> Result<AuthSession, kube::Error> {
        let mut config = self.config.clone();
        if let Some(certificate) = credential.certificate {
            let key = Zeroizing::new(BASE64_STANDARD.encode(certificate.key_pem.expose()));
            config.auth_info.client_certificate_data =
                Some(BASE64_STANDARD.encode(certificate.certificate_pem));
            config.auth_info.client_key_data = Some(key.as_str().into());
        }
        Ok(AuthSession {
            client: ClientBuilder::try_from(config)?.build(),
            header: credential.token.as_ref().map(bearer).transpose()?,
            expires: credential.expires,
            started_at: Instant::now(),
        })
    }

    /// Forgets a session that the server did not accept, unless it has just begun.
    async fn invalidate(&self, rejected: &AuthSession) {
        let mut state = self.state.lock().await;
        let same = state
            .session
            .as_ref()
            .is_some_and(|now| now.started_at == rejected.started_at);
        if same && rejected.started_at.elapsed() >= PAUSE {
            state.session = None;
        }
    }
}

fn bearer(token: &Password) -> Result<HeaderValue, kube::Error> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut header =
        HeaderValue::from_str(&text).map_err(|error| kube::Error::HttpError(error.into()))?;
    header.set_sensitive(true);
    Ok(header)
}

fn service_error(error: PluginError) -> kube::Error {
    kube::Error::Service(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kube::config::ExecConfig;

    use super::*;

    /// A plugin that writes a line each time it is asked.
    struct Counting {
        login: Arc<ExecAuth>,
        file: tempfile::NamedTempFile,
    }

    impl Counting {
        fn new(answer: &str) -> Self {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let file = tempfile::NamedTempFile::new().unwrap();
            let script = format!("echo x >> {}; {answer}", file.path().display());
            let plugin = ExecPlugin::new(ExecConfig {
                command: Some("sh".into()),
                args: Some(vec!["-c".into(), script]),
                ..ExecConfig::default()
            });
            let login = Arc::new(ExecAuth {
                config: Config::new("https://127.0.0.1:1".parse().unwrap()),
                plugin: plugin.unwrap(),
                state: Mutex::default(),
            });
            Self { login, file }
        }

        fn asked(&self) -> usize {
            fs::read_to_string(self.file.path())
                .unwrap()
                .lines()
                .count()
        }
    }

    const TOKEN: &str = r#"echo '{"status":{"token":"t"}}'"#;

    #[tokio::test]
    async fn a_credential_without_an_end_is_asked_for_once() {
        let counting = Counting::new(TOKEN);
        let (one, two) = tokio::join!(counting.login.session(), counting.login.session());
        assert_eq!(one.unwrap().header.unwrap(), "Bearer t");
        assert!(two.is_ok());
        assert_eq!(counting.asked(), 1);
    }

    #[tokio::test]
    async fn a_credential_that_is_no_longer_accepted_is_asked_for_again() {
        let counting = Counting::new(TOKEN);
        let mut session = counting.login.session().await.unwrap();
        counting.login.invalidate(&session).await;
        counting.login.session().await.unwrap();
        assert_eq!(counting.asked(), 1, "a fresh one is not doubted");

        let earlier = Instant::now().checked_sub(PAUSE).unwrap();
        session.started_at = earlier;
        counting.login.state.lock().await.session = Some(session.clone());
        counting.login.invalidate(&session).await;
        counting.login.session().await.unwrap();
        assert_eq!(counting.asked(), 2);
        counting.login.invalidate(&session).await;
        counting.login.session().await.unwrap();
        assert_eq!(
            counting.asked(),
            2,
            "a late 401 to the old one does not touch the new one"
        );
    }

    #[tokio::test]
    async fn a_failing_plugin_is_left_alone_for_a_while() {
        let counting = Counting::new("exit 1");
        for _ in 0..5 {
            assert!(counting.login.session().await.is_err());
        }
        assert_eq!(counting.asked(), 1);
    }

    /// A plugin that opens a browser would open one per watch.
    #[tokio::test]
    async fn a_plugin_whose_credential_cannot_be_used_is_left_alone_for_a_while() {
        let certificate = r#"{"clientCertificateData":"no PEM","clientKeyData":"no PEM"}"#;
        for status in [certificate, r#"{"token":"two\nlines"}"#] {
            let counting = Counting::new(&format!("printf %s '{{\"status\":{status}}}'"));
            for _ in 0..5 {
                let error = counting.login.session().await.err().unwrap().to_string();
                assert!(error.contains("cannot be used"), "{error}");
            }
            assert_eq!(counting.asked(), 1, "{status}");
        }
    }
}
