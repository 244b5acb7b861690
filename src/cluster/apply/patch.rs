//! A patch bound to the `resourceVersion` that was read.

use serde_json::{Value, json};

use super::{patches, secret_value::SecretValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PatchKind {
    /// RFC 7386: lists are replaced.
    Merge,
    /// Kubernetes' own: lists of containers are merged by name.
    Strategic,
    /// RFC 6902.
    Json,
}

pub(super) struct Patch {
    kind: PatchKind,
    body: SecretValue,
}

impl Patch {
    /// A merge patch with these fields; `null` removes a field.
    pub(super) fn merge(found: &Value, fields: Value) -> Self {
        Self::new(PatchKind::Merge, found, fields)
    }

    /// A strategic merge patch with these fields; list items are merged by name.
    pub(super) fn strategic(found: &Value, fields: Value) -> Self {
        Self::new(PatchKind::Strategic, found, fields)
    }

    fn new(kind: PatchKind, found: &Value, fields: Value) -> Self {
        let mut body = SecretValue::from(fields);
        if let Some(fields) = body.as_object_mut() {
            let metadata = json!({ "resourceVersion": patches::resource_version(found) });
            fields.insert("metadata".to_owned(), metadata);
        }
        Self { kind, body }
    }

    /// A patch that replaces the value at this path: a merge would keep members that the new value lacks.
    ///
    /// A `test` that fails is answered with 422, as an invalid object is; the version that is put in is
    /// compared like that of an update, and answered with 409.
    pub(super) fn replace(found: &Value, place: &str, value: &Value) -> Self {
        let body = json!([
            { "op": "replace", "path": "/metadata/resourceVersion", "value": patches::resource_version(found) },
            { "op": "replace", "path": place, "value": value },
        ]);
        Self {
            kind: PatchKind::Json,
            body: SecretValue::from(body),
        }
    }

    /// The same patch for another version of the object.
    pub(super) fn rebased_on(&self, found: &Value) -> Self {
        let mut body = SecretValue::from((*self.body).clone());
        let place = match self.kind {
            PatchKind::Merge | PatchKind::Strategic => "/metadata/resourceVersion",
            // The step that `replace` puts first.
            PatchKind::Json => "/0/value",
        };
        if let Some(version) = body.pointer_mut(place) {
            *version = json!(patches::resource_version(found));
        }
        Self {
            kind: self.kind,
            body,
        }
    }

    pub(super) fn media_type(&self) -> &'static str {
        match self.kind {
            PatchKind::Merge => "application/merge-patch+json",
            PatchKind::Strategic => "application/strategic-merge-patch+json",
            PatchKind::Json => "application/json-patch+json",
        }
    }

    pub(super) fn body(&self) -> &SecretValue {
        &self.body
    }

    /// Whether the object already is as the patch makes it.
    pub(super) fn is_applied_to(&self, object: &Value) -> bool {
        match self.kind {
            PatchKind::Merge | PatchKind::Strategic => {
                let fields = self.body.as_object().into_iter().flatten();
                fields
                    .filter(|(name, _)| *name != "metadata")
                    .all(|(name, wanted)| self.contains(object.get(name), wanted))
            }
            PatchKind::Json => {
                let steps = self.body.as_array().into_iter().flatten();
                let place =
                    |step: &'_ Value| step.get("path").and_then(Value::as_str).map(str::to_owned);
                steps
                    .filter(|step| place(step).is_some_and(|place| !place.starts_with("/metadata")))
                    .all(|step| {
                        let there = place(step).and_then(|place| object.pointer(&place).cloned());
                        there.as_ref() == step.get("value")
                    })
            }
        }
    }

    fn contains(&self, there: Option<&Value>, wanted: &Value) -> bool {
        match (there, wanted) {
            (None, Value::Null) => true,
            (Some(there), Value::Object(fields)) => fields
                .iter()
                .all(|(name, wanted)| self.contains(there.get(name), wanted)),
            (Some(Value::Array(there)), Value::Array(items))
                if self.kind == PatchKind::Strategic =>
            {
                let named = |item: &Value| {
                    let mut there = there.iter();
                    there
                        .find(|other| other.get("name") == item.get("name"))
                        .cloned()
                };
                items
                    .iter()
                    .all(|item| self.contains(named(item).as_ref(), item))
            }
            (there, wanted) => there == Some(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_for_the_version_that_was_read() {
        let found = json!({"metadata": {"resourceVersion": "7"}});
        for patch in [
            Patch::merge(&found, json!({"a": 1})),
            Patch::strategic(&found, json!({"a": 1})),
        ] {
            let version = patch.body().pointer("/metadata/resourceVersion");
            assert_eq!(version, Some(&json!("7")));
        }
        let patch = Patch::replace(&found, "/spec", &json!({}));
        assert_eq!(patch.body().pointer("/0/value"), Some(&json!("7")));
    }

    #[test]
    fn it_is_seen_whether_an_object_is_as_the_patch_makes_it() {
        let found = json!({"metadata": {"resourceVersion": "7"}});
        let object = json!({
            "metadata": {"resourceVersion": "8"},
            "data": {"a": "1", "b": "2"},
            "list": [{"name": "x", "image": "i:1"}, {"name": "y", "image": "i:2"}],
        });
        let merge = |fields: Value| Patch::merge(&found, fields).is_applied_to(&object);
        assert!(merge(json!({"data": {"a": "1", "c": null}})));
        assert!(!merge(json!({"data": {"a": "2"}})));
        assert!(!merge(json!({"data": {"b": null}})));
        assert!(
            !merge(json!({"list": [{"name": "x"}]})),
            "a merge replaces lists"
        );
        let strategic = |fields: Value| Patch::strategic(&found, fields).is_applied_to(&object);
        assert!(strategic(json!({"list": [{"name": "y", "image": "i:2"}]})));
        assert!(!strategic(json!({"list": [{"name": "y", "image": "i:3"}]})));
        assert!(!strategic(json!({"list": [{"name": "z"}]})));
        let replace = |value: Value| Patch::replace(&found, "/data", &value).is_applied_to(&object);
        assert!(replace(json!({"a": "1", "b": "2"})));
        assert!(!replace(json!({"a": "1"})));
    }
}
