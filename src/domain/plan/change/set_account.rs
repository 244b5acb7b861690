//! A workload gets another ServiceAccount.

use serde_json::json;

use super::{
    Affects, Change, PlanChange, Purpose, RepositoryManifest, Restartable, Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::Name,
        objects::{AnyObjectRef, ServiceAccount},
    },
    plan::{
        DiffLine, ExportFormat, Observed,
        commands::kubectl,
        export,
        field_owner::OwnedField,
        permissions::on_object,
        preview::{replaced, same},
    },
    rbac::Permission,
};

/// Lets a workload run as another ServiceAccount.
#[derive(Clone, Debug)]
pub struct SetAccount {
    pub workload: Restartable,
    /// What must be there for the change to be made, as it was read from the server by the dry run, or left
    /// by the change that this one takes back; `None` until then.
    pub before: Option<Observed<Name<ServiceAccount>>>,
    pub account: Name<ServiceAccount>,
}

/// The ServiceAccount of a workload before a change, and as the change has left it.
#[derive(Clone, Debug)]
pub struct AccountChange {
    pub before: Observed<Name<ServiceAccount>>,
    pub after: Name<ServiceAccount>,
}

impl SetAccount {
    /// Another ServiceAccount; which one is there now is known after the dry run.
    pub fn new(workload: Restartable, account: Name<ServiceAccount>) -> Self {
        Self {
            workload,
            before: None,
            account,
        }
    }
}

impl PlanChange for SetAccount {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.workload.id().clone())
    }

    fn sentence(&self) -> String {
        let (id, account) = (self.workload.id(), &self.account);
        format!("Set serviceAccountName: {account} on {id}")
    }

    fn preview(&self) -> Vec<DiffLine> {
        let field = |name: &Name<ServiceAccount>| format!("  serviceAccountName: {name}");
        let old = self.before.as_ref().map(|observed| field(&observed.value));
        let mut lines = replaced([same("spec.template.spec:")], old, field(&self.account));
        let account = &self.account;
        lines.push(same(format!(
            "  # the Pods get the RBAC permissions of ServiceAccount {account}"
        )));
        lines
    }

    fn commands(&self) -> Vec<String> {
        let id = self.workload.id();
        let rest = format!("set serviceaccount {} {}", id.kubectl(), self.account);
        vec![kubectl(&id.key.namespace, rest)]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        let spec = json!({ "serviceAccountName": self.account.as_str() });
        Some(export::template(self.workload.id(), &spec).into())
    }

    fn written(&self) -> Written {
        let fields = [
            "spec.template.spec.serviceAccountName",
            "spec.template.spec.serviceAccount",
        ];
        Written::Fields(fields.map(OwnedField::at).into())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Rollout {
            workload: self.workload.id().clone(),
            writes: 1,
        }]
    }

    fn is_creation(&self) -> bool {
        false
    }
}

impl Undoable for SetAccount {
    type Before = AccountChange;

    /// Sets the old one, where the new one still stands.
    fn undo(&self, AccountChange { before: was, after }: AccountChange) -> Change {
        Change::SetAccount(Self {
            workload: self.workload.clone(),
            before: Some(Observed {
                uid: was.uid,
                value: after,
            }),
            account: was.value,
        })
    }
}
