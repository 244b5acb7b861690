//! Plans: what is going to be changed, said before it is done.
//!
//! A plan is a list of typed changes in their order. It knows what each of them means in a sentence, as
//! lines added and removed, and as kubectl commands, and which permission it takes. It knows nothing
//! of how a change is sent: that is `cluster::apply`. A password is in it and in none of its words.

mod affected;
mod ask;
mod before;
mod change;
pub mod check;
mod commands;
mod edit_preview;
mod entries;
mod export;
mod fixes;
mod found;
mod gather;
mod image;
mod json_object;
pub mod keeper;
mod lists;
pub mod manifest;
mod outcome;
mod outline;
mod owned;
mod permissions;
mod preview;
mod recovery;
mod renew;
mod rotate;
mod sentence;
mod stored_config;
mod undo;
mod unfinished;

pub(in crate::domain) use self::fixes::commands_of;
pub use self::{
    affected::Affected,
    ask::{Ask, ImageTarget, Listing, Target},
    before::{Before, ContainerImage, ContainerList, Revision, Seen},
    change::{Change, Copy, Deployment, Existing, ImageOwner, Images, Restartable},
    commands::recreated,
    entries::{Edit, Login, edited, merged, servers_of},
    export::Style,
    fixes::{FixScope, Offer, Reach, for_fix},
    found::{Found, Lists, Template},
    gather::{secrets_that_open, servers, servers_in},
    lists::{corrected, with, without},
    outcome::{Done, Outcome},
    outline::Outline,
    preview::{Line, Mark},
    recovery::{Recovery, recovery},
    renew::{attached, renewed, retried},
    rotate::{Holder, Spread, carriers},
    stored_config::StoredConfig,
    undo::undo,
};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    image::ImageRef,
    key::{Key, Name},
    objects::{Secret, ServiceAccount},
    rights::Permission,
};

/// Changes in the order in which they are made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the plan is for.
    pub title: String,
    pub changes: Vec<Change>,
    /// What the registry is asked before anything is saved.
    pub question: Option<Question>,
    /// What else there is to know before it is carried out.
    pub notes: Vec<String>,
    pub on_failure: OnFailure,
    /// It takes back a plan that was carried out, and is not taken back itself.
    pub is_undo: bool,
}

/// What becomes of the changes that were made when a later one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They stay: the plan can be carried out again and goes on where it stopped.
    #[default]
    Stop,
    /// They are taken back, last one first.
    TakeBack,
}

/// May this login pull this image?
#[derive(Clone, Debug)]
pub struct Question {
    pub image: ImageRef,
    pub login: Login,
}

impl Plan {
    /// A plan without a question and without notes, of which what was made stays.
    pub fn new(title: impl Into<String>, mut changes: Vec<Change>) -> Self {
        see_earlier(&mut changes);
        Self {
            title: title.into(),
            changes,
            question: None,
            notes: Vec::new(),
            on_failure: OnFailure::Stop,
            is_undo: false,
        }
    }

