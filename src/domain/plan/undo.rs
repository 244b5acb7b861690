//! From what was made of a plan to the plan that takes it back.

use std::sync::Arc;

use super::{
    Before, Change, Done, Outcome, Plan,
    before::{ContainerImage, Seen},
};

/// The change that takes this one back; `None`: it keeps nothing of the kind, or takes something back itself.
pub fn undo(change: &Change, before: Before) -> Option<Change> {
    match change {
        Change::SetImage {
            workload,
            container,
            image,
            ..
        } => before.image().map(|was| Change::SetImage {
            workload: workload.clone(),
            container: Arc::clone(container),
            before: Some(Seen {
                uid: was.uid.clone(),
                value: ContainerImage {
                    list: was.value.list,
                    image: image.as_str().into(),
                },
            }),
            image: was.value.image.to_string(),
        }),
        Change::SetAccount {
            workload, account, ..
        } => before.account().map(|was| Change::SetAccount {
            workload: workload.clone(),
            before: Some(Seen {
                uid: was.uid.clone(),
                value: account.clone(),
            }),
            account: was.value.clone(),
        }),
        Change::SetPaused { deployment, .. } => before.paused().map(|paused| Change::SetPaused {
            deployment: deployment.clone(),
            paused,
        }),
        Change::CreateSecret { .. }
        | Change::EditSecret { .. }
        | Change::ConvertSecret { .. }
        | Change::CopySecret(_)
        | Change::DeleteSecret { .. }
        | Change::CreateAccount { .. }
        | Change::DeleteAccount { .. }
        | Change::AttachSecret { .. }
        | Change::DetachSecret { .. }
        | Change::SetTemplatePullSecrets { .. }
        | Change::CreateDeployment(_) => Some(Change::TakeBack {
            change: Box::new(change.clone()),
            before: Arc::new(before),
            found: None,
        }),
        Change::CreateNamespace(_)
        | Change::Restart(_)
        | Change::RollBack { .. }
        | Change::DeletePod { .. }
        | Change::DeleteJob { .. }
        | Change::TakeBack { .. } => None,
    }
}

impl Plan {
    /// The plan that takes back what was made of this one, last change first; `None` when nothing was
    /// made that can be taken back, and for a plan that takes back itself: what it took back can be planned
    /// again, and the plans before it are next.
    #[must_use]
    pub fn undone(&self, done: &[Done]) -> Option<Self> {
        if self.is_undo {
            return None;
        }
        let made = self.changes.iter().zip(done).rev();
        let changes: Vec<Change> = made
            .filter_map(|(change, done)| undo(change, done.before.clone()?))
            .collect();
        (!changes.is_empty()).then(|| {
            let mut plan = Self {
                is_undo: true,
                ..Self::new(format!("Undo: {}", self.title), changes)
            };
            let stays = self.changes.iter().zip(done);
            let stays =
                stays.filter(|(_, done)| done.before.is_none() && done.outcome == Outcome::Applied);
            plan.notes
                .extend(stays.map(|(change, _)| format!("Not taken back: {change}")));
            plan
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        key::{Key, Name, Namespace},
        objects::{WorkloadKey, WorkloadKind},
        plan::{ContainerList, Restartable},
    };

    fn image(image: &str) -> ContainerImage {
        ContainerImage {
            list: ContainerList::InitContainers,
            image: image.into(),
        }
    }

    fn made(before: Before) -> Done {
        Done {
            before: Some(before),
            ..Done::new(Outcome::Applied)
        }
    }

    #[test]
    fn the_last_change_is_taken_back_first_and_what_stays_is_named() {
        let namespace = Namespace::new("shop");
        let key = Key::new(namespace.clone(), Name::new("web"));
        let workload = Restartable::new(WorkloadKey {
            kind: WorkloadKind::Deployment,
            key,
        })
        .unwrap();
        let plan = Plan::new(
            "Attach and roll out",
            vec![
                Change::AttachSecret {
                    account: Key::new(namespace.clone(), Name::new("web")),
                    secret: Name::new("regcred"),
                    seen: Vec::new(),
                },
                Change::SetImage {
                    workload: workload.clone().into(),
                    container: "web".into(),
                    before: None,
                    image: "a:2".into(),
                },
                Change::Restart(workload),
            ],
        );
        let list = Before::List {
            before: Vec::new(),
            after: vec![Name::new("regcred")],
        };
        let done = [
            made(list),
            made(Before::Image(Seen {
                uid: "3".to_owned(),
                value: image("a:1"),
            })),
            Done::new(Outcome::Applied),
        ];
        let undone = plan.undone(&done).unwrap();
        let said: Vec<String> = undone.changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Set the image of web in Deployment/web to a:1",
                "Take back: Attach regcred to the ServiceAccount shop/web",
            ]
        );
        let Change::SetImage { before, .. } = &undone.changes[0] else {
            panic!("{undone:?}")
        };
        let left = Seen {
            uid: "3".to_owned(),
            value: image("a:2"),
        };
        assert_eq!(
            before.as_ref(),
            Some(&left),
            "only what the change has left is taken back"
        );
        assert_eq!(undone.notes.len(), 1, "{:?}", undone.notes);
        assert!(plan.undone(&[Done::new(Outcome::Unchanged)]).is_none());
        // What takes back leaves nothing to take back, so that the plan before it is next.
        let list = Before::List {
            before: vec![Name::new("regcred")],
            after: Vec::new(),
        };
        let image = Before::Image(left);
        assert!(undone.undone(&[made(image), made(list)]).is_none());
    }
}
