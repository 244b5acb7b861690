//! A verdict as one sentence.

use super::{
    super::{
        Asker, Found, Login, Stage, Stranger, Tags, Transcript, closest,
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
        (Answer::Ok, _) => format!("{image} can be pulled {who}"),
        (Answer::No, Some(cause)) => {
            format!("{image} cannot be pulled {who}: {}", cause.entry().meaning)
        }
        (Answer::Unknown, Some(cause)) => format!(
            "whether {image} can be pulled {who} could not be told: {}",
            cause.entry().meaning
        ),
        (Answer::No | Answer::Unknown, None) => {
            format!("whether {image} can be pulled {who} could not be told")
        }
    };
    if let Some((step, _)) = transcript.failed() {
        sentence.push_str("; ");
        sentence.push_str(&step.detail());
    }
    for remark in remarks(transcript, finding, wanted) {
        sentence.push_str("; ");
        sentence.push_str(&remark);
    }
    sentence
}

fn remarks(transcript: &Transcript, finding: &Finding, wanted: &Wanted) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(manifest) = transcript.manifest()
        && let Fit::No(why) | Fit::Partly(why) = wanted.fit(manifest)
    {
        remarks.push(why);
    }
    if let Some(proxy) = &transcript.proxy {
        remarks.push(format!(
            "it was asked through the proxy {proxy} of this machine; a node may go another way"
        ));
    }
    let here = |stage| stage <= Stage::Tls && transcript.proxy.is_none();
    if transcript
        .failed()
        .is_some_and(|(step, _)| here(step.stage))
    {
        remarks.push(
            "so it is from here: a node may have other name servers, mirrors, proxies and \
             authorities"
                .to_owned(),
        );
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
