//! The floor: the same resources listed, received and thrown away. No client can be faster with the
//! same encoding.

use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::{Client, client::Body};

use crate::server::Server;

/// How a list travels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Json,
    Protobuf,
}

/// Where the server takes a list from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Pages of 500, the most recent version.
    Pages,
    /// All objects at once, from the watch cache (`resourceVersion=0`, which ignores a limit).
    WatchCache,
}

#[derive(Clone, Copy)]
pub struct Wire {
    pub encoding: Encoding,
    pub gzip: bool,
    pub source: Source,
}

/// How many times a request is repeated that the server refuses because it has too much to do.
const TRIES: u32 = 10;

/// What the product lists: path, and whether only metadata is asked for.
const LISTS: [(&str, bool); 12] = [
    ("/api/v1/pods?", false),
    ("/api/v1/namespaces?", false),
    (
        "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io/dockerconfigjson&",
        false,
    ),
    (
        "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io/dockercfg&",
        false,
    ),
    (
        "/api/v1/secrets?fieldSelector=type%21%3Dkubernetes.io/dockerconfigjson%2Ctype%21%3Dkubernetes.io/dockercfg&",
        true,
    ),
    ("/api/v1/serviceaccounts?", false),
    ("/api/v1/events?", false),
    ("/apis/apps/v1/deployments?", false),
    ("/apis/apps/v1/replicasets?", false),
    ("/apis/apps/v1/statefulsets?", false),
    ("/apis/apps/v1/daemonsets?", false),
    ("/apis/batch/v1/jobs?", false),
];

#[derive(Clone, Copy)]
pub struct Floor {
    pub time: Duration,
    pub bytes: usize,
    pub requests: usize,
}

/// The API of CronJobs: `v1` from 1.21 on, `v1beta1` up to 1.24.
///
/// Only a 404 means that a version is not served: a server whose watch cache is not filled yet answers 429.
async fn cron_jobs(client: &Client) -> &'static str {
    let request = || {
        let request = http::Request::get("/apis/batch/v1/cronjobs?limit=1");
        request.body(Body::empty()).unwrap()
    };
    match send(client, request).await.status() {
        StatusCode::NOT_FOUND => "/apis/batch/v1beta1/cronjobs?",
        _ => "/apis/batch/v1/cronjobs?",
    }
}

/// Sends a request, and repeats it after the pause that a 429 or 503 asks for.
async fn send(client: &Client, request: impl Fn() -> Request<Body>) -> Response<Body> {
    for _ in 0..TRIES {
        let response = client.send(request()).await.unwrap();
        if !matches!(
            response.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            return response;
        }
        let after = response.headers().get("retry-after");
        let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
        tokio::time::sleep(Duration::from_secs(after.unwrap_or(1))).await;
    }
    panic!("refused {TRIES} times: {}", request().uri());
}

/// Lists all kinds at once.
pub async fn measure(server: &Server, wire: Wire) -> Floor {
    let client = server.client(false).unwrap();
    let cron_jobs = cron_jobs(&client).await;
    let began = Instant::now();
    let lists: Vec<_> = LISTS
        .into_iter()
        .chain([(cron_jobs, false)])
        .map(|(path, metadata)| {
            let client = client.clone();
            tokio::spawn(async move { list(&client, path, metadata, wire).await })
        })
        .collect();
    let (mut bytes, mut requests) = (0, 0);
    for list in lists {
        let (size, pages) = list.await.unwrap();
        bytes += size;
        requests += pages;
    }
    Floor {
        time: began.elapsed(),
        bytes,
        requests,
    }
}

async fn list(client: &Client, path: &str, metadata: bool, wire: Wire) -> (usize, usize) {
    let (mut size, mut pages) = (0, 0);
    let mut next = String::new();
    let media = match (wire.encoding, metadata) {
        (Encoding::Json, false) => "application/json",
        (Encoding::Json, true) => {
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        }
        (Encoding::Protobuf, false) => "application/vnd.kubernetes.protobuf",
        (Encoding::Protobuf, true) => {
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        }
    };
    loop {
        let query = match wire.source {
            Source::Pages => format!("limit=500{next}"),
            Source::WatchCache => "resourceVersion=0".to_owned(),
        };
        let request = || {
            http::Request::get(format!("{path}{query}"))
                .header("accept", media)
                .header(
                    "accept-encoding",
                    if wire.gzip { "gzip" } else { "identity" },
                )
                .body(Body::empty())
                .unwrap()
        };
        let response = send(client, request).await;
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        let zipped = response.headers().contains_key("content-encoding");
        let mut body = response.into_body();
        // Of each page no more is kept than where the next one begins.
        let mut kept: Vec<u8> = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap_or_default();
            size += data.len();
            if zipped || kept.len() < 4096 {
                kept.extend_from_slice(&data);
            }
        }
        pages += 1;
        match token(&kept, zipped) {
            Some(token) => next = format!("&continue={token}"),
            None => return (size, pages),
        }
    }
}

/// The token of the next page stands in the metadata of the list, which comes first in both encodings.
/// It is base64 of a JSON object that begins with `{"v":`.
fn token(page: &[u8], zipped: bool) -> Option<String> {
    let mut head = Vec::new();
    if zipped {
        let mut reader = std::io::Read::take(flate2::read::GzDecoder::new(page), 4096);
        std::io::Read::read_to_end(&mut reader, &mut head).unwrap();
    } else {
        head.extend_from_slice(&page[..page.len().min(4096)]);
    }
    let at = head.windows(7).position(|window| window == b"eyJ2Ijo")?;
    let token = head[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    Some(token.map(|&byte| char::from(byte)).collect())
}
