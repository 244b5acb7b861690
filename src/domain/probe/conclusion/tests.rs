//! Tests by table: transcripts and their conclusions.

use std::time::Duration;

use super::{
    super::{
        AnonymousAccess, AuthMethod, ImageManifest, Platform, Refusal, Requester, Tags, Unencrypted,
    },
    *,
};
use crate::domain::registry_auth::{auth_attempts::AnonymousReason, image_ref::ImageRef};

fn user() -> Requester {
    Requester::User("jane".into())
}

fn nobody(why: AnonymousReason) -> Requester {
    Requester::Anonymous(why)
}

fn refusal(status: u16, codes: &[&str]) -> ProbeError {
    ProbeError::Refusal(Refusal {
        status,
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..Refusal::default()
    })
}

/// A walk that goes well up to the stage, and there ends so.
fn walk(
    image: &str,
    asker: Requester,
    stage: ProbeStage,
    outcome: Result<StepResult, ProbeError>,
) -> Transcript {
    let bearer = AuthMethod::Bearer {
        realm: "auth.example".into(),
    };
    let good = [
        (ProbeStage::Resolve, StepResult::Addresses(Vec::new())),
        (
            ProbeStage::Tls,
            StepResult::Encrypted {
                protocol: "TLSv1.3".into(),
            },
        ),
        (ProbeStage::Challenge, StepResult::Login(bearer)),
        (ProbeStage::Token, StepResult::Token { lives: None }),
    ];
    let mut steps: Vec<_> = good
        .into_iter()
        .filter(|(good, _)| *good < stage)
        .map(|(stage, found)| (stage, Ok(found)))
        .collect();
    steps.push((stage, outcome));
    let steps = steps
        .into_iter()
        .map(|(stage, outcome)| ProbeStep {
            stage,
            host: "r.example".into(),
            outcome,
            took: Duration::ZERO,
        })
        .collect();
    Transcript {
        image: ImageRef::parse(image).unwrap(),
        requester: asker,
        proxy: None,
        steps,
        tags: None,
        repositories: None,
        anonymous_access: None,
    }
}

fn fails(asker: Requester, stage: ProbeStage, failure: ProbeError) -> Transcript {
    walk("r.example/team/app:1.2.3", asker, stage, Err(failure))
}

type Expected = (
    PullAnswer,
    Option<Cause>,
    Option<RootCause>,
    &'static [Cause],
);

fn expect(transcript: &Transcript, expected: Expected) {
    let found = conclude(transcript, &TargetPlatforms::Anything);
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
    use ProbeStage::{Connect, Resolve, Tls};
    let limit = Duration::from_secs(10);
    let presented = Vec::new();
    for (stage, failure, cause, words) in [
        (
            Resolve,
            ProbeError::UnknownHost,
            Cause::RegistryUnreachableDns,
            "this machine cannot resolve r.example: no such host",
        ),
        (
            Resolve,
            ProbeError::DnsTimeout,
            Cause::RegistryUnreachableDns,
            "this machine cannot resolve r.example: no DNS server answered",
        ),
        (
            Connect,
            ProbeError::Refused,
            Cause::RegistryUnreachableRefused,
            "this machine cannot reach r.example: connection refused",
        ),
        (
            Connect,
            ProbeError::Timeout(limit),
            Cause::RegistryUnreachableTimeout,
            "this machine cannot reach r.example: no answer within 10 s",
        ),
        (
            Connect,
            ProbeError::NoRoute,
            Cause::RegistryUnreachableNoRoute,
            "this machine cannot reach r.example: no route to host",
        ),
        (
            Tls,
            ProbeError::Reset,
            Cause::RegistryUnreachableReset,
            "this machine cannot reach r.example",
        ),
        (
            Tls,
            ProbeError::UntrustedCa,
            Cause::TlsUntrustedCa,
            "this machine has no TLS connection to r.example",
        ),
        (
            Tls,
            ProbeError::WrongName { presented },
            Cause::TlsHostnameOrExpired,
            "this machine has no TLS connection to r.example: x509: the certificate is for another name",
        ),
        (
            Tls,
            ProbeError::CertificateExpired,
            Cause::TlsHostnameOrExpired,
            "this machine has no TLS connection to r.example: x509: the certificate has expired",
        ),
        (
            Tls,
            ProbeError::SpeaksPlainHttp,
            Cause::TlsHttpMismatch,
            "this machine has no TLS connection to r.example",
        ),
        (
            Tls,
            ProbeError::Handshake("x".into()),
            Cause::TlsHandshakeFailure,
            "this machine has no TLS connection to r.example",
        ),
    ] {
        let transcript = fails(user(), stage, failure);
        expect(&transcript, (PullAnswer::Unknown, Some(cause), None, &[]));
        let summary = conclude(&transcript, &TargetPlatforms::Anything).summary;
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
        ProbeStage::Proxy,
        ProbeError::ProxyRefuses("407 Proxy Authentication Required".into()),
    );
    transcript.proxy = Some("proxy.example:3128".into());
    expect(&transcript, (PullAnswer::Unknown, None, None, &[]));
    let summary = conclude(&transcript, &TargetPlatforms::Anything).summary;
    assert!(
        summary.contains("this machine cannot use its proxy proxy.example:3128: the proxy"),
        "{summary}"
    );
}

