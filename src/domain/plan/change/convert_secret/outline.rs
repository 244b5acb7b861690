//! A Secret without its values: enough to show what a conversion keeps.

use serde_json::Value;

use crate::domain::plan::{
    DiffLine,
    preview::{HIDDEN, added, removed, same},
};

/// The parts of a Secret without its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretOutline {
    kind: String,
    /// The keys under `data`.
    keys: Vec<String>,
    /// The key that holds the configuration.
    source: String,
    labels: Vec<String>,
    annotations: Vec<String>,
    owners: Vec<String>,
    immutable: bool,
}

/// The type that the kubelet reads, and the key in which it looks.
const TYPE: &str = "kubernetes.io/dockerconfigjson";
const KEY: &str = ".dockerconfigjson";

/// Repeats the object as it was applied, with its type.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl SecretOutline {
    /// The outline of a Secret whose configuration is under the key `source`.
    pub fn from_secret(secret: &Value, source: &str) -> Self {
        let names = |pointer: &str| -> Vec<String> {
            let fields = secret.pointer(pointer).and_then(Value::as_object);
            fields
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect()
        };
        let labels = secret
            .pointer("/metadata/labels")
            .and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        let owners = secret
            .pointer("/metadata/ownerReferences")
            .and_then(Value::as_array);
        let text = |value: &Value, field: &str| {
            value
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            kind: text(secret, "type"),
            keys: names("/data"),
            source: source.to_owned(),
            labels: labels
                .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default()))
                .collect(),
            annotations: names("/metadata/annotations"),
            owners: owners
                .into_iter()
                .flatten()
                .map(|owner| format!("{}/{}", text(owner, "kind"), text(owner, "name")))
                .collect(),
            immutable: secret.get("immutable").and_then(Value::as_bool) == Some(true),
        }
    }

    /// What stays, what goes and what comes when the Secret becomes a pull secret.
    pub(super) fn converted(&self) -> Vec<DiffLine> {
        let mut lines = vec![
            same("metadata:"),
            removed("  uid, creationTimestamp, managedFields  # the server gives new ones"),
            removed("  # objects whose ownerReferences name this Secret are deleted with it"),
        ];
        lines.extend(group("  labels:", &self.labels, ""));
        lines.extend(group("  annotations:", &self.annotations, ": (kept)"));
        if self.annotations.iter().any(|name| name == LAST_APPLIED) {
            lines.push(same(
                "    # what is applied next must name the new type too: the old one is refused",
            ));
        }
        lines.extend(group("  ownerReferences:", &self.owners, ""));
        lines.push(removed(format!("type: {}", self.kind)));
        lines.push(added(format!("type: {TYPE}")));
        lines.push(same("data:"));
        for key in self
            .keys
            .iter()
            .filter(|key| *key != KEY || self.source == KEY)
        {
            lines.push(same(format!("  {key}: {HIDDEN}")));
        }
        if self.source != KEY {
            if self.keys.iter().any(|key| key == KEY) {
                lines.push(removed(format!("  {KEY}: {HIDDEN}")));
            }
            lines.push(added(format!(
                "  {KEY}: {HIDDEN}  # the value of {}",
                self.source
            )));
        }
        if self.immutable {
            lines.push(same("immutable: true"));
        }
        lines
    }
}

/// Lines that stay, under their head; none where there is nothing.
fn group(head: &str, items: &[String], mark: &str) -> Vec<DiffLine> {
    let head = (!items.is_empty()).then(|| same(head));
    let items = items.iter().map(|item| same(format!("    {item}{mark}")));
    head.into_iter().chain(items).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::plan::DiffTag;

    #[test]
    fn a_conversion_shows_what_it_keeps_and_no_value() {
        let secret = json!({
            "type": "Opaque", "immutable": true,
            "metadata": {
                "labels": {"team": "a"},
                "annotations": {LAST_APPLIED: "canary"},
                "ownerReferences": [{"kind": "Pipeline", "name": "ci", "uid": "1"}],
            },
            "data": {"config.json": "canary", "other": "canary", KEY: "canary"},
        });
        let lines = SecretOutline::from_secret(&secret, "config.json").converted();
        let marked = |mark: DiffTag| -> String {
            let lines = lines.iter().filter(|line| line.mark == mark);
            let lines: Vec<&str> = lines.map(|line| line.text.as_str()).collect();
            lines.join("\n")
        };
        let kept = marked(DiffTag::Same);
        for part in [
            "team: a",
            LAST_APPLIED,
            "Pipeline/ci",
            "config.json: ",
            "other: ",
            "immutable: true",
        ] {
            assert!(kept.contains(part), "{part}: {kept}");
        }
        let gone = marked(DiffTag::Removed);
        for part in ["uid", "ownerReferences name this", "type: Opaque", KEY] {
            assert!(gone.contains(part), "{part}: {gone}");
        }
        assert!(marked(DiffTag::Added).contains("# the value of config.json"));
        assert!(!format!("{lines:?}").contains("canary"));
    }
}
