//! Single requests to the API server: the response body, or the [`ApiError`].
//!
//! kube's typed calls are not used for reading: `Client::request` copies the body and writes it to the
//! log when it does not parse, and a body may be a list of Secrets. Here the bytes stay in one buffer,
//! which is wiped.

use std::time::Duration;

use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, buffer::ZeroizingBuffer, decode, paths};
use crate::domain::sanitize::sanitize;

/// Maximum number of bytes read of an error's body.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// Maximum size of a response: a page holds 500 objects, and etcd none above 1.5 MiB.
const ANSWER_LIMIT: usize = 768 * 1024 * 1024;

/// Limit of `Retry-After`, as somebody waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Media type of a body that is no patch.
pub(super) const JSON: &str = "application/json";

/// A `GET` request for a path.
pub(super) fn get_request(path: &str) -> Result<Request<ZeroizingBuffer>, ApiError> {
    checked_path(Request::get(path).body(ZeroizingBuffer::default())?)
}

/// Returns the request, or 404 if its path cannot be that of an object.
pub(super) fn checked_path<B>(request: Request<B>) -> Result<Request<B>, ApiError> {
    let path = request.uri().path_and_query();
    if path.is_some_and(|path| !paths::is_plain(path)) {
        return Err(ApiError::NotFound("not a valid object name".to_owned()));
    }
    Ok(request)
}

/// A request with a body.
pub(super) fn write_request(
    method: Method,
    path: &str,
    media_type: &str,
    body: &impl Serialize,
) -> Result<Request<ZeroizingBuffer>, ApiError> {
    let mut bytes = ZeroizingBuffer::default();
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| ApiError::Transport(error.to_string()))?;
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::CONTENT_TYPE, media_type);
    checked_path(request.body(bytes)?)
}

/// Sends a request and returns the successful response; its body is still arriving.
pub(super) async fn send(
    client: &Client,
    request: Request<ZeroizingBuffer>,
) -> Result<Body, ApiError> {
    let request = request.map(|body| Body::from(body.into_bytes()));
    let response = client.send(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.into_body());
    }
    let after = retry_after(response.headers());
    let refusal = status_body(response.into_body()).await;
    let message = refusal.message;
    let message = message.unwrap_or_else(|| status.canonical_reason().unwrap_or("").to_owned());
    Err(match (status.as_u16(), after) {
        (code @ (429 | 503), Some(after)) => ApiError::RetryAfter {
            code,
            message,
            after,
        },
        (code, _) => ApiError::from_reason(code, refusal.reason.as_deref(), message),
    })
}

/// Reads `Retry-After`. The API server names whole seconds; a date, which HTTP has too, is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// Sends a request and reads the whole body within the time limit.
pub(super) async fn read_body(
    client: &Client,
    request: Request<ZeroizingBuffer>,
    limit: Duration,
) -> Result<ZeroizingBuffer, ApiError> {
    read_body_with_hint(client, request, limit, 0).await
}

/// Like `read_body`, with the expected length.
pub(super) async fn read_body_with_hint(
    client: &Client,
    request: Request<ZeroizingBuffer>,
    limit: Duration,
    about: usize,
) -> Result<ZeroizingBuffer, ApiError> {
    let reading = async {
        let body = send(client, request).await?;
        read_limited(body, about, ANSWER_LIMIT).await
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(ApiError::Timeout(limit)))
}

/// The whole answer within the time limit, unless it has more than `most` bytes.
pub(super) async fn read_body_up_to(
    client: &Client,
    request: Request<ZeroizingBuffer>,
    limit: Duration,
    most: usize,
) -> Result<ZeroizingBuffer, ApiError> {
    let reading = async {
        let body = send(client, request).await?;
        read_limited(body, 0, most).await
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(ApiError::Timeout(limit)))
}

/// A whole body, unless it is larger than `most`.
async fn read_limited(
    mut body: Body,
    about: usize,
    most: usize,
) -> Result<ZeroizingBuffer, ApiError> {
    let mut bytes = ZeroizingBuffer::with_capacity(about);
    while let Some(chunk) = chunk(&mut body).await? {
        if bytes.len() + chunk.len() > most {
            let most = most / (1024 * 1024);
            return Err(ApiError::Decode(format!("too large: more than {most} MiB")));
        }
        bytes.extend(&chunk);
    }
    Ok(bytes)
}

/// Reads the next chunk of a body; `None` at its end.
pub(super) async fn chunk(body: &mut Body) -> Result<Option<bytes::Bytes>, ApiError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(ApiError::from(error)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Sends a `GET` request and parses the JSON response.
pub(super) async fn get<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    limit: Duration,
) -> Result<T, ApiError> {
    parse(&read_body(client, get_request(path)?, limit).await?)
}

/// Sends a `POST` request, such as a review, and parses the JSON response.
pub(super) async fn post<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    body: &impl Serialize,
    limit: Duration,
) -> Result<T, ApiError> {
    let request = write_request(Method::POST, path, JSON, body)?;
    parse(&read_body(client, request, limit).await?)
}

/// Parses a JSON response.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::from_decode(&error))
}

/// The parts of an error's `Status` body that are used.
struct StatusBody {
    message: Option<String>,
    /// `reason` of a `Status`, a word for programs; `None` where something else has answered, or in
    /// protobuf.
    reason: Option<String>,
}

async fn status_body(mut body: Body) -> StatusBody {
    #[derive(serde::Deserialize)]
    struct Status {
        message: String,
        reason: Option<String>,
    }
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = chunk(&mut body).await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ERROR_BODY_LIMIT {
            break;
        }
    }
    if let Some(message) = decode::status(&bytes) {
        return StatusBody {
            message: Some(sanitize(&message)),
            reason: None,
        };
    }
    if let Ok(status) = serde_json::from_slice::<Status>(&bytes) {
        return StatusBody {
            message: Some(sanitize(&status.message)),
            reason: status.reason,
        };
    }
    // A load balancer or proxy answers in its own words.
    let text = String::from_utf8_lossy(&bytes);
    StatusBody {
        message: text.lines().map(sanitize).find(|line| !line.is_empty()),
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_end_is_given_up() {
        let body = || Body::from(vec![b' '; 3 * 1024 * 1024]);
        let whole = read_limited(body(), 0, 3 * 1024 * 1024).await;
        assert_eq!(whole.ok().unwrap().len(), 3 * 1024 * 1024);
        let refused = read_limited(body(), 0, 2 * 1024 * 1024).await;
        assert!(matches!(refused, Err(ApiError::Decode(why)) if why.contains("2 MiB")));
    }
}
