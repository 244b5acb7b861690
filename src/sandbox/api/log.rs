//! What a container has written, as far as the sandbox's programs write; or why there is nothing yet, in
//! the kubelet's words (`validateContainerLogStatus`).

use http::{Response, StatusCode};
use serde_json::Value;

use super::{
    body::{self, Body},
    query::Query,
    read,
    route::Target,
};
use crate::sandbox::{
    object::{self, list, text},
    status::{Refused, Status},
    world::World,
};

pub fn log(world: &World, target: &Target, query: &Query) -> Refused<Response<Body>> {
    let pod = read::find(world, target)?;
    let first = || text(&pod, "/spec/containers/0/name");
    let name = query.get("container").unwrap_or_else(first);
    let status = ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|field| list(&pod, &format!("/status/{field}")))
        .find(|status| text(status, "/name") == name);
    let lines = match status {
        Some(status) => written(&pod, name, status)?,
        None => return Err(waiting(&pod, name, "ContainerCreating")),
    };
    Ok(body::typed(StatusCode::OK, "text/plain", lines))
}

fn written(pod: &Value, name: &str, status: &Value) -> Refused<String> {
    let reason = text(status, "/state/waiting/reason");
    let crashed = ["/state/terminated", "/lastState/terminated"]
        .into_iter()
        .find_map(|pointer| status.pointer(pointer));
    match (reason, crashed) {
        ("", None) => {
            let since = text(status, "/state/running/startedAt");
            Ok(format!("{since} {name} started\n"))
        }
        (_, Some(end)) => Ok(format!(
            "{} {name} started\n{} {name} ended with {}\n",
            text(end, "/startedAt"),
            text(end, "/finishedAt"),
            object::number(end, "/exitCode"),
        )),
        ("ErrImagePull", None) => Err(waiting(pod, name, "image can't be pulled")),
        ("ImagePullBackOff", None) => Err(waiting(pod, name, "trying and failing to pull image")),
        (reason, None) => Err(waiting(pod, name, reason)),
    }
}

fn waiting(pod: &Value, name: &str, why: &str) -> Status {
    Status::bad_request(format!(
        "container {name:?} in pod {:?} is waiting to start: {why}",
        object::name(pod)
    ))
}
