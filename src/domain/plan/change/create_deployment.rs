//! Creates a Deployment with one container.

use serde_json::json;

use super::{
    Affects, Change, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack, Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, PullPolicy, ServiceAccount, Workload, WorkloadKind, WorkloadRef},
    },
    plan::{Created, DiffLine, ExportFormat, manifest, permissions::on_object, preview::all_added},
    rbac::Permission,
    shell,
};

/// Creates a Deployment with one container of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateDeployment {
    pub key: ObjectRef<Workload>,
    pub image: String,
    pub account: Name<ServiceAccount>,
    pub replicas: u32,
    pub port: Option<u16>,
    /// `None`: what Kubernetes makes of the tag (`Always` for `:latest`, else `IfNotPresent`).
    pub policy: Option<PullPolicy>,
}

impl CreateDeployment {
    /// A Deployment like that of `kubectl create deployment`.
    pub fn new(
        key: ObjectRef<Workload>,
        image: impl Into<String>,
        account: Name<ServiceAccount>,
    ) -> Self {
        Self {
            key,
            image: image.into(),
            account,
            replicas: 1,
            port: None,
            policy: None,
        }
    }

    pub fn id(&self) -> WorkloadRef {
        WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: self.key.clone(),
        }
    }
}

impl PlanChange for CreateDeployment {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.id())
    }

    fn sentence(&self) -> String {
        format!("Create Deployment {} with {}", self.key, self.image)
    }

    fn preview(&self) -> Vec<DiffLine> {
        all_added(&manifest::deployment(self))
    }

    /// `kubectl create deployment` has no flag for the account and the policy: the rest is patched.
    fn commands(&self) -> Vec<String> {
        let ObjectRef { namespace, name } = &self.key;
        let port = self
            .port
            .map_or_else(String::new, |port| format!(" --port={port}"));
        let object = manifest::deployment(self);
        let mut container = json!({ "name": name.as_str() });
        if let Some(policy) = object.pointer("/spec/template/spec/containers/0/imagePullPolicy")
            && let Some(fields) = container.as_object_mut()
        {
            fields.insert("imagePullPolicy".to_owned(), policy.clone());
        }
        let spec = json!({ "spec": { "template": { "spec": {
            "serviceAccountName": self.account.as_str(),
            "containers": [container],
        } } } });
        // kubectl calls the container after the image: the name of the patch must be that of the object.
        vec![format!(
            "kubectl -n {namespace} create deployment {name} --image={} --replicas={}{port} --dry-run=client -o json | jq '.spec.template.spec.containers[0].name = \"{name}\"' | kubectl patch --local -f - -o json -p {} | kubectl -n {namespace} create -f -",
            shell::quote(&self.image),
            self.replicas,
            shell::quote(&spec.to_string())
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["create"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        Some(manifest::deployment(self).into())
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    /// Its generation is the first: no write of the spec is waited for.
    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Rollout {
            workload: self.id(),
            writes: 0,
        }]
    }

    fn is_creation(&self) -> bool {
        true
    }
}

impl Undoable for CreateDeployment {
    type Before = Created;

    /// Deletes it again.
    fn undo(&self, created: Created) -> Change {
        TakeBack::change(self.clone(), Reversal::Delete(created))
    }
}