#[test]
fn only_the_manifest_was_asked_for() {
    let found = |media_type: &str| {
        let manifest = ImageManifest {
            media_type: media_type.to_owned(),
            ..ImageManifest::default()
        };
        let found = Ok(StepResult::Manifest(manifest));
        walk("r.example/a:1", user(), ProbeStage::Manifest, found)
    };
    let summary = conclude(&found(""), &TargetPlatforms::Anything).summary;
    assert_eq!(
        summary,
        "r.example/a:1: manifest found as jane (layers not pulled)"
    );
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let unsupported = (Cause::ManifestUnsupported, RootCause::ImageFormat);
    expect(
        &found(old),
        (
            PullAnswer::No,
            Some(unsupported.0),
            Some(unsupported.1),
            &[],
        ),
    );
}

/// ECR takes the user name, and says at the manifest that the token is too old.
#[test]
fn a_body_that_says_so_is_an_expired_token() {
    let expired = ProbeError::Refusal(Refusal {
        status: 403,
        codes: vec!["DENIED".into()],
        message: Some("Your authorization token has expired. Reauthenticate and try again.".into()),
        ..Refusal::default()
    });
    expect(
        &fails(user(), ProbeStage::Manifest, expired),
        (
            PullAnswer::No,
            Some(Cause::TokenExpired),
            Some(RootCause::CredentialExpired),
            &[],
        ),
    );
}

#[test]
fn an_answer_that_is_none_leaves_the_question_open() {
    use ProbeStage::{Challenge, Manifest};
    let bad = (Cause::RegistryBadResponse, None);
    let limit = Duration::from_secs(10);
    let silent = (Cause::RegistryUnreachableTimeout, None);
    let limited = (Cause::RateLimited, Some(RootCause::RateLimit));
    for (stage, failure, (cause, root)) in [
        (Challenge, ProbeError::NotHttp("x".into()), bad),
        (Challenge, ProbeError::TooManyRedirects, bad),
        (Challenge, refusal(404, &[]), bad),
        (
            Challenge,
            refusal(503, &[]),
            (Cause::Registry5xx, Some(RootCause::RegistryDown)),
        ),
        (Manifest, ProbeError::Timeout(limit), silent),
        (Manifest, refusal(429, &[]), limited),
        (Manifest, refusal(403, &["TOOMANYREQUESTS"]), limited),
    ] {
        expect(
            &fails(user(), stage, failure),
            (PullAnswer::Unknown, Some(cause), root, &[]),
        );
    }
    expect(
        &fails(user(), Challenge, refusal(403, &[])),
        (PullAnswer::No, Some(Cause::ForbiddenByPolicy), None, &[]),
    );
}

#[test]
fn the_login_is_refused() {
    let no = PullAnswer::No;
    let bad = (
        Some(Cause::Unauthorized),
        Some(RootCause::CredentialRejected),
    );
    let refused = |status| fails(user(), ProbeStage::Token, refusal(status, &[]));
    expect(&refused(401), (no, bad.0, bad.1, &[]));
    expect(
        &refused(403),
        (no, bad.0, bad.1, &[Cause::ForbiddenByPolicy]),
    );
    let public = Transcript {
        anonymous_access: Some(AnonymousAccess::MayPull),
        ..refused(403)
    };
    expect(&public, (no, bad.0, bad.1, &[]));
    assert!(
        conclude(&public, &TargetPlatforms::Anything)
            .summary
            .contains("the image is public")
    );
    let expired = ProbeError::Refusal(Refusal {
        status: 403,
        message: Some("your authorization token has Expired".into()),
        ..Refusal::default()
    });
    expect(
        &fails(user(), ProbeStage::Token, expired),
        (
            no,
            Some(Cause::TokenExpired),
            Some(RootCause::CredentialExpired),
            &[],
        ),
    );
    let foreign = ProbeError::ForeignRealm {
        realm: "elsewhere.example".into(),
    };
    expect(
        &fails(user(), ProbeStage::Token, foreign),
        (PullAnswer::Unknown, None, None, &[]),
    );
}

