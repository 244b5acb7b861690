//! Registries that mean harm, or are broken: an error with the step it failed at, within the limits.

use std::{
    io::{self, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use pullscope::{
    domain::probe::{ProbeError, ProbeStage, StepResult, Tags, Unencrypted},
    registry::{PlainHttp, ProbeLimits, ProbeSettings, Prober},
};

use crate::peer::{Peer, failed, image_at, jane, limits, probe, probe_with, reply};

/// Pours until the other side has had enough.
fn pour(stream: &mut TcpStream, begin: &str, drop: &[u8]) -> io::Result<()> {
    stream.write_all(begin.as_bytes())?;
    loop {
        stream.write_all(drop)?;
    }
}

fn is_token(request: &str) -> bool {
    request.starts_with("GET /token")
}

/// A challenge for a token at this very server.
fn challenge(request: &str) -> String {
    let host = request.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.unwrap_or("nowhere");
    let header = format!(r#"WWW-Authenticate: Bearer realm="http://{host}/token",service="s""#);
    reply("401 Unauthorized", &[&header], "")
}

#[tokio::test]
async fn garbage() {
    for text in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\0\u{1}\u{2}\r\n\r\n",
        "HTTP/9.9 yes\r\n\r\n",
    ] {
        let peer = Peer::saying(move |_| text.to_owned());
        let (stage, failure) = failed(&probe(&peer, limits()).await);
        assert_eq!(stage, ProbeStage::Challenge, "{text:?}");
        assert!(
            matches!(failure, ProbeError::NotHttp(_)),
            "{text:?}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn nothing_at_all() {
    let peer = Peer::saying(|_| String::new());
    let found = failed(&probe(&peer, limits()).await);
    assert_eq!(found, (ProbeStage::Challenge, ProbeError::Reset));
}

/// It waits for the end of a line that the greeting of TLS need not have.
#[tokio::test]
async fn a_small_server_on_loopback_that_says_nothing_to_tls_is_asked_plainly() {
    let peer = Peer::saying(|_| reply("200 OK", &[], r#"{"schemaVersion":2}"#));
    let transcript = probe_with(&peer, limits(), PlainHttp::Loopback).await;
    let plain = Ok(StepResult::Unencrypted(Unencrypted::Loopback));
    assert_eq!(transcript.steps[2].outcome, plain, "{transcript:#?}");
    assert!(transcript.manifest().is_some(), "{transcript:#?}");
}

#[tokio::test]
async fn headers_without_end() {
    for drop in [&b"X-A: b\r\n"[..], b"aaaaaaaaaaaaaaaa"] {
        let peer = Peer::new(move |_, stream| pour(stream, "HTTP/1.1 200 OK\r\nX-B: ", drop));
        let found = failed(&probe(&peer, limits()).await);
        assert_eq!(found, (ProbeStage::Challenge, ProbeError::HeadTooLarge));
    }
}

#[tokio::test]
async fn a_body_of_100_megabytes() {
    let ProbeLimits { answer: limit, .. } = limits();
    let declared = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";
    let open = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    for begin in [declared, open] {
        let peer = Peer::new(move |_, stream| pour(stream, begin, &[b' '; 4096]));
        let found = failed(&probe(&peer, limits()).await);
        assert_eq!(
            found,
            (ProbeStage::Challenge, ProbeError::BodyTooLarge { limit })
        );
    }
}

#[tokio::test]
async fn redirects_without_end() {
    let peer = Peer::saying(|_| reply("307 Temporary Redirect", &["Location: /v2/again"], ""));
    let found = failed(&probe(&peer, limits()).await);
    assert_eq!(found, (ProbeStage::Challenge, ProbeError::TooManyRedirects));
    assert!(peer.asked().len() < 10);
}

#[tokio::test]
async fn redirects_to_nowhere() {
    for to in ["ftp://127.0.0.1/x", "::", "relative"] {
        let header = format!("Location: {to}");
        let peer = Peer::saying(move |_| reply("302 Found", &[&header], ""));
        let found = failed(&probe(&peer, limits()).await);
        assert_eq!(
            found,
            (
                ProbeStage::Challenge,
                ProbeError::BadRedirect { to: to.into() }
            )
        );
    }
}

#[tokio::test]
async fn a_slow_drip() {
    let step = Duration::from_millis(300);
    let limits = ProbeLimits { step, ..limits() };
    // The dripping is what is tested; the test itself ends by the limit.
    let peer = Peer::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-A: ")?;
        loop {
            stream.write_all(b"a")?;
            thread::sleep(Duration::from_millis(20));
        }
    });
    let found = failed(&probe(&peer, limits).await);
    assert_eq!(found, (ProbeStage::Challenge, ProbeError::Timeout(step)));
}

#[tokio::test]
async fn a_token_of_a_megabyte() {
    let ProbeLimits { answer: limit, .. } = limits();
    let peer = Peer::saying(|request| {
        if is_token(request) {
            let token = format!(r#"{{"token":"{}"}}"#, "a".repeat(1 << 20));
            reply("200 OK", &[], &token)
        } else {
            challenge(request)
        }
    });
    let found = failed(&probe(&peer, limits()).await);
    assert_eq!(
        found,
        (ProbeStage::Token, ProbeError::BodyTooLarge { limit })
    );
}

#[tokio::test]
async fn tokens_that_are_none() {
    for body in [
        "",
        "null",
        "<html>",
        r#"{"token":7}"#,
        r#"{"token":"a\r\nX: y"}"#,
    ] {
        let peer = Peer::saying(move |request| {
            if is_token(request) {
                reply("200 OK", &[], body)
            } else {
                challenge(request)
            }
        });
        let (stage, failure) = failed(&probe(&peer, limits()).await);
        assert_eq!(stage, ProbeStage::Token, "{body}");
        assert!(
            matches!(failure, ProbeError::Unreadable(_)),
            "{body}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn a_login_that_is_not_told() {
    for headers in [
        &[][..],
        &["WWW-Authenticate: Negotiate"],
        &["WWW-Authenticate: \"=,"],
    ] {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let peer = Peer::saying(move |_| {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            reply("401 Unauthorized", &headers, "")
        });
        let found = failed(&probe(&peer, limits()).await);
        assert_eq!(found, (ProbeStage::Challenge, ProbeError::NoChallenge));
    }
}

#[tokio::test]
async fn informational_answers_without_end() {
    let peer = Peer::new(|_, stream| pour(stream, "", b"HTTP/1.1 100 Continue\r\n\r\n"));
    let began = Instant::now();
    let found = failed(&probe(&peer, limits()).await);
    assert_eq!(
        found,
        (ProbeStage::Challenge, ProbeError::TooManyInformational)
    );
    assert!(began.elapsed() < limits().step, "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_informational_answer_before_the_answer_is_passed_over() {
    let peer = Peer::saying(|_| {
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        hints.to_owned() + &reply("200 OK", &[], r#"{"schemaVersion":2}"#)
    });
    let transcript = probe(&peer, limits()).await;
    assert!(transcript.manifest().is_some(), "{transcript:#?}");
}

/// Each answer is within the limit of a step; all credentials together have the time of one image.
#[tokio::test]
async fn one_image_has_one_time_limit_for_all_credentials() {
    let image = Duration::from_millis(500);
    let peer = Peer::new(|_, stream| {
        // The delay is what is tested; the test itself ends by the limit.
        thread::sleep(Duration::from_millis(200));
        stream.write_all(reply("401 Unauthorized", &["WWW-Authenticate: Basic"], "").as_bytes())
    });
    let settings = ProbeSettings {
        limits: ProbeLimits { image, ..limits() },
        plain_http: PlainHttp::Registry,
        ..ProbeSettings::default()
    };
    let prober = Prober::new(settings).unwrap();
    let reference = image_at(&peer);
    let mut session = prober.session(&reference);
    let began = Instant::now();
    let mut last = None;
    for _ in 0..6 {
        last = Some(session.probe(&jane()).await);
    }
    let (_, failure) = failed(&last.unwrap());
    assert_eq!(failure, ProbeError::DeadlineExceeded(image));
    assert!(began.elapsed() < 4 * image, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_challenge_after_every_login() {
    for header in [
        "WWW-Authenticate: Basic realm=r",
        "WWW-Authenticate: Bearer realm=\"http://HOST/token\"",
    ] {
        let peer = Peer::saying(move |request| {
            let host = request.lines().find_map(|line| line.strip_prefix("host: "));
            let header = header.replace("HOST", host.unwrap_or_default());
            if is_token(request) {
                reply("200 OK", &[], r#"{"token":"abcdefgh"}"#)
            } else {
                reply("401 Unauthorized", &[&header], "")
            }
        });
        let (_, failure) = failed(&probe(&peer, limits()).await);
        assert!(
            matches!(&failure, ProbeError::Refusal(refusal) if refusal.status == 401),
            "{failure:?}"
        );
        assert!(peer.asked().len() < 20, "{}", peer.asked().len());
    }
}

#[tokio::test]
async fn a_body_that_is_shorter_than_declared() {
    let peer = Peer::saying(|_| "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}".to_owned());
    let found = failed(&probe(&peer, limits()).await);
    assert_eq!(found, (ProbeStage::Challenge, ProbeError::Reset));
}

#[tokio::test]
async fn silence_after_the_head() {
    let step = Duration::from_millis(300);
    let peer = Peer::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")?;
        // Until the other side hangs up.
        io::copy(stream, &mut io::sink()).map(drop)
    });
    let found = failed(&probe(&peer, ProbeLimits { step, ..limits() }).await);
    assert_eq!(found, (ProbeStage::Challenge, ProbeError::Timeout(step)));
}

#[tokio::test]
async fn a_page_instead_of_a_manifest() {
    let peer = Peer::saying(|request| {
        if request.starts_with("GET /v2/ ") {
            reply("200 OK", &[], "")
        } else {
            reply(
                "200 OK",
                &["Content-Type: text/html"],
                "<html>sign in</html>",
            )
        }
    });
    let (stage, failure) = failed(&probe(&peer, limits()).await);
    assert_eq!(stage, ProbeStage::Manifest);
    assert!(matches!(failure, ProbeError::Unreadable(_)), "{failure:?}");
}

#[tokio::test]
async fn tags_without_end() {
    let peer = Peer::new(|request, stream| {
        if request.starts_with("GET /v2/ ") {
            stream.write_all(reply("200 OK", &[], "").as_bytes())
        } else if request.contains("/tags/list") {
            pour(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"tags\":[\"1\"",
                b",\"1\"",
            )
        } else {
            stream.write_all(reply("404 Not Found", &[], "").as_bytes())
        }
    });
    let transcript = probe(&peer, limits()).await;
    assert_eq!(transcript.tags, Some(Tags::Unknown));
}
