//! Detects what manages an object: GitOps controllers, Helm, Secret replicators.
//!
//! Such a manager reverts manual changes. It is known by the labels, annotations and field managers that it
//! leaves.

use std::sync::Arc;

use serde_json::Value;

use super::{
    change::{Change, Written},
    field_owner::AppliedFields,
};
use crate::domain::k8s::objects::ObjectMeta;

/// Metadata that shows an object's manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnershipMetadata {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    /// `metadata.managedFields[].manager`.
    managers: Vec<String>,
    /// Kind and name of the controlling owner.
    owner: Option<(String, String)>,
    /// Who owns which fields by server-side apply.
    applied: AppliedFields,
}

impl OwnershipMetadata {
    /// Reads the metadata that a watch keeps: no field managers.
    pub fn from_meta(meta: &ObjectMeta) -> Self {
        let pairs = |all: &[(Arc<str>, Arc<str>)]| {
            let pairs = all.iter();
            pairs
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect()
        };
        let owner = meta.owner.as_ref();
        Self {
            labels: pairs(&meta.labels),
            annotations: pairs(&meta.manager_annotations),
            managers: Vec::new(),
            owner: owner.map(|owner| (owner.kind.to_string(), owner.name.to_string())),
            applied: AppliedFields::default(),
        }
    }

    /// Reads the metadata, with the requested annotations only: `last-applied-configuration` repeats a Secret's values.
    pub fn from_object(object: &Value) -> Self {
        let meta = |field: &str| object.pointer(&format!("/metadata/{field}"));
        let pairs = |field: &str, known: &dyn Fn(&str) -> bool| {
            let all = meta(field).and_then(Value::as_object).into_iter().flatten();
            all.filter(|(name, _)| known(name))
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect()
        };
        let list = |field: &str| meta(field).and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).map(str::to_owned)
        };
        let managers = list("managedFields").filter_map(|field| text(field, "manager"));
        let owner = list("ownerReferences")
            .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
        Self {
            labels: pairs("labels", &|_| true),
            annotations: pairs("annotations", &|name| marker_annotation(name).is_some()),
            managers: managers.collect(),
            owner: owner.and_then(|owner| Some((text(owner, "kind")?, text(owner, "name")?))),
            applied: AppliedFields::from_object(object),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerKind {
    ArgoCd,
    FluxKustomize,
    FluxHelm,
    Helm,
    ExternalSecrets,
    SealedSecrets,
    Reflector,
    Replicator,
    Fleet,
    Terraform,
    /// A controller of another kind owns it.
    Owner,
    /// Whoever applies it from the server's side under the name of the manager.
    Apply,
}

/// The manager of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectManager {
    pub tool: ManagerKind,
    pub name: String,
    /// Whose server-side apply owns the very field that is changed.
    pub manager: Option<FieldManager>,
}

/// A field manager that owns a field by server-side apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldManager {
    pub name: String,
    /// The field as a manifest names it.
    pub field: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkerKind {
    Label,
    Annotation,
    Manager,
    Owner,
}

struct Marker {
    place: MarkerKind,
    name: &'static str,
    tool: ManagerKind,
}

const fn marker(place: MarkerKind, name: &'static str, tool: ManagerKind) -> Marker {
    Marker { place, name, tool }
}

/// Markers of each tool, the most reliable first.
///
/// Sources: Argo CD `docs/user-guide/resource_tracking.md` and `argocd-controller` as manager of server-side apply;
/// Flux `kustomize-controller` and `helm-controller` (labels of the owner); Helm 3 `pkg/action/validate.go`; External
/// Secrets `apis/externalsecrets/v1` (`LabelManaged`, `AnnotationDataHash`); Sealed Secrets (owner reference);
/// Reflector and Replicator: their READMEs; Fleet `pkg/desiredset` (`objectset.rio.cattle.io`).
#[rustfmt::skip]
const MARKERS: &[Marker] = &[
    marker(MarkerKind::Annotation, "argocd.argoproj.io/tracking-id", ManagerKind::ArgoCd),
    marker(MarkerKind::Label, "argocd.argoproj.io/instance", ManagerKind::ArgoCd),
    marker(MarkerKind::Manager, "argocd-controller", ManagerKind::ArgoCd),
    marker(MarkerKind::Manager, "argocd-application-controller", ManagerKind::ArgoCd),
    marker(MarkerKind::Label, "kustomize.toolkit.fluxcd.io/name", ManagerKind::FluxKustomize),
    marker(MarkerKind::Label, "helm.toolkit.fluxcd.io/name", ManagerKind::FluxHelm),
    marker(MarkerKind::Manager, "kustomize-controller", ManagerKind::FluxKustomize),
    marker(MarkerKind::Manager, "helm-controller", ManagerKind::FluxHelm),
    marker(MarkerKind::Owner, "ExternalSecret", ManagerKind::ExternalSecrets),
    marker(MarkerKind::Label, "reconcile.external-secrets.io/managed", ManagerKind::ExternalSecrets),
    marker(MarkerKind::Owner, "SealedSecret", ManagerKind::SealedSecrets),
    marker(MarkerKind::Annotation, "reflector.v1.k8s.emberstack.com/reflects", ManagerKind::Reflector),
    marker(MarkerKind::Annotation, "replicator.v1.mittwald.de/replicate-from", ManagerKind::Replicator),
    marker(MarkerKind::Annotation, REPLICATED, ManagerKind::Replicator),
    marker(MarkerKind::Annotation, "objectset.rio.cattle.io/id", ManagerKind::Fleet),
    marker(MarkerKind::Annotation, "meta.helm.sh/release-name", ManagerKind::Helm),
    marker(MarkerKind::Manager, "helm", ManagerKind::Helm),
    marker(MarkerKind::Manager, "Terraform", ManagerKind::Terraform),
];

