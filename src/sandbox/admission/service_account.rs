//! `ServiceAccount` admission: a Pod gets an account, and the account's pull secrets if it lists
//! none itself.
//!
//! This is the moment at which `imagePullSecrets` travel from the ServiceAccount into the Pod; an
//! account that changes later changes no Pod that exists
//! (`plugin/pkg/admission/serviceaccount/admission.go`).

use serde_json::Value;

use super::name_before_creation;
use crate::sandbox::{
    object::{self, list, put, put_default, text},
    resources::ResourceKind,
    status::{ApiResult, ApiStatus},
    world::World,
};

pub(super) fn admit(world: &World, pod: &mut Value) -> ApiResult<()> {
    put_default(pod, "/spec/serviceAccountName", "default");
    let name = text(pod, "/spec/serviceAccountName").to_owned();
    put(pod, "/spec/serviceAccount", name.as_str());
    let namespace = object::namespace(pod);
    let Some(account) = world
        .store
        .get(ResourceKind::ServiceAccount, namespace, &name)
    else {
        let why = format!(
            "error looking up service account {namespace}/{name}: serviceaccount {name:?} not found"
        );
        return Err(ApiStatus::forbidden(
            ResourceKind::Pod.resource(),
            name_before_creation(pod),
            &why,
        ));
    };
    if list(pod, "/spec/imagePullSecrets").is_empty() {
        let secrets = list(account, "/imagePullSecrets");
        if !secrets.is_empty() {
            put(pod, "/spec/imagePullSecrets", secrets.to_vec());
        }
    }
    Ok(())
}
