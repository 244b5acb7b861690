//! Undoes an applied plan.

use super::{Change, ChangeResult, Outcome, Plan};

impl Plan {
    /// The plan that undoes what was made of this plan, last change first.
    ///
    /// `None` if nothing can be undone, and for a plan that is itself an undo: what it undid can be planned again, and
    /// the plans before it are next.
    #[must_use]
    pub fn undo_plan(&self, done: &[ChangeResult]) -> Option<Self> {
        if self.is_undo {
            return None;
        }
        let done_of_changes = done.iter().take(self.changes.len());
        let undone = done_of_changes.rev().filter_map(|done| done.undo.clone());
        let changes: Vec<Change> = undone.collect();
        (!changes.is_empty()).then(|| {
            let mut plan = Self {
                is_undo: true,
                ..Self::new(format!("Undo: {}", self.title), changes)
            };
            let stays = self.changes.iter().zip(done);
            let stays =
                stays.filter(|(_, done)| done.undo.is_none() && done.outcome == Outcome::Applied);
            plan.notes
                .extend(stays.map(|(change, _)| format!("Not undone: {change}")));
            let unknown = self.changes.iter().zip(done);
            let unknown = unknown.filter(|(_, done)| matches!(done.outcome, Outcome::Unknown(_)));
            let note = |change: &Change| format!("May still be applied, check later: {change}");
            plan.notes.extend(unknown.map(|(change, _)| note(change)));
            plan
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{WorkloadKind, WorkloadRef},
        },
        plan::{
            AttachSecret, ContainerImage, ContainerList, ImageChange, ListChange, Observed,
            Restartable, SetImage, Undoable,
        },
    };

    fn image(image: &str) -> Observed<ContainerImage> {
        Observed {
            uid: "3".to_owned(),
            value: ContainerImage {
                list: ContainerList::InitContainers,
                image: image.into(),
            },
        }
    }

    fn changed(before: &str, after: &str) -> ImageChange {
        ImageChange {
            before: image(before),
            after: after.into(),
        }
    }

    fn made(undo: Change) -> ChangeResult {
        ChangeResult {
            undo: Some(undo),
            ..ChangeResult::new(Outcome::Applied)
        }
    }

    fn list(before: &[&str], after: &[&str]) -> ListChange {
        let names = |names: &[&str]| names.iter().copied().map(Name::new).collect();
        ListChange {
            uid: Some("u".to_owned()),
            before: names(before),
            after: names(after),
        }
    }

    #[test]
    fn the_last_change_is_taken_back_first_and_what_stays_is_named() {
        let namespace = Namespace::new("shop");
        let workload = Restartable::new(WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: ObjectRef::new(namespace.clone(), Name::new("web")),
        })
        .unwrap();
        let attach = AttachSecret {
            account: ObjectRef::new(namespace, Name::new("web")),
            secret: Name::new("regcred"),
            current: Vec::new(),
        };
        let set = SetImage::new(workload.clone().into(), "web".into(), "a:2");
        let restart = Change::restart(workload);
        let changes = vec![attach.clone().into(), set.clone().into(), restart];
        let plan = Plan::new("Attach and roll out", changes);
        let done = [
            made(attach.undo(list(&[], &["regcred"]))),
            made(set.undo(changed("a:1", "a:2"))),
            ChangeResult::new(Outcome::Applied),
        ];
        let undone = plan.undo_plan(&done).unwrap();
        let said: Vec<String> = undone.changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Set image of web in Deployment/web to a:1",
                "Undo: Attach regcred to ServiceAccount shop/web",
            ]
        );
        let Change::SetImage(back) = &undone.changes[0] else {
            panic!("{undone:?}")
        };
        assert_eq!(
            back.before.as_ref(),
            Some(&image("a:2")),
            "only what the change has left is taken back"
        );
        assert_eq!(undone.notes.len(), 1, "{:?}", undone.notes);
        let mut late = done.clone();
        late[1].outcome = Outcome::Unknown("504".to_owned());
        let notes = plan.undo_plan(&late).unwrap().notes.join(" ");
        assert!(notes.contains("May still be applied, check later: Set image"));
        assert!(
            plan.undo_plan(&[ChangeResult::new(Outcome::Unchanged)])
                .is_none()
        );
        // What takes back leaves nothing to take back, so that the plan before it is next.
        let again = [
            made(back.undo(changed("a:2", "a:1"))),
            made(attach.undo(list(&["regcred"], &[]))),
        ];
        assert!(undone.undo_plan(&again).is_none());
    }
}
