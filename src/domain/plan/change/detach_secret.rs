//! A pull secret is taken off the list of a ServiceAccount.

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
        DiffLine, ExportFormat, ListChange, commands::account_list_patch, export,
        field_owner::OwnedField, permissions::on_object, preview::list_lines,
        pull_secret_list::remove_pull_secret,
    },
    rbac::Permission,
};

/// Takes a pull secret off the list of a ServiceAccount.
#[derive(Clone, Debug)]
pub struct DetachSecret {
    pub account: ObjectRef<ServiceAccount>,
    pub secret: Name<Secret>,
    /// The list as it is known; what is there when the change is made counts.
    pub current: Vec<Name<Secret>>,
}

impl DetachSecret {
    /// The list after the change.
    pub fn changed(&self, list: &[Name<Secret>]) -> Vec<Name<Secret>> {
        remove_pull_secret(list, &self.secret)
    }
}

impl PlanChange for DetachSecret {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::ServiceAccount(self.account.clone())
    }

    fn sentence(&self) -> String {
        format!(
            "Detach {} from ServiceAccount {}",
            self.secret, self.account
        )
    }

    fn preview(&self) -> Vec<DiffLine> {
        list_lines(&self.current, &self.changed(&self.current))
    }

    fn commands(&self) -> Vec<String> {
        vec![account_list_patch(
            &self.account,
            &self.changed(&self.current),
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        Some(export::account(&self.account, &self.changed(&self.current)).into())
    }

    fn written(&self) -> Written {
        Written::Fields(vec![OwnedField::at("imagePullSecrets")])
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Account]
    }

    fn is_creation(&self) -> bool {
        false
    }

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let Self {
            account,
            secret,
            current,
        } = self;
        earlier.change_account(account, current, |list| remove_pull_secret(list, secret));
    }
}

impl Undoable for DetachSecret {
    type Before = ListChange;

    /// Puts the list back.
    fn undo(&self, list: ListChange) -> Change {
        let account = self.account.clone();
        TakeBack::change(self.clone(), Reversal::AccountList { account, list })
    }
}
