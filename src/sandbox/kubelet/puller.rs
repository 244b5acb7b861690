//! The container runtime's pull: one login after the other, or anonymous.
//!
//! It gives the reason of a failure as a value; how that reads is said by `wording`.

use std::time::Duration;

use jiff::Timestamp;

use super::{login::RegistryLogin, resolver::resolve};
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{
        profile::Profile,
        registry::{Image, RegistryNetwork, Unreachable},
    },
};

/// Why the runtime could not pull the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimePullError {
    NotFound,
    /// The registry wants a user and a password, and there are none.
    NoCredentials,
    /// The token does not open this repository.
    InsufficientScope,
    /// The token service said this status, to a user or to nobody.
    Token {
        method: &'static str,
        url: String,
        status: u16,
        anonymous: bool,
    },
    /// The registry said this status, and, asked again, this of itself.
    Status {
        url: String,
        status: u16,
        message: Option<String>,
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

impl RuntimePullError {
    /// Priority among the errors of several hosts; of equal ones the first is reported (`firstErrPriority` of
    /// containerd's resolver).
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::NoCredentials
            | Self::InsufficientScope
            | Self::Token { .. }
            | Self::Unreachable { .. } => 1,
            Self::NotFound => 2,
            Self::Status { .. } | Self::Fetch { .. } | Self::NoPlatform { .. } => 3,
        }
    }
}

/// Result and duration of a pull.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub result: Result<Image, RuntimePullError>,
    pub took: Duration,
    /// Which login opened it; none for an anonymous pull.
    pub opened_by: Option<RegistryLogin>,
}

/// Tries the logins in order; without any, pulls anonymously.
pub fn pull(
    network: &mut RegistryNetwork,
    profile: Profile,
    image: &ImageRef,
    logins: &[RegistryLogin],
    now: Timestamp,
) -> Fetched {
    let mut last = None;
    let tries: Vec<Option<&RegistryLogin>> = match logins {
        [] => vec![None],
        logins => {
            let sent = logins
                .iter()
                .map(|login| login.is_complete().then_some(login));
            sent.collect()
        }
    };
    let mut took = Duration::ZERO;
    for login in tries {
        let result = resolve(network, profile, image, login, now);
        took += duration(profile, &result);
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
fn duration(profile: Profile, result: &Result<Image, RuntimePullError>) -> Duration {
    match result {
        Ok(image) => Duration::from_millis(150 + image.bytes / 50_000),
        Err(RuntimePullError::Unreachable { why, .. }) => match why {
            Unreachable::TimedOut { .. } => Duration::from_secs(30),
            // containerd 2.4 tries five times.
            Unreachable::HandshakeTimeout if profile.is_newest() => Duration::from_secs(50),
            Unreachable::HandshakeTimeout => Duration::from_secs(10),
            Unreachable::NoSuchHost
            | Unreachable::Refused { .. }
            | Unreachable::UntrustedCertificate
            | Unreachable::PlainHttp => Duration::from_millis(20),
        },
        Err(_) => Duration::from_millis(40),
    }
}
