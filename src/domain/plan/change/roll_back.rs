//! Restores the Pod template of an older revision of a Deployment.

use std::sync::Arc;

use super::{Affects, Change, Images, PlanChange, Purpose, RepositoryManifest, Written};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, Workload, WorkloadKind, WorkloadRef},
        rollout::RolloutStatus,
    },
    plan::{
        DiffLine, ExportFormat, Observed,
        commands::kubectl,
        field_owner::OwnedField,
        permissions::on_object,
        preview::{added, removed, same},
    },
    rbac::Permission,
};

/// Restores the Pod template of an older ReplicaSet (`kubectl rollout undo --to-revision`).
///
/// It is not taken back: the template that was replaced is a revision of its own now, to which the Deployment
/// can be rolled back.
#[derive(Clone, Debug)]
pub struct RollBack {
    pub deployment: ObjectRef<Workload>,
    pub set: Name<Workload>,
    pub revision: u64,
    /// The template that is there, once it was read from the server.
    pub before: Option<Observed<Template>>,
    /// As they will be: container name and image.
    pub after: Images,
}

/// A Pod template, as shown and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub images: Images,
    /// A hash of the whole template.
    pub hash: u64,
}

impl RollBack {
    fn id(&self) -> WorkloadRef {
        WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: self.deployment.clone(),
        }
    }
}

impl Change {
    /// Rolls a Deployment back to its newest earlier revision with other images, preferably one with ready Pods; `None`
    /// without such a revision.
    pub fn roll_back(found: &RolloutStatus) -> Option<Self> {
        let revision = found.previous_revision()?;
        Some(Self::RollBack(RollBack {
            deployment: found.workload.id.key.clone(),
            set: revision.replica_set.as_ref()?.key.name.clone(),
            revision: revision.number?,
            before: None,
            after: Arc::clone(&revision.images),
        }))
    }
}

impl PlanChange for RollBack {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.id())
    }

    fn sentence(&self) -> String {
        let (deployment, revision) = (&self.deployment, self.revision);
        format!("Roll back Deployment {deployment} to revision {revision}")
    }

    /// The images of two Pod templates; the rest of the older one comes back too.
    fn preview(&self) -> Vec<DiffLine> {
        let none: Images = Arc::from([]);
        let before = self.before.as_ref();
        let before = before.map_or(&none, |observed| &observed.value.images);
        let item = |(name, image): &(Arc<str>, Arc<str>)| format!("  {name}: {image}");
        let mut lines = vec![same("spec.template (only images shown):")];
        let gone = before.iter().filter(|old| !self.after.contains(old));
        lines.extend(gone.map(|old| removed(item(old))));
        lines.extend(self.after.iter().map(|new| {
            let mark = if before.contains(new) { same } else { added };
            mark(item(new))
        }));
        lines
    }

    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.deployment;
        let revision = self.revision;
        let rest = format!("rollout undo deployment/{name} --to-revision={revision}");
        vec![kubectl(namespace, rest)]
    }

    fn permissions(&self) -> Vec<Permission> {
        let set = AnyObjectRef::Workload(WorkloadRef {
            kind: WorkloadKind::ReplicaSet,
            key: ObjectRef::new(self.deployment.namespace.clone(), self.set.clone()),
        });
        let mut needed = on_object(&set, &["get"]);
        needed.extend(on_object(&self.object(), &["get", "patch"]));
        needed
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    fn written(&self) -> Written {
        Written::Fields(vec![OwnedField::at("spec.template")])
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Rollout {
            workload: self.id(),
            writes: 1,
        }]
    }

    fn is_creation(&self) -> bool {
        false
    }
}
