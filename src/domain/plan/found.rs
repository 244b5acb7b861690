//! What a change finds on the server: the old side of its preview, and what must still be there when the
//! change is made.
//!
//! A finding or a list of the store may be minutes old. The rehearsal reads each object, and the plan that
//! is shown and carried out is the one that it returns here.

use std::sync::Arc;

use super::{
    Change, Done, Images, Plan,
    before::{ContainerImage, Seen},
    outline::Outline,
    see_earlier,
    stored_config::StoredConfig,
};
use crate::domain::{
    key::Name,
    objects::{Pod, Secret, ServiceAccount, WorkloadKey, WorkloadKind},
    world::World,
};

/// A list of pull Secrets as it is and as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    pub now: Vec<Name<Secret>>,
    pub then: Vec<Name<Secret>>,
}

/// A Pod template, as far as it is shown and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub images: Images,
    /// A hash of the whole template.
    pub hash: u64,
}

/// What a change found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Image(Seen<ContainerImage>),
    Account(Seen<Name<ServiceAccount>>),
    Lists(Lists),
    /// The template of a Deployment, and the images of the one that it gets.
    Template {
        now: Seen<Template>,
        then: Images,
    },
    Secret(Arc<Outline>),
    /// The configuration of a Secret that is edited.
    Config(Seen<StoredConfig>),
    /// The servers of the entries that are copied, and of those that are there already.
    Entries {
        brings: Vec<Arc<str>>,
        there: Option<Vec<Arc<str>>>,
    },
}

impl Plan {
    /// The plan with what its rehearsal found in place of what was believed before.
    #[must_use]
    pub fn with_found(&self, done: &[Done]) -> Self {
        let mut plan = self.clone();
        for (change, done) in plan.changes.iter_mut().zip(done) {
            if let Some(found) = &done.found {
                change.take_found(found);
            }
        }
        see_earlier(&mut plan.changes);
        plan
    }

    /// The plan with the Pods and Jobs that it deletes told apart from later ones of the same name.
    #[must_use]
    pub fn pinned(mut self, world: &World) -> Self {
        for change in &mut self.changes {
            match change {
                Change::DeletePod { pod, uid } => {
                    let seen: Option<&Arc<Pod>> = world.pod(pod);
                    *uid = seen.map(|pod| Arc::clone(&pod.meta.uid));
                }
                Change::DeleteJob { job, uid } => {
                    let kind = WorkloadKind::Job;
                    let key = job.clone();
                    let seen = world.workload(&WorkloadKey { kind, key });
                    *uid = seen.map(|job| Arc::clone(&job.meta.uid));
                }
                _ => {}
            }
        }
        self
    }
}

impl Change {
    /// Takes over what was found, where the change shows it.
    fn take_found(&mut self, what: &Found) {
        match what {
            Found::Image(seen) => {
                if let Self::SetImage { before, .. } = self {
                    *before = Some(seen.clone());
                }
            }
            Found::Account(seen) => {
                if let Self::SetAccount { before, .. } = self {
                    *before = Some(seen.clone());
                }
            }
            Found::Lists(lists) => match self {
                Self::TakeBack { found, .. } => *found = Some(lists.clone()),
                Self::AttachSecret { seen, .. }
                | Self::DetachSecret { seen, .. }
                | Self::SetTemplatePullSecrets { seen, .. } => {
                    seen.clone_from(&lists.now);
                }
                _ => {}
            },
            Found::Template { now, then } => {
                if let Self::RollBack { before, after, .. } = self {
                    *before = Some(now.clone());
                    *after = Arc::clone(then);
                }
            }
            Found::Config(seen) => {
                if let Self::EditSecret { before, .. } = self {
                    *before = Some(seen.clone());
                }
            }
            Found::Secret(outline) => {
                if let Self::ConvertSecret { found, .. } = self {
                    *found = Some(Arc::clone(outline));
                }
            }
            Found::Entries { brings, there } => {
                if let Self::CopySecret(copy) = self {
                    copy.brings.clone_from(brings);
                    copy.there.clone_from(there);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        objects::{WorkloadKey, WorkloadKind},
        plan::{ContainerList, Mark, Outcome, Restartable},
        sample::{company, key},
    };

    fn found(found: Found) -> Done {
        Done {
            found: Some(found),
            ..Done::new(Outcome::Applied)
        }
    }

    fn removed(change: &Change) -> Vec<String> {
        let lines = change.preview().into_iter();
        lines
            .filter(|line| line.mark == Mark::Removed)
            .map(|line| line.text.trim().to_owned())
            .collect()
    }

    #[test]
    fn nothing_is_shown_as_removed_before_the_server_has_said_that_it_is_there() {
        let workload = Restartable::new(WorkloadKey {
            kind: WorkloadKind::Deployment,
            key: key("shop", "web"),
        })
        .unwrap();
        let plan = Plan::new(
            "set",
            vec![
                Change::SetImage {
                    workload: workload.clone().into(),
                    container: "web".into(),
                    before: None,
                    image: "a:2".into(),
                },
                Change::SetAccount {
                    workload,
                    before: None,
                    account: Name::new("other"),
                },
                Change::RollBack {
                    deployment: key("shop", "web"),
                    set: Name::new("web-1"),
                    revision: 1,
                    before: None,
                    after: Arc::from([("web".into(), "a:1".into())]),
                },
                Change::convert_secret(key("shop", "regcred")),
            ],
        );
        for change in &plan.changes {
            assert_eq!(removed(change), Vec::<String>::new(), "{change}");
        }
        let uid = || "u".to_owned();
        let done = [
            found(Found::Image(Seen {
                uid: uid(),
                value: ContainerImage {
                    list: ContainerList::InitContainers,
                    image: "live:9".into(),
                },
            })),
            found(Found::Account(Seen {
                uid: uid(),
                value: Name::new("live"),
            })),
            found(Found::Template {
                now: Seen {
                    uid: uid(),
                    value: Template {
                        images: Arc::from([("web".into(), "live:9".into())]),
                        hash: 1,
                    },
                },
                then: Arc::from([("web".into(), "a:1".into())]),
            }),
        ];
        let plan = plan.with_found(&done);
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
        let attach = |name: &str| Change::AttachSecret {
            account: key("shop", "web"),
            secret: Name::new(name),
            seen: vec![Name::new("stale")],
        };
        let live = Lists {
            now: vec![Name::new("live")],
            then: Vec::new(),
        };
        let done = [found(Found::Lists(live.clone())), found(Found::Lists(live))];
        let plan = Plan::new("two", vec![attach("a"), attach("b")]).with_found(&done);
        let commands = plan.commands();
        assert!(!commands[0].contains("stale"), "{commands:?}");
        assert!(
            commands[1].contains(r#"[{"name":"live"},{"name":"a"},{"name":"b"}]"#),
            "{commands:?}"
        );
    }

    #[test]
    fn a_pod_that_is_deleted_is_the_one_that_was_seen() {
        let world = company();
        let pod = world
            .pods(&crate::domain::watch::Scope::Cluster)
            .next()
            .unwrap();
        let plan = Plan::new("delete", vec![Change::delete_pod(pod.key.clone())]).pinned(&world);
        let Change::DeletePod { uid, .. } = &plan.changes[0] else {
            panic!("{plan:?}")
        };
        assert_eq!(uid.as_deref(), Some(&*pod.meta.uid));
    }
}
