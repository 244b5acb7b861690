//! Reads a node's registry configuration with a short-lived Pod: creates it, waits for its end, reads its log and
//! deletes it.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{
    ApiError, Connection,
    apply::WritePermit,
    decode::{self, Interner},
    paths, request,
    short_lived_pod::{PodEnd, ShortLivedPod},
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Event, EventKind, Pod},
    },
    node::{NodeFileReader, NodeFilesOutcome, OUTPUT_LIMIT, RegistryConfig},
};

/// Between two looks at the Pod.
const PAUSE: Duration = Duration::from_millis(400);

/// The Pod that prints the files.
pub fn reader_pod(reader: &NodeFileReader) -> ShortLivedPod {
    ShortLivedPod::new(&reader.namespace, |number| reader.pod(number))
}

/// Creates the Pod, reads its output, and deletes it.
///
/// The future must be polled to its end: dropped before, it leaves the Pod.
pub async fn run(
    pod: &ShortLivedPod,
    connection: &Connection,
    permit: WritePermit,
    stop: impl Future<Output = ()>,
) -> NodeFilesOutcome {
    let work = read_output(connection, pod.key());
    let (end, is_deleted) = pod.run(connection, permit, work, stop).await;
    let read = match end {
        PodEnd::Done(output) => output.and_then(|text| {
            let files = NodeFileReader::parse_output(&text)?;
            Ok(RegistryConfig::from_files(&files))
        }),
        PodEnd::Stopped(()) => Err("cancelled: pullscope is quitting".to_owned()),
        PodEnd::NotCreated(error) => Err(format!("cannot create the Pod: {error}")),
    };
    NodeFilesOutcome { read, is_deleted }
}

async fn read_output(connection: &Connection, key: &ObjectRef<Pod>) -> Result<String, String> {
    let deadline = Instant::now() + Duration::from_secs(u64::from(NodeFileReader::LIMIT));
    let mut last = String::new();
    while Instant::now() < deadline {
        sleep(PAUSE).await;
        match look(connection, key).await {
            Ok(PodState::Ended) => {
                let log = read_log(connection, key).await;
                return log.map_err(|error| format!("cannot read the log of the Pod: {error}"));
            }
            Ok(PodState::Failed(why)) => return Err(why),
            Ok(PodState::Waiting(why)) => last = why,
            Err(error @ ApiError::Forbidden(_)) => {
                return Err(format!("cannot read the Pod: {error}"));
            }
            // A look that failed is followed by the next one; the deadline bounds them all.
            Err(error) => last = error.to_string(),
        }
    }
    // A volume that is not there, or an image that is not pulled, is told of by events alone.
    let told = warning(connection, key).await.unwrap_or(last);
    Err(format!("no result for {} s: {told}", NodeFileReader::LIMIT))
}

/// How far the Pod is.
#[derive(Debug, PartialEq, Eq)]
enum PodState {
    Waiting(String),
    /// The script has ended.
    Ended,
    Failed(String),
}

