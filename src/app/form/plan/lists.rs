//! Plan changes for lists of pull secrets in ServiceAccounts and workload templates.

use std::collections::BTreeSet;

use super::{
    super::{RestartScope, SelectValue},
    FieldId, Form,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Secret, ServiceAccount, WorkloadRef},
    },
    plan::{
        AccountPullSecrets, AttachSecret, Change, DetachSecret, FormSpec, Restartable, SetAccount,
    },
};

impl Form {
    pub(super) fn list_changes(&self) -> Vec<Change> {
        match &self.spec {
            FormSpec::Bind { secret, accounts } => {
                let mut changes = Vec::new();
                let mut reached = Vec::new();
                for listing in accounts {
                    let account = ObjectRef::new(secret.namespace.clone(), listing.account.clone());
                    let taken =
                        self.is_option_selected(FieldId::Accounts, listing.account.as_str());
                    let change = change(&account, &secret.name, listing, taken);
                    if matches!(change, Some(Change::AttachSecret(_))) {
                        reached.push(listing);
                    }
                    changes.extend(change);
                }
                changes.extend(self.restarts(&reached));
                changes
            }
            FormSpec::List {
                account,
                listing,
                secrets,
            } => {
                let one = |secret: &Name<Secret>| {
                    let taken = self.is_option_selected(FieldId::Secrets, secret.as_str());
                    change(account, secret, listing, taken)
                };
                let mut changes: Vec<Change> = secrets.iter().filter_map(one).collect();
                if self.appends() {
                    changes.extend(self.restarts(&[listing]));
                }
                changes
            }
            FormSpec::RunAs {
                workload, before, ..
            } => {
                let account = Name::new(self.text(FieldId::Account));
                let set = |workload| {
                    Change::SetAccount(SetAccount {
                        workload,
                        before: None,
                        account: account.clone(),
                    })
                };
                let workload = Restartable::new(workload.clone());
                workload
                    .filter(|_| account != *before)
                    .map(set)
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The restarts that were asked for, each workload once.
    fn restarts(&self, listings: &[&AccountPullSecrets]) -> Vec<Change> {
        let scope = match self.option(FieldId::Restart) {
            Some(SelectValue::Restart(scope)) => *scope,
            Some(_) | None => RestartScope::None,
        };
        let chosen: BTreeSet<&WorkloadRef> = match scope {
            RestartScope::All => listings
                .iter()
                .flat_map(|listing| &listing.workloads)
                .collect(),
            RestartScope::Waiting => listings
                .iter()
                .flat_map(|listing| &listing.waiting)
                .collect(),
            RestartScope::None => BTreeSet::new(),
        };
        let restartable = chosen.into_iter().cloned().filter_map(Restartable::new);
        restartable.map(Change::restart).collect()
    }
}

/// What makes a list be as it is wanted.
fn change(
    account: &ObjectRef<ServiceAccount>,
    secret: &Name<Secret>,
    listing: &AccountPullSecrets,
    taken: bool,
) -> Option<Change> {
    let (account, secret, current) = (account.clone(), secret.clone(), listing.list.clone());
    match (listing.list.contains(&secret), taken) {
        (false, true) => Some(Change::AttachSecret(AttachSecret {
            account,
            secret,
            current,
        })),
        (true, false) => Some(Change::DetachSecret(DetachSecret {
            account,
            secret,
            current,
        })),
        _ => None,
    }
}
