//! The `ApiStatus` object: how the server says no.
//!
//! Codes, reasons and wording are those of `k8s.io/apimachinery/pkg/api/errors`; clients branch on
//! `reason` and people read `message`.

use serde_json::{Value, json};

use super::{object::Put, resources::Resource};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Expired,
    Gone,
    Invalid,
    Timeout,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
}

impl Reason {
    fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Expired | Self::Gone => 410,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::Timeout => 504,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Expired => "Expired",
            Self::Gone => "Gone",
            Self::Invalid => "Invalid",
            Self::Timeout => "Timeout",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NotAcceptable => "NotAcceptable",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
        }
    }
}

/// One cause of a rejected object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCause {
    pub reason: &'static str,
    pub field: String,
    pub message: String,
}

impl StatusCause {
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self {
            reason: "FieldValueRequired",
            field: field.into(),
            message,
        }
    }

    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self {
            reason: "FieldValueInvalid",
            field: field.into(),
            message: format!("Invalid value: {value}: {detail}"),
        }
    }

    pub fn unsupported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        Self {
            reason: "FieldValueNotSupported",
            field: field.into(),
            message: format!(
                "Unsupported value: {value}: supported values: {}",
                supported.join(", ")
            ),
        }
    }

    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self {
            reason: "FieldValueForbidden",
            field: field.into(),
            message: format!("Forbidden: {detail}"),
        }
    }

    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self {
            reason: "FieldValueNotFound",
            field: field.into(),
            message: format!("Not found: {value}"),
        }
    }

    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self {
            reason: "FieldValueDuplicate",
            field: field.into(),
            message: format!("Duplicate value: {value}"),
        }
    }

    fn sentence(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }
}

/// A `Status` response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiStatus {
    pub reason: Reason,
    pub message: String,
    details: Option<Value>,
    metadata: Option<Value>,
}

/// Result of a handler or controller.
pub type ApiResult<T> = Result<T, ApiStatus>;

