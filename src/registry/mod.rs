//! Floor 2: the OCI distribution handshake, spoken step by step.
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

pub use auth::Who;
pub use proxy::Proxies;
pub use settings::{Limits, PlainHttp, Settings};
pub use transport::Network;
pub use trust::Security;

use crate::domain::{
    probe::{AnonymousAccess, AnonymousReason, ProbeError, Refusal, Requester, Transcript},
    registry_auth::image_ref::ImageRef,
};
use handshake::Walk;
use transport::Road;

/// Asks registries, all with the same settings.
#[derive(Clone)]
pub struct Prober {
    settings: Settings,
    road: Road,
}

impl Prober {
    /// Reads the system's authorities; fails when one of the settings' is no certificate.
    pub fn new(settings: Settings) -> Result<Self, rustls::Error> {
        let tls = tls::config(&settings.authorities)?;
        let road = Road::Machine(tls);
        Ok(Self { settings, road })
    }

    /// Asks the registries of another network than the machine's.
    pub fn over(network: Arc<dyn Network>) -> Self {
        Self {
            settings: Settings::default(),
            road: Road::Given(network),
        }
    }

    /// Asks whether the image can be pulled. Dropping the future ends every connection.
    pub async fn probe(&self, image: &ImageRef, who: &Who) -> Transcript {
        let mut transcript = self.walk(image, who).await;
        if matches!(who, Who::User { .. }) && is_refusal(&transcript) {
            let stranger = self
                .walk(image, &Who::Nobody(AnonymousReason::Chosen))
                .await;
            transcript.anonymous_access = Some(match stranger.manifest() {
                Some(_) => AnonymousAccess::MayPull,
                None => AnonymousAccess::MayNotPull,
            });
        }
        transcript
    }

    async fn walk(&self, image: &ImageRef, who: &Who) -> Transcript {
        let mut walk = Walk::new(&self.settings, self.road.clone(), image, who);
        walk.go().await;
        Transcript {
            image: image.clone(),
            requester: match who {
                Who::User { name, .. } => Requester::User(name.clone()),
                Who::Nobody(why) => Requester::Anonymous(*why),
            },
            proxy: walk.proxy,
            tags: walk.tags,
            steps: walk.steps,
            anonymous_access: None,
        }
    }
}

/// The registry knows the credential, or thinks so, and says no: what it says to a stranger tells more.
fn is_refusal(transcript: &Transcript) -> bool {
    let Some((_, ProbeError::Refusal(Refusal { status, .. }))) = transcript.failed() else {
        return false;
    };
    matches!(status, 400..=403)
}