/// Annotation on every copy made by Replicator: the version of the original, without its name.
const REPLICATED: &str = "replicator.v1.mittwald.de/replicated-from-version";

/// The name of an annotation that shows what manages an object; `None`: it does not.
pub fn marker_annotation(name: &str) -> Option<&'static str> {
    let markers = MARKERS.iter();
    let annotations = markers.filter(|marker| marker.place == MarkerKind::Annotation);
    let mut names = annotations
        .map(|marker| marker.name)
        .chain([FLUX_DISABLED.0]);
    names.find(|known| *known == name)
}

/// Flux skips objects with this label or annotation.
const FLUX_DISABLED: (&str, &str) = ("kustomize.toolkit.fluxcd.io/reconcile", "disabled");

impl ObjectManager {
    /// Detects the manager from the metadata.
    pub fn detect(traces: &OwnershipMetadata) -> Option<Self> {
        let found = MARKERS.iter().find_map(|sign| {
            let name = value(traces, sign)?;
            Some(Self {
                tool: sign.tool,
                name,
                manager: None,
            })
        });
        let rests = |keeper: &Self| {
            keeper.tool == ManagerKind::FluxKustomize
                && traces
                    .labels
                    .iter()
                    .chain(&traces.annotations)
                    .any(|(name, value)| (name.as_str(), value.as_str()) == FLUX_DISABLED)
        };
        if let Some(keeper) = found {
            return (!rests(&keeper)).then_some(keeper);
        }
        let (kind, name) = traces.owner.as_ref()?;
        Some(Self {
            tool: ManagerKind::Owner,
            name: format!("{kind}/{name}"),
            manager: None,
        })
    }

    /// What the manager does to a change, and where to make it instead.
    pub fn warning(&self) -> String {
        let owned = self.manager.as_ref().map(|FieldManager { name, field }| {
            format!(
                "Field manager {name} owns {field} (server-side apply): its next apply conflicts or reverts this. Add the + lines to its manifest instead (y exports them)."
            )
        });
        match (self.tool, owned) {
            (ManagerKind::Apply, owned) => owned.unwrap_or_default(),
            (_, Some(owned)) => format!("{}. {owned}", self.behavior()),
            (_, None) => self.behavior(),
        }
    }

    /// The same as a sentence about the object.
    pub fn sentence(&self, object: &str) -> String {
        let warning = self.warning();
        let (verb, rest) = [
            ("Managed by", "is managed by"),
            ("Owned by", "is owned by"),
            ("Applied by", "is applied by"),
            ("This is", "is"),
        ]
        .iter()
        .find_map(|(start, verb)| Some((*verb, warning.strip_prefix(start)?)))
        .unwrap_or((":", &warning));
        format!("{object} {verb}{rest}.")
    }

    /// What the tool does with a change beside it.
    fn behavior(&self) -> String {
        let name = &self.name;
        let named = |what: &str| {
            if name.is_empty() {
                what.to_owned()
            } else {
                format!("{what} ({name})")
            }
        };
        match self.tool {
            ManagerKind::ArgoCd => format!(
                "Managed by {}: self-heal reverts this within minutes, else the next sync does",
                named("Argo CD")
            ),
            ManagerKind::FluxKustomize => format!(
                "Managed by {}: the next reconciliation reverts this",
                named("Flux Kustomization")
            ),
            ManagerKind::FluxHelm => format!(
                "Managed by {}: the next upgrade or drift correction reverts this",
                named("Flux HelmRelease")
            ),
            ManagerKind::Helm => format!(
                "Managed by {}: the next upgrade may revert this",
                named("Helm")
            ),
            ManagerKind::ExternalSecrets => format!(
                "Managed by {}: the next refresh overwrites this",
                named("External Secrets")
            ),
            ManagerKind::SealedSecrets => format!(
                "Managed by {}: the next update overwrites this",
                named("a SealedSecret")
            ),
            ManagerKind::Reflector | ManagerKind::Replicator => format!(
                "This is {}, which gets overwritten; change the original",
                if name.is_empty() {
                    "a copy".to_owned()
                } else {
                    format!("a copy of {name}")
                }
            ),
            ManagerKind::Fleet => format!("Managed by {}: this may be reverted", named("Fleet")),
            ManagerKind::Terraform => {
                "Managed by Terraform: the next apply reverts this".to_owned()
            }
            ManagerKind::Owner => format!("Owned by {name}, which may revert this"),
            ManagerKind::Apply => format!("Applied by {name}, which may revert this"),
        }
    }
}

