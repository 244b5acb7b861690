//! The registry client: probes images by the OCI distribution protocol, step by step.
//!
//! [`Prober::probe`] asks a registry whether an image can be pulled and writes down each step; what
//! the steps mean is judged by `domain::probe`. Every step has a time limit and a byte limit, for the
//! other side may be broken or hostile, and a credential goes only where `trust` says. Knows nothing
//! of Kubernetes.
//!
//! Made of hyper and rustls themselves, not of a registry client: `oci-client` and `reqwest` hide the
//! steps between an address and an answer, and those are what is asked about here.

mod authorization;
mod challenge;
mod connection_task;
mod dial;
mod http_client;
pub mod local;
mod proxy;
mod pull_sequence;
mod response;
mod settings;
mod tls;
mod transport;
mod trust;
mod verifier;

use std::sync::Arc;

pub use proxy::Proxies;
pub use settings::{PlainHttp, ProbeLimits, ProbeSettings};
pub use transport::Network;
pub use trust::Security;

use crate::domain::{
    probe::{AnonymousAccess, ProbeError, Refusal, Requester, Transcript},
    registry_auth::{
        auth_attempts::{AnonymousReason, RegistryAuth},
        image_ref::ImageRef,
    },
};
use pull_sequence::PullSequence;
use transport::Transport;

/// Probes registries with fixed settings.
#[derive(Clone)]
pub struct Prober {
    settings: ProbeSettings,
    transport: Transport,
}

impl Prober {
    /// Loads the system's certificate authorities; an error if one of the settings is no certificate.
    pub fn new(settings: ProbeSettings) -> Result<Self, rustls::Error> {
        let tls = tls::config(&settings.authorities)?;
        let transport = Transport::System(tls);
        Ok(Self {
            settings,
            transport,
        })
    }

    /// A prober for the registries of another network than the machine's.
    pub fn with_network(network: Arc<dyn Network>) -> Self {
        Self {
            settings: ProbeSettings::default(),
            transport: Transport::Custom(network),
        }
    }

    /// Probes whether the image can be pulled. Dropping the future closes every connection.
    pub async fn probe(&self, image: &ImageRef, auth: &RegistryAuth) -> Transcript {
        let mut transcript = self.run_sequence(image, auth).await;
        if matches!(auth, RegistryAuth::Basic { .. }) && is_refusal(&transcript) {
            let stranger = self
                .run_sequence(image, &RegistryAuth::Anonymous(AnonymousReason::Chosen))
                .await;
            transcript.anonymous_access = Some(match stranger.manifest() {
                Some(_) => AnonymousAccess::MayPull,
                None => AnonymousAccess::MayNotPull,
            });
        }
        transcript
    }

    async fn run_sequence(&self, image: &ImageRef, auth: &RegistryAuth) -> Transcript {
        let mut sequence = PullSequence::new(&self.settings, self.transport.clone(), image, auth);
        sequence.run().await;
        Transcript {
            image: image.clone(),
            requester: match auth {
                RegistryAuth::Basic { name, .. } => Requester::User(name.clone()),
                RegistryAuth::Anonymous(why) => Requester::Anonymous(*why),
            },
            proxy: sequence.proxy,
            tags: sequence.tags,
            repositories: sequence.repositories,
            steps: sequence.steps,
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
