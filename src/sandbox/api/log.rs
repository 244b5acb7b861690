//! Handler of container logs, with the kubelet's errors (`validateContainerLogStatus`).

use http::{Response, StatusCode};
use serde_json::Value;

use super::{
    body::{self, Body},
    query::QueryString,
    read,
    route::RequestTarget,
};
use crate::sandbox::{
    object::{self, list, text},
    status::{ApiResult, ApiStatus},
    world::World,
};

pub fn log(
    world: &World,
    target: &RequestTarget,
    query: &QueryString,
) -> ApiResult<Response<Body>> {
    let pod = read::find(world, target)?;
    let name = container(&pod, query.get("container"))?;
    let lines = match status(&pod, name) {
        // Nobody has it yet whom to ask.
        _ if text(&pod, "/spec/nodeName").is_empty() => String::new(),
        Some(status) => written(&pod, name, status)?,
        None => return Err(waiting(&pod, name, "ContainerCreating")),
    };
    Ok(body::typed(StatusCode::OK, "text/plain", lines))
}

/// The container that is meant (`LogLocation`).
fn container<'a>(pod: &'a Value, said: Option<&'a str>) -> ApiResult<&'a str> {
    let names_of = |field: &str| -> Vec<&'a str> {
        let containers = list(pod, &format!("/spec/{field}")).iter();
        containers.map(|it| text(it, "/name")).collect()
    };
    let (init, main) = (names_of("initContainers"), names_of("containers"));
    let pod = object::name(pod);
    let Some(said) = said else {
        if let [only] = main.as_slice() {
            return Ok(only);
        }
        let mut why = format!(
            "a container name must be specified for pod {pod}, choose one of: [{}]",
            main.join(" ")
        );
        if !init.is_empty() {
            why = format!("{why} or one of the init containers: [{}]", init.join(" "));
        }
        return Err(ApiStatus::bad_request(why));
    };
    if init.iter().chain(&main).any(|name| *name == said) {
        return Ok(said);
    }
    let why = format!("container {said} is not valid for pod {pod}");
    Err(ApiStatus::bad_request(why))
}

fn status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|field| list(pod, &format!("/status/{field}")))
        .find(|status| text(status, "/name") == container)
}

fn written(pod: &Value, name: &str, status: &Value) -> ApiResult<String> {
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

fn waiting(pod: &Value, name: &str, why: &str) -> ApiStatus {
    ApiStatus::bad_request(format!(
        "container {name:?} in pod {:?} is waiting to start: {why}",
        object::name(pod)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_container_is_the_only_one_or_the_one_that_is_named() {
        let one = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}]}});
        let two = json!({"metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "i"}]}});
        for (pod, said, answer) in [
            (&one, None, Ok("a")),
            (&two, Some("i"), Ok("i")),
            (&one, Some("x"), Err("container x is not valid for pod p")),
            (
                &two,
                None,
                Err(
                    "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]",
                ),
            ),
        ] {
            let found = container(pod, said).map_err(|status| status.message);
            assert_eq!(found, answer.map_err(str::to_owned));
        }
    }
}