    /// All permissions that the plan takes, each once.
    pub fn permissions(&self) -> Vec<Permission> {
        let mut all: Vec<Permission> = self.changes.iter().flat_map(Change::permissions).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether this change deletes a Pod or a Job to make way for changes that turned out to be made already.
    ///
    /// `done`: what became of the changes before it. A plan that does nothing else deletes what it names.
    pub fn deletes_for_nothing(&self, index: usize, done: &[Done]) -> bool {
        let deletes =
            |change: &Change| matches!(change, Change::DeletePod { .. } | Change::DeleteJob { .. });
        let before = self.changes.iter().zip(done).take(index);
        let mut main = before.filter(|(change, _)| !deletes(change)).peekable();
        self.changes.get(index).is_some_and(deletes)
            && main.peek().is_some()
            && main.all(|(_, done)| done.outcome.is_no_change())
    }

    /// The plan as kubectl commands. No password is in them: the shell asks for it.
    pub fn commands(&self) -> Vec<String> {
        self.changes.iter().flat_map(Change::commands).collect()
    }
}

/// Lets each change of a ServiceAccount's list see what the changes before it make of that list. Its
/// lines, its command and its manifest have the whole list: without this the second would undo the first.
fn see_earlier(changes: &mut [Change]) {
    let mut lists: BTreeMap<Key<ServiceAccount>, Vec<Name<Secret>>> = BTreeMap::new();
    let mut templates: BTreeMap<Restartable, Vec<Name<Secret>>> = BTreeMap::new();
    let mut edited: BTreeSet<Key<Secret>> = BTreeSet::new();
    for change in changes {
        match change {
            Change::CreateAccount { key, pull_secrets } => {
                lists.insert(key.clone(), pull_secrets.clone());
            }
            Change::AttachSecret {
                account,
                secret,
                seen,
            } => {
                seen.clone_from(lists.entry(account.clone()).or_insert_with(|| seen.clone()));
                lists.insert(account.clone(), with(seen, secret));
            }
            Change::DetachSecret {
                account,
                secret,
                seen,
            } => {
                seen.clone_from(lists.entry(account.clone()).or_insert_with(|| seen.clone()));
                lists.insert(account.clone(), without(seen, secret));
            }
            Change::SetTemplatePullSecrets {
                workload,
                add,
                instead_of,
                seen,
            } => {
                seen.clone_from(
                    templates
                        .entry(workload.clone())
                        .or_insert_with(|| seen.clone()),
                );
                let list = corrected(seen, add, instead_of.as_ref());
                templates.insert(workload.clone(), list);
            }
            Change::EditSecret { key, before, .. } => {
                // What an earlier change of the plan leaves there is not known before it is made.
                let is_first = edited.insert(key.clone());
                *before = before.take().filter(|_| is_first);
            }
            Change::CopySecret(copy) => {
                edited.insert(copy.to.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::key;

    #[test]
    fn pods_are_not_deleted_for_a_change_that_is_made_already() {
        let attach = Change::AttachSecret {
            account: key("shop", "web"),
            secret: Name::new("regcred"),
            seen: Vec::new(),
        };
        let pod = || Change::delete_pod(key("shop", "web-1"));
        let job = || Change::delete_job(key("shop", "nightly-1"));
        let plan = Plan::new("Attach", vec![attach, pod(), job()]);
        let unchanged = [Done::new(Outcome::Unchanged)];
        assert!(!plan.deletes_for_nothing(0, &[]));
        assert!(plan.deletes_for_nothing(1, &unchanged));
        let skipped = Done::new(Outcome::NotNeeded(String::new()));
        let both = [Done::new(Outcome::Unchanged), skipped];
        assert!(plan.deletes_for_nothing(2, &both));
        assert!(!plan.deletes_for_nothing(1, &[Done::new(Outcome::Applied)]));
        let retry = Plan::new("Retry now", vec![pod(), pod()]);
        assert!(!retry.deletes_for_nothing(0, &[]));
        assert!(!retry.deletes_for_nothing(1, &unchanged));
    }

    #[test]
    fn the_second_change_of_a_list_does_not_undo_the_first() {
        let seen = vec![Name::new("wrnog")];
        let plan = Plan::new(
            "Correct the name",
            vec![
                Change::AttachSecret {
                    account: key("shop", "web"),
                    secret: Name::new("right"),
                    seen: seen.clone(),
                },
                Change::DetachSecret {
                    account: key("shop", "web"),
                    secret: Name::new("wrnog"),
                    seen,
                },
            ],
        );
        let patch = |list| format!("kubectl -n shop patch serviceaccount web -p '{list}'");
        let lists = [
            r#"{"imagePullSecrets":[{"name":"wrnog"},{"name":"right"}]}"#,
            r#"{"imagePullSecrets":[{"name":"right"}]}"#,
        ];
        assert_eq!(plan.commands(), lists.map(patch));
    }
}
