//! Field selectors: the few fields of each kind that the real server can select by.

use std::borrow::Cow;

use serde_json::Value;

use crate::sandbox::{
    resources::Kind,
    status::{Refused, Status},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
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

impl Requirement {
    fn new(kind: Kind, field: &str, comparison: Comparison, value: &str) -> Self {
        let path = match (kind, field) {
            (Kind::Event, "source") => "source.component".to_owned(),
            (Kind::Event, _) => field.replace("regarding.", "involvedObject."),
            (Kind::Namespace, "name") => "metadata.name".to_owned(),
            (Kind::Job, "status.successful") => "status.succeeded".to_owned(),
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

    pub(super) fn holds(&self, object: &Value) -> bool {
        let found: Cow<'_, str> = match object.pointer(&self.pointer) {
            Some(Value::String(text)) => text.into(),
            None | Some(Value::Null) => self.absent.into(),
            Some(other) => other.to_string().into(),
        };
        (found == self.value.as_str()) == (self.comparison == Comparison::Is)
    }
}

pub(super) fn parse(kind: Kind, text: &str) -> Refused<Vec<Requirement>> {
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
                return Err(Status::bad_request(format!(
                    "invalid selector: {text:?}; can't understand {term:?}"
                )));
            };
            if !supported(kind).contains(&field)
                && !matches!(field, "metadata.name" | "metadata.namespace")
            {
                return Err(Status::bad_request(unsupported(kind, field)));
            }
            Ok(Requirement::new(kind, field, comparison, value))
        })
        .collect()
}

/// Kinds that offer more than name and namespace have their own words
/// (`AddFieldLabelConversionsFor…`, `DefaultMetaV1FieldSelectorConversion`).
fn unsupported(kind: Kind, field: &str) -> String {
    if supported(kind).is_empty() {
        return format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        );
    }
    format!("field label not supported: {field}")
}

/// The fields besides name and namespace that the real server can select by.
fn supported(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Kind::Secret => &["type"],
        Kind::Event => &[
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
        Kind::Namespace => &["status.phase", "name"],
        Kind::Node => &["spec.unschedulable"],
        Kind::ReplicaSet => &["status.replicas"],
        Kind::Job => &["status.successful"],
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
            (Kind::Secret, "type=Opaque,metadata.name!=t", true),
            (Kind::Secret, "type!=Opaque", false),
            (Kind::Event, "regarding.name==web-1,source=kubelet", true),
            (Kind::Node, "spec.unschedulable=false", true),
            (Kind::Job, "status.successful=0", true),
            (Kind::Pod, "spec.nodeName=", true),
        ] {
            let wanted = parse(kind, selector).unwrap();
            let holds = wanted.iter().all(|wanted| wanted.holds(&object));
            assert_eq!(holds, matches, "{selector}");
        }
        assert!(parse(Kind::Secret, "data.x=1").is_err());
        assert!(parse(Kind::Secret, "type").is_err());
    }
}
