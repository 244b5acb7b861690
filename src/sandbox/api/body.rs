//! Response bodies: complete, or a stream of watch events.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::{object::Put, status::ApiStatus};

/// A response body that cannot fail.
pub struct Body(BodyKind);

enum BodyKind {
    Whole(Option<Bytes>),
    Lines(BoxStream<'static, Bytes>),
}

impl Body {
    pub fn lines(lines: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(BodyKind::Lines(lines.boxed()))
    }

    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(BodyKind::Whole(Some(bytes.into())))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            BodyKind::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            BodyKind::Lines(lines) => lines
                .poll_next_unpin(context)
                .map(|line| line.map(|line| Ok(Frame::data(line)))),
        }
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.0 {
            BodyKind::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                http_body::SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            BodyKind::Lines(_) => http_body::SizeHint::default(),
        }
    }
}

/// A JSON response.
pub fn json(code: StatusCode, value: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).expect("JSON values have string keys");
    typed(code, "application/json", bytes)
}

pub fn ok(value: &impl Serialize) -> Response<Body> {
    json(StatusCode::OK, value)
}

/// A successful `ApiStatus` with details.
pub fn success(code: StatusCode, details: Option<Value>) -> Response<Body> {
    let mut status = serde_json::json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
    });
    if let Some(details) = details {
        status.put("details", details);
    }
    json(code, &status)
}

pub fn refused(status: &ApiStatus) -> Response<Body> {
    let code = StatusCode::from_u16(status.code()).expect("the codes of `Reason` are HTTP's");
    json(code, &status.body())
}

pub fn typed(
    code: StatusCode,
    content_type: &'static str,
    bytes: impl Into<Bytes>,
) -> Response<Body> {
    respond(code, content_type, Body::whole(bytes))
}

pub fn respond(code: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
