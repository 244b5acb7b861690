//! Authenticates requests with a credential plugin and refreshes the credential before it expires.
//!
//! The plugin is asked before the first request, shortly before the credential expires, and after a 401, but not
//! twice within [`PAUSE`]: a credential may be short-lived, or end in the past by this machine's clock, and the server
//! may take it nevertheless. A new client certificate needs a new TLS client; a new token only a new header.
//! Requests that come meanwhile wait for the one answer, but not for ever: a plugin that takes its time goes on when
//! the request that needed it is given up.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use kube::{Client, Config, client::Body};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use zeroize::Zeroizing;

use super::{
    exec::{ClientCertificate, ExecCredential, ExecPlugin},
    http_client,
};
use crate::{cluster::error::PluginError, domain::registry_auth::credential::Password};

/// Maximum time before its expiry at which a credential is renewed, as clocks differ.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// A short-lived credential is renewed in this last part of its life.
const EARLY_PART: i32 = 5;

/// Pause between two runs of the plugin, whatever the first one returned: many watches ask, and some plugins open a
/// browser.
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
    /// The connections, which outlive a token.
    client: Option<Arc<CertifiedClient>>,
}

/// A client and the certificate that its connections present.
struct CertifiedClient {
    client: Client,
    certificate: Option<ClientCertificate>,
}

impl CertifiedClient {
    fn presents(&self, certificate: Option<&ClientCertificate>) -> bool {
        match (&self.certificate, certificate) {
            (None, None) => true,
            (Some(present), Some(other)) => present.is_same(other),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

#[derive(Clone)]
struct AuthSession {
    client: Client,
    header: Option<HeaderValue>,
    /// When the credential is to be renewed; `None`: it has no end.
    renew_at: Option<Timestamp>,
    started_at: Instant,
}

impl AuthSession {
    /// Whether the plugin need not be asked, or must not be asked again yet.
    fn is_valid(&self) -> bool {
        self.started_at.elapsed() < PAUSE
            || self.renew_at.is_none_or(|renew| Timestamp::now() < renew)
    }
}

/// When a credential that was issued `now` is to be renewed.
fn renewal(now: Timestamp, expires: Timestamp) -> Timestamp {
    let life = now.duration_until(expires);
    expires
        .checked_sub(EARLY.min(life / EARLY_PART).max(SignedDuration::ZERO))
        .unwrap_or(expires)
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
                .start_session(credential, state.client.as_ref())
                .map_err(|why| self.plugin.unusable(&why)),
            Err(error) => Err(error),
        };
        match started {
            Ok((session, client)) => {
                *state = ExecAuthState {
                    session: Some(session.clone()),
                    failed: None,
                    client: Some(client),
                };
                Ok(session)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(service_error(error))
            }
        }
    }

    /// A session with this credential, over the present connections unless its certificate is another.
    fn start_session(
        &self,
        credential: ExecCredential,
        present: Option<&Arc<CertifiedClient>>,
    ) -> Result<(AuthSession, Arc<CertifiedClient>), kube::Error> {
        let certified = match present {
            Some(present) if present.presents(credential.certificate.as_ref()) => {
                Arc::clone(present)
            }
            _ => Arc::new(self.new_client(credential.certificate)?),
        };
        let session = AuthSession {
            client: certified.client.clone(),
            header: credential.token.as_ref().map(bearer).transpose()?,
            renew_at: credential.expires.map(|end| renewal(Timestamp::now(), end)),
            started_at: Instant::now(),
        };
        Ok((session, certified))
    }

    fn new_client(
        &self,
        certificate: Option<ClientCertificate>,
    ) -> Result<CertifiedClient, kube::Error> {
        let mut config = self.config.clone();
        if let Some(certificate) = &certificate {
            let key = Zeroizing::new(BASE64_STANDARD.encode(certificate.key_pem.expose()));
            config.auth_info.client_certificate_data =
                Some(BASE64_STANDARD.encode(&certificate.certificate_pem));
            config.auth_info.client_key_data = Some(key.as_str().into());
        }
        Ok(CertifiedClient {
            client: http_client::build(config)?,
            certificate,
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
                api_version: Some("client.authentication.k8s.io/v1beta1".into()),
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

    const TOKEN: &str = r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}}'"#;

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
            let counting = Counting::new(&format!(
                "printf %s '{{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{status}}}'"
            ));
            for _ in 0..5 {
                let error = counting.login.session().await.err().unwrap().to_string();
                assert!(error.contains("cannot be used"), "{error}");
            }
            assert_eq!(counting.asked(), 1, "{status}");
        }
    }

    /// A credential of 45 s, or one that is long over by this machine's clock, was asked for by every request.
    #[tokio::test]
    async fn a_credential_that_has_ended_is_not_asked_for_by_each_request() {
        let ended = TOKEN.replace(
            r#""token":"t""#,
            r#""token":"t","expirationTimestamp":"2020-01-01T00:00:00Z""#,
        );
        let counting = Counting::new(&ended);
        for _ in 0..5 {
            counting.login.session().await.unwrap();
        }
        assert_eq!(counting.asked(), 1);
        let earlier = Instant::now().checked_sub(PAUSE).unwrap();
        let mut state = counting.login.state.lock().await;
        state.session.as_mut().unwrap().started_at = earlier;
        drop(state);
        counting.login.session().await.unwrap();
        assert_eq!(counting.asked(), 2, "after a pause it is");
    }

    #[test]
    fn a_credential_is_renewed_in_the_last_fifth_of_its_life_or_its_last_minute() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        for (life, renewed) in [(3600, 3540), (300, 240), (45, 36), (-600, -600)] {
            assert_eq!(renewal(now, after(life)), after(renewed), "{life}");
        }
    }

    #[tokio::test]
    async fn a_new_token_keeps_the_connections_and_a_new_certificate_does_not() {
        let counting = Counting::new(TOKEN);
        let key = rcgen::KeyPair::generate().unwrap();
        let signed = rcgen::CertificateParams::new(vec!["user".to_owned()]);
        let pem = signed.unwrap().self_signed(&key).unwrap().pem();
        let certificate = ClientCertificate {
            certificate_pem: pem,
            key_pem: Password::new(key.serialize_pem()),
        };
        let start = |certificate, present| {
            let credential = ExecCredential {
                token: Some(Password::new("t")),
                certificate,
                expires: None,
            };
            let started = counting.login.start_session(credential, present);
            started.map(|(_, client)| client).unwrap()
        };
        let plain = start(None, None);
        assert!(Arc::ptr_eq(&start(None, Some(&plain)), &plain));
        let certified = start(Some(certificate.clone()), Some(&plain));
        assert!(!Arc::ptr_eq(&certified, &plain));
        assert!(Arc::ptr_eq(
            &start(Some(certificate), Some(&certified)),
            &certified
        ));
        assert!(!Arc::ptr_eq(&start(None, Some(&certified)), &certified));
    }
}
