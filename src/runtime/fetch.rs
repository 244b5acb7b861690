//! Fetches data on request: an object as YAML, a Secret's values, a container's log.

use futures::future::join;
use tokio::sync::mpsc;

use crate::{
    app::{message::Message, request_id::RequestId},
    cluster::{ApiError, Connection, get, secret_values},
    domain::{
        error::UserError,
        k8s::{
            document::YamlDocument,
            logs::LogSource,
            object_ref::{Namespace, ObjectRef},
            objects::{AnyObjectRef, Secret, WorkloadKind},
        },
        rbac::Permission,
        registry_auth::docker_config::DockerConfig,
    },
};

/// Reads an object whole.
pub(super) async fn document(
    connection: Result<Connection, UserError>,
    object: &AnyObjectRef,
) -> Result<YamlDocument, UserError> {
    let answer = get::document(&connection?, object).await;
    answer.map_err(|error| {
        let (group, resource) = resource(object);
        let namespace = object.namespace().clone();
        request_failed(
            format!("cannot read {object}"),
            &error,
            &get(group, &resource, namespace),
        )
    })
}

/// Fetches a Secret's values; `None` where it holds none that the kubelet reads.
pub(super) async fn values(
    connection: Result<Connection, UserError>,
    secret: &ObjectRef<Secret>,
) -> Result<Option<DockerConfig>, UserError> {
    match secret_values::pull_secret(&connection?, secret).await {
        Ok(found) => Ok(found.config),
        Err(error) => Err(unreadable_secret(secret, &error)),
    }
}

/// Pieces of a log that may wait for the loop; a program that writes faster waits itself.
const WAITING: usize = 4;

/// Follows a log to its end; each piece is an answer.
pub(super) async fn log(
    connection: Result<Connection, UserError>,
    request_id: RequestId,
    source: LogSource,
    answers: mpsc::Sender<Message>,
) -> Result<(), UserError> {
    let connection = connection?;
    let (pieces, mut lane) = mpsc::channel(WAITING);
    let reading = async {
        let end = get::log(&connection, &source, &pieces).await;
        drop(pieces);
        end
    };
    let telling = async {
        while let Some(lines) = lane.recv().await {
            if answers
                .send(Message::Logged(request_id, lines))
                .await
                .is_err()
            {
                break;
            }
        }
    };
    let (end, ()) = join(reading, telling).await;
    end.map_err(|error| {
        let what = format!("no logs for container {}", source.container);
        let namespace = source.pod.namespace.clone();
        request_failed(what, &error, &get("", "pods/log", namespace))
    })
}

/// A Secret whose values could not be read.
pub(super) fn unreadable_secret(secret: &ObjectRef<Secret>, error: &ApiError) -> UserError {
    let what = format!("cannot read Secret {secret}");
    request_failed(what, error, &get("", "secrets", secret.namespace.clone()))
}

/// An error with the missing permission, if there is one.
fn request_failed(what: String, error: &ApiError, takes: &Permission) -> UserError {
    let problem = UserError::new(what).with_cause(error.to_string());
    match error {
        ApiError::Forbidden(_) => problem.with_help(format!("request permission to {takes}")),
        _ => problem,
    }
}

fn get(group: &str, resource: &str, namespace: Namespace) -> Permission {
    Permission {
        verb: "get".into(),
        group: group.into(),
        resource: resource.into(),
        namespace: Some(namespace),
    }
}

/// The API's group and resource of an object. All kinds that are shown make their plural with an *s*.
fn resource(object: &AnyObjectRef) -> (&'static str, String) {
    let group = match object {
        AnyObjectRef::Workload(id) => match id.kind {
            WorkloadKind::Job | WorkloadKind::CronJob => "batch",
            WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet => "apps",
        },
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::Secret(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_) => "",
    };
    (group, format!("{}s", object.kind().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::k8s::{object_ref::Name, objects::WorkloadRef};

    #[test]
    fn a_refusal_names_the_permission_as_rbac_has_it() {
        let shop = || Namespace::new("shop");
        let workload = |kind| {
            AnyObjectRef::Workload(WorkloadRef {
                kind,
                key: ObjectRef::new(shop(), Name::new("a")),
            })
        };
        for (object, expected) in [
            (
                AnyObjectRef::ServiceAccount(ObjectRef::new(shop(), Name::new("a"))),
                "get serviceaccounts in namespace shop",
            ),
            (
                workload(WorkloadKind::Deployment),
                "get deployments.apps in namespace shop",
            ),
            (
                workload(WorkloadKind::CronJob),
                "get cronjobs.batch in namespace shop",
            ),
        ] {
            let (group, resource) = resource(&object);
            let permission = get(group, &resource, shop());
            assert_eq!(permission.to_string(), expected);
        }
    }
}
