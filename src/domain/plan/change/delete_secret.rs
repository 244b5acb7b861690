//! A Secret is deleted.

use std::sync::Arc;

use super::{
    Affects, Change, Manifest, PlanChange, Purpose, Reversal, TakeBack, Undoable, Written,
};
use crate::domain::{
    key::Key,
    objects::{ObjectKey, Secret},
    plan::{
        Line, ObjectSnapshot, Style, commands::kubectl, owned::Field, permissions::on_object,
        preview::removed,
    },
    rights::Permission,
};

/// Deletes a Secret.
#[derive(Clone, Debug)]
pub struct DeleteSecret {
    pub key: Key<Secret>,
}

impl PlanChange for DeleteSecret {
    fn object(&self) -> ObjectKey {
        ObjectKey::Secret(self.key.clone())
    }

    fn sentence(&self) -> String {
        format!("Delete the Secret {}", self.key)
    }

    fn preview(&self) -> Vec<Line> {
        vec![removed(format!("Secret {}", self.key.name))]
    }

    fn commands(&self) -> Vec<String> {
        let Key { namespace, name } = &self.key;
        vec![kubectl(namespace, format!("delete secret {name}"))]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "delete"])
    }

    fn manifest(&self, _: Style) -> Option<Manifest> {
        None
    }

    /// An object that is deleted is written as a whole: `metadata` has what everybody sets.
    fn written(&self) -> Written {
        Written::Fields(["data", "type", "metadata"].map(Field::at).into())
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
}

impl Undoable for DeleteSecret {
    type Before = ObjectSnapshot;

    /// Creates it again.
    fn undo(&self, before: ObjectSnapshot) -> Change {
        TakeBack::of(self.clone(), Reversal::Create(Arc::new(before)))
    }
}