#[derive(Deserialize)]
struct PodObject {
    #[serde(default)]
    status: PodStatusObject,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodStatusObject {
    phase: String,
    reason: String,
    message: String,
    container_statuses: Vec<ContainerObject>,
}

#[derive(Deserialize)]
struct ContainerObject {
    name: String,
    #[serde(default)]
    state: StateObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StateObject {
    waiting: Option<ReasonObject>,
    terminated: Option<ReasonObject>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReasonObject {
    reason: String,
    message: String,
    exit_code: i64,
}

impl ReasonObject {
    fn text(&self) -> String {
        format!("{}: {}", self.reason, self.message)
    }
}

async fn look(connection: &Connection, key: &ObjectRef<Pod>) -> Result<PodState, ApiError> {
    let path = paths::pod(key);
    let pod: PodObject = request::get(&connection.client, &path, connection.request_limit).await?;
    Ok(state(&pod))
}

fn state(pod: &PodObject) -> PodState {
    let status = &pod.status;
    // A webhook may have put containers of its own into the Pod.
    let mut containers = status.container_statuses.iter();
    let ours = containers.find(|container| container.name == NodeFileReader::CONTAINER);
    let Some(StateObject {
        waiting,
        terminated,
    }) = ours.map(|container| &container.state)
    else {
        return if status.phase == "Failed" {
            PodState::Failed(format!(
                "the node rejects the Pod: {} {}",
                status.reason, status.message
            ))
        } else {
            PodState::Waiting("the Pod has not started".to_owned())
        };
    };
    match (terminated, waiting) {
        (Some(end), _) if end.exit_code == 0 => PodState::Ended,
        (Some(end), _) => PodState::Failed(format!("the script failed: {}", end.text())),
        (None, Some(waiting)) => match waiting.reason.as_str() {
            "" | "ContainerCreating" | "PodInitializing" => {
                PodState::Waiting("the Pod has not started".to_owned())
            }
            _ => PodState::Failed(waiting.text()),
        },
        (None, None) => PodState::Waiting("the script is running".to_owned()),
    }
}

async fn read_log(connection: &Connection, key: &ObjectRef<Pod>) -> Result<String, ApiError> {
    let pod = paths::pod(key);
    let container = NodeFileReader::CONTAINER;
    let path = format!("{pod}/log?container={container}&limitBytes={OUTPUT_LIMIT}");
    let request = request::get_request(&path)?;
    let (limit, most) = (connection.request_limit, OUTPUT_LIMIT + 1024);
    let bytes = request::read_body_up_to(&connection.client, request, limit, most).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The newest warning about the Pod, for those who may list events.
async fn warning(connection: &Connection, key: &ObjectRef<Pod>) -> Option<String> {
    let events = paths::events(&key.namespace);
    let path = format!("{events}?fieldSelector=involvedObject.name%3D{}", key.name);
    let request = request::get_request(&path).ok()?;
    let limit = connection.request_limit;
    let bytes = request::read_body(&connection.client, request, limit)
        .await
        .ok()?;
    let mut texts = Interner::default();
    let events: Vec<Arc<Event>> =
        decode::objects(&decode::EventDecoder, &bytes, &mut texts).ok()?;
    let warnings = events
        .into_iter()
        .filter(|event| event.kind == EventKind::Warning);
    let last = warnings.max_by_key(|event| event.last)?;
    Some(format!("{}: {}", last.reason, last.message))
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{Arc, Mutex},
    };

    use http::Method;

    use super::*;
    use crate::{
        cluster::mock,
        domain::k8s::{distribution::NodeInfo, object_ref::Namespace},
    };

    /// What a server was asked, and what came of reading the files of a node of it.
    async fn run(
        answer: impl Fn(&Method, &str) -> (u16, String) + Send + Sync + 'static,
    ) -> (Vec<String>, NodeFilesOutcome) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let connection = mock::connection(move |method, path| {
            let place = path.split('?').next().unwrap_or_default();
            let below = place.rsplit('/').next().unwrap_or_default();
            let below = if below == "log" { " log" } else { "" };
            heard.lock().unwrap().push(format!("{method}{below}"));
            Some(answer(method, place))
        });
        let info = NodeInfo::default();
        let namespace = Namespace::new("shop");
        let reader =
            NodeFileReader::new("node-1".into(), namespace, "busybox".into(), &info).unwrap();
        let permit = WritePermit::unless(false).unwrap();
        let outcome = super::run(&reader_pod(&reader), &connection, permit, pending()).await;
        let asked = asked.lock().unwrap();
        (asked.clone(), outcome)
    }

    fn pod(state: &str) -> String {
        format!(
            r#"{{"status":{{"phase":"Running","containerStatuses":[{{"name":"node-files","state":{state}}}]}}}}"#
        )
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_is_read_and_the_pod_deleted() {
        let (asked, outcome) = run(|method, path| match *method {
            Method::GET if path.ends_with("/log") => (
                200,
                "@file /etc/containerd/certs.d/r.example/hosts.toml\n[host.\"https://m.example\"]\n@end\n".to_owned(),
            ),
            Method::GET => (200, pod(r#"{"terminated":{"exitCode":0,"reason":"Completed"}}"#)),
            _ => (201, "{}".to_owned()),
        })
        .await;
        assert_eq!(asked, ["POST", "GET", "GET log", "DELETE"]);
        assert_eq!(outcome.read.unwrap().hosts.len(), 1);
        assert!(outcome.is_deleted);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_told_and_nothing_is_left() {
        let why =
            "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": hostPath volumes";
        let body = serde_json::json!({"message": why, "reason": "Forbidden"}).to_string();
        let (asked, outcome) = run(move |_, _| (403, body.clone())).await;
        assert_eq!(asked, ["POST"]);
        assert!(outcome.read.unwrap_err().contains("hostPath volumes"));
        assert!(outcome.is_deleted);
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_without_a_shell_is_told() {
        let (asked, outcome) = run(|method, _| match *method {
            Method::GET => (
                200,
                pod(r#"{"terminated":{"exitCode":128,"reason":"StartError","message":"exec: \"sh\": executable file not found in $PATH"}}"#),
            ),
            _ => (201, "{}".to_owned()),
        })
        .await;
        assert_eq!(asked.last().map(String::as_str), Some("DELETE"));
        assert!(outcome.read.unwrap_err().contains("\"sh\""));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pod_that_never_starts_is_given_up_and_deleted() {
        let started = Instant::now();
        let (asked, outcome) = run(|method, path| match *method {
            Method::GET if path.ends_with("/events") => (200, r#"{"items":[]}"#.to_owned()),
            Method::GET => (200, pod(r#"{"waiting":{"reason":"ContainerCreating"}}"#)),
            _ => (201, "{}".to_owned()),
        })
        .await;
        assert!(started.elapsed() >= Duration::from_secs(u64::from(NodeFileReader::LIMIT)));
        assert_eq!(asked.last().map(String::as_str), Some("DELETE"));
        assert!(outcome.read.unwrap_err().contains("has not started"));
    }
}
