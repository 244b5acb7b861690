//! Verdicts by table: what a walk met, and what follows.

use std::time::Duration;

use super::{
    super::{Asker, Login, Manifest, Nameless, Platform, Refusal, Stranger, Tags, Unencrypted},
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
fn walk(image: &str, asker: Asker, stage: Stage, outcome: Result<Found, Failure>) -> Transcript {
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
        proxy: None,
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
    let found = judge(transcript, &Wanted::Anything);
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
    assert!(
        judge(&public, &Wanted::Anything)
            .summary
            .contains("the image is public")
    );
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
        let summary = judge(&transcript, &Wanted::Anything).summary;
        assert_eq!(
            summary.contains("did you mean 1.2.4?"),
            root == Some(Root::TagMissing),
            "{summary}"
        );
    }
}

#[test]
fn an_image_for_other_platforms_is_no_good() {
    let platforms = ["linux/amd64", "linux/arm64/v8"].map(|text| Platform::parse(text).unwrap());
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
        let wanted = Wanted::Each(vec![Platform::parse(wanted).unwrap()]);
        assert_eq!(judge(&transcript, &wanted).answer, answer);
    }
}

#[test]
fn what_went_well_is_ruled_out_and_never_what_is_claimed() {
    let verdict = judge(
        &fails(user(), Stage::Manifest, refusal(404, &[])),
        &Wanted::Anything,
    );
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
        &Wanted::Anything,
    );
    assert!(!verdict.ruled_out.contains(&Cause::NoCredentialsSent));
    let mut plain = fails(user(), Stage::Manifest, refusal(404, &[]));
    plain.steps[1].outcome = Ok(Found::Unencrypted(Unencrypted::Chosen));
    let verdict = judge(&plain, &Wanted::Anything);
    assert!(!verdict.ruled_out.contains(&Cause::TlsHttpMismatch));
}
