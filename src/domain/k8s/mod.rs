//! Kubernetes objects, references to them, and what is derived from a single object.
//!
//! Status, rollout, timeline and back-off are computed here from objects and events. Must not know the store, the
//! diagnosis or how anything is shown.

pub mod age;
pub mod backoff;
pub mod connection;
pub mod distribution;
pub mod document;
pub mod label_selector;
pub mod logs;
pub mod object_ref;
pub mod objects;
pub(in crate::domain) mod open_pull;
pub mod pod_status;
pub mod pull_attempt;
pub mod pull_failure;
pub mod rollout;
pub mod timeline;
