//! Sets `imagePullSecrets` of a Pod template that has its own list.

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Restartable, Reversal,
    TakeBack, Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::Name,
        objects::{AnyObjectRef, Secret},
    },
    plan::{
        DiffLine, ExportFormat, ListChange,
        commands::template_list_patch,
        export,
        field_owner::OwnedField,
        manifest,
        permissions::on_object,
        preview::{list_lines, same},
        pull_secret_list::replace_pull_secret,
    },
    rbac::Permission,
};

/// Sets `imagePullSecrets` of a Pod template that has its own list, for which admission ignores the ServiceAccount's.
#[derive(Clone, Debug)]
pub struct SetTemplatePullSecrets {
    pub workload: Restartable,
    pub add: Name<Secret>,
    /// The name whose place the new one takes.
    pub instead_of: Option<Name<Secret>>,
    /// The list as it is known; what is there when the change is made counts.
    pub current: Vec<Name<Secret>>,
}

impl SetTemplatePullSecrets {
    /// The list after the change; entries without a name are dropped.
    pub fn changed(&self, list: &[Name<Secret>]) -> Vec<Name<Secret>> {
        changed(list, &self.add, self.instead_of.as_ref())
    }
}

impl PlanChange for SetTemplatePullSecrets {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Workload(self.workload.id().clone())
    }

    fn sentence(&self) -> String {
        let (add, id) = (&self.add, self.workload.id());
        match &self.instead_of {
            Some(wrong) => format!("Replace {wrong} with {add} in imagePullSecrets of {id}"),
            None => format!("Add {add} to imagePullSecrets of {id}"),
        }
    }

    fn preview(&self) -> Vec<DiffLine> {
        let list = list_lines(&self.current, &self.changed(&self.current));
        let list = list.into_iter().map(|line| line.indented(2));
        [same("spec.template.spec:")]
            .into_iter()
            .chain(list)
            .collect()
    }

    fn commands(&self) -> Vec<String> {
        vec![template_list_patch(
            &self.workload,
            &self.changed(&self.current),
        )]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        let list = manifest::references(&self.changed(&self.current));
        let spec = serde_json::json!({ "imagePullSecrets": list });
        Some(export::template(self.workload.id(), &spec).into())
    }

    fn written(&self) -> Written {
        Written::Fields(vec![OwnedField::at("spec.template.spec.imagePullSecrets")])
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

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let Self {
            workload,
            add,
            instead_of,
            current,
        } = self;
        earlier.change_template(workload, current, |list| {
            changed(list, add, instead_of.as_ref())
        });
    }
}

fn changed(
    list: &[Name<Secret>],
    add: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
) -> Vec<Name<Secret>> {
    let mut list = replace_pull_secret(list, add, instead_of);
    list.retain(|name| !name.as_str().is_empty());
    list
}

impl Undoable for SetTemplatePullSecrets {
    type Before = ListChange;

    /// Puts the list back.
    fn undo(&self, list: ListChange) -> Change {
        let workload = self.workload.clone();
        TakeBack::change(self.clone(), Reversal::TemplateList { workload, list })
    }
}
