//! Creates Namespaces.

use serde_json::Value;

use super::{api::ApiServer, create::create as create_object};
use crate::{
    cluster::{ApiError, paths},
    domain::plan::{ChangeResult, CreateNamespace, manifest},
};

pub(super) async fn create(
    server: ApiServer<'_>,
    change: &CreateNamespace,
) -> Result<ChangeResult, ApiError> {
    let body = manifest::namespace(&change.name);
    let fits = |there: &Value| {
        let phase = there.pointer("/status/phase").and_then(Value::as_str);
        if phase == Some("Terminating") {
            return Err("it is terminating: try again when it is gone".to_owned());
        }
        Ok(())
    };
    let name = change.name.as_str();
    let creation = create_object(server, paths::NAMESPACES, name, &body, fits).await?;
    Ok(creation.done_for_good())
}