#[test]
fn nobody_may_pull() {
    for (why, root) in [
        (AnonymousReason::Chosen, None),
        (
            AnonymousReason::NoEntryMatches,
            Some(RootCause::EntryForOtherRegistry),
        ),
        (AnonymousReason::EntryEmpty, Some(RootCause::EntryEmpty)),
    ] {
        for (stage, status) in [
            (ProbeStage::Token, 401),
            (ProbeStage::Token, 403),
            (ProbeStage::Manifest, 401),
        ] {
            expect(
                &fails(nobody(why), stage, refusal(status, &[])),
                (
                    PullAnswer::No,
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
            ProbeStage::Manifest,
            Err(refusal(403, &["DENIED"])),
        )
    };
    expect(
        &denied("docker.io/team/app:1"),
        (
            PullAnswer::No,
            Some(Cause::RepositoryMissingOrNoAccess),
            None,
            &[Cause::ForbiddenByPolicy],
        ),
    );
    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
    expect(
        &denied(ecr),
        (
            PullAnswer::No,
            Some(Cause::ForbiddenByPolicy),
            Some(RootCause::CredentialLacksAccess),
            &[Cause::RepositoryMissingOrNoAccess],
        ),
    );
}

#[test]
fn the_list_of_tags_tells_a_missing_tag_from_a_missing_repository() {
    let tag = (Some(Cause::ImageNotFound), Some(RootCause::TagMissing));
    let repository = (
        Some(Cause::RepositoryMissingOrNoAccess),
        Some(RootCause::RepositoryMissing),
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
        ("NAME_UNKNOWN", Some(Tags::Unknown), repository, &[]),
        (
            "MANIFEST_UNKNOWN",
            Some(Tags::Unknown),
            (Some(Cause::ImageNotFound), None),
            &[Cause::RepositoryMissingOrNoAccess],
        ),
    ] {
        let transcript = Transcript {
            tags,
            ..fails(user(), ProbeStage::Manifest, refusal(404, &[code]))
        };
        expect(&transcript, (PullAnswer::No, cause, root, others));
        let summary = conclude(&transcript, &TargetPlatforms::Anything).summary;
        assert_eq!(
            summary.contains("similar tags: 1.2.4"),
            root == Some(RootCause::TagMissing),
            "{summary}"
        );
    }
}

#[test]
fn an_image_for_other_platforms_is_no_good() {
    let platforms = ["linux/amd64", "linux/arm64/v8"].map(|text| Platform::parse(text).unwrap());
    let manifest = ImageManifest {
        platforms: platforms.into(),
        ..ImageManifest::default()
    };
    let transcript = walk(
        "r.example/a:1",
        user(),
        ProbeStage::Manifest,
        Ok(StepResult::Manifest(manifest)),
    );
    expect(&transcript, (PullAnswer::Ok, None, None, &[]));
    for (wanted, answer) in [
        ("linux/arm64", PullAnswer::Ok),
        ("linux/s390x", PullAnswer::No),
    ] {
        let wanted = TargetPlatforms::Each(vec![Platform::parse(wanted).unwrap()]);
        assert_eq!(conclude(&transcript, &wanted).answer, answer);
    }
}

#[test]
fn what_went_well_is_ruled_out_and_never_what_is_claimed() {
    let conclusion = conclude(
        &fails(user(), ProbeStage::Manifest, refusal(404, &[])),
        &TargetPlatforms::Anything,
    );
    for cause in [
        Cause::RegistryUnreachableDns,
        Cause::TlsUntrustedCa,
        Cause::Unauthorized,
    ] {
        assert!(conclusion.ruled_out.contains(&cause), "{cause}");
    }
    assert!(!conclusion.ruled_out.contains(&Cause::ImageNotFound));
    let conclusion = conclude(
        &fails(
            nobody(AnonymousReason::Chosen),
            ProbeStage::Manifest,
            refusal(401, &[]),
        ),
        &TargetPlatforms::Anything,
    );
    assert!(!conclusion.ruled_out.contains(&Cause::NoCredentialsSent));
    let mut plain = fails(user(), ProbeStage::Manifest, refusal(404, &[]));
    plain.steps[1].outcome = Ok(StepResult::Unencrypted(Unencrypted::Chosen));
    let conclusion = conclude(&plain, &TargetPlatforms::Anything);
    assert!(!conclusion.ruled_out.contains(&Cause::TlsHttpMismatch));
}

#[test]
fn a_rejected_login_says_more_than_an_anonymous_attempt() {
    let conclusion = |answer: PullAnswer| ProbeConclusion {
        answer,
        cause: None,
        root: None,
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        suggestion: None,
        tags: Vec::new(),
        summary: String::new(),
    };
    let no = conclusion(PullAnswer::No);
    let ok = conclusion(PullAnswer::Ok);
    let anonymous = nobody(AnonymousReason::EntryEmpty);
    let other = Requester::User("other".into());
    let decides = |probes: &[(Requester, ProbeConclusion)]| {
        let chosen = decisive(probes, |(requester, conclusion)| (requester, conclusion));
        chosen.map(|(requester, _)| requester.clone())
    };
    let rejected = [
        (anonymous.clone(), no.clone()),
        (user(), no.clone()),
        (other.clone(), no.clone()),
    ];
    assert_eq!(decides(&rejected), Some(user()));
    let allowed = [(user(), no.clone()), (other.clone(), ok)];
    assert_eq!(decides(&allowed), Some(other));
    assert_eq!(decides(&[(anonymous.clone(), no)]), Some(anonymous));
    assert_eq!(decides(&[]), None);
}
