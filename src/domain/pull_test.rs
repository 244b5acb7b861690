//! Pull test: a short-lived Pod makes the kubelet of a node pull an image.
//!
//! A registry probe from this machine shows the registry's answer; only this test shows the node's mirror, proxy,
//! certificate authorities and network.
//!
//! The image's own program never runs: the Pod's command is a path that no image has, so that the
//! runtime fails to start the container, and it does so after the image has been pulled.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    diagnostics::{Cause, RootCause, classify::classify},
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{ContainerState, Event, Pod, Secret, ServiceAccount},
        pull_failure, timeline,
    },
    node::NODE_FILES_LABEL,
    probe::{ProbeConclusion, PullAnswer},
    rbac::Permission,
};

/// Label by which left-behind Pods are found.
pub const LABEL: &str = "pullscope.dev/pull-test";

/// Command of the container: a file that no image has, so that nothing runs.
const COMMAND: &str = "/pullscope-pull-test-never-runs-the-image";

/// The container of the Pod.
pub const CONTAINER: &str = "pull-test";

/// Seconds within which a kubelet has tried the pull.
pub const LIMIT: u32 = 180;

/// Image and identity of a pull test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullTest {
    pub namespace: Namespace,
    pub image: Arc<str>,
    pub account: Name<ServiceAccount>,
    /// What the Pod template lists itself; empty: admission takes what the ServiceAccount lists.
    pub secrets: Vec<Name<Secret>>,
}

/// The permissions of a pull test in the namespace of the workload.
pub fn permissions(namespace: &Namespace) -> [Permission; 3] {
    ["create", "get", "delete"].map(|verb| Permission {
        verb: verb.into(),
        group: "".into(),
        resource: "pods".into(),
        namespace: Some(namespace.clone()),
    })
}

impl PullTest {
    /// The Pod for one node; `number` makes its name unique.
    pub fn pod(&self, node: &str, number: u64) -> Value {
        let secrets: Vec<Value> = self
            .secrets
            .iter()
            .map(|name| json!({ "name": name.as_str() }))
            .collect();
        let mut pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("pullscope-pull-test-{number:x}"),
                "namespace": self.namespace,
                "labels": { LABEL: "true", "app.kubernetes.io/managed-by": "pullscope" },
            },
            "spec": {
                "serviceAccountName": self.account.as_str(),
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 0,
                "activeDeadlineSeconds": LIMIT + 60,
                // Straight to the node: whether the scheduler would choose it is another question.
                "nodeName": node,
                "tolerations": [{ "operator": "Exists" }],
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": 65534,
                    "seccompProfile": { "type": "RuntimeDefault" },
                },
                "containers": [{
                    "name": CONTAINER,
                    "image": &*self.image,
                    "imagePullPolicy": "Always",
                    "command": [COMMAND],
                    "resources": {
                        "requests": { "cpu": "1m", "memory": "4Mi" },
                        "limits": { "cpu": "50m", "memory": "32Mi" },
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "capabilities": { "drop": ["ALL"] },
                    },
                }],
            },
        });
        if !secrets.is_empty()
            && let Some(Value::Object(spec)) = pod.get_mut("spec")
        {
            spec.insert("imagePullSecrets".to_owned(), Value::Array(secrets));
        }
        pod
    }
}

/// The result of a node's kubelet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullTestResult {
    /// With the time that the kubelet says it took.
    Pulled { took: Option<SignedDuration> },
    /// In the kubelet's words, and what they mean.
    Failed {
        message: String,
        cause: Option<Cause>,
    },
    /// It never came to a pull.
    Unknown(String),
}

/// The end of a pull test on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullTestOutcome {
    pub pulled: PullTestResult,
    /// Whether the Pod is gone. Else it ends by its `activeDeadlineSeconds`, and is there to be deleted.
    pub is_deleted: bool,
}

