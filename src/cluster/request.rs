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

/// Maximum size of a response that is no page of a list.
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
    send_page(client, request)
        .await
        .map_err(|refusal| refusal.error)
}

/// An error in answer to the request of a page.
pub(super) struct PageRefusal {
    pub(super) error: ApiError,
    /// With a 410: the continue token of the rest of the list as it is now (`metadata.continue` of the `Status`).
    pub(super) next: Option<String>,
}

impl From<ApiError> for PageRefusal {
    fn from(error: ApiError) -> Self {
        Self { error, next: None }
    }
}

async fn send_page(
    client: &Client,
    request: Request<ZeroizingBuffer>,
) -> Result<Body, PageRefusal> {
    let request = request.map(|body| Body::from(body.into_bytes()));
    let response = client.send(request).await.map_err(ApiError::from)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.into_body());
    }
    let after = retry_after(response.headers());
    let refusal = status_body(response.into_body()).await;
    let message = refusal.message;
    let message = message.unwrap_or_else(|| status.canonical_reason().unwrap_or("").to_owned());
    let error = match (status.as_u16(), after) {
        (code @ (429 | 503), Some(after)) => ApiError::RetryAfter {
            code,
            message,
            after,
        },
        (code, _) => ApiError::from_reason(code, refusal.reason.as_deref(), message),
    };
    let next = refusal.next;
    Err(PageRefusal { error, next })
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
    let reading = async {
        let body = send(client, request).await?;
        let read = read_limited(body, 0, ANSWER_LIMIT).await?;
        read.ok_or_else(|| too_large(ANSWER_LIMIT))
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(ApiError::Timeout(limit)))
}

/// The limits of one page of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageLimits {
    pub(super) time: Duration,
    /// The expected number of bytes.
    pub(super) about: usize,
    /// The largest number of bytes, decompressed.
    pub(super) most: usize,
}

/// Sends the request of a page and reads its body; `None` if it is larger than the limit.
pub(super) async fn read_page(
    client: &Client,
    request: Request<ZeroizingBuffer>,
    limits: PageLimits,
) -> Result<Option<ZeroizingBuffer>, PageRefusal> {
    let reading = async {
        let body = send_page(client, request).await?;
        Ok(read_limited(body, limits.about, limits.most).await?)
    };
    tokio::time::timeout(limits.time, reading)
        .await
        .unwrap_or(Err(ApiError::Timeout(limits.time).into()))
}

/// The error for a body that is larger than so many bytes.
pub(super) fn too_large(most: usize) -> ApiError {
    ApiError::Decode(format!("too large: more than {} MiB", most >> 20))
}

/// Reads the whole answer within the time limit, unless it has more than `most` bytes.
pub(super) async fn read_body_up_to(
    client: &Client,
    request: Request<ZeroizingBuffer>,
    limit: Duration,
    most: usize,
) -> Result<ZeroizingBuffer, ApiError> {
    let reading = async {
        let body = send(client, request).await?;
        let read = read_limited(body, 0, most).await?;
        read.ok_or_else(|| too_large(most))
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(ApiError::Timeout(limit)))
}

/// Reads a whole body; `None` if it is larger than `most`.
async fn read_limited(
    mut body: Body,
    about: usize,
    most: usize,
) -> Result<Option<ZeroizingBuffer>, ApiError> {
    let mut bytes = ZeroizingBuffer::with_capacity(about);
    while let Some(chunk) = chunk(&mut body).await? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend(&chunk);
    }
    Ok(Some(bytes))
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
#[derive(Default)]
struct StatusBody {
    message: Option<String>,
    /// `reason` of a `Status`, a word for programs; `None` where something else has answered.
    reason: Option<String>,
    /// `metadata.continue` of a `Status`.
    next: Option<String>,
}

async fn status_body(mut body: Body) -> StatusBody {
    #[derive(serde::Deserialize)]
    struct Status {
        message: String,
        reason: Option<String>,
        #[serde(default)]
        metadata: StatusMeta,
    }
    #[derive(Default, serde::Deserialize)]
    struct StatusMeta {
        #[serde(rename = "continue")]
        next: Option<String>,
    }
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = chunk(&mut body).await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ERROR_BODY_LIMIT {
            break;
        }
    }
    let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if let Some(status) = decode::status(&bytes) {
        return StatusBody {
            message: Some(sanitize(status.message.as_str())),
            reason: stated(status.reason.as_str()),
            next: stated(status.metadata.next.as_str()),
        };
    }
    if let Ok(status) = serde_json::from_slice::<Status>(&bytes) {
        return StatusBody {
            message: Some(sanitize(&status.message)),
            reason: status.reason,
            next: status.metadata.next.as_deref().and_then(stated),
        };
    }
    // A load balancer or proxy answers in its own words.
    let text = String::from_utf8_lossy(&bytes);
    StatusBody {
        message: text.lines().map(sanitize).find(|line| !line.is_empty()),
        ..StatusBody::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_end_is_given_up() {
        let body = || Body::from(vec![b' '; 3 * 1024 * 1024]);
        let whole = read_limited(body(), 0, 3 * 1024 * 1024).await;
        assert_eq!(whole.unwrap().unwrap().len(), 3 * 1024 * 1024);
        let given_up = read_limited(body(), 0, 2 * 1024 * 1024).await;
        assert!(given_up.unwrap().is_none());
    }
}
