//! Decodes API objects into `domain` objects: only the fields that the product uses, in one pass.
//!
//! The wire structs (`Wire…`) have the names of the API's fields and borrow their texts from the
//! received bytes; the interner makes them shared texts. managedFields, most annotations and everything
//! else that nobody shows is skipped without being built.
//!
//! Lists of the kinds that are many come as protobuf where the server speaks it: they are smaller, and
//! cost the server half of what JSON does. The same wire structs are filled from both.
//!
//! An object that cannot be read is left out and counted, and never spoils the list it came in.

mod annotations;
mod de;
mod event;
mod interner;
mod kind;
mod meta;
mod namespace;
mod page;
mod pod;
mod protobuf;
mod secret;
mod service_account;
mod template;
#[cfg(test)]
mod tests;
mod workload;

pub(super) use event::EventDecoder;
pub(super) use interner::Interner;
pub(super) use kind::Decode;
pub(super) use namespace::NamespaceDecoder;
pub(super) use page::{ListPage, WatchEvent, object, objects, parse_watch_line};
pub(super) use pod::PodDecoder;
pub(super) use protobuf::status;
pub(super) use secret::{OtherSecretDecoder, PullSecretDecoder};
pub(super) use service_account::ServiceAccountDecoder;
pub(super) use workload::{CronJobs, DaemonSets, Deployments, Jobs, ReplicaSets, StatefulSets};
