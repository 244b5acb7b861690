//! Writes to the store: metadata, defaults, admission, validation and field ownership.
//!
//! The API and the controllers take the same way, as they do in a real cluster: a ReplicaSet whose
//! Pod is refused hears what a user would hear.

mod create;
mod defaults;
mod delete;
pub mod managed_fields;
mod update;

pub use create::create;
pub use delete::{Cascade, DeleteOptions, DeleteResult, collect_garbage, delete, finish};
pub use update::{UpdatePart, update, update_part};

use managed_fields::Manager;

/// Options of a write: field manager and dry run.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Whose fields they become; the sandbox's own controllers keep no such books.
    pub manager: Option<Manager>,
    pub dry_run: bool,
}

impl WriteOptions {
    /// Options for writes of the control plane.
    pub fn controller() -> Self {
        Self::default()
    }
}