impl PullTestResult {
    /// The result as a probe conclusion.
    pub fn conclusion(&self, node: &str) -> Option<ProbeConclusion> {
        let (answer, cause, alternatives, summary) = match self {
            Self::Pulled { .. } => (
                PullAnswer::Ok,
                None,
                Vec::new(),
                format!("a pull test on node {node} succeeded: the next attempt should work"),
            ),
            Self::Failed { message, cause } => (
                PullAnswer::No,
                *cause,
                // The kubelet's words are as ambiguous in a test as they were before.
                classify(message).alternatives,
                format!("a pull test on node {node} failed: {message}"),
            ),
            Self::Unknown(_) => return None,
        };
        Some(ProbeConclusion {
            answer,
            cause,
            root: cause.and_then(RootCause::from_cause),
            alternatives,
            ruled_out: Vec::new(),
            suggestion: None,
            tags: Vec::new(),
            summary,
        })
    }
}

/// Reads the result from the Pod and its events, oldest first; `None` while it is open.
pub fn result(pod: &Pod, events: &[Arc<Event>]) -> Option<PullTestResult> {
    let container = pod.containers.iter().find(|c| &*c.name == CONTAINER)?;
    let pulled = || PullTestResult::Pulled {
        took: timeline::last_pull(container, events).map(|pull| pull.took),
    };
    // A webhook may have put containers of its own into the Pod.
    let of_ours = |event: &&Arc<Event>| event.regarding.container() == Some(CONTAINER);
    let ours = events.iter().rev().filter(of_ours);
    let said = ours.clone().find(|event| &*event.reason == "Pulled");
    match &container.state {
        // It cannot be running; the runtime has tried to, and for that it has the image.
        ContainerState::Running { .. } | ContainerState::Terminated(_) => Some(pulled()),
        ContainerState::Unreported => rejected(pod),
        ContainerState::Waiting { reason, message } => {
            if said.is_some() {
                return Some(pulled());
            }
            if !pull_failure::is_pull_reason(reason) {
                return rejected(pod);
            }
            let texts = message.iter().map(|text| &**text);
            let failed = ours.filter(|event| pull_failure::is_pull_failure_event(event));
            let mut texts = texts.chain(failed.map(|event| &*event.message));
            // A kubelet that only says that it backs off has said why just before.
            let text = texts.find(|text| pull_failure::names_cause(text));
            let silent = matches!(&**reason, "ImagePullBackOff" | "ErrImagePull");
            let text = match text {
                Some(text) => text,
                None if silent => return None,
                None => message.as_deref().unwrap_or(reason),
            };
            Some(PullTestResult::Failed {
                message: text.to_owned(),
                cause: classify(text).cause,
            })
        }
    }
}

/// A node that does not take the Pod: no such node, out of Pods, out of memory.
fn rejected(pod: &Pod) -> Option<PullTestResult> {
    let reason = pod.reason.as_deref()?;
    let message = pod.message.as_deref().unwrap_or_default();
    Some(PullTestResult::Unknown(format!(
        "the node rejects the Pod: {reason} {message}"
    )))
}

/// Whether a pull test, or a reader of a node's files, created this Pod.
///
/// One that exists at startup was left behind by a killed program.
pub fn is_of_a_test(pod: &Pod) -> bool {
    pod.meta.label(LABEL).is_some() || pod.meta.label(NODE_FILES_LABEL).is_some()
}

/// Key of a Pod in a manifest made here.
pub fn key(namespace: &Namespace, manifest: &Value) -> ObjectRef<Pod> {
    let name = manifest.pointer("/metadata/name").and_then(Value::as_str);
    ObjectRef::new(namespace.clone(), Name::new(name.unwrap_or_default()))
}

