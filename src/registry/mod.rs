//! The registry client: probes images by the OCI distribution protocol, step by step.
//!
//! [`Prober::probe`] asks a registry whether an image can be pulled and writes down each step; what
//! the steps mean is judged by `domain::probe`. Every step has a time limit and a byte limit, for the
//! other side may be broken or hostile, and a credential goes only where `trust` says. Knows nothing
//! of Kubernetes.
//!
//! Made of hyper and rustls themselves, not of a registry client: `oci-client` and `reqwest` hide the
//! steps between an address and an answer, and those are what is asked about here.

mod address_guard;
mod authorization;
mod challenge;
mod connection_task;
mod dial;
mod http_client;
pub mod local;
mod proxy;
mod pull_sequence;
mod redaction;
mod response;
mod settings;
mod tls;
mod transport;
mod trust;
mod verifier;

use std::{sync::Arc, time::Instant};

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
use redaction::Redactor;
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
        self.session(image).probe(auth).await
    }

    /// Begins the probes of one image, with one credential after the other.
    pub fn session<'a>(&'a self, image: &'a ImageRef) -> ProbeSession<'a> {
        ProbeSession {
            prober: self,
            image,
            deadline: Instant::now() + self.settings.limits.image,
            redactor: Redactor::default(),
        }
    }
}

/// The probes of one image: they share its time limit, and no answer may repeat what an earlier probe sent.
pub struct ProbeSession<'a> {
    prober: &'a Prober,
    image: &'a ImageRef,
    deadline: Instant,
    redactor: Redactor,
}

impl ProbeSession<'_> {
    /// Probes whether the image can be pulled with this credential.
    pub async fn probe(&mut self, auth: &RegistryAuth) -> Transcript {
        let mut transcript = self.run_sequence(auth).await;
        if matches!(auth, RegistryAuth::Basic { .. }) && is_refusal(&transcript) {
            let stranger = self
                .run_sequence(&RegistryAuth::Anonymous(AnonymousReason::Chosen))
                .await;
            transcript.anonymous_access = Some(match stranger.manifest() {
                Some(_) => AnonymousAccess::MayPull,
                None => AnonymousAccess::MayNotPull,
            });
        }
        transcript
    }

    async fn run_sequence(&mut self, auth: &RegistryAuth) -> Transcript {
        let mut sequence = PullSequence::new(
            &self.prober.settings,
            self.prober.transport.clone(),
            self.image,
            auth,
            self.deadline,
            &mut self.redactor,
        );
        // The state of all steps is large, and every caller would hold it.
        Box::pin(sequence.run()).await;
        let mut transcript = Transcript {
            image: self.image.clone(),
            requester: match auth {
                RegistryAuth::Basic { name, .. } => Requester::User(name.clone()),
                RegistryAuth::Anonymous(why) => Requester::Anonymous(*why),
            },
            proxy: sequence.proxy.take(),
            tags: sequence.tags.take(),
            repositories: sequence.repositories.take(),
            steps: std::mem::take(&mut sequence.steps),
            anonymous_access: None,
        };
        drop(sequence);
        self.redactor.redact(&mut transcript);
        transcript
    }
}

/// True for HTTP 400 to 403, after which an anonymous request tells a public image from a private one.
fn is_refusal(transcript: &Transcript) -> bool {
    let Some((_, ProbeError::Refusal(Refusal { status, .. }))) = transcript.failed() else {
        return false;
    };
    matches!(status, 400..=403)
}
