//! Converts the short forms of a scenario file to Kubernetes objects.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::file::{NodeSpec, SecretSpec, ServiceAccountSpec, WorkloadKindSpec, WorkloadSpec};
use crate::{
    domain::registry_auth::{credential::Password, docker_config},
    sandbox::{api::merge_patch, object::put, profile::Profile, resources::ResourceKind},
};

pub(super) fn node(node: &NodeSpec, profile: Profile) -> Value {
    let amounts = json!({"cpu": node.cpu, "memory": node.memory, "pods": "110"});
    json!({
        "metadata": {
            "name": node.name,
            "labels": {
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
            },
        },
        "spec": {},
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
            }],
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "osImage": "Sandbox Linux",
                "kernelVersion": "6.12.0",
                "kubeletVersion": profile.kubelet_version(),
                "containerRuntimeVersion": profile.runtime_version(),
            },
        },
    })
}

pub(super) fn secret(secret: &SecretSpec) -> Value {
    let content = secret.content.clone().unwrap_or_else(|| {
        let password = Password::new(secret.password.as_str());
        docker_config::write(&secret.server, &secret.user, &password, None).to_string()
    });
    let key = secret
        .key
        .as_deref()
        .unwrap_or(match secret.r#type.as_str() {
            "kubernetes.io/dockercfg" => ".dockercfg",
            _ => ".dockerconfigjson",
        });
    json!({
        "metadata": {"name": secret.name},
        "type": secret.r#type,
        "data": {key: STANDARD.encode(content)},
    })
}

/// A Secret like that of `kubectl create secret docker-registry`.
pub(super) fn pull_secret(name: &str, server: &str, user: &str, password: &str) -> Value {
    let content = docker_config::write(server, user, &Password::new(password), None).to_string();
    json!({
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": STANDARD.encode(content)},
    })
}

pub(super) fn account(account: &ServiceAccountSpec) -> Value {
    let mut object = json!({
        "metadata": {"name": account.name},
        "imagePullSecrets": references(&account.secrets),
    });
    if !account.annotations.is_empty() {
        put(
            &mut object,
            "/metadata/annotations",
            json!(account.annotations),
        );
    }
    object
}

/// A list of references: `[{name: …}]`.
pub(super) fn references(names: &[String]) -> Value {
    names.iter().map(|name| json!({"name": name})).collect()
}

pub(super) fn kind(workload: &WorkloadSpec) -> ResourceKind {
    match workload.kind {
        WorkloadKindSpec::Deployment => ResourceKind::Deployment,
        WorkloadKindSpec::StatefulSet => ResourceKind::StatefulSet,
        WorkloadKindSpec::DaemonSet => ResourceKind::DaemonSet,
        WorkloadKindSpec::Job => ResourceKind::Job,
        WorkloadKindSpec::CronJob => ResourceKind::CronJob,
    }
}

pub(super) fn workload(workload: &WorkloadSpec) -> Result<Value, String> {
    let labels = json!({"app": workload.name});
    let template = json!({
        "metadata": {"labels": labels},
        "spec": pod_spec(workload)?,
    });
    let mut object = json!({
        "metadata": {"name": workload.name, "labels": labels},
        "spec": {},
    });
    match workload.kind {
        WorkloadKindSpec::CronJob => {
            let schedule = workload.schedule.as_deref().unwrap_or("*/5 * * * *");
            put(&mut object, "/spec/schedule", schedule);
            put(&mut object, "/spec/jobTemplate/spec/template", template);
        }
        WorkloadKindSpec::Job => put(&mut object, "/spec/template", template),
        WorkloadKindSpec::Deployment
        | WorkloadKindSpec::StatefulSet
        | WorkloadKindSpec::DaemonSet => {
            put(&mut object, "/spec/selector/matchLabels", labels);
            put(&mut object, "/spec/template", template);
            if workload.kind != WorkloadKindSpec::DaemonSet {
                put(&mut object, "/spec/replicas", workload.replicas);
            }
        }
    }
    Ok(object)
}

fn pod_spec(workload: &WorkloadSpec) -> Result<Value, String> {
    let mut container = json!({
        "name": workload.container.as_deref().unwrap_or(&workload.name),
        "image": workload.image,
        "resources": {"requests": {"cpu": workload.cpu, "memory": "64Mi"}},
    });
    if let Some(policy) = &workload.policy {
        put(&mut container, "/imagePullPolicy", policy.as_str());
    }
    if let Some(seconds) = workload.ready_after {
        let probe = json!({
            "httpGet": {"path": "/ready", "port": 8080},
            "initialDelaySeconds": (seconds - 1).max(0),
            "periodSeconds": 1,
        });
        put(&mut container, "/readinessProbe", probe);
    }
    let mut spec = json!({"containers": [container]});
    if let Some(account) = &workload.account {
        put(&mut spec, "/serviceAccountName", account.as_str());
    }
    if matches!(
        workload.kind,
        WorkloadKindSpec::Job | WorkloadKindSpec::CronJob
    ) {
        put(&mut spec, "/restartPolicy", "Never");
    }
    if let Some(text) = &workload.spec {
        let extra: Value = serde_saphyr::from_str(text)
            .map_err(|error| format!("spec of {}: {error}", workload.name))?;
        merge_patch(&mut spec, &extra);
    }
    Ok(spec)
}
