//! Detects what manages an object: GitOps controllers, Helm, Secret replicators.
//!
//! Such a manager reverts manual changes. It is known by the labels, annotations and field managers that it
//! leaves.

use serde_json::Value;

use super::{
    change::{Change, Written},
    field_owner::Applied,
};

/// The metadata that shows what manages an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    /// `metadata.managedFields[].manager`.
    managers: Vec<String>,
    /// Kind and name of the controlling owner.
    owner: Option<(String, String)>,
    /// Who owns which fields by server-side apply.
    applied: Applied,
}

impl Traces {
    /// Of all annotations only those that are asked for are kept: `last-applied-configuration` repeats
    /// the values of a Secret.
    pub fn of(object: &Value) -> Self {
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
            annotations: pairs("annotations", &|name| {
                let of_a_sign = |sign: &Sign| sign.place == Place::Annotation && sign.name == name;
                name == FLUX_RESTS.0 || SIGNS.iter().any(of_a_sign)
            }),
            managers: managers.collect(),
            owner: owner.and_then(|owner| Some((text(owner, "kind")?, text(owner, "name")?))),
            applied: Applied::of(object),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
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

/// What manages an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    pub tool: Tool,
    pub name: String,
    /// Whose server-side apply owns the very field that is changed.
    pub manager: Option<Manager>,
}

/// A field manager that owns a field by server-side apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    pub name: String,
    /// The field as a manifest names it.
    pub field: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Label,
    Annotation,
    Manager,
    Owner,
}

struct Sign {
    place: Place,
    name: &'static str,
    tool: Tool,
}

const fn sign(place: Place, name: &'static str, tool: Tool) -> Sign {
    Sign { place, name, tool }
}

/// The signs of each tool, the surest first. Sources: Argo CD `docs/user-guide/resource_tracking.md`
/// and `argocd-controller` as manager of server-side apply; Flux `kustomize-controller` and
/// `helm-controller` (labels of the owner); Helm 3 `pkg/action/validate.go`; External Secrets
/// `apis/externalsecrets/v1` (`LabelManaged`, `AnnotationDataHash`); Sealed Secrets (owner reference);
/// Reflector and Replicator: their READMEs; Fleet `pkg/desiredset` (`objectset.rio.cattle.io`).
#[rustfmt::skip]
const SIGNS: &[Sign] = &[
    sign(Place::Annotation, "argocd.argoproj.io/tracking-id", Tool::ArgoCd),
    sign(Place::Label, "argocd.argoproj.io/instance", Tool::ArgoCd),
    sign(Place::Manager, "argocd-controller", Tool::ArgoCd),
    sign(Place::Manager, "argocd-application-controller", Tool::ArgoCd),
    sign(Place::Label, "kustomize.toolkit.fluxcd.io/name", Tool::FluxKustomize),
    sign(Place::Label, "helm.toolkit.fluxcd.io/name", Tool::FluxHelm),
    sign(Place::Manager, "kustomize-controller", Tool::FluxKustomize),
    sign(Place::Manager, "helm-controller", Tool::FluxHelm),
    sign(Place::Owner, "ExternalSecret", Tool::ExternalSecrets),
    sign(Place::Label, "reconcile.external-secrets.io/managed", Tool::ExternalSecrets),
    sign(Place::Owner, "SealedSecret", Tool::SealedSecrets),
    sign(Place::Annotation, "reflector.v1.k8s.emberstack.com/reflects", Tool::Reflector),
    sign(Place::Annotation, "replicator.v1.mittwald.de/replicate-from", Tool::Replicator),
    sign(Place::Annotation, REPLICATED, Tool::Replicator),
    sign(Place::Annotation, "objectset.rio.cattle.io/id", Tool::Fleet),
    sign(Place::Annotation, "meta.helm.sh/release-name", Tool::Helm),
    sign(Place::Manager, "helm", Tool::Helm),
    sign(Place::Manager, "Terraform", Tool::Terraform),
];

/// On every copy of Replicator: the version of the original, not its name.
const REPLICATED: &str = "replicator.v1.mittwald.de/replicated-from-version";

/// Flux skips objects with this label or annotation.
const FLUX_RESTS: (&str, &str) = ("kustomize.toolkit.fluxcd.io/reconcile", "disabled");

impl Keeper {
    /// Who keeps the object with these traces.
    pub fn of(traces: &Traces) -> Option<Self> {
        let found = SIGNS.iter().find_map(|sign| {
            let name = value(traces, sign)?;
            Some(Self {
                tool: sign.tool,
                name,
                manager: None,
            })
        });
        let rests = |keeper: &Self| {
            keeper.tool == Tool::FluxKustomize
                && traces
                    .labels
                    .iter()
                    .chain(&traces.annotations)
                    .any(|(name, value)| (name.as_str(), value.as_str()) == FLUX_RESTS)
        };
        if let Some(keeper) = found {
            return (!rests(&keeper)).then_some(keeper);
        }
        let (kind, name) = traces.owner.as_ref()?;
        Some(Self {
            tool: Tool::Owner,
            name: format!("{kind}/{name}"),
            manager: None,
        })
    }

    /// What becomes of a change beside it, and where to make it instead.
    pub fn warning(&self) -> String {
        let owned = self.manager.as_ref().map(|Manager { name, field }| {
            format!(
                "The field manager {name} owns {field} (server-side apply): its next apply fails with a conflict, or puts this back. Add the + lines to its manifest instead; y exports them."
            )
        });
        match (self.tool, owned) {
            (Tool::Apply, owned) => owned.unwrap_or_default(),
            (_, Some(owned)) => format!("{}. {owned}", self.habit()),
            (_, None) => self.habit(),
        }
    }

