//! A ServiceAccount is deleted.

use std::sync::Arc;

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack,
    Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, ServiceAccount},
    },
    plan::{
        DiffLine, ExportFormat, ObjectSnapshot, ObservedObject, commands::kubectl,
        field_owner::OwnedField, permissions::on_object, preview::removed,
    },
    rbac::Permission,
};

/// Deletes a ServiceAccount.
#[derive(Clone, Debug)]
pub struct DeleteAccount {
    pub key: ObjectRef<ServiceAccount>,
    /// The object that the dry run found; another one by then is left alone.
    pub before: Option<ObservedObject>,
}

impl DeleteAccount {
    /// A deletion; which object of that name is meant is known after the dry run.
    pub fn new(key: ObjectRef<ServiceAccount>) -> Self {
        Self { key, before: None }
    }
}

impl PlanChange for DeleteAccount {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::ServiceAccount(self.key.clone())
    }

    fn sentence(&self) -> String {
        format!("Delete ServiceAccount {}", self.key)
    }

    fn preview(&self) -> Vec<DiffLine> {
        vec![removed(format!("ServiceAccount {}", self.key.name))]
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.key;
        vec![kubectl(namespace, format!("delete serviceaccount {name}"))]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "delete"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    /// An object that is deleted is written as a whole: `metadata` has what everybody sets.
    fn written(&self) -> Written {
        Written::Fields(["imagePullSecrets", "metadata"].map(OwnedField::at).into())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        Vec::new()
    }

    fn is_creation(&self) -> bool {
        false
    }

    /// What an earlier change of the plan leaves of it is not known before that is made.
    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let is_first = !earlier.has_listed(&self.key);
        self.before = self.before.take().filter(|_| is_first);
    }
}

impl Undoable for DeleteAccount {
    type Before = ObjectSnapshot;

    /// Creates it again.
    fn undo(&self, before: ObjectSnapshot) -> Change {
        TakeBack::change(self.clone(), Reversal::Create(Arc::new(before)))
    }
}
