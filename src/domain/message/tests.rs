//! Properties of the parser that hold for every message: a rule cannot be tuned to them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    CauseSet, ParsedMessage, mask,
    phrases::{self, rows},
};
use crate::domain::diagnostics::{
    Cause, ErrorDetail,
    classify::{Confidence, classify},
};

const MESSAGES: &str = include_str!("../../../tests/messages.txt");

/// Messages of our own, each with the causes it can have.
fn messages() -> impl Iterator<Item = (BTreeSet<Cause>, String)> {
    let rows = MESSAGES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let (causes, message) = row.split_once('\t').unwrap();
        let causes = causes.split('|').map(|slug| Cause::parse(slug).unwrap());
        (causes.collect(), message.replace("\\n", "\n"))
    })
}

fn possible(message: &str) -> CauseSet {
    ParsedMessage::parse(message).possible()
}

/// Frames of all runtimes around a name, with the kind of error that they are for every name.
const FRAMES: &[&str] = &[
    "Failed to pull image \"NAME\": failed to pull and unpack image \"NAME\": failed to resolve reference \"NAME\": NAME: not found",
    "Back-off pulling image \"NAME\"",
    "Back-off pulling image \"NAME\": ErrImagePull: rpc error: code = Unknown desc = failed to resolve image: NAME: not found",
    "Error response from daemon: manifest for NAME not found: manifest unknown: manifest unknown",
    "Error response from daemon: pull access denied for NAME, repository does not exist or may require 'docker login'",
    "initializing source docker://NAME: reading manifest 1 in NAME: manifest unknown",
    "pull image err: initializing source docker://NAME: (Mirrors also failed: [mirror.example/NAME: reading manifest 1 in mirror.example/NAME: denied]): NAME: reading manifest 1 in NAME: manifest unknown; artifact err: get manifest: reading manifest 1 in NAME: manifest unknown",
    "failed to resolve reference \"NAME\": failed to do request: Head \"https://r.example/v2/NAME/manifests/1\": dial tcp 10.0.0.1:443: i/o timeout",
    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token?scope=repository%3ANAME%3Apull: 401 Unauthorized",
    "Container image \"NAME\" is not present with pull policy of Never",
    "failed to \"StartContainer\" for \"web\" with ImagePullBackOff: \"Back-off pulling image \\\"NAME\\\": ErrImagePull: rpc error: code = NotFound desc = NAME: not found\"",
    "reading manifest 1 in NAME: toomanyrequests: Rate exceeded",
    "unknown: artifact NAME:1 not found",
    "pulling image NAME failed: manifest unknown",
];

