//! Lists the platforms of the cluster's nodes from their labels.

use std::collections::BTreeMap;

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::{ApiError, Connection, buffer::ZeroizingBuffer, request};
use crate::domain::{probe::Platform, rbac::Permission};

const PAGE: u32 = 500;

#[derive(Deserialize)]
struct NodeList {
    #[serde(default)]
    metadata: NodeListMeta,
    // Go writes the list of a cluster without nodes as null.
    items: Option<Vec<NodeObject>>,
}

#[derive(Default, Deserialize)]
struct NodeListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct NodeObject {
    #[serde(default)]
    metadata: NodeMeta,
}

#[derive(Default, Deserialize)]
struct NodeMeta {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl NodeList {
    fn platforms(&self) -> impl Iterator<Item = Platform> {
        self.items.iter().flatten().filter_map(platform)
    }
}

/// The platforms of the nodes, each with the number of nodes that are of it. Needs `list nodes`, which
/// no Role of a namespace gives.
pub async fn platforms(connection: &Connection) -> Result<Vec<(Platform, usize)>, ApiError> {
    let mut counts: BTreeMap<Platform, usize> = BTreeMap::new();
    let mut next = String::new();
    loop {
        let page = page(connection, &next).await?;
        for platform in page.platforms() {
            *counts.entry(platform).or_default() += 1;
        }
        next = page.metadata.next;
        if next.is_empty() {
            return Ok(counts.into_iter().collect());
        }
    }
}

/// What that takes.
pub fn permission() -> Permission {
    Permission {
        verb: "list".into(),
        group: "".into(),
        resource: "nodes".into(),
        namespace: None,
    }
}

async fn page(connection: &Connection, next: &str) -> Result<NodeList, ApiError> {
    let parameters = ListParams {
        limit: Some(PAGE),
        continue_token: (!next.is_empty()).then(|| next.to_owned()),
        ..ListParams::default()
    };
    // Metadata is enough: a Node's status lists all images that it holds.
    let request = Request::new("/api/v1/nodes")
        .list_metadata(&parameters)?
        .map(|_| ZeroizingBuffer::default());
    request::parse(
        &request::read_body(&connection.client, request, connection.request_limit).await?,
    )
}

/// `kubernetes.io/os` and `kubernetes.io/arch`, which the kubelet sets since 1.14.
fn platform(node: &NodeObject) -> Option<Platform> {
    let label = |name: &str| node.metadata.labels.get(name).cloned();
    Some(Platform {
        os: label("kubernetes.io/os")?,
        architecture: label("kubernetes.io/arch")?,
        variant: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_says_what_it_is() {
        let read = |text: &str| {
            let list: NodeList = serde_json::from_str(text).unwrap();
            list.platforms().collect::<Vec<_>>()
        };
        let text = r#"{"metadata":{},"items":[
            {"metadata":{"labels":{"kubernetes.io/os":"linux","kubernetes.io/arch":"arm64"}}},
            {"metadata":{"labels":{"kubernetes.io/os":"linux"}}},
            {"metadata":{}}
        ]}"#;
        assert_eq!(read(text), [Platform::parse("linux/arm64").unwrap()]);
        for none in ["{}", r#"{"items":null}"#] {
            assert_eq!(read(none), []);
        }
    }
}