/// The kubectl command that deletes the test's Pod.
pub fn deletion(pod: &ObjectRef<Pod>) -> String {
    format!(
        "kubectl -n {} delete pod {} --ignore-not-found",
        pod.namespace, pod.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{event, pod, seconds_ago, waiting};

    fn test() -> PullTest {
        PullTest {
            namespace: Namespace::new("shop"),
            image: "ghcr.io/acme/web:1".into(),
            account: Name::new("runner"),
            secrets: Vec::new(),
        }
    }

    #[test]
    fn the_pod_is_harmless_and_takes_its_secrets_from_the_account() {
        let manifest = test().pod("node-1", 0xabc);
        assert_eq!(
            key(&Namespace::new("shop"), &manifest).name.as_str(),
            "pullscope-pull-test-abc"
        );
        let spec = &manifest["spec"];
        assert_eq!(spec["containers"][0]["command"], json!([COMMAND]));
        assert_eq!(spec["containers"][0]["imagePullPolicy"], "Always");
        assert_eq!(spec["automountServiceAccountToken"], false);
        assert_eq!(spec.get("imagePullSecrets"), None);
        let own = PullTest {
            secrets: vec![Name::new("own")],
            ..test()
        };
        assert_eq!(
            own.pod("n", 1)["spec"]["imagePullSecrets"],
            json!([{ "name": "own" }])
        );
    }

    fn seen(state: ContainerState, said: &[(&str, &str)]) -> Option<PullTestResult> {
        let mut pod = pod("shop", "t", state);
        pod.containers[0].name = CONTAINER.into();
        let events: Vec<_> = said
            .iter()
            .map(|(reason, message)| {
                let mut event = event(reason, "t", reason, message, 1, seconds_ago(5));
                event.regarding.field = Some(format!("spec.containers{{{CONTAINER}}}").into());
                Arc::new(event)
            })
            .collect();
        result(&pod, &events)
    }

    #[test]
    fn what_is_said_of_an_injected_container_is_no_result() {
        let mut pod = pod("shop", "t", waiting("PodInitializing", ""));
        pod.containers[0].name = CONTAINER.into();
        let mut event = event(
            "e1",
            "t",
            "Pulled",
            "Pulled image \"mesh/proxy:1\"",
            1,
            seconds_ago(5),
        );
        event.regarding.field = Some("spec.initContainers{proxy}".into());
        assert_eq!(result(&pod, &[Arc::new(event)]), None);
    }

    #[test]
    fn words_that_can_mean_two_things_still_do_in_a_test() {
        let message = "pull access denied, repository does not exist or may require authorization";
        let no = PullTestResult::Failed {
            message: message.to_owned(),
            cause: classify(message).cause,
        };
        assert!(!no.conclusion("node-1").unwrap().alternatives.is_empty());
    }

    #[test]
    fn the_kubelets_result_is_read_off_the_pod() {
        let denied = "rpc error: failed to resolve reference \"ghcr.io/acme/web:1\": unexpected status: 403 Forbidden";
        assert_eq!(seen(waiting("ContainerCreating", ""), &[]), None);
        assert!(matches!(
            seen(waiting("ErrImagePull", denied), &[]),
            Some(PullTestResult::Failed { cause: Some(_), .. })
        ));
        // The wait says only that it waits; the event before said why.
        let back_off = waiting(
            "ImagePullBackOff",
            "Back-off pulling image \"ghcr.io/acme/web:1\"",
        );
        assert_eq!(seen(back_off.clone(), &[]), None);
        let failed = format!("Failed to pull image \"ghcr.io/acme/web:1\": {denied}");
        assert!(matches!(
            seen(back_off, &[("Failed", &failed)]),
            Some(PullTestResult::Failed { .. })
        ));
        let pulled = "Successfully pulled image \"ghcr.io/acme/web:1\" in 2.5s";
        let started = waiting("CreateContainerError", "no such file");
        assert_eq!(
            seen(started, &[("Pulled", pulled)]),
            Some(PullTestResult::Pulled {
                took: Some(SignedDuration::from_millis(2500))
            })
        );
    }
}
