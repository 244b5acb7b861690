//! Undoes a change, unless others have changed the same since.

use std::sync::Arc;

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Restartable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Secret, ServiceAccount},
    },
    plan::{
        Converted, Created, DiffLine, DiffTag, ExportFormat, ListChange, ObjectSnapshot, Rewritten,
        commands::{account_list_patch, delete_object, template_list_patch},
        permissions::on_object,
        preview::{added, list_lines},
    },
    rbac::Permission,
};

/// Undoes a change.
///
/// It is not taken back itself: what it took back can be planned again.
#[derive(Clone, Debug)]
pub struct TakeBack {
    /// The change that is taken back.
    pub change: Box<Change>,
    pub reversal: Reversal,
    /// What was found on the server; `None` before it was asked.
    pub found: Option<LiveState>,
}

/// What an undo finds, as shown in its preview.
#[derive(Clone, Debug)]
pub enum LiveState {
    /// A list as it is and as it will be.
    List(ListChange),
    /// The Secret is not there, and all of it is created.
    NoSecret,
}

/// The undo of a change that has no opposite kind.
#[derive(Clone, Debug)]
pub enum Reversal {
    /// The object that the change created is deleted, if it still holds what it did then.
    Delete(Created),
    /// A list of a ServiceAccount is put back, in its order too.
    AccountList {
        account: ObjectRef<ServiceAccount>,
        list: ListChange,
    },
    /// A list of a Pod template is put back, in its order too.
    TemplateList {
        workload: Restartable,
        list: ListChange,
    },
    /// The content of a Secret is put back.
    Content {
        secret: ObjectRef<Secret>,
        before: Arc<Rewritten>,
    },
    /// The type of a Secret is put back: it is deleted and created again.
    Type {
        secret: ObjectRef<Secret>,
        before: Arc<Converted>,
    },
    /// The object that the change deleted is created again.
    Create(Arc<ObjectSnapshot>),
}

impl TakeBack {
    pub(super) fn change(change: impl Into<Change>, reversal: Reversal) -> Change {
        Change::TakeBack(Self {
            change: Box::new(change.into()),
            reversal,
            found: None,
        })
    }

    /// The same with the list that was found.
    #[must_use]
    pub fn with_list(&self, found: ListChange) -> Change {
        Change::TakeBack(Self {
            found: Some(LiveState::List(found)),
            ..self.clone()
        })
    }

    /// The same for a missing Secret: the conversion or its undo has lost it.
    #[must_use]
    pub fn with_absent_secret(&self, secret: &ObjectRef<Secret>, before: &Converted) -> Change {
        let before = Converted {
            object: Arc::clone(&before.object),
            after: None,
        };
        Change::TakeBack(Self {
            change: self.change.clone(),
            reversal: Reversal::Type {
                secret: secret.clone(),
                before: Arc::new(before),
            },
            found: Some(LiveState::NoSecret),
        })
    }
}

impl PlanChange for TakeBack {
    fn object(&self) -> AnyObjectRef {
        self.change.object()
    }

    fn sentence(&self) -> String {
        format!("Undo: {}", self.change)
    }

    fn preview(&self) -> Vec<DiffLine> {
        match &self.found {
            Some(LiveState::List(list)) => list_lines(&list.before, &list.after),
            Some(LiveState::NoSecret) => self.turned().into_iter().filter_map(created).collect(),
            None => removed_first(self.turned()),
        }
    }

    fn commands(&self) -> Vec<String> {
        vec![match &self.reversal {
            Reversal::Delete(_) => delete_object(&self.object()),
            Reversal::AccountList { account, list } => account_list_patch(account, &list.before),
            Reversal::TemplateList { workload, list } => {
                template_list_patch(workload, &list.before)
            }
            Reversal::Content { .. } | Reversal::Type { .. } | Reversal::Create(_) => {
                "# only this session knows the previous value".to_owned()
            }
        }]
    }

