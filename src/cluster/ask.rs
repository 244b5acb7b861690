//! One request, one answer: raw bytes from the API server, or the `Trouble`.
//!
//! kube's typed calls are not used for reading: `Client::request` copies the body and writes it to the
//! log when it does not parse, and a body may be a list of Secrets. Here the bytes stay in one buffer
//! that the caller may wipe.

use std::time::Duration;

use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde::{Serialize, de::DeserializeOwned};

use super::{Trouble, slim};

/// Of an error's body, no more than this is read: it is a sentence, not data.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// Of an error's text, no more than this is passed on: a sentence of the API server fits.
const ERROR_TEXT_LIMIT: usize = 600;

/// No honest answer is larger: a page holds 500 objects, and etcd holds none above 1.5 MiB.
const ANSWER_LIMIT: usize = 768 * 1024 * 1024;

/// A server that wants to be left alone for longer is asked again nevertheless: somebody waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// An answer whose status says success; the body is still on its way.
pub(super) async fn open(client: &Client, request: Request<Vec<u8>>) -> Result<Body, Trouble> {
    let response = client.send(request.map(Body::from)).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.into_body());
    }
    let after = retry_after(response.headers());
    let message = error_message(response.into_body()).await;
    let message = message.unwrap_or_else(|| status.canonical_reason().unwrap_or("").to_owned());
    Err(match (status.as_u16(), after) {
        (code @ (429 | 503), Some(after)) => Trouble::Busy {
            code,
            message,
            after,
        },
        (code, _) => Trouble::from_status(code, message),
    })
}

/// How long the server wants to be left alone. The API server names whole seconds; a date, which HTTP
/// has too, is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// The whole answer within the time limit.
pub(super) async fn bytes(
    client: &Client,
    request: Request<Vec<u8>>,
    limit: Duration,
) -> Result<Vec<u8>, Trouble> {
    let reading = async {
        let body = open(client, request).await?;
        gather(body, ANSWER_LIMIT).await
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(Trouble::Silent(limit)))
}

/// A whole body, unless it is larger than this.
async fn gather(mut body: Body, most: usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(&mut body).await? {
        if bytes.len() + chunk.len() > most {
            let most = most / (1024 * 1024);
            return Err(Trouble::Unreadable(format!(
                "it has no end: more than {most} MiB"
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The next piece of a body; `None` at its end.
pub(super) async fn chunk(body: &mut Body) -> Result<Option<bytes::Bytes>, Trouble> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(Trouble::from(error)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// A `GET` that is answered with JSON.
pub(super) async fn get<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    limit: Duration,
) -> Result<T, Trouble> {
    let request = Request::get(path)
        .body(Vec::new())
        .map_err(|error| Trouble::Other(error.to_string()))?;
    parse(&bytes(client, request, limit).await?)
}

/// A `POST` of a review or the like, answered with JSON.
pub(super) async fn post<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    body: &impl Serialize,
    limit: Duration,
) -> Result<T, Trouble> {
    let body = serde_json::to_vec(body).map_err(|error| Trouble::Other(error.to_string()))?;
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| Trouble::Other(error.to_string()))?;
    parse(&bytes(client, request, limit).await?)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

/// Where it went wrong, without what stood there: serde quotes values in its messages.
pub(super) fn unreadable(error: &serde_json::Error) -> Trouble {
    Trouble::Unreadable(format!("line {} column {}", error.line(), error.column()))
}

async fn error_message(mut body: Body) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Status {
        message: String,
    }
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = chunk(&mut body).await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ERROR_BODY_LIMIT {
            break;
        }
    }
    if let Some(message) = slim::status(&bytes) {
        return Some(printable(&message));
    }
    if let Ok(status) = serde_json::from_slice::<Status>(&bytes) {
        return Some(printable(&status.message));
    }
    // A load balancer or proxy answers in its own words.
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(printable).find(|line| !line.is_empty())
}

/// What somebody else wrote, fit to stand in an error: errors are printed to a terminal too, past the
/// screen's own door for such texts.
pub(super) fn printable(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(ERROR_TEXT_LIMIT)
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_end_is_given_up() {
        let body = || Body::from(vec![b' '; 3 * 1024 * 1024]);
        let whole = gather(body(), 3 * 1024 * 1024).await;
        assert_eq!(whole.unwrap().len(), 3 * 1024 * 1024);
        let refused = gather(body(), 2 * 1024 * 1024).await;
        assert!(matches!(refused, Err(Trouble::Unreadable(why)) if why.contains("2 MiB")));
    }
}
