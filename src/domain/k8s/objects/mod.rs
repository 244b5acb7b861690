//! The Kubernetes objects, slim: only the fields that the product shows or judges.
//!
//! Texts are shared (`Arc<str>`) where many objects repeat them; `cluster::decode` makes them so while
//! decoding. Plain data: what it *means* is said by `context`, `diagnostics::classify` and `diagnostics`.

mod condition;
mod event;
mod meta;
mod namespace;
mod object;
mod pod;
mod secret;
mod service_account;
mod workload;
mod workload_identity;

pub use condition::{PodCondition, PodConditionType};
pub use event::{Event, EventKind, ObjectReference};
pub use meta::{Labels, ObjectMeta, OwnerReference, ResourceVersion};
pub use namespace::NamespaceObject;
pub use object::{AnyObjectRef, Subject};
pub use pod::{
    Container, ContainerRole, ContainerState, ContainerStateTerminated, ImageVolume, Phase, Pod,
    PullPolicy,
};
pub use secret::{Expiry, ExpiryBasis, Secret, SecretContent, SecretType};
pub use service_account::ServiceAccount;
pub use workload::{Revision, Workload, WorkloadKind, WorkloadRef, WorkloadStatus};
pub use workload_identity::{
    IDENTITY_ANNOTATIONS, IdentityAnnotation, IdentityScope, WorkloadIdentity,
};