    /// What the tool does with a change beside it.
    fn habit(&self) -> String {
        let name = &self.name;
        let named = |what: &str| {
            if name.is_empty() {
                what.to_owned()
            } else {
                format!("{what} ({name})")
            }
        };
        match self.tool {
            Tool::ArgoCd => format!(
                "{} keeps it: with self-heal this is put back within minutes, else at the next sync",
                named("Argo CD")
            ),
            Tool::FluxKustomize => format!(
                "{} keeps it: this is put back at its next reconciliation",
                named("Flux's Kustomization")
            ),
            Tool::FluxHelm => format!(
                "{} keeps it: this is put back at the next upgrade, or when drift is corrected",
                named("Flux's HelmRelease")
            ),
            Tool::Helm => format!(
                "{} made it: the next upgrade may put it back",
                named("Helm")
            ),
            Tool::ExternalSecrets => format!(
                "{} writes it: this is overwritten at its next refresh",
                named("External Secrets")
            ),
            Tool::SealedSecrets => format!(
                "{} writes it: this is overwritten when that changes",
                named("a SealedSecret")
            ),
            Tool::Reflector | Tool::Replicator => format!(
                "it is {}: this is overwritten; change the original",
                if name.is_empty() {
                    "a copy".to_owned()
                } else {
                    format!("a copy of {name}")
                }
            ),
            Tool::Fleet => format!("{} keeps it: this may be put back", named("Fleet")),
            Tool::Terraform => "Terraform keeps it: the next apply puts it back".to_owned(),
            Tool::Owner => format!("{name} owns it and may put it back"),
            Tool::Apply => format!("{name} applies it and may put it back"),
        }
    }
}

/// The value of a sign, if the object bears it.
fn value(traces: &Traces, sign: &Sign) -> Option<String> {
    let named = |pairs: &[(String, String)]| {
        let found = pairs.iter().find(|(name, _)| name == sign.name);
        found.map(|(_, value)| value.clone())
    };
    match sign.place {
        Place::Label => named(&traces.labels).map(|value| {
            if value == "true" {
                String::new()
            } else {
                value
            }
        }),
        // `application:group/kind:namespace/name`: the application is what a person looks for.
        Place::Annotation => named(&traces.annotations).map(|value| match sign.tool {
            Tool::ArgoCd => value.split(':').next().unwrap_or_default().to_owned(),
            _ if sign.name == REPLICATED => String::new(),
            _ => value,
        }),
        Place::Manager => {
            let found = traces.managers.iter().any(|manager| manager == sign.name);
            found.then(String::new)
        }
        Place::Owner => {
            let (kind, name) = traces.owner.as_ref()?;
            (kind == sign.name).then(|| name.clone())
        }
    }
}

impl Change {
    /// Who would put this change back.
    pub fn keeper(&self, traces: &Traces) -> Option<Keeper> {
        let Written::Fields(fields) = self.kind().written() else {
            return None;
        };
        let manager = traces.applied.owner_of(&fields);
        match (Keeper::of(traces), manager) {
            (Some(keeper), manager) => Some(Keeper { manager, ..keeper }),
            (None, Some(manager)) => Some(Keeper {
                tool: Tool::Apply,
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
                Some((Tool::ArgoCd, "shop")),
            ),
            (
                json!({"managedFields": [{"manager": "argocd-controller"}]}),
                Some((Tool::ArgoCd, "")),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}),
                Some((Tool::FluxKustomize, "apps")),
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
                Some((Tool::Replicator, "infra/reg")),
            ),
            (
                json!({"annotations": {"replicator.v1.mittwald.de/replicated-from-version": "17"}}),
                Some((Tool::Replicator, "")),
            ),
            (
                json!({"labels": {"app.kubernetes.io/managed-by": "Helm"},
                    "annotations": {"meta.helm.sh/release-name": "web"}}),
                Some((Tool::Helm, "web")),
            ),
            (
                json!({"labels": {"helm.toolkit.fluxcd.io/name": "web"},
                    "annotations": {"meta.helm.sh/release-name": "web"}}),
                Some((Tool::FluxHelm, "web")),
            ),
            (
                json!({"ownerReferences": [{"kind": "SealedSecret", "name": "reg", "controller": true}]}),
                Some((Tool::SealedSecrets, "reg")),
            ),
            (
                json!({"ownerReferences": [{"kind": "Pipeline", "name": "reg", "controller": true}]}),
                Some((Tool::Owner, "Pipeline/reg")),
            ),
            (
                json!({"labels": {"reconcile.external-secrets.io/managed": "true"},
                    "ownerReferences": [{"kind": "ExternalSecret", "name": "reg", "controller": true}]}),
                Some((Tool::ExternalSecrets, "reg")),
            ),
            (
                json!({"labels": {"reconcile.external-secrets.io/managed": "true"}}),
                Some((Tool::ExternalSecrets, "")),
            ),
        ] {
            let keeper = Keeper::of(&Traces::of(&json!({ "metadata": metadata })));
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
        let traces = Traces::of(&json!({"metadata": {"annotations": {name: "canary"}}}));
        assert!(!format!("{traces:?}").contains("canary"));
    }
}