/// The value of a sign, if the object bears it.
fn value(traces: &OwnershipMetadata, sign: &Marker) -> Option<String> {
    let named = |pairs: &[(String, String)]| {
        let found = pairs.iter().find(|(name, _)| name == sign.name);
        found.map(|(_, value)| value.clone())
    };
    match sign.place {
        MarkerKind::Label => named(&traces.labels).map(|value| {
            if value == "true" {
                String::new()
            } else {
                value
            }
        }),
        // `application:group/kind:namespace/name`: the application is what a person looks for.
        MarkerKind::Annotation => named(&traces.annotations).map(|value| {
            if sign.tool == ManagerKind::ArgoCd {
                value.split(':').next().unwrap_or_default().to_owned()
            } else if sign.name == REPLICATED {
                String::new()
            } else {
                value
            }
        }),
        MarkerKind::Manager => {
            let found = traces.managers.iter().any(|manager| manager == sign.name);
            found.then(String::new)
        }
        MarkerKind::Owner => {
            let (kind, name) = traces.owner.as_ref()?;
            (kind == sign.name).then(|| name.clone())
        }
    }
}

impl Change {
    /// Whether a manager of the object would revert the change.
    pub(super) fn is_contested(&self) -> bool {
        matches!(self.kind().written(), Written::Fields(_))
    }

    /// The manager that would revert this change.
    pub fn manager(&self, traces: &OwnershipMetadata) -> Option<ObjectManager> {
        let Written::Fields(fields) = self.kind().written() else {
            return None;
        };
        let manager = traces.applied.owner_of(&fields);
        match (ObjectManager::detect(traces), manager) {
            (Some(keeper), manager) => Some(ObjectManager { manager, ..keeper }),
            (None, Some(manager)) => Some(ObjectManager {
                tool: ManagerKind::Apply,
                name: manager.name.clone(),
                manager: Some(manager),
            }),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_tool_is_known_by_what_it_leaves() {
        for (metadata, expected) in [
            (json!({}), None),
            (
                json!({"labels": {"app": "web"}, "managedFields": [{"manager": "kubectl"}]}),
                None,
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}),
                Some((ManagerKind::ArgoCd, "shop")),
            ),
            (
                json!({"managedFields": [{"manager": "argocd-controller"}]}),
                Some((ManagerKind::ArgoCd, "")),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}),
                Some((ManagerKind::FluxKustomize, "apps")),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}),
                None,
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
                    "annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}),
                None,
            ),
            (
                json!({"annotations": {"replicator.v1.mittwald.de/replicated-from-version": "17",
                    "replicator.v1.mittwald.de/replicate-from": "infra/reg"}}),
                Some((ManagerKind::Replicator, "infra/reg")),
            ),
            (
                json!({"annotations": {"replicator.v1.mittwald.de/replicated-from-version": "17"}}),
                Some((ManagerKind::Replicator, "")),
            ),
            (
                json!({"labels": {"app.kubernetes.io/managed-by": "Helm"},
                    "annotations": {"meta.helm.sh/release-name": "web"}}),
                Some((ManagerKind::Helm, "web")),
            ),
            (
                json!({"labels": {"helm.toolkit.fluxcd.io/name": "web"},
                    "annotations": {"meta.helm.sh/release-name": "web"}}),
                Some((ManagerKind::FluxHelm, "web")),
            ),
            (
                json!({"ownerReferences": [{"kind": "SealedSecret", "name": "reg", "controller": true}]}),
                Some((ManagerKind::SealedSecrets, "reg")),
            ),
            (
                json!({"ownerReferences": [{"kind": "Pipeline", "name": "reg", "controller": true}]}),
                Some((ManagerKind::Owner, "Pipeline/reg")),
            ),
            (
                json!({"labels": {"reconcile.external-secrets.io/managed": "true"},
                    "ownerReferences": [{"kind": "ExternalSecret", "name": "reg", "controller": true}]}),
                Some((ManagerKind::ExternalSecrets, "reg")),
            ),
            (
                json!({"labels": {"reconcile.external-secrets.io/managed": "true"}}),
                Some((ManagerKind::ExternalSecrets, "")),
            ),
        ] {
            let keeper = ObjectManager::detect(&OwnershipMetadata::from_object(
                &json!({ "metadata": metadata }),
            ));
            let found = keeper
                .as_ref()
                .map(|keeper| (keeper.tool, keeper.name.as_str()));
            assert_eq!(found, expected, "{metadata}");
            assert!(keeper.is_none_or(|keeper| !keeper.warning().contains("()")));
        }
    }

    #[test]
    fn an_annotation_that_repeats_the_object_is_not_kept() {
        let name = "kubectl.kubernetes.io/last-applied-configuration";
        let traces =
            OwnershipMetadata::from_object(&json!({"metadata": {"annotations": {name: "canary"}}}));
        assert!(!format!("{traces:?}").contains("canary"));
    }
}
