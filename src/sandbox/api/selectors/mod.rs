//! Selectors of list, watch and `deletecollection`: labels and fields.

mod fields;
mod labels;

use serde_json::Value;

use super::query::QueryString;
use crate::sandbox::{object, resources::Resource, status::ApiResult};

/// The selectors of a request.
#[derive(Clone, Debug)]
pub struct ListSelector {
    namespace: Option<String>,
    name: Option<String>,
    labels: Vec<labels::LabelRequirement>,
    fields: Vec<fields::FieldRequirement>,
}

impl ListSelector {
    pub fn parse(
        resource: &Resource,
        namespace: Option<&str>,
        query: &QueryString,
    ) -> ApiResult<Self> {
        let (labels, fields) = (query.get("labelSelector"), query.get("fieldSelector"));
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            name: None,
            labels: labels::parse(labels.unwrap_or_default())?,
            fields: fields::parse(resource.kind, fields.unwrap_or_default())?,
        })
    }

    /// Narrows the selector to one object, for a watch of a single name.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether everything in the namespace is selected.
    pub fn is_plain(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.name.is_none()
    }

    pub fn matches(&self, object: &Value) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.namespace, object::namespace(object))
            && is(&self.name, object::name(object))
            && self.labels.iter().all(|wanted| wanted.matches(object))
            && self.fields.iter().all(|wanted| wanted.matches(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::resources::ResourceKind;
    use serde_json::json;

    #[test]
    fn a_selector_asks_for_all_at_once() {
        let object = json!({
            "metadata": {"namespace": "app", "name": "web", "labels": {"tier": "front"}},
            "status": {"phase": "Pending"},
        });
        for (namespace, name, query, matches) in [
            (None, None, "", true),
            (Some("app"), Some("web"), "", true),
            (Some("b"), None, "", false),
            (None, Some("w"), "", false),
            (
                None,
                None,
                "labelSelector=tier&fieldSelector=status.phase%3DPending",
                true,
            ),
            (
                None,
                None,
                "labelSelector=tier&fieldSelector=status.phase%3DRunning",
                false,
            ),
            (
                None,
                None,
                "labelSelector=app&fieldSelector=status.phase%3DPending",
                false,
            ),
        ] {
            let query_of = QueryString::parse(query);
            let mut selector =
                ListSelector::parse(ResourceKind::Pod.resource(), namespace, &query_of).unwrap();
            if let Some(name) = name {
                selector = selector.named(name);
            }
            assert_eq!(
                selector.matches(&object),
                matches,
                "{namespace:?} {name:?} {query}"
            );
        }
    }
}
