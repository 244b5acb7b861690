//! etcd by its JSON gateway: the values as the API server has stored them.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle};

pub struct Etcd {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Etcd {
    pub async fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        let driver = tokio::spawn(async move { drop(connection.await) });
        Self { sender, driver }
    }

    pub async fn get(&mut self, key: &str) -> Vec<u8> {
        let answer = self
            .post("range", &json!({"key": BASE64.encode(key)}))
            .await;
        let value = answer["kvs"][0]["value"].as_str();
        BASE64
            .decode(value.unwrap_or_else(|| panic!("no {key}")))
            .unwrap()
    }

    pub async fn put(&mut self, key: &str, value: &[u8]) {
        self.post("put", &put(key, value)).await;
    }

    /// Puts all in one transaction; etcd takes 128 at most.
    pub async fn put_all(&mut self, pairs: &[(String, Vec<u8>)]) {
        let puts: Vec<Value> = pairs
            .iter()
            .map(|(key, value)| json!({"request_put": put(key, value)}))
            .collect();
        self.post("txn", &json!({"success": puts})).await;
    }

    pub async fn delete(&mut self, key: &str) {
        self.post("deleterange", &json!({"key": BASE64.encode(key)}))
            .await;
    }

    async fn post(&mut self, what: &str, body: &Value) -> Value {
        self.sender.ready().await.unwrap();
        let request = http::Request::post(format!("/v3/kv/{what}"))
            .header("host", "127.0.0.1")
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let response = self.sender.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(
            status.is_success(),
            "{what}: {}",
            String::from_utf8_lossy(&body)
        );
        serde_json::from_slice(&body).unwrap()
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn put(key: &str, value: &[u8]) -> Value {
    json!({"key": BASE64.encode(key), "value": BASE64.encode(value)})
}
