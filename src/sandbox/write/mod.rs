//! The way of an object into the store: metadata, defaults, admission, validation, ownership of
//! fields, and out of it again.
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

/// On whose behalf an object is written, and whether it really is.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Whose fields they become; the sandbox's own controllers keep no such books.
    pub manager: Option<Manager>,
    pub dry_run: bool,
}

impl WriteOptions {
    /// A write of the control plane itself.
    pub fn controller() -> Self {
        Self::default()
    }
}
