//! Plan changes for pull secrets: rotate, create, copy and delete.

use std::sync::Arc;

use super::{super::SelectValue, FieldId, Form};
use crate::domain::{
    diagnostics::{FixTarget, ListOrigin},
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::Secret,
    },
    plan::{
        AccountPullSecrets, AttachSecret, AuthEdit, Change, ConflictPolicy, CopySecret, CopyTarget,
        CreateAccount, CreateSecret, DeleteSecret, DetachSecret, EditSecret, attach_secret,
        servers,
    },
    store::Store,
};

impl Form {
    /// Changes that replace the login for a registry; waiting Pods retry at once or get the Secret.
    pub(super) fn other_login(
        &self,
        secret: &ObjectRef<Secret>,
        listed: &[Name<Secret>],
        targets: &[FixTarget],
    ) -> Vec<Change> {
        let edit = AuthEdit::Upsert {
            server: self.text(FieldId::Server).to_owned(),
            login: self.login(),
        };
        let change = Change::EditSecret(EditSecret {
            format: crate::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: secret.clone(),
            edit,
            before: None,
        });
        let reached = targets
            .iter()
            .filter(|target| !target.is_ephemeral() || target.listed.contains(&secret.name));
        let reached: Vec<&FixTarget> = reached.collect();
        let attached = reached.first().map(|first| {
            let account = ObjectRef::new(first.namespace.clone(), first.service_account.clone());
            attach_secret(&account, &secret.name, None, listed, &reached)
        });
        let attached = attached.into_iter().flatten();
        std::iter::once(change).chain(attached).collect()
    }

    /// Changes that create a Secret and attach it to what waits for it.
    ///
    /// What lists the Secret already only retries.
    pub(super) fn new_secret(
        &self,
        namespace: &Namespace,
        listed: &[Name<Secret>],
        targets: &[FixTarget],
        store: &Store,
    ) -> Vec<Change> {
        let mut changes = vec![self.save_secret(namespace, store)];
        let secret = Name::new(self.text(FieldId::Secret));
        let all_list_it = targets.iter().all(|target| target.listed.contains(&secret));
        let named = !self.text(FieldId::Account).is_empty();
        let targets: Vec<&FixTarget> = targets.iter().collect();
        let account = ObjectRef::new(namespace.clone(), self.account());
        if named && (targets.is_empty() || !all_list_it) {
            changes.extend(self.attach(namespace, &secret, store, listed));
        }
        // The ServiceAccount has been dealt with: it may have to be created.
        let in_its_list = [secret.clone()];
        let of_account =
            |target: &&FixTarget| named || target.list_origin != ListOrigin::ServiceAccount;
        let targets: Vec<&FixTarget> = targets.into_iter().filter(of_account).collect();
        if !targets.is_empty() {
            changes.extend(attach_secret(
                &account,
                &secret,
                None,
                &in_its_list,
                &targets,
            ));
        }
        changes
    }

    pub(super) fn copies(
        &self,
        from: &ObjectRef<Secret>,
        brings: &[Arc<str>],
        targets: &[CopyTarget],
        store: &Store,
    ) -> Vec<Change> {
        let name = self.text(FieldId::Secret);
        let copy = |target: &CopyTarget| {
            let to = ObjectRef::new(target.namespace.clone(), Name::new(name));
            Change::CopySecret(CopySecret {
                from: from.clone(),
                conflict_policy: self.existing(),
                source_servers: brings.to_vec(),
                target_servers: store.secret(&to).map(|secret| servers(secret)),
                expected: None,
                to,
            })
        };
        let chosen = targets.iter().filter(|target| {
            self.is_option_selected(FieldId::Namespaces, target.namespace.as_str())
        });
        chosen.map(copy).collect()
    }

    fn existing(&self) -> ConflictPolicy {
        match self.option(FieldId::Existing) {
            Some(SelectValue::Existing(policy)) => *policy,
            Some(_) | None => ConflictPolicy::Keep,
        }
    }

    /// Changes that remove a Secret from the chosen ServiceAccounts and delete it.
    pub(super) fn deletion(
        &self,
        secret: &ObjectRef<Secret>,
        accounts: &[AccountPullSecrets],
    ) -> Vec<Change> {
        let detach = |listing: &AccountPullSecrets| {
            Change::DetachSecret(DetachSecret {
                account: ObjectRef::new(secret.namespace.clone(), listing.account.clone()),
                secret: secret.name.clone(),
                current: listing.list.clone(),
            })
        };
        let delete = Change::DeleteSecret(DeleteSecret::new(secret.clone()));
        let detached = accounts
            .iter()
            .filter(|listing| self.is_option_selected(FieldId::Accounts, listing.account.as_str()));
        detached.map(detach).chain([delete]).collect()
    }

    /// Changes that create a Secret, or replace the login of an existing one.
    pub(super) fn save_secret(&self, namespace: &Namespace, store: &Store) -> Change {
        let key = ObjectRef::new(namespace.clone(), Name::new(self.text(FieldId::Secret)));
        let server = self.text(FieldId::Server).to_owned();
        let login = self.login();
        if store.secret(&key).is_some() {
            Change::EditSecret(EditSecret {
                format: crate::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
                key,
                edit: AuthEdit::Upsert { server, login },
                before: None,
            })
        } else {
            Change::CreateSecret(CreateSecret { key, server, login })
        }
    }

    /// Change that attaches a Secret to the ServiceAccount, which is created if missing; `None` if it lists the Secret
    /// already.
    ///
    /// `listed` is its list when the form was opened, for a ServiceAccount that may not be listed.
    pub(super) fn attach(
        &self,
        namespace: &Namespace,
        secret: &Name<Secret>,
        store: &Store,
        listed: &[Name<Secret>],
    ) -> Option<Change> {
        let key = ObjectRef::new(namespace.clone(), self.account());
        let current = match store.account(&key) {
            Some(account) => account.pull_secrets.to_vec(),
            // Every namespace has its `default`, and one that may not be listed may be there.
            None if key.name.as_str() == "default" || !listed.is_empty() => listed.to_vec(),
            None => {
                return Some(Change::CreateAccount(CreateAccount {
                    key,
                    pull_secrets: vec![secret.clone()],
                }));
            }
        };
        (!current.contains(secret)).then(|| {
            Change::AttachSecret(AttachSecret {
                account: key,
                secret: secret.clone(),
                current,
            })
        })
    }
}
