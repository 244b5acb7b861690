//! Describes a probe conclusion in one sentence.

use super::{
    super::{
        Asker, Failure, Found, Login, Stage, Step, Stranger, Tags, Transcript, closest,
        platform::{Fit, Wanted},
    },
    Answer, Finding,
};

/// Similar tags that are named where one is missing.
const SIMILAR: usize = 3;

/// One sentence: who, what, and why.
pub(super) fn of(transcript: &Transcript, finding: &Finding, wanted: &Wanted) -> String {
    let image = &transcript.image;
    let who = match &transcript.asker {
        Asker::User(name) => format!("as {name}"),
        Asker::Anonymous(_) => "anonymously".to_owned(),
    };
    let mut sentence = match (finding.answer, finding.cause) {
        // Nothing more was asked for: a blob may still be missing.
        (Answer::Ok, _) => format!("{image}: manifest found {who} (layers not pulled)"),
        (Answer::No, Some(cause)) => {
            format!("{image} cannot be pulled {who}: {}", cause.entry().summary)
        }
        (Answer::No | Answer::Unknown, _) => {
            format!(
                "{image} not tested {who}: {}",
                untested(transcript, finding)
            )
        }
    };
    if let Some((step, failure)) = transcript.failed()
        && !failure.is_on_the_way()
    {
        sentence.push_str("; ");
        sentence.push_str(&step.detail());
    }
    for remark in remarks(transcript, finding, wanted) {
        sentence.push_str("; ");
        sentence.push_str(&remark);
    }
    sentence
}

/// Why the registry gave no answer to the question.
fn untested(transcript: &Transcript, finding: &Finding) -> String {
    match (transcript.failed(), finding.cause) {
        (Some((step, failure)), _) if failure.is_on_the_way() => {
            on_the_way(transcript, step, failure)
        }
        (_, Some(cause)) => cause.entry().summary.to_owned(),
        (_, None) => "no answer".to_owned(),
    }
}

/// What keeps this machine from the registry, or from its own proxy.
fn on_the_way(transcript: &Transcript, step: &Step, failure: &Failure) -> String {
    let host = &step.host;
    if let Some(proxy) = transcript
        .proxy
        .as_deref()
        .filter(|_| step.stage <= Stage::Proxy)
    {
        return format!("this machine cannot use its proxy {proxy}: {failure}");
    }
    let rest = match failure {
        Failure::UnknownHost | Failure::NameServerSilent => format!("cannot resolve {host}"),
        Failure::UntrustedCa
        | Failure::WrongName { .. }
        | Failure::CertificateExpired
        | Failure::CertificateNotYetValid
        | Failure::SpeaksPlainHttp
        | Failure::SpeaksTls
        | Failure::Handshake(_) => format!("has no TLS connection to {host}"),
        _ => format!("cannot reach {host}"),
    };
    format!("this machine {rest}: {failure}")
}

fn remarks(transcript: &Transcript, finding: &Finding, wanted: &Wanted) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(manifest) = transcript.manifest()
        && let Fit::No(why) | Fit::Partly(why) = wanted.fit(manifest)
    {
        remarks.push(why);
    }
    let stage = transcript.failed().map(|(step, _)| step.stage);
    let beyond = stage.is_none_or(|stage| stage > Stage::Proxy);
    if let Some(proxy) = transcript.proxy.as_ref().filter(|_| beyond) {
        remarks.push(format!(
            "it was asked through the proxy {proxy} of this machine; a node may go another way"
        ));
    }
    let direct = transcript.proxy.is_none();
    if direct
        && transcript
            .failed()
            .is_some_and(|(_, failure)| failure.is_on_the_way())
    {
        remarks.push("nodes may use other name servers, mirrors, proxies and CAs".to_owned());
    }
    if transcript.stranger == Some(Stranger::MayPull) {
        remarks.push("without the credential it can be pulled: the image is public".to_owned());
    }
    let open = transcript
        .steps
        .iter()
        .any(|step| matches!(step.outcome, Ok(Found::Login(Login::Open))));
    if finding.answer == Answer::Ok
        && open
        && matches!(transcript.asker, Asker::User(_))
        && !transcript.is_signed_in()
    {
        remarks.push("the registry never asked for the credential".to_owned());
    }
    if let (Some(Tags::Listed(tags)), Some(tag)) = (&transcript.tags, transcript.image.tag()) {
        let similar = closest(tag, tags, SIMILAR);
        if !similar.is_empty() {
            remarks.push(format!("did you mean {}?", similar.join(", ")));
        } else if tags.is_empty() {
            remarks.push("the repository has no tags".to_owned());
        }
    }
    remarks
}
