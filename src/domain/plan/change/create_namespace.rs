//! Creates a namespace.

use super::{Affects, PlanChange, Purpose, RepositoryManifest, Written};
use crate::domain::{
    k8s::{object_ref::Namespace, objects::AnyObjectRef},
    plan::{DiffLine, ExportFormat, manifest, preview::all_added},
    rbac::Permission,
};

/// Creates a namespace.
///
/// It is not taken back: with the namespace would go whatever others have put into it since.
#[derive(Clone, Debug)]
pub struct CreateNamespace {
    pub name: Namespace,
}

impl PlanChange for CreateNamespace {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Namespace(self.name.clone())
    }

    fn sentence(&self) -> String {
        format!("Create namespace {}", self.name)
    }

    fn preview(&self) -> Vec<DiffLine> {
        all_added(&manifest::namespace(&self.name))
    }

    fn commands(&self) -> Vec<String> {
        vec![format!("kubectl create namespace {}", self.name)]
    }

    fn permissions(&self) -> Vec<Permission> {
        vec![Permission::new("create", "", "namespaces", None)]
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        Some(manifest::namespace(&self.name).into())
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        Vec::new()
    }

    fn is_creation(&self) -> bool {
        true
    }
}
