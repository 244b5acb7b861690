//! `ValidatingAdmissionPolicy`, as far as it judges the images of Pods by the start of their names.

use serde_json::Value;

use crate::sandbox::{
    object::{self, list, text},
    resources::ResourceKind,
    status::{ApiResult, ApiStatus},
    world::World,
};

/// A policy, bound under its own name, with `validationActions: [Deny]`.
#[derive(Clone, Debug)]
pub struct ImagePolicy {
    pub name: String,
    /// What no image may start with.
    pub images: String,
    pub message: String,
}

pub(super) fn validate(world: &World, pod: &Value) -> ApiResult<()> {
    let containers = || list(pod, "/spec/containers").iter();
    for policy in &world.image_policies {
        if containers().any(|it| text(it, "/image").starts_with(&policy.images)) {
            let (name, message) = (&policy.name, &policy.message);
            let why = format!(
                "ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: {message}"
            );
            return Err(ApiStatus::forbidden(
                ResourceKind::Pod.resource(),
                object::name(pod),
                &why,
            ));
        }
    }
    Ok(())
}