impl ApiStatus {
    fn new(reason: Reason, message: String) -> Self {
        Self {
            reason,
            message,
            details: None,
            metadata: None,
        }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.details = Some(details(resource.group, resource.plural, name));
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message.into())
    }

    pub fn unauthorized() -> Self {
        Self::new(Reason::Unauthorized, "Unauthorized".to_owned())
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", resource.qualified());
        Self::new(Reason::NotFound, message).about(resource, name)
    }

    /// 404 for an unknown path.
    pub fn no_such_path() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        let mut status = Self::new(Reason::NotFound, message);
        status.details = Some(json!({}));
        status
    }

    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", resource.qualified());
        Self::new(Reason::AlreadyExists, message).about(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            resource.qualified()
        );
        Self::new(Reason::Conflict, message).about(resource, name)
    }

    /// 409 for an object that is not the expected one; names the kind instead of the resource.
    pub fn failed_precondition(resource: &Resource, name: &str, why: &str) -> Self {
        let kind = resource.name;
        let message = format!("Operation cannot be fulfilled on {kind} {name:?}: {why}");
        let mut status = Self::new(Reason::Conflict, message);
        status.details = Some(details(resource.group, kind, name));
        status
    }

    /// 403 for a new object in a terminating namespace (`NamespaceTerminatingCause`).
    pub fn namespace_terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut status = Self::forbidden(resource, name, &why);
        let cause = StatusCause {
            reason: "NamespaceTerminating",
            field: "metadata.namespace".to_owned(),
            message: format!("namespace {namespace} is being terminated"),
        };
        if let Some(details) = &mut status.details {
            details.put("causes", causes_json(&[cause]));
        }
        status
    }

    /// 409 for a concurrent change (`genericregistry.OptimisticLockErrorMsg`).
    pub fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 409 of server-side apply for fields that others own.
    pub fn apply_conflict(message: String, causes: &[StatusCause]) -> Self {
        let mut status = Self::new(Reason::Conflict, message);
        status.details = Some(json!({ "causes": causes_json(causes) }));
        status
    }

    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {why}", resource.qualified())
        } else {
            format!("{} {name:?} is forbidden: {why}", resource.qualified())
        };
        Self::new(Reason::Forbidden, message).about(resource, name)
    }

    /// 403 for a path that is no resource.
    pub fn forbidden_path(message: String) -> Self {
        let mut status = Self::new(Reason::Forbidden, message);
        status.details = Some(json!({}));
        status
    }

    pub fn invalid(resource: &Resource, name: &str, causes: &[StatusCause]) -> Self {
        let sentences: Vec<String> = causes.iter().map(StatusCause::sentence).collect();
        let list = match sentences.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let group_kind = if resource.group.is_empty() {
            resource.name.to_owned()
        } else {
            format!("{}.{}", resource.name, resource.group)
        };
        let message = format!("{group_kind} {name:?} is invalid: {list}");
        let mut details = details(resource.group, resource.name, name);
        details.put("causes", causes_json(causes));
        let mut status = Self::new(Reason::Invalid, message);
        status.details = Some(details);
        status
    }

    /// 410 for a version that is no longer kept; `continue_token` continues the list from a newer one.
    pub fn expired(message: impl Into<String>, continue_token: Option<String>) -> Self {
        let mut status = Self::new(Reason::Expired, message.into());
        status.metadata = continue_token.map(|token| json!({ "continue": token }));
        status
    }

    /// 504 for a version that was not reached within the timeout.
    pub fn too_large_version(asked: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {asked}, current: {current}");
        let mut status = Self::new(Reason::Timeout, message);
        status.details = Some(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }));
        status
    }

    /// 422 for invalid or contradictory options.
    pub fn invalid_options(kind: &str, cause: &StatusCause) -> Self {
        Self::invalid_request("meta.k8s.io", kind, cause)
    }

    /// 422 for a body that is no valid object.
    pub fn invalid_request(group: &str, kind: &str, cause: &StatusCause) -> Self {
        let message = format!("{kind}.{group} \"\" is invalid: {}", cause.sentence());
        let mut status = Self::new(Reason::Invalid, message);
        let mut details = details(group, kind, "");
        details.put("causes", causes_json(std::slice::from_ref(cause)));
        status.details = Some(details);
        status
    }

    /// 422 for a request that cannot be performed, such as a JSON patch that does not apply.
    pub fn unprocessable(message: &str) -> Self {
        let shown = "the server rejected our request due to an error in our request";
        let mut status = Self::new(Reason::Invalid, shown.to_owned());
        status.details = Some(json!({ "causes": [{ "message": message }] }));
        status
    }

    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(Reason::Gone, message.into())
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        let mut status = Self::new(Reason::MethodNotAllowed, message);
        status.details = Some(json!({}));
        status
    }

    pub fn not_acceptable(accepted: &[&str]) -> Self {
        let message = format!(
            "only the following media types are accepted: {}",
            accepted.join(", ")
        );
        Self::new(Reason::NotAcceptable, message)
    }

    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(Reason::UnsupportedMediaType, message)
    }

    pub fn code(&self) -> u16 {
        self.reason.code()
    }

    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata.clone().unwrap_or_else(|| json!({})),
            "status": "Failure",
            "message": self.message,
            "reason": self.reason.as_str(),
            "code": self.code(),
        });
        if let Some(details) = &self.details {
            body.put("details", details.clone());
        }
        body
    }
}

fn details(group: &str, kind: &str, name: &str) -> Value {
    let mut details = json!({ "kind": kind });
    if !name.is_empty() {
        details.put("name", name);
    }
    if !group.is_empty() {
        details.put("group", group);
    }
    details
}

fn causes_json(causes: &[StatusCause]) -> Value {
    causes
        .iter()
        .map(|cause| {
            json!({ "reason": cause.reason, "message": cause.message, "field": cause.field })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::resources::ResourceKind;

    #[test]
    fn several_causes_stand_in_brackets() {
        let causes = [
            StatusCause::required("spec.selector", ""),
            StatusCause::invalid("metadata.name", &json!("A"), "must be lower case"),
        ];
        let status = ApiStatus::invalid(ResourceKind::Deployment.resource(), "A", &causes);
        assert_eq!(
            status.message,
            "Deployment.apps \"A\" is invalid: [spec.selector: Required value, metadata.name: Invalid value: \"A\": must be lower case]"
        );
        assert_eq!(status.code(), 422);
        assert_eq!(
            status.body().pointer("/details/causes/0/reason"),
            Some(&json!("FieldValueRequired"))
        );
    }
}
