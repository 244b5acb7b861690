//! Configuration and image metrics of the kubelets, as `/configz` and `/metrics` answer them.
//!
//! Recorded on Kubernetes 1.37.2; of both only what concerns images. 1.20 has neither the verification policy
//! nor the metrics.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};

use super::image::{LocalImage, VerificationPolicy};
use crate::sandbox::{registry, world::World};

/// What is configured on one node.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    pub verification: VerificationPolicy,
    /// `preloadedImagesVerificationAllowlist`: repositories, or beginnings of them with `/*`.
    pub allowlist: Vec<String>,
    pub serialize_image_pulls: bool,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            verification: VerificationPolicy::default(),
            allowlist: Vec::new(),
            serialize_image_pulls: true,
        }
    }
}

impl NodeSettings {
    pub(super) fn is_allowlisted(&self, repository: &str) -> bool {
        self.allowlist
            .iter()
            .any(|entry| match entry.strip_suffix("/*") {
                Some(start) => {
                    let rest = repository.strip_prefix(start);
                    rest.is_some_and(|rest| rest.starts_with('/'))
                }
                None => entry == repository,
            })
    }
}

/// What a kubelet has counted since it started.
#[derive(Debug, Default)]
pub(super) struct ImageCounts {
    /// By `present_locally`, `pull_policy` and `pull_required`.
    requests: BTreeMap<(&'static str, &'static str, &'static str), u64>,
    /// By `result`.
    checks: BTreeMap<&'static str, u64>,
}

impl ImageCounts {
    /// Counts a request for an image (`EnsureImageExists`).
    pub(super) fn record(&mut self, policy: &str, local: LocalImage) {
        let (policy, present, required) = match (policy, local) {
            ("Never", LocalImage::Absent) => ("never", "false", "unknown"),
            ("Never", LocalImage::MustAuthenticate) => ("never", "true", "true"),
            ("Never", _) => ("never", "true", "false"),
            ("IfNotPresent", LocalImage::Absent) => ("ifnotpresent", "false", "true"),
            ("IfNotPresent", LocalImage::MustAuthenticate) => ("ifnotpresent", "true", "true"),
            ("IfNotPresent", _) => ("ifnotpresent", "true", "false"),
            _ => ("always", "unknown", "true"),
        };
        *self
            .requests
            .entry((present, policy, required))
            .or_default() += 1;
        if policy == "always" {
            return;
        }
        let result = match local {
            LocalImage::Absent => return,
            LocalImage::PolicyAllowed => "credentialPolicyAllowed",
            LocalImage::RecordFound => "credentialRecordFound",
            LocalImage::MustAuthenticate => "mustAuthenticate",
        };
        *self.checks.entry(result).or_default() += 1;
    }
}

/// What a kubelet answers at `/configz`.
pub fn configz(world: &World, node: &str) -> Value {
    let defaults = NodeSettings::default();
    let state = world.kubelets.nodes.get(node);
    let settings = state.map_or(&defaults, |node| &node.settings);
    let mut config = json!({
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "enableServer": true,
        "registryPullQPS": 5,
        "registryBurst": 10,
        "imageMinimumGCAge": "2m0s",
        "imageMaximumGCAge": "0s",
        "imageGCHighThresholdPercent": 85,
        "imageGCLowThresholdPercent": 80,
        "nodeStatusMaxImages": 50,
        "serializeImagePulls": settings.serialize_image_pulls,
        "enableSystemLogHandler": true,
    });
    if !world.profile.is_old()
        && let Some(fields) = config.as_object_mut()
    {
        fields.insert(
            "imagePullCredentialsVerificationPolicy".to_owned(),
            settings.verification.as_str().into(),
        );
        if !settings.allowlist.is_empty() {
            let list = json!(settings.allowlist);
            fields.insert("preloadedImagesVerificationAllowlist".to_owned(), list);
        }
    }
    json!({ "kubeletconfig": config })
}

/// What a kubelet answers at `/metrics`, in the text format of Prometheus.
pub fn metrics(world: &World, node: &str) -> String {
    let mut text = String::from(
        "# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.\n\
         # TYPE kubelet_node_name gauge\n",
    );
    let _ = writeln!(text, "kubelet_node_name{{node=\"{node}\"}} 1");
    if world.profile.is_old() {
        return text;
    }
    if !world.providers.is_empty() {
        let images = world.providers.iter().map(|it| it.images.as_str());
        let hash = registry::digest(&images.collect::<Vec<_>>().join(","));
        text.push_str("# TYPE kubelet_credential_provider_config_info gauge\n");
        let _ = writeln!(
            text,
            "kubelet_credential_provider_config_info{{hash=\"{hash}\"}} 1"
        );
    }
    let Some(state) = world.kubelets.nodes.get(node) else {
        return text;
    };
    text.push_str("# TYPE kubelet_image_manager_ensure_image_requests_total counter\n");
    for ((present, policy, required), count) in &state.counts.requests {
        let _ = writeln!(
            text,
            "kubelet_image_manager_ensure_image_requests_total{{present_locally=\"{present}\",pull_policy=\"{policy}\",pull_required=\"{required}\"}} {count}"
        );
    }
    text.push_str("# TYPE kubelet_imagemanager_image_mustpull_checks_total counter\n");
    for (result, count) in &state.counts.checks {
        let _ = writeln!(
            text,
            "kubelet_imagemanager_image_mustpull_checks_total{{result=\"{result}\"}} {count}"
        );
    }
    let records = state.images.records();
    text.push_str("# TYPE kubelet_imagemanager_ondisk_pulledrecords gauge\n");
    let _ = writeln!(text, "kubelet_imagemanager_ondisk_pulledrecords {records}");
    text
}

/// `status.images` of a node, the largest first; the kubelet lists fifty (`nodeStatusMaxImages`).
pub fn images(world: &World, node: &str) -> Vec<Value> {
    let Some(state) = world.kubelets.nodes.get(node) else {
        return Vec::new();
    };
    let mut images: Vec<(&str, u64)> = state.images.listed().collect();
    images.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let listed = images.into_iter().take(50);
    listed
        .map(|(name, bytes)| json!({"names": [name], "sizeBytes": bytes}))
        .collect()
}
