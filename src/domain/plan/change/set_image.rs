//! A container gets another image.

use std::sync::Arc;

use serde_json::json;

use super::{
    Affects, Change, ImageOwner, PlanChange, Purpose, RepositoryManifest, Undoable, Written,
};
use crate::domain::{
    k8s::objects::{AnyObjectRef, Subject},
    plan::{
        ContainerImage, ContainerList, DiffLine, ExportFormat, Observed,
        affected::rolls,
        commands::kubectl,
        export,
        field_owner::OwnedField,
        permissions::on_object,
        preview::{replaced, same},
    },
    rbac::Permission,
    shell,
};

/// Sets the image of a container in a Pod template, or in a Pod without a controller.
#[derive(Clone, Debug)]
pub struct SetImage {
    pub workload: ImageOwner,
    pub container: Arc<str>,
    /// What must be there for the change to be made, as it was read from the server by the dry run, or left
    /// by the change that this one takes back; `None` until then.
    pub before: Option<Observed<ContainerImage>>,
    pub image: String,
    /// The image that the server stores instead, as the dry run has shown: admission may rewrite it.
    pub stored: Option<Arc<str>>,
}

/// The image of a container before a change, and as the change has left it.
#[derive(Clone, Debug)]
pub struct ImageChange {
    pub before: Observed<ContainerImage>,
    pub after: Arc<str>,
}

impl SetImage {
    /// Another image; which one is there now is known after the dry run.
    pub fn new(workload: ImageOwner, container: Arc<str>, image: impl Into<String>) -> Self {
        Self {
            workload,
            container,
            before: None,
            image: image.into(),
            stored: None,
        }
    }

    /// The list that the container is in. Until the server was asked it is not known.
    fn list(&self) -> ContainerList {
        let before = self.before.as_ref();
        before.map_or(ContainerList::Containers, |observed| observed.value.list)
    }

    /// The image as the API server stores it in this list.
    fn field_in(&self, list: ContainerList) -> OwnedField {
        let spec = self.workload.pod_spec().join(".");
        let key = json!({ "name": &*self.container });
        let mut field = OwnedField::at(&format!("{spec}.{}", list.field()));
        field.path.push(format!("k:{key}"));
        field.path.push("f:image".to_owned());
        OwnedField {
            name: format!("the image of {}", self.container),
            ..field
        }
    }
}

impl PlanChange for SetImage {
    fn object(&self) -> AnyObjectRef {
        match self.workload.subject() {
            Subject::Pod(key) => AnyObjectRef::Pod(key.clone()),
            Subject::Workload(id) => AnyObjectRef::Workload(id.clone()),
        }
    }

    fn sentence(&self) -> String {
        let Self {
            workload,
            container,
            image,
            ..
        } = self;
        format!("Set image of {container} in {workload} to {image}")
    }

    fn preview(&self) -> Vec<DiffLine> {
        let before = self.before.as_ref().map(|observed| &observed.value);
        let list = self.list();
        let spec = self.workload.pod_spec().join(".");
        let head = [
            same(format!("{spec}.{}:", list.field())),
            same(format!("  - name: {}", self.container)),
        ];
        let field = |image: &str| format!("    image: {image}");
        let old = before.map(|before| field(&before.image));
        let new = match &self.stored {
            Some(stored) => format!("{}  # admission changes {}", field(stored), self.image),
            None => field(&self.image),
        };
        replaced(head, old, new)
    }

    fn commands(&self) -> Vec<String> {
        let image = format!("{}={}", self.container, self.image);
        let rest = format!(
            "set image {} {}",
            self.workload.kubectl(),
            shell::quote(&image)
        );
        vec![kubectl(self.workload.subject().namespace(), rest)]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        let container = json!({ "name": &*self.container, "image": self.image });
        let spec = json!({ self.list().field(): [container] });
        Some(export::pod_spec(&self.workload, &spec).into())
    }

    fn written(&self) -> Written {
        let fields = ContainerList::ALL.map(|list| self.field_in(list));
        Written::Fields(fields.into())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        let id = self.workload.workload();
        let rollout = id.filter(|id| rolls(id.kind)).map(|id| Affects::Rollout {
            workload: id.clone(),
            writes: 1,
        });
        let subject = Affects::Subject(self.workload.subject().clone());
        rollout.into_iter().chain([subject]).collect()
    }

    fn is_creation(&self) -> bool {
        false
    }
}

impl Undoable for SetImage {
    type Before = ImageChange;

    /// Sets the old one, where the new one still stands.
    fn undo(&self, ImageChange { before: was, after }: ImageChange) -> Change {
        Change::SetImage(Self {
            workload: self.workload.clone(),
            container: Arc::clone(&self.container),
            before: Some(Observed {
                uid: was.uid,
                value: ContainerImage {
                    list: was.value.list,
                    image: after,
                },
            }),
            image: was.value.image.to_string(),
            stored: None,
        })
    }
}
