//! A ServiceAccount is created.

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack,
    Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, Secret, ServiceAccount},
    },
    plan::{
        Created, DiffLine, ExportFormat,
        commands::{account_list_patch, kubectl},
        export, manifest,
        permissions::on_object,
        preview::all_added,
    },
    rbac::Permission,
};

/// Creates a ServiceAccount.
#[derive(Clone, Debug)]
pub struct CreateAccount {
    pub key: ObjectRef<ServiceAccount>,
    /// The pull secrets that it lists.
    pub pull_secrets: Vec<Name<Secret>>,
}

impl PlanChange for CreateAccount {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::ServiceAccount(self.key.clone())
    }

    fn sentence(&self) -> String {
        let names: Vec<&str> = self.pull_secrets.iter().map(Name::as_str).collect();
        let listing = match &names[..] {
            [] => String::new(),
            names => format!(" with {}", names.join(", ")),
        };
        format!("Create ServiceAccount {}{listing}", self.key)
    }

    fn preview(&self) -> Vec<DiffLine> {
        all_added(&manifest::account(&self.key, &self.pull_secrets))
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.key;
        let create = kubectl(namespace, format!("create serviceaccount {name}"));
        let list = (!self.pull_secrets.is_empty())
            .then(|| account_list_patch(&self.key, &self.pull_secrets));
        [create].into_iter().chain(list).collect()
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["create"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        Some(export::account(&self.key, &self.pull_secrets).into())
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Account]
    }

    fn is_creation(&self) -> bool {
        true
    }

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        earlier.create_account(&self.key, &self.pull_secrets);
    }
}

impl Undoable for CreateAccount {
    type Before = Created;

    /// Deletes it again.
    fn undo(&self, created: Created) -> Change {
        TakeBack::change(self.clone(), Reversal::Delete(created))
    }
}
