//! Reads what one node says of itself: the Node, and its kubelet's `/configz` and `/metrics`.
//!
//! Each is optional and fails alone. Through the API server's proxy all of the kubelet's paths take
//! `get nodes/proxy`.

use std::{sync::Arc, time::Duration};

use futures::join;
use jiff::Timestamp;

use super::{ApiError, Connection, paths, request};
use crate::domain::{
    node::{
        KubeletConfig, KubeletMetrics, NodeFacts, NodeStatus, Reading, proxy_permission,
        status_permission,
    },
    rbac::Permission,
};

/// A kubelet that does not answer within this time is not waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// A Node and its configuration are small; the metrics of a kubelet with 250 Pods have about 2 MiB.
const OBJECT_LIMIT: usize = 4 * 1024 * 1024;
const METRICS_LIMIT: usize = 16 * 1024 * 1024;

/// Reads all three at once.
pub async fn read(connection: &Connection, name: Arc<str>, now: Timestamp) -> NodeFacts {
    let node = paths::node(&name);
    let (configz, metrics) = (
        format!("{node}/proxy/configz"),
        format!("{node}/proxy/metrics"),
    );
    let (status, config, metrics) = join!(
        get(connection, &node, OBJECT_LIMIT),
        get(connection, &configz, OBJECT_LIMIT),
        get(connection, &metrics, METRICS_LIMIT),
    );
    NodeFacts {
        name,
        status: reading(status, status_permission, NodeStatus::parse),
        config: reading(config, proxy_permission, KubeletConfig::parse),
        metrics: reading(metrics, proxy_permission, |text| {
            Ok(KubeletMetrics::parse(&String::from_utf8_lossy(text)))
        }),
        read_at: now,
    }
}

async fn get(connection: &Connection, path: &str, most: usize) -> Result<Vec<u8>, ApiError> {
    let request = request::get_request(path)?;
    let limit = connection.request_limit.min(LIMIT);
    let body = request::read_body_up_to(&connection.client, request, limit, most).await?;
    Ok(body.to_vec())
}

fn reading<T>(
    answer: Result<Vec<u8>, ApiError>,
    takes: fn() -> Permission,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Reading<T> {
    match answer {
        Ok(bytes) => parse(&bytes).map_or_else(Reading::Unavailable, Reading::Known),
        Err(ApiError::Forbidden(_)) => Reading::Denied(takes()),
        Err(error) => Reading::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::mock;

    const CONFIGZ: &str = r#"{"kubeletconfig":{"serializeImagePulls":true}}"#;

    async fn facts(
        answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static,
    ) -> NodeFacts {
        let connection = mock::connection(move |_, path| {
            let (code, body) = answer(path);
            Some((code, body.to_owned()))
        });
        read(&connection, "node-1".into(), Timestamp::UNIX_EPOCH).await
    }

    #[tokio::test]
    async fn each_part_fails_alone_and_names_its_permission() {
        let read = facts(|path| match path {
            "/api/v1/nodes/node-1" => (403, "{}"),
            "/api/v1/nodes/node-1/proxy/configz" => (200, CONFIGZ),
            _ => (502, r#"{"message":"dial tcp: connection refused"}"#),
        })
        .await;
        assert_eq!(read.status, Reading::Denied(status_permission()));
        assert!(read.config.known().unwrap().pull_concurrency().is_some());
        assert!(read.metrics.gap().unwrap().contains("connection refused"));

        let denied = facts(|_| (403, "{}")).await;
        let gap = denied.config.gap().unwrap();
        assert_eq!(gap, "requires permission to get nodes/proxy");
    }

    #[tokio::test]
    async fn a_kubelet_without_the_path_is_unavailable() {
        let read = facts(|_| (404, "{}")).await;
        for gap in [read.status.gap(), read.config.gap(), read.metrics.gap()] {
            assert!(gap.is_some());
        }
    }
}
