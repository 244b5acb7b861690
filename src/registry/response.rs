//! Parses responses of registries: errors, manifests, tag lists.

use std::time::Duration;

use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
};
use serde::Deserialize;

use super::http_client::HttpResponse;
use crate::domain::{
    probe::{ImageManifest, Platform, ProbeError, Refusal, Repositories, Tags},
    sanitize::sanitize,
};

/// Maximum number of error codes kept per response.
const CODES: usize = 4;

/// Bodies of errors: the distribution specification's, and those of token servers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    errors: Vec<OneError>,
    /// OAuth 2 (RFC 6749 §5.2).
    error_description: Option<String>,
    /// Docker Hub's token server.
    details: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OneError {
    code: Option<String>,
    message: Option<String>,
}

/// Error for an HTML page: it comes from something in between (proxy, portal, firewall) and says nothing about the
/// repository.
///
/// A registry answers in JSON (distribution specification, *Error codes*). A 401 is judged by its challenge, and an
/// overloaded or broken registry may send a page.
pub(super) fn not_a_registry(reply: &HttpResponse) -> Option<ProbeError> {
    let status = reply.status.as_u16();
    let is_page = header(&reply.headers, CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    (is_page && matches!(status, 400 | 403 | 404 | 451)).then(|| {
        ProbeError::Unreadable(format!(
            "a web page (HTTP {status}) instead of a registry response"
        ))
    })
}

/// Reads the error of a failed response.
pub(super) fn refusal(reply: &HttpResponse) -> Refusal {
    let told: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    let codes = told.errors.iter().filter_map(|error| error.code.as_deref());
    let first = told
        .errors
        .iter()
        .find_map(|error| error.message.as_deref());
    let message = first
        .or(told.details.as_deref())
        .or(told.error_description.as_deref())
        .or(told.message.as_deref());
    Refusal {
        status: reply.status.as_u16(),
        codes: codes.take(CODES).map(sanitize).collect(),
        message: message.map(sanitize).filter(|text| !text.is_empty()),
        retry_after: header(&reply.headers, RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
    }
}

/// Whether a TLS server rejects plain HTTP, in plain HTTP (Go's `net/http`, nginx).
pub(super) fn is_tls_required(reply: &HttpResponse) -> bool {
    let body = String::from_utf8_lossy(&reply.body);
    ["to an HTTPS server", "sent to HTTPS port"]
        .iter()
        .any(|sign| body.contains(sign))
}

/// Reads a manifest's properties from the response headers.
pub(super) fn manifest(reply: &HttpResponse) -> ImageManifest {
    let text = |name: &str| header(&reply.headers, name).map(|value| sanitize(&value));
    let media_type = text(CONTENT_TYPE.as_str()).unwrap_or_default();
    ImageManifest {
        media_type: media_type.split(';').next().unwrap_or_default().to_owned(),
        digest: text("docker-content-digest").filter(|digest| digest.contains(':')),
        size: text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()),
        platforms: Vec::new(),
        pulls_left: text("ratelimit-remaining"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Index {
    /// Every manifest has it, of whatever format.
    #[serde(rename = "schemaVersion")]
    schema_version: Option<u32>,
    manifests: Vec<Descriptor>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Descriptor {
    platform: Option<WirePlatform>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WirePlatform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// Digest of the configuration of a single image; `None` for an index.
pub(super) fn configuration(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Image {
        config: Blob,
    }
    #[derive(Deserialize)]
    struct Blob {
        digest: String,
    }
    let image: Image = serde_json::from_slice(body).ok()?;
    let digest = image.config.digest;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":+._-".contains(letter);
    (digest.contains(':') && digest.chars().all(is_plain)).then_some(digest)
}

/// Platform in the configuration of an image.
pub(super) fn platform(body: &[u8]) -> Option<Platform> {
    let wire: WirePlatform = serde_json::from_slice(body).ok()?;
    wire.read()
}

/// The platforms of an index, without attestations (`unknown/unknown`); empty for a single image.
pub(super) fn platforms(body: &[u8]) -> Result<Vec<Platform>, ProbeError> {
    let index: Index = serde_json::from_slice(body)
        // serde quotes what it found, which may be megabytes.
        .map_err(|error| ProbeError::Unreadable(sanitize(&format!("not a manifest: {error}"))))?;
    if index.schema_version.is_none() {
        return Err(ProbeError::Unreadable(
            "not a manifest: no schemaVersion".to_owned(),
        ));
    }
    let platforms = index.manifests.into_iter().filter_map(|one| one.platform);
    Ok(platforms
        .filter(|platform| platform.os != "unknown")
        .filter_map(WirePlatform::read)
        .collect())
}

impl WirePlatform {
    /// `None` where it does not say both what the specification asks for.
    fn read(self) -> Option<Platform> {
        let told = !self.os.is_empty() && !self.architecture.is_empty();
        told.then(|| Platform {
            os: sanitize(&self.os),
            architecture: sanitize(&self.architecture),
            variant: self
                .variant
                .filter(|variant| !variant.is_empty())
                .map(|variant| sanitize(&variant)),
        })
    }
}

#[derive(Deserialize)]
struct TagList {
    /// `null` for a repository whose tags were all deleted (distribution 2.8).
    tags: Option<Vec<String>>,
}

pub(super) fn tags(reply: &HttpResponse) -> Tags {
    if reply.status.is_success() {
        let list: Result<TagList, _> = serde_json::from_slice(&reply.body);
        return list.map_or(Tags::Unknown, |list| {
            let tags = list.tags.unwrap_or_default();
            Tags::Listed(tags.iter().map(|tag| sanitize(tag)).collect())
        });
    }
    let told: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    let no_name = |error: &OneError| error.code.as_deref() == Some("NAME_UNKNOWN");
    if reply.status.as_u16() == 404 && told.errors.iter().any(no_name) {
        Tags::NoRepository
    } else {
        Tags::Unknown
    }
}

#[derive(Deserialize)]
struct Catalogue {
    repositories: Vec<String>,
}

pub(super) fn repositories(reply: &HttpResponse) -> Repositories {
    let catalogue = reply.status.is_success().then_some(&reply.body);
    let names = catalogue.and_then(|body| serde_json::from_slice::<Catalogue>(body).ok());
    names.map_or(Repositories::Unknown, |catalogue| {
        let names = catalogue.repositories.iter();
        Repositories::Listed(names.map(|name| sanitize(name)).collect())
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
        HttpResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.as_bytes().to_vec().into(),
        }
    }

    #[test]
    fn errors_of_all_kinds_of_servers_are_read() {
        for (body, codes, message) in [
            (
                r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#,
                &["NAME_UNKNOWN"][..],
                Some("repository name not known to registry"),
            ),
            (
                r#"{"details":"incorrect username or password"}"#,
                &[],
                Some("incorrect username or password"),
            ),
            (
                r#"{"error":"x","error_description":"gone"}"#,
                &[],
                Some("gone"),
            ),
            ("<html>", &[], None),
            (r#"{"errors":null}"#, &[], None),
            ("", &[], None),
        ] {
            let found = refusal(&reply(401, &[("retry-after", "30")], body));
            assert_eq!(found.codes, codes, "{body}");
            assert_eq!(found.message.as_deref(), message, "{body}");
            assert_eq!(found.retry_after, Some(Duration::from_secs(30)));
        }
    }

    #[test]
    fn an_index_tells_its_platforms() {
        let head = reply(
            200,
            &[
                (
                    "content-type",
                    "application/vnd.oci.image.index.v1+json; charset=utf-8",
                ),
                ("docker-content-digest", "sha256:ab"),
                ("content-length", "7"),
                ("ratelimit-remaining", "76;w=21600"),
            ],
            "",
        );
        let found = manifest(&head);
        assert!(found.is_index());
        assert_eq!(found.digest.as_deref(), Some("sha256:ab"));
        assert_eq!(found.size, Some(7));
        assert_eq!(found.pulls_left.as_deref(), Some("76;w=21600"));
        let body =
            br#"{"schemaVersion":2,"manifests":[{"platform":{"os":"linux","architecture":"arm","variant":"v7"}},
            {"platform":{"os":"unknown","architecture":"unknown"}},
            {"platform":{"os":"linux"}},{}]}"#;
        assert_eq!(
            platforms(body),
            Ok(vec![Platform::parse("linux/arm/v7").unwrap()])
        );
        for other in [&b"<html>"[..], b"{}", br#"{"manifests":[]}"#] {
            assert!(platforms(other).is_err());
        }
        let long = format!(r#"{{"manifests":"{}"}}"#, "x".repeat(100_000));
        let Err(ProbeError::Unreadable(why)) = platforms(long.as_bytes()) else {
            panic!("it is no index");
        };
        assert!(why.len() < 1000, "{}", why.len());
    }

    #[test]
    fn the_list_of_tags_is_read() {
        let listed =
            |tags: &[&str]| Tags::Listed(tags.iter().map(|tag| (*tag).to_owned()).collect());
        let unknown = r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#;
        for (status, body, expected) in [
            (200, r#"{"name":"a","tags":["1","2"]}"#, listed(&["1", "2"])),
            (200, r#"{"name":"a","tags":null}"#, listed(&[])),
            (200, "garbage", Tags::Unknown),
            (404, unknown, Tags::NoRepository),
            (404, "", Tags::Unknown),
            (401, unknown, Tags::Unknown),
        ] {
            assert_eq!(tags(&reply(status, &[], body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_catalogue_is_read() {
        for (status, body, expected) in [
            (
                200,
                r#"{"repositories":["a/b","c"]}"#,
                Repositories::Listed(vec!["a/b".to_owned(), "c".to_owned()]),
            ),
            (200, "garbage", Repositories::Unknown),
            (401, r#"{"repositories":["a"]}"#, Repositories::Unknown),
        ] {
            assert_eq!(repositories(&reply(status, &[], body)), expected, "{body}");
        }
    }
}
