//! Field selectors: the few fields of each kind that the real server can select by.

use std::borrow::Cow;

use serde_json::Value;

use crate::sandbox::{
    resources::ResourceKind,
    status::{ApiResult, ApiStatus},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldRequirement {
    /// Where the field stands in the object.
    pointer: String,
    /// What an object has that does not say.
    absent: &'static str,
    comparison: Comparison,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    IsNot,
}

impl FieldRequirement {
    fn new(kind: ResourceKind, field: &str, comparison: Comparison, value: &str) -> Self {
        let path = match (kind, field) {
            (ResourceKind::Event, "source") => "source.component".to_owned(),
            (ResourceKind::Event, _) => field.replace("regarding.", "involvedObject."),
            (ResourceKind::Namespace, "name") => "metadata.name".to_owned(),
            (ResourceKind::Job, "status.successful") => "status.succeeded".to_owned(),
            _ => field.to_owned(),
        };
        Self {
            absent: match path.as_str() {
                "spec.unschedulable" => "false",
                "status.replicas" | "status.succeeded" => "0",
                _ => "",
            },
            pointer: format!("/{}", path.replace('.', "/")),
            comparison,
            value: value.to_owned(),
        }
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let found: Cow<'_, str> = match object.pointer(&self.pointer) {
            Some(Value::String(text)) => text.into(),
            None | Some(Value::Null) => self.absent.into(),
            Some(other) => other.to_string().into(),
        };
        (found == self.value.as_str()) == (self.comparison == Comparison::Is)
    }
}

pub(super) fn parse(kind: ResourceKind, text: &str) -> ApiResult<Vec<FieldRequirement>> {
    text.split(',')
        .filter(|term| !term.is_empty())
        .map(|term| {
            let (field, comparison, value) = if let Some((field, value)) = term.split_once("!=") {
                (field, Comparison::IsNot, value)
            } else if let Some((field, value)) =
                term.split_once("==").or_else(|| term.split_once('='))
            {
                (field, Comparison::Is, value)
            } else {
                return Err(ApiStatus::bad_request(format!(
                    "invalid selector: {text:?}; can't understand {term:?}"
                )));
            };
            if !supported(kind).contains(&field)
                && !matches!(field, "metadata.name" | "metadata.namespace")
            {
                return Err(ApiStatus::bad_request(unsupported(kind, field)));
            }
            Ok(FieldRequirement::new(kind, field, comparison, value))
        })
        .collect()
}

/// Kinds that offer more than name and namespace have their own words
/// (`AddFieldLabelConversionsFor…`, `DefaultMetaV1FieldSelectorConversion`).
fn unsupported(kind: ResourceKind, field: &str) -> String {
    if supported(kind).is_empty() {
        return format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        );
    }
    format!("field label not supported: {field}")
}

/// The fields besides name and namespace that the real server can select by.
fn supported(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ResourceKind::Secret => &["type"],
        ResourceKind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "regarding.kind",
            "regarding.name",
            "regarding.namespace",
            "regarding.uid",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ResourceKind::Namespace => &["status.phase", "name"],
        ResourceKind::Node => &["spec.unschedulable"],
        ResourceKind::ReplicaSet => &["status.replicas"],
        ResourceKind::Job => &["status.successful"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn field_selectors_select_what_the_kind_offers() {
        let object = json!({
            "metadata": {"name": "s"}, "type": "Opaque",
            "involvedObject": {"name": "web-1"}, "source": {"component": "kubelet"},
        });
        for (kind, selector, matches) in [
            (ResourceKind::Secret, "type=Opaque,metadata.name!=t", true),
            (ResourceKind::Secret, "type!=Opaque", false),
            (
                ResourceKind::Event,
                "regarding.name==web-1,source=kubelet",
                true,
            ),
            (ResourceKind::Node, "spec.unschedulable=false", true),
            (ResourceKind::Job, "status.successful=0", true),
            (ResourceKind::Pod, "spec.nodeName=", true),
        ] {
            let wanted = parse(kind, selector).unwrap();
            let holds = wanted.iter().all(|wanted| wanted.matches(&object));
            assert_eq!(holds, matches, "{selector}");
        }
        assert!(parse(ResourceKind::Secret, "data.x=1").is_err());
        assert!(parse(ResourceKind::Secret, "type").is_err());
    }
}
