//! Defaulting of objects (`pkg/apis/*/v1/defaults.go`).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{
        object::{self, put, put_default, remove, text},
        resources::ResourceKind,
    },
};

pub(super) fn apply(kind: ResourceKind, object: &mut Value) {
    match kind {
        ResourceKind::Secret => secret(object),
        ResourceKind::Pod => pod_spec(object, "/spec"),
        ResourceKind::Deployment => deployment(object),
        ResourceKind::ReplicaSet => {
            put_default(object, "/spec/replicas", 1);
            pod_spec(object, "/spec/template/spec");
        }
        ResourceKind::StatefulSet => stateful_set(object),
        ResourceKind::DaemonSet => daemon_set(object),
        ResourceKind::Job => job(object, "/spec"),
        ResourceKind::CronJob => cron_job(object),
        ResourceKind::RoleBinding | ResourceKind::ClusterRoleBinding => {
            put_default(object, "/roleRef/apiGroup", "rbac.authorization.k8s.io");
        }
        ResourceKind::Namespace => {
            let name = object::name(object).to_owned();
            put(
                object,
                "/metadata/labels/kubernetes.io~1metadata.name",
                name,
            );
        }
        ResourceKind::Node
        | ResourceKind::ConfigMap
        | ResourceKind::ServiceAccount
        | ResourceKind::Event
        | ResourceKind::ResourceQuota
        | ResourceKind::Role
        | ResourceKind::ClusterRole => {}
    }
}

/// `stringData` is write-only: it goes into `data` and is never kept.
fn secret(object: &mut Value) {
    if let Some(Value::Object(plain)) = remove(object, "/stringData") {
        let mut data = object::map(object, "/data").cloned().unwrap_or_default();
        for (key, value) in plain {
            let encoded = STANDARD.encode(value.as_str().unwrap_or_default());
            data.insert(key, encoded.into());
        }
        put(object, "/data", data);
    }
    put_default(object, "/type", "Opaque");
}

fn deployment(object: &mut Value) {
    put_default(object, "/spec/replicas", 1);
    put_default(object, "/spec/revisionHistoryLimit", 10);
    put_default(object, "/spec/progressDeadlineSeconds", 600);
    put_default(object, "/spec/strategy/type", "RollingUpdate");
    if text(object, "/spec/strategy/type") == "RollingUpdate" {
        put_default(object, "/spec/strategy/rollingUpdate/maxSurge", "25%");
        put_default(object, "/spec/strategy/rollingUpdate/maxUnavailable", "25%");
    }
    pod_spec(object, "/spec/template/spec");
}

fn stateful_set(object: &mut Value) {
    put_default(object, "/spec/replicas", 1);
    put_default(object, "/spec/revisionHistoryLimit", 10);
    put_default(object, "/spec/podManagementPolicy", "OrderedReady");
    put_default(object, "/spec/updateStrategy/type", "RollingUpdate");
    if text(object, "/spec/updateStrategy/type") == "RollingUpdate" {
        put_default(object, "/spec/updateStrategy/rollingUpdate/partition", 0);
    }
    pod_spec(object, "/spec/template/spec");
}

fn daemon_set(object: &mut Value) {
    put_default(object, "/spec/revisionHistoryLimit", 10);
    put_default(object, "/spec/updateStrategy/type", "RollingUpdate");
    if text(object, "/spec/updateStrategy/type") == "RollingUpdate" {
        let rolling = "/spec/updateStrategy/rollingUpdate";
        put_default(object, &format!("{rolling}/maxSurge"), 0);
        put_default(object, &format!("{rolling}/maxUnavailable"), 1);
    }
    pod_spec(object, "/spec/template/spec");
}

fn job(object: &mut Value, spec: &str) {
    put_default(object, &format!("{spec}/completions"), 1);
    put_default(object, &format!("{spec}/parallelism"), 1);
    put_default(object, &format!("{spec}/backoffLimit"), 6);
    put_default(object, &format!("{spec}/completionMode"), "NonIndexed");
    put_default(object, &format!("{spec}/suspend"), false);
    pod_spec(object, &format!("{spec}/template/spec"));
}

fn cron_job(object: &mut Value) {
    put_default(object, "/spec/concurrencyPolicy", "Allow");
    put_default(object, "/spec/suspend", false);
    put_default(object, "/spec/successfulJobsHistoryLimit", 3);
    put_default(object, "/spec/failedJobsHistoryLimit", 1);
    pod_spec(object, "/spec/jobTemplate/spec/template/spec");
}

fn pod_spec(object: &mut Value, spec: &str) {
    let Some(spec) = object.pointer_mut(spec).filter(|spec| spec.is_object()) else {
        return;
    };
    put_default(spec, "/restartPolicy", "Always");
    put_default(spec, "/terminationGracePeriodSeconds", 30);
    put_default(spec, "/dnsPolicy", "ClusterFirst");
    put_default(spec, "/securityContext", json!({}));
    put_default(spec, "/schedulerName", "default-scheduler");
    // The old name of the field is kept in step with the new one.
    if let Some(account) = spec.pointer("/serviceAccountName").cloned() {
        put(spec, "/serviceAccount", account);
    } else if let Some(account) = spec.pointer("/serviceAccount").cloned() {
        put(spec, "/serviceAccountName", account);
    }
    for containers in ["initContainers", "containers", "ephemeralContainers"] {
        let list = spec
            .get_mut(containers)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten();
        for container in list.filter(|container| container.is_object()) {
            self::container(container);
        }
    }
    let volumes = spec.get_mut("volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        if volume.pointer("/image").is_some_and(Value::is_object) {
            let policy = default_policy(text(volume, "/image/reference"));
            put_default(volume, "/image/pullPolicy", policy);
        }
        for source in ["secret", "configMap", "projected"] {
            if volume.get(source).is_some_and(Value::is_object) {
                put_default(volume, &format!("/{source}/defaultMode"), 420);
            }
        }
    }
}

fn container(container: &mut Value) {
    let policy = default_policy(text(container, "/image"));
    put_default(container, "/imagePullPolicy", policy);
    put_default(container, "/terminationMessagePath", "/dev/termination-log");
    put_default(container, "/terminationMessagePolicy", "File");
    put_default(container, "/resources", json!({}));
    let ports = container.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        put_default(port, "/protocol", "TCP");
    }
}

/// Default pull policy: `Always` for `latest` or no tag; `IfNotPresent` for other tags, digests and invalid references
/// (`SetDefaults_Container`).
fn default_policy(image: &str) -> &'static str {
    match ImageRef::parse(image) {
        Ok(image) if image.tag() == Some("latest") => "Always",
        _ => "IfNotPresent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pull_policy_follows_the_tag() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("localhost:5000/nginx", "Always"),
            ("localhost:5000/nginx:latest", "Always"),
            ("localhost:5000/nginx:1.27", "IfNotPresent"),
            ("No-Such:latest", "IfNotPresent"),
        ] {
            assert_eq!(default_policy(image), policy, "{image}");
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(default_policy(&format!("nginx@{digest}")), "IfNotPresent");
        assert_eq!(default_policy(&format!("nginx:latest@{digest}")), "Always");
    }

    #[test]
    fn string_data_becomes_data() {
        let mut secret = json!({"stringData": {"a~1/b": "x", "k": "z"}, "data": {"k": "eQ=="}});
        apply(ResourceKind::Secret, &mut secret);
        assert_eq!(
            secret,
            json!({"data": {"a~1/b": "eA==", "k": "eg=="}, "type": "Opaque"})
        );
    }
}
