//! The live state of an object that a change affects: the old side of its preview, and what must still hold
//! when the change is made.
//!
//! A finding or a list of the store may be minutes old. The dry run reads each object, and the plan that
//! is shown and carried out is the one that it returns here.

use super::{ChangeResult, Outcome, Plan, see_earlier};
use crate::domain::store::Store;

impl Plan {
    /// The plan with what its dry run found in place of what was believed before.
    #[must_use]
    pub fn with_live_state(&self, done: &[ChangeResult]) -> Self {
        let mut plan = self.clone();
        for (change, done) in plan.changes.iter_mut().zip(done) {
            if let Some(found) = &done.found {
                change.clone_from(found);
            }
        }
        see_earlier(&mut plan.changes);
        let effective = done.iter().enumerate();
        let effective = effective.filter(|(_, done)| done.outcome == Outcome::Applied);
        plan.effective = effective.map(|(index, _)| index).collect();
        plan
    }

    /// The plan for another attempt, with the objects that this one has deleted and could not create again.
    #[must_use]
    pub fn with_lost(&self, done: &[ChangeResult]) -> Self {
        let mut plan = self.clone();
        let lost = plan.changes.iter_mut().zip(done);
        for (change, done) in lost.filter(|(_, done)| done.is_lost) {
            if let Some(found) = &done.found {
                change.clone_from(found);
            }
        }
        plan
    }

    /// The plan with the Pods and Jobs that it deletes told apart from later ones of the same name.
    #[must_use]
    pub fn pinned(mut self, store: &Store) -> Self {
        for change in &mut self.changes {
            change.kind_mut().pin(store);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        fixtures::{key, sample_store},
        k8s::{
            object_ref::Name,
            objects::{WorkloadKind, WorkloadRef},
        },
        plan::{
            AttachSecret, Change, ContainerImage, ContainerList, DiffTag, Observed, Outcome,
            Restartable, RollBack, SetAccount, SetImage, Template,
        },
    };

    fn found(found: impl Into<Change>) -> ChangeResult {
        ChangeResult {
            found: Some(found.into()),
            ..ChangeResult::new(Outcome::Applied)
        }
    }

    fn observed<T>(value: T) -> Observed<T> {
        let uid = "u".to_owned();
        Observed { uid, value }
    }

    fn removed(change: &Change) -> Vec<String> {
        let lines = change.preview().into_iter();
        lines
            .filter(|line| line.mark == DiffTag::Removed)
            .map(|line| line.text.trim().to_owned())
            .collect()
    }

    #[test]
    fn nothing_is_shown_as_removed_before_the_server_has_said_that_it_is_there() {
        let workload = Restartable::new(WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: key("shop", "web"),
        })
        .unwrap();
        let set_image = SetImage::new(workload.clone().into(), "web".into(), "a:2");
        let set_account = SetAccount::new(workload, Name::new("other"));
        let roll_back = RollBack {
            deployment: key("shop", "web"),
            set: Name::new("web-1"),
            revision: 1,
            before: None,
            after: Arc::from([("web".into(), "a:1".into())]),
        };
        let changes = vec![
            set_image.clone().into(),
            set_account.clone().into(),
            roll_back.clone().into(),
            Change::convert_secret(key("shop", "regcred")),
        ];
        let plan = Plan::new("set", changes);
        for change in &plan.changes {
            assert_eq!(removed(change), Vec::<String>::new(), "{change}");
        }
        let done = [
            found(SetImage {
                before: Some(observed(ContainerImage {
                    list: ContainerList::InitContainers,
                    image: "live:9".into(),
                })),
                ..set_image
            }),
            found(SetAccount {
                before: Some(observed(Name::new("live"))),
                ..set_account
            }),
            found(RollBack {
                before: Some(observed(Template {
                    images: Arc::from([("web".into(), "live:9".into())]),
                    hash: 1,
                })),
                ..roll_back
            }),
        ];
        let plan = plan.with_live_state(&done);
        assert_eq!(removed(&plan.changes[0]), ["image: live:9"]);
        assert_eq!(
            plan.changes[0].preview()[0].text,
            "spec.template.spec.initContainers:"
        );
        assert_eq!(removed(&plan.changes[1]), ["serviceAccountName: live"]);
        assert_eq!(removed(&plan.changes[2]), ["web: live:9"]);
    }

    #[test]
    fn the_second_change_of_a_list_starts_where_the_first_ends() {
        let attach = |name: &str, current: &str| AttachSecret {
            account: key("shop", "web"),
            secret: Name::new(name),
            current: vec![Name::new(current)],
        };
        let done = [found(attach("a", "live")), found(attach("b", "live"))];
        let changes = vec![attach("a", "stale").into(), attach("b", "stale").into()];
        let plan = Plan::new("two", changes).with_live_state(&done);
        let commands = plan.commands();
        assert!(!commands[0].contains("stale"), "{commands:?}");
        assert!(
            commands[1].contains(r#"[{"name":"live"},{"name":"a"},{"name":"b"}]"#),
            "{commands:?}"
        );
    }

    #[test]
    fn a_pod_that_is_deleted_is_the_one_that_was_seen() {
        let store = sample_store();
        let pod = store
            .pods(&crate::domain::store::watch::Scope::Cluster)
            .next()
            .unwrap();
        let plan = Plan::new("delete", vec![Change::delete_pod(pod.key.clone())]).pinned(&store);
        let Change::DeletePod(delete) = &plan.changes[0] else {
            panic!("{plan:?}")
        };
        assert_eq!(delete.uid.as_deref(), Some(&*pod.meta.uid));
    }
}
