//! Verdicts by table: what a walk met, and what follows.

use std::time::Duration;

use super::{
    super::{Asker, Login, Manifest, Nameless, Platform, Refusal, Stranger, Tags, Unencrypted},
    *,
};
use crate::domain::registry_auth::image_ref::ImageRef;

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

/// Whatever keeps this machine from the registry is no answer of the registry, and proves no root.
#[test]
fn what_this_machine_cannot_reach_is_unknown_and_said_of_this_machine() {
    use Stage::{Connect, Resolve, Tls};
    let limit = Duration::from_secs(10);
    let presented = Vec::new();
    for (stage, failure, cause, words) in [
        (
            Resolve,
            Failure::UnknownHost,
            Cause::RegistryUnreachableDns,
            "this machine cannot resolve r.example: no such host",
        ),
        (
            Resolve,
            Failure::NameServerSilent,
            Cause::RegistryUnreachableDns,
            "this machine cannot resolve r.example: no name server answered",
        ),
        (
            Connect,
            Failure::Refused,
            Cause::RegistryUnreachableRefused,
            "this machine cannot reach r.example: connection refused",
        ),
        (
            Connect,
            Failure::Silent(limit),
            Cause::RegistryUnreachableTimeout,
            "this machine cannot reach r.example: no answer within 10 s",
        ),
        (
            Connect,
            Failure::NoRoute,
            Cause::RegistryUnreachableNoRoute,
            "this machine cannot reach r.example: no route to the host",
        ),
        (
            Tls,
            Failure::Reset,
            Cause::RegistryUnreachableReset,
            "this machine cannot reach r.example",
        ),
        (
            Tls,
            Failure::UntrustedCa,
            Cause::TlsUntrustedCa,
            "this machine has no TLS connection to r.example",
        ),
        (
            Tls,
            Failure::WrongName { presented },
            Cause::TlsHostnameOrExpired,
            "this machine has no TLS connection to r.example: the certificate is for another name",
        ),
        (
            Tls,
            Failure::CertificateExpired,
            Cause::TlsHostnameOrExpired,
            "this machine has no TLS connection to r.example: the certificate has expired",
        ),
        (
            Tls,
            Failure::SpeaksPlainHttp,
            Cause::TlsHttpMismatch,
            "this machine has no TLS connection to r.example",
        ),
        (
            Tls,
            Failure::Handshake("x".into()),
            Cause::TlsHandshakeFailure,
            "this machine has no TLS connection to r.example",
        ),
    ] {
        let transcript = fails(user(), stage, failure);
        expect(&transcript, (Answer::Unknown, Some(cause), None, &[]));
        let summary = judge(&transcript, &Wanted::Anything).summary;
        assert!(summary.contains(words), "{summary}");
        assert!(summary.contains("nodes may use other"), "{summary}");
        assert!(
            !summary.contains("the node"),
            "no node was asked: {summary}"
        );
    }
}

#[test]
fn a_proxy_of_this_machine_that_does_not_lead_on_is_this_machines() {
    let mut transcript = fails(
        user(),
        Stage::Proxy,
        Failure::ProxyRefuses("407 Proxy Authentication Required".into()),
    );
    transcript.proxy = Some("proxy.example:3128".into());
    expect(&transcript, (Answer::Unknown, None, None, &[]));
    let summary = judge(&transcript, &Wanted::Anything).summary;
    assert!(
        summary.contains("this machine cannot use its proxy proxy.example:3128: the proxy"),
        "{summary}"
    );
}

#[test]
fn only_the_manifest_was_asked_for() {
    let found = |media_type: &str| {
        let manifest = Manifest {
            media_type: media_type.to_owned(),
            ..Manifest::default()
        };
        let found = Ok(Found::Manifest(manifest));
        walk("r.example/a:1", user(), Stage::Manifest, found)
    };
    let summary = judge(&found(""), &Wanted::Anything).summary;
    assert_eq!(
        summary,
        "r.example/a:1: manifest found as jane (layers not pulled)"
    );
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let unsupported = (Cause::ManifestUnsupported, Root::ImageFormat);
    expect(
        &found(old),
        (Answer::No, Some(unsupported.0), Some(unsupported.1), &[]),
    );
}

/// ECR takes the user name, and says at the manifest that the token is too old.
#[test]
fn a_body_that_says_so_is_an_expired_token() {
    let expired = Failure::Refusal(Refusal {
        status: 403,
        codes: vec!["DENIED".into()],
        message: Some("Your authorization token has expired. Reauthenticate and try again.".into()),
        ..Refusal::default()
    });
    expect(
        &fails(user(), Stage::Manifest, expired),
        (
            Answer::No,
            Some(Cause::TokenExpired),
            Some(Root::CredentialExpired),
            &[],
        ),
    );
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
