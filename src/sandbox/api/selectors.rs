//! Label and field selectors.

use serde_json::Value;

use super::query::Query;
use crate::sandbox::{
    object::{self, text},
    resources::{Kind, Resource},
    status::{Refused, Status},
};

/// What a list or a watch shows of a collection.
#[derive(Clone, Debug)]
pub struct Selector {
    kind: Kind,
    namespace: Option<String>,
    name: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<(String, Comparison, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    IsNot,
}

impl Test {
    /// Whether its values can be values of a label.
    fn fits(&self) -> bool {
        let (Self::In(values) | Self::NotIn(values)) = self else {
            return true;
        };
        values.iter().all(|value| {
            value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
    }
}

impl Selector {
    pub fn parse(resource: &Resource, namespace: Option<&str>, query: &Query) -> Refused<Self> {
        Ok(Self {
            kind: resource.kind,
            namespace: namespace.map(str::to_owned),
            name: None,
            labels: labels(query.get("labelSelector").unwrap_or_default())?,
            fields: fields(resource, query.get("fieldSelector").unwrap_or_default())?,
        })
    }

    /// Narrows to one object, as a watch of a single name does.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether everything in the namespace is meant.
    pub fn is_plain(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.name.is_none()
    }

    pub fn matches(&self, object: &Value) -> bool {
        let in_place = self
            .namespace
            .as_deref()
            .is_none_or(|namespace| object::namespace(object) == namespace)
            && self
                .name
                .as_deref()
                .is_none_or(|name| object::name(object) == name);
        in_place
            && self.labels.iter().all(|wanted| wanted.holds(object))
            && self.fields.iter().all(|(field, comparison, value)| {
                let equal = field_value(self.kind, object, field) == value.as_str();
                equal == (*comparison == Comparison::Is)
            })
    }
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let value = object::label(object, &self.key);
        let is_one_of = |values: &[String]| {
            value.is_some_and(|value| values.iter().any(|wanted| wanted == value))
        };
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::In(values) => is_one_of(values),
            Test::NotIn(values) => !is_one_of(values),
        }
    }
}

fn labels(text: &str) -> Refused<Vec<Requirement>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    split_outside_brackets(text)
        .into_iter()
        .map(str::trim)
        .map(|term| {
            requirement(term).ok_or_else(|| {
                Status::bad_request(format!(
                    "unable to parse requirement: invalid label selector {term:?}"
                ))
            })
        })
        .collect()
}

fn requirement(term: &str) -> Option<Requirement> {
    let make = |key: &str, test: Test| {
        let key = key.trim();
        let fits = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
        (fits && test.fits()).then(|| Requirement {
            key: key.to_owned(),
            test,
        })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = term.strip_prefix('!') {
        return make(key, Test::Absent);
    }
    if let Some((key, value)) = term.split_once("!=") {
        return make(key, Test::NotIn(one(value)));
    }
    if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return make(key, Test::In(one(value)));
    }
    if let Some((head, values)) = term.split_once('(') {
        let values = values
            .strip_suffix(')')?
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => make(key, Test::In(values)),
            "notin" => make(key, Test::NotIn(values)),
            _ => None,
        };
    }
    make(term, Test::Exists)
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn fields(resource: &Resource, text: &str) -> Refused<Vec<(String, Comparison, String)>> {
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
            if !supported(resource.kind).contains(&field)
                && !matches!(field, "metadata.name" | "metadata.namespace")
            {
                return Err(Status::bad_request(unsupported(resource.kind, field)));
            }
            Ok((field.to_owned(), comparison, value.to_owned()))
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

fn field_value<'a>(kind: Kind, object: &'a Value, field: &str) -> std::borrow::Cow<'a, str> {
    let field = match (kind, field) {
        (Kind::Event, "source") => "source.component".to_owned(),
        (Kind::Event, _) => field.replace("regarding.", "involvedObject."),
        (Kind::Namespace, "name") => "metadata.name".to_owned(),
        (Kind::Job, "status.successful") => "status.succeeded".to_owned(),
        _ => field.to_owned(),
    };
    let pointer = format!("/{}", field.replace('.', "/"));
    match object.pointer(&pointer) {
        Some(Value::String(_)) => text(object, &pointer).into(),
        Some(Value::Null) => "".into(),
        Some(other) => other.to_string().into(),
        None if field == "spec.unschedulable" => "false".into(),
        None if matches!(field.as_str(), "status.replicas" | "status.succeeded") => "0".into(),
        None => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selects(kind: Kind, query: &str, object: &Value) -> bool {
        Selector::parse(kind.resource(), None, &Query::parse(query))
            .unwrap()
            .matches(object)
    }

    #[test]
    fn label_selectors_select() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        for (selector, matches) in [
            ("app=web", true),
            ("app==web,tier!=back", true),
            ("app in (web, api),tier", true),
            ("app notin (web)", false),
            ("!app", false),
            ("!other", true),
            ("other!=x", true),
            ("other", false),
        ] {
            let query = format!("labelSelector={}", selector.replace(' ', "+"));
            assert_eq!(selects(Kind::Pod, &query, &object), matches, "{selector}");
        }
    }

    #[test]
    fn field_selectors_select_what_the_kind_offers() {
        let secret = json!({"metadata": {"name": "s"}, "type": "Opaque"});
        assert!(selects(
            Kind::Secret,
            "fieldSelector=type%3DOpaque,metadata.name!=t",
            &secret
        ));
        assert!(!selects(
            Kind::Secret,
            "fieldSelector=type!%3DOpaque",
            &secret
        ));
        let query = Query::parse("fieldSelector=data.x%3D1");
        assert!(Selector::parse(Kind::Secret.resource(), None, &query).is_err());
        assert!(requirement("a b").is_none());
    }
}
