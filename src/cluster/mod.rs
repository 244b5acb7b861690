//! The Kubernetes client: connections, permissions, watches, reads and writes.
//!
//! What comes in are bytes of the API server; what goes out are `domain` values. This layer chooses no
//! words for the screen and judges nothing: it says what is there, how old it is, and why it could
//! not be had.

pub mod apply;
mod buffer;
pub mod connect;
mod decode;
mod error;
pub mod get;
#[cfg(test)]
mod mock;
pub mod node_facts;
pub mod node_files;
pub mod nodes;
mod paths;
pub mod pull_test;
mod random;
pub mod rbac;
mod request;
pub mod secret_values;
mod short_lived_pod;
pub mod watch;

pub use connect::{ConnectError, ConnectOptions, Connection};
pub use error::ApiError;
pub use short_lived_pod::ShortLivedPod;
pub use watch::{WatchScope, WatchUpdate, Watches};
