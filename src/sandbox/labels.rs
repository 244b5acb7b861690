//! Formats labels and label selectors.

use serde_json::{Map, Value};

use super::object::{list, map, text};

/// Formats labels as `a=b,c=d`; empty without labels.
pub fn pairs(labels: Option<&Map<String, Value>>) -> String {
    let pairs: Vec<String> = each(labels).collect();
    pairs.join(",")
}

/// Formats a `LabelSelector` as query text (`metav1.LabelSelectorAsSelector`).
pub fn selector(selector: &Value) -> String {
    let expressions = list(selector, "/matchExpressions")
        .iter()
        .map(|expression| {
            let key = text(expression, "/key");
            let values: Vec<&str> = list(expression, "/values")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let values = values.join(",");
            match text(expression, "/operator") {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.to_owned(),
                _ => format!("!{key}"),
            }
        });
    let terms: Vec<String> = each(map(selector, "/matchLabels"))
        .chain(expressions)
        .collect();
    terms.join(",")
}

fn each(labels: Option<&Map<String, Value>>) -> impl Iterator<Item = String> {
    labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selector_reads_as_a_query() {
        let wanted = json!({
            "matchLabels": {"app": "web", "tier": "front"},
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["a", "b"]},
                {"key": "canary", "operator": "DoesNotExist"},
            ],
        });
        assert_eq!(
            selector(&wanted),
            "app=web,tier=front,zone in (a,b),!canary"
        );
        assert_eq!(selector(&json!({})), "");
    }
}
