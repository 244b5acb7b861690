//! Plans: lists of typed changes that are shown before they are applied.
//!
//! A plan is a list of typed changes in their order. It knows what each of them means in a sentence, as
//! lines added and removed, and as kubectl commands, and which permission it takes. It knows nothing
//! of how a change is sent: that is `cluster::apply`. A password is in it and in none of its words.

mod affected;
mod auth_edit;
mod change;
mod commands;
mod export;
mod field_owner;
mod fixes;
mod form_data;
mod form_spec;
mod json_object;
mod live_state;
pub mod manager;
pub mod manifest;
mod outcome;
mod permissions;
mod preview;
mod pull_secret_list;
mod recovery;
mod remaining;
mod replace_pods;
mod rotation;
mod set_image;
mod snapshot;
mod stored_config;
mod undo;
pub mod validate;

use std::collections::BTreeSet;

use self::change::Earlier;
pub use self::{
    affected::Affected,
    auth_edit::{AuthEdit, Credentials, apply_edit, merge_auths, servers_of},
    change::{
        AccountChange, AttachSecret, Change, ConflictPolicy, ConvertSecret, CopyBefore, CopySecret,
        CreateAccount, CreateDeployment, CreateNamespace, CreateSecret, DeleteAccount, DeleteJob,
        DeletePod, DeleteSecret, DetachSecret, EditSecret, ImageChange, ImageOwner, Images,
        ObservedCopy, ObservedTarget, Purpose, Restart, Restartable, Reversal, RollBack,
        SecretOutline, SetAccount, SetImage, SetPaused, SetTemplatePullSecrets, TakeBack, Template,
        Undoable,
    },
    commands::recreated,
    export::ExportFormat,
    fixes::{FixProposal, FixScope, Reach, proposal_for},
    form_data::{secrets_matching, servers, servers_in},
    form_spec::{AccountPullSecrets, CopyTarget, FormSpec, ImageTarget},
    outcome::{ChangeResult, Outcome},
    preview::{DiffLine, DiffTag},
    recovery::{Recovery, recovery},
    replace_pods::{attach_secret, pods_with_the_old_list, replace_pods, retry_pods},
    rotation::{CredentialUsage, EntryRef, SecretUsage},
    snapshot::{
        ContainerImage, ContainerList, Converted, Created, ListChange, ObjectSnapshot,
        ObjectVersion, Observed, ObservedObject, Rewritten,
    },
    stored_config::StoredConfig,
};
pub(in crate::domain) use self::{
    fixes::{attached_by, commands_of, manager_notes},
    pull_secret_list::replace_pull_secret,
};
use super::{rbac::Permission, registry_auth::image_ref::ImageRef};

/// A list of changes, in the order in which they are made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the plan is for.
    pub title: String,
    pub changes: Vec<Change>,
    /// What the registry is asked before anything is saved.
    pub credential_check: Option<CredentialCheck>,
    /// What else there is to know before it is carried out.
    pub notes: Vec<String>,
    pub on_failure: OnFailure,
    /// It takes back a plan that was carried out, and is not taken back itself.
    pub is_undo: bool,
    /// Which changes the dry run has found to change something, by their places.
    pub effective: BTreeSet<usize>,
}

/// What happens to the changes made before a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They stay: the plan can be carried out again and goes on where it stopped.
    #[default]
    Stop,
    /// They are taken back, last one first.
    TakeBack,
}

/// A check whether these credentials can pull an image.
#[derive(Clone, Debug)]
pub struct CredentialCheck {
    pub image: ImageRef,
    pub login: Credentials,
}

impl Plan {
    /// A plan without question and notes, which keeps what was made on failure.
    pub fn new(title: impl Into<String>, mut changes: Vec<Change>) -> Self {
        see_earlier(&mut changes);
        Self {
            title: title.into(),
            changes,
            credential_check: None,
            notes: Vec::new(),
            on_failure: OnFailure::Stop,
            is_undo: false,
            effective: BTreeSet::new(),
        }
    }

    /// All permissions of the plan, without duplicates.
    pub fn permissions(&self) -> Vec<Permission> {
        let mut all: Vec<Permission> = self.changes.iter().flat_map(Change::permissions).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether this change deletes a Pod or Job for changes that turned out to be made already.
    ///
    /// What somebody else has changed since the dry run was not so when the Pods were created: they are
    /// deleted. `done`: what became of the changes before it. A plan that does nothing else deletes what it names.
    pub fn deletes_for_nothing(&self, index: usize, done: &[ChangeResult]) -> bool {
        let deletes = |change: &Change| match change.purpose() {
            Purpose::Recreation => true,
            Purpose::Repair | Purpose::Restart => false,
        };
        let before = self.changes.iter().zip(done).enumerate().take(index);
        let mut main = before
            .filter(|(_, (change, _))| !deletes(change))
            .peekable();
        let is_made_already = |(index, (_, done)): (usize, (&Change, &ChangeResult))| {
            done.outcome.is_no_change() && !self.effective.contains(&index)
        };
        self.changes.get(index).is_some_and(deletes)
            && main.peek().is_some()
            && main.all(is_made_already)
    }

    /// The plan as kubectl commands. They contain no password: the shell asks for it.
    pub fn commands(&self) -> Vec<String> {
        self.changes.iter().flat_map(Change::commands).collect()
    }
}

/// Lets each change see what the changes before it make of the same object.
fn see_earlier(changes: &mut [Change]) {
    let mut earlier = Earlier::default();
    for change in changes {
        change.kind_mut().see_earlier(&mut earlier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::key,
        k8s::{
            object_ref::{Name, ObjectRef},
            objects::ServiceAccount,
        },
    };

    fn web() -> ObjectRef<ServiceAccount> {
        key("shop", "web")
    }

    #[test]
    fn pods_are_not_deleted_for_a_change_that_is_made_already() {
        let attach = Change::from(AttachSecret {
            account: web(),
            secret: Name::new("regcred"),
            current: Vec::new(),
        });
        let pod = || Change::delete_pod(key("shop", "web-1"));
        let job = || Change::delete_job(key("shop", "nightly-1"));
        let plan = Plan::new("Attach", vec![attach, pod(), job()]);
        let unchanged = [ChangeResult::new(Outcome::Unchanged)];
        assert!(!plan.deletes_for_nothing(0, &[]));
        assert!(plan.deletes_for_nothing(1, &unchanged));
        let skipped = ChangeResult::new(Outcome::NotNeeded(String::new()));
        let both = [ChangeResult::new(Outcome::Unchanged), skipped];
        assert!(plan.deletes_for_nothing(2, &both));
        assert!(!plan.deletes_for_nothing(1, &[ChangeResult::new(Outcome::Applied)]));
        // A colleague was faster: the Pods were created before.
        let plan_after_dry_run = plan.with_live_state(&[ChangeResult::new(Outcome::Applied)]);
        assert!(!plan_after_dry_run.deletes_for_nothing(1, &unchanged));
        let retry = Plan::new("Retry now", vec![pod(), pod()]);
        assert!(!retry.deletes_for_nothing(0, &[]));
        assert!(!retry.deletes_for_nothing(1, &unchanged));
    }

    #[test]
    fn the_second_change_of_a_list_does_not_undo_the_first() {
        let current = vec![Name::new("wrnog")];
        let plan = Plan::new(
            "Correct the name",
            vec![
                Change::from(AttachSecret {
                    account: web(),
                    secret: Name::new("right"),
                    current: current.clone(),
                }),
                Change::from(DetachSecret {
                    account: web(),
                    secret: Name::new("wrnog"),
                    current,
                }),
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
