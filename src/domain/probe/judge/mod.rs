//! Draws the conclusion from a probe transcript.

mod refused;
mod summary;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{
    Failure, Found, Stage, Step, Transcript,
    platform::{Fit, Wanted},
};
use crate::domain::diagnostics::{Cause, Root};

/// Whether the image can be pulled, as far as asking from here tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Ok,
    No,
    /// The registry gave no answer to this question.
    Unknown,
}

impl Answer {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// The verdict of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub answer: Answer,
    pub cause: Option<Cause>,
    pub root: Option<Root>,
    /// What the same answers could also mean.
    pub alternatives: Vec<Cause>,
    /// Causes that a step has disproved, for a pull from here with this credential.
    pub ruled_out: Vec<Cause>,
    pub summary: String,
}

/// Judges a transcript. `wanted` is what shall run the image.
pub fn judge(transcript: &Transcript, wanted: &Wanted) -> Verdict {
    let finding = match transcript.failed() {
        // That the proxy of this machine is out of reach says nothing of the registry.
        Some((step, _)) if transcript.proxy.is_some() && step.stage <= Stage::Proxy => {
            Finding::open()
        }
        Some((step, failure)) => Finding::of(transcript, step.stage, failure),
        None => arrived(transcript, wanted),
    };
    let ruled_out = ruled_out(transcript)
        .filter(|cause| finding.cause != Some(*cause) && !finding.alternatives.contains(cause))
        .collect();
    Verdict {
        summary: summary::of(transcript, &finding, wanted),
        answer: finding.answer,
        cause: finding.cause,
        root: finding.root,
        alternatives: finding.alternatives,
        ruled_out,
    }
}

/// A verdict before it is put into words.
struct Finding {
    answer: Answer,
    cause: Option<Cause>,
    root: Option<Root>,
    alternatives: Vec<Cause>,
}

impl Finding {
    fn no(cause: Cause, root: impl Into<Option<Root>>) -> Self {
        Self {
            answer: Answer::No,
            cause: Some(cause),
            root: root.into(),
            alternatives: Vec::new(),
        }
    }

    /// Something went wrong that says nothing of whether this credential may pull this image.
    fn unknown(cause: Cause, root: impl Into<Option<Root>>) -> Self {
        Self {
            answer: Answer::Unknown,
            ..Self::no(cause, root)
        }
    }

    /// Nothing was learnt of the registry.
    fn open() -> Self {
        Self {
            answer: Answer::Unknown,
            cause: None,
            root: None,
            alternatives: Vec::new(),
        }
    }

    fn or(mut self, others: &[Cause]) -> Self {
        self.alternatives.extend_from_slice(others);
        self
    }

    /// The registry was not heard from this machine. The cause is this machine's, so no root is claimed.
    fn unreached(cause: Cause) -> Self {
        Self::unknown(cause, None)
    }

    fn of(transcript: &Transcript, stage: Stage, failure: &Failure) -> Self {
        match failure {
            Failure::UnknownHost | Failure::NameServerSilent => {
                Self::unreached(Cause::RegistryUnreachableDns)
            }
            Failure::Refused => Self::unreached(Cause::RegistryUnreachableRefused),
            Failure::NoRoute => Self::unreached(Cause::RegistryUnreachableNoRoute),
            Failure::Reset => Self::unreached(Cause::RegistryUnreachableReset),
            Failure::Silent(_) => Self::unreached(Cause::RegistryUnreachableTimeout),
            Failure::UntrustedCa => Self::unreached(Cause::TlsUntrustedCa),
            Failure::WrongName { .. }
            | Failure::CertificateExpired
            | Failure::CertificateNotYetValid => Self::unreached(Cause::TlsHostnameOrExpired),
            Failure::SpeaksPlainHttp | Failure::SpeaksTls => {
                Self::unreached(Cause::TlsHttpMismatch)
            }
            Failure::Handshake(_) => Self::unreached(Cause::TlsHandshakeFailure),
            Failure::NotHttp(_)
            | Failure::HeadTooLarge
            | Failure::BodyTooLarge { .. }
            | Failure::Unreadable(_)
            | Failure::TooManyRedirects
            | Failure::BadRedirect { .. }
            | Failure::NoChallenge => Self::unknown(Cause::RegistryBadResponse, None),
            // The kubelet would send it; we do not, so what would come of it is not known.
            Failure::ForeignRealm { .. } | Failure::ProxyRefuses(_) => Self::open(),
            Failure::Refusal(refusal) => refused::refused(transcript, stage, refusal),
        }
    }
}

fn arrived(transcript: &Transcript, wanted: &Wanted) -> Finding {
    let Some(manifest) = transcript.manifest() else {
        return Finding::unknown(Cause::RegistryBadResponse, None);
    };
    if manifest.is_schema_1() {
        return Finding::no(Cause::ManifestUnsupported, Root::ImageFormat);
    }
    if let Fit::No(_) = wanted.fit(manifest) {
        return Finding::no(Cause::PlatformMismatch, Root::WrongPlatform);
    }
    Finding {
        answer: Answer::Ok,
        ..Finding::open()
    }
}

/// What the steps that succeeded disprove.
fn ruled_out(transcript: &Transcript) -> impl Iterator<Item = Cause> {
    let succeeded = transcript.steps.iter().filter(|step| step.outcome.is_ok());
    let signed_in = transcript.is_signed_in();
    // Before the proxy has led on, everything is about the proxy.
    let proxied = transcript.proxy.is_some();
    // Plain HTTP says nothing of what TLS would have met.
    let plain = |step: &Step| matches!(step.outcome, Ok(Found::Unencrypted(_)));
    succeeded
        .filter(move |step| !(plain(step) || proxied && step.stage < Stage::Proxy))
        .flat_map(move |step| disproved_by(step.stage, signed_in))
        .copied()
}

fn disproved_by(stage: Stage, signed_in: bool) -> &'static [Cause] {
    match stage {
        Stage::Resolve => &[Cause::InvalidImageName, Cause::RegistryUnreachableDns],
        Stage::Connect => &[
            Cause::RegistryUnreachableRefused,
            Cause::RegistryUnreachableTimeout,
            Cause::RegistryUnreachableNoRoute,
        ],
        Stage::Proxy => &[
            Cause::InvalidImageName,
            Cause::RegistryUnreachableDns,
            Cause::RegistryUnreachableRefused,
            Cause::RegistryUnreachableTimeout,
            Cause::RegistryUnreachableNoRoute,
        ],
        Stage::Tls => &[
            Cause::TlsUntrustedCa,
            Cause::TlsHostnameOrExpired,
            Cause::TlsHandshakeFailure,
            Cause::TlsHttpMismatch,
        ],
        Stage::Challenge => &[Cause::RegistryUnreachableReset],
        Stage::Token if signed_in => &[
            Cause::NoCredentialsSent,
            Cause::Unauthorized,
            Cause::TokenExpired,
        ],
        Stage::Token => &[],
        Stage::Manifest => &[
            Cause::ImageNotFound,
            Cause::RepositoryMissingOrNoAccess,
            Cause::ForbiddenByPolicy,
            Cause::RateLimited,
            Cause::Registry5xx,
            Cause::RegistryBadResponse,
        ],
    }
}
