//! Lists the cluster's nodes: their platforms from labels, and what they run on from kubectl's table.

use std::collections::BTreeMap;

use http::{HeaderValue, header};
use kube::core::{Request, params::ListParams};
use serde::Deserialize;
use serde_json::Value;

use super::{ApiError, Connection, buffer::ZeroizingBuffer, rbac, request};
use crate::domain::{
    diagnostics::node_answers::{NodeAnswers, NodeQuestion},
    k8s::distribution::NodeInfo,
    probe::Platform,
    rbac::Permission,
};

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

/// Fetches the platforms of the nodes, with the number of nodes of each.
///
/// Needs `list nodes`, which no Role of a namespace grants.
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

/// The table of `kubectl get nodes -o wide`.
///
/// The status of a Node lists all images that it holds; the table has the few words of `nodeInfo` alone.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

#[derive(Deserialize)]
struct NodeTable {
    #[serde(default)]
    metadata: NodeListMeta,
    #[serde(rename = "columnDefinitions")]
    columns: Option<Vec<TableColumn>>,
    rows: Option<Vec<TableRow>>,
}

#[derive(Deserialize)]
struct TableColumn {
    name: String,
}

#[derive(Deserialize)]
struct TableRow {
    cells: Vec<Value>,
}

impl NodeTable {
    /// Name and information of each node. A column that is not there is empty.
    fn nodes(&self) -> impl Iterator<Item = (String, NodeInfo)> {
        let columns = self.columns.as_deref().unwrap_or_default();
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let [name, os, version, runtime] =
            ["Name", "OS-Image", "Version", "Container-Runtime"].map(place);
        let rows = self.rows.iter().flatten();
        rows.filter_map(move |row| {
            let cell = |place: Option<usize>| row.cells.get(place?)?.as_str().map(str::to_owned);
            let info = NodeInfo {
                os_image: cell(os).unwrap_or_default(),
                kubelet_version: cell(version).unwrap_or_default(),
                container_runtime: cell(runtime).unwrap_or_default(),
            };
            Some((cell(name)?, info))
        })
    }
}

/// Answers questions about nodes; one that the user may not ask stays without an answer.
pub async fn answers(
    connection: &Connection,
    questions: impl IntoIterator<Item = NodeQuestion>,
) -> NodeAnswers {
    let mut answers = NodeAnswers::default();
    let mut wants_info = false;
    for question in questions {
        match question {
            NodeQuestion::Info { .. } => wants_info = true,
            NodeQuestion::Token(token) => {
                match rbac::node_may_request_token(connection, &token).await {
                    Ok(is_allowed) => answers.add_token(token, is_allowed),
                    Err(error) => tracing::info!(%error, "rights of the node unknown"),
                }
            }
        }
    }
    if wants_info {
        match node_info(connection).await {
            Ok(nodes) => answers.add_info(nodes),
            Err(error) => tracing::info!(%error, "node information unknown"),
        }
    }
    answers
}

/// Fetches the node info of each node, by name. Needs `list nodes`.
pub async fn node_info(connection: &Connection) -> Result<BTreeMap<String, NodeInfo>, ApiError> {
    let mut nodes = BTreeMap::new();
    let mut next = String::new();
    loop {
        let mut request = Request::new("/api/v1/nodes")
            .list(&parameters(&next))?
            .map(|_| ZeroizingBuffer::default());
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static(TABLE));
        let body =
            request::read_body(&connection.client, request, connection.request_limit).await?;
        let page: NodeTable = request::parse(&body)?;
        nodes.extend(page.nodes());
        next = page.metadata.next;
        if next.is_empty() {
            return Ok(nodes);
        }
    }
}

/// The permission to list nodes.
pub fn permission() -> Permission {
    Permission {
        verb: "list".into(),
        group: "".into(),
        resource: "nodes".into(),
        namespace: None,
    }
}

async fn page(connection: &Connection, next: &str) -> Result<NodeList, ApiError> {
    // Metadata is enough: a Node's status lists all images that it holds.
    let request = Request::new("/api/v1/nodes")
        .list_metadata(&parameters(next))?
        .map(|_| ZeroizingBuffer::default());
    request::parse(
        &request::read_body(&connection.client, request, connection.request_limit).await?,
    )
}

fn parameters(next: &str) -> ListParams {
    ListParams {
        limit: Some(PAGE),
        continue_token: (!next.is_empty()).then(|| next.to_owned()),
        ..ListParams::default()
    }
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
    fn a_table_says_what_nodes_run_on() {
        let text = r#"{"kind":"Table","metadata":{},"columnDefinitions":[
            {"name":"Name"},{"name":"Status"},{"name":"Version"},{"name":"OS-Image"},{"name":"Container-Runtime"}
        ],"rows":[{"cells":["worker-1","Ready","v1.33.4+k3s1","Ubuntu 24.04.3 LTS","containerd://2.1.4-k3s1"]}]}"#;
        let read = |text: &str| {
            let table: NodeTable = serde_json::from_str(text).unwrap();
            table.nodes().collect::<Vec<_>>()
        };
        let info = NodeInfo {
            os_image: "Ubuntu 24.04.3 LTS".into(),
            kubelet_version: "v1.33.4+k3s1".into(),
            container_runtime: "containerd://2.1.4-k3s1".into(),
        };
        assert_eq!(read(text), [("worker-1".to_owned(), info)]);
        for none in [
            "{}",
            r#"{"rows":null}"#,
            r#"{"rows":[{"cells":["worker-1"]}]}"#,
        ] {
            assert_eq!(read(none), []);
        }
    }

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
