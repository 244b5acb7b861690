//! The kinds of change, each in a file of its own.
//!
//! A kind is a struct that says everything about itself: its sentence, its preview, the kubectl commands, the
//! permissions, the manifest, the fields that it writes, the Pods that it affects, and how it is taken back.
//! How it is sent is `cluster::apply`'s, which must not be known here.

mod attach_secret;
mod convert_secret;
mod copy_secret;
mod create_account;
mod create_deployment;
mod create_namespace;
mod create_secret;
mod delete_account;
mod delete_job;
mod delete_pod;
mod delete_secret;
mod detach_secret;
mod earlier;
mod edit_secret;
mod restart;
mod roll_back;
mod set_account;
mod set_image;
mod set_paused;
mod set_template_pull_secrets;
mod take_back;
mod workload;

use std::fmt;

use serde_json::Value;

pub(super) use self::earlier::Earlier;
pub use self::{
    attach_secret::AttachSecret,
    convert_secret::{ConvertSecret, SecretOutline},
    copy_secret::{ConflictPolicy, CopyBefore, CopySecret, ObservedCopy, ObservedTarget},
    create_account::CreateAccount,
    create_deployment::CreateDeployment,
    create_namespace::CreateNamespace,
    create_secret::CreateSecret,
    delete_account::DeleteAccount,
    delete_job::DeleteJob,
    delete_pod::DeletePod,
    delete_secret::DeleteSecret,
    detach_secret::DetachSecret,
    edit_secret::EditSecret,
    restart::Restart,
    roll_back::{RollBack, Template},
    set_account::{AccountChange, SetAccount},
    set_image::{ImageChange, SetImage},
    set_paused::SetPaused,
    set_template_pull_secrets::SetTemplatePullSecrets,
    take_back::{Reversal, TakeBack},
    workload::{ImageOwner, Images, Restartable},
};
use super::{DiffLine, ExportFormat, field_owner::OwnedField};
use crate::domain::{
    k8s::{
        object_ref::{Namespace, ObjectRef},
        objects::{AnyObjectRef, Pod, Secret, Subject, Workload, WorkloadRef},
    },
    rbac::Permission,
    store::Store,
};

/// What a kind of change says of itself.
pub(super) trait PlanChange {
    /// The object that is changed.
    fn object(&self) -> AnyObjectRef;

    /// The change in one sentence.
    fn sentence(&self) -> String;

    /// What becomes different, as lines of YAML. Credentials are placeholders.
    fn preview(&self) -> Vec<DiffLine>;

    /// The same with kubectl. No password is in the commands: the shell asks for it.
    fn commands(&self) -> Vec<String>;

    /// What the user must be allowed to do.
    fn permissions(&self) -> Vec<Permission>;

    /// The object for a repository, without a credential; `None` where no object is made or changed.
    fn manifest(&self, style: ExportFormat) -> Option<RepositoryManifest>;

    /// What the change writes of an object that others may keep.
    fn written(&self) -> Written;

    /// What the change is for within its plan.
    fn purpose(&self) -> Purpose;

    /// What has to recover once the change is made.
    fn affects(&self) -> Vec<Affects>;

    /// Whether the object is there afterwards and was not before: a dry run does not show it.
    fn is_creation(&self) -> bool;

    /// Takes into account what the changes before it in the plan make of the same object.
    fn see_earlier(&mut self, _earlier: &mut Earlier) {}

    /// Tells the object that is deleted apart from a later one of its name.
    fn pin(&mut self, _store: &Store) {}

    /// What to do where the change was interrupted, besides making it again.
    fn after_interruption(&self) -> Option<&'static str> {
        None
    }
}

/// A change that can be taken back.
///
/// The kinds without it say in their documentation why they are not taken back.
pub trait Undoable {
    /// What is kept of the object as it was found.
    type Before;

    /// The change that takes this one back.
    fn undo(&self, before: Self::Before) -> Change;
}

/// An object for a repository.
#[derive(Debug)]
pub(super) struct RepositoryManifest {
    pub object: Value,
    /// Entries of a Secret that the change leaves alone are not in the manifest.
    pub lacks_other_entries: bool,
}

impl From<Value> for RepositoryManifest {
    fn from(object: Value) -> Self {
        Self {
            object,
            lacks_other_entries: false,
        }
    }
}

/// What a change writes of an object that others may keep.
pub(super) enum Written {
    /// Nobody else keeps it: the object does not exist yet, or the keepers do the same themselves, as a restart.
    Uncontested,
    /// These fields. A keeper of the object puts them back.
    Fields(Vec<OwnedField>),
}

/// What a change is for within its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It repairs something.
    Repair,
    /// It lets a workload replace its Pods.
    Restart,
    /// It deletes Pods or a Job, of which new ones are created.
    Recreation,
}

/// What has to recover once a change is made.
pub(super) enum Affects {
    /// The Pods that list a Secret.
    Secret(ObjectRef<Secret>),
    /// New Pods of a ServiceAccount.
    Account,
    /// A workload whose template gets so many writes, and whose Pods are replaced.
    Rollout { workload: WorkloadRef, writes: i64 },
    /// A Pod or the Pods of a workload.
    Subject(Subject),
    /// A Pod that is deleted.
    Pod(ObjectRef<Pod>),
    /// A Job that is deleted, with its Pods.
    Job(ObjectRef<Workload>),
}

/// Declares the change as one of its kinds: the one place where a change is told apart for what it says of
/// itself.
macro_rules! kinds {
    ($($kind:ident,)*) => {
        /// A typed change.
        #[derive(Clone, Debug)]
        pub enum Change {
            $($kind($kind),)*
        }

        impl Change {
            pub(super) fn kind(&self) -> &dyn PlanChange {
                match self {
                    $(Self::$kind(change) => change,)*
                }
            }

            pub(super) fn kind_mut(&mut self) -> &mut dyn PlanChange {
                match self {
                    $(Self::$kind(change) => change,)*
                }
            }
        }

        $(
            impl From<$kind> for Change {
                fn from(change: $kind) -> Self {
                    Self::$kind(change)
                }
            }
        )*
    };
}

kinds! {
    CreateNamespace,
    CreateSecret,
    EditSecret,
    ConvertSecret,
    CopySecret,
    DeleteSecret,
    CreateAccount,
    DeleteAccount,
    AttachSecret,
    DetachSecret,
    SetAccount,
    SetImage,
    SetTemplatePullSecrets,
    CreateDeployment,
    Restart,
    SetPaused,
    RollBack,
    DeletePod,
    DeleteJob,
    TakeBack,
}

impl Change {
    /// The object that is changed.
    pub fn object(&self) -> AnyObjectRef {
        self.kind().object()
    }

    /// The namespace that the change is made in.
    pub fn namespace(&self) -> Namespace {
        self.object().namespace().clone()
    }

    /// What becomes different, as lines of YAML.
    pub fn preview(&self) -> Vec<DiffLine> {
        self.kind().preview()
    }

    /// The same with kubectl.
    pub fn commands(&self) -> Vec<String> {
        self.kind().commands()
    }

    /// What the user must be allowed to do.
    pub fn permissions(&self) -> Vec<Permission> {
        self.kind().permissions()
    }

    /// What the change is for within its plan.
    pub fn purpose(&self) -> Purpose {
        self.kind().purpose()
    }

    /// Whether the object is there afterwards and was not before.
    pub fn is_creation(&self) -> bool {
        self.kind().is_creation()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind().sentence())
    }
}
