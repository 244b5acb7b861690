//! Write options of a request: field manager and dry run.

use http::{Method, header};

use super::{request::ApiRequest, route::RequestTarget};
use crate::sandbox::{
    resources::Subresource,
    status::ApiResult,
    write::{
        WriteOptions,
        managed_fields::{Manager, Operation},
    },
};

pub fn write_options(call: &ApiRequest, target: &RequestTarget) -> ApiResult<WriteOptions> {
    Ok(WriteOptions {
        manager: Some(manager(call, target, Operation::Update)),
        dry_run: call.query.is_dry_run(options_kind(&call.method))?,
    })
}

/// The kind of the options that come with a method.
fn options_kind(method: &Method) -> &'static str {
    match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        _ => "PatchOptions",
    }
}

/// The field manager: from the request, else the first word of the user agent.
pub fn manager(call: &ApiRequest, target: &RequestTarget, operation: Operation) -> Manager {
    let agent = call.header(header::USER_AGENT);
    let agent = agent.split('/').next().unwrap_or_default();
    let name = call.query.get("fieldManager").unwrap_or(match agent {
        "" => "unknown",
        agent => agent,
    });
    Manager {
        name: name.to_owned(),
        operation,
        subresource: target.subresource.map(Subresource::as_str),
    }
}
