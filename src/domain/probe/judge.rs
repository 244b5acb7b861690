//! From a transcript to a verdict: what the registry's answers prove, and what they rule out.

use serde::{Deserialize, Serialize};

use super::{
    Asker, Failure, Found, Login, Nameless, Platform, Refusal, Stage, Stranger, Tags, Transcript,
    closest,
};
use crate::domain::{
    cause::Cause,
    diagnose::Root,
    presets::{self, Missing},
};

/// Similar tags that are named where one is missing.
const SIMILAR: usize = 3;

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

/// Judges a transcript. `wanted` are the platforms of the nodes that shall run the image.
pub fn judge(transcript: &Transcript, wanted: &[Platform]) -> Verdict {
    let finding = match transcript.failed() {
        Some((step, failure)) => Finding::of(transcript, step.stage, failure),
        None => arrived(transcript, wanted),
    };
    let ruled_out = ruled_out(transcript)
        .filter(|cause| finding.cause != Some(*cause) && !finding.alternatives.contains(cause))
        .collect();
    Verdict {
        summary: summary(transcript, &finding),
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

    fn or(mut self, others: &[Cause]) -> Self {
        self.alternatives.extend_from_slice(others);
        self
    }

    fn of(transcript: &Transcript, stage: Stage, failure: &Failure) -> Self {
        match failure {
            Failure::UnknownHost => {
                Self::no(Cause::RegistryUnreachableDns, Root::RegistryUnknownHost)
            }
            Failure::NameServerSilent => Self::no(Cause::RegistryUnreachableDns, None),
            Failure::Refused => Self::no(Cause::RegistryUnreachableRefused, Root::RegistryDown),
            Failure::NoRoute => Self::no(Cause::RegistryUnreachableNoRoute, None),
            Failure::Reset => Self::no(Cause::RegistryUnreachableReset, None),
            Failure::Silent(_) if stage <= Stage::Connect => {
                Self::no(Cause::RegistryUnreachableTimeout, None)
            }
            Failure::Silent(_) => Self::unknown(Cause::RegistryUnreachableTimeout, None),
            Failure::UntrustedCa => Self::no(Cause::TlsUntrustedCa, Root::CaUntrusted),
            Failure::WrongName { .. }
            | Failure::CertificateExpired
            | Failure::CertificateNotYetValid => {
                Self::no(Cause::TlsHostnameOrExpired, Root::CertificateWrong)
            }
            Failure::SpeaksPlainHttp => Self::no(Cause::TlsHttpMismatch, Root::PlainHttp),
            Failure::SpeaksTls => Self::unknown(Cause::TlsHttpMismatch, None),
            Failure::Handshake(_) => Self::no(Cause::TlsHandshakeFailure, None),
            Failure::NotHttp(_)
            | Failure::HeadTooLarge
            | Failure::BodyTooLarge { .. }
            | Failure::Unreadable(_)
            | Failure::TooManyRedirects
            | Failure::BadRedirect { .. }
            | Failure::NoChallenge => Self::unknown(Cause::RegistryBadResponse, None),
            // The kubelet would send it; we do not, so what would come of it is not known.
            Failure::ForeignRealm { .. } => Self {
                answer: Answer::Unknown,
                cause: None,
                root: None,
                alternatives: Vec::new(),
            },
            Failure::Refusal(refusal) => refused(transcript, stage, refusal),
        }
    }
}

fn refused(transcript: &Transcript, stage: Stage, refusal: &Refusal) -> Finding {
    if refusal.is_rate_limit() {
        return Finding::unknown(Cause::RateLimited, Root::RateLimit);
    }
    if refusal.status >= 500 {
        return Finding::unknown(Cause::Registry5xx, Root::RegistryDown);
    }
    match (stage, refusal.status) {
        (Stage::Token, 400..=403) => not_signed_in(transcript, refusal),
        (Stage::Manifest, 401 | 403) => not_let_in(transcript, refusal),
        (Stage::Manifest, 404) => not_found(transcript, refusal),
        // A firewall or an address list stands before the registry: `/v2/` needs no rights.
        (_, 403) => Finding::no(Cause::ForbiddenByPolicy, None),
        _ => Finding::unknown(Cause::RegistryBadResponse, None),
    }
}

/// The login itself was refused.
///
/// 401 is the registry's word for a bad credential; GHCR says 403 for it, and Quay 400 for a robot
/// that is no more. With those two the account may also be good and barred, unless a stranger is
/// treated better than this credential.
fn not_signed_in(transcript: &Transcript, refusal: &Refusal) -> Finding {
    let Asker::User(_) = &transcript.asker else {
        return nobody_may(transcript);
    };
    if refusal.says_expired() {
        return Finding::no(Cause::TokenExpired, Root::CredentialExpired);
    }
    let rejected = Finding::no(Cause::Unauthorized, Root::CredentialRejected);
    if refusal.status == 401 || transcript.stranger == Some(Stranger::MayPull) {
        rejected
    } else {
        rejected.or(&[Cause::ForbiddenByPolicy])
    }
}

/// The login is good, or there was none, and the repository is closed.
fn not_let_in(transcript: &Transcript, refusal: &Refusal) -> Finding {
    if !matches!(transcript.asker, Asker::User(_)) {
        return nobody_may(transcript);
    }
    if !transcript.is_signed_in() {
        return not_signed_in(transcript, refusal);
    }
    if hides_repositories(transcript) {
        return Finding::no(Cause::RepositoryMissingOrNoAccess, None)
            .or(&[Cause::ForbiddenByPolicy]);
    }
    Finding::no(Cause::ForbiddenByPolicy, Root::CredentialLacksAccess)
        .or(&[Cause::RepositoryMissingOrNoAccess])
}

/// Nobody asked, and nobody may. Whether the repository exists is not told to strangers.
fn nobody_may(transcript: &Transcript) -> Finding {
    let root = match &transcript.asker {
        Asker::Anonymous(Nameless::NoEntryMatches) => Some(Root::EntryForOtherRegistry),
        Asker::Anonymous(Nameless::EntryEmpty) => Some(Root::EntryEmpty),
        Asker::Anonymous(Nameless::Chosen) | Asker::User(_) => None,
    };
    Finding::no(Cause::NoCredentialsSent, root).or(&[Cause::RepositoryMissingOrNoAccess])
}

/// `MANIFEST_UNKNOWN` is said of missing repositories too (distribution 2.8), so the list of tags
/// decides.
fn not_found(transcript: &Transcript, refusal: &Refusal) -> Finding {
    let no_repository = || Finding::no(Cause::RepositoryMissingOrNoAccess, Root::RepositoryMissing);
    match &transcript.tags {
        Some(Tags::Listed(_)) => Finding::no(Cause::ImageNotFound, Root::TagMissing),
        Some(Tags::NoRepository) => no_repository(),
        Some(Tags::NotTold) | None if refusal.has("NAME_UNKNOWN") => no_repository(),
        Some(Tags::NotTold) | None => {
            Finding::no(Cause::ImageNotFound, None).or(&[Cause::RepositoryMissingOrNoAccess])
        }
    }
}

/// Whether this registry answers for a missing repository as for a private one. Of a registry that
/// we do not know it is assumed.
fn hides_repositories(transcript: &Transcript) -> bool {
    presets::of_host(transcript.image.host())
        .is_none_or(|preset| preset.missing == Missing::LooksPrivate)
}

fn arrived(transcript: &Transcript, wanted: &[Platform]) -> Finding {
    let Some(manifest) = transcript.manifest() else {
        return Finding::unknown(Cause::RegistryBadResponse, None);
    };
    let served = |wanted: &Platform| manifest.platforms.iter().any(|has| has.serves(wanted));
    if !manifest.platforms.is_empty() && !wanted.iter().all(served) {
        return Finding::no(Cause::PlatformMismatch, Root::WrongPlatform);
    }
    Finding {
        answer: Answer::Ok,
        cause: None,
        root: None,
        alternatives: Vec::new(),
    }
}

/// What the steps that succeeded disprove.
fn ruled_out(transcript: &Transcript) -> impl Iterator<Item = Cause> {
    let succeeded = transcript.steps.iter().filter(|step| step.outcome.is_ok());
    let signed_in = transcript.is_signed_in();
    succeeded
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

/// One sentence: who, what, and why.
fn summary(transcript: &Transcript, finding: &Finding) -> String {
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
    for remark in remarks(transcript, finding) {
        sentence.push_str("; ");
        sentence.push_str(&remark);
    }
    sentence
}

fn remarks(transcript: &Transcript, finding: &Finding) -> Vec<String> {
    let mut remarks = Vec::new();
    if transcript
        .failed()
        .is_some_and(|(step, _)| step.stage <= Stage::Tls)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{Manifest, Step},
        *,
    };
    use crate::domain::image::ImageRef;

    fn user() -> Asker {
        Asker::User("jane".into())
    }

    fn nobody(why: Nameless) -> Asker {
        Asker::Anonymous(why)
    }

    fn refusal(status: u16, codes: &[&str]) -> Failure {
        Failure::Refusal(Refusal {
            status,
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            ..Refusal::default()
        })
    }

    /// A walk that goes well up to the stage, and there ends so.
    fn walk(
        image: &str,
        asker: Asker,
        stage: Stage,
        outcome: Result<Found, Failure>,
    ) -> Transcript {
        let bearer = Login::Bearer {
            realm: "auth.example".into(),
        };
        let good = [
            (Stage::Resolve, Found::Addresses(Vec::new())),
            (
                Stage::Tls,
                Found::Encrypted {
                    protocol: "TLSv1.3".into(),
                },
            ),
            (Stage::Challenge, Found::Login(bearer)),
            (Stage::Token, Found::Token { lives: None }),
        ];
        let mut steps: Vec<_> = good
            .into_iter()
            .filter(|(good, _)| *good < stage)
            .map(|(stage, found)| (stage, Ok(found)))
            .collect();
        steps.push((stage, outcome));
        let steps = steps
            .into_iter()
            .map(|(stage, outcome)| Step {
                stage,
                host: "r.example".into(),
                outcome,
                took: Duration::ZERO,
            })
            .collect();
        Transcript {
            image: ImageRef::parse(image).unwrap(),
            asker,
            steps,
            tags: None,
            stranger: None,
        }
    }

    fn fails(asker: Asker, stage: Stage, failure: Failure) -> Transcript {
        walk("r.example/team/app:1.2.3", asker, stage, Err(failure))
    }

    type Expected = (Answer, Option<Cause>, Option<Root>, &'static [Cause]);

    fn expect(transcript: &Transcript, expected: Expected) {
        let found = judge(transcript, &[]);
        assert_eq!(
            (
                found.answer,
                found.cause,
                found.root,
                &found.alternatives[..]
            ),
            expected,
            "{transcript:#?}"
        );
    }

    #[test]
    fn the_registry_is_out_of_reach() {
        use Stage::{Connect, Resolve, Tls};
        let limit = Duration::from_secs(10);
        for (stage, failure, cause, root) in [
            (
                Resolve,
                Failure::UnknownHost,
                Cause::RegistryUnreachableDns,
                Some(Root::RegistryUnknownHost),
            ),
            (
                Resolve,
                Failure::NameServerSilent,
                Cause::RegistryUnreachableDns,
                None,
            ),
            (
                Connect,
                Failure::Refused,
                Cause::RegistryUnreachableRefused,
                Some(Root::RegistryDown),
            ),
            (
                Connect,
                Failure::Silent(limit),
                Cause::RegistryUnreachableTimeout,
                None,
            ),
            (
                Connect,
                Failure::NoRoute,
                Cause::RegistryUnreachableNoRoute,
                None,
            ),
            (Tls, Failure::Reset, Cause::RegistryUnreachableReset, None),
        ] {
            expect(
                &fails(user(), stage, failure),
                (Answer::No, Some(cause), root, &[]),
            );
        }
    }

    #[test]
    fn the_registry_is_not_trusted() {
        let presented = Vec::new();
        let wrong = (Cause::TlsHostnameOrExpired, Some(Root::CertificateWrong));
        for (failure, (cause, root)) in [
            (
                Failure::UntrustedCa,
                (Cause::TlsUntrustedCa, Some(Root::CaUntrusted)),
            ),
            (Failure::WrongName { presented }, wrong),
            (Failure::CertificateExpired, wrong),
            (
                Failure::SpeaksPlainHttp,
                (Cause::TlsHttpMismatch, Some(Root::PlainHttp)),
            ),
            (
                Failure::Handshake("x".into()),
                (Cause::TlsHandshakeFailure, None),
            ),
        ] {
            expect(
                &fails(user(), Stage::Tls, failure),
                (Answer::No, Some(cause), root, &[]),
            );
        }
    }

    #[test]
    fn an_answer_that_is_none_leaves_the_question_open() {
        use Stage::{Challenge, Manifest};
        let bad = (Cause::RegistryBadResponse, None);
        let limit = Duration::from_secs(10);
        let silent = (Cause::RegistryUnreachableTimeout, None);
        let limited = (Cause::RateLimited, Some(Root::RateLimit));
        for (stage, failure, (cause, root)) in [
            (Challenge, Failure::NotHttp("x".into()), bad),
            (Challenge, Failure::TooManyRedirects, bad),
            (Challenge, refusal(404, &[]), bad),
            (
                Challenge,
                refusal(503, &[]),
                (Cause::Registry5xx, Some(Root::RegistryDown)),
            ),
            (Manifest, Failure::Silent(limit), silent),
            (Manifest, refusal(429, &[]), limited),
            (Manifest, refusal(403, &["TOOMANYREQUESTS"]), limited),
        ] {
            expect(
                &fails(user(), stage, failure),
                (Answer::Unknown, Some(cause), root, &[]),
            );
        }
        expect(
            &fails(user(), Challenge, refusal(403, &[])),
            (Answer::No, Some(Cause::ForbiddenByPolicy), None, &[]),
        );
    }

    #[test]
    fn the_login_is_refused() {
        let no = Answer::No;
        let bad = (Some(Cause::Unauthorized), Some(Root::CredentialRejected));
        let refused = |status| fails(user(), Stage::Token, refusal(status, &[]));
        expect(&refused(401), (no, bad.0, bad.1, &[]));
        expect(
            &refused(403),
            (no, bad.0, bad.1, &[Cause::ForbiddenByPolicy]),
        );
        let public = Transcript {
            stranger: Some(Stranger::MayPull),
            ..refused(403)
        };
        expect(&public, (no, bad.0, bad.1, &[]));
        assert!(judge(&public, &[]).summary.contains("the image is public"));
        let expired = Failure::Refusal(Refusal {
            status: 403,
            message: Some("your authorization token has Expired".into()),
            ..Refusal::default()
        });
        expect(
            &fails(user(), Stage::Token, expired),
            (
                no,
                Some(Cause::TokenExpired),
                Some(Root::CredentialExpired),
                &[],
            ),
        );
        let foreign = Failure::ForeignRealm {
            realm: "elsewhere.example".into(),
        };
        expect(
            &fails(user(), Stage::Token, foreign),
            (Answer::Unknown, None, None, &[]),
        );
    }

    #[test]
    fn nobody_may_pull() {
        for (why, root) in [
            (Nameless::Chosen, None),
            (Nameless::NoEntryMatches, Some(Root::EntryForOtherRegistry)),
            (Nameless::EntryEmpty, Some(Root::EntryEmpty)),
        ] {
            for (stage, status) in [
                (Stage::Token, 401),
                (Stage::Token, 403),
                (Stage::Manifest, 401),
            ] {
                expect(
                    &fails(nobody(why), stage, refusal(status, &[])),
                    (
                        Answer::No,
                        Some(Cause::NoCredentialsSent),
                        root,
                        &[Cause::RepositoryMissingOrNoAccess],
                    ),
                );
            }
        }
    }

    #[test]
    fn the_repository_is_closed_to_a_good_credential() {
        let denied = |image| {
            walk(
                image,
                user(),
                Stage::Manifest,
                Err(refusal(403, &["DENIED"])),
            )
        };
        expect(
            &denied("docker.io/team/app:1"),
            (
                Answer::No,
                Some(Cause::RepositoryMissingOrNoAccess),
                None,
                &[Cause::ForbiddenByPolicy],
            ),
        );
        let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
        expect(
            &denied(ecr),
            (
                Answer::No,
                Some(Cause::ForbiddenByPolicy),
                Some(Root::CredentialLacksAccess),
                &[Cause::RepositoryMissingOrNoAccess],
            ),
        );
    }

    #[test]
    fn the_list_of_tags_tells_a_missing_tag_from_a_missing_repository() {
        let tag = (Some(Cause::ImageNotFound), Some(Root::TagMissing));
        let repository = (
            Some(Cause::RepositoryMissingOrNoAccess),
            Some(Root::RepositoryMissing),
        );
        let listed = Tags::Listed(vec!["1.2.4".into(), "main".into()]);
        for (code, tags, (cause, root), others) in [
            ("MANIFEST_UNKNOWN", Some(listed), tag, &[][..]),
            (
                "MANIFEST_UNKNOWN",
                Some(Tags::NoRepository),
                repository,
                &[],
            ),
            ("NAME_UNKNOWN", Some(Tags::NotTold), repository, &[]),
            (
                "MANIFEST_UNKNOWN",
                Some(Tags::NotTold),
                (Some(Cause::ImageNotFound), None),
                &[Cause::RepositoryMissingOrNoAccess],
            ),
        ] {
            let transcript = Transcript {
                tags,
                ..fails(user(), Stage::Manifest, refusal(404, &[code]))
            };
            expect(&transcript, (Answer::No, cause, root, others));
            let summary = judge(&transcript, &[]).summary;
            assert_eq!(
                summary.contains("did you mean 1.2.4?"),
                root == Some(Root::TagMissing),
                "{summary}"
            );
        }
    }

    #[test]
    fn an_image_for_other_platforms_is_no_good() {
        let platforms =
            ["linux/amd64", "linux/arm64/v8"].map(|text| Platform::parse(text).unwrap());
        let manifest = Manifest {
            platforms: platforms.into(),
            ..Manifest::default()
        };
        let transcript = walk(
            "r.example/a:1",
            user(),
            Stage::Manifest,
            Ok(Found::Manifest(manifest)),
        );
        expect(&transcript, (Answer::Ok, None, None, &[]));
        for (wanted, answer) in [("linux/arm64", Answer::Ok), ("linux/s390x", Answer::No)] {
            let wanted = [Platform::parse(wanted).unwrap()];
            assert_eq!(judge(&transcript, &wanted).answer, answer);
        }
    }

    #[test]
    fn what_went_well_is_ruled_out_and_never_what_is_claimed() {
        let verdict = judge(&fails(user(), Stage::Manifest, refusal(404, &[])), &[]);
        for cause in [
            Cause::RegistryUnreachableDns,
            Cause::TlsUntrustedCa,
            Cause::Unauthorized,
        ] {
            assert!(verdict.ruled_out.contains(&cause), "{cause}");
        }
        assert!(!verdict.ruled_out.contains(&Cause::ImageNotFound));
        let verdict = judge(
            &fails(nobody(Nameless::Chosen), Stage::Manifest, refusal(401, &[])),
            &[],
        );
        assert!(!verdict.ruled_out.contains(&Cause::NoCredentialsSent));
    }
}
