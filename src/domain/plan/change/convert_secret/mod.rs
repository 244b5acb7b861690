//! Converts a Secret of another type to a pull secret.
//!
//! The type of a Secret is immutable, so the Secret is deleted and created again with all that it holds.

mod outline;

use std::sync::Arc;

pub use self::outline::SecretOutline;
use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack,
    Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Secret},
    },
    plan::{
        Converted, DiffLine, ExportFormat, ObservedObject, export, field_owner::OwnedField,
        permissions::on_object, preview::added,
    },
    rbac::Permission,
};

/// Makes a pull secret of a Secret of another type.
#[derive(Clone, Debug)]
pub struct ConvertSecret {
    pub key: ObjectRef<Secret>,
    /// What the Secret holds, once that was read from the server.
    pub found: Option<Arc<SecretOutline>>,
    /// The Secret that the dry run found: another one by then is left as it is. `None` before it.
    pub before: Option<ObservedObject>,
}

/// The configuration in a Secret, for jq: in any key, also with a byte order mark, encoded twice, or as a
/// `.dockercfg` without `auths`. In jq 1.6 `try` would catch the break of `first`.
const CONFIG: &str = r#"([((.data[".dockerconfigjson"] // empty), .data[] | @base64d | ltrimstr("\ufeff") | ., (try @base64d catch empty) | select(fromjson? | .auths? | type == "object")), (.data[".dockercfg"] // empty | @base64d | ltrimstr("\ufeff") | fromjson? | objects | {auths: .} | tojson)] | .[0] // empty | @base64)"#;

impl ConvertSecret {
    /// Creates the change; what is kept of the Secret is known after the dry run.
    pub fn new(key: ObjectRef<Secret>) -> Self {
        Self {
            key,
            found: None,
            before: None,
        }
    }
}

impl Change {
    /// Makes a pull secret of a Secret of another type.
    pub fn convert_secret(key: ObjectRef<Secret>) -> Self {
        Self::ConvertSecret(ConvertSecret::new(key))
    }
}

impl PlanChange for ConvertSecret {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Secret(self.key.clone())
    }

    fn sentence(&self) -> String {
        format!(
            "Recreate Secret {} as kubernetes.io/dockerconfigjson",
            self.key
        )
    }

    fn preview(&self) -> Vec<DiffLine> {
        match &self.found {
            Some(found) => found.converted(),
            None => vec![added("type: kubernetes.io/dockerconfigjson")],
        }
    }

    /// Where nothing in the Secret is a configuration jq says nothing, and nothing is replaced.
    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.key;
        vec![format!(
            "kubectl -n {namespace} get secret {name} -o json | jq '.type = \"kubernetes.io/dockerconfigjson\" | .data[\".dockerconfigjson\"] = {CONFIG}' | kubectl -n {namespace} replace --force -f -"
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "delete", "create"])
    }

    fn manifest(&self, style: ExportFormat) -> Option<RepositoryManifest> {
        let entries = [("REPLACE_WITH_REGISTRY", export::USER)];
        Some(export::secret(&self.key, &entries, style).into())
    }

    /// An object that is deleted is written as a whole: `metadata` has what everybody sets.
    fn written(&self) -> Written {
        Written::Fields(["data", "type", "metadata"].map(OwnedField::at).into())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Secret(self.key.clone())]
    }

    fn is_creation(&self) -> bool {
        false
    }

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        if !earlier.write_secret(&self.key) {
            self.before = None;
        }
    }

    fn after_interruption(&self) -> Option<&'static str> {
        Some("If it is missing, create it again with its credential, or restore it from a backup.")
    }
}

impl Undoable for ConvertSecret {
    type Before = Converted;

    /// Gives the Secret its old type again.
    fn undo(&self, before: Converted) -> Change {
        let reversal = Reversal::Type {
            secret: self.key.clone(),
            before: Arc::new(before),
        };
        TakeBack::change(self.clone(), reversal)
    }
}
