//! Reads the owners of fields by server-side apply from `metadata.managedFields`.
//!
//! A patch of ours takes the field from its owner, whose next apply then fails with a conflict, or, with
//! `--force-conflicts` as controllers use it, puts its own value back. So this is read off the object as it
//! was found; the answer to the patch names us.

use serde_json::Value;

use super::manager::FieldManager;

/// The fields that managers own by the operation `Apply`, as `fieldsV1`: names without values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AppliedFields(Vec<(String, Value)>);

impl AppliedFields {
    pub(super) fn from_object(object: &Value) -> Self {
        let entries = object
            .pointer("/metadata/managedFields")
            .and_then(Value::as_array);
        let applied = entries.into_iter().flatten().filter_map(|entry| {
            let text = |field: &str| entry.get(field).and_then(Value::as_str);
            // Our own name is no news.
            let manager = text("manager").filter(|name| *name != "pullscope")?;
            (text("operation") == Some("Apply")).then_some(())?;
            Some((manager.to_owned(), entry.get("fieldsV1")?.clone()))
        });
        Self(applied.collect())
    }

    /// The manager that owns one of these fields.
    pub(super) fn owner_of(&self, fields: &[OwnedField]) -> Option<FieldManager> {
        fields.iter().find_map(|field| {
            let (name, _) = self
                .0
                .iter()
                .find(|(_, fields)| owns(fields, &field.path))?;
            Some(FieldManager {
                name: name.clone(),
                field: field.name.clone(),
            })
        })
    }
}

fn owns(fields: &Value, path: &[String]) -> bool {
    path.iter()
        .try_fold(fields, |fields, name| fields.get(name))
        .is_some()
}

/// A field, by its path in a manifest and in `fieldsV1`.
pub(super) struct OwnedField {
    pub(super) name: String,
    pub(super) path: Vec<String>,
}

impl OwnedField {
    /// The field at this path (`spec.template`).
    pub(super) fn at(place: &str) -> Self {
        let steps = place.split('.').map(|step| format!("f:{step}"));
        Self {
            name: place.to_owned(),
            path: steps.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{
        fixtures::key,
        k8s::{
            object_ref::Name,
            objects::{WorkloadKind, WorkloadRef},
        },
        plan::{
            AttachSecret, Change, Restartable, SetImage,
            manager::{ManagerKind, ObjectManager, OwnershipMetadata},
        },
    };

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "fieldsV1": fields})
    }

    fn keeper(change: &Change, entries: &[Value]) -> Option<ObjectManager> {
        let object = json!({"metadata": {"managedFields": entries}});
        change.manager(&OwnershipMetadata::from_object(&object))
    }

    fn attach() -> Change {
        Change::AttachSecret(AttachSecret {
            account: key("shop", "web"),
            secret: Name::new("regcred"),
            current: Vec::new(),
        })
    }

    #[test]
    fn the_owner_of_a_list_by_server_side_apply_is_named() {
        let list = json!({"f:imagePullSecrets": {}});
        let found = keeper(&attach(), &[entry("platform-team", "Apply", &list)]).unwrap();
        assert_eq!(found.tool, ManagerKind::Apply);
        let said = found.warning();
        for part in [
            "platform-team",
            "imagePullSecrets",
            "conflict",
            "manifest",
            "y exports",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // Of a tool that is known by its manager both are told: what it does, and what it owns.
        let found = keeper(&attach(), &[entry("kustomize-controller", "Apply", &list)]).unwrap();
        assert_eq!(found.tool, ManagerKind::FluxKustomize);
        let said = found.warning();
        assert!(
            said.contains("Flux") && said.contains("owns imagePullSecrets"),
            "{said}"
        );
    }

    #[test]
    fn who_owns_another_field_or_only_updates_is_not_named() {
        let list = json!({"f:imagePullSecrets": {}});
        let labels = json!({"f:metadata": {"f:labels": {"f:a": {}}}});
        for entry in [
            entry("kubectl-patch", "Update", &list),
            entry("platform-team", "Apply", &labels),
            entry("pullscope", "Apply", &list),
        ] {
            assert_eq!(
                keeper(&attach(), std::slice::from_ref(&entry)),
                None,
                "{entry}"
            );
        }
    }

    #[test]
    fn an_image_is_owned_container_by_container() {
        let fields = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {
            r#"k:{"name":"web"}"#: {".": {}, "f:image": {}, "f:name": {}},
        }}}}});
        let set = |container: &str| {
            let workload = Restartable::new(WorkloadRef {
                kind: WorkloadKind::Deployment,
                key: key("shop", "web"),
            });
            SetImage::new(workload.unwrap().into(), container.into(), "a:2").into()
        };
        let entries = [entry("platform-team", "Apply", &fields)];
        let found = keeper(&set("web"), &entries).unwrap();
        assert!(found.warning().contains("the image of web"), "{found:?}");
        assert_eq!(keeper(&set("sidecar"), &entries), None);
    }
}
