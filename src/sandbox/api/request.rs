//! A complete request, and the object in its body.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::{protobuf, query::QueryString};
use crate::sandbox::status::{ApiResult, ApiStatus};

pub struct ApiRequest {
    pub method: Method,
    pub path: String,
    pub query: QueryString,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl ApiRequest {
    /// The value of a header; empty if absent.
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Media type of the body, without parameters.
    pub fn media(&self) -> &str {
        let said = self.header(header::CONTENT_TYPE);
        said.split(';').next().unwrap_or_default().trim()
    }

    /// Parses the body as JSON.
    pub fn json(&self) -> ApiResult<Value> {
        object(serde_json::from_slice(&self.body).ok(), "a JSON object")
    }

    /// Parses the body as YAML, which includes JSON.
    pub fn yaml(&self) -> ApiResult<Value> {
        let text = String::from_utf8_lossy(&self.body);
        object(serde_saphyr::from_str(&text).ok(), "a YAML mapping")
    }

    /// The request with its body converted to JSON.
    pub fn in_json(mut self) -> ApiResult<Self> {
        if self.media() == protobuf::MEDIA && !self.body.is_empty() {
            self.body = protobuf::decode(&self.body)?.to_string().into();
            let json = HeaderValue::from_static("application/json");
            self.headers.insert(header::CONTENT_TYPE, json);
        }
        Ok(self)
    }
}

fn object(read: Option<Value>, form: &str) -> ApiResult<Value> {
    read.filter(Value::is_object)
        .ok_or_else(|| ApiStatus::bad_request(format!("the body is not {form}")))
}
