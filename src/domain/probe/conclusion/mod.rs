//! Draws the conclusion from a probe transcript.

mod refused;
mod summary;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{
    ProbeError, ProbeStage, ProbeStep, Repositories, Requester, StepResult, Tags, Transcript,
    platform::{Fit, TargetPlatforms},
    similar_tags,
};
use crate::domain::{
    diagnostics::{Cause, RootCause},
    suggest::{with_meant_repository, with_meant_tag},
};

/// Whether the image can be pulled, as far as a probe can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullAnswer {
    Ok,
    No,
    /// The registry gave no answer to this question.
    Unknown,
}

impl PullAnswer {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// The conclusion of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeConclusion {
    pub answer: PullAnswer,
    pub cause: Option<Cause>,
    pub root: Option<RootCause>,
    /// What the same answers could also mean.
    pub alternatives: Vec<Cause>,
    /// Causes that a step has disproved, for a pull from here with this credential.
    pub ruled_out: Vec<Cause>,
    pub summary: String,
    /// The image that is likely meant: the registry has a tag or repository whose name is one slip away.
    pub suggestion: Option<String>,
    /// The tags that the registry listed where the image's own is missing, those that look like it first.
    pub tags: Vec<String>,
}

/// The probe that decides for a pull with several credentials: the first that may pull, else the first with a
/// login, else the first.
///
/// An entry without a login is tried anonymously, and its answer says less than the rejection of a login.
pub fn decisive<T>(
    probes: &[T],
    parts: impl Fn(&T) -> (&Requester, &ProbeConclusion),
) -> Option<&T> {
    let may_pull = |it: &&T| parts(it).1.answer == PullAnswer::Ok;
    let has_login = |it: &&T| matches!(parts(it).0, Requester::User(_));
    let allowed = probes.iter().find(may_pull);
    allowed
        .or_else(|| probes.iter().find(has_login))
        .or(probes.first())
}

/// Draws the conclusion from a transcript; `wanted` are the platforms that must run the image.
pub fn conclude(transcript: &Transcript, wanted: &TargetPlatforms) -> ProbeConclusion {
    let finding = match transcript.failed() {
        // That the proxy of this machine is out of reach says nothing of the registry.
        Some((step, _)) if transcript.proxy.is_some() && step.stage <= ProbeStage::Proxy => {
            ProbeFinding::open()
        }
        Some((step, failure)) => ProbeFinding::from_failure(transcript, step.stage, failure),
        None => arrived(transcript, wanted),
    };
    let ruled_out = ruled_out(transcript)
        .filter(|cause| finding.cause != Some(*cause) && !finding.alternatives.contains(cause))
        .collect();
    let suggestion = suggestion(transcript);
    ProbeConclusion {
        summary: summary::sentence(transcript, &finding, wanted, suggestion.as_deref()),
        suggestion,
        tags: listed_tags(transcript),
        answer: finding.answer,
        cause: finding.cause,
        root: finding.root,
        alternatives: finding.alternatives,
        ruled_out,
    }
}

/// The image that is likely meant, by the names that the registry has.
fn suggestion(transcript: &Transcript) -> Option<String> {
    match (&transcript.tags, &transcript.repositories) {
        (Some(Tags::Listed(tags)), _) => with_meant_tag(&transcript.image, tags),
        (Some(Tags::NoRepository), Some(Repositories::Listed(names))) => {
            with_meant_repository(&transcript.image, names)
        }
        (Some(Tags::NoRepository), Some(Repositories::Unknown) | None)
        | (Some(Tags::Unknown) | None, _) => None,
    }
}

/// The tags of the repository, those that look like the image's first.
fn listed_tags(transcript: &Transcript) -> Vec<String> {
    let Some(Tags::Listed(tags)) = &transcript.tags else {
        return Vec::new();
    };
    let wanted = transcript.image.tag().unwrap_or_default();
    let mut listed: Vec<String> = similar_tags(wanted, tags, tags.len())
        .into_iter()
        .map(str::to_owned)
        .collect();
    let rest = tags.iter().rev().filter(|tag| !listed.contains(tag));
    let rest: Vec<String> = rest.cloned().collect();
    listed.extend(rest);
    listed
}

/// A conclusion before it is put into words.
struct ProbeFinding {
    answer: PullAnswer,
    cause: Option<Cause>,
    root: Option<RootCause>,
    alternatives: Vec<Cause>,
}

impl ProbeFinding {
    fn no(cause: Cause, root: impl Into<Option<RootCause>>) -> Self {
        Self {
            answer: PullAnswer::No,
            cause: Some(cause),
            root: root.into(),
            alternatives: Vec::new(),
        }
    }

    /// Something went wrong that says nothing of whether this credential may pull this image.
    fn unknown(cause: Cause, root: impl Into<Option<RootCause>>) -> Self {
        Self {
            answer: PullAnswer::Unknown,
            ..Self::no(cause, root)
        }
    }

