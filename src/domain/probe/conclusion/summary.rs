//! Describes a probe conclusion in one sentence.

use super::{
    super::{
        AnonymousAccess, AuthMethod, ProbeError, ProbeStage, ProbeStep, Requester, StepResult,
        Tags, Transcript,
        platform::{Fit, TargetPlatforms},
        similar_tags,
    },
    ProbeFinding, PullAnswer,
};

/// Maximum number of similar tags named for a missing one.
const SIMILAR: usize = 3;

/// The summary in one sentence: who, what, and why.
pub(super) fn sentence(
    transcript: &Transcript,
    finding: &ProbeFinding,
    wanted: &TargetPlatforms,
    suggestion: Option<&str>,
) -> String {
    let image = &transcript.image;
    let who = match &transcript.requester {
        Requester::User(name) => format!("as {name}"),
        Requester::Anonymous(_) => "anonymously".to_owned(),
    };
    let mut sentence = match (finding.answer, finding.cause) {
        // Nothing more was asked for: a blob may still be missing.
        (PullAnswer::Ok, _) => format!("{image}: manifest found {who} (layers not pulled)"),
        (PullAnswer::No, Some(cause)) => {
            format!("{image} cannot be pulled {who}: {}", cause.text().summary)
        }
        (PullAnswer::No | PullAnswer::Unknown, _) => {
            format!(
                "{image} not tested {who}: {}",
                untested(transcript, finding)
            )
        }
    };
    if let Some((step, failure)) = transcript.failed()
        && !failure.is_before_registry()
    {
        sentence.push_str("; ");
        sentence.push_str(&step.detail());
    }
    for remark in remarks(transcript, finding, wanted, suggestion) {
        sentence.push_str("; ");
        sentence.push_str(&remark);
    }
    sentence
}

/// Why the registry gave no answer to the question.
fn untested(transcript: &Transcript, finding: &ProbeFinding) -> String {
    match (transcript.failed(), finding.cause) {
        (Some((step, failure)), _) if failure.is_before_registry() => {
            on_the_way(transcript, step, failure)
        }
        (_, Some(cause)) => cause.text().summary.to_owned(),
        (_, None) => "no answer".to_owned(),
    }
}

/// What keeps this machine from the registry, or from its own proxy.
fn on_the_way(transcript: &Transcript, step: &ProbeStep, failure: &ProbeError) -> String {
    let host = &step.host;
    if let Some(proxy) = transcript
        .proxy
        .as_deref()
        .filter(|_| step.stage <= ProbeStage::Proxy)
    {
        return format!("this machine cannot use its proxy {proxy}: {failure}");
    }
    let rest = match failure {
        ProbeError::UnknownHost | ProbeError::DnsTimeout => format!("cannot resolve {host}"),
        ProbeError::UntrustedCa
        | ProbeError::WrongName { .. }
        | ProbeError::CertificateExpired
        | ProbeError::CertificateNotYetValid
        | ProbeError::SpeaksPlainHttp
        | ProbeError::SpeaksTls
        | ProbeError::Handshake(_) => format!("has no TLS connection to {host}"),
        ProbeError::Refused
        | ProbeError::NoRoute
        | ProbeError::Reset
        | ProbeError::Timeout(_)
        | ProbeError::DeadlineExceeded(_)
        | ProbeError::ProxyRefuses(_)
        | ProbeError::NotHttp(_)
        | ProbeError::HeadTooLarge
        | ProbeError::TooManyInformational
        | ProbeError::BodyTooLarge { .. }
        | ProbeError::Unreadable(_)
        | ProbeError::TooManyRedirects
        | ProbeError::BadRedirect { .. }
        | ProbeError::NoChallenge
        | ProbeError::ForeignRealm { .. }
        | ProbeError::UntrustedRealm { .. }
        | ProbeError::InternalAddress { .. }
        | ProbeError::Refusal(_) => format!("cannot reach {host}"),
    };
    format!("this machine {rest}: {failure}")
}

fn remarks(
    transcript: &Transcript,
    finding: &ProbeFinding,
    wanted: &TargetPlatforms,
    suggestion: Option<&str>,
) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(manifest) = transcript.manifest()
        && let Fit::No(why) | Fit::Partly(why) = wanted.fit(manifest)
    {
        remarks.push(why);
    }
    let stage = transcript.failed().map(|(step, _)| step.stage);
    let beyond = stage.is_none_or(|stage| stage > ProbeStage::Proxy);
    if let Some(proxy) = transcript.proxy.as_ref().filter(|_| beyond) {
        remarks.push(format!(
            "tested through this machine's proxy {proxy}; nodes may use another route"
        ));
    }
    if let Some(
        ProbeError::ForeignRealm { realm: host }
        | ProbeError::UntrustedRealm { realm: host }
        | ProbeError::InternalAddress { host, .. },
    ) = transcript.failed().map(|(_, failure)| failure)
    {
        remarks.push(format!(
            "if you trust {host}, add it to registries.realms in the settings"
        ));
    }
    let direct = transcript.proxy.is_none();
    if direct
        && transcript
            .failed()
            .is_some_and(|(_, failure)| failure.is_before_registry())
    {
        remarks.push("nodes may use other DNS servers, mirrors, proxies and CAs".to_owned());
    }
    if transcript.anonymous_access == Some(AnonymousAccess::MayPull) {
        remarks.push("the image is public: it can be pulled without the credential".to_owned());
    }
    let open = transcript
        .steps
        .iter()
        .any(|step| matches!(step.outcome, Ok(StepResult::Login(AuthMethod::Open))));
    if finding.answer == PullAnswer::Ok
        && open
        && matches!(transcript.requester, Requester::User(_))
        && !transcript.is_signed_in()
    {
        remarks.push("the registry never asked for the credential".to_owned());
    }
    if let Some(image) = suggestion {
        remarks.push(format!("did you mean {image}?"));
    } else if let (Some(Tags::Listed(tags)), Some(tag)) = (&transcript.tags, transcript.image.tag())
    {
        let similar = similar_tags(tag, tags, SIMILAR);
        if !similar.is_empty() {
            // None is one typo away, so none is proposed.
            remarks.push(format!("similar tags: {}", similar.join(", ")));
        } else if tags.is_empty() {
            remarks.push("the repository has no tags".to_owned());
        }
    }
    remarks
}