    fn permissions(&self) -> Vec<Permission> {
        let verbs: &[&str] = match &self.reversal {
            Reversal::Delete(_) => &["delete"],
            Reversal::AccountList { .. }
            | Reversal::TemplateList { .. }
            | Reversal::Content { .. } => &["get", "patch"],
            Reversal::Type { .. } => &["get", "delete", "create"],
            Reversal::Create(_) => &["create"],
        };
        on_object(&self.object(), verbs)
    }

    fn manifest(&self, _: ExportFormat) -> Option<RepositoryManifest> {
        None
    }

    fn written(&self) -> Written {
        // Where nobody else claims what the change wrote, somebody may manage the object by now.
        match self.change.kind().written() {
            Written::Uncontested => Written::Fields(Vec::new()),
            Written::Fields(fields) => Written::Fields(fields),
        }
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        Vec::new()
    }

    fn is_creation(&self) -> bool {
        match &self.reversal {
            Reversal::Create(_) => true,
            Reversal::Delete(_)
            | Reversal::AccountList { .. }
            | Reversal::TemplateList { .. }
            | Reversal::Content { .. }
            | Reversal::Type { .. } => false,
        }
    }

    /// An object that the plan creates again is not known by its uid.
    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let object = self.object();
        match &mut self.reversal {
            Reversal::Create(_) => earlier.recreate(object),
            Reversal::AccountList { list, .. } | Reversal::TemplateList { list, .. } => {
                if earlier.is_recreated(&object) {
                    list.uid = None;
                }
            }
            Reversal::Delete(_) | Reversal::Content { .. } | Reversal::Type { .. } => {}
        }
    }
}

impl TakeBack {
    /// The lines of the change, the other way. What its comments say holds both ways.
    fn turned(&self) -> Vec<DiffLine> {
        let turned = |line: DiffLine| {
            if line.is_comment() {
                line
            } else {
                line.inverted()
            }
        };
        let lines = self.change.preview().into_iter();
        lines.map(turned).collect()
    }
}

/// A line of an object of which nothing is there.
fn created(line: DiffLine) -> Option<DiffLine> {
    match line.mark {
        DiffTag::Same | DiffTag::Added => Some(added(line.text)),
        DiffTag::Removed => None,
    }
}

/// The lines with what goes before what comes, wherever both stand together.
fn removed_first(mut lines: Vec<DiffLine>) -> Vec<DiffLine> {
    let is_same = |line: &DiffLine| line.mark == DiffTag::Same;
    for run in lines.chunk_by_mut(|one, next| is_same(one) == is_same(next)) {
        run.sort_by_key(|line| line.mark == DiffTag::Added);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::key,
        plan::{ConvertSecret, SecretOutline, Undoable},
    };

    #[test]
    fn nothing_is_taken_off_a_secret_that_is_not_there() {
        let object = serde_json::json!({"type": "Opaque", "data": {"config.json": ""}});
        let convert = ConvertSecret {
            found: Some(Arc::new(SecretOutline::from_secret(&object, "config.json"))),
            ..ConvertSecret::new(key("shop", "regcred"))
        };
        let object = Arc::new(ObjectSnapshot::from_object(&object));
        let undo = convert.undo(Converted {
            object,
            after: None,
        });
        let removed = |change: &Change| -> Vec<String> {
            let lines = change.preview().into_iter();
            let lines = lines.filter(|line| line.mark == DiffTag::Removed);
            lines.map(|line| line.text).collect()
        };
        let gone = removed(&undo).join("\n");
        // It is deleted once more, and so is what it owns.
        for part in ["dockerconfigjson", "are deleted with it"] {
            assert!(gone.contains(part), "{gone}");
        }
        let Change::TakeBack(undo) = undo else {
            panic!("{undo:?}")
        };
        let Reversal::Type { secret, before } = &undo.reversal else {
            panic!("{undo:?}")
        };
        let found = undo.with_absent_secret(secret, before);
        assert_eq!(removed(&found), [""; 0]);
        let shown = format!("{:?}", found.preview());
        assert!(shown.contains("type: Opaque"), "{shown}");
        assert!(!shown.contains("are deleted with it"), "{shown}");
    }
}
