//! The domain layer: Kubernetes objects, registry authentication, diagnosis and plans, as pure data and
//! functions.
//!
//! Must not use async, a client, a terminal, files, the environment or the clock: time and salt come in as
//! values. Nothing here imports another room.

pub mod age;
pub mod backoff;
pub mod batch;
pub mod chain;
pub mod classify;
pub mod credential;
pub mod diagnose;
pub mod diagnostics;
pub mod dockerconfig;
pub mod document;
pub mod faults;
pub mod guide;
pub mod hygiene;
pub mod identity;
pub mod image;
pub mod key;
pub mod keyring;
pub mod logs;
pub mod message;
pub mod nearest;
pub mod objects;
pub mod plan;
pub mod presets;
pub mod printable;
pub mod probe;
pub mod problem;
pub mod progress;
pub mod pull;
pub mod pull_attempt;
pub mod pull_test;
pub mod report;
pub mod rights;
#[cfg(test)]
pub(crate) mod sample;
mod shell;
pub mod status;
pub mod timeline;
pub mod unreadable;
pub mod watch;
pub mod world;

pub use diagnostics as cause;