/// A path that is made of the words of a phrase, as a repository may be called.
fn path_of(phrase: &str) -> String {
    let words = phrase.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

fn named(frame: &str, name: &str) -> CauseSet {
    possible(&frame.replace("NAME", name))
}

#[test]
fn no_phrase_says_anything_as_the_name_of_an_image() {
    for frame in FRAMES {
        let plain = named(frame, "acme/web");
        let of_host = named(frame, "plain.example:5000/acme/web");
        for (phrase, texts) in rows() {
            for text in *texts {
                let name = format!("acme/{}", path_of(text));
                assert_eq!(named(frame, &name), plain, "{phrase:?} {name} in {frame}");
                let nested = format!("{}/web", path_of(text));
                assert_eq!(
                    named(frame, &nested),
                    plain,
                    "{phrase:?} {nested} in {frame}"
                );
                let hosted = format!("{}.example:5000/acme/web", path_of(text));
                assert_eq!(
                    named(frame, &hosted),
                    of_host,
                    "{phrase:?} {hosted} in {frame}"
                );
            }
        }
    }
}

#[test]
fn quoting_and_escaping_change_nothing() {
    for (_, message) in messages() {
        let plain = possible(&message);
        let mut quoted = message.clone();
        for depth in 1..=4 {
            quoted = serde_json::to_string(&quoted).unwrap();
            let found = possible(&format!("level=error msg={quoted}"));
            assert_eq!(found, plain, "{depth} times quoted: {quoted}");
        }
    }
}

#[test]
fn no_part_of_a_message_is_certain_of_something_else() {
    let mut wrong = BTreeSet::new();
    for (mut accepted, message) in messages() {
        let whole = classify(&message);
        accepted.extend(whole.candidates().chain(whole.underlying));
        // The frame alone does not say why, and that is certain.
        accepted.insert(Cause::CauseNotStated);
        for (at, _) in message.char_indices() {
            let (front, back) = message.split_at(at);
            // Cut at both ends, too, as a log that is quoted.
            let ends = [60, 160].map(|length| back.ceil_char_boundary(length));
            let [short, long] = ends.map(|end| back.get(..end).unwrap_or_default());
            for part in [front, back, short, long] {
                let found = classify(part);
                let is_right = found.cause.is_none_or(|cause| accepted.contains(&cause));
                if !is_right && found.confidence == Confidence::Certain {
                    wrong.insert(format!("{:?}: {part}", found.cause));
                }
            }
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Texts that were misread once, in our own words.
#[test]
fn what_stands_around_a_core_never_overrules_it() {
    for (message, cause) in [
        // The token server has not got what is asked: no missing tag.
        (
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token?scope=x: 404 Not Found",
            Cause::RegistryBadResponse,
        ),
        // A connection that ends at the first request: no broken layer.
        (
            "failed to do request: Head \"https://r.example/v2/a/manifests/1\": unexpected EOF",
            Cause::RegistryUnreachableReset,
        ),
        // A store of blobs refuses: no bad password.
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://b.s3.amazonaws.com/x?X-Amz-Signature=y: 403 Forbidden",
            Cause::ForbiddenByPolicy,
        ),
        // A page is no manifest.
        (
            "get image config descriptor: unexpected media type text/html for sha256:00: not found",
            Cause::RegistryBadResponse,
        ),
        (
            "children: invalid desc sha256:00: media-type: expected index but found manifest (application/vnd.oci.image.index.v1+json)",
            Cause::ManifestUnsupported,
        ),
        // dockerd's API frames the registry's answer with a 500.
        (
            "API error (500): Get https://r.example:5000/v2/a/manifests/1: no basic auth credentials",
            Cause::NoCredentialsSent,
        ),
        // Two lines are no sentence: there is no `unknown error`.
        (
            "reading manifest 1 in quay.io/a/b: name unknown\n * Error initializing source docker://quay.io/a/b:1",
            Cause::RepositoryMissingOrNoAccess,
        ),
        (
            "initializing source docker://a/b:1: (Mirrors also failed: [m.example/a/b:1: reading manifest 1 in m.example/a/b: toomanyrequests]): docker.io/a/b:1: reading manifest 1 in docker.io/a/b: manifest unknown",
            Cause::ImageNotFound,
        ),
        // Not the pull.
        (
            "Error: INSTALLATION FAILED: context deadline exceeded",
            Cause::NotAPullFailure,
        ),
        (
            "error retrieving resource lock: Get \"https://10.96.0.1:443/apis/coordination.k8s.io/v1/leases/x\": dial tcp 10.96.0.1:443: i/o timeout",
            Cause::NotAPullFailure,
        ),
        (
            "ImageVolumeMountFailed: failed to mount image volume component: no such file",
            Cause::NotAPullFailure,
        ),
        (
            "sub path \"x\" does not exist in OCI artifact volume",
            Cause::NotAPullFailure,
        ),
        (
            "Created pod: odd-gitlab-forbidden-76cb79c446-78q92",
            Cause::NotAPullFailure,
        ),
        (
            "psql: error: connection to server at \"10.0.0.9\", port 5432 failed: Connection refused",
            Cause::NotAPullFailure,
        ),
        (
            "Error: connect ECONNREFUSED 10.0.0.9:6379",
            Cause::CauseNotStated,
        ),
        (
            "npm ERR! code E401 Unable to authenticate, your authentication token seems to be invalid",
            Cause::NotAPullFailure,
        ),
        (
            "fatal: repository 'https://git.example/a.git/' not found",
            Cause::NotAPullFailure,
        ),
        (
            "curl: (6) Could not resolve host: r.example",
            Cause::NotAPullFailure,
        ),
        // Policies.
        (
            "image verifier bindir blocked pull of r.example/a:1 with digest sha256:00 for reason: too old",
            Cause::SignaturePolicy,
        ),
        (
            "ValidatingAdmissionPolicy 'allowed-registries' with binding 'b' denied request: images of r.example are not allowed here",
            Cause::SignaturePolicy,
        ),
        (
            "Head \"https://gcr.io/v2/a/manifests/1\": unknown: Container Registry is deprecated and shutting down",
            Cause::ForbiddenByPolicy,
        ),
        (
            "denied: Container Registry is deprecated and shutting down",
            Cause::ForbiddenByPolicy,
        ),
    ] {
        let found = possible(message).causes.first().copied();
        // Of what is not known at all, the cause is not stated either.
        assert_eq!(found.unwrap_or(Cause::CauseNotStated), cause, "{message}");
    }
}

#[test]
fn a_link_to_help_is_no_host_and_a_mirror_is_told_from_the_registry() {
    let limited = classify(
        "toomanyrequests: You have reached your pull rate limit. https://www.docker.com/increase-rate-limit",
    );
    assert_eq!((limited.host, limited.registry), (None, None));

    let mirrored = classify(
        "failed to resolve reference \"mirrored.lab:5000/a:1\": unexpected status from HEAD request to http://localhost:5005/v2/a/manifests/1?ns=mirrored.lab%3A5000: 503 Service Unavailable",
    );
    assert_eq!(mirrored.cause, Some(Cause::Registry5xx));
    assert_eq!(mirrored.confidence, Confidence::Likely);
    assert_eq!(mirrored.mirror.as_deref(), Some("localhost:5005"));
    assert_eq!(mirrored.registry.as_deref(), Some("mirrored.lab:5000"));

    let own = classify(
        "failed to resolve reference \"docker.io/a/b:1\": pulling from host registry-1.docker.io failed with status code [manifests 1]: 403 Forbidden",
    );
    assert_eq!(own.mirror, None);
}

#[test]
fn a_policy_of_never_is_not_certain_of_an_image_that_is_missing() {
    let found = classify("Container image \"acme/web:1\" is not present with pull policy of Never");
    assert_eq!(found.cause, Some(Cause::NeverPullAbsent));
    assert_eq!(found.confidence, Confidence::Likely);
}

#[test]
fn names_leave_no_word_behind() {
    for (text, words) in [
        (
            "Failed to pull image \"acme/rate-limit:1\": x",
            " failed to pull image IMAGE x ",
        ),
        (
            "image \"<registry>.azurecr.io/a/<name>:v1\" x",
            " image IMAGE x ",
        ),
        (
            "Head \"https://r.example/v2/denied/manifests/1\": EOF",
            " head URL eof ",
        ),
        (
            "dial tcp: lookup denied.example on 10.0.0.2:53: no such host",
            " dial tcp lookup HOST on ADDR no such host ",
        ),
        (
            "read tcp 10.0.0.7:52182->192.0.2.2:443: read",
            " read tcp ADDR ADDR read ",
        ),
        (
            "reading manifest forbidden in quay.io/acme/web: x",
            " reading manifest TAG in IMAGE x ",
        ),
        (
            "status code [manifests denied]: 403",
            " status code manifests TAG 403 ",
        ),
        (
            "Created pod: odd-forbidden-76cb79c446-78q92",
            " created pod NAME ",
        ),
        (
            "unknown: project denied not found",
            " unknown project NAME not found ",
        ),
        (
            "image \"nginx:1\": nginx:1: not found",
            " image IMAGE IMAGE not found ",
        ),
        (
            "failed to pull image: no space left on device",
            " failed to pull image no space left on device ",
        ),
        (
            "invalid character '<' looking",
            " invalid character MARKUP looking ",
        ),
        (
            r#"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}"#,
            " errors code denied message no ",
        ),
        ("a\\nb\\u003cc", " a b c "),
    ] {
        assert_eq!(mask::mask(text).words, words, "{text}");
    }
}

proptest! {
    #[test]
    fn any_name_in_any_frame_is_only_a_name(
        frame in prop::sample::select(FRAMES),
        path in "acme(/[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,3}){1,2}",
    ) {
        prop_assert_eq!(named(frame, &path), named(frame, "acme/web"));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,400}") {
        let _ = classify(&text);
    }

    #[test]
    fn anything_around_the_marks_of_names_is_read(
        parts in prop::collection::vec(prop::sample::select(vec![
            "\"", "\\\"", "'", "image ", "https://", "[::1]", "<a>.", "${A}", "sha256:", "(Mirrors also failed: [", "])",
            "pull image err ", "artifact err", ":", "@", "/", "\\u00", "\\", "é", "x", "403 ", "\u{201c}", "-", ".", "%",
        ]), 0..60),
    ) {
        let _ = classify(&parts.concat());
    }

    #[test]
    fn bytes_that_are_no_text_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = classify(&String::from_utf8_lossy(&bytes));
    }
}

/// Nothing that is known stands in them.
#[test]
fn what_is_no_message_is_honestly_unknown() {
    for text in [
        "",
        "\"",
        "[]",
        "\\\\\\\"",
        "{\"a\":[{\"b\":null}]}",
        "\u{0}\u{1b}[31m",
        "ÿþ",
    ] {
        let found = classify(&text.repeat(1000));
        assert_eq!(found.cause, None, "{text:?}");
        assert_eq!(found.confidence, Confidence::Possible, "{text:?}");
    }
}

/// The image, the host and the detail that are read beside the cause.
#[test]
fn what_stands_around_an_error_is_read_where_it_stands() {
    for message in [
        "failed to generate manifest for source 1 of 1: x",
        "error pulling image configuration: download failed after attempts=6: toomanyrequests: You have reached your pull rate limit.",
    ] {
        assert_eq!(classify(message).image, None, "{message}");
    }
    let limited = classify("error pulling image configuration: toomanyrequests: x");
    assert_eq!(limited.cause, Some(Cause::RateLimited));
    for (message, host) in [
        (
            "Failed to pull image \"nginx\": failed to authorize: failed to fetch anonymous token: Get \"https://auth.docker.io/token?scope=x\": dial tcp: lookup auth.docker.io on 10.0.0.2:53: no such host",
            Some("auth.docker.io"),
        ),
        (
            "Failed to pull image \"nginx\": failed to copy: dial tcp: lookup production.cloudflare.docker.com: no such host",
            Some("production.cloudflare.docker.com"),
        ),
        (
            "dial tcp: lookup auth.docker.io on 10.0.0.2:53: no such host",
            Some("auth.docker.io"),
        ),
        (
            "Failed to pull image \"nginx\": dial tcp: lookup registry-1.docker.io: no such host",
            None,
        ),
        (
            "Failed to pull image \"r.example:5000/a\": dial tcp: lookup r.example: no such host",
            None,
        ),
    ] {
        let found = classify(message);
        assert_eq!(
            found.cause,
            Some(Cause::RegistryUnreachableDns),
            "{message}"
        );
        let expected = host.map(|host| ErrorDetail::UnresolvedHost(host.to_owned()));
        assert_eq!(found.fault, expected, "{message}");
    }
    let store = classify(
        "Failed to pull image \"nginx\": failed to copy: open /var/lib/containerd/ingest/1/data: read-only file system",
    );
    assert_eq!(store.cause, Some(Cause::LocalStoreError));
    assert_eq!(store.fault, Some(ErrorDetail::ReadOnlyRoot));
}

/// What a registry says of logins, permissions and repositories.
const REFUSED: &[Cause] = &[
    Cause::Unauthorized,
    Cause::NoCredentialsSent,
    Cause::TokenExpired,
    Cause::ForbiddenByPolicy,
    Cause::RepositoryMissingOrNoAccess,
];

fn is_refused(message: &str) -> bool {
    let possible = possible(message);
    possible.causes.iter().any(|cause| REFUSED.contains(cause))
}

proptest! {
    /// The operating system refuses in the words of registries.
    #[test]
    fn a_local_file_that_may_not_be_accessed_is_no_refusal_of_a_registry(
        path in "(/[a-z][a-z0-9._-]{0,12}){1,5}",
        operation in prop::sample::select(vec!["open", "stat", "mkdir", "unlinkat", "fork/exec", "lsetxattr", "failed to load"]),
        errno in prop::sample::select(vec!["permission denied", "operation not permitted"]),
        frame in prop::sample::select(vec![
            "",
            "failed to resolve reference \"r.example/a:1\": ",
            "failed to copy: httpReadSeeker: failed open: ",
            "creating image: reading JSON file \"/x\": ",
            "failed to authorize: failed to fetch oauth token: ",
        ]),
        end in prop::sample::select(vec!["", ": unknown"]),
    ) {
        let message = format!("Failed to pull image \"r.example/a:1\": {frame}{operation} {path}: {errno}{end}");
        prop_assert!(!is_refused(&message), "{}: {:?}", message, possible(&message));
    }
}

/// Answers of proxies and portals in a registry's place.
const PAGES: &[&str] = &[
    "Failed to pull image \"r.example/a:1\": unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 403 Forbidden: <html><body>PAGE</body></html>",
    "Failed to pull image \"r.example/a:1\": error parsing HTTP 200 response body: invalid character '<' looking for beginning of value: \"<!DOCTYPE html><html><title>PAGE</title></html>\"",
    "Failed to pull image \"r.example/a:1\": failed to fetch anonymous token: unexpected status: 302 Found: <a href=\"http://portal.example/\">PAGE</a>",
    "initializing source docker://r.example/a:1: reading manifest 1 in r.example/a: StatusCode: 503, \"<html><body>PAGE</body></...\"",
    "Failed to pull image \"r.example/a:1\": failed to decode: \\u003chtml\\u003e PAGE \\u003c/html\\u003e",
];

#[test]
fn the_words_of_a_web_page_are_not_those_of_a_registry() {
    for page in PAGES {
        let plain = possible(&page.replace("PAGE", "hello"));
        for (phrase, texts) in rows() {
            if phrases::OF_PAGES.contains(phrase) {
                continue;
            }
            for text in *texts {
                // A phrase of a proxy can be a part of another one's.
                let found = possible(&page.replace("PAGE", text));
                let is_proxy = found.causes.first() == Some(&Cause::RegistryUnreachableProxy);
                assert!(
                    found == plain || is_proxy,
                    "{phrase:?} {text} in {page}: {found:?} instead of {plain:?}"
                );
            }
        }
    }
}

#[test]
fn no_word_of_an_error_of_tls_is_a_registrys() {
    for (phrase, texts) in rows() {
        for text in *texts {
            let plain = format!("Failed to pull image \"r.example/a:1\": {text}");
            if !is_refused(&plain) {
                continue;
            }
            for package in ["x509", "tls"] {
                let told = format!(
                    "Failed to pull image \"r.example/a:1\": Head \"https://r.example/v2/a/manifests/1\": {package}: {text}"
                );
                assert!(
                    !is_refused(&told),
                    "{phrase:?}: {told}: {:?}",
                    possible(&told)
                );
            }
        }
    }
}

#[test]
fn an_image_that_is_called_like_a_package_of_go_is_only_a_name() {
    for name in [
        "r.example/x509:x509",
        "tls:tls",
        "r.example/a:tls",
        "x509/tls:1",
    ] {
        let found = possible(&format!(
            "Failed to pull image \"{name}\": {name}: not found"
        ));
        assert_eq!(found.causes.first(), Some(&Cause::ImageNotFound), "{name}");
    }
}

#[test]
fn an_error_that_is_not_known_is_not_certain_to_state_no_cause() {
    let confidence = |text: &str| classify(text).confidence;
    for text in [
        "Failed to pull image \"r.example/a:1\": failed to pull and unpack image \"r.example/a:1\": partial pull: invalid metadata of chunks",
        "Failed to pull image \"r.example/a:1\": failed to resolve reference \"r.example/a:1\": r.example/a:1: not fo",
    ] {
        assert_eq!(classify(text).cause, Some(Cause::CauseNotStated), "{text}");
        assert_eq!(confidence(text), Confidence::Likely, "{text}");
    }
    for text in [
        "Back-off pulling image \"r.example/a:1\"",
        "Error: ImagePullBackOff",
        "Failed to pull image \"r.example/a:1\": rpc error: code = Unknown desc = ",
    ] {
        assert_eq!(confidence(text), Confidence::Certain, "{text}");
    }
}

#[test]
fn quotation_marks_of_html_are_no_part_of_a_name() {
    let found = classify("Failed to pull image &quot;r.example/a:1&quot;: 403 Forbidden");
    assert_eq!(found.image.as_deref(), Some("r.example/a:1"));
}
