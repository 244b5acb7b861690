//! Requests as they go over the wire, and answers with all that is in them: what a typed client hides.

use http::{Method, Request};
use kube::{Client, client::Body};
use serde_json::{Value, json};

use crate::cluster::Cluster;

pub const JSON: &str = "application/json";
pub const MERGE: &str = "application/merge-patch+json";
pub const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub const JSON_PATCH: &str = "application/json-patch+json";
pub const APPLY: &str = "application/apply-patch+yaml";

/// An answer of the server, a refusal included.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub body: Value,
}

impl Answer {
    pub fn text(&self, pointer: &str) -> &str {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    pub fn version(&self) -> u64 {
        self.text("/metadata/resourceVersion").parse().unwrap()
    }

    /// Code and reason of a `Status`.
    pub fn refusal(&self) -> (u16, &str) {
        assert_eq!(self.text("/kind"), "Status", "{self:?}");
        (self.code, self.text("/reason"))
    }

    /// Reason and field of each cause.
    pub fn causes(&self) -> Vec<(&str, &str)> {
        let causes = self.body["details"]["causes"].as_array();
        causes
            .into_iter()
            .flatten()
            .map(|cause| {
                let field = cause["field"].as_str().unwrap_or_default();
                (cause["reason"].as_str().unwrap_or_default(), field)
            })
            .collect()
    }

    /// The names of a list's items.
    pub fn names(&self) -> Vec<&str> {
        let items = self.body["items"].as_array();
        items
            .unwrap_or_else(|| panic!("no list: {self:?}"))
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap())
            .collect()
    }

    /// The object, when there was one.
    pub fn ok(self) -> Self {
        assert!(self.code < 300, "{self:?}");
        self
    }
}

impl Cluster {
    pub async fn ask(&self, method: Method, path: &str, media: &str, body: &Value) -> Answer {
        ask(self.admin(), method, path, media, body).await
    }

    pub async fn read(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, JSON, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, JSON, body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PUT, path, JSON, body).await
    }

    pub async fn change(&self, path: &str, media: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, media, body).await
    }

    pub async fn remove(&self, path: &str, options: &Value) -> Answer {
        self.ask(Method::DELETE, path, JSON, options).await
    }

    /// The events of a watch until the server ends it.
    pub async fn watch(&self, path: &str) -> Vec<Value> {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.admin().send(request).await.unwrap();
        let bytes = response.into_body().collect_bytes().await.unwrap();
        let lines = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        lines.map(Result::unwrap).collect()
    }
}

pub async fn ask(client: &Client, method: Method, path: &str, media: &str, body: &Value) -> Answer {
    let bytes = match body {
        Value::Null => Vec::new(),
        // A text is sent as it is, to be malformed.
        Value::String(text) => text.clone().into_bytes(),
        body => body.to_string().into_bytes(),
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media)
        .body(Body::from(bytes))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let code = response.status().as_u16();
    let bytes = response.into_body().collect_bytes().await.unwrap();
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    Answer { code, body }
}

/// A ConfigMap with this content.
pub fn map(name: &str, labels: &Value, data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels}, "data": data,
    })
}

/// Type and name of each event.
pub fn in_short(events: &[Value]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| {
            let name = event["object"]["metadata"]["name"].as_str();
            (event["type"].as_str().unwrap(), name.unwrap_or_default())
        })
        .collect()
}
