//! The status of a Node: platform, versions, and the images that the kubelet lists.

use std::sync::Arc;

use serde::Deserialize;

use crate::domain::{k8s::distribution::NodeInfo, registry_auth::image_ref::ImageRef};

/// What a Node says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStatus {
    /// `linux/amd64`.
    pub platform: String,
    pub info: NodeInfo,
    /// The largest images, at most `nodeStatusMaxImages` (50), each with at most five of its names.
    pub images: Vec<NodeImage>,
    /// `DiskPressure`: the kubelet deletes unused images.
    pub has_disk_pressure: bool,
}

/// An image on the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeImage {
    #[serde(deserialize_with = "null_as_empty")]
    pub names: Vec<Arc<str>>,
    pub size_bytes: i64,
}

#[derive(Deserialize)]
struct NodeDocument {
    #[serde(default)]
    status: NodeStatusObject,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeStatusObject {
    node_info: InfoObject,
    #[serde(deserialize_with = "null_as_empty")]
    images: Vec<NodeImage>,
    #[serde(deserialize_with = "null_as_empty")]
    conditions: Vec<ConditionObject>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InfoObject {
    architecture: String,
    operating_system: String,
    os_image: String,
    kubelet_version: String,
    container_runtime_version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConditionObject {
    r#type: String,
    status: String,
}

impl NodeStatus {
    /// Reads a Node in JSON.
    ///
    /// # Errors
    ///
    /// Where it is no Node, as `line N column N`: serde's own words would quote what stands there.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let node: NodeDocument = serde_json::from_slice(json).map_err(|error| place(&error))?;
        let NodeStatusObject {
            node_info,
            images,
            conditions,
        } = node.status;
        let is_pressed = |it: &ConditionObject| it.r#type == "DiskPressure" && it.status == "True";
        Ok(Self {
            platform: format!("{}/{}", node_info.operating_system, node_info.architecture),
            info: NodeInfo {
                os_image: node_info.os_image,
                kubelet_version: node_info.kubelet_version,
                container_runtime: node_info.container_runtime_version,
            },
            has_disk_pressure: conditions.iter().any(is_pressed),
            images,
        })
    }

    /// Whether the kubelet lists this image. One that it does not list may be there all the same: it lists the
    /// largest images, and five names of each.
    pub fn lists(&self, image: &ImageRef) -> bool {
        let names = self.images.iter().flat_map(|image| &image.names);
        let mut parsed = names.filter_map(|name| ImageRef::parse(name).ok());
        parsed.any(|listed| listed == *image)
    }
}

/// Where JSON cannot be read.
pub(super) fn place(error: &serde_json::Error) -> String {
    format!(
        "not in the expected form: line {} column {}",
        error.line(),
        error.column()
    )
}

/// Go writes an empty list as `null`.
pub(super) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a node of Kubernetes 1.37.2, shortened.
    const NODE: &str = r#"{"kind":"Node","metadata":{"name":"lab"},"status":{
        "conditions":[{"type":"DiskPressure","status":"False"},{"type":"Ready","status":"True"}],
        "nodeInfo":{"architecture":"amd64","operatingSystem":"linux","osImage":"Debian GNU/Linux 12 (bookworm)",
            "kubeletVersion":"v1.37.2","containerRuntimeVersion":"containerd://2.4.2"},
        "images":[{"names":["localhost/pause:1.0"],"sizeBytes":1607137},
            {"names":["localhost:5000/team/private-app@sha256:799ac1060fd61631642751e02084c7c22603aa076cdc8e6b4a03a595c0ee97af",
                "localhost:5000/team/private-app:mistaken"],"sizeBytes":689033}]}}"#;

    #[test]
    fn a_node_says_what_it_runs_and_holds() {
        let status = NodeStatus::parse(NODE.as_bytes()).unwrap();
        assert_eq!(status.platform, "linux/amd64");
        assert_eq!(status.info.kubelet_version, "v1.37.2");
        assert!(!status.has_disk_pressure);
        for (image, is_listed) in [
            ("localhost:5000/team/private-app:mistaken", true),
            ("localhost/pause:1.0", true),
            ("localhost:5000/team/private-app:1.0", false),
        ] {
            let image = ImageRef::parse(image).unwrap();
            assert_eq!(status.lists(&image), is_listed, "{image}");
        }
    }

    #[test]
    fn lists_may_be_null_and_what_is_no_node_is_an_error_without_its_content() {
        let bare = NodeStatus::parse(br#"{"status":{"images":null,"conditions":null}}"#).unwrap();
        assert_eq!(bare.images, []);
        let error = NodeStatus::parse(br#"{"status":"hunter2"}"#).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