    /// Nothing was learnt of the registry.
    fn open() -> Self {
        Self {
            answer: PullAnswer::Unknown,
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

    fn from_failure(transcript: &Transcript, stage: ProbeStage, failure: &ProbeError) -> Self {
        match failure {
            ProbeError::UnknownHost | ProbeError::DnsTimeout => {
                Self::unreached(Cause::RegistryUnreachableDns)
            }
            ProbeError::Refused => Self::unreached(Cause::RegistryUnreachableRefused),
            ProbeError::NoRoute => Self::unreached(Cause::RegistryUnreachableNoRoute),
            ProbeError::Reset => Self::unreached(Cause::RegistryUnreachableReset),
            ProbeError::Timeout(_) | ProbeError::DeadlineExceeded(_) => {
                Self::unreached(Cause::RegistryUnreachableTimeout)
            }
            ProbeError::UntrustedCa => Self::unreached(Cause::TlsUntrustedCa),
            ProbeError::WrongName { .. }
            | ProbeError::CertificateExpired
            | ProbeError::CertificateNotYetValid => Self::unreached(Cause::TlsHostnameOrExpired),
            ProbeError::SpeaksPlainHttp | ProbeError::SpeaksTls => {
                Self::unreached(Cause::TlsHttpMismatch)
            }
            ProbeError::Handshake(_) => Self::unreached(Cause::TlsHandshakeFailure),
            ProbeError::NotHttp(_)
            | ProbeError::HeadTooLarge
            | ProbeError::TooManyInformational
            | ProbeError::BodyTooLarge { .. }
            | ProbeError::Unreadable(_)
            | ProbeError::TooManyRedirects
            | ProbeError::BadRedirect { .. }
            | ProbeError::NoChallenge => Self::unknown(Cause::RegistryBadResponse, None),
            // The kubelet would send it; we do not, so what would come of it is not known.
            ProbeError::ForeignRealm { .. }
            | ProbeError::UntrustedRealm { .. }
            | ProbeError::InternalAddress { .. }
            | ProbeError::ProxyRefuses(_) => Self::open(),
            ProbeError::Refusal(refusal) => refused::conclude_refusal(transcript, stage, refusal),
        }
    }
}

fn arrived(transcript: &Transcript, wanted: &TargetPlatforms) -> ProbeFinding {
    let Some(manifest) = transcript.manifest() else {
        return ProbeFinding::unknown(Cause::RegistryBadResponse, None);
    };
    if manifest.is_schema_1() {
        return ProbeFinding::no(Cause::ManifestUnsupported, RootCause::ImageFormat);
    }
    if let Fit::No(_) = wanted.fit(manifest) {
        return ProbeFinding::no(Cause::PlatformMismatch, RootCause::WrongPlatform);
    }
    ProbeFinding {
        answer: PullAnswer::Ok,
        ..ProbeFinding::open()
    }
}

/// What the steps that succeeded disprove.
fn ruled_out(transcript: &Transcript) -> impl Iterator<Item = Cause> {
    let succeeded = transcript.steps.iter().filter(|step| step.outcome.is_ok());
    let signed_in = transcript.is_signed_in();
    // Before the proxy has led on, everything is about the proxy.
    let proxied = transcript.proxy.is_some();
    // Plain HTTP says nothing of what TLS would have met.
    let plain = |step: &ProbeStep| matches!(step.outcome, Ok(StepResult::Unencrypted(_)));
    succeeded
        .filter(move |step| !(plain(step) || proxied && step.stage < ProbeStage::Proxy))
        .flat_map(move |step| disproved_by(step.stage, signed_in))
        .copied()
}

fn disproved_by(stage: ProbeStage, signed_in: bool) -> &'static [Cause] {
    match stage {
        ProbeStage::Resolve => &[Cause::InvalidImageName, Cause::RegistryUnreachableDns],
        ProbeStage::Connect => &[
            Cause::RegistryUnreachableRefused,
            Cause::RegistryUnreachableTimeout,
            Cause::RegistryUnreachableNoRoute,
        ],
        ProbeStage::Proxy => &[
            Cause::InvalidImageName,
            Cause::RegistryUnreachableDns,
            Cause::RegistryUnreachableRefused,
            Cause::RegistryUnreachableTimeout,
            Cause::RegistryUnreachableNoRoute,
        ],
        ProbeStage::Tls => &[
            Cause::TlsUntrustedCa,
            Cause::TlsHostnameOrExpired,
            Cause::TlsHandshakeFailure,
            Cause::TlsHttpMismatch,
        ],
        ProbeStage::Challenge => &[Cause::RegistryUnreachableReset],
        ProbeStage::Token if signed_in => &[
            Cause::NoCredentialsSent,
            Cause::Unauthorized,
            Cause::TokenExpired,
        ],
        ProbeStage::Token => &[],
        ProbeStage::Manifest => &[
            Cause::ImageNotFound,
            Cause::RepositoryMissingOrNoAccess,
            Cause::ForbiddenByPolicy,
            Cause::RateLimited,
            Cause::Registry5xx,
            Cause::RegistryBadResponse,
        ],
    }
}
