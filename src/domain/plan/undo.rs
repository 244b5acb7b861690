//! What was there before a change, so that it can be taken back.
//!
//! It is kept in memory for the session and never written anywhere; of a Secret it holds the values, so
//! nothing prints it, and it is wiped when it is dropped.

use std::{fmt, sync::Arc};

use serde_json::Value;
use zeroize::Zeroizing;

use super::{Change, Outcome, Plan, keeper::Traces};
use crate::domain::{
    key::Name,
    objects::{Secret, ServiceAccount},
};

/// One stored state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub uid: String,
    /// `resourceVersion`: compared for equality only.
    pub version: String,
}

/// What a change found.
#[derive(Clone)]
pub enum Before {
    /// Nothing: the change made the object, and it was this.
    Made(Revision),
    /// The object as JSON; `after`: what the change made of it, `None` when that is gone.
    Was {
        object: Zeroizing<String>,
        after: Option<Revision>,
    },
    /// A list, and what the change made of it.
    List {
        before: Vec<Name<Secret>>,
        after: Vec<Name<Secret>>,
    },
    Account(Name<ServiceAccount>),
    Image(Arc<str>),
    /// Whether a rollout stood still.
    Paused(bool),
}

impl Before {
    /// Keeps an object.
    pub fn was(object: &Value, after: Option<Revision>) -> Self {
        Self::Was {
            object: Zeroizing::new(object.to_string()),
            after,
        }
    }
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Made(_) => "Made(…)",
            Self::Was { .. } => "Was(…)",
            Self::List { .. } => "List(…)",
            Self::Account(_) => "Account(…)",
            Self::Image(_) => "Image(…)",
            Self::Paused(_) => "Paused(…)",
        })
    }
}

/// What became of one change, or of its rehearsal.
#[derive(Clone, Debug)]
pub struct Done {
    pub outcome: Outcome,
    /// `None` where nothing was changed, or where nothing can be taken back.
    pub before: Option<Before>,
    /// Who else keeps the object.
    pub traces: Traces,
}

impl Done {
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            before: None,
            traces: Traces::default(),
        }
    }
}

/// The change that takes this one back.
pub fn undo(change: &Change, before: Before) -> Change {
    match (change, before) {
        (
            Change::SetImage {
                workload,
                container,
                image,
                ..
            },
            Before::Image(was),
        ) => Change::SetImage {
            workload: workload.clone(),
            container: Arc::clone(container),
            before: image.as_str().into(),
            image: was.to_string(),
        },
        (
            Change::SetAccount {
                workload, account, ..
            },
            Before::Account(was),
        ) => Change::SetAccount {
            workload: workload.clone(),
            before: account.clone(),
            account: was,
        },
        (Change::SetPaused { deployment, .. }, Before::Paused(was)) => Change::SetPaused {
            deployment: deployment.clone(),
            paused: was,
        },
        (change, before) => Change::TakeBack {
            change: Box::new(change.clone()),
            before: Arc::new(before),
        },
    }
}

impl Plan {
    /// The plan that takes back what was made of this one, last change first; `None` when nothing was
    /// made that can be taken back.
    #[must_use]
    pub fn undone(&self, done: &[Done]) -> Option<Self> {
        let made = self.changes.iter().zip(done).rev();
        let changes: Vec<Change> = made
            .filter_map(|(change, done)| Some(undo(change, done.before.clone()?)))
            .collect();
        (!changes.is_empty()).then(|| {
            let mut plan = Self::new(format!("Undo: {}", self.title), changes);
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
    use serde_json::json;

    use super::*;
    use crate::domain::{
        key::{Key, Namespace},
        objects::{WorkloadKey, WorkloadKind},
        plan::Restartable,
    };

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
                    workload: workload.clone(),
                    container: "web".into(),
                    before: "a:1".into(),
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
            made(Before::Image("a:1".into())),
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
        assert_eq!(undone.notes.len(), 1, "{:?}", undone.notes);
        assert!(plan.undone(&[Done::new(Outcome::Unchanged)]).is_none());
    }

    #[test]
    fn nothing_is_printed_of_what_was_there() {
        let before = Before::was(&json!({"data": {"a": "canary"}}), None);
        assert!(!format!("{:?}", made(before)).contains("canary"));
    }
}
