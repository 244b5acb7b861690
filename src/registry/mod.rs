//! The registry client: probes images by the OCI distribution protocol, step by step.
//!
//! [`Prober::probe`] asks a registry whether an image can be pulled and writes down each step; what
//! the steps mean is judged by `domain::probe`. Every step has a time limit and a byte limit, for the
//! other side may be broken or hostile, and a credential goes only where `trust` says. Knows nothing
//! of Kubernetes.
//!
//! Made of hyper and rustls themselves, not of a registry client: `oci-client` and `reqwest` hide the
//! steps between an address and an answer, and those are what is asked about here.

mod auth;
mod authorization;
mod challenge;
mod connection_task;
mod dial;
mod handshake;
mod http_client;
pub mod local;
mod proxy;
mod response;
mod settings;
mod tls;
mod transport;
mod trust;
mod verifier;

use std::sync::Arc;

pub use auth::RegistryAuth;
pub use proxy::Proxies;
pub use settings::{PlainHttp, ProbeLimits, ProbeSettings};
pub use transport::Network;
pub use trust::Security;

use crate::domain::{
    probe::{AnonymousAccess, AnonymousReason, ProbeError, Refusal, Requester, Transcript},
    registry_auth::image_ref::ImageRef,
};
use handshake::Handshake;
use transport::Transport;

/// Asks registries, all with the same settings.
#[derive(Clone)]
pub struct Prober {
    settings: ProbeSettings,
    transport: Transport,
}

impl Prober {
    /// Reads the system's authorities; fails when one of the settings' is no certificate.
    pub fn new(settings: ProbeSettings) -> Result<Self, rustls::Error> {
        let tls = tls::config(&settings.authorities)?;
        let transport = Transport::System(tls);
        Ok(Self {
            settings,
            transport,
        })
    }

    /// Asks the registries of another network than the machine's.
    pub fn with_network(network: Arc<dyn Network>) -> Self {
        Self {
            settings: ProbeSettings::default(),
            transport: Transport::Custom(network),
        }
    }

    /// Asks whether the image can be pulled. Dropping the future ends every connection.
    pub async fn probe(&self, image: &ImageRef, auth: &RegistryAuth) -> Transcript {
        let mut transcript = self.run_handshake(image, auth).await;
        if matches!(auth, RegistryAuth::Basic { .. }) && is_refusal(&transcript) {
            let stranger = self
                .run_handshake(image, &RegistryAuth::Anonymous(AnonymousReason::Chosen))
                .await;
            transcript.anonymous_access = Some(match stranger.manifest() {
                Some(_) => AnonymousAccess::MayPull,
                None => AnonymousAccess::MayNotPull,
            });
        }
        transcript
    }

    async fn run_handshake(&self, image: &ImageRef, auth: &RegistryAuth) -> Transcript {
        let mut handshake = Handshake::new(&self.settings, self.transport.clone(), image, auth);
        handshake.run().await;
        Transcript {
            image: image.clone(),
            requester: match auth {
                RegistryAuth::Basic { name, .. } => Requester::User(name.clone()),
                RegistryAuth::Anonymous(why) => Requester::Anonymous(*why),
            },
            proxy: handshake.proxy,
            tags: handshake.tags,
            repositories: handshake.repositories,
            steps: handshake.steps,
            anonymous_access: None,
        }
    }
}

/// True for HTTP 400 to 403, after which an anonymous request tells a public image from a private one.
fn is_refusal(transcript: &Transcript) -> bool {
    let Some((_, ProbeError::Refusal(Refusal { status, .. }))) = transcript.failed() else {
        return false;
    };
    matches!(status, 400..=403)
}
