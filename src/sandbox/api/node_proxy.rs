//! Handler of `nodes/proxy`: a kubelet's `/configz` and `/metrics`, by way of the API server.

use http::{Method, Response, StatusCode};

use super::{
    body::{self, Body},
    read,
    request::ApiRequest,
    route::RequestTarget,
};
use crate::sandbox::{
    kubelet::node_config,
    object,
    status::{ApiResult, ApiStatus},
    world::World,
};

pub fn answer(
    world: &World,
    call: &ApiRequest,
    target: &RequestTarget,
    path: &str,
) -> ApiResult<Response<Body>> {
    let node = read::find(world, target)?;
    if call.method != Method::GET {
        return Err(ApiStatus::method_not_allowed());
    }
    match path {
        "/configz" => Ok(body::ok(&node_config::configz(world, object::name(&node)))),
        "/metrics" => {
            let text = node_config::metrics(world, object::name(&node));
            Ok(body::typed(
                StatusCode::OK,
                "text/plain; version=0.0.4",
                text,
            ))
        }
        _ => Err(ApiStatus::no_such_path()),
    }
}
