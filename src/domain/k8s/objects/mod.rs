//! The Kubernetes objects, slim: only the fields that the product shows or judges.
//!
//! Texts are shared (`Arc<str>`) where many objects repeat them; `cluster::slim` makes them so while
//! decoding. Plain data: what it *means* is said by `context`, `diagnostics::classify` and `diagnostics`.

mod condition;
mod event;
mod meta;
mod namespace;
mod object;
mod pod;
mod secret;
mod service_account;
mod subject;
mod workload;

pub use condition::{Condition, PodCondition};
pub use event::{Event, EventKind, EventSubject};
pub use meta::{Labels, Meta, Owner, Version};
pub use namespace::NamespaceObject;
pub use object::ObjectKey;
pub use pod::{
    Container, ContainerRole, ContainerState, Exit, ImageVolume, Phase, Pod, PullPolicy,
};
pub use secret::{Secret, SecretContent, SecretType};
pub use service_account::ServiceAccount;
pub use subject::Subject;
pub use workload::{Revision, Rollout, Workload, WorkloadKey, WorkloadKind};
