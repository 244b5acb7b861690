//! Roles and bindings.

use serde_json::{Value, json};

use super::required;
use crate::sandbox::{
    object::{list, text},
    status::StatusCause,
};

pub(super) fn rules(role: &Value) -> Vec<StatusCause> {
    list(role, "/rules")
        .iter()
        .enumerate()
        .filter(|(_, rule)| list(rule, "/verbs").is_empty())
        .map(|(index, _)| {
            let field = format!("rules[{index}].verbs");
            StatusCause::required(field, "verbs must contain at least one value")
        })
        .collect()
}

pub(super) fn binding(binding: &Value) -> Vec<StatusCause> {
    let mut causes = Vec::new();
    let kind = text(binding, "/roleRef/kind");
    if !matches!(kind, "Role" | "ClusterRole") {
        let field = "roleRef.kind";
        causes.push(StatusCause::unsupported(
            field,
            &json!(kind),
            &["Role", "ClusterRole"],
        ));
    }
    causes.extend(required(binding, "/roleRef/name", "roleRef.name"));
    causes
}

pub(super) fn role_ref(old: &Value, new: &Value) -> Vec<StatusCause> {
    if old.get("roleRef") == new.get("roleRef") {
        return Vec::new();
    }
    let value = new.get("roleRef").cloned().unwrap_or(Value::Null);
    vec![StatusCause::invalid(
        "roleRef",
        &value,
        "cannot change roleRef",
    )]
}
