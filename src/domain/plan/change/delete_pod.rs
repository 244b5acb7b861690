//! A Pod is deleted, so that what owns it creates another one.

use std::sync::Arc;

use super::{Affects, Change, PlanChange, Purpose, RepositoryManifest, Written};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Pod},
    },
    plan::{DiffLine, ExportFormat, commands::kubectl, permissions::on_object, preview::removed},
    rbac::Permission,
    store::Store,
};

/// Deletes a Pod that waits: what owns it creates a new one, which does not wait.
///
/// It is not taken back: a Pod that is gone does not come again.
#[derive(Clone, Debug)]
pub struct DeletePod {
    pub pod: ObjectRef<Pod>,
    /// The Pod that is meant; another one of its name is left alone. `None`: whichever bears the name.
    pub uid: Option<Arc<str>>,
    /// It is deleted because it waits: a Pod that is ready by then is left alone.
    pub only_if_waiting: bool,
}

impl Change {
    /// Deletes a Pod; which one of that name is known when the plan is proposed.
    pub fn delete_pod(pod: ObjectRef<Pod>) -> Self {
        Self::DeletePod(DeletePod {
            pod,
            uid: None,
            only_if_waiting: false,
        })
    }

    /// Deletes a Pod that waits, so that what owns it creates another one at once.
    pub fn retry_pod(pod: ObjectRef<Pod>) -> Self {
        Self::DeletePod(DeletePod {
            pod,
            uid: None,
            only_if_waiting: true,
        })
    }
}

impl PlanChange for DeletePod {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Pod(self.pod.clone())
    }

    fn sentence(&self) -> String {
        format!("Delete Pod {}", self.pod)
    }

    fn preview(&self) -> Vec<DiffLine> {
        vec![removed(format!("Pod {}", self.pod.name))]
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.pod;
        vec![kubectl(
            namespace,
            format!("delete pod {name} --wait=false"),
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        let verbs: &[&str] = if self.only_if_waiting {
            &["get", "delete"]
        } else {
            &["delete"]
        };
        on_object(&self.object(), verbs)
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Recreation
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Pod(self.pod.clone())]
    }

    fn is_creation(&self) -> bool {
        false
    }

    fn pin(&mut self, store: &Store) {
        let known = store.pod(&self.pod);
        self.uid = known.map(|pod| Arc::clone(&pod.meta.uid));
    }
}
