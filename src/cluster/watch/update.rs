//! Updates that the watches send.

use std::sync::Arc;

use crate::domain::store::{
    unreadable::UnreadableObjects,
    update::StoreUpdate,
    watch::{WatchId, WatchState},
};

/// An update of any watch.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchUpdate {
    Batch(StoreUpdate),
    /// These objects of the watch could not be decoded, and no others; before the state that it led to.
    Unreadable(WatchId, Arc<UnreadableObjects>),
    State(WatchId, WatchState),
    /// This watch is no more; its objects were taken back or are another watch's now.
    Ended(WatchId),
}
