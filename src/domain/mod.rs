//! The domain layer: Kubernetes objects, registry authentication, diagnosis and plans, as pure data and
//! functions.
//!
//! Must not use async, a client, a terminal, files, the environment or the clock: time and salt come in as
//! values. Nothing here imports another layer.

pub mod context;
pub mod diagnostics;
pub mod error;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod guide;
pub mod k8s;
pub mod lint;
pub mod message;
pub mod node;
pub mod plan;
pub mod plural;
pub mod probe;
pub mod proxy;
pub mod pull_test;
pub mod rbac;
pub mod registry_auth;
pub mod sanitize;
pub mod shell;
pub mod store;
pub mod suggest;
