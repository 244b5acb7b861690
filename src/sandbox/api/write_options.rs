//! On whose behalf a request writes, and whether it really does.

use http::{Method, header};

use super::{request::Call, route::Target};
use crate::sandbox::{
    resources::Subresource,
    status::Refused,
    write::{
        Intent,
        managed_fields::{Manager, Operation},
    },
};

pub fn intent(call: &Call, target: &Target) -> Refused<Intent> {
    Ok(Intent {
        manager: Some(manager(call, target, Operation::Update)),
        dry_run: call.query.is_dry_run(options_of(&call.method))?,
    })
}

/// The kind of the options that come with a method.
fn options_of(method: &Method) -> &'static str {
    match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        _ => "PatchOptions",
    }
}

/// Who writes: as the request says, or else the first word of the client's name.
pub fn manager(call: &Call, target: &Target, operation: Operation) -> Manager {
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
