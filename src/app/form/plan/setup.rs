//! Plan changes of the setup wizard: namespace, Secret, ServiceAccount and Deployment. Carried out again it
//! goes on where it stopped: what is there by then is changed and not made.

use super::{super::SelectValue, CredentialSource, FieldId, Form};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::PullPolicy,
    },
    plan::{
        Change, CreateAccount, CreateDeployment, CreateNamespace, Restartable, SetAccount, SetImage,
    },
    store::Store,
};

impl Form {
    pub(super) fn setup(&self, store: &Store) -> Vec<Change> {
        let namespace = Namespace::new(self.text(FieldId::Namespace));
        let mut changes = Vec::new();
        if store.namespace(&namespace).is_none() {
            changes.push(Change::CreateNamespace(CreateNamespace {
                name: namespace.clone(),
            }));
        }
        if self.source() == Some(CredentialSource::NotNeeded) {
            changes.extend(self.bare_account(&namespace, store));
        } else if let Some(secret) = self.secret_in_namespace() {
            changes.extend(self.attach(&namespace, &secret.name, store, &[]));
        } else {
            changes.push(self.save_secret(&namespace, store));
            let secret = Name::new(self.text(FieldId::Secret));
            changes.extend(self.attach(&namespace, &secret, store, &[]));
        }
        changes.extend(self.deploy(&namespace, store));
        changes
    }

    fn bare_account(&self, namespace: &Namespace, store: &Store) -> Option<Change> {
        let key = ObjectRef::new(namespace.clone(), self.account());
        let there = store.account(&key).is_some() || key.name.as_str() == "default";
        (!there).then(|| {
            Change::CreateAccount(CreateAccount {
                key,
                pull_secrets: Vec::new(),
            })
        })
    }

    /// A new Deployment; one that is there gets the image and the ServiceAccount.
    fn deploy(&self, namespace: &Namespace, store: &Store) -> Vec<Change> {
        let name = Name::new(self.text(FieldId::Deployment));
        let image = self.text(FieldId::Image);
        let deployment = CreateDeployment {
            replicas: self.text(FieldId::Replicas).parse().unwrap_or(1),
            port: self.text(FieldId::Port).parse().ok(),
            policy: self.policy(),
            ..CreateDeployment::new(
                ObjectRef::new(namespace.clone(), name),
                image,
                self.account(),
            )
        };
        let id = deployment.id();
        let (Some(there), Some(workload)) = (store.workload(&id), Restartable::new(id)) else {
            return vec![Change::CreateDeployment(deployment)];
        };
        let mut changes = Vec::new();
        let container = there
            .images
            .iter()
            .find(|(name, _)| **name == *deployment.key.name.as_str())
            .or_else(|| there.images.last());
        if let Some((container, _)) = container.filter(|(_, before)| **before != *image) {
            changes.push(Change::SetImage(SetImage {
                workload: workload.clone().into(),
                container: container.clone(),
                before: None,
                image: image.to_owned(),
                stored: None,
            }));
        }
        if there.service_account != deployment.account {
            changes.push(Change::SetAccount(SetAccount {
                workload: workload.clone(),
                before: None,
                account: deployment.account,
            }));
        }
        // Its Pods were made before the Secret was in the list, and wait.
        if changes.is_empty() {
            changes.push(Change::restart(workload));
        }
        changes
    }

    fn policy(&self) -> Option<PullPolicy> {
        match self.option(FieldId::Policy)? {
            SelectValue::Policy(policy) => *policy,
            _ => None,
        }
    }
}
